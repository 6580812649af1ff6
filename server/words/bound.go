package words

import (
	"bytes"
	"slices"
	"strings"

	"lanser/selectors"
	"lanser/selectors/lazyregexp"
	"lanser/selectors/text"
	"lanser/server/ledger"
)

// A function or class expression of JavaScript can have a name of its own, which is known in the expression alone:
//
//	exports.first = function first(n) { return n && first(n - 1) }
//
// Servers name the inner first as the definition of lib.first, although that is a use of the member first. The
// functions of this file lead from the name of an expression to the names that it is bound to.

// BoundTo returns the names of the members and variables to which an expression is assigned, given the name of the
// expression: all of them in exports.a = exports.b = function c() {}, and none for every other name.
func BoundTo(src Source, at ledger.Place) (names []ledger.Place) {
	lang, _ := src.Lang(at.Path)
	c, err := src.Content(at.Path)
	if err != nil || lang != "ts" {
		return nil
	}
	start := max(0, at.Span.Start-maxBound)
	left := c.Bytes()[start:at.Span.Start]
	m := bindsExpression.FindSubmatchIndex(left)
	for m != nil {
		name := text.Span{Start: start + m[2], End: start + m[3]}
		if c.Slice(name) != "exports" {
			names = append(names, ledger.Place{Path: at.Path, Span: name})
		}
		left = bytes.TrimRight(left[:m[0]], " \t\r\n")
		m = bindsFurther.FindSubmatchIndex(left)
	}
	return names
}

// maxBound bounds the text before the name of an expression in which the names that it is bound to are looked for, in
// bytes.
const maxBound = 400

var (
	bindsExpression = lazyregexp.NewWith([]string{"function", "class"},
		`(?:[\pL_$][\pL\pN_$]*\s*\.\s*)*([\pL_$][\pL\pN_$]*)["']?\s*[:=]\s*\(?\s*`+
			`(?:async\s+)?(?:function\b\s*\*?|class\b)\s*$`)
	bindsFurther = lazyregexp.New(`(?:[\pL_$][\pL\pN_$]*\s*\.\s*)*([\pL_$][\pL\pN_$]*)\s*=$`)
)

// OfBound returns what a server's definitions of a word mean: in place of the name of an expression, the names that the
// expression is bound to, unless the word is in the expression and can mean the inner name. Of equal names both are
// meant.
func OfBound(src Source, word ledger.Place, definitions []ledger.Place) []ledger.Place {
	var out []ledger.Place
	for i, d := range definitions {
		names := BoundTo(src, d)
		if len(names) == 0 || isInnerUse(src, word, d) {
			if out != nil {
				out = append(out, d)
			}
			continue
		}
		if out == nil {
			out = append(out, definitions[:i]...)
		}
		out = append(out, names...)
		if isSame := func(n ledger.Place) bool { return sameText(src, n, d) }; slices.ContainsFunc(names, isSame) {
			out = append(out, d)
		}
	}
	if out == nil {
		return definitions
	}
	return out
}

// sameText reports whether two places hold the same name.
func sameText(src Source, a, b ledger.Place) bool {
	one, err := src.Content(a.Path)
	if err != nil {
		return false
	}
	other, err := src.Content(b.Path)
	return err == nil && one.Slice(a.Span) == other.Slice(b.Span)
}

// isInnerUse reports whether a word is in the declaration around the name of an expression, and is no member of
// anything: the inner name is known there.
func isInnerUse(src Source, word, name ledger.Place) bool {
	c, err := src.Content(word.Path)
	if err != nil || word.Path != name.Path || bytes.HasSuffix(c.Bytes()[:word.Span.Start], []byte(".")) {
		return false
	}
	around := text.Span{}
	for _, d := range src.FileDecls(name.Path) {
		if d.Def.Contains(name.Span) && d.Name != name.Span && (around.Len() == 0 || around.Contains(d.Def)) {
			around = d.Def
		}
	}
	return around.Contains(word.Span)
}

// InnerName returns the name of the expression that a declaration is bound to, if it is the declaration's own name: a
// call of it within the expression is a use of the declaration. ok is false for every other declaration.
func InnerName(src Source, d selectors.Decl) (at ledger.Place, ok bool) {
	c, err := src.Content(d.Path)
	if err != nil || d.Lang != "ts" || d.Name.Len() == 0 || len(d.Names) == 0 {
		return at, false
	}
	rest := c.Bytes()[d.Name.End:max(d.Name.End, min(d.Def.End, d.Name.End+maxBound))]
	m := namedExpression.FindSubmatchIndex(rest)
	if m == nil || string(rest[m[2]:m[3]]) != c.Slice(d.Name) {
		return at, false
	}
	return ledger.Place{
		Path: d.Path, Span: text.Span{Start: d.Name.End + m[2], End: d.Name.End + m[3]},
	}, true
}

var namedExpression = lazyregexp.New(`^["']?\s*[:=]\s*\(?\s*(?:async\s+)?(?:function\b\s*\*?|class\b)\s*` +
	`([\pL_$][\pL\pN_$]*)`)

// OfParameters returns the definitions of a word with those that are more than a parameter's name narrowed to the name.
// In Python servers answer with [K, V] at V, with limit=3 at limit, and with *rest at rest, in
//
//	class Store[K, V]: ...
//	lambda limit=3, *rest: limit
func OfParameters(src Source, word ledger.Place, definitions []ledger.Place) []ledger.Place {
	lang, _ := src.Lang(word.Path)
	c, err := src.Content(word.Path)
	if err != nil || lang != "py" {
		return definitions
	}
	var out []ledger.Place
	for i, d := range definitions {
		span, ok := parameterIn(src, d, c.Slice(word.Span))
		if !ok {
			continue
		}
		if out == nil {
			out = append(out, definitions...)
		}
		out[i].Span = span
	}
	if out == nil {
		return definitions
	}
	return out
}

// parameterIn returns the name of a parameter in a place that is a list of type parameters, or a parameter with its
// default; ok is false for every other place.
func parameterIn(src Source, at ledger.Place, name string) (span text.Span, ok bool) {
	c, err := src.Content(at.Path)
	if err != nil || at.Span.Len() <= len(name) || name == "" {
		return span, false
	}
	all := c.Bytes()[:at.Span.End]
	isList := all[at.Span.Start] == '['
	stars := len(c.Slice(at.Span)) - len(strings.TrimLeft(c.Slice(at.Span), "*")) // of *args and **options
	for start := at.Span.Start + stars; ; start = span.End {
		n := bytes.Index(all[start:], []byte(name))
		if n < 0 || !isList && n > 0 {
			return span, false
		}
		span = text.Span{Start: start + n, End: start + n + len(name)}
		if text.WordAt(all, span.Start, "") == span {
			return span, true
		}
	}
}
