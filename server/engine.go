package server

import (
	"cmp"
	"context"
	"io"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"lanser/index"
	"lanser/selectors/fault"
	"lanser/server/api"
	"lanser/server/bundle"
	"lanser/server/catalogue"
	"lanser/server/findings"
	"lanser/server/install"
	"lanser/server/memory"
	"lanser/server/pool"
	"lanser/server/remote"
	"lanser/server/sandbox"
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
	tools   findings.Tools // of checks

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
		tools: findings.Tools{
			Workspace: ws, Machine: machine, Log: log, Trust: cfg.Trust, OfCopy: cfg.standsFor != "",
		},
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

// ownRoots are the folders whose files are the workspace's, and those of others: what is
// linked into a copy of an earlier state lies in the workspace itself.
func ownRoots(root string, cfg Config, others ...bundle.Root) bundle.Roots {
	return bundle.NewRoots(append([]bundle.Root{{Dir: root}, {Dir: cfg.standsFor}}, others...)...)
}
