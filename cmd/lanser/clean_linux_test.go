package main

import (
	"bufio"
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"lanser/index/indextest"
)

// procStatus is a field of /proc/PID/status.
func procStatus(t *testing.T, pid int, field string) string {
	t.Helper()
	raw, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	must(t, err)
	for line := range strings.Lines(string(raw)) {
		if value, ok := strings.CutPrefix(line, field+":"); ok {
			return strings.TrimSpace(value)
		}
	}
	t.Fatalf("no %s in the status of %d", field, pid)
	return ""
}

// halted waits until a process that was sent SIGSTOP runs no more: on a busy machine its
// threads may run on for a while.
func halted(t *testing.T, pid int) {
	t.Helper()
	for deadline := time.Now().Add(10 * time.Second); !strings.HasPrefix(procStatus(t, pid, "State"), "T"); {
		if time.Now().After(deadline) {
			t.Fatalf("process %d does not stop", pid)
		}
		runtime.Gosched()
	}
}

// openFiles lists what the descriptors of a process are of.
func openFiles(pid int) (out []string) {
	links, _ := filepath.Glob(fmt.Sprintf("/proc/%d/fd/*", pid))
	for _, link := range links {
		if to, err := os.Readlink(link); err == nil {
			out = append(out, to)
		}
	}
	return out
}

// No process that lanser starts inherits files that the caller of lanser has open, such as a lock, a file of the
// workspace or a pipe.
func TestNoStartedProcessInheritsOpenFiles(t *testing.T) {
	indextest.Needs(t, "the server gopls")
	env, _ := warmHome(t)
	dir := uses(t)
	lock := filepath.Join(t.TempDir(), "lock")
	for _, daemon := range []string{"on", "off"} {
		held, err := os.OpenFile(lock, os.O_CREATE|os.O_RDWR, 0o600)
		must(t, err)
		must(t, syscall.Flock(int(held.Fd()), syscall.LOCK_EX))
		writable, err := os.OpenFile(filepath.Join(dir, "open.go"), os.O_CREATE|os.O_RDWR, 0o600)
		must(t, err)
		read, write, err := os.Pipe()
		must(t, err)
		cmd := lanser(t, "--workspace", dir, "serve", "--protocol", "jsonl")
		cmd.Env = append(append(cmd.Env, env...), "LANSER_DAEMON="+daemon)
		cmd.ExtraFiles = []*os.File{held, writable, write, held}
		in, err := cmd.StdinPipe()
		must(t, err)
		out, err := cmd.StdoutPipe()
		must(t, err)
		must(t, cmd.Start())
		fmt.Fprintln(in, `{"id":1,"cmd":"refs","selector":"go://*#F"}`)
		answer, err := bufio.NewReader(out).ReadString('\n')
		if err != nil || !strings.Contains(answer, `"status":"ok"`) {
			t.Fatalf("%v: %.300s", err, answer)
		}
		started := below(cmd.Process.Pid)
		if daemon == "on" {
			pid := statuses(t, env)[0].PID
			started = append(started, append(below(pid), pid)...)
		}
		for _, pid := range started {
			for _, to := range openFiles(pid) {
				if to == lock || to == writable.Name() {
					name, _ := os.ReadFile(fmt.Sprintf("/proc/%d/cmdline", pid))
					t.Errorf("LANSER_DAEMON=%s: %q has %s open", daemon, name, to)
				}
			}
		}
		held.Close()
		writable.Close()
		write.Close()
		in.Close()
		must(t, cmd.Wait())
		if n, err := read.Read(make([]byte, 1)); n != 0 || err == nil {
			t.Errorf("LANSER_DAEMON=%s: somebody still writes to the pipe: %v", daemon, err)
		}
		again, err := os.Open(lock)
		must(t, err)
		if err := syscall.Flock(int(again.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); err != nil {
			t.Errorf("LANSER_DAEMON=%s: the lock is still held: %v", daemon, err)
		}
		again.Close()
		read.Close()
	}
}

// The daemon's state is the same whichever client starts it.
func TestTheDaemonDoesNotDependOnWhoStartsIt(t *testing.T) {
	indextest.Needs(t, "the server gopls")
	env, _ := warmHome(t)
	dir := uses(t)
	where := indextest.Files(t, map[string]string{"a": ""})
	args := append([]string{"--block-signal=TERM,USR1,CHLD", "--ignore-signal=HUP,INT,TSTP,PIPE"}, lanser(t).Path,
		"--workspace", dir, "refs", "go://*#F")
	cmd := exec.Command("env", args...)
	cmd.Dir = where
	cmd.Env = append(append(lanser(t).Env, env...), "GIT_DIR=/nowhere", "EDITOR=x")
	cmd.Stdin = strings.NewReader("input")
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	s := statuses(t, env)[0]
	for _, pid := range append(below(s.PID), s.PID) {
		if got := procStatus(t, pid, "Umask"); got != "0077" {
			t.Errorf("process %d: the umask is %s", pid, got)
		}
	}
	ignored, err := strconv.ParseUint(procStatus(t, s.PID, "SigIgn"), 16, 64)
	must(t, err)
	for _, sig := range []syscall.Signal{syscall.SIGHUP, syscall.SIGINT, syscall.SIGTERM, syscall.SIGTSTP} {
		if ignored>>(sig-1)&1 == 1 {
			t.Errorf("signal %v is ignored", sig)
		}
	}
	cwd, _ := os.Readlink(fmt.Sprintf("/proc/%d/cwd", s.PID))
	stdin, _ := os.Readlink(fmt.Sprintf("/proc/%d/fd/0", s.PID))
	sid, err := unix.Getsid(s.PID)
	if cwd != "/" || stdin != "/dev/null" || sid != s.PID || err != nil {
		t.Errorf("folder %s, input %s, session %d of process %d, %v", cwd, stdin, sid, s.PID, err)
	}
	environ, err := os.ReadFile(fmt.Sprintf("/proc/%d/environ", s.PID))
	must(t, err)
	if bytes.Contains(environ, []byte("GIT_DIR=")) || bytes.Contains(environ, []byte("EDITOR=")) {
		t.Errorf("it has variables of its first client: %q", environ)
	}
	must(t, syscall.Kill(s.PID, syscall.SIGTERM)) // it is not blocked
	gone(t, watch(t, []int{s.PID}), shortly)
}

// A client whose world (limits, memory group, …) differs from the usual one has a daemon of its own, whichever of the
// two starts first.
func TestClientsOfDifferentWorldsHaveDifferentDaemons(t *testing.T) {
	indextest.Needs(t, "unshare")
	for name, world := range map[string][]string{
		"few open files":   {"sh", "-c", `ulimit -n 60; exec "$@"`, "sh"},
		"little CPU":       {"sh", "-c", `ulimit -t 600; exec "$@"`, "sh"},
		"small files":      {"sh", "-c", `ulimit -f 100000; exec "$@"`, "sh"},
		"little data":      {"sh", "-c", `ulimit -d 16000000; exec "$@"`, "sh"},
		"a small stack":    {"sh", "-c", `ulimit -s 4096; exec "$@"`, "sh"},
		"own mounts":       {"unshare", "-m"},
		"own network":      {"unshare", "-n"},
		"no new rights":    {"setpriv", "--no-new-privs"},
		"fewer rights":     {"setpriv", "--bounding-set", "-net_raw"},
		"one core":         {"taskset", "-c", "0"},
		"few open files 2": {"prlimit", "--nofile=200:300"},
	} {
		t.Run(name, func(t *testing.T) {
			env, _ := warmHome(t)
			dir := uses(t)
			ask := func(before ...string) {
				t.Helper()
				args := append(slices.Clone(before), lanser(t).Path, "--workspace", dir, "locate", "go://*#F")
				cmd := exec.Command(args[0], args[1:]...)
				cmd.Env = append(lanser(t).Env, env...)
				if out, err := cmd.CombinedOutput(); err != nil ||
					bytes.Contains(out, []byte("cannot use the daemon")) {
					t.Errorf("%v: %s", err, out)
				}
			}
			ask(world...)
			ask()
			ask(world...)
			want := 2
			if world[0] == "unshare" { // each time another world
				want = 3
			}
			if n := len(statuses(t, env)); n != want {
				t.Errorf("%d processes, want %d", n, want)
			}
		})
	}
}

// warmProcess starts a daemon with a language server, and returns its process and all that it started.
func warmProcess(t *testing.T, env []string) (pid int, all map[int]int) {
	t.Helper()
	warmAsk(t, env, uses(t), "refs", "go://*#F")
	pid = statuses(t, env)[0].PID
	return pid, watch(t, append(below(pid), pid))
}

// 'lanser daemon stop' returns after the daemons and their servers have exited, and kills a daemon that does not
// respond.
func TestStopKillsADaemonThatHangs(t *testing.T) {
	indextest.Needs(t, "the server gopls")
	for name, hang := range map[string]syscall.Signal{"it listens": 0, "it is stopped": syscall.SIGSTOP} {
		t.Run(name, func(t *testing.T) {
			env, run := warmHome(t)
			pid, all := warmProcess(t, env)
			if hang != 0 {
				must(t, syscall.Kill(pid, hang))
				halted(t, pid)
			}
			cmd := lanser(t, "daemon", "stop", "--all")
			var said bytes.Buffer
			cmd.Env, cmd.Stderr = append(cmd.Env, env...), &said
			must(t, cmd.Run())
			gone(t, all, 0) // at once
			want := "1 daemon stopped\n"
			if hang != 0 {
				want = "1 daemon stopped, 1 of them killed\n"
			}
			left, _ := filepath.Glob(filepath.Join(run, "*.s*"))
			if said.String() != want || len(left) > 0 {
				t.Errorf("it says %q, and leaves %v", said.String(), left)
			}
		})
	}
}

// A daemon whose socket was removed, as at a logout, cannot be reached any more, so it exits.
func TestADaemonExitsIfItsSocketIsRemoved(t *testing.T) {
	indextest.Needs(t, "the server gopls")
	for name, harm := range map[string]func(run string) error{
		"the folder is removed": os.RemoveAll,
		"the socket is replaced": func(run string) error {
			leave(t, run)
			return nil
		},
	} {
		t.Run(name, func(t *testing.T) {
			env, run := warmHome(t)
			_, all := warmProcess(t, env)
			must(t, harm(run))
			gone(t, all, shortly)
		})
	}
}

// If the kernel has given the daemon's process id to another process, that is not killed.
func TestStopKillsNoProcessThatReusesTheID(t *testing.T) {
	env, run := warmHome(t)
	dir := uses(t)
	warmAsk(t, env, dir, "locate", "go://*#F")
	pid := statuses(t, env)[0].PID
	must(t, syscall.Kill(pid, syscall.SIGKILL))
	gone(t, watch(t, []int{pid}), shortly)
	impostor(t, run) // this test itself listens
	cmd := lanser(t, "daemon", "stop", "--all")
	var said bytes.Buffer
	cmd.Env, cmd.Stderr = append(cmd.Env, env...), &said
	if err := cmd.Run(); err == nil || !strings.Contains(said.String(), "has not stopped") {
		t.Errorf("%v: %s", err, said.String())
	}
	os.RemoveAll(run)
}
