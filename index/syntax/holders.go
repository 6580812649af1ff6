//go:build cgo

package syntax

import (
	"context"
	"slices"
	"strconv"
	"strings"

	sitter "github.com/smacker/go-tree-sitter"

	"lanser/selectors/text"
)

// A Holder is a variable, a parameter, a member or a key that the value of a word is given to, in TypeScript,
// JavaScript or Python: D in "const D = api.Client", at Client, and get in "const { find: get } = store", at find.
type Holder struct {
	Name text.Span
	// May is true if it is given one of several values: by a condition, or as the default of a parameter.
	May bool
	// Keys lead to the value if it is given a list, an object or a dictionary with the value in it, the outermost
	// first: numbers of elements, and keys, "" for one that is not literal.
	Keys []string
	// Returned is true if a function returns the value, or a list with it, where there is no name: g in "return g" and
	// in "() => g".
	Returned bool
	// Called is true if what has the value is called where it stands, and has no name: the bracket of
	// (a || f)(1) and the dictionary of {"a": f}[key](1).
	Called bool
}

// Held says where the value of a name goes in a file: of load in "const m = load", to m.
type Held struct {
	Holders map[text.Span][]Holder // by word, the nearest first
	// Set are the words that something is assigned to: variables with a value, the targets of assignments and loops,
	// and parameters. Of members, as in a.f = 1 and { f: 1 }, it is true.
	Set map[text.Span]bool
}

// HeldIn returns the holders of the words of a file that are a name. The error is that of [Parse].
func HeldIn(ctx context.Context, file string, src []byte, name string) (held Held, err error) {
	held = Held{Holders: map[text.Span][]Holder{}, Set: map[text.Span]bool{}}
	words := wordsOf(src, name, WordChars(file))
	if len(words) == 0 {
		return held, nil
	}
	err = parse(ctx, file, src, func(_ context.Context, l *Language, _ string, root *sitter.Node) error {
		if l.Scheme != "ts" && l.Scheme != "py" {
			return nil
		}
		for _, w := range words {
			h := holding{src: src, around: nodesAround(root, w), word: w}
			if isTarget, isMember := h.isTarget(); isTarget {
				held.Set[w] = isMember
			}
			if list := h.holders(); len(list) > 0 {
				held.Holders[w] = list
			}
		}
		return nil
	})
	return held, err
}

// holding follows the value of a word through the nodes around it.
type holding struct {
	src    []byte
	around []*sitter.Node // the innermost last
	word   text.Span
	may    bool
	bound  bool     // the value is that of the method bind
	key    *string  // of the pair whose value it is, until the object around it
	keys   []string // of the lists and objects around the value, the innermost first
	member bool     // it is in an object of TypeScript, whose members servers know
	out    []Holder
}

// holders returns what the value of the word is given to.
func (h *holding) holders() []Holder {
	if h.byPattern() {
		return h.out
	}
	for at := len(h.around) - 1; at > 0; at-- {
		if !h.passes(h.around[at-1], h.around[at]) {
			break
		}
	}
	return h.out
}

// byPattern adds the variable that a pattern of TypeScript binds the member at the word to, if it is one.
func (h *holding) byPattern() bool {
	for at := len(h.around) - 1; at > 0; at-- {
		n, in := h.around[at], h.around[at-1]
		switch {
		case isAny(n, "shorthand_property_identifier_pattern"):
			h.may = isAny(in, "object_assignment_pattern")
			h.hold(n)
			return true
		case isAny(in, "pair_pattern") && span(in.ChildByFieldName("key")) == span(n):
			h.bind(in.ChildByFieldName("value"))
			return true
		case !isAny(n, "property_identifier", "string", "string_fragment", "computed_property_name"):
			return false
		}
	}
	return false
}

// passes follows the value of a node to the one around it, and reports whether that one has the value too.
func (h *holding) passes(n, inner *sitter.Node) bool {
	is := func(field string) bool { return span(n.ChildByFieldName(field)) == span(inner) }
	switch n.Type() {
	case "member_expression":
		h.bound = is("object")
		if h.bound {
			property := n.ChildByFieldName("property")
			return property != nil && property.Content(h.src) == "bind"
		}
		return is("property")
	case "attribute":
		return is("attribute")
	case "string", "string_fragment":
		return isAny(inner, "string_fragment", "string")
	case "subscript_expression", "subscript":
		if len(h.keys) > 0 && (is("object") || is("value")) {
			h.keys, h.may = h.keys[:len(h.keys)-1], true
			return true
		}
		return isAny(inner, "string")
	case "parenthesized_expression", "as_expression", "satisfies_expression", "non_null_expression", "type_assertion":
		return true
	case "ternary_expression":
		h.may = true
		return !is("condition")
	case "conditional_expression":
		h.may = true
		list := named(n)
		return len(list) == 3 && span(list[1]) != span(inner)
	case "binary_expression", "boolean_operator":
		h.may = true
		operator := n.ChildByFieldName("operator")
		return isAny(operator, "||", "??", "or") || isAny(operator, "&&", "and") && is("right")
	case "call_expression", "call":
		if is("function") && !h.bound && h.may {
			h.out = append(h.out, Holder{Name: span(inner), May: true, Called: true})
			return false
		}
		return is("function") && h.bound || isAny(n, "call") && h.isWrapped(n, inner)
	case "argument_list", "arguments":
		if h.isAdded(n) {
			return false
		}
		return isAny(n, "argument_list") && h.isWrapped(n, inner)
	case "array", "list", "tuple", "expression_list", "set", "object", "dictionary":
		return h.isElement(n, inner)
	case "pair":
		return h.isValue(n, inner)
	case "variable_declarator":
		if is("value") {
			h.bind(n.ChildByFieldName("name"))
		}
	case "return_statement", "yield", "yield_expression":
		h.isReturned()
	case "arrow_function", "lambda":
		if is("body") {
			h.isReturned()
		}
	case "assignment_expression", "assignment", "augmented_assignment", "augmented_assignment_expression":
		h.may = h.may || isAny(n, "augmented_assignment_expression", "augmented_assignment")
		if is("right") {
			h.bind(n.ChildByFieldName("left"))
		}
		return is("right")
	case "named_expression":
		if is("value") {
			h.bind(n.ChildByFieldName("name"))
		}
		return is("value")
	case "default_parameter", "typed_default_parameter":
		h.may = true
		if is("value") {
			h.bind(n.ChildByFieldName("name"))
		}
	case "required_parameter", "optional_parameter", "assignment_pattern", "object_assignment_pattern":
		h.isDefault(n, inner)
	case "public_field_definition", "field_definition":
		if is("value") {
			name := n.ChildByFieldName("name")
			if name == nil {
				name = n.ChildByFieldName("property")
			}
			h.bind(name)
		}
	case "for_statement", "for_in_statement", "for_in_clause":
		if last := len(h.keys) - 1; is("right") && last >= 0 {
			h.keys, h.may = h.keys[:last], true
			h.bind(n.ChildByFieldName("left"))
		}
	}
	return false
}

// isDefault binds what has the value as its default.
func (h *holding) isDefault(n, inner *sitter.Node) {
	h.may = true
	for _, fields := range [][2]string{{"value", "pattern"}, {"right", "left"}} {
		if span(n.ChildByFieldName(fields[0])) == span(inner) {
			h.bind(n.ChildByFieldName(fields[1]))
		}
	}
}

// wrappers are the functions of Python that return a function which calls their first argument alone.
var wrappers = []string{
	"partial", "functools.partial", "partialmethod", "functools.partialmethod", "staticmethod", "classmethod",
}

// isWrapped reports whether a call of Python, or the list of its arguments, has a value that calls the first argument.
func (h *holding) isWrapped(n, inner *sitter.Node) bool {
	if isAny(n, "call") {
		function := n.ChildByFieldName("function")
		return isAny(inner, "argument_list") && function != nil && slices.Contains(wrappers, function.Content(h.src))
	}
	arguments := named(n)
	return len(arguments) > 0 && span(arguments[0]) == span(inner)
}

// adders are the methods by which lists and dictionaries are given elements.
var adders = []string{"push", "unshift", "add", "set", "append", "insert", "appendleft", "setdefault"}

// isAdded reports whether arguments are those of a method that adds an element, and adds what that is a method of.
func (h *holding) isAdded(arguments *sitter.Node) bool {
	method := arguments.Parent().ChildByFieldName("function")
	if !isAny(method, "member_expression", "attribute") {
		return false
	}
	name := method.ChildByFieldName("property")
	if name == nil {
		name = method.ChildByFieldName("attribute")
	}
	if name == nil || !slices.Contains(adders, name.Content(h.src)) {
		return false
	}
	h.keys = append(slices.Clone(h.keys), "")
	h.bind(method.ChildByFieldName("object"))
	return true
}

// isElement notes the list around an element, or the object or dictionary around a pair.
func (h *holding) isElement(n, inner *sitter.Node) bool {
	index := slices.IndexFunc(named(n), func(c *sitter.Node) bool { return span(c) == span(inner) })
	if index < 0 {
		return false
	}
	key := strconv.Itoa(index)
	if h.key != nil {
		key = *h.key
	} else if isAny(inner, "shorthand_property_identifier") {
		key = inner.Content(h.src)
	}
	h.key, h.keys, h.member = nil, append(slices.Clone(h.keys), key), h.member || isAny(n, "object")
	return true
}

// isValue adds the key of an object of TypeScript whose value it is.
func (h *holding) isValue(pair, inner *sitter.Node) bool {
	if span(pair.ChildByFieldName("value")) != span(inner) {
		return false
	}
	key, literal := pair.ChildByFieldName("key"), ""
	if isAny(key, "property_identifier", "string", "number", "integer") {
		literal = strings.Trim(key.Content(h.src), "\"'")
	}
	h.key = &literal
	if isAny(key, "property_identifier") {
		h.hold(key)
	}
	return true
}

// bind adds what an assignment gives the value to. Where it is a pattern, and the value is in a list, it is the part of
// the pattern that is given the value.
func (h *holding) bind(target *sitter.Node) {
	switch {
	case target == nil:
	case isAny(target, "array_pattern", "pattern_list", "tuple_pattern", "list_pattern"):
		h.bindPart(named(target))
	case isAny(target, "assignment_pattern"):
		h.may = true
		h.bind(target.ChildByFieldName("left"))
	case isAny(target, "member_expression"):
		h.hold(target.ChildByFieldName("property"))
	case isAny(target, "attribute"):
		h.hold(target.ChildByFieldName("attribute"))
	case isAny(target, "subscript", "subscript_expression"):
		h.bindElement(target)
	case isAny(target, "identifier", "property_identifier", "private_property_identifier",
		"shorthand_property_identifier_pattern"):
		h.hold(target)
	}
}

// bindElement adds the list or dictionary to whose element the value is assigned, as in handlers["a"] = f.
func (h *holding) bindElement(target *sitter.Node) {
	container, key := target.ChildByFieldName("object"), target.ChildByFieldName("index")
	if container == nil {
		container, key = target.ChildByFieldName("value"), target.ChildByFieldName("subscript")
	}
	literal := ""
	if isAny(key, "string", "number", "integer") {
		literal = strings.Trim(key.Content(h.src), "\"'")
	}
	h.keys = append(slices.Clone(h.keys), literal)
	h.bind(container)
}

// bindPart binds the part of a pattern that is given the value. Of a pattern in a loop, it may be any.
func (h *holding) bindPart(parts []*sitter.Node) {
	last := len(h.keys) - 1
	if last < 0 && h.may {
		for _, p := range parts {
			h.bind(p)
		}
	}
	if last < 0 {
		return
	}
	index, err := strconv.Atoi(h.keys[last])
	isSplat := func(n *sitter.Node) bool { return isAny(n, "rest_pattern", "list_splat_pattern") }
	if err == nil && index < len(parts) && !slices.ContainsFunc(parts[:index+1], isSplat) {
		kept := h.keys
		h.keys = h.keys[:last]
		h.bind(parts[index])
		h.keys = kept
	}
}

// isReturned adds that a function returns the value.
func (h *holding) isReturned() {
	if !h.member {
		h.out = append(h.out, Holder{Returned: true})
	}
}

// hold adds a name that is given the value.
func (h *holding) hold(name *sitter.Node) {
	if name != nil {
		keys := slices.Clone(h.keys)
		slices.Reverse(keys)
		h.out = append(h.out, Holder{Name: span(name), May: h.may, Keys: keys})
	}
}

// isTarget reports whether something is assigned to the word, and whether that is a member.
func (h *holding) isTarget() (isIt, isMember bool) {
	for at := len(h.around) - 1; at > 0; at-- {
		n, inner := h.around[at-1], h.around[at]
		is := func(field string) bool { return span(n.ChildByFieldName(field)) == span(inner) }
		switch n.Type() {
		case "variable_declarator":
			return is("name") && (n.ChildByFieldName("value") != nil || isLoop(h.around[:at-1])), isMember
		case "assignment_expression", "augmented_assignment_expression", "augmented_assignment", "for_statement",
			"for_in_statement", "for_in_clause", "assignment_pattern", "object_assignment_pattern":
			return is("left"), isMember
		case "assignment":
			return is("left") && n.ChildByFieldName("right") != nil, isMember
		case "public_field_definition", "field_definition":
			return (is("name") || is("property")) && n.ChildByFieldName("value") != nil, true
		case "pair":
			return is("key"), true
		case "named_expression", "default_parameter", "typed_default_parameter":
			return is("name"), isMember
		case "typed_parameter":
			return !is("type"), isMember
		case "parameters", "lambda_parameters", "formal_parameters", "as_pattern_target":
			return true, isMember
		case "member_expression":
			isMember = true
			if !is("property") {
				return false, isMember
			}
		case "attribute":
			isMember = true
			if !is("attribute") {
				return false, isMember
			}
		case "array_pattern", "pattern_list", "tuple_pattern", "list_pattern", "object_pattern", "rest_pattern",
			"list_splat_pattern", "as_pattern", "required_parameter", "optional_parameter", "pair_pattern":
			if is("key") || is("value") && isAny(n, "required_parameter", "optional_parameter") {
				return false, isMember
			}
		default:
			return false, isMember
		}
	}
	return false, isMember
}

// isLoop reports whether the innermost of nodes declares the variable of a loop.
func isLoop(around []*sitter.Node) bool {
	return len(around) > 0 && isAny(around[len(around)-1], "for_in_statement")
}
