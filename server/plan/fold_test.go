package plan

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"lanser/server/bundle"
	"lanser/server/catalogue"
)

// Findings of two servers in one place, with the same rule or message, are one finding that names both.
func TestAFindingOfTwoServersIsReportedOnce(t *testing.T) {
	here, there := bundle.Range{1, 0, 1, 9}, bundle.Range{1, 0, 1, 8}
	finding := func(rng bundle.Range, severity, source, code, message string) bundle.Diagnostic {
		return bundle.Diagnostic{
			URI: "a.ts", Range: rng, Severity: severity, Source: source, Code: code, Message: message,
		}
	}
	first := finding(here, "warning", "eslint", "no-debugger", "Unexpected 'debugger' statement.")
	for name, tt := range map[string]struct {
		second   bundle.Diagnostic
		also     []bundle.Rule
		severity string
	}{
		"the same rule, spelled by Oxlint": {
			second:   finding(here, "error", "oxc", "eslint(no-debugger)", "`debugger` statement is not allowed"),
			also:     []bundle.Rule{{Source: "oxc", Code: "eslint(no-debugger)"}},
			severity: "error",
		},
		"the same rule, spelled by Biome": {
			second:   finding(here, "hint", "biome", "lint/suspicious/noDebugger", "Unexpected debugger."),
			also:     []bundle.Rule{{Source: "biome", Code: "lint/suspicious/noDebugger"}},
			severity: "warning",
		},
		"the same words": {
			second:   finding(here, "error", "x", "1", "unexpected 'debugger' statement\nhelp: remove it"),
			also:     []bundle.Rule{{Source: "x", Code: "1"}},
			severity: "error",
		},
		"the same words, without an end": {
			second: finding(bundle.Range{1, 0, 1, 0}, "error", "golangci-lint", "typecheck", first.Message),
			also:   []bundle.Rule{{Source: "golangci-lint", Code: "typecheck"}}, severity: "error",
		},
		"another place":     {second: finding(there, "error", "oxc", "no-debugger", first.Message)},
		"another rule":      {second: finding(here, "error", "oxc", "no-var", "other words")},
		"no rule, no words": {second: finding(here, "error", "oxc", "", "other words")},
	} {
		t.Run(name, func(t *testing.T) {
			of := func(server string, d bundle.Diagnostic) *Part {
				facts := &bundle.Facts{Diagnostics: []bundle.Diagnostic{d}}
				return &Part{Server: catalogue.Named(server), Answered: &bundle.Bundle{Facts: facts}}
			}
			parts := []*Part{of("typescript", first), of("ruff", tt.second)}
			FoldFindings(parts)
			var got []bundle.Diagnostic
			for _, c := range parts {
				got = append(got, c.Answered.Facts.Diagnostics...)
			}
			want := []bundle.Diagnostic{first, tt.second}
			if tt.also != nil {
				want = want[:1]
				want[0].Also, want[0].Severity = tt.also, tt.severity
			}
			if d := cmp.Diff(want, got); d != "" {
				t.Errorf("(-want +got)\n%s", d)
			}
		})
	}
}

// golangci-lint sometimes repeats errors of the compiler. Only the compiler's are reported.
func TestErrorsOfTheCompilerAreReportedOnce(t *testing.T) {
	of := func(server string, ds ...bundle.Diagnostic) *Part {
		facts := &bundle.Facts{Diagnostics: ds}
		return &Part{Server: catalogue.Named(server), Answered: &bundle.Bundle{Facts: facts}}
	}
	finding := func(severity, code string) bundle.Diagnostic {
		return bundle.Diagnostic{URI: "a.go", Severity: severity, Code: code, Message: code}
	}
	for severity, want := range map[string]int{"error": 1, "warning": 2} {
		linter := of("golangci-lint", finding("error", "typecheck"), finding("error", "errcheck"))
		FoldFindings([]*Part{of("gopls", finding(severity, "x")), linter})
		if n := len(linter.Answered.Facts.Diagnostics); n != want {
			t.Errorf("beside an %s, %d findings are left, want %d", severity, n, want)
		}
	}
	for state, want := range map[string]int{bundle.UncheckedState: 0, bundle.Excluded: 1} {
		linter, compiler := of("golangci-lint", finding("error", "typecheck")), of("gopls")
		states := []bundle.Coverage{{State: state, Files: []string{"b.go"}}}
		compiler.Answered.Facts.Checks = []bundle.Check{{Coverage: states}}
		FoldFindings([]*Part{compiler, linter})
		if n := len(linter.Answered.Facts.Diagnostics); n != want {
			t.Errorf("beside a file that is %s, %d findings are left, want %d", state, n, want)
		}
	}
}
