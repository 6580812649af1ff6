package symbol

import (
	"context"
	"slices"
	"strings"

	"lanser/selectors"
	"lanser/selectors/fault"
	"lanser/selectors/text"
	"lanser/server/catalogue"
	"lanser/server/ledger"
	"lanser/server/lsp"
	"lanser/server/uses"
)

// A rename changes the meaning of code if the new name is captured: by a local of that name where the symbol is used,
// or where the symbol now comes before what the name meant. Servers do not all notice. So the definition is asked for
// at each place that the rename changes and at each word that is the new name already, before and, with the edits
// applied in memory, after; both must be the same declaration.

// maxRechecked bounds the places of a rename that are asked about twice. With more, the rename is refused.
const maxRechecked = 1000

// renaming is a rename that is checked.
type renaming struct {
	uses.Edits
	old    string           // the name of the target
	places []ledger.Place   // in the files as they are
	means  [][]ledger.Place // what the server says of each
}

// meaningsOf asks what each place means that a rename by edits could change: the places that get the new name, and the
// words in code that have it already. The edits are in order.
func (a *Answer) meaningsOf(ctx context.Context, s *lsp.Session, r *renaming) (*renaming, error) {
	name, edits := r.Name, r.List
	for _, one := range edits {
		if r.NameIn(one) >= 0 {
			r.places = append(r.places, one.Place)
		}
	}
	o := a.Snap.Occurrences(ctx, name)
	hits, _ := a.Snap.Hits(ctx, o, func(p string, _ text.Span) bool { return !s.Server().Serves(a.Snap, p) })
	for _, h := range hits {
		if at := (ledger.Place{Path: h.Path, Span: h.Span}); h.InCode() && !slices.Contains(r.places, at) {
			r.places = append(r.places, at)
		}
	}
	if len(r.places) > maxRechecked {
		return nil, fault.New(fault.Incomplete,
			"the rename cannot be shown to change no meaning: %d places have the name or get it", len(r.places)).
			WithHint("choose a name that is rarer")
	}
	if err := s.OpenAlso(ctx, a.Snap, a.ToOpenTogether(s.Server(), r.places, r.places)); err != nil {
		return nil, err
	}
	var err error
	r.means, err = a.DefinitionsAt(ctx, s, r.places)
	return r, err
}

// checkMeanings fails if a place means another declaration once the edits are applied. The error is Usage if a meaning
// would change, and Incomplete if the server cannot be shown all files.
func (a *Answer) checkMeanings(ctx context.Context, srv *catalogue.Server, r *renaming) (err error) {
	at := make([]ledger.Place, len(r.places))
	for i, p := range r.places {
		at[i] = r.Moved(p)
	}
	after, found, err := a.MeaningsWith(ctx, srv, &r.Edits, at)
	if err != nil {
		return err
	}
	for i := range at {
		if !r.isSame(r.means[i], found[i]) && !r.isApart(r.places[i], at[i], r.means[i], found[i]) {
			return r.captured(&a.Finder, after, r.places[i], r.means[i], found[i])
		}
	}
	return nil
}

// isSame reports whether two definitions are of the same declarations, the second of which with the edits applied.
func (r *renaming) isSame(before, after []ledger.Place) bool {
	var moved []ledger.Place
	for _, p := range before {
		moved = append(moved, r.Moved(p))
	}
	after = slices.Clone(after)
	slices.SortFunc(moved, ledger.Place.Compare)
	slices.SortFunc(after, ledger.Place.Compare)
	return slices.Equal(slices.Compact(moved), slices.Compact(after))
}

// isApart reports whether the edit at a place separates a local from a member of the same name, and the place means one
// of the two from then on:
//
//	const { load } = store;  // becomes { load: read }
//	open({ load });          // becomes { load: read }
//
// Before, load means the member too, or nothing else if the type of store is not known. means and after are the
// definitions at the place before and with the edits applied, and now is the place with the edits applied.
func (r *renaming) isApart(at, now ledger.Place, means, after []ledger.Place) bool {
	i := slices.IndexFunc(r.List, func(e uses.Edit) bool { return e.Place == at })
	if i < 0 || r.keeps(r.List[i]) == keepsNothing || len(after) == 0 {
		return false
	}
	return !slices.ContainsFunc(after, func(p ledger.Place) bool {
		return p != now && !slices.ContainsFunc(means, func(m ledger.Place) bool { return r.Moved(m) == p })
	})
}

// changes reports whether an edit changes a use, or touches it at one of its ends.
func (r *renaming) changes(use ledger.Place) bool {
	return slices.ContainsFunc(r.List, func(e uses.Edit) bool {
		return e.Path == use.Path && e.Span.Start <= use.Span.End && use.Span.Start <= e.Span.End
	})
}

// kept is what an edit leaves of the old name.
type kept int

// The kinds of edits: of { load }, renamed to read, there remain nothing in { read }, the member in { load: read } and
// the local in { read: load }.
const (
	keepsNothing kept = iota
	keepsMember
	keepsLocal
)

// keeps returns what an edit leaves of the old name.
func (r *renaming) keeps(e uses.Edit) kept {
	first, second, ok := strings.Cut(e.Text, ":")
	first, second = strings.TrimSpace(first), strings.TrimSpace(second)
	if ok && second == r.Name && first == r.old {
		return keepsMember
	}
	if ok && first == r.Name && second == r.old {
		return keepsLocal
	}
	return keepsNothing
}

// mayStay reports whether a use that no edit changes can keep its name, given its definitions: edits separate a local
// from a member of the same name, and the use is one of the other. own are the names of the target's declarations, and
// apart the places of such edits with their definitions.
//
// If the member is renamed, the use must be one of the local: of one that a pattern binds, { read: load }, or that is
// the value in an object, { read: load }. If the local is renamed, the use must be of no declaration that is changed,
// where the place in an object, { load: read }, declares the member still.
func (r *renaming) mayStay(definitions, own []ledger.Place, apart map[ledger.Place][]ledger.Place) bool {
	changes := map[ledger.Place]bool{}
	locals := map[ledger.Place]bool{}
	hasMember := false
	for _, e := range r.List {
		switch r.keeps(e) {
		case keepsNothing:
			changes[e.Place] = true
		case keepsMember:
			hasMember = true
			if slices.Contains(own, e.Place) {
				changes[e.Place] = true
			}
		case keepsLocal:
			locals[e.Place] = true
			for _, p := range apart[e.Place] {
				locals[p] = true
			}
		}
	}
	isKept := func(p ledger.Place) bool { return !changes[p] && (hasMember || locals[p]) }
	return len(definitions) > 0 && !slices.ContainsFunc(definitions, func(p ledger.Place) bool { return !isKept(p) })
}

// captured returns the error for a place whose meaning would change: at says where it is, means and would are its
// definitions before and after.
func (r *renaming) captured(a, after *uses.Finder, at ledger.Place, means, would []ledger.Place) error {
	l := a.LocationAt(at)
	return fault.New(fault.Usage, "the new name %s would change a meaning: at %s:%d it would mean %s, and not %s",
		r.Name, selectors.UnescapePath(l.URI), l.Range[0]+1, placesIn(after, would), placesIn(a, means)).
		WithHint("choose another name")
}

// placesIn names places by path and line.
func placesIn(a *uses.Finder, list []ledger.Place) string {
	var out []string
	for _, p := range list {
		name := p.Path
		if a.Snap.Has(p.Path) {
			l := a.LocationAt(p)
			name = selectors.Cursor{Path: p.Path, Line: l.Range[0] + 1, Col: l.Range[1] + 1}.String()
		}
		if !slices.Contains(out, name) {
			out = append(out, name)
		}
	}
	if len(out) == 0 {
		return "nothing that the server knows"
	}
	return strings.Join(out, ", ")
}
