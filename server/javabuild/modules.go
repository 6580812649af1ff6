package javabuild

import (
	"path"
	"slices"
	"strings"

	"lanser/selectors/lazyregexp"
	"lanser/server/project"
)

var (
	xmlComment = lazyregexp.New(`(?s)<!--.*?-->`)
	pomParent  = lazyregexp.New(`(?s)<parent>.*?</parent>`)
	// pomOthers match the parts of a pom.xml with the dependencies of others than the module's code.
	pomOthers = []*lazyregexp.Regexp{
		lazyregexp.New(`(?s)<profiles>.*?</profiles>`), lazyregexp.New(`(?s)<build>.*?</build>`),
		lazyregexp.New(`(?s)<dependencyManagement>.*?</dependencyManagement>`),
		lazyregexp.New(`(?s)<reporting>.*?</reporting>`),
	}
	pomOwnParts   = lazyregexp.New(`(?s)<(?:dependencies|build|profiles|reporting|dependencyManagement)>.*`)
	pomArtifact   = lazyregexp.New(`<artifactId>\s*([^<\s]+)\s*</artifactId>`)
	pomDependency = lazyregexp.New(`(?s)<dependency>.*?</dependency>`)
	// gradleProject matches the dependency on another project of the build.
	gradleProject  = lazyregexp.New(`\bproject\(\s*(?:path\s*[:=]\s*)?['"](:[\w:.-]+)['"]`)
	gradleAccessor = lazyregexp.New(`\bprojects\.([\w.]+)`)
)

// connect enters which projects see which: those of modules that a module's build file names, and what these see. Of a
// workspace with modules whose build file names none, nothing is assumed.
func (l *Layout) connect(v project.View) {
	artifacts := map[string]string{} // of Maven → module
	for _, p := range l.Projects {
		if name := artifactOf(v, p.Module); name != "" {
			artifacts[name] = p.Module
		}
	}
	needs := map[string][]string{} // module → modules
	for i := range l.Projects {
		p := &l.Projects[i]
		if needs[p.Module] == nil {
			needs[p.Module] = append(pomNeeds(v, p.Module, artifacts), l.gradleNeeds(v, p.Module)...)
		}
	}
	for i := range l.Projects {
		p := &l.Projects[i]
		seen := map[string]bool{p.Module: true}
		for next := slices.Clone(needs[p.Module]); len(next) > 0; next = next[1:] {
			if !seen[next[0]] {
				seen[next[0]] = true
				next = append(next, needs[next[0]]...)
			}
		}
		for _, other := range l.Projects {
			if other.Module != p.Module && seen[other.Module] {
				p.Needs = append(p.Needs, other.Name)
			}
		}
	}
}

// without returns text without what an expression matches.
func without(re *lazyregexp.Regexp, text []byte) []byte {
	var out []byte
	end := 0
	for _, m := range re.FindAllSubmatchIndex(text, -1) {
		out = append(out, text[end:m[0]]...)
		end = m[1]
	}
	return append(out, text[end:]...)
}

// artifactOf returns the name of the artifact that a module's pom.xml declares; "" for none.
func artifactOf(v project.View, module string) string {
	pom := project.ContentOf(v, path.Join(module, "pom.xml"))
	pom = without(pomOwnParts, without(pomParent, without(xmlComment, pom)))
	if m := pomArtifact.FindSubmatch(pom); m != nil {
		return string(m[1])
	}
	return ""
}

// pomNeeds returns the modules that a module's pom.xml names as dependencies.
func pomNeeds(v project.View, module string, artifacts map[string]string) (modules []string) {
	pom := project.ContentOf(v, path.Join(module, "pom.xml"))
	pom = without(xmlComment, pom)
	for _, re := range pomOthers {
		pom = without(re, pom)
	}
	for _, d := range pomDependency.FindAllSubmatch(pom, maxNeeds) {
		if m := pomArtifact.FindSubmatch(d[0]); m != nil && artifacts[string(m[1])] != "" {
			modules = append(modules, artifacts[string(m[1])])
		}
	}
	return modules
}

// maxNeeds bounds the dependencies of one module that are read.
const maxNeeds = 1000

// gradleNeeds returns the modules that a module's build script names as projects.
func (l *Layout) gradleNeeds(v project.View, module string) (modules []string) {
	for _, name := range BuildFiles[1:] {
		script := project.ContentOf(v, path.Join(module, name))
		for _, m := range gradleProject.FindAllSubmatch(script, maxNeeds) {
			dir := strings.ReplaceAll(strings.Trim(string(m[1]), ":"), ":", "/")
			modules = append(modules, l.modulesAt(dir)...)
		}
		for _, m := range gradleAccessor.FindAllSubmatch(script, maxNeeds) {
			modules = append(modules, l.modulesAt(kebab(string(m[1])))...)
		}
	}
	return modules
}

// modulesAt returns the modules whose folders end in a path.
func (l *Layout) modulesAt(dir string) (modules []string) {
	for _, p := range l.Projects {
		if p.Module == dir || strings.HasSuffix(p.Module, "/"+dir) {
			modules = append(modules, p.Module)
		}
	}
	return modules
}

// kebab returns the path of the project that an accessor of Gradle stands for: "core.fooBar" for core/foo-bar.
func kebab(accessor string) string {
	var out strings.Builder
	for _, r := range accessor {
		switch {
		case r == '.':
			out.WriteByte('/')
		case r >= 'A' && r <= 'Z':
			out.WriteByte('-')
			out.WriteRune(r - 'A' + 'a')
		default:
			out.WriteRune(r)
		}
	}
	return out.String()
}
