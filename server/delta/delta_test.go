package delta_test

import (
	"encoding/json"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"lanser/selectors/fault"
	"lanser/server/bundle"
	"lanser/server/delta"
)

func finding(t *rapid.T, name string) bundle.Diagnostic {
	few := func(what string, n int) string {
		return fmt.Sprint(what, rapid.IntRange(0, n).Draw(t, name+what))
	}
	line := rapid.IntRange(0, 9).Draw(t, name+"at")
	return bundle.Diagnostic{
		URI: few("f", 2), Source: "s", Code: few("c", 1), Message: few("m", 2), Text: few("t", 2), Container: few("k", 1), Severity: "error",
		Range: bundle.Range{line, 0, line, 1},
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

// all but new and absent findings come in pairs, whatever the lists and their order.
func TestEveryFindingIsMatchedOnce(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		before, after := findings(t, "before"), findings(t, "after")
		files := delta.Files{Renamed: map[string]string{"f0": "f1"}, Has: func(p string) bool { return p != "f0" }}
		now, absent := delta.Compare(before, after, files)
		matched := delta.Count(now, bundle.Unchanged) + delta.Count(now, bundle.Updated)
		if len(now) != len(after) || matched+delta.Count(now, bundle.New) != len(after) || matched+len(absent) != len(before) || delta.Count(absent, bundle.Absent) != len(absent) {
			t.Fatalf("%d before, %d after: %v, absent %v", len(before), len(after), now, absent)
		}
		shuffled := func(ds []bundle.Diagnostic, name string) []bundle.Diagnostic {
			return rapid.Permutation(ds).Draw(t, name)
		}
		again, gone := delta.Compare(shuffled(before, "order before"), shuffled(after, "order after"), files)
		if !reflect.DeepEqual(again, now) || !reflect.DeepEqual(gone, absent) {
			t.Fatalf("in another order: %v and %v, were %v and %v", again, gone, now, absent)
		}
		same, none := delta.Compare(after, after, delta.Files{})
		if len(none) > 0 || delta.Count(same, bundle.Unchanged) != len(after) {
			t.Fatalf("a check differs from itself: %v, %v", same, none)
		}
	})
}

func sealed(t *testing.T, change func(*bundle.Bundle)) []byte {
	t.Helper()
	b := &bundle.Bundle{
		Status: "ok", Request: bundle.Request{Cmd: "diagnostics", Options: map[string]any{}}, Evidence: bundle.Evidence{State: bundle.Complete, Reasons: []string{}},
		Facts: &bundle.Facts{Diagnostics: []bundle.Diagnostic{{URI: "a.go", Severity: "error", Source: "s", Code: "c", Message: "m", Text: "t"}}},
	}
	change(b)
	if err := b.Seal(); err != nil {
		t.Fatal(err)
	}
	raw, err := json.Marshal(b)
	if err != nil {
		t.Fatal(err)
	}
	return raw
}

func TestWhatIsNoEarlierReportIsRefusedByName(t *testing.T) {
	good := sealed(t, func(*bundle.Bundle) {})
	for says, raw := range map[string][]byte{
		"it is not JSON":                    []byte("{"),
		"neither a bundle nor SARIF":        []byte("{}"),
		"it was changed":                    []byte(strings.Replace(string(good), `"message":"m"`, `"message":"n"`, 1)),
		`the answer to "hover"`:             sealed(t, func(b *bundle.Bundle) { b.Request.Cmd, b.Facts = "hover", &bundle.Facts{} }),
		"it tells of an error: gone":        sealed(t, func(b *bundle.Bundle) { b.Error = &bundle.Error{Message: "gone"} }),
		`it is SARIF "2.0.0"`:               []byte(`{"version":"2.0.0","runs":[]}`),
		"as SARIF: json: cannot unmarshal ": []byte(`{"version":"2.1.0","runs":5}`),
	} {
		_, err := delta.Read(raw)
		if !fault.Is(err, fault.Usage) || !strings.Contains(err.Error(), says) {
			t.Errorf("%s: %v", says, err)
		}
	}
}

func TestAnEarlierReportThatMayLackFindingsSaysSo(t *testing.T) {
	for says, raw := range map[string][]byte{
		"did not finish: timed out": sealed(t, func(b *bundle.Bundle) {
			b.Evidence = bundle.Evidence{State: bundle.TimedOut, Reasons: []string{"timed out"}}
		}),
		"not all findings":                  sealed(t, func(b *bundle.Bundle) { b.Meta.Truncated = 3 }),
		"was filtered":                      sealed(t, func(b *bundle.Bundle) { b.Facts.LeftOut = &bundle.LeftOut{Filtered: 1} }),
		"of a run of x that did not finish": []byte(`{"version":"2.1.0","runs":[{"tool":{"driver":{"name":"x"}},"invocations":[{"executionSuccessful":false}],"results":[]}]}`),
	} {
		r, err := delta.Read(raw)
		if err != nil || len(r.Doubts) != 1 || !strings.Contains(r.Doubts[0], says) {
			t.Errorf("%s: %v, %v", says, r, err)
		}
	}
}

func TestSARIFOfAnotherToolIsMatchedByWhatItSays(t *testing.T) {
	r, err := delta.Read([]byte(`{"version":"2.1.0","runs":[{"tool":{"driver":{"name":"s"}},"results":[
		{"ruleId":"c","message":{"text":"m"},"locations":[{"physicalLocation":{"artifactLocation":{"uri":"a%20b.go"},"region":{"startLine":3}}}]},
		{"ruleId":"c","baselineState":"absent","message":{"text":"gone"},"locations":[{"physicalLocation":{"artifactLocation":{"uri":"a.go"}}}]}]}]}`))
	if err != nil {
		t.Fatal(err)
	}
	now, absent := delta.Compare(r.Findings, []bundle.Diagnostic{
		{URI: "a%20b.go", Range: bundle.Range{9, 0, 9, 1}, Source: "s", Code: "c", Message: "m", Text: "line", Fingerprint: "1"},
		{URI: "a%20b.go", Range: bundle.Range{9, 0, 9, 1}, Source: "s", Code: "d", Message: "m", Text: "line", Fingerprint: "2"},
	}, delta.Files{})
	if len(absent) != 0 || now[0].BaselineState != bundle.Unchanged || now[1].BaselineState != bundle.New {
		t.Errorf("%v, absent %v", now, absent)
	}
}

func FuzzRead(f *testing.F) {
	f.Add([]byte(`{"version":"2.1.0","runs":[{"tool":{"driver":{"name":"s"}},"results":[{"locations":[{"physicalLocation":{"artifactLocation":{"uri":"%"},"region":{"startLine":-1}}}]}]}]}`))
	f.Add([]byte(`{"bundleId":"sha256:"}`))
	f.Fuzz(func(t *testing.T, raw []byte) {
		r, err := delta.Read(raw)
		if (r == nil) != (err != nil) || err != nil && !fault.Is(err, fault.Usage) {
			t.Fatalf("%v, %v", r, err)
		}
	})
}
