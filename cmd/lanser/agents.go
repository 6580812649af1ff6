package main

import (
	"fmt"
	"path/filepath"
	"strings"
)

// agent describes how to configure an agent to use lanser, as its documentation says. Everything that differs between
// agents is in a row of the table agents: to add one, add a row. 'lanser init' prints an entry for the user's or
// the project's file, and with --write-user writes the former (init.go). Hooks, which some of these agents
// also have, are described in package hook under the same names.
type agent struct {
	name  string // on the command line
	title string // for people
	// command is a command line of the agent's own program that adds lanser, with %s for the
	// program lanser; "" if there is none. It is printed, and never run.
	command string
	// file is the user's configuration, relative to the home folder. project is the
	// configuration in a repository, which lanser never writes; "" if there is none.
	file, project string
	// darwin and windows are the user's configuration on these platforms, "" if it is file there too. They begin with
	// a variable such as %APPDATA%, or are relative to the home folder.
	darwin, windows string
	lsp             *lspClient // nil for an agent without a client for language servers
	// at and value are the path of the entry in a JSON file, which has two keys, and its value. For a TOML
	// file they are nil, and toml returns the entry. A key may contain a dot: {"amp.mcpServers": {"lanser": …}}.
	// program is the command that starts lanser, see self.
	at    []string
	value func(program string) any
	toml  func(program string) string // of YAML too, for a file with that name
}

// stdio returns the value of the entry in the form that most agents share: the agent starts the program, and speaks
// MCP with it over standard input and output.
func stdio(program string) any {
	return map[string]any{"command": program, "args": []string{"serve"}}
}

// typedStdio is stdio for agents that want the kind of connection to be named.
func typedStdio(program string) any {
	return map[string]any{"type": "stdio", "command": program, "args": []string{"serve"}}
}

// agents are the agents that lanser knows, in the order in which they are printed. Most have copied the key mcpServers
// of Claude's configuration and the form of [stdio]; the others have what their documentation shows.
var agents = []agent{
	{
		name: "claude", title: "Claude Code", command: "claude mcp add --scope user lanser -- %s serve",
		file: ".claude.json", project: ".mcp.json", at: []string{"mcpServers", "lanser"}, value: stdio,
		lsp: &claudeClient,
	},
	{
		name: "codex", title: "Codex", command: "codex mcp add lanser -- %s serve", file: ".codex/config.toml",
		toml: func(program string) string {
			return fmt.Sprintf("[mcp_servers.lanser]\ncommand = %q\nargs = [\"serve\"]\n", program)
		},
	},
	{
		name: "cursor", title: "Cursor", file: ".cursor/mcp.json", project: ".cursor/mcp.json",
		at: []string{"mcpServers", "lanser"}, value: stdio,
	},
	{
		name: "vscode", title: "VS Code", file: ".config/Code/User/mcp.json", project: ".vscode/mcp.json",
		darwin: "Library/Application Support/Code/User/mcp.json", windows: "%APPDATA%/Code/User/mcp.json",
		at: []string{"servers", "lanser"}, value: typedStdio,
	},
	{
		name: "opencode", title: "OpenCode", file: ".config/opencode/opencode.json", project: "opencode.json",
		lsp: &openCodeClient,
		at:  []string{"mcp", "lanser"}, value: func(program string) any {
			return map[string]any{"type": "local", "command": []string{program, "serve"}, "enabled": true}
		},
	},
	{
		name: "zed", title: "Zed", file: ".config/zed/settings.json", project: ".zed/settings.json",
		windows: "%APPDATA%/Zed/settings.json",
		at:      []string{"context_servers", "lanser"}, value: func(program string) any {
			return map[string]any{"source": "custom", "command": program, "args": []string{"serve"}}
		},
	},
	{
		name: "gemini", title: "Gemini CLI", command: "gemini mcp add --scope user lanser %s serve",
		file: ".gemini/settings.json", project: ".gemini/settings.json", at: []string{"mcpServers", "lanser"},
		value: stdio,
	},
	{
		name: "copilot", title: "Copilot CLI", file: ".copilot/mcp-config.json", at: []string{"mcpServers", "lanser"},
		lsp: &copilotClient,
		value: func(program string) any {
			return map[string]any{
				"type": "local", "command": program, "args": []string{"serve"}, "tools": []string{"*"},
			}
		},
	},
	{
		name: "crush", title: "Crush", file: ".config/crush/crush.json", project: "crush.json",
		windows: "%LOCALAPPDATA%/crush/crush.json", lsp: &crushClient,
		at: []string{"mcp", "lanser"}, value: typedStdio,
	},
	{
		name: "qwen", title: "Qwen Code", file: ".qwen/settings.json", project: ".qwen/settings.json",
		at: []string{"mcpServers", "lanser"}, value: stdio, lsp: &qwenClient,
	},
	{
		name: "kiro", title: "Kiro", file: ".kiro/settings/mcp.json", project: ".kiro/settings/mcp.json",
		at: []string{"mcpServers", "lanser"}, value: stdio, lsp: &kiroClient,
	},
	{
		name: "windsurf", title: "Windsurf", file: ".codeium/windsurf/mcp_config.json",
		at: []string{"mcpServers", "lanser"}, value: stdio,
	},
	{
		name: "devin", title: "Devin", command: "devin mcp add -s user lanser -- %s serve",
		file: ".config/devin/config.json", project: ".devin/config.json", windows: "%APPDATA%/devin/config.json",
		at: []string{"mcpServers", "lanser"}, value: stdio,
	},
	{
		name: "factory", title: "Factory", file: ".factory/mcp.json", project: ".factory/mcp.json",
		at: []string{"mcpServers", "lanser"}, value: typedStdio,
	},
	{
		name: "amp", title: "Amp", file: ".config/amp/settings.json", project: ".amp/settings.json",
		at: []string{"amp.mcpServers", "lanser"}, value: stdio,
	},
	{
		name: "cline", title: "Cline", at: []string{"mcpServers", "lanser"}, value: stdio,
		file:    ".config/" + clineFile,
		darwin:  "Library/Application Support/" + clineFile,
		windows: "%APPDATA%/" + clineFile,
	},
	{
		name: "roo", title: "Roo Code", project: ".roo/mcp.json", at: []string{"mcpServers", "lanser"}, value: stdio,
		file:    ".config/" + rooFile,
		darwin:  "Library/Application Support/" + rooFile,
		windows: "%APPDATA%/" + rooFile,
	},
	{
		name: "kilo", title: "Kilo Code", file: ".config/kilo/kilo.jsonc", project: "kilo.jsonc",
		at: []string{"mcp", "lanser"}, value: func(program string) any {
			return map[string]any{"type": "local", "command": []string{program, "serve"}, "enabled": true}
		},
	},
	{
		name: "goose", title: "Goose", file: ".config/goose/config.yaml",
		windows: "%APPDATA%/Block/goose/config/config.yaml",
		toml: func(program string) string {
			return fmt.Sprintf("extensions:\n  lanser:\n    enabled: true\n    type: stdio\n    name: lanser\n"+
				"    cmd: %q\n    args: [serve]\n    timeout: 300\n", program)
		},
	},
	{
		name: "junie", title: "Junie (JetBrains)", file: ".junie/mcp/mcp.json", project: ".junie/mcp/mcp.json",
		at: []string{"mcpServers", "lanser"}, value: stdio,
	},
	{
		name: "antigravity", title: "Antigravity", file: ".gemini/config/mcp_config.json",
		project: ".agents/mcp_config.json", at: []string{"mcpServers", "lanser"}, value: stdio,
	},
}

// The files of extensions of VS Code, below the folder of an application's data. Each extension has a folder by its
// publisher and name.
const (
	clineFile = "Code/User/globalStorage/saoudrizwan.claude-dev/settings/cline_mcp_settings.json"
	rooFile   = "Code/User/globalStorage/rooveterinaryinc.roo-cline/settings/mcp_settings.json"
)

// isYAML reports whether the configuration is a YAML file.
func (g agent) isYAML() bool { return strings.HasSuffix(g.file, ".yaml") }

// on returns the user's configuration on a platform as the table has it.
func (g agent) on(goos string) string {
	if goos == "darwin" && g.darwin != "" {
		return g.darwin
	}
	if goos == "windows" && g.windows != "" {
		return g.windows
	}
	return g.file
}

// shownFile returns the user's configuration on a platform as people write it: .claude.json → ~/.claude.json, on
// Windows %USERPROFILE%\.claude.json, and %APPDATA%/Zed/settings.json → %APPDATA%\Zed\settings.json.
func (g agent) shownFile(goos string) string {
	name := g.on(goos)
	if goos == "windows" {
		if !strings.HasPrefix(name, "%") {
			name = "%USERPROFILE%/" + name
		}
		return strings.ReplaceAll(name, "/", `\`)
	}
	return "~/" + name
}

// userFile returns the path of the user's configuration on a platform. home is the home folder, and env returns the
// value of an environment variable. The path has the separators of the platform that this program runs on.
func (g agent) userFile(goos, home string, env func(string) string) string {
	name := g.on(goos)
	if rest, ok := strings.CutPrefix(name, "%"); ok {
		variable, rest, _ := strings.Cut(rest, "%/")
		return filepath.Join(env(variable), filepath.FromSlash(rest))
	}
	return filepath.Join(home, filepath.FromSlash(name))
}
