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

// way prints through which packages of this module the calls in a CPU profile go, and which calls go from a
// package to one that comes after it in the table of floors: they are calls of functions that were handed down.
// Without a profile, it makes one of each kind of question.
//
// Imports show which packages may call each other; a profile shows which ones a question really goes through, and so
// how many a reader must know to follow it. It is a sample: packages in which little time is spent may be missing.
func way(w io.Writer, profile string) error {
	if profile == "" {
		return ways(w)
	}
	out, err := exec.Command("go", "tool", "pprof", "-traces", profile).Output()
	if err != nil {
		return fmt.Errorf("go tool pprof -traces %s: %w", profile, err)
	}
	rooms, climbs, longest := map[string]bool{}, map[string]int{}, []string{}
	for _, route := range routes(out) {
		for i, p := range route {
			rooms[p] = true
			if i > 0 && placeOf(p) > placeOf(route[i-1]) {
				climbs[route[i-1]+" calls "+p]++
			}
		}
		if len(route) > len(longest) {
			longest = route
		}
	}

	fmt.Fprintf(w, "%d packages: %s\n", len(rooms), strings.Join(slices.Sorted(maps.Keys(rooms)), ", "))
	fmt.Fprintf(w, "the longest way: %s\n", strings.Join(longest, " > "))
	fmt.Fprintf(w, "%d ways up\n", len(climbs))
	for _, c := range slices.Sorted(maps.Keys(climbs)) {
		fmt.Fprintf(w, "  %s, in %d stacks\n", c, climbs[c])
	}
	return nil
}

// ways is way of profiles of warm questions, which a benchmark writes.
func ways(w io.Writer) error {
	folder, err := os.MkdirTemp("", "ways-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(folder)
	cmd := exec.Command("go", "test", "./server", "-run", "^$", "-bench", "^BenchmarkWay$", "-benchtime", "1x")
	cmd.Env = append(os.Environ(), "LANSER_WAYS="+folder)
	if out, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("%v: %w\n%s", cmd.Args, err, out)
	}
	profiles, err := filepath.Glob(filepath.Join(folder, "*.prof"))
	if err != nil {
		return err
	}
	for _, p := range profiles {
		fmt.Fprintf(w, "%s\n", strings.TrimSuffix(filepath.Base(p), ".prof"))
		if err := way(w, p); err != nil {
			return err
		}
		fmt.Fprintln(w)
	}
	return nil
}

// routes returns the packages of this module in each stack of pprof's traces, the caller first, each where the
// stack enters it. Packages of tests are left out.
func routes(traces []byte) (out [][]string) {
	var route []string
	lines := bufio.NewScanner(bytes.NewReader(traces))
	for lines.Scan() {
		line := lines.Text()
		if strings.HasPrefix(line, "---") {
			if len(route) > 0 {
				slices.Reverse(route)
				out = append(out, slices.Compact(route))
			}
			route = nil
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
			route = append(route, p)
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
