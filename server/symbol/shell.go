package symbol

import (
	"bytes"
	"slices"
	"sort"

	"lanser/index/syntax"
	"lanser/selectors/lazyregexp"
	"lanser/selectors/text"
	"lanser/server/catalogue"
	"lanser/server/ledger"
)

// Servers of shell scripts take every equal word of the workspace for one symbol. The shell does not: functions and
// variables have names of their own, a variable may belong to a function, an argument is text, and a script knows
// nothing of another that is never sourced together with it.

// shellUse is what a word of a script is to a symbol.
type shellUse int

const (
	shellUnknown shellUse = iota // the word is in text that the grammar does not read
	shellNever
	shellMay
	shellIs
)

// shellSymbol is a function or variable of a shell script.
type shellSymbol struct {
	name       string
	isFunction bool
	at         ledger.Place
	// homes are the scripts that define the function or assign the variable.
	homes []string
	// scope is the function that a local variable belongs to, in the script at.Path; empty for others.
	scope text.Span

	// isOpen is true if several scripts define it, and it is not known which one the script of the target sources.
	isOpen bool

	scopes   map[string][]text.Span // of local variables of the name, by script
	together map[string]shellUse    // see [answer.shellTogether], by script
}

// shellSymbol returns the target as a symbol of the shell; nil if it is none. It is worked out once.
func (a *Answer) shellSymbol() *shellSymbol {
	if a.WithoutKeys || !catalogue.IsShell(a.Snap, a.Target.Path) {
		return nil
	}
	if !a.shellKnown {
		a.shellKnown = true
		a.shell = a.readShellSymbol()
	}
	return a.shell
}

func (a *Answer) readShellSymbol() *shellSymbol {
	at := a.targetWord()
	w := a.shellWordAt(at)
	if w == nil || w.Role == syntax.ShellText {
		return nil
	}
	c, err := a.Snap.Content(at.Path)
	if err != nil {
		return nil
	}
	sym := &shellSymbol{
		name: c.Slice(at.Span), at: at, scopes: map[string][]text.Span{}, together: map[string]shellUse{},
	}
	isNamed := w.Role == syntax.ShellArgument && catalogue.TakesVariable(w.Command)
	sym.isFunction = w.Role != syntax.ShellVariable && !isNamed
	if !sym.isFunction {
		sym.scope = a.shellScope(sym, at)
	}
	sym.homes = a.shellHomes(sym)
	return sym
}

// shellWordAt returns the word of a script at a place; nil for text that the grammar does not read.
func (a *Answer) shellWordAt(at ledger.Place) *syntax.ShellWord {
	all := a.Snap.ShellWords(at.Path)
	i := sort.Search(len(all), func(i int) bool { return all[i].Span.Start > at.Span.Start })
	if i == 0 || !all[i-1].Span.Contains(at.Span) {
		return nil
	}
	return &all[i-1]
}

// shellScope returns the innermost function around a place that declares the variable as a local one; the zero value
// for none.
func (a *Answer) shellScope(sym *shellSymbol, at ledger.Place) (scope text.Span) {
	scopes, known := sym.scopes[at.Path]
	if c, err := a.Snap.Content(at.Path); !known && err == nil {
		for _, w := range a.Snap.ShellWords(at.Path) {
			if w.Local && c.Slice(w.Span) == sym.name {
				scopes = append(scopes, w.Function)
			}
		}
		sym.scopes[at.Path] = scopes
	}
	for _, f := range scopes {
		if f.Contains(at.Span) && (scope.Len() == 0 || scope.Contains(f)) {
			scope = f
		}
	}
	return scope
}

// shellDefines reports whether a word of a script defines the function or assigns the variable.
func (sym *shellSymbol) shellDefines(c *text.Content, w syntax.ShellWord) bool {
	isRole := sym.isFunction && w.Role == syntax.ShellFunction || !sym.isFunction && (w.Declared || assigns(c, w))
	return isRole && c.Slice(w.Span) == sym.name
}

// assigns reports whether a word is a variable that is assigned there.
func assigns(c *text.Content, w syntax.ShellWord) bool {
	if w.Role == syntax.ShellArgument {
		return catalogue.TakesVariable(w.Command)
	}
	before, after := c.Bytes()[:w.Span.Start], c.Bytes()[w.Span.End:]
	isRead := bytes.HasSuffix(before, []byte("$")) || bytes.HasSuffix(before, []byte("{"))
	isValue := isAssigned.Match(after[:min(len(after), maxSubscript)])
	return w.Role == syntax.ShellVariable && !isRead && (isValue || loops.Match(before[max(0, len(before)-8):]))
}

// isAssigned matches the text after a variable to which a value is assigned, or to an element of it.
var isAssigned = lazyregexp.New(`^(?:\[[^\]\n]*\])?\+?=`)

// maxSubscript bounds the text after a variable that is looked at, in bytes.
const maxSubscript = 200

// loops matches the text before the variable of a loop.
var loops = lazyregexp.New(`\b(?:for|select)\s+$`)

// shellHomes lists the scripts that define the symbol and may run together with that of the target.
func (a *Answer) shellHomes(sym *shellSymbol) (homes []string) {
	if sym.scope.Len() > 0 {
		return []string{sym.at.Path}
	}
	c, err := a.Snap.Content(sym.at.Path)
	if w := a.shellWordAt(sym.at); err == nil && sym.isFunction && sym.shellDefines(c, *w) {
		return []string{sym.at.Path}
	}
	var perhaps []string
	for _, p := range catalogue.Scripts(a.Snap) {
		if !a.shellDefinesIn(sym, p) {
			continue
		}
		switch catalogue.RunTogether(a.Snap, p, sym.at.Path) {
		case catalogue.InOneSame:
			homes = append(homes, p)
		case catalogue.Perhaps:
			perhaps = append(perhaps, p)
		}
	}
	if len(homes) == 0 && len(perhaps) == 1 {
		homes = perhaps
	}
	sym.isOpen = len(homes) == 0 && len(perhaps) > 1
	if !sym.isFunction && !slices.Contains(homes, sym.at.Path) || len(homes) == 0 {
		homes = append(homes, sym.at.Path)
	}
	return homes
}

// shellDefinesIn reports whether a script defines the symbol, outside of the scopes of local variables.
func (a *Answer) shellDefinesIn(sym *shellSymbol, p string) bool {
	c, err := a.Snap.Content(p)
	if err != nil || !bytes.Contains(c.Bytes(), []byte(sym.name)) {
		return false
	}
	return slices.ContainsFunc(a.Snap.ShellWords(p), func(w syntax.ShellWord) bool {
		return sym.shellDefines(c, w) && (sym.isFunction ||
			a.shellScope(sym, ledger.Place{Path: p, Span: w.Span}) == text.Span{})
	})
}

// shellUse judges a word of the symbol's name in a script, and says why it may be a use where nobody can tell.
func (a *Answer) shellUse(sym *shellSymbol, at ledger.Place) (use shellUse, why string) {
	c, err := a.Snap.Content(at.Path)
	w := a.shellWordAt(at)
	if err != nil || w == nil {
		if catalogue.IsShell(a.Snap, at.Path) && a.shellTogether(sym, at.Path) == shellNever {
			return shellNever, ""
		}
		return shellUnknown, ""
	}
	if sym.isFunction {
		use, why = a.shellFunctionUse(c, w, at.Span)
	} else {
		use, why = a.shellVariableUse(sym, c, w, at)
	}
	if use == shellNever {
		return use, ""
	}
	switch a.shellTogether(sym, at.Path) {
	case shellNever:
		return shellNever, ""
	case shellMay:
		if !a.isApart(sym, at.Path) {
			return shellMay, "a script sources others by names that the text does not tell"
		}
		return shellMay, "the symbol is exported: a script that is run as a command may see it"
	}
	return use, why
}

// whyArgument is the reason for an argument of a function.
const whyArgument = "a function takes it as an argument, and may use what it names"

func (a *Answer) shellFunctionUse(c *text.Content, w *syntax.ShellWord, at text.Span) (shellUse, string) {
	isWhole := w.Span == at
	switch w.Role {
	case syntax.ShellFunction, syntax.ShellCommand:
		if isWhole {
			return shellIs, ""
		}
	case syntax.ShellArgument:
		isAlias := w.Command == "alias" && at.End == w.Span.End && c.Bytes()[at.Start-1] == '='
		if isAlias || isWhole && catalogue.TakesFunction(w.Command) {
			return shellIs, ""
		}
		if isWhole && a.isShellFunction(w.Command) {
			return shellMay, whyArgument
		}
	}
	return shellNever, ""
}

func (a *Answer) shellVariableUse(
	sym *shellSymbol, c *text.Content, w *syntax.ShellWord, at ledger.Place,
) (shellUse, string) {
	isFirst := w.Span.Start == at.Span.Start
	switch w.Role {
	case syntax.ShellVariable:
		return a.shellScoped(sym, at)
	case syntax.ShellArgument:
		if isFirst && catalogue.TakesVariable(w.Command) {
			return a.shellScoped(sym, at)
		}
		if w.Span == at.Span && a.isShellFunction(w.Command) {
			return shellMay, whyArgument
		}
	case syntax.ShellText:
		if isFirst && testsVariable.Match(c.Bytes()[max(0, at.Span.Start-4):at.Span.Start]) {
			return a.shellScoped(sym, at)
		}
	}
	return shellNever, ""
}

// testsVariable matches the text before a word that a test takes for the name of a variable.
var testsVariable = lazyregexp.New(`\s-[vR]\s+$`)

// shellScoped judges a variable by the functions that have one of the name themselves.
func (a *Answer) shellScoped(sym *shellSymbol, at ledger.Place) (shellUse, string) {
	scope := a.shellScope(sym, at)
	isOwn := sym.scope.Len() > 0
	isScope := isOwn && scope == sym.scope && at.Path == sym.at.Path
	if scope.Len() > 0 && isScope || scope.Len() == 0 && !isOwn {
		return shellIs, ""
	}
	if scope.Len() > 0 || !a.isCalledFrom(sym, at) {
		return shellNever, ""
	}
	return shellMay, "a function has a variable of its own with the name, and calls this one"
}

// isCalledFrom reports whether a place is in a function that the function with the local variable calls, itself or
// through others of the two scripts.
func (a *Answer) isCalledFrom(sym *shellSymbol, at ledger.Place) bool {
	w := a.shellWordAt(at)
	if w == nil || w.Function.Len() == 0 {
		return false
	}
	wanted := a.shellFunctionName(at.Path, w.Function)
	type function struct {
		path string
		span text.Span
	}
	seen := map[function]bool{}
	for queue := []function{{sym.at.Path, sym.scope}}; len(queue) > 0; queue = queue[1:] {
		f := queue[0]
		if seen[f] {
			continue
		}
		seen[f] = true
		for _, called := range a.shellCalls(f.path, f.span) {
			if called == wanted {
				return true
			}
			for _, p := range []string{sym.at.Path, at.Path} {
				if span := a.shellFunctionNamed(p, called); span.Len() > 0 {
					queue = append(queue, function{p, span})
				}
			}
		}
	}
	return false
}

// shellCalls lists the commands, and the functions that are named as arguments, in a stretch of a script.
func (a *Answer) shellCalls(p string, within text.Span) (names []string) {
	c, err := a.Snap.Content(p)
	if err != nil {
		return nil
	}
	for _, w := range a.Snap.ShellWords(p) {
		isCall := w.Role == syntax.ShellCommand || w.Role == syntax.ShellArgument
		if isCall && within.Contains(w.Span) {
			names = append(names, c.Slice(w.Span))
		}
	}
	return names
}

// shellFunctionName returns the name of the function with a span.
func (a *Answer) shellFunctionName(p string, span text.Span) string {
	for _, w := range a.Snap.ShellWords(p) {
		if w.Role == syntax.ShellFunction && span.Contains(w.Span) {
			if c, err := a.Snap.Content(p); err == nil {
				return c.Slice(w.Span)
			}
		}
	}
	return ""
}

// shellFunctionNamed returns the span of the first function of a script with a name; the zero value for none.
func (a *Answer) shellFunctionNamed(p, name string) text.Span {
	c, err := a.Snap.Content(p)
	if err != nil {
		return text.Span{}
	}
	all := a.Snap.ShellWords(p)
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

// isShellFunction reports whether a script of the workspace defines a function with a name.
func (a *Answer) isShellFunction(name string) bool {
	type key struct{}
	names := a.Snap.Memoize(key{}, func() any {
		names := map[string]bool{}
		for _, p := range catalogue.Scripts(a.Snap) {
			c, err := a.Snap.Content(p)
			if err != nil {
				continue
			}
			for _, w := range a.Snap.ShellWords(p) {
				if w.Role == syntax.ShellFunction {
					names[c.Slice(w.Span)] = true
				}
			}
		}
		return names
	}).(map[string]bool)
	return names[name]
}

// shellTogether judges a script by what runs in one process with it: shellMay for one that sees exported symbols alone.
func (a *Answer) shellTogether(sym *shellSymbol, p string) shellUse {
	use, known := sym.together[p]
	if !known {
		use = a.runsTogether(sym, p)
		sym.together[p] = use
	}
	return use
}

// runsTogether is shellTogether without memory.
func (a *Answer) runsTogether(sym *shellSymbol, p string) shellUse {
	best := catalogue.Apart
	for _, h := range sym.homes {
		best = max(best, catalogue.RunTogether(a.Snap, h, p))
	}
	isDefined := a.shellDefinesIn(sym, p)
	switch {
	case best == catalogue.InOneSame, best == catalogue.Perhaps && !isDefined && !a.hasRival(sym, p):
		return shellIs
	case best == catalogue.Perhaps && (sym.isOpen || !isDefined):
		return shellMay
	case best == catalogue.Apart && !isDefined && a.isExported(sym):
		return shellMay
	}
	return shellNever
}

// isApart reports whether a script runs in no process with those that define the symbol.
func (a *Answer) isApart(sym *shellSymbol, p string) bool {
	return !slices.ContainsFunc(sym.homes, func(h string) bool {
		return catalogue.RunTogether(a.Snap, h, p) != catalogue.Apart
	})
}

// hasRival reports whether another script than those of the symbol defines its name, and may run in one process with a
// script that uses it.
func (a *Answer) hasRival(sym *shellSymbol, p string) bool {
	return slices.ContainsFunc(catalogue.Scripts(a.Snap), func(q string) bool {
		return !slices.Contains(sym.homes, q) && a.shellDefinesIn(sym, q) &&
			catalogue.RunTogether(a.Snap, q, p) != catalogue.Apart
	})
}

// isExported reports whether a script exports the symbol to the commands that it runs.
func (a *Answer) isExported(sym *shellSymbol) bool {
	return slices.ContainsFunc(sym.homes, func(p string) bool {
		c, err := a.Snap.Content(p)
		if err != nil {
			return false
		}
		return slices.ContainsFunc(a.Snap.ShellWords(p), func(w syntax.ShellWord) bool {
			isRole := w.Role == syntax.ShellVariable || sym.isFunction && w.Role == syntax.ShellCommand
			return isRole && c.Slice(w.Span) == sym.name && exports.MatchString(c.Line(c.LineOf(w.Span.Start)))
		})
	})
}

// exports matches a line that exports variables or functions.
var exports = lazyregexp.New(`\b(?:export|(?:declare|typeset|local)\s+-\w*x\w*|set\s+-\w*a)\b`)
