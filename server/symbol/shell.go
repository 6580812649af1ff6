package symbol

import (
	"slices"

	"lanser/server/bundle"
	"lanser/server/ledger"
	"lanser/server/lsp"
	"lanser/server/shell"
)

// shellSymbol returns the target as a symbol of the shell; nil if it is none. It is worked out once for each target.
func (a *Answer) shellSymbol() *shell.Symbol {
	if a.shell.target != a.Target {
		a.shell = shellTarget{target: a.Target}
		if !a.WithoutKeys {
			a.shell.symbol = shell.At(a.Snap, a.targetWord())
		}
	}
	return a.shell.symbol
}

// DefinitionsInShell corrects the locations of the target's definitions, whose names are given, by the rules of the
// shell.
func (a *Answer) DefinitionsInShell(found []bundle.Location, named []ledger.Place) []bundle.Location {
	sym := a.shellSymbol()
	if sym == nil || len(found) != len(named) {
		return found
	}
	out := []bundle.Location{}
	for _, p := range sym.Definitions(named) {
		if i := slices.Index(named, p); i >= 0 {
			out = append(out, found[i])
		} else {
			out = append(out, a.locationAt(p))
		}
	}
	return out
}

// shellReferences leaves out the references of a server that are none by the rules of the shell.
func (a *Answer) shellReferences(found []lsp.Location, placeOf func(lsp.Location) place) []lsp.Location {
	sym := a.shellSymbol()
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
