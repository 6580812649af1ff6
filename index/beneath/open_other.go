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

func (f *Folder) close() {
	if f.portable != nil {
		f.portable.root.Close()
	}
	f.portable, f.info = nil, nil
}

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

// with lends the folder that is open now.
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

func (f *Folder) stat(path string, links bool) (info fs.FileInfo, err error) {
	err = f.with("stat", path, links, func(p *portable, path string, links bool) error {
		info, err = p.stat(path, links)
		return err
	})
	return info, err
}

func (f *Folder) openFolder(path string, links bool) (dir *os.File, err error) {
	err = f.with("open", path, links, func(p *portable, path string, links bool) error {
		dir, err = p.open(path, links)
		return err
	})
	return dir, err
}
