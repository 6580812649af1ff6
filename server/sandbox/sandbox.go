// Package sandbox owns how a foreign program is started: in a process that
// cannot write the workspace, with a reduced environment, in a process group of
// its own, and never outliving us.
//
// # How
//
// [Command] does not start the program itself but this same binary again, as a
// launcher, in a session of its own. The launcher becomes the reaper of what it
// starts, restricts the thread that starts the program (Landlock, a seccomp filter,
// dropped capabilities: children inherit all three), and starts it. It holds one end
// of a pipe whose other end we hold: when we end, by whatever signal, the kernel
// closes the pipe, and the launcher kills everything below it. Should the launcher be
// killed, the program gets the parent-death signal.
//
// A binary that starts programs through this package must call [Main] first
// thing; so must a test binary, in TestMain.
//
// # Promises
//
// A confined program can read, execute and write only what its [Policy] and the lists of
// system folders allow, and reaches no socket, no network, no terminal and no process
// outside; [Guarantees] lists each promise, and whether this kernel keeps it. What the
// kernel has is always applied; whether to go on without the rest is the caller's choice.
//
// What is not promised: that an interpreter or a program that loads libraries does not read
// code of the workspace and run it (to the kernel that is reading), which is for who starts
// it to prevent; that a program learns nothing of files that it cannot open (their
// names, sizes and times can be looked up), or that it does not use the processor.
//
// Memory is looked at twice a second: a ceiling ends what grows, it does not
// partition a machine.
//
// It knows nothing of language servers.
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
	life *os.File // closing it ends the program and everything below it
}

const policyVar = "LANSER_SANDBOX_POLICY"

// Main marks inherited descriptors close-on-exec, so that no child of this process gets
// them. It turns the process into the launcher if it was started as one, and then
// does not return.
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
	cmd.ExtraFiles = []*os.File{read} // becomes file descriptor 3
	ownSession(cmd)
	return &Process{Cmd: cmd, life: write}, nil
}

// Start starts the program.
func (p *Process) Start() error {
	err := p.Cmd.Start()
	p.ExtraFiles[0].Close()
	if err != nil {
		p.life.Close()
	}
	return err
}

// Kill ends the program and everything below it. Wait still has to be called.
func (p *Process) Kill() { p.life.Close() }
