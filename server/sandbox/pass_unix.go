//go:build unix

package sandbox

import (
	"os"
	"os/exec"
	"syscall"
)

// Inherit lets a command inherit an open file, as the next descriptor after standard error and those that were added
// before. The caller closes its own copy after the start.
func Inherit(cmd *exec.Cmd, f *os.File) error {
	cmd.ExtraFiles = append(cmd.ExtraFiles, f)
	return nil
}

// passLife lets a launcher inherit the pipe whose end is the end of its parent.
func passLife(cmd *exec.Cmd, life *os.File) error { return Inherit(cmd, life) }

// inheritedLife returns that pipe in the launcher. What the launcher starts does not inherit it.
func inheritedLife() (*os.File, error) {
	syscall.CloseOnExec(lifeDescriptor)
	return os.NewFile(lifeDescriptor, "life"), nil
}

// lifeDescriptor is the first descriptor after standard error.
const lifeDescriptor = 3

// ownSession makes a command start in a session and process group of its own, and so without a
// terminal that it could write to.
func ownSession(cmd *exec.Cmd) { cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true} }
