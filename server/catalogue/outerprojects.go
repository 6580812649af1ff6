package catalogue

import (
	"encoding/json"
	"maps"
	"path"
	"reflect"
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
	for i := 0; i < len(queue) && len(queue) < project.MaxReferences; i++ { // queue grows
		var parsed struct{ Files, Include *json.RawMessage }
		if project.ReadJSONC(v, queue[i], &parsed) && (parsed.Files != nil || parsed.Include != nil) {
			return true
		}
		for _, p := range project.Extends(v, queue[i]) {
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

// ReadsOthers returns the nearest project files of those of the files that a project has though they belong to other
// projects, neither above nor below it, as a package has the sources of another one that it imports. It returns none
// for a project that scripts do not compile. members are the files that the compiler lists.
func (s *Server) ReadsOthers(v project.View, config string, members map[string]bool, files []string) (others []string) {
	if runs := compiledProjects(v, path.Dir(config)); len(runs) > 0 && !slices.Contains(runs, config) {
		return nil
	}
	folders := map[string]bool{}
	for _, name := range s.Projects {
		for dir := range project.FoldersNamed(v, name) {
			folders[dir] = true
		}
	}
	known := map[string]bool{path.Dir(config): true} // folders
	for _, file := range files {
		dir, ok := project.NearestAbove(folders, file)
		if !ok || !members[file] || known[dir] {
			continue
		}
		known[dir] = true
		isOuter := beneath.Inside(path.Dir(config), dir)
		if !isOuter && !slices.Contains(s.ProjectsOf(v, []string{file}), config) {
			others = append(others, s.projectIn(v, dir))
		}
	}
	return others
}

// ProjectOptions are the options of a project as the compiler prints them.
type ProjectOptions map[string]any

// ReadOptions reads the options in the output of the compiler; nil if there are none.
func ReadOptions(out []byte) ProjectOptions {
	var printed struct {
		CompilerOptions ProjectOptions `json:"compilerOptions"`
	}
	if json.Unmarshal(out, &printed) != nil {
		return nil
	}
	return printed.CompilerOptions
}

// SkipsLibraries reports whether the compiler checks no declaration files, which are mostly those of packages.
func (o ProjectOptions) SkipsLibraries() bool { return o["skipLibCheck"] == true }

// JudgesAs reports whether options differ from others at most in where files are, and in what is written.
func (o ProjectOptions) JudgesAs(other ProjectOptions) bool {
	options := func(o ProjectOptions) ProjectOptions {
		o = maps.Clone(o)
		for _, name := range notJudging {
			delete(o, name)
		}
		return o
	}
	return reflect.DeepEqual(options(o), options(other))
}

// notJudging are the options of TypeScript that say where files are, and what is written.
var notJudging = []string{
	"baseUrl", "composite", "declaration", "declarationDir", "declarationMap", "emitBOM", "emitDeclarationOnly",
	"inlineSourceMap", "inlineSources", "incremental", "mapRoot", "newLine", "noEmit", "noEmitOnError", "outDir",
	"paths", "removeComments", "rootDir", "rootDirs", "sourceMap", "sourceRoot", "stripInternal", "tsBuildInfoFile",
	"typeRoots",
}
