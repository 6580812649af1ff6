package toolchain

import (
	"cmp"
	"errors"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"syscall"

	"lanser/index/beneath"
	"lanser/server/bundle"
	"lanser/server/project"
	"lanser/server/sandbox"
)

// disk gives access to the folder of the workspace and to its parent folders in the repository.
type disk struct {
	paths  []string
	folder *beneath.Folder // of the repository, else of the workspace
	prefix string          // from folder to the workspace, slash-separated
}

// openDisk opens the folder of a workspace, or of the repository that contains it; top is "" if there
// is no repository.
func openDisk(root, top string, paths []string) (*disk, error) {
	base := cmp.Or(top, root)
	prefix, err := filepath.Rel(base, root)
	if err != nil {
		return nil, err
	}
	folder, err := beneath.Open(base)
	if err != nil {
		return nil, err
	}
	return &disk{paths: paths, folder: folder, prefix: filepath.ToSlash(prefix)}, nil
}

func (d *disk) Paths() []string { return d.paths }

// Above returns the number of folders between the repository's root and the workspace's.
func (d *disk) Above() int {
	if d.prefix == "." {
		return 0
	}
	return strings.Count(d.prefix, "/") + 1
}

func (d *disk) Folders() []string {
	return d.names(".", func(e fs.DirEntry) bool { return e.IsDir() || e.Type()&fs.ModeSymlink != 0 })
}

func (d *disk) List(dir string) []string {
	return d.names(dir, func(fs.DirEntry) bool { return true })
}

func (d *disk) Links(dir string) []string {
	return d.names(dir, func(e fs.DirEntry) bool { return e.Type()&fs.ModeSymlink != 0 })
}

// names returns the names of the entries of a folder for which keep is true; none if the folder cannot be read.
func (d *disk) names(dir string, keep func(fs.DirEntry) bool) (names []string) {
	entries, err := d.folder.ReadDir(path.Join(d.prefix, dir))
	if err != nil {
		return nil
	}
	for _, e := range entries {
		if keep(e) {
			names = append(names, e.Name())
		}
	}
	return names
}

// maxWalked is the maximum number of folders in which links are looked for before a server is started.
const maxWalked = 50_000

// linkIntoGit returns a symbolic link of the workspace that leads into a folder .git, "" for none. A server follows it
// like any other, and the sandbox cannot tell the two ways to a file apart. Hooks are code of the user. The folders are
// visited level by level, without those of packages that npm has installed.
func (d *disk) linkIntoGit() string {
	for level, walked := []string{"."}, 0; len(level) > 0 && walked < maxWalked; walked += len(level) {
		var below []string
		for _, dir := range level {
			entries, err := d.folder.Direct().ReadDir(path.Join(d.prefix, dir))
			if err != nil {
				continue // the server cannot read it either
			}
			for _, e := range entries {
				p := path.Join(dir, e.Name())
				if e.Type()&fs.ModeSymlink != 0 && d.isInGit(d.Real(p)) {
					return p
				}
				if e.IsDir() && !isGit(e.Name()) && e.Name() != "node_modules" {
					below = append(below, p)
				}
			}
		}
		level = below
	}
	return ""
}

// isInGit reports whether an absolute path without links is a folder .git of the repository, or lies in one and is
// neither a hook nor a file that git-annex keeps there, to which all links of its files lead.
func (d *disk) isInGit(file string) bool {
	rel, isInside := beneath.Local(d.folder.Dir(), file)
	steps := strings.Split(rel, "/")
	i := slices.IndexFunc(steps, isGit)
	return isInside && i >= 0 && (i+1 == len(steps) || steps[i+1] != "hooks" && steps[i+1] != "annex")
}

// isGit reports whether a name is that of git's own folder, in any case of the letters, as some file systems do not
// distinguish them.
func isGit(name string) bool { return strings.EqualFold(name, ".git") }

// Real returns the absolute path of a file with all links resolved, "" if it does not exist.
func (d *disk) Real(p string) string {
	real, err := filepath.EvalSymlinks(filepath.Join(d.folder.Dir(), filepath.FromSlash(path.Join(d.prefix, p))))
	if err != nil {
		return ""
	}
	return real
}

// maxLooked is the maximum size in bytes of a file that is examined before a server is started.
const maxLooked = 256 << 20

// Read returns the content of a regular file. The error is fs.ErrNotExist for a folder too: a server that expects a
// file of this name finds none.
func (d *disk) Read(p string) ([]byte, error) {
	p = path.Join(d.prefix, p)
	switch info, err := d.folder.Stat(p); {
	case err != nil && (errors.Is(err, fs.ErrNotExist) || errors.Is(err, syscall.ENOTDIR)):
		return nil, fs.ErrNotExist
	case err != nil:
		return nil, err
	case info.IsDir():
		return nil, fs.ErrNotExist
	}
	return d.folder.ReadFile(p, maxLooked)
}

// Hides reports whether a folder of the workspace's own paths, such as ../lib, exists where the sandbox does not allow
// a session to read.
func (m *Machine) Hides(h *Host, p project.Place) bool {
	if p.Scheme != "" || !m.Exists(h, p) {
		return false
	}
	file := filepath.FromSlash(p.Path)
	if !filepath.IsAbs(file) {
		file = filepath.Join(m.cfg.Root, file)
	}
	return sandbox.Level() != sandbox.None && !h.Launch.Policy.MayRead(file)
}

// Exists reports whether a file or a folder exists, whose path may be a pattern: below a named folder of
// the machine that a session has, or in the workspace.
func (m *Machine) Exists(h *Host, p project.Place) bool {
	exists := func(dir string) bool {
		file := filepath.FromSlash(p.Path)
		if !filepath.IsAbs(file) {
			file = filepath.Join(dir, file)
		}
		if strings.Contains(p.Path, "*") {
			found, err := filepath.Glob(file)
			return err == nil && len(found) > 0
		}
		_, err := os.Stat(file)
		return err == nil
	}
	if p.Scheme == "" {
		return exists(m.cfg.Root)
	}
	if p.Scheme == "site" && slices.ContainsFunc(h.Linked, exists) {
		return true
	}
	return slices.ContainsFunc(h.Roots, func(r bundle.Root) bool { return r.Scheme == p.Scheme && exists(r.Dir) })
}
