package index

import (
	"errors"
	"io/fs"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"lanser/index/beneath"
	"lanser/index/syntax"
)

// maxWatched is the largest number of folders that are watched.
const maxWatched = 20_000

// maxLinked is the largest number of files with several hard links in a watched workspace: each such file is
// checked for every question.
const maxLinked = 500

// fileEvent is a change below a watched folder.
type fileEvent struct {
	path string // relative to the root
	// listChanged is true if a name was created or deleted, so that the list of files may be different.
	listChanged bool
	// unlisted is true in a folder that the ignore rules exclude.
	unlisted bool
	folder   bool // path is a folder
}

// UnlistedVersion changes whenever a source file that the ignore rules exclude changes. Language servers
// may read such files, so answers depend on them. It returns nil if such changes are not watched. Folders
// of installed packages do not count ([skipsFolder]).
func (w *Workspace) UnlistedVersion() any {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.currentLocked() == nil || !w.watch.allUnlisted {
		return nil
	}
	return unlistedVersion{watch: w.watch, changes: w.unlistedChanges}
}

// unlistedVersion is a value of [Workspace.UnlistedVersion].
type unlistedVersion struct {
	watch   *watch
	changes int
}

// skipsFolder reports whether an ignored folder contains only caches or installed packages.
func skipsFolder(root *beneath.Folder, folder string) bool {
	switch path.Base(folder) {
	case ".git", "node_modules", "__pycache__", ".mypy_cache", ".pytest_cache", ".ruff_cache":
		return true
	}
	_, err := root.Direct().Lstat(path.Join(folder, "pyvenv.cfg"))
	return err == nil
}

// unlistedBelow lists a folder and all folders below it, without those that skipsFolder excludes.
func unlistedBelow(root *beneath.Folder, folder string) (out []string) {
	folders := []string{folder}
	for i := 0; i < len(folders) && len(out) <= maxWatched; i++ {
		if skipsFolder(root, folders[i]) {
			continue
		}
		out = append(out, folders[i])
		entries, err := root.Direct().ReadDir(folders[i])
		if err != nil {
			continue // language servers cannot read it either
		}
		for _, e := range entries {
			if e.IsDir() {
				folders = append(folders, path.Join(folders[i], e.Name()))
			}
		}
	}
	return out
}

// Unlisted calls yield for every file in the workspace's folder that is not in the snapshot, in order, except
// in folders that [skipsFolder] excludes. all is false if it gave up after a bounded number of files.
func (s *Snapshot) Unlisted(yield func(path string, info fs.FileInfo)) (all bool) {
	visited := 0
	err := fs.WalkDir(s.w.folder.Direct(), ".", func(rel string, d fs.DirEntry, err error) error {
		visited++
		switch {
		case err != nil || visited > maxWalked:
			return errTooMany
		case d.IsDir() && rel != "." && skipsFolder(s.w.folder, rel):
			return fs.SkipDir
		case d.IsDir() || s.Has(rel):
			return nil
		}

		if info, err := s.w.folder.Direct().Lstat(rel); err == nil {
			yield(rel, info)
		}
		return nil
	})
	return err == nil
}

// maxWalked bounds the files and folders that [Snapshot.Unlisted] visits.
const maxWalked = 200_000

// errTooMany ends the walk of [Snapshot.Unlisted] early.
var errTooMany = errors.New("there are too many files in the workspace's folder")

// setWatch sets the watch that reports changes from here on; nil means none. The events so far are dropped: they
// are of changes that the next look at the files sees. The caller holds w.mu.
func (w *Workspace) setWatch(watch *watch) {
	w.watch, w.tree = watch, nil
	if watch == nil {
		return
	}
	if _, ok := w.drainWatch(); !ok {
		w.watch = nil
	}
}

// drainWatch returns the events since its last call; ok is false if some may have been lost. The stamps of
// the files concerned are no longer relied on. The caller holds w.mu.
func (w *Workspace) drainWatch() (touched []fileEvent, ok bool) {
	touched, ok = w.watch.drain()
	w.distrustStamps(touched)
	for _, e := range touched {
		isUnlisted := w.known[e.path] == nil
		if _, hasOutline := syntax.LangOf(e.path); isUnlisted && (e.folder || hasOutline) {
			w.unlistedChanges++
		}
	}
	return touched, ok
}

// distrustStamps makes the next snapshot read the changed files again. The caller holds w.mu.
func (w *Workspace) distrustStamps(touched []fileEvent) {
	for _, e := range touched {
		if f := w.known[e.path]; f != nil {
			f.stampReliable.Store(false)
		}
	}
}

// cacheTree makes a tree the one of the next snapshots for as long as nothing changes, if a watch can tell. The caller
// holds w.mu.
func (w *Workspace) cacheTree(t *tree, l *listing) {
	w.tree, t.listing = nil, l
	if w.watch != nil && len(t.hardLinked) <= maxLinked {
		w.tree = t
	}
}

// current returns the tree of the last snapshot if it is known to be up to date, otherwise nil.
func (w *Workspace) current() *tree {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.currentLocked()
}

// currentLocked is current for a caller that holds w.mu.
func (w *Workspace) currentLocked() *tree {
	if w.tree == nil {
		return nil
	}
	touched, ok := w.drainWatch()
	if !ok || !w.watch.inPlace(w.root) {
		w.watch, w.tree = nil, nil
		return nil
	}

	if w.tree.isTouched(touched) || !w.tree.listing.outsideUnchanged() || !w.hardLinkedUnchanged() {
		w.tree = nil
	}
	return w.tree
}

// isTouched reports whether events may mean that a tree is out of date: a listed file was written, the list may be
// different, or git's ignore rules are.
func (t *tree) isTouched(events []fileEvent) bool {
	return slices.ContainsFunc(events, func(e fileEvent) bool {
		isRules := strings.HasPrefix(filepath.Base(e.path), ".git") // .gitignore, .gitattributes, .git
		return !e.unlisted && (e.listChanged || t.files[e.path] != nil || isRules)
	})
}

// hardLinkedUnchanged reports whether the files that a watch cannot be relied on for have the same stamps as in the
// last tree. The caller holds w.mu.
func (w *Workspace) hardLinkedUnchanged() bool {
	if len(w.tree.hardLinked) == 0 {
		return true
	}
	for i, st := range w.folder.Stamps(w.tree.hardLinked, true) {
		if st == nil || st.Stamp != w.tree.files[w.tree.hardLinked[i]].stamp {
			return false
		}
	}
	return true
}
