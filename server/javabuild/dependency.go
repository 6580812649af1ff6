package javabuild

import (
	"bytes"
	"path"
	"slices"
	"strings"

	"lanser/selectors/lazyregexp"
	"lanser/server/project"
)

// unresolvedImport is the message of JDT for an import that it cannot resolve. It names the import up to the first part
// that is not known.
var unresolvedImport = lazyregexp.New(`^The import ([\w.$]+) cannot be resolved$`)

// ImportNotFound is the code of that finding (IProblem.ImportNotFound).
const ImportNotFound = "268435846"

// standard matches the names of the packages of Java itself.
var standard = lazyregexp.New(`^(?:java|jdk|` +
	`javax\.(?:swing|sql|xml|crypto|net|security|naming|management|imageio|print|` +
	`script|sound|tools|lang|annotation\.processing|accessibility|rmi)|org\.(?:w3c\.dom|xml\.sax|ietf\.jgss))(?:\.|$)`)

// Dependency is [catalogue.Server.dependency] of JDT LS: a package of a library. Which libraries there are is known to
// the build tool alone, which is not run, so that none is found. An import from a package of the workspace or of Java
// itself is an error of the code, unless the package belongs to a module that its own does not see as far as the build
// files tell.
func Dependency(v project.View, file, code, message string) *project.Dependency {
	m := unresolvedImport.FindStringSubmatch(message)
	if code != ImportNotFound || m == nil || standard.MatchString(m[1]) {
		return nil
	}
	l := LayoutOf(v)
	p := l.Of(file)
	name, parent := m[1], m[1]
	if i := strings.LastIndexByte(name, '.'); i >= 0 {
		parent = name[:i]
	}
	packages := l.packages(v)
	seen := packages[parent] // of types
	if p == nil || seen[p.Module] {
		return nil
	}
	for _, other := range l.Projects {
		if seen[other.Module] && slices.Contains(p.Needs, other.Name) {
			return nil
		}
	}
	d := &project.Dependency{Name: name, Import: name, Global: true}
	d.File, d.Line = buildFile(v, p.Module, name)
	d.Missing = "the package " + name + " of a library is not known: Maven and Gradle run code of the repository, " +
		"and lanser runs neither to find the libraries of a build"
	d.Fix = "check the code with the build itself"
	if d.File == "" {
		d.Missing = "the package " + name + " is not in the workspace, and no build file says where it is from"
	}
	return d
}

// packages returns the packages of the workspace, with dots, each with the modules that have it.
func (l *Layout) packages(v project.View) map[string]map[string]bool {
	type key struct{}
	return v.Memoize(key{}, func() any {
		out := map[string]map[string]bool{}
		for _, p := range l.Projects {
			for _, r := range p.Roots {
				for _, file := range r.Files {
					name := strings.ReplaceAll(path.Dir(relative(r.Dir, file)), "/", ".")
					if out[name] == nil {
						out[name] = map[string]bool{}
					}
					out[name][p.Module] = true
				}
			}
		}
		return out
	}).(map[string]map[string]bool)
}

// buildFile returns the build file of a module, and the first line that has the beginning of a package's name, such as
// a group of Maven; "" for a module without one.
func buildFile(v project.View, module, name string) (file string, line int) {
	for _, base := range BuildFiles {
		file := path.Join(module, base)
		if !project.Has(v, file) {
			continue
		}
		content := project.ContentOf(v, file)
		if i := bytes.Index(content, []byte(name)); i >= 0 {
			return file, bytes.Count(content[:i], []byte("\n"))
		}
		return file, 0
	}
	return "", 0
}
