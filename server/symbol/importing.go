package symbol

import (
	"context"
	"path"
	"slices"
	"strings"

	"lanser/selectors"
	"lanser/server/bundle"
	"lanser/server/catalogue"
	"lanser/server/ledger"
	"lanser/server/lsp"
	"lanser/server/words"
)

// A local name that a module imports from one of several others, as in
//
//	try:
//	    from fast import loads
//	except ImportError:
//	    from slow import loads
//
// is one variable to a type checker, which takes each of the imports for a use of what the others import. The imports
// themselves say which module they mean.

// imported is what the word of an import says of the module that it is imported from.
type imported struct {
	files     []string // of the workspace that declare the name in that module
	isForeign bool     // the module is none of the workspace
}

// importAt returns what an import says of the module of a name; ok is false for a word of other code, and for a module
// of the workspace that gets the name from another.
func (a *Answer) importAt(ctx context.Context, at ledger.Place) (from imported, ok bool) {
	lang, _ := a.Snap.Lang(at.Path)
	c, err := a.Snap.Content(at.Path)
	if err != nil || a.WithoutImports {
		return imported{}, false
	}
	module, ok := catalogue.ImportedFrom(lang, c.Bytes()[:at.Span.Start])
	if !ok {
		return imported{}, false
	}
	decls, known := a.moduleImported(ctx, lang, at.Path, module)
	if !known {
		return imported{isForeign: true}, !strings.HasPrefix(module, ".") && !a.mayBeModule(lang, at.Path, module)
	}
	word := c.Slice(at.Span)
	for _, d := range decls {
		if !d.Alias && len(d.Names) == 1 && d.Names[0] == word {
			from.files = append(from.files, d.Path)
		}
	}
	return from, len(from.files) > 0
}

// moduleImported returns the declarations of a module of the workspace that a file imports; known is false if there is
// no such module.
func (a *Answer) moduleImported(
	ctx context.Context, lang selectors.Lang, file, module string,
) (decls []selectors.Decl, known bool) {
	rest := strings.TrimLeft(module, ".")
	if rest == module {
		if !a.Snap.HasModule(lang, module) {
			return nil, false
		}
		decls, _, _ = a.Snap.Module(ctx, lang, module)
		return decls, true
	}
	dir := path.Dir(file)
	for range len(module) - len(rest) - 1 {
		dir = path.Dir(dir)
	}
	at := path.Join(dir, strings.ReplaceAll(rest, ".", "/"))
	for _, p := range []string{at + ".py", at + ".pyi", at + "/__init__.py", at + "/__init__.pyi"} {
		if a.Snap.Has(p) {
			decls, known = append(decls, a.Snap.FileDecls(p)...), true
		}
	}
	return decls, known
}

// mayBeModule reports whether a module of the workspace may be imported in a file under a name: a folder of it may be
// on the path of modules, or a link may have the name.
func (a *Answer) mayBeModule(lang selectors.Lang, file, module string) bool {
	top, _, _ := strings.Cut(module, ".")
	if slices.ContainsFunc(a.Snap.ModuleNames(lang), func(m string) bool {
		return slices.Contains(strings.Split(m, "."), top)
	}) {
		return true
	}
	for dir := path.Dir(file); ; dir = path.Dir(dir) {
		for _, p := range []string{path.Join(dir, top), path.Join(dir, top+".py")} {
			if to, err := a.Snap.Rel(p); err != nil || to != p {
				return true
			}
		}
		if dir == "." {
			return false
		}
	}
}

// importsAnother reports whether a word is imported from a module that has nothing to do with the symbol whose
// declarations are own.
func (a *Answer) importsAnother(ctx context.Context, at ledger.Place, own []ledger.Place) bool {
	from, ok := a.importAt(ctx, at)
	if !ok {
		return false
	}
	return !slices.ContainsFunc(own, func(o ledger.Place) bool {
		return o.Path == at.Path || slices.Contains(from.files, o.Path) || from.isForeign && !a.Snap.Has(o.Path)
	})
}

// asImported leaves of the definitions at a word those in the module that the word is imported from, if it is.
func (a *Answer) asImported(ctx context.Context, at ledger.Place, definitions []ledger.Place) []ledger.Place {
	if len(definitions) == 0 {
		return definitions
	}
	from, ok := a.importAt(ctx, at)
	if !ok {
		return definitions
	}
	of := slices.DeleteFunc(slices.Clone(definitions), func(d ledger.Place) bool {
		return !slices.Contains(from.files, d.Path) && !(from.isForeign && !a.Snap.Has(d.Path))
	})
	if len(of) == 0 && !from.isForeign {
		return definitions
	}
	return of
}

// FromImported leaves of the locations of the target, whose named are given, those in the module that the target is
// imported from, if it is.
func (a *Answer) FromImported(
	ctx context.Context, found []bundle.Location, named []ledger.Place,
) []bundle.Location {
	if len(named) != len(found) {
		return found
	}
	of := a.asImported(ctx, a.targetWord(), named)
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
func (a *Answer) declaresAnother(at ledger.Place, own []ledger.Place) bool {
	d := words.DeclarationAt(a.Snap, at)
	return d != nil && len(d.Names) == 1 &&
		!slices.ContainsFunc(own, func(o ledger.Place) bool { return o.Path == at.Path }) &&
		!slices.ContainsFunc(own, func(o ledger.Place) bool { return a.isMemberAt(o) })
}

// isMemberAt reports whether the declaration at a place belongs to a type.
func (a *Answer) isMemberAt(at ledger.Place) bool {
	d := words.DeclarationAt(a.Snap, at)
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
		if !known || !a.importsAnother(ctx, at, own) && !a.declaresAnother(at, own) {
			uses, of = append(uses, refs[i]), append(of, r)
		}
	}
	return uses, of, nil
}

// pronouns are words for the type, object or module around them. They are no other names of it: who asks about one asks
// where the code says it.
var pronouns = []string{"this", "super", "self", "Self", "crate"}

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
		_, isImport = a.importAt(ctx, a.targetWord())
		if a.namesItself(own) && !isImport {
			return nil, nil
		}
		definitions = a.declaring()
	}
	name := a.names.list[0].occurrences.Word()
	if slices.Contains(pronouns, name) {
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
