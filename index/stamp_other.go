//go:build !linux

package index

import (
	"io/fs"
	"os"
	"path/filepath"
)

func stampOf(info fs.FileInfo) stamp {
	return stamp{size: info.Size(), mtime: info.ModTime().UnixNano()}
}

func (w *Workspace) stampBeneath(paths []string, regularOnly bool) []*linkedStamp {
	out := make([]*linkedStamp, len(paths))
	for i, p := range paths {
		if info, err := w.folder.Direct().Lstat(p); err == nil && (info.Mode().IsRegular() || !regularOnly) {
			out[i] = &linkedStamp{stampOf(info), 1, info.Mode()&0o100 != 0}
		}
	}
	return out
}

func stampFiles(root string, paths []string) []*linkedStamp {
	out := make([]*linkedStamp, len(paths))
	for i, p := range paths {
		if info, err := os.Lstat(filepath.Join(root, filepath.FromSlash(p))); err == nil && info.Mode().IsRegular() {
			out[i] = &linkedStamp{stampOf(info), 1, info.Mode()&0o100 != 0}
		}
	}
	return out
}
