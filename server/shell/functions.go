package shell

import (
	"lanser/index/syntax"
	"lanser/selectors/lazyregexp"
	"lanser/selectors/text"
	"lanser/server/project"
)

// callsIn lists the commands, and the functions that are named as arguments, in a stretch of a script.
func callsIn(src Source, p string, within text.Span) (names []string) {
	c, err := src.Content(p)
	if err != nil {
		return nil
	}
	for _, w := range src.ShellWords(p) {
		isCall := isCommand(w) || w.Role == syntax.ShellArgument
		if isCall && within.Contains(w.Span) {
			names = append(names, c.Slice(w.Span))
		}
	}
	return names
}

// functionName returns the name of the function with a span.
func functionName(src Source, p string, span text.Span) string {
	for _, w := range src.ShellWords(p) {
		if w.Role == syntax.ShellFunction && span.Contains(w.Span) {
			if c, err := src.Content(p); err == nil {
				return c.Slice(w.Span)
			}
		}
	}
	return ""
}

// functionNamed returns the span of the first function of a script with a name; the zero value for none.
func functionNamed(src Source, p, name string) text.Span {
	c, err := src.Content(p)
	if err != nil {
		return text.Span{}
	}
	all := src.ShellWords(p)
	for i, w := range all {
		if w.Role != syntax.ShellFunction || c.Slice(w.Span) != name {
			continue
		}
		for _, inside := range all[i+1:] {
			if inside.Function.Contains(w.Span) && inside.Function != w.Function {
				return inside.Function
			}
		}
	}
	return text.Span{}
}

// takesArguments reports whether a script of the workspace defines a function with a name that reads its arguments.
func takesArguments(src Source, name string) bool {
	type key struct{}
	names := src.Memoize(key{}, func() any {
		names := map[string]bool{}
		for _, p := range project.Scripts(src) {
			c, err := src.Content(p)
			if err != nil {
				continue
			}
			for _, w := range src.ShellWords(p) {
				if w.Role != syntax.ShellFunction {
					continue
				}
				name := c.Slice(w.Span)
				body := functionNamed(src, p, name)
				_, isAgain := names[name] // the body of another definition in the file is not found by name
				names[name] = isAgain || body.Len() == 0 || readsArguments.MatchString(c.Slice(body))
			}
		}
		return names
	}).(map[string]bool)
	return names[name]
}

// readsArguments matches the body of a function that reads its arguments.
var readsArguments = lazyregexp.New(`\$\{?[#!]?[@*1-9]|\b(?:shift|getopts|source)\b`)
