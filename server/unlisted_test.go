package server_test

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"lanser/index"
	"lanser/index/indextest"
	"lanser/server"
	"lanser/server/api"
	"lanser/server/bundle"
)

// A check owes the sources that .gitignore names, and those that are links, if the build of a project includes them.
func TestACheckOwesSourcesThatAreNotListed(t *testing.T) {
	t.Parallel()
	indextest.Needs(t, "every language server")
	const wrongGo, wrongPython = "package h\n\nvar X int = \"\"\n", "x: int = ''\n"
	const tsconfig = `{"compilerOptions":{"strict":true,"noEmit":true,"module":"esnext",` +
		`"moduleResolution":"bundler","types":[]},"include":["src"]}`
	for name, tt := range map[string]struct {
		files, links map[string]string
		exit         int
		findings     []string
		checked      []string // of the unlisted files
	}{
		"Go: generated code": {
			files: map[string]string{
				"go.mod": goMod, "a.go": "package h\n\nimport _ \"ex.com/h/gen\"\n",
				".gitignore": "*.pb.go\ngen\nsub\n",
				"a.pb.go":    wrongGo, "gen/g.go": wrongGo, "gen/clean.go": "package h\n", "testdata/t.pb.go": wrongGo,
				"gen/other_windows.go": wrongGo, "sub/go.mod": "module ex.com/sub\n", "sub/s.go": wrongGo,
			},
			exit: 1, findings: []string{"a.pb.go:3", "gen/g.go:3"},
			checked: []string{"a.pb.go", "gen/clean.go", "gen/g.go"},
		},
		"Go: links": {
			files: map[string]string{"go.mod": goMod, "a.go": "package h\n", "b.txt": wrongGo, "c/c.go": "package c\n"},
			links: map[string]string{"b.go": "b.txt", "d/d.go": "../c/c.go", "e.go": "/etc/passwd", "f.go": "gone"},
			exit:  1, findings: []string{"b.go:3"}, checked: []string{"b.go", "d/d.go"},
		},
		"Python: generated code, and what pyright leaves out": {
			files: map[string]string{
				"pyproject.toml": "[tool.pyright]\nexclude = [\"out\"]\n", "a.py": "import gen\n",
				".gitignore": "gen.py\nout\nenv\n", "gen.py": wrongPython, "out/b.py": wrongPython,
				"env/pyvenv.cfg": "", "env/lib/c.py": wrongPython,
			},
			exit: 1, findings: []string{"gen.py:1"}, checked: []string{"gen.py"},
		},
		"Python: folders behind links": {
			files: map[string]string{
				"pyproject.toml": "", "app/main.py": "from pkg.m import x\n\ny: str = x\n",
				"real/pkg/__init__.py": "", "real/pkg/m.py": wrongPython, "b/c.py": wrongPython, "d/e.py": wrongPython,
			},
			links: map[string]string{
				"app/pkg": "../real/pkg", "app/all": "..", "app/out": "/etc", "app/gone": "x",
				"a/again": "../b", "z": "d",
			},
			exit: 1, findings: []string{"app/main.py:3", "b/c.py:1", "d/e.py:1", "real/pkg/m.py:1"},
		},
		"TypeScript: generated code, and what no project includes": {
			files: map[string]string{
				"tsconfig.json": tsconfig, ".gitignore": "gen\ndist\n", "src/a.ts": "export { b } from './gen/b';\n",
				"src/gen/b.ts": "export const b: number = '';\n", "dist/a.d.ts": "export const a: Gone;\n",
			},
			exit: 1, findings: []string{"src/gen/b.ts:1"}, checked: []string{"src/gen/b.ts"},
		},
		"TypeScript: folders whose names begin with a dot": {
			files: map[string]string{
				"tsconfig.json": `{
					"compilerOptions": {"strict": true, "noEmit": true, "types": []},
					"include": ["src", ".gen/*", ".bare"]
				}`,
				".gitignore": ".*\n", "src/a.ts": "export { c } from '../.imported/c';\n",
				".gen/b.ts":      "export const b: number = '';\n",
				".imported/c.ts": "export const c: number = '';\n", ".cache/d.ts": "export const d: number = '';\n",
				".bare/e.ts": "export const e: number = '';\n", // the compiler leaves it out, for it is no pattern
			},
			exit: 1, findings: []string{".gen/b.ts:1", ".imported/c.ts:1"},
			checked: []string{".gen/b.ts", ".imported/c.ts"},
		},
		"TypeScript: what is written by a project whose files are not known": {
			files: map[string]string{
				"tsconfig.json": `{
					"compilerOptions": {"outDir": "dist", "strict": true, "types": []}, "include": ["src", "dist"]
				}`,
				".gitignore": "dist\n", "src/a.ts": "export const a = 1;\n",
				"dist/a.d.ts": "export const a: Gone;\n",
			},
			exit: 1, findings: []string{"tsconfig.json:2"},
		},
		"C: what a compilation database lists": {
			files: map[string]string{
				".gitignore": "gen.c\nloose.c\n", "a.c": "int f(void) { return 1; }\n",
				"gen.c": "int g(void) { return gone; }\n", "loose.c": "int h(void) { return gone; }\n",
				"compile_commands.json": `[{"directory": "{root}", "file": "a.c", "command": "cc -c a.c"},
					{"directory": "{root}", "file": "gen.c", "command": "cc -c gen.c"}]`,
			},
			exit: 1, findings: []string{"gen.c:1"}, checked: []string{"gen.c"},
		},
		"code of a language without a project": {
			files: map[string]string{
				"go.mod": goMod, "a.go": "package h\n", ".gitignore": "*.py\n*.ts\n", "a.py": wrongPython,
				"a.ts": "const a: number = '';\n",
			},
		},
	} {
		t.Run(name, func(t *testing.T) {
			dir := indextest.Files(t, tt.files)
			layDatabase(t, dir, tt.files)
			for link, to := range tt.links {
				if err := os.MkdirAll(filepath.Dir(filepath.Join(dir, link)), 0o700); err != nil {
					t.Fatal(err)
				}
				if err := os.Symlink(to, filepath.Join(dir, link)); err != nil {
					t.Fatal(err)
				}
			}
			indextest.FailIfChanged(t, dir)
			b := do(t, engine(t, dir), api.Request{Op: "diag"})
			var findings, checked []string
			for _, d := range b.Facts.Diagnostics {
				if d.Severity == "error" {
					findings = append(findings, fmt.Sprintf("%s:%d", d.URI, d.Range[0]+1))
				}
			}
			listed := map[string]bool{}
			for _, p := range listedIn(t, dir) {
				listed[p] = true
			}
			for _, group := range b.Facts.Coverage() {
				for _, uri := range group.Files {
					if !listed[uri] && group.State == bundle.CheckedState {
						checked = append(checked, uri)
					} else if !listed[uri] {
						t.Errorf("%s is %s: %s", uri, group.State, group.Reason)
					}
				}
			}
			slices.Sort(checked)
			got, want := []any{b.Meta.ExitCode, findings, checked}, []any{tt.exit, tt.findings, tt.checked}
			if d := cmp.Diff(want, got); d != "" {
				t.Errorf("exit, findings, unlisted files that were checked (-want +got)\n%s\n%q", d, b.Evidence.Reasons)
			}
		})
	}
}

// listedIn returns the files that the workspace's list has.
func listedIn(t *testing.T, dir string) []string {
	t.Helper()
	w, err := index.Open(dir, index.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer w.Close()
	snap, err := w.Snapshot(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return slices.Clone(snap.Paths())
}

// What is wrong in generated code before and after a change is no news.
func TestWhatWasWrongInGeneratedCodeBeforeIsNotNew(t *testing.T) {
	t.Parallel()
	indextest.Needs(t, "the server gopls")
	dir := repository(t, map[string]string{
		"go.mod": goMod, "a.go": "package h\n\ntype T int\n", ".gitignore": "*.pb.go\ngen\n",
	})
	indextest.Write(t, dir, "a.pb.go", "package h\n\nvar X int = \"\"\n\nvar Y T\n")
	indextest.Write(t, dir, "gen/g.go", "package gen\n\nvar X int = \"\"\n")
	e, err := server.New(server.Config{Root: dir})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(e.Close)
	for _, tt := range []struct {
		code string
		exit int
		new  []string
	}{
		{"package h\n\ntype T int\n\nvar Z = 1\n", 0, nil},
		{"package h\n\ntype U int\n", 1, []string{"a.pb.go:5"}},
	} {
		indextest.Write(t, dir, "a.go", tt.code)
		b := do(t, e, api.Request{Op: "diag", Options: api.Options{Since: "HEAD"}})
		var found []string
		for _, d := range b.Facts.Diagnostics {
			if d.BaselineState == bundle.New {
				found = append(found, fmt.Sprintf("%s:%d", d.URI, d.Range[0]+1))
			}
		}
		if got, want := []any{b.Meta.ExitCode, found}, []any{tt.exit, tt.new}; !cmp.Equal(want, got) {
			t.Errorf("%q: got %v, want %v\n%q", tt.code, got, want, b.Evidence.Reasons)
		}
	}
}

// Lines that import or export are uses, also in generated code that git ignores and the server reads.
func TestImportsInGeneratedCodeAreReferences(t *testing.T) {
	t.Parallel()
	indextest.Needs(t, "the server typescript")
	dir := gitFiles(t, map[string]string{
		"tsconfig.json": `{"compilerOptions":{"strict":true,"types":[]},"include":["src"]}`, ".gitignore": "gen\n",
		"src/a.ts":     "export const call = () => 1\n",
		"src/gen/b.ts": "import { call } from \"../a\"\nexport const b = call()\n",
		"src/gen/c.ts": "export { call } from \"../a\"\n",
		"src/gen/d.ts": "import * as a from \"../a\"\nexport const call = a.call\n",
	})
	no := false
	b := do(t, thawed(t, dir), api.Request{
		Op: "refs", Selector: selector("ts://src/a#call"), Options: api.Options{Declaration: &no},
	})
	var got []string
	for _, l := range b.Facts.References {
		got = append(got, fmt.Sprintf("%s:%d", l.URI, l.Range[0]+1))
	}
	if d := cmp.Diff([]string{"src/gen/b.ts:1", "src/gen/b.ts:2", "src/gen/c.ts:1", "src/gen/d.ts:2"}, got); d != "" {
		t.Errorf("(-want +got)\n%s", d)
	}
}

// A source that a compilation database lists is owed, also where a change removes it: a build that lists it fails.
func TestASourceThatAChangeRemovesFromABuildIsOwed(t *testing.T) {
	t.Parallel()
	indextest.Needs(t, "the server clangd")
	database := `[
		{"directory": "{root}", "file": "a.c", "command": "cc -c a.c"},
		{"directory": "{root}", "file": "b.c", "command": "cc -c b.c"}
	]`
	const owed = "b.c was not checked: a compilation database lists them, and they do not exist; " +
		"build the project, or have the build write the database again"
	for name, tt := range map[string]struct {
		removes bool // b.c is gone from disk
		options api.Options
		exit    int
		reasons []string
	}{
		"by a patch": {
			options: api.Options{Patch: "--- a/b.c\n+++ /dev/null\n@@ -1 +0,0 @@\n-int b;\n"},
			exit:    66, reasons: []string{owed},
		},
		"by a patch that moves it": {
			options: api.Options{
				Patch: "diff --git a/b.c b/c.c\nsimilarity index 100%\nrename from b.c\nrename to c.c\n",
			},
			exit: 66, reasons: []string{owed},
		},
		"by a patch that brings it back": {
			removes: true,
			options: api.Options{Patch: "--- /dev/null\n+++ b/b.c\n@@ -0,0 +1 @@\n+int b;\n"},
			exit:    66, reasons: []string{"the check without the patch is of a check that did not finish: " +
				"clangd answered for 1 of 1 files; " + owed},
		},
		"since a commit that has it": {
			removes: true, options: api.Options{Since: "HEAD"}, exit: 66, reasons: []string{owed},
		},
	} {
		t.Run(name, func(t *testing.T) {
			dir := repository(t, map[string]string{
				".gitignore": "compile_commands.json\n", "a.c": "int a;\n", "b.c": "int b;\n",
			})
			layDatabase(t, dir, map[string]string{"compile_commands.json": database})
			if tt.removes {
				if err := os.Remove(filepath.Join(dir, "b.c")); err != nil {
					t.Fatal(err)
				}
			}
			e, err := server.New(server.Config{Root: dir}) // a trace would hold no second state
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(e.Close)
			b := do(t, e, api.Request{Op: "diag", Options: tt.options})
			isOther := func(why string) bool {
				return !strings.Contains(why, "did not finish") && !strings.Contains(why, "b.c")
			}
			reasons := slices.DeleteFunc(slices.Clone(b.Evidence.Reasons), isOther)
			got, want := []any{b.Meta.ExitCode, reasons}, []any{tt.exit, tt.reasons}
			if d := cmp.Diff(want, got); d != "" {
				t.Errorf("exit, reasons (-want +got)\n%s", d)
			}
		})
	}
}
