package shell

import (
	"bytes"
	"regexp"
	"strings"

	"lanser/index/syntax"
	"lanser/selectors/lazyregexp"
	"lanser/selectors/text"
	"lanser/server/mention"
	"lanser/server/project"
)

// HeldCommand returns the first command in a stretch of a script that the text does not name and that may be a function
// of the workspace: an argument, the value of a variable that may hold a function, or a name that is put together and
// fits one. ok is false if there is none.
func HeldCommand(src Source, p string, within text.Span) (name text.Span, ok bool) {
	c, err := src.Content(p)
	if err != nil {
		return text.Span{}, false
	}
	for _, w := range src.HeldCommands(p) {
		if within.Contains(w.Span) && mayRunFunction(src, c.Slice(w.Span)) {
			return w.Span, true
		}
	}
	return text.Span{}, false
}

// TrappedText returns the first text in a stretch of a script that a trap runs and that has the name of a function of
// the workspace in it, as in trap 'cleanup; exit 1' TERM. ok is false if there is none.
func TrappedText(src Source, p string, within text.Span) (found text.Span, ok bool) {
	c, err := src.Content(p)
	if err != nil {
		return text.Span{}, false
	}
	names := functions(src)
	for _, m := range trapsText.FindAllSubmatchIndex(c.Bytes()[within.Start:within.End], -1) {
		at := text.Span{Start: within.Start + m[2], End: within.Start + m[3]}
		for _, word := range wordsOfText.FindAllString(c.Slice(at), -1) {
			if names[word] {
				return at, true
			}
		}
	}
	return text.Span{}, false
}

var (
	// trapsText matches a trap with a text in quotes, which is the group.
	trapsText   = lazyregexp.New(`(?m)(?:^|[\s;&|({])trap[ \t]+(?:--[ \t]+)?("(?:[^"\\]|\\.)*"|'[^']*')`)
	wordsOfText = lazyregexp.New(`[\pL_][\pL\pN_.:-]*`)
)

// mayRunFunction reports whether a command, as it is spelled in a script, may run a function of the workspace. The
// path of a program does not.
func mayRunFunction(src Source, spelled string) bool {
	m := wholeValue.FindStringSubmatch(spelled)
	if m == nil {
		return !strings.Contains(project.Expansions.ReplaceAllString(spelled, ""), "/") && fitsFunction(src, spelled)
	}
	return m[1] == "" || mayHoldFunction(src, m[1])
}

// wholeValue matches a command that is the value of an argument or a variable and nothing else; the group is the
// variable.
var wholeValue = lazyregexp.New(`^"?\$(?:\{?[@*1-9]|\{?!?([A-Za-z_]\w*))(?:\[[@*0-9]+\]|:?[-+][^/}]*)?\}?"?$`)

// fitsFunction reports whether the name of a function fits a name that is put together. That of a name of which nothing
// is written out is not known.
func fitsFunction(src Source, spelled string) bool {
	pattern := mention.NamePattern(spelled)
	if pattern == nil {
		return true
	}
	for name := range functions(src) {
		if pattern.MatchString(name) {
			return true
		}
	}
	return false
}

// functions returns the names of all functions of the workspace.
func functions(src Source) map[string]bool {
	type key struct{}
	return src.Memoize(key{}, func() any {
		names := map[string]bool{}
		for _, p := range project.Scripts(src) {
			c, err := src.Content(p)
			if err != nil {
				continue
			}
			for _, w := range src.ShellWords(p) {
				if w.Role == syntax.ShellFunction {
					names[c.Slice(w.Span)] = true
				}
			}
		}
		return names
	}).(map[string]bool)
}

// mayHoldFunction reports whether a variable may hold the name of a function. It does not if scripts only set it to
// other words or to the paths of programs, or never, so that it comes from the environment.
func mayHoldFunction(src Source, variable string) bool {
	type key struct{ variable string }
	return src.Memoize(key{variable}, func() any {
		quoted := regexp.QuoteMeta(variable)
		read := regexp.MustCompile(`\b(?:(?:for|select)\s+|(?:read|mapfile|readarray)\b[^\n;|]*\s)` + quoted + `\b`)
		set := regexp.MustCompile(`(?m)(?:^|[\s;&|({])` + quoted +
			`(?:\[[^\]\n]*\])?\+?=(?:\([^)]*\)|"[^"\n]*"|'[^'\n]*'|\$\([^)\n]*\)|[^\s;&|)]*)`)
		for _, p := range project.Scripts(src) {
			code := project.ContentOf(src, p)
			if read.Match(code) {
				return true
			}
			for _, value := range set.FindAll(code, -1) {
				_, value, _ = bytes.Cut(value, []byte("="))
				if isFunctionIn(src, string(value)) {
					return true
				}
			}
		}
		return false
	}).(bool)
}

// isFunctionIn reports whether the value of a variable may be the name of a function, or a list with one.
func isFunctionIn(src Source, value string) bool {
	if findsProgram.MatchString(value) {
		return false
	}
	for _, word := range strings.FieldsFunc(value, func(r rune) bool { return strings.ContainsRune(" \t\n\"'()", r) }) {
		if functions(src)[word] || strings.ContainsAny(word, "$`") && !strings.Contains(word, "/") {
			return true
		}
	}
	return false
}

// findsProgram matches the value of a variable that is the path of a program.
var findsProgram = lazyregexp.New(`^"?(?:\$\(|` + "`" + `)\s*(?:which|command\s+-v|type\s+-[pP])\s`)
