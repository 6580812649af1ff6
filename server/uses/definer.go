package uses

import (
	"context"
	"maps"
	"slices"
	"strings"

	"go.lsp.dev/protocol"
	"go.lsp.dev/uri"
	"golang.org/x/sync/errgroup"

	"lanser/index/beneath"
	"lanser/server/catalogue"
	"lanser/server/ledger"
	"lanser/server/lsp"
	"lanser/server/memory"
	"lanser/server/mention"
	"lanser/server/pool"
	"lanser/server/trace"
	"lanser/server/words"
)

// A definer asks what words mean. Most are asked about in the session that answers. There are three exceptions, each
// with a session of its own, whose turn is taken for the time of the question:
//
//   - A server whose answers keep what it has read of a document that was open once (clangd) is asked about other
//     files than the target's in a session for words, so that later answers of the first do not depend on which words
//     were asked about.
//   - Files that the server's build leaves out because of their tags are asked about in a session for a build that has
//     them.
//   - Where a server has no answer in a file of which another knows more, the other one is asked: in .js,
//     typescript-language-server knows constructor functions and prototypes, of which the native server knows nothing.
//     So are files that only the other reads: components of Svelte, for the server of TypeScript.
//
// Answers are in the order of the places, however many questions are put at a time. Throughout, at are the places to
// ask about, and together are all places that are accounted for, of which some may be remembered. Which documents are
// opened depends on the latter, so that answers do not depend on what is remembered.

// MaxAtOnce bounds the questions of a ledger that a server works on at a time. It keeps a server busy, and bounds what
// is in flight when the question is cancelled.
const MaxAtOnce = 8

// MaxBuilds bounds the builds in which the words of one question are asked about: each needs a session that loads the
// workspace anew.
const MaxBuilds = 4

// definer asks sessions for the definitions at words, as places of names, and remembers them.
type definer struct {
	*Question
	words func(*lsp.Session, []lsp.Location) []ledger.Place // is [Reading.WordsAt]
	open  []string                                          // documents that are opened for the question
	kept  *memory.Defined                                   // what can be remembered once the answer has proved good
}

// define asks the server for the definitions at places, which are some of those that are accounted for together. out
// has the definitions at each of the places, in their order; none where the server has no answer.
//
// Files that must be open for that are opened; the next question closes them. A server that remembers them is asked in
// a session of its own. all is false if a session could not be asked about all places that it should be asked about:
// the answers are good for this question, and are not to be remembered.
func (d *definer) define(ctx context.Context, s *lsp.Session, at, together []ledger.Place,
) (out [][]ledger.Place, all bool, err error) {
	if groups := d.byBuild(s.Server(), together); len(groups) > 0 && len(at) > 0 {
		return d.inBuilds(ctx, s, at, together, groups)
	}
	if s.Server().Remembers {
		out, err = d.apart(ctx, s, at)
		return out, true, err
	}
	if err := s.OpenAlso(ctx, d.Snap, d.ToOpenTogether(s.Server(), at, together)); err != nil {
		return nil, false, err
	}
	out, err = d.in(ctx, s, at)
	return out, true, err
}

// apart asks for the definitions at places, those in other files than the target's in a session of their own. The
// target's file is open in the session s for the sake of the question anyway.
func (d *definer) apart(ctx context.Context, s *lsp.Session, at []ledger.Place,
) (out [][]ledger.Place, err error) {
	elsewhere := slices.DeleteFunc(slices.Clone(at), func(p ledger.Place) bool { return p.Path == d.Target.Path })
	var found [][]ledger.Place
	if len(elsewhere) > 0 {
		view := pool.View{Snap: d.Snap, Disk: d.Disk, Hypothetical: d.Request.Options.Hypothetical(), Words: true}
		turn, err := d.Pool.Turn(ctx, s.Server(), view)
		if err != nil {
			return nil, err
		}
		defer turn.Done(&err)
		leased, err := turn.Session(ctx, d.ToOpen(s.Server(), elsewhere))
		if err != nil {
			return nil, err
		}
		found, err = d.in(ctx, leased.Session, elsewhere)
		if err != nil {
			return nil, err
		}
	}
	here := slices.DeleteFunc(slices.Clone(at), func(p ledger.Place) bool { return p.Path != d.Target.Path })
	own, err := d.in(ctx, s, here)
	if err != nil {
		return nil, err
	}
	for _, p := range at {
		list := &found
		if p.Path == d.Target.Path {
			list = &own
		}
		out, *list = append(out, (*list)[0]), (*list)[1:]
	}
	return out, nil
}

// locations asks a session for the definitions at places, each as the server says it, MaxAtOnce at a time. The error is
// the first that ends the question (see [Question.Locate]); it stops the others.
func (d *definer) locations(ctx context.Context, s *lsp.Session, at []ledger.Place) ([][]lsp.Location, error) {
	found := make([][]lsp.Location, len(at))
	isOthers := d.readByOther(s.Server())
	asking, asked := errgroup.WithContext(ctx)
	asking.SetLimit(MaxAtOnce)
	if d.Recorded {
		asking.SetLimit(1) // a trace has one order
	}
	for i, p := range at {
		if isOthers(p.Path) {
			continue
		}
		asking.Go(func() (err error) {
			found[i], err = d.Locate(asked, s, protocol.MethodTextDocumentDefinition, p)
			return err
		})
	}
	return found, asking.Wait()
}

// in asks a session for the definitions at places, as places of names. Of several definitions at the word of an import,
// those in the module that the import names are left.
func (d *definer) in(ctx context.Context, s *lsp.Session, at []ledger.Place) ([][]ledger.Place, error) {
	found, err := d.locations(ctx, s, at)
	if err != nil {
		return nil, err
	}
	out := make([][]ledger.Place, len(at))
	for i := range found {
		out[i] = d.meant(at[i], d.Imports().Choose(ctx, at[i], d.words(s, found[i])))
	}
	for i, p := range at {
		if s.Misread(p.Path) {
			out[i] = nil
		}
	}
	if s.Server().Guesses {
		return out, d.dropGuesses(ctx, s, at, out)
	}
	return out, nil
}

// meant returns the definitions at a word with what servers say differently put right: the names that an expression of
// JavaScript is bound to in place of its own, the name of a parameter in place of more, and a member of Python in place
// of the string that names it. In a chain of designators of C no other member than the one of the word's name is meant.
func (q *Question) meant(word ledger.Place, definitions []ledger.Place) []ledger.Place {
	c, err := q.Snap.Content(word.Path)
	lang, _ := q.Snap.Lang(word.Path)
	if err == nil && lang == "cpp" && mention.IsInDesignators(c, word.Span) {
		return ofName(q.Snap, definitions, c.Slice(word.Span))
	}
	return words.OfBound(q.Snap, word, words.OfParameters(q.Snap, word, q.inStrings(word, definitions)))
}

// inStrings replaces each definition of a word that is a string of Python by the member that the string names, as
// pyright answers with the whole string: namedtuple("Point", "x y").
func (q *Question) inStrings(at ledger.Place, definitions []ledger.Place) []ledger.Place {
	if lang, _ := q.Snap.Lang(at.Path); lang != "py" || !q.Format.Has(trace.PythonInStrings) {
		return definitions
	}
	c, err := q.Snap.Content(at.Path)
	if err != nil {
		return definitions
	}
	word := c.Slice(at.Span)
	out := slices.Clone(definitions)
	for i, p := range definitions {
		in, err := q.Snap.Content(p.Path)
		if err != nil || p.Span.Len() <= len(word) || !strings.ContainsAny(in.Slice(p.Span)[:1], "\"'") {
			continue
		}
		for _, d := range q.Snap.FileDecls(p.Path) {
			if p.Span.Contains(d.Name) && d.Names[len(d.Names)-1] == word {
				out[i] = ledger.Place{Path: p.Path, Span: d.Name}
			}
		}
	}
	return out
}

// dropGuesses removes the answers at places where the server shows no hover: it knows nothing of the code there and has
// guessed by the name. clangd does so in branches that the preprocessor leaves out: at run in
//
//	#ifdef _WIN32
//	run();
//	#endif
//
// it answers with what has that name elsewhere.
func (d *definer) dropGuesses(ctx context.Context, s *lsp.Session, at []ledger.Place, answers [][]ledger.Place,
) error {
	for i, p := range at {
		if len(answers[i]) == 0 {
			continue
		}
		isRead, err := d.IsRead(ctx, s, p)
		if err != nil {
			return err
		}
		if !isRead {
			answers[i] = nil
		}
	}
	return nil
}

// IsRead reports whether the server of a session, which guesses, has read the code at a word.
func (q *Question) IsRead(ctx context.Context, s *lsp.Session, word ledger.Place) (bool, error) {
	if s.Server().GuessesInErrors {
		return q.isResolved(ctx, s, word)
	}
	c, err := q.Snap.Content(word.Path)
	if err != nil {
		return false, err
	}
	h, err := s.Hover(ctx, word.Path, c, word.Span.Start)
	return h != nil, err
}

// isResolved reports whether what a server that guesses in code with errors says of a word is certain: its file has no
// error, or the server's search for what it says finds the word.
func (q *Question) isResolved(ctx context.Context, s *lsp.Session, word ledger.Place) (bool, error) {
	if words.DeclarationAt(q.Snap, word) != nil {
		return true, nil
	}
	hasErrors, err := s.HasErrors(ctx, q.Snap, word.Path)
	if err != nil || !hasErrors {
		return !hasErrors, err
	}
	defined, err := q.Locate(ctx, s, protocol.MethodTextDocumentDefinition, word)
	if err != nil || len(defined) != 1 {
		return false, err
	}
	in, err := q.Snap.Content(word.Path)
	if err != nil {
		return false, err
	}
	target, ok := beneath.Local(q.Snap.Root(), uri.URI(defined[0].URI).FsPath())
	if !ok || !strings.HasPrefix(defined[0].URI, "file:") {
		return false, nil
	}
	c, err := q.Snap.Content(target)
	if err != nil {
		return false, nil
	}
	span, ok := s.Span(c, defined[0].Range)
	if !ok {
		return false, nil
	}
	found, err := s.References(ctx, target, c, span.Start, true)
	own := s.URI(word.Path)
	return slices.ContainsFunc(found, func(l lsp.Location) bool {
		use, ok := s.Span(in, l.Range)
		return l.URI == string(own) && ok && use.Start <= word.Span.Start && word.Span.End <= use.End
	}), err
}

// byBuild maps servers for other builds than that of srv to the places that only those builds have. It is nil if there
// are none. Places in builds beyond the first MaxBuilds are in no group: srv is asked about them too, and where it
// knows nothing they become possible uses.
func (d *definer) byBuild(srv *catalogue.Server, at []ledger.Place,
) map[*catalogue.Server][]ledger.Place {
	var groups map[*catalogue.Server][]ledger.Place
	for _, p := range at {
		other := d.InBuildOf(srv, p.Path)
		if other == nil || len(groups) >= MaxBuilds && groups[other] == nil {
			continue
		}
		if groups == nil {
			groups = map[*catalogue.Server][]ledger.Place{}
		}
		groups[other] = append(groups[other], p)
	}
	return groups
}

// inBuilds asks for the definitions at places, those of each group in a session of the group's build. The groups
// are of all places that are accounted for together. all is false if a build cannot be loaded: the places of its group
// are asked about in the session s, which may know less of them.
func (d *definer) inBuilds(ctx context.Context, s *lsp.Session, at, together []ledger.Place,
	groups map[*catalogue.Server][]ledger.Place,
) (out [][]ledger.Place, all bool, err error) {
	all = true
	answers := map[ledger.Place][]ledger.Place{}
	builds := slices.SortedFunc(maps.Keys(groups), func(x, y *catalogue.Server) int {
		return strings.Compare(x.Build.String(), y.Build.String())
	})
	left, leftTogether := at, together
	for _, srv := range builds {
		leftTogether = without(leftTogether, groups[srv])
		asked := without(at, without(at, groups[srv]))
		if len(asked) == 0 {
			continue
		}
		found, err := d.inTurn(ctx, srv, asked, groups[srv], false)
		if ctx.Err() != nil {
			return nil, false, err
		}
		if err != nil {
			all = false
			continue
		}
		left = without(left, asked)
		for i := range found {
			answers[asked[i]] = found[i]
		}
	}
	if err := s.OpenAlso(ctx, d.Snap, d.ToOpenTogether(s.Server(), left, leftTogether)); err != nil {
		return nil, false, err
	}
	found, err := d.in(ctx, s, left)
	if err != nil {
		return nil, false, err
	}
	for i := range found {
		answers[left[i]] = found[i]
	}
	for _, p := range at {
		out = append(out, answers[p])
	}
	return out, all, nil
}

// inTurn asks for the definitions at places, some of those that are accounted for together, in a session of its own,
// which is for words alone if apart is true. The error may be that there is no such session; the caller says what that
// means for its answer.
func (d *definer) inTurn(ctx context.Context, srv *catalogue.Server, at, together []ledger.Place, apart bool,
) (found [][]ledger.Place, err error) {
	view := pool.View{Snap: d.Snap, Disk: d.Disk, Hypothetical: d.Request.Options.Hypothetical(), Words: apart}
	turn, err := d.Pool.Turn(ctx, srv, view)
	if err != nil {
		return nil, err
	}
	defer turn.Done(&err)
	leased, err := turn.Session(ctx, d.ToOpenTogether(srv, at, together))
	if err != nil {
		return nil, err
	}
	return d.in(ctx, leased.Session, at)
}

// supplement fills in the answers that are missing in files of which another server knows constructs that the first
// does not, such as the prototypes of JavaScript. asked is false if that server failed, so that nothing may be
// remembered; a server that is not installed is no failure, nor is a request for one server by name.
func (d *definer) supplement(ctx context.Context, s *lsp.Session, at []ledger.Place, found [][]ledger.Place,
) (asked bool, err error) {
	if d.Request.Options.Server != "" || !d.Format.Has(trace.OtherBuilds) {
		return true, nil
	}
	var other *catalogue.Server
	var left []int
	for i, p := range at {
		if srv := s.Server().Supplement(p.Path); srv != nil && len(found[i]) == 0 {
			other, left = srv, append(left, i)
		}
	}
	if other == nil || !d.Installed(other) {
		return true, nil
	}
	places := make([]ledger.Place, len(left))
	for k, i := range left {
		places[k] = at[i]
	}
	more, err := d.inTurn(ctx, other, places, places, s.Server().SupplementsApart)
	if ctx.Err() != nil {
		return false, err
	}
	for k := range more {
		found[left[k]] = more[k]
	}
	return err == nil, nil
}

// readByOther returns a function that reports whether a file is read only by the server that supplements another.
func (q *Question) readByOther(srv *catalogue.Server) func(p string) bool {
	return func(p string) bool { return srv.Supplement(p) != nil && !srv.Serves(q.Snap, p) }
}

// without returns the places that are not among others.
func without(places, others []ledger.Place) []ledger.Place {
	among := make(map[ledger.Place]bool, len(others))
	for _, p := range others {
		among[p] = true
	}
	return slices.DeleteFunc(slices.Clone(places), func(p ledger.Place) bool { return among[p] })
}
