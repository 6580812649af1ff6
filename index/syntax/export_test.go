package syntax

import (
	"context"
	"fmt"
	"regexp/syntax"
	"strings"

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

// CheckDescriptions returns the first mistake in the descriptions of the languages.
func CheckDescriptions() error {
	_, err := loadAll(folders)
	return err
}

// FolderOf returns the folder below languages/ of a file's language, "" if the file has none.
func FolderOf(file string) string {
	if l := ByFile(file); l != nil {
		return l.folder
	}
	return ""
}

// TreeOf returns the syntax tree of a file, with a node on each line: its field, type and code.
func TreeOf(file string, src []byte) (string, error) {
	var b strings.Builder
	write := func(_ context.Context, _ *Language, _ string, root *sitter.Node) error {
		writeTree(&b, src, root, "", 0)
		return nil
	}
	err := parse(context.Background(), file, src, write)
	return b.String(), err
}

func writeTree(b *strings.Builder, src []byte, n *sitter.Node, field string, depth int) {
	b.WriteString(strings.Repeat("  ", depth))
	if field != "" {
		b.WriteString(field + ": ")
	}
	b.WriteString(n.Type())
	if n.NamedChildCount() == 0 {
		fmt.Fprintf(b, " %.40q", n.Content(src))
	}
	b.WriteString("\n")
	for i := range int(n.ChildCount()) {
		if c := n.Child(i); c.IsNamed() {
			writeTree(b, src, c, n.FieldNameForChild(i), depth+1)
		}
	}
}

// Mandatory is [mandatory] for a pattern that is valid.
func Mandatory(pattern string) string {
	parsed, err := syntax.Parse(pattern, syntax.Perl)
	if err != nil {
		panic(err)
	}
	return mandatory(parsed)
}
