package text_test

import (
	"slices"
	"testing"

	"lanser/selectors/text"
)

func TestLinesAreCountedByTheServersRule(t *testing.T) {
	c := text.New([]byte("a\rb\r\nc\u2028d\n\u2029e\x0cf"))
	for _, tt := range []struct {
		ends text.LineEnds
		want []int // offsets of the lines
	}{
		{text.LineEndsLSP, []int{0, 2, 5, 11}},
		{text.LineEndsFeed, []int{0, 5, 11}},
		{text.LineEndsECMAScript, []int{0, 2, 5, 9, 11, 14}},
	} {
		counted := c.CountedBy(tt.ends)
		var got []int
		for l := range counted.Lines() {
			s, _ := counted.LineSpan(l)
			got = append(got, s.Start)
		}
		if !slices.Equal(got, tt.want) {
			t.Errorf("rule %d: lines at %v, want %v", tt.ends, got, tt.want)
		}
		for at := range c.Len() + 1 {
			p := counted.PointOf(at, text.UTF8)
			if back, ok := counted.ClipOffsetOf(p, text.UTF8); ok && back != at {
				t.Errorf("rule %d: offset %d is %v, which is offset %d", tt.ends, at, p, back)
			}
		}
		if counted.Digest() != c.Digest() || c.CountedBy(tt.ends) != counted {
			t.Errorf("rule %d: not the same content", tt.ends)
		}
	}
	plain := text.New([]byte("a\r\nb\n"))
	if plain.CountedBy(text.LineEndsFeed) != plain || plain.CountedBy(text.LineEndsECMAScript) != plain {
		t.Error("a content whose lines are the same by every rule is copied")
	}
}
