package report

import (
	"fmt"
	"io"
	"strings"

	"github.com/mattn/go-runewidth"

	"lanser/selectors/visible"
	"lanser/server/bundle"
)

// writeText writes the format text: one line for each finding, "path:line:col: …" as grep prints them, so that
// editors and terminals can open the place; and the notes at the end.
func writeText(w io.Writer, c *Check) error { return c.Text(w, w, false) }

// writeFull writes the format full: the format text with the code of each finding and its related places, and
// with the findings that are absent now.
func writeFull(w io.Writer, c *Check) error { return c.Text(w, w, true) }

// Text writes a line for each finding to out, with its code below it if full is true. It writes the verdict and
// the remarks on it to notes.
func (c *Check) Text(out, notes io.Writer, full bool) error {
	guard := visible.NewWriter
	if c.Color {
		guard = visible.Colored
	}
	return c.text(guard(out), visible.NewWriter(notes), full)
}

// text is Text for writers that are guarded already.
func (c *Check) text(out, notes io.Writer, full bool) error {
	w := &errWriter{w: out}
	shown, omitted := c.shown()
	for _, d := range shown {
		c.line(w, d)
		for _, f := range d.Fixes {
			visible.Fprintf(w, "    fix: %s\n", oneLine(f.Title))
			for line := range strings.Lines(f.Diff) {
				visible.Fprintf(w, "    | %s\n", visible.Code(strings.TrimRight(line, "\r\n")))
			}
		}
		if full {
			c.frame(w, d)
			for _, r := range d.Related {
				visible.Fprintf(w, "    %s: %s\n", c.at(r.URI, r.Range), oneLine(r.Message))
			}
		}
	}

	if full && c.Facts != nil {
		for _, d := range c.absent() {
			visible.Fprintf(w, "gone: %s: %s: %s [%s]\n",
				c.at(d.URI, d.Range), d.Severity, sentences(d.Message), oneLine(label(d)))
		}
	}

	if w.err != nil {
		return w.err
	}
	return c.notes(notes, omitted)
}

// Notes writes the verdict, the files that were not checked, and what the check does not cover.
func (c *Check) Notes(w io.Writer) error { return c.notes(visible.NewWriter(w), 0) }

// notes is Notes for a guarded writer. omitted is the number of findings that the caller has not written.
func (c *Check) notes(w io.Writer, omitted int) error {
	n := &errWriter{w: w}
	visible.Fprintln(n, c.Verdict())
	if omitted > 0 {
		visible.Fprintf(n, "%s not shown\n", counted(omitted, "more finding"))
	}
	printer{out: n, notes: n, flag: "--"}.cut(c.Bundle)
	c.notChecked(n)
	for _, r := range c.remarks(true) {
		visible.Fprintln(n, r)
	}
	return n.err
}

// line writes a finding as "path:line:col: severity: message [source code] (state)", for example
//
//	a.go:3:7: error: undefined: x [compiler UndeclaredName] (updated)
//
// The state is left out where it is the expected one: new, or none because nothing was compared.
func (c *Check) line(w io.Writer, d bundle.Diagnostic) {
	begin, end := "", ""
	if c.Color {
		begin, end = colors[d.Severity], "\x1b[0m"
	}
	state := ""
	if d.BaselineState != "" && d.BaselineState != bundle.New {
		state = " (" + d.BaselineState + ")"
	}
	visible.Fprintf(w, "%s: "+begin+"%s"+end+": %s [%s]%s\n",
		c.at(d.URI, d.Range), d.Severity, sentences(orUnsaid(d.Message)), oneLine(label(d)), state)
}

// Findings writes a line for each finding, as the format text does. Findings with the same message follow the first of
// them, as further places:
//
//	a.go:3:25: error: undefined: Add [compiler UndeclaredName]
//	  also 9:2, b.go:4:8
//
// Paths are relative to the workspace. The state is left out: the caller has said already what the findings are.
func Findings(w io.Writer, list []bundle.Diagnostic) {
	c, out := &Check{Bundle: &bundle.Bundle{}}, visible.NewWriter(w)
	written := make([]bool, len(list))
	for i, d := range list {
		if written[i] {
			continue
		}
		d.BaselineState = ""
		c.line(out, d)
		uri, also := d.URI, "  also "
		for k := i + 1; k < len(list); k++ {
			if !isSameFault(d, list[k]) {
				continue
			}
			at := c.at(list[k].URI, list[k].Range)
			if list[k].URI == uri {
				at = fmt.Sprintf("%d:%d", list[k].Range[0]+1, list[k].Range[1]+1)
			}
			visible.Fprintf(out, "%s%s", also, at)
			written[k], uri, also = true, list[k].URI, ", "
		}
		if also == ", " {
			visible.Fprintf(out, "\n")
		}
	}
}

// isSameFault reports whether two findings differ in their places alone.
func isSameFault(a, b bundle.Diagnostic) bool {
	return a.Severity == b.Severity && a.Source == b.Source && a.Code == b.Code && a.Message == b.Message
}

// colors are the escape sequences of severities, for terminals.
var colors = map[string]string{
	"error": "\x1b[1;31m", "warning": "\x1b[1;33m", "information": "\x1b[1;34m", "hint": "\x1b[1;36m",
}

// at returns "path:line:col", 1-based.
func (c *Check) at(uri string, r bundle.Range) string { return place(c.path(uri), r) }

// maxNamed is the number of unchecked files that are named for a reason.
const maxNamed = 20

// notChecked writes a line for each reason why files were not checked.
func (c *Check) notChecked(w io.Writer) {
	for _, g := range c.uncheckedByReason() {
		visible.Fprintln(w, g.String())
	}
}

// uncheckedGroup are the files that were not checked for the same reason.
type uncheckedGroup struct {
	By, Why string   // what happened, see unchecked.by, and the reason
	Paths   []string // relative to the reader's folder
}

// String returns the group on one line, as in "not checked by gopls: 2 files: REASON (a.go, b.go)".
func (g *uncheckedGroup) String() string {
	if len(g.Paths) == 1 {
		return g.By + ": " + g.Paths[0] + ": " + g.Why
	}
	named := strings.Join(g.Paths[:min(maxNamed, len(g.Paths))], ", ")
	if len(g.Paths) > maxNamed {
		named += ", …"
	}
	return g.By + ": " + counted(len(g.Paths), "file") + ": " + g.Why + " (" + named + ")"
}

// uncheckedByReason returns the files that were not checked and should have been, by server and reason.
func (c *Check) uncheckedByReason() (groups []*uncheckedGroup) {
	known := map[[2]string]*uncheckedGroup{}
	for _, u := range c.unchecked() {
		key := [2]string{u.by(), u.Why}
		g := known[key]
		if g == nil {
			g = &uncheckedGroup{By: key[0], Why: key[1]}
			known[key] = g
			groups = append(groups, g)
		}
		g.Paths = append(g.Paths, u.Path)
	}
	return groups
}

// frame writes the code of a finding and underlines the finding's range. It writes nothing if the file has
// changed since the check. Lines of code begin after "  NUMBER | ". Only the part of the range in its first line is
// underlined, with at least one "^". The underline counts columns of the terminal, of which a Chinese character takes
// two, and keeps tabs, whose width the terminal decides.
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
			underline := strings.Repeat("^", max(1, runewidth.StringWidth(marked)))
			visible.Fprintf(w, "  %*s | %s%s\n", width, "", visible.Code(blanks(before)), underline)
		}
	}
}

// blanks returns white space of the same width as a text.
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
