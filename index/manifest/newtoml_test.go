package manifest_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"lanser/index/manifest"
)

func TestInlineTablesOfNewTOMLAreRead(t *testing.T) {
	table := func(pairs ...any) map[string]any {
		out := map[string]any{}
		for i := 0; i < len(pairs); i += 2 {
			out[pairs[i].(string)] = pairs[i+1]
		}
		return out
	}
	for name, tt := range map[string]struct {
		raw  string
		want map[string]any // nil for a mistake
	}{
		"several lines":             {"a = {\n b = 1,\r\n c = 2\n}\n", table("a", table("b", int64(1), "c", int64(2)))},
		"a last comma":              {"a = { b = 1, }\n", table("a", table("b", int64(1)))},
		"comments":                  {"a = { # {\n b = 1, # }\n}\n", table("a", table("b", int64(1)))},
		"tables in a table":         {"a = {\n b = {\n c = 1,\n},\n}\n", table("a", table("b", table("c", int64(1))))},
		"an empty table":            {"a = {\n}\n", table("a", table())},
		"a list in a table":         {"a = { b = [\n 1,\n], }\n", table("a", table("b", []any{int64(1)}))},
		"braces in strings":         {"a = {\n b = \"{,}\", c = '{,}'\n}\n", table("a", table("b", "{,}", "c", "{,}"))},
		"a quote in a string":       {"a = {\n b = \"\\\"{#\",\n}\n", table("a", table("b", "\"{#"))},
		"a string of several lines": {"a = {\n b = \"\"\"x,\n#\"\"\"\"\",\n}\n", table("a", table("b", "x,\n#\"\""))},
		"a table only of a comma":   {"a = {,}\n", nil},
		"two commas":                {"a = { b = 1,, }\n", nil},
		"no comma":                  {"a = {\n b = 1\n c = 2\n}\n", nil},
		"no end":                    {"a = {\n b = 1,\n", nil},
		"no end of a header":        {"[a\nb = {\n c = 1\n}\n", nil},
	} {
		t.Run(name, func(t *testing.T) {
			var got map[string]any
			err := manifest.DecodeNewTOML([]byte(tt.raw), &got)
			if (err != nil) != (tt.want == nil) {
				t.Fatalf("error %v, want one: %v", err, tt.want == nil)
			}
			if d := cmp.Diff(tt.want, got); err == nil && d != "" {
				t.Errorf("-want +got:\n%s", d)
			}
		})
	}
}
