// Package hook answers the hook events of coding agents: after an edit it says which findings are new.
//
// It owns the formats of the agents' events ([Read]) and of the answers that they show to their model
// ([Agent.Reply]), and the memory of one agent session ([Session]): the findings of its last check, and
// those that were not reported to its model yet. It reports a finding once, when a check finds it that the
// check before did not find, and never reports that code is clean: an answer without text is what an agent sees then.
//
// It does not ask language servers, decide when to check, or wait for a deadline; that is the command's part
// ('lanser hook'). An event never makes it return something that blocks an agent.
//
// The formats are those of the agents' own documents: Claude Code, Codex (hooks/schema/generated), Gemini CLI
// (docs/hooks/reference.md), Copilot CLI (CLI hooks reference), Cursor (hooks) and VS Code (agent hooks).
package hook
