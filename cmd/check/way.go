package main

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"maps"
	"os/exec"
	"path"
	"slices"
	"strings"
)

// way prints through which packages of this module the calls in a CPU profile go, and which calls go from a
// package to one that comes after it in the table of floors: they are calls of functions that were handed down.
func way(w io.Writer, profile string) error {
	if profile == "" {
		return errors.New("name a CPU profile: 'go test ./server -run XXX -bench YYY -cpuprofile FILE' writes one")
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

// placeOf returns the position of a package in the table of floors, 0 for one that has none.
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
