package catalogue

import (
	"go/build"
	"path"
	"slices"
	"strings"

	"golang.org/x/mod/modfile"
)

// unseenByGopls is [Server.unseen] of gopls, which loads one build (GOOS, GOARCH, tags), and
// without a go.work one module.
func unseenByGopls(srv *Server, v View, target string) func(p string) string {
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
		if !srv.builds(v, p) {
			return "its build constraints leave it out of this build"
		}
		return ""
	}
}

// built reports whether the build constraints of a Go file include it in the build that gopls
// loads.
func built(v View, p string) bool {
	type contextKey struct{ version string }
	type key struct{ version, built string }
	version := goEnvVersion()
	return v.Memoize(key{version, p}, func() any {
		ctxt := v.Memoize(contextKey{version}, func() any { return goContext(v.Root()) }).(build.Context)
		return inGoBuild(v, ctxt, p)
	}).(bool)
}

// ignoredByGo reports whether a file belongs to no package by the go command's rules.
func ignoredByGo(p string) bool {
	return slices.ContainsFunc(strings.Split(p, "/"), func(part string) bool {
		return part == "testdata" || part == "vendor" || strings.HasPrefix(part, "_") || strings.HasPrefix(part, ".")
	})
}

// ignoredByModules returns a function of a file: whether a directive ignore of its module's go.mod names a folder of it
// (go help ignore: a path that begins with ./ is one of the module's root, any other one is anywhere in the module).
func ignoredByModules(v View) func(file string) bool {
	ignores := map[string][]string{} // of modules, by folder
	return func(file string) bool {
		module := goModule(v, file)
		if _, known := ignores[module]; !known {
			ignores[module] = []string{}
			if f := readGoMod(v, module); module != "" && f != nil {
				for _, i := range f.Ignore {
					ignores[module] = append(ignores[module], i.Path)
				}
			}
		}
		dir := "/" + strings.TrimPrefix(path.Dir(file), strings.TrimPrefix(module+"/", "./")) + "/"
		return slices.ContainsFunc(ignores[module], func(ignored string) bool {
			if rest, isRooted := strings.CutPrefix(ignored, "./"); isRooted {
				return strings.HasPrefix(dir, "/"+strings.Trim(rest, "/")+"/")
			}
			return strings.Contains(dir, "/"+strings.Trim(ignored, "/")+"/")
		})
	}
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
