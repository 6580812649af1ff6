package javabuild

import (
	"maps"
	"path"
	"slices"
	"strconv"
	"strings"

	"lanser/index/beneath"
	"lanser/selectors/lazyregexp"
	"lanser/server/project"
)

// Project is Java code that is compiled together.
type Project struct {
	Name string // such as p0; it is in no answer
	// Module is the folder of the build file, "." for the workspace's own, and also where there is none.
	Module string
	Roots  []Root
	Needs  []string // names of the other projects whose code it sees
}

// Root is a folder of sources whose folders are packages.
type Root struct {
	Dir   string // of the workspace; "." for its own folder
	Files []string
	// IsTest is true for tests: other code does not see it.
	IsTest bool
	// Apart is true if other roots lie in it: only its Files belong to it. Otherwise Excluded are the files below it
	// that do not, relative to it.
	Apart    bool
	Excluded []string
}

// Layout is how the Java code of a workspace is compiled.
type Layout struct {
	Projects []Project
	// Left has the files that are part of no project, with the reason.
	Left map[string]Reason
}

// Reason is why a file is part of no project.
type Reason int

// The reasons.
const (
	Misplaced Reason = iota + 1 // its folder is not that of its package
	Resource                    // it is a resource, which no build compiles
	Unbuilt                     // it lies next to the source folders of its module
	Declares                    // it declares a module
)

// BuildFiles are the base names of the files that make their folder a module of a build.
var BuildFiles = []string{"pom.xml", "build.gradle", "build.gradle.kts"}

// LayoutOf returns the layout of the Java code of a workspace.
func LayoutOf(v project.View) *Layout {
	type key struct{}
	return v.Memoize(key{}, func() any { return layoutOf(v) }).(*Layout)
}

// Of returns the project that a file is part of; nil for none.
func (l *Layout) Of(file string) *Project {
	for i := range l.Projects {
		for _, r := range l.Projects[i].Roots {
			if _, ok := slices.BinarySearch(r.Files, file); ok {
				return &l.Projects[i]
			}
		}
	}
	return nil
}

// layoutOf is [LayoutOf] without memory.
func layoutOf(v project.View) *Layout {
	l := &Layout{Left: map[string]Reason{}}
	modules := map[string]bool{}
	for _, name := range BuildFiles {
		for dir := range project.FoldersNamed(v, name) {
			modules[dir] = true
		}
	}
	roots := map[string]map[string][]string{} // by module and folder
	for _, p := range v.Paths() {
		if path.Ext(p) != Ext {
			continue
		}
		module, isBuilt := project.NearestAbove(modules, p)
		root, ok := rootOf(v, p)
		switch {
		case path.Base(p) == moduleFile:
			l.Left[p] = Declares
			continue
		case isBuilt && resources.MatchString(relative(module, p)):
			l.Left[p] = Resource
			continue
		case !ok || isBuilt && !beneath.Inside(module, root):
			l.Left[p] = Misplaced
			continue
		case !isBuilt:
			module = "."
		}
		if roots[module] == nil {
			roots[module] = map[string][]string{}
		}
		roots[module][root] = append(roots[module][root], p)
	}
	for _, module := range slices.Sorted(maps.Keys(roots)) {
		if modules[module] {
			l.leaveUnbuilt(v, module, roots[module])
		}
		l.add(v, module, modules[module], roots[module])
	}
	l.separate()
	l.connect(v)
	return l
}

// resources matches a file below a folder for resources, relative to the module.
var resources = lazyregexp.New(`^src/[^/]+/(?:resources|archetype-resources|resources-filtered|java-templates)/`)

// conventional matches a source folder where builds have them by default, relative to the module.
var conventional = lazyregexp.New(`^src/[^/]+/java[0-9]*$`)

// namesFolders matches a build file that may name source folders of its own.
var namesFolders = lazyregexp.New(`[sS]ourceDirectory|sourceSets|srcDirs?\b|build-helper-maven-plugin`)

// leaveUnbuilt leaves out the roots next to the conventional source folders of a module, such as examples and input of
// tests, unless its build file may name them.
func (l *Layout) leaveUnbuilt(v project.View, module string, roots map[string][]string) {
	for _, name := range BuildFiles {
		if project.MatchesIn(v, path.Join(module, name), namesFolders) {
			return
		}
	}
	isConventional := func(root string) bool { return conventional.MatchString(relative(module, root)) }
	if !slices.ContainsFunc(slices.Sorted(maps.Keys(roots)), isConventional) {
		return
	}
	for _, root := range slices.Sorted(maps.Keys(roots)) {
		if isConventional(root) {
			continue
		}
		for _, p := range roots[root] {
			l.Left[p] = Unbuilt
		}
		delete(roots, root)
	}
}

// add enters the roots of a module. Two roots with a type of the same name are parts of two projects.
func (l *Layout) add(v project.View, module string, isBuilt bool, roots map[string][]string) {
	type part struct {
		roots []Root
		names map[string]bool
	}
	var parts []*part
	for _, dir := range slices.Sorted(maps.Keys(roots)) {
		files := roots[dir]
		slices.Sort(files)
		names := map[string]bool{}
		for _, p := range files {
			names[relative(dir, p)] = path.Base(p) != "package-info.java"
		}
		fits := func(p *part) bool {
			for n, counts := range names {
				if counts && p.names[n] {
					return false
				}
			}
			return true
		}
		i := slices.IndexFunc(parts, fits)
		if i < 0 {
			i = len(parts)
			parts = append(parts, &part{names: map[string]bool{}})
		}
		for n, counts := range names {
			parts[i].names[n] = counts
		}
		isTest := isBuilt && testRoot.MatchString(relative(module, dir))
		parts[i].roots = append(parts[i].roots, Root{Dir: dir, Files: files, IsTest: isTest})
	}
	first := ""
	for _, part := range parts {
		p := Project{Name: "p" + strconv.Itoa(len(l.Projects)), Module: module, Roots: part.roots}
		if first == "" {
			first = p.Name
		} else {
			p.Needs = append(p.Needs, first) // a source folder for a later release, or of a variant
		}
		l.Projects = append(l.Projects, p)
	}
}

// testRoot matches a source folder of tests, relative to its module.
var testRoot = lazyregexp.New(`(?i)(?:^|/)(?:[a-z]*test[a-z]*|jmh)(?:/|$)`)

// separate finds out in which roots others lie, and which other files do.
func (l *Layout) separate() {
	var dirs []string
	for _, p := range l.Projects {
		for _, r := range p.Roots {
			dirs = append(dirs, r.Dir)
		}
	}
	slices.Sort(dirs)
	left := slices.Sorted(maps.Keys(l.Left))
	for _, p := range l.Projects {
		for i := range p.Roots {
			r := &p.Roots[i]
			r.Apart = slices.ContainsFunc(dirs, func(d string) bool { return d != r.Dir && beneath.Inside(r.Dir, d) })
			for _, file := range left {
				if !r.Apart && beneath.Inside(r.Dir, file) {
					r.Excluded = append(r.Excluded, relative(r.Dir, file))
				}
			}
		}
	}
}

// relative returns a path of the workspace relative to a folder that it lies in, or is.
func relative(dir, p string) string {
	if dir == "." {
		return p
	}
	return strings.TrimPrefix(strings.TrimPrefix(p, dir), "/")
}
