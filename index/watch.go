package index

import (
	"errors"
	"io/fs"
	"path"
	"path/filepath"
	"strings"

	"lanser/index/beneath"
	"lanser/index/syntax"
)

// maxWatched is the number of folders up to which they are watched.
const maxWatched = 20_000

// maxLinked is the number of files with several names up to which folders are watched:
// each such file is looked at for every question.
const maxLinked = 500

// touch is a change below a watched folder.
type fileEvent struct {
	path string // relative to the root
	// list says that a name has come or gone, so that the list of files may be another.
	listChanged bool
	// unlisted says that the folder is one that the ignore rules leave out.
	unlisted bool
	folder   bool // the path is that of a folder
}

// Quiet is equal for two moments between which nothing has changed in the files that
// the ignore rules leave out, which servers may read all the same; nil where that is not
// known. Folders of installed packages are left out ([passedOver]).
func (w *Workspace) UnlistedVersion() any {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.currentLocked() == nil || !w.watch.allUnlisted {
		return nil
	}
	return unlistedVersion{watch: w.watch, changes: w.unlistedChanges}
}

type unlistedVersion struct {
	watch   *watch
	changes int
}

// passedOver says whether a folder that the ignore rules leave out is one whose files
// come and go with installations.
func skipsFolder(root *beneath.Folder, folder string) bool {
	switch path.Base(folder) {
	case ".git", "node_modules", "__pycache__", ".mypy_cache", ".pytest_cache", ".ruff_cache":
		return true
	}
	_, err := root.Direct().Lstat(path.Join(folder, "pyvenv.cfg"))
	return err == nil
}

// unlistedBelow lists a folder and those below it, but for those that are passed over.
func unlistedBelow(root *beneath.Folder, folder string) (out []string) {
	folders := []string{folder}
	for i := 0; i < len(folders) && len(out) <= maxWatched; i++ {
		if skipsFolder(root, folders[i]) {
			continue
		}
		out = append(out, folders[i])
		entries, err := root.Direct().ReadDir(folders[i])
		if err != nil {
			continue // nobody else can read it either
		}
		for _, e := range entries {
			if e.IsDir() {
				folders = append(folders, path.Join(folders[i], e.Name()))
			}
		}
	}
	return out
}

// Unlisted calls yield for every file in the folder of the workspace that is not in the
// snapshot, in order, but for folders that are passed over; it says whether it has seen
// all: it gives up after a bounded number.
func (s *Snapshot) Unlisted(yield func(path string, info fs.FileInfo)) (all bool) {
	n := 0
	err := fs.WalkDir(s.w.folder.Direct(), ".", func(rel string, d fs.DirEntry, err error) error {
		switch n++; {
		case err != nil || n > maxWalked:
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

// maxWalked bounds the files and folders that are looked at for one answer's sake.
const maxWalked = 200_000

var errTooMany = errors.New("there are more files than are looked at")

// observe makes w.watch the one that sees what changes from here on; nil for none. The
// caller holds w.mu.
func (w *Workspace) setWatch(by *watch) {
	w.watch, w.tree = by, nil
	if by == nil {
		return
	}
	if _, ok := w.drainWatch(); !ok {
		w.watch = nil
	}
}

// drained is what has happened since it was last called. Files that were touched are
// forgotten. The caller holds w.mu.
func (w *Workspace) drainWatch() (touched []fileEvent, ok bool) {
	touched, ok = w.watch.drain()
	w.distrustStamps(touched)
	for _, t := range touched {
		if _, source := syntax.LangOf(t.path); (source || t.folder) && w.known[t.path] == nil {
			w.unlistedChanges++
		}
	}
	return touched, ok
}

// forget has the files that were touched read again. The caller holds w.mu.
func (w *Workspace) distrustStamps(touched []fileEvent) {
	for _, t := range touched {
		if f := w.known[t.path]; f != nil {
			f.stampReliable.Store(false)
		}
	}
}

// keepTree keeps a tree for as long as nothing changes. The caller holds w.mu.
func (w *Workspace) cacheTree(t *tree, l *listing) {
	w.tree, t.listing = nil, l
	if w.watch != nil && len(t.hardLinked) <= maxLinked {
		w.tree = t
	}
}

// current is the last snapshot's tree if it is known to be the workspace's as it is
// now; nil where that is not known.
func (w *Workspace) current() *tree {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.currentLocked()
}

// still is current for who holds w.mu.
func (w *Workspace) currentLocked() *tree {
	if w.tree == nil {
		return nil
	}
	touched, ok := w.drainWatch()
	if !ok || !w.watch.inPlace(w.root) {
		w.watch, w.tree = nil, nil
		return nil
	}
	for _, t := range touched {
		if t.unlisted {
			continue
		}
		if t.listChanged || w.tree.files[t.path] != nil || strings.HasPrefix(filepath.Base(t.path), ".git") {
			w.tree = nil
			return nil
		}
	}
	if !w.tree.listing.outsideUnchanged() {
		w.tree = nil
		return nil
	}
	if len(w.tree.hardLinked) > 0 {
		for i, st := range w.stampBeneath(w.tree.hardLinked, true) {
			if st == nil || st.stamp != w.tree.files[w.tree.hardLinked[i]].stamp {
				w.tree = nil
				return nil
			}
		}
	}
	return w.tree
}
