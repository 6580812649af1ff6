package pool

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
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

// ColdTimeout is the time limit for the start of a server, for requests without a timeout of their own.
const ColdTimeout = 2 * time.Minute

// Config is the configuration of a pool.
type Config struct {
	Workspace *index.Workspace
	Machine   *toolchain.Machine
	Log       trace.Log
	Trust     bool         // servers may run programs of the workspace
	Format    trace.Format // of the trace that is replayed
}

// Pool holds the sessions of one workspace. It is safe for concurrent use.
type Pool struct {
	cfg Config

	mu     sync.Mutex
	slots  map[string]*slot // by name of the server; nil once closed
	builds []string         // names of the slots for other builds, that of the last question last
	closed bool
}

// New returns a pool without sessions.
func New(cfg Config) *Pool { return &Pool{cfg: cfg, slots: map[string]*slot{}} }

// Close ends every server, and returns when they have ended. Questions that have a turn are finished
// first; later questions fail.
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
	turn       chan struct{} // contains a token while no question has the turn
	session    *lsp.Session
	host       *toolchain.Host
	with       *Surroundings // when the session was started
	generation int           // number of sessions that were started
	renews     bool          // the session to be started replaces one by [Turn.Renew]
	renewed    bool          // the session was started so

	timeouts    int // consecutive questions that a ready server did not answer in time
	failures    int // consecutive failures
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

// View is the state of the workspace that a question is about.
type View struct {
	Snap *index.Snapshot // the workspace with the overlay
	Disk *index.Snapshot // the workspace without the overlay
	// Hypothetical is true if there is an overlay.
	Hypothetical bool
	// Words requests a separate session for questions about words, because the server remembers files
	// that were open once ([catalogue.Server.Remembers]).
	Words bool
	// Fixes requests a separate session that asks for quick fixes, because it declares more to the server.
	Fixes bool
	// Check requests a separate session for diagnostics, because the server remembers documents that were sent
	// with other lines than the files have ([catalogue.Server.CheckPrefix]), or gets other folders.
	Check bool
	// Folders are what [catalogue.Server.CheckFolders] returns, for a session with Check.
	Folders []string
}

// Turn gives one question exclusive use of a server's session.
type Turn struct {
	pool     *Pool
	srv      *catalogue.Server
	view     View
	slot     *slot
	verified *Surroundings // verified as unchanged during this turn
}

// Turn waits for exclusive use of a server's session. The error is Timeout if the context ends first,
// and Cancelled if the pool is closed. The caller must call [Turn.Done].
func (p *Pool) Turn(ctx context.Context, srv *catalogue.Server, view View) (*Turn, error) {
	name := srv.Name
	if !srv.Build.IsOwn() {
		name += " for " + srv.Build.String()
	}
	if view.Hypothetical {
		name += " with an overlay"
	}
	if view.Words {
		name += " for words"
	}
	if view.Fixes {
		name += " for fixes"
	}
	if view.Check {
		name += " for checks"
	}
	if len(view.Folders) > 0 {
		name += " with " + strings.Join(view.Folders, ", ")
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
	if !srv.Build.IsOwn() {
		p.lastUsed(name)
	}
	p.mu.Unlock()
	// A server that is free is not busy, also if time is up already: what fails next says so. Without this, chance
	// would choose the error, and the replay of a trace might have another one than the record.
	select {
	case <-s.turn:
	default:
		select {
		case <-s.turn:
		case <-ctx.Done():
			return nil, fault.Wrap(fault.Timeout, ctx.Err(), "%s was busy with other questions", srv.Name).
				WithHint("give it longer with --timeout")
		}
	}
	s.mark(true)
	return &Turn{pool: p, srv: srv, view: view, slot: s}, nil
}

// maxBuilds bounds the sessions for other builds than the servers' own.
const maxBuilds = 4

// lastUsed notes that a session for another build is about to be used, and ends the one that was not used for the
// longest time if there are too many. One that answers a question stays. The caller holds p.mu.
func (p *Pool) lastUsed(name string) {
	p.builds = append(slices.DeleteFunc(p.builds, func(n string) bool { return n == name }), name)
	for _, old := range p.builds[:max(0, len(p.builds)-maxBuilds)] {
		s := p.slots[old]
		select {
		case <-s.turn:
			s.drop()
			s.turn <- struct{}{}
			p.builds = slices.DeleteFunc(p.builds, func(n string) bool { return n == old })
		default:
		}
	}
}

// maxTimeouts is the number of consecutive questions without an answer after which a server is ended,
// because it hangs or is too slow.
const maxTimeouts = 2

// Done ends the turn. err is the error of the question, which shows whether the server has died.
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

// Leased is a session that is ready for a question.
type Leased struct {
	*lsp.Session
	Host  *toolchain.Host
	Ready lsp.Readiness
	Warm  bool // it was started for an earlier question
}

// Session returns the server's session when the server is ready. The session has the files of the
// view, and exactly the given documents are open. A session that is dead or out of date is replaced.
// If Session fails, Warm reports whether the session was started for an earlier question.
func (t *Turn) Session(ctx context.Context, open []string) (l Leased, err error) {
	s := t.slot
	for fresh := false; ; fresh = true {
		if s.session != nil && (!t.current() || !t.view.Words && s.session.HasMisread(open)) {
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

// current reports whether the session is alive and its surroundings have not changed since its start.
func (t *Turn) current() bool {
	s := t.slot
	return s.session.Alive() && (s.with == t.verified || s.with.Unchanged(t.view.Disk))
}

// Renew ends the session, so that the next one is a new one. It does so once in a row: ok is false if the session has
// replaced another one that was ended so.
func (t *Turn) Renew() (ok bool) {
	if t.slot.renewed {
		return false
	}
	t.slot.drop()
	t.slot.renews = true
	return true
}

// Live returns the key of the session if there is one that is alive and up to date. Equal keys mean
// the same session. Live never starts a session.
func (t *Turn) Live() (key string, ok bool) {
	if t.slot.session == nil || !t.current() {
		return "", false
	}
	t.verified = t.slot.with
	return t.Key(), true
}

// Key returns the key of the session that was started last.
func (t *Turn) Key() string { return fmt.Sprint(t.slot.generation) }

// Started returns the current session for a later check of whether it is still valid; ok is false if
// there is no session.
func (t *Turn) Started() (s Started, ok bool) {
	return Started{Session: t.slot.session, With: t.slot.with}, t.slot.session != nil
}

// Started is a session with its surroundings at the start.
type Started struct {
	*lsp.Session
	With *Surroundings
}

// Answered records whether the server has answered in time; err is the error of the answer.
func (t *Turn) Answered(err error) {
	if fault.Is(err, fault.Timeout) {
		t.slot.timeouts++
	} else {
		t.slot.timeouts = 0
	}
}

// fixesAtOnce bounds the questions for quick fixes that a session asks at a time.
const fixesAtOnce = 4

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
		err = json.Unmarshal(raw, host) // A replay has no other information about the host.
	}
	if err != nil {
		host.Launch.Clean()
		return err
	}
	fixes := 0
	if t.view.Fixes {
		fixes = fixesAtOnce
		if cfg.Log != trace.Off { // a trace holds one question after the other
			fixes = 1
		}
	}
	with := t.pool.surround(srv, t.view.Disk, host)
	launch := host.Launch
	session, err := lsp.Start(ctx, lsp.Config{
		Server: srv.AsOf(cfg.Format), Dir: host.Dir, Guessed: host.Guessed, Folders: t.view.Folders,
		Trust: cfg.Trust, Interpreter: host.Python,
		Argv: launch.Argv, Env: launch.Env,
		Root: cfg.Workspace.Root(), Projects: host.Projects, Policy: launch.Policy, PID: host.PID,
		Tape:  cfg.Log.Tape(srv.Name, launch.Env),
		Fixes: fixes,
	})
	if err != nil {
		launch.Clean()
		return err
	}
	s.session, s.host, s.with = session, host, with
	s.renewed, s.renews = s.renews, false
	s.mark(true)
	return nil
}

// A server that has died is restarted after a pause that grows with each failure. After maxFailures
// consecutive failures it is not restarted before restPause is over, and questions fail at once.
const (
	maxFailures = 3
	firstPause  = 100 * time.Millisecond
	restPause   = 30 * time.Second
)

// mayStart waits until the pause after a failure is over. It fails at once if there were too many
// failures.
func (s *slot) mayStart(ctx context.Context, srv *catalogue.Server) error {
	if s.failures == 0 {
		return nil
	}
	since := time.Since(s.failedAt)
	if s.failures >= maxFailures {
		if left := restPause - since; left > 0 {
			f := *s.lastFailure
			f.Message = fmt.Sprintf("%s has died %d times in a row and is not restarted for %s; the last error: %s",
				srv.Name, s.failures, restPause, f.Message)
			return &f
		}
		return nil // another attempt
	}
	pause := time.NewTimer(firstPause<<(s.failures-1) - since)
	defer pause.Stop()
	select {
	case <-pause.C:
		return nil
	case <-ctx.Done():
		return fault.Wrap(fault.Timeout, ctx.Err(), "%s died, and there was no time to restart it: %s", srv.Name,
			s.lastFailure.Message)
	}
}
