package cbuild

import (
	"strings"
	"testing"

	"lanser/server/project/projecttest"
)

// files is a view of files with their contents.
type files = projecttest.Files

// No compilation database lists more files than its bytes allow.
func FuzzDatabase(f *testing.F) {
	for _, s := range []string{
		`[{"directory":"/nowhere","file":"a.c","command":"cc"}]`, `[{"file":"../../etc/passwd","directory":""}]`,
		strings.Repeat("[", 1000), `[{"file":1}]`, `[null,{"file":"\u0000"}]`,
	} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, raw []byte) {
		got := Listed(files{"compile_commands.json": string(raw)}, "compile_commands.json")
		if len(got) > len(raw)/8 {
			t.Errorf("%d files in %d bytes", len(got), len(raw))
		}
	})
}
