package index

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"lanser/index/beneath"
	"lanser/selectors/fault"
)

// Staged is the content of git's index, which the next commit would have, compared with the last commit and with
// the files on disk. Paths are those of the workspace, sorted.
type Staged struct {
	// Head is the id of the last commit; "" on a branch that has none.
	Head string
	// Before is the workspace at Head, and After the workspace in the index. Contents are read from git's objects,
	// without filters.
	Before, After *Snapshot
	// Changed are the files that differ between Before and After, or that only one of them has.
	Changed []string
	// Edited are the files that are not on disk as they are in After, except for line ends that git converts, and
	// the files on disk that After does not have, except for those that the ignore rules exclude.
	Edited []string
	// Renamed maps the paths of files at Head to their paths in the index, for files that git finds to be renamed.
	Renamed map[string]string
	// Submodules are the submodules whose commit in the index is not that of Head, or is not checked out.
	Submodules []string

	w    *Workspace
	git  *gitRunner // reads the index
	file string     // of the index, absolute
}

// Staged returns what is staged in git's index. Of Changed and Edited, it returns the files for which keep is
// true. A file of git add --intent-to-add is not staged, and files that a sparse checkout leaves out of the
// working tree are left out. disk is the workspace as it is on disk.
//
// file is the absolute path of git's index; "" for that of the repository. While git runs a hook for a commit of
// some files, it has them in another index next to that one, and names it in the environment of the hook.
//
// The error is Usage without a repository, for a file elsewhere, and while a merge has conflicts.
func (w *Workspace) Staged(
	ctx context.Context, disk *Snapshot, file string, keep func(path string) bool,
) (*Staged, error) {
	s := &Staged{w: w}
	s.Before, _ = w.objectSnapshot(nil)
	if err := s.findIndex(ctx, file); err != nil {
		return nil, err
	}
	entries, err := s.entries(ctx, w.root)
	if err != nil {
		return nil, err
	}
	s.Head, err = w.headCommit(ctx)
	if err != nil {
		return nil, err
	}
	before := map[string]entry{}
	if s.Head != "" {
		s.Before, err = w.At(ctx, s.Head)
		if err != nil {
			return nil, err
		}
		listing, err := w.git(ctx, "ls-tree", "-r", "-z", s.Head)
		if err != nil {
			return nil, stagedFailed(err)
		}
		tree, err := w.present(ctx, readTree(listing))
		if err != nil {
			return nil, stagedFailed(err)
		}
		for _, e := range tree {
			before[e.path] = e
		}
		s.Renamed = readRenames(s.git.output(ctx, w.root,
			slices.Concat([]string{"diff-index", "--cached"}, plainDiff, renamed, []string{s.Head, "--"})...))
	}
	s.After, _ = w.objectSnapshot(treeEntries(entries))
	s.compareTrees(before, entries, keep)
	return s, s.compareDisk(ctx, disk, entries, keep)
}

// findIndex sets the file of the index.
func (s *Staged) findIndex(ctx context.Context, file string) error {
	w := s.w
	if w.gitDir == "" {
		return fault.New(fault.Usage, "nothing is staged: the workspace is not in a git repository").
			WithHint("check a proposed change with --patch FILE")
	}
	if w.refused != nil {
		return stagedFailed(w.refused)
	}
	out, err := w.runner.output(ctx, w.root, "rev-parse", "--path-format=absolute", "--git-path", "index")
	if err != nil {
		return stagedFailed(err)
	}
	s.file, s.git = strings.TrimSuffix(string(out), "\n"), w.runner
	if file == "" || file == s.file {
		return nil
	}
	if resolved(filepath.Dir(file)) != resolved(filepath.Dir(s.file)) {
		return fault.New(fault.Usage, "%s is not an index of the repository: it is not in the folder of %s", file,
			s.file).
			WithHint("unset GIT_INDEX_FILE, if it names the file")
	}
	own := *w.runner
	own.indexFile = file
	s.file, s.git = file, &own
	return nil
}

// stagedFailed returns the error for an index or a commit that git cannot list.
func stagedFailed(err error) error {
	if refused := notAsked(fault.Usage, "the index", err); refused != nil {
		return refused
	}
	return fault.Wrap(fault.Permissions, err, "git cannot list what is staged: %s", oneLine(err.Error()))
}

// headCommit returns the id of the last commit, "" on a branch that has none.
func (w *Workspace) headCommit(ctx context.Context) (string, error) {
	if _, err := w.git(ctx, "rev-parse", "--verify", "--quiet", "HEAD"); err != nil {
		if _, err := w.git(ctx, "symbolic-ref", "--quiet", "HEAD"); err == nil {
			return "", nil
		}
	}
	return w.Commit(ctx, "HEAD")
}

// entries returns the entries of the index below a folder, sorted: its files, links and submodules. Files that are
// announced but not added, and those that are left out of the working tree, are not among them.
func (s *Staged) entries(ctx context.Context, dir string) ([]indexEntry, error) {
	var entries []indexEntry
	var conflicts []string
	list := func(args ...string) error {
		entries, conflicts = nil, nil
		return s.git.run(ctx, dir, nil, func(r *bufio.Reader) error {
			return readIndexList(r, func(e *indexEntry) error {
				switch {
				case e.unmerged():
					conflicts = append(conflicts, e.path)
				case e.intentToAdd() || e.mode == folderMode || !isCheckedOut(e.path):
				case e.tag != 'S' || isOnDisk(dir, e.path):
					entries = append(entries, *e)
				}
				return nil
			})
		}, append([]string{"ls-files", "-z", "-t", "-s", "--debug"}, args...)...)
	}
	err := list("--sparse")
	if isOlder(err) {
		err = list()
	}
	if err != nil {
		return nil, stagedFailed(err)
	}
	if len(conflicts) > 0 {
		return nil, fault.New(fault.Usage, "a merge has conflicts in %s, so nothing can be committed",
			numberOfFiles(slices.Compact(conflicts))).
			WithHint("resolve the conflicts and 'git add' the files; 'git status' lists them")
	}
	return entries, nil
}

// numberOfFiles returns the only path, or for several their number and the first: "3 files, such as a.go".
func numberOfFiles(paths []string) string {
	if len(paths) == 1 {
		return paths[0]
	}
	return fmt.Sprintf("%d files, such as %s", len(paths), paths[0])
}

// treeEntries returns entries of the index as those of a commit.
func treeEntries(entries []indexEntry) []entry {
	out := make([]entry, len(entries))
	for i, e := range entries {
		out[i] = entry{path: e.path, mode: strconv.FormatUint(uint64(e.mode), 8), id: e.id}
	}
	return out
}

// isFile reports whether an entry is a regular file.
func (e entry) isFile() bool { return e.mode == "100644" || e.mode == modeExecutable }

// isSubmodule reports whether an entry is a submodule, whose id is that of a commit.
func (e entry) isSubmodule() bool { return e.mode == modeSubmodule }

// compareTrees sets Changed, and Submodules to those whose commit has changed.
func (s *Staged) compareTrees(before map[string]entry, entries []indexEntry, keep func(string) bool) {
	inIndex := map[string]bool{}
	for _, now := range treeEntries(entries) {
		inIndex[now.path] = true
		was, known := before[now.path]
		switch {
		case known && was.id == now.id && was.isFile() == now.isFile() && was.isSubmodule() == now.isSubmodule():
		case now.isSubmodule() || was.isSubmodule():
			s.Submodules = append(s.Submodules, now.path)
		case (now.isFile() || was.isFile()) && keep(now.path):
			s.Changed = append(s.Changed, now.path)
		}
	}
	for p, was := range before {
		switch {
		case inIndex[p]:
		case was.isSubmodule():
			s.Submodules = append(s.Submodules, p)
		case was.isFile() && keep(p):
			s.Changed = append(s.Changed, p)
		}
	}
	slices.Sort(s.Changed)
}

// compareDisk sets Edited, and adds the submodules whose commit is not checked out.
func (s *Staged) compareDisk(
	ctx context.Context, disk *Snapshot, entries []indexEntry, keep func(string) bool,
) error {
	var submodules []string
	var files []indexEntry
	inIndex := map[string]bool{}
	for _, e := range entries {
		inIndex[e.path] = true
		if e.mode != submoduleMode {
			if e.mode != linkMode && keep(e.path) {
				files = append(files, e)
			}
			continue
		}
		submodules = append(submodules, e.path)
		if head, ok := s.w.submoduleHead(ctx, e.path); ok && head != e.id {
			s.Submodules = append(s.Submodules, e.path)
		}
	}
	slices.Sort(s.Submodules)
	s.Submodules = slices.Compact(s.Submodules)
	for _, p := range disk.Paths() {
		inSubmodule := func(dir string) bool { return beneath.Inside(dir, p) }
		if !inIndex[p] && keep(p) && !slices.ContainsFunc(submodules, inSubmodule) {
			s.Edited = append(s.Edited, p)
		}
	}
	edited, err := s.editedOf(ctx, files)
	s.Edited = append(s.Edited, edited...)
	slices.Sort(s.Edited)
	return err
}

// submoduleHead returns the commit that is checked out in a submodule; ok is false if that is not known.
func (w *Workspace) submoduleHead(ctx context.Context, p string) (commit string, ok bool) {
	top := filepath.Join(w.root, filepath.FromSlash(p))
	if findGit(top) != top || resolved(top) != top {
		return "", false
	}
	g := w.runner.forRepository(top)
	if g.refusal(ctx, top) != nil {
		return "", false
	}
	out, err := g.output(ctx, top, "rev-parse", "--verify", "--quiet", "HEAD")
	return strings.TrimSpace(string(out)), err == nil
}

// editedOf returns the files that are not on disk as they are in the index. Files that are marked as assumed
// unchanged are compared too: what is staged of them is what is committed.
func (s *Staged) editedOf(ctx context.Context, files []indexEntry) (edited []string, err error) {
	t := &worktree{g: s.git, root: s.w.root, entries: files}
	if written, err := os.Stat(s.file); err == nil {
		t.written = written.ModTime().UnixNano()
	} else if !errors.Is(err, os.ErrNotExist) {
		return nil, stagedFailed(err)
	}
	root, err := os.OpenRoot(s.w.root)
	if err != nil {
		return nil, stagedFailed(err)
	}
	defer root.Close()
	stamps := t.stamps()
	differs := make([]bool, len(files))
	parallel(len(files), 1, func(i int) {
		if stamps[i] == nil || !t.sameStamp(&t.entries[i], stamps[i]) {
			differs[i] = stamps[i] == nil || compareBlob(ctx, root, &t.entries[i]) == otherBlob
		}
	})
	for i := range files {
		if differs[i] {
			edited = append(edited, files[i].path)
		}
	}
	return edited, ctx.Err()
}

// Extract is [Workspace.Extract] for the content of the index.
func (s *Staged) Extract(ctx context.Context, dir string) (*Extracted, error) {
	entries, err := s.entries(ctx, s.w.gitDir)
	if err != nil {
		return nil, err
	}
	out, err := s.w.extract(ctx, treeEntries(entries), dir)
	if err != nil {
		return nil, notExtracted("the staged files", err)
	}
	return out, nil
}
