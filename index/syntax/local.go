//go:build cgo

package syntax

import (
	"bytes"
	"context"
	"errors"
	"slices"
	"strings"

	sitter "github.com/smacker/go-tree-sitter"

	"lanser/selectors"
	"lanser/selectors/lazyregexp"
	"lanser/selectors/text"
)

// LocalScope returns the outermost function around the name of a variable or parameter that can be used in that
// function alone; ok is false for every other name: those outside of functions, members of types and of
// objects, and names that the function shares with its module. Only Go, Python, JavaScript, TypeScript, Rust, C
// and C++ are known. Spans are in bytes of src. The outermost function or class around the name, if one is given, is
// parsed alone: a file is often a hundred times as long. The error is as Parse's.
func LocalScope(
	ctx context.Context, file string, src []byte, name, outermost text.Span,
) (scope text.Span, ok bool, err error) {
	if outermost.Len() > 0 && outermost.Len() < len(src) {
		local := text.Span{Start: name.Start - outermost.Start, End: name.End - outermost.Start}
		scope, ok, err = localScope(ctx, file, src[outermost.Start:outermost.End], local, true)
		if err == nil {
			return text.Span{Start: scope.Start + outermost.Start, End: scope.End + outermost.Start}, ok, nil
		}
	}
	return localScope(ctx, file, src, name, false)
}

// errNotAlone is the error of a declaration that has no meaning without the code around it.
var errNotAlone = errors.New("the declaration cannot be parsed alone")

// localScope is LocalScope for a file, or for a declaration that is parsed alone.
func localScope(
	ctx context.Context, file string, src []byte, name text.Span, alone bool,
) (scope text.Span, ok bool, err error) {
	err = parse(ctx, file, src, func(_ context.Context, l *Language, _ string, root *sitter.Node) error {
		rules, known := localRules[l.Scheme]
		if !known {
			return nil
		}
		if alone && (root.HasError() || root.NamedChildCount() != 1) {
			return errNotAlone
		}
		around := nodesAround(root, name)
		leaf := around[len(around)-1]
		if span(leaf) != name || leaf.Type() != "identifier" {
			return nil
		}
		if l.Scheme == "cpp" {
			scope, ok = localScopeInC(around, src)
			return nil
		}
		if rules.isShared(around, src) {
			return nil
		}
		for _, n := range around {
			if rules.functions[n.Type()] {
				scope, ok = span(n), true
				return nil
			}
		}
		return nil
	})
	return scope, ok, err
}

// nodesAround lists the nodes that contain a span, from the root to the innermost.
func nodesAround(n *sitter.Node, s text.Span) (out []*sitter.Node) {
	for n != nil {
		out = append(out, n)
		var inner *sitter.Node
		for _, c := range children(n) {
			if span(c).Contains(s) {
				inner = c
				break
			}
		}
		n = inner
	}
	return out
}

// localRule says by which node types a grammar shows the functions of a language, and which names in them are not
// local.
type localRule struct {
	functions map[string]bool
	// named are the nodes whose own name is a declaration that is known as such, and members those whose
	// names are used elsewhere too.
	named, members map[string]bool
	// classes are nodes other than functions whose body is a scope.
	classes map[string]bool
}

// isShared reports whether a name in a function is used outside of it too.
func (r localRule) isShared(around []*sitter.Node, src []byte) bool {
	leaf := around[len(around)-1]
	inFunction := false // the nodes from here on are outside of the function that has the name
	for i := len(around) - 2; i >= 0; i-- {
		n := around[i]
		isName := i == len(around)-2 && r.named[n.Type()] && span(n.ChildByFieldName("name")) == span(leaf)
		isMember := !inFunction && (r.members[n.Type()] || r.classes[n.Type()])
		if isName || isMember || isParameterProperty(n) {
			return true
		}
		if r.functions[n.Type()] {
			inFunction = true
			if declaresGlobal(n, src, leaf.Content(src)) {
				return true
			}
		}
	}
	return false
}

// localScopeInC returns the function around the name of a variable or parameter of C or C++, given the nodes around
// the name. Of a parameter in a declaration without a body it is that declaration. Macros make the grammar take other
// code for functions: what does not look like a function in full has no local names.
func localScopeInC(around []*sitter.Node, src []byte) (scope text.Span, ok bool) {
	inBody, inParameters, inType := false, false, false
	for i := len(around) - 2; i >= 0; i-- {
		n := around[i]
		switch n.Type() {
		case "compound_statement":
			inBody = true
		case "parameter_list":
			inParameters = true
		case "field_declaration_list", "enumerator_list", "template_parameter_list", "declaration_list":
			if !inBody && !inParameters {
				return text.Span{}, false
			}
			inType = true
		case "declaration":
			isShared := bytes.HasPrefix(src[n.StartByte():n.EndByte()], []byte("extern"))
			if !inBody && !inParameters && isShared {
				return text.Span{}, false
			}
		case "function_declarator":
			if !inParameters && !inBody {
				return text.Span{}, false // the function's own name
			}
			if !ok && inParameters {
				scope, ok = span(n), true
			}
		case "function_definition":
			if !inBody && !inParameters {
				return text.Span{}, false
			}
			if !inType && isFunctionOfC(n, around[:i]) {
				return span(n), true
			}
			return text.Span{}, false
		}
	}
	return scope, ok
}

// isFunctionOfC reports whether a node is certainly the definition of a function: it has parameters, and a type, a
// class before its name, or a class around it.
func isFunctionOfC(n *sitter.Node, outer []*sitter.Node) bool {
	declarator := n.ChildByFieldName("declarator")
	for declarator != nil && declarator.Type() != "function_declarator" {
		declarator = declarator.ChildByFieldName("declarator")
	}
	if declarator == nil {
		return false
	}
	name := declarator.ChildByFieldName("declarator")
	isQualified := name != nil && name.Type() == "qualified_identifier"
	inClass := slices.ContainsFunc(outer, func(o *sitter.Node) bool { return o.Type() == "field_declaration_list" })
	return n.ChildByFieldName("type") != nil || isQualified || inClass
}

// isParameterProperty reports whether a parameter declares a property of its class too (TypeScript).
func isParameterProperty(n *sitter.Node) bool {
	if n.Type() != "required_parameter" && n.Type() != "optional_parameter" {
		return false
	}
	for _, c := range children(n) {
		switch c.Type() {
		case "accessibility_modifier", "override_modifier", "readonly":
			return true
		}
	}
	return false
}

// declaresGlobal reports whether a function may have a statement "global NAME" (Python).
func declaresGlobal(n *sitter.Node, src []byte, name string) bool {
	if n.Type() != "function_definition" {
		return false
	}
	for _, m := range globalStatement.FindAllSubmatch(src[n.StartByte():n.EndByte()], -1) {
		if bytes.Contains(m[1], []byte(name)) {
			return true
		}
	}
	return false
}

// globalStatement matches a global statement of Python; its group is the list of names.
var globalStatement = lazyregexp.New(`\bglobal[ \t]+([^;\n]*)`)

// kinds returns the set of the node types in a list, which are separated by spaces.
func kinds(list string) map[string]bool {
	out := map[string]bool{}
	for k := range strings.FieldsSeq(list) {
		out[k] = true
	}
	return out
}

// localRules are the rules of the languages that LocalScope knows.
var localRules = map[selectors.Lang]localRule{
	"cpp": {functions: kinds("function_definition")},
	"go": {
		functions: kinds("function_declaration method_declaration func_literal"),
		named:     kinds("function_declaration"),
		members:   kinds("field_declaration"),
	},
	"py": {
		functions: kinds("function_definition lambda"),
		named:     kinds("function_definition class_definition"),
		members:   kinds("attribute keyword_argument import_statement import_from_statement type"),
		classes:   kinds("class_definition"),
	},
	"rs": { // a macro may make any item of the names that it is given
		functions: kinds("function_item function_signature_item closure_expression"),
		named: kinds("function_item function_signature_item const_item static_item mod_item macro_definition " +
			"enum_variant"),
		members: kinds("token_tree field_declaration"),
	},
	"ts": {
		functions: kinds("function_declaration generator_function_declaration function_expression function " +
			"generator_function arrow_function method_definition"),
		named: kinds("function_declaration generator_function_declaration function_expression function " +
			"generator_function class_declaration class abstract_class_declaration enum_declaration " +
			"internal_module module"),
		members: kinds("property_signature public_field_definition field_definition enum_body"),
		classes: kinds("class_body"),
	},
}
