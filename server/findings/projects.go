package findings

import (
	"context"
	"maps"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"lanser/index/beneath"
	"lanser/selectors"
	"lanser/selectors/text"
	"lanser/server/api"
	"lanser/server/bundle"
	"lanser/server/catalogue"
	"lanser/server/lsp"
	"lanser/server/project"
	"lanser/server/toolchain"
	"lanser/server/trace"
)

// TypeScript's servers check any file that they are asked about. For a file that no tsconfig.json includes they make up
// options that nobody has chosen, so what they find says nothing about it. The files of a project, and what is
// wrong with its file, are listed by the compiler ('tsc --listFilesOnly'), which takes a while: meanwhile the server
// checks the files that belong to a project for certain.
//
// Linters that are servers know which files their configuration leaves out only on their command line, see lintedFiles.

// projectReport is what the compiler printed about a project file, or why it printed nothing.
type projectReport struct {
	config string
	out    []byte
	err    error
}

// projectReports are the reports on the projects of files.
type projectReports struct {
	listed []projectReport // of the files that each project has
	whole  []projectReport // of the projects that judge more than the server does, see wholeProjects
}

// checkProjects has the server's compiler report on the project files of the given files, while the
// server checks the files themselves. The reports are complete when the returned function returns. It need not be
// called: the channel has room for the reports, so that the goroutine ends without a reader.
func (a *Answer) checkProjects(
	ctx context.Context, srv *catalogue.Server, files []string,
) func() projectReports {
	if srv.ProjectCheck == nil {
		return func() projectReports { return projectReports{} }
	}
	configs := srv.ProjectsOf(a.Disk, files)
	var outer []string
	if a.Format.Has(trace.OuterProjects) {
		outer, _ = srv.OuterProjects(a.Disk, files)
		configs = slices.Compact(slices.Sorted(slices.Values(slices.Concat(configs, outer))))
	}
	reports := make(chan projectReports, 1)
	host := a.Host
	check := func() {
		r := projectReports{listed: a.reportOn(ctx, srv, host, configs)}
		if a.Format.Has(trace.OuterProjects) {
			w := &wholeProjects{
				a: a, srv: srv, host: host, files: files, members: a.members(srv, r.listed),
				packages: a.withPackages(srv, r.listed), options: map[string]catalogue.ProjectOptions{},
			}
			r.whole = w.reports(ctx, outer)
		}
		reports <- r
	}
	if a.Log == trace.Off {
		go check() // it ends with the context
	} else {
		check() // a trace holds one thing after the other
	}
	return func() projectReports { return <-reports }
}

// reportOn has the server's compiler report on project files, one after the other. An error is kept in the report of
// its file: the others may be readable.
func (a *Answer) reportOn(
	ctx context.Context, srv *catalogue.Server, host *toolchain.Host, configs []string,
) (out []projectReport) {
	for _, config := range configs {
		r := projectReport{config: config}
		r.out, r.err = a.Log.Ask("report on "+config, func() ([]byte, error) {
			return a.Machine.CheckProject(ctx, srv, host, config)
		})
		out = append(out, r)
	}
	return out
}

// askedFiles is what a session and its compiler have said about files.
type askedFiles struct {
	reports  []lsp.FileDiagnostics
	missed   []string          // that time or the server's end kept from being checked
	outside  []bundle.Coverage // that belong to no project, and were not checked therefore
	projects projectReports
}

// askFiles has a session check files. Those that certainly belong to a project come first, while the
// compiler lists the files of the projects; then the others, without those that belong to none: the
// server would check them with options of its own. A file that the request names is checked anyway, and so is one that
// the request brings, of which the compiler, which reads the disk, knows nothing. The error is that of the session; the
// files that it did not come to are missed.
func (a *Answer) askFiles(
	ctx context.Context, s *lsp.Session, files []string,
) (asked askedFiles, err error) {
	srv := s.Server()
	if srv.Linter != nil {
		listed, leftOut, err := a.lintedFiles(ctx, srv, files)
		if err != nil {
			return askedFiles{missed: files}, err
		}
		files, asked.outside = listed, leftOut
	}
	projects := a.checkProjects(ctx, srv, files)
	isProject := func(p string) bool {
		return srv.ProjectCheck != nil && slices.Contains(srv.Projects, path.Base(p)) ||
			srv.BuildCheck != nil && path.Base(p) == srv.BuildCheck.Manifest
	}
	files = slices.DeleteFunc(slices.Clone(files), isProject) // projects without files are for the compiler alone
	sure := func(p string) bool {
		return srv.ProjectCheck == nil || slices.Contains(a.Bundle.Request.Paths, p) || srv.Holds(a.Snap, p) ||
			slices.Contains(a.Snap.Overlaid(), p)
	}
	first := slices.DeleteFunc(slices.Clone(files), func(p string) bool { return !sure(p) })
	later := slices.DeleteFunc(slices.Clone(files), sure)
	done := 0
	ask := func(list []string) {
		var reports []lsp.FileDiagnostics
		if err == nil && len(list) > 0 {
			reports, err = s.Diagnostics(ctx, a.Snap, list, func(n int) {
				api.Tell(ctx, api.Progress{Server: srv.Name, Done: done + n, Files: len(files), Before: a.OfCopy})
			})
		}
		asked.reports = append(asked.reports, reports...)
		asked.missed = append(asked.missed, list[len(reports):]...) // both are in order
		done += len(list)
	}
	// A file that must be open may have the server load another module, and check the others anew, when it is opened
	// and when it is closed: such files come last.
	closed := func(p string) bool { return srv.ChecksClosed(a.Snap, p) }
	ask(slices.DeleteFunc(slices.Clone(first), func(p string) bool { return !closed(p) }))
	ask(slices.DeleteFunc(first, closed))
	asked.projects = projects()
	members := a.members(srv, asked.projects.listed)
	outside, lacking := srv.OutsideProjects(a.Disk, later, members)
	if len(lacking) > 0 {
		maps.Copy(members, a.members(srv, a.reportOn(ctx, srv, a.Host, lacking)))
		outside, _ = srv.OutsideProjects(a.Disk, later, members)
	}
	linked := a.linkedIn(members, outside)
	a.owesLinked(linked, outside)
	for _, p := range later {
		if st, ok := outside[p]; ok {
			group := bundle.Coverage{
				State: st.State, Reason: st.Reason, Fix: st.Fix, Files: []string{selectors.EscapePath(p)},
			}
			asked.outside = append(asked.outside, group)
		}
	}
	ask(slices.DeleteFunc(later, func(p string) bool {
		_, ok := outside[p]
		return ok || linked[p].path != ""
	}))
	if err == nil && a.Format.Has(trace.LinkedMembers) {
		var reports []lsp.FileDiagnostics
		reports, err = a.askLinked(ctx, s, linked)
		asked.reports = append(asked.reports, reports...)
		asked.missed = append(asked.missed, slices.Sorted(maps.Keys(linked))[len(reports):]...)
	}
	return asked, err
}

// members returns the files of projects as the compiler has listed them, by project file; nil for a
// project of which it could not list all.
func (a *Answer) members(srv *catalogue.Server, reports []projectReport) map[string]map[string]bool {
	out := map[string]map[string]bool{}
	for _, r := range reports {
		out[r.config] = nil
		files, ok := srv.ProjectCheck.Members(r.out)
		isEmpty := len(r.out) == 0 && a.Format.Has(trace.Components) && catalogue.HasNoFiles(a.Disk, r.config)
		if r.err != nil || !ok && !isEmpty {
			continue
		}
		out[r.config] = map[string]bool{}
		for _, file := range files {
			if rel, inside := beneath.Local(a.Root(), filepath.FromSlash(file)); inside {
				out[r.config][rel] = true
			}
		}
	}
	return out
}

// withPackages returns the projects that have files of packages, by the reports that list them. The compiler's own
// library is no package of the workspace.
func (a *Answer) withPackages(srv *catalogue.Server, listed []projectReport) map[string]bool {
	out := map[string]bool{}
	for _, r := range listed {
		files, ok := srv.ProjectCheck.Members(r.out)
		out[r.config] = ok && slices.ContainsFunc(files, func(file string) bool {
			_, inside := beneath.Local(a.Root(), filepath.FromSlash(file))
			return inside && isOfPackage(file)
		})
	}
	return out
}

// A link is the path of a symbolic link by which a project includes a file, and the project's file.
type link struct{ path, config string }

// linkedIn returns the files that no project includes by their own paths, and one by that of a symbolic link: the
// compiler checks them under that path. Of several links, the first in order of path counts.
func (a *Answer) linkedIn(
	members map[string]map[string]bool, outside map[string]catalogue.Standing,
) map[string]link {
	asksLinks := a.Format.Has(trace.LinkedMembers)
	if len(outside) == 0 || !a.Format.Has(trace.Leading) { // recorded before links were followed here
		return nil
	}
	candidates := map[string]string{} // path → project file
	for _, config := range slices.Sorted(maps.Keys(members)) {
		for p := range members[config] {
			isAsked := a.Snap.Has(p) || asksLinks && a.Snap.HasUnlisted(p) // a link to a file is asked about as it is
			if candidates[p] == "" && !isAsked && !slices.Contains(strings.Split(p, "/"), "node_modules") {
				candidates[p] = config
			}
		}
	}
	out := map[string]link{}
	for _, p := range slices.Sorted(maps.Keys(candidates)) {
		file, err := a.Snap.Rel(p)
		if _, isOutside := outside[file]; err == nil && isOutside && out[file].path == "" {
			out[file] = link{path: p, config: candidates[p]}
		}
	}
	return out
}

// owesLinked has files that a project includes by a symbolic link be checked. Earlier releases did not ask for them,
// and owed them all the same.
func (a *Answer) owesLinked(linked map[string]link, outside map[string]catalogue.Standing) {
	for p, by := range linked {
		if a.Format.Has(trace.LinkedMembers) {
			delete(outside, p)
			continue
		}
		outside[p] = catalogue.Standing{
			State:  bundle.UncheckedState,
			Reason: by.config + " includes them by a symbolic link, which the server does not follow",
			Fix:    "include the folder that the link leads to",
		}
	}
}

// askLinked asks about files under the paths of the links by which projects include them, and returns the reports under
// the files' own paths, in order. The error is that of the session.
func (a *Answer) askLinked(
	ctx context.Context, s *lsp.Session, linked map[string]link,
) (reports []lsp.FileDiagnostics, err error) {
	v := linkedView{View: a.Snap, to: map[string]string{}}
	for p, by := range linked {
		v.to[by.path] = p
	}
	for _, p := range slices.Sorted(maps.Keys(linked)) {
		found, err := s.Diagnostics(ctx, v, []string{linked[p].path}, func(int) {})
		if err != nil {
			return reports, err
		}
		found[0].Path = p
		reports = append(reports, found[0])
	}
	return reports, nil
}

// linkedView is a view in which files have the paths of symbolic links that lead to them, too.
type linkedView struct {
	project.View
	to map[string]string // path → file
}

func (v linkedView) Content(p string) (*text.Content, error) {
	if to, ok := v.to[p]; ok {
		return v.View.Content(to)
	}
	return v.View.Content(p)
}

// withoutComponents removes the findings that a file imports a single-file component, which the
// server cannot read though it is there. It returns one of these components, "" for none. Only the compilers of the
// frameworks read .vue, .svelte and .astro files: for them such an import is no error.
func (a *Answer) withoutComponents(
	srv *catalogue.Server, file string, found []bundle.Diagnostic,
) (kept []bundle.Diagnostic, component string) {
	kept = slices.DeleteFunc(found, func(d bundle.Diagnostic) bool {
		p := srv.Component(a.Snap, file, d.Code, d.Message)
		if p != "" {
			component = p
		}
		return p != ""
	})
	return kept, component
}

// projectFindings normalises the reports on project files. Findings in files that the server checks
// are left out: it reports them itself. So are those about output files in a project whose scripts write none. A
// project file on which the compiler gives no report is a doubt.
func (a *Answer) projectFindings(s *lsp.Session, reports []projectReport) (out []bundle.Diagnostic) {
	srv := s.Server()
	failed := 0
	for _, r := range reports {
		if r.err != nil {
			if failed++; failed <= bundle.MaxReasons {
				a.Doubt(bundle.Partial, a.reason(r.err))
			}
			continue
		}
		found, _ := srv.ProjectCheck.Read(r.out)
		for _, f := range found {
			isReported := f.File != "" && srv.LanguageID(f.File) != ""
			if isReported || srv.IsNotRun(a.Snap, r.config, f.Code) {
				continue
			}
			out = append(out, a.Reader(s).ProjectFinding(r.config, f))
		}
	}
	if failed > bundle.MaxReasons {
		a.Doubt(bundle.Partial, "and more project files")
	}
	return out
}

// lintedFiles returns those of the files that the configuration of a linter has it check, as its own command line
// lists them, and the others. A file that the request brings is not on disk, so it is not listed: the linter is asked
// about it. The error is that of the linter, which may refuse its configuration.
func (a *Answer) lintedFiles(
	ctx context.Context, srv *catalogue.Server, files []string,
) (listed []string, leftOut []bundle.Coverage, err error) {
	out, err := a.Log.Ask("files of "+srv.Name, func() ([]byte, error) {
		return a.Machine.ListFiles(ctx, srv, a.Host)
	})
	if reason := srv.RequiresOther(err); reason != "" {
		group := bundle.Coverage{State: bundle.Unserved, Reason: reason}
		for _, p := range files {
			group.Files = append(group.Files, selectors.EscapePath(p))
		}
		return nil, []bundle.Coverage{group}, nil
	}
	if err != nil {
		return nil, nil, err
	}
	known := map[string]bool{}
	for line := range strings.Lines(string(out)) {
		file := filepath.FromSlash(strings.TrimRight(line, "\r\n"))
		if !filepath.IsAbs(file) {
			file = filepath.Join(a.Root(), file)
		}
		if p, inside := beneath.Local(a.Root(), file); inside {
			known[p] = true
		}
	}
	overlaid := a.Snap.Overlaid()
	group := bundle.Coverage{State: bundle.Excluded, Reason: "the configuration of " + srv.Name + " leaves them out"}
	for _, p := range files {
		if known[p] || slices.Contains(overlaid, p) {
			listed = append(listed, p)
		} else {
			group.Files = append(group.Files, selectors.EscapePath(p))
		}
	}
	if len(group.Files) > 0 {
		leftOut = append(leftOut, group)
	}
	return listed, leftOut, nil
}
