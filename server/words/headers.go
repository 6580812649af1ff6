package words

import (
	"bytes"
	"context"
	"regexp"
	"slices"
	"strings"

	"lanser/selectors"
	"lanser/selectors/lazyregexp"
	"lanser/selectors/text"
	"lanser/server/ledger"
)

// Header returns the part of a type's declaration between its name and its body.
func Header(d *selectors.Decl) text.Span {
	s := text.Span{Start: d.Name.End, End: d.Sig.End}
	if d.Body.Len() > 0 {
		s.End = min(s.End, d.Body.Start)
	}
	s.End = max(s.Start, s.End)
	return s
}

// HeaderAt returns the type whose header names another type at a place, nil for none. An alias has no
// header, and what stands in type arguments is no base.
func HeaderAt(src Source, at ledger.Place) *selectors.Decl {
	decls := src.FileDecls(at.Path)
	for i := range decls {
		d := &decls[i]
		if d.Alias || !d.Kind.IsType() || d.Kind == selectors.KindType || !Header(d).Contains(at.Span) {
			continue
		}
		c, err := src.Content(at.Path)
		if err == nil && IsBase(d, c, at.Span) {
			return d
		}
	}
	return nil
}

// IsBase reports whether a word in the header of a type may name a base of it: it is no type argument, no qualifier, as
// abc is in abc.ABC, no keyword of C++, and no part of an argument by name, such as a metaclass.
func IsBase(d *selectors.Decl, c *text.Content, word text.Span) bool {
	keywords := []string{"public", "protected", "private", "virtual", "final"}
	if d.Lang == "cpp" && slices.Contains(keywords, c.Slice(word)) {
		return false
	}
	before := strings.TrimRight(c.Slice(text.Span{Start: d.Name.End, End: word.Start}), " \t")
	after := strings.TrimLeft(c.Slice(text.Span{Start: word.End, End: max(word.End, Header(d).End)}), " \t\r\n")
	isQualifier := strings.HasPrefix(after, ".") || strings.HasPrefix(after, "::")
	return !strings.HasSuffix(before, "=") && !inTypeArguments(before) && !isQualifier &&
		!(d.Lang == "py" && namesArgument.MatchString(lastArgument(before)))
}

// namesArgument matches what comes before the value of an argument by name.
var namesArgument = lazyregexp.New(`^\s*\w+\s*=`)

// lastArgument returns the last argument, which need not be complete, of a list in round brackets.
func lastArgument(list string) string {
	depth, start := 0, 0
	for i := range len(list) {
		switch list[i] {
		case '(', '[', '{':
			depth++
		case ')', ']', '}':
			depth--
		case ',':
		default:
			continue
		}
		if depth == 1 && (list[i] == '(' || list[i] == ',') {
			start = i + 1
		}
	}
	return list[start:]
}

// InCall reports whether a word in the header of a class of Python is an argument of a call: the base is what the call
// returns, which may be derived from it.
func InCall(d *selectors.Decl, c *text.Content, word text.Span) bool {
	before := c.Slice(text.Span{Start: d.Name.End, End: word.Start})
	return d.Lang == "py" && strings.Count(before, "(")-strings.Count(before, ")") > 1
}

// inTypeArguments reports whether a text ends between angle or square brackets.
func inTypeArguments(s string) bool {
	depth := 0
	for i := range len(s) {
		switch s[i] {
		case '<', '[':
			depth++
		case '>', ']':
			depth--
		}
	}
	return depth > 0
}

// ClassExpressionAt returns the name of the class of TypeScript that is written as a value and has a base at a place:
// the variable that is set to it, or the place itself.
func ClassExpressionAt(src Source, at ledger.Place) (name ledger.Place, ok bool) {
	lang, _ := src.Lang(at.Path)
	c, err := src.Content(at.Path)
	if lang != "ts" || err != nil {
		return ledger.Place{}, false
	}
	const maxHeader = 1000 // bytes
	start := max(0, at.Span.Start-maxHeader)
	left := c.Bytes()[start:at.Span.Start]
	if header := left[bytes.LastIndexAny(left, "{};()")+1:]; !derives.Match(header) {
		return ledger.Place{}, false // without trying the expression at each place before
	}
	m := classExpression.FindSubmatchIndex(left)
	if m == nil || inTypeArguments(c.Slice(text.Span{Start: start + m[2], End: at.Span.Start})) {
		return ledger.Place{}, false
	}
	class := start + m[2]
	for _, d := range src.FileDecls(at.Path) {
		between := text.Span{Start: d.Name.End, End: max(d.Name.End, class)}
		if d.Def.Contains(at.Span) && d.Name.End <= class && isSet.MatchString(c.Slice(between)) {
			return ledger.Place{Path: d.Path, Span: d.Name}, true
		}
	}
	return at, true
}

// IsSameClass reports whether a server means a class that is written as a value, and has the given name, when it
// names a place: the keyword of the class, its own name, or the keyword of the export.
func IsSameClass(src Source, name, keyword ledger.Place) bool {
	c, err := src.Content(name.Path)
	if err != nil || keyword.Path != name.Path {
		return false
	}
	between := text.Span{Start: min(name.Span.End, keyword.Span.End), End: max(name.Span.Start, keyword.Span.Start)}
	rest := c.Bytes()[keyword.Span.Start:]
	if bytes.HasPrefix(rest, []byte("class")) || isNamed.MatchString(c.Slice(between)) {
		return isSet.MatchString(strings.TrimSuffix(strings.TrimSpace(c.Slice(between)), "class"))
	}
	return bytes.HasPrefix(rest, []byte("export default")) && keyword.Span.Start <= name.Span.Start &&
		c.LineOf(keyword.Span.Start) == c.LineOf(name.Span.Start)
}

var (
	// classExpression matches the text before a base of a class that is a value: from the keyword "class" on.
	classExpression = lazyregexp.New(
		`(?:[=(,?:>&|\[]|\breturn|\bdefault)\s*(class\b[^{};()]*\b(?:extends|implements)\s[^{};()]*)$`,
	)
	// isNamed matches the text between the name of a variable and that of the class that it is set to.
	isNamed = lazyregexp.New(`^\s*(?::[^=]*)?=\s*class\s+$`)
	// isSet matches the text between the name of a variable and its value.
	isSet = lazyregexp.New(`^\s*(?::[^=]*)?=\s*$`)
)

// maxAncestors bounds the types that are followed upward from one.
const maxAncestors = 50

// Extends reports whether the type of a member names an ancestor in its header, or a type that does so.
func Extends(ctx context.Context, src Source, member *selectors.Decl, ancestor string) bool {
	return extends(ctx, src, member.Lang, Owner(member), ancestor)
}

// Meet reports whether some class or interface of a source has the types of two members among its ancestors, by their
// names: Mixin and Handler in "class C(Mixin, Handler)", so that the members may be one there.
func Meet(ctx context.Context, src Source, a, b *selectors.Decl) bool {
	type key struct {
		lang selectors.Lang
		a, b string
	}
	k := key{a.Lang, Owner(a), Owner(b)}
	if k.a == k.b {
		return false
	}
	return src.Memoize(k, func() any {
		seen := map[string]bool{k.a: true}
		for todo := []string{k.a}; len(todo) > 0 && len(seen) < maxAncestors; todo = todo[1:] {
			decls, _ := src.Search(ctx, k.lang, todo[0])
			for i := range decls {
				name := decls[i].Names[len(decls[i].Names)-1]
				isClass := decls[i].Kind == selectors.KindClass || decls[i].Kind == selectors.KindInterface
				isBelow := isClass && !decls[i].Alias && !seen[name] &&
					slices.Contains(bases(ctx, src, k.lang, name), todo[0])
				if !isBelow {
					continue
				}
				if extends(ctx, src, k.lang, name, k.b) {
					return true
				}
				seen[name] = true
				todo = append(todo, name)
			}
		}
		return false
	}).(bool)
}

// extends reports whether the types of a name have an ancestor.
func extends(ctx context.Context, src Source, lang selectors.Lang, name, ancestor string) bool {
	seen := map[string]bool{name: true}
	for todo := []string{name}; len(todo) > 0 && len(seen) < maxAncestors; todo = todo[1:] {
		for _, base := range bases(ctx, src, lang, todo[0]) {
			if base == ancestor {
				return true
			}
			if !seen[base] {
				seen[base] = true
				todo = append(todo, base)
			}
		}
	}
	return false
}

// Ancestors returns the types of a source that a type names in its header, and those that they name, by their names: of
// several types with one name all.
func Ancestors(ctx context.Context, src Source, d *selectors.Decl) (above []selectors.Decl) {
	name := d.Names[len(d.Names)-1]
	seen := map[string]bool{name: true}
	for todo := []string{name}; len(todo) > 0 && len(seen) < maxAncestors; todo = todo[1:] {
		for _, base := range bases(ctx, src, d.Lang, todo[0]) {
			if seen[base] {
				continue
			}
			seen[base] = true
			todo = append(todo, base)
			decls, _ := src.Search(ctx, d.Lang, base)
			for _, x := range decls {
				if !x.Alias && x.Kind.IsType() && x.Names[len(x.Names)-1] == base {
					above = append(above, x)
				}
			}
		}
	}
	return above
}

// importedAs returns the name of which a file makes a word an alias, as Base in "from m import Base as B" of B; "" for
// none.
func importedAs(c *text.Content, word string) string {
	if !bytes.Contains(c.Bytes(), []byte(" as "+word)) {
		return ""
	}
	m := regexp.MustCompile(`\b(\w+)[ \t]+as[ \t]+` + regexp.QuoteMeta(word) + `\b`).FindSubmatch(c.Bytes())
	if m == nil {
		return ""
	}
	return string(m[1])
}

// bases returns the words in the headers of the types of a name, and the names of which they are aliases.
func bases(ctx context.Context, src Source, lang selectors.Lang, name string) []string {
	type key struct {
		lang selectors.Lang
		name string
	}
	return src.Memoize(key{lang, name}, func() any {
		var out []string
		decls, _ := src.Search(ctx, lang, name)
		for i := range decls {
			d := &decls[i]
			if !d.Kind.IsType() || d.Names[len(d.Names)-1] != name {
				continue
			}
			c, err := src.Content(d.Path)
			if err != nil {
				continue
			}
			for _, word := range In(c, Header(d)) {
				out = append(out, word)
				if of := importedAs(c, word); of != "" {
					out = append(out, of)
				}
			}
		}
		return slices.Compact(slices.Sorted(slices.Values(out)))
	}).([]string)
}

// In returns the words of a span.
func In(c *text.Content, s text.Span) (out []string) {
	rest := []byte(c.Slice(s))
	for len(rest) > 0 {
		n := text.WordLen(rest, "")
		if n > 0 {
			out = append(out, string(rest[:n]))
		}
		rest = rest[max(n, 1):]
	}
	return out
}
