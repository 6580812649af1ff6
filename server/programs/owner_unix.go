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

// writable returns why other users can write a file or folder, "" if they cannot: it, or a
// folder above it, belongs to another user, or may be written by everybody or by a group of
// people. The path is absolute, links resolved. A folder such as /tmp, where everybody can
// make files but not remove those of others (sticky), may lie above.
func writable(p string) string {
	for at := p; ; at = filepath.Dir(at) {
		info, err := os.Lstat(at)
		if err != nil {
			return fmt.Sprintf("%s cannot be looked at", at)
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

// firstPerson is the first group id of people; those below are the system's (Debian's policy
// manual, section 9.2.2).
const firstPerson = 1000

// trustedOwner reports whether files of a user may be started: those of the administrator, of
// the user himself, of who has called sudo, and for the administrator those of a user id that
// nobody has, as of tools that are mounted into a container.
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
