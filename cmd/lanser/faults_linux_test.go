package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"

	"lanser/index/indextest"
	"lanser/selectors/fault"
	"lanser/server"
	"lanser/server/api"
	"lanser/server/bundle"
	"lanser/server/catalogue"
	"lanser/server/lsp/lsptest"
	"lanser/server/trace"
)

// faultTimeout is what a question gets whose server does not answer; one that does
// gets enough for a slow machine.
const (
	faultTimeout = time.Second
	ampleTimeout = time.Minute
)

func timeoutFor(want fault.Code) time.Duration {
	if want == fault.Timeout {
		return faultTimeout
	}
	return ampleTimeout
}

// crashAtQuestion makes the fake server crash when it receives the question under test: the test
// replaces it by [lsptest.CrashAt] with the question's method, as in textDocument/references.
const crashAtQuestion lsptest.Mode = "crash-at-question"

// misbehaviours are the modes of the fake server, and how a question ends.
var misbehaviours = []struct {
	mode lsptest.Mode
	want fault.Code // "" where the answer is right all the same
}{
	{lsptest.Hang, fault.Timeout},
	{lsptest.HangAtQuestion, fault.Timeout},
	{lsptest.Deaf, fault.Timeout},
	{lsptest.LengthTooLong, fault.Timeout},
	{lsptest.CrashAt("initialize"), fault.Crash},
	{lsptest.CrashAt("initialized"), fault.Crash},
	{lsptest.CrashAt("textDocument/didOpen"), fault.Crash},
	{crashAtQuestion, fault.Crash},
	{lsptest.HalfAFrame, fault.Crash},
	{lsptest.LengthTooShort, fault.Crash},
	{lsptest.LengthNoNumber, fault.Crash},
	{lsptest.NoJSON, fault.Crash},
	{lsptest.Huge, fault.Crash},
	{lsptest.ClosedOutput, fault.Crash},
	{lsptest.CountsIn("utf-7"), fault.Indexing},
	{lsptest.NoUTF8, ""},
	{lsptest.Flood, ""},
	{lsptest.StderrFlood, ""},
	{lsptest.UnknownID, ""},
	{lsptest.TwoReplies, ""},
	{lsptest.Children, ""},
	{lsptest.IgnoreShutdown, ""},
}

var faultQuestions = []api.Request{
	{Op: "refs", Selector: json.RawMessage(`"go://*#F"`)},
	{Op: "def", Selector: json.RawMessage(`"go://*#F"`)},
	{Op: "hover", Selector: json.RawMessage(`"go://*#F"`)},
	{Op: "calls", Selector: json.RawMessage(`"go://*#F"`)},
	{Op: "diag"},
}

// fakeServer makes a workspace whose server is the fake one in the given mode, and
// the environment in which it is found.
func fakeServer(t *testing.T, mode lsptest.Mode, q api.Request) (workspace string, env []string) {
	t.Helper()
	home := indextest.Files(t, nil)
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	if mode == crashAtQuestion {
		method := map[string]string{
			"refs":  "references",
			"def":   "definition",
			"hover": "hover",
			"calls": "prepareCallHierarchy",
			"diag":  "diagnostic",
		}
		mode = lsptest.CrashAt("textDocument/" + method[q.Op])
	}
	gopls := catalogue.Named("gopls")
	dir := filepath.Join(home, "lanser", "servers", gopls.Name, strings.TrimPrefix(gopls.Version, "v"))
	script := fmt.Sprintf("#!/bin/sh\nexec %s/fakelsp %s\n", dir, mode)
	err = os.MkdirAll(dir, 0o755)
	if err == nil {
		err = os.WriteFile(filepath.Join(dir, "gopls"), []byte(script), 0o755)
	}
	if err == nil {
		err = os.Link(self, filepath.Join(dir, "fakelsp")) // in the sandbox only an installation can be executed
	}
	if err != nil {
		t.Fatal(err)
	}
	files := map[string]string{"go.mod": "module ex.com/m\n\ngo 1.21\n", "a.go": "package m\n\nfunc F() {}\n"}
	if mode == lsptest.CrashAt("textDocument/didOpen") {
		delete(files, "go.mod") // a check opens no file of the module
	}
	workspace = indextest.Files(t, files)
	indextest.FailIfChanged(t, workspace)
	return workspace, []string{"XDG_DATA_HOME=" + home, "XDG_CACHE_HOME=" + filepath.Join(home, "cache")}
}

// faultEngine is an engine whose server is the fake one in the given mode.
func faultEngine(t *testing.T, mode lsptest.Mode, q api.Request) *server.Engine {
	t.Helper()
	workspace, env := fakeServer(t, mode, q)
	for _, v := range env {
		name, value, _ := strings.Cut(v, "=")
		t.Setenv(name, value)
	}
	var tape bytes.Buffer
	e, err := server.New(server.Config{Root: workspace, Trace: trace.NewRecorder(&tape, true)})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { // by then the test has closed it
		ignore := func(server.Replayed) error { return nil }
		err := server.Replay(context.Background(), bytes.NewReader(tape.Bytes()), t.TempDir(), ignore)
		if err != nil && !t.Failed() {
			kept := filepath.Join(os.TempDir(), "lanser-failed.trace")
			t.Errorf("%s %s is not worked out again: %v; see %s (%v)", mode, q.Op, err, kept,
				os.WriteFile(kept, tape.Bytes(), 0o600))
		}
	})
	return e
}

// ends judges how a question to a misbehaving server ended.
func ends(t *testing.T, what string, b *bundle.Bundle, want fault.Code) {
	t.Helper()
	var got fault.Code
	if b.Error != nil {
		got = b.Error.Code
	}
	if got != want {
		t.Errorf("%s: %q, want %q: %+v", what, got, want, b.Error)
	}
	state := map[fault.Code]string{
		fault.Timeout: bundle.TimedOut, fault.Crash: bundle.ServerDied, fault.Indexing: bundle.NotReady,
		"": bundle.Complete,
	}[want]
	if b.Evidence.State != state {
		t.Errorf("%s: evidence %s %v, want %s", what, b.Evidence.State, b.Evidence.Reasons, state)
	}
	if b.Local != nil && want == fault.Timeout && b.Local.Durations["total"] > (faultTimeout+shortly).Seconds() {
		t.Errorf("%s: took %v s", what, b.Local.Durations["total"])
	}
}

// However a server misbehaves, each request ends by its deadline with the right code and evidence, and no process,
// descriptor or goroutine remains.
func TestAMisbehavingServerLeavesNothingBehind(t *testing.T) {
	indextest.Needs(t, "a minute, for time-outs of a fake server")
	for _, m := range misbehaviours {
		t.Run(string(m.mode), func(t *testing.T) {
			for _, q := range faultQuestions {
				before, children := indextest.Descriptors(t), below(os.Getpid())
				ignore := goleak.IgnoreCurrent()
				e := faultEngine(t, m.mode, q)
				q.Options.Timeout = api.Duration(timeoutFor(m.want))
				b, _ := e.Do(context.Background(), q)
				fds := watch(t, below(os.Getpid()))
				for _, pid := range children {
					delete(fds, pid)
				}
				e.Close()
				ends(t, string(m.mode)+" "+q.Op, b, m.want)
				gone(t, fds, shortly)
				if err := goleak.Find(ignore); err != nil {
					t.Errorf("%s %s: %v", m.mode, q.Op, err)
				}
				if after := indextest.Descriptors(t); after > before {
					t.Errorf("%s %s: %d descriptors, %d before", m.mode, q.Op, after, before)
				}
			}
		})
	}
}

// A server that refuses files because it has not loaded them is replaced by a new server, as a hook would otherwise
// never report an error of these files again. The new server is not replaced, whatever it answers.
func TestAServerThatHasLostItsPackagesIsReplacedOnce(t *testing.T) {
	e := faultEngine(t, lsptest.Unloads, api.Request{Op: "diag"})
	defer e.Close()
	check := func() *bundle.Bundle {
		b, _ := e.Do(context.Background(), api.Request{Op: "diag"}) // the error is in the bundle
		return b
	}
	process := func() int { return e.Running()[0].PID }
	check()
	first := process()
	file := filepath.Join(e.Root(), "a.go")
	was, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := os.WriteFile(file, was, 0o600); err != nil {
			t.Error(err)
		}
	}()
	replaced := 0
	for i, want := range []string{bundle.Complete, bundle.Partial} {
		text := fmt.Sprintf("package m\n\nfunc F() {}\n// %d\n", i)
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		b := check()
		if b.Evidence.State != want {
			t.Errorf("after edit %d: %s %v, want %s", i, b.Evidence.State, b.Evidence.Reasons, want)
		}
		if now := process(); now != first {
			first, replaced = now, replaced+1
		}
	}
	if replaced != 1 {
		t.Errorf("the server is replaced %d times, want once", replaced)
	}
}

// A server that crashes on every request is not restarted after the third time. The error gives the reason, with the
// end of its standard error.
func TestAServerThatAlwaysCrashesIsNotRestartedForever(t *testing.T) {
	e := faultEngine(t, crashAtQuestion, faultQuestions[0])
	defer e.Close()
	for i := range 5 {
		b, err := e.Do(context.Background(), faultQuestions[0])
		if !fault.Is(err, fault.Crash) {
			t.Fatalf("%v", err)
		}
		alone := strings.Contains(b.Error.Message, "has died 3 times in a row and is not restarted for")
		if alone != (i >= 3) || !strings.Contains(b.Error.Message, "exit status 2") ||
			!strings.Contains(b.Local.Stderr, "panic: at textDocument/references") {
			t.Errorf("question %d: %s, stderr %q", i, b.Error.Message, b.Local.Stderr)
		}
	}
}

// One request that times out may just be expensive. After the second, the server is assumed to hang, and the next
// request starts a new one.
func TestAServerThatHangsTwiceIsRestarted(t *testing.T) {
	indextest.Needs(t, "a minute, for time-outs of a fake server")
	e := faultEngine(t, lsptest.HangAtQuestion, faultQuestions[0])
	defer e.Close()
	var pids []int
	for range 4 {
		q := faultQuestions[0]
		q.Options.Timeout = api.Duration(2 * faultTimeout) // enough to start it on a busy machine
		b, err := e.Do(context.Background(), q)
		if !fault.Is(err, fault.Timeout) || len(b.Local.PIDs) != 1 {
			t.Fatalf("%v, processes %v", err, b.Local.PIDs)
		}
		pids = append(pids, b.Local.PIDs[0])
	}
	if pids[0] != pids[1] || pids[1] == pids[2] || pids[2] != pids[3] {
		t.Errorf("the servers of four questions: %v", pids)
	}
}

// A misbehaving server gives the same error on the command line, in a batch and over MCP.
func TestEveryFrontEndReportsAMisbehavingServerAlike(t *testing.T) {
	indextest.Needs(t, "a minute, for time-outs of a fake server")
	for _, m := range misbehaviours {
		t.Run(string(m.mode), func(t *testing.T) {
			t.Parallel()
			for _, q := range []api.Request{faultQuestions[0], faultQuestions[4]} {
				workspace, env := fakeServer(t, m.mode, q)
				args := []string{"--workspace", workspace, q.Op, "--json", "--timeout", timeoutFor(m.want).String()}
				if q.Selector != nil {
					args = append(args, "go://*#F")
				}
				cmd := lanser(t, args...)
				cmd.Env, cmd.Stderr = append(cmd.Env, env...), nil
				out, _ := cmd.Output() // the exit code is judged
				b := readBundle(t, out)
				ends(t, "command line "+q.Op, b, m.want)
				if got := cmd.ProcessState.ExitCode(); got != b.Meta.ExitCode || m.want != "" && got != m.want.Exit() {
					t.Errorf("command line %s: exit code %d", q.Op, got)
				}
			}
			q := faultQuestions[0]
			workspace, env := fakeServer(t, m.mode, q)
			cmd := lanser(t, "--workspace", workspace, "batch")
			cmd.Env, cmd.Stderr = append(cmd.Env, env...), nil
			const request = `{"id":1,"cmd":"refs","selector":"go://*#F","options":{"timeout":%q}}` + "\n"
			cmd.Stdin = strings.NewReader(fmt.Sprintf(request, timeoutFor(m.want)))
			out, _ := cmd.Output() // the exit code is that of the bundle
			var line struct{ Bundle json.RawMessage }
			if err := json.Unmarshal(out, &line); err != nil {
				t.Fatalf("batch: %v: %s", err, out)
			}
			ends(t, "batch", readBundle(t, line.Bundle), m.want)

			cmd = lanser(t, "--workspace", workspace, "serve")
			cmd.Env, cmd.Stderr = append(cmd.Env, env...), nil
			ends(t, "stdio", callTool(t, cmd, "references", map[string]string{
				"selector": "go://*#F", "timeout": timeoutFor(m.want).String(), "format": "json",
			}), m.want)
		})
	}
}

func readBundle(t *testing.T, raw []byte) *bundle.Bundle {
	t.Helper()
	var b bundle.Bundle
	if err := json.Unmarshal(bytes.TrimSpace(raw), &b); err != nil {
		t.Fatalf("%v: %.300s", err, raw)
	}
	return &b
}

// startPiped starts a command whose input the test writes and whose output it reads.
func startPiped(t testing.TB, cmd *exec.Cmd) (in io.WriteCloser, out io.ReadCloser) {
	t.Helper()
	in, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	out, err = cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	return in, out
}

// callTool starts a server of the Model Context Protocol, calls one tool and ends the server.
func callTool(t *testing.T, cmd *exec.Cmd, name string, args any) *bundle.Bundle {
	t.Helper()
	in, out := startPiped(t, cmd)
	raw, _ := json.Marshal(map[string]any{"name": name, "arguments": args})
	fmt.Fprintln(in, mcpInitialize)
	fmt.Fprintf(in, `{"jsonrpc":"2.0","method":"notifications/initialized"}`+"\n")
	fmt.Fprintf(in, `{"jsonrpc":"2.0","id":2,"method":"tools/call","params":%s}`+"\n", raw)
	lines := bufio.NewScanner(out)
	lines.Buffer(nil, 64<<20)
	var answer struct {
		ID     int
		Result struct{ Content []struct{ Text string } }
	}
	for answer.ID != 2 && lines.Scan() {
		json.Unmarshal(lines.Bytes(), &answer)
	}
	in.Close()
	if err := cmd.Wait(); err != nil {
		t.Error(err)
	}
	if answer.ID != 2 {
		t.Fatal("no answer to the call")
	}
	if len(answer.Result.Content) != 1 {
		t.Fatalf("%+v", answer.Result)
	}
	return readBundle(t, []byte(answer.Result.Content[0].Text))
}
