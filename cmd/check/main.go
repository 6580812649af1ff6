// Check is the one gate: everything that continuous integration runs, runnable
// by anyone with one command, 'go run ./cmd/check'. It installs what it needs in
// pinned versions, outside the repository, and fails where something cannot be
// had.
package main

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"strings"
	"time"

	"lanser/server/install"
	"lanser/server/lsp"
	"lanser/server/programs"
)

const (
	gofumpt     = "mvdan.cc/gofumpt@v0.10.0"
	staticcheck = "honnef.co/go/tools/cmd/staticcheck@v0.8.2"
	fuzzTime    = "20000x" // inputs for each fuzz target: by a count, for Go's fuzzer may fail when time is up
)

// steps in the order in which they are most likely to fail soon.
var steps = []struct {
	name string
	run  func(context.Context) error
}{
	{"formatted (gofumpt)", silent("go", "run", gofumpt, "-l", ".")},
	{"vet", command("go", "vet", "./...")},
	{"tidy", silent("go", "mod", "tidy", "-diff")},
	{"staticcheck", command("go", "run", staticcheck, "./...")},
	{"servers installed", servers},
	{"witnesses installed", witnesses},
	{"tests", command("go", "test", "-race", "-timeout", "40m", "./...")},
	{"fuzz", fuzz},
}

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	for _, s := range steps {
		started := time.Now()
		if err := s.run(ctx); err != nil {
			fmt.Printf("FAIL %s: %v\n", s.name, err)
			os.Exit(1)
		}
		fmt.Printf("ok   %s (%.0fs)\n", s.name, time.Since(started).Seconds())
	}
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
	for _, s := range lsp.Catalogue {
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
