package server

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

// importsTrace is the first format version of traces whose answers follow imports, and doubt symbols that the language
// calls without their names.
const importsTrace = 7

// imported is what the word of an import says of the module that it is imported from.
type imported struct {
	files     []string // of the workspace that declare the name in that module
	isForeign bool     // the module is none of the workspace
}

// importAt returns what an import says of the module of a name; ok is false for a word of other code, and for a module
// of the workspace that gets the name from another.
func (a *answer) importAt(ctx context.Context, at ledger.Place) (from imported, ok bool) {
	lang, _ := a.snap.Lang(at.Path)
	c, err := a.snap.Content(at.Path)
	if err != nil || a.withoutImports {
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
func (a *answer) moduleImported(
	ctx context.Context, lang selectors.Lang, file, module string,
) (decls []selectors.Decl, known bool) {
	rest := strings.TrimLeft(module, ".")
	if rest == module {
		if !a.snap.HasModule(lang, module) {
			return nil, false
		}
		decls, _, _ = a.snap.Module(ctx, lang, module)
		return decls, true
	}
	dir := path.Dir(file)
	for range len(module) - len(rest) - 1 {
		dir = path.Dir(dir)
	}
	at := path.Join(dir, strings.ReplaceAll(rest, ".", "/"))
	for _, p := range []string{at + ".py", at + ".pyi", at + "/__init__.py", at + "/__init__.pyi"} {
		if a.snap.Has(p) {
			decls, known = append(decls, a.snap.FileDecls(p)...), true
		}
	}
	return decls, known
}

// mayBeModule reports whether a module of the workspace may be imported in a file under a name: a folder of it may be
// on the path of modules, or a link may have the name.
func (a *answer) mayBeModule(lang selectors.Lang, file, module string) bool {
	top, _, _ := strings.Cut(module, ".")
	if slices.ContainsFunc(a.snap.ModuleNames(lang), func(m string) bool {
		return slices.Contains(strings.Split(m, "."), top)
	}) {
		return true
	}
	for dir := path.Dir(file); ; dir = path.Dir(dir) {
		for _, p := range []string{path.Join(dir, top), path.Join(dir, top+".py")} {
			if to, err := a.snap.Rel(p); err != nil || to != p {
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
func (a *answer) importsAnother(ctx context.Context, at ledger.Place, own []ledger.Place) bool {
	from, ok := a.importAt(ctx, at)
	if !ok {
		return false
	}
	return !slices.ContainsFunc(own, func(o ledger.Place) bool {
		return o.Path == at.Path || slices.Contains(from.files, o.Path) || from.isForeign && !a.snap.Has(o.Path)
	})
}

// asImported leaves of the definitions at a word those in the module that the word is imported from, if it is.
func (a *answer) asImported(ctx context.Context, at ledger.Place, definitions []ledger.Place) []ledger.Place {
	if len(definitions) == 0 {
		return definitions
	}
	from, ok := a.importAt(ctx, at)
	if !ok {
		return definitions
	}
	of := slices.DeleteFunc(slices.Clone(definitions), func(d ledger.Place) bool {
		return !slices.Contains(from.files, d.Path) && !(from.isForeign && !a.snap.Has(d.Path))
	})
	if len(of) == 0 && !from.isForeign {
		return definitions
	}
	return of
}

// fromImported leaves of the locations of the target, whose named are given, those in the module that the target is
// imported from, if it is.
func (a *answer) fromImported(
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
func (a *answer) declaring() []ledger.Place {
	if a.target.Decl != nil || len(a.own) == 0 {
		return a.own
	}
	return a.own[:len(a.own)-1]
}

// declaresAnother reports whether a reference is the name of another module's own declaration, which takes the place
// of the symbol where that cannot be imported.
func (a *answer) declaresAnother(at ledger.Place, own []ledger.Place) bool {
	d := words.DeclarationAt(a.snap, at)
	return d != nil && len(d.Names) == 1 &&
		!slices.ContainsFunc(own, func(o ledger.Place) bool { return o.Path == at.Path }) &&
		!slices.ContainsFunc(own, func(o ledger.Place) bool { return a.isMemberAt(o) })
}

// isMemberAt reports whether the declaration at a place belongs to a type.
func (a *answer) isMemberAt(at ledger.Place) bool {
	d := words.DeclarationAt(a.snap, at)
	return d == nil || words.IsMember(d)
}

// placedUses is [Engine.placed] of references, without those that import or declare another symbol.
func (e *Engine) placedUses(
	ctx context.Context, a *answer, s *lsp.Session, found []lsp.Location,
) ([]bundle.Location, []place, error) {
	refs, places := a.reader(s).Locations(found)
	if lang, _ := a.snap.Lang(a.target.Path); a.names == nil || !catalogue.ImportsChoose(lang) {
		return refs, places, nil
	}
	if _, err := e.declarations(ctx, a, s); err != nil {
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
func (e *Engine) declaredElsewhere(ctx context.Context, a *answer, s *lsp.Session) (*selectors.Decl, error) {
	if a.withoutImports || a.names == nil || a.target.Decl != nil && !a.target.Decl.Alias {
		return nil, nil
	}
	var definitions []ledger.Place
	isImport := false
	if a.target.Decl != nil {
		found, err := a.definitionOf(ctx, s, a.targetWord())
		if err != nil {
			return nil, err
		}
		definitions = a.wordsAt(s, found)
	} else {
		own, err := e.declarations(ctx, a, s)
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
		d := words.DeclarationAt(a.snap, p)
		if d != nil && d.Name.Len() > 0 && (isImport || d.Names[len(d.Names)-1] != name) {
			return d, nil
		}
	}
	return nil, nil
}

// referencesAsDeclared answers with the references of the symbol's declaration where the target is a use under another
// name, or an import that says which of several symbols it means: there the server knows the other name alone, or all
// of the symbols. ok is false if the target is neither.
func (e *Engine) referencesAsDeclared(
	ctx context.Context, a *answer, s *lsp.Session, declaration bool,
) (ok bool, err error) {
	d, err := e.declaredElsewhere(ctx, a, s)
	if err != nil || d == nil {
		return false, err
	}
	about := (&levels{Engine: e, answer: a, s: s, unseen: a.unseen}).aboutDecl(d)
	if about == nil {
		return false, nil
	}
	srv := s.Server()
	about.lookForNames(ctx, srv)
	if about.names == nil {
		return false, nil
	}
	open, short := srv.Openings(about.snap, d.Path, about.names.files)
	if short != "" {
		about.doubt(bundle.Partial, short)
	}
	if err := s.OpenAlso(ctx, about.snap, append(open, a.target.Path)); err != nil {
		return false, err
	}
	found, err := e.references(ctx, about, s, declaration)
	if err != nil {
		return false, err
	}
	refs, places, err := e.placedUses(ctx, about, s, found)
	if err != nil {
		return false, err
	}
	more, err := e.account(ctx, about, s, places, everywhere)
	if err != nil {
		return false, err
	}
	a.absorb(about)
	a.unseen = about.unseen
	a.facts("lsp").References = append(refs, a.locationsOf(more)...)
	return true, nil
}
