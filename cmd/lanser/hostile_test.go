package main

import (
	"bytes"
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// evil is text that terminals and CI systems act on, and that pretends to be ours.
const evil = "x\n::error::y\x1b[31m\u202e##vso[z]\nclean: no diagnostics\n"

// acting is what must not be printed: control and format characters, and what CI systems
// obey.
var acting = regexp.MustCompile(
	"[\x00-\x08\x0b-\x1f\x7f\u0080-\u009f]|\\p{Cf}|##(vso)?\\[|(?m:^\\s*::|^clean: no diagnostics$)",
)

// hostileFolder is a workspace, in a folder with an evil name, whose files have evil names
// and contents. What it holds is found by syntax alone.
func hostileFolder(t *testing.T) string {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "w\n::error::x\x1b[31m\u202e##[y")
	for name, content := range map[string]string{
		"a.py": "def f():\n    \"\"\"d\nclean: no diagnostics\n::error::x \x1b[2J\u009b\u200b##vso[z]\"\"\"\n" +
			"    return 1\n",
		"b\nclean: no diagnostics\n.py": "def g(): pass\n",
		"::stop-commands::t/c.py":       "def h(): pass\n",
		"##[group]d.py":                 "def h(): pass\n",
		"e\x1b[31m\u202e.py":            "def i(): pass\n",
		"m.md":                          "# ::error::x \x1b[2J\n\n## clean: no diagnostics\n\n## x ##[group]y\n",
		"o.toml":                        "[\"\u202eb\"]\nz = 2\n",
		"j.json":                        "{\"##vso[c]\": {\"\u200b\": 1}}\n",
	} {
		file := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(file), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if raw, err := exec.Command("git", "init", "-q", dir).CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, raw)
	}
	return dir
}

func TestNoOutputOfACommandControlsATerminalOrCISystem(t *testing.T) {
	t.Chdir(hostileFolder(t))
	t.Setenv("XDG_DATA_HOME", t.TempDir()) // no servers: what they say is in the reports' tests
	trace := filepath.Join(t.TempDir(), "t.jsonl")
	bundle := filepath.Join(t.TempDir(), "bundle.json")
	if err := os.WriteFile(bundle, []byte(`{"bundleId":"::error::\u001b[31m"}`), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, args := range [][]string{
		{"symbols", "."},
		{"--json", "symbols", "."},
		{"symbols", "--query", "h"},
		{"--trace-file", trace, "symbols", "."},
		{"locate", "py://a#f", "--preview"},
		{"--json", "locate", "py://a#f", "--preview"},
		{"locate", "py://*#h"},
		{"locate", "py://a#nothing"},
		{"locate", "toml://o#*"},
		{"trace", "list", trace},
		{"trace", "show", trace},
		{"--json", "trace", "show", trace},
		{"trace", "replay", trace},
		{"trace", "show", trace, evil},
		{"trace", "list", evil},
		{"doctor"},
		{"--json", "doctor"},
		{"refs", "py://a#f"},
		{"diag"},
		{"diag", "--format", "github"},
		{"diag", "--format", "markdown"},
		{"diag", "--color", "never", "--format", "full"},
		{evil},
		{"--" + evil},
		{"help", evil},
		{"symbols", evil},
		{"locate", evil},
		{"def", evil + "@L1:C1"},
		{"locate", "py://a#" + evil},
		{"locate", "id:" + evil},
		{"locate", `{"kind":"` + evil + `"}`},
		{"--workspace", evil, "symbols", "."},
		{"--sandbox", evil, "refs", "py://a#f"},
		{"refs", "--server", evil, "py://a#f"},
		{"refs", "--timeout", evil, "py://a#f"},
		{"refs", "--require", evil, "py://a#f"},
		{"diag", "--since", evil},
		{"diag", "--format", evil},
		{"diag", "--output", evil},
		{"diag", "--config", evil},
		{"diag", "--patch", evil},
		{"diag", "--baseline", evil},
		{"diag", "--compare", bundle, bundle},
		{"batch", "--in", evil},
		{"reward", evil},
		{"schema", "validate", "bundle", evil},
		{"schema", "validate", "bundle", bundle},
		{"schema", "export", evil},
		{"servers", "install", evil},
		{"init", evil},
		{"serve", "--protocol", evil},
	} {
		var out, errs bytes.Buffer
		(&app{in: strings.NewReader(""), out: &out, err: &errs, noDaemon: true}).run(context.Background(), args)
		for what, s := range map[string]string{"standard output": out.String(), "standard error": errs.String()} {
			s = regexp.MustCompile(`(?m)^::error title=lanser::`).ReplaceAllString(s, "") // the format github's own
			if at := acting.FindStringIndex(s); at != nil {
				t.Errorf("%q: %s: %q", args, what, s[max(0, at[0]-60):min(len(s), at[1]+40)])
			}
		}
		if out.Len()+errs.Len() == 0 {
			t.Errorf("%q prints nothing", args)
		}
	}
}
