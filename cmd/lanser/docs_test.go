package main

import (
	"bytes"
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"lanser/index"
	"lanser/index/indextest"
	"lanser/selectors/fault"
	"lanser/server"
	"lanser/server/api"
	"lanser/server/mcp"
)

var update = flag.Bool("update", false, "rewrite the files that are generated from the code")

// replaced returns text with the part between the strings from and to replaced.
func replaced(t *testing.T, text, from, to, with string) string {
	t.Helper()
	head, rest, ok1 := strings.Cut(text, from)
	_, tail, ok2 := strings.Cut(rest, to)
	if !ok1 || !ok2 {
		t.Fatalf("no text between %q and %q", from, to)
	}
	return head + from + with + to + tail
}

// current checks that a file has the content want, or writes it with -update.
func current(t *testing.T, file, want string) {
	t.Helper()
	got, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if string(got) == want {
		return
	}
	if !*update {
		t.Errorf("%s is out of date; run: go test ./cmd/lanser -run %s -update", file, t.Name())
		return
	}
	if err := os.WriteFile(file, []byte(want), 0o644); err != nil {
		t.Fatal(err)
	}
}

func TestReadmeQuotesTheHelp(t *testing.T) {
	var help bytes.Buffer
	app := &app{out: &help, err: &help}
	cmd := app.command()
	cmd.SetArgs([]string{"help"})
	if err := cmd.Execute(); err != nil {
		t.Fatal(err)
	}
	readme, err := os.ReadFile("../../README.md")
	if err != nil {
		t.Fatal(err)
	}
	current(t, "../../README.md", replaced(t, string(readme), "```text\n", "```\n", help.String()))
}

// README shows the bundle that the code produces.
func TestReadmeShowsABundle(t *testing.T) {
	root := indextest.Files(t, map[string]string{"a.go": "package m\n\nfunc F() {}\n", "go.mod": "module ex.com/m\n"})
	e, err := server.New(server.Config{Root: root})
	if err != nil {
		t.Fatal(err)
	}
	defer e.Close()
	b, err := e.Do(context.Background(), api.Request{
		Op: "locate", Selector: json.RawMessage(`"go://*#F:sig"`), Options: api.Options{Preview: true},
	})
	if err != nil {
		t.Fatal(err)
	}
	b = b.Reproducible()
	b.Environment.Platform = "linux/amd64"
	if err := b.Seal(); err != nil {
		t.Fatal(err)
	}
	var shown bytes.Buffer
	enc := json.NewEncoder(&shown)
	enc.SetIndent("", "  ")
	enc.SetEscapeHTML(false)
	if err := enc.Encode(b); err != nil {
		t.Fatal(err)
	}
	readme, err := os.ReadFile("../../README.md")
	if err != nil {
		t.Fatal(err)
	}
	current(t, "../../README.md", replaced(t, string(readme), "```json\n", "```\n", shown.String()))
}

func TestTheLanguageTopicListsTheLanguages(t *testing.T) {
	var b strings.Builder
	b.WriteString("selector schemes and file names of the supported languages\n\n")
	for _, l := range index.Languages() {
		fmt.Fprintf(&b, "  %-13s %-26s %s\n", l.Scheme+"://", l.Title, strings.Join(l.Files, " "))
	}
	b.WriteString(`
locate and symbols work for all of these languages without a language server. Definitions,
references, types and diagnostics need one: see 'lanser servers list'.
`)
	current(t, "help/languages.txt", b.String())
}

func TestReadmeNamesEveryLanguage(t *testing.T) {
	readme, err := os.ReadFile("../../README.md")
	if err != nil {
		t.Fatal(err)
	}
	_, list, _ := strings.Cut(string(readme), "`locate` and `symbols` work without a language server. They support")
	list, _, _ = strings.Cut(list, "(`lanser help languages`)")
	named := strings.Join(strings.Fields(list), " ")
	for _, l := range index.Languages() {
		title, _, _ := strings.Cut(l.Title, " (")
		title, _, _ = strings.Cut(title, " and ")
		if !strings.Contains(named, title) {
			t.Errorf("README.md does not name the language %q: add it to the list that ends with (`lanser help "+
				"languages`)", title)
		}
	}
}

func TestTheErrorTopicListsTheExitTable(t *testing.T) {
	var b strings.Builder
	b.WriteString("exit codes and error codes\n\n")
	row := func(exit int, code, meaning string) { fmt.Fprintf(&b, "%4d  %-23s  %s\n", exit, code, meaning) }
	row(0, "", "success")
	row(1, "", "diag: findings at or above --fail-on")
	for _, e := range fault.Table {
		meaning := e.Meaning
		if e.Retryable {
			meaning += " (retryable)"
		}
		row(e.Exit, string(e.Code), meaning)
	}
	b.WriteString(`
Retryable means that the same request, or one with a suggested selector, may succeed later.
66 takes precedence over 1. An error is one line on standard error that says what failed, where
and why, and how to correct it. With --json it is a bundle with the status "error".
`)
	current(t, "help/errors.txt", b.String())
}

// helpWidth is the number of columns that the paragraphs of help topics have at most.
const helpWidth = 100

// The paragraphs of help topics fit a terminal. Tables and examples are indented, and may be wider.
func TestTheParagraphsOfHelpAreBroken(t *testing.T) {
	files, err := filepath.Glob("help/*.txt")
	if err != nil || len(files) == 0 {
		t.Fatal(files, err)
	}
	for _, file := range files {
		raw, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		n := 0
		for line := range strings.Lines(string(raw)) {
			n++
			width := utf8.RuneCountInString(strings.TrimSuffix(line, "\n"))
			if width > helpWidth && !strings.HasPrefix(line, " ") {
				t.Errorf("%s:%d has %d columns, more than %d", file, n, width, helpWidth)
			}
		}
	}
}

// The topic for agents lists the options that the schemas of the tools omit.
func TestTheAgentsTopicListsTheRareOptions(t *testing.T) {
	raw, err := os.ReadFile("help/agents.txt")
	if err != nil {
		t.Fatal(err)
	}
	var b strings.Builder
	b.WriteString("\n")
	for _, name := range slices.Sorted(maps.Keys(mcp.HiddenOptions())) {
		fmt.Fprintf(&b, "  %-16s", name)
		width := 18
		for _, word := range strings.Fields(mcp.HiddenOptions()[name]) {
			if width+1+len(word) > helpWidth {
				b.WriteString("\n" + strings.Repeat(" ", 18))
				width = 18
			}
			b.WriteString(" " + word)
			width += 1 + len(word)
		}
		b.WriteString("\n")
	}
	b.WriteString("\n")
	current(t, "help/agents.txt", replaced(t, string(raw), "supports them takes them:\n", "Resources: ", b.String()))
}
