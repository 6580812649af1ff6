package cbuild

import (
	"path/filepath"

	"lanser/index/beneath"
	"lanser/selectors/lazyregexp"
	"lanser/server/project"
)

// A compiler finds some mistakes only when it optimises or assembles what it has read, and clangd does neither: calls
// that remain of functions with the attribute error, as BUILD_BUG_ON of Linux has them, functions that are always to be
// inlined and cannot be, and wrong operands and instructions of inline assembly. To compile a file costs as much as in
// the build: 21 s where reading took 7 s, for the 55 files of a library of C, and 116 s where reading took 35 s, for 7
// files of C++ with many templates. So only files whose text, or that of the workspace's headers that they include,
// has such things are compiled.

var (
	// failsLate matches an attribute that may have a compiler fail late. Attributes of functions stand before names and
	// after parameters, so the text between them has no semicolon and no brace.
	failsLate = lazyregexp.New(`(?:__attribute(?:__)?\s*\(\(|\[\[\s*gnu::)[^;{}()]*` +
		`\b(?:__)?(?:error|alias|ifunc)(?:__)?\s*\(`)
	// inlines matches the attribute of functions that are always to be inlined, and cannotInline what keeps a compiler
	// from it.
	inlines      = lazyregexp.New(`\b(?:__)?always_inline(?:__)?\b`)
	cannotInline = lazyregexp.New(`\b(?:va_start|__builtin_va_start|alloca|__builtin_alloca|setjmp|target|optimize)` +
		`\s*\(`)
	// lacksBody matches a declaration of a function that is always to be inlined.
	lacksBody = lazyregexp.New(`\balways_inline(?:__)?\s*(?:,[^;{}()]*)?\)\)[^;{}()=]*\([^;{}]*\)\s*;`)
	// intrinsics matches a directive that includes functions for instructions that the processor may not have.
	intrinsics = lazyregexp.New(`(?m)^[ \t]*#[ \t]*include[ \t]*<(?:\w+intrin|arm_\w+)\.h>`)
	// assembles matches an assembly statement, and no name of a function for the linker, as in int f(void) asm("g");
	assembles = lazyregexp.New(`\b(?:asm|__asm|__asm__)\s*` +
		`(?:(?:volatile|__volatile__|__volatile|goto|inline|__inline__)\s*)*[({]\s*` +
		`(?:"[^"\n]*[^\w."$@\n][^"\n]*"|"[^"\n]*"\s*[:"])|` +
		`\b(?:asm|__asm|__asm__)\s*(?:volatile|__volatile__|__volatile|goto)\b|` +
		`(?:^|[;{}])\s*(?:asm|__asm|__asm__)\s*\(`)
)

// FailsLate returns a function of a source: whether its compiler may find mistakes that it finds in no file that it
// only reads.
func FailsLate(v project.View) func(file string) bool {
	type key struct{}
	marks := func(file string) bool {
		return project.ReadOnce(v, file, key{}, func(src []byte) bool {
			return failsLate.Match(src) || assembles.Match(src) || intrinsics.Match(src) ||
				inlines.Match(src) && (cannotInline.Match(src) || lacksBody.Match(src))
		})
	}
	commands := Commands(v)
	return func(file string) bool {
		read := []string{file}
		if c, ok := commands(file); ok {
			for _, header := range c.valuesOf("-include", "-imacros") {
				if !filepath.IsAbs(header) {
					header = filepath.Join(c.Dir, header)
				}
				if p, isLocal := beneath.Local(v.Root(), header); isLocal {
					read = append(read, p)
				}
			}
		}
		for _, from := range read {
			if marks(from) {
				return true
			}
			for p := range project.Reach(filesTogether(v).of, from) {
				if marks(p) {
					return true
				}
			}
		}
		return false
	}
}
