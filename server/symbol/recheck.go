package symbol

import (
	"context"
	"slices"
	"strings"

	"lanser/index"
	"lanser/index/syntax"
	"lanser/selectors"
	"lanser/selectors/fault"
	"lanser/selectors/text"
	"lanser/server/bundle"
	"lanser/server/catalogue"
	"lanser/server/ledger"
	"lanser/server/lsp"
	"lanser/server/pool"
)

// A rename changes the meaning of code if the new name is captured: by a local of that name where the symbol is used,
// or where the symbol now comes before what the name meant. Servers do not all notice. So the definition is asked for
// at each place that the rename changes and at each word that is the new name already, before and, with the edits
// applied in memory, after; both must be the same declaration.

// maxRechecked bounds the places of a rename that are asked about twice. With more, the rename is refused.
const maxRechecked = 1000

// edit replaces a stretch of a file of the workspace.
type edit struct {
	ledger.Place
	text string
}

// renaming is a rename that is checked.
type renaming struct {
	old    string // the name of the target
	name   string // the new one
	edits  []edit
	places []ledger.Place   // in the files as they are
	means  [][]ledger.Place // what the server says of each
}

// meaningsOf asks what each place means that a rename by edits could change: the places that get the new name, and the
// words in code that have it already. The edits are in order.
func (a *Answer) meaningsOf(ctx context.Context, s *lsp.Session, r *renaming) (*renaming, error) {
	name, edits := r.name, r.edits
	for _, one := range edits {
		if r.nameIn(one) >= 0 {
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
	if err := s.OpenAlso(ctx, a.Snap, a.toOpenTogether(s.Server(), r.places, r.places)); err != nil {
		return nil, err
	}
	var err error
	r.means, err = a.definer().in(ctx, s, r.places)
	return r, err
}

// nameIn returns the byte offset of the new name in the text of an edit, -1 if the edit does not write it.
func (r *renaming) nameIn(one edit) int {
	for at := 0; ; {
		n := strings.Index(one.text[at:], r.name)
		if n < 0 {
			return -1
		}
		at += n
		also := syntax.WordChars(one.Path)
		if text.WordAt([]byte(one.text), at, also) == (text.Span{Start: at, End: at + len(r.name)}) {
			return at
		}
		at += len(r.name)
	}
}

// moved returns where a place is after the edits. A place within an edit that writes the new name becomes that name;
// any other is moved by what the edits before it add or remove.
func (r *renaming) moved(p ledger.Place) ledger.Place {
	shift := 0
	for _, one := range r.edits {
		if one.Path != p.Path || one.Span.Start > p.Span.Start {
			continue
		}
		if at := r.nameIn(one); one.Span.Contains(p.Span) && p.Span.Len() > 0 && at >= 0 {
			start := one.Span.Start + shift + at
			return ledger.Place{Path: p.Path, Span: text.Span{Start: start, End: start + len(r.name)}}
		}
		if one.Span.End <= p.Span.Start {
			shift += len(one.text) - one.Span.Len()
		}
	}
	return ledger.Place{Path: p.Path, Span: text.Span{Start: p.Span.Start + shift, End: p.Span.End + shift}}
}

// movedBack returns where a place that is outside of the edits, with these applied, is without them.
func (r *renaming) movedBack(p ledger.Place) ledger.Place {
	shift := 0
	for _, one := range r.edits {
		if one.Path == p.Path && one.Span.Start+shift+len(one.text) <= p.Span.Start {
			shift += len(one.text) - one.Span.Len()
		}
	}
	return ledger.Place{Path: p.Path, Span: text.Span{Start: p.Span.Start - shift, End: p.Span.End - shift}}
}

// applied returns the contents of the files that the edits change.
func (r *renaming) applied(snap *index.Snapshot) (map[string][]byte, error) {
	out := map[string][]byte{}
	for i, one := range slices.Backward(r.edits) {
		content := out[one.Path]
		if content == nil {
			c, err := snap.Content(one.Path)
			if err != nil {
				return nil, err
			}
			content = c.Bytes()
		}
		out[one.Path] = slices.Concat(content[:one.Span.Start], []byte(r.edits[i].text), content[one.Span.End:])
	}
	return out, nil
}

// checkMeanings fails if a place means another declaration once the edits are applied. The error is Usage if a meaning
// would change, and Incomplete if the server cannot be shown all files.
func (a *Answer) checkMeanings(ctx context.Context, srv *catalogue.Server, r *renaming) (err error) {
	at := make([]ledger.Place, len(r.places))
	for i, p := range r.places {
		at[i] = r.moved(p)
	}
	after, found, err := a.meaningsWith(ctx, srv, r, at)
	if err != nil {
		return err
	}
	for i := range at {
		if !r.isSame(r.means[i], found[i]) && !r.isApart(r.places[i], at[i], r.means[i], found[i]) {
			return r.captured(a, after, r.places[i], r.means[i], found[i])
		}
	}
	return nil
}

// meaningsWith asks for the definitions at places with the edits applied, which a session of its own sees: they are an
// overlay over the files on disk, together with the request's own. The places and the definitions are those with the
// edits applied, and so is the returned answer, of which they are a part. The error is Incomplete if the server cannot
// be shown all files.
func (a *Answer) meaningsWith(ctx context.Context, srv *catalogue.Server, r *renaming, at []ledger.Place,
) (after *Answer, found [][]ledger.Place, err error) {
	contents, err := r.applied(a.Snap)
	if err != nil {
		return nil, nil, err
	}
	for _, p := range a.Snap.Overlaid() {
		if _, edited := contents[p]; !edited {
			if c, err := a.Snap.Content(p); err == nil {
				contents[p] = c.Bytes()
			}
		}
	}
	q := *a.Question
	q.Snap, err = a.Disk.Overlay(contents)
	if err != nil {
		return nil, nil, err
	}
	copied := *a
	after = &copied
	b := *a.Bundle
	b.Evidence = bundle.Evidence{State: bundle.Complete, Reasons: []string{}}
	after.Question, after.Bundle, after.Documents = &q, &b, nil
	after.names, after.Unseen, after.Hiding = nil, nil, slices.Clone(a.Hiding)
	turn, err := a.Pool.Turn(ctx, srv, pool.View{Snap: q.Snap, Disk: a.Disk, Hypothetical: true})
	if err != nil {
		return nil, nil, err
	}
	defer turn.Done(&err)
	open := after.OpenOverlaid(srv, after.toOpenTogether(srv, at, at))
	if b.Evidence.State != bundle.Complete {
		return nil, nil, fault.New(fault.Incomplete, "the rename cannot be shown to change no meaning: %s",
			strings.Join(b.Evidence.Reasons, "; "))
	}
	slices.Sort(open)
	leased, err := turn.Session(ctx, slices.Compact(open))
	if err != nil {
		return nil, nil, err
	}
	found, err = after.definer().in(ctx, leased.Session, at)
	turn.Answered(err)
	return after, found, err
}

// isSame reports whether two definitions are of the same declarations, the second of which with the edits applied.
func (r *renaming) isSame(before, after []ledger.Place) bool {
	var moved []ledger.Place
	for _, p := range before {
		moved = append(moved, r.moved(p))
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
	i := slices.IndexFunc(r.edits, func(e edit) bool { return e.Place == at })
	if i < 0 || r.keeps(r.edits[i]) == keepsNothing || len(after) == 0 {
		return false
	}
	return !slices.ContainsFunc(after, func(p ledger.Place) bool {
		return p != now && !slices.ContainsFunc(means, func(m ledger.Place) bool { return r.moved(m) == p })
	})
}

// changes reports whether an edit changes a use, or touches it at one of its ends.
func (r *renaming) changes(use ledger.Place) bool {
	return slices.ContainsFunc(r.edits, func(e edit) bool {
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
func (r *renaming) keeps(e edit) kept {
	first, second, ok := strings.Cut(e.text, ":")
	first, second = strings.TrimSpace(first), strings.TrimSpace(second)
	if ok && second == r.name && first == r.old {
		return keepsMember
	}
	if ok && first == r.name && second == r.old {
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
	for _, e := range r.edits {
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
func (r *renaming) captured(a, after *Answer, at ledger.Place, means, would []ledger.Place) error {
	l := a.locationAt(at)
	return fault.New(fault.Usage, "the new name %s would change a meaning: at %s:%d it would mean %s, and not %s",
		r.name, selectors.UnescapePath(l.URI), l.Range[0]+1, placesIn(after, would), placesIn(a, means)).
		WithHint("choose another name")
}

// placesIn names places by path and line.
func placesIn(a *Answer, list []ledger.Place) string {
	var out []string
	for _, p := range list {
		name := p.Path
		if a.Snap.Has(p.Path) {
			l := a.locationAt(p)
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
