package server

import (
	"cmp"
	"context"
	"errors"
	"io"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"lanser/index"
	"lanser/selectors"
	"lanser/selectors/fault"
	"lanser/selectors/text"
	"lanser/server/api"
	"lanser/server/bundle"
	"lanser/server/catalogue"
	"lanser/server/install"
	"lanser/server/memory"
	"lanser/server/plan"
	"lanser/server/pool"
	"lanser/server/remote"
	"lanser/server/sandbox"
	"lanser/server/states"
	"lanser/server/symbol"
	"lanser/server/toolchain"
	"lanser/server/trace"
)

// Config chooses how an engine works.
type Config struct {
	Root    string    // the workspace
	Install bool      // install a missing server and go on
	Log     io.Writer // what an installation prints; required if Install is set
	Sandbox string    // "auto" (default), "require" or "off"
	// Trust lets servers run programs that the workspace brings along: the interpreter
	// of its virtual environment, Rust's build scripts and macros.
	Trust bool
	// MaxMemory bounds the resident memory of a server and its children, in bytes;
	// 0 sets no bound.
	MaxMemory int64
	// Trace records every answer; nil records none. Requests are put one after the
	// other then.
	Trace *trace.Recorder
	// Turns is shared with other engines of the process; nil makes an engine's own.
	Turns *Turns
	// SCIP are the files of indexes that answer in place of servers; none if servers answer.
	SCIP []string
	// Frozen holds all answers to the workspace as it is when the engine is made.
	Frozen bool

	listed    []string // index.Options.Listed
	gone      []string // index.Options.Gone
	standsFor string   // the workspace that Root is a copy of
	// unlisted are the unlisted sources of that workspace; nil for no copy.
	unlisted *unlistedSources
	// top is the copy of that one's repository, which holds Root, and standsForTop that
	// repository; "" for no copy.
	top, standsForTop string
	replays           trace.Format // of the trace that [Replay] has the engine answer from
}

// Engine answers requests about one workspace. It is safe for concurrent use;
// questions to one server are put one after the other.
type Engine struct {
	cfg  Config
	ws   *index.Workspace
	dirs install.Dirs
	// log is the world as it is, noted down where cfg.Trace is set, or as it was.
	log         trace.Log
	answers     *memory.Answers // nil remembers nothing
	definitions memory.Definitions
	bundles     memory.Bundles[pool.Started]
	tracing     sync.Mutex // held during a request that is recorded
	platform    string
	scip        *scipIndex      // nil where servers answer
	pinned      *index.Snapshot // of cfg.Frozen

	roots bundle.Roots // of the workspace itself

	machine *toolchain.Machine

	pool *pool.Pool

	use requestUse // when requests began and ended, for ReleaseMemory

	mu       sync.Mutex // guards closed and flushing
	closed   bool
	closing  chan struct{}  // closed with it
	flushing bool           // flushSoon is about to
	flushes  sync.WaitGroup // of flushSoon
}

// New opens the workspace. No server is started. The error is a [fault.Error].
func New(cfg Config) (*Engine, error) {
	root, err := index.RealRoot(cfg.Root)
	if err != nil {
		return nil, err
	}
	dirs, err := install.UserDirs(root)
	if err != nil {
		return nil, err
	}
	if cfg.Trace != nil && (len(cfg.SCIP) > 0 || cfg.Frozen) {
		return nil, fault.New(
			fault.Usage,
			"a trace cannot be made of answers from a SCIP index, or held to the state at the start: it holds neither",
		).
			WithHint("record without --from-scip and --frozen")
	}
	log := trace.Off
	if cfg.Trace != nil {
		log = cfg.Trace
	}
	ws, err := openIndex(root, dirs, log, index.Options{Listed: cfg.listed, Gone: cfg.gone, CopyOf: cfg.standsFor})
	if err != nil {
		return nil, err
	}
	if cfg.Trace != nil {
		cfg.Trace.Head(
			trace.Header{
				Lanser: Version(), Root: root, Git: ws.InGit(), Platform: api.Platform(), Trust: cfg.Trust,
				Servers: recorded(catalogue.UserServers()),
			},
		)
	}
	if missing := sandbox.Missing(); cfg.Sandbox == "require" && len(missing) > 0 {
		return nil, fault.New(
			fault.Permissions,
			"servers cannot be confined as is required: on this machine they could %s",
			strings.Join(missing, ", "),
		).
			WithHint("'lanser doctor' says what is missing; without --sandbox=require they run with what there is")
	}
	var facts *scipIndex
	if len(cfg.SCIP) > 0 {
		facts, err = readIndexes(cfg.SCIP)
		if err != nil {
			return nil, err
		}
	}
	var pinned *index.Snapshot
	if cfg.Frozen {
		pinned, err = ws.Snapshot(context.Background())
		if err != nil {
			return nil, err
		}
		pinned.Digest(func(string) bool { return true }) // all is read now
	}
	shared, err := remote.FromEnvironment()
	if err != nil {
		return nil, err
	}
	e := newEngine(cfg, ws, dirs, log, api.Platform())
	e.scip, e.pinned, e.answers = facts, pinned, memory.NewAnswers(filepath.Join(dirs.Cache, "answers"), shared)
	return e, nil
}

// newEngine returns an engine for an index that is open. It is the part of [New] that [Replay] shares: log is the world
// as it is or as it was recorded. The engine remembers no answers until New adds the memory for them, so that a replay
// works out each answer anew.
func newEngine(cfg Config, ws *index.Workspace, dirs install.Dirs, log trace.Log, platform string) *Engine {
	if cfg.Turns == nil {
		cfg.Turns = NewTurns()
	}
	machine := toolchain.New(toolchain.Config{
		Root: ws.Root(), Top: func() string { return cmp.Or(cfg.top, ws.RepositoryRoot()) },
		CopyOf: cfg.standsFor, CopyOfTop: cfg.standsForTop,
		Dirs: dirs, Install: cfg.Install, Log: cfg.Log,
		Sandbox: cfg.Sandbox, Trust: cfg.Trust, MaxMemory: cfg.MaxMemory,
	})
	return &Engine{
		cfg: cfg, ws: ws, dirs: dirs, log: log, platform: platform, roots: ownRoots(ws.Root(), cfg), machine: machine,
		pool: pool.New(pool.Config{
			Workspace: ws, Machine: machine, Log: log, Trust: cfg.Trust, Format: cfg.replays,
		}),
		closing: make(chan struct{}),
		use:     requestUse{ended: time.Now()},
	}
}

// OpenIndex opens the index of a workspace with its store in the user's cache
// folder.
func OpenIndex(root string, dirs install.Dirs) (*index.Workspace, error) {
	return openIndex(root, dirs, trace.Off, index.Options{})
}

// openIndex opens the index of a workspace. With o.Listed it is that of a copy. Only a workspace as it is on disk is
// watched: a copy does not change, and while a trace is recorded every look at the files is one that the trace holds.
func openIndex(
	root string,
	dirs install.Dirs,
	world index.World,
	o index.Options,
) (*index.Workspace, error) {
	o.Cache, o.Libraries = filepath.Join(dirs.Cache, "index"), toolchain.NewLibraries(root, o.CopyOf)
	o.World, o.Watch = world, world == trace.Off && o.Listed == nil
	return index.Open(root, o)
}

// Root is the absolute path of the workspace.
func (e *Engine) Root() string { return e.ws.Root() }

// Close ends every server and returns when they are gone. Questions that have the turn of a server are finished first.
// Then the answers that still hold are written to disk, for later processes.
func (e *Engine) Close() {
	e.mu.Lock()
	if !e.closed {
		close(e.closing)
	}
	e.closed = true
	e.mu.Unlock()
	e.pool.Close()
	e.flushes.Wait()
	if e.answers != nil {
		e.answers.Flush()
	}
	e.ws.Close()
	if e.answers != nil {
		e.answers.Close()
	}
}

// Running lists the language servers that run, by name.
func (e *Engine) Running() []pool.Running { return e.pool.Running() }

// LetGo ends the server with that process id, unless it is answering; the next question starts
// another.
func (e *Engine) LetGo(pid int) bool { return e.pool.LetGo(pid) }

// flushDelay is how long after an answer what was learnt on the way to it is kept for other
// runs: an agent that asks on meanwhile does not wait for the disk.
const flushDelay = 200 * time.Millisecond

// flushSoon keeps what was learnt, a little later.
func (e *Engine) flushSoon() {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.closed || e.flushing {
		return
	}
	e.flushing = true
	e.flushes.Go(func() {
		select {
		case <-time.After(flushDelay):
		case <-e.closing: // what follows keeps all
			return
		}
		e.mu.Lock()
		e.flushing = false
		e.mu.Unlock()
		e.ws.Flush()
	})
}

// answer is the answer to a request while it is worked out. One goroutine at a time uses it: the parts of a check,
// which run side by side, have an answer each ([Engine.part]). What may have to be undone is done to a copy
// ([answer.begin]).
//
// The scope ([symbol.Answer].Scope) is set by the operation's runner. It names the files that the answer depends on:
// their digest is the snapshot of the bundle, and a change of one of them while the answer is worked out ends it.
type answer struct {
	symbol.Answer
	runner
	enc      text.Encoding // of columns in the selector
	sel      selectors.Selector
	host     *toolchain.Host // of the session that was leased last
	sessions []pool.Started  // that answered
	unnamed  bool            // what lies outside the workspace counts too, and may change
	servers  *plan.Servers
	changes  []change // that the request is about, if it is about several changes; else nil
	files    []string // of a check: those that the server is asked about
	// loadExplained is true if a finding says why the server could not load what it was asked about.
	loadExplained bool
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

// withDefaults returns the options of a request with the defaults that answers and traces name: what a
// patch makes new is told by default, which it was not when older traces were recorded.
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
	if plan.AffectedIn(ctx) == nil { // a check that ctx narrows to the files which a patch affects has no key
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
	if err == nil && errors.Is(ctx.Err(), context.Canceled) {
		err = ctx.Err() // loops end early then: what they found may not be all
	}
	b := a.Bundle
	switch { // whatever broke off last, the reason is that time was up or nobody waits
	case err == nil:
	case errors.Is(ctx.Err(), context.DeadlineExceeded) && !fault.Is(err, fault.Timeout):
		err = fault.Wrap(fault.Timeout, err, "the request did not finish in %s", timeout).
			WithHint("give it longer with --timeout")
	case errors.Is(ctx.Err(), context.Canceled) && !fault.Is(err, fault.Cancelled):
		err = fault.Wrap(fault.Cancelled, err, "the request was cancelled")
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
		Format: e.cfg.replays,
	}
	q := &symbol.Question{
		Request: req, Pool: e.pool, Installed: servers.Installed, Recorded: e.log != trace.Off,
		Format: e.cfg.replays,
	}
	if e.answers != nil && !q.Recorded {
		q.Remembered = &e.definitions
	}
	b := req.Bundle(e.ws.Root(), e.platform)
	reading := symbol.Reading{Question: q, Bundle: b}
	return &answer{Answer: symbol.Answer{Reading: reading}, enc: text.UTF16, servers: servers}
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
	a.Operation = api.Lookup(req.Op)
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
		a.Snap, err = states.Overlaid(a.Disk, &a.Request.Options)
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
	if err == nil && a.exit == nil {
		err = ctx.Err() // not all was looked at; a check says itself what it did not reach
	}
	if err == nil && errors.Is(ctx.Err(), context.DeadlineExceeded) { // what was found until then is told
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

// bind determines what the question is about.
func (e *Engine) bind(ctx context.Context, a *answer, several bool) error {
	if several {
		return e.readChanges(ctx, a)
	}
	return e.resolve(ctx, a)
}

// ownRoots are the folders whose files are the workspace's, and those of others: what is
// linked into a copy of an earlier state lies in the workspace itself.
func ownRoots(root string, cfg Config, others ...bundle.Root) bundle.Roots {
	return bundle.NewRoots(append([]bundle.Root{{Dir: root}, {Dir: cfg.standsFor}}, others...)...)
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
		sel = relative(ws, sel)
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

// ask sets the selector of the question. The bundle has its canonical form, which that of a selector as
// people type one is known for when it is resolved.
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
		if index.IsLibrary(p) && !strings.HasPrefix(p, "file://") {
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
