// Package text owns file content: the bytes with their digest, the line table,
// and every conversion between byte offsets and line/column pairs in UTF-8
// bytes, UTF-16 code units and Unicode scalar values.
//
// A second conversion anywhere else in the project is a bug. Four
// representations of a place exist, and all meet here:
//
//   - an offset, in bytes from the start of the content: what the index holds;
//   - a [Point] in UTF-16 units: what most language servers speak (LSP 3.17,
//     PositionEncodingKind "utf-16", the default);
//   - a Point in UTF-8 bytes: what clangd, rust-analyzer and the native
//     TypeScript server choose when offered;
//   - a Point in code points: what people count, and LSP's "utf-32".
//
// Points are 0-based in line and column. Lines end at "\n", "\r\n" or a lone
// "\r", as LSP 3.17 "Text Documents" says. Invalid UTF-8 counts one unit a byte
// in every encoding, so that no content is unaddressable. A byte-order mark is
// content like any other here; who strips it is the server's quirk.
//
// The package does not read files and knows nothing of LSP messages.
package text

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"sort"
	"unicode/utf8"
)

// Encoding is the unit of a column.
type Encoding string

// The encodings, by LSP's names except CodePoint, which LSP calls "utf-32".
const (
	UTF8      Encoding = "utf-8"
	UTF16     Encoding = "utf-16"
	CodePoint Encoding = "codepoint"
)

// ParseEncoding accepts the names of --index-io and LSP's "utf-32".
func ParseEncoding(s string) (Encoding, error) {
	switch e := Encoding(s); e {
	case UTF8, UTF16, CodePoint:
		return e, nil
	case "utf-32":
		return CodePoint, nil
	}
	return "", fmt.Errorf("unknown column unit %q: want utf-16, utf-8 or codepoint", s)
}

// Point is a 0-based line and a 0-based column in units of some Encoding.
type Point struct{ Line, Col int }

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
}

// New takes ownership of b, which must not change afterwards.
func New(b []byte) *Content {
	c := &Content{bytes: b, digest: Digest(b), lines: []int{0}}
	for i := 0; i < len(b); i++ {
		switch b[i] {
		case '\n':
			c.lines = append(c.lines, i+1)
		case '\r':
			if i+1 < len(b) && b[i+1] == '\n' {
				i++
			}
			c.lines = append(c.lines, i+1)
		}
	}
	return c
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

// PointOf converts a byte offset, clipped to the content, to a Point.
func (c *Content) PointOf(offset int, enc Encoding) Point {
	offset = max(0, min(offset, c.Len()))
	line := sort.Search(len(c.lines), func(i int) bool { return c.lines[i] > offset }) - 1
	return Point{line, units(c.bytes[c.lines[line]:offset], enc)}
}

// OffsetOf converts a Point to a byte offset. It fails when the line does not
// exist, the column lies past the line's end, or the column falls inside a
// character: such a Point names no place, and guessing one would move the
// question to something else.
func (c *Content) OffsetOf(p Point, enc Encoding) (int, error) {
	s, ok := c.LineSpan(p.Line)
	if !ok {
		return 0, fmt.Errorf("line %d is past the end: the file has %d", p.Line+1, c.Lines())
	}
	b, left := c.bytes[s.Start:s.End], p.Col
	for i := 0; ; {
		switch {
		case left == 0:
			return s.Start + i, nil
		case left < 0:
			return 0, fmt.Errorf("column %d of line %d falls inside a character in units of %s", p.Col+1, p.Line+1, enc)
		case i >= len(b):
			return 0, fmt.Errorf("column %d is past the end of line %d, which has %d columns in units of %s",
				p.Col+1, p.Line+1, units(b, enc), enc)
		}
		r, n := utf8.DecodeRune(b[i:])
		left -= width(r, n, enc)
		i += n
	}
}

// ClipOffsetOf is OffsetOf for a server's word: a column past the end of the
// line means its end, a line past the end the end of the file (LSP 3.17,
// "Position"). ok is false when that clipping was needed.
func (c *Content) ClipOffsetOf(p Point, enc Encoding) (offset int, ok bool) {
	if o, err := c.OffsetOf(p, enc); err == nil {
		return o, true
	}
	s, exists := c.LineSpan(p.Line)
	switch {
	case !exists && p.Line == c.Lines() && p.Col == 0:
		return c.Len(), true // "the line after the last" is how servers write the end
	case !exists && p.Line < 0:
		return 0, false
	case !exists:
		return c.Len(), false
	case p.Col < 0:
		return s.Start, false
	}
	return s.End, false
}

func units(b []byte, enc Encoding) int {
	if enc == UTF8 {
		return len(b)
	}
	n := 0
	for len(b) > 0 {
		r, size := utf8.DecodeRune(b)
		n += width(r, size, enc)
		b = b[size:]
	}
	return n
}

func width(r rune, size int, enc Encoding) int {
	switch {
	case enc == UTF8:
		return size
	case enc == UTF16 && r > 0xFFFF:
		return 2
	}
	return 1
}

// Nesting is how deep the brackets [ and { nest in b, those in strings and comments
// included: a bound for readers that call themselves for each.
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
