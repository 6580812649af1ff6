package mention

import (
	"bytes"
	"regexp"
	"slices"
	"strings"

	"lanser/selectors/lazyregexp"
	"lanser/selectors/text"
	"lanser/server/project"
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
func commandVariables(v project.View) map[string]bool {
	type key struct{}
	return v.Memoize(key{}, func() any {
		run, from := map[string]bool{}, map[string][]string{}
		todo := []string{"PROMPT_COMMAND", "PS0", "PS1", "PS2", "PS4"} // which interactive shells run
		for _, p := range project.Scripts(v) {
			src := project.ContentOf(v, p)
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
func SetsCommand(v project.View, c *text.Content, at text.Span) bool {
	const maxList = 2000 // bytes before the word
	before := c.Bytes()[max(0, at.Start-maxList):at.Start]
	m := isValueOf.FindSubmatch(before)
	return m != nil && commandVariables(v)[string(bytes.Join(m[1:], nil))]
}

// isValueOf matches the text before the value of a variable, which is one of the groups: before a word, before a
// command in a string, in a list and in the list of a loop.
var isValueOf = lazyregexp.New(`(?:(?:^|[\s;&|({])([A-Za-z_]\w*)(?:\[[^\]\n]*\])?\+?=["']?|` +
	`(?:^|[\s;&|({])([A-Za-z_]\w*)\+?=` + beforeCommandInString + `|` +
	`\b([A-Za-z_]\w*)\+?=\((?:[^()]*[\s"'=])?|\bfor[ \t]+([A-Za-z_]\w*)[ \t]+in[ \t](?:[^;\n]*[\s"'])?)$`)

// beforeCommandInString matches the beginning of a string in which a command follows.
const beforeCommandInString = "(?:\"(?:[^\"\n]*(?:[;&|({`]|\\b(?:then|do|else))[ \\t]*)?|" +
	"'(?:[^'\n]*(?:[;&|({`]|\\b(?:then|do|else))[ \\t]*)?)"

// IsAliased reports whether a word of a script is a command in the value of an alias, as build is in
//
//	alias b='cd src && build --all'
//
// An alias without quotes is code, which the grammar reads.
func IsAliased(v project.View, p string, c *text.Content, at text.Span) bool {
	line := lineBefore(c, at.Start)
	return project.IsShell(v, p) && aliasOf.Match(line) && !isInShellComment(c, at.Start)
}

// aliasOf matches the text before a command in the value of an alias.
var aliasOf = lazyregexp.New(
	`(?:^|[\s;&|({])alias[ \t](?:[^\n]*[ \t])?[^\s=\x27"]+=` + beforeCommandInString + `(?:\w+=\S*[ \t]+)*$`,
)

// holdsCommand reports whether a word is a command in a string of a script that is the value of a variable: the whole
// string, or a part of it, as in x="echo; task".
func holdsCommand(c *text.Content, at text.Span) bool {
	return !isInShellComment(c, at.Start) && (IsString(c, at) || commandInString.Match(lineBefore(c, at.Start)))
}

// lineBefore returns the text before a place on its line.
func lineBefore(c *text.Content, at int) []byte {
	line, _ := c.LineSpan(c.LineOf(at))
	return c.Bytes()[line.Start:at]
}

// isInShellComment reports whether a place is in a comment of a script, if no string before it on the line holds the
// sign of comments.
func isInShellComment(c *text.Content, at int) bool { return shellComment.Match(lineBefore(c, at)) }

var (
	commandInString = lazyregexp.New(`(?:^|[\s;&|({])[A-Za-z_]\w*(?:\[[^\]\n]*\])?\+?=` + beforeCommandInString + `$`)
	shellComment    = lazyregexp.New(`(?:^|\s)#`)
)

// RunsHanded reports whether another shell may run the function with a name at a word: a script exports the function,
// or prints its definition, as in
//
//	ssh host "$(declare -f build); build all"
//
// and the word is in a command, or in the text for one, that runs a shell.
func RunsHanded(c *text.Content, name string, at text.Span) bool {
	if isInShellComment(c, at.Start) {
		return false
	}
	line := c.LineOf(at.Start)
	if opening, ok := hereDocument(c, at.Start); ok {
		line = opening
	}
	return startsShell.MatchString(c.Line(line)) && HandsOn(c, name)
}

// RunsArguments reports whether a command can run what its arguments name in another shell.
func RunsArguments(command string) bool { return startsShell.MatchString(command + " ") }

// startsShell matches a line with a command that can run commands which its arguments or its input hold.
var startsShell = lazyregexp.New(`(?:^|[\s;&|(/])(?:ssh|parallel|xargs|(?:ba|da|k|z)?sh|su|sudo|doas|` +
	`runuser|docker|podman|kubectl|watch|flock|srun|entr|screen|tmux|chroot|nsenter|unshare|` +
	`find|env|timeout|nohup|setsid|adb)\s`)

// HandsOn reports whether a script exports a function or prints its definition.
func HandsOn(c *text.Content, name string) bool {
	for _, m := range handed.FindAllSubmatch(c.Bytes(), -1) {
		if slices.Contains(strings.Fields(string(m[1])), name) {
			return true
		}
	}
	return false
}

// handed matches a command that exports functions or prints their definitions; its group is their names.
var handed = lazyregexp.New(`\b(?:export|declare|typeset)[ \t]+-\w*f\w*((?:[ \t]+[\w.:-]+)+)`)

// hereDocument returns the line on which the here-document around a place begins; ok is false for a place outside of
// any. Lines count from 0.
func hereDocument(c *text.Content, at int) (line int, ok bool) {
	for _, m := range hereDocuments.FindAllSubmatchIndex(c.Bytes()[:at], -1) {
		end := regexp.MustCompile(`(?m)^\t*` + regexp.QuoteMeta(string(c.Bytes()[m[2]:m[3]])) + `$`)
		if first := c.LineOf(m[0]); first < c.LineOf(at) && !end.Match(c.Bytes()[m[1]:at]) {
			return first, true
		}
	}
	return 0, false
}

// hereDocuments matches the beginnings of here-documents; the group is the word that ends one.
var hereDocuments = lazyregexp.New(`<<-?[ \t]*["'\\]?(\w+)`)

// ComputesCommand returns the line of the first command of a script whose name is put together and may be the given
// one; ok is false if there is none. Lines count from 1.
func ComputesCommand(v project.View, p, name string) (line int, ok bool) {
	src := project.ContentOf(v, p)
	for _, m := range computedName.FindAllSubmatchIndex(src, -1) {
		if pattern := NamePattern(string(src[m[2]:m[3]])); pattern != nil && pattern.MatchString(name) {
			return bytes.Count(src[:m[2]], []byte("\n")) + 1, true
		}
	}
	return 0, false
}

// computedName matches a command whose name has the value of a variable in it; the group is the name.
var computedName = lazyregexp.New(atCommand + `((?:[\w:.-]*["']?[\w:.-]*\$(?:\w+|\{[^}\n]*\}|[@*#])["']?)+[\w:.-]*"?)`)

// NamePattern returns what matches the names that can be put together like one; nil if nothing of it is written out.
func NamePattern(spelled string) *regexp.Regexp {
	spelled = project.Expansions.ReplaceAllString(strings.NewReplacer(`"`, "", "'", "").Replace(spelled), "\x00")
	if strings.Trim(spelled, "\x00_:.-") == "" {
		return nil
	}
	re, err := regexp.Compile("^" + strings.ReplaceAll(regexp.QuoteMeta(spelled), "\x00", ".*") + "$")
	if err != nil {
		return nil
	}
	return re
}
