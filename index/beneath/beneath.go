// Package beneath owns opening files of a workspace. Whoever wrote the workspace may have
// put anything there: a named pipe that blocks its reader, a device, a file without an
// end, a link that leads out, a folder that becomes a link between two calls.
//
// # Promises
//
// A [Folder] opens what lies beneath its root when it is opened, as the kernel resolves
// it (openat2 with RESOLVE_BENEATH on Linux; [os.Root] where that is missing, and on other
// systems). Only regular files are opened, opening never blocks, and no more bytes are
// read than the caller allows. Errors are [*fs.PathError] with the path as it was given.
//
// # Links
//
// [Direct] methods follow no link, in the middle of a path either: a file of the
// workspace's list lies behind none, and one that does by now is another file. The methods
// of Folder itself follow links that stay inside the workspace, relative and absolute,
// as package managers make them in node_modules; a link that leads out is [ErrOutside].
//
// # Not done here
//
// A read from a file system that has died (a lost network mount) blocks; a caller with a
// deadline must not wait for it. Nothing is written, and no content is kept.
package beneath

import (
	"errors"
	"io"
	"io/fs"
	"math"
	"os"
	"path/filepath"
	"strings"
)

// Errors of files that are there and are not opened.
var (
	ErrNotRegular = errors.New("it is no regular file")
	ErrOutside    = errors.New("it leads out of the workspace")
	ErrLink       = errors.New("it is a link, or lies behind one")
	ErrTooLarge   = errors.New("it is larger than what is read")
)

// MaxSize is the size in bytes above which no file of code is read: nobody wrote it by
// hand, and language servers skip such files too.
const MaxSize = 16 << 20

// MaxEntries bounds the entries of a folder that are listed.
const MaxEntries = 1 << 20

// Folder is an open folder. It is safe for concurrent use.
type Folder struct {
	dir string // absolute, links resolved
	handle
}

// Open opens the folder at dir, whose own path may hold links. The error is that of the
// operating system.
func Open(dir string) (*Folder, error) {
	dir, err := filepath.Abs(dir)
	if err == nil {
		dir, err = filepath.EvalSymlinks(dir)
	}
	if err != nil {
		return nil, err
	}
	f := &Folder{dir: dir}
	return f, f.renew()
}

// Dir is the absolute path of the folder, links resolved.
func (f *Folder) Dir() string { return f.dir }

// Renew opens the folder again if another is at its path by now; where none is, nothing is
// found in it. Paths that are opened later are those of the folder that is there now.
func (f *Folder) Renew() { _ = f.renew() } // its error is that of what is opened next

// ReadFile returns the content of a regular file. Links inside the workspace are followed.
// The error is [ErrTooLarge] for a file of more than max bytes.
func (f *Folder) ReadFile(path string, max int64) ([]byte, error) { return f.read(path, max, true) }

// Stat describes a file or folder; links inside the workspace are followed.
func (f *Folder) Stat(path string) (fs.FileInfo, error) { return f.stat(path, true) }

// ReadDir lists a folder, sorted by name. Links inside the workspace are followed.
func (f *Folder) ReadDir(path string) ([]fs.DirEntry, error) { return f.readDir(path, true) }

// Direct returns the folder's methods that follow no link.
func (f *Folder) Direct() Direct { return Direct{f: f} }

// Direct is a [Folder] in which no link is followed: a path with one is [ErrLink].
type Direct struct{ f *Folder }

// ReadFile is [Folder.ReadFile] without links.
func (d Direct) ReadFile(path string, max int64) ([]byte, error) { return d.f.read(path, max, false) }

// Lstat describes a file or folder, or a link itself.
func (d Direct) Lstat(path string) (fs.FileInfo, error) { return d.f.stat(path, false) }

// ReadDir is [Folder.ReadDir] without links.
func (d Direct) ReadDir(path string) ([]fs.DirEntry, error) { return d.f.readDir(path, false) }

// Open, ReadDir and Stat make it an [fs.FS] for [fs.WalkDir]. Open opens folders only.
func (d Direct) Open(path string) (fs.File, error) { return d.f.openFolder(path, false) }

// Stat is Lstat.
func (d Direct) Stat(path string) (fs.FileInfo, error) { return d.Lstat(path) }

func (f *Folder) readDir(path string, links bool) ([]fs.DirEntry, error) {
	dir, err := f.openFolder(path, links)
	if err != nil {
		return nil, err
	}
	defer dir.Close()
	return entries(dir, path)
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
// it; ok is false for any other. It goes by the names alone and resolves no links.
//
// Local and [Inside] are the only tests of whether a path is inside a folder: a prefix of the string
// takes /ws/ab for a file of /ws/a.
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

// ReadFile returns the content of a regular file outside a workspace, such as one of a
// library, by its absolute path. Links are followed; nothing else is opened, nothing
// blocks, and a file of more than max bytes is [ErrTooLarge].
func ReadFile(file string, max int64) ([]byte, error) {
	info, err := os.Stat(file)
	if err != nil { // to open a device may have effects
		return nil, err
	}
	if !info.Mode().IsRegular() {
		return nil, &fs.PathError{Op: "open", Path: file, Err: ErrNotRegular}
	}
	fd, err := os.OpenFile(file, os.O_RDONLY|quiet, 0)
	if err != nil {
		return nil, err
	}
	defer fd.Close()
	return content(fd, file, max)
}

// content reads an open file that has to be regular.
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

// readAll reads to the end, which size guesses: a file may grow, and some say that they
// are empty and never end.
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

// cause is what is wrong, without the operation and path around it.
func cause(err error) error {
	var p *fs.PathError
	if errors.As(err, &p) {
		return p.Err
	}
	return err
}

// entries lists an open folder.
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
