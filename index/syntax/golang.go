package syntax

import (
	"strings"

	sitter "github.com/smacker/go-tree-sitter"

	"lanser/selectors"
)

var goKinds = map[string]selectors.Kind{
	"def": selectors.KindDef, "method": selectors.KindMethod, "type": selectors.KindType,
	"const": selectors.KindConst, "var": selectors.KindVar, "field": selectors.KindField,
}

func readGo(m *match) []raw {
	name := m.part["name"]
	if name == nil || name.Content(m.src) == "_" {
		return nil
	}
	first := m.node
	switch m.kind {
	case "field":
		if !inNamedType(m.node) {
			return nil
		}
		name = embedded(name)
	case "method":
		if m.node.Type() == "method_elem" && !inNamedType(m.node) {
			return nil
		}
	case "type", "const", "var":
		if p := m.node.Parent(); p.NamedChildCount() == 1 && !strings.Contains(p.Content(m.src), "(\n") {
			first = p // "type T struct", not a group: the keyword is part of it
		}
	}
	r := m.declare(goKinds[m.kind], name)
	r.Function = m.kind == "def" || m.kind == "method"
	if inner := m.part["inner"]; inner != nil && m.kind == "type" {
		switch inner.Type() {
		case "struct_type":
			r.Kind, r.Body = selectors.KindStruct, span(inner.NamedChild(0))
		case "interface_type":
			r.Kind, r.Body = selectors.KindInterface, span(inner)
			r.Body.Start += strings.IndexByte(inner.Content(m.src), '{')
		}
	}
	r.Def = span(first)
	r.settle(m.src, first, func(string) bool { return true })
	return []raw{r}
}

// inNamedType says whether a member belongs to a type that has a name: the
// struct or interface type stands directly in a type, variable or field
// declaration, not behind a pointer, slice, map or function type.
func inNamedType(n *sitter.Node) bool {
	for p := n.Parent(); p != nil; p = p.Parent() {
		switch p.Type() {
		case "field_declaration_list", "struct_type", "interface_type", "field_declaration":
			continue
		case "type_spec", "type_alias", "var_spec":
			return ancestor(p, "block") == nil
		default:
			return false
		}
	}
	return false
}

// embedded is the name of an embedded type: its last identifier, or the whole
// of a union or an unnamed type.
func embedded(n *sitter.Node) *sitter.Node {
	for {
		switch {
		case isAny(n, "qualified_type"):
			return n.ChildByFieldName("name")
		case isAny(n, "generic_type"):
			n = n.ChildByFieldName("type")
		case isAny(n, "type_elem", "pointer_type") && n.NamedChildCount() == 1 &&
			isAny(n.NamedChild(0), "type_identifier", "qualified_type", "generic_type", "pointer_type"):
			n = n.NamedChild(0)
		default:
			return n
		}
	}
}

// finishGo hangs the methods below their receiver types: source order stays.
func finishGo(src []byte, rs []raw) []raw {
	for i, r := range rs {
		if r.node.Type() == "method_declaration" {
			if t := receiver(r.node, src); t != "" {
				rs[i].Owner = []string{t}
			}
		}
	}
	return rs
}

// receiver is the type name of a method's receiver, without pointer, parentheses
// and type parameters; a qualified one keeps its package.
func receiver(method *sitter.Node, src []byte) string {
	params := method.ChildByFieldName("receiver")
	if params == nil || params.NamedChildCount() == 0 {
		return ""
	}
	n := params.NamedChild(0).ChildByFieldName("type")
	for isAny(n, "pointer_type", "parenthesized_type", "generic_type") {
		n = n.NamedChild(0)
	}
	if n == nil {
		return ""
	}
	return n.Content(src)
}
