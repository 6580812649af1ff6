package hierarchy

import (
	"context"
	"fmt"
	"slices"

	"go.lsp.dev/protocol"

	"lanser/selectors"
	"lanser/server/bundle"
	"lanser/server/ledger"
	"lanser/server/lsp"
	"lanser/server/mention"
	"lanser/server/symbol"
	"lanser/server/trace"
	"lanser/server/uses"
	"lanser/server/words"
)

// Implementations answers with the server's implementations, and with those that it left out: for a type the types
// whose headers name it, for a method of C++ its overrides in templates, and what other builds have. A server that
// names the direct ones alone is asked about each of these too.
func (a *Answer) Implementations(ctx context.Context, s *lsp.Session) (err error) {
	if !s.Can(a.Operation.Capability) {
		a.Facts("lsp").Implementations, err = a.implementationsByHeaders(ctx, s)
		return err
	}
	a.DoubtMatching(ctx, a.Target.Decl)
	a.doubtTypeSet(ctx)
	found, err := s.Locations(
		ctx,
		protocol.MethodTextDocumentImplementation,
		a.Target.Path,
		a.Target.Content,
		a.Target.At,
	)
	if err != nil {
		return a.wrongKind(err)
	}
	list, places := a.withoutImports(a.Reader(s).Locations(found))
	list, places = a.withoutApart(s, list, places)
	var below []ledger.Place
	if d := a.Target.Decl; d != nil && d.Kind.IsType() {
		types, err := a.typesThatName(ctx, s)
		if err != nil {
			return err
		}
		named := uses.WordsOf(places)
		types = slices.DeleteFunc(types, func(p ledger.Place) bool {
			isSame := func(keyword ledger.Place) bool { return words.IsSameClass(a.Snap, p, keyword) }
			return slices.ContainsFunc(named, isSame)
		})
		list = append(list, a.LocationsOf(uses.Missing(types, places))...)
		below = types
	}
	more, err := a.implementersInBuilds(ctx, s, places)
	if err != nil {
		return err
	}
	local, err := a.localImplementers(ctx, s, uses.WordsOf(places))
	if err != nil {
		return err
	}
	apart, err := a.implementersApart(ctx, s, places)
	if err != nil {
		return err
	}
	more = slices.Concat(more, local, apart)
	inImpls, err := a.membersInImpls(ctx, s)
	if err != nil {
		return err
	}
	more = append(more, inImpls...)
	fromBases, err := a.inheritedImplementations(ctx, s)
	if err != nil {
		return err
	}
	more = append(more, fromBases...)
	if s.Server().ImplementsDirectly {
		further, err := a.implementationsBelow(ctx, s, uses.WordsOf(places))
		if err != nil {
			return err
		}
		for _, p := range further {
			list = append(list, a.LocationAt(p))
		}
		below = append(below, further...)
	}
	list = append(list, a.LocationsOf(uses.Missing(more, places))...)
	byAlias, err := a.implementersByAlias(ctx, s, append(uses.WordsOf(places), below...))
	if err != nil {
		return err
	}
	list = append(list, a.LocationsOf(uses.Missing(byAlias, places))...)
	below = append(below, byAlias...)
	overrides := a.OverridesLeftOut(ctx, s.Server(), append(uses.WordsOf(places), more...))
	a.Facts("lsp").Implementations = append(list, a.LocationsOf(uses.Missing(overrides, nil))...)
	a.doubtPrototypes(ctx)
	a.doubtMixins(ctx, slices.Concat(uses.WordsOf(places), below, more, overrides), true)
	return a.doubtOwner(ctx, s)
}

// doubtOwner doubts an answer about what implements a member of TypeScript if there may be types below the member's
// that the server does not know: their headers name what an import brings that leads nowhere.
func (a *Answer) doubtOwner(ctx context.Context, s *lsp.Session) error {
	d := a.Target.Decl
	if d == nil || d.Lang != "ts" || !words.IsMember(d) || !a.Format.Has(trace.Unresolved) {
		return nil
	}
	owner := (&levels{answer: a, s: s, unseen: a.Unseen}).aboutOwner(d)
	if owner == nil {
		return nil
	}
	owner.LookForNames(ctx, s.Server())
	if _, err := owner.typesThatName(ctx, s); err != nil {
		return err
	}
	if l := owner.Bundle.Evidence.Ledger; l != nil && l.Possible > 0 {
		a.Absorb(&owner.Finder)
		return nil
	}
	a.Scope, a.Documents, a.Defined = owner.Scope, owner.Documents, owner.Defined
	return nil
}

// withoutImports leaves of implementations of a type those at which the type is imported or named by a path, as in
// import("./a").Svc: the native TypeScript server lists these too. places are those of list, one for each.
func (a *Answer) withoutImports(list []bundle.Location, places []uses.Place) (kept []bundle.Location, of []uses.Place) {
	d := a.Target.Decl
	if d == nil || d.Lang != "ts" || !d.Kind.IsType() || !a.Format.Has(trace.OtherNames) {
		return list, places
	}
	kept = []bundle.Location{}
	for i, p := range places {
		c, err := a.Snap.Content(p.Path)
		isName := err == nil && p.OK && c.Slice(p.Span) == d.Names[len(d.Names)-1]
		declares := !isName || words.DeclarationAt(a.Snap, p.Word()) != nil
		if err == nil && a.Format.Has(trace.OtherCalls) { // const K = require("./k"), and new this()
			declares = declares && c.Slice(p.Span) != "this" && !(p.OK && mention.RequiresModule(c, p.Span))
		}
		if declares {
			kept, of = append(kept, list[i]), append(of, p)
		}
	}
	return kept, of
}

// withoutApart leaves of implementations of Go those in files that the server loads apart from the target's: it names
// them if such a file is open for another question, and each is asked about (see [Answer.implementersApart]). It also
// leaves out the type error where a method of another name was asked about, which gopls names among those of types that
// are errors. places are those of list, one for each.
func (a *Answer) withoutApart(s *lsp.Session, list []bundle.Location, places []uses.Place,
) (kept []bundle.Location, of []uses.Place) {
	d := a.Target.Decl
	if d == nil || d.Lang != "go" || !a.Format.Has(trace.ApartInGo) {
		return list, places
	}
	kept = []bundle.Location{}
	isOther := d.Kind == selectors.KindMethod && d.Names[len(d.Names)-1] != "Error"
	for i, p := range places {
		isError := isOther && symbol.Builtin.MatchString(p.URI)
		if isError || p.Path != "" && a.IsApart(d, p.Path) && s.Server().Builds(a.Snap, p.Path) {
			continue
		}
		kept, of = append(kept, list[i]), append(of, p)
	}
	return kept, of
}

// implementationsBelow returns the implementations of implementations, to any depth: the server names those that derive
// from the target directly.
func (a *Answer) implementationsBelow(
	ctx context.Context, s *lsp.Session, direct []ledger.Place,
) (below []ledger.Place, err error) {
	seen := map[ledger.Place]bool{}
	for _, p := range direct {
		seen[p] = true
	}
	for todo := slices.Clone(direct); len(todo) > 0 && len(seen) < maxHierarchy; todo = todo[1:] {
		if err := s.OpenAlso(ctx, a.Snap, []string{todo[0].Path}); err != nil {
			return nil, err
		}
		found, err := a.Locate(ctx, s, protocol.MethodTextDocumentImplementation, todo[0])
		if err != nil {
			return nil, err
		}
		for _, p := range a.WordsAt(s, found) {
			if !seen[p] && a.Snap.Has(p.Path) {
				seen[p] = true
				below, todo = append(below, p), append(todo, p)
			}
		}
	}
	if len(seen) >= maxHierarchy {
		a.Doubt(bundle.Partial, fmt.Sprintf("there are more than %d implementations", maxHierarchy))
	}
	return below, nil
}
