package lsp

import (
	"context"
	"encoding/json"
	"maps"
	"slices"
	"strings"

	"go.lsp.dev/jsonrpc2"
	"go.lsp.dev/protocol"
	"go.lsp.dev/uri"

	"lanser/selectors/lazyregexp"
)

// signals is what the server has reported about its own progress.
type signals struct {
	begun        map[string]string // progress token → title
	started      map[string]int    // title → number of begins
	ended        map[string]int    // title → number of ends
	messages     map[string]string // title → message of the last begin
	logs         []string          // log messages that a waiter may look for
	failedChecks int               // log messages that match FailedCheck of the server
	registered   map[string]int    // method → live registrations
	status       serverStatus      // rust-analyzer's
	serviceReady bool              // JDT LS has read its projects
	idle         map[string]bool   // clangd: path → it has no work left for the file
	gaveUp       map[string]string // path → why it has no findings of the open document
	failedPush   string            // why the next push lacks findings, see FailedPush of the server; "" if it does not
	byID         map[string]string // registration id → method
	refreshed    bool              // it has asked that diagnostics be pulled again
}

// serverStatus is the last experimental/serverStatus, an extension of
// rust-analyzer.
type serverStatus struct {
	Health, Message string
	Quiescent       bool
}

// newSignals returns the signals of a server that has reported nothing yet.
func newSignals() signals {
	return signals{
		idle: map[string]bool{}, gaveUp: map[string]string{}, started: map[string]int{},
		begun: map[string]string{}, ended: map[string]int{}, messages: map[string]string{},
		registered: map[string]int{}, byID: map[string]string{},
	}
}

// timesLogged returns how many messages of the log match.
func (g *signals) timesLogged(re *lazyregexp.Regexp) (n int) {
	for _, line := range g.logs {
		if re.MatchString(line) {
			n++
		}
	}
	return n
}

// working reports whether a progress of that title has begun and not ended.
func (g *signals) working(title string) bool {
	for _, t := range g.begun {
		if t == title {
			return true
		}
	}
	return false
}

// workingOn reports whether a progress whose title matches has begun and not ended.
func (g *signals) workingOn(titles *lazyregexp.Regexp) bool {
	for _, t := range g.begun {
		if titles.MatchString(t) {
			return true
		}
	}
	return false
}

// client answers the server's own requests and notifications. It refuses whatever would
// change a file. It runs on the connection's reading goroutine, so that it records them in the
// order in which they were sent, and never blocks.
type client struct {
	protocol.UnimplementedClient
	s *Session
}

// handle is the connection's handler. It reads pushed diagnostics and the servers' extensions
// itself; go.lsp.dev/protocol dispatches the rest to client.
func (s *Session) handle(ctx context.Context, req *jsonrpc2.Request) (any, error) {
	switch req.Method() {
	case protocol.MethodTextDocumentPublishDiagnostics:
		s.push(req.Params())
		return nil, nil
	case "experimental/serverStatus":
		var status serverStatus
		if json.Unmarshal(req.Params(), &status) == nil {
			s.set(func() { s.signals.status = status })
		}
		return nil, nil
	case "language/status": // JDT LS
		var status struct{ Type string }
		if json.Unmarshal(req.Params(), &status) == nil && status.Type == "ServiceReady" {
			s.set(func() { s.signals.serviceReady = true })
		}
		return nil, nil
	case "textDocument/clangd.fileStatus":
		var f struct{ URI, State string }
		if json.Unmarshal(req.Params(), &f) == nil {
			s.set(func() {
				if file := uri.URI(f.URI).FsPath(); room(s.signals.idle, file) {
					s.signals.idle[file] = f.State == "idle"
				}
			})
		}
		return nil, nil
	}
	if req.Method() == "vscode/content" { // a schema that the server of JSON does not read itself
		return nil, jsonrpc2.NewError(jsonrpc2.MethodNotFound, "lanser fetches none")
	}
	return protocol.ClientHandler(client{s: s}, jsonrpc2.MethodNotFoundHandler)(ctx, req)
}

// push records pushed diagnostics, in place of those that the server pushed for the same file before. They count for a
// question only if they are of the version of the document that was sent last ([Session.published]).
func (s *Session) push(raw []byte) {
	var p struct {
		URI         string       `json:"uri"`
		Version     *int         `json:"version"`
		Diagnostics []Diagnostic `json:"diagnostics"`
		IsClear     bool         `json:"isClear"` // intelephense: it has dropped the document
	}

	if json.Unmarshal(raw, &p) != nil {
		return // the earlier push stays, and its version shows that it is outdated
	}
	if s.cfg.Fixes == 0 {
		for i := range p.Diagnostics {
			p.Diagnostics[i].raw = nil // nobody asks about them
		}
	}
	version := -1
	if p.Version != nil {
		version = *p.Version
	}
	s.set(func() {
		file := uri.URI(p.URI).FsPath()
		if why := s.signals.failedPush; why != "" && room(s.signals.gaveUp, file) {
			s.signals.gaveUp[file] = why
		}
		s.signals.failedPush = ""
		if p.IsClear {
			delete(s.pushed, file)
		} else if room(s.pushed, file) {
			s.pushed[file] = push{items: p.Diagnostics, version: version}
		}
	})
}

// room reports whether the key may be added to a map: the entries that a server can make us
// keep are bounded by maxKept.
func room[V any](m map[string]V, key string) bool {
	_, has := m[key]
	return has || len(m) < maxKept
}

// maxKept bounds the entries of each map that a server fills. A workspace has far fewer files.
const maxKept = 200_000

// Progress records the beginning and the end of a work that the server reports ($/progress). A work is known by its
// title, such as "Indexing", because the token, which the end has in place of a title, is chosen anew each time.
func (c client) Progress(_ context.Context, p *protocol.ProgressParams) error {
	var v struct{ Kind, Title, Message string }
	if json.Unmarshal(p.Value, &v) != nil {
		return nil
	}
	raw, err := protocol.Marshal(p.Token)
	if err != nil {
		return nil
	}
	token := string(raw)
	c.s.set(func() {
		g := &c.s.signals
		switch v.Kind {
		case "begin":
			if !room(g.begun, token) || !room(g.started, v.Title) {
				return
			}
			g.begun[token] = v.Title
			g.started[v.Title]++
			g.messages[v.Title] = v.Message
		case "end":
			title := g.begun[token]
			delete(g.begun, token)
			g.ended[title]++
		}
	})
	return nil
}

// keptLogs is the least number of log messages that are kept.
const keptLogs = 200

// LogMessage records a log message: some servers say in no other way that they have scanned the workspace
// ([catalogue.Server.Ready], Log).
func (c client) LogMessage(_ context.Context, p *protocol.LogMessageParams) error {
	srv := c.s.cfg.Server
	failed, givesUp := srv.FailedCheck, srv.GivesUp
	c.s.set(func() {
		if srv.FailedPush != nil {
			if m := srv.FailedPush.FindStringSubmatch(p.Message); m != nil {
				c.s.signals.failedPush = m[1]
			}
		}
		if givesUp != nil {
			if m := givesUp.FindStringSubmatch(p.Message); m != nil {
				if file := uri.URI(m[2]).FsPath(); room(c.s.signals.gaveUp, file) {
					c.s.signals.gaveUp[file] = m[1]
				}
			}
		}
		if failed != nil && failed.MatchString(p.Message) {
			c.s.signals.failedChecks++
		}
		// Signals are at the beginning of a message; some servers log whole dumps.
		c.s.signals.logs = append(c.s.signals.logs, p.Message[:min(len(p.Message), 200)])
		if n := len(c.s.signals.logs); n > 2*keptLogs {
			c.s.signals.logs = slices.Clone(c.s.signals.logs[n-keptLogs:])
		}
	})
	return nil
}

// RegisterCapability records the methods that the server registers while it runs.
func (c client) RegisterCapability(_ context.Context, p *protocol.RegistrationParams) error {
	c.s.set(func() {
		for _, r := range p.Registrations {
			if room(c.s.signals.byID, r.ID) {
				c.s.signals.registered[r.Method]++
				c.s.signals.byID[r.ID] = r.Method
			}
		}
	})
	return nil
}

// UnregisterCapability undoes RegisterCapability.
func (c client) UnregisterCapability(_ context.Context, p *protocol.UnregistrationParams) error {
	c.s.set(func() {
		for _, r := range p.Unregisterations {
			if m, ok := c.s.signals.byID[r.ID]; ok {
				c.s.signals.registered[m]--
				delete(c.s.signals.byID, r.ID)
			}
		}
	})
	return nil
}

// Configuration answers with the settings of the server that lanser has chosen; null for a section that it has not. A
// section is a path of keys: of the settings {"python": {"analysis": {…}}}, "python.analysis" is the inner object.
func (c client) Configuration(_ context.Context, p *protocol.ConfigurationParams) ([]protocol.LSPAny, error) {
	out := make([]protocol.LSPAny, len(p.Items))
	for i, item := range p.Items {
		out[i] = protocol.LSPAny("null")
		if item.Section == nil {
			continue
		}
		var v any = c.s.cfg.Server.Settings
		if *item.Section == c.s.cfg.Server.Name && c.s.cfg.Server.Options != nil {
			v = c.s.cfg.Server.OptionsFor(c.s.cfg.Trust) // gopls reads its options as its own section
		} else {
			for key := range strings.SplitSeq(*item.Section, ".") {
				m, _ := v.(map[string]any)
				v = m[key]
			}
		}

		section, ok := v.(map[string]any)
		if ok && c.s.cfg.Interpreter != "" && *item.Section == c.s.cfg.Server.InterpreterOf {
			section = maps.Clone(section)
			section["pythonPath"] = c.s.cfg.Interpreter
			v = section
		}
		if raw, err := json.Marshal(v); err == nil {
			out[i] = raw
		}
	}
	return out, nil
}

// WorkspaceFolders answers with the folders of the session.
func (c client) WorkspaceFolders(context.Context) ([]protocol.WorkspaceFolder, error) {
	return c.s.folders(), nil
}

// ApplyEdit refuses the edit (spec section 8, point 2).
func (c client) ApplyEdit(
	context.Context, *protocol.ApplyWorkspaceEditParams,
) (*protocol.ApplyWorkspaceEditResult, error) {
	reason := "this client is read-only"
	return &protocol.ApplyWorkspaceEditResult{Applied: false, FailureReason: &reason}, nil
}

// ShowDocument refuses to show a document (spec section 8, point 2).
func (c client) ShowDocument(context.Context, *protocol.ShowDocumentParams) (*protocol.ShowDocumentResult, error) {
	return &protocol.ShowDocumentResult{Success: false}, nil
}

// ShowMessageRequest answers a question to the user with none of its choices: a choice may stand for an action.
func (c client) ShowMessageRequest(
	context.Context, *protocol.ShowMessageRequestParams,
) (*protocol.MessageActionItem, error) {
	return nil, nil
}

// The methods below are answered, because servers wait for the answers or end without them. Of the requests to ask
// again, only that for diagnostics is recorded: nothing else that they are about is shown.

func (c client) WorkDoneProgressCreate(context.Context, *protocol.WorkDoneProgressCreateParams) error {
	return nil
}
func (c client) CodeLensRefresh(context.Context) error       { return nil }
func (c client) FoldingRangeRefresh(context.Context) error   { return nil }
func (c client) SemanticTokensRefresh(context.Context) error { return nil }
func (c client) InlineValueRefresh(context.Context) error    { return nil }
func (c client) InlayHintRefresh(context.Context) error      { return nil }
func (c client) DiagnosticRefresh(context.Context) error {
	c.s.set(func() { c.s.signals.refreshed = true })
	return nil
}
func (c client) LogTrace(context.Context, *protocol.LogTraceParams) error { return nil }
