package text

import (
	"unicode"
	"unicode/utf8"
)

// A word is a longest run of word characters: "_", the ASCII letters and digits, and outside
// ASCII the letters, digits and combining marks of Unicode (close to UAX #31's XID_Continue).
// Bytes that are not UTF-8, signs such as "→" and emoji are no word characters.
//
// Whether "$" is one depends on the language: JavaScript, TypeScript and Java name things with
// it, while shells and PHP write it before the name. Callers pass the ASCII characters that
// their language adds as also, "" for none.

// WordAt returns the span of the word that holds the offset, or that ends there: a cursor right
// behind a word belongs to it. The span is empty where there is none.
func WordAt(b []byte, offset int, also string) Span {
	offset = max(0, min(offset, len(b)))
	s := Span{Start: offset, End: offset}
	for {
		n := lastWordChar(b[:s.Start], also)
		if n == 0 {
			break
		}
		s.Start -= n
	}
	s.End += WordLen(b[offset:], also)
	return s
}

// WordLen returns the length in bytes of the word that b begins with, 0 for none.
func WordLen(b []byte, also string) int {
	size := 0
	for {
		n := firstWordChar(b[size:], also)
		if n == 0 {
			return size
		}
		size += n
	}
}

// IsWord reports whether s is one word.
func IsWord(s, also string) bool {
	return s != "" && WordLen([]byte(s), also) == len(s)
}

// IsWholeWord reports whether the span of b neither follows nor precedes a word character
// directly, so that what it holds is not a part of a longer word.
func IsWholeWord(b []byte, s Span, also string) bool {
	return lastWordChar(b[:s.Start], also) == 0 && firstWordChar(b[s.End:], also) == 0
}

// firstWordChar is the length of the word character that b begins with, 0 for none.
func firstWordChar(b []byte, also string) int {
	if len(b) == 0 {
		return 0
	}
	if b[0] < utf8.RuneSelf {
		return asciiWordChar(b[0], also)
	}
	r, n := utf8.DecodeRune(b)
	return wideWordChar(r, n)
}

// lastWordChar is the length of the word character that b ends with, 0 for none.
func lastWordChar(b []byte, also string) int {
	if len(b) == 0 {
		return 0
	}
	if last := b[len(b)-1]; last < utf8.RuneSelf {
		return asciiWordChar(last, also)
	}
	r, n := utf8.DecodeLastRune(b)
	return wideWordChar(r, n)
}

// asciiWordChar returns 1 for a word character, the size of which is one byte, and otherwise 0.
func asciiWordChar(c byte, also string) int {
	if c == '_' || c >= '0' && c <= '9' || c|0x20 >= 'a' && c|0x20 <= 'z' {
		return 1
	}
	for i := range len(also) {
		if also[i] == c {
			return 1
		}
	}
	return 0
}

// wideWordChar returns the size in bytes of a word character outside ASCII, and 0 for another rune.
func wideWordChar(r rune, size int) int {
	if unicode.IsLetter(r) || unicode.IsDigit(r) || unicode.IsMark(r) {
		return size
	}
	return 0
}
