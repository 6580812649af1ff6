package report

import (
	"cmp"
	"fmt"
	"strings"

	"lanser/selectors"
	"lanser/selectors/visible"
	"lanser/server/api"
	"lanser/server/bundle"
)

// Compact returns a bundle as text with few tokens, for agents. It groups results by file and, within
// a file, by the enclosing declaration. The line with the path ends with the common part of the
// selectors of the file; that part and the name of a declaration form its selector:
//
//	command.go  go://github.com/spf13/cobra#
//	  Command.Execute
//	    1071:13 _, err := c.ExecuteC()
//
// Lines and columns are 1-based, columns in the bundle's unit. The text has at most max bytes (0
// means no limit). If entries must be cut off, it contains their number and the cursor that
// continues. It always contains doubts about the answer, and the error if there is no answer.
// Lines that begin with "| " are documentation and code of the repository.
func Compact(b *bundle.Bundle, max int) string {
	whole := compact(b, -1)
	if max <= 0 || len(whole) <= max || b.Error != nil || b.Facts == nil {
		return clipped(visible.Guarded(whole), max)
	}
	low, high := 1, b.Facts.Longest() // binary search for the largest number of entries that fits
	for low < high {
		if n := (low + high + 1) / 2; len(compact(b, n)) <= max {
			low = n
		} else {
			high = n - 1
		}
	}
	return clipped(visible.Guarded(compact(b, low)), max)
}

// clipped cuts a text that is too long although it has a single entry, such as one hover text.
func clipped(s string, max int) string {
	if max <= 0 || len(s) <= max {
		return s
	}
	const note = "\n… %d more bytes were cut; ask with a larger budget\n"
	at := min(len(s), max) - len(note) - 10
	if at < 0 {
		at = 0
	}
	return strings.ToValidUTF8(s[:at], "") + fmt.Sprintf(note, len(s)-at)
}

// compact returns the text with the first n entries of each list; -1 means all.
func compact(b *bundle.Bundle, n int) string {
	var out strings.Builder
	if n >= 0 {
		c := *b
		f, after := b.Facts.Head(n)
		next := api.CursorAt(&c, b.From()+n)
		c.Facts, c.Meta.Truncated, c.Meta.Cursor = &f, c.Meta.Truncated+after, &next
		b = &c
	}

	w := &compactor{Builder: &out, printer: printer{out: &out, notes: &out, flag: ""}}
	if b.Error != nil || b.Facts == nil {
		write(&out, &out, b)
		if b.Error != nil && b.Resolution != nil && len(b.Resolution.Disambiguation) > 0 {
			visible.Fprintln(&out, "Ask again with one of the selectors above.")
		}
		return out.String()
	}

	if b.Resolution != nil && b.Facts.Hover == nil {
		w.others(b.Resolution)
	}

	switch f := b.Facts; {
	case f.Overview != nil:
		w.overview(b)
	case f.Hover != nil:
		w.printer.bundle(b)
		return out.String()
	case f.Symbols != nil:
		w.symbols(f.Symbols)
		w.note(len(f.Symbols), "symbols")
	case f.Diagnostics != nil:
		w.findings(b)
	case f.Calls != nil:
		w.calls(f.Calls)
		w.note(len(f.Calls), "calls found")
	case f.Types != nil:
		w.edges(f.Types, "is a subtype of", "types")
	default:
		w.places(b)
	}

	w.doubts(b)
	if b.ProcessReward != nil {
		visible.Fprintln(&out, Reward(b.ProcessReward))
	}

	return out.String()
}

// compactor writes results grouped by file and declaration.
type compactor struct {
	*strings.Builder
	printer
	uri, prefix, container string
}

// file starts the group of a file. The selector of a declaration in it contains the common part.
func (w *compactor) file(uri, selector string) {
	prefix, _, ok := strings.Cut(selector, "#")
	prefix += "#"
	if !ok {
		prefix = cmp.Or(w.prefix, "")
	}
	if w.uri == uri && (w.prefix == prefix || !ok) {
		return
	}
	w.uri, w.prefix, w.container = uri, prefix, "\x00"
	visible.Fprintf(w, "%s", heading(unescaped(uri)))
	if ok {
		visible.Fprintf(w, "  %s", visible.Address(prefix))
	}
	visible.Fprintf(w, "\n")
}

// heading returns a path for a line of its own. If the path could be mistaken for one of lanser's
// messages, such as a file named "clean: no diagnostics", it gets the prefix "./".
func heading(p string) string {
	sentence := strings.Contains(p, ": ") || strings.HasSuffix(p, ":") ||
		strings.Contains(p, " ") && !strings.ContainsAny(p, "/.")
	if sentence && !strings.Contains(p, "://") || p != "" && strings.IndexByte(odd, p[0]) >= 0 {
		p = "./" + p
	}
	return visible.Path(p)
}

// short returns a selector without the common part that the line of the file contains.
func (w *compactor) short(selector string) string {
	if w.prefix != "" {
		if name, ok := strings.CutPrefix(selector, w.prefix); ok {
			return visible.Encoded(name)
		}
	}
	return visible.Encoded(selector)
}

// in starts the group of a declaration.
func (w *compactor) in(container string) {
	if w.container == container {
		return
	}
	w.container = container
	if container == "" {
		visible.Fprintln(w, "  (top level)")
		return
	}
	visible.Fprintf(w, "  %s\n", w.short(container))
}

func (w *compactor) places(b *bundle.Bundle) {
	f := b.Facts
	n := 0
	lists := [][]bundle.Location{
		f.Definitions, f.Declarations, f.TypeDefinitions, f.Implementations, f.References,
	}
	for _, list := range lists {
		n += len(list)
	}

	if n > 0 && f.References != nil {
		visible.Fprintf(w, "%s%s\n", counted(n+b.Meta.Truncated+b.From(), "reference"), of(b))
	}
	for _, list := range lists {
		for _, l := range list {
			w.file(l.URI, l.Container)
			w.in(l.Container)
			visible.Fprintf(
				w,
				"    %d:%d %s%s\n",
				l.Range[0]+1,
				l.Range[1]+1,
				visible.Code(strings.TrimSpace(l.Text)),
				mark(l.Confirmed, l.Family),
			)
		}
	}
	w.note(n, b.Request.Cmd+" found")
}

// counted returns a number with a noun in the singular or plural.
func counted(n int, what string) string {
	if n != 1 {
		what += "s"
	}
	return fmt.Sprint(n, " ", what)
}

// of returns " to SELECTOR" for the symbol of the request, "" if it is unknown.
func of(b *bundle.Bundle) string {
	if r := b.Resolution; r != nil && r.Resolved != nil && r.Resolved.Selector != "" {
		return " to " + visible.Encoded(r.Resolved.Selector)
	}
	return ""
}

func (w *compactor) symbols(list []bundle.Symbol) {
	for _, s := range list {
		w.file(s.URI, s.Selector)
		visible.Fprintf(w, "  %s%d %s %s\n",
			strings.Repeat(" ", s.Depth), s.SelectionRange[0]+1, s.Kind, w.short(s.Selector))
	}
}

func (w *compactor) findings(b *bundle.Bundle) {
	if b.Evidence.Finished() {
		w.verdict(b)
	} else {
		visible.Fprintf(w, "not verified: the check did not finish (%s so far)\n",
			counted(len(b.Facts.Diagnostics)+b.Meta.Truncated, "finding"))
	}

	for _, d := range b.Facts.Diagnostics {
		w.file(d.URI, "")
		code := d.Source
		if d.Code != "" {
			code += " " + d.Code
		}
		if d.BaselineState != "" {
			code += ", " + d.BaselineState
		}
		visible.Fprintf(w, "  %d:%d %s: %s [%s]\n",
			d.Range[0]+1, d.Range[1]+1, d.Severity, strings.Join(strings.Fields(d.Message), " "), code)
	}
	for _, u := range (&Check{Bundle: b}).uncovered() {
		visible.Fprintln(w, u.String())
	}
}

func (w *compactor) verdict(b *bundle.Bundle) {
	if n := len(b.Facts.Diagnostics); n == 0 && b.From() == 0 || b.Facts.Compared != nil {
		visible.Fprintln(w, (&Check{Bundle: b}).Verdict())
	} else {
		visible.Fprintln(w, counted(n+b.Meta.Truncated+b.From(), "finding"))
	}
}

// calls writes calls grouped by the file of the caller, with the lines of the call sites.
func (w *compactor) calls(list []bundle.Edge) {
	for _, e := range list {
		w.file(e.From.URI, e.From.Selector)
		visible.Fprintf(w, "  %s calls %s", w.short(named(e.From)), w.short(named(e.To)))
		for i, r := range e.Ranges {
			visible.Fprintf(w, "%s%d", map[bool]string{true: " at ", false: ", "}[i == 0], r[0]+1)
		}
		if e.Depth > 1 {
			visible.Fprintf(w, " (depth %d)", e.Depth)
		}
		visible.Fprintf(w, "\n")
	}
}

func (w *compactor) overview(b *bundle.Bundle) {
	f, o := b.Facts, b.Facts.Overview
	if r := b.Resolution.Resolved; b.From() == 0 && r != nil {
		p := printer{out: w, notes: w, flag: ""}
		lean := *r
		lean.Anchor = ""
		p.resolution(&lean)
		for _, part := range []string{o.Documentation, o.Signature} {
			if part != "" {
				visible.Fprintf(w, "%s\n", visible.Block(part))
			}
		}

		value := r.Kind == selectors.KindVar || r.Kind == selectors.KindConst || r.Kind == selectors.KindField
		if o.Signature == "" || value {
			for _, h := range f.Hover { // it adds the type, which syntax does not contain
				visible.Fprintf(w, "%s\n", visible.Block(strings.TrimSpace(h.Contents)))
			}
		}

		for _, d := range f.Definitions {
			if d.URI != r.URI || d.Range != r.Range && !inside(r.Range, d.Range) {
				visible.Fprintf(w, "defined at %s: %s\n", at(d.URI, d.Range), visible.Code(strings.TrimSpace(d.Text)))
			}
		}
	}

	if len(o.Members) > 0 {
		visible.Fprintln(w, "members:")
		w.symbols(o.Members)
	}

	switch n := o.References; {
	case n == nil:
		visible.Fprintln(w, "the server does not tell uses")
	case *n > 0:
		visible.Fprintf(w, "%s, by what they stand in:\n", counted(*n, "use"))
	case b.Evidence.Finished():
		visible.Fprintln(w, "no uses")
	default:
		visible.Fprintln(w, "no uses found, but the search was not complete")
	}

	w.uri, w.prefix = "", ""
	for _, u := range o.Users {
		w.file(u.URI, u.Container)
		visible.Fprintf(w, "  %s: %d, from line %d on\n",
			cmp.Or(w.short(u.Container), "(top level)"), u.Count, u.Range[0]+1)
	}

	if o.Callers != nil {
		visible.Fprintln(w, counted(*o.Callers, "caller"))
	}
}

// inside reports whether the range inner lies within outer.
func inside(outer, inner bundle.Range) bool {
	return (outer[0] < inner[0] || outer[0] == inner[0] && outer[1] <= inner[1]) &&
		(inner[2] < outer[2] || inner[2] == outer[2] && inner[3] <= outer[3])
}
