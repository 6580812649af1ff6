package syntax

import (
	"bytes"

	"lanser/selectors/lazyregexp"
)

// classifyC returns the comments and the literals of a source of C or C++, by the phases of translation 2 and 3 of both
// standards. It needs no tree: a grammar does not know what macros expand to, and takes what it does not understand for
// code, also a string, and the text of a directive for a token, also a comment in it.
//
// A literal without an end is code, as an apostrophe is in the text of #error. Trigraphs are not replaced.
func classifyC(src []byte) (out []stretch) {
	isLineStart := true // only white space and comments precede on the line
	for at := 0; at < len(src); {
		switch c := src[at]; {
		case c == '\n':
			isLineStart = true
			at++
			continue
		case c == ' ' || c == '\t' || c == '\r':
			at++
			continue
		case isLineStart && (c == '#' || c == '%'):
			if name := headerName.FindSubmatchIndex(src[at:]); name != nil {
				out = append(out, stretch{start: at + name[2], end: at + name[3], class: String})
				at += name[1]
				continue
			}
		}
		n, class := tokenOfC(src[at:])
		if class != Code {
			out = append(out, stretch{start: at, end: at + n, class: class})
		}
		isLineStart = isLineStart && class == Comment
		at += n
	}
	return out
}

// tokenOfC returns the length in bytes, at least 1, and the class of the token or comment that src begins with.
func tokenOfC(src []byte) (n int, class Class) {
	switch c := src[0]; {
	case bytes.HasPrefix(src, []byte("//")):
		return len(lineComment.Find(src)), Comment
	case bytes.HasPrefix(src, []byte("/*")):
		if end := bytes.Index(src[2:], []byte("*/")); end >= 0 {
			return 2 + end + 2, Comment
		}
		return len(src), Comment
	case c == '"' || c == '\'' || c == 'u' || c == 'U' || c == 'L' || c == 'R':
		if n := rawStringOfC(src); n > 0 {
			return n, String
		}
		if m := literalOfC.Find(src); m != nil {
			return len(m), String
		}
	}
	return max(1, len(numberOrWord.Find(src))), Code
}

// rawStringOfC returns the length of the raw string of C++ that src begins with; 0 for none.
func rawStringOfC(src []byte) int {
	m := rawString.FindSubmatch(src)
	if m == nil {
		return 0
	}
	closing := []byte(")" + string(m[1]) + `"`)
	end := bytes.Index(src[len(m[0]):], closing)
	if end < 0 {
		return 0
	}
	return len(m[0]) + end + len(closing)
}

var (
	// lineComment matches a comment up to the end of the line. A line that ends with a backslash is continued.
	lineComment = lazyregexp.New(`^//(?:[^\\\n]|\\\r?\n|\\)*`)
	// literalOfC matches a string or a character, with its prefix.
	literalOfC = lazyregexp.New(`^(?:u8|[uUL])?(?:"(?:[^"\\\n]|\\\r\n|(?s:\\.))*"|'(?:[^'\\\n]|\\\r\n|(?s:\\.))+')`)
	// rawString matches the beginning of a raw string of C++. Its group is the delimiter.
	rawString = lazyregexp.New(`^(?:u8|[uUL])?R"([^()\\\s]{0,16})\(`)
	// headerName matches an include directive. Its group is a name in angle brackets.
	headerName = lazyregexp.New(`^(?:#|%:)[ \t]*(?:include_next|include|import)[ \t]*(<[^>\n]*>)`)
	// numberOrWord matches a preprocessing number, which may have apostrophes in C++14 and C23, or an identifier.
	numberOrWord = lazyregexp.New(`^(?:\.?[0-9](?:[eEpP][+-]|'?\w|\.)*|[\pL_$][\pL\pN_$]*)`)
)
