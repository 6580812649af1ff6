package overlooked

import (
	"bytes"
	"path"
	"strconv"
	"strings"

	"lanser/selectors/lazyregexp"
	"lanser/server/compiler"
	"lanser/server/project"
	"lanser/server/trace"
)

// unknownDialect returns the finding SC2148 of a script that does not say which shell it is for: shellcheck fails on
// it. bash-language-server takes such a script for one of bash, and tells shellcheck so. A script that shellcheck
// cannot parse has no such finding.
func unknownDialect(
	v project.View, file string, content []byte, isReported func(code string) bool,
) []compiler.Finding {
	head := project.LeadingComments(bytes.TrimPrefix(content, []byte("\ufeff")))
	saysShell := path.Ext(file) == ".bash" || path.Ext(file) == ".ksh" || path.Ext(file) == ".dash" ||
		shebang.Match(head)
	if saysShell || isReported("SC1072") || isReported("SC1073") || settlesDialect(shellDirective, head) ||
		settlesDialect(shellSetting, shellcheckrc(v, file)) {
		return nil
	}
	return []compiler.Finding{{
		Severity: "error", Code: "SC2148", At: compiler.PlaceFrom1(file, 1, 1, 1, 1),
		Message: "Tips depend on target shell and yours is unknown. Add a shebang or a 'shell' directive.",
	}}
}

// ByShellcheck returns what shellcheck or the shell finds in a script and bash-language-server does not. isReported
// reports whether that server has a finding with a code in it.
func ByShellcheck(
	v project.View, file string, content []byte, isReported func(code string) bool, format trace.Format,
) []compiler.Finding {
	found := unknownDialect(v, file, content, isReported)
	if isReported("SC1010") && format.Has(trace.SwallowedKeywords) {
		found = append(found, swallowedKeywords(file, content)...)
	}
	return found
}

// swallowedKeywords returns an error for each condition in brackets whose line ends with then or do without a semicolon
// before it, as in "if [ a ] then". The shell takes the word for an argument and fails at the end of the statement.
// shellcheck warns of the word (SC1010), and reads on as if the semicolon was there.
func swallowedKeywords(file string, content []byte) (found []compiler.Finding) {
	n := 0
	for line := range bytes.Lines(content) {
		n++
		if m := swallowedKeyword.FindSubmatchIndex(bytes.TrimRight(line, "\r\n")); m != nil {
			found = append(found, compiler.Finding{
				Severity: "error", Code: "SC1010", At: compiler.PlaceFrom1(file, n, m[2]+1, n, m[3]+1),
				Message: "Syntax error: the shell takes this word for an argument. Put a semicolon or a new line before it.",
			})
		}
	}
	return found
}

// swallowedKeyword matches a line with a keyword that the shell does not see. After ]] and )) it does.
var swallowedKeyword = lazyregexp.New(`^\s*(?:if|elif|while|until)\s.*[^\]]\]\s+(then|do)\s*(?:#.*)?$`)

var (
	shebang        = lazyregexp.New(`(?m)^\s*#\s*!`)
	shellDirective = lazyregexp.New(`(?m)^\s*#\s*shellcheck\s(?:.*\s)?(shell|disable)=(\S+)`)
	shellSetting   = lazyregexp.New(`(?m)^\s*(shell|disable)\s*=\s*"?([^\s"]+)`)
)

// settlesDialect reports whether directives or settings name the shell, or disable the finding.
func settlesDialect(form *lazyregexp.Regexp, text []byte) bool {
	for _, m := range form.FindAllSubmatch(text, -1) {
		if string(m[1]) == "shell" {
			return true
		}
		if isDisabled(string(m[2]), 2148) {
			return true
		}
	}
	return false
}

// isDisabled reports whether a list of codes, as of a directive disable, has a code: "SC2034,2086,SC1000-SC1999",
// "all".
func isDisabled(list string, number int) bool {
	for code := range strings.SplitSeq(list, ",") {
		first, last, isRange := strings.Cut(strings.ReplaceAll(code, "SC", ""), "-")
		if !isRange {
			last = first
		}
		from, _ := strconv.Atoi(first) // 0 for a name
		to, _ := strconv.Atoi(last)
		if code == "all" || from <= number && number <= to {
			return true
		}
	}
	return false
}

// MutedInShell reports whether the nearest .shellcheckrc above a script disables a finding.
// bash-language-server runs shellcheck in the root of the workspace, where it reads the configuration of that folder.
func MutedInShell(v project.View, file, code string) bool {
	number, err := strconv.Atoi(strings.TrimPrefix(code, "SC"))
	if err != nil {
		return false
	}
	for _, m := range shellSetting.FindAllSubmatch(shellcheckrc(v, file), -1) {
		if string(m[1]) == "disable" && isDisabled(string(m[2]), number) {
			return true
		}
	}
	return false
}

// shellcheckrc returns the content of the file that configures shellcheck for a script: the nearest one; nil for none.
func shellcheckrc(v project.View, file string) []byte {
	for dir := path.Dir(file); ; dir = path.Dir(dir) {
		for _, name := range []string{".shellcheckrc", "shellcheckrc"} {
			if project.Has(v, path.Join(dir, name)) {
				return project.ContentOf(v, path.Join(dir, name))
			}
		}
		if dir == "." {
			return nil
		}
	}
}
