package lsp

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	"go.lsp.dev/protocol"
)

func rng(sl, sc, el, ec uint32) protocol.Range {
	return protocol.Range{
		Start: protocol.Position{Line: sl, Character: sc},
		End:   protocol.Position{Line: el, Character: ec},
	}
}

func TestLocationsAreDecodedFromEveryForm(t *testing.T) {
	r, full := rng(1, 2, 3, 4), rng(0, 0, 9, 0)
	const at = `{"start":{"line":1,"character":2},"end":{"line":3,"character":4}}`
	const whole = `{"start":{"line":0,"character":0},"end":{"line":9,"character":0}}`
	for _, tt := range []struct {
		raw  string
		want []Location
	}{
		{`null`, []Location{}},
		{`[]`, []Location{}},
		{`{"uri":"file:///a","range":` + at + `}`, []Location{{"file:///a", r, nil}}},
		{`[{"uri":"file:///a","range":` + at + `}]`, []Location{{"file:///a", r, nil}}},
		{
			`[{"targetUri":"file:///a","targetRange":` + whole + `,"targetSelectionRange":` + at + `}]`,
			[]Location{{"file:///a", r, &full}},
		},
		{`[{"targetUri":"file:///a","targetRange":` + whole + `}]`, []Location{{"file:///a", full, &full}}},
	} {
		got, err := readLocations([]byte(tt.raw))
		if d := cmp.Diff(tt.want, got); err != nil || d != "" {
			t.Errorf("%s: %v (-want +got)\n%s", tt.raw, err, d)
		}
	}
	for _, bad := range []string{`[{}]`, `[{"uri":"file:///a"}]`, `7`, `"x"`, `[[]]`, `{"uri":7}`} {
		if got, err := readLocations([]byte(bad)); err == nil {
			t.Errorf("%s was read as %v", bad, got)
		}
	}
}

func TestHoversAreDecodedFromEveryForm(t *testing.T) {
	for _, tt := range []struct{ raw, want string }{
		{`{"contents":{"kind":"markdown","value":"**x**"}}`, "**x**"},
		{`{"contents":"x"}`, "x"},
		{`{"contents":{"language":"go","value":"func F()"}}`, "```go\nfunc F()\n```"},
		{`{"contents":["x",{"language":"go","value":"y"}]}`, "x\n\n```go\ny\n```"},
		{`{"contents":[]}`, ""},
		{`{"contents":null}`, ""},
	} {
		got, err := readHover([]byte(tt.raw))
		if err != nil || got.Contents != tt.want {
			t.Errorf("%s: %+v, %v", tt.raw, got, err)
		}
	}
	if got, err := readHover([]byte("null")); got != nil || err != nil {
		t.Errorf("null: %v, %v", got, err)
	}
	if got, err := readHover([]byte(`{"contents":[7]}`)); err == nil {
		t.Errorf("a number was read as %v", got)
	}
}

func TestDiagnosticReportsCountAsFullWhateverTheirKind(t *testing.T) {
	const item = `{"range":{"start":{"line":1,"character":2},"end":{"line":3,"character":4}},` +
		`"severity":1,"code":7,"message":{"kind":"markdown","value":"m"}}`
	for _, kind := range []string{`"full"`, `""`} {
		got, err := readReport([]byte(`{"kind":` + kind + `,"items":[` + item + `]}`))
		if err != nil || len(got) != 1 || got[0].Message != "m" || got[0].Range != rng(1, 2, 3, 4) {
			t.Errorf("%s: %+v, %v", kind, got, err)
		}
	}
	for _, bad := range []string{`null`, `{"kind":"unchanged","resultId":"1"}`, `[]`} {
		if got, err := readReport([]byte(bad)); err == nil {
			t.Errorf("%s was read as %v: a false clean", bad, got)
		}
	}
}
