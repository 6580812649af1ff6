// Package report presents bundles to people, agents and CI systems.
//
// # What it owns
//
// The text form has one line for each place, "path:line:col: text" as grep prints them. Lines and columns are
// 1-based, columns in the bundle's unit. [Compact] is a form with few tokens, for agents. A [Check] is written in
// one of [Formats]; each has a file, which documents what the readers of the format use. [ReadBaseline] reads a
// report of an earlier check.
//
// # Promises
//
//   - If an answer may be incomplete, the output says so. If nothing was found, it says that too.
//   - In no format can a check that did not finish be mistaken for a clean one.
//   - Text from code or from a server cannot control the reader's terminal or CI system. It is escaped by package
//     visible, and is either a part of one of lanser's lines or a block whose lines begin with "| ". Markup and
//     commands of the format are escaped as well. JSON contains the exact values.
//
// # What it does not do
//
// It does not change bundles, and does not compare them (package compare does). It reads files of the workspace
// only to show the code of a finding, and only if they agree with the bundle.
package report

import (
	"cmp"
	"fmt"
	"io"
	"slices"
	"strings"

	"lanser/selectors"
	"lanser/selectors/visible"
	"lanser/server/bundle"
	"lanser/server/catalogue"
)

// Text writes the facts of a bundle to out, and the remarks on them (counts, doubts, the error) to notes.
func Text(out, notes io.Writer, b *bundle.Bundle) {
	write(visible.NewWriter(out), visible.NewWriter(notes), b)
}

// write is Text for writers that are guarded already.
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

// Line returns an error with its hint on one visible line.
func Line(e *bundle.Error) string {
	s := string(e.Code) + ": " + e.Message
	if e.Hint != "" {
		s += "; " + e.Hint
	}
	return visible.Text(s)
}

// printer writes a bundle as text. What answers the question goes to out, remarks on the answer to notes. Errors of the
// writers are not looked at; a caller that must know of them passes a writer that remembers them. All code, names and
// paths are arguments of package visible's functions, never a part of their formats.
type printer struct {
	out, notes io.Writer
	flag       string // put before names of options
	// possible writes words that may be uses; nil writes each with its place.
	possible func([]bundle.PossibleUse)
}

// bundle writes the facts of a bundle, or, for an error, the selectors among which the user can choose: not those that
// the selector could also have meant, where the error is about the one that it did mean. The first list
// that the facts have decides what kind of answer it is, as in [Layout.compact]. Diagnostics and diffs have their
// own doubts; all others end with those of the bundle.
func (p printer) bundle(b *bundle.Bundle) {
	if r := b.Resolution; r != nil && b.Error != nil && r.Others == 0 {
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
	case b.Edits.Diff != nil:
		_, _ = io.WriteString(p.out, renameText(b)) // the reader may be gone
		return
	case f.Overview != nil:
		w := newCompactor(new(strings.Builder), Layout{Flag: p.flag}, b)
		w.overview(b)
		_, _ = io.WriteString(p.out, w.String()) // made visible by the compactor
	case f.Hover != nil:
		for _, h := range f.Hover {
			visible.Fprintf(p.out, "%s\n", visible.Block(h.Contents))
		}
		p.note(len(f.Hover), "hover text")
	case f.Uses != nil:
		for _, u := range f.Uses {
			where := at(u.Symbol.URI, u.Symbol.SelectionRange)
			visible.Fprintf(p.out, "%s: %s\n", where, code(cmp.Or(u.Text, u.Symbol.Name)))
		}
		p.note(len(f.Uses), "uses of other files")
	case f.Symbols != nil:
		for _, s := range f.Symbols {
			visible.Fprintf(p.out, "%s: %s%s %s  %s\n",
				at(s.URI, s.SelectionRange), strings.Repeat("  ", s.Depth), s.Kind, s.Name, visible.Address(s.Selector))
		}
		p.note(len(f.Symbols), "symbols")
	case f.Diagnostics != nil:
		c := &Check{Bundle: b}
		_ = c.text(p.out, p.notes, false) // the reader may be gone, as for all output here
		return
	case f.Calls != nil:
		p.edges(f.Calls, "calls", "calls")
	case f.Impact != nil:
		p.changes(f.Changes)
		p.affected(f.Impact)
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

// others writes the further declarations that the selector could mean, besides the one that was chosen.
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
		visible.Fprintf(p.notes, "%s %s (%s)", separator, candidateName(c), at(c.URI, c.Range))
	}

	if more := r.Others - len(r.Disambiguation); more > 0 {
		visible.Fprintf(p.notes, " and %d more", more)
	}
	visible.Fprintf(p.notes, "\n")
}

// candidateName returns the name path of a declaration that the selector could also mean, without its module: the
// place beside it is a selector too, and the whole selectors of some are longer than the answer.
func candidateName(c bundle.Candidate) visible.Address {
	_, names, ok := strings.Cut(c.Selector, "#")
	if !ok {
		names = c.Selector
	}
	return visible.Address(names)
}

// at returns "path:line:col", 1-based.
func at(uri string, r bundle.Range) string {
	return place(unescaped(uri), r)
}

// odd are the characters with which commands of CI systems and lanser's own marks begin. A path that begins with one
// would begin a line with it.
const odd = ":#-+~^| "

// place returns "path:line:col", 1-based. A path that begins with one of odd gets the prefix "./".
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

// resolution writes what a selector was resolved to: the place and the selector, with status and score unless the
// status is exact, then the code if it was asked for, the declarations that the symbol has besides, and an anchor that
// finds the place again after edits.
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

// mark returns the remark on a reference that the server left out of its list and then confirmed, or that
// belongs to a method's family; "" for others.
func mark(confirmed, family bool) string {
	if confirmed {
		return "  (confirmed)"
	}
	if family {
		return "  (family)"
	}
	return ""
}

// named returns the selector of a symbol, or its name and place if it has none.
func named(s bundle.Symbol) string {
	if s.Selector != "" {
		return visible.Encoded(s.Selector)
	}
	return s.Name + " (" + at(s.URI, s.SelectionRange) + ")"
}

// note writes that nothing was found, because no output could mean that nothing was looked for.
func (p printer) note(n int, what string) {
	if n == 0 {
		visible.Fprintf(p.notes, "no %s\n", what)
	}
}

// cut writes how to get the next entries if a limit cut off the answer.
func (p printer) cut(b *bundle.Bundle) {
	if b.Meta.Truncated > 0 && b.Meta.Cursor != nil {
		visible.Fprintf(p.notes, "%d more were cut; go on with %scursor %s\n", b.Meta.Truncated, p.flag, *b.Meta.Cursor)
	}
}

// doubts writes what limits the answer: entries that were cut off, a hypothetical state of the workspace, possible
// uses, and incomplete evidence. An answer without a line "evidence:" is complete, which the help tells agents.
func (p printer) doubts(b *bundle.Bundle) {
	p.cut(b)
	if b.Snapshot != nil && len(b.Snapshot.Overlaid) > 0 {
		visible.Fprintf(p.notes, "hypothetical: as if %s were as proposed\n", strings.Join(b.Snapshot.Overlaid, ", "))
	}
	p.ledger(b.Evidence.Ledger)
	if s := b.Evidence.State; s != bundle.Complete {
		line := "evidence: " + string(s) + ": " + strings.Join(limits(b), "; ")
		visible.Fprintf(p.notes, "%s\n", strings.TrimSuffix(line, ": "))
	}
}

// maxReason is the length in bytes to which reasons of the evidence are cut in text. Bundles have the whole reason.
const maxReason = 200

// limits returns the reasons for which an answer is not complete, without those that say no more than the rest of the
// text: why the server would be taken for complete, and that there are possible uses.
func limits(b *bundle.Bundle) (out []string) {
	if b.Evidence.State != bundle.Partial {
		return b.Evidence.Reasons
	}
	hasUses := b.Evidence.Ledger != nil && b.Evidence.Ledger.Possible > 0
	for _, why := range b.Evidence.Reasons {
		isCount := hasUses && strings.Contains(why, bundle.NotRuledOut)
		if isCount || catalogue.IsReadiness(why) {
			continue
		}
		if len(why) > maxReason {
			why = strings.ToValidUTF8(why[:maxReason], "") + "…"
		}
		out = append(out, why)
	}
	return out
}

// ledger writes the counts of the ledger, and each word that may be a use.
func (p printer) ledger(l *bundle.Ledger) {
	if l == nil {
		return
	}
	if p.possible != nil {
		p.possible(l.Uses)
	} else {
		p.listPossible(l.Uses)
	}

	if more := l.Possible - len(l.Uses); more > 0 {
		visible.Fprintf(p.notes, "and %d more possible uses\n", more)
	}
	visible.Fprintf(p.notes, "%s\n", sums(l))
}

// listPossible writes a line for each word that may be a use.
func (p printer) listPossible(uses []bundle.PossibleUse) {
	for _, why := range reasons(uses) {
		visible.Fprintf(p.out, "possible uses: %s\n", visible.Text(why))
		for _, u := range uses {
			if u.Why == why {
				visible.Fprintf(p.out, "%s: %s\n", at(u.URI, u.Range), visible.Code(strings.TrimSpace(u.Text)))
			}
		}
	}
}

// reasons returns the reasons of possible uses, in order and without duplicates.
func reasons(uses []bundle.PossibleUse) (out []string) {
	for _, u := range uses {
		if !slices.Contains(out, u.Why) {
			out = append(out, u.Why)
		}
	}
	return out
}

// maxLedgerNames is the number of names that the sentence about a ledger contains; of more it has the first alone.
const maxLedgerNames = 5

// sums returns the counts of a ledger as a sentence, such as "181 words load: 111 references, 4 in comments, strings
// and prose". Each word of the workspace with the name of the symbol is in one of the counts, so that they add up to
// the first number (spec section 4, ledger). The names are those that were searched for: besides the symbol's own,
// those under which files import it.
func sums(l *bundle.Ledger) string {
	var parts []string
	for _, part := range []struct {
		n             int
		counted, what string // counted has its plural by the letter s
	}{
		{l.References, "reference", ""},
		{l.Confirmed, "", "confirmed that the server's list lacks"},
		{l.Family, "", "of overrides and interfaces"},
		{l.Other, "", "of other symbols"},
		{l.Declarations, "declaration", " of others"},
		{l.NotCode, "", "in comments, strings and prose"},
		{l.Possible, "", "possible"},
	} {
		switch {
		case part.n == 0:
		case part.counted != "":
			parts = append(parts, counted(part.n, part.counted)+part.what)
		default:
			parts = append(parts, fmt.Sprint(part.n, " ", part.what))
		}
	}

	shown := len(l.Names)
	if shown > maxLedgerNames {
		shown = 1 // the first is the symbol's own
	}
	var names []string
	for _, n := range l.Names[:shown] {
		names = append(names, visible.Text(n))
	}
	joined := strings.Join(names, ", ")
	if more := len(l.Names) - shown; more > 0 {
		joined = fmt.Sprintf("%s and %d more names", joined, more)
	}

	return fmt.Sprintf("%s %s: %s", counted(l.Words, "word"), joined, strings.Join(parts, ", "))
}
