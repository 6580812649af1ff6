//go:build cgo

package syntax

import (
	"bytes"
	"context"

	sitter "github.com/smacker/go-tree-sitter"

	"lanser/selectors/lazyregexp"
	"lanser/selectors/text"
)

// BoundWord is a word of C or C++ that declares or means a parameter or a local variable, whatever the code around the
// function declares.
type BoundWord struct {
	Span text.Span // in bytes
	// Calls are the functions, as far as they are plain names, in whose arguments the word is. If one of them is a
	// macro, it may make another use of the word, as offsetof does.
	Calls []string
}

// BoundWords returns the words of a source of C or C++ that are a name and certainly declare or mean a parameter or a
// local variable, in order. It knows none in code that does not parse, in the arguments of templates, and in functions
// that declare names of other scopes. The error is as Parse's.
func BoundWords(ctx context.Context, file string, src []byte, name string) (out []BoundWord, err error) {
	err = parse(ctx, file, src, func(_ context.Context, l *Language, _ string, root *sitter.Node) error {
		if l.Scheme != "cpp" {
			return nil
		}
		for _, s := range wordsOf(src, name, "") {
			b := &binder{src: src, name: name, word: BoundWord{Span: s}}
			if b.isBound(nodesAround(root, s)) {
				out = append(out, b.word)
			}
		}
		return nil
	})
	return out, err
}

// LocalWords returns the words of a source of JavaScript or TypeScript that are a name and certainly declare or mean a
// parameter or a variable of the file; see localWords. The error is as Parse's.
func LocalWords(ctx context.Context, file string, src []byte, name string) (out []LocalWord, err error) {
	err = parse(ctx, file, src, func(_ context.Context, l *Language, _ string, root *sitter.Node) error {
		if l.Scheme == "ts" {
			out = localWords(src, root, name)
		}
		return nil
	})
	return out, err
}

// wordsOf returns the places in a source at which a name is a whole word, in order, in bytes. wordChars are the
// characters of words besides letters, digits and "_".
func wordsOf(src []byte, name, wordChars string) (words []text.Span) {
	for at := 0; ; at++ {
		next := bytes.Index(src[at:], []byte(name))
		if next < 0 {
			return words
		}
		at += next
		s := text.Span{Start: at, End: at + len(name)}
		if text.IsWholeWord(src, s, wordChars) {
			words = append(words, s)
		}
	}
}

// binder looks for the declaration that a word is bound to, from the word outwards.
type binder struct {
	src  []byte
	name string
	word BoundWord
}

// isBound reports whether the innermost of the given nodes, from the root on, is bound.
func (b *binder) isBound(around []*sitter.Node) bool {
	last := len(around) - 1
	if leaf := around[last]; span(leaf) != b.word.Span || leaf.Type() != "identifier" {
		return false
	}
	isBound, isParameter := false, false
	for i := last - 1; i >= 0; i-- {
		n := around[i]
		switch n.Type() {
		case "qualified_identifier", "template_function", "template_argument_list", "offsetof_expression", "ERROR":
			return false
		case "call_expression":
			if f := n.ChildByFieldName("function"); f != around[i+1] && f != nil && f.Type() == "identifier" {
				b.word.Calls = append(b.word.Calls, f.Content(b.src))
			}
		case "parameter_declaration", "optional_parameter_declaration":
			declared, _, _ := cDeclarator(n.ChildByFieldName("declarator"))
			if !isBound && (declared == nil || span(declared) != b.word.Span) {
				return false // a type, or a default
			}
			isBound, isParameter = true, true
		case "template_parameter_list", "field_declaration_list":
			return isBound && !n.HasError()
		case "compound_statement", "for_statement", "for_range_loop":
			isBound = isBound || b.declares(n)
		case "lambda_expression", "catch_clause":
			isBound, isParameter = isBound || b.takes(n), false
		case "declaration", "field_declaration":
			if isParameter { // of a function that is declared, and not by a macro
				return !n.HasError() && n.ChildByFieldName("type") != nil
			}
		case "function_definition":
			isBound = isBound || b.takes(n)
			return isBound && !n.HasError() && isFunctionOfC(n, around[:i]) &&
				!otherScope.Match(b.src[n.StartByte():n.EndByte()])
		}
	}
	return isBound && !around[0].HasError()
}

// otherScope matches what makes a name in a function mean a declaration outside of it.
var otherScope = lazyregexp.New(`\b(?:extern|using)\b|#\s*define\b`)

// declares reports whether one of the statements of a node, before the word or around it, declares the name.
func (b *binder) declares(n *sitter.Node) bool {
	if n.Type() == "for_range_loop" && b.isNamed(n.ChildByFieldName("declarator")) {
		return true
	}
	for _, statement := range children(n) {
		if int(statement.StartByte()) > b.word.Span.Start {
			break
		}
		if statement.Type() != "declaration" {
			continue
		}
		for _, d := range children(statement) {
			if int(d.StartByte()) <= b.word.Span.Start && b.isNamed(d) {
				return true
			}
		}
	}
	return false
}

// takes reports whether the name is a parameter of the function that a node defines, and the word is behind it.
func (b *binder) takes(n *sitter.Node) bool {
	list := n.ChildByFieldName("parameters")
	for d := n.ChildByFieldName("declarator"); d != nil && list == nil; d = d.ChildByFieldName("declarator") {
		list = d.ChildByFieldName("parameters")
	}
	if list == nil || int(list.EndByte()) > b.word.Span.Start {
		return false
	}
	for _, p := range children(list) {
		if b.isNamed(p.ChildByFieldName("declarator")) {
			return true
		}
	}
	return false
}

// isNamed reports whether a declarator declares a variable of the name.
func (b *binder) isNamed(declarator *sitter.Node) bool {
	if declarator != nil && declarator.Type() == "init_declarator" {
		declarator = declarator.ChildByFieldName("declarator")
	}
	if declarator == nil {
		return false
	}
	if declarator.Type() == "structured_binding_declarator" {
		for _, c := range children(declarator) {
			if c.Type() == "identifier" && c.Content(b.src) == b.name {
				return true
			}
		}
		return false
	}
	declared, _, function := cDeclarator(declarator)
	return declared != nil && !function && declared.Type() == "identifier" && declared.Content(b.src) == b.name
}
