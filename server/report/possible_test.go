package report_test

import (
	"fmt"
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

// The line about evidence has the reasons that the rest of the text lacks, the long ones cut.
func TestTheLineAboutEvidenceRepeatsNothing(t *testing.T) {
	const ready, counted = "gopls answers after its workspace load", "1 possible use that nobody can rule out, in a.go"
	uses := []bundle.PossibleUse{{Location: location("a.go", 1, "", "f()"), Why: "unread"}}
	long := "rust-analyzer says: " + strings.Repeat("no ", 100)
	for _, tt := range []struct {
		state   string
		reasons []string
		want    string
	}{
		{state: bundle.Partial, reasons: []string{ready, counted}, want: "evidence: partial"},
		{
			state: bundle.Partial, reasons: []string{ready, "a.go is binary", counted},
			want: "evidence: partial: a.go is binary",
		},
		{state: bundle.Partial, reasons: []string{long}, want: "evidence: partial: " + long[:200] + "…"},
		{state: bundle.Heuristic, reasons: []string{ready, "quiet"}, want: "evidence: heuristic: " + ready + "; quiet"},
	} {
		got := report.Compact(&bundle.Bundle{
			Facts: &bundle.Facts{References: []bundle.Location{}},
			Evidence: bundle.Evidence{
				State: tt.state, Reasons: tt.reasons,
				Ledger: &bundle.Ledger{Names: []string{"f"}, Words: 1, Possible: 1, Uses: uses},
			},
		}, report.Layout{})
		lines := strings.Split(strings.TrimSpace(got), "\n")
		if last := lines[len(lines)-1]; last != tt.want {
			t.Errorf("%q: got %q, want %q", tt.reasons, last, tt.want)
		}
	}
}

// Words that nobody can read one by one are counted: an agent that wants them searches for the name.
func TestVeryManyPossibleUsesAreCounted(t *testing.T) {
	got := textOfPossible(11)
	last := "\nf10.go: 1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17,18,19,20\n"
	if strings.Contains(got, "more") || !strings.Contains(got, last) {
		t.Errorf("200 possible uses besides those with code are not all written:\n%s", got)
	}
	got = textOfPossible(41)
	for _, want := range []string{
		"\nf01.go: 1,2,3,4,5,6,7,8,9,10 and 10 more\n", "\nand 400 more in other files\n", "f20.go",
	} {
		if !strings.Contains(got, want) {
			t.Errorf("the text lacks %q:\n%s", want, got)
		}
	}
	if strings.Contains(got, "f21.go") || len(got) > 2500 {
		t.Errorf("%d bytes:\n%s", len(got), got)
	}
}

// textOfPossible returns the text of an answer with twenty possible uses in each of some files.
func textOfPossible(files int) string {
	l := &bundle.Ledger{Names: []string{"f"}, Words: 20 * files, Possible: 20 * files}
	for file := range files {
		for line := range 20 {
			at := location(fmt.Sprintf("f%02d.go", file), line, "", "x.f()")
			l.Uses = append(l.Uses, bundle.PossibleUse{Location: at, Why: "unread"})
		}
	}
	return report.Compact(&bundle.Bundle{
		Facts:    &bundle.Facts{References: []bundle.Location{}},
		Evidence: bundle.Evidence{State: bundle.Partial, Reasons: []string{"possible uses"}, Ledger: l},
	}, report.Layout{})
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
