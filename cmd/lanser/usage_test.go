package main

import (
	"bytes"
	"context"
	"io"
	"strings"
	"testing"
)

func TestAWrongCommandLineIsReportedWithTheArgumentAndTheFix(t *testing.T) {
	for _, tt := range []struct{ line, want string }{
		{"frobnicate", `E/USAGE: unknown command "frobnicate" for "lanser"; usage: lanser [flags]`},
		{"schema print request", `unknown command "print" for "lanser schema"; the commands are export, list,`},
		{"trace shwo x", `unknown command "shwo" for "lanser trace"; the commands are list, replay, show`},
		{"daemon restart", `unknown command "restart" for "lanser daemon"; the commands are status, stop`},
		{"help nope", `there is no help on "nope"; 'lanser help' lists the commands and topics`},
		{"help schema nope", `there is no help on "schema nope"; `},
		{"refs --nope x", `unknown flag: --nope; see 'lanser refs --help'`},
		{"refs --famly x", `unknown flag: --famly; did you mean --family? see 'lanser refs --help'`},
		{"reffs x", `unknown command "reffs" for "lanser"; did you mean refs? usage: lanser [flags]`},
		{"types x --depth x", `"--depth" flag: it must be a number; see 'lanser types --help'`},
		{"doctor --max-memory 1e3", `"--max-memory" flag: it must be a number; see 'lanser doctor --help'`},
		{"reward a b --alpha x", `"--alpha" flag: it must be a number; see 'lanser reward --help'`},
		{"doctor --max-memory 9999999999999999999", `"--max-memory" flag: the number is too large;`},
	} {
		var out, errs bytes.Buffer
		a := &app{in: strings.NewReader(""), out: &out, err: &errs}
		code := a.run(context.Background(), strings.Fields(tt.line))
		if code != 2 || out.Len() > 0 || !strings.Contains(errs.String(), tt.want) {
			t.Errorf("%s: exit code %d\n%s%swant %s", tt.line, code, out.String(), errs.String(), tt.want)
		}
	}
}

func TestHelpIsPrintedForCommandsAndTopics(t *testing.T) {
	for line, want := range map[string]string{
		"help":             "Available Commands:",
		"help refs":        "every use of a symbol in the workspace",
		"help schema list": "list the schemas with their versions",
		"help selectors":   "Escapes: in paths, modules and names",
		"schema":           "Available Commands:",
		"trace":            "Available Commands:",
	} {
		var out, errs bytes.Buffer
		a := &app{in: strings.NewReader(""), out: &out, err: &errs}
		code := a.run(context.Background(), strings.Fields(line))
		if code != 0 || !strings.Contains(out.String(), want) {
			t.Errorf("%s: exit code %d, want %q in\n%s%s", line, code, want, out.String(), errs.String())
		}
	}
}

// Of two commands of one name, cobra finds either: a topic and a command that share a name must be one.
func TestNoTwoCommandsHaveOneName(t *testing.T) {
	root := (&app{out: io.Discard, err: io.Discard}).command()
	seen := map[string]bool{}
	for _, c := range root.Commands() {
		if seen[c.Name()] {
			t.Errorf("two commands are called %s", c.Name())
		}
		seen[c.Name()] = true
	}
	for _, topic := range topics() {
		c, _, err := root.Find([]string{topic.Name()})
		if err != nil || c.Long != topic.Long {
			t.Errorf("'lanser help %s' does not show its page: %v", topic.Name(), err)
		}
	}
}
