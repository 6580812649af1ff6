package server

import (
	"context"
	"fmt"

	"lanser/selectors/fault"
	"lanser/server/bundle"
	"lanser/server/lsp"
)

// runDiagnostics asks each file's server for its findings.
func runDiagnostics(ctx context.Context, e *Engine, j *job) error {
	files, err := e.expand(j, j.req.Paths, func(p string) bool { return lsp.For(p) != nil })
	if err != nil {
		return err
	}
	byServer := map[*lsp.Server][]string{}
	for _, f := range files {
		byServer[lsp.For(f)] = append(byServer[lsp.For(f)], f)
	}
	j.scope = scope{"servers", func(p string) bool {
		for srv := range byServer {
			if srv.Concerns(p) {
				return true
			}
		}
		return false
	}}
	j.mixed = len(byServer) > 1
	j.facts("lsp").Diagnostics = []bundle.Diagnostic{}
	var missing error
	asked := 0
	for _, srv := range lsp.Catalogue {
		if len(byServer[srv]) == 0 {
			continue
		}
		open, short := srv.Openings(j.snap, "", nil)
		err := e.withSession(ctx, j, srv, open, func(s *lsp.Session) error {
			if short != "" {
				j.doubt(bundle.Partial, short)
			}
			return e.diagnose(ctx, j, s, byServer[srv])
		})
		if fault.Is(err, fault.NoServer) && len(j.req.Paths) == 0 {
			missing = err
			j.doubt(bundle.Partial, fmt.Sprintf("%d files were not checked: %v", len(byServer[srv]), fault.From(err).Message))
			continue
		}
		if err != nil {
			return err
		}
		asked++
	}
	if asked == 0 && missing != nil {
		return missing
	}
	if missing != nil {
		j.b.Evidence.State = bundle.Partial
	}
	return nil
}

func (e *Engine) diagnose(ctx context.Context, j *job, s *lsp.Session, files []string) error {
	if !s.Can("diagnosticProvider") {
		return fault.New(fault.Unsupported, "%s %s does not answer textDocument/diagnostic", s.Server().Name, s.Version()).
			WithHint("lanser servers install %s", s.Server().Name)
	}
	reports, err := s.Diagnostics(ctx, j.snap, files)
	if err != nil {
		return err
	}
	failed := 0
	for _, r := range reports {
		if r.Err != nil {
			if failed++; failed <= maxReasons {
				j.doubt(bundle.Partial, fmt.Sprintf("%s was not checked: %s", r.Path, j.roots.Scrub(fault.From(r.Err).Message)))
			}
			continue
		}
		j.b.Facts.Diagnostics = append(j.b.Facts.Diagnostics, e.diagnostics(j, s, r)...)
	}
	if failed > 0 {
		j.b.Evidence.State = bundle.Partial
	}
	j.b.Evidence.Reasons = append(j.b.Evidence.Reasons, fmt.Sprintf("%s answered for %d of %d files", s.Server().Name, len(reports)-failed, len(files)))
	return nil
}

// exitDiagnostics is 66 where the check did not finish, else 1 where a finding
// is at or above the threshold.
func exitDiagnostics(j *job) int {
	if s := j.b.Evidence.State; s != bundle.Complete && s != bundle.Heuristic {
		return fault.Incomplete.Exit()
	}
	failOn := j.req.Options.FailOn
	if failOn == "" {
		failOn = "error"
	}
	for _, d := range j.b.Facts.Diagnostics {
		if failOn != "none" && bundle.Severity(d.Severity) <= bundle.Severity(failOn) {
			return 1
		}
	}
	return 0
}
