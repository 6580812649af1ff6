package pool

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"lanser/index"
	"lanser/selectors/fault"
	"lanser/server/catalogue"
	"lanser/server/lsp"
	"lanser/server/toolchain"
	"lanser/server/trace"
)

// ColdTimeout bounds the time until a server that must be started is ready, for requests that name
// no timeout of their own.
const ColdTimeout = 2 * time.Minute

// Config says of which workspace the sessions are.
type Config struct {
	Workspace *index.Workspace
	Machine   *toolchain.Machine
	Log       trace.Log
	Trust     bool // servers may run what the workspace brings along
}

// Pool holds the sessions of one workspace. It is safe for concurrent use.
type Pool struct {
	cfg Config

	mu     sync.Mutex
	slots  map[string]*slot // by name of the server; nil once closed
	closed bool
}

// New returns a pool without a session.
func New(cfg Config) *Pool { return &Pool{cfg: cfg, slots: map[string]*slot{}} }

// Close ends every server, and returns when they have ended. Questions that have a turn finish
// first; later ones fail.
func (p *Pool) Close() {
	p.mu.Lock()
	p.closed = true
	slots := p.slots
	p.slots = nil
	p.mu.Unlock()
	var closing sync.WaitGroup
	for _, s := range slots {
		closing.Go(func() {
			<-s.turn
			s.drop()
			s.turn <- struct{}{}
		})
	}
	closing.Wait()
}

// slot holds the session of one server. Everything but use is guarded by the turn.
type slot struct {
	turn       chan struct{} // holds a token while nobody has the turn
	session    *lsp.Session
	host       *toolchain.Host
	with       *Surroundings // that the session was started with
	generation int           // how many sessions there were

	timeouts    int // questions in a row that a ready server did not answer in time
	failures    int // in a row
	failedAt    time.Time
	lastFailure *fault.Error

	use atomic.Pointer[use]
}

func (s *slot) drop() {
	if s.session != nil {
		s.session.Close()
		s.host.Launch.Clean()
		s.session, s.host = nil, nil
	}
	s.use.Store(nil)
}

// View is what a question is about.
type View struct {
	Snap *index.Snapshot // the workspace as the server shall see it
	Disk *index.Snapshot // the same without what is supposed
	// Hypothetical is a question about the workspace as it would be.
	Hypothetical bool
	// Words leases a session of its own, for questions about words in files that the server remembers
	// once they were open ([catalogue.Server.Remembers]).
	Words bool
}

// Turn is the lease of a server's session by one question.
type Turn struct {
	pool     *Pool
	srv      *catalogue.Server
	view     View
	slot     *slot
	verified *Surroundings // unchanged, as was verified while this question held the turn
}

// Turn waits for the turn of a server. The error is Timeout where the context ends first, and
// Cancelled where the pool is closed. The caller calls Done.
func (p *Pool) Turn(ctx context.Context, srv *catalogue.Server, view View) (*Turn, error) {
	name := srv.Name
	if view.Hypothetical {
		name += " with an overlay"
	}
	if view.Words {
		name += " for words"
	}
	p.mu.Lock()
	if p.closed {
		p.mu.Unlock()
		return nil, fault.New(fault.Cancelled, "the engine is closed")
	}
	s := p.slots[name]
	if s == nil {
		s = &slot{turn: make(chan struct{}, 1)}
		s.turn <- struct{}{}
		p.slots[name] = s
	}
	p.mu.Unlock()
	select {
	case <-s.turn:
		s.mark(true)
		return &Turn{pool: p, srv: srv, view: view, slot: s}, nil
	case <-ctx.Done():
		return nil, fault.Wrap(fault.Timeout, ctx.Err(), "%s was busy with other questions", srv.Name).
			WithHint("give it longer with --timeout")
	}
}

// maxTimeouts is after how many questions in a row without an answer a server is ended: it hangs,
// or is too slow to be of use.
const maxTimeouts = 2

// Done gives the turn back. The error is that of the question: it tells whether the server died.
func (t *Turn) Done(err *error) {
	s := t.slot
	switch {
	case s.timeouts >= maxTimeouts:
		s.drop()
		s.timeouts = 0
	case fault.Is(*err, fault.Crash):
		s.failures++
		s.failedAt, s.lastFailure = time.Now(), fault.From(*err)
	case *err == nil:
		s.failures = 0
	}
	s.mark(false)
	s.turn <- struct{}{}
}

// Leased is a session that is ready for the question.
type Leased struct {
	*lsp.Session
	Host  *toolchain.Host
	Ready lsp.Readiness
	Warm  bool // it had been there before the question
}

// Session returns the server's session, with the view's files and exactly the given documents open,
// once it has said that it is ready; one that is dead or out of date is started anew. Where it
// fails, Warm tells whether the session had been there before.
func (t *Turn) Session(ctx context.Context, open []string) (l Leased, err error) {
	s := t.slot
	for fresh := false; ; fresh = true {
		if s.session != nil && !t.current() {
			s.drop()
		}
		l.Warm = s.session != nil
		if s.session == nil {
			if err := t.start(ctx); err != nil {
				return l, err
			}
		}
		err = s.session.Sync(ctx, t.view.Snap, open)
		if !errors.Is(err, lsp.ErrStale) || fresh {
			break
		}
		s.drop()
	}
	if err != nil {
		return l, err
	}
	l.Session, l.Host = s.session, s.host
	l.Ready, err = s.session.Await(ctx, t.view.Snap)
	return l, err
}

// current reports whether the session lives, and was started with what the machine has now.
func (t *Turn) current() bool {
	s := t.slot
	return s.session.Alive() && (s.with == t.verified || s.with.Unchanged(t.view.Disk))
}

// Live returns the key of the session, if one lives that is up to date: until another key is
// returned, it is the same session. It starts none.
func (t *Turn) Live() (key string, ok bool) {
	if t.slot.session == nil || !t.current() {
		return "", false
	}
	t.verified = t.slot.with
	return t.Key(), true
}

// Key names the session that was started last.
func (t *Turn) Key() string { return fmt.Sprint(t.slot.generation) }

// Started returns the session that the turn has, for who wants to know later whether it still holds;
// ok is false where there is none.
func (t *Turn) Started() (s Started, ok bool) {
	return Started{Session: t.slot.session, With: t.slot.with}, t.slot.session != nil
}

// Started is a session with what it was started with.
type Started struct {
	*lsp.Session
	With *Surroundings
}

// Answered counts whether the server has answered in time.
func (t *Turn) Answered(err error) {
	if fault.Is(err, fault.Timeout) {
		t.slot.timeouts++
	} else {
		t.slot.timeouts = 0
	}
}

// start starts the server in the sandbox.
func (t *Turn) start(ctx context.Context) error {
	s, cfg, srv := t.slot, &t.pool.cfg, t.srv
	mayStart := func() ([]byte, error) { return nil, s.mayStart(ctx, srv) }
	if _, err := cfg.Log.Ask("may start "+srv.Name, mayStart); err != nil {
		return err
	}
	s.generation++
	host := &toolchain.Host{}
	raw, err := cfg.Log.Ask("host of "+srv.Name, func() ([]byte, error) {
		found, err := cfg.Machine.Prepare(ctx, srv, t.view.Snap)
		if err != nil {
			return nil, err
		}
		host = found
		host.LeftOut = t.view.Snap.LeftOut()
		return json.Marshal(host)
	})
	if err == nil {
		err = json.Unmarshal(raw, host) // in a replay, nothing else is known of it
	}
	if err != nil {
		host.Launch.Clean()
		return err
	}
	with := t.pool.surround(srv, t.view.Disk, host)
	launch := host.Launch
	session, err := lsp.Start(ctx, lsp.Config{
		Server: srv, Dir: host.Dir, Trust: cfg.Trust, Interpreter: host.Python, Argv: launch.Argv, Env: launch.Env,
		Root: cfg.Workspace.Root(), Policy: launch.Policy, PID: host.PID, Tape: cfg.Log.Tape(srv.Name, launch.Env),
	})
	if err != nil {
		launch.Clean()
		return err
	}
	s.session, s.host, s.with = session, host, with
	s.mark(true)
	return nil
}

// A server that dies is started again with growing pauses, and after maxFailures in a row not
// before restPause is over: whoever asks meanwhile is told at once.
const (
	maxFailures = 3
	firstPause  = 100 * time.Millisecond
	restPause   = 30 * time.Second
)

// mayStart waits out the pause after a failure; it fails at once where there were too many.
func (s *slot) mayStart(ctx context.Context, srv *catalogue.Server) error {
	if s.failures == 0 {
		return nil
	}
	since := time.Since(s.failedAt)
	if s.failures >= maxFailures {
		if left := restPause - since; left > 0 {
			f := *s.lastFailure
			f.Message = fmt.Sprintf("%s has died %d times in a row and is not started again for %s; at last: %s",
				srv.Name, s.failures, restPause, f.Message)
			return &f
		}
		return nil // one more try
	}
	pause := time.NewTimer(firstPause<<(s.failures-1) - since)
	defer pause.Stop()
	select {
	case <-pause.C:
		return nil
	case <-ctx.Done():
		return fault.Wrap(
			fault.Timeout,
			ctx.Err(),
			"%s died, and there was no time to start it again: %s",
			srv.Name,
			s.lastFailure.Message,
		)
	}
}
