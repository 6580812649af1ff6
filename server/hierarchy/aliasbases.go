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

// A type of TypeScript or Python may derive from another one under a name that is declared for it:
//
//	type Both = Svc & { x: 1 }
//	class S implements Both {}
//
// Servers say that S is below Both, which is no type of theirs, and count it among the types below Svc in no answer.
// Where the declaration of the other name is the type, or an intersection with it, S is below the type. Where it is
// made from the type in another way, it may be.

// maxOtherNames bounds the other names of one type that are followed.
const maxOtherNames = 50

// typesByAlias returns the names of the types that derive from a type under another name and are not among those that
// are known. It doubts the answer for a type that may do so.
func (a *Answer) typesByAlias(ctx context.Context, s *lsp.Session, d *selectors.Decl, known []ledger.Place) (
	below []ledger.Place, err error,
) {
	if d == nil || d.Lang != "ts" && d.Lang != "py" || !d.Kind.IsType() || !a.Format.Has(trace.OtherNames) {
		return nil, nil
	}
	todo := []otherName{{Decl: d, isType: true}}
	for i := 0; i < len(todo) && i < maxOtherNames; i++ {
		for _, at := range a.wordsInCode(ctx, todo[i].Decl, false) {
			a.doubtMade(todo[i].Decl, at, known)
			other, isType, ok := words.OtherName(a.Snap, at)
			isSeen := func(o otherName) bool { return o.Path == other.Path && o.Name == other.Name }
			if !ok || slices.ContainsFunc(todo, isSeen) {
				continue
			}
			named, err := a.namedAsBase(ctx, s, other, known)
			if err != nil {
				return nil, err
			}
			for _, n := range named {
				if isType && todo[i].isType {
					below = append(below, n)
				} else {
					of := other.Names[len(other.Names)-1] + ", which is made from it"
					a.doubtBelow(of, words.Named(a.Snap, n), known)
				}
			}
			todo = append(todo, otherName{Decl: other, isType: isType && todo[i].isType})
		}
	}
	return below, nil
}

// otherName is the declaration of another name of a type. isType is false if it may be something else.
type otherName struct {
	*selectors.Decl
	isType bool
}

// wordsInCode returns the words of a declaration's name in code of its language, apart from the declaration: all of
// them, or those that may be in headers of types.
func (a *Answer) wordsInCode(ctx context.Context, d *selectors.Decl, inHeaders bool) (out []ledger.Place) {
	occurrences := a.Snap.Occurrences(ctx, d.Names[len(d.Names)-1])
	hits, _ := a.Snap.Hits(ctx, occurrences, func(p string, at text.Span) bool {
		lang, _ := a.Snap.Lang(p)
		c, err := a.Snap.Content(p)
		return err != nil || lang != d.Lang || p == d.Path && at == d.Name || inHeaders && !words.MayBeBase(c, at)
	})
	for _, h := range hits {
		if h.InCode() {
			out = append(out, ledger.Place{Path: h.Path, Span: h.Span})
		}
	}
	return out
}

// namedAsBase returns the names of the types in whose headers a word means a declaration by the server's word, and that
// are not known.
func (a *Answer) namedAsBase(ctx context.Context, s *lsp.Session, d *selectors.Decl, known []ledger.Place) (
	out []ledger.Place, err error,
) {
	for _, at := range a.wordsInCode(ctx, d, true) {
		name, ok := words.ClassExpressionAt(a.Snap, at)
		if below := words.HeaderAt(a.Snap, at); below != nil {
			name, ok = ledger.Place{Path: below.Path, Span: below.Name}, true
		}
		if !ok || slices.Contains(known, name) || slices.Contains(out, name) {
			continue
		}
		if err := s.OpenAlso(ctx, a.Snap, a.ToOpen(s.Server(), []ledger.Place{at})); err != nil {
			return nil, err
		}
		found, err := a.Locate(ctx, s, protocol.MethodTextDocumentDefinition, at)
		if err != nil {
			return nil, err
		}
		if slices.Contains(a.WordsAt(s, found), ledger.Place{Path: d.Path, Span: d.Name}) {
			out = append(out, name)
		}
	}
	return out, nil
}

// doubtMade doubts an answer about the types below a type because of a use of its name that may make another type:
// Partial<Svc> as the base of a class, and a call of Python that makes or registers a class.
func (a *Answer) doubtMade(of *selectors.Decl, at ledger.Place, known []ledger.Place) {
	c, err := a.Snap.Content(at.Path)
	if err != nil {
		return
	}
	if of.Lang == "ts" && words.IsPartOfBase(c, at.Span) {
		a.doubtBelow("what is made from it", words.AroundBase(a.Snap, at), known)
	}
	if of.Lang == "py" && words.MakesSubtype(c, at.Span) {
		const why = "%s:%d makes or registers a class that may be below it"
		a.Doubt(bundle.Partial, fmt.Sprintf(why, at.Path, c.LineOf(at.Span.Start)+1))
	}
}

// doubtPrototypes doubts an answer about the types below a function or class of JavaScript if code makes it a base by
// the objects alone, of which servers know nothing.
func (a *Answer) doubtPrototypes(ctx context.Context) {
	d := a.Target.Decl
	if d == nil || d.Lang != "ts" || d.Local > 0 || !a.Format.Has(trace.OtherCalls) ||
		!d.Kind.IsType() && d.Kind != selectors.KindDef && d.Kind != selectors.KindVar {
		return
	}
	for _, at := range a.wordsInCode(ctx, d, false) {
		c, err := a.Snap.Content(at.Path)
		if err == nil && words.InheritsByPrototype(c, at.Span) {
			const why = "%s:%d makes it the base of another by its prototype"
			a.Doubt(bundle.Partial, fmt.Sprintf(why, at.Path, c.LineOf(at.Span.Start)+1))
			return
		}
	}
}

// doubtBelow doubts an answer about the types below a type because of one that may be, unless it is known.
func (a *Answer) doubtBelow(of string, below *selectors.Decl, known []ledger.Place) {
	if below == nil || slices.Contains(known, ledger.Place{Path: below.Path, Span: below.Name}) {
		return
	}
	const why = "%s in %s derives from %s: it may be below it"
	a.Doubt(bundle.Partial, fmt.Sprintf(why, below.Names[len(below.Names)-1], below.Path, of))
}

// implementersByAlias returns what derives from the target under another name of its type, of the types that are known
// to be below it, and of those that it finds: types, or for a member the members of its name in them.
func (a *Answer) implementersByAlias(ctx context.Context, s *lsp.Session, known []ledger.Place) (
	out []ledger.Place, err error,
) {
	d := a.Target.Decl
	if d == nil || !d.Kind.IsType() && !a.hasNamesake(ctx, known) {
		return nil, nil // nothing else can override the member
	}
	var types []*selectors.Decl
	var below []ledger.Place
	for _, at := range append([]ledger.Place{{Path: d.Path, Span: d.Name}}, known...) {
		t := words.DeclarationAt(a.Snap, at)
		if t != nil && !t.Kind.IsType() && len(t.Names) > 1 {
			t = words.DeclarationOf(a.Snap, t.Path, t.Names[:len(t.Names)-1])
		}
		if t != nil && len(types) < maxMixed {
			types, below = append(types, t), append(below, ledger.Place{Path: t.Path, Span: t.Name})
		}
	}
	for i := 0; i < len(types) && i < maxMixed; i++ {
		found, err := a.typesByAlias(ctx, s, types[i], below)
		if err != nil {
			return nil, err
		}
		for _, p := range found {
			t := words.Named(a.Snap, p)
			if t == nil {
				continue
			}
			types, below = append(types, t), append(below, p)
			if d.Kind.IsType() {
				out = append(out, p)
				continue
			}
			name := d.Names[len(d.Names)-1]
			if m := words.DeclarationOf(a.Snap, t.Path, append(slices.Clone(t.Names), name)); m != nil {
				out = append(out, ledger.Place{Path: m.Path, Span: m.Name})
			}
		}
	}
	return out, nil
}
