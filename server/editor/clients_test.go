package editor_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"lanser/server/editor"
)

// client is how an agent's client for language servers asks for findings after an edit.
type client struct {
	textDocument string
	pullsFor     time.Duration // how long it waits for the answer to a pull, 0 if it does not pull
	window       time.Duration // after the edit, in which it reads findings
	reopens      bool          // it opens the document anew in place of changing it
}

// refused are requests of a server that Claude Code answers with "method not found".
var refused = []string{"client/registerCapability", "window/workDoneProgress/create", "workspace/configuration"}

const pullsAndReads = `{"publishDiagnostics":{},"diagnostic":{}}`

// clients are the clients that agents have (versions of 2026). None lets the server register anything.
var clients = map[string]client{
	"Claude Code": {textDocument: `{"publishDiagnostics":{}}`, window: time.Minute},
	"Copilot CLI": {textDocument: pullsAndReads, pullsFor: 90 * time.Second, window: 80 * time.Second},
	"OpenCode":    {textDocument: pullsAndReads, pullsFor: 3 * time.Second, window: 8 * time.Second},
	"Crush":       {textDocument: `{"publishDiagnostics":{}}`, window: 5 * time.Second},
	"Qwen Code":   {textDocument: `{"publishDiagnostics":{}}`, window: time.Minute, reopens: true},
}

// After an edit, each client hears of the error within the time in which it reads findings: of a warm server after
// 300 ms, of a cold one after 4 s.
func TestEachAgentHearsOfAnErrorInItsWindow(t *testing.T) {
	for name, c := range clients {
		for _, takes := range []time.Duration{300 * time.Millisecond, 4 * time.Second} {
			t.Run(name+" "+takes.String(), func(t *testing.T) {
				root := realTemp(t)
				synctest.Test(t, func(t *testing.T) {
					d := &slowDoor{root: root, takes: takes}
					s := connect(t, d, c.textDocument)
					document := `{"textDocument":{"uri":"file://` + root + `/a.go"`
					s.say(0, "textDocument/didOpen", document+`,"languageId":"go","version":1,"text":"package a\n"}}`)
					opened := s.settled()
					began := time.Now()
					if c.reopens {
						s.say(0, "textDocument/didClose", document+`}}`)
						s.say(0, "textDocument/didOpen",
							document+`,"languageId":"go","version":2,"text":"package a\n\nx\n"}}`)
					} else {
						s.say(0, "textDocument/didChange",
							document+`,"version":2},"contentChanges":[{"text":"package a\n\nx\n"}]}`)
					}
					if c.pullsFor > 0 {
						s.say(2, "textDocument/diagnostic", document+`}}`)
						limit := time.AfterFunc(c.pullsFor, func() { s.say(0, "$/cancelRequest", `{"id":2}`) })
						defer limit.Stop()
					}
					heard := s.within(c.window)
					if !slices.Contains(heard, "published 1") && !slices.Contains(heard, "2 has 1") {
						t.Errorf("after %v it has heard %q", time.Since(began), heard)
					}
					for _, line := range append(opened, heard...) { // a request would be refused
						if method, _, _ := strings.Cut(line, " "); slices.Contains(refused, method) {
							t.Errorf("the server asks for %s", line)
						}
					}
				})
			})
		}
	}
}

// within returns the messages of a stretch of the bubble's clock.
func (s *session) within(d time.Duration) (out []string) {
	s.t.Helper()
	end := time.After(d)
	for {
		select {
		case line := <-s.heard:
			out = append(out, line)
		case <-end:
			return out
		}
	}
}

// A client that is told so hears within a moment that a cold check is still running, then the findings. Of a warm check
// it hears only the findings. A check that fails is not verified for such a client.
func TestAClientIsToldThatADocumentIsNotVerifiedYet(t *testing.T) {
	for _, tt := range []struct {
		name string
		door *slowDoor
		want string
	}{
		{"warm", &slowDoor{takes: 300 * time.Millisecond}, "0.3s error wrong"},
		{
			"cold",
			&slowDoor{takes: 4 * time.Second},
			"0.7s information not verified yet: the check of this file is running; 4.0s error wrong",
		},
		{
			"failing",
			&slowDoor{takes: 4 * time.Second, fails: true},
			"0.7s information not verified yet: the check of this file is running; " +
				"4.0s information not verified: the check did not finish",
		},
	} {
		t.Run(tt.name, func(t *testing.T) {
			d := tt.door
			d.root = realTemp(t)
			synctest.Test(t, func(t *testing.T) {
				s := connectWith(t, d, `{"publishDiagnostics":{}}`, editor.Options{Announce: 700 * time.Millisecond})
				began := time.Now()
				s.say(0, "textDocument/didOpen", `{"textDocument":{"uri":"file://`+d.root+
					`/a.go","languageId":"go","version":1,"text":"package a\n\nx\n"}}`)
				var told []string
				for end := time.After(time.Minute); end != nil; {
					select {
					case line := <-s.published:
						told = append(told, fmt.Sprintf("%.1fs %s", time.Since(began).Seconds(), line))
					case <-s.heard:
					case <-end:
						end = nil
					}
				}
				if got := strings.Join(told, "; "); got != tt.want {
					t.Errorf("it hears %q, want %q", got, tt.want)
				}
			})
		})
	}
}
