//go:build unix

package git

import (
	"os/exec"
	"syscall"
)

// ownProcessGroup starts a program in a process group of its own. Cancelling kills the group, so that
// programs that it started end too. On Linux it is also killed when this process ends, however it ends.
func ownProcessGroup(cmd *exec.Cmd) {
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	killWithParent(cmd.SysProcAttr)
	cmd.Cancel = func() error { return syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL) }
}

// openFlags make opening a file neither wait for a writer (of a named pipe) nor follow a link.
const openFlags = syscall.O_NONBLOCK | syscall.O_NOFOLLOW
