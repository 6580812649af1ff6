package uses

import (
	"context"
	"slices"
	"sync"

	"go.lsp.dev/protocol"

	"lanser/index"
	"lanser/selectors"
	"lanser/server/bundle"
	"lanser/server/catalogue"
	"lanser/server/ledger"
	"lanser/server/lsp"
	"lanser/server/mention"
	"lanser/server/project"
	"lanser/server/trace"
	"lanser/server/words"
)

// A word of the name is the symbol if the server's definition at it is one of the names of the symbol's declarations.
// This file finds these names. The index knows them where the target is a declaration: its own, its overloads, those in
// stubs and specializations. Where the target is a use, the server is asked what it means.

// Declarations returns the names of the target's declarations, and after them the target's own word if the target
// declares nothing: the server says what that word means, and names nothing if it does not know. The answer is cached,
// once for each answer and session.
func (a *Finder) Declarations(ctx context.Context, s *lsp.Session) ([]ledger.Place, error) {
	if a.Own == nil || a.ownBy != s {
		own, err := a.declarationsOf(ctx, s)
		if err != nil {
			return nil, err
		}
		a.Own, a.ownBy = own, s
	}
	return a.Own, nil
}

// declarationsOf is [Finder.Declarations] without memory.
func (a *Finder) declarationsOf(ctx context.Context, s *lsp.Session) (out []ledger.Place, err error) {
	t := a.Target
	if t.Decl == nil {
		at := a.TargetWord()
		if found, ok := a.definer().recallOne(s, at); ok {
			return append(a.withSpecializations(ctx, found), at), nil
		}
		found, err := a.DefinitionOf(ctx, s, at)
		if err != nil {
			return nil, err
		}
		named := a.meant(at, a.ShellSymbol().Definitions(a.Imports().Choose(ctx, at, a.WordsAt(s, found))))
		a.definer().keep(s, []ledger.Place{at}, map[ledger.Place][]ledger.Place{at: named})
		return append(a.withSpecializations(ctx, named), at), nil
	}
	out = append(out, ledger.Place{Path: t.Decl.Path, Span: t.Decl.Name})
	others := slices.Concat(a.Snap.InStubs(ctx, *t.Decl), t.Overloads)
	if a.names != nil {
		others = append(others, words.Specializations(ctx, a.Snap, t.Decl)...)
		others = append(others, a.linkedBySyntax(ctx, s.Server(), t.Decl)...)
	}
	for _, d := range others {
		out = append(out, ledger.Place{Path: d.Path, Span: d.Name})
	}
	if inner, ok := words.InnerName(a.Snap, *t.Decl); ok {
		out = append(out, inner)
	}
	return out, nil
}

// linkedBySyntax returns the declarations of C and C++ in other sources and headers that the linker takes for a symbol,
// where no compilation database tells clangd of these files: when it knows of them depends on what has been opened, and
// on how long ago. A symbol that several sources define is one in each of them.
func (a *Finder) linkedBySyntax(ctx context.Context, srv *catalogue.Server, d *selectors.Decl) (out []selectors.Decl) {
	if d.Lang != "cpp" || d.Linked == "" || d.Local > 0 || !a.Format.Has(trace.UnlistedSources) {
		return nil
	}
	if _, hasDatabase := project.NearestAbove(srv.Databases(a.Snap), d.Path); hasDatabase {
		return nil
	}
	definers := map[string]bool{}
	decls, _ := a.Snap.Search(ctx, d.Lang, d.Names[len(d.Names)-1])
	for _, other := range decls {
		if other.Linked != d.Linked {
			continue
		}
		if other.Main > 0 {
			definers[other.Path] = true
		}
		if other.Path != d.Path {
			out = append(out, other)
		}
	}
	if len(definers) > 1 {
		return nil
	}
	return out
}

// withSpecializations returns the names of declarations together with those of the full specializations of templates
// of C++ among them.
func (a *Finder) withSpecializations(ctx context.Context, names []ledger.Place) []ledger.Place {
	out := slices.Clone(names)
	for _, p := range names {
		d := words.DeclarationAt(a.Snap, p)
		if a.names == nil || d == nil || d.Lang != "cpp" {
			continue
		}
		for _, s := range words.Specializations(ctx, a.Snap, d) {
			if at := (ledger.Place{Path: s.Path, Span: s.Name}); !slices.Contains(out, at) {
				out = append(out, at)
			}
		}
	}
	return out
}

// Declaring returns the names of the symbol's declarations, once they are known: own without the target's word, unless
// that is one of them.
func (a *Finder) Declaring() []ledger.Place {
	if a.Target.Decl != nil || len(a.Own) == 0 {
		return a.Own
	}
	return a.Own[:len(a.Own)-1]
}

// NamesItself reports whether the target's word is the name in one of the declarations: it is not where the target is a
// keyword, a path in an import or an alias. own is what [Finder.Declarations] returns. The text of a library's file may
// not be at hand: there a name of equal length has to do.
func (a *Finder) NamesItself(own []ledger.Place) bool {
	if a.Target.Decl != nil {
		return true
	}
	word := a.names.list[0].occurrences.Word()
	return slices.ContainsFunc(own[:len(own)-1], func(p ledger.Place) bool { // the last is the place itself
		c, err := a.Snap.Content(p.Path)
		return err != nil && p.Span.Len() == len(word) || err == nil && c.Slice(p.Span) == word
	})
}

// AskDefinitionAhead asks for the definition of the target's word while the references are asked for, where the ledger
// will need it. The answer has it once wait returns, which must be called on the goroutine of the answer.
//
// The question is not asked ahead where all messages are recorded, since a trace has one order, and not of a server
// that says nothing of its progress, since it may answer before it has loaded the files.
func (a *Finder) AskDefinitionAhead(ctx context.Context, s *lsp.Session) (wait func()) {
	isNeeded := a.Target.Decl == nil && a.names != nil
	if !isNeeded || a.Recorded || s.Server().Untested {
		return func() {}
	}
	at := a.TargetWord()
	if _, ok := a.definer().recallOne(s, at); ok {
		return func() {}
	}
	ahead := &definitionAhead{session: s}
	var asking sync.WaitGroup
	asking.Go(func() {
		ahead.found, ahead.err = a.Locate(ctx, s, protocol.MethodTextDocumentDefinition, at)
	})
	return func() {
		asking.Wait()
		a.ahead = ahead
	}
}

// DefinitionOf returns the definitions of the target's word, which is at the given place: those that were asked for
// ahead in the same session, or those of a new question.
func (a *Finder) DefinitionOf(ctx context.Context, s *lsp.Session, at ledger.Place) ([]lsp.Location, error) {
	if a.ahead != nil && a.ahead.session == s {
		return a.ahead.found, a.ahead.err
	}
	return a.Locate(ctx, s, protocol.MethodTextDocumentDefinition, at)
}

// definer returns what asks for definitions on behalf of the answer. What it may remember is collected in a.Defined.
func (a *Finder) definer() *definer {
	return &definer{Question: a.Question, words: a.WordsAt, open: a.Open, kept: &a.Defined}
}

// LookForNames finds the words of the target's name in every text file of the workspace. It needs no session: which
// files hold the name decides which documents must be open. The scope of the answer is widened by the files that hold
// it and that the server does not read. A target without a word is left without names, and is not accounted for.
func (a *Finder) LookForNames(ctx context.Context, srv *catalogue.Server) {
	word := index.WordAt(a.Target.Path, a.Target.Content, a.Target.At)
	if word == "" {
		return
	}
	o := a.Snap.Occurrences(ctx, word)
	a.names = &names{
		snap: a.Snap, format: a.Format, list: []name{{occurrences: o}},
	}
	var others []string
	for _, p := range o.Files {
		if srv.Serves(a.Snap, p) {
			a.names.files = append(a.names.files, p)
		}
		if !srv.Concerns(p) {
			others = append(others, p)
		}
	}
	if len(others) > 0 {
		a.Scope = a.Scope.and(others, word)
	}
	a.names.files = append(a.names.files, a.defaultImporters(ctx, srv)...)
}

// defaultImporters lists the files that name the module of which the target is the default export, and those of further
// modules that export it as theirs. Such files need not hold the target's name, and the server must read them. For the
// function parse in lib/parser.ts
//
//	import read from "./lib/parser";
//
// has no word "parse"; the word that is looked for is "parser", the last one in the path of the module. At most
// maxNames modules are followed.
func (a *Finder) defaultImporters(ctx context.Context, srv *catalogue.Server) (files []string) {
	if !a.Format.Has(trace.StringKeys) || !srv.ImportsDeclare {
		return nil
	}
	lang, _ := a.Snap.Lang(a.Target.Path)
	sym := project.Symbol{Lang: lang, Path: a.Target.Path, Name: a.names.list[0].occurrences.Word()}
	if a.Target.Decl != nil {
		sym = a.SymbolOf(a.Target.Decl, nil)
	}
	word := mention.DefaultExport(a.Snap, sym)
	known := map[string]bool{"": true}
	for queue := []string{word}; len(queue) > 0; queue = queue[1:] {
		if known[queue[0]] {
			continue
		}
		if len(known) >= maxNames {
			a.Doubt(bundle.Partial, "more modules export it as their default than are followed")
			break
		}
		known[queue[0]] = true
		for _, p := range a.Snap.Occurrences(ctx, queue[0]).Files {
			if srv.LanguageID(p) == "" || slices.Contains(files, p) {
				continue
			}
			files = append(files, p)
			if c, err := a.Snap.Content(p); err == nil && mention.ExportsDefaultOf(c, queue[0]) {
				again := project.Symbol{Lang: "ts", Path: p, Name: "default"}
				queue = append(queue, mention.DefaultExport(a.Snap, again))
			}
		}
	}
	return files
}

// HasWords reports whether the words of the target's name were looked for, and are accounted for.
func (a *Finder) HasWords() bool { return a.names != nil }

// Occurrences returns where the name of the target is in the text of the workspace. They were looked for
// ([Finder.HasWords]).
func (a *Finder) Occurrences() *index.Occurrences { return a.names.list[0].occurrences }

// HasName reports whether the word at a place is one of the symbol's names: servers also name the places at which
// a macro is expanded.
func (a *Finder) HasName(at ledger.Place) bool { return a.names.has(a.Snap, at) }

// DefinitionsAt returns the definitions at words of the workspace, as the server names them and as places of names: one
// list for each word.
func (a *Finder) DefinitionsAt(ctx context.Context, s *lsp.Session, at []ledger.Place) ([][]ledger.Place, error) {
	return a.definer().in(ctx, s, at)
}

// DefinedAt is [Finder.DefinitionsAt] with locations as the server names them.
func (a *Finder) DefinedAt(ctx context.Context, s *lsp.Session, at []ledger.Place) ([][]lsp.Location, error) {
	return a.definer().locations(ctx, s, at)
}
