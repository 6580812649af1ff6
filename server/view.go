package server

import (
	"lanser/selectors/fault"
	"lanser/server/api"
	"lanser/server/bundle"
)

// frozen fails where an answer is about another snapshot than the one it is held to.
func (e *Engine) frozen(a *answer) error {
	if e.pinned != nil {
		keep := a.Scope.Keep
		if keep == nil {
			keep = func(string) bool { return true }
		}
		if e.pinned.Digest(keep) != a.Disk.Digest(keep) {
			return fault.New(
				fault.VersionSkew, "the workspace is not what it was at the start any more, and --frozen holds to that",
			).
				WithHint("start again, or without --frozen")
		}
	}
	switch want := a.Request.Options.Frozen; {
	case want == "":
		return nil
	case a.Bundle.Snapshot == nil:
		return fault.New(fault.VersionSkew, "the answer is about no snapshot, and was to be about %s", want).
			WithHint("ask without frozen")
	case a.Bundle.Snapshot.Digest != want:
		return fault.New(
			fault.VersionSkew, "the workspace is %s, and the answer was to be about %s", a.Bundle.Snapshot.Digest, want,
		).
			WithHint("ask without frozen, or about the workspace as it was")
	}
	return nil
}

// limit keeps of every list the entries that the request's cursor and limit choose, in the
// final order, counts those that come after, and sets the cursor that continues with them.
func limit(b *bundle.Bundle, o *api.Options) error {
	n, from := o.Limit, 0
	if n == 0 {
		n = bundle.MaxEntries
	}
	key := api.CursorKey(b)
	if o.Cursor != "" {
		at, of, err := bundle.ReadCursor(o.Cursor)
		if err != nil {
			return err
		}
		from = at
		if of != key {
			return fault.New(
				fault.VersionSkew,
				"the cursor continues another answer: the workspace, the question or the server has changed since",
			).
				WithHint("ask from the start, without the cursor")
		}
	}
	if b.Facts == nil {
		return nil
	}
	b.Meta.Truncated += b.Facts.Window(from, n)
	if tokens := o.Budget; tokens > 0 {
		n = min(n, b.Facts.Fitting(tokens*bundle.BytesPerToken))
		b.Meta.Truncated += b.Facts.Window(0, n)
	}
	if b.Meta.Truncated > 0 {
		next := bundle.Cursor(from+n, key)
		b.Meta.Cursor = &next
	}
	return nil
}
