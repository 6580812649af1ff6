package server_test

import (
	"fmt"
	"regexp"
	"testing"

	"github.com/google/go-cmp/cmp"

	"lanser/index/indextest"
	"lanser/server/api"
	"lanser/server/bundle"
)

// What the command line of a language refuses as a whole is a finding, with what is wrong and where, and the check has
// the verdict of that command line.
func TestProjectsThatTheirBuildRefusesHaveFindings(t *testing.T) {
	indextest.Needs(t, "the servers gopls, rust-analyzer and typescript, and go-cmp in the module cache")
	const (
		source   = "package h\n\nimport \"github.com/google/go-cmp/cmp\"\n\nvar X = cmp.Equal\n"
		required = goMod + "\nrequire github.com/google/go-cmp v0.7.0\n"
		cargo    = "[package]\nname = \"m\"\nversion = \"0.1.0\"\nedition = \"2021\"\n"
		sumOfMod = "github.com/google/go-cmp v0.7.0/go.mod h1:pXiqmnSA92OHEEa9HXL2W4E7lf9JzCmGVUdgjX3N/iU=\n"
	)
	for name, tt := range map[string]struct {
		files map[string]string
		want  []string
	}{
		"Go in Latin-1, in a comment": {
			map[string]string{"go.mod": goMod, "a.go": "package h\n\n// caf\xe9\nvar X = 1\n"},
			[]string{"exit 1 complete", "a.go:3:7 go build: illegal UTF-8 encoding"},
		},
		"Go in Latin-1, in strings": {
			map[string]string{"go.mod": goMod, "a.go": "package h\n\nvar X = \"caf\xe9 \xe9\"\n\nvar Y = \"\xe9\"\n"},
			[]string{
				"exit 1 complete", "a.go:3:13 go build: illegal UTF-8 encoding",
				"a.go:5:10 go build: illegal UTF-8 encoding",
			},
		},
		"Go in UTF-16": {
			map[string]string{"go.mod": goMod, "a.go": "\xff\xfep\x00a\x00"},
			[]string{"exit 1 complete", "a.go:1:1 go build: illegal UTF-8 encoding (got UTF-16)"},
		},
		"Go that no build has, in Latin-1": {
			map[string]string{
				"go.mod": goMod, "a.go": "package h\n", "b.go": "//go:build ignore\n\npackage h // \xe9\n",
			},
			[]string{"exit 0 complete"},
		},
		"a build constraint of Go that is none": {
			map[string]string{
				"go.mod": goMod, "a.go": "//go:build linux &&\n\npackage h\n", "b.go": "package h\n",
				"c/c.go": "package c\n\nvar X int = \"\"\n",
			},
			[]string{
				"exit 1 heuristic",
				"a.go:1:1 go list: parsing //go:build line: unexpected end of expression",
				"c/c.go:3:13 compiler: cannot use \"\" (untyped string constant) as int value in variable declaration",
			},
		},
		"Go packages that import each other": {
			map[string]string{
				"go.mod": goMod, "a/a.go": "package a\n\nimport \"ex.com/h/b\"\n\nvar X = b.Y\n",
				"b/b.go": "package b\n\nimport \"ex.com/h/a\"\n\nvar Y = a.X\n", "c.go": "package h\n",
			},
			[]string{"exit 1 complete", "a/a.go:3:8 go list: import cycle not allowed"},
		},
		"Go packages that import each other in a circle": {
			map[string]string{
				"go.mod": goMod, "a/a.go": "package a\n\nimport \"ex.com/h/b\"\n\nvar X = b.Y\n",
				"b/b.go": "package b\n\nimport \"ex.com/h/c\"\n\nvar Y = c.Z\n",
				"c/c.go": "package c\n\nimport \"ex.com/h/a\"\n\nvar Z = a.X\n",
				"m.go":   "package h\n\nimport _ \"ex.com/h/a\"\n",
			},
			[]string{
				"exit 1 complete",
				"a/a.go:1:1 go list: import cycle not allowed: import stack: " +
					"[ex.com/h ex.com/h/a ex.com/h/b ex.com/h/c ex.com/h/a]",
			},
		},
		"a Go package that imports itself": {
			map[string]string{"go.mod": goMod, "a/a.go": "package a\n\nimport _ \"ex.com/h/a\"\n"},
			[]string{"exit 1 complete", "a/a.go:3:8 go list: import cycle not allowed"},
		},
		"Go imports that differ in case alone": {
			map[string]string{
				"go.mod": goMod, "foo/a.go": "package foo\n", "Foo/a.go": "package foo\n",
				"a.go": "package h\n\nimport (\n\t_ \"ex.com/h/Foo\"\n\t_ \"ex.com/h/foo\"\n)\n",
			},
			[]string{
				"exit 1 complete",
				"a.go:5:4 go list: case-insensitive import collision: \"ex.com/h/foo\" and \"ex.com/h/Foo\"",
			},
		},
		"Go packages that differ in case alone": {
			map[string]string{
				"go.mod": goMod, "foo/a.go": "package foo\n", "foo/b.go": "package foo\n",
				"Foo/a.go":  "package foo\n",
				"a.go":      "package h\n\nimport _ \"ex.com/h/Foo\"\n",
				"_x/FOO.go": "package x\n", "testdata/foo/a.go": "package foo\n", "testdata/Foo/a.go": "package foo\n",
			},
			[]string{
				"exit 1 complete",
				"foo/a.go:1:1 go list: case-insensitive import collision: \"ex.com/h/foo\" and \"ex.com/h/Foo\"",
			},
		},
		"Go tests that import what differs in case alone": {
			map[string]string{
				"go.mod": goMod + "\nrequire github.com/google/go-cmp v0.7.0\n",
				"go.sum": sumOfMod +
					"github.com/google/go-cmp v0.7.0 h1:wk8382ETsv4JYUZwIsn6YpYiWiBsYLSJiTsyBybVuN8=\n",
				"a.go": source, "a_test.go": "package h\n\nimport _ \"ex.com/h/x\"\n", "x/x.go": "package x\n",
				"y/y.go": "//go:build never\n\npackage y\n\nimport _ \"ex.com/h/X\"\n",
			},
			[]string{"exit 0 complete"},
		},
		"files of Go that differ in case alone": {
			map[string]string{
				"go.mod": goMod, "A.go": "// Package h.\npackage h\n", "a.go": "package h\n", "b.go": "package h\n",
			},
			[]string{
				"exit 1 complete",
				"A.go:1:1 go list: case-insensitive file name collision: \"A.go\" and \"a.go\"",
			},
		},
		"a header for cgo that does not exist": {
			map[string]string{
				"go.mod": goMod, "p/b.go": "package p\n", "p/a.go": "package p\n\n// #include <stdlib.h>\n" +
					"// #include \"gone.h\"\nimport \"C\"\n\nvar X = C.f()\n",
			},
			[]string{
				"exit 1 complete",
				"p/a.go:4:11 go list: fatal error: gone.h: No such file or directory",
			},
		},
		"a header for cgo that a header includes and does not exist": {
			map[string]string{
				"x/go.mod": goMod, "x/p/h.h": "\n#include \"gone.h\"\n",
				"x/p/a.go": "package p\n\n// #include \"h.h\"\nimport \"C\"\n\nvar X = C.f()\n",
			},
			[]string{
				"exit 1 complete",
				"x/p/h.h:2:10 go list: fatal error: gone.h: No such file or directory",
			},
		},
		"mistakes in code for cgo": {
			map[string]string{
				"go.mod": goMod, "a.go": "package h\n\n// int f(void) { return zz; }\n" +
					"// int g(void) { return yy; }\nimport \"C\"\n\nvar X = C.f()\n",
				"p/a.go": "package p\n\n// int f(void);\nimport \"C\"\n\nvar X = C.f()\n\nvar Y = C.nope()\n",
				"q/a.go": "package q\n\n// #cgo CFLAGS: -fplugin=x.so\n// int f(void);\nimport \"C\"\n\n" +
					"var X = C.f()\n",
			},
			[]string{
				"exit 1 complete",
				"a.go:3:23 go list: error: 'zz' undeclared (first use in this function)",
				"a.go:4:23 go list: error: 'yy' undeclared (first use in this function)",
				"p/a.go:8:9 go list: could not determine what C.nope refers to",
				"q/a.go:3:1 go list: invalid flag in #cgo CFLAGS: -fplugin=x.so (see https://go.dev/s/invalidflag)",
			},
		},
		"an internal package of others": {
			map[string]string{
				"go.mod": goMod, "a/internal/i/i.go": "package i\n",
				"b.go": "package h\n\nimport _ \"ex.com/h/a/internal/i\"\n",
			},
			[]string{
				"exit 1 complete",
				"b.go:3:8 go list: use of internal package ex.com/h/a/internal/i not allowed",
			},
		},
		"vendored Go whose bodies do not compile": {
			map[string]string{
				"go.mod": goMod + "\nrequire example.com/d v1.0.0\n",
				"a.go":   "package h\n\nimport _ \"example.com/d\"\n",
				"vendor/modules.txt": "# example.com/d v1.0.0\n## explicit; go 1.20\n" +
					"example.com/d\nexample.com/d/e\n",
				"vendor/example.com/d/d.go":   "package d\n\nimport _ \"example.com/d/e\"\n",
				"vendor/example.com/d/e/e.go": "package e\n\nfunc f() { return 1 }\n",
				"vendor/example.com/d/e/p.go": "package e\n\nimport \"fmt\"\n\nfunc g() { fmt.Printf(\"%d\", \"\") }\n",
				"vendor/example.com/d/x/x.go": "package x\n\nfunc f() { return 1 }\n",
			},
			[]string{
				"exit 1 complete",
				"vendor/example.com/d/e/e.go:3:19 compiler: too many return values\n\thave (number)\n\twant ()",
			},
		},
		"vendored Go of a module below the root": {
			map[string]string{
				"x/go.mod":    goMod + "\nrequire example.com/d v1.0.0\n",
				"x/a_test.go": "package h\n\nimport _ \"example.com/d\"\n", "y.sh": "#!/bin/sh\n",
				"x/vendor/modules.txt":        "# example.com/d v1.0.0\n## explicit; go 1.20\nexample.com/d\n",
				"x/vendor/example.com/d/d.go": "package d\n\nfunc f() {\n",
			},
			[]string{
				"exit 1 complete",
				"x/vendor/example.com/d/d.go:4:1 syntax: expected ';', found 'EOF'",
			},
		},
		"an empty go.mod": {
			map[string]string{"go.mod": "// m\n", "a.go": "package h\n"},
			[]string{
				"exit 1 heuristic",
				"go.mod:1:1 go: missing module declaration; to specify the module path: " +
					"go mod edit -module=example.com/mod",
			},
		},
		"a go.mod without a module": {
			map[string]string{"go.mod": "go 1.25\n", "a.go": "package h\n"},
			[]string{
				"exit 1 heuristic",
				"go.mod:1:1 go: missing module declaration; to specify the module path: " +
					"go mod edit -module=example.com/mod",
			},
		},
		"a go.mod of another module with a mistake": {
			map[string]string{
				"go.mod": goMod, "a.go": "package h\n", "other/go.mod": "modul x\n", "other/o.go": "package o\n",
			},
			[]string{"exit 1 heuristic", "other/go.mod:1:1 syntax: unknown directive: modul"},
		},
		"a wrong sum": {
			map[string]string{
				"go.mod": required, "a.go": source,
				"go.sum": sumOfMod +
					"github.com/google/go-cmp v0.7.0 h1:wk8382ETsv4JYUZwIsn6YpYiWiBsYLSJiTsyBybVuN9=\n",
			},
			[]string{
				"exit 1 heuristic",
				"go.sum:2:1 go list: the checksum of github.com/google/go-cmp v0.7.0 is " +
					"h1:wk8382ETsv4JYUZwIsn6YpYiWiBsYLSJiTsyBybVuN8=, and not the one that go.sum has; find out who " +
					"changed the module; if go.sum is wrong, remove the line and run 'go mod tidy'",
			},
		},
		"a go.sum that is none": {
			map[string]string{
				"go.mod": required, "a.go": source,
				"go.sum": sumOfMod + "<<<<<<< HEAD\n",
			},
			[]string{
				"exit 1 heuristic",
				"go.sum:2:1 go list: go.sum cannot be read: wrong number of fields 2; correct the line, or remove it " +
					"and run 'go mod tidy'",
			},
		},
		"a configuration of cargo that is no TOML": {
			map[string]string{
				"Cargo.toml": cargo, "Cargo.lock": lock, "src/lib.rs": "pub fn f() {}\n",
				".cargo/config.toml": "[alias]\nb = \"build\"\n[build\n",
			},
			[]string{
				"exit 1 heuristic",
				".cargo/config.toml:3:7 cargo: could not parse TOML configuration: expected character ]",
			},
		},
		"a configuration of cargo with a value of the wrong type": {
			map[string]string{
				"Cargo.toml": cargo, "Cargo.lock": lock, "src/lib.rs": "pub fn f() {}\n",
				".cargo/config.toml": "[build]\nrustflags = 3\n",
			},
			[]string{
				"exit 1 heuristic",
				".cargo/config.toml:2:1 cargo: `build.rustflags` expected a string or list of strings, " +
					"but found an integer",
			},
		},
		"a configuration of cargo that no crate reads": {
			map[string]string{
				"Cargo.toml": cargo, "Cargo.lock": lock, "src/lib.rs": "pub fn f() {}\n",
				"docs/x/.cargo/config.toml": "[build\n",
			},
			[]string{"exit 0 complete"},
		},
		"a crate without targets": {
			map[string]string{"Cargo.toml": cargo, "Cargo.lock": lock, "src/x.rs": "pub fn f() {}\n"},
			[]string{
				"exit 1 heuristic",
				"Cargo.toml:1:1 cargo: cargo metadata failed: failed to parse manifest at `Cargo.toml`: no targets " +
					"specified in the manifest; either src/lib.rs, src/main.rs, a [lib] section, or [[bin]] section " +
					"must be present",
			},
		},
		"crates that depend on each other": {
			map[string]string{
				"Cargo.toml":   "[workspace]\nmembers = [\"a\", \"b\"]\n",
				"a/src/lib.rs": "pub fn f() {}\n", "b/src/lib.rs": "pub fn f() {}\n",
				"a/Cargo.toml": crateNamed("a") + "[dependencies]\nb = { path = \"../b\" }\n",
				"b/Cargo.toml": crateNamed("b") + "[dependencies]\na = { path = \"../a\" }\n",
			},
			[]string{
				"exit 1 heuristic",
				"a/Cargo.toml:2:1 cargo: cargo metadata failed: cyclic package dependency: package `a v0.1.0 (a)` " +
					"depends on itself. Cycle: package `a v0.1.0 (a)`: ... which satisfies path dependency `a` " +
					"of package `b v0.1.0 (b)`: ... which satisfies path dependency `b` of package `a v0.1.0 (a)`",
			},
		},
		"a crate without a feature that another one asks for": {
			map[string]string{
				"Cargo.toml":   crateNamed("b") + "[dependencies]\na = { path = \"a\", features = [\"nope\"] }\n",
				"a/Cargo.toml": crateNamed("a"), "a/src/lib.rs": "pub fn f() {}\n",
				"src/lib.rs": "pub fn f() {}\n",
			},
			[]string{
				"exit 1 heuristic",
				"Cargo.toml:6:1 cargo: cargo metadata failed: failed to select a version for `a`.: package " +
					"`b` depends on `a` with feature `nope` but `a` does not have that feature",
			},
		},
		"a crate for a later compiler": {
			map[string]string{
				"Cargo.toml": crateNamed("x") + "rust-version = \"1.999\"\n", "src/lib.rs": "pub fn f() {}\n",
			},
			[]string{
				"exit 1 heuristic",
				"Cargo.toml:1:1 cargo: cargo check failed: rustc VERSION is not supported by the following " +
					"packages: x@0.1.0 requires rustc VERSION",
			},
		},
		"a member of a workspace that is a workspace itself": {
			map[string]string{
				"Cargo.toml":   "[workspace]\nmembers = [\"a\", \"b\"]\n",
				"a/Cargo.toml": crateNamed("a"), "a/src/lib.rs": "pub fn f() {}\n",
				"b/Cargo.toml": crateNamed("b") + "\n[workspace]\n", "b/src/lib.rs": "pub fn f() {}\n",
			},
			[]string{
				"exit 1 heuristic",
				"b/Cargo.toml:6:1 cargo: cargo metadata failed: multiple workspace roots found in the same " +
					"workspace: b: .",
			},
		},
		"a workspace whose members are all workspaces": {
			map[string]string{
				"c/Cargo.toml":   "[workspace]\nmembers = [\"a\"]\n",
				"c/a/Cargo.toml": crateNamed("a") + "[workspace]\n", "c/a/src/lib.rs": "pub fn f() {}\n",
			},
			[]string{
				"exit 1 heuristic",
				"c/a/Cargo.toml:5:1 cargo: cargo metadata failed: multiple workspace roots found in the same " +
					"workspace: c/a: c",
			},
		},
		"a workspace that excludes one below it": {
			map[string]string{
				"Cargo.toml":   "[workspace]\nmembers = [\"a\"]\nexclude = [\"b\"]\n",
				"a/Cargo.toml": crateNamed("a"), "a/src/lib.rs": "pub fn f() {}\n",
				"b/Cargo.toml": crateNamed("b") + "[workspace]\n", "b/src/lib.rs": "pub fn f() {}\n",
			},
			[]string{"exit 0 complete"},
		},
		"a build script that does not exist": {
			map[string]string{
				"Cargo.toml": crateNamed("x") + "build = \"gone.rs\"\n", "src/lib.rs": "pub fn f() {}\n",
			},
			[]string{
				"exit 1 heuristic",
				"Cargo.toml:5:1 rustc: couldn't read `gone.rs`: the build script of x does not exist",
			},
		},
		"a build script, of what a crate depends on, that does not exist": {
			map[string]string{
				"Cargo.toml":   "[workspace]\nmembers = [\"a\", \"b\", \"c\"]\n",
				"a/Cargo.toml": crateNamed("a") + "[dependencies]\nb = { path = \"../b\" }\n",
				"b/Cargo.toml": crateNamed("b") + "build = \"gone.rs\"\n", "b/src/lib.rs": "pub fn f() {}\n",
				"a/src/lib.rs": "pub fn f() {}\n", "c/Cargo.toml": crateNamed("c"),
				"c/src/lib.rs": "pub fn f() -> i32 { \"\" }\n",
			},
			[]string{
				"exit 1 heuristic",
				"b/Cargo.toml:5:1 rustc: couldn't read `b/gone.rs`: the build script of b does not exist",
				"c/src/lib.rs:1:21 rustc: mismatched types\nexpected `i32`, found `&str`",
			},
		},
		"a project of TypeScript that extends itself": {
			map[string]string{
				"tsconfig.json": "{\n  \"extends\": \"./base.json\"\n}\n", "a.ts": "export const a = 1;\n",
				"base.json": `{"extends": ["./other.json", "./again"]}`, "other.json": `{"extends": "./last.json"}`,
				"again.json": `{"extends": "./base.json"}`, "last.json": "{}",
			},
			[]string{
				"exit 1 heuristic",
				"tsconfig.json:2:3 ts: Circularity detected while resolving configuration: " +
					"tsconfig.json -> base.json -> again.json -> base.json",
			},
		},
		"a project of TypeScript that extends itself, of which no file is checked": {
			map[string]string{
				"tsconfig.json": "{}", "a.ts": "export const a = 1;\n",
				"testdata/c/tsconfig.json": `{"extends": "./tsconfig.json"}`,
			},
			[]string{"exit 0 complete"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			dir := repository(t, tt.files)
			indextest.FailIfChanged(t, dir)
			b := do(t, thawed(t, dir), api.Request{Op: "diag"})
			if d := cmp.Diff(tt.want, toldVerdict(b)); d != "" {
				t.Errorf("(-want +got)\n%s\n%q", d, b.Evidence.Reasons)
			}
		})
	}
}

var rustcVersion = regexp.MustCompile(`rustc \d[\w.-]*`)

// toldVerdict is verdictOf with the columns and messages of the errors.
func toldVerdict(b *bundle.Bundle) (out []string) {
	out = verdictOf(b)[:1]
	for _, d := range b.Facts.Diagnostics {
		if d.Severity == "error" {
			message := rustcVersion.ReplaceAllString(d.Message, "rustc VERSION")
			out = append(out, fmt.Sprintf("%s:%d:%d %s: %s", d.URI, d.Range[0]+1, d.Range[1]+1, d.Source, message))
		}
	}
	return out
}

// crateNamed is the manifest of a crate.
func crateNamed(name string) string {
	return fmt.Sprintf("[package]\nname = %q\nversion = \"0.1.0\"\nedition = \"2021\"\n", name)
}
