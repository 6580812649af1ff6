// Package programs owns which programs of this machine may be started, and the
// environment that they get.
//
// A workspace is not trusted. It could choose what runs by a PATH that direnv or
// node_modules/.bin has extended, by a symbolic link, or by a version manager that reads
// .python-version.
//
// # Promises
//
//   - [Finder.Look] returns an absolute path, whose folder has its symbolic links
//     resolved. The folder and the program itself, with all links resolved, lie outside
//     the workspace and the repository that contains it ([Boundary]), and in folders that
//     only the user and the system's administrator can write.
//   - The shim of a version manager (pyenv, asdf, mise, volta, rustup) is never started in
//     the workspace, where it would read the workspace's choice of a version. It is started
//     in the root folder to find out which program it runs, and [Finder.Look] returns that
//     program.
//   - [Finder.Environ] builds an environment from an allowlist: the named variables, unless
//     their values name files of the workspace, and a PATH of folders that passed the same
//     checks.
//
// It starts no program except shims. Package sandbox starts language servers.
package programs

import (
	"fmt"
	"os"
	"os/user"
	"path/filepath"
	"slices"
	"strings"
	"sync"

	"lanser/index/beneath"
)

// Finder finds programs for requests about one workspace. It is safe for concurrent use.
type Finder struct {
	spaces []space  // what is not trusted
	first  []string // folders that are searched before those of PATH

	mu    sync.Mutex
	path  string            // the PATH from which dirs was computed
	dirs  []Folder          // of PATH, in order
	names map[string]string // programs that were found, by name
}

// Folder is an entry of PATH.
type Folder struct {
	Entry   string // as PATH has it
	Dir     string // absolute, links resolved; "" if the entry is ignored
	Skipped string // why the entry is ignored, "" if it is used
}

// Absent is the reason for an entry of PATH that does not exist, which is common.
const Absent = "it does not exist"

// space is a workspace whose files are not trusted.
type space struct {
	named    string // as the user has named it
	root     string // absolute, links resolved
	boundary string // see [Boundary]
}

// For returns the finder for workspaces, whose paths are absolute; "" stands for no workspace. An
// engine has several if its workspace is a copy of another one.
func For(workspaces ...string) *Finder {
	f := &Finder{}
	for _, w := range workspaces {
		if w != "" {
			f.spaces = append(f.spaces, space{named: w, root: resolved(w), boundary: Boundary(w)})
		}
	}
	return f
}

// resolved returns a path with its symbolic links resolved, or unchanged if it does not exist.
func resolved(p string) string {
	if real, err := filepath.EvalSymlinks(p); err == nil {
		return real
	}
	return p
}

// repositoryMarks are the names of folders and files by which version control marks the root of a
// repository.
var repositoryMarks = []string{".git", ".hg", ".jj", ".sl", ".svn"}

// Boundary returns the folder around a workspace whose content is trusted as little as the
// workspace: that of the outermost repository that contains it, links resolved. Whoever wrote the
// repository can put programs anywhere in it, such as in the folder node_modules/.bin above a
// package. The user's home folder, and folders above that, are never part of it, because the user
// may keep them under version control.
func Boundary(workspace string) string {
	out, home := resolved(workspace), homeFolder()
	for dir := out; ; dir = filepath.Dir(dir) {
		if home != "" && Within(dir, home) || dir == filepath.Dir(dir) {
			return out
		}
		for _, mark := range repositoryMarks {
			if _, err := os.Lstat(filepath.Join(dir, mark)); err == nil {
				out = dir
			}
		}
	}
}

// homeFolder returns the home folder in the system's list of users, because the variable HOME
// can be set by files of a repository; "" if it is unknown.
var homeFolder = sync.OnceValue(func() string {
	u, err := user.Current()
	if err != nil || !filepath.IsAbs(u.HomeDir) {
		return ""
	}
	return resolved(u.HomeDir)
})

// holds reports whether a path lies in one of the workspaces or in its repository.
func (f *Finder) holds(p string) bool {
	return slices.ContainsFunc(f.spaces, func(s space) bool { return Within(s.boundary, p) })
}

// Before returns a finder that looks for programs in the given folders before it looks in those of PATH.
// The folders need not exist, and their programs have to pass the same checks.
func (f *Finder) Before(folders ...string) *Finder {
	return &Finder{spaces: f.spaces, first: folders}
}

// Folders lists the entries of PATH, with the reason for each that is ignored.
func (f *Finder) Folders() []Folder {
	f.mu.Lock()
	defer f.mu.Unlock()
	return slices.Clone(f.folders())
}

// folders returns the entries of PATH, computed anew if PATH has changed. The caller holds f.mu.
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
	if f.holds(dir) || f.holds(entry) {
		return skip(f.whose(dir))
	}
	if why := writable(dir); why != "" {
		return skip(why)
	}
	return Folder{Entry: entry, Dir: dir}
}

// Path returns PATH without the entries that are ignored and without folders of shims.
func (f *Finder) Path() string {
	f.mu.Lock()
	defer f.mu.Unlock()
	var dirs []string
	for _, d := range f.folders() {
		if d.Dir != "" && !slices.Contains(dirs, d.Dir) && !isShimFolder(d.Dir) {
			dirs = append(dirs, d.Dir)
		}
	}
	return strings.Join(dirs, string(os.PathListSeparator))
}

// PathOf returns a PATH that contains only the folders in which [Finder.Look] finds the named
// programs.
func (f *Finder) PathOf(names ...string) string {
	var dirs []string
	for _, name := range names {
		if p := f.Look(name); p != "" && !slices.Contains(dirs, filepath.Dir(p)) {
			dirs = append(dirs, filepath.Dir(p))
		}
	}
	return strings.Join(dirs, string(os.PathListSeparator))
}

// Look returns the path of the first program that may be started, in the folders of [Finder.Before] or on
// PATH; "" if there is none.
func (f *Finder) Look(name string) string {
	for _, dir := range f.first {
		if file := filepath.Join(dir, name); f.Refuses(file) == "" {
			return file
		}
	}
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

// usable returns the program to start for a file on PATH: the file itself, or the target of a
// shim. It returns "" if the program must not be started.
func (f *Finder) usable(file, name string) string {
	if f.Refuses(file) != "" {
		return ""
	}
	if !isShim(file) {
		return file
	}
	var dirs []string
	for _, d := range f.dirs {
		if d.Dir != "" {
			dirs = append(dirs, d.Dir)
		}
	}
	real := f.realProgram(file, name, strings.Join(dirs, string(os.PathListSeparator)))
	if real == "" || isShim(real) || f.Refuses(real) != "" {
		return ""
	}
	return real
}

// Refuses returns why a program must not be started, "" if it may be started. It must be an
// executable file outside the workspace that other users cannot write.
func (f *Finder) Refuses(file string) string {
	resolved, err := filepath.EvalSymlinks(file)
	if err != nil || !executable(resolved) {
		return fmt.Sprintf("%s is not an executable file", file)
	}
	if f.holds(file) || f.holds(resolved) {
		return strings.Replace(f.whose(resolved), "it", file, 1)
	}
	for _, p := range []string{filepath.Dir(resolved), resolved} {
		if why := writable(p); why != "" {
			return fmt.Sprintf("%s is not started: %s", file, why)
		}
	}
	return ""
}

// whose says why a path for which holds is true is not used.
func (f *Finder) whose(p string) string {
	for _, s := range f.spaces {
		if Within(s.boundary, p) && !Within(s.root, p) {
			return "it lies in the repository that contains the workspace"
		}
	}
	return "it lies in the workspace"
}

// executable reports whether file is a regular file with an execute permission.
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
	existing, rest := p, "" // joined, they are p
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
