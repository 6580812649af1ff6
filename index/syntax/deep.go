//go:build cgo

package syntax

import (
	"bytes"

	sitter "github.com/smacker/go-tree-sitter"

	"lanser/selectors/text"
)

// maxDepth bounds the depth of a tree in nodes. A query takes a time that grows with the square of the depth, and
// nothing can stop it: 20,000 calls of TypeScript in each other, 240 KB, took half a minute.
const maxDepth = 2000

// levelsPerByte is how many nodes in each other a grammar makes of one byte, at most.
const levelsPerByte = 4

// deepSpans returns the ranges of the nodes of a file at maxDepth. Nodes that are too short for that are not entered,
// which are nearly all.
func deepSpans(root *sitter.Node) (spans []text.Span) {
	cur := sitter.NewTreeCursor(root)
	defer cur.Close()
	for depth := 0; ; {
		here := span(cur.CurrentNode())
		if depth == maxDepth {
			spans = append(spans, here)
		} else if depth+levelsPerByte*here.Len() >= maxDepth && cur.GoToFirstChild() {
			depth++
			continue
		}
		for !cur.GoToNextSibling() {
			if !cur.GoToParent() {
				return spans
			}
			depth--
		}
	}
}

// blanked returns src with blanks in place of some ranges; lines stay lines.
func blanked(src []byte, spans []text.Span) []byte {
	out := bytes.Clone(src)
	for _, s := range spans {
		for i := s.Start; i < s.End; i++ {
			if out[i] != '\n' && out[i] != '\r' {
				out[i] = ' '
			}
		}
	}
	return out
}

// maxNested bounds how many declarations that are listed may be in each other. Without a bound, the time grows with
// the square of the depth: to find the parent of a node, the library searches the tree from its root. So does the
// memory, because each declaration has the names of all that are around it.
const maxNested = 100

// maxDeclared bounds the declarations that are listed of a file. Only tests change it.
var maxDeclared = 100_000

// The reasons in Outline.Skipped.
const (
	tooDeep = "nested deeper than what is listed"
	tooMany = "longer than what is listed"
)

// nesting estimates how deep matches are nested in each other, in the order in which the query finds them: nearly
// always, an outer match comes before those in it.
type nesting struct {
	open []uint32         // the ends, in bytes, of the matches around the last one
	left map[uintptr]bool // the ids of the nodes that are too deep
}

// leaves reports whether a match is nested so deeply that it need not be read. This is an estimate with a wide
// margin; [nest] is exact.
func (n *nesting) leaves(node *sitter.Node) bool {
	start := node.StartByte()
	for len(n.open) > 0 && n.open[len(n.open)-1] <= start {
		n.open = n.open[:len(n.open)-1]
	}
	if len(n.open) > 2*maxNested {
		n.left[node.ID()] = true
		return true
	}
	n.open = append(n.open, node.EndByte())
	return false
}
