package server

import (
	"context"
	"fmt"
	"path"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"go.lsp.dev/protocol"

	"lanser/index"
	"lanser/selectors"
	"lanser/selectors/fault"
	"lanser/selectors/text"
	"lanser/server/api"
	"lanser/server/bundle"
	"lanser/server/catalogue"
	"lanser/server/ledger"
	"lanser/server/lsp"
	"lanser/server/words"
)

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
		"implementation": {run: runImplementation, ledger: true, headers: true},
		"references":     {run: runReferences, ledger: true, ofOneSymbol: true},
		"hover":          {run: runHover},
		"calls":          {run: runCalls, ledger: true},
		"types":          {run: runTypes, ledger: true, headers: true},
		"symbols":        {run: runSymbols},
		"diagnostics":    {run: runDiagnostics, exit: exitDiagnostics},
		"overview":       {run: runOverview, ledger: true},
		"impact":         {run: runImpact, ledger: true},
		"rename":         {run: runRename, ledger: true},
		"context":        {run: runContext},
		"api":            {run: runAPI},

		prepareRename.Name: {run: runPrepareRename},
	}
}

// prepareRename is an operation that only a reward asks for. Why a symbol cannot be renamed is
// the one hover of its facts.
var prepareRename = &api.Operation{
	Name: "prepareRename", Short: "prepareRename", Takes: api.TakesSelector, Capability: "renameProvider",
}

func runPrepareRename(ctx context.Context, e *Engine, a *answer) error {
	return e.askServer(ctx, a, false, func(ctx context.Context, a *answer, s *lsp.Session) error {
		why, err := s.Unrenamable(ctx, a.target.Path, a.target.Content, a.target.At)
		a.facts("lsp").Hover = []bundle.Hover{{Contents: a.roots.Scrub(why)}}
		return err
	})
}

// navigation answers a question with places. Where the file's server finds none, the server is asked
// that knows constructs of the language which the first does not.
func navigation(method string, list func(*bundle.Facts) *[]bundle.Location) runner {
	return runner{run: func(ctx context.Context, e *Engine, a *answer) error {
		srv, err := e.serverToAsk(a, a.target.Path)
		if err != nil {
			return err
		}
		ask := func(ctx context.Context, a *answer, s *lsp.Session) error {
			found, err := s.Locations(ctx, method, a.target.Path, a.target.Content, a.target.At)
			if err != nil {
				return err
			}
			list := list(a.facts("lsp"))
			*list = a.fromImported(ctx, e.locations(a, s, found), e.wordsAt(a, s, found))
			if method == protocol.MethodTextDocumentDefinition {
				*list = a.definitionsInShell(*list, e.wordsAt(a, s, found))
			}
			if len(found) > 0 {
				return nil
			}
			d, err := e.listedInAll(ctx, a, s)
			if d != nil {
				*list = []bundle.Location{a.locationAt(ledger.Place{Path: d.Path, Span: d.Name})}
			}
			return err
		}
		found := func(a *answer) bool { return len(*list(a.b.Facts)) > 0 }
		err = e.askOrSupplement(ctx, a, srv, false, ask, found)
		if err == nil && !found(a) && a.isOfUnknown(method) {
			a.doubt(bundle.Partial, srv.Name+whyUnknown)
		}
		return err
	}}
}

// askOrSupplement asks a server, and where it finds nothing the one that knows constructs of the file's language
// which the first does not.
func (e *Engine) askOrSupplement(
	ctx context.Context, a *answer, srv *catalogue.Server, users bool, ask askFunc, found func(a *answer) bool,
) error {
	before := a.begin()
	err := e.askOne(ctx, a, srv, users, ask)
	if err != nil || found(a) || a.req.Options.Server != "" {
		return err
	}
	other := srv.Supplement(a.target.Path)
	if other == nil || !slices.Contains(other.Offers, a.op.Capability) || !e.installed(a, other) {
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

// runImplementation answers with the server's implementations, and for a type with the types whose
// headers name it and that the server left out.
func runImplementation(ctx context.Context, e *Engine, a *answer) error {
	return e.askServer(ctx, a, true, func(ctx context.Context, a *answer, s *lsp.Session) (err error) {
		if !s.Can(a.op.Capability) {
			a.facts("lsp").Implementations, err = e.implementationsByHeaders(ctx, a, s)
			return err
		}
		found, err := s.Locations(
			ctx,
			protocol.MethodTextDocumentImplementation,
			a.target.Path,
			a.target.Content,
			a.target.At,
		)
		if err != nil {
			return err
		}
		list, places := e.placed(a, s, found)
		if d := a.target.Decl; d != nil && d.Kind.IsType() {
			types, err := e.typesThatName(ctx, a, s)
			if err != nil {
				return err
			}
			named := wordsOf(places)
			types = slices.DeleteFunc(types, func(p ledger.Place) bool {
				isSame := func(keyword ledger.Place) bool { return words.IsSameClass(a.snap, p, keyword) }
				return slices.ContainsFunc(named, isSame)
			})
			list = append(list, a.locationsOf(missing(types, places))...)
		}
		more, err := e.implementersInBuilds(ctx, a, s, places)
		if err != nil {
			return err
		}
		if s.Server().ImplementsDirectly {
			below, err := e.implementationsBelow(ctx, a, s, wordsOf(places))
			if err != nil {
				return err
			}
			for _, p := range below {
				list = append(list, a.locationAt(p))
			}
		}
		a.facts("lsp").Implementations = append(list, a.locationsOf(missing(more, places))...)
		return nil
	})
}

// implementationsBelow returns the implementations of implementations, to any depth: the server names those that derive
// from the target directly.
func (e *Engine) implementationsBelow(
	ctx context.Context, a *answer, s *lsp.Session, direct []ledger.Place,
) (below []ledger.Place, err error) {
	seen := map[ledger.Place]bool{}
	for _, p := range direct {
		seen[p] = true
	}
	for todo := slices.Clone(direct); len(todo) > 0 && len(seen) < maxHierarchy; todo = todo[1:] {
		if err := s.OpenAlso(ctx, a.snap, []string{todo[0].Path}); err != nil {
			return nil, err
		}
		found, err := a.locate(ctx, s, protocol.MethodTextDocumentImplementation, todo[0])
		if err != nil {
			return nil, err
		}
		for _, p := range e.wordsAt(a, s, found) {
			if !seen[p] && a.snap.Has(p.Path) {
				seen[p] = true
				below, todo = append(below, p), append(todo, p)
			}
		}
	}
	if len(seen) >= maxHierarchy {
		a.doubt(bundle.Partial, fmt.Sprintf("there are more than %d implementations", maxHierarchy))
	}
	return below, nil
}

// missing are the places that are not among those of a server, as confirmed ones.
func missing(places []ledger.Place, known []place) (out []ledger.Line) {
	for _, p := range places {
		if !slices.ContainsFunc(known, func(k place) bool { return k.path == p.Path && k.span == p.Span }) {
			out = append(out, ledger.Line{Word: ledger.Word{Place: p}, Entry: ledger.Confirmed})
		}
	}
	return out
}

func (a *answer) facts(provenance string) *bundle.Facts {
	if a.b.Facts == nil {
		a.b.Facts = &bundle.Facts{Provenance: provenance}
	}
	return a.b.Facts
}

// resolve binds the question's selector.
func (e *Engine) resolve(ctx context.Context, a *answer) error {
	a.b.Resolution = &bundle.Resolution{Original: a.sel.String(), Disambiguation: []bundle.Candidate{}}
	t, err := selectors.Resolve(ctx, a.snap, a.sel)
	if err != nil {
		err = e.sinceHead(ctx, a, err)
		if c, ok := fault.From(err).Details.(selectors.Choice); ok {
			a.b.Resolution.Status = c.Status
			a.b.Resolution.Disambiguation = a.candidates(c.Candidates)
			a.weigh(len(c.Candidates) > 0 && c.Candidates[0].Features != nil)
		}
		return err
	}
	a.target = t
	if t.Selector != nil {
		a.ask(t.Selector)
	}
	a.b.Resolution.Disambiguation, a.b.Resolution.Others = a.candidates(t.Passed), t.PassedTotal
	a.describeTarget(a.enc)
	a.weigh(t.Features != nil)
	if t.Decl != nil {
		a.snap.Keep(t.Path, *t.Decl)
	} else {
		a.snap.Keep(t.Path)
	}
	if a.req.Options.Require == "exact" && t.Status != selectors.Exact {
		return fault.New(fault.VersionSkew, "%s is %s, and exact was required", a.sel, t.Status).
			WithHint("the resolution says where it is now")
	}
	return nil
}

// sinceHead adds to the error for a name that is gone what the commit that the
// workspace stands at knows of it.
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
	t, again := selectors.Resolve(ctx, a.snap, s)
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
		a.b.Resolution.Weights = &bundle.Weights{
			AST: selectors.WeightAST, Module: selectors.WeightModule, Token: selectors.WeightToken,
			Prox: selectors.WeightProx, Threshold: selectors.Threshold,
		}
	}
}

func (ans *answer) describeTarget(enc text.Encoding) {
	t := ans.target
	if ans.b.Resolution == nil {
		return // one of several, which the facts describe
	}
	r := &bundle.Resolved{
		URI: selectors.EscapePath(t.Path), Range: rangeOf(t.Content, t.Span, enc), Status: t.Status, Score: t.Score,
		Features: t.Features, Overloads: ans.overloads(t.Overloads, enc), DocVersion: t.Content.Digest(),
	}
	if was := ans.b.Resolution.Resolved; was != nil { // only the unit of columns has changed
		r.Anchor = was.Anchor
	} else if a, ok := selectors.NewAnchor(t.Path, t.Content, t.Span); ok && !index.IsLibrary(t.Path) {
		r.Anchor = a.String()
	}
	ans.b.Resolution.Status = t.Status
	if t.Decl != nil {
		r.SymbolID, r.Kind, r.Selector = t.Decl.ID(), t.Decl.Kind, t.Decl.Selector().String()
	}
	if ans.op.Heeds("preview") && ans.req.Options.Preview {
		r.Text = t.Content.Slice(t.Span)
	}
	ans.b.Resolution.Resolved = r
}

// candidates are things that a selector may mean; a place that is no declaration
// is picked by its range.
func (a *answer) candidates(cs []selectors.Candidate) []bundle.Candidate {
	out := []bundle.Candidate{}
	for _, c := range cs {
		content, err := a.snap.Content(c.Path)
		if err != nil {
			continue // it was read when the candidate was found
		}
		b := bundle.Candidate{
			URI:      selectors.EscapePath(c.Path),
			Range:    rangeOf(content, c.Span, a.enc),
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

func (a *answer) overloads(ds []selectors.Decl, enc text.Encoding) []bundle.Candidate {
	var out []bundle.Candidate
	for _, d := range ds {
		c, err := a.snap.Content(d.Path)
		if err != nil {
			continue // it was read when the declaration was found
		}
		out = append(out, bundle.Candidate{
			Selector: d.Selector().
				String(),
			URI: selectors.EscapePath(d.Path), Range: rangeOf(c, d.Name, enc), Kind: d.Kind,
		})
	}
	return out
}

func rangeOf(c *text.Content, s text.Span, enc text.Encoding) bundle.Range {
	r := c.RangeOf(s, enc)
	return bundle.Range{r.Start.Line, r.Start.Col, r.End.Line, r.End.Col}
}

// serverScope is every file that a server's answers depend on.
func serverScope(srv *catalogue.Server) scope {
	return scope{name: "server:" + srv.Name, keep: srv.Concerns, same: true}
}

// askServer puts a question about the target to its language's server. With
// users, the files that mention the symbol's name are made known to the server
// first.
func (e *Engine) askServer(ctx context.Context, a *answer, users bool, ask askFunc) error {
	srv, err := e.serverToAsk(a, a.target.Path)
	if err != nil {
		return err
	}
	return e.askOne(ctx, a, srv, users, ask)
}

// askedInBuild is in the reason that names the build which a server was asked about.
const askedInBuild = " was asked in the build "

// askOne is askServer for a given server.
func (e *Engine) askOne(ctx context.Context, a *answer, srv *catalogue.Server, users bool, ask askFunc) error {
	if other := e.inBuildOf(a, srv, a.target.Path); other != nil {
		srv = other
		a.b.Evidence.Reasons = append(a.b.Evidence.Reasons, srv.Name+askedInBuild+srv.Build.String())
	}
	a.scope = serverScope(srv)
	if !utf8.Valid(a.target.Content.Bytes()) {
		return fault.New(
			fault.Indexing,
			"%s is not valid UTF-8, so places in it cannot be told to a server",
			a.target.Path,
		)
	}
	var mention []string
	if users {
		a.lookForNames(ctx, srv)
	}
	if a.names != nil {
		mention = a.names.files
	}
	open, short := srv.Openings(a.snap, a.target.Path, mention)
	a.open = open
	return e.withSession(ctx, a, srv, open, func(ctx context.Context, a *answer, s *lsp.Session) error {
		a.describeTarget(s.Encoding())
		if short != "" {
			a.doubt(bundle.Partial, short)
		}
		a.hiding = a.filesHiding(a.target.Partial)
		defer func() { a.doubtFiles(a.hiding) }()
		if d := a.target.Decl; d != nil {
			a.doubtNamesakes(ctx, srv, bundle.Symbol{Name: d.Names[len(d.Names)-1], Kind: d.Kind})
		}
		if !s.Can(a.op.Capability) && !a.byHeaders(s) {
			return unsupported(srv, a)
		}
		return ask(ctx, a, s)
	})
}

// unsupported says that a server does not offer the operation, and who does.
func unsupported(srv *catalogue.Server, a *answer) error {
	err := fault.New(fault.Unsupported, "%s does not offer %s", srv.Name, a.op.Name)
	var others []string
	for _, s := range catalogue.Servers {
		if s != srv && s.LanguageID(a.target.Path) != "" && slices.Contains(s.Offers, a.op.Capability) {
			others = append(others, s.Name)
		}
	}
	if others == nil && a.op.Name == "types" && slices.Contains(srv.Offers, "implementationProvider") {
		return err.WithHint("ask for the implementations instead: lanser impl")
	}
	if others == nil {
		return err.WithHint("no server that is known for %s does", path.Base(a.target.Path))
	}
	return err.WithHint(
		"%s does: lanser servers install %s, then --server %s",
		strings.Join(others, " or "),
		others[0],
		others[0],
	)
}

func runLocate(ctx context.Context, _ *Engine, a *answer) error {
	a.scope = locateScope(ctx, a)
	a.syntaxEvidence(a.filesHiding(a.target.Partial), a.filesHiding([]string{a.target.Path}))
	return nil
}

// locateScope is every file that a resolution depends on: the file of a place, the
// files of a module, or for a name anywhere all of the language.
func locateScope(ctx context.Context, a *answer) scope {
	file := scope{
		name: "file:" + selectors.EscapePath(a.target.Path),
		keep: func(p string) bool { return p == a.target.Path },
	}
	lang := func(l selectors.Lang) scope {
		return scope{
			name: "lang:" + string(l),
			keep: func(p string) bool { lang, ok := a.snap.Lang(p); return ok && lang == l },
			same: true,
		}
	}
	s, symbolic := a.sel.(selectors.Symbolic)
	switch a.sel.(type) {
	case selectors.Symbolic:
		if s.Module == selectors.Anywhere {
			return lang(s.Lang)
		}
	case selectors.AST, selectors.ID:
		if a.target.Decl != nil {
			return lang(a.target.Decl.Lang)
		}
	}
	if !symbolic && a.target.Decl != nil && a.target.Features != nil {
		return lang(a.target.Decl.Lang)
	}
	if !symbolic {
		return file
	}
	if a.target.Decl == nil || a.target.Status != selectors.Exact { // it may have been looked for anywhere
		return lang(s.Lang)
	}
	files := map[string]bool{}
	decls, _, _ := a.snap.Module(ctx, s.Lang, s.Module)
	for _, d := range decls {
		files[d.Path] = true
	}
	return scope{
		name: "module:" + string(s.Lang) + "://" + selectors.EscapePath(a.target.Decl.Module),
		keep: func(p string) bool { return files[p] },
	}
}

// syntaxEvidence judges an answer from syntax: partial where a file that
// mattered did not parse cleanly.
func (a *answer) syntaxEvidence(partial, files []string) {
	a.b.Evidence.State, a.b.Evidence.Reasons = bundle.Complete, []string{"syntax"}
	for _, f := range files {
		if o, err := a.snap.Outline(f); err == nil && (len(o.Errors) > 0 || o.Skipped != "") {
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
		if i == maxReasons {
			a.doubt(bundle.Partial, "and more files")
			break
		}
		why := "cannot be read cleanly"
		if o, err := a.snap.Outline(f); err == nil && o.Skipped != "" {
			why = "is skipped: it is " + o.Skipped
			if len(o.Symbols) > 0 {
				why = "is not listed whole: it is " + o.Skipped
			}
		}
		a.doubt(bundle.Partial, f+" "+why)
	}
}

const maxReasons = 10

// wantsDeclaration reports whether declarations belong to the references, as they do by default.
func (a *answer) wantsDeclaration() bool {
	return a.req.Options.Declaration == nil || *a.req.Options.Declaration
}

func runReferences(ctx context.Context, e *Engine, a *answer) error {
	declaration := a.wantsDeclaration()
	srv, err := e.serverToAsk(a, a.target.Path)
	if err != nil {
		return err
	}
	ask := func(ctx context.Context, a *answer, s *lsp.Session) error {
		a.askInBody()
		find := func() ([]lsp.Location, error) {
			return e.references(ctx, a, s, declaration)
		}
		found, err := find()
		if s.Server().Untested && err == nil {
			found, err = a.settled(ctx, find, found)
		}
		if err != nil {
			return err
		}
		refs, places, err := e.placedUses(ctx, a, s, found)
		if err != nil {
			return err
		}
		if asDeclared, err := e.referencesAsDeclared(ctx, a, s, declaration); err != nil || asDeclared {
			return err
		}
		more, err := e.account(ctx, a, s, places, everywhere)
		if err != nil {
			return err
		}
		if !declaration && !a.withoutImports {
			refs = a.omitDeclarations(ctx, s.Server().OmitsPlace, refs)
		}
		a.facts("lsp").References = append(refs, a.locationsOf(more)...)
		if d := a.target.Decl; s.Server().Untested && declaration && d != nil &&
			!slices.ContainsFunc(places, func(p place) bool { return p.path == d.Path && p.span.Contains(d.Name) }) {
			a.doubt(bundle.Partial, s.Server().Name+" does not count the declaration itself among the references")
		}
		return nil
	}
	if e.cfg.withoutOtherBuilds {
		return e.askOne(ctx, a, srv, true, ask)
	}
	return e.askOrSupplement(ctx, a, srv, true, ask, func(a *answer) bool {
		return a.target.Decl != nil || len(a.b.Facts.References) > 0
	})
}

// references asks a server for the references of the target. A symbol that a stub declares and another file
// implements is asked about in both: imports are resolved to the stub, uses within the module are not.
func (e *Engine) references(
	ctx context.Context,
	a *answer,
	s *lsp.Session,
	declaration bool,
) ([]lsp.Location, error) {
	defer e.askDefinitionAhead(ctx, a, s)()
	found, err := e.referencesOfFile(ctx, a, s, a.target.Path, a.target.Content, a.target.At, declaration)
	if err != nil || a.target.Decl == nil {
		return found, err
	}
	others := a.snap.InStubs(ctx, *a.target.Decl)
	for _, d := range others {
		content, err := a.snap.Content(d.Path)
		if err != nil {
			return nil, err
		}
		more, err := e.referencesOfFile(ctx, a, s, d.Path, content, d.Name.Start, declaration)
		if err != nil {
			return nil, err
		}
		found = append(found, more...)
	}
	if declaration {
		return found, nil
	}
	declares := append(others, *a.target.Decl) // a server takes what implements the stub for a use
	if !a.withoutImports {
		declares = slices.DeleteFunc(declares, a.isUseToo)
	}
	for _, d := range append(a.ofOneSymbol(*a.target.Decl), a.target.Overloads...) {
		if isFunction(d) { // each assignment of a variable is a use
			declares = append(declares, d)
		}
	}
	return slices.DeleteFunc(found, func(l lsp.Location) bool {
		p := e.place(a, s, l.URI, l.Range)
		return slices.ContainsFunc(declares, func(d selectors.Decl) bool {
			return p.path == d.Path && p.span == d.Name
		})
	}), nil
}

// isUseToo reports whether the name of a declaration may be a use of another one, of which the server tells: an import,
// and a member of an object that is written out, which may have a type, or be written as { name }.
func (a *answer) isUseToo(d selectors.Decl) bool {
	if a.passesOn(ledger.Place{Path: d.Path, Span: d.Name}) {
		return true
	}
	if a.isEmbedded(&d) {
		return true
	}
	if d.Lang != "ts" || d.Kind != selectors.KindField {
		return false
	}
	return d.Def == d.Name || len(d.Kinds) < 2 || !d.Kinds[len(d.Kinds)-2].IsType()
}

// ofOneSymbol are the declarations of a declaration's file that are one symbol with it.
func (a *answer) ofOneSymbol(d selectors.Decl) []selectors.Decl {
	return slices.DeleteFunc(slices.Clone(a.snap.FileDecls(d.Path)), func(other selectors.Decl) bool {
		return other.Symbol != d.Symbol || other.Module != d.Module || other.Alias
	})
}

// isFunction reports whether a declaration is a function, or an accessor of a property.
func isFunction(d selectors.Decl) bool {
	return d.Kind == selectors.KindDef || d.Kind == selectors.KindMethod ||
		d.Kind == selectors.KindField && d.Body.Len() > 0
}

// omitDeclarations corrects the references without declarations of a target that is a use: it removes the declarations
// of functions and types and the first one of a variable. Some servers leave out no more than the place that they were
// asked about (omitsPlace): it is added.
func (a *answer) omitDeclarations(ctx context.Context, omitsPlace bool, refs []bundle.Location) []bundle.Location {
	if a.target.Decl != nil || len(a.own) < 2 {
		return refs
	}
	at := a.own[len(a.own)-1]
	declares := map[ledger.Place]bool{}
	hasVariable := false
	for _, p := range slices.SortedFunc(slices.Values(a.own[:len(a.own)-1]), ledger.Place.Compare) {
		d := words.DeclarationAt(a.snap, p)
		if d != nil && (isFunction(*d) || d.Kind.IsType()) {
			for _, one := range append(a.ofOneSymbol(*d), a.snap.InStubs(ctx, *d)...) {
				declares[ledger.Place{Path: one.Path, Span: one.Name}] = !a.isUseToo(one)
			}
			declares[p] = true
		} else if !hasVariable && d != nil && !a.isUseToo(*d) {
			hasVariable, declares[p] = true, true
		}
	}
	// A parameter is no declaration of the index, and neither is what the server alone takes for one.
	if words.DeclarationAt(a.snap, a.own[0]) == nil && len(declares) == 0 {
		declares[a.own[0]] = true
	}
	if omitsPlace && !declares[at] {
		refs = append(refs, a.locationAt(at))
	}
	left := map[string]bool{}
	for p, isOne := range declares {
		if !isOne {
			continue
		}
		l := a.locationAt(p)
		left[fmt.Sprint(l.URI, l.Range)] = true
	}
	return slices.DeleteFunc(refs, func(l bundle.Location) bool { return left[fmt.Sprint(l.URI, l.Range)] })
}

// referencesOfFile asks a server for the references of the symbol at a place, without the code that a tool has
// generated from the workspace's. From a server that takes every import for a declaration, imports are asked for too.
func (e *Engine) referencesOfFile(
	ctx context.Context, a *answer, s *lsp.Session, path string, content *text.Content, at int, declaration bool,
) ([]lsp.Location, error) {
	found, err := s.References(ctx, path, content, at, declaration)
	if err != nil {
		return nil, err
	}
	found = a.shellReferences(found, func(l lsp.Location) place { return e.place(a, s, l.URI, l.Range) })
	if !declaration && s.Server().ImportsDeclare && !e.cfg.withoutOtherBuilds {
		all, err := s.References(ctx, path, content, at, true)
		if err != nil {
			return nil, err
		}
		for _, l := range all {
			p := e.place(a, s, l.URI, l.Range)
			if p.path != "" && p.ok && a.passesOn(p.word()) {
				found = append(found, l)
			}
		}
	}
	return slices.DeleteFunc(found, func(l lsp.Location) bool {
		return strings.HasPrefix(e.documentOf(a, l.URI).uri, generatedCode)
	}), nil
}

// generatedCode is how the URIs begin of files that a server has generated in its cache.
const generatedCode = "cache:///"

// passesOn reports whether a place is a name that is imported or exported, and not declared there.
func (a *answer) passesOn(at ledger.Place) bool {
	if words.NamesIn(a.snap, at.Path).Imported[at.Span] {
		return true
	}
	c, err := a.snap.Content(at.Path)
	return err == nil && (catalogue.RequiresModule(c, at.Span) || c.Slice(at.Span) == "default" &&
		catalogue.PassesOn(c.Line(c.LineOf(at.Span.Start))))
}

// settlePause is the pause before a server that says nothing of its progress is asked again; each
// further one is twice as long.
const settlePause = 100 * time.Millisecond

// settled asks a server that says nothing of its progress again, until two answers
// in a row are alike.
func (ans *answer) settled(
	ctx context.Context,
	ask func() ([]lsp.Location, error),
	found []lsp.Location,
) ([]lsp.Location, error) {
	for pause := settlePause; pause < 32*settlePause; pause *= 2 {
		timer := time.NewTimer(pause)
		select {
		case <-timer.C:
		case <-ctx.Done():
			timer.Stop()
		}
		again, err := ask()
		if err != nil {
			return nil, err
		}
		if slices.EqualFunc(
			found,
			again,
			func(a, b lsp.Location) bool { return a.URI == b.URI && a.Range == b.Range },
		) {
			ans.b.Evidence.Reasons = append(ans.b.Evidence.Reasons, "two answers in a row were alike")
			return again, nil
		}
		found = again
	}
	ans.doubt(bundle.Partial, "the server's answers kept changing")
	return found, nil
}

func runHover(ctx context.Context, e *Engine, a *answer) error {
	return e.askServer(ctx, a, false, func(ctx context.Context, a *answer, s *lsp.Session) (err error) {
		a.facts("lsp").Hover, err = e.hover(ctx, a, s)
		return err
	})
}

// hover is what the server says of the target, none where it says nothing.
func (e *Engine) hover(ctx context.Context, a *answer, s *lsp.Session) ([]bundle.Hover, error) {
	t := a.target
	h, err := s.Hover(ctx, t.Path, t.Content, t.At)
	if err != nil || h == nil || strings.TrimSpace(h.Contents) == "" {
		return []bundle.Hover{}, err
	}
	at := text.Span{Start: t.At, End: t.At}
	if t.Decl != nil {
		at = t.Decl.Name
	}
	if h.Range != nil {
		if span, ok := s.Span(t.Content, *h.Range); ok {
			at = span
		}
	}
	return []bundle.Hover{{
		URI: selectors.EscapePath(
			t.Path,
		), Range: rangeOf(t.Content, at, s.Encoding()), Contents: a.roots.Scrub(h.Contents),
	}}, nil
}
