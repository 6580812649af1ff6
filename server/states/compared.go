// Package states is about the states of a workspace that a request names besides the one on disk: with an overlay or a
// patch, as it is staged in git's index, at an earlier commit, or in an earlier report.
//
// It owns how such a state is made ([Overlaid], copies outside the workspace), which declarations two states do not
// share ([TouchedBy]), and the checks that are compared: what is new since a commit, a report or without the patch
// ([Comparer.Compared]).
//
// It promises that whatever could not be compared for certain makes the evidence of the answer partial, and that copies
// are removed.
//
// It asks no server: a [Checker] answers about each state. How two finished checks are compared is package compare's.
package states

import (
	"cmp"
	"context"
	"errors"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"time"

	"lanser/index"
	"lanser/index/beneath"
	"lanser/selectors"
	"lanser/selectors/fault"
	"lanser/server/api"
	"lanser/server/bundle"
	"lanser/server/compare"
	"lanser/server/mention"
	"lanser/server/patch"
	"lanser/server/plan"
	"lanser/server/report"
	"lanser/server/trace"
)

// A comparison needs two checks of one request: now, and then.
//
//	option            now                           then
//	--since REV       the files, with any patch     the commit, in a copy outside the workspace
//	--baseline FILE   the files, with any patch     an earlier report, as it was read
//	--patch           the files with the patch      the files without it
//	--staged          git's index (see staged.go)   HEAD; none with --all
//
// A [Checker] answers both, as requests of their own without the options of the comparison. Package compare then says
// of each finding whether it is new. If the second check fails or does not finish, that is a doubt and no error: the
// first one is an answer without it. But a commit that git does not know, or a copy that cannot be made, is an error.

// Checker answers requests about one state of the workspace. It is closed by who opened it.
type Checker interface {
	Answer(ctx context.Context, req api.Request) (*bundle.Bundle, error)
	Close()
}

// Comparer makes checks of other states of the workspace than that on disk, and compares them with each other. Its
// fields are set by who makes it, and do not change.
type Comparer struct {
	Checker   // of the workspace itself
	Workspace *index.Workspace
	Log       trace.Log
	Trace     *trace.Recorder // nil if nothing is recorded
	// Open returns a checker for a copy of another state in a folder, which exists until the checker is closed.
	Open func(copied *index.Extracted, dir string) (Checker, error)
	// VCS describes the commit and the state of the workspace.
	VCS       func(ctx context.Context) *bundle.VCS
	Cache     string // the folder for copies
	Platform  string
	FromIndex bool         // a SCIP index answers in place of servers
	Recorded  bool         // all messages are recorded or replayed
	Format    trace.Format // of the trace that is replayed
}

// Compared answers a check, and tells how its findings relate to those of an earlier state: a revision, which is
// checked too, or a report. Whatever could not be compared for certain makes the evidence of the answer partial. With
// an error the bundle is not nil: it is the error as a bundle.
func (e *Comparer) Compared(ctx context.Context, req api.Request) (*bundle.Bundle, error) {
	b, err := e.compare(ctx, req)
	if err == nil {
		return b, nil
	}
	if b == nil {
		b = req.Bundle(e.Workspace.Root(), e.Platform)
		if op := api.Lookup(req.Op); op != nil {
			b.Request.Cmd = op.Name
		}
	}
	b.Fail(err)
	_ = b.Seal() // an error bundle holds nothing that could fail
	return b, fault.From(err)
}

// compare asks for the two checks, and compares them. Where it fails, the bundle is nil or what the answer was to be.
// The request's timeout is for both checks together; if it ends during the second one, the findings of the first are
// the answer, and what could not be compared is a doubt.
func (e *Comparer) compare(ctx context.Context, req api.Request) (b *bundle.Bundle, err error) {
	o := &req.Options
	if err := e.checkComparable(o); err != nil {
		return nil, err
	}
	started := time.Now()
	if o.Timeout > 0 {
		var cancel func()
		ctx, cancel = e.Log.Within(ctx, time.Duration(o.Timeout), "request")
		defer cancel()
		within := ctx
		defer func() { err = Late(within, err, time.Duration(o.Timeout)) }()
	}
	own, err := e.ownFiles(ctx, o)
	if err != nil {
		return nil, err
	}
	ctx = own.With(ctx)
	if o.Staged {
		return e.compareStaged(ctx, req, started)
	}
	then, err := e.earlier(ctx, o)
	if err != nil {
		return nil, err
	}
	if then != nil { // a report is of all shards
		then.Findings = slices.DeleteFunc(then.Findings, func(d bundle.Diagnostic) bool {
			p := selectors.UnescapePath(d.URI)
			return !own.Has(cmp.Or(then.Renamed[p], p))
		})
	}
	affected, why, err := e.affectedSince(ctx, o)
	if err != nil {
		return nil, err
	}
	if affected == nil {
		affected = e.affectedBy(ctx, o)
	}
	ctx = affected.With(ctx)
	inner := req
	inner.Options = req.Options.InnerQuestion(false)
	removed, err := e.removedSince(ctx, then)
	if err != nil {
		return nil, err
	}
	now, err := e.Proposed(plan.WithRemoved(ctx, removed), inner)
	if err != nil {
		return nil, err
	}
	if why != "" {
		noted := *now // others may hold the bundle
		noted.Evidence.Reasons = append(slices.Clone(now.Evidence.Reasons), "all files are checked: "+why)
		now = &noted
	}
	if left := affected.LeftOut(now); o.Baseline != "" && len(left) > 0 { // they have the findings that they had
		then.Findings = slices.DeleteFunc(then.Findings, func(d bundle.Diagnostic) bool { return left[d.URI] })
	}
	if err := e.checkThen(ctx, req, then); err != nil {
		return nil, err
	}
	if errors.Is(ctx.Err(), context.DeadlineExceeded) { // report what was found until then
		ctx = context.WithoutCancel(ctx)
	}
	disk, err := e.Workspace.Snapshot(ctx)
	if err != nil {
		return nil, err
	}
	if e.Trace != nil {
		defer func() { e.Trace.Files(disk.Digests(), disk.Bytes) }()
	}
	lines, err := e.changedLines(ctx, o, disk, then)
	if err != nil {
		return nil, err
	}
	return e.attachComparison(req, now, then, lines, started)
}

// checkThen makes the earlier check of a request, if it is not a report. Where there was no time for it,
// then says so among its doubts.
func (e *Comparer) checkThen(ctx context.Context, req api.Request, then *compare.Earlier) (err error) {
	what := ""
	if o := req.Options; o.Since != "" {
		what = o.Since
		req.Options = o.InnerQuestion(true)
		err = e.checkCommit(ctx, req, then)
	} else if o.OnlyNew() {
		what = "the files without the patch"
		err = e.checkWithoutPatch(ctx, req, then)
	}
	if what != "" && errors.Is(ctx.Err(), context.DeadlineExceeded) {
		then.Doubts = append(then.Doubts, "there was no time to check "+what+": give it longer with --timeout")
		return nil
	}
	return err
}

// checkComparable returns a Usage error for options that ask for no comparison that can be made. Traces and SCIP
// indexes hold one state of the workspace: nothing but a report can be compared with it, or a patch, which lies over
// it.
func (e *Comparer) checkComparable(o *api.Options) error {
	if err := o.Check(); err != nil {
		return err
	}
	switch {
	case o.Since != "" && o.Baseline != "":
		return fault.New(fault.Usage, "since and baseline are both something to compare with").
			WithHint("give one of them")
	case o.Filter != "" && o.Filter != api.FilterNone && o.Since == "" && !o.Hypothetical() && !o.Staged:
		return fault.New(fault.Usage, "filter %s lets the lines of a change through, and there is none", o.Filter).
			WithHint("name one with --since, --patch or --staged")
	case o.Since != "" && (e.Recorded || e.FromIndex):
		return fault.New(
			fault.Usage, "since checks a second state of the workspace, which no trace and no SCIP index holds",
		).
			WithHint("check without --trace-file and --from-scip, or compare with an earlier report: --baseline FILE")
	case o.Affected != "" && (o.Staged || o.Hypothetical()):
		return fault.New(fault.Usage, "affected is about the files on disk, and not about a proposed change").
			WithHint("a check of a patch, or of what is staged, only asks about the files that it affects anyway")
	case o.Affected != "" && (e.Recorded || e.FromIndex):
		return fault.New(
			fault.Usage, "affected reads a second state of the workspace, which no trace and no SCIP index holds",
		).
			WithHint("check without --trace-file and --from-scip")
	case o.Staged && o.Hypothetical():
		return fault.New(
			fault.Usage, "staged checks the content of git's index, to which no patch or overlay is applied",
		).
			WithHint("give one of them")
	case o.Staged && o.Since != "":
		return fault.New(fault.Usage, "staged compares with HEAD, and since with another commit").
			WithHint("give one of them")
	case o.Staged && (e.Recorded || e.FromIndex):
		return fault.New(
			fault.Usage, "staged checks another state of the workspace, which no trace and no SCIP index holds",
		).
			WithHint("check without --trace-file and --from-scip, or give the change as a patch: " +
				"git diff --cached | lanser diag --patch -")
	case o.Reward != "":
		return fault.New(fault.Usage, "a reward is of the patch alone").
			WithHint("give it without --since, --baseline, --filter and --staged")
	}
	return nil
}

// earlier returns the check that the options name to compare with: a report as it was read, a
// revision that is yet to be checked, or nil for a filter of lines alone.
func (e *Comparer) earlier(ctx context.Context, o *api.Options) (then *compare.Earlier, err error) {
	switch {
	case o.Since != "":
		then, err = e.earlierCommit(ctx, o.Since)
	case o.Baseline != "":
		then, err = e.earlierReport(ctx, o.Baseline)
	case o.OnlyNew():
		return &compare.Earlier{}, nil
	default:
		return nil, nil
	}
	if err == nil && then.Commit != "" {
		then.Renamed = e.Workspace.RenamedSince(ctx, then.Commit)
	}
	return then, err
}

// earlierCommit returns the check of a revision, which is yet to be made. The error is Usage for one that git does not
// know.
func (e *Comparer) earlierCommit(ctx context.Context, rev string) (*compare.Earlier, error) {
	commit, err := e.Workspace.Commit(ctx, rev)
	if err != nil {
		return nil, err
	}
	return &compare.Earlier{Compared: bundle.Compared{Rev: rev, Commit: commit}, Commit: commit}, nil
}

// earlierReport reads an earlier report. A commit of it that git does not know here, as in a
// shallow clone, is dropped: findings are matched without renames then.
func (e *Comparer) earlierReport(ctx context.Context, raw string) (*compare.Earlier, error) {
	then, err := report.ReadBaseline([]byte(raw))
	if err != nil {
		return nil, err
	}
	told := then.Commit
	then.Commit = ""
	if told != "" && e.Workspace.InGit() {
		if commit, err := e.Workspace.Commit(ctx, told); err == nil {
			then.Commit = commit
		}
	}
	return then, nil
}

// checkCommit checks the workspace as it was at a commit, in a copy outside it, and adds the findings to then. Where
// the check does not succeed, then says so among its doubts; the error is that of the copy, or of the cancelled
// request.
//
// Paths of the request are those of today: what was renamed since is checked under its earlier name, and what did not
// exist has no findings.
func (e *Comparer) checkCommit(ctx context.Context, req api.Request, then *compare.Earlier) error {
	extract := func(dir string) (*index.Extracted, error) { return e.Workspace.Extract(ctx, then.Commit, dir) }
	return e.inCopy(then.Compared.Rev, extract, func(old Checker, copied *index.Extracted) error {
		then.Doubts = append(then.Doubts, copied.Doubts...)
		if len(req.Paths) > 0 {
			req.Paths = e.pathsAtCommit(req.Paths, copied.Listed, then.Renamed)
			if len(req.Paths) == 0 {
				return nil // none of them existed
			}
		}
		b, err := old.Answer(ctx, req)
		return then.Add(b, err, "the check of "+then.Compared.Rev)
	})
}

// inCopy has extract make a copy of another state of the workspace in a folder outside it, and calls use with an
// engine for the copy. The copy is removed afterwards. Errors call the state by the name.
func (e *Comparer) inCopy(
	name string, extract func(dir string) (*index.Extracted, error), use func(Checker, *index.Extracted) error,
) error {
	unwritable := func(err error) error {
		return fault.Wrap(fault.Permissions, err, "cannot make a folder for the files of %s: %v", name, err)
	}
	parent := e.Cache
	if err := os.MkdirAll(parent, 0o700); err != nil {
		return unwritable(err)
	}
	removeOldCopies(parent)
	dir, err := os.MkdirTemp(parent, "copy-")
	if err != nil {
		return unwritable(err)
	}
	defer os.RemoveAll(dir)
	copied, err := extract(dir)
	if err != nil {
		return err
	}
	other, err := e.Open(copied, dir)
	if err != nil {
		return err
	}
	defer other.Close()
	return use(other, copied)
}

// checkWithoutPatch checks the workspace without the patch of a request, and adds the findings to then. Where that does
// not succeed, then says so among its doubts. An overlay of the request stays: the patch is on top of it. No fixes are
// asked for, as nobody sees those of then.
func (e *Comparer) checkWithoutPatch(ctx context.Context, req api.Request, then *compare.Earlier) error {
	req.Options = req.Options.InnerQuestion(false)
	req.Options.Patch, req.Options.Frozen, req.Options.Fixes = "", "", false
	b, err := e.Answer(ctx, req)
	return then.Add(b, err, "the check without the patch")
}

// removeOldCopies removes copies that are older than a day: runs that were killed leave them.
func removeOldCopies(parent string) {
	entries, err := os.ReadDir(parent)
	if err != nil {
		return // the next run tries again
	}
	for _, f := range entries {
		if info, err := f.Info(); err == nil && time.Since(info.ModTime()) > 24*time.Hour {
			os.RemoveAll(filepath.Join(parent, f.Name()))
		}
	}
}

// pathsAtCommit returns the paths of a request as they were at a commit that had the listed files, without those that
// did not exist then. renamed maps paths then to paths now. Of a folder that was renamed, the name is not followed.
func (e *Comparer) pathsAtCommit(paths, listed []string, renamed map[string]string) (out []string) {
	pathThen := map[string]string{}
	for from, to := range renamed {
		pathThen[to] = from
	}
	for _, p := range paths {
		rel, err := e.Workspace.Rel(p)
		if err != nil {
			continue // the check of today has reported it
		}
		if from := pathThen[rel]; from != "" {
			rel = from
		}
		if beneath.AnyInside(rel, listed) {
			out = append(out, rel)
		}
	}
	return out
}

// attachComparison returns the answer to req: the check now, compared with the earlier one (nil for a filter of lines
// alone). What now says of its own request, which was one without the comparison, is replaced by req. If only new
// findings are asked for, the others are counted and left out. The bundle is sealed anew.
func (e *Comparer) attachComparison(
	req api.Request, now *bundle.Bundle, then *compare.Earlier, lines compare.Lines, started time.Time,
) (*bundle.Bundle, error) {
	o := &req.Options
	if then != nil && o.FailOn != "" && o.FailOn != "none" && !then.Lists(o.FailOn) {
		then.Doubts = append(then.Doubts, "the earlier report does not list findings of the severity "+o.FailOn)
	}
	if then != nil && !e.Format.Has(trace.WorseIsNew) {
		then.Foreign = true
	}
	b := compare.After(now, then, lines)
	if o.OnlyNew() {
		compare.DropKnown(b)
	}
	b.Request = req.Bundle(e.Workspace.Root(), e.Platform).Request
	b.Request.Cmd, b.Request.Paths = now.Request.Cmd, now.Request.Paths
	b.Meta = bundle.Meta{}
	if err := api.Finish(b, o, ExitDiagnostics); err != nil {
		return b, err
	}
	b.Local.Durations = maps.Clone(b.Local.Durations)
	b.Local.Durations["total"] = time.Since(started).Seconds()
	if err := b.Seal(); err != nil {
		return nil, fault.From(err)
	}
	return b, nil
}

// changedLines returns the two states between which lines have changed: the earlier commit,
// or else the files on disk; and the files on disk with the request's overlay and patch.
func (e *Comparer) changedLines(
	ctx context.Context, o *api.Options, disk *index.Snapshot, then *compare.Earlier,
) (compare.Lines, error) {
	now := disk
	if o.Hypothetical() {
		var err error
		now, err = Overlaid(disk, o)
		if err != nil {
			return compare.Lines{}, err
		}
	}
	lines := compare.Lines{Filter: o.Filter, Then: disk, Now: now, Has: now.Has}
	if then != nil && then.Commit != "" && o.Filter != "" && o.Filter != api.FilterNone {
		at, err := e.Workspace.At(ctx, then.Commit)
		if err != nil {
			return compare.Lines{}, err
		}
		lines.Then = at
	}
	return lines, nil
}

// affectedBy returns what the patch of a request can change; nil if all files are to be asked about, as they were in
// older traces. The findings of other files are the same now and then, and neither new nor gone. An error is left to
// the check, which meets it too.
func (e *Comparer) affectedBy(ctx context.Context, o *api.Options) *plan.Affected {
	if !e.Format.Has(trace.Affected) || e.FromIndex || !o.OnlyNew() {
		return nil
	}
	disk, err := e.Workspace.Snapshot(ctx)
	if err != nil {
		return nil
	}
	if e.Trace != nil {
		defer func() { e.Trace.Files(disk.Digests(), disk.Bytes) }()
	}
	options := *o
	after, err := Overlaid(disk, &options)
	if err != nil {
		return nil
	}
	before := disk
	if len(o.Overlay) > 0 {
		options.Patch = ""
		before, err = Overlaid(disk, &options)
		if err != nil {
			return nil
		}
	}
	patched, err := patch.Apply(before, o.Patch, index.IsText)
	if err != nil || len(slices.DeleteFunc(patched.Specials, IsProse)) > 0 {
		return nil
	}
	changed := slices.Collect(maps.Keys(patched.Contents))
	if !e.Format.Has(trace.AffectedTypeScript) && slices.ContainsFunc(changed, mention.IsTypeScript) {
		return nil
	}
	a, _ := plan.AffectedByChange(before, after, changed, plan.PatchReason)
	return a
}

// affectedSince returns what the changes since a revision can change, if the request asks for that alone; nil, and why,
// if all files are to be asked about. The error is Usage for a revision that git does not know.
func (e *Comparer) affectedSince(ctx context.Context, o *api.Options) (a *plan.Affected, why string, err error) {
	if o.Affected == "" {
		return nil, "", nil
	}
	commit, err := e.Workspace.Commit(ctx, o.Affected)
	if err != nil {
		return nil, "", err
	}
	before, err := e.Workspace.At(ctx, commit)
	if err != nil {
		return nil, "", err
	}
	after, err := e.Workspace.Snapshot(ctx)
	if err != nil {
		return nil, "", err
	}
	besides, err := e.Workspace.ChangedBesides(ctx, commit)
	if err != nil {
		return nil, "", err
	}
	besides = slices.DeleteFunc(besides, hasProse)
	if len(besides) > 0 {
		return nil, "any file may depend on " + besides[0], nil
	}
	reason := "nothing that they depend on has changed since " + o.Affected
	a, why = plan.AffectedByCommits(before, after, changedPaths(before, after), reason)
	return a, why, nil
}

// removedSince returns the files that the workspace had at the commit of an earlier check, which may be nil, and that
// are not on disk any more.
func (e *Comparer) removedSince(ctx context.Context, then *compare.Earlier) ([]string, error) {
	if then == nil || then.Commit == "" || e.Recorded || e.FromIndex {
		return nil, nil
	}
	before, err := e.Workspace.At(ctx, then.Commit)
	if err != nil {
		return nil, err
	}
	disk, err := e.Workspace.Snapshot(ctx)
	if err != nil {
		return nil, err
	}
	return slices.DeleteFunc(slices.Clone(before.Paths()), disk.Has), nil
}

// ownFiles returns what the request's shard is about in the files on disk; nil for a check that is not divided.
func (e *Comparer) ownFiles(ctx context.Context, o *api.Options) (*plan.Own, error) {
	if o.Shard == "" {
		return nil, nil
	}
	disk, err := e.Workspace.Snapshot(ctx)
	if err != nil {
		return nil, err
	}
	return plan.OwnOf(disk, o.Shard)
}

// changedPaths returns the files in which two states differ, and those that only one of them has, in order. Files that
// cannot be read count as changed.
func changedPaths(before, after *index.Snapshot) (changed []string) {
	isSame := func(p string) bool {
		was, err := before.Content(p)
		if err != nil {
			return false
		}
		is, err := after.Content(p)
		return err == nil && was.Digest() == is.Digest()
	}
	all := slices.Sorted(slices.Values(slices.Concat(before.Paths(), after.Paths())))
	for _, p := range slices.Compact(all) {
		if !isSame(p) {
			changed = append(changed, p)
		}
	}
	return changed
}

// ExitDiagnostics returns the exit code of a check (spec section 3, "Exit codes and errors"). Where a finding that
// fails no check kept files from being checked, it doubts the check.
func ExitDiagnostics(b *bundle.Bundle, o *api.Options) int {
	plan.DoubtUnloadable(b, o.FailOn)
	return b.CheckExit(o.FailOn, o.AllowIncomplete)
}
