package server

import (
	"bytes"
	"context"
	"errors"
	"strings"
	"time"

	"lanser/index"
	"lanser/selectors"
	"lanser/selectors/fault"
	"lanser/selectors/text"
	"lanser/server/api"
	"lanser/server/bundle"
	"lanser/server/findings"
	"lanser/server/hierarchy"
	"lanser/server/patch"
	"lanser/server/plan"
	"lanser/server/pool"
	"lanser/server/states"
	"lanser/server/symbol"
	"lanser/server/toolchain"
	"lanser/server/trace"
	"lanser/server/uses"
)

// This file has the way of a request through the engine, from [Engine.Do] to the bundle:
//
//	Do       records it in the trace, if there is one
//	do       answers with a reward, compared with another state of the workspace, or by itself
//	answer   looks into the memory, bounds the time, and seals the bundle
//	attempt  works the answer out against one snapshot, and checks that it still holds

// answer is the answer to a request while it is worked out. One goroutine at a time uses it: the parts of a check,
// which run side by side, have an answer each ([Engine.part]). What may have to be undone is done to a copy
// ([answer.begin]).
//
// The scope ([uses.Finder].Scope) is set by the operation's runner. It names the files that the answer depends on:
// their digest is the snapshot of the bundle, and a change of one of them while the answer is worked out ends it.
type answer struct {
	hierarchy.Answer
	runner
	findings.Outcome
	enc      text.Encoding // of columns in the selector
	sel      selectors.Selector
	host     *toolchain.Host // of the session that was leased last
	sessions []pool.Started  // that answered
	servers  *plan.Servers
	changes  []change // that the request is about, if it is about several changes; else nil
	files    []string // of a check: those that the server is asked about
	removed  []string // of a check: files that the workspace had at the commit that it is compared with
}

// Do answers a request. The bundle is never nil and always sealed; the error is
// the *fault.Error that it reports, or nil. While a trace is recorded, requests wait for each other: a trace holds one
// request after the other. What cannot be written to the trace fails the request.
func (e *Engine) Do(ctx context.Context, req api.Request) (*bundle.Bundle, error) {
	if req.Op == prepareRename.Name {
		req.Op = "" // part of a reward only
	}
	req.Options = withDefaults(req)
	defer e.use.begin()()
	if e.cfg.Trace == nil {
		return e.do(ctx, req)
	}
	e.tracing.Lock()
	defer e.tracing.Unlock()
	e.cfg.Trace.Begin(req)
	b, err := e.do(ctx, req)
	if traceErr := e.cfg.Trace.End(b.Reproducible()); traceErr != nil && err == nil {
		err = fault.Wrap(fault.Permissions, traceErr, "the trace cannot be written: %v", traceErr)
		b.Fail(err)
		_ = b.Seal() // an error bundle holds nothing that could fail
	}
	return b, err
}

// withDefaults returns the options of a request with the defaults that answers and traces name. A check of a patch
// reports only new findings by default. In older traces the option is unset, and the bundles have all findings.
func withDefaults(req api.Request) api.Options {
	o := req.Options
	op := api.Lookup(req.Op)
	if op.IsCheck() && (o.Patch != "" || o.Staged) && o.All == nil && o.Reward == "" {
		all := false
		o.All = &all
	}
	return o
}

// do answers a request in one of three ways: with a reward, compared with an earlier state of the workspace, or by
// itself. The first two put requests of their own to [Engine.answer], one for each state.
func (e *Engine) do(ctx context.Context, req api.Request) (*bundle.Bundle, error) {
	if req.Options.Reward != "" && !req.Options.Compares() {
		return e.rewarded(ctx, req)
	}
	if api.Lookup(req.Op).IsCheck() && req.Options.Compares() {
		return e.comparer().Compared(ctx, req)
	}
	if api.Lookup(req.Op).IsCheck() && req.Options.Hypothetical() {
		return e.comparer().Proposed(ctx, req)
	}
	return e.answer(ctx, req)
}

// answer answers a request about one state of the workspace: from memory, or within the time that the request has. The
// bundle is sealed, and reports the error.
//
// When time is up, what fails first is a call, a wait or a read, each with an error of its own. The error of the
// request is Timeout then, or Cancelled if nobody waits for the answer any more. A check that has run out of time is
// no error if there is something to report: its evidence says what was not reached.
func (e *Engine) answer(ctx context.Context, req api.Request) (*bundle.Bundle, error) {
	key := ""
	// A check that ctx narrows to the files which a patch affects, or that knows removed files, has no key.
	if plan.AffectedIn(ctx) == nil && plan.RemovedIn(ctx) == nil {
		key = e.answerKey(req)
	}
	if b := e.cachedAnswer(ctx, key); b != nil {
		return b, nil
	}
	started := time.Now()
	timeout := time.Duration(req.Options.Timeout)
	if timeout == 0 {
		timeout = e.startTimeout() + CheckTimeout // each stage has its own
	}
	ctx, cancel := e.log.Within(ctx, timeout, "request")
	defer cancel()
	a, err := e.inTurn(ctx, req)
	isCheck := api.Lookup(req.Op).IsCheck()
	if err == nil && ctx.Err() != nil && (!isCheck || errors.Is(ctx.Err(), context.Canceled)) {
		err = ctx.Err() // loops end early then: what they found may not be all
	}
	b := a.Bundle
	err = e.blamePipe(states.Late(ctx, err, timeout))
	if err != nil && !e.cfg.replays.Has(trace.AppliedPatch) {
		err = patch.FormerHint(err)
	}
	if err != nil {
		b.Fail(err)
	}
	if !e.cfg.replays.Has(trace.Coverage) {
		dropCoverage(b)
	}
	e.flushSoon()
	b.Local.Durations = map[string]float64{"total": time.Since(started).Seconds()}
	if sealErr := b.Seal(); sealErr != nil {
		err = fault.From(sealErr)
		b.Fail(err)
		b.Seal() // an error bundle holds nothing that could fail again
	}
	if err != nil {
		return b, fault.From(err)
	}
	e.keepAnswer(key, a)
	return b, nil
}

// unanswered returns the empty answer to a request that has not been read yet.
func (e *Engine) unanswered(req api.Request) *answer {
	servers := &plan.Servers{
		Log: e.log, Machine: e.machine, Named: req.Options.Server, Install: e.cfg.Install,
		Check: api.Lookup(req.Op).IsCheck(), Format: e.cfg.replays,
	}
	q := &uses.Question{
		Request: req, Pool: e.pool, Installed: servers.Installed, Recorded: e.log != trace.Off,
		Format: e.cfg.replays,
	}
	if e.answers != nil && !q.Recorded {
		q.Remembered = &e.definitions
	}
	b := req.Bundle(e.ws.Root(), e.platform)
	reading := uses.Reading{Question: q, Bundle: b}
	about := hierarchy.Answer{Answer: symbol.Answer{Finder: uses.Finder{Reading: reading}}}
	return &answer{Answer: about, enc: text.UTF16, servers: servers}
}

// attempt answers against one snapshot, and checks that it still holds:
//
//  1. The request itself is read. Options, selectors and paths that cannot be are refused.
//  2. A snapshot of the files on disk is taken, and for a request with an overlay or a patch one with these applied.
//  3. The selector is resolved in it, or the changes are read that the request is about.
//  4. The runner of the operation, or a SCIP index in its place, fills in the facts and sets the scope.
//  5. The answer is refused if it is about another snapshot than the request demands, or if a file of the scope has
//     changed since (spec section 4, "Torn reads").
//  6. What the options demand of the answer is applied, the exit code is set, and the lists are cut.
//
// The answer is never nil. With an error it holds what is known so far, such as the candidates of a selector that is
// ambiguous.
func (e *Engine) attempt(ctx context.Context, req api.Request) (*answer, error) {
	a := e.unanswered(req)
	var err error
	a.Operation, a.removed = api.Lookup(req.Op), plan.RemovedIn(ctx)
	if req.Op == prepareRename.Name {
		a.Operation = prepareRename
	}
	if a.Operation == nil {
		return a, fault.New(fault.Usage, "unknown operation %q", req.Op).WithHint("one of %s", api.OperationNames())
	}
	a.runner = runners[a.Operation.Name]
	a.OneSymbol, a.FromHeaders = a.runner.ofOneSymbol, a.runner.headers
	a.Bundle.Request.Cmd = a.Operation.Name
	if err := a.prepare(e.ws); err != nil {
		return a, err
	}
	a.Snap, err = e.ws.Snapshot(ctx)
	if err != nil {
		return a, err
	}
	a.Disk = a.Snap
	if e.cfg.Trace != nil {
		defer func() { e.cfg.Trace.Files(a.Disk.Digests(), a.Disk.Bytes) }()
	}
	several := ofSeveral(a.Operation, &req)
	if req.Options.Hypothetical() && (!several || len(req.Selectors) > 0) {
		a.Snap, err = e.overlaid(a)
		if err != nil {
			return a, err
		}
	}
	a.Roots, a.servers.Snap = e.roots, a.Snap
	if a.sel != nil || several {
		err := e.bind(ctx, a, several)
		if ended := ctx.Err(); ended != nil {
			return a, ended // not all was looked at
		}
		if err != nil {
			if frozenErr := e.frozen(a); frozenErr != nil {
				return a, frozenErr
			}
			return a, err
		}
	}
	run := a.run
	if e.scip != nil && a.Operation.Capability != "" {
		run = func(ctx context.Context, e *Engine, a *answer) error { return e.answerFromIndex(ctx, a) }
	}
	err = run(ctx, e, a)
	if fault.Is(err, fault.NoServer) {
		err = e.withoutServer(ctx, a, err)
	}
	if err == nil && a.exit == nil {
		err = ctx.Err() // not all was looked at; a check says itself what it did not reach
	}
	if err == nil && errors.Is(ctx.Err(), context.DeadlineExceeded) { // a check reports what it has found in time
		ctx = context.WithoutCancel(ctx)
	}
	e.describeSnapshot(ctx, a)
	if frozenErr := e.frozen(a); frozenErr != nil {
		return a, frozenErr
	}
	if err != nil {
		return a, err
	}
	if err := e.unchanged(ctx, a); err != nil {
		return a, err
	}
	return a, api.Finish(a.Bundle, &a.Request.Options, a.exit)
}

// withoutServer answers a question for which there is no server from syntax alone, if the request allows that.
// Otherwise it returns the error that there is none, which says how to allow it if no server is known that could be
// installed.
func (e *Engine) withoutServer(ctx context.Context, a *answer, err error) error {
	if !a.Operation.Accepts(api.Fallback) {
		return err
	}
	if a.Request.Options.Fallback != "" {
		a.Unnamed = true // a server may be installed while no file of the workspace changes
		return a.FromSyntax(ctx, err)
	}
	f := *fault.From(err)
	if known, _ := a.servers.All(a.Target.Path); len(known) == 0 && e.cfg.replays.Has(trace.SyntaxHint) {
		f.Hint += "; --fallback syntax answers from syntax alone"
	}
	return &f
}

// bind determines what the question is about.
func (e *Engine) bind(ctx context.Context, a *answer, several bool) error {
	if several {
		return e.readChanges(ctx, a)
	}
	return e.resolve(ctx, a)
}

// prepare reads the request's own parts, without a look at any file. It refuses what the operation does not take, and
// gives the paths in the bundle the form that does not name a folder of this machine.
func (a *answer) prepare(ws *index.Workspace) error {
	if enc, err := text.ParseEncoding(a.Request.Options.IndexIO); err == nil { // Check reports an unknown one
		a.enc = enc
	}
	a.Bundle.Environment.PositionEncoding = string(a.enc)
	if err := a.Request.Options.Check(); err != nil {
		return err
	}
	switch {
	case ofSeveral(a.Operation, &a.Request): // readChanges reads them
	case a.Operation.Several && len(a.Request.Selector) == 0:
		return fault.New(fault.Usage, "%s needs a selector, or a patch", a.Operation.Name).
			WithHint("git diff -R | lanser %s --patch - is about what you have changed", a.Operation.Short)
	case a.Operation.Takes == api.TakesSelector && len(a.Request.Selector) == 0:
		return fault.New(fault.Usage, "%s needs a selector", a.Operation.Name).WithHint("see 'lanser help selectors'")
	case a.Operation.Takes == api.TakesSelector:
		sel, err := selectors.FromJSON(a.Request.Selector, a.enc)
		if err != nil {
			return err
		}
		isPath := selectors.IsNameless(sel) && bytes.ContainsAny(a.Request.Selector, `/\`)
		if isPath && !a.Format.Has(trace.NearNames) {
			return selectors.FormerNameless(sel)
		}
		sel = relative(ws, sel)
		if !a.Format.Has(trace.TypedArguments) {
			sel = selectors.WithoutArguments(sel)
		}
		a.ask(sel)
	case len(a.Request.Selector) > 0:
		return fault.New(fault.Usage, "%s takes no selector", a.Operation.Name).
			WithHint("it takes %s", a.Operation.Takes)
	}
	if a.Operation.Name == "symbols" && a.Request.Query != "" && a.Request.Options.Limit == 0 {
		a.Request.Options.Limit = maxMatches
	}
	for i, p := range a.Bundle.Request.Paths {
		if rel, err := ws.Rel(p); err == nil {
			a.Bundle.Request.Paths[i] = rel
		}
	}
	return nil
}

// ask sets the selector of the question. The bundle gets its canonical form; that of a name as people type it, such as
// Store.load, is only known when the selector is resolved.
func (a *answer) ask(sel selectors.Selector) {
	a.sel = sel
	if !selectors.IsTyped(sel) {
		spec := selectors.Spec(sel)
		a.Bundle.Request.Selector = &spec
	}
}

// relative is the selector with the path of a file of the workspace as bundles have it:
// where the workspace lies on this machine is no part of a question. In a workspace /home/me/repo,
// "/home/me/repo/src/app.py@L4:C1" becomes "src/app.py@L4:C1". The path of a library, such as "goroot:///fmt/print.go",
// is as bundles have it.
func relative(ws *index.Workspace, sel selectors.Selector) selectors.Selector {
	rel := func(p string) string {
		if selectors.IsLibrary(p) && !strings.HasPrefix(p, "file://") {
			return p
		}
		if r, err := ws.Rel(strings.TrimPrefix(p, "file://")); err == nil {
			return r
		}
		return p // an error says what is wrong with it
	}
	switch s := sel.(type) {
	case selectors.Cursor:
		s.Path = rel(s.Path)
		return s
	case selectors.Range:
		s.Path = rel(s.Path)
		return s
	case selectors.Anchor:
		s.Path = rel(s.Path)
		return s
	case selectors.Place:
		s.Path = rel(s.Path)
		return s
	case selectors.Named:
		if strings.HasPrefix(s.Module, "file://") {
			s.Module = rel(s.Module)
		}
		return s
	}
	return sel
}

// describeSnapshot binds the bundle to the content that it is about: the digest of the files in the answer's scope,
// with the contents that an overlay gives them (spec section 4, "snapshot"). An answer that failed before it had a
// scope has no snapshot.
func (e *Engine) describeSnapshot(ctx context.Context, a *answer) {
	if a.Scope.Keep == nil {
		return
	}
	s := &bundle.Snapshot{Digest: a.Scope.Digest(a.Snap), Scope: a.Scope.Name, Overlaid: a.Snap.Overlaid()}
	s.VCS = e.describeVCS(ctx)
	a.Bundle.Snapshot = s
}

// describeVCS returns the commit that the workspace is at, and whether its files differ from it; nil outside of a git
// repository, and before its first commit.
func (e *Engine) describeVCS(ctx context.Context) *bundle.VCS {
	if vcs := e.ws.VCS(ctx); vcs != nil {
		return &bundle.VCS{Head: vcs.Head, Dirty: vcs.Dirty}
	}
	return nil
}

// unchanged fails when the workspace is no longer what was answered about. The error is ContentModified, after which
// the request is answered once more ([Engine.inTurn]).
//
// No file is read if the watch has seen no change and only listed files were used. Otherwise it depends on who has read
// the files. An answer from syntax depends on those that the snapshot has read. A server reads files by itself, nobody
// knows when: all files of the scope are compared with those of a new snapshot, and so are the library files that were
// named.
func (e *Engine) unchanged(ctx context.Context, a *answer) error {
	if a.Scope.Keep == nil || a.Disk.Current() && a.Disk.UsedOnlyListedFiles() {
		return nil
	}
	_, err := e.log.Ask("is the workspace unchanged", func() ([]byte, error) {
		same := false
		if a.Bundle.Facts == nil || a.Bundle.Facts.Provenance == "syntax" {
			same = a.Snap.Unchanged(a.Scope.Keep) // nobody else has looked at the files
		} else {
			now, err := e.ws.Snapshot(ctx)
			if err != nil {
				return nil, err
			}
			now.ReloadLibraries(a.Disk)
			same = a.Scope.Digest(now) == a.Scope.Digest(a.Disk)
		}
		if !same {
			return nil, fault.New(
				fault.ContentModified, "the workspace changed while the answer was worked out, twice",
			).
				WithHint("ask again when nothing is writing to it")
		}
		return nil, nil
	})
	return err
}
