package editor

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"

	"go.lsp.dev/jsonrpc2"
	"go.lsp.dev/protocol"

	"lanser/selectors/fault"
	"lanser/server/api"
	"lanser/server/bundle"
)

// diagnostic is Diagnostic.
type diagnostic struct {
	Range    protocol.Range `json:"range"`
	Severity int            `json:"severity"`
	Code     string         `json:"code,omitempty"`
	Source   string         `json:"source"`
	Message  string         `json:"message"`
	Tags     []int          `json:"tags,omitempty"`
}

// findings answers a pull for a document. A check that did not finish is an error: an
// empty report means that the document is clean.
func findings(ctx context.Context, s *session, raw json.RawMessage) (any, error) {
	p, err := params[protocol.DocumentDiagnosticParams](raw)
	if err != nil {
		return nil, err
	}
	at, err := s.place(p.TextDocument.URI)
	if err != nil {
		return nil, err
	}
	items, complete, err := s.findingsOf(ctx, at)
	if err != nil {
		return nil, err
	}
	if !complete && len(items) == 0 {
		return nil, fault.New(fault.Incomplete, "the check of %s did not finish, and has found nothing so far", at.path)
	}
	return map[string]any{"kind": "full", "items": items}, nil
}

func (s *session) findingsOf(ctx context.Context, at place) (items []diagnostic, complete bool, err error) {
	b, err := s.ask(ctx, at.in, api.Request{Op: "diagnostics", Paths: []string{at.path}})
	if err != nil {
		return nil, false, err
	}
	v := s.view(at.in, b)
	items = []diagnostic{}
	for _, d := range b.Facts.Diagnostics {
		one := diagnostic{
			Range:    v.rng(v.file(d.URI), d.Range),
			Severity: bundle.Severity(d.Severity) + 1,
			Code:     d.Code,
			Source:   d.Source,
			Message:  d.Message,
		}
		for _, t := range d.Tags {
			one.Tags = append(one.Tags, map[string]int{"unnecessary": 1, "deprecated": 2}[t])
		}
		items = append(items, one)
	}
	return items, b.Evidence.Finished(), nil
}

// check has the findings of a document pushed, to a client that does not ask for them.
func (s *session) check(places ...place) {
	if s.pull {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, at := range places {
		if _, open := s.docs[at]; open {
			s.due[at] = true
		}
	}
	if s.checking || len(s.due) == 0 || s.ctx.Err() != nil {
		return
	}
	s.checking = true
	s.all.Go(s.push)
}

// checkOpen has the findings of all that is open in a folder pushed.
func (s *session) checkOpen(f *folder) {
	s.mu.Lock()
	var open []place
	for at := range s.docs {
		if at.in == f {
			open = append(open, at)
		}
	}
	s.mu.Unlock()
	s.check(open...)
}

// push pushes the findings of all documents that are due, one after the other.
func (s *session) push() {
	for {
		s.mu.Lock()
		var next place
		for at := range s.due {
			if next.in == nil || at.file() < next.file() {
				next = at
			}
		}
		if next.in == nil || s.ctx.Err() != nil {
			s.checking = false
			s.mu.Unlock()
			return
		}
		delete(s.due, next)
		doc := s.docs[next]
		s.mu.Unlock()
		s.pushOne(next, doc)
	}
}

func (s *session) pushOne(at place, doc document) {
	items, complete, err := s.findingsOf(s.ctx, at)
	switch {
	case s.ctx.Err() != nil:
		return
	case fault.Is(err, fault.NoServer):
		return // no language that is checked
	case err != nil:
		s.say(
			protocol.MessageTypeWarning,
			fmt.Sprintf("%s is not checked: %s", at.path, strings.ReplaceAll(fault.From(err).Error(), "\n", " ")),
		)
		return
	case !complete && len(items) == 0:
		return // it was said why; an empty list would say that it is clean
	}
	s.mu.Lock()
	now, open := s.docs[at]
	s.mu.Unlock()
	if !open || now.version != doc.version || now.text != doc.text {
		return // these are of an older text; the newer is due
	}
	raw, err := json.Marshal(map[string]any{"uri": doc.uri, "version": doc.version, "diagnostics": items})
	if err == nil {
		_ = s.conn.Notify(
			s.ctx,
			protocol.MethodTextDocumentPublishDiagnostics,
			jsonrpc2.RawMessage(raw),
		) // whoever is gone reads nothing
	}
}
