package main

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"

	"lanser/index/indextest"
	"lanser/server/bundle"
	"lanser/server/daemon"
)

// warmHome is the environment of a user whose commands use a warm process, which is
// ended with the test.
func warmHome(t testing.TB, vars ...string) (env []string, dir string) {
	t.Helper()
	run, err := os.MkdirTemp("", "run-") // a test's own folder may be too long for a socket
	if err != nil {
		t.Fatal(err)
	}
	env = append(vars, "LANSER_DAEMON=on", "XDG_RUNTIME_DIR="+run)
	t.Cleanup(func() {
		cmd := lanser(t, "daemon", "stop", "--all")
		cmd.Env, cmd.Stderr = append(cmd.Env, env...), nil
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Errorf("daemon stop: %v\n%s", err, out)
		}
		os.RemoveAll(run)
	})
	return env, filepath.Join(run, "lanser")
}

// warmAsk runs a command in a workspace, and returns its bundle and its standard error.
func warmAsk(t testing.TB, env []string, dir string, args ...string) (b bundle.Bundle, said string) {
	t.Helper()
	cmd := lanser(t, append([]string{"--workspace", dir, "--json"}, args...)...)
	var out, notes bytes.Buffer
	cmd.Env, cmd.Stdout, cmd.Stderr = append(cmd.Env, env...), &out, &notes
	if err := cmd.Run(); err != nil {
		t.Fatalf("%v: %v\n%s", args, err, notes.String())
	}
	if err := json.Unmarshal(out.Bytes(), &b); err != nil {
		t.Fatalf("%v: %s", err, out.String())
	}
	return b, notes.String()
}

func statuses(t testing.TB, env []string) (all []daemon.Status) {
	t.Helper()
	cmd := lanser(t, "daemon", "status", "--json")
	cmd.Env = append(cmd.Env, env...)
	out, err := cmd.Output()
	if err != nil || json.Unmarshal(out, &all) != nil {
		t.Fatalf("%v: %s", err, out)
	}
	return all
}

// Ten concurrent commands start one daemon and one language server. Each gets the answer that it would get without a
// daemon.
func TestTenConcurrentCommandsStartOneServer(t *testing.T) {
	indextest.Needs(t, "the server gopls")
	env, _ := warmHome(t)
	dir := uses(t)
	var mu sync.Mutex
	ids, servers := map[string]int{}, map[int]bool{}
	var all sync.WaitGroup
	for range 10 {
		all.Go(func() {
			b, said := warmAsk(t, env, dir, "refs", "go://*#F")
			mu.Lock()
			defer mu.Unlock()
			ids[b.BundleID]++
			for _, pid := range b.Local.PIDs {
				servers[pid] = true
			}
			if said != "" {
				t.Error(said)
			}
		})
	}
	all.Wait()
	alone, _ := warmAsk(t, append(env, "LANSER_DAEMON=off"), dir, "refs", "go://*#F")
	if len(ids) != 1 || ids[alone.BundleID] != 10 || len(servers) != 1 {
		t.Errorf("bundles %v, and alone %s; servers %v", ids, alone.BundleID, servers)
	}
	s := statuses(t, env)
	if len(s) != 1 || len(s[0].Engines) != 1 || len(s[0].Engines[0].Servers) != 1 || s[0].Engines[0].Root != dir {
		t.Errorf("%+v", s)
	}
}

// If something is wrong with the daemon, the command reports it and is answered nevertheless. Once the fault is
// removed, the next command uses a daemon again.
func TestACommandIsAnsweredEvenIfTheDaemonIsBroken(t *testing.T) {
	indextest.Needs(t, "the server gopls")
	dir := uses(t)
	kill := func(t *testing.T, env []string, sig syscall.Signal) {
		t.Helper()
		pid := statuses(t, env)[0].PID
		if err := syscall.Kill(pid, sig); err != nil {
			t.Fatal(err)
		}
		switch sig {
		case syscall.SIGKILL:
			gone(t, watch(t, []int{pid}), shortly)
		case syscall.SIGSTOP:
			halted(t, pid)
		}
	}
	for name, tt := range map[string]struct {
		harm func(t *testing.T, env []string, run string)
		says string // "" where it is mended without a word
	}{
		"killed": {func(t *testing.T, env []string, _ string) { kill(t, env, syscall.SIGKILL) }, ""},
		"a stale socket": {
			func(t *testing.T, env []string, run string) { kill(t, env, syscall.SIGKILL); leave(t, run) }, "",
		},
		"it hangs": {
			func(t *testing.T, env []string, _ string) { kill(t, env, syscall.SIGSTOP) },
			"cannot use the daemon: the warm process does not answer",
		},
		"an open folder": {
			func(t *testing.T, _ []string, run string) { must(t, os.Chmod(run, 0o755)) }, "other users may enter",
		},
		"another's": {
			func(t *testing.T, _ []string, run string) { must(t, os.Chown(run, 12345, 12345)) },
			"belongs to another user",
		},
		"no folder": {func(t *testing.T, _ []string, run string) {
			must(t, os.Rename(run, run+"-was"))
			must(t, os.WriteFile(run, nil, 0o600))
		}, "is not a folder"},
		"somebody else's": {
			func(t *testing.T, env []string, run string) { kill(t, env, syscall.SIGKILL); impostor(t, run) },
			"is not lanser",
		},
	} {
		t.Run(name, func(t *testing.T) {
			env, run := warmHome(t)
			first, _ := warmAsk(t, env, dir, "def", "go://*#F")
			stopped := 0
			if name == "it hangs" {
				stopped = statuses(t, env)[0].PID
			}
			tt.harm(t, env, run)
			second, said := warmAsk(t, env, dir, "def", "go://*#F")
			if second.BundleID != first.BundleID {
				t.Errorf("another answer: %s, before %s", second.BundleID, first.BundleID)
			}
			if (tt.says == "") != (said == "") || !strings.Contains(said, tt.says) {
				t.Errorf("it says %q, want %q", said, tt.says)
			}
			switch name { // so that the process can be ended
			case "it hangs":
				must(t, syscall.Kill(stopped, syscall.SIGCONT))
			case "an open folder":
				must(t, os.Chmod(run, 0o700))
			case "another's":
				must(t, os.Chown(run, os.Getuid(), os.Getgid()))
			case "no folder":
				must(t, os.Remove(run))
				must(t, os.Rename(run+"-was", run))
			case "somebody else's":
				os.RemoveAll(run)
			}
			if third, said := warmAsk(t, env, dir, "def", "go://*#F"); third.BundleID != first.BundleID || said != "" {
				t.Errorf("after the mend: %s, %q", third.BundleID, said)
			}
		})
	}
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// leave leaves a socket that nobody listens to.
func leave(t *testing.T, run string) {
	t.Helper()
	socket := only(t, run, ".sock")
	must(t, os.Remove(socket))
	l, err := net.ListenUnix("unix", &net.UnixAddr{Name: socket, Net: "unix"})
	must(t, err)
	l.SetUnlinkOnClose(false)
	l.Close()
}

// impostor listens at the socket, and speaks otherwise.
func impostor(t *testing.T, run string) {
	t.Helper()
	socket := only(t, run, ".sock")
	must(t, os.Remove(socket))
	l, err := net.ListenUnix("unix", &net.UnixAddr{Name: socket, Net: "unix"})
	must(t, err)
	l.SetUnlinkOnClose(false) // another process may listen there by then
	t.Cleanup(func() { l.Close() })
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			_, _ = bufio.NewReader(c).ReadString('\n') // what is unread at the end would reset the connection
			fmt.Fprintln(c, "HTTP/1.1 400 Bad Request")
			c.Close()
		}
	}()
}

func only(t *testing.T, dir, ext string) string {
	t.Helper()
	files, _ := filepath.Glob(filepath.Join(dir, "*"+ext))
	if len(files) != 1 {
		t.Fatalf("%s: %v", dir, files)
	}
	return files[0]
}

// If a full disk prevents the lock file, the command reports it and is answered without a daemon.
func TestACommandIsAnsweredEvenIfTheDiskIsFull(t *testing.T) {
	indextest.Needs(t, "unshare")
	dir := uses(t)
	script := `mount -t tmpfs -o size=4k,nr_inodes=2,mode=0700 full "$1" && shift && exec "$@"`
	run := t.TempDir()
	cmd := lanser(t, "--workspace", dir, "--json", "locate", "go://*#F")
	args := append([]string{"-m", "sh", "-c", script, "sh", run}, cmd.Args...)
	full := exec.Command("unshare", args...)
	var notes bytes.Buffer
	full.Env, full.Stderr = append(cmd.Env, "LANSER_DAEMON=on", "XDG_RUNTIME_DIR="+run), &notes
	out, err := full.Output()
	if err != nil || !bytes.Contains(out, []byte(`"status":"ok"`)) ||
		!strings.Contains(notes.String(), "no space left on device") {
		t.Errorf("%v: %s\n%s", err, out, notes.String())
	}
}

// Clients of another build of lanser, or with another environment, have another daemon, because their answers may
// differ.
func TestBuildsAndEnvironmentsHaveDifferentDaemons(t *testing.T) {
	env, _ := warmHome(t)
	dir := uses(t)
	warmAsk(t, env, dir, "locate", "go://*#F")
	warmAsk(t, append(env, "GOFLAGS=-tags=other"), dir, "locate", "go://*#F")
	warmAsk(t, append(env, "LANSER_READ=/opt/other"), dir, "locate", "go://*#F")
	warmAsk(t, append(env, "LANSER_OF_A_LATER_VERSION=1"), dir, "locate", "go://*#F")
	warmAsk(t, append(env, "SOMETHING_ELSE=1"), dir, "locate", "go://*#F")
	if n := len(statuses(t, env)); n != 4 {
		t.Errorf("%d processes, want one for each environment that matters", n)
	}
	self, err := os.Executable()
	must(t, err)
	build := filepath.Join(t.TempDir(), "lanser")
	raw, err := os.ReadFile(self)
	must(t, err)
	must(t, os.WriteFile(build, raw, 0o755))
	cmd := exec.Command(build, "--workspace", dir, "locate", "go://*#F")
	cmd.Env = append(append(os.Environ(), "LANSER_TEST_MAIN=1", "GORACE=atexit_sleep_ms=10"), env...)
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	if n := len(statuses(t, env)); n != 5 {
		t.Errorf("%d processes, want another for another build", n)
	}
}

// In a CI job, and if the user disables it, no daemon is started.
func TestNoDaemonIsStartedInCIJobsOrIfDisabled(t *testing.T) {
	env, run := warmHome(t)
	dir := uses(t)
	for _, without := range [][]string{{"LANSER_DAEMON=off"}, {"LANSER_DAEMON=", "CI=true"}} {
		warmAsk(t, append(env, without...), dir, "locate", "go://*#F")
	}
	warmAsk(t, env, dir, "--no-daemon", "locate", "go://*#F")
	if _, err := os.Stat(run); !os.IsNotExist(err) {
		t.Errorf("%s was made: %v", run, err)
	}
}

// 'lanser daemon stop' with a workspace, or inside of one, closes that workspace only. A client of the closed
// workspace still gets answers.
func TestStopCanCloseASingleWorkspace(t *testing.T) {
	env, _ := warmHome(t)
	one, two := uses(t), uses(t)
	run := func(dir string, args ...string) (out, said string, err error) {
		t.Helper()
		cmd := lanser(t, args...)
		var notes bytes.Buffer
		cmd.Env, cmd.Dir, cmd.Stderr = append(cmd.Env, env...), dir, &notes
		raw, err := cmd.Output()
		return string(raw), notes.String(), err
	}
	roots := func() (out []string) {
		t.Helper()
		for _, s := range statuses(t, env) {
			for _, e := range s.Engines {
				out = append(out, e.Root)
			}
		}
		slices.Sort(out)
		return out
	}
	both := []string{one, two}
	slices.Sort(both)
	warmAsk(t, env, one, "locate", "go://*#F")
	warmAsk(t, env, two, "locate", "go://*#F")
	if got := roots(); !slices.Equal(got, both) {
		t.Fatalf("open are %q, want %q", got, both)
	}
	if out, said, err := run(t.TempDir(), "daemon", "status", one); err != nil || !strings.Contains(out, one) ||
		strings.Contains(out, two) {
		t.Errorf("the status of %s: %v\n%s%s", one, err, out, said)
	}

	if _, said, err := run(t.TempDir(), "daemon", "stop", one); err != nil || said != one+": stopped\n" {
		t.Errorf("%v: %s", err, said)
	}
	if got := roots(); !slices.Equal(got, []string{two}) {
		t.Errorf("open are %q, want %q", got, two)
	}
	if _, said, err := run(one, "daemon", "stop"); err != nil || said != "no daemon has "+one+" open\n" {
		t.Errorf("%v: %s", err, said)
	}
	if _, said, err := run(two, "daemon", "stop", "--all", one); err == nil ||
		!strings.Contains(said, "--all stops the daemons of all workspaces") {
		t.Errorf("%v: %s", err, said)
	}
	warmAsk(t, env, one, "locate", "go://*#F")
	if _, said, err := run(two, "daemon", "stop"); err != nil || said != two+": stopped\n" {
		t.Errorf("%v: %s", err, said)
	}
	if got := roots(); !slices.Equal(got, []string{one}) {
		t.Errorf("open are %q, want %q", got, one)
	}

	// With its last workspace the process has ended when the command returns.
	for range 5 {
		pid := statuses(t, env)[0].PID
		if _, said, err := run(one, "daemon", "stop"); err != nil || said != one+": stopped\n" {
			t.Fatalf("%v: %s", err, said)
		}
		raw, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
		if err == nil && !bytes.Contains(raw, []byte(") Z ")) {
			t.Fatalf("process %d still runs: %s", pid, raw)
		}
		warmAsk(t, env, one, "locate", "go://*#F")
	}
}
