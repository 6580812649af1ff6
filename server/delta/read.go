package delta

import (
	"bytes"
	"encoding/json"
	"net/url"
	"slices"
	"strings"

	"lanser/selectors"
	"lanser/selectors/fault"
	"lanser/server/bundle"
	"lanser/server/sarif"
)

// Report is an earlier check as its report tells it.
type Report struct {
	Findings []bundle.Diagnostic // without those that were absent then
	Commit   string              // that it is about, "" where it does not say
	Doubts   []string            // why it may lack findings
}

// Read reads an earlier report: a bundle of diagnostics, or SARIF 2.1.0. The error is
// Usage; a bundle that was changed since it was made is refused.
func Read(raw []byte) (*Report, error) {
	raw = bytes.TrimPrefix(raw, []byte("\ufeff"))
	var kind struct {
		BundleID string          `json:"bundleId"`
		Runs     json.RawMessage `json:"runs"`
	}
	err := json.Unmarshal(raw, &kind)
	switch {
	case err != nil:
		return nil, unreadable("it is not JSON: %v", err)
	case kind.BundleID != "":
		return readBundle(raw)
	case kind.Runs != nil:
		return readSARIF(raw)
	}
	return nil, unreadable("it is neither a bundle nor SARIF")
}

func unreadable(format string, args ...any) error {
	f := fault.New(fault.Usage, format, args...)
	f.Message = "the earlier report cannot be read: " + f.Message
	return f.WithHint("make one with 'lanser diag --output json=FILE' or 'sarif=FILE'")
}

func readBundle(raw []byte) (*Report, error) {
	ought, has, err := bundle.IDOf(raw)
	if err != nil {
		return nil, unreadable("%v", err)
	}
	if ought != has {
		return nil, unreadable("its bundleId is %s, and its content has %s: it was changed, or is of another version", has, ought)
	}
	var b bundle.Bundle
	if err := json.Unmarshal(raw, &b); err != nil {
		return nil, unreadable("%v", err)
	}
	return Of(&b, "the earlier report")
}

// Of is the report that a bundle of diagnostics is; its doubts call it by the name.
func Of(b *bundle.Bundle, name string) (*Report, error) {
	if b.Error != nil {
		return nil, unreadable("it tells of an error: %s", b.Error.Message)
	}
	if b.Facts == nil || b.Facts.Diagnostics == nil {
		return nil, unreadable("it is the answer to %q, not to diagnostics", b.Request.Cmd)
	}
	r := &Report{Findings: slices.Clone(b.Facts.Diagnostics)}
	for i := range r.Findings {
		r.Findings[i].BaselineState = ""
	}
	if b.Snapshot != nil && b.Snapshot.VCS != nil {
		r.Commit = b.Snapshot.VCS.Head
	}
	r.Doubts = Doubts(b, name)
	if b.Meta.Truncated > 0 || b.Request.Options["cursor"] != nil {
		r.Doubts = append(r.Doubts, name+" holds not all findings of its check")
	}
	if l := b.Facts.LeftOut; l != nil && l.Filtered > 0 {
		r.Doubts = append(r.Doubts, name+" was filtered")
	}
	return r, nil
}

// Doubts is why an earlier check, which name tells, may lack findings.
func Doubts(b *bundle.Bundle, name string) []string {
	if !b.Evidence.Finished() {
		return []string{name + " is of a check that did not finish: " + strings.Join(b.Evidence.Reasons, "; ")}
	}
	return nil
}

func readSARIF(raw []byte) (*Report, error) {
	var log sarif.Log
	if err := json.Unmarshal(raw, &log); err != nil {
		return nil, unreadable("as SARIF: %v", err)
	}
	if log.Version != "2.1.0" {
		return nil, unreadable("it is SARIF %q, and 2.1.0 is wanted", log.Version)
	}
	r := &Report{Findings: []bundle.Diagnostic{}}
	for _, run := range log.Runs {
		for _, v := range run.VersionControl {
			r.Commit = v.RevisionID
		}
		if head, ok := run.Properties[sarif.Head].(string); ok {
			r.Commit = head
		}
		for _, inv := range run.Invocations {
			if !inv.Successful {
				r.Doubts = append(r.Doubts, "the earlier report is of a run of "+run.Tool.Driver.Name+" that did not finish")
			}
		}
		for _, res := range run.Results {
			if res.BaselineState == bundle.Absent || len(res.Locations) == 0 {
				continue
			}
			r.Findings = append(r.Findings, finding(run.Tool.Driver.Name, res))
		}
	}
	r.Doubts = slices.Compact(r.Doubts)
	return r, nil
}

// finding is a result of SARIF as ours: source and code are those that we wrote, or the
// tool's name and the rule.
func finding(tool string, res sarif.Result) bundle.Diagnostic {
	at := res.Locations[0]
	d := bundle.Diagnostic{
		URI: relative(at.PhysicalLocation.ArtifactLocation.URI), Severity: Severity(res.Level), Source: tool, Code: res.RuleID,
		Message: res.Message.Text, Tags: []string{}, Related: []bundle.Related{}, Fingerprint: res.PartialFingerprints[sarif.Fingerprint],
	}
	for name, field := range map[string]*string{"source": &d.Source, "code": &d.Code, "severity": &d.Severity} {
		if s, ok := res.Properties[name].(string); ok {
			*field = s
		}
	}
	if g := at.PhysicalLocation.Region; g != nil {
		d.Range = bundle.Range{max(0, g.StartLine-1), max(0, g.StartColumn-1), max(0, g.EndLine-1, g.StartLine-1), max(0, g.EndColumn-1)}
		if g.Snippet != nil {
			d.Text = g.Snippet.Text
		}
	}
	if len(at.LogicalLocations) > 0 {
		d.Container = at.LogicalLocations[0].FullyQualifiedName
	}
	return d
}

// relative is a URI of SARIF as bundles have it.
func relative(uri string) string {
	if strings.Contains(uri, "://") {
		return uri
	}
	if plain, err := url.PathUnescape(uri); err == nil {
		uri = plain
	}
	return selectors.EscapePath(strings.TrimPrefix(uri, "./"))
}

// Severity is a level of SARIF as a severity of ours.
func Severity(level string) string {
	switch level {
	case "error":
		return "error"
	case "note", "none":
		return "information"
	}
	return "warning" // SARIF's default (3.27.10)
}
