package report

import (
	"encoding/json"
	"fmt"
	"io"
	"strings"
	"unicode/utf8"

	"github.com/mattn/go-runewidth"

	"lanser/selectors/text"
	"lanser/selectors/visible"
	"lanser/server/bundle"
)

// The formats for people at a terminal and for programs that read ours.

// writeText is the text form with its notes at the end.
func writeText(w io.Writer, c *Check) error { return c.Text(w, w, false) }

// writeFull is writeText with frames of code.
func writeFull(w io.Writer, c *Check) error { return c.Text(w, w, true) }

// Text writes the check as a line a finding to out, with the code below each where full
// is set, and the verdict and what must be known of it to notes.
func (c *Check) Text(out, notes io.Writer, full bool) error {
	guard := visible.NewWriter
	if c.Color {
		guard = visible.Colored
	}
	return c.text(guard(out), visible.NewWriter(notes), full)
}

func (c *Check) text(out, notes io.Writer, full bool) error {
	w := &errWriter{w: out}
	shown, omitted := c.shown()
	for _, d := range shown {
		c.line(w, d)
		if full {
			c.frame(w, d)
			for _, r := range d.Related {
				visible.Fprintf(w, "    %s: %s\n", c.at(r.URI, r.Range), oneLine(r.Message))
			}
		}
	}
	if full && c.Facts != nil {
		for _, d := range c.Facts.Absent {
			visible.Fprintf(w, "gone: %s: %s: %s [%s]\n", c.at(d.URI, d.Range), d.Severity, oneLine(d.Message), oneLine(label(d)))
		}
	}
	if w.err != nil {
		return w.err
	}
	return c.notes(notes, omitted)
}

// Notes writes what must be known beside the findings: the verdict, what was not
// checked, what was left out.
func (c *Check) Notes(w io.Writer) error { return c.notes(visible.NewWriter(w), 0) }

func (c *Check) notes(w io.Writer, omitted int) error {
	n := &errWriter{w: w}
	visible.Fprintln(n, c.Verdict())
	if omitted > 0 {
		visible.Fprintf(n, "%s not shown\n", counted(omitted, "more finding"))
	}
	printer{n, n, "--"}.cut(c.Bundle)
	c.notChecked(n)
	for _, r := range c.remarks() {
		visible.Fprintln(n, r)
	}
	return n.err
}

// line is a finding as grep prints a place.
func (c *Check) line(w io.Writer, d bundle.Diagnostic) {
	begin, end := "", ""
	if c.Color {
		begin, end = colors[d.Severity], "\x1b[0m"
	}
	state := ""
	if d.BaselineState != "" && d.BaselineState != bundle.New {
		state = " (" + d.BaselineState + ")"
	}
	visible.Fprintf(w, "%s: "+begin+"%s"+end+": %s [%s]%s\n", c.at(d.URI, d.Range), d.Severity, oneLine(orUnsaid(d.Message)), oneLine(label(d)), state)
}

var colors = map[string]string{"error": "\x1b[1;31m", "warning": "\x1b[1;33m", "information": "\x1b[1;34m", "hint": "\x1b[1;36m"}

// at is "path:line:col", 1-based.
func (c *Check) at(uri string, r bundle.Range) string { return place(c.path(uri), r) }

// maxNamed is how many files that were not checked are named.
const maxNamed = 20

// notChecked tells the files that were not checked.
func (c *Check) notChecked(w io.Writer) {
	all := c.unchecked()
	for i, u := range all {
		if i == maxNamed {
			visible.Fprintf(w, "not checked: %d more files\n", len(all)-i)
			break
		}
		visible.Fprintf(w, "not checked by %s: %s: %s\n", u.Server, u.Path, u.Why)
	}
}

// frame is the code of a finding, with what it is about underlined; nothing where the
// file is not as the finding has it.
func (c *Check) frame(w io.Writer, d bundle.Diagnostic) {
	lines := c.excerpt(d)
	if len(lines) == 0 {
		return
	}
	width := len(fmt.Sprint(lines[len(lines)-1].Number))
	for _, l := range lines {
		before, marked := visible.Line(l.Before), visible.Line(l.Marked)
		visible.Fprintf(w, "  %*d | %s\n", width, l.Number, visible.Code(before+marked+visible.Line(l.After)))
		if l.Hit {
			visible.Fprintf(w, "  %*s | %s%s\n", width, "", visible.Code(blanks(before)), strings.Repeat("^", max(1, runewidth.StringWidth(marked))))
		}
	}
}

// blanks is white space as wide as a text.
func blanks(s string) string {
	var out strings.Builder
	for _, r := range s {
		if r == '\t' {
			out.WriteRune(r)
		} else {
			out.WriteString(strings.Repeat(" ", runewidth.RuneWidth(r)))
		}
	}
	return out.String()
}

// excerptLine is a line of code in three parts, the middle one being what a finding is
// about; Hit says that there is such a part.
type excerptLine struct {
	Number                int // 1-based
	Before, Marked, After string
	Hit                   bool
}

// around is how many lines an excerpt has before and after a finding's first line.
const around = 2

// excerpt is the first line of a finding and the lines beside it.
func (c *Check) excerpt(d bundle.Diagnostic) (out []excerptLine) {
	content := c.content(d)
	enc, err := text.ParseEncoding(c.Environment.PositionEncoding)
	if content == nil || err != nil {
		return nil
	}
	at := d.Range[0]
	for n := max(0, at-around); n <= at+around; n++ {
		span, ok := content.LineSpan(n)
		if !ok {
			break
		}
		line := shortened(strings.TrimRight(string(content.Bytes()[span.Start:span.End]), "\r\n"))
		l := excerptLine{Number: n + 1, Before: line}
		if n == at {
			start, end := text.Point{Line: n, Col: d.Range[1]}, text.Point{Line: d.Range[2], Col: d.Range[3]}
			marked, ok := content.SpanOf(text.Range{Start: start, End: end}, enc)
			from, to := marked.Start-span.Start, marked.End-span.Start
			if ok && from <= len(line) {
				to = max(from, min(to, len(line)))
				l = excerptLine{Number: n + 1, Before: line[:from], Marked: line[from:to], After: line[to:], Hit: true}
			}
		}
		out = append(out, l)
	}
	for len(out) > 0 && strings.TrimSpace(out[len(out)-1].Before) == "" && !out[len(out)-1].Hit {
		out = out[:len(out)-1]
	}
	for len(out) > 0 && strings.TrimSpace(out[0].Before) == "" && !out[0].Hit {
		out = out[1:]
	}
	return out
}

// maxShown bounds a line of code in an excerpt, in bytes.
const maxShown = 400

func shortened(line string) string {
	if len(line) <= maxShown {
		return line
	}
	at := maxShown
	for at > 0 && !utf8.RuneStart(line[at]) {
		at--
	}
	return line[:at]
}

func writeJSON(w io.Writer, c *Check) error { return encode(w, c.Reproducible()) }

func encode(w io.Writer, v any) error {
	enc := json.NewEncoder(w)
	enc.SetEscapeHTML(false)
	return enc.Encode(v)
}

// Record is a line of the format jsonl. It holds the one that Type names.
type Record struct {
	Type      string             `json:"type" jsonschema:"finding, absent, unchecked or summary"`
	Finding   *bundle.Diagnostic `json:"finding,omitempty" jsonschema:"as in bundles"`
	Absent    *bundle.Diagnostic `json:"absent,omitempty" jsonschema:"a finding of the earlier check that is there no more"`
	Unchecked *UncheckedFile     `json:"unchecked,omitempty" jsonschema:"a file that was not checked"`
	Summary   *Summary           `json:"summary,omitempty" jsonschema:"the last line"`
}

// UncheckedFile is a file that a server was to check and did not.
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

// writeJSONL is a [Record] a line: findings, what is gone, what was not checked, and at the
// end the summary.
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
			all = append(all, Record{Type: "unchecked", Unchecked: &UncheckedFile{k.Server, u}})
		}
	}
	checks := f.Checks
	if checks == nil {
		checks = []bundle.Check{}
	}
	all = append(all, Record{Type: "summary", Summary: &Summary{
		c.BundleID, c.Verdict(), c.Evidence, c.Meta.ExitCode, len(f.Diagnostics), checks, f.Compared, f.LeftOut, c.Error,
	}})
	for _, r := range all {
		if err := encode(w, r); err != nil {
			return err
		}
	}
	return nil
}

// facts are the bundle's, empty ones for an error.
func (c *Check) facts() bundle.Facts {
	if c.Facts == nil {
		return bundle.Facts{}
	}
	return *c.Facts
}

// errWriter remembers the first error, and writes nothing after it.
type errWriter struct {
	w   io.Writer
	err error
}

func (e *errWriter) Write(p []byte) (int, error) {
	if e.err != nil {
		return 0, e.err
	}
	n, err := e.w.Write(p)
	e.err = err
	return n, err
}
