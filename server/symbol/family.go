package symbol

import (
	"context"
	"slices"

	"go.lsp.dev/protocol"

	"lanser/selectors"
	"lanser/server/ledger"
	"lanser/server/lsp"
	"lanser/server/words"
)

// maxAsRelatives bounds the declarations that are asked for their implementations.
const maxAsRelatives = 20

// relatives returns the declarations among candidates that are overrides of the target's member,
// that it overrides, or that it implements or is implemented by: by the server's own word where it
// has one, else because one's type names the other's in its header.
func (r *Reading) relatives(ctx context.Context, s *lsp.Session, decl *selectors.Decl, own, candidates []ledger.Place,
) (out []ledger.Place, err error) {
	isOwn := func(p ledger.Place) bool { return slices.Contains(own, p) }
	if s.Can("implementationProvider") && len(own) > 0 {
		found, err := r.locate(ctx, s, protocol.MethodTextDocumentImplementation, own[0])
		if err != nil {
			return nil, err
		}
		out = append(out, r.WordsAt(s, found)...)
	}
	var above []ledger.Place // members of interfaces, which the target may implement
	for _, c := range candidates {
		if isOwn(c) || slices.Contains(out, c) {
			continue
		}
		d := words.DeclarationAt(r.Snap, c)
		if d == nil || decl == nil || !words.IsMember(d) {
			continue
		}
		a, b := words.Owner(d), words.Owner(decl)
		if a == "" || b == "" {
			continue
		}
		if words.Extends(ctx, r.Snap, d, b) || words.Extends(ctx, r.Snap, decl, a) {
			out = append(out, c)
		} else if d.Kinds[len(d.Kinds)-2] == selectors.KindInterface {
			above = append(above, c)
		}
	}
	if !s.Can("implementationProvider") || s.Server().Remembers {
		return out, nil
	}
	for _, c := range above[:min(len(above), maxAsRelatives)] {
		if err := s.OpenAlso(ctx, r.Snap, []string{c.Path}); err != nil {
			return nil, err
		}
		found, err := r.locate(ctx, s, protocol.MethodTextDocumentImplementation, c)
		if err != nil {
			return nil, err
		}
		if slices.ContainsFunc(r.WordsAt(s, found), isOwn) {
			out = append(out, c)
		}
	}
	return out, nil
}
