package visible

import (
	"fmt"
	"io"
	"strings"
	"sync"
	"unicode"
	"unicode/utf16"
	"unicode/utf8"
)

// anywhere are what CI systems obey wherever it is in a line: GitHub's old runner and
// Azure (##[, ##vso[), TeamCity, Travis. GitLab's sections want control characters, as
// terminals do. Letters count in both cases.
var anywhere = []string{"##[", "##vso[", "##teamcity[", "travis_fold:", "travis_time:"}

// atStart are what they obey after white space at the beginning of a line: GitHub's
// commands, and the groups of Buildkite's log.
var atStart = []string{"::", "--- ", "+++ ", "~~~ ", "^^^ "}

// longest is the length of the longest of them.
const longest = 12

// form is how an escaped character is written.
type form int

const (
	text    form = iota // \u{1b}
	json                // \u001b
	percent             // %1B
)

// scanner escapes text as it passes, in pieces. A command is broken at its last character,
// so nothing has to be held back.
type scanner struct {
	form   form
	tabs   bool   // stay
	ends   bool   // of lines stay, and begin a line
	begins bool   // no more than head has come of this line, but for white space
	head   []byte // at most as long as a command of atStart
	tail   string // the end of what was written before, at most longest bytes
}

// write writes text, escaped where it must be.
func (s *scanner) write(out *strings.Builder, text string) {
	done := 0 // what lies before is written
	for i := 0; i < len(text); {
		if c := text[i]; !s.begins && plain[c] {
			i++
			continue
		}
		r, size := utf8.DecodeRuneInString(text[i:])
		raw := text[i : i+size]
		if shown := s.shown(r, raw, text[:i]); shown != raw {
			out.WriteString(text[done:i])
			out.WriteString(shown)
			done = i + size
		}
		s.pass(r, raw)
		i += size
	}
	out.WriteString(text[done:])
	s.tail = lookback(s.tail, text)
}

// plain are the characters that are shown as they are and complete no command.
var plain = func() (is [256]bool) {
	for c := ' '; c < 0x7f; c++ {
		is[c] = !strings.ContainsRune("[: ", c)
	}
	return is
}()

// lookback returns the end of what was written before and text together.
func lookback(before, text string) string {
	if len(text) < longest {
		text = before + text
	}
	return text[max(0, len(text)-longest):]
}

// shown returns a character, after those of before, as it is written.
func (s *scanner) shown(r rune, raw, before string) string {
	switch {
	case r == utf8.RuneError && len(raw) == 1:
		return s.form.invalid(raw[0])
	case r == '\n' && s.ends, r == '\t' && s.tabs:
		return raw
	case r < utf8.RuneSelf:
		if hidden(0, r) || s.commands(raw[0], before) {
			return s.form.escape(r)
		}
		return raw
	}
	prev, size := utf8.DecodeLastRuneInString(lookback(s.tail, before))
	if prev == utf8.RuneError && size < 2 {
		prev = 0
	}
	if hidden(prev, r) {
		return s.form.escape(r)
	}
	return raw
}

// commands reports whether c, after before, completes what a CI system obeys.
func (s *scanner) commands(c byte, before string) bool {
	if plain[c] || !s.begins && !mayEnd(c, before) {
		return false
	}
	before = lookback(s.tail, before)
	for _, command := range anywhere {
		if c == command[len(command)-1] && endsWith(before, command[:len(command)-1]) {
			return true
		}
	}
	for _, command := range atStart {
		if s.begins && s.form == text && c == command[len(command)-1] && string(s.head) == command[:len(command)-1] {
			return true
		}
	}
	return false
}

// mayEnd reports quickly that c, after before, completes no command within a line.
func mayEnd(c byte, before string) bool {
	if before == "" {
		return true
	}
	switch last := before[len(before)-1] | 0x20; c {
	case '[':
		return last == '#' || last == 'o' || last == 'y'
	case ':':
		return last == 'd' || last == 'e'
	}
	return false
}

// endsWith reports whether s ends with end, letters of both cases being equal.
func endsWith(s, end string) bool {
	return len(s) >= len(end) && strings.EqualFold(s[len(s)-len(end):], end)
}

// pass notes a character at the beginning of a line.
func (s *scanner) pass(r rune, raw string) {
	if r == '\n' && s.ends {
		s.begins, s.head = true, s.head[:0]
	} else if s.begins && (len(s.head) > 0 || !unicode.IsSpace(r)) {
		s.head = append(s.head, raw...)
		s.begins = len(s.head) < len("--- ")
	}
}

// escape returns the escape of a rune in the form: \u{1b} in text, \u001b in JSON, %1B in addresses.
func (f form) escape(r rune) string {
	switch {
	case f == json && r > 0xFFFF:
		high, low := utf16.EncodeRune(r)
		return fmt.Sprintf(`\u%04x\u%04x`, high, low)
	case f == percent:
		return strings.ReplaceAll(fmt.Sprintf(" % X", string(r)), " ", "%")
	case f == json:
		return fmt.Sprintf(`\u%04x`, r)
	case r == '\n':
		return `\n`
	case r == '\r':
		return `\r`
	case r == '\t':
		return `\t`
	}
	return fmt.Sprintf(`\u{%x}`, r)
}

// invalid returns what is written for a byte that is not UTF-8.
func (f form) invalid(b byte) string {
	switch f {
	case percent:
		return fmt.Sprintf("%%%02X", b)
	case json: // JSON is UTF-8, and readers take the byte for this
		return "\ufffd"
	}
	return fmt.Sprintf(`\x%02x`, b)
}

// styles are the escape sequences that our own text has: colours of severities.
var styles = []string{"\x1b[0m", "\x1b[1;31m", "\x1b[1;33m", "\x1b[1;34m", "\x1b[1;36m"}

// Writer escapes what is written through it: of lines that [Fprintf] has made, what the
// parts of a line make together; of others, as those of a library, everything.
type Writer struct {
	to      io.Writer
	colored bool // our colours pass

	mu   sync.Mutex // guards the rest
	scan scanner
	rest []byte // the beginning of a character
}

// NewWriter returns a Writer to w, whose output begins a line.
func NewWriter(w io.Writer) *Writer {
	return &Writer{to: w, scan: scanner{form: text, tabs: true, ends: true, begins: true}}
}

// Colored returns a Writer that lets the colours of severities pass.
func Colored(w io.Writer) *Writer {
	out := NewWriter(w)
	out.colored = true
	return out
}

// JSONWriter returns a Writer of JSON, of whose strings it writes as \u escapes what
// [Writer] escapes. What is parsed from it is equal.
func JSONWriter(w io.Writer) *Writer {
	return &Writer{to: w, scan: scanner{form: json, tabs: true, ends: true}}
}

// Unwrap returns what the Writer writes to.
func (w *Writer) Unwrap() io.Writer { return w.to }

// Write writes p, escaped. The beginning of a character at the end of p is written with
// what follows.
func (w *Writer) Write(p []byte) (int, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.idle() && w.scan.form.quiet(p) {
		return w.to.Write(p)
	}
	whole := string(append(w.rest, p...))
	cut := complete(whole)
	var out strings.Builder
	out.Grow(cut)
	w.pass(&out, whole[:cut])
	w.rest = []byte(whole[cut:])
	if _, err := io.WriteString(w.to, out.String()); err != nil {
		return 0, err
	}
	return len(p), nil
}

// idle reports whether nothing of a line was written yet.
func (w *Writer) idle() bool {
	s := &w.scan
	return len(w.rest)+len(s.head) == 0 && (s.begins || s.form == json && s.tail == "")
}

// quiet reports whether p is whole lines of printable ASCII in which there is nothing to
// escape: the common case.
func (f form) quiet(p []byte) bool {
	s := string(p)
	if !strings.HasSuffix(s, "\n") || !tame(s, "\n\t") || suspicious(s) {
		return false
	}
	for line := range strings.Lines(s) {
		line = strings.TrimLeft(line, " \t")
		if f == text && line != "" && strings.IndexByte(":-+~^", line[0]) >= 0 {
			return false
		}
	}
	return true
}

// pass writes s to out, escaped but for the colours of our own text if the writer is for colours.
func (w *Writer) pass(out *strings.Builder, s string) {
	for w.colored {
		at := strings.IndexByte(s, 0x1b)
		if at < 0 {
			break
		}
		w.scan.write(out, s[:at])
		style := styleOf(s[at:])
		out.WriteString(style)
		s = s[at+len(style):]
		if style == "" {
			w.scan.write(out, s[:1])
			s = s[1:]
		}
	}
	w.scan.write(out, s)
}

// styleOf returns the escape sequence of styles that s begins with, "" for none.
func styleOf(s string) string {
	for _, style := range styles {
		if strings.HasPrefix(s, style) {
			return style
		}
	}
	return ""
}

// complete returns how many bytes of p hold whole characters.
func complete(p string) int {
	for n := 1; n < utf8.UTFMax && n <= len(p); n++ {
		at := len(p) - n
		if utf8.RuneStart(p[at]) {
			if !utf8.FullRuneInString(p[at:]) {
				return at
			}
			break
		}
	}
	return len(p)
}

// Guarded returns text of several lines as a [Writer] writes it.
func Guarded(s string) string {
	var out strings.Builder
	NewWriter(&out).pass(&out, s)
	return out.String()
}

// JSON returns JSON as a [JSONWriter] writes it.
func JSON(s string) string {
	var out strings.Builder
	JSONWriter(&out).pass(&out, s)
	return out.String()
}
