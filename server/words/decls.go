package words

import (
	"lanser/selectors"
	"lanser/server/catalogue"
	"lanser/server/ledger"
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

// Owner returns the name of what a declaration belongs to: of the type, for a member; "" for none.
func Owner(d *selectors.Decl) string {
	if len(d.Names) < 2 {
		return ""
	}
	return d.Names[len(d.Names)-2]
}

// NameOf returns the place of the name in the declaration at a place: some servers answer with the whole
// declaration. A place without a declaration is returned unchanged.
func NameOf(src Source, at ledger.Place) ledger.Place {
	for _, d := range src.FileDecls(at.Path) {
		if d.Def.Contains(at.Span) && at.Span.Contains(d.Name) && !d.Alias {
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
	return err != nil || !catalogue.RequiresModule(c, at.Span)
}
