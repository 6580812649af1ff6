//go:build cgo

package syntax

import (
	"bytes"
	"slices"

	sitter "github.com/smacker/go-tree-sitter"

	"lanser/selectors"
	"lanser/selectors/text"
)

// pyFactories are the functions of Python's library that make a class whose members are named by strings:
//
//	Point = namedtuple("Point", "x y")
//	Color = Enum("Color", ["RED", "GREEN"])
//	Movie = TypedDict("Movie", {"title": str})
//	class Row(NamedTuple("Row", [("id", int)])): ...
var pyFactories = []string{
	"namedtuple", "NamedTuple", "make_dataclass", "TypedDict", "Enum", "IntEnum", "StrEnum", "Flag", "IntFlag",
}

// pyMade returns the members of the classes that calls make in the value of an assignment to one name, or among the
// bases of a class. They belong to the node of the match.
func pyMade(m *match) (out []raw) {
	var calls []*sitter.Node
	isAssigned := m.kind == "var" && isAny(m.node, "assignment")
	if isAssigned && isAny(m.node.ChildByFieldName("left"), "identifier") {
		calls = []*sitter.Node{m.node.ChildByFieldName("right")}
	}
	if bases := m.node.ChildByFieldName("superclasses"); m.kind == "class" && bases != nil {
		calls = children(bases)
	}
	for _, call := range calls {
		if isAny(call, "call") && pyIsFactory(call, m.src) {
			out = append(out, pyMembersOf(m, call)...)
		}
	}
	return out
}

// pyIsFactory reports whether a call is one of a function of pyFactories, by the last part of its name.
func pyIsFactory(call *sitter.Node, src []byte) bool {
	fn := call.ChildByFieldName("function")
	if isAny(fn, "attribute") {
		fn = fn.ChildByFieldName("attribute")
	}
	return isAny(fn, "identifier") && slices.Contains(pyFactories, fn.Content(src))
}

// pyMembersOf returns the members that the second argument of a call names.
func pyMembersOf(m *match, call *sitter.Node) (out []raw) {
	args := call.ChildByFieldName("arguments")
	if !isAny(args, "argument_list") || args.NamedChildCount() < 2 {
		return nil
	}
	list := args.NamedChild(1)
	if isAny(list, "keyword_argument") {
		list = list.ChildByFieldName("value")
	}
	if isAny(list, "string") {
		for _, name := range wordsIn(m.src, span(list)) {
			out = append(out, m.pyMember(list, name, name))
		}
		return out
	}
	if !isAny(list, "list", "tuple", "dictionary") {
		return nil
	}
	for _, entry := range children(list) {
		key := entry
		if isAny(entry, "pair") {
			key = entry.ChildByFieldName("key")
		} else if isAny(entry, "tuple", "list") && entry.NamedChildCount() > 0 {
			key = entry.NamedChild(0)
		}
		if !isAny(key, "string") {
			continue
		}
		if names := wordsIn(m.src, span(key)); len(names) == 1 {
			out = append(out, m.pyMember(entry, span(entry), names[0]))
		}
	}
	return out
}

// pyMember returns the declaration of a member by the name in a string. The node is that of the member, or that of
// several.
func (m *match) pyMember(node *sitter.Node, def, name text.Span) raw {
	r := raw{node: node, scope: m.node}
	r.Kind, r.Text, r.Name, r.Def, r.Sig = selectors.KindField, string(m.src[name.Start:name.End]), name, def, def
	return r
}

// wordsIn returns the words between the quotes of a string that names are in, with blanks or commas between them.
func wordsIn(src []byte, s text.Span) (out []text.Span) {
	i := s.Start + max(0, bytes.IndexAny(src[s.Start:s.End], `"'`))
	for i < s.End {
		n := text.WordLen(src[i:s.End], "")
		if n > 0 {
			out = append(out, text.Span{Start: i, End: i + n})
		}
		i += max(n, 1)
	}
	return out
}
