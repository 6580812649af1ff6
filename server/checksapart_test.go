package server_test

import (
	"encoding/json"
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"

	"lanser/index/indextest"
	"lanser/server/api"
)

// A check opens documents of C with a line before them, and clangd remembers where it has found their symbols: a
// question after a check has the same answer as one before.
func TestACheckOfCDoesNotMoveDefinitions(t *testing.T) {
	t.Parallel()
	indextest.Needs(t, "the server clangd")
	dir := indextest.Files(t, map[string]string{
		"a.h": "int f(int x);\n", "a.c": "#include \"a.h\"\nint f(int x) { return x; }\n",
		"b.c": "#include \"a.h\"\nint main(void) { return f(1); }\n",
	})
	var commands []map[string]any
	for _, file := range []string{"a.c", "b.c"} {
		commands = append(commands, map[string]any{
			"directory": dir, "file": file, "arguments": []string{"cc", "-c", file},
		})
	}
	raw, err := json.Marshal(commands)
	if err != nil {
		t.Fatal(err)
	}
	write(t, dir, "compile_commands.json", string(raw))
	e := engine(t, dir)
	definitions := func() (out []string) {
		t.Helper()
		b, err := e.Do(t.Context(), api.Request{Op: "definition", Selector: json.RawMessage(`"b.c@L2:C25"`)})
		if err != nil {
			t.Fatal(err)
		}
		for _, d := range b.Facts.Definitions {
			out = append(out, fmt.Sprint(d.URI, d.Range))
		}
		return out
	}
	if _, err := e.Do(t.Context(), api.Request{Op: "diagnostics"}); err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff([]string{"a.c[1 4 1 5]"}, definitions()); d != "" {
		t.Errorf("after a check (-want +got)\n%s", d)
	}
}
