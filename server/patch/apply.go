package patch

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"github.com/bluekeyes/go-gitdiff/gitdiff"

	"lanser/index/beneath"
	"lanser/selectors/fault"
	"lanser/selectors/lazyregexp"
	"lanser/selectors/text"
	"lanser/server/bundle"
)

// Source is the state of a workspace to which a patch is applied. An index.Snapshot is one.
type Source interface {
	// Paths returns the paths of all files.
	Paths() []string
	// Has reports whether there is a file of a path.
	Has(path string) bool
	// Content returns the content of a file. The error is a *fault.Error.
	Content(path string) (*text.Content, error)
	// IsLink reports whether a path is that of a symbolic link, or lies behind one. Links are not files.
	IsLink(path string) bool
}

// maxPath is the length of the longest path of a file, in bytes: PATH_MAX of Linux.
const maxPath = 4096

// applies is the safety check that a patch must apply.
var applies = bundle.Refusal{Safety: "applies"}

// Change is what a patch makes of a workspace.
type Change struct {
	Contents map[string][]byte // of the files that it changes; nil is the content of a file that it removes
	Specials []Special         // in the order of the patch
}

// Apply applies a unified diff in memory. It ignores changes of binary files, unless isText says that such a file
// should have text. The error is Usage for what is not a diff or changes what is not text, Permissions for a path
// outside the workspace, and VersionSkew where the diff does not apply; the change then has the specials until there.
func Apply(s Source, diff string, isText func(path string) bool) (Change, error) {
	a := applier{before: s, isText: isText, after: map[string][]byte{}, freed: map[string]bool{}}
	err := a.applyAll(diff)
	return Change{Contents: a.after, Specials: a.specials}, err
}

// applyAll applies the changes of a diff.
func (a *applier) applyAll(diff string) error {
	files, err := read(diff)
	if err != nil {
		return err
	}
	if len(files) == 0 {
		return fault.New(fault.Usage, "the patch changes no file").
			WithHint("a unified diff is wanted, as git diff prints it")
	}
	has := func(p string) bool {
		_, err := a.before.Content(p)
		return err == nil
	}
	isFolder := func(p string) bool { return beneath.AnyInside(p, a.before.Paths()) }
	p, err := choosePrefixes(files, has, isFolder)
	if err != nil {
		return err
	}
	for _, f := range files {
		if f.from == "" {
			f.from, _ = p.path(f)
			f.from = path.Clean(f.from)
			f.to = f.from
		}
		if f.isGone || f.isRename {
			a.freed[f.from] = true
		}
	}
	for _, f := range files {
		if err := a.apply(f); err != nil {
			return err
		}
	}
	return nil
}

// applier applies the changes of a patch one after the other. A patch may change a file several times, as the patches
// of a series of commits do, and may move files onto each other: which paths it frees is known before the first change,
// so that a → b and b → a in one patch are not a conflict.
type applier struct {
	before Source
	isText func(path string) bool
	after  map[string][]byte // nil is the content of a file that is removed
	freed  map[string]bool   // paths of files that the patch removes or renames

	specials []Special
}

// apply applies the change of one file, or notes it among the specials. Paths are relative to the workspace, with
// slashes. A path that leads out of the workspace is refused. A change of the mode alone has no effect on the result:
// no server sees modes.
func (a *applier) apply(f *filePatch) error {
	for _, p := range []string{f.from, f.to} {
		if len(p) > maxPath || strings.Contains(p, "\x00") {
			return fault.New(fault.Usage, "the patch names a path that no file can have: %.60q", p)
		}
		if !filepath.IsLocal(filepath.FromSlash(p)) {
			return fault.New(fault.Permissions, "the patch names %s, outside the workspace", p).
				WithDetails(bundle.Refusal{Safety: "jail"})
		}
		if isOfRepository(p) {
			return fault.New(fault.Permissions, "the patch names %s, a file of git's own", p).
				WithDetails(bundle.Refusal{Safety: "jail"})
		}
	}
	if f.isBinary && a.isText(f.to) {
		return fault.New(fault.Usage, "the patch changes the binary file %s", f.to)
	}
	if special := a.special(f); len(special) > 0 {
		a.specials = append(a.specials, special...)
		return nil
	}
	if f.isBinary {
		a.applyBinary(f)
		return nil
	}
	content, err := a.source(f)
	if err != nil {
		return err
	}
	if _, made := a.after[f.to]; f.to != f.from || f.isNew {
		there := a.before.Has(f.to) && !a.freed[f.to] || made && a.after[f.to] != nil
		if there {
			return fault.New(fault.VersionSkew, "the patch does not apply: it makes %s, which is there", f.to).
				WithDetails(applies)
		}
	}
	if above := a.fileAbove(f.to); above != "" {
		return fault.New(fault.VersionSkew, "the patch does not apply: it makes %s, but %s is a file", f.to, above).
			WithDetails(applies)
	}
	content, err = f.applied(content)
	if err != nil {
		return err
	}
	if _, made := a.after[f.from]; (f.isGone || f.isRename) && !made {
		a.after[f.from] = nil
	}
	if f.isGone {
		a.after[f.from] = nil
	} else if len(f.hunks) > 0 || f.isNew || f.to != f.from { // else only the mode changes
		a.after[f.to] = append([]byte{}, content...)
	}
	return nil
}

// isOfRepository reports whether a path leads through a folder .git, for instance to a hook. git apply refuses such a
// path too, in any case of the letters, because some file systems do not distinguish them.
func isOfRepository(p string) bool {
	return slices.ContainsFunc(strings.Split(p, "/"), func(step string) bool { return strings.EqualFold(step, ".git") })
}

// fileAbove returns the file that a path treats as a folder, "" if there is none.
func (a *applier) fileAbove(p string) string {
	for dir := path.Dir(p); dir != "."; dir = path.Dir(dir) {
		content, changed := a.after[dir]
		if content != nil || !changed && a.before.Has(dir) && !a.freed[dir] {
			return dir
		}
	}
	return ""
}

// applyBinary applies the change of a file that no server reads, such as an image, as far as others may notice it:
// the file is there afterwards, or it is not.
func (a *applier) applyBinary(f *filePatch) {
	if f.isGone || f.isRename {
		a.after[f.from] = nil
	}
	if f.isNew || f.isRename {
		a.after[f.to] = []byte{}
	}
}

// source returns the content that a change begins with. Git's renames and copies are of the file as
// it was before the whole patch; what changes a file twice, as a series of commits does, changes the
// result of the change before.
func (a *applier) source(f *filePatch) ([]byte, error) {
	if f.isNew {
		return nil, nil
	}
	if changed, ok := a.after[f.from]; ok && f.to == f.from {
		if changed == nil {
			return nil, fault.New(fault.VersionSkew,
				"the patch does not apply: it changes %s after it has removed it", f.from).WithDetails(applies)
		}
		return changed, nil
	}
	c, err := a.before.Content(f.from)
	if err != nil {
		if made := a.after[f.from]; made != nil {
			return made, nil
		}
		refused := fault.Wrap(fault.VersionSkew, err, "the patch does not apply: %v", fault.From(err).Message)
		if fault.Is(err, fault.NotFound) {
			refused = refused.WithHint("its paths are those of the workspace: if that is a folder of a repository, " +
				"make the patch with git diff --relative")
		}
		return nil, refused.WithDetails(applies)
	}
	return c.Bytes(), nil
}

// applied returns the content of a file with the hunks applied. On its way a patch may have got the line ends of
// Windows: if it does not apply as it is, it is applied without them. Lines must be where the hunks say, and as they
// say: unlike the program patch, nothing is applied to similar lines nearby, because a check of a state that nobody has
// proposed would be worth nothing.
func (f *filePatch) applied(content []byte) ([]byte, error) {
	if len(f.hunks) == 0 {
		return content, nil
	}
	out, err := applyHunks(content, f.hunks)
	if err != nil && bytes.Contains(f.hunks, []byte("\r\n")) {
		plain, plainErr := applyHunks(content, bytes.ReplaceAll(f.hunks, []byte("\r\n"), []byte("\n")))
		if plainErr == nil {
			return plain, nil
		}
	}
	if err == nil {
		return out, nil
	}
	var conflict *gitdiff.Conflict
	where := ""
	var at *gitdiff.ApplyError
	if errors.As(err, &at) {
		where = fmt.Sprintf(" at line %d", at.Line)
	}
	if errors.As(err, &conflict) {
		err = conflict
	}
	hint := conflictHint
	if _, err := applyHunks(content, takenBack(f.hunks)); err == nil {
		hint = appliedHint
	}
	return nil, fault.Wrap(fault.VersionSkew, err, "the patch does not apply to %s%s: %v", f.from, where, err).
		WithHint("%s", hint).WithDetails(applies)
}

// The hints of the error that a patch does not apply.
const (
	conflictHint = "make it anew from the files as they are"
	appliedHint  = "the file has this change already: git diff -R makes the patch that takes it back"
)

// FormerHint gives the error that a patch does not apply the hint that it had before [trace.AppliedPatch].
func FormerHint(err error) error {
	if e := fault.From(err); e != nil && e.Hint == appliedHint {
		return e.WithHint("%s", conflictHint)
	}
	return err
}

// hunkSides matches the header of a hunk; the groups are the lines of the file before, those after, and the rest.
var hunkSides = lazyregexp.New(`^@@ -(\S+) \+(\S+) @@(.*)$`)

// takenBack returns the hunks that take hunks back.
func takenBack(hunks []byte) []byte {
	var out bytes.Buffer
	for line := range bytes.Lines(hunks) {
		switch {
		case line[0] == '@':
			out.Write(hunkSides.ReplaceAll(bytes.TrimRight(line, "\r\n"), []byte("@@ -$2 +$1 @@$3")))
			out.WriteByte('\n')
			continue
		case line[0] == '+':
			out.WriteByte('-')
		case line[0] == '-':
			out.WriteByte('+')
		default:
			out.WriteByte(line[0])
		}
		out.Write(line[1:])
	}
	return out.Bytes()
}

// applyHunks returns content with the hunks applied. Names are not needed for that, so that the header has any.
func applyHunks(content, hunks []byte) ([]byte, error) {
	header := "--- a\n+++ a\n"
	if len(content) == 0 {
		header = "--- /dev/null\n+++ a\n"
	}
	files, _, err := gitdiff.Parse(io.MultiReader(strings.NewReader(header), bytes.NewReader(hunks)))
	if err != nil {
		return nil, err
	}
	var out bytes.Buffer
	for _, f := range files { // one
		if err := gitdiff.Apply(&out, bytes.NewReader(content), f); err != nil {
			return nil, err
		}
	}
	return out.Bytes(), nil
}
