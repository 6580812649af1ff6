package mention

import (
	"bytes"
	"path"
	"slices"
	"strings"
	"unicode"

	"lanser/selectors"
	"lanser/selectors/lazyregexp"
	"lanser/selectors/text"
	"lanser/server/cbuild"
	"lanser/server/project"
)

// MacroAround returns the name of the macro of C that a place is in the definition of; "" for none.
func MacroAround(c *text.Content, at text.Span) string {
	name, _ := macroAround(c, at)
	return name
}

// isMacroParameter reports whether a word of C is, or means, a parameter of the macro that its line defines.
func isMacroParameter(c *text.Content, at text.Span) bool {
	_, parameters := macroAround(c, at)
	return slices.Contains(parameters, c.Slice(at))
}

// macroAround returns the name and the parameters of the macro that a place is in the definition of.
func macroAround(c *text.Content, at text.Span) (name string, parameters []string) {
	m := definesMacro.FindStringSubmatch(c.Line(cbuild.FirstLine(c, at.Start)))
	if m == nil {
		return "", nil
	}
	return m[1], strings.FieldsFunc(m[2], isNoWord)
}

// isDirective reports whether a word of C is the name of a directive, in the text of "#error" or "#warning", or in the
// name of a file that is included.
func isDirective(c *text.Content, at text.Span) bool {
	line, ok := c.LineSpan(c.LineOf(at.Start))
	return ok && beforeDirective.Match(c.Bytes()[line.Start:at.Start])
}

// beforeDirective matches what precedes such a word on its line.
var beforeDirective = lazyregexp.New(`^\s*#\s*(?:(?:error|warning)\b.*|(?:include|include_next|import)\s*["<].*)?$`)

// IsConditional reports whether a word of C is in a directive that expands nothing into the program: all but the
// definitions of macros.
func IsConditional(c *text.Content, at text.Span) bool {
	return directive.MatchString(c.Line(cbuild.FirstLine(c, at.Start)))
}

var directive = lazyregexp.New(`^\s*#\s*(?:if|ifdef|ifndef|elif|elifdef|elifndef|undef|error|warning|pragma|line)\b`)

// asksOrForgets reports whether a word of C is in a directive that knows macros alone (C23, 6.10.2 and 6.10.5): a
// condition, in which every other name is 0, or "#undef".
func asksOrForgets(c *text.Content, at text.Span) bool {
	return ofMacros.MatchString(c.Line(cbuild.FirstLine(c, at.Start)))
}

var ofMacros = lazyregexp.New(`^\s*#\s*(?:if|ifdef|ifndef|elif|elifdef|elifndef|undef)\b`)

// Undefines returns the name in the definition of the macro that a word of "#undef" takes back: the nearest one above
// it in the same file. ok is false for another word, and where a condition or an inclusion is between the two.
func Undefines(c *text.Content, at text.Span) (name text.Span, ok bool) {
	line := c.LineOf(at.Start)
	if !forgetsMacro.MatchString(c.Line(line)) {
		return name, false
	}
	for line--; line >= 0; line-- {
		code := c.Line(line)
		m := definesMacro.FindSubmatchIndex([]byte(code))
		if m != nil && code[m[2]:m[3]] == c.Slice(at) {
			start, isLine := c.LineSpan(line)
			return text.Span{Start: start.Start + m[2], End: start.Start + m[3]}, isLine
		}
		if branches.MatchString(code) {
			return name, false
		}
	}
	return name, false
}

var (
	forgetsMacro = lazyregexp.New(`^\s*#\s*undef\b`)
	branches     = lazyregexp.New(`^\s*#\s*(?:(?:el)?if(?:n?def)?|else|endif|include(?:_next)?|import)\b`)
)

// IsInDesignators reports whether a word of C is a member in a chain of designators, as a is in { .a[1].x = 2 }. clangd
// answers at all members of the chain about the last one.
func IsInDesignators(c *text.Content, at text.Span) bool {
	src := c.Bytes()
	return designatorsBefore.Match(src[max(0, at.Start-maxReceiver):at.Start]) &&
		designatorsAfter.Match(src[at.End:min(len(src), at.End+maxReceiver)])
}

var (
	designatorsBefore = lazyregexp.New(`[{,]\s*(?:\.\s*\w+\s*|\[[^\[\]]*\]\s*)*\.\s*$`)
	designatorsAfter  = lazyregexp.New(`^\s*[.\[]`)
)

// IsPlainC reports whether a file is compiled as C alone: a source of C, or a header of a workspace without sources of
// C++.
func IsPlainC(v project.View, p string) bool {
	if path.Ext(p) == ".c" {
		return true
	}
	type key struct{}
	hasCPP := v.Memoize(key{}, func() any {
		return slices.ContainsFunc(v.Paths(), func(p string) bool {
			return cbuild.Languages[path.Ext(p)] == "cpp" && !cbuild.IsHeader(p)
		})
	}).(bool)
	return path.Ext(p) == ".h" && !hasCPP
}

// definesMacro matches the head of a macro. Its groups are the name and the parameters.
var definesMacro = lazyregexp.New(`^\s*#\s*define\s+(\w+)(?:\(([^()]*)\))?`)

func isNoWord(r rune) bool { return r != '_' && !unicode.IsLetter(r) && !unicode.IsDigit(r) }

// MacroWords returns the words in the definition of the macro whose name is at a place; nil if none is defined there.
func MacroWords(c *text.Content, at text.Span) (words []string) {
	if MacroAround(c, at) != c.Slice(at) {
		return nil
	}
	line := c.LineOf(at.Start)
	words = append(words, strings.FieldsFunc(c.Line(line), isNoWord)...)
	for ; cbuild.IsContinued(c, line) && line+1 < c.Lines(); line++ {
		words = append(words, strings.FieldsFunc(c.Line(line+1), isNoWord)...)
	}
	return words
}

// MayBeMember reports whether a word of C may mean a symbol by what precedes it: only members are selected, and a
// field is selected.
func MayBeMember(sym project.Symbol, c *text.Content, at text.Span) bool {
	left := bytes.TrimRight(c.Bytes()[:at.Start], " \t")
	isSelected := bytes.HasSuffix(left, []byte(".")) || bytes.HasSuffix(left, []byte("->"))
	if sym.Kind == selectors.KindField {
		return isSelected
	}
	return sym.Member || !isSelected
}

// IsAnsweredAround reports whether clangd answers at a word about what is around it: in an attribute about the
// declaration that has it, and in an explicit instantiation of a function, which its tree lacks, about the namespace.
func IsAnsweredAround(p string, c *text.Content, at text.Span) bool {
	return isInAttribute(c, at) || Instantiates(p, c, at)
}

// IsAliasedNamespace reports whether a word of C++ is the namespace for which an alias is declared, as in
//
//	namespace short = long::name;
//
// There clangd answers with the alias. Of a path it is the last name.
func IsAliasedNamespace(c *text.Content, at text.Span) bool {
	src := c.Bytes()
	return endsStatement.Match(src[at.End:min(len(src), at.End+maxBeside)]) &&
		declaresAlias.Match(src[max(0, at.Start-maxReceiver):at.Start])
}

var (
	declaresAlias = lazyregexp.New(`\bnamespace\s+\w+\s*=\s*(?:::\s*)?(?:\w+\s*::\s*)*$`)
	endsStatement = lazyregexp.New(`^\s*;`)
)

// isInAttribute reports whether a word of C is in an attribute.
func isInAttribute(c *text.Content, at text.Span) bool {
	line := cbuild.FirstLine(c, at.Start)
	span, ok := c.LineSpan(line)
	return ok && opensAttribute.Match(c.Bytes()[span.Start:at.Start])
}

// opensAttribute matches text that ends inside of an attribute.
var opensAttribute = lazyregexp.New(`(?:\b__attribute(?:__)?\s*\(\(|\[\[)(?:[^()\[\]]|\([^()]*\))*\(?[^()]*$`)

// Instantiates reports whether a word of C++ is the name in an explicit instantiation, as in "template int f(int);",
// which uses a template and declares nothing.
func Instantiates(p string, c *text.Content, at text.Span) bool {
	if project.SchemeOf(p) != "cpp" {
		return false
	}
	left := c.Bytes()[max(0, at.Start-maxInstantiation):at.Start]
	m := instantiation.FindSubmatch(left)
	return m != nil && !bytes.Contains(m[1], []byte("//"))
}

// maxInstantiation bounds the text before the name in an explicit instantiation, in bytes.
const maxInstantiation = 500

// instantiation matches text that ends in an explicit instantiation. Its group is the line before the keyword.
var instantiation = lazyregexp.New(`(?:^|\n)([^\n]*)\btemplate\s+[^<\s][^;{}]*$`)

// MayConstruct reports whether a word of C++ is a class that a call hands to a template, as in "make_shared<C>(4)": the
// template may call a constructor, and clangd's tree does not show what the standard library calls. A cast does so by
// itself. template is the name of the template or cast.
//
// "box<C> b(n)" constructs where it declares a variable, which it does in the body of a function, and with a literal
// everywhere; elsewhere b is a function that takes an n.
func MayConstruct(p string, c *text.Content, at text.Span, inBody bool) (template text.Span, ok bool) {
	if project.SchemeOf(p) != "cpp" {
		return text.Span{}, false
	}
	src := c.Bytes()
	right := src[at.End:min(len(src), at.End+maxTemplateArguments)]
	if next := bytes.TrimLeft(right, " \t\r\n"); len(next) == 0 || next[0] != '>' && next[0] != ',' {
		return text.Span{}, false // a pointer to it, a reference, or something of the class
	}
	depth := 1
	for i, b := range right {
		switch b {
		case '<':
			depth++
		case '>':
			depth--
		case ';', '{', '}':
			return text.Span{}, false
		}
		if depth > 0 {
			continue
		}
		after := bytes.TrimLeft(right[i+1:], " \t\r\n")
		start := max(0, at.Start-maxTemplateArguments)
		m := opensArguments.FindSubmatchIndex(src[start:at.Start])
		isVariable := inBody && declaresOrCalls.Match(after) || declaresFromLiteral.Match(after)
		if m == nil || !isVariable && !constructs.Match(after) {
			return text.Span{}, false
		}
		template = text.Span{Start: start + m[2], End: start + m[3]}
		if after[0] == '{' && opensBody.Match(src[start:template.Start]) {
			return text.Span{}, false
		}
		return template, !constructNothing[string(src[template.Start:template.End])]
	}
	return text.Span{}, false
}

var (
	// constructs matches what follows the arguments of a template in a call, and in the declaration of a variable with
	// braces.
	constructs = lazyregexp.New(`^(?:[({]|\w+\s*\{)`)
	// declaresOrCalls matches what follows them in the declaration of a variable with arguments in parentheses, or of a
	// function with parameters.
	declaresOrCalls = lazyregexp.New(`^\w+\s*\(\s*[^)\s]`)
	// declaresFromLiteral matches it if the first argument is a literal, as no parameter can be.
	declaresFromLiteral = lazyregexp.New(`^\w+\s*\(\s*[0-9"'{]`)
	// opensBody matches text before a template that is the base of a class, or what a function returns.
	opensBody = lazyregexp.New(`(?:->|[^:]:|\b(?:public|private|protected|virtual))\s*(?:\w*::)*$`)
)

// maxTemplateArguments bounds the text on either side of a class among the arguments of a template, in bytes.
const maxTemplateArguments = 300

// opensArguments matches text that ends among the arguments of a template, before a type. The group is the template.
var opensArguments = lazyregexp.New(`(\w+)\s*<(?:[^<>;{}]|<[^<>;{}]*>)*$`)

// constructNothing are templates of the standard library that are given a class and construct no object of it.
var constructNothing = map[string]bool{
	"get": true, "get_if": true, "holds_alternative": true, "declval": true, "forward": true, "move": true,
	"static_pointer_cast": true, "dynamic_pointer_cast": true, "const_pointer_cast": true,
	"reinterpret_pointer_cast": true, "numeric_limits": true, "addressof": true,
}
