package server

import (
	"context"
	"path"

	"go.lsp.dev/protocol"
	"golang.org/x/sync/errgroup"

	"lanser/selectors"
	"lanser/selectors/fault"
	"lanser/server/bundle"
	"lanser/server/ledger"
	"lanser/server/lsp"
	"lanser/server/trace"
	"lanser/server/words"
)

// maxContextWords bounds the words of a file that a server is asked about.
const maxContextWords = 5000

// runContext answers with the declarations of other files that a file uses: the server is asked for the definition at
// each word of its code.
func runContext(ctx context.Context, e *Engine, a *answer) error {
	file, err := a.onePath(e)
	if err != nil {
		return err
	}
	c, err := a.snap.Content(file)
	if err != nil {
		return err
	}
	q := *a.question
	q.target = &selectors.Target{Path: file, Content: c, Status: selectors.Exact, Score: 1}
	a.question = &q
	return e.askServer(ctx, a, false, func(ctx context.Context, a *answer, s *lsp.Session) error {
		at, clean, err := a.codeWords(ctx, file)
		if err != nil {
			return err
		}
		if !clean {
			a.doubt(worse(a.b.Evidence.State, bundle.Partial), file+" cannot be read cleanly")
		}
		if len(at) > maxContextWords {
			why := file + " has too many words: the last ones were not asked about"
			a.doubt(worse(a.b.Evidence.State, bundle.Partial), why)
			at = at[:maxContextWords]
		}
		found, err := e.definitionsAt(ctx, a, s, at)
		if err != nil {
			return err
		}
		a.facts("lsp").Uses = e.usedBy(a, s, file, at, found)
		return nil
	})
}

// onePath returns the one path of the request, relative to the workspace.
func (a *answer) onePath(e *Engine) (string, error) {
	if len(a.req.Paths) != 1 {
		return "", fault.New(fault.Usage, "%s takes one path", a.op.Short).WithHint("lanser %s PATH", a.op.Short)
	}
	return e.ws.Rel(a.req.Paths[0])
}

// codeWords returns the words in the code of a file, without those that are the names of its own declarations.
func (a *answer) codeWords(ctx context.Context, file string) (out []ledger.Place, clean bool, err error) {
	own := words.NamesIn(a.snap, file).Declared
	spans, clean, err := a.snap.CodeWords(ctx, file)
	for _, span := range spans {
		if !own[span] {
			out = append(out, ledger.Place{Path: file, Span: span})
		}
	}
	return out, clean, err
}

// definitionsAt asks for the definitions at places, each as the server says it.
func (e *Engine) definitionsAt(
	ctx context.Context, a *answer, s *lsp.Session, at []ledger.Place,
) ([][]lsp.Location, error) {
	found := make([][]lsp.Location, len(at))
	asking, asked := errgroup.WithContext(ctx)
	asking.SetLimit(maxAtOnce)
	if e.log != trace.Off {
		asking.SetLimit(1) // a trace has one order
	}
	for i, p := range at {
		asking.Go(func() (err error) {
			found[i], err = a.locate(asked, s, protocol.MethodTextDocumentDefinition, p)
			return err
		})
	}
	return found, asking.Wait()
}

// usedBy returns the declarations outside of a file that its words mean.
func (e *Engine) usedBy(
	a *answer, s *lsp.Session, file string, at []ledger.Place, found [][]lsp.Location,
) []bundle.Used {
	type key struct {
		uri string
		rng bundle.Range
	}
	known := map[key]int{}
	out := []bundle.Used{}
	for i := range found {
		for _, l := range found[i] {
			p := e.place(a, s, l.URI, l.Range)
			if p.path == file {
				continue
			}
			k := key{p.uri, p.rng}
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
func (a *answer) used(p place, file string, at ledger.Place) bundle.Used {
	u := bundle.Used{Text: p.line(), Own: p.path != "" && path.Dir(p.path) == path.Dir(file)}
	if p.path != "" && p.ok {
		u.Symbol.Container = container(a.snap, p)
		if d := words.Named(a.snap, p.word()); d != nil {
			u.Symbol = a.symbol(*d, p.content)
			return u
		}
	}
	if p.rng == (bundle.Range{}) { // a whole file, as an import means it
		u.Symbol.Name, u.Symbol.Kind, u.Text = path.Base(p.uri), selectors.KindModule, ""
	} else if c, err := a.snap.Content(at.Path); err == nil {
		u.Symbol.Name = c.Slice(at.Span)
	}
	u.Symbol.URI, u.Symbol.Range, u.Symbol.SelectionRange = p.uri, p.rng, p.rng
	return u
}
