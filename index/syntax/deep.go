package syntax

import (
	"sort"

	sitter "github.com/smacker/go-tree-sitter"

	"lanser/selectors/text"
)

// Bounds on nesting. To find what is around a node the library searches the tree from its
// root: what is nested without a bound takes time that grows with the square of its depth.
const (
	maxDepth  = 2000 // of nodes: a chain of a thousand calls has as many
	maxNested = 100  // of declarations
)

// tooDeep is what an outline is said to be that lacks what is nested deeper.
const tooDeep = "nested deeper than what is listed"

// smallNode is the size in bytes of a node whose inside is not looked into for depth: few
// levels fit, and most nodes are smaller.
const smallNode = 512

// deepSpans lists the nodes at the depth from which on nothing is listed, in order; none
// for almost every file.
func deepSpans(root *sitter.Node) (out []text.Span) {
	cur := sitter.NewTreeCursor(root)
	defer cur.Close()
	large := func() bool {
		n := cur.CurrentNode()
		return n.EndByte()-n.StartByte() >= smallNode
	}
	for depth := 0; ; {
		if large() {
			if depth == maxDepth {
				out = append(out, span(cur.CurrentNode()))
			} else if cur.GoToFirstChild() {
				depth++
				continue
			}
		}
		for !cur.GoToNextSibling() {
			if depth--; depth < 0 || !cur.GoToParent() {
				return out
			}
		}
	}
}

// within says whether one of the spans, which are in order and disjoint, holds an offset.
func within(spans []text.Span, at int) bool {
	i := sort.Search(len(spans), func(i int) bool { return spans[i].End > at })
	return i < len(spans) && spans[i].Start <= at
}
