package hierarchy

import (
	"context"
	"fmt"

	"lanser/selectors"
	"lanser/server/bundle"
	"lanser/server/lsp"
	"lanser/server/symbol"
	"lanser/server/words"
)

// MaxAccounted bounds the symbols of a hierarchy whose words are accounted for, the first one among them. Each costs a
// search of all files and up to [ledger.MaxAsked] questions.
const MaxAccounted = 100

// maxHierarchy bounds the symbols that a hierarchy is followed through, so that one that leads through half of a
// program ends.
const maxHierarchy = 2000

// edgesFunc finds the edges to the target that the server has left out of its hierarchy, whose own edges to it are
// known.
type edgesFunc func(
	a *Answer, ctx context.Context, s *lsp.Session, known []bundle.Edge,
) ([]bundle.Edge, error)

// levels is a walk through a hierarchy to those that use a symbol, to those that use these, and so on. Every word of
// the name of each symbol on the way is accounted for, as those of the first one are.
//
// The first symbol is that of answer. For each further one there is an answer of its own ([levels.aboutTarget]), with
// empty evidence and the documents that were read so far; once its words are accounted for, its ledger and its doubts
// are added to the first ([uses.Finder.Absorb]). The edges are returned to who walks.
type levels struct {
	answer *Answer
	s      *lsp.Session
	more   edgesFunc

	accounted int      // symbols
	skipped   int      // symbols whose words were not accounted for
	unseen    []string // of the answer, before words were accounted for
}

// users returns the edges to a symbol of the hierarchy that the server left out; known are those that it
// named. The evidence and the ledger of the whole answer tell of the symbol's words too.
func (l *levels) users(ctx context.Context, item lsp.Item, known []bundle.Edge) ([]bundle.Edge, error) {
	about := l.answer
	if l.accounted > 0 {
		about = l.about(item)
	}
	return l.account(ctx, about, known)
}

// account is [levels.users] of the symbol that an answer is about; nil is one that is no declaration of the
// workspace.
func (l *levels) account(ctx context.Context, about *Answer, known []bundle.Edge) ([]bundle.Edge, error) {
	if about == l.answer {
		l.unseen = about.Unseen
		l.accounted++
		return l.more(about, ctx, l.s, known)
	}
	if about == nil || l.accounted == MaxAccounted {
		l.skipped++
		return nil, nil
	}
	l.accounted++
	hasName, err := about.OpenWith(ctx, l.s)
	if err != nil {
		return nil, err
	}
	if !hasName {
		l.skipped++
		return nil, nil
	}
	edges, err := l.more(about, ctx, l.s, known)
	l.answer.Absorb(&about.Finder)
	return edges, err
}

// about returns an empty answer about a symbol of the hierarchy; nil for one that is no declaration of the workspace.
func (l *levels) about(item lsp.Item) *Answer {
	p := l.answer.Reader(l.s).Place(item.URI, item.SelectionRange)
	if p.Path == "" || !p.OK {
		return nil
	}
	d := words.Named(l.answer.Snap, p.Word())
	if d == nil {
		return nil
	}
	return l.aboutDecl(d)
}

// aboutDecl returns an empty answer about a declaration, nil if its file cannot be read any more.
func (l *levels) aboutDecl(d *selectors.Decl) *Answer {
	t := l.answer.TargetOf(d)
	if t == nil {
		return nil
	}
	return l.aboutTarget(t)
}

// aboutTarget returns an empty answer about a target, see [uses.Finder.About].
func (l *levels) aboutTarget(t *selectors.Target) *Answer {
	return &Answer{Answer: symbol.Answer{Finder: l.answer.About(t, l.unseen)}}
}

// end accounts for the words of a symbol of which the server has no hierarchy, and doubts the answer if words
// of some symbols were not accounted for.
func (l *levels) end(ctx context.Context) ([]bundle.Edge, error) {
	if l.accounted == 0 {
		return l.more(l.answer, ctx, l.s, nil)
	}
	if l.skipped == 0 {
		return nil, nil
	}
	l.answer.Unseen = l.unseen
	if l.answer.Bundle.Evidence.State == bundle.Complete {
		why := fmt.Sprintf("who uses %d of the symbols further away is the server's word alone", l.skipped)
		l.answer.Doubt(bundle.Heuristic, why)
	}
	return nil, nil
}
