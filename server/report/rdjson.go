package report

import (
	"io"
	"path"

	"lanser/selectors/text"
	"lanser/selectors/visible"
	"lanser/server/bundle"
)

// writeRDJSON writes the format rdjson: reviewdog's JSON (its DiagnosticResult). Positions are
// 1-based, columns bytes of UTF-8, ends exclusive. A file that was not checked is an error
// without a range; files that the check does not owe are an information for each reason.
func writeRDJSON(w io.Writer, c *Check) error {
	return writeIndented(w, struct {
		Source      rdSource       `json:"source"`
		Diagnostics []rdDiagnostic `json:"diagnostics"`
	}{Source: rdSource{Name: "lanser"}, Diagnostics: c.rd()})
}

// writeRDJSONL writes the format rdjsonl: the diagnostics of [writeRDJSON], one a line.
func writeRDJSONL(w io.Writer, c *Check) error {
	for _, d := range c.rd() {
		if err := encode(w, d); err != nil {
			return err
		}
	}
	return nil
}

// rd returns the diagnostics of both formats: the findings that are new, and a diagnostic of lanser's own for what was
// not checked. If the check did not finish and no file is to blame, it is about the folder of the workspace. The list
// is never nil, because reviewdog requires an array.
func (c *Check) rd() []rdDiagnostic {
	out := []rdDiagnostic{}
	for _, d := range c.news() {
		out = append(out, c.rdFinding(d))
	}

	own := func(message, severity, code, path string) {
		out = append(out, rdDiagnostic{
			Message: message, Severity: severity, Source: rdSource{Name: "lanser"}, Code: &rdCode{Value: code},
			Location: rdLocation{Path: path},
		})
	}

	for _, u := range c.unchecked() {
		own(u.by()+": "+u.Why, c.unlessAllowed("ERROR", "INFO"), "unchecked", u.Path)
	}

	for _, u := range c.unserved() {
		own(u.String(), "INFO", "uncovered", u.Paths[0])
	}

	if !c.finished() && len(c.unchecked()) == 0 {
		own(c.Verdict(), c.unlessAllowed("ERROR", "INFO"), "incomplete", path.Clean(c.Prefix))
	}
	return out
}

// rdFinding converts a finding.
func (c *Check) rdFinding(d bundle.Diagnostic) rdDiagnostic {
	severity := map[string]string{"error": "ERROR", "warning": "WARNING"}[d.Severity]
	if severity == "" {
		severity = "INFO"
	}
	r := rdDiagnostic{
		Message: orUnsaid(visible.Lines(d.Message)), Severity: severity, Source: rdSource{Name: d.Source},
		Location: c.rdLocation(d),
	}
	if d.Code != "" {
		r.Code = &rdCode{Value: d.Code}
	}
	r.Suggestions = rdSuggestions(d)
	for _, rel := range d.Related {
		r.Related = append(r.Related, rdRelated{
			Message:  orUnsaid(visible.Lines(rel.Message)),
			Location: c.rdLocation(bundle.Diagnostic{URI: rel.URI, Range: rel.Range}),
		})
	}
	return r
}

// rdLocation returns the place of a finding; only the line if its columns are not known.
func (c *Check) rdLocation(d bundle.Diagnostic) rdLocation {
	r, known := c.region(d, text.UTF8)
	l := rdLocation{Path: c.path(d.URI), Range: &rdRange{Start: rdPosition{Line: r[0]}}}
	if known {
		l.Range.Start.Column, l.Range.End = r[1], &rdPosition{Line: r[2], Column: r[3]}
	}
	return l
}

// rdPosition is 1-based; columns are bytes of UTF-8.
type rdPosition struct {
	Line   int `json:"line"`
	Column int `json:"column,omitempty"`
}

// The types below are those of reviewdog's schema, rdf/reviewdog.proto, with the fields that lanser sets.

// rdRange is a part of a file; without an end, it is the line of the start, or one place in it.
type rdRange struct {
	Start rdPosition  `json:"start"`
	End   *rdPosition `json:"end,omitempty"`
}

// rdLocation is a place; without a range, it is the file. The path is relative to the reader's folder.
type rdLocation struct {
	Path  string   `json:"path"`
	Range *rdRange `json:"range,omitempty"`
}

// rdRelated is a place that belongs to a finding, with what is said about it.
type rdRelated struct {
	Message  string     `json:"message"`
	Location rdLocation `json:"location"`
}

// rdSource is the tool that has reported a finding: the source in the bundle, or lanser itself.
type rdSource struct {
	Name string `json:"name"`
}

// rdCode is the rule.
type rdCode struct {
	Value string `json:"value"`
}

// rdDiagnostic is a finding. The severity is ERROR, WARNING or INFO.
type rdDiagnostic struct {
	Message  string      `json:"message"`
	Location rdLocation  `json:"location"`
	Severity string      `json:"severity"`
	Source   rdSource    `json:"source"`
	Code     *rdCode     `json:"code,omitempty"`
	Related  []rdRelated `json:"relatedLocations,omitempty"`

	Suggestions []rdSuggestion `json:"suggestions,omitempty"`
}
