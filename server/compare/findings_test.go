package compare_test

import (
	"fmt"
	"reflect"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"lanser/server/bundle"
	"lanser/server/compare"
)

func finding(t *rapid.T, name string) bundle.Diagnostic {
	few := func(what string, n int) string {
		return fmt.Sprint(what, rapid.IntRange(0, n).Draw(t, name+what))
	}
	line := rapid.IntRange(0, 9).Draw(t, name+"at")
	return bundle.Diagnostic{
		URI: few("f", 2), Range: bundle.Range{line, 0, line, 1}, Severity: "error",
		Source: "s", Code: few("c", 1), Message: few("m", 2), Text: few("t", 2), Container: few("k", 1),
	}
}

func findings(t *rapid.T, name string) (out []bundle.Diagnostic) {
	for i := range rapid.IntRange(0, 12).Draw(t, name) {
		out = append(out, finding(t, fmt.Sprint(name, i)))
	}
	slices.SortFunc(out, bundle.Diagnostic.Compare)
	out = slices.CompactFunc(out, func(a, b bundle.Diagnostic) bool { return a.Compare(b) == 0 })
	bundle.Fingerprint(out)
	return out
}

// Whatever the lists and their order are, each finding that is neither new nor absent has exactly one partner.
func TestEveryFindingIsMatchedOnce(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		before, after := findings(t, "before"), findings(t, "after")
		files := compare.Files{Renamed: map[string]string{"f0": "f1"}, Has: func(p string) bool { return p != "f0" }}
		now, absent := compare.Findings(before, after, files)
		matched := compare.Count(now, bundle.Unchanged) + compare.Count(now, bundle.Updated)
		if len(now) != len(after) || matched+compare.Count(now, bundle.New) != len(after) ||
			matched+len(absent) != len(before) ||
			compare.Count(absent, bundle.Absent) != len(absent) {
			t.Fatalf("%d before, %d after: %v, absent %v", len(before), len(after), now, absent)
		}
		shuffled := func(ds []bundle.Diagnostic, name string) []bundle.Diagnostic {
			return rapid.Permutation(ds).Draw(t, name)
		}
		again, gone := compare.Findings(shuffled(before, "order before"), shuffled(after, "order after"), files)
		if !reflect.DeepEqual(again, now) || !reflect.DeepEqual(gone, absent) {
			t.Fatalf("in another order: %v and %v, were %v and %v", again, gone, now, absent)
		}
		same, none := compare.Findings(after, after, compare.Files{})
		if len(none) > 0 || compare.Count(same, bundle.Unchanged) != len(after) {
			t.Fatalf("a check differs from itself: %v, %v", same, none)
		}
	})
}

func TestAFindingThatBecomesMoreSevereIsNew(t *testing.T) {
	for _, tt := range []struct {
		was, is string
		foreign bool // the earlier report is of another tool, whose severities are its own
		want    string
	}{
		{was: "hint", is: "error", want: bundle.New},
		{was: "hint", is: "warning", want: bundle.New},
		{was: "hint", is: "hint", want: bundle.Unchanged},
		{was: "error", is: "hint", want: bundle.Unchanged},
		{was: "warning", is: "error", want: bundle.New},
		{was: "information", is: "warning", want: bundle.New},
		{was: "hint", is: "information", want: bundle.Unchanged},
		{was: "error", is: "warning", want: bundle.Unchanged},
		{was: "error", is: "error", want: bundle.Unchanged},
		{was: "warning", is: "error", foreign: true, want: bundle.Unchanged},
		{was: "hint", is: "error", foreign: true, want: bundle.New},
	} {
		of := func(severity string) []bundle.Diagnostic {
			d := []bundle.Diagnostic{{URI: "a.ts", Severity: severity, Source: "ts", Message: "m", Text: "t"}}
			bundle.Fingerprint(d)
			return d
		}
		files := compare.Files{Has: func(string) bool { return true }, Foreign: tt.foreign}
		now, absent := compare.Findings(of(tt.was), of(tt.is), files)
		if now[0].BaselineState != tt.want || (len(absent) == 1) != (tt.want == bundle.New) {
			t.Errorf("%s, now %s: %s, absent %v", tt.was, tt.is, now[0].BaselineState, absent)
		}
	}
}

func TestAFindingIsMatchedWithOneThatWasAsSevere(t *testing.T) {
	of := func(severities ...string) (out []bundle.Diagnostic) {
		for i, severity := range severities {
			out = append(out, bundle.Diagnostic{
				URI: "a.rs", Range: bundle.Range{i, 0, i, 1}, Severity: severity, Source: "s", Message: "m", Text: "t",
			})
		}
		return out
	}
	now, absent := compare.Findings(of("warning", "error"), of("error", "error"), compare.Files{})
	if compare.Count(now, bundle.New) != 1 || len(absent) != 1 || absent[0].Severity != "warning" {
		t.Errorf("%v, absent %v", now, absent)
	}
}
