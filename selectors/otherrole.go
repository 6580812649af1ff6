package selectors

import (
	"slices"
	"strings"

	"lanser/selectors/text"
)

// otherRole reports whether a piece of a present file certainly is not the piece of an earlier version that is
// being looked for, however alike the two are, because it has another role (spec section 2, "Relocation"):
//
//   - its line was another line of the earlier version;
//   - it is in a block that the earlier version had too, and that did not hold the earlier piece: the next
//     branch, the method below. Blocks are recognised by their indentation, in every language;
//   - it is in a declaration that the earlier version had too, and neither of it and the declaration of the
//     earlier piece is in the other.
func (r resolver) otherRole(old Version, path string, span text.Span, file string, s text.Span) bool {
	was, is, ok := r.contents(old, path, file)
	if !ok {
		return false
	}
	lines := was.MapTo(is)
	from, ok := lines.From(s.Start)
	if ok && was.LineOf(from) != was.LineOf(span.Start) {
		return true
	}
	around := blockHeads(was, was.LineOf(span.Start))
	for _, head := range blockHeads(is, is.LineOf(s.Start)) {
		start, _ := is.LineSpan(head)
		from, ok := lines.From(start.Start)
		if ok && !slices.Contains(around, was.LineOf(from)) {
			return true
		}
	}

	now := enclosingDecl(r.now, file, s)
	in := enclosingDecl(old, path, span)
	if now == nil || in == nil {
		return false
	}
	names, have := in.outerNames(), now.outerNames()
	if isPrefix(names, have) || isPrefix(have, names) {
		return false
	}
	return declares(old.LocalDecls(path), have)
}

// declares reports whether a name path is declared by one of the declarations that is no import.
func declares(decls []Decl, names []string) bool {
	return slices.ContainsFunc(decls, func(d Decl) bool { return !d.Alias && slices.Equal(d.Names, names) })
}

// outerNames is the name path of the declaration, or of the outermost function that it is local to.
func (d Decl) outerNames() []string {
	if d.Local > 0 {
		return d.Names[:d.Local]
	}
	return d.Names
}

// isPrefix reports whether b begins with a.
func isPrefix(a, b []string) bool { return len(a) <= len(b) && slices.Equal(a, b[:len(a)]) }

// maxBlockHeads bounds the blocks around a line that are considered.
const maxBlockHeads = 50

// blockHeads lists the lines that head the blocks around a line, the innermost first: the nearest line above that
// is indented less, the nearest above that with still less, and so on.
func blockHeads(c *text.Content, line int) (heads []int) {
	depth := indentation(c.Line(line))
	for line--; line >= 0 && depth > 0 && len(heads) < maxBlockHeads; line-- {
		above := c.Line(line)
		if strings.TrimSpace(above) == "" || indentation(above) >= depth {
			continue
		}
		depth = indentation(above)
		heads = append(heads, line)
	}
	return heads
}

// indentation returns the width of the white space at the start of a line; a tab is as wide as four spaces.
func indentation(line string) (width int) {
	for _, c := range line {
		switch c {
		case ' ':
			width++
		case '\t':
			width += 4
		default:
			return width
		}
	}
	return width
}

// contents returns the content of a path in an earlier version, and that of a file now; ok is false if either cannot be
// read.
func (r resolver) contents(old Version, path, file string) (was, is *text.Content, ok bool) {
	was, err := old.Content(path)
	if err != nil {
		return nil, nil, false
	}
	is, err = r.now.Content(file)
	return was, is, err == nil
}
