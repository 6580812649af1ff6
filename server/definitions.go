package server

import (
	"context"
	"slices"
	"strings"
	"sync"

	"go.lsp.dev/protocol"

	"lanser/index/syntax"
	"lanser/selectors/text"
	"lanser/server/catalogue"
	"lanser/server/ledger"
	"lanser/server/lsp"
	"lanser/server/memory"
	"lanser/server/trace"
)

// keysOf returns the keys of words that are asked about together; nil in place of the key of a word that cannot be
// remembered.
func (a *answer) keysOf(s *lsp.Session, at []ledger.Place) []*memory.Word {
	mustOpen := map[string]bool{}
	var files []string
	for _, p := range at {
		if _, known := mustOpen[p.Path]; !known {
			mustOpen[p.Path] = s.Server().MustOpen(a.snap, a.target.Path, p.Path)
			if mustOpen[p.Path] {
				files = append(files, p.Path)
			}
		}
	}
	open, ok := "", true
	if len(files) > 0 {
		open, ok = a.openFor(s.Server(), files)
	}
	keys := make([]*memory.Word, len(at))
	for i, p := range at {
		if !mustOpen[p.Path] {
			keys[i] = &memory.Word{Place: p}
		} else if ok {
			keys[i] = &memory.Word{Place: p, Open: open}
		}
	}
	return keys
}

// openFor names the documents that are open for the question and for words in further files, apart from those that
// the server answers about alike when they are closed. ok is false if the request does not tell which they are.
func (a *answer) openFor(srv *catalogue.Server, further []string) (open string, ok bool) {
	if !a.runner.ofOneSymbol || srv.Remembers || len(further) > maxToOpen {
		return "", false
	}
	files := slices.Concat(a.open, further)
	files = slices.DeleteFunc(files, func(p string) bool { return srv.Holds(a.snap, p) })
	slices.Sort(files)
	return strings.Join(slices.Compact(files), "\x00"), true
}

// recallDefinitions adds the definitions that are remembered at places to known.
func (e *Engine) recallDefinitions(
	a *answer, s *lsp.Session, at []ledger.Place, known map[ledger.Place][]ledger.Place,
) {
	for i, key := range a.keysOf(s, at) {
		if key == nil {
			continue
		}
		if found, ok := e.definitions.Get(s, a.disk.FilesVersion(), *key); ok {
			known[at[i]] = found
		}
	}
}

// keepDefinitions adds the definitions at all words that were asked about together to those that can be remembered
// once the answer has proved good. found has no entry for a word that the server was not asked about.
func (a *answer) keepDefinitions(s *lsp.Session, at []ledger.Place, found map[ledger.Place][]ledger.Place) {
	if a.defined.Session != s {
		a.defined = memory.Defined{Session: s, Files: a.disk.FilesVersion(), At: map[memory.Word][]ledger.Place{}}
	}
	for i, key := range a.keysOf(s, at) {
		if definitions, asked := found[at[i]]; asked && key != nil {
			a.defined.At[*key] = definitions
		}
	}
}

// remembersDefinitions reports whether definitions that other questions have asked for may be used: not where all
// messages are recorded or replayed, not of a hypothetical state, and not of a symbol of a library, whose
// place the workspace names in another way.
func (e *Engine) remembersDefinitions(a *answer) bool {
	return e.memorable(a) && a.snap.Has(a.target.Path)
}

// recallDefinition returns the definitions that are remembered at one place.
func (e *Engine) recallDefinition(a *answer, s *lsp.Session, at ledger.Place) (found []ledger.Place, ok bool) {
	if !e.remembersDefinitions(a) {
		return nil, false
	}
	known := map[ledger.Place][]ledger.Place{}
	e.recallDefinitions(a, s, []ledger.Place{at}, known)
	found, ok = known[at]
	return found, ok
}

// definitionAhead is the definition of the target's word, which the server was asked for together with the
// references of the target.
type definitionAhead struct {
	session *lsp.Session
	found   []lsp.Location
	err     error
}

// askDefinitionAhead asks for the definition of the target's word while the references are asked for, where the
// ledger will need it. The answer has it once wait returns. The question is not asked ahead where all messages are
// recorded, since a trace has one order, and not of a server that says nothing of its progress, since it may answer
// before it has loaded the files.
func (e *Engine) askDefinitionAhead(ctx context.Context, a *answer, s *lsp.Session) (wait func()) {
	isNeeded := a.target.Decl == nil && a.names != nil
	if !isNeeded || e.log != trace.Off || s.Server().Untested {
		return func() {}
	}
	at := a.targetWord()
	if _, ok := e.recallDefinition(a, s, at); ok {
		return func() {}
	}
	ahead := &definitionAhead{session: s}
	var asking sync.WaitGroup
	asking.Go(func() {
		ahead.found, ahead.err = a.locate(ctx, s, protocol.MethodTextDocumentDefinition, at)
	})
	return func() {
		asking.Wait()
		a.ahead = ahead
	}
}

// definitionOf returns the definitions of the target's word, which is at the given place.
func (a *answer) definitionOf(ctx context.Context, s *lsp.Session, at ledger.Place) ([]lsp.Location, error) {
	if a.ahead != nil && a.ahead.session == s {
		return a.ahead.found, a.ahead.err
	}
	return a.locate(ctx, s, protocol.MethodTextDocumentDefinition, at)
}

// targetWord is the place of the target's word.
func (a *answer) targetWord() ledger.Place {
	t := a.target
	return ledger.Place{Path: t.Path, Span: text.WordAt(t.Content.Bytes(), t.At, syntax.WordChars(t.Path))}
}
