package server_test

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime/pprof"
	"strings"
	"testing"

	"lanser/server/api"
	"lanser/server/editor"
	"lanser/server/mcp"
)

// BenchmarkStacks asks a warm engine in this process and writes a CPU profile of each kind of question, without the
// start of the server, into the folder that LANSER_PROFILES names. 'go run ./cmd/check stacks' runs it and prints the
// profiles.
func BenchmarkStacks(b *testing.B) {
	folder := os.Getenv("LANSER_PROFILES")
	if folder == "" {
		b.Skip("'go run ./cmd/check stacks' runs it")
	}
	cb := codebases[0]
	dir := cb.copy(b)
	runGit(b, dir, "init", "-q")
	runGit(b, dir, "add", ".")
	runGit(b, dir, "-c", "user.name=t", "-c", "user.email=t@example.com", "commit", "-q", "-m", "one")
	e := thawed(b, dir)
	spots := identifiers(b, dir, sources(b, dir, cb.server), 4000)
	next := 0
	spot := func() spotIn {
		next++
		return spots[next%len(spots)]
	}
	open := func(context.Context, string) (api.Door, error) { return unclosed{e}, nil }
	content, err := os.ReadFile(filepath.Join(dir, "command.go"))
	if err != nil {
		b.Fatal(err)
	}
	callTool, change := mcpClient(b, open), editorClient(b, open, dir, string(content))
	for _, kind := range []struct {
		name  string
		times int // enough for a profile
		ask   func()
	}{
		{"refs", 100, func() {
			at := spot()
			sel := selector(fmt.Sprintf("%s@L%d:C%d", at.file, at.pos.Line+1, at.pos.Character+1))
			_, _ = e.Do(b.Context(), api.Request{Op: "refs", Selector: sel}) // nothing found is an answer too
		}},
		{"MCP call", 100, func() { callTool(spot()) }},
		{"LSP change and references", 10, func() { change(spot()) }},
		{"diag --since", 2, func() {
			next++
			more := fmt.Appendf(nil, "%s\nvar unused%d = %d\n", content, next, next)
			if err := os.WriteFile(filepath.Join(dir, "command.go"), more, 0o644); err != nil {
				b.Fatal(err)
			}
			_, _ = e.Do(b.Context(), api.Request{Op: "diag", Options: api.Options{Since: "HEAD", Server: cb.server}})
		}},
	} {
		b.Run(kind.name, func(b *testing.B) {
			kind.ask() // the start
			file, err := os.Create(filepath.Join(folder, strings.ReplaceAll(kind.name, " ", "-")+".prof"))
			if err != nil {
				b.Fatal(err)
			}
			defer file.Close()
			if err := pprof.StartCPUProfile(file); err != nil {
				b.Fatal(err)
			}
			defer pprof.StopCPUProfile()
			for range kind.times {
				kind.ask()
			}
		})
	}
}

// unclosed is a door that its users do not close.
type unclosed struct{ api.Door }

func (unclosed) Close() {}

// asJSON returns a text as a string of JSON.
func asJSON(text string) string {
	raw, _ := json.Marshal(text)
	return string(raw)
}

// mcpClient starts an MCP server in this process, and returns what asks it for references.
func mcpClient(b *testing.B, open func(context.Context, string) (api.Door, error)) func(spotIn) {
	b.Helper()
	s, done, err := mcp.New(mcp.Options{Version: "0", Open: open, Fixed: true})
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(done)
	in, toServer := io.Pipe()
	fromServer, out := io.Pipe()
	go func() { _ = s.Run(b.Context(), &mcp.Transport{In: in, Out: out}) }()
	b.Cleanup(func() { toServer.Close() })
	answers := bufio.NewReader(fromServer)
	line := func(line string) {
		if _, err := fmt.Fprintln(toServer, line); err != nil {
			b.Fatal(err)
		}
	}
	answer := func() {
		if _, err := answers.ReadBytes('\n'); err != nil {
			b.Fatal(err)
		}
	}
	line(`{"jsonrpc":"2.0","id":0,"method":"initialize","params":{"protocolVersion":"2025-11-25","capabilities":{},` +
		`"clientInfo":{"name":"b","version":"1"}}}`)
	answer()
	line(`{"jsonrpc":"2.0","method":"notifications/initialized"}`)
	n := 0
	return func(at spotIn) {
		n++
		line(fmt.Sprintf(`{"jsonrpc":"2.0","id":%d,"method":"tools/call","params":{"name":"references",`+
			`"arguments":{"selector":"%s@L%d:C%d"}}}`, n, at.file, at.pos.Line+1, at.pos.Character+1))
		answer()
	}
}

// editorClient starts the language server in this process, opens command.go, and returns what changes that document
// and asks for the references at a place.
func editorClient(
	b *testing.B, open func(context.Context, string) (api.Door, error), dir, content string,
) func(spotIn) {
	b.Helper()
	in, toServer := io.Pipe()
	fromServer, out := io.Pipe()
	go func() { _ = editor.Serve(b.Context(), in, out, editor.Options{Open: open, Version: "0"}) }()
	b.Cleanup(func() { toServer.Close() })
	answers := bufio.NewReader(fromServer)
	send := func(message string) {
		if _, err := fmt.Fprintf(toServer, "Content-Length: %d\r\n\r\n%s", len(message), message); err != nil {
			b.Fatal(err)
		}
	}
	answer := func(id int) {
		for {
			var length int
			if _, err := fmt.Fscanf(answers, "Content-Length: %d\r\n\r\n", &length); err != nil {
				b.Fatal(err)
			}
			body := make([]byte, length)
			if _, err := io.ReadFull(answers, body); err != nil {
				b.Fatal(err)
			}
			if strings.Contains(string(body), fmt.Sprintf(`"id":%d`, id)) &&
				!strings.Contains(string(body), `"method"`) {
				return
			}
		}
	}
	root := "file://" + dir
	send(fmt.Sprintf(`{"jsonrpc":"2.0","id":1000000,"method":"initialize","params":{"rootUri":%q,"capabilities":{}}}`,
		root))
	answer(1000000)
	send(`{"jsonrpc":"2.0","method":"initialized","params":{}}`)
	document := root + "/command.go"
	send(fmt.Sprintf(`{"jsonrpc":"2.0","method":"textDocument/didOpen","params":{"textDocument":{"uri":%q,`+
		`"languageId":"go","version":1,"text":%s}}}`, document, asJSON(content)))
	n := 1
	return func(at spotIn) {
		n++
		send(fmt.Sprintf(`{"jsonrpc":"2.0","method":"textDocument/didChange","params":{"textDocument":{"uri":%q,`+
			`"version":%d},"contentChanges":[{"text":%s}]}}`,
			document, n, asJSON(fmt.Sprintf("%s\n// %d\n", content, n))))
		send(fmt.Sprintf(`{"jsonrpc":"2.0","id":%d,"method":"textDocument/references","params":{`+
			`"textDocument":{"uri":%q},"position":{"line":%d,"character":%d},"context":{"includeDeclaration":true}}}`,
			n, root+"/"+at.file, at.pos.Line, at.pos.Character))
		answer(n)
	}
}
