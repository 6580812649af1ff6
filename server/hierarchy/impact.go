package hierarchy

import (
	"context"
	"fmt"
	"slices"

	"go.lsp.dev/protocol"

	"lanser/selectors"
	"lanser/server/bundle"
	"lanser/server/ledger"
	"lanser/server/lsp"
	"lanser/server/uses"
	"lanser/server/words"
)

// The impact of a change is followed breadth first. At depth 1 are the uses of what changes, at depth 2 the uses of the
// functions and types that hold those, and so on. A variable or an import that holds a use is affected and passes
// nothing on. Members of the target's family are affected too, since they change together with it, and are not followed
// further: their own users are found by the words that the ledger enters under the family. What uses the target need
// not change its name or parameters, so that the families of users are not affected; calls by way of them are.

// defaultImpactDepth is how far the impact of a change is followed if the request does not say.
const defaultImpactDepth = 2

// impact is the search for what a change of the target can break. Its levels do not collect edges: what is found goes
// into found, in the order of the search.
type impact struct {
	*levels
	roots map[string]bool // selectors of what changes
	found []bundle.Affected
	depth int // of what is being looked for, from 1
}

// Impact answers with everything that a change of the target can break: what uses the target, then what uses the
// functions among these, and so on. Every word of the name of each is accounted for, as in an answer about references.
//
// The target may be the first of several that the same server knows. They are followed together: one that uses another
// is listed for that use, and is not listed again as something further away. Symbols beyond the first [MaxAccounted]
// are a doubt.
func (a *Answer) Impact(ctx context.Context, s *lsp.Session, others []*selectors.Target) error {
	q := *a.Question
	q.Request.Options.Family = true // a method changes together with its family
	a.Question = &q
	i := &impact{levels: &levels{answer: a, s: s}, roots: map[string]bool{}}
	i.more = func(
		about *Answer, ctx context.Context, s *lsp.Session, _ []bundle.Edge,
	) ([]bundle.Edge, error) {
		return nil, i.affected(ctx, about, s)
	}
	err := i.follow(ctx, max(a.Request.Options.Depth, 0), others)
	a.Facts("lsp").Impact = append([]bundle.Affected{}, i.found...)
	if err == nil && i.skipped > 0 {
		a.Unseen = i.unseen
		why := fmt.Sprintf("who uses %d of the symbols further away was not looked for", i.skipped)
		a.Doubt(bundle.Worse(a.Bundle.Evidence.State, bundle.Partial), why)
	}
	return err
}

// follow looks for what is affected by a change of the target and others up to a depth; 0 means the default.
func (i *impact) follow(ctx context.Context, depth int, others []*selectors.Target) error {
	if depth == 0 {
		depth = defaultImpactDepth
	}
	seen := map[string]bool{}
	for _, t := range append(others, i.answer.Target) {
		if d := t.Decl; d != nil {
			seen[d.Selector().String()], i.roots[d.Selector().String()] = true, true
		}
	}
	level := []*Answer{i.answer}
	for _, t := range others {
		level = append(level, i.aboutTarget(t))
	}
	for i.depth = 1; i.depth <= depth && len(level) > 0; i.depth++ {
		from := len(i.found)
		for _, about := range level {
			if _, err := i.account(ctx, about, nil); err != nil {
				return err
			}
		}
		level = nil
		for _, f := range i.found[from:] {
			if f.How == bundle.Family || seen[f.Symbol.Selector] {
				continue
			}
			seen[f.Symbol.Selector] = true
			if d := i.declarationOf(f.Symbol); d != nil && i.depth < depth {
				level = append(level, i.aboutDecl(d))
			}
		}
	}
	return nil
}

// declarationOf returns the declaration of an affected symbol, nil if a change of it affects nobody else: only
// functions and types pass a change on.
func (i *impact) declarationOf(s bundle.Symbol) *selectors.Decl {
	if s.Kind != selectors.KindDef && s.Kind != selectors.KindMethod && !s.Kind.IsType() {
		return nil
	}
	decls := i.answer.Snap.FileDecls(selectors.UnescapePath(s.URI))
	at := slices.IndexFunc(decls, func(d selectors.Decl) bool { return hasSelector(&d, s.Selector) })
	if at < 0 || decls[at].Local > 0 {
		return nil
	}
	return &decls[at]
}

// affected notes what uses the symbol that an answer is about.
func (i *impact) affected(ctx context.Context, about *Answer, s *lsp.Session) error {
	found, err := about.FindUses(ctx, s, false, uses.Everywhere)
	if err != nil {
		return err
	}
	for _, p := range uses.WordsOf(found.Places) {
		i.note(about, ledger.Line{Word: ledger.Word{Place: p}, Entry: ledger.Reference})
	}
	for _, line := range found.Added {
		i.note(about, line)
	}
	return i.implementers(ctx, about, s)
}

// implementers notes the types that implement an interface, where nothing in them names it, as in Go. A change of the
// interface breaks them.
func (i *impact) implementers(ctx context.Context, about *Answer, s *lsp.Session) error {
	t := about.Target
	if t.Decl == nil || t.Decl.Kind != selectors.KindInterface || !s.Can("implementationProvider") {
		return nil
	}
	found, err := s.Locations(ctx, protocol.MethodTextDocumentImplementation, t.Path, t.Content, t.At)
	if err != nil {
		return err
	}
	_, places := about.Reader(s).Locations(found)
	for _, p := range uses.WordsOf(places) {
		if d := words.DeclarationAt(about.Snap, p); d != nil {
			i.add(about, p, bundle.Extends, ledger.Reference)
		}
	}
	return nil
}

// note adds a use of the symbol that an answer is about. How it is used follows from its word: the declaration of a
// relative, a base in the header of a type, an import, a call, or else any other use.
func (i *impact) note(about *Answer, line ledger.Line) {
	how := bundle.Uses
	switch {
	case line.Entry == ledger.Family && words.DeclarationAt(about.Snap, line.Place) != nil:
		if i.depth > 1 {
			return // the symbol uses the target: it keeps its signature
		}
		how = bundle.Family
	case words.HeaderAt(about.Snap, line.Place) != nil:
		how = bundle.Extends
	case words.NamesIn(about.Snap, line.Path).Imported[line.Span]:
		how = bundle.Imports
	case about.isCall(line.Place):
		how = bundle.Calls
	}
	i.add(about, line.Place, how, line.Entry)
}

// add adds what is around a place, or is declared at it, to what is affected. Several uses by one declaration in one
// way are one entry with several sites, in order. Confirmed and Family hold for an entry only if they hold for all of
// its sites.
func (i *impact) add(about *Answer, at ledger.Place, how string, entry ledger.Entry) {
	edge := about.edgeFrom(at)
	isRoot := i.roots[edge.From.Selector] && (i.depth > 1 || edge.From.Selector == edge.To.Selector)
	if isRoot && (how != bundle.Calls || i.depth > 1) {
		return // What changes is edited anyway. Its calls of itself are easily overlooked.
	}
	one := bundle.Affected{
		Symbol: edge.From, How: how, Of: edge.To.Selector, Depth: i.depth,
		Sites: []bundle.Range{about.LocationAt(at).Range},
		Test:  about.Snap.IsTest(at.Path), Confirmed: entry == ledger.Confirmed, Family: entry == ledger.Family,
	}
	isSame := func(f bundle.Affected) bool {
		return f.Symbol.Selector == one.Symbol.Selector && f.Symbol.URI == one.Symbol.URI &&
			f.How == how && f.Of == one.Of
	}
	for k := range i.found {
		f := &i.found[k]
		if isSame(*f) {
			f.Sites = append(f.Sites, one.Sites...)
			slices.SortFunc(f.Sites, bundle.Range.Compare)
			f.Sites = slices.Compact(f.Sites)
			f.Confirmed, f.Family = f.Confirmed && one.Confirmed, f.Family && one.Family
			return
		}
	}
	i.found = append(i.found, one)
}
