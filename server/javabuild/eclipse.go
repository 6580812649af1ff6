package javabuild

import (
	"fmt"
	"html"
	"maps"
	"net/url"
	"path"
	"slices"
	"strings"

	"lanser/server/project"
)

// Workspace stands for the absolute path of the workspace in [Files]. The path is to be escaped as in URIs.
const Workspace = "{workspace}"

// Files returns the files by which Eclipse's projects describe the layout of a workspace, path → content. Two equal
// layouts give equal files.
func Files(v project.View) map[string]string {
	out := map[string]string{}
	for _, p := range LayoutOf(v).Projects {
		out[p.Name+"/.project"] = p.description()
		out[p.Name+"/.classpath"] = p.classPath()
		out[p.Name+"/.settings/org.eclipse.jdt.core.prefs"] = settings
	}
	return out
}

// description returns the file .project: the source folders are links. A folder that also has files of others is made
// of links to its own files.
func (p Project) description() string {
	var links strings.Builder
	link := func(name string, kind int, uri string) {
		fmt.Fprintf(&links, "<link><name>%s</name><type>%d</type><locationURI>%s</locationURI></link>\n",
			html.EscapeString(name), kind, html.EscapeString(uri))
	}
	for i, r := range p.Roots {
		name := sourceFolder(i)
		if !r.Apart {
			link(name, folder, uriOf(r.Dir))
			continue
		}
		folders := map[string]bool{}
		for _, file := range r.Files {
			for dir := path.Dir(relative(r.Dir, file)); dir != "."; dir = path.Dir(dir) {
				folders[dir] = true
			}
		}
		link(name, folder, "virtual:/virtual")
		for _, dir := range slices.Sorted(maps.Keys(folders)) {
			link(name+"/"+dir, folder, "virtual:/virtual")
		}
		for _, file := range r.Files {
			link(name+"/"+relative(r.Dir, file), single, uriOf(file))
		}
	}
	return header + "<projectDescription>\n<name>" + p.Name + "</name>\n<buildSpec><buildCommand>" +
		"<name>org.eclipse.jdt.core.javabuilder</name></buildCommand></buildSpec>\n" +
		"<natures><nature>org.eclipse.jdt.core.javanature</nature></natures>\n<linkedResources>\n" + links.String() +
		"</linkedResources>\n</projectDescription>\n"
}

const header = `<?xml version="1.0" encoding="UTF-8"?>` + "\n"

// The types of links.
const single, folder = 1, 2

// sourceFolder returns the name of the i-th source folder of a project.
func sourceFolder(i int) string { return fmt.Sprintf("s%d", i) }

// uriOf returns the URI of a path of the workspace.
func uriOf(p string) string {
	if p == "." {
		return "file:" + Workspace
	}
	return "file:" + Workspace + "/" + (&url.URL{Path: p}).EscapedPath()
}

// classPath returns the file .classpath. Module declarations are left out, as on the class path.
func (p Project) classPath() string {
	var out strings.Builder
	out.WriteString(header + "<classpath>\n")
	for i, r := range p.Roots {
		attributes, output := "", ""
		if r.IsTest {
			attributes = `<attributes><attribute name="test" value="true"/></attributes>`
			output = ` output="bin-test"`
		}
		excluded := html.EscapeString(strings.Join(append([]string{"**/" + moduleFile}, r.Excluded...), "|"))
		fmt.Fprintf(&out, `<classpathentry kind="src" path="%s" excluding="%s"%s>%s</classpathentry>`+"\n",
			sourceFolder(i), excluded, output, attributes)
	}
	for _, name := range p.Needs {
		fmt.Fprintf(&out, `<classpathentry kind="src" combineaccessrules="false" path="/%s"/>`+"\n", name)
	}
	out.WriteString(`<classpathentry kind="con" path="org.eclipse.jdt.launching.JRE_CONTAINER"/>` + "\n" +
		`<classpathentry kind="output" path="bin"/>` + "\n</classpath>\n")
	return out.String()
}

// settings are those of the compiler. Modules of a build may need each other. All code is read as of the release of the
// pinned runtime: with the setting of an earlier one, JDT leaves uses out of its answers.
var settings = strings.Join([]string{
	"eclipse.preferences.version=1",
	"org.eclipse.jdt.core.circularClasspath=ignore",
	"org.eclipse.jdt.core.compiler.codegen.targetPlatform=" + release,
	"org.eclipse.jdt.core.compiler.compliance=" + release,
	"org.eclipse.jdt.core.compiler.maxProblemPerUnit=10000",
	"org.eclipse.jdt.core.compiler.processAnnotations=disabled",
	"org.eclipse.jdt.core.compiler.release=disabled",
	"org.eclipse.jdt.core.compiler.source=" + release,
}, "\n") + "\n"

// release is the release of Java of the pinned runtime.
const release = "25"
