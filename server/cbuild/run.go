package cbuild

import (
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"lanser/index/beneath"
	"lanser/selectors/lazyregexp"
)

// Some files that a compilation database lists are read by the compiler alone: assembly, and C with extensions that
// Clangd does not know. A check has the compiler read them, by the command of the database.
//
// The database is content of the repository, and a compiler executes what its arguments name: plugins, and programs
// below a folder of -B. So a command is only run if each of its arguments is known to do no more than say how the file
// is read, and the program is looked for by its base name outside of the workspace (spec section 8, point 5).

// Run is a command that has a compiler read one file and write nothing.
type Run struct {
	Program string // base name
	Dir     string // absolute
	Args    []string
	File    string // that is compiled, absolute
}

// Reading returns the command changed so that the compiler reads the file and writes nothing. If the command cannot be
// run, refused says why. root is the folder of the workspace.
//
// With whole, it also does what comes after reading: it optimises and assembles the code.
func (c Command) Reading(root string, whole bool) (run *Run, refused string) {
	if c.Compiler() == "ccache" { // it runs the compiler that follows
		c.Argv = c.Argv[1:]
	}
	program := c.Compiler()
	if !readingCompiler.MatchString(program) {
		return nil, strconv.Quote(program) + " is not run, which its compilation database names as the compiler"
	}
	run = &Run{Program: program, Dir: c.Dir, File: filepath.Join(root, filepath.FromSlash(c.file))}
	for i := 1; i < len(c.Argv); i++ {
		arg, value := c.Argv[i], ""
		if i+1 < len(c.Argv) {
			value = c.Argv[i+1]
		}
		isDropped, takesValue := writing(arg)
		switch {
		case isDropped && takesValue:
			i++
		case isDropped:
		case slices.Contains(readFlags, arg) && (arg != "-x" || isReading(arg+value)):
			run.Args = append(run.Args, arg, value)
			i++
		case isReading(arg):
			run.Args = append(run.Args, arg)
		case c.isFile(root, arg):
			run.Args = append(run.Args, arg)
		default:
			return nil, program + " is not run with " + strconv.Quote(arg) + " of its compilation database"
		}
	}
	// The width of a tab is that of one column.
	run.Args = append(run.Args, "-ftabstop=1", "-fdiagnostics-color=never")
	switch {
	case IsAssembly(c.file), whole:
		run.Args = append(run.Args, "-c", "-o", "/dev/null")
	case isClang.MatchString(program):
		run.Args = append(run.Args, "-fsyntax-only")
	default: // some warnings of GCC come when it optimises, and that of an unused variable after it has read the file
		run.Args = append(run.Args, "-S", "-o", "/dev/null")
	}
	return run, ""
}

// isFile reports whether an argument names the file that the command compiles.
func (c Command) isFile(root, arg string) bool {
	if strings.HasPrefix(arg, "-") || strings.HasPrefix(arg, "@") {
		return false
	}
	if !filepath.IsAbs(arg) {
		arg = filepath.Join(c.Dir, arg)
	}
	rel, ok := beneath.Local(root, arg)
	return ok && rel == c.file
}

// writing reports whether a flag is about what the compiler writes, and whether its value is the next argument.
func writing(arg string) (is, takesValue bool) {
	if slices.Contains([]string{"-o", "-MF", "-MT", "-MQ"}, arg) {
		return true, true
	}
	isPrefix := func(prefix string) bool { return strings.HasPrefix(arg, prefix) }
	return slices.Contains([]string{"-c", "-S", "-MD", "-MMD", "-MP", "-pipe"}, arg) ||
		slices.ContainsFunc([]string{"-o", "-MF", "-MT", "-MQ"}, isPrefix), false
}

// readFlags are flags whose value is the next argument.
var readFlags = []string{
	"-I", "-D", "-U", "-x", "-include", "-imacros", "-iquote", "-isystem", "-idirafter", "-iprefix", "-iwithprefix",
	"-iwithprefixbefore",
}

// harmlessFlag matches flags, with a value that is a part of them, that say how code is read, optimised or warned of.
// Not among them are those that name programs, plugins or files that are written: -B, -specs, -wrapper, -fplugin,
// -Wa, -Wp, -Wl, -Xassembler, -fdump-…, -fprofile-…, -save-temps.
var harmlessFlag = lazyregexp.New(`^-(?:[IDU].+|(?:iquote|isystem|idirafter).+|x(?:c|assembler|assembler-with-cpp)` +
	`|std=[a-z0-9+:]+|ansi|trigraphs|undef|nostdinc|pthread|w|W|Wall|Wextra|pedantic(?:-errors)?` +
	`|W[a-z][a-z0-9+-]*(?:=[a-zA-Z0-9_-]+)?|O[0-9sgz]?|Ofast|g(?:[0-3]|gdb[0-3]?|dwarf(?:-[0-9])?)?` +
	`|m[a-z0-9][a-zA-Z0-9._+-]*(?:=[a-zA-Z0-9._+-]+)?` +
	`|f(?:no-)?(?:PIC|PIE|pic|pie|common|builtin(?:-[a-z0-9_]+)?|strict-aliasing|omit-frame-pointer|exceptions|lto` +
	`|function-sections|data-sections|stack-protector(?:-strong|-all)?|stack-clash-protection|freestanding|hosted` +
	`|wrapv|trapv|signed-char|unsigned-char|short-enums|short-wchar|ms-extensions|gnu89-inline` +
	`|(?:asynchronous-)?unwind-tables|visibility=[a-z]+|sanitize=[a-z,-]+|delete-null-pointer-checks|math-errno` +
	`|strict-overflow|permissive|rtti|visibility-inlines-hidden|threadsafe-statics|sized-deallocation|aligned-new` +
	`|char8_t|coroutines|concepts|operator-names|enforce-eh-specs|non-call-exceptions|rounding-math|signed-zeros` +
	`|trapping-math|finite-math-only|associative-math|reciprocal-math|stack-limit|split-stack|semantic-interposition` +
	`|diagnostics-show-template-tree|max-errors=\d+|template-depth=\d+|constexpr-depth=\d+|message-length=\d+` +
	`|strict-volatile-bitfields|tree-[a-z-]+|inline(?:-[a-z-]+)?|merge-constants|merge-all-constants|plt|jump-tables` +
	`|ident|leading-underscore|conserve-stack|reorder-blocks|unroll-loops|fast-math` +
	`|diagnostics-(?:color|show-option|show-caret)(?:=[a-z]+)?` +
	`|macro-prefix-map=.+|file-prefix-map=.+|debug-prefix-map=.+|cf-protection(?:=[a-z]+)?|min-function-alignment=\d+))$`)

// notHarmless matches what looks like one of the flags above, and passes something on or sets another program.
var notHarmless = lazyregexp.New(`^-(?:W[alp],|mllvm|mplugin)`)

// isReading reports whether a flag only says how a file is read.
func isReading(arg string) bool {
	return harmlessFlag.MatchString(arg) && !notHarmless.MatchString(arg)
}
