package patch

import (
	"path"
	"slices"
	"strings"

	"lanser/selectors/fault"
)

// Git writes a prefix before the names of the old and of the new side: a/ and b/, or those of
// diff.mnemonicPrefix (i/, w/, c/, o/; 1/ and 2/ with --no-index), of --src-prefix and --dst-prefix,
// or none (diff.noprefix). A patch does not say which. All its files have the same, so the names of
// both sides and the files of the workspace show it.

// For example, "--- a/x.go" and "+++ b/x.go" are the file x.go with the prefixes a/ and b/. But "--- a/x.go" and
// "+++ a/x.go" may be the file a/x.go without prefixes, or the file x.go; the first one is preferred, unless fewer
// of the files in the patch exist then.

// prefixes are what precedes the paths of the two sides.
type prefixes struct{ old, new string }

// sides are the names of a file on both sides as a patch writes them, "" for one that it does not
// write.
type sides struct{ old, new string }

// sides returns the ways to read the names of a file that is neither renamed nor copied. There are
// several only if the names are only in git's first line and contain spaces.
func (f *filePatch) sides() []sides {
	both := f.old != "" && f.new != ""
	if f.header == "" && both && path.Base(f.old) != path.Base(f.new) {
		name := f.new // GNU diff, of a file and a copy such as x.go.orig
		if strings.HasPrefix(f.new, f.old) {
			name = f.old
		}
		return []sides{{old: name, new: name}}
	}
	if f.header != "" && !both {
		fits := slices.DeleteFunc(splitHeader(f.header), func(s sides) bool {
			return f.old != "" && s.old != f.old || f.new != "" && s.new != f.new
		})
		if len(fits) > 0 {
			return fits
		}
	}
	return []sides{{old: f.old, new: f.new}}
}

// maxSplits bounds the ways to split git's first line.
const maxSplits = 100

// splitHeader returns the ways to read the two names in git's first line. Names without quotes may hold spaces: "a/x
// y.go b/x y.go" has three places at which it could be divided, and only the one between the two names leaves equal
// base names on both sides.
func splitHeader(header string) (out []sides) {
	if strings.HasPrefix(header, `"`) {
		old, rest, err := quotedName(header)
		if err != nil {
			return nil
		}
		name, err := patchName(strings.TrimLeft(rest, " "))
		if err != nil {
			return nil
		}
		return []sides{{old: old, new: name}}
	}
	for i := 1; i < len(header)-1 && len(out) < maxSplits; i++ {
		if header[i] != ' ' {
			continue
		}
		name, err := patchName(header[i+1:])
		if err == nil && path.Base(name) == path.Base(header[:i]) {
			out = append(out, sides{old: header[:i], new: name})
		}
	}
	return out
}

// path returns the path of a file that is neither renamed nor copied, if the patch has the prefixes.
func (p prefixes) path(f *filePatch) (name string, ok bool) {
	for _, s := range f.sides() {
		name, ok = strings.CutPrefix(s.old, p.old)
		if s.old == "" {
			name, ok = strings.CutPrefix(s.new, p.new)
		}
		if ok && name != "" && (s.old == "" || s.new == "" || s.new == p.new+name) {
			return name, true
		}
	}
	return "", false
}

// finds returns how many of the files that a patch names are as it needs them, if it has the prefixes:
// those that it changes exist, and those that it creates do not. ok is false if it cannot have them.
func (p prefixes) finds(files []*filePatch, exists func(path string) bool) (n int, ok bool) {
	for _, f := range files {
		if f.from != "" {
			if f.old != "" && f.old != p.old+f.from || f.new != "" && f.new != p.new+f.to {
				return 0, false
			}
			n++
			continue
		}
		name, ok := p.path(f)
		if !ok {
			return 0, false
		}
		if exists(name) != f.isNew {
			n++
		}
	}
	return n, true
}

// choosePrefixes returns the prefixes of a patch, given which paths are those of files and of folders.
// The error is Usage if the names have no common prefixes, or if two readings of a name are equally
// good.
func choosePrefixes(files []*filePatch, exists, isFolder func(path string) bool) (prefixes, error) {
	most := -1
	var best []prefixes
	for _, group := range candidates(files, isFolder) {
		var tied []prefixes
		for _, p := range group {
			n, ok := p.finds(files, exists)
			if ok && n > most {
				most, tied = n, []prefixes{p}
			} else if ok && n == most && len(tied) > 0 {
				tied = append(tied, p)
			}
		}
		if len(tied) > 0 {
			best = tied
		}
	}
	switch len(best) {
	case 0:
		return prefixes{}, fault.New(fault.Usage, "the names of the files in the patch do not fit together").
			WithHint("a unified diff is wanted, as git diff prints it")
	case 1:
		return best[0], nil
	}
	first, _ := best[0].path(files[0])
	second, _ := best[1].path(files[0])
	return prefixes{}, fault.New(fault.Usage, "the patch may mean the file %s or %s", first, second).
		WithHint("make it with git diff, which writes both names of each file")
}

// candidates returns the prefixes that a patch may have, in groups: one of an earlier group is better
// than one of a later group that finds as many files.
func candidates(files []*filePatch, isFolder func(path string) bool) (groups [][]prefixes) {
	for _, f := range files { // a rename has its paths without prefixes
		old, okOld := strings.CutSuffix(f.old, f.from)
		name, okNew := strings.CutSuffix(f.new, f.to)
		if f.from != "" && f.old != "" && f.new != "" && okOld && okNew {
			return [][]prefixes{{{old: old, new: name}}}
		}
	}
	for _, f := range files {
		if f.from != "" {
			continue
		}
		for _, s := range f.sides() {
			if s.old != "" && s.new != "" {
				groups = append(groups, s.candidates()...)
			}
		}
		if groups != nil {
			return groups
		}
	}
	return [][]prefixes{loneCandidates(files, isFolder)}
}

// loneCandidates returns the prefixes of a patch of which each file shows one side only: those that git
// writes by itself, or none. What looks like such a prefix is a part of the path only if it is a folder.
func loneCandidates(files []*filePatch, isFolder func(path string) bool) []prefixes {
	marked := prefixes{}
	for _, f := range files {
		if isSidePrefix(f.old) && f.from == "" && marked.old == "" {
			marked.old = f.old[:2]
		}
		if isSidePrefix(f.new) && f.from == "" && marked.new == "" {
			marked.new = f.new[:2]
		}
	}
	for _, prefix := range []string{marked.old, marked.new} {
		if prefix != "" && !isFolder(prefix[:1]) {
			return []prefixes{marked}
		}
	}
	return slices.Compact([]prefixes{{}, marked})
}

// candidates returns the prefixes that the two names of one file may have, in groups. Names that differ have a common
// end, each end of which may be the path: "old/src/x.go" and "new/src/x.go" may be src/x.go with the prefixes old/ and
// new/, or x.go with the longer ones. The longest path comes first.
func (s sides) candidates() [][]prefixes {
	switch {
	case s.old == s.new && isSidePrefix(s.old):
		return [][]prefixes{{{}}, {{old: s.old[:2], new: s.new[:2]}}}
	case s.old == s.new:
		return [][]prefixes{{{}}}
	case isSidePrefix(s.old) && isSidePrefix(s.new) && s.old[2:] == s.new[2:]:
		return [][]prefixes{{{old: s.old[:2], new: s.new[:2]}}}
	}
	common := 0
	for common < min(len(s.old), len(s.new)) && s.old[len(s.old)-1-common] == s.new[len(s.new)-1-common] {
		common++
	}
	var groups [][]prefixes
	for n := common; n > 0; n-- {
		groups = append(groups, []prefixes{{old: s.old[:len(s.old)-n], new: s.new[:len(s.new)-n]}})
	}
	return groups
}

// sideLetters are the first letters of the prefixes that git writes by itself.
const sideLetters = "abciow12"

// isSidePrefix reports whether a name begins with a prefix that git writes by itself, and goes on after it.
func isSidePrefix(name string) bool {
	return len(name) > 2 && name[1] == '/' && strings.IndexByte(sideLetters, name[0]) >= 0
}
