package editor

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"sync"
	"time"

	"go.lsp.dev/jsonrpc2"
	"go.lsp.dev/protocol"

	"lanser/selectors/fault"
	"lanser/selectors/visible"
	"lanser/server/api"
	"lanser/server/bundle"
)

// diagnostic is LSP's Diagnostic.
type diagnostic struct {
	Range    protocol.Range `json:"range"`
	Severity int            `json:"severity"`
	Code     string         `json:"code,omitempty"`
	Source   string         `json:"source"`
	Message  string         `json:"message"`
	Tags     []int          `json:"tags,omitempty"`
}

// diagnostics answers a request for the diagnostics of a document. A check that did not finish is an error,
// because an empty report means that the document is clean.
//
// A client that has waited for longer than its patience may not read the answer any more. The diagnostics are then
// published too, or, if the check did not finish, the document is checked again and then published. Once a request is
// answered in time, what was published is retracted, so that no finding is shown twice.
func diagnostics(ctx context.Context, s *session, raw json.RawMessage) (any, error) {
	p, err := params[protocol.DocumentDiagnosticParams](raw)
	if err != nil {
		return nil, err
	}
	at, err := s.locateFile(p.TextDocument.URI)
	if err != nil {
		return nil, err
	}
	started := time.Now()
	s.mu.Lock()
	doc := s.docs[at]
	s.mu.Unlock()
	items, complete, err := s.diagnosticsOf(ctx, at)
	isLate := ctx.Err() != nil || time.Since(started) >= s.Patience
	switch {
	case isLate && (err != nil || !complete):
		s.enqueue(at) // the client may wait for a notification by now
	case isLate:
		s.publishItems(at, doc, items)
	case err == nil:
		s.retract(at)
	}
	if fault.Is(err, fault.NoServer) {
		s.showMissing(at, err)
	}
	if err != nil {
		return nil, err
	}
	if !complete && len(items) == 0 {
		return nil, fault.New(fault.Incomplete, "the check of %s did not finish, and has found nothing so far", at.path)
	}
	return map[string]any{"kind": "full", "items": items}, nil
}

// diagnosticsOf checks a document. complete is false if the check did not finish, so that there may be further
// findings.
//
// Linters that are commands read what is on disk. For unsaved text they need a copy of the workspace and a run over the
// project, which takes seconds for each change of a letter: they are asked when the text is saved.
func (s *session) diagnosticsOf(ctx context.Context, at folderFile) (items []diagnostic, complete bool, err error) {
	req := api.Request{Op: api.Diagnostics, Paths: []string{at.path}}
	if len(s.unsaved(at.folder)) > 0 {
		req.Options.Linters = api.QuickLinters
	}
	b, err := s.ask(ctx, at.folder, req)
	if err != nil {
		return nil, false, err
	}
	v := s.view(at.folder, b)
	items = []diagnostic{}
	for _, d := range b.Facts.Diagnostics {
		one := diagnostic{
			Range:    v.clientRange(v.file(d.URI), d.Range),
			Severity: bundle.Severity(d.Severity) + 1, // from 1, an error, to 4, a hint
			Code:     d.Code,
			Source:   d.Source,
			Message:  d.Message,
		}
		for _, t := range d.Tags {
			one.Tags = append(one.Tags, tagNumbers[t])
		}
		items = append(items, one)
	}
	return items, b.Evidence.Finished(), nil
}

// tagNumbers are LSP's numbers of tags (DiagnosticTag).
var tagNumbers = map[string]int{"unnecessary": 1, "deprecated": 2}

// scheduleCheck schedules the publication of documents' diagnostics, for a client that does not request them.
func (s *session) scheduleCheck(places ...folderFile) {
	if !s.pullsDiagnostics {
		s.enqueue(places...)
	}
}

// enqueue schedules the publication of documents' diagnostics. A document that is scheduled already is checked once.
// The goroutine that publishes ends when nothing is left to do, and is started again here.
func (s *session) enqueue(places ...folderFile) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, at := range places {
		if _, open := s.docs[at]; open {
			s.pendingChecks[at] = true
		}
	}

	if s.checking || len(s.pendingChecks) == 0 || s.ctx.Err() != nil {
		return
	}
	s.checking = true
	s.background.Go(s.publishPending)
}

// scheduleOpen schedules a check of all open documents of a folder.
func (s *session) scheduleOpen(f *folder) {
	s.mu.Lock()
	var open []folderFile
	for at := range s.docs {
		if at.folder == f {
			open = append(open, at)
		}
	}
	s.mu.Unlock()
	s.scheduleCheck(open...)
}

// publishPending publishes the diagnostics of all scheduled documents, one after the other, in order of path.
func (s *session) publishPending() {
	for {
		s.mu.Lock()
		var next folderFile
		for at := range s.pendingChecks {
			if next.folder == nil || at.file() < next.file() {
				next = at
			}
		}

		if next.folder == nil || s.ctx.Err() != nil {
			s.checking = false
			s.mu.Unlock()
			return
		}

		delete(s.pendingChecks, next)
		doc := s.docs[next]
		s.mu.Unlock()
		s.publish(next, doc)
	}
}

// publish checks a document, and publishes its diagnostics unless its text has changed meanwhile. A check that did not
// finish publishes what it has found, and nothing if it has found nothing: an empty list would mean that the document
// is clean. The log says why.
func (s *session) publish(at folderFile, doc document) {
	announced := s.announce(at, doc)
	items, complete, err := s.diagnosticsOf(s.ctx, at)
	if announced() && s.ctx.Err() == nil && (err != nil || !complete && len(items) == 0) {
		s.publishItems(at, doc, []diagnostic{unverified("not verified: the check did not finish")})
	}
	switch {
	case s.ctx.Err() != nil:
		return
	case fault.Is(err, fault.NoServer):
		s.showMissing(at, err)
		return
	case err != nil:
		why := strings.ReplaceAll(fault.From(err).Error(), "\n", " ")
		s.logMessage(protocol.MessageTypeWarning, fmt.Sprintf("%s is not checked: %s", at.path, why))
		return
	case !complete && len(items) == 0:
		return // the reason was logged; an empty list would mean that the document is clean
	}

	s.publishItems(at, doc, items)
}

// announce publishes after a while that a document is not verified yet, if the client is to be told that. The caller
// must call announced when the check has ended: it reports whether that was published, and nothing is published later.
func (s *session) announce(at folderFile, doc document) (announced func() bool) {
	if s.Announce == 0 || s.pullsDiagnostics {
		return func() bool { return false }
	}
	var mu sync.Mutex
	var isDone, isTold bool
	timer := time.AfterFunc(s.Announce, func() {
		mu.Lock()
		defer mu.Unlock()
		if !isDone && s.ctx.Err() == nil {
			isTold = true
			s.publishItems(at, doc, []diagnostic{unverified("not verified yet: the check of this file is running")})
		}
	})
	return func() bool {
		timer.Stop()
		mu.Lock()
		defer mu.Unlock()
		isDone = true
		return isTold
	}
}

// unverified returns the information that a document is not verified. It is about its first line.
func unverified(why string) diagnostic {
	const information = 3
	return diagnostic{Severity: information, Source: "lanser", Message: why}
}

// publishItems publishes the diagnostics of a document unless its text has changed meanwhile.
func (s *session) publishItems(at folderFile, doc document, items []diagnostic) {
	s.mu.Lock()
	now, open := s.docs[at]
	if open && s.pullsDiagnostics {
		s.pushed[at] = len(items) > 0
	}
	s.mu.Unlock()
	if !open || now.version != doc.version || now.text != doc.text {
		return // the diagnostics are those of an older text; a check of the newer is scheduled
	}
	s.notifyDiagnostics(doc, items)
}

// retract publishes an empty list for a document whose diagnostics were published because the client had waited too
// long for them: it has requested them now, and would show them twice.
func (s *session) retract(at folderFile) {
	s.mu.Lock()
	doc, open := s.docs[at]
	was := s.pushed[at]
	delete(s.pushed, at)
	s.mu.Unlock()
	if open && was {
		s.notifyDiagnostics(doc, []diagnostic{})
	}
}

// showMissing shows the message that the language server of a document is missing, with the command that installs it,
// once. That no server is known for a document is of no interest.
func (s *session) showMissing(at folderFile, err error) {
	message := visible.Text(strings.ReplaceAll(fault.From(err).Error(), "\n", " "))
	if strings.Contains(message, at.path) {
		return // it is about the kind of the document, and not about a server
	}
	s.mu.Lock()
	known := s.missing[message] || len(s.missing) >= maxMissing
	s.missing[message] = true
	s.mu.Unlock()
	if !known {
		p := &protocol.ShowMessageParams{Type: protocol.MessageTypeWarning, Message: message}
		_ = s.conn.Notify(s.ctx, protocol.MethodWindowShowMessage, p) // fails if the client has disconnected
	}
}

// maxMissing bounds the messages about missing language servers.
const maxMissing = 20

// notifyDiagnostics sends the diagnostics of a document to the client.
func (s *session) notifyDiagnostics(doc document, items []diagnostic) {
	raw, err := json.Marshal(map[string]any{"uri": doc.uri, "version": doc.version, "diagnostics": items})
	if err == nil {
		// It fails if the client has disconnected, and then there is nobody to report that to.
		_ = s.conn.Notify(s.ctx, protocol.MethodTextDocumentPublishDiagnostics, jsonrpc2.RawMessage(raw))
	}
}
