package index

import (
	"io/fs"
	"os"
	"syscall"

	"golang.org/x/sys/unix"
)

func stampOf(info fs.FileInfo) stamp {
	st := stamp{size: info.Size(), mtime: info.ModTime().UnixNano()}
	if sys, ok := info.Sys().(*syscall.Stat_t); ok {
		st.ctime, st.inode = sys.Ctim.Nano(), sys.Ino
	}
	return st
}

// stampFiles stamps the regular files among paths, which are relative to root and
// slash-separated; nil stands for what is none. The folder is opened once: to look
// every path up from the root of the file system costs as much as the rest.
func stampFiles(root string, paths []string) []*linkedStamp {
	out := make([]*linkedStamp, len(paths))
	dir, err := os.Open(root)
	if err != nil {
		return out
	}
	defer dir.Close()
	stamps := make([]linkedStamp, len(paths))
	parallel(len(paths), 64, func(i int) {
		var st unix.Stat_t
		if unix.Fstatat(int(dir.Fd()), paths[i], &st, unix.AT_SYMLINK_NOFOLLOW) == nil && st.Mode&unix.S_IFMT == unix.S_IFREG {
			stamps[i] = linkedStamp{stamp{st.Size, st.Mtim.Nano(), st.Ctim.Nano(), st.Ino}, uint64(st.Nlink), st.Mode&unix.S_IXUSR != 0}
			out[i] = &stamps[i]
		}
	})
	return out
}
