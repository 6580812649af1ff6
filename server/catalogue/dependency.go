package catalogue

import (
	"slices"

	"lanser/server/project"
	"lanser/server/trace"
)

// Dependency returns the dependency that a finding in a file reports as missing; nil for a finding that
// reports something else. Whether it is missing indeed depends on its Places.
func (srv *Server) Dependency(v project.View, file, code, message string) *project.Dependency {
	if srv.dependency == nil {
		return nil
	}
	d := srv.dependency(v, file, code, message)
	if d != nil && d.FixApart != "" && srv.format.Has(trace.ApartFromWork) {
		d.Fix = d.FixApart
	}
	return d
}

// IsOptional reports whether the code of a file does without what it imports at a 0-based line. If that is missing, the
// server's finding is all there is to say: nothing else follows from it.
func (srv *Server) IsOptional(v project.View, file string, line int) bool {
	if srv.optionalImport == nil {
		return false
	}
	c, err := v.Content(file)
	return err == nil && srv.optionalImport(c, line)
}

// Outside returns the modules outside of the workspace that a configuration of the workspace includes in the build of
// all files, such as those that go.work uses, in order. A server that may not read one loads nothing.
func (srv *Server) Outside(v project.View) []*project.Dependency {
	if srv.outside == nil {
		return nil
	}
	return srv.outside(v)
}

// MayFollow reports whether a finding in a file may be there only because a dependency that the file
// imports is missing. The imports are those of missing dependencies, as findings name them.
func (srv *Server) MayFollow(source, code, message string, imports []string) bool {
	if slices.Contains(srv.Follows, code) || slices.Contains(srv.Follows, source) {
		return true
	}
	words := project.WordsOf(message)
	return slices.Contains(srv.FollowsByName, code) && slices.ContainsFunc(words, func(word string) bool {
		return slices.ContainsFunc(imports, func(path string) bool { return project.MayBeNamed(path, word) })
	})
}

// IsAboutSyntax reports whether a finding is about the syntax of its file alone, whatever the file depends on.
func (srv *Server) IsAboutSyntax(source, code string) bool {
	return slices.Contains(srv.Syntax, code) || slices.Contains(srv.Syntax, source)
}

// Affected returns a function of a file: whether findings in it may follow from a missing dependency which the files by
// import.
func (srv *Server) Affected(v project.View, by []string) func(file string) bool {
	if srv.affected == nil {
		return func(string) bool { return true }
	}
	return srv.affected(v, by)
}

// MayFollowGlobally is [Server.MayFollow] for every file below the manifest of a dependency that is Global.
func (srv *Server) MayFollowGlobally(code string) bool {
	return slices.Contains(srv.FollowsGlobally, code) || slices.Contains(srv.FollowsGlobally, "*")
}
