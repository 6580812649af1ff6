package server

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"time"

	"lanser/selectors"
	"lanser/selectors/fault"
	"lanser/selectors/text"
	"lanser/server/api"
	"lanser/server/bundle"
	"lanser/server/delta"
	"lanser/server/reward"
	"lanser/server/trace"
)

// earlier is the state that a check is compared with.
type earlier struct {
	compared bundle.Compared
	findings []bundle.Diagnostic
	renamed  map[string]string // path then to path now
	doubts   []string
	commit   string // "" where it is not known here
}

// compared checks the workspace, and tells how the findings relate to those of an
// earlier state: a revision, which is checked too, or a report. What cannot be compared
// for certain leaves the answer partial.
func (e *Engine) compared(ctx context.Context, req api.Request) (*bundle.Bundle, error) {
	b, err := e.compare(ctx, req)
	if err == nil {
		return b, nil
	}
	if b == nil {
		b = req.Bundle(e.ws.Root(), e.platform)
		if op := api.Lookup(req.Op); op != nil {
			b.Request.Cmd = op.Name
		}
	}
	b.Fail(err)
	_ = b.Seal() // nothing in it can fail
	return b, fault.From(err)
}

func (e *Engine) compare(ctx context.Context, req api.Request) (*bundle.Bundle, error) {
	o := &req.Options
	if err := e.comparable(req); err != nil {
		return nil, err
	}
	started := time.Now()
	if o.Timeout > 0 {
		var cancel func()
		ctx, cancel = e.log.Within(ctx, time.Duration(o.Timeout), "request")
		defer cancel()
	}
	was := &earlier{}
	var err error
	switch {
	case o.Since != "":
		was.compared.Rev = o.Since
		if was.commit, err = e.ws.Commit(ctx, o.Since); err != nil {
			return nil, err
		}
		was.compared.Commit = was.commit
	case o.Baseline != "":
		if err := e.baseline(ctx, o.Baseline, was); err != nil {
			return nil, err
		}
	}
	if was.commit != "" {
		was.renamed = e.ws.RenamedSince(ctx, was.commit)
	}
	plain := req
	plain.Options = req.Options.InnerQuestion(false)
	now, err := e.answer(ctx, plain)
	if err != nil {
		return nil, err
	}
	if o.Since != "" {
		plain.Options = req.Options.InnerQuestion(true)
		err := e.before(ctx, plain, was)
		switch {
		case errors.Is(ctx.Err(), context.DeadlineExceeded):
			was.doubts = append(was.doubts, "there was no time to check "+o.Since+": give it longer with --timeout")
		case err != nil:
			return nil, err
		}
	}
	if errors.Is(ctx.Err(), context.DeadlineExceeded) { // what was found until then is told
		ctx = context.WithoutCancel(ctx)
	}
	return e.beside(ctx, req, now, was, started)
}

// comparable says what is wrong with a request for a comparison.
func (e *Engine) comparable(req api.Request) error {
	o := &req.Options
	if err := o.Check(); err != nil {
		return err
	}
	switch {
	case o.Since != "" && o.Baseline != "":
		return fault.New(fault.Usage, "since and baseline are both something to compare with").WithHint("give one of them")
	case o.Filter != "" && o.Filter != api.FilterNone && o.Since == "" && !o.Hypothetical():
		return fault.New(fault.Usage, "filter %s lets the lines of a change through, and there is none", o.Filter).WithHint("name one with --since or --patch")
	case o.Since != "" && (e.log != trace.Off || e.scip != nil):
		return fault.New(fault.Usage, "since checks a second state of the workspace, which no trace and no SCIP index holds").
			WithHint("check without --trace-file and --from-scip, or compare with an earlier report: --baseline FILE")
	case o.Reward != "":
		return fault.New(fault.Usage, "a reward is of the patch alone").WithHint("give it without --since, --baseline and --filter")
	}
	return nil
}

// baseline reads an earlier report.
func (e *Engine) baseline(ctx context.Context, raw string, was *earlier) error {
	r, err := delta.Read([]byte(raw))
	if err != nil {
		return err
	}
	was.compared.Baseline, was.findings, was.doubts = text.Digest([]byte(raw)), r.Findings, r.Doubts
	if r.Commit != "" && e.ws.InGit() {
		if commit, err := e.ws.Commit(ctx, r.Commit); err == nil { // of a shallow clone, names alone tell
			was.commit = commit
		}
	}
	return nil
}

// before checks the workspace as it was at a commit, in a copy outside it.
func (e *Engine) before(ctx context.Context, req api.Request, was *earlier) error {
	parent := filepath.Join(e.dirs.Cache, "revisions")
	if err := os.MkdirAll(parent, 0o700); err != nil {
		return fault.Wrap(fault.Permissions, err, "cannot make a folder for the files of %s: %v", was.compared.Rev, err)
	}
	sweep(parent)
	dir, err := os.MkdirTemp(parent, was.commit[:12]+"-")
	if err != nil {
		return fault.Wrap(fault.Permissions, err, "cannot make a folder for the files of %s: %v", was.compared.Rev, err)
	}
	defer os.RemoveAll(dir)
	copied, err := e.ws.Extract(ctx, was.commit, dir)
	if err != nil {
		return err
	}
	was.doubts = append(was.doubts, copied.Doubts...)
	if len(req.Paths) > 0 {
		if req.Paths = e.then(req.Paths, copied.Listed, was.renamed); len(req.Paths) == 0 {
			return nil // none of them was there
		}
	}
	cfg := e.cfg
	cfg.Root, cfg.Frozen, cfg.listed, cfg.standsFor = copied.Root, false, copied.Listed, e.ws.Root()
	cfg.standsForTop = cmp.Or(e.cfg.top, e.ws.Top(), e.ws.Root())
	if cfg.top, err = filepath.EvalSymlinks(dir); err != nil {
		return err
	}
	if cfg.listed == nil {
		cfg.listed = []string{}
	}
	old, err := New(cfg)
	if err != nil {
		return err
	}
	defer old.Close()
	name := "the check of " + was.compared.Rev
	b, err := old.answer(ctx, req)
	switch {
	case fault.Is(err, fault.NotFound): // it held nothing to check
		return nil
	case fault.Is(err, fault.Cancelled):
		return err
	case err != nil:
		was.doubts = append(was.doubts, name+" did not come about: "+fault.From(err).Message)
		return nil
	}
	was.findings = b.Facts.Diagnostics
	was.doubts = append(was.doubts, delta.Doubts(b, name)...)
	return nil
}

// sweep removes copies that a run which was ended by force has left.
func sweep(dir string) {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return // there will be a next time
	}
	for _, f := range entries {
		if info, err := f.Info(); err == nil && time.Since(info.ModTime()) > 24*time.Hour {
			os.RemoveAll(filepath.Join(dir, f.Name()))
		}
	}
}

// then is the paths of a request as they were in an earlier state, without those that
// it had not.
func (e *Engine) then(paths, listed []string, renamed map[string]string) (out []string) {
	old := map[string]string{}
	for from, to := range renamed {
		old[to] = from
	}
	for _, p := range paths {
		rel, err := e.ws.Rel(p)
		if err != nil {
			continue // the check of today has told
		}
		if from := old[rel]; from != "" {
			rel = from
		}
		if rel == "." || hasPrefix(listed, rel) || slices.Contains(listed, rel) {
			out = append(out, rel)
		}
	}
	return out
}

// beside puts what was found beside what had been found.
func (e *Engine) beside(ctx context.Context, req api.Request, now *bundle.Bundle, was *earlier, started time.Time) (*bundle.Bundle, error) {
	b, facts, local := *now, *now.Facts, *now.Local // others may hold the answer
	b.Facts, b.Local, b.Evidence.Reasons = &facts, &local, slices.Clone(now.Evidence.Reasons)
	b.Request = req.Bundle(e.ws.Root(), e.platform).Request
	b.Request.Cmd, b.Request.Paths = now.Request.Cmd, now.Request.Paths
	b.Meta = bundle.Meta{}
	op := api.Lookup(req.Op)
	j := &job{op: op, runner: runners[op.Name], req: req, b: &b}
	disk, err := e.ws.Snapshot(ctx)
	if err != nil {
		return nil, err
	}
	if e.cfg.Trace != nil {
		defer func() { e.cfg.Trace.Files(disk.Found(), disk.Bytes) }()
	}
	snap := disk
	if req.Options.Hypothetical() {
		if snap, err = j.overlaid(disk); err != nil {
			return nil, err
		}
	}
	if was.compared != (bundle.Compared{}) {
		j.compare(was, func(uri string) bool { return snap.Has(selectors.UnescapePath(uri)) })
	}
	if f := req.Options.Filter; f != "" && f != api.FilterNone {
		var then lineSource = disk
		if was.commit != "" {
			if then, err = e.ws.At(ctx, was.commit); err != nil {
				return nil, err
			}
		}
		j.filter(then, snap, was.renamed)
	}
	if facts.Compared != nil {
		facts.Compared.Tally(&facts)
	}
	if err := j.finish(); err != nil {
		return &b, err
	}
	local.Durations = maps.Clone(local.Durations)
	local.Durations["total"] = time.Since(started).Seconds()
	if err := b.Seal(); err != nil {
		return nil, fault.From(err)
	}
	return &b, nil
}

// compare sets the findings of the job's bundle beside earlier ones.
func (j *job) compare(was *earlier, has func(uri string) bool) {
	for _, why := range was.doubts {
		j.doubt(bundle.Partial, why)
	}
	renamed := map[string]string{}
	for from, to := range was.renamed {
		renamed[selectors.EscapePath(from)] = selectors.EscapePath(to)
	}
	f := j.b.Facts
	f.Diagnostics, f.Absent = delta.Compare(was.findings, f.Diagnostics, delta.Files{Renamed: renamed, Has: has})
	c := was.compared
	c.Tally(f)
	f.Compared = &c
}

// Compared is a check set beside an earlier one, with what the step between them is
// worth. Both are sealed bundles, from anywhere: no workspace is looked at. The error is
// Usage where they are no checks, or of different questions.
func Compared(before, after *bundle.Bundle, failOn string) (*bundle.Bundle, error) {
	was, err := delta.Of(before, "the earlier report")
	if err != nil {
		return nil, err
	}
	is, err := delta.Of(after, "the later report")
	if err != nil {
		return nil, err
	}
	r, err := reward.Between(before, after, reward.Default())
	if err != nil {
		return nil, err
	}
	r.After = ""
	b, facts := *after, *after.Facts
	b.Facts, b.Evidence.Reasons, b.ProcessReward = &facts, slices.Clone(after.Evidence.Reasons), r
	b.Request.Options = maps.Clone(after.Request.Options)
	if b.Request.Options == nil {
		b.Request.Options = map[string]any{}
	}
	b.Request.Options["baseline"] = before.BundleID
	j := &job{op: api.Lookup("diagnostics"), req: api.Request{Options: api.Options{FailOn: failOn, AllowIncomplete: after.Request.Options["allow-incomplete"] == true}}, b: &b}
	j.compare(&earlier{compared: bundle.Compared{Baseline: before.BundleID}, findings: was.Findings, doubts: slices.Concat(was.Doubts, is.Doubts)}, nil)
	b.Meta.ExitCode = exitDiagnostics(j)
	if err := b.Seal(); err != nil {
		return nil, fault.From(err)
	}
	return &b, nil
}

// unread says that a file could not be read for a reason that leaves its lines unknown.
func unread(err error) bool {
	return err != nil && !errors.Is(err, os.ErrNotExist) && !fault.Is(err, fault.NotFound)
}

// filter keeps the findings that the request's filter lets through, and counts the
// others.
func (j *job) filter(old, now lineSource, renamed map[string]string) {
	was := map[string]string{}
	for from, to := range renamed {
		was[to] = from
	}
	passes := map[string]func(first, last int) bool{}
	kept := []bundle.Diagnostic{}
	left := leftOut(j.b.Facts)
	for _, d := range j.b.Facts.Diagnostics {
		pass, ok := passes[d.URI]
		if !ok {
			p := selectors.UnescapePath(d.URI)
			from := p
			if was[p] != "" {
				from = was[p]
			}
			before, errThen := old.Content(from)
			after, errNow := now.Content(p)
			if unread(errThen) || errNow != nil {
				j.doubt(bundle.Partial, fmt.Sprintf("what was changed in %s is not known", p))
				before = nil
			}
			pass = changedLines(before, after, j.req.Options.Filter)
			passes[d.URI] = pass
		}
		last := d.Range[2]
		if d.Range[3] == 0 && last > d.Range[0] {
			last--
		}
		if pass(d.Range[0], last) {
			kept = append(kept, d)
		} else {
			left.Filtered++
		}
	}
	j.b.Facts.Diagnostics = kept
}

// lineSource has the contents of files.
type lineSource interface {
	Content(path string) (*text.Content, error)
}

// leftOut is the facts' own, made where there is none; a copy, where there is.
func leftOut(f *bundle.Facts) *bundle.LeftOut {
	l := bundle.LeftOut{}
	if f.LeftOut != nil {
		l = *f.LeftOut
	}
	f.LeftOut = &l
	return f.LeftOut
}
