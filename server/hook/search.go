package hook

import (
	"encoding/json"
	"slices"
	"strings"

	"lanser/selectors/lazyregexp"
)

// Agents search code with a tool of their own or with a command of the shell. Where they look for the name of a symbol,
// an operation of Lanser answers the same question with evidence.

// searchTools are the tools of agents that search text and change nothing.
var searchTools = []string{"Grep", "grep", "grep_search", "search_file_content", "codebase_search", "textSearch", "rg"}

// searchCommands are the commands of the shell that search text, each as its words.
var searchCommands = [][]string{{"grep"}, {"rg"}, {"git", "grep"}, {"ag"}, {"ack"}}

// symbolName matches a pattern that is the name of a symbol, perhaps as a whole word or with the parenthesis of a call.
// Its first group is the name.
var symbolName = lazyregexp.New(`^(?:\\b|\\<)?([A-Za-z_$][\w$]{2,})(?:\\b|\\>)?(?:\\?\()?$`)

// searchedName returns the name that a tool searches for; "" if the tool is no search, or its pattern is no name.
func searchedName(tool string, args json.RawMessage) string {
	var quoted string
	if json.Unmarshal(args, &quoted) == nil {
		args = json.RawMessage(quoted)
	}
	var input struct {
		Pattern, Query string
		Command        any `json:"command"` // a line of the shell, or its words
	}
	if json.Unmarshal(args, &input) != nil {
		return ""
	}
	if slices.Contains(searchTools, tool) {
		return nameIn(input.Pattern + input.Query)
	}
	line, _ := input.Command.(string)
	return commandedName(strings.Fields(line))
}

// commandedName returns the name that a command of the shell searches for: its first argument that is no option.
func commandedName(words []string) string {
	for _, command := range searchCommands {
		if len(words) <= len(command) || !slices.Equal(words[:len(command)], command) {
			continue
		}
		for _, word := range words[len(command):] {
			if !strings.HasPrefix(word, "-") {
				return nameIn(strings.Trim(word, `"'`))
			}
		}
	}
	return ""
}

// nameIn returns the name that a pattern looks for; "" for any other pattern.
func nameIn(pattern string) string {
	m := symbolName.FindStringSubmatch(pattern)
	if m == nil {
		return ""
	}
	return m[1]
}
