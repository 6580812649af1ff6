// Check runs all checks of this project: 'go run ./cmd/check' is all that continuous
// integration runs. It installs the programs that it needs in pinned versions outside the
// repository, and fails if it cannot install one of them.
//
// A check is a [step]. Steps run one after the other, in the order of the table steps. The first that fails ends the
// run with exit code 1; an unknown step is exit code 2. A step may need what an earlier one installs: tests need the
// language servers and the witnesses, which are programs that the tests compare answers with, such as ctags.
//
// The commands map, figures and stacks check nothing: they print or write what people read. The project's own rules
// are in style.go, and the rules for imports in layers.go.
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
	// The tools that steps download. They are pinned here and not in go.mod, so that users do not download them.
	gofumpt     = "mvdan.cc/gofumpt@v0.10.0"
	staticcheck = "honnef.co/go/tools/cmd/staticcheck@v0.8.2"
	// fuzzTime is the number of inputs for each fuzz target. It is not a duration, because Go's
	// fuzzer may fail when its time is up.
	fuzzTime = "20000x"
)

// step is one of the checks, or a preparation for one. --list prints what each needs and what is missing, so that
// nobody has to run a step to learn that it downloads something.
type step struct {
	name string // the argument that selects it
	// does and needs are printed by --list: what the step checks, and its requirements besides Go and gcc, with what
	// it downloads; "" for none.
	does, needs string
	missing     func() []string // lists the requirements that this machine lacks; nil if the step has none
	needsC      bool            // compiles the parsers, which are C code
	// run returns an error if the check fails. It prints findings, and announces each download, on standard output.
	run func(context.Context) error
}

// steps are all steps, the fast ones first.
var steps = []step{
	{
		name: "format", does: "every file is formatted by gofumpt", needs: "downloads gofumpt",
		missing: missingModule(gofumpt, "mvdan.cc/gofumpt"),
		run:     silent("go", "run", gofumpt, "-l", "."),
	},
	{name: "vet", does: "go vet", needsC: true, run: command("go", "vet", "./...")},
	{
		name: "portable", does: "go vet for macOS and Windows, of the packages that need no C compiler",
		run: portable,
	},
	{name: "style", does: "rules of this project: keyed fields, short switches, line length, doc comments", run: style},
	{name: "tidy", does: "go.mod and go.sum are tidy", run: silent("go", "mod", "tidy", "-diff")},
	{
		name: "lint", does: "staticcheck", needs: "downloads staticcheck",
		missing: missingModule(staticcheck, "honnef.co/go/tools"),
		needsC:  true,
		run:     command("go", "run", staticcheck, "./..."),
	},
	{
		name: "servers", does: "installs missing language servers in pinned versions into the user's data folder",
		needs: "downloads them", missing: namesOf(missingServers), run: servers,
	},
	{
		name: "witnesses", does: "installs missing programs with whose output the tests compare",
		needs: "apt-get, as root; downloads crates", missing: missingWitnesses, run: witnesses,
	},
	{
		name: "tests", does: "all tests, with the race detector",
		needs:   "servers, witnesses; downloads code bases into the user's cache",
		missing: func() []string { return append(namesOf(missingServers)(), missingWitnesses()...) },
		needsC:  true,
		run:     command("go", "test", "-race", "-timeout", "75m", "./..."),
	},
	{name: "fuzz", does: "each fuzz target for " + fuzzTime + " inputs", needsC: true, run: fuzz},
}

// usage is printed for --help and for a mistake.
const usage = `Check runs all checks of this project, or the given steps.

	go run ./cmd/check [--list] [STEP...]
	go run ./cmd/check map        update the map of packages in README.md
	go run ./cmd/check figures    print counts of every package
	go run ./cmd/check stacks     print which packages a question to a warm engine passes through, and which calls
	                              lead upward in the map: refs, diag --since, an MCP call, and a change followed
	                              by references over LSP; needs gopls, and takes two minutes
	go run ./cmd/check stacks FILE
	                              the same for the CPU profile in FILE, as 'go test -cpuprofile FILE' writes it

`

// main runs the steps that the arguments choose, or one of the helpers. An interrupt ends the running step. Each step
// prints one line when it ends, below the output of its programs.
func main() {
	list := flag.Bool("list", false,
		"print the steps with their requirements and what is missing on this machine, without running them")
	flag.Usage = func() {
		fmt.Fprint(flag.CommandLine.Output(), usage)
		flag.PrintDefaults()
	}

	flag.Parse()
	if *list {
		printSteps(os.Stdout, steps)
		return
	}

	if do, ok := helpers[flag.Arg(0)]; ok {
		if flag.NArg() <= 2 {
			if err := do(flag.Arg(1)); err != nil {
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
		if err := s.start(ctx); err != nil {
			fmt.Printf("FAIL %s: %v\n", s.name, err)
			os.Exit(1)
		}
		fmt.Printf("ok   %s: %s (%.0fs)\n", s.name, s.does, time.Since(started).Seconds())
	}
}

// helpers are commands that check nothing, by name. Each takes at most one argument, "" for none.
var helpers = map[string]func(arg string) error{
	"map":     func(string) error { return writeMap("README.md") },
	"figures": func(string) error { return figures(os.Stdout, ".") },
	"stacks":  func(profile string) error { return stacks(os.Stdout, profile) },
}

// printSteps prints the steps with their requirements and what is missing.
func printSteps(w io.Writer, all []step) {
	for _, s := range all {
		fmt.Fprintf(w, "%-10s %s", s.name, s.does)
		if s.needs != "" {
			fmt.Fprintf(w, " (%s)", s.needs)
		}
		fmt.Fprintln(w)
		if names := s.unmet(); len(names) > 0 {
			fmt.Fprintf(w, "%-10s missing: %s\n", "", strings.Join(names, ", "))
		}
	}
}

// unmet lists the requirements of the step that this machine does not meet. It installs nothing.
func (s step) unmet() (names []string) {
	if lack := lackingCompiler(); s.needsC && lack != "" {
		names = append(names, lack)
	}
	if s.missing != nil {
		names = append(names, s.missing()...)
	}
	return names
}

// start runs the step. Without a C compiler it fails at once and says what to install. The errors of the go command
// would only name cgo.
func (s step) start(ctx context.Context) error {
	if lack := lackingCompiler(); s.needsC && lack != "" {
		return fmt.Errorf("the step needs %s", lack)
	}
	return s.run(ctx)
}

// choose returns the steps with the given names, in the order of steps; all without names. The error is for a name that
// no step has.
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
			return nil, fmt.Errorf("unknown step %q; 'go run ./cmd/check --list' prints the steps", name)
		}
	}
	return chosen, nil
}

// command returns a step's run function that runs a program with its output shown. The program runs in the current
// folder, which is the root of the repository.
func command(argv ...string) func(context.Context) error {
	return func(ctx context.Context) error {
		cmd := exec.CommandContext(ctx, argv[0], argv[1:]...)
		cmd.Stdout, cmd.Stderr = os.Stdout, os.Stderr
		return cmd.Run()
	}
}

// silent returns a step's run function for a program that reports findings on standard output but exits with 0, such as
// gofumpt -l. The step fails if there is any output, and shows it.
func silent(argv ...string) func(context.Context) error {
	return func(ctx context.Context) error {
		cmd := exec.CommandContext(ctx, argv[0], argv[1:]...)
		cmd.Stderr = os.Stderr
		out, err := cmd.Output()
		if err == nil && len(bytes.TrimSpace(out)) > 0 {
			err = fmt.Errorf("the lines above must be corrected")
		}
		if err != nil {
			os.Stdout.Write(out)
		}
		return err
	}
}
