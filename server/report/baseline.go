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
// not match its bundleId. If findings may be missing in the report, the result has a doubt that says so: a finding that
// such a report lacks is not certainly new. The form is recognised by its members, not by the name of the file. The
// digest in the result is that of raw, so that a bundle says what exactly it was compared with.
func ReadBaseline(raw []byte) (*compare.Earlier, error) {
	earlier, err := readBaseline(bytes.TrimPrefix(raw, []byte("\ufeff")))
	if err != nil {
		return nil, err
	}
	earlier.Compared = bundle.Compared{Baseline: text.Digest(raw)}
	return earlier, nil
}

// readBaseline reads a report of either form, without a byte order mark.
func readBaseline(raw []byte) (*compare.Earlier, error) {
	var kind struct { // the members by which the forms differ
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

// unreadable returns the error for a report that cannot be read.
func unreadable(format string, args ...any) error {
	return compare.Unreadable(baselineName, format, args...)
}

// readBundle reads a bundle of diagnostics.
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

// readSARIF reads the results of all runs of a SARIF file. Results that were absent then are left out, and so are
// results without a place, which no finding of a file can be compared with. The commit is the one of the last run that
// names one; lanser writes it as a property, and other tools as versionControlProvenance, which needs the
// address of the repository. A run that was not successful is a doubt.
func readSARIF(raw []byte) (*compare.Earlier, error) {
	var log sarifLog
	if err := json.Unmarshal(raw, &log); err != nil {
		return nil, unreadable("as SARIF: %v", err)
	}
	if log.Version != sarifVersion {
		return nil, unreadable("it is SARIF %q, and %s is wanted", log.Version, sarifVersion)
	}
	earlier := &compare.Earlier{Findings: []bundle.Diagnostic{}}
	for _, run := range log.Runs {
		tool := run.Tool.Driver.Name
		for _, v := range run.VersionControl {
			earlier.Commit = v.RevisionID
		}
		if head, ok := run.Properties[sarifHead].(string); ok {
			earlier.Commit = head
		}
		if least, ok := run.Properties[sarifLeast].(string); ok {
			earlier.Least = least
		}
		for _, inv := range run.Invocations {
			if !inv.Successful {
				why := baselineName + " is of a run of " + tool + " that did not finish"
				earlier.Doubts = append(earlier.Doubts, why)
			}
		}
		for _, res := range run.Results {
			if res.BaselineState != bundle.Absent && len(res.Locations) > 0 {
				_, isOwn := res.Properties["severity"]
				earlier.Foreign = earlier.Foreign || !isOwn
				earlier.Findings = append(earlier.Findings, findingOf(tool, res))
			}
		}
	}
	earlier.Doubts = slices.Compact(earlier.Doubts)
	return earlier, nil
}

// findingOf returns a result of SARIF as a finding. Its source and code are those that
// [writeSARIF] wrote, otherwise the name of the tool and the rule. Of several locations the first one counts. Positions
// become 0-based, in the unit of the file; a region without columns begins at column 0.
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

	if region := at.PhysicalLocation.Region; region != nil { // 1-based; a missing number is 0
		d.Range = bundle.Range{
			max(0, region.StartLine-1), max(0, region.StartColumn-1),
			max(0, region.EndLine-1, region.StartLine-1), max(0, region.EndColumn-1),
		}
		if region.Snippet != nil {
			d.Text = region.Snippet.Text
		}
	}

	if len(at.LogicalLocations) > 0 {
		d.Container = at.LogicalLocations[0].FullyQualifiedName
	}
	return d
}

// bundleURI returns a URI of SARIF as bundles spell it: "./a%20b.go" and "a b.go", which some tools write, are the same
// file. A URI with a scheme is returned unchanged.
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
