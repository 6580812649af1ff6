package syntax

import (
	"slices"
	"strings"

	sitter "github.com/smacker/go-tree-sitter"

	"lanser/selectors/lazyregexp"
	"lanser/selectors/text"
)

// LocalWord is a word of JavaScript or TypeScript that declares or means a parameter or a variable of the file alone.
type LocalWord struct {
	Span text.Span // in bytes
	// Module is true for a variable at the top level of a module, false for one of a function or block.
	Module bool
}

// localWords returns the words of a source of JavaScript or TypeScript that are a name and certainly declare or mean a
// parameter or variable of the file that is nothing but that: the value that a variable begins with loads no module and
// does not have the name in it. A word that is called is none, as the server knows the function; neither is one that
// has the name of a member too, as in { name }, nor one in a type.
func localWords(src []byte, root *sitter.Node, name string) (out []LocalWord) {
	if root.HasError() {
		return nil
	}
	b := &scriptBinder{src: src, name: name, hoists: isHoisted(string(src), name)}
	for _, s := range wordsOf(src, name, "$") {
		if found, module := b.find(nodesAround(root, s)); found {
			out = append(out, LocalWord{Span: s, Module: module})
		}
	}
	return out
}

// scriptBinder looks for the declaration that a word of JavaScript is bound to, from the word outwards.
type scriptBinder struct {
	src    []byte
	name   string
	hoists bool // the file may declare the name by var, for the whole function around it
}

// binding tells whether a scope declares a name, and as what.
type binding int

const (
	unbound binding = iota // the scope does not declare it
	isLocal                // a parameter or variable that is nothing but that
	isOther                // something else, or nobody knows
)

// valueParents are the nodes in which an identifier is the value of a variable, or declares one, and is not called.
var valueParents = []string{
	"member_expression", "subscript_expression", "arguments", "variable_declarator", "assignment_expression",
	"binary_expression", "unary_expression", "ternary_expression", "parenthesized_expression", "spread_element",
	"return_statement", "await_expression", "expression_statement", "template_substitution", "array", "pair",
	"formal_parameters", "required_parameter", "optional_parameter", "arrow_function", "non_null_expression",
	"jsx_expression",
}

// find reports whether the innermost of the given nodes, from the root on, is a local, and whether it is one of the
// module's top level.
func (b *scriptBinder) find(around []*sitter.Node) (found, module bool) {
	last := len(around) - 1
	if last < 1 || around[last].Type() != "identifier" || around[last].Content(b.src) != b.name ||
		!slices.Contains(valueParents, around[last-1].Type()) {
		return false, false
	}
	for i := last - 1; i >= 0; i-- {
		n, state := around[i], unbound
		switch n.Type() {
		case "with_statement":
			return false, false
		case "for_statement", "for_in_statement", "catch_clause", "switch_body", "class_static_block":
			if b.mentions(n) {
				state = isOther
			}
		case "statement_block":
			state = b.declares(n)
		case "function_declaration", "function", "function_expression", "arrow_function", "method_definition",
			"generator_function", "generator_function_declaration":
			state = b.takes(n, around[i+1])
		case "program":
			state = b.declares(n)
			return state == isLocal && isModule(n, b.src), true
		}
		if state != unbound {
			return state == isLocal, false
		}
	}
	return false, false
}

// mentions reports whether a child of a statement other than its body has the name in it.
func (b *scriptBinder) mentions(n *sitter.Node) bool {
	body := n.ChildByFieldName("body")
	for _, c := range children(n) {
		if (body == nil || !c.Equal(body)) && len(wordsOf([]byte(c.Content(b.src)), b.name, "$")) > 0 {
			return true
		}
	}
	return false
}

// takes says what a function makes of the name, for a word in its child inner.
func (b *scriptBinder) takes(function, inner *sitter.Node) binding {
	if own := function.ChildByFieldName("name"); own != nil && own.Content(b.src) == b.name {
		return isOther
	}
	if one := function.ChildByFieldName("parameter"); one != nil && one.Content(b.src) == b.name {
		return isLocal
	}
	list := function.ChildByFieldName("parameters")
	if list == nil {
		return unbound
	}
	for _, p := range children(list) {
		pattern := p
		if isAny(p, "required_parameter", "optional_parameter") {
			pattern = p.ChildByFieldName("pattern")
		}
		if isAny(pattern, "identifier") && pattern.Content(b.src) == b.name {
			return isLocal
		}
	}
	if len(wordsOf([]byte(list.Content(b.src)), b.name, "$")) > 0 && !inner.Equal(list) {
		return isOther // it may be in a pattern
	}
	return unbound
}

// declares says what the statements of a block or program make of the name.
func (b *scriptBinder) declares(block *sitter.Node) binding {
	state := unbound
	for _, statement := range children(block) {
		if isAny(statement, "export_statement") {
			if inner := statement.ChildByFieldName("declaration"); inner != nil && len(wordsOf(
				[]byte(inner.Content(b.src)), b.name, "$",
			)) > 0 {
				return isOther
			}
		}
		switch statement.Type() {
		case "lexical_declaration", "variable_declaration":
			for _, d := range children(statement) {
				if isAny(d, "variable_declarator") {
					state = max(state, b.binds(d))
				}
			}
		case "import_statement", "import_alias", "function_declaration", "generator_function_declaration",
			"class_declaration", "abstract_class_declaration", "enum_declaration", "internal_module", "module",
			"ambient_declaration", "interface_declaration", "type_alias_declaration":
			if b.isNamed(statement) {
				return isOther
			}
		}
	}
	if state == unbound && b.hoists && isHoisted(block.Content(b.src), b.name) {
		return isOther
	}
	return state
}

// binds says what a declarator of a variable makes of the name.
func (b *scriptBinder) binds(d *sitter.Node) binding {
	pattern, value := d.ChildByFieldName("name"), d.ChildByFieldName("value")
	if pattern == nil || len(wordsOf([]byte(pattern.Content(b.src)), b.name, "$")) == 0 {
		return unbound
	}
	if !isAny(pattern, "identifier") {
		return isOther
	}
	if value == nil {
		return isLocal
	}
	if b.loads(value) || b.names(value) {
		return isOther
	}
	return isLocal
}

// loads reports whether a value is a module, or something that is selected from one: a server takes the variable for
// another name of it. What a call of a module returns is neither.
func (b *scriptBinder) loads(value *sitter.Node) bool {
	for value != nil {
		switch value.Type() {
		case "await_expression", "parenthesized_expression", "non_null_expression", "as_expression",
			"satisfies_expression":
			value = value.NamedChild(0)
		case "member_expression", "subscript_expression":
			value = value.ChildByFieldName("object")
		case "call_expression":
			called := value.ChildByFieldName("function")
			return called != nil && loader.MatchString(called.Content(b.src))
		default:
			return false
		}
	}
	return false
}

// names reports whether code has the name outside of strings.
func (b *scriptBinder) names(n *sitter.Node) bool {
	if n.NamedChildCount() == 0 {
		return n.Type() != "string_fragment" && n.Content(b.src) == b.name
	}
	for _, c := range children(n) {
		if b.names(c) {
			return true
		}
	}
	return false
}

// isNamed reports whether a statement that declares something other than a variable declares the name, or may do so.
func (b *scriptBinder) isNamed(statement *sitter.Node) bool {
	if name := statement.ChildByFieldName("name"); name != nil {
		return name.Content(b.src) == b.name
	}
	for _, c := range children(statement) {
		if c.Type() != "string" && len(wordsOf([]byte(c.Content(b.src)), b.name, "$")) > 0 {
			return true
		}
	}
	return false
}

// loader matches what is called to load a module.
var loader = lazyregexp.New(`^(?:require|import)$`)

// isHoisted reports whether code in braces may declare a name for the function around them, as var does.
func isHoisted(code, name string) bool {
	for _, m := range hoisted.FindAllString(code, -1) {
		if strings.Contains(m, name) {
			return true
		}
	}
	return false
}

var hoisted = lazyregexp.New(`\bvar\b[^;=]*`)

// isModule reports whether a file is a module, whose variables no other file has: it imports or exports, or is
// JavaScript that calls require.
func isModule(program *sitter.Node, src []byte) bool {
	for _, statement := range children(program) {
		if isAny(statement, "import_statement", "export_statement") {
			return true
		}
	}
	return requiresModule.Match(src)
}

var requiresModule = lazyregexp.New(`(?m)^[^/*\n]*\brequire\(\s*['"]`)
