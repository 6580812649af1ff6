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
	"lanser/server/api"
	"lanser/server/bundle"
	"lanser/server/catalogue"
	"lanser/server/lsp"
	"lanser/server/trace"
)

// runDiagnostics asks each file's server for its findings. Servers are asked side by
// side, as many as the request's jobs, each for a job of its own; their answers are
// put together in the catalogue's order. What one of them does not finish leaves the
// answer partial; where none has checked anything, the first one's error is the answer.
func runDiagnostics(ctx context.Context, e *Engine, j *job) error {
	by := map[string]*catalogue.Server{}
	files, err := e.expand(j, j.req.Paths, func(p string) bool {
		srv := e.checker(p, j)
		by[p] = srv
		return srv != nil
	})
	if err != nil {
		return err
	}
	all := len(files)
	excluded, err := api.NewPatterns(j.req.Options.Exclude...)
	if err != nil {
		return err
	}
	files = slices.DeleteFunc(files, func(p string) bool { return ctx.Err() != nil || excluded.Match(p) })
	if err := ctx.Err(); err != nil { // with many patterns and files it takes long
		return err
	}
	excludes := all - len(files)
	if len(files) == 0 {
		return fault.New(fault.NotFound, "nothing is left to check: all %d files are excluded", excludes).
			WithHint("see exclude, of the request or in lanser.toml")
	}
	byServer := map[*catalogue.Server][]string{}
	for _, f := range files {
		byServer[by[f]] = append(byServer[by[f]], f)
	}
	j.scope = scope{name: "servers", keep: func(p string) bool {
		for srv := range byServer {
			if srv.Concerns(p) {
				return true
			}
		}
		return false
	}}
	j.mixed = len(byServer) > 1
	var parts []*check
	for _, srv := range catalogue.Servers {
		if len(byServer[srv]) > 0 {
			parts = append(parts, &check{job: e.part(j), srv: srv, files: byServer[srv]})
		}
	}
	turns := make(chan struct{}, e.parallel(j))
	var running sync.WaitGroup
	for _, c := range parts {
		turns <- struct{}{}
		running.Go(func() {
			defer func() { <-turns }()
			c.run(ctx, e)
		})
	}
	running.Wait()
	if err := j.merge(parts); err != nil {
		return err
	}
	j.applySeverities(excludes)
	return nil
}

// parallel is how many servers are asked at a time; a trace holds one conversation
// after the other.
func (e *Engine) parallel(j *job) int {
	if e.log != trace.Off {
		return 1
	}
	if j.req.Options.Jobs > 0 {
		return j.req.Options.Jobs
	}
	return runtime.GOMAXPROCS(0)
}

// check is one server's part of an answer.
type check struct {
	*job
	srv   *catalogue.Server
	files []string // that it is to check, in order
	err   error
}

// part is a job of the same request, with a bundle of its own.
func (e *Engine) part(j *job) *job {
	p := *j
	p.b = j.req.Bundle(e.ws.Root(), e.platform)
	p.b.Request = j.b.Request
	p.documents, p.sessions, p.installed = nil, nil, maps.Clone(j.installed)
	p.facts("lsp").Diagnostics = []bundle.Diagnostic{}
	return &p
}

func (c *check) run(ctx context.Context, e *Engine) {
	api.Tell(ctx, api.Progress{Server: c.srv.Name, Files: len(c.files), Before: e.cfg.standsFor != ""})
	open, short := c.srv.Openings(c.snap, "", nil)
	c.err = e.withSession(ctx, c.job, c.srv, open, func(ctx context.Context, j *job, s *lsp.Session) error {
		if short != "" {
			j.doubt(bundle.Partial, short)
		}
		return e.diagnose(ctx, j, s, c.files)
	})
	f := c.b.Facts
	if len(f.Checks) == 0 { // it did not come to that
		f.Checks = []bundle.Check{
			{Server: bundle.Tool{Name: c.srv.Name}, Files: len(c.files), Unchecked: []bundle.Unchecked{}},
		}
		for _, p := range c.files {
			f.Checks[0].Unchecked = append(
				f.Checks[0].Unchecked,
				bundle.Unchecked{URI: selectors.EscapePath(p), Why: fault.From(c.err).Message},
			)
		}
	}
	if c.err != nil {
		why := fault.From(c.err)
		reason := fmt.Sprintf("%d files were not checked: %s", len(f.Checks[0].Unchecked), why.Message)
		if why.Hint != "" {
			reason += "; " + why.Hint
		}
		c.doubt(stateOf(c.err), reason)
		if d, ok := why.Details.(map[string]string); ok {
			c.b.Local.Stderr = d["stderr"]
		}
	}
	f.Checks[0].State = c.b.Evidence.State
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

// ranks orders the states that checks end in, the worst last.
var ranks = []string{bundle.Complete, bundle.Heuristic, bundle.Partial, bundle.TimedOut, bundle.ServerDied}

// merge puts the parts of an answer together.
func (j *job) merge(parts []*check) error {
	f := j.facts("lsp")
	f.Diagnostics, f.Checks = []bundle.Diagnostic{}, []bundle.Check{}
	checked := 0
	var failed error
	for _, c := range parts {
		if c.err != nil && fatal(c.err) {
			return c.err
		}
		if failed == nil {
			failed = c.err
		}
		b, env := c.b, &j.b.Environment
		f.Diagnostics = append(f.Diagnostics, b.Facts.Diagnostics...)
		f.Checks = append(f.Checks, b.Facts.Checks...)
		checked += len(c.files) - len(b.Facts.Checks[0].Unchecked)
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
		maps.Copy(j.b.Capabilities, b.Capabilities)
		state := b.Evidence.State
		if !slices.Contains(ranks, state) {
			state = bundle.Partial
		}
		j.b.Evidence.State = ranks[max(slices.Index(ranks, j.b.Evidence.State), slices.Index(ranks, state))]
		j.b.Evidence.Reasons = append(j.b.Evidence.Reasons, b.Evidence.Reasons...)
		j.mergeLocal(b.Local)
		j.sessions = append(j.sessions, c.sessions...)
		j.unnamed = j.unnamed || c.unnamed
	}
	if checked == 0 && failed != nil {
		return failed
	}
	return nil
}

func (j *job) mergeLocal(from *bundle.Local) {
	to := j.b.Local
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

// checker is the server that checks a file; nil for one that none does, or only
// an untested one that is not installed, where nobody named the file.
func (e *Engine) checker(p string, j *job) *catalogue.Server {
	named := slices.Contains(j.req.Paths, p)
	srv, err := e.serverFor(j, p)
	switch {
	case err != nil:
		return nil
	case named:
		return srv
	case srv.Check == catalogue.CheckNone || srv.IsIncluded(p):
		return nil
	case srv.Untested:
		if !e.installed(j, srv) {
			return nil
		}
	}
	return srv
}

func (e *Engine) diagnose(ctx context.Context, j *job, s *lsp.Session, files []string) error {
	srv := s.Server()
	need := srv.CheckNeeds
	program, err := e.log.Ask("where is "+need, func() ([]byte, error) { return []byte(e.machine.Look(need)), nil })
	if need != "" && err == nil && len(program) == 0 {
		return fault.New(fault.Unsupported, "%s finds nothing without %s, which is not on PATH", srv.Name, need).
			WithHint("install %s", need)
	}
	if srv.Unchecked != "" {
		j.doubt(bundle.Partial, srv.Unchecked)
	}
	if srv.Unversioned && !s.Pulls() {
		j.doubt(bundle.Partial, srv.Name+" does not say when its findings are final")
	}
	for i, why := range srv.Unbuilt(j.snap, files) {
		if i == maxReasons {
			j.doubt(bundle.Partial, "and more files")
			break
		}
		j.doubt(bundle.Partial, why)
	}
	projects := e.checkProjects(ctx, j, srv, files)
	reports, err := s.Diagnostics(ctx, j.snap, files, func(done int) {
		api.Tell(ctx, api.Progress{Server: srv.Name, Done: done, Files: len(files), Before: e.cfg.standsFor != ""})
	})
	c := bundle.Check{
		Server:    bundle.Tool{Name: srv.Name, Version: s.Version()},
		Files:     len(files),
		Unchecked: []bundle.Unchecked{},
	}
	unchecked := func(p, why string) {
		c.Unchecked = append(c.Unchecked, bundle.Unchecked{URI: selectors.EscapePath(p), Why: why})
	}
	failed := 0
	for _, r := range reports {
		if r.Err != nil {
			why := j.roots.Scrub(fault.From(r.Err).Message)
			unchecked(r.Path, why)
			if failed++; failed <= maxReasons {
				j.doubt(bundle.Partial, fmt.Sprintf("%s was not checked: %s", r.Path, why))
			}
			continue
		}
		found := e.diagnostics(j, s, r)
		if srv.Stopped != "" &&
			slices.ContainsFunc(found, func(d bundle.Diagnostic) bool { return d.Code == srv.Stopped }) {
			unchecked(r.Path, srv.Name+" stopped after too many errors")
			j.doubt(bundle.Partial, srv.Name+" stopped in "+r.Path+" after too many errors")
		}
		j.b.Facts.Diagnostics = append(j.b.Facts.Diagnostics, found...)
	}
	j.b.Facts.Diagnostics = append(j.b.Facts.Diagnostics, e.projectFindings(j, s, projects())...)
	for _, p := range files[len(reports):] { // both are in order
		unchecked(p, j.roots.Scrub(fault.From(err).Message))
	}
	j.b.Facts.Checks = []bundle.Check{c}
	if failed > maxReasons {
		j.doubt(bundle.Partial, "and more files")
	}
	j.b.Evidence.Reasons = append(
		j.b.Evidence.Reasons,
		fmt.Sprintf("%s answered for %d of %d files", srv.Name, len(reports)-failed, len(files)),
	)
	return err
}

// exitDiagnostics returns the exit code of a check.
func exitDiagnostics(b *bundle.Bundle, o *api.Options) int {
	return b.CheckExit(o.FailOn, o.AllowIncomplete)
}
