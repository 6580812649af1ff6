package catalogue

import (
	"encoding/json"
	"slices"
	"strconv"
	"strings"

	"lanser/index/beneath"
	"lanser/selectors/lazyregexp"
)

// CompileCommand is how a compilation database compiles a file.
type CompileCommand struct {
	Compiler string // base name of the program
	Args     []string
}

// CompileCommands returns a function of a file: the first command by which the nearest compilation database compiles
// it, which is the one that clangd takes; ok is false if none does.
func (srv *Server) CompileCommands(v View) func(file string) (c CompileCommand, ok bool) {
	dbs := srv.Databases(v)
	commands := map[string]map[string]CompileCommand{} // by database and file
	return func(file string) (CompileCommand, bool) {
		dir, ok := NearestAbove(dbs, file)
		if !ok {
			return CompileCommand{}, false
		}
		database := dbs[dir]
		if commands[database] == nil {
			commands[database] = readCommands(v, database)
		}
		c, ok := commands[database][file]
		return c, ok
	}
}

func readCommands(v View, database string) map[string]CompileCommand {
	out := map[string]CompileCommand{}
	var entries []command
	raw, err := v.ReadFile(database)
	if err != nil || json.Unmarshal(raw, &entries) != nil {
		return out
	}
	for _, e := range entries {
		rel, ok := beneath.Local(v.Root(), e.path())
		if _, known := out[rel]; !ok || known {
			continue
		}
		args := e.Arguments
		if len(args) == 0 {
			args = strings.Fields(e.Command)
		}
		out[rel] = CompileCommand{Compiler: e.compiler(), Args: args}
	}
	return out
}

// askedCompiler matches the names of C compilers whose version may be asked.
var askedCompiler = lazyregexp.New(`^(?:[a-z0-9_]+-)*(?:cc|gcc|clang)(?:-[0-9.]+)?$`)

// AsksVersion reports whether the compiler's version decides what it fails on.
func (c CompileCommand) AsksVersion() bool { return askedCompiler.MatchString(c.Compiler) }

// failSince are the releases of GCC and clang since which they fail, unless they are told otherwise, on what they only
// warned of before (the release notes of GCC 14 and of clang 15, 16 and 22), by the codes of clangd.
var failSince = map[string]struct{ gcc, clang int }{
	"-Wimplicit-function-declaration": {14, 16},
	"-Wimplicit-int":                  {14, 16},
	"-Wint-conversion":                {14, 15},
	"-Wincompatible-pointer-types":    {14, 22},
	"-Wreturn-mismatch":               {14, 22},
}

// unknownToGCC are warnings that -Wall and -Wextra of clang turn on, and that GCC does not have.
var unknownToGCC = []string{
	"-Wself-assign", "-Wparentheses-equality", "-Wunneeded-internal-declaration", "-Wunused-private-field",
	"-Wsometimes-uninitialized", "-Wtautological-compare", "-Wtautological-constant-compare",
	"-Wtautological-pointer-compare", "-Wtautological-overlap-compare", "-Wunused-lambda-capture", "-Wmismatched-tags",
	"-Winconsistent-missing-override", "-Wunknown-warning-option", "-Wunused-command-line-argument",
	"-Wignored-optimization-argument", "-Wheader-guard", "-Wfor-loop-analysis", "-Wstring-plus-int",
	"-Wunused-getter-return-value", "-Wself-assign-field", "-Wself-move", "-Wpointer-bool-conversion",
	"-Wgnu-designator", "-Wc99-extensions", "-Wc11-extensions", "-Wgnu-folding-constant", "-Wextern-c-compat",
	"-Wunused-comparison", "-Wconstant-logical-operand", "-Wdelete-abstract-non-virtual-dtor",
}

// OnlyWarns reports whether the compiler, in a version as it prints it ("" for an unknown one), only warns of what
// clangd reports as an error with a code.
func (c CompileCommand) OnlyWarns(version, code string) bool {
	isGCC := !isClang.MatchString(c.Compiler)
	strict := slices.ContainsFunc(c.Args, func(arg string) bool {
		return arg == "-Werror" || arg == "-pedantic-errors" || arg == strings.Replace(code, "-W", "-Werror=", 1)
	})
	if isGCC && slices.Contains(unknownToGCC, code) {
		return true
	}
	major, _, _ := strings.Cut(version, ".")
	release, err := strconv.Atoi(major)
	since, known := failSince[code]
	if err != nil || !known || strict {
		return false
	}
	if isGCC {
		return release < since.gcc
	}
	return release < since.clang
}

// Unreadable returns what a file is written in that clangd cannot read and the compiler can, by the code of a finding;
// "" if the finding says no such thing.
func (c CompileCommand) Unreadable(code string) string {
	if code == "function_definition_not_allowed" && !isClang.MatchString(c.Compiler) {
		return "functions inside of functions, an extension of GCC"
	}
	return ""
}
