package main

import (
	"encoding/json"
	"io"
	"slices"
	"strings"

	"lanser/index"
	"lanser/selectors/fault"
	"lanser/selectors/visible"
	"lanser/server/catalogue"
)

// lspClient describes the configuration file in which an agent lists its language servers. Lanser is entered there as
// one server for all languages ('lanser serve --protocol lsp'), which passes the requests on to the servers of each.
// These files are only printed.
type lspClient struct {
	// user and project are where the file is, "" if the agent reads none there.
	user, project string
	about         string // printed below the path: a further step
	// value returns the content of the file. languages are the language ids by file extension, such as ".go".
	value func(program string, languages map[string]string) any
}

// serveLSP are the arguments that make lanser a language server, for a client that requests diagnostics.
var serveLSP = []string{"serve", "--protocol", "lsp"}

// servePushing are those for a client that does not request diagnostics. It waits a moment for them after an edit
// (Crush a second), and takes silence for clean.
var servePushing = append(slices.Clone(serveLSP), "--announce", "700ms")

// The clients, with the file that each documents. Those that get servePushing only take published diagnostics. An agent
// may start its own server for a language too, and ask whichever it prefers: about says so where the documentation
// does.
var (
	claudeClient = lspClient{
		user:    "DIR/.claude-plugin/plugin.json with 'claude --plugin-dir DIR'",
		project: ".claude/skills/lanser/.claude-plugin/plugin.json",
		about:   "it is a plugin; of several servers for an extension, Claude Code uses the first",
		value: func(program string, languages map[string]string) any {
			return map[string]any{
				"name": "lanser", "description": "one read-only language server for all languages",
				"lspServers": map[string]any{"lanser": map[string]any{
					"command": program, "args": servePushing, "extensionToLanguage": languages,
					"workspaceFolder": "${CLAUDE_PROJECT_DIR}", "startupTimeout": 120000,
				}},
			}
		},
	}
	copilotClient = lspClient{
		user: "~/.copilot/lsp-config.json", project: ".github/lsp.json",
		value: func(program string, languages map[string]string) any {
			return map[string]any{"lspServers": map[string]any{"lanser": map[string]any{
				"command": program, "args": serveLSP, "fileExtensions": languages,
			}}}
		},
	}
	openCodeClient = lspClient{
		user: "~/.config/opencode/opencode.json", project: "opencode.json",
		about: "its own servers for these extensions run too, unless they are disabled",
		value: func(program string, languages map[string]string) any {
			return map[string]any{"lsp": map[string]any{"lanser": map[string]any{
				"command": append([]string{program}, serveLSP...), "extensions": extensionsOf(languages, "."),
			}}}
		},
	}
	crushClient = lspClient{
		user: "~/.config/crush/crush.json", project: "crush.json",
		value: func(program string, languages map[string]string) any {
			return map[string]any{"lsp": map[string]any{"lanser": map[string]any{
				"command": program, "args": servePushing, "filetypes": extensionsOf(languages, ""),
			}}}
		},
	}
	qwenClient = lspClient{
		project: ".lsp.json", about: "start Qwen Code with --experimental-lsp",
		value: func(program string, languages map[string]string) any {
			return map[string]any{"lanser": map[string]any{
				"command": program, "args": servePushing, "extensionToLanguage": languages,
			}}
		},
	}
	kiroClient = lspClient{
		project: ".kiro/settings/lsp.json", about: "'/code init' makes the file; restart Kiro after a change",
		value: func(program string, languages map[string]string) any {
			return map[string]any{"languages": map[string]any{"lanser": map[string]any{
				"name": "lanser", "command": program, "args": serveLSP, "file_extensions": extensionsOf(languages, ""),
				"project_patterns": index.Markers, "exclude_patterns": []string{"**/node_modules/**"},
				"multi_workspace": true, "initialization_options": map[string]any{}, "request_timeout_secs": 60,
			}}}
		},
	}
)

// extensionsOf returns the extensions of files in order, after a prefix in place of their dot: ".go" → "go" with the
// prefix "".
func extensionsOf(languages map[string]string, prefix string) (out []string) {
	for ext := range languages {
		out = append(out, prefix+strings.TrimPrefix(ext, "."))
	}
	slices.Sort(out)
	return out
}

// servedLanguages returns the language ids, by file extension, of the languages whose servers are tested. An agent asks
// no other server about these files, so others are left to it.
func servedLanguages() map[string]string {
	out := map[string]string{}
	for _, l := range catalogue.Languages {
		for _, ext := range l.Names {
			if !strings.HasPrefix(ext, ".") {
				continue
			}
			isTested := func(s *catalogue.Server) bool { return !s.Untested }
			known := catalogue.For("x" + ext)
			if i := slices.IndexFunc(known, isTested); i >= 0 {
				out[ext] = known[i].LanguageID("x" + ext)
			}
		}
	}
	return out
}

// showServers prints for each agent, or for all, the file that makes lanser its language server. The error has code
// Usage if none of the named agents has a client for language servers; with several names, those without one are passed
// over.
func (a *app) showServers(names []string) error {
	shown := 0
	for _, g := range agents {
		if len(names) > 0 && !slices.Contains(names, g.name) || g.lsp == nil {
			continue
		}
		raw, err := json.MarshalIndent(g.lsp.value(self(), servedLanguages()), "", "  ")
		if err != nil {
			return fault.From(err)
		}
		visible.Fprintf(a.out, "# %s", g.title)
		if g.lsp.about != "" {
			visible.Fprintf(a.out, ": %s", g.lsp.about)
		}
		where := g.lsp.project + " for one repository"
		if g.lsp.user != "" {
			where = g.lsp.user + ", or " + where
		}
		visible.Fprintf(a.out, "\n# %s:\n", where)
		_, _ = io.WriteString(a.out, string(raw)+"\n\n") // JSON escapes its strings
		shown++
	}
	if shown == 0 {
		return fault.New(fault.Usage, "no language server can be configured for %s", strings.Join(names, ", ")).
			WithHint("lanser init %s configures it over MCP", names[0])
	}
	return nil
}

// agentsParagraph is a paragraph for AGENTS.md, for agents that run commands instead of tools. It is short, because
// every conversation pays for it.
const agentsParagraph = `Code questions: "lanser overview NAME", "lanser refs NAME" and "lanser impact NAME" answer from
language servers and list every use, so that no grep for NAME is needed. NAME is Type.method,
path#Name or path:line. "lanser diag" reports errors. Use grep for text. Lanser never changes a file.
`

// skillFile is a SKILL.md: a description that an agent always has, and a body that it reads when the description fits
// what it is about to do. So the body can be longer than agentsParagraph.
const skillFile = `---
name: lanser
description: Answers questions about code from language servers - where a symbol is defined, who uses it,
  what a change breaks, which errors are new. Use it in place of grep when you look for a symbol.
---

Read-only; every answer says whether it is complete.

    lanser overview NAME          declaration, documentation, members, uses
    lanser refs NAME              every use
    lanser impact NAME...         what a change can break, tests apart
    git diff -R | lanser impact --patch -    the same of what you have changed
    lanser context PATH           what a file uses, with declarations
    lanser api PACKAGE            what a package exports
    lanser symbols PATH           what a file declares; --query finds a name
    lanser diag                   errors as the compiler sees them

NAME is Type.method, path#Name, path:line or path:line:col. If a name is ambiguous, the error lists
selectors: ask again with one of them. Look yourself at "possible uses". An answer without a line
"evidence:" is complete. "lanser help agents --short" has the rest. Use grep for text that is no symbol.
`
