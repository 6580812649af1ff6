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

func stampFiles(root string, paths []string) []*stamp {
	out := make([]*stamp, len(paths))
	for i, p := range paths {
		if info, err := os.Lstat(filepath.Join(root, filepath.FromSlash(p))); err == nil && info.Mode().IsRegular() {
			st := stampOf(info)
			out[i] = &st
		}
	}
	return out
}
