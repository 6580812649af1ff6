package hierarchy

import (
	"context"
	"fmt"
	"slices"

	"go.lsp.dev/protocol"

	"lanser/selectors"
	"lanser/selectors/text"
	"lanser/server/bundle"
	"lanser/server/ledger"
	"lanser/server/lsp"
	"lanser/server/trace"
	"lanser/server/words"
)

// This file answers who derives from a type, and what implements or overrides one of its members, where the
// server has references and definitions but no hierarchy of types, and types name their bases in their
// headers ([catalogue.Server.BasesInHeaders]). Upward, the server is asked for the definition at each word of a header
// that may be a base. Downward, the words of a type's name are accounted for, and those in headers of other types
// make these its subtypes; "class B(A)" of Python has A in the header of B. What implements a member is then the member
// of the same name in each subtype.

// ByHeaders reports whether the operation can be answered from the headers of types by a server that does not offer it,
// or, for calls, from the words of shell scripts.
func (a *Answer) ByHeaders(s *lsp.Session) bool {
	if a.Operation.Name == "calls" {
		return a.callsByWords(s)
	}
	return a.FromHeaders && s.Server().BasesInHeaders && s.Can("referencesProvider") && s.Can("definitionProvider")
}

// typesByHeaders fills the answer with the types above and below the target, to the depth of the request, 1 by default.
// What was found before an error stays in the facts.
func (a *Answer) typesByHeaders(ctx context.Context, s *lsp.Session, ways []way) error {
	f, depth := a.Facts("lsp"), max(a.Request.Options.Depth, 1)
	for _, w := range ways {
		var found []bundle.Edge
		var err error
		if w.back {
			found, err = a.subtypes(ctx, s, depth)
		} else {
			found, err = a.supertypes(ctx, s, depth)
		}
		f.Types = append(f.Types, found...)
		if err != nil {
			return err
		}
	}
	return nil
}

// subtypes returns the edges to a type, the answer's target, from the types whose headers name it, to a depth: nearest
// first. Each type is followed once, so that cycles end. Edges are not marked as confirmed, as there is no list of the
// server that they could be missing from.
func (a *Answer) subtypes(ctx context.Context, s *lsp.Session, depth int) ([]bundle.Edge, error) {
	l := &levels{answer: a, s: s, more: (*Answer).confirmedSubtypes}
	list := []bundle.Edge{}
	seen := map[string]bool{}
	level := []*Answer{a}
	for d := 1; d <= depth && len(level) > 0; d++ {
		var next []*Answer
		for _, about := range level {
			decl := about.Target.Decl
			if !a.Format.Has(trace.Bounds) && decl != nil && decl.Lang == "py" && words.IsMatched(a.Snap, decl) {
				a.DoubtProtocol(decl)
			}
			a.DoubtMatching(ctx, decl)
			edges, err := l.account(ctx, about, nil)
			if err != nil {
				return list, err
			}
			for _, edge := range edges {
				edge.Depth, edge.Confirmed = d, false
				list = append(list, edge)
				if below := l.aboutType(edge.From); below != nil && !seen[edge.From.Selector] {
					seen[edge.From.Selector] = true
					next = append(next, below)
				}
			}
		}
		level = next
	}
	_, err := l.end(ctx)
	return list, err
}

// aboutType returns an empty answer about a type that an edge names, nil for one that is no declaration of the
// workspace.
func (l *levels) aboutType(sym bundle.Symbol) *Answer {
	p := selectors.UnescapePath(sym.URI)
	decls := l.answer.Snap.FileDecls(p)
	for i := range decls {
		if hasSelector(&decls[i], sym.Selector) {
			return l.aboutDecl(&decls[i])
		}
	}
	return nil
}

// supertypes returns the edges from a type, the answer's target, to the types that its header names, to a depth:
// nearest first; none for what is no type. Types of libraries end the way up, as the index does not list their
// declarations.
func (a *Answer) supertypes(ctx context.Context, s *lsp.Session, depth int) ([]bundle.Edge, error) {
	list := []bundle.Edge{}
	if a.Target.Decl == nil || !a.Target.Decl.Kind.IsType() {
		return list, nil
	}
	seen := map[string]bool{}
	level := []selectors.Decl{*a.Target.Decl}
	for d := 1; d <= depth && len(level) > 0; d++ {
		var next []selectors.Decl
		for i := range level {
			edges, above, err := a.basesOf(ctx, s, &level[i])
			if err != nil {
				return list, err
			}
			for _, edge := range edges {
				edge.Depth = d
				list = append(list, edge)
			}
			for _, base := range above {
				if key := base.Selector().String(); !seen[key] {
					seen[key] = true
					next = append(next, base)
				}
			}
		}
		level = next
	}
	return list, nil
}

// basesOf returns the edges to the types that a type's header names, in order of the words, and their declarations in
// the workspace. What the index knows to be no type, such as a function that returns a class, is left out.
func (a *Answer) basesOf(ctx context.Context, s *lsp.Session, d *selectors.Decl,
) (edges []bundle.Edge, above []selectors.Decl, err error) {
	c, err := a.Snap.Content(d.Path)
	if err != nil {
		return nil, nil, nil // it was read when the declaration was found
	}
	from := a.Symbol(*d, c)
	for at := words.Header(d).Start; at < words.Header(d).End; {
		n := text.WordLen(c.Bytes()[at:words.Header(d).End], "")
		w := ledger.Place{Path: d.Path, Span: text.Span{Start: at, End: at + n}}
		at += max(n, 1)
		if n == 0 || !words.IsBase(d, c, w.Span) || slices.Contains(words.TemplateParameters(d, c), c.Slice(w.Span)) {
			continue
		}
		if err := s.OpenAlso(ctx, a.Snap, a.ToOpen(s.Server(), []ledger.Place{w})); err != nil {
			return nil, nil, err
		}
		found, err := a.Locate(ctx, s, protocol.MethodTextDocumentDefinition, w)
		if err != nil {
			return nil, nil, err
		}
		if len(found) > 0 {
			a.doubtCall(d, w)
		}
		for _, l := range found {
			item := lsp.Item{Name: c.Slice(w.Span), URI: l.URI, Range: l.Range, SelectionRange: l.Range}
			item.Kind = int(protocol.SymbolKindClass)
			to := a.Reader(s).Symbol(item)
			if !to.Kind.IsType() {
				continue
			}
			edges = append(edges, bundle.Edge{From: from, To: to})
			if base := words.Named(a.Snap, a.Reader(s).Place(l.URI, l.Range).Word()); base != nil {
				above = append(above, *base)
			}
		}
	}
	return edges, above, nil
}

// doubtCall doubts an answer about a word in the header of a type that is an argument of a call.
func (a *Answer) doubtCall(d *selectors.Decl, w ledger.Place) {
	if c, err := a.Snap.Content(w.Path); err == nil && words.InCall(d, c, w.Span) {
		const why = "%s is an argument of a call in the header of %s: its base is what the call returns"
		a.Doubt(bundle.Partial, fmt.Sprintf(why, c.Slice(w.Span), d.Names[len(d.Names)-1]))
	}
}

// implementationsByHeaders returns what derives from the target: all types below it, or the members of its name in the
// types below that of the target. For a member the words that are accounted for are those of its type's name.
func (a *Answer) implementationsByHeaders(ctx context.Context, s *lsp.Session,
) (out []bundle.Location, err error) {
	d := a.Target.Decl
	if d == nil || !d.Kind.IsType() && !words.IsMember(d) {
		return nil, nil
	}
	owner := a
	if !d.Kind.IsType() {
		owner = (&levels{answer: a, s: s, unseen: a.Unseen}).aboutOwner(d)
		if owner == nil {
			return nil, nil
		}
		owner.LookForNames(ctx, s.Server())
	}
	edges, err := owner.subtypes(ctx, s, maxHierarchy)
	if err != nil {
		return nil, err
	}
	if owner != a {
		a.Absorb(&owner.Finder)
		a.Unseen = owner.Unseen // the words of the member do not matter
	}
	seen, name := map[string]bool{}, d.Names[len(d.Names)-1:]
	below := map[string]bool{owner.Target.Decl.Selector().String(): true}
	for _, edge := range edges {
		below[edge.From.Selector] = true
	}
	for _, edge := range edges {
		if seen[edge.From.Selector] {
			continue
		}
		seen[edge.From.Selector] = true
		isOverridden := false
		var sub *selectors.Decl
		for _, x := range a.Snap.FileDecls(selectors.UnescapePath(edge.From.URI)) {
			overrides := x.Container == edge.From.Selector && slices.Equal(x.Names[len(x.Names)-1:], name)
			isSubtype := x.Selector().String() == edge.From.Selector
			if isSubtype && !x.Alias {
				sub = &x
			}
			if !x.Alias && (overrides && !d.Kind.IsType() || isSubtype && d.Kind.IsType()) {
				isOverridden = true
				out = append(out, a.LocationAt(ledger.Place{Path: x.Path, Span: x.Name}))
			}
		}
		if d.Kind.IsType() || isOverridden || sub == nil || !a.Format.Has(trace.Inherited) {
			continue
		}
		inherited, err := a.inherited(ctx, s, sub, below, name[0])
		if err != nil {
			return nil, err
		}
		if inherited != nil {
			out = append(out, a.LocationAt(ledger.Place{Path: inherited.Path, Span: inherited.Name}))
		}
	}
	return out, nil
}

// inheritedImplementations returns the members of classes that implement the target, a member of TypeScript, in a class
// below: handle of Base in "class C extends Base implements Handler". The server does not name them.
func (a *Answer) inheritedImplementations(ctx context.Context, s *lsp.Session) (out []ledger.Place, err error) {
	d := a.Target.Decl
	if d == nil || d.Lang != "ts" || !words.IsMember(d) || !a.Format.Has(trace.Inherited) {
		return nil, nil
	}
	owner := (&levels{answer: a, s: s, unseen: a.Unseen}).aboutOwner(d)
	if owner == nil {
		return nil, nil
	}
	at := ledger.Place{Path: owner.Target.Path, Span: owner.Target.Span}
	found, err := a.Locate(ctx, s, protocol.MethodTextDocumentImplementation, at)
	if err != nil {
		return nil, err
	}
	var types []*selectors.Decl
	below, name := map[string]bool{owner.Target.Decl.Selector().String(): true}, d.Names[len(d.Names)-1]
	for _, p := range a.WordsAt(s, found) {
		if sub := words.DeclarationAt(a.Snap, p); sub != nil && sub.Kind == selectors.KindClass {
			types = append(types, sub)
			below[sub.Selector().String()] = true
		}
	}
	for _, sub := range types {
		isNamed := func(m selectors.Decl) bool { return m.Names[len(m.Names)-1] == name }
		if slices.ContainsFunc(words.MembersOf(a.Snap, sub), isNamed) {
			continue
		}
		m, err := a.inherited(ctx, s, sub, below, name)
		if err != nil {
			return nil, err
		}
		if m != nil && !slices.Contains(out, ledger.Place{Path: m.Path, Span: m.Name}) {
			out = append(out, ledger.Place{Path: m.Path, Span: m.Name})
		}
	}
	return out, nil
}

// inherited returns the member of a name that a type has from one of its bases; nil for none. Bases from the first one
// on whose selector is among below are left out: a class of Python has what is declared in those before it, as in
//
//	class C(Mixin, Handler): pass
func (a *Answer) inherited(ctx context.Context, s *lsp.Session, d *selectors.Decl, below map[string]bool, name string,
) (*selectors.Decl, error) {
	todo, seen := []selectors.Decl{*d}, map[string]bool{d.Selector().String(): true}
	for len(todo) > 0 && len(seen) < maxInherited {
		_, bases, err := a.basesOf(ctx, s, &todo[0])
		if err != nil {
			return nil, err
		}
		todo = todo[1:]
		for i := range bases {
			key := bases[i].Selector().String()
			if below[key] {
				break
			}
			if seen[key] || bases[i].Lang == "ts" && bases[i].Kind != selectors.KindClass {
				continue
			}
			seen[key] = true
			for _, m := range words.MembersOf(a.Snap, &bases[i]) {
				if m.Names[len(m.Names)-1] == name {
					return &m, nil
				}
			}
			todo = append(todo, bases[i])
		}
	}
	return nil, nil
}

// maxInherited bounds the bases of a type that are looked through for a member.
const maxInherited = 50

// aboutOwner returns an empty answer about the type that a member belongs to, nil for none.
func (l *levels) aboutOwner(member *selectors.Decl) *Answer {
	decls := l.answer.Snap.FileDecls(member.Path)
	for i := range decls {
		if decls[i].Kind.IsType() && hasSelector(&decls[i], member.Container) {
			return l.aboutDecl(&decls[i])
		}
	}
	return nil
}
