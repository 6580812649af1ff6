//go:build !linux

package sandbox

import (
	"fmt"
	"io"
	"os"
	"os/exec"
)

func exit(code int) { os.Exit(code) }

func selfPath() (string, error) { return os.Executable() }

func ownSession(*exec.Cmd) {}

// Guarantees lists what a confined program cannot do. None of it holds on this system, because the
// sandbox only supports Linux.
func Guarantees() []Guarantee {
	return guarantees(func(string) (bool, string) { return false, "Linux" })
}

func launch(_ Policy, argv []string) int {
	life := os.NewFile(3, "life")
	cmd := exec.Command(argv[0], argv[1:]...)
	cmd.Stdin, cmd.Stdout, cmd.Stderr = os.Stdin, os.Stdout, os.Stderr
	if err := cmd.Start(); err != nil {
		fmt.Fprintln(os.Stderr, "lanser: sandbox:", err)
		return 126
	}
	go func() {
		io.Copy(io.Discard, life)
		cmd.Process.Kill()
	}()
	cmd.Wait()
	return cmd.ProcessState.ExitCode()
}

// Resident returns 0, because the memory is only known on Linux.
func Resident(int, bool) int64 { return 0 }

// MachineMemory returns 0, because the memory is only known on Linux.
func MachineMemory() int64 { return 0 }
