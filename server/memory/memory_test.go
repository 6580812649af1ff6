package memory

import (
	"bytes"
	"fmt"
	"testing"

	"lanser/server/bundle"
	"lanser/server/catalogue"
	"lanser/server/ledger"
)

// version is a version of the files: two are equal only if they are the same pointer.
func version() any { return new(int) }

func TestABundleIsRememberedForOneVersionOfTheFiles(t *testing.T) {
	var m Bundles[int]
	before, after := version(), version()
	b := &bundle.Bundle{}
	m.Put(before, "refs", Answered[int]{Bundle: b, Sessions: []int{7}})
	if got, ok := m.Get(before, "refs"); !ok || got.Bundle != b || got.Sessions[0] != 7 {
		t.Errorf("it is %v, %v", got, ok)
	}
	for name, found := range map[string]bool{
		"another version": has(m.Get(after, "refs")), "another request": has(m.Get(before, "def")),
	} {
		if found {
			t.Errorf("%s has the bundle", name)
		}
	}
	m.Put(after, "def", Answered[int]{Bundle: b})
	if has(m.Get(before, "refs")) || has(m.Get(after, "refs")) {
		t.Error("a bundle of the version before is still there")
	}
	m.Forget()
	if has(m.Get(after, "def")) {
		t.Error("it is there after Forget")
	}
}

func has[T any](_ T, ok bool) bool { return ok }

func TestBundlesAreBoundedByTheEntriesOfTheirLists(t *testing.T) {
	var m Bundles[int]
	files := version()
	b := &bundle.Bundle{Facts: &bundle.Facts{References: make([]bundle.Location, maxListed/4)}}
	for i := range 3 {
		m.Put(files, fmt.Sprint(i), Answered[int]{Bundle: b})
	}
	if !has(m.Get(files, "0")) {
		t.Error("the first is gone, though there is room for three")
	}
	m.Put(files, "3", Answered[int]{Bundle: b})
	if has(m.Get(files, "0")) || !has(m.Get(files, "3")) {
		t.Error("the fourth has not replaced the others")
	}
}

// An answer is stored on disk if its environment can be described, and was still the same at the end.
func TestAnAnswerIsStoredOnDiskOnlyIfItsEnvironmentIsUnchanged(t *testing.T) {
	for name, tt := range map[string]struct{ named, holds, want bool }{
		"named and unchanged": {named: true, holds: true, want: true},
		"named and changed":   {named: true},
		"not to be named":     {holds: true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			dir := t.TempDir()
			m := NewAnswers(dir, nil)
			subject := Subject{Files: version(), Server: &catalogue.Server{}}
			asked := 0
			for _, question := range []string{"a", "b"} {
				m.Put("session", question, []byte(question), subject, func() (World, bool) {
					asked++
					return World{Version: "v1", Holds: func() bool { return tt.holds }}, tt.named
				})
			}
			if asked != 1 {
				t.Errorf("the world was looked at %d times", asked)
			}
			for session, want := range map[string]bool{"session": true, "another": false} {
				if got := has(m.Get(session, "a")); got != want {
					t.Errorf("%s has it: %v", session, got)
				}
			}
			m.Flush()
			m.Close()

			m = NewAnswers(dir, nil)
			defer m.Close()
			for world, want := range map[string]bool{"v1": tt.want, "v2": false} {
				raw, ok := m.GetFromDisk(world, "b")
				if ok != want || ok && string(raw) != "b" {
					t.Errorf("in the world %s it is %q, %v", world, raw, ok)
				}
			}
			if has(m.Get("session", "a")) {
				t.Error("what was in RAM is there in another process")
			}
		})
	}
}

func TestAnswersAreBoundedByTheirBytes(t *testing.T) {
	m := NewAnswers(t.TempDir(), nil)
	defer m.Close()
	none := func() (World, bool) { return World{}, false }
	m.Put("s", "too large", make([]byte, maxAnswer+1), Subject{}, none)
	if has(m.Get("s", "too large")) {
		t.Error("an answer over the bound is remembered")
	}
	large := bytes.Repeat([]byte("x"), maxAnswer)
	for i := range maxBytes/maxAnswer + 1 {
		if i == maxBytes/maxAnswer && !has(m.Get("s", "0")) {
			t.Error("the first is gone, though there is room")
		}
		m.Put("s", fmt.Sprint(i), large, Subject{}, none)
	}
	if has(m.Get("s", "0")) || m.bytes > maxBytes {
		t.Errorf("%d bytes are remembered", m.bytes)
	}
}

// session is a session with a server.
type session struct{ server *catalogue.Server }

func (s *session) Server() *catalogue.Server { return s.server }

func TestDefinitionsAreInvalidAfterTheSessionOrAChange(t *testing.T) {
	var m Definitions
	server := &catalogue.Server{Name: "gopls"}
	one, other := &session{server: server}, &session{server: server}
	files := version()
	word := Word{Place: ledger.Place{Path: "a.go"}}
	open := Word{Place: word.Place, Open: "b.go"}
	define := func(s *session, files any, w Word) {
		m.Put(Defined{Session: s, Files: files, At: map[Word][]ledger.Place{w: {{Path: "def.go"}}}})
	}
	define(one, files, word)
	for name, tt := range map[string]struct {
		s     *session
		files any
		w     Word
		want  bool
	}{
		"the same":           {one, files, word, true},
		"another session":    {other, files, word, false},
		"another version":    {one, version(), word, false},
		"with open document": {one, files, open, false},
	} {
		found, ok := m.Get(tt.s, tt.files, tt.w)
		if ok != tt.want || ok && found[0].Path != "def.go" {
			t.Errorf("%s: %v, %v", name, found, ok)
		}
	}
	define(one, files, open)
	if !has(m.Get(one, files, word)) || !has(m.Get(one, files, open)) {
		t.Error("definitions of one session and version replace each other")
	}
	define(other, files, open)
	if has(m.Get(one, files, word)) || has(m.Get(other, files, word)) {
		t.Error("definitions of the session before are still there")
	}
}
