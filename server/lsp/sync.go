package lsp

import (
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
)

// ErrStale says that the server cannot be brought up to date by notifications:
// its owner starts it anew.
var ErrStale = errors.New("the server must be started anew to see the workspace as it is")

// documents is what the server was told of files.
type documents struct {
	mu    sync.Mutex
	seen  any                 // the Files of the view that known is of
	known map[string]string   // path → digest of the content that the server knows of
	open  map[string]document // by path
	// version is that of the last document that was sent: none is used twice, so
	// that a push names the text that it is about.
	version  int32
	database string          // digest of the databases that it was started with
	indexed  map[string]bool // folders whose databases it has indexed
	// unread says which files could not be read, and why.
	unread []string
	// unsent says of the files that a question concerns why some could not be
	// read, or told to the server as they are.
	unsent []string
	// outside is where files are that do not belong to the workspace, by path.
	outside sync.Map
}

type document struct {
	digest  string
	version int32
	opened  int32 // the version that it was opened with
}

func newDocuments() *documents {
	return &documents{open: map[string]document{}, indexed: map[string]bool{}}
}

// count is how many documents are open.
func (d *documents) count() int {
	d.mu.Lock()
	defer d.mu.Unlock()
	return len(d.open)
}

// URI is the file URI of a path within the workspace.
func (s *Session) URI(p string) uri.URI {
	if file, ok := s.docs.outside.Load(p); ok {
		return uri.File(file.(string))
	}
	return uri.File(filepath.Join(s.cfg.Root, filepath.FromSlash(p)))
}

// Sync tells the server of every change since the last Sync, and makes the
// given documents, with the view's content, the ones that are open: what a
// server answers may depend on what is open, and must not depend on what was
// asked before. It returns ErrStale where telling does not help.
func (s *Session) Sync(ctx context.Context, v catalogue.View, open []string) error {
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
		if err := s.scan(ctx); err != nil {
			return err
		}
	}
	if v.Files() == nil || s.docs.seen != v.Files() {
		if err := s.tell(ctx, v); err != nil {
			return err
		}
		s.docs.seen = v.Files()
	}
	s.docs.unsent = slices.Clone(s.docs.unread)
	for _, p := range s.superfluous(v, open) {
		if err := s.close(ctx, p); err != nil {
			return err
		}
	}
	for _, p := range open {
		if err := s.open(ctx, v, p); errors.As(err, new(unsendable)) {
			if !slices.Contains(s.docs.unsent, err.Error()) {
				s.docs.unsent = append(s.docs.unsent, err.Error())
			}
		} else if err != nil {
			return err
		}
	}
	return nil
}

// maxKeptOpen is how many documents stay open that no question needs.
const maxKeptOpen = 200

// keepsOpen reports whether a document may stay open after the question that needed it: to
// close it and open another costs a server more than most questions. It may where being open
// adds nothing to what the server holds anyway ([catalogue.Server.Holds]), so that no answer
// depends on what was asked before.
func (s *Session) keepsOpen(v catalogue.View, p string) bool {
	if _, ok := v.Disk(p); ok {
		return false
	}
	return s.cfg.Server.Holds(v, p)
}

// superfluous lists the open documents that are to be closed: those that are not needed,
// unless they may stay open. The caller holds docs.mu.
func (s *Session) superfluous(v catalogue.View, needed []string) (out []string) {
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
	if n := len(kept) - maxKeptOpen; n > 0 { // the ones that were opened first
		slices.SortFunc(kept, func(a, b string) int { return int(s.docs.open[a].opened - s.docs.open[b].opened) })
		out = append(out, kept[:n]...)
	}
	slices.Sort(out)
	return out
}

// tell announces what has changed since the last time. The caller holds docs.mu.
func (s *Session) tell(ctx context.Context, v catalogue.View) error {
	now := map[string]string{}
	s.docs.seen, s.docs.unread = nil, nil
	for _, p := range v.Paths() {
		if !s.cfg.Server.Concerns(p) {
			continue
		}
		if c, err := v.Content(p); err == nil {
			now[p] = c.Digest()
		} else {
			now[p] = "unreadable"
			s.docs.unread = append(s.docs.unread, fault.From(err).Message)
		}
	}
	if s.docs.known != nil {
		events, err := s.changes(now)
		if err != nil {
			return err
		}
		if err := s.updateOpen(ctx, v, now); err != nil {
			return err
		}
		if len(events) > 0 {
			if err := s.notify(ctx, protocol.MethodWorkspaceDidChangeWatchedFiles, &protocol.DidChangeWatchedFilesParams{Changes: events}); err != nil {
				return err
			}
		}
	}
	s.docs.known = now
	return nil
}

// unsendable says why a document cannot be sent as it is.
type unsendable string

func (u unsendable) Error() string { return string(u) }

// changes lists what happened to the files that the server knows of.
func (s *Session) changes(now map[string]string) ([]protocol.FileEvent, error) {
	var events []protocol.FileEvent
	add := func(p string, t protocol.FileChangeType) error {
		if s.cfg.Server.IsConfig(p) || !notices(s.cfg.Server, t) {
			return ErrStale
		}
		events = append(events, protocol.FileEvent{URI: s.URI(p), Type: t})
		return nil
	}
	for p, digest := range now {
		before, existed := s.docs.known[p]
		t := protocol.FileChangeTypeChanged
		if !existed {
			t = protocol.FileChangeTypeCreated
		} else if before == digest {
			continue
		}
		if err := add(p, t); err != nil {
			return nil, err
		}
	}
	for p := range s.docs.known {
		if _, exists := now[p]; !exists {
			if err := add(p, protocol.FileChangeTypeDeleted); err != nil {
				return nil, err
			}
		}
	}
	slices.SortFunc(events, func(a, b protocol.FileEvent) int { return strings.Compare(string(a.URI), string(b.URI)) })
	return events, nil
}

// notices reports whether the server takes note of such a change when it is notified of it.
func notices(srv *catalogue.Server, t protocol.FileChangeType) bool {
	return srv.Notices == catalogue.NoticesAll || srv.Notices == catalogue.NoticesEdits && t == protocol.FileChangeTypeChanged
}

func (s *Session) updateOpen(ctx context.Context, v catalogue.View, now map[string]string) error {
	for _, p := range slices.Sorted(maps.Keys(s.docs.open)) {
		doc := s.docs.open[p]
		digest, exists := now[p]
		if !exists {
			if err := s.close(ctx, p); err != nil {
				return err
			}
		} else if digest != doc.digest {
			c, err := v.Content(p)
			if err != nil || !utf8.Valid(c.Bytes()) { // not to be sent any more: open says why
				if err := s.close(ctx, p); err != nil {
					return err
				}
				continue
			}
			s.docs.version++
			doc.version = s.docs.version
			params := &protocol.DidChangeTextDocumentParams{
				TextDocument:   protocol.VersionedTextDocumentIdentifier{Version: doc.version},
				ContentChanges: []protocol.TextDocumentContentChangeEvent{&protocol.TextDocumentContentChangeWholeDocument{Text: string(c.Bytes())}},
			}
			params.TextDocument.URI = s.URI(p)
			if err := s.notify(ctx, protocol.MethodTextDocumentDidChange, params); err != nil {
				return err
			}
			s.docs.open[p] = document{digest: digest, version: doc.version, opened: doc.opened}
		}
	}
	return nil
}

func (s *Session) open(ctx context.Context, v catalogue.View, p string) error {
	if _, ok := s.docs.open[p]; ok {
		return nil
	}
	c, err := v.Content(p)
	if err != nil {
		return unsendable(fault.From(err).Message)
	}
	if !utf8.Valid(c.Bytes()) {
		return unsendable(p + " is not valid UTF-8")
	}
	s.docs.version++
	params := &protocol.DidOpenTextDocumentParams{TextDocument: protocol.TextDocumentItem{
		URI: s.URI(p), LanguageID: protocol.LanguageKind(s.cfg.Server.LanguageID(p)), Version: s.docs.version, Text: string(c.Bytes()),
	}}
	s.look(func() bool { // what was said of an earlier opening is no answer to this one
		file := params.TextDocument.URI.FsPath()
		delete(s.pushed, file)
		delete(s.signals.idle, file)
		return true
	})
	if err := s.notify(ctx, protocol.MethodTextDocumentDidOpen, params); err != nil {
		return err
	}
	s.docs.open[p] = document{digest: c.Digest(), version: s.docs.version, opened: s.docs.version}
	return nil
}

func (s *Session) close(ctx context.Context, p string) error {
	delete(s.docs.open, p)
	return s.notify(ctx, protocol.MethodTextDocumentDidClose, &protocol.DidCloseTextDocumentParams{
		TextDocument: protocol.TextDocumentIdentifier{URI: s.URI(p)},
	})
}
