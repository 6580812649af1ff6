//go:build !linux

package index

import (
	"io/fs"
	"os"
	"path/filepath"
)

// stampOf returns the stamp of a file. Other systems give neither ctime nor inode here: both are 0 in all stamps.
func stampOf(info fs.FileInfo) stamp {
	return stamp{size: info.Size(), mtime: info.ModTime().UnixNano()}
}

// stampBeneath stamps files and folders of the workspace, nil for what does not exist; regularOnly also gives nil for
// what is no regular file.
func (w *Workspace) stampBeneath(paths []string, regularOnly bool) []*linkedStamp {
	out := make([]*linkedStamp, len(paths))
	for i, p := range paths {
		if info, err := w.folder.Direct().Lstat(p); err == nil && (info.Mode().IsRegular() || !regularOnly) {
			out[i] = &linkedStamp{stampOf(info), 1, info.Mode()&0o100 != 0}
		}
	}
	return out
}

// stampFiles stamps regular files below root, nil for what is none.
func stampFiles(root string, paths []string) []*linkedStamp {
	out := make([]*linkedStamp, len(paths))
	for i, p := range paths {
		if info, err := os.Lstat(filepath.Join(root, filepath.FromSlash(p))); err == nil && info.Mode().IsRegular() {
			out[i] = &linkedStamp{stampOf(info), 1, info.Mode()&0o100 != 0}
		}
	}
	return out
}
