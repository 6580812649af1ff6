package lsp

import (
	"context"
	"maps"
	"slices"
	"strings"

	"go.lsp.dev/protocol"

	"lanser/server/catalogue"
)

// readHeaders makes the server read open headers again after what a source includes before them, if they make no sense
// alone ([catalogue.Server.Contexts]): of a document that was open once, clangd keeps what it read in place of what
// its index has from the sources. A header that has errors even then is misread: what the server says about places in
// it, and about what it uses, can be wrong. The caller holds docs.mu.
func (s *Session) readHeaders(ctx context.Context, v catalogue.View, paths []string) error {
	for _, p := range paths {
		_, isOpen := s.docs.open[p]
		c, ok := s.docs.context(p)
		if !isOpen || !ok {
			continue
		}
		found, err := s.published(ctx, p, s.docs.open[p].version)
		if err != nil {
			return err
		}
		isApart := !slices.Equal(s.docs.contexts[p], c.Command.Argv)
		if isApart && (s.docs.contexts[p] != nil || slices.ContainsFunc(found, s.isOwnError)) {
			s.docs.contexts[p] = c.Command.Argv
			if err := s.close(ctx, p); err != nil {
				return err
			}
			if err := s.open(ctx, v, p); err != nil {
				return err
			}
			found, err = s.published(ctx, p, s.docs.open[p].version)
			if err != nil {
				return err
			}
		}
		s.docs.misread[p] = slices.ContainsFunc(found, s.isOwnError)
	}
	return nil
}

// isOwnError reports whether a diagnostic of a document is an error in the document itself: an error in a file that it
// includes is published for the document too.
func (s *Session) isOwnError(d Diagnostic) bool {
	prefix := s.cfg.Server.ElsewherePrefix
	isElsewhere := prefix != "" && strings.HasPrefix(string(d.Message), prefix)
	return d.Severity == int(protocol.DiagnosticSeverityError) && !isElsewhere
}

// setContext tells the server how to read a header that is about to be opened, if what comes before it may decide which
// parts of it are read, or if the header made no sense alone before. The caller holds docs.mu.
func (s *Session) setContext(ctx context.Context, p string) error {
	c, ok := s.docs.context(p)
	if !ok || len(c.Command.Argv) == 0 || !c.Decides && s.docs.contexts[p] == nil {
		return nil
	}
	s.docs.contexts[p] = c.Command.Argv
	return s.setCommand(ctx, p, c.Command)
}

// lostContext reports whether the server reads a header by a command that no source gives any more, and that it cannot
// be made to forget. The caller holds docs.mu.
func (s *Session) lostContext(p string) bool {
	if s.docs.contexts[p] == nil {
		return false
	}
	c, ok := s.docs.context(p)
	return !ok || len(c.Command.Argv) == 0
}

// misreadHeaders makes the server read the open headers as [Session.readHeaders] does, and returns those that are
// misread all the same.
func (s *Session) misreadHeaders(ctx context.Context, v catalogue.View) (misread []string, err error) {
	s.docs.mu.Lock()
	defer s.docs.mu.Unlock()
	open := slices.Sorted(maps.Keys(s.docs.open))
	if err := s.readHeaders(ctx, v, open); err != nil {
		return nil, err
	}
	return slices.DeleteFunc(open, func(p string) bool { return !s.docs.misread[p] }), nil
}

// Misread reports whether the server has read a document with errors that it has only because it is not read as a part
// of a source.
func (s *Session) Misread(p string) bool {
	s.docs.mu.Lock()
	defer s.docs.mu.Unlock()
	return s.docs.misread[p]
}

// Varies reports whether the server's index has a file as one of several sources reads it that include it, and it is
// not certain as which.
func (s *Session) Varies(p string) bool {
	s.docs.mu.Lock()
	defer s.docs.mu.Unlock()
	c, ok := s.docs.context(p)
	return ok && c.Varies
}

// HasMisread reports whether the server has misread a document besides some: its answers about others may be wrong.
func (s *Session) HasMisread(besides []string) bool {
	s.docs.mu.Lock()
	defer s.docs.mu.Unlock()
	for p, isMisread := range s.docs.misread {
		if isMisread && !slices.Contains(besides, p) {
			return true
		}
	}
	return false
}
