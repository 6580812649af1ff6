package symbol

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"lanser/selectors"
	"lanser/selectors/text"
	"lanser/server/bundle"
	"lanser/server/ledger"
	"lanser/server/lsp"
	"lanser/server/mention"
	"lanser/server/project"
	"lanser/server/trace"
	"lanser/server/uses"
	"lanser/server/words"
)

// The references of a symbol are the server's list, corrected where servers count differently, and the words that the
// ledger confirms. With the option declaration, which is the default, the names in declarations of the symbol belong to
// them; without it, they do not. Servers differ in what they leave out then: pyright the place alone that it is asked
// about, the native server of TypeScript also imports and exports, which are uses.

// references asks a server for the references of the target. A symbol that a stub declares and another file implements
// is asked about in both: imports are resolved to the stub, uses within the module are not.
//
// Without declaration, the names in the target's declarations are left out: of a function all of them, of a variable
// the target and its stubs, as the others assign to it. A name that is also a use of something else stays.
func (a *Answer) references(ctx context.Context, s *lsp.Session,
	declaration bool,
) ([]lsp.Location, error) {
	defer a.AskDefinitionAhead(ctx, s)()
	found, err := a.referencesOfFile(ctx, s, a.Target.Path, a.Target.Content, a.Target.At, declaration)
	if err != nil || a.Target.Decl == nil {
		return found, err
	}
	others := a.Snap.InStubs(ctx, *a.Target.Decl)
	for _, d := range others {
		content, err := a.Snap.Content(d.Path)
		if err != nil {
			return nil, err
		}
		more, err := a.referencesOfFile(ctx, s, d.Path, content, d.Name.Start, declaration)
		if err != nil {
			return nil, err
		}
		found = append(found, more...)
	}
	if declaration {
		return found, nil
	}
	declares := append(others, *a.Target.Decl) // a server takes what implements the stub for a use
	if a.Format.Has(trace.Imports) {
		declares = slices.DeleteFunc(declares, func(d selectors.Decl) bool { return a.isUseToo(d) })
	}
	for _, d := range append(words.OfOneSymbol(a.Snap, *a.Target.Decl), a.Target.Overloads...) {
		if words.IsFunction(d) { // each assignment of a variable is a use
			declares = append(declares, d)
		}
	}
	return slices.DeleteFunc(found, func(l lsp.Location) bool {
		p := a.Reader(s).Place(l.URI, l.Range)
		return slices.ContainsFunc(declares, func(d selectors.Decl) bool {
			return p.Path == d.Path && p.Span == d.Name
		})
	}), nil
}

// isUseToo reports whether the name in a declaration is also a use of another symbol.
func (a *Answer) isUseToo(d selectors.Decl) bool {
	return words.IsUseToo(a.Snap, d) || a.isEmbedded(&d)
}

// omitDeclarations corrects the references without declarations of a target that is a use: it removes the declarations
// of functions and types and the first one of a variable, as the further ones assign to it. Some servers leave out no
// more than the place that they were asked about (omitsPlace): it is added.
func (a *Answer) omitDeclarations(ctx context.Context, omitsPlace bool, refs []bundle.Location) []bundle.Location {
	if a.Target.Decl != nil || len(a.Own) < 2 {
		return refs
	}
	at := a.Own[len(a.Own)-1]
	declares := map[ledger.Place]bool{}
	hasVariable := false
	for _, p := range slices.SortedFunc(slices.Values(a.Own[:len(a.Own)-1]), ledger.Place.Compare) {
		d := words.DeclarationAt(a.Snap, p)
		if d != nil && (words.IsFunction(*d) || d.Kind.IsType()) {
			for _, one := range append(words.OfOneSymbol(a.Snap, *d), a.Snap.InStubs(ctx, *d)...) {
				declares[ledger.Place{Path: one.Path, Span: one.Name}] = !a.isUseToo(one)
			}
			declares[p] = true
		} else if !hasVariable && d != nil && !a.isUseToo(*d) {
			hasVariable, declares[p] = true, true
		}
	}
	// A parameter is no declaration of the index, and neither is what the server alone takes for one.
	if words.DeclarationAt(a.Snap, a.Own[0]) == nil && len(declares) == 0 {
		declares[a.Own[0]] = true
	}
	if omitsPlace && !declares[at] {
		refs = append(refs, a.LocationAt(at))
	}
	left := map[string]bool{}
	for p, isOne := range declares {
		if !isOne {
			continue
		}
		l := a.LocationAt(p)
		left[fmt.Sprint(l.URI, l.Range)] = true
	}
	return slices.DeleteFunc(refs, func(l bundle.Location) bool { return left[fmt.Sprint(l.URI, l.Range)] })
}

// referencesOfFile asks a server for the references of the symbol at a place, without the code that a tool has
// generated from the workspace's. From a server that takes every import for a declaration, imports are asked for too.
func (a *Answer) referencesOfFile(
	ctx context.Context, s *lsp.Session, path string, content *text.Content, at int, declaration bool,
) ([]lsp.Location, error) {
	if s.Server().WholeUses && javaKeyword(content, at) {
		return nil, nil
	}
	found, err := s.References(ctx, path, content, at, declaration)
	if err != nil {
		return nil, err
	}
	if s.Server().WholeUses {
		a.cutToNames(s, content, at, found)
	}
	found = a.shellReferences(found, func(l lsp.Location) uses.Place { return a.Reader(s).Place(l.URI, l.Range) })
	found = a.withoutOthers(ctx, s, path, found)
	if !declaration && s.Server().ImportsDeclare && a.Format.Has(trace.OtherBuilds) {
		all, err := s.References(ctx, path, content, at, true)
		if err != nil {
			return nil, err
		}
		for _, l := range all {
			p := a.Reader(s).Place(l.URI, l.Range)
			if p.Path != "" && p.OK && (words.PassesOn(a.Snap, p.Word()) || a.importsUnlisted(p)) {
				found = append(found, l)
			}
		}
	}
	return slices.DeleteFunc(found, func(l lsp.Location) bool {
		doc := a.Reader(s).Document(l.URI)
		isUncertain := doc.Path != path && s.Varies(doc.Path) // the ledger asks about its words
		return isUncertain || strings.HasPrefix(doc.URI, generatedCode)
	}), nil
}

// javaKeyword reports whether a keyword of Java stands at an offset: JDT LS answers there with the uses of the method
// around it.
func javaKeyword(c *text.Content, at int) bool {
	return javaKeywords()[c.Slice(text.WordAt(c.Bytes(), at, "$"))]
}

var javaKeywords = project.NameSet("abstract assert boolean break byte case catch char class const continue " +
	"default do double else enum extends false final finally float for goto if implements import instanceof int " +
	"interface long native new null package private protected public return short static strictfp switch " +
	"synchronized throw throws transient true try void volatile while")

// cutToNames cuts the ranges of uses of the symbol at a place down to its name, where it is written: a.b.Type to Type,
// run(1) to run, and new Type(1) to Type.
func (a *Answer) cutToNames(s *lsp.Session, content *text.Content, at int, found []lsp.Location) {
	name := content.Slice(text.WordAt(content.Bytes(), at, "$"))
	for i, l := range found {
		p := a.Reader(s).Place(l.URI, l.Range)
		if p.Content == nil || !p.OK || name == "" {
			continue
		}
		if span, ok := nameIn(p.Content, p.Span, name); ok {
			found[i].Range = s.RangeOf(p.Content, span)
		}
	}
}

// nameIn returns where a name is written in a use: its last occurrence before arguments. ok is false if it is not.
func nameIn(c *text.Content, use text.Span, name string) (span text.Span, ok bool) {
	src := c.Bytes()[:use.End]
	for offset := use.Start; offset < use.End; {
		word := text.WordAt(src, offset, "$")
		if word.End > offset { // not one that ends here
			if c.Slice(word) == name {
				span, ok = word, true
			}
			offset = word.End
			continue
		}
		if ok && strings.IndexByte("(<", src[offset]) >= 0 {
			return span, true
		}
		offset++
	}
	return span, ok
}

// withoutOthers leaves out of the references of a symbol in a file those of which the ledger knows better: of Go, those
// in code that the server loads apart; of C++ and Java, those that declare another method, and of C++ those of other
// programs; of Python, those in strings that bound type variables. Of other languages no place is read here: each
// reading of one that lies outside of its file is a doubt.
func (a *Answer) withoutOthers(ctx context.Context, s *lsp.Session, file string, found []lsp.Location,
) []lsp.Location {
	lang, _ := a.Snap.Lang(file)
	if lang != "go" && lang != "cpp" && lang != "py" && lang != "java" {
		return found
	}
	byChance := a.ReadByChance(s.Server(), file)
	var others map[string]bool
	var own ledger.Place // clangd names one of the definitions: that it is this one depends on the order of its work
	if lang == "cpp" {
		d := a.meantDecl(ctx, s)
		others = a.OtherPrograms(ctx, d)
		if len(others) > 0 {
			own = ledger.Place{Path: d.Path, Span: d.Name}
		}
	}
	return slices.DeleteFunc(found, func(l lsp.Location) bool {
		p := a.Reader(s).Place(l.URI, l.Range)
		if byChance(p.Path) || others[p.Path] || own.Path != "" && p.Word() == own {
			return true
		}
		if lang == "cpp" && a.IsOtherQualified(ctx, s, a.Target.Decl, p) {
			return true
		}
		isApart := p.Path != "" && p.Path != file && a.IsApart(a.Target.Decl, p.Path)
		return isApart || a.isOtherMethod(p) || lang == "py" && a.isBound(p)
	})
}

// IsOtherQualified reports whether a place is a call of C++ that names the class of another method than t: clangd lists
// Base::run() for the methods that override Base::run too, which such a call never runs.
func (a *Answer) IsOtherQualified(ctx context.Context, s *lsp.Session, t *selectors.Decl, p uses.Place) bool {
	isMethod := t != nil && t.Lang == "cpp" && words.IsFunction(*t) && words.IsMember(t)
	if !isMethod || p.Path == "" || !p.OK || !a.Format.Has(trace.QualifiedCalls) {
		return false
	}
	isQualified := strings.HasSuffix(strings.TrimRight(string(p.Content.Bytes()[:p.Span.Start]), " \t\n"), "::")
	if !isQualified || words.DeclarationAt(a.Snap, p.Word()) != nil {
		return false
	}
	if err := s.OpenAlso(ctx, a.Snap, []string{p.Path}); err != nil {
		return false
	}
	found, err := a.DefinitionsAt(ctx, s, []ledger.Place{p.Word()})
	if err != nil || len(found[0]) == 0 {
		return false
	}
	return !slices.ContainsFunc(found[0], func(at ledger.Place) bool {
		d := words.DeclarationAt(a.Snap, at)
		return d == nil || !words.IsOtherMethod(d, t)
	})
}

// meantDecl returns the declaration of the symbol, also where the target is a use of it; nil if it is not known.
func (a *Answer) meantDecl(ctx context.Context, s *lsp.Session) *selectors.Decl {
	if a.Target.Decl != nil || !a.Format.Has(trace.OtherPrograms) {
		return a.Target.Decl
	}
	own, err := a.Declarations(ctx, s)
	if err != nil || len(own) < 2 {
		return nil
	}
	return words.DeclarationAt(a.Snap, own[0])
}

// isOtherMethod reports whether a place is the name in the declaration of a method of C++ in another class than the
// target's: clangd counts the nearest overrides among the references, and what these override; JDT LS all overrides.
func (a *Answer) isOtherMethod(p uses.Place) bool {
	t := a.Target.Decl
	if t == nil || t.Lang != "cpp" && t.Lang != "java" || p.Path == "" || !p.OK || !a.Format.Has(trace.OwnOfCPP) {
		return false
	}
	d := words.DeclarationAt(a.Snap, p.Word())
	return d != nil && words.IsOtherMethod(d, t)
}

// isBound reports whether a place is in a string of Python that bounds a type variable. pyright lists it only after
// questions that made it evaluate the variable: the ledger says that it may be a use, whatever was asked before.
func (a *Answer) isBound(p uses.Place) bool {
	if !a.Format.Has(trace.RepeatedNames) || p.Path == "" || !p.OK {
		return false
	}
	of, _ := a.Snap.Lang(p.Path)
	return of == "py" && mention.IsBound(p.Content, p.Span)
}

// importsUnlisted reports whether a place is on a line that imports or exports, in a file that the index does not have,
// such as generated code that git ignores. What is declared there is no import.
func (a *Answer) importsUnlisted(p uses.Place) bool {
	if a.Snap.Has(p.Path) || p.Path == a.Target.Path {
		return false
	}
	line := p.Content.Line(p.Content.LineOf(p.Span.Start))
	return mention.PassesOn(line) && !project.DeclaresScript(line)
}

// generatedCode is how the URIs begin of files that a server has generated in its cache.
const generatedCode = "cache:///"

// settlePause is the pause before a server that says nothing of its progress is asked again; each
// further one is twice as long.
const settlePause = 100 * time.Millisecond

// settled asks a server that says nothing of its progress again, until two answers in a row are alike: it may be
// loading files still, and an early answer is a short one. found is the first answer. Pauses double from settlePause up
// to 16 times that, about three seconds together; an answer that keeps changing is a doubt.
func (a *Answer) settled(
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
			a.Bundle.Evidence.Note("two answers in a row were alike")
			return again, nil
		}
		found = again
	}
	a.Doubt(bundle.Partial, "the server's answers kept changing")
	return found, nil
}

// hover returns what the server says of the target, none where it says nothing. Its range is the server's, or else that
// of the declaration's name; folders of this machine in the text are replaced by the names of roots.
func (a *Answer) hover(ctx context.Context, s *lsp.Session) ([]bundle.Hover, error) {
	t := a.Target
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
		URI:      selectors.EscapePath(t.Path),
		Range:    bundle.RangeOf(t.Content, at, s.Encoding()),
		Contents: a.Roots.Scrub(h.Contents),
	}}, nil
}

// References answers with the references of the target, or, for a use under another name, with those of the declaration
// that it means. The list has every certain use; possible ones are in the evidence.
func (a *Answer) References(ctx context.Context, s *lsp.Session) error {
	a.AskInBody()
	declaration := a.WantsDeclaration()
	find := func() ([]lsp.Location, error) {
		return a.references(ctx, s, declaration)
	}
	found, err := find()
	if s.Server().Untested && err == nil {
		found, err = a.settled(ctx, find, found)
	}
	if err != nil {
		return err
	}
	if a.IsInDesignators() {
		found = nil // they are those of another member
	}
	refs, places, err := a.placedUses(ctx, s, found)
	if err != nil {
		return err
	}
	if asDeclared, err := a.referencesAsDeclared(ctx, s, declaration); err != nil || asDeclared {
		return err
	}
	more, err := a.Account(ctx, s, places, uses.Everywhere)
	if err != nil {
		return err
	}
	if !declaration && a.Format.Has(trace.Imports) {
		refs = a.omitDeclarations(ctx, s.Server().OmitsPlace, refs)
	}
	if declaration {
		for _, at := range a.unlistedDeclarations(places, more) {
			more = append(more, ledger.Line{Word: ledger.Word{Place: at}, Entry: ledger.Confirmed})
		}
	}
	a.Facts("lsp").References = append(refs, a.LocationsOf(more)...)
	if d := a.Target.Decl; s.Server().Untested && declaration && d != nil &&
		!slices.ContainsFunc(places, func(p uses.Place) bool { return p.Path == d.Path && p.Span.Contains(d.Name) }) {
		a.Doubt(bundle.Partial, s.Server().Name+" does not count the declaration itself among the references")
	}
	return nil
}

// unlistedDeclarations returns the names of the symbol's declarations that neither the server nor the ledger has
// listed. The server finds no reference of some members of JavaScript, and the ledger does. clangd names no declaration
// where it is asked in the body of a macro or of a template, and not the specialization of a member.
// bash-language-server knows no aliases.
func (a *Answer) unlistedDeclarations(listed []uses.Place, more []ledger.Line) (out []ledger.Place) {
	if a.Bundle.Evidence.Ledger == nil {
		return nil
	}
	var names []ledger.Place
	if d := a.Target.Decl; d != nil && d.Name.Len() > 0 {
		names = append(names, ledger.Place{Path: d.Path, Span: d.Name})
	}
	if lang, _ := a.Snap.Lang(a.Target.Path); lang == "cpp" || lang == "sh" {
		for _, at := range a.Declaring() {
			if a.Snap.Has(at.Path) && a.HasName(a.withoutArguments(at)) {
				names = append(names, at)
			}
		}
	}
	isOperator := a.Format.Has(trace.OwnOfCPP) && a.Target.Decl != nil && mention.IsOperator(a.Target.Decl)
	for _, at := range names {
		isNamed := func(p uses.Place) bool { // clangd names the word operator alone
			isSame := isOperator && p.Span.Start == at.Span.Start
			return p.Path == at.Path && (p.Span.Contains(at.Span) || isSame)
		}
		isFound := func(l ledger.Line) bool { return l.Place == at }
		isListed := slices.ContainsFunc(listed, isNamed) || slices.ContainsFunc(more, isFound)
		if !isListed && !slices.Contains(out, at) {
			out = append(out, at)
		}
	}
	return out
}

// withoutArguments returns the place of a name of C++ without the arguments of the template: max in max<int>.
func (a *Answer) withoutArguments(at ledger.Place) ledger.Place {
	c, err := a.Snap.Content(at.Path)
	if err != nil || !a.Format.Has(trace.OwnOfCPP) {
		return at
	}
	name, _, _ := strings.Cut(c.Slice(at.Span), "<")
	at.Span.End = at.Span.Start + len(strings.TrimRight(name, " "))
	return at
}

// Hover answers with what the server says of the target.
func (a *Answer) Hover(ctx context.Context, s *lsp.Session) (err error) {
	a.Facts("lsp").Hover, err = a.hover(ctx, s)
	if err == nil && s.Server().GuessesInErrors && len(a.Bundle.Facts.Hover) > 0 {
		err = a.DoubtInErrors(ctx, s)
	}
	return err
}

// DoubtInErrors doubts an answer about the target from a server that guesses in code with errors
// ([catalogue.Server.GuessesInErrors]), unless the answer is certain.
func (a *Answer) DoubtInErrors(ctx context.Context, s *lsp.Session) error {
	word := ledger.Place{Path: a.Target.Path, Span: text.WordAt(a.Target.Content.Bytes(), a.Target.At, "$")}
	isRead, err := a.IsRead(ctx, s, word)
	if err == nil && !isRead {
		a.Doubt(bundle.Partial, "the code at this place has errors: "+s.Server().Name+" may go by the name alone")
	}
	return err
}

// Renamable answers with why the target cannot be renamed, as the contents of the one hover; they are empty if it can.
func (a *Answer) Renamable(ctx context.Context, s *lsp.Session) error {
	why, err := s.Unrenamable(ctx, a.Target.Path, a.Target.Content, a.Target.At)
	a.Facts("lsp").Hover = []bundle.Hover{{Contents: a.Roots.Scrub(why)}}
	return err
}

// Found are the uses of a target: those that the server lists, and those that the ledger adds.
type Found struct {
	Refs   []bundle.Location // the server's list
	Places []uses.Place      // those of Refs, in the same order
	Added  []ledger.Line     // what [uses.Finder.Account] returned
}

// FindUses asks the server for the target's references, with its declarations if declaration is true, and accounts for
// the words of its name. where is that of [uses.Finder.Account].
func (a *Answer) FindUses(ctx context.Context, s *lsp.Session, declaration bool, where uses.Filter) (Found, error) {
	refs, places, err := a.listReferences(ctx, s, declaration)
	if err != nil {
		return Found{}, err
	}
	added, err := a.Account(ctx, s, places, where)
	return Found{Refs: refs, Places: places, Added: added}, err
}

// Words returns the words at which the uses are, those of the server's list first.
func (f Found) Words() []ledger.Place { return append(uses.WordsOf(f.Places), f.AddedWords()...) }

// AddedWords returns the words that the ledger added.
func (f Found) AddedWords() (out []ledger.Place) {
	for _, line := range f.Added {
		out = append(out, line.Place)
	}
	return out
}

// listReferences returns the references that the server lists; none if it does not offer them.
func (a *Answer) listReferences(ctx context.Context, s *lsp.Session, declaration bool,
) ([]bundle.Location, []uses.Place, error) {
	if !s.Can("referencesProvider") {
		return nil, nil, nil
	}
	found, err := a.references(ctx, s, declaration)
	if a.Aside && a.IsUnloaded(s, a.Target.Path, err) {
		return nil, nil, nil
	}
	if err != nil {
		return nil, nil, err
	}
	return a.placedUses(ctx, s, found)
}
