package editor_test

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"lanser/selectors/fault"
	"lanser/server/api"
	"lanser/server/bundle"
	"lanser/server/editor"
)

// slowDoor is a workspace whose checks take some time and find one error, or whose language server is missing.
type slowDoor struct {
	root    string
	takes   time.Duration
	missing bool
	fails   bool       // the check ends with an error
	mu      sync.Mutex // guards what follows: requests run at the same time
	// linters are the values of the option in the requests so far.
	linters []string
	// unsaved are the texts of a.go in the requests so far, where the text on disk is another one.
	unsaved []string
}

func (d *slowDoor) Do(ctx context.Context, req api.Request) (*bundle.Bundle, error) {
	b := req.Bundle(d.root, "test")
	d.mu.Lock()
	d.linters = append(d.linters, req.Options.Linters)
	if unsaved := req.Options.Overlay["a.go"]; unsaved != nil {
		d.unsaved = append(d.unsaved, *unsaved)
	}
	d.mu.Unlock()
	if d.missing {
		err := fault.New(fault.NoServer, "gopls is not installed").WithHint("lanser servers install gopls")
		b.Fail(err)
		return b, err
	}
	select {
	case <-time.After(d.takes):
	case <-ctx.Done():
		err := fault.New(fault.Cancelled, "the request was cancelled")
		b.Fail(err)
		return b, err
	}
	if d.fails {
		err := fault.New(fault.Crash, "gopls has ended")
		b.Fail(err)
		return b, err
	}
	b.Evidence = bundle.Evidence{State: bundle.Complete}
	b.Facts = &bundle.Facts{Diagnostics: []bundle.Diagnostic{{
		URI: "a.go", Range: bundle.Range{2, 0, 2, 1}, Severity: "error", Source: "compiler", Message: "wrong",
	}}}
	return b, nil
}

func (d *slowDoor) Refuse(cmd string, err error) *bundle.Bundle {
	return api.Refusal(d.root, "test", cmd, err)
}
func (d *slowDoor) Root() string { return d.root }
func (d *slowDoor) Close()       {}

func (d *slowDoor) Changes(ctx context.Context, _ func([]string)) error {
	<-ctx.Done()
	return ctx.Err()
}

// session is a client that reads in the background. heard has a line for each message of the server, and published one
// for each list of diagnostics.
type session struct {
	t                *testing.T
	in               *io.PipeWriter
	heard, published chan string
}

// connect starts a server over a door and initializes it with the capabilities of textDocument. The session ends with
// the test.
func connect(t *testing.T, d *slowDoor, textDocument string) *session {
	t.Helper()
	return connectWith(t, d, textDocument, editor.Options{})
}

// connectWith is connect for a server with options.
func connectWith(t *testing.T, d *slowDoor, textDocument string, o editor.Options) *session {
	t.Helper()
	in, client := io.Pipe()
	answers, out := io.Pipe()
	s := &session{t: t, in: client, heard: make(chan string, 100), published: make(chan string, 100)}
	done := make(chan error, 1)
	o.Open = func(context.Context, string) (api.Door, error) { return d, nil }
	go func() { done <- editor.Serve(t.Context(), in, out, o); out.Close() }()
	go func() {
		defer close(s.heard)
		for {
			var size int
			if _, err := fmt.Fscanf(answers, "Content-Length: %d\r\n\r\n", &size); err != nil {
				return
			}
			body := make([]byte, size)
			if _, err := io.ReadFull(answers, body); err != nil {
				return
			}
			if text := publishedText(body); text != "" {
				s.published <- text
			}
			s.heard <- oneLine(body)
		}
	}()
	t.Cleanup(func() { client.Close(); <-done })
	s.say(1, "initialize", `{"capabilities":{"textDocument":`+textDocument+`},"rootUri":"file://`+d.root+`"}`)
	if got := <-s.heard; got != "1 answered" {
		t.Fatal(got)
	}
	s.say(0, "initialized", `{}`)
	return s
}

// publishedText returns the severities and messages of published diagnostics, "" for another message.
func publishedText(body []byte) string {
	var m struct {
		Params struct {
			Diagnostics []struct {
				Severity int
				Message  string
			}
		}
	}
	var out []string
	if json.Unmarshal(body, &m) == nil {
		for _, d := range m.Params.Diagnostics {
			out = append(out, []string{"", "error", "warning", "information", "hint"}[d.Severity]+" "+d.Message)
		}
	}
	return strings.Join(out, ", ")
}

// oneLine returns a message of the server in one line.
func oneLine(body []byte) string {
	var m struct {
		ID     int
		Method string
		Error  *struct{ Message string }
		Result struct{ Items []any }
		Params struct {
			Message     string
			Diagnostics []any
		}
	}
	if err := json.Unmarshal(body, &m); err != nil {
		return err.Error()
	}
	switch {
	case m.Method == "textDocument/publishDiagnostics":
		return fmt.Sprint("published ", len(m.Params.Diagnostics))
	case m.Method != "":
		return m.Method + " " + m.Params.Message
	case m.Error != nil:
		return fmt.Sprint(m.ID, " failed: ", m.Error.Message)
	case m.Result.Items != nil:
		return fmt.Sprint(m.ID, " has ", len(m.Result.Items))
	}
	return fmt.Sprint(m.ID, " answered")
}

func (s *session) say(id int, method, params string) {
	s.t.Helper()
	head := `{"jsonrpc":"2.0",`
	if id != 0 {
		head += fmt.Sprintf(`"id":%d,`, id)
	}
	body := head + `"method":"` + method + `","params":` + params + `}`
	if _, err := fmt.Fprintf(s.in, "Content-Length: %d\r\n\r\n%s", len(body), body); err != nil {
		s.t.Fatal(err)
	}
}

// settled returns the messages since the last call, when the server does nothing more for a minute of the bubble's
// clock.
func (s *session) settled() (out []string) {
	s.t.Helper()
	for {
		select {
		case line := <-s.heard:
			out = append(out, line)
		case <-time.After(time.Minute):
			return out
		}
	}
}

// A client that pulls with a short timeout and then waits for a notification is notified, cold and warm. Once it
// pulls in time, the published findings are withdrawn, so that none is shown twice. A client that does not pull is
// notified.
func TestFindingsArriveByTheMethodThatTheClientUses(t *testing.T) {
	const pulls, pushes = `{"diagnostic":{},"publishDiagnostics":{}}`, `{"publishDiagnostics":{}}`
	for name, tt := range map[string]struct {
		textDocument string
		takes        time.Duration
		cancelAfter  time.Duration // 0 for a client that waits
		want, second []string      // second is after the same request, when the check takes no time
	}{
		"pull, warm": {
			textDocument: pulls, takes: 100 * time.Millisecond, want: []string{"2 has 1"}, second: []string{"3 has 1"},
		},
		"pull, cold": {
			textDocument: pulls, takes: 8 * time.Second,
			want: []string{"published 1", "2 has 1"}, second: []string{"published 0", "3 has 1"},
		},
		"pull, cancelled after three seconds": {
			textDocument: pulls, takes: 4 * time.Second, cancelAfter: 3 * time.Second,
			want: []string{
				"2 failed: E/REQUEST_CANCELLED: the request was cancelled", "published 1",
			}, second: []string{"published 0", "3 has 1"},
		},
		"push": {textDocument: pushes, takes: 100 * time.Millisecond, want: []string{"published 1"}},
	} {
		t.Run(name, func(t *testing.T) {
			root := realTemp(t)
			synctest.Test(t, func(t *testing.T) {
				d := &slowDoor{root: root, takes: tt.takes}
				s := connect(t, d, tt.textDocument)
				document := `{"textDocument":{"uri":"file://` + root + `/a.go"`
				s.say(0, "textDocument/didOpen", document+`,"languageId":"go","version":1,"text":"package a\n"}}`)
				if tt.textDocument == pulls {
					s.say(2, "textDocument/diagnostic", document+`}}`)
				}
				if tt.cancelAfter > 0 {
					<-time.After(tt.cancelAfter)
					s.say(0, "$/cancelRequest", `{"id":2}`)
				}
				if diff := cmp.Diff(tt.want, s.settled()); diff != "" {
					t.Errorf("(-want +got)\n%s", diff)
				}
				if tt.second == nil {
					return
				}
				d.takes = 0
				s.say(3, "textDocument/diagnostic", document+`}}`)
				if diff := cmp.Diff(tt.second, s.settled()); diff != "" {
					t.Errorf("the second time (-want +got)\n%s", diff)
				}
			})
		})
	}
}

// Linters that are commands read the files on disk. They are not run at each change of unsaved text, but when it is as
// on disk.
func TestUnsavedTextIsCheckedWithoutCommands(t *testing.T) {
	root := realTemp(t)
	if err := os.WriteFile(filepath.Join(root, "a.go"), []byte("package a\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	synctest.Test(t, func(t *testing.T) {
		d := &slowDoor{root: root}
		s := connect(t, d, `{"diagnostic":{}}`)
		document := `{"textDocument":{"uri":"file://` + root + `/a.go"`
		s.say(0, "textDocument/didOpen", document+`,"languageId":"go","version":1,"text":"package a\n"}}`)
		for i, text := range []string{"package a\n", "package a\n\n", "package a\n"} {
			change := fmt.Sprintf(`,"version":%d},"contentChanges":[{"text":%q}]}`, i+2, text)
			s.say(0, "textDocument/didChange", document+change)
			s.say(i+2, "textDocument/diagnostic", document+`}}`)
			s.settled()
		}
		if diff := cmp.Diff([]string{"", api.QuickLinters, ""}, d.linters); diff != "" {
			t.Errorf("the linters that are asked (-want +got)\n%s", diff)
		}
	})
}

// The capabilities ask for whole texts. A client that sends ranges all the same is answered about the text that it has.
func TestChangesOfRangesAreApplied(t *testing.T) {
	root := realTemp(t)
	if err := os.WriteFile(filepath.Join(root, "a.go"), []byte("package a\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	synctest.Test(t, func(t *testing.T) {
		d := &slowDoor{root: root}
		s := connect(t, d, `{"diagnostic":{}}`)
		document := `{"textDocument":{"uri":"file://` + root + `/a.go"`
		const text = `"package a\n\nvar é = 1\n"`
		s.say(0, "textDocument/didOpen", document+`,"languageId":"go","version":1,"text":`+text+`}}`)
		at := func(l, c, l2, c2 int, by string) string {
			const change = `{"range":{"start":{"line":%d,"character":%d},"end":{"line":%d,"character":%d}},"text":%q}`
			return fmt.Sprintf(change, l, c, l2, c2, by)
		}
		for i, changes := range []string{
			at(2, 8, 2, 9, "two"),
			at(0, 8, 0, 99, "b") + "," + at(2, 4, 2, 5, "x"),
			at(99, 0, 99, 0, "// end\n"),
			`{"text":"package c\n"},` + at(0, 8, 0, 9, "d"),
			at(0, 0, 4294967295, 4294967295, "package e\n"),
		} {
			change := fmt.Sprintf(`,"version":%d},"contentChanges":[%s]}`, i+2, changes)
			s.say(0, "textDocument/didChange", document+change)
			s.say(i+2, "textDocument/diagnostic", document+`}}`)
			s.settled()
		}
		want := []string{
			"package a\n\nvar é = two\n", "package b\n\nvar x = two\n", "package b\n\nvar x = two\n// end\n",
			"package d\n", "package e\n",
		}
		if diff := cmp.Diff(want, d.unsaved); diff != "" {
			t.Errorf("the texts that are asked about (-want +got)\n%s", diff)
		}
	})
}

// If a language server is not installed, the client gets one message with the command that installs it.
func TestAMissingServerIsReportedOnce(t *testing.T) {
	for _, textDocument := range []string{`{}`, `{"diagnostic":{}}`} {
		root := realTemp(t)
		synctest.Test(t, func(t *testing.T) {
			s := connect(t, &slowDoor{root: root, missing: true}, textDocument)
			for i, name := range []string{"a.go", "b.go"} {
				document := `{"textDocument":{"uri":"file://` + root + `/` + name + `"`
				s.say(0, "textDocument/didOpen", document+`,"languageId":"go","version":1,"text":"package a\n"}}`)
				if textDocument != `{}` {
					s.say(2+i, "textDocument/diagnostic", document+`}}`)
				}
			}
			var shown []string
			for _, line := range s.settled() {
				if strings.HasPrefix(line, "window/showMessage") {
					shown = append(shown, line)
				}
			}
			want := []string{
				"window/showMessage E/NO_SERVER: gopls is not installed; lanser servers install gopls",
			}
			if diff := cmp.Diff(want, shown); diff != "" {
				t.Errorf("%s (-want +got)\n%s", textDocument, diff)
			}
		})
	}
}

// realTemp returns a temporary folder without symbolic links, with a Go file.
func realTemp(t *testing.T) string {
	t.Helper()
	root, err := filepath.EvalSymlinks(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(root, "a.go"), []byte("package a\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	return root
}
