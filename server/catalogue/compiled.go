package catalogue

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"maps"
	"slices"
	"strings"

	"lanser/server/cbuild"
	"lanser/server/project"
	"lanser/server/trace"
)

// ProjectsFor returns the project files that the server reads in place of those of the workspace, by path; nil for a
// server that reads the workspace itself. The files contain [javabuild.Workspace] where the folder's URI belongs.
func (s *Server) ProjectsFor(v project.View) map[string]string {
	if s.projects == nil {
		return nil
	}
	return s.projects(v)
}

// DescribesProjects reports whether the server gets projects that describe the workspace ([Server.ProjectsFor]).
func (s *Server) DescribesProjects() bool { return s.projects != nil }

// BuildView is [cbuild.AsOf] for the format of the trace that is replayed, if any.
func (s *Server) BuildView(v project.View) project.View { return cbuild.AsOf(v, s.format) }

// Databases is [cbuild.Databases] for a server that reads files by their commands, and nil for others.
func (s *Server) Databases(v project.View) map[string]string {
	if !s.ByCommands {
		return nil
	}
	return cbuild.Databases(s.BuildView(v))
}

// DatabasePlaces is [cbuild.DatabasePlaces] for a server that reads files by commands, and nil for others.
func (s *Server) DatabasePlaces() []string {
	if !s.ByCommands {
		return nil
	}
	return cbuild.DatabasePlaces
}

// Contexts is [cbuild.Contexts] for a server that can be given commands; it knows no context for others.
func (s *Server) Contexts(v project.View) func(header string) (c cbuild.Context, ok bool) {
	if !s.format.Has(trace.HeaderContext) || !s.TakesCommands {
		return func(string) (cbuild.Context, bool) { return cbuild.Context{}, false }
	}
	return cbuild.Contexts(s.BuildView(v))
}

// Told is [cbuild.Told] if the server accepts commands. For any other server, the function it returns finds none.
func (s *Server) Told(v project.View) func(file string) (c cbuild.Command, ok bool) {
	if !s.TakesCommands {
		return func(string) (cbuild.Command, bool) { return cbuild.Command{}, false }
	}
	return cbuild.Told(s.BuildView(v))
}

// Variants is [cbuild.Variants] for a server that can be given commands; it knows none for others.
func (s *Server) Variants(v project.View) func(file string) []cbuild.Command {
	if !s.TakesCommands {
		return func(string) []cbuild.Command { return nil }
	}
	return cbuild.Variants(s.BuildView(v))
}

// notListed is [Server.Unseen] of clangd, whose index has the files that the compilation database of the target lists,
// and the headers that these include.
func notListed(s *Server, v project.View, target string) func(p string) string {
	return cbuild.Unlisted(s.BuildView(v), target)
}

// DatabaseDigest returns a digest of the compilation databases of the workspace, and of files that
// project files extend, that does not depend on the path of the workspace; "" if there are none.
func (s *Server) DatabaseDigest(v project.View) string {
	dbs, extended, described := s.Databases(v), s.extendedFiles(v), s.ProjectsFor(v)
	if len(dbs) == 0 && len(extended) == 0 && len(described) == 0 {
		return ""
	}
	h := sha256.New()
	for _, p := range slices.Sorted(maps.Keys(described)) {
		json.NewEncoder(h).Encode([]string{p, described[p]}) // strings into a hash cannot fail
	}
	for _, p := range extended {
		digest := "unreadable"
		if c, err := v.Content(p); err == nil {
			digest = c.Digest()
		}
		json.NewEncoder(h).Encode([]string{p, digest}) // strings into a hash cannot fail
	}
	for _, dir := range slices.Sorted(maps.Keys(dbs)) {
		raw, err := v.ReadFile(dbs[dir])
		if err != nil {
			raw = []byte("unreadable")
		}
		text := strings.ReplaceAll(string(raw), v.Root(), "workspace:")
		json.NewEncoder(h).Encode([]string{dbs[dir], text}) // strings into a hash cannot fail
	}
	return hex.EncodeToString(h.Sum(nil))
}
