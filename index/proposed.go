package index

import (
	"bytes"
	"context"
	"errors"
	"io"
	"os"
	"path"
	"path/filepath"
	"strings"
)

// CanExtract reports whether [Workspace.ExtractSnapshot] can make a copy of the workspace: it is a whole repository, so
// that what git ignores is known, and nothing above it is part of its projects.
func (w *Workspace) CanExtract() bool { return w.InGit() && w.gitDir == w.root }

// ExtractSnapshot writes the files of a snapshot to an empty folder, with the contents of its overlay. Symbolic links,
// and files that git ignores, are those on disk: see [Workspace.Extract]. The workspace must be a whole repository
// ([Workspace.CanExtract]).
func (w *Workspace) ExtractSnapshot(ctx context.Context, s *Snapshot, dir string) (*Extracted, error) {
	out, err := w.extractSnapshot(ctx, s, dir)
	if err != nil {
		return nil, notExtracted("the files of the workspace", err)
	}
	return out, nil
}

func (w *Workspace) extractSnapshot(ctx context.Context, s *Snapshot, dir string) (*Extracted, error) {
	if !w.CanExtract() {
		return nil, errors.New("the workspace is no whole repository")
	}
	root, err := os.OpenRoot(dir)
	if err != nil {
		return nil, err
	}
	defer root.Close()
	x := extraction{w: w, root: root, dir: dir, prefix: ".", out: &Extracted{Root: dir}}
	made := map[string]bool{}
	for _, p := range s.Paths() {
		if ctx.Err() != nil {
			return nil, ctx.Err()
		}
		if err := x.writeListed(s, p, made); err != nil {
			return nil, err
		}
		x.out.Listed = append(x.out.Listed, p)
	}
	x.out.Gone = s.Gone()
	if err := x.linkOthers(ctx, s); err != nil {
		return nil, err
	}
	return x.out, x.finish(ctx)
}

// linkOthers makes links of what git lists and the snapshot does not have: links, and what no answer is about.
func (x *extraction) linkOthers(ctx context.Context, s *Snapshot) error {
	out, err := x.w.runner.list(ctx, x.w.gitDir, "-z", "-c", "-o", "--exclude-standard")
	if err != nil {
		return err
	}
	for p := range strings.SplitSeq(string(out), "\x00") {
		p = strings.TrimSuffix(p, "/") // a repository in the workspace
		if p == "" || s.Has(p) || s.overlaid[p] || x.exists(p) {
			continue
		}
		if isLink, err := x.writeLink(p, nil); err != nil {
			return err
		} else if !isLink {
			x.linkToToday(p)
		}
	}
	return nil
}

// writeLink notes a link of the workspace for later; isLink is false for what is none.
func (x *extraction) writeLink(p string, made map[string]bool) (isLink bool, err error) {
	info, err := x.w.folder.Direct().Lstat(p)
	if err != nil || info.Mode()&os.ModeSymlink == 0 {
		return false, nil
	}
	target, err := os.Readlink(filepath.Join(x.w.root, filepath.FromSlash(p)))
	if err != nil {
		return false, nil // it has just been replaced
	}
	link := bytes.NewReader([]byte(filepath.ToSlash(target)))
	return true, x.write(entry{path: p, mode: modeLink}, link.Size(), link, made)
}

// writeListed writes a file of a snapshot of the workspace, or notes a link for later.
func (x *extraction) writeListed(s *Snapshot, p string, made map[string]bool) error {
	f := entry{path: p}
	if content, err := s.Content(p); err == nil && s.overlaid[p] {
		return x.write(f, int64(content.Len()), bytes.NewReader(content.Bytes()), made)
	}
	if isLink, err := x.writeLink(p, made); isLink || err != nil {
		return err
	}
	info, err := x.w.folder.Direct().Lstat(p)
	if err != nil {
		return nil // it has just been removed
	}
	if info.Mode()&0o100 != 0 {
		f.mode = modeExecutable
	}
	if info.Size() > MaxFileSize {
		x.linkToToday(p)
		return nil
	}
	content, err := x.w.folder.ReadFile(p, MaxFileSize)
	if err != nil {
		x.leftOut = append(x.leftOut, path.Clean(p))
		return nil
	}
	return x.write(f, int64(len(content)), io.Reader(bytes.NewReader(content)), made)
}
