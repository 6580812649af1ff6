package report_test

import (
	"encoding/json"
	"strings"
	"testing"

	"lanser/selectors/fault"
	"lanser/server/bundle"
	"lanser/server/compare"
	"lanser/server/report"
)

// baseline is a sealed check of one finding, changed before it is sealed.
func baseline(t *testing.T, change func(*bundle.Bundle)) []byte {
	t.Helper()
	b := &bundle.Bundle{
		Status: "ok", Request: bundle.Request{Cmd: "diagnostics", Options: map[string]any{}},
		Evidence: bundle.Evidence{State: bundle.Complete, Reasons: []string{}},
		Facts: &bundle.Facts{
			Diagnostics: []bundle.Diagnostic{
				{URI: "a.go", Severity: "error", Source: "s", Code: "c", Message: "m", Text: "t"},
			},
		},
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

func TestAFileThatIsNotAReportIsRefusedByItsName(t *testing.T) {
	good := baseline(t, func(*bundle.Bundle) {})
	for says, raw := range map[string][]byte{
		"it is not JSON":             []byte("{"),
		"neither a bundle nor SARIF": []byte("{}"),
		"it was changed":             []byte(strings.Replace(string(good), `"message":"m"`, `"message":"n"`, 1)),
		`the answer to "hover"`: baseline(t,
			func(b *bundle.Bundle) { b.Request.Cmd, b.Facts = "hover", &bundle.Facts{} }),
		"it reports an error: gone": baseline(t,
			func(b *bundle.Bundle) { b.Error = &bundle.Error{Message: "gone"} }),
		`it is SARIF "2.0.0"`:               []byte(`{"version":"2.0.0","runs":[]}`),
		"as SARIF: json: cannot unmarshal ": []byte(`{"version":"2.1.0","runs":5}`),
	} {
		_, err := report.ReadBaseline(raw)
		if !fault.Is(err, fault.Usage) || !strings.Contains(err.Error(), says) {
			t.Errorf("%s: %v", says, err)
		}
	}
}

func TestAnIncompleteEarlierReportIsMarked(t *testing.T) {
	for says, raw := range map[string][]byte{
		"did not finish: timed out": baseline(t, func(b *bundle.Bundle) {
			b.Evidence = bundle.Evidence{State: bundle.TimedOut, Reasons: []string{"timed out"}}
		}),
		"not contain all findings": baseline(t, func(b *bundle.Bundle) { b.Meta.Truncated = 3 }),
		"was filtered": baseline(t,
			func(b *bundle.Bundle) { b.Facts.LeftOut = &bundle.LeftOut{Filtered: 1} }),
		"of a run of x that did not finish": []byte(`{"version":"2.1.0","runs":[{"tool":{"driver":{"name":"x"}},` +
			`"invocations":[{"executionSuccessful":false}],"results":[]}]}`),
	} {
		r, err := report.ReadBaseline(raw)
		if err != nil || len(r.Doubts) != 1 || !strings.Contains(r.Doubts[0], says) {
			t.Errorf("%s: %v, %v", says, r, err)
		}
	}
}

func TestSARIFOfOtherToolsIsMatchedByItsMessages(t *testing.T) {
	r, err := report.ReadBaseline([]byte(`{"version":"2.1.0","runs":[{"tool":{"driver":{"name":"s"}},"results":[
		{"ruleId":"c","message":{"text":"m"},"locations":[
			{"physicalLocation":{"artifactLocation":{"uri":"a%20b.go"},"region":{"startLine":3}}}]},
		{"ruleId":"c","baselineState":"absent","message":{"text":"gone"},"locations":[
			{"physicalLocation":{"artifactLocation":{"uri":"a.go"}}}]}]}]}`))
	if err != nil {
		t.Fatal(err)
	}
	if !r.Foreign {
		t.Error("the severities are read as those of lanser")
	}
	now, absent := compare.Findings(r.Findings, []bundle.Diagnostic{
		{
			URI: "a%20b.go", Range: bundle.Range{9, 0, 9, 1}, Source: "s", Code: "c", Message: "m", Text: "line",
			Fingerprint: "1",
		},
		{
			URI: "a%20b.go", Range: bundle.Range{9, 0, 9, 1}, Source: "s", Code: "d", Message: "m", Text: "line",
			Fingerprint: "2",
		},
	}, compare.Files{})
	if len(absent) != 0 || now[0].BaselineState != bundle.Unchanged || now[1].BaselineState != bundle.New {
		t.Errorf("%v, absent %v", now, absent)
	}
}

func FuzzReadBaseline(f *testing.F) {
	f.Add([]byte(`{"version":"2.1.0","runs":[{"tool":{"driver":{"name":"s"}},"results":[{"locations":[` +
		`{"physicalLocation":{"artifactLocation":{"uri":"%"},"region":{"startLine":-1}}}]}]}]}`))
	f.Add([]byte(`{"bundleId":"sha256:"}`))
	f.Fuzz(func(t *testing.T, raw []byte) {
		r, err := report.ReadBaseline(raw)
		if (r == nil) != (err != nil) || err != nil && !fault.Is(err, fault.Usage) {
			t.Fatalf("%v, %v", r, err)
		}
	})
}
