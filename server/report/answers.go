package report

import (
	"strings"

	"lanser/index/beneath"
	"lanser/selectors/text"
	"lanser/server/bundle"
)

// CompactAll returns several answers as [Compact] returns one, separated by blank lines. Together they have at most
// l.Max bytes, of which each answer gets an equal share, whether it needs it or not.
func CompactAll(list []*bundle.Bundle, l Layout) string {
	l.Max /= max(1, len(list))
	var out []string
	for _, b := range list {
		out = append(out, Compact(b, l))
	}
	return strings.Join(out, "\n")
}

// Files returns a function that reads regular files of a workspace, nil if the workspace cannot be opened. It does not
// follow paths or links out of the workspace, because paths may come from a bundle that somebody else made. Call done
// when the function is not used any more. lines takes an unescaped path relative to root, and returns nil for a file
// that cannot be read, is not a regular file or has more than [beneath.MaxSize] bytes. It does not cache.
func Files(root string) (lines func(p string) *text.Content, done func()) {
	dir, err := beneath.Open(root)
	if err != nil {
		return nil, func() {} // what is read from files is left out
	}
	read := func(p string) *text.Content {
		raw, err := dir.Direct().ReadFile(p, beneath.MaxSize)
		if err != nil {
			return nil
		}
		return text.New(raw)
	}
	return read, dir.Close
}
