package lsp

import (
	"bytes"
	"cmp"
	"context"
	"fmt"
	"maps"
	"path"
	"slices"
	"strconv"
	"strings"
	"time"

	"go.lsp.dev/protocol"

	"lanser/selectors"
	"lanser/selectors/fault"
	"lanser/selectors/text"
	"lanser/server/cbuild"
	"lanser/server/project"
	"lanser/server/trace"
)

// Readiness is how far a server's answers can be trusted, in the terms of
// spec section 4 (evidence.state).
type Readiness struct {
	Complete  bool
	Heuristic bool // no test verifies what the server reports about itself
	Reasons   []string
	// Unseen are the reasons why the server may not see all files of the workspace: searches miss
	// those files. The diagnostics of a file do not depend on that. They make Complete false too.
	Unseen []string
	// Unscanned are those of Unseen that concern searches alone: the server reads the files that it is asked about, and
	// what they import.
	Unscanned []string
	// Sure is Complete without Unseen: the diagnostics of files can be trusted.
	Sure bool
}

// WithoutSearches returns the readiness for a question that is answered without a search for uses.
func (r Readiness) WithoutSearches() Readiness {
	isUnscanned := func(why string) bool { return slices.Contains(r.Unscanned, why) }
	r.Reasons = slices.DeleteFunc(slices.Clone(r.Reasons), isUnscanned)
	r.Unseen = slices.DeleteFunc(slices.Clone(r.Unseen), isUnscanned)
	r.Complete = r.Complete || r.Sure && len(r.Unseen) == 0
	return r
}

// Await waits until the server signals that it can answer in full, and returns what speaks
// against that. Which signal that is, is data ([catalogue.Server.Ready]): a log line after the scan of the workspace, a
// request to pull diagnostics again, a status without further work, or the end of the indexing and the diagnostics of
// the open documents. A server without any is ready at once: its answers wait by themselves.
func (s *Session) Await(ctx context.Context, v project.View) (Readiness, error) {
	srv := s.cfg.Server
	r := Readiness{Complete: true, Sure: true, Heuristic: srv.Untested, Reasons: []string{srv.Why}}
	doubt := func(why string) {
		if why != "" {
			r.Complete, r.Sure = false, false
			r.Reasons = append(r.Reasons, why)
		}
	}

	doubtSearches := func(why string) {
		if why != "" {
			r.Complete = false
			r.Reasons, r.Unseen = append(r.Reasons, why), append(r.Unseen, why)
		}
	}

	if srv.Untested {
		why := " is run by no test of lanser"
		if srv.Dangers != nil {
			why = " is run by few tests of lanser"
		}
		r.Reasons = append(r.Reasons, srv.Name+why)
	}

	if srv.Ready.Log != nil {
		if err := s.awaitScan(ctx); err != nil {
			return Readiness{}, err
		}
		why := s.filesNotScanned(v)
		doubtSearches(why)
		if why != "" {
			r.Unscanned = append(r.Unscanned, why)
		}
	}

	if srv.Ready.Refresh {
		if err := s.await(ctx, "its configuration", func() bool { return s.signals.refreshed }); err != nil {
			return Readiness{}, err
		}
	}
	if srv.Ready.Service {
		if err := s.await(ctx, "reading its projects", func() bool { return s.signals.serviceReady }); err != nil {
			return Readiness{}, err
		}
	}
	if srv.Ready.Status {
		if err := s.await(ctx, "loading the workspace", func() bool { return s.signals.status.Quiescent }); err != nil {
			return Readiness{}, err
		}
		doubt(s.unhealthy())
	}

	if srv.ByCommands {
		if s.docs.count() == 0 { // a check: diagnostics are awaited file by file, and need no index
			r.Reasons = nil
		}

		missing, err := s.awaitIndex(ctx, v)
		if err != nil {
			return Readiness{}, err
		}
		doubtSearches(missing)
		if err := s.awaitOpenDocuments(ctx); err != nil {
			return Readiness{}, err
		}
		misread, err := s.misreadHeaders(ctx, v)
		if err != nil {
			return Readiness{}, err
		}
		for _, p := range misread[:min(len(misread), 10)] {
			doubt(srv.Name + " reads " + p + " with errors: it may read it otherwise than sources do that include it")
		}
	}

	isProject := func(p string) bool { return slices.Contains(srv.Needs, path.Base(p)) }
	if srv.Needs != nil && !slices.ContainsFunc(v.Paths(), isProject) {
		doubtSearches(fmt.Sprintf("no %s in the workspace: only the folder of the file is seen", srv.Needs[0]))
	}

	if srv.OneFile {
		doubtSearches(srv.Name + " reads one file at a time, and finds no uses in others")
	}

	s.docs.mu.Lock()
	defer s.docs.mu.Unlock()
	for _, why := range s.docs.unsent[:min(len(s.docs.unsent), 10)] {
		doubt(why)
	}

	for _, why := range s.docs.replaced[:min(len(s.docs.replaced), 10)] {
		doubtSearches(why)
	}

	return r, nil
}

// awaitScan waits until the server has scanned the workspace, and each of its further folders.
func (s *Session) awaitScan(ctx context.Context) error {
	return s.await(ctx, "its scan of the workspace", func() bool {
		return s.signals.timesLogged(s.cfg.Server.Ready.Log) > len(s.cfg.Folders)
	})
}

// filesNotScanned reports that the server's log counts fewer files than the workspace has; ""
// if it counts as many, or does not count.
func (s *Session) filesNotScanned(v project.View) string {
	srv := s.cfg.Server
	if len(s.cfg.Folders) > 0 {
		return "" // it counts the files of each folder by itself
	}
	files := 0
	for _, p := range v.Paths() {
		if srv.LanguageID(p) != "" {
			files++
		}
	}

	var logs []string
	s.look(func() bool {
		logs = slices.Clone(s.signals.logs)
		return true
	})
	for _, line := range slices.Backward(logs) {
		m := srv.Ready.Log.FindStringSubmatch(line)
		if m == nil {
			continue
		}
		if len(m) < 2 {
			return "" // it logs no number
		}
		if n, _ := strconv.Atoi(m[1]); n < files {
			return fmt.Sprintf("%s scans %d of %d files: its configuration leaves the others out", srv.Name, n, files)
		}
		return ""
	}
	return ""
}

// unhealthy returns what the server reports that it could not load; "" for nothing.
func (s *Session) unhealthy() string {
	var st serverStatus
	s.look(func() bool {
		st = s.signals.status
		return true
	})
	if st.Health != "" && st.Health != "ok" {
		message := strings.Join(strings.Fields(st.Message), " ")
		return fmt.Sprintf("%s reports its health as %s: %s", s.cfg.Server.Name, st.Health, message)
	}
	return ""
}

// LacksLibrary reports whether the server has said that it cannot load the standard library of its language.
func (s *Session) LacksLibrary() bool {
	what := s.cfg.Server.NoLibrary
	return what != nil && what.MatchString(s.unhealthy())
}

// awaitIndex waits until the compilation databases of the open documents are indexed. It
// reports a document that has no database; missing is "" if all have one. clangd loads a database when the first
// document below it is opened, and then indexes it in the background: with n databases indexed, the next one begins
// work number n+1.
func (s *Session) awaitIndex(ctx context.Context, v project.View) (missing string, err error) {
	s.docs.mu.Lock()
	defer s.docs.mu.Unlock()
	dbs, work := s.cfg.Server.Databases(v), s.cfg.Server.Ready.Work
	for _, p := range slices.Sorted(maps.Keys(s.docs.open)) {
		dir, ok := project.NearestAbove(dbs, p)
		isOutside := selectors.IsLibrary(p) && s.cfg.Server.Format().Has(trace.OutsideDatabases)
		if !ok || isOutside {
			missing = fmt.Sprintf("no %s above %s: it is read with default flags, and only the open files are seen",
				cbuild.DatabaseName, p)
			if isOutside {
				continue
			}
			build := s.cfg.Server.BuildView(v)
			if why := cmp.Or(cbuild.PassedOver(build, p), cbuild.FixedElsewhere(build, p)); why != "" {
				missing += "; " + why
			}
			if cbuild.KnownFlags(build)(p) {
				missing = cbuild.FlagsName + " names no files: only the open files are seen"
			}
			continue
		}
		if why := cbuild.Unindexed(v, dbs[dir]); why != "" {
			missing = why + ": it is told the commands of open files alone"
			continue
		}

		if s.docs.indexed[dir] {
			continue
		}
		n := len(s.docs.indexed)
		ended := func() bool { return s.signals.started[work] > n && !s.signals.working(work) }
		if err := s.await(ctx, work, ended); err != nil {
			return "", err
		}
		s.docs.indexed[dir] = true
	}
	return missing, nil
}

// awaitOpenDocuments waits until the server has published diagnostics for the text of every
// open document. Its index covers the other files, but may not yet cover these.
func (s *Session) awaitOpenDocuments(ctx context.Context) error {
	s.docs.mu.Lock()
	open := maps.Clone(s.docs.open)
	s.docs.mu.Unlock()
	for _, p := range slices.Sorted(maps.Keys(open)) {
		if _, err := s.published(ctx, p, open[p].version); err != nil {
			return err
		}
	}
	return nil
}

// LoadFailed returns the server's report that it could not load the workspace, "" if there is
// none. It is known only after a question was answered.
func (s *Session) LoadFailed() (why string) {
	work := s.cfg.Server.FailedWork
	if work == "" {
		return ""
	}
	s.look(func() bool {
		if s.signals.working(work) {
			why = firstLine(s.signals.messages[work])
		}
		return true
	})
	return why
}

// settleTime bounds the wait of [Session.Settle], which a session does once.
const settleTime = 3 * time.Second

// Settle waits for a server to report why it has not loaded the workspace, after it refused a
// question for that reason: it may refuse before it reports. Traces do not record the wait, but
// they record what LoadFailed returns after it.
func (s *Session) Settle(ctx context.Context, refused error) {
	srv := s.cfg.Server
	if s.proc == nil || srv.Unloaded == "" || !strings.Contains(refused.Error(), srv.Unloaded) || s.settled.Swap(true) {
		return
	}
	late := time.NewTimer(settleTime)
	defer late.Stop()
	for {
		s.mu.Lock()
		changed, done := s.changed, s.state != Ready || s.signals.working(srv.FailedWork)
		s.mu.Unlock()
		if done {
			return
		}
		select {
		case <-changed:
		case <-ctx.Done():
			return
		case <-late.C:
			return
		}
	}
}

// attempts is how often a question is asked that the server drops because it noticed a change.
const attempts = 3

// ask sends a question, again if the server drops it, and returns the raw result.
func (s *Session) ask(ctx context.Context, method string, params any) (raw []byte, err error) {
	for range attempts {
		raw, err = s.call(ctx, method, params)
		if !fault.Is(err, fault.ContentModified) {
			break
		}
	}
	return raw, err
}

// position converts a byte offset in a file to the parameters of a question, counted as the server reads positions.
// Span below counts as it writes them: the two rules for the ends of lines may differ.
func (s *Session) position(p string, c *text.Content, offset int) protocol.TextDocumentPositionParams {
	at := c.CountedBy(s.cfg.Server.ReadsLines).PointOf(offset, s.enc)
	return protocol.TextDocumentPositionParams{
		TextDocument: protocol.TextDocumentIdentifier{URI: s.URI(p)},
		Position:     protocol.Position{Line: uint32(at.Line), Character: uint32(at.Col)},
	}
}

// Span converts a server's range to bytes; ok is false if it lies outside of the content.
func (s *Session) Span(c *text.Content, r protocol.Range) (span text.Span, ok bool) {
	counted := c.CountedBy(s.cfg.Server.WritesLines)
	span, ok = counted.SpanOf(text.Range{Start: point(r.Start), End: point(r.End)}, s.enc)
	if ok || !s.cfg.Server.CountsLineEnds {
		return span, ok
	}
	start, _ := counted.ClipOffsetOf(point(r.Start), s.enc)
	end, _ := counted.ClipOffsetOf(point(r.End), s.enc)
	return text.Span{Start: start, End: max(start, end)}, true
}

// RangeOf returns a span of a document as the server counts.
func (s *Session) RangeOf(c *text.Content, span text.Span) protocol.Range {
	r := c.CountedBy(s.cfg.Server.WritesLines).RangeOf(span, s.enc)
	return protocol.Range{
		Start: protocol.Position{Line: uint32(r.Start.Line), Character: uint32(r.Start.Col)},
		End:   protocol.Position{Line: uint32(r.End.Line), Character: uint32(r.End.Col)},
	}
}

// point converts a position.
func point(p protocol.Position) text.Point {
	return text.Point{Line: int(p.Line), Col: int(p.Character)}
}

// Locations asks for definition, declaration, type definition or
// implementation, by LSP's method name, at a byte offset.
func (s *Session) Locations(ctx context.Context, method, p string, c *text.Content, offset int) ([]Location, error) {
	at := s.position(p, c, offset)
	return s.askLocations(ctx, method, &at)
}

// askLocations asks a question whose answer is a list of locations.
func (s *Session) askLocations(ctx context.Context, method string, params any) ([]Location, error) {
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

// References asks for references at a byte offset, with the declaration or without it.
func (s *Session) References(
	ctx context.Context, p string, c *text.Content, offset int, declaration bool,
) ([]Location, error) {
	params := &protocol.ReferenceParams{
		TextDocumentPositionParams: s.position(p, c, offset),
		Context:                    protocol.ReferenceContext{IncludeDeclaration: declaration},
	}
	return s.askLocations(ctx, protocol.MethodTextDocumentReferences, params)
}

// Hover asks for the hover at a byte offset; nil if the server has none.
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

// Proposals asks how the text at a byte offset could be completed, and returns the labels. A server that knows nothing
// there has none. LSP's textDocument/completion changes nothing.
func (s *Session) Proposals(ctx context.Context, p string, c *text.Content, offset int) (labels []string, err error) {
	at := protocol.CompletionParams{TextDocumentPositionParams: s.position(p, c, offset)}
	raw, err := s.ask(ctx, protocol.MethodTextDocumentCompletion, &at)
	if err != nil || isNull(raw) {
		return nil, err
	}
	labels, err = readLabels(raw)
	if err != nil {
		return nil, s.broken(protocol.MethodTextDocumentCompletion, err)
	}
	return labels, nil
}

// readLabels decodes the labels of proposals, of which LSP has two shapes.
func readLabels(raw []byte) (labels []string, err error) {
	type item struct {
		Label string `json:"label"`
	}
	var list struct {
		Items []item `json:"items"`
	}
	if bytes.HasPrefix(bytes.TrimSpace(raw), []byte("[")) {
		err = tolerant(raw, &list.Items)
	} else {
		err = tolerant(raw, &list)
	}
	for _, i := range list.Items {
		labels = append(labels, i.Label)
	}
	return labels, err
}

// Unrenamable asks why the symbol at a byte offset cannot be renamed; "" if it can.
// LSP's textDocument/prepareRename changes nothing.
func (s *Session) Unrenamable(ctx context.Context, p string, c *text.Content, offset int) (why string, err error) {
	at := s.position(p, c, offset)
	raw, err := s.ask(ctx, protocol.MethodTextDocumentPrepareRename, &at)
	switch {
	case fault.Is(err, fault.Incomplete), fault.Is(err, fault.NotFound): // an error is how servers refuse
		return fault.From(err).Message, nil
	case err != nil:
		return "", err
	case isNull(raw):
		return s.cfg.Server.Name + " finds nothing to rename there", nil
	}
	return "", nil
}
