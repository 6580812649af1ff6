package server

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync/atomic"
	"time"

	"lanser/index"
	"lanser/selectors/fault"
	"lanser/server/api"
	"lanser/server/bundle"
	"lanser/server/catalogue"
	"lanser/server/install"
	"lanser/server/lsp"
	"lanser/server/toolchain"
)

// slot holds the session of one server. Its turn channel lets one question at a
// time through.
type slot struct {
	turn  chan struct{} // holds a token when free
	sess  *lsp.Session
	host  *toolchain.Host
	with  *surroundings // of sess
	names bundle.Roots  // of the workspace and of host; nil until asked for

	generation int // of the session: how many there were
	use        atomic.Pointer[use]

	timeouts    int // questions in a row that a ready server did not answer in time
	failures    int // in a row
	failedAt    time.Time
	lastFailure *fault.Error
}

func (s *slot) close() {
	<-s.turn
	s.drop()
	s.turn <- struct{}{}
}

func (s *slot) drop() {
	if s.sess != nil {
		s.sess.Close()
		s.host.Launch.Clean()
		s.sess, s.host, s.names = nil, nil, nil
	}
	s.use.Store(nil)
}

// slot returns the slot of a server with its turn taken.
// Hypothetical questions have sessions of their own, so that the answers to others never
// depend on what was supposed.
func (e *Engine) slot(ctx context.Context, srv *catalogue.Server, hypothetical bool) (*slot, error) {
	name := srv.Name
	if hypothetical {
		name += " with an overlay"
	}
	e.mu.Lock()
	if e.closed {
		e.mu.Unlock()
		return nil, fault.New(fault.Cancelled, "the engine is closed")
	}
	s := e.sessions[name]
	if s == nil {
		s = &slot{turn: make(chan struct{}, 1)}
		s.turn <- struct{}{}
		e.sessions[name] = s
	}
	e.mu.Unlock()
	select {
	case <-s.turn:
		return s, nil
	case <-ctx.Done():
		return nil, fault.Wrap(fault.Timeout, ctx.Err(), "%s was busy with other questions", srv.Name).WithHint("give it longer with --timeout")
	}
}

// start starts a server in the sandbox.
func (e *Engine) start(ctx context.Context, srv *catalogue.Server, v catalogue.View, disk *index.Snapshot) (*lsp.Session, *toolchain.Host, *surroundings, error) {
	h := &toolchain.Host{}
	raw, err := e.log.Ask("host of "+srv.Name, func() ([]byte, error) {
		found, err := e.machine.Prepare(ctx, srv, v)
		if err != nil {
			return nil, err
		}
		h = found
		return json.Marshal(h)
	})
	if err == nil {
		err = json.Unmarshal(raw, h) // in a replay, there is nothing else
	}
	if err != nil {
		h.Launch.Clean()
		return nil, nil, nil, err
	}
	with := e.surround(srv, disk, h)
	sess, err := lsp.Start(ctx, lsp.Config{
		Server: srv, Dir: h.Dir, Trust: e.cfg.Trust, Interpreter: h.Python, Argv: h.Launch.Argv, Env: h.Launch.Env, Root: e.ws.Root(),
		Policy: h.Launch.Policy, PID: h.PID, Tape: e.log.Tape(srv.Name, h.Launch.Env),
	})
	if err != nil {
		h.Launch.Clean()
		return nil, nil, nil, err
	}
	return sess, h, with, nil
}

// Deadlines of a request that names none. Explicit ones bound the whole.
const (
	ColdTimeout  = 2 * time.Minute  // until a server that must be started is ready
	WarmTimeout  = time.Minute      // for a ready server's answer; for its first, ColdTimeout
	CheckTimeout = 10 * time.Minute // for the diagnostics of all files that were asked for
)

// withSession runs ask on a session of srv that knows the job's snapshot, has
// exactly the given documents open, and has said that it is ready. Where a server
// that had answered before dies of the question, it is started anew and asked once
// more.
func (e *Engine) withSession(ctx context.Context, j *job, srv *catalogue.Server, open []string, ask func(context.Context, *lsp.Session) error) error {
	defer yield(ctx)()
	hypothetical := j.req.Options.Hypothetical()
	s, err := e.slot(ctx, srv, hypothetical)
	if err != nil {
		return err
	}
	defer func() {
		s.mark(false)
		s.turn <- struct{}{}
	}()
	s.mark(true)
	if hypothetical {
		open = j.openOverlaid(srv, open)
	}
	defer func() {
		if s.sess != nil {
			j.sessions = append(j.sessions, lasting{s.sess, s.with})
		}
		j.unnamed = j.unnamed || srv.Database != nil
	}()
	err = e.once(ctx, j, s, srv, open, func() error {
		before := j.save()
		warm, err := e.attend(ctx, j, s, srv, open, ask)
		if fault.Is(err, fault.Crash) && warm && ctx.Err() == nil {
			before()
			_, err = e.attend(ctx, j, s, srv, open, ask)
		}
		return err
	})
	switch {
	case s.timeouts >= maxTimeouts: // it hangs, or is too slow to be of use: the next question gets another
		s.drop()
		s.timeouts = 0
	case fault.Is(err, fault.Crash):
		s.failed(err)
	case err == nil:
		s.failures = 0
	}
	return err
}

// attend is one try of withSession; warm says whether the session had been there
// before.
func (e *Engine) attend(ctx context.Context, j *job, s *slot, srv *catalogue.Server, open []string, ask func(context.Context, *lsp.Session) error) (warm bool, err error) {
	cold, cancel := e.log.Within(ctx, ColdTimeout, "cold")
	defer cancel()
	for fresh := false; ; fresh = true {
		if s.sess != nil && (!s.sess.Alive() || s.with != j.sound && !e.same(srv, j.disk, s.with)) {
			s.drop()
		}
		warm = s.sess != nil
		if s.sess == nil {
			if _, err := e.log.Ask("may start "+srv.Name, func() ([]byte, error) { return nil, s.mayStart(cold, srv) }); err != nil {
				return false, err
			}
			s.generation++
			if s.sess, s.host, s.with, err = e.start(cold, srv, j.snap, j.disk); err != nil {
				return false, err
			}
			s.mark(true)
		}
		err = s.sess.Sync(cold, j.snap, open)
		if !errors.Is(err, lsp.ErrStale) || fresh {
			break
		}
		s.drop()
	}
	if err != nil {
		return warm, err
	}
	ready, err := s.sess.Await(cold, j.snap)
	if err != nil {
		return warm, err
	}
	e.describeServer(j, s, ready)
	if err := skewed(s.sess, j.req.Options.Server); err != nil {
		return warm, err
	}
	patience := WarmTimeout
	if !warm {
		patience = ColdTimeout // what it has to load it may load now
	}
	if j.req.Options.Timeout != 0 || j.exit != nil {
		patience = CheckTimeout // the request's own deadline comes first
	}
	asked, cancelAsked := e.log.Within(ctx, patience, "answer")
	defer cancelAsked()
	err = ask(asked, s.sess)
	if fault.Is(err, fault.Timeout) {
		s.timeouts++
	} else {
		s.timeouts = 0
	}
	if err != nil {
		s.sess.Settle(asked, err)
		return warm, explained(err, j, s.sess)
	}
	if why := s.sess.LoadFailed(); why != "" {
		j.doubt(bundle.Partial, srv.Name+" could not load the workspace: "+j.roots.Scrub(why))
	}
	return warm, nil
}

// save returns a function that puts the job's bundle back to what it is now.
func (j *job) save() (restore func()) {
	b, facts := *j.b, bundle.Facts{}
	if b.Facts != nil {
		facts = *b.Facts
	}
	local := *b.Local
	reasons := slices.Clone(b.Evidence.Reasons)
	return func() {
		*j.b = b
		*j.b.Local = local
		j.b.Evidence.Reasons = reasons
		if j.b.Facts != nil {
			*j.b.Facts = facts
		}
	}
}

// A server that dies is started again with growing pauses, and after maxFailures in
// a row not before restPause is over: whoever asks meanwhile is told at once.
const (
	maxTimeouts = 2
	maxFailures = 3
	firstPause  = 100 * time.Millisecond
	restPause   = 30 * time.Second
)

// failed notes that the server died.
func (s *slot) failed(err error) {
	s.failures++
	s.failedAt, s.lastFailure = time.Now(), fault.From(err)
}

// mayStart waits out the pause after a failure; it fails at once where there were
// too many.
func (s *slot) mayStart(ctx context.Context, srv *catalogue.Server) error {
	if s.failures == 0 {
		return nil
	}
	since := time.Since(s.failedAt)
	if s.failures >= maxFailures {
		if left := restPause - since; left > 0 {
			f := *s.lastFailure
			f.Message = fmt.Sprintf("%s has died %d times in a row and is not started again for %s; at last: %s", srv.Name, s.failures, restPause, f.Message)
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
		return fault.Wrap(fault.Timeout, ctx.Err(), "%s died, and there was no time to start it again: %s", srv.Name, s.lastFailure.Message)
	}
}

// explained is a session's error without paths of this machine, and with the
// deeper reason where the server has named one.
func explained(err error, j *job, s *lsp.Session) error {
	f := *fault.From(err)
	f.Message = j.roots.Scrub(f.Message)
	if why := s.LoadFailed(); why != "" {
		f.Message += "; it could not load the workspace: " + j.roots.Scrub(why)
	}
	return &f
}

// describeServer records what answers: the session, and how ready it is.
func (e *Engine) describeServer(j *job, s *slot, ready lsp.Readiness) {
	if s.names == nil {
		s.names = ownRoots(e.ws.Root(), e.cfg, s.host.Roots...)
	}
	j.roots, j.documents = s.names, nil
	env := &j.b.Environment
	env.Server = joined(env.Server, &bundle.Tool{Name: s.sess.Server().Name, Version: s.sess.Version()})
	env.PositionEncoding = string(j.ranges(s.sess))
	env.Interpreter = joined(env.Interpreter, s.host.Interpreter)
	env.ConfigDigest = strings.TrimPrefix(env.ConfigDigest+" "+s.host.ConfigDigest, " ")
	j.b.Local.PIDs = append(j.b.Local.PIDs, s.sess.PID())
	j.b.Local.Sandbox = s.host.Sandbox
	for _, op := range api.Operations {
		if op.Capability != "" {
			j.b.Capabilities[op.Name] = s.sess.Can(op.Capability)
		}
	}
	if j.b.Evidence.State == bundle.NotReady {
		j.b.Evidence.State = bundle.Complete
	}
	for i, by := range s.host.Unreadable {
		if i == maxReasons {
			j.doubt(bundle.Partial, fmt.Sprintf("and %d more", len(s.host.Unreadable)-i))
			break
		}
		j.doubt(bundle.Partial, by+" leads out of the workspace, where servers may not read; LANSER_READ allows folders")
	}
	for _, why := range ready.Reasons {
		j.b.Evidence.Reasons = append(j.b.Evidence.Reasons, j.roots.Scrub(why))
	}
	switch {
	case !ready.Complete:
		j.b.Evidence.State = bundle.Partial
	case ready.Heuristic && j.b.Evidence.State == bundle.Complete:
		j.b.Evidence.State = bundle.Heuristic
	}
}

// joined names several tools as one, in the order in which they answered.
func joined(a, b *bundle.Tool) *bundle.Tool {
	switch {
	case a == nil:
		return b
	case b == nil:
		return a
	}
	return &bundle.Tool{Name: a.Name + " " + b.Name, Version: a.Version + " " + b.Version}
}

// doubt lowers the evidence of the answer.
func (j *job) doubt(state, reason string) {
	j.b.Evidence.State = state
	j.b.Evidence.Reasons = append(j.b.Evidence.Reasons, reason)
}

// serverFor is the server for a file: the one that is asked for by name, else the
// first of the catalogue that is installed, else the first. The error is NoServer
// where none is known, and Usage for a name that cannot be.
func (e *Engine) serverFor(j *job, file string) (*catalogue.Server, error) {
	if name := j.req.Options.Server; name != "" {
		name, _, _ = strings.Cut(name, "@")
		srv := catalogue.Named(name)
		if srv == nil {
			return nil, fault.New(fault.Usage, "unknown server %q", name).WithHint("'lanser servers list' names those that are known")
		}
		if srv.LanguageID(file) == "" {
			return nil, fault.New(fault.Usage, "%s does not serve %s", name, file)
		}
		return srv, nil
	}
	if srv := install.Choose(file, func(s *catalogue.Server) bool { return e.installed(j, s) }); srv != nil {
		return srv, nil
	}
	return nil, fault.New(fault.NoServer, "no language server is known for %s", file).WithHint("'lanser servers list' names those that are")
}

// installed says whether a server is there, as it was when the request first asked.
func (e *Engine) installed(j *job, srv *catalogue.Server) bool {
	is, known := j.installed[srv]
	if !known {
		_, err := e.log.Ask("is "+srv.Name+" installed", func() ([]byte, error) {
			return nil, e.machine.Installed(srv)
		})
		is = err == nil
		if j.installed == nil {
			j.installed = map[*catalogue.Server]bool{}
		}
		j.installed[srv] = is
	}
	return is
}

// skewed says that a session is not of the version that the request names.
func skewed(s *lsp.Session, name string) error {
	_, want, pinned := strings.Cut(name, "@")
	if !pinned || install.SameVersion(s.Version(), want) {
		return nil
	}
	return fault.New(fault.VersionSkew, "%s is of version %s, and %s was asked for", s.Server().Name, s.Version(), want).
		WithHint("lanser servers install %s brings %s", s.Server().Name, s.Server().Version)
}
