//go:build cgo

package syntax

import (
	"context"
	"slices"
	"strings"

	sitter "github.com/smacker/go-tree-sitter"

	"lanser/selectors/text"
)

// A FlowKind says what a value of TypeScript or JavaScript goes to.
type FlowKind int

// The kinds of flows.
const (
	ToName     FlowKind = iota // what a name is declared as: a function that is called, a component, a key, a member
	ToType                     // a type that is written out
	ToVariable                 // a variable without a type
	ToResult                   // the result of a function that is written without one
	ToMember                   // a field of a class without a type
)

// A Flow is one thing that a value goes to.
type Flow struct {
	Kind FlowKind
	// At is the name, the type, or the name of the variable or function: f of f(o), B of <B {...o}/>, T of o as T.
	At text.Span
	// Nested is true if it is a part of what goes there: an element of a list, or the value of a key.
	Nested bool
	// IsPart is true if only a part of the variable's value goes there: f(o.x) and f(o.get(1)).
	IsPart bool
	// Scope is where the variable or function can be named; empty for the whole file and what imports it.
	Scope text.Span
}

// An Object is one that is written out.
type Object struct {
	Keys   []string // that are plain to see
	IsOpen bool     // it has other keys too, of other objects or computed ones
	Flows  []Flow   // of the object
}

// ObjectsWith returns the objects of a file of TypeScript or JavaScript with a key of a name, by the place of the key's
// name. The error is that of [Parse].
func ObjectsWith(ctx context.Context, file string, src []byte, name string) (map[text.Span]Object, error) {
	out := map[text.Span]Object{}
	keys := slices.DeleteFunc(wordsOf(src, name, WordChars(file)), func(s text.Span) bool { return !mayBeKey(src, s) })
	if len(keys) == 0 {
		return out, nil // parsing takes most of the time
	}
	err := parse(ctx, file, src, func(_ context.Context, l *Language, _ string, root *sitter.Node) error {
		if l.Scheme != "ts" {
			return nil
		}
		for _, s := range keys {
			around := nodesAround(root, s)
			at := len(around) - 1
			for at > 0 && isAny(around[at], "property_identifier", "shorthand_property_identifier", "string",
				"string_fragment", "pair", "method_definition") {
				at--
			}
			if isAny(around[at], "object") && at < len(around)-1 && isKeyOf(around[at+1], s) {
				o := objectAt(around[at], src)
				o.Flows = flowsOf(around[:at+1], src)
				out[s] = o
			}
		}
		return nil
	})
	return out, err
}

// FlowsOf returns what a value goes to, by the places of the words of a name in a file of TypeScript or JavaScript. The
// kind says which value: that of the variable x for ToVariable, the result of x() for ToResult, and o.x for ToMember.
// Words that declare the name are left out. The error is that of [Parse].
func FlowsOf(ctx context.Context, file string, src []byte, name string, of FlowKind) (map[text.Span][]Flow, error) {
	out := map[text.Span][]Flow{}
	found := wordsOf(src, name, WordChars(file))
	if len(found) == 0 {
		return out, nil
	}
	err := parse(ctx, file, src, func(_ context.Context, l *Language, _ string, root *sitter.Node) error {
		if l.Scheme != "ts" {
			return nil
		}
		for _, s := range found {
			around := nodesAround(root, s)
			at, ok := valueAt(around, of)
			if !ok {
				continue
			}
			flows := flowsOf(around[:at+1], src)
			flows = append(flows, flowsOfParts(around[:at+1], src)...)
			if len(flows) > 0 {
				out[s] = flows
			}
		}
		return nil
	})
	return out, err
}

// valueAt returns the index of the node that has the value which the last of nodes names.
func valueAt(around []*sitter.Node, of FlowKind) (at int, ok bool) {
	at = len(around) - 1
	isSelected := at > 0 && isAny(around[at-1], "member_expression") &&
		span(around[at-1].ChildByFieldName("property")) == span(around[at])
	switch of {
	case ToMember:
		return at - 1, isSelected
	case ToResult:
		if isSelected {
			at--
		}
		isCalled := at > 0 && isAny(around[at-1], "call_expression") &&
			span(around[at-1].ChildByFieldName("function")) == span(around[at])
		return at - 1, isCalled
	}
	return at, isAny(around[at], "identifier", "shorthand_property_identifier")
}

// flowsOfParts returns what parts of the value of the last of nodes go to: those that are selected or looped over.
func flowsOfParts(around []*sitter.Node, src []byte) (parts []Flow) {
	at := len(around) - 1
	for ; at > 0; at-- {
		n, inner := around[at-1], around[at]
		isOf := func(field string) bool { return span(n.ChildByFieldName(field)) == span(inner) }
		isPart := isAny(n, "member_expression", "subscript_expression") && isOf("object") ||
			isAny(n, "call_expression") && isOf("function") && !isAny(inner, "identifier") ||
			isAny(n, "non_null_expression", "parenthesized_expression", "await_expression")
		if !isPart {
			break
		}
	}
	n := around[max(0, at-1)]
	if isAny(n, "for_in_statement") && span(n.ChildByFieldName("right")) == span(around[at]) {
		if name := n.ChildByFieldName("left"); isAny(name, "identifier") {
			parts = []Flow{{Kind: ToVariable, At: span(name), Scope: span(n)}}
		}
	} else if at < len(around)-1 {
		parts = flowsOf(around[:at+1], src)
	}
	for i := range parts {
		parts[i].IsPart = true
	}
	return parts
}

// objectAt returns an object without its flows.
func objectAt(object *sitter.Node, src []byte) (o Object) {
	for _, n := range named(object) {
		name := propertyName(n, src)
		if isAny(n, "shorthand_property_identifier") {
			name = n.Content(src)
		}
		if name == "" {
			o.IsOpen = true
			continue
		}
		o.Keys = append(o.Keys, name)
	}
	return o
}

// handingOn are the functions of the language that return their argument, or what has its members or elements.
var handingOn = []string{
	"Object.freeze", "Object.seal", "Object.assign", "Promise.resolve", "structuredClone",
	"Map", "Set", "Array.from", "Array.of",
}

// flowing follows a value through the nodes around it.
type flowing struct {
	src    []byte
	around []*sitter.Node // the innermost last
	nested bool
	out    []Flow
}

// flowsOf returns what the value of the last of nodes goes to; each is in the one before it.
func flowsOf(around []*sitter.Node, src []byte) []Flow {
	f := &flowing{src: src, around: around}
	for at := len(around) - 1; at > 0; {
		next, ok := f.passes(at)
		if !ok {
			break
		}
		at = next
	}
	return f.out
}

// add adds a flow to a node, if there is one.
func (f *flowing) add(kind FlowKind, n *sitter.Node, scope text.Span) {
	if n != nil {
		f.out = append(f.out, Flow{Kind: kind, At: span(n), Nested: f.nested, Scope: scope})
	}
}

// passes follows the value of the node at an index outwards, and returns the index of a node around it that has the
// value too. ok is false if there is none.
func (f *flowing) passes(at int) (next int, ok bool) {
	n, inner := f.around[at-1], f.around[at]
	is := func(field string) bool { return span(n.ChildByFieldName(field)) == span(inner) }
	switch n.Type() {
	case "parenthesized_expression", "non_null_expression", "await_expression", "spread_element", "jsx_expression":
		return at - 1, true
	case "as_expression", "satisfies_expression", "type_assertion":
		return at - 1, f.isUntyped(n, inner)
	case "ternary_expression":
		return at - 1, !is("condition")
	case "binary_expression":
		return at - 1, isAny(n.ChildByFieldName("operator"), "||", "??", "&&")
	case "array":
		f.nested = f.nested || !isAny(inner, "spread_element")
		return at - 1, true
	case "pair":
		if !is("value") {
			return 0, false
		}
		f.add(ToName, n.ChildByFieldName("key"), text.Span{})
		f.nested = true
		return at - 1, true
	case "object":
		if isAny(inner, "shorthand_property_identifier") {
			f.add(ToName, inner, text.Span{})
			f.nested = true
		}
		return at - 1, true
	case "arguments":
		return f.argument(at)
	case "jsx_attribute":
		f.add(ToName, n.NamedChild(0), text.Span{})
	case "jsx_self_closing_element", "jsx_opening_element":
		f.add(ToName, lastName(n.ChildByFieldName("name")), text.Span{})
	case "variable_declarator":
		if is("value") {
			f.bind(at-1, n)
		}
	case "assignment_expression":
		if is("right") {
			f.add(ToName, lastName(n.ChildByFieldName("left")), text.Span{})
		}
	case "public_field_definition", "field_definition":
		name := n.ChildByFieldName("name")
		if name == nil {
			name = n.ChildByFieldName("property")
		}
		if is("value") && !f.addType(n.ChildByFieldName("type")) {
			f.add(ToMember, name, text.Span{})
		}
	case "required_parameter", "optional_parameter":
		f.addType(n.ChildByFieldName("type"))
	case "return_statement":
		for at--; at > 0 && !isAny(f.around[at], functions...); at-- {
		}
		return f.returned(at)
	case "arrow_function":
		if is("body") {
			return f.returned(at - 1)
		}
	}
	return 0, false
}

// lastName returns the last name of an expression such as a.b, nil for one that does not end in a name.
func lastName(n *sitter.Node) *sitter.Node {
	if isAny(n, "member_expression", "nested_identifier") {
		if property := n.ChildByFieldName("property"); property != nil {
			n = property
		}
	}
	if !isAny(n, "identifier", "property_identifier", "private_property_identifier", "jsx_identifier") {
		return nil
	}
	return n
}

// noTypes are types that say nothing of a value's members, and const.
var noTypes = []string{"const", "unknown", "any", "object"}

// isUntyped reports whether a conversion says nothing of its value's type; else it adds the type.
func (f *flowing) isUntyped(n, inner *sitter.Node) bool {
	for _, c := range named(n) {
		if span(c) == span(inner) {
			continue
		}
		if !slices.Contains(noTypes, c.Content(f.src)) {
			f.add(ToType, c, text.Span{})
			return false
		}
	}
	return true
}

// addType adds the type of an annotation, and reports whether there is one.
func (f *flowing) addType(annotation *sitter.Node) bool {
	if annotation == nil {
		return false
	}
	f.add(ToType, annotation, text.Span{})
	return true
}

// argument adds what is called with the argument at an index. Some functions hand it on.
func (f *flowing) argument(at int) (next int, ok bool) {
	if at < 2 {
		return 0, false
	}
	call := f.around[at-2]
	callee := call.ChildByFieldName("function")
	if callee == nil {
		callee = call.ChildByFieldName("constructor")
	}
	if callee == nil {
		return 0, false
	}
	f.add(ToName, lastName(callee), text.Span{})
	return at - 2, slices.Contains(handingOn, callee.Content(f.src))
}

// bind adds the variable that the declarator at an index sets, or its type.
func (f *flowing) bind(at int, declarator *sitter.Node) {
	name := declarator.ChildByFieldName("name")
	annotation := declarator.ChildByFieldName("type")
	isAnything := annotation != nil && slices.Contains(noTypes, strings.TrimLeft(annotation.Content(f.src), ": "))
	if !isAnything && f.addType(annotation) || !isAny(name, "identifier") {
		return
	}
	f.add(ToVariable, name, f.scope(at))
}

// scope returns the block or function around the node at an index; empty at the top of the file.
func (f *flowing) scope(at int) text.Span {
	for at--; at > 0; at-- {
		if isAny(f.around[at], "statement_block") || isAny(f.around[at], functions...) {
			return span(f.around[at])
		}
	}
	return text.Span{}
}

// returned adds what the function at an index returns its values to: its result's type, or where its name is called. A
// function without a name that is an argument hands them to what it is the argument of, and to that one's result.
func (f *flowing) returned(at int) (next int, ok bool) {
	if at <= 0 || f.addType(f.around[at].ChildByFieldName("return_type")) {
		return 0, false
	}
	n, in := f.around[at], f.around[at-1]
	if name := n.ChildByFieldName("name"); name != nil {
		scope := f.scope(at)
		if isAny(n, "method_definition") {
			scope = text.Span{}
		}
		f.add(ToResult, name, scope)
		return 0, false
	}
	for isAny(in, "parenthesized_expression") && at > 1 {
		at--
		in = f.around[at-1]
	}
	if isAny(in, "variable_declarator") && !f.addType(in.ChildByFieldName("type")) {
		f.add(ToResult, in.ChildByFieldName("name"), f.scope(at-1))
		return 0, false
	}
	if isAny(in, "pair") {
		f.add(ToName, in.ChildByFieldName("key"), text.Span{})
		return 0, false
	}
	if !isAny(in, "arguments") {
		return 0, false
	}
	_, _ = f.argument(at)
	f.nested = true
	return at - 2, at >= 2
}
