//go:build cgo

package syntax

import (
	"slices"
	"strings"

	sitter "github.com/smacker/go-tree-sitter"

	"lanser/selectors"
	"lanser/selectors/lazyregexp"
	"lanser/selectors/text"
)

// declare returns the declaration of a match, by the language's description alone.
func (l *Language) declare(m *match) []raw {
	if m.part["body"] == nil {
		if body := m.node.ChildByFieldName("body"); body != nil {
			m.part["body"] = body
		}
	}

	kind, listed := l.Kinds[m.kind]
	if !listed {
		kind = selectors.Kind(m.kind)
	}
	name := m.part["name"]
	if name == nil {
		return nil
	}
	r := m.declare(kind, name)
	l.split(&r)
	if slices.Contains(l.Imports, m.kind) {
		r.Owner = nil // the name is declared here, without its path
	}

	r.open = kind == ""
	if r.open {
		switch {
		case r.Text == "self": // Ruby's class << self
			r.Owner = nil
		case l.Unqualified:
			r.Owner = []string{r.Text}
		default:
			r.Owner = append(r.Owner, r.Text)
		}
		return []raw{r}
	}

	if r.Text == "" {
		return nil
	}
	r.Function = slices.Contains(l.Functions, m.kind)
	r.Alias = slices.Contains(l.Imports, m.kind)
	r.top = slices.Contains(l.Top, m.kind)
	l.unite(m, &r)
	first := m.node
	for isAny(first.Parent(), l.Outer...) {
		first = first.Parent()
	}

	r.Def = trimmed(m.src, span(first))
	r.settle(m.src, first, l.documents, l.Between...)
	if kind.IsType() && m.part["inner"] == nil {
		r.inner = text.Span{Start: r.Name.End, End: r.Def.End} // its head may declare members: class P(val x: Int)
	}

	if lift := l.Lift[m.kind]; lift != nil {
		r.scope = ancestor(m.node, lift...)
	}

	return []raw{r}
}

// split removes from a name the path of its owner, and characters that do not belong to it.
func (l *Language) split(r *raw) {
	whole := r.Text
	if whole == "" {
		return
	}
	for _, sep := range l.Separators {
		if strings.ContainsAny(r.Text[:1], `"'`) {
			break // a quoted name is not split
		}
		at := strings.LastIndex(withoutGenerics(r.Text), sep)
		if at < 0 || r.Text == sep {
			continue
		}
		for _, part := range strings.Split(withoutGenerics(r.Text)[:at], sep) {
			part = strings.TrimSpace(generics.ReplaceAllString(part, ""))
			if part != "" {
				r.Owner = append(r.Owner, part)
			}
		}
		r.Text = r.Text[at+len(sep):]
	}

	r.Name.Start += len(whole) - len(r.Text)
	if l.Trim != "" {
		left := strings.TrimLeft(r.Text, l.Trim)
		r.Name.Start += len(r.Text) - len(left)
		r.Text = strings.TrimRight(left, l.Trim)
		r.Name.End = r.Name.Start + len(r.Text)
	}

	if r.Kind == "" { // the type that Rust's impl is for, in any spelling: its name without arguments
		plain := generics.ReplaceAllString(references.ReplaceAllString(r.Text, ""), "")
		if plain == "" {
			plain = strings.Join(strings.Fields(r.Text), " ")
		}
		r.Text = plain
	}
}

var (
	// generics matches from the first bracket of type arguments, an index or parameters to the end.
	generics = lazyregexp.New(`(?s)[<\[(].*`)
	// references matches what may be before the name of a type in Rust: &, a lifetime, mut and dyn.
	references = lazyregexp.New(`^(?:&|'\w+\s*|mut\s+|dyn\s+)+`)
)

// cppOperator matches the name of an operator in C++. The "<" of operator< is not a bracket.
var cppOperator = lazyregexp.New(`\boperator\b\s*[^\w.:\s]|\boperator\s+\w`)

// withoutGenerics returns s with "_" in place of what is inside angle brackets, and of the name of an operator, so that
// no separator is found there. The length in bytes stays the same.
func withoutGenerics(s string) string {
	if match := cppOperator.FindStringIndex(s); match != nil {
		start := match[0]
		return withoutGenerics(s[:start]) + strings.Repeat("_", len(s)-start)
	}

	depth, out := 0, []byte(s)
	for i, c := range out {
		switch c {
		case '<':
			depth++
		case '>':
			depth--
		default:
			if depth > 0 {
				out[i] = '_'
			}
		}
	}
	return string(out)
}

// unite sets the keys by which declarations become one symbol.
func (l *Language) unite(m *match, r *raw) {
	if r.Body.Len() > 0 {
		r.Main = 1
	}
	proto, def := slices.Contains(l.Prototypes, m.kind), slices.Contains(l.Definitions, m.kind)
	if slices.Contains(l.Merge, m.kind) {
		r.Merge = m.kind
	} else if proto || def {
		r.Link = "(" + parameterTypes(m.part["params"], m.src) + ")"
		r.Merge = r.Link
		if def {
			r.Main = 1
		}
	}
}

// parameterTypes returns the text of a parameter list without names, defaults and white space.
func parameterTypes(params *sitter.Node, src []byte) string {
	if params == nil {
		return ""
	}
	var types []string
	for _, c := range children(params) {
		if !c.IsNamed() || c.Type() == "comment" {
			continue
		}
		var b strings.Builder
		typeText(c, src, &b)
		types = append(types, b.String())
	}
	return strings.Join(types, ",")
}

// typeText writes the text of a parameter without its name, default and comments, with a space after each token.
func typeText(n *sitter.Node, src []byte, b *strings.Builder) {
	if n.ChildCount() == 0 {
		b.WriteString(n.Content(src))
		return
	}

	value := n.ChildByFieldName("default_value")
	for i, c := range children(n) {
		isName := c.Type() == "identifier" &&
			(n.FieldNameForChild(i) == "declarator" || n.Type() == "reference_declarator") // the grammar names no field
		isDefault := c.Type() == "=" || value != nil && c.Equal(value)
		if isName || isDefault || c.Type() == "comment" {
			continue
		}
		typeText(c, src, b)
		b.WriteByte(' ')
	}
}

// documents reports whether a comment documents the declaration that follows it.
func (l *Language) documents(comment string) bool {
	return len(l.Docs) == 0 || slices.ContainsFunc(l.Docs, func(p string) bool { return strings.HasPrefix(comment, p) })
}

// declare returns a declaration for the match's node, with the given node as its name.
func (m *match) declare(kind selectors.Kind, name *sitter.Node) raw {
	r := raw{node: m.node}
	r.Kind, r.Def = kind, span(m.node)
	r.Name = trimmed(m.src, span(name)) // a name that is in part missing may begin with white space
	r.Text = string(m.src[r.Name.Start:r.Name.End])
	r.Body = span(m.part["body"])
	r.inner = r.Body
	if inner := m.part["inner"]; inner != nil {
		r.inner = span(inner)
	}
	return r
}

// settle sets the header, which is the declaration up to its body, and the documentation: the comments above first,
// which is the node of the declaration or one that contains it.
func (r *raw) settle(src []byte, first *sitter.Node, comment func(string) bool, between ...string) {
	r.Sig = r.Def
	if r.Body.Len() > 0 {
		r.Sig = trimEnd(src, text.Span{Start: r.Def.Start, End: r.Body.Start})
	}
	r.Doc = docAbove(src, first, comment, between...)
}

// trimmed returns a span without the white space at both ends.
func trimmed(src []byte, s text.Span) text.Span {
	for s.Start < s.End && strings.IndexByte(" \t\r\n", src[s.Start]) >= 0 {
		s.Start++
	}
	return trimEnd(src, s)
}

// trimEnd returns a span without the white space at its end.
func trimEnd(src []byte, s text.Span) text.Span {
	for s.End > s.Start && strings.IndexByte(" \t\r\n", src[s.End-1]) >= 0 {
		s.End--
	}
	return s
}
