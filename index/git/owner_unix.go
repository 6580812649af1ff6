//go:build unix

package git

import (
	"errors"
	"io/fs"
	"os"
	"syscall"
)

// ownedByUser reports whether a file belongs to the user of this process. A missing file counts as owned.
func ownedByUser(file string, look func(string) (os.FileInfo, error)) bool {
	info, err := look(file)
	if err != nil {
		return errors.Is(err, fs.ErrNotExist)
	}
	sys, ok := info.Sys().(*syscall.Stat_t)
	return ok && int(sys.Uid) == os.Geteuid()
}
