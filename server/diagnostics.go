package server

import (
	"context"
	"fmt"
	"maps"
	"runtime"
	"slices"
	"strings"
	"sync"

	"lanser/selectors"
	"lanser/selectors/fault"
	"lanser/selectors/text"
	"lanser/server/api"
	"lanser/server/bundle"
	"lanser/server/catalogue"
	"lanser/server/lsp"
	"lanser/server/trace"
)

// runDiagnostics asks each file's server for its findings. Servers are asked side by
// side, as many as the request's jobs, each for an answer of its own, which are
// put together in the catalogue's order. What the check owes and one of them does not finish
// leaves the answer partial; where none has checked anything, the first one's error is the answer.
func runDiagnostics(ctx context.Context, e *Engine, a *answer) error {
	plan, err := e.planCheck(ctx, a)
	if err != nil {
		return err
	}
	asks := slices.DeleteFunc(slices.Clone(plan.parts), func(c *check) bool { return len(c.asked) == 0 })
	a.scope = scope{name: "servers", keep: func(p string) bool {
		return slices.ContainsFunc(asks, func(c *check) bool { return c.srv.Concerns(p) })
	}}
	a.mixed = len(asks) > 1
	for _, c := range plan.parts {
		c.answer = e.part(a)
		for _, f := range c.asked {
			c.files = append(c.files, f.path)
		}
	}
	turns := make(chan struct{}, e.parallel(a))
	var running sync.WaitGroup
	for _, c := range asks {
		turns <- struct{}{}
		running.Go(func() {
			defer func() { <-turns }()
			c.run(ctx, e)
		})
	}
	running.Wait()
	if len(plan.nobody) > 0 {
		plan.parts = append(plan.parts, &check{answer: e.part(a), told: plan.nobody})
	}
	for _, c := range plan.parts {
		c.settle()
	}
	foldFindings(plan.parts)
	if err := a.merge(plan.parts, affectedIn(ctx) != nil); err != nil {
		return err
	}
	a.mergePlatforms(plan.parts)
	a.applySeverities(plan.excluded)
	return nil
}

// parallel is how many servers are asked at a time; a trace holds one conversation
// after the other.
func (e *Engine) parallel(a *answer) int {
	if e.log != trace.Off {
		return 1
	}
	if a.req.Options.Jobs > 0 {
		return a.req.Options.Jobs
	}
	return runtime.GOMAXPROCS(0)
}

// check is one server's part of an answer.
type check struct {
	*answer
	srv   *catalogue.Server // nil for the files that none serves
	asked []*planFile       // that it is asked about, in order
	files []string          // their paths
	with  []*planFile       // that it checks with those that include them
	told  []bundle.Coverage // that it is not asked about
	// releases of its compiler that the projects of the files use, each once.
	releases []catalogue.Release
	err      error
}

// part returns an empty answer to the same question: one server's part of it.
func (e *Engine) part(a *answer) *answer {
	p := *a
	p.b = a.req.Bundle(e.ws.Root(), e.platform)
	p.b.Request = a.b.Request
	p.documents, p.sessions, p.installed = nil, nil, maps.Clone(a.installed)
	p.facts("lsp").Diagnostics = []bundle.Diagnostic{}
	return &p
}

func (c *check) run(ctx context.Context, e *Engine) {
	api.Tell(ctx, api.Progress{Server: c.srv.Name, Files: len(c.files), Before: e.cfg.standsFor != ""})
	c.answer.files = c.files
	if c.srv.IsCommand() {
		c.err = c.runCommand(ctx, e)
		return
	}
	for _, release := range c.releases {
		c.noteRelease(c.srv, release)
	}
	open, short := c.srv.Openings(c.snap, "", nil)
	c.err = e.withSession(ctx, c.answer, c.srv, open, func(ctx context.Context, a *answer, s *lsp.Session) error {
		if short != "" {
			a.doubt(bundle.Partial, short)
		}
		return e.diagnose(ctx, a, s, c.files)
	})
	c.explainRelease()
}

// explainRelease adds to the error that a server is not installed which release of its compiler the project
// uses.
func (c *check) explainRelease() {
	if fault.Is(c.err, fault.NoServer) && len(c.releases) > 0 {
		f := fault.From(c.err)
		c.err = fault.New(f.Code, "%s, and the project uses %s %s", f.Message, c.srv.Compiler.Name, c.releases[0]).
			WithHint("%s", f.Hint)
	}
}

// stateOf is what a server's failure makes of the evidence.
func stateOf(err error) string {
	switch fault.From(err).Code {
	case fault.Timeout:
		return bundle.TimedOut
	case fault.Crash:
		return bundle.ServerDied
	case fault.Unsupported, fault.NoServer:
		return bundle.Unsupported
	}
	return bundle.Partial
}

// fatal says whether an error is about the request as a whole, not about one server.
func fatal(err error) bool {
	switch fault.From(err).Code {
	case fault.Cancelled, fault.Usage, fault.ContentModified, fault.VersionSkew:
		return true
	}
	return false
}

// merge puts the parts of an answer together. With narrowed, files were left out because a patch does not affect
// them: that nothing was checked is no doubt.
func (a *answer) merge(parts []*check, narrowed bool) error {
	f := a.facts("lsp")
	f.Diagnostics, f.Checks = []bundle.Diagnostic{}, []bundle.Check{}
	checked, files, hasVerdict := 0, 0, false
	var failed error
	a.b.Evidence.State = bundle.Complete
	for _, c := range parts {
		if c.err != nil && fatal(c.err) {
			return c.err
		}
		if failed == nil {
			failed = c.err
		}
		b, env := c.b, &a.b.Environment
		f.Diagnostics = append(f.Diagnostics, b.Facts.Diagnostics...)
		f.Checks = append(f.Checks, b.Facts.Checks...)
		k := b.Facts.Checks[0]
		checked += k.Files - len(k.Unchecked)
		files += fileCount(k.Coverage)
		hasVerdict = hasVerdict || slices.ContainsFunc(k.Coverage, bundle.Coverage.FailsByFinding)
		env.Server, env.Interpreter = joined(
			env.Server,
			b.Environment.Server,
		), joined(
			env.Interpreter,
			b.Environment.Interpreter,
		)
		env.ConfigDigest = strings.TrimSpace(env.ConfigDigest + " " + b.Environment.ConfigDigest)
		if b.Environment.Server != nil {
			env.PositionEncoding = b.Environment.PositionEncoding
		}
		maps.Copy(a.b.Capabilities, b.Capabilities)
		a.b.Evidence.State = worse(a.b.Evidence.State, b.Evidence.State)
		for _, why := range b.Evidence.Reasons {
			if !slices.Contains(a.b.Evidence.Reasons, why) { // what concerns several servers is reported once
				a.b.Evidence.Reasons = append(a.b.Evidence.Reasons, why)
			}
		}
		a.mergeLocal(b.Local)
		a.sessions = append(a.sessions, c.sessions...)
		a.unnamed = a.unnamed || c.unnamed
	}
	switch {
	case checked == 0 && failed != nil:
		return failed
	case files == 0:
		a.b.Evidence.Reasons = append(a.b.Evidence.Reasons, "there is no code in a language that lanser knows")
	case checked == 0 && a.b.Evidence.Finished() && !narrowed && !hasVerdict:
		a.doubt(bundle.Partial, "nothing was checked")
	}
	return nil
}

// fileCount returns how many files groups have.
func fileCount(groups []bundle.Coverage) (n int) {
	for _, group := range groups {
		n += len(group.Files)
	}
	return n
}

func (a *answer) mergeLocal(from *bundle.Local) {
	to := a.b.Local
	to.PIDs = append(to.PIDs, from.PIDs...)
	to.Stderr += from.Stderr
	if from.Sandbox != "" {
		to.Sandbox = from.Sandbox
	}
	if from.Memo != "" {
		to.Memo = from.Memo
	}
	if to.Paths == nil {
		to.Paths = from.Paths
	} else {
		maps.Copy(to.Paths, from.Paths)
	}
}

// diagnose has the session check files. What it did not check is listed in the check with the
// reason; what that means for the evidence depends on what the request's check owes ([check.settle]).
func (e *Engine) diagnose(ctx context.Context, a *answer, s *lsp.Session, files []string) error {
	srv := s.Server()
	if srv.Unversioned && !s.Pulls() {
		a.doubt(bundle.Partial, srv.Name+" does not say when its findings are final")
	}
	asked, err := e.askFiles(ctx, a, s, files)
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
	compiled := e.compilersOf(a, s)
	for _, r := range asked.reports {
		if r.Err != nil {
			unchecked(r.Path, a.roots.Scrub(fault.From(r.Err).Message))
			continue
		}
		found, component := a.withoutComponents(srv, r.Path, e.diagnostics(a, s, r))
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
		if srv.Stopped != "" &&
			slices.ContainsFunc(found, func(d bundle.Diagnostic) bool { return d.Code == srv.Stopped }) {
			unchecked(r.Path, srv.Name+bundle.TooMany)
		}
		if what := compiled.judge(ctx, r.Path, found); what != "" {
			unchecked(r.Path, unreadReason(srv, what))
			continue
		}
		a.b.Facts.Diagnostics = append(a.b.Facts.Diagnostics, found...)
		a.b.Facts.Diagnostics = append(a.b.Facts.Diagnostics, e.overlooked(a, s, r.Path, found)...)
	}
	asked.outside = append(asked.outside, e.explainUnloaded(ctx, a, s, asked.reports)...)
	found, lacking := e.mergeDependencies(a, s,
		append(a.b.Facts.Diagnostics, e.projectFindings(a, s, asked.projects)...))
	a.b.Facts.Diagnostics = found
	asked.outside = append(asked.outside, lacking...)
	for _, p := range asked.missed {
		unchecked(p, a.roots.Scrub(fault.From(err).Message))
	}
	answered := len(asked.reports) - len(c.Unchecked) + len(asked.missed)
	if err == nil {
		e.addCompiler(ctx, a, s, files, &c)
	}
	c.Coverage = append(c.Coverage, asked.outside...)
	a.b.Facts.Checks = []bundle.Check{c}
	if importers > 0 {
		a.b.Evidence.Reasons = append(a.b.Evidence.Reasons, fmt.Sprintf(
			"%s cannot read components such as %s, which %d files import: uses of them are not checked",
			srv.Name, example, importers,
		))
	}
	a.b.Evidence.Reasons = append(
		a.b.Evidence.Reasons,
		fmt.Sprintf("%s answered for %d of %d files", srv.Name, answered, len(asked.reports)+len(asked.missed)),
	)
	return err
}

// overlooked returns the findings of [catalogue.Server.Overlooked] in a file in which the server has found something.
func (e *Engine) overlooked(
	a *answer, s *lsp.Session, file string, found []bundle.Diagnostic,
) (out []bundle.Diagnostic) {
	srv := s.Server()
	content, err := a.snap.Content(file)
	if srv.Overlooked == nil || err != nil {
		return nil
	}
	isReported := func(code string) bool {
		return slices.ContainsFunc(found, func(d bundle.Diagnostic) bool { return d.Code == code })
	}
	for _, f := range srv.Overlooked(a.snap, file, content.Bytes(), isReported) {
		by := counting{lines: srv.ReadsLines, columns: text.UTF8}
		out = append(out, e.commandFinding(a, a.ranges(s), srv.OverlookedSource, by, e.ws.Root(), f))
	}
	return out
}

// exitDiagnostics returns the exit code of a check.
func exitDiagnostics(b *bundle.Bundle, o *api.Options) int {
	return b.CheckExit(o.FailOn, o.AllowIncomplete)
}
