//go:build cgo

package syntax

import (
	"context"

	sitter "github.com/smacker/go-tree-sitter"

	"lanser/selectors/text"
)

// A Callee is the name that a call of TypeScript, JavaScript or Python names: load in "store.load(1)".
type Callee struct {
	// Name is the last name of what is called: f in f(1), a.f(1), (a.f as F)(1), new f(1), f.call(a), o["f"](1), @f and
	// <f />.
	Name text.Span
	// Element is true if an element of what has the name is called, as in f["a"](1), where it is no type argument.
	Element bool
}

// A Made is a call of TypeScript, JavaScript or Python of what has no name: f()(1), or (a || b)(1).
type Made struct {
	At     text.Span // what is called: f() and (a || b)
	Values []Value   // what that may be
}

// Callees returns what the calls of a file call, in the order of the nodes. Calls of what has no name, as in f()(), are
// left out. The error is that of [Parse].
func Callees(ctx context.Context, file string, src []byte) (out []Callee, err error) {
	err = parse(ctx, file, src, func(_ context.Context, l *Language, _ string, root *sitter.Node) error {
		if l.Scheme == "ts" || l.Scheme == "py" {
			out = calleesBelow(root, src, nil)
		}
		return nil
	})
	return out, err
}

// MadeCalls returns the calls of a file whose callee has no name, in the order of the nodes. The error is that of
// [Parse].
func MadeCalls(ctx context.Context, file string, src []byte) (out []Made, err error) {
	err = parse(ctx, file, src, func(_ context.Context, l *Language, _ string, root *sitter.Node) error {
		if l.Scheme == "ts" || l.Scheme == "py" {
			out = madeBelow(root, src, nil)
		}
		return nil
	})
	return out, err
}

// madeBelow adds the calls below a node whose callee has no name to out.
func madeBelow(n *sitter.Node, src []byte, out []Made) []Made {
	called := calledIn(n, src)
	if _, isNamed := calleeOf(called, src); called != nil && !isNamed {
		if values := valuesOf(called, src).Named; len(values) > 0 {
			out = append(out, Made{At: span(called), Values: values})
		}
	}
	for _, c := range named(n) {
		out = madeBelow(c, src, out)
	}
	return out
}

// calleesBelow adds what is called below a node to out.
func calleesBelow(n *sitter.Node, src []byte, out []Callee) []Callee {
	if c, ok := calleeOf(calledIn(n, src), src); ok {
		out = append(out, c)
	}
	for _, c := range named(n) {
		out = calleesBelow(c, src, out)
	}
	return out
}

// calledIn returns what a node calls, nil if it is no call.
func calledIn(n *sitter.Node, src []byte) (called *sitter.Node) {
	switch n.Type() {
	case "call_expression", "call":
		called = n.ChildByFieldName("function")
	case "new_expression":
		called = n.ChildByFieldName("constructor")
	case "jsx_opening_element", "jsx_self_closing_element":
		called = n.ChildByFieldName("name")
		if isAny(called, "identifier") && isLowerCase(called.Content(src)) {
			called = nil // a tag of HTML
		}
	case "decorator":
		if list := named(n); len(list) == 1 && !isAny(list[0], "call_expression", "call") {
			called = list[0]
		}
	}
	return called
}

// isLowerCase reports whether a name begins with a small letter of ASCII.
func isLowerCase(name string) bool { return name != "" && name[0] >= 'a' && name[0] <= 'z' }

// calleeOf returns what a call of an expression calls; ok is false if that has no name.
func calleeOf(n *sitter.Node, src []byte) (c Callee, ok bool) {
	for n != nil {
		switch n.Type() {
		case "identifier", "property_identifier", "private_property_identifier", "super", "jsx_identifier":
			c.Name = span(n)
			return c, true
		case "parenthesized_expression", "as_expression", "satisfies_expression", "non_null_expression",
			"instantiation_expression", "sequence_expression":
			list := named(n)
			if len(list) == 0 {
				return c, false
			}
			n = list[0]
			if isAny(n.Parent(), "sequence_expression") {
				n = list[len(list)-1]
			}
		case "member_expression":
			property, object := n.ChildByFieldName("property"), n.ChildByFieldName("object")
			isApplied := property != nil && (property.Content(src) == "call" || property.Content(src) == "apply")
			n = property
			if isApplied && isAny(object, "identifier", "member_expression", "parenthesized_expression",
				"non_null_expression", "super") {
				n = object
			}
		case "attribute":
			n = n.ChildByFieldName("attribute")
		case "nested_identifier":
			list := named(n)
			if len(list) == 0 {
				return c, false
			}
			n = list[len(list)-1]
		case "subscript_expression", "subscript":
			index := n.ChildByFieldName("index")
			if isAny(n, "subscript_expression") && isAny(index, "string") && len(named(index)) == 1 {
				c.Name = span(named(index)[0])
				return c, true
			}
			c.Element = true
			container := n.ChildByFieldName("object")
			if container == nil {
				container = n.ChildByFieldName("value")
			}
			n = container
		default:
			return c, false
		}
	}
	return c, false
}

// ValueOf returns the last name of what a variable, a parameter by its default, a member or a key of TypeScript,
// JavaScript or Python is set to where it is declared: find in "const get = store.find". The declaration is given by
// the span of its name. ok is false for every other value. The error is that of [Parse].
func ValueOf(ctx context.Context, file string, src []byte, name text.Span) (value text.Span, ok bool, err error) {
	err = parse(ctx, file, src, func(_ context.Context, l *Language, _ string, root *sitter.Node) error {
		given := givenTo(root, name)
		if l.Scheme != "ts" && l.Scheme != "py" || isAny(given, "call", "subscript", "subscript_expression") {
			return nil
		}
		if c, isNamed := calleeOf(given, src); isNamed {
			value, ok = c.Name, true
		}
		return nil
	})
	return value, ok, err
}
