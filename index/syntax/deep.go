//go:build cgo

package syntax

import sitter "github.com/smacker/go-tree-sitter"

// Bounds on what is listed of one file. To find what is around a node the library searches
// the tree from its root, so that what is nested without a bound takes time that grows with
// the square of its depth, and the names of what is around a declaration are kept with it.
const maxNested = 100 // declarations, each in another

// maxDeclared bounds the declarations that are listed of a file. Only tests change it.
var maxDeclared = 100_000

// The reasons in Outline.Skipped.
const (
	tooDeep = "nested deeper than what is listed"
	tooMany = "longer than what is listed"
)

// nesting estimates how deep matches are nested in each other, as they come: almost always
// what is around comes first.
type nesting struct {
	open []uint32         // where those around the last match end
	left map[uintptr]bool // the nodes that are too deep
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
