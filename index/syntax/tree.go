//go:build cgo

package syntax

import (
	"context"
	"slices"

	sitter "github.com/smacker/go-tree-sitter"

	"lanser/selectors"
	"lanser/selectors/text"
)

// Node follows the indexed steps of an AST path below the node that is within;
// ok is false where there is no such node. The error is as Parse's.
func Node(
	ctx context.Context,
	file string,
	src []byte,
	within text.Span,
	steps []selectors.Step,
) (s text.Span, ok bool, err error) {
	err = parse(ctx, file, src, func(_ context.Context, _ *Language, _ string, root *sitter.Node) error {
		n := covering(root, within)
		for _, step := range steps {
			left := step.Index
			n = below(n, step.Kind, &left)
			if n == nil {
				return nil
			}
		}
		s, ok = span(n), true
		return nil
	})
	return s, ok, err
}

// covering is the outermost node of exactly the span, else the innermost that
// holds it.
func covering(n *sitter.Node, s text.Span) *sitter.Node {
	for span(n) != s {
		inside := children(n)
		i := slices.IndexFunc(inside, func(c *sitter.Node) bool { return span(c).Contains(s) })
		if i < 0 {
			break
		}
		n = inside[i]
	}
	return n
}

// children lists the nodes right below n: with a cursor, for the library looks for
// the i-th from the first on.
func children(n *sitter.Node) []*sitter.Node {
	out := make([]*sitter.Node, 0, n.ChildCount())
	cur := sitter.NewTreeCursor(n)
	defer cur.Close()
	for ok := cur.GoToFirstChild(); ok; ok = cur.GoToNextSibling() {
		out = append(out, cur.CurrentNode())
	}
	return out
}

// below is the left-th node below n, in source order, whose kind or field is the
// given one; left counts down.
func below(n *sitter.Node, kind string, left *int) *sitter.Node {
	for i, c := range children(n) {
		if c.Type() == kind || n.FieldNameForChild(i) == kind {
			if *left == 0 {
				return c
			}
			*left--
		}
		if found := below(c, kind, left); found != nil {
			return found
		}
	}
	return nil
}
