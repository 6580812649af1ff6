package uses

import (
	"context"
	"maps"
	"slices"
	"strings"

	"go.lsp.dev/protocol"

	"lanser/selectors"
	"lanser/server/bundle"
	"lanser/server/catalogue"
	"lanser/server/ledger"
	"lanser/server/lsp"
	"lanser/server/pool"
	"lanser/server/trace"
	"lanser/server/words"
)

// relativesInBuilds returns the methods of Go among candidates that implement the target's method, or that it
// implements, in files that only builds with other tags have: gopls loads one build, and is asked in a session of each
// of these. A build that cannot be asked is a doubt.
func (r *Reading) relativesInBuilds(ctx context.Context, s *lsp.Session, decl *selectors.Decl,
	own, candidates []ledger.Place,
) (out []ledger.Place, err error) {
	isMethod := decl != nil && decl.Lang == "go" && decl.Kind == selectors.KindMethod
	if !isMethod || len(own) == 0 || !r.Format.Has(trace.FamilyInBuilds) {
		return nil, nil
	}
	groups := map[*catalogue.Server][]ledger.Place{}
	for _, c := range candidates {
		d := words.DeclarationAt(r.Snap, c)
		if d == nil || d.Lang != "go" || d.Kind != selectors.KindMethod || isOfInterface(d) == isOfInterface(decl) {
			continue
		}
		if other := r.InBuildOf(s.Server(), c.Path); other != nil {
			groups[other] = append(groups[other], c)
		}
	}
	builds := slices.SortedFunc(maps.Keys(groups), func(x, y *catalogue.Server) int {
		return strings.Compare(x.Build.String(), y.Build.String())
	})
	var left []string
	for i, srv := range builds {
		if i >= MaxBuilds {
			left = append(left, srv.Build.String())
			continue
		}
		found, err := r.implementationsInTurn(ctx, srv, own[0])
		if ctx.Err() != nil {
			return nil, err
		}
		if err != nil {
			left = append(left, srv.Build.String())
			continue
		}
		for _, c := range groups[srv] {
			if slices.Contains(found, c) {
				out = append(out, c)
			}
		}
	}
	if len(left) > 0 {
		r.Doubt(bundle.Partial, "overrides in the build "+left[0]+" cannot be asked about")
	}
	return out, nil
}

// implementationsInTurn asks for the implementations of the declaration at a place in a session of its own.
func (r *Reading) implementationsInTurn(ctx context.Context, srv *catalogue.Server, at ledger.Place,
) (found []ledger.Place, err error) {
	view := pool.View{Snap: r.Snap, Disk: r.Disk, Hypothetical: r.Request.Options.Hypothetical()}
	turn, err := r.Pool.Turn(ctx, srv, view)
	if err != nil {
		return nil, err
	}
	defer turn.Done(&err)
	leased, err := turn.Session(ctx, []string{at.Path})
	if err != nil {
		return nil, err
	}
	named, err := r.Locate(ctx, leased.Session, protocol.MethodTextDocumentImplementation, at)
	return r.WordsAt(leased.Session, named), err
}
