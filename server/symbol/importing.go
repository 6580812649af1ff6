package symbol

import (
	"context"
	"slices"
	"strings"

	"go.lsp.dev/protocol"

	"lanser/index"
	"lanser/index/syntax"
	"lanser/selectors"
	"lanser/server/bundle"
	"lanser/server/ledger"
	"lanser/server/lsp"
	"lanser/server/mention"
	"lanser/server/trace"
	"lanser/server/uses"
	"lanser/server/words"
)

// This file is about uses at which a server knows less than at the symbol's declaration. At b in
//
//	import { a as b } from "./m";
//
// it answers about the local name b, and the answer should be about a. So it is with the default export of a module,
// with a variable that require("./m") is assigned to, with a symbol of Python that a stub declares as well, with an
// entry of __all__, and with an embedded type of Go, whose name is a field. For all of these the symbol is found first,
// and then asked about where it is declared ([Answer.referencesAsDeclared]).

// FromImported leaves of the locations of the target those in the module that the target is imported from, if it is
// imported. named are the same locations as places of names, one for each; if they are not, nothing is left out.
func (a *Answer) FromImported(
	ctx context.Context, found []bundle.Location, named []ledger.Place,
) []bundle.Location {
	if len(named) != len(found) {
		return found
	}
	of := a.Imports().Choose(ctx, a.TargetWord(), named)
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

// declaresAnother reports whether a reference is the name of another module's own declaration, which takes the place of
// the symbol where that cannot be imported:
//
//	try:
//	    from fast import loads
//	except ImportError:
//	    def loads(s): ...
//
// A type checker takes the function for a reference to the loads of fast, and it is another symbol. Members are never
// exchanged in this way. own are the names of the symbol's declarations.
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

// placedUses is [places.Reader.Locations] of references, without those that import or declare another symbol. Only in
// languages whose imports choose (Python) can a server list such references.
func (a *Answer) placedUses(ctx context.Context, s *lsp.Session, found []lsp.Location,
) ([]bundle.Location, []uses.Place, error) {
	refs, places := a.Reader(s).Locations(found)
	if lang, _ := a.Snap.Lang(a.Target.Path); !a.HasWords() || !mention.ImportsChoose(lang) {
		return refs, places, nil
	}
	if _, err := a.Declarations(ctx, s); err != nil {
		return nil, nil, err
	}
	own := a.Declaring()
	if len(own) == 0 {
		return refs, places, nil
	}
	all, of := []bundle.Location{}, []uses.Place{}
	for i, r := range places {
		at := ledger.Place{Path: r.Path, Span: r.Span}
		known := r.Path != "" && r.OK
		if !known || !a.Imports().IsAnother(ctx, at, own) && !declaresAnother(a.Snap, at, own) {
			all, of = append(all, refs[i]), append(of, r)
		}
	}
	return all, of, nil
}

// declaredElsewhere returns the declaration of the symbol if the target is a use of it under another name, or an import
// that says which of several symbols it means; nil if it is neither, so that the target itself is asked about.
func (a *Answer) declaredElsewhere(ctx context.Context, s *lsp.Session) (*selectors.Decl, error) {
	d := a.Target.Decl
	isItself := d != nil && !d.Alias && !a.requiresFile() && !a.isEmbedded(d) && !a.isKey(d)
	if !a.Format.Has(trace.Imports) || !a.HasWords() || isItself || a.IsPatternKey() {
		return nil, nil
	}
	for _, follow := range []func(context.Context, *lsp.Session) (*selectors.Decl, error){
		a.listedInAll, a.embeddedType,
	} {
		if d, err := follow(ctx, s); err != nil || d != nil {
			return d, err
		}
	}
	var definitions []ledger.Place
	isImport := false
	if a.Target.Decl != nil {
		found, err := a.DefinitionOf(ctx, s, a.TargetWord())
		if err != nil {
			return nil, err
		}
		definitions = a.WordsAt(s, found)
		if d := a.stubRequired(ctx, definitions); d != nil {
			return d, nil
		}
		if d := a.exportedByName(definitions); d != nil {
			return d, nil
		}
		if d, err := a.required(ctx, s, append(definitions, a.TargetWord())); err != nil || d != nil {
			return d, err
		}
		if a.isKey(d) {
			return a.memberAmong(definitions), nil
		}
	} else {
		own, err := a.Declarations(ctx, s)
		if err != nil {
			return nil, err
		}
		_, isImport = a.Imports().At(ctx, a.TargetWord())
		if d := a.onlyHereByName(ctx, own); d != nil {
			return d, nil
		}
		if d, err := a.required(ctx, s, a.Declaring()); err != nil || d != nil {
			return d, err
		}
		if a.NamesItself(own) && !isImport {
			return a.memberAmong(a.Declaring()), nil
		}
		definitions = a.Declaring()
	}
	name := a.Occurrences().Word()
	if syntax.IsPronoun(a.Target.Path, name) { // who asks about one asks where the code says it
		return nil, nil
	}
	for _, p := range definitions {
		d := words.DeclarationAt(a.Snap, p)
		if d != nil && d.Name.Len() > 0 && !a.requiresFile() && (isImport || d.Names[len(d.Names)-1] != name) {
			return d, nil
		}
	}
	return nil, nil
}

// requiresFile reports whether the target declares a variable for a module of the workspace or a member of it, in
// CommonJS: const { name } = require("./file").
func (a *Answer) requiresFile() bool {
	d := a.Target.Decl
	isKnown := d != nil && d.Lang == "ts" && a.Format.Has(trace.StringKeys)
	return isKnown && mention.RequiresFile(a.Target.Content, d.Name)
}

// stubRequired returns the declaration that such a variable is another name of, if it is in a stub or all that its
// module exports; nil for others. definitions are those of the variable by the server.
func (a *Answer) stubRequired(ctx context.Context, definitions []ledger.Place) *selectors.Decl {
	for _, p := range definitions {
		d := words.DeclarationAt(a.Snap, p)
		if d == nil || d.Path == a.Target.Path {
			continue
		}
		if len(a.Snap.InStubs(ctx, *d)) > 0 || mention.DefaultExport(a.Snap, a.SymbolOf(d, nil)) != "" {
			return d
		}
	}
	return nil
}

// maxRequired bounds the modules of CommonJS that a symbol is followed through.
const maxRequired = 8

// required returns the declaration of the symbol that CommonJS modules hand on under the name at one of some places, as
// load in
//
//	exports.open = load;
//
// if open is the name; nil if the name at no place is handed on in this way, or nothing of the workspace is.
func (a *Answer) required(ctx context.Context, s *lsp.Session, named []ledger.Place) (*selectors.Decl, error) {
	if lang, _ := a.Snap.Lang(a.Target.Path); lang != "ts" || !a.Format.Has(trace.RequiredNames) {
		return nil, nil
	}
	for _, first := range named {
		at := first
		for range maxRequired {
			c, err := a.Snap.Content(at.Path)
			if err != nil {
				break // a library's
			}
			value, ok := mention.ValueOf(c, at.Span)
			if !ok {
				break
			}
			means, err := a.DefinitionsAt(ctx, s, []ledger.Place{{Path: at.Path, Span: value}})
			if err != nil {
				return nil, err
			}
			next := slices.IndexFunc(means[0], func(p ledger.Place) bool { return p != at && p.Span.Len() > 0 })
			if next < 0 {
				break
			}
			at = means[0][next]
		}
		if d := words.DeclarationAt(a.Snap, at); at != first && d != nil && !d.Alias {
			return d, nil
		}
	}
	return nil, nil
}

// exportedByName returns the declaration that a module exports as its default, if the target is that export and names
// it: export default name;
func (a *Answer) exportedByName(definitions []ledger.Place) *selectors.Decl {
	d := a.Target.Decl
	isDefault := d.Lang == "ts" && d.Alias && d.Names[len(d.Names)-1] == "default"
	if !isDefault || !a.Format.Has(trace.SelectedDefaults) {
		return nil
	}
	for _, p := range definitions {
		to := words.DeclarationAt(a.Snap, p)
		if to != nil && to.Path == d.Path && !to.Alias && mention.ExportsByName(a.Snap, a.SymbolOf(to, nil)) {
			return to
		}
	}
	return nil
}

// isKey reports whether a declaration of TypeScript is the key of an object that is written out. Where the object has a
// type, as in const u: User = { age: 1 }, the key means a member of the type.
func (a *Answer) isKey(d *selectors.Decl) bool {
	isOfType := len(d.Kinds) > 1 && d.Kinds[len(d.Kinds)-2].IsType()
	if d.Lang != "ts" || isOfType || !a.Format.Has(trace.AskedAtMembers) {
		return false
	}
	c, err := a.Snap.Content(d.Path)
	return err == nil && mention.IsKeyOfObject(c, d.Name)
}

// memberAmong returns the declaration of the member that places of names mean, if they mean a single member of a type
// of TypeScript or Python, or a method of C++; else nil. Entries of __slots__ and keys of objects are no declarations
// of a member, though servers take them for some. At the declaration, servers and the ledger find all uses. At a use,
// they do not find what is a use by the member's type alone, such as the key of an object that a generic function is
// given, and clangd takes overrides of a method for references.
func (a *Answer) memberAmong(named []ledger.Place) (member *selectors.Decl) {
	if !a.Format.Has(trace.AskedAtMembers) {
		return nil
	}
	for _, p := range named {
		d := words.DeclarationAt(a.Snap, p)
		isMember := d != nil && (d.Lang == "ts" || d.Lang == "py") && !d.Alias && len(d.Kinds) > 1 &&
			d.Kinds[len(d.Kinds)-2].IsType()
		isMethod := d != nil && a.isMethodOfCPP(d)
		if !isMember && !isMethod {
			continue
		}
		if member == nil || isMethod && member.Main < d.Main && slices.Equal(d.Names, member.Names) {
			member = d
		} else if !isMethod && d.Path != member.Path || !slices.Equal(d.Names, member.Names) {
			return nil
		}
	}
	return member
}

// isMethodOfCPP reports whether a declaration is that of a method of C++, also outside of its class.
func (a *Answer) isMethodOfCPP(d *selectors.Decl) bool {
	return d.Lang == "cpp" && d.Kind == selectors.KindMethod && words.Owner(d) != "" &&
		a.Format.Has(trace.MethodsAtUses)
}

// DoubtUnresolved doubts definitions of which each is the name in an import: the server cannot resolve it. In
//
//	import { load } from "not-installed";
//
// load is all that it knows.
func (a *Answer) DoubtUnresolved(named []ledger.Place) {
	lang, _ := a.Snap.Lang(a.Target.Path)
	if len(named) == 0 || lang != "ts" && lang != "py" || !a.Format.Has(trace.Unresolved) {
		return
	}
	for _, p := range named {
		c, err := a.Snap.Content(p.Path)
		isName := err == nil && words.NamesIn(a.Snap, p.Path).Imported[p.Span] && !mention.NamesModule(c, p.Span)
		if !isName {
			return
		}
	}
	a.Doubt(bundle.Partial, "the definition is an import that leads nowhere: the server cannot resolve it")
}

// isEmbedded reports whether a declaration of Go is that of an embedded type, which is a use of the type and a field:
// Base in "struct { Base }". Other fields have a space between their names and their types.
func (a *Answer) isEmbedded(d *selectors.Decl) bool {
	if d == nil || d.Lang != "go" || d.Kind != selectors.KindField || !a.Format.Has(trace.StringKeys) {
		return false
	}
	c, err := a.Snap.Content(d.Path)
	return err == nil && !strings.ContainsAny(c.Slice(d.Def), " \t\n")
}

// embeddedType returns the declaration of the type that the target embeds, or of which it names the field; nil if the
// target is neither. Its uses are those of the field too.
func (a *Answer) embeddedType(ctx context.Context, s *lsp.Session) (*selectors.Decl, error) {
	d := a.Target.Decl
	if lang, _ := a.Snap.Lang(a.Target.Path); lang != "go" {
		return nil, nil
	}
	if d == nil {
		own, err := a.Declarations(ctx, s)
		if err != nil || len(own) < 2 {
			return nil, err
		}
		d = words.DeclarationAt(a.Snap, own[0])
	}
	if !a.isEmbedded(d) {
		return nil, nil
	}
	found, err := a.Locate(ctx, s, protocol.MethodTextDocumentDefinition, ledger.Place{Path: d.Path, Span: d.Name})
	if err != nil {
		return nil, err
	}
	for _, p := range a.WordsAt(s, found) {
		if to := words.DeclarationAt(a.Snap, p); to != nil && to.Kind.IsType() {
			return to, nil
		}
	}
	return nil, nil
}

// onlyHereByName returns the declaration of a use about which the server knows less at the use: a stub and what
// implements it are two symbols to it, and the default export of a module has another name in each file. It is nil for
// others. own are the names of the symbol's declarations ([uses.Finder.Declarations]).
func (a *Answer) onlyHereByName(ctx context.Context, own []ledger.Place) *selectors.Decl {
	if !a.Format.Has(trace.StringKeys) || len(own) < 2 {
		return nil
	}
	d := words.DeclarationAt(a.Snap, own[0])
	if d == nil || d.Path == a.Target.Path {
		return nil
	}
	isDefault := mention.DefaultExport(a.Snap, a.SymbolOf(d, own)) != ""
	if isDefault || len(a.Snap.InStubs(ctx, *d)) > 0 {
		return d
	}
	return nil
}

// listedInAll returns the declaration that the target names as an entry of __all__, which no server takes for a name;
// nil for every other target. A module lists what it declares itself, or what it imports: then the server is asked at
// the import.
func (a *Answer) listedInAll(ctx context.Context, s *lsp.Session) (*selectors.Decl, error) {
	lang, _ := a.Snap.Lang(a.Target.Path)
	at := a.TargetWord()
	c, err := a.Snap.Content(at.Path)
	if err != nil || lang != "py" || !a.Format.Has(trace.StringKeys) || !mention.IsListedInAll(c, at.Span) {
		return nil, nil
	}
	decls := a.Snap.FileDecls(at.Path)
	word := c.Slice(at.Span)
	i := slices.IndexFunc(decls, func(d selectors.Decl) bool {
		return !d.Alias && len(d.Names) == 1 && d.Names[0] == word
	})
	if i >= 0 {
		return &decls[i], nil
	}
	name, ok := mention.ImportOf(lang, c, word)
	if !ok {
		return nil, nil
	}
	found, err := a.Locate(ctx, s, protocol.MethodTextDocumentDefinition, ledger.Place{Path: at.Path, Span: name})
	if err != nil {
		return nil, err
	}
	for _, p := range a.WordsAt(s, found) {
		if d := words.DeclarationAt(a.Snap, p); d != nil {
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
	t := a.TargetOf(d)
	if t == nil || !s.Server().Serves(a.Snap, t.Path) { // a server of components is not asked about modules
		return false, nil
	}
	about := &Answer{Finder: a.About(t, a.Unseen)}
	if known, err := about.OpenWith(ctx, s, a.Target.Path); err != nil || !known {
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
	more, err := about.Account(ctx, s, places, uses.Everywhere)
	if err != nil {
		return false, err
	}
	if declaration && a.Format.Has(trace.MethodsAtUses) {
		for _, at := range about.unlistedDeclarations(places, more) {
			more = append(more, ledger.Line{Word: ledger.Word{Place: at}, Entry: ledger.Confirmed})
		}
	}
	a.Absorb(&about.Finder)
	a.Unseen = about.Unseen
	a.Facts("lsp").References = append(refs, a.LocationsOf(more)...)
	return true, nil
}

// DefinedInAll returns the definition of the target if it is an entry of __all__; none for every other target.
func (a *Answer) DefinedInAll(ctx context.Context, s *lsp.Session) ([]bundle.Location, error) {
	d, err := a.listedInAll(ctx, s)
	if err != nil || d == nil {
		return []bundle.Location{}, err
	}
	return []bundle.Location{a.LocationAt(ledger.Place{Path: d.Path, Span: d.Name})}, nil
}
