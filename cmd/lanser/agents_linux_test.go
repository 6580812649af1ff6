package main

import (
	"bytes"
	"context"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	sdk "github.com/modelcontextprotocol/go-sdk/mcp"

	"lanser/index/corpus"
	"lanser/server"
	"lanser/server/mcp"
)

// clients are programs that speak MCP and were not written here.
func clients(t testing.TB) string {
	t.Helper()
	return corpus.NPMProject(t, "testdata/clients")
}

// program is a command that is lanser itself, for those who start it by one name.
func program(t testing.TB) string {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(t.TempDir(), "lanser")
	if err := os.WriteFile(file, []byte("#!/bin/sh\nLANSER_TEST_MAIN=1 GORACE=atexit_sleep_ms=10 exec "+self+" \"$@\"\n"), 0o755); err != nil {
		t.Fatal(err)
	}
	return file
}

// uses is a Go module with a function and two uses of it.
func uses(t testing.TB) string {
	t.Helper()
	return corpus.Files(t, map[string]string{
		"go.mod": "module ex.com/m\n\ngo 1.21\n", "a.go": "package m\n\n// F does it.\nfunc F() {}\n", "b.go": "package m\n\nfunc G() {\n\tF()\n\tF()\n}\n",
	})
}

// The official TypeScript client gets all that it asks for.
func TestTheOfficialTypeScriptClientIsServed(t *testing.T) {
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
	var names []string
	for _, op := range server.Operations {
		names = append(names, op.Name)
	}
	slices.Sort(names)
	says := func(isError bool, text string) map[string]any { return map[string]any{"error": isError, "text": text} }
	want := map[string]any{
		"version": "lanser", "instructions": true, "tools": anys(names), "doctor": true, "bundle": true, "logged": true,
		"references":  says(false, "3 references to go://ex.com/m#F\na.go  go://ex.com/m#\n  F\n    4:6 func F() {}\nb.go  go://ex.com/m#\n  G\n    4:2 F()\n    5:2 F()\n"),
		"missing":     says(true, "lanser: E/NOT_FOUND: no symbol Nowhere in the go files of the workspace; list what there is with 'lanser symbols PATH'\n"),
		"diagnostics": says(false, "clean: no diagnostics\n"),
		"cancelled":   "MCP error -32001: enough",
		"resources":   anys([]string{"lanser://diagnostics", "lanser://doctor"}),
		"templates":   anys([]string{"lanser://bundle/{id}", "lanser://diagnostics/{+path}", "lanser://outline/{+path}"}),
		"prompts":     anys([]string{"check_patch", "explain_symbol", "review_impact"}),
		"completed":   anys([]string{"go://ex.com/m#F"}),
		"updated":     "lanser://outline/a.go",
		"outline":     "a.go  go://ex.com/m#\n  4 def F\n  6 def Later\n",
	}
	located, _ := got["after"].(map[string]any)
	if located["error"] != false || !strings.HasPrefix(located["text"].(string), "a.go:4:1: def go://ex.com/m#F\n") {
		t.Errorf("after a call that was cancelled: %v", located)
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
func TestTheInspectorIsServed(t *testing.T) {
	dir := uses(t)
	inspect := func(args ...string) []byte {
		t.Helper()
		cmd := exec.Command("node", append([]string{filepath.Join(clients(t), "node_modules", "@modelcontextprotocol", "inspector", "clients", "launcher", "build", "index.js"), "--cli", program(t), "serve"}, args...)...)
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
	if err := json.Unmarshal(inspect("--method", "tools/list"), &list); err != nil || len(list.Tools) != len(server.Operations) {
		t.Errorf("%v: %v", err, list)
	}
	var called struct {
		Content []struct{ Text string } `json:"content"`
	}
	if err := json.Unmarshal(inspect("--method", "tools/call", "--tool-name", "definition", "--tool-arg", "selector=b.go@L4:C2"), &called); err != nil {
		t.Fatal(err)
	}
	if got, want := called.Content[0].Text, "a.go  go://ex.com/m#\n  F\n    4:6 func F() {}\n"; got != want {
		t.Errorf("%q, want %q", got, want)
	}
}

// The conformance suite's scenarios that need no special tools pass. It speaks HTTP
// only, so the server is put behind that here.
func TestTheConformanceSuitePasses(t *testing.T) {
	dir := uses(t)
	s, done, err := mcp.New(mcp.Options{Version: "test", Open: func(context.Context, string) (server.Door, error) { return server.New(server.Config{Root: dir}) }, Fixed: true})
	if err != nil {
		t.Fatal(err)
	}
	defer done()
	h := httptest.NewServer(sdk.NewStreamableHTTPHandler(func(*http.Request) *sdk.Server { return s }, nil))
	defer h.Close()
	for _, scenario := range []string{
		"server-initialize", "logging-set-level", "ping", "tools-list", "resources-list", "resources-subscribe", "resources-unsubscribe", "prompts-list", "completion-complete",
		"server-sse-multiple-streams", "dns-rebinding-protection",
	} {
		cmd := exec.Command("node", filepath.Join(clients(t), "node_modules", "@modelcontextprotocol", "conformance", "dist", "index.js"), "server", "--url", h.URL, "--scenario", scenario)
		cmd.Dir = t.TempDir()
		out, err := cmd.CombinedOutput()
		if err != nil || !bytes.Contains(out, []byte("Passed: ")) {
			t.Errorf("%s: %v\n%.2000s", scenario, err, out)
		}
	}
}
