package sandbox

import (
	"unsafe"

	"golang.org/x/net/bpf"
	"golang.org/x/sys/unix"
)

// A filter of system calls (seccomp(2)) denies what Landlock does not cover: local sockets and, unless
// the policy allows them, network sockets, because Landlock only covers TCP; changes of modes,
// owners, times and attributes, because they would change the workspace; and calls that could undo a
// restriction. A denied call fails with an error that programs expect.

// Values of a filter's verdict (linux/seccomp.h).
const (
	retAllow = 0x7fff0000
	retErrno = 0x00050000
)

// Offsets of struct seccomp_data, for a little-endian machine.
const (
	offNumber = 0
	offArch   = 4
	offArg0   = 16
)

// denied are system calls that fail with EPERM.
var denied = []uint32{
	unix.SYS_PTRACE, unix.SYS_PROCESS_VM_READV, unix.SYS_PROCESS_VM_WRITEV, unix.SYS_PIDFD_GETFD, unix.SYS_KCMP,
	unix.SYS_ADD_KEY, unix.SYS_REQUEST_KEY, unix.SYS_KEYCTL,
	unix.SYS_MOUNT, unix.SYS_UMOUNT2, unix.SYS_PIVOT_ROOT, unix.SYS_MOVE_MOUNT, unix.SYS_OPEN_TREE, unix.SYS_FSOPEN,
	unix.SYS_FSPICK, unix.SYS_FSMOUNT,
	unix.SYS_FSCONFIG, unix.SYS_MOUNT_SETATTR, unix.SYS_CHROOT, unix.SYS_SETNS, unix.SYS_UNSHARE,
	unix.SYS_OPEN_BY_HANDLE_AT, unix.SYS_QUOTACTL,
	unix.SYS_BPF, unix.SYS_PERF_EVENT_OPEN, unix.SYS_USERFAULTFD, unix.SYS_KEXEC_LOAD, unix.SYS_KEXEC_FILE_LOAD,
	unix.SYS_INIT_MODULE, unix.SYS_FINIT_MODULE,
	unix.SYS_DELETE_MODULE, unix.SYS_SWAPON, unix.SYS_SWAPOFF, unix.SYS_REBOOT, unix.SYS_ACCT, unix.SYS_SETTIMEOFDAY,
	unix.SYS_CLOCK_SETTIME,
	unix.SYS_SETHOSTNAME, unix.SYS_SETDOMAINNAME, unix.SYS_PRLIMIT64 | onlyOthers,
}

// onlyOthers marks a call that is denied only if its first argument is another process. 0 means the
// calling process.
const onlyOthers = 1 << 31

// metadata are system calls that change the metadata of a file.
var metadata = append([]uint32{
	unix.SYS_FCHMOD, unix.SYS_FCHMODAT, unix.SYS_FCHMODAT2, unix.SYS_FCHOWN, unix.SYS_FCHOWNAT, unix.SYS_UTIMENSAT,
	unix.SYS_SETXATTR, unix.SYS_LSETXATTR, unix.SYS_FSETXATTR, unix.SYS_REMOVEXATTR, unix.SYS_LREMOVEXATTR,
	unix.SYS_FREMOVEXATTR,
}, oldMetadata...)

// missing are system calls that fail as if the kernel did not have them, which programs can handle.
// With io_uring, a program could create sockets without the system calls that the filter checks.
var missing = []uint32{unix.SYS_IO_URING_SETUP, unix.SYS_IO_URING_ENTER, unix.SYS_IO_URING_REGISTER}

// filter returns the BPF program that checks system calls.
func filter(p Policy) []bpf.Instruction {
	fail := func(errno uint32) bpf.Instruction { return bpf.RetConstant{Val: retErrno | errno} }
	prog := []bpf.Instruction{
		bpf.LoadAbsolute{Off: offArch, Size: 4},
		bpf.JumpIf{Cond: bpf.JumpEqual, Val: auditArch, SkipTrue: 1},
		fail(uint32(unix.ENOSYS)), // The system calls of 32-bit programs have other numbers.
		bpf.LoadAbsolute{Off: offNumber, Size: 4},
		bpf.JumpIf{Cond: bpf.JumpLessThan, Val: foreignCalls, SkipTrue: 1},
		fail(uint32(unix.ENOSYS)),
	}
	deny := func(calls []uint32, errno uint32) {
		for _, nr := range calls {
			if nr&onlyOthers != 0 {
				prog = append(
					prog,
					bpf.JumpIf{Cond: bpf.JumpEqual, Val: nr &^ onlyOthers, SkipFalse: 4},
					bpf.LoadAbsolute{
						Off:  offArg0,
						Size: 4,
					},
					bpf.JumpIf{Cond: bpf.JumpEqual, Val: 0, SkipTrue: 1},
					fail(errno),
					bpf.LoadAbsolute{Off: offNumber, Size: 4},
				)
				continue
			}
			prog = append(prog, bpf.JumpIf{Cond: bpf.JumpEqual, Val: nr, SkipFalse: 1}, fail(errno))
		}
	}
	deny(denied, uint32(unix.EPERM))
	deny(missing, uint32(unix.ENOSYS))
	if !p.Trust {
		deny(metadata, uint32(unix.EPERM))
	}
	prog = append(prog, threadSignals(fail(uint32(unix.EPERM)))...)
	prog = append(prog, sockets(p.Network, fail)...)
	return append(prog, bpf.RetConstant{Val: retAllow})
}

// threadSignals denies signals to the thread of the launcher that starts the program, which is the
// calling thread. It has the same restrictions as the program, so Landlock allows these signals, and a
// signal to a thread can end its process. Landlock checks signals to other processes.
func threadSignals(fail bpf.Instruction) (prog []bpf.Instruction) {
	launcher, thread := uint32(unix.Getpid()), uint32(unix.Gettid())
	for _, call := range []struct{ nr, to uint32 }{
		{unix.SYS_TGKILL, launcher},
		{unix.SYS_RT_TGSIGQUEUEINFO, launcher},
		{unix.SYS_KILL, thread},
		{unix.SYS_RT_SIGQUEUEINFO, thread},
	} {
		prog = append(
			prog,
			bpf.JumpIf{Cond: bpf.JumpEqual, Val: call.nr, SkipFalse: 4},
			bpf.LoadAbsolute{
				Off:  offArg0,
				Size: 4,
			},
			bpf.JumpIf{Cond: bpf.JumpNotEqual, Val: call.to, SkipTrue: 1},
			fail,
			bpf.LoadAbsolute{Off: offNumber, Size: 4},
		)
	}
	return append(
		prog,
		bpf.JumpIf{Cond: bpf.JumpEqual, Val: unix.SYS_TKILL, SkipFalse: 1},
		fail,
		bpf.JumpIf{Cond: bpf.JumpEqual, Val: unix.SYS_PIDFD_OPEN, SkipFalse: 4},
		bpf.LoadAbsolute{
			Off:  offArg0 + 8,
			Size: 4,
		},
		bpf.JumpIf{Cond: bpf.JumpBitsNotSet, Val: pidfdThread, SkipTrue: 1},
		fail,
		bpf.LoadAbsolute{Off: offNumber, Size: 4},
	)
}

// pidfdThread is PIDFD_THREAD of pidfd_open(2), which opens a descriptor of a single thread.
const pidfdThread = unix.O_EXCL

// sockets checks the domain of socket(2). Socket pairs, which programs use to communicate with their
// children, are created by another system call.
func sockets(network bool, fail func(uint32) bpf.Instruction) []bpf.Instruction {
	if !network {
		return []bpf.Instruction{
			bpf.JumpIf{Cond: bpf.JumpEqual, Val: unix.SYS_SOCKET, SkipFalse: 1},
			fail(uint32(unix.EACCES)),
		}
	}
	return []bpf.Instruction{
		bpf.JumpIf{Cond: bpf.JumpEqual, Val: unix.SYS_SOCKET, SkipFalse: 6},
		bpf.LoadAbsolute{Off: offArg0, Size: 4},
		bpf.JumpIf{Cond: bpf.JumpEqual, Val: unix.AF_INET, SkipTrue: 3},
		bpf.JumpIf{Cond: bpf.JumpEqual, Val: unix.AF_INET6, SkipTrue: 2},
		bpf.JumpIf{Cond: bpf.JumpEqual, Val: unix.AF_NETLINK, SkipTrue: 1}, // the list of interfaces
		fail(uint32(unix.EACCES)),
		bpf.RetConstant{Val: retAllow},
	}
}

// installFilter installs the filter for the calling thread and the processes that it starts.
// no_new_privs must be set.
func installFilter(p Policy) error {
	raw, err := bpf.Assemble(filter(p))
	if err != nil {
		return err
	}
	code := make([]unix.SockFilter, len(raw))
	for i, r := range raw {
		code[i] = unix.SockFilter{Code: r.Op, Jt: r.Jt, Jf: r.Jf, K: r.K}
	}
	prog := unix.SockFprog{Len: uint16(len(code)), Filter: &code[0]}
	return unix.Prctl(unix.PR_SET_SECCOMP, unix.SECCOMP_MODE_FILTER, uintptr(unsafe.Pointer(&prog)), 0, 0)
}
