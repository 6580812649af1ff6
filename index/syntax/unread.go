//go:build cgo

package syntax

import (
	"bytes"
	"context"
	"regexp"
	"regexp/syntax"
	"slices"
	"sync"

	sitter "github.com/smacker/go-tree-sitter"

	"lanser/selectors/text"
)

// Unread is a construct of a language that its grammar cannot read, because the language is newer or because the
// grammar is wrong, and what to read in its place. It changes no offset. It is tried where the tree of a file has
// errors, and kept if the tree has fewer of them then: only near the errors at first, because the pattern may also
// match what the grammar reads, and then in the whole file.
type Unread struct {
	// Match is a regular expression. What its group matches, the first of several that matches, is replaced by With and
	// blanks; lines stay lines.
	Match string `json:"match"`
	// With is at most as long as what the group matches, in bytes.
	With string `json:"with"`

	match *regexp.Regexp
	// literal is in every match: a search for it is far faster than one for the pattern.
	literal []byte
}

// mandatory returns the longest text that is in every match of a pattern, as far as its structure shows; "" for none.
func mandatory(re *syntax.Regexp) (longest string) {
	switch re.Op {
	case syntax.OpLiteral:
		if re.Flags&syntax.FoldCase == 0 {
			return string(re.Rune)
		}
	case syntax.OpCapture, syntax.OpPlus:
		return mandatory(re.Sub[0])
	case syntax.OpConcat:
		for _, part := range re.Sub {
			if s := mandatory(part); len(s) > len(longest) {
				longest = s
			}
		}
	}
	return longest
}

// maxReplacements bounds how often the pattern of an [Unread] is looked for in what it has left, because a match may
// contain the beginning of the next one.
const maxReplacements = 8

// find returns what the pattern matches in src, with its groups.
func (u *Unread) find(src []byte) [][]int {
	if !bytes.Contains(src, u.literal) {
		return nil
	}
	return u.match.FindAllSubmatchIndex(src, -1)
}

// replace returns src, in which find has found matches, with the construct replaced where it overlaps one of the
// spans; nil if there is none.
func (u *Unread) replace(src []byte, matches [][]int, within []text.Span) []byte {
	var out []byte
	for range maxReplacements {
		if out != nil {
			src, matches = out, u.find(out)
		}
		changed := false
		for _, m := range matches {
			group := 2
			for group+3 < len(m) && m[group] < 0 {
				group += 2
			}
			from, to := m[group], m[group+1]
			if from < 0 || to-from < len(u.With) || !overlapsAny(within, from, to) {
				continue
			}
			if out == nil {
				out = bytes.Clone(src)
			}
			for i := from; i < to; i++ {
				c := out[i]
				if at := i - from; at < len(u.With) {
					out[i] = u.With[at]
				} else if c != '\n' && c != '\r' {
					out[i] = ' '
				}
				changed = changed || out[i] != c
			}
		}
		if !changed {
			return out
		}
	}
	return out
}

// overlapsAny reports whether the range from:to overlaps or touches one of the spans.
func overlapsAny(spans []text.Span, from, to int) bool {
	return slices.ContainsFunc(spans, func(s text.Span) bool { return from <= s.End && to >= s.Start })
}

// withUnread returns the tree of a file that has the fewest errors when the constructs that the grammar cannot read
// are replaced: those that help near its errors, then those that help in the whole file, and then all. It closes the
// trees that it does not return. readable is src with what was replaced.
func (l *Language) withUnread(
	ctx context.Context, tree *sitter.Tree, grammar string, src []byte,
) (fewest *sitter.Tree, readable []byte, err error) {
	errors := errorBytes(tree)
	found := make([]func() [][]int, len(l.Unread)) // in src
	search := func() {
		for i := range l.Unread {
			found[i] = sync.OnceValue(func() [][]int { return l.Unread[i].find(src) })
		}
	}
	search()
	try := func(from, to int, within []text.Span) error { // of l.Unread
		replaced, changed := src, false
		for i := from; i < to; i++ {
			u, matches := &l.Unread[i], found[i]
			if changed {
				matches = func() [][]int { return u.find(replaced) }
			}
			if out := u.replace(replaced, matches(), within); out != nil {
				replaced, changed = out, true
			}
		}
		if !changed {
			return nil
		}
		second, err := parseBy(ctx, grammar, replaced)
		if err != nil {
			return err
		}
		n := errorBytes(second)
		if n >= errors {
			second.Close()
			return nil
		}
		tree.Close()
		tree, src, errors = second, replaced, n
		search()
		return nil
	}

	for i := 0; i < len(l.Unread) && err == nil && errors > 0; i++ {
		err = try(i, i+1, linesAround(src, errorSpans(tree.RootNode(), maxWeighed)))
	}
	whole := []text.Span{{Start: 0, End: len(src)}}
	for i := 0; i < len(l.Unread) && err == nil && errors > 0; i++ {
		err = try(i, i+1, whole)
	}
	if err == nil && errors > 0 {
		err = try(0, len(l.Unread), whole) // of two in one statement, neither helps alone
	}
	if err != nil {
		tree.Close()
		return nil, nil, err
	}
	return tree, src, nil
}

// linesAround returns the spans extended to whole lines, and by one line on both sides.
func linesAround(src []byte, spans []text.Span) []text.Span {
	out := make([]text.Span, 0, len(spans))
	for _, s := range spans {
		for range 2 {
			s.Start = max(bytes.LastIndexByte(src[:s.Start], '\n'), 0)
			if i := bytes.IndexByte(src[s.End:], '\n'); i >= 0 {
				s.End += i + 1
			} else {
				s.End = len(src)
			}
		}
		out = append(out, s)
	}
	return out
}

// maxWeighed bounds the ranges that [errorBytes] adds up.
const maxWeighed = 1000

// errorBytes returns how much of a tree the grammar did not understand: the number of ranges, and of the bytes in them.
func errorBytes(tree *sitter.Tree) (n int) {
	for _, s := range errorSpans(tree.RootNode(), maxWeighed) {
		n += 1 + s.Len()
	}
	return n
}

// errorSpans returns the outermost ranges that the grammar did not understand, at most limit.
func errorSpans(root *sitter.Node, limit int) []text.Span {
	if !root.HasError() {
		return nil
	}
	var out []text.Span
	var walk func(n *sitter.Node)
	walk = func(n *sitter.Node) {
		if len(out) >= limit || !n.HasError() && !n.IsMissing() {
			return
		}
		if n.IsError() || n.IsMissing() {
			out = append(out, span(n))
			return
		}
		for _, c := range children(n) {
			walk(c)
		}
	}
	walk(root)
	return out
}
