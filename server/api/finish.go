package api

import (
	"strings"

	"lanser/selectors/fault"
	"lanser/server/bundle"
)

// Finish applies what a request's options demand of a complete answer, sets the exit code,
// which exit works out (nil for 0), and cuts the lists to the request's limit. Requirements
// and exit code are about all of the answer, so the cut is last.
func Finish(b *bundle.Bundle, o *Options, exit func(*bundle.Bundle, *Options) int) error {
	ev := b.Evidence
	if o.Require == "complete" && ev.State != bundle.Complete {
		return fault.New(
			fault.Incomplete,
			"the evidence is %s, and complete was required: %s",
			ev.State,
			strings.Join(ev.Reasons, "; "),
		)
	}
	possible := ev.Ledger != nil && ev.Ledger.Possible > 0 // an answer, though no use is certain
	if exit == nil && b.Facts.Empty() && !ev.Finished() && !possible {
		return fault.New(
			fault.Incomplete,
			"nothing was found, but the search was not complete: %s",
			strings.Join(ev.Reasons, "; "),
		)
	}
	if exit != nil {
		b.Meta.ExitCode = exit(b, o)
	}
	return limit(b, o)
}

// limit keeps of every list the entries that the request's cursor and limit choose, in the
// final order, counts those that come after, and sets the cursor that continues with them.
func limit(b *bundle.Bundle, o *Options) error {
	n, from := o.Limit, 0
	if n == 0 {
		n = bundle.MaxEntries
	}
	key := CursorKey(b)
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
