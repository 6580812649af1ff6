package symbol

import (
	"context"
	"slices"

	"lanser/index"
	"lanser/index/syntax"
	"lanser/selectors"
	"lanser/server/bundle"
	"lanser/server/catalogue"
	"lanser/server/ledger"
	"lanser/server/lsp"
	"lanser/server/words"
)

// imports returns what reads the imports of the snapshot.
func (a *Answer) imports() words.Imports { return words.Imports{Source: a.Snap, Off: a.WithoutImports} }

// FromImported leaves of the locations of the target, whose named are given, those in the module that the target is
// imported from, if it is.
func (a *Answer) FromImported(
	ctx context.Context, found []bundle.Location, named []ledger.Place,
) []bundle.Location {
	if len(named) != len(found) {
		return found
	}
	of := a.imports().Choose(ctx, a.targetWord(), named)
	if len(of) == len(named) {
		return found
	}
	var out []bundle.Location
	for i, w := range named {
		if slices.Contains(of, w) {
			out = append(out, found[i])
		}
	}
	return out
}

// declaring are the names of the symbol's declarations, once they are known: own without the target's word, unless
// that is one of them.
func (a *Answer) declaring() []ledger.Place {
	if a.Target.Decl != nil || len(a.own) == 0 {
		return a.own
	}
	return a.own[:len(a.own)-1]
}

// declaresAnother reports whether a reference is the name of another module's own declaration, which takes the place
// of the symbol where that cannot be imported.
func declaresAnother(snap *index.Snapshot, at ledger.Place, own []ledger.Place) bool {
	d := words.DeclarationAt(snap, at)
	return d != nil && len(d.Names) == 1 &&
		!slices.ContainsFunc(own, func(o ledger.Place) bool { return o.Path == at.Path }) &&
		!slices.ContainsFunc(own, func(o ledger.Place) bool { return isMemberAt(snap, o) })
}

// isMemberAt reports whether the declaration at a place belongs to a type.
func isMemberAt(snap *index.Snapshot, at ledger.Place) bool {
	d := words.DeclarationAt(snap, at)
	return d == nil || words.IsMember(d)
}

// placedUses is [places.Reader.Locations] of references, without those that import or declare another symbol.
func (a *Answer) placedUses(ctx context.Context, s *lsp.Session, found []lsp.Location,
) ([]bundle.Location, []place, error) {
	refs, places := a.Reader(s).Locations(found)
	if lang, _ := a.Snap.Lang(a.Target.Path); a.names == nil || !catalogue.ImportsChoose(lang) {
		return refs, places, nil
	}
	if _, err := a.declarations(ctx, s); err != nil {
		return nil, nil, err
	}
	own := a.declaring()
	if len(own) == 0 {
		return refs, places, nil
	}
	uses, of := []bundle.Location{}, []place{}
	for i, r := range places {
		at := ledger.Place{Path: r.Path, Span: r.Span}
		known := r.Path != "" && r.OK
		if !known || !a.imports().IsAnother(ctx, at, own) && !declaresAnother(a.Snap, at, own) {
			uses, of = append(uses, refs[i]), append(of, r)
		}
	}
	return uses, of, nil
}

// declaredElsewhere returns the declaration of the symbol if the target is a use of it under another name, or an import
// that says which of several symbols it means; nil if it is neither.
func (a *Answer) declaredElsewhere(ctx context.Context, s *lsp.Session) (*selectors.Decl, error) {
	if a.WithoutImports || a.names == nil || a.Target.Decl != nil && !a.Target.Decl.Alias {
		return nil, nil
	}
	var definitions []ledger.Place
	isImport := false
	if a.Target.Decl != nil {
		found, err := a.definitionOf(ctx, s, a.targetWord())
		if err != nil {
			return nil, err
		}
		definitions = a.WordsAt(s, found)
	} else {
		own, err := a.declarations(ctx, s)
		if err != nil {
			return nil, err
		}
		_, isImport = a.imports().At(ctx, a.targetWord())
		if a.namesItself(own) && !isImport {
			return nil, nil
		}
		definitions = a.declaring()
	}
	name := a.names.list[0].occurrences.Word()
	if syntax.IsPronoun(a.Target.Path, name) { // who asks about one asks where the code says it
		return nil, nil
	}
	for _, p := range definitions {
		d := words.DeclarationAt(a.Snap, p)
		if d != nil && d.Name.Len() > 0 && (isImport || d.Names[len(d.Names)-1] != name) {
			return d, nil
		}
	}
	return nil, nil
}

// referencesAsDeclared answers with the references of the symbol's declaration where the target is a use under another
// name, or an import that says which of several symbols it means: there the server knows the other name alone, or all
// of the symbols. ok is false if the target is neither.
func (a *Answer) referencesAsDeclared(ctx context.Context, s *lsp.Session, declaration bool,
) (ok bool, err error) {
	d, err := a.declaredElsewhere(ctx, s)
	if err != nil || d == nil {
		return false, err
	}
	about := (&levels{answer: a, s: s, unseen: a.Unseen}).aboutDecl(d)
	if about == nil {
		return false, nil
	}
	if known, err := about.openWith(ctx, s, a.Target.Path); err != nil || !known {
		return false, err
	}
	found, err := about.references(ctx, s, declaration)
	if err != nil {
		return false, err
	}
	refs, places, err := about.placedUses(ctx, s, found)
	if err != nil {
		return false, err
	}
	more, err := about.account(ctx, s, places, everywhere)
	if err != nil {
		return false, err
	}
	a.Absorb(about)
	a.Unseen = about.Unseen
	a.Facts("lsp").References = append(refs, a.locationsOf(more)...)
	return true, nil
}
