package main

import (
	"bytes"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/cobra/doc"

	"lanser/index/indextest"
	"lanser/server/api"
)

// exampleWorkspace has what the examples name.
func exampleWorkspace(t testing.TB) string {
	t.Helper()
	return indextest.Files(t, map[string]string{
		"go.mod": "module ex.com/m\n\ngo 1.21\n",
		"serve.go": "package m\n\ntype Server interface{ Serve() error }\n\ntype plain struct{}\n\n" +
			"func (plain) Serve() error { return nil }\n\nvar Default plain\n\n" +
			"func run() error { return Default.Serve() }\n\nfunc Main() error { return run() }\n",
		"pkg/mod.py": "class Class:\n    def method(self):\n        return 1\n",
		"src/app.py": "import json\ndef load(path):\n    return json.loads(path)\n\nload(\"x\")\n",
		"src/app.ts": "export class Store {\n  load(): number {\n    return 1;\n  }\n}\n",
		"change.diff": "--- a/src/app.ts\n+++ b/src/app.ts\n@@ -1,5 +1,5 @@\n export class Store {\n" +
			"   load(): number {\n-    return 1;\n+    return 2;\n   }\n }\n",
	})
}

// Every example of the help runs and prints something, in a workspace that has the symbols that it names.
func TestTheExamplesOfHelpRun(t *testing.T) {
	t.Parallel()
	indextest.Needs(t, "the servers gopls, pyright and typescript")
	dir := exampleWorkspace(t)
	indextest.FailIfChanged(t, dir)
	for _, op := range api.Operations {
		if len(examples[op.Name]) == 0 {
			t.Errorf("%s has no example", op.Name)
		}
		for _, line := range examples[op.Name] {
			name, rest, _ := strings.Cut(line, " ")
			if name != "lanser" {
				t.Errorf("%s is no command of lanser", line)
			}
			cmd := exec.Command("sh", "-c", program(t)+" "+rest)
			cmd.Dir = dir
			var notes bytes.Buffer
			cmd.Stderr = &notes
			out, err := cmd.Output()
			if err != nil || len(out)+notes.Len() == 0 {
				t.Errorf("%s: %v\n%s%s", line, err, out, notes.String())
			}
		}
	}
}

// The manual page is generated from the commands with their flags and from the help topics.
func TestTheManualPageIsUpToDate(t *testing.T) {
	if *update {
		helpTexts = os.DirFS(".")
		defer func() { helpTexts = embedded }()
	}
	a := &app{out: new(bytes.Buffer), err: new(bytes.Buffer)}
	root := a.command()
	page := *root
	var text strings.Builder
	text.WriteString(page.Long + "\n")
	for _, c := range root.Commands() {
		if c.Hidden {
			continue
		}
		text.WriteString("\n# " + strings.ToUpper(c.Name()) + "\n" + c.Short + "\n\n")
		body := c.Long
		if c.Runnable() || c.HasSubCommands() {
			body += "\n\n" + c.UsageString()
		}
		for line := range strings.Lines(strings.TrimSpace(body)) {
			text.WriteString("    " + line)
		}
		text.WriteString("\n")
	}
	page.ResetCommands()
	page.Long = text.String()
	epoch := time.Unix(0, 0).UTC()
	var out bytes.Buffer
	header := doc.GenManHeader{Title: "LANSER", Section: "1", Source: "lanser", Manual: "Lanser", Date: &epoch}
	if err := doc.GenMan(&page, &header, &out); err != nil {
		t.Fatal(err)
	}
	current(t, "help/lanser.1", out.String())
	plain := strings.ReplaceAll(out.String(), `\-`, "-")
	for _, words := range []string{"--no-daemon", "--from-scip", "E/NOT_FOUND", "docVersion", "DAEMON", "OVERVIEW"} {
		if !strings.Contains(plain, words) {
			t.Errorf("%s is missing", words)
		}
	}
}

// Selectors are completed in the form in which they were begun.
func TestShellCompletionCompletesSelectors(t *testing.T) {
	dir := exampleWorkspace(t)
	for typed, want := range map[string]string{
		"go://*#Serv":          "go://*#Server\ngo://*#Server.Serve\n",
		"ts://src/app#Store.l": "ts://src/app#Store.load\n",
		"py://*#meth":          "py://*#Class.method\n",
	} {
		var out bytes.Buffer
		a := &app{out: &out, err: new(bytes.Buffer), noDaemon: true}
		cmd := a.command()
		cmd.SetArgs([]string{cobra.ShellCompNoDescRequestCmd, "--workspace", dir, "--no-daemon", "def", typed})
		if err := cmd.Execute(); err != nil {
			t.Fatal(err)
		}
		if got, _, _ := strings.Cut(out.String(), ":4\n"); !strings.Contains(got, want) {
			t.Errorf("%s: %s, want %s", typed, got, want)
		}
	}
}
