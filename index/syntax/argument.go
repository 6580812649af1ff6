//go:build cgo

package syntax

import (
	"bytes"
	"context"
	"slices"
	"strings"

	sitter "github.com/smacker/go-tree-sitter"

	"lanser/selectors/text"
)

// A Call is a call of TypeScript or JavaScript, seen from a key in one of its arguments.
type Call struct {
	Callee text.Span // the last name of what is called: f in f({…}), a.f({…}) and new f({…}), in bytes
	Index  int       // of the argument, 0-based
	Path   []string  // the keys around the key, outermost first: a, b in f({ a: { b: { key: 1 } } })
}

// CallsWith returns the calls that are given an object with a key of a name, by the place of the key's name: those of
// f({ key: 1 }), f({ "key": 1 }), f({ key }) and f({ key() {} }). Between the object and the call there may be other
// objects, lists, and functions that return it. Callees without a name are left out. The error is that of [Parse].
func CallsWith(ctx context.Context, file string, src []byte, name string) (calls map[text.Span]Call, err error) {
	calls = map[text.Span]Call{}
	keys := slices.DeleteFunc(wordsOf(src, name, WordChars(file)), func(s text.Span) bool { return !mayBeKey(src, s) })
	if len(keys) == 0 {
		return calls, nil // parsing takes most of the time
	}
	err = parse(ctx, file, src, func(_ context.Context, l *Language, _ string, root *sitter.Node) error {
		if l.Scheme != "ts" {
			return nil
		}
		for _, s := range keys {
			if c, ok := callWith(root, src, s); ok {
				calls[s] = c
			}
		}
		return nil
	})
	return calls, err
}

// mayBeKey reports whether a word may be the key of an object, by what is before it in its line: nothing, the object's
// brace, a comma, a comment, the star of a generator, or a modifier such as async.
func mayBeKey(src []byte, word text.Span) bool {
	line := src[:word.Start]
	line = bytes.TrimRight(line[bytes.LastIndexByte(line, '\n')+1:], " \t\"'")
	if len(line) == 0 || bytes.ContainsRune([]byte("{,/*\r"), rune(line[len(line)-1])) {
		return true
	}
	for _, modifier := range []string{"async", "get", "set"} {
		if bytes.HasSuffix(line, []byte(modifier)) {
			return true
		}
	}
	return false
}

// callWith returns the call that is given an object with the key at a place.
func callWith(root *sitter.Node, src []byte, key text.Span) (c Call, ok bool) {
	around := nodesAround(root, key)
	at := len(around) - 1
	for at > 0 && isAny(around[at], "property_identifier", "shorthand_property_identifier", "string",
		"string_fragment", "pair", "method_definition") {
		at--
	}
	if !isAny(around[at], "object") || at == len(around)-1 || !isKeyOf(around[at+1], key) {
		return Call{}, false
	}
	for at--; at > 0 && !isAny(around[at], "arguments"); at-- {
		if name := propertyName(around[at], src); name != "" {
			c.Path = append(c.Path, name)
			continue
		}
		isCondition := span(around[at].ChildByFieldName("condition")).Contains(key)
		if isCondition || !isAny(around[at], passing...) {
			return Call{}, false
		}
	}
	if at <= 0 {
		return Call{}, false
	}
	slices.Reverse(c.Path)
	argument := around[at+1]
	callee := around[at-1].ChildByFieldName("function")
	if callee == nil {
		callee = around[at-1].ChildByFieldName("constructor")
	}
	if isAny(callee, "member_expression") {
		callee = callee.ChildByFieldName("property")
	}
	if !isAny(callee, "identifier", "property_identifier") {
		return Call{}, false
	}
	c.Index = slices.IndexFunc(named(around[at]), func(n *sitter.Node) bool { return n.Equal(argument) })
	c.Callee = span(callee)
	return c, true
}

// passing are the nodes whose value, or what they return, can be an object in them.
var passing = []string{
	"parenthesized_expression", "as_expression", "satisfies_expression", "ternary_expression", "array", "object",
	"arrow_function", "function", "function_expression", "return_statement", "statement_block", "if_statement",
	"else_clause", "await_expression",
}

// propertyName returns the name of a property whose value, or what it returns, an object is; "" for other nodes and for
// computed names.
func propertyName(n *sitter.Node, src []byte) string {
	var name *sitter.Node
	switch n.Type() {
	case "pair":
		name = n.ChildByFieldName("key")
	case "method_definition":
		name = n.ChildByFieldName("name")
	}
	if !isAny(name, "property_identifier", "string") {
		return ""
	}
	return strings.Trim(name.Content(src), "\"'")
}

// isKeyOf reports whether a span is the key of one property of an object.
func isKeyOf(property *sitter.Node, key text.Span) bool {
	switch property.Type() {
	case "shorthand_property_identifier":
		return span(property) == key
	case "pair":
		return span(property.ChildByFieldName("key")).Contains(key)
	case "method_definition":
		return span(property.ChildByFieldName("name")).Contains(key)
	}
	return false
}

// Bounds returns the names of the types that bound what a function or class of TypeScript takes: O for the first
// argument of
//
//	function f<T extends O>(o: T)
//
// They are those in the constraints of the type parameters that the parameter's type names; of a class, those of all
// its type parameters. Names below keyof, in the parameters of functions and among the members of other types are left
// out. The declaration is given by the span of its name, and the parameter by its 0-based index. The error is that of
// [Parse].
func Bounds(ctx context.Context, file string, src []byte, name text.Span, index int) (out []text.Span, err error) {
	err = parse(ctx, file, src, func(_ context.Context, _ *Language, _ string, root *sitter.Node) error {
		generic := declarationOf(root, name, "type_parameters")
		if generic == nil {
			return nil
		}
		isClass := isAny(generic, "class_declaration", "abstract_class_declaration", "class")
		var used []*sitter.Node
		if parameters := generic.ChildByFieldName("parameters"); parameters != nil {
			list := named(parameters)
			if len(list) > 0 {
				used = typeNames(list[min(index, len(list)-1)].ChildByFieldName("type"))
			}
		}
		for _, p := range named(generic.ChildByFieldName("type_parameters")) {
			own := p.ChildByFieldName("name")
			isUsed := func(n *sitter.Node) bool { return own != nil && n.Content(src) == own.Content(src) }
			if isClass || slices.ContainsFunc(used, isUsed) {
				out = appendSpans(out, typeNames(p.ChildByFieldName("constraint")))
			}
		}
		return nil
	})
	return out, err
}

// BasesOf returns the names of the types whose members an interface or an alias of TypeScript has too: what an
// interface extends, and what an alias is made of. The declaration is given by the span of its name. The error is that
// of [Parse].
func BasesOf(ctx context.Context, file string, src []byte, name text.Span) (out []text.Span, err error) {
	err = parse(ctx, file, src, func(_ context.Context, _ *Language, _ string, root *sitter.Node) error {
		for _, n := range slices.Backward(nodesAround(root, name)) {
			if isAny(n, "type_alias_declaration") {
				out = appendSpans(out, typeNames(n.ChildByFieldName("value")))
				return nil
			}
			if isAny(n, "interface_declaration", "class_declaration", "abstract_class_declaration") {
				for _, c := range named(n) {
					if isAny(c, "extends_type_clause", "extends_clause", "class_heritage") {
						out = appendSpans(out, typeNames(c))
					}
				}
				return nil
			}
		}
		return nil
	})
	return out, err
}

// TypesOf returns the names of the types that a member of a type of TypeScript has, holds or returns: A and B in
// "key: A | B[]" and in "key(): Promise<A & B>", besides the generic types around them. The member is given by the span
// of its name. The error is that of [Parse].
func TypesOf(ctx context.Context, file string, src []byte, name text.Span) (out []text.Span, err error) {
	err = parse(ctx, file, src, func(_ context.Context, _ *Language, _ string, root *sitter.Node) error {
		for _, n := range slices.Backward(nodesAround(root, name)) {
			if span(n.ChildByFieldName("name")) == name {
				out = appendSpans(out, typeNames(n.ChildByFieldName("type")))
				out = appendSpans(out, typeNames(n.ChildByFieldName("return_type")))
				return nil
			}
		}
		return nil
	})
	return out, err
}

// declarationOf returns the node of the innermost declaration around a name, or of the function that is its value or
// type, if it has a field; else nil.
func declarationOf(root *sitter.Node, name text.Span, field string) *sitter.Node {
	for _, n := range slices.Backward(nodesAround(root, name)) {
		if span(n) == name {
			continue
		}
		for _, holder := range []*sitter.Node{n, n.ChildByFieldName("value"), n.ChildByFieldName("type")} {
			if isAny(holder, "type_annotation") && holder.NamedChildCount() > 0 {
				holder = holder.NamedChild(0)
			}
			if holder != nil && holder.ChildByFieldName(field) != nil {
				return holder
			}
		}
		if isAny(n, "statement_block", "class_body", "program") {
			return nil
		}
	}
	return nil
}

// typeNames returns the names of types below a node by which the type that is written there has its members, or those
// of what it holds or returns.
func typeNames(n *sitter.Node) (out []*sitter.Node) {
	if n == nil || isAny(n, "index_type_query", "object_type", "formal_parameters", "type_parameters") {
		return nil
	}
	if isAny(n, "type_identifier", "identifier") {
		return []*sitter.Node{n}
	}
	list := named(n)
	if isAny(n, "nested_type_identifier") && len(list) > 0 {
		list = list[len(list)-1:]
	}
	for _, c := range list {
		out = append(out, typeNames(c)...)
	}
	return out
}

// named returns the named nodes directly below a node, without comments; none for nil.
func named(n *sitter.Node) []*sitter.Node {
	if n == nil {
		return nil
	}
	return slices.DeleteFunc(children(n), func(c *sitter.Node) bool { return !c.IsNamed() || c.Type() == "comment" })
}

// appendSpans appends the spans of nodes.
func appendSpans(out []text.Span, nodes []*sitter.Node) []text.Span {
	for _, n := range nodes {
		out = append(out, span(n))
	}
	return out
}
