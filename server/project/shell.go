package project

import (
	"bytes"
	"path"
	"strings"

	"lanser/selectors/lazyregexp"
	"lanser/selectors/text"
	"lanser/server/trace"
)

// Scripts of the shell see what they define themselves, and what the scripts define that run in the same process: those
// that they source, and those that source them.

// IsShell reports whether a file is a script of Bash, sh or a shell like them.
func IsShell(v View, p string) bool {
	ext := strings.ToLower(path.Ext(p))
	switch ext {
	case ".sh", ".bash", ".bats", ".ksh", ".zsh", ".envrc", ".command", ".inc":
		return true
	default:
		if !TellsNoLanguage(p) {
			return false
		}
	}
	c, err := v.Content(p)
	if err != nil {
		return false
	}
	first, _, _ := bytes.Cut(c.Bytes(), []byte("\n"))
	m := Interpreters.FindSubmatch(first)
	return m != nil && len(m[1]) > 0
}

// IsNameless reports whether a file is a script whose name does not tell its language, and which bash-language-server
// reads by its first line: "tool", ".profile", "tool-1.2", "all.bats".
func IsNameless(v View, p string, format trace.Format) bool {
	if !format.Has(trace.ScriptsByContent) {
		return path.Ext(p) == "" && MatchesIn(v, p, formerShebang)
	}
	type key struct{}
	return TellsNoLanguage(p) && ReadOnce(v, p, key{}, text.IsShellScript)
}

// formerShebang matches the scripts whose names have no extension, before [trace.ScriptsByContent].
var formerShebang = lazyregexp.New(`^#!\s*(?:/[\w/.-]*/)?(?:env\s+)?(?:ba|da|k)?sh(?:\s|$)`)

// TellsNoLanguage reports whether the first line of a file tells its language, and not its name.
func TellsNoLanguage(p string) bool {
	return LanguageOf(p) == nil && DataLanguageOf(p) == nil && text.MayBeScript(p)
}

// IsScript reports whether a file is a script, of any language, by its first line and not by its name.
func IsScript(v View, p string) bool {
	type key struct{}
	isMarked := func(content []byte) bool { return bytes.HasPrefix(content, []byte("#!")) }
	return TellsNoLanguage(p) && ReadOnce(v, p, key{}, isMarked)
}

// NamelessScripts returns the scripts whose names do not tell their language, sorted.
func NamelessScripts(v View, format trace.Format) []string {
	type key struct{ byContent bool }
	return v.Memoize(key{format.Has(trace.ScriptsByContent)}, func() any {
		var out []string
		for _, p := range v.Paths() {
			if IsNameless(v, p, format) {
				out = append(out, p)
			}
		}
		return out
	}).([]string)
}

// WrittenByBuildTool says why a script is no code of the project: a build tool has written or copied it; "" for one of
// the project.
func WrittenByBuildTool(v View, p string) string {
	content := ContentOf(v, p)
	if writtenScript.Match(content[:min(len(content), Sniffed)]) {
		return writtenByBuild
	}
	return ""
}

// writtenScript matches the beginning of the scripts of Autoconf (configure, config.status), Libtool, Automake
// (install-sh, missing), Gradle (gradlew), Maven (mvnw) and Hermit (bin/hermit, bin/activate-hermit).
var writtenScript = lazyregexp.New(
	`(?m)^# Generated (?:by GNU Autoconf|by configure|automatically by config)|^scriptversion=\d|` +
		`^#.*\b(?:Gradle start ?up script|Maven Wrapper startup)\b|` +
		`^# (?:THIS FILE IS GENERATED; DO NOT MODIFY|This file must be used with "source )`,
)

// Scripts lists the scripts of the workspace for which [IsShell] holds, in order.
func Scripts(v View) []string {
	type key struct{}
	return v.Memoize(key{}, func() any {
		var out []string
		for _, p := range v.Paths() {
			if IsShell(v, p) {
				out = append(out, p)
			}
		}
		return out
	}).([]string)
}

// Together is how two scripts may run in one process.
type Together int

// The values of Together.
const (
	Apart       Together = iota // no script sources both
	Conceivable                 // one may source both, and the text names neither
	Perhaps                     // one sources one of them, and scripts whose names the text does not tell
	InOneSame                   // one that is known sources both, or they are one
)

// RunTogether tells whether two scripts may run in one process.
func RunTogether(v View, p, q string) Together {
	if p == q {
		return InOneSame
	}
	out := Apart
	for _, r := range shellProcesses(v) {
		hasP, hasQ := r.scripts[p], r.scripts[q]
		switch {
		case hasP && hasQ:
			return InOneSame
		case hasP && r.mayHave(q), hasQ && r.mayHave(p):
			out = Perhaps
		case r.many && r.mayHave(p) && r.mayHave(q):
			out = max(out, Conceivable)
		}
	}
	return out
}

// process is what runs in the process of one script.
type process struct {
	scripts map[string]bool
	further
}

// shellProcesses returns the processes of the scripts of the workspace that source others.
func shellProcesses(v View) []process {
	type key struct{}
	return v.Memoize(key{}, func() any {
		loads := shellLoads(v)
		var out []process
		for root, l := range loads {
			if l.isOpen() || len(l.files) > 0 {
				out = append(out, processOf(loads, root))
			}
		}
		return out
	}).([]process)
}

// TakesFunction reports whether a command of the shell takes the names of functions as arguments.
func TakesFunction(command string) bool { return takeFunctions()[command] }

var takeFunctions = NameSet(
	"trap type command hash eval time alias unalias complete compgen run coproc exec builtin which",
)

// CallsBack reports whether a command of the shell takes the name of a function as the argument after a text, as
// mapfile does after -C.
func CallsBack(command string, before []byte) bool {
	return (command == "mapfile" || command == "readarray") && callback.Match(before[max(0, len(before)-8):])
}

// callback matches the text before the name of a function that mapfile calls.
var callback = lazyregexp.New(`-C[ \t]+$`)

// RunsFunction reports whether a command of the shell runs the function that its argument names.
func RunsFunction(command string) bool { return runFunctions()[command] }

var runFunctions = NameSet("time eval coproc run")

// TakesVariable reports whether a command of the shell takes the names of variables as arguments.
func TakesVariable(command string) bool { return takeVariables()[command] }

var takeVariables = NameSet(
	"read printf mapfile readarray getopts let export unset readonly declare typeset local wait",
)

// LeadingComments returns the lines at the beginning of a file that begin with "#" or are empty.
func LeadingComments(content []byte) []byte {
	end := 0
	for end < len(content) {
		line, _, _ := bytes.Cut(content[end:], []byte("\n"))
		text := bytes.TrimSpace(line)
		if len(text) > 0 && text[0] != '#' {
			break
		}
		end += len(line) + 1
	}
	return content[:min(end, len(content))]
}
