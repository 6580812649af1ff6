//go:build cgo

package syntax

import (
	"bytes"
	"slices"

	sitter "github.com/smacker/go-tree-sitter"

	"lanser/selectors"
	"lanser/selectors/text"
)

// walkGo returns the package-level declarations of a Go file, and the members of struct and interface types. gopls
// lists nothing else, so function bodies, which are most of a file, are not visited. A query would visit every node.
func walkGo(root *sitter.Node, src []byte) []raw {
	w := goWalk{src: src, out: make([]raw, 0, 64)}
	above := children(root)
	for i, n := range above {
		if len(w.out) > maxDeclared {
			break
		}
		switch n.Type() {
		case "function_declaration", "method_declaration":
			kind, owner := selectors.KindDef, ""
			if n.Type() == "method_declaration" {
				kind, owner = selectors.KindMethod, receiver(n, src)
			}
			if r := w.declare(kind, n, n.ChildByFieldName("name"), n, above[:i]); r != nil {
				r.Function = true
				r.setBody(src, span(n.ChildByFieldName("body")))
				if owner != "" {
					r.Owner = []string{owner}
				}
			}
		case "type_declaration", "const_declaration", "var_declaration":
			w.group(n, above[:i])
		}
	}
	return w.out
}

// goWalk is the state of one walkGo.
type goWalk struct {
	src []byte
	out []raw
}

// declare adds a declaration with the given name; nil is the blank name. above are the siblings before it.
func (w *goWalk) declare(kind selectors.Kind, n, name, first *sitter.Node, above []*sitter.Node) *raw {
	if name == nil || name.Content(w.src) == "_" {
		return nil
	}
	r := raw{node: n}
	r.Kind, r.Text, r.Name, r.Def = kind, name.Content(w.src), span(name), span(first)
	r.Sig, r.Doc = r.Def, docBefore(w.src, above, int(first.StartByte()))
	w.out = append(w.out, r)
	return &w.out[len(w.out)-1]
}

// setBody sets the body, and thereby the header and the range that can contain declarations.
func (r *raw) setBody(src []byte, body text.Span) {
	r.Body, r.inner = body, body
	if body.Len() > 0 {
		r.Sig = trimEnd(src, text.Span{Start: r.Def.Start, End: body.Start})
	}
}

// group adds the specs of a type, const or var declaration, whether they are in parentheses or not.
func (w *goWalk) group(decl *sitter.Node, above []*sitter.Node) {
	specs := children(decl)
	grouped := slices.ContainsFunc(specs, func(n *sitter.Node) bool { return isAny(n, "(", "var_spec_list") })
	for i, n := range specs {
		if grouped {
			w.spec(n, n, specs[:i])
		} else { // the keyword is part of the only declaration
			w.spec(n, decl, above)
		}
	}
}

// spec adds the declarations of one spec. They start at the node first; above are the siblings before it.
func (w *goWalk) spec(n, first *sitter.Node, above []*sitter.Node) {
	switch n.Type() {
	case "type_spec", "type_alias":
		w.typeSpec(n, first, above)
	case "const_spec":
		for _, name := range goNames(n) {
			w.declare(selectors.KindConst, n, name, first, above)
		}
	case "var_spec":
		of := n.ChildByFieldName("type")
		for _, name := range goNames(n) {
			if r := w.declare(selectors.KindVar, n, name, first, above); r != nil {
				r.inner = span(of)
			}
		}
		if of != nil {
			w.members(of)
		}
	case "var_spec_list", "ERROR":
		// The grammar has a node for the parentheses of var only. It reports an error for
		// the spec of `var (x = 1)`, which has no line breaks and is valid Go.
		specs := children(n)
		for i, c := range specs {
			w.spec(c, c, specs[:i])
		}
	}
}

// goNames lists the names that a spec or field begins with.
func goNames(n *sitter.Node) (names []*sitter.Node) {
	cur := sitter.NewTreeCursor(n)
	defer cur.Close()
	for ok := cur.GoToFirstChild(); ok; ok = cur.GoToNextSibling() {
		switch c := cur.CurrentNode(); c.Type() {
		case "identifier", "field_identifier":
			names = append(names, c)
		case ",", "comment":
		default:
			return names
		}
	}
	return names
}

// typeSpec adds the declaration of a type or an alias, and its members. The body of a struct or interface begins at the
// brace.
func (w *goWalk) typeSpec(n, first *sitter.Node, above []*sitter.Node) {
	of := n.ChildByFieldName("type")
	r := w.declare(selectors.KindType, n, n.ChildByFieldName("name"), first, above)
	if of == nil {
		return
	}
	if r != nil {
		body := text.Span{}
		switch of.Type() {
		case "struct_type":
			r.Kind, body = selectors.KindStruct, span(of.NamedChild(0))
		case "interface_type":
			r.Kind, body = selectors.KindInterface, span(of)
			body.Start += bytes.IndexByte(w.src[body.Start:body.End], '{')
		}
		r.setBody(w.src, body)
		r.inner = span(of)
	}
	w.members(of)
}

// members adds the members of a struct or interface type, and of the struct types of its fields. The members of a
// struct behind a pointer, slice, map or function type are left out: there is no name that they belong to.
func (w *goWalk) members(of *sitter.Node) {
	list := of
	switch of.Type() {
	case "struct_type":
		list = of.NamedChild(0)
		if list == nil {
			return
		}
	case "interface_type":
	default:
		return
	}

	all := children(list)
	for i, n := range all {
		switch n.Type() {
		case "field_declaration":
			inner := n.ChildByFieldName("type")
			names := goNames(n)
			for _, c := range names {
				if r := w.declare(selectors.KindField, n, c, n, all[:i]); r != nil {
					r.inner = span(inner)
				}
			}

			if len(names) == 0 && inner != nil {
				w.declare(selectors.KindField, n, embedded(inner), n, all[:i])
			}
			if inner != nil {
				w.members(inner)
			}
		case "method_elem":
			if r := w.declare(selectors.KindMethod, n, n.ChildByFieldName("name"), n, all[:i]); r != nil {
				r.Function = true
			}
		case "type_elem":
			w.declare(selectors.KindField, n, embedded(n), n, all[:i])
		}
	}
}

// embedded returns the node of the name of an embedded type: its last identifier, or all of a union or an unnamed type.
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

// receiver returns the type name of a method's receiver, without pointer, parentheses and type parameters; "" if there
// is none. A qualified name keeps its package.
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
