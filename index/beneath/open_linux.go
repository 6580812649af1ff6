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

// openFlags make opening never block, and never give the process a controlling terminal.
const openFlags = unix.O_NONBLOCK | unix.O_NOCTTY | unix.O_CLOEXEC

// handle is the open folder. current is nil while no folder exists at the path.
type handle struct {
	current atomic.Pointer[openRoot]
}

// openRoot is the descriptor of a folder. Closing it takes effect after the last use.
type openRoot struct {
	file     *os.File
	conn     syscall.RawConn
	dev, ino uint64
	portable *portable // nil if the kernel has openat2
}

// close closes the descriptors. It may be called for nil.
func (o *openRoot) close() {
	if o == nil {
		return
	}
	o.file.Close()
	if o.portable != nil {
		o.portable.root.Close()
	}
}

// Close closes the folder.
func (f *Folder) Close() { f.current.Swap(nil).close() }

// reopen opens the folder at f.dir again if another folder has replaced it. It compares device and inode of the open
// folder with those at the path. If there is no folder any more, reopen closes f.
func (f *Folder) reopen() error {
	var st unix.Stat_t
	if err := unix.Lstat(f.dir, &st); err != nil {
		f.Close()
		return &fs.PathError{Op: "open", Path: f.dir, Err: err}
	}
	if was := f.current.Load(); was != nil && was.dev == st.Dev && was.ino == st.Ino {
		return nil
	}
	o, err := openRootAt(f.dir)
	f.current.Swap(o).close()
	return err
}

// openRootAt opens a folder, which must not be a link, by O_PATH: the descriptor is only the start of other paths.
func openRootAt(dir string) (*openRoot, error) {
	file, err := os.OpenFile(dir, unix.O_PATH|unix.O_DIRECTORY|unix.O_NOFOLLOW|unix.O_CLOEXEC, 0)
	if err != nil {
		return nil, err
	}
	o := &openRoot{file: file}
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

// control calls use with the descriptor, which stays open meanwhile.
func (o *openRoot) control(use func(fd int) error) (err error) {
	if outer := o.conn.Control(func(fd uintptr) { err = use(int(fd)) }); outer != nil {
		return outer
	}
	return err
}

// hasOpenat2 reports whether the kernel has openat2 (Linux 5.6) and this process may call it: old container
// runtimes answer EPERM.
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

// withRoot calls use with the current root, and again if the root is replaced meanwhile.
func (f *Folder) withRoot(op, path string, use func(o *openRoot) error) error {
	for {
		o := f.current.Load()
		if o == nil {
			return &fs.PathError{Op: op, Path: path, Err: unix.ENOENT}
		}
		err := use(o)
		if errors.Is(err, os.ErrClosed) && f.current.Load() != o {
			continue // the root was replaced meanwhile
		}
		return err
	}
}

// openat opens a path beneath the folder. The caller closes the descriptor.
func (o *openRoot) openat(path string, flags uint64, links bool) (fd int, err error) {
	how := unix.OpenHow{Flags: flags, Resolve: unix.RESOLVE_BENEATH | unix.RESOLVE_NO_MAGICLINKS}
	if !links {
		how.Resolve |= unix.RESOLVE_NO_SYMLINKS
	}
	err = o.control(func(root int) error {
		for range 1000 { // EAGAIN means that something was renamed meanwhile, see openat2(2)
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

// openResolved calls open. The kernel rejects absolute links even if they lead to a file below the root: then
// openResolved resolves the links itself, and calls open again without links.
func (f *Folder) openResolved(path string, links bool, open func(path string, links bool) error) error {
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

// read returns the content of a regular file of at most max bytes. links says whether links inside the root are
// followed.
func (f *Folder) read(path string, max int64, links bool) (b []byte, err error) {
	err = f.withRoot("open", path, func(o *openRoot) error {
		return f.openResolved(path, links, func(path string, links bool) error {
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

// read reads a file through a bare descriptor: an [os.File] costs two more system calls, and the first question
// about a workspace reads thousands of files.
func (o *openRoot) read(path string, max int64, links bool) ([]byte, error) {
	if links { // opening a device may have side effects; a listed file has just been found to be regular
		info, err := o.stat(path, true)
		if err != nil {
			return nil, err
		}
		if !info.Mode().IsRegular() {
			return nil, &fs.PathError{Op: "open", Path: path, Err: ErrNotRegular}
		}
	}
	fd, err := o.openat(path, unix.O_RDONLY|openFlags, links)
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

// Read implements [io.Reader]. A call that a signal interrupts is repeated, as package os does.
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

// stat describes a file, a folder, or with links false a link itself.
func (f *Folder) stat(path string, links bool) (info fs.FileInfo, err error) {
	err = f.withRoot("stat", path, func(o *openRoot) error {
		return f.openResolved(path, links, func(path string, links bool) error {
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

// stat is [Folder.stat] by openat2. The file is opened by O_PATH, which neither reads it nor needs the right to.
func (o *openRoot) stat(path string, links bool) (fs.FileInfo, error) {
	flags := uint64(unix.O_PATH | unix.O_CLOEXEC)
	if !links {
		flags |= unix.O_NOFOLLOW // describes the link itself
	}
	fd, err := o.openat(path, flags, links)
	if err != nil {
		return nil, err
	}
	file := os.NewFile(uintptr(fd), path)
	defer file.Close()
	return file.Stat()
}

// openFolder opens a folder for reading its entries. The caller closes it. links says whether links inside the root
// are followed.
func (f *Folder) openFolder(path string, links bool) (dir *os.File, err error) {
	err = f.withRoot("open", path, func(o *openRoot) error {
		return f.openResolved(path, links, func(path string, links bool) error {
			if o.portable != nil {
				dir, err = o.portable.open(path, links)
				return err
			}
			fd, err := o.openat(path, unix.O_RDONLY|unix.O_DIRECTORY|openFlags, links)
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

// WithDescriptor calls use with a descriptor of a folder that is not behind a link, for system calls relative to
// it. The descriptor is opened with O_PATH (open(2)) and is closed afterwards.
func (f *Folder) WithDescriptor(path string, use func(fd int)) error {
	return f.withRoot("open", path, func(o *openRoot) error {
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
