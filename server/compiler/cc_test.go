package compiler_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"lanser/server/compiler"
)

func TestWhatCompilersAndAssemblersPrintIsRead(t *testing.T) {
	const printed = "In file included from x.h:1,\n                 from a.c:2:\n" +
		"y.h:3:17: error: 'missing' undeclared (first use in this function)\n" +
		"    3 |   return missing;\n      |          ^~~~~~~\n" +
		"y.h:3:17: note: each undeclared identifier is reported only once\n" +
		"a.c:4:1: warning: unused variable 'x' [-Wunused-variable]\n" +
		"a.c:4:1: warning: unused variable 'x' [-Wunused-variable]\n" +
		"a.c:5:10: fatal error: gone.h: No such file or directory\ncompilation terminated.\n" +
		"<command-line>: fatal error: gone.h: No such file or directory\n" +
		"<built-in>:1:10: fatal error: 'gone.h' file not found\n" +
		"b.S: Assembler messages:\nb.S:3: Error: no such instruction: `retxx'\nb.S:4: Warning: odd\n"
	var got []string
	for _, f := range compiler.ReadCC(printed) {
		at := fmt.Sprintf("%s:%d:%d", f.At.File, f.At.Line+1, f.At.Column+1)
		got = append(got, strings.Join([]string{at, f.Severity, f.Code, f.Message}, " "))
	}
	want := []string{
		"y.h:3:17 error  'missing' undeclared (first use in this function)",
		"a.c:4:1 warning -Wunused-variable unused variable 'x'",
		"a.c:5:10 error  gone.h: No such file or directory",
		":1:1 error  gone.h: No such file or directory",
		":1:1 error  'gone.h' file not found",
		"b.S:3:1 error  no such instruction: `retxx'",
		"b.S:4:1 warning  odd",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("-want +got\n%s", diff)
	}
}
