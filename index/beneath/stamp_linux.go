package beneath

import (
	"io/fs"
	"os"
	"path"
	"syscall"

	"golang.org/x/sys/unix"

	"lanser/index/parallel"
)

// StampOf returns the stamp of a file that was looked at by its path.
func StampOf(info fs.FileInfo) Stamp {
	st := Stamp{Size: info.Size(), MTime: info.ModTime().UnixNano()}
	if sys, ok := info.Sys().(*syscall.Stat_t); ok {
		st.CTime, st.Inode = sys.Ctim.Nano(), sys.Ino
	}
	return st
}

// Stamps returns the stamps of paths below the folder, nil for a path that does not exist or is
// behind a link. Each folder is opened once for all consecutive paths in it: opening verifies the path of
// the folder, and resolving every file from the root would cost more.
func (f *Folder) Stamps(paths []string, regularOnly bool) []*LinkedStamp {
	const chunk = 64 // paths for one goroutine at a time
	out := make([]*LinkedStamp, len(paths))
	stamps := make([]LinkedStamp, len(paths)) // one allocation for all values
	parallel.Do((len(paths)+chunk-1)/chunk, 1, func(n int) {
		end := min((n+1)*chunk, len(paths))
		for from := n * chunk; from < end; {
			dir := path.Dir(paths[from])
			to := from + 1
			for to < end && path.Dir(paths[to]) == dir {
				to++
			}

			_ = f.WithDescriptor(dir, func(fd int) { // files of a missing folder have no stamp
				for i := from; i < to; i++ {
					if stampAt(fd, path.Base(paths[i]), regularOnly, &stamps[i]) {
						out[i] = &stamps[i]
					}
				}
			})
			from = to
		}
	})
	return out
}

// stampAt stamps a file of an open folder; ok is false if it does not exist.
func stampAt(fd int, name string, regularOnly bool, into *LinkedStamp) (ok bool) {
	var st unix.Stat_t
	err := unix.Fstatat(fd, name, &st, unix.AT_SYMLINK_NOFOLLOW)
	if err != nil || regularOnly && st.Mode&unix.S_IFMT != unix.S_IFREG {
		return false
	}
	*into = LinkedStamp{
		Stamp:      Stamp{Size: st.Size, MTime: st.Mtim.Nano(), CTime: st.Ctim.Nano(), Inode: st.Ino},
		Links:      uint64(st.Nlink),
		Executable: st.Mode&unix.S_IXUSR != 0,
	}
	return true
}

// StampFiles returns the stamps of the regular files among paths, which are slash-separated and relative to
// root, and nil for the others. The files are git's own, which may be behind links.
func StampFiles(root string, paths []string) []*LinkedStamp {
	out := make([]*LinkedStamp, len(paths))
	dir, err := os.Open(root)
	if err != nil {
		return out
	}
	defer dir.Close()
	stamps := make([]LinkedStamp, len(paths))
	parallel.Do(len(paths), 64, func(i int) {
		if stampAt(int(dir.Fd()), paths[i], true, &stamps[i]) {
			out[i] = &stamps[i]
		}
	})
	return out
}
