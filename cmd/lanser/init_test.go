package main

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/tailscale/hujson"

	"lanser/index/indextest"
	"lanser/selectors/fault"
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
				if was != "" {
					indextest.Write(t, home, g.file, was)
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
