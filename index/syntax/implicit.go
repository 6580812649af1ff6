//go:build cgo

package syntax

import (
	"context"
	"strings"

	sitter "github.com/smacker/go-tree-sitter"

	"lanser/selectors/text"
)

// An ImplicitCall is a place at which Python calls methods of an object without their names: __enter__ and __exit__ of
// pool in "with pool:".
type ImplicitCall struct {
	At   text.Span // the object
	Name text.Span // its last name, or that of what is called to get it; empty if it has none
	Made bool      // Name is called, and the object is its result: in "with Pool(4):", that of Pool
	// Methods are the names of the methods: of each list, the first that the object's class has.
	Methods [][]string
}

// ImplicitCalls returns the places of a file of Python at which it calls methods without their names, in the order of
// the nodes, except those of literals. The error is that of [Parse].
func ImplicitCalls(ctx context.Context, file string, src []byte) (out []ImplicitCall, err error) {
	err = parse(ctx, file, src, func(_ context.Context, l *Language, _ string, root *sitter.Node) error {
		if l.Scheme == "py" {
			out = implicitBelow(root, src, nil)
		}
		return nil
	})
	return out, err
}

// implicitBelow adds the implicit calls at a node and below it to out.
func implicitBelow(n *sitter.Node, src []byte, out []ImplicitCall) []ImplicitCall {
	add := func(operand *sitter.Node, methods ...string) {
		if operand != nil {
			out = append(out, operandsOf(operand, src, methods)...)
		}
	}
	field := func(name string) *sitter.Node { return n.ChildByFieldName(name) }
	prefix := "__"
	if around := n.Parent(); isAsync(n, src) || isAny(n, "with_item") && isAsync(around.Parent(), src) {
		prefix = "__a"
	}
	switch n.Type() {
	case "with_item":
		value := firstNamed(n)
		if isAny(value, "as_pattern") {
			value = firstNamed(value)
		}
		add(value, prefix+"enter__", prefix+"exit__")
	case "for_statement", "for_in_clause":
		add(field("right"), prefix+"iter__", prefix+"next__")
	case "if_statement", "elif_clause", "while_statement":
		add(field("condition"), "__bool__ __len__")
	case "not_operator":
		add(field("argument"), "__bool__ __len__")
	case "await":
		add(firstNamed(n), "__await__")
	case "unary_operator":
		if method := unaryMethods[operatorOf(n, src)]; method != "" {
			add(field("argument"), method)
		}
	case "binary_operator":
		if name := binaryMethods[operatorOf(n, src)]; name != "" {
			add(field("left"), "__"+name+"__")
			add(field("right"), "__r"+name+"__")
		}
	case "augmented_assignment":
		if name := binaryMethods[strings.TrimSuffix(operatorOf(n, src), "=")]; name != "" {
			add(field("left"), "__i"+name+"__ __"+name+"__")
			add(field("right"), "__r"+name+"__")
		}
	case "comparison_operator":
		out = append(out, comparedIn(n, src)...)
	case "subscript":
		switch around := n.Parent(); {
		case isAny(around, "assignment") && span(around.ChildByFieldName("left")) == span(n):
			add(field("value"), "__setitem__")
		case isAny(around, "delete_statement"):
			add(field("value"), "__delitem__")
		case isAny(around, "augmented_assignment") && span(around.ChildByFieldName("left")) == span(n):
			add(field("value"), "__getitem__", "__setitem__")
		case !isAny(around, "type", "generic_type"):
			add(field("value"), "__getitem__")
		}
	case "interpolation":
		add(firstNamed(n), "__format__ __str__ __repr__")
	case "call":
		function, arguments := field("function"), field("arguments")
		if isAny(function, "identifier", "attribute") {
			add(function, "__call__")
		}
		if isAny(function, "identifier") && isAny(arguments, "argument_list") {
			if methods := builtInMethods[function.Content(src)]; methods != "" {
				add(firstNamed(arguments), methods)
			}
		}
	}
	for _, c := range named(n) {
		out = implicitBelow(c, src, out)
	}
	return out
}

// comparedIn returns the implicit calls of the operators of a comparison such as a < b in c.
func comparedIn(n *sitter.Node, src []byte) (out []ImplicitCall) {
	operands := named(n)
	var operators []string
	for i := range int(n.ChildCount()) {
		if c := n.Child(i); !c.IsNamed() {
			operators = append(operators, c.Content(src))
		} else if strings.Contains(c.Type(), "not in") || strings.Contains(c.Type(), "is not") {
			operators = append(operators, c.Type())
		}
	}
	for i, operator := range operators {
		if i+1 >= len(operands) {
			break
		}
		if methods := comparisonMethods[operator]; len(methods) == 2 {
			out = append(out, operandsOf(operands[i], src, methods[:1])...)
			out = append(out, operandsOf(operands[i+1], src, methods[1:])...)
		} else if strings.HasSuffix(operator, "in") {
			out = append(out, operandsOf(operands[i+1], src, []string{"__contains__ __iter__"})...)
		}
	}
	return out
}

// operandsOf returns the implicit calls of methods, given as words, of what an expression is.
func operandsOf(n *sitter.Node, src []byte, methods []string) (out []ImplicitCall) {
	c := ImplicitCall{At: span(n)}
	for _, words := range methods {
		c.Methods = append(c.Methods, strings.Fields(words))
	}
	both := func(list ...*sitter.Node) []ImplicitCall {
		for _, operand := range list {
			if operand != nil {
				out = append(out, operandsOf(operand, src, methods)...)
			}
		}
		return out
	}
	switch {
	case isAny(n, literals...):
		return nil
	case isAny(n, "parenthesized_expression", "named_expression"):
		list := named(n)
		return both(list[max(0, len(list)-1):]...)
	case isAny(n, "conditional_expression"):
		if list := named(n); len(list) == 3 {
			return both(list[0], list[2])
		}
		return nil
	case isAny(n, "boolean_operator"):
		return both(n.ChildByFieldName("left"), n.ChildByFieldName("right"))
	case isAny(n, "identifier"):
		c.Name = span(n)
	case isAny(n, "attribute"):
		c.Name = span(n.ChildByFieldName("attribute"))
	case isAny(n, "call"):
		if callee, ok := calleeOf(n.ChildByFieldName("function"), src); ok && !callee.Element {
			c.Name, c.Made = callee.Name, true
		}
	}
	return []ImplicitCall{c}
}

// literals are the nodes of Python whose values are of types that the language has.
var literals = []string{
	"string", "concatenated_string", "integer", "float", "true", "false", "none", "list", "dictionary", "set", "tuple",
	"list_comprehension", "dictionary_comprehension", "set_comprehension", "generator_expression", "lambda",
	"comparison_operator", "not_operator", "ellipsis", "expression_list", "pattern_list",
}

// isAsync reports whether a statement or a clause of Python begins with async.
func isAsync(n *sitter.Node, src []byte) bool {
	return n != nil && isAny(n, "with_statement", "for_statement", "for_in_clause") &&
		strings.HasPrefix(n.Content(src), "async")
}

// operatorOf returns the operator of a node.
func operatorOf(n *sitter.Node, src []byte) string {
	if o := n.ChildByFieldName("operator"); o != nil {
		return o.Content(src)
	}
	return ""
}

// The methods of operators and built-in functions are in "The Python Language Reference", section 3.3.
var (
	unaryMethods  = map[string]string{"-": "__neg__", "+": "__pos__", "~": "__invert__"}
	binaryMethods = map[string]string{
		"+": "add", "-": "sub", "*": "mul", "@": "matmul", "/": "truediv", "//": "floordiv", "%": "mod", "**": "pow",
		"<<": "lshift", ">>": "rshift", "&": "and", "^": "xor", "|": "or",
	}
	comparisonMethods = map[string][]string{
		"<": {"__lt__", "__gt__"}, "<=": {"__le__", "__ge__"}, ">": {"__gt__", "__lt__"}, ">=": {"__ge__", "__le__"},
		"==": {"__eq__", "__eq__"}, "!=": {"__ne__ __eq__", "__ne__ __eq__"},
	}
	builtInMethods = map[string]string{
		"len": "__len__", "str": "__str__ __repr__", "repr": "__repr__", "print": "__str__ __repr__",
		"bool": "__bool__",
		"int":  "__int__ __index__", "float": "__float__", "hash": "__hash__", "bytes": "__bytes__", "abs": "__abs__",
		"round": "__round__", "next": "__next__", "iter": "__iter__", "reversed": "__reversed__",
		"format": "__format__",
		"list":   "__iter__", "tuple": "__iter__", "set": "__iter__", "frozenset": "__iter__", "sorted": "__iter__",
		"dict": "__iter__", "sum": "__iter__", "any": "__iter__", "all": "__iter__", "min": "__iter__",
		"max":       "__iter__",
		"enumerate": "__iter__", "aiter": "__aiter__", "anext": "__anext__", "dir": "__dir__",
	}
)
