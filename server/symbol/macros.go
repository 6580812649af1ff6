package symbol

import (
	"context"

	"lanser/index"
	"lanser/selectors/text"
	"lanser/server/catalogue"
	"lanser/server/ledger"
)

// maxExpanded bounds the macros that are followed from the expansions that a server names.
const maxExpanded = 200

// expandedMacros returns the macros of C at whose expansions the server has found the symbol, and the macros in their
// definitions.
func (n *names) expandedMacros(ctx context.Context, sym catalogue.Symbol, refs []ledger.Place) map[string]bool {
	if sym.Lang != "cpp" {
		return nil
	}
	own := map[string]bool{}
	for _, one := range n.list {
		own[one.occurrences.Word()] = true
	}
	var todo []string
	seen := map[string]bool{}
	add := func(word string) {
		if !own[word] && !seen[word] && len(seen) < maxExpanded {
			seen[word] = true
			todo = append(todo, word)
		}
	}
	for _, r := range refs {
		if c, err := n.snap.Content(r.Path); err == nil {
			add(index.WordAt(r.Path, c, r.Span.Start))
		}
	}
	macros := map[string]bool{}
	for ; len(todo) > 0; todo = todo[1:] {
		decls, _ := n.snap.Search(ctx, "cpp", todo[0])
		for i := range decls {
			d := &decls[i]
			c, err := n.snap.Content(d.Path)
			if err != nil || c.Slice(d.Name) != todo[0] {
				continue
			}
			for _, word := range catalogue.MacroWords(c, text.Span{Start: d.Name.Start, End: d.Name.End}) {
				macros[todo[0]] = true
				add(word)
			}
		}
	}
	return macros
}

// ofName returns the places that hold a name.
func (a *accounting) ofName(places []ledger.Place, name string) (out []ledger.Place) {
	for _, p := range places {
		c, err := a.answer.Snap.Content(p.Path)
		if err == nil && c.Slice(p.Span) == name {
			out = append(out, p)
		}
	}
	return out
}
