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
	"fmt"
	"os"
	"regexp"
	"runtime"
	"strings"
	"sync"
)

// Regexp is a regular expression that is compiled when it is first used.
type Regexp struct{ compiled func() *regexp.Regexp }

// New returns an expression. Like regexp.MustCompile, it is for expressions that are known to compile.
func New(expr string) *Regexp {
	re := &Regexp{compiled: sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(expr) })}
	if inTest {
		if _, err := regexp.Compile(expr); err != nil {
			_, file, line, _ := runtime.Caller(1)
			panic(fmt.Sprintf("%s:%d: %v; correct the regular expression (RE2 syntax)", file, line, err))
		}
	}
	return re
}

// inTest is true in the binary of a test.
var inTest = len(os.Args) > 0 && strings.HasSuffix(strings.TrimSuffix(os.Args[0], ".exe"), ".test")

// Match is that of regexp.Regexp.
func (re *Regexp) Match(b []byte) bool { return re.compiled().Match(b) }

// MatchString is that of regexp.Regexp.
func (re *Regexp) MatchString(s string) bool { return re.compiled().MatchString(s) }

// Find is that of regexp.Regexp.
func (re *Regexp) Find(b []byte) []byte { return re.compiled().Find(b) }

// FindString is that of regexp.Regexp.
func (re *Regexp) FindString(s string) string { return re.compiled().FindString(s) }

// FindIndex is that of regexp.Regexp.
func (re *Regexp) FindIndex(b []byte) []int { return re.compiled().FindIndex(b) }

// FindStringIndex is that of regexp.Regexp.
func (re *Regexp) FindStringIndex(s string) []int { return re.compiled().FindStringIndex(s) }

// FindSubmatch is that of regexp.Regexp.
func (re *Regexp) FindSubmatch(b []byte) [][]byte { return re.compiled().FindSubmatch(b) }

// FindSubmatchIndex is that of regexp.Regexp.
func (re *Regexp) FindSubmatchIndex(b []byte) []int { return re.compiled().FindSubmatchIndex(b) }

// FindStringSubmatch is that of regexp.Regexp.
func (re *Regexp) FindStringSubmatch(s string) []string { return re.compiled().FindStringSubmatch(s) }

// FindAllString is that of regexp.Regexp.
func (re *Regexp) FindAllString(s string, n int) []string { return re.compiled().FindAllString(s, n) }

// FindAllStringIndex is that of regexp.Regexp.
func (re *Regexp) FindAllStringIndex(s string, n int) [][]int {
	return re.compiled().FindAllStringIndex(s, n)
}

// FindAllSubmatchIndex is that of regexp.Regexp.
func (re *Regexp) FindAllSubmatchIndex(b []byte, n int) [][]int {
	return re.compiled().FindAllSubmatchIndex(b, n)
}

// FindAllSubmatch is that of regexp.Regexp.
func (re *Regexp) FindAllSubmatch(b []byte, n int) [][][]byte {
	return re.compiled().FindAllSubmatch(b, n)
}

// FindAllStringSubmatch is that of regexp.Regexp.
func (re *Regexp) FindAllStringSubmatch(s string, n int) [][]string {
	return re.compiled().FindAllStringSubmatch(s, n)
}

// ReplaceAllString is that of regexp.Regexp.
func (re *Regexp) ReplaceAllString(src, repl string) string {
	return re.compiled().ReplaceAllString(src, repl)
}

// ReplaceAll is that of regexp.Regexp.
func (re *Regexp) ReplaceAll(src, repl []byte) []byte { return re.compiled().ReplaceAll(src, repl) }

// ReplaceAllStringFunc is that of regexp.Regexp.
func (re *Regexp) ReplaceAllStringFunc(src string, repl func(string) string) string {
	return re.compiled().ReplaceAllStringFunc(src, repl)
}

// ReplaceAllFunc is that of regexp.Regexp.
func (re *Regexp) ReplaceAllFunc(src []byte, repl func([]byte) []byte) []byte {
	return re.compiled().ReplaceAllFunc(src, repl)
}
