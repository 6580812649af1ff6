// Package beneath owns opening the files of a workspace. The author of the workspace is not trusted, and may
// have put anything there: a named pipe that blocks its reader, a device, an endless file, a link that leads
// out of the workspace, a folder that becomes a link between two calls. The name is that of RESOLVE_BENEATH,
// see openat2(2).
//
// # Promises
//
// A [Folder] opens only files that are below its root at the moment of opening. The kernel guarantees that
// (openat2 with RESOLVE_BENEATH on Linux), or [os.Root] where openat2 is missing and on other systems. Only
// regular files are opened, opening never blocks, and no more bytes are read than the caller allows. Errors
// are [*fs.PathError] with the path as the caller gave it.
//
// # Links
//
// The methods of [Direct] follow no symbolic link, not even in the middle of a path: a listed file of a
// workspace is never behind a link, and a path that leads through a link by now names another file. The
// methods of Folder itself follow relative and absolute links that stay inside the workspace, because package
// managers create such links in node_modules. A link that leads out of the workspace is the error
// [ErrOutside].
//
// # Limits
//
// A read from a file system that has died (a lost network mount) blocks; a caller with a deadline must not
// wait for it. Nothing is written, and no content is kept.
package beneath

import (
	"errors"
	"io"
	"io/fs"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// Errors for files that exist but are not opened.
var (
	ErrNotRegular = errors.New("it is not a regular file")
	ErrOutside    = errors.New("it leads out of the workspace")
	ErrLink       = errors.New("it is a link, or lies behind one")
	ErrTooLarge   = errors.New("it is larger than what is read")
)

// MaxSize is the size in bytes above which no source file is read. Nobody writes such files by hand, and
// language servers skip them too.
const MaxSize = 16 << 20

// MaxEntries is the largest number of entries of a folder that are listed.
const MaxEntries = 1 << 20

// Folder is an open folder. It is safe for concurrent use.
type Folder struct {
	dir string // absolute, links resolved
	handle
}

// Open opens the folder at dir. The path of dir itself may contain links. The error is that of the operating
// system.
func Open(dir string) (*Folder, error) {
	dir, err := filepath.Abs(dir)
	if err == nil {
		dir, err = filepath.EvalSymlinks(dir)
	}
	if err != nil {
		return nil, err
	}
	f := &Folder{dir: dir}
	return f, f.reopen()
}

// Dir returns the absolute path of the folder with links resolved.
func (f *Folder) Dir() string { return f.dir }

// Reopen opens the folder again if its path now names another folder. If the path names none, nothing is
// found in the folder from then on.
func (f *Folder) Reopen() { _ = f.reopen() } // the next use of the folder reports the error

// ReadFile returns the content of a regular file. Links inside the workspace are followed. The error is
// [ErrTooLarge] for a file of more than max bytes.
func (f *Folder) ReadFile(path string, max int64) ([]byte, error) { return f.read(path, max, true) }

// Stat describes a file or folder. Links inside the workspace are followed.
func (f *Folder) Stat(path string) (fs.FileInfo, error) { return f.stat(path, true) }

// ReadDir lists a folder, sorted by name. Links inside the workspace are followed.
func (f *Folder) ReadDir(path string) ([]fs.DirEntry, error) { return f.readDir(path, true) }

// Direct returns the variants of the folder's methods that follow no link.
func (f *Folder) Direct() Direct { return Direct{f: f} }

// Direct is a [Folder] whose methods follow no link: for a path through a link the error is [ErrLink].
type Direct struct{ f *Folder }

// ReadFile is [Folder.ReadFile] without following links.
func (d Direct) ReadFile(path string, max int64) ([]byte, error) { return d.f.read(path, max, false) }

// Lstat describes a file, a folder, or a link itself.
func (d Direct) Lstat(path string) (fs.FileInfo, error) { return d.f.stat(path, false) }

// ReadDir is [Folder.ReadDir] without following links.
func (d Direct) ReadDir(path string) ([]fs.DirEntry, error) { return d.f.readDir(path, false) }

// Open opens a folder. Open, ReadDir and Stat implement [fs.FS] for [fs.WalkDir].
func (d Direct) Open(path string) (fs.File, error) { return d.f.openFolder(path, false) }

// Stat is Lstat.
func (d Direct) Stat(path string) (fs.FileInfo, error) { return d.Lstat(path) }

// readDir lists a folder, sorted by name. links says whether links inside the root are followed.
func (f *Folder) readDir(path string, links bool) ([]fs.DirEntry, error) {
	dir, err := f.openFolder(path, links)
	if err != nil {
		return nil, err
	}
	defer dir.Close()
	return entries(dir, path)
}

// maxSought bounds the entries among which [NamedPipe] looks.
const maxSought = 200_000

// NamedPipe returns the path of the first named pipe at or below dir, in lexical order, without following links; "" if
// there is none among the first 200,000 entries. Folders that cannot be read, and .git, are passed over.
func NamedPipe(dir string) (path string) {
	f, err := Open(dir)
	if err != nil {
		return ""
	}
	defer f.Close()
	n := 0
	_ = fs.WalkDir(f.Direct(), ".", func(p string, d fs.DirEntry, err error) error {
		switch n++; {
		case n > maxSought:
			return fs.SkipAll
		case err != nil, d.Name() == ".git":
			return fs.SkipDir
		case d.Type()&fs.ModeNamedPipe != 0:
			path = p
			return fs.SkipAll
		}
		return nil
	})
	return path
}

// ReadIn reads one file of the folder at dir, see [Folder.ReadFile].
func ReadIn(dir, path string, max int64) ([]byte, error) {
	f, err := Open(dir)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	return f.ReadFile(path, max)
}

// Local returns the slash-separated path, relative to dir, of an absolute path that is dir or below
// it; ok is false for any other path. It compares names only and resolves no links.
//
// Only Local and [Inside] decide whether a path is inside a folder: comparing string prefixes would take
// /ws/ab for a file of /ws/a.
func Local(dir, file string) (rel string, ok bool) {
	rel, err := filepath.Rel(dir, file)
	if err != nil || !filepath.IsLocal(rel) {
		return "", false
	}
	return filepath.ToSlash(rel), true
}

// Inside reports whether a path is dir or below it. Both are slash-separated, clean, and relative
// to the same folder, which is ".".
func Inside(dir, path string) bool {
	return dir == "." || path == dir || strings.HasPrefix(path, dir+"/")
}

// AnyInside reports whether dir is the workspace, or one of the paths is dir or below it.
func AnyInside(dir string, paths []string) bool {
	return dir == "." || slices.ContainsFunc(paths, func(p string) bool { return Inside(dir, p) })
}

// ReadFile returns the content of a regular file outside a workspace, such as a library's, by its absolute
// path. Links are followed. Nothing but regular files is opened, opening never blocks, and the error is
// [ErrTooLarge] for a file of more than max bytes.
func ReadFile(file string, max int64) ([]byte, error) {
	info, err := os.Stat(file)
	if err != nil {
		return nil, err
	}
	if !info.Mode().IsRegular() { // checked before opening, because opening a device may have side effects
		return nil, &fs.PathError{Op: "open", Path: file, Err: ErrNotRegular}
	}
	fd, err := os.OpenFile(file, os.O_RDONLY|openFlags, 0)
	if err != nil {
		return nil, err
	}
	defer fd.Close()
	return content(fd, file, max)
}

// content reads an open file, which must be regular.
func content(fd *os.File, path string, max int64) ([]byte, error) {
	info, err := fd.Stat()
	if err != nil {
		return nil, err
	}
	if !info.Mode().IsRegular() {
		return nil, &fs.PathError{Op: "open", Path: path, Err: ErrNotRegular}
	}
	return readAll(fd, path, info.Size(), max)
}

// readAll reads to the end of the file. size is only a hint: a file may grow, and some endless files report a
// size of 0.
func readAll(r io.Reader, path string, size, max int64) ([]byte, error) {
	if size > max {
		return nil, &fs.PathError{Op: "read", Path: path, Err: ErrTooLarge}
	}
	b := make([]byte, 0, min(size, max, math.MaxInt32)+512)
	for {
		n, err := r.Read(b[len(b):cap(b)])
		b = b[:len(b)+n]
		switch {
		case errors.Is(err, io.EOF):
			return b, nil
		case err != nil:
			return nil, &fs.PathError{Op: "read", Path: path, Err: cause(err)}
		case int64(len(b)) > max:
			return nil, &fs.PathError{Op: "read", Path: path, Err: ErrTooLarge}
		case len(b) == cap(b):
			b = append(b, 0)[:len(b)]
		}
	}
}

// cause returns the innermost error, without the operation and path around it.
func cause(err error) error {
	var p *fs.PathError
	if errors.As(err, &p) {
		return p.Err
	}
	return err
}

// entries lists an open folder, sorted by name.
func entries(dir *os.File, path string) ([]fs.DirEntry, error) {
	var all []fs.DirEntry
	for {
		some, err := dir.ReadDir(4096)
		all = append(all, some...)
		switch {
		case errors.Is(err, io.EOF):
			sortByName(all)
			return all, nil
		case err != nil:
			return nil, &fs.PathError{Op: "readdir", Path: path, Err: cause(err)}
		case len(all) > MaxEntries:
			return nil, &fs.PathError{Op: "readdir", Path: path, Err: ErrTooLarge}
		}
	}
}
