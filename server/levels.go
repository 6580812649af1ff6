package server

import (
	"context"
	"fmt"
	"slices"

	"lanser/selectors"
	"lanser/server/bundle"
	"lanser/server/lsp"
	"lanser/server/words"
)

// maxAccounted bounds the symbols of a hierarchy whose words are accounted for, the first one among them.
const maxAccounted = 100

// levels is a walk through a hierarchy to those that use a symbol, to those that use these, and so on.
// Every word of the name of each symbol on the way is accounted for, as those of the first one are.
type levels struct {
	*Engine
	answer *answer
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
func (l *levels) account(ctx context.Context, about *answer, known []bundle.Edge) ([]bundle.Edge, error) {
	if about == l.answer {
		l.unseen = about.unseen
		l.accounted++
		return l.more(ctx, about, l.s, known)
	}
	if about == nil || l.accounted == maxAccounted {
		l.skipped++
		return nil, nil
	}
	l.accounted++
	srv := l.s.Server()
	about.lookForNames(ctx, srv)
	if about.names == nil {
		l.skipped++
		return nil, nil
	}
	open, short := srv.Openings(about.snap, about.target.Path, about.names.files)
	if short != "" {
		about.doubt(bundle.Partial, short)
	}
	if err := l.s.OpenAlso(ctx, about.snap, open); err != nil {
		return nil, err
	}
	edges, err := l.more(ctx, about, l.s, known)
	l.answer.absorb(about)
	return edges, err
}

// about is an empty answer about a symbol of the hierarchy; nil for one that is no declaration of the workspace.
func (l *levels) about(item lsp.Item) *answer {
	p := l.answer.reader(l.s).Place(item.URI, item.SelectionRange)
	if p.Path == "" || !p.OK {
		return nil
	}
	d := words.Named(l.answer.snap, p.Word())
	if d == nil {
		return nil
	}
	return l.aboutDecl(d)
}

// aboutDecl is an empty answer about a declaration.
func (l *levels) aboutDecl(d *selectors.Decl) *answer {
	c, err := l.answer.snap.Content(d.Path)
	if err != nil {
		return nil // it was read when the declaration was found
	}
	return l.aboutTarget(&selectors.Target{Path: d.Path, Content: c, Span: d.Name, At: d.Name.Start, Decl: d})
}

// aboutTarget is an empty answer about a target, with the documents that are known so far.
func (l *levels) aboutTarget(t *selectors.Target) *answer {
	a := l.answer
	q := *a.question
	q.target = t
	b := *a.b
	b.Evidence, b.Facts = bundle.Evidence{State: bundle.Complete, Reasons: []string{}}, nil
	about := *a
	about.question, about.b, about.names, about.ahead, about.own, about.unseen = &q, &b, nil, nil, nil, l.unseen
	return &about
}

// absorb adds the ledger and the doubts of an answer about a symbol further away.
func (a *answer) absorb(about *answer) {
	a.scope, a.documents, a.defined = about.scope, about.documents, about.defined
	to, from := a.b.Evidence.Ledger, about.b.Evidence.Ledger
	if to == nil {
		a.b.Evidence.Ledger = from
	} else if from != nil {
		to.Add(from, maxListed)
	}
	for _, why := range about.b.Evidence.Reasons {
		if !slices.Contains(a.b.Evidence.Reasons, why) {
			a.b.Evidence.Reasons = append(a.b.Evidence.Reasons, why)
		}
	}
	a.b.Evidence.State = bundle.Worse(a.b.Evidence.State, about.b.Evidence.State)
}

// end accounts for the words of a symbol of which the server has no hierarchy, and doubts the answer if words
// of some symbols were not accounted for.
func (l *levels) end(ctx context.Context) ([]bundle.Edge, error) {
	if l.accounted == 0 {
		return l.more(ctx, l.answer, l.s, nil)
	}
	if l.skipped == 0 {
		return nil, nil
	}
	l.answer.unseen = l.unseen
	if l.answer.b.Evidence.State == bundle.Complete {
		why := fmt.Sprintf("who uses %d of the symbols further away is the server's word alone", l.skipped)
		l.answer.doubt(bundle.Heuristic, why)
	}
	return nil, nil
}
