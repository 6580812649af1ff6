package main

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	sdk "github.com/modelcontextprotocol/go-sdk/mcp"

	"lanser/index/indextest"
	"lanser/server"
	"lanser/server/api"
	"lanser/server/mcp"
)

// clients are programs that speak MCP and were not written here.
func clients(t testing.TB) string {
	t.Helper()
	return indextest.NPMProject(t, "testdata/clients")
}

// program is a command that is lanser itself, for those who start it by one name.
func program(t testing.TB) string {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(t.TempDir(), "lanser")
	script := "#!/bin/sh\nLANSER_TEST_MAIN=1 GORACE=atexit_sleep_ms=10 exec " + self + " \"$@\"\n"
	if err := os.WriteFile(file, []byte(script), 0o755); err != nil {
		t.Fatal(err)
	}
	return file
}

// mcpInitialize is the first message of a client of MCP, without its line end.
const mcpInitialize = `{"jsonrpc":"2.0","id":1,"method":"initialize","params":{` +
	`"protocolVersion":"2025-06-18","capabilities":{},"clientInfo":{"name":"t","version":"1"}}}`

// uses is a Go module with a function and two uses of it, and like no other: an answer
// that an earlier run has left on disk would start no server.
func uses(t testing.TB) string {
	t.Helper()
	return indextest.Files(t, map[string]string{
		"go.mod": "module ex.com/m\n\ngo 1.21\n", "a.go": "package m\n\n// F does it.\nfunc F() {}\n",
		"b.go": "package m\n\nfunc G() {\n\tF()\n\tF()\n}\n\n// " + rand.Text() + "\n",
	})
}

// The official TypeScript client of MCP gets an answer to each request.
func TestTheOfficialTypeScriptClientOfMCPWorks(t *testing.T) {
	t.Parallel()
	dir := uses(t)
	cmd := exec.Command("node", "testdata/clients/client.mjs", program(t), dir, filepath.Join(dir, "a.go"))
	cmd.Env = append(os.Environ(), "CLIENTS="+clients(t))
	cmd.Stderr = os.Stderr
	raw, err := cmd.Output()
	if err != nil {
		t.Fatal(err)
	}
	var got map[string]any
	if err := json.Unmarshal(raw, &got); err != nil {
		t.Fatalf("%v: %s", err, raw)
	}
	names := slices.Sorted(slices.Values(mcp.DefaultTools))
	says := func(isError bool, text string) map[string]any { return map[string]any{"error": isError, "text": text} }
	want := map[string]any{
		"version": "lanser", "instructions": true, "tools": anys(names), "doctor": true, "bundle": true, "logged": true,
		"references": says(false, "3 references to go://ex.com/m#F\n"+
			"a.go\n  4: func F() {}\n"+
			"b.go\n  G\n    4: F()\n    5: F()\n"+
			"4 words F: 3 references, 1 in comments, strings and prose\n"),
		"missing": says(true, "lanser: E/NOT_FOUND: no symbol Nowhere in the go files of the workspace; "+
			"list what there is with 'lanser symbols PATH'\n"),
		"diagnostics": says(false, "clean: 2 Go files, 1 Go module file\n"),
		"cancelled":   "MCP error -32001: enough",
		"resources":   anys([]string{"lanser://diagnostics", "lanser://doctor"}),
		"templates": anys([]string{
			"lanser://bundle/{id}", "lanser://diagnostics/{+path}", "lanser://outline/{+path}",
		}),
		"prompts":   anys([]string{"check_patch", "explain_symbol", "review_impact"}),
		"completed": anys([]string{"go://ex.com/m#F"}),
		"paths":     anys([]string{"a.go", "b.go", "go.mod"}),
		"updated":   "lanser://outline/a.go",
		"outline":   "a.go\n  4 def F\n  6 def Later\n",
	}
	defined, _ := got["after"].(map[string]any)
	if defined["error"] != false || !strings.HasPrefix(defined["text"].(string), "a.go:4:6:") {
		t.Errorf("after a call that was cancelled: %v", defined)
	}
	delete(got, "after")
	if d := cmp.Diff(want, got); d != "" {
		t.Errorf("(-want +got)\n%s", d)
	}
}

func anys(list []string) (out []any) {
	for _, s := range list {
		out = append(out, s)
	}
	return out
}

// The MCP inspector, in command-line mode, lists the tools and calls them.
func TestTheMCPInspectorWorks(t *testing.T) {
	t.Parallel()
	dir := uses(t)
	inspect := func(args ...string) []byte {
		t.Helper()
		inspector := filepath.Join(clients(t), "node_modules/@modelcontextprotocol/inspector")
		launcher := filepath.Join(inspector, "clients/launcher/build/index.js")
		cmd := exec.Command("node", append([]string{launcher, "--cli", program(t), "serve"}, args...)...)
		cmd.Dir = dir
		cmd.Stderr = os.Stderr
		out, err := cmd.Output()
		if err != nil {
			t.Fatalf("%v: %v\n%s", args, err, out)
		}
		return out
	}
	var list struct {
		Tools []struct{ Name string } `json:"tools"`
	}
	if err := json.Unmarshal(inspect("--method", "tools/list"), &list); err != nil ||
		len(list.Tools) != len(mcp.DefaultTools) {
		t.Errorf("%v: %v", err, list)
	}
	var called struct {
		Content []struct{ Text string } `json:"content"`
	}
	out := inspect("--method", "tools/call", "--tool-name", "definition", "--tool-arg", "selector=b.go@L4:C2")
	if err := json.Unmarshal(out, &called); err != nil {
		t.Fatal(err)
	}
	if got, want := called.Content[0].Text, "a.go:4:6: func F() {}\n"; got != want {
		t.Errorf("%q, want %q", got, want)
	}
}

// The scenarios of the conformance suite that need no special tools pass. The suite only speaks HTTP, so the test
// puts an HTTP server in front of lanser.
func TestTheMCPConformanceSuitePasses(t *testing.T) {
	t.Parallel()
	dir := uses(t)
	s, done, err := mcp.New(mcp.Options{
		Version: "test",
		Open:    func(context.Context, string) (api.Door, error) { return server.New(server.Config{Root: dir}) },
		Fixed:   true,
	})
	if err != nil {
		t.Fatal(err)
	}
	defer done()
	h := httptest.NewServer(sdk.NewStreamableHTTPHandler(func(*http.Request) *sdk.Server { return s }, nil))
	defer h.Close()
	for _, scenario := range []string{
		"server-initialize", "logging-set-level", "ping", "tools-list", "resources-list", "resources-subscribe",
		"resources-unsubscribe", "prompts-list", "completion-complete",
		"server-sse-multiple-streams", "dns-rebinding-protection",
	} {
		suite := filepath.Join(clients(t), "node_modules/@modelcontextprotocol/conformance/dist/index.js")
		cmd := exec.Command("node", suite, "server", "--url", h.URL, "--scenario", scenario)
		cmd.Dir = t.TempDir()
		out, err := cmd.CombinedOutput()
		if err != nil || !bytes.Contains(out, []byte("Passed: ")) {
			t.Errorf("%s: %v\n%.2000s", scenario, err, out)
		}
	}
}

// Standard output contains nothing but messages of the protocol, whatever the client sends. A single further byte
// would break the client.
func TestServeWritesOnlyMessagesToStandardOutput(t *testing.T) {
	t.Parallel()
	for protocol, tt := range map[string]struct {
		in      string
		check   func(t *testing.T, out []byte)
		answers int
	}{
		"mcp": {strings.Join([]string{
			mcpInitialize, `{"jsonrpc":"2.0","method":"notifications/initialized"}`,
			`{"jsonrpc":"2.0","id":2,"method":"tools/list"}`,
			`{"jsonrpc":"2.0","id":3,"method":"tools/call","params":{"name":"references","arguments":{"selector":"go://*#F"}}}`,
			`{"jsonrpc":"2.0","id":4,"method":"tools/call","params":{"name":"nothing"}}`,
			`{"jsonrpc":"2.0","id":5,"method":"no/such/method"}`,
			`{"jsonrpc":"2.0","id":6,"method":"tools/call","params":{"name":"locate","arguments":[1]}}`,
			`{"jsonrpc":"2.0","id":7,"method":"resources/read","params":{"uri":"lanser://doctor"}}`,
		}, "\n") + "\n", lines(`"jsonrpc":"2.0"`), 7},
		"jsonl": {
			"nonsense\n\x00\xff\n{\"id\":1,\"cmd\":\"refs\",\"selector\":\"go://*#F\"}\n" +
				"{\"id\":2,\"cmd\":\"diag\"}\n[]\n{\"id\":3,\"cmd\":\"hover\",\"selector\":\"py://x#y\"}",
			lines(`"bundle":{`), 6,
		},
		"lsp": {frame(
			`{"jsonrpc":"2.0","id":1,"method":"initialize","params":{"capabilities":{}}}`,
			`{"jsonrpc":"2.0","method":"initialized","params":{}}`,
			`{"jsonrpc":"2.0","id":2,"method":"textDocument/rename","params":{}}`,
			`{"jsonrpc":"2.0","id":3,"method":"textDocument/hover","params":{"textDocument":{"uri":"file:///nowhere"},"position":{}}}`,
			`{"jsonrpc":"2.0","id":4,"method":"textDocument/hover","params":7}`,
			`{"jsonrpc":"2.0","id":5,"method":"no/such","params":{}}`,
			`{"jsonrpc":"2.0","id":6,"method":"lanser/ask","params":{"cmd":"refs","selector":"go://*#F"}}`,
			`{"jsonrpc":"2.0","id":7,"method":"shutdown"}`,
		), frames, 7},
	} {
		t.Run(protocol, func(t *testing.T) {
			dir := uses(t)
			cmd := lanser(t, "--workspace", dir, "serve", "--protocol", protocol)
			in, err := cmd.StdinPipe()
			must(t, err)
			out, err := cmd.StdoutPipe()
			must(t, err)
			cmd.Stderr = nil
			must(t, cmd.Start())
			if _, err := io.WriteString(in, tt.in); err != nil {
				t.Fatal(err)
			}
			if protocol == "jsonl" { // it answers what was asked before the end
				in.Close()
			}
			var got []byte
			ids := regexp.MustCompile(`"id":`)
			buf := make([]byte, 64<<10)
			for len(ids.FindAll(withoutContents(got), -1)) < tt.answers {
				n, err := out.Read(buf)
				got = append(got, buf[:n]...)
				if err != nil {
					break
				}
			}
			if protocol == "lsp" {
				io.WriteString(in, frame(`{"jsonrpc":"2.0","id":9,"method":"shutdown"}`,
					`{"jsonrpc":"2.0","method":"exit"}`))
			}
			in.Close()
			rest, err := io.ReadAll(out)
			must(t, err)
			if err := cmd.Wait(); err != nil {
				t.Error(err)
			}
			tt.check(t, append(got, rest...))
		})
	}
}

// A language server ends with the exit code 0 if the client has sent shutdown before exit, or has gone, and with 1
// otherwise (LSP, exit notification).
func TestTheExitCodeOfALanguageServerSaysWhetherItWasShutDown(t *testing.T) {
	initialize := frame(`{"jsonrpc":"2.0","id":1,"method":"initialize","params":{"capabilities":{}}}`)
	shutdown, exit := frame(`{"jsonrpc":"2.0","id":2,"method":"shutdown"}`), frame(`{"jsonrpc":"2.0","method":"exit"}`)
	for name, tt := range map[string]struct {
		in   string
		want int
	}{
		"shutdown and exit": {initialize + shutdown + exit, 0}, "exit": {initialize + exit, 1},
		"exit before anything": {exit, 1}, "end of the input": {initialize, 0}, "nothing": {"", 0},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			cmd := lanser(t, "--workspace", uses(t), "serve", "--protocol", "lsp")
			cmd.Stdin, cmd.Stderr = strings.NewReader(tt.in), nil
			_ = cmd.Run() // the exit code is judged
			if got := cmd.ProcessState.ExitCode(); got != tt.want {
				t.Errorf("exit code %d, want %d", got, tt.want)
			}
		})
	}
}

// frame returns messages of JSON-RPC as LSP sends them.
func frame(messages ...string) (out string) {
	for _, m := range messages {
		out += fmt.Sprintf("Content-Length: %d\r\n\r\n%s", len(m), m)
	}
	return out
}

// withoutContents returns output without the contents of JSON strings.
func withoutContents(out []byte) []byte {
	return regexp.MustCompile(`\\.`).ReplaceAll(out, nil)
}

// lines checks that all is lines of JSON, each with the given words.
func lines(has string) func(t *testing.T, out []byte) {
	return func(t *testing.T, out []byte) {
		t.Helper()
		if !bytes.HasSuffix(out, []byte("\n")) {
			t.Errorf("it ends in %q", out[max(0, len(out)-100):])
		}
		for l := range bytes.Lines(out) {
			if !json.Valid(l) || !bytes.Contains(l, []byte(has)) {
				t.Errorf("%q", l)
			}
		}
	}
}

// frames checks that all is framed messages of JSON-RPC.
func frames(t *testing.T, out []byte) {
	t.Helper()
	for head := regexp.MustCompile(`^Content-Length: (\d+)\r\n\r\n`); len(out) > 0; {
		m := head.FindSubmatch(out)
		if m == nil {
			t.Fatalf("%q", out[:min(len(out), 200)])
		}
		var size int
		fmt.Sscan(string(m[1]), &size)
		body := out[len(m[0]):]
		if size > len(body) || !json.Valid(body[:size]) {
			t.Fatalf("%d bytes: %q", size, body)
		}
		out = body[size:]
	}
}
