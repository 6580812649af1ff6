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
	name   string
	edits  []edit
	places []ledger.Place   // in the files as they are
	means  [][]ledger.Place // what the server says of each
}

// meaningsOf asks what each place means that a rename by edits could change: the places that get the new name, and the
// words in code that have it already. The edits are in order.
func (a *Answer) meaningsOf(ctx context.Context, s *lsp.Session, name string, edits []edit) (*renaming, error) {
	r := &renaming{name: name, edits: edits}
	for _, one := range edits {
		if r.nameIn(one) >= 0 {
			r.places = append(r.places, one.Place)
		}
	}
	o := a.Snap.Occurrences(ctx, name)
	hits, _ := a.Snap.Hits(ctx, o, func(p string, _ text.Span) bool { return s.Server().LanguageID(p) == "" })
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

// checkMeanings fails if a place means another declaration once the edits are applied, which a session of its own sees:
// they are an overlay over the files on disk, together with the request's own. The error is Usage if a meaning would
// change, and Incomplete if the server cannot be shown all files.
func (a *Answer) checkMeanings(ctx context.Context, srv *catalogue.Server, r *renaming) (err error) {
	contents, err := r.applied(a.Snap)
	if err != nil {
		return err
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
		return err
	}
	after := *a
	b := *a.Bundle
	b.Evidence = bundle.Evidence{State: bundle.Complete, Reasons: []string{}}
	after.Question, after.Bundle, after.Documents = &q, &b, nil
	after.names, after.Unseen, after.Hiding = nil, nil, slices.Clone(a.Hiding)
	at := make([]ledger.Place, len(r.places))
	for i, p := range r.places {
		at[i] = r.moved(p)
	}
	turn, err := a.Pool.Turn(ctx, srv, pool.View{Snap: q.Snap, Disk: a.Disk, Hypothetical: true})
	if err != nil {
		return err
	}
	defer turn.Done(&err)
	open := after.OpenOverlaid(srv, after.toOpenTogether(srv, at, at))
	if b.Evidence.State != bundle.Complete {
		return fault.New(fault.Incomplete, "the rename cannot be shown to change no meaning: %s",
			strings.Join(b.Evidence.Reasons, "; "))
	}
	slices.Sort(open)
	leased, err := turn.Session(ctx, slices.Compact(open))
	if err != nil {
		return err
	}
	found, err := after.definer().in(ctx, leased.Session, at)
	turn.Answered(err)
	if err != nil {
		return err
	}
	for i := range at {
		if !r.isSame(r.means[i], found[i]) {
			return r.captured(a, &after, r.places[i], r.means[i], found[i])
		}
	}
	return nil
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
