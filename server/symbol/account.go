package symbol

import (
	"bytes"
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"

	"go.lsp.dev/protocol"
	"golang.org/x/sync/errgroup"

	"lanser/index"
	"lanser/selectors"
	"lanser/selectors/fault"
	"lanser/selectors/text"
	"lanser/server/bundle"
	"lanser/server/catalogue"
	"lanser/server/ledger"
	"lanser/server/lsp"
	"lanser/server/places"
	"lanser/server/pool"
	"lanser/server/shell"
	"lanser/server/words"
)

// wordFilter reports whether a use at a word would be part of the answer.
type wordFilter func(a *Answer, w ledger.Word) bool

// everywhere lets every word through.
func everywhere(*Answer, ledger.Word) bool { return true }

// account enters every word of the target's name in a ledger: those that are references by the
// server's word, and all others, about which syntax and then the server is asked. It goes on with the
// names under which the symbol is imported or exported again. It returns what the answer has beside the
// server's list: the words that the server left out and confirmed, and those of the target's family if
// the request asks for them.
func (ans *Answer) account(ctx context.Context, s *lsp.Session, refs []place, where wordFilter,
) (found []ledger.Line, err error) {
	if ans.names == nil {
		ans.doubtImplicit(ans.Target.Decl)
		return nil, nil
	}
	own, err := ans.declarations(ctx, s)
	if err != nil {
		return nil, err
	}
	if !ans.namesItself(own) {
		isUnknown := len(refs) == 0 && !ans.WithoutImports || ans.isInString() && !ans.WithoutKeys
		if len(own) == 1 && isUnknown && ans.Bundle.Evidence.Finished() {
			ans.Doubt(bundle.Partial, s.Server().Name+WhyUnknown)
		} else if ans.Bundle.Evidence.State == bundle.Complete {
			why := "the place does not hold the symbol's own name: its words were not accounted for"
			ans.Doubt(bundle.Heuristic, why)
		}
		return nil, nil
	}
	decl := ans.Target.Decl
	if decl == nil { // the place is a use
		decl = words.DeclarationAt(ans.Snap, own[0])
	}
	ans.doubtImplicit(decl)
	a := &accounting{
		answer: ans, s: s, own: own, decl: decl, where: where, sym: ans.symbolOf(decl, own),
		rules: map[string]fileRule{}, answers: map[ledger.Place][]ledger.Place{},
	}
	ans.names.addDefault(ctx, a.sym)
	ans.names.addFixture(ctx, a.sym)
	q := &ledger.Question{
		Symbol: own, Scopes: typeScopes(decl, ans.Target.Overloads), Member: a.sym.Member,
		Rule: a.rule, Carries: a.carries, Define: a.define, Relatives: a.relatives, Elsewhere: a.elsewhere,
		Implied: a.implied,
		Nothing: func(w ledger.Word) (bool, string) { return a.nothing(ctx, w) },
	}
	for _, r := range refs {
		if r.Path != "" && r.OK {
			q.References = append(q.References, r.Word())
		}
	}
	a.expanded, a.unused = ans.names.expandedMacros(ctx, a.sym, q.References), map[string]bool{}
	a.refs = q.References
	var l *ledger.Ledger
	var unread []string
	for more := true; more; {
		q.Words, unread = ans.names.readWords(ctx, q, a.sym)
		l, err = ledger.Take(ctx, q)
		if err != nil {
			return nil, err
		}
		more = ans.names.addAliases(ctx, l)
	}
	if err := a.addKeys(ctx, l); err != nil {
		return nil, err
	}
	ans.confirmTarget(l, s.Server(), q.References)
	ans.describeLedger(l, unread)
	ans.settleHiding(l)
	hasFlags := s.Server().KnownFlags(ans.Snap)
	isGuessed := func(line ledger.Line) bool { return line.Entry != ledger.NotCode && !hasFlags(line.Path) }
	if !slices.ContainsFunc(l.Lines, isGuessed) { // flags that were guessed are a doubt still
		ans.Unseen = nil // every word of the name was accounted for, in whatever file
	}
	for _, line := range l.Lines {
		wanted := line.Entry == ledger.Confirmed || line.Entry == ledger.Family && ans.Request.Options.Family
		if wanted && (ans.wantsDeclaration() || !words.Declares(ans.Snap, line.Place)) {
			found = append(found, line)
		}
	}
	return found, nil
}

// doubtImplicit doubts the answer about a function that the language calls where its name is not written.
func (a *Answer) doubtImplicit(decl *selectors.Decl) {
	if decl == nil || a.WithoutImports {
		return
	}
	if why := catalogue.ImplicitCalls(a.Snap, decl, words.IsMember(decl)); why != "" {
		a.Doubt(bundle.Worse(a.Bundle.Evidence.State, bundle.Partial), why)
	}
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

// WhyUnknown follows the name of a server: the reason for an answer about a word of which it knows nothing.
const WhyUnknown = " does not know what the word is at this place"

// isInString reports whether the target is a whole string, of which servers tell where it is written again, and nothing
// of what it names.
func (a *Answer) isInString() bool {
	at := a.targetWord()
	c, err := a.Snap.Content(at.Path)
	return err == nil && catalogue.IsString(c, at.Span)
}

// IsOfUnknown reports whether a server that finds no definition of the target has failed to find it: what a string
// names, and the member of an object whose type it does not know, are defined somewhere.
func (a *Answer) IsOfUnknown(method string) bool {
	isDefinition := method == protocol.MethodTextDocumentDefinition || method == protocol.MethodTextDocumentDeclaration
	if !isDefinition || a.WithoutKeys {
		return false
	}
	if a.shellSymbol().IsOpen() {
		return true
	}
	at := a.targetWord()
	c, err := a.Snap.Content(at.Path)
	return err == nil && at.Span.Len() > 0 && (a.isInString() || catalogue.IsSelected(c, at.Span))
}

// confirmTarget enters the target's own word as one that the server confirms, if it names the declaration of the word
// but does not list the word among the references.
func (a *Answer) confirmTarget(l *ledger.Ledger, srv *catalogue.Server, refs []ledger.Place) {
	isOmitted := srv.OmitsPlace && !a.wantsDeclaration() // see answer.omitDeclarations
	if a.Target.Decl != nil || len(a.own) < 2 || isOmitted || a.WithoutImports {
		return
	}
	at := a.own[len(a.own)-1]
	if slices.Contains(refs, at) || slices.Contains(a.own[:len(a.own)-1], at) {
		return
	}
	for i := range l.Lines {
		if l.Lines[i].Place == at {
			l.Lines[i].Entry = ledger.Confirmed
		}
	}
}

// describeLedger puts the ledger into the answer's evidence, with the doubts that follow from it.
func (a *Answer) describeLedger(l *ledger.Ledger, unread []string) {
	a.Bundle.Evidence.Ledger = a.ledgerOf(l)
	for i, p := range unread {
		if i == bundle.MaxReasons {
			a.Doubt(bundle.Partial, fmt.Sprintf("and %d more files cannot be read", len(unread)-i))
			break
		}
		a.Doubt(bundle.Partial, p+" cannot be read")
	}
	if n := a.Bundle.Evidence.Ledger.Possible; n > 0 {
		a.Doubt(bundle.Partial, possibleUses(l, n))
	}
}

// accounting is one question's way through the ledger.
type accounting struct {
	answer  *Answer
	s       *lsp.Session
	own     []ledger.Place
	decl    *selectors.Decl // of the symbol; nil if it is not known
	where   wordFilter
	sym     catalogue.Symbol
	rules   map[string]fileRule             // by file
	answers map[ledger.Place][]ledger.Place // of the server
	// expanded are the macros of C whose expansion the server named as a use, and unused tells of others whether the
	// server knows all of their expansions.
	expanded, unused map[string]bool
	refs             []ledger.Place // that the server named
}

// fileRule is what the language's rules say of the symbol's uses in a file.
type fileRule struct {
	uses catalogue.Uses
	why  string
}

// rule is [ledger.Question.Rule].
func (a *accounting) rule(w ledger.Word) (ledger.Rule, string) {
	c, err := a.answer.Snap.Content(w.Path)
	if err == nil && a.where(a.answer, w) {
		if holds, why := catalogue.HoldsCode(a.answer.Snap, a.sym, w.Path, c, w.Span); holds {
			if why != "" {
				return ledger.Unread, why
			}
			return ledger.Ask, ""
		}
		if why := catalogue.TakesFixture(a.answer.Snap, a.sym, w.Path, c, w.Span); why != "" {
			return ledger.Unread, why
		}
	}
	if err == nil {
		switch use, why := a.answer.shellSymbol().Use(w.Place); use {
		case shell.Never:
			return ledger.Never, ""
		case shell.May:
			return ledger.Unread, why
		}
	}
	if err != nil || !a.where(a.answer, w) || !catalogue.UsesAt(a.answer.Snap, a.sym, w.Path, c, w.Span) {
		return ledger.Never, ""
	}
	r := a.usesIn(w.Path)
	switch r.uses {
	case catalogue.CannotUse:
		return ledger.Never, ""
	case catalogue.NotRead:
		return ledger.Unread, r.why
	}
	return ledger.Ask, ""
}

// usesIn is what the language's rules say of a file.
func (a *accounting) usesIn(p string) fileRule {
	r, known := a.rules[p]
	if !known {
		r.uses, r.why = a.s.Server().Uses(a.answer.Snap, a.sym, p)
		a.rules[p] = r
	}
	return r
}

// carries is [ledger.Question.Carries].
func (a *accounting) carries(p ledger.Place) bool {
	c, err := a.answer.Snap.Content(p.Path)
	if err != nil {
		return false
	}
	names := words.NamesIn(a.answer.Snap, p.Path)
	if names.Imported[p.Span] || catalogue.PassesOn(c.Line(c.LineOf(p.Span.Start))) {
		return true
	}
	d := cmp.Or(words.DeclarationAt(a.answer.Snap, p), words.SpecializedAt(a.answer.Snap, p))
	if d == nil || a.decl == nil {
		return d != nil
	}
	// A type that is the name of a field of Go is embedded: the field is selected by the type's name.
	isEmbedded := d.Lang == "go" && d.Kind == selectors.KindField && a.decl.Kind.IsType()
	return d.Kind == a.decl.Kind || isEmbedded
}

// implied is [ledger.Question.Implied]: clangd knows no words in the body of a macro, and names the places at which
// the macro is expanded; gopls knows no directives of cgo, and rust-analyzer no paths in the bodies of macros.
func (a *accounting) implied(w ledger.Word) bool {
	c, err := a.answer.Snap.Content(w.Path)
	if err != nil {
		return false
	}
	isCertain := a.answer.isOldParameter(w.Place) || catalogue.ExportsToC(a.sym, w.Path, c, w.Span) ||
		catalogue.FollowsCrate(a.answer.Snap, a.sym, w.Path, c, w.Span) ||
		catalogue.ListsOwnName(a.sym, w.Path, c, w.Span)
	if isCertain {
		return true
	}
	return a.expanded[catalogue.MacroAround(c, w.Span)] && catalogue.MayBeMember(a.sym, c, w.Span)
}

// nothing is [ledger.Question.Nothing].
func (a *accounting) nothing(ctx context.Context, w ledger.Word) (possible bool, why string) {
	c, err := a.answer.Snap.Content(w.Path)
	if err != nil || catalogue.IsMemberOfValue(a.answer.Snap, a.sym, c, w.Span) || a.answer.names.isForeign(w, c) ||
		a.answer.imports().IsAnother(ctx, w.Place, a.answer.declaring()) {
		return false, ""
	}
	isOutside := w.Path != a.sym.Path || !a.sym.Scope.Contains(w.Span)
	if a.sym.Lang == "cpp" && a.sym.Scope.Len() > 0 && isOutside {
		return false, "" // a macro that is not expanded where the local is
	}
	if why := a.rules[w.Path].why; why != "" {
		return true, why
	}
	if macro := catalogue.MacroAround(c, w.Span); macro != "" && a.sym.Lang == "cpp" && a.isUnusedIn(ctx, macro) {
		return false, ""
	}
	return true, a.s.Server().Name + " does not know what it is there"
}

// elsewhere is [ledger.Question.Elsewhere].
func (a *accounting) elsewhere(w ledger.Word) string {
	if f := a.s.Server().OtherBuild(a.answer.Snap, a.sym, w.Path); f != "" {
		return "in another build, with " + f + ", it may mean the symbol"
	}
	return ""
}

// define is [ledger.Question.Define]. The server is asked once about each place.
func (a *accounting) define(ctx context.Context, at []ledger.Place) ([][]ledger.Place, error) {
	if a.answer.remembersDefinitions() {
		a.answer.recallDefinitions(a.s, at, a.answers)
	}
	var missing []ledger.Place
	for _, p := range at {
		if _, known := a.answers[p]; !known {
			missing = append(missing, p)
		}
	}
	together := at
	if a.answer.Recorded {
		together = missing // a trace has one order of openings
	}
	found, all, err := a.answer.define(ctx, a.s, missing, together)
	if err != nil {
		return nil, err
	}
	own := slices.Clone(found) // without what another server knows
	supplemented, err := a.answer.supplement(ctx, a.s, missing, found)
	if err != nil {
		return nil, err
	}
	asked := make(map[ledger.Place][]ledger.Place, len(missing))
	for i, p := range missing {
		a.answers[p] = found[i]
		if slices.Equal(found[i], own[i]) {
			asked[p] = found[i]
		}
	}
	if all && supplemented {
		a.answer.keepDefinitions(a.s, at, asked)
	}
	out := make([][]ledger.Place, len(at))
	for i, p := range at {
		out[i] = a.answers[p]
		if a.answer.shellSymbol().Is(p) {
			out[i] = a.own[:1]
		}
		c, err := a.answer.Snap.Content(p.Path)
		if err == nil && a.sym.Lang == "cpp" && catalogue.IsAnsweredAround(p.Path, c, p.Span) {
			out[i] = a.ofName(out[i], c.Slice(p.Span))
		}
	}
	return out, a.byReceivers(ctx, at, out)
}

// relatives is [ledger.Question.Relatives].
func (a *accounting) relatives(ctx context.Context, candidates []ledger.Place) ([]ledger.Place, error) {
	return a.answer.relatives(ctx, a.s, a.decl, a.own, candidates)
}

// locationsOf are lines of the ledger as references.
func (a *Answer) locationsOf(lines []ledger.Line) (out []bundle.Location) {
	for _, line := range lines {
		at := a.locationAt(line.Place)
		at.Confirmed, at.Family = line.Entry == ledger.Confirmed, line.Entry == ledger.Family
		out = append(out, at)
	}
	return out
}

// listReferences are the target's references by the server's word; none if it does not offer them.
func (a *Answer) listReferences(ctx context.Context, s *lsp.Session, declaration bool,
) ([]bundle.Location, []place, error) {
	if !s.Can("referencesProvider") {
		return nil, nil, nil
	}
	found, err := a.references(ctx, s, declaration)
	if err != nil {
		return nil, nil, err
	}
	return a.placedUses(ctx, s, found)
}

// possibleUses is the reason for which an answer with possible uses is partial.
func possibleUses(l *ledger.Ledger, n int) string {
	files := map[string]bool{}
	var first []string
	for _, line := range l.Lines {
		if line.Entry == ledger.Possible && !files[line.Path] {
			files[line.Path] = true
			if len(first) < 3 {
				first = append(first, line.Path)
			}
		}
	}
	what := "possible uses"
	if n == 1 {
		what = "possible use"
	}
	in := strings.Join(first, ", ")
	if more := len(files) - len(first); more > 0 {
		in += fmt.Sprintf(" and %d more files", more)
	}
	return fmt.Sprintf("%d %s that nobody can rule out, in %s", n, what, in)
}

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
		if found, ok := a.recallDefinition(s, at); ok {
			return append(slices.Clone(found), at), nil
		}
		found, err := a.definitionOf(ctx, s, at)
		if err != nil {
			return nil, err
		}
		named := a.shellSymbol().Definitions(a.imports().Choose(ctx, at, a.WordsAt(s, found)))
		a.keepDefinitions(s, []ledger.Place{at}, map[ledger.Place][]ledger.Place{at: named})
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

// typeScopes are the whole declarations of a type, whose constructor means the type. An alias has no constructor, and
// "typedef struct name {…} name" holds the declaration of another symbol.
func typeScopes(d *selectors.Decl, overloads []selectors.Decl) (out []ledger.Place) {
	if d == nil || !d.Kind.IsType() || d.Kind == selectors.KindType {
		return nil
	}
	for _, d := range append([]selectors.Decl{*d}, overloads...) {
		out = append(out, ledger.Place{Path: d.Path, Span: d.Def})
	}
	return out
}

// symbolOf is what the rules of the target's language need to know of its declaration. Of a symbol that
// no declaration of the workspace is known for, it may be a member, and the rules of visibility do not apply, unless
// own, the names of its declarations and the place itself, tell that it is a variable of a function.
func (a *Answer) symbolOf(d *selectors.Decl, own []ledger.Place) catalogue.Symbol {
	t := a.Target
	lang, _ := a.Snap.Lang(t.Path)
	sym := catalogue.Symbol{Lang: lang, Member: true, Name: index.WordAt(t.Path, t.Content, t.At)}
	if d == nil {
		if file, scope, ok := localScope(a.Snap, own[:len(own)-1]); ok {
			sym.Path, sym.Scope, sym.Member = file, scope, false
		}
		return sym
	}
	sym.Path, sym.Lang, sym.Module, sym.Kind, sym.Member = d.Path, d.Lang, d.Module, d.Kind, words.IsMember(d)
	sym.Owner = words.Owner(d)
	c, err := a.Snap.Content(d.Path)
	sym.Selected = err == nil && bytes.HasSuffix(c.Bytes()[:d.Name.Start], []byte("."))
	for _, o := range t.Overloads {
		sym.Also = append(sym.Also, o.Path)
	}
	around := words.OuterFunction(a.Snap, d)
	if d.Local > 0 {
		sym.Scope = around.Def
	}
	sym.Assigned = d.Kind == selectors.KindField && around.Kind == selectors.KindMethod
	return sym
}

// localScope is the file and the function to which all the given names of a variable or parameter belong.
func localScope(snap *index.Snapshot, names []ledger.Place) (file string, scope text.Span, ok bool) {
	for i, n := range names {
		is, local := snap.LocalScope(n.Path, n.Span)
		if !local || i > 0 && (n.Path != file || is != scope) {
			return "", text.Span{}, false
		}
		file, scope, ok = n.Path, is, true
	}
	return file, scope, ok
}

// maxAtOnce bounds the questions of a ledger that a server works on at a time.
const maxAtOnce = 8

// define asks the server for the definitions at places, which are some of those that are accounted for together.
// Files that must be open for that are opened; the next question closes them. A server that remembers them is asked
// in a session of its own. all is false if a session could not be asked about all places that it should be asked about.
func (a *Answer) define(ctx context.Context, s *lsp.Session, at, together []ledger.Place,
) (out [][]ledger.Place, all bool, err error) {
	if groups := a.byBuild(s.Server(), together); len(groups) > 0 && len(at) > 0 {
		return a.defineInBuilds(ctx, s, at, together, groups)
	}
	if s.Server().Remembers {
		out, err = a.defineApart(ctx, s, at)
		return out, true, err
	}
	if err := s.OpenAlso(ctx, a.Snap, a.toOpenTogether(s.Server(), at, together)); err != nil {
		return nil, false, err
	}
	out, err = a.defineIn(ctx, s, at)
	return out, true, err
}

// defineApart asks for the definitions at places, those in other files than the target's in a session of their own.
func (a *Answer) defineApart(ctx context.Context, s *lsp.Session, at []ledger.Place,
) (out [][]ledger.Place, err error) {
	elsewhere := slices.DeleteFunc(slices.Clone(at), func(p ledger.Place) bool { return p.Path == a.Target.Path })
	var found [][]ledger.Place
	if len(elsewhere) > 0 {
		view := pool.View{Snap: a.Snap, Disk: a.Disk, Hypothetical: a.Request.Options.Hypothetical(), Words: true}
		turn, err := a.Pool.Turn(ctx, s.Server(), view)
		if err != nil {
			return nil, err
		}
		defer turn.Done(&err)
		leased, err := turn.Session(ctx, a.toOpen(s.Server(), elsewhere))
		if err != nil {
			return nil, err
		}
		found, err = a.defineIn(ctx, leased.Session, elsewhere)
		if err != nil {
			return nil, err
		}
	}
	here := slices.DeleteFunc(slices.Clone(at), func(p ledger.Place) bool { return p.Path != a.Target.Path })
	own, err := a.defineIn(ctx, s, here)
	if err != nil {
		return nil, err
	}
	for _, p := range at {
		list := &found
		if p.Path == a.Target.Path {
			list = &own
		}
		out, *list = append(out, (*list)[0]), (*list)[1:]
	}
	return out, nil
}

// definitionsAt asks a session for the definitions at places, each as the server says it.
func (a *Answer) definitionsAt(ctx context.Context, s *lsp.Session, at []ledger.Place) ([][]lsp.Location, error) {
	found := make([][]lsp.Location, len(at))
	asking, asked := errgroup.WithContext(ctx)
	asking.SetLimit(maxAtOnce)
	if a.Recorded {
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

// defineIn asks a session for the definitions at places, as places of names.
func (a *Answer) defineIn(ctx context.Context, s *lsp.Session, at []ledger.Place) ([][]ledger.Place, error) {
	found, err := a.definitionsAt(ctx, s, at)
	if err != nil {
		return nil, err
	}
	out := make([][]ledger.Place, len(at))
	for i := range found {
		out[i] = a.imports().Choose(ctx, at[i], a.WordsAt(s, found[i]))
	}
	if s.Server().Guesses {
		return out, a.dropGuesses(ctx, s, at, out)
	}
	return out, nil
}

// dropGuesses removes the answers at places where the server shows no hover: it knows nothing of the
// code there and has guessed by the name.
func (a *Answer) dropGuesses(ctx context.Context, s *lsp.Session, at []ledger.Place, answers [][]ledger.Place,
) error {
	for i, p := range at {
		if len(answers[i]) == 0 {
			continue
		}
		c, err := a.Snap.Content(p.Path)
		if err != nil {
			return err
		}
		h, err := s.Hover(ctx, p.Path, c, p.Span.Start)
		if err != nil {
			return err
		}
		if h == nil {
			answers[i] = nil
		}
	}
	return nil
}

// locate asks for the locations that a method finds at a place. A server that refuses has none; the
// error is one that ends the question.
func (a *Answer) locate(ctx context.Context, s *lsp.Session, method string, at ledger.Place) ([]lsp.Location, error) {
	c, err := a.Snap.Content(at.Path)
	if err != nil {
		return nil, nil // it was read when the word was found
	}
	found, err := s.Locations(ctx, method, at.Path, c, at.Span.Start)
	if err == nil || ctx.Err() == nil && (fault.Is(err, fault.Incomplete) || fault.Is(err, fault.Unsupported)) {
		return found, nil
	}
	return nil, err
}

// maxToOpen bounds the files that are opened to ask about words in them. Words in others have no answer.
const maxToOpen = 100

// toOpen are the files of places in which the server answers only while they are open, in the order of the
// places.
func (a *Answer) toOpen(srv *catalogue.Server, at []ledger.Place) (files []string) {
	seen := map[string]bool{}
	for _, p := range at {
		if !seen[p.Path] && len(files) < maxToOpen && srv.MustOpen(a.Snap, a.Target.Path, p.Path) {
			files = append(files, p.Path)
		}
		seen[p.Path] = true
	}
	return files
}

// toOpenTogether are the files that must be open for answers about words, which are some of those that are accounted
// for together: all files that the latter need, so that it does not depend on what is remembered of the other words.
func (a *Answer) toOpenTogether(srv *catalogue.Server, at, together []ledger.Place) []string {
	files, all := a.toOpen(srv, at), a.toOpen(srv, together)
	if len(files) == 0 || len(all) == maxToOpen {
		return files
	}
	return all
}

// ledgerOf is the ledger as bundles hold it.
func (a *Answer) ledgerOf(l *ledger.Ledger) *bundle.Ledger {
	out := &bundle.Ledger{
		Words: len(
			l.Lines,
		), References: l.Sum(ledger.Reference), Confirmed: l.Sum(ledger.Confirmed), Family: l.Sum(ledger.Family),
		Other: l.Sum(ledger.Other), Declarations: l.Sum(ledger.Declaration), NotCode: l.Sum(ledger.NotCode),
		Possible: l.Sum(ledger.Possible), Uses: []bundle.PossibleUse{}, Relatives: []bundle.Location{},
	}
	for _, n := range a.names.list {
		out.Names = append(out.Names, n.occurrences.Word())
	}
	for _, line := range l.Lines {
		switch line.Entry {
		case ledger.Possible:
			if len(out.Uses) < maxListed {
				out.Uses = append(
					out.Uses,
					bundle.PossibleUse{Location: a.locationAt(line.Place), Why: a.Roots.Scrub(line.Why)},
				)
			}
		case ledger.Family:
			if len(out.Relatives) < maxListed {
				out.Relatives = append(out.Relatives, a.locationAt(line.Place))
			}
		}
	}
	return out
}

// maxListed bounds the places of a ledger that a bundle lists; all are counted.
const maxListed = 1000

// locationAt returns a place of the workspace as bundles have it.
func (a *Answer) locationAt(at ledger.Place) bundle.Location {
	return places.At(a.Snap, at, text.Encoding(a.Bundle.Environment.PositionEncoding))
}
