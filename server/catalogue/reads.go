package catalogue

import (
	"path"
	"slices"
	"strings"

	"lanser/index/manifest"
	"lanser/server/project"
	"lanser/server/trace"
)

// Dependents returns which of the files that the server checks can have other findings after the content of
// files has changed than before; nil if that can be any of them. The changed files are code that no
// server of another language reads.
func (srv *Server) Dependents(before, after project.View, changed []string) func(p string) bool {
	if !slices.ContainsFunc(changed, srv.Concerns) {
		return func(string) bool { return false }
	}
	if srv.dependents == nil {
		return nil
	}
	concerning := slices.DeleteFunc(slices.Clone(changed), func(p string) bool { return !srv.Concerns(p) })
	return srv.dependents(before, after, concerning)
}

// CheckerOfScript returns the server that checks a script without a telling name, such as bin/tool that begins with
// "#!/bin/bash". It returns nil for every other file. Which names count as telling depends on the format of the trace.
func CheckerOfScript(v project.View, p string, format trace.Format) *Server {
	if !project.IsNameless(v, p, format) {
		return nil
	}
	return bash
}

// Serves reports whether the server serves a file, by its name or as a script whose name does not tell its language.
func (s *Server) Serves(v project.View, p string) bool {
	return s.LanguageID(p) != "" || s.ScriptID != "" && project.IsNameless(v, p, s.format)
}

// UnseenInChecks reports whether a check of other files does not see a file as an overlay has it. before is the
// workspace without the overlay, and after the one with it, which has the file.
func (s *Server) UnseenInChecks(before, after project.View, p string) bool {
	return s.unseen != nil && s.unseen(s, before, after, p)
}

// isNew is [Server.unseen] of pyright, which looks for imported modules on disk alone, and of tsserver, which remembers
// that a module was not there when it read the file that imports it: only a file that is new is not found.
func isNew(_ *Server, before, _ project.View, p string) bool { return !project.Has(before, p) }

// isSourced is [Server.unseen] of bash-language-server: shellcheck reads the scripts that others source from disk.
func isSourced(srv *Server, before, after project.View, p string) bool {
	return slices.ContainsFunc([]project.View{before, after}, func(v project.View) bool {
		return slices.ContainsFunc(v.Paths(), func(other string) bool {
			return other != p && srv.Serves(v, other) &&
				strings.Contains(string(project.ContentOf(v, other)), path.Base(p))
		})
	})
}

// ReadsFromDisk returns the reason why the server ignores the overlay's content of a file and uses the one on disk, as
// for a header that other files include. It returns "" if the server uses the overlay.
func (s *Server) ReadsFromDisk(v project.View, p string) string {
	switch {
	case !project.Has(v, p):
		return p + " is on disk, and " + s.Name + " still sees it there"
	case s.LanguageID(p) == "":
		return s.Name + " reads " + p + " from disk, as it is there"
	case s.readsFromDisk != nil && s.readsFromDisk(v, p):
		return s.Name + " reads " + p + " from disk where it checks others by it"
	case s.IsIncluded(p):
		return s.Name + " reads the header " + p + " from disk where other files include it"
	}
	return ""
}

// decodeTOML decodes a TOML file of a workspace as the programs of the server do. The server may be nil.
func (s *Server) decodeTOML(raw []byte, into any) error {
	if s == nil || s.format.Has(trace.NewTOML) {
		return manifest.DecodeNewTOML(raw, into)
	}
	return manifest.DecodeTOML(raw, into)
}
