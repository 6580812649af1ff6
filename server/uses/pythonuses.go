package uses

import (
	"context"
	"slices"

	"go.lsp.dev/protocol"

	"lanser/selectors"
	"lanser/selectors/text"
	"lanser/server/ledger"
	"lanser/server/mention"
	"lanser/server/project"
	"lanser/server/trace"
	"lanser/server/words"
)

// This file rules out words of Python about which pyright knows nothing, by what they are selected from or given to:
//
//	def area(): ...
//	area.unit = "m"                     # no member of a class
//	session.post("/", timeout=3)        # no parameter of a function that is not called post

// isOtherInPython reports whether a word of Python certainly means something else than the symbol.
func (a *accounting) isOtherInPython(ctx context.Context, w ledger.Word, c *text.Content) bool {
	lang, _ := a.answer.Snap.Lang(w.Path)
	if lang != "py" || a.sym.Lang != "py" || a.decl == nil || !a.answer.Format.Has(trace.KeysOfEnums) {
		return false
	}
	if callee, isLone, ok := mention.ArgumentNamed(c, w.Span); ok {
		isOpen := a.sym.Member && mention.HasBases(a.answer.Snap, a.sym) // a model may be made by what a library calls
		return isLone && !isOpen && !a.mayBeCalledAs(ctx, c.Slice(callee))
	}
	return a.sym.Member && a.isOfFunction(ctx, w, c)
}

// mayBeCalledAs reports whether the function whose parameter the symbol is, or the class whose field it is, may be
// called as a member of a name: its own name, that of a class, or of a member to which the workspace may assign it.
func (a *accounting) mayBeCalledAs(ctx context.Context, name string) bool {
	names := a.decl.Names
	isOwn := len(names) > 1 && name == names[len(names)-2] || name == a.sym.Owner || name == "replace"
	if around := a.answer.Snap.Enclosing(a.sym.Path, a.own[0].Span); around != nil {
		isOwn = isOwn || slices.Contains(around.Names, name)
	}
	if isOwn || mention.IsSpecialMethod(name) {
		return true
	}
	isType := func(d selectors.Decl) bool { return d.Kind.IsType() }
	if slices.ContainsFunc(a.declarationsOf(ctx, "py", name), isType) {
		return true
	}
	found := a.answer.Snap.Occurrences(ctx, name)
	hits, unread := a.answer.Snap.Hits(ctx, found, nil)
	for _, h := range hits {
		c, err := a.answer.Snap.Content(h.Path)
		if err != nil || project.SchemeOf(h.Path) == "py" && mention.MayHold(c, h.Span) {
			return true
		}
	}
	return len(unread) > 0
}

// isOfFunction reports whether a word is selected from the name of a function or a module of the workspace, which have
// no members of a class. What a decorator makes of a function may be anything.
func (a *accounting) isOfFunction(ctx context.Context, w ledger.Word, c *text.Content) bool {
	receiver, ok := mention.IsOfName(c, w.Span)
	if !ok {
		return false
	}
	found, err := a.answer.DefinitionsAt(ctx, a.s, []ledger.Place{{Path: w.Path, Span: receiver}})
	if err != nil || len(found[0]) == 0 {
		return false
	}
	return !slices.ContainsFunc(found[0], func(p ledger.Place) bool {
		d := words.DeclarationAt(a.answer.Snap, p)
		if d == nil && p.Span.Start == 0 && project.SchemeOf(p.Path) == "py" {
			return false // a module
		}
		if d == nil || d.Kind != selectors.KindDef {
			return true
		}
		c, err := a.answer.Snap.Content(p.Path)
		return err != nil || mention.IsDecorated(c, d.Name)
	})
}

// mayBeCopied reports whether the object, with whose fields a dictionary is made from which a word of Python selects,
// may be of the symbol's class: the server knows no other type of it.
func (a *accounting) mayBeCopied(ctx context.Context, w ledger.Word, c *text.Content) bool {
	object, ok := mention.CopiedObject(a.answer.Snap, c, w.Span)
	if !ok {
		return true
	}
	if err := a.s.OpenAlso(ctx, a.answer.Snap, []string{w.Path}); err != nil {
		return true
	}
	at := ledger.Place{Path: w.Path, Span: object}
	found, err := a.answer.Locate(ctx, a.s, protocol.MethodTextDocumentTypeDefinition, at)
	if err != nil {
		return true
	}
	types := a.answer.WordsAt(a.s, found)
	return len(types) == 0 || slices.ContainsFunc(types, func(t ledger.Place) bool {
		d := words.DeclarationAt(a.answer.Snap, t)
		if !a.answer.Snap.Has(t.Path) || d == nil || !d.Kind.IsType() {
			return a.answer.Snap.Has(t.Path)
		}
		return mention.AreRelated(a.answer.Snap, t.Path, d.Names[len(d.Names)-1], a.sym.Path, a.sym.Owner)
	})
}
