package sandbox

import (
	"unsafe"

	"golang.org/x/net/bpf"
	"golang.org/x/sys/unix"
)

// A filter of system calls (seccomp(2)) denies what Landlock does not cover: local sockets and, unless
// the policy allows them, network sockets, because Landlock only covers TCP; memory and messages that
// other processes of the user share; changes of modes, owners, times and attributes, because they would
// change the workspace; limits and priorities of other processes; new namespaces; and calls that could
// undo a restriction. A denied call fails with an error that programs expect.

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

// unknownCalls is the lowest number of the system calls that are newer than this list, or belong to x32
// programs (seccomp(2), "Caveats"). They fail as if the kernel did not have them, because they could be
// new ways to do what the filter denies: 463 is setxattrat (Linux 6.13), 469 is file_setattr (6.17).
const unknownCalls = 463

// denied are system calls that fail with EPERM.
var denied = []uint32{
	unix.SYS_PTRACE, unix.SYS_PROCESS_VM_READV, unix.SYS_PROCESS_VM_WRITEV, unix.SYS_PIDFD_GETFD, unix.SYS_KCMP,
	unix.SYS_ADD_KEY, unix.SYS_REQUEST_KEY, unix.SYS_KEYCTL,
	unix.SYS_MOUNT, unix.SYS_UMOUNT2, unix.SYS_PIVOT_ROOT, unix.SYS_MOVE_MOUNT, unix.SYS_OPEN_TREE, unix.SYS_FSOPEN,
	unix.SYS_FSPICK, unix.SYS_FSMOUNT,
	unix.SYS_FSCONFIG, unix.SYS_MOUNT_SETATTR, unix.SYS_CHROOT, unix.SYS_SETNS, unix.SYS_UNSHARE,
	unix.SYS_OPEN_BY_HANDLE_AT, unix.SYS_QUOTACTL, unix.SYS_QUOTACTL_FD, unix.SYS_FANOTIFY_INIT, unix.SYS_SYSLOG,
	unix.SYS_PROCESS_MADVISE, unix.SYS_PROCESS_MRELEASE, unix.SYS_MIGRATE_PAGES, unix.SYS_MOVE_PAGES,
	unix.SYS_BPF, unix.SYS_PERF_EVENT_OPEN, unix.SYS_USERFAULTFD, unix.SYS_KEXEC_LOAD, unix.SYS_KEXEC_FILE_LOAD,
	unix.SYS_INIT_MODULE, unix.SYS_FINIT_MODULE,
	unix.SYS_DELETE_MODULE, unix.SYS_SWAPON, unix.SYS_SWAPOFF, unix.SYS_REBOOT, unix.SYS_ACCT, unix.SYS_SETTIMEOFDAY,
	unix.SYS_CLOCK_SETTIME,
	unix.SYS_SETHOSTNAME, unix.SYS_SETDOMAINNAME,
}

// onProcess are system calls that are denied unless their first argument is 0, the calling process.
var onProcess = []uint32{
	unix.SYS_PRLIMIT64, unix.SYS_SCHED_SETAFFINITY, unix.SYS_SCHED_SETSCHEDULER, unix.SYS_SCHED_SETPARAM,
	unix.SYS_SCHED_SETATTR,
}

// metadata are system calls that change the metadata of a file.
var metadata = append([]uint32{
	unix.SYS_FCHMOD, unix.SYS_FCHMODAT, unix.SYS_FCHMODAT2, unix.SYS_FCHOWN, unix.SYS_FCHOWNAT, unix.SYS_UTIMENSAT,
	unix.SYS_SETXATTR, unix.SYS_LSETXATTR, unix.SYS_FSETXATTR, unix.SYS_REMOVEXATTR, unix.SYS_LREMOVEXATTR,
	unix.SYS_FREMOVEXATTR,
}, oldMetadata...)

// missing are system calls that fail as if the kernel did not have them, which programs can handle.
//
//   - With io_uring, a program could create sockets without the system calls that the filter checks.
//   - A filter cannot read the flags of clone3; the C library then uses clone.
//   - Shared memory, message queues and semaphores of System V and of POSIX belong to a user, and not to a
//     process: every other process of the user can be reached by them, and they outlive the program.
//   - The memory of memfd_create counts for no process, so that [Policy.Memory] would not limit it.
var missing = []uint32{
	unix.SYS_IO_URING_SETUP, unix.SYS_IO_URING_ENTER, unix.SYS_IO_URING_REGISTER, unix.SYS_CLONE3,
	unix.SYS_SHMGET, unix.SYS_SHMAT, unix.SYS_SHMCTL, unix.SYS_SHMDT,
	unix.SYS_MSGGET, unix.SYS_MSGSND, unix.SYS_MSGRCV, unix.SYS_MSGCTL,
	unix.SYS_SEMGET, unix.SYS_SEMOP, unix.SYS_SEMCTL, unix.SYS_SEMTIMEDOP,
	unix.SYS_MQ_OPEN, unix.SYS_MQ_UNLINK, unix.SYS_MQ_TIMEDSEND, unix.SYS_MQ_TIMEDRECEIVE, unix.SYS_MQ_NOTIFY,
	unix.SYS_MQ_GETSETATTR,
	unix.SYS_MEMFD_CREATE, unix.SYS_MEMFD_SECRET,
}

// failure returns the instruction that ends a system call with an error.
func failure(errno uint32) bpf.Instruction { return bpf.RetConstant{Val: retErrno | errno} }

// filter returns the BPF program that checks system calls.
func filter(p Policy) []bpf.Instruction {
	prog := []bpf.Instruction{
		bpf.LoadAbsolute{Off: offArch, Size: 4},
		bpf.JumpIf{Cond: bpf.JumpEqual, Val: auditArch, SkipTrue: 1},
		failure(uint32(unix.ENOSYS)), // The system calls of 32-bit programs have other numbers.
		bpf.LoadAbsolute{Off: offNumber, Size: 4},
		bpf.JumpIf{Cond: bpf.JumpLessThan, Val: unknownCalls, SkipTrue: 1},
		failure(uint32(unix.ENOSYS)),
	}
	add := func(more ...bpf.Instruction) { prog = append(prog, more...) }
	deny := func(calls []uint32, errno uint32) {
		for _, nr := range calls {
			add(bpf.JumpIf{Cond: bpf.JumpEqual, Val: nr, SkipFalse: 1}, failure(errno))
		}
	}
	deny(denied, uint32(unix.EPERM))
	deny(missing, uint32(unix.ENOSYS))
	if !p.Trust {
		deny(metadata, uint32(unix.EPERM))
		add(oneOf(unix.SYS_IOCTL, 1, uint32(unix.ENOTTY), harmlessCommands(p.Network)...)...)
	}
	for _, nr := range onProcess {
		add(oneOf(nr, 0, uint32(unix.EPERM), 0)...)
	}
	for _, nr := range []uint32{unix.SYS_SETPRIORITY, unix.SYS_IOPRIO_SET} {
		add(oneOf(nr, 0, uint32(unix.EPERM), whichProcess[nr])...)
		add(oneOf(nr, 1, uint32(unix.EPERM), 0)...)
	}
	add(noneOf(unix.SYS_FCNTL, 1, uint32(unix.EPERM), reachingOthers...)...)
	add(onCall(
		unix.SYS_CLONE,
		bpf.LoadAbsolute{Off: offArg0, Size: 4},
		bpf.JumpIf{Cond: bpf.JumpBitsNotSet, Val: namespaces, SkipTrue: 1},
		failure(uint32(unix.EPERM)),
	)...)
	add(threadSignals()...)
	add(sockets(p.Network)...)
	return append(prog, bpf.RetConstant{Val: retAllow})
}

// whichProcess are the first arguments of system calls by which the second is a process: PRIO_PROCESS
// (setpriority(2)) and IOPRIO_WHO_PROCESS (ioprio_set(2)).
var whichProcess = map[uint32]uint32{unix.SYS_SETPRIORITY: 0, unix.SYS_IOPRIO_SET: 1}

// reachingOthers are commands of fcntl(2) by which a program that can only read a file delays those who
// write it, or has the kernel send signals to other processes.
var reachingOthers = []uint32{unix.F_SETLEASE, unix.F_NOTIFY, unix.F_SETOWN, unix.F_SETOWN_EX, unix.F_SETSIG}

// namespaces are the flags of clone(2) that create namespaces: in a user namespace of its own, a program
// has all capabilities.
const namespaces = unix.CLONE_NEWNS | unix.CLONE_NEWCGROUP | unix.CLONE_NEWUTS | unix.CLONE_NEWIPC |
	unix.CLONE_NEWUSER | unix.CLONE_NEWPID | unix.CLONE_NEWNET

// harmlessCommands are the commands of ioctl(2) that programs use and that change no file: with a file that
// is only open to read, other commands change its attributes, or create and remove folders (btrfs).
func harmlessCommands(network bool) []uint32 {
	all := []uint32{
		unix.TCGETS, unix.TCGETS2, unix.TIOCGWINSZ, unix.TIOCGPGRP, unix.TIOCINQ, setNonblocking, closeOnExec,
		keepOnExec, fileSize, unix.FS_IOC_GETFLAGS, unix.FICLONE, unix.FICLONERANGE, fileVersion, fileExtents,
	}
	if network {
		all = append(all, unix.SIOCGIFCONF, unix.SIOCGIFNAME, unix.SIOCGIFINDEX, unix.SIOCGIFFLAGS, unix.SIOCGIFADDR)
	}
	return all
}

// Commands of ioctl(2) for files (asm-generic/ioctls.h, linux/fs.h).
const (
	setNonblocking = 0x5421     // FIONBIO
	closeOnExec    = 0x5451     // FIOCLEX
	keepOnExec     = 0x5450     // FIONCLEX
	fileSize       = 0x5460     // FIOQSIZE
	fileVersion    = 0x80087601 // FS_IOC_GETVERSION
	fileExtents    = 0xc020660b // FS_IOC_FIEMAP
)

// onCall returns instructions for one system call. The number of the call is loaded before and after them.
func onCall(nr uint32, body ...bpf.Instruction) []bpf.Instruction {
	prog := []bpf.Instruction{bpf.JumpIf{Cond: bpf.JumpEqual, Val: nr, SkipFalse: uint8(len(body) + 1)}}
	return append(append(prog, body...), bpf.LoadAbsolute{Off: offNumber, Size: 4})
}

// oneOf denies a system call unless an argument has one of the values.
func oneOf(nr uint32, arg int, errno uint32, values ...uint32) []bpf.Instruction {
	body := []bpf.Instruction{bpf.LoadAbsolute{Off: uint32(offArg0 + 8*arg), Size: 4}}
	for i, v := range values {
		body = append(body, bpf.JumpIf{Cond: bpf.JumpEqual, Val: v, SkipTrue: uint8(len(values) - i)})
	}
	return onCall(nr, append(body, failure(errno))...)
}

// noneOf denies a system call if an argument has one of the values.
func noneOf(nr uint32, arg int, errno uint32, values ...uint32) []bpf.Instruction {
	body := []bpf.Instruction{bpf.LoadAbsolute{Off: uint32(offArg0 + 8*arg), Size: 4}}
	for _, v := range values {
		body = append(body, bpf.JumpIf{Cond: bpf.JumpEqual, Val: v, SkipFalse: 1}, failure(errno))
	}
	return onCall(nr, body...)
}

// threadSignals denies signals to the thread of the launcher that starts the program, which is the
// calling thread. It has the same restrictions as the program, so Landlock allows these signals, and a
// signal to a thread can end its process. Landlock checks signals to other processes.
func threadSignals() (prog []bpf.Instruction) {
	launcher, thread := uint32(unix.Getpid()), uint32(unix.Gettid())
	for _, call := range []struct{ nr, to uint32 }{
		{unix.SYS_TGKILL, launcher},
		{unix.SYS_RT_TGSIGQUEUEINFO, launcher},
		{unix.SYS_KILL, thread},
		{unix.SYS_RT_SIGQUEUEINFO, thread},
	} {
		prog = append(prog, noneOf(call.nr, 0, uint32(unix.EPERM), call.to)...)
	}
	prog = append(prog, onCall(unix.SYS_TKILL, failure(uint32(unix.EPERM)))...)
	return append(prog, onCall(
		unix.SYS_PIDFD_OPEN,
		bpf.LoadAbsolute{Off: offArg0 + 8, Size: 4},
		bpf.JumpIf{Cond: bpf.JumpBitsNotSet, Val: pidfdThread, SkipTrue: 1},
		failure(uint32(unix.EPERM)),
	)...)
}

// pidfdThread is PIDFD_THREAD of pidfd_open(2), which opens a descriptor of a single thread.
const pidfdThread = unix.O_EXCL

// sockets checks the domain of socket(2), and the type of socketpair(2), which programs use to communicate
// with their children. A pair of datagram sockets can be dissolved: each of them can then send to any
// socket of this machine.
func sockets(network bool) []bpf.Instruction {
	pairs := onCall(
		unix.SYS_SOCKETPAIR,
		bpf.LoadAbsolute{Off: offArg0, Size: 4},
		bpf.JumpIf{Cond: bpf.JumpNotEqual, Val: unix.AF_UNIX, SkipTrue: 4},
		bpf.LoadAbsolute{Off: offArg0 + 8, Size: 4},
		bpf.ALUOpConstant{Op: bpf.ALUOpAnd, Val: 0xf}, // without SOCK_CLOEXEC and SOCK_NONBLOCK
		bpf.JumpIf{Cond: bpf.JumpEqual, Val: unix.SOCK_STREAM, SkipTrue: 2},
		bpf.JumpIf{Cond: bpf.JumpEqual, Val: unix.SOCK_SEQPACKET, SkipTrue: 1},
		failure(uint32(unix.EACCES)),
	)
	if !network {
		for _, nr := range []uint32{unix.SYS_SOCKET, unix.SYS_CONNECT, unix.SYS_BIND, unix.SYS_LISTEN} {
			pairs = append(pairs, onCall(nr, failure(uint32(unix.EACCES)))...)
		}
		return pairs
	}
	// AF_NETLINK has the list of interfaces.
	domains := oneOf(unix.SYS_SOCKET, 0, uint32(unix.EACCES), unix.AF_INET, unix.AF_INET6, unix.AF_NETLINK)
	return append(pairs, domains...)
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
