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
	"lanser/server/project"
)

// lspClient describes the configuration file in which an agent lists its language servers. Lanser is entered there as
// one server for all languages ('lanser serve --protocol lsp'), which passes the requests on to the servers of each.
// Lanser prints the file, and does not write it.
type lspClient struct {
	// user and project are the paths of the user's file and of a repository's, "" if the agent reads no such file.
	user, project string
	about         string // printed after the agent's name: a further step, or what to expect; "" for none
	// value returns the content of the file. languages are the language ids by file extension, such as ".go".
	value func(program string, languages map[string]string) any
}

// serveLSP are the arguments that make lanser a language server, for a client that requests diagnostics.
var serveLSP = []string{"serve", "--protocol", "lsp"}

// servePushing are the arguments for a client that waits for published diagnostics after an edit (Crush for a second)
// and reads none as "no errors". With --announce, lanser publishes "not verified yet" after 700 ms.
var servePushing = append(slices.Clone(serveLSP), "--announce", "700ms")

// The clients, with the file that the documentation of each describes. Some agents also start a server of their own for
// a language; about says which one is asked, if the documentation does.
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

// servedLanguages returns LSP's language ids by file extension, for the languages that a tested server answers for.
// The others are left out, because an agent asks no other server about the extensions that lanser names.
func servedLanguages() map[string]string {
	out := map[string]string{}
	for _, l := range project.Languages {
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

// printLSPFiles prints, for the named agents or for all, the file that makes lanser their language server. Agents
// without a client for language servers are skipped. The error has code Usage if that leaves none.
func (a *app) printLSPFiles(names []string) error {
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
