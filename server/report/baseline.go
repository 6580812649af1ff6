package report

import (
	"bytes"
	"encoding/json"
	"net/url"
	"slices"
	"strings"

	"lanser/selectors"
	"lanser/selectors/text"
	"lanser/server/bundle"
	"lanser/server/compare"
)

const baselineName = "the earlier report" // how errors and doubts refer to it

// ReadBaseline reads an earlier report to compare a check with: a bundle of diagnostics, or
// SARIF 2.1.0 of lanser or another tool. The error has code Usage, also for a bundle that does
// not match its bundleId. If findings may be missing in the report, the result has a doubt that says so.
func ReadBaseline(raw []byte) (*compare.Earlier, error) {
	then, err := readBaseline(bytes.TrimPrefix(raw, []byte("\ufeff")))
	if err != nil {
		return nil, err
	}
	then.Compared = bundle.Compared{Baseline: text.Digest(raw)}
	return then, nil
}

func readBaseline(raw []byte) (*compare.Earlier, error) {
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
	return compare.Unreadable(baselineName, format, args...)
}

func readBundle(raw []byte) (*compare.Earlier, error) {
	computed, stored, err := bundle.IDOf(raw)
	if err != nil {
		return nil, unreadable("%v", err)
	}
	if computed != stored {
		return nil, unreadable(
			"its bundleId is %s, and its content has %s: it was changed, or is of another version", stored, computed,
		)
	}

	var b bundle.Bundle
	if err := json.Unmarshal(raw, &b); err != nil {
		return nil, unreadable("%v", err)
	}
	return compare.FromBundle(&b, baselineName)
}

func readSARIF(raw []byte) (*compare.Earlier, error) {
	var log sarifLog
	if err := json.Unmarshal(raw, &log); err != nil {
		return nil, unreadable("as SARIF: %v", err)
	}
	if log.Version != sarifVersion {
		return nil, unreadable("it is SARIF %q, and %s is wanted", log.Version, sarifVersion)
	}
	then := &compare.Earlier{Findings: []bundle.Diagnostic{}}
	for _, run := range log.Runs {
		for _, v := range run.VersionControl {
			then.Commit = v.RevisionID
		}

		if head, ok := run.Properties[sarifHead].(string); ok {
			then.Commit = head
		}

		for _, inv := range run.Invocations {
			if !inv.Successful {
				why := baselineName + " is of a run of " + run.Tool.Driver.Name + " that did not finish"
				then.Doubts = append(then.Doubts, why)
			}
		}

		for _, res := range run.Results {
			if res.BaselineState != bundle.Absent && len(res.Locations) > 0 {
				then.Findings = append(then.Findings, findingOf(run.Tool.Driver.Name, res))
			}
		}
	}

	then.Doubts = slices.Compact(then.Doubts)
	return then, nil
}

// findingOf returns a result of SARIF as a finding. Its source and code are those that
// [writeSARIF] wrote, otherwise the name of the tool and the rule.
func findingOf(tool string, res sarifResult) bundle.Diagnostic {
	at := res.Locations[0]
	d := bundle.Diagnostic{
		URI: bundleURI(at.PhysicalLocation.ArtifactLocation.URI), Severity: severityOf(res.Level),
		Source: tool, Code: res.RuleID, Message: res.Message.Text, Tags: []string{}, Related: []bundle.Related{},
		Fingerprint: res.PartialFingerprints[sarifFingerprint],
	}
	for name, field := range map[string]*string{"source": &d.Source, "code": &d.Code, "severity": &d.Severity} {
		if s, ok := res.Properties[name].(string); ok {
			*field = s
		}
	}

	if g := at.PhysicalLocation.Region; g != nil {
		d.Range = bundle.Range{
			max(0, g.StartLine-1), max(0, g.StartColumn-1), max(0, g.EndLine-1, g.StartLine-1), max(0, g.EndColumn-1),
		}
		if g.Snippet != nil {
			d.Text = g.Snippet.Text
		}
	}

	if len(at.LogicalLocations) > 0 {
		d.Container = at.LogicalLocations[0].FullyQualifiedName
	}
	return d
}

// bundleURI returns a URI of SARIF as bundles spell it.
func bundleURI(uri string) string {
	if strings.Contains(uri, "://") {
		return uri
	}
	if plain, err := url.PathUnescape(uri); err == nil {
		uri = plain
	}
	return selectors.EscapePath(strings.TrimPrefix(uri, "./"))
}

// severityOf returns a level of SARIF as a severity. The default is a warning (3.27.10).
func severityOf(level string) string {
	switch level {
	case "error":
		return "error"
	case "note", "none":
		return "information"
	}
	return "warning"
}
