package mention

import (
	"bytes"

	"lanser/selectors/lazyregexp"
	"lanser/selectors/text"
)

// This file reads what TypeScript does with strings of a type that is a union of literals:
//
//	function run(o: { type: "start" | "stop" }) { return o.type === "stop" ? null : machine[o.type] }
//	run({ type: "start" })
//
// The type of the string "start" is written out at the member type, so that it does not depend on the members of any
// other type. The string names a member where the value is read as a key, as in machine[o.type].

// TypedBy returns the name of the member that gives a string of TypeScript its type: the key that the string is the
// value of, and the member that it is compared with. ok is false for every other string.
func TypedBy(c *text.Content, at text.Span) (name text.Span, ok bool) {
	src := c.Bytes()
	if !IsString(c, at) {
		return name, false
	}
	start := max(0, at.Start-maxReceiver)
	left, right := src[start:at.Start-1], src[at.End+1:min(len(src), at.End+maxReceiver)]
	for _, before := range []*lazyregexp.Regexp{beforeValue, beforeCompared} {
		if m := before.FindSubmatchIndex(left); m != nil {
			return text.Span{Start: start + m[2], End: start + m[3]}, true
		}
	}
	if m := afterCompared.FindSubmatchIndex(right); m != nil {
		return text.Span{Start: at.End + 1 + m[2], End: at.End + 1 + m[3]}, true
	}
	return name, false
}

var (
	// beforeValue matches text that ends before the value of a key. The colon of c ? k : "value" has no comma or brace
	// before its name.
	beforeValue    = lazyregexp.New(`[{,]\s*([\pL_$][\pL\pN_$]*)\s*:\s*$`)
	beforeCompared = lazyregexp.New(`\.\s*([\pL_$][\pL\pN_$]*)\s*[!=]==?\s*$`)
	afterCompared  = lazyregexp.New(`^\s*[!=]==?\s*[\pL_$][\pL\pN_$.?]*\.([\pL_$][\pL\pN_$]*)\s*[)?:;&|,}]`)
)

// HeldBy returns the name that a string of TypeScript is set to or is the value of: of a constant, of a member of an
// enum, or of a key. ok is false for every other string.
func HeldBy(c *text.Content, at text.Span) (name text.Span, ok bool) {
	src := c.Bytes()
	if !IsString(c, at) || !endsHeld.Match(src[at.End+1:min(len(src), at.End+maxReceiver)]) {
		return name, false
	}
	start := max(0, at.Start-maxReceiver)
	for _, before := range []*lazyregexp.Regexp{beforeHeld, beforeValue} {
		if m := before.FindSubmatchIndex(src[start : at.Start-1]); m != nil {
			return text.Span{Start: start + m[2], End: start + m[3]}, true
		}
	}
	return name, false
}

var (
	beforeHeld = lazyregexp.New(`([\pL_$][\pL\pN_$]*)\s*(?::[^=;\n{}()]*)?=\s*$`)
	endsHeld   = lazyregexp.New(`^\s*(?:as\s+const\b\s*)?(?:[;,)}\r\n]|satisfies\b|$)`)
)

// KeyAround returns the whole computed key of TypeScript, between the brackets, that ends with a word, as key is in
// o[key], { [key]: 1 } and const { [key]: v } = o. ok is false for every other word.
func KeyAround(c *text.Content, at text.Span) (key text.Span, ok bool) {
	if r, key := ReadOf(c, at); r == ReadAsKey {
		return key, true
	}
	src := c.Bytes()
	start := max(0, at.Start-maxReceiver)
	chain := receiverChain.FindIndex(src[start:at.Start])
	ok = beforePatternKey.Match(src[start:start+chain[0]]) &&
		afterPatternKey.Match(src[at.End:min(len(src), at.End+maxReceiver)])
	return text.Span{Start: start + chain[0], End: at.End}, ok
}

// IsInPattern reports whether a computed key takes a member out of an object, as in const { [key]: v } = o: what
// servers say of it is about v.
func IsInPattern(c *text.Content, key text.Span) bool {
	return endsPattern.Match(c.Bytes()[key.End:min(c.Len(), key.End+maxReceiver)])
}

// endsPattern matches what follows such a key, up to the value of the pattern or the body of a function.
var endsPattern = lazyregexp.New(`^\s*\]\s*:[^{};]*\}\s*(?:=[^=>]|(?::[^(){};]*)?\)\s*(?:=>|\{))`)

// LiteralUnion reports whether the type that is declared for a name of TypeScript is a union of literals that is
// written out there. If the type is a single name instead, of a type parameter or an alias, it returns the name.
func LiteralUnion(c *text.Content, name text.Span) (isLiteral bool, named text.Span) {
	src := c.Bytes()
	after := src[name.End:min(len(src), name.End+maxUnion)]
	if m := literalUnion.FindIndex(after); m != nil {
		return !goesOn.Match(after[m[1]:]), named
	}
	if m := namedType.FindSubmatchIndex(after); m != nil && !goesOn.Match(after[m[3]:]) {
		named = text.Span{Start: name.End + m[2], End: name.End + m[3]}
	}
	return false, named
}

// maxUnion bounds the text of a type that is looked at, in bytes.
const maxUnion = 1000

var (
	// literalUnion matches what follows the name of a member, of a type parameter or of an alias, up to the last
	// literal of its type.
	literalUnion = lazyregexp.New(
		`^\s*(?:\??\s*:|extends\b|=)\s*\|?\s*` + literalType + `(?:\s*\|\s*` + literalType + `)*`,
	)
	namedType = lazyregexp.New(`^\s*\??\s*:\s*([\pL_$][\pL\pN_$]*)\s*(?:[;,})]|\n)`)
	// goesOn matches what follows a type that is not at its end.
	goesOn = lazyregexp.New(`^\s*[|&\[.<(]|^\s*(?:extends|is)\b`)
)

const literalType = `(?:"[^"\\\n]*"|'[^'\\\n]*'|undefined\b|null\b)`

// Read is what code does with the value of a member.
type Read int

// The kinds of reads.
const (
	ReadSomehow Read = iota // it may be handed on
	ReadNowhere             // it is set, or compared
	ReadAsKey               // it is a computed key
)

// ReadOf returns what the code does with the value of a member of TypeScript at one of the member's uses. For a
// computed key, key is the whole expression between the brackets.
func ReadOf(c *text.Content, at text.Span) (r Read, key text.Span) {
	src := c.Bytes()
	start := max(0, at.Start-maxReceiver)
	left, right := src[start:at.Start], src[at.End:min(len(src), at.End+maxReceiver)]
	chain := receiverChain.FindIndex(left)
	before := left[:chain[0]]
	if m := beforeKey.FindIndex(before); m != nil && bytes.HasPrefix(bytes.TrimSpace(right), []byte("]")) {
		return ReadAsKey, text.Span{Start: start + chain[0], End: at.End}
	}
	isSet := chain[0] == chain[1] && setsString.Match(right)
	isCompared := comparedAfter.Match(right) || comparedBefore.Match(before) && comparedEnds.Match(right) ||
		switchedOn.Match(before) && bytes.HasPrefix(bytes.TrimSpace(right), []byte(")"))
	if isSet || isCompared {
		return ReadNowhere, key
	}
	return ReadSomehow, key
}

var (
	// receiverChain matches the names before the last one of a.b?.c, at the end of the text.
	receiverChain = lazyregexp.New(`(?:[\pL_$][\pL\pN_$]*\s*[?!]?\.\s*)*$`)
	// beforeKey matches text that ends with the bracket of an access: [ at the beginning of an expression is that of an
	// array.
	beforeKey      = lazyregexp.New(`(?:[\pL\pN_$)\]!>]|\?\.)\s*\[\s*$`)
	setsString     = lazyregexp.New("^\\s*:\\s*(?:\"[^\"\\\\\n]*\"|'[^'\\\\\n]*')\\s*[,}]")
	comparedAfter  = lazyregexp.New(`^\s*[!=]==?[^=]`)
	comparedBefore = lazyregexp.New(`[!=]==?\s*$`)
	comparedEnds   = lazyregexp.New(`^\s*(?:[)?:;&|,}]|\n)`)
	switchedOn     = lazyregexp.New(`\bswitch\s*\(\s*$`)
)
