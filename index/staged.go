package index

import (
	"context"
	"fmt"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"lanser/index/beneath"
	"lanser/index/git"
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
	// ChangedBesides are the paths that differ between HEAD and the index and that no snapshot has: symbolic links, and
	// files of the repository outside of the workspace, such as ../go.mod. EditedBesides are those that differ between
	// the index and the disk.
	ChangedBesides, EditedBesides []string

	w    *Workspace
	git  *git.Runner // reads the index
	file string      // of the index, absolute
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
		s.Renamed = readRenames(s.git.Output(ctx, w.root,
			slices.Concat([]string{"diff-index", "--cached"}, git.PlainDiff, renamed, []string{s.Head, "--"})...))
	}
	s.After, _ = w.objectSnapshot(treeEntries(entries))
	s.compareTrees(before, entries, keep)
	s.ChangedBesides, s.EditedBesides, err = w.stagedBesides(ctx, s.git, s.Head)
	if err != nil {
		return nil, stagedFailed(err)
	}
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
	out, err := w.runner.Output(ctx, w.root, "rev-parse", "--path-format=absolute", "--git-path", "index")
	if err != nil {
		return stagedFailed(err)
	}
	s.file, s.git = strings.TrimSuffix(string(out), "\n"), w.runner
	if file == "" || file == s.file {
		return nil
	}
	if git.Resolved(filepath.Dir(file)) != git.Resolved(filepath.Dir(s.file)) {
		return fault.New(fault.Usage, "%s is not an index of the repository: it is not in the folder of %s", file,
			s.file).
			WithHint("unset GIT_INDEX_FILE, if it names the file")
	}
	s.file, s.git = file, w.runner.WithIndex(file)
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
func (s *Staged) entries(ctx context.Context, dir string) ([]git.Entry, error) {
	var entries []git.Entry
	var conflicts []string
	err := s.git.Entries(ctx, dir, func(e *git.Entry) {
		switch {
		case e.Unmerged():
			conflicts = append(conflicts, e.Path)
		case e.IntentToAdd() || e.Mode == git.FolderMode || !isCheckedOut(e.Path):
		case e.Tag != 'S' || isOnDisk(dir, e.Path):
			entries = append(entries, *e)
		}
	})
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
func treeEntries(entries []git.Entry) []entry {
	out := make([]entry, len(entries))
	for i, e := range entries {
		out[i] = entry{path: e.Path, mode: strconv.FormatUint(uint64(e.Mode), 8), id: e.ID}
	}
	return out
}

// isFile reports whether an entry is a regular file.
func (e entry) isFile() bool { return e.mode == "100644" || e.mode == modeExecutable }

// isSubmodule reports whether an entry is a submodule, whose id is that of a commit.
func (e entry) isSubmodule() bool { return e.mode == modeSubmodule }

// compareTrees sets Changed, and Submodules to those whose commit has changed.
func (s *Staged) compareTrees(before map[string]entry, entries []git.Entry, keep func(string) bool) {
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
	ctx context.Context, disk *Snapshot, entries []git.Entry, keep func(string) bool,
) error {
	var submodules []string
	var files []git.Entry
	inIndex := map[string]bool{}
	for _, e := range entries {
		inIndex[e.Path] = true
		if e.Mode != git.SubmoduleMode {
			if e.Mode != git.LinkMode && keep(e.Path) {
				files = append(files, e)
			}
			continue
		}
		submodules = append(submodules, e.Path)
		if head, ok := s.w.submoduleHead(ctx, e.Path); ok && head != e.ID {
			s.Submodules = append(s.Submodules, e.Path)
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
	if git.Find(top) != top || git.Resolved(top) != top {
		return "", false
	}
	g := w.runner.ForRepository(top)
	if g.Refusal(ctx, top) != nil {
		return "", false
	}
	out, err := g.Output(ctx, top, "rev-parse", "--verify", "--quiet", "HEAD")
	return strings.TrimSpace(string(out)), err == nil
}

// editedOf returns the files that are not on disk as they are in the index. Files that are marked as assumed
// unchanged are compared too: what is staged of them is what is committed.
func (s *Staged) editedOf(ctx context.Context, files []git.Entry) (edited []string, err error) {
	edited, err = s.git.EditedOf(ctx, s.w.root, s.file, files)
	if err != nil && ctx.Err() == nil {
		return nil, stagedFailed(err)
	}
	return edited, err
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
