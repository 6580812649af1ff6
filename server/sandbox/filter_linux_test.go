package sandbox_test

import (
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/sys/unix"

	"lanser/index/indextest"
	"lanser/server/sandbox"
)

// prelude is Python that calls system calls by their numbers, and fails if a call fails.
const prelude = `
import ctypes, fcntl, os, socket
libc = ctypes.CDLL(None, use_errno=True)
def call(*args):
    result = libc.syscall(*args)
    if result < 0:
        raise OSError(ctypes.get_errno(), "denied")
    return result
def numbers(*values):
    return (ctypes.c_uint64 * len(values))(*values)
victim, file = int(os.environ["VICTIM"]), os.environ["FILE"].encode()
fd = os.open(file, os.O_RDONLY)
`

// Besides files, sockets and signals, Linux has other ways by which processes of one user reach each other, and by
// which a program that can only read a file changes it or delays those who write it.
func TestAConfinedProgramReachesNoOtherProcessByRareSystemCalls(t *testing.T) {
	indextest.Needs(t, "python3")
	workspace, cache := resolved(t), resolved(t)
	file := write(t, filepath.Join(workspace, "a"), "as it was", 0o600)
	victim := exec.Command("sleep", "100")
	if err := victim.Start(); err != nil {
		t.Fatal(err)
	}
	defer victim.Wait()
	defer victim.Process.Kill()
	shared, err := unix.SysvShmGet(unix.IPC_PRIVATE, 4096, unix.IPC_CREAT|0o600)
	if err != nil {
		t.Fatal(err)
	}
	defer unix.SysvShmCtl(shared, unix.IPC_RMID, nil)
	address := &net.UnixAddr{Name: filepath.Join(resolved(t), "s"), Net: "unixgram"}
	listener, err := net.ListenUnixgram("unixgram", address)
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	env := []string{
		"PATH=/usr/bin:/bin", "FILE=" + file,
		fmt.Sprint("VICTIM=", victim.Process.Pid),
	}
	names := prelude + fmt.Sprintf("shared, path = %d, %q\n", shared, listener.LocalAddr())
	for name, number := range map[string]int{
		"SHMAT": unix.SYS_SHMAT, "SHMGET": unix.SYS_SHMGET, "MSGGET": unix.SYS_MSGGET, "SEMGET": unix.SYS_SEMGET,
		"MQ_OPEN": unix.SYS_MQ_OPEN, "MEMFD_CREATE": unix.SYS_MEMFD_CREATE, "IOPRIO_SET": unix.SYS_IOPRIO_SET,
		"PRLIMIT64": unix.SYS_PRLIMIT64, "SYSLOG": unix.SYS_SYSLOG, "FANOTIFY_INIT": unix.SYS_FANOTIFY_INIT,
		"CLONE": unix.SYS_CLONE, "CLONE3": unix.SYS_CLONE3, "IOCTL": unix.SYS_IOCTL,
		"NEWUSER": unix.CLONE_NEWUSER, "SETXATTRAT": 463, "FILE_SETATTR": 469,
	} {
		names += fmt.Sprintf("%s = %d\n", name, number)
	}
	for name, tt := range map[string]string{
		"another's shared memory":          `call(SHMAT, shared, 0, 0)`,
		"shared memory":                    `call(SHMGET, 0, 4096, 0o1600)`,
		"a queue of messages":              `call(MSGGET, 0, 0o1600)`,
		"semaphores":                       `call(SEMGET, 0, 1, 0o1600)`,
		"a named queue":                    `call(MQ_OPEN, b"lanser-test", 0o102, 0o600, 0)`,
		"memory that counts for nobody":    `call(MEMFD_CREATE, b"x", 0)`,
		"a pair of datagram sockets":       `socket.socketpair(type=socket.SOCK_DGRAM)[0].sendto(b"x", path)`,
		"a pair that is connected anew":    `socket.socketpair()[0].connect(path)`,
		"the priority of another":          `os.setpriority(os.PRIO_PROCESS, victim, 19)`,
		"the priority of all of a user":    `os.setpriority(os.PRIO_USER, 0, 19)`,
		"the priority of a group":          `os.setpriority(os.PRIO_PGRP, 0, 19)`,
		"the processors of another":        `os.sched_setaffinity(victim, os.sched_getaffinity(0))`,
		"the scheduler of another":         `os.sched_setscheduler(victim, os.SCHED_IDLE, os.sched_param(0))`,
		"the input and output of another":  `call(IOPRIO_SET, 1, victim, 3 << 13)`,
		"the limits of another":            `call(PRLIMIT64, victim, 7, 0, b"x" * 16)`,
		"the kernel's log":                 `call(SYSLOG, 3, b"x" * 99, 99)`,
		"events of other files":            `call(FANOTIFY_INIT, 0x200, 0)`,
		"a user namespace":                 `call(CLONE, NEWUSER | 17, 0, 0, 0, 0) or os._exit(0)`,
		"a namespace, by the newer call":   `call(CLONE3, numbers(NEWUSER, 0, 0, 0, 17, *[0] * 6), 88) or os._exit(0)`,
		"a lease on a file":                `fcntl.fcntl(fd, fcntl.F_SETLEASE, fcntl.F_RDLCK)`,
		"signals of the kernel to another": `fcntl.fcntl(os.pipe()[0], fcntl.F_SETOWN, victim)`,
		"a flag of a file":                 `call(IOCTL, fd, 0x40086602, numbers(64))`,
		"a project of a file":              `call(IOCTL, fd, 0x401c5820, numbers(0x80, 0, 0, 0))`,
		"a version of a file":              `call(IOCTL, fd, 0x40087602, numbers(7))`,
		"a subvolume":                      `call(IOCTL, os.open(os.path.dirname(file), 0), 0x5000940e, b"x" * 4096)`,
		"an attribute, by the newer call":  `call(SETXATTRAT, -100, file, 0, b"user.x", numbers(0, 0), 16)`,
		"a flag, by the newer call":        `call(FILE_SETATTR, -100, file, numbers(0x80, 0, 0), 24, 0)`,
	} {
		script := filepath.Join(cache, "script.py")
		if err := os.WriteFile(script, []byte(names+tt+"\n"), 0o600); err != nil {
			t.Fatal(err)
		}
		for _, network := range []bool{false, true} {
			policy := sandbox.Policy{Workspace: workspace, Writable: []string{cache}, Network: network, Enforce: true}
			out, err := run(t, policy, env, "exec /usr/bin/python3 -I -S "+script)
			if err == nil || !strings.Contains(out, "Error: [Errno") {
				t.Errorf("%s, network %t: succeeded, or failed otherwise: %v %s", name, network, err, out)
			}
		}
	}
}

// The uses of the same system calls that programs need are allowed.
func TestAConfinedProgramMayUseTheseSystemCallsOnItself(t *testing.T) {
	indextest.Needs(t, "python3")
	cache := resolved(t)
	file := write(t, filepath.Join(cache, "a"), "x", 0o600)
	script := write(t, filepath.Join(cache, "script.py"), prelude+`
import subprocess, threading
a, b = socket.socketpair(); a.send(b"x"); assert b.recv(1) == b"x"
a, b = socket.socketpair(type=socket.SOCK_SEQPACKET | socket.SOCK_CLOEXEC); a.send(b"x"); assert b.recv(1) == b"x"
os.setpriority(os.PRIO_PROCESS, 0, 19)
os.sched_setaffinity(0, os.sched_getaffinity(0))
fcntl.fcntl(fd, fcntl.F_SETFD, fcntl.fcntl(fd, fcntl.F_GETFD))
fcntl.fcntl(fd, fcntl.F_SETFL, os.O_NONBLOCK)
fcntl.flock(fd, fcntl.LOCK_SH)
assert not os.isatty(1)
thread = threading.Thread(target=lambda: print("a thread")); thread.start(); thread.join()
print(subprocess.run(["/bin/echo", "a child"], capture_output=True, text=True).stdout, end="")
`, 0o600)
	env := []string{"PATH=/usr/bin:/bin", "FILE=" + file, "VICTIM=0"}
	policy := sandbox.Policy{Writable: []string{cache}, Enforce: true}
	out, err := run(t, policy, env, "exec /usr/bin/python3 -I -S "+script)
	if err != nil || out != "a thread\na child\n" {
		t.Errorf("%q, %v", out, err)
	}
}
