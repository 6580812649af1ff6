package compiler

import (
	"bytes"
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"lanser/index/beneath"
	"lanser/selectors/lazyregexp"
	"lanser/server/project"
)

// BuildCheck describes how a build tool has its compiler check a workspace, where the server by itself
// does not find all that the compiler does.
type BuildCheck struct {
	// Variable is the variable of the server's environment that holds the build tool's path.
	Variable string
	// Manifest is the base name of the files that declare packages.
	Manifest string
	// Describe and Check are the arguments of the build tool that describe the packages of a
	// workspace, and that check them. Neither writes into the workspace or uses the network. All is
	// the argument in Check that selects all packages, and Only the one that precedes a package.
	Describe, Check []string
	All, Only       string
	// AllTargets is the argument in Check without which examples, tests and benchmarks are not checked.
	// HasTests matches a file of a library that has tests.
	AllTargets string
	HasTests   *lazyregexp.Regexp
	// Frozen is the argument with which the build tool fails rather than write its lock file, and
	// LockFile is that file. Without an up-to-date lock file it works in a copy of the workspace, in
	// which it may write one. NeedsLock is part of the error that says so.
	Frozen, LockFile, NeedsLock string
	// Broken matches the errors about manifests that are wrong: the finding is the verdict. In traces
	// of version 17 and before, those are that BrokenFirst matches. Place matches an error that ends with a place in a
	// manifest, and NamesFile one that names the manifest.
	Broken, BrokenFirst, Place, NamesFile *lazyregexp.Regexp
	// Unresolved matches the errors that nobody can build the packages together, as they are on this machine: these
	// are findings too, but for traces of version 18 and before. Its group, if it has matched, is the name of a
	// package: the error is one if the workspace has that package, as another version of others might do.
	Unresolved *lazyregexp.Regexp
	// Nested matches the error that a member of a workspace is a workspace of its own. Its group are the folders of
	// both, in lines of their own or between colons. Workspace matches the table of a manifest that makes it a
	// workspace, and Members the key that lists its members.
	Nested, Workspace, Members *lazyregexp.Regexp
	// Around is part of the error that a package, which may lie outside of the workspace, is not there.
	Around string
	// NotMember is part of the error that a package is below a workspace and no member of it: whoever has the workspace
	// checked does not have the package checked.
	NotMember string
	// Fetch is the command that fetches what packages depend on. NotFetched are in the errors that tell
	// that it is needed.
	Fetch      string
	NotFetched []string
	// Output is the variable that holds the folder that the build tool writes. Known are patterns,
	// as of path.Match, of what it keeps there about a package; {package} stands for the name.
	Output string
	Known  []string
	// Source is the source that findings of the compiler name.
	Source string
}

// Cargo is the BuildCheck of Rust (The Cargo Book, cargo-metadata and cargo-check).
var Cargo = &BuildCheck{
	Variable: "CARGO",
	Manifest: "Cargo.toml",
	Describe: []string{"metadata", "--format-version", "1", "--offline", "--locked"},
	Check: []string{
		"check", "--workspace", "--all-targets", "--keep-going", "--message-format", "json", "--offline", "--locked",
		"--quiet",
	},
	All: "--workspace", Only: "--package", AllTargets: "--all-targets",
	HasTests: lazyregexp.New(`#!?\[cfg\((all\(|any\()?test\b`),
	Frozen:   "--locked", LockFile: "Cargo.lock", NeedsLock: "because --locked was passed",
	Broken: lazyregexp.New(`failed to (?:load|parse) manifest|failed to parse lock file|contains no package: ` +
		`|failed to load source for dependency .*: No such file or directory|can't find [a-z]+ .* at path ` +
		`|\(\S*Cargo\.toml:\d+:\d+\)$`),
	BrokenFirst: lazyregexp.New(`failed to (?:load|parse) manifest`),
	Place: lazyregexp.New(
		` \((\S*Cargo\.toml):(\d+):(\d+)\)$|lock file at: (\S+): TOML parse error at line (\d+), column (\d+)`,
	),
	NamesFile: lazyregexp.New("(?:parse manifest|referenced by workspace) at `([^`]+)`"),
	Unresolved: lazyregexp.New("^cargo [a-z]+ failed: (?:cyclic package dependency: |two packages named `" +
		"|rustc [0-9.]+\\S* is not supported by the following packages: " +
		"|failed to select a version for `.*: package `[^`]+` depends on `([^`]+)` with feature `[^`]+` but " +
		"`[^`]+` does not have that feature)|more than one crate with links="),
	Nested:    lazyregexp.New(`multiple workspace roots found in the same workspace:\s*((?s:.*))`),
	Workspace: lazyregexp.New(`(?m)^[ \t]*\[[ \t]*workspace\b`),
	Members:   lazyregexp.New(`(?m)^[ \t]*members[ \t]*=[ \t]*\[\s*["']`),
	Around:    "failed to load source for dependency",
	NotMember: "believes it's in a workspace when it's not",
	Fetch:     "cargo fetch",
	NotFetched: []string{
		"no matching package named", "failed to select a version for the requirement", "--offline was specified",
		"you're using offline mode", "you are in the offline mode", "failed to download",
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
			Kind     []string `json:"kind"`
			Source   string   `json:"src_path"`
			Required []string `json:"required-features"`
		} `json:"targets"`
		ManifestPath string `json:"manifest_path"`
	} `json:"packages"`
	Members []string `json:"workspace_members"`
	Root    string   `json:"workspace_root"`
	Resolve struct {
		Nodes []struct {
			ID           string `json:"id"`
			Dependencies []struct {
				Package string `json:"pkg"`
				Kinds   []struct {
					Kind string `json:"kind"` // "" for what the package itself needs
				} `json:"dep_kinds"`
			} `json:"deps"`
			Features []string `json:"features"`
		} `json:"nodes"`
	} `json:"resolve"`
}

// Described is what a build tool says of the workspace that a package belongs to.
type Described struct {
	Root    string           // the folder that the compiler's paths are relative to, absolute
	Members []DescribedCrate // the packages that belong to the workspace
	// LeftOut are the files, absolute, of targets that are not compiled for want of features that are
	// not enabled by default.
	LeftOut []string
	// Sources are the files, absolute, with which the targets begin that are compiled. Auxiliary are those of
	// examples, tests and benchmarks.
	Sources, Auxiliary []string
	// Local are the names of the packages whose sources lie on this machine and may change. The build
	// tool tells by the times of files whether it has checked them, and its folder may have been
	// written for another workspace: what it knows of them must be forgotten first.
	Local []string
}

// DescribedCrate is a package of a workspace.
type DescribedCrate struct {
	ID       string // as the build tool names it
	Manifest string // absolute
	// Executes is the first program, of the package or of what it depends on, that a check of its library and
	// its programs would build and execute; "" for none. ForTests is the first one that a check of its
	// tests, examples and benchmarks would execute besides.
	Executes, ForTests string
	// Scripts are the build scripts of all packages on this machine that the check would build.
	Scripts []BuildScript
}

// BuildScript is the build script of a package.
type BuildScript struct{ Package, Manifest, Source string } // the paths are absolute

// ReadDescription reads the build tool's description of a workspace.
func (c *BuildCheck) ReadDescription(out []byte) (ps Described, err error) {
	var m cargoMetadata
	if err := json.Unmarshal(out, &m); err != nil {
		return ps, err
	}
	ps.Root = m.Root
	executes, scripts := m.programs(), m.scripts()
	for _, p := range m.Packages {
		if slices.Contains(m.Members, p.ID) {
			crate := DescribedCrate{ID: p.ID, Manifest: p.ManifestPath}
			for _, id := range m.closure(p.ID, false) {
				crate.Executes = cmp.Or(crate.Executes, executes[id])
			}
			for _, id := range m.closure(p.ID, true) {
				crate.ForTests = cmp.Or(crate.ForTests, executes[id])
				if script, ok := scripts[id]; ok {
					crate.Scripts = append(crate.Scripts, script)
				}
			}
			ps.Members = append(ps.Members, crate)
			leftOut := m.leftOut(p.ID)
			ps.LeftOut = append(ps.LeftOut, leftOut...)
			for _, t := range p.Targets {
				if t.Source != "" && !slices.Contains(leftOut, t.Source) {
					ps.Sources = append(ps.Sources, t.Source)
				}
				if t.Source != "" && slices.ContainsFunc(t.Kind, isAuxiliary) {
					ps.Auxiliary = append(ps.Auxiliary, t.Source)
				}
			}
		}
		if p.Source == nil {
			ps.Local = append(ps.Local, p.Name)
		}
	}
	return ps, nil
}

// programs returns what a check of a package executes that the package itself has, by its id.
func (m *cargoMetadata) programs() map[string]string {
	out := map[string]string{}
	for _, p := range m.Packages {
		for _, t := range p.Targets {
			if slices.Contains(t.Kind, "custom-build") {
				out[p.ID] = cmp.Or(out[p.ID], "the build script of "+p.Name)
			}
			if slices.Contains(t.Kind, "proc-macro") {
				out[p.ID] = cmp.Or(out[p.ID], "the procedural macros of "+p.Name)
			}
		}
	}
	return out
}

// scripts returns the build scripts of the packages whose sources lie on this machine and may change, by their ids.
func (m *cargoMetadata) scripts() map[string]BuildScript {
	out := map[string]BuildScript{}
	for _, p := range m.Packages {
		for _, t := range p.Targets {
			if p.Source == nil && slices.Contains(t.Kind, "custom-build") {
				out[p.ID] = BuildScript{Package: p.Name, Manifest: p.ManifestPath, Source: t.Source}
			}
		}
	}
	return out
}

// closure returns a package and all that it depends on, with or without what only its tests, examples and
// benchmarks do. Of a package whose dependencies are not known, that is every package.
func (m *cargoMetadata) closure(id string, tests bool) (ids []string) {
	depends, known := map[string][]string{}, map[string]bool{}
	for _, n := range m.Resolve.Nodes {
		known[n.ID] = true
		for _, d := range n.Dependencies {
			forTests := len(d.Kinds) > 0
			for _, k := range d.Kinds {
				forTests = forTests && k.Kind == "dev"
			}
			if tests || !forTests {
				depends[n.ID] = append(depends[n.ID], d.Package)
			}
		}
	}
	ids = []string{id}
	seen := map[string]bool{id: true}
	for i := 0; i < len(ids); i++ { // ids grows
		if !known[ids[i]] {
			ids = ids[:0]
			for _, p := range m.Packages {
				ids = append(ids, p.ID)
			}
			return ids
		}
		for _, next := range depends[ids[i]] {
			if !seen[next] {
				seen[next] = true
				ids = append(ids, next)
			}
		}
	}
	return ids
}

// leftOut returns the sources of a package's targets that need features which are not enabled.
func (m *cargoMetadata) leftOut(id string) (files []string) {
	var features []string
	for _, n := range m.Resolve.Nodes {
		if n.ID == id {
			features = n.Features
		}
	}
	for _, p := range m.Packages {
		for _, t := range p.Targets {
			lacks := func(f string) bool { return !slices.Contains(features, f) }
			if p.ID == id && slices.ContainsFunc(t.Required, lacks) {
				files = append(files, t.Source)
			}
		}
	}
	return files
}

// Arguments returns the arguments that check some packages of a workspace. In a copy of the workspace the
// build tool may write its lock file.
func (c *BuildCheck) Arguments(args []string, inCopy bool, only ...string) (out []string) {
	for _, arg := range args {
		switch {
		case arg == c.Frozen && inCopy:
		case arg == c.All && len(only) > 0:
			for _, id := range only {
				out = append(out, c.Only, id)
			}
		default:
			out = append(out, arg)
		}
	}
	return out
}

// NotFetchedPhrase returns the phrase by which an error of the build tool tells that something that
// packages depend on is not on this machine; "" if it tells something else.
func (c *BuildCheck) NotFetchedPhrase(message string) string {
	for _, phrase := range c.NotFetched {
		if strings.Contains(message, phrase) {
			return phrase
		}
	}
	return ""
}

// rustMessage is a line of cargo's output (The Cargo Book, External tools).
type rustMessage struct {
	Reason  string `json:"reason"`
	Package string `json:"package_id"`
	Fresh   bool   `json:"fresh"`
	Success *bool  `json:"success"`
	Target  struct {
		Kind   []string `json:"kind"`
		Source string   `json:"src_path"`
	} `json:"target"`
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
func (s rustSpan) place() Place {
	for depth := 0; s.Expansion != nil && depth < project.MaxNesting; depth++ {
		s = s.Expansion.Span
	}
	return Place{
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
func (c *BuildCheck) Read(out []byte) (found []Finding, err error) {
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
		f := Finding{Severity: rustSeverity(m.Message.Level), Message: m.Message.Message}
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
				f.Related = append(f.Related, Related{At: s.place(), Message: s.Label})
			}
		}
		for _, child := range m.Message.Children {
			if len(child.Spans) > 0 {
				f.Related = append(f.Related, Related{At: child.Spans[0].place(), Message: child.Message})
			} else {
				f.Message += fmt.Sprintf("\n%s: %s", child.Level, child.Message)
			}
		}
		found = append(found, f)
	}
	isError := func(f Finding) bool { return f.Severity == "error" }
	if !finished || !success && !slices.ContainsFunc(found, isError) {
		return found, errUnfinished
	}
	return found, nil
}

// isAuxiliary reports whether a kind of target is no part of what a package offers.
func isAuxiliary(kind string) bool { return kind == "example" || kind == "test" || kind == "bench" }

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

// IsLinked reports whether a file is a module of another file in its folder or above, as far as the names
// tell.
func (c *BuildCheck) IsLinked(v project.View, file string) bool {
	name := strings.TrimSuffix(path.Base(file), ".rs")
	if name == "mod" {
		name = path.Base(path.Dir(file))
	}
	declared := regexp.MustCompile(`\bmod\s+(r#)?` + regexp.QuoteMeta(name) + `\s*;|"[^"\n]*` +
		regexp.QuoteMeta(path.Base(file)) + `"`)
	for _, p := range v.Paths() {
		near := beneath.Inside(path.Dir(p), file) || path.Dir(file) == strings.TrimSuffix(p, ".rs")
		if near && p != file && path.Ext(p) == ".rs" && declared.Match(project.ContentOf(v, p)) {
			return true
		}
	}
	return false
}

// Nearest returns a function of a file: the manifest of the package that it belongs to, "" for none.
func (c *BuildCheck) Nearest(v project.View) func(file string) string {
	folders := project.FoldersNamed(v, c.Manifest)
	return func(file string) string {
		dir, ok := project.NearestAbove(folders, file)
		if !ok {
			return ""
		}
		return path.Join(dir, c.Manifest)
	}
}

// HasPackage reports whether a manifest of the workspace may be that of a package, by its name.
func (c *BuildCheck) HasPackage(v project.View, name string) bool {
	declares := regexp.MustCompile(`(?m)^\s*name\s*=\s*["']` + regexp.QuoteMeta(name) + `["']`)
	for dir := range project.FoldersNamed(v, c.Manifest) {
		if declares.Match(project.ContentOf(v, path.Join(dir, c.Manifest))) {
			return true
		}
	}
	return false
}

// IsEmptyWorkspace reports whether a manifest lists the members of a workspace of which no file belongs to it, since
// each lies below a workspace of its own.
func (c *BuildCheck) IsEmptyWorkspace(v project.View, manifest string, files func(p string) bool) bool {
	isRoot := func(dir string) bool { return c.Workspace.Match(project.ContentOf(v, path.Join(dir, c.Manifest))) }
	if dir := path.Dir(manifest); !isRoot(dir) || !c.Members.Match(project.ContentOf(v, manifest)) {
		return false
	}
	roots := map[string]bool{}
	for dir := range project.FoldersNamed(v, c.Manifest) {
		roots[dir] = isRoot(dir)
	}
	return !slices.ContainsFunc(v.Paths(), func(p string) bool {
		if !files(p) || !beneath.Inside(path.Dir(manifest), p) {
			return false
		}
		for dir := path.Dir(p); ; dir = path.Dir(dir) {
			if dir == path.Dir(manifest) {
				return true
			}
			if roots[dir] {
				return false
			}
		}
	})
}

// Manifests returns the manifests of the workspace that are above the given files, the outermost first.
func (c *BuildCheck) Manifests(v project.View, files []string) (manifests []string) {
	folders := project.FoldersNamed(v, c.Manifest)
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
