package main

import (
	"bytes"
	"context"
	"io"
	"strings"
	"testing"

	"lanser/index/indextest"
)

func TestAWrongCommandLineIsReportedWithTheArgumentAndTheFix(t *testing.T) {
	for _, tt := range []struct{ line, want string }{
		{"frobnicate", `E/USAGE: unknown command "frobnicate" for "lanser"; see 'lanser --help'`},
		{"schema print request", `unknown command "print" for "lanser schema"; the commands are export, list,`},
		{"trace shwo x", `unknown command "shwo" for "lanser trace"; the commands are list, replay, show`},
		{"daemon restart", `unknown command "restart" for "lanser daemon"; the commands are status, stop`},
		{"help nope", `there is no help on "nope"; 'lanser help' lists the commands and topics`},
		{"help schema nope", `there is no help on "schema nope"; `},
		{"refs --nope x", `unknown flag: --nope; see 'lanser refs --help'`},
		{"refs --famly x", `unknown flag: --famly; did you mean --family? see 'lanser refs --help'`},
		{"refs --in x", `unknown flag: --in; --in is a flag of calls; see 'lanser refs --help'`},
		{"ref x", `unknown command "ref" for "lanser"; did you mean refs? see 'lanser --help'`},
		{"reffs x", `unknown command "reffs" for "lanser"; did you mean refs? see 'lanser --help'`},
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

// An agent pays for each byte of an error, and knows what it has asked for.
func TestAnErrorDoesNotRepeatALongCommandLine(t *testing.T) {
	t.Setenv("XDG_RUNTIME_DIR", t.TempDir()) // no daemon of the user is asked
	long := strings.Repeat("x", 100_000)
	dir := indextest.Files(t, map[string]string{"a.go": "package m\n\nfunc f() {}\n"})
	for _, line := range []string{
		"LONG", "LONG x", "help LONG", "refs --LONG", "refs f --timeout LONG", "refs f --limit LONG",
		"refs f --format LONG", "refs f --cursor LONG", "refs f --require LONG", "refs f --index-io LONG",
		"refs f --budget LONG", "refs f --workspace /LONG", "init LONG", "hook LONG", "trace show LONG",
		"trace replay LONG", "reward LONG LONG", "report merge LONG", "schema export LONG", "servers install LONG",
		"daemon stop LONG", "daemon status LONG",
		"serve --protocol LONG", "serve --tools LONG", "diag --patch LONG", "diag --shard LONG",
		"diag --fail-on LONG", "diag --baseline LONG", "batch --in LONG",
		"refs --no-daemon LONG", "refs --no-daemon go://x#LONG", "refs --no-daemon id:LONG",
		"refs --no-daemon ast://[LONG",
		"refs --no-daemon @R(LONG", "refs --no-daemon go://LONG", "refs --no-daemon a.go@L1:C1?docVersion=LONG",
		"refs --no-daemon a.go@L1:C1?LONG=1", "refs --no-daemon LONG/a.go:1:1", "refs --no-daemon go://*#f:LONG",
		"api --no-daemon LONG", "context --no-daemon LONG", "impact --no-daemon LONG", "rename --no-daemon f LONG(",
		"symbols --no-daemon LONG", "diag --no-daemon LONG", "diag --no-daemon --since LONG",
		"symbols --no-daemon --query (LONG --regex",
	} {
		var out, errs bytes.Buffer
		a := &app{in: strings.NewReader(""), out: &out, err: &errs}
		args := strings.Fields(line)
		for i := range args {
			args[i] = strings.ReplaceAll(args[i], "LONG", long)
		}
		code := a.run(t.Context(), append([]string{"--workspace", dir}, args...))
		isAnswered := code == 0 && strings.HasPrefix(line, "daemon ") // that no daemon has a folder open is no error
		if n := out.Len() + errs.Len(); code == 0 && !isAnswered || n == 0 || n > 4000 {
			t.Errorf("%s: exit code %d and %d bytes: %.200s%.200s", line, code, n, out.String(), errs.String())
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
