package text

import (
	"bytes"
	"slices"
	"strings"
	"testing"
)

// Mapped lines are equal and in order, and no two lines map to the same one. Equal contents are mapped line by line.
func FuzzMapLines(f *testing.F) {
	f.Add([]byte("a\nb\nc\n"), []byte("a\nx\nc\n"))
	f.Add([]byte("-- a\n++ b\n@@ -1 +1 @@\nx"), []byte("@@ -1 +1 @@\nx\n"))
	f.Add([]byte("a\r\nb\r\n"), []byte("b\r\na"))
	f.Add([]byte(""), []byte("\n\n"))
	f.Fuzz(func(t *testing.T, a, b []byte) {
		m := MapLines(a, b)
		kept := len(m.to)
		for i, h := range m.Hunks() {
			if h.OldStart > h.OldEnd || h.NewStart > h.NewEnd || i > 0 && h.OldStart < m.Hunks()[i-1].OldEnd {
				t.Fatalf("hunks overlap: %v", m.Hunks())
			}
			kept -= h.OldEnd - h.OldStart
		}
		for _, j := range m.to {
			if j >= 0 {
				kept--
			}
		}
		if kept < 0 {
			t.Fatalf("the hunks hold lines that are mapped: %v", m.Hunks())
		}
		for i, j := range m.to {
			if j < 0 {
				continue
			}
			from, ok := m.From(m.newStarts[j])
			if !ok || from != m.oldStarts[i] {
				t.Fatalf("line %d is mapped to %d, which is from offset %d, %v", i, j, from, ok)
			}
		}
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
		if s, ok := m.Span(Span{Start: 0, End: len(a)}); ok &&
			string(bytes.TrimRight(b[s.Start:min(s.End, len(b))], "\n")) != strings.TrimRight(string(a), "\n") {
			t.Fatalf("the whole of %q is mapped to %q", a, b[s.Start:s.End])
		}
	})
}

func TestEqualContentsAreMappedLineByLine(t *testing.T) {
	src := []byte("a\nb\n\na\nb")
	m := MapLines(src, src)
	for i, j := range m.to {
		if i != j {
			t.Errorf("line %d is mapped to %d", i, j)
		}
	}
}

func TestHunksListTheReplacedLines(t *testing.T) {
	for _, tt := range []struct {
		old, new string
		want     []Hunk
	}{
		{"a\nb\n", "a\nb\n", nil},
		{"", "", nil},
		{"a\nb\n", "a\nx\nb\n", []Hunk{{OldStart: 1, OldEnd: 1, NewStart: 1, NewEnd: 2}}},
		{"a\nx\nb\n", "a\nb\n", []Hunk{{OldStart: 1, OldEnd: 2, NewStart: 1, NewEnd: 1}}},
		{"a\nb\nc\n", "x\nb\ny\nz\n", []Hunk{
			{OldStart: 0, OldEnd: 1, NewStart: 0, NewEnd: 1}, {OldStart: 2, OldEnd: 3, NewStart: 2, NewEnd: 4},
		}},
		{"a\n}\nb\n}\n", "x\n}\ny\n}\n", []Hunk{
			{OldStart: 0, OldEnd: 1, NewStart: 0, NewEnd: 1}, {OldStart: 2, OldEnd: 3, NewStart: 2, NewEnd: 3},
		}},
		{"", "a\nb\n", []Hunk{{OldStart: 0, OldEnd: 1, NewStart: 0, NewEnd: 2}}},
	} {
		if got := MapLines([]byte(tt.old), []byte(tt.new)).Hunks(); !slices.Equal(got, tt.want) {
			t.Errorf("%q to %q: %v, want %v", tt.old, tt.new, got, tt.want)
		}
	}
}

func TestTheLastLineMapIsCached(t *testing.T) {
	old, now, other := New([]byte("a\nb\n")), New([]byte("x\na\nb\n")), New([]byte("b\n"))
	m := old.MapTo(now)
	if old.MapTo(now) != m {
		t.Error("the same versions are compared twice")
	}
	if !slices.Equal(m.to, []int{1, 2}) {
		t.Errorf("lines %v", m.to)
	}
	if got := old.MapTo(other).to; !slices.Equal(got, []int{-1, 0}) {
		t.Errorf("to another version: lines %v", got)
	}
	if got := old.MapTo(now).to; !slices.Equal(got, []int{1, 2}) {
		t.Errorf("to the first version once more: lines %v", got)
	}
}

func TestANewLineHasNoOldLine(t *testing.T) {
	m := MapLines([]byte("a\nbb\n"), []byte("x\na\nbb\n"))
	for offset, want := range map[int]int{0: -1, 1: -1, 2: 0, 3: 0, 4: 2, 6: 2} {
		got, ok := m.From(offset)
		if !ok {
			got = -1
		}
		if got != want {
			t.Errorf("the line at offset %d is from offset %d, want %d", offset, got, want)
		}
	}
}
