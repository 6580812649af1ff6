package index

import (
	"bytes"
	"context"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"strings"

	"lanser/index/beneath"
	"lanser/selectors/fault"
)

// Replacement says what a symbolic link or a submodule becomes in a copy that [Workspace.ExtractSnapshot] makes: the
// link CLAUDE.md leads to AGENTS.md there. Paths are relative to the workspace.
type Replacement struct {
	Path        string
	IsSubmodule bool
	// Was and Is are the targets of a link, or the commits of a submodule, which may be abbreviated. Without Is, and
	// without SameAs, there is none afterwards. Without Was it is not known what is there.
	Was, Is string
	// SameAs is the path of another link or submodule that is there instead.
	SameAs string
}

// replace makes a replacement, before other files are written.
func (x *proposedState) replace(ctx context.Context, s *Snapshot, r Replacement) error {
	at := path.Join(x.prefix, r.Path)
	if r.IsSubmodule {
		return x.replaceSubmodule(ctx, s, r, at)
	}
	target, isLink := x.target(at)
	if r.Was != "" && (!isLink || target != r.Was) {
		return fault.New(fault.VersionSkew, "the patch does not apply: the symbolic link %s does not lead to %s",
			r.Path, r.Was)
	}
	if isLink {
		x.gone[at] = true
	}
	if r.SameAs != "" {
		r.Is, _ = x.target(path.Join(x.prefix, r.SameAs))
	}
	if r.Is == "" {
		return nil
	}
	x.gone[at] = true // a file that the link replaces
	link := bytes.NewReader([]byte(r.Is))
	return x.write(entry{path: at, mode: modeLink}, link.Size(), link, x.made)
}

// target returns the target of a symbolic link of the repository; isLink is false if there is none.
func (x *proposedState) target(p string) (target string, isLink bool) {
	info, err := x.repository.Direct().Lstat(p)
	if err != nil || info.Mode()&fs.ModeSymlink == 0 {
		return "", false
	}
	target, err = os.Readlink(filepath.Join(x.top, filepath.FromSlash(p)))
	return filepath.ToSlash(target), err == nil
}

// replaceSubmodule writes the files of a submodule at another commit. A commit that the repository of the submodule
// does not have is a doubt; then the files stay as they are.
func (x *proposedState) replaceSubmodule(ctx context.Context, s *Snapshot, r Replacement, at string) error {
	here := beneath.AnyInside(r.Path, s.Paths())
	leaveOut := func() {
		for _, p := range s.Paths() {
			if beneath.Inside(r.Path, p) {
				x.gone[path.Join(x.prefix, p)] = true
			}
		}
	}
	switch {
	case !here && (r.Was != "" || r.Is == "" && r.SameAs == ""):
		return nil // it is not checked out, and is not checked before the change either
	case !here || r.SameAs != "":
		x.doubt("the submodule %s, which the change adds, is not checked out", r.Path)
		return nil
	case r.Is == "":
		leaveOut()
		return nil
	}
	g := x.w.runner.ForRepository(filepath.Join(x.w.gitDir, filepath.FromSlash(at)))
	head, err := g.Output(ctx, g.Top, "rev-parse", "HEAD")
	if err == nil && r.Was != "" && !strings.HasPrefix(string(head), r.Was) {
		return fault.New(fault.VersionSkew, "the patch does not apply: the submodule %s is not at %s", r.Path, r.Was)
	}
	files, inner, err := x.submodule(ctx, entry{path: at, id: r.Is})
	if err == nil && len(inner) > 0 {
		x.doubt("the submodules of the submodule %s are left out", r.Path)
	}
	if ctx.Err() != nil {
		return ctx.Err()
	}
	if err != nil {
		x.doubt("the submodule %s is checked as it is: its commit %s cannot be read: %s", r.Path, r.Is,
			oneLine(err.Error()))
		return nil
	}
	leaveOut()
	x.list(files)
	return nil
}
