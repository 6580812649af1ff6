package symbol

import (
	"context"
	"path"

	"lanser/selectors"
	"lanser/server/bundle"
	"lanser/server/ledger"
	"lanser/server/lsp"
	"lanser/server/places"
	"lanser/server/words"
)

// maxContextWords bounds the words of a file that a server is asked about.
const maxContextWords = 5000

// Context answers with the declarations of other files that the target's file uses: the server is asked for the
// definition at each word of its code.
func (a *Answer) Context(ctx context.Context, s *lsp.Session) error {
	file := a.Target.Path
	at, clean, err := a.codeWords(ctx, file)
	if err != nil {
		return err
	}
	if !clean {
		a.Doubt(bundle.Worse(a.Bundle.Evidence.State, bundle.Partial), file+" cannot be read cleanly")
	}
	if len(at) > maxContextWords {
		why := file + " has too many words: the last ones were not asked about"
		a.Doubt(bundle.Worse(a.Bundle.Evidence.State, bundle.Partial), why)
		at = at[:maxContextWords]
	}
	found, err := a.definer().locations(ctx, s, at)
	if err != nil {
		return err
	}
	a.Facts("lsp").Uses = a.usedBy(s, file, at, found)
	return nil
}

// codeWords returns the words in the code of a file, without those that are the names of its own declarations.
func (q *Question) codeWords(ctx context.Context, file string) (out []ledger.Place, clean bool, err error) {
	own := words.NamesIn(q.Snap, file).Declared
	spans, clean, err := q.Snap.CodeWords(ctx, file)
	for _, span := range spans {
		if !own[span] {
			out = append(out, ledger.Place{Path: file, Span: span})
		}
	}
	return out, clean, err
}

// usedBy returns the declarations outside of a file that its words mean.
func (a *Answer) usedBy(
	s *lsp.Session, file string, at []ledger.Place, found [][]lsp.Location,
) []bundle.Used {
	type key struct {
		uri string
		rng bundle.Range
	}
	read, known := a.Reader(s), map[key]int{}
	out := []bundle.Used{}
	for i := range found {
		for _, l := range found[i] {
			p := read.Place(l.URI, l.Range)
			if p.Path == file {
				continue
			}
			k := key{p.URI, p.Range}
			n, isKnown := known[k]
			if !isKnown {
				n, known[k] = len(out), len(out)
				out = append(out, a.used(p, file, at[i]))
			}
			out[n].Count++
		}
	}
	return out
}

// used describes a declaration that a word of a file means.
func (a *Answer) used(p place, file string, at ledger.Place) bundle.Used {
	u := bundle.Used{Text: p.Line(), Own: p.Path != "" && path.Dir(p.Path) == path.Dir(file)}
	if p.Path != "" && p.OK {
		u.Symbol.Container = places.Container(a.Snap, p)
		if d := words.Named(a.Snap, p.Word()); d != nil {
			u.Symbol = a.Symbol(*d, p.Content)
			return u
		}
	}
	if p.Range == (bundle.Range{}) { // a whole file, as an import means it
		u.Symbol.Name, u.Symbol.Kind, u.Text = path.Base(p.URI), selectors.KindModule, ""
	} else if c, err := a.Snap.Content(at.Path); err == nil {
		u.Symbol.Name = c.Slice(at.Span)
	}
	u.Symbol.URI, u.Symbol.Range, u.Symbol.SelectionRange = p.URI, p.Range, p.Range
	return u
}
