package lsp

import (
	"os"
	"testing"

	"github.com/google/go-cmp/cmp"

	"go.lsp.dev/protocol"

	"lanser/selectors/text"
)

func rng(sl, sc, el, ec uint32) protocol.Range {
	return protocol.Range{Start: protocol.Position{Line: sl, Character: sc}, End: protocol.Position{Line: el, Character: ec}}
}

func TestLocationsAreReadInEveryShape(t *testing.T) {
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
		{`[{"targetUri":"file:///a","targetRange":` + whole + `,"targetSelectionRange":` + at + `}]`, []Location{{"file:///a", r, &full}}},
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

func TestHoversAreReadInEveryShape(t *testing.T) {
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

func TestReportsAreFullWhateverTheirKindSays(t *testing.T) {
	const item = `{"range":{"start":{"line":1,"character":2},"end":{"line":3,"character":4}},"severity":1,"code":7,"message":{"kind":"markdown","value":"m"}}`
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

func TestEveryProjectIsLoadedByOneOpenFile(t *testing.T) {
	for _, tt := range []struct {
		name   string
		paths  []string
		target string
		want   []string
	}{
		{"one project", []string{"src/a.ts", "src/b.ts", "tsconfig.json"}, "src/b.ts", []string{"src/a.ts", "src/b.ts"}},
		{
			"projects and orphans",
			[]string{"a/tsconfig.json", "a/x.ts", "a/y.ts", "b/jsconfig.json", "b/z.js", "c/w.ts", "d.go"},
			"a/y.ts",
			[]string{"a/x.ts", "a/y.ts", "b/z.js", "c/w.ts"},
		},
		{"no target", []string{"x.ts", "y.ts"}, "", []string{"x.ts", "y.ts"}},
	} {
		got, short := typescript.Openings(listed(tt.paths), tt.target, nil)
		if d := cmp.Diff(tt.want, got); d != "" || short != "" {
			t.Errorf("%s: %s (-want +got)\n%s", tt.name, short, d)
		}
	}
	if got, _ := gopls.Openings(listed{"go.mod", "a.go", "b.go"}, "b.go", []string{"a.go"}); len(got) != 1 {
		t.Errorf("a server without projects opens %v", got)
	}
}

func TestTheCatalogueIsWhole(t *testing.T) {
	seen := map[string]bool{}
	for _, s := range Catalogue {
		if s.Name == "" || s.Version == "" || s.Why == "" || s.Install.Package == "" && s.Install.Manager != "path" || s.Install.Command == "" || len(s.LanguageIDs) == 0 || seen[s.Name] {
			t.Errorf("%s lacks something, or is there twice", s.Name)
		}
		seen[s.Name] = true
	}
}

// listed is a view of which only the paths are asked.
type listed []string

func (l listed) Root() string                          { return "/nowhere" }
func (l listed) Paths() []string                       { return l }
func (l listed) Content(string) (*text.Content, error) { return nil, os.ErrNotExist }
func (l listed) Files() any                            { return nil }
func (l listed) Once(_ any, work func() any) any       { return work() }
func (l listed) Disk(string) (string, bool)            { return "", false }
func (l listed) ReadFile(string) ([]byte, error)       { return nil, os.ErrNotExist }
