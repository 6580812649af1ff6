package editor_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"lanser/index/indextest"
	"lanser/server"
	"lanser/server/api"
	"lanser/server/editor"
	"lanser/server/sandbox"
)

func TestMain(m *testing.M) {
	sandbox.Main()
	os.Exit(m.Run())
}

// serve serves a client, whose requests ask puts; an id of 0 is that of a notification; said
// are the messages that came with answers so far. The session ends with the test.
func serve(
	t *testing.T,
	o editor.Options,
) (ask func(id int, method string, params any) (result json.RawMessage, failure string), said func() string) {
	t.Helper()
	in, client := io.Pipe()
	answers, out := io.Pipe()
	done := make(chan error, 1)
	go func() { done <- editor.Serve(context.Background(), in, out, o) }()
	t.Cleanup(func() {
		client.Close()
		go io.Copy(io.Discard, answers)
		if err := <-done; err != nil {
			t.Error(err)
		}
	})
	var messages strings.Builder
	return func(id int, method string, params any) (result json.RawMessage, failure string) {
		t.Helper()
		request := map[string]any{"jsonrpc": "2.0", "method": method, "params": params}
		if id != 0 {
			request["id"] = id
		}
		raw, err := json.Marshal(request)
		if err != nil {
			t.Fatal(err)
		}
		fmt.Fprintf(client, "Content-Length: %d\r\n\r\n%s", len(raw), raw)
		for id != 0 {
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
				Params struct{ Message string }
				Error  *struct{ Message string }
			}
			if err := json.Unmarshal(body, &m); err != nil {
				t.Fatal(err)
			}
			if m.ID != id {
				messages.WriteString(m.Params.Message + "\n")
				continue // a notification
			}
			if m.Error != nil {
				return nil, m.Error.Message
			}
			return m.Result, ""
		}
		return nil, ""
	}, messages.String
}

// A document behind a link that leads out of the workspace is refused, and requests about other documents are answered.
func TestADocumentOutsideTheWorkspaceDoesNotAffectOthers(t *testing.T) {
	base := indextest.Files(t, map[string]string{"ws/a.py": "def f(): pass\n", "out/b.py": "x = 1\n"})
	dir := filepath.Join(base, "ws")
	for name, to := range map[string]string{"link.py": "../out/b.py", "out": "../out"} {
		if err := os.Symlink(to, filepath.Join(dir, name)); err != nil {
			t.Skip(err)
		}
	}
	ask, _ := serve(t, editor.Options{
		Open: func(_ context.Context, dir string) (api.Door, error) { return server.New(server.Config{Root: dir}) },
	})
	folders := []map[string]any{{"uri": "file://" + dir, "name": "x"}}
	_, failure := ask(1, "initialize", map[string]any{"capabilities": map[string]any{}, "workspaceFolders": folders})
	if failure != "" {
		t.Fatal(failure)
	}
	document := func(file string) map[string]any {
		return map[string]any{"textDocument": map[string]any{
			"uri": "file://" + dir + "/" + file, "languageId": "python", "version": 1, "text": "unsaved = 1\n",
		}}
	}
	for i, file := range []string{"link.py", "out/b.py", "out/new/file.py"} {
		ask(0, "textDocument/didOpen", document(file))
		_, failure := ask(10+i, "textDocument/documentSymbol", document(file))
		if !strings.Contains(failure, "E/FS_PERMISSIONS") {
			t.Errorf("%s: %s", file, failure)
		}
	}
	outline, failure := ask(20, "textDocument/documentSymbol", document("a.py"))
	if failure != "" || !strings.Contains(string(outline), `"name":"f"`) {
		t.Errorf("a.py: %s %s", outline, failure)
	}
}

// A request goes to the innermost folder that contains the file, a search to all folders, and a closed folder gives
// no answers.
func TestEachWorkspaceFolderIsAWorkspaceOfItsOwn(t *testing.T) {
	indextest.Needs(t, "the server gopls")
	module := func(name string) map[string]string {
		return map[string]string{
			"go.mod": "module ex.com/" + name + "\n\ngo 1.21\n",
			"a.go":   "package " + name + "\n\nfunc F() {}\n\nfunc g() { F(); F() }\n",
			"b.go":   "package " + name + "\n\nvar _ = F\n",
		}
	}
	outer, other := indextest.Files(t, module("outer")), indextest.Files(t, module("other"))
	inner := filepath.Join(outer, "inner")
	if err := os.CopyFS(inner, os.DirFS(indextest.Files(t, module("inner")))); err != nil {
		t.Fatal(err)
	}
	ask, said := serve(t, editor.Options{
		Open: func(_ context.Context, dir string) (api.Door, error) { return server.New(server.Config{Root: dir}) },
	})
	named := func(dirs ...string) (out []map[string]any) {
		for _, d := range dirs {
			out = append(out, map[string]any{"uri": "file://" + d, "name": "x"})
		}
		return out
	}
	id := 0
	call := func(method string, params map[string]any) (json.RawMessage, string) {
		t.Helper()
		id++
		return ask(id, method, params)
	}
	at := func(dir, file string, line, character int) map[string]any {
		return map[string]any{
			"textDocument": map[string]any{"uri": "file://" + dir + "/" + file},
			"position":     map[string]any{"line": line, "character": character},
			"context":      map[string]any{"includeDeclaration": true},
		}
	}
	places := func(result json.RawMessage, failure string) (out []string) {
		t.Helper()
		if failure != "" {
			return []string{failure}
		}
		var list []struct {
			URI      string
			Range    struct{ Start struct{ Line, Character int } }
			Location struct{ URI string }
		}
		if err := json.Unmarshal(result, &list); err != nil {
			t.Fatalf("%s: %v", result, err)
		}
		for _, l := range list {
			out = append(
				out,
				fmt.Sprintf("%s:%d:%d", strings.TrimPrefix(l.URI+l.Location.URI, "file://"), l.Range.Start.Line,
					l.Range.Start.Character),
			)
		}
		return out
	}
	same := func(what string, got []string, want ...string) {
		t.Helper()
		if d := cmp.Diff(want, got); d != "" {
			t.Errorf("%s (-want +got)\n%s", what, d)
		}
	}
	if _, failure := call(
		"initialize", map[string]any{"capabilities": map[string]any{}, "workspaceFolders": named(outer, inner)},
	); failure != "" {
		t.Fatal(failure)
	}
	same(
		"in the inner folder",
		places(call("textDocument/references", at(inner, "a.go", 2, 5))),
		inner+"/a.go:2:5",
		inner+"/a.go:4:11",
		inner+"/a.go:4:16",
		inner+"/b.go:2:8",
	)
	same(
		"in the outer",
		places(call("textDocument/references", at(outer, "a.go", 2, 5))),
		outer+"/a.go:2:5",
		outer+"/a.go:4:11",
		outer+"/a.go:4:16",
		outer+"/b.go:2:8",
	)
	same(
		"highlights",
		places(call("textDocument/documentHighlight", at(outer, "a.go", 4, 11))),
		":2:5",
		":4:11",
		":4:16",
	)
	same(
		"outside",
		places(call("textDocument/definition", at(other, "a.go", 4, 11))),
		fmt.Sprintf("E/FS_PERMISSIONS: %s/a.go is outside all 2 workspace folders", other),
	)
	same(
		"a search tells of each place once",
		places(call("workspace/symbol", map[string]any{"query": "F"})),
		outer+"/a.go:0:0",
		inner+"/a.go:0:0",
	)
	ask(
		0,
		"workspace/didChangeWorkspaceFolders",
		map[string]any{"event": map[string]any{"added": named(other), "removed": named(inner)}},
	)
	same(
		"in the folder that was added",
		places(call("textDocument/definition", at(other, "a.go", 4, 11))),
		other+"/a.go:2:5",
	)
	same(
		"a search looks into all",
		places(call("workspace/symbol", map[string]any{"query": "F"})),
		outer+"/a.go:0:0",
		outer+"/inner/a.go:0:0",
		other+"/a.go:0:0",
	)
	var many strings.Builder
	for i := range 60 {
		fmt.Fprintf(&many, "func Many%d() {}\n", i)
	}
	if err := os.WriteFile(
		filepath.Join(other, "many.go"), []byte("package other\n\n"+many.String()), 0o644,
	); err != nil {
		t.Fatal(err)
	}
	if got := places(call("workspace/symbol", map[string]any{"query": "Many"})); len(got) != 50 ||
		!strings.Contains(said(), "symbols: 10 more results are left out") {
		t.Errorf("%d of 60 symbols, and it is said: %q", len(got), said())
	}
	if got, failure := call("initialize", map[string]any{"capabilities": map[string]any{}}); !strings.Contains(
		failure,
		"initialize was already called",
	) {
		t.Errorf("initialize again: %s %s", got, failure)
	}
	if got, failure := call("lanser/locate", map[string]any{"selector": "go://ex.com/other#F"}); !strings.Contains(
		failure,
		"folder is not a workspace folder",
	) {
		t.Errorf("a selector without a folder: %s %s", got, failure)
	}
	if got, failure := call(
		"lanser/locate", map[string]any{"selector": "go://ex.com/other#F", "folder": "file://" + other},
	); failure != "" ||
		!strings.Contains(string(got), other) {
		t.Errorf("a selector in a folder: %s %s", got, failure)
	}
	if got, failure := call(
		"lanser/ask", map[string]any{"cmd": "symbols", "query": "F", "folder": "file://" + other},
	); failure != "" ||
		!strings.Contains(string(got), `"bundleId"`) {
		t.Errorf("a request in a folder: %s %s", got, failure)
	}
}

// An empty answer means that there is nothing, so it is only given if the server said so. A file that no server reads
// gives an error.
func TestAnAnswerIsOnlyEmptyIfAServerSaysSo(t *testing.T) {
	indextest.Needs(t, "the server gopls")
	dir := indextest.Files(t, map[string]string{
		"go.mod": "module ex.com/m\n\ngo 1.21\n", ".gitignore": "gen/\n", "gen/g.go": "package gen\n\nfunc G() {}\n",
		"a.go": "package m\n\nfunc F() {}\n",
	})
	ask, _ := serve(t, editor.Options{
		Open: func(context.Context, string) (api.Door, error) { return server.New(server.Config{Root: dir}) },
	})
	at := func(file string, line, character int) map[string]any {
		return map[string]any{
			"textDocument": map[string]any{"uri": "file://" + dir + "/" + file},
			"position":     map[string]any{"line": line, "character": character},
			"context":      map[string]any{"includeDeclaration": true},
		}
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
		got, failure := ask(id, method, at("a.go", 1, 0))
		if method == "textDocument/definition" { // agents skip such places by these words
			if !strings.Contains(failure, "no identifier found") {
				t.Errorf("%s where nothing is named: %s, %q", method, got, failure)
			}
		} else if failure != "" || string(got) != "[]" && string(got) != "null" {
			t.Errorf("%s where nothing is named: %s, %q", method, got, failure)
		}
	}
	id++
	if got, failure := ask(id, "textDocument/documentSymbol", at("gen/g.go", 0, 0)); failure == "" {
		t.Errorf("the outline of an ignored file: %s", got)
	}
}

// A client that sends an invalid notification still gets answers.
func TestAnInvalidNotificationIsIgnored(t *testing.T) {
	dir := indextest.Files(t, map[string]string{"a.py": "def f():\n    pass\n"})
	document := "file://" + dir + "/a.py"
	var log bytes.Buffer
	ask, _ := serve(t, editor.Options{
		Log:  &log,
		Open: func(_ context.Context, dir string) (api.Door, error) { return server.New(server.Config{Root: dir}) },
	})
	if _, failure := ask(1, "initialize", map[string]any{
		"capabilities": map[string]any{}, "rootUri": "file://" + dir,
	}); failure != "" {
		t.Fatal(failure)
	}
	ignored := 0
	for _, method := range []string{
		"textDocument/didOpen", "textDocument/didChange", "textDocument/didClose", "textDocument/didSave",
		"workspace/didChangeWorkspaceFolders", "workspace/didChangeWatchedFiles", "initialized", "$/cancelRequest",
	} {
		for _, params := range []any{
			map[string]any{"textDocument": map[string]any{"uri": document, "version": 1 << 40}},
			map[string]any{"textDocument": 7, "event": 7, "id": []int{7}},
			map[string]any{"contentChanges": 7, "event": map[string]any{"added": 7}},
			[]any{7},
			7, nil,
		} {
			ask(0, method, params)
			ignored++
		}
	}
	params := map[string]any{"textDocument": map[string]any{"uri": document}}
	got, failure := ask(2, "textDocument/documentSymbol", params)
	if failure != "" || !strings.Contains(string(got), `"name":"f"`) {
		t.Errorf("after %d bad notifications: %s %s", ignored, got, failure)
	}
	if !strings.Contains(log.String(), "textDocument/didChange is ignored: ") {
		t.Errorf("the log has %q", log.String())
	}
}
