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

// callsByVariables returns the calls of variables that nothing but the target is assigned to, without those that are
// known. found are the target's uses. If something else is assigned to a variable too, and it is called, the answer is
// doubted.
func (a *Answer) callsByVariables(ctx context.Context, s *lsp.Session, found []ledger.Place, known []bundle.Edge,
	seen map[ledger.Place]bool,
) (out []bundle.Edge, err error) {
	if lang, _ := a.Snap.Lang(a.Target.Path); lang != "ts" && lang != "py" || !a.Format.Has(trace.OtherCalls) {
		return nil, nil
	}
	for _, at := range found {
		held, ok := words.HeldBy(a.Snap, at)
		if !ok || len(seen) >= maxOtherNames || seen[held.Name] || slices.Contains(a.Own, held.Name) {
			continue
		}
		seen[held.Name] = true
		calls, err := a.callsOf(ctx, s, held, seen)
		if err != nil {
			return nil, err
		}
		calls = slices.DeleteFunc(calls, func(call bundle.Edge) bool {
			isSame := func(k bundle.Edge) bool { return isSameCall(k, call) }
			return slices.ContainsFunc(known, isSame) || slices.ContainsFunc(out, isSame)
		})
		if held.Only {
			out = append(out, calls...)
		} else if len(calls) > 0 {
			const why = "%s in %s, which is called, may be it or something else"
			a.Doubt(bundle.Partial, fmt.Sprintf(why, a.word(held.Name), held.Name.Path))
		}
	}
	return out, nil
}

// word returns the text at a place of the workspace, "" if its file cannot be read.
func (a *Answer) word(at ledger.Place) string {
	c, err := a.Snap.Content(at.Path)
	if err != nil {
		return ""
	}
	return c.Slice(at.Span)
}

// callsOf returns the calls of a variable as calls of the target; none of a word that is no variable after all, as its
// definition is another place.
func (a *Answer) callsOf(ctx context.Context, s *lsp.Session, held words.Held, seen map[ledger.Place]bool,
) ([]bundle.Edge, error) {
	c, err := a.Snap.Content(held.Name.Path)
	if err != nil {
		return nil, nil // it was read when the use was found
	}
	about := (&levels{answer: a, s: s, unseen: a.Unseen}).aboutTarget(&selectors.Target{
		Path: held.Name.Path, Content: c, Span: held.Name.Span, At: held.Name.Span.Start, Decl: held.Decl,
	})
	if held.Decl == nil {
		means, err := about.DefinitionsAt(ctx, s, []ledger.Place{held.Name})
		if err != nil || !slices.Contains(means[0], held.Name) {
			return nil, err
		}
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
		calls[i].To, calls[i].Confirmed = a.edgeFrom(held.Name).To, true
	}
	return calls, nil
}
