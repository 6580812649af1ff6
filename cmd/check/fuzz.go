package main

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
)

// fuzz runs every fuzz target of every package for fuzzTime. Go's fuzzer takes one target at a time. It spends little
// time on shortening a failing input: here it only matters that there is one, and Go stores it below testdata/fuzz.
func fuzz(ctx context.Context) error {
	const tested = "{{if or .TestGoFiles .XTestGoFiles}}{{.Dir}}{{end}}"
	out, err := exec.CommandContext(ctx, "go", "list", "-f", tested, "./...").Output()
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
			run := command("go", "test", dir, "-run", "^$", "-fuzz", "^"+name+"$",
				"-fuzztime", fuzzTime, "-fuzzminimizetime", "10x")
			if err := run(ctx); err != nil {
				return fmt.Errorf("%s in %s: %w", name, dir, err)
			}
		}
	}

	if targets == 0 {
		return fmt.Errorf("there are no fuzz targets")
	}
	return nil
}

// fuzzTargets lists the fuzz functions in the test files of a package, in the order of the files. 'go test -list' would
// build every test binary, which takes longer than the fuzzing. Build constraints are ignored, so a target must be in a
// file that this platform builds.
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
