package states

import (
	"context"
	"errors"
	"time"

	"lanser/selectors/fault"
)

// Late returns the error of a request whose context was bounded by a timeout. Whatever broke off last, the reason is
// that time was up or that nobody waits any more: a git that was ended in the middle of its answer says nothing about
// the repository.
func Late(ctx context.Context, err error, timeout time.Duration) error {
	switch {
	case err == nil:
	case errors.Is(ctx.Err(), context.DeadlineExceeded) && !fault.Is(err, fault.Timeout):
		return fault.Wrap(fault.Timeout, err, "the request did not finish in %s", timeout).
			WithHint("give it longer with --timeout")
	case errors.Is(ctx.Err(), context.Canceled) && !fault.Is(err, fault.Cancelled):
		return fault.Wrap(fault.Cancelled, err, "the request was cancelled")
	}
	return err
}
