package project

import (
	"path"
	"slices"
	"strings"
	"unicode"
)

// A dependency that is not installed makes a server report every import of it, and in some languages
// every use. These findings say nothing about the workspace: a check reports the dependency once, with
// the command that installs it, and the files that import it as unchecked (spec section 3, "Coverage").
// An import of a file that the project itself lacks, or of a package that it does not declare where
// declaring it is compulsory, is an error of the project: such a finding is kept.

// Dependency is a package that a file imports, and that is not a part of the workspace.
type Dependency struct {
	// Name is the package or module. Missing says in a clause what is missing, such as "the module
	// example.com/x v1.2.3 is not downloaded". Fix is the command that installs it, or advice.
	Name, Missing, Fix string
	// FixApart is the Fix for a module of Go that a go.work further up does not use, from [trace.ApartFromWork] on.
	FixApart string
	// Import is what the file imports, as the finding names it.
	Import string
	// File is the manifest that declares the dependency, and Line the 0-based line of its name there;
	// "" where no manifest does.
	File string
	Line int
	// Places are where it would be installed. If one of them exists, it is installed, and the finding
	// is another one.
	Places []Place
	// Hidden is the dependency if one of Places exists where servers may not read; nil where all of them may read it.
	Hidden *Dependency
	// Stores are the folders of which one exists if any dependency of the project is installed. Where
	// none exists, Whole is reported in place of the single dependencies; nil for a language without
	// such folders.
	Stores []Place
	Whole  *Dependency
	// Undeclared tells that no manifest names the dependency, so that it is missing only where none of the
	// Stores exists: it may be a dependency of another one.
	Undeclared bool
	// Global is true if files which do not import the dependency depend on it too: it declares names that
	// need no import, or the types of members. Options tells that it holds options of the project whose
	// configuration names it: any finding in the project's files may follow from its absence, except those
	// about syntax.
	Global, Options bool
	// Unloads is true if nothing of the project is loaded without the dependency, so that no finding in its files is
	// reliable, except those about syntax.
	Unloads bool
	// Broken tells that the project itself is wrong: the language's own command line fails on it on every machine. The
	// finding is the verdict.
	Broken bool
}

// Place is a file or a folder: a path below a named root of the machine (see bundle.Root), or in the
// workspace if Scheme is "".
type Place struct {
	Scheme string
	Path   string // slash-separated
}

// goneFiles returns the files that the workspace had, and has no more, as far as a view knows.
func goneFiles(v View) []string {
	changed, ok := v.(interface{ Gone() []string })
	if !ok {
		return nil
	}
	return changed.Gone()
}

// MayBeNamed reports whether a package that is imported by a path may have a name, as far as the path tells: the name
// is one of its elements, or a part of one ("gopkg.in/yaml.v3" may be yaml, "example.org/go-sqlite3/v2" sqlite3, and
// "example.org/mango-kong" mangokong).
func MayBeNamed(path, name string) bool {
	for element := range strings.SplitSeq(path, "/") {
		parts := strings.FieldsFunc(element, func(r rune) bool { return strings.ContainsRune("-._", r) })
		if slices.Contains(parts, name) || strings.Join(parts, "") == name {
			return true
		}
	}
	return false
}

// WordsOf returns the words of a message.
func WordsOf(message string) []string {
	return strings.FieldsFunc(message, func(r rune) bool {
		return r != '_' && !unicode.IsLetter(r) && !unicode.IsDigit(r)
	})
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
	for line := range strings.SplitSeq(string(ContentOf(v, file)), "\n") {
		if accepts(line) {
			return n
		}
		n++
	}
	return 0
}

// FoldersAbove returns the folder of a file and all folders above it, up to the root of the workspace.
func FoldersAbove(file string) (dirs []string) {
	for dir := path.Dir(file); ; dir = path.Dir(dir) {
		dirs = append(dirs, dir)
		if dir == "." || dir == "/" {
			return dirs
		}
	}
}
