//go:build cgo

package syntax

import (
	"bytes"
	"slices"
	"strings"

	sitter "github.com/smacker/go-tree-sitter"

	"lanser/selectors/text"
)

// docAbove returns the range of the adjacent comments that end on the line before n, if accept takes each of them.
// Nodes of the types between may be between the last comment and n.
func docAbove(src []byte, n *sitter.Node, accept func(string) bool, between ...string) text.Span {
	if !commentAbove(src, int(n.StartByte())) && len(between) == 0 {
		return text.Span{}
	}
	var out text.Span
	for at := n; ; {
		prev := at.PrevSibling()
		if prev == nil || !adjoins(src, int(prev.EndByte()), int(at.StartByte())) {
			return out
		}
		if slices.Contains(between, prev.Type()) && out.End == 0 {
			at = prev
			continue
		}

		if !strings.Contains(prev.Type(), "comment") || !accept(prev.Content(src)) ||
			!ownLine(src, int(prev.StartByte())) {
			return out
		}
		if out.End == 0 {
			out.End = int(prev.EndByte())
		}
		out.Start, at = int(prev.StartByte()), prev
	}
}

// docBefore is like docAbove, for a caller that has the preceding siblings. This is faster, because the library
// searches the tree from its root for the sibling before a node.
func docBefore(src []byte, above []*sitter.Node, at int) (out text.Span) {
	if !commentAbove(src, at) {
		return out
	}
	for _, prev := range slices.Backward(above) {
		start, end := int(prev.StartByte()), int(prev.EndByte())
		if !adjoins(src, end, at) || prev.Type() != "comment" || !ownLine(src, start) {
			if end <= at && prev.Type() == "\n" {
				continue // Go's grammar has a node for the end of a declaration
			}
			return out
		}

		if out.End == 0 {
			out.End = end
		}
		out.Start, at = start, start
	}
	return out
}

// adjoins reports whether there is only white space with at most one line break between two offsets.
func adjoins(src []byte, end, start int) bool {
	gap := src[min(end, start):start]
	return bytes.Count(gap, []byte("\n")) <= 1 && len(bytes.TrimSpace(gap)) == 0
}

// commentAbove reports whether the line above an offset may be the end of a comment: it is not empty, and does not
// end like code.
func commentAbove(src []byte, at int) bool {
	line := src[:at]
	i := bytes.LastIndexByte(line, '\n')
	if i < 0 {
		return len(bytes.TrimSpace(line)) > 0
	}
	if len(bytes.TrimSpace(line[i:])) > 0 {
		return true // there is something before it on its own line
	}
	line = line[:i]
	line = bytes.TrimSpace(line[bytes.LastIndexByte(line, '\n')+1:])
	if bytes.HasPrefix(line, []byte("//")) || bytes.HasPrefix(line, []byte("#")) {
		return true
	}
	return len(line) > 0 && bytes.IndexByte([]byte("{};"), line[len(line)-1]) < 0
}

// ownLine reports whether there is only white space before an offset on its line.
func ownLine(src []byte, offset int) bool {
	for offset > 0 && src[offset-1] != '\n' {
		offset--
		if src[offset] != ' ' && src[offset] != '\t' {
			return false
		}
	}
	return true
}
