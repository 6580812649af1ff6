package report

import (
	"encoding/xml"
	"io"
	"maps"
	"slices"
	"strings"

	"lanser/selectors/text"
	"lanser/selectors/visible"
)

// writeCheckstyle writes the format checkstyle: Checkstyle's XML, which has no ends of ranges.
// Line and column are those of the start, 1-based; the column is left out where it is not
// known. A file that was not checked is an error of lanser.unchecked; files that the check does not
// owe are an information of lanser.uncovered for each reason. If the check did not finish and no file is to blame, the
// folder itself has an error of lanser.incomplete. The name of a rule has dots, as names of Checkstyle's classes do:
// compiler/UndeclaredName → compiler.UndeclaredName.
func writeCheckstyle(w io.Writer, c *Check) error {
	byPath := map[string][]checkstyleError{}
	for _, d := range c.news() {
		severity := map[string]string{"error": "error", "warning": "warning"}[d.Severity]
		if severity == "" {
			severity = "info"
		}

		r, known := c.region(d, text.UTF16)
		if !known {
			r[1] = 0
		}

		p := c.path(d.URI)
		byPath[p] = append(byPath[p], checkstyleError{
			Line: r[0], Column: r[1], Severity: severity, Message: xmlText(orUnsaid(d.Message)),
			Source: xmlText(strings.ReplaceAll(ruleID(d), "/", ".")),
		})
	}

	add := func(path, severity, message, source string) {
		e := checkstyleError{Line: 1, Severity: severity, Message: xmlText(message), Source: source}
		byPath[path] = append(byPath[path], e)
	}

	for _, u := range c.unchecked() {
		add(u.Path, c.unlessAllowed("error", "info"), u.by()+": "+u.Why, "lanser.unchecked")
	}

	for _, u := range c.unserved() {
		add(u.Paths[0], "info", u.String(), "lanser.uncovered")
	}

	if !c.finished() && len(c.unchecked()) == 0 {
		delete(byPath, ".")
		add(".", c.unlessAllowed("error", "info"), c.Verdict(), "lanser.incomplete")
	}

	return encodeCheckstyle(w, byPath)
}

// encodeCheckstyle writes the errors by file, in order of paths. The version is the one of Checkstyle whose files look
// like this.
func encodeCheckstyle(w io.Writer, byPath map[string][]checkstyleError) error {
	out := struct {
		XMLName xml.Name         `xml:"checkstyle"`
		Version string           `xml:"version,attr"`
		Files   []checkstyleFile `xml:"file"`
	}{Version: "4.3"}
	for _, p := range slices.Sorted(maps.Keys(byPath)) {
		out.Files = append(out.Files, checkstyleFile{Name: visible.Text(p), Errors: byPath[p]})
	}

	if _, err := io.WriteString(w, xml.Header); err != nil {
		return err
	}
	enc := xml.NewEncoder(w)
	enc.Indent("", " ")
	if err := enc.Encode(out); err != nil {
		return err
	}
	_, err := io.WriteString(w, "\n")
	return err
}

// checkstyleFile is a file with its errors.
type checkstyleFile struct {
	Name   string            `xml:"name,attr"`
	Errors []checkstyleError `xml:"error"`
}

// checkstyleError is a finding. Line and column are 1-based; column 0 is left out.
type checkstyleError struct {
	Line     int    `xml:"line,attr"`
	Column   int    `xml:"column,attr,omitempty"`
	Severity string `xml:"severity,attr"` // error, warning or info
	Message  string `xml:"message,attr"`
	Source   string `xml:"source,attr"` // the rule
}
