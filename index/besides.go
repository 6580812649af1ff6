package index

import (
	"context"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"lanser/index/git"
)

// What a check depends on may change though no file of the workspace does: servers follow symbolic links, and read the
// files of the repository around a workspace that is a folder of it. Snapshots have neither.

// ChangedBesides returns what no snapshot of the workspace shows of the changes since a commit: symbolic links, by
// their paths, and files of the repository outside of the workspace, by paths such as "../go.mod". Files that git does
// not track are among them.
func (w *Workspace) ChangedBesides(ctx context.Context, commit string) ([]string, error) {
	staged, edited, err := w.stagedBesides(ctx, w.runner, commit)
	changed := append(staged, edited...)
	slices.Sort(changed)
	return slices.Compact(changed), err
}

// stagedBesides returns, as [Workspace.ChangedBesides] does, what differs between a commit and git's index ("" is for
// none), and between the index and the disk. git compares the first two alone: it would run filters on files.
func (w *Workspace) stagedBesides(
	ctx context.Context, g *git.Runner, commit string,
) (staged, edited []string, err error) {
	if commit != "" {
		staged, err = w.committedBesides(ctx, g, commit)
		if err != nil {
			return nil, nil, err
		}
	}
	changed, err := g.Edited(ctx, w.gitDir, func(e *git.Entry) bool {
		_, isInside := w.fromTop(e.Path)
		return !isInside || e.Mode == git.LinkMode || w.isLink(e.Path)
	})
	if err != nil {
		return nil, nil, err
	}
	for _, p := range changed {
		rel, _ := w.fromTop(p)
		edited = append(edited, rel)
	}
	untracked, err := w.untrackedAround(ctx, g)
	return staged, append(edited, untracked...), err
}

// isLink reports whether a path of the repository is a symbolic link on disk.
func (w *Workspace) isLink(p string) bool {
	info, err := os.Lstat(filepath.Join(w.gitDir, filepath.FromSlash(p)))
	return err == nil && info.Mode()&os.ModeSymlink != 0
}

// committedBesides returns, as [Workspace.ChangedBesides] does, what differs between a commit and git's index.
func (w *Workspace) committedBesides(ctx context.Context, g *git.Runner, commit string) (changed []string, err error) {
	out, err := g.Output(ctx, w.gitDir, "diff-index", "--cached",
		"--raw", "-z", "--no-renames", "--no-ext-diff", "--no-textconv", "--ignore-submodules=dirty", commit, "--", ".")
	if err != nil {
		return nil, err
	}
	fields := strings.Split(string(out), "\x00")
	for i := 0; i+1 < len(fields); i += 2 { // ":100644 120000 ID ID T", and the path
		rel, isInside := w.fromTop(fields[i+1])
		modes := strings.Fields(strings.TrimPrefix(fields[i], ":"))
		if !isInside || len(modes) > 1 && slices.Contains(modes[:2], modeLink) {
			changed = append(changed, rel)
		}
	}
	return changed, nil
}

// untrackedAround returns the files of the repository outside of the workspace that are neither tracked nor ignored.
func (w *Workspace) untrackedAround(ctx context.Context, g *git.Runner) (files []string, err error) {
	if w.gitDir == w.root {
		return nil, nil
	}
	out, err := g.List(ctx, w.gitDir, "-z", "-o", "--exclude-standard")
	if err != nil {
		return nil, err
	}
	for p := range strings.SplitSeq(strings.TrimSuffix(string(out), "\x00"), "\x00") {
		if rel, isInside := w.fromTop(p); p != "" && !isInside {
			files = append(files, rel)
		}
	}
	return files, nil
}

// fromTop returns a path relative to the workspace, given that relative to the top of the repository.
func (w *Workspace) fromTop(p string) (rel string, isInside bool) {
	rel, err := filepath.Rel(w.root, filepath.Join(w.gitDir, filepath.FromSlash(p)))
	if err != nil {
		return p, false
	}
	rel = filepath.ToSlash(rel)
	return rel, !strings.HasPrefix(rel, "../")
}
