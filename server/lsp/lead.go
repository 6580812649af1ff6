package lsp

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"time"

	"go.lsp.dev/jsonrpc2"
	"go.lsp.dev/protocol"
	"go.lsp.dev/uri"

	"lanser/selectors/fault"
	"lanser/server/project"
)

// openedAtOnce bounds the documents that are open at a time while a server is led to their contents.
const openedAtOnce = 32

// The ways of leading, each for the servers that need it ([catalogue.Leads]):
//
//	Scans    one that looks for what came and went in a scan: the log line at the end of the scan is awaited
//	Opens    one that has a file's old content until the file is opened: changed files are opened and closed again
//	Text     one that notes that a file is gone some time later: it is asked for the file's text until it has none
//	Marks    one that reads changes in order some time later: a change that it answers is put behind them
//	Reload   TypeScript's: it is told to resolve imports again when files came or went

// lead notifies the server of changes, and makes it take those into account of which a notification tells it too late
// or not at all ([catalogue.Leads]). It returns ErrStale if it cannot. The caller holds docs.mu.
func (s *Session) lead(ctx context.Context, v project.View, changes []change) error {
	leads := s.cfg.Server.Leads
	if leads == nil {
		return s.notifyOf(ctx, changes)
	}

	var there, gone, moved []string
	for _, c := range changes {
		if c.kind == protocol.FileChangeTypeDeleted {
			gone = append(gone, c.path)
		} else {
			there = append(there, c.path)
		}
		if c.kind != protocol.FileChangeTypeChanged {
			moved = append(moved, c.path)
		}
		isLed := leads.Opens || c.kind != protocol.FileChangeTypeChanged
		if isLed && leads.Only != nil && !leads.Only(v, c.path) {
			return ErrStale
		}
	}

	// A scan that reads a file while it is opened would have the server know it twice.
	if leads.Scans != nil && len(moved) == 0 && len(there) <= openedAtOnce {
		return s.reread(ctx, v, there)
	}
	if err := s.notifyOf(ctx, changes); err != nil {
		return err
	}
	if leads.Marks {
		return s.awaitMark(ctx)
	}
	if leads.Scans != nil {
		return s.awaitNextScan(ctx, changes[0].path)
	}
	if leads.Opens {
		if err := s.reread(ctx, v, there); err != nil {
			return err
		}
	}
	if leads.Text != "" {
		if err := s.awaitGone(ctx, leads.Text, there, gone); err != nil {
			return err
		}
	}
	if leads.Reload != "" && len(moved) > 0 {
		if _, err := s.tsserver(ctx, leads.Reload, map[string]string{}); err != nil {
			return err
		}
	}
	return nil
}

// notifyOf notifies the server of changes.
func (s *Session) notifyOf(ctx context.Context, changes []change) error {
	params := &protocol.DidChangeWatchedFilesParams{}
	for _, c := range changes {
		params.Changes = append(params.Changes, protocol.FileEvent{URI: s.URI(c.path), Type: c.kind})
	}
	return s.notify(ctx, protocol.MethodWorkspaceDidChangeWatchedFiles, params)
}

// reread opens changed files, and those that must be read again with them, and closes those that were not open.
func (s *Session) reread(ctx context.Context, v project.View, changed []string) error {
	paths, ok := s.cfg.Server.Reread(v, changed)
	if !ok {
		return ErrStale
	}
	for _, p := range changed { // it is not read again, and what the server has read of it may be in answers
		if s.docs.ever[p] && !slices.Contains(paths, p) {
			return ErrStale
		}
	}
	for batch := range slices.Chunk(paths, openedAtOnce) {
		var opened []string
		for _, p := range batch {
			if _, isOpen := s.docs.open[p]; isOpen && slices.Contains(changed, p) {
				continue // it has been sent
			} else if isOpen {
				if err := s.close(ctx, p); err != nil {
					return err
				}
			}
			if err := s.open(ctx, v, p); errors.As(err, new(unsendable)) {
				return ErrStale
			} else if err != nil {
				return err
			}
			opened = append(opened, p)
		}
		if s.cfg.Server.Leads.Publishes {
			for _, p := range batch {
				found, err := s.published(ctx, p, s.docs.open[p].version)
				if err != nil {
					return err
				}
				if !s.cfg.Server.IsIncluded(p) || !slices.ContainsFunc(found, s.isOwnError) {
					continue
				}
				if err := s.readHeaders(ctx, v, []string{p}); err != nil {
					return err
				}
				if _, ok := s.docs.context(p); !ok || s.docs.misread[p] {
					return ErrStale // opened by itself, it does not mean what it means to the file that includes it
				}
			}
		}
		for _, p := range opened {
			if err := s.close(ctx, p); err != nil {
				return err
			}
		}
	}
	return nil
}

// awaitMark notifies the server that a file is gone which never was, and waits until it says that the file has no
// findings: it has then read the changes that it was notified of before.
func (s *Session) awaitMark(ctx context.Context) error {
	s.docs.version++
	mark := filepath.Join(s.folder(), fmt.Sprintf("lanser-%d.mark", s.docs.version))
	event := protocol.FileEvent{URI: uri.File(mark), Type: protocol.FileChangeTypeDeleted}
	params := &protocol.DidChangeWatchedFilesParams{Changes: []protocol.FileEvent{event}}
	if err := s.notify(ctx, protocol.MethodWorkspaceDidChangeWatchedFiles, params); err != nil {
		return err
	}
	return s.await(ctx, "reading the changes", func() bool {
		_, is := s.pushed[mark]
		delete(s.pushed, mark)
		return is
	})
}

// awaitNextScan waits until the server is not scanning. The reply to a question shows that it has read the
// notification that makes it scan: it logs the beginning of a scan at once, and changes that come later become part of
// the same scan.
func (s *Session) awaitNextScan(ctx context.Context, p string) error {
	if err := s.awaitReply(ctx, p); err != nil {
		return err
	}
	began, ended := s.cfg.Server.Leads.Scans, s.cfg.Server.Ready.Log
	return s.await(ctx, "its scan of the changes", func() bool {
		for _, line := range slices.Backward(s.signals.logs) {
			if began.MatchString(line) {
				return false
			}
			if ended.MatchString(line) {
				return true
			}
		}
		return false
	})
}

// awaitGone asks for the texts of files until those that are gone have none. The answer for a file that is there says
// that the server has taken note of what came before.
func (s *Session) awaitGone(ctx context.Context, method string, there, gone []string) error {
	exists := func(p string) (bool, error) {
		_, err := s.ask(ctx, method, &protocol.TextDocumentIdentifier{URI: s.URI(p)})
		if err != nil && errors.As(err, new(*jsonrpc2.Error)) && !fault.Is(err, fault.Unsupported) {
			return false, nil
		}
		return err == nil, err
	}
	if len(there) > 0 {
		if _, err := exists(there[len(there)-1]); err != nil {
			return err
		}
	}
	for _, p := range gone {
		for pause := time.Millisecond; ; pause = min(2*pause, 50*time.Millisecond) {
			isThere, err := exists(p)
			if err != nil {
				return err
			}
			if !isThere {
				break
			}
			select {
			case <-time.After(pause):
			case <-ctx.Done():
				return s.timeout(ctx, "noticing that "+p+" is gone")
			}
		}
	}
	return nil
}
