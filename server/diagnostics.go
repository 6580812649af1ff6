package server

import (
	"cmp"
	"context"
	"fmt"
	"path"
	"runtime"
	"slices"
	"sync"
	"time"

	"lanser/selectors"
	"lanser/selectors/fault"
	"lanser/selectors/text"
	"lanser/server/api"
	"lanser/server/bundle"
	"lanser/server/catalogue"
	"lanser/server/lsp"
	"lanser/server/places"
	"lanser/server/plan"
	"lanser/server/states"
	"lanser/server/trace"
	"lanser/server/uses"
)

// A check goes through these steps:
//
//  1. planCheck decides which server is asked about which files, and which files nobody is asked about (package plan).
//  2. Each part of the plan becomes a [check] with an answer of its own, and runs: a language server by
//     [Engine.diagnose], a linter that is a command by [check.runCommand].
//  3. diagnose asks about the files, and then works on what the server has said: findings that another tool knows
//     better are replaced, dropped or given another severity, and findings are added that the server does not have.
//     Files that only their compiler can read are read by it ([compilers.check], [Engine.addCompiled]).
//  4. [plan.Part.Settle] enters the state of each file, and lowers the evidence for those that the check owes.
//  5. The parts are put together: findings that two of them report become one, and the rules of the request set
//     severities.

// runDiagnostics asks each file's server for its findings. Servers are asked side by
// side, as many as the request's jobs, each for an answer of its own, which are
// put together in the catalogue's order. What the check owes and one of them does not finish
// leaves the answer partial; where none has checked anything, the first one's error is the answer.
func runDiagnostics(ctx context.Context, e *Engine, a *answer) error {
	todo, err := e.planCheck(ctx, a)
	if err != nil {
		return err
	}
	asks := slices.DeleteFunc(slices.Clone(todo.Parts), func(p *plan.Part) bool { return p.IsIdle() })
	scripts := map[string]bool{} // whose names do not tell their language: no server says that it depends on one
	for _, p := range asks {
		for _, file := range p.Paths() {
			scripts[file] = path.Ext(file) == "" || catalogue.CheckerOfScript(a.Snap, file, a.Format) != nil
		}
	}
	a.Scope = uses.Scope{Name: "servers", Keep: func(file string) bool {
		bears := func(p *plan.Part) bool { return p.Server.BearsOnCheck(file) }
		return scripts[file] || slices.ContainsFunc(asks, bears)
	}}
	if todo.Shard != "" { // the digest tells whether reports of shards are of one state
		a.Scope = uses.Scope{Name: "all servers", Same: true, Keep: func(file string) bool {
			bears := func(s *catalogue.Server) bool {
				if !a.Format.Has(s.Since) {
					return false
				}
				isSent := a.Format.Has(trace.NamelessScripts) && s.AsOf(a.Format).DocumentID(file) != ""
				return isSent || s.BearsOnCheck(file)
			}
			return slices.ContainsFunc(catalogue.Servers, bears)
		}}
	}
	a.Mixed = len(asks) > 1
	var checks []*check
	for _, p := range todo.Parts {
		checks = append(checks, e.newCheck(a, p))
	}
	asking, cancel := e.timeToAsk(ctx)
	defer cancel()
	turns := make(chan struct{}, e.parallel(a))
	var running sync.WaitGroup
	for _, c := range checks {
		if c.IsIdle() {
			continue
		}
		turns <- struct{}{}
		running.Go(func() {
			defer func() { <-turns }()
			c.run(asking, e)
		})
	}
	running.Wait()
	if len(todo.Unserved) > 0 {
		rest := &plan.Part{Decided: todo.Unserved}
		checks, todo.Parts = append(checks, e.newCheck(a, rest)), append(todo.Parts, rest)
	}
	for _, c := range checks {
		c.Settle(a.Snap, len(a.Request.Options.Platforms) > 0)
		a.sessions = append(a.sessions, c.sessions...)
		a.unnamed = a.unnamed || c.unnamed
	}
	plan.FoldFindings(todo.Parts)
	a.Facts("lsp")
	if err := plan.MergeParts(a.Bundle, todo, plan.AffectedIn(ctx) != nil); err != nil {
		return err
	}
	e.doubtUnseenData(a, todo.Parts)
	if len(a.Request.Options.Platforms) > 0 {
		plan.MergePlatforms(a.Bundle, todo.Parts, a.Snap)
	}
	plan.ApplySeverities(a.Bundle, &a.Request.Options, todo.Excluded)
	return nil
}

// timeToAsk returns the context in which the servers of a check are asked. It ends before the request's, by a tenth of
// the time that is left and at most half a minute: what was found in a large workspace takes time to put together, and
// would be lost with the request. A trace holds when the request's own time was up, so that it has no other end.
func (e *Engine) timeToAsk(ctx context.Context) (context.Context, context.CancelFunc) {
	end, ok := ctx.Deadline()
	if !ok || e.log != trace.Off {
		return context.WithCancel(ctx)
	}
	return context.WithDeadline(ctx, end.Add(-min(time.Until(end)/10, 30*time.Second)))
}

// doubtUnseenData lowers the evidence of a check where a proposed change is of data, or of a file, that a server reads
// from the disk to check others.
// Where nothing is recorded, such a change is checked in a copy ([states.Comparer.Proposed]).
func (e *Engine) doubtUnseenData(a *answer, parts []*plan.Part) {
	if !e.cfg.replays.Has(trace.DataDoubt) || len(a.Snap.Overlaid()) == 0 {
		return
	}
	for _, p := range parts {
		if p.IsIdle() || p.Server.IsCommand() {
			continue
		}
		file := states.UnseenData(p.Server, a.Disk, a.Snap)
		if file == "" && e.cfg.replays.Has(trace.UnseenFiles) {
			file = states.UnseenFile(p.Server, a.Disk, a.Snap)
		}
		if file != "" {
			a.Bundle.Evidence.State = bundle.Worse(a.Bundle.Evidence.State, bundle.Partial)
			a.Bundle.Evidence.Note(p.Server.Name + " reads " + file + " from disk, and not as the change has it: " +
				"check without --trace-file")
		}
	}
}

// planCheck makes the plan of a check. Sources that builds include though .gitignore names them are in its scope.
func (e *Engine) planCheck(ctx context.Context, a *answer) (*plan.Plan, error) {
	gone, err := e.withUnlisted(a)
	if err != nil {
		return nil, err
	}
	p, err := plan.Make(ctx, plan.Input{
		Snap: a.Snap, Request: a.Request, Servers: a.servers, Rel: e.ws.Rel, Roots: e.roots, Gone: gone,
		Format: e.cfg.replays,
	})
	if err != nil {
		return nil, err
	}
	a.unnamed = a.unnamed || p.Unnamed
	return p, nil
}

// parallel is how many servers are asked at a time; a trace holds one conversation
// after the other.
func (e *Engine) parallel(a *answer) int {
	if e.log != trace.Off {
		return 1
	}
	if a.Request.Options.Jobs > 0 {
		return a.Request.Options.Jobs
	}
	return runtime.GOMAXPROCS(0)
}

// check is one server's part of an answer.
type check struct {
	*answer
	*plan.Part
}

// newCheck returns a part of a check with an empty answer to the same question. The bundle of that answer is the one
// that the part is settled in.
func (e *Engine) newCheck(a *answer, p *plan.Part) *check {
	c := &check{answer: e.part(a), Part: p}
	p.Answered, c.answer.files = c.answer.Bundle, p.Paths()
	return c
}

// part returns an empty answer to the same question: one server's part of it.
func (e *Engine) part(a *answer) *answer {
	p := *a
	p.Bundle = a.Request.Bundle(e.ws.Root(), e.platform)
	p.Bundle.Request = a.Bundle.Request
	p.Documents, p.sessions, p.servers = nil, nil, a.servers.Clone()
	p.Facts("lsp").Diagnostics = []bundle.Diagnostic{}
	return &p
}

// run asks the part's server or linter. Its error is kept in the part: it does not end the check, which reports what
// the other servers find.
func (c *check) run(ctx context.Context, e *Engine) {
	api.Tell(ctx, api.Progress{Server: c.Server.Name, Files: len(c.answer.files), Before: e.cfg.standsFor != ""})
	if c.Server.IsCommand() {
		c.Err = c.runCommand(ctx, e)
		return
	}
	if broken := c.Server.BrokenConfig; broken != nil && e.cfg.replays.Has(trace.BrokenConfig) {
		if f, ok := broken(c.Server, c.Snap, c.answer.files); ok {
			c.refuseBrokenConfig(f)
			return
		}
	}
	for _, release := range c.Releases {
		c.noteRelease(c.Server, release)
	}
	open, short := c.Server.Openings(c.Snap, "", nil, nil)
	c.Err = e.withSession(ctx, c.answer, c.Server, open, func(ctx context.Context, a *answer, s *lsp.Session) error {
		if short != "" {
			a.Doubt(bundle.Partial, short)
		}
		if err := e.diagnose(ctx, a, s, c.answer.files); err != nil {
			return err
		}
		e.addCompiled(ctx, a, s, c.Compiled())
		return nil
	})
	c.explainRelease()
}

// explainRelease adds to the error that a server is not installed which release of its compiler the project
// uses.
func (c *check) explainRelease() {
	if fault.Is(c.Err, fault.NoServer) && len(c.Releases) > 0 {
		f := fault.From(c.Err)
		c.Err = fault.New(f.Code, "%s, and the project uses %s %s", f.Message, c.Server.Compiler.Name, c.Releases[0]).
			WithHint("%s", f.Hint)
	}
}

// diagnose has the session check files. What it did not check is listed in the check with the
// reason; what that means for the evidence depends on what the request's check owes ([plan.Part.Settle]).
//
// Where the session dies or time runs out, what was found until then is reported, and the files that were not reached
// are unchecked. The build tool, and the tool that reads assembly, are not run then.
func (e *Engine) diagnose(ctx context.Context, a *answer, s *lsp.Session, files []string) error {
	srv := s.Server()
	if srv.Unversioned && !srv.ClearsOnClose && !s.Pulls() {
		a.Doubt(bundle.Partial, srv.Name+" does not say when its findings are final")
	}
	asked, err := e.askFiles(ctx, a, s, files)
	if err == nil {
		asked.reports = e.askByLinks(ctx, a, s, e.askAgain(ctx, a, s, asked.reports))
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
	compiled := e.compilersOf(a, s)
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
			unchecked(r.Path, a.Roots.Scrub(fault.From(r.Err).Message))
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
	asked.outside = append(asked.outside, e.explainUnloaded(ctx, a, s, asked.reports)...)
	whole, ofPackages := a.wholeFindings(s, files, asked.projects.whole)
	found, lacking := e.mergeDependencies(a, s,
		slices.Concat(a.Bundle.Facts.Diagnostics, a.projectFindings(s, asked.projects.listed), whole))
	a.Bundle.Facts.Diagnostics = append(found, ofPackages...)
	asked.outside = append(asked.outside, lacking...)
	for _, p := range asked.missed {
		unchecked(p, a.Roots.Scrub(fault.From(err).Message))
	}
	answered := len(asked.reports) - len(c.Unchecked) + len(asked.missed)
	if err == nil {
		e.addCompiler(ctx, a, s, files, &c)
		e.addAssembly(ctx, a, s, files)
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
	return err
}

// refused returns why the command line of a file's language refuses the file, where the server has no answer about it.
func (a *answer) refused(s *lsp.Session, file string) (out []bundle.Diagnostic) {
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
func (a *answer) overlooked(s *lsp.Session, file string, found []bundle.Diagnostic) (out []bundle.Diagnostic) {
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
