//go:build cgo

package syntax

import (
	"context"

	sitter "github.com/smacker/go-tree-sitter"

	"lanser/selectors"
	"lanser/selectors/text"
)

// CalledThrough returns the names that calls of Go, Rust, C or C++ call through an expression around them: f and g in
//
//	(c ? f : g)(1), ((cb)f)(1), (*o->f)(1), f.(func())(), (o.*f)(1)
//
// It leaves out names with arguments behind them, as f in f(1), and calls of what a function returns, as f()(). The
// error is that of [Parse].
func CalledThrough(ctx context.Context, file string, src []byte) (out map[text.Span]bool, err error) {
	out = map[text.Span]bool{}
	err = parse(ctx, file, src, func(_ context.Context, l *Language, _ string, root *sitter.Node) error {
		if calledThroughIn[l.Scheme] {
			addCalled(root, out)
		}
		return nil
	})
	return out, err
}

// calledThroughIn are the languages that CalledThrough knows.
var calledThroughIn = map[selectors.Lang]bool{"go": true, "rs": true, "cpp": true}

// addCalled adds what the calls below a node call through an expression.
func addCalled(n *sitter.Node, out map[text.Span]bool) {
	if n.Type() == "call_expression" {
		called := n.ChildByFieldName("function")
		if isAny(called, "parenthesized_expression", "type_assertion_expression") {
			addValues(called, out)
		}
	}
	for _, c := range named(n) {
		addCalled(c, out)
	}
}

// valueFields are the fields in which expressions have what they may be the value of. Of the last in the list, all are.
var valueFields = map[string][]string{
	"field_expression":          {"field"},
	"selector_expression":       {"field"},
	"conditional_expression":    {"consequence", "alternative"},
	"cast_expression":           {"value"},
	"pointer_expression":        {"argument"},
	"unary_expression":          {"operand"},
	"subscript_expression":      {"argument"},
	"index_expression":          {"operand"},
	"type_assertion_expression": {"operand"},
	"binary_expression":         {"right"},
	"comma_expression":          {"right"},
	"type_cast_expression":      {"value"},
	"reference_expression":      {"value"},
	"scoped_identifier":         {"name"},
	"qualified_identifier":      {"name"},
	"if_expression":             {"consequence", "alternative"},
	"match_arm":                 {"value"},
	"match_expression":          {"body"},
}

// addValues adds the names whose values an expression may have.
func addValues(n *sitter.Node, out map[text.Span]bool) {
	if n == nil {
		return
	}
	switch n.Type() {
	case "identifier", "field_identifier":
		out[span(n)] = true
		return
	case "parenthesized_expression", "match_block", "else_clause", "unsafe_block":
		for _, c := range named(n) {
			addValues(c, out)
		}
		return
	case "block": // of Rust: its last expression
		if list := named(n); len(list) > 0 {
			addValues(list[len(list)-1], out)
		}
		return
	}
	fields := valueFields[n.Type()]
	for _, f := range fields {
		addValues(n.ChildByFieldName(f), out)
	}
	if list := named(n); len(fields) > 0 && n.ChildByFieldName(fields[0]) == nil && len(list) > 0 {
		addValues(list[0], out) // the grammar names no field, as for *f of Rust
	}
}

// Operators returns the operators of a file of Rust or C++ by their places, and of Rust the closing brackets of
// indices. What a macro of Rust is given is among them, with signs that are no operators there. The error is that of
// [Parse].
func Operators(ctx context.Context, file string, src []byte) (out map[text.Span]string, err error) {
	out = map[text.Span]string{}
	err = parse(ctx, file, src, func(_ context.Context, l *Language, _ string, root *sitter.Node) error {
		if l.Scheme == "rs" || l.Scheme == "cpp" {
			addOperators(root, src, out)
		}
		return nil
	})
	return out, err
}

// addOperators adds the operators below a node.
func addOperators(n *sitter.Node, src []byte, out map[text.Span]string) {
	hasSigns := isAny(
		n, "binary_expression", "compound_assignment_expr", "unary_expression", "index_expression", "token_tree",
		"update_expression", "assignment_expression", "pointer_expression",
	)
	for _, c := range children(n) {
		if sign := c.Content(src); hasSigns && !c.IsNamed() && len(sign) < 4 && sign != "[" {
			out[span(c)] = sign
		}
		addOperators(c, src, out)
	}
}
