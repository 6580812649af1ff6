package server

import (
	"context"
	"testing"
	"time"

	"lanser/selectors/fault"
	"lanser/server/catalogue"
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
