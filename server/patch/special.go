package patch

import (
	"fmt"
	"slices"
	"strings"

	"lanser/index/beneath"
	"lanser/selectors/fault"
	"lanser/selectors/lazyregexp"
)

// Special is the change of what has no text of its own: a symbolic link, whose content is a path, or a submodule, whose
// content is in another repository. Apply only says what a patch makes of it.
type Special struct {
	Path        string
	IsSubmodule bool
	// Was and Is are the targets of a link, or the commits of a submodule, as the patch writes them. They are empty
	// where there is no link or submodule.
	Was, Is string
	// SameAs is the path of another link or submodule, if the patch renames or copies that one: it does not write the
	// target or commit then.
	SameAs string
	// IsSummary is true for what git diff --submodule writes about a submodule instead of a diff.
	IsSummary bool

	asFile error // why it could not be applied as the change of a file
}

// String returns a noun phrase, such as "the symbolic link docs/latest".
func (s Special) String() string {
	if s.IsSubmodule {
		return "the submodule " + s.Path
	}
	return "the symbolic link " + s.Path
}

// summary is a line of git diff --submodule. Its groups are the path, the two commits, and what is the matter.
var summary = lazyregexp.New(`^Submodule (.+) ([0-9a-f]{7,64})\.{2,3}([0-9a-f]{7,64})(?: \(([a-z ]+)\))?:?$`)

// summarised reads the line about a submodule that is next; it returns nil if none is. The lines of a submodule's
// commits follow such a line, and are passed over, or the diffs of its files, which are read as those of other files.
func (r *reader) summarised() *filePatch {
	m := summary.FindStringSubmatch(r.line(0))
	hasDiff := strings.HasPrefix(r.line(1), "diff --git ") && len(m) > 0 && strings.Contains(r.line(1), "/"+m[1]+"/")
	if len(m) == 0 || hasDiff {
		return nil
	}
	f := &filePatch{
		modes: []string{modeSubmodule}, isSummary: true, isNew: m[4] == "new submodule",
		isGone: m[4] == "submodule deleted", from: m[1], to: m[1],
	}
	f.hunks = fmt.Appendf(nil, "-Subproject commit %s\n+Subproject commit %s\n", m[2], m[3])
	return f
}

// special returns the specials that the change of one file is; none if it is a change of text.
func (a *applier) special(f *filePatch) []Special {
	switch {
	case slices.Contains(f.modes, modeSubmodule):
		s := Special{Path: f.to, IsSubmodule: true, IsSummary: f.isSummary}
		s.Was, s.Is = f.oneLine('-', "Subproject commit "), f.oneLine('+', "Subproject commit ")
		if f.isNew {
			s.Was = ""
		}
		if f.isGone {
			s.Is = ""
		}
		if f.isRename {
			return []Special{{Path: f.from, IsSubmodule: true, Was: s.Was}, s}
		}
		return []Special{s}
	case slices.Contains(f.modes, modeLink):
		s := Special{Path: f.to, Was: f.oneLine('-', ""), Is: f.oneLine('+', "")}
		if f.isRename {
			return []Special{{Path: f.from, Was: s.Was}, {Path: f.to, Is: s.Is}}
		}
		return []Special{s}
	case f.from == f.to || len(f.hunks) > 0 || a.before.Has(f.from):
		return nil
	}
	isSubmodule := beneath.AnyInside(f.from, a.before.Paths())
	_, err := a.source(f)
	s := Special{Path: f.to, IsSubmodule: isSubmodule, SameAs: f.from, asFile: err}
	switch {
	case !isSubmodule && !a.before.IsLink(f.from):
		return nil
	case f.isRename:
		return []Special{{Path: f.from, IsSubmodule: isSubmodule, asFile: err}, s}
	default:
		return []Special{s}
	}
}

// oneLine returns the line of a side, '-' or '+', without a prefix. Links and submodules have one line.
func (f *filePatch) oneLine(side byte, prefix string) string {
	for line := range strings.SplitSeq(string(f.hunks), "\n") {
		if line != "" && line[0] == side {
			return strings.TrimPrefix(strings.TrimSuffix(line[1:], "\r"), prefix)
		}
	}
	return ""
}

// Refusal returns the error by which such a change is refused in traces of version 18, nil for what is passed over
// there.
func (s Special) Refusal() error {
	switch {
	case s.IsSummary || s.asFile != nil:
		return s.asFile
	case s.IsSubmodule:
		message := "the patch changes the submodule " + s.Path + ", whose other commit is not available"
		return fault.New(fault.Usage, "%s", message).
			WithHint("check it out there, or leave it out of the patch: git diff --ignore-submodules")
	default:
		return fault.New(fault.Usage, "the patch changes the symbolic link %s", s.Path).
			WithHint("leave it out of the patch")
	}
}
