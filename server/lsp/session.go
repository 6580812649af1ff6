package lsp

import (
	"context"
	_ "embed"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"go.lsp.dev/jsonrpc2"
	"go.lsp.dev/protocol"
	"go.lsp.dev/uri"

	"lanser/selectors/fault"
	"lanser/selectors/text"
	"lanser/server/catalogue"
	"lanser/server/sandbox"
	"lanser/server/trace"
)

// Config is what a session needs beside the server's description.
type Config struct {
	Server *catalogue.Server
	Dir    string // that the server is installed in
	// Trust lets it run what the workspace brings along; Interpreter is the program of
	// the workspace that it is told, "" for none.
	Trust       bool
	Interpreter string
	Argv        []string // the program and its arguments
	Env         []string // its whole environment
	Root        string   // absolute path of the workspace
	Policy      sandbox.Policy
	// Tape notes what passes, or is the server itself; nil for neither.
	Tape trace.Tape
	// PID is lanser's process id, which the server is told.
	PID int
}

// State is a state of a session; package documentation has the machine.
type State string

// The states.
const (
	Starting State = "starting"
	Ready    State = "ready"
	Dead     State = "dead"
	Closed   State = "closed"
)

// Session is a running language server. Questions may be put from several
// goroutines; Sync must not run beside a question whose answer it would change,
// so the owner puts them in order.
type Session struct {
	cfg  Config
	tape trace.Tape
	proc *sandbox.Process // nil where the tape is the server
	conn jsonrpc2.Conn
	in   io.Closer

	stderr   tail
	exited   chan struct{} // closed when the process has ended
	exitText string        // valid once exited is closed

	provides map[string]json.RawMessage // capability name → its raw value
	version  string
	enc      text.Encoding

	docs *documents

	settled atomic.Bool // see Settle

	mu      sync.Mutex // guards what follows
	state   State
	stuck   bool          // a call was not answered in time
	broke   string        // how the server broke the protocol, "" if it did not
	changed chan struct{} // closed and replaced at every change of what follows
	signals signals
	pushed  map[string]push // by URI path
}

type serverInfo struct {
	Name    string `json:"name"`
	Version string `json:"version"`
}

// version is the server's own word on its version, or the pinned one.
func (i serverInfo) version(srv *catalogue.Server) string {
	var build struct{ Main struct{ Version string } }
	if json.Unmarshal([]byte(i.Version), &build) == nil && build.Main.Version != "" {
		return build.Main.Version // gopls says its whole build information
	}
	if i.Version == "" {
		return srv.Version
	}
	return i.Version
}

type push struct {
	items   []Diagnostic
	version int // of the document, -1 where the server gives none
}

//go:embed capabilities.json
var clientCapabilities []byte

// Start starts the server and shakes hands. The context bounds that and is not
// kept.
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
	s.set(func() { s.state = Ready })
	return s, nil
}

// spawn starts the process, and returns its input and output.
func (s *Session) spawn() (io.ReadWriteCloser, error) {
	proc, err := sandbox.Command(s.cfg.Argv, s.cfg.Env, s.cfg.Policy)
	if err != nil {
		return nil, err
	}
	proc.Dir = s.cfg.Root
	in, err := proc.StdinPipe()
	if err != nil {
		return nil, err
	}
	out, outW, err := os.Pipe() // not StdoutPipe: Wait would close it under the reader
	if err != nil {
		return nil, err
	}
	proc.Stdout, proc.Stderr = outW, &s.stderr
	err = proc.Start()
	outW.Close()
	if err != nil {
		out.Close()
		return nil, err
	}
	s.proc, s.in = proc, in
	go s.reap()
	return pipe{ReadCloser: newBounded(out, s.breaks), WriteCloser: in}, nil
}

type pipe struct {
	io.ReadCloser
	io.WriteCloser
}

func (p pipe) Close() error { return errors.Join(p.WriteCloser.Close(), p.ReadCloser.Close()) }

// Codec is go.lsp.dev/protocol's own, which it does not export; a RawMessage
// passes through.
type Codec struct{}

// Marshal encodes a message.
func (Codec) Marshal(v any) ([]byte, error) {
	if raw, ok := v.(jsonrpc2.RawMessage); ok {
		return raw, nil
	}
	return protocol.Marshal(v)
}

// Unmarshal decodes a message.
func (Codec) Unmarshal(data []byte, v any) error {
	if raw, ok := v.(*jsonrpc2.RawMessage); ok {
		*raw = slices.Clone(data)
		return nil
	}
	return protocol.Unmarshal(data, v)
}

// reap waits for the process, the only place that does.
func (s *Session) reap() {
	err := s.proc.Wait()
	s.exitText = "exit status 0"
	if err != nil {
		s.exitText = err.Error()
	}
	s.ended()
}

// ended notes that there is no server any more.
func (s *Session) ended() {
	s.set(func() {
		if s.state != Closed {
			s.state = Dead
		}
	})
	close(s.exited) // last: whoever waits for it finds the state
}

// breaks notes how the server broke the protocol.
func (s *Session) breaks(err error) {
	s.set(func() { s.broke = err.Error() })
}

// set changes guarded state and wakes who waits for it.
func (s *Session) set(change func()) {
	s.mu.Lock()
	defer s.mu.Unlock()
	change()
	close(s.changed)
	s.changed = make(chan struct{})
}

// await waits until cond, called with the lock held, is true; it fails when the
// context ends or the server dies.
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

// look runs cond with the lock held: all that is asked about what the server has said
// goes this way, so that it can be repeated.
func (s *Session) look(cond func() bool) bool {
	return s.tape.Look(func() bool {
		s.mu.Lock()
		defer s.mu.Unlock()
		return cond()
	})
}

// Alive says whether the session can be asked anything.
func (s *Session) Alive() bool {
	if s.look(func() bool { return s.state == Ready }) {
		return true
	}
	s.tape.Died(Death{})
	return false
}

func (s *Session) initialize(ctx context.Context) error {
	root := uri.File(s.cfg.Root)
	params := protocol.InitializeParams{
		ClientInfo: protocol.ClientInfo{Name: "lanser"},
		//lint:ignore SA1019 older servers read nothing else
		RootURI: &root,
	}
	if s.cfg.PID != 0 {
		pid := int32(s.cfg.PID)
		params.ProcessID = &pid
	}
	params.WorkspaceFolders = protocol.NewNullable([]protocol.WorkspaceFolder{{URI: root, Name: "workspace"}})
	if err := protocol.Unmarshal(clientCapabilities, &params.Capabilities); err != nil {
		return fmt.Errorf("capabilities.json: %w", err)
	}
	if options := s.cfg.Server.OptionsFor(s.cfg.Trust); options != nil {
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

// negotiated reads the position encoding; one that was not offered is refused,
// for every range would be wrong.
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

// Encoding is the unit of columns in everything that the server says.
func (s *Session) Encoding() text.Encoding { return s.enc }

// Server is the description that the session was started with.
func (s *Session) Server() *catalogue.Server { return s.cfg.Server }

// Version is the server's own word on its version, or the pinned one.
func (s *Session) Version() string { return s.version }

// PID is the launcher's process id, 0 where there is none.
func (s *Session) PID() int {
	if s.proc == nil {
		return 0
	}
	return s.proc.Process.Pid
}

// Can says whether the server offers a capability, statically or by
// registration.
func (s *Session) Can(capability string) bool {
	if check := s.cfg.Server.Check; capability == "diagnosticProvider" && check != catalogue.CheckPull {
		return check != catalogue.CheckNone
	}
	return s.offers(capability)
}

// Pulls says whether the server answers textDocument/diagnostic.
func (s *Session) Pulls() bool { return s.offers("diagnosticProvider") }

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

var registrationOf = map[string]string{
	"diagnosticProvider": protocol.MethodTextDocumentDiagnostic,
}

// allowed are the only methods that are ever sent.
var allowed = map[string]bool{
	protocol.MethodInitialize: true, protocol.MethodInitialized: true, protocol.MethodShutdown: true, protocol.MethodExit: true,
	protocol.MethodTextDocumentDidOpen: true, protocol.MethodTextDocumentDidChange: true, protocol.MethodTextDocumentDidClose: true,
	protocol.MethodWorkspaceDidChangeWatchedFiles: true,
	protocol.MethodTextDocumentDefinition:         true, protocol.MethodTextDocumentDeclaration: true,
	protocol.MethodTextDocumentTypeDefinition: true, protocol.MethodTextDocumentImplementation: true,
	protocol.MethodTextDocumentPrepareRename: true, // asks only; textDocument/rename is never sent
	protocol.MethodTextDocumentReferences:    true, protocol.MethodTextDocumentHover: true,
	protocol.MethodTextDocumentDiagnostic: true, protocol.MethodWorkspaceExecuteCommand: true,
	protocol.MethodTextDocumentPrepareCallHierarchy: true, protocol.MethodCallHierarchyIncomingCalls: true, protocol.MethodCallHierarchyOutgoingCalls: true,
	protocol.MethodTextDocumentPrepareTypeHierarchy: true, protocol.MethodTypeHierarchySupertypes: true, protocol.MethodTypeHierarchySubtypes: true,
}

// call sends a request and returns the raw result.
func (s *Session) call(ctx context.Context, method string, params any) (json.RawMessage, error) {
	command, isCommand := params.(*protocol.ExecuteCommandParams)
	if !allowed[method] || (method == protocol.MethodWorkspaceExecuteCommand) != isCommand || isCommand && !readOnly(command) {
		return nil, fault.New(fault.Unsupported, "%s is not a read-only method", method)
	}
	var raw jsonrpc2.RawMessage
	err := protocol.Call(ctx, s.conn, method, params, &raw)
	if err == nil {
		return json.RawMessage(raw), nil
	}
	return nil, s.failed(ctx, method, err)
}

func (s *Session) notify(ctx context.Context, method string, params any) error {
	if !allowed[method] {
		return fault.New(fault.Unsupported, "%s is not a read-only method", method)
	}
	if err := s.conn.Notify(ctx, method, params); err != nil {
		return s.failed(ctx, method, err)
	}
	return nil
}

// closeTime is what a server gets to end by itself, and after its output has
// ended.
const closeTime = 700 * time.Millisecond

// Close ends the server by stages: shutdown and exit, end of input, then the
// kill of its whole group. It returns when the process is gone.
func (s *Session) Close() {
	s.tape.Stop()
	s.mu.Lock()
	polite := s.state == Ready && !s.stuck
	s.mu.Unlock()
	s.set(func() { s.state = Closed })
	if polite && s.proc != nil {
		ctx, cancel := context.WithTimeout(context.Background(), closeTime)
		if _, err := s.call(ctx, protocol.MethodShutdown, nil); err == nil {
			_ = s.notify(ctx, protocol.MethodExit, nil) // best effort: the kill follows
		}
		s.in.Close()
		if !s.cfg.Server.NoExit {
			select {
			case <-s.exited:
			case <-ctx.Done():
			}
		}
		cancel()
	}
	s.kill()
}

func (s *Session) kill() {
	s.set(func() {
		if s.state != Closed {
			s.state = Dead
		}
	})
	if s.proc != nil {
		s.proc.Kill()
		<-s.exited
	}
	_ = s.conn.Close() // the peer is gone: its error says only that
}

// Death is how a server ended.
type Death = trace.Death
