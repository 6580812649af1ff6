package main

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"maps"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"slices"
	"strings"
)

// stacks prints what the stacks of a CPU profile show about the packages of this module: which packages a question
// passes through, and which calls lead from a package to one that comes after it in the table of floors. Imports
// cannot lead there, so these are calls of functions and interfaces that were passed as values. Without a profile,
// stacks makes one of each kind of question, see BenchmarkStacks in package server.
//
// Imports show which packages may call each other; stacks show which ones a question really passes through, and so how
// many a reader must know to follow it. A profile is a sample: packages in which little time is spent may be missing.
func stacks(w io.Writer, profile string) error {
	if profile == "" {
		return profileQuestions(w)
	}
	out, err := exec.Command("go", "tool", "pprof", "-traces", profile).Output()
	if err != nil {
		return fmt.Errorf("go tool pprof -traces %s: %w", profile, err)
	}
	passed, upward, longest := map[string]bool{}, map[string]int{}, []string{}
	for _, stack := range packageStacks(out) {
		for i, p := range stack {
			passed[p] = true
			if i > 0 && placeOf(p) > placeOf(stack[i-1]) {
				upward[stack[i-1]+" calls "+p]++
			}
		}
		if len(stack) > len(longest) {
			longest = stack
		}
	}

	fmt.Fprintf(w, "%d packages: %s\n", len(passed), strings.Join(slices.Sorted(maps.Keys(passed)), ", "))
	fmt.Fprintf(w, "the deepest stack: %s\n", strings.Join(longest, " > "))
	fmt.Fprintf(w, "%d calls upward\n", len(upward))
	for _, c := range slices.Sorted(maps.Keys(upward)) {
		fmt.Fprintf(w, "  %s, in %d stacks\n", c, upward[c])
	}
	return nil
}

// profileQuestions runs the benchmark that writes a CPU profile for each kind of question to a warm engine, and prints
// [stacks] of each profile.
func profileQuestions(w io.Writer) error {
	folder, err := os.MkdirTemp("", "profiles-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(folder)
	cmd := exec.Command("go", "test", "./server", "-run", "^$", "-bench", "^BenchmarkStacks$", "-benchtime", "1x")
	cmd.Env = append(os.Environ(), "LANSER_PROFILES="+folder)
	if out, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("%v: %w\n%s", cmd.Args, err, out)
	}
	profiles, err := filepath.Glob(filepath.Join(folder, "*.prof"))
	if err != nil {
		return err
	}
	for _, p := range profiles {
		fmt.Fprintf(w, "%s\n", strings.TrimSuffix(filepath.Base(p), ".prof"))
		if err := stacks(w, p); err != nil {
			return err
		}
		fmt.Fprintln(w)
	}
	return nil
}

// packageStacks returns, for each stack of 'pprof -traces', the packages of this module in it, the outermost caller
// first. Calls within a package count once. Packages of tests are left out. A stack is a block of lines between lines
// of dashes, one function per line, the innermost first:
//
//	10ms   runtime.cgocall
//	       lanser/index/syntax.parse (inline)
//	       lanser/server.(*Engine).Do
func packageStacks(traces []byte) (out [][]string) {
	var stack []string
	lines := bufio.NewScanner(bytes.NewReader(traces))
	for lines.Scan() {
		line := lines.Text()
		if strings.HasPrefix(line, "---") {
			if len(stack) > 0 {
				slices.Reverse(stack)
				out = append(out, slices.Compact(stack))
			}
			stack = nil
			continue
		}

		fields := strings.Fields(line)
		if len(fields) == 0 {
			continue
		}
		function, ok := strings.CutPrefix(fields[len(fields)-1], "lanser/")
		if !ok && len(fields) > 1 { // "(inline)" follows the name
			function, ok = strings.CutPrefix(fields[len(fields)-2], "lanser/")
		}
		name, _, _ := strings.Cut(path.Base(function), ".")
		if p := path.Join(path.Dir(function), name); ok && placeOf(p) > 0 {
			stack = append(stack, p)
		}
	}
	return out
}

// placeOf returns the position of a package in the table of floors, from 1, and 0 for one that has none. A package may
// import those with smaller positions.
func placeOf(name string) int {
	n := 0
	for _, f := range floors {
		for _, p := range f.packages {
			n++
			if p.name == name {
				return n
			}
		}
	}
	return 0
}
