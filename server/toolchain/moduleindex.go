package toolchain

import (
	"fmt"
	"io/fs"
	"maps"
	"math/rand/v2"
	"os"
	"path"
	"path/filepath"
	"slices"

	"lanser/index/beneath"
)

// writeBelow writes files, path → content, below the cache folder of a server, those that are not there yet, in the
// order of their paths. The server can write that folder: a link that it has put there is not followed out of it, and
// whatever is in a file's place is replaced. A file that cannot be written only costs the server time, so that it is no
// error.
func writeBelow(cache string, files map[string]string) {
	root, err := os.OpenRoot(cache)
	if err != nil {
		return
	}
	defer root.Close()
	for _, p := range slices.Sorted(maps.Keys(files)) {
		file := filepath.FromSlash(p)
		is, err := beneath.ReadIn(cache, p, int64(len(files[p])))
		if err == nil && string(is) == files[p] {
			continue
		}
		if err := root.MkdirAll(filepath.FromSlash(path.Dir(p)), 0o700); err != nil {
			return
		}
		part := fmt.Sprintf("%s.%08x", file, rand.Uint32())
		if err := writeNew(root, part, files[p]); err != nil || root.Rename(part, file) != nil {
			_ = root.Remove(part)
			return
		}
	}
}

// writeNew writes a file that must not exist yet.
func writeNew(root *os.Root, file, content string) error {
	f, err := root.OpenFile(file, os.O_WRONLY|os.O_CREATE|os.O_EXCL, fs.FileMode(0o600))
	if err != nil {
		return err
	}
	_, err = f.WriteString(content)
	if closeErr := f.Close(); err == nil {
		err = closeErr
	}
	return err
}
