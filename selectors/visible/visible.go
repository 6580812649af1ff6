// Package visible owns how text that others chose is shown: code, names, paths, messages
// of servers and of git, arguments of a client. Such text is data. It must not act on a
// terminal, on the CI system that reads a job's log, or on the shape of an answer.
//
//   - [Fprintf] and its kin take the format as structure and every argument as a value on
//     one line. What cannot be seen is shown escaped: "\n", "\r", "\t", "\xff" for a byte
//     that is no UTF-8, and "\u{1b}" for any other character. The types [Code], [Address] and
//     [Block] say that a value keeps its tabs, is percent-encoded, or has several lines, each
//     then marked with "| ".
//   - [Writer] is the last defence in front of an output: it escapes what still came
//     through, and breaks what a CI system would obey ("##vso[", "::" at the beginning of
//     a line, …).
//   - [JSONWriter] does the same without loss: it writes such characters of JSON as \u
//     escapes, so that the parsed values are equal.
//
// It promises that no output holds a control, format or default-ignorable character of
// Unicode (the selector of an emoji's look after a symbol aside) or a noncharacter such as
// U+FFFE, which XML cannot hold, that a value never
// begins a line of its own, and that escaping twice is escaping once.
//
// It does not undo escapes, and a literal `\n` in text looks like an escaped line end:
// the exact text is in JSON. It knows no markup: HTML, XML and Markdown escape on top.
package visible

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// Code is a line of code: as other values, but its tabs stay.
type Code string

// Address is a selector or a URI: what cannot be seen in it is percent-encoded, so that it
// still names the same.
type Address string

// Block is text of several lines. It is printed with [Mark] before each, so that none of
// its lines can be taken for one of ours; it must begin at the beginning of a line.
type Block string

// Mark begins each line of a [Block].
const Mark = "| "

// Text returns s as one line in which everything can be seen.
func Text(s string) string { return escaped(s, false) }

// Line returns s as [Text] does, with its tabs.
func Line(s string) string { return escaped(s, true) }

// Lines returns s with its line ends and tabs and everything else as [Text] has it. No
// line after the first begins with what a CI system obeys: the first is where the caller
// puts it. Line ends become "\n", and none ends s.
func Lines(s string) string {
	var out strings.Builder
	for i, line := range split(s) {
		if i > 0 {
			out.WriteByte('\n')
		}
		(&scanner{form: text, tabs: true, begins: i > 0}).write(&out, line)
	}
	return out.String()
}

// Marked returns s as a [Block] is printed: without a line end after the last line.
func Marked(s string) string {
	var out strings.Builder
	for i, line := range split(s) {
		if i > 0 {
			out.WriteByte('\n')
		}
		if line == "" {
			out.WriteString(strings.TrimRight(Mark, " "))
		} else {
			out.WriteString(Mark + Line(line))
		}
	}
	return out.String()
}

// split returns the lines of s; none are made of line ends at its end.
func split(s string) []string {
	s = strings.TrimRight(strings.ReplaceAll(s, "\r\n", "\n"), "\n")
	return strings.Split(s, "\n")
}

// Path returns a path or URI for the place of a finding, "path:line:col". A colon before a
// digit is escaped, so that a file's name cannot name another file's place.
func Path(p string) string {
	p = Text(p)
	if !strings.Contains(p, ":") {
		return p
	}
	var out strings.Builder
	for i := range len(p) {
		if p[i] == ':' && i+1 < len(p) && '0' <= p[i+1] && p[i+1] <= '9' {
			out.WriteString(`\u{3a}`)
		} else {
			out.WriteByte(p[i])
		}
	}
	return out.String()
}

// Encoded returns a selector or a URI as an [Address] is printed.
func Encoded(s string) string {
	if tame(s, "") && !suspicious(s) {
		return s
	}
	var out strings.Builder
	(&scanner{form: percent}).write(&out, s)
	return out.String()
}

// escaped returns s with escapes for what a terminal or a CI system would act on. Tabs are kept if tabs is true.
func escaped(s string, tabs bool) string {
	keep := ""
	if tabs {
		keep = "\t"
	}
	if tame(s, keep) && !suspicious(s) {
		return s
	}
	var out strings.Builder
	(&scanner{form: text, tabs: tabs}).write(&out, s)
	return out.String()
}

// tame reports whether s is printable ASCII and characters of keep: the common case.
func tame(s, keep string) bool {
	for i := range len(s) {
		if c := s[i]; (c < ' ' || c >= 0x7f) && strings.IndexByte(keep, c) < 0 {
			return false
		}
	}
	return true
}

// suspicious reports whether s may hold a command that CI systems obey anywhere.
func suspicious(s string) bool {
	return strings.Contains(s, "##") || strings.Contains(s, "_") && strings.Contains(strings.ToLower(s), "travis_")
}

// hidden reports whether r, after the character prev, is not shown as what it is.
func hidden(prev, r rune) bool {
	switch {
	case r < utf8.RuneSelf:
		return r < ' ' || r == 0x7f
	case r < 0x34F: // the combining grapheme joiner
		return r < 0xA0 || r == 0xAD
	case 0x3400 <= r && r < 0xD800: // Chinese, Korean and other letters
		return false
	case r == 0xFE0E || r == 0xFE0F: // text or emoji: the look of the symbol before it
		return !unicode.Is(unicode.So, prev)
	}
	return unicode.In(r, unicode.Cc, unicode.Cf, unicode.Zl, unicode.Zp,
		unicode.Other_Default_Ignorable_Code_Point, unicode.Variation_Selector, unicode.Noncharacter_Code_Point)
}
