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

// exit ends the launcher at once, without the exit handlers of the runtime.
func exit(code int) { syscall.Exit(code) }

func selfPath() (string, error) { return "/proc/self/exe", nil }

// launch runs argv as a child until it or the parent of this process ends.
func launch(p Policy, argv []string) int {
	life, err := inheritedLife()
	if err != nil {
		return refuse(err)
	}
	signal.Ignore(syscall.SIGINT, syscall.SIGHUP) // A terminal sends them, and the parent handles them.
	if err := unix.Prctl(unix.PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0); err != nil {
		return refuse(err)
	}
	path, err := exec.LookPath(argv[0])
	if err != nil {
		return refuse(err)
	}
	started, ended := make(chan *os.Process, 1), make(chan int, 1)
	go onOtherThread(func() { ended <- supervise(p, path, argv, started) })
	select {
	case code := <-ended:
		return code
	case child := <-started:
		os.Stdin.Close()
		os.Stdout.Close() // Only the program may hold its ends of the pipes for input and output.
		go func() {
			io.Copy(io.Discard, life) // The parent never writes: Copy returns when the parent ends.
			killBelow(child.Pid)
			exit(137)
		}()
		if p.Memory > 0 {
			go watchMemory(p.Memory, child.Pid)
		}
	}
	return <-ended
}

// onOtherThread calls do on a locked thread that is not the first thread of this process. A program
// inherits the restrictions of the thread that starts it, and gets the parent-death signal when that
// thread ends. It may send signals to threads with the same restrictions. A signal to a process is a
// signal to its first thread, so the first thread must not have these restrictions.
func onOtherThread(do func()) {
	runtime.LockOSThread()
	if unix.Gettid() != unix.Getpid() {
		do()
		return
	}
	done := make(chan struct{})
	go func() { // runs on another thread, because this one is locked
		defer close(done)
		onOtherThread(do)
	}()
	<-done
}

// supervise starts the restricted program, waits until it ends, and ends its remaining descendants. It
// returns the exit code. The calling goroutine has locked its thread.
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

// watchMemory ends the launcher and all its descendants when these use more than limit bytes.
func watchMemory(limit int64, group int) {
	for range time.Tick(500 * time.Millisecond) {
		if used := resident(children()); used > limit {
			fmt.Fprintf(os.Stderr, "lanser: it took %d MiB of memory, more than the ceiling of %d MiB\n", used>>20,
				limit>>20)
			killBelow(group)
			exit(137)
		}
	}
}

// resident returns the resident memory of processes and of all their descendants, in bytes.
func resident(pids []int) (total int64) {
	for _, pid := range pids {
		total += Resident(pid, true)
	}
	return total
}

// Resident returns the resident memory of a process in bytes; with below, that of all its descendants
// is included.
func Resident(pid int, below bool) (total int64) {
	raw, _ := os.ReadFile(fmt.Sprintf("/proc/%d/statm", pid)) // fails if the process has ended
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

// killBelow kills a process group. Then it kills the processes that have left the group and become
// children of this process, until there are none.
//
// The list of children is read thread by thread. If a child ends meanwhile, its own children may come to a
// thread that was read already, and the list lacks them. So only the kernel can tell that none is left.
func killBelow(group int) {
	syscall.Kill(-group, syscall.SIGKILL)
	for {
		pids := children()
		for _, pid := range pids {
			syscall.Kill(pid, syscall.SIGKILL)
		}
		options := 0 // one of those that were killed will end
		if len(pids) == 0 {
			options = syscall.WNOHANG
			runtime.Gosched()
		}
		var status syscall.WaitStatus
		if _, err := syscall.Wait4(-1, &status, options, nil); errors.Is(err, syscall.ECHILD) {
			return
		}
	}
}

// children returns the child processes of this process.
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
