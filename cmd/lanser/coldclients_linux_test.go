package main

import (
	"bufio"
	"crypto/rand"
	"encoding/json"
	"fmt"
	"io"
	"net/textproto"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"lanser/index/indextest"
)

// An agent's client opens a file with real servers that are cold, makes an error, and listens, or requests the findings
// and gives up after three seconds as OpenCode does. It refuses every request, as Claude Code does. It hears of the
// error, and never before that an empty list, which it would take for clean.
func TestAColdServerIsNeverCleanForAnAgentsClient(t *testing.T) {
	t.Parallel()
	indextest.Needs(t, "the servers gopls, pyright and typescript")
	for _, tt := range []struct {
		name, file, language, manifest string
		good, bad                      string
	}{
		{
			"go", "a.go", "go", "module ex.com/m\n\ngo 1.21\n",
			"package m\n\nfunc F() int { return 1 }\n", "package m\n\nfunc F() int { return missing }\n",
		},
		{"python", "a.py", "python", "[project]\nname = \"x\"\nversion = \"1\"\n", "x: int = 1\n", "x: int = \"a\"\n"},
		{
			"typescript", "a.ts", "typescript", `{"include": ["*.ts"]}`,
			"export const x: number = 1\n", "export const x: number = \"a\"\n",
		},
	} {
		for _, pulls := range []bool{false, true} {
			t.Run(fmt.Sprint(tt.name, " pulls ", pulls), func(t *testing.T) {
				t.Parallel()
				manifest := map[string]string{"go": "go.mod", "python": "pyproject.toml", "typescript": "tsconfig.json"}
				marks := map[string]string{"go": "// ", "python": "# ", "typescript": "// "}
				comment := marks[tt.name] + rand.Text() + "\n"
				dir := indextest.Files(t, map[string]string{
					manifest[tt.name]: tt.manifest, tt.file: tt.good + comment, // not as an earlier run has left it
				})
				c := startColdClient(t, dir, pulls)
				uri := "file://" + filepath.Join(dir, tt.file)
				c.say(map[string]any{"method": "textDocument/didOpen", "params": map[string]any{
					"textDocument": map[string]any{
						"uri": uri, "languageId": tt.language, "version": 1, "text": tt.good + comment,
					},
				}})
				document := map[string]any{"uri": uri, "version": 2}
				c.say(map[string]any{"method": "textDocument/didChange", "params": map[string]any{
					"textDocument": document, "contentChanges": []any{map[string]any{"text": tt.bad + comment}},
				}})
				if pulls {
					c.say(map[string]any{"id": 2, "method": "textDocument/diagnostic", "params": map[string]any{
						"textDocument": document,
					}})
					giveUp := time.AfterFunc(3*time.Second, func() {
						c.say(map[string]any{"method": "$/cancelRequest", "params": map[string]any{"id": 2}})
					})
					defer giveUp.Stop()
				}
				began := time.Now()
				for heard := ""; !strings.Contains(heard, "error"); {
					heard = c.findings()
					if heard == "" {
						t.Fatal("it hears that the file is clean")
					}
					t.Logf("after %s: %s", time.Since(began).Round(100*time.Millisecond), heard)
				}
			})
		}
	}
}

// coldClient is a client of a language server that has just been started.
type coldClient struct {
	t   *testing.T
	in  io.Writer
	out *bufio.Reader
}

func startColdClient(t *testing.T, dir string, pulls bool) *coldClient {
	t.Helper()
	cmd := lanser(t, "serve", "--protocol", "lsp", "--announce", "700ms")
	cmd.Dir, cmd.Env = dir, append(cmd.Env, "LANSER_DAEMON=off")
	in, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	c := &coldClient{t: t, in: in, out: bufio.NewReader(out)}
	t.Cleanup(func() {
		in.Close()
		_, _ = io.Copy(io.Discard, c.out)
		if err := cmd.Wait(); err != nil {
			t.Error(err)
		}
	})
	accepts := map[string]any{"publishDiagnostics": map[string]any{}}
	if pulls {
		accepts["diagnostic"] = map[string]any{}
	}
	c.say(map[string]any{"id": 1, "method": "initialize", "params": map[string]any{
		"rootUri": "file://" + dir, "capabilities": map[string]any{"textDocument": accepts},
	}})
	for c.read().ID == nil { // The answer to initialize is the first one.
		continue
	}
	c.say(map[string]any{"method": "initialized", "params": map[string]any{}})
	return c
}

// say sends a message. It fails once the server has ended, when nobody waits for the answer any more.
func (c *coldClient) say(message map[string]any) {
	message["jsonrpc"] = "2.0"
	raw, err := json.Marshal(message)
	if err != nil {
		panic(err) // strings and numbers
	}
	_, _ = fmt.Fprintf(c.in, "Content-Length: %d\r\n\r\n%s", len(raw), raw)
}

// coldMessage is a message of the server.
type coldMessage struct {
	ID     any
	Method string
	Error  any
	Result struct{ Items []finding }
	Params struct {
		Version     int
		Diagnostics []finding
	}
}

type finding struct {
	Severity int
	Message  string
}

// read reads the next message, and refuses it if it is a request.
func (c *coldClient) read() (m coldMessage) {
	c.t.Helper()
	head, err := textproto.NewReader(c.out).ReadMIMEHeader()
	if err != nil {
		c.t.Fatal(err)
	}
	size, _ := strconv.Atoi(head.Get("Content-Length"))
	body := make([]byte, size)
	if _, err := io.ReadFull(c.out, body); err != nil {
		c.t.Fatal(err)
	}
	if err := json.Unmarshal(body, &m); err != nil {
		c.t.Fatalf("%v: %s", err, body)
	}
	if m.ID != nil && m.Method != "" {
		refusal := map[string]any{"code": -32601, "message": "method not found"}
		c.say(map[string]any{"id": m.ID, "error": refusal})
	}
	return m
}

// findings returns the next list of findings for the edited text, published or requested, as severities with messages.
func (c *coldClient) findings() string {
	c.t.Helper()
	for {
		m := c.read()
		var list []finding
		switch {
		case m.Method == "textDocument/publishDiagnostics" && m.Params.Version == 2:
			list = m.Params.Diagnostics
		case m.Method == "" && m.Error == nil:
			list = m.Result.Items
		default:
			continue
		}
		var out []string
		for _, f := range list {
			out = append(out, []string{"", "error", "warning", "information", "hint"}[f.Severity]+" "+f.Message)
		}
		return strings.Join(out, ", ")
	}
}
