package server

import (
	"context"
	"sync"
	"time"

	"golang.org/x/sync/semaphore"

	"lanser/selectors/fault"
	"lanser/server/api"
	"lanser/server/trace"
)

// Turns bounds how many questions work at once, so that the CPU and memory that they take
// are bounded however many are asked. A question that waits for a language server gives
// its turn back meanwhile: a slow server holds up nobody else. Questions wait in order of
// arrival; one that is cancelled while it waits never begins.
type Turns struct{ all *semaphore.Weighted }

// NewTurns lets twice as many questions work as there are cores.
func NewTurns() *Turns { return &Turns{all: semaphore.NewWeighted(int64(2 * api.ClientTurns()))} }

// turnKey is the key of a question's turn in its context. A question with a turn in its context does not wait for
// another one: if all turns were held by questions that wait for inner ones, none of them would ever end.
type turnKey struct{}

// turn is the right of one question to work. A question that asks another one, as a
// comparison does, shares it.
type turn struct {
	turns *Turns
	share *api.Share // nil where the client has none

	mu      sync.Mutex // guards the fields below
	waiting int        // parts of the question that wait for a server
	held    bool       // false while a part waits
}

// take waits for a turn, which ends with done.
func (t *Turns) take(ctx context.Context) (with context.Context, done func(), err error) {
	if ctx.Value(turnKey{}) != nil {
		return ctx, func() {}, nil
	}
	mine := &turn{turns: t, share: api.ShareOf(ctx)}
	if err := mine.acquire(ctx, true); err != nil {
		return ctx, nil, err
	}
	return context.WithValue(ctx, turnKey{}, mine), mine.end, nil
}

// acquire waits for the client's own turn, then for one among all. In this order a client with many questions waits for
// itself, and takes no turn of the others meanwhile. A question that begins also waits until the client has read enough
// of its answers; one that goes on does not, because it holds what it has found. The caller holds t.mu, or is the only
// one to know t.
func (t *turn) acquire(ctx context.Context, begin bool) error {
	if err := t.share.Acquire(ctx); err != nil {
		return err
	}
	if begin {
		if err := t.share.Room(ctx); err != nil {
			t.share.Release()
			return err
		}
	}
	if err := t.turns.all.Acquire(ctx, 1); err != nil {
		t.share.Release()
		return err
	}
	t.held = true
	return nil
}

// release gives back what acquire has taken. The caller holds t.mu.
func (t *turn) release() {
	t.held = false
	t.turns.all.Release(1)
	t.share.Release()
}

// end gives the turn back if the question still has it.
func (t *turn) end() {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.held {
		t.release()
	}
}

// yield gives the question's turn back while it waits for a server; resume takes one again.
// Where time is up before there is one, the question goes on to its end without. The parts of a check share the turn of
// their question: it is given back when the first of them begins to wait, and taken again when none waits any more.
func yield(ctx context.Context) (resume func()) {
	t, ok := ctx.Value(turnKey{}).(*turn)
	if !ok {
		return func() {}
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	t.waiting++
	if t.waiting == 1 && t.held {
		t.release()
	}
	return func() {
		t.mu.Lock()
		defer t.mu.Unlock()
		t.waiting--
		if t.waiting == 0 {
			_ = t.acquire(ctx, false)
		}
	}
}

// inTurn waits for the request's turn and answers it, once more where the workspace changed
// meanwhile. Requests that are recorded or replayed are put one after the other anyway. A workspace that changes twice
// is being written to: the request fails with ContentModified (spec section 4, "Torn reads").
func (e *Engine) inTurn(ctx context.Context, req api.Request) (a *answer, err error) {
	if e.log == trace.Off {
		var done func()
		ctx, done, err = e.cfg.Turns.take(ctx)
		if err != nil {
			return e.unanswered(req), err
		}
		defer done()
	}
	for attempt := range 2 {
		a, err = e.attemptInTime(ctx, req)
		if !fault.Is(err, fault.ContentModified) || attempt > 0 {
			break
		}
	}
	return a, err
}

// lateAnswer is how long after its deadline an attempt that has work to put together may
// still answer: it tells more than the deadline does.
var lateAnswer = 5 * time.Second

// attemptInTime is attempt, which is left behind where it does not end: a read from a file
// system that has died blocks for ever, and nothing can end it. Its answer is then never used: the one that is returned
// has nothing in common with it.
func (e *Engine) attemptInTime(ctx context.Context, req api.Request) (*answer, error) {
	type result struct {
		answer *answer
		err    error
	}
	done := make(chan result, 1)
	go func() {
		a, err := e.attempt(ctx, req)
		done <- result{a, err}
	}()
	select {
	case r := <-done:
		return r.answer, r.err
	case <-ctx.Done():
	}
	late := time.NewTimer(lateAnswer)
	defer late.Stop()
	select {
	case r := <-done:
		return r.answer, r.err
	case <-late.C:
		return e.unanswered(req), context.Cause(ctx)
	}
}
