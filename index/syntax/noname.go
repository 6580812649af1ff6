//go:build cgo

package syntax

import (
	"context"
	"unicode"
	"unicode/utf8"

	sitter "github.com/smacker/go-tree-sitter"

	"lanser/selectors/text"
)

// NoName says what a word of a file is that is no name: "a keyword", "a number", or "in a comment". It returns "" for
// every other word, and where the grammar does not understand the code. The error is that of [Parse].
func NoName(ctx context.Context, file string, src []byte, word text.Span) (what string, err error) {
	err = parse(ctx, file, src, func(_ context.Context, _ *Language, _ string, root *sitter.Node) error {
		around := nodesAround(root, word)
		leaf := around[len(around)-1]
		first, _ := utf8.DecodeRune(src[word.Start:word.End])
		switch {
		case classOf(leaf.Type()) == Comment:
			what = "in a comment"
		case isIn(around, "ERROR"):
		case !leaf.IsNamed() && span(leaf) == word && classOf(leaf.Type()) == "" && !isInString(around):
			what = "a keyword"
		case unicode.IsDigit(first) && leaf.IsNamed() && !isInString(around):
			what = "a number"
		}
		return nil
	})
	return what, err
}

// isIn reports whether one of several nodes has a type.
func isIn(nodes []*sitter.Node, kind string) bool {
	for _, n := range nodes {
		if n.Type() == kind {
			return true
		}
	}
	return false
}

// isInString reports whether the innermost of several nodes that has a class is a string.
func isInString(nodes []*sitter.Node) bool {
	class := Code
	for _, n := range nodes {
		if c := classOf(n.Type()); c != "" {
			class = c
		}
	}
	return class == String
}
