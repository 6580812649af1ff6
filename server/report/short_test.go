package report_test

import (
	"fmt"
	"strings"
	"testing"

	"lanser/selectors"
	"lanser/selectors/fault"
	"lanser/server/bundle"
	"lanser/server/report"
)

// Of many symbols further away, nobody reads the declarations: they are names by file. Those next to the change keep
// their lines.
func TestManySymbolsFurtherAwayAreNamesByFile(t *testing.T) {
	target, near := symbol("a.go", 0, "go://m#f", "f"), symbol("a.go", 4, "go://m#near", "near")
	calls := []bundle.Edge{{From: near, To: target, Depth: 1, Ranges: []bundle.Range{{5, 1, 5, 2}}}}
	affected := []bundle.Affected{{Symbol: near, How: bundle.Calls, Of: "go://m#f", Depth: 1}}
	for i := range 21 {
		name := fmt.Sprint("far", i)
		far := symbol(fmt.Sprintf("%d.go", i/20), i, "go://m#"+name, name)
		calls = append(calls, bundle.Edge{From: far, To: near, Depth: 2, Ranges: []bundle.Range{{i, 1, i, 2}}})
		affected = append(affected, bundle.Affected{Symbol: far, How: bundle.Calls, Of: "go://m#near", Depth: 2})
	}
	of := &bundle.Resolution{Resolved: &bundle.Resolved{Selector: "go://m#f"}}
	in := bundle.Request{Options: map[string]any{"in": true, "depth": 2.0}}
	for name, b := range map[string]*bundle.Bundle{
		"1 caller of":               {Request: in, Resolution: of, Facts: &bundle.Facts{Calls: calls}},
		"1 affected by a change of": {Resolution: of, Facts: &bundle.Facts{Impact: affected}},
	} {
		got := report.Compact(b, report.Layout{Max: 16000})
		before, after, hasSection := strings.Cut(got, "\n-> near\n  0.go: far0, far1,")
		want := name + " go://m#f, and 21 further away, by way of what follows ->\na.go\n  5: near"
		if !hasSection || before != want || !strings.Contains(after, ", far19\n  1.go: far20\n") {
			t.Errorf("got\n%s\nwant %s, then names by file", got, want)
		}
	}
}

// Entries that the server's list lacks are marked where they are few. Where they are many, the sum counts them.
func TestManyConfirmedReferencesAreCountedAndNotMarked(t *testing.T) {
	for n, marks := range map[int]int{10: 10, 11: 0} {
		l := &bundle.Ledger{Names: []string{"f"}, Words: n, Confirmed: n}
		var list []bundle.Location
		for i := range n {
			at := location("a.py", i, "py://a#g", "f()")
			at.Confirmed = true
			list = append(list, at)
		}
		got := report.Compact(&bundle.Bundle{
			Facts: &bundle.Facts{References: list}, Evidence: bundle.Evidence{State: bundle.Complete, Ledger: l},
		}, report.Layout{})
		sum := fmt.Sprintf("%d words f: %d confirmed that the server's list lacks\n", n, n)
		if strings.Count(got, "(confirmed)") != marks || !strings.HasSuffix(got, sum) {
			t.Errorf("%d marks of %d confirmed references, want %d, and the sum:\n%s",
				strings.Count(got, "(confirmed)"), n, marks, got)
		}
	}
}

// The possible uses of a change are mostly those of symbols further away: many are the numbers of their lines.
func TestManyPossibleUsesOfAChangeAreTheNumbersOfTheirLines(t *testing.T) {
	l := &bundle.Ledger{Names: []string{"f"}, Words: 21, Possible: 21}
	for line := range 21 {
		at := location("a.py", line, "py://a#g", "x.f()")
		l.Uses = append(l.Uses, bundle.PossibleUse{Location: at, Why: "unknown"})
	}
	got := report.Compact(&bundle.Bundle{
		Facts: &bundle.Facts{Impact: []bundle.Affected{}}, Evidence: bundle.Evidence{State: bundle.Partial, Ledger: l},
	}, report.Layout{})
	if strings.Contains(got, "x.f()") || !strings.Contains(got, "possible uses: unknown\na.py: 1,2,3,4,") {
		t.Errorf("the possible uses are not numbers of lines:\n%s", got)
	}
}

// What a name could also have meant is named by its name path and its place, which are selectors. An error about the
// symbol that it did mean does not list them.
func TestWhatWasPassedOverIsNamedShortlyAndNotBelowAnError(t *testing.T) {
	r := &bundle.Resolution{
		Resolved: &bundle.Resolved{Selector: "py://a.b.c#Context"}, Others: 2,
		Disambiguation: []bundle.Candidate{
			{
				Selector: "py://a.b.d#Other.Context", URI: "a/b/d.py", Range: bundle.Range{3, 4, 3, 11},
				Kind: selectors.KindDef,
			},
		},
	}
	b := &bundle.Bundle{Resolution: r, Facts: &bundle.Facts{References: []bundle.Location{}}}
	const want = "also: Other.Context (a/b/d.py:4:5) and 1 more\n"
	if got := report.Compact(b, report.Layout{}); !strings.HasPrefix(got, want) {
		t.Errorf("got\n%s\nwant %q at its beginning", got, want)
	}

	b.Facts, b.Error = nil, &bundle.Error{Code: fault.Usage, Message: "gopls does not serve a/b/c.py"}
	const line = "lanser: E/USAGE: gopls does not serve a/b/c.py\n"
	var out, notes strings.Builder
	report.Text(&out, &notes, b)
	if got := report.Compact(b, report.Layout{}); got != line || out.String() != "" || notes.String() != line {
		t.Errorf("compact %q, text %q and %q, want %q alone", got, out.String(), notes.String(), line)
	}
}
