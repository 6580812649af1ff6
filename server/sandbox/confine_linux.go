package sandbox

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"unsafe"

	llsys "github.com/landlock-lsm/go-landlock/landlock/syscall"
	"golang.org/x/sys/unix"

	"lanser/index/beneath"
)

// Landlock rights by the purpose of a folder (kernel documentation, userspace-api/landlock). Devices
// and sockets cannot be created anywhere.
const (
	readFile = llsys.AccessFSReadFile
	read     = readFile | llsys.AccessFSReadDir
	execute  = read | llsys.AccessFSExecute
	// write has the right to move files between folders that are both writable, as rustc does with what
	// it has compiled. The kernel refuses a move by which a file would gain rights.
	write = read | llsys.AccessFSWriteFile | llsys.AccessFSRemoveDir | llsys.AccessFSRemoveFile |
		llsys.AccessFSMakeDir | llsys.AccessFSMakeReg | llsys.AccessFSMakeFifo | llsys.AccessFSMakeSym |
		llsys.AccessFSTruncate | llsys.AccessFSRefer
	// onFiles are the rights that a rule for a file can have; the others only apply to folders.
	onFiles = llsys.AccessFSExecute | llsys.AccessFSWriteFile | llsys.AccessFSReadFile | llsys.AccessFSTruncate
)

// systemDevices are devices that programs can read and write without harm. The terminal is not one of
// them, because output there controls the user's screen.
var systemDevices = []string{"/dev/null", "/dev/zero", "/dev/full", "/dev/random", "/dev/urandom"}

// confine restricts the calling thread and the processes that it starts from now on, as far as the
// kernel supports it. The caller has locked the thread. The other threads of this process are not
// restricted, because they must be able to end the started processes.
func confine(p Policy) error {
	if err := unix.Prctl(unix.PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0); err != nil {
		return fmt.Errorf("no_new_privs: %w", err)
	}
	if abi := landlockABI(); abi > 0 {
		if err := landlock(p, abi); err != nil {
			return fmt.Errorf("landlock: %w", err)
		}
	}
	if err := dropCapabilities(); err != nil {
		return fmt.Errorf("capabilities: %w", err)
	}
	if hasFilters() {
		if err := installFilter(p); err != nil {
			return fmt.Errorf("seccomp: %w", err)
		}
	}
	return nil
}

// landlockABI returns the version of Landlock in the kernel, 0 for none.
func landlockABI() int {
	abi, err := llsys.LandlockGetABIVersion()
	if err != nil {
		return 0
	}
	return abi
}

// handled returns the rights that a version of Landlock supports. All of them are denied unless a rule
// allows them.
func handled(abi int, network bool) llsys.RulesetAttr {
	bits := map[bool]int{true: 13}[abi >= 1]
	switch {
	case abi >= 9:
		bits = 17
	case abi >= 5:
		bits = 16
	case abi >= 3:
		bits = 15
	case abi == 2:
		bits = 14
	}
	attr := llsys.RulesetAttr{HandledAccessFS: 1<<bits - 1}
	if abi >= 4 && !network {
		attr.HandledAccessNet = llsys.AccessNetBindTCP | llsys.AccessNetConnectTCP
	}
	if abi >= 6 {
		attr.Scoped = llsys.ScopeAbstractUnixSocket | llsys.ScopeSignal
	}
	return attr
}

func landlock(p Policy, abi int) error {
	attr := handled(abi, p.Network)
	ruleset, err := llsys.LandlockCreateRuleset(&attr, 0)
	if err != nil {
		return err
	}
	defer unix.Close(ruleset)
	allow := func(rights uint64, must bool, paths ...string) {
		for _, path := range paths {
			if err == nil {
				err = addRule(ruleset, path, rights&attr.HandledAccessFS, must)
			}
		}
	}
	programs := slices.Concat(systemPrograms, p.Executable)
	if p.Trust && p.Workspace != "" {
		programs = append(programs, p.Workspace)
	} else if p.Workspace != "" {
		programs = without(programs, p.Workspace)
	}
	allow(execute, false, programs...)
	allow(read, false, systemFiles...)
	allow(read, false, p.Readable...)
	if p.Workspace != "" {
		allow(read, true, p.Workspace)
	}
	allow(readFile|llsys.AccessFSWriteFile|llsys.AccessFSTruncate, false, systemDevices...)
	allow(write, true, p.Writable...)
	if p.Trust { // build scripts are compiled there and then executed
		allow(execute, true, p.Writable...)
	}
	if err != nil {
		return err
	}
	return llsys.LandlockRestrictSelf(ruleset, 0)
}

// addRule allows rights for a file, or for everything in a folder. A path that does not exist is an
// error only if must is true.
func addRule(ruleset int, path string, rights uint64, must bool) error {
	fd, err := unix.Open(path, unix.O_PATH|unix.O_CLOEXEC, 0)
	if err != nil {
		if must {
			return fmt.Errorf("%s: %w", path, err)
		}
		return nil
	}
	defer unix.Close(fd)
	var st unix.Stat_t
	if err := unix.Fstat(fd, &st); err != nil {
		return err
	}
	if st.Mode&unix.S_IFMT != unix.S_IFDIR {
		rights &= onFiles
	}
	if rights == 0 {
		return nil
	}
	err = llsys.LandlockAddPathBeneathRule(ruleset, &llsys.PathBeneathAttr{ParentFd: fd, AllowedAccess: rights}, 0)
	if err != nil {
		return fmt.Errorf("%s: %w", path, err)
	}
	return nil
}

// without replaces each folder that contains the workspace by its entries that do not contain the
// workspace. Rules can only add rights, and a workspace in /usr or /opt must not get the rights of
// that folder.
func without(folders []string, workspace string) (out []string) {
	for _, dir := range folders {
		real, err := filepath.EvalSymlinks(dir)
		if err != nil {
			continue
		}
		out = append(out, neighbours(real, workspace)...)
	}
	return out
}

func neighbours(dir, workspace string) (out []string) {
	if _, inside := beneath.Local(workspace, dir); inside {
		return nil
	}
	if _, holds := beneath.Local(dir, workspace); !holds {
		return []string{dir}
	}
	entries, err := os.ReadDir(dir)
	if err != nil {
		return nil
	}
	for _, e := range entries {
		if e.Type()&fs.ModeSymlink == 0 {
			out = append(out, neighbours(filepath.Join(dir, e.Name()), workspace)...)
		}
	}
	return out
}

// kept are the capabilities that a program of the administrator keeps: those to access files of other
// users, which CI jobs in containers need. All others are dropped, for example those to create
// devices, load modules, trace processes and mount file systems.
var kept = []int{unix.CAP_DAC_OVERRIDE, unix.CAP_DAC_READ_SEARCH}

func dropCapabilities() error {
	header := unix.CapUserHeader{Version: unix.LINUX_CAPABILITY_VERSION_3}
	var have [2]unix.CapUserData
	if err := unix.Capget(&header, &have[0]); err != nil {
		return err
	}
	var mask [2]uint32
	for _, c := range kept {
		mask[c/32] |= 1 << (c % 32)
	}
	if have[0].Effective&(1<<unix.CAP_SETPCAP) != 0 { // otherwise, the bounding set cannot be changed
		for c := range unix.CAP_LAST_CAP + 1 {
			if slices.Contains(kept, c) {
				continue
			}
			err := unix.Prctl(unix.PR_CAPBSET_DROP, uintptr(c), 0, 0, 0)
			if err != nil && !errors.Is(err, unix.EINVAL) { // EINVAL: the kernel does not have this capability
				return err
			}
		}
	}
	for i := range have {
		have[i].Effective &= mask[i]
		have[i].Permitted &= mask[i]
		have[i].Inheritable = 0
	}
	return unix.Capset(&header, &have[0])
}

// hasFilters reports whether the kernel supports seccomp filters, and this package knows the system
// calls of the processor.
func hasFilters() bool {
	if auditArch == 0 {
		return false
	}
	action := uint32(retErrno)
	_, _, errno := unix.Syscall(unix.SYS_SECCOMP, 2 /* SECCOMP_GET_ACTION_AVAIL */, 0, uintptr(unsafe.Pointer(&action)))
	return errno == 0
}

// Guarantees lists what a confined program cannot do, and whether this machine can enforce it.
func Guarantees() []Guarantee {
	abi, filters := landlockABI(), hasFilters()
	version := func(n int, kernel string) (bool, string) { return abi >= n, "Landlock of Linux " + kernel }
	return guarantees(func(what string) (bool, string) {
		switch what {
		case "write":
			return version(3, "6.2")
		case "read", "execute":
			return version(1, "5.13")
		case "signals":
			return version(6, "6.12")
		case "devices":
			return version(5, "6.10")
		}
		return filters, "seccomp filters"
	})
}
