package cbuild

import (
	"errors"
	"io/fs"
	"path"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"lanser/index/beneath"
	"lanser/selectors/lazyregexp"
	"lanser/server/project"
)

// Commands returns a function of a file: the first command by which the nearest compilation database compiles
// it, which is the one that clangd takes; ok is false if none does.
func Commands(v project.View) func(file string) (c Command, ok bool) {
	dbs := Databases(v)
	first := map[string]map[string]Command{} // by database and file
	return func(file string) (Command, bool) {
		dir, ok := project.NearestAbove(dbs, file)
		if !ok {
			return Command{}, false
		}
		database := dbs[dir]
		if first[database] == nil {
			first[database] = firstCommands(v, database)
		}
		c, ok := first[database][file]
		return c, ok
	}
}

// firstCommands returns the first command of each file that a compilation database lists.
func firstCommands(v project.View, database string) map[string]Command {
	out := map[string]Command{}
	commands, _ := commandsIn(v, database)
	for _, c := range commands {
		if _, known := out[c.file]; !known && c.file != "" {
			out[c.file] = c
		}
	}
	return out
}

// askedCompiler matches the names of C compilers whose version may be asked.
var askedCompiler = lazyregexp.New(`^(?:[a-z0-9_]+-)*(?:cc|gcc|clang)(?:-[0-9.]+)?$`)

// readingCompiler matches the names of C and C++ compilers that may be run to read a file.
var readingCompiler = lazyregexp.New(`^(?:[a-z0-9_]+-)*(?:cc|gcc|clang|c\+\+|g\+\+|clang\+\+)(?:-[0-9.]+)?$`)

// AsksVersion reports whether the compiler's version decides what it fails on.
func (c Command) AsksVersion() bool { return askedCompiler.MatchString(c.Compiler()) }

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
// Clangd reports as an error with a code.
func (c Command) OnlyWarns(version, code string) bool {
	isGCC := !isClang.MatchString(c.Compiler())
	strict := slices.ContainsFunc(c.Argv, func(arg string) bool {
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

// Decides reports whether the build's compiler, and not clangd, says which findings are errors: where warnings are
// errors, those of GCC are others than those of clang, with the same flags; and GCC permits with -fpermissive what
// clang never does.
func (c Command) Decides() bool {
	return !isClang.MatchString(c.Compiler()) && slices.ContainsFunc(c.Argv, func(arg string) bool {
		return arg == "-Werror" || arg == "-pedantic-errors" || arg == "-fpermissive" ||
			strings.HasPrefix(arg, "-Werror=")
	})
}

// HasExtensions reports whether the compiler may accept what clangd calls an error: GCC has extensions that clang does
// not know, such as structures with an array of variable length.
func (c Command) HasExtensions() bool { return !isClang.MatchString(c.Compiler()) }

// Hides says, in a clause, why the server may not report an error of a file that the command compiles; "" if it reports
// all of them. A configuration of clangd may suppress errors, and clangd says nothing of a missing header that the
// command includes (-include).
func Hides(v project.View, c Command) string {
	for dir := path.Dir(c.file); ; dir = path.Dir(dir) {
		config := path.Join(dir, ConfigName)
		if suppressesErrors(project.ContentOf(v, config)) {
			return config + " suppresses errors"
		}
		if dir == "." {
			break
		}
	}
	if header := c.missingHeader(v); header != "" {
		return "the header " + header + ", which the command includes, does not exist"
	}
	return ""
}

var (
	// suppressed matches the list of codes that .clangd suppresses (Diagnostics.Suppress in clangd's documentation,
	// "Configuration"), on one line or on several.
	suppressed = lazyregexp.New(`(?m)^\s*Suppress:[ \t]*(\[[^\]]*\]|[^\s#\[].*|(?:#.*)?(?:\r?\n[ \t]*- .*)+)`)
	// errorCode matches a code of an error of the compiler, and * for all of them. Codes of warnings begin with -W or
	// have a hyphen, and those that begin with drv_ are about flags.
	errorCode = lazyregexp.New(`^(?:\*|[a-z0-9]+(?:_[a-z0-9]+)+)$`)
)

// suppressesErrors reports whether a configuration of clangd suppresses errors of the compiler.
func suppressesErrors(config []byte) bool {
	for _, m := range suppressed.FindAllSubmatch(config, -1) {
		isBetween := func(r rune) bool { return strings.ContainsRune(" \t\r\n[],'\"-", r) }
		codes := strings.FieldsFunc(string(m[1]), isBetween)
		if slices.ContainsFunc(codes, func(code string) bool {
			return errorCode.MatchString(code) && !strings.HasPrefix(code, "drv_")
		}) {
			return true
		}
	}
	return false
}

// missingHeader returns the first header that the command includes before the file, and that is neither in the folder
// where it runs nor in one that it names; "" for none. A folder outside of the workspace may have it.
func (c Command) missingHeader(v project.View) string {
	dirs := append([]string{c.Dir}, c.valuesOf("-I", "-iquote", "-isystem", "-idirafter")...)
	mayBeIn := func(dir, header string) bool {
		if !filepath.IsAbs(header) {
			if !filepath.IsAbs(dir) {
				dir = filepath.Join(c.Dir, dir)
			}
			header = filepath.Join(dir, header)
		}
		rel, isInside := beneath.Local(v.Root(), header)
		if !isInside {
			return true
		}
		_, err := v.ReadFile(rel)
		return !errors.Is(err, fs.ErrNotExist)
	}
	for _, header := range c.valuesOf("-include", "-imacros") {
		if !slices.ContainsFunc(dirs, func(dir string) bool { return mayBeIn(dir, header) }) {
			return header
		}
	}
	return ""
}

// valuesOf returns the values of flags, which follow the flag in the same argument or the next.
func (c Command) valuesOf(flags ...string) (values []string) {
	for i := 1; i < len(c.Argv); i++ {
		for _, flag := range flags {
			value, ok := strings.CutPrefix(c.Argv[i], flag)
			if ok && value == "" && i+1 < len(c.Argv) {
				i++
				value = c.Argv[i]
			}
			if ok && value != "" {
				values = append(values, value)
				break
			}
		}
	}
	return values
}

// Unreadable returns what a file is written in that clangd cannot read and the compiler can, by the code of a finding;
// "" if the finding says no such thing.
func (c Command) Unreadable(code string) string {
	if code == "function_definition_not_allowed" && !isClang.MatchString(c.Compiler()) {
		return "functions inside of functions, an extension of GCC"
	}
	return ""
}
