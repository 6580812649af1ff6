package server_test

import (
	"context"
	"fmt"
	"path"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"lanser/index/indextest"
	"lanser/server"
	"lanser/server/api"
	"lanser/server/bundle"
)

// lock is the Cargo.lock of a package m without dependencies.
const lock = "version = 4\n\n[[package]]\nname = \"m\"\nversion = \"0.1.0\"\n"

// The verdict of a check equals that of the language's own command line, in small projects of every kind.
func TestVerdictsEqualThoseOfTheLanguagesOwnCommandLines(t *testing.T) {
	t.Parallel()
	indextest.Needs(t, "every language server")
	const tsconfig = `{"compilerOptions":{"strict":true,"noEmit":true,"module":"esnext",` +
		`"moduleResolution":"bundler","types":[]},"include":["src"]}`
	const borrow = "pub fn f() {\n    let s = String::new();\n    let t = s;\n    drop(s);\n    drop(t);\n}\n"
	for name, tt := range map[string]struct {
		files    map[string]string
		options  api.Options
		trust    bool
		exit     int
		findings []string
		states   []string // "file state", of files that were not checked
	}{
		"Go: build constraints": {
			files: map[string]string{
				"go.mod": goMod, "a.go": "package h\n", "i_test.go": "//go:build integration\n\npackage h\n",
				"race.go": "//go:build race\n\npackage h\n",
			},
			states: []string{"i_test.go excluded", "race.go excluded"},
		},
		"Go: what vet finds": {
			files: map[string]string{
				"go.mod": goMod, "a.go": "package h\n\nimport \"fmt\"\n\nfunc F() { fmt.Printf(\"%d\\n\", \"x\") }\n",
			},
			exit: 1, findings: []string{"a.go:5 error printf"},
		},
		"Go: what only the compiler finds": {
			files: map[string]string{
				"go.mod": goMod, "a.go": "package h\n\n//go:embed a.go\nvar S string\n\nfunc f()\n",
				"cmd/c.go": "package main\n",
			},
			exit:     1,
			findings: []string{"a.go:3 error embed", "a.go:6 error go build", "cmd/c.go:1 error go build"},
		},
		"Go: what vet finds in assembly": {
			files: map[string]string{
				"go.mod": goMod, "a.go": "package h\n",
				"x/a.go":          "package x\n\nfunc Add(x, y int64) int64\n",
				"x/a_amd64.s":     "TEXT ·Add(SB), 4, $0-16\n\tMOVQ y+4(FP), AX\n\tMOVQ AX, ret+16(FP)\n\tRET\n",
				"x/a_arm64.s":     "TEXT ·Add(SB), 4, $0-8\n\tRET\n",
				"sub/go.mod":      "module ex.com/sub\n\ngo 1.24\n",
				"sub/s.go":        "package sub\n\nfunc Sum(x int64) int64\n",
				"sub/s_amd64.s":   "TEXT ·Sum(SB), 4, $0-24\n\tMOVQ x+0(FP), AX\n\tMOVQ AX, ret+8(FP)\n\tRET\n",
				"clean/c.go":      "package clean\n\nfunc Neg(x int64) int64\n",
				"clean/c_amd64.s": "TEXT ·Neg(SB), 4, $0-16\n\tMOVQ x+0(FP), AX\n\tMOVQ AX, ret+8(FP)\n\tRET\n",
			},
			exit: 1, findings: []string{
				"sub/s_amd64.s:1 error asmdecl", "x/a_amd64.s:1 error asmdecl", "x/a_amd64.s:2 error asmdecl",
			},
		},
		"Go: one fault of each kind, in files that nobody opens": {
			files: map[string]string{
				"go.mod": goMod, "a.go": "package h\n",
				"import/a.go":    "package a\n\nimport _ \"example.com/absent\"\n",
				"type/a.go":      "package a\n\nvar X int = \"\"\n",
				"unused/a.go":    "package a\n\nfunc f() {\n\tx := 1\n}\n",
				"syntax/a.go":    "package a\n\nfunc f( {}\n",
				"embed/a.go":     "package a\n\nimport _ \"embed\"\n\n//go:embed absent\nvar X string\n",
				"locks/a.go":     "package a\n\nimport \"sync\"\n\nfunc F(m sync.Mutex) {}\n",
				"tag/a.go":       "package a\n\ntype T struct {\n\tX int `json:x`\n}\n",
				"dead/a.go":      "package a\n\nfunc F() int {\n\treturn 1\n\tprintln()\n\treturn 2\n}\n",
				"test/a_test.go": "package a\n\nfunc TestA(x int) {}\n",
			},
			exit: 1, findings: []string{
				"dead/a.go:5 error unreachable", "embed/a.go:5 error go list", "import/a.go:3 error compiler",
				"locks/a.go:5 error copylocks", "syntax/a.go:3 error syntax", "tag/a.go:4 error structtag",
				"test/a_test.go:3 error go vet", "type/a.go:3 error compiler", "unused/a.go:4 error compiler",
			},
		},
		"C: a database that its build has not finished, in a module of Go": {
			files: map[string]string{
				"go.mod": goMod, "a.go": "package h\n",
				"c/compile_commands.json": `[{"directory": "/x", "file": "a.c",`,
				"c/a.c":                   "int f(void) { return missing; }\n",
			},
			exit: 66, states: []string{"c/a.c unchecked"},
		},
		"Go: a module file with a mistake": {
			files: map[string]string{"go.mod": goMod + "require (\n", "a.go": "package h\n", "b/b.go": "package b\n"},
			exit:  1, findings: []string{"go.mod:5 error syntax"},
			states: []string{"a.go unchecked", "b/b.go unchecked"},
		},
		"Go: a module file with a mistake that nobody wants to hear of": {
			files:   map[string]string{"go.mod": goMod + "require (\n", "a.go": "package h\n"},
			options: api.Options{Severities: []api.SeverityRule{{Path: "go.mod", Severity: api.Ignore}}},
			exit:    66, states: []string{"a.go unchecked"},
		},
		"Go: a newer version of Go than this one": {
			files: map[string]string{"go.mod": "module ex.com/h\n\ngo 1.99\n", "a.go": "package h\n"},
			exit:  1, findings: []string{"go.mod:1 error go list"}, states: []string{"a.go unchecked"},
		},
		"Go: go.work lists an older version than its modules": {
			files: map[string]string{
				"go.work": "go 1.20\n\nuse ./a\nuse ./b\n", "a/go.mod": goMod, "a/a.go": "package h\n",
				"b/go.mod": "module example.com/b\n\ngo 1.26\n", "b/b.go": "package b\n",
			},
			exit: 1, findings: []string{"go.work:1 error go list"},
			states: []string{"a/a.go unchecked", "b/b.go unchecked"},
		},
		"Go: go.work replaces a module by two": {
			files: map[string]string{
				"go.work": "go 1.26\n\nuse ./a\nuse ./b\n" +
					"replace example.com/x v1.0.0 => ./a\nreplace example.com/x v1.0.0 => ./b\n",
				"a/go.mod": goMod, "a/a.go": "package h\n",
				"b/go.mod": "module example.com/b\n\ngo 1.26\n", "b/b.go": "package b\n",
			},
			exit: 1, findings: []string{"go.work:6 error go list"},
			states: []string{"a/a.go unchecked", "b/b.go unchecked"},
		},
		"Go: go.work uses a folder twice": {
			files: map[string]string{
				"go.work": "go 1.26\n\nuse (\n\t./a\n\t./b\n\t./a\n)\n", "a/go.mod": goMod, "a/a.go": "package h\n",
				"b/go.mod": "module example.com/b\n\ngo 1.26\n", "b/b.go": "package b\n",
			},
			exit: 1, findings: []string{"go.work:6 error go list"},
			states: []string{"a/a.go unchecked", "b/b.go unchecked"},
		},
		"Go: go.work for a later release": {
			files: map[string]string{
				"go.work": "// x\ngo 1.99\n\nuse ./a\nuse ./b\n", "a/go.mod": goMod, "a/a.go": "package h\n",
				"b/go.mod": "module example.com/b\n\ngo 1.26\n", "b/b.go": "package b\n",
			},
			exit: 1, findings: []string{"go.work:2 error go list"},
			states: []string{"a/a.go unchecked", "b/b.go unchecked"},
		},
		"Go: a workspace with a folder that is not there": {
			files: map[string]string{
				"go.work": "go 1.26\n\nuse (\n\t./a\n\t./gone\n)\n", "a/go.mod": goMod, "a/a.go": "package h\n",
			},
			exit: 1, findings: []string{"go.work:5 error go.work file"}, states: []string{"a/a.go unchecked"},
		},
		"Go: folders that the module ignores": {
			files: map[string]string{
				"go.mod": goMod + "\nignore (\n\t./web\n\tjs\n)\n", "a.go": "package h\n",
				"web/a.go": "package web\n\nvar X int = \"\"\n", "b/js/x/a.go": "package x\n\nvar X int = \"\"\n",
				"b/web/a.go": "package web\n\nvar X int = \"\"\n",
			},
			exit: 1, findings: []string{"b/web/a.go:3 error compiler"},
			states: []string{"b/js/x/a.go excluded", "web/a.go excluded"},
		},
		"Python: a configuration that pyright cannot parse": {
			files: map[string]string{"pyproject.toml": "[project\n", "a.py": "x: int = 1\n"},
			exit:  1, findings: []string{"pyproject.toml:1 error pyright"}, states: []string{"a.py unchecked"},
		},
		"Python: a configuration in TOML 1.1 that nobody but pyright reads": {
			files: map[string]string{"pyproject.toml": "[tool.x]\nat = 07:32\n", "a.py": "x: int = 1\n"},
			exit:  66, states: []string{"a.py unchecked"},
		},
		"Python: a configuration in TOML 1.1": {
			files: map[string]string{
				"pyproject.toml": "[project]\nreadme = {\n file = \"a\",\n}\n[tool.pyright]\nexclude = [\"b.py\"]\n",
				"a.py":           "x: int = \"\"\n", "b.py": "x: int = \"\"\n",
			},
			exit: 1, findings: []string{"a.py:1 error Pyright"}, states: []string{"b.py excluded"},
		},
		"Python: a configuration of pyright that is no JSON": {
			files: map[string]string{
				"pyrightconfig.json": "{\"include\": [\n", "pyproject.toml": "", "a.py": "x: int = 1\n",
			},
			exit: 1, findings: []string{"pyrightconfig.json:2 error pyright"}, states: []string{"a.py unchecked"},
		},
		"Go: no module": {
			files: map[string]string{
				"bad/a.go":     "package bad\n\nimport \"fmt\"\n\nfunc F() int { return fmt.Sprint(1) }\n",
				"good/main.go": "package main\n\nfunc main() {}\n",
			},
			exit: 1, findings: []string{"bad/a.go:5 error compiler"},
		},
		"Python: what the configuration leaves out": {
			files: map[string]string{
				"pyproject.toml": "[tool.pyright]\ninclude = [\"src\"]\n", "src/a.py": "x: int = 1\n",
				"docs/conf.py": "import gone\n", ".github/b.py": "import gone\n",
			},
			states: []string{".github/b.py excluded", "docs/conf.py excluded"},
		},
		"Python: what a configuration that is extended leaves out": {
			files: map[string]string{
				"pyrightconfig.json": `{"extends": "base.json"}`, "base.json": `{"exclude": ["docs"]}`,
				"src/a.py": "x: int = 1\n", "docs/conf.py": "import gone\n",
			},
			states: []string{"docs/conf.py excluded"},
		},
		"Python: settings in folders, and none in the workspace": {
			files: map[string]string{
				"a.py": "def f(x): return x\n",
				"gate/pyproject.toml": "[tool.pyright]\n" +
					"strict = [\"src\"]\nexclude = [\"gen\"]\nextraPaths = [\"lib\"]\n",
				"gate/src/s.py":              "from own import x\n\n\ndef f(y): return x\n",
				"gate/lib/own.py":            "x: int = 1\n",
				"gate/gen/g.py":              "x: int = ''\n",
				"gate/in/pyrightconfig.json": `{"reportAttributeAccessIssue": "none"}`,
				"gate/in/i.py":               "import os\n\nos.gone\nx: int = ''\n",
				"other/pyrightconfig.json":   `{"typeCheckingMode": "off"}`, "other/o.py": "import os\n\nos.gone\n",
			},
			exit: 1, findings: []string{
				"gate/in/i.py:4 error Pyright", "gate/src/s.py:4 error Pyright", "gate/src/s.py:4 error Pyright",
			},
			states: []string{"gate/gen/g.py excluded"},
		},
		"Python: settings in a folder, and in the workspace": {
			files: map[string]string{
				"pyproject.toml": "[tool.pyright]\n", "a/pyrightconfig.json": `{"typeCheckingMode": "off"}`,
				"a/a.py": "import os\n\nos.gone\n",
			},
			exit: 1, findings: []string{"a/a.py:3 error Pyright"},
		},
		"Python: settings in a folder that extend others": {
			files: map[string]string{
				"a/pyrightconfig.json": `{"extends": "base.json"}`, "a/base.json": `{"exclude": ["b"]}`,
				"a/a.py": "x: int = 1\n",
			},
			exit: 66, states: []string{"a/a.py unchecked"},
		},
		"TypeScript: files that no project includes": {
			files: map[string]string{
				"tsconfig.json": tsconfig, "src/a.ts": "export const a: number = 1;\n",
				"vite.config.ts": "import { join } from 'node:path';\nexport default join('a', 'b');\n",
			},
			states: []string{"vite.config.ts excluded"},
		},
		"TypeScript: scripts of a repository with several packages": {
			files: map[string]string{
				"package.json": `{"private": true, "workspaces": ["packages/*"]}`,
				"packages/a/tsconfig.json": `{
					"compilerOptions": {"strict": true, "noEmit": true, "types": []}, "include": ["src", "../../shared"]
				}`,
				"packages/a/src/a.ts": "export const a = 1;\n", "shared/s.ts": "export const s: number = '';\n",
				"scripts/release.ts": "process.exit(1);\n", "vitest.config.ts": "import 'vitest/config';\n",
			},
			exit: 1, findings: []string{"shared/s.ts:1 error ts"},
			states: []string{"scripts/release.ts excluded", "vitest.config.ts excluded"},
		},
		"TypeScript: an error in a file that one imports from outside of include": {
			files: map[string]string{
				"tsconfig.json": tsconfig, "src/a.ts": "export { b } from '../lib/b';\n",
				"lib/b.ts": "export const b: number = '';\n", "lib/c.ts": "export const c: number = '';\n",
			},
			exit: 1, findings: []string{"lib/b.ts:1 error ts"}, states: []string{"lib/c.ts excluded"},
		},
		"TypeScript: a project whose file has another name": {
			files: map[string]string{
				"package.json":        `{"devDependencies": {"typescript": "^5.0.0"}}`,
				"tsconfig.build.json": `{"compilerOptions": {"strict": true}, "include": ["src"]}`,
				"src/a.ts":            "export function f(x) { return x; }\n", "b.js": "module.exports = 1;\n",
				"c.cjs": "module.exports = 1;\n",
			},
			exit: 66, states: []string{"src/a.ts unserved"},
		},
		"TypeScript: projects in a folder of their own": {
			files: map[string]string{
				"package.json": "{}", "config/tsconfig/base.json": `{"compilerOptions": {"lib": ["es2020"]}}`,
				"src/a.ts": "export const a = new Set();\n",
			},
			exit: 66, states: []string{"src/a.ts unserved"},
		},
		"TypeScript: a project of another package has another name": {
			files: map[string]string{
				"package.json": "{}", "a.ts": "export const a: number = '';\n",
				"shared/package.json": "{}", "shared/tsconfig.base.json": "{}",
			},
			exit: 1, findings: []string{"a.ts:1 error ts"},
		},
		"TypeScript: a project that only refers to another, which is not there": {
			files: map[string]string{
				"package.json": "{}", "tsconfig.json": `{"files": [], "references": [{"path": "./packages/gone"}]}`,
			},
			exit: 1, findings: []string{"tsconfig.json:1 error ts"},
		},
		"TypeScript: a project without files, beside another language": {
			files: map[string]string{
				"go.mod": goMod, "a.go": "package h\n", "web/tsconfig.json": `{"include": ["src"]}`,
				"testdata/tsconfig.json": `{"files": ["gone.ts"]}`, "docs/tsconfig.json": "{}",
				"docs/jsconfig.json": `{"compilerOptions": {"x": 1}}`,
			},
			exit: 1, findings: []string{"web/tsconfig.json:1 error ts"},
		},
		"TypeScript: options for others to extend": {
			files: map[string]string{"package.json": "{}", "tsconfig.json": `{"compilerOptions": {"strict": true}}`},
		},
		"TypeScript: options for others to extend, with a mistake": {
			files: map[string]string{"package.json": "{}", "tsconfig.json": `{"compilerOptions": {"stricct": true}}`},
			exit:  1, findings: []string{"tsconfig.json:1 error ts"},
		},
		"TypeScript: components": {
			files: map[string]string{
				"tsconfig.json": tsconfig, "src/App.astro": "<p/>\n",
				"src/main.ts": "import App from './App.astro';\nexport default App;\n",
			},
			states: []string{"src/App.astro unserved"},
		},
		"C: nothing says how it is compiled": {
			files: map[string]string{"a.c": "int main(void) { return 0; }\n"},
		},
		"C: headers, without a database": {
			files: map[string]string{
				"src/a.c": "#include \"lib/a.h\"\nint f(void) { return A; }\n", "include/lib/a.h": "#define A 1\n",
				"src/b.c": "#include \"b.h\"\nint g(void) { return 1; }\n", "src/b.h": "int g(void);\n",
				"src/loose.h": "int h(void);\n",
			},
			states: []string{"src/loose.h unserved"},
		},
		"C: headers of a file that is wrong, without a database": {
			files: map[string]string{
				"a.c": "#include \"a.h\"\nint f(void) { return \"\"; }\n", "a.h": "#define A 1\n",
				"b.c": "int g(void) { return 1; }\n",
			},
			exit: 66, findings: []string{"a.c:2 error clang"}, states: []string{"a.c unserved", "a.h unserved"},
		},
		"C: a file that no compiler accepts, without a build": {
			files: map[string]string{
				"a.c": "int f(void) { return 1 + ; }\n", "b.c": "int g(void) { return 1; }\n",
			},
			exit: 1, findings: []string{"a.c:1 error clang"},
		},
		"C: a build that may define the name": {
			files: map[string]string{
				"a.c": "int f(void) { return VERSION; }\n", "Makefile": "CFLAGS = -DVERSION=1\na.o: a.c\n",
			},
			exit: 66, findings: []string{"a.c:1 error clang"}, states: []string{"a.c unserved"},
		},
		"C: more errors than clangd reports": {
			files: map[string]string{
				"compile_flags.txt": "", "a.c": strings.Repeat("int x = missing;\n", 30),
			},
			exit: 1, findings: slices.Concat(
				[]string{"a.c:1 error clang", "a.c:1 error clang"}, findingsIn("a.c", 2, 19, "error clang"),
			),
			states: []string{"a.c unchecked"},
		},
		"C: a database that lists what is not there": {
			files: map[string]string{
				"a.c": "int f(void) { return 1; }\n",
				"compile_commands.json": `[{"directory": "{root}", "file": "a.c", "command": "cc -c a.c"},
					{"directory": "{root}", "file": "gen/gone.c", "command": "cc -c gen/gone.c"}]`,
			},
			exit: 66, states: []string{"gen/gone.c unchecked"},
		},
		"Python: a package that only code of no project needs": {
			files:  map[string]string{"go.mod": goMod, "a.go": "package h\n", "tools/a.py": "import absent\n"},
			states: []string{"tools/a.py unchecked"},
		},
		"C: flags that GCC alone knows": {
			files: map[string]string{
				"build/compile_commands.json": `[{"directory": "{root}", "file": "a.c",
					"command": "arm-linux-gcc -fconserve-stack -c a.c"}]`,
				"a.c": "int f(void) { return 1; }\n",
			},
		},
		"C: a database whose folders are relative": {
			files: map[string]string{
				"compile_commands.json": `[
					{"directory": "out", "file": "../a.c", "command": "cc -DN=1 -I../inc -c ../a.c"},
					{"directory": "{root}", "file": "b.c", "command": "cc -DN=1 -c b.c"},
					{"directory": ".", "file": "c.c", "command": "gcc -Werror -Wall -c c.c"},
					{"directory": "", "file": "d.c", "command": "gcc -c d.c"}]`,
				"a.c": "#include \"a.h\"\nint f(void) { return N + A + miss; }\n", "inc/a.h": "#define A 1\n",
				"b.c": "int f(void) { return N; }\n", "c.c": "int f(void) { int x; return 1; }\n",
				"d.c": "int f(void) { return N; }\n", "out/keep": "",
			},
			exit: 1, findings: []string{
				"a.c:2 error clang", "c.c:1 error gcc", "d.c:1 error clang",
			},
		},
		"C: a database below the sources whose folders are relative to the workspace": {
			files: map[string]string{
				"build/compile_commands.json": `[
					{"directory": ".", "file": "lib/a.c", "arguments": ["cc", "-DN=1", "-c", "lib/a.c"]},
					{"directory": "..", "file": "lib/b.c", "arguments": ["cc", "-c", "lib/b.c"]}]`,
				"lib/a.c": "int f(void) { return N; }\n", "lib/b.c": "int f(void) { return N; }\n",
			},
			exit: 1, findings: []string{"lib/b.c:1 error clang"},
		},
		"C: a header that the command includes is missing": {
			files: map[string]string{
				"compile_commands.json": `[
					{"directory": "{root}", "file": "a.c", "command": "gcc -include gone.h -c a.c"},
					{"directory": "{root}", "file": "b.c", "command": "gcc -Iinc -include there.h -c b.c"},
					{"directory": "{root}", "file": "c.c", "command": "nocc -include gone.h -c c.c"}]`,
				"a.c": "int f(void) { return 1; }\n", "b.c": "int g(void) { return THERE; }\n",
				"c.c": "int h(void) { return 1; }\n", "inc/there.h": "#define THERE 1\n",
			},
			exit: 66, findings: []string{"a.c:1 error gcc"},
			states: []string{"c.c unchecked", "inc/there.h excluded"},
		},
		"C: errors that .clangd suppresses": {
			files: map[string]string{
				".clangd":               "Diagnostics:\n  Suppress:\n    - '*'\n",
				"b/.clangd":             "Diagnostics:\n  Suppress: [unused-includes]\n",
				"compile_commands.json": `[{"directory": "{root}", "file": "a.c", "command": "gcc -c a.c"}]`,
				"a.c":                   "int f(void) { return missing; }\n",
			},
			exit: 1, findings: []string{"a.c:1 error gcc"},
		},
		"C: an error of clang in what GCC accepts, and a configuration of clangd with a mistake": {
			files: map[string]string{
				".clangd": "CompileFlags: [\n",
				"compile_commands.json": `[{"directory": "{root}", "file": "a.c", "command": "gcc -c a.c"},
					{"directory": "{root}", "file": "b.c", "command": "clang -c b.c"}]`,
				"a.c": "int f(int n) { struct s { int a[n]; } s; return sizeof s; }\n",
				"b.c": "int f(int n) { struct s { int a[n]; } s; return sizeof s; }\n",
			},
			exit: 1, findings: []string{
				".clangd:1 warning clangd-config", ".clangd:2 warning clangd-config", "a.c:1 warning clang",
				"b.c:1 error clang",
			},
		},
		"C: flags that clang does not know": {
			files: map[string]string{
				"build/compile_commands.json": `[{"directory": "{root}", "file": "a.c",
					"arguments": ["clang", "-fconserve-stack", "-c", "a.c"]}]`,
				"a.c": "int f(void) { return 1; }\n",
			},
			exit: 1, findings: []string{"a.c:1 error clang"},
		},
		"C: what only its compiler reads": {
			files: map[string]string{
				"compile_commands.json": `[{"directory": "{root}", "file": "a.c", "command": "gcc -Wall -c a.c -o a.o"},
					{"directory": "{root}", "file": "start.S", "command": "gcc -Iinc -MD -MF s.d -c start.S -o s.o"}]`,
				"a.c":   "int f(int x) {\n\tint g(int y) { return y + x; }\n\treturn g(2);\n}\n",
				"inc/h": "#define R ret\n", "start.S": "#include <h>\n.globl s\ns:\n\tR\n",
			},
		},
		"C: nothing but assembly": {
			files: map[string]string{
				"compile_commands.json": `[{"directory": "{root}", "file": "start.S", "command": "gcc -c start.S"}]`,
				"start.S":               ".globl s\ns:\n\tretxx\n",
			},
			exit: 1, findings: []string{"start.S:3 error gcc"},
		},
		"C++: warnings of clang alone, and warnings are errors": {
			files: map[string]string{
				"compile_commands.json": `[{"directory": "{root}", "file": "a.cc",
					"command": "g++ -std=c++17 -Wall -Wextra -Werror -c a.cc"}]`,
				"a.cc": "namespace {\nstatic const int unused = 1;\n}\nint f() { return 1; }\n",
			},
		},
		"C: a warning of GCC alone, and warnings are errors": {
			files: map[string]string{
				"compile_commands.json": `[{"directory": "{root}", "file": "a.c",
					"command": "gcc -Wlogical-op -Werror -c a.c"}]`,
				"a.c": "int f(int a) {\n\treturn a && a;\n}\n",
			},
			exit: 1, findings: []string{"a.c:2 error gcc"},
		},
		"C++: what -fpermissive permits": {
			files: map[string]string{
				"compile_commands.json": `[{"directory": "{root}", "file": "a.cc",
					"command": "g++ -fpermissive -c a.cc"}]`,
				"a.cc": "int *f() { return 1; }\n",
			},
		},
		"C: mistakes in what only its compiler reads": {
			files: map[string]string{
				"compile_commands.json": `[{"directory": "{root}", "file": "a.c", "command": "gcc -Wall -c a.c"},
					{"directory": "{root}", "file": "start.S", "command": "gcc -c start.S"}]`,
				"a.c":     "int f(int x) {\n\tint g(int y) { return y + x; }\n\treturn g(2) + missing;\n}\n",
				"start.S": ".globl s\ns:\n\tretxx\n", "other.S": "nobody assembles it\n",
			},
			exit: 1, findings: []string{"a.c:3 error gcc", "a.c:4 warning gcc", "start.S:3 error gcc"},
		},
		"C: what only its compiler reads, by a command that may run something": {
			files: map[string]string{
				"compile_commands.json": `[
					{"directory": "{root}", "file": "a.c", "command": "gcc -fplugin=./x.so -c a.c"},
					{"directory": "{root}", "file": "b.c", "command": "gcc -c b.c"},
					{"directory": "{root}", "file": "start.S", "command": "gcc -Bbin -c start.S"}]`,
				"a.c":     "int f(int x) {\n\tint g(int y) { return y + x; }\n\treturn g(2);\n}\n",
				"b.c":     "int h(void) { return 1; }\n",
				"start.S": ".globl s\ns:\n\tret\n",
			},
			exit: 66, states: []string{"a.c unchecked", "start.S unchecked"},
		},
		"TypeScript: what the compiler is told to fail on": {
			files: map[string]string{
				"tsconfig.json": `{"compilerOptions":{"noUnusedLocals":true,"types":[]},"include":["src"]}`,
				"src/a.ts":      "const a = 1;\nexport {};\n",
			},
			exit: 1, findings: []string{"src/a.ts:1 error ts"},
		},
		"C++: headers alone": {
			files: map[string]string{
				"include/lib/a.hpp": "#pragma once\n#include <lib/b.hpp>\ninline int a() { return b(); }\n",
				"include/lib/b.hpp": "#pragma once\ninline int b() { return 1; }\n", "README.md": "# lib\n",
			},
		},
		"C++: headers alone, with a mistake": {
			files: map[string]string{
				"a.hpp": "#pragma once\ninline int a() { return absent(); }\n",
			},
			exit: 66, findings: []string{"a.hpp:2 error clang"}, states: []string{"a.hpp unserved"},
		},
		"C++: headers beside a project of another language": {
			files: map[string]string{
				"go.mod": goMod, "a.go": "package h\n", "a.hpp": "int a() { return absent(); }\n",
			},
			states: []string{"a.hpp unserved"},
		},
		"C: beside a project of another language": {
			files: map[string]string{
				"go.mod": goMod, "a.go": "package h\n", "examples/e.cc": "#include <vendor/lib.h>\n",
			},
			states: []string{"examples/e.cc unserved"},
		},
		"the same, strictly": {
			files: map[string]string{
				"go.mod": goMod, "a.go": "package h\n", "examples/e.cc": "#include <vendor/lib.h>\n",
			},
			options: api.Options{Strict: true}, exit: 66,
			findings: []string{"examples/e.cc:1 error clang"}, states: []string{"examples/e.cc unserved"},
		},
		"the same, with a language that is required": {
			files: map[string]string{
				"go.mod": goMod, "a.go": "package h\n", "examples/e.cc": "int f() { return 0; }\n", "x.tf": "\n",
			},
			options: api.Options{Required: []string{"terraform"}}, exit: 66,
			states: []string{"examples/e.cc unserved", "x.tf unserved"},
		},
		"scripts that do not say which shell they are for": {
			files: map[string]string{
				"a.sh": "echo \"$1\"\n", "b.sh": "", "c.sh": "# -*- sh -*-\n\necho\n", "d.bash": "echo\n",
				"e.command": "echo\n",
				"f.sh":      "# shellcheck disable=SC2148\necho\n",
				"g.sh":      "# about it\n\n# shellcheck shell=sh\necho\n",
				"h.sh":      "# shellcheck source=/dev/null disable=SC1000,SC2100-SC2200\necho\n",
				"i.sh":      "#!/usr/bin/env bash\necho\n", "j.sh": "if [ x ]; then\n",
				"k.sh":             "# shellcheck disable=all\necho\n",
				"rc/.shellcheckrc": "shell=bash\n", "rc/l/l.sh": "echo\n", "m.sh": "\n#!/bin/sh\necho\n",
			},
			exit: 1, findings: []string{
				"a.sh:1 error shellcheck", "b.sh:1 error shellcheck", "c.sh:1 error shellcheck",
				"e.command:1 error shellcheck", "j.sh:1 error shellcheck", "j.sh:2 error shellcheck",
				"m.sh:2 error shellcheck",
			},
		},
		"scripts below configurations of shellcheck": {
			files: map[string]string{
				".shellcheckrc": "disable=SC2034\n", "a.sh": "#!/bin/bash\nf $@\n",
				"x/.shellcheckrc": "disable=SC2068,SC2000-SC2010\n", "x/y/b.sh": "#!/bin/bash\nf $@\n",
				"z/.shellcheckrc": "disable=SC2000-SC2010\n", "z/c.sh": "#!/bin/bash\nf $@\n",
			},
			exit: 1, findings: []string{"a.sh:2 error shellcheck", "z/c.sh:2 error shellcheck"},
		},
		"Rust: what no compiler has checked, with and without the source code of the standard library": {
			files: map[string]string{
				"Cargo.toml": "[package]\nname = \"a\"\nversion = \"0.1.0\"\nedition = \"2021\"\n",
				"build.rs":   "fn main() {}\n",
				"Cargo.lock": "version = 3\n\n[[package]]\nname = \"a\"\nversion = \"0.1.0\"\n",
				"src/lib.rs": "pub const A: &[u8] = &b(1);\nconst fn b(n: u8) -> [u8; 2] {\n    [n, n]\n}\n",
			},
			exit:   66,
			states: []string{"build.rs unchecked", "src/lib.rs unchecked"},
		},
		"scripts whose names tell no language": {
			files: map[string]string{
				".functions": "#!/usr/bin/env bash\nf $@\n", "tool-1.2": "#!/bin/sh\nf $@\n",
				"x.test": "#!/bin/sh\nf $@\n",
				"a.bats": "#!/usr/bin/env bats\n@test \"a\" {\n  f $@\n}\n", "hook.sample": "#!/bin/sh\nf $@\n",
				".profile": "f $@\n", "bin/tool-3.1": "#!/usr/bin/env python3\n",
			},
			exit: 1,
			findings: []string{
				".functions:2 error shellcheck", "a.bats:3 error shellcheck", "tool-1.2:2 error shellcheck",
				"x.test:2 error shellcheck",
			},
			states: []string{"bin/tool-3.1 unserved"},
		},
		"scripts whose names have no extension": {
			files: map[string]string{
				"bin/a": "#!/bin/bash\nf $@\n", "bin/b": "#! /usr/bin/env sh\necho ok\n", "c": "#!/bin/dash\nf $@\n",
				"bin/zsh": "#!/bin/zsh\nf $@\n", "LICENSE": "f $@\n", "node_modules/x/d": "#!/bin/sh\nf $@\n",
				"configure": "#! /bin/sh\n# Guess values for system-dependent variables.\n" +
					"# Generated by GNU Autoconf 2.71 for x.\nf $@\n",
				"rc/.shellcheckrc": "disable=SC2068\n", "rc/e": "#!/bin/bash\nf $@\n",
			},
			exit:     1,
			findings: []string{"bin/a:2 error shellcheck", "c:2 error shellcheck"},
			states:   []string{"bin/zsh unserved", "configure excluded", "node_modules/x/d excluded"},
		},
		"scripts of other shells": {
			files: map[string]string{
				"a.ksh": "#!/bin/ksh\nf $@\n", "b.dash": "f $@\n", "c.ksh": "echo\n", "d.dash": "echo\n",
			},
			exit: 1, findings: []string{"a.ksh:2 error shellcheck", "b.dash:1 error shellcheck"},
		},
		"scripts without extension": {
			files: map[string]string{
				"go.mod": goMod, "a.go": "package h\n", "bin/tool": "#!/usr/bin/env python3\nimport gone\n",
				"run": "#!/bin/sh\necho $1\n", "LICENSE": "free\n", "bin/a": "#!/bin/sh\nf $@\n",
			},
			exit: 1, findings: []string{"bin/a:2 error shellcheck"}, states: []string{"bin/tool unserved"},
		},
		"comments in Latin-1": {
			files: map[string]string{
				"compile_flags.txt": "",
				"a.c":               "/* caf\xe9 */ char *s = \"\xe9\"; int f(void) { return \xe9x; }\n",
				"b.sh":              "#!/bin/sh\n# caf\xe9\nf $@\n",
				"c.py":              "# caf\xe9\nx: int = ''\n",
				"d.ts":              "/* caf\xe9 */ export const a: number = /\xe9/;\n",
			},
			exit: 1,
			findings: []string{
				"a.c:1 error clang", "b.sh:3 error shellcheck", "c.py:2 error Pyright", "d.ts:1 error ts",
			},
		},
		"text that is not UTF-8, which the go command refuses": {
			files: map[string]string{"go.mod": goMod, "a.go": "package h\n\n// caf\xe9\n", "b.go": "package h\n"},
			exit:  1, findings: []string{"a.go:3 error go build"},
		},
		"text in UTF-16": {
			files: map[string]string{"a.ts": "\xff\xfee\x00x\x00", "b.ts": "export const b = 1;\n"},
			exit:  66, states: []string{"a.ts unchecked"},
		},
		"files that only look like a language's": {
			files: map[string]string{
				"go.mod": goMod, "a.go": "package h\n", "app_de.ts": "<?xml version=\"1.0\"?>\n<TS/>\n",
				"ops.inc": "OP(add, 1)\nif (x) {\n", "lib.inc": "#!/bin/sh\nf $@\n",
			},
			exit: 1, findings: []string{"lib.inc:2 error shellcheck"},
		},
		"an XML document that a TypeScript project includes": {
			files:    map[string]string{"tsconfig.json": tsconfig, "src/app_de.ts": "<?xml version=\"1.0\"?>\n"},
			exit:     1,
			findings: append(slices.Repeat([]string{"src/app_de.ts:1 error ts"}, 7), "src/app_de.ts:2 error ts"),
		},
		"what CMake writes": {
			files: map[string]string{
				"CMakeLists.txt": "", "main.c": "int main(void) { return 0; }\n", "build/CMakeCache.txt": "",
				"build/CMakeFiles/a.dir/compiler_depend.ts": "# CMAKE generated file: DO NOT EDIT!\n",
				"build/_deps/gtest/gen.py":                  "import gone\n",
				"build/gen.c":                               "int f(void) { return x; }\n",
				"build/compile_commands.json": `[
					{"directory": "/", "file": "{root}/main.c", "command": "cc {root}/main.c"},
					{"directory": "/", "file": "{root}/build/gen.c", "command": "cc {root}/build/gen.c"}
				]`,
			},
			exit: 1, findings: []string{"build/gen.c:1 error clang"},
			states: []string{
				"build/CMakeFiles/a.dir/compiler_depend.ts excluded", "build/_deps/gtest/gen.py excluded",
			},
		},
		"Flow": {
			files: map[string]string{
				"package.json": "{}\n", "a.js": "/**\n * @flow strict\n */\nexport const a: number = 1;\n",
				"b.js": "export const b = 1;\n",
			},
			exit: 66, states: []string{"a.js unserved"},
		},
		"C++: an error in a function of a header": {
			files: map[string]string{
				"compile_flags.txt": "-Wall\n-pedantic-errors\n-std=c++20\n",
				"a.cc":              "#include \"b.h\"\nint g() { return f(); }\nint h() { return gone; }\n",
				"b.h":               "#pragma once\ninline int f() { return missing; }\n",
				"c.cc":              "/* c */ int c() { return gone; }\n",
				"d.cc":              "module;\n#include \"e.h\"\nexport module d;\nint d() { return e(); }\n",
				"e.h":               "#pragma once\ninline int e() { return 1; }\n",
			},
			exit: 1, findings: []string{"a.cc:1 error clang", "a.cc:3 error clang", "c.cc:1 error clang"},
		},
		"packages that were installed into the workspace": {
			files: map[string]string{
				"go.mod": goMod, "a.go": "package h\n", "vendor/modules.txt": "", "vendor/v/ci.sh": "#!/bin/sh\nf $@\n",
				"vendor/v/run": "#!/bin/sh\nf $@\n", "env/pyvenv.cfg": "", "env/x.py": "import gone\n",
				"web/node_modules/p/a.ts": "export const a: number = '';\n",
			},
			states: []string{
				"env/x.py excluded", "vendor/v/ci.sh excluded", "vendor/v/run excluded",
				"web/node_modules/p/a.ts excluded",
			},
		},
		"no code": {files: map[string]string{"README.md": "hi\n", "a.json": "{}\n"}},
		"Rust: clean": {
			files: map[string]string{
				"Cargo.toml": rustManifest, "Cargo.lock": lock,
				"src/lib.rs": "pub fn f() -> u32 {\n    1\n}\n",
			},
		},
		"Rust: what the compiler alone finds": {
			files: map[string]string{"Cargo.toml": rustManifest, "Cargo.lock": lock, "src/lib.rs": borrow},
			exit:  1, findings: []string{"src/lib.rs:4 error rustc"},
		},
		"Rust: a member of the workspace is missing": {
			files: map[string]string{
				"Cargo.toml":   "[workspace]\nmembers = ['a', 'gone']\nresolver = '2'\n",
				"a/Cargo.toml": "[package]\nname = 'a'\nversion = '0.1.0'\nedition = '2021'\n",
				"a/src/lib.rs": "pub fn f() {}\n",
			},
			exit: 1, findings: []string{"Cargo.toml:1 error cargo"}, states: []string{"a/src/lib.rs unchecked"},
		},
		"Rust: a wrong value in the configuration of cargo": {
			files: map[string]string{
				"Cargo.toml": rustManifest, "Cargo.lock": lock, "src/lib.rs": "pub fn f() {}\n",
				".cargo/config.toml": "[build]\njobs = \"many\"\n",
			},
			exit: 1, findings: []string{".cargo/config.toml:2 error cargo"}, states: []string{"src/lib.rs unchecked"},
		},
		"Rust: a file of no crate": {
			files: map[string]string{
				"Cargo.toml": rustManifest, "Cargo.lock": lock, "src/lib.rs": "pub fn f() {}\n", "src/loose.rs": borrow,
			},
			states: []string{"src/loose.rs excluded"},
		},
		"Rust: a build script": {
			files: map[string]string{
				"Cargo.toml": rustManifest, "Cargo.lock": lock, "src/lib.rs": "pub fn f() {}\n",
				"build.rs": "fn main() {}\n",
			},
			exit: 66, states: []string{"build.rs unchecked", "src/lib.rs unchecked"},
		},
		"Rust: a build script of a workspace that is trusted": {
			files: map[string]string{
				"Cargo.toml": rustManifest, "Cargo.lock": lock, "src/lib.rs": "pub fn f() {}\n",
				"build.rs": "fn main() {}\n",
			},
			trust: true,
		},
	} {
		t.Run(name, func(t *testing.T) {
			dir := indextest.Files(t, tt.files)
			layDatabase(t, dir, tt.files)
			indextest.FailIfChanged(t, dir)
			e, err := server.New(server.Config{Root: dir, Trust: tt.trust})
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(e.Close)
			b, err := e.Do(context.Background(), api.Request{Op: "diag", Options: tt.options})
			if err != nil {
				t.Fatal(err)
			}
			var findings, states []string
			for _, d := range b.Facts.Diagnostics {
				if bundle.Severity(d.Severity) <= bundle.Severity("warning") {
					findings = append(findings, fmt.Sprintf("%s:%d %s %s", d.URI, d.Range[0]+1, d.Severity, d.Source))
				}
			}
			for _, group := range b.Facts.Coverage() {
				for _, uri := range group.Files {
					if group.State != bundle.CheckedState {
						states = append(states, uri+" "+group.State)
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

// findingsIn are findings in lines of a file, from the first to the last.
func findingsIn(file string, first, last int, finding string) (lines []string) {
	for line := first; line <= last; line++ {
		lines = append(lines, fmt.Sprintf("%s:%d %s", file, line, finding))
	}
	return lines
}

// layDatabase writes the compilation databases among some files, in whose paths {root} is the folder.
func layDatabase(t *testing.T, dir string, files map[string]string) {
	t.Helper()
	for name, content := range files {
		if path.Base(name) == "compile_commands.json" {
			indextest.Write(t, dir, name, strings.ReplaceAll(content, "{root}", dir))
		}
	}
}

// The build results of one crate are never used for another crate with the same name.
func TestCratesWithTheSameNameAreNotConfused(t *testing.T) {
	t.Parallel()
	indextest.Needs(t, "the server rust-analyzer")
	for _, tt := range []struct {
		code string
		exit int
	}{
		{"pub fn f() {}\n", 0},
		{"pub fn f() { let s = String::new(); drop(s); drop(s); }\n", 1},
		{"pub fn f() {}\n", 0},
	} {
		dir := indextest.Files(t, map[string]string{
			"Cargo.toml": rustManifest, "Cargo.lock": lock,
			"src/lib.rs": tt.code,
		})
		b := do(t, engine(t, dir), api.Request{Op: "diag"})
		if b.Meta.ExitCode != tt.exit {
			t.Errorf("%s: exit %d, want %d: %q", tt.code, b.Meta.ExitCode, tt.exit, b.Evidence.Reasons)
		}
	}
}
