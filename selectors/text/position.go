package text

import (
	"fmt"
	"unicode/utf8"
)

// A place in a file is written down in several ways, and mixing two of them up is the classic
// bug of tools like this one. These are all that occur in the project:
//
//   - Byte offset: an int, 0-based, counted from the start of the content. The index, the
//     selectors and every [Span] use it; nothing else is needed until a place is shown or sent.
//   - Line and UTF-8 column: a [Point] in unit [UTF8]. The column counts bytes from the start of
//     the line. clangd, rust-analyzer and the native TypeScript server choose it when offered.
//   - Line and UTF-16 column: a Point in unit [UTF16]. The column counts UTF-16 code units: a
//     character above U+FFFF, such as an emoji, counts two. It is LSP's default (LSP 3.17,
//     PositionEncodingKind) and the default of selectors and bundles.
//   - Line and code points: a Point in unit [CodePoint]. The column counts Unicode scalar values.
//     It is what editors show to people, and LSP's "utf-32".
//
// Points are 0-based in line and column, as in LSP and in bundles. Selectors, SARIF, compilers'
// messages and the text that people read are 1-based: they add one to both numbers at the very
// edge, where they print or parse, and nowhere else.
//
// Ends of ranges are exclusive in every form.
//
// Lines end at "\n", "\r\n" or a lone "\r" (LSP 3.17, "Text Documents"), and a line break is no
// part of its line's columns. Servers that count lines by another rule are adapted at the border of their
// sessions, see [LineEnds]. A byte-order mark is content like any other here: a server that
// strips it is adapted where that server is described.
//
// "a😀b" shows the difference. The b has the byte offset 5, and the column 5 in UTF-8, 3 in
// UTF-16 and 2 in code points.
//
// The conversions are named for what they return. All go by way of the byte offset:
//
//	offset → Point    Content.PointOf
//	Point  → offset   Content.OffsetOf (strict), Content.ClipOffsetOf (lenient)
//	Point  → Point    Convert
//	Span   → Range    Content.RangeOf
//	Range  → Span     Content.SpanOf (lenient)
//
// The lenient ones take what a language server sends, and report what they had to clip. A
// conversion that is written anywhere else in the project is a bug.

// Encoding is the unit of a column.
type Encoding string

// The encodings, by LSP's names except CodePoint, which LSP calls "utf-32".
const (
	UTF8      Encoding = "utf-8"
	UTF16     Encoding = "utf-16"
	CodePoint Encoding = "codepoint"
)

// ParseEncoding reads the name of a unit as --index-io takes it, or LSP's "utf-32".
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

// Range is a half-open range of Points of one Encoding.
type Range struct{ Start, End Point }

// Convert restates a point of the content, which is in units of from, in units of to. ok is
// false where the content has no such point; the result is then the nearest one that it has.
//
// Where the units are equal the point is returned unchecked, and c may be nil.
func Convert(c *Content, p Point, from, to Encoding) (converted Point, ok bool) {
	if from == to {
		return p, true
	}
	offset, ok := c.ClipOffsetOf(p, from)
	return c.PointOf(offset, to), ok
}

// RangeOf converts a span, clipped to the content, to a Range.
func (c *Content) RangeOf(s Span, enc Encoding) Range {
	return Range{Start: c.PointOf(s.Start, enc), End: c.PointOf(s.End, enc)}
}

// SpanOf converts a Range that a server sent to a span, as [Content.ClipOffsetOf] converts its
// ends. ok is false when an end had to be clipped, or when the range ends before it starts: the
// span is then empty at the start.
func (c *Content) SpanOf(r Range, enc Encoding) (s Span, ok bool) {
	start, startOK := c.ClipOffsetOf(r.Start, enc)
	end, endOK := c.ClipOffsetOf(r.End, enc)
	return Span{Start: start, End: max(start, end)}, startOK && endOK && start <= end
}

// PointOf converts a byte offset, clipped to the content, to a Point.
func (c *Content) PointOf(offset int, enc Encoding) Point {
	offset = max(0, min(offset, c.Len()))
	line := c.LineOf(offset)
	return Point{Line: line, Col: units(c.bytes[c.lines[line]:offset], enc)}
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

// ClipOffsetOf converts a Point that a server sent: a column past the end of the line means the
// end of the line, and a line past the end of the file means the end of the file (LSP 3.17,
// "Position"). ok is false when such clipping was needed.
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

// units counts the columns that b, a part of one line, takes.
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

// width is the number of columns that one character of size bytes takes.
func width(r rune, size int, enc Encoding) int {
	if enc == UTF8 {
		return size
	}
	if enc == UTF16 && r > 0xFFFF {
		return 2
	}
	return 1
}
