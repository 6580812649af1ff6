package lsp

import (
	"cmp"
	"context"
	_ "embed"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"

	"go.lsp.dev/jsonrpc2"
	"go.lsp.dev/protocol"
	"go.lsp.dev/uri"

	"lanser/selectors/fault"
	"lanser/selectors/text"
	"lanser/server/catalogue"
	"lanser/server/sandbox"
	"lanser/server/trace"
)

// A session has these goroutines besides those that ask: the connection's, which reads messages and calls
// [Session.handle]; one that waits for the process ([Session.reap]); and one that waits for the end of the connection.
// What the server reports is recorded under mu by [Session.set], which wakes everyone who waits in [Session.await].
// What an answer depends on is read through [Session.look], so that a replay sees it at the same points.

// Config is what a session is started with.
type Config struct {
	Server *catalogue.Server
	Dir    string // the folder that the server is installed in
	// Guessed are the folders in which it looks for headers of files that nothing says how to compile,
	// relative to the root.
	Guessed []string
	// Folders are further folders of the workspace that the server gets as workspaces of their own, relative to Root.
	Folders []string
	// Trust allows the server to run programs of the workspace. Interpreter is the program of
	// the workspace that is sent to it as its interpreter, "" for none.
	Trust       bool
	Interpreter string
	Argv        []string // the program and its arguments
	Env         []string // its whole environment
	Root        string   // absolute path of the workspace
	// Projects is the folder with the projects that describe the workspace, which the server gets in place of it; ""
	// for a server that gets the workspace.
	Projects string
	Policy   sandbox.Policy
	// Tape records what is sent and received, or replays a recorded server; nil does neither.
	Tape trace.Tape
	// Fixes is the number of questions for quick fixes that are asked at a time; 0 asks for none.
	Fixes int
	// PID is the process id that is sent to the server as the client's; 0 sends none.
	PID int
}

// State is a state of a session; the package documentation has the transitions.
type State string

// The states.
const (
	Starting State = "starting"
	Ready    State = "ready"
	Dead     State = "dead"
	Closed   State = "closed"
)

// Session is a running language server. Several goroutines may ask questions at once. Sync must
// not run at the same time as a question whose answer it would change: the owner of the session
// orders them.
type Session struct {
	cfg  Config
	tape trace.Tape
	proc *sandbox.Process // nil if the tape is the server
	conn jsonrpc2.Conn
	in   io.Closer

	stderr   tail
	exited   chan struct{} // closed when the process has ended
	exitText string        // valid once exited is closed

	provides map[string]json.RawMessage // capability name → its raw value
	version  string
	enc      text.Encoding

	docs *documents // with a lock of its own, which is taken before mu

	settled atomic.Bool // Settle was called
	fixes   sessionFixes
	closed  closedChecks

	mu      sync.Mutex // guards what follows
	state   State
	stuck   bool          // a call was not answered in time
	broke   string        // how the server broke the protocol, "" if it did not
	changed chan struct{} // closed and replaced at every change of what follows
	signals signals
	pushed  map[string]push // by URI path
}

// serverInfo is what the server says about itself in its answer to initialize.
type serverInfo struct {
	Name    string `json:"name"`
	Version string `json:"version"`
}

// version returns the version that the server reports, or the pinned one.
func (i serverInfo) version(srv *catalogue.Server) string {
	var build struct{ Main struct{ Version string } }
	if json.Unmarshal([]byte(i.Version), &build) == nil && build.Main.Version != "" {
		return build.Main.Version // gopls reports its whole build information
	}
	if i.Version == "" {
		return srv.Version
	}
	return i.Version
}

// push is the last publication of diagnostics for a file.
type push struct {
	items   []Diagnostic
	version int // of the document, -1 if the server sent none
}

//go:embed capabilities.json
var clientCapabilities []byte

// Start starts the server and initializes the session. The context bounds the start only. The error is Crash for a
// program that cannot be started. A failed start leaves no process.
func Start(ctx context.Context, cfg Config) (*Session, error) {
	s := &Session{
		cfg: cfg, tape: cfg.Tape, exited: make(chan struct{}), state: Starting, changed: make(chan struct{}),
		signals: newSignals(), pushed: map[string]push{}, docs: newDocuments(),
	}
	if s.tape == nil {
		s.tape = trace.Off.Tape("", nil)
	}

	var rw io.ReadWriteCloser
	replays, err := s.tape.Replays()
	if !replays {
		rw, err = s.spawn()
	}
	if err != nil {
		err = fault.Wrap(fault.Crash, err, "cannot start %s: %v", cfg.Server.Name, err)
		s.tape.Failed(err)
		return nil, err
	}

	s.conn = jsonrpc2.NewConn(jsonrpc2.NewHeaderStream(s.tape.Stream(rw, s.ended)), jsonrpc2.WithCodec(Codec{}))
	s.conn.Go(context.WithoutCancel(ctx), s.handle)
	go func() { // it ends with the connection
		<-s.conn.Done()
		s.tape.Silent()
	}()

	if err := s.initialize(ctx); err != nil {
		s.kill()
		return nil, err
	}

	s.set(func() {
		if s.state == Starting { // otherwise it has ended since
			s.state = Ready
		}
	})
	return s, nil
}

// ended records that the server has ended.
func (s *Session) ended() {
	s.set(func() {
		if s.state != Closed {
			s.state = Dead
		}
	})
	close(s.exited) // last, so that the state is set for those who wait
}

// breaks records how the server broke the protocol.
func (s *Session) breaks(err error) {
	s.set(func() { s.broke = err.Error() })
}

// set changes guarded state and wakes all that wait for a change.
func (s *Session) set(change func()) {
	s.mu.Lock()
	defer s.mu.Unlock()
	change()
	close(s.changed)
	s.changed = make(chan struct{})
}

// await waits until cond, called with the lock held, is true; it fails when the
// context ends or the server dies. what names it in the error: "gopls did not finish WHAT in time". The channel is
// read before cond is called, so that a change in between is not missed.
func (s *Session) await(ctx context.Context, what string, cond func() bool) error {
	for {
		s.mu.Lock()
		changed := s.changed
		s.mu.Unlock()
		if s.look(cond) {
			return nil
		}
		s.mu.Lock()
		state := s.state
		s.mu.Unlock()
		if state == Dead || state == Closed {
			return s.died(what)
		}
		select {
		case <-changed:
		case <-ctx.Done():
			return s.timeout(ctx, what)
		}
	}
}

// look returns cond, called with the lock held. Every read of what the server has reported goes
// through it, so that a tape can record and replay the result.
func (s *Session) look(cond func() bool) bool {
	return s.tape.Look(func() bool {
		s.mu.Lock()
		defer s.mu.Unlock()
		return cond()
	})
}

// Alive reports whether questions can be asked.
func (s *Session) Alive() bool {
	if s.look(func() bool { return s.state == Ready }) {
		return true
	}
	s.tape.Died(Death{})
	return false
}

// capabilities returns what is declared to the server, as JSON: what is embedded, and for a session that asks for quick
// fixes, what that needs besides. The two are merged entry by entry below textDocument, workspace and the like.
func (s *Session) capabilities() ([]byte, error) {
	if s.cfg.Fixes == 0 {
		return clientCapabilities, nil
	}
	var all, more map[string]map[string]any
	if err := json.Unmarshal(clientCapabilities, &all); err != nil {
		return nil, fmt.Errorf("capabilities.json: %w", err)
	}
	if err := json.Unmarshal(fixCapabilities, &more); err != nil {
		return nil, fmt.Errorf("fix_capabilities.json: %w", err)
	}
	for group, entries := range more {
		for name, added := range entries {
			known, isObject := all[group][name].(map[string]any)
			if !isObject {
				all[group][name] = added
				continue
			}
			maps.Copy(known, added.(map[string]any))
		}
	}
	return json.Marshal(all)
}

// initialize sends initialize and initialized, and records what the server offers. In the options of a server, the text
// {dir} is replaced by the folder that the server is installed in.
func (s *Session) initialize(ctx context.Context) error {
	root := uri.File(s.folder())
	params := protocol.InitializeParams{
		ClientInfo: protocol.ClientInfo{Name: "lanser"},
		//lint:ignore SA1019 older servers read nothing else
		RootURI: &root,
	}
	if s.cfg.PID != 0 {
		pid := int32(s.cfg.PID)
		params.ProcessID = &pid
	}

	params.WorkspaceFolders = protocol.NewNullable(s.folders())
	capabilities, err := s.capabilities()
	if err != nil {
		return err
	}
	if err := protocol.Unmarshal(capabilities, &params.Capabilities); err != nil {
		return fmt.Errorf("capabilities.json: %w", err)
	}
	if options := s.options(); options != nil {
		raw, err := json.Marshal(options)
		if err != nil {
			return err
		}
		params.InitializationOptions = []byte(strings.ReplaceAll(string(raw), "{dir}", s.cfg.Dir))
	}

	raw, err := s.call(ctx, protocol.MethodInitialize, &params)
	if err != nil {
		return err
	}
	var result struct {
		Capabilities map[string]json.RawMessage `json:"capabilities"`
		ServerInfo   serverInfo                 `json:"serverInfo"`
	}

	if err := json.Unmarshal(raw, &result); err != nil {
		return s.broken("initialize", err)
	}
	s.provides, s.version = result.Capabilities, result.ServerInfo.version(s.cfg.Server)
	if err := s.negotiated(); err != nil {
		return err
	}
	return s.notify(ctx, protocol.MethodInitialized, &protocol.InitializedParams{})
}

// folder returns the folder that the server gets as its workspace.
func (s *Session) folder() string { return cmp.Or(s.cfg.Projects, s.cfg.Root) }

// folders returns the folders of the session: that of the workspace, and those with settings of their own.
func (s *Session) folders() []protocol.WorkspaceFolder {
	folders := []protocol.WorkspaceFolder{{URI: uri.File(s.folder()), Name: "workspace"}}
	for _, dir := range s.cfg.Folders {
		at := filepath.Join(s.cfg.Root, filepath.FromSlash(dir))
		folders = append(folders, protocol.WorkspaceFolder{URI: uri.File(at), Name: dir})
	}
	return folders
}

// options returns the initializationOptions, with clangd's setting for files that nothing says how to
// compile (clangd's documentation, "LSP extensions", Compilation commands).
func (s *Session) options() map[string]any {
	options := s.cfg.Server.OptionsFor(s.cfg.Trust)
	if len(s.cfg.Guessed) == 0 {
		return options
	}
	flags := []string{}
	for _, dir := range s.cfg.Guessed {
		flags = append(flags, s.cfg.Server.GuessedInclude+filepath.Join(s.cfg.Root, filepath.FromSlash(dir)))
	}
	options = maps.Clone(options)
	options["fallbackFlags"] = flags
	return options
}

// negotiated reads the position encoding from the server's capabilities. It fails if the server
// chose one that was not offered, as every range would be wrong.
func (s *Session) negotiated() error {
	s.enc = text.UTF16 // LSP 3.17: if omitted
	raw, ok := s.provides["positionEncoding"]
	if !ok || isNull(raw) {
		return nil
	}
	var name string
	if err := json.Unmarshal(raw, &name); err != nil {
		return s.broken("initialize", err)
	}
	enc, err := text.ParseEncoding(name)
	if err != nil {
		return fault.New(fault.Indexing, "%s counts columns in %q, which was not offered", s.cfg.Server.Name, name)
	}
	s.enc = enc
	return nil
}

// Encoding returns the unit of columns in everything that the server sends.
func (s *Session) Encoding() text.Encoding { return s.enc }

// Server returns the description that the session was started with.
func (s *Session) Server() *catalogue.Server { return s.cfg.Server }

// Version returns the version that the server reports, or the pinned one.
func (s *Session) Version() string { return s.version }

// PID returns the launcher's process id, 0 if there is none.
func (s *Session) PID() int {
	if s.proc == nil {
		return 0
	}
	return s.proc.Process.Pid
}

// Can reports whether the server offers a capability, statically or by registration.
func (s *Session) Can(capability string) bool {
	if check := s.cfg.Server.Check; capability == "diagnosticProvider" && check != catalogue.CheckPull {
		return check != catalogue.CheckNone
	}
	return s.offers(capability)
}

// Pulls reports whether the server answers textDocument/diagnostic.
func (s *Session) Pulls() bool { return s.offers("diagnosticProvider") }

// offers reports whether the server has announced a capability: in its answer to initialize, where it is true or an
// object, or by a registration later.
func (s *Session) offers(capability string) bool {
	raw, ok := s.provides[capability]
	if ok && !isNull(raw) && string(raw) != "false" {
		return true
	}
	registered := false
	s.look(func() bool {
		registered = s.signals.registered[registrationOf[capability]] > 0
		return true
	})
	return registered
}

// registrationOf maps a capability to the method by which it is registered.
var registrationOf = map[string]string{
	"diagnosticProvider": protocol.MethodTextDocumentDiagnostic,
}

// Death is how a server ended.
type Death = trace.Death
