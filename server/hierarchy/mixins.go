package hierarchy

import (
	"context"
	"fmt"
	"slices"

	"lanser/selectors"
	"lanser/selectors/text"
	"lanser/server/bundle"
	"lanser/server/ledger"
	"lanser/server/trace"
	"lanser/server/words"
)

// A mixin gives a type a base that the type's header does not name as one: "class C extends Timed(B)" of TypeScript has
// what a function returns as its base, and "template <class B> struct Timed : B" of C++ derives from its argument.
// Servers do not follow them, so that the types below one that is given to a mixin are not all known.

// maxMixed bounds the types that are looked for among the arguments of mixins.
const maxMixed = 50

// doubtMixins doubts an answer about the types or members below the target if the target's type is given to a mixin,
// and what the mixin makes of it is not among the types or members that are known. With all, the same is asked of each
// of those that are known, for an answer that goes to any depth.
func (a *Answer) doubtMixins(ctx context.Context, known []ledger.Place, all bool) {
	target := a.Target.Decl
	if target == nil || target.Lang != "ts" && target.Lang != "cpp" || !a.Format.Has(trace.StringKeys) {
		return
	}
	if !target.Kind.IsType() && !a.hasNamesake(ctx, known) {
		return // nothing else can override the member
	}
	types := []string{typeOf(target)}
	for _, p := range known {
		if d := words.DeclarationAt(a.Snap, p); d != nil && !slices.Contains(types, typeOf(d)) {
			types = append(types, typeOf(d))
		}
	}
	given := types[:1]
	if all {
		given = types[:min(len(types), maxMixed)]
	}
	for _, name := range given {
		if mixed := a.mixedWith(ctx, name, types); mixed != nil {
			a.Doubt(bundle.Partial, fmt.Sprintf(
				"%s in %s gets its base from what is passed to it, and %s is: there may be more below it",
				mixed.Names[len(mixed.Names)-1], mixed.Path, name,
			))
			return
		}
	}
}

// hasNamesake reports whether a member of the target's name is declared that is not known.
func (a *Answer) hasNamesake(ctx context.Context, known []ledger.Place) bool {
	target := a.Target.Decl
	name := target.Names[len(target.Names)-1]
	decls, _ := a.Snap.Search(ctx, target.Lang, name)
	return slices.ContainsFunc(decls, func(d selectors.Decl) bool {
		isTarget := d.Path == target.Path && d.Name == target.Name
		return d.Names[len(d.Names)-1] == name && words.IsMember(&d) && !isTarget &&
			!slices.Contains(known, ledger.Place{Path: d.Path, Span: d.Name})
	})
}

// typeOf returns the name of a type, or of the type that a member belongs to.
func typeOf(d *selectors.Decl) string {
	if d.Kind.IsType() {
		return d.Names[len(d.Names)-1]
	}
	return words.Owner(d)
}

// mixedWith returns the first type that a mixin gives a named type as its base, and whose name is not known; nil for
// none.
func (a *Answer) mixedWith(ctx context.Context, name string, known []string) *selectors.Decl {
	if name == "" {
		return nil
	}
	hits, _ := a.Snap.Hits(ctx, a.Snap.Occurrences(ctx, name), func(p string, at text.Span) bool {
		c, err := a.Snap.Content(p)
		lang, _ := a.Snap.Lang(p)
		if err != nil || lang != a.Target.Decl.Lang {
			return true
		}
		if lang == "cpp" {
			return words.TemplateGiven(c, at) == ""
		}
		_, isBase := a.baseOfType(c, at)
		return !isBase && !words.IsPassedToBase(c, at)
	})
	for _, h := range hits {
		if !h.InCode() {
			continue
		}
		mixed := a.mixedAt(ctx, ledger.Place{Path: h.Path, Span: h.Span})
		if mixed != nil && !slices.Contains(known, mixed.Names[len(mixed.Names)-1]) {
			return mixed
		}
	}
	return nil
}

// baseOfType is [words.BaseOfType], for the symbols of TypeScript alone.
func (a *Answer) baseOfType(c *text.Content, at text.Span) (base text.Span, ok bool) {
	if a.Target.Decl.Lang != "ts" || !a.Format.Has(trace.TypedBases) {
		return base, false
	}
	return words.BaseOfType(c, at)
}

// mixedAt returns the type whose base is given to a mixin at a place: the class of TypeScript around it, or the
// template of C++ that is given it as an argument, and derives from its parameter.
func (a *Answer) mixedAt(ctx context.Context, at ledger.Place) *selectors.Decl {
	c, err := a.Snap.Content(at.Path)
	if err != nil {
		return nil
	}
	if base, ok := a.baseOfType(c, at.Span); ok {
		at.Span = base
	}
	if a.Target.Decl.Lang == "ts" {
		class, ok := words.ClassExpressionAt(a.Snap, at)
		if d := words.DeclarationAt(a.Snap, class); ok && d != nil {
			return d
		}
		return words.HeaderAt(a.Snap, at)
	}
	name := words.TemplateGiven(c, at.Span)
	decls, _ := a.Snap.Search(ctx, "cpp", name)
	for i := range decls {
		d := &decls[i]
		of, err := a.Snap.Content(d.Path)
		if err == nil && d.Names[len(d.Names)-1] == name && words.DerivesFromParameter(d, of) {
			return d
		}
	}
	return nil
}
