package git

import (
	"bytes"
	"fmt"
	"syscall"

	"golang.org/x/sys/unix"

	"lanser/index/beneath"
)

// killWithParent has the kernel kill a program when the thread that started it ends. No thread of this process
// ends before the process does, because every goroutine that locks itself to a thread also unlocks itself.
func killWithParent(attr *syscall.SysProcAttr) { attr.Pdeathsig = syscall.SIGKILL }

// maxGitMemory bounds the memory that a git process allocates, in bytes. Files that it maps, such as packs, do not
// count.
const maxGitMemory = 2 << 30

// limitMemory bounds the memory of a program that was just started. A lower limit stays.
func limitMemory(pid int) {
	var limit unix.Rlimit
	if unix.Prlimit(pid, unix.RLIMIT_DATA, nil, &limit) != nil || limit.Cur <= maxGitMemory {
		return // it has ended, or has a lower limit
	}
	limit.Cur = maxGitMemory
	_ = unix.Prlimit(pid, unix.RLIMIT_DATA, &limit, nil) // it may have ended
}

// isWaiting reports whether a process sleeps, such as one that opens a named pipe. One that computes, or waits for a
// disk, does not sleep (proc_pid_stat(5)).
func isWaiting(pid int) bool {
	raw, err := beneath.ReadFile(fmt.Sprintf("/proc/%d/stat", pid), 4096)
	if err != nil {
		return false
	}
	_, fields, ok := bytes.Cut(raw, []byte(") ")) // the name of a program of git's has no bracket
	return ok && bytes.HasPrefix(fields, []byte("S"))
}
