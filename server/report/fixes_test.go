package report_test

import (
	"encoding/json"
	"strings"
	"testing"
	"unicode/utf16"

	"github.com/aymanbagabas/go-udiff"
	"github.com/google/go-cmp/cmp"

	"lanser/server/bundle"
	"lanser/server/report"
)

// fixOf returns a fix that changes one file.
func fixOf(t *testing.T, title, path, before, after string) bundle.Fix {
	t.Helper()
	diff, err := udiff.ToUnified("a/"+path, "b/"+path, before, udiff.Lines(before, after), 3)
	if err != nil {
		t.Fatal(err)
	}
	return bundle.Fix{Title: title, Diff: diff}
}

// fixedFindings are findings with fixes: of a line, of two places, of two files, and with a title and a change that
// look like commands.
func fixedFindings(t *testing.T) []bundle.Diagnostic {
	t.Helper()
	found := oddFindings()[:2]
	inTwoPlaces := strings.ReplaceAll(strings.ReplaceAll(odd, "naïve", "naive"), "return 1", "return")
	inOne := strings.ReplaceAll(odd, " + missing", "")
	hostile := strings.ReplaceAll(odd, "func f() {\n", "::error::\x1b[31mfixed\n")
	both := fixOf(t, "in two files", "src/odd.go", odd, inOne)
	both.Diff += fixOf(t, "", "a b/c.go", "a\nb", "a\n").Diff
	found[0].Fixes = []bundle.Fix{
		{Title: "one line", Preferred: true, Diff: fixOf(t, "", "src/odd.go", odd, inOne).Diff},
		fixOf(t, "two places", "src/odd.go", odd, inTwoPlaces), both,
	}
	found[1].Fixes = []bundle.Fix{fixOf(t, "::error::\x1b[31mred\nand more", "src/odd.go", odd, hostile)}
	return found
}

// Applying the replacements of a SARIF file gives the same result as git gives for the diff.
func TestTheReplacementsInSARIFEqualTheDiff(t *testing.T) {
	for name, tt := range map[string]struct {
		before, after string
		none          bool // SARIF cannot express it
	}{
		"a line":                     {before: "a\nb\nc\n", after: "a\nB\nc\n"},
		"the first line":             {before: "a\nb\n", after: "A\nb\n"},
		"lines for one":              {before: "a\nb\nc\n", after: "a\nx\ny\nc\n"},
		"one for lines":              {before: "a\nb\nc\nd\n", after: "a\nx\nd\n"},
		"a removed line":             {before: "a\nb\nc\n", after: "a\nc\n"},
		"the last line removed":      {before: "a\nb\n", after: "a\n"},
		"all removed":                {before: "a\nb\n", after: ""},
		"an added line":              {before: "a\nb\n", after: "a\nx\nb\n"},
		"an added first line":        {before: "a\n", after: "x\na\n"},
		"an added last line":         {before: "a\n", after: "a\nx\n"},
		"into an empty file":         {before: "", after: "x\n"},
		"beyond the BMP":             {before: "😀 ü = 1\nb\n", after: "😀 ü = 2\nb\n"},
		"no end of the last line":    {before: "a\nb", after: "a\nx"},
		"the end of the last line":   {before: "a\nb", after: "a\nb\n", none: true},
		"line ends of Windows":       {before: "a\r\nb\r\n", after: "a\r\nx\r\n"},
		"a blank line for a line":    {before: "a\nb\nc\n", after: "a\n\nc\n"},
		"two places":                 {before: "a\nb\nc\nd\ne\nf\ng\nh\ni\nj\n", after: "A\nb\nc\nd\ne\nf\ng\nh\ni\n"},
		"two places next to another": {before: "a\nb\nc\n", after: "A\nb\nC\n"},
	} {
		t.Run(name, func(t *testing.T) {
			d := diagnostic("x/a.go", bundle.Range{0, 0, 0, 1}, "error", "s", "c", "m")
			d.Fixes = []bundle.Fix{fixOf(t, "fix", "x/a.go", tt.before, tt.after)}
			b := &bundle.Bundle{Facts: &bundle.Facts{Diagnostics: []bundle.Diagnostic{d}}}
			b.Environment.PositionEncoding = "utf-8"
			var log struct {
				Runs []struct {
					Results []struct {
						Fixes []struct {
							ArtifactChanges []struct {
								ArtifactLocation struct{ URI string }
								Replacements     []sarifEdit
							}
						}
					}
				}
			}
			if err := json.Unmarshal(rendered(t, &report.Check{Bundle: b}, "sarif"), &log); err != nil {
				t.Fatal(err)
			}
			fixes := log.Runs[0].Results[0].Fixes
			if tt.none {
				if fixes != nil {
					t.Errorf("%+v, want no fix", fixes)
				}
				return
			}
			if len(fixes) != 1 || len(fixes[0].ArtifactChanges) != 1 {
				t.Fatalf("%+v", fixes)
			}
			change := fixes[0].ArtifactChanges[0]
			if change.ArtifactLocation.URI != "x/a.go" {
				t.Errorf("of %q", change.ArtifactLocation.URI)
			}
			if d := cmp.Diff(tt.after, replaced(t, tt.before, change.Replacements)); d != "" {
				t.Errorf("%+v (-want +got)\n%s", change.Replacements, d)
			}
		})
	}
}

// sarifEdit is a replacement of SARIF.
type sarifEdit struct {
	DeletedRegion   struct{ StartLine, StartColumn, EndLine, EndColumn int }
	InsertedContent struct{ Text string }
}

// replaced applies replacements as SARIF defines them (3.57).
func replaced(t *testing.T, content string, edits []sarifEdit) string {
	t.Helper()
	offset := func(line, column int) int {
		lines := strings.SplitAfter(content, "\n")
		if line > len(lines) {
			t.Fatalf("line %d of %d", line, len(lines))
		}
		at := len(strings.Join(lines[:line-1], ""))
		units := utf16.Encode([]rune(lines[line-1]))
		if column-1 > len(units) {
			t.Fatalf("column %d of line %d, which has %d", column, line, len(units))
		}
		return at + len(string(utf16.Decode(units[:column-1])))
	}
	var changes []udiff.Edit
	for _, e := range edits {
		r := e.DeletedRegion
		changes = append(changes, udiff.Edit{
			Start: offset(r.StartLine, r.StartColumn), End: offset(r.EndLine, r.EndColumn), New: e.InsertedContent.Text,
		})
	}
	out, err := udiff.Apply(content, changes)
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// The page and the Markdown report list the fixes of each finding. After the findings they list the reasons why files
// were not checked, each once.
func TestThePageListsFixesAndThenReasons(t *testing.T) {
	b := &bundle.Bundle{Evidence: bundle.Evidence{State: bundle.Partial}, Facts: &bundle.Facts{
		Diagnostics: fixedFindings(t),
		Checks: []bundle.Check{{
			Server: bundle.Tool{Name: "gopls"}, State: bundle.Partial, Files: 3,
			Unchecked: []bundle.Unchecked{{URI: "x.go", Why: "it is too large"}, {URI: "y.go", Why: "it is too large"}},
		}},
	}}
	var out strings.Builder
	if err := report.Named("html").Write(&out, &report.Check{Bundle: b}); err != nil {
		t.Fatal(err)
	}
	rest := out.String()
	for _, want := range []string{
		`<details class="fix"><summary>Fix: one line</summary><pre>Index: src/odd.go`, "\n-var s = ",
		`<summary>Fix: ::error::\u{1b}[31mred and more</summary>`, "<h2>2 not checked</h2>",
		"<li>not checked by gopls: 2 files: it is too large (x.go, y.go)</li>",
	} {
		_, after, ok := strings.Cut(rest, want)
		if !ok {
			t.Fatalf("%q does not follow in\n%s", want, rest)
		}
		rest = after
	}
}

// The SARIF category of a check names the part of the repository that was checked; a whole one has none.
func TestTheSARIFCategoryIsThePartThatWasChecked(t *testing.T) {
	for name, tt := range map[string]struct {
		prefix string
		paths  []string
		want   string
	}{
		"a whole repository":  {},
		"the same, as a path": {paths: []string{"."}},
		"a workspace below":   {prefix: "web", want: "lanser/web/"},
		"paths":               {prefix: "web", paths: []string{"src", "test"}, want: "lanser/web/src/test/"},
	} {
		b := &bundle.Bundle{
			Evidence: bundle.Evidence{State: bundle.Complete}, Facts: &bundle.Facts{},
			Request: bundle.Request{Paths: tt.paths},
		}
		var out strings.Builder
		if err := report.Named("sarif").Write(&out, &report.Check{Bundle: b, Prefix: tt.prefix}); err != nil {
			t.Fatal(err)
		}
		var log struct {
			Runs []struct{ AutomationDetails struct{ ID string } }
		}
		if err := json.Unmarshal([]byte(out.String()), &log); err != nil {
			t.Fatal(err)
		}
		if got := log.Runs[0].AutomationDetails.ID; got != tt.want {
			t.Errorf("%s: %q, want %q", name, got, tt.want)
		}
	}
}
