package server

import (
	"context"
	"errors"
	"path"
	"runtime"
	"slices"
	"sync"
	"time"

	"lanser/selectors/fault"
	"lanser/selectors/text"
	"lanser/server/api"
	"lanser/server/bundle"
	"lanser/server/catalogue"
	"lanser/server/findings"
	"lanser/server/lsp"
	"lanser/server/plan"
	"lanser/server/states"
	"lanser/server/trace"
	"lanser/server/uses"
)

// A check goes through these steps:
//
//  1. planCheck decides which server is asked about which files, and which files nobody is asked about (package plan).
//  2. Each part of the plan becomes a [check] with an answer of its own, and runs: a language server or a linter is
//     asked about the files.
//  3. Findings that another tool knows better are replaced, dropped or given another severity, and findings are added
//     that the server does not have (package findings).
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
		a.Unnamed = a.Unnamed || c.Unnamed
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
	a.Unnamed = a.Unnamed || p.Unnamed
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
		c.Err = c.lint(ctx, e)
		return
	}
	if broken := c.Server.BrokenConfig; broken != nil && e.cfg.replays.Has(trace.BrokenConfig) {
		if f, ok := broken(c.Server, c.Snap, c.answer.files); ok {
			e.findings(c.answer, c.Part).RefuseBrokenConfig(f)
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
		return e.findings(a, c.Part).Ask(ctx, s)
	})
	if errors.Is(c.Err, context.DeadlineExceeded) && !fault.Is(c.Err, fault.Timeout) {
		c.Err = fault.Wrap(fault.Timeout, c.Err, "%s did not finish in time", c.Server.Name)
	}
	c.Err = e.blamePipe(c.Err)
	c.explainRelease()
}

// lint has a linter that is a command check the part. The error says that the linter cannot be prepared, that it is not
// of the version that the request names, or that time is up.
func (c *check) lint(ctx context.Context, e *Engine) error {
	defer yield(ctx)()
	linter, err := e.findings(c.answer, c.Part).NewLinter(ctx)
	if err != nil {
		return err
	}
	defer linter.Clean()
	for _, version := range linter.Versions {
		if err := skewed(c.Server, version, c.Request.Options.Server); err != nil {
			return err
		}
	}
	tool := linter.Tool()
	e.describeHost(c.answer, &tool, text.UTF16, linter.Host)
	return linter.Run(ctx)
}

// findings returns what works out the findings of a part: it writes them into the answer.
func (e *Engine) findings(a *answer, p *plan.Part) *findings.Answer {
	return &findings.Answer{
		Tools: &e.tools, Reading: &a.Reading, Part: p, Outcome: &a.Outcome,
		Host: a.host, Removed: a.removed, Parallel: e.parallel(a),
	}
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
