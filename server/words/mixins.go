package words

import (
	"regexp"
	"slices"
	"strings"

	"lanser/selectors"
	"lanser/selectors/lazyregexp"
	"lanser/selectors/text"
)

// maxMixin bounds the text before an argument that is looked through for the mixin it is given to, in bytes.
const maxMixin = 400

// beforeName returns the text before a place, as far as a mixin or its parameters can be in it.
func beforeName(c *text.Content, at text.Span) []byte {
	return c.Bytes()[max(0, at.Start-maxMixin):at.Start]
}

// IsPassedToBase reports whether a word of TypeScript is an argument of the call whose result is the base of a class,
// as B is in "class C extends Timed(B)".
func IsPassedToBase(c *text.Content, at text.Span) bool { return passedToBase.Match(beforeName(c, at)) }

// passedToBase matches the text before such an argument.
var passedToBase = lazyregexp.NewWith([]string{"extends"}, `\bextends\s+[\w$.]+\s*(?:<[^<>;{}]*>)?`+
	`\((?:[^(){};]|\((?:[^(){};]|\([^(){};]*\))*\)|[\w$]\()*$`)

// BaseOfType returns the base of a class of TypeScript that is a parameter with a type in which a word is, as the last
// B is at One in
//
//	(B: typeof One) => class extends B {}
//	function timed<T extends Ctor<One>>(B: T) { return class extends B {} }
func BaseOfType(c *text.Content, at text.Span) (base text.Span, ok bool) {
	m := typeOfParameter.FindSubmatch(beforeName(c, at))
	if m == nil {
		return base, false
	}
	after := c.Slice(text.Span{Start: at.End, End: min(c.Len(), at.End+maxMixed)})
	parameter := string(m[2])
	if constrained := string(m[1]); constrained != "" {
		named := regexp.MustCompile(`([\w$]+)\s*\??\s*:\s*` + regexp.QuoteMeta(constrained) + `\s*[,)]`)
		m := named.FindStringSubmatch(after)
		if m == nil {
			return base, false
		}
		parameter = m[1]
	}
	extends := regexp.MustCompile(`\bextends\s+(` + regexp.QuoteMeta(parameter) + `)\s*[{<]`)
	found := extends.FindStringSubmatchIndex(after)
	if found == nil {
		return base, false
	}
	return text.Span{Start: at.End + found[2], End: at.End + found[3]}, true
}

// maxMixed bounds the text after the type of a parameter that is looked through for a class with that base, in bytes.
const maxMixed = 2000

// typeOfParameter matches the text before a class in the type of a parameter or the constraint of a type parameter; the
// groups are the names of the two.
var typeOfParameter = lazyregexp.New(`(?:[<,]\s*([\w$]+)\s+extends|[(,]\s*([\w$]+)\s*\??\s*:)\s*` +
	`(?:typeof\s+|(?:abstract\s+)?new\s*\([^()]*\)\s*=>\s*|[\w$.]+\s*<\s*)+(?:[\w$]+\.)*$`)

// TemplateGiven returns the name of the template of C++ that a word is an argument of, as Timed in "Timed<B>"; "" for
// none.
func TemplateGiven(c *text.Content, at text.Span) string {
	m := givenToTemplate.FindSubmatch(beforeName(c, at))
	if m == nil {
		return ""
	}
	return string(m[1])
}

// givenToTemplate matches the text before an argument of a template; the group is the template's name.
var givenToTemplate = lazyregexp.New(`(\w+)\s*<(?:[^<>;{}()]|<[^<>;{}()]*>)*$`)

// DerivesFromParameter reports whether a class template of C++, whose file has the content c, has one of its parameters
// as a base.
func DerivesFromParameter(d *selectors.Decl, c *text.Content) bool {
	parameters := TemplateParameters(d, c)
	header := Header(d)
	for at := header.Start; at < header.End; {
		n := text.WordLen(c.Bytes()[at:header.End], "")
		word := text.Span{Start: at, End: at + n}
		if n > 0 && slices.Contains(parameters, c.Slice(word)) && IsBase(d, c, word) {
			return true
		}
		at += max(n, 1)
	}
	return false
}

// TemplateParameters returns the names of the parameters of a class template of C++, whose file has the content c; none
// for another class.
func TemplateParameters(d *selectors.Decl, c *text.Content) (names []string) {
	m := parametersOf.FindSubmatch(beforeName(c, d.Name))
	if m == nil || !d.Kind.IsType() || d.Alias {
		return nil
	}
	for p := range strings.SplitSeq(string(m[1]), ",") {
		p, _, _ = strings.Cut(p, "=")
		if fields := strings.Fields(strings.ReplaceAll(p, "...", " ")); len(fields) > 1 {
			names = append(names, fields[len(fields)-1])
		}
	}
	return names
}

// parametersOf matches the text before the name of a class template; the group is the list of its parameters.
var parametersOf = lazyregexp.New(
	`\btemplate\s*<([^{};]*)>\s*(?:requires\b[^{};]*)?(?:struct|class)\s+(?:\[\[[^\]]*\]\]\s*)?$`,
)
