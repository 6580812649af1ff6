package catalogue

import (
	"bytes"
	"go/build"
	"io"
	"os"
	"path"
	"slices"
	"strings"

	"golang.org/x/mod/modfile"
)

// unseenByGopls is [Server.unseen] of gopls, which loads one build (GOOS, GOARCH, tags), and
// without a go.work one module.
func unseenByGopls(_ *Server, v View, target string) func(p string) string {
	home := goModule(v, target)
	return func(p string) string {
		if path.Ext(p) != ".go" || ignoredByGo(p) {
			return ""
		}
		if module := goModule(v, p); module != home {
			used, ok := goWork(v)
			if !ok {
				return "it belongs to another module, and there is no go.work"
			}
			if !used[module] {
				return "go.work does not use its module"
			}
		}
		if !built(v, p) {
			return "its build constraints leave it out of this build"
		}
		return ""
	}
}

// built reports whether the build constraints of a Go file include it in the build that gopls
// loads.
func built(v View, p string) bool {
	type key struct{ built string }
	return v.Memoize(key{p}, func() any {
		ctxt := build.Default
		ctxt.BuildTags = append(ctxt.BuildTags, tagsOf(os.Getenv("GOFLAGS"))...)
		ctxt.OpenFile = func(string) (io.ReadCloser, error) {
			c, err := v.Content(p)
			if err != nil {
				return nil, err
			}
			return io.NopCloser(bytes.NewReader(c.Bytes())), nil
		}
		match, err := ctxt.MatchFile(path.Dir(p), path.Base(p))
		return err != nil || match
	}).(bool)
}

// ignoredByGo reports whether a file belongs to no package by the go command's rules.
func ignoredByGo(p string) bool {
	return slices.ContainsFunc(strings.Split(p, "/"), func(part string) bool {
		return part == "testdata" || part == "vendor" || strings.HasPrefix(part, "_") || strings.HasPrefix(part, ".")
	})
}

// goWork returns the folders of the modules that the go.work files of the workspace use; ok is
// false if there is none that can be parsed.
func goWork(v View) (used map[string]bool, ok bool) {
	type key struct{}
	used, _ = v.Memoize(key{}, func() any {
		var used map[string]bool
		for _, f := range v.Paths() {
			if path.Base(f) != "go.work" {
				continue
			}
			c, err := v.Content(f)
			if err != nil {
				continue
			}
			work, err := modfile.ParseWork(f, c.Bytes(), nil)
			if err != nil {
				continue
			}
			if used == nil {
				used = map[string]bool{}
			}
			for _, u := range work.Use {
				used[path.Join(path.Dir(f), u.Path)] = true
			}
		}
		return used
	}).(map[string]bool)
	return used, used != nil
}

// goModule returns the folder of the module that a file belongs to, "" for none.
func goModule(v View, p string) string {
	type key struct{}
	modules := v.Memoize(key{}, func() any {
		modules := map[string]string{}
		for _, f := range v.Paths() {
			if path.Base(f) == "go.mod" {
				modules[path.Dir(f)] = f
			}
		}
		return modules
	}).(map[string]string)
	dir, _ := NearestAbove(modules, p)
	return dir
}

// tagsOf returns the build tags that GOFLAGS sets.
func tagsOf(goflags string) []string {
	for f := range strings.FieldsSeq(goflags) {
		if tags, ok := strings.CutPrefix(strings.TrimPrefix(f, "-"), "-tags="); ok {
			return strings.Split(tags, ",")
		}
		if tags, ok := strings.CutPrefix(f, "-tags="); ok {
			return strings.Split(tags, ",")
		}
	}
	return nil
}
