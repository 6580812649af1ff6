package compiler

import (
	"encoding/json"
	"fmt"
	"maps"
	"path"
	"slices"
	"strconv"
	"strings"

	"lanser/server/project"
)

// AssemblyCheck describes how the tool of a language checks assembly next to sources, which the server does not read.
type AssemblyCheck struct {
	Tool string   // program
	Args []string // precede the folders, each as ./folder
	Ext  string   // of assembly
	// Root is the base name of the file in whose folder the tool runs.
	Root   string
	Source string // of the findings
}

// GoAssembly is the AssemblyCheck of Go: the analyzers of go vet that read assembly ('go tool vet help', Go 1.26).
var GoAssembly = &AssemblyCheck{
	Tool: "go", Args: []string{"vet", "-json", "-asmdecl", "-buildtag", "-directive", "-framepointer"},
	Ext: ".s", Root: "go.mod", Source: "go vet",
}

// Folders returns the folders of the given sources that have assembly, by the folder in which the tool runs.
func (c *AssemblyCheck) Folders(v project.View, files []string) map[string][]string {
	assembly, roots := map[string]bool{}, project.FoldersNamed(v, c.Root)
	for _, p := range v.Paths() {
		if path.Ext(p) == c.Ext {
			assembly[path.Dir(p)] = true
		}
	}
	out := map[string][]string{}
	for _, p := range files {
		dir := path.Dir(p)
		root, ok := project.NearestAbove(roots, p)
		if ok && assembly[dir] && path.Ext(p) == ".go" && !slices.Contains(out[root], dir) {
			out[root] = append(out[root], dir)
		}
	}
	return out
}

// Arguments returns the arguments with which the tool checks folders, run in the folder root. All are relative to the
// root of the workspace.
func (c *AssemblyCheck) Arguments(root string, folders []string) []string {
	args := slices.Clone(c.Args)
	for _, dir := range slices.Sorted(slices.Values(folders)) {
		rel := strings.TrimPrefix(strings.TrimPrefix(dir, root), "/")
		if root == "." && dir != "." {
			rel = dir
		}
		args = append(args, "./"+rel)
	}
	return args
}

// Read returns the findings in assembly that the tool prints.
func (c *AssemblyCheck) Read(out []byte) (found []Finding, err error) {
	decoder := json.NewDecoder(strings.NewReader(string(out)))
	for decoder.More() {
		var printed map[string]map[string]json.RawMessage // by package and analyzer
		if err := decoder.Decode(&printed); err != nil {
			return nil, fmt.Errorf("what it prints is no JSON: %w", err)
		}
		for _, pkg := range slices.Sorted(maps.Keys(printed)) {
			for _, analyzer := range slices.Sorted(maps.Keys(printed[pkg])) {
				var diagnostics []struct{ Posn, Message string }
				if json.Unmarshal(printed[pkg][analyzer], &diagnostics) != nil {
					continue // the error of an analyzer that could not run
				}
				for _, d := range diagnostics {
					if f, ok := c.finding(d.Posn); ok {
						f.Code, f.Message = analyzer, d.Message
						found = append(found, f)
					}
				}
			}
		}
	}
	return found, nil
}

// finding returns a finding at a position, as path:line:column; ok is false if it is in no assembly.
func (c *AssemblyCheck) finding(position string) (f Finding, ok bool) {
	var at [2]int
	for i := range at {
		colon := strings.LastIndex(position, ":")
		if colon < 0 {
			return f, false
		}
		n, err := strconv.Atoi(position[colon+1:])
		if err != nil {
			return f, false
		}
		at[i], position = max(n-1, 0), position[:colon]
	}
	line, column := at[1], at[0]
	f.Severity = "error"
	f.At = Place{File: position, Line: line, Column: column, EndLine: line, EndColumn: column}
	return f, path.Ext(position) == c.Ext
}
