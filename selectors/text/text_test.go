package text_test

import (
	"testing"
	"unicode/utf16"

	"pgregory.net/rapid"

	"lanser/selectors/text"
)

func TestPointsConvertInEveryEncoding(t *testing.T) {
	const s = "a😀é\r\n漢x\ry\n"
	c := text.New([]byte(s))
	if c.Lines() != 4 {
		t.Fatalf("lines = %d, want 4", c.Lines())
	}
	for _, tt := range []struct {
		offset         int
		u8, u16, scalr text.Point
	}{
		{0, text.Point{0, 0}, text.Point{0, 0}, text.Point{0, 0}},
		{5, text.Point{0, 5}, text.Point{0, 3}, text.Point{0, 2}},
		{7, text.Point{0, 7}, text.Point{0, 4}, text.Point{0, 3}},
		{12, text.Point{1, 3}, text.Point{1, 1}, text.Point{1, 1}},
		{14, text.Point{2, 0}, text.Point{2, 0}, text.Point{2, 0}},
		{16, text.Point{3, 0}, text.Point{3, 0}, text.Point{3, 0}},
	} {
		for enc, want := range map[text.Encoding]text.Point{
			text.UTF8: tt.u8, text.UTF16: tt.u16, text.CodePoint: tt.scalr,
		} {
			if got := c.PointOf(tt.offset, enc); got != want {
				t.Errorf("PointOf(%d, %s) = %v, want %v", tt.offset, enc, got, want)
			}
			if got, err := c.OffsetOf(want, enc); err != nil || got != tt.offset {
				t.Errorf("OffsetOf(%v, %s) = %d, %v, want %d", want, enc, got, err, tt.offset)
			}
		}
	}
}

func TestOffsetOfRefusesPointsOutsideTheContentOrInsideACharacter(t *testing.T) {
	c := text.New([]byte("😀\nab"))
	for _, tt := range []struct {
		p   text.Point
		enc text.Encoding
	}{
		{text.Point{0, 1}, text.UTF16},
		{text.Point{0, 2}, text.UTF8},
		{text.Point{0, 2}, text.CodePoint},
		{text.Point{1, 3}, text.UTF16},
		{text.Point{2, 0}, text.UTF16},
		{text.Point{-1, 0}, text.UTF16},
		{text.Point{0, -1}, text.UTF16},
	} {
		if o, err := c.OffsetOf(tt.p, tt.enc); err == nil {
			t.Errorf("OffsetOf(%v, %s) = %d, want an error", tt.p, tt.enc, o)
		}
	}
}

func TestConversionIsItsOwnInverseOnAnyBytes(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		parts := rapid.SliceOf(rapid.SampledFrom([]string{
			"a", "é", "漢", "😀", "\n", "\r", "\r\n", "\xff", "\ufeff", " ",
		})).Draw(t, "parts")
		var b []byte
		starts := []int{}
		for _, p := range parts {
			starts = append(starts, len(b))
			b = append(b, p...)
		}
		c := text.New(b)
		for _, enc := range []text.Encoding{text.UTF8, text.UTF16, text.CodePoint} {
			for _, o := range starts {
				if o > 0 && b[o-1] == '\r' && b[o] == '\n' {
					continue // the middle of a line break is no place
				}
				got, err := c.OffsetOf(c.PointOf(o, enc), enc)
				if err != nil || got != o {
					t.Fatalf("%q: offset %d came back as %d, %v in %s", b, o, got, err, enc)
				}
			}
		}
	})
}

func TestUTF16WidthAgreesWithTheStandardLibrary(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := rapid.StringOf(rapid.Rune().Filter(func(r rune) bool { return r != '\n' && r != '\r' })).Draw(t, "s")
		c := text.New([]byte(s))
		if got, want := c.PointOf(len(s), text.UTF16).Col, len(utf16.Encode([]rune(s))); got != want {
			t.Fatalf("%q: %d units, want %d", s, got, want)
		}
	})
}

func TestConvertChangesTheUnitOfAPoint(t *testing.T) {
	c := text.New([]byte("x\na😀b\n"))
	all := map[text.Encoding]int{text.UTF8: 5, text.UTF16: 3, text.CodePoint: 2} // of the b
	for from, col := range all {
		for to, want := range all {
			got, ok := text.Convert(c, text.Point{Line: 1, Col: col}, from, to)
			if !ok || got != (text.Point{Line: 1, Col: want}) {
				t.Errorf("from %s to %s: %v, %v", from, to, got, ok)
			}
		}
	}
	if got, ok := text.Convert(c, text.Point{Line: 1, Col: 9}, text.UTF16, text.UTF8); ok ||
		got != (text.Point{Line: 1, Col: 6}) {
		t.Errorf("past the end of the line: %v, %v", got, ok)
	}
	if got, ok := text.Convert(nil, text.Point{Line: 7, Col: 9}, text.UTF16, text.UTF16); !ok ||
		got != (text.Point{Line: 7, Col: 9}) {
		t.Errorf("in the same unit: %v, %v", got, ok)
	}
}

func TestSpansAndRangesConvertBothWays(t *testing.T) {
	c := text.New([]byte("x\na😀b\n"))
	span := text.Span{Start: 3, End: 8}
	for _, enc := range []text.Encoding{text.UTF8, text.UTF16, text.CodePoint} {
		if got, ok := c.SpanOf(c.RangeOf(span, enc), enc); !ok || got != span {
			t.Errorf("%s: %v, %v", enc, got, ok)
		}
	}
	back := text.Range{Start: text.Point{Line: 1, Col: 1}, End: text.Point{}}
	if got, ok := c.SpanOf(back, text.UTF8); ok || got != (text.Span{Start: 3, End: 3}) {
		t.Errorf("a range that ends before it starts: %v, %v", got, ok)
	}
}

func TestCutEndsAtACharacterBoundary(t *testing.T) {
	for _, tt := range []struct {
		s    string
		size int
		want string
	}{{"abc", 5, "abc"}, {"abc", 2, "ab"}, {"aé", 2, "a"}, {"😀", 3, ""}, {"aé", 3, "aé"}} {
		if got := text.Cut(tt.s, tt.size); got != tt.want {
			t.Errorf("%q to %d bytes: %q, want %q", tt.s, tt.size, got, tt.want)
		}
	}
}
