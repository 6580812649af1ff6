package index

import (
	"bytes"

	"lanser/index/syntax"
	"lanser/selectors/text"
)

// Unread returns the parts of a file in which its outline may lack declarations: around each range that the grammar
// did not understand, as far as the lines are not empty and none begins with the bracket that ends a declaration; the
// whole file if it was not parsed, or has too many such ranges. The error says why the file cannot be read.
func (s *Snapshot) Unread(path string) ([]text.Span, error) {
	c, err := s.Content(path)
	if err != nil {
		return nil, err
	}
	o, err := s.Outline(path)
	if err != nil {
		return nil, err
	}
	if o.Skipped != "" || len(o.Errors) >= syntax.MaxErrors {
		return []text.Span{{Start: 0, End: len(c.Bytes())}}, nil
	}
	var out []text.Span
	for _, e := range o.Errors {
		out = append(out, paragraph(c, e))
	}
	return out, nil
}

// paragraph extends a span to the lines around it, up to an empty line or the end of a declaration.
func paragraph(c *text.Content, s text.Span) text.Span {
	first, last := c.LineOf(s.Start), c.LineOf(s.End)
	for first > 0 && !endsParagraph(c.Line(first-1)) {
		first--
	}
	for last+1 < c.Lines() && !endsParagraph(c.Line(last)) {
		last++
	}
	start, _ := c.LineSpan(first)
	end, _ := c.LineSpan(last)
	return text.Span{Start: start.Start, End: max(end.End, s.End)}
}

// endsParagraph reports whether a line is empty, or begins with the bracket that ends a declaration.
func endsParagraph(line string) bool {
	return len(bytes.TrimSpace([]byte(line))) == 0 || line[0] == '}'
}
