package uses

import (
	"context"
	"slices"

	"lanser/selectors/text"
	"lanser/server/ledger"
	"lanser/server/mention"
	"lanser/server/project"
	"lanser/server/trace"
)

// A constant of TypeScript can hold the name of a member that is selected by it:
//
//	const key = "count"
//	store[key]
//
// No server names the string, nor the place at which the member is selected, as a use of the member.

// whyConstant is the reason for a string that is the value of such a constant.
const whyConstant = "members are selected by the constant that it is the value of"

// addConstants enters the strings that are the values of constants, by which members of unknown values or of the
// symbol's own type are selected, as possible uses.
func (a *accounting) addConstants(ctx context.Context, l *ledger.Ledger) error {
	isOne := a.sym.Lang == "ts" && a.sym.Scope.Len() == 0 && a.answer.Format.Has(trace.OtherNames)
	if !isOne || a.answer.Request.Options.Hypothetical() {
		return nil
	}
	keys := map[int][]ledger.Place{} // by line
	var all []ledger.Place
	for i, line := range l.Lines {
		c, err := a.answer.Snap.Content(line.Path)
		if err != nil || line.Entry != ledger.NotCode || !a.where(a.answer, line.Word) {
			continue
		}
		name, ok := mention.HeldBy(c, line.Span)
		if !ok || !project.Reaches(a.answer.Snap, a.sym, line.Path) {
			continue
		}
		selects, err := a.selectedBy(ctx, ledger.Place{Path: line.Path, Span: name})
		if err != nil {
			return err
		}
		keys[i], all = selects, append(all, selects...)
	}
	slices.SortFunc(all, ledger.Place.Compare)
	all = slices.Compact(all)
	var others map[ledger.Place]bool
	if len(all) <= maxReads {
		var err error
		others, err = (&literals{accounting: a}).meanOthers(ctx, all)
		if err != nil {
			return err
		}
	}
	maySelect := func(key ledger.Place) bool {
		c, err := a.answer.Snap.Content(key.Path)
		return !others[key] || err == nil && mention.IsInPattern(c, key.Span)
	}
	for i, selects := range keys {
		if slices.ContainsFunc(selects, maySelect) {
			l.Lines[i].Entry, l.Lines[i].Why = ledger.Possible, whyConstant
		}
	}
	return nil
}

// selectedBy returns the computed keys, as whole expressions, that are the constant whose declared name is given. The
// text is searched for the name between brackets, and the server is asked which of them mean the constant.
func (a *accounting) selectedBy(ctx context.Context, constant ledger.Place) (keys []ledger.Place, err error) {
	snap, srv := a.answer.Snap, a.s.Server()
	c, err := snap.Content(constant.Path)
	if err != nil {
		return nil, nil // it was read when the word was found
	}
	hits, _ := snap.Hits(ctx, snap.Occurrences(ctx, c.Slice(constant.Span)), func(p string, at text.Span) bool {
		c, err := snap.Content(p)
		if err != nil || srv.LanguageID(p) == "" {
			return true
		}
		_, isKey := mention.KeyAround(c, at)
		return !isKey
	})
	for _, h := range hits {
		if !h.InCode() || len(keys) > maxReads {
			continue
		}
		c, err := snap.Content(h.Path)
		if err != nil {
			continue
		}
		means, err := a.definitions(ctx, ledger.Place{Path: h.Path, Span: h.Span})
		if err != nil {
			return nil, err
		}
		if slices.Contains(means, constant) {
			key, _ := mention.KeyAround(c, h.Span)
			keys = append(keys, ledger.Place{Path: h.Path, Span: key})
		}
	}
	return keys, nil
}
