package server

import (
	"context"
	"path"
	"slices"
	"strings"

	"go.lsp.dev/protocol"

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
	refs, places := e.placed(a, s, found)
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
		at := ledger.Place{Path: r.path, Span: r.span}
		known := r.path != "" && r.ok
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
	d := a.target.Decl
	isItself := d != nil && !d.Alias && !a.requiresFile() && !a.isEmbedded(d)
	if a.withoutImports || a.names == nil || isItself {
		return nil, nil
	}
	for _, follow := range []func(context.Context, *answer, *lsp.Session) (*selectors.Decl, error){
		e.listedInAll, e.embeddedType,
	} {
		if d, err := follow(ctx, a, s); err != nil || d != nil {
			return d, err
		}
	}
	var definitions []ledger.Place
	isImport := false
	if a.target.Decl != nil {
		found, err := a.definitionOf(ctx, s, a.targetWord())
		if err != nil {
			return nil, err
		}
		definitions = e.wordsAt(a, s, found)
		if d := a.stubRequired(ctx, definitions); d != nil {
			return d, nil
		}
	} else {
		own, err := e.declarations(ctx, a, s)
		if err != nil {
			return nil, err
		}
		_, isImport = a.importAt(ctx, a.targetWord())
		if d := a.onlyHereByName(ctx, own); d != nil {
			return d, nil
		}
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
		if d != nil && d.Name.Len() > 0 && !a.requiresFile() && (isImport || d.Names[len(d.Names)-1] != name) {
			return d, nil
		}
	}
	return nil, nil
}

// requiresFile reports whether the target declares a variable for a module of the workspace or a member of it, in
// CommonJS: const { name } = require("./file").
func (a *answer) requiresFile() bool {
	d := a.target.Decl
	return d != nil && d.Lang == "ts" && !a.withoutKeys && catalogue.RequiresFile(a.target.Content, d.Name)
}

// stubRequired returns the declaration that such a variable stands for, if it is in a stub or all that its module
// exports; nil for others.
func (a *answer) stubRequired(ctx context.Context, definitions []ledger.Place) *selectors.Decl {
	for _, p := range definitions {
		d := words.DeclarationAt(a.snap, p)
		if d == nil || d.Path == a.target.Path {
			continue
		}
		if len(a.snap.InStubs(ctx, *d)) > 0 || catalogue.DefaultExport(a.snap, a.symbolOf(d, nil)) != "" {
			return d
		}
	}
	return nil
}

// isEmbedded reports whether a declaration of Go is that of an embedded type, which is a use of the type and a field.
func (a *answer) isEmbedded(d *selectors.Decl) bool {
	if d == nil || d.Lang != "go" || d.Kind != selectors.KindField || a.withoutKeys {
		return false
	}
	c, err := a.snap.Content(d.Path)
	return err == nil && !strings.ContainsAny(c.Slice(d.Def), " \t\n")
}

// embeddedType returns the declaration of the type that the target embeds, or of which it names the field; nil if the
// target is neither. Its uses are those of the field too.
func (e *Engine) embeddedType(ctx context.Context, a *answer, s *lsp.Session) (*selectors.Decl, error) {
	d := a.target.Decl
	if lang, _ := a.snap.Lang(a.target.Path); lang != "go" {
		return nil, nil
	}
	if d == nil {
		own, err := e.declarations(ctx, a, s)
		if err != nil || len(own) < 2 {
			return nil, err
		}
		d = words.DeclarationAt(a.snap, own[0])
	}
	if !a.isEmbedded(d) {
		return nil, nil
	}
	found, err := a.locate(ctx, s, protocol.MethodTextDocumentDefinition, ledger.Place{Path: d.Path, Span: d.Name})
	if err != nil {
		return nil, err
	}
	for _, p := range e.wordsAt(a, s, found) {
		if to := words.DeclarationAt(a.snap, p); to != nil && to.Kind.IsType() {
			return to, nil
		}
	}
	return nil, nil
}

// onlyHereByName returns the declaration of a use about which the server knows less at the use: a stub and what
// implements it are two symbols to it, and the default export of a module has another name in each file. It is nil for
// others.
func (a *answer) onlyHereByName(ctx context.Context, own []ledger.Place) *selectors.Decl {
	if a.withoutKeys || len(own) < 2 {
		return nil
	}
	d := words.DeclarationAt(a.snap, own[0])
	if d == nil || d.Path == a.target.Path {
		return nil
	}
	isDefault := catalogue.DefaultExport(a.snap, a.symbolOf(d, own)) != ""
	if isDefault || len(a.snap.InStubs(ctx, *d)) > 0 {
		return d
	}
	return nil
}

// listedInAll returns the declaration that the target names as an entry of __all__, which no server takes for a name;
// nil for every other target.
func (e *Engine) listedInAll(ctx context.Context, a *answer, s *lsp.Session) (*selectors.Decl, error) {
	lang, _ := a.snap.Lang(a.target.Path)
	at := a.targetWord()
	c, err := a.snap.Content(at.Path)
	if err != nil || lang != "py" || a.withoutKeys || !catalogue.IsListedInAll(c, at.Span) {
		return nil, nil
	}
	decls := a.snap.FileDecls(at.Path)
	word := c.Slice(at.Span)
	i := slices.IndexFunc(decls, func(d selectors.Decl) bool {
		return !d.Alias && len(d.Names) == 1 && d.Names[0] == word
	})
	if i >= 0 {
		return &decls[i], nil
	}
	name, ok := catalogue.ImportOf(lang, c, word)
	if !ok {
		return nil, nil
	}
	found, err := a.locate(ctx, s, protocol.MethodTextDocumentDefinition, ledger.Place{Path: at.Path, Span: name})
	if err != nil {
		return nil, err
	}
	for _, p := range e.wordsAt(a, s, found) {
		if d := words.DeclarationAt(a.snap, p); d != nil {
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
