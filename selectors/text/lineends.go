package text

import "slices"

// LineEnds is a rule of what ends a line. Bundles, selectors and everything in this project count by
// [LineEndsLSP]. Language servers do not all follow it, so what is sent to a server and what it answers is
// converted with the content as [Content.CountedBy] the server's rule gives it.
type LineEnds int

// The rules that servers follow.
const (
	// LineEndsLSP is the rule of LSP 3.17, "Text Documents": "\n", "\r\n" and a lone "\r".
	LineEndsLSP LineEnds = iota
	// LineEndsFeed is the rule of servers that split at "\n" only: a lone "\r" is part of its line.
	LineEndsFeed
	// LineEndsECMAScript is the rule of JavaScript: that of LSP, and U+2028 and U+2029.
	LineEndsECMAScript

	lineEndRules = iota
)

// lineTable returns the byte offset of the first byte of each line.
func lineTable(b []byte, ends LineEnds) []int {
	lines := []int{0}
	for i := 0; i < len(b); i++ {
		switch b[i] {
		case '\n':
			lines = append(lines, i+1)
		case '\r':
			if i+1 < len(b) && b[i+1] == '\n' {
				i++
			} else if ends == LineEndsFeed {
				continue
			}
			lines = append(lines, i+1)
		case 0xe2: // U+2028 is e2 80 a8, U+2029 is e2 80 a9
			if ends == LineEndsECMAScript && i+2 < len(b) && b[i+1] == 0x80 && b[i+2]&^1 == 0xa8 {
				i += 2
				lines = append(lines, i+1)
			}
		}
	}
	return lines
}

// CountedBy returns the same content with the lines that a rule gives it. It is the content itself where
// the rule gives the same lines, which is so for nearly every file. c must be one that [New] made.
func (c *Content) CountedBy(ends LineEnds) *Content {
	if ends == LineEndsLSP {
		return c
	}
	if known := c.counted[ends].Load(); known != nil {
		return known
	}
	counted := c
	if lines := lineTable(c.bytes, ends); !slices.Equal(lines, c.lines) {
		counted = &Content{bytes: c.bytes, digest: c.digest, lines: lines}
	}
	c.counted[ends].Store(counted)
	return counted
}
