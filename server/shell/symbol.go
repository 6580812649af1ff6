package shell

import (
	"bytes"
	"slices"
	"strings"

	"lanser/index/syntax"
	"lanser/selectors/lazyregexp"
	"lanser/selectors/text"
	"lanser/server/ledger"
	"lanser/server/project"
)

// Symbol is a function or variable of the shell. It remembers what it has read, and is not safe for concurrent use.
type Symbol struct {
	src        Source
	name       string
	isFunction bool
	at         ledger.Place
	// homes are the scripts that define the function or assign the variable.
	homes []string
	// scope is the function that a local variable belongs to, in the script at.Path; empty for others.
	scope text.Span

	isOpen bool // see [Symbol.IsOpen]

	scopes   map[string][]text.Span // of local variables of the name, by script
	together map[string]Use         // see [Symbol.runsWith], by script
}

// At returns the symbol that the word at a place names; nil if the file is no script or the word is text.
func At(src Source, at ledger.Place) *Symbol {
	if !project.IsShell(src, at.Path) {
		return nil
	}
	c, err := src.Content(at.Path)
	w := wordAt(src, at)
	if err != nil || w == nil || w.Role == syntax.ShellText {
		return nil
	}
	isNamed := w.Role == syntax.ShellArgument && project.TakesVariable(w.Command)
	return symbolAt(src, c, at, *w, w.Role != syntax.ShellVariable && !isNamed)
}

// FunctionAt returns the function that a word of a script names as an argument, see [IsGivenToCall].
func FunctionAt(src Source, at ledger.Place) *Symbol {
	c, err := src.Content(at.Path)
	w := wordAt(src, at)
	if err != nil || w == nil {
		return nil
	}
	return symbolAt(src, c, at, *w, true)
}

// symbolAt returns the function or variable that a word names.
func symbolAt(src Source, c *text.Content, at ledger.Place, w syntax.ShellWord, isFunction bool) *Symbol {
	sym := &Symbol{
		src: src, name: c.Slice(at.Span), at: at, scopes: map[string][]text.Span{}, together: map[string]Use{},
		isFunction: isFunction,
	}
	if !sym.isFunction {
		sym.scope = sym.scopeAt(at)
	}
	sym.findHomes(c, w)
	return sym
}

// IsOpen reports whether the text does not tell which script defines the symbol: several do that the script at the
// symbol's place may source, or that may be sourced together with it.
func (sym *Symbol) IsOpen() bool { return sym != nil && sym.isOpen }

// scopeAt returns the innermost function around a place that declares the variable as a local one; the zero value for
// none.
func (sym *Symbol) scopeAt(at ledger.Place) (scope text.Span) {
	scopes, known := sym.scopes[at.Path]
	if c, err := sym.src.Content(at.Path); !known && err == nil {
		for _, w := range sym.src.ShellWords(at.Path) {
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

// isDefinedAt reports whether a word of a script, which has the content c, defines the function or assigns the
// variable.
func (sym *Symbol) isDefinedAt(c *text.Content, w syntax.ShellWord) bool {
	if sym.isFunction && definesAlias(c, w) == sym.name {
		return true
	}
	isRole := sym.isFunction && w.Role == syntax.ShellFunction || !sym.isFunction && (w.Declared || assigns(c, w))
	return isRole && c.Slice(w.Span) == sym.name
}

// definesAlias returns the name that a word defines as an alias, as ll in alias ll='ls -l'; "" for none. An alias is
// used like a function.
func definesAlias(c *text.Content, w syntax.ShellWord) string {
	if w.Role != syntax.ShellArgument || w.Command != "alias" {
		return ""
	}
	name, _, isDefined := strings.Cut(c.Slice(w.Span), "=")
	if !isDefined {
		return ""
	}
	return name
}

// assigns reports whether a word is a variable that is assigned there.
func assigns(c *text.Content, w syntax.ShellWord) bool {
	if w.Role == syntax.ShellArgument {
		return project.TakesVariable(w.Command)
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

// findHomes finds the scripts that define the symbol and may run together with that of its word w, which has the
// content c.
func (sym *Symbol) findHomes(c *text.Content, w syntax.ShellWord) {
	if sym.scope.Len() > 0 || sym.isFunction && sym.isDefinedAt(c, w) {
		sym.homes = []string{sym.at.Path}
		return
	}
	var homes, perhaps, conceivable []string
	for _, p := range project.Scripts(sym.src) {
		if !sym.isDefinedIn(p) {
			continue
		}
		switch project.RunTogether(sym.src, p, sym.at.Path) {
		case project.InOneSame:
			homes = append(homes, p)
		case project.Perhaps:
			perhaps = append(perhaps, p)
		case project.Conceivable:
			conceivable = append(conceivable, p)
		}
	}
	if len(homes) == 0 && len(perhaps) == 1 {
		homes = perhaps
	}
	sym.isOpen = len(homes) == 0 && (len(perhaps) > 1 || len(perhaps) == 0 && len(conceivable) > 0)
	if !sym.isFunction && !slices.Contains(homes, sym.at.Path) || len(homes) == 0 {
		homes = append(homes, sym.at.Path)
	}
	sym.homes = homes
}

// isDefinedIn reports whether a script defines the symbol, outside of the scopes of local variables.
func (sym *Symbol) isDefinedIn(p string) bool {
	c, err := sym.src.Content(p)
	if err != nil || !bytes.Contains(c.Bytes(), []byte(sym.name)) {
		return false
	}
	return slices.ContainsFunc(sym.src.ShellWords(p), func(w syntax.ShellWord) bool {
		return sym.isDefinedAt(c, w) && (sym.isFunction ||
			sym.scopeAt(ledger.Place{Path: p, Span: w.Span}) == text.Span{})
	})
}

// runsWith judges a script by what runs in one process with it: May for one that sees exported symbols alone.
func (sym *Symbol) runsWith(p string) Use {
	use, known := sym.together[p]
	if !known {
		use = sym.readTogether(p)
		sym.together[p] = use
	}
	return use
}

// readTogether is runsWith without memory.
func (sym *Symbol) readTogether(p string) Use {
	best := project.Apart
	for _, h := range sym.homes {
		best = max(best, project.RunTogether(sym.src, h, p))
	}
	isDefined := sym.isDefinedIn(p)
	switch {
	case best == project.InOneSame, best == project.Perhaps && !isDefined && !sym.hasRival(p):
		return Is
	case best == project.Perhaps && (sym.isOpen || !isDefined):
		return May
	case best == project.Conceivable && (sym.isOpen || !isDefined && !sym.isKnownOtherwise(p)):
		return May
	case best == project.Apart && !isDefined && sym.isExported():
		return May
	}
	return Never
}

// isApart reports whether a script runs in no process with those that define the symbol.
func (sym *Symbol) isApart(p string) bool {
	return !slices.ContainsFunc(sym.homes, func(h string) bool {
		return project.RunTogether(sym.src, h, p) != project.Apart
	})
}

// hasRival reports whether another script than those of the symbol defines its name, and may run in one process with a
// script that uses it.
func (sym *Symbol) hasRival(p string) bool { return sym.hasOther(p, project.Perhaps) }

// isKnownOtherwise reports whether another script than those of the symbol defines its name for a script that uses it.
func (sym *Symbol) isKnownOtherwise(p string) bool { return sym.hasOther(p, project.InOneSame) }

// hasOther reports whether another script than those of the symbol defines its name, and runs in one process with a
// script as is asked for, or more surely.
func (sym *Symbol) hasOther(p string, least project.Together) bool {
	return slices.ContainsFunc(project.Scripts(sym.src), func(q string) bool {
		return !slices.Contains(sym.homes, q) && sym.isDefinedIn(q) &&
			project.RunTogether(sym.src, q, p) >= least
	})
}

// isExported reports whether a script exports the symbol to the commands that it runs.
func (sym *Symbol) isExported() bool {
	return slices.ContainsFunc(sym.homes, func(p string) bool {
		c, err := sym.src.Content(p)
		if err != nil {
			return false
		}
		return slices.ContainsFunc(sym.src.ShellWords(p), func(w syntax.ShellWord) bool {
			isRole := w.Role == syntax.ShellVariable || sym.isFunction && w.Role == syntax.ShellCommand
			return isRole && c.Slice(w.Span) == sym.name && exports.MatchString(c.Line(c.LineOf(w.Span.Start)))
		})
	})
}

// exports matches a line that exports variables or functions.
var exports = lazyregexp.New(`\b(?:export|(?:declare|typeset|local)\s+-\w*x\w*|set\s+-\w*a)\b`)
