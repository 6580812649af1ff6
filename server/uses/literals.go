package uses

import (
	"context"
	"slices"

	"lanser/selectors/fault"
	"lanser/selectors/text"
	"lanser/server/ledger"
	"lanser/server/mention"
	"lanser/server/trace"
)

// This file takes back doubts about strings of TypeScript whose type happens to have the names of the type's members.
// The string "start" in
//
//	function run(o: { type: "start" | "stop" }) { return machine[o.type]() }
//	run({ type: "start" })
//
// can only name a member of a type where the member type is read as a computed key. What machine has under the name is
// asked of the server in a copy of the file that says machine["start"].

// maxReads bounds the places of one question at which the values of such strings are read.
const maxReads = 200

// literals is one question's way from strings to the places at which their values are read.
type literals struct {
	*accounting
	reads map[ledger.Place]*literalReads // by the member that gives strings their type
}

// literalReads are the places at which the value of a member is read.
type literalReads struct {
	isKnown bool           // no value goes anywhere else
	keys    []ledger.Place // the computed keys: whole expressions
}

// settleLiterals takes back the doubt about strings, given the indexes of their lines, of which the server shows that
// they name no member of the symbol's family: their type is a union of literals that is written out for a member, whose
// value is compared or read as a key of other types alone.
func (a *accounting) settleLiterals(ctx context.Context, l *ledger.Ledger, doubted []int) error {
	lits := &literals{accounting: a, reads: map[ledger.Place]*literalReads{}}
	isProposed := a.answer.Request.Options.Hypothetical()
	if !a.answer.Format.Has(trace.Literals) || isProposed || !a.s.Can("referencesProvider") {
		return nil
	}
	reads := make([]*literalReads, len(doubted))
	var keys []ledger.Place
	for k, i := range doubted {
		var err error
		reads[k], err = lits.readsOf(ctx, l.Lines[i].Place)
		if err != nil {
			return err
		}
		if reads[k].isKnown {
			keys = append(keys, reads[k].keys...)
		}
	}
	slices.SortFunc(keys, ledger.Place.Compare)
	keys = slices.Compact(keys)
	if len(keys) > maxReads {
		return nil
	}
	others, err := lits.meanOthers(ctx, keys)
	if err != nil {
		return err
	}
	for k, i := range doubted {
		mayRead := func(key ledger.Place) bool { return !others[key] }
		if reads[k].isKnown && !slices.ContainsFunc(reads[k].keys, mayRead) {
			l.Lines[i].Entry, l.Lines[i].Why = ledger.NotCode, ""
		}
	}
	return nil
}

// readsOf returns where the value of a string is read. They are not known for a string whose type no member gives, or
// one whose type may depend on the members of a type.
func (lits *literals) readsOf(ctx context.Context, at ledger.Place) (*literalReads, error) {
	unknown := &literalReads{}
	c, err := lits.answer.Snap.Content(at.Path)
	if err != nil {
		return unknown, nil // it was read when the word was found
	}
	name, ok := mention.TypedBy(c, at.Span)
	if !ok {
		return unknown, nil
	}
	members, err := lits.definitions(ctx, ledger.Place{Path: at.Path, Span: name})
	if err != nil || len(members) == 0 {
		return unknown, err
	}
	all := &literalReads{isKnown: true}
	for _, m := range members {
		if lits.reads[m] == nil {
			lits.reads[m], err = lits.readsOfMember(ctx, m)
			if err != nil {
				return unknown, err
			}
		}
		all.isKnown = all.isKnown && lits.reads[m].isKnown
		all.keys = append(all.keys, lits.reads[m].keys...)
	}
	return all, nil
}

// readsOfMember returns where the value of a member is read whose declared name is given.
func (lits *literals) readsOfMember(ctx context.Context, member ledger.Place) (*literalReads, error) {
	out := &literalReads{}
	c, err := lits.answer.Snap.Content(member.Path)
	if err != nil {
		return out, nil // a library's: its own code may read it
	}
	isLiteral, named := mention.LiteralUnion(c, member.Span)
	declared := []ledger.Place{member}
	if named.Len() > 0 {
		types, err := lits.definitions(ctx, ledger.Place{Path: member.Path, Span: named})
		if err != nil {
			return out, err
		}
		isLiteral = len(types) > 0
		for _, t := range types {
			c, err := lits.answer.Snap.Content(t.Path)
			if err != nil {
				return out, nil // a library's
			}
			isUnion, _ := mention.LiteralUnion(c, t.Span)
			isLiteral = isLiteral && isUnion
		}
		declared = append(declared, types...)
	}
	if !isLiteral {
		return out, nil
	}
	out.isKnown = true
	for i, d := range declared {
		isType := i > 0
		if err := lits.addReads(ctx, out, d, isType); err != nil || !out.isKnown {
			return out, err
		}
	}
	return out, lits.addUnlisted(ctx, out, member)
}

// addReads adds the places at which the server knows the value of a member to be read, or a type to be the key of
// another one.
func (lits *literals) addReads(ctx context.Context, out *literalReads, of ledger.Place, isType bool) error {
	c, err := lits.answer.Snap.Content(of.Path)
	if err != nil {
		return nil // it was read before
	}
	found, err := lits.s.References(ctx, of.Path, c, of.Span.Start, true)
	if err != nil {
		return err
	}
	for _, at := range lits.answer.WordsAt(lits.s, found) {
		if at == of {
			continue
		}
		c, err := lits.answer.Snap.Content(at.Path)
		if err != nil {
			out.isKnown = false // code that the workspace does not list
			return nil
		}
		switch r, key := mention.ReadOf(c, at.Span); r {
		case mention.ReadAsKey:
			out.keys = append(out.keys, ledger.Place{Path: at.Path, Span: key})
		case mention.ReadSomehow:
			out.isKnown = out.isKnown && isType
		}
	}
	return nil
}

// addUnlisted adds the computed keys that the server does not count among the uses of a member: those of which it does
// not know the type, and those in projects that it has not loaded.
func (lits *literals) addUnlisted(ctx context.Context, out *literalReads, member ledger.Place) error {
	snap, srv := lits.answer.Snap, lits.s.Server()
	c, err := snap.Content(member.Path)
	if err != nil {
		return nil // it was read before
	}
	words := snap.Occurrences(ctx, c.Slice(member.Span))
	hits, _ := snap.Hits(ctx, words, func(p string, _ text.Span) bool { return srv.LanguageID(p) == "" })
	for _, h := range hits {
		c, err := snap.Content(h.Path)
		if err != nil || !h.InCode() {
			continue
		}
		r, key := mention.ReadOf(c, h.Span)
		at := ledger.Place{Path: h.Path, Span: key}
		if r != mention.ReadAsKey || slices.Contains(out.keys, at) {
			continue
		}
		means, err := lits.definitions(ctx, ledger.Place{Path: h.Path, Span: h.Span})
		if err != nil {
			return err
		}
		isVariable := key == h.Span // it may be set from anywhere
		if isVariable || len(means) == 0 || slices.Contains(means, member) {
			out.isKnown = false
			return nil
		}
	}
	return nil
}

// meanOthers reports of which computed keys the server shows that under the symbol's name the object has a member that
// does not belong to the symbol's family.
func (lits *literals) meanOthers(ctx context.Context, keys []ledger.Place) (map[ledger.Place]bool, error) {
	if len(keys) == 0 {
		return nil, nil
	}
	r := &Edits{Name: lits.sym.Name}
	for _, key := range keys {
		r.List = append(r.List, Edit{Place: key, Text: `"` + lits.sym.Name + `"`})
	}
	at := make([]ledger.Place, len(keys))
	for i, p := range keys {
		at[i] = r.Moved(p)
	}
	_, found, err := lits.answer.MeaningsWith(ctx, lits.s.Server(), r, at)
	if ctx.Err() == nil && fault.Is(err, fault.Incomplete) {
		return nil, nil // the server cannot be shown the edits
	}
	if err != nil {
		return nil, err
	}
	for i := range found {
		for k, p := range found[i] {
			found[i][k] = r.movedBack(p)
		}
	}
	var candidates []ledger.Place
	for i := range found {
		candidates = append(candidates, found[i]...)
	}
	family, err := lits.relatives(ctx, candidates)
	if err != nil {
		return nil, err
	}
	family = slices.Concat(family, lits.own, lits.refs)
	others := map[ledger.Place]bool{}
	for i, key := range keys {
		isOne := func(p ledger.Place) bool { return slices.Contains(family, p) }
		others[key] = len(found[i]) > 0 && !slices.ContainsFunc(found[i], isOne)
	}
	return others, nil
}
