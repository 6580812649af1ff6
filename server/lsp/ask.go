package lsp

import (
	"context"
	"fmt"
	"path"
	"path/filepath"
	"slices"
	"sort"

	"go.lsp.dev/protocol"

	"lanser/selectors/fault"
	"lanser/selectors/text"
)

// Readiness says how far a server's answers can be trusted, in the terms of
// spec section 4 (evidence.state).
type Readiness struct {
	Complete bool
	Reasons  []string
}

// Await waits until the server's own signal says that it answers in full.
func (s *Session) Await(ctx context.Context, v View) (Readiness, error) {
	srv := s.cfg.Server
	if srv.ReadyLog != nil {
		if err := s.await(ctx, "its scan of the workspace", func() bool { return s.signals.logged(srv.ReadyLog) }); err != nil {
			return Readiness{}, err
		}
	}
	r := Readiness{Complete: true, Reasons: []string{srv.Why}}
	if srv.ReadyLog != nil {
		if short := s.scanned(v); short != "" {
			r.Complete = false
			r.Reasons = append(r.Reasons, short)
		}
	}
	if srv.Needs != nil && !slices.ContainsFunc(v.Paths(), func(p string) bool { return slices.Contains(srv.Needs, path.Base(p)) }) {
		r.Complete = false
		r.Reasons = append(r.Reasons, fmt.Sprintf("no %s in the workspace: only the folder of the file is seen", srv.Needs[0]))
	}
	s.docs.mu.Lock()
	defer s.docs.mu.Unlock()
	if len(s.docs.unsent) > 0 {
		r.Complete = false
		r.Reasons = append(r.Reasons, s.docs.unsent[:min(len(s.docs.unsent), 10)]...)
	}
	return r, nil
}

// LoadFailed is the server's word that it could not load the workspace, ""
// for none. It is known only after a question was answered.
func (s *Session) LoadFailed() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.cfg.Server.FailedWork == "" || !s.signals.working(s.cfg.Server.FailedWork) {
		return ""
	}
	return firstLine(s.signals.messages[s.cfg.Server.FailedWork])
}

// attempts is how often a question is put that the server drops because it
// noticed a change.
const attempts = 3

func (s *Session) ask(ctx context.Context, method string, params any) (raw []byte, err error) {
	for range attempts {
		if raw, err = s.call(ctx, method, params); !fault.Is(err, fault.ContentModified) {
			break
		}
	}
	return raw, err
}

func (s *Session) position(p string, c *text.Content, offset int) protocol.TextDocumentPositionParams {
	at := c.PointOf(offset, s.enc)
	return protocol.TextDocumentPositionParams{
		TextDocument: protocol.TextDocumentIdentifier{URI: s.URI(p)},
		Position:     protocol.Position{Line: uint32(at.Line), Character: uint32(at.Col)},
	}
}

// Span converts a server's range to bytes; ok is false where it lies outside the
// content.
func (s *Session) Span(c *text.Content, r protocol.Range) (span text.Span, ok bool) {
	start, ok1 := c.ClipOffsetOf(point(r.Start), s.enc)
	end, ok2 := c.ClipOffsetOf(point(r.End), s.enc)
	return text.Span{Start: start, End: max(start, end)}, ok1 && ok2 && start <= end
}

func point(p protocol.Position) text.Point {
	return text.Point{Line: int(p.Line), Col: int(p.Character)}
}

// Locations asks for definition, declaration, type definition or
// implementation, by LSP's method name, at a byte offset.
func (s *Session) Locations(ctx context.Context, method, p string, c *text.Content, offset int) ([]Location, error) {
	at := s.position(p, c, offset)
	return s.places(ctx, method, &at)
}

func (s *Session) places(ctx context.Context, method string, params any) ([]Location, error) {
	raw, err := s.ask(ctx, method, params)
	if err != nil {
		return nil, err
	}
	out, err := readLocations(raw)
	if err != nil {
		return nil, s.broken(method, err)
	}
	return out, nil
}

// References asks for references at a byte offset.
func (s *Session) References(ctx context.Context, p string, c *text.Content, offset int, declaration bool) ([]Location, error) {
	params := &protocol.ReferenceParams{
		TextDocumentPositionParams: s.position(p, c, offset),
		Context:                    protocol.ReferenceContext{IncludeDeclaration: declaration},
	}
	return s.places(ctx, protocol.MethodTextDocumentReferences, params)
}

// Hover asks for the hover at a byte offset; nil where the server has none.
func (s *Session) Hover(ctx context.Context, p string, c *text.Content, offset int) (*Hover, error) {
	at := s.position(p, c, offset)
	raw, err := s.ask(ctx, protocol.MethodTextDocumentHover, &at)
	if err != nil {
		return nil, err
	}
	h, err := readHover(raw)
	if err != nil {
		return nil, s.broken(protocol.MethodTextDocumentHover, err)
	}
	return h, nil
}

// FileDiagnostics is what the server says of one file; Err where it did not say.
type FileDiagnostics struct {
	Path  string
	Items []Diagnostic
	Err   error
}

// Diagnostics pulls the diagnostics of files, in order of path. Where the server
// needs a file open for them, it is opened and closed again. The error is not
// nil only where the server died or time ran out.
func (s *Session) Diagnostics(ctx context.Context, v View, paths []string) ([]FileDiagnostics, error) {
	sort.Strings(paths)
	var out []FileDiagnostics
	for _, p := range paths {
		if s.cfg.Server.IsConfig(p) {
			items, err := s.pushedFor(ctx, p)
			out = append(out, FileDiagnostics{p, items, err})
			continue
		}
		items, err := s.pull(ctx, v, p)
		if fault.Is(err, fault.Timeout) || fault.Is(err, fault.Crash) || fault.Is(err, fault.Cancelled) {
			return out, err
		}
		out = append(out, FileDiagnostics{p, items, err})
	}
	return out, nil
}

func (s *Session) pull(ctx context.Context, v View, p string) ([]Diagnostic, error) {
	s.docs.mu.Lock()
	_, wasOpen := s.docs.open[p]
	var err error
	if s.cfg.Server.OpenForDiagnostics && !wasOpen {
		err = s.open(ctx, v, p)
	}
	s.docs.mu.Unlock()
	if err != nil {
		return nil, err
	}
	raw, err := s.ask(ctx, protocol.MethodTextDocumentDiagnostic, &protocol.DocumentDiagnosticParams{
		TextDocument: protocol.TextDocumentIdentifier{URI: s.URI(p)},
	})
	if s.cfg.Server.OpenForDiagnostics && !wasOpen {
		s.docs.mu.Lock()
		closeErr := s.close(ctx, p)
		s.docs.mu.Unlock()
		if err == nil {
			err = closeErr
		}
	}
	if err != nil {
		return nil, err
	}
	items, err := readReport(raw)
	if err != nil {
		return nil, s.broken(protocol.MethodTextDocumentDiagnostic, err)
	}
	return items, nil
}

// pushedFor is the last push for a configuration file, which no pull serves,
// once the server's first look at the workspace is over. A file without any
// push then is clean: servers publish only what has findings.
func (s *Session) pushedFor(ctx context.Context, p string) ([]Diagnostic, error) {
	work := s.cfg.Server.InitialWork
	if work == "" {
		return nil, nil
	}
	if err := s.await(ctx, work, func() bool { return s.signals.ended[work] > 0 }); err != nil {
		return nil, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.pushed[filepath.Join(s.cfg.Root, filepath.FromSlash(p))].items, nil
}
