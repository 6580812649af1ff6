package lsp

import (
	"bytes"
	"context"
	"errors"
	"maps"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"unicode/utf8"

	"go.lsp.dev/protocol"
	"go.lsp.dev/uri"

	"lanser/selectors/fault"
	"lanser/server/catalogue"
	"lanser/server/cbuild"
	"lanser/server/project"
)

// ErrStale is returned by Sync if notifications cannot bring the server up to date: the owner
// of the session starts a new one.
var ErrStale = errors.New("the server must be started anew to see the workspace as it is")

// A server knows the workspace in two ways: it reads files on disk by itself, and it has the text of open documents
// from us. Before a question, [Session.Sync] brings both up to date: changes on disk are announced, and where an
// announcement does not suffice, the server is led to the new content (lead.go); open documents get their changed text;
// then documents that may not stay open are closed, and those of the question are opened. The content is always that of
// the view's snapshot, so that what the server sees of a document is what the answer's digest covers.

// documents is what the server knows of files.
type documents struct {
	mu    sync.Mutex          // guards what follows, except outside
	seen  any                 // View.Files of the view that known describes
	known map[string]string   // path → digest of the content that the server was notified of
	open  map[string]document // by path
	// version is that of the document that was sent last. No version is used twice, so that
	// the version of a push identifies the text that it is about.
	version int32
	// ever holds the paths of all documents that were ever open.
	ever     map[string]bool
	database string // digest of the compilation databases that the server was started with
	// data are the files that sources depend on and that the server is not notified of, with the digests of the
	// contents that matter. dataNames has what sources name so, by path and digest.
	data      map[string]string
	dataNames map[string][]string
	indexed   map[string]bool // folders whose compilation databases are indexed
	// context is [catalogue.Server.Contexts] of the last view.
	context func(header string) (cbuild.Context, bool)
	// contexts has the commands by which headers are read in context, and misread the headers that the server has read
	// with errors all the same. See [Session.readHeaders].
	contexts map[string][]string
	// command is [catalogue.Server.Told] of the last view, and told holds the files whose commands the server was told.
	command func(file string) (cbuild.Command, bool)
	told    map[string]bool
	misread map[string]bool
	isTried map[string]bool // headers for which all commands were tried since the files changed last
	// unread are the messages of files that could not be read.
	unread []string
	// unsent are the messages of files that the current question concerns and that could not
	// be read, or not be sent as they are.
	unsent []string
	// replaced are the messages of files that the current question concerns and that were sent with other
	// characters in place of bytes that are not UTF-8.
	replaced []string
	// outside maps the path of a file that does not belong to the workspace to its file.
	outside sync.Map
}

// document is an open document.
type document struct {
	digest  string
	version int32
	opened  int32 // the version that it was opened with
	// replaced is true if bytes of it were replaced, see [Session.sendable].
	replaced bool
	// prefixed is true if it was sent with [catalogue.Server.CheckPrefix]: no other question may be asked about it.
	prefixed bool
}

// newDocuments returns the documents of a session that has opened none yet.
func newDocuments() *documents {
	return &documents{
		open: map[string]document{}, ever: map[string]bool{}, indexed: map[string]bool{},
		contexts: map[string][]string{}, told: map[string]bool{}, misread: map[string]bool{},
		isTried: map[string]bool{},
	}
}

// count returns the number of open documents.
func (d *documents) count() int {
	d.mu.Lock()
	defer d.mu.Unlock()
	return len(d.open)
}

// URI returns the file URI of a path of the workspace, or of a file outside of it that a
// question was about.
func (s *Session) URI(p string) uri.URI {
	if file, ok := s.docs.outside.Load(p); ok {
		return uri.File(file.(string))
	}
	return uri.File(filepath.Join(s.cfg.Root, filepath.FromSlash(p)))
}

// Sync notifies the server of every change since the last Sync, opens the given documents with
// the view's content, and closes others: answers may depend on which documents are open, and
// must not depend on earlier questions. It returns ErrStale if the server would not notice a
// change.
//
// With a view whose files are those of the last Sync, no file is looked at. The compilation databases are compared
// first: clangd reads them once, at its start. A document that cannot be sent is no error; [Session.Await] reports it.
func (s *Session) Sync(ctx context.Context, v project.View, open []string) error {
	s.docs.mu.Lock()
	defer s.docs.mu.Unlock()
	for _, p := range open {
		if file, ok := v.Disk(p); ok {
			s.docs.outside.Store(p, file)
		}
	}

	database := s.cfg.Server.DatabaseDigest(v)
	if s.docs.known != nil && database != s.docs.database {
		return ErrStale
	}
	s.docs.database = database
	if s.docs.known == nil && s.cfg.Server.ScansOver {
		if err := s.awaitScan(ctx); err != nil {
			return err
		}
	}

	if v.FilesVersion() == nil || s.docs.seen != v.FilesVersion() {
		s.docs.context, s.docs.isTried = s.cfg.Server.Contexts(v), map[string]bool{}
		s.docs.command = s.cfg.Server.Told(v)
		if err := s.announce(ctx, v); err != nil {
			return err
		}
		s.docs.seen = v.FilesVersion()
	}

	if err := s.closePrefixed(ctx); err != nil {
		return err
	}
	s.docs.unsent, s.docs.replaced = slices.Clone(s.docs.unread), nil
	for _, p := range s.superfluous(v, open) {
		if err := s.close(ctx, p); err != nil {
			return err
		}
	}

	for _, p := range open {
		if s.lostContext(p) {
			return ErrStale
		}
		if err := s.open(ctx, v, p); errors.As(err, new(unsendable)) {
			if !slices.Contains(s.docs.unsent, err.Error()) {
				s.docs.unsent = append(s.docs.unsent, err.Error())
			}
		} else if err != nil {
			return err
		}
		if s.docs.open[p].replaced {
			s.docs.replaced = append(s.docs.replaced, p+" is not valid UTF-8")
		}
	}

	return nil
}

// OpenAlso opens further documents for the current question. The next Sync closes those that may
// not stay open. A document that cannot be sent stays closed.
func (s *Session) OpenAlso(ctx context.Context, v project.View, paths []string) error {
	s.docs.mu.Lock()
	defer s.docs.mu.Unlock()
	for _, p := range paths {
		if err := s.open(ctx, v, p); err != nil && !errors.As(err, new(unsendable)) {
			return err
		}
	}
	return s.readHeaders(ctx, v, paths)
}

// maxKeptOpen bounds the open documents that the current question does not need.
const maxKeptOpen = 200

// keepsOpen reports whether a document may stay open after the question that needed it: closing
// it and opening it again costs a server more than most questions. It may if the server holds
// the file whether it is open or not ([catalogue.Server.Holds]), so that no answer depends on
// earlier questions.
func (s *Session) keepsOpen(v project.View, p string) bool {
	if _, ok := v.Disk(p); ok {
		return false
	}
	return s.cfg.Server.Holds(v, p)
}

// superfluous returns the open documents that are neither needed nor may stay open. The caller
// holds docs.mu.
func (s *Session) superfluous(v project.View, needed []string) (out []string) {
	need := make(map[string]bool, len(needed))
	for _, p := range needed {
		need[p] = true
	}

	var kept []string
	for p := range s.docs.open {
		switch {
		case need[p]:
		case s.keepsOpen(v, p):
			kept = append(kept, p)
		default:
			out = append(out, p)
		}
	}

	if n := len(kept) - maxKeptOpen; n > 0 { // close those that were opened first
		slices.SortFunc(kept, func(a, b string) int { return int(s.docs.open[a].opened - s.docs.open[b].opened) })
		out = append(out, kept[:n]...)
	}
	slices.Sort(out)
	return out
}

// announce notifies the server of the changes since the last call. The caller holds docs.mu. At the first call there is
// nothing to announce: the server reads the workspace as it is. If it fails, seen stays nil, so that the next Sync
// compares all files again.
func (s *Session) announce(ctx context.Context, v project.View) error {
	now := map[string]string{}
	s.docs.seen, s.docs.unread = nil, nil
	add := func(p string) {
		if c, err := v.Content(p); err == nil {
			now[p] = c.Digest()
		} else {
			now[p] = "unreadable"
			s.docs.unread = append(s.docs.unread, fault.From(err).Message)
		}
	}
	for _, p := range v.Paths() {
		if s.cfg.Server.Concerns(p) || s.cfg.Server.Serves(v, p) {
			add(p)
		}
	}
	for _, p := range s.cfg.Server.ReadsBesides(v) {
		if _, ok := now[p]; !ok {
			add(p)
		}
	}
	if data := s.dataOf(v, now); s.docs.known == nil {
		s.docs.data = data
	} else if !maps.Equal(s.docs.data, data) {
		return ErrStale // no message would have the server read them again
	}

	if s.docs.known != nil {
		changes, err := s.changes(now)
		if err != nil {
			return err
		}
		if s.cfg.Server.ClearsOnClose && len(changes) > 0 {
			if err := s.closeAll(ctx); err != nil {
				return err
			}
		}
		if err := s.updateOpen(ctx, v, now); err != nil {
			return err
		}
		if len(changes) > 0 {
			if err := s.lead(ctx, v, changes); err != nil {
				return err
			}
		}
	}

	s.docs.known = now
	return nil
}

// dataOf returns the files of a view that are no sources, and that the sources depend on, whose digests are those of
// now. What a source names is read once for each content of it. The caller holds docs.mu.
func (s *Session) dataOf(v project.View, now map[string]string) map[string]string {
	srv, names, read := s.cfg.Server, map[string]bool{}, map[string][]string{}
	for p, digest := range now {
		key := p + " " + digest
		found, known := s.docs.dataNames[key]
		if c, err := v.Content(p); !known && err == nil {
			found = srv.DataNames(p, c.Bytes())
		}
		read[key] = found
		for _, name := range found {
			names[name] = true
		}
	}
	s.docs.dataNames = read
	data := map[string]string{}
	for _, p := range srv.Data(v.Paths(), names) {
		data[p] = ""
		if c, err := v.Content(p); err == nil && srv.ReadsData {
			data[p] = c.Digest()
		}
	}
	return data
}

// unsendable is the reason why a document cannot be sent.
type unsendable string

func (u unsendable) Error() string { return string(u) }

// change is a change of a file since the server was told of it last.
type change struct {
	path string
	kind protocol.FileChangeType
}

// changes returns the changes, sorted by path, by which the server's known files become now, path → digest; or
// ErrStale if it would not notice one of them.
func (s *Session) changes(now map[string]string) (out []change, err error) {
	for p, digest := range now {
		if before, existed := s.docs.known[p]; !existed {
			out = append(out, change{p, protocol.FileChangeTypeCreated})
		} else if before != digest {
			out = append(out, change{p, protocol.FileChangeTypeChanged})
		}
	}
	for p := range s.docs.known {
		if _, exists := now[p]; !exists {
			out = append(out, change{p, protocol.FileChangeTypeDeleted})
		}
	}
	for _, c := range out {
		if s.cfg.Server.IsConfig(c.path) || !notices(s.cfg.Server, c.kind) {
			return nil, ErrStale
		}
	}
	slices.SortFunc(out, func(a, b change) int { return strings.Compare(a.path, b.path) })
	return out, nil
}

// notices reports whether the server takes a change into account when it is notified of it.
func notices(srv *catalogue.Server, t protocol.FileChangeType) bool {
	switch t {
	case protocol.FileChangeTypeDeleted:
		return srv.Notices == catalogue.NoticesAll
	case protocol.FileChangeTypeCreated:
		return srv.Notices <= catalogue.NoticesButRemovals
	}
	return srv.Notices != catalogue.NoticesNone
}

// updateOpen sends the changed content of open documents, and closes those whose files are gone. The caller holds
// docs.mu. Whole texts are sent, so that no position in a change can be counted differently.
func (s *Session) updateOpen(ctx context.Context, v project.View, now map[string]string) error {
	for _, p := range slices.Sorted(maps.Keys(s.docs.open)) {
		doc := s.docs.open[p]
		digest, exists := now[p]
		if !exists {
			if err := s.close(ctx, p); err != nil {
				return err
			}
		} else if digest != doc.digest {
			c, err := v.Content(p)
			sent, replaced, ok := "", false, false
			if err == nil {
				sent, replaced, ok = s.sendable(c.Bytes())
			}

			if !ok { // it cannot be sent any more: open reports why
				if err := s.close(ctx, p); err != nil {
					return err
				}
				continue
			}

			s.docs.version++
			doc.version = s.docs.version
			whole := &protocol.TextDocumentContentChangeWholeDocument{Text: sent}
			params := &protocol.DidChangeTextDocumentParams{
				TextDocument:   protocol.VersionedTextDocumentIdentifier{Version: doc.version},
				ContentChanges: []protocol.TextDocumentContentChangeEvent{whole},
			}
			params.TextDocument.URI = s.URI(p)
			if s.cfg.Server.Leads != nil || s.cfg.Server.GivesUp != nil {
				s.forget(params.TextDocument.URI)
			}
			if err := s.notify(ctx, protocol.MethodTextDocumentDidChange, params); err != nil {
				return err
			}
			s.docs.open[p] = document{
				digest: digest, version: doc.version, opened: doc.opened, replaced: replaced,
			}
		}
	}

	return nil
}

// open opens a document. It returns an unsendable if its content cannot be sent.
func (s *Session) open(ctx context.Context, v project.View, p string) error {
	return s.openWith(ctx, v, p, "")
}

// openWith opens a document with lines in front of its content, "" for none. A document that is open stays as it is.
// The caller holds docs.mu.
func (s *Session) openWith(ctx context.Context, v project.View, p, prefix string) error {
	if _, ok := s.docs.open[p]; ok {
		return nil
	}
	c, err := v.Content(p)
	if err != nil {
		return unsendable(fault.From(err).Message)
	}
	sent, replaced, ok := s.sendable(c.Bytes())
	if !ok {
		return unsendable(p + " is not valid UTF-8")
	}
	if err := s.tellCommand(ctx, p); err != nil {
		return err
	}
	sent = prefix + sent
	s.docs.version++
	params := &protocol.DidOpenTextDocumentParams{TextDocument: protocol.TextDocumentItem{
		URI:        s.URI(p),
		LanguageID: protocol.LanguageKind(s.cfg.Server.DocumentID(p)),
		Version:    s.docs.version,
		Text:       sent,
	}}
	s.forget(params.TextDocument.URI) // diagnostics of an earlier opening do not count for this one
	if err := s.notify(ctx, protocol.MethodTextDocumentDidOpen, params); err != nil {
		return err
	}
	s.docs.ever[p] = true
	s.docs.open[p] = document{
		digest: c.Digest(), version: s.docs.version, opened: s.docs.version, replaced: replaced,
		prefixed: prefix != "",
	}
	return nil
}

// forget drops what the server has published about a document.
func (s *Session) forget(u uri.URI) {
	s.look(func() bool {
		delete(s.pushed, u.FsPath())
		delete(s.signals.idle, u.FsPath())
		delete(s.signals.gaveUp, u.FsPath())
		return true
	})
}

// closePrefixed closes the documents that a check has left open because it failed.
func (s *Session) closePrefixed(ctx context.Context) error {
	for _, p := range slices.Sorted(maps.Keys(s.docs.open)) {
		if !s.docs.open[p].prefixed {
			continue
		}
		if err := s.close(ctx, p); err != nil {
			return err
		}
	}
	return nil
}

// sendable returns the text by which a document is sent. Messages are UTF-8. If the command line of the server's
// language reads other bytes as some character, as it does in comments in Latin-1, each of them is sent as the
// character DEL: it is none of any identifier, and one byte and one UTF-16 unit long, so that no position moves. ok is
// false for a document that cannot be sent: text in UTF-16 and binary files have zero bytes.
func (s *Session) sendable(content []byte) (sent string, replaced, ok bool) {
	if utf8.Valid(content) {
		return string(content), false, true
	}
	if !s.cfg.Server.ReadsAnyBytes || bytes.IndexByte(content, 0) >= 0 {
		return "", false, false
	}
	out := make([]byte, 0, len(content))
	for rest := content; len(rest) > 0; {
		r, n := utf8.DecodeRune(rest)
		if r == utf8.RuneError && n == 1 {
			out = append(out, 0x7f)
		} else {
			out = append(out, rest[:n]...)
		}
		rest = rest[n:]
	}
	return string(out), true, true
}

// close closes a document: from now on the server reads the file on disk. The caller holds docs.mu.
func (s *Session) close(ctx context.Context, p string) error {
	if s.cfg.Server.ClearsOnClose { // what it pushes now must not count for the next opening
		if _, err := s.published(ctx, p, 0); err != nil {
			return err
		}
	}
	delete(s.docs.open, p)
	err := s.notify(ctx, protocol.MethodTextDocumentDidClose, &protocol.DidCloseTextDocumentParams{
		TextDocument: protocol.TextDocumentIdentifier{URI: s.URI(p)},
	})
	if err == nil && s.cfg.Server.ClearsOnClose {
		err = s.awaitClear(ctx, p)
	}
	return err
}

// closeAll closes all documents. The caller holds docs.mu.
func (s *Session) closeAll(ctx context.Context) error {
	for _, p := range slices.Sorted(maps.Keys(s.docs.open)) {
		if err := s.close(ctx, p); err != nil {
			return err
		}
	}
	return nil
}

// awaitClear waits until the server has pushed what it pushes when a document is closed
// ([catalogue.Server.ClearsOnClose]): it does so before it replies to the next request.
func (s *Session) awaitClear(ctx context.Context, p string) error { return s.awaitReply(ctx, p) }

// awaitReply asks about a file, and waits for the reply, whatever it is: the server has read what was sent before.
func (s *Session) awaitReply(ctx context.Context, p string) error {
	_, err := s.ask(ctx, protocol.MethodTextDocumentHover, &protocol.TextDocumentPositionParams{
		TextDocument: protocol.TextDocumentIdentifier{URI: s.URI(p)},
	})
	if endsCheck(err) {
		return err
	}
	return nil
}
