package main

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"lanser/server/bundle"
	"lanser/server/toolchain"
)

// Doctor prints a line for each cause that keeps diag from a verdict.
func TestDoctorPrintsALineForEachCause(t *testing.T) {
	lacks := func(language, reason, fix string, files ...string) toolchain.CheckGap {
		return toolchain.CheckGap{Coverage: bundle.Coverage{
			Language: language, State: bundle.UncheckedState, Owed: true, Reason: reason, Fix: fix, Files: files,
		}}
	}
	guessed := lacks("C file", "nothing says how they are compiled", "write a database", "a.c", "b.c")
	guessed.OnlyWithErrors = true
	for name, tt := range map[string]struct {
		gaps []toolchain.CheckGap
		want string
	}{
		"nothing": {want: "diag\tnothing is missing that it needs for a verdict\n"},
		"causes": {
			gaps: []toolchain.CheckGap{
				lacks("Go file", "gopls is not installed", "install it", "a%20b.go"),
				lacks("Python file", "a package is missing", "pip", "a.py", "b.py"),
				lacks("Go module file", "gopls is not installed", "install it", "go.mod", "x/go.mod"),
				guessed, lacks("", "lanser.toml is wrong", ""),
			},
			want: "diag\twill not give a verdict (exit code 66): a b.go, 2 Go module files: " +
				"gopls is not installed; install it\n" +
				"diag\twill not give a verdict (exit code 66): 2 Python files: a package is missing; pip\n" +
				"diag\twill not give a verdict (exit code 66) if it finds errors: 2 C files: " +
				"nothing says how they are compiled; write a database\n" +
				"diag\twill not give a verdict (exit code 66): lanser.toml is wrong\n",
		},
	} {
		var out strings.Builder
		writeGaps(&out, tt.gaps)
		if d := cmp.Diff(tt.want, out.String()); d != "" {
			t.Errorf("%s: (-want +got)\n%s", name, d)
		}
	}
}
