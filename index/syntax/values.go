//go:build cgo

package syntax

import (
	"bytes"
	"context"
	"slices"

	sitter "github.com/smacker/go-tree-sitter"

	"lanser/selectors/text"
)

// A Value is something that an expression of TypeScript, JavaScript or Python may have as its value: f and g in
// "x ? f : g()".
type Value struct {
	Name text.Span // its last name: f in a.f and in a.f(1)
	// Calls is the number of calls after the name: 0 in f, 1 in f(1), 2 in f(1)(2).
	Calls int
	// Given are the last names of what those calls are given, as it is or in objects and lists.
	Given []text.Span
	// Module is true if it is what a CommonJS module is, whose path is at the name: "./a" in require("./a").
	Module bool
}

// Values are what an expression may have as its value.
type Values struct {
	Named []Value
	// HasFunction is true if it may be a function without a name.
	HasFunction bool
}

// IsEmpty reports whether there are none.
func (v Values) IsEmpty() bool { return len(v.Named) == 0 && !v.HasFunction }

// maxGiven bounds the arguments of one call that are looked at.
const maxGiven = 20

// ValuesOf returns what a variable, a parameter by its default, a member or a key is set to where it is declared, given
// the span of its name. The error is that of [Parse].
func ValuesOf(ctx context.Context, file string, src []byte, name text.Span) (out Values, err error) {
	err = parse(ctx, file, src, func(_ context.Context, l *Language, _ string, root *sitter.Node) error {
		if given := givenTo(root, name); given != nil && (l.Scheme == "ts" || l.Scheme == "py") {
			out = valuesOf(given, src)
		}
		return nil
	})
	return out, err
}

// Returned returns what the function of a name returns, given the span of the name where it is declared; ok is false if
// no function with a body is declared there. The error is that of [Parse].
func Returned(ctx context.Context, file string, src []byte, name text.Span) (out Values, ok bool, err error) {
	err = parse(ctx, file, src, func(_ context.Context, l *Language, _ string, root *sitter.Node) error {
		if l.Scheme != "ts" && l.Scheme != "py" {
			return nil
		}
		function := givenTo(root, name)
		around := nodesAround(root, name)
		if n := len(around) - 2; function == nil && n >= 0 && span(around[n].ChildByFieldName("name")) == name {
			function = around[n]
		}
		for isAny(function, wrapping...) {
			function = firstNamed(function)
		}
		if !isAny(function, functions...) || function.ChildByFieldName("body") == nil {
			return nil
		}
		body := function.ChildByFieldName("body")
		ok = true
		if isAny(body, "statement_block", "block") {
			out = returnedIn(body, src)
		} else {
			out = valuesOf(body, src)
		}
		return nil
	})
	return out, ok, err
}

// ModuleValue returns what a CommonJS module of JavaScript is: "module.exports = f" makes it f. A function or a class
// with a name that is written there counts as its name. The error is that of [Parse].
func ModuleValue(ctx context.Context, file string, src []byte) (out Values, err error) {
	if !bytes.Contains(src, []byte("module.exports")) {
		return out, nil
	}
	err = parse(ctx, file, src, func(_ context.Context, l *Language, _ string, root *sitter.Node) error {
		if l.Scheme == "ts" {
			out = moduleValueIn(root, src)
		}
		return nil
	})
	return out, err
}

// moduleValueIn returns what is assigned to module.exports below a node.
func moduleValueIn(n *sitter.Node, src []byte) (out Values) {
	left, right := n.ChildByFieldName("left"), n.ChildByFieldName("right")
	if isAny(n, "assignment_expression") && left.Content(src) == "module.exports" {
		for isAny(right, "assignment_expression") {
			right = right.ChildByFieldName("right")
		}
		if name := right.ChildByFieldName("name"); name != nil && isAny(right, append(functions, "class")...) {
			return Values{Named: []Value{{Name: span(name)}}}
		}
		return valuesOf(right, src)
	}
	for _, c := range named(n) {
		out.add(moduleValueIn(c, src))
	}
	return out
}

// functions are the nodes that declare a function or are one.
var functions = []string{
	"function_declaration", "generator_function_declaration", "function_definition", "method_definition",
	"arrow_function", "function", "function_expression", "generator_function", "lambda",
}

// wrapping are the nodes around one expression, whose value they have.
var wrapping = []string{
	"parenthesized_expression", "as_expression", "satisfies_expression", "non_null_expression",
	"instantiation_expression", "await_expression", "await",
}

// firstNamed returns the first named node in another one, nil for none.
func firstNamed(n *sitter.Node) *sitter.Node {
	if n == nil {
		return nil
	}
	if list := named(n); len(list) > 0 {
		return list[0]
	}
	return nil
}

// givenTo returns the expression that a name is set to where it is declared, nil for none.
func givenTo(root *sitter.Node, name text.Span) *sitter.Node {
	around := nodesAround(root, name)
	if len(around) < 2 || span(around[len(around)-1]) != name {
		return nil
	}
	n := around[len(around)-2]
	for _, fields := range [][2]string{
		{"name", "value"}, {"left", "right"}, {"pattern", "value"}, {"key", "value"}, {"property", "value"},
	} {
		if given := n.ChildByFieldName(fields[1]); given != nil && span(n.ChildByFieldName(fields[0])) == name {
			return given
		}
	}
	return nil
}

// add adds values to others.
func (v *Values) add(more Values) {
	v.Named = append(v.Named, more.Named...)
	v.HasFunction = v.HasFunction || more.HasFunction
}

// returnedIn returns the values of what the return statements of a block return, without those of functions in it.
func returnedIn(n *sitter.Node, src []byte) (out Values) {
	for _, c := range named(n) {
		if isAny(c, functions...) || isAny(c, "class_declaration", "class_definition", "class") {
			continue
		}
		if isAny(c, "return_statement") {
			if value := firstNamed(c); value != nil {
				out.add(valuesOf(value, src))
			}
			continue
		}
		out.add(returnedIn(c, src))
	}
	return out
}

// valuesOf returns what an expression may have as its value. Objects, lists, literals and what new makes are none, as
// nobody can call them.
func valuesOf(n *sitter.Node, src []byte) (out Values) {
	field := func(name string) Values { return valuesOf(n.ChildByFieldName(name), src) }
	switch {
	case n == nil || isAny(n, "subscript", "subscript_expression", "super"):
	case isAny(n, functions...):
		out.HasFunction = true
	case isAny(n, wrapping...):
		out = valuesOf(firstNamed(n), src)
	case isAny(n, "call", "call_expression"):
		out = valuesOfCall(n, src)
	case isAny(n, "ternary_expression"):
		out = field("consequence")
		out.add(field("alternative"))
	case isAny(n, "conditional_expression"):
		if list := named(n); len(list) == 3 {
			out = valuesOf(list[0], src)
			out.add(valuesOf(list[2], src))
		}
	case isAny(n, "binary_expression", "boolean_operator"):
		operator := n.ChildByFieldName("operator")
		if isAny(operator, "||", "??", "or", "and") {
			out = field("left")
		}
		if isAny(operator, "||", "??", "or", "and", "&&") {
			out.add(field("right"))
		}
	case isAny(n, "assignment_expression"):
		out = field("right")
	case isAny(n, "named_expression"):
		out = field("value")
	case isAny(n, "sequence_expression"):
		if list := named(n); len(list) > 0 {
			out = valuesOf(list[len(list)-1], src)
		}
	default:
		if c, ok := calleeOf(n, src); ok {
			out.Named = []Value{{Name: c.Name}}
		}
	}
	return out
}

// valuesOfCall returns what a call may return: of f.bind(x) and partial(f, x), what calls f and nothing else, it is f.
func valuesOfCall(n *sitter.Node, src []byte) (out Values) {
	function, arguments := n.ChildByFieldName("function"), n.ChildByFieldName("arguments")
	if function == nil {
		return out
	}
	if path := firstNamed(arguments); isAny(n, "call_expression") && isAny(path, "string") &&
		isAny(function, "identifier") && function.Content(src) == "require" && len(named(path)) == 1 {
		return Values{Named: []Value{{Name: span(named(path)[0]), Module: true}}}
	}
	property := function.ChildByFieldName("property")
	if property != nil && property.Content(src) == "bind" && isAny(function, "member_expression") {
		return valuesOf(function.ChildByFieldName("object"), src)
	}
	if isAny(n, "call") && slices.Contains(wrappers, function.Content(src)) && arguments != nil {
		return valuesOf(firstNamed(arguments), src)
	}
	if c, ok := calleeOf(function, src); ok && !c.Element {
		out.Named = []Value{{Name: c.Name}}
	} else if !ok {
		out.Named = valuesOf(function, src).Named
	}
	given := givenIn(arguments, src)
	for i := range out.Named {
		out.Named[i].Calls++
		out.Named[i].Given = append(out.Named[i].Given, given...)
	}
	return out
}

// givenIn returns the last names of the values below a node, which are arguments or in them.
func givenIn(n *sitter.Node, src []byte) (out []text.Span) {
	if n == nil {
		return nil
	}
	for _, c := range named(n) {
		switch {
		case len(out) >= maxGiven:
			return out
		case isAny(c, "array", "list", "tuple", "object", "dictionary", "set", "spread_element"):
			out = append(out, givenIn(c, src)...)
		case isAny(c, "shorthand_property_identifier"):
			out = append(out, span(c))
		case isAny(c, "pair", "keyword_argument"):
			out = append(out, givenOf(c.ChildByFieldName("value"), src)...)
		default:
			out = append(out, givenOf(c, src)...)
		}
	}
	return out
}

// givenOf returns the last names of the values of an argument.
func givenOf(n *sitter.Node, src []byte) (out []text.Span) {
	if isAny(n, "array", "list", "tuple", "object", "dictionary", "set") {
		return givenIn(n, src)
	}
	for _, v := range valuesOf(n, src).Named {
		if v.Calls == 0 {
			out = append(out, v.Name)
		}
		out = append(out, v.Given...)
	}
	return out
}
