package lsp

import (
	"context"
	"encoding/json"
	"path/filepath"
	"slices"

	"go.lsp.dev/protocol"

	"lanser/selectors/fault"
)

// FileDiagnostics is what the server says of one file; Err where it did not say.
type FileDiagnostics struct {
	Path  string
	Items []Diagnostic
	Err   error
}

// Diagnostics asks for the findings of files, in order of path. Where the server
// needs a file open for them, it is opened and closed again. The error is not
// nil only where the server died or time ran out; what was found until then is
// returned with it. Each file's end is told, with how many are done.
func (s *Session) Diagnostics(ctx context.Context, v View, paths []string, tell func(done int)) ([]FileDiagnostics, error) {
	paths = slices.Sorted(slices.Values(paths))
	var out []FileDiagnostics
	for _, p := range paths {
		items, err := s.findings(ctx, v, p)
		if fault.Is(err, fault.Timeout) || fault.Is(err, fault.Crash) || fault.Is(err, fault.Cancelled) {
			return out, err
		}
		out = append(out, FileDiagnostics{p, items, err})
		tell(len(out))
	}
	return out, nil
}

func (s *Session) findings(ctx context.Context, v View, p string) ([]Diagnostic, error) {
	srv := s.cfg.Server
	if srv.LanguageID(p) == "" || srv.IsConfig(p) {
		return s.pushedFor(ctx, p)
	}
	check := srv.Check
	if srv.Untested && check == CheckPush && s.Pulls() {
		check = CheckPull
	}
	switch check {
	case CheckPull:
		if !s.Pulls() {
			return nil, fault.New(fault.Unsupported, "%s %s does not answer textDocument/diagnostic", srv.Name, s.Version())
		}
		if !srv.OpenForDiagnostics && !srv.Untested {
			return s.pull(ctx, p)
		}
		return s.opened(ctx, v, p, func(int32) ([]Diagnostic, error) { return s.pull(ctx, p) })
	case CheckPush, CheckIdle:
		return s.opened(ctx, v, p, func(version int32) ([]Diagnostic, error) { return s.published(ctx, p, version) })
	case CheckTSServer:
		return s.opened(ctx, v, p, func(int32) ([]Diagnostic, error) { return s.tsserver(ctx, p) })
	}
	return nil, fault.New(fault.Unsupported, "%s has no diagnostics", srv.Name)
}

// opened runs ask while the document is open, and leaves open what was.
func (s *Session) opened(ctx context.Context, v View, p string, ask func(version int32) ([]Diagnostic, error)) ([]Diagnostic, error) {
	s.docs.mu.Lock()
	_, wasOpen := s.docs.open[p]
	err := s.open(ctx, v, p)
	version := s.docs.open[p].version
	s.docs.mu.Unlock()
	if err != nil {
		return nil, err
	}
	items, err := ask(version)
	if !wasOpen {
		s.docs.mu.Lock()
		closeErr := s.close(ctx, p)
		s.docs.mu.Unlock()
		if err == nil {
			err = closeErr
		}
	}
	return items, err
}

func (s *Session) pull(ctx context.Context, p string) ([]Diagnostic, error) {
	raw, err := s.ask(ctx, protocol.MethodTextDocumentDiagnostic, &protocol.DocumentDiagnosticParams{
		TextDocument: protocol.TextDocumentIdentifier{URI: s.URI(p)},
	})
	if err != nil {
		return nil, err
	}
	items, err := readReport(raw)
	if err != nil {
		return nil, s.broken(protocol.MethodTextDocumentDiagnostic, err)
	}
	return items, nil
}

// published waits for the push about that version of an open document. A push
// without a version may be about an earlier opening, which a server clears when it is
// closed: it counts only from a server that gives none.
func (s *Session) published(ctx context.Context, p string, version int32) ([]Diagnostic, error) {
	file := s.URI(p).FsPath()
	var got push
	err := s.await(ctx, "the diagnostics of "+p, func() (ok bool) {
		got, ok = s.pushed[file]
		return ok && (got.version == int(version) || s.cfg.Server.Unversioned && got.version < 0) && (s.cfg.Server.Check != CheckIdle || s.signals.idle[file])
	})
	return got.items, err
}

// pushedFor is the last push for a configuration file, which no pull serves,
// once the server's first look at the workspace is over. A file without any
// push then is clean: servers publish only what has findings.
func (s *Session) pushedFor(ctx context.Context, p string) ([]Diagnostic, error) {
	work := s.cfg.Server.InitialWork
	if work == "" {
		return nil, nil
	}
	var items []Diagnostic
	err := s.await(ctx, work, func() bool {
		items = s.pushed[filepath.Join(s.cfg.Root, filepath.FromSlash(p))].items
		return s.signals.ended[work] > 0
	})
	return items, err
}

// tsserverCommand is the one command that workspace/executeCommand is sent with,
// and tsserverRequests are what it may ask for: none of them changes anything.
const tsserverCommand = "typescript.tsserverRequest"

var tsserverRequests = []string{"syntacticDiagnosticsSync", "semanticDiagnosticsSync", "suggestionDiagnosticsSync"}

// tsserver asks TypeScript's own server, through the language server around it,
// for the findings of a file: its replies are final.
func (s *Session) tsserver(ctx context.Context, p string) ([]Diagnostic, error) {
	var all []Diagnostic
	for _, request := range tsserverRequests {
		args := make([]protocol.LSPAny, 2)
		for i, v := range []any{request, map[string]string{"file": s.URI(p).FsPath()}} {
			raw, err := json.Marshal(v)
			if err != nil {
				return nil, err
			}
			args[i] = raw
		}
		raw, err := s.ask(ctx, protocol.MethodWorkspaceExecuteCommand, &protocol.ExecuteCommandParams{Command: tsserverCommand, Arguments: args})
		if err != nil {
			return nil, err
		}
		items, err := readTSServer(raw)
		if err != nil {
			return nil, s.broken(request, err)
		}
		all = append(all, items...)
	}
	return all, nil
}

// readOnly says whether a command changes nothing.
func readOnly(p *protocol.ExecuteCommandParams) bool {
	var request string
	return p.Command == tsserverCommand && len(p.Arguments) > 0 && json.Unmarshal(p.Arguments[0], &request) == nil && slices.Contains(tsserverRequests, request)
}
