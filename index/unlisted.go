package index

import (
	"io/fs"
	"maps"
	"path"
	"path/filepath"
	"slices"

	"lanser/index/beneath"
)

// UnlistedFiles lists the files in the workspace's folder that the snapshot does not have and that keep accepts,
// sorted: files that the ignore rules exclude, and links to regular files in the folder. Folders that skip accepts,
// caches, installed packages and other repositories are left out. all is false if it gave up after a bounded number of
// files.
func (s *Snapshot) UnlistedFiles(skip func(dir string) bool, keep func(path string) bool) (paths []string, all bool) {
	visited := 0
	root := s.w.folder
	err := fs.WalkDir(root.Direct(), ".", func(rel string, d fs.DirEntry, err error) error {
		visited++
		switch {
		case err != nil && rel != ".":
			return nil // language servers cannot read it either
		case err != nil || visited > maxWalked:
			return errTooMany
		case d.IsDir():
			if rel != "." && (skip(rel) || skipsFolder(root, rel) || isSetApart(root, rel)) {
				return fs.SkipDir
			}
			return nil
		case s.Has(rel) || !keep(rel):
			return nil
		}
		if info, err := root.Stat(rel); err == nil && info.Mode().IsRegular() {
			paths = append(paths, rel)
		}
		return nil
	})
	return paths, err == nil
}

// LinkedFolders returns the symbolic links in the workspace's folder that lead to another folder in it: link → folder.
// Folders that skip accepts, caches, installed packages and other repositories are not searched. The map is not
// complete if there are too many files.
func (s *Snapshot) LinkedFolders(skip func(dir string) bool) map[string]string {
	links, visited := map[string]string{}, 0
	root := s.w.folder
	_ = fs.WalkDir(root.Direct(), ".", func(rel string, d fs.DirEntry, err error) error { // it ends early, see above
		visited++
		switch {
		case err != nil && rel != ".":
			return nil
		case err != nil || visited > maxWalked:
			return errTooMany
		case d.IsDir():
			if rel != "." && (skip(rel) || skipsFolder(root, rel) || isSetApart(root, rel)) {
				return fs.SkipDir
			}
		case d.Type()&fs.ModeSymlink != 0:
			real, err := filepath.EvalSymlinks(filepath.Join(s.w.root, filepath.FromSlash(rel)))
			to, inside := beneath.Local(s.w.root, real)
			if info, failed := root.Stat(rel); err == nil && inside && failed == nil && info.IsDir() {
				links[rel] = to
			}
		}
		return nil
	})
	return links
}

// isSetApart reports whether a folder says of itself that it is a cache, an environment of Conda, or a repository.
func isSetApart(root *beneath.Folder, folder string) bool {
	return slices.ContainsFunc([]string{"CACHEDIR.TAG", "conda-meta", ".git"}, func(mark string) bool {
		_, err := root.Direct().Lstat(path.Join(folder, mark))
		return err == nil
	})
}

// WithUnlisted returns the snapshot with files of the workspace's folder that it does not list, for questions about
// them: [Snapshot.Content] and [Snapshot.Outline] know them, and [Snapshot.UnlistedPaths] lists them. They are no part
// of [Snapshot.Paths], nor of its digests and searches.
func (s *Snapshot) WithUnlisted(paths []string) *Snapshot {
	if len(paths) == 0 {
		return s
	}
	t := newTree(0) // of its own: what is computed from the files is not computed from those of an earlier question
	t.files, t.paths, t.hardLinked, t.leftOut = s.files, s.paths, s.hardLinked, s.leftOut
	t.deleted = s.deleted
	t.unlisted = make(map[string]*file, len(paths))
	for _, p := range paths {
		t.unlisted[p] = &file{path: p}
	}
	o := newSnapshot(s.w, t, nil)
	o.uses, o.overlaid = s.uses, s.overlaid
	o.read = func(f *file) ([]byte, error) {
		if o.unlisted[f.path] != f {
			return s.read(f)
		}
		b, err := s.w.readOutside(filepath.Join(s.w.root, filepath.FromSlash(f.path)))
		if err != nil {
			return nil, readFault(f.path, err)
		}
		return b, nil
	}
	return o
}

// HasUnlisted reports whether the file is one of [Snapshot.WithUnlisted].
func (s *Snapshot) HasUnlisted(path string) bool { return s.unlisted[path] != nil }

// UnlistedPaths lists the files of [Snapshot.WithUnlisted], sorted.
func (s *Snapshot) UnlistedPaths() []string { return slices.Sorted(maps.Keys(s.unlisted)) }
