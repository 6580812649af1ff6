// Package lazyregexp has regular expressions that are compiled when they are first used.
//
// Lanser has more than a hundred expressions in package variables and in its tables of servers. A process
// uses a few of them, and compiling all took a fifth of the start of the program, which a command pays
// each time. The style check requires this package for expressions outside functions.
//
// It promises what package regexp does: an expression that does not compile panics at once in tests, and
// at its first use elsewhere. A Regexp is safe for concurrent use.
//
// It has those methods of regexp.Regexp that Lanser uses, and no others.
package lazyregexp

import (
	"bytes"
	"fmt"
	"os"
	"regexp"
	"runtime"
	"slices"
	"strings"
	"sync"
)

// Regexp is a regular expression that is compiled when it is first used.
type Regexp struct {
	compiled func() *regexp.Regexp
	words    []string // text without any of them does not match; nil if that is not known
}

// New returns an expression. Like regexp.MustCompile, it is for expressions that are known to compile.
func New(expr string) *Regexp { return compile(expr, nil) }

// NewWith returns an expression that matches only text in which one of the words occurs. The text is searched for them
// first: that takes a hundredth of the time of an expression that may match anywhere.
func NewWith(words []string, expr string) *Regexp { return compile(expr, words) }

func compile(expr string, words []string) *Regexp {
	once := sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(expr) })
	if inTest {
		if _, err := regexp.Compile(expr); err != nil {
			_, file, line, _ := runtime.Caller(2)
			panic(fmt.Sprintf("%s:%d: %v; correct the regular expression (RE2 syntax)", file, line, err))
		}
	}
	return &Regexp{compiled: once, words: words}
}

// inTest is true in the binary of a test.
var inTest = len(os.Args) > 0 && strings.HasSuffix(strings.TrimSuffix(os.Args[0], ".exe"), ".test")

// nothing matches no text.
var nothing = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`\A[^\s\S]`) })

// in returns the compiled expression, or one that matches nothing if the text has none of the words.
func (re *Regexp) in(b []byte) *regexp.Regexp {
	isPossible := func(word string) bool { return bytes.Contains(b, []byte(word)) }
	if re.words != nil && !slices.ContainsFunc(re.words, isPossible) {
		return nothing()
	}
	return re.compiled()
}

// inString is [Regexp.in] for a string.
func (re *Regexp) inString(s string) *regexp.Regexp {
	isPossible := func(word string) bool { return strings.Contains(s, word) }
	if re.words != nil && !slices.ContainsFunc(re.words, isPossible) {
		return nothing()
	}
	return re.compiled()
}

// Match is that of regexp.Regexp.
func (re *Regexp) Match(b []byte) bool { return re.in(b).Match(b) }

// MatchString is that of regexp.Regexp.
func (re *Regexp) MatchString(s string) bool { return re.inString(s).MatchString(s) }

// Find is that of regexp.Regexp.
func (re *Regexp) Find(b []byte) []byte { return re.in(b).Find(b) }

// FindString is that of regexp.Regexp.
func (re *Regexp) FindString(s string) string { return re.inString(s).FindString(s) }

// FindIndex is that of regexp.Regexp.
func (re *Regexp) FindIndex(b []byte) []int { return re.in(b).FindIndex(b) }

// FindStringIndex is that of regexp.Regexp.
func (re *Regexp) FindStringIndex(s string) []int { return re.inString(s).FindStringIndex(s) }

// FindSubmatch is that of regexp.Regexp.
func (re *Regexp) FindSubmatch(b []byte) [][]byte { return re.in(b).FindSubmatch(b) }

// FindSubmatchIndex is that of regexp.Regexp.
func (re *Regexp) FindSubmatchIndex(b []byte) []int { return re.in(b).FindSubmatchIndex(b) }

// FindStringSubmatch is that of regexp.Regexp.
func (re *Regexp) FindStringSubmatch(s string) []string { return re.inString(s).FindStringSubmatch(s) }

// FindAllString is that of regexp.Regexp.
func (re *Regexp) FindAllString(s string, n int) []string { return re.inString(s).FindAllString(s, n) }

// FindAllStringIndex is that of regexp.Regexp.
func (re *Regexp) FindAllStringIndex(s string, n int) [][]int {
	return re.inString(s).FindAllStringIndex(s, n)
}

// FindAllSubmatchIndex is that of regexp.Regexp.
func (re *Regexp) FindAllSubmatchIndex(b []byte, n int) [][]int {
	return re.in(b).FindAllSubmatchIndex(b, n)
}

// FindAllSubmatch is that of regexp.Regexp.
func (re *Regexp) FindAllSubmatch(b []byte, n int) [][][]byte {
	return re.in(b).FindAllSubmatch(b, n)
}

// FindAllStringSubmatch is that of regexp.Regexp.
func (re *Regexp) FindAllStringSubmatch(s string, n int) [][]string {
	return re.inString(s).FindAllStringSubmatch(s, n)
}

// ReplaceAllString is that of regexp.Regexp.
func (re *Regexp) ReplaceAllString(src, repl string) string {
	return re.inString(src).ReplaceAllString(src, repl)
}

// ReplaceAll is that of regexp.Regexp.
func (re *Regexp) ReplaceAll(src, repl []byte) []byte { return re.in(src).ReplaceAll(src, repl) }

// ReplaceAllStringFunc is that of regexp.Regexp.
func (re *Regexp) ReplaceAllStringFunc(src string, repl func(string) string) string {
	return re.inString(src).ReplaceAllStringFunc(src, repl)
}

// ReplaceAllFunc is that of regexp.Regexp.
func (re *Regexp) ReplaceAllFunc(src []byte, repl func([]byte) []byte) []byte {
	return re.in(src).ReplaceAllFunc(src, repl)
}
