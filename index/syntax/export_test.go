package syntax

import (
	"context"

	sitter "github.com/smacker/go-tree-sitter"
)

// ParseOnly parses a file and looks at nothing: what an outline costs at least.
func ParseOnly(file string, src []byte) error {
	return parse(
		context.Background(),
		file,
		src,
		func(context.Context, *Language, string, *sitter.Node) error { return nil },
	)
}

// ListAtMost sets the bound on the declarations that are listed of a file until restore is
// called.
func ListAtMost(n int) (restore func()) {
	was := maxDeclared
	maxDeclared = n
	return func() { maxDeclared = was }
}
