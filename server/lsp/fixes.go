package lsp

import (
	"cmp"
	"context"
	_ "embed"
	"encoding/json"
	"slices"
	"strings"
	"sync"
	"sync/atomic"

	"go.lsp.dev/protocol"

	"lanser/selectors/fault"
)

// fixCapabilities is what a session that asks for quick fixes declares besides [clientCapabilities]. Others do not
// declare it: servers send more with each diagnostic then.
//
//go:embed fix_capabilities.json
var fixCapabilities []byte

// Fix is a quick fix that a server proposes for a diagnostic. Nobody applies it.
type Fix struct {
	Title     string
	Preferred bool // the server recommends it
	Edits     []TextEdit
}

// TextEdit replaces a range of a document. The range is in the session's encoding.
type TextEdit struct {
	URI     string
	Range   protocol.Range
	NewText string
}

// maxFixRequests bounds the diagnostics of one check for which a session asks for quick fixes, and maxFixes the fixes
// that are kept of each.
const (
	maxFixRequests = 500
	maxFixes       = 5
)

// sessionFixes counts the diagnostics of the current check.
type sessionFixes struct {
	asked atomic.Int64 // for fixes
	left  atomic.Int64 // beyond the bound
}

// UnaskedFixes returns for how many diagnostics the last check did not ask for quick fixes, because there were too
// many, and resets the counts.
func (s *Session) UnaskedFixes() int {
	s.fixes.asked.Store(0)
	return int(s.fixes.left.Swap(0))
}

// addFixes asks for the quick fixes of the diagnostics of a file, as many at a time as the session is configured to.
// A server that refuses, or that answers with something else, has none. The error is not nil only if the server died
// or time ran out.
func (s *Session) addFixes(ctx context.Context, p string, items []Diagnostic) error {
	if s.cfg.Fixes == 0 || len(items) == 0 || !s.offers("codeActionProvider") {
		return nil
	}
	if s.cfg.Server.FixesOfPushed && s.opensFor(p) {
		s.docs.mu.Lock()
		version := s.docs.open[p].version
		s.docs.mu.Unlock()
		if _, err := s.published(ctx, p, version); err != nil {
			return err
		}
	}
	ask := int(max(0, min(int64(len(items)), maxFixRequests-s.fixes.asked.Load())))
	s.fixes.asked.Add(int64(ask))
	s.fixes.left.Add(int64(len(items) - ask))
	errs := make([]error, ask)
	turns := make(chan struct{}, s.cfg.Fixes)
	var running sync.WaitGroup
	for i := range ask {
		turns <- struct{}{}
		running.Go(func() {
			defer func() { <-turns }()
			items[i].Fixes, errs[i] = s.fixesOf(ctx, p, items[i])
		})
	}
	running.Wait()
	for _, err := range errs {
		if fault.Is(err, fault.Timeout) || fault.Is(err, fault.Crash) || fault.Is(err, fault.Cancelled) {
			return err
		}
	}
	return nil
}

// fixesOf returns the quick fixes of a diagnostic, preferred ones first, each in the order of the server.
func (s *Session) fixesOf(ctx context.Context, p string, d Diagnostic) (out []Fix, err error) {
	sent, err := d.sent()
	if err != nil {
		return nil, err
	}
	raw, err := s.ask(ctx, protocol.MethodTextDocumentCodeAction, &protocol.CodeActionParams{
		TextDocument: protocol.TextDocumentIdentifier{URI: s.URI(p)},
		Range:        sent.Range,
		Context: protocol.CodeActionContext{
			Diagnostics: []protocol.Diagnostic{sent},
			Only:        []protocol.CodeActionKind{protocol.CodeActionKindQuickFix},
		},
	})
	if err != nil || isNull(raw) {
		return nil, err
	}
	var list []json.RawMessage
	if err := json.Unmarshal(raw, &list); err != nil {
		return nil, s.broken(protocol.MethodTextDocumentCodeAction, err)
	}
	for _, entry := range list {
		a, ok := readAction(entry, sent)
		if !ok {
			continue
		}
		if a.Edit == nil {
			a, err = s.resolved(ctx, entry)
			if err != nil {
				return nil, err
			}
		}
		edits, ok := a.Edit.edits()
		if ok && len(edits) > 0 {
			out = append(out, Fix{Title: a.Title, Preferred: a.IsPreferred, Edits: s.inLinesOfTheFile(p, edits)})
		}
		if len(out) == maxFixes {
			break
		}
	}
	slices.SortStableFunc(out, func(a, b Fix) int { return cmp.Compare(rank(a), rank(b)) })
	return out, nil
}

func rank(f Fix) int {
	if f.Preferred {
		return 0
	}
	return 1
}

// resolved asks for the edit of an action that the server has left out. Without one, the action has none.
func (s *Session) resolved(ctx context.Context, action json.RawMessage) (codeAction, error) {
	var provider struct{ ResolveProvider bool }
	var params protocol.CodeAction
	if json.Unmarshal(s.provides["codeActionProvider"], &provider) != nil || !provider.ResolveProvider ||
		protocol.Unmarshal(action, &params) != nil {
		return codeAction{}, nil
	}
	raw, err := s.ask(ctx, protocol.MethodCodeActionResolve, &params)
	if fault.Is(err, fault.Timeout) || fault.Is(err, fault.Crash) || fault.Is(err, fault.Cancelled) {
		return codeAction{}, err
	}
	var a codeAction
	if err != nil || json.Unmarshal(raw, &a) != nil {
		return codeAction{}, nil
	}
	return a, nil
}

// codeAction is the part of LSP's CodeAction that is read.
type codeAction struct {
	Title       string          `json:"title"`
	Kind        string          `json:"kind"`
	IsPreferred bool            `json:"isPreferred"`
	Disabled    json.RawMessage `json:"disabled"`
	Command     json.RawMessage `json:"command"` // in LSP's Command, a string
	Edit        *workspaceEdit  `json:"edit"`
	Data        json.RawMessage `json:"data"`
	Diagnostics []Diagnostic    `json:"diagnostics"`
}

// readAction reads an entry of the reply to codeAction; ok is false if it is no quick fix of the diagnostic, or one
// that only runs a command. Of one that runs a command after its edit, as all of typescript-language-server do, the
// edit is taken.
func readAction(raw json.RawMessage, d protocol.Diagnostic) (a codeAction, ok bool) {
	if json.Unmarshal(raw, &a) != nil || a.Title == "" || a.Disabled != nil || a.Edit == nil && a.Command != nil {
		return a, false
	}
	if a.Kind != "" && a.Kind != "quickfix" && !strings.HasPrefix(a.Kind, "quickfix.") {
		return a, false
	}
	ofIt := func(other Diagnostic) bool { return other.Range == d.Range }
	return a, len(a.Diagnostics) == 0 || slices.ContainsFunc(a.Diagnostics, ofIt)
}

// workspaceEdit is LSP's WorkspaceEdit.
type workspaceEdit struct {
	Changes         map[string][]textEdit `json:"changes"`
	DocumentChanges []struct {
		Kind         string `json:"kind"` // of an operation on files; "" for edits
		TextDocument struct {
			URI string `json:"uri"`
		} `json:"textDocument"`
		Edits []textEdit `json:"edits"`
	} `json:"documentChanges"`
}

type textEdit struct {
	Range   protocol.Range `json:"range"`
	NewText string         `json:"newText"`
}

// edits returns the edits of documents, by URI and in their order; ok is false if files are created, renamed or
// deleted too.
func (w *workspaceEdit) edits() (out []TextEdit, ok bool) {
	if w == nil {
		return nil, false
	}
	add := func(uri string, edits []textEdit) {
		for _, e := range edits {
			out = append(out, TextEdit{URI: uri, Range: e.Range, NewText: e.NewText})
		}
	}
	for _, c := range w.DocumentChanges {
		if c.Kind != "" {
			return nil, false
		}
		add(c.TextDocument.URI, c.Edits)
	}
	if len(w.DocumentChanges) == 0 {
		for uri, edits := range w.Changes {
			add(uri, edits)
		}
	}
	slices.SortStableFunc(out, func(a, b TextEdit) int { return strings.Compare(a.URI, b.URI) })
	return out, true
}

// inLinesOfTheFile returns the edits of a document in lines of the file, as [Session.withoutPrefix] does for its
// diagnostics. What is inserted into the prefix is inserted before the first line.
func (s *Session) inLinesOfTheFile(p string, edits []TextEdit) []TextEdit {
	s.docs.mu.Lock()
	prefixed := s.docs.open[p].prefixed
	s.docs.mu.Unlock()
	if !prefixed {
		return edits
	}
	lines := uint32(strings.Count(s.cfg.Server.CheckPrefix, "\n"))
	up := func(at *protocol.Position) {
		if at.Line < lines {
			*at = protocol.Position{}
			return
		}
		at.Line -= lines
	}
	for i := range edits {
		if e := &edits[i]; e.URI == string(s.URI(p)) {
			up(&e.Range.Start)
			up(&e.Range.End)
		}
	}
	return edits
}
