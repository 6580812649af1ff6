//go:build cgo

package syntax

import (
	"bytes"
	"slices"
	"unicode/utf8"

	"lanser/selectors"
	"lanser/selectors/text"
)

// Tokens returns the hashes of the tokens within a span of src: identifiers, numbers, strings and operators, but not
// comments, white space and what is in the span skip. Offsets are in bytes. It uses the language's [Lexis] alone, which
// is faster than parsing. It is wrong where the language has forms that a Lexis cannot describe, but then it is wrong
// in the same way on both sides of a comparison.
func (l *Language) Tokens(src []byte, within text.Span, skip text.Span) []uint64 {
	var out []uint64
	for i := within.Start; i < within.End; {
		if i >= skip.Start && i < skip.End {
			i = skip.End
			continue
		}
		n, token := l.Lexis.next(src[i:within.End])
		if token {
			out = append(out, selectors.HashBytes(src[i:i+n]))
		}
		i += n
	}
	return out
}

// next returns the length in bytes, at least 1, of the item at the start of src, and whether it is a token.
func (x *Lexis) next(src []byte) (n int, token bool) {
	c := src[0]
	if c == ' ' || c == '\t' || c == '\n' || c == '\r' {
		return 1, false
	}
	if n := x.comment(src); n > 0 {
		return n, false
	}
	if n := x.quoted(src); n > 0 {
		return n, true
	}
	if n := text.WordLen(src, "$"); n > 0 { // "$" in every language: a token may be more than a word
		return n, true
	}
	_, n = utf8.DecodeRune(src)
	return n, true
}

// comment returns the length of the comment at the start of src; 0 if there is none.
func (x *Lexis) comment(src []byte) int {
	for _, b := range x.Block {
		if bytes.HasPrefix(src, []byte(b[0])) {
			if end := bytes.Index(src[len(b[0]):], []byte(b[1])); end >= 0 {
				return len(b[0]) + end + len(b[1])
			}
			return len(src)
		}
	}

	for _, p := range x.Line {
		if bytes.HasPrefix(src, []byte(p)) {
			if end := bytes.IndexByte(src, '\n'); end >= 0 {
				return end
			}
			return len(src)
		}
	}
	return 0
}

// quoted returns the length of the string at the start of src; 0 if there is none. A string whose quote is one
// character ends with the line at the latest, so that an unmatched quote does not extend to the end of the file.
func (x *Lexis) quoted(src []byte) int {
	for _, q := range x.Strings {
		if !bytes.HasPrefix(src, []byte(q)) {
			continue
		}
		for i := len(q); i < len(src); i++ {
			switch {
			case src[i] == '\\' && q != "`":
				i++
			case src[i] == '\n' && len(q) == 1 && q != "`":
				return 1
			case bytes.HasPrefix(src[i:], []byte(q)):
				return i + len(q)
			}
		}
		return 1
	}
	return 0
}

// blank returns src with blanks in place of comments.
func (x *Lexis) blank(src []byte) []byte {
	out := bytes.Clone(src)
	for i := 0; i < len(src); {
		if n := x.comment(src[i:]); n > 0 {
			for j := i; j < i+n; j++ {
				if out[j] != '\n' {
					out[j] = ' '
				}
			}
			i += n
			continue
		}
		n, _ := x.next(src[i:])
		i += n
	}
	return out
}

// WordChars returns the ASCII characters that words may have in the language of a file besides letters, digits and "_",
// in the form of the parameter of [text.WordAt]: "$" in TypeScript; none in shells, where "$" is not part of the name
// of a variable.
func WordChars(file string) string {
	l := ByFile(file)
	if l == nil {
		return ""
	}
	return l.Lexis.Word
}

// IsPronoun reports whether a word is a pronoun in the language of a file: a word such as "this" in TypeScript or
// "crate" in Rust, whose meaning depends on the code around it.
func IsPronoun(file, word string) bool {
	l := ByFile(file)
	return l != nil && slices.Contains(l.Pronouns, word)
}
