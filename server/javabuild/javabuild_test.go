package javabuild_test

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"lanser/server/javabuild"
	"lanser/server/project/projecttest"
)

func TestSourceFoldersFollowFromPackagesAndModulesFromBuildFiles(t *testing.T) {
	for name, tt := range map[string]struct {
		files projecttest.Files
		want  []string // module: source folders, with ! for tests and * for those with others in them; > what it needs
		left  []string
	}{
		"no build": {
			files: projecttest.Files{
				"src/a/b/X.java":    "/* package x; */ // y\npackage a.b;",
				"test/a/XTest.java": "package a ; class XTest {}",
				"lib/Plain.java":    "class Plain {}",
			},
			want: []string{".: lib src test"},
		},
		"annotations and comments before the package": {
			files: projecttest.Files{
				"p/q/package-info.java": "@A(\"package no;)\") @B\npackage p./* here */q;\n",
				"p/q/Y.java":            "package p.q;\n",
			},
			want: []string{".: ."},
		},
		"modules of Maven": {
			files: projecttest.Files{
				"pom.xml": "<project><artifactId>all</artifactId></project>",
				"core/pom.xml": "<project><parent><artifactId>all</artifactId></parent>" +
					"<artifactId>the-core</artifactId></project>",
				"app/pom.xml": "<project><artifactId>app</artifactId><dependencyManagement><dependencies><dependency>" +
					"<artifactId>gone</artifactId></dependency></dependencies></dependencyManagement><dependencies>" +
					"<!-- <dependency><artifactId>gone</artifactId></dependency> -->" +
					"<dependency><artifactId>the-core</artifactId></dependency></dependencies><build></build></project>",
				"gone/pom.xml":                        "<project><artifactId>gone</artifactId></project>",
				"gone/src/main/java/g/G.java":         "package g;",
				"core/src/main/java/c/C.java":         "package c;",
				"core/src/test/java/c/CTest.java":     "package c;",
				"core/src/main/java/module-info.java": "module c {}",
				"core/src/main/resources/c/R.java":    "package c;",
				"core/examples/E.java":                "class E {}",
				"app/src/main/java/a/A.java":          "package a;",
				"app/src/main/java/a/Wrong.java":      "package b;",
			},
			want: []string{
				"app: app/src/main/java > core", "core: core/src/main/java core/src/test/java!",
				"gone: gone/src/main/java",
			},
			left: []string{
				"app/src/main/java/a/Wrong.java 1", "core/examples/E.java 3", "core/src/main/java/module-info.java 4",
				"core/src/main/resources/c/R.java 2",
			},
		},
		"modules of Gradle": {
			files: projecttest.Files{
				"settings.gradle.kts":          "include(\":libs:data-store\", \":app\")",
				"libs/data-store/build.gradle": "", "libs/data-store/src/main/java/d/D.java": "package d;",
				"util/build.gradle":           "dependencies { api project(':libs:data-store') }",
				"util/src/main/java/u/U.java": "package u;",
				"app/build.gradle.kts":        "dependencies { implementation(projects.util) }",
				"app/src/main/java/A.java":    "class A {}",
			},
			want: []string{
				"app: app/src/main/java > libs/data-store util", "libs/data-store: libs/data-store/src/main/java",
				"util: util/src/main/java > libs/data-store",
			},
		},
		"two types of one name": {
			files: projecttest.Files{"one/Main.java": "class Main {}", "two/Main.java": "class Main {}"},
			want:  []string{".: one", ".: two > ."},
		},
		"a folder in another": {
			files: projecttest.Files{"Main.java": "class Main {}", "src/a/A.java": "package a;"},
			want:  []string{".: .* src"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			layout := javabuild.LayoutOf(tt.files)
			modules := map[string]string{}
			for _, p := range layout.Projects {
				modules[p.Name] = p.Module
			}
			var got, left []string
			for _, p := range layout.Projects {
				line := p.Module + ":"
				for _, r := range p.Roots {
					line += " " + r.Dir
					if r.IsTest {
						line += "!"
					}
					if r.Apart {
						line += "*"
					}
				}
				for i, name := range p.Needs {
					if i == 0 {
						line += " >"
					}
					line += " " + modules[name]
				}
				got = append(got, line)
			}
			for _, p := range slices.Sorted(maps.Keys(layout.Left)) {
				left = append(left, fmt.Sprint(p, " ", layout.Left[p]))
			}
			if d := cmp.Diff(tt.want, got); d != "" {
				t.Errorf("projects (-want +got)\n%s", d)
			}
			if d := cmp.Diff(tt.left, left); d != "" {
				t.Errorf("files that are left out (-want +got)\n%s", d)
			}
		})
	}
}

func TestProjectsLinkTheFoldersOfTheWorkspace(t *testing.T) {
	files := javabuild.Files(projecttest.Files{"a b/A.java": "class A {}", "a b/src/p/B&.java": "package p;"})
	for file, want := range map[string]string{
		"p0/.project": "<link><name>s0/A.java</name><type>1</type>" +
			"<locationURI>file:{workspace}/a%20b/A.java</locationURI></link>\n<link><name>s1</name><type>2</type><locationURI>file:{workspace}/a%20b/src</locationURI></link>",
		"p0/.classpath": `<classpathentry kind="src" path="s1" excluding="**/module-info.java"></classpathentry>`,
		"p0/.settings/org.eclipse.jdt.core.prefs": "compiler.processAnnotations=disabled",
	} {
		if !strings.Contains(files[file], want) {
			t.Errorf("%s lacks %s:\n%s", file, want, files[file])
		}
	}
}

func TestAnImportOfALibraryIsADependencyAndOneOfTheWorkspaceIsNot(t *testing.T) {
	v := projecttest.Files{
		"pom.xml": "<project>\n<groupId>org.lib</groupId></project>", "src/main/java/a/A.java": "package a;",
		"other/pom.xml": "<project></project>", "other/src/main/java/b/B.java": "package b;",
	}
	for name, want := range map[string]string{
		"org.lib": "pom.xml:1", "lombok": "pom.xml:0", "a.Gone": "", "java.util.Gone": "", "javax.swing.Gone": "",
		"javax.inject": "pom.xml:0", "b.Gone": "pom.xml:0",
	} {
		d := javabuild.Dependency(v, "src/main/java/a/A.java", javabuild.ImportNotFound,
			"The import "+name+" cannot be resolved")
		got := ""
		if d != nil {
			got = fmt.Sprint(d.File, ":", d.Line)
		}
		if got != want {
			t.Errorf("%s: %q, want %q", name, got, want)
		}
	}
	if javabuild.Dependency(v, "src/main/java/a/A.java", "1", "The import lombok cannot be resolved") != nil {
		t.Error("a finding with another code")
	}
}

func TestCodeIsAffectedByWhatItNamesDirectlyOrByWayOfOthers(t *testing.T) {
	v := projecttest.Files{
		"A.java": "import lib.X;\nclass A extends X {}\nfinal class Also {}", "B.java": "class B { A a; }",
		"C.java": "class C { B b; }", "D.java": "class D { Also a; }", "E.java": "class E {}",
	}
	affected := javabuild.Affected(v, []string{"A.java"})
	var got []string
	for _, p := range v.Paths() {
		if affected(p) {
			got = append(got, p)
		}
	}
	if want := []string{"A.java", "B.java", "C.java", "D.java"}; !slices.Equal(got, want) {
		t.Errorf("%v, want %v", got, want)
	}
}
