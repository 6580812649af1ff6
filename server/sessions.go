package server

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"lanser/selectors/fault"
	"lanser/selectors/text"
	"lanser/server/api"
	"lanser/server/bundle"
	"lanser/server/catalogue"
	"lanser/server/install"
	"lanser/server/lsp"
	"lanser/server/pool"
	"lanser/server/toolchain"
	"lanser/server/trace"
)

// Deadlines of a request that names none; [pool.ColdTimeout] is one too. An explicit one bounds
// the whole.
const (
	WarmTimeout  = time.Minute      // for a ready server's answer; for its first, pool.ColdTimeout
	CheckTimeout = 10 * time.Minute // for the diagnostics of all files that were asked for
)

// askFunc puts a question to a session, and writes what it says into a.
type askFunc func(ctx context.Context, a *answer, s *lsp.Session) error

// withSession leases a session of srv and runs ask on it. The session knows the files of the
// question, has exactly the given documents open, and has said that it is ready. Where a server that
// had answered before dies of the question, it is started anew and asked once more.
func (e *Engine) withSession(
	ctx context.Context,
	a *answer,
	srv *catalogue.Server,
	open []string,
	ask askFunc,
) (err error) {
	if srv.IsCommand() {
		return fault.New(fault.Unsupported, "%s is a linter: it only reports findings", srv.Name).
			WithHint("lanser diag --server %s", srv.Name)
	}
	defer yield(ctx)()
	view := pool.View{
		Snap: a.snap, Disk: a.disk, Hypothetical: a.req.Options.Hypothetical(), Fixes: a.req.Options.Fixes,
	}
	turn, err := e.pool.Turn(ctx, srv, view)
	if err != nil {
		return err
	}
	defer turn.Done(&err)
	if view.Hypothetical {
		open = a.openOverlaid(srv, open)
	}
	defer func() {
		if started, ok := turn.Started(); ok {
			a.sessions = append(a.sessions, started)
		}
		a.unnamed = a.unnamed || srv.Database != nil
	}()
	return e.cachedOrAsk(ctx, a, turn, srv, open, func() error {
		try := a.begin()
		warm, err := e.ask(ctx, try, turn, srv, open, ask)
		if fault.Is(err, fault.Crash) && warm && ctx.Err() == nil {
			try = a.begin() // what the dead server said is not part of it
			_, err = e.ask(ctx, try, turn, srv, open, ask)
		}
		a.accept(try)
		return err
	})
}

// begin returns an answer to the same question that continues from a copy of a.
func (a *answer) begin() *answer {
	try := *a
	b, local := *a.b, *a.b.Local
	local.PIDs = slices.Clone(local.PIDs)
	b.Local = &local
	b.Evidence.Reasons = slices.Clone(b.Evidence.Reasons)
	b.Capabilities = maps.Clone(b.Capabilities)
	if b.Facts != nil {
		facts := *b.Facts
		b.Facts = &facts
	}
	if b.Resolution != nil {
		resolution := *b.Resolution
		b.Resolution = &resolution
	}
	try.b = &b
	return &try
}

// accept makes the outcome of an attempt that [answer.begin] returned the outcome of a.
func (a *answer) accept(try *answer) {
	b := a.b
	*b = *try.b
	*a = *try
	a.b = b
}

// ask asks a leased session; warm says whether the session had been there before the question.
func (e *Engine) ask(
	ctx context.Context,
	a *answer,
	turn *pool.Turn,
	srv *catalogue.Server,
	open []string,
	ask askFunc,
) (warm bool, err error) {
	cold, cancel := e.log.Within(ctx, pool.ColdTimeout, "cold")
	defer cancel()
	leased, err := turn.Session(cold, open)
	warm = leased.Warm
	if err != nil {
		return warm, err
	}
	s := leased.Session
	e.describeServer(a, leased)
	if err := skewed(s.Server(), s.Version(), a.req.Options.Server); err != nil {
		return warm, err
	}
	patience := WarmTimeout
	if !warm {
		patience = pool.ColdTimeout // it may still load things now
	}
	if a.req.Options.Timeout != 0 || a.exit != nil {
		patience = CheckTimeout // the request's own deadline comes first
	}
	asked, cancelAsked := e.log.Within(ctx, patience, "answer")
	defer cancelAsked()
	err = ask(asked, a, s)
	turn.Answered(err)
	if err != nil {
		s.Settle(asked, err)
		return warm, explained(err, a, s)
	}
	for _, why := range a.unseen {
		a.doubt(bundle.Partial, why)
	}
	if why := s.LoadFailed(); why != "" && !a.loadExplained {
		a.doubt(bundle.Partial, srv.Name+" could not load the workspace: "+a.roots.Scrub(why))
	}
	return warm, nil
}

// explained is a session's error without paths of this machine, and with the
// deeper reason where the server has named one.
func explained(err error, a *answer, s *lsp.Session) error {
	f := *fault.From(err)
	f.Message = a.roots.Scrub(f.Message)
	if why := s.LoadFailed(); why != "" {
		f.Message += "; it could not load the workspace: " + a.roots.Scrub(why)
	}
	return &f
}

// describeServer records what answers: the session, and how ready it is.
func (e *Engine) describeServer(a *answer, l pool.Leased) {
	s, ready := l.Session, l.Ready
	tool := &bundle.Tool{Name: s.Server().Name, Version: s.Version()}
	e.describeHost(a, tool, a.ranges(s), l.Host)
	a.b.Local.PIDs = append(a.b.Local.PIDs, s.PID())
	for _, op := range api.Operations {
		if op.Capability != "" && !op.Composed {
			a.b.Capabilities[op.Name] = s.Can(op.Capability)
		}
	}
	complete := ready.Complete
	if a.exit == nil && a.names != nil {
		a.unseen = ready.Unseen
	}
	// A check says itself which files were not answered for, and so does a ledger of words.
	if a.exit != nil || a.names != nil {
		complete = ready.Sure
		ready.Reasons = slices.DeleteFunc(slices.Clone(ready.Reasons), func(why string) bool {
			return slices.Contains(ready.Unseen, why)
		})
	}
	for _, why := range ready.Reasons {
		a.b.Evidence.Reasons = append(a.b.Evidence.Reasons, a.roots.Scrub(why))
	}
	if !complete {
		a.b.Evidence.State = bundle.Partial
	} else if ready.Heuristic && a.b.Evidence.State == bundle.Complete {
		a.b.Evidence.State = bundle.Heuristic
	}
}

// describeHost records which tool answers, and what it gets from the machine. Ranges are in the given unit.
func (e *Engine) describeHost(a *answer, tool *bundle.Tool, ranges text.Encoding, host *toolchain.Host) {
	a.roots = host.Names(func() bundle.Roots { return ownRoots(e.ws.Root(), e.cfg, host.Roots...) })
	a.documents, a.host = nil, host
	env := &a.b.Environment
	env.Server = joined(env.Server, tool)
	env.PositionEncoding = string(ranges)
	env.Interpreter = joined(env.Interpreter, host.Interpreter)
	env.ConfigDigest = strings.TrimPrefix(env.ConfigDigest+" "+host.ConfigDigest, " ")
	a.b.Local.Sandbox = host.Sandbox
	if a.b.Evidence.State == bundle.NotReady {
		a.b.Evidence.State = bundle.Complete
	}
	for i, by := range host.Unreadable {
		if i == maxReasons {
			a.doubt(bundle.Partial, fmt.Sprintf("and %d more", len(host.Unreadable)-i))
			break
		}
		a.doubt(
			bundle.Partial,
			by+" leads out of the workspace, where servers may not read; LANSER_READ allows folders",
		)
	}
	for _, why := range host.Unused {
		a.doubt(bundle.Partial, why)
	}
	a.b.Evidence.Reasons = append(a.b.Evidence.Reasons, host.Notes...)
	leftOut := host.LeftOut
	if e.log == trace.Off { // a warm session was started with what was left out then
		leftOut = a.disk.LeftOut()
	}
	for _, why := range leftOut[:min(len(leftOut), maxReasons)] {
		a.b.Evidence.Reasons = append(a.b.Evidence.Reasons, "not part of the workspace: "+a.roots.Scrub(why))
	}
}

// joined names several tools as one, in the order in which they answered.
func joined(a, b *bundle.Tool) *bundle.Tool {
	if a == nil {
		return b
	}
	if b == nil || *a == *b {
		return a
	}
	return &bundle.Tool{Name: a.Name + " " + b.Name, Version: a.Version + " " + b.Version}
}

// doubt lowers the evidence of the answer.
func (a *answer) doubt(state, reason string) {
	a.b.Evidence.State = state
	a.b.Evidence.Reasons = append(a.b.Evidence.Reasons, reason)
}

// ranks orders the states that parts of an answer end in, the worst last.
var ranks = []string{bundle.Complete, bundle.Heuristic, bundle.Partial, bundle.TimedOut, bundle.ServerDied}

// worse returns the state of an answer with parts in two states. A state that has no rank counts as partial.
func worse(a, b string) string {
	rank := func(state string) int {
		if i := slices.Index(ranks, state); i >= 0 {
			return i
		}
		return slices.Index(ranks, bundle.Partial)
	}
	return ranks[max(rank(a), rank(b))]
}

// serverFor is the server for a file: the one that is asked for by name, else the
// first of those for the file's project that is installed, else the first. The error is NoServer
// where none is known, and Usage for a name that cannot be.
func (e *Engine) serverFor(a *answer, file string) (*catalogue.Server, error) {
	if name := a.req.Options.Server; name != "" {
		name, _, _ = strings.Cut(name, "@")
		srv := catalogue.Named(name)
		if srv == nil {
			return nil, fault.New(fault.Usage, "unknown server %q", name).
				WithHint("'lanser servers list' names those that are known")
		}
		if srv.LanguageID(file) == "" {
			return nil, fault.New(fault.Usage, "%s does not serve %s", name, file)
		}
		return srv, nil
	}
	known, _ := e.serversFor(a, file)
	if srv := install.Choose(known, func(s *catalogue.Server) bool { return e.installed(a, s) }); srv != nil {
		return srv, nil
	}
	return nil, fault.New(fault.NoServer, "no language server is known for %s", file).
		WithHint("'lanser servers list' names those that are")
}

// installed says whether a server is there, as it was when the request first asked.
func (e *Engine) installed(a *answer, srv *catalogue.Server) bool {
	is, known := a.installed[srv]
	if !known {
		_, err := e.log.Ask("is "+srv.Name+" installed", func() ([]byte, error) {
			return nil, e.machine.Installed(srv)
		})
		is = err == nil
		if a.installed == nil {
			a.installed = map[*catalogue.Server]bool{}
		}
		a.installed[srv] = is
	}
	return is
}

// skewed says that what answers is not of the version that the request names.
func skewed(srv *catalogue.Server, version, name string) error {
	_, want, pinned := strings.Cut(name, "@")
	if !pinned || install.SameVersion(version, want) {
		return nil
	}
	return fault.New(fault.VersionSkew, "%s is of version %s, and %s was asked for", srv.Name, version, want).
		WithHint("lanser servers install %s brings %s", srv.Name, srv.Version)
}
