package selectors

import (
	"slices"
	"strings"

	"lanser/selectors/lazyregexp"
	"lanser/selectors/text"
)

// otherRole reports whether a piece of a present file certainly is not the piece of an earlier version that is
// being looked for, however alike the two are, because it has another role (spec section 2, "Relocation"):
//
//   - its line was another line of the earlier version;
//   - it is in a block that the earlier version had too, and that did not hold the earlier piece: the next
//     branch, the method below. Blocks are recognised by their indentation, in every language;
//   - it declares or imports other names, and these are not new, or those of the piece are still there;
//   - it is more like another line of the earlier version, which is gone too;
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
	isNewer := !r.now.FormerRelocation()
	around := blockHeads(was, was.LineOf(span.Start), isNewer)
	for _, head := range blockHeads(is, is.LineOf(s.Start), isNewer) {
		start, _ := is.LineSpan(head)
		from, ok := lines.From(start.Start)
		then, _ := was.LineSpan(was.LineOf(from))
		if ok && !slices.Contains(around, was.LineOf(from)) && !(isNewer && isAlone(was, then, is, start)) {
			return true
		}
	}

	if isNewer && (r.declaresOther(old, path, span, file, s) || hasLiker(was, span, is, s)) {
		return true
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

// importLine matches a line that only names a file or a package, as in the imports of Go and the includes of C. Its
// group is that name.
var importLine = lazyregexp.New(`^(?:#\s*(?:include|import)\s*|[\w.]+\s+)?(["<][^"<>\s]+[">]);?$`)

// declaresOther reports whether a piece of an earlier file and one of a present file both declare or import names, but
// no common one, so that they are two declarations: names of which the earlier version had the new ones, or which are
// still there, and all imports.
func (r resolver) declaresOther(old Version, path string, span text.Span, file string, s text.Span) bool {
	was, is, ok := r.contents(old, path, file)
	if !ok {
		return false
	}
	before, after := importLine.FindStringSubmatch(was.Slice(span)), importLine.FindStringSubmatch(is.Slice(s))
	if before != nil && after != nil {
		return before[1] != after[1]
	}
	then, now := declaredIn(old.LocalDecls(path), was, span), declaredIn(r.now.LocalDecls(file), is, s)
	for _, d := range then {
		sameLast := func(o Decl) bool { return o.Names[len(o.Names)-1] == d.Names[len(d.Names)-1] }
		if slices.ContainsFunc(now, sameLast) {
			return false
		}
	}
	isThere := func(d Decl) bool { return d.Alias || declares(r.now.LocalDecls(file), d.Names) }
	wasThere := func(d Decl) bool { return d.Alias || declares(old.LocalDecls(path), d.Names) }
	areTwo := len(then) > 0 && len(now) > 0 && then[0].Alias == now[0].Alias
	return areTwo && (slices.ContainsFunc(then, isThere) || slices.ContainsFunc(now, wasThere))
}

// declaredIn returns the declarations that can be used from elsewhere, and imports, whose names are on the lines of a
// span.
func declaredIn(decls []Decl, c *text.Content, s text.Span) (out []Decl) {
	first, last := c.LineOf(s.Start), c.LineOf(s.End)
	for _, d := range decls {
		line := c.LineOf(d.Name.Start)
		if d.Local == 0 && d.Name.Len() > 0 && first <= line && line <= last {
			out = append(out, d)
		}
	}
	return out
}

// hasLiker reports whether a present line which differs from a piece of an earlier file is more like another line of
// that file, which is gone too: "b: 2," is not what became of "a: 1," if there was a line "b: 1,".
func hasLiker(was *text.Content, span text.Span, is *text.Content, s text.Span) bool {
	now := words(is.Slice(s))
	ours := likeTokens(words(was.Slice(span)), now)
	if ours == 1 || was.LineOf(span.Start) != was.LineOf(span.End) {
		return false
	}
	lines := was.MapTo(is)
	for line := range was.Lines() {
		at, _ := was.LineSpan(line)
		if _, isKept := lines.Span(at); isKept || line == was.LineOf(span.Start) {
			continue
		}
		other := words(was.Slice(at))
		bound := 2 * float64(min(len(other), len(now))) / float64(max(1, len(other)+len(now)))
		if bound > ours && likeTokens(other, now) > ours && !slices.ContainsFunc(
			occurrences(is.Bytes(), strings.TrimSpace(was.Slice(at))),
			func(o text.Span) bool { return strings.TrimSpace(is.Line(is.LineOf(o.Start))) == is.Slice(o) },
		) {
			return true
		}
	}
	return false
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
// is indented less, the nearest above that with still less, and so on. withOpener adds the line that opens what the
// line closes, as the first.
func blockHeads(c *text.Content, line int, withOpener bool) (heads []int) {
	depth := indentation(c.Line(line))
	if opener, ok := openerOf(c, line); ok && withOpener {
		heads = append(heads, opener)
	}
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

// openerOf returns the line that opens the block which a line with a bracket closes: the nearest above that is indented
// as much and is no label, and the one above a lone bracket. ok is false for other lines.
func openerOf(c *text.Content, line int) (opener int, ok bool) {
	code := strings.TrimSpace(c.Line(line))
	if code == "" || !strings.ContainsRune("})]", rune(code[0])) {
		return 0, false
	}
	depth := indentation(c.Line(line))
	for line--; line >= 0; line-- {
		above := c.Line(line)
		code := strings.TrimSpace(above)
		isLabel := strings.HasSuffix(code, ":") || strings.HasPrefix(code, "case ") || strings.HasPrefix(code, "#")
		if code == "" || code == "{" || indentation(above) > depth || isLabel {
			continue
		}
		return line, indentation(above) == depth
	}
	return 0, false
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
