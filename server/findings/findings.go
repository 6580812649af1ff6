// Package findings works out what one part of a check finds: it asks a language server or a linter about the files of
// the part, and then reconciles what it says with what the compiler of the language, its build tool and its command
// line find there.
//
// # Promises
//
//   - Every file of a part has its findings, a state that says why nobody checked it, or a reason in the check's list
//     of unchecked files.
//   - A tool whose word is the verdict of the language's own command line takes the place of a server that guesses: the
//     compiler of a build, the build tool of a package, the program that an installation lacks.
//   - One cause is one finding: a dependency that is not installed, a manifest that is wrong.
//   - A change that is only proposed is checked in a copy of the workspace, which is removed.
//
// It does not decide which files are checked and by whom, nor what a state means for the evidence (package plan). It
// starts and leases no sessions (package pool): it is given one. What it learns from the machine it asks through the
// trace, so that a replay gets the same answers.
//
// # The files of the package
//
//	findings.go       the types, and what is done once a session answers
//	projects.go       findings in project files, and files outside of all projects
//	wholeprojects.go  findings of the compiler in files of other projects, and of packages
//	linked.go         findings of Python files that pyright knows under the path of a link
//	build.go          findings of the compiler that the server lacks
//	alsocompiled.go   findings of the compiler in files that are compiled with those of the check
//	assembly.go       findings in assembly
//	linter.go         findings of linters that are command lines
//	compilers.go      severities, as the compiler of the build has them
//	dependencies.go   one finding for each dependency that is not installed
//	loading.go        one finding for each mistake that keeps a Go package from being loaded
//	unloaded.go       one finding for a manifest that is wrong
//	brokenconfig.go   one finding for a configuration of a build tool that is wrong
//	foretell.go       what will not be checked, found out without starting a server
package findings

import (
	"cmp"
	"context"
	"fmt"
	"slices"

	"lanser/index"
	"lanser/selectors"
	"lanser/selectors/fault"
	"lanser/selectors/lazyregexp"
	"lanser/selectors/text"
	"lanser/server/bundle"
	"lanser/server/lsp"
	"lanser/server/places"
	"lanser/server/plan"
	"lanser/server/toolchain"
	"lanser/server/trace"
	"lanser/server/uses"
)

// Tools hold what a check needs to run a program, such as a compiler: they are the same for all checks of a workspace.
type Tools struct {
	Workspace *index.Workspace
	Machine   *toolchain.Machine
	Log       trace.Log // through which the machine is asked
	Trust     bool      // code of the workspace may be executed
	OfCopy    bool      // the workspace is a copy of an earlier state of another one
}

// Root is the absolute path of the workspace.
func (t *Tools) Root() string { return t.Workspace.Root() }

// Answer collects the findings of one part of a check, such as those of gopls in the Go files, while they are worked
// out. One goroutine at a time uses it.
type Answer struct {
	*Tools
	*uses.Reading
	*plan.Part
	*Outcome
	Host    *toolchain.Host // of the session that answers; nil before there is one
	Removed []string        // files that the workspace had at the commit that the check is compared with
	// Parallel is how many programs may run at a time.
	Parallel int
}

// Outcome holds what the engine must know of an answer and the bundle does not say: whether the answer may be cached,
// for instance.
type Outcome struct {
	Unnamed bool // what lies outside the workspace counts too, and may change
	// LoadExplained is true if a finding says why the server could not load what it was asked about.
	LoadExplained bool
	// Unloaded is true if the server refused files that it has not loaded, and nothing says why.
	Unloaded bool
}

// Ask has a session check the files of the part. What it did not check is listed in the check with the
// reason; what that means for the evidence depends on what the request's check owes ([plan.Part.Settle]).
//
// Where the session dies or time runs out, what was found until then is reported, and the files that were not reached
// are unchecked. The build tool, and the tool that reads assembly, are not run then.
func (a *Answer) Ask(ctx context.Context, s *lsp.Session) error {
	srv, files := s.Server(), a.Paths()
	if srv.Unversioned && !srv.ClearsOnClose && !s.Pulls() {
		a.Doubt(bundle.Partial, srv.Name+" does not say when its findings are final")
	}
	asked, err := a.askFiles(ctx, s, files)
	if err == nil {
		asked.reports = a.askByLinks(ctx, s, a.askAgain(ctx, s, asked.reports))
	}
	a.noteUnaskedFixes(s)
	c := bundle.Check{
		Server:    bundle.Tool{Name: srv.Name, Version: s.Version()},
		Files:     len(files),
		Unchecked: []bundle.Unchecked{},
	}
	unchecked := func(p, why string) {
		c.Unchecked = append(c.Unchecked, bundle.Unchecked{URI: selectors.EscapePath(p), Why: why})
	}
	importers, example := 0, ""
	compiled := a.compilersOf(s)
	decided, undecided := compiled.decide(ctx, s, files)
	reported := map[string][]bundle.Diagnostic{}
	for _, r := range asked.reports {
		if r.Err == nil {
			reported[r.Path] = a.Reader(s).Diagnostics(r)
		}
	}
	compiled.permit(ctx, s, reported, decided)
	for _, r := range asked.reports {
		if r.Err != nil {
			if refused := a.refused(s, r.Path); len(refused) > 0 {
				a.Bundle.Facts.Diagnostics = append(a.Bundle.Facts.Diagnostics, refused...)
				continue
			}
			unchecked(r.Path, a.reason(r.Err))
			continue
		}
		found, component := a.withoutComponents(srv, r.Path, reported[r.Path])
		if srv.Muted != nil {
			isMuted := func(d bundle.Diagnostic) bool { return srv.Muted(a.Snap, r.Path, d.Code) }
			found = slices.DeleteFunc(found, isMuted)
		}
		if component != "" {
			importers, example = importers+1, component
		}
		notInProject := func(d bundle.Diagnostic) bool { return srv.NotInProject != "" && d.Code == srv.NotInProject }
		if slices.ContainsFunc(found, notInProject) {
			asked.outside = append(asked.outside, bundle.Coverage{
				State: bundle.Excluded, Reason: "no project of their language includes them",
				Files: []string{selectors.EscapePath(r.Path)},
			})
		}
		if what := compiled.judge(ctx, r.Path, found); what != "" {
			found, refused := compiled.check(ctx, s, r.Path)
			if refused != "" {
				unchecked(r.Path, unreadReason(srv, what)+", and "+refused)
			}
			a.Bundle.Facts.Diagnostics = append(a.Bundle.Facts.Diagnostics, found...)
			continue
		}
		if by, ok := decided[r.Path]; ok {
			found = withErrorsOf(srv, by, found)
		} else if why := undecided[r.Path]; why != "" {
			unchecked(r.Path, why)
		}
		stopped := func(d bundle.Diagnostic) bool { return srv.Stopped != "" && d.Code == srv.Stopped }
		if slices.ContainsFunc(found, stopped) {
			unchecked(r.Path, srv.Name+bundle.TooMany)
		}
		a.Bundle.Facts.Diagnostics = append(a.Bundle.Facts.Diagnostics, found...)
		a.Bundle.Facts.Diagnostics = append(a.Bundle.Facts.Diagnostics, a.overlooked(s, r.Path, found)...)
	}
	for _, r := range s.ConfigDiagnostics(files) {
		a.Bundle.Facts.Diagnostics = append(a.Bundle.Facts.Diagnostics, a.Reader(s).Diagnostics(r)...)
	}
	if err == nil {
		err = a.addCompiledWith(ctx, s, files)
	}
	a.Bundle.Facts.Diagnostics = a.explainLoading(s, a.workspaceFaults(s, a.Bundle.Facts.Diagnostics))
	asked.outside = append(asked.outside, a.explainUnloaded(ctx, s, asked.reports)...)
	whole, ofPackages := a.wholeFindings(s, files, asked.projects.whole)
	found, lacking := a.mergeDependencies(s,
		slices.Concat(a.Bundle.Facts.Diagnostics, a.projectFindings(s, asked.projects.listed), whole))
	a.Bundle.Facts.Diagnostics = append(found, ofPackages...)
	asked.outside = append(asked.outside, lacking...)
	for _, p := range asked.missed {
		unchecked(p, a.reason(err))
	}
	answered := len(asked.reports) - len(c.Unchecked) + len(asked.missed)
	if err == nil {
		a.addCompiler(ctx, s, files, &c)
		a.addAssembly(ctx, s, files)
	}
	c.Coverage = append(c.Coverage, asked.outside...)
	a.Bundle.Facts.Checks = []bundle.Check{c}
	if importers > 0 {
		a.Bundle.Evidence.Note(fmt.Sprintf(
			"%s cannot read components such as %s, which %d files import: uses of them are not checked",
			srv.Name, example, importers,
		))
	}
	of := len(asked.reports) + len(asked.missed)
	a.Bundle.Evidence.Note(fmt.Sprintf("%s answered for %d of %d files", srv.Name, answered, of))
	if err == nil {
		a.addCompiled(ctx, s, a.Compiled())
	}
	return err
}

// refused returns why the command line of a file's language refuses the file, where the server has no answer about it.
func (a *Answer) refused(s *lsp.Session, file string) (out []bundle.Diagnostic) {
	srv := s.Server()
	content, err := a.Snap.Content(file)
	if srv.Refused == nil || err != nil {
		return nil
	}
	by := places.Counting{Lines: srv.ReadsLines, Columns: text.UTF8}
	for _, f := range srv.Refused(file, content.Bytes()) {
		out = append(out, a.Reader(s).Finding(f.Source, by, a.Snap.Root(), f))
	}
	return out
}

// overlooked returns the findings of [catalogue.Server.Overlooked] in a file in which the server has found something.
func (a *Answer) overlooked(s *lsp.Session, file string, found []bundle.Diagnostic) (out []bundle.Diagnostic) {
	srv := s.Server()
	content, err := a.Snap.Content(file)
	if srv.Overlooked == nil || err != nil {
		return nil
	}
	isReported := func(code string) bool {
		return slices.ContainsFunc(found, func(d bundle.Diagnostic) bool { return d.Code == code })
	}
	by := places.Counting{Lines: srv.ReadsLines, Columns: text.UTF8}
	for _, f := range srv.Overlooked(srv, a.Snap, file, content.Bytes(), isReported) {
		out = append(out, a.Reader(s).Finding(cmp.Or(f.Source, srv.OverlookedSource), by, a.Snap.Root(), f))
	}
	return out
}

// timeUp matches the end of the message of an error that says no more than that a context has ended.
var timeUp = lazyregexp.New(`(request: )?context deadline exceeded$`)

// reason returns why something failed, without absolute paths of the workspace.
func (a *Answer) reason(err error) string {
	why := a.Roots.Scrub(fault.From(err).Message)
	if a.Format.Has(trace.NamedPipes) {
		why = timeUp.ReplaceAllString(why, "there was no time left; give it longer with --timeout")
	}
	return why
}

// noteUnaskedFixes says that the servers were not asked for the fixes of all findings.
func (a *Answer) noteUnaskedFixes(s *lsp.Session) {
	if n := s.UnaskedFixes(); n > 0 {
		a.Bundle.Evidence.Note(fmt.Sprintf(
			"%s was not asked for fixes of %d findings: there are too many", s.Server().Name, n,
		))
	}
}
