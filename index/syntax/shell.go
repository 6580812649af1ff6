//go:build cgo

package syntax

import (
	"context"
	"slices"
	"strings"

	sitter "github.com/smacker/go-tree-sitter"

	"lanser/selectors/lazyregexp"
	"lanser/selectors/text"
)

// ShellRole is the role of a word in a shell script, such as the command of a line or one of its arguments.
type ShellRole int

// The roles.
const (
	ShellText     ShellRole = iota // a pattern, an operand of a test, or other text
	ShellFunction                  // the name in the definition of a function
	ShellCommand                   // the name of a command, or a function that is exported or unset
	ShellArgument                  // an argument of a command
	ShellVariable                  // a variable that is read, assigned or declared
)

// ShellWord is a word of a shell script: a leaf of its syntax tree that is a word or the name of a variable.
type ShellWord struct {
	Span text.Span // in bytes
	Role ShellRole
	// Command is the command of which the word is an argument, such as "trap" for the word f in "trap f EXIT", or that
	// exports, prints or unsets the function, such as "export" for the word f in "export -f f".
	Command string
	// Function is the innermost function around the word, in bytes; empty outside of functions.
	Function text.Span
	// Declared is true for a variable in a declaration by declare, export, local, readonly or typeset.
	Declared bool
	// Local is true for the variable in a declaration by local, declare or typeset inside a function, unless -g makes
	// it global.
	Local bool
}

// ShellWords lists the words of a script of Bash or sh, in order. The error is that of [Parse].
func ShellWords(ctx context.Context, src []byte) (out []ShellWord, err error) {
	err = parse(ctx, "script.sh", src, func(_ context.Context, _ *Language, _ string, root *sitter.Node) error {
		s := shellReader{src: src, keyed: keyedArrays(src)}
		s.read(root, ShellWord{})
		out = s.words
		return nil
	})
	return out, err
}

// HeldCommands lists the commands of a script of Bash or sh that the text does not name, as "$1" does not in
//
//	run() { "$1" x; eval "$2"; }
//
// The span of each is that of the name, or of the first argument of eval that the text does not tell. The error is that
// of [Parse].
func HeldCommands(ctx context.Context, src []byte) (out []ShellWord, err error) {
	err = parse(ctx, "script.sh", src, func(_ context.Context, _ *Language, _ string, root *sitter.Node) error {
		s := shellReader{src: src}
		s.read(root, ShellWord{})
		out = s.held
		return nil
	})
	return out, err
}

// shellReader collects the words of a tree.
type shellReader struct {
	src   []byte
	keyed map[string]bool // the names of arrays whose subscripts are strings
	words []ShellWord
	held  []ShellWord // see [HeldCommands]
}

// keyedArrays returns the names of the associative arrays that a script declares. A word in the subscript of one is a
// string; in that of any other array it is a variable, as in arithmetic (Bash's manual, "Arrays").
func keyedArrays(src []byte) map[string]bool {
	keyed := map[string]bool{}
	for _, m := range declaresKeyed.FindAllSubmatch(src, -1) {
		for _, name := range strings.Fields(string(m[1])) {
			name, _, _ = strings.Cut(name, "=")
			keyed[name] = true
		}
	}
	return keyed
}

// declaresKeyed matches the declaration of associative arrays. Its group is their names, up to the first value that is
// a list.
var declaresKeyed = lazyregexp.New(
	`\b(?:declare|typeset|local|readonly|export)(?:[ \t]+-\w+)*[ \t]+-\w*A\w*((?:[ \t]+\w+=?)+)`,
)

// read collects the words in a node. around holds the role, command and function that the words have unless a node
// below determines them.
func (s *shellReader) read(n *sitter.Node, around ShellWord) {
	switch n.Type() {
	case "word", "variable_name":
		s.leaf(n, around)
		return
	case "function_definition":
		s.function(n, around)
		return
	case "command":
		s.command(n, around)
		return
	case "declaration_command", "unset_command":
		s.declaration(n, around)
		return
	case "variable_assignment", "for_statement", "simple_expansion", "command_substitution":
		around.Role, around.Command, around.Local = ShellText, "", around.Local && n.Type() == "variable_assignment"
		around.Declared = around.Declared && n.Type() == "variable_assignment"
	case "test_command":
		around.Role = ShellText
		if strings.HasPrefix(n.Content(s.src), "((") {
			around.Role = ShellVariable
		}
	case "subscript":
		s.subscript(n, around)
		return
	case "arithmetic_expansion":
		around.Role = ShellVariable
	}
	for _, c := range children(n) {
		s.read(c, around)
	}
}

// subscript reads an element of an array.
func (s *shellReader) subscript(n *sitter.Node, around ShellWord) {
	around.Role = ShellVariable
	inside := around
	name := n.ChildByFieldName("name")
	if name != nil && s.keyed[name.Content(s.src)] {
		inside.Role = ShellText
	}
	for _, c := range children(n) {
		if name != nil && span(c) == span(name) {
			s.read(c, around)
		} else {
			s.read(c, inside)
		}
	}
}

// leaf adds a word. w holds its role and scope as far as the nodes around it determine them.
func (s *shellReader) leaf(n *sitter.Node, w ShellWord) {
	w.Span = span(n)
	if n.Type() == "variable_name" && w.Role != ShellCommand {
		w.Role = ShellVariable
	}
	w.Declared = w.Declared && w.Role == ShellVariable
	w.Local = w.Local && w.Declared && w.Function.Len() > 0
	s.words = append(s.words, w)
}

// function reads the definition of a function: its name belongs to the scope outside, all else to its own.
func (s *shellReader) function(n *sitter.Node, around ShellWord) {
	name := n.ChildByFieldName("name")
	for _, c := range children(n) {
		if name != nil && span(c) == span(name) {
			s.leaf(c, ShellWord{Role: ShellFunction, Function: around.Function})
			continue
		}
		s.read(c, ShellWord{Function: span(n)})
	}
}

// command reads a command: in "A=1 make all", A is a variable that is assigned, make the command, and all its
// argument.
func (s *shellReader) command(n *sitter.Node, around ShellWord) {
	inside := ShellWord{Role: ShellArgument, Function: around.Function}
	for _, c := range children(n) {
		switch {
		case c.Type() == "command_name":
			inside.Command = c.Content(s.src)
			s.addHeld(c, inside.Function)
			s.read(c, ShellWord{Role: ShellCommand, Function: around.Function})
		case c.Type() == "variable_assignment":
			s.read(c, ShellWord{Function: around.Function})
		default:
			if inside.Command == "eval" {
				s.addHeld(c, inside.Function)
			}
			s.read(c, inside)
		}
	}
}

// addHeld adds the name of a command, or what eval runs, to [HeldCommands] if the text does not tell it.
func (s *shellReader) addHeld(n *sitter.Node, function text.Span) {
	if isExpanded(n) {
		s.held = append(s.held, ShellWord{Span: span(n), Role: ShellCommand, Function: function})
	}
}

// isExpanded reports whether a node holds the value of a variable or the output of a command.
func isExpanded(n *sitter.Node) bool {
	switch n.Type() {
	case "simple_expansion", "expansion", "command_substitution":
		return true
	}
	return slices.ContainsFunc(children(n), isExpanded)
}

// declaration reads a command such as local, export or unset: with -f its names are those of functions.
func (s *shellReader) declaration(n *sitter.Node, around ShellWord) {
	inside := ShellWord{Role: ShellVariable, Function: around.Function}
	parts := children(n)
	inside.Declared = n.Type() == "declaration_command"
	if len(parts) > 0 {
		inside.Local = slices.Contains([]string{"local", "declare", "typeset"}, parts[0].Content(s.src))
	}
	for _, c := range parts {
		flags, isFlags := strings.CutPrefix(c.Content(s.src), "-")
		if isFlags && strings.ContainsAny(flags, "fF") {
			inside.Role, inside.Command = ShellCommand, parts[0].Content(s.src)
		} else if isFlags && strings.Contains(flags, "g") {
			inside.Local = false
		}
		s.read(c, inside)
	}
}
