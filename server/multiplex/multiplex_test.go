package multiplex_test

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"strings"
	"testing"

	"lanser/index/corpus"
	"lanser/server"
	"lanser/server/multiplex"
	"lanser/server/sandbox"
)

func TestMain(m *testing.M) {
	sandbox.Main()
	os.Exit(m.Run())
}

// An empty answer says that there is nothing, and comes only where the server has said so:
// for a file that is not looked at there is an error.
func TestNothingIsOnlyWhatAServerHasSaid(t *testing.T) {
	dir := corpus.Files(t, map[string]string{
		"go.mod": "module ex.com/m\n\ngo 1.21\n", ".gitignore": "gen/\n", "gen/g.go": "package gen\n\nfunc G() {}\n", "a.go": "package m\n\nfunc F() {}\n",
	})
	in, client := io.Pipe()
	answers, out := io.Pipe()
	done := make(chan error, 1)
	go func() {
		done <- multiplex.Serve(t.Context(), in, out, multiplex.Options{Open: func(context.Context, string) (server.Door, error) { return server.New(server.Config{Root: dir}) }})
	}()
	ask := func(id int, method string, params any) (result json.RawMessage, failure string) {
		t.Helper()
		raw, err := json.Marshal(map[string]any{"jsonrpc": "2.0", "id": id, "method": method, "params": params})
		if err != nil {
			t.Fatal(err)
		}
		fmt.Fprintf(client, "Content-Length: %d\r\n\r\n%s", len(raw), raw)
		for {
			var size int
			if _, err := fmt.Fscanf(answers, "Content-Length: %d\r\n\r\n", &size); err != nil {
				t.Fatal(err)
			}
			body := make([]byte, size)
			if _, err := io.ReadFull(answers, body); err != nil {
				t.Fatal(err)
			}
			var m struct {
				ID     int
				Result json.RawMessage
				Error  *struct{ Message string }
			}
			if err := json.Unmarshal(body, &m); err != nil {
				t.Fatal(err)
			}
			if m.ID != id {
				continue // a notification
			}
			if m.Error != nil {
				return nil, m.Error.Message
			}
			return m.Result, ""
		}
	}
	at := func(file string, line, character int) map[string]any {
		return map[string]any{"textDocument": map[string]any{"uri": "file://" + dir + "/" + file}, "position": map[string]any{"line": line, "character": character}, "context": map[string]any{"includeDeclaration": true}}
	}
	if _, failure := ask(1, "initialize", map[string]any{"capabilities": map[string]any{}}); failure != "" {
		t.Fatal(failure)
	}
	id := 1
	for _, method := range []string{"textDocument/references", "textDocument/definition", "textDocument/hover"} {
		id++
		if got, failure := ask(id, method, at("gen/g.go", 2, 5)); !strings.Contains(failure, "ignored") {
			t.Errorf("%s in an ignored file: %s, %q", method, got, failure)
		}
		id++
		if got, failure := ask(id, method, at("a.go", 1, 0)); failure != "" || string(got) != "[]" && string(got) != "null" {
			t.Errorf("%s where nothing is named: %s, %q", method, got, failure)
		}
	}
	id++
	if got, failure := ask(id, "textDocument/documentSymbol", at("gen/g.go", 0, 0)); failure == "" {
		t.Errorf("the outline of an ignored file: %s", got)
	}
	client.Close()
	go io.Copy(io.Discard, answers)
	if err := <-done; err != nil {
		t.Error(err)
	}
}
