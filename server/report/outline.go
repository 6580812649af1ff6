package report

import (
	"fmt"
	"strings"

	"lanser/selectors"
	"lanser/server/bundle"
)

// outlined returns the symbols of an outline that its text lists, and how many others there are of which
// kind. Parameters and variables of functions are left out, and so are imports in a file that has anything else: they
// are most of some outlines, and nobody looks for them there. Where the request asks for a kind or a depth, and in a
// search, all are listed.
func outlined(b *bundle.Bundle) (listed []bundle.Symbol, left string) {
	o := b.Request.Options
	if b.Request.Query != "" || o["kind"] != nil || o["depth"] != nil {
		return b.Facts.Symbols, ""
	}
	declares := map[string]bool{}
	for _, s := range b.Facts.Symbols {
		declares[s.URI] = declares[s.URI] || !s.Import
	}
	function, hidden := map[string]bool{}, map[string]bool{} // selectors
	locals, imports := 0, 0
	for _, s := range b.Facts.Symbols {
		isVariable := s.Kind == selectors.KindVar || s.Kind == selectors.KindConst
		isLocal := hidden[s.Container] || function[s.Container] && isVariable
		switch {
		case s.Import && declares[s.URI]:
			imports++
		case isLocal:
			locals++
		default:
			function[s.Selector] = s.Kind == selectors.KindDef || s.Kind == selectors.KindMethod
			listed = append(listed, s)
			continue
		}
		hidden[s.Selector] = true
	}
	var counts []string
	for _, c := range []struct {
		n    int
		what string
	}{{locals, "parameters and variables of functions"}, {imports, "imports"}} {
		if c.n > 0 {
			counts = append(counts, fmt.Sprintf("%s (%d)", c.what, c.n))
		}
	}
	return listed, strings.Join(counts, ", ")
}
