// Package editor owns the read-only language server in front of the language servers
// of a workspace (LSP 3.17, over standard input and output).
//
// A client that speaks LSP, such as an editor or an agent with a client of its own, gets
// one server for all languages: each question goes to the file's own server, through the
// same door as every other (package server), with the same freshness and evidence.
//
// # Promises
//
//   - Whatever would change a file, or run a command, is refused with an error that says
//     so. No such capability is offered.
//   - Positions are in the unit that the client asked for, whatever the server behind
//     counts in.
//   - What the client has open and has not saved is what answers are about; nothing is
//     written.
//   - Each of the client's folders is a workspace of its own; a document belongs to the
//     innermost one that holds it.
//   - An answer that may be incomplete is an error, or is logged to the client with the
//     reason: an empty list means that there is nothing.
//
// Two requests beyond the protocol: "lanser/locate" {selector} resolves a selector to a
// location, and "lanser/ask", a request as a line of the batch protocol has it, answers
// with the bundle. Where there are several folders both name one by its URI: {folder}.
//
// It knows nothing of servers, processes and selectors' resolution.
package editor

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"slices"
	"sync"

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

// Options choose how it serves.
type Options struct {
	Version string
	// Open opens the door to a workspace; "" is the one that the process was started in.
	Open func(ctx context.Context, workspace string) (api.Door, error)
	// Fixed says that the user has named the workspace: the client's root does not count.
	Fixed bool
	Log   io.Writer
}

// session is one client's.
type session struct {
	Options
	conn  jsonrpc2.Conn
	enc   text.Encoding
	begun bool // initialize was answered; only handle looks at it
	pull  bool // the client asks for diagnostics; else they are pushed
	tree  bool // it takes symbols as a tree

	ctx  context.Context // of what outlives a request: findings that are pushed
	stop context.CancelFunc
	all  sync.WaitGroup

	mu       sync.Mutex
	folders  []*folder          // none before initialize
	docs     map[place]document // open
	due      map[place]bool     // those whose findings are to be pushed
	checking bool
	running  map[jsonrpc2.ID]context.CancelFunc
	slots    chan struct{} // a token for each of running
}

// maxRunning bounds the requests that are answered at a time; further messages are not
// read meanwhile.
const maxRunning = 256

type document struct {
	uri     uri.URI
	version int32
	text    string
}

// pipe is the client's connection.
type pipe struct {
	io.Reader
	io.Writer
	ends []any
}

func (p pipe) Close() error {
	for _, end := range p.ends {
		if f, ok := end.(*os.File); ok {
			f.Close()
		}
	}
	return nil
}

// Serve serves one client until it says exit or leaves.
func Serve(ctx context.Context, in io.Reader, out io.Writer, o Options) error {
	s := &session{
		Options: o,
		enc:     text.UTF16,
		docs:    map[place]document{},
		due:     map[place]bool{},
		running: map[jsonrpc2.ID]context.CancelFunc{},
		slots:   make(chan struct{}, maxRunning),
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
	s.all.Wait()
	for _, f := range s.folders {
		f.door.Close()
	}
	return s.conn.Err()
}

// request is what answers a method. Its part before the answer is worked out runs in the
// order of the wire.
type request func(ctx context.Context, s *session, raw json.RawMessage) (any, error)

var requests = map[string]request{
	protocol.MethodTextDocumentDefinition: places(
		"definition",
		func(f *bundle.Facts) []bundle.Location { return f.Definitions },
	),
	protocol.MethodTextDocumentDeclaration: places(
		"declaration",
		func(f *bundle.Facts) []bundle.Location { return f.Declarations },
	),
	protocol.MethodTextDocumentTypeDefinition: places(
		"typeDefinition",
		func(f *bundle.Facts) []bundle.Location { return f.TypeDefinitions },
	),
	protocol.MethodTextDocumentImplementation: places(
		"implementation",
		func(f *bundle.Facts) []bundle.Location { return f.Implementations },
	),
	protocol.MethodTextDocumentReferences: references,

	protocol.MethodTextDocumentDocumentHighlight: highlights,

	protocol.MethodTextDocumentHover:          hover,
	protocol.MethodTextDocumentDocumentSymbol: outline,
	protocol.MethodWorkspaceSymbol:            search,
	protocol.MethodTextDocumentDiagnostic:     findings,

	protocol.MethodTextDocumentPrepareCallHierarchy: item,
	protocol.MethodCallHierarchyIncomingCalls:       edges("calls", api.Options{In: true}),
	protocol.MethodCallHierarchyOutgoingCalls:       edges("calls", api.Options{Out: true}),
	protocol.MethodTextDocumentPrepareTypeHierarchy: item,
	protocol.MethodTypeHierarchySupertypes:          edges("types", api.Options{Super: true}),
	protocol.MethodTypeHierarchySubtypes:            edges("types", api.Options{Sub: true}),

	"lanser/locate": locate,
	"lanser/ask":    askBundle,
}

// handle dispatches in the order of the wire; questions are answered beside each other.
func (s *session) handle(ctx context.Context, req *jsonrpc2.Request) (any, error) {
	method, raw := req.Method(), json.RawMessage(slices.Clone(req.Params()))
	switch method {
	case protocol.MethodInitialize:
		if s.begun {
			return nil, jsonrpc2.NewError(jsonrpc2.InvalidRequest, "initialize comes once")
		}
		result, err := s.initialize(ctx, raw)
		s.begun = err == nil
		return result, err
	case protocol.MethodShutdown:
		return nil, nil
	case protocol.MethodCancelRequest:
		s.cancel(raw)
		return nil, nil
	case protocol.MethodExit:
		s.stop()
		return nil, nil
	case protocol.MethodTextDocumentDidOpen,
		protocol.MethodTextDocumentDidChange,
		protocol.MethodTextDocumentDidClose,
		protocol.MethodTextDocumentDidSave:
		return nil, s.document(method, raw)
	case protocol.MethodWorkspaceDidChangeWorkspaceFolders:
		return nil, s.changeFolders(ctx, raw)
	}
	if !req.IsCall() {
		return nil, nil // what changes outside is seen by itself
	}
	if !s.begun {
		return nil, jsonrpc2.NewError(jsonrpc2.Code(protocol.ErrorCodesServerNotInitialized), "initialize comes first")
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
	own, done := s.begin(ctx, req.ID())
	defer done()
	jsonrpc2.Async(ctx)
	result, err := answer(own, s, raw)
	return result, failure(err)
}

// begin is the context of a request that the client may cancel. The connection's own is
// used again for the next request, and must not be the parent of another.
func (s *session) begin(ctx context.Context, id jsonrpc2.ID) (own context.Context, done func()) {
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

func (s *session) cancel(raw json.RawMessage) {
	var p protocol.CancelParams
	if protocol.Unmarshal(raw, &p) != nil {
		return // a notification has no answer
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

// changing are the requests by which a client would change files or run commands.
var changing = []string{
	protocol.MethodTextDocumentRename, protocol.MethodTextDocumentPrepareRename, protocol.MethodTextDocumentFormatting,
	protocol.MethodTextDocumentRangeFormatting,
	protocol.MethodTextDocumentOnTypeFormatting, protocol.MethodTextDocumentCodeAction,
	protocol.MethodCodeActionResolve, protocol.MethodWorkspaceExecuteCommand,
	protocol.MethodTextDocumentWillSaveWaitUntil, protocol.MethodWorkspaceWillCreateFiles,
	protocol.MethodWorkspaceWillRenameFiles, protocol.MethodWorkspaceWillDeleteFiles,
	protocol.MethodTextDocumentLinkedEditingRange,
}

func refuse(method string) error {
	if slices.Contains(changing, method) {
		return jsonrpc2.NewError(
			jsonrpc2.Code(protocol.LSPErrorCodesRequestFailed),
			"lanser is read-only: "+method+" is refused",
		)
	}
	return jsonrpc2.NewError(jsonrpc2.MethodNotFound, "lanser does not answer "+method)
}

// failure is an error as a response.
func failure(err error) error {
	if err == nil {
		return nil
	}
	code := protocol.LSPErrorCodesRequestFailed
	switch f := fault.From(err); f.Code {
	case fault.Cancelled:
		return jsonrpc2.NewError(jsonrpc2.Code(protocol.LSPErrorCodesRequestCancelled), f.Error())
	case fault.ContentModified:
		return jsonrpc2.NewError(jsonrpc2.Code(protocol.LSPErrorCodesContentModified), f.Error())
	case fault.Usage:
		return jsonrpc2.NewError(jsonrpc2.InvalidParams, f.Error())
	default:
		return jsonrpc2.NewError(jsonrpc2.Code(code), f.Error())
	}
}

func (s *session) initialize(ctx context.Context, raw json.RawMessage) (any, error) {
	var p protocol.InitializeParams
	if err := protocol.Unmarshal(raw, &p); err != nil {
		return nil, failure(fault.Wrap(fault.Usage, err, "initialize: %v", err))
	}
	if err := s.open(ctx, s.roots(p)); err != nil {
		return nil, failure(err)
	}
	kind := protocol.PositionEncodingKindUTF16
	if g := p.Capabilities.General; g != nil {
		for _, k := range g.PositionEncodings {
			if enc, ok := units[k]; ok {
				s.enc, kind = enc, k
				break
			}
		}
	}
	if t := p.Capabilities.TextDocument; t != nil {
		s.pull = t.Diagnostic != nil
		s.tree = t.DocumentSymbol != nil && t.DocumentSymbol.HierarchicalDocumentSymbolSupport != nil &&
			*t.DocumentSymbol.HierarchicalDocumentSymbolSupport
	}
	for _, f := range s.opened() {
		s.watch(f)
	}
	offered := map[string]any{
		"positionEncoding": kind,
		"textDocumentSync": map[string]any{
			"openClose": true, "change": protocol.TextDocumentSyncKindFull, "save": true,
		},
		"definitionProvider": true, "declarationProvider": true, "typeDefinitionProvider": true,
		"implementationProvider": true,
		"referencesProvider":     true, "hoverProvider": true, "documentSymbolProvider": true,
		"workspaceSymbolProvider": true,
		"callHierarchyProvider":   true, "typeHierarchyProvider": true, "documentHighlightProvider": true,
		"workspace": map[string]any{
			"workspaceFolders": map[string]any{"supported": !s.Fixed, "changeNotifications": !s.Fixed},
		},
		"diagnosticProvider": map[string]any{
			"identifier":            "lanser",
			"interFileDependencies": true,
			"workspaceDiagnostics":  false,
		},
	}
	result, err := json.Marshal(
		map[string]any{"capabilities": offered, "serverInfo": map[string]any{"name": "lanser", "version": s.Version}},
	)
	return jsonrpc2.RawMessage(result), err
}

// units are the encodings of positions by LSP's names.
var units = map[protocol.PositionEncodingKind]text.Encoding{
	protocol.PositionEncodingKindUTF8: text.UTF8, protocol.PositionEncodingKindUTF16: text.UTF16,
	protocol.PositionEncodingKindUTF32: text.CodePoint,
}

// document notes what the client has open.
func (s *session) document(method string, raw json.RawMessage) error {
	var p struct {
		TextDocument struct {
			URI     uri.URI `json:"uri"`
			Version int32   `json:"version"`
			Text    string  `json:"text"`
		} `json:"textDocument"`
		ContentChanges []struct {
			Range *json.RawMessage `json:"range"`
			Text  string           `json:"text"`
		} `json:"contentChanges"`
	}
	if err := json.Unmarshal(raw, &p); err != nil {
		return err
	}
	at, err := s.place(p.TextDocument.URI)
	if err != nil {
		return nil // no file of the workspace: questions about it are refused
	}
	s.mu.Lock()
	doc, open := s.docs[at]
	switch method {
	case protocol.MethodTextDocumentDidOpen:
		s.docs[at] = document{uri: p.TextDocument.URI, version: p.TextDocument.Version, text: p.TextDocument.Text}
	case protocol.MethodTextDocumentDidClose:
		delete(s.docs, at)
	case protocol.MethodTextDocumentDidChange:
		for _, c := range p.ContentChanges { // whole texts, as was agreed
			if open && c.Range == nil {
				doc.text, doc.version = c.Text, p.TextDocument.Version
				s.docs[at] = doc
			}
		}
	}
	s.mu.Unlock()
	s.check(at)
	return nil
}

// unsaved is what the client has open in a folder that is not what the disk has.
func (s *session) unsaved(f *folder) map[string]*string {
	s.mu.Lock()
	defer s.mu.Unlock()
	var out map[string]*string
	for at, d := range s.docs {
		if at.in != f {
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

// ask puts a request about a folder as the client has it.
func (s *session) ask(ctx context.Context, f *folder, req api.Request) (*bundle.Bundle, error) {
	if req.Options.Overlay == nil {
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
		s.say(protocol.MessageTypeWarning, fmt.Sprintf("%s: %s: %v", req.Op, b.Evidence.State, b.Evidence.Reasons))
	}
	if n := b.Meta.Truncated; n > 0 {
		s.say(protocol.MessageTypeWarning, fmt.Sprintf("%s: %d more are left out", req.Op, n))
	}
	return b, nil
}

// askAt puts a request about a place in a document.
func (s *session) askAt(
	ctx context.Context,
	op string,
	p protocol.TextDocumentPositionParams,
	o api.Options,
) (*view, error) {
	at, err := s.place(p.TextDocument.URI)
	if err != nil {
		return nil, err
	}
	sel := selectors.Cursor{Path: at.path, Line: int(p.Position.Line) + 1, Col: int(p.Position.Character) + 1}
	raw, err := json.Marshal(sel.String())
	if err != nil {
		return nil, err
	}
	b, err := s.ask(ctx, at.in, api.Request{Op: op, Selector: raw, Options: o})
	return s.view(at.in, b), err
}

func (s *session) say(kind protocol.MessageType, message string) {
	_ = s.conn.Notify(
		s.ctx,
		protocol.MethodWindowLogMessage,
		&protocol.LogMessageParams{Type: kind, Message: visible.Text(message)},
	) // whoever is gone reads nothing
}
