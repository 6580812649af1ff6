package server

import (
	"context"
	"runtime"
	"sync"
	"time"

	"golang.org/x/sync/semaphore"

	"lanser/selectors/fault"
	"lanser/server/trace"
)

// Turns bounds how many questions work at once, so that the CPU and memory that they take
// are bounded however many are asked. A question that waits for a language server gives
// its turn back meanwhile: a slow server holds up nobody else. Questions wait in order of
// arrival; one that is cancelled while it waits never begins.
type Turns struct{ all *semaphore.Weighted }

// NewTurns lets twice as many questions work as there are cores.
func NewTurns() *Turns { return &Turns{semaphore.NewWeighted(int64(2 * clientTurns()))} }

// clientTurns is how many questions of one client work at once.
func clientTurns() int { return max(2, runtime.GOMAXPROCS(0)) }

// Share is what the questions of one client have in common: however many it asks, others
// wait for no more of them than work at once.
type Share struct {
	own *semaphore.Weighted
	// room waits until another answer may be begun; nil does not wait.
	room func(context.Context) error
}

// NewShare makes the share of one client. A question begins once room returns nil: a
// client that does not read its answers gets no more of them.
func NewShare(room func(context.Context) error) *Share {
	return &Share{own: semaphore.NewWeighted(int64(clientTurns())), room: room}
}

// ShareOf is the share of the client whose question ctx is of; nil where it has none.
func ShareOf(ctx context.Context) *Share {
	share, _ := ctx.Value(shareKey{}).(*Share)
	return share
}

// Room waits until the client has taken enough of its answers for another. It may be called
// for no share.
func (s *Share) Room(ctx context.Context) error {
	if s == nil || s.room == nil {
		return nil
	}
	return s.room(ctx)
}

type (
	shareKey struct{}
	turnKey  struct{}
)

// With is the context of the client's questions.
func (s *Share) With(ctx context.Context) context.Context {
	return context.WithValue(ctx, shareKey{}, s)
}

// turn is the right of one question to work. A question that asks another one, as a
// comparison does, shares it.
type turn struct {
	turns *Turns
	share *Share // nil where the client has none

	mu      sync.Mutex
	waiting int  // parts of the question that wait for a server
	held    bool // false while all of it waits
}

// take waits for a turn, which ends with done.
func (t *Turns) take(ctx context.Context) (with context.Context, done func(), err error) {
	if ctx.Value(turnKey{}) != nil {
		return ctx, func() {}, nil
	}
	mine := &turn{turns: t, share: ShareOf(ctx)}
	if err := mine.acquire(ctx, true); err != nil {
		return ctx, nil, err
	}
	return context.WithValue(ctx, turnKey{}, mine), mine.end, nil
}

// acquire waits for the client's own turn, then for one among all.
func (t *turn) acquire(ctx context.Context, begin bool) error {
	if t.share != nil {
		if err := t.share.own.Acquire(ctx, 1); err != nil {
			return err
		}
		if begin {
			if err := t.share.Room(ctx); err != nil {
				t.share.own.Release(1)
				return err
			}
		}
	}
	if err := t.turns.all.Acquire(ctx, 1); err != nil {
		if t.share != nil {
			t.share.own.Release(1)
		}
		return err
	}
	t.held = true
	return nil
}

func (t *turn) release() {
	t.held = false
	t.turns.all.Release(1)
	if t.share != nil {
		t.share.own.Release(1)
	}
}

func (t *turn) end() {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.held {
		t.release()
	}
}

// yield gives the question's turn back while it waits for a server; resume takes one again.
// Where time is up before there is one, the question goes on to its end without.
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
// meanwhile. Requests that are recorded or replayed are put one after the other anyway.
func (e *Engine) inTurn(ctx context.Context, req Request) (j *job, err error) {
	if e.log == trace.Off {
		var done func()
		if ctx, done, err = e.cfg.Turns.take(ctx); err != nil {
			return &job{req: req, b: blank(e.ws.Root(), e.platform, req)}, err
		}
		defer done()
	}
	for attempt := range 2 {
		j, err = e.attemptInTime(ctx, req)
		if !fault.Is(err, fault.ContentModified) || attempt > 0 {
			break
		}
	}
	return j, err
}

// lateAnswer is how long after its deadline an attempt that has work to put together may
// still answer: it tells more than the deadline does.
var lateAnswer = 5 * time.Second

// attemptInTime is attempt, which is left behind where it does not end: a read from a file
// system that has died blocks for ever, and nothing can end it.
func (e *Engine) attemptInTime(ctx context.Context, req Request) (*job, error) {
	type result struct {
		j   *job
		err error
	}
	done := make(chan result, 1)
	go func() {
		j, err := e.attempt(ctx, req)
		done <- result{j, err}
	}()
	select {
	case r := <-done:
		return r.j, r.err
	case <-ctx.Done():
	}
	late := time.NewTimer(lateAnswer)
	defer late.Stop()
	select {
	case r := <-done:
		return r.j, r.err
	case <-late.C:
		return &job{req: req, b: blank(e.ws.Root(), e.platform, req)}, context.Cause(ctx)
	}
}
