package server

import (
	"context"
	"errors"
	"sync/atomic"
	"testing"
	"testing/synctest"

	"lanser/selectors/fault"
	"lanser/server/api"
)

// working is questions that work until they are let.
type working struct {
	turns *Turns
	let   chan struct{}
	begun atomic.Int64
	ended atomic.Int64 // without having begun
}

func newWorking() *working { return &working{turns: NewTurns(), let: make(chan struct{})} }

// ask puts n questions.
func (w *working) ask(ctx context.Context, n int, work func(context.Context)) {
	for range n {
		go func() {
			ctx, done, err := w.turns.take(ctx)
			if err != nil {
				w.ended.Add(1)
				return
			}
			defer done()
			w.begun.Add(1)
			work(ctx)
		}()
	}
}

func (w *working) untilLet(context.Context) { <-w.let }

func TestARequestThatIsCancelledWhileItWaitsNeverStarts(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorking()
		w.ask(t.Context(), 2*api.ClientTurns(), w.untilLet)
		synctest.Wait()
		ctx, leave := context.WithCancel(t.Context())
		w.ask(api.NewShare(nil).With(ctx), 250, w.untilLet)
		synctest.Wait()
		if n := w.begun.Load(); n != int64(2*api.ClientTurns()) {
			t.Errorf("%d questions work at once", n)
		}
		leave()
		synctest.Wait()
		if n := w.ended.Load(); n != 250 {
			t.Errorf("%d of 250 cancelled questions have ended", n)
		}
		close(w.let)
	})
}

func TestTurnsAreSharedFairlyBetweenClients(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorking()
		w.ask(api.NewShare(nil).With(t.Context()), 100, w.untilLet)
		synctest.Wait()
		before := w.begun.Load()
		w.ask(api.NewShare(nil).With(t.Context()), 1, w.untilLet)
		synctest.Wait()
		if now := w.begun.Load(); before != int64(api.ClientTurns()) || now != before+1 {
			t.Errorf("%d questions of one client work, and %d with another's", before, now)
		}
		close(w.let)
	})
}

func TestARequestThatWaitsForItsServerBlocksNoOther(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorking()
		share := api.NewShare(nil).With(t.Context())
		w.ask(share, 100, func(ctx context.Context) {
			resume := yield(ctx)
			inner := yield(ctx) // two servers are asked at a time
			<-w.let
			inner()
			resume()
		})
		synctest.Wait()
		if n := w.begun.Load(); n != 100 {
			t.Errorf("%d questions have begun", n)
		}
		close(w.let)
		synctest.Wait()
		w.ask(share, 1, func(context.Context) {}) // every turn was given back
		synctest.Wait()
		if n := w.begun.Load(); n != 101 {
			t.Error("a turn is lost")
		}
	})
}

func TestARequestThatTimesOutAtItsServerEndsWithoutATurn(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorking()
		ctx, cancel := context.WithCancel(t.Context())
		w.ask(ctx, 1, func(ctx context.Context) {
			resume := yield(ctx)
			<-ctx.Done()
			resume()
		})
		synctest.Wait()
		w.ask(t.Context(), 2*api.ClientTurns(), w.untilLet) // all turns
		cancel()
		synctest.Wait()
		close(w.let)
		synctest.Wait()
		w.ask(t.Context(), 2*api.ClientTurns(), func(context.Context) {})
		synctest.Wait()
		if n := w.begun.Load(); n != int64(1+4*api.ClientTurns()) {
			t.Errorf("%d questions have begun", n)
		}
	})
}

func TestAnInnerRequestSharesTheTurnOfTheOuterOne(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorking()
		w.ask(t.Context(), 2*api.ClientTurns(), func(ctx context.Context) {
			_, done, err := w.turns.take(ctx)
			if err != nil {
				t.Error(err)
			}
			done()
			<-w.let
		})
		synctest.Wait()
		if n := w.begun.Load(); n != int64(2*api.ClientTurns()) {
			t.Errorf("%d questions have begun", n)
		}
		close(w.let)
	})
}

func TestNoRequestStartsForAClientThatDoesNotRead(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorking()
		reads := make(chan struct{})
		share := api.NewShare(func(ctx context.Context) error {
			select {
			case <-reads:
				return nil
			case <-ctx.Done():
				return ctx.Err()
			}
		})
		ctx, leave := context.WithCancel(t.Context())
		w.ask(share.With(ctx), 10, w.untilLet)
		synctest.Wait()
		if n := w.begun.Load(); n != 0 {
			t.Errorf("%d questions have begun", n)
		}
		close(reads)
		synctest.Wait()
		if n := w.begun.Load(); n != int64(api.ClientTurns()) {
			t.Errorf("%d questions have begun once it reads", n)
		}
		leave()
		close(w.let)
	})
}

// A request that was cut short has no answer, and nothing of it is cached.
func TestACancelledRequestHasNoAnswer(t *testing.T) {
	e, err := New(Config{Root: t.TempDir()})
	if err != nil {
		t.Fatal(err)
	}
	defer e.Close()
	ctx, cancel := context.WithCancelCause(t.Context())
	cancel(errors.New("the client has left"))
	for _, req := range []api.Request{
		{Op: "symbols", Query: "x"},
		{Op: "locate", Selector: []byte(`"go://*#F"`)},
		{Op: "diagnostics"},
		{Op: "references", Selector: []byte(`"py://m#F"`)},
	} {
		b, err := e.Do(ctx, req)
		if err == nil || b.Error == nil || b.Error.Code != fault.Cancelled {
			t.Errorf("%s: %v, %+v", req.Op, err, b.Error)
		}
	}
}
