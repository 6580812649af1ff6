package project

import (
	"bytes"
	"go/parser"
	"go/token"
	"maps"
	"path"
	"slices"
	"strings"

	"golang.org/x/mod/modfile"
)

// StaysInItsPackage reports whether a Go file that only one of two states has changes nothing but its package, for
// those who import that. The folder must have other files in both states: a new one could be what an import of another
// language means. No package above may embed files, as its pattern could match this one.
func StaysInItsPackage(before, after View, p string) bool {
	if path.Ext(p) != ".go" {
		return false
	}
	dir := path.Dir(p)
	for _, v := range []View{before, after} {
		hasOther := false
		for _, q := range v.Paths() {
			hasOther = hasOther || q != p && path.Dir(q) == dir
			above := path.Dir(q)
			if path.Ext(q) != ".go" || above != "." && above != dir && !strings.HasPrefix(dir, above+"/") {
				continue
			}
			c, err := v.Content(q)
			if err != nil || bytes.Contains(c.Bytes(), []byte("//go:embed ")) {
				return false
			}
		}
		if !hasOther {
			return false
		}
	}
	return true
}

// DependentsInGo are the files of the packages of the changed files and of those that import them, over others
// too. It knows them for changes of Go files alone that leave every package what it is: none changes its package or
// its build constraints. A file that comes or goes must tell its package.
func DependentsInGo(before, after View, changed []string) func(p string) bool {
	if replacesByOtherName(after) {
		return nil
	}
	reached := map[string]bool{}
	for _, p := range changed {
		if path.Ext(p) != ".go" || slices.Contains(strings.Split(p, "/"), "vendor") || !sameInBuild(before, after, p) {
			return nil
		}
		reached[path.Dir(p)] = true
	}
	users := map[string][]string{} // of a folder: those whose files import its package
	for _, v := range []View{before, after} {
		for dir, list := range importedFolders(v) {
			for _, to := range list {
				users[to] = append(users[to], dir)
			}
		}
	}
	todo := make([]string, 0, len(reached))
	for dir := range reached {
		todo = append(todo, dir)
	}
	for ; len(todo) > 0; todo = todo[1:] {
		for _, dir := range users[todo[0]] {
			if !reached[dir] {
				reached[dir] = true
				todo = append(todo, dir)
			}
		}
	}
	return func(p string) bool { return reached[path.Dir(p)] || path.Ext(p) != ".go" } // go.mod lists what they import
}

// sameInBuild reports whether a Go file is in one package and under one build constraint in both states. A file that
// only one of them has must tell its package there.
func sameInBuild(before, after View, p string) bool {
	if Has(before, p) != Has(after, p) {
		v := before
		if Has(after, p) {
			v = after
		}
		c, err := v.Content(p)
		if err != nil {
			return false
		}
		_, ok := packageClause(c.Bytes())
		return ok
	}
	old, err := before.Content(p)
	if err != nil {
		return false
	}
	now, err := after.Content(p)
	if err != nil {
		return false
	}
	was, wasOK := packageClause(old.Bytes())
	is, isOK := packageClause(now.Bytes())
	return wasOK && isOK && was == is
}

// packageClause returns the lines of a Go file up to its package's name that matter to a build: the name and the
// comments that are instructions. ok is false if there is no such name.
func packageClause(src []byte) (clause string, ok bool) {
	f, err := parser.ParseFile(token.NewFileSet(), "", src, parser.PackageClauseOnly)
	if f == nil || err != nil {
		return "", false
	}
	var out strings.Builder
	out.WriteString(f.Name.Name)
	head, _, _ := bytes.Cut(src, []byte("\npackage "))
	for line := range bytes.Lines(head) {
		line = bytes.TrimSpace(line)
		if bytes.HasPrefix(line, []byte("//go:")) || bytes.HasPrefix(line, []byte("// +build")) {
			out.WriteString("\n" + string(line))
		}
	}
	if bytes.Contains(src, []byte(`import "C"`)) {
		out.WriteString("\ncgo")
	}
	return out.String(), true
}

// replacesByOtherName reports whether a module of the workspace is imported by another path than its own, because
// a go.mod or go.work replaces one by its folder.
func replacesByOtherName(v View) bool {
	for _, p := range v.Paths() {
		if path.Base(p) != "go.mod" {
			continue
		}
		c, err := v.Content(p)
		if err != nil {
			return true
		}
		f, err := modfile.Parse("go.mod", c.Bytes(), nil) // ParseLax ignores replace
		if err != nil {
			return true
		}
		for _, r := range f.Replace {
			other := ReadGoMod(v, path.Join(path.Dir(p), r.New.Path))
			if r.New.Version == "" && (other == nil || other.Module == nil || other.Module.Mod.Path != r.Old.Path) {
				return true
			}
		}
	}
	return false
}

// DependentsInTypeScript are the files that import the changed ones, over others too, and those whose imports are
// computed. It knows them for files that put nothing into the global scope and that import what they imported before: a
// project has the files that others of it import.
func DependentsInTypeScript(before, after View, changed []string) func(p string) bool {
	reached := map[string]bool{}
	for _, p := range changed {
		if SchemeOf(p) != "ts" || IsGlobal(before, p) || IsGlobal(after, p) ||
			!maps.Equal(importsOf(before, p), importsOf(after, p)) {
			return nil
		}
		for _, v := range []View{before, after} {
			maps.Copy(reached, Reach(linksOf(v).by, p))
		}
	}
	if reached[globalScope] || reached[anything] {
		return nil
	}
	was, is := linksOf(before), linksOf(after)
	return func(p string) bool { return reached[p] || was.any[p] || is.any[p] || SchemeOf(p) != "ts" }
}

// importsOf returns what a file of TypeScript imports, with folders of packages in place of their files.
func importsOf(v View, p string) map[string]bool {
	out := map[string]bool{}
	for to, by := range linksOf(v).by {
		if slices.Contains(by, p) {
			out[to] = true
		}
	}
	return out
}

// Reach returns the files that edges lead to from one, with itself.
func Reach(edges map[string][]string, from string) map[string]bool {
	seen := map[string]bool{from: true}
	for todo := []string{from}; len(todo) > 0; todo = todo[1:] {
		for _, next := range edges[todo[0]] {
			if !seen[next] {
				seen[next] = true
				todo = append(todo, next)
			}
		}
	}
	return seen
}
