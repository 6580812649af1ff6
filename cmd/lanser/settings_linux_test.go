package main

import (
	"bufio"
	"bytes"
	"encoding/json"
	"io"
	"os"
	"os/exec"
	"strings"
	"testing"

	"lanser/index/indextest"
)

// bundleIDs are the ids of the bundles in what a front end printed.
func bundleIDs(t *testing.T, printed []byte) (ids []string) {
	t.Helper()
	var walk func(v any)
	walk = func(v any) {
		switch v := v.(type) {
		case map[string]any:
			if id, ok := v["bundleId"].(string); ok {
				ids = append(ids, id)
			}
			for _, below := range v {
				walk(below)
			}
		case []any:
			for _, below := range v {
				walk(below)
			}
		case string:
			var inner any
			if strings.HasPrefix(v, "{") && json.Unmarshal([]byte(v), &inner) == nil {
				walk(inner)
			}
		}
	}
	for line := range bytes.Lines(printed) {
		var v any
		if err := json.Unmarshal(line, &v); err != nil {
			t.Fatalf("%v: %s", err, line)
		}
		walk(v)
	}
	return ids
}

// The command line, a batch, a stream of JSON lines and MCP give the same answer to a check of a folder with a
// lanser.toml.
func TestEveryFrontEndAppliesTheFoldersSettings(t *testing.T) {
	t.Parallel()
	if testing.Short() {
		t.Skip("it needs gopls")
	}
	dir := indextest.Files(t, map[string]string{
		"go.mod": "module ex.com/m\n\ngo 1.21\n", "a.go": "package m\n\nvar A = 1\n",
		"gen/b.go":    "package gen\n\nvar B int = \"\"\n",
		"lanser.toml": "fail-on = 'hint'\nexclude = ['gen/']\n\n[[severity]]\ncode = 'unused'\nseverity = 'ignore'\n",
	})
	lanser := program(t)
	const mcp = mcpInitialize + "\n" + `{"jsonrpc":"2.0","method":"notifications/initialized"}` + "\n" +
		`{"jsonrpc":"2.0","id":2,"method":"tools/call","params":{` +
		`"name":"diagnostics","arguments":{"format":"json","budget":100000}}}` + "\n"
	const line = `{"id":1,"cmd":"diag","options":{"budget":100000}}` + "\n"
	var first string
	for _, way := range []struct {
		args  []string
		stdin string
	}{
		{args: []string{"diag", "--json", "--reproducible", "--budget", "100000"}},
		{args: []string{"batch", "--reproducible"}, stdin: line},
		{args: []string{"serve", "--protocol", "jsonl", "--reproducible"}, stdin: line},
		{args: []string{"serve", "--protocol", "mcp"}, stdin: mcp},
	} {
		cmd := exec.Command(lanser, append(way.args, "--workspace", dir)...)
		cmd.Stderr = os.Stderr
		in, out := startPiped(t, cmd)
		if _, err := io.WriteString(in, way.stdin); err != nil {
			t.Fatal(err)
		}
		var printed []byte
		// A client that closes its input gets no answer, so the answer is read before that.
		for lines := bufio.NewReader(out); !bytes.Contains(printed, []byte("bundleId")); {
			line, err := lines.ReadBytes('\n')
			printed = append(printed, line...)
			if err != nil {
				break
			}
		}
		in.Close()
		if err := cmd.Wait(); err != nil {
			t.Fatalf("%v: %v: %s", way.args, err, printed)
		}
		ids := bundleIDs(t, printed)
		if len(ids) != 1 {
			t.Fatalf("%v: %d bundles: %s", way.args, len(ids), printed)
		}
		if first == "" {
			first = ids[0]
			if !bytes.Contains(printed, []byte(`"exclude":["gen/"]`)) ||
				!bytes.Contains(printed, []byte(`"fail-on":"hint"`)) {
				t.Errorf("the settings are no part of the question: %s", printed)
			}
		}
		if ids[0] != first {
			t.Errorf("%v: another answer: %s", way.args, printed)
		}
	}
}

// If lanser.toml cannot be read, each front end reports the same error with the place in the file.
func TestInvalidSettingsAreAnErrorInEveryFrontEnd(t *testing.T) {
	t.Parallel()
	dir := indextest.Files(t, map[string]string{"a.go": "package m\n", "lanser.toml": "exclude = 3\n"})
	cmd := exec.Command(program(t), "batch", "--workspace", dir)
	cmd.Stdin = strings.NewReader(`{"id":1,"cmd":"diag"}` + "\n" + `{"id":2,"cmd":"symbols","paths":["a.go"]}` + "\n")
	printed, _ := cmd.Output() // the exit code is that of the error
	if !bytes.Contains(printed, []byte("lanser.toml:1:11")) || !bytes.Contains(printed, []byte(`"status":"ok"`)) {
		t.Errorf("%s", printed)
	}
}
