package catalogue

import (
	"path"
	"slices"
	"strings"
)

// A dependency that is not installed makes a server report every import of it, and in some languages
// every use. These findings say nothing about the workspace: a check reports the dependency once, with
// the command that installs it, and the files that import it as unchecked (spec section 3, "Coverage").
// An import of a file that the project itself lacks, or of a package that it does not declare where
// declaring it is compulsory, is an error of the project: such a finding is kept.

// Dependency is a package that a file imports, and that is not a part of the workspace.
type Dependency struct {
	// Missing says in a clause what is missing, such as "the module example.com/x v1.2.3 is not
	// downloaded". Fix is the command that installs it, or advice.
	Missing, Fix string
	// File is the manifest that declares the dependency, and Line the 0-based line of its name there;
	// "" where no manifest does.
	File string
	Line int
	// Places are where it would be installed. If one of them exists, it is installed, and the finding
	// is another one.
	Places []Place
	// Stores are the folders of which one exists if any dependency of the project is installed. Where
	// none exists, Whole is reported in place of the single dependencies; nil for a language without
	// such folders.
	Stores []Place
	Whole  *Dependency
	// Global tells that the dependency declares names that files use without an import.
	Global bool
}

// Place is a file or a folder: a path below a named root of the machine (see bundle.Root), or in the
// workspace if Scheme is "".
type Place struct {
	Scheme string
	Path   string // slash-separated
}

// Dependency returns the dependency that a finding in a file reports as missing; nil for a finding that
// reports something else. Whether it is missing indeed depends on its Places.
func (srv *Server) Dependency(v View, file, code, message string) *Dependency {
	if srv.dependency == nil {
		return nil
	}
	return srv.dependency(v, file, code, message)
}

// IsOptional reports whether the code of a file does without what it imports at a 0-based line. If that is missing, the
// server's finding is all there is to say: nothing else follows from it.
func (srv *Server) IsOptional(v View, file string, line int) bool {
	if srv.optionalImport == nil {
		return false
	}
	c, err := v.Content(file)
	return err == nil && srv.optionalImport(c, line)
}

// MayFollow reports whether a finding in a file may be there only because a dependency that the file
// imports is missing.
func (srv *Server) MayFollow(source, code string) bool {
	return slices.Contains(srv.Follows, code) || slices.Contains(srv.Follows, source)
}

// MayFollowGlobally is [Server.MayFollow] for every file below the manifest of a dependency that declares
// global names.
func (srv *Server) MayFollowGlobally(code string) bool {
	return slices.Contains(srv.FollowsGlobally, code)
}

// inFolder returns a command that is to be run in a folder of the workspace.
func inFolder(dir, command string) string {
	if dir == "." {
		return command
	}
	return "cd " + dir + " && " + command
}

// lineOf returns the first line of a file that a function accepts, 0-based; 0 for none.
func lineOf(v View, file string, accepts func(line string) bool) int {
	n := 0
	for line := range strings.SplitSeq(string(contentOf(v, file)), "\n") {
		if accepts(line) {
			return n
		}
		n++
	}
	return 0
}

// foldersAbove returns the folder of a file and all folders above it, up to the root of the workspace.
func foldersAbove(file string) (dirs []string) {
	for dir := path.Dir(file); ; dir = path.Dir(dir) {
		dirs = append(dirs, dir)
		if dir == "." || dir == "/" {
			return dirs
		}
	}
}
