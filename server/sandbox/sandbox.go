// Package sandbox owns how a foreign program is started: in a process that
// cannot write the workspace, with a reduced environment, in a process group of
// its own, and never outliving us.
//
// # How
//
// [Command] does not start the program itself but this same binary again, as a
// launcher. The launcher restricts itself with Landlock, which its children
// inherit, and becomes their reaper. It holds one end of a pipe whose other end
// we hold: when we end, by whatever signal, the kernel closes the pipe, and the
// launcher kills everything below it. Should the launcher be killed, the program
// gets the parent-death signal.
//
// A binary that starts programs through this package must call [Main] first
// thing; so must a test binary, in TestMain.
//
// # Promises
//
// Under level "landlock" the program can write only below Policy.Writable and
// to a few devices. Under level "none" nothing is enforced, and [Level] says so;
// the choice to go on is the caller's. chmod and other metadata changes are not
// covered by Landlock.
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

// Policy is what a program may do.
type Policy struct {
	Writable []string `json:"writable"` // folders, which must exist
	Enforce  bool     `json:"enforce"`  // false starts without Landlock
	// Memory bounds the resident memory of the program and everything below it,
	// in bytes: beyond it they are killed. 0 sets no bound.
	Memory int64 `json:"memory"`
}

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
	ownGroup(cmd)
	return &Process{cmd, write}, nil
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
