package uses

import (
	"slices"

	"lanser/selectors"
	"lanser/server/ledger"
	"lanser/server/words"
)

// constructs returns [ledger.Question.Constructs] of a type with the given declarations: the definition is in one of
// them, and may be a constructor. At Pool in "new Pool()" a server may name the constructor in the body of the class,
// and not the class.
//
// A field is none, though it may have the name of its type, nor is the method of that name in a language whose
// constructors have another name, or none. For types, and for what is no member by the index, the place alone decides.
func (a *accounting) constructs(scopes []ledger.Place) func(ledger.Place) bool {
	return func(p ledger.Place) bool {
		isAround := func(s ledger.Place) bool { return s.Path == p.Path && s.Span.Contains(p.Span) }
		if !slices.ContainsFunc(scopes, isAround) {
			return false
		}
		d := words.DeclarationAt(a.answer.Snap, p)
		if d == nil || a.decl == nil || d.Kind.IsType() || !words.IsMember(d) {
			return true
		}
		isFunction := d.Kind == selectors.KindMethod || d.Kind == selectors.KindDef
		isNamesake := d.Names[len(d.Names)-1] == a.decl.Names[len(a.decl.Names)-1]
		return isFunction && !(isNamesake && slices.Contains(otherConstructors, d.Lang))
	}
}

// otherConstructors are the languages in which no method with the name of its type is a constructor.
var otherConstructors = []selectors.Lang{"go", "rs", "ts", "py"}

// typeScopes returns the whole declarations of a type, whose constructor means the type; none for what is no type. An
// alias has no constructor, and "typedef struct name {…} name" holds the declaration of another symbol.
func typeScopes(d *selectors.Decl, overloads []selectors.Decl) (out []ledger.Place) {
	if d == nil || !d.Kind.IsType() || d.Kind == selectors.KindType {
		return nil
	}
	for _, d := range append([]selectors.Decl{*d}, overloads...) {
		out = append(out, ledger.Place{Path: d.Path, Span: d.Def})
	}
	return out
}
