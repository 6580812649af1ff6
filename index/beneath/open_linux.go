package beneath

import (
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"
	"syscall"

	"golang.org/x/sys/unix"
)

// quiet opens without waiting for anybody and without becoming a terminal's process.
const quiet = unix.O_NONBLOCK | unix.O_NOCTTY | unix.O_CLOEXEC

// handle is the open folder; nothing is open where there is none at the path.
type handle struct {
	now atomic.Pointer[opened]
}

// opened is a folder's descriptor, which is closed when nobody uses it any more.
type opened struct {
	file     *os.File
	conn     syscall.RawConn
	dev, ino uint64
	portable *portable // where there is no openat2
}

func (o *opened) close() {
	if o == nil {
		return
	}
	o.file.Close()
	if o.portable != nil {
		o.portable.root.Close()
	}
}

// Close closes the folder.
func (f *Folder) Close() { f.now.Swap(nil).close() }

func (f *Folder) renew() error {
	var st unix.Stat_t
	if err := unix.Lstat(f.dir, &st); err != nil {
		f.Close()
		return &fs.PathError{Op: "open", Path: f.dir, Err: err}
	}
	if was := f.now.Load(); was != nil && was.dev == st.Dev && was.ino == st.Ino {
		return nil
	}
	o, err := openRoot(f.dir)
	f.now.Swap(o).close()
	return err
}

func openRoot(dir string) (*opened, error) {
	file, err := os.OpenFile(dir, unix.O_PATH|unix.O_DIRECTORY|unix.O_NOFOLLOW|unix.O_CLOEXEC, 0)
	if err != nil {
		return nil, err
	}
	o := &opened{file: file}
	var st unix.Stat_t
	o.conn, err = file.SyscallConn()
	if err == nil {
		err = o.control(func(fd int) error { return unix.Fstat(fd, &st) })
	}
	if err == nil && !hasOpenat2() {
		var root *os.Root
		root, err = os.OpenRoot(dir)
		o.portable = &portable{root: root}
	}
	if err != nil {
		file.Close()
		return nil, err
	}
	o.dev, o.ino = st.Dev, st.Ino
	return o, nil
}

// control lends the descriptor.
func (o *opened) control(use func(fd int) error) (err error) {
	if outer := o.conn.Control(func(fd uintptr) { err = use(int(fd)) }); outer != nil {
		return outer
	}
	return err
}

// hasOpenat2 says whether the kernel has openat2 (Linux 5.6) and lets us call it: old
// container runtimes answer EPERM.
var hasOpenat2 = sync.OnceValue(func() bool {
	fd, err := unix.Openat2(
		unix.AT_FDCWD,
		"/",
		&unix.OpenHow{Flags: unix.O_PATH | unix.O_CLOEXEC, Resolve: unix.RESOLVE_NO_SYMLINKS},
	)
	if err == nil {
		unix.Close(fd)
	}
	return err == nil
})

// with lends the folder that is open now.
func (f *Folder) with(op, path string, use func(o *opened) error) error {
	for {
		o := f.now.Load()
		if o == nil {
			return &fs.PathError{Op: op, Path: path, Err: unix.ENOENT}
		}
		err := use(o)
		if errors.Is(err, os.ErrClosed) && f.now.Load() != o {
			continue // another was opened meanwhile
		}
		return err
	}
}

// openat opens a path beneath the folder. The caller closes the descriptor.
func (o *opened) openat(path string, flags uint64, links bool) (fd int, err error) {
	how := unix.OpenHow{Flags: flags, Resolve: unix.RESOLVE_BENEATH | unix.RESOLVE_NO_MAGICLINKS}
	if !links {
		how.Resolve |= unix.RESOLVE_NO_SYMLINKS
	}
	err = o.control(func(root int) error {
		for range 1000 { // something is renamed at this very moment, openat2(2)
			fd, err = unix.Openat2(root, path, &how)
			if !errors.Is(err, unix.EAGAIN) && !errors.Is(err, unix.EINTR) {
				break
			}
		}
		return err
	})
	switch {
	case errors.Is(err, unix.EXDEV):
		err = ErrOutside
	case errors.Is(err, unix.ELOOP) && !links:
		err = ErrLink
	case errors.Is(err, unix.ENXIO), errors.Is(err, unix.ENODEV): // a socket, a device without a driver
		err = ErrNotRegular
	}
	if err != nil {
		return -1, &fs.PathError{Op: "open", Path: path, Err: err}
	}
	return fd, nil
}

// resolved calls open, and again without links where an absolute one has led out of what
// the kernel calls beneath.
func (f *Folder) resolved(path string, links bool, open func(path string, links bool) error) error {
	err := open(path, links)
	if !links || !isOutside(err) {
		return err
	}
	rel, insideErr := inside(f.dir, path)
	if insideErr != nil {
		return insideErr
	}
	return open(rel, false)
}

func (f *Folder) read(path string, max int64, links bool) (b []byte, err error) {
	err = f.with("open", path, func(o *opened) error {
		return f.resolved(path, links, func(path string, links bool) error {
			if o.portable != nil {
				file, err := o.portable.open(path, links)
				if err != nil {
					return err
				}
				defer file.Close()
				b, err = content(file, path, max)
				return err
			}
			b, err = o.read(path, max, links)
			return err
		})
	})
	return b, err
}

// read reads a file by its bare descriptor: an [os.File] costs two system calls more,
// and a cold question reads thousands of files.
func (o *opened) read(path string, max int64, links bool) ([]byte, error) {
	if links { // a listed file was just found to be regular; to open a device may have effects
		info, err := o.stat(path, true)
		if err != nil {
			return nil, err
		}
		if !info.Mode().IsRegular() {
			return nil, &fs.PathError{Op: "open", Path: path, Err: ErrNotRegular}
		}
	}
	fd, err := o.openat(path, unix.O_RDONLY|quiet, links)
	if err != nil {
		return nil, err
	}
	defer unix.Close(fd)
	var st unix.Stat_t
	if err := unix.Fstat(fd, &st); err != nil {
		return nil, &fs.PathError{Op: "stat", Path: path, Err: err}
	}
	if st.Mode&unix.S_IFMT != unix.S_IFREG {
		return nil, &fs.PathError{Op: "open", Path: path, Err: ErrNotRegular}
	}
	return readAll(descriptor(fd), path, st.Size, max)
}

// descriptor reads from a bare descriptor.
type descriptor int

func (d descriptor) Read(b []byte) (int, error) {
	for {
		n, err := unix.Read(int(d), b)
		switch {
		case errors.Is(err, unix.EINTR):
		case err != nil:
			return 0, err
		case n == 0 && len(b) > 0:
			return 0, io.EOF
		default:
			return n, nil
		}
	}
}

func (f *Folder) stat(path string, links bool) (info fs.FileInfo, err error) {
	err = f.with("stat", path, func(o *opened) error {
		return f.resolved(path, links, func(path string, links bool) error {
			if o.portable != nil {
				info, err = o.portable.stat(path, links)
			} else {
				info, err = o.stat(path, links)
			}
			return err
		})
	})
	return info, err
}

func (o *opened) stat(path string, links bool) (fs.FileInfo, error) {
	flags := uint64(unix.O_PATH | unix.O_CLOEXEC)
	if !links {
		flags |= unix.O_NOFOLLOW // a link itself is described
	}
	fd, err := o.openat(path, flags, links)
	if err != nil {
		return nil, err
	}
	file := os.NewFile(uintptr(fd), path)
	defer file.Close()
	return file.Stat()
}

func (f *Folder) openFolder(path string, links bool) (dir *os.File, err error) {
	err = f.with("open", path, func(o *opened) error {
		return f.resolved(path, links, func(path string, links bool) error {
			if o.portable != nil {
				dir, err = o.portable.open(path, links)
				return err
			}
			fd, err := o.openat(path, unix.O_RDONLY|unix.O_DIRECTORY|quiet, links)
			if err == nil {
				dir = os.NewFile(uintptr(fd), filepath.Join(f.dir, path))
			}
			return err
		})
	})
	if err == nil && dir == nil {
		err = &fs.PathError{Op: "open", Path: path, Err: fs.ErrInvalid}
	}
	return dir, err
}

// Lend lends use a descriptor of a folder that lies behind no link, for system calls
// relative to it; it may be used for nothing but its path (open(2), O_PATH).
func (f *Folder) Lend(path string, use func(fd int)) error {
	return f.with("open", path, func(o *opened) error {
		if o.portable != nil {
			dir, err := o.portable.open(path, false)
			if err != nil {
				return err
			}
			defer dir.Close()
			use(int(dir.Fd()))
			return nil
		}
		fd, err := o.openat(path, unix.O_PATH|unix.O_DIRECTORY|unix.O_CLOEXEC, false)
		if err != nil {
			return err
		}
		defer unix.Close(fd)
		use(fd)
		return nil
	})
}
