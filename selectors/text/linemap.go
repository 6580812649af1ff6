package text

import (
	"bytes"
	"sort"
	"strconv"
	"strings"

	"github.com/rogpeppe/go-internal/diff"
)

// LineMap says where the lines of an old version of a file are in a new one. Lines are 0-based
// and end at "\n" alone, as in every diff.
//
// The versions are compared by anchored diff: lines that are unique in both versions are matched,
// and equal lines right around them. A lone brace is therefore never taken for another one, as
// the shortest edit script would do.
type LineMap struct {
	old, new             []byte
	oldStarts, newStarts []int // byte offset of each line, and of the end of the content
	to                   []int // new line of each old line, or -1
}

// Hunk is a stretch of old lines that a stretch of new lines replaces; either may be empty. Ends
// are exclusive.
type Hunk struct{ OldStart, OldEnd, NewStart, NewEnd int }

// MapLines compares two versions of a file.
func MapLines(old, new []byte) *LineMap {
	m := &LineMap{old: old, new: new, oldStarts: lineStarts(old), newStarts: lineStarts(new)}
	m.to = make([]int, len(m.oldStarts)-1)
	if bytes.Equal(old, new) {
		for i := range m.to {
			m.to[i] = i
		}
		return m
	}
	if len(old) == 0 || len(new) == 0 { // an empty version has one line here, and none for the diff
		for i := range m.to {
			m.to[i] = -1
		}
		return m
	}
	m.read(diff.Diff("old", old, "new", new))
	return m
}

// mappedTo is the version to which the lines of a Content were mapped last.
type mappedTo struct {
	version *Content
	lines   *LineMap
}

// MapTo compares the content with a later version of it. The last comparison is kept, because many
// places of one file are mostly looked for in a row; it keeps the later version in memory.
func (c *Content) MapTo(later *Content) *LineMap {
	if last := c.mapped.Load(); last != nil && last.version == later {
		return last.lines
	}
	m := MapLines(c.bytes, later.bytes)
	c.mapped.Store(&mappedTo{version: later, lines: m})
	return m
}

// read fills in m.to from a unified diff.
func (m *LineMap) read(unified []byte) {
	i, j := 0, 0 // the next old and new line
	keep := func(until int) {
		for ; i < until; i, j = i+1, j+1 {
			m.to[i] = j
		}
	}
	const header = 3 // lines
	n := 0
	for line := range strings.Lines(string(unified)) {
		n++
		switch {
		case n <= header:
		case strings.HasPrefix(line, "@@ -"):
			keep(hunkStart(line))
		case line[0] == ' ' && i < len(m.to):
			keep(i + 1)
		case line[0] == '-' && i < len(m.to):
			m.to[i] = -1
			i++
		case line[0] == '+':
			j++
		}
	}
	keep(len(m.to))
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

// lineStarts returns the offsets of the lines, in bytes, and the length of b. A final line end begins no line.
func lineStarts(b []byte) []int {
	out := []int{0}
	for i, c := range b {
		if c == '\n' && i+1 < len(b) {
			out = append(out, i+1)
		}
	}
	return append(out, len(b))
}

// lineAt returns the 0-based line of an offset in bytes. An offset behind the last line counts as in it.
func lineAt(starts []int, offset int) int {
	return max(0, min(sort.SearchInts(starts, offset+1)-1, len(starts)-2))
}

// Span maps a span of the old version. ok is false unless every line of it is unchanged, and
// they still follow each other.
func (m *LineMap) Span(s Span) (mapped Span, ok bool) {
	first, last := lineAt(m.oldStarts, s.Start), lineAt(m.oldStarts, max(s.Start, s.End-1))
	for l := first; l <= last; l++ {
		if l >= len(m.to) || m.to[l] < 0 || m.to[l] != m.to[first]+l-first {
			return mapped, false
		}
	}
	shift := m.newStarts[m.to[first]] - m.oldStarts[first]
	return Span{Start: s.Start + shift, End: s.End + shift}, true
}

// From returns the offset in the old version of the line that holds a byte offset of the new one. ok is false if
// that line is new or was changed.
func (m *LineMap) From(offset int) (old int, ok bool) {
	line := lineAt(m.newStarts, offset)
	for i, j := range m.to {
		if j == line {
			return m.oldStarts[i], true
		}
	}
	return 0, false
}

// ExpectedLine returns the new line at which to look for what was at an old byte offset: as far
// below the nearest unchanged line as it was.
func (m *LineMap) ExpectedLine(offset int) int {
	at := lineAt(m.oldStarts, offset)
	for l := min(at, len(m.to)-1); l >= 0; l-- {
		if m.to[l] >= 0 {
			return m.to[l] + at - l
		}
	}
	return at
}

// Hunks lists what was changed, in order of lines. Where lines that are not unique stand between
// changed ones, Hunks matches those too, by a longest common subsequence: nearly as git does. Of
// 7,676 lines that git diff calls added in 60 commits of this repository, it
// differs in 175; the shortest edit script differs in 249.
func (m *LineMap) Hunks() (out []Hunk) {
	i, j := 0, 0 // the next old and new line
	for end := 0; end <= len(m.to); end++ {
		newEnd := len(m.newStarts) - 1
		if end < len(m.to) {
			newEnd = m.to[end]
			if newEnd < 0 {
				continue
			}
		}
		if end > i || newEnd > j {
			out = m.refine(out, Hunk{OldStart: i, OldEnd: end, NewStart: j, NewEnd: newEnd})
		}
		i, j = end+1, newEnd+1
	}
	return out
}

// maxCells bounds the table by which one hunk is refined; a larger hunk is left as it is.
const maxCells = 1 << 20

// refine appends the parts of a hunk that remain once the lines common to both sides are matched.
func (m *LineMap) refine(out []Hunk, h Hunk) []Hunk {
	rows, columns := h.OldEnd-h.OldStart, h.NewEnd-h.NewStart
	if rows == 0 || columns == 0 || rows > maxCells/columns {
		return append(out, h)
	}
	oldLines := lineTexts(m.old, m.oldStarts, h.OldStart, h.OldEnd)
	newLines := lineTexts(m.new, m.newStarts, h.NewStart, h.NewEnd)
	width := columns + 1
	common := make([]int32, (rows+1)*width) // longest common subsequence of what is left from row and column on
	for r := rows - 1; r >= 0; r-- {
		for c := columns - 1; c >= 0; c-- {
			if oldLines[r] == newLines[c] {
				common[r*width+c] = common[(r+1)*width+c+1] + 1
			} else {
				common[r*width+c] = max(common[(r+1)*width+c], common[r*width+c+1])
			}
		}
	}
	startRow, startColumn := 0, 0 // of the part that is being changed
	emit := func(row, column int) {
		if row > startRow || column > startColumn {
			out = append(out, Hunk{
				OldStart: h.OldStart + startRow, OldEnd: h.OldStart + row,
				NewStart: h.NewStart + startColumn, NewEnd: h.NewStart + column,
			})
		}
	}
	r, c := 0, 0
	for r < rows && c < columns {
		switch {
		case oldLines[r] == newLines[c]:
			emit(r, c)
			r, c = r+1, c+1
			startRow, startColumn = r, c
		case common[(r+1)*width+c] >= common[r*width+c+1]:
			r++
		default:
			c++
		}
	}
	emit(rows, columns)
	return out
}

// lineTexts returns the texts of some lines.
func lineTexts(content []byte, starts []int, first, end int) []string {
	out := make([]string, 0, end-first)
	for l := first; l < end; l++ {
		out = append(out, string(content[starts[l]:starts[l+1]]))
	}
	return out
}
