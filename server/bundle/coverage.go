package bundle

import (
	"cmp"
	"slices"
	"strings"
)

// The states of the files in a check's scope (spec section 3, "Coverage").
const (
	// CheckedState is the state of a file for which each responsible server has answered.
	CheckedState = "checked"
	// Excluded is the state of a file that the project itself leaves out.
	Excluded = "excluded"
	// Unserved is the state of a file that nobody can check here: no server is known or
	// installed for it, or it belongs to no project where its language needs one.
	Unserved = "unserved"
	// UncheckedState is the state of a file that should have been checked and was not.
	UncheckedState = "unchecked"
)

// Unloadable begins the reason of files that are not checked because of a finding in the manifest of their project; the
// finding follows.
const Unloadable = "nothing of their project can be loaded: "

// Unimportable begins the reason of files that import what cannot be loaded on any machine, because of a finding; what
// that is follows.
const Unimportable = "what they import cannot be loaded: "

// IsOfFinding reports whether a reason names a finding as the cause.
func IsOfFinding(reason string) bool {
	return strings.HasPrefix(reason, Unloadable) || strings.HasPrefix(reason, Unimportable)
}

// TooMany ends the reason of files whose findings are not all known because there are too many.
const TooMany = " stopped after too many errors"

// FailsByFinding reports whether the files are not checked, or not to their end, because of what was found: a finding
// is the verdict about them.
func (c Coverage) FailsByFinding() bool {
	byFinding := IsOfFinding(c.Reason) || strings.HasSuffix(c.Reason, TooMany)
	return byFinding && c.State == UncheckedState
}

// ByPatterns is the reason of files that the request or lanser.toml excludes.
const ByPatterns = "exclude names them"

// Coverage are files of a check that have language, state and reason in common.
type Coverage struct {
	Language string   `json:"language" jsonschema:"what a report calls a file of the language, such as Go file"`
	Linter   string   `json:"linter,omitempty" jsonschema:"whose findings are meant"`
	State    string   `json:"state" jsonschema:"checked, excluded, unserved or unchecked"`
	Owed     bool     `json:"owed" jsonschema:"whether the check owes the files: without them it is not verified"`
	Reason   string   `json:"reason,omitempty" jsonschema:"why they are not checked"`
	Fix      string   `json:"fix,omitempty" jsonschema:"what would have them checked"`
	Files    []string `json:"files" jsonschema:"their URIs, sorted"`
}

// compare orders groups; the result is 0 for the same group.
func (c Coverage) compare(o Coverage) int {
	owed := func(c Coverage) int {
		if c.Owed {
			return 0
		}
		return 1
	}
	return cmp.Or(
		cmp.Compare(stateRank(c.State), stateRank(o.State)), strings.Compare(c.Language, o.Language),
		strings.Compare(c.Linter, o.Linter), owed(c)-owed(o),
		strings.Compare(c.Reason, o.Reason), strings.Compare(c.Fix, o.Fix),
	)
}

func stateRank(state string) int {
	return slices.Index([]string{CheckedState, Excluded, Unserved, UncheckedState}, state)
}

// Lacks reports whether the check is not verified for want of these files.
func (c Coverage) Lacks() bool {
	return c.Owed && (c.State == Unserved || c.State == UncheckedState)
}

// Group returns files with their states as groups: each of the given ones has any number of files.
// The groups are sorted by state, language and reason, and hold no file twice.
func Group(files []Coverage) []Coverage {
	sorted := slices.Clone(files)
	slices.SortStableFunc(sorted, Coverage.compare)
	out := []Coverage{}
	for _, f := range sorted {
		if n := len(out); n > 0 && out[n-1].compare(f) == 0 {
			out[n-1].Files = append(out[n-1].Files, f.Files...)
			continue
		}
		f.Files = slices.Clone(f.Files)
		out = append(out, f)
	}
	for i := range out {
		slices.Sort(out[i].Files)
		out[i].Files = slices.Compact(out[i].Files)
	}
	return out
}

// Coverage returns the groups of all checks, as [Group] orders them.
func (f *Facts) Coverage() []Coverage {
	var all []Coverage
	for _, k := range f.Checks {
		all = append(all, k.Coverage...)
	}
	return Group(all)
}
