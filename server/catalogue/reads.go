package catalogue

import (
	"slices"

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
