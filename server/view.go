package server

import (
	"lanser/selectors/fault"
)

// frozen fails where an answer is about another snapshot than the one it is held to: the one that was taken when the
// engine began (the flag --frozen), of which the files in the answer's scope are compared, or the one whose digest the
// request names (the option frozen), which is that of an earlier bundle with the same scope. The error is VersionSkew.
func (e *Engine) frozen(a *answer) error {
	if e.pinned != nil {
		keep := a.Scope.Keep
		if keep == nil {
			keep = func(string) bool { return true }
		}
		if e.pinned.Digest(keep) != a.Disk.Digest(keep) {
			return fault.New(
				fault.VersionSkew, "the workspace is not what it was at the start any more, and --frozen holds to that",
			).
				WithHint("start again, or without --frozen")
		}
	}
	switch want := a.Request.Options.Frozen; {
	case want == "":
		return nil
	case a.Bundle.Snapshot == nil:
		return fault.New(fault.VersionSkew, "the answer is about no snapshot, and was to be about %s", want).
			WithHint("ask without frozen")
	case a.Bundle.Snapshot.Digest != want:
		return fault.New(
			fault.VersionSkew, "the workspace is %s, and the answer was to be about %s", a.Bundle.Snapshot.Digest, want,
		).
			WithHint("ask without frozen, or about the workspace as it was")
	}
	return nil
}
