package beneath

import (
	"cmp"
	"errors"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
)

// sortByName sorts the entries of a folder, so that all file systems give the same order.
func sortByName(all []fs.DirEntry) {
	slices.SortFunc(all, func(a, b fs.DirEntry) int { return cmp.Compare(a.Name(), b.Name()) })
}

// portable opens files with [os.Root], where the kernel has no openat2. os.Root follows links inside the root,
// so links are checked for before and after opening.
type portable struct{ root *os.Root }

// open opens a regular file or a folder. With links false, the error is ErrLink if name or a folder above it is a
// link, also if it becomes one between the check and the opening.
func (p portable) open(name string, links bool) (*os.File, error) {
	before, err := p.stat(name, links)
	if err != nil {
		return nil, err
	}
	if before.Mode()&fs.ModeSymlink != 0 {
		return nil, &fs.PathError{Op: "open", Path: name, Err: ErrLink}
	}
	if !before.Mode().IsRegular() && !before.IsDir() {
		return nil, &fs.PathError{Op: "open", Path: name, Err: ErrNotRegular}
	}
	file, err := p.root.OpenFile(filepath.FromSlash(name), os.O_RDONLY|openFlags, 0)
	if err != nil {
		return nil, outside("open", name, err)
	}
	now, err := file.Stat()
	if err == nil && !links && !os.SameFile(before, now) {
		err = &fs.PathError{Op: "open", Path: name, Err: ErrLink}
	}
	if err != nil {
		file.Close()
		return nil, err
	}
	return file, nil
}

// stat describes a file. With links false, a link is described itself, and one above it is ErrLink.
func (p portable) stat(name string, links bool) (fs.FileInfo, error) {
	if links {
		info, err := p.root.Stat(filepath.FromSlash(name))
		return info, outside("stat", name, err)
	}
	for at, c := range name {
		if c != '/' || at == 0 {
			continue
		}
		info, err := p.root.Lstat(filepath.FromSlash(name[:at]))
		if err == nil && info.Mode()&fs.ModeSymlink != 0 {
			err = ErrLink
		}
		if err != nil {
			return nil, outside("stat", name, err)
		}
	}
	info, err := p.root.Lstat(filepath.FromSlash(name))
	return info, outside("stat", name, err)
}

// outside replaces the error of os.Root for a path that leads out of the root by ErrOutside. os.Root has no
// error value for that.
func outside(op, name string, err error) error {
	if err == nil {
		return nil
	}
	err = cause(err)
	if strings.Contains(err.Error(), "path escapes from parent") {
		err = ErrOutside
	}
	return &fs.PathError{Op: op, Path: name, Err: err}
}

// inside resolves the links of a path, and returns the path relative to dir that they lead to. The error is
// ErrOutside if that is not below dir.
func inside(dir, name string) (rel string, err error) {
	if path.IsAbs(name) {
		return "", &fs.PathError{Op: "open", Path: name, Err: ErrOutside}
	}
	resolved, err := filepath.EvalSymlinks(filepath.Join(dir, filepath.FromSlash(name)))
	if err != nil {
		return "", &fs.PathError{Op: "open", Path: name, Err: cause(err)}
	}
	if resolved == dir {
		return ".", nil
	}
	rel, ok := Local(dir, resolved)
	if !ok {
		return "", &fs.PathError{Op: "open", Path: name, Err: ErrOutside}
	}
	return rel, nil
}

func isOutside(err error) bool { return errors.Is(err, ErrOutside) }
