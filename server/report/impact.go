package report

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"lanser/selectors/visible"
	"lanser/server/bundle"
)

// affectedSymbol is a symbol with all the ways in which a change affects it.
type affectedSymbol struct {
	related
	hows []string
}

// impact writes each affected symbol once, with how it is affected: first those of the code, then those of tests,
// because code has to be changed and tests have to be run. The first title that is written says what the change is
// about, whichever of the two parts it belongs to. For a change of several symbols, each affected one says by way of
// which of them.
func (w *compactor) impact(b *bundle.Bundle) {
	list := b.Facts.Impact
	of, several := target(b, "of"), b.Facts.Changes != nil
	if several {
		of = w.changes(b)
	}
	w.note(len(list), "users found that a change could break")
	isFirst := true
	title := func(n int, isTest bool) string {
		defer func() { isFirst = false }()
		if !isFirst {
			return fmt.Sprintf("in tests: %d", n)
		}
		where := ""
		if isTest {
			where = " in tests"
		}
		return visible.Sprintf("%d affected by a change%s%s", n, of, where)
	}
	for _, isTest := range []bool{false, true} {
		found := affectedSymbols(list, isTest)
		if len(found) == 0 {
			continue
		}
		members := make([]*related, len(found))
		for i, f := range found {
			members[i] = &f.related
		}
		if isTest && len(found) > maxListedUsers {
			byFile := ", by file"
			if len(found) > maxNamedByFile {
				byFile += " (--format grep lists them)"
			}
			visible.Fprintf(w, "%s%s\n", title(len(found), isTest), byFile)
			w.filesOf(members)
			continue
		}
		isBrief := false
		if several {
			visible.Fprintf(w, "%s, by way of what follows ->", title(len(found), isTest))
		} else {
			var further string
			var near int
			near, further, isBrief = w.distances(members, true)
			visible.Fprintf(w, "%s%s", title(near, isTest), further)
		}
		visible.Fprintln(w, "")
		for _, f := range found {
			f.note, f.named = strings.Join(f.hows, ", "), several
		}
		w.sections(members, true, isBrief)
	}
}

// maxNamedByFile is the number of symbols in a list by file up to which each is named.
const maxNamedByFile = 200

// filesOf writes the files of many symbols with the names of those in each, by which tests are run, or with their
// number if they are very many.
func (w *compactor) filesOf(list []*related) {
	w.restart()
	isNamed := len(list) <= maxNamedByFile
	for len(list) > 0 {
		n := run(list, func(a, b *related) bool { return a.symbol.URI == b.symbol.URI })
		what := fmt.Sprint(n)
		if isNamed {
			what = namesOf(list[:n])
		}
		visible.Fprintf(w, "  %s: %s\n", heading(unescaped(list[0].symbol.URI)), visible.Code(what))
		list = list[n:]
	}
}

// namesOf returns the name paths of symbols, in order of line: "TestA, Suite.TestB, (top level)".
func namesOf(list []*related) string {
	var names []string
	for _, r := range list {
		name := lastNames(r.symbol)
		if isTopLevel(r.symbol) {
			name = topLevel
		}
		if !slices.Contains(names, name) {
			names = append(names, name)
		}
	}
	return strings.Join(names, ", ")
}

// maxListedNames is the number of symbols up to which a line names all of them.
const maxListedNames = 4

// changes writes what a patch changes, and returns the words for it after "a change". For symbols that the request
// names there is no list, since the reader has named them. A file that a patch changes outside of all declarations is a
// line of its own.
func (w *compactor) changes(b *bundle.Bundle) (of string) {
	var named []string
	byPatch := false
	for _, c := range b.Facts.Changes {
		byPatch = byPatch || c.How != ""
		named = append(named, lastNames(c.Symbol))
	}
	if !byPatch {
		if len(named) > maxListedNames {
			return fmt.Sprintf(" of %d symbols", len(named))
		}
		return " of " + strings.Join(named, ", ")
	}
	visible.Fprintln(w, "the patch changes:")
	w.restart()
	for _, c := range b.Facts.Changes {
		if c.How == bundle.ChangedFile {
			visible.Fprintf(w, "%s\n", heading(unescaped(c.Symbol.URI)))
			w.restart()
			continue
		}
		w.related(&related{symbol: c.Symbol, depth: 1, note: c.How}, true)
	}
	return ""
}

// affectedSymbols returns the symbols of tests, or all others, in order of file and line. The depth of a symbol is the
// least of its ways. How it is affected is only named next to the change, and not for a call, which most are.
func affectedSymbols(list []bundle.Affected, isTest bool) []*affectedSymbol {
	byKey := map[string]*affectedSymbol{}
	var out []*affectedSymbol
	for _, a := range list {
		if a.Test != isTest {
			continue
		}
		key := symbolKey(a.Symbol)
		if isTopLevel(a.Symbol) {
			key = a.Symbol.URI // each use outside of all declarations has a symbol of its own
		}
		f := byKey[key]
		if f == nil {
			f = &affectedSymbol{related: related{symbol: a.Symbol, depth: a.Depth}}
			byKey[key] = f
			out = append(out, f)
		}
		f.depth = min(f.depth, a.Depth)
		f.edges = append(f.edges, bundle.Edge{
			From: a.Symbol, To: bundle.Symbol{Selector: a.Of}, Depth: a.Depth, Ranges: a.Sites,
			Confirmed: a.Confirmed, Family: a.Family,
		})
		if a.Depth == 1 && a.How != bundle.Calls && !slices.Contains(f.hows, a.How) {
			f.hows = append(f.hows, a.How)
		}
	}
	slices.SortStableFunc(out, func(a, b *affectedSymbol) int {
		return cmp.Or(cmp.Compare(a.symbol.URI, b.symbol.URI), a.symbol.SelectionRange.Compare(b.symbol.SelectionRange))
	})
	return out
}

// changes writes a line "path:line:col: SYMBOL changes HOW" for each declaration that a patch changes.
func (p printer) changes(list []bundle.Change) {
	for _, c := range list {
		how := c.How
		if how == "" {
			how = "named"
		}
		visible.Fprintf(p.out, "%s: %s changes (%s)\n", at(c.Symbol.URI, c.Symbol.SelectionRange), named(c.Symbol), how)
	}
}

// affected writes a line "path:line:col: SYMBOL HOW OF" for each use.
func (p printer) affected(list []bundle.Affected) {
	for _, a := range list {
		for _, site := range a.Sites {
			depth := ""
			if a.Depth > 1 {
				depth = fmt.Sprintf(" (depth %d)", a.Depth)
			}
			visible.Fprintf(p.out, "%s: %s %s %s%s%s\n", at(a.Symbol.URI, site), named(a.Symbol), a.How,
				visible.Address(a.Of), depth, mark(a.Confirmed, a.Family))
		}
	}
	p.note(len(list), "users found that a change could break")
}
