package uses

import (
	"context"
	"slices"

	"lanser/selectors/lazyregexp"
	"lanser/server/ledger"
	"lanser/server/mention"
	"lanser/server/trace"
)

// Macros of C put names together from what they are given. Such a name is written nowhere, and the argument is no use
// of what it names:
//
//	#define DEFINE(n) void n##_init(void) { n##_count++; }
//	DEFINE(net)

// Pasting tells what macros do with a word that they are given as an argument.
type Pasting struct {
	Macro  string // the first of them
	IsUsed bool   // the word also stands alone, as in use(NAME)
	// Names are put together from the word. IsAll is false if there are others that depend on other arguments.
	Names []string
	IsAll bool
}

// PastingAt returns what macros of C do with a word; ok is false if it is given to none.
func (q *Question) PastingAt(ctx context.Context, at ledger.Place) (p Pasting, ok bool) {
	c, err := q.Snap.Content(at.Path)
	if lang, _ := q.Snap.Lang(at.Path); err != nil || lang != "cpp" || !q.Format.Has(trace.PastedNames) {
		return p, false
	}
	argument, ok := mention.SoleArgument(c, at.Span)
	if !ok {
		return p, false
	}
	p.IsAll = true
	todo := []mention.Argument{argument}
	if list := mention.MacroAround(c, at.Span); list != "" {
		todo = append(todo, q.handedTo(ctx, list, argument)...)
	}
	seen := map[mention.Argument]bool{}
	for ; len(todo) > 0 && len(seen) < maxExpanded; todo = todo[1:] {
		if seen[todo[0]] {
			continue
		}
		seen[todo[0]] = true
		for _, m := range q.macrosNamed(ctx, todo[0].Of) {
			if todo[0].Number >= len(m.Parameters) {
				continue
			}
			if p.Macro == "" {
				p.Macro = m.Name
			}
			parameter := m.Parameters[todo[0].Number]
			names, isAll := m.Pasted(parameter, c.Slice(at.Span))
			p.Names = append(p.Names, names...)
			p.IsAll = p.IsAll && isAll
			times := m.Uses(parameter)
			for _, to := range m.HandsOn(parameter) {
				if len(q.macrosNamed(ctx, to.Of)) > 0 {
					times-- // that macro tells
				}
				todo = append(todo, to)
			}
			p.IsUsed = p.IsUsed || times > 0
		}
	}
	slices.Sort(p.Names)
	p.Names = slices.Compact(p.Names)
	return p, p.Macro != ""
}

// macrosNamed returns the macros of C with a name: a header of lists is included with several definitions of one. They
// are looked for in the text, as the index may not read what is around uses of macros.
func (q *Question) macrosNamed(ctx context.Context, name string) (macros []mention.Macro) {
	hits, _ := q.Snap.Hits(ctx, q.Snap.Occurrences(ctx, name), nil)
	for _, h := range hits {
		c, err := q.Snap.Content(h.Path)
		if lang, _ := q.Snap.Lang(h.Path); err != nil || lang != "cpp" {
			continue
		}
		if m, ok := mention.MacroAt(c, h.Span); ok {
			macros = append(macros, m)
		}
	}
	return macros
}

// handedTo returns the macros that are given to a macro which hands an argument on to them: LIST is given DECLARE in
//
//	#define LIST(X) X(open) X(close)
//	LIST(DECLARE)
func (q *Question) handedTo(ctx context.Context, list string, argument mention.Argument) (to []mention.Argument) {
	number := -1
	for _, m := range q.macrosNamed(ctx, list) {
		number = slices.Index(m.Parameters, argument.Of)
	}
	if number < 0 {
		return nil
	}
	hits, _ := q.Snap.Hits(ctx, q.Snap.Occurrences(ctx, list), nil)
	for _, h := range hits {
		c, err := q.Snap.Content(h.Path)
		if err != nil || !h.InCode() {
			continue
		}
		if given := mention.ArgumentsAfter(c, h.Span); number < len(given) {
			to = append(to, mention.Argument{Of: given[number], Number: argument.Number})
		}
	}
	return to
}

var isIdentifier = lazyregexp.New(`^[A-Za-z_]\w*$`)

// PastesFor reports whether a macro of C, or those in its definition, put names together, and none of them holds the
// given name: what the server finds at the macro's expansions is then put together.
func (q *Question) PastesFor(ctx context.Context, macro, name string) bool {
	seen, todo := map[string]bool{macro: true}, []string{macro}
	pastes := false
	for ; len(todo) > 0 && len(seen) < maxExpanded; todo = todo[1:] {
		for _, m := range q.macrosNamed(ctx, todo[0]) {
			for _, word := range m.Words() {
				if word == name {
					return false
				}
				pastes = pastes || word == "##"
				if !seen[word] && isIdentifier.MatchString(word) {
					seen[word] = true
					todo = append(todo, word)
				}
			}
		}
	}
	return pastes
}
