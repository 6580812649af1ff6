//go:build cgo

package syntax

import (
	"context"
	"slices"
	"strings"

	sitter "github.com/smacker/go-tree-sitter"

	"lanser/selectors"
	"lanser/selectors/text"
)

// Node returns the span of the node that the indexed steps of an AST path lead to from the node with the span within;
// ok is false if there is no such node. Spans are in bytes of src. The error is that of [Parse].
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

// covering returns the outermost node with exactly this span, or otherwise the innermost that contains it.
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

// children returns the nodes directly below n. It uses a cursor, because the library finds the i-th child by
// counting from the first.
func children(n *sitter.Node) []*sitter.Node {
	out := make([]*sitter.Node, 0, n.ChildCount())
	cur := sitter.NewTreeCursor(n)
	defer cur.Close()
	for ok := cur.GoToFirstChild(); ok; ok = cur.GoToNextSibling() {
		out = append(out, cur.CurrentNode())
	}
	return out
}

// below returns the node with the 0-based number *left, in source order, of those below n that have the given kind or
// field; nil if there are fewer. It subtracts the nodes that it passes from *left.
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

// Identifiers returns the identifiers of a file, in order. The error is that of [Parse].
func Identifiers(ctx context.Context, file string, src []byte) (names []text.Span, err error) {
	err = parse(ctx, file, src, func(_ context.Context, _ *Language, _ string, root *sitter.Node) error {
		names = identifiersBelow(root, nil)
		return nil
	})
	return names, err
}

// identifiersBelow adds the identifiers below n to names.
func identifiersBelow(n *sitter.Node, names []text.Span) []text.Span {
	if n.ChildCount() == 0 {
		if s := span(n); n.IsNamed() && isIdentifier(n.Type()) && s.Len() > 0 {
			names = append(names, s)
		}
		return names
	}
	for _, c := range children(n) {
		names = identifiersBelow(c, names)
	}
	return names
}

// isIdentifier reports whether a kind of leaf is one that grammars have for names.
func isIdentifier(kind string) bool {
	return strings.Contains(kind, "identifier") || strings.HasSuffix(kind, "name") ||
		kind == "constant" || kind == "word"
}
