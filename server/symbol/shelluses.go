package symbol

import (
	"slices"

	"lanser/server/bundle"
	"lanser/server/ledger"
	"lanser/server/lsp"
)

// shellDefinitions corrects the definitions of the target by the rules of the shell: it leaves out those that are none,
// and where the server knows no other, takes those of the symbol's scripts by syntax.
func (a *Answer) shellDefinitions(named []ledger.Place) []ledger.Place {
	sym := a.shellSymbol()
	if sym == nil {
		return named
	}
	left := slices.DeleteFunc(slices.Clone(named), func(p ledger.Place) bool {
		use, _ := a.shellUse(sym, p)
		return a.Snap.Has(p.Path) && use != shellIs
	})
	if len(left) > 0 {
		return left
	}
	for _, p := range sym.homes {
		c, err := a.Snap.Content(p)
		if err != nil {
			continue
		}
		for _, w := range a.Snap.ShellWords(p) {
			at := ledger.Place{Path: p, Span: w.Span}
			if use, _ := a.shellUse(sym, at); use == shellIs && sym.shellDefines(c, w) {
				left = append(left, at)
			}
		}
	}
	if !sym.isFunction && len(left) > 1 {
		left = left[:1] // where a variable begins
	}
	return left
}

// DefinitionsInShell corrects the locations of the target's definitions, whose names are given, by [shellDefinitions].
func (a *Answer) DefinitionsInShell(found []bundle.Location, named []ledger.Place) []bundle.Location {
	if a.shellSymbol() == nil || len(found) != len(named) {
		return found
	}
	out := []bundle.Location{}
	for _, p := range a.shellDefinitions(named) {
		if i := slices.Index(named, p); i >= 0 {
			out = append(out, found[i])
		} else {
			out = append(out, a.locationAt(p))
		}
	}
	return out
}

// isShellUse reports whether a word is certainly the target by the rules of the shell.
func (a *Answer) isShellUse(at ledger.Place) bool {
	sym := a.shellSymbol()
	if sym == nil {
		return false
	}
	use, _ := a.shellUse(sym, at)
	return use == shellIs
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
		use, _ := a.shellUse(sym, p.Word())
		return use == shellNever || use == shellMay
	})
}
