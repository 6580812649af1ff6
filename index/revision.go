package index

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"strconv"
	"strings"

	"lanser/index/beneath"
	"lanser/selectors/fault"
)

// Commit is the id of the commit that a revision names: what git knows as one, or
// "REV..." for the best common ancestor of REV and HEAD, from which a branch was made.
// The error is Usage, with git's own words.
func (w *Workspace) Commit(ctx context.Context, rev string) (string, error) {
	if w.gitDir == "" {
		return "", fault.New(fault.Usage, "revision %q: the workspace is no git repository", rev).
			WithHint("compare with an earlier report instead: --baseline FILE")
	}
	base, since := strings.CutSuffix(rev, "...")
	out, err := w.git(ctx, "rev-parse", "--verify", "--quiet", "--end-of-options", base+"^{commit}")
	if err == nil && since {
		out, err = w.git(ctx, "merge-base", strings.TrimSpace(string(out)), "HEAD")
		if err != nil {
			return "", fault.New(fault.Usage, "git finds no common ancestor of %q and HEAD", base).WithHint(deepen)
		}
	}
	if commit := strings.TrimSpace(string(out)); err == nil && commit != "" {
		return commit, nil
	}
	if _, why := w.git(ctx, "rev-list", "-n1", "--end-of-options", base); why != nil { // it says more
		err = why
	}
	return "", fault.New(fault.Usage, "git knows no commit %q: %v", base, err).WithHint(deepen)
}

// deepen is the mend for history that is not there.
const deepen = "see 'git log'; a shallow clone lacks history: git fetch --unshallow, or fetch-depth: 0 of actions/checkout, GIT_DEPTH: 0 of GitLab"

// At is the workspace at a commit of [Workspace.Commit], read from git's objects.
func (w *Workspace) At(ctx context.Context, commit string) (*Snapshot, error) {
	return w.revision(ctx, commit)
}

// RenamedSince is where the files that have another name since a commit are now, as git
// finds it among the tracked files.
func (w *Workspace) RenamedSince(ctx context.Context, commit string) map[string]string {
	return w.renamedSince(ctx, commit)
}

// Extracted is a copy of the repository as it was.
type Extracted struct {
	Root   string   // of the workspace in the copy
	Listed []string // its files in git, sorted, relative to Root
	Doubts []string // what is not as it was then
}

// Extract writes the repository as it was at a commit to an empty folder: files from
// git's objects, as they are there, without filters. What the ignore rules leave out
// (packages that are installed, generated code) is not in git: links lead to what the
// workspace has today. A compilation database that names the repository's folder names
// dir in the copy. Nothing is written through a link.
func (w *Workspace) Extract(ctx context.Context, commit, dir string) (*Extracted, error) {
	failed := func(err error) error {
		return fault.Wrap(fault.Permissions, err, "the files of %s cannot be brought back: %v", commit[:min(12, len(commit))], err).
			WithHint("a clone without all objects lacks them: git fetch --refetch, or clone without --filter")
	}
	root, err := os.OpenRoot(dir)
	if err != nil {
		return nil, failed(err)
	}
	defer root.Close()
	prefix, err := filepath.Rel(w.gitDir, w.root)
	if err != nil {
		return nil, failed(err)
	}
	prefix = filepath.ToSlash(prefix)
	out := &Extracted{Root: filepath.Join(dir, filepath.FromSlash(prefix))}
	x := extraction{w: w, root: root, dir: dir}
	listing, err := w.git(ctx, "ls-tree", "-r", "-z", "--full-tree", commit)
	if err != nil {
		return nil, failed(err)
	}
	var submodules, blobs []entry
	for line := range strings.SplitSeq(string(listing), "\x00") {
		head, p, _ := strings.Cut(line, "\t")
		f := strings.Fields(head)
		if len(f) != 3 {
			continue
		}
		e := entry{path: p, mode: f[0], id: f[2]}
		if e.mode == "160000" {
			submodules = append(submodules, e)
			continue
		}
		blobs = append(blobs, e)
		if rel, ok := strings.CutPrefix(p, prefix+"/"); ok || prefix == "." {
			if prefix == "." {
				rel = p
			}
			out.Listed = append(out.Listed, rel)
		}
	}
	if err := x.blobs(ctx, blobs); err != nil {
		return nil, failed(err)
	}
	for _, s := range submodules {
		now, err := gitCommand(ctx, w.gitDir, "rev-parse", "--verify", "--quiet", "HEAD:"+s.path)
		if err != nil || strings.TrimSpace(string(now)) != s.id {
			out.Doubts = append(out.Doubts, "the submodule "+s.path+" was at another commit then")
		}
		x.link(s.path)
	}
	if err := x.ignored(ctx); err != nil {
		return nil, failed(err)
	}
	for _, l := range x.links { // last: nothing is written after them
		_ = root.MkdirAll(path.Dir(l.path), 0o700)
		_ = root.Symlink(l.id, l.path) // what does not come about is missing, as in a fresh clone
	}
	if err := os.MkdirAll(out.Root, 0o700); err != nil {
		return nil, failed(err)
	}
	return out, nil
}

// entry is a file of a commit: mode and id as git's; of a link, id is where it leads.
type entry struct{ path, mode, id string }

type extraction struct {
	w     *Workspace
	root  *os.Root
	dir   string
	links []entry // to be made
}

// blobs writes files with one git.
func (x *extraction) blobs(ctx context.Context, files []entry) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	cmd := gitProcess(ctx, x.w.gitDir, "cat-file", "--batch")
	var ids bytes.Buffer
	for _, f := range files {
		fmt.Fprintln(&ids, f.id)
	}
	cmd.Stdin = &ids
	pipe, err := cmd.StdoutPipe()
	if err != nil {
		return err
	}
	if err := cmd.Start(); err != nil {
		return err
	}
	defer cmd.Wait()
	defer cancel()
	r := bufio.NewReader(pipe)
	made := map[string]bool{}
	for _, f := range files {
		head, err := r.ReadString('\n')
		if err != nil {
			return fmt.Errorf("git cat-file: %w", err)
		}
		parts := strings.Fields(head)
		if len(parts) != 3 {
			return fmt.Errorf("%s: git says %s", f.path, strings.TrimSpace(head))
		}
		n, err := strconv.Atoi(parts[2])
		if err != nil {
			return err
		}
		b := make([]byte, n+1)
		if _, err := io.ReadFull(r, b); err != nil {
			return err
		}
		b = b[:n]
		if f.mode == "120000" {
			if to := path.Join(path.Dir(f.path), string(b)); !path.IsAbs(string(b)) && to != ".." && !strings.HasPrefix(to, "../") {
				x.links = append(x.links, entry{path: f.path, id: string(b)})
			}
			continue
		}
		if dir := path.Dir(f.path); !made[dir] {
			if err := x.root.MkdirAll(dir, 0o700); err != nil {
				return err
			}
			made[dir] = true
		}
		perm := fs.FileMode(0o600)
		if f.mode == "100755" {
			perm = 0o700
		}
		if err := x.root.WriteFile(f.path, x.rebased(f.path, b), perm); err != nil {
			return err
		}
	}
	return nil
}

// database is the name of a compilation database, which holds absolute paths.
const database = "compile_commands.json"

// rebased is the content of a file for the copy.
func (x *extraction) rebased(p string, b []byte) []byte {
	if path.Base(p) == database {
		return bytes.ReplaceAll(b, []byte(x.w.gitDir), []byte(x.dir))
	}
	return b
}

// link has a path of the copy lead to the workspace's own.
func (x *extraction) link(p string) {
	x.links = append(x.links, entry{path: p, id: filepath.Join(x.w.gitDir, filepath.FromSlash(p))})
}

// ignored links what git does not hold, where the folder that it stands in was there then.
func (x *extraction) ignored(ctx context.Context) error {
	out, err := gitCommand(ctx, x.w.gitDir, "ls-files", "-z", "-o", "-i", "--directory", "--exclude-per-directory=.gitignore")
	if err != nil {
		return err
	}
	repository, err := beneath.Open(x.w.gitDir)
	if err != nil {
		return err
	}
	defer repository.Close()
	for p := range strings.SplitSeq(string(out), "\x00") {
		isDir := strings.HasSuffix(p, "/")
		if p = strings.TrimSuffix(p, "/"); p == "" {
			continue
		}
		if _, err := x.root.Lstat(path.Dir(p)); err != nil {
			continue
		}
		if _, err := x.root.Lstat(p); err == nil {
			continue
		}
		if !isDir {
			if err := x.file(p, repository); err != nil {
				return err
			}
			continue
		}
		if _, err := repository.Direct().Lstat(path.Join(p, database)); err != nil {
			x.link(p)
			continue
		}
		entries, err := repository.Direct().ReadDir(p)
		if err != nil {
			return err
		}
		if err := x.root.MkdirAll(p, 0o700); err != nil {
			return err
		}
		for _, e := range entries {
			if err := x.file(path.Join(p, e.Name()), repository); err != nil {
				return err
			}
		}
	}
	return nil
}

// file links one file or folder that is not in git, or writes a database anew.
func (x *extraction) file(p string, repository *beneath.Folder) error {
	if path.Base(p) != database {
		x.link(p)
		return nil
	}
	b, err := repository.ReadFile(p, MaxFileSize)
	if err != nil {
		return nil // it is missing in the copy: a pipe, a device, a link that leads out
	}
	return x.root.WriteFile(p, x.rebased(p, b), 0o600)
}
