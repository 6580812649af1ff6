package daemon

import (
	"bytes"
	"encoding/json"
	"errors"
	"log"
	"net"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"lanser/index/indextest"
	"lanser/selectors/fault"
	"lanser/server/api"
	"lanser/server/jsonl"
	"lanser/server/sandbox"
)

func TestMain(m *testing.M) {
	sandbox.Main()
	os.Exit(m.Run())
}

// process runs a host in this process, at the place where Dial looks for it.
func process(t *testing.T, limits Limits) (ended chan error, logged *bytes.Buffer, p endpoint) {
	t.Helper()
	run, err := os.MkdirTemp("", "run-")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(run) })
	t.Setenv("XDG_RUNTIME_DIR", run)
	t.Setenv("XDG_CACHE_HOME", t.TempDir()) // what an earlier run remembers starts no server
	self, err := Self()
	if err != nil {
		t.Fatal(err)
	}
	dir, err := folder("")
	if err != nil {
		t.Fatal(err)
	}
	p = endpoint{dir, self.name()}
	l, err := net.Listen("unix", p.socket())
	if err != nil {
		t.Fatal(err)
	}
	known, err := p.newSecret()
	if err != nil {
		t.Fatal(err)
	}
	limits.Connections, limits.Engines = max(limits.Connections, 100), max(limits.Engines, 100)
	ended, logged = make(chan error, 1), new(bytes.Buffer)
	done := make(chan struct{})
	process := Process{Identity: self, Secret: known, Limits: limits, Log: log.New(logged, "", 0)}
	go func() {
		defer close(done)
		ended <- Run(t.Context(), l, process)
	}()
	t.Cleanup(func() { <-done })
	return ended, logged, p
}

func goWorkspace(t *testing.T) Engine {
	t.Helper()
	return Engine{
		Root: indextest.Files(
			t,
			map[string]string{"go.mod": "module ex.com/m\n\ngo 1.21\n", "a.go": "package m\n\nfunc F() {}\n"},
		),
		Sandbox: "auto",
	}
}

func ask(t *testing.T, d api.Door, op string) []int {
	t.Helper()
	b, err := d.Do(t.Context(), api.Request{Op: op, Selector: json.RawMessage(`"go://*#F"`)})
	if err != nil {
		t.Fatal(err)
	}
	return b.Local.PIDs
}

// A daemon without requests exits, but not while a client is connected.
func TestAnUnusedDaemonExits(t *testing.T) {
	indextest.Needs(t, "the server gopls")
	ended, _, _ := process(t, Limits{Idle: 200 * time.Millisecond})
	d, err := Dial(t.Context(), goWorkspace(t))
	if err != nil {
		t.Fatal(err)
	}
	pids := ask(t, d, "hover")
	fd, err := unix.PidfdOpen(pids[0], 0)
	if err != nil {
		t.Fatal(err)
	}
	defer unix.Close(fd)
	wait(t, fd) // the server is let go first, though somebody is connected
	select {
	case err := <-ended:
		t.Fatalf("it has ended under a client: %v", err)
	default:
	}
	if again := ask(t, d, "hover"); slices.Equal(again, pids) {
		t.Error("the server that was let go has answered")
	}
	d.Close()
	if err := <-ended; err != nil {
		t.Error(err)
	}
}

func wait(t *testing.T, pidfd int) {
	t.Helper()
	poll := []unix.PollFd{{Fd: int32(pidfd), Events: unix.POLLIN}}
	for {
		n, err := unix.Poll(poll, 20_000)
		if errors.Is(err, syscall.EINTR) {
			continue
		}
		if n == 0 {
			t.Error("a process is left")
		}
		return
	}
}

// If all servers together take too much memory, the least recently used one is closed, and started again for its next
// request.
func TestTheLeastRecentlyUsedServerIsClosedAtTheMemoryLimit(t *testing.T) {
	indextest.Needs(t, "the server gopls")
	_, _, p := process(t, Limits{Idle: time.Hour, ServerMemory: 1})
	d, err := Dial(t.Context(), goWorkspace(t))
	if err != nil {
		t.Fatal(err)
	}
	pids := ask(t, d, "hover")
	fd, err := unix.PidfdOpen(pids[0], 0)
	if err == nil {
		wait(t, fd)
		unix.Close(fd)
	}
	if again := ask(t, d, "references"); slices.Equal(again, pids) {
		t.Error("the server that was let go has answered")
	}
	d.Close()
	all, silent, err := Statuses(t.Context())
	if err != nil || len(all) != 1 || len(silent) != 0 || all[0].Socket != p.socket() || all[0].PID != os.Getpid() ||
		all[0].Ceiling != 1 {
		t.Errorf("%+v, %v, %v", all, silent, err)
	}
}

// Clients of one workspace share an engine; others, and other settings, have their own.
func TestClientsWithTheSameWorkspaceAndSettingsShareAnEngine(t *testing.T) {
	ended, _, _ := process(t, Limits{Idle: time.Hour})
	ws := goWorkspace(t)
	trusting := ws
	trusting.Trust = true
	var doors []api.Door
	for _, want := range []Engine{ws, ws, trusting, goWorkspace(t)} {
		d, err := Dial(t.Context(), want)
		if err != nil {
			t.Fatal(err)
		}
		doors = append(doors, d)
	}
	all, _, err := Statuses(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	var users []int
	for _, e := range all[0].Engines {
		users = append(users, e.Connections)
	}
	if slices.Sort(users); !slices.Equal(users, []int{1, 1, 2}) || all[0].Connections != 4 {
		t.Errorf("%v users of the engines, %d connections", users, all[0].Connections)
	}
	if ended, err := Stop(t.Context()); err != nil || !slices.Equal(ended, []Ended{{all[0].Socket, EndedItself}}) {
		t.Errorf("%v, %v", ended, err)
	}
	if err := <-ended; err != nil {
		t.Error(err)
	}
	if _, err := doors[0].Do(
		t.Context(), api.Request{Op: "locate", Selector: json.RawMessage(`"go://*#F"`)},
	); !errors.Is(err, jsonl.ErrLost) {
		t.Errorf("a door of a process that has ended: %v", err)
	}
}

// The error of an engine that cannot be created does not mean that there is no daemon.
func TestAnInvalidWorkspaceIsAnErrorOfTheEngine(t *testing.T) {
	process(t, Limits{Idle: time.Hour})
	_, err := Dial(t.Context(), Engine{Root: filepath.Join(t.TempDir(), "nowhere")})
	if !fault.Is(err, fault.Usage) || !strings.Contains(err.Error(), "nowhere") {
		t.Error(err)
	}
}

// The daemon continues, whatever a peer sends first.
func TestAPeerWithAnotherProtocolDoesNotAffectOthers(t *testing.T) {
	_, _, p := process(t, Limits{Idle: time.Hour})
	for _, said := range []string{
		"", "\n", "GET / HTTP/1.1\r\n\r\n", "{}\n", `{"lanser":1}` + "\n", `{"lanser":1,"control":"dance"}` + "\n",
		strings.Repeat("x", maxHello+10), `{"lanser":1,"engine":{"root":"/"}}` + "\n",
	} {
		c, err := net.Dial("unix", p.socket())
		if err != nil {
			t.Fatal(err)
		}
		c.Write([]byte(said)) // it may have hung up already
		c.Close()
	}
	var all sync.WaitGroup
	ws := goWorkspace(t)
	for range 20 {
		all.Go(func() {
			d, err := Dial(t.Context(), ws)
			if err != nil {
				t.Error(err)
				return
			}
			defer d.Close()
			ask(t, d, "locate")
		})
	}
	all.Wait()
}

// Closing a workspace closes all of its engines and their clients' connections, and no other workspace. The daemon
// exits with its last workspace.
func TestClosingAWorkspaceAffectsNoOther(t *testing.T) {
	ended, _, p := process(t, Limits{Idle: time.Hour})
	one, two := goWorkspace(t), goWorkspace(t)
	trusting := one
	trusting.Trust = true
	doors := map[Engine]api.Door{}
	for _, want := range []Engine{one, trusting, two} {
		d, err := Dial(t.Context(), want)
		if err != nil {
			t.Fatal(err)
		}
		doors[want] = d
	}
	locate := func(want Engine) error {
		_, err := doors[want].Do(t.Context(), api.Request{Op: "locate", Selector: json.RawMessage(`"go://*#F"`)})
		return err
	}
	stop := func(root string, want ...Ended) {
		t.Helper()
		got, silent, err := StopWorkspace(t.Context(), root)
		if err != nil || len(silent) > 0 || !slices.Equal(got, want) {
			t.Errorf("%+v, %q, %v; want %+v", got, silent, err, want)
		}
	}

	stop(filepath.Join(one.Root, "nowhere"))
	stop(one.Root, Ended{Socket: p.socket(), How: EndedItself})
	for want, lost := range map[Engine]bool{one: true, trusting: true, two: false} {
		if err := locate(want); errors.Is(err, jsonl.ErrLost) != lost || !lost && err != nil {
			t.Errorf("%+v: %v", want, err)
		}
	}
	all, _, err := Statuses(t.Context())
	if err != nil || len(all) != 1 || len(all[0].Engines) != 1 || all[0].Engines[0].Root != two.Root {
		t.Fatalf("%+v, %v", all, err)
	}
	if all[0].Of(one.Root) != nil || all[0].Of(two.Root) == nil {
		t.Errorf("the status of %s is in %+v", two.Root, all[0])
	}

	again, err := Dial(t.Context(), one) // it can be opened again
	if err != nil {
		t.Fatal(err)
	}
	doors[one] = again
	if err := locate(one); err != nil {
		t.Error(err)
	}
	stop(two.Root, Ended{Socket: p.socket(), How: EndedItself})
	stop(one.Root, Ended{Socket: p.socket(), How: EndedItself})
	if err := <-ended; err != nil {
		t.Errorf("the process has failed: %v", err)
	}
}

// Where no process has run, to ask for processes and to stop them makes no folder for their sockets: it could be in a
// workspace.
func TestToLookForProcessesMakesNoFolder(t *testing.T) {
	run := t.TempDir()
	t.Setenv("XDG_RUNTIME_DIR", run)
	statuses, silent, err := Statuses(t.Context())
	if len(statuses) > 0 || len(silent) > 0 || err != nil {
		t.Errorf("processes %v, silent ones %v, %v", statuses, silent, err)
	}
	if ended, err := Stop(t.Context()); len(ended) > 0 || err != nil {
		t.Errorf("stopped %v, %v", ended, err)
	}
	if ended, _, err := StopWorkspace(t.Context(), run); len(ended) > 0 || err != nil {
		t.Errorf("stopped of a workspace %v, %v", ended, err)
	}
	entries, err := os.ReadDir(run)
	if len(entries) > 0 || err != nil {
		t.Errorf("the folder has %v, %v", entries, err)
	}
}
