package mention

import (
	"bytes"
	"regexp"
	"slices"
	"strings"

	"lanser/selectors"
	"lanser/selectors/lazyregexp"
	"lanser/selectors/text"
)

// What a module from outside of the workspace has under a name is declared outside, or assigned to the module by code
// of the workspace. In
//
//	const request = require('request')
//	request.get('x')
//
// get is no function of the workspace, even where the package is not installed and no server knows it.

// ModuleBefore returns the module of which a word is a member: request for get in the example, and os.path for join in
// "import os.path as p" and "p.join". ok is false unless the file uses the name of the module for nothing else, and
// assigns nothing to a member of the word's name.
func ModuleBefore(lang selectors.Lang, c *text.Content, at text.Span) (module string, ok bool) {
	receiver := receiverOf(c, at)
	if receiver == "" || AssignsMember(c, c.Slice(at)) {
		return "", false
	}
	type key struct {
		lang     selectors.Lang
		receiver string
	}
	module = c.Memoize(key{lang, receiver}, func() any {
		if lang == "py" {
			return moduleOfPython(c.Bytes(), receiver)
		}
		if lang == "ts" && !strings.Contains(receiver, ".") {
			return moduleOfScript(c.Bytes(), receiver)
		}
		return ""
	}).(string)
	return module, module != ""
}

// IsOfProcess reports whether a word of JavaScript is a member of process, the global object of Node.js, or of one of
// its members, as get is in process.env.get.
func IsOfProcess(c *text.Content, at text.Span) bool {
	receiver := receiverOf(c, at)
	first, _, _ := strings.Cut(receiver, ".")
	return first == "process" && !AssignsMember(c, c.Slice(at)) && !bindsOften(c.Bytes(), first, scriptBindings, 0)
}

// AssignsMember reports whether a file assigns something to a member of a name, of what it imports or of process.
func AssignsMember(c *text.Content, name string) bool {
	type key struct{ name string }
	return c.Memoize(key{name}, func() any {
		assigns := regexp.MustCompile(`([\w$]+)\.` + regexp.QuoteMeta(name) + `\s*=(?:[^=>]|$)`)
		return slices.ContainsFunc(assigns.FindAllSubmatch(c.Bytes(), -1), func(m [][]byte) bool {
			object := regexp.QuoteMeta(string(m[1]))
			imports := `\bimport\b[^\n]*\b` + object + `\b|\b` + object + `\s*=\s*require\b`
			return object == "process" || regexp.MustCompile(imports).Match(c.Bytes())
		})
	}).(bool)
}

// receiverOf returns the names before a member, which nothing but dots connects: a.b for c in a.b.c; "" for none.
func receiverOf(c *text.Content, at text.Span) string {
	m := receiverNames.FindSubmatch(c.Bytes()[max(0, at.Start-maxReceiver):at.Start])
	if m == nil {
		return ""
	}
	return string(m[1])
}

// moduleOfPython returns the module that a file of Python imports as the names of a receiver; "" for none, and where
// the first of the names may mean something else.
func moduleOfPython(src []byte, receiver string) string {
	first, _, _ := strings.Cut(receiver, ".")
	found := map[string]bool{}
	for _, m := range pythonImports.FindAllSubmatch(src, -1) {
		for one := range strings.SplitSeq(string(m[1]), ",") {
			name, alias, isRenamed := strings.Cut(strings.Join(strings.Fields(one), " "), " as ")
			switch {
			case isRenamed && alias == first:
				found[name+receiver[len(first):]] = true
			case isRenamed:
			case name == receiver, strings.HasPrefix(name, receiver+"."):
				found[receiver] = true
			}
		}
	}
	if len(found) != 1 || bindsOften(pythonImports.ReplaceAll(src, nil), first, pythonBindings, 0) {
		return ""
	}
	for module := range found {
		return module
	}
	return ""
}

// moduleOfScript returns the module that a file of TypeScript or JavaScript requires, or imports as a whole or by its
// default export, as a variable; "" for none, and where the variable may be something else.
func moduleOfScript(src []byte, variable string) string {
	name := regexp.QuoteMeta(variable)
	imports := regexp.MustCompile(`\bimport\s+(?:\*\s*as\s+)?` + name + `(?:\s*,[^;'"]*)?\s+from\s*["']([^"'\n]+)["']`)
	requires := regexp.MustCompile(`[^\w$.]` + name + `\s*=\s*require\(\s*["']([^"'\n]+)["']\s*\)\s*(?:[;,\n\r]|$)`)
	imported, required := imports.FindAllSubmatch(src, -1), requires.FindAllSubmatch(src, -1)
	found := append(imported, required...)
	if len(found) != 1 || bindsOften(src, variable, scriptBindings, len(required)) {
		return ""
	}
	return string(found[0][1])
}

// bindsOften reports whether a source seems to bind a name in more than n places. The expressions match the forms of a
// binding, such as "let NAME =", with NAME in the place of the name.
func bindsOften(src []byte, name, expressions string, n int) bool {
	re := regexp.MustCompile(strings.ReplaceAll(expressions, "NAME", regexp.QuoteMeta(name)))
	return bytes.Contains(src, []byte(name)) && len(re.FindAllIndex(src, n+1)) > n
}

// pythonBindings and scriptBindings match what may give a name another meaning than that of an import: assignments,
// parameters, declarations, patterns, and arguments, which look like parameters. The variable that a module of
// JavaScript
// is assigned to is among them.
const (
	pythonBindings = `\bas\s+NAME\b|\b(?:def|class|global|nonlocal|for|del)\s+NAME\b|\bfrom\s[^\n]*\bNAME\b` +
		`|(?:^|[\s(,*;\[])NAME\s*(?:[,)\]]|:?=[^=]|:[^\n=]*=|\sin\s)|(?:\(|,|lambda)\s*\*{0,2}NAME\s*:`
	scriptBindings = `\b(?:let|var|const|function|class)\s+NAME\s*[^=\s\w$]|[^\w$.]NAME\s*=[^=]` +
		`|[(,{:\[]\s*NAME\s*[,)}\]=?:]|\b(?:let|var|const)\s+NAME\s+(?:of|in)\b|\bNAME\s*=>`
)

// receiverNames matches the names before a member. The group of pythonImports is what a statement imports as modules.
var (
	receiverNames = lazyregexp.New(`(?:^|[^\w$.)\]"'?!])([A-Za-z_$][\w$]*(?:\.[A-Za-z_$][\w$]*)*)\.$`)
	pythonImports = lazyregexp.New(`(?m)^[ \t]*import[ \t]+([^\n#;()\\]+)`)
)
