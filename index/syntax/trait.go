package syntax

import (
	"context"
	"slices"

	sitter "github.com/smacker/go-tree-sitter"

	"lanser/selectors/text"
)

// Trait returns the name of the trait of Rust that a function implements, without the path before it and without type
// arguments: "Add" for the function add in "impl std::ops::Add<u8> for V". It is "" for a function in an impl block
// without a trait, in a trait, in another function, for what is no function, and in files of other languages. The
// function is given by the span of its name, in bytes of src. The error is that of [Parse].
func Trait(ctx context.Context, file string, src []byte, function text.Span) (name string, err error) {
	err = parse(ctx, file, src, func(_ context.Context, _ *Language, _ string, root *sitter.Node) error {
		functions := 0
		for _, n := range slices.Backward(nodesAround(root, function)) {
			switch n.Type() {
			case "function_item":
				if name := n.ChildByFieldName("name"); functions == 0 && (name == nil || span(name) != function) {
					return nil // something in the function
				}
				functions++
			case "impl_item":
				if functions == 1 {
					if trait := n.ChildByFieldName("trait"); trait != nil {
						name = lastNameNode(trait).Content(src)
					}
				}
				return nil
			}
		}
		return nil
	})
	return name, err
}

// lastNameNode returns the name of a type of Rust without its path and its arguments.
func lastNameNode(n *sitter.Node) *sitter.Node {
	for {
		var inner *sitter.Node
		switch n.Type() {
		case "generic_type":
			inner = n.ChildByFieldName("type")
		case "scoped_type_identifier":
			inner = n.ChildByFieldName("name")
		}
		if inner == nil {
			return n
		}
		n = inner
	}
}
