package uses

import (
	"context"
	"slices"

	"lanser/index"
	"lanser/selectors/text"
	"lanser/server/ledger"
	"lanser/server/mention"
	"lanser/server/project"
	"lanser/server/trace"
)

// clangd knows no words in the body of a macro of C, and names the places where the macro is expanded. With
//
//	#define RESET(p) do { clear(p); } while (0)
//	void f(T *t) { RESET(t); }
//
// the references of clear have the word RESET in f, and not the word clear. For the ledger the word in the body is then
// a use that is accounted for: the server has named an expansion. Where it has named none, the body is a possible use,
// unless the server knows all expansions and none of them is the symbol.

// maxExpanded bounds the macros that are followed from the expansions that a server names.
const maxExpanded = 200

// expandedMacros returns the macros of C at whose expansions the server has found the symbol, and the macros in their
// definitions: of the references refs, those at a word that is none of the symbol's names. A macro may expand others,
// so that the words of each body are looked at in turn, maxExpanded in all.
func (n *names) expandedMacros(ctx context.Context, sym project.Symbol, refs []ledger.Place) map[string]bool {
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
			for _, word := range mention.MacroWords(c, text.Span{Start: d.Name.Start, End: d.Name.End}) {
				macros[todo[0]] = true
				add(word)
			}
		}
	}
	return macros
}

// maxExpansions bounds the places of a macro that the server is asked about. With more, nothing is known of the macro.
const maxExpansions = 200

// isUnusedIn reports whether a macro of C uses another symbol wherever it is expanded: it has one definition, the
// server knows all places that name it, and has named none of them as a use of the symbol. What a template of C++
// expands is not known before it is instantiated, and clangd does not name where a macro expands another one.
func (a *accounting) isUnusedIn(ctx context.Context, macro string) bool {
	if slices.ContainsFunc(a.own, func(p ledger.Place) bool { return isInMacro(a.answer.Snap, p) }) {
		return false
	}
	if known, ok := a.unused[macro]; ok {
		return known
	}
	a.unused[macro] = false // until it is known: a macro may name itself
	a.unused[macro] = a.answer.Format.Has(trace.Imports) && a.knowsExpansions(ctx, macro)
	return a.unused[macro]
}

// isInMacro reports whether a place is in the definition of a macro.
func isInMacro(snap *index.Snapshot, p ledger.Place) bool {
	c, err := snap.Content(p.Path)
	return err == nil && mention.MacroAround(c, p.Span) != ""
}

// knowsExpansions is [accounting.isUnusedIn] without memory. Of the words of the macro's name in code, one is its
// definition, and those in other macros are judged by these. At each of the others the server must answer with the
// definition: it then has expanded the macro there, and would have named the symbol.
func (a *accounting) knowsExpansions(ctx context.Context, macro string) bool {
	snap := a.answer.Snap
	hits, _ := snap.Hits(ctx, snap.Occurrences(ctx, macro), nil)
	var expansions []ledger.Place
	var definition ledger.Place
	for _, h := range hits {
		c, err := snap.Content(h.Path)
		if err != nil || !h.InCode() || isProse(snap, a.answer.Format, h.Path) {
			continue
		}
		at := ledger.Place{Path: h.Path, Span: h.Span}
		switch around := mention.MacroAround(c, h.Span); {
		case around == macro && mention.MacroWords(c, h.Span) != nil:
			if definition.Path != "" {
				return false
			}
			definition = at
		case around == macro, mention.IsConditional(c, h.Span):
		case around != "":
			if !a.isUnusedIn(ctx, around) {
				return false
			}
		default:
			uses, why := mention.UsesIn(a.s.Server(), snap, a.sym, h.Path)
			if uses == mention.CannotUse {
				continue
			}
			if why != "" || !mention.IsPlainC(snap, h.Path) || slices.Contains(a.refs, at) {
				return false
			}
			expansions = append(expansions, at)
		}
	}
	if definition.Path == "" || len(expansions) == 0 || len(expansions) > maxExpansions {
		return false
	}
	found, err := a.define(ctx, expansions)
	return err == nil && !slices.ContainsFunc(found, func(answer []ledger.Place) bool {
		return !slices.Contains(answer, definition)
	})
}

// ofName returns the places that hold a name.
func ofName(snap *index.Snapshot, places []ledger.Place, name string) (out []ledger.Place) {
	for _, p := range places {
		c, err := snap.Content(p.Path)
		if err == nil && c.Slice(p.Span) == name {
			out = append(out, p)
		}
	}
	return out
}
