package symbol

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
)

// keysOf returns the keys of words that are asked about together; nil in place of the key of a word that cannot be
// remembered.
func (a *Answer) keysOf(s *lsp.Session, at []ledger.Place) []*memory.Word {
	mustOpen := map[string]bool{}
	var files []string
	for _, p := range at {
		if _, known := mustOpen[p.Path]; !known {
			mustOpen[p.Path] = s.Server().MustOpen(a.Snap, a.Target.Path, p.Path)
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
func (a *Answer) openFor(srv *catalogue.Server, further []string) (open string, ok bool) {
	if !a.OneSymbol || srv.Remembers || len(further) > maxToOpen {
		return "", false
	}
	files := slices.Concat(a.Open, further)
	files = slices.DeleteFunc(files, func(p string) bool { return srv.Holds(a.Snap, p) })
	slices.Sort(files)
	return strings.Join(slices.Compact(files), "\x00"), true
}

// recallDefinitions adds the definitions that are remembered at places to known.
func (a *Answer) recallDefinitions(s *lsp.Session, at []ledger.Place, known map[ledger.Place][]ledger.Place,
) {
	for i, key := range a.keysOf(s, at) {
		if key == nil {
			continue
		}
		if found, ok := a.Remembered.Get(s, a.Disk.FilesVersion(), *key); ok {
			known[at[i]] = found
		}
	}
}

// keepDefinitions adds the definitions at all words that were asked about together to those that can be remembered
// once the answer has proved good. found has no entry for a word that the server was not asked about.
func (a *Answer) keepDefinitions(s *lsp.Session, at []ledger.Place, found map[ledger.Place][]ledger.Place) {
	if a.Defined.Session != s {
		a.Defined = memory.Defined{Session: s, Files: a.Disk.FilesVersion(), At: map[memory.Word][]ledger.Place{}}
	}
	for i, key := range a.keysOf(s, at) {
		if definitions, asked := found[at[i]]; asked && key != nil {
			a.Defined.At[*key] = definitions
		}
	}
}

// remembersDefinitions reports whether definitions that other questions have asked for may be used: not where all
// messages are recorded or replayed, not of a hypothetical state, and not of a symbol of a library, whose
// place the workspace names in another way.
func (a *Answer) remembersDefinitions() bool {
	return a.Remembered != nil && !a.Request.Options.Hypothetical() && a.Snap.Has(a.Target.Path)
}

// recallDefinition returns the definitions that are remembered at one place.
func (a *Answer) recallDefinition(s *lsp.Session, at ledger.Place) (found []ledger.Place, ok bool) {
	if !a.remembersDefinitions() {
		return nil, false
	}
	known := map[ledger.Place][]ledger.Place{}
	a.recallDefinitions(s, []ledger.Place{at}, known)
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
func (a *Answer) askDefinitionAhead(ctx context.Context, s *lsp.Session) (wait func()) {
	isNeeded := a.Target.Decl == nil && a.names != nil
	if !isNeeded || a.Recorded || s.Server().Untested {
		return func() {}
	}
	at := a.targetWord()
	if _, ok := a.recallDefinition(s, at); ok {
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
func (a *Answer) definitionOf(ctx context.Context, s *lsp.Session, at ledger.Place) ([]lsp.Location, error) {
	if a.ahead != nil && a.ahead.session == s {
		return a.ahead.found, a.ahead.err
	}
	return a.locate(ctx, s, protocol.MethodTextDocumentDefinition, at)
}

// targetWord is the place of the target's word.
func (a *Answer) targetWord() ledger.Place {
	t := a.Target
	return ledger.Place{Path: t.Path, Span: text.WordAt(t.Content.Bytes(), t.At, syntax.WordChars(t.Path))}
}
