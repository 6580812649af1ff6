package catalogue

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"lanser/index/beneath"
)

// BuildCheck describes how a build tool has its compiler check a workspace, where the server by itself
// does not find all that the compiler does.
type BuildCheck struct {
	// Variable is the variable of the server's environment that holds the build tool's path.
	Variable string
	// Manifest is the base name of the files that declare packages.
	Manifest string
	// Describe and Check are the arguments of the build tool that describe the packages of a
	// workspace, and that check them. Neither writes into the workspace or uses the network.
	Describe, Check []string
	// Output is the variable that holds the folder that the build tool writes. Known are patterns,
	// as of path.Match, of what it keeps there about a package; {package} stands for the name.
	Output string
	Known  []string
	// Source is the source that findings of the compiler name.
	Source string
}

// cargoCheck is the BuildCheck of Rust (The Cargo Book, cargo-metadata and cargo-check).
var cargoCheck = &BuildCheck{
	Variable: "CARGO",
	Manifest: "Cargo.toml",
	Describe: []string{"metadata", "--format-version", "1", "--offline", "--locked"},
	Check: []string{
		"check", "--workspace", "--all-targets", "--message-format", "json", "--offline", "--locked", "--quiet",
	},
	Output: "CARGO_TARGET_DIR",
	Known:  []string{"debug/.fingerprint/{package}-*", "*/debug/.fingerprint/{package}-*"},
	Source: "rustc",
}

// cargoMetadata is the part of cargo's description of a workspace that is read.
type cargoMetadata struct {
	Packages []struct {
		Name    string  `json:"name"`
		ID      string  `json:"id"`
		Source  *string `json:"source"`
		Targets []struct {
			Kind []string `json:"kind"`
		} `json:"targets"`
		ManifestPath string `json:"manifest_path"`
	} `json:"packages"`
	Members []string `json:"workspace_members"`
	Root    string   `json:"workspace_root"`
}

// Described is what a build tool says of the workspace that a package belongs to.
type Described struct {
	Root      string   // the folder that the compiler's paths are relative to, absolute
	Manifests []string // of the packages that belong to the workspace, absolute
	// Executes is the first program of the workspace, or of what it depends on, that a check would
	// build and execute; "" for none.
	Executes string
	// Local are the names of the packages whose sources lie on this machine and may change. The build
	// tool tells by the times of files whether it has checked them, and its folder may have been
	// written for another workspace: what it knows of them must be forgotten first.
	Local []string
}

// ReadDescription reads the build tool's description of a workspace.
func (c *BuildCheck) ReadDescription(out []byte) (ps Described, err error) {
	var m cargoMetadata
	if err := json.Unmarshal(out, &m); err != nil {
		return ps, err
	}
	ps.Root = m.Root
	for _, p := range m.Packages {
		if slices.Contains(m.Members, p.ID) {
			ps.Manifests = append(ps.Manifests, p.ManifestPath)
		}
		if p.Source == nil {
			ps.Local = append(ps.Local, p.Name)
		}
		for _, t := range p.Targets {
			switch {
			case ps.Executes != "":
			case slices.Contains(t.Kind, "custom-build"):
				ps.Executes = "the build script of " + p.Name
			case slices.Contains(t.Kind, "proc-macro"):
				ps.Executes = "the procedural macros of " + p.Name
			}
		}
	}
	return ps, nil
}

// CompilerFinding is a finding of a compiler. Its files are relative to the folder that the build tool
// calls the root of the workspace, or absolute.
type CompilerFinding struct {
	Severity, Code, Message string
	At                      CompilerPlace
	Related                 []CompilerRelated
}

// CompilerPlace is a range in a file: lines and columns are 0-based, columns count characters.
type CompilerPlace struct {
	File                             string
	Line, Column, EndLine, EndColumn int
}

// CompilerRelated is a place that a finding refers to.
type CompilerRelated struct {
	At      CompilerPlace
	Message string
}

// rustMessage is a line of cargo's output (The Cargo Book, External tools).
type rustMessage struct {
	Reason  string `json:"reason"`
	Package string `json:"package_id"`
	Fresh   bool   `json:"fresh"`
	Success *bool  `json:"success"`
	Message *struct {
		Level   string `json:"level"`
		Message string `json:"message"`
		Code    *struct {
			Code string `json:"code"`
		} `json:"code"`
		Spans    []rustSpan `json:"spans"`
		Children []struct {
			Level   string     `json:"level"`
			Message string     `json:"message"`
			Spans   []rustSpan `json:"spans"`
		} `json:"children"`
	} `json:"message"`
}

type rustSpan struct {
	File      string `json:"file_name"`
	Line      int    `json:"line_start"`
	Column    int    `json:"column_start"`
	EndLine   int    `json:"line_end"`
	EndColumn int    `json:"column_end"`
	Primary   bool   `json:"is_primary"`
	Label     string `json:"label"`
	Expansion *struct {
		Span rustSpan `json:"span"`
	} `json:"expansion"`
}

// place returns where a span is in code that people have written: a macro's span is where the macro is
// used.
func (s rustSpan) place() CompilerPlace {
	for depth := 0; s.Expansion != nil && depth < maxNesting; depth++ {
		s = s.Expansion.Span
	}
	return CompilerPlace{
		File: s.File, Line: max(s.Line-1, 0), Column: max(s.Column-1, 0),
		EndLine: max(s.EndLine-1, 0), EndColumn: max(s.EndColumn-1, 0),
	}
}

// errUnfinished says that the build tool did not report how the check ended.
var errUnfinished = errors.New("it did not say how the check ended")

// Stale reports whether the build tool has taken results that it had for a local package: it may have
// checked other sources than those of the workspace.
func (c *BuildCheck) Stale(out []byte) bool {
	for line := range bytes.Lines(out) {
		var m rustMessage
		if json.Unmarshal(line, &m) == nil && m.Fresh && strings.HasPrefix(m.Package, "path+") {
			return true
		}
	}
	return false
}

// Read returns the findings in the output of a check. The error says that the check was not finished.
func (c *BuildCheck) Read(out []byte) (found []CompilerFinding, err error) {
	finished, success := false, false
	for line := range bytes.Lines(out) {
		var m rustMessage
		if json.Unmarshal(line, &m) != nil {
			continue // what else is printed
		}
		if m.Reason == "build-finished" && m.Success != nil {
			finished, success = true, *m.Success
		}
		if m.Reason != "compiler-message" || m.Message == nil {
			continue
		}
		f := CompilerFinding{Severity: rustSeverity(m.Message.Level), Message: m.Message.Message}
		if m.Message.Code != nil {
			f.Code = m.Message.Code.Code
		}
		primary := slices.IndexFunc(m.Message.Spans, func(s rustSpan) bool { return s.Primary })
		if primary < 0 {
			continue // a sum, as "aborting due to 2 previous errors"
		}
		f.At = m.Message.Spans[primary].place()
		if label := m.Message.Spans[primary].Label; label != "" {
			f.Message += "\n" + label
		}
		for i, s := range m.Message.Spans {
			if i != primary && s.Label != "" {
				f.Related = append(f.Related, CompilerRelated{At: s.place(), Message: s.Label})
			}
		}
		for _, child := range m.Message.Children {
			if len(child.Spans) > 0 {
				f.Related = append(f.Related, CompilerRelated{At: child.Spans[0].place(), Message: child.Message})
			} else {
				f.Message += fmt.Sprintf("\n%s: %s", child.Level, child.Message)
			}
		}
		found = append(found, f)
	}
	isError := func(f CompilerFinding) bool { return f.Severity == "error" }
	if !finished || !success && !slices.ContainsFunc(found, isError) {
		return found, errUnfinished
	}
	return found, nil
}

// rustSeverity returns the severity of a level of rustc.
func rustSeverity(level string) string {
	if strings.HasPrefix(level, "error") {
		return "error"
	}
	if level == "warning" {
		return level
	}
	return "information"
}

// Nearest returns a function of a file: the manifest of the package that it belongs to, "" for none.
func (c *BuildCheck) Nearest(v View) func(file string) string {
	folders := foldersNamed(v, c.Manifest)
	return func(file string) string {
		dir, ok := NearestAbove(folders, file)
		if !ok {
			return ""
		}
		return path.Join(dir, c.Manifest)
	}
}

// Manifests returns the manifests of the workspace that are above the given files, the outermost first.
func (c *BuildCheck) Manifests(v View, files []string) (manifests []string) {
	folders := foldersNamed(v, c.Manifest)
	seen := map[string]bool{}
	for _, file := range files {
		for dir := path.Dir(file); ; dir = path.Dir(dir) {
			if folders[dir] && !seen[dir] {
				seen[dir] = true
				manifests = append(manifests, path.Join(dir, c.Manifest))
			}
			if dir == "." {
				break
			}
		}
	}
	slices.SortFunc(manifests, func(a, b string) int {
		if n := strings.Count(a, "/") - strings.Count(b, "/"); n != 0 {
			return n
		}
		return strings.Compare(a, b)
	})
	return manifests
}

// InWorkspace returns a path of the build tool's, relative to the root of the workspace.
func InWorkspace(root, file string) (rel string, ok bool) {
	if !filepath.IsAbs(file) {
		return "", false
	}
	return beneath.Local(root, file)
}
