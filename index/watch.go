package index

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"time"
)

// maxWatched is the number of folders up to which they are watched.
const maxWatched = 20_000

// maxLinked is the number of files with several names up to which folders are watched:
// each such file is looked at for every question.
const maxLinked = 500

// touch is a change below a watched folder.
type touch struct {
	path string // relative to the root
	// list says that a name has come or gone, so that the list of files may be another.
	list bool
}

// observe makes w.watch the one that sees what changes from here on; nil for none. The
// caller holds w.mu.
func (w *Workspace) observe(by *watch) {
	w.watch, w.tree = by, nil
	if by == nil {
		return
	}
	touched, ok := by.drain()
	w.forget(touched)
	if !ok {
		w.watch = nil
	}
}

// forget has the files that were touched read again. The caller holds w.mu.
func (w *Workspace) forget(touched []touch) {
	for _, t := range touched {
		if f := w.known[t.path]; f != nil {
			f.settled.Store(false)
		}
	}
}

// keepTree keeps a tree for as long as nothing changes. The caller holds w.mu.
func (w *Workspace) keepTree(t *tree, l *listing) {
	w.tree, t.aside = nil, l
	if w.watch != nil && len(t.linked) <= maxLinked {
		w.tree = t
	}
}

// current is the last snapshot's tree if it is known to be the workspace's as it is
// now; nil where that is not known.
func (w *Workspace) current() *tree {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.still()
}

// still is current for who holds w.mu.
func (w *Workspace) still() *tree {
	if w.tree == nil {
		return nil
	}
	touched, ok := w.watch.drain()
	if !ok || !w.watch.inPlace(w.root) {
		w.watch, w.tree = nil, nil
		return nil
	}
	w.forget(touched)
	for _, t := range touched {
		if t.list || w.tree.files[t.path] != nil || strings.HasPrefix(filepath.Base(t.path), ".git") {
			w.tree = nil
			return nil
		}
	}
	if !w.tree.aside.asideHolds() {
		w.tree = nil
		return nil
	}
	if len(w.tree.linked) > 0 {
		for i, st := range stampFiles(w.root, w.tree.linked) {
			if st == nil || st.stamp != w.tree.files[w.tree.linked[i]].stamp {
				w.tree = nil
				return nil
			}
		}
	}
	return w.tree
}

// vcsState is what git said of a tree, and the files of git's own that it depends on.
type vcsState struct {
	tree   *tree
	files  []string
	stamps []*linkedStamp
	said   *VCS
}

// remembered is what git said, if neither the workspace nor git's own files have
// changed since.
func (w *Workspace) rememberedVCS() (*VCS, bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	v := w.vcs
	if v == nil || v.tree != w.still() || !sameStamps(stampFiles("/", v.files), v.stamps) {
		return nil, false
	}
	return v.said, true
}

func sameStamps(a, b []*linkedStamp) bool {
	for i := range a {
		if (a[i] == nil) != (b[i] == nil) || a[i] != nil && *a[i] != *b[i] {
			return false
		}
	}
	return len(a) == len(b)
}

// gitState stamps what git's word on the workspace depends on, before git is asked; nil
// where it cannot be told, or is too young for its stamps to be trusted.
func (w *Workspace) gitState(ctx context.Context) *vcsState {
	w.mu.Lock()
	t := w.still()
	w.mu.Unlock()
	if t == nil {
		return nil
	}
	files := w.ownFiles(ctx)
	if files == nil {
		return nil
	}
	files, ok := headFiles(files)
	if !ok {
		return nil
	}
	v := &vcsState{tree: t, files: files, stamps: stampFiles("/", files)}
	if young(v.stamps) {
		return nil
	}
	return v
}

// headFiles adds the branch's own file to git's files, of which the first is HEAD, the
// second the common folder's packed-refs.
func headFiles(files []string) ([]string, bool) {
	head, err := os.ReadFile(files[0])
	if err != nil {
		return nil, false
	}
	ref, ok := strings.CutPrefix(strings.TrimSpace(string(head)), "ref: ")
	if !ok {
		return files, true // it names a commit itself
	}
	common := filepath.Dir(files[1])
	if _, err := os.Lstat(filepath.Join(common, "reftable")); err == nil || strings.Contains(ref, "..") {
		return nil, false
	}
	file := filepath.Join(common, filepath.FromSlash(ref))
	if raw, err := os.ReadFile(file); err == nil && strings.HasPrefix(string(raw), "ref:") {
		return nil, false // a name for another name
	}
	return append(append([]string{}, files...), file), true
}

// young says whether a stamp is so young that a later change may have the same.
func young(stamps []*linkedStamp) bool {
	limit := time.Now().Add(-coarsestTime).UnixNano()
	for _, st := range stamps {
		if st != nil && max(st.mtime, st.ctime) > limit {
			return true
		}
	}
	return false
}
