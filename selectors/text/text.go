// Package text owns file content: its bytes, their digest, its lines, and every way of naming
// a place in it. [Content] holds the bytes with a line table; position.go converts between
// the units of columns; word.go says what a word is; linemap.go maps the lines of one version
// of a file to those of another; shebang.go reads the first line of a script.
//
// It promises that no content is unaddressable: invalid UTF-8 counts one unit a byte in every
// unit. Everything here is a pure function of its arguments, and a Content may be used by
// several goroutines at once.
//
// It does not read files and knows nothing of LSP messages or of languages.
package text

import (
	"crypto/sha256"
	"encoding/hex"
	"sort"
	"sync/atomic"
	"unicode/utf8"

	"lanser/selectors/memo"
)

// Span is a half-open range of byte offsets.
type Span struct{ Start, End int }

// Contains reports whether o lies within s.
func (s Span) Contains(o Span) bool { return s.Start <= o.Start && o.End <= s.End }

// Len is the length in bytes.
func (s Span) Len() int { return s.End - s.Start }

// Content is an immutable file content with its line table.
type Content struct {
	bytes  []byte
	digest string
	lines  []int // byte offset of each line's first byte
	mapped atomic.Pointer[mappedTo]
	// counted is the same content by other rules of what ends a line, for those that were asked for.
	counted  [lineEndRules]atomic.Pointer[Content]
	memoized memo.Table
}

// New takes ownership of b, which must not change afterwards.
func New(b []byte) *Content {
	return &Content{bytes: b, digest: Digest(b), lines: lineTable(b, LineEndsLSP)}
}

// Digest is "sha256:" and the hex SHA-256 of b.
func Digest(b []byte) string {
	sum := sha256.Sum256(b)
	return "sha256:" + hex.EncodeToString(sum[:])
}

// Bytes is the content; callers must not change it.
func (c *Content) Bytes() []byte { return c.bytes }

// Digest is the content's digest, see [Digest].
func (c *Content) Digest() string { return c.digest }

// Memoize returns the result of work, which must depend on the content and the key alone, see [memo.Table.Of].
func (c *Content) Memoize(key any, work func() any) any { return c.memoized.Of(key, work) }

// Len is the length in bytes.
func (c *Content) Len() int { return len(c.bytes) }

// Lines is the number of lines; an empty file and a text after the last line
// break count as a line.
func (c *Content) Lines() int { return len(c.lines) }

// Slice is the text of a span, clipped to the content.
func (c *Content) Slice(s Span) string {
	start, end := max(0, min(s.Start, c.Len())), max(0, min(s.End, c.Len()))
	if start >= end {
		return ""
	}
	return string(c.bytes[start:end])
}

// LineSpan is the span of a 0-based line without its line break; ok is false
// when there is no such line.
func (c *Content) LineSpan(line int) (s Span, ok bool) {
	if line < 0 || line >= len(c.lines) {
		return Span{}, false
	}
	s.Start, s.End = c.lines[line], c.Len()
	if line+1 < len(c.lines) {
		s.End = c.lines[line+1]
		if s.End > s.Start && c.bytes[s.End-1] == '\n' {
			s.End--
		}
		if s.End > s.Start && c.bytes[s.End-1] == '\r' {
			s.End--
		}
	}
	return s, true
}

// Line is the text of a 0-based line without its line break, "" if there is
// none.
func (c *Content) Line(line int) string {
	s, _ := c.LineSpan(line)
	return c.Slice(s)
}

// LineOf returns the 0-based line that holds a byte offset, which is clipped to the content.
func (c *Content) LineOf(offset int) int {
	offset = max(0, min(offset, c.Len()))
	return sort.Search(len(c.lines), func(i int) bool { return c.lines[i] > offset }) - 1
}

// Cut returns the longest prefix of s that has at most size bytes and does not end inside a
// character.
func Cut(s string, size int) string {
	if len(s) <= size {
		return s
	}
	for size > 0 && !utf8.RuneStart(s[size]) {
		size--
	}
	return s[:size]
}

// Nesting returns how deep the brackets [ and { nest in b, counting those in strings and
// comments too. Callers use it to bound recursive readers of untrusted input.
func Nesting(b []byte) (deepest int) {
	depth := 0
	for _, c := range b {
		switch c {
		case '[', '{':
			depth++
			deepest = max(deepest, depth)
		case ']', '}':
			depth = max(0, depth-1)
		}
	}
	return deepest
}
