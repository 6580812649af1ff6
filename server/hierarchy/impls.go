package hierarchy

import (
	"context"

	"lanser/index/syntax"
	"lanser/selectors"
	"lanser/server/ledger"
	"lanser/server/lsp"
	"lanser/server/trace"
	"lanser/server/uses"
)

// rust-analyzer lists neither the impl blocks that are written in a function or a constant, as those of tests are, nor
// those that name the trait by an alias. The words of the trait's name tell of these.

// implAt returns the impl block of Rust that names its trait at a place; ok is false if there is none.
func implAt(q *uses.Question, at ledger.Place) (impl syntax.Impl, ok bool) {
	if lang, _ := q.Snap.Lang(at.Path); lang != "rs" || !q.Format.Has(trace.Impls) {
		return impl, false
	}
	impl, ok = q.Snap.Impls(at.Path)[at.Span]
	return impl, ok
}

// membersInImpls returns the names of the members that implement the target, if it is a member of a trait of Rust, in
// the impl blocks that name the trait.
func (a *Answer) membersInImpls(ctx context.Context, s *lsp.Session) (out []ledger.Place, err error) {
	d := a.Target.Decl
	isMember := d != nil && d.Lang == "rs" && len(d.Kinds) > 1 && d.Kinds[len(d.Kinds)-2] == selectors.KindInterface
	if !isMember || !a.Format.Has(trace.Impls) {
		return nil, nil
	}
	owner := (&levels{answer: a, s: s, unseen: a.Unseen}).aboutOwner(d)
	if owner == nil {
		return nil, nil
	}
	owner.LookForNames(ctx, s.Server())
	found, err := owner.FindUses(ctx, s, false, inHeader)
	if err != nil {
		return nil, err
	}
	for _, w := range found.Words() {
		impl, _ := implAt(a.Question, w)
		if name, ok := impl.Members[d.Names[len(d.Names)-1]]; ok {
			out = append(out, ledger.Place{Path: w.Path, Span: name})
		}
	}
	if l := owner.Bundle.Evidence.Ledger; l != nil && l.Possible > 0 {
		a.Absorb(&owner.Finder)
		return out, nil
	}
	a.Scope, a.Documents, a.Defined = owner.Scope, owner.Documents, owner.Defined
	return out, nil
}
