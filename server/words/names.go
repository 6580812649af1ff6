package words

import (
	"bytes"

	"lanser/selectors"
	"lanser/selectors/lazyregexp"
	"lanser/selectors/text"
	"lanser/server/ledger"
	"lanser/server/mention"
)

// IsCall reports whether a bracket of arguments follows a word, as in f(x), f<T>(x), f[T](x), f?.(x), (*o.f)(x),
// (f as any)(x), o["f"](x) and f`x`.
func IsCall(src Source, at ledger.Place) bool {
	c, err := src.Content(at.Path)
	if err != nil {
		return false
	}
	rest := c.Bytes()[at.Span.End:]
	rest = rest[:min(len(rest), maxTypeArguments)]
	before := c.Bytes()[max(0, at.Span.Start-maxTypeArguments):at.Span.Start]
	return call.Match(rest) || callInBrackets.Match(rest) && inBrackets.Match(before)
}

// maxTypeArguments bounds the type arguments of a call that are looked through, in bytes.
const maxTypeArguments = 200

// call matches what follows the name of a function that is called.
var call = lazyregexp.New("^(?:[\"'`][ \\t]*\\])?!?[ \\t]*(?:\\?\\.)?" +
	"(?:(?:::)?<[^;{}()]*>|\\[[^;{}()]*\\])?(?:\\(|`[^\\]])")

var (
	// callInBrackets matches what follows the name of a function in brackets of its own.
	callInBrackets = lazyregexp.New(`^[ \t]*(?:\b(?:as|satisfies)\s[^(){};]*)?\)[ \t]*(?:\?\.)?\(`)
	// inBrackets matches the text before such a name.
	inBrackets = lazyregexp.New(`(?:^|\b(?:return|new|await|yield|void|throw)|[^\w\s)\]>])[ \t]*` +
		`\([ \t]*(?:0,[ \t]*)?(?:<[^<>(){};]*>)?[*&]?(?:[\w.]|->|::)*$`)
)

// IsCalledApart reports whether a word is called though no arguments follow it: a decorator without arguments, and a
// function of TypeScript whose method call or apply is called.
func IsCalledApart(src Source, at ledger.Place) bool {
	c, err := src.Content(at.Path)
	if err != nil {
		return false
	}
	switch lang, _ := src.Lang(at.Path); lang {
	case "py":
		before := c.Bytes()[max(0, at.Span.Start-maxTypeArguments):at.Span.Start]
		return decorates.Match(before) && endsDecorator.Match(c.Bytes()[at.Span.End:])
	case "ts":
		return callsFunction.Match(c.Bytes()[at.Span.End:min(c.Len(), at.Span.End+maxTypeArguments)])
	}
	return false
}

var (
	// decorates matches the text before the last name of a decorator.
	decorates     = lazyregexp.New(`(?m)^[ \t]*@(?:\w+\.)*$`)
	endsDecorator = lazyregexp.New(`^[ \t]*(?:[\r\n#]|$)`)
	callsFunction = lazyregexp.New(`^\s*\??\.\s*(?:call|apply)\s*(?:\?\.)?\(`)
)

// Names are the places of the names that a file declares itself, and of those that it imports.
type Names struct{ Declared, Imported map[text.Span]bool }

// NamesIn returns the names in the declarations of a file. Names of C and C++ that files share are not among
// them: a prototype may declare the symbol itself, as the server knows.
func NamesIn(src Source, path string) Names {
	type key struct{ path string }
	return src.Memoize(key{path}, func() any {
		names := Names{Declared: map[text.Span]bool{}, Imported: map[text.Span]bool{}}
		content, err := src.Content(path)
		for _, d := range src.FileDecls(path) {
			switch {
			case d.Alias:
				names.Imported[d.Name] = true
			case d.Linked != "":
			case err == nil && d.Lang == "ts" && mention.RequiresModule(content, d.Name): // so may a CommonJS import
				names.Imported[d.Name] = mention.RequiresFile(content, d.Name)
			default:
				names.Declared[d.Name] = true
			}
		}
		return names
	}).(Names)
}

// IsInPattern reports whether a word is in the pattern of a case of Python, where a class with arguments is no call:
// Point in "case Point(x=0):", and in the lines of a pattern that goes over several. The same holds for Rust.
func IsInPattern(src Source, at ledger.Place) bool {
	lang, _ := src.Lang(at.Path)
	c, err := src.Content(at.Path)
	if err == nil && lang == "rs" {
		return isInRustPattern(c.Bytes(), at.Span)
	}
	if err != nil || lang != "py" {
		return false
	}
	before := c.Bytes()[max(0, at.Span.Start-maxPattern):at.Span.Start]
	all := beginsCase.FindAllSubmatchIndex(before, -1)
	if len(all) == 0 {
		return false
	}
	depth := 0
	for i, b := range before[all[len(all)-1][1]:] {
		rest := before[all[len(all)-1][1]+i:]
		switch {
		case bytes.IndexByte([]byte("([{"), b) >= 0:
			depth++
		case bytes.IndexByte([]byte(")]}"), b) >= 0:
			depth--
		case depth == 0 && (b == ':' || b == '\n' || guards.Match(rest)):
			return false
		}
	}
	return true
}

// maxPattern bounds the text of a pattern before a word, in bytes.
const maxPattern = 1000

var (
	beginsCase = lazyregexp.NewWith([]string{"case"}, `(?m)^[ \t]*case\b[ \t]*`)
	guards     = lazyregexp.New(`^\s*if\b`)
)

// IsAccessor reports whether a declaration of TypeScript is an accessor: get size() {}.
func IsAccessor(src Source, d *selectors.Decl) bool {
	c, err := src.Content(d.Path)
	return err == nil && d.Kind == selectors.KindField && endsInAccessor.Match(beforeName(c, d.Name))
}

var endsInAccessor = lazyregexp.New(`\b(?:get|set)\s+$`)

// IsSelectedAsValue reports whether a word of TypeScript is the member of an object that is certainly not called: f in
// list.map(o.f), const g = o.f; and o.f.bind(o).
func IsSelectedAsValue(src Source, at ledger.Place) bool {
	c, err := src.Content(at.Path)
	if err != nil || IsCall(src, at) || IsCalledApart(src, at) {
		return false
	}
	before := c.Bytes()[max(0, at.Span.Start-maxTypeArguments):at.Span.Start]
	return selectsMember.Match(before) && !usesApart.Match(before) && valueEnds.Match(c.Bytes()[at.Span.End:])
}

var (
	selectsMember = lazyregexp.New(`[\w$)\]]\s*\??\.\s*$`)
	// usesApart matches the text before a member that is called without brackets: by new, as a tag of JSX, and as a
	// decorator.
	usesApart = lazyregexp.New(`(?:\bnew\s+|</?\s*|@)(?:[\w$]+\s*\.\s*)*$`)
	valueEnds = lazyregexp.New(`^[ \t]*(?:[;,:)}\]]|\.\s*bind\b|=[^=>]|&&|\|\||\?\?)|^\s*$|` +
		`^[ \t]*(?://[^\n]*)?\r?\n\s*[\w$}]`)
)

// isInRustPattern reports whether a word of Rust is in the pattern of a let, a for, a parameter or the arm of a match:
// there Wrapper(n) takes a value apart.
func isInRustPattern(src []byte, word text.Span) bool {
	before := src[max(0, word.Start-maxPattern):word.Start]
	before = before[bytes.LastIndexAny(before, "{};")+1:]
	after := src[word.End:min(len(src), word.End+maxPattern)]
	if rustBinds.Match(before) || rustParameter.Match(after) {
		return true
	}
	if !rustArm.Match(after) {
		return false
	}
	depth, isBody := 0, false
	for i, b := range before {
		switch b {
		case '(', '[':
			depth++
		case ')', ']':
			depth--
		case ',':
			isBody = isBody && depth > 0
		case '=':
			isBody = isBody || depth == 0 && bytes.HasPrefix(before[i:], []byte("=>"))
		}
	}
	return !isBody
}

var (
	// rustBinds matches text that ends in the pattern of a let or a for.
	rustBinds = lazyregexp.New(`\b(?:let\b[^=]*|for\s(?:[^i]|i[^n]|in\w)*)$`)
	// rustParameter matches what follows a pattern that is a parameter of a function.
	rustParameter = lazyregexp.New(`^\([^(){};=]*\)\s*:[^:]`)
	// rustArm matches what follows a pattern in the arm of a match.
	rustArm = lazyregexp.New(`^\([^{};=]*(?:\bif\b[^{};]*)?=>`)
)
