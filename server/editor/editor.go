// Package editor owns the read-only language server in front of the language servers of a workspace (LSP
// 3.17, over standard input and output).
//
// A client that speaks LSP, such as an editor or an agent, gets one server for all languages. Each request is
// answered by the language server for the file, through the same [api.Door] as every other front end (package
// server), with the same freshness and evidence.
//
// # Promises
//
//   - Requests that would change a file or run a command are refused with an error that says so. No such
//     capability is offered.
//   - Positions are in the encoding that the client asked for, whatever the language server uses.
//   - Answers are about the documents as the client has them open, with unsaved changes. Nothing is written.
//   - Each workspace folder of the client is a workspace of its own. A document belongs to the innermost folder
//     that contains it.
//   - An answer that may be incomplete is an error, or the reason is logged to the client: an empty list means
//     that there is nothing. The definition of a place that names nothing is the error "no identifier found".
//   - Diagnostics are published to a client that does not request them, and to one that has requested them and
//     may no longer wait for the answer ([Options.Patience]).
//   - A missing language server is reported to the client once, with the command that installs it.
//
// There are two requests beyond the protocol. "lanser/locate" {selector} resolves a selector to a location.
// "lanser/ask" takes a request as a line of the batch protocol, and returns the bundle. If there are several
// folders, both take the URI of one: {folder}.
//
// The package knows nothing of language server processes or of how selectors are resolved.
package editor

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"go.lsp.dev/jsonrpc2"
	"go.lsp.dev/protocol"
	"go.lsp.dev/uri"

	"lanser/index/beneath"
	"lanser/selectors"
	"lanser/selectors/fault"
	"lanser/selectors/text"
	"lanser/selectors/visible"
	"lanser/server/api"
	"lanser/server/bundle"
	"lanser/server/lsp"
)

// Options configure the server.
type Options struct {
	Version string
	// Open opens a workspace; "" is the workspace that the process was started in.
	Open func(ctx context.Context, workspace string) (api.Door, error)
	// Fixed is true if the user has named the workspace on the command line: the client's folders are ignored.
	Fixed bool
	// Patience is the time after which a client no longer waits for diagnostics that it has requested: they are
	// published too then. The default is two seconds.
	Patience time.Duration
	// Announce is the time after which a client that does not request diagnostics is told that a document is not
	// verified yet, as an information about its first line: agents wait a moment, and take silence for clean. 0 means
	// never.
	Announce time.Duration
	Log      io.Writer // notifications that are ignored, with the reason; nil discards them
}

// Messages are handled in the order in which they arrive, by one goroutine of the connection. What changes the state of
// the session (the handshake, documents, folders) is done by it, so that every request is about the documents as they
// were when it was sent. A request then goes on in a goroutine of its own ([jsonrpc2.Async]): it becomes a request of
// package api (answers.go), with the unsaved documents as an overlay, and its bundle is converted back to LSP.
//
// Diagnostics have two ways (diagnostics.go): a client that can, requests them; to any other client they are published
// by one goroutine, document by document.

// session is the connection with one client.
type session struct {
	Options
	conn             jsonrpc2.Conn
	enc              text.Encoding // of positions, as agreed with the client
	initialized      bool          // initialize was answered; only handle uses it
	isShutDown       bool          // shutdown was answered; only handle uses it
	isAborted        atomic.Bool   // the client has sent exit without shutdown
	pullsDiagnostics bool          // the client requests diagnostics; otherwise they are published
	symbolTree       bool          // the client accepts document symbols as a tree

	ctx        context.Context // for work that outlives a request, such as publishing diagnostics
	stop       context.CancelFunc
	background sync.WaitGroup

	mu            sync.Mutex              // guards the fields below, except slots
	folders       []*folder               // empty before initialize
	docs          map[folderFile]document // documents that the client has open
	pendingChecks map[folderFile]bool     // documents whose diagnostics have to be published
	checking      bool                    // publishPending runs
	pushed        map[folderFile]bool     // documents of a client that pulls, with published diagnostics
	missing       map[string]bool         // messages about missing language servers that were shown
	running       map[jsonrpc2.ID]context.CancelFunc
	slots         chan struct{} // holds a token for each running request
}

// maxRunning bounds the requests that are answered at the same time, and thereby memory. While it is reached, no
// messages are read, not even cancellations.
const maxRunning = 256

// document is a document that the client has open.
type document struct {
	uri     uri.URI // as the client spells it
	version int32
	text    string
}

// pipe is the connection to the client.
type pipe struct {
	io.Reader
	io.Writer
	ends []any // the input and the output; closed if they are files
}

// Close closes both directions, so that a read that waits for the client returns.
func (p pipe) Close() error {
	for _, end := range p.ends {
		if f, ok := end.(*os.File); ok {
			f.Close()
		}
	}
	return nil
}

// ErrNoShutdown is the error of a session that the client ended with exit and without shutdown: the process then ends
// with the exit code 1 (LSP, exit notification).
var ErrNoShutdown = errors.New("the client sent exit without shutdown")

// Serve serves one client until it sends exit or disconnects, or ctx ends. It returns when all work for the client has
// ended and the folders are closed. The error is [ErrNoShutdown], or one of the connection.
func Serve(ctx context.Context, in io.Reader, out io.Writer, o Options) error {
	if o.Log == nil {
		o.Log = io.Discard
	}
	if o.Patience == 0 {
		o.Patience = 2 * time.Second
	}
	s := &session{
		Options:       o,
		enc:           text.UTF16,
		docs:          map[folderFile]document{},
		pendingChecks: map[folderFile]bool{},
		pushed:        map[folderFile]bool{},
		missing:       map[string]bool{},
		running:       map[jsonrpc2.ID]context.CancelFunc{},
		slots:         make(chan struct{}, maxRunning),
	}
	s.ctx, s.stop = context.WithCancel(ctx)
	locked := &lockedWriter{Writer: out}
	client := pipe{Reader: newFrames(in, locked), Writer: locked, ends: []any{in, out}}
	s.conn = jsonrpc2.NewConn(jsonrpc2.NewHeaderStream(client), jsonrpc2.WithCodec(lsp.Codec{}))
	s.conn.Go(s.ctx, s.handle)
	select {
	case <-s.conn.Done():
	case <-s.ctx.Done():
	}

	s.stop()
	s.background.Wait()
	for _, f := range s.folders {
		f.door.Close()
	}
	if s.isAborted.Load() {
		return ErrNoShutdown
	}
	return s.conn.Err()
}

// request answers a method. The part of it that runs before [jsonrpc2.Async] runs in the order of the
// messages.
type request func(ctx context.Context, s *session, raw json.RawMessage) (any, error)

// requests are the methods that are answered. All others are refused.
var requests = map[string]request{
	protocol.MethodTextDocumentDefinition:     locationsRequest("definition", definitionsOf),
	protocol.MethodTextDocumentDeclaration:    locationsRequest("declaration", declarationsOf),
	protocol.MethodTextDocumentTypeDefinition: locationsRequest("typeDefinition", typeDefinitionsOf),
	protocol.MethodTextDocumentImplementation: locationsRequest("implementation", implementationsOf),

	protocol.MethodTextDocumentReferences:        references,
	protocol.MethodTextDocumentDocumentHighlight: highlights,
	protocol.MethodTextDocumentHover:             hover,
	protocol.MethodTextDocumentDocumentSymbol:    documentSymbols,
	protocol.MethodWorkspaceSymbol:               workspaceSymbols,
	protocol.MethodTextDocumentDiagnostic:        diagnostics,

	protocol.MethodTextDocumentPrepareCallHierarchy: prepareHierarchy,
	protocol.MethodCallHierarchyIncomingCalls:       hierarchyEdges("calls", api.Options{In: true}),
	protocol.MethodCallHierarchyOutgoingCalls:       hierarchyEdges("calls", api.Options{Out: true}),
	protocol.MethodTextDocumentPrepareTypeHierarchy: prepareHierarchy,
	protocol.MethodTypeHierarchySupertypes:          hierarchyEdges("types", api.Options{Super: true}),
	protocol.MethodTypeHierarchySubtypes:            hierarchyEdges("types", api.Options{Sub: true}),

	"lanser/locate": locate,
	"lanser/ask":    askBundle,
}

// The lists of locations that a bundle has for an operation.
func definitionsOf(f *bundle.Facts) []bundle.Location     { return f.Definitions }
func declarationsOf(f *bundle.Facts) []bundle.Location    { return f.Declarations }
func typeDefinitionsOf(f *bundle.Facts) []bundle.Location { return f.TypeDefinitions }
func implementationsOf(f *bundle.Facts) []bundle.Location { return f.Implementations }

// handle dispatches messages in the order in which they arrive; requests are answered concurrently. A
// notification that cannot be read is reported and otherwise ignored: an error would end the connection.
func (s *session) handle(ctx context.Context, req *jsonrpc2.Request) (any, error) {
	result, err := s.dispatch(ctx, req)
	if err != nil && !req.IsCall() {
		visible.Fprintf(s.Log, "%s is ignored: %v\n", req.Method(), err)
		return nil, nil
	}
	return result, err
}

// dispatch answers one message. The lifecycle and the documents are handled at once, in the order of the messages;
// other requests are answered concurrently.
func (s *session) dispatch(ctx context.Context, req *jsonrpc2.Request) (any, error) {
	method, raw := req.Method(), json.RawMessage(slices.Clone(req.Params()))
	switch method {
	case protocol.MethodInitialize:
		if s.initialized {
			return nil, jsonrpc2.NewError(jsonrpc2.InvalidRequest, "initialize was already called")
		}
		result, err := s.initialize(ctx, raw)
		s.initialized = err == nil
		return result, err
	case protocol.MethodShutdown:
		s.isShutDown = true
		return nil, nil
	case protocol.MethodCancelRequest:
		s.cancel(raw)
		return nil, nil
	case protocol.MethodExit:
		s.isAborted.Store(!s.isShutDown)
		s.stop()
		return nil, nil
	case protocol.MethodTextDocumentDidOpen, protocol.MethodTextDocumentDidChange,
		protocol.MethodTextDocumentDidClose, protocol.MethodTextDocumentDidSave:
		return nil, s.documentChanged(method, raw)
	case protocol.MethodWorkspaceDidChangeWorkspaceFolders:
		return nil, s.changeFolders(ctx, raw)
	}

	if !req.IsCall() {
		return nil, nil // changes of files are noticed without notifications
	}
	if !s.initialized {
		return nil, jsonrpc2.NewError(jsonrpc2.Code(protocol.ErrorCodesServerNotInitialized),
			"the server is not initialized: send initialize first")
	}
	if s.isShutDown {
		return nil, jsonrpc2.NewError(jsonrpc2.InvalidRequest, "the server was shut down: send exit")
	}
	answer, ok := requests[method]
	if !ok {
		return nil, refuse(method)
	}
	select {
	case s.slots <- struct{}{}:
		defer func() { <-s.slots }()
	case <-s.ctx.Done():
		return nil, failure(s.ctx.Err())
	}

	requestCtx, done := s.cancellable(ctx, req.ID())
	defer done()
	jsonrpc2.Async(ctx) // the next message is read from here on
	result, err := answer(requestCtx, s, raw)
	return result, failure(err)
}

// cancellable returns a context for a request that the client may cancel. The context of the connection is
// reused for the next request, and must not be its parent.
func (s *session) cancellable(ctx context.Context, id jsonrpc2.ID) (own context.Context, done func()) {
	own, cancel := context.WithCancel(jsonrpc2.DetachContext(ctx))
	s.mu.Lock()
	defer s.mu.Unlock()
	s.running[id] = cancel
	return own, func() {
		cancel()
		s.mu.Lock()
		defer s.mu.Unlock()
		delete(s.running, id)
	}
}

// cancel ends the request that $/cancelRequest names, if it is running.
func (s *session) cancel(raw json.RawMessage) {
	var p protocol.CancelParams
	if protocol.Unmarshal(raw, &p) != nil {
		return // a notification cannot be answered with an error
	}
	var id jsonrpc2.ID
	switch of := p.ID.(type) {
	case protocol.Integer:
		id = jsonrpc2.NewNumberID(int64(of))
	case protocol.String:
		id = jsonrpc2.NewStringID(string(of))
	}

	s.mu.Lock()
	defer s.mu.Unlock()
	if cancel := s.running[id]; cancel != nil {
		cancel()
	}
}

// writingMethods are the requests that would change files or run commands.
var writingMethods = []string{
	protocol.MethodTextDocumentRename,
	protocol.MethodTextDocumentPrepareRename,
	protocol.MethodTextDocumentFormatting,
	protocol.MethodTextDocumentRangeFormatting,
	protocol.MethodTextDocumentOnTypeFormatting,
	protocol.MethodTextDocumentCodeAction,
	protocol.MethodCodeActionResolve,
	protocol.MethodWorkspaceExecuteCommand,
	protocol.MethodTextDocumentWillSaveWaitUntil,
	protocol.MethodWorkspaceWillCreateFiles,
	protocol.MethodWorkspaceWillRenameFiles,
	protocol.MethodWorkspaceWillDeleteFiles,
	protocol.MethodTextDocumentLinkedEditingRange,
}

// refuse returns the error for a method that is not answered.
func refuse(method string) error {
	if slices.Contains(writingMethods, method) {
		code := jsonrpc2.Code(protocol.LSPErrorCodesRequestFailed)
		return jsonrpc2.NewError(code, "lanser is read-only: "+method+" is refused")
	}
	return jsonrpc2.NewError(jsonrpc2.MethodNotFound, "lanser does not answer "+fault.Quoted(method))
}

// failure converts an error to an error response.
func failure(err error) error {
	if err == nil {
		return nil
	}
	switch f := fault.From(err); f.Code {
	case fault.Cancelled:
		return jsonrpc2.NewError(jsonrpc2.Code(protocol.LSPErrorCodesRequestCancelled), f.Error())
	case fault.ContentModified:
		return jsonrpc2.NewError(jsonrpc2.Code(protocol.LSPErrorCodesContentModified), f.Error())
	case fault.Usage:
		return jsonrpc2.NewError(jsonrpc2.InvalidParams, f.Error())
	default:
		return jsonrpc2.NewError(jsonrpc2.Code(protocol.LSPErrorCodesRequestFailed), f.Error())
	}
}

// initialize answers the request initialize: it opens the client's folders, and notes what the client can do. The
// encoding of positions is the first of the client's that we know, or UTF-16, which every client must know (LSP 3.17,
// "PositionEncodingKind").
func (s *session) initialize(ctx context.Context, raw json.RawMessage) (any, error) {
	var p protocol.InitializeParams
	if err := protocol.Unmarshal(raw, &p); err != nil {
		return nil, failure(fault.Wrap(fault.Usage, err, "initialize: %v", err))
	}
	if err := s.open(ctx, s.initialRoots(p)); err != nil {
		return nil, failure(err)
	}

	kind := protocol.PositionEncodingKindUTF16 // the default of the protocol
	if g := p.Capabilities.General; g != nil {
		for _, k := range g.PositionEncodings { // the client's most preferred first
			if enc, ok := positionEncodings[k]; ok {
				s.enc, kind = enc, k
				break
			}
		}
	}
	if t := p.Capabilities.TextDocument; t != nil {
		s.pullsDiagnostics = t.Diagnostic != nil
		s.symbolTree = t.DocumentSymbol != nil && t.DocumentSymbol.HierarchicalDocumentSymbolSupport != nil &&
			*t.DocumentSymbol.HierarchicalDocumentSymbolSupport
	}
	for _, f := range s.openFolders() {
		s.watch(f)
	}

	result, err := json.Marshal(map[string]any{
		"capabilities": s.capabilities(kind),
		"serverInfo":   map[string]any{"name": "lanser", "version": s.Version},
	})
	return jsonrpc2.RawMessage(result), err
}

// capabilities returns what the server offers the client (LSP's ServerCapabilities). Nothing in it changes a file.
func (s *session) capabilities(kind protocol.PositionEncodingKind) map[string]any {
	return map[string]any{
		"positionEncoding": kind,
		"textDocumentSync": map[string]any{
			"openClose": true,
			"change":    protocol.TextDocumentSyncKindFull,
			"save":      true,
		},
		"definitionProvider":        true,
		"declarationProvider":       true,
		"typeDefinitionProvider":    true,
		"implementationProvider":    true,
		"referencesProvider":        true,
		"hoverProvider":             true,
		"documentSymbolProvider":    true,
		"workspaceSymbolProvider":   true,
		"callHierarchyProvider":     true,
		"typeHierarchyProvider":     true,
		"documentHighlightProvider": true,
		"workspace": map[string]any{
			"workspaceFolders": map[string]any{"supported": !s.Fixed, "changeNotifications": !s.Fixed},
		},
		"diagnosticProvider": map[string]any{
			"identifier":            "lanser",
			"interFileDependencies": true,
			"workspaceDiagnostics":  false,
		},
	}
}

// positionEncodings maps LSP's names of position encodings to ours.
var positionEncodings = map[protocol.PositionEncodingKind]text.Encoding{
	protocol.PositionEncodingKindUTF8:  text.UTF8,
	protocol.PositionEncodingKindUTF16: text.UTF16,
	protocol.PositionEncodingKindUTF32: text.CodePoint,
}

// documentChanged records the text of the documents that the client opens, changes and closes. Documents outside of all
// folders are not recorded. The capabilities ask for whole texts, but some clients send ranges all the same: to leave
// those out would answer about a text that the client no longer has.
func (s *session) documentChanged(method string, raw json.RawMessage) error {
	var p struct {
		TextDocument struct {
			URI     uri.URI `json:"uri"`
			Version int32   `json:"version"`
			Text    string  `json:"text"`
		} `json:"textDocument"`
		ContentChanges []struct {
			Range *protocol.Range `json:"range"`
			Text  string          `json:"text"`
		} `json:"contentChanges"`
	}

	if err := json.Unmarshal(raw, &p); err != nil {
		return err
	}
	at, err := s.locateFile(p.TextDocument.URI)
	if err != nil {
		return nil // not a file of the workspace: requests about it are refused
	}

	s.mu.Lock()
	doc, open := s.docs[at]
	switch method {
	case protocol.MethodTextDocumentDidOpen:
		s.docs[at] = document{uri: p.TextDocument.URI, version: p.TextDocument.Version, text: p.TextDocument.Text}
	case protocol.MethodTextDocumentDidClose:
		delete(s.docs, at)
	case protocol.MethodTextDocumentDidChange:
		for _, c := range p.ContentChanges {
			if c.Range != nil {
				c.Text = s.replaced(doc.text, *c.Range, c.Text)
			}
			doc.text, doc.version = c.Text, p.TextDocument.Version
		}
		if open {
			s.docs[at] = doc
		}
	}

	s.mu.Unlock()
	s.scheduleCheck(at)
	return nil
}

// replaced returns a text with other text in place of a range. A position behind the end of its line is at that end,
// and one behind the last line at the end of the text.
func (s *session) replaced(old string, r protocol.Range, by string) string {
	c := text.New([]byte(old))
	at := func(p protocol.Position) int {
		offset, _ := c.ClipOffsetOf(text.Point{Line: int(p.Line), Col: int(p.Character)}, s.enc)
		return offset
	}
	start := at(r.Start)
	return old[:start] + by + old[max(start, at(r.End)):]
}

// unsaved returns the open documents of a folder whose text differs from the file on disk, by path; nil for none.
// Without unsaved documents a request has no overlay, and is answered by the session about the workspace itself, whose
// answers are remembered.
func (s *session) unsaved(f *folder) map[string]*string {
	s.mu.Lock()
	defer s.mu.Unlock()
	var out map[string]*string
	for at, d := range s.docs {
		if at.folder != f {
			continue
		}
		disk, err := beneath.ReadIn(f.door.Root(), at.path, beneath.MaxSize)
		if err == nil && string(disk) == d.text {
			continue
		}
		if out == nil {
			out = map[string]*string{}
		}
		out[at.path] = &d.text
	}
	return out
}

// ask sends a request about a folder, with the client's unsaved documents as an overlay. LSP has no place for evidence
// in an answer: what may be missing in it, and what was cut off, is sent to the client's log.
func (s *session) ask(ctx context.Context, f *folder, req api.Request) (*bundle.Bundle, error) {
	if req.Options.Overlay == nil { // lanser/ask may have an overlay of its own
		req.Options.Overlay = s.unsaved(f)
	}
	if req.Options.IndexIO == "" {
		req.Options.IndexIO = string(s.enc)
	}
	b, err := f.door.Do(ctx, req)
	if err != nil {
		return b, err
	}
	if !b.Evidence.Finished() {
		message := fmt.Sprintf("%s: %s: %v", req.Op, b.Evidence.State, b.Evidence.Reasons)
		s.logMessage(protocol.MessageTypeWarning, message)
	}

	if n := b.Meta.Truncated; n > 0 {
		s.logMessage(protocol.MessageTypeWarning, fmt.Sprintf("%s: %d more results are left out", req.Op, n))
	}
	return b, nil
}

// askAt sends a request about a position in a document. Positions of LSP are 0-based, in the encoding of the session;
// the selector is 1-based, in the same unit. The view is returned with an error too: its bundle may tell whether the
// position was resolved.
func (s *session) askAt(
	ctx context.Context,
	op string,
	p protocol.TextDocumentPositionParams,
	o api.Options,
) (*answerView, error) {
	at, err := s.locateFile(p.TextDocument.URI)
	if err != nil {
		return nil, err
	}
	sel := selectors.Cursor{Path: at.path, Line: int(p.Position.Line) + 1, Col: int(p.Position.Character) + 1}
	raw, err := json.Marshal(sel.String())
	if err != nil {
		return nil, err
	}
	b, err := s.ask(ctx, at.folder, api.Request{Op: op, Selector: raw, Options: o})
	return s.view(at.folder, b), err
}

// logMessage sends a line for the client's log. An error means that the client has disconnected, and is ignored.
func (s *session) logMessage(kind protocol.MessageType, message string) {
	p := &protocol.LogMessageParams{Type: kind, Message: visible.Text(message)}
	_ = s.conn.Notify(s.ctx, protocol.MethodWindowLogMessage, p)
}
