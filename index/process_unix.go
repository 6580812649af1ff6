//go:build unix

package index

import (
	"os/exec"
	"syscall"
)

// ownGroup has a program started in a process group of its own, which is ended with it:
// what it has started goes too.
func ownProcessGroup(cmd *exec.Cmd) {
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	cmd.Cancel = func() error { return syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL) }
}

// openFlags have the opening of a file neither wait for somebody to write it (a FIFO) nor
// follow a link.
const openFlags = syscall.O_NONBLOCK | syscall.O_NOFOLLOW
