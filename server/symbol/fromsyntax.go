package symbol

import (
	"context"
	"fmt"
	"slices"

	"lanser/selectors"
	"lanser/selectors/fault"
	"lanser/server/bundle"
	"lanser/server/ledger"
	"lanser/server/uses"
	"lanser/server/words"
)

// Where no server is there to ask, and the request allows it, the answer is from syntax alone (spec section 4,
// "--fallback syntax"). It says which declarations have the name and which words of code are it, and nothing about
// what they mean. Its state is [bundle.SyntaxOnly], so that nobody takes it for more.

// FromSyntax answers in place of a server: a question about the definition with the target's declarations, or at a use
// with all declarations of the name in its language, and one about references with the words of the name in code of
// that language. noServer is the error that no server could be asked, which becomes the first reason of the evidence.
// It is the result for any other question.
func (a *Answer) FromSyntax(ctx context.Context, noServer error) error {
	a.Bundle.Facts = nil
	f := fault.From(noServer)
	a.Bundle.Evidence = bundle.Evidence{State: bundle.SyntaxOnly, Reasons: []string{f.Message}}
	a.Scope = uses.Scope{Name: "all", Keep: func(string) bool { return true }}
	switch a.Operation.Name {
	case "definition":
		a.Facts("syntax").Definitions = a.declaredBySyntax(ctx)
	case "declaration":
		a.Facts("syntax").Declarations = a.declaredBySyntax(ctx)
	case "references":
		a.Facts("syntax").References = a.usesBySyntax(ctx)
	default:
		return noServer
	}
	return ctx.Err()
}

// declaredBySyntax returns the places of the target's declarations, or of those that have the name of the target, a
// use. With several of these, the evidence says so.
func (a *Answer) declaredBySyntax(ctx context.Context) []bundle.Location {
	var declares []selectors.Decl
	if d := a.Target.Decl; d != nil {
		declares = append(words.OfOneSymbol(a.Snap, *d), a.Target.Overloads...)
	} else {
		declares = a.declarationsCalled(ctx, a.nameOfTarget())
		if n := len(declares); n > 1 {
			a.Bundle.Evidence.Note(fmt.Sprintf("%d declarations have the name, of which it can mean any", n))
		}
	}
	var names []ledger.Place
	for _, d := range declares {
		if at := (ledger.Place{Path: d.Path, Span: d.Name}); d.Name.Len() > 0 && !slices.Contains(names, at) {
			names = append(names, at)
		}
	}
	slices.SortFunc(names, ledger.Place.Compare)
	out := []bundle.Location{}
	for _, at := range names {
		out = append(out, a.LocationAt(at))
	}
	return out
}

// nameOfTarget returns the word at the target; "" if there is none.
func (a *Answer) nameOfTarget() string {
	at := a.TargetWord()
	if d := a.Target.Decl; d != nil && d.Name.Len() > 0 {
		at = ledger.Place{Path: d.Path, Span: d.Name}
	}
	c, err := a.Snap.Content(at.Path)
	if err != nil {
		return ""
	}
	return c.Slice(at.Span)
}

// declarationsCalled returns the declarations of the target's language whose own name is a word. Imports are none.
func (a *Answer) declarationsCalled(ctx context.Context, word string) (out []selectors.Decl) {
	lang, ok := a.Snap.Lang(a.Target.Path)
	if !ok || word == "" {
		return nil
	}
	found, unread := a.Snap.Search(ctx, lang, word)
	for _, d := range found {
		if !d.Alias && d.Names[len(d.Names)-1] == word {
			out = append(out, d)
		}
	}
	a.noteUnread(unread)
	return out
}

// usesBySyntax returns the words of code in the target's language that are its name, but for those that declare another
// symbol. The evidence counts all words.
func (a *Answer) usesBySyntax(ctx context.Context) []bundle.Location {
	out := []bundle.Location{}
	word := a.nameOfTarget()
	if word == "" {
		return out
	}
	lang, _ := a.Snap.Lang(a.Target.Path)
	own := a.ownBySyntax()
	hits, unread := a.Snap.Hits(ctx, a.Snap.Occurrences(ctx, word), nil)
	declares, notCode, elsewhere := 0, 0, map[string]bool{}
	for _, h := range hits {
		at := ledger.Place{Path: h.Path, Span: h.Span}
		d := words.DeclarationAt(a.Snap, at)
		hitLang, known := a.Snap.Lang(h.Path)
		isOwn := own[at]
		switch {
		case !h.InCode() || !known:
			notCode++
		case hitLang != lang:
			elsewhere[h.Path] = true
		case isOwn && !a.WantsDeclaration():
		case d != nil && !d.Alias && !isOwn:
			declares++
		default:
			out = append(out, a.LocationAt(at))
		}
	}
	why := fmt.Sprintf("%d of %d words %s are listed, each of which may mean another symbol", len(out), len(hits), word)
	if declares+notCode > 0 {
		const left = "; left out: %d in other declarations, %d in comments, strings and prose"
		why += fmt.Sprintf(left, declares, notCode)
	}
	a.Bundle.Evidence.Note(why)
	if len(elsewhere) > 0 {
		a.Bundle.Evidence.Note("the name is also in code of other languages: " + uses.FirstFiles(elsewhere))
	}
	a.noteUnread(unread)
	return out
}

// ownBySyntax returns the names of the declarations of the target's symbol.
func (a *Answer) ownBySyntax() map[ledger.Place]bool {
	own := map[ledger.Place]bool{}
	if d := a.Target.Decl; d != nil {
		for _, one := range append(words.OfOneSymbol(a.Snap, *d), a.Target.Overloads...) {
			own[ledger.Place{Path: one.Path, Span: one.Name}] = true
		}
	}
	return own
}

// noteUnread adds files that could not be read cleanly to the reasons of the evidence.
func (a *Answer) noteUnread(files []string) {
	if len(files) == 0 {
		return
	}
	unread := map[string]bool{}
	for _, p := range files {
		unread[p] = true
	}
	a.Bundle.Evidence.Note("not read cleanly: " + uses.FirstFiles(unread))
}
