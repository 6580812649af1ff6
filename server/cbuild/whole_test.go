package cbuild

import (
	"testing"

	"lanser/server/project/projecttest"
)

func TestOnlyFilesInWhichCompilersMayFailLateAreCompiled(t *testing.T) {
	v := projecttest.Files{
		"marks.h":  "#define SAYS(m) __attribute__((__error__(m)))\n",
		"plain.h":  "static inline __attribute__((always_inline)) int g(int n) { return n; }\n",
		"by.c":     "#include \"marks.h\"\n",
		"not.c":    "#include \"plain.h\"\nint error(const char *);\nint f(void) { return error(\"no\"); }\n",
		"label.c":  "int f(void) __asm__(\"g\");\nextern int h(void) asm(\"_h$x\");\n",
		"format.c": "void f(const char *, ...) __attribute__((format(printf, 1, 2)));\nvoid error(int);\n",
		"asm.c":    "void f(void) { __asm(\"mov %eax, %ebx\"); }\n",
		"top.c":    "int x;\nasm(\"nop\");\n",
		"gnu.cc":   "[[gnu::error(\"no\")]] void f();\n",
		"deep.c":   "#include \"deep.h\"\n", "deep.h": "#include \"marks.h\"\n",
	}
	want := map[string]bool{"by.c": true, "asm.c": true, "top.c": true, "gnu.cc": true, "deep.c": true}
	late := FailsLate(v)
	for _, file := range []string{"by.c", "not.c", "label.c", "format.c", "asm.c", "top.c", "gnu.cc", "deep.c"} {
		if late(file) != want[file] {
			t.Errorf("%s: %v", file, late(file))
		}
	}
}
