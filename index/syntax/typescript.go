//go:build cgo

package syntax

import (
	"bytes"
	"strconv"
	"strings"

	sitter "github.com/smacker/go-tree-sitter"

	"lanser/selectors"
	"lanser/selectors/text"
)

// tsKinds are the kinds of the declarations by the captures of the query.
var tsKinds = map[string]selectors.Kind{
	"def":           selectors.KindDef,
	"callback":      selectors.KindDef,
	"class":         selectors.KindClass,
	"classexpr":     selectors.KindClass,
	"interface":     selectors.KindInterface,
	"enum":          selectors.KindEnum,
	"const":         selectors.KindConst,
	"type":          selectors.KindType,
	"module":        selectors.KindModule,
	"var":           selectors.KindVar,
	"method":        selectors.KindMethod,
	"field":         selectors.KindField,
	"paramfield":    selectors.KindField,
	"typefield":     selectors.KindField,
	"typemethod":    selectors.KindMethod,
	"index":         selectors.KindField,
	"call":          selectors.KindMethod,
	"construct":     selectors.KindMethod,
	"import":        selectors.KindVar,
	"exportassign":  selectors.KindVar,
	"exportdefault": selectors.KindVar,
	"thisfield":     selectors.KindField,
	"jsdoc":         selectors.KindType,
}

// readTS returns the declarations of one match in TypeScript or JavaScript. The names of what has none in the source
// are those of tsserver's navigation tree.
func readTS(m *match) []raw {
	if pattern := m.part["pattern"]; pattern != nil {
		return tsVariables(m, pattern)
	}
	switch m.kind {
	case "thisfield":
		return tsThisField(m)
	case "jsdoc":
		return tsDocTypes(m)
	}
	name, synthetic, isBound := m.part["name"], "", false
	switch m.kind {
	case "callback", "classexpr":
		if name == nil {
			name = m.node.ChildByFieldName("name")
		}
		var listed bool
		synthetic, listed = tsUnnamed(m.node, name, m.src)
		if !listed {
			return nil
		}
		if bound := tsBoundMember(m.node, m.src); bound != nil && name != nil {
			synthetic = bound.Content(m.src)
		}
		if synthetic != "" {
			name, isBound = tsBinding(m.node), true
		}
	case "typefield", "typemethod":
		if !tsIsWrittenOut(m.node) {
			return nil
		}
	case "index":
		synthetic, name = "[]", nil
	case "call":
		synthetic = "()"
	case "construct":
		synthetic = "new()"
	case "exportassign":
		synthetic = "export="
	case "exportdefault":
		if isAny(m.part["inner"], "function_expression", "generator_function", "class", "arrow_function", "object") {
			return nil // these are listed as what they are
		}
		synthetic, name = "default", m.part["inner"]
	case "def", "class":
		if name == nil {
			synthetic, name, isBound = "default", tsBinding(m.node), true
		} else if name.EndByte() <= uint32(len(m.src)) && strings.TrimSpace(name.Content(m.src)) == "" {
			return []raw{tsDefaultSignature(m)}
		}
	}

	at := name
	if at == nil {
		at = m.node
	}
	r := m.declare(tsKinds[m.kind], at)
	first := tsOuter(m)
	r.Def = span(first)
	r.Def.End = max(r.Def.End, r.Body.End) // the block of global is not below its node
	if synthetic != "" {
		r.Text = synthetic
		if name == nil {
			r.Name = text.Span{Start: r.Def.Start, End: r.Def.Start}
		}
	} else if key := tsLiteralKey(at); key != nil {
		r.Text, r.Name = key.Content(m.src), tsKeyName(key)
	}

	tsRefine(m, &r)
	if m.kind == "method" || m.kind == "field" {
		tsOfPrototype(m, &r)
	}
	if isBound {
		r.Merge = "" // members of several objects may have the name
		tsOfThis(m, &r)
	}
	r.settle(m.src, first, isJSDoc)
	return []raw{r}
}

// isJSDoc reports whether a comment is documentation.
func isJSDoc(comment string) bool { return strings.HasPrefix(comment, "/**") }

// tsRefine sets what depends on more than the kind of match.
func tsRefine(m *match, r *raw) {
	r.Function = m.kind == "def" || m.kind == "callback" || m.kind == "method" || m.kind == "typemethod" ||
		tsIsFunction(m.part["inner"])
	r.Alias = m.kind == "import" || m.kind == "exportassign" || m.kind == "exportdefault"
	if m.kind == "paramfield" {
		r.scope = ancestor(m.node, "class_declaration", "abstract_class_declaration", "class")
	}
	if m.kind == "exportassign" {
		r.inner = r.Name
	}
	accessor := tsHasToken(m.node, "get") || tsHasToken(m.node, "set")
	if m.kind == "method" && accessor {
		r.Kind = selectors.KindField
	}
	if m.kind == "method" && r.Text == "constructor" && isAny(m.node.Parent(), "class_body") {
		r.Name.End = r.Name.Start // the server gives the empty range before the keyword
	}
	if r.Body.Len() > 0 || tsHasToken(m.node, "get") {
		r.Main = 1
	}
	if r.Name.Len() > 0 || r.Text == "constructor" {
		r.Merge = tsScope(m.node)
		if tsIsShorthand(m.node, m.src) && !tsIsOwned(m.node.Parent()) {
			r.Merge = tsScope(m.node.Parent()) // { name } stands for the variable of that name
		}
		if tsHasToken(m.node, "static") {
			r.Merge += " static"
		}
	}
}

// tsDefaultSignature returns the declaration of the function without a name that a declaration file exports as
// default. The grammar reads it with a name that is not in the file (language.json, unread).
func tsDefaultSignature(m *match) raw {
	r := m.declare(selectors.KindDef, m.node)
	first := tsOuter(m)
	r.Def, r.Text = span(first), "default"
	if i := bytes.Index(m.src[r.Def.Start:r.Def.End], []byte(r.Text)); i >= 0 {
		r.Name = text.Span{Start: r.Def.Start + i, End: r.Def.Start + i + len(r.Text)}
	}
	r.settle(m.src, first, isJSDoc)
	return r
}

// tsBinding returns the node of the name that an anonymous function or class is bound to: the member it is
// assigned to, or the keyword "default" of an export. Servers answer there and not at the function. nil for
// one that is bound to nothing.
func tsBinding(n *sitter.Node) *sitter.Node {
	p := n.Parent()
	if isAny(p, "export_statement") {
		for _, c := range children(p) {
			if c.Type() == "default" {
				return c
			}
		}
	}

	if !isAny(p, "assignment_expression") {
		return nil
	}
	left := p.ChildByFieldName("left")
	if isAny(left, "member_expression") {
		return left.ChildByFieldName("property")
	}
	if isAny(left, "identifier") {
		return left
	}
	return nil
}

// tsBoundMember returns the name of the member that a function or class expression is assigned to: first in
//
//	exports.first = function first() {}
//
// Only the member is known outside of the expression, whatever name the expression has. It is nil for the value of
// module.exports, which is a module and no member of one, and for every other expression.
func tsBoundMember(n *sitter.Node, src []byte) *sitter.Node {
	p := n.Parent()
	if !isAny(p, "assignment_expression") {
		return nil
	}
	left := p.ChildByFieldName("left")
	if !isAny(left, "member_expression") {
		return nil
	}
	member := left.ChildByFieldName("property")
	if !isAny(member, "property_identifier") || member.Content(src) == "exports" {
		return nil
	}
	return member
}

// tsIsWrittenOut reports whether a member belongs to a type that is written out where an alias, a member of an
// interface or a field of a class has it as its type: label and size do in
//
//	type Props = Base & { label: string }
//	interface Box { sides: { size: number }[] }
//
// and no member of a type that is an argument of another one, or the type of a parameter.
func tsIsWrittenOut(member *sitter.Node) bool {
	n := member.Parent().Parent()
	for isAny(n, "parenthesized_type", "intersection_type", "union_type", "readonly_type", "array_type",
		"type_annotation") {
		n = n.Parent()
	}
	switch {
	case isAny(n, "type_alias_declaration"):
		return true
	case isAny(n, "public_field_definition"):
		return n.ChildByFieldName("value") == nil
	case isAny(n, "property_signature"):
		return isAny(n.Parent(), "interface_body") || isAny(n.Parent(), "object_type") && tsIsWrittenOut(n)
	}
	return false
}

// tsLiteralKey returns the string or number that names a member: of 'k', "k", 1, ['k'] and [1]; nil for
// other names.
func tsLiteralKey(name *sitter.Node) *sitter.Node {
	if isAny(name, "computed_property_name") {
		name = name.NamedChild(0)
	}
	if isAny(name, "string", "number") {
		return name
	}
	return nil
}

// tsKeyName returns the range of a key without its quotes, as servers give it.
func tsKeyName(key *sitter.Node) text.Span {
	s := span(key)
	if isAny(key, "string") && s.Len() > 2 {
		s.Start, s.End = s.Start+1, s.End-1
	}
	return s
}

// tsOuter returns the node of a declaration together with its keywords export and declare.
func tsOuter(m *match) *sitter.Node {
	n := m.node
	if m.kind == "import" {
		return n
	}
	isExpression := m.kind == "callback" || m.kind == "classexpr"
	isUnnamed := m.node.ChildByFieldName("name") == nil && isAny(n.Parent(), "assignment_expression")
	if isExpression && (isUnnamed || tsBoundMember(n, m.src) != nil) {
		return n.Parent() // the name is its left side
	}
	for isAny(n.Parent(), "export_statement", "ambient_declaration") {
		n = n.Parent()
	}
	return n
}

// tsIsShorthand reports whether a member of an object is written as { name }, or as { name: name }.
func tsIsShorthand(member *sitter.Node, src []byte) bool {
	if isAny(member, "shorthand_property_identifier") {
		return true
	}
	key, value := member.ChildByFieldName("key"), member.ChildByFieldName("value")
	return isAny(member, "pair") && isAny(value, "identifier") && sameContent(key, value, src)
}

// tsIsOwned reports whether an object is the value of a declaration, whose members its properties are.
func tsIsOwned(object *sitter.Node) bool {
	for n := object.Parent(); n != nil; n = n.Parent() {
		if isAny(n, "variable_declarator", "pair", "public_field_definition") {
			return true
		}
		if !isAny(n, "parenthesized_expression", "as_expression", "satisfies_expression") {
			return false
		}
	}
	return false
}

// tsHasToken reports whether a declaration has a keyword before its parameters.
func tsHasToken(n *sitter.Node, token string) bool {
	for i := range int(n.ChildCount()) {
		c := n.Child(i)
		if c.Type() == token {
			return true
		}
		if c.Type() == "formal_parameters" {
			return false
		}
	}
	return false
}

// tsScope identifies the block around a node. Declarations of one name in one block are one symbol.
func tsScope(n *sitter.Node) string {
	b := ancestor(n, "program", "statement_block", "class_body", "interface_body", "object_type", "enum_body", "object",
		"switch_body", "for_statement", "for_in_statement", "catch_clause")
	if b == nil {
		return "program"
	}
	return strconv.Itoa(int(b.StartByte()))
}

// tsVariables returns the variables that a binding pattern declares.
func tsVariables(m *match, pattern *sitter.Node) []raw {
	var out []raw
	for _, leaf := range tsTargets(pattern, nil) {
		name := leaf
		if isAny(leaf, "pair_pattern") {
			name = leaf.ChildByFieldName("value")
		}

		for isAny(name, "assignment_pattern", "object_assignment_pattern", "rest_pattern") {
			name = name.NamedChild(0)
		}

		r := m.declare(selectors.KindVar, name)
		if isAny(pattern, "object_pattern", "array_pattern") {
			r.Def, r.inner = span(leaf), text.Span{}
			if isAny(leaf.Parent(), "object_assignment_pattern", "assignment_pattern") {
				r.Def = span(leaf.Parent())
			}
		} else if m.kind == "var" && !isAny(m.node, "variable_declarator") {
			r.Def, r.inner = span(leaf), text.Span{}
		}

		decl := m.node.Parent()
		if isAny(decl, "lexical_declaration") && tsHasToken(decl, "const") {
			r.Kind = selectors.KindConst
		}

		r.Merge, r.Function = tsScope(m.node), tsIsFunction(m.part["inner"])
		first := m.node
		if isAny(decl, "lexical_declaration", "variable_declaration") {
			for first = decl; isAny(first.Parent(), "export_statement", "ambient_declaration"); first = first.Parent() {
			}
		}
		r.settle(m.src, first, isJSDoc)
		out = append(out, r)
	}

	if inner := m.part["inner"]; inner != nil && isAny(pattern, "object_pattern", "array_pattern") {
		// Declarations inside the value belong to none of the names. A declaration without a name, which is not
		// listed, keeps them from belonging to the one around.
		out = append(out, raw{Symbol: Symbol{Def: span(inner)}})
	}

	return out
}

// tsIsFunction reports whether a value is a function.
func tsIsFunction(n *sitter.Node) bool {
	return isAny(n, "arrow_function", "function_expression", "generator_function")
}

// tsTargets lists the elements of a binding pattern that bind a name.
func tsTargets(n *sitter.Node, out []*sitter.Node) []*sitter.Node {
	switch n.Type() {
	case "identifier", "shorthand_property_identifier_pattern", "object_assignment_pattern", "rest_pattern",
		"assignment_pattern":
		if inner := n.NamedChild(0); isAny(inner, "object_pattern", "array_pattern") {
			return tsTargets(inner, out)
		}
		return append(out, n)
	case "pair_pattern":
		v := n.ChildByFieldName("value")
		if isAny(v, "assignment_pattern") {
			v = v.NamedChild(0)
		}
		if isAny(v, "object_pattern", "array_pattern") {
			return tsTargets(v, out)
		}
		return append(out, n)
	case "object_pattern", "array_pattern":
		for i := range int(n.NamedChildCount()) {
			out = tsTargets(n.NamedChild(i), out)
		}
	}
	return out
}

// tsUnnamed returns the name that tsserver's navigation tree gives to a function or class expression; synthetic is ""
// if the expression has a name of its own. listed is false if the expression is the value of a declaration that is
// listed itself.
func tsUnnamed(n, name *sitter.Node, src []byte) (synthetic string, listed bool) {
	p := n.Parent()
	if isAny(p, "variable_declarator", "pair", "public_field_definition") {
		return "", false
	}
	if isAny(p, "arrow_function") { // p is the body of an arrow function, which may be listed itself
		if _, outerListed := tsUnnamed(p, nil, src); outerListed {
			return "", false
		}
	}

	switch {
	case name != nil:
		return "", true
	case isAny(p, "export_statement"):
		return "default", true
	case isAny(p, "assignment_expression"):
		left := p.ChildByFieldName("left")
		if isAny(left, "member_expression") {
			left = left.ChildByFieldName("property")
		}
		return left.Content(src), true
	case isAny(p, "arguments") && isAny(p.Parent(), "call_expression"):
		return tsCallee(p.Parent(), src), true
	case isAny(n, "class"):
		return "<class>", true
	}
	return "<function>", true
}

// tsCallee returns the name of a callback, which is made of the name of the called function and the string arguments of
// the call; "<function>" if the called expression has no name.
func tsCallee(call *sitter.Node, src []byte) string {
	callee := tsCalleeName(call.ChildByFieldName("function"), src)
	if callee == "" {
		return "<function>"
	}
	args := call.ChildByFieldName("arguments")
	var literals []string
	for i := range int(args.NamedChildCount()) {
		if a := args.NamedChild(i); isAny(a, "string", "template_string") {
			literals = append(literals, a.Content(src))
		}
	}
	return callee + "(" + strings.Join(literals, ", ") + ") callback"
}

// tsCalleeName returns the dotted name of a called expression, "" if it has none.
func tsCalleeName(fn *sitter.Node, src []byte) string {
	if isAny(fn, "identifier") {
		return fn.Content(src)
	}
	if isAny(fn, "member_expression") {
		right := fn.ChildByFieldName("property").Content(src)
		if left := tsCalleeName(fn.ChildByFieldName("object"), src); left != "" {
			return left + "." + right
		}
		return right
	}
	return ""
}
