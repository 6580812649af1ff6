package uses

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"

	"go.lsp.dev/protocol"

	"lanser/selectors"
	"lanser/selectors/text"
	"lanser/server/bundle"
	"lanser/server/catalogue"
	"lanser/server/cbuild"
	"lanser/server/ledger"
	"lanser/server/lsp"
	"lanser/server/mention"
	"lanser/server/project"
	"lanser/server/shell"
	"lanser/server/trace"
	"lanser/server/words"
)

// Filter reports whether a use at a word would be part of the answer. A ledger about subtypes, for instance, asks
// about the words in headers of types alone, and calls the others uses of something else.
type Filter func(a *Finder, w ledger.Word) bool

// Everywhere lets every word through.
func Everywhere(*Finder, ledger.Word) bool { return true }

// Account enters every word of the target's name in a ledger (spec section 4): those that are references by the
// server's word, and all others, about which syntax and then the server is asked. It goes on with the names under which
// the symbol is imported or exported again, until a round finds no further name. refs are the places that the server
// named; those outside of the workspace count for nothing.
//
// It returns what the answer has besides the server's list: the words that the server left out and confirmed, and those
// of the target's family if the request asks for them. Sums, possible uses and doubts go into the evidence.
//
// There is no ledger, and no error, where the words of the name were not looked for, and where the target's word is not
// the name of the declared symbol, as the keyword self or a path in an import is not. In the latter case the evidence
// says that the answer rests on the server's list.
func (ans *Finder) Account(ctx context.Context, s *lsp.Session, refs []Place, where Filter,
) (found []ledger.Line, err error) {
	if ans.names == nil {
		ans.doubtImplicit(ctx, ans.Target.Decl)
		return nil, nil
	}
	if ans.IsPatternKey() {
		ans.Doubt(bundle.Partial, WhyBound(s.Server()))
	}
	own, err := ans.Declarations(ctx, s)
	if err != nil {
		return nil, err
	}
	if !ans.NamesItself(own) {
		ans.doubtUncounted(own, refs, s.Server())
		return nil, nil
	}
	decl := ans.Target.Decl
	if decl == nil { // the place is a use
		decl = words.DeclarationAt(ans.Snap, own[0])
	}
	ans.doubtImplicit(ctx, decl)

	a := &accounting{
		answer: ans, s: s, own: own, decl: decl, where: where, sym: ans.SymbolOf(decl, own), refs: WordsOf(refs),
		rules: map[string]fileRule{}, answers: map[ledger.Place][]ledger.Place{},
		asides: map[ledger.Place][]ledger.Place{}, unused: map[string]bool{},
	}
	if ans.Format.Has(trace.AutomaticFixtures) && mention.IsAutomatic(ans.Snap, a.sym) {
		ans.Doubt(bundle.Partial, "pytest calls the fixture for each test that can see it, without its name (autouse)")
	}
	a.others = ans.OtherPrograms(ctx, a.decl)
	if len(a.others) > 0 && !slices.Contains(a.refs, own[0]) {
		a.refs = append(a.refs, own[0]) // clangd names one of the definitions
	}
	ans.names.addDefault(ctx, a.sym)
	ans.names.addFixture(ctx, a.sym)
	a.expanded = ans.names.expandedMacros(ctx, a.sym, a.refs)
	l, unread, err := a.take(ctx)
	if err != nil {
		return nil, err
	}
	a.doubtPrograms()
	if ans.names.areCut {
		const why = "it is imported under more names than are followed: uses under the others are not listed"
		ans.Doubt(bundle.Partial, why)
	}
	if err := a.addKeys(ctx, l); err != nil {
		return nil, err
	}
	if err := a.addConstants(ctx, l); err != nil {
		return nil, err
	}

	if err := a.addGiven(ctx, l); err != nil {
		return nil, err
	}
	if err := a.addFlowing(ctx, l); err != nil {
		return nil, err
	}

	ans.confirmTarget(l, s.Server(), a.refs)
	ans.describeLedger(l, unread)
	if p, line, ok := ans.ShellSymbol().Computed(); ok {
		const why = "%s:%d runs a command whose name it puts together: it may be this one"
		ans.Doubt(bundle.Partial, fmt.Sprintf(why, p, line))
	}
	if why := a.putTogether(ctx); why != "" {
		ans.Doubt(bundle.Partial, why)
	}
	if why := cmp.Or(a.inherited(), a.calledForParts(ctx)); why != "" {
		ans.Doubt(bundle.Partial, why)
	}
	ans.settleHiding(l)
	if a.accountsForUnseen(l) {
		ans.Unseen = nil
	}
	return a.usesAmong(l), nil
}

// doubtUncounted enters the doubt about an answer whose target's word is not one of own, the names of the symbol's
// declarations: no words of the name were counted.
func (a *Finder) doubtUncounted(own []ledger.Place, refs []Place, srv *catalogue.Server) {
	isUnknown := len(refs) == 0 && a.Format.Has(trace.Imports) || a.isInString() && a.Format.Has(trace.StringKeys)
	if len(own) == 1 && isUnknown && a.Bundle.Evidence.Finished() {
		a.Doubt(bundle.Partial, srv.Name+WhyUnknown)
		return
	}
	if a.Bundle.Evidence.State == bundle.Complete {
		const why = "the place does not hold the symbol's own name: its words were not accounted for"
		a.Doubt(bundle.Heuristic, why)
	}
}

// take enters the words of the target's names in a ledger. A round may find further names of the symbol; then the
// ledger is taken again with them. unread are the files that cannot be read.
func (a *accounting) take(ctx context.Context) (l *ledger.Ledger, unread []string, err error) {
	ans := a.answer
	q := &ledger.Question{
		Symbol: a.own, References: a.refs, Member: a.sym.Member, Aside: ans.Aside && ans.Format.Has(trace.FewerAside),
		Constructs: a.constructs(typeScopes(a.decl, ans.Target.Overloads)),
		Carries:    a.carries, Define: a.define, Relatives: a.relatives,
		OnlyBySyntax: a.sym.Lang != "cpp" || !ans.Format.Has(trace.OwnOfCPP),
		Elsewhere: func(w ledger.Word, answer []ledger.Place) string {
			return cmp.Or(a.elsewhere(w, answer), a.asAlternative(w, answer))
		},
		Implied: func(w ledger.Word) bool { return a.implied(ctx, w) },
		Rule:    func(w ledger.Word) (ledger.Rule, string) { return a.rule(ctx, w) },
		Nothing: func(w ledger.Word) (bool, string) { return a.nothing(ctx, w) },
	}
	for more := true; more; {
		q.Words, unread = ans.names.readWords(ctx, q, a.sym, a.s.Server())
		l, err = ledger.Take(ctx, q)
		if err != nil {
			return nil, nil, err
		}
		more = ans.names.addAliases(ctx, l)
	}
	return l, unread, nil
}

// accountsForUnseen reports whether every word of the name has an entry that can be relied on, also in the files that
// the server does not search ([Finder.Unseen]). It has none in a file whose flags were guessed, nor in one that
// a server which reads a single file has not read.
func (a *accounting) accountsForUnseen(l *ledger.Ledger) bool {
	srv, snap := a.s.Server(), a.answer.Snap
	hasFlags := cbuild.KnownFlags(srv.BuildView(snap))
	isGuessed := func(line ledger.Line) bool { return line.Entry != ledger.NotCode && !hasFlags(line.Path) }
	isUnread := func(file string) bool { return srv.OneFile && file != a.answer.Target.Path }
	return !slices.ContainsFunc(l.Lines, isGuessed) && !slices.ContainsFunc(a.answer.mentions(), isUnread)
}

// usesAmong returns the lines of the ledger that the answer has in addition to the server's list: confirmed uses, and
// those of the family if the request asks for them. Declarations are left out if the request does not want them.
func (a *accounting) usesAmong(l *ledger.Ledger) (found []ledger.Line) {
	ans := a.answer
	for _, line := range l.Lines {
		isWanted := line.Entry == ledger.Confirmed || line.Entry == ledger.Family && ans.Request.Options.Family
		if !isWanted {
			continue
		}
		_, isArgument := ans.names.callWith(a.sym, line.Place)
		declares := words.Declares(ans.Snap, line.Place) ||
			ans.Format.Has(trace.Operators) && words.DeclaresOperator(ans.Snap, line.Place)
		isUse := isArgument || !declares || ans.names.bindsMember(a.sym, line.Word) ||
			ans.names.exported[line.Place] || ans.names.takesFixture(a.sym, line.Word)
		if ans.WantsDeclaration() || isUse {
			found = append(found, line)
		}
	}
	return found
}

// doubtImplicit doubts the answer about a function that the language calls where its name is not written: __add__ of
// Python is called by a + b, and drop of Rust at the end of a block. No word of the name can be counted there.
func (r *Reading) doubtImplicit(ctx context.Context, decl *selectors.Decl) {
	if decl == nil || !r.Format.Has(trace.Imports) {
		return
	}
	isMember, trait := words.IsMember(decl), ""
	if isMember && decl.Lang == "rs" {
		trait = r.Snap.Trait(decl.Path, decl.Name)
	}
	why := mention.ImplicitCalls(decl, isMember, trait)
	if why == "" && isMember && decl.Lang == "rs" && len(decl.Names) > 1 && r.Format.Has(trace.Derived) {
		why = mention.DerivedCalls(r.Snap, decl.Names[len(decl.Names)-2], trait)
	}
	if why == "" && mention.IsOperator(decl) && r.hasTemplates(ctx) {
		why = mention.OperatorCalls(decl)
	}
	if why == "" && r.Format.Has(trace.CalledValues) {
		why = mention.Unnamed(decl)
	}
	if why != "" {
		r.Doubt(bundle.Worse(r.Bundle.Evidence.State, bundle.Partial), why)
	}
}

// hasTemplates reports whether a file of C++ in the workspace has a template, or uses the standard library's.
func (r *Reading) hasTemplates(ctx context.Context) bool {
	if !r.Format.Has(trace.Operators) {
		return false
	}
	type key struct{}
	return r.Snap.Memoize(key{}, func() any {
		for _, word := range []string{"include", "template", "import"} {
			for _, p := range r.Snap.Occurrences(ctx, word).Files {
				lang, _ := r.Snap.Lang(p)
				c, err := r.Snap.Content(p)
				if lang == "cpp" && err == nil && mention.HasTemplates(c.Bytes()) {
					return true
				}
			}
		}
		return false
	}).(bool)
}

// WhyBound is the reason for an answer about a string for which [Finder.IsPatternKey] is true.
func WhyBound(srv *catalogue.Server) string {
	return "the string names a member: " + srv.Name + " names what it is bound to"
}

// WhyUnknown follows the name of a server: the reason for an answer about a word of which it knows nothing.
const WhyUnknown = " does not know what the word is at this place"

// IsOfUnknown reports whether a server that finds no definition of the target has failed to find it: what a name of the
// code or a string names is defined somewhere. The commands of a shell script may be programs. method is that of LSP;
// for type definitions and implementations no answer is a good one, and it is false.
func (a *Finder) IsOfUnknown(method string) bool {
	isDefinition := method == protocol.MethodTextDocumentDefinition || method == protocol.MethodTextDocumentDeclaration
	if !isDefinition || !a.Format.Has(trace.StringKeys) {
		return false
	}
	if a.ShellSymbol().IsOpen() {
		return true
	}
	at := a.TargetWord()
	c, err := a.Snap.Content(at.Path)
	if err != nil || at.Span.Len() == 0 {
		return false
	}
	lang, _ := a.Snap.Lang(at.Path)
	isInMacro := lang == "cpp" && mention.MacroAround(c, at.Span) != ""
	if lang == "py" && a.Format.Has(trace.Conventions) && mention.IsParametrized(c, at.Span) {
		return true
	}
	if a.isInString() || mention.IsSelected(c, at.Span) || isInMacro || a.IsInDesignators() {
		return true
	}
	name, ok := a.Snap.FirstName(at.Path, at.Span)
	return ok && name == at.Span && a.ShellSymbol() == nil
}

// confirmTarget enters the target's own word as one that the server confirms, if the server names the declaration of
// the word but does not list the word among the references. The target was never asked about by the ledger, which takes
// its word for one of the symbol's, see [Finder.Declarations].
func (a *Finder) confirmTarget(l *ledger.Ledger, srv *catalogue.Server, refs []ledger.Place) {
	isOmitted := srv.OmitsPlace && !a.WantsDeclaration() // the operation leaves it out itself
	if a.Target.Decl != nil || len(a.Own) < 2 || isOmitted || !a.Format.Has(trace.Imports) {
		return
	}
	at := a.Own[len(a.Own)-1]
	if slices.Contains(refs, at) || slices.Contains(a.Own[:len(a.Own)-1], at) {
		return
	}
	for i := range l.Lines {
		if l.Lines[i].Place == at {
			l.Lines[i].Entry = ledger.Confirmed
		}
	}
}

// describeLedger puts the ledger into the answer's evidence, with the doubts that follow from it: a file that cannot be
// read may hold any word, and a possible use makes the answer partial, whatever else is known.
func (a *Finder) describeLedger(l *ledger.Ledger, unread []string) {
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

// accounting is one question's way through the ledger: the functions of its [ledger.Question], and what they remember
// of each other's work. The ledger calls them one at a time.
type accounting struct {
	answer  *Finder
	s       *lsp.Session
	own     []ledger.Place  // see [Finder.Own]; never empty
	decl    *selectors.Decl // of the symbol; nil if it is not known
	where   Filter
	sym     project.Symbol
	rules   map[string]fileRule             // by file
	answers map[ledger.Place][]ledger.Place // of the server
	asides  map[ledger.Place][]ledger.Place // of the server, at words that are not accounted for
	// expanded are the macros of C whose expansion the server named as a use, and unused tells of others whether the
	// server knows all of their expansions.
	expanded, unused map[string]bool
	refs             []ledger.Place  // the places in the server's list that are in the workspace
	others           map[string]bool // see [Reading.OtherPrograms]
}

// fileRule is what the language's rules say of the symbol's uses in a file.
type fileRule struct {
	uses mention.Uses
	why  string
}

// rule is [ledger.Question.Rule]. The first that applies decides: in scripts the shell's rules, those about text that
// is run as a command before the others; text that is code all the same, such as a name in __all__; parameters that
// pytest fills; the shell's rules for what is no script; and for code, what the word's neighbours and then the
// language's rules of visibility say. The shell aside, a word that is filtered out is no use, and neither is one in a
// file that cannot be read: such a file is a doubt of its own.
func (a *accounting) rule(ctx context.Context, w ledger.Word) (ledger.Rule, string) {
	c, err := a.answer.Snap.Content(w.Path)
	if use, why := a.answer.ShellSymbol().UseAsCommand(w.Place); use != shell.Unknown {
		return shellRule(use), why
	}
	if a.answer.isTrapped(w.Place) {
		return ledger.Ask, ""
	}
	isScript := err == nil && a.sym.Lang == "sh" && a.answer.Format.Has(trace.TrappedText)
	if isScript && strings.HasPrefix(strings.TrimSpace(c.Line(c.LineOf(w.Span.Start))), "# ") {
		return ledger.Never, ""
	}
	aliased, whyAliased := a.answer.ShellSymbol().UseInAlias(w.Place)
	if aliased != shell.Unknown && a.answer.Format.Has(trace.Aliased) {
		return shellRule(aliased), whyAliased
	}
	use, whyShell := a.answer.ShellSymbol().Use(w.Place)
	isJudged := err == nil && (use == shell.Never || use == shell.May)
	if isJudged && project.IsShell(a.answer.Snap, w.Path) {
		return shellRule(use), whyShell
	}
	if err == nil && a.isKeyword(w, c) {
		return ledger.Never, ""
	}
	if err == nil && a.where(a.answer, w) {
		switch a.passing(w, c) {
		case mention.NotPassed:
			return ledger.Never, ""
		case mention.MayBe:
			return ledger.Unread, "pytest may pass the fixture here"
		case mention.IsPassed:
			return ledger.Ask, ""
		}
		if a.answer.Format.Has(trace.KeysOfEnums) && mention.IsKeyOfEnum(a.answer.Snap, a.sym, c, w.Span) {
			return ledger.Ask, ""
		}
		if a.answer.names.given[w.Place] {
			return ledger.Unread, "the object may give the component the property of this name"
		}
		holds, why := mention.HoldsCode(a.answer.Snap, a.sym, w.Path, c, w.Span)
		isGoCode := !w.Text && project.SchemeOf(w.Path) == "go" && a.answer.Format.Has(trace.CodeIsNoTemplate)
		if holds && !isGoCode {
			if why != "" && a.isRuledOut(ctx, w, c) {
				return ledger.Never, ""
			}
			if why != "" {
				return ledger.Unread, why
			}
			return ledger.Ask, ""
		}
		if a.answer.Format.Has(trace.Generators) && mention.NamesForGenerator(a.sym, w.Path, c, w.Span) {
			return ledger.Unread, "a directive of go generate may name the type"
		}
		if a.answer.Format.Has(trace.ExampleValues) && mention.IsGivenInExample(a.answer.Snap, a.sym, c, w.Span) {
			return ledger.Unread, "rustdoc compiles the example"
		}
		if rule, why, ok := a.importInString(ctx, w, c); ok {
			return rule, why
		}
		if a.answer.names.selectsExport(a.sym, w, c) {
			return ledger.Ask, ""
		}
		if why := a.byConvention(w, c); why != "" {
			return ledger.Unread, why
		}
		if a.answer.Format.Has(trace.KeysOfEnums) && mention.MayCopyField(a.answer.Snap, a.sym, c, w.Span) {
			if a.mayBeCopied(ctx, w, c) {
				return ledger.Unread, "a dictionary with the fields of an object is given the string"
			}
			return ledger.Never, ""
		}
		if a.answer.Format.Has(trace.CopiedFields) && mention.NamesCopiedField(a.sym, c, w.Span) {
			return ledger.Unread, "a dictionary with the fields of an object is given the string"
		}
		if why := mention.TakesFixture(a.answer.Snap, a.sym, w.Path, c, w.Span); why != "" &&
			!a.answer.Format.Has(trace.PassedFixtures) {
			return ledger.Unread, why
		}
		if rule, why, ok := a.unlistedUse(ctx, w, c); ok {
			return rule, why
		}
	}
	if isJudged {
		return shellRule(use), whyShell
	}
	if a.others[w.Path] {
		return ledger.Never, ""
	}
	if err != nil || !a.where(a.answer, w) || !mention.UsesAt(a.answer.Snap, a.sym, w.Path, c, w.Span) {
		return ledger.Never, ""
	}
	r := a.usesIn(w.Path)
	switch r.uses {
	case mention.CannotUse:
		return ledger.Never, ""
	case mention.NotRead:
		if a.isRuledOut(ctx, w, c) {
			return ledger.Never, ""
		}
		return ledger.Unread, r.why
	}
	if a.isOwnOfScript(w, c) {
		return ledger.Never, ""
	}
	return ledger.Ask, ""
}

// passing says whether pytest passes the symbol for a word.
func (a *accounting) passing(w ledger.Word, c *text.Content) mention.Passing {
	if a.sym.Lang != "py" || !a.answer.Format.Has(trace.PassedFixtures) {
		return mention.NoFixture
	}
	return mention.PassesFixture(a.answer.Snap, a.sym, w.Path, c, w.Span)
}

// IsPassedTo reports whether pytest calls the target, a fixture, for the word at a place.
func (a *Finder) IsPassedTo(at ledger.Place) bool {
	d := a.Target.Decl
	c, err := a.Snap.Content(at.Path)
	if err != nil || d == nil || d.Lang != "py" || !a.Format.Has(trace.PassedFixtures) {
		return false
	}
	return mention.PassesFixture(a.Snap, a.SymbolOf(d, nil), at.Path, c, at.Span) == mention.IsPassed
}

// contextual are the words that are keywords in some places of a language, and names in others.
var contextual = map[selectors.Lang][]string{
	"ts": {
		"abstract", "accessor", "as", "asserts", "async", "declare", "from", "get", "infer", "is", "keyof", "module",
		"namespace", "of", "override", "readonly", "satisfies", "set", "static", "type", "unique", "using",
	},
	"py":  {"case", "match", "type"},
	"rs":  {"auto", "default", "raw", "safe", "union"},
	"cpp": {"final", "import", "module", "override"},
}

// isKeyword reports whether a word of code is such a keyword. Servers have their own words about keywords: the accessor
// for the get of "get size() {}", and nothing for the of in the head of a loop.
func (a *accounting) isKeyword(w ledger.Word, c *text.Content) bool {
	lang, ok := a.answer.Snap.Lang(w.Path)
	isOne := ok && !w.NotCode && slices.Contains(contextual[lang], c.Slice(w.Span))
	return isOne && a.answer.Format.Has(trace.KeywordsAside) && a.answer.Snap.IsKeyword(w.Path, w.Span)
}

// importInString is the rule for a word in a string that may mean the symbol through a module that imports it. ok is
// false for every other word.
func (a *accounting) importInString(ctx context.Context, w ledger.Word, c *text.Content) (
	rule ledger.Rule, why string, ok bool,
) {
	if !a.answer.Format.Has(trace.OtherNames) {
		return ledger.Never, "", false
	}
	why, file, name := mention.HoldsImport(a.answer.Snap, a.sym, w.Path, c, w.Span)
	imported := ledger.Place{Path: file, Span: name}
	if file != "" && a.answer.Imports().IsAnother(ctx, imported, a.answer.Declaring()) {
		return ledger.Never, "", true
	}
	return ledger.Unread, why, why != ""
}

// byConvention is the reason for a word that may name the symbol by a convention of a library; "" for other words.
func (a *accounting) byConvention(w ledger.Word, c *text.Content) string {
	if !a.answer.Format.Has(trace.Conventions) {
		return ""
	}
	return mention.NamesByConvention(a.answer.Snap, a.sym, w.Path, c, w.Span)
}

// unlistedUse is the rule for words that no server lists: in code that a string of Python holds, in the path of a
// module that an expression loads, and in what a test replaces. ok is false for every other word.
func (a *accounting) unlistedUse(ctx context.Context, w ledger.Word, c *text.Content) (
	rule ledger.Rule, why string, ok bool,
) {
	names := a.answer.names
	isReplaced, known := a.isReplaced(ctx, w, c)
	switch {
	case known && !isReplaced:
		return ledger.Never, "", true
	case names.loadsDefault(a.sym, w, c):
		return ledger.Unread, "its module is loaded here: what it exports as default may be used", true
	case isReplaced:
		return ledger.Unread, "a test replaces it by its name", true
	case names.isInPython(a.sym, w, c):
		if names.holdsType(a.sym, w, c) {
			return ledger.Ask, "", true
		}
		return ledger.Unread, "a string holds code that imports it", true
	}
	return ledger.Never, "", false
}

// isReplaced reports whether a test replaces the symbol by an argument of its name. known is true where the argument
// names what another module imports.
func (a *accounting) isReplaced(ctx context.Context, w ledger.Word, c *text.Content) (is, known bool) {
	if !a.answer.Format.Has(trace.PythonInStrings) || project.SchemeOf(w.Path) != "py" {
		return false, false
	}
	is, file, name := mention.ReplacesSeveral(a.answer.Snap, a.sym, c, w.Span)
	imported := ledger.Place{Path: file, Span: name}
	if is && file != "" && a.answer.Imports().IsAnother(ctx, imported, a.answer.Declaring()) {
		return false, true
	}
	return is, is
}

// shellRule returns the rule for a word that the shell's rules judge.
func shellRule(use shell.Use) ledger.Rule {
	if use == shell.May {
		return ledger.Unread
	}
	return ledger.Never
}

// usesIn returns what the language's rules say of a file. They are applied once to each: "internal", "private" and what
// a file imports are the same for all words in it.
func (a *accounting) usesIn(p string) fileRule {
	r, known := a.rules[p]
	if !known {
		r.uses, r.why = mention.UsesIn(a.s.Server(), a.answer.Snap, a.sym, p)
		a.rules[p] = r
	}
	return r
}

// carries is [ledger.Question.Carries]: an import or export of the symbol, a line that passes it on, or a declaration
// of the symbol's own kind. In
//
//	const load = store.load;
//
// of JavaScript the variable load is of another kind than the method, and is not the method. The key of an object that
// the server names, in { load: 1 } satisfies Store, is what a use of the object's own member is declared by.
func (a *accounting) carries(p ledger.Place) bool {
	c, err := a.answer.Snap.Content(p.Path)
	if err != nil {
		return false
	}
	names := words.NamesIn(a.answer.Snap, p.Path)
	if names.Imported[p.Span] || mention.PassesOn(c.Line(c.LineOf(p.Span.Start))) {
		return true
	}
	if a.sym.Lang == "ts" && a.sym.Member && mention.IsKeyOfObject(c, p.Span) {
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

// implied is [ledger.Question.Implied]: clangd knows no words in the body of a macro, and names the places at which the
// macro is expanded; gopls knows no directives of cgo, and rust-analyzer no paths in the bodies of macros. The entries
// of __all__ that name what their own module declares are implied too.
func (a *accounting) implied(ctx context.Context, w ledger.Word) bool {
	c, err := a.answer.Snap.Content(w.Path)
	if err != nil {
		return false
	}
	isCertain := a.answer.isOldParameter(w.Place) || mention.ExportsToC(a.sym, w.Path, c, w.Span) ||
		mention.LinksItself(a.sym, w.Path, c, w.Span) ||
		mention.FollowsCrate(a.answer.Snap, a.sym, w.Path, c, w.Span) ||
		mention.ListsOwnName(a.sym, w.Path, c, w.Span) ||
		a.answer.Format.Has(trace.RepeatedNames) && mention.RepeatsName(a.sym, w.Path, c, w.Span) ||
		a.answer.Format.Has(trace.Conventions) && mention.GivesParameter(a.sym, w.Path, c, w.Span)
	if isCertain {
		return true
	}
	if isOne, known := a.isListed(ctx, w, c); known {
		return isOne
	}
	if defined, ok := mention.Undefines(c, w.Span); ok && a.sym.Lang == "cpp" {
		return slices.Contains(a.own, ledger.Place{Path: w.Path, Span: defined})
	}
	if a.sym.Lang == "cpp" && a.answer.isAliased(w.Path, c, w.Span) {
		return a.isOnlyNamespace(ctx)
	}
	return a.expanded[mention.MacroAround(c, w.Span)] && mention.MayBeMember(a.sym, c, w.Span)
}

// isListed reports whether an entry of __all__ names the symbol, by what its own module declares or imports under the
// name. known is false for every other word, and where neither tells, as with names that a star imports.
func (a *accounting) isListed(ctx context.Context, w ledger.Word, c *text.Content) (isOne, known bool) {
	if !a.answer.Format.Has(trace.StringKeys) || a.sym.Lang != "py" || !mention.IsListedInAll(c, w.Span) {
		return false, false
	}
	word := c.Slice(w.Span)
	for _, d := range a.answer.Snap.FileDecls(w.Path) {
		if !d.Alias && len(d.Names) == 1 && d.Names[0] == word {
			isOne = isOne || slices.Contains(a.own, ledger.Place{Path: d.Path, Span: d.Name})
			known = true
		}
	}
	name, ok := mention.ImportOf(a.sym.Lang, c, word)
	if !ok {
		return isOne, known
	}
	at := ledger.Place{Path: w.Path, Span: name}
	if slices.Contains(a.refs, at) || slices.Contains(a.own, at) {
		return true, true
	}
	if a.answer.Imports().IsAnother(ctx, at, a.answer.Declaring()) {
		return isOne, true
	}
	definitions := a.answers[at]
	isOwn := func(p ledger.Place) bool { return slices.Contains(a.own, p) }
	return isOne || slices.ContainsFunc(definitions, isOwn), known || len(definitions) > 0
}

// nothing is [ledger.Question.Nothing]. A word at which the server has no answer is a possible use unless something
// rules that out: its receiver, a name that another file has made, an import from elsewhere, a scope, or a macro of
// whose expansions the server knows all.
func (a *accounting) nothing(ctx context.Context, w ledger.Word) (possible bool, why string) {
	c, err := a.answer.Snap.Content(w.Path)
	if err != nil || a.isMemberOfValue(w, c) || a.isForeign(w, c) || a.answer.names.holdsType(a.sym, w, c) ||
		a.isRuledOut(ctx, w, c) || a.answer.Imports().IsAnother(ctx, w.Place, a.answer.Declaring()) ||
		a.isImportedAsAnother(ctx, w, c) || a.isOfForeignModule(ctx, w, c) {
		return false, ""
	}
	if a.isOtherInPython(ctx, w, c) {
		return false, ""
	}
	if isOne, known := a.isListed(ctx, w, c); known && !isOne {
		return false, ""
	}
	if _, ok := mention.Undefines(c, w.Span); ok && a.sym.Lang == "cpp" {
		return false, "" // of another macro: see implied
	}
	if a.sym.Lang == "ts" && a.answer.Format.Has(trace.FieldsApart) && mention.IsLabel(c, w.Span) {
		return false, ""
	}
	isCPP := a.sym.Lang == "cpp" && a.answer.Format.Has(trace.NeverBuilt)
	if isCPP && cbuild.IsNeverBuilt(a.answer.Snap, w.Path, w.Span) {
		return false, ""
	}
	isOutside := w.Path != a.sym.Path || !a.sym.Scope.Contains(w.Span)
	if a.sym.Lang == "cpp" && a.sym.Scope.Len() > 0 && isOutside {
		return false, "" // a macro that is not expanded where the local is
	}
	if p, ok := a.answer.PastingAt(ctx, w.Place); ok && !p.IsUsed {
		return false, ""
	}
	if why := a.rules[w.Path].why; why != "" {
		return true, why
	}
	if macro := mention.MacroAround(c, w.Span); macro != "" && a.sym.Lang == "cpp" && a.isUnusedIn(ctx, macro) {
		return false, ""
	}
	return true, a.s.Server().Name + " does not know what it is there"
}

// isImportedAsAnother reports whether a word of Python is a name that its file imports from other modules than those
// that have the symbol: every import of the name says so.
func (a *accounting) isImportedAsAnother(ctx context.Context, w ledger.Word, c *text.Content) bool {
	lang, _ := a.answer.Snap.Lang(w.Path)
	isName := mention.ImportsChoose(lang) && !mention.IsSelected(c, w.Span) && !mention.ImportsAll(c)
	if !isName || !a.answer.Format.Has(trace.Unresolved) {
		return false
	}
	found := false
	for at := range mention.ImportsOf(lang, c, c.Slice(w.Span)) {
		if !a.answer.Imports().IsAnother(ctx, ledger.Place{Path: w.Path, Span: at}, a.answer.Declaring()) {
			return false
		}
		found = true
	}
	return found
}

// isMemberOfValue reports whether a word is certainly the member of a value that is no module.
func (a *accounting) isMemberOfValue(w ledger.Word, c *text.Content) bool {
	isPython := project.SchemeOf(w.Path) == "py" && a.answer.Format.Has(trace.PythonInStrings)
	return mention.IsMemberOfValue(a.answer.Snap, a.sym, c, w.Span) &&
		!(isPython && mention.IsMemberOfModule(c, w.Span))
}

// isForeign reports whether a word is another name of the symbol that its file neither makes nor uses elsewhere, as far
// as the server knows.
func (a *accounting) isForeign(w ledger.Word, c *text.Content) bool {
	if !a.answer.names.isForeign(w, c) {
		return false
	}
	if !a.answer.Format.Has(trace.ImportedAliases) {
		return true
	}
	for p := range a.answers {
		if p.Path == w.Path && c.Slice(p.Span) == c.Slice(w.Span) && a.isSymbol(p) {
			return false
		}
	}
	return true
}

// elsewhere is [ledger.Question.Elsewhere]. The server has loaded one build, and says of a word what it means there. In
// another build, with another file, the same word can mean the symbol, what it means may be a copy of the symbol's
// declaration, and for another runtime the same import may lead to the symbol's file. answer are the definitions at the
// word.
func (a *accounting) elsewhere(w ledger.Word, answer []ledger.Place) string {
	if f := a.s.Server().OtherBuild(a.answer.Snap, a.sym, w.Path); f != "" {
		return "in another build, with " + f + ", it may mean the symbol"
	}
	c, err := a.answer.Snap.Content(w.Path)
	isBefore := err == nil && cbuild.IsBeforeMacro(a.answer.Snap, a.sym, w.Path, c, w.Span)
	if a.answer.Format.Has(trace.StringKeys) && !isBefore && cbuild.DefinedBefore(a.answer.Snap, a.sym, w.Path) {
		return "where the macro is defined before it is included, it means the symbol"
	}
	if a.sym.Lang == "cpp" && a.sym.Member && a.sym.Name == a.sym.Owner && err == nil {
		template, ok := mention.MayConstruct(w.Path, c, w.Span, a.isInBody(w.Place))
		if ok && !slices.Contains(a.refs, ledger.Place{Path: w.Path, Span: template}) {
			return "the template that is given the class may construct an object of it"
		}
	}
	for _, p := range answer {
		if err != nil {
			break
		}
		if why := project.BuiltCopy(a.answer.Snap, a.sym, p.Path, c.Slice(w.Span)); why != "" {
			return why
		}
		if !a.answer.Format.Has(trace.Conditions) {
			continue
		}
		if why := project.OtherCondition(a.answer.Snap, a.sym, w.Path, p.Path); why != "" {
			return why
		}
	}
	return ""
}

// isInBody reports whether a place is in the body of a function that the index declares.
func (a *accounting) isInBody(p ledger.Place) bool {
	d := a.answer.Snap.Enclosing(p.Path, p.Span)
	isFunction := d != nil && (d.Kind == selectors.KindMethod || d.Kind == selectors.KindDef)
	return isFunction && d.Sig.End <= p.Span.Start
}

// define is [ledger.Question.Define]. The server is asked once about each place, also where the ledger is taken again
// with further names. Four kinds of words have other answers than the server's: those of the shell, by its rules;
// those in attributes and explicit instantiations of C++, where clangd answers about what is around the word, so that
// only definitions of the word's own name are left; keys of Python's dictionaries, see [accounting.byReceivers]; and
// keys of objects that generic functions are given, see [accounting.byBounds].
func (a *accounting) define(ctx context.Context, at []ledger.Place) ([][]ledger.Place, error) {
	if err := a.answer.definer().add(ctx, a.s, at, a.answers); err != nil {
		return nil, err
	}
	out := make([][]ledger.Place, len(at))
	for i, p := range at {
		out[i] = a.answers[p]
		if a.answer.ShellSymbol().Is(p) || a.answer.isTrapped(p) {
			out[i] = a.own[:1]
		}
		c, err := a.answer.Snap.Content(p.Path)
		if err == nil && a.passing(ledger.Word{Place: p}, c) == mention.IsPassed {
			out[i] = a.own[:1]
		}
		isCPP := err == nil && a.sym.Lang == "cpp"
		if isCPP && (mention.IsAnsweredAround(p.Path, c, p.Span) || a.answer.isAliased(p.Path, c, p.Span)) {
			out[i] = ofName(a.answer.Snap, out[i], c.Slice(p.Span))
		}
	}
	if err := a.byReceivers(ctx, at, out); err != nil {
		return nil, err
	}
	if err := a.byBounds(ctx, at, out); err != nil {
		return nil, err
	}
	for i, p := range at {
		out[i] = a.inProgram(p, out[i])
		if slices.Contains(out[i], p) && a.declaresOther(p) { // clangd names the overrides of what is pure too
			out[i] = []ledger.Place{p}
		}
		isExported := func(d ledger.Place) bool { return a.answer.names.exported[d] }
		if isExported(p) || slices.ContainsFunc(out[i], isExported) {
			out[i] = append(slices.Clone(out[i]), a.own[0])
		}
	}
	return out, nil
}

// isTrapped reports whether a word of a script is the first command of a trap, and the symbol.
func (a *Finder) isTrapped(at ledger.Place) bool {
	return a.Format.Has(trace.TrappedText) && a.ShellSymbol().IsTrapped(at)
}

// declaresOther reports whether a place is the name in the declaration of a method of C++ in another class than the
// symbol's.
func (a *accounting) declaresOther(p ledger.Place) bool {
	if a.decl == nil || a.decl.Lang != "cpp" || !a.answer.Format.Has(trace.OwnOfCPP) {
		return false
	}
	d := words.DeclarationAt(a.answer.Snap, p)
	return d != nil && words.IsOtherMethod(d, a.decl)
}

// relatives is [ledger.Question.Relatives].
func (a *accounting) relatives(ctx context.Context, candidates []ledger.Place) ([]ledger.Place, error) {
	return a.answer.relatives(ctx, a.s, a.decl, a.own, candidates)
}

// possibleUses returns the reason for which an answer with n possible uses is partial, "2 possible uses that nobody can
// rule out, in a.py, b.py": the first three files are named, the others counted.
func possibleUses(l *ledger.Ledger, n int) string {
	files := map[string]bool{}
	for _, line := range l.Lines {
		if line.Entry == ledger.Possible {
			files[line.Path] = true
		}
	}
	what := "possible uses"
	if n == 1 {
		what = "possible use"
	}
	return fmt.Sprintf("%d %s %s, in %s", n, what, bundle.NotRuledOut, FirstFiles(files))
}

// ledgerOf returns the ledger as bundles hold it. The sums count all words, and the lists hold the first maxListed of
// them.
func (a *Finder) ledgerOf(l *ledger.Ledger) *bundle.Ledger {
	out := &bundle.Ledger{
		Words:        len(l.Lines),
		References:   l.Sum(ledger.Reference),
		Confirmed:    l.Sum(ledger.Confirmed),
		Family:       l.Sum(ledger.Family),
		Other:        l.Sum(ledger.Other),
		Declarations: l.Sum(ledger.Declaration),
		NotCode:      l.Sum(ledger.NotCode),
		Possible:     l.Sum(ledger.Possible),
		Uses:         []bundle.PossibleUse{},
		Relatives:    []bundle.Location{},
	}
	for _, n := range a.names.list {
		out.Names = append(out.Names, n.occurrences.Word())
	}
	for _, line := range l.Lines {
		switch line.Entry {
		case ledger.Possible:
			if len(out.Uses) < maxListed {
				use := bundle.PossibleUse{Location: a.LocationAt(line.Place), Why: a.Roots.Scrub(line.Why)}
				out.Uses = append(out.Uses, use)
			}
		case ledger.Family:
			if len(out.Relatives) < maxListed {
				out.Relatives = append(out.Relatives, a.LocationAt(line.Place))
			}
		}
	}
	return out
}

// maxListed bounds the places of a ledger that a bundle lists; all are counted.
const maxListed = 1000
