package report

import (
	"slices"
	"strings"

	"lanser/selectors/visible"
	"lanser/server/bundle"
)

// uncovered describes files that were not checked and need not be (the check does not owe them), for one
// language and one reason. They do not change the exit code, and every format reports them.
type uncovered struct {
	What     string // such as "9 shell scripts"
	Language string // such as "shell script"
	Linter   string // that did not check them; "" for the server of their language
	Why      string // the reason
	Fix      string // the command after which they would be checked; "" for none
	Excluded bool   // whether the project itself leaves them out
	Paths    []string
}

// String returns a description on one line.
func (u uncovered) String() string {
	line := "not " + u.verb() + ": " + u.What + " (" + u.names() + "): " + u.Why
	if u.Fix != "" {
		line += "; " + u.Fix
	}
	return line
}

// verb returns what was not done with the files.
func (u uncovered) verb() string {
	if u.Linter == "" {
		return "checked"
	}
	return "checked by " + u.Linter
}

// maxNames is the number of files that the line names.
const maxNames = 3

// names returns the first of the files, with an ellipsis if there are more.
func (u uncovered) names() string {
	names := make([]string, 0, maxNames)
	for _, p := range u.Paths[:min(len(u.Paths), maxNames)] {
		names = append(names, visible.Text(p))
	}
	if len(u.Paths) > maxNames {
		names = append(names, "…")
	}
	return strings.Join(names, ", ")
}

// uncovered returns the files that were not checked and that the check does not owe, without those that the
// request excludes: whoever excludes files knows that they are not checked, and remarks count them.
func (c *Check) uncovered() (out []uncovered) {
	for _, group := range c.coverage() {
		if group.State == bundle.CheckedState || group.Lacks() || group.Reason == bundle.ByPatterns ||
			len(group.Files) == 0 {
			continue
		}
		u := uncovered{
			What:     counted(len(group.Files), oneLine(group.Language)),
			Language: oneLine(group.Language), Linter: oneLine(group.Linter),
			Why: oneLine(group.Reason), Fix: oneLine(group.Fix),
			Excluded: group.State == bundle.Excluded,
		}
		for _, uri := range group.Files {
			u.Paths = append(u.Paths, c.path(uri))
		}
		out = append(out, u)
	}
	return out
}

// unserved returns those of the uncovered files that the project does not leave out itself.
func (c *Check) unserved() []uncovered {
	return slices.DeleteFunc(c.uncovered(), func(u uncovered) bool { return u.Excluded })
}

// coverage returns the files of all servers' checks in groups, see [bundle.Coverage]; none for an error, and for a
// bundle of an earlier version.
func (c *Check) coverage() []bundle.Coverage {
	f := c.facts()
	return f.Coverage()
}

// covers describes the checked files, such as "233 Go files, 2 Python files, 2 Python files by ruff"; "" if there are
// none.
func (c *Check) covers() string {
	number, order := map[[2]string]int{}, [][2]string{} // by language and linter
	add := func(noun, linter string, n int) {
		key := [2]string{noun, linter}
		if n > 0 && number[key] == 0 {
			order = append(order, key)
		}
		number[key] += n
	}

	for _, k := range c.facts().Checks {
		if k.Coverage == nil { // of an earlier version
			add("file", "", k.Files-len(k.Unchecked))
		}
		for _, group := range k.Coverage {
			if group.State == bundle.CheckedState {
				add(group.Language, group.Linter, len(group.Files))
			}
		}
	}

	parts := make([]string, 0, len(order))
	for _, key := range order {
		part := counted(number[key], visible.Text(key[0]))
		if key[1] != "" {
			part += " by " + visible.Text(key[1])
		}
		parts = append(parts, part)
	}
	return strings.Join(parts, ", ")
}

// clean returns the verdict of a check without findings: "clean", what it covers, and what it does not cover, as in
//
//	clean: 233 Go files; not checked: 9 shell scripts (shellcheck is not installed)
//
// but names findings that do not count, as in "clean but for 3 hints: 233 Go files".
// The word "clean" is never written without what it covers (spec section 3, coverage). A check that covers nothing is
// "nothing to check" if there is no code of a known language, and otherwise "nothing found", which promises less.
func (c *Check) clean(but string) string {
	covers := c.covers()
	switch {
	case covers != "":
	case c.Facts.Checks != nil && len(c.coverage()) == 0:
		if shard, ok := c.Request.Options["shard"].(string); ok {
			return "nothing to check: shard " + shard + " has no project"
		}
		return "nothing to check: there is no code in a language that lanser knows"
	default:
		return "nothing found" + but
	}
	line, verb := "clean"+but+": "+covers, ""
	for _, u := range c.unserved() {
		separator := ", "
		if u.verb() != verb {
			verb = u.verb()
			separator = "; not " + verb + ": "
		}
		line += separator + u.What + " (" + u.Why + ")"
	}
	return line
}

// servers returns the checks of the servers that had files to check. A check without a server holds the files of
// languages for which there is none.
func (c *Check) servers() []bundle.Check {
	idle := func(k bundle.Check) bool { return k.Server.Name == "" || k.Coverage != nil && k.Files == 0 }
	return slices.DeleteFunc(slices.Clone(c.facts().Checks), idle)
}
