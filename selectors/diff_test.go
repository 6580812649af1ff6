package selectors

import (
	"bytes"
	"strings"
	"testing"

	"lanser/selectors/text"
)

// Lines that are mapped are equal, in order, and each is mapped to once; equal
// contents are mapped line by line.
func FuzzMapLines(f *testing.F) {
	f.Add([]byte("a\nb\nc\n"), []byte("a\nx\nc\n"))
	f.Add([]byte("-- a\n++ b\n@@ -1 +1 @@\nx"), []byte("@@ -1 +1 @@\nx\n"))
	f.Add([]byte("a\r\nb\r\n"), []byte("b\r\na"))
	f.Add([]byte(""), []byte("\n\n"))
	f.Fuzz(func(t *testing.T, a, b []byte) {
		m := mapLines(a, b)
		last := -1
		for i, j := range m.to {
			if j < 0 {
				continue
			}
			if j <= last || j >= len(m.newStarts)-1 {
				t.Fatalf("line %d is mapped to %d after %d, of %d", i, j, last, len(m.newStarts)-1)
			}
			last = j
			x, y := a[m.oldStarts[i]:m.oldStarts[i+1]], b[m.newStarts[j]:m.newStarts[j+1]]
			if !bytes.Equal(bytes.TrimRight(x, "\n"), bytes.TrimRight(y, "\n")) {
				t.Fatalf("%q is mapped to %q", x, y)
			}
		}
		if s, ok := m.span(text.Span{Start: 0, End: len(a)}); ok && string(bytes.TrimRight(b[s.Start:min(s.End, len(b))], "\n")) != strings.TrimRight(string(a), "\n") {
			t.Fatalf("the whole of %q is mapped to %q", a, b[s.Start:s.End])
		}
	})
}

func TestEqualContentsAreMappedLineByLine(t *testing.T) {
	src := []byte("a\nb\n\na\nb")
	m := mapLines(src, src)
	for i, j := range m.to {
		if i != j {
			t.Errorf("line %d is mapped to %d", i, j)
		}
	}
}

func TestFeaturesAreWeighedAsThePaperSays(t *testing.T) {
	for _, tt := range []struct {
		f    Features
		want float64
	}{
		{Features{1, 1, 1, 1}, 1},
		{Features{1, 0, 0, 0}, 0.5},
		{Features{0, 1, 0, 0}, 0.2},
		{Features{0, 0, 1, 0}, 0.2},
		{Features{0, 0, 0, 1}, 0.1},
		{Features{0.5, 1, 0.25, 0.1}, 0.51},
	} {
		if got := tt.f.Score(); got != tt.want {
			t.Errorf("%v: %v, want %v", tt.f, got, tt.want)
		}
	}
}

// Winnowing keeps at least one k-gram of any k+w-1 tokens that two sequences
// share: what is long enough is always noticed.
func TestASharedStretchIsAlwaysNoticed(t *testing.T) {
	shared := make([]uint64, winnowK+winnowW-1)
	for i := range shared {
		shared[i] = uint64(1000 + i*7919)
	}
	for before := range 30 {
		a, b := []uint64{}, []uint64{}
		for i := range before {
			a, b = append(a, uint64(i)), append(b, uint64(50+2*i))
		}
		a, b = append(append(a, shared...), 1, 2, 3, 4, 5), append(append(b, shared...), 9, 8, 7)
		if common(winnow(a, winnowK, winnowW), winnow(b, winnowK, winnowW)) == 0 {
			t.Errorf("after %d other tokens nothing is in common", before)
		}
	}
}
