package report_test

import (
	"bytes"
	"slices"
	"strings"
	"testing"

	"lanser/selectors/visible"
	"lanser/server/bundle"
	"lanser/server/report"
)

// hinted is a finished check of Go with an error and a hint.
func hinted() *bundle.Bundle {
	finding := func(line int, severity, message string) bundle.Diagnostic {
		return bundle.Diagnostic{
			URI: "a.go", Range: bundle.Range{line, 0, line, 1}, Severity: severity,
			Source: "compiler", Message: message,
			Text: "x", Tags: []string{}, Related: []bundle.Related{}, Fingerprint: message,
		}
	}
	return &bundle.Bundle{
		Facts: &bundle.Facts{
			Diagnostics: []bundle.Diagnostic{
				finding(1, "error", "undefined: y"), finding(2, "hint", "x is deprecated"),
			},
			Checks: []bundle.Check{{State: bundle.Complete, Files: 1}},
		},
		Evidence: bundle.Evidence{State: bundle.Complete}, Environment: bundle.Environment{PositionEncoding: "utf-16"},
	}
}

// Hints, such as uses of deprecated names, are only counted in reports, unless they are requested. Bundles and the
// page, which can be filtered, always list them.
func TestHintsAreListedOnRequest(t *testing.T) {
	always := []string{"html", "json", "jsonl"}
	for _, format := range report.Formats {
		name := format.Name
		for _, tt := range []struct {
			check report.Check
			want  bool
		}{
			{check: report.Check{}, want: slices.Contains(always, name)},
			{check: report.Check{FailOn: "error"}, want: slices.Contains(always, name)},
			{check: report.Check{MinSeverity: "hint"}, want: true},
			{check: report.Check{FailOn: "hint"}, want: true},
		} {
			var out bytes.Buffer
			tt.check.Bundle = hinted()
			if err := report.Named(name).Write(&out, &tt.check); err != nil {
				t.Fatal(err)
			}
			if got := strings.Contains(out.String(), "x is deprecated"); got != tt.want {
				t.Errorf("%s, fail on %q, from %q: lists the hint: %v\n%s",
					name, tt.check.FailOn, tt.check.MinSeverity, got, out.String())
			}
			if tt.want && strings.Contains(out.String(), "not shown") {
				t.Errorf("%s lists the hint, and says that it is not shown\n%s", name, out.String())
			}
			if !strings.Contains(out.String(), "undefined: y") {
				t.Errorf("%s lacks the error\n%s", name, out.String())
			}
		}
	}
	var notes bytes.Buffer
	if err := (&report.Check{Bundle: hinted()}).Notes(&notes); err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(notes.String(), "1 hint not shown; --min-severity hint shows them\n") {
		t.Errorf("the hint is not counted:\n%s", notes.String())
	}
}

// A check that finds hints alone says what is clean, unless the hints are asked for: it finds nothing that counts then.
func TestACheckWithHintsAloneSaysWhatIsClean(t *testing.T) {
	for minSeverity, want := range map[string]string{
		"": "clean but for 1 hint: 3 Go files", "hint": "1 hint", "warning": "clean but for 1 hint: 3 Go files",
	} {
		b := hinted()
		b.Facts.Diagnostics = slices.DeleteFunc(b.Facts.Diagnostics, func(d bundle.Diagnostic) bool {
			return d.Severity != "hint"
		})
		b.Facts.Checks = []bundle.Check{{
			Server: bundle.Tool{Name: "gopls"}, Files: 3,
			Coverage: []bundle.Coverage{
				{Language: "Go file", State: bundle.CheckedState, Files: []string{"a.go", "b.go", "c.go"}},
			},
		}}
		if got := (&report.Check{Bundle: b, MinSeverity: minSeverity}).Verdict(); got != want {
			t.Errorf("from %q: %q, want %q", minSeverity, got, want)
		}
	}
}

// A reason why files were not checked is one line, whatever the number of files.
func TestAReasonIsPrintedOnce(t *testing.T) {
	b := hinted()
	b.Evidence.State = bundle.Partial
	var files []bundle.Unchecked
	for c := 'a'; c < 'x'; c++ {
		files = append(files, bundle.Unchecked{URI: string(c) + ".ts", Why: "no folder node_modules"})
	}
	files = append(files, bundle.Unchecked{URI: "y.ts", Why: "it is too large"})
	b.Facts.Checks = []bundle.Check{
		{Server: bundle.Tool{Name: "typescript"}, State: bundle.Partial, Files: len(files), Unchecked: files},
	}
	var out bytes.Buffer
	if err := (&report.Check{Bundle: b}).Text(&out, visible.NewWriter(&out), false); err != nil {
		t.Fatal(err)
	}
	want := []string{
		"not checked by typescript: 23 files: no folder node_modules (a.ts, b.ts, c.ts, d.ts, e.ts, f.ts, g.ts, " +
			"h.ts, i.ts, j.ts, k.ts, l.ts, m.ts, n.ts, o.ts, p.ts, q.ts, r.ts, s.ts, t.ts, …)",
		"not checked by typescript: y.ts: it is too large",
	}
	var got []string
	for line := range strings.Lines(out.String()) {
		if strings.HasPrefix(line, "not checked") {
			got = append(got, strings.TrimSpace(line))
		}
	}
	if !slices.Equal(got, want) {
		t.Errorf("got %q\nwant %q", got, want)
	}
}
