package syntax

import (
	"context"

	sitter "github.com/smacker/go-tree-sitter"

	"lanser/selectors/text"
)

// Impl is a block of Rust in which a type implements a trait.
type Impl struct {
	Self text.Span // the type that implements it: V in "impl Add for V"
	// Members are the names of the functions, constants and types in the block.
	Members map[string]text.Span
}

// Impls returns the blocks of a file of Rust in which types implement traits, also those in functions and constants, by
// the name of the trait without its path: "Add" in "impl std::ops::Add<u8> for V". What macros expand to is not known.
// The error is that of [Parse].
func Impls(ctx context.Context, file string, src []byte) (out map[text.Span]Impl, err error) {
	out = map[text.Span]Impl{}
	err = parse(ctx, file, src, func(_ context.Context, l *Language, _ string, root *sitter.Node) error {
		if l.Scheme == "rs" {
			addImpls(root, src, out)
		}
		return nil
	})
	return out, err
}

// addImpls adds the blocks in a node to out.
func addImpls(n *sitter.Node, src []byte, out map[text.Span]Impl) {
	for _, c := range named(n) {
		if isAny(c, "token_tree", "token_tree_pattern") {
			continue
		}
		trait, self := c.ChildByFieldName("trait"), c.ChildByFieldName("type")
		if c.Type() == "impl_item" && trait != nil && self != nil {
			impl := Impl{Self: span(self), Members: map[string]text.Span{}}
			if body := c.ChildByFieldName("body"); body != nil {
				for _, m := range named(body) {
					if name := m.ChildByFieldName("name"); name != nil {
						impl.Members[name.Content(src)] = span(name)
					}
				}
			}
			out[span(lastNameNode(trait))] = impl
		}
		addImpls(c, src, out)
	}
}
