// Package programs owns which programs of this machine may be started, and the
// environment that they get.
//
// A workspace is not trusted: a PATH that direnv or node_modules/.bin has extended, a
// link, or a version manager that reads .python-version would let it choose what runs.
//
// # Promises
//
//   - [Finder.Look] returns an absolute path, whose folder has its symbolic links
//     resolved. The folder and the program itself, with all links resolved, lie outside
//     the workspace, and in folders that only the user and the system's administrator
//     can write.
//   - The stand-in of a version manager (pyenv, asdf, mise, volta, rustup) is never
//     started in the workspace, where it would read the workspace's own choice of a
//     version. It is asked once, in the root folder, which program it stands for, and
//     that one is returned.
//   - [Finder.Environ] builds an environment from nothing: the variables that are named,
//     if their values name no file of the workspace, and a PATH of folders that passed
//     the same checks.
//
// It starts nothing but stand-ins. Package sandbox starts language servers.
package programs

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"

	"lanser/index/beneath"
)

// Finder finds programs for questions about one workspace. It is safe for concurrent use.
type Finder struct {
	root  string // of the workspace, absolute, links resolved; "" for none
	named string // the workspace as it was named

	mu    sync.Mutex
	path  string            // the PATH that dirs were made of
	dirs  []Folder          // of PATH, in order
	names map[string]string // found so far, by name
}

// Folder is an entry of PATH.
type Folder struct {
	Entry   string // as PATH has it
	Dir     string // absolute, links resolved; "" for one that is not used
	Skipped string // why it is not used; "" for one that is
}

// Absent is the reason for an entry of PATH that is no folder: most have a few.
const Absent = "it does not exist"

// For returns the finder for a workspace, whose path is absolute; "" stands for no
// workspace.
func For(workspace string) *Finder {
	root := workspace
	if resolved, err := filepath.EvalSymlinks(workspace); err == nil && workspace != "" {
		root = resolved
	}
	return &Finder{root: root, named: workspace}
}

// Folders lists the entries of PATH, with the reason for each that is not used.
func (f *Finder) Folders() []Folder {
	f.mu.Lock()
	defer f.mu.Unlock()
	return slices.Clone(f.folders())
}

// folders reads PATH again where it has changed. The caller holds f.mu.
func (f *Finder) folders() []Folder {
	path := os.Getenv("PATH")
	if f.names != nil && path == f.path {
		return f.dirs
	}
	f.path, f.dirs, f.names = path, nil, map[string]string{}
	for _, entry := range filepath.SplitList(path) {
		f.dirs = append(f.dirs, f.folder(entry))
	}
	return f.dirs
}

func (f *Finder) folder(entry string) Folder {
	skip := func(why string) Folder { return Folder{Entry: entry, Skipped: why} }
	if !filepath.IsAbs(entry) {
		return skip("it is relative: the workspace may hold it")
	}
	dir, err := filepath.EvalSymlinks(entry)
	if err != nil {
		return skip(Absent)
	}
	if Within(f.root, dir) || Within(f.root, entry) {
		return skip("it lies in the workspace")
	}
	if why := writable(dir); why != "" {
		return skip(why)
	}
	return Folder{Entry: entry, Dir: dir}
}

// Path is PATH without the entries that are not used, and without folders that hold a
// version manager's stand-ins.
func (f *Finder) Path() string {
	f.mu.Lock()
	defer f.mu.Unlock()
	var dirs []string
	for _, d := range f.folders() {
		if d.Dir != "" && !slices.Contains(dirs, d.Dir) && !standIns(d.Dir) {
			dirs = append(dirs, d.Dir)
		}
	}
	return strings.Join(dirs, string(os.PathListSeparator))
}

// PathOf is a PATH of the folders of the programs that are named, as [Finder.Look] finds
// them: what else is on the user's PATH is not found by it.
func (f *Finder) PathOf(names ...string) string {
	var dirs []string
	for _, name := range names {
		if p := f.Look(name); p != "" && !slices.Contains(dirs, filepath.Dir(p)) {
			dirs = append(dirs, filepath.Dir(p))
		}
	}
	return strings.Join(dirs, string(os.PathListSeparator))
}

// Look returns the path of a program, "" if there is none that may be started.
func (f *Finder) Look(name string) string {
	f.mu.Lock()
	defer f.mu.Unlock()
	dirs := f.folders()
	if found := f.names[name]; found != "" && executable(found) {
		return found
	}
	for _, d := range dirs {
		if d.Dir == "" {
			continue
		}
		if p := f.usable(filepath.Join(d.Dir, name), name); p != "" {
			f.names[name] = p
			return p
		}
	}
	return ""
}

// usable returns the program to start for a file on PATH, "" if it must not be started.
func (f *Finder) usable(file, name string) string {
	if f.Refuses(file) != "" {
		return ""
	}
	if !standsIn(file) {
		return file
	}
	var dirs []string
	for _, d := range f.dirs {
		if d.Dir != "" {
			dirs = append(dirs, d.Dir)
		}
	}
	real := f.realProgram(file, name, strings.Join(dirs, string(os.PathListSeparator)))
	if real == "" || standsIn(real) || f.Refuses(real) != "" {
		return ""
	}
	return real
}

// Refuses returns why the program must not be started, "" if it may: it is no executable
// file, lies in the workspace, or where other users can write.
func (f *Finder) Refuses(file string) string {
	resolved, err := filepath.EvalSymlinks(file)
	if err != nil || !executable(resolved) {
		return fmt.Sprintf("%s is no executable file", file)
	}
	if Within(f.root, file) || Within(f.root, resolved) {
		return fmt.Sprintf("%s lies in the workspace", file)
	}
	for _, p := range []string{filepath.Dir(resolved), resolved} {
		if why := writable(p); why != "" {
			return fmt.Sprintf("%s is not started: %s", file, why)
		}
	}
	return ""
}

func executable(file string) bool {
	info, err := os.Stat(file)
	return err == nil && info.Mode().IsRegular() && info.Mode()&0o111 != 0
}

// Within reports whether p, which need not exist, lies in dir, or is it, once symbolic
// links are resolved. Nothing lies in "".
func Within(dir, p string) bool {
	if dir == "" {
		return false
	}
	existing, rest := p, "" // p is both joined
	for {
		if resolved, err := filepath.EvalSymlinks(existing); err == nil {
			p = filepath.Join(resolved, rest)
			break
		}
		if existing == filepath.Dir(existing) {
			break
		}
		existing, rest = filepath.Dir(existing), filepath.Join(filepath.Base(existing), rest)
	}
	_, within := beneath.Local(dir, p)
	return within
}
