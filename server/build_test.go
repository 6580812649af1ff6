package server_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"lanser/index/indextest"
	"lanser/server/api"
	"lanser/server/bundle"
)

// The compiler checks packages of Rust as they are, or as a patch would make them, with or without a lock file, and
// executes nothing of them and of their dependencies.
func TestTheCompilerChecksPackagesOfRust(t *testing.T) {
	t.Parallel()
	indextest.Needs(t, "the server rust-analyzer")
	manifest := func(name, more string) string {
		return "[package]\nname = \"" + name + "\"\nversion = \"0.1.0\"\nedition = \"2021\"\n" + more
	}
	const moved = "pub fn moved() { let s = String::new(); drop(s); drop(s); }\n"
	added := func(file, content string) string {
		lines := strings.SplitAfter(strings.TrimSuffix(content, "\n"), "\n")
		hunk := fmt.Sprintf("@@ -0,0 +1,%d @@\n+%s\n", len(lines), strings.Join(lines, "+"))
		return "--- /dev/null\n+++ b/" + file + "\n" + hunk
	}
	all := true
	for name, tt := range map[string]struct {
		files    map[string]string
		patch    string
		exit     int
		findings []string // errors and warnings
		states   []string // of files that were not checked
	}{
		"no lock file": {
			files: map[string]string{"Cargo.toml": manifest("m", ""), "src/lib.rs": moved},
			exit:  1, findings: []string{"src/lib.rs:1 E0382"},
		},
		"a package that the workspace above it excludes": {
			files: map[string]string{
				"Cargo.toml":   "[workspace]\nmembers = [\"a\"]\nexclude = [\"b\"]\nresolver = \"2\"\n",
				"a/Cargo.toml": manifest("a", ""), "a/src/lib.rs": "pub fn f() {}\n",
				"b/Cargo.toml": manifest("b", ""), "b/src/main.rs": "mod c;\nfn main() { c::f(); }\n",
				"b/src/c.rs": "pub fn f() -> u32 { \"\" }\n",
			},
			exit: 1, findings: []string{"b/src/c.rs:1 E0308"},
		},
		"a lock file that lacks a dependency": {
			files: map[string]string{
				"Cargo.toml": manifest("m", "[dependencies]\nnear = { path = \"near\" }\n"), "Cargo.lock": lock,
				"src/lib.rs": "pub use near::f;\n", "near/Cargo.toml": manifest("near", ""),
				"near/src/lib.rs": "pub fn f() -> u32 { \"\" }\n",
			},
			exit: 1, findings: []string{"near/src/lib.rs:1 E0308"},
		},
		"a dependency that is not fetched": {
			files: map[string]string{
				"Cargo.toml": manifest("m", "[dependencies]\nabsent-crate = \"1\"\n"),
				"src/lib.rs": "pub use absent_crate::f;\npub use absent_crate::g;\n",
			},
			exit: 66, findings: []string{"Cargo.toml:6 cargo fetch"},
			states: []string{"src/lib.rs unchecked: cargo fetch"},
		},
		"a manifest that cannot be read": {
			files: map[string]string{"Cargo.toml": "[package]\nname = \"m\n", "src/lib.rs": "pub fn f() {}\n"},
			exit:  1, findings: []string{"Cargo.toml:2 "}, states: []string{"src/lib.rs unchecked: "},
		},
		"a manifest with a wrong version": {
			files: map[string]string{
				"Cargo.toml":   "[workspace]\nmembers = [\"a\"]\n",
				"a/Cargo.toml": strings.Replace(manifest("a", ""), "0.1.0", "abc", 1),
				"a/src/lib.rs": "pub fn f() {}\n",
			},
			exit: 1, findings: []string{"a/Cargo.toml:3 "}, states: []string{"a/src/lib.rs unchecked: "},
		},
		"a member that is not there": {
			files: map[string]string{
				"Cargo.toml":   "[workspace]\nresolver = \"2\"\nmembers = [\"a\", \"gone\"]\n",
				"a/Cargo.toml": manifest("a", ""), "a/src/lib.rs": "pub fn f() {}\n",
			},
			exit: 1, findings: []string{"Cargo.toml:3 "}, states: []string{"a/src/lib.rs unchecked: "},
		},
		"a package that is not there": {
			files: map[string]string{
				"Cargo.toml": manifest("m", "[dependencies]\nnear = { path = \"near\" }\n"), "Cargo.lock": lock,
				"src/lib.rs": "pub fn f() {}\n",
			},
			exit: 1, findings: []string{"Cargo.toml:6 "}, states: []string{"src/lib.rs unchecked: "},
		},
		"a target that is not there": {
			files: map[string]string{
				"Cargo.toml": manifest("m", "[[bin]]\nname = \"b\"\npath = \"src/gone.rs\"\n"),
				"src/lib.rs": "\n",
			},
			exit: 1, findings: []string{"Cargo.toml:6 "}, states: []string{"src/lib.rs unchecked: "},
		},
		"a lock file that cannot be read": {
			files: map[string]string{
				"Cargo.toml": manifest("m", ""), "Cargo.lock": "version = 3\n[a", "src/lib.rs": "\n",
			},
			exit: 1, findings: []string{"Cargo.lock:2 unclosed table, expected `]`"},
			states: []string{"src/lib.rs unchecked: "},
		},
		"a package that the workspace above it does not name": {
			files: map[string]string{
				"Cargo.toml":   "[workspace]\nmembers = [\"a\"]\nresolver = \"2\"\n",
				"a/Cargo.toml": manifest("a", ""), "a/src/lib.rs": "pub fn f() {}\n",
				"b/Cargo.toml": manifest("b", ""), "b/src/lib.rs": moved,
			},
			states: []string{"b/src/lib.rs excluded: "},
		},
		"manifests without sources, next to a package": {
			files: map[string]string{
				"a/Cargo.toml": manifest("a", ""), "a/src/lib.rs": "pub fn f() {}\n", "b/Cargo.toml": manifest("b", ""),
				"c/Cargo.toml": "[workspace]\nmembers = []\n",
			},
			exit: 1, findings: []string{
				"b/Cargo.toml:1 either src/lib.rs, src/main.rs, a [lib] section, or [[bin]] section must be present",
				"c/Cargo.toml:1 ",
			},
			states: []string{"b/Cargo.toml unchecked: ", "c/Cargo.toml unchecked: "},
		},
		"a workspace in which one package has a build script": {
			files: map[string]string{
				"Cargo.toml":           "[workspace]\nmembers = [\"a\", \"b\", \"c\"]\nresolver = \"2\"\n",
				"a/Cargo.toml":         manifest("a", ""),
				"a/src/lib.rs":         moved,
				"b/Cargo.toml":         manifest("b", "[dependencies]\nc = { path = \"../c\" }\n"),
				"b/src/lib.rs":         moved,
				"c/Cargo.toml":         manifest("c", ""),
				"c/src/lib.rs":         moved,
				"c/build.rs":           "fn main() { panic!() }\n",
				"a/tests/t.rs":         "#[test]\nfn t() { a::absent(); }\n",
				"a/examples/broken.rs": "fn main() { let x: u32 = \"\"; }\n",
			},
			exit: 66, findings: []string{"a/src/lib.rs:1 E0382"},
			states: []string{"b/src/lib.rs unchecked: ", "c/build.rs unchecked: ", "c/src/lib.rs unchecked: "},
		},
		"a build script that the tests alone depend on": {
			files: map[string]string{
				"Cargo.toml": manifest("m", "[dev-dependencies]\nd = { path = \"d\" }\n"), "src/lib.rs": "pub mod a;\n",
				"src/a.rs": moved + "#[cfg(test)]\nmod tests {}\n", "src/main.rs": "fn main() {}\n",
				"tests/t.rs": "#[test]\nfn t() { m::absent(); }\n", "d/Cargo.toml": manifest("d", ""),
				"d/src/lib.rs": "pub fn d() {}\n", "d/build.rs": "fn main() { panic!() }\n",
			},
			exit: 66, findings: []string{"src/a.rs:1 E0382"},
			states: []string{
				"d/build.rs unchecked: ", "d/src/lib.rs unchecked: ", "src/a.rs unchecked: ", "tests/t.rs unchecked: ",
			},
		},
		"tests, examples and benchmarks": {
			files: map[string]string{
				"Cargo.toml": manifest("m", "[features]\nmore = []\n\n[[example]]\nname = \"more\"\n"+
					"required-features = [\"more\"]\n"),
				"src/lib.rs":       "pub fn f() {}\n",
				"tests/t.rs":       "#[test]\nfn t() { m::absent(); }\n",
				"examples/e.rs":    "fn main() { let _: u32 = \"\"; }\n",
				"examples/more.rs": "fn main() { m::more(); }\n",
				"benches/b.rs":     "#![feature(test)]\nextern crate test;\nfn main() { m::absent(); }\n",
			},
			exit: 1, findings: []string{
				"benches/b.rs:1 E0554", "benches/b.rs:3 E0425", "examples/e.rs:1 E0308", "tests/t.rs:2 E0425",
			},
			states: []string{"examples/more.rs excluded: "},
		},
		"a patch that breaks": {
			files: map[string]string{"Cargo.toml": manifest("m", ""), "Cargo.lock": lock, "src/lib.rs": "// n\n"},
			patch: "--- a/src/lib.rs\n+++ b/src/lib.rs\n@@ -1 +1,2 @@\n // n\n+" + moved,
			exit:  1, findings: []string{"src/lib.rs:2 E0382"},
		},
		"a patch that mends": {
			files: map[string]string{"Cargo.toml": manifest("m", ""), "src/lib.rs": moved},
			patch: "--- a/src/lib.rs\n+++ b/src/lib.rs\n@@ -1 +1 @@\n-" + moved + "+pub fn f() {}\n",
		},
		"a patch that adds a module, and a test": {
			files: map[string]string{"Cargo.toml": manifest("m", ""), "src/lib.rs": "// nothing\n"},
			patch: "--- a/src/lib.rs\n+++ b/src/lib.rs\n@@ -1 +1,2 @@\n // nothing\n+pub mod new;\n" +
				added("src/new.rs", moved) + added("tests/t.rs", "#[test]\nfn t() { m::new::absent(); }\n"),
			exit: 1, findings: []string{"src/new.rs:1 E0382"},
		},
		"a patch that removes a module": {
			files: map[string]string{
				"Cargo.toml": manifest("m", ""), "src/lib.rs": "pub mod old;\n", "src/old.rs": "pub fn f() {}\n",
			},
			patch: "--- a/src/old.rs\n+++ /dev/null\n@@ -1 +0,0 @@\n-pub fn f() {}\n",
			exit:  1, findings: []string{"src/lib.rs:1 E0583"},
		},
		"a patch that adds a package": {
			files: map[string]string{
				"Cargo.toml":          "[workspace]\nmembers = [\"crates/*\"]\nresolver = \"2\"\n",
				"crates/a/src/lib.rs": "// a\n",
				"crates/a/Cargo.toml": manifest("a", ""),
			},
			patch: "--- a/crates/a/Cargo.toml\n+++ b/crates/a/Cargo.toml\n@@ -4 +4,3 @@\n edition = \"2021\"\n" +
				"+[dependencies]\n+b = { path = \"../b\" }\n" +
				"--- a/crates/a/src/lib.rs\n+++ b/crates/a/src/lib.rs\n@@ -1 +1,2 @@\n // a\n" +
				"+pub fn a() { b::f(1); }\n" +
				added("crates/b/Cargo.toml", manifest("b", "")) + added("crates/b/src/lib.rs", "pub fn f() {}\n"),
			exit: 1, findings: []string{"crates/a/src/lib.rs:2 E0061"},
		},
		"a patch that adds a build script": {
			files: map[string]string{"Cargo.toml": manifest("m", ""), "src/lib.rs": "// nothing\n"},
			patch: added("build.rs", "fn main() {}\n"),
			exit:  66, states: []string{"build.rs unchecked: ", "src/lib.rs unchecked: "},
		},
		"a patch that names a program for cargo to run": {
			files: map[string]string{"Cargo.toml": manifest("m", ""), "src/lib.rs": "// nothing\n"},
			patch: added(".cargo/config.toml", "[build]\nrustc = \"./evil\"\n"),
			exit:  66, states: []string{"src/lib.rs unchecked: "},
		},
	} {
		t.Run(name, func(t *testing.T) {
			dir := indextest.Files(t, tt.files)
			indextest.FailIfChanged(t, dir)
			o := api.Options{Patch: tt.patch}
			if tt.patch != "" {
				o.All = &all
			}
			b := do(t, engine(t, dir), api.Request{Op: "diag", Options: o})
			var findings, states []string
			for _, d := range b.Facts.Diagnostics {
				if bundle.Severity(d.Severity) > bundle.Severity("warning") || d.Source == "rust-analyzer" {
					continue
				}
				label := d.Code
				if _, fix, ok := strings.Cut(d.Message, "; "); ok && label == "" {
					label = fix
				}
				findings = append(findings, fmt.Sprintf("%s:%d %s", d.URI, d.Range[0]+1, label))
			}
			for _, group := range b.Facts.Coverage() {
				for _, uri := range group.Files {
					if group.State != bundle.CheckedState {
						states = append(states, fmt.Sprintf("%s %s: %s", uri, group.State, group.Fix))
					}
				}
			}
			slices.Sort(states)
			got, want := []any{b.Meta.ExitCode, findings, states}, []any{tt.exit, tt.findings, tt.states}
			if d := cmp.Diff(want, got); d != "" {
				t.Errorf("exit, findings, states (-want +got)\n%s\n%q", d, b.Evidence.Reasons)
			}
		})
	}
}
