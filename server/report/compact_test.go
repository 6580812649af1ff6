package report_test

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"lanser/selectors"
	"lanser/server/bundle"
	"lanser/server/report"
)

var update = flag.Bool("update", false, "rewrite the goldens")

func location(uri string, line int, container, text string) bundle.Location {
	return bundle.Location{URI: uri, Range: bundle.Range{line, 1, line, 4}, Text: text, Container: container}
}

// sealed is a bundle with what every answer has.
func sealed(t interface{ Fatal(...any) }, b bundle.Bundle) *bundle.Bundle {
	b.Status = "ok"
	if b.Evidence.State == "" {
		b.Evidence = bundle.Evidence{State: bundle.Complete, Reasons: []string{}}
	}
	if err := b.Seal(); err != nil {
		t.Fatal(err)
	}
	return &b
}

// Each kind of answer as agents read it.
func TestCompactTextIsAsItWas(t *testing.T) {
	three, four := 3, 4
	for name, b := range map[string]bundle.Bundle{
		"references": {Facts: &bundle.Facts{References: []bundle.Location{
			location("a.go", 3, "go://m#A.run", "  x.run()"), location("a.go", 5, "go://m#A.run", "x.run()"),
			location("a.go", 9, "", "var _ = run"),
			location("b%20c/d.py", 1, "py://b c.d#f", "run()"),
			location("goroot:///src/fmt/print.go", 7, "", "func Println"),
		}}, Resolution: &bundle.Resolution{Resolved: &bundle.Resolved{Selector: "go://m#A.run"}}},
		"nothing": {Request: bundle.Request{Cmd: "references"}, Facts: &bundle.Facts{References: []bundle.Location{}}},
		"doubtful": {
			Request:  bundle.Request{Cmd: "definition"},
			Facts:    &bundle.Facts{Definitions: []bundle.Location{location("a.go", 3, "go://m#A", "type A")}},
			Evidence: bundle.Evidence{State: bundle.Partial, Reasons: []string{"b.go cannot be read cleanly"}},
		},
		"clean": {Facts: &bundle.Facts{
			Diagnostics: []bundle.Diagnostic{}, Checks: []bundle.Check{{Files: 3, Unchecked: []bundle.Unchecked{}}},
		}},
		"unfinished": {
			Facts:    &bundle.Facts{Diagnostics: []bundle.Diagnostic{}},
			Evidence: bundle.Evidence{State: bundle.TimedOut, Reasons: []string{"it took too long"}},
		},
		"diagnostics": {Facts: &bundle.Facts{Diagnostics: []bundle.Diagnostic{
			{
				URI: "a.go", Range: bundle.Range{1, 2, 1, 3}, Severity: "error", Source: "compiler", Code: "X",
				Message: "wrong\n\there",
			},
			{URI: "a.go", Range: bundle.Range{4, 2, 4, 3}, Severity: "warning", Source: "lint", Message: "odd"},
		}}},
		"symbols": {Facts: &bundle.Facts{Symbols: []bundle.Symbol{
			{Name: "A", Kind: selectors.KindStruct, URI: "a.go", Selector: "go://m#A"},
			{
				Name: "run", Kind: selectors.KindMethod, URI: "a.go", Selector: "go://m#A.run", Depth: 1,
				SelectionRange: bundle.Range{4, 5, 4, 8},
			},
			{Name: "t", Kind: selectors.KindDef, URI: "a_test.go", Selector: "go://m_test#t"},
		}}},
		"calls": {Facts: &bundle.Facts{Calls: []bundle.Edge{
			{
				From: bundle.Symbol{URI: "a.go", Selector: "go://m#f"},
				To:   bundle.Symbol{URI: "b.go", Selector: "go://m#g"}, Depth: 1,
				Ranges: []bundle.Range{{1, 1, 1, 2}, {3, 1, 3, 2}},
			},
			{
				From: bundle.Symbol{URI: "c.go", Selector: "go://n#h"},
				To:   bundle.Symbol{URI: "a.go", Selector: "go://m#f"}, Depth: 2, Ranges: []bundle.Range{{8, 1, 8, 2}},
			},
		}}},
		"overview": {
			Resolution: &bundle.Resolution{
				Resolved: &bundle.Resolved{
					URI: "a.go", Range: bundle.Range{2, 0, 5, 1}, Kind: selectors.KindDef, Selector: "go://m#f",
					Status: selectors.Exact, Anchor: "anchor://a.go#\"x\"",
				},
			},
			Facts: &bundle.Facts{
				Overview: &bundle.Overview{
					Signature: "func f()", Documentation: "// f does it.", References: &four, Callers: &three,
					Users: []bundle.User{
						{URI: "b.go", Container: "go://m#g", Count: 3},
						{URI: "c.go", Count: 1, Range: bundle.Range{6, 0, 6, 1}},
					},
				},
				Definitions: []bundle.Location{location("a.go", 2, "go://m#f", "func f()")},
			},
		},
	} {
		got := report.Compact(sealed(t, b), 0)
		file := filepath.Join("testdata", name+".golden")
		if *update {
			if err := os.WriteFile(file, []byte(got), 0o644); err != nil {
				t.Fatal(err)
			}
		}
		want, err := os.ReadFile(file)
		if err != nil || got != string(want) {
			t.Errorf("%s (%v):\n%s\nwant\n%s", name, err, got, want)
		}
	}
}

// Whatever the budget: the text fits it, what is shown is the beginning of the whole, and
// what is shown and what is said to be cut are all.
func TestACutAnswerFitsAndSaysHowMuchIsCut(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var refs []bundle.Location
		for i := range rapid.IntRange(1, 60).Draw(t, "references") {
			file := rapid.SampledFrom([]string{"a.go", "long/path/to/b.go"}).Draw(t, "file")
			in := "go://m#" + rapid.StringMatching(`[A-Z]{1,8}`).Draw(t, "in")
			refs = append(refs, location(file, i, in, rapid.StringMatching(`[a-z ]{0,60}x`).Draw(t, "text")))
		}
		b := sealed(t, bundle.Bundle{
			Request: bundle.Request{Cmd: "references", Options: map[string]any{}},
			Facts:   &bundle.Facts{References: refs},
		})
		before := fmt.Sprint(b.Facts.References)
		whole := entries(report.Compact(b, 0))
		budget := rapid.IntRange(200, 3000).Draw(t, "budget")
		text := report.Compact(b, budget)
		if len(text) > budget {
			t.Fatalf("%d bytes, and %d are allowed", len(text), budget)
		}
		shown, cut := entries(text), 0
		if m := regexp.MustCompile(`(\d+) more were cut`).FindStringSubmatch(text); m != nil {
			fmt.Sscan(m[1], &cut)
		}
		head := fmt.Sprintf("%d references\n", len(whole))
		if len(whole) == 1 {
			head = "1 reference\n"
		}
		if !slices.Equal(shown, whole[:len(shown)]) || len(shown)+cut != len(whole) || !strings.HasPrefix(text, head) {
			t.Fatalf("%d shown and %d cut of %d:\n%s", len(shown), cut, len(whole), text)
		}
		if fmt.Sprint(b.Facts.References) != before {
			t.Fatal("the bundle is not as it was")
		}
	})
}

func entries(text string) []string { return regexp.MustCompile(`(?m)^    .*$`).FindAllString(text, -1) }
