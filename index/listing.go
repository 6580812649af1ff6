package index

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	"lanser/index/beneath"
)

// listing is a list of the files of a workspace with what it depends on: every
// folder that could hold one, the ignore rules, and git's index. As long as none
// of them has another stamp, the list holds, and a question costs a stat of each
// instead of a git process; where the folders are watched, not even that.
type listing struct {
	paths        []string
	dependencies []string // relative to the root, or absolute
	stamps       []stamp
	folders      []string // those of depend that are folders
	watch        *watch   // nil where they are not watched
}

// maxFolders is the number of folders up to which a listing is kept.
const maxFolders = 50_000

// keepListing makes the listing of paths, which were listed since the given time;
// nil where something that it depends on is too young for its stamp to be trusted.
func (w *Workspace) newListing(ctx context.Context, paths []string, since time.Time) *listing {
	l := &listing{paths: paths}
	seen := map[string]bool{}
	var folders []string
	add := func(dir string) {
		for ; !seen[dir]; dir = path.Dir(dir) {
			seen[dir] = true
			folders = append(folders, dir)
			if dir == "." {
				return
			}
		}
	}
	add(".")
	for _, p := range paths {
		add(path.Dir(p))
	}
	ignored, err := w.ignoredFolders(ctx)
	if err != nil {
		return nil
	}
	for i := 0; i < len(folders); i++ { // it grows: folders without a file may get one
		if i > maxFolders {
			return nil
		}
		entries, err := w.folder.Direct().ReadDir(folders[i])
		if errors.Is(err, fs.ErrNotExist) || errors.Is(err, beneath.ErrLink) || errors.Is(err, syscall.ENOTDIR) {
			continue // tracked, and deleted or replaced: the folder above tells when it comes back
		}
		if err != nil {
			return nil
		}
		l.dependencies = append(l.dependencies, folders[i])
		l.folders = append(l.folders, folders[i])
		nested := false
		for _, e := range entries {
			nested = nested || e.Name() == ".git" && folders[i] != "."
		}
		for _, e := range entries {
			p := path.Join(folders[i], e.Name())
			if e.Name() == ".gitignore" {
				l.dependencies = append(l.dependencies, p)
			} else if e.IsDir() && e.Name() != ".git" && !nested && !seen[p] && !ignored[p] {
				seen[p] = true
				folders = append(folders, p)
			}
		}
	}
	if w.usesGit() {
		out, err := w.runner.output(ctx, w.root, "rev-parse", "--path-format=absolute", "--git-path", "index")
		if err != nil {
			return nil
		}
		l.dependencies = append(l.dependencies, strings.TrimSpace(string(out)))
	}
	var ok bool
	l.stamps, ok = w.stampAll(l.dependencies)
	for _, st := range l.stamps {
		if max(st.mtime, st.ctime) > since.Add(-coarsestFileTime).UnixNano() {
			return nil
		}
	}
	if !ok {
		return nil
	}
	if w.watches {
		var unlisted []string
		for dir := range ignored {
			unlisted = append(unlisted, unlistedBelow(w.folder, dir)...)
		}
		l.watch = watchFolders(w.folder, l.folders, unlisted)
		if l.watch != nil && !l.unchanged(w) { // something happened before it was watched
			l.watch.close()
			return nil
		}
	}
	return l
}

// stampAll stamps files and folders of the workspace, and files of git's own by their
// absolute paths; ok is false where one is gone.
func (w *Workspace) stampAll(paths []string) (out []stamp, ok bool) {
	out = make([]stamp, len(paths))
	for i, st := range w.stampBeneath(paths, false) {
		switch {
		case st != nil:
			out[i] = st.stamp
		case filepath.IsAbs(paths[i]):
			info, err := os.Lstat(paths[i])
			if err != nil {
				return nil, false
			}
			out[i] = stampOf(info)
		default:
			return nil, false
		}
	}
	return out, true
}

// holds says whether the list is still the list.
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

// asideHolds is holds for what lies outside the folders: git's index.
func (l *listing) outsideUnchanged() bool {
	for i, p := range l.dependencies {
		if !filepath.IsAbs(p) {
			continue
		}
		if info, err := os.Lstat(p); err != nil || stampOf(info) != l.stamps[i] {
			return false
		}
	}
	return true
}

// ignoredFolders lists the folders that the ignore rules leave out whole, by git's
// own word.
func (w *Workspace) ignoredFolders(ctx context.Context) (map[string]bool, error) {
	ignored := map[string]bool{}
	if !w.usesGit() {
		return ignored, nil
	}
	out, err := w.runner.list(ctx, w.root, "-z", "-o", "-i", "--exclude-per-directory=.gitignore", "--directory")
	if err != nil {
		return nil, err
	}
	for p := range strings.SplitSeq(string(out), "\x00") {
		if dir, ok := strings.CutSuffix(p, "/"); ok {
			ignored[dir] = true
		}
	}
	return ignored, nil
}
