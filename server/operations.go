package server

import (
	"context"
	"fmt"
	"path"
	"slices"
	"strings"
	"unicode/utf8"

	"go.lsp.dev/protocol"

	"lanser/index"
	"lanser/index/syntax"
	"lanser/selectors"
	"lanser/selectors/fault"
	"lanser/selectors/lazyregexp"
	"lanser/selectors/text"
	"lanser/server/api"
	"lanser/server/bundle"
	"lanser/server/catalogue"
	"lanser/server/hierarchy"
	"lanser/server/lsp"
	"lanser/server/states"
	"lanser/server/symbol"
	"lanser/server/trace"
	"lanser/server/uses"
)

// A runner gets an answer without facts, whose target is resolved if the operation takes a selector. It fills in the
// facts, the evidence and the scope. Those that ask a server about the target are made of these:
//
//	askServer        finds the server for the target's file, and calls askOne
//	askOrSupplement  calls askOne for a server, and if that finds nothing for the one that supplements it
//	askOne           looks for the words of the name if the answer is about uses, determines which documents must be
//	                 open, enters the doubts that do not depend on what the server says, and calls withSession
//	withSession      leases a session, asks it, and asks once more if the server has died (sessions.go)

// runner answers the questions of one operation.
type runner struct {
	run  func(context.Context, *Engine, *answer) error
	exit func(*bundle.Bundle, *api.Options) int // exit code of a good answer; nil is 0
	// ledger is true if the answer accounts for every word of the target's name.
	ledger bool
	// ofOneSymbol is true if the words of one symbol alone are accounted for.
	ofOneSymbol bool
	// headers is true if the operation can be answered from the headers of types.
	headers bool
}

// runners answer the operations of [api.Operations], by name.
var runners map[string]runner

func init() { // their functions look the table up
	runners = map[string]runner{
		"locate": {run: runLocate},
		"definition": navigation(protocol.MethodTextDocumentDefinition,
			func(f *bundle.Facts) *[]bundle.Location { return &f.Definitions }),
		"declaration": navigation(protocol.MethodTextDocumentDeclaration,
			func(f *bundle.Facts) *[]bundle.Location { return &f.Declarations }),
		"typeDefinition": navigation(protocol.MethodTextDocumentTypeDefinition,
			func(f *bundle.Facts) *[]bundle.Location { return &f.TypeDefinitions }),
		"implementation": {run: asking(true, (*hierarchy.Answer).Implementations), ledger: true, headers: true},
		"references":     {run: runReferences, ledger: true, ofOneSymbol: true},
		"hover":          {run: asking(false, (*hierarchy.Answer).Hover)},
		"calls":          {run: asking(true, (*hierarchy.Answer).Calls), ledger: true},
		"types":          {run: asking(true, (*hierarchy.Answer).Types), ledger: true, headers: true},
		"symbols":        {run: runSymbols},
		"diagnostics":    {run: runDiagnostics, exit: states.ExitDiagnostics},
		"overview":       {run: asking(true, (*hierarchy.Answer).Overview), ledger: true},
		"impact":         {run: runImpact, ledger: true},
		"rename":         {run: runRename, ledger: true},
		"context":        {run: runContext},
		"api":            {run: runAPI},

		prepareRename.Name: {run: asking(false, (*hierarchy.Answer).Renamable)},
	}
}

// asking answers a question about the target with what one function says after it has asked the server of the
// target's language. See [Engine.askServer] for users.
func asking(
	users bool, ask func(*hierarchy.Answer, context.Context, *lsp.Session) error,
) func(context.Context, *Engine, *answer) error {
	return func(ctx context.Context, e *Engine, a *answer) error {
		return e.askServer(ctx, a, users, func(ctx context.Context, a *answer, s *lsp.Session) error {
			return ask(&a.Answer, ctx, s)
		})
	}
}

// runRename answers with the diff of a rename, which nobody applies (spec section 3, "rename"). Whether the new name
// changes the meaning of code is asked of a session that sees the files as they would be. For a hypothetical request
// that is the session which has answered, so that its turn must be over before it is asked again.
func runRename(ctx context.Context, e *Engine, a *answer) error {
	if err := a.CheckRename(ctx, a.sel); err != nil {
		return err
	}
	var check func(ctx context.Context, a *symbol.Answer) error
	isHypothetical := a.Request.Options.Hypothetical()
	err := e.askServer(ctx, a, true, func(ctx context.Context, a *answer, s *lsp.Session) (err error) {
		check, err = a.Rename(ctx, s)
		if err != nil || isHypothetical {
			return err
		}
		return check(ctx, &a.Answer.Answer)
	})
	if err == nil && isHypothetical {
		err = check(ctx, &a.Answer.Answer)
	}
	return err
}

// runReferences answers with the references of the target. If the target is no declaration that the index knows, and
// its server finds no reference, the server that supplements it is asked.
func runReferences(ctx context.Context, e *Engine, a *answer) error {
	srv, err := a.serverToAsk(a.Target.Path)
	if err != nil {
		return err
	}
	ask := func(ctx context.Context, a *answer, s *lsp.Session) error { return a.References(ctx, s) }
	if !e.cfg.replays.Has(trace.OtherBuilds) {
		return e.askOne(ctx, a, srv, true, ask)
	}
	return e.askOrSupplement(ctx, a, srv, true, ask, func(a *answer) bool {
		return a.Target.Decl != nil || len(a.Bundle.Facts.References) > 0
	})
}

// prepareRename is an operation that only a reward asks for. Why a symbol cannot be renamed is
// the one hover of its facts.
var prepareRename = &api.Operation{
	Name: "prepareRename", Short: "prepareRename", Takes: api.TakesSelector, Capability: "renameProvider",
}

// navigation answers a question with places: method is the one of LSP, and list returns the list of the facts that the
// places are entered in. Where the file's server finds none, the server is asked that knows constructs of the language
// which the first does not. That a server has no definition of a word which must have one is a doubt, not an answer.
func navigation(method string, list func(*bundle.Facts) *[]bundle.Location) runner {
	return runner{run: func(ctx context.Context, e *Engine, a *answer) error {
		srv, err := a.serverToAsk(a.Target.Path)
		if err != nil {
			return err
		}
		ask := func(ctx context.Context, a *answer, s *lsp.Session) error {
			found, err := s.Locations(ctx, method, a.Target.Path, a.Target.Content, a.Target.At)
			if err != nil {
				return err
			}
			if len(found) > 0 && s.Server().Guesses && e.cfg.replays.Has(trace.Hover) {
				if err := a.doubtGuess(ctx, s); err != nil {
					return err
				}
			}
			list := list(a.Facts("lsp"))
			named := a.WordsAt(s, found)
			*list = a.ForDesignator(a.FromImported(ctx, a.Locations(s, found), named), named)
			*list = a.OwnDeclaration(s, method, *list, named)
			if method == protocol.MethodTextDocumentDefinition {
				a.DoubtUnresolved(named)
				a.DoubtProgram(ctx, named)
				*list = a.DefinitionsInShell(*list, a.WordsAt(s, found))
			}
			if len(found) > 0 || len(*list) > 0 {
				return nil
			}
			*list, err = a.DefinedInAll(ctx, s)
			return err
		}
		found := func(a *answer) bool { return len(*list(a.Bundle.Facts)) > 0 }
		err = e.askOrSupplement(ctx, a, srv, false, ask, found)
		if err == nil && !found(a) && a.IsOfUnknown(method) {
			a.Doubt(bundle.Partial, srv.Name+uses.WhyUnknown)
		}
		if err == nil && method == protocol.MethodTextDocumentDefinition && found(a) {
			a.DoubtAlternatives()
			a.DoubtAliased(srv.Name)
		}
		if err == nil && method == protocol.MethodTextDocumentDefinition && a.IsPatternKey() {
			a.Doubt(bundle.Partial, uses.WhyBound(srv))
		}
		return err
	}}
}

// doubtGuess doubts the answer of a server at a place where it shows no hover: it has not read the code there, such as
// that of an inactive branch, and has looked for the name. The path in an include directive is not code either.
func (a *answer) doubtGuess(ctx context.Context, s *lsp.Session) error {
	if isIncludeLine.MatchString(a.Target.Content.Line(a.Target.Content.LineOf(a.Target.At))) {
		return nil
	}
	if s.Server().GuessesInErrors {
		return a.DoubtInErrors(ctx, s)
	}
	h, err := s.Hover(ctx, a.Target.Path, a.Target.Content, a.Target.At)
	if err == nil && h == nil {
		a.Doubt(bundle.Partial, s.Server().Name+" has not read the code at this place, and goes by the name alone")
	}
	return err
}

// isIncludeLine matches a line with an include directive.
var isIncludeLine = lazyregexp.New(`^\s*#\s*(?:include|import|include_next|embed)\b`)

// askOrSupplement asks a server, and where it finds nothing the one that knows constructs of the file's language
// which the first does not, such as the constructor functions of JavaScript. found reports whether an answer has found
// something. The second answer counts only if it has; it takes the place of the first one. A server that the request
// names is asked alone.
func (e *Engine) askOrSupplement(
	ctx context.Context, a *answer, srv *catalogue.Server, users bool, ask askFunc, found func(a *answer) bool,
) error {
	before := a.begin()
	err := e.askOne(ctx, a, srv, users, ask)
	if err != nil || found(a) || a.Request.Options.Server != "" {
		return err
	}
	other := srv.Supplement(a.Target.Path)
	if other == nil || !slices.Contains(other.Offers, a.Operation.Capability) || !a.servers.Installed(other) {
		return nil
	}
	try := a.begin()
	if users {
		try = before // what the first server could not account for is not part of the answer
	}
	if err := e.askOne(ctx, try, other, users, ask); err != nil {
		return err
	}
	if found(try) {
		a.accept(try)
	}
	return nil
}

// resolve binds the question's selector to the snapshot: it sets the target, and enters into the bundle what the
// selector resolved to, and what else it could mean. A selector that means nothing is NotFound, and one that means
// several things is Ambiguous, with the candidates in the bundle (spec section 2, "Relocation"). A target that is not
// where the selector says is VersionSkew if the request requires exact.
//
// The store keeps the target's file, and its declaration: a later selector may name them by docVersion or by symbolId.
func (e *Engine) resolve(ctx context.Context, a *answer) error {
	a.Bundle.Resolution = &bundle.Resolution{Original: a.sel.String(), Disambiguation: []bundle.Candidate{}}
	t, err := selectors.Resolve(ctx, a.Snap, a.sel)
	if err != nil {
		err = a.writtenBy(ctx, e.sinceHead(ctx, a, err))
		if c, ok := fault.From(err).Details.(selectors.Choice); ok {
			a.Bundle.Resolution.Status = c.Status
			a.Bundle.Resolution.Disambiguation = a.candidates(c.Candidates)
			a.weigh(len(c.Candidates) > 0 && c.Candidates[0].Features != nil)
		}
		return err
	}
	a.Target = t
	if e.cfg.replays.Has(trace.WordStarts) {
		askAtStart(t)
	}
	if t.Selector != nil {
		a.ask(t.Selector)
	}
	a.Bundle.Resolution.Disambiguation, a.Bundle.Resolution.Others = a.candidates(t.Passed), t.PassedTotal
	a.describeTarget(a.enc)
	a.weigh(t.Features != nil)
	if t.Decl != nil {
		a.Snap.Keep(t.Path, *t.Decl)
	} else {
		a.Snap.Keep(t.Path)
	}
	if a.Request.Options.Require == "exact" && t.Status != selectors.Exact {
		return fault.New(fault.VersionSkew, "%s is %s, and exact was required", a.sel, t.Status).
			WithHint("the resolution says where it is now")
	}
	return nil
}

// askAtStart moves the position that is sent to servers from the end of a word to its start: right behind store in
// store.get(), clangd takes the position for one of get, and everybody else for one of store.
func askAtStart(t *selectors.Target) {
	if t.Decl != nil || t.Span.Len() > 0 {
		return
	}
	if word := text.WordAt(t.Content.Bytes(), t.At, syntax.WordChars(t.Path)); word.End == t.At {
		t.At = word.Start
	}
}

// sinceHead adds to the error for a name that is gone what the commit that the
// workspace stands at knows of it. The selector is resolved once more as of that commit: py://pkg.mod#load becomes
// py://pkg.mod#load?docVersion=git:HEAD. If the declaration was there then, relocation finds where it is now, and the
// hint names both.
func (e *Engine) sinceHead(ctx context.Context, a *answer, err error) error {
	if !fault.Is(err, fault.NotFound) {
		return err
	}
	var s selectors.Selector
	switch written := a.sel.(type) {
	case selectors.Symbolic:
		if written.DocVersion != "" {
			return err
		}
		written.DocVersion = "git:HEAD"
		s = written
	case selectors.Named:
		if written.DocVersion != "" {
			return err
		}
		written.DocVersion = "git:HEAD"
		s = written
	default:
		return err
	}
	t, again := selectors.Resolve(ctx, a.Snap, s)
	if again != nil && !fault.Is(again, fault.Ambiguous) {
		return err
	}
	f := *fault.From(err)
	f.Hint = fmt.Sprintf("the last commit has it: see %s", s)
	if again == nil && t.Decl != nil {
		f.Hint = fmt.Sprintf("it was renamed or moved since the last commit, to %s; %s finds it", t.Decl.Selector(), s)
	}
	return &f
}

// weigh says what scores were worked out with, where there are any.
func (a *answer) weigh(scored bool) {
	if scored {
		a.Bundle.Resolution.Weights = &bundle.Weights{
			AST: selectors.WeightAST, Module: selectors.WeightModule, Token: selectors.WeightToken,
			Prox: selectors.WeightProx, Threshold: selectors.Threshold,
		}
	}
}

// describeTarget enters the target into the bundle, with ranges in the given unit: first in that of the selector, and
// again in that of the session once one has been leased.
func (ans *answer) describeTarget(enc text.Encoding) {
	t := ans.Target
	if ans.Bundle.Resolution == nil {
		return // one of several, which the facts describe
	}
	r := &bundle.Resolved{
		URI: selectors.EscapePath(t.Path), Range: bundle.RangeOf(t.Content, t.Span, enc),
		Status: t.Status, Score: t.Score,
		Features: t.Features, Overloads: ans.overloads(t.Overloads, enc), DocVersion: t.Content.Digest(),
	}
	if was := ans.Bundle.Resolution.Resolved; was != nil { // only the unit of columns has changed
		r.Anchor = was.Anchor
	} else if a, ok := selectors.NewAnchor(t.Path, t.Content, t.Span); ok && !selectors.IsLibrary(t.Path) {
		r.Anchor = a.String()
	}
	ans.Bundle.Resolution.Status = t.Status
	if t.Decl != nil {
		r.SymbolID, r.Kind, r.Selector = t.Decl.ID(), t.Decl.Kind, t.Decl.Selector().String()
	}
	if ans.Operation.Accepts("preview") && ans.Request.Options.Preview {
		r.Text = t.Content.Slice(t.Span)
	}
	ans.Bundle.Resolution.Resolved = r
}

// candidates are things that a selector may mean, each with a canonical selector that picks it, so that the caller can
// ask again with a copy of that; a place that is no declaration is picked by its range, 1-based as in all selectors.
func (a *answer) candidates(cs []selectors.Candidate) []bundle.Candidate {
	out := []bundle.Candidate{}
	for _, c := range cs {
		content, err := a.Snap.Content(c.Path)
		if err != nil {
			continue // it was read when the candidate was found
		}
		b := bundle.Candidate{
			URI:      selectors.EscapePath(c.Path),
			Range:    bundle.RangeOf(content, c.Span, a.enc),
			Score:    &c.Score,
			Features: c.Features,
		}
		if c.Decl != nil {
			b.Selector, b.Kind = c.Decl.Selector().String(), c.Decl.Kind
		} else {
			b.Selector = selectors.Range{
				Path: c.Path, StartLine: b.Range[0] + 1, StartCol: b.Range[1] + 1,
				EndLine: b.Range[2] + 1, EndCol: b.Range[3] + 1,
			}.String()
		}
		out = append(out, b)
	}
	return out
}

// overloads returns the declarations that the language makes one symbol, such as an overload set or a property's getter
// and setter, with the ranges of their names.
func (a *answer) overloads(ds []selectors.Decl, enc text.Encoding) []bundle.Candidate {
	var out []bundle.Candidate
	for _, d := range ds {
		c, err := a.Snap.Content(d.Path)
		if err != nil {
			continue // it was read when the declaration was found
		}
		out = append(out, bundle.Candidate{
			Selector: d.Selector().
				String(),
			URI: selectors.EscapePath(d.Path), Range: bundle.RangeOf(c, d.Name, enc), Kind: d.Kind,
		})
	}
	return out
}

// serverScope is every file that a server's answers depend on.
func serverScope(srv *catalogue.Server) uses.Scope {
	return uses.Scope{Name: "server:" + srv.Name, Keep: srv.Concerns, Same: true}
}

// askServer puts a question about the target to its language's server. With
// users, the files that mention the symbol's name are made known to the server
// first.
func (e *Engine) askServer(ctx context.Context, a *answer, users bool, ask askFunc) error {
	srv, err := a.serverToAsk(a.Target.Path)
	if err != nil {
		return err
	}
	return e.askOne(ctx, a, srv, users, ask)
}

// askedInBuild is in the reason that names the build which a server was asked about.
const askedInBuild = " was asked in the build "

// askOne is askServer for a given server. If tags leave the target's file out of the server's own build, a session for
// a build with the file is asked, and the evidence names the build. A file that is not valid UTF-8 is refused:
// documents and positions are sent as Unicode text, so a server would count its columns otherwise.
func (e *Engine) askOne(ctx context.Context, a *answer, srv *catalogue.Server, users bool, ask askFunc) error {
	if other := a.InBuildOf(srv, a.Target.Path); other != nil {
		srv = other
		a.Bundle.Evidence.Note(srv.Name + askedInBuild + srv.Build.String())
	}
	a.Scope = serverScope(srv)
	if !utf8.Valid(a.Target.Content.Bytes()) {
		return fault.New(
			fault.Indexing,
			"%s is not valid UTF-8, so places in it cannot be told to a server",
			a.Target.Path,
		)
	}
	if users {
		a.LookForNames(ctx, srv)
	} else {
		a.LookForDeclarations(ctx, srv)
	}
	open := a.Openings(srv, users)
	a.Open = open.Documents
	return e.withSession(ctx, a, srv, a.Open, func(ctx context.Context, a *answer, s *lsp.Session) error {
		a.describeTarget(s.Encoding())
		if err := a.OpenRest(ctx, s, open); err != nil {
			return err
		}
		a.Hiding = a.FilesHiding(a.Target.Partial)
		defer func() { a.doubtFiles(a.Hiding) }()
		// Where the sources of other programs are known, the account of the words says what is not.
		if d := a.Target.Decl; d != nil && len(a.OtherPrograms(ctx, d)) == 0 {
			a.DoubtNamesakes(ctx, srv, bundle.Symbol{Name: d.Names[len(d.Names)-1], Kind: d.Kind})
		}
		if !s.Can(a.Operation.Capability) && !a.ByHeaders(s) {
			return unsupported(srv, a)
		}
		if err := ask(ctx, a, s); err != nil {
			return err
		}
		what, isNothing := a.namesNothing(e.cfg.replays)
		if isNothing && e.cfg.replays.Has(trace.OnlyNames) {
			return fault.New(fault.NotFound, "no identifier is at %s%s", a.sel, what).
				WithHint("lines and columns are counted from 1; see what the file declares: lanser symbols %s",
					a.Target.Path)
		}
		return nil
	})
}

// namesNothing reports whether a place was asked about at which no name is, and nothing was found. A server may know
// what an operator or a keyword means. A question about a file names no place: its target is the start of the file.
// what says what is there, if it is a word.
func (a *answer) namesNothing(replays trace.Format) (what string, isNothing bool) {
	t := a.Target
	if a.sel == nil || t.Decl != nil {
		return "", false
	}
	if word := index.WordAt(t.Path, t.Content, t.At); word != "" {
		at := text.WordAt(t.Content.Bytes(), t.At, syntax.WordChars(t.Path))
		what = a.Snap.NoName(t.Path, at)
		if what == "" || !replays.Has(trace.Keywords) {
			return "", false
		}
		what = fmt.Sprintf(": %q is %s", word, what)
	}
	f := a.Bundle.Facts
	if f == nil {
		return "", false
	}
	l := a.Bundle.Evidence.Ledger // a server may take the first keyword of a declaration for its name
	isKnown := f.Overview != nil && f.Overview.References != nil && *f.Overview.References > 0 ||
		l != nil && l.References+l.Confirmed > 0
	found := len(f.Definitions) + len(f.Declarations) + len(f.TypeDefinitions) + len(f.Implementations) +
		len(f.References) + len(f.Hover) + len(f.Calls) + len(f.Types) + len(f.Impact) + len(f.Changes)
	return what, found == 0 && !isKnown
}

// unsupported says that a server does not offer the operation, and who does.
func unsupported(srv *catalogue.Server, a *answer) error {
	err := fault.New(fault.Unsupported, "%s does not offer %s", srv.Name, a.Operation.Name)
	var others []string
	for _, s := range catalogue.Servers {
		if s != srv && s.LanguageID(a.Target.Path) != "" && slices.Contains(s.Offers, a.Operation.Capability) {
			others = append(others, s.Name)
		}
	}
	if others == nil && a.Operation.Name == "types" && slices.Contains(srv.Offers, "implementationProvider") {
		return err.WithHint("ask for the implementations instead: lanser impl")
	}
	if others == nil {
		return err.WithHint("no server that is known for %s does", path.Base(a.Target.Path))
	}
	return err.WithHint(
		"%s does: lanser servers install %s, then --server %s",
		strings.Join(others, " or "),
		others[0],
		others[0],
	)
}

// runLocate answers with the resolution alone. It asks no server, so that the evidence is about syntax.
func runLocate(ctx context.Context, _ *Engine, a *answer) error {
	a.Scope = locateScope(ctx, a)
	a.syntaxEvidence(a.FilesHiding(a.Target.Partial), a.FilesHiding([]string{a.Target.Path}))
	return nil
}

// locateScope is every file that a resolution depends on: the file of a place, the
// files of a module, or for a name anywhere all of the language.
//
//	src/app.py@L4:C1         the file
//	py://pkg.mod#load        the files of the module pkg.mod
//	py://*#load              all Python files: each could declare the name
//	py://pkg.mod#load        all Python files, if it is found by relocation: each could have a better candidate
func locateScope(ctx context.Context, a *answer) uses.Scope {
	file := uses.Scope{
		Name: "file:" + selectors.EscapePath(a.Target.Path),
		Keep: func(p string) bool { return p == a.Target.Path },
	}
	lang := func(l selectors.Lang) uses.Scope {
		return uses.Scope{
			Name: "lang:" + string(l),
			Keep: func(p string) bool { lang, ok := a.Snap.Lang(p); return ok && lang == l },
			Same: true,
		}
	}
	s, symbolic := a.sel.(selectors.Symbolic)
	switch a.sel.(type) {
	case selectors.Symbolic:
		if s.Module == selectors.Anywhere {
			return lang(s.Lang)
		}
	case selectors.AST, selectors.ID:
		if a.Target.Decl != nil {
			return lang(a.Target.Decl.Lang)
		}
	}
	if !symbolic && a.Target.Decl != nil && a.Target.Features != nil {
		return lang(a.Target.Decl.Lang)
	}
	if !symbolic {
		return file
	}
	if a.Target.Decl == nil || a.Target.Status != selectors.Exact { // it may have been looked for anywhere
		return lang(s.Lang)
	}
	files := map[string]bool{}
	decls, _, _ := a.Snap.Module(ctx, s.Lang, s.Module)
	for _, d := range decls {
		files[d.Path] = true
	}
	return uses.Scope{
		Name: "module:" + string(s.Lang) + "://" + selectors.EscapePath(a.Target.Decl.Module),
		Keep: func(p string) bool { return files[p] },
	}
}

// syntaxEvidence judges an answer from syntax: partial where a file that
// mattered did not parse cleanly.
func (a *answer) syntaxEvidence(partial, files []string) {
	a.Bundle.Evidence.State, a.Bundle.Evidence.Reasons = bundle.Complete, []string{"syntax"}
	for _, f := range files {
		if o, err := a.Snap.Outline(f); err == nil && (len(o.Errors) > 0 || o.Skipped != "") {
			partial = append(partial, f)
		}
	}
	a.doubtFiles(partial)
}

// doubtFiles doubts an answer for the files that could not be read, or parsed,
// cleanly: a declaration may hide in them.
func (a *answer) doubtFiles(partial []string) {
	partial = slices.Compact(slices.Sorted(slices.Values(partial)))
	for i, f := range partial {
		if i == bundle.MaxReasons {
			a.Doubt(bundle.Partial, "and more files")
			break
		}
		why := "cannot be read cleanly"
		if o, err := a.Snap.Outline(f); err == nil && o.Skipped != "" {
			why = "is skipped: it is " + o.Skipped
			if len(o.Symbols) > 0 {
				why = "is not listed whole: it is " + o.Skipped
			}
		}
		a.Doubt(bundle.Partial, f+" "+why)
	}
}
