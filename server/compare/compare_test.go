package compare_test

import (
	"fmt"
	"os"
	"reflect"
	"slices"
	"testing"

	"lanser/selectors/text"
	"lanser/server/api"
	"lanser/server/bundle"
	"lanser/server/compare"
)

// If the later report may lack findings, an absent finding is not necessarily fixed, and the absence of new findings
// proves nothing.
func TestAnIncompleteLaterReportIsNotCompared(t *testing.T) {
	check := func(truncated int, lines ...int) *bundle.Bundle {
		b := &bundle.Bundle{
			Status: "ok", Request: bundle.Request{Cmd: "diagnostics", Options: map[string]any{"limit": 1}},
			Evidence: bundle.Evidence{State: bundle.Complete, Reasons: []string{}},
			Facts:    &bundle.Facts{Diagnostics: []bundle.Diagnostic{}}, Meta: bundle.Meta{Truncated: truncated},
		}
		for _, l := range lines {
			b.Facts.Diagnostics = append(b.Facts.Diagnostics,
				bundle.Diagnostic{URI: "a.go", Range: bundle.Range{l, 0, l, 1}, Severity: "error", Message: "m"})
		}
		if err := b.Seal(); err != nil {
			t.Fatal(err)
		}
		return b
	}
	for truncated, want := range map[int]int{0: 0, 1: 66} {
		b, err := compare.Bundles(check(0, 1), check(truncated, 1), "")
		if err != nil {
			t.Fatal(err)
		}
		if b.Meta.ExitCode != want {
			t.Errorf("%d cut: exit %d, evidence %v", truncated, b.Meta.ExitCode, b.Evidence)
		}
	}
}

// files are the contents of files by path.
type files map[string]string

func (f files) Content(path string) (*text.Content, error) {
	c, ok := f[path]
	if !ok {
		return nil, os.ErrNotExist
	}
	return text.New([]byte(c)), nil
}

// unreadable is a source whose files exist and cannot be read.
type unreadable struct{}

func (unreadable) Content(string) (*text.Content, error) { return nil, os.ErrPermission }

// onLines is a sealed check that found one error on each of the lines of a file.
func onLines(t *testing.T, path string, lines ...int) *bundle.Bundle {
	t.Helper()
	b := check(t, 0, 0, 1)
	for _, l := range lines {
		d := bundle.Diagnostic{URI: path, Range: bundle.Range{l, 0, l, 1}, Severity: "error"}
		d.Message = fmt.Sprint("on ", l)
		b.Facts.Diagnostics = append(b.Facts.Diagnostics, d)
	}
	if err := b.Seal(); err != nil {
		t.Fatal(err)
	}
	return b
}

func TestAFilterKeepsTheFindingsOnLinesOfAChange(t *testing.T) {
	const before, after = "0\n1\n2\n3\n4\n5\n", "0\n1\n2\n3\n4\nnew\n"
	renamed := &compare.Earlier{Compared: bundle.Compared{Rev: "main"}, Renamed: map[string]string{"old": "f"}}
	for name, tt := range map[string]struct {
		filter string
		before compare.Source
		then   *compare.Earlier
		want   []int
		state  string
	}{
		"all":                {filter: api.FilterNone, before: files{"f": before}, want: []int{0, 2, 5}},
		"lines that are new": {filter: api.FilterAdded, before: files{"f": before}, want: []int{5}},
		"lines near them":    {filter: api.FilterContext, before: files{"f": before}, want: []int{2, 5}},
		"files that changed": {filter: api.FilterFile, before: files{"f": before}, want: []int{0, 2, 5}},
		"a file as it was":   {filter: api.FilterFile, before: files{"f": after}, want: []int{}},
		"a file that is new": {filter: api.FilterAdded, before: files{}, want: []int{0, 2, 5}},
		"a file that moved": {
			filter: api.FilterAdded, before: files{"old": before}, then: renamed, want: []int{5},
		},
		"a file nobody can read": {
			filter: api.FilterAdded, before: unreadable{}, want: []int{0, 2, 5}, state: bundle.Partial,
		},
	} {
		lines := compare.Lines{Filter: tt.filter, Then: tt.before, Now: files{"f": after}}
		b := compare.After(onLines(t, "f", 0, 2, 5), tt.then, lines)
		got := []int{}
		for _, d := range b.Facts.Diagnostics {
			got = append(got, d.Range[0])
		}
		if tt.state == "" {
			tt.state = bundle.Complete
		}
		if !slices.Equal(got, tt.want) || b.Evidence.State != tt.state {
			t.Errorf("%s: findings on %v, evidence %s", name, got, b.Evidence.State)
		}
		if left := b.Facts.LeftOut; tt.filter != api.FilterNone && left.Filtered != 3-len(tt.want) {
			t.Errorf("%s: %d findings are left out", name, left.Filtered)
		}
	}
}

func TestComparingDoesNotChangeTheBundles(t *testing.T) {
	before, after := onLines(t, "f", 1, 2), onLines(t, "f", 2, 3)
	for _, b := range []*bundle.Bundle{before, after} {
		b.Local = &bundle.Local{Root: "/ws"}
		b.Facts.LeftOut = &bundle.LeftOut{Ignored: 1}
	}
	copyOf := func(b *bundle.Bundle) bundle.Bundle {
		c, facts := *b, *b.Facts
		facts.Diagnostics = slices.Clone(facts.Diagnostics)
		left := *facts.LeftOut
		facts.LeftOut = &left
		c.Facts = &facts
		return c
	}
	wasBefore, wasAfter := copyOf(before), copyOf(after)
	then, err := compare.FromBundle(before, "it")
	if err != nil {
		t.Fatal(err)
	}
	then.Doubts = append(then.Doubts, "doubtful")
	compare.After(after, then, compare.Lines{Filter: api.FilterAdded, Then: files{}, Now: files{"f": "0\n1\n2\n3\n"}})
	b, err := compare.Bundles(before, after, "")
	if err != nil {
		t.Fatal(err)
	}
	if !reflect.DeepEqual(*before, wasBefore) || !reflect.DeepEqual(*after, wasAfter) {
		t.Error("a bundle that was compared has changed")
	}
	want := bundle.Compared{Baseline: before.BundleID, New: 1, Unchanged: 1, Absent: 1}
	if *b.Facts.Compared != want || b.Meta.ExitCode != 1 || b.ProcessReward == nil || b.ProcessReward.After != "" ||
		b.BundleID == after.BundleID {
		t.Errorf("%+v, exit %d, reward %+v", b.Facts.Compared, b.Meta.ExitCode, b.ProcessReward)
	}
}

// A report that omits findings below a severity says nothing about them, so none of them is new.
func TestFindingsBelowTheSeverityOfAReportAreNotNew(t *testing.T) {
	at := func(line int, severity string) bundle.Diagnostic {
		return bundle.Diagnostic{
			URI: "f", Range: bundle.Range{line, 0, line, 1}, Severity: severity, Message: severity,
			Fingerprint: fmt.Sprint(line, severity),
		}
	}
	now := &bundle.Bundle{Facts: &bundle.Facts{
		Diagnostics: []bundle.Diagnostic{at(1, "error"), at(2, "hint"), at(3, "information")},
	}}
	then := &compare.Earlier{Findings: []bundle.Diagnostic{at(1, "error")}, Least: "information"}
	var got []string
	for _, d := range compare.After(now, then, compare.Lines{}).Facts.Diagnostics {
		got = append(got, d.Severity+" "+d.BaselineState)
	}
	if want := []string{"error unchanged", "hint unchanged", "information new"}; !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
}
