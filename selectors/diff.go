package selectors

import (
	"bytes"
	"sort"
	"strconv"
	"strings"

	"github.com/rogpeppe/go-internal/diff"

	"lanser/selectors/text"
)

// lineMap says where the lines of one content are in another. Lines end at "\n"
// here: it is the diff's notion, and offsets are bytes.
type lineMap struct {
	oldStarts, newStarts []int // byte offset of each line; one more for the end
	to                   []int // old line → new line, or -1
}

// mapLines compares two contents by anchored diff: only lines that are unique on
// both sides, and what is equal around them, are matched, so that a brace is
// never taken for another.
func mapLines(a, b []byte) *lineMap {
	m := &lineMap{oldStarts: starts(a), newStarts: starts(b)}
	m.to = make([]int, len(m.oldStarts)-1)
	if bytes.Equal(a, b) {
		for i := range m.to {
			m.to[i] = i
		}
		return m
	}
	if len(a) == 0 || len(b) == 0 { // an empty content has a line here, and none for the diff
		for i := range m.to {
			m.to[i] = -1
		}
		return m
	}
	out := diff.Diff("a", a, "b", b)
	i, j := 0, 0 // lines
	equal := func(until int) {
		for ; i < until; i, j = i+1, j+1 {
			m.to[i] = j
		}
	}
	header := 3
	for line := range strings.Lines(string(out)) {
		if header > 0 {
			header--
			continue
		}
		switch {
		case strings.HasPrefix(line, "@@ -"):
			equal(hunkStart(line))
		case line[0] == ' ' && i < len(m.to):
			equal(i + 1)
		case line[0] == '-' && i < len(m.to):
			m.to[i] = -1
			i++
		case line[0] == '+':
			j++
		}
	}
	equal(len(m.to))
	return m
}

// hunkStart is the 0-based old line at which a hunk begins.
func hunkStart(header string) int {
	num, _, _ := strings.Cut(strings.TrimPrefix(header, "@@ -"), " ")
	at, count, found := strings.Cut(num, ",")
	n, _ := strconv.Atoi(at)
	if found && count == "0" {
		return n // "after line n"
	}
	return n - 1
}

func starts(b []byte) []int {
	out := []int{0}
	for i, c := range b {
		if c == '\n' && i+1 < len(b) {
			out = append(out, i+1)
		}
	}
	return append(out, len(b))
}

func lineAt(starts []int, offset int) int {
	return max(0, min(sort.SearchInts(starts, offset+1)-1, len(starts)-2))
}

// span maps a span of the old content; ok is false unless every line of it is
// unchanged, and they still follow each other.
func (m *lineMap) span(s text.Span) (out text.Span, ok bool) {
	first, last := lineAt(m.oldStarts, s.Start), lineAt(m.oldStarts, max(s.Start, s.End-1))
	for l := first; l <= last; l++ {
		if l >= len(m.to) || m.to[l] < 0 || m.to[l] != m.to[first]+l-first {
			return out, false
		}
	}
	shift := m.newStarts[m.to[first]] - m.oldStarts[first]
	return text.Span{Start: s.Start + shift, End: s.End + shift}, true
}

// expected is the 0-based new line at which what stood at an old offset should
// be, by the nearest unchanged line above.
func (m *lineMap) expected(offset int) int {
	at := lineAt(m.oldStarts, offset)
	for l := min(at, len(m.to)-1); l >= 0; l-- {
		if m.to[l] >= 0 {
			return m.to[l] + at - l
		}
	}
	return at
}
