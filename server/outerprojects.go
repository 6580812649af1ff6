package server

import (
	"context"
	"path"
	"path/filepath"
	"slices"

	"lanser/selectors"
	"lanser/selectors/fault"
	"lanser/server/bundle"
	"lanser/server/catalogue"
	"lanser/server/lsp"
	"lanser/server/toolchain"
)

// A server judges a file as the project does that is the nearest one above it. Where a project further up includes the
// file too, and is compiled ([catalogue.Server.OuterProjects]), the compiler judges it once more. The compiler's run
// of that whole project shows what it finds there: a check reports both.

// outerReports returns what the compiler says of all files of outer projects that have some of the files, by what is
// listed. A proposed change is judged in a copy of the workspace: the compiler reads the disk.
func (e *Engine) outerReports(
	ctx context.Context, a *answer, srv *catalogue.Server, host *toolchain.Host, files []string,
	listed []projectReport, outer []string,
) (out []projectReport) {
	if len(outer) == 0 {
		return nil
	}
	members := e.members(a, srv, listed)
	_, judges := srv.OuterProjects(a.Disk, files)
	var copied *toolchain.Copy
	defer func() {
		if copied != nil {
			copied.Remove()
		}
	}()
	for _, config := range outer {
		has := func(file string) bool {
			isNew := !slices.Contains(a.Disk.Paths(), file) // nobody has listed it
			return judges(config, file) && (members[config][file] || isNew)
		}
		if !slices.ContainsFunc(files, has) {
			continue
		}
		r := projectReport{config: config}
		r.out, r.err = e.log.Ask("check the files of "+config, func() (printed []byte, err error) {
			if !a.Request.Options.Hypothetical() {
				return e.machine.CheckFiles(ctx, srv, host, e.ws.Root(), config)
			}
			if copied == nil {
				copied, err = e.machine.CopyWorkspace(srv, host, a.Snap, a.Snap.Overlaid())
				if err != nil {
					return nil, err
				}
			}
			printed, err = e.machine.CheckFiles(ctx, srv, host, copied.Root, config)
			return []byte(copied.From(e.machine, string(printed))), err
		})
		out = append(out, r)
	}
	return out
}

// outerFindings returns the findings of outer projects in the given files that their nearest projects do not have. A
// project that was not built is no fault of the files.
func (a *answer) outerFindings(s *lsp.Session, files []string, reports []projectReport) (out []bundle.Diagnostic) {
	type place struct {
		uri  string
		line int
		code string
	}
	at := func(d bundle.Diagnostic) place { return place{uri: d.URI, line: d.Range[0], code: d.Code} }
	known := map[place]bool{}
	for _, d := range a.Bundle.Facts.Diagnostics {
		known[at(d)] = true
	}
	check := s.Server().ProjectCheck
	for _, r := range reports {
		if r.err != nil {
			a.Doubt(bundle.Partial, a.Roots.Scrub(fault.From(r.err).Message))
			continue
		}
		found, _ := check.Read(r.out)
		for _, f := range found {
			file, err := a.Snap.Rel(filepath.FromSlash(f.File))
			isOfFile := err == nil && slices.Contains(files, file) && path.Ext(file) != ".json"
			if !isOfFile || f.Code == catalogue.NotBuilt {
				continue
			}
			d := a.Reader(s).ProjectFinding(r.config, f)
			if !known[at(d)] {
				known[at(d)] = true
				d.Message += " (as " + selectors.EscapePath(r.config) + " compiles it)"
				out = append(out, d)
			}
		}
	}
	return out
}
