package cbuild

import (
	"path/filepath"
	"slices"
	"strings"

	"lanser/selectors/lazyregexp"
	"lanser/server/project"
)

// A build may compile a file more than once, with other macros or for another language. clangd reads a file by the
// first command of its database. For the diagnostics of the others, it is given each as the file's command.

// maxVariants bounds the commands by which one file is checked.
const maxVariants = 8

// Variants returns a function of a file: all commands by which the nearest compilation database compiles it, in their
// order, if they differ in more than where they write, how they optimise and how their code is linked. It returns nil
// for a file with one such command.
func Variants(v project.View) func(file string) []Command { return variantsBy(v, meaning) }

// Compilations is [Variants] for compilers: commands of different programs, or that optimise differently, are others
// too, because the compiler finds other things then.
func Compilations(v project.View) func(file string) []Command { return variantsBy(v, compiling) }

// variantsBy returns a function of a file: its commands that differ in what of returns of their arguments.
func variantsBy(v project.View, of func(argv []string) []string) func(file string) []Command {
	dbs := Databases(v)
	read := map[string]map[string][]Command{} // by database and file
	return func(file string) []Command {
		dir, ok := project.NearestAbove(dbs, file)
		if !ok {
			return nil
		}
		if database := dbs[dir]; read[database] == nil {
			read[database] = readVariants(v, database, of)
		}
		return read[dbs[dir]][file]
	}
}

// readVariants returns the commands of the files that a database compiles in several ways.
func readVariants(v project.View, database string, of func(argv []string) []string) map[string][]Command {
	out, seen := map[string][]Command{}, map[string]bool{}
	commands, _ := commandsIn(v, database)
	for _, c := range commands {
		key := c.file + "\x00" + strings.Join(of(c.Argv), "\x00")
		isUsable := c.file != "" && filepath.IsAbs(c.Dir) && len(c.Argv) > 0
		if isUsable && len(out[c.file]) < maxVariants && !seen[key] {
			seen[key] = true
			out[c.file] = append(out[c.file], c)
		}
	}
	for file, commands := range out {
		if len(commands) < 2 {
			delete(out, file)
		}
	}
	return out
}

// Flags without a meaning for diagnostics: what is written, and how the code is optimised, debugged and linked. The
// macros tell whether it is for a shared library, as libtool and CMake define them.
var (
	writes     = lazyregexp.New(`^(?:-o|-MF|-MT|-MQ|-MJ)$`) // with a further word
	indistinct = lazyregexp.New(`^(?:-o.+|-M\w*|-c|-[Og]\S*|-f(?:no-)?(?:pic|PIC|pie|PIE)|-pipe|-s|` +
		`-D(?:PIC|DLL_EXPORT|\w+_EXPORTS)(?:=.*)?|-(?:no-)?pie|--?shared|-static)$`)
)

// meaning returns the words of a command that its diagnostics depend on.
func meaning(argv []string) (out []string) {
	for i := 1; i < len(argv); i++ {
		if writes.MatchString(argv[i]) {
			i++
		} else if !indistinct.MatchString(argv[i]) {
			out = append(out, argv[i])
		}
	}
	return out
}

// compiling returns the words of a command that what its compiler finds depends on.
func compiling(argv []string) []string {
	out := append(argv[:min(len(argv), 1):1], meaning(argv)...)
	return append(out, slices.DeleteFunc(slices.Clone(argv), func(arg string) bool {
		return !strings.HasPrefix(arg, "-O")
	})...)
}

// commandWords splits a command as clang splits the field command of a compilation database: at blanks, with double
// and single quotes, and backslashes outside of single quotes.
func commandWords(s string) (words []string) {
	var word strings.Builder
	quote, isWord := byte(0), false
	for i := 0; i < len(s); i++ {
		switch c := s[i]; {
		case c == '\\' && quote != '\'' && i+1 < len(s):
			i++
			word.WriteByte(s[i])
			isWord = true
		case quote != 0 && c == quote:
			quote = 0
		case quote == 0 && (c == '"' || c == '\''):
			quote, isWord = c, true
		case quote == 0 && strings.IndexByte(" \t\r\n", c) >= 0:
			if isWord {
				words = append(words, word.String())
			}
			word.Reset()
			isWord = false
		default:
			word.WriteByte(c)
			isWord = true
		}
	}
	if isWord {
		words = append(words, word.String())
	}
	return slices.Clip(words)
}
