package catalogue

import (
	"cmp"
	"slices"
	"strings"

	"lanser/server/dangers"
)

// Refuses returns why the server must not be started in a workspace that is not trusted: the
// file, and what it would make the server do. Both are "" if it may be started.
func (s *Server) Refuses(d dangers.Disk) (file, why string) {
	if s.refuse == nil {
		return "", ""
	}
	return s.refuse(d)
}

// Elsewhere returns what the server reads outside of the workspace because of files in it,
// sorted by path.
func (s *Server) Elsewhere(d dangers.Disk) []dangers.Elsewhere {
	var out []dangers.Elsewhere
	switch {
	case s.ByCommands:
		out = dangers.Compiled(d)
	case s.Packages == PackagesNode:
		out = dangers.Linked(d)
	case s.Packages == PackagesPython:
		out = dangers.Installed(d)
	}
	slices.SortFunc(out, func(a, b dangers.Elsewhere) int {
		return cmp.Or(strings.Compare(a.Path, b.Path), strings.Compare(a.By, b.By))
	})
	return slices.Compact(out)
}
