package report

import (
	"strings"

	"lanser/selectors/text"
	"lanser/server/bundle"
)

// excerptLine is a line of code in three parts. If Hit is true, the middle part is what a finding is about.
type excerptLine struct {
	Number                int // 1-based
	Before, Marked, After string
	Hit                   bool
}

// around is the number of lines that an excerpt has before the first line of a finding, and after it.
const around = 2

// excerpt returns the first line of a finding with the lines around it; nil if the file has changed since the
// check. Blank lines at the beginning and at the end are left out. The range of a finding that goes on in further lines
// marks the rest of its first line. The texts are not escaped; a line is cut after [maxShown] bytes.
func (c *Check) excerpt(d bundle.Diagnostic) (out []excerptLine) {
	content := c.content(d)
	enc, err := text.ParseEncoding(c.Environment.PositionEncoding)
	if content == nil || err != nil {
		return nil
	}
	at := d.Range[0]
	for n := max(0, at-around); n <= at+around; n++ {
		span, ok := content.LineSpan(n)
		if !ok {
			break
		}
		line := text.Cut(strings.TrimRight(string(content.Bytes()[span.Start:span.End]), "\r\n"), maxShown)
		l := excerptLine{Number: n + 1, Before: line}
		if n == at {
			start, end := text.Point{Line: n, Col: d.Range[1]}, text.Point{Line: d.Range[2], Col: d.Range[3]}
			marked, ok := content.SpanOf(text.Range{Start: start, End: end}, enc)
			from, to := marked.Start-span.Start, marked.End-span.Start
			if ok && from <= len(line) {
				to = max(from, min(to, len(line)))
				l = excerptLine{Number: n + 1, Before: line[:from], Marked: line[from:to], After: line[to:], Hit: true}
			}
		}
		out = append(out, l)
	}

	for len(out) > 0 && strings.TrimSpace(out[len(out)-1].Before) == "" && !out[len(out)-1].Hit {
		out = out[:len(out)-1]
	}

	for len(out) > 0 && strings.TrimSpace(out[0].Before) == "" && !out[0].Hit {
		out = out[1:]
	}

	return out
}

// maxShown is the number of bytes of a line of code that an excerpt shows.
const maxShown = 400
