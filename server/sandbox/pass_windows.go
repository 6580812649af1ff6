package sandbox

import (
	"fmt"
	"os"
	"os/exec"
	"strconv"
	"syscall"

	"golang.org/x/sys/windows"
)

// Inherit lets a command inherit an open file, under the same handle. The caller closes its own copy after the start.
func Inherit(cmd *exec.Cmd, f *os.File) error {
	handle := windows.Handle(f.Fd())
	err := windows.SetHandleInformation(handle, windows.HANDLE_FLAG_INHERIT, windows.HANDLE_FLAG_INHERIT)
	if err != nil {
		return err
	}
	if cmd.SysProcAttr == nil {
		cmd.SysProcAttr = &syscall.SysProcAttr{}
	}
	cmd.SysProcAttr.AdditionalInheritedHandles = append(cmd.SysProcAttr.AdditionalInheritedHandles,
		syscall.Handle(handle))
	return nil
}

// lifeVariable tells the launcher the handle of the pipe whose end is the end of its parent.
const lifeVariable = "LANSER_SANDBOX_LIFE"

// passLife lets a launcher inherit that pipe.
func passLife(cmd *exec.Cmd, life *os.File) error {
	cmd.Env = append(cmd.Env, lifeVariable+"="+strconv.FormatUint(uint64(life.Fd()), 10))
	return Inherit(cmd, life)
}

// inheritedLife returns that pipe in the launcher. What the launcher starts does not inherit it, because os/exec lists
// the handles that a program gets.
func inheritedLife() (*os.File, error) {
	value := os.Getenv(lifeVariable)
	os.Unsetenv(lifeVariable)
	handle, err := strconv.ParseUint(value, 10, 64)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", lifeVariable, err)
	}
	return os.NewFile(uintptr(handle), "life"), nil
}

// ownSession makes a command start in a process group of its own, which Ctrl-C does not reach, and without a window.
func ownSession(cmd *exec.Cmd) {
	cmd.SysProcAttr = &syscall.SysProcAttr{
		CreationFlags: windows.CREATE_NEW_PROCESS_GROUP | windows.CREATE_NO_WINDOW,
	}
}
