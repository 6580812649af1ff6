//go:build unix && !linux

package sandbox

import (
	"os"
	"os/exec"
	"syscall"
)

// processTree is a program with what it has started: its process group. A descendant that has left the group is not
// ended here, and neither is the program if the launcher itself is killed. Only Linux tells of both.
type processTree struct{}

// newTree makes a command start in a process group of its own. The memory is not limited on this system.
func newTree(cmd *exec.Cmd, _ int64) (processTree, error) {
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	return processTree{}, nil
}

// kill ends the group of a program.
func (processTree) kill(program *os.Process) {
	syscall.Kill(-program.Pid, syscall.SIGKILL) // fails if none is left
}

// exitCode returns the exit code as a shell reports it, 128 and the number of the signal for a program that was killed.
func exitCode(state *os.ProcessState) int {
	if ws, ok := state.Sys().(syscall.WaitStatus); ok && ws.Signaled() {
		return 128 + int(ws.Signal())
	}
	return state.ExitCode()
}
