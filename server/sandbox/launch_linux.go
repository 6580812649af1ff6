package sandbox

import (
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"os/signal"
	"runtime"
	"strconv"
	"strings"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// exit ends the launcher at once: nothing waits for what a runtime does at the end.
func exit(code int) { syscall.Exit(code) }

func selfPath() (string, error) { return "/proc/self/exe", nil }

// ownSession starts a program in a session, and so a group, of its own: without a terminal
// that it could write to.
func ownSession(cmd *exec.Cmd) { cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true} }

// launch runs argv below this process until it ends or our parent does.
func launch(p Policy, argv []string) int {
	life := os.NewFile(3, "life")
	unix.CloseOnExec(3)
	signal.Ignore(syscall.SIGINT, syscall.SIGHUP) // a terminal's, meant for our parent
	if err := unix.Prctl(unix.PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0); err != nil {
		return refuse(err)
	}
	path, err := exec.LookPath(argv[0])
	if err != nil {
		return refuse(err)
	}
	started, ended := make(chan *os.Process, 1), make(chan int, 1)
	go besideLeader(func() { ended <- supervise(p, path, argv, started) })
	select {
	case code := <-ended:
		return code
	case child := <-started:
		os.Stdin.Close()
		os.Stdout.Close() // the program's end of input and output must be its own
		go func() {
			io.Copy(io.Discard, life) // nothing is ever written: it ends with our parent
			killBelow(child.Pid)
			exit(137)
		}()
		if p.Memory > 0 {
			go watchMemory(p.Memory, child.Pid)
		}
	}
	return <-ended
}

// besideLeader calls do on a thread of its own that is not the first of this
// process. Restrictions and the parent-death signal are those of the thread that starts a
// program; a program may send signals to what shares its restrictions, and signals to a
// process are signals to its first thread, which must not be among that.
func besideLeader(do func()) {
	runtime.LockOSThread()
	if unix.Gettid() != unix.Getpid() {
		do()
		return
	}
	done := make(chan struct{})
	go func() { // on another thread, for this one is held
		defer close(done)
		besideLeader(do)
	}()
	<-done
}

// supervise starts the program, restricted, and waits for it and what it has left behind. It
// returns the exit code. The calling goroutine has its thread for itself.
func supervise(p Policy, path string, argv []string, started chan<- *os.Process) int {
	if p.Enforce {
		if err := confine(p); err != nil {
			return refuse(err)
		}
	}
	child, err := os.StartProcess(path, argv, &os.ProcAttr{
		Files: []*os.File{os.Stdin, os.Stdout, os.Stderr}, Env: os.Environ(),
		Sys: &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGKILL},
	})
	if err != nil {
		return refuse(err)
	}
	started <- child
	state, err := child.Wait()
	killBelow(child.Pid)
	if err != nil {
		return refuse(err)
	}
	if ws := state.Sys().(syscall.WaitStatus); ws.Signaled() {
		return 128 + int(ws.Signal())
	}
	return state.ExitCode()
}

// watchMemory ends the launcher and everything below it once that takes more than
// limit bytes.
func watchMemory(limit int64, group int) {
	for range time.Tick(500 * time.Millisecond) {
		if used := resident(children()); used > limit {
			fmt.Fprintf(
				os.Stderr,
				"lanser: it took %d MiB of memory, more than the ceiling of %d MiB\n",
				used>>20,
				limit>>20,
			)
			killBelow(group)
			exit(137)
		}
	}
}

// resident returns the resident memory of processes and of all below them, in bytes.
func resident(pids []int) (total int64) {
	for _, pid := range pids {
		total += Resident(pid, true)
	}
	return total
}

// Resident returns the resident memory of a process, with all below it or alone, in bytes.
func Resident(pid int, below bool) (total int64) {
	raw, _ := os.ReadFile(fmt.Sprintf("/proc/%d/statm", pid)) // it may have ended
	if fields := strings.Fields(string(raw)); len(fields) > 1 {
		pages, _ := strconv.ParseInt(fields[1], 10, 64)
		total += pages * int64(os.Getpagesize())
	}
	if below {
		total += resident(childrenOf(strconv.Itoa(pid)))
	}
	return total
}

// MachineMemory returns the memory of the machine in bytes; 0 if it is unknown.
func MachineMemory() int64 {
	var info unix.Sysinfo_t
	if unix.Sysinfo(&info) != nil {
		return 0
	}
	return int64(info.Totalram) * int64(info.Unit)
}

func refuse(err error) int {
	fmt.Fprintln(os.Stderr, "lanser: sandbox:", err)
	return 126
}

// killBelow kills the group and, since processes leave their group, whatever
// has become our child meanwhile, until nothing is left.
func killBelow(group int) {
	syscall.Kill(-group, syscall.SIGKILL)
	for {
		pids := children()
		if len(pids) == 0 {
			return
		}
		for _, pid := range pids {
			syscall.Kill(pid, syscall.SIGKILL)
		}
		var status syscall.WaitStatus
		if _, err := syscall.Wait4(-1, &status, 0, nil); errors.Is(err, syscall.ECHILD) {
			return
		}
	}
}

// children returns our child processes, of every thread.
func children() []int { return childrenOf("self") }

func childrenOf(process string) []int {
	tasks, err := os.ReadDir("/proc/" + process + "/task")
	if err != nil {
		return nil
	}
	var pids []int
	for _, t := range tasks {
		raw, _ := os.ReadFile("/proc/" + process + "/task/" + t.Name() + "/children")
		for field := range strings.FieldsSeq(string(raw)) {
			if pid, err := strconv.Atoi(field); err == nil {
				pids = append(pids, pid)
			}
		}
	}
	return pids
}
