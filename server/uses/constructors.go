package uses

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"lanser/index"
	"lanser/selectors"
	"lanser/selectors/lazyregexp"
	"lanser/selectors/text"
	"lanser/server/ledger"
	"lanser/server/trace"
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

// inherited returns the reason to doubt an answer about a constructor of C++ that a class inherits, as in
//
//	struct Derived : Base { using Base::Base; };
//
// It is called where an object of that class is made, as in Derived d(1), where clangd names nothing; "" for none.
func (a *accounting) inherited() string {
	isConstructor := a.sym.Lang == "cpp" && a.sym.Member && a.sym.Name == a.sym.Owner
	if !isConstructor || !a.answer.Format.Has(trace.InheritedConstructors) {
		return ""
	}
	for _, p := range a.refs {
		c, err := a.answer.Snap.Content(p.Path)
		if err != nil {
			continue
		}
		before := c.Bytes()[max(0, p.Span.Start-maxUsing):p.Span.Start]
		d := a.answer.Snap.Enclosing(p.Path, p.Span)
		if inherits.Match(before) && d != nil {
			heir := d.Names
			if n := len(heir); n > 1 && !d.Kind.IsType() { // the declaration "using Base::Base" itself
				heir = heir[:n-1]
			}
			const why = "%s:%d inherits it: who makes an object of %s calls it without its name"
			return fmt.Sprintf(why, p.Path, c.LineOf(p.Span.Start)+1, heir[len(heir)-1])
		}
	}
	return ""
}

// calledForParts returns the reason to doubt an answer about a constructor or an assignment of C++ that needs no
// arguments of its own, if another class has the class as its base, or has a member of it: objects of that class are
// made and copied with their parts, and nothing is written there.
func (a *accounting) calledForParts(ctx context.Context) string {
	d := a.decl
	isOne := d != nil && a.sym.Lang == "cpp" && a.sym.Member && a.answer.Format.Has(trace.InheritedConstructors)
	if !isOne || a.sym.Name != a.sym.Owner && a.sym.Name != "operator" {
		return ""
	}
	snap := a.answer.Snap
	c, err := snap.Content(d.Path)
	if err != nil {
		return ""
	}
	m := parameters.FindSubmatch(c.Bytes()[d.Name.End:max(d.Name.End, d.Def.End)])
	if m == nil || !isForParts(d.Names[len(d.Names)-1], a.sym.Owner, string(m[1])) {
		return ""
	}
	hits, _ := snap.Hits(ctx, snap.Occurrences(ctx, a.sym.Owner), nil)
	for _, h := range hits {
		if lang, _ := snap.Lang(h.Path); !h.InCode() || lang != "cpp" {
			continue
		}
		whole := words.HeaderAt(snap, ledger.Place{Path: h.Path, Span: h.Span})
		if whole == nil || whole.Name == h.Span {
			whole = memberOf(snap, h.Path, h.Span)
		}
		if whole != nil {
			const why = "objects of %s in %s have one as a part, for which C++ calls it without its name"
			return fmt.Sprintf(why, whole.Names[len(whole.Names)-1], whole.Path)
		}
	}
	return ""
}

// isForParts reports whether a constructor, or an assignment, makes or copies an object without further arguments.
func isForParts(name, class, parameters string) bool {
	first, rest, _ := strings.Cut(parameters, ",")
	isCopy := strings.Contains(first, "&") && strings.Contains(first, class)
	isOptional := func(p string) bool { return strings.Contains(p, "=") }
	for one := range strings.SplitSeq(rest, ",") {
		if strings.TrimSpace(one) != "" && !isOptional(one) {
			return false
		}
	}
	first = strings.TrimSpace(first)
	return isCopy && (name == class || name == "operator=") ||
		name == class && (first == "" || first == "void" || isOptional(first))
}

// memberOf returns the class that has a field of the type which is named at a place; nil for another word, and for a
// pointer or a reference.
func memberOf(snap *index.Snapshot, path string, typeName text.Span) *selectors.Decl {
	c, err := snap.Content(path)
	if err != nil {
		return nil
	}
	for _, d := range snap.FileDecls(path) {
		isField := d.Kind == selectors.KindField && len(d.Names) > 1 && typeName.End < d.Name.Start
		if isField && d.Def.Contains(typeName) &&
			strings.TrimSpace(c.Slice(text.Span{Start: typeName.End, End: d.Name.Start})) == "" {
			return words.DeclarationOf(snap, path, d.Names[:len(d.Names)-1])
		}
	}
	return nil
}

// parameters matches those of a function, if none of them is one with parameters.
var parameters = lazyregexp.New(`^\s*\(([^()]*)\)`)

// maxUsing bounds the text before the name in a using declaration that is looked at, in bytes.
const maxUsing = 200

// inherits matches text that ends in a using declaration, before its last name.
var inherits = lazyregexp.New(`\busing\s[^;{}=]*::\s*$`)

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
