//go:build !linux

package beneath

import (
	"io/fs"
	"os"
	"path/filepath"
)

// StampOf returns the stamp of a file. Other systems give neither ctime nor inode here: both are 0 in all stamps.
func StampOf(info fs.FileInfo) Stamp {
	return Stamp{Size: info.Size(), MTime: info.ModTime().UnixNano()}
}

// Stamps stamps files and folders below the folder, nil for what does not exist; regularOnly also gives nil for
// what is no regular file.
func (f *Folder) Stamps(paths []string, regularOnly bool) []*LinkedStamp {
	out := make([]*LinkedStamp, len(paths))
	for i, p := range paths {
		if info, err := f.Direct().Lstat(p); err == nil && (info.Mode().IsRegular() || !regularOnly) {
			out[i] = &LinkedStamp{Stamp: StampOf(info), Links: 1, Executable: info.Mode()&0o100 != 0}
		}
	}
	return out
}

// StampFiles stamps regular files below root, nil for what is none.
func StampFiles(root string, paths []string) []*LinkedStamp {
	out := make([]*LinkedStamp, len(paths))
	for i, p := range paths {
		if info, err := os.Lstat(filepath.Join(root, filepath.FromSlash(p))); err == nil && info.Mode().IsRegular() {
			out[i] = &LinkedStamp{Stamp: StampOf(info), Links: 1, Executable: info.Mode()&0o100 != 0}
		}
	}
	return out
}
