package symbol

import (
	"context"
	"slices"
	"sync"

	"go.lsp.dev/protocol"

	"lanser/server/ledger"
	"lanser/server/lsp"
	"lanser/server/words"
)

// declarations are the names of the target's declarations: for a place that declares nothing, by the
// server's word. It is asked once for each answer and session.
func (a *Answer) declarations(ctx context.Context, s *lsp.Session) ([]ledger.Place, error) {
	if a.own == nil || a.ownBy != s {
		own, err := a.declarationsOf(ctx, s)
		if err != nil {
			return nil, err
		}
		a.own, a.ownBy = own, s
	}
	return a.own, nil
}

// declarationsOf is [Answer.declarations] without memory.
func (a *Answer) declarationsOf(ctx context.Context, s *lsp.Session) (out []ledger.Place, err error) {
	t := a.Target
	if t.Decl == nil {
		at := a.targetWord()
		if found, ok := a.definer().recallOne(s, at); ok {
			return append(slices.Clone(found), at), nil
		}
		found, err := a.definitionOf(ctx, s, at)
		if err != nil {
			return nil, err
		}
		named := a.shellSymbol().Definitions(a.imports().Choose(ctx, at, a.WordsAt(s, found)))
		a.definer().keep(s, []ledger.Place{at}, map[ledger.Place][]ledger.Place{at: named})
		return append(slices.Clone(named), at), nil
	}
	out = append(out, ledger.Place{Path: t.Decl.Path, Span: t.Decl.Name})
	others := slices.Concat(a.Snap.InStubs(ctx, *t.Decl), t.Overloads)
	if a.names != nil {
		others = append(others, words.Specializations(ctx, a.Snap, t.Decl)...)
	}
	for _, d := range others {
		out = append(out, ledger.Place{Path: d.Path, Span: d.Name})
	}
	return out, nil
}

// declaring are the names of the symbol's declarations, once they are known: own without the target's word, unless
// that is one of them.
func (a *Answer) declaring() []ledger.Place {
	if a.Target.Decl != nil || len(a.own) == 0 {
		return a.own
	}
	return a.own[:len(a.own)-1]
}

// namesItself reports whether the target's word is the name in one of the declarations: it is not where
// the target is a keyword, a path in an import or an alias.
func (a *Answer) namesItself(own []ledger.Place) bool {
	if a.Target.Decl != nil {
		return true
	}
	word := a.names.list[0].occurrences.Word()
	return slices.ContainsFunc(own[:len(own)-1], func(p ledger.Place) bool { // the last is the place itself
		c, err := a.Snap.Content(p.Path)
		return err != nil && p.Span.Len() == len(word) || err == nil && c.Slice(p.Span) == word
	})
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
	if _, ok := a.definer().recallOne(s, at); ok {
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

// definer returns what asks for definitions on behalf of the answer.
func (a *Answer) definer() *definer {
	return &definer{Question: a.Question, words: a.WordsAt, open: a.Open, kept: &a.Defined}
}
