//go:build !linux

package beneath

import (
	"io/fs"
	"os"
	"sync"
	"syscall"
)

// openFlags make opening never block.
const openFlags = syscall.O_NONBLOCK

// handle is the open folder. portable is nil while no folder exists at the path.
type handle struct {
	mu       sync.RWMutex
	portable *portable
	info     fs.FileInfo
}

// Close closes the folder.
func (f *Folder) Close() {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.close()
}

// close closes the folder that is open, if any. The caller holds f.mu.
func (f *Folder) close() {
	if f.portable != nil {
		f.portable.root.Close()
	}
	f.portable, f.info = nil, nil
}

// reopen opens the folder that is at f.dir now, unless it is the one that is open. Without a folder there, f is
// closed.
func (f *Folder) reopen() error {
	f.mu.Lock()
	defer f.mu.Unlock()
	info, err := os.Lstat(f.dir)
	if err == nil && f.info != nil && os.SameFile(info, f.info) {
		return nil
	}
	f.close()
	if err != nil {
		return err
	}
	root, err := os.OpenRoot(f.dir)
	if err != nil {
		return err
	}
	f.portable, f.info = &portable{root}, info
	return nil
}

// with calls use with the folder that is open now. If a link leads to an absolute path inside the folder, which
// [os.Root] refuses, use is called again with the path that the link resolves to.
func (f *Folder) with(op, path string, links bool, use func(p *portable, path string, links bool) error) error {
	f.mu.RLock()
	p := f.portable
	f.mu.RUnlock()
	if p == nil {
		return &fs.PathError{Op: op, Path: path, Err: fs.ErrNotExist}
	}
	err := use(p, path, links)
	if !links || !isOutside(err) {
		return err
	}
	rel, err := inside(f.dir, path)
	if err != nil {
		return err
	}
	return use(p, rel, false)
}

// read is as on Linux.
func (f *Folder) read(path string, max int64, links bool) (b []byte, err error) {
	err = f.with("open", path, links, func(p *portable, path string, links bool) error {
		file, err := p.open(path, links)
		if err != nil {
			return err
		}
		defer file.Close()
		b, err = content(file, path, max)
		return err
	})
	return b, err
}

// stat is as on Linux.
func (f *Folder) stat(path string, links bool) (info fs.FileInfo, err error) {
	err = f.with("stat", path, links, func(p *portable, path string, links bool) error {
		info, err = p.stat(path, links)
		return err
	})
	return info, err
}

// openFolder is as on Linux.
func (f *Folder) openFolder(path string, links bool) (dir *os.File, err error) {
	err = f.with("open", path, links, func(p *portable, path string, links bool) error {
		dir, err = p.open(path, links)
		return err
	})
	return dir, err
}
