package selectors

import (
	"strings"

	"lanser/selectors/lazyregexp"
)

// This file reads what people copy out of other programs and out of code: places in the messages of compilers,
// test runners and debuggers, links to code on the web, and headers of declarations. Each form is reduced to one
// of those that [parser.typed] reads; what is in no such form is left as it is.

var (
	// webForm matches a link to a file of a repository on the web, as GitHub, GitLab, Gitea and Bitbucket write
	// them. Its groups are the path and the lines.
	webForm = lazyregexp.New(`^https?://[^/\s]+/(?:[^/\s]+/)+?(?:-/)?` +
		`(?:blob|blame|raw|src/(?:branch|tag|commit)|src)/` +
		`[^/\s]+/([^?#\s]+)(?:\?[^#\s]*)?#(?:lines-|L)([0-9].*)$`)
	// pythonForm matches a place in a traceback of Python.
	pythonForm = lazyregexp.New(`^File "([^"]+)", line ([0-9]+)(?:,.*)?$`)
	// frameForm matches a frame in a stack trace of JavaScript or Rust, and the place below an error of rustc.
	frameForm = lazyregexp.New(`^(?:at|-->)\s+(?:[^()\s]+(?: \[as [^\]]+\])? \()?` +
		`([^()\s]+:[0-9]+(?::[0-9]+)?)\)?$`)
	// messageForm matches a place at the beginning of a line that a compiler, grep or a stack trace of Go has
	// written.
	messageForm = lazyregexp.New(`^([^\s:]+:[0-9]+(?::[0-9]+)?|[^\s:(]+\([0-9]+,[0-9]+\))` +
		`(?::\s.*|:?\s+\+0x[0-9a-f]+)$`)
	// lineForm matches a line that is named in words, or as an editor takes one.
	lineForm = lazyregexp.New(`^(\S+?)(?:,?\s+lines?\s+|:?\s+\+|:\s*L|\s+L)([0-9]+)(?:\s*[-–]\s*L?([0-9]+))?$`)

	// receiverHeader matches the header of a method of Go. Its groups are the type and the name.
	receiverHeader = lazyregexp.New(`^func\s*\(\s*(?:[\pL_][\pL\pN_]*\s+)?\*?([\pL_][\pL\pN_]*)` +
		`(?:\[[^\]]*\])?\s*\)\s*([\pL_][\pL\pN_]*)`)
	// declarationHeader matches the words before the name of a declaration, and the name.
	declarationHeader = lazyregexp.New(`^(?:(?:export|default|async|static|public|private|protected|internal|` +
		`pub(?:\([a-z :]+\))?|abstract|declare|unsafe|inline|virtual|final|sealed|override|partial|readonly|` +
		`extern)\s+)*` +
		`(?:func|fun|function\s*\*?|def|class|struct|type|interface|enum(?:\s+class)?|trait|fn|const(?:\s+enum)?|` +
		`let|var|val|namespace|module|mod|union|macro_rules!|typedef|record|object)\s+` +
		`([\pL_$~][\pL\pN_$]*(?:(?:\.|::)[\pL_$~][\pL\pN_$]*)*)(?:$|[^\pL\pN_$.].*)`)
	// inFile matches a name that is written before or after its file. Its groups are the name and the file, or the
	// file and the name.
	inFile = lazyregexp.New(`^(?:(\S+?)(?:\(\))?\s+(?:in|@|at)\s+(\S*[^\s.]\.\w+)|(\S*[^\s.]\.\w+)\s+(\S+))$`)

	// pointerForm matches the operator before a name, as in *Server.Serve.
	pointerForm = lazyregexp.New(`^[*&]+([\pL_])`)
	// callForm matches a call of a name, or the name with its parameters.
	callForm = lazyregexp.New(`^([^\s()]*[\pL\pN_$])\(.*\)$`)
	// argumentForm matches the arguments of a type in a path of names, innermost first.
	argumentForm = lazyregexp.New(`([\pL\pN_])(?:::)?(?:\[[^\[\]/\\]*\]|<[^<>/\\]*>)`)
	// caseForm matches the name that pytest gives to one case of a test with parameters.
	caseForm = lazyregexp.New(`^(.+\.py::[^\[]+)\[.*\]$`)
)

// pasted reduces a selector in one of the forms of this file, and removes what is around it: white space, quotes
// and the mark that ends a statement.
func pasted(s string) string {
	s = strings.TrimSpace(s)
	for _, quote := range []string{"`", `"`, "'"} {
		if inner, ok := strings.CutPrefix(s, quote); ok && strings.HasSuffix(inner, quote) && len(inner) > 1 {
			s = strings.TrimSpace(strings.TrimSuffix(inner, quote))
		}
	}
	if m := webForm.FindStringSubmatch(s); m != nil {
		return m[1] + "#L" + m[2]
	}
	if strings.Contains(s, "://") {
		return s
	}
	if m := pythonForm.FindStringSubmatch(s); m != nil {
		return m[1] + ":" + m[2]
	}
	if m := frameForm.FindStringSubmatch(s); m != nil {
		return m[1]
	}
	if m := messageForm.FindStringSubmatch(s); m != nil {
		return m[1]
	}
	if m := lineForm.FindStringSubmatch(s); m != nil && !strings.ContainsAny(m[1], "#@") {
		place := strings.TrimSuffix(m[1], ":") + ":" + m[2]
		if m[3] != "" {
			place += "-" + m[3]
		}
		return place
	}
	return declared(s)
}

// declared reduces the header of a declaration to its name, and a name with its file to both.
func declared(s string) string {
	if m := receiverHeader.FindStringSubmatch(s); m != nil {
		return m[1] + "." + m[2]
	}
	if m := declarationHeader.FindStringSubmatch(s); m != nil {
		return m[1]
	}
	if m := inFile.FindStringSubmatch(s); m != nil {
		return m[2] + m[3] + "#" + m[1] + m[4]
	}
	return s
}

// bareName reduces the path of a symbol to its names: without the operator of a pointer, the parameters or
// arguments of a function, and the arguments of types.
func bareName(s string) string {
	if m := caseForm.FindStringSubmatch(s); m != nil {
		return m[1]
	}
	s = strings.TrimRight(s, ";,")
	s = pointerForm.ReplaceAllString(s, "$1")
	if strings.Contains(s, "operator") {
		return s // of C++, whose name may be any of these marks
	}
	front, names := "", s
	if i := strings.LastIndexAny(s, `/\#`); i >= 0 {
		front, names = s[:i+1], s[i+1:]
	}
	if m := callForm.FindStringSubmatch(names); m != nil {
		names = m[1]
	}
	for {
		shorter := argumentForm.ReplaceAllString(names, "$1")
		if shorter == names {
			return front + names
		}
		names = shorter
	}
}
