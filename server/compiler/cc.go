package compiler

import (
	"slices"
	"strconv"
	"strings"

	"lanser/selectors/lazyregexp"
)

// compilerLine matches a line of a compiler or of GNU as that reports a finding.
var compilerLine = lazyregexp.New(
	`^(.+?):(\d+):(?:(\d+):)? (?i:(?:fatal )?(error)|(warning)): (.*?)(?: \[(-W[^\]\s]+)\])?$`,
)

// commandLine matches an error about what the command of a file includes, such as that of GCC "<command-line>: fatal
// error: config.h: No such file or directory".
var commandLine = lazyregexp.New(`^(?:<command-line>|<built-in>:\d+:\d+|cc1(?:plus)?): (?:fatal )?error: (.*)$`)

// ReadCC returns the findings that a compiler of C prints. Those about the command have no file.
func ReadCC(printed string) (found []Finding) {
	for line := range strings.Lines(printed) {
		line = strings.TrimRight(line, "\r\n")
		if m := commandLine.FindStringSubmatch(line); m != nil {
			found = append(found, Finding{Severity: "error", Message: m[1]})
			continue
		}
		m := compilerLine.FindStringSubmatch(line)
		if m == nil {
			continue
		}
		at := Place{File: m[1]}
		number, _ := strconv.Atoi(m[2]) // of digits; one that is too large is one too many lines as well
		column, _ := strconv.Atoi(m[3]) // "" is column 0
		at.Line, at.Column = max(number-1, 0), max(column-1, 0)
		at.EndLine, at.EndColumn = at.Line, at.Column
		f := Finding{Severity: strings.ToLower(m[4] + m[5]), Code: m[7], Message: m[6], At: at}
		if !slices.ContainsFunc(found, func(o Finding) bool { return o.Message == f.Message && o.At == f.At }) {
			found = append(found, f)
		}
	}
	return found
}
