// Check is the one gate: everything that continuous integration runs, runnable
// by anyone with one command, 'go run ./cmd/check'. It installs what it needs in
// pinned versions, outside the repository, and fails where something cannot be
// had.
package main

import (
	"bytes"
	"context"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"lanser/server/catalogue"
	"lanser/server/install"
	"lanser/server/programs"
)

const (
	gofumpt     = "mvdan.cc/gofumpt@v0.10.0"
	staticcheck = "honnef.co/go/tools/cmd/staticcheck@v0.8.2"
	fuzzTime    = "20000x" // inputs for each fuzz target: by a count, for Go's fuzzer may fail when time is up
)

// step is one part of the gate.
type step struct {
	name  string // one word, by which it can be asked for
	does  string
	needs string // what must be there beside Go and gcc, or is fetched
	run   func(context.Context) error
}

// steps in the order in which they are most likely to fail soon.
var steps = []step{
	{"format", "every file is formatted by gofumpt", "fetches gofumpt", silent("go", "run", gofumpt, "-l", ".")},
	{"vet", "go vet", "", command("go", "vet", "./...")},
	{"tidy", "go.mod and go.sum are tidy", "", silent("go", "mod", "tidy", "-diff")},
	{"lint", "staticcheck", "fetches staticcheck", command("go", "run", staticcheck, "./...")},
	{"servers", "installs the pinned language servers that are missing, into the user's data folder", "fetches them", servers},
	{"witnesses", "installs the programs that answers are compared with, where they are missing", "apt-get, as root", witnesses},
	{"tests", "all tests, with the race detector", "servers, witnesses; fetches code bases into the user's cache", command("go", "test", "-race", "-timeout", "40m", "./...")},
	{"fuzz", "each fuzz target for " + fuzzTime + " inputs", "", fuzz},
}

const usage = `Check runs the project's gate: all of its steps, or those that are named.

	go run ./cmd/check [--list] [STEP...]

`

func main() {
	list := flag.Bool("list", false, "print the steps and what each needs, and run none")
	flag.Usage = func() {
		fmt.Fprint(flag.CommandLine.Output(), usage)
		flag.PrintDefaults()
	}
	flag.Parse()
	if *list {
		for _, s := range steps {
			fmt.Printf("%-10s %s", s.name, s.does)
			if s.needs != "" {
				fmt.Printf(" (%s)", s.needs)
			}
			fmt.Println()
		}
		return
	}
	chosen, err := choose(flag.Args())
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(2)
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	for _, s := range chosen {
		started := time.Now()
		if err := s.run(ctx); err != nil {
			fmt.Printf("FAIL %s: %v\n", s.name, err)
			os.Exit(1)
		}
		fmt.Printf("ok   %s: %s (%.0fs)\n", s.name, s.does, time.Since(started).Seconds())
	}
}

// choose returns the steps of the given names in the gate's order; all for no name.
func choose(names []string) ([]step, error) {
	if len(names) == 0 {
		return steps, nil
	}
	var chosen []step
	for _, s := range steps {
		if slices.Contains(names, s.name) {
			chosen = append(chosen, s)
		}
	}
	for _, name := range names {
		if !slices.ContainsFunc(steps, func(s step) bool { return s.name == name }) {
			return nil, fmt.Errorf("check has no step %q: 'go run ./cmd/check --list' prints them", name)
		}
	}
	return chosen, nil
}

// command runs a program and shows what it prints.
func command(argv ...string) func(context.Context) error {
	return func(ctx context.Context) error {
		cmd := exec.CommandContext(ctx, argv[0], argv[1:]...)
		cmd.Stdout, cmd.Stderr = os.Stdout, os.Stderr
		return cmd.Run()
	}
}

// silent runs a program that prints nothing when all is well.
func silent(argv ...string) func(context.Context) error {
	return func(ctx context.Context) error {
		cmd := exec.CommandContext(ctx, argv[0], argv[1:]...)
		cmd.Stderr = os.Stderr
		out, err := cmd.Output()
		if err == nil && len(bytes.TrimSpace(out)) > 0 {
			err = fmt.Errorf("there is something to mend")
		}
		if err != nil {
			os.Stdout.Write(out)
		}
		return err
	}
}

// servers installs the pinned language servers that are missing: the tests run
// them all.
func servers(ctx context.Context) error {
	dirs, err := install.UserDirs("")
	if err != nil {
		return err
	}
	cwd, err := os.Getwd()
	if err != nil {
		return err
	}
	find := programs.For(cwd)
	for _, s := range catalogue.Servers {
		if s.Untested {
			continue
		}
		if found, err := install.Find(dirs, s, find); err == nil && found.Pinned {
			continue
		}
		if err := install.Install(ctx, dirs, s, find, os.Stdout); err != nil {
			return err
		}
	}
	return nil
}

// witnesses installs Debian's packages of the programs that answers are compared and
// reports are looked at with, and that unpack code bases, where they are missing.
func witnesses(ctx context.Context) error {
	var missing []string
	for program, pkg := range map[string]string{
		"ctags": "universal-ctags", "xz": "xz-utils", "unshare": "util-linux", "shellcheck": "shellcheck", "cargo": "cargo-web", "rustc": "rustc-web", "nvim": "neovim",
		"xmllint": "libxml2-utils", "chromium": "chromium", "strace": "strace",
	} {
		if _, err := exec.LookPath(program); err != nil {
			missing = append(missing, pkg)
		}
	}
	if len(missing) == 0 {
		return nil
	}
	for _, argv := range [][]string{
		{"apt-get", "update", "-q"},
		append([]string{"apt-get", "install", "-q", "-y", "--no-install-recommends"}, missing...),
	} {
		cmd := exec.CommandContext(ctx, argv[0], argv[1:]...)
		cmd.Env = append(os.Environ(), "DEBIAN_FRONTEND=noninteractive")
		if out, err := cmd.CombinedOutput(); err != nil {
			return fmt.Errorf("%v: %w\n%s", argv, err, out)
		}
	}
	return nil
}

// fuzz runs every fuzz target of every package for a short while.
func fuzz(ctx context.Context) error {
	out, err := exec.CommandContext(ctx, "go", "list", "-f", "{{if or .TestGoFiles .XTestGoFiles}}{{.Dir}}{{end}}", "./...").Output()
	if err != nil {
		return err
	}
	targets := 0
	for dir := range strings.FieldsSeq(string(out)) {
		names, err := fuzzTargets(dir)
		if err != nil {
			return err
		}
		for _, name := range names {
			targets++
			run := command("go", "test", dir, "-run", "^$", "-fuzz", "^"+name+"$", "-fuzztime", fuzzTime, "-fuzzminimizetime", "10x")
			if err := run(ctx); err != nil {
				return fmt.Errorf("%s in %s: %w", name, dir, err)
			}
		}
	}
	if targets == 0 {
		return fmt.Errorf("no fuzz target was found")
	}
	return nil
}

// fuzzTargets lists the fuzz functions of a package by reading its test files:
// building each test binary only to ask would cost more than the fuzzing.
func fuzzTargets(dir string) ([]string, error) {
	files, err := filepath.Glob(filepath.Join(dir, "*_test.go"))
	if err != nil {
		return nil, err
	}
	var names []string
	for _, f := range files {
		src, err := os.ReadFile(f)
		if err != nil {
			return nil, err
		}
		for line := range strings.Lines(string(src)) {
			if rest, ok := strings.CutPrefix(line, "func Fuzz"); ok {
				name, _, _ := strings.Cut(rest, "(")
				names = append(names, "Fuzz"+name)
			}
		}
	}
	return names, nil
}
