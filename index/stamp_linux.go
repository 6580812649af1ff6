package index

import (
	"io/fs"
	"os"
	"path"
	"syscall"

	"golang.org/x/sys/unix"
)

// stampOf returns the stamp of a file that was looked at by its path.
func stampOf(info fs.FileInfo) stamp {
	st := stamp{size: info.Size(), mtime: info.ModTime().UnixNano()}
	if sys, ok := info.Sys().(*syscall.Stat_t); ok {
		st.ctime, st.inode = sys.Ctim.Nano(), sys.Ino
	}
	return st
}

// stampBeneath returns the stamps of paths of the workspace, nil for a path that does not exist or is
// behind a link. Each folder is opened once for all consecutive paths in it: opening verifies the path of
// the folder, and resolving every file from the root would cost more.
func (w *Workspace) stampBeneath(paths []string, regularOnly bool) []*linkedStamp {
	const chunk = 64 // paths for one goroutine at a time
	out := make([]*linkedStamp, len(paths))
	stamps := make([]linkedStamp, len(paths)) // one allocation for all values
	parallel((len(paths)+chunk-1)/chunk, 1, func(n int) {
		end := min((n+1)*chunk, len(paths))
		for from := n * chunk; from < end; {
			dir := path.Dir(paths[from])
			to := from + 1
			for to < end && path.Dir(paths[to]) == dir {
				to++
			}

			_ = w.folder.WithDescriptor(dir, func(fd int) { // files of a missing folder have no stamp
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
func stampAt(fd int, name string, regularOnly bool, into *linkedStamp) (ok bool) {
	var st unix.Stat_t
	err := unix.Fstatat(fd, name, &st, unix.AT_SYMLINK_NOFOLLOW)
	if err != nil || regularOnly && st.Mode&unix.S_IFMT != unix.S_IFREG {
		return false
	}
	*into = linkedStamp{
		stamp:      stamp{size: st.Size, mtime: st.Mtim.Nano(), ctime: st.Ctim.Nano(), inode: st.Ino},
		links:      uint64(st.Nlink),
		executable: st.Mode&unix.S_IXUSR != 0,
	}
	return true
}

// stampFiles returns the stamps of the regular files among paths, which are slash-separated and relative to
// root, and nil for the others. The files are git's own, which may be behind links.
func stampFiles(root string, paths []string) []*linkedStamp {
	out := make([]*linkedStamp, len(paths))
	dir, err := os.Open(root)
	if err != nil {
		return out
	}
	defer dir.Close()
	stamps := make([]linkedStamp, len(paths))
	parallel(len(paths), 64, func(i int) {
		if stampAt(int(dir.Fd()), paths[i], true, &stamps[i]) {
			out[i] = &stamps[i]
		}
	})
	return out
}
