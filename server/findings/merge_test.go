package findings

import (
	"encoding/json"
	"strconv"
	"testing"

	"github.com/google/go-cmp/cmp"

	"lanser/selectors/text"
	"lanser/server/bundle"
	"lanser/server/catalogue"
	"lanser/server/lsp"
	"lanser/server/places"
)

// finding is a finding on a line of a file.
func finding(uri string, line int, severity, code string, fixes ...bundle.Fix) bundle.Diagnostic {
	return bundle.Diagnostic{
		URI: uri, Range: bundle.Range{line, 0, line, 1}, Severity: severity, Code: code, Source: "server", Fixes: fixes,
	}
}

func TestTheCompilersFindingsTakeThePlaceOfTheServers(t *testing.T) {
	srv := &catalogue.Server{}
	fix := bundle.Fix{Title: "borrow it"}
	compiled := finding("a.rs", 3, "error", "E0382")
	report := &buildReport{
		found:    []bundle.Diagnostic{compiled, finding("b.rs", 1, "error", "E0308")},
		failed:   []bundle.Unchecked{{URI: "b.rs", Why: "it would execute build.rs"}},
		unloaded: map[string]bool{"d.rs": true},
	}
	got := report.merge(srv, []bundle.Diagnostic{
		finding("a.rs", 3, "error", "E0382", fix), // the compiler has it too
		finding("a.rs", 7, "error", "guess"),      // the compiler has checked the file, and does not have it
		finding("a.rs", 8, "hint", "unused"),      // a compiler has no hints
		finding("b.rs", 1, "error", "E0308"),      // the compiler reports it, and has not checked the file
		finding("b.rs", 2, "error", "E0425"),      // the compiler has not come to it
		finding("d.rs", 1, "error", "E0432"),      // of a package that nobody has described
	})
	compiled.Fixes = []bundle.Fix{fix}
	want := []bundle.Diagnostic{
		finding("a.rs", 8, "hint", "unused"), finding("b.rs", 2, "error", "E0425"),
		compiled, finding("b.rs", 1, "error", "E0308"),
	}
	if d := cmp.Diff(want, got); d != "" {
		t.Error(d)
	}
}

func TestOffsetsInUTF16UnitsOfAFileWithAMark(t *testing.T) {
	doc := places.Place{URI: "a.ts", Content: text.New([]byte("\ufeffé😀x"))}
	r := &Linter{offsets: map[string][]int{}}
	var got []int
	for units := -1; units <= 5; units++ {
		got = append(got, r.offset(doc, units))
	}
	if d := cmp.Diff([]int{-1, 3, 5, -1, 9, 10, -1}, got); d != "" {
		t.Error(d)
	}
}

func TestAFindingThatAnotherErrorExplainsIsDropped(t *testing.T) {
	srv := &catalogue.Server{Following: catalogue.Following{HalfLoaded: "no metadata for", LoadSource: "go list"}}
	at := func(line uint32, source, message string) (d lsp.Diagnostic) {
		if err := json.Unmarshal([]byte(strconv.Quote(message)), &d.Message); err != nil {
			t.Fatal(err)
		}
		d.Source = source
		d.Range.Start.Line = line
		return d
	}
	half := at(3, "compiler", `no metadata for "x/y"`)
	for name, tt := range map[string]struct {
		other   lsp.Diagnostic
		isThere bool
	}{
		"on the same line":         {at(3, "go list", "no such module"), false},
		"on another line":          {at(4, "go list", "no such module"), true},
		"of another tool":          {at(3, "vet", "no such module"), true},
		"a cycle with the import":  {at(9, "go list", "import cycle not allowed: import stack: [x x/y x]"), false},
		"a cycle of other imports": {at(9, "go list", "import cycle not allowed: import stack: [z]"), true},
	} {
		out := withoutExplained(srv, []lsp.FileDiagnostics{{Path: "a.go", Items: []lsp.Diagnostic{half, tt.other}}})
		want := 1
		if tt.isThere {
			want = 2
		}
		if len(out[0].Items) != want {
			t.Errorf("%s: %d findings are left, want %d", name, len(out[0].Items), want)
		}
	}
}
