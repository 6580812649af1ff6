package catalogue

import (
	"bytes"
	"regexp"
	"strings"

	"lanser/selectors/lazyregexp"
	"lanser/selectors/text"
)

// A script can run what a variable holds, as "$task" does after task=build, and commands whose names it puts together,
// as "do_$1" does.

// atCommand matches what is before the name of a command, on its line.
const atCommand = "(?m)(?:^|[;&|({`]|\\b(?:then|do|else|if|elif|while|until|time|eval|exec|command|sudo|env|xargs|" +
	"trap|sh -c|bash -c)\\b|!)[ \\t]*"

// runsVariable matches a command whose name begins with the value of a variable, which is the group.
var runsVariable = lazyregexp.New(atCommand + `"?\$\{?!?([A-Za-z_]\w*)`)

// passesValue matches what gives a variable the value of another: the groups are both.
var passesValue = lazyregexp.New(
	`\bfor[ \t]+([A-Za-z_]\w*)[ \t]+in[ \t][^;\n]*?\$\{?!?([A-Za-z_]\w*)|` +
		`\b([A-Za-z_]\w*)(?:\[[^\]\n]*\])?\+?=\(?"?\$\{?!?([A-Za-z_]\w*)`,
)

// commandVariables returns the variables whose values the scripts of the workspace run as commands.
func commandVariables(v View) map[string]bool {
	type key struct{}
	return v.Memoize(key{}, func() any {
		run, from := map[string]bool{}, map[string][]string{}
		var todo []string
		for _, p := range Scripts(v) {
			src := contentOf(v, p)
			for _, m := range runsVariable.FindAllSubmatch(src, -1) {
				todo = append(todo, string(m[1]))
			}
			for _, m := range passesValue.FindAllSubmatch(src, -1) {
				to := string(m[1]) + string(m[3])
				from[to] = append(from[to], string(m[2])+string(m[4]))
			}
		}
		for ; len(todo) > 0; todo = todo[1:] {
			if name := todo[0]; !run[name] {
				run[name] = true
				todo = append(todo, from[name]...)
			}
		}
		return run
	}).(map[string]bool)
}

// SetsCommand reports whether a word of a script is the value of a variable that a script runs as a command.
func SetsCommand(v View, c *text.Content, at text.Span) bool {
	const maxList = 2000 // bytes before the word
	before := c.Bytes()[max(0, at.Start-maxList):at.Start]
	m := isValueOf.FindSubmatch(before)
	return m != nil && commandVariables(v)[string(bytes.Join(m[1:], nil))]
}

// isValueOf matches the text before the value of a variable, which is one of the groups: before a word, in a list and
// in the list of a loop.
var isValueOf = lazyregexp.New(`(?:(?:^|[\s;&|({])([A-Za-z_]\w*)(?:\[[^\]\n]*\])?\+?=["']?|` +
	`\b([A-Za-z_]\w*)\+?=\((?:[^()]*[\s"'=])?|\bfor[ \t]+([A-Za-z_]\w*)[ \t]+in[ \t](?:[^;\n]*[\s"'])?)$`)

// ComputesCommand returns the line of the first command of a script whose name is put together and may be the given
// one; ok is false if there is none. Lines count from 1.
func ComputesCommand(v View, p, name string) (line int, ok bool) {
	src := contentOf(v, p)
	for _, m := range computedName.FindAllSubmatchIndex(src, -1) {
		if pattern := namePattern(string(src[m[2]:m[3]])); pattern != nil && pattern.MatchString(name) {
			return bytes.Count(src[:m[2]], []byte("\n")) + 1, true
		}
	}
	return 0, false
}

// computedName matches a command whose name has the value of a variable in it; the group is the name.
var computedName = lazyregexp.New(atCommand + `((?:[\w:.-]*["']?[\w:.-]*\$(?:\w+|\{[^}\n]*\}|[@*#])["']?)+[\w:.-]*"?)`)

// namePattern returns what matches the names that can be put together like one; nil if nothing of it is written out.
func namePattern(spelled string) *regexp.Regexp {
	spelled = expansions.ReplaceAllString(strings.NewReplacer(`"`, "", "'", "").Replace(spelled), "\x00")
	if strings.Trim(spelled, "\x00_:.-") == "" {
		return nil
	}
	re, err := regexp.Compile("^" + strings.ReplaceAll(regexp.QuoteMeta(spelled), "\x00", ".*") + "$")
	if err != nil {
		return nil
	}
	return re
}
