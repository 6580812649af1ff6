package catalogue

import (
	"path"
	"slices"
	"strings"

	"lanser/server/project"
)

// unseenByGopls is [Server.unseen] of gopls, which loads one build (GOOS, GOARCH, tags), and
// without a go.work one module.
func unseenByGopls(srv *Server, v project.View, target string) func(p string) string {
	home := project.GoModule(v, target)
	return func(p string) string {
		if path.Ext(p) != ".go" || project.IgnoredByGo(p) {
			return ""
		}
		if module := project.GoModule(v, p); module != home {
			used, ok := project.GoWork(v)
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

// ignoredByModules returns a function of a file: whether a directive ignore of its module's go.mod names a folder of it
// (go help ignore: a path that begins with ./ is one of the module's root, any other one is anywhere in the module).
func ignoredByModules(v project.View) func(file string) bool {
	ignores := map[string][]string{} // of modules, by folder
	return func(file string) bool {
		module := project.GoModule(v, file)
		if _, known := ignores[module]; !known {
			ignores[module] = []string{}
			if f := project.ReadGoMod(v, module); module != "" && f != nil {
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
