package words

import (
	"context"
	"slices"
	"strings"

	"lanser/selectors"
	"lanser/selectors/lazyregexp"
	"lanser/server/ledger"
	"lanser/server/mention"
)

// DeclarationAt returns the declaration whose name is at a place, except those of imports; nil for none.
func DeclarationAt(src Source, at ledger.Place) *selectors.Decl {
	decls := src.FileDecls(at.Path)
	for i := range decls {
		if decls[i].Name == at.Span && !decls[i].Alias {
			return &decls[i]
		}
	}
	return nil
}

// DeclarationOf returns the declaration of a name path in a file, except imports; nil for none.
func DeclarationOf(src Source, file string, names []string) *selectors.Decl {
	decls := src.FileDecls(file)
	for i := range decls {
		if !decls[i].Alias && slices.Equal(decls[i].Names, names) {
			return &decls[i]
		}
	}
	return nil
}

// MembersOf returns what is declared directly in a declaration, except imports, in source order.
func MembersOf(src Source, d *selectors.Decl) (members []selectors.Decl) {
	n := len(d.Names)
	for _, m := range src.FileDecls(d.Path) {
		if len(m.Names) == n+1 && !m.Alias && slices.Equal(m.Names[:n], d.Names) {
			members = append(members, m)
		}
	}
	return members
}

// Owner returns the name of what a declaration belongs to: of the type, for a member; "" for none.
func Owner(d *selectors.Decl) string {
	if len(d.Names) < 2 {
		return ""
	}
	return d.Names[len(d.Names)-2]
}

// NameOf returns the place of the name in the declaration at a place: some servers answer with the whole
// declaration. A place without a declaration is returned unchanged, and so is one in a declaration without a name that
// the place is only a part of: the parameter n in n => n + 1.
func NameOf(src Source, at ledger.Place) ledger.Place {
	for _, d := range src.FileDecls(at.Path) {
		isNamed := d.Name.Len() > 0 || at.Span == d.Def || at.Span == d.Name
		if isNamed && d.Def.Contains(at.Span) && at.Span.Contains(d.Name) && !d.Alias {
			return ledger.Place{Path: at.Path, Span: d.Name}
		}
	}
	return at
}

// IsMember reports whether a declaration belongs to a type.
func IsMember(d *selectors.Decl) bool {
	if d.Kind == selectors.KindMethod || d.Kind == selectors.KindField {
		return true
	}
	if len(d.Names) < 2 {
		return false
	}
	around := d.Kinds[len(d.Kinds)-2]
	ofValue := around == selectors.KindVar || around == selectors.KindConst || around == selectors.KindField
	return around.IsType() || ofValue && d.Local == 0 // of an object that is written out
}

// Named returns the declaration that a server means by a place, be it that of the name or more; nil for none.
func Named(src Source, p ledger.Place) *selectors.Decl {
	decls := src.FileDecls(p.Path)
	for i := range decls {
		d := &decls[i]
		if d.Name == p.Span || d.Name.Len() > 0 && p.Span.Contains(d.Name) && d.Def.Contains(p.Span) {
			return d
		}
	}
	return nil
}

// OuterFunction returns the outermost function that holds a declaration, the zero value for none.
func OuterFunction(src Source, d *selectors.Decl) (out selectors.Decl) {
	for _, f := range src.FileDecls(d.Path) {
		function := f.Kind == selectors.KindDef || f.Kind == selectors.KindMethod
		if function && f.Def.Contains(d.Def) && f.Def != d.Def && (out.Def.Len() == 0 || f.Def.Contains(out.Def)) {
			out = f
		}
	}
	return out
}

// Declares reports whether a place is the name of a declaration, other than of a variable for a CommonJS
// module.
func Declares(src Source, at ledger.Place) bool {
	d := DeclarationAt(src, at)
	if d == nil || d.Lang != "ts" {
		return d != nil
	}
	c, err := src.Content(at.Path)
	return err != nil || !mention.RequiresModule(c, at.Span)
}

// DeclaresOperator reports whether a place is the word operator in the name of a declaration of C++, as in operator<.
func DeclaresOperator(src Source, at ledger.Place) bool {
	return slices.ContainsFunc(src.FileDecls(at.Path), func(d selectors.Decl) bool {
		return mention.IsOperator(&d) && d.Name.Start == at.Span.Start
	})
}

// IsOtherMethod reports whether a declaration is that of a method in another type than that of the method t.
func IsOtherMethod(d, t *selectors.Decl) bool {
	areMethods := d.Kind == selectors.KindMethod && t.Kind == selectors.KindMethod
	return areMethods && Owner(d) != "" && Owner(t) != "" && Owner(d) != Owner(t)
}

// Specializations returns the full specializations of a template of C++ other than a class, and of a member of a class
// template: a use of the template may mean one.
func Specializations(ctx context.Context, src Source, d *selectors.Decl) (out []selectors.Decl) {
	if d.Lang != "cpp" || d.Kind.IsType() || d.Kind == selectors.KindModule || d.Local > 0 || specializes(src, d) {
		return nil
	}
	last := len(d.Names) - 1
	decls, _ := src.Search(ctx, "cpp", d.Names[last])
	for i := range decls {
		s := &decls[i]
		name, _, isSpecial := strings.Cut(s.Names[len(s.Names)-1], "<")
		isBeside := slices.Equal(s.Names[:len(s.Names)-1], d.Names[:last])
		isFunction := s.Kind == selectors.KindDef || s.Kind == selectors.KindMethod
		isSpecial = isSpecial && isFunction || specializes(src, s)
		if name == d.Names[last] && s.Kind == d.Kind && isBeside && isSpecial {
			out = append(out, *s)
		}
	}
	return out
}

// SpecializedAt returns the specialization of a class template whose name, without arguments, is at a place; nil for
// none.
func SpecializedAt(src Source, at ledger.Place) *selectors.Decl {
	decls := src.FileDecls(at.Path)
	for i := range decls {
		d := &decls[i]
		name, _, isSpecial := strings.Cut(d.Names[len(d.Names)-1], "<")
		if isSpecial && d.Lang == "cpp" && d.Name.Start == at.Span.Start && len(name) == at.Span.Len() {
			return d
		}
	}
	return nil
}

// specializes reports whether "template <>" begins a declaration.
func specializes(src Source, d *selectors.Decl) bool {
	c, err := src.Content(d.Path)
	return err == nil && emptyTemplate.Match(c.Bytes()[d.Def.Start:max(d.Def.Start, d.Name.Start)])
}

var emptyTemplate = lazyregexp.New(`^\s*template\s*<\s*>`)

// IsUseToo reports whether the name of a declaration may be a use of another one, of which the server tells: an import,
// and a member of an object that is written out, which may have a type, or be written as { name }.
func IsUseToo(src Source, d selectors.Decl) bool {
	if PassesOn(src, ledger.Place{Path: d.Path, Span: d.Name}) {
		return true
	}
	if d.Lang != "ts" || d.Kind != selectors.KindField {
		return false
	}
	return d.Def == d.Name || len(d.Kinds) < 2 || !d.Kinds[len(d.Kinds)-2].IsType()
}

// OfOneSymbol returns the declarations of a declaration's file that are one symbol with it.
func OfOneSymbol(src Source, d selectors.Decl) []selectors.Decl {
	return slices.DeleteFunc(slices.Clone(src.FileDecls(d.Path)), func(other selectors.Decl) bool {
		return other.Symbol != d.Symbol || other.Module != d.Module || other.Alias
	})
}

// IsFunction reports whether a declaration is a function, or an accessor of a property.
func IsFunction(d selectors.Decl) bool {
	return d.Kind == selectors.KindDef || d.Kind == selectors.KindMethod ||
		d.Kind == selectors.KindField && d.Body.Len() > 0
}

// PassesOn reports whether a place is a name that is imported or exported, and not declared there.
func PassesOn(src Source, at ledger.Place) bool {
	if NamesIn(src, at.Path).Imported[at.Span] {
		return true
	}
	c, err := src.Content(at.Path)
	return err == nil && (mention.RequiresModule(c, at.Span) || c.Slice(at.Span) == "default" &&
		mention.PassesOn(c.Line(c.LineOf(at.Span.Start))))
}
