package uses

import (
	"context"
	"slices"

	"go.lsp.dev/protocol"

	"lanser/index"
	"lanser/selectors"
	"lanser/server/bundle"
	"lanser/server/catalogue"
	"lanser/server/ledger"
	"lanser/server/lsp"
	"lanser/server/project"
	"lanser/server/trace"
)

// Opening is which documents are open when a question is put to a server.
type Opening struct {
	Documents []string
	Short     string // why they do not suffice; "" if they do
	// All are the documents that a use needs if it means something that others know without an import. Nil if Documents
	// suffice in any case.
	All *Opening
}

// maxUnlinked is how many documents are open for a question that no import joins with its symbol. To close and open a
// few between two questions, or to read the imports of all files, takes longer than to leave them open.
const maxUnlinked = 30

// opening returns the documents that must be open where isConcerned, if not nil, is false for files that cannot know
// the symbol.
func (a *Finder) opening(srv *catalogue.Server, isConcerned func(p string) bool) (o Opening) {
	o.Documents, o.Short = srv.Openings(a.Snap, a.Target.Path, isConcerned, a.mentions())
	return o
}

// Openings returns the documents that must be open for the question. Where the target is a use, these are all that can
// know what it means; with others, all that can use it too if it is declared in the workspace. For what is declared in
// a library or in the global scope, [Finder.OpenRest] opens the others.
func (a *Finder) Openings(srv *catalogue.Server, others bool) Opening {
	all := a.opening(srv, nil)
	isFew := len(all.Documents) <= maxUnlinked
	var few Opening
	switch d := a.Target.Decl; {
	case !a.Format.Has(trace.Links), isFew && a.Format.Has(trace.FewOpen):
		return all
	case d == nil && (isFew || !a.Format.Has(trace.Bounds)):
		return all
	case d != nil:
		few = a.opening(srv, project.LinkedWith(a.Snap, d.Path))
	default:
		few = a.opening(srv, project.KnownAt(a.Snap, a.Target.Path))
		if others && len(few.Documents) < len(all.Documents) {
			few.All = &all
		}
	}
	if a.Format.Has(trace.FewOpen) && all.Short == "" && len(all.Documents)-len(few.Documents) <= maxUnlinked {
		return all
	}
	return few
}

// OpenRest opens the documents that were left closed if the target means anything but declarations that imports join
// with it. It doubts the answer if not all documents that the question needs can be open. The error is the session's.
func (a *Finder) OpenRest(ctx context.Context, s *lsp.Session, o Opening) error {
	if o.All != nil {
		found, err := a.Locate(ctx, s, protocol.MethodTextDocumentDefinition, a.TargetWord())
		if err != nil {
			return err
		}
		isElsewhere := func(p ledger.Place) bool {
			return !a.Snap.Has(p.Path) || !project.AreJoined(a.Snap, a.Target.Path, p.Path)
		}
		if at := a.WordsAt(s, found); len(at) == 0 || slices.ContainsFunc(at, isElsewhere) {
			o = *o.All
			a.Open = o.Documents
			if err := s.OpenAlso(ctx, a.Snap, a.Open); err != nil {
				return err
			}
		}
	}
	if o.Short != "" {
		a.Doubt(bundle.Partial, o.Short)
	}
	return nil
}

// mentions returns the files that the symbol's server serves and that hold the target's own name, in order, or those
// that declare it; nil if they were not looked for.
func (a *Finder) mentions() []string {
	if a.names == nil {
		return a.declared
	}
	return a.names.files
}

// maxDeclaring bounds the files that are open because they declare the name.
const maxDeclaring = 30

// LookForDeclarations finds the files that declare the target's name, where the server sees only files that are open.
// It keeps what it has read of a file after that is closed: without them it names the prototype in a header as the
// definition of a function, and with them, or after a question that had them open, the function itself.
func (a *Finder) LookForDeclarations(ctx context.Context, srv *catalogue.Server) {
	if !a.Format.Has(trace.Declaring) || !srv.SeesOnlyOpen(a.Snap, a.Target.Path) {
		return
	}
	if a.Operation.Short == "context" && a.Format.Has(trace.DefiningUsed) {
		a.lookForUsed(ctx, srv)
		return
	}
	word := index.WordAt(a.Target.Path, a.Target.Content, a.Target.At)
	if word == "" {
		return
	}
	lang, _ := a.Snap.Lang(a.Target.Path)
	found, _ := a.Snap.Search(ctx, lang, word)
	for _, d := range found {
		if d.Names[len(d.Names)-1] == word {
			a.addDeclaring(srv, d.Path)
		}
	}
}

// addDeclaring adds a file to those that declare what the question is about, and reports whether there is room for it.
func (a *Finder) addDeclaring(srv *catalogue.Server, file string) bool {
	if slices.Contains(a.declared, file) || !srv.Serves(a.Snap, file) {
		return true
	}
	if len(a.declared) == maxDeclaring {
		return false
	}
	a.declared = append(a.declared, file)
	return true
}

// lookForUsed is [Finder.LookForDeclarations] for all words of the target's file. Headers that declare them are read
// where the file includes them, so only what has a body is looked for.
func (a *Finder) lookForUsed(ctx context.Context, srv *catalogue.Server) {
	at, _, err := a.CodeWords(ctx, a.Target.Path)
	if err != nil {
		return // the question itself meets the error
	}
	used := map[string]bool{}
	for _, p := range at {
		used[a.Target.Content.Slice(p.Span)] = true
	}
	lang, _ := a.Snap.Lang(a.Target.Path)
	for _, p := range a.Snap.Paths() {
		if l, ok := a.Snap.Lang(p); !ok || l != lang || p == a.Target.Path {
			continue
		}
		defines := func(d selectors.Decl) bool { return d.Body.Len() > 0 && used[d.Names[len(d.Names)-1]] }
		if slices.ContainsFunc(a.Snap.FileDecls(p), defines) && !a.addDeclaring(srv, p) {
			const why = "more files define what it uses than are opened: of some functions the prototype is named"
			a.Doubt(bundle.Partial, why)
			return
		}
	}
}
