package server_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"lanser/index/indextest"
	"lanser/server/api"
)

// What clangd guesses in a branch that the preprocessor leaves out is no use of another file's declaration, and a doubt
// names the lines.
func TestWhatAFileUsesHoldsNoGuesses(t *testing.T) {
	t.Parallel()
	indextest.Needs(t, "the server clangd")
	dir := indextest.Files(t, map[string]string{
		"a.h":     "struct Conn { int fd; };\nvoid used(struct Conn *c);\n",
		"other.h": "struct Other { int handle; };\nvoid guessed(void);\n",
		"other.c": "#include \"other.h\"\nvoid guessed(void) {}\n",
		"a.c": "#include \"a.h\"\n\nvoid run(struct Conn *c) {\n    used(c);\n#ifdef NEVER\n    guessed();\n" +
			"    c->handle = 1;\n#endif\n    c->fd = 1;\n}\n",
	})
	entry := `{"directory": "` + dir + `", "command": "cc -c FILE", "file": "FILE"}`
	one, other := strings.ReplaceAll(entry, "FILE", "a.c"), strings.ReplaceAll(entry, "FILE", "other.c")
	indextest.Write(t, dir, "compile_commands.json", "["+one+","+other+"]")
	e := thawed(t, dir)
	b := do(t, e, api.Request{Op: "context", Paths: []string{"a.c"}})
	var got []string
	for _, u := range b.Facts.Uses {
		got = append(got, u.Symbol.URI+" "+u.Symbol.Name)
	}
	slices.Sort(got)
	if d := cmp.Diff([]string{"a.h Conn", "a.h fd", "a.h used"}, got); d != "" {
		t.Errorf("-want +got\n%s", d)
	}
	reasons := strings.Join(b.Evidence.Reasons, "; ")
	if b.Evidence.State != "partial" || !strings.Contains(reasons, "clangd has not read the code of lines 6-7,") {
		t.Errorf("%s: %s", b.Evidence.State, reasons)
	}
}
