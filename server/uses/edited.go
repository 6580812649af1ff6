package uses

import (
	"context"
	"slices"
	"strings"

	"lanser/index"
	"lanser/index/syntax"
	"lanser/selectors/fault"
	"lanser/selectors/text"
	"lanser/server/bundle"
	"lanser/server/catalogue"
	"lanser/server/ledger"
	"lanser/server/pool"
)

// Edit replaces a stretch of a file of the workspace.
type Edit struct {
	ledger.Place
	Text string
}

// Edits are edits that write a name.
type Edits struct {
	Name string
	List []Edit // in order
}

// NameIn returns the byte offset of the new name in the text of an edit, -1 if the edit does not write it.
func (r *Edits) NameIn(one Edit) int {
	for at := 0; ; {
		n := strings.Index(one.Text[at:], r.Name)
		if n < 0 {
			return -1
		}
		at += n
		also := syntax.WordChars(one.Path)
		if text.WordAt([]byte(one.Text), at, also) == (text.Span{Start: at, End: at + len(r.Name)}) {
			return at
		}
		at += len(r.Name)
	}
}

// Moved returns where a place is after the edits. A place within an edit that writes the new name becomes that name;
// any other is moved by what the edits before it add or remove.
func (r *Edits) Moved(p ledger.Place) ledger.Place {
	shift := 0
	for _, one := range r.List {
		if one.Path != p.Path || one.Span.Start > p.Span.Start {
			continue
		}
		if at := r.NameIn(one); one.Span.Contains(p.Span) && p.Span.Len() > 0 && at >= 0 {
			start := one.Span.Start + shift + at
			return ledger.Place{Path: p.Path, Span: text.Span{Start: start, End: start + len(r.Name)}}
		}
		if one.Span.End <= p.Span.Start {
			shift += len(one.Text) - one.Span.Len()
		}
	}
	return ledger.Place{Path: p.Path, Span: text.Span{Start: p.Span.Start + shift, End: p.Span.End + shift}}
}

// movedBack returns where a place that is outside of the edits, with these applied, is without them.
func (r *Edits) movedBack(p ledger.Place) ledger.Place {
	shift := 0
	for _, one := range r.List {
		if one.Path == p.Path && one.Span.Start+shift+len(one.Text) <= p.Span.Start {
			shift += len(one.Text) - one.Span.Len()
		}
	}
	return ledger.Place{Path: p.Path, Span: text.Span{Start: p.Span.Start - shift, End: p.Span.End - shift}}
}

// applied returns the contents of the files that the edits change.
func (r *Edits) applied(snap *index.Snapshot) (map[string][]byte, error) {
	out := map[string][]byte{}
	for i, one := range slices.Backward(r.List) {
		content := out[one.Path]
		if content == nil {
			c, err := snap.Content(one.Path)
			if err != nil {
				return nil, err
			}
			content = c.Bytes()
		}
		out[one.Path] = slices.Concat(content[:one.Span.Start], []byte(r.List[i].Text), content[one.Span.End:])
	}
	return out, nil
}

// MeaningsWith asks for the definitions at places with the edits applied, which a session of its own sees: they are an
// overlay over the files on disk, together with the request's own. The places and the definitions are those with the
// edits applied, and so is the returned answer, of which they are a part. The error is Incomplete if the server cannot
// be shown all files.
func (a *Finder) MeaningsWith(ctx context.Context, srv *catalogue.Server, r *Edits, at []ledger.Place,
) (after *Finder, found [][]ledger.Place, err error) {
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
	open := after.OpenOverlaid(srv, after.ToOpenTogether(srv, at, at))
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
