package report

import (
	"io"

	"lanser/server/bundle"
)

// writeJSON writes the format json: the bundle, unchanged.
func writeJSON(w io.Writer, c *Check) error { return encode(w, c.Reproducible()) }

// Record is a line of the format jsonl. Type names the only one of the other fields that is set. The schema report is
// generated from these types. A report without a summary at its end is cut off.
type Record struct {
	Type      string             `json:"type" jsonschema:"finding, absent, unchecked or summary"`
	Finding   *bundle.Diagnostic `json:"finding,omitempty" jsonschema:"as in bundles"`
	Absent    *bundle.Diagnostic `json:"absent,omitempty" jsonschema:"a finding of the earlier check that is there no more"`
	Unchecked *UncheckedFile     `json:"unchecked,omitempty" jsonschema:"a file that was not checked"`
	Summary   *Summary           `json:"summary,omitempty" jsonschema:"the last line"`
}

// UncheckedFile is a file that a server should have checked and did not.
type UncheckedFile struct {
	Server bundle.Tool `json:"server"`
	bundle.Unchecked
}

// Summary is a check without its findings.
type Summary struct {
	BundleID string           `json:"bundleId"`
	Verdict  string           `json:"verdict" jsonschema:"the check in a line"`
	Evidence bundle.Evidence  `json:"evidence"`
	ExitCode int              `json:"exitCode"`
	Findings int              `json:"findings" jsonschema:"number of lines of type finding"`
	Checks   []bundle.Check   `json:"checks" jsonschema:"what each server looked at"`
	Compared *bundle.Compared `json:"compared,omitempty"`
	LeftOut  *bundle.LeftOut  `json:"leftOut,omitempty"`
	Error    *bundle.Error    `json:"error,omitempty"`
}

// writeJSONL writes the format jsonl: a [Record] on each line. The findings come first, then those that are
// absent now, the files that were not checked, and the summary.
func writeJSONL(w io.Writer, c *Check) error {
	f := c.facts()
	var all []Record
	for i := range f.Diagnostics {
		all = append(all, Record{Type: "finding", Finding: &f.Diagnostics[i]})
	}

	for i := range f.Absent {
		all = append(all, Record{Type: "absent", Absent: &f.Absent[i]})
	}

	for _, k := range f.Checks {
		for _, u := range k.Unchecked {
			all = append(all, Record{Type: "unchecked", Unchecked: &UncheckedFile{Server: k.Server, Unchecked: u}})
		}
	}

	checks := f.Checks
	if checks == nil {
		checks = []bundle.Check{}
	}
	all = append(all, Record{Type: "summary", Summary: &Summary{
		BundleID: c.BundleID, Verdict: c.Verdict(), Evidence: c.Evidence, ExitCode: c.Meta.ExitCode,
		Findings: len(f.Diagnostics), Checks: checks, Compared: f.Compared, LeftOut: f.LeftOut, Error: c.Error,
	}})
	for _, r := range all {
		if err := encode(w, r); err != nil {
			return err
		}
	}
	return nil
}
