//go:build !linux

package sandbox

import (
	"fmt"
	"io"
	"os"
	"os/exec"
	"os/signal"
)

func exit(code int) { os.Exit(code) }

func selfPath() (string, error) { return os.Executable() }

// Guarantees lists what a confined program cannot do. None of it holds on this system, because the
// sandbox only supports Linux.
func Guarantees() []Guarantee {
	return guarantees(func(string) (bool, string) { return false, "Linux" })
}

// launch runs argv as a child until it or the parent of this process ends, without confining it. What the child has
// started ends with it, see processTree.
func launch(p Policy, argv []string) int {
	life, err := inheritedLife()
	if err != nil {
		return refuse(err)
	}
	signal.Ignore(os.Interrupt) // The parent handles it.
	cmd := exec.Command(argv[0], argv[1:]...)
	cmd.Stdin, cmd.Stdout, cmd.Stderr = os.Stdin, os.Stdout, os.Stderr
	tree, err := newTree(cmd, p.Memory)
	if err != nil {
		return refuse(err)
	}
	if err := cmd.Start(); err != nil {
		return refuse(err)
	}
	os.Stdin.Close()
	os.Stdout.Close() // Only the program may hold its ends of the pipes for input and output.
	go func() {
		io.Copy(io.Discard, life) // The parent never writes: Copy returns when the parent ends.
		tree.kill(cmd.Process)
		exit(killedExit)
	}()
	err = cmd.Wait()
	tree.kill(cmd.Process)
	if cmd.ProcessState == nil {
		return refuse(err)
	}
	return exitCode(cmd.ProcessState)
}

// killedExit is the exit code of a launcher that has killed its program.
const killedExit = 137

// refuse reports that a program could not be run.
func refuse(err error) int {
	fmt.Fprintln(os.Stderr, "lanser: sandbox:", err)
	return 126
}

// Resident returns 0, because the memory is only known on Linux.
func Resident(int, bool) int64 { return 0 }

// MachineMemory returns 0, because the memory is only known on Linux.
func MachineMemory() int64 { return 0 }
