package server_test

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"lanser/index/indextest"
	"lanser/server"
	"lanser/server/api"
	"lanser/server/bundle"
	"lanser/server/catalogue"
	"lanser/server/project"
)

// A dependency that is not installed is one finding with the command that installs it, however many files
// import it. What follows from it is not reported, and the files that import it count as unchecked. What is
// wrong in the workspace itself is reported as ever.
func TestAMissingDependencyIsReportedOnce(t *testing.T) {
	t.Parallel()
	indextest.Needs(t, "every language server")
	const tsconfig = `{"compilerOptions":{"strict":true,"noEmit":true,"module":"esnext","jsx":"preserve",` +
		`"moduleResolution":"bundler","types":[]},"include":["src"]}`
	const notFetched = "not all that the packages depend on is fetched: cargo metadata failed: " +
		"no matching package named `absent-crate-of-nobody` found; cargo fetch"
	const goModules = "4 dependencies of go.mod are not installed: example.org/a/v2@v2.0.0, example.org/b@v1.0.0, " +
		"example.org/d@v1.0.0, and 1 more; go mod download"
	for name, tt := range map[string]struct {
		files    map[string]string
		options  api.Options
		exit     int
		findings []string // errors and warnings
		states   []string // of files that were not checked
	}{
		"Go": {
			files: map[string]string{
				"go.mod": "module example.com/m\n\ngo 1.24\n\nrequire example.org/absent v1.2.3\n",
				"go.sum": "example.org/absent v1.2.3 h1:x=\nexample.org/absent v1.2.3/go.mod h1:x=\n",
				"a.go":   "package m\n\nimport \"example.org/absent\"\n\nvar A, B = absent.F(absent.X), absent.Y\n",
				"b.go":   "package m\n\nimport \"example.org/absent/sub\"\n\nfunc C() int { return sub.F() + A }\n",
				"c.go":   "package m\n\nfunc D() int { return 1 }\n",
				"d.go":   "package m\n\nimport \"example.com/m/gone\"\n\nvar E = gone.F()\n",
			},
			exit: 66,
			findings: []string{
				"d.go:3 error: could not import example.com/m/gone " +
					"(no required module provides package \"example.com/m/gone\")",
				"go.mod:5 error: the module example.org/absent@v1.2.3 is not downloaded; go mod download",
			},
			states: []string{
				"a.go unchecked: the module example.org/absent@v1.2.3 is not downloaded; go mod download",
				"b.go unchecked: the module example.org/absent@v1.2.3 is not downloaded; go mod download",
			},
		},
		"Go: a module of which nothing is loaded": {
			files: map[string]string{
				"go.mod":     "module example.com/m\n\ngo 1.24\n",
				"m.go":       "package m\n\nfunc F() int { return 1 }\n",
				"lib/go.mod": "module example.com/lib\n\ngo 1.24\n\nrequire example.org/absent v1.2.3\n",
				"lib/l.go":   "package lib\n\nfunc F() int { return 1 }\n",
				"ex/go.mod": "module example.com/ex\n\ngo 1.24\n\nrequire (\n\texample.com/lib v0.0.0\n" +
					"\texample.org/absent v1.0.0\n)\n\nreplace example.com/lib => ../lib\n",
				"ex/a.go": "package main\n\nimport (\n\t\"fmt\"\n\n\t\"example.com/lib\"\n)\n\n" +
					"func main() { fmt.Println(lib.F()) }\n",
				"ex/b/b.go": "package b\n\nfunc G() int {\n",
				"ex/go.sum": "example.org/absent v1.0.0/go.mod h1:x=\nexample.org/absent v1.2.3/go.mod h1:x=\n" +
					"example.org/absent v1.2.3 h1:x=\n",
			},
			exit: 66,
			findings: []string{
				"ex/b/b.go:4 error: expected ';', found 'EOF'",
				"ex/go.mod:7 error: the module example.org/absent@v1.0.0 is not downloaded; cd ex && go mod download",
				"lib/go.mod:5 warning: example.org/absent is not used in this module",
			},
			states: []string{
				"ex/a.go unchecked: the module example.org/absent@v1.0.0 is not downloaded; cd ex && go mod download",
				"ex/b/b.go unchecked: the module example.org/absent@v1.0.0 is not downloaded; cd ex && go mod download",
			},
		},
		"Go: a module that go.work does not use": {
			files: map[string]string{
				"go.work": "go 1.24\n\nuse .\n", "go.mod": "module example.com/m\n\ngo 1.24\n", "m.go": "package m\n",
				"ex/go.mod": "module example.com/ex\n\ngo 1.24\n\nrequire example.org/absent v1.0.0\n",
				"ex/go.sum": "example.org/absent v1.0.0 h1:x=\nexample.org/absent v1.0.0/go.mod h1:x=\n",
				"ex/a.go":   "package ex\n\nimport _ \"example.org/absent\"\n",
			},
			exit: 66,
			findings: []string{"ex/go.mod:5 error: the module example.org/absent@v1.0.0 is not downloaded; " +
				"cd ex && GOWORK=off go mod download"},
			states: []string{"ex/a.go unchecked: the module example.org/absent@v1.0.0 is not downloaded; " +
				"cd ex && GOWORK=off go mod download"},
		},
		"Go: many modules, of which types are embedded": {
			files: map[string]string{
				"go.mod": "module example.com/m\n\ngo 1.24\n\nrequire (\n\texample.org/a/v2 v2.0.0\n" +
					"\texample.org/b v1.0.0\n" +
					"\texample.org/go-c v1.0.0\n\texample.org/d v1.0.0\n)\n",
				"go.sum": "example.org/a/v2 v2.0.0 h1:x=\nexample.org/b v1.0.0 h1:x=\n" +
					"example.org/go-c v1.0.0 h1:x=\nexample.org/d v1.0.0 h1:x=\n",
				"a.go": "package m\n\nimport (\n\t\"example.org/a/v2\"\n\t\"example.org/b\"\n)\n\n" +
					"type T struct{ a.Base }\n\nvar X = b.F()\n",
				"b.go": "package m\n\nimport (\n\t\"example.org/a/v2\"\n\t\"example.org/d\"\n" +
					"\t\"example.org/go-c\"\n)\n\nvar Y = a.F(c.F(), d.F())\n\nvar Z int = \"\"\n",
				"c.go":          "package m\n\nfunc C(t T) { t.Embedded() }\n",
				"d.go":          "package m\n\nfunc D() int { return undeclared }\n",
				"other/e.go":    "package other\n\nimport \"example.com/m\"\n\nvar E = m.T{}.Field\n",
				"other/f.go":    "package other\n\nvar F int = \"\"\n",
				"syntax/bad.go": "package syntax\n\nimport \"example.org/b\"\n\nvar G = b.F(\n",
			},
			exit: 66,
			findings: []string{
				"b.go:11 error: cannot use \"\" (untyped string constant) as int value in variable declaration",
				"d.go:3 error: undefined: undeclared",
				"go.mod:6 error: " + goModules,
				"other/f.go:3 error: cannot use \"\" (untyped string constant) as int value in variable declaration",
				"syntax/bad.go:6 error: expected ')', found 'EOF'",
			},
			states: []string{
				"a.go unchecked: " + goModules, "b.go unchecked: " + goModules, "c.go unchecked: " + goModules,
				"other/e.go unchecked: " + goModules,
			},
		},
		"Go: go.sum lacks a module": {
			files: map[string]string{
				"go.mod": "module example.com/m\n\ngo 1.24\n\nrequire example.org/absent v1.2.3\n",
				"go.sum": "example.org/absent v1.2.3/go.mod h1:x=\n",
				"a.go":   "package m\n\nimport \"example.org/absent\"\n\nvar A, B = absent.F(absent.X), absent.Y\n",
				"b.go":   "package m\n\nfunc D() int { return A }\n",
			},
			exit: 1, // as that of go vet
			findings: []string{
				"go.mod:5 error: go.sum has no checksum of the module example.org/absent@v1.2.3; go mod tidy",
			},
			states: []string{
				"a.go unchecked: what they import cannot be loaded: " +
					"go.sum has no checksum of the module example.org/absent@v1.2.3; ",
			},
		},
		"Go: the folder of a replace directive is missing": {
			files: map[string]string{
				"go.mod": "module example.com/m\n\ngo 1.24\n\nrequire example.org/absent v0.0.0\n\n" +
					"replace example.org/absent => ./gone\n",
				"a.go": "package m\n\nimport \"example.org/absent\"\n\nvar A = absent.F()\n",
			},
			exit: 1,
			findings: []string{
				"go.mod:5 error: the folder ./gone, which go.mod uses for the module example.org/absent, " +
					"does not exist; put a copy of the module there, or remove the replace directive",
			},
			states: []string{
				"a.go unchecked: what they import cannot be loaded: the folder ./gone, which go.mod uses for the " +
					"module example.org/absent, does not exist; ",
			},
		},
		"Rust: the packages are not fetched": {
			files: map[string]string{
				"Cargo.toml": "[package]\nname = \"m\"\nversion = \"0.1.0\"\nedition = \"2021\"\n\n[dependencies]\n" +
					"absent-crate-of-nobody = \"1\"\n",
				"src/lib.rs": "use absent_crate_of_nobody::T;\n\n" +
					"pub fn f() -> T { let x: &[u8] = b\"12\"; T::new(x) }\n",
				"src/bad.rs": "pub fn g( { }\n",
			},
			exit: 66,
			findings: []string{
				"Cargo.toml:7 error: " + notFetched,
				"src/bad.rs:1 error: Syntax Error: expected R_PAREN",
				"src/bad.rs:1 error: Syntax Error: expected value parameter",
			},
			states: []string{"src/bad.rs unchecked: " + notFetched, "src/lib.rs unchecked: " + notFetched},
		},
		"TypeScript: a package that holds options is not installed": {
			files: map[string]string{
				"package.json":       `{"devDependencies":{"@x/tsconfig":"1","typescript":"7"}}`,
				"tsconfig.base.json": `{"extends":"@x/tsconfig","compilerOptions":{"strict":true}}`,
				"app/tsconfig.json":  `{"extends":"../tsconfig.base.json","include":["."]}`,
				"app/a.ts": "export const a = async () => new Map([[1, 2]]).has(1);\n" +
					"export class A { #x = 1; }\n",
				"app/b.ts":            "export const b = (;\n",
				"other/tsconfig.json": `{"compilerOptions":{"strict":true,"types":[]}}`,
				"other/c.ts":          "export const c: number = '';\n",
			},
			exit: 66,
			findings: []string{
				"app/b.ts:1 error: Expression expected.",
				"other/c.ts:1 error: Type 'string' is not assignable to type 'number'.",
				"package.json:1 error: the packages of package.json are not installed: " +
					"there is no folder node_modules; npm install",
			},
			states: []string{
				"app/a.ts unchecked: the packages of package.json are not installed: " +
					"there is no folder node_modules; npm install",
			},
		},
		"TypeScript: nothing is installed": {
			files: map[string]string{
				"package.json":  `{"dependencies":{"react":"18","lodash":"4"},"devDependencies":{"vitest":"1"}}`,
				"tsconfig.json": tsconfig,
				"src/a.tsx": "import { map } from 'lodash/fp';\nimport React from 'react';\n" +
					"export const A = () => <p>{map((x) => <i/>)(React)}</p>;\nexport const n: number = '';\n",
				"src/a.test.ts": "import { test } from 'vitest';\ntest('x', (c) => c);\n",
				"src/b.ts":      "import { c } from './c';\nexport const b = c;\n",
			},
			exit: 66,
			findings: []string{
				"package.json:1 error: the packages of package.json are not installed: " +
					"there is no folder node_modules; npm install",
				"src/a.tsx:4 error: Type 'string' is not assignable to type 'number'.",
				"src/b.ts:1 error: Cannot find module './c' or its corresponding type declarations.",
			},
			states: []string{
				"src/a.test.ts unchecked: the packages of package.json are not installed: " +
					"there is no folder node_modules; npm install",
				"src/a.tsx unchecked: the packages of package.json are not installed: " +
					"there is no folder node_modules; npm install",
			},
		},
		"TypeScript: one package is not installed, and another lacks a module": {
			files: map[string]string{
				"package.json":                    "{\"dependencies\": {\n  \"absent\": \"1\",\n  \"there\": \"1\"}}\n",
				"package-lock.json":               "{}",
				"tsconfig.json":                   tsconfig,
				"node_modules/there/index.d.ts":   "export const there: number;\n",
				"node_modules/there/package.json": `{"name":"there","types":"index.d.ts"}`,
				".yarn/releases/yarn-4.0.2.cjs":   "let = ;\n",
				"src/a.ts": "import { a } from 'absent';\nimport { there } from 'there';\n" +
					"export default a + there;\n",
				"src/b.ts": "import { a } from 'absent/b';\nexport default a;\n",
				"src/c.ts": "import { a } from 'there/c';\nexport default a;\n",
			},
			exit: 66,
			findings: []string{
				"package.json:2 error: the package absent is not installed; npm ci",
				"src/c.ts:1 error: Cannot find module 'there/c' or its corresponding type declarations.",
			},
			states: []string{
				".yarn/releases/yarn-4.0.2.cjs excluded: Yarn has written them; ",
				"node_modules/there/index.d.ts excluded: they are in node_modules; ",
				"src/a.ts unchecked: the package absent is not installed; npm ci",
				"src/b.ts unchecked: the package absent is not installed; npm ci",
			},
		},
		"TypeScript: a package that declares global names is not installed": {
			files: map[string]string{
				"package.json": `{"type":"module","devDependencies":{"@types/node":"24"}}`,
				"tsconfig.json": `{"compilerOptions":{"strict":true,"noEmit":true,"target":"esnext","lib":["esnext"],` +
					`"module":"nodenext","types":["node"]},"include":["src"]}`,
				"src/a.ts":            "export const a = process.argv;\nexport const n: number = '';\n",
				"src/b.ts":            "console.log(import.meta.filename);\n",
				"src/c.ts":            "export class E extends Error {\n  f() { Error.captureStackTrace(this); }\n}\n",
				"src/d.ts":            "export const d: number = '';\n",
				"other/tsconfig.json": `{"compilerOptions":{"noEmit":true,"lib":["esnext"],"types":[]}}`,
				"other/package.json":  `{"name":"other"}`,
				"other/e.ts":          "export const e = gone;\n",
			},
			exit: 66,
			findings: []string{
				"other/e.ts:1 error: Cannot find name 'gone'.",
				"package.json:1 error: the packages of package.json are not installed: " +
					"there is no folder node_modules; npm install",
				"src/a.ts:2 error: Type 'string' is not assignable to type 'number'.",
				"src/d.ts:1 error: Type 'string' is not assignable to type 'number'.",
			},
			states: []string{
				"src/a.ts unchecked: the packages of package.json are not installed: " +
					"there is no folder node_modules; npm install",
				"src/b.ts unchecked: the packages of package.json are not installed: " +
					"there is no folder node_modules; npm install",
				"src/c.ts unchecked: the packages of package.json are not installed: " +
					"there is no folder node_modules; npm install",
			},
		},
		"Python": {
			files: map[string]string{
				"requirements.txt":     "absentlib==1\n",
				"requirements-dev.txt": "absenttest==1\n",
				"p/__init__.py":        "",
				"p/a.py":               "import absentlib\nimport absentlib.sub\n\nx: int = absentlib.sub.f()\n",
				"p/b.py":               "import absentlib\nimport p.gone\n\nprint(absentlib, p)\n",
				"p/test_c.py":          "import absenttest\n\nabsenttest.run()\n",
				"p/d.py":               "import os.pathh\n\nprint(os)\n",
			},
			exit: 66,
			findings: []string{
				"p/b.py:2 error: Import \"p.gone\" could not be resolved",
				"p/d.py:1 error: Import \"os.pathh\" could not be resolved",
				"requirements-dev.txt:1 error: the Python package absenttest is not installed; " +
					"pip install -r requirements-dev.txt",
				"requirements.txt:1 error: the Python package absentlib is not installed; " +
					"pip install -r requirements.txt",
			},
			states: []string{
				"p/a.py unchecked: the Python package absentlib is not installed; pip install -r requirements.txt",
				"p/b.py unchecked: the Python package absentlib is not installed; pip install -r requirements.txt",
				"p/test_c.py unchecked: the Python package absenttest is not installed; " +
					"pip install -r requirements-dev.txt",
			},
		},
		"Python: an import for type checkers, of a package that the file needs too": {
			files: map[string]string{
				"pyproject.toml": "[project]\nname = 'm'\nversion = '1'\ndependencies = ['absentlib']\n",
				"a.py": "from typing import TYPE_CHECKING\n\nif TYPE_CHECKING:\n    import absentlib.types\n\n\n" +
					"def f():\n    import absentlib\n    return absentlib\n",
			},
			exit: 66,
			findings: []string{
				"pyproject.toml:4 error: the Python package absentlib is not installed; pip install -e .",
			},
			states: []string{"a.py unchecked: the Python package absentlib is not installed; pip install -e ."},
		},
		"Python: what the code does without": {
			files: map[string]string{
				"a.py": "from typing import TYPE_CHECKING\n\ntry:\n    import fastlib\nexcept ImportError:\n" +
					"    fastlib = None\n\nif TYPE_CHECKING:\n    import typeslib\n\nx: int = 1\n",
				"b.py": "try:\n    if True:\n        import onelib\nexcept (OSError, ModuleNotFoundError) as e:\n" +
					"    import otherlib\nelse:\n    pass\n",
			},
			exit: 1,
			findings: []string{
				"a.py:4 error: Import \"fastlib\" could not be resolved",
				"a.py:9 error: Import \"typeslib\" could not be resolved",
				"b.py:3 error: Import \"onelib\" could not be resolved",
				"b.py:5 error: Import \"otherlib\" could not be resolved",
			},
		},
		"Python: what the code needs all the same": {
			files: map[string]string{
				"a.py": "try:\n    import needed\nexcept OSError:\n    pass\n\n" +
					"def f():\n    import within\n    within.f()\n",
			},
			exit: 66,
			findings: []string{
				"a.py:2 error: the Python package needed is not installed; pip install needed",
				"a.py:7 error: the Python package within is not installed; pip install within",
			},
			states: []string{
				"a.py unchecked: the Python package needed is not installed, " +
					"and the Python package within is not installed; pip install needed; pip install within",
			},
		},
		"Python: a finding that a rule ignores": {
			files: map[string]string{
				"requirements.txt": "absentlib==1\n", "a.py": "import absentlib\n\nabsentlib.f()\n",
			},
			options: api.Options{Severities: []api.SeverityRule{{Code: "reportMissingImports", Severity: api.Ignore}}},
		},
		"C": {
			files: map[string]string{
				"compile_flags.txt": "-Wall\n",
				"a.c":               "#include <absent/a.h>\nint f(void) { return absent_a(absent_b()); }\n",
				"b.c":               "#include <absent/b.h>\nabsent_t g(void) { return absent_c(); }\n",
				"c.c":               "#include \"gone.h\"\nint h(void) { return 1; }\n",
				"d.c":               "int i(void) { return 1; }\n",
			},
			exit: 66,
			findings: []string{
				"a.c:1 error: no library with the headers <absent/…> is found; " +
					"install the library, or give the compiler its folder with -I",
				"c.c:1 error: 'gone.h' file not found",
			},
			states: []string{
				"a.c unchecked: no library with the headers <absent/…> is found; " +
					"install the library, or give the compiler its folder with -I",
				"b.c unchecked: no library with the headers <absent/…> is found; " +
					"install the library, or give the compiler its folder with -I",
			},
		},
	} {
		t.Run(name, func(t *testing.T) {
			dir := indextest.Files(t, tt.files)
			indextest.FailIfChanged(t, dir)
			b := do(t, engine(t, dir), api.Request{Op: "diag", Options: tt.options})
			var findings, states []string
			for _, d := range b.Facts.Diagnostics {
				if bundle.Severity(d.Severity) <= bundle.Severity("warning") {
					findings = append(findings, fmt.Sprintf("%s:%d %s: %s", d.URI, d.Range[0]+1, d.Severity, d.Message))
				}
			}
			for _, group := range b.Facts.Coverage() {
				for _, uri := range group.Files {
					if group.State != bundle.CheckedState {
						states = append(states, fmt.Sprintf("%s %s: %s; %s", uri, group.State, group.Reason, group.Fix))
					}
				}
			}
			slices.Sort(states)
			raw, err := json.Marshal(b.Reproducible())
			if err != nil || strings.Contains(string(raw), filepath.ToSlash(dir)) {
				t.Errorf("%v, or the bundle contains the path of the workspace: %s", err, raw)
			}
			got, want := []any{b.Meta.ExitCode, findings, states}, []any{tt.exit, tt.findings, tt.states}
			if d := cmp.Diff(want, got); d != "" {
				t.Errorf("exit, findings, states (-want +got)\n%s\n%q", d, b.Evidence.Reasons)
			}
		})
	}
}

// A module that go.mod or go.work takes from a folder outside of the workspace cannot be read: the code is not wrong.
func TestAModuleOutsideOfTheWorkspaceIsNoFinding(t *testing.T) {
	t.Parallel()
	indextest.Needs(t, "the server gopls, and the sandbox")
	const outside = "lies outside of the workspace, where servers may not read"
	for name, tt := range map[string]struct {
		files map[string]string
		at    string
		why   string
	}{
		"replaced": {
			files: map[string]string{
				"w/go.mod": "module ex.com/m\n\ngo 1.24\n\nrequire ex.com/d v0.0.0\n\nreplace ex.com/d => ../d\n",
			},
			at: "go.mod:5", why: "the folder ../d, which go.mod uses for the module ex.com/d, " + outside,
		},
		"used": {
			files: map[string]string{
				"w/go.mod": "module ex.com/m\n\ngo 1.24\n", "w/go.work": "go 1.24\n\nuse (\n\t.\n\t../d\n)\n",
			},
			at: "go.work:5", why: "the folder ../d, which go.work uses, " + outside,
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			dir := indextest.Files(t, tt.files)
			lay(t, dir, map[string]string{
				"w/a.go":   "package m\n\nimport \"ex.com/d\"\n\nvar A int = d.X\n",
				"d/go.mod": "module ex.com/d\n\ngo 1.24\n", "d/d.go": "package d\n\nvar X = 1\n",
			})
			b := do(t, engine(t, filepath.Join(dir, "w")), api.Request{Op: "diag"})
			var got []string
			for _, d := range b.Facts.Diagnostics {
				got = append(got, fmt.Sprintf("%s:%d %s", d.URI, d.Range[0]+1, d.Message))
			}
			for _, group := range b.Facts.Coverage() {
				if group.State != bundle.CheckedState {
					got = append(got, fmt.Sprintf("%s %s: %s", group.Files, group.State, group.Reason))
				}
			}
			want := []string{
				tt.at + " " + tt.why + "; name it in LANSER_READ, or check a workspace that contains both",
				"[a.go] unchecked: " + tt.why,
			}
			if d := cmp.Diff(want, got); d != "" || b.Meta.ExitCode != 66 {
				t.Errorf("exit %d, findings and states (-want +got)\n%s", b.Meta.ExitCode, d)
			}
		})
	}
}

// emptyView is a workspace without files.
type emptyView struct{ project.View }

func (emptyView) Paths() []string                    { return nil }
func (emptyView) Memoize(_ any, work func() any) any { return work() }

// No package has a module that the standard library of a newer or an older Python has: no finding may name a command
// that installs one. typeshed says which modules that are. Two of those that it lists are not of the standard library.
func TestModulesOfOtherVersionsOfPythonAreNotCalledPackages(t *testing.T) {
	t.Parallel()
	pyright := found(t, "pyright")
	file := filepath.Join(filepath.Dir(pyright.Argv[1]), "dist", "typeshed-fallback", "stdlib", "VERSIONS")
	raw, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	modules := 0
	for line := range strings.Lines(string(raw)) {
		module, _, ok := strings.Cut(line, ":")
		isListed := ok && !strings.HasPrefix(line, "#") && !strings.HasPrefix(line, "_")
		if !isListed || module == "typing_extensions" || module == "xxlimited" {
			continue
		}
		modules++
		message := fmt.Sprintf("Import %q could not be resolved", module)
		d := catalogue.Named("pyright").Dependency(emptyView{}, "a.py", "reportMissingImports", message)
		if d != nil {
			t.Errorf("%s: %s; %s", module, d.Missing, d.Fix)
		}
	}
	if modules < 200 {
		t.Errorf("%s lists %d modules", file, modules)
	}
}

// An import of what was deleted, on disk or since the commit of a comparison, is an error, and no package or library to
// install: the command lines of both languages fail on it.
func TestImportsOfDeletedFilesAreErrors(t *testing.T) {
	t.Parallel()
	indextest.Needs(t, "pyright and clangd")
	dir := repository(t, map[string]string{
		"pyproject.toml": "\n", "main.py": "import helper\nfrom pkg.m import x\n",
		"helper.py": "\n", "pkg/m.py": "x = 1\n",
		"compile_flags.txt": "-Iinc\n", "a.c": "#include <own/a.h>\n", "inc/own/a.h": "\n",
	})
	for _, p := range []string{"helper.py", "pkg", "inc"} {
		if err := os.RemoveAll(filepath.Join(dir, p)); err != nil {
			t.Fatal(err)
		}
	}
	open := func() *server.Engine {
		e, err := server.New(server.Config{Root: dir})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(e.Close)
		return e
	}
	e := open()
	want := []string{
		"exit 1", "a.c:1 pp_file_not_found", "main.py:1 reportMissingImports", "main.py:2 reportMissingImports",
	}
	errors := func(options api.Options) []string {
		b := do(t, e, api.Request{Op: "diag", Options: options})
		got := []string{fmt.Sprint("exit ", b.Meta.ExitCode)}
		for _, d := range b.Facts.Diagnostics {
			if d.Severity == "error" {
				got = append(got, fmt.Sprintf("%s:%d %s", d.URI, d.Range[0]+1, d.Code))
			}
		}
		return got
	}
	if d := cmp.Diff(want, errors(api.Options{})); d != "" {
		t.Error(d)
	}

	runGit(t, dir, "commit", "-q", "-a", "-m", "delete")
	sameProcess := e
	for _, e = range []*server.Engine{sameProcess, open(), sameProcess} {
		// What one check knows of removed files is not remembered for the other.
		if got := errors(api.Options{}); got[0] != "exit 66" {
			t.Errorf("without the commit to compare with, in the same process %v: %q", e == sameProcess, got)
		}
		if d := cmp.Diff(want, errors(api.Options{Since: "HEAD~1"})); d != "" {
			t.Errorf("since the commit before: %s", d)
		}
	}
}
