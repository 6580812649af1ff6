//go:build cgo

package syntax

import (
	"path"
	"slices"

	sitter "github.com/smacker/go-tree-sitter"

	"lanser/selectors"
)

// In JavaScript, assignments to this declare fields: of the class around a method, of the objects that a constructor
// function makes, and of an object that is written out.
//
//	class Store { constructor() { this.items = [] } }            // Store.items
//	function Queue() { this.jobs = [] }                          // Queue.jobs
//	Queue.prototype.stop = function () { this.stopped = true }   // Queue.stopped
//	const app = { start() { this.port = 80 } }                   // app.port
//
// In TypeScript such fields are declared elsewhere.

// isTypeScript reports whether a file of the language is TypeScript, by its name, and not JavaScript.
func isTypeScript(file string) bool {
	return slices.Contains([]string{".ts", ".tsx", ".mts", ".cts"}, path.Ext(file))
}

// tsThisField returns the declaration of the field that an assignment to a member of this declares; none if the field
// is declared in the body of its class or object, or the function around it belongs to nothing that has a name.
func tsThisField(m *match) []raw {
	if isTypeScript(m.file) || isAny(m.part["inner"], "function_expression", "generator_function", "class",
		"arrow_function") { // these are listed as what they are
		return nil
	}
	name := m.part["name"]
	owner := tsOwnerOfThis(name, m.src)
	if owner == nil {
		return nil
	}
	r := m.declare(selectors.KindField, name)
	r.scope, r.Member = owner, true
	r.settle(m.src, m.node, isJSDoc)
	return []raw{r}
}

// tsOfThis makes a function or class without a name that is assigned to a member of this a method, or a class, of what
// the member belongs to.
func tsOfThis(m *match, r *raw) {
	left := m.node.Parent().ChildByFieldName("left")
	if isTypeScript(m.file) || !isAny(left, "member_expression") || !isAny(left.ChildByFieldName("object"), "this") {
		return
	}
	owner := tsOwnerOfThis(left.ChildByFieldName("property"), m.src)
	if owner == nil {
		return
	}
	r.scope, r.Member = owner, true
	if r.Kind == selectors.KindDef {
		r.Kind = selectors.KindMethod
	}
}

// tsOwnerOfThis returns the node of the declaration that a member of this belongs to, which begins before the member;
// nil for none, and for a member that the body of the class or object declares.
func tsOwnerOfThis(name *sitter.Node, src []byte) *sitter.Node {
	fn := ancestor(name, "method_definition", "public_field_definition", "class_static_block", "function_declaration",
		"generator_function_declaration", "function_expression", "generator_function", "program")
	if fn == nil || isAny(fn, "program") { // or a file that is all an error
		return nil
	}
	var owner *sitter.Node
	switch body := fn.Parent(); {
	case isAny(body, "class_body", "object"):
		if tsDeclaresIn(body, name.Content(src), src) {
			return nil
		}
		owner = body
		if isAny(body, "class_body") {
			owner = body.Parent()
		} else if constructor := tsPrototypeOf(body, src); constructor != nil {
			owner = constructor
		}
	case isAny(fn, "function_expression") && isAny(body, "assignment_expression"):
		owner = tsConstructorOf(body.ChildByFieldName("left"), src)
		if owner == nil {
			owner = fn
		}
	default:
		owner = fn
	}
	if owner == nil {
		return nil
	}
	around := owner.Parent()
	for isAny(around, "parenthesized_expression") {
		around = around.Parent()
	}
	if isAny(around, "variable_declarator", "pair", "public_field_definition") {
		owner = around
	}
	if owner.StartByte() >= name.StartByte() {
		return nil
	}
	return owner
}

// tsDeclaresIn reports whether the body of a class, or an object, declares a member.
func tsDeclaresIn(body *sitter.Node, member string, src []byte) bool {
	return slices.ContainsFunc(children(body), func(c *sitter.Node) bool {
		name := c.ChildByFieldName("name")
		if isAny(c, "pair") {
			name = c.ChildByFieldName("key")
		}
		return name != nil && name.Content(src) == member
	})
}

// tsConstructorOf returns the function or class of the file to whose prototype something is assigned; nil for what is
// assigned to another member or variable.
func tsConstructorOf(left *sitter.Node, src []byte) *sitter.Node {
	isPrototype := func(n *sitter.Node) bool {
		property := n.ChildByFieldName("property")
		return property != nil && property.Content(src) == "prototype"
	}
	prototype := left
	for prototype != nil && !isPrototype(prototype) {
		prototype = prototype.ChildByFieldName("object")
	}
	if prototype == nil {
		return nil
	}
	object := prototype.ChildByFieldName("object")
	if !isAny(object, "identifier") {
		return nil
	}
	for block := left.Parent(); block != nil; block = block.Parent() {
		if !isAny(block, "program", "statement_block") {
			continue
		}
		for _, statement := range children(block) {
			if isAny(statement, "export_statement") {
				statement = statement.ChildByFieldName("declaration")
			}
			candidates := []*sitter.Node{statement}
			if isAny(statement, "variable_declaration", "lexical_declaration") {
				candidates = children(statement)
			}
			for _, c := range candidates {
				isOne := isAny(c, "function_declaration", "class_declaration", "variable_declarator")
				if isOne && sameContent(c.ChildByFieldName("name"), object, src) {
					return c
				}
			}
		}
	}
	return nil
}

// tsPrototypeOf returns the function or class of the file whose prototype an object becomes, or is added to; nil for
// every other object:
//
//	Queue.prototype = { run() {} }
//	Object.assign(Queue.prototype, { run() {} })
func tsPrototypeOf(object *sitter.Node, src []byte) *sitter.Node {
	around := object.Parent()
	if isAny(around, "assignment_expression") {
		return tsConstructorOf(around.ChildByFieldName("left"), src)
	}
	if !isAny(around, "arguments") || around.NamedChildCount() != 2 || !around.NamedChild(1).Equal(object) {
		return nil
	}
	called := around.Parent().ChildByFieldName("function")
	if called == nil || called.Content(src) != "Object.assign" {
		return nil
	}
	return tsConstructorOf(around.NamedChild(0), src)
}

// tsOfPrototype makes a member of an object that becomes a prototype one of the prototype's function or class.
func tsOfPrototype(m *match, r *raw) {
	object := m.node.Parent()
	if isTypeScript(m.file) || !isAny(object, "object") || r.Name.Len() == 0 {
		return
	}
	if owner := tsPrototypeOf(object, m.src); owner != nil && int(owner.StartByte()) < r.Name.Start {
		r.scope, r.Member = owner, true
	}
}

// sameContent reports whether two nodes have the same text; false if the first is nil.
func sameContent(a, b *sitter.Node, src []byte) bool {
	return a != nil && a.Content(src) == b.Content(src)
}

// finishTypeScript makes all assignments of one field to this one declaration, the first. It leaves out the fields of
// what is not listed, and names that are exported by themselves where they are declared, as in "function f() {}
// export { f }": one symbol has one selector.
func finishTypeScript(_ []byte, rs []raw) []raw {
	type named struct {
		owner uintptr
		name  string
	}
	seen, listed, declared := map[named]bool{}, map[uintptr]bool{}, map[named]bool{}
	for _, r := range rs {
		if r.node != nil {
			listed[r.node.ID()] = true
		}
		if block := tsBlock(r.node); block != nil && !r.Alias {
			declared[named{block.ID(), r.Text}] = true
		}
	}
	return slices.DeleteFunc(rs, func(r raw) bool {
		if tsExportsOwn(r.node) {
			block := tsBlock(r.node)
			return block != nil && declared[named{block.ID(), r.Text}]
		}
		if !r.Member {
			return false
		}
		k := named{owner: r.scope.ID(), name: r.Text}
		isFurther := seen[k] && r.Kind == selectors.KindField && r.Body.Len() == 0
		seen[k] = true
		return isFurther || !listed[k.owner]
	})
}

// tsBlock returns the module or block that a declaration is a statement of; nil for one that is part of another, as a
// member of a class is.
func tsBlock(n *sitter.Node) *sitter.Node {
	for n != nil && !isAny(n, "program", "statement_block") {
		n = n.Parent()
		if n != nil && !isAny(n, "program", "statement_block", "export_statement", "export_clause",
			"ambient_declaration", "lexical_declaration", "variable_declaration", "variable_declarator",
			"expression_statement") {
			return nil
		}
	}
	return n
}

// tsExportsOwn reports whether a node is the f of "export { f }", which is not from another module and has no other
// name.
func tsExportsOwn(n *sitter.Node) bool {
	if !isAny(n, "export_specifier") || n.ChildByFieldName("alias") != nil {
		return false
	}
	statement := n.Parent().Parent()
	return isAny(statement, "export_statement") && statement.ChildByFieldName("source") == nil
}
