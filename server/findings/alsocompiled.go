package findings

import (
	"context"
	"fmt"
	"slices"

	"lanser/server/lsp"
	"lanser/server/trace"
)

// addCompiledWith adds what the compiler finds in files that the command line of the language compiles with those of
// the check, such as vendored packages. They are no files of the check: what an analysis finds in them does
// not count.
func (a *Answer) addCompiledWith(ctx context.Context, s *lsp.Session, files []string) error {
	srv := s.Server()
	if !a.Format.Has(trace.VendoredBodies) {
		return nil
	}
	with := slices.DeleteFunc(srv.CompiledWith(a.Snap, files), func(p string) bool { return slices.Contains(files, p) })
	if len(with) == 0 {
		return nil
	}
	version := a.Snap.Digest(srv.DecidesCompiledWith)
	reports, err := s.ClosedDiagnostics(ctx, a.Snap, with, a.loading(s, files), version)
	for _, r := range reports {
		if r.Err != nil {
			a.Bundle.Evidence.Note(r.Path + " was not compiled: " + a.reason(r.Err))
			continue
		}
		for _, d := range a.Reader(s).Diagnostics(r) {
			if d.Severity == "error" && slices.Contains(srv.CompilerSources, d.Source) {
				a.Bundle.Facts.Diagnostics = append(a.Bundle.Facts.Diagnostics, d)
			}
		}
	}
	if err == nil {
		a.Bundle.Evidence.Note(fmt.Sprintf("%s also read %d files that are compiled with these", srv.Name, len(with)))
	}
	return err
}

// loading returns a file of each project of the check's files that the server only loads while one is open.
func (a *Answer) loading(s *lsp.Session, files []string) (first []string) {
	seen := map[string]bool{"": true}
	for _, p := range files {
		if dir := s.Server().LoadedWith(a.Snap, p); !seen[dir] {
			seen[dir] = true
			first = append(first, p)
		}
	}
	return first
}
