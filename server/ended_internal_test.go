package server

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"lanser/selectors/fault"
	"lanser/server/catalogue"
	"lanser/server/trace"
)

// What was found until a context ended is no answer: it would be remembered as if it were all.
func TestWhatIsFoundUntilAContextEndsIsNoAnswer(t *testing.T) {
	cancelled, cancel := context.WithCancel(t.Context())
	cancel()
	late, cancel := context.WithDeadline(t.Context(), time.Unix(1, 0))
	defer cancel()
	for name, tt := range map[string]struct {
		ctx  context.Context
		want fault.Code
	}{
		"goes on": {t.Context(), ""}, "is cancelled": {cancelled, fault.Cancelled}, "is late": {late, fault.Timeout},
	} {
		err := ended(tt.ctx, catalogue.Named("gopls"))
		if (err == nil) != (tt.want == "") || err != nil && !fault.Is(err, tt.want) {
			t.Errorf("a context that %s: %v", name, err)
		}
	}
}

// A check leaves a part of its time for putting together what its servers have found.
func TestTheServersOfACheckEndBeforeItsTimeIsUp(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		for _, tt := range []struct{ timeout, want time.Duration }{
			{0, 0},
			{time.Second, 900 * time.Millisecond},
			{time.Minute, 54 * time.Second},
			{time.Hour, time.Hour - 30*time.Second},
		} {
			for _, log := range []trace.Log{trace.Off, stuck{}} {
				ctx, want := t.Context(), tt.want
				if tt.timeout > 0 {
					var cancel context.CancelFunc
					ctx, cancel = context.WithTimeout(ctx, tt.timeout)
					defer cancel()
				}
				if log != trace.Off {
					want = tt.timeout // a trace has no second end
				}
				e := &Engine{log: log}
				asking, cancel := e.timeToAsk(ctx)
				end, ok := asking.Deadline()
				cancel()
				if ok != (want > 0) || ok && time.Until(end) != want {
					t.Errorf("of %s with %T: %s, want %s", tt.timeout, log, time.Until(end), want)
				}
			}
		}
	})
}
