package uses

import (
	"context"
	"slices"

	"go.lsp.dev/protocol"

	"lanser/selectors/lazyregexp"
	"lanser/selectors/text"
	"lanser/server/bundle"
	"lanser/server/ledger"
	"lanser/server/mention"
	"lanser/server/project"
	"lanser/server/trace"
	"lanser/server/words"
)

// A string of TypeScript can select a member where its own type is string, so that no server knows of it:
//
//	function get(o: any, key: string) { return o[key] }
//	get(user, "name")
//	for (const key of ["name", "age"]) show(user[key])
//
// Such a string is a possible use if the call is given an object of the member's type too, or if its file selects
// members of such an object by the value of a variable.

const (
	// whyGiven is the reason for a string that is given to a function.
	whyGiven = "a function is given it together with an object that has the member"
	// whySelects is the reason for a string in a file that selects members by variables.
	whySelects = "its file selects members of the type by the values of variables"
)

// maxObjects bounds the objects of one question whose types are asked for.
const maxObjects = 200

// addGiven enters strings of the symbol's name as possible uses where an object that has the symbol as its member is
// given to the same call, or its members are selected by variables in the same file.
func (a *accounting) addGiven(ctx context.Context, l *ledger.Ledger) error {
	isOne := a.sym.Lang == "ts" && a.sym.Scope.Len() == 0 && a.decl != nil && len(a.decl.Names) > 1 &&
		a.answer.Format.Has(trace.GivenKeys)
	if !isOne || !a.s.Can("typeDefinitionProvider") {
		return nil
	}
	g := &givenObjects{accounting: a, known: map[ledger.Place]bool{}, selects: map[string]bool{}}
	for i, line := range l.Lines {
		if line.Entry != ledger.NotCode || a.s.Server().LanguageID(line.Path) == "" || !a.where(a.answer, line.Word) {
			continue
		}
		c, err := a.answer.Snap.Content(line.Path)
		if err != nil || !mention.MayBeKey(c, line.Span) || !project.Reaches(a.answer.Snap, a.sym, line.Path) {
			continue
		}
		isGiven, err := g.anyHas(ctx, line.Path, mention.GivenAlong(c, line.Span))
		if err != nil {
			return err
		}
		if isGiven {
			l.Lines[i].Entry, l.Lines[i].Why = ledger.Possible, whyGiven
			continue
		}
		if !mention.IsValue(c, line.Span) {
			continue
		}
		if _, asked := g.selects[line.Path]; !asked {
			g.selects[line.Path], err = g.selectsMembers(ctx, line.Path, c)
			if err != nil {
				return err
			}
		}
		if g.selects[line.Path] {
			l.Lines[i].Entry, l.Lines[i].Why = ledger.Possible, whySelects
		}
	}
	return nil
}

// givenObjects remembers of objects whether they have the symbol as a member.
type givenObjects struct {
	*accounting
	known   map[ledger.Place]bool
	selects map[string]bool // by file
}

// anyHas reports whether one of the objects at places of a file has the symbol as its member.
func (g *givenObjects) anyHas(ctx context.Context, file string, objects []text.Span) (bool, error) {
	for _, o := range objects {
		p := ledger.Place{Path: file, Span: o}
		has, known := g.known[p]
		if !known && len(g.known) >= maxObjects {
			const why = "objects that are given together with a string of the name are not all asked about"
			g.answer.Doubt(bundle.Partial, why)
			return false, nil
		}
		if !known {
			var err error
			has, err = g.hasSymbol(ctx, p)
			if err != nil {
				return false, err
			}
			g.known[p] = has
		}
		if has {
			return true, nil
		}
	}
	return false, nil
}

// selectsMembers reports whether a file selects members of an object that has the symbol by the value of a variable
// of which the server does not know which strings it can be: rows[i] is an element of an array.
func (g *givenObjects) selectsMembers(ctx context.Context, file string, c *text.Content) (bool, error) {
	for _, sel := range mention.Selections(c) {
		has, err := g.anyHas(ctx, file, []text.Span{sel.Object})
		if err != nil {
			return false, err
		}
		if !has {
			continue
		}
		h, err := g.s.Hover(ctx, file, c, sel.Key.Start)
		if ctx.Err() != nil {
			return false, err
		}
		if err == nil && h != nil && isUntypedKey.MatchString(h.Contents) {
			return true, nil
		}
	}
	return false, nil
}

// isUntypedKey matches what TypeScript's servers show of a variable whose type is string, any or some strings. Of a
// type such as keyof User they know which strings are its keys, see [accounting.addKeys].
var isUntypedKey = lazyregexp.New(`(?m):\s*(?:string|any|unknown|"[^"]*"(?:\s*\|\s*"[^"]*")*)\s*$`)

// hasSymbol reports whether the object at a place has the symbol as its member: it is what the symbol is declared in,
// or its type is, or a type that names that one in its header.
func (g *givenObjects) hasSymbol(ctx context.Context, object ledger.Place) (bool, error) {
	snap := g.answer.Snap
	isOwner := func(p ledger.Place) bool {
		d := words.DeclarationAt(snap, p)
		return isOwnerAt(snap, g.decl, p) || d != nil && mention.ExtendsInHeader(snap, d.Path, d.Sig, g.sym.Owner)
	}
	for _, method := range []string{
		protocol.MethodTextDocumentTypeDefinition, protocol.MethodTextDocumentDefinition,
	} {
		found, err := g.answer.Locate(ctx, g.s, method, object)
		if err != nil {
			return false, err
		}
		if slices.ContainsFunc(g.answer.WordsAt(g.s, found), isOwner) {
			return true, nil
		}
	}
	return false, nil
}
