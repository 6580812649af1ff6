package symbol

import (
	"context"

	"lanser/index"
	"lanser/index/syntax"
	"lanser/selectors/text"
	"lanser/server/catalogue"
	"lanser/server/ledger"
	"lanser/server/words"
)

// The argument of a generic function of TypeScript has a type of its own. In
//
//	function define<T extends Options>(o: T): T
//	define({ size: 1 })
//
// servers take size for a member of that type alone. It is a use of Options.size all the same: the call is wrong without
// it.

// maxBases bounds the types that are followed from the constraint of a type parameter to the symbol's.
const maxBases = 20

// byBounds answers for keys of objects that are given to generic functions and that the server takes for their own
// declaration: such a key means the member of the type that bounds the argument. answers are the definitions at the
// places; it replaces those of the keys that mean the symbol.
func (a *accounting) byBounds(ctx context.Context, at []ledger.Place, answers [][]ledger.Place) error {
	if a.sym.Lang != "ts" || !a.sym.Member || a.decl == nil || a.answer.names.withoutBounds {
		return nil
	}
	for i, p := range at {
		if len(answers[i]) != 1 || answers[i][0] != p {
			continue
		}
		call, ok := a.answer.names.callWith(a.sym, p)
		if !ok {
			continue
		}
		callees, err := a.definitions(ctx, ledger.Place{Path: p.Path, Span: call.Callee})
		if err != nil {
			return err
		}
		for _, callee := range callees {
			is, err := a.bounds(ctx, callee, call.Index)
			if err != nil {
				return err
			}
			if is {
				answers[i] = a.own[:1]
			}
		}
	}
	return nil
}

// callWith returns the call that is given an object of which a word is a key, if the symbol can be meant by one.
func (n *names) callWith(sym catalogue.Symbol, at ledger.Place) (c syntax.Call, ok bool) {
	if sym.Lang != "ts" || !sym.Member || n.withoutBounds {
		return syntax.Call{}, false
	}
	content, err := n.snap.Content(at.Path)
	if err != nil {
		return syntax.Call{}, false
	}
	c, ok = n.snap.CallsWith(at.Path, content.Slice(at.Span))[at.Span]
	return c, ok
}

// bounds reports whether the type that the symbol is a member of bounds an argument of a function.
func (a *accounting) bounds(ctx context.Context, function ledger.Place, argument int) (bool, error) {
	content, err := a.answer.Snap.Content(function.Path)
	if err != nil {
		return false, nil // it is a function of a library, which knows no types of the workspace
	}
	names, err := syntax.Bounds(ctx, function.Path, content.Bytes(), function.Span, argument)
	if err != nil {
		return false, nil // it is a doubt of its own that the file cannot be parsed
	}
	open := inFile(function.Path, names)
	seen := map[ledger.Place]bool{}
	for ; len(open) > 0 && len(seen) < maxBases; open = open[1:] {
		types, err := a.definitions(ctx, open[0])
		if err != nil {
			return false, err
		}
		for _, t := range types {
			if isOwnerAt(a.answer.Snap, a.decl, t) {
				return true, nil
			}
			if !seen[t] {
				seen[t] = true
				open = append(open, basesOf(ctx, a.answer.Snap, t)...)
			}
		}
	}
	return false, nil
}

// definitions asks the server for the definitions at a word that is not among those of the ledger.
func (a *accounting) definitions(ctx context.Context, at ledger.Place) ([]ledger.Place, error) {
	if known, ok := a.asides[at]; ok {
		return known, nil
	}
	found, _, err := a.answer.definer().define(ctx, a.s, []ledger.Place{at}, []ledger.Place{at})
	if err != nil {
		return nil, err
	}
	a.asides[at] = found[0]
	return found[0], nil
}

// basesOf returns the names of the types whose members a type has too; none for a type outside of the workspace.
func basesOf(ctx context.Context, snap *index.Snapshot, t ledger.Place) []ledger.Place {
	content, err := snap.Content(t.Path)
	if err != nil || words.DeclarationAt(snap, t) == nil {
		return nil
	}
	names, err := syntax.BasesOf(ctx, t.Path, content.Bytes(), t.Span)
	if err != nil {
		return nil
	}
	return inFile(t.Path, names)
}

// inFile returns spans of a file as places.
func inFile(path string, spans []text.Span) (out []ledger.Place) {
	for _, s := range spans {
		out = append(out, ledger.Place{Path: path, Span: s})
	}
	return out
}
