package lsp

import (
	"context"
	"encoding/json"
	"path/filepath"
	"slices"

	"go.lsp.dev/protocol"

	"lanser/selectors/fault"
	"lanser/server/catalogue"
)

// FileDiagnostics is what the server says of one file; Err where it did not say.
type FileDiagnostics struct {
	Path  string
	Items []Diagnostic
	Err   error
}

// checkedAtOnce bounds the documents that are open for the sake of their findings.
const checkedAtOnce = 32

// Diagnostics asks for the findings of files, in order of path. Where the server needs a
// file open for them, it is opened and closed again, a few files at a time. The error is
// not nil only where the server died or time ran out; what was found until then is
// returned with it. Each file's end is told, with how many are done.
func (s *Session) Diagnostics(ctx context.Context, v catalogue.View, paths []string, tell func(done int)) ([]FileDiagnostics, error) {
	paths = slices.Sorted(slices.Values(paths))
	atOnce := 1 // to open more makes a server that is asked look at them all, each time
	if way := s.way(); (way == catalogue.CheckPush || way == catalogue.CheckIdle) && !s.cfg.Server.Unversioned {
		atOnce = checkedAtOnce
	}
	var out []FileDiagnostics
	for batch := range slices.Chunk(paths, atOnce) {
		reports, err := s.checkBatch(ctx, v, batch, func(done int) { tell(len(out) + done) })
		out = append(out, reports...)
		if err != nil {
			return out, err
		}
	}
	return out, nil
}

// checkBatch opens the files of a batch that must be open, and leaves open what was.
func (s *Session) checkBatch(ctx context.Context, v catalogue.View, batch []string, tell func(done int)) (out []FileDiagnostics, err error) {
	errs := make([]error, len(batch))
	var opened []string
	s.docs.mu.Lock()
	for i, p := range batch {
		if _, isOpen := s.docs.open[p]; isOpen || !s.opensFor(p) {
			continue
		}
		errs[i] = s.open(ctx, v, p)
		if errs[i] == nil {
			opened = append(opened, p)
		}
	}
	s.docs.mu.Unlock()
	for i, p := range batch {
		r := FileDiagnostics{Path: p, Err: errs[i]}
		if r.Err == nil {
			r.Items, r.Err = s.findings(ctx, p)
		}
		if fault.Is(r.Err, fault.Timeout) || fault.Is(r.Err, fault.Crash) || fault.Is(r.Err, fault.Cancelled) {
			return out, r.Err
		}
		out = append(out, r)
		tell(len(out))
	}
	s.docs.mu.Lock()
	defer s.docs.mu.Unlock()
	for _, p := range opened {
		if err := s.close(ctx, p); err != nil {
			return out, err
		}
	}
	return out, nil
}

// way is how the server's findings are had.
func (s *Session) way() catalogue.Check {
	srv := s.cfg.Server
	if srv.Untested && srv.Check == catalogue.CheckPush && s.Pulls() {
		return catalogue.CheckPull
	}
	return srv.Check
}

// tellsOf says whether the findings of a file are those that the server last told unasked:
// no pull serves its configuration files.
func (s *Session) tellsOf(p string) bool {
	srv := s.cfg.Server
	return srv.LanguageID(p) == "" || srv.IsConfig(p)
}

// opensFor says whether a file must be open for its findings.
func (s *Session) opensFor(p string) bool {
	srv := s.cfg.Server
	return !s.tellsOf(p) && (s.way() != catalogue.CheckPull || srv.OpenForDiagnostics || srv.Untested)
}

// findings are those of a file that is open, if it must be.
func (s *Session) findings(ctx context.Context, p string) ([]Diagnostic, error) {
	srv := s.cfg.Server
	if s.tellsOf(p) {
		return s.pushedFor(ctx, p)
	}
	switch s.way() {
	case catalogue.CheckPull:
		if !s.Pulls() {
			return nil, fault.New(fault.Unsupported, "%s %s does not answer textDocument/diagnostic", srv.Name, s.Version())
		}
		return s.pull(ctx, p)
	case catalogue.CheckPush, catalogue.CheckIdle:
		s.docs.mu.Lock()
		version := s.docs.open[p].version
		s.docs.mu.Unlock()
		return s.published(ctx, p, version)
	case catalogue.CheckTSServer:
		return s.tsserver(ctx, p)
	}
	return nil, fault.New(fault.Unsupported, "%s has no diagnostics", srv.Name)
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
		return ok && (got.version == int(version) || s.cfg.Server.Unversioned && got.version < 0) && (s.cfg.Server.Check != catalogue.CheckIdle || s.signals.idle[file])
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
