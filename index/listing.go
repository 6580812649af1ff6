package index

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"time"

	"lanser/index/beneath"
)

// listing is the list of a workspace's files with everything that the list depends on: each folder that could
// contain a listed file, the ignore rules, and git's index. The list is valid for as long as none of them has
// a new stamp. Checking that costs one stat each instead of a git process, and nothing where the folders are
// watched.
type listing struct {
	fileList
	dependencies []string // paths relative to the root, or absolute
	stamps       []beneath.Stamp
	folders      []string // the dependencies that are folders
	watch        *watch   // nil if the folders are not watched; a nil watch is valid
}

// maxFolders is the largest number of folders for which a listing is kept.
const maxFolders = 50_000

// newListing makes the listing of files that were listed since the given time. It returns nil if something
// that the list depends on changed so recently that its stamp cannot be relied on.
func (w *Workspace) newListing(ctx context.Context, files fileList, since time.Time) *listing {
	l := &listing{fileList: files}
	repositories := files.nested
	if w.usesGit() {
		repositories = append([]nestedRepository{{dir: ".", runner: w.runner}}, repositories...)
	}

	ignored := map[string]bool{} // folders that the ignore rules exclude as a whole
	listed := map[string]bool{}  // folders of repositories whose files are listed
	for _, n := range repositories {
		listed[n.dir] = true
		index, err := w.dependOn(ctx, n, ignored)
		if err != nil {
			return nil
		}
		l.dependencies = append(l.dependencies, index)
	}

	if !l.addFolders(w.folder, ignored, listed) {
		return nil
	}
	stamps, ok := w.stampAll(l.dependencies)
	if !ok {
		return nil
	}
	for _, st := range stamps {
		if max(st.MTime, st.CTime) > since.Add(-coarsestFileTime).UnixNano() {
			return nil
		}
	}

	l.stamps = stamps
	if w.watches && !l.startWatch(w, ignored) {
		return nil
	}
	return l
}

// addFolders adds the folders that could contain a listed file, and their .gitignore files, to what the list
// depends on: the folders of the listed files, the ones around them, and all below that are neither ignored nor
// in a repository whose files are not listed. ok is false if there are too many, or one cannot be read.
func (l *listing) addFolders(root *beneath.Folder, ignored, listed map[string]bool) (ok bool) {
	seen := map[string]bool{}
	var queue []string
	add := func(dir string) {
		for ; !seen[dir]; dir = path.Dir(dir) {
			seen[dir] = true
			queue = append(queue, dir)
			if dir == "." {
				return
			}
		}
	}
	add(".")
	for _, p := range l.paths {
		add(path.Dir(p))
	}

	for i := 0; i < len(queue); i++ { // the queue grows: a folder without files may get one later
		if i > maxFolders {
			return false
		}
		dir := queue[i]
		entries, err := root.Direct().ReadDir(dir)
		if errors.Is(err, fs.ErrNotExist) || errors.Is(err, beneath.ErrLink) || errors.Is(err, syscall.ENOTDIR) {
			continue // tracked, but deleted or replaced: the stamp of the parent folder changes if it returns
		}
		if err != nil {
			return false
		}

		l.dependencies = append(l.dependencies, dir)
		l.folders = append(l.folders, dir)
		isGit := func(e fs.DirEntry) bool { return e.Name() == ".git" }
		isUnlistedRepository := dir != "." && !listed[dir] && slices.ContainsFunc(entries, isGit)
		for _, e := range entries {
			p := path.Join(dir, e.Name())
			if e.Name() == ".gitignore" {
				l.dependencies = append(l.dependencies, p)
			} else if e.IsDir() && !isGit(e) && !isUnlistedRepository && !seen[p] && !ignored[p] {
				seen[p] = true
				queue = append(queue, p)
			}
		}
	}
	return true
}

// startWatch watches the folders of the list, if that is possible. ok is false if something has changed before the
// watch began.
func (l *listing) startWatch(w *Workspace, ignored map[string]bool) (ok bool) {
	var unlisted []string
	for dir := range ignored {
		unlisted = append(unlisted, unlistedBelow(w.folder, dir)...)
	}
	l.watch = watchFolders(w.folder, l.folders, unlisted)
	if l.watch != nil && !l.unchanged(w) {
		l.watch.close()
		return false
	}
	return true
}

// stampAll stamps files and folders of the workspace, and git's own files by their absolute paths; ok is
// false if one does not exist.
func (w *Workspace) stampAll(paths []string) (out []beneath.Stamp, ok bool) {
	out = make([]beneath.Stamp, len(paths))
	for i, st := range w.folder.Stamps(paths, false) {
		switch {
		case st != nil:
			out[i] = st.Stamp
		case filepath.IsAbs(paths[i]):
			info, err := os.Lstat(paths[i])
			if err != nil {
				return nil, false
			}
			out[i] = beneath.StampOf(info)
		default:
			return nil, false
		}
	}
	return out, true
}

// unchanged reports whether everything that the list depends on still has the same stamp.
func (l *listing) unchanged(w *Workspace) bool {
	now, ok := w.stampAll(l.dependencies)
	if !ok {
		return false
	}
	for i := range now {
		if now[i] != l.stamps[i] {
			return false
		}
	}
	return true
}

// outsideUnchanged is unchanged for the dependencies outside the folders, which is git's index.
func (l *listing) outsideUnchanged() bool {
	for i, p := range l.dependencies {
		if !filepath.IsAbs(p) {
			continue
		}
		if info, err := os.Lstat(p); err != nil || beneath.StampOf(info) != l.stamps[i] {
			return false
		}
	}
	return true
}

// dependOn returns the absolute path of a repository's index, and adds to ignored the folders that its ignore
// rules exclude as a whole.
func (w *Workspace) dependOn(ctx context.Context, n nestedRepository, ignored map[string]bool) (string, error) {
	dir := filepath.Join(w.root, filepath.FromSlash(n.dir))
	// Untracked (-o) files that are ignored (-i), a folder as a whole where all of it is.
	out, err := n.runner.List(ctx, dir, "-z", "-o", "-i", "--exclude-per-directory=.gitignore", "--directory")
	if err != nil {
		return "", err
	}
	for p := range strings.SplitSeq(string(out), "\x00") {
		if folder, ok := strings.CutSuffix(p, "/"); ok {
			ignored[path.Join(n.dir, folder)] = true
		}
	}
	out, err = n.runner.Output(ctx, dir, "rev-parse", "--path-format=absolute", "--git-path", "index")
	return strings.TrimSpace(string(out)), err
}
