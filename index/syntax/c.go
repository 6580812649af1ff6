//go:build cgo

package syntax

import (
	"strings"

	sitter "github.com/smacker/go-tree-sitter"

	"lanser/selectors"
	"lanser/selectors/text"
)

// readC returns the declarations of one match in C or C++. There, a declarator surrounds the name at any depth:
// int (*handlers[8])(char) declares handlers.
func (l *Language) readC(m *match) []raw {
	switch m.kind {
	case "definition", "declaration", "member", "typedef":
	default:
		return l.declareType(m)
	}

	name, params, function := cDeclarator(m.part["name"])
	if name == nil || m.kind == "declaration" && ancestor(m.node, "compound_statement") != nil {
		return nil // a local
	}
	if m.kind == "declaration" && isAny(m.node.Parent(), "friend_declaration") {
		return nil // the function belongs to the scope around the class, which declares it too
	}
	m.part["name"], m.part["params"] = name, params
	if of := m.part["inner"]; of != nil && m.kind != "typedef" && of.ChildByFieldName("name") != nil {
		delete(m.part, "inner") // a type with a name of its own, if one is declared here
	}

	switch {
	case m.kind == "definition" && !function:
		return nil // a macro that the grammar takes for a head
	case m.kind == "definition":
		m.kind = "def"
	case m.kind == "typedef":
	case function:
		m.kind = "proto"
	case m.kind == "member":
		m.kind = "field"
	default:
		m.kind = "var"
	}

	if m.grammar == "c" {
		m.part["params"] = nil // C has no overloads, and declares with other types in old style
	}

	storage := ""
	if first := m.node.NamedChild(0); first != nil && first.Type() == "storage_class_specifier" {
		storage = first.Content(m.src)
	}

	isMember := m.kind == "field" || isAny(m.node.Parent(), "field_declaration_list")
	rs := l.declare(m)
	for i := range rs {
		r := &rs[i]
		if end := endOfConversion(name); end > 0 {
			r.Name = trimmed(m.src, text.Span{Start: r.Name.Start, End: end})
			r.Text = strings.Join(strings.Fields(string(m.src[r.Name.Start:r.Name.End])), " ")
		}
		if storage == "static" && !isMember {
			r.Link = "" // visible in its file only: no declaration elsewhere belongs to it
		} else if m.kind == "var" || m.kind == "field" && storage == "static" {
			// An extern declaration and the definition are one variable, and so are the declaration of a static
			// member in its class and its definition outside.
			r.Link, r.Merge = "variable", "variable"
			if storage == "" {
				r.Main = 1
			}
		}
	}

	return withinFile(m.node, rs)
}

// declareType declares what is not a declarator. A class that is announced, as in "class name;", is the one that is
// defined. In "struct name *variable;" the variable is declared, and the type named.
func (l *Language) declareType(m *match) []raw {
	if m.node.ChildByFieldName("body") == nil && isAny(m.node.Parent(), "declaration") {
		return nil
	}
	rs := l.declare(m)
	for i := range rs {
		switch r := &rs[i]; r.Kind {
		case selectors.KindClass, selectors.KindStruct, selectors.KindEnum:
			r.Link, r.Merge = "type", "type"
		}
	}
	return withinFile(m.node, rs)
}

// withinFile keeps the links of declarations to their file if a namespace without a name holds the node.
func withinFile(n *sitter.Node, rs []raw) []raw {
	for n = n.Parent(); n != nil; n = n.Parent() {
		if n.Type() != "namespace_definition" || n.ChildByFieldName("name") != nil {
			continue
		}
		for i := range rs {
			if rs[i].Link != "" {
				rs[i].Link += LinkInFile
			}
		}
		return rs
	}
	return rs
}

// cDeclarator returns the name that a declarator declares, and its parameters if it declares a function; a nil name if
// it declares nothing.
func cDeclarator(d *sitter.Node) (name, params *sitter.Node, function bool) {
	for d != nil {
		switch d.Type() {
		case "function_declarator":
			params, function = d.ChildByFieldName("parameters"), true
			d = d.ChildByFieldName("declarator")
		case "parenthesized_declarator":
			d = d.NamedChild(int(d.NamedChildCount()) - 1)
		case "identifier", "field_identifier", "type_identifier", "qualified_identifier", "destructor_name",
			"operator_name", "template_function", "operator_cast":
			return d, params, function || conversion(d) != nil
		case "pointer_declarator", "array_declarator", "reference_declarator", "init_declarator",
			"attributed_declarator":
			inner := d.ChildByFieldName("declarator")
			if inner == nil {
				inner = d.NamedChild(int(d.NamedChildCount()) - 1)
			}
			if d.Type() != "init_declarator" && d.Type() != "attributed_declarator" {
				params, function = nil, false // a pointer to a function is a variable
			}
			d = inner
		default:
			return nil, nil, false
		}
	}

	return nil, nil, false
}

// conversion returns the part of a name that is that of a function which converts to a type, "operator bool() const" of
// "Pool::operator bool() const"; nil for other names.
func conversion(name *sitter.Node) *sitter.Node {
	for name != nil && name.Type() == "qualified_identifier" {
		name = name.ChildByFieldName("name")
	}
	if isAny(name, "operator_cast") {
		return name
	}
	return nil
}

// endOfConversion returns the offset at which the name of a function ends that converts to a type: "operator bool" of
// "operator bool() const", which is one node. It is 0 for other names.
func endOfConversion(name *sitter.Node) int {
	d := conversion(name)
	for d != nil {
		if params := d.ChildByFieldName("parameters"); params != nil {
			return int(params.StartByte())
		}
		inner := d.ChildByFieldName("declarator")
		if inner == nil && d.Type() != "operator_cast" { // of a reference
			inner = d.NamedChild(int(d.NamedChildCount()) - 1)
		}
		d = inner
	}
	return 0
}
