package report

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"lanser/selectors"
	"lanser/selectors/visible"
	"lanser/server/bundle"
)

// affectedSymbol is a symbol with all the ways in which a change affects it.
type affectedSymbol struct {
	related
	hows []string
}

// impact writes each affected symbol once, with how it is affected: first those of the code, then those of tests.
func (w *compactor) impact(b *bundle.Bundle) {
	list := b.Facts.Impact
	w.note(len(list), "users found that a change could break")
	for _, isTest := range []bool{false, true} {
		found := affectedSymbols(list, isTest)
		if len(found) == 0 {
			continue
		}
		near := 0
		for _, f := range found {
			if f.depth == 1 {
				near++
			}
		}
		where := ""
		if isTest {
			where = " in tests"
		}
		visible.Fprintf(w, "%d affected by a change%s%s", near, target(b, "of"), where)
		if far := len(found) - near; far > 0 {
			visible.Fprintf(w, ", and %d further away, by way of what follows ->", far)
		}
		visible.Fprintln(w, "")
		w.restart()
		for _, f := range found {
			f.note = strings.Join(f.hows, ", ")
			w.related(&f.related, true)
		}
	}
}

// affectedSymbols returns the symbols of tests, or all others, in order of file and line.
func affectedSymbols(list []bundle.Affected, isTest bool) []*affectedSymbol {
	byKey := map[string]*affectedSymbol{}
	var out []*affectedSymbol
	for _, a := range list {
		if a.Test != isTest {
			continue
		}
		key := symbolKey(a.Symbol)
		if a.Symbol.Kind == selectors.KindModule {
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
