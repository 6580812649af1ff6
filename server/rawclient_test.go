package server_test

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"
)

// rawClient is an independent small LSP client: it shares no code with the
// product, and is the witness for what a server really answers.
type rawClient struct {
	t       testing.TB
	root    string
	in      io.Writer
	out     *bufio.Reader
	mu      sync.Mutex
	id      int
	replies map[int]chan json.RawMessage
	logs    chan string
	notes   chan string // every notification: its method, a space, its parameters
	Enc     string
	lang    func(file string) string
	opened  map[string]bool
	stop    func() // ends the server
	// capabilities are those of the server's reply to initialize.
	capabilities map[string]json.RawMessage
}

func uriOf(root, rel string) string {
	return "file://" + (&url.URL{Path: filepath.ToSlash(filepath.Join(root, rel))}).EscapedPath()
}

func pathOf(t testing.TB, root, uri string) string {
	t.Helper()
	u, err := url.Parse(uri)
	if err != nil {
		t.Fatal(err)
	}
	if rel, ok := strings.CutPrefix(u.Path, root+"/"); ok {
		return rel
	}
	return u.Path
}

// newRawClient starts a server with the caches in the folder cache, which are
// those that the product gives it: both start equally warm.
func newRawClient(
	t testing.TB,
	root, cache string,
	argv []string,
	settings, options any,
	lang func(string) string,
) *rawClient {
	t.Helper()
	cmd := exec.Command(argv[0], argv[1:]...)
	cmd.Dir = root
	cmd.Env = append(
		os.Environ(),
		"XDG_CACHE_HOME="+cache,
		"GOCACHE="+filepath.Join(cache, "go-build"),
		"GOPLSCACHE="+filepath.Join(cache, "gopls"),
	)
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
	stop := sync.OnceFunc(func() {
		cmd.Process.Kill()
		cmd.Wait()
	})
	t.Cleanup(stop)
	c := &rawClient{
		stop: stop,
		t:    t, root: root, in: in, out: bufio.NewReader(out), replies: map[int]chan json.RawMessage{},
		logs: make(chan string, 10000), notes: make(chan string, 100000), lang: lang, opened: map[string]bool{},
	}
	go c.read(settings)
	var init struct {
		Capabilities map[string]json.RawMessage
	}
	c.ask("initialize", map[string]any{
		"processId": os.Getpid(), "rootUri": uriOf(root, ""), "initializationOptions": options,
		"workspaceFolders": []any{map[string]any{"uri": uriOf(root, ""), "name": "w"}},
		"capabilities": map[string]any{
			"experimental": map[string]any{"serverStatusNotification": true},
			"general":      map[string]any{"positionEncodings": []string{"utf-8", "utf-16"}},
			"window":       map[string]any{"workDoneProgress": true},
			"workspace": map[string]any{
				"configuration":         true,
				"workspaceFolders":      true,
				"didChangeWatchedFiles": map[string]any{"dynamicRegistration": true},
			},
			"textDocument": map[string]any{
				"declaration":    map[string]any{}, // without it pyright answers definition otherwise
				"documentSymbol": map[string]any{"hierarchicalDocumentSymbolSupport": true},
				"hover":          map[string]any{"contentFormat": []string{"markdown", "plaintext"}},
				"diagnostic": map[string]any{
					"dynamicRegistration": true,
					"relatedInformation":  true,
					"tagSupport":          map[string]any{"valueSet": []int{1, 2}},
				},
				"publishDiagnostics": map[string]any{
					"relatedInformation": true,
					"tagSupport":         map[string]any{"valueSet": []int{1, 2}},
				},
			},
		},
	}, &init)
	c.capabilities = init.Capabilities
	json.Unmarshal(init.Capabilities["positionEncoding"], &c.Enc)
	if c.Enc == "" {
		c.Enc = "utf-16"
	}
	c.send(map[string]any{"jsonrpc": "2.0", "method": "initialized", "params": map[string]any{}})
	return c
}

func (c *rawClient) send(v any) {
	b, _ := json.Marshal(v)
	c.mu.Lock()
	defer c.mu.Unlock()
	fmt.Fprintf(c.in, "Content-Length: %d\r\n\r\n%s", len(b), b)
}

func (c *rawClient) read(settings any) {
	for {
		n := 0
		for {
			line, err := c.out.ReadString('\n')
			if err != nil {
				return
			}
			line = strings.TrimSpace(line)
			if line == "" {
				break
			}
			if k, v, _ := strings.Cut(line, ":"); strings.EqualFold(k, "content-length") {
				n, _ = strconv.Atoi(strings.TrimSpace(v))
			}
		}
		body := make([]byte, n)
		if _, err := io.ReadFull(c.out, body); err != nil {
			return
		}
		var m struct {
			ID     json.RawMessage
			Method string
			Params json.RawMessage
			Result json.RawMessage
			Error  json.RawMessage
		}
		json.Unmarshal(body, &m)
		if m.ID == nil {
			select {
			case c.notes <- m.Method + " " + string(m.Params):
			default:
			}
		}
		switch {
		case m.Method == "window/logMessage":
			var p struct{ Message string }
			json.Unmarshal(m.Params, &p)
			select {
			case c.logs <- p.Message:
			default:
			}
		case m.Method == "workspace/configuration":
			var p struct{ Items []struct{ Section string } }
			json.Unmarshal(m.Params, &p)
			out := make([]any, len(p.Items))
			for i, item := range p.Items {
				if s, ok := settings.(map[string]any); ok {
					out[i] = s[item.Section]
				}
			}
			c.send(map[string]any{"jsonrpc": "2.0", "id": m.ID, "result": out})
		case m.Method != "" && m.ID != nil:
			c.send(map[string]any{"jsonrpc": "2.0", "id": m.ID, "result": nil})
		case m.Method == "":
			id, _ := strconv.Atoi(string(m.ID))
			c.mu.Lock()
			ch := c.replies[id]
			c.mu.Unlock()
			if m.Error != nil {
				m.Result = json.RawMessage(`{"__error":` + string(m.Error) + `}`)
			}
			ch <- m.Result
		}
	}
}

// ask puts a request and decodes the result; an error is a fault of the test.
func (c *rawClient) ask(method string, params, result any) {
	c.t.Helper()
	if refused := c.try(method, params, result); refused != "" {
		c.t.Fatalf("%s: the server answered %s", method, refused)
	}
}

// try puts a request and decodes the result, or returns the server's error.
func (c *rawClient) try(method string, params, result any) (refused string) {
	c.t.Helper()
	c.mu.Lock()
	c.id++
	id, ch := c.id, make(chan json.RawMessage, 1)
	c.replies[id] = ch
	c.mu.Unlock()
	c.send(map[string]any{"jsonrpc": "2.0", "id": id, "method": method, "params": params})
	select {
	case raw := <-ch:
		if strings.HasPrefix(string(raw), `{"__error":`) {
			return string(raw)
		}
		if err := json.Unmarshal(raw, result); err != nil {
			c.t.Fatalf("%s: %v: %.300s", method, err, raw)
		}
	case <-time.After(time.Minute):
		c.t.Fatalf("%s: no answer in a minute", method)
	}
	return ""
}

// awaitLog waits for a log message with the prefix.
func (c *rawClient) awaitLog(prefix string) {
	c.t.Helper()
	deadline := time.After(time.Minute)
	for {
		select {
		case m := <-c.logs:
			if strings.HasPrefix(m, prefix) {
				return
			}
		case <-deadline:
			c.t.Fatalf("no log message %q in a minute", prefix)
		}
	}
}

// awaitNote waits for a notification that holds the text.
func (c *rawClient) awaitNote(method, text string) {
	c.t.Helper()
	deadline := time.After(time.Minute)
	for {
		select {
		case n := <-c.notes:
			if strings.HasPrefix(n, method+" ") && strings.Contains(n, text) {
				return
			}
		case <-deadline:
			c.t.Fatalf("no %s with %s in a minute", method, text)
		}
	}
}

type rawItem struct {
	URI            string
	SelectionRange rawRange
}

// types lists the pairs of subtype and supertype next to the place, sorted.
func (c *rawClient) types(rel string, pos rawPos) []string {
	c.t.Helper()
	out := []string{}
	var items []json.RawMessage
	if refused := c.try("textDocument/prepareTypeHierarchy", at(c.root, rel, pos), &items); refused != "" {
		return out
	}
	for _, raw := range items {
		var item rawItem
		json.Unmarshal(raw, &item)
		for _, method := range []string{"supertypes", "subtypes"} {
			var found []rawItem
			c.ask("typeHierarchy/"+method, map[string]any{"item": raw}, &found)
			for _, f := range found {
				from, to := item, f
				if method == "subtypes" {
					from, to = f, item
				}
				out = append(out, fmt.Sprint(c.name(from), " ", c.name(to), " []"))
			}
		}
	}
	slices.Sort(out)
	return slices.Compact(out)
}

// name is an item's place in the spelling of plainRaw.
func (c *rawClient) name(i rawItem) string {
	return plainRaw([]string{fmt.Sprint(pathOf(c.t, c.root, i.URI), i.SelectionRange.array())})[0]
}

// calls lists the calls that come in and go out, "from to [call sites]", sorted.
func (c *rawClient) calls(rel string, pos rawPos) []string {
	c.t.Helper()
	out := []string{}
	var items []json.RawMessage
	if refused := c.try("textDocument/prepareCallHierarchy", at(c.root, rel, pos), &items); refused != "" {
		return out
	}
	for _, raw := range items {
		var item rawItem
		json.Unmarshal(raw, &item)
		for _, method := range []string{"incoming", "outgoing"} {
			var calls []struct {
				From, To   rawItem
				FromRanges []rawRange
			}
			c.ask("callHierarchy/"+method+"Calls", map[string]any{"item": raw}, &calls)
			for _, call := range calls {
				from, to := call.From, item
				if method == "outgoing" {
					from, to = item, call.To
				}
				var sites [][4]int
				for _, r := range call.FromRanges {
					sites = append(sites, r.array())
				}
				slices.SortFunc(sites, func(a, b [4]int) int { return slices.Compare(a[:], b[:]) })
				out = append(out, fmt.Sprint(c.name(from), " ", c.name(to), " ", slices.Compact(sites)))
			}
		}
	}
	slices.Sort(out)
	return slices.Compact(out)
}

func (c *rawClient) open(rel string) {
	c.t.Helper()
	if c.opened[rel] {
		return
	}
	c.opened[rel] = true
	b, err := os.ReadFile(filepath.Join(c.root, rel))
	if err != nil {
		c.t.Fatal(err)
	}
	c.send(map[string]any{"jsonrpc": "2.0", "method": "textDocument/didOpen", "params": map[string]any{
		"textDocument": map[string]any{
			"uri":        uriOf(c.root, rel),
			"languageId": c.lang(rel),
			"version":    1,
			"text":       string(b),
		},
	}})
}

// led opens a file with the text that it has on disk, or changes its text to that.
func (c *rawClient) led(rel string, version int) {
	c.t.Helper()
	if !c.opened[rel] {
		c.open(rel)
		return
	}
	b, err := os.ReadFile(filepath.Join(c.root, rel))
	if err != nil {
		c.t.Fatal(err)
	}
	c.send(map[string]any{"jsonrpc": "2.0", "method": "textDocument/didChange", "params": map[string]any{
		"textDocument":   map[string]any{"uri": uriOf(c.root, rel), "version": version},
		"contentChanges": []any{map[string]any{"text": string(b)}},
	}})
}

type rawPos struct{ Line, Character int }

type rawRange struct{ Start, End rawPos }

func (r rawRange) array() [4]int {
	return [4]int{r.Start.Line, r.Start.Character, r.End.Line, r.End.Character}
}

func at(root, rel string, pos rawPos) map[string]any {
	return map[string]any{
		"textDocument": map[string]any{"uri": uriOf(root, rel)},
		"position":     map[string]any{"line": pos.Line, "character": pos.Character},
		"context":      map[string]any{"includeDeclaration": true},
	}
}

type rawLoc struct {
	URI   string
	Range rawRange
}

// locations asks and lists "path:range" of each place, sorted by the caller.
func (c *rawClient) locations(method, rel string, pos rawPos) []string {
	c.t.Helper()
	out, refused := c.tryLocations(method, rel, pos)
	if refused != "" {
		c.t.Fatalf("%s: the server answered %s", method, refused)
	}
	return out
}

func (c *rawClient) tryLocations(method, rel string, pos rawPos) (out []string, refused string) {
	c.t.Helper()
	var raw json.RawMessage
	if refused := c.try(method, at(c.root, rel, pos), &raw); refused != "" {
		return nil, refused
	}
	var list []rawLoc
	if len(raw) > 0 && raw[0] == '{' {
		var one rawLoc
		json.Unmarshal(raw, &one)
		list = append(list, one)
	} else if err := json.Unmarshal(raw, &list); err != nil {
		c.t.Fatal(err)
	}
	for _, l := range list {
		out = append(out, fmt.Sprint(pathOf(c.t, c.root, l.URI), l.Range.array()))
	}
	return out, ""
}

func (c *rawClient) hover(rel string, pos rawPos) string {
	c.t.Helper()
	var h *struct{ Contents json.RawMessage }
	if refused := c.try("textDocument/hover", at(c.root, rel, pos), &h); refused != "" || h == nil {
		return ""
	}
	var m struct{ Value string }
	if json.Unmarshal(h.Contents, &m) == nil {
		return m.Value
	}
	c.t.Fatalf("hover of another shape: %s", h.Contents)
	return ""
}

// diagnostics pulls one file's and lists "path:range severity message".
func (c *rawClient) diagnostics(rel string) []string {
	c.t.Helper()
	var r struct {
		Items []struct {
			Range    rawRange
			Severity int
			Message  string
		}
	}
	c.ask("textDocument/diagnostic", map[string]any{"textDocument": map[string]any{"uri": uriOf(c.root, rel)}}, &r)
	var out []string
	for _, d := range r.Items {
		out = append(out, fmt.Sprint(rel, d.Range.array(), d.Severity, " ", d.Message))
	}
	return out
}

type rawSymbol struct {
	Name           string
	Range          rawRange
	SelectionRange rawRange
	Children       []rawSymbol
}

func (c *rawClient) symbols(rel string) []rawSymbol {
	c.t.Helper()
	var out []rawSymbol
	c.ask(
		"textDocument/documentSymbol",
		map[string]any{"textDocument": map[string]any{"uri": uriOf(c.root, rel)}},
		&out,
	)
	return out
}
