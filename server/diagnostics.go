package server

import (
	"context"
	"fmt"
	"slices"

	"lanser/selectors/fault"
	"lanser/server/bundle"
	"lanser/server/install"
	"lanser/server/lsp"
)

// runDiagnostics asks each file's server for its findings.
func runDiagnostics(ctx context.Context, e *Engine, j *job) error {
	by := map[string]*lsp.Server{}
	files, err := e.expand(j, j.req.Paths, func(p string) bool {
		srv := e.checker(p, j)
		by[p] = srv
		return srv != nil
	})
	if err != nil {
		return err
	}
	byServer := map[*lsp.Server][]string{}
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
	j.facts("lsp").Diagnostics = []bundle.Diagnostic{}
	var missing error
	asked := 0
	for _, srv := range lsp.Catalogue {
		if len(byServer[srv]) == 0 {
			continue
		}
		open, short := srv.Openings(j.snap, "", nil)
		err := e.withSession(ctx, j, srv, open, func(ctx context.Context, s *lsp.Session) error {
			if short != "" {
				j.doubt(bundle.Partial, short)
			}
			return e.diagnose(ctx, j, s, byServer[srv])
		})
		if (fault.Is(err, fault.NoServer) || fault.Is(err, fault.Unsupported)) && len(j.req.Paths) == 0 {
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

// checker is the server that checks a file; nil for one that none does, or only
// an untested one that is not installed, where nobody named the file.
func (e *Engine) checker(p string, j *job) *lsp.Server {
	named := slices.Contains(j.req.Paths, p)
	srv, err := e.serverFor(j, p)
	switch {
	case err != nil:
		return nil
	case named:
		return srv
	case srv.Check == lsp.CheckNone || srv.IsIncluded(p):
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
	program, err := e.log.Ask("where is "+need, func() ([]byte, error) { return []byte(install.LookPath(need, e.ws.Root())), nil })
	if need != "" && err == nil && len(program) == 0 {
		return fault.New(fault.Unsupported, "%s finds nothing without %s, which is not on PATH", srv.Name, need).WithHint("install %s", need)
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
		found := e.diagnostics(j, s, r)
		if srv.Stopped != "" && slices.ContainsFunc(found, func(d bundle.Diagnostic) bool { return d.Code == srv.Stopped }) {
			j.doubt(bundle.Partial, srv.Name+" stopped in "+r.Path+" after too many errors")
		}
		j.b.Facts.Diagnostics = append(j.b.Facts.Diagnostics, found...)
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
