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
	"io"
	"os"
	"os/exec"
	"os/signal"
	"slices"
	"strings"
	"time"
)

const (
	gofumpt     = "mvdan.cc/gofumpt@v0.10.0"
	staticcheck = "honnef.co/go/tools/cmd/staticcheck@v0.8.2"
	fuzzTime    = "20000x" // inputs for each fuzz target: by a count, for Go's fuzzer may fail when time is up
)

// step is one part of the gate.
type step struct {
	name    string // one word, by which it can be asked for
	does    string
	needs   string                      // what must be there besides Go and gcc, or is fetched
	missing func() []string             // which of that this machine does not have; nil for a step that needs nothing
	run     func(context.Context) error // prints what it fetches before it does so
}

// steps in the order in which they are most likely to fail soon.
var steps = []step{
	{
		name: "format", does: "every file is formatted by gofumpt", needs: "fetches gofumpt",
		missing: missingModule(gofumpt, "mvdan.cc/gofumpt"),
		run:     silent("go", "run", gofumpt, "-l", "."),
	},
	{name: "vet", does: "go vet", run: command("go", "vet", "./...")},
	{name: "style", does: "the project's own rules: keys, short switches, line length, doc comments", run: style},
	{name: "tidy", does: "go.mod and go.sum are tidy", run: silent("go", "mod", "tidy", "-diff")},
	{
		name: "lint", does: "staticcheck", needs: "fetches staticcheck",
		missing: missingModule(staticcheck, "honnef.co/go/tools"),
		run:     command("go", "run", staticcheck, "./..."),
	},
	{
		name: "servers", does: "installs the pinned language servers that are missing, into the user's data folder",
		needs: "fetches them", missing: namesOf(missingServers), run: servers,
	},
	{
		name: "witnesses", does: "installs the programs that answers are compared with, where they are missing",
		needs: "apt-get, as root", missing: missingWitnesses, run: witnesses,
	},
	{
		name: "tests", does: "all tests, with the race detector",
		needs:   "servers, witnesses; fetches code bases into the user's cache",
		missing: func() []string { return append(namesOf(missingServers)(), missingWitnesses()...) },
		run:     command("go", "test", "-race", "-timeout", "40m", "./..."),
	},
	{name: "fuzz", does: "each fuzz target for " + fuzzTime + " inputs", run: fuzz},
}

const usage = `Check runs the project's gate: all of its steps, or those that are named.

	go run ./cmd/check [--list] [STEP...]
	go run ./cmd/check map        writes the map of packages into README.md
	go run ./cmd/check figures    counts the structure of every package

`

func main() {
	list := flag.Bool("list", false, "print the steps, what each needs and what of it is missing here, and run none")
	flag.Usage = func() {
		fmt.Fprint(flag.CommandLine.Output(), usage)
		flag.PrintDefaults()
	}
	flag.Parse()
	if *list {
		printSteps(os.Stdout, steps)
		return
	}
	if flag.NArg() == 1 {
		if do, ok := helpers[flag.Arg(0)]; ok {
			if err := do(); err != nil {
				fmt.Fprintln(os.Stderr, err)
				os.Exit(1)
			}
			return
		}
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

// helpers are commands that are no part of the gate: they judge nothing.
var helpers = map[string]func() error{
	"map":     func() error { return writeMap("README.md") },
	"figures": func() error { return figures(os.Stdout, ".") },
}

// printSteps prints each step, what it needs and what of that is missing.
func printSteps(w io.Writer, all []step) {
	for _, s := range all {
		fmt.Fprintf(w, "%-10s %s", s.name, s.does)
		if s.needs != "" {
			fmt.Fprintf(w, " (%s)", s.needs)
		}
		fmt.Fprintln(w)
		if s.missing == nil {
			continue
		}
		if names := s.missing(); len(names) > 0 {
			fmt.Fprintf(w, "%-10s missing: %s\n", "", strings.Join(names, ", "))
		}
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
			err = fmt.Errorf("there is something to fix")
		}
		if err != nil {
			os.Stdout.Write(out)
		}
		return err
	}
}
