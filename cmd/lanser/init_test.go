package main

import (
	"bytes"
	"encoding/json"
	"io"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/tailscale/hujson"

	"lanser/index/indextest"
	"lanser/selectors/fault"
	"lanser/server/hook"
)

// tell runs 'lanser init' for a user with a home of his own.
func tell(t *testing.T, answer string, args ...string) (out, notes string, err error) {
	t.Helper()
	var o, n bytes.Buffer
	a := &app{in: strings.NewReader(answer), out: &o, err: &n}
	cmd := a.command()
	cmd.SetArgs(append([]string{"init"}, args...))
	err = cmd.Execute()
	return o.String(), n.String(), err
}

// 'lanser init AGENT' prints the entry for each agent as its configuration file would contain it, and writes nothing.
func TestInitOnlyPrints(t *testing.T) {
	home := t.TempDir()
	t.Setenv("HOME", home)
	out, _, err := tell(t, "")
	if err != nil {
		t.Fatal(err)
	}
	for _, g := range agents {
		if !strings.Contains(out, "# "+g.title+"\n") || !strings.Contains(out, g.entry(self())) {
			t.Errorf("%s is not told of", g.title)
		}
		own, _, _ := tell(t, "", g.name)
		if hooks := strings.Contains(own, " hook "+g.name+" --config\n"); hooks != (hook.Named(g.name) != nil) {
			t.Errorf("%s: the hook is mentioned: %v", g.name, hooks)
		}
		if client := strings.Contains(own, " init "+g.name+" --lsp\n"); client != (g.lsp != nil) {
			t.Errorf("%s: the client of language servers is mentioned: %v", g.name, client)
		}
	}
	if entries, err := os.ReadDir(home); err != nil || len(entries) > 0 {
		t.Errorf("%v was written (%v)", entries, err)
	}
}

// The entry is added once. The user's own entries, comments and their order are kept.
func TestInitAddsOneEntryAndKeepsTheRest(t *testing.T) {
	theirs := map[string]string{
		"json": "{\n  // mine\n  \"theme\": \"dark\",\n  \"z\": [1, 2,],\n  \"a\": {\"x\": 1}\n}\n",
		"toml": "model = \"o\"\n\n[mcp_servers.other]\ncommand = \"x\"\n",
		"none": "",
	}
	for _, g := range agents {
		for kind, was := range theirs {
			if kind == "json" && g.toml != nil || kind == "toml" && g.toml == nil {
				continue
			}
			t.Run(g.name+" "+kind, func(t *testing.T) {
				home := t.TempDir()
				t.Setenv("HOME", home)
				file := filepath.Join(home, filepath.FromSlash(g.file))
				if was != "" && g.isYAML() {
					t.Skip("lanser does not add to a YAML file")
				}
				if was != "" {
					indextest.Write(t, home, g.file, was)
				}
				if _, _, err := tell(t, "", g.name, "--write-user"); !fault.Is(err, fault.Usage) {
					t.Errorf("without an answer: %v", err)
				}
				if _, notes, err := tell(t, "n\n", g.name, "--write-user"); err != nil ||
					!strings.Contains(notes, "nothing was written") {
					t.Fatalf("%v: %s", err, notes)
				}
				if now, _ := os.ReadFile(file); string(now) != was {
					t.Fatalf("it was written though the user said no: %s", now)
				}
				if _, notes, err := tell(t, "y\n", g.name, "--write-user"); err != nil ||
					!strings.Contains(notes, "is configured to use lanser") {
					t.Fatalf("%v: %s", err, notes)
				}
				now, err := os.ReadFile(file)
				if err != nil {
					t.Fatal(err)
				}
				if !strings.HasPrefix(string(now), strings.TrimRight(was, "}\n")) {
					t.Errorf("what was there is not as it was:\n%s", now)
				}
				if g.toml == nil {
					standard, err := hujson.Standardize(bytes.Clone(now))
					if err != nil {
						t.Fatal(err)
					}
					var v map[string]map[string]any
					_ = json.Unmarshal(standard, &v) // other keys may be of other kinds
					if v[g.at[0]][g.at[1]] == nil {
						t.Errorf("no entry at %v:\n%s", g.at, now)
					}
				} else if !strings.HasSuffix(string(now), g.entry(self())) {
					t.Errorf("no entry:\n%s", now)
				}
				if _, notes, err := tell(t, "", g.name, "--write-user", "--yes"); err != nil ||
					!strings.Contains(notes, "already") {
					t.Errorf("again: %v: %s", err, notes)
				}
				if again, _ := os.ReadFile(file); !bytes.Equal(again, now) {
					t.Errorf("the second time it was written again:\n%s", again)
				}
			})
		}
	}
}

func TestInitRefusesConfigurationsThatItCannotEditSafely(t *testing.T) {
	home := indextest.Files(t, map[string]string{".cursor/mcp.json": "{ not json", "go.mod": "module m\n"})
	t.Setenv("HOME", home)
	for want, args := range map[fault.Code][]string{
		fault.Usage:       {"cursor", "--write-user", "--yes", "--workspace", t.TempDir()},
		fault.Permissions: {"zed", "--write-user", "--yes", "--workspace", home},
	} {
		if _, _, err := tell(t, "", args...); !fault.Is(err, want) {
			t.Errorf("%v: %v, want %s", args, err, want)
		}
	}
	for _, args := range [][]string{{"emacs"}, {"--write-user"}} {
		if _, _, err := tell(t, "", args...); !fault.Is(err, fault.Usage) {
			t.Errorf("%v: %v", args, err)
		}
	}
	if now, _ := os.ReadFile(filepath.Join(home, ".cursor", "mcp.json")); string(now) != "{ not json" {
		t.Errorf("a file that cannot be read was written: %s", now)
	}
}

// The user's file is where the agent looks for it on each platform.
func TestInitKnowsThePathsOfEachPlatform(t *testing.T) {
	named := func(name string) agent {
		return agents[slices.IndexFunc(agents, func(g agent) bool { return g.name == name })]
	}
	env := func(name string) string { return map[string]string{"APPDATA": "/R", "LOCALAPPDATA": "/L"}[name] }
	for _, tt := range []struct{ name, goos, file, shown string }{
		{"vscode", "linux", "/h/.config/Code/User/mcp.json", "~/.config/Code/User/mcp.json"},
		{
			"vscode", "darwin", "/h/Library/Application Support/Code/User/mcp.json",
			"~/Library/Application Support/Code/User/mcp.json",
		},
		{"vscode", "windows", "/R/Code/User/mcp.json", `%APPDATA%\Code\User\mcp.json`},
		{"crush", "windows", "/L/crush/crush.json", `%LOCALAPPDATA%\crush\crush.json`},
		{"cursor", "windows", "/h/.cursor/mcp.json", `%USERPROFILE%\.cursor\mcp.json`},
		{"goose", "darwin", "/h/.config/goose/config.yaml", "~/.config/goose/config.yaml"},
	} {
		g := named(tt.name)
		got := g.userFile(tt.goos, "/h", env)
		if got != filepath.FromSlash(tt.file) || g.shownFile(tt.goos) != tt.shown {
			t.Errorf("%s on %s: %s, shown as %s", tt.name, tt.goos, got, g.shownFile(tt.goos))
		}
	}
}

// The file of each agent with a client for language servers is JSON, starts the one language server, and names the
// extensions of the tested servers alone.
func TestInitPrintsTheLanguageServerOfEachClient(t *testing.T) {
	if got := servedLanguages(); got[".go"] != "go" || got[".tsx"] != "typescriptreact" || got[".java"] != "" {
		t.Errorf("the languages are %v", got)
	}
	clients := 0
	for _, g := range agents {
		out, _, err := tell(t, "", g.name, "--lsp")
		if g.lsp == nil {
			if !fault.Is(err, fault.Usage) {
				t.Errorf("%s: %v", g.name, err)
			}
			continue
		}
		clients++
		_, entry, _ := strings.Cut(out, "\n{")
		var v any
		if err := json.Unmarshal([]byte("{"+entry), &v); err != nil {
			t.Errorf("%s: %v\n%s", g.name, err, out)
		}
		flat := strings.Join(strings.Fields(entry), " ")
		for _, want := range []string{`"serve", "--protocol", "lsp"`, `go"`, `tsx"`} {
			if !strings.Contains(flat, want) {
				t.Errorf("%s lacks %s:\n%s", g.name, want, out)
			}
		}
		if !strings.Contains(out, g.lsp.project) {
			t.Errorf("%s: no path:\n%s", g.name, out)
		}
	}
	if clients != 6 {
		t.Errorf("%d clients", clients)
	}
}

// The entry for Kiro has every field that Kiro's documentation lists for a language server, and no other.
func TestTheLanguageServerOfKiroHasTheDocumentedFields(t *testing.T) {
	raw, err := json.Marshal(kiroClient.value("lanser", map[string]string{".go": "go"}))
	if err != nil {
		t.Fatal(err)
	}
	var v struct{ Languages map[string]map[string]any }
	if err := json.Unmarshal(raw, &v); err != nil {
		t.Fatal(err)
	}
	want := []string{
		"args", "command", "exclude_patterns", "file_extensions", "initialization_options", "multi_workspace", "name",
		"project_patterns", "request_timeout_secs",
	}
	if got := slices.Sorted(maps.Keys(v.Languages["lanser"])); !slices.Equal(got, want) {
		t.Errorf("%v, want %v", got, want)
	}
}

// Every command in the texts for models exists.
func TestTheTextsForModelsNameCommandsThatExist(t *testing.T) {
	root := (&app{in: strings.NewReader(""), out: io.Discard, err: io.Discard}).command()
	text := skillFile + agentsParagraph
	for _, m := range regexp.MustCompile(`lanser ([a-z]+)`).FindAllStringSubmatch(text, -1) {
		cmd, _, err := root.Find([]string{m[1]})
		if m[1] != "help" && (err != nil || cmd == root) {
			t.Errorf("there is no command %s", m[1])
		}
	}
	if len(agentsParagraph) > 500 || len(skillFile) > 1500 {
		t.Errorf("%d and %d bytes", len(agentsParagraph), len(skillFile))
	}
	if out, _, err := tell(t, "", "--skill"); err != nil || out != skillFile {
		t.Errorf("%v: %s", err, out)
	}
}
