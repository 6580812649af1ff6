package symbol

import (
	"context"
	"fmt"
	"slices"

	"lanser/selectors"
	"lanser/server/bundle"
	"lanser/server/ledger"
	"lanser/server/lsp"
	"lanser/server/trace"
	"lanser/server/words"
)

// A function or class of TypeScript, JavaScript or Python may be called by the name of a variable that it is assigned
// to, which servers do not count among its calls:
//
//	D = api.Client
//	D()

// callsByVariables returns the calls of variables that nothing but the target is assigned to. uses are the target's. If
// something else is assigned to a variable too, and it is called, the answer is doubted.
func (a *Answer) callsByVariables(ctx context.Context, s *lsp.Session, uses []ledger.Place, seen map[ledger.Place]bool,
) (out []bundle.Edge, err error) {
	if lang, _ := a.Snap.Lang(a.Target.Path); lang != "ts" && lang != "py" || !a.Format.Has(trace.OtherCalls) {
		return nil, nil
	}
	for _, at := range uses {
		d, isOnly := words.HeldBy(a.Snap, at)
		if d == nil || len(seen) >= maxOtherNames {
			continue
		}
		name := ledger.Place{Path: d.Path, Span: d.Name}
		if seen[name] || slices.Contains(a.Own, name) {
			continue
		}
		seen[name] = true
		calls, err := a.callsOf(ctx, s, d, seen)
		if err != nil {
			return nil, err
		}
		if isOnly {
			out = append(out, calls...)
		} else if len(calls) > 0 {
			const why = "%s in %s, which is called, may be it or something else"
			a.Doubt(bundle.Partial, fmt.Sprintf(why, d.Names[len(d.Names)-1], d.Path))
		}
	}
	return out, nil
}

// callsOf returns the calls of a variable as calls of the target.
func (a *Answer) callsOf(ctx context.Context, s *lsp.Session, d *selectors.Decl, seen map[ledger.Place]bool,
) ([]bundle.Edge, error) {
	about := (&levels{answer: a, s: s, unseen: a.Unseen}).aboutDecl(d)
	if about == nil {
		return nil, nil
	}
	if hasName, err := about.openWith(ctx, s); err != nil || !hasName {
		return nil, err
	}
	calls, err := about.callsLeftOut(ctx, s, nil, seen)
	if err != nil {
		return nil, err
	}
	a.Absorb(&about.Finder)
	for i := range calls {
		calls[i].To, calls[i].Confirmed = a.edgeFrom(ledger.Place{Path: d.Path, Span: d.Name}).To, true
	}
	return calls, nil
}
