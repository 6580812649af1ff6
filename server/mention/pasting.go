package mention

import (
	"slices"
	"strings"

	"lanser/selectors/lazyregexp"
	"lanser/selectors/text"
	"lanser/server/cbuild"
)

// Macro is a macro of C as its definition is written.
type Macro struct {
	Name       string
	Parameters []string
	tokens     []string
}

// MacroAt returns the macro whose name is at a place; ok is false if none is defined there.
func MacroAt(c *text.Content, at text.Span) (m Macro, ok bool) {
	line := c.LineOf(at.Start)
	code := c.Line(line)
	for ; cbuild.IsContinued(c, line) && line+1 < c.Lines(); line++ {
		code = strings.TrimRight(strings.TrimSuffix(code, "\\"), " \t") + " " + c.Line(line+1)
	}
	head := definesMacro.FindSubmatchIndex([]byte(code))
	if head == nil || code[head[2]:head[3]] != c.Slice(at) {
		return m, false
	}
	m.Name = c.Slice(at)
	if head[4] >= 0 {
		m.Parameters = strings.FieldsFunc(code[head[4]:head[5]], isNoWord)
	}
	m.tokens = macroToken.FindAllString(code[head[1]:], -1)
	return m, true
}

// macroToken matches what is not looked into in the body of a macro, and an operator or a word.
var macroToken = lazyregexp.New(`//.*|/\*.*?\*/|"(?:[^"\\]|\\.)*"|##|\w+|\S`)

// Uses returns how often a macro uses what it is given as a parameter, other than for a name that it puts together, as
// "a" in "get_##a", or for a string, as in "#a".
func (m Macro) Uses(parameter string) (times int) {
	for i, token := range m.tokens {
		before, after := m.token(i-1), m.token(i+1)
		if token == parameter && before != "##" && before != "#" && after != "##" {
			times++
		}
	}
	return times
}

// Words returns the words and operators in the body of a macro.
func (m Macro) Words() []string { return m.tokens }

func (m Macro) token(i int) string {
	if i < 0 || i >= len(m.tokens) {
		return ""
	}
	return m.tokens[i]
}

// Pasted returns the names that a macro puts together from a word that it is given as a parameter. isAll is false if
// some of them depend on other parameters.
func (m Macro) Pasted(parameter, word string) (names []string, isAll bool) {
	isAll = true
	for i := 0; i < len(m.tokens); i++ {
		if m.token(i+1) != "##" {
			continue
		}
		parts := []string{m.tokens[i]}
		for ; m.token(i+1) == "##"; i += 2 {
			parts = append(parts, m.token(i+2))
		}
		if !slices.Contains(parts, parameter) {
			continue
		}
		for n, part := range parts {
			if part == parameter {
				parts[n] = word
			} else if slices.Contains(m.Parameters, part) {
				isAll = false
			}
		}
		names = append(names, strings.Join(parts, ""))
	}
	return names, isAll
}

// HandsOn returns the macros, or whatever it is, that a macro gives one of its parameters to as an argument, with the
// number of the argument: "INNER" and 1 for "x" in "INNER(a, x)".
func (m Macro) HandsOn(parameter string) (to []Argument) {
	code := text.New([]byte(strings.Join(m.tokens, " ")))
	at := 0
	for _, token := range m.tokens {
		word := text.Span{Start: at, End: at + len(token)}
		at = word.End + 1
		if token != parameter {
			continue
		}
		if a, ok := SoleArgument(code, word); ok {
			to = append(to, a)
		}
	}
	return to
}

// Argument is an argument of a call or of the use of a macro.
type Argument struct {
	Of     string // the name before the parenthesis
	Number int    // from 0
}

// SoleArgument returns the argument that a word of C is; ok is false for a word that is none, or a part of one.
func SoleArgument(c *text.Content, word text.Span) (a Argument, ok bool) {
	before, after := c.Bytes()[max(0, word.Start-maxReceiver):word.Start], c.Bytes()[word.End:]
	if !endsArgument.Match(after[:min(len(after), maxReceiver)]) || !beginsArgument.Match(before) {
		return a, false
	}
	depth := 0
	for i := len(before) - 1; i >= 0; i-- {
		switch before[i] {
		case ')', ']', '}':
			depth++
		case '(', '[', '{':
			depth--
		case ',':
			if depth == 0 {
				a.Number++
			}
		case ';':
			return a, false
		}
		if depth < 0 {
			left := strings.TrimRight(string(before[:i]), " \t")
			name := endsInWord.FindString(left)
			a.Of = name
			return a, before[i] == '(' && name != ""
		}
	}
	return a, false
}

var (
	endsArgument   = lazyregexp.New(`^\s*[,)]`)
	beginsArgument = lazyregexp.New(`[(,]\s*$`)
	endsInWord     = lazyregexp.New(`[A-Za-z_]\w*$`)
)

// ArgumentsAfter returns the arguments that follow the name of a macro, nil for none.
func ArgumentsAfter(c *text.Content, name text.Span) (arguments []string) {
	rest := c.Bytes()[name.End:min(c.Len(), name.End+maxReceiver)]
	m := wholeArguments.FindSubmatch(rest)
	if m == nil {
		return nil
	}
	for one := range strings.SplitSeq(string(m[1]), ",") {
		arguments = append(arguments, strings.TrimSpace(one))
	}
	return arguments
}

// wholeArguments matches simple arguments after a name.
var wholeArguments = lazyregexp.New(`^\s*\(([^()]*)\)`)
