// Package compare owns what two checks of one workspace say about each other: which findings
// are new, unchanged, updated or gone; which of them lie on lines that were changed; and what
// the step from one check to the other is worth (the process reward, spec section 6). It also
// owns what the checks of several shards say together (spec section 9).
//
// All its functions are pure. They read finished bundles, that is, sealed answers to
// diagnostics, change nothing in them, and return new values.
//
// It promises of findings ([Findings]):
//
//  1. Each finding of the earlier check is matched with at most one of the later.
//  2. The same two lists give the same matches, whatever the order of the lists.
//  3. A finding that cannot be matched for certain counts as new, and the earlier one as
//     absent: a gate that only new findings fail is never passed because of a doubt.
//
// It promises of rewards ([Reward]):
//
//  1. A reward is a function of the two bundles and the formula. Its components and weights
//     are part of it, so that anybody can compute it again.
//  2. A check that did not finish has no reward: r is null then, and the explanation says why.
//  3. pr-v1 is the paper's formula, α·(D_before − D_after) + β·S − γ·(1 − conf). It never
//     falls when D_after falls, S rises or conf rises, and is at least −γ·(1 − conf) where D
//     does not rise.
//  4. pr-v2 is the difference of the potential Φ = −α·D + β·S − γ·(1 − conf) between the two
//     (Ng, Harada and Russell 1999): the rewards of a trajectory add up to that of its ends,
//     and r ≥ 0 where D does not rise and neither S nor conf falls.
//
// It promises of shards ([Merged]): what one of them could not verify, or what nobody checked
// because a shard is missing, the merged check does not verify either.
//
// It checks nothing itself, reads no files and no reports (package report does), and seals
// bundles only in [Bundles] and [Merged], which make a whole answer.
package compare

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"lanser/selectors"
	"lanser/selectors/fault"
	"lanser/server/bundle"
)

// Earlier is the check that a later one is compared with.
type Earlier struct {
	// Compared is how the compared bundle names the check. Its counts are not read.
	Compared bundle.Compared
	Findings []bundle.Diagnostic // without those that were absent then
	Renamed  map[string]string   // path then → path now
	Doubts   []string            // why Findings may not be all
	Commit   string              // the commit that was checked; "" where it is not known
	// Foreign says that the severities of Findings are those of another tool.
	Foreign bool
	// Least is the lowest severity of Findings if less severe ones are left out, otherwise "". Of those that
	// are left out none is new: they count as unchanged.
	Least string
}

// FromBundle returns a bundle of diagnostics as an earlier check. Errors and doubts call it
// by the name. The error is Usage where the bundle is no check.
func FromBundle(b *bundle.Bundle, name string) (*Earlier, error) {
	if b.Error != nil {
		return nil, Unreadable(name, "it reports an error: %s", b.Error.Message)
	}
	if b.Facts == nil || b.Facts.Diagnostics == nil {
		return nil, Unreadable(name, "it is the answer to %q, not to diagnostics", b.Request.Cmd)
	}
	then := &Earlier{Findings: slices.Clone(b.Facts.Diagnostics), Doubts: Unfinished(b, name)}
	for i := range then.Findings {
		then.Findings[i].BaselineState = ""
	}
	if b.Snapshot != nil && b.Snapshot.VCS != nil {
		then.Commit = b.Snapshot.VCS.Head
	}
	if b.Meta.Truncated > 0 || b.Request.Options[bundle.OptionCursor] != nil {
		then.Doubts = append(then.Doubts, name+" does not contain all findings of its check")
	}
	if n := dropped(b); n > 0 && b.Meta.Truncated == 0 {
		why := fmt.Sprintf("%s leaves out %d findings that a patch has not changed", name, n)
		then.Doubts = append(then.Doubts, why)
	}
	if l := b.Facts.LeftOut; l != nil && l.Filtered > 0 {
		then.Doubts = append(then.Doubts, name+" was filtered")
	}
	return then, nil
}

// Add adds the findings of a check that was made for the comparison, given its bundle and its error. A
// check that found nothing to check has none; another failure, or a check that did not finish, is a
// doubt, which calls the check by the name. The error is not nil if the request was cancelled.
func (e *Earlier) Add(b *bundle.Bundle, err error, name string) error {
	switch {
	case fault.Is(err, fault.NotFound):
		return nil
	case fault.Is(err, fault.Cancelled):
		return err
	case err != nil:
		e.Doubts = append(e.Doubts, name+" did not come about: "+fault.From(err).Message)
		return nil
	}
	e.Findings = b.Facts.Diagnostics
	e.Doubts = append(e.Doubts, Unfinished(b, name)...)
	return nil
}

// DropKnown leaves only the findings of a compared check that are new. Those that were there before
// are counted in Facts.Compared.
func DropKnown(b *bundle.Bundle) {
	left := []bundle.Diagnostic{}
	for _, d := range b.Facts.Diagnostics {
		if d.BaselineState == bundle.New {
			left = append(left, d)
		}
	}
	b.Facts.Diagnostics = left
}

// dropped returns how many findings of a check [DropKnown] has left out.
func dropped(b *bundle.Bundle) int {
	k := b.Facts.Compared
	if k == nil {
		return 0
	}
	return k.Unchanged + k.Updated -
		Count(b.Facts.Diagnostics, bundle.Unchanged) - Count(b.Facts.Diagnostics, bundle.Updated)
}

// Unreadable returns the Usage error for a report that nothing can be compared with.
func Unreadable(name, format string, args ...any) error {
	f := fault.New(fault.Usage, format, args...)
	f.Message = name + " cannot be read: " + f.Message
	return f.WithHint("make one with 'lanser diag --output json=FILE' or 'sarif=FILE'")
}

// Unfinished returns the doubt that a check may lack findings because it did not finish, none
// where it did. The doubt calls the check by the name.
func Unfinished(b *bundle.Bundle, name string) []string {
	if b.Evidence.Finished() {
		return nil
	}
	return []string{name + " is of a check that did not finish: " + strings.Join(b.Evidence.Reasons, "; ")}
}

// After returns a copy of a finished check in which each finding has its state relative to an
// earlier check, and only those are left that lines lets through. Where then is nil, nothing
// is compared. What could not be compared for certain makes the evidence partial.
//
// The copy is not sealed: its request, exit code and limit are the caller's to set.
func After(now *bundle.Bundle, then *Earlier, lines Lines) *bundle.Bundle {
	b := unsealed(now)
	var renamed map[string]string
	if then != nil {
		renamed = then.Renamed
		earlier := then.Compared
		b.Facts.Compared = &earlier
		for _, why := range then.Doubts {
			doubt(b, why)
		}
		now, left := then.split(b.Facts.Diagnostics)
		compared := files(renamed, lines.Has)
		compared.Foreign = then.Foreign
		now, b.Facts.Absent = Findings(then.Findings, now, compared)
		b.Facts.Diagnostics = slices.SortedFunc(slices.Values(append(now, left...)), bundle.Diagnostic.Compare)
	}
	lines.filter(b, renamed)
	if b.Facts.Compared != nil {
		b.Facts.Compared.Tally(b.Facts)
	}
	return b
}

// split separates the findings of a later check into those that an earlier one would list, and the others,
// which count as unchanged.
func (e *Earlier) split(now []bundle.Diagnostic) (comparable, left []bundle.Diagnostic) {
	for _, d := range now {
		if e.Lists(d.Severity) {
			comparable = append(comparable, d)
			continue
		}
		d.BaselineState = bundle.Unchanged
		left = append(left, d)
	}
	return comparable, left
}

// Lists reports whether the earlier check lists findings of a severity.
func (e *Earlier) Lists(severity string) bool {
	return e.Least == "" || bundle.Severity(severity) <= bundle.Severity(e.Least)
}

// unsealed returns a copy of a bundle, of which everything that a comparison sets is its own:
// others may hold the bundle.
func unsealed(now *bundle.Bundle) *bundle.Bundle {
	b, facts := *now, *now.Facts
	b.BundleID, b.Facts, b.Evidence.Reasons = "", &facts, slices.Clone(now.Evidence.Reasons)
	if now.Local != nil {
		local := *now.Local
		b.Local = &local
	}
	return &b
}

// doubt makes the evidence of a bundle partial.
func doubt(b *bundle.Bundle, why string) {
	b.Evidence.State = bundle.Partial
	b.Evidence.Reasons = append(b.Evidence.Reasons, why)
}

// files returns paths as the URIs that findings have.
func files(renamed map[string]string, has func(path string) bool) Files {
	f := Files{Renamed: map[string]string{}}
	for from, to := range renamed {
		f.Renamed[selectors.EscapePath(from)] = selectors.EscapePath(to)
	}
	if has != nil {
		f.Has = func(uri string) bool { return has(selectors.UnescapePath(uri)) }
	}
	return f
}

// Bundles compares two finished checks, wherever they were made, and returns the later one,
// sealed anew, with the state of each finding and the reward of the step between them. The
// exit code is that of the check with failOn (see [bundle.Diagnostic.Fails]). The error is
// Usage where one of the two is no check or they answer different questions, and VersionSkew
// where they are of different servers or configurations.
func Bundles(before, after *bundle.Bundle, failOn string) (*bundle.Bundle, error) {
	then, err := FromBundle(before, "the earlier report")
	if err != nil {
		return nil, err
	}
	later, err := FromBundle(after, "the later report")
	if err != nil {
		return nil, err
	}
	r, err := Reward(before, after, DefaultFormula())
	if err != nil {
		return nil, err
	}
	then.Compared = bundle.Compared{Baseline: before.BundleID}
	then.Doubts = slices.Concat(then.Doubts, later.Doubts)
	b := After(after, then, Lines{})
	b.Request.Options = maps.Clone(after.Request.Options)
	if b.Request.Options == nil {
		b.Request.Options = map[string]any{}
	}
	b.Request.Options[bundle.OptionBaseline] = before.BundleID
	b.Meta.ExitCode = b.CheckExit(failOn, after.Request.AllowsIncomplete())
	return Rewarded(b, r)
}

// Rewarded returns a copy of the later check of a step, sealed with the step's reward in it.
// The reward does not name the bundle that holds it.
func Rewarded(after *bundle.Bundle, r *bundle.Reward) (*bundle.Bundle, error) {
	b, own := *after, *r
	own.After = ""
	b.ProcessReward = &own
	if err := b.Seal(); err != nil {
		return nil, fault.From(err)
	}
	return &b, nil
}
