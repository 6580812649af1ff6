//go:build unix

package programs

import (
	"fmt"
	"io/fs"
	"os"
	"os/user"
	"path/filepath"
	"strconv"
	"sync"
	"syscall"
)

// writable returns why other users can write a file or folder, "" if they cannot. They can if it
// or a folder above it belongs to another user, or is writable by everybody or by a group of
// people. Sticky folders above it, such as /tmp, are allowed, because users cannot replace files
// of others there. The path must be absolute with its links resolved.
func writable(p string) string {
	for at := p; ; at = filepath.Dir(at) {
		info, err := os.Lstat(at)
		if err != nil {
			return fmt.Sprintf("%s cannot be examined", at)
		}
		sys, ok := info.Sys().(*syscall.Stat_t)
		if !ok {
			return ""
		}
		if !trustedOwner(sys.Uid) {
			return fmt.Sprintf("%s belongs to another user", at)
		}
		sticky := at != p && info.Mode()&fs.ModeSticky != 0
		if info.Mode()&0o002 != 0 && !sticky {
			return fmt.Sprintf("every user can write %s", at)
		}
		if info.Mode()&0o020 != 0 && !sticky && sys.Gid >= firstPerson && int(sys.Gid) != os.Getgid() {
			return fmt.Sprintf("a group of users can write %s", at)
		}
		if at == filepath.Dir(at) {
			return ""
		}
	}
}

// firstPerson is the lowest group id of people; lower ids belong to the system (Debian Policy
// Manual, section 9.2.2).
const firstPerson = 1000

// trustedOwner reports whether files of a user may be started. These users are the administrator
// and the current user. For the administrator, also the user who called sudo, and user ids
// without a name, which own tools that are mounted into a container.
func trustedOwner(uid uint32) bool {
	if uid == 0 || int(uid) == os.Geteuid() {
		return true
	}
	if os.Geteuid() != 0 {
		return false
	}
	return os.Getenv("SUDO_UID") == strconv.Itoa(int(uid)) || !hasName(uid)
}

var names sync.Map // user id → whether a user has it

func hasName(uid uint32) bool {
	if v, ok := names.Load(uid); ok {
		return v.(bool)
	}
	_, err := user.LookupId(strconv.Itoa(int(uid)))
	names.Store(uid, err == nil)
	return err == nil
}
