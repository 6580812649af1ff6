//go:build cgo

package syntax

import (
	"bytes"
	"crypto/sha256"
	"fmt"
	"sync"
	"testing"

	"lanser/selectors/text"
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
	var r reading
	isKnown := readings.use(key, func(known reading) { r = known })
	if !isKnown || r.text == nil || bytes.Equal(r.text, src) || len(r.text) != len(src) {
		t.Fatalf("it is remembered: %v, as %q", isKnown, r.text)
	}
	if again := outline(); again != first {
		t.Errorf("then %s, first %s", again, first)
	}
}

// What was used last is remembered, within the bound; what is forgotten is dropped, and once.
func TestWhatIsReadIsForgottenBeyondTheBound(t *testing.T) {
	key := func(i int) readingOf { return readingOf{digest: sha256.Sum256(fmt.Append(nil, i))} }
	const limit, n = 10_000, 100
	dropped := map[int]int{}
	s := recent[int]{max: limit, drop: func(i int) { dropped[i]++ }}
	s.put(key(0), 0, 10)
	for i := 1; i <= n; i++ {
		s.put(key(i), i, limit/10)
		if !s.use(key(0), func(v int) {
			if v != 0 {
				t.Errorf("the first is remembered as %d", v)
			}
		}) {
			t.Fatalf("what is used is forgotten after %d others", i)
		}
	}
	s.put(key(n+1), n+1, limit)
	s.put(key(0), -1, 10)

	held := 0
	for i := 0; i <= n+1; i++ {
		isHeld := s.use(key(i), func(int) {})
		if isHeld {
			held++
		}
		if isHeld == (dropped[i] > 0) || dropped[i] > 1 {
			t.Errorf("%d is held: %v, and was dropped %d times", i, isHeld, dropped[i])
		}
	}
	s.forget()
	s.forget()
	for i := 0; i <= n+1; i++ {
		if dropped[i] != 1 || s.use(key(i), func(int) {}) {
			t.Errorf("%d is forgotten, and was dropped %d times", i, dropped[i])
		}
	}
	if held > 20 || dropped[-1] != 1 {
		t.Errorf("%d are held; dropped: %v", held, dropped)
	}
}

// Several goroutines ask about each file at the same time. There are more files than trees are remembered.
func TestTreesAreReadBesideEachOther(t *testing.T) {
	source := func(i int) []byte {
		calls := bytes.Repeat([]byte("var _ = F(1)\n"), 9000)
		return fmt.Appendf(nil, "package p%d\n\nfunc F(n int) int { return n }\n%s", i, calls)
	}
	want := []string{"", "a keyword", "a number"}
	var all sync.WaitGroup
	for i := range 24 { // of 130 KB each
		for range 2 {
			all.Go(func() {
				src := source(i % 12)
				for j, word := range []string{"F", "func", "1"} {
					at := bytes.LastIndex(src, []byte(word))
					got, err := NoName(t.Context(), "a.go", src, text.Span{Start: at, End: at + len(word)})
					if err != nil || got != want[j] {
						t.Errorf("file %d, %s: %q, %v", i, word, got, err)
					}
				}
			})
		}
	}
	all.Wait()
}
