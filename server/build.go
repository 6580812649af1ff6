package server

import (
	"context"
	"path"
	"path/filepath"
	"slices"

	"go.lsp.dev/uri"

	"lanser/selectors"
	"lanser/selectors/fault"
	"lanser/selectors/text"
	"lanser/server/bundle"
	"lanser/server/catalogue"
	"lanser/server/lsp"
)

// Some servers find less than the compiler of their language (rust-analyzer does not check borrows). The
// build tool then has the compiler check the workspace, where that executes nothing of the workspace or of
// what it depends on, or where the user trusts the workspace. The compiler's word replaces that of the
// server: the server's errors are guesses beside it.

// buildReport is what the compiler says about files.
type buildReport struct {
	found  []bundle.Diagnostic
	failed []bundle.Unchecked // files that it did not check, with the reason
}

// checkBuild has the compiler check the packages that files belong to. The result is nil if the server's
// findings need no compiler's.
func (e *Engine) checkBuild(ctx context.Context, a *answer, s *lsp.Session, files []string) *buildReport {
	check := s.Server().BuildCheck
	if check == nil {
		return nil
	}
	r := &buildReport{}
	nearest := check.Nearest(a.snap)
	left := slices.Clone(files)
	for _, manifest := range check.Manifests(a.snap, files) {
		own := func(file string) bool { return nearest(file) == manifest }
		if !slices.ContainsFunc(left, own) {
			continue // a member of a workspace that was checked
		}
		ps, found, err := e.build(ctx, a, check, path.Dir(manifest))
		members := map[string]bool{manifest: true}
		for _, file := range ps.Manifests {
			if rel, ok := catalogue.InWorkspace(e.ws.Root(), file); ok {
				members[rel] = true
			}
		}
		r.found = append(r.found, e.compilerFindings(a, s, check, ps.Root, found)...)
		left = slices.DeleteFunc(left, func(file string) bool {
			isMember := members[nearest(file)]
			if err != nil && isMember {
				r.fail(file, a.roots.Scrub(fault.From(err).Message))
			}
			return isMember
		})
	}
	for _, file := range left {
		r.fail(file, "they lie below no "+check.Manifest)
	}
	return r
}

func (r *buildReport) fail(file, why string) {
	r.failed = append(r.failed, bundle.Unchecked{URI: selectors.EscapePath(file), Why: why})
}

// merge returns the findings of a server and of the compiler. Of the files that the compiler has
// checked, the server's own errors and warnings are left out.
func (r *buildReport) merge(own []bundle.Diagnostic) []bundle.Diagnostic {
	unchecked := map[string]bool{}
	for _, f := range r.failed {
		unchecked[f.URI] = true
	}
	kept := slices.DeleteFunc(own, func(d bundle.Diagnostic) bool {
		return !unchecked[d.URI] && bundle.Severity(d.Severity) <= bundle.Severity("warning")
	})
	return append(kept, r.found...)
}

// buildAttempts is how often a check is made that another one, which writes the same folder, disturbs.
const buildAttempts = 3

// build has the build tool check the workspace of packages that a folder belongs to.
func (e *Engine) build(
	ctx context.Context, a *answer, check *catalogue.BuildCheck, dir string,
) (ps catalogue.Described, found []catalogue.CompilerFinding, err error) {
	out, err := e.log.Ask("build tool "+check.Describe[0]+" in "+dir, func() ([]byte, error) {
		return e.machine.RunBuildTool(ctx, check, a.host, dir, check.Describe)
	})
	if err != nil {
		return ps, nil, err
	}
	ps, err = check.ReadDescription(out)
	if err != nil {
		return ps, nil, fault.Wrap(fault.Incomplete, err, "the build tool does not describe %s: %v", dir, err)
	}
	if a.req.Options.Hypothetical() {
		return ps, nil, fault.New(fault.Incomplete, "the compiler reads the files on disk, not those of a patch")
	}
	if ps.Executes != "" && !e.cfg.Trust {
		return ps, nil, fault.New(fault.Incomplete,
			"the compiler was not run: it would execute %s; --trust allows that", ps.Executes)
	}
	for range buildAttempts {
		out, err = e.log.Ask("build tool "+check.Check[0]+" in "+dir, func() ([]byte, error) {
			if err := e.machine.ForgetBuilt(check, a.host, ps.Local); err != nil {
				return nil, err
			}
			return e.machine.RunBuildTool(ctx, check, a.host, dir, check.Check)
		})
		if err != nil {
			return ps, nil, err
		}
		if !check.Stale(out) {
			break
		}
	}
	if check.Stale(out) {
		return ps, nil, fault.New(fault.Incomplete, "another check of packages with the same names is running")
	}
	found, err = check.Read(out)
	if err != nil {
		return ps, found, fault.Wrap(fault.Incomplete, err, "the compiler's check is not complete: %v", err)
	}
	return ps, found, nil
}

// compilerFindings normalises the findings of a compiler, whose paths are relative to root.
func (e *Engine) compilerFindings(
	a *answer, s *lsp.Session, check *catalogue.BuildCheck, root string, found []catalogue.CompilerFinding,
) (out []bundle.Diagnostic) {
	at := func(p catalogue.CompilerPlace) place {
		file := filepath.FromSlash(p.File)
		if !filepath.IsAbs(file) {
			file = filepath.Join(root, file)
		}
		doc := e.document(a, string(uri.File(file)))
		if doc.file != "" {
			a.note(doc.uri, doc.file)
		}
		if doc.content == nil {
			return doc
		}
		span := func(line, col int) int {
			offset, _ := doc.content.ClipOffsetOf(text.Point{Line: line, Col: col}, text.CodePoint)
			return offset
		}
		start, end := span(p.Line, p.Column), span(p.EndLine, p.EndColumn)
		doc.span, doc.ok = text.Span{Start: start, End: max(start, end)}, true
		doc.rng = rangeOf(doc.content, doc.span, a.ranges(s))
		return doc
	}
	for _, f := range found {
		p := at(f.At)
		d := bundle.Diagnostic{
			URI: p.uri, Range: p.rng, Severity: f.Severity, Source: check.Source, Code: f.Code,
			Message: a.roots.Scrub(f.Message), Tags: []string{}, Related: []bundle.Related{},
			Text: p.line(), Container: container(a.snap, p),
		}
		for _, rel := range f.Related {
			q := at(rel.At)
			d.Related = append(d.Related, bundle.Related{URI: q.uri, Range: q.rng, Message: a.roots.Scrub(rel.Message)})
		}
		out = append(out, d)
	}
	return out
}

// addCompiler adds to the findings of a session what the compiler finds, if the language has a build tool
// for that. Once the compiler has checked all files, doubts of the server are none about the check.
func (e *Engine) addCompiler(ctx context.Context, a *answer, s *lsp.Session, files []string, c *bundle.Check) {
	report := e.checkBuild(ctx, a, s, files)
	if report == nil {
		return
	}
	a.b.Facts.Diagnostics = report.merge(a.b.Facts.Diagnostics)
	if len(report.failed) == 0 {
		a.b.Evidence.State = bundle.Complete
		a.b.Evidence.Reasons = append(a.b.Evidence.Reasons, "the compiler has checked the packages of all files")
	}
	known := map[string]bool{}
	for _, u := range c.Unchecked {
		known[u.URI] = true
	}
	for _, u := range report.failed {
		if !known[u.URI] {
			c.Unchecked = append(c.Unchecked, u)
		}
	}
}
