package overlooked

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"maps"
	"path"
	"slices"
	"strconv"
	"strings"

	"golang.org/x/mod/modfile"

	"lanser/index/beneath"
	"lanser/server/compiler"
	"lanser/server/project"
)

// The go command refuses to load two packages whose import paths differ in case alone: a file system may not tell them
// apart (cmd/go/internal/load, Go 1.26). gopls drops that error where it is about an import.

// goPackage is a package of a module, as far as its imports tell.
type goPackage struct {
	at      compiler.Place // the package clause of its first file
	imports map[string]compiler.Place
	tests   map[string]compiler.Place // what only its tests import
}

// CollidingImports returns the import paths of the workspace's modules that differ from another one in case alone, by
// the file of the import, or else of the package clause of the package. Paths of other modules count if go.mod requires
// the modules.
func CollidingImports(v project.View, isBuilt func(p string) bool) map[string][]compiler.Finding {
	out := map[string][]compiler.Finding{}
	modules := project.FoldersNamed(v, "go.mod")
	files := map[string][]string{}
	for _, p := range v.Paths() {
		if path.Ext(p) != ".go" || project.IgnoredByGo(p) {
			continue
		}
		if dir, ok := project.NearestAbove(modules, p); ok {
			files[dir] = append(files[dir], p)
		}
	}
	for _, dir := range slices.Sorted(maps.Keys(files)) {
		mod := project.ReadGoMod(v, dir)
		if mod == nil || mod.Module == nil {
			continue
		}
		l := &goLoader{
			module: mod, packages: map[string]*goPackage{}, loaded: map[string]bool{},
			folded: map[string]string{}, out: out,
		}
		for _, p := range files[dir] {
			if isBuilt(p) {
				l.add(v, path.Join(mod.Module.Mod.Path, relativeTo(dir, path.Dir(p))), p)
			}
		}
		l.loadAll()
	}
	return out
}

// relativeTo returns a folder relative to one above it.
func relativeTo(above, dir string) string {
	if above == "." {
		return dir
	}
	return strings.TrimPrefix(strings.TrimPrefix(dir, above), "/")
}

// goLoader loads the packages of a module in the order of the go command.
type goLoader struct {
	module   *modfile.File
	packages map[string]*goPackage // by import path
	loaded   map[string]bool
	folded   map[string]string // the first import path that was loaded, by what case does not tell apart
	out      map[string][]compiler.Finding
}

// add adds a file to its package.
func (l *goLoader) add(v project.View, importPath, file string) {
	c, err := v.Content(file)
	if err != nil {
		return
	}
	files := token.NewFileSet()
	parsed, err := parser.ParseFile(files, file, c.Bytes(), parser.ImportsOnly|parser.SkipObjectResolution)
	if err != nil {
		return // the server reports it
	}
	place := func(n ast.Node) compiler.Place {
		start, end := files.PositionFor(n.Pos(), false), files.PositionFor(n.End(), false)
		return compiler.Place{
			File: file, Line: start.Line - 1, Column: start.Column - 1,
			EndLine: end.Line - 1, EndColumn: end.Column - 1,
		}
	}
	p := l.packages[importPath]
	if p == nil {
		p = &goPackage{
			at: place(parsed.Name), imports: map[string]compiler.Place{}, tests: map[string]compiler.Place{},
		}
		l.packages[importPath] = p
	}
	into := p.imports
	if strings.HasSuffix(file, "_test.go") {
		into = p.tests
	}
	for _, s := range parsed.Imports {
		imported, err := strconv.Unquote(s.Path.Value)
		if _, isKnown := into[imported]; err == nil && !isKnown {
			into[imported] = place(s.Path)
		}
	}
}

// loadAll loads all packages, and then what their tests import.
func (l *goLoader) loadAll() {
	paths := slices.Sorted(maps.Keys(l.packages))
	for _, importPath := range paths {
		l.load(importPath, l.packages[importPath].at)
	}
	for _, importPath := range paths {
		l.loadImports(l.packages[importPath].tests)
	}
}

func (l *goLoader) loadImports(imports map[string]compiler.Place) {
	for _, imported := range slices.Sorted(maps.Keys(imports)) {
		l.load(imported, imports[imported])
	}
}

// load loads a package and what it imports; at is where it is imported first. A package that is not there is another
// error.
func (l *goLoader) load(importPath string, at compiler.Place) {
	if l.loaded[importPath] || l.packages[importPath] == nil && !l.isRequired(importPath) {
		return
	}
	l.loaded[importPath] = true
	fold := strings.ToLower(importPath)
	if other, isTaken := l.folded[fold]; isTaken {
		l.out[at.File] = append(l.out[at.File], compiler.Finding{
			Severity: "error", Source: GoList, At: at,
			Message: fmt.Sprintf("case-insensitive import collision: %q and %q", importPath, other),
		})
		return
	}
	l.folded[fold] = importPath
	if p := l.packages[importPath]; p != nil {
		l.loadImports(p.imports)
	}
}

// isRequired reports whether a package is one of a module that the module requires.
func (l *goLoader) isRequired(importPath string) bool {
	return slices.ContainsFunc(l.module.Require, func(r *modfile.Require) bool {
		return beneath.Inside(r.Mod.Path, importPath)
	})
}
