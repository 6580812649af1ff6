//go:build cgo

package syntax

import (
	"bytes"
	"crypto/sha256"
	"fmt"
	"testing"
)

// Of a file that was read before, whose grammar alone has errors with it, each further question has the same answer
// from one tree.
func TestAFileIsReadTheSameWayAgain(t *testing.T) {
	src := []byte("constexpr int x = 1'0;\nenum e : unsigned char { a, b };\n_BitInt(7) c;\n")
	outline := func() string {
		out, err := Parse(t.Context(), "reading.c", src)
		if err != nil {
			t.Fatal(err)
		}
		return fmt.Sprintf("%+v %v", out.Symbols, out.Errors)
	}
	first := outline()
	key := readingOf{grammar: of(ByFile("reading.c").Files, "reading.c"), digest: sha256.Sum256(src)}
	r, isKnown := readings.get(key)
	if !isKnown || r.text == nil || bytes.Equal(r.text, src) || len(r.text) != len(src) {
		t.Fatalf("it is remembered: %v, as %q", isKnown, r.text)
	}
	if again := outline(); again != first {
		t.Errorf("then %s, first %s", again, first)
	}
}

// What was used last is remembered, within the bound.
func TestReadingsAreForgottenBeyondTheBound(t *testing.T) {
	var s recentReadings
	key := func(i int) readingOf { return readingOf{digest: sha256.Sum256(fmt.Append(nil, i))} }
	used := key(0)
	s.put(used, reading{grammar: "c"})
	const n = 100
	for i := 1; i <= n; i++ {
		s.put(key(i), reading{text: make([]byte, maxReadings/10)})
		if _, ok := s.get(used); !ok {
			t.Fatalf("what is used is forgotten after %d others", i)
		}
	}
	held := 0
	for i := 1; i <= n; i++ {
		if r, ok := s.get(key(i)); ok {
			held += len(r.text)
		}
	}
	if _, ok := s.get(key(n)); !ok || held > 2*maxReadings {
		t.Errorf("%d bytes are held, the last one: %v", held, ok)
	}
}
