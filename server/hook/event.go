package hook

import (
	"bufio"
	"bytes"
	"encoding/json"
	"path/filepath"
	"slices"
	"strings"

	"lanser/selectors/fault"
	"lanser/server/wire"
)

// Kind is the kind of an event. Only the difference for checks counts: a session starts, or files may have changed.
type Kind int

// The kinds of events.
const (
	Other  Kind = iota // nothing that concerns a check, such as the end of a session
	Start              // a session starts: findings of a check now were there before its edits
	Tool               // a tool has run, and may have changed files
	Search             // a tool has run that only searches text
	Prompt             // the user has sent a message
)

// Event is an event of an agent.
type Event struct {
	Kind    Kind
	Name    string   // as the agent calls it, which a reply repeats
	Session string   // the agent's identifier of the session, "" if it has none
	Dir     string   // the folder in which the agent works, absolute, or "" if the event does not say
	Files   []string // those that the tool has edited, as far as the event says; absolute, or relative to Dir
	// Searched is the name that the tool has searched for in text, "" if it has not, or for something else.
	Searched string
}

// Agent describes the hooks of a coding agent.
type Agent struct {
	Name, Title string
	// File is the user's configuration of hooks, relative to the home folder.
	File string
	// edits matches the tools after which to check, and searches those that only search. The agent matches them as
	// regular expressions; "" means all tools.
	edits, searches string
	// events are the agent's names of events.
	events map[string]Kind
	// carries are the events whose reply reaches the model. Other events deliver nothing, so that nothing is lost.
	carries []string
	reply   func(event, text string) any
	// config returns the value of the agent's configuration that runs a command.
	config func(a *Agent, command string, hints bool) any
}

// contextReply is the reply of Claude Code, which others have taken over.
func contextReply(event, text string) any {
	type specific struct {
		Event string `json:"hookEventName"`
		Text  string `json:"additionalContext"`
	}
	return map[string]specific{"hookSpecificOutput": {Event: event, Text: text}}
}

// fieldReply returns a reply with one field.
func fieldReply(field string) func(event, text string) any {
	return func(_, text string) any { return map[string]string{field: text} }
}

// hookTimeout is how long an agent waits for the command, in seconds. The command itself answers earlier.
const hookTimeout = 10

// matched returns a configuration as that of Claude Code, for the agent's events of each kind that deliver. The
// unit of its timeout is given in seconds.
func matched(second int) func(a *Agent, command string, hints bool) any {
	return func(a *Agent, command string, hints bool) any {
		run := map[string]any{"type": "command", "command": command, "timeout": hookTimeout * second}
		hooks := map[string]any{}
		for name, kind := range a.events {
			group := map[string]any{"hooks": []any{run}}
			if kind == Tool {
				group["matcher"] = a.edits
				if hints && a.edits != "" {
					group["matcher"] = a.edits + "|" + a.searches
				}
			}
			hooks[name] = []any{group}
		}
		return map[string]any{"hooks": hooks}
	}
}

// listed returns a configuration that lists the commands of each event directly.
func listed(field string) func(a *Agent, command string, hints bool) any {
	return func(a *Agent, command string, _ bool) any {
		hooks := map[string]any{}
		for name, kind := range a.events {
			if kind == Other || kind == Prompt && !slices.Contains(a.carries, name) {
				continue
			}
			run := map[string]any{field: command}
			if field != "command" {
				run["type"], run["timeoutSec"] = "command", hookTimeout
			}
			hooks[name] = []any{run}
		}
		return map[string]any{"version": 1, "hooks": hooks}
	}
}

// Agents are the agents whose hooks are known.
var Agents = []*Agent{
	{
		Name: "claude", Title: "Claude Code", File: ".claude/settings.json",
		edits: "Edit|MultiEdit|Write|NotebookEdit|Bash", searches: "Grep",
		events:  map[string]Kind{"SessionStart": Start, "PostToolUse": Tool, "UserPromptSubmit": Prompt},
		carries: []string{"SessionStart", "PostToolUse", "UserPromptSubmit"}, reply: contextReply, config: matched(1),
	},
	{
		Name: "codex", Title: "Codex", File: ".codex/hooks.json", edits: "",
		events:  map[string]Kind{"SessionStart": Start, "PostToolUse": Tool, "UserPromptSubmit": Prompt},
		carries: []string{"SessionStart", "PostToolUse", "UserPromptSubmit"}, reply: contextReply, config: matched(1),
	},
	{
		Name: "gemini", Title: "Gemini CLI", File: ".gemini/settings.json",
		edits: "write_file|replace|run_shell_command", searches: "search_file_content",
		events:  map[string]Kind{"SessionStart": Start, "AfterTool": Tool, "BeforeAgent": Prompt},
		carries: []string{"SessionStart", "AfterTool", "BeforeAgent"}, reply: contextReply, config: matched(1000),
	},
	{
		Name: "copilot", Title: "Copilot CLI", File: ".copilot/hooks/lanser.json",
		events:  map[string]Kind{"sessionStart": Start, "postToolUse": Tool, "userPromptSubmitted": Prompt},
		carries: []string{"sessionStart", "postToolUse"}, reply: fieldReply("additionalContext"),
		config: listed("bash"),
	},
	{
		Name: "cursor", Title: "Cursor", File: ".cursor/hooks.json",
		events: map[string]Kind{
			"sessionStart": Start, "postToolUse": Tool, "afterFileEdit": Tool, "afterShellExecution": Tool,
			"beforeSubmitPrompt": Prompt,
		},
		carries: []string{"sessionStart", "postToolUse"}, reply: fieldReply("additional_context"),
		config: listed("command"),
	},
	{
		Name: "vscode", Title: "VS Code", File: ".copilot/hooks/lanser-vscode.json",
		events:  map[string]Kind{"SessionStart": Start, "PostToolUse": Tool, "UserPromptSubmit": Prompt},
		carries: []string{"SessionStart", "PostToolUse"}, reply: contextReply, config: listed("command"),
	},
}

// Named returns the agent of that name, nil for none.
func Named(name string) *Agent {
	i := slices.IndexFunc(Agents, func(a *Agent) bool { return a.Name == name })
	if i < 0 {
		return nil
	}
	return Agents[i]
}

// Delivers reports whether the reply to an event reaches the model.
func (a *Agent) Delivers(e Event) bool { return slices.Contains(a.carries, e.Name) }

// Reply returns what the agent shows to its model in answer to an event: a JSON object, or nothing for an empty
// text.
func (a *Agent) Reply(e Event, text string) []byte {
	if text == "" || !a.Delivers(e) {
		return nil
	}
	raw, err := json.Marshal(a.reply(e.Name, text))
	if err != nil {
		return nil // cannot happen: it consists of strings
	}
	return append(raw, '\n')
}

// Config returns the configuration with which the agent runs a command after each event, as JSON; with hints, also
// after tools that only search.
func (a *Agent) Config(command string, hints bool) []byte {
	raw, err := json.MarshalIndent(a.config(a, command, hints), "", "  ")
	if err != nil {
		return nil // cannot happen: it consists of strings and numbers
	}
	return append(raw, '\n')
}

// MaxEvent bounds an event, in bytes. Events contain the output of tools.
const MaxEvent = 32 << 20

// message is an event as agents write it. Each agent uses some of the fields.
type message struct {
	Event        string          `json:"hook_event_name"`
	Session      string          `json:"session_id"`
	SessionID    string          `json:"sessionId"`
	Conversation string          `json:"conversation_id"`
	Dir          string          `json:"cwd"`
	Roots        []string        `json:"workspace_roots"`
	Tool         string          `json:"tool_name"`
	ToolName     string          `json:"toolName"`
	Input        json.RawMessage `json:"tool_input"`
	Args         json.RawMessage `json:"toolArgs"`
	File         string          `json:"file_path"`
	Prompt       *string         `json:"prompt"`
}

// Read reads an event of an agent. An event that the agent's documents do not name is of the kind [Other]. The
// error is Usage.
func (a *Agent) Read(raw []byte) (Event, error) {
	if err := wire.Check(raw); err != nil {
		return Event{}, fault.Wrap(fault.Usage, err, "the event on standard input cannot be read: %v", err).
			WithHint("%s runs 'lanser hook %s' itself; 'lanser hook %[2]s --config' prints how", a.Title, a.Name)
	}
	var m message
	if err := json.Unmarshal(raw, &m); err != nil {
		return Event{}, fault.Wrap(fault.Usage, err, "the event on standard input cannot be read: %v", err).
			WithHint("an event of %s is a JSON object", a.Title)
	}
	e := Event{Name: m.Event, Dir: m.Dir}
	if e.Name == "" { // Copilot does not name its events.
		e.Name = a.unnamed(m)
	}
	e.Kind = a.events[e.Name]
	for _, id := range []string{m.Session, m.SessionID, m.Conversation} {
		if e.Session == "" {
			e.Session = id
		}
	}
	if e.Dir == "" && len(m.Roots) > 0 {
		e.Dir = m.Roots[0]
	}
	if !filepath.IsAbs(e.Dir) {
		e.Dir = ""
	}
	for _, input := range []json.RawMessage{m.Input, m.Args} {
		e.Files = append(e.Files, editedFiles(input)...)
	}
	if m.File != "" {
		e.Files = append(e.Files, m.File)
	}
	if e.Kind == Tool {
		tool := m.Tool + m.ToolName // an agent uses one of the fields
		e.Searched = searchedName(tool, slices.Concat(m.Input, m.Args))
		if slices.Contains(searchTools, tool) {
			e.Kind, e.Files = Search, nil
		}
	}
	return e, nil
}

// unnamed returns the name of an event that does not say it.
func (a *Agent) unnamed(m message) string {
	kind := Start
	if m.Prompt != nil {
		kind = Prompt
	}
	if m.ToolName != "" || m.Tool != "" {
		kind = Tool
	}
	for _, name := range append(slices.Clone(a.carries), "userPromptSubmitted") {
		if a.events[name] == kind {
			return name
		}
	}
	return ""
}

// editedFiles returns the files that the arguments of a tool name.
func editedFiles(args json.RawMessage) (files []string) {
	var quoted string
	if json.Unmarshal(args, &quoted) == nil {
		args = json.RawMessage(quoted)
	}
	var input struct {
		FilePath     string   `json:"file_path"`
		FilePathJS   string   `json:"filePath"`
		Absolute     string   `json:"absolute_path"`
		Notebook     string   `json:"notebook_path"`
		Path         string   `json:"path"`
		Files        []string `json:"files"`
		Patch, Input string
		Command      json.RawMessage `json:"command"`
	}
	if json.Unmarshal(args, &input) != nil {
		return nil
	}
	files = append([]string{input.FilePath, input.FilePathJS, input.Absolute, input.Notebook, input.Path},
		input.Files...)
	files = slices.DeleteFunc(files, func(f string) bool { return f == "" })
	for _, patch := range []string{input.Patch, input.Input, string(input.Command)} {
		files = append(files, patchedFiles(patch)...)
	}
	return files
}

// patchedFiles returns the files of a patch in the format of Codex's tool apply_patch. In JSON its line ends are
// escaped.
func patchedFiles(patch string) (files []string) {
	if !strings.Contains(patch, "*** Begin Patch") {
		return nil
	}
	lines := bufio.NewScanner(bytes.NewReader([]byte(strings.ReplaceAll(patch, `\n`, "\n"))))
	lines.Buffer(nil, MaxEvent)
	for lines.Scan() {
		for _, verb := range []string{"*** Update File: ", "*** Add File: ", "*** Delete File: ", "*** Move to: "} {
			if file, ok := strings.CutPrefix(lines.Text(), verb); ok {
				files = append(files, strings.TrimSpace(file))
			}
		}
	}
	return files
}
