package symbol

import (
	"bytes"
	"context"

	"lanser/index"
	"lanser/index/syntax"
	"lanser/selectors"
	"lanser/selectors/fault"
	"lanser/selectors/text"
	"lanser/server/api"
	"lanser/server/catalogue"
	"lanser/server/ledger"
	"lanser/server/lsp"
	"lanser/server/memory"
	"lanser/server/pool"
	"lanser/server/words"
)

// Question is what is asked about a symbol, and the snapshot that it is asked of. Nothing changes it once its
// selector is resolved: the parts of an answer share it.
type Question struct {
	Operation *api.Operation    // what is asked
	Request   api.Request       // with the options
	Target    *selectors.Target // what the selector resolved to
	Snap      *index.Snapshot   // what the answer is about
	Disk      *index.Snapshot   // the same without the request's overlay

	OneSymbol   bool // the words of one symbol alone are accounted for
	FromHeaders bool // the operation can be answered from the headers of types

	Pool       *pool.Pool                       // for sessions besides the one that answers
	Installed  func(srv *catalogue.Server) bool // reports whether a server can be asked
	Remembered *memory.Definitions              // nil if no definitions of other questions may be used
	Recorded   bool                             // all messages are recorded or replayed, in one order

	// WithoutImports asks about a use under another name at the use, and follows no links.
	WithoutImports bool
	// WithoutKeys asks about no strings that may be keys of a type.
	WithoutKeys bool
	// WithoutOtherBuilds asks about files of other builds in the session of the own build, and for no imports.
	WithoutOtherBuilds bool
}

// targetWord is the place of the target's word.
func (q *Question) targetWord() ledger.Place {
	t := q.Target
	return ledger.Place{Path: t.Path, Span: text.WordAt(t.Content.Bytes(), t.At, syntax.WordChars(t.Path))}
}

// wantsDeclaration reports whether declarations belong to the references, as they do by default.
func (q *Question) wantsDeclaration() bool {
	return q.Request.Options.Declaration == nil || *q.Request.Options.Declaration
}

// isInString reports whether the target is a whole string, of which servers tell where it is written again, and nothing
// of what it names.
func (q *Question) isInString() bool {
	at := q.targetWord()
	c, err := q.Snap.Content(at.Path)
	return err == nil && catalogue.IsString(c, at.Span)
}

// imports returns what reads the imports of the snapshot.
func (q *Question) imports() words.Imports {
	return words.Imports{Source: q.Snap, Off: q.WithoutImports}
}

// locate asks for the locations that a method finds at a place. A server that refuses has none; the
// error is one that ends the question.
func (q *Question) locate(ctx context.Context, s *lsp.Session, method string, at ledger.Place) ([]lsp.Location, error) {
	c, err := q.Snap.Content(at.Path)
	if err != nil {
		return nil, nil // it was read when the word was found
	}
	found, err := s.Locations(ctx, method, at.Path, c, at.Span.Start)
	if err == nil || ctx.Err() == nil && (fault.Is(err, fault.Incomplete) || fault.Is(err, fault.Unsupported)) {
		return found, nil
	}
	return nil, err
}

// InBuildOf is [catalogue.Server.ForBuildOf].
func (q *Question) InBuildOf(srv *catalogue.Server, file string) *catalogue.Server {
	if q.WithoutOtherBuilds {
		return nil
	}
	return srv.ForBuildOf(q.Snap, file)
}

// maxToOpen bounds the files that are opened to ask about words in them. Words in others have no answer.
const maxToOpen = 100

// toOpen are the files of places in which the server answers only while they are open, in the order of the
// places.
func (q *Question) toOpen(srv *catalogue.Server, at []ledger.Place) (files []string) {
	seen := map[string]bool{}
	for _, p := range at {
		if !seen[p.Path] && len(files) < maxToOpen && srv.MustOpen(q.Snap, q.Target.Path, p.Path) {
			files = append(files, p.Path)
		}
		seen[p.Path] = true
	}
	return files
}

// toOpenTogether are the files that must be open for answers about words, which are some of those that are accounted
// for together: all files that the latter need, so that it does not depend on what is remembered of the other words.
func (q *Question) toOpenTogether(srv *catalogue.Server, at, together []ledger.Place) []string {
	files, all := q.toOpen(srv, at), q.toOpen(srv, together)
	if len(files) == 0 || len(all) == maxToOpen {
		return files
	}
	return all
}

// symbolOf is what the rules of the target's language need to know of its declaration. Of a symbol that
// no declaration of the workspace is known for, it may be a member, and the rules of visibility do not apply, unless
// own, the names of its declarations and the place itself, tell that it is a variable of a function.
func (q *Question) symbolOf(d *selectors.Decl, own []ledger.Place) catalogue.Symbol {
	t := q.Target
	lang, _ := q.Snap.Lang(t.Path)
	sym := catalogue.Symbol{Lang: lang, Member: true, Name: index.WordAt(t.Path, t.Content, t.At)}
	if d == nil {
		if file, scope, ok := localScope(q.Snap, own[:len(own)-1]); ok {
			sym.Path, sym.Scope, sym.Member = file, scope, false
		}
		return sym
	}
	sym.Path, sym.Lang, sym.Module, sym.Kind, sym.Member = d.Path, d.Lang, d.Module, d.Kind, words.IsMember(d)
	sym.Owner = words.Owner(d)
	c, err := q.Snap.Content(d.Path)
	sym.Selected = err == nil && bytes.HasSuffix(c.Bytes()[:d.Name.Start], []byte("."))
	for _, o := range t.Overloads {
		sym.Also = append(sym.Also, o.Path)
	}
	around := words.OuterFunction(q.Snap, d)
	if d.Local > 0 {
		sym.Scope = around.Def
	}
	sym.Assigned = d.Kind == selectors.KindField && around.Kind == selectors.KindMethod
	return sym
}

// localScope is the file and the function to which all the given names of a variable or parameter belong.
func localScope(snap *index.Snapshot, names []ledger.Place) (file string, scope text.Span, ok bool) {
	for i, n := range names {
		is, local := snap.LocalScope(n.Path, n.Span)
		if !local || i > 0 && (n.Path != file || is != scope) {
			return "", text.Span{}, false
		}
		file, scope, ok = n.Path, is, true
	}
	return file, scope, ok
}
