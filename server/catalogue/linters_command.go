package catalogue

import (
	"encoding/json"
	"maps"
	"path"
	"slices"
	"strings"

	"lanser/selectors/text"
	"lanser/server/compiler"
	"lanser/server/project"
)

// LinterCommand describes a linter that is asked by its command line, which checks all files of a project and prints
// its findings. It is run in the folder of the project.
type LinterCommand struct {
	// Check is the command line, after the program, that prints the findings. List is the one that prints which
	// files are checked; nil if Check prints that too, or if the linter checks each file that standing does not
	// leave out.
	Check, List []string
	// Folder is the last argument of Check, which stands for the folder. If it is not "", the paths of files can
	// stand in its place.
	Folder string
	// Own is the script of the project's own installation, relative to node_modules, which node runs in place of a
	// pinned program; "" for a linter that is installed by Lanser.
	Own string
	// Source is the source that its findings name.
	Source string
	// Repeats is the code of findings that repeat errors of the compiler; "" for none. Which of the errors it repeats,
	// and for which packages, depends on what its caches hold.
	Repeats string
	// Lines, Columns and SkipsMark are how it counts: what ends a line, the unit of columns, and whether a byte-order
	// mark is no part of the first line.
	Lines     text.LineEnds
	Columns   text.Encoding
	SkipsMark bool

	// folder returns the folder in which a file is checked; ok is false for a file that lies in no project.
	folder func(v project.View, srv *Server, file string) (dir string, ok bool)
	// read reads what Check and List have printed. The error says that this is not a whole report.
	read func(checked, listed []byte) (CommandReport, error)
}

// CommandReport is what the command line of a linter has printed. Paths are absolute, or relative to the folder in
// which it ran.
type CommandReport struct {
	Findings []compiler.Finding
	// Files are the files that were checked; nil if the linter does not say so.
	Files []string
}

// CommandFolder returns the folder in which a linter that is a command checks a file; ok is false for a file that lies
// in no project of its.
func (s *Server) CommandFolder(v project.View, file string) (dir string, ok bool) {
	return s.Linter.Command.folder(v, s, file)
}

// CommandFolders returns the folders in which a linter that is a command checks files of the workspace, sorted.
func (s *Server) CommandFolders(v project.View) []string {
	folders := map[string]bool{}
	for _, p := range v.Paths() {
		if s.LanguageID(p) == "" || s.LinterConfigs(v)(p) == "" {
			continue
		}
		if dir, ok := s.CommandFolder(v, p); ok {
			folders[dir] = true
		}
	}
	return slices.Sorted(maps.Keys(folders))
}

// OwnProgram returns the script that is run in a folder for a linter that projects bring along, relative to the root
// of the workspace, and its version; ok is false if it is not installed in the folder or above.
func (s *Server) OwnProgram(v project.View, dir string) (script, version string, ok bool) {
	own := s.Linter.Command.Own
	pkg, _, _ := strings.Cut(own, "/")
	for at := dir; ; at = path.Dir(at) {
		modules := path.Join(at, "node_modules")
		raw, err := v.ReadFile(path.Join(modules, pkg, "package.json"))
		var manifest struct{ Version string }
		if err == nil && json.Unmarshal(raw, &manifest) == nil {
			return path.Join(modules, own), manifest.Version, true
		}
		if at == "." {
			return "", "", false
		}
	}
}

// ReadReport reads what the command lines of a linter have printed, see [LinterCommand].
func (c *LinterCommand) ReadReport(checked, listed []byte) (CommandReport, error) {
	return c.read(checked, listed)
}

// outermostConfig is the [LinterCommand] folder of a linter whose configurations below another one only add to that.
func outermostConfig(v project.View, srv *Server, file string) (dir string, ok bool) {
	return outermost(srv.configsByFolder(v), file)
}

// outermost returns the folder nearest to the root that is above a file and among the keys.
func outermost(folders map[string]string, file string) (dir string, ok bool) {
	for above := path.Dir(file); ; above = path.Dir(above) {
		if _, has := folders[above]; has {
			dir, ok = above, true
		}
		if above == "." {
			return dir, ok
		}
	}
}

// inGoModule is the [LinterCommand] folder of a linter that checks one Go module at a time. It finds its configuration
// there or above.
func inGoModule(v project.View, srv *Server, file string) (dir string, ok bool) {
	type key struct{}
	modules := v.Memoize(key{}, func() any { return project.FoldersNamed(v, "go.mod") }).(map[string]bool)
	module, ok := project.NearestAbove(modules, file)
	if !ok {
		return "", false
	}
	config := path.Dir(srv.LinterConfigs(v)(file))
	if config != "." && (module == "." || strings.HasPrefix(config, module+"/")) {
		return config, true
	}
	return module, true
}

// leastDeep returns the file of a list, sorted by name, that is nearest to the root; "" for none.
func leastDeep(files []string) string {
	if len(files) == 0 {
		return ""
	}
	return slices.MinFunc(files, func(a, b string) int { return strings.Count(a, "/") - strings.Count(b, "/") })
}
