package symbol

import (
	"slices"

	"lanser/server/bundle"
	"lanser/server/ledger"
	"lanser/server/lsp"
	"lanser/server/shell"
	"lanser/server/uses"
)

// bash-language-server takes every equal word of the workspace for one symbol. For scripts the list of the server is
// corrected by package shell.

// DefinitionsInShell corrects the locations of the target's definitions, whose names are given, by the rules of the
// shell. named are the same locations as places of names, one for each. The range becomes that of the name, and what
// the server named is the full range.
func (a *Answer) DefinitionsInShell(found []bundle.Location, named []ledger.Place) []bundle.Location {
	sym := a.ShellSymbol()
	if sym == nil || len(found) != len(named) {
		return found
	}
	out := []bundle.Location{}
	for _, p := range sym.Definitions(named) {
		i := slices.Index(named, p)
		switch {
		case i < 0:
			out = append(out, a.LocationAt(p))
		case a.Snap.Has(p.Path): // the server names the whole definition of a function
			at := a.LocationAt(p)
			if at.Range != found[i].Range {
				at.FullRange = &found[i].Range
			}
			out = append(out, at)
		default:
			out = append(out, found[i])
		}
	}
	return out
}

// shellReferences leaves out the references of a server that are none by the rules of the shell.
func (a *Answer) shellReferences(found []lsp.Location, placeOf func(lsp.Location) uses.Place) []lsp.Location {
	sym := a.ShellSymbol()
	if sym == nil {
		return found
	}
	return slices.DeleteFunc(found, func(l lsp.Location) bool {
		p := placeOf(l)
		if p.Path == "" || !p.OK {
			return false
		}
		use, _ := sym.Use(p.Word())
		return use == shell.Never || use == shell.May
	})
}
