// Package sandbox owns the start of other programs: such a program cannot write the workspace, has a
// reduced environment and a process group of its own, and ends when this process ends.
//
// # Implementation
//
// [Command] starts this binary once more, as a launcher, in a session of its own. The launcher adopts
// orphaned descendants, restricts the thread that starts the program (Landlock, a seccomp filter,
// dropped capabilities: children inherit all three), and starts the program. A pipe connects the
// launcher with this process. When this process ends, by whatever signal, the kernel closes the pipe,
// and the launcher kills all its descendants. If the launcher is killed, the program gets the
// parent-death signal.
//
// A binary that starts programs with this package must call [Main] before anything else, and so must
// a test binary in TestMain.
//
// # Promises
//
// A confined program can read, execute and write only what its [Policy] and the lists of
// system folders allow, and cannot reach any socket, network, terminal or process outside;
// [Guarantees] lists each promise, and whether this kernel can keep it. All restrictions that the
// kernel supports are always applied; the caller decides whether to continue without the others.
//
// These restrictions are not promised: An interpreter, or a program that loads libraries, can run code
// of the workspace, because the kernel only sees that it reads a file; the caller must prevent this.
// A program can look up the names, sizes and times of files that it cannot open. The use of processor
// time is not limited.
//
// Memory is measured twice a second. The limit ends programs whose memory keeps growing, but a program
// may exceed it for a short time.
//
// The package does not depend on language servers.
package sandbox

import (
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
)

// Process is a started program.
type Process struct {
	*exec.Cmd
	life      *os.File // closing it ends the program and all its descendants
	inherited *os.File // the other end, which the launcher inherits
}

const policyVar = "LANSER_SANDBOX_POLICY"

// Main marks inherited descriptors close-on-exec, so that no child of this process gets them. If the
// process was started as a launcher, Main runs the launcher and does not return.
func Main() {
	closeInherited()
	raw, ok := os.LookupEnv(policyVar)
	if !ok {
		return
	}
	os.Unsetenv(policyVar)
	var p Policy
	if err := json.Unmarshal([]byte(raw), &p); err != nil {
		fmt.Fprintln(os.Stderr, "lanser: sandbox:", err)
		os.Exit(126)
	}
	exit(launch(p, os.Args[1:]))
}

// Command prepares argv to run under the policy, with exactly env as its
// environment. The caller sets the streams and calls Start.
func Command(argv, env []string, p Policy) (*Process, error) {
	raw, err := json.Marshal(p)
	if err != nil {
		return nil, err
	}
	self, err := selfPath()
	if err != nil {
		return nil, err
	}
	read, write, err := os.Pipe()
	if err != nil {
		return nil, err
	}
	cmd := exec.Command(self, argv...)
	cmd.Env = append(append([]string{}, env...), policyVar+"="+string(raw))
	ownSession(cmd)
	if err := passLife(cmd, read); err != nil {
		read.Close()
		write.Close()
		return nil, err
	}
	return &Process{Cmd: cmd, life: write, inherited: read}, nil
}

// Start starts the program.
func (p *Process) Start() error {
	err := p.Cmd.Start()
	p.inherited.Close()
	if err != nil {
		p.life.Close()
	}
	return err
}

// Kill ends the program and all its descendants. The caller must still call Wait.
func (p *Process) Kill() { p.life.Close() }
