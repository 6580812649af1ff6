// Package report owns how bundles look to people.
//
// The text form is one line a place, "path:line:col: text" as grep prints, with
// 1-based lines and columns in the bundle's unit, paths as editors know them.
// What may be incomplete is always said, and nothing found is never silence.
//
// A [Check] is written in the formats of [Formats]: for people, for CI systems, for other
// tools, each in a file of its own that says what the format's readers honour. Whoever reads a
// format as it is meant does not take a check that did not finish for a clean one.
// [ReadBaseline] reads what an earlier check was written as.
//
// Nothing in code or in a server's words acts on the reader: it is printed by package
// visible, as values within our lines, or as blocks whose lines each begin with "| ", and
// markup and commands are escaped on top. JSON is exact.
//
// It changes no bundle and compares none (package compare does). For the code around a finding
// it asks for files of the workspace, and shows only what agrees with the bundle.
package report

import (
	"fmt"
	"io"
	"slices"
	"strings"

	"lanser/selectors"
	"lanser/selectors/visible"
	"lanser/server/bundle"
)

// Text writes the facts of a bundle to out, and what must be known of them (counts, doubts, the
// error) to notes.
func Text(out, notes io.Writer, b *bundle.Bundle) {
	write(visible.NewWriter(out), visible.NewWriter(notes), b)
}

func write(out, notes io.Writer, b *bundle.Bundle) {
	p := printer{out: out, notes: notes, flag: "--"}
	p.bundle(b)
	if b.ProcessReward != nil {
		visible.Fprintln(out, Reward(b.ProcessReward))
	}
	if b.Error != nil {
		visible.Fprintf(notes, "lanser: %s\n", Line(b.Error))
	}
}

// Line returns an error as one visible line: what, where, why, and the remedy.
func Line(e *bundle.Error) string {
	s := string(e.Code) + ": " + e.Message
	if e.Hint != "" {
		s += "; " + e.Hint
	}
	return visible.Text(s)
}

type printer struct {
	out, notes io.Writer
	flag       string // put before names of options
}

func (p printer) bundle(b *bundle.Bundle) {
	if r := b.Resolution; r != nil && b.Error != nil {
		for _, c := range r.Disambiguation {
			kind, score := string(c.Kind), ""
			if kind == "" {
				kind = "place"
			}
			if c.Features != nil && c.Score != nil {
				score = fmt.Sprintf(" (score %.4g)", *c.Score)
			}
			visible.Fprintf(p.out, "%s: %s %s%s\n", at(c.URI, c.Range), kind, visible.Address(c.Selector), score)
		}
	}
	if b.Error != nil {
		return
	}
	if b.Resolution != nil {
		p.others(b.Resolution)
	}
	switch f := b.Facts; {
	case f == nil:
		p.resolution(b.Resolution.Resolved)
	case f.Overview != nil:
		w := &compactor{Builder: new(strings.Builder), printer: p}
		w.overview(b)
		_, _ = io.WriteString(p.out, w.String()) // made visible by the compactor
	case f.Hover != nil:
		for _, h := range f.Hover {
			visible.Fprintf(p.out, "%s\n", visible.Block(h.Contents))
		}
		p.note(len(f.Hover), "hover text")
	case f.Symbols != nil:
		for _, s := range f.Symbols {
			visible.Fprintf(p.out, "%s: %s%s %s  %s\n",
				at(s.URI, s.SelectionRange), strings.Repeat("  ", s.Depth), s.Kind, s.Name, visible.Address(s.Selector))
		}
		p.note(len(f.Symbols), "symbols")
	case f.Diagnostics != nil:
		c := &Check{Bundle: b}
		_ = c.text(p.out, p.notes, false) // as with all that is printed here, who reads may have gone
		return
	case f.Calls != nil:
		p.edges(f.Calls, "calls", "calls")
	case f.Types != nil:
		p.edges(f.Types, "is a subtype of", "types")
	default:
		n := 0
		for _, list := range [][]bundle.Location{
			f.Definitions, f.Declarations, f.TypeDefinitions, f.Implementations, f.References,
		} {
			n += len(list)
			for _, l := range list {
				visible.Fprintf(
					p.out,
					"%s: %s%s\n",
					at(l.URI, l.Range),
					visible.Code(strings.TrimSpace(l.Text)),
					mark(l.Confirmed, l.Family),
				)
			}
		}
		p.note(n, b.Request.Cmd+" found")
	}
	p.doubts(b)
}

// others writes what the selector could have meant too and was passed over for what it was resolved to.
func (p printer) others(r *bundle.Resolution) {
	if r.Others == 0 {
		return
	}
	visible.Fprintf(p.notes, "also:")
	for i, c := range r.Disambiguation {
		separator := ","
		if i == 0 {
			separator = ""
		}
		visible.Fprintf(p.notes, "%s %s (%s)", separator, visible.Address(c.Selector), at(c.URI, c.Range))
	}
	if more := r.Others - len(r.Disambiguation); more > 0 {
		visible.Fprintf(p.notes, " and %d more", more)
	}
	visible.Fprintf(p.notes, "\n")
}

// at returns "path:line:col", 1-based.
func at(uri string, r bundle.Range) string {
	return place(unescaped(uri), r)
}

// odd are the characters with which commands of CI systems and marks of ours begin.
const odd = ":#-+~^| "

// place returns "path:line:col", 1-based. A path that begins oddly is shown with "./" before
// it.
func place(p string, r bundle.Range) string {
	if p != "" && strings.IndexByte(odd, p[0]) >= 0 {
		p = "./" + p
	}
	return visible.Sprintf("%s:%d:%d", visible.Path(p), r[0]+1, r[1]+1)
}

// unescaped returns a relative URI as the path that people and editors know.
func unescaped(uri string) string {
	if strings.Contains(uri, "://") {
		return uri
	}
	return selectors.UnescapePath(uri)
}

func (p printer) resolution(r *bundle.Resolved) {
	what := "a place that no declaration names"
	if r.Selector != "" {
		what = string(r.Kind) + " " + visible.Encoded(r.Selector)
	}
	if r.Status != selectors.Exact {
		what += fmt.Sprintf(" (%s, score %.4g)", r.Status, r.Score)
	}
	visible.Fprintf(p.out, "%s: %s\n", at(r.URI, r.Range), what)
	if r.Text != "" {
		visible.Fprintf(p.out, "%s\n", visible.Block(r.Text))
	}
	for _, o := range r.Overloads {
		visible.Fprintf(p.out, "%s: %s %s\n", at(o.URI, o.Range), o.Kind, visible.Address(o.Selector))
	}
	if r.Anchor != "" {
		visible.Fprintln(p.out, visible.Address(r.Anchor))
	}
}

// edges writes lines "path:line:col: FROM VERB TO", one for each call site.
func (p printer) edges(list []bundle.Edge, verb, what string) {
	for _, e := range list {
		ranges := e.Ranges
		if len(ranges) == 0 {
			ranges = []bundle.Range{e.From.SelectionRange}
		}
		for _, r := range ranges {
			visible.Fprintf(p.out, "%s: %s %s %s", at(e.From.URI, r), named(e.From), verb, named(e.To))
			if e.Depth > 1 {
				visible.Fprintf(p.out, " (depth %d)", e.Depth)
			}
			visible.Fprintf(p.out, "%s\n", mark(e.Confirmed, e.Family))
		}
	}
	p.note(len(list), what+" found")
}

// mark is what follows a place that the server left out of its list and confirmed, or that is of a
// method's family.
func mark(confirmed, family bool) string {
	if confirmed {
		return "  (confirmed)"
	}
	if family {
		return "  (family)"
	}
	return ""
}

func named(s bundle.Symbol) string {
	if s.Selector != "" {
		return visible.Encoded(s.Selector)
	}
	return s.Name + " (" + at(s.URI, s.SelectionRange) + ")"
}

// note writes that nothing was found, so that silence is not taken for an answer.
func (p printer) note(n int, what string) {
	if n == 0 {
		visible.Fprintf(p.notes, "no %s\n", what)
	}
}

// cut writes how to go on where a limit cut the answer.
func (p printer) cut(b *bundle.Bundle) {
	if b.Meta.Truncated > 0 && b.Meta.Cursor != nil {
		visible.Fprintf(p.notes, "%d more were cut; go on with %scursor %s\n", b.Meta.Truncated, p.flag, *b.Meta.Cursor)
	}
}

func (p printer) doubts(b *bundle.Bundle) {
	p.cut(b)
	if b.Snapshot != nil && len(b.Snapshot.Overlaid) > 0 {
		visible.Fprintf(p.notes, "hypothetical: as if %s were as proposed\n", strings.Join(b.Snapshot.Overlaid, ", "))
	}
	p.ledger(b.Evidence.Ledger)
	if s := b.Evidence.State; s != bundle.Complete {
		visible.Fprintf(p.notes, "evidence: %s: %s\n", s, strings.Join(b.Evidence.Reasons, "; "))
	}
}

// ledger writes where the words of the symbol's name went, and every word that may be a use.
func (p printer) ledger(l *bundle.Ledger) {
	if l == nil {
		return
	}
	for _, why := range reasons(l.Uses) {
		visible.Fprintf(p.out, "possible uses: %s\n", visible.Text(why))
		for _, u := range l.Uses {
			if u.Why == why {
				visible.Fprintf(p.out, "%s: %s\n", at(u.URI, u.Range), visible.Code(strings.TrimSpace(u.Text)))
			}
		}
	}
	if more := l.Possible - len(l.Uses); more > 0 {
		visible.Fprintf(p.notes, "and %d more possible uses\n", more)
	}
	visible.Fprintf(p.notes, "%s\n", sums(l))
}

// reasons are the reasons of possible uses, each once, in order.
func reasons(uses []bundle.PossibleUse) (out []string) {
	for _, u := range uses {
		if !slices.Contains(out, u.Why) {
			out = append(out, u.Why)
		}
	}
	return out
}

// maxLedgerNames bounds the names in the sentence of a ledger.
const maxLedgerNames = 5

// sums are the counts of a ledger in a sentence, such as "181 words: 111 references, 4 in comments
// and strings".
func sums(l *bundle.Ledger) string {
	var parts []string
	for _, part := range []struct {
		n    int
		what string
	}{
		{l.References, "references"},
		{l.Confirmed, "confirmed that the server's list lacks"},
		{l.Family, "of overrides and interfaces"},
		{l.Other, "of other symbols"},
		{l.Declarations, "declarations of others"},
		{l.NotCode, "in comments, strings and prose"},
		{l.Possible, "possible"},
	} {
		if part.n > 0 {
			parts = append(parts, fmt.Sprint(part.n, " ", part.what))
		}
	}
	words := "words"
	if l.Words == 1 {
		words = "word"
	}
	var names []string
	for _, n := range l.Names[:min(len(l.Names), maxLedgerNames)] {
		names = append(names, visible.Text(n))
	}
	if more := len(l.Names) - len(names); more > 0 {
		names = append(names, fmt.Sprintf("and %d more names", more))
	}
	return fmt.Sprintf("%d %s %s: %s", l.Words, words, strings.Join(names, ", "), strings.Join(parts, ", "))
}
