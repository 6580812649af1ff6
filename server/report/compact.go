package report

import (
	"fmt"
	"strings"

	"lanser/selectors/text"
	"lanser/selectors/visible"
	"lanser/server/api"
	"lanser/server/bundle"
)

// Budget is the number of tokens of a text for a model, if it asks for no other.
const Budget = 4000

// The compact text of a list is written by a compactor (groups.go), whose methods for lists of each kind are in this
// file, context.go, functions.go, impact.go and overview.go. What is no list (errors, hover texts) and what follows
// every list (doubts) is written by a printer (text.go), which also writes the text of one place a line.
//
// To stay below a limit, the text is written several times with less code and then with fewer entries of each list,
// rather than cut: a text that ends in the middle loses its doubts and possible uses, which come last and which the
// reader needs most.

// Layout says how [Compact] writes a bundle.
type Layout struct {
	Max   int    // bytes; 0 means no limit
	Sites bool   // of calls: also write the line of each call
	Flag  string // put before names of options, "--" on a command line
	// Lines returns the current content of a file of the workspace, nil if it cannot be read. It may be nil. A line
	// is only used if it agrees with the bundle. Functions of calls are written with their declarations if it is
	// there.
	Lines func(path string) *text.Content
	// codes is the number of references outside of tests that are written with their code if they are many (uses.go);
	// -1 means all references.
	codes int
}

// Compact returns a bundle as text with few tokens, for agents. It groups results by file and, within
// a file, by the enclosing declaration. The path, "#" and the name of a declaration form its selector:
//
//	command.go
//	  Command.Execute 1071: _, err := c.ExecuteC()
//	  Command.ExecuteC
//	    1091: return c.Root().ExecuteC()
//	    1102: defer c.ExecuteC()
//	  1200: var _ = Command.Execute
//
// Here command.go#Command.Execute selects the method. Line 1200 is outside of all declarations, or contains the name
// of the declaration itself. Where a path and a name are no selector, or not a unique one, the line of the path ends
// with the common part of the selectors, to which the name is appended.
//
// Lines are 1-based. The text has at most l.Max bytes. If entries must be cut off, it contains their number and the
// cursor that continues. It always contains doubts about the answer, the possible uses, and the error if there is no
// answer. Lines that begin with "| " are documentation and code of the repository.
func Compact(b *bundle.Bundle, l Layout) string {
	if b.Edits.Diff != nil && b.Error == nil {
		return renameText(b) // a part of a diff is no diff
	}
	l.codes = -1
	if l.Max > 0 {
		l.codes = maxCodes
	}
	whole := l.compact(b, -1)
	if l.Max <= 0 || len(whole) <= l.Max || b.Error != nil || b.Facts == nil {
		return clipped(visible.Guarded(whole), l.Max)
	}

	if len(b.Facts.References) > maxUses {
		l.codes = l.largest(0, maxCodes, func(n int) string { return l.withCodes(n).compact(b, -1) })
		whole = l.compact(b, -1)
		if len(whole) <= l.Max {
			return visible.Guarded(whole)
		}
	}
	n := l.largest(1, longest(b), func(n int) string { return l.compact(b, n) })
	return clipped(visible.Guarded(l.compact(b, n)), l.Max)
}

// largest returns the largest number from low to high with which a text has at most l.Max bytes, or else low. The text
// must not become shorter for a larger number.
func (l Layout) largest(low, high int, text func(n int) string) int {
	for low < high {
		if n := (low + high + 1) / 2; len(text(n)) <= l.Max {
			low = n
		} else {
			high = n - 1
		}
	}
	return low
}

// withCodes returns a layout in which n references are written with their code.
func (l Layout) withCodes(n int) Layout {
	l.codes = n
	return l
}

// longest returns the number of entries of the longest list that a text of the bundle contains. With as many entries of
// each list, nothing is cut off.
func longest(b *bundle.Bundle) int {
	n := b.Facts.Longest()
	if l := b.Evidence.Ledger; l != nil {
		n = max(n, len(l.Uses), len(l.Relatives))
	}
	return n
}

// clipped cuts a text that is too long although it has a single entry, such as one hover text. The note about that
// counts bytes. It never cuts a character in two. max is in bytes, and 0 means no limit; below the size of the note,
// the text is the note alone.
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

// compact returns the text with the first n entries of each list; -1 means all. The text is not escaped as a whole:
// [visible.Guarded] is applied to it once, at the end. The first list that the facts have decides what kind of answer
// it is, in an order in which a list that only accompanies another one comes later.
func (l Layout) compact(b *bundle.Bundle, n int) string {
	var out strings.Builder
	if n >= 0 {
		b = head(b, n)
	}

	w := newCompactor(&out, l, b)
	if b.Error != nil || b.Facts == nil {
		write(&out, &out, b)
		if r := b.Resolution; b.Error != nil && r != nil && len(r.Disambiguation) > 0 && r.Others == 0 {
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
	case f.Uses != nil:
		w.uses(f.Uses)
	case f.Symbols != nil && b.Request.Cmd == "api":
		w.surface(f.Symbols)
	case f.Symbols != nil:
		listed, left := outlined(b)
		w.symbols(listed, "")
		w.note(len(f.Symbols), "symbols")
		if left != "" {
			visible.Fprintf(w, "not listed: %s\n", left)
		}
	case f.Diagnostics != nil:
		w.findings(b)
	case f.Calls != nil:
		w.hierarchy(b, f.Calls, calls)
	case f.Impact != nil:
		w.impact(b)
	case f.Types != nil:
		w.hierarchy(b, f.Types, types)
	default:
		w.places(b)
	}

	w.family(b)
	w.doubts(b)
	if b.ProcessReward != nil {
		visible.Fprintln(&out, Reward(b.ProcessReward))
	}

	return out.String()
}

// head returns a bundle with the first n entries of each list of its facts and its ledger. It does not change the
// lists of b, which others may be reading.
func head(b *bundle.Bundle, n int) *bundle.Bundle {
	c := *b
	f, after := b.Facts.Head(n)
	c.Facts = &f
	c.Meta.Truncated += after
	if c.Meta.Truncated > 0 {
		next := api.CursorAt(b, b.From()+n)
		c.Meta.Cursor = &next
	}
	if l := b.Evidence.Ledger; l != nil {
		short := *l
		short.Uses, short.Relatives = l.Uses[:min(n, len(l.Uses))], l.Relatives[:min(n, len(l.Relatives))]
		c.Evidence.Ledger = &short
	}
	return &c
}

// places writes definitions, each with its place, or references and implementations, grouped. Definitions are few, and
// the reader goes there next, so that each has its column. The number in the heading is that of all pages.
func (w *compactor) places(b *bundle.Bundle) {
	f := b.Facts

	for _, list := range [][]bundle.Location{f.Definitions, f.Declarations, f.TypeDefinitions} {
		for _, l := range list {
			visible.Fprintf(w, "%s: %s\n", at(l.URI, l.Range), code(l.Text))
		}
	}
	n := len(f.Definitions) + len(f.Declarations) + len(f.TypeDefinitions)
	grouped, what, link := f.References, "reference", "to"
	if grouped == nil {
		grouped, what, link = f.Implementations, "implementation", "of"
	}
	if b.Evidence.State == bundle.SyntaxOnly {
		what, link = "candidate", "for references to"
	}
	if len(grouped) > 0 {
		visible.Fprintf(w, "%s%s\n", counted(len(grouped)+b.Meta.Truncated+b.From(), what), target(b, link))
		w.references(b, grouped)
	}
	w.note(n+len(grouped), b.Request.Cmd+" found")
}

// locations writes places grouped by file and declaration. Places on one line are written once, with their number.
func (w *compactor) locations(list []bundle.Location) {
	for i := 0; i < len(list); {
		n := run(list[i:], func(a, b bundle.Location) bool { return a.URI == b.URI && a.Container == b.Container })
		w.group(list[i : i+n])
		i += n
	}
}

// run returns the number of entries at the beginning of a list that are like the first one. The list is not empty.
func run[T any](list []T, alike func(a, b T) bool) int {
	n := 1
	for n < len(list) && alike(list[0], list[n]) {
		n++
	}
	return n
}

// group writes the places of one declaration, or of the part of a file that is outside of all declarations. A single
// line stands after the declaration's name, or alone if it contains the name.
func (w *compactor) group(list []bundle.Location) {
	isSame := func(a, b bundle.Location) bool {
		return a.Range[0] == b.Range[0] && w.alike(a, b)
	}
	container := list[0].Container
	w.file(list[0].URI, container)
	indent := "  "
	name := ""
	if container != "" {
		name = w.short(container)
	}
	switch isOne := run(list, isSame) == len(list); {
	case container == "" || isOne && isIn(name, list[0].Text):
	case isOne:
		indent += name + " "
	default:
		visible.Fprintf(w, "  %s\n", name)
		indent = "    "
	}

	for i := 0; i < len(list); {
		l, n := list[i], run(list[i:], isSame)
		mark := w.mark(l.Confirmed, l.Family)
		visible.Fprintf(w, "%s%d: %s%s%s\n", indent, l.Range[0]+1, code(l.Text), times(n), mark)
		i += n
	}
}

// times returns the remark on a line that contains several places, "" for one.
func times(n int) string {
	if n == 1 {
		return ""
	}
	return fmt.Sprintf("  (%d times)", n)
}

// maxCode is the number of characters of a line of code that are shown.
const maxCode = 160

// code returns a line of code without white space at its ends, and at most [maxCode] characters of it: a minified file
// is a single line.
func code(line string) visible.Code {
	line = strings.TrimSpace(line)
	n := 0
	for i := range line {
		if n == maxCode {
			return visible.Code(line[:i] + "…")
		}
		n++
	}
	return visible.Code(line)
}

// counted returns a number with a noun in the singular or plural.
func counted(n int, what string) string {
	if n != 1 {
		what += "s"
	}
	return fmt.Sprint(n, " ", what)
}

// target returns the symbol of the request as in " to SELECTOR", "" if it is unknown.
func target(b *bundle.Bundle, link string) string {
	if r := b.Resolution; r != nil && r.Resolved != nil && r.Resolved.Selector != "" {
		return " " + link + " " + visible.Encoded(r.Resolved.Selector)
	}
	return ""
}

// findings writes a check: its verdict, the findings grouped by file as "LINE:COL severity: message [source code]", the
// number of hints that are not listed, and what the check does not cover. Files that should have been checked
// and were not are among the reasons of the evidence, which doubts writes.
func (w *compactor) findings(b *bundle.Bundle) {
	if b.Evidence.Finished() {
		w.verdict(b)
	} else {
		visible.Fprintf(w, "not verified: the check did not finish (%s so far)\n",
			counted(len(b.Facts.Diagnostics)+b.Meta.Truncated, "finding"))
	}

	c := &Check{Bundle: b, FailOn: b.Request.FailOn()}
	listed := c.reported()
	for _, d := range listed {
		w.file(d.URI, "")
		code := rules(d)
		if d.BaselineState != "" {
			code += ", " + d.BaselineState
		}
		visible.Fprintf(w, "  %d:%d %s: %s [%s]\n",
			d.Range[0]+1, d.Range[1]+1, d.Severity, strings.Join(strings.Fields(d.Message), " "), code)
	}
	if n := len(b.Facts.Diagnostics) - len(listed); n > 0 {
		visible.Fprintf(w, "%s not shown; fail-on hint shows them\n", counted(n, hint))
	}
	for _, u := range c.uncovered() {
		visible.Fprintln(w, u.String())
	}
}

// verdict writes the first line of a check that finished: the verdict if it can be "clean" or is a comparison, and
// otherwise the number of findings, with those on other pages and those that were cut off.
func (w *compactor) verdict(b *bundle.Bundle) {
	if n := len(b.Facts.Diagnostics); n == 0 && b.From() == 0 || b.Facts.Compared != nil {
		visible.Fprintln(w, (&Check{Bundle: b}).Verdict())
	} else {
		visible.Fprintln(w, counted(n+b.Meta.Truncated+b.From(), "finding"))
	}
}
