package uses

import (
	"context"
	"slices"

	"lanser/index"
	"lanser/index/syntax"
	"lanser/selectors/text"
	"lanser/server/ledger"
	"lanser/server/project"
	"lanser/server/trace"
	"lanser/server/words"
)

// The argument of a generic function of TypeScript has a type of its own. In
//
//	function define<T extends Options>(o: T): T
//	define({ size: 1 })
//
// servers take size for a member of that type alone. It is a use of Options.size all the same: the call is wrong
// without it.

// maxBases bounds the types that are followed from the constraint of a type parameter to the symbol's.
const maxBases = 20

// byBounds answers for keys of objects that are given to generic functions and that the server takes for their own
// declaration: such a key means the member of the type that bounds the argument. answers are the definitions at the
// places; it replaces those of the keys that mean the symbol.
func (a *accounting) byBounds(ctx context.Context, at []ledger.Place, answers [][]ledger.Place) error {
	if a.sym.Lang != "ts" || !a.sym.Member || a.decl == nil || !a.answer.names.format.Has(trace.Bounds) {
		return nil
	}
	for i, p := range at {
		call, ok := a.answer.names.callWith(a.sym, p)
		isOther := func(q ledger.Place) bool { // in f({ key: 1 }, { key: 2 }) the definition of one may be the other
			_, isArgument := a.answer.names.callWith(a.sym, q)
			return !isArgument
		}
		if !ok || len(answers[i]) == 0 || slices.ContainsFunc(answers[i], isOther) {
			continue
		}
		callees, err := a.definitions(ctx, ledger.Place{Path: p.Path, Span: call.Callee})
		if err != nil {
			return err
		}
		for _, callee := range callees {
			is, err := a.bounds(ctx, callee, call)
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
func (n *names) callWith(sym project.Symbol, at ledger.Place) (c syntax.Call, ok bool) {
	if sym.Lang != "ts" || !sym.Member || !n.format.Has(trace.Bounds) {
		return syntax.Call{}, false
	}
	content, err := n.snap.Content(at.Path)
	if err != nil {
		return syntax.Call{}, false
	}
	c, ok = n.snap.CallsWith(at.Path, content.Slice(at.Span))[at.Span]
	return c, ok
}

// bounds reports whether a call of a function is bound by the type that the symbol is a member of, where the call tells
// of the symbol's key.
func (a *accounting) bounds(ctx context.Context, function ledger.Place, call syntax.Call) (bool, error) {
	content, err := a.answer.Snap.Content(function.Path)
	if err != nil {
		return false, nil // it is a function of a library, which knows no types of the workspace
	}
	names, err := syntax.Bounds(ctx, function.Path, content.Bytes(), function.Span, call.Index)
	if err != nil {
		return false, nil // it is a doubt of its own that the file cannot be parsed
	}
	types, err := a.typesAt(ctx, inFile(function.Path, names))
	for _, key := range call.Path {
		if err != nil {
			return false, err
		}
		types, err = a.typesAt(ctx, a.memberTypes(ctx, types, key))
	}
	isOwner := func(t ledger.Place) bool { return isOwnerAt(a.answer.Snap, a.decl, t) }
	return slices.ContainsFunc(types, isOwner), err
}

// typesAt returns the types that the names of types mean, with those whose members they have too.
func (a *accounting) typesAt(ctx context.Context, names []ledger.Place) (types []ledger.Place, err error) {
	for ; len(names) > 0 && len(types) < maxBases; names = names[1:] {
		found, err := a.definitions(ctx, names[0])
		if err != nil {
			return nil, err
		}
		for _, t := range found {
			if !slices.Contains(types, t) {
				types = append(types, t)
				names = append(names, typesIn(ctx, a.answer.Snap, t, syntax.BasesOf)...)
			}
		}
	}
	return types, nil
}

// memberTypes returns the names of the types of the members that some types have under a name.
func (a *accounting) memberTypes(ctx context.Context, types []ledger.Place, name string) (names []ledger.Place) {
	for _, t := range types {
		owner := words.DeclarationAt(a.answer.Snap, t)
		if owner == nil {
			continue
		}
		for _, d := range a.answer.Snap.FileDecls(t.Path) {
			n := len(d.Names) - 1
			if n == len(owner.Names) && d.Names[n] == name && slices.Equal(d.Names[:n], owner.Names) {
				member := ledger.Place{Path: d.Path, Span: d.Name}
				names = append(names, typesIn(ctx, a.answer.Snap, member, syntax.TypesOf)...)
			}
		}
	}
	return names
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

// typesIn returns the names of types that read finds for a declaration; none for one outside of the workspace.
func typesIn(ctx context.Context, snap *index.Snapshot, d ledger.Place,
	read func(ctx context.Context, file string, src []byte, name text.Span) ([]text.Span, error),
) []ledger.Place {
	content, err := snap.Content(d.Path)
	if err != nil || words.DeclarationAt(snap, d) == nil {
		return nil
	}
	names, err := read(ctx, d.Path, content.Bytes(), d.Span)
	if err != nil {
		return nil
	}
	return inFile(d.Path, names)
}

// inFile returns spans of a file as places.
func inFile(path string, spans []text.Span) (out []ledger.Place) {
	for _, s := range spans {
		out = append(out, ledger.Place{Path: path, Span: s})
	}
	return out
}
