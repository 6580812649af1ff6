package lsp

import (
	"encoding/json"
	"testing"

	"github.com/google/go-cmp/cmp"
	"go.lsp.dev/protocol"
)

// Of the code actions of a server, only edits of documents that fix exactly this diagnostic are used.
func TestOnlyEditsForTheDiagnosticAreFixes(t *testing.T) {
	const (
		at    = `{"start":{"line":1,"character":2},"end":{"line":3,"character":4}}`
		other = `{"start":{"line":9,"character":2},"end":{"line":9,"character":4}}`
		edit  = `"edit":{"changes":{"file:///b":[{"range":` + at + `,"newText":"y"}],` +
			`"file:///a":[{"range":` + at + `,"newText":"x"}]}}`
		versioned = `"edit":{"documentChanges":[{"textDocument":{"uri":"file:///a","version":3},` +
			`"edits":[{"range":` + at + `,"newText":"x"}]}]}`
		operation = `"edit":{"documentChanges":[{"kind":"create","uri":"file:///n"},` +
			`{"textDocument":{"uri":"file:///a"},"edits":[]}]}`
		command = `"command":{"title":"c","command":"c"}`
	)
	r := rng(1, 2, 3, 4)
	both := []TextEdit{{URI: "file:///a", Range: r, NewText: "x"}, {URI: "file:///b", Range: r, NewText: "y"}}
	for name, tt := range map[string]struct {
		raw  string
		want []TextEdit
	}{
		"an edit":                 {raw: `{"title":"t","kind":"quickfix",` + edit + `}`, want: both},
		"without a kind":          {raw: `{"title":"t",` + edit + `}`, want: both},
		"of a kind of quick fix":  {raw: `{"title":"t","kind":"quickfix.import",` + edit + `}`, want: both},
		"with document changes":   {raw: `{"title":"t",` + versioned + `}`, want: both[:1]},
		"for the diagnostic":      {raw: `{"title":"t","diagnostics":[{"range":` + at + `}],` + edit + `}`, want: both},
		"an edit and a command":   {raw: `{"title":"t",` + command + `,` + edit + `}`, want: both},
		"for another diagnostic":  {raw: `{"title":"t","diagnostics":[{"range":` + other + `}],` + edit + `}`},
		"of another kind":         {raw: `{"title":"t","kind":"refactor.inline",` + edit + `}`},
		"of a kind like quickfix": {raw: `{"title":"t","kind":"quickfixes",` + edit + `}`},
		"without a title":         {raw: `{` + edit + `}`},
		"disabled":                {raw: `{"title":"t","disabled":{"reason":"r"},` + edit + `}`},
		"a command alone":         {raw: `{"title":"t",` + command + `}`},
		"LSP's Command":           {raw: `{"title":"t","command":"c","arguments":[]}`},
		"that creates a file":     {raw: `{"title":"t",` + operation + `}`},
		"no action":               {raw: `7`},
	} {
		a, ok := readAction(json.RawMessage(tt.raw), protocol.Diagnostic{Range: r})
		var got []TextEdit
		if ok {
			got, _ = a.Edit.edits()
		}
		if d := cmp.Diff(tt.want, got); d != "" {
			t.Errorf("%s (-want +got)\n%s", name, d)
		}
	}
}
