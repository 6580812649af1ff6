package catalogue

import (
	"encoding/json"
	"path"
	"slices"
	"strings"

	"lanser/index/beneath"
	"lanser/selectors/lazyregexp"
	"lanser/server/project"
)

// TypeScript's servers read a file with the options of the nearest project above it. A project further up may include
// the file too, as one whose folder has a folder legacy with a tsconfig.json of its own, and no "exclude": then 'tsc -p
// .' checks the files of legacy with the options of the outer project.

// OuterProjects returns the project files, sorted, whose compiler may judge some of the files besides the nearest
// projects of those: the projects further up that are compiled themselves, see [Server.isCompiled]. own reports, for
// one of them, which files it judges if it includes them.
func (s *Server) OuterProjects(v project.View, files []string) (configs []string, own func(config, file string) bool) {
	folders := map[string]bool{}
	for _, name := range s.Projects {
		for dir := range project.FoldersNamed(v, name) {
			folders[dir] = true
		}
	}
	own = func(config, file string) bool {
		nearest, ok := project.NearestAbove(folders, file)
		return ok && nearest != path.Dir(config) && beneath.Inside(path.Dir(config), nearest)
	}
	nested := map[string]bool{} // the folders of the nearest projects
	for _, file := range files {
		if dir, ok := project.NearestAbove(folders, file); ok {
			nested[dir] = true
		}
	}
	for dir := range folders {
		config := s.projectIn(v, dir)
		isCompiled := func(below string) bool {
			return below != dir && beneath.Inside(dir, below) && s.isCompiled(v, config, below)
		}
		for below := range nested {
			if isCompiled(below) {
				configs = append(configs, config)
				break
			}
		}
	}
	slices.Sort(configs)
	return configs, own
}

// projectIn returns the project file of a folder that has one.
func (s *Server) projectIn(v project.View, dir string) string {
	for _, name := range s.Projects {
		if p := path.Join(dir, name); project.Has(v, p) {
			return p
		}
	}
	return path.Join(dir, s.Projects[0])
}

// isCompiled reports whether a project is compiled with the files of the folder below, which has a project file of its
// own. Where the package.json next to the project file has scripts that run a compiler, these decide. Otherwise the
// compiler is taken to be run in the folder of the project, unless that only holds options for others to extend: it
// names no files, and the folder below is a package of its own.
func (s *Server) isCompiled(v project.View, config, below string) bool {
	if runs := compiledProjects(v, path.Dir(config)); len(runs) > 0 {
		return slices.Contains(runs, config)
	}
	if namesFiles(v, config) {
		return true
	}
	packages := project.FoldersNamed(v, "package.json")
	dir, ok := project.NearestAbove(packages, path.Join(below, "x"))
	return !ok || beneath.Inside(dir, path.Dir(config))
}

// namesFiles reports whether a project file, or one of the workspace that it extends, names the files of the project.
func namesFiles(v project.View, config string) bool {
	queue := []string{config}
	for i := 0; i < len(queue) && len(queue) < maxReferences; i++ { // queue grows
		var parsed struct{ Files, Include *json.RawMessage }
		if project.ReadJSONC(v, queue[i], &parsed) && (parsed.Files != nil || parsed.Include != nil) {
			return true
		}
		for _, p := range extends(v, queue[i]) {
			if !slices.Contains(queue, p) {
				queue = append(queue, p)
			}
		}
	}
	return false
}

// projectArgument matches the arguments of TypeScript's compiler that name a project.
var projectArgument = lazyregexp.New(`\s(?:-p|--project)[\s=]+["']?([^\s"'&|;]+)`)

// buildArgument matches the argument with which TypeScript's compiler builds projects, and what follows it.
var buildArgument = lazyregexp.New(`\s(?:-b|--build)(?:\s([^&|;]*)|$)`)

// compiledProjects returns the project files that the scripts of a package run TypeScript's compiler on, as far as they
// exist: those that 'tsc -p' and 'tsc -b' name, or that of the folder.
func compiledProjects(v project.View, dir string) (configs []string) {
	var manifest struct {
		Scripts map[string]string `json:"scripts"`
	}
	if !project.ReadJSONC(v, path.Join(dir, "package.json"), &manifest) {
		return nil
	}
	add := func(name string) {
		to := path.Join(dir, name)
		if path.Ext(to) != ".json" {
			to = path.Join(to, typescript.Projects[0])
		}
		configs = append(configs, to)
	}
	for _, script := range manifest.Scripts {
		for _, run := range compilerRun.FindAllString(script, -1) {
			names := []string{"."}
			if m := projectArgument.FindStringSubmatch(run); m != nil {
				names = []string{m[1]}
			} else if m := buildArgument.FindStringSubmatch(run); m != nil {
				isOption := func(word string) bool { return strings.HasPrefix(word, "-") }
				named := slices.DeleteFunc(strings.Fields(m[1]), isOption)
				if len(named) > 0 {
					names = named
				}
			}
			for _, name := range names {
				add(name)
			}
		}
	}
	return configs
}
