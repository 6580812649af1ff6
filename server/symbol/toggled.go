package symbol

import (
	"slices"

	"go.lsp.dev/protocol"

	"lanser/server/bundle"
	"lanser/server/ledger"
	"lanser/server/lsp"
	"lanser/server/trace"
	"lanser/server/words"
)

// OwnDeclaration returns the definition or declaration of a target that is the name of a declaration, where the server
// answers otherwise there. Asked at a definition, clangd names the declaration, and asked at a declaration, the
// definition, whichever of the two the question is about. At a full specialization it names the template, and at a pure
// virtual method also what overrides it. So
//
//   - a target that defines its symbol is the definition, and
//   - a target that only declares it is the declaration.
//
// Other answers are returned as they are. found are the server's locations, and named the same as places of names.
func (a *Answer) OwnDeclaration(
	s *lsp.Session, method string, found []bundle.Location, named []ledger.Place,
) []bundle.Location {
	d, isDefinition := a.Target.Decl, method == protocol.MethodTextDocumentDefinition
	isAsked := isDefinition || method == protocol.MethodTextDocumentDeclaration
	if !isAsked || d == nil || d.Alias || !s.Server().Toggles || !a.Format.Has(trace.OwnDeclarations) {
		return found
	}
	own := ledger.Place{Path: d.Path, Span: d.Name}
	defines := d.Main > 0 || d.Body.Len() > 0
	isOfName := func(p ledger.Place) bool {
		o := words.Named(a.Snap, p)
		return o == nil || o.Names[len(o.Names)-1] == d.Names[len(d.Names)-1]
	}
	isOther := defines != isDefinition && !slices.Contains(named, own) && slices.ContainsFunc(named, isOfName)
	if isOther || len(found) == 0 {
		return found
	}
	return []bundle.Location{a.LocationAt(own)}
}
