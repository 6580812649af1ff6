package report_test

import (
	"strings"
	"testing"

	"lanser/server/bundle"
	"lanser/server/report"
)

// Many possible uses are read in the files: the first ones have their code, and the others are the numbers of their
// lines, so that what is certain has the room.
func TestManyPossibleUsesAreTheNumbersOfTheirLines(t *testing.T) {
	l := &bundle.Ledger{Names: []string{"f"}, Words: 24, Possible: 24}
	for line := range 23 {
		at := location("a.go", line, "go://m#A", "x.f()")
		l.Uses = append(l.Uses, bundle.PossibleUse{Location: at, Why: "unread"})
	}
	l.Uses = append(l.Uses, bundle.PossibleUse{Location: location("b.go", 7, "", "y.f()"), Why: "unknown"})
	got := report.Compact(&bundle.Bundle{
		Facts:    &bundle.Facts{References: []bundle.Location{}},
		Evidence: bundle.Evidence{State: bundle.Partial, Reasons: []string{"24 possible uses"}, Ledger: l},
	}, report.Layout{})
	if n := strings.Count(got, "x.f()"); n != 20 {
		t.Errorf("%d possible uses have their code, want 20:\n%s", n, got)
	}
	for _, want := range []string{"\na.go: 21,22,23\n", "possible uses: unknown\nb.go: 8\n"} {
		if !strings.Contains(got, want) {
			t.Errorf("the text lacks %q:\n%s", want, got)
		}
	}
}

// That an override belongs to the family is said once.
func TestAnOverrideIsSaidToBeOfTheFamilyOnce(t *testing.T) {
	got := report.Compact(&bundle.Bundle{Facts: &bundle.Facts{Impact: []bundle.Affected{{
		Symbol: bundle.Symbol{Name: "run", URI: "b.py", Selector: "py://b#B.run"}, How: bundle.Family, Depth: 1,
		Of: "py://a#A.run", Family: true, Sites: []bundle.Range{{1, 0, 1, 3}},
	}}}}, report.Layout{})
	if strings.Count(got, "(family)") != 1 {
		t.Errorf("the family is not named once:\n%s", got)
	}
}
