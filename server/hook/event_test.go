package hook_test

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"lanser/selectors/fault"
	"lanser/server/hook"
)

// Events as each agent writes them, with the parts that concern a check.
func TestEventsOfEachAgentAreDecoded(t *testing.T) {
	for _, tt := range []struct {
		agent, raw string
		want       hook.Event
	}{
		{
			"claude",
			`{"session_id":"s","transcript_path":"/t","cwd":"/w","hook_event_name":"PostToolUse","tool_name":"Edit",` +
				`"tool_input":{"file_path":"/w/a.go","old_string":"a","new_string":"b"},"tool_response":{"success":true}}`,
			hook.Event{Kind: hook.Tool, Name: "PostToolUse", Session: "s", Dir: "/w", Files: []string{"/w/a.go"}},
		},
		{
			"claude", `{"session_id":"s","cwd":"/w","hook_event_name":"PostToolUse","tool_name":"NotebookEdit",` +
				`"tool_input":{"notebook_path":"/w/n.ipynb"}}`,
			hook.Event{Kind: hook.Tool, Name: "PostToolUse", Session: "s", Dir: "/w", Files: []string{"/w/n.ipynb"}},
		},
		{
			"claude", `{"session_id":"s","cwd":"/w","hook_event_name":"SessionStart","source":"resume"}`,
			hook.Event{Kind: hook.Start, Name: "SessionStart", Session: "s", Dir: "/w"},
		},
		{
			"claude", `{"session_id":"s","cwd":"/w","hook_event_name":"UserPromptSubmit","prompt":"x"}`,
			hook.Event{Kind: hook.Prompt, Name: "UserPromptSubmit", Session: "s", Dir: "/w"},
		},
		{
			"claude", `{"session_id":"s","cwd":"/w","hook_event_name":"Stop"}`,
			hook.Event{Name: "Stop", Session: "s", Dir: "/w"},
		},
		{
			"claude", `{"cwd":"relative","hook_event_name":"PostToolUse","tool_input":null}`,
			hook.Event{Kind: hook.Tool, Name: "PostToolUse"},
		},
		{
			"codex", `{"session_id":"s","turn_id":"1","cwd":"/w","hook_event_name":"PostToolUse","model":"m",` +
				`"permission_mode":"default","tool_name":"apply_patch","tool_use_id":"u","transcript_path":null,` +
				`"tool_response":"",` +
				`"tool_input":{"command":"*** Begin Patch\n*** Update File: a.go\n@@\n-x\n+y\n*** Move to: b.go\n` +
				`*** Add File: c/d.go\n` +
				`*** Delete File: e.go\n*** End Patch"}}`,
			hook.Event{
				Kind: hook.Tool, Name: "PostToolUse", Session: "s", Dir: "/w", Files: []string{
					"a.go", "b.go",
					"c/d.go", "e.go",
				},
			},
		},
		{
			"gemini", `{"session_id":"s","cwd":"/w","hook_event_name":"AfterTool","timestamp":"2026-01-01T00:00:00Z",` +
				`"tool_name":"replace","tool_input":{"file_path":"/w/a.ts"},"tool_response":{}}`,
			hook.Event{Kind: hook.Tool, Name: "AfterTool", Session: "s", Dir: "/w", Files: []string{"/w/a.ts"}},
		},
		{
			"gemini", `{"session_id":"s","cwd":"/w","hook_event_name":"BeforeAgent","prompt":"x"}`,
			hook.Event{Kind: hook.Prompt, Name: "BeforeAgent", Session: "s", Dir: "/w"},
		},
		{
			"copilot",
			`{"sessionId":"s","timestamp":1,"cwd":"/w","toolName":"edit","toolArgs":"{\"path\":\"/w/a.py\"}",` +
				`"toolResult":{"resultType":"success"}}`,
			hook.Event{Kind: hook.Tool, Name: "postToolUse", Session: "s", Dir: "/w", Files: []string{"/w/a.py"}},
		},
		{
			"copilot", `{"timestamp":1,"cwd":"/w","toolName":"edit","toolArgs":{"path":"/w/a.py"}}`,
			hook.Event{Kind: hook.Tool, Name: "postToolUse", Dir: "/w", Files: []string{"/w/a.py"}},
		},
		{
			"copilot", `{"timestamp":1,"cwd":"/w","prompt":"x"}`,
			hook.Event{Kind: hook.Prompt, Name: "userPromptSubmitted", Dir: "/w"},
		},
		{
			"copilot", `{"timestamp":1,"cwd":"/w","source":"new"}`,
			hook.Event{Kind: hook.Start, Name: "sessionStart", Dir: "/w"},
		},
		{
			"cursor",
			`{"hook_event_name":"afterFileEdit","conversation_id":"c","workspace_roots":["/w"],` +
				`"file_path":"/w/a.ts","edits":[]}`,
			hook.Event{Kind: hook.Tool, Name: "afterFileEdit", Session: "c", Dir: "/w", Files: []string{"/w/a.ts"}},
		},
		{
			"vscode",
			`{"hook_event_name":"PostToolUse","sessionId":"s","cwd":"/w","tool_name":"editFiles",` +
				`"tool_input":{"files":["a.ts"]}}`,
			hook.Event{Kind: hook.Tool, Name: "PostToolUse", Session: "s", Dir: "/w", Files: []string{"a.ts"}},
		},
		{
			"claude", `{"session_id":"s","cwd":"/w","hook_event_name":"PostToolUse","tool_name":"Grep",` +
				`"tool_input":{"pattern":"\\bparseArgs\\(","path":"/w/src"}}`,
			hook.Event{Kind: hook.Search, Name: "PostToolUse", Session: "s", Dir: "/w", Searched: "parseArgs"},
		},
		{
			"claude", `{"session_id":"s","cwd":"/w","hook_event_name":"PostToolUse","tool_name":"Grep",` +
				`"tool_input":{"pattern":"TODO.*later"}}`,
			hook.Event{Kind: hook.Search, Name: "PostToolUse", Session: "s", Dir: "/w"},
		},
		{
			"claude", `{"session_id":"s","cwd":"/w","hook_event_name":"PostToolUse","tool_name":"Bash",` +
				`"tool_input":{"command":"git grep -nw 'Serve' -- '*.go'"}}`,
			hook.Event{Kind: hook.Tool, Name: "PostToolUse", Session: "s", Dir: "/w", Searched: "Serve"},
		},
		{
			"claude", `{"session_id":"s","cwd":"/w","hook_event_name":"PostToolUse","tool_name":"Bash",` +
				`"tool_input":{"command":"make grep Serve"}}`,
			hook.Event{Kind: hook.Tool, Name: "PostToolUse", Session: "s", Dir: "/w"},
		},
		{
			"gemini", `{"session_id":"s","cwd":"/w","hook_event_name":"AfterTool","tool_name":"search_file_content",` +
				`"tool_input":{"pattern":"load_data","path":"src"}}`,
			hook.Event{Kind: hook.Search, Name: "AfterTool", Session: "s", Dir: "/w", Searched: "load_data"},
		},
		{
			"copilot", `{"sessionId":"s","cwd":"/w","toolName":"bash","toolArgs":"{\"command\":\"rg Serve\"}"}`,
			hook.Event{Kind: hook.Tool, Name: "postToolUse", Session: "s", Dir: "/w", Searched: "Serve"},
		},
	} {
		got, err := hook.Named(tt.agent).Read([]byte(tt.raw))
		if err != nil {
			t.Errorf("%s: %s: %v", tt.agent, tt.raw, err)
		}
		if d := cmp.Diff(tt.want, got); d != "" {
			t.Errorf("%s: %s\n%s", tt.agent, tt.raw, d)
		}
	}
}

func TestInvalidEventsAreErrors(t *testing.T) {
	for _, raw := range []string{
		"", "x", "[]", "1", `{"hook_event_name":1}`, `{"cwd":"/w"`, "{}{}",
		strings.Repeat("[", 1<<20),
	} {
		for _, a := range hook.Agents {
			if _, err := a.Read([]byte(raw)); !fault.Is(err, fault.Usage) {
				t.Errorf("%s: %.20q: %v", a.Name, raw, err)
			}
		}
	}
}

// A reply reaches the model in the field that the agent's documentation names, and no reply blocks the agent.
func TestRepliesHaveTheFormatOfTheAgent(t *testing.T) {
	const context = `{"hookSpecificOutput":{"hookEventName":"EVENT","additionalContext":"a \"quoted\" text"}}` + "\n"
	for _, tt := range []struct{ agent, event, want string }{
		{"claude", "PostToolUse", context},
		{"claude", "UserPromptSubmit", context},
		{"claude", "Stop", ""},
		{"codex", "PostToolUse", context},
		{"gemini", "AfterTool", context},
		{"gemini", "BeforeAgent", context},
		{"copilot", "postToolUse", `{"additionalContext":"a \"quoted\" text"}` + "\n"},
		{"copilot", "userPromptSubmitted", ""},
		{"cursor", "postToolUse", `{"additional_context":"a \"quoted\" text"}` + "\n"},
		{"cursor", "afterFileEdit", ""},
		{"vscode", "PostToolUse", context},
	} {
		want := strings.ReplaceAll(tt.want, "EVENT", tt.event)
		got := string(hook.Named(tt.agent).Reply(hook.Event{Name: tt.event}, `a "quoted" text`))
		if got != want {
			t.Errorf("%s %s: %s, want %s", tt.agent, tt.event, got, want)
		}
		if got := hook.Named(tt.agent).Reply(hook.Event{Name: tt.event}, ""); got != nil {
			t.Errorf("%s %s: %q for no text", tt.agent, tt.event, got)
		}
	}
}

// The configuration runs the command after tools, and when a session starts.
func TestTheConfigurationRunsTheHookAfterToolsAndAtTheStart(t *testing.T) {
	const command = "lanser hook NAME"
	for _, a := range hook.Agents {
		var got struct{ Hooks map[string][]json.RawMessage }
		if err := json.Unmarshal(a.Config(command, true), &got); err != nil {
			t.Fatalf("%s: %v", a.Name, err)
		}
		kinds := map[hook.Kind]int{}
		for name, runs := range got.Hooks {
			e, err := a.Read([]byte(`{"hook_event_name":"` + name + `"}`))
			if err != nil || len(runs) != 1 || strings.Count(string(runs[0]), command) != 1 {
				t.Errorf("%s: %s: %v, %s", a.Name, name, err, runs)
			}
			kinds[e.Kind]++
		}
		if kinds[hook.Start] != 1 || kinds[hook.Tool] == 0 || kinds[hook.Other] != 0 {
			t.Errorf("%s: events of the kinds %v", a.Name, kinds)
		}
	}
}

// Any input is an event or an error.
func FuzzEvent(f *testing.F) {
	f.Add([]byte(`{"tool_input":{"command":"*** Begin Patch\n*** Update File: a"},"toolArgs":"{}"}`))
	f.Add([]byte(`{"hook_event_name":"PostToolUse","tool_input":"{\"files\":[\"\"]}"}`))
	f.Fuzz(func(t *testing.T, raw []byte) {
		for _, a := range hook.Agents {
			e, err := a.Read(raw)
			if err == nil && len(e.Files) > len(raw) {
				t.Errorf("%d files in %d bytes", len(e.Files), len(raw))
			}
		}
	})
}
