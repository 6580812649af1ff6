package lsp

import (
	"context"
	"maps"
	"slices"
	"strings"

	"go.lsp.dev/protocol"

	"lanser/server/cbuild"
	"lanser/server/project"
)

// readHeaders makes the server read open headers again after what a source includes before them, if they make no sense
// alone or if that may decide which parts of them are read ([catalogue.Server.Contexts]): of a document that was open
// once, clangd keeps what it read in place of what its index has from the sources. A header that has errors even then
// is misread: what the server says about places in it, and about what it uses, can be wrong. The server must have built
// its index: a new command makes it index the header too. The caller holds docs.mu.
func (s *Session) readHeaders(ctx context.Context, v project.View, paths []string) error {
	for _, p := range paths {
		_, isOpen := s.docs.open[p]
		c, ok := s.docs.context(p)
		if !isOpen || !ok {
			continue
		}
		if command := s.firstCommand(p, c); !slices.Equal(command.Argv, s.docs.contexts[p]) {
			if err := s.openBy(ctx, v, p, command); err != nil {
				return err
			}
		}
		found, err := s.published(ctx, p, s.docs.open[p].version)
		if err != nil {
			return err
		}
		for _, command := range []cbuild.Command{c.Alone, c.Before, c.Whole} {
			if !slices.ContainsFunc(found, s.isOwnError) || s.docs.isTried[p] {
				break
			}
			isAlone := s.docs.contexts[p] == nil && slices.Equal(command.Argv, c.Alone.Argv)
			if len(command.Argv) == 0 || isAlone || slices.Equal(s.docs.contexts[p], command.Argv) {
				continue // there is none, or the header has errors by it
			}
			if err := s.openBy(ctx, v, p, command); err != nil {
				return err
			}
			found, err = s.published(ctx, p, s.docs.open[p].version)
			if err != nil {
				return err
			}
		}
		s.docs.isTried[p], s.docs.misread[p] = true, slices.ContainsFunc(found, s.isOwnError)
	}
	return nil
}

// firstCommand returns the command by which a header is read first: as it was read last, or alone, or after what comes
// before it if that may decide which parts of it are read. It is empty where clangd finds the command itself, for a
// header that is read alone: once another header has had a command, clangd might take that one. The caller holds
// docs.mu.
func (s *Session) firstCommand(p string, c cbuild.Context) cbuild.Command {
	for _, command := range []cbuild.Command{c.Alone, c.Before, c.Whole} {
		if len(command.Argv) > 0 && slices.Equal(s.docs.contexts[p], command.Argv) {
			return command
		}
	}
	if c.Decides && len(c.Before.Argv) > 0 {
		return c.Before
	}
	if len(s.docs.contexts) > 0 {
		return c.Alone
	}
	return cbuild.Command{}
}

// openBy opens an open document again, to be read by a command. The caller holds docs.mu.
func (s *Session) openBy(ctx context.Context, v project.View, p string, command cbuild.Command) error {
	s.docs.contexts[p] = command.Argv
	if err := s.close(ctx, p); err != nil {
		return err
	}
	if err := s.setCommand(ctx, p, command); err != nil {
		return err
	}
	return s.open(ctx, v, p)
}

// tellCommand tells the server the command of a file that its compilation database holds in a form that the server
// passes over, once. The caller holds docs.mu.
func (s *Session) tellCommand(ctx context.Context, p string) error {
	if s.docs.command == nil || s.docs.told[p] {
		return nil
	}
	c, ok := s.docs.command(p)
	if !ok {
		return nil
	}
	s.docs.told[p] = true
	return s.setCommand(ctx, p, c)
}

// isOwnError reports whether a diagnostic of a document is an error in the document itself: an error in a file that it
// includes is published for the document too.
func (s *Session) isOwnError(d Diagnostic) bool {
	prefix := s.cfg.Server.ElsewherePrefix
	isElsewhere := prefix != "" && strings.HasPrefix(string(d.Message), prefix)
	return d.Severity == int(protocol.DiagnosticSeverityError) && !isElsewhere
}

// lostContext reports whether the server reads a header by a command that no source gives any more, and that it cannot
// be made to forget. The caller holds docs.mu.
func (s *Session) lostContext(p string) bool {
	if s.docs.contexts[p] == nil {
		return false
	}
	_, ok := s.docs.context(p)
	return !ok
}

// misreadHeaders makes the server read the open headers as [Session.readHeaders] does, and returns those that are
// misread all the same.
func (s *Session) misreadHeaders(ctx context.Context, v project.View) (misread []string, err error) {
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
