package toolchain

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"os"
	"path"
	"path/filepath"
	"runtime"
	"slices"
	"strings"

	"golang.org/x/mod/modfile"
	"golang.org/x/mod/module"

	"lanser/index"
	"lanser/server/catalogue"
	"lanser/server/project"
)

// installMarks are the files that JavaScript package managers write last, relative to the folder of a
// package.json.
var installMarks = []string{
	"node_modules", "node_modules/.package-lock.json", "node_modules/.yarn-integrity",
	"node_modules/.yarn-state.yml", "node_modules/.modules.yaml", ".pnp.cjs",
}

// environments are the folders with the packages of a workspace's own Python environment.
var environments = []string{".venv/lib/*/site-packages", "venv/lib/*/site-packages"}

// maxMarked is the maximum number of folders with a package.json that are examined.
const maxMarked = 50

// Surroundings lists the files that a session depends on and that are not listed files of the
// workspace: the server, its tools, installed packages, and the files that package managers write
// last. If one of them changes, the session is out of date.
func (m *Machine) Surroundings(srv *catalogue.Server, snap *index.Snapshot, h *Host) (files []string) {
	if found, err := m.Find(srv); err == nil {
		files = append(files, found.Argv[0])
	}
	for _, tool := range srv.Tools {
		if p := m.programs.Look(tool); p != "" {
			files = append(files, p)
		}
	}
	if file := project.GoEnvFile(); srv.Toolchain == catalogue.GoToolchain && file != "" {
		files = append(files, file)
	}
	for _, r := range h.Roots {
		if r.Scheme == "site" || r.Scheme == "pythonpath" {
			files = append(files, r.Dir)
		}
	}
	return slices.Concat(files, marked(srv, snap), m.around(srv))
}

// maxAround is the maximum number of files and folders around a workspace that are examined.
const maxAround = 50_000

// around lists what a server may read of the repository, or of the Go module, that the workspace is a folder of: the
// files outside of the workspace that bear on a check, and the folders, whose times tell that files came or went.
func (m *Machine) around(srv *catalogue.Server) (files []string) {
	top := m.cfg.Top()
	if srv.Toolchain == catalogue.GoToolchain && top == "" {
		top = moduleAbove(m.cfg.Root)
	}
	if top == "" || top == m.cfg.Root {
		return nil
	}
	_ = filepath.WalkDir(top, func(file string, d fs.DirEntry, err error) error { // what cannot be read is not read
		if err != nil {
			return nil
		}
		switch isHidden := strings.HasPrefix(d.Name(), ".") && file != top; {
		case len(files) >= maxAround:
			return fs.SkipAll
		case d.IsDir() && (isHidden || file == m.cfg.Root || d.Name() == "node_modules"):
			return fs.SkipDir
		case d.IsDir() || srv.BearsOnCheck(d.Name()):
			files = append(files, file)
		}
		return nil
	})
	return files
}

// moduleAbove returns the nearest folder above one that has a go.mod, "" for none.
func moduleAbove(dir string) string {
	for dir != filepath.Dir(dir) {
		dir = filepath.Dir(dir)
		if _, err := os.Lstat(filepath.Join(dir, "go.mod")); err == nil {
			return dir
		}
	}
	return ""
}

// marked lists the files that package managers write last.
func marked(srv *catalogue.Server, snap *index.Snapshot) (files []string) {
	switch srv.Packages {
	case catalogue.PackagesNode:
		dirs := []string{"."}
		for _, p := range snap.Paths() {
			if dir := path.Dir(p); path.Base(p) == "package.json" && dir != "." && len(dirs) < maxMarked {
				dirs = append(dirs, dir)
			}
		}
		for _, dir := range dirs {
			for _, m := range installMarks {
				files = append(files, filepath.Join(snap.Root(), filepath.FromSlash(dir), filepath.FromSlash(m)))
			}
		}
	case catalogue.PackagesPython:
		for _, pattern := range environments {
			found, _ := filepath.Glob(filepath.Join(snap.Root(), pattern)) // cannot fail: the pattern is valid
			files = append(files, found...)
		}
	}
	return files
}

// World describes everything that a server's answers depend on except the workspace; ok is false if
// that is unknown. It is known for the Go toolchain, which consists of the go command, its settings,
// and modules that never change, unless the workspace refers to other folders, embeds files or uses C.
func (m *Machine) World(srv *catalogue.Server, snap *index.Snapshot) (world string, ok bool) {
	return m.world(srv, snap, func(file string) (string, error) {
		info, err := os.Stat(file)
		if err != nil {
			return "", err
		}
		return fmt.Sprint(file, info.Size(), info.ModTime().UnixNano()), nil
	})
}

// SharedWorld is [Machine.World] in words that mean the same on every machine: programs are named by their paths and
// the digests of their content. The first call reads these programs.
func (m *Machine) SharedWorld(srv *catalogue.Server, snap *index.Snapshot) (world string, ok bool) {
	return m.world(srv, snap, func(file string) (string, error) {
		sum, err := m.digestOf(file)
		return file + " " + sum, err
	})
}

// digestOf returns the SHA-256 of a program's content, in hexadecimal digits. A program whose size and time of
// modification are the same is not read again.
func (m *Machine) digestOf(file string) (string, error) {
	info, err := os.Stat(file)
	if err != nil {
		return "", err
	}
	stamp := fmt.Sprint(file, info.Size(), info.ModTime().UnixNano())
	if sum, known := m.digests.Load(stamp); known {
		return sum.(string), nil
	}
	f, err := os.Open(file)
	if err != nil {
		return "", err
	}
	defer f.Close()
	h := sha256.New()
	if _, err := io.Copy(h, f); err != nil {
		return "", err
	}
	sum := hex.EncodeToString(h.Sum(nil))
	m.digests.Store(stamp, sum)
	return sum, nil
}

// world is [Machine.World] with programs as identify names them.
func (m *Machine) world(
	srv *catalogue.Server, snap *index.Snapshot, identify func(file string) (string, error),
) (world string, ok bool) {
	if srv.Toolchain != catalogue.GoToolchain {
		return "", false
	}
	found, err := m.Find(srv)
	if err != nil || !modulesAreHere(snap) || !allListed(snap, srv) || usesC(snap, srv) || embeds(snap, srv) {
		return "", false
	}
	parts := []string{
		m.ConfigDigest(srv, snap),
		runtime.GOOS + "/" + runtime.GOARCH,
		os.Getenv(NetworkVar),
		os.Getenv(ReadVar),
	}
	for _, name := range srv.Env {
		parts = append(parts, name+"="+os.Getenv(name))
	}
	for _, name := range []string{"GOPACKAGESDRIVER", "GOWORK", "GOPATH"} { // They may refer to any file.
		if v := os.Getenv(name); v != "" && v != "off" {
			return "", false
		}
	}
	self, err := os.Executable()
	if err != nil {
		return "", false
	}
	tool := m.programs.Look("go")
	for _, file := range []string{self, found.Argv[0], tool} {
		identity, err := identify(file)
		if err != nil {
			return "", false
		}
		parts = append(parts, identity)
	}
	settings, err := project.ReadGoEnvFile()
	if err != nil {
		return "", false
	}
	for _, name := range slices.Sorted(maps.Keys(settings)) {
		if slices.Contains([]string{"GOWORK", "GOPATH", "GOMODCACHE", "GOPACKAGESDRIVER"}, name) {
			return "", false
		}
		parts = append(parts, name+"="+settings[name])
	}
	return strings.Join(parts, "\n"), true
}

// modulesAreHere reports whether all modules in the workspace's module files are in the module cache,
// where they never change, no module is a folder outside the workspace, and no parent folder has a
// go.work, or the go.mod of a module that the workspace is a part of: it imports packages from outside then. A missing
// module could be downloaded later and change the answer.
func modulesAreHere(snap *index.Snapshot) bool {
	cache := os.Getenv("GOMODCACHE")
	if cache == "" {
		home, err := os.UserHomeDir()
		if err != nil {
			return false
		}
		cache = filepath.Join(home, "go", "pkg", "mod")
	}
	for dir := filepath.Dir(snap.Root()); ; dir = filepath.Dir(dir) {
		for _, name := range []string{"go.work", "go.mod"} {
			_, err := os.Lstat(filepath.Join(dir, name))
			if err == nil && (name == "go.work" || !snap.Has("go.mod")) {
				return false
			}
		}
		if dir == filepath.Dir(dir) {
			break
		}
	}
	for _, p := range snap.Paths() {
		base := path.Base(p)
		if base != "go.mod" && base != "go.work" {
			continue
		}
		c, err := snap.Content(p)
		if err != nil {
			return false
		}
		var replaces []*modfile.Replace
		var folders []string
		if base == "go.mod" {
			f, err := modfile.Parse(p, c.Bytes(), nil)
			if err != nil {
				return false
			}
			replaces = f.Replace
			for _, r := range f.Require {
				if !replaced(f.Replace, r.Mod) && !inCache(cache, r.Mod) {
					return false
				}
			}
		} else {
			f, err := modfile.ParseWork(p, c.Bytes(), nil)
			if err != nil {
				return false
			}
			replaces = f.Replace
			for _, u := range f.Use {
				folders = append(folders, u.Path)
			}
		}
		for _, r := range replaces {
			if r.New.Version == "" {
				folders = append(folders, r.New.Path)
			} else if !inCache(cache, r.New) {
				return false
			}
		}
		for _, f := range folders {
			if path.IsAbs(f) || !filepath.IsLocal(filepath.FromSlash(path.Join(path.Dir(p), f))) {
				return false
			}
		}
	}
	return true
}

// usesC reports whether a file that the server concerns itself with uses C. All files are read for that, once for a
// state of the workspace.
func usesC(snap *index.Snapshot, srv *catalogue.Server) bool {
	type key struct{ server string }
	return snap.Memoize(key{srv.Name}, func() any {
		return len(snap.Containing(`import "C"`, srv.Concerns)) > 0
	}).(bool)
}

// embeds reports whether a file that the server concerns itself with embeds others, which git may ignore.
func embeds(snap *index.Snapshot, srv *catalogue.Server) bool {
	type key struct{ server string }
	return snap.Memoize(key{srv.Name}, func() any {
		return len(snap.Containing("//go:embed ", srv.Concerns)) > 0
	}).(bool)
}

// allListed reports whether every file in the folder of the workspace that concerns the server is in
// the snapshot. The server also reads files that version control ignores, such as generated code, and
// they may change unnoticed.
func allListed(snap *index.Snapshot, srv *catalogue.Server) bool {
	listed := true
	all := snap.Unlisted(func(p string, _ fs.FileInfo) { listed = listed && !srv.Concerns(p) })
	return all && listed
}

// replaced reports whether a go.mod replaces a module, in all versions or in this one.
func replaced(list []*modfile.Replace, m module.Version) bool {
	return slices.ContainsFunc(list, func(r *modfile.Replace) bool {
		return r.Old.Path == m.Path && (r.Old.Version == "" || r.Old.Version == m.Version)
	})
}

// inCache reports whether a version of a module is unpacked in the module cache.
func inCache(cache string, m module.Version) bool {
	dir, err := moduleDir(m)
	if err != nil {
		return false
	}
	info, err := os.Stat(filepath.Join(cache, dir))
	return err == nil && info.IsDir()
}
