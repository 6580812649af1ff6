package server

import (
	"context"
	"errors"
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
	"lanser/server/symbol"
	"lanser/server/toolchain"
	"lanser/server/trace"
)

// Deadlines of the stages of a request that names none; [pool.ColdTimeout] is that of a server's start. A timeout that
// the request names bounds all stages together, and each of them if it is longer than the bound of the stage; the
// answer has CheckTimeout at least.
const (
	WarmTimeout  = time.Minute      // for a ready server's answer; for its first, pool.ColdTimeout
	CheckTimeout = 10 * time.Minute // for the diagnostics of all files that were asked for
	// InstallTimeout is added to the start's where a missing server is installed first: some are compiled from source.
	InstallTimeout = 30 * time.Minute
)

// askFunc puts a question to a session, and writes what it says into a.
type askFunc func(ctx context.Context, a *answer, s *lsp.Session) error

// withSession leases a session of srv and runs ask on it. The session knows the files of the
// question, has exactly the given documents open, and has said that it is ready. Where a server that
// had answered before dies of the question, it is started anew and asked once more.
//
// The turn of the process is given back while the request waits for the server ([yield]). The session that answered is
// noted in the answer: what is remembered of the answer holds only as long as the session does.
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
		Snap: a.Snap, Disk: a.Disk, Hypothetical: a.Request.Options.Hypothetical(), Fixes: a.Request.Options.Fixes,
	}
	if api.Lookup(a.Request.Op).IsCheck() {
		if e.cfg.replays.Has(trace.SettingsBelow) {
			view.Folders = srv.CheckFolders(a.Snap)
		}
		view.Check = srv.CheckPrefix != "" && e.cfg.replays.Has(trace.ChecksApart) || len(view.Folders) > 0
	}
	turn, err := e.pool.Turn(ctx, srv, view)
	if err != nil {
		return err
	}
	defer turn.Done(&err)
	if view.Hypothetical {
		open = a.OpenOverlaid(srv, open)
	}
	defer func() {
		if started, ok := turn.Started(); ok {
			a.sessions = append(a.sessions, started)
		}
		a.Unnamed = a.Unnamed || srv.ByCommands
	}()
	return e.cachedOrAsk(ctx, a, turn, srv, open, func() error {
		try := a.begin()
		warm, err := e.ask(ctx, try, turn, srv, open, ask)
		isDead := fault.Is(err, fault.Crash)
		isLost := err == nil && try.Unloaded && a.Format.Has(trace.Renewal)
		if warm && ctx.Err() == nil && (isDead || isLost && turn.Renew()) {
			try = a.begin() // what the other server said is not part of it
			_, err = e.ask(ctx, try, turn, srv, open, ask)
		}
		a.accept(try)
		return err
	})
}

// begin returns an answer to the same question that continues from a copy of a. The parts of the bundle that an attempt
// writes to are copied too, so that what a failed attempt has written is not in a.
func (a *answer) begin() *answer {
	try := *a
	b, local := *a.Bundle, *a.Bundle.Local
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
	try.Bundle = &b
	return &try
}

// accept makes the outcome of an attempt that [answer.begin] returned the outcome of a. The bundle of a keeps its
// address, because a check's part refers to it ([plan.Part].Answered).
func (a *answer) accept(try *answer) {
	b := a.Bundle
	*b = *try.Bundle
	*a = *try
	a.Bundle = b
}

// ask asks a leased session; warm says whether the session had been there before the question. A server that dies of
// the first question after its start is not asked again: it would most likely die again.
//
// Doubts that concern any answer of the session are entered here: what it could not load, and the files that it may not
// see, unless the answer has accounted for the words in these.
func (e *Engine) ask(
	ctx context.Context,
	a *answer,
	turn *pool.Turn,
	srv *catalogue.Server,
	open []string,
	ask askFunc,
) (warm bool, err error) {
	named := time.Duration(a.Request.Options.Timeout) // bounds ctx already
	cold, cancel := e.log.Within(ctx, max(e.startTimeout(), named), "cold")
	defer cancel()
	leased, err := turn.Session(cold, open)
	warm = leased.Warm
	if err != nil {
		return warm, err
	}
	s := leased.Session
	e.describeServer(a, leased)
	if err := skewed(s.Server(), s.Version(), a.Request.Options.Server); err != nil {
		return warm, err
	}
	patience := WarmTimeout
	if !warm {
		patience = pool.ColdTimeout // it may still load things now
	}
	if a.Request.Options.Timeout != 0 || a.exit != nil {
		patience = max(CheckTimeout, named)
	}
	asked, cancelAsked := e.log.Within(ctx, patience, "answer")
	defer cancelAsked()
	err = ask(asked, a, s)
	turn.Answered(err)
	if err == nil && a.exit == nil {
		err = ended(asked, srv)
	}
	if err != nil {
		s.Settle(asked, err)
		return warm, explained(err, a, s)
	}
	for _, why := range a.Unseen {
		a.Doubt(bundle.Partial, why)
	}
	// Whether the server still reports why it has not loaded a file depends on the moment. The file says enough.
	isSaid := slices.ContainsFunc(a.Bundle.Evidence.Reasons, func(why string) bool {
		return strings.HasPrefix(why, srv.Name+symbol.NotLoaded)
	})
	if why := s.LoadFailed(); why != "" && !a.LoadExplained && !isSaid {
		a.Doubt(bundle.Partial, srv.Name+" could not load the workspace: "+a.Roots.Scrub(why))
	}
	return warm, nil
}

// ended returns the error of an answer that was worked out until its context had ended; nil if that has not ended. What
// reads words stops then without an error of its own, so that such an answer lacks uses, and nobody may remember it. A
// check says by itself which files it has not come to.
func ended(ctx context.Context, srv *catalogue.Server) error {
	if errors.Is(ctx.Err(), context.Canceled) {
		return fault.Wrap(fault.Cancelled, ctx.Err(), "cancelled while the answer of %s was worked out", srv.Name)
	}
	if ctx.Err() != nil {
		return fault.Wrap(fault.Timeout, ctx.Err(), "the answer of %s was not worked out in time", srv.Name).
			WithHint("give it longer with --timeout")
	}
	return nil
}

// startTimeout is the time limit for the start of a server, for requests without a timeout of their own.
func (e *Engine) startTimeout() time.Duration {
	if e.cfg.Install {
		return pool.ColdTimeout + InstallTimeout
	}
	return pool.ColdTimeout
}

// explained is a session's error without paths of this machine, and with the
// deeper reason where the server has named one.
func explained(err error, a *answer, s *lsp.Session) error {
	f := *fault.From(err)
	f.Message = a.Roots.Scrub(f.Message)
	if why := s.LoadFailed(); why != "" {
		f.Message += "; it could not load the workspace: " + a.Roots.Scrub(why)
	}
	return &f
}

// describeServer records what answers: the session, and how ready it is.
//
// A server that may not see all files is not complete for a search. An answer that accounts for every word of the
// target's name, and a check, which says of every file whether it was answered for, find out by themselves what that
// concerns: for them it counts whether the server is sure about the files that it sees ([lsp.Readiness].Sure).
func (e *Engine) describeServer(a *answer, l pool.Leased) {
	s, ready := l.Session, l.Ready
	if !a.searches() && a.Format.Has(trace.CalledValues) {
		ready = ready.WithoutSearches()
	}
	tool := &bundle.Tool{Name: s.Server().Name, Version: s.Version()}
	e.describeHost(a, tool, a.Ranges(s), l.Host)
	a.Bundle.Local.PIDs = append(a.Bundle.Local.PIDs, s.PID())
	for _, op := range api.Operations {
		if op.Capability != "" && !op.Composed {
			a.Bundle.Capabilities[op.Name] = s.Can(op.Capability)
		}
	}
	complete := ready.Complete
	if a.exit == nil && a.HasWords() {
		a.Unseen = ready.Unseen
	}
	// A check says itself which files were not answered for, and so does a ledger of words.
	if a.exit != nil || a.HasWords() {
		complete = ready.Sure
		ready.Reasons = slices.DeleteFunc(slices.Clone(ready.Reasons), func(why string) bool {
			return slices.Contains(ready.Unseen, why)
		})
	}
	for _, why := range ready.Reasons {
		a.Bundle.Evidence.Note(a.Roots.Scrub(why))
	}
	if !complete {
		a.Bundle.Evidence.State = bundle.Partial
	} else if ready.Heuristic && a.Bundle.Evidence.State == bundle.Complete {
		a.Bundle.Evidence.State = bundle.Heuristic
	}
}

// searches reports whether an answer depends on a search of the workspace for uses. Where a symbol is defined, of which
// type it is and what a function calls does not.
func (a *answer) searches() bool {
	o := &a.Request.Options
	isAway := o.Out && !o.In || o.Super && !o.Sub
	return a.exit != nil || runners[a.Operation.Name].ledger && !isAway
}

// describeHost records which tool answers, and what it gets from the machine. Ranges are in the given unit.
//
// Evidence begins as not_ready and becomes complete here, unless a doubt was entered before. What the tool cannot read,
// or does not use though the workspace has it, makes it partial.
func (e *Engine) describeHost(a *answer, tool *bundle.Tool, ranges text.Encoding, host *toolchain.Host) {
	a.Roots = host.Names(func() bundle.Roots { return ownRoots(e.ws.Root(), e.cfg, host.Roots...) })
	a.Documents, a.host = nil, host
	env := &a.Bundle.Environment
	env.Server = bundle.JoinTools(env.Server, tool)
	env.PositionEncoding = string(ranges)
	env.Interpreter = bundle.JoinTools(env.Interpreter, host.Interpreter)
	env.ConfigDigest = strings.TrimPrefix(env.ConfigDigest+" "+host.ConfigDigest, " ")
	a.Bundle.Local.Sandbox = host.Sandbox
	if a.Bundle.Evidence.State == bundle.NotReady {
		a.Bundle.Evidence.State = bundle.Complete
	}
	for i, by := range host.Unreadable {
		if i == bundle.MaxReasons {
			a.Doubt(bundle.Partial, fmt.Sprintf("and %d more", len(host.Unreadable)-i))
			break
		}
		a.Doubt(
			bundle.Partial,
			by+" leads out of the workspace, where servers may not read; LANSER_READ allows folders",
		)
	}
	for _, why := range host.Unused {
		a.Doubt(bundle.Partial, why)
	}
	a.Bundle.Evidence.Note(host.Notes...)
	leftOut := host.LeftOut
	if e.log == trace.Off { // a warm session was started with what was left out then
		leftOut = a.Disk.LeftOut()
	}
	for _, why := range leftOut[:min(len(leftOut), bundle.MaxReasons)] {
		a.Bundle.Evidence.Note("not part of the workspace: " + a.Roots.Scrub(why))
	}
}

// skewed says that what answers is not of the version that the request names, as "gopls@v0.23.0" does. The error is
// VersionSkew; nil for a name without a version.
func skewed(srv *catalogue.Server, version, name string) error {
	_, want, pinned := strings.Cut(name, "@")
	if !pinned || install.SameVersion(version, want) {
		return nil
	}
	return fault.New(fault.VersionSkew, "%s is of version %s, and %s was asked for", srv.Name, version, want).
		WithHint("lanser servers install %s brings %s", srv.Name, srv.Version)
}

// serverToAsk returns the server that a question about a file is put to: that of [plan.Servers.For], or,
// if it is not installed, one that runs another release of the compiler than the file's project uses.
// The evidence says so. Scripts whose names do not tell their language have a server by their first line.
func (a *answer) serverToAsk(file string) (*catalogue.Server, error) {
	v := a.servers
	script := catalogue.CheckerOfScript(a.Snap, file, a.Format)
	if script != nil && a.Format.Has(trace.ScriptsByContent) && (v.Named == "" || v.Named == script.Name) {
		return script, nil
	}
	srv, err := v.For(file)
	if err != nil || v.Named != "" {
		return srv, err
	}
	_, release := v.All(file)
	if release.Version == "" {
		return srv, nil
	}
	other := install.Choose(catalogue.For(file), v.Installed)
	if !v.Installed(srv) && v.Installed(other) && !v.Installs() {
		how, _ := other.Differs(release)
		a.Doubt(bundle.Partial, how+": lanser servers install "+srv.Name)
		return other, nil
	}
	a.noteRelease(srv, release)
	return srv, nil
}

// noteRelease adds to the evidence that a project uses another release of the compiler than the server
// that answers. Of another major version the answer may differ from the project's own.
func (a *answer) noteRelease(srv *catalogue.Server, release catalogue.Release) {
	how, apart := srv.Differs(release)
	switch {
	case how == "":
	case apart:
		a.Doubt(bundle.Heuristic, how)
	default:
		a.Bundle.Evidence.Note(how)
	}
}
