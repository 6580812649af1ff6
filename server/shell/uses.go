package shell

import (
	"slices"

	"lanser/index/syntax"
	"lanser/selectors/lazyregexp"
	"lanser/selectors/text"
	"lanser/server/ledger"
	"lanser/server/mention"
	"lanser/server/project"
)

// The reasons for words that may be uses.
const (
	whySourced  = "a script sources others by names that the text does not tell"
	whyExported = "the symbol is exported: a script that is run as a command may see it"
	whyArgument = "a function takes it as an argument, and may use what it names"
	whyRun      = "a variable is set to it, and a script runs what the variable holds"
	whyHanded   = "the function is handed to another shell, which may run it"
	whyAliased  = "an alias runs it"
	whyLocal    = "a function has a variable of its own with the name, and calls this one"
)

// Use judges a word of the symbol's name in a script, and says why it may be a use where nobody can tell.
func (sym *Symbol) Use(at ledger.Place) (use Use, why string) {
	if sym == nil {
		return Unknown, ""
	}
	c, err := sym.src.Content(at.Path)
	w := wordAt(sym.src, at)
	if err != nil || w == nil {
		if project.IsShell(sym.src, at.Path) && sym.runsWith(at.Path) == Never {
			return Never, ""
		}
		return Unknown, ""
	}
	if sym.isFunction {
		use, why = sym.useOfFunction(c, w, at.Span)
	} else {
		use, why = sym.useOfVariable(c, w, at)
	}
	if use == Never {
		return use, ""
	}
	switch sym.runsWith(at.Path) {
	case Never:
		return Never, ""
	case May:
		if !sym.isApart(at.Path) {
			return May, whySourced
		}
		return May, whyExported
	}
	return use, why
}

// UseAsCommand judges a word that is the value of a variable which a script runs as a command, or that is in the text
// of a command for another shell, and says why it may be a use. All other words are Unknown.
func (sym *Symbol) UseAsCommand(at ledger.Place) (use Use, why string) {
	if sym == nil || !sym.isFunction || !project.IsShell(sym.src, at.Path) {
		return Unknown, ""
	}
	c, err := sym.src.Content(at.Path)
	w := wordAt(sym.src, at)
	if err != nil || w != nil && w.Role != syntax.ShellText {
		return Unknown, ""
	}
	if mention.SetsCommand(sym.src, c, at.Span) {
		why = whyRun
	} else if w == nil && mention.RunsHanded(c, sym.name, at.Span) {
		why = whyHanded
	}
	if why == "" {
		return Unknown, ""
	}
	if sym.runsWith(at.Path) == Never {
		return Never, ""
	}
	return May, why
}

// UseInAlias judges a word that is a command in the value of an alias, and says why it may be a use. All other words
// are Unknown.
func (sym *Symbol) UseInAlias(at ledger.Place) (use Use, why string) {
	if sym == nil || !sym.isFunction {
		return Unknown, ""
	}
	c, err := sym.src.Content(at.Path)
	if err != nil || !mention.IsAliased(sym.src, at.Path, c, at.Span) {
		return Unknown, ""
	}
	if sym.runsWith(at.Path) == Never {
		return Never, ""
	}
	return May, whyAliased
}

// Computed returns a script that runs a command whose name is put together and may be that of the function, with the
// line, which counts from 1; ok is false if there is none.
func (sym *Symbol) Computed() (path string, line int, ok bool) {
	if sym == nil || !sym.isFunction {
		return "", 0, false
	}
	for _, p := range project.Scripts(sym.src) {
		if line, ok := mention.ComputesCommand(sym.src, p, sym.name); ok && sym.runsWith(p) != Never {
			return p, line, true
		}
	}
	return "", 0, false
}

// IsCall reports whether a word of a script is the name of a command, or what a command such as time runs.
func IsCall(src Source, at ledger.Place) bool {
	w := wordAt(src, at)
	return w != nil && w.Span == at.Span &&
		(isCommand(*w) || w.Role == syntax.ShellArgument && project.RunsFunction(w.Command))
}

// IsGivenToCall reports whether a word of a script names a function for a command that has it called later, as cleanup
// in "trap cleanup EXIT" and menu in "complete -F menu tool".
func IsGivenToCall(src Source, at ledger.Place) bool {
	w := wordAt(src, at)
	c, err := src.Content(at.Path)
	if err != nil || w == nil || w.Span != at.Span || w.Role != syntax.ShellArgument {
		return false
	}
	before := c.Bytes()[max(0, at.Span.Start-8):at.Span.Start]
	isCompletion := (w.Command == "complete" || w.Command == "compgen") && completes.Match(before)
	return w.Command == "trap" || isCompletion || project.CallsBack(w.Command, c.Bytes()[:at.Span.Start])
}

// IsTrapped reports whether a word is certainly the symbol, a function, as the first command in the text of a trap.
func (sym *Symbol) IsTrapped(at ledger.Place) bool {
	return sym != nil && sym.isFunction && IsTrappedCall(sym.src, at) && sym.runsWith(at.Path) == Is
}

// IsTrappedCall reports whether a word of a script is the first command in the text of a trap, as cleanup in
//
//	trap 'cleanup $?' EXIT
func IsTrappedCall(src Source, at ledger.Place) bool {
	c, err := src.Content(at.Path)
	if err != nil || !project.IsShell(src, at.Path) {
		return false
	}
	line, ok := c.LineSpan(c.LineOf(at.Span.Start))
	if !ok {
		return false
	}
	before := c.Slice(text.Span{Start: line.Start, End: at.Span.Start})
	after := c.Bytes()[at.Span.End:min(c.Len(), at.Span.End+1)]
	return opensTrap.MatchString(before) && endsCommand.Match(after)
}

var (
	// opensTrap matches a line up to the first command of a trap; a command may be before it.
	opensTrap = lazyregexp.New(
		`^[ \t]*(?:[^'"#]*(?:[;&|({]|\bthen|\bdo|\belse)[ \t]*)?trap[ \t]+(?:--[ \t]+)?['"][ \t]*$`,
	)
	endsCommand = lazyregexp.New(`^[\s;&|'"<>]`)
)

// completes matches the text before the name of a function that completes words.
var completes = lazyregexp.New(`-F[ \t]*$`)

// isCommand reports whether a word is the name of a command that is run, and not that of a function which export -f
// or unset -f is about.
func isCommand(w syntax.ShellWord) bool { return w.Role == syntax.ShellCommand && w.Command == "" }

// Is reports whether a word is certainly the symbol.
func (sym *Symbol) Is(at ledger.Place) bool {
	use, _ := sym.Use(at)
	return use == Is
}

// Definitions corrects the names of the symbol's definitions by a server: it leaves out those that are none, and where
// the server knows no other, takes those of the symbol's scripts by syntax.
func (sym *Symbol) Definitions(named []ledger.Place) []ledger.Place {
	if sym == nil {
		return named
	}
	left := slices.DeleteFunc(slices.Clone(named), func(p ledger.Place) bool {
		return sym.src.Has(p.Path) && !sym.Is(p)
	})
	if len(left) > 0 {
		return left
	}
	for _, p := range sym.homes {
		c, err := sym.src.Content(p)
		if err != nil {
			continue
		}
		for _, w := range sym.src.ShellWords(p) {
			at := ledger.Place{Path: p, Span: w.Span}
			if alias := definesAlias(c, w); alias != "" {
				at.Span.End = at.Span.Start + len(alias)
			}
			if sym.Is(at) && sym.isDefinedAt(c, w) {
				left = append(left, at)
			}
		}
	}
	if !sym.isFunction && len(left) > 1 {
		left = left[:1] // where a variable begins
	}
	return left
}

// useOfFunction judges a word with the name of a function by its role alone.
func (sym *Symbol) useOfFunction(c *text.Content, w *syntax.ShellWord, at text.Span) (Use, string) {
	isWhole := w.Span == at
	switch w.Role {
	case syntax.ShellFunction, syntax.ShellCommand:
		if isWhole {
			return Is, ""
		}
	case syntax.ShellArgument:
		isAlias := w.Command == "alias" && at.End == w.Span.End && c.Bytes()[at.Start-1] == '=' ||
			at.Start == w.Span.Start && definesAlias(c, *w) == c.Slice(at)
		isCallback := isWhole && project.CallsBack(w.Command, c.Bytes()[:at.Start])
		if isAlias || isCallback || isWhole && project.TakesFunction(w.Command) {
			return Is, ""
		}
		if isWhole && mention.RunsArguments(w.Command) && mention.HandsOn(c, sym.name) {
			return May, whyHanded
		}
		if isWhole && takesArguments(sym.src, w.Command) {
			return May, whyArgument
		}
	}
	return Never, ""
}

// useOfVariable judges a word with the name of a variable by its role and the functions around it.
func (sym *Symbol) useOfVariable(c *text.Content, w *syntax.ShellWord, at ledger.Place) (Use, string) {
	isFirst := w.Span.Start == at.Span.Start
	switch w.Role {
	case syntax.ShellVariable:
		return sym.useInScope(at)
	case syntax.ShellArgument:
		if isFirst && project.TakesVariable(w.Command) {
			return sym.useInScope(at)
		}
		if w.Span == at.Span && takesArguments(sym.src, w.Command) {
			return May, whyArgument
		}
	case syntax.ShellText:
		if isFirst && testsVariable.Match(c.Bytes()[max(0, at.Span.Start-4):at.Span.Start]) {
			return sym.useInScope(at)
		}
	}
	return Never, ""
}

// testsVariable matches the text before a word that a test takes for the name of a variable.
var testsVariable = lazyregexp.New(`\s-[vR]\s+$`)

// useInScope judges a variable by the functions that have one of the name themselves.
func (sym *Symbol) useInScope(at ledger.Place) (Use, string) {
	scope := sym.scopeAt(at)
	isOwn := sym.scope.Len() > 0
	isScope := isOwn && scope == sym.scope && at.Path == sym.at.Path
	if scope.Len() > 0 && isScope || scope.Len() == 0 && !isOwn {
		return Is, ""
	}
	if scope.Len() > 0 || !sym.isCalledFrom(at) {
		return Never, ""
	}
	return May, whyLocal
}

// isCalledFrom reports whether a place is in a function that the function with the local variable calls, itself or
// through others of the two scripts.
func (sym *Symbol) isCalledFrom(at ledger.Place) bool {
	w := wordAt(sym.src, at)
	if w == nil || w.Function.Len() == 0 {
		return false
	}
	wanted := functionName(sym.src, at.Path, w.Function)
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
		for _, called := range callsIn(sym.src, f.path, f.span) {
			if called == wanted {
				return true
			}
			for _, p := range []string{sym.at.Path, at.Path} {
				if span := functionNamed(sym.src, p, called); span.Len() > 0 {
					queue = append(queue, function{p, span})
				}
			}
		}
	}
	return false
}
