package server_test

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"lanser/index/indextest"
	"lanser/server"
	"lanser/server/api"
	"lanser/server/bundle"
)

// verdictOf lists the findings of a check, "path:line severity source", after its exit code.
func verdictOf(b *bundle.Bundle) (out []string) {
	out = []string{fmt.Sprint("exit ", b.Meta.ExitCode, " ", b.Evidence.State)}
	for _, d := range b.Facts.Diagnostics {
		if d.Severity == "error" {
			out = append(out, fmt.Sprintf("%s:%d %s", d.URI, d.Range[0]+1, d.Source))
		} else if d.Severity == "warning" {
			out = append(out, fmt.Sprintf("%s:%d %s (warning)", d.URI, d.Range[0]+1, d.Source))
		}
	}
	return out
}

// bundled is the tsconfig.json of a project whose code is bundled.
const bundled = `{"compilerOptions":{"strict":true,"noEmit":true,"types":[],"module":"esnext",` +
	`"moduleResolution":"bundler"}}`

// removed is a patch that deletes a file of one line.
func removed(file, line string) string {
	return "--- a/" + file + "\n+++ /dev/null\n@@ -1 +0,0 @@\n-" + line + "\n"
}

// added is a patch that adds a file of one line.
func added(file, line string) string {
	return "--- /dev/null\n+++ b/" + file + "\n@@ -0,0 +1 @@\n+" + line + "\n"
}

// replaced is a patch that replaces the only line of a file.
func replaced(file, was, is string) string {
	return "--- a/" + file + "\n+++ b/" + file + "\n@@ -1 +1 @@\n-" + was + "\n+" + is + "\n"
}

// What servers read from the disk alone is checked as a patch makes it, and the files on disk stay as they are.
func TestAPatchOfWhatServersReadFromDiskIsChecked(t *testing.T) {
	t.Parallel()
	indextest.Needs(t, "every language server")
	for name, tt := range map[string]struct {
		files map[string]string
		patch string
		want  []string
	}{
		"Go: a file is removed that is used": {
			map[string]string{
				"go.mod": goMod, "a.go": "package h; func F() {}\n", "b.go": "package h; func G() { F() }\n",
			},
			removed("a.go", "package h; func F() {}"),
			[]string{"exit 1 complete", "b.go:1 compiler"},
		},
		"Go: a file is removed that is not used": {
			map[string]string{"go.mod": goMod, "a.go": "package h; func F() {}\n", "b.go": "package h\n"},
			removed("a.go", "package h; func F() {}"),
			[]string{"exit 0 complete"},
		},
		"Go: a file is renamed": {
			map[string]string{
				"go.mod": goMod, "a.go": "package h; func F() {}\n", "b.go": "package h; func G() { F() }\n",
			},
			"diff --git a/a.go b/c.go\nsimilarity index 100%\nrename from a.go\nrename to c.go\n",
			[]string{"exit 0 complete"},
		},
		"Go: an embedded file is removed": {
			map[string]string{
				"go.mod": goMod, "x.txt": "x\n",
				"a.go": "package h\n\nimport _ \"embed\"\n\n//go:embed x.txt\nvar X string\n",
			},
			removed("x.txt", "x"),
			[]string{"exit 1 complete", "a.go:5 go list"},
		},
		"Python: a module is removed that is used, which is no package to install": {
			map[string]string{"helper.py": "X = 1\n", "main.py": "import helper\nprint(helper.X)\n"},
			removed("helper.py", "X = 1"),
			[]string{"exit 1 complete", "main.py:1 Pyright"},
		},
		"Python: the configuration": {
			map[string]string{"pyrightconfig.json": "{}\n", "a.py": "def f(x): return x\n"},
			replaced("pyrightconfig.json", "{}", `{"reportMissingParameterType": "error"}`),
			[]string{"exit 1 complete", "a.py:1 Pyright"},
		},
		"TypeScript: JSON that is imported": {
			map[string]string{
				"tsconfig.json": bundled, "d.json": "{\"a\": 1}\n",
				"a.ts": "import d from './d.json';\nexport const n: number = d.a;\n",
			},
			replaced("d.json", `{"a": 1}`, `{"a": "1"}`),
			[]string{"exit 1 complete", "a.ts:2 ts"},
		},
		"C: a header": {
			map[string]string{
				"compile_flags.txt": "-DX\n", "h.h": "#define H 1\n",
				"a.c": "#include \"h.h\"\nint f(void) { return H; }\n",
			},
			replaced("h.h", "#define H 1", "#define K 1"),
			[]string{"exit 1 complete", "a.c:2 clang"},
		},
		"Go: a package is added and imported": {
			map[string]string{"go.mod": goMod, "a.go": "package h\n"},
			replaced("a.go", "package h", `package h; import "ex.com/h/z"; var A int = z.Z`) +
				added("z/z.go", `package z; const Z = "z"`),
			[]string{"exit 1 complete", "a.go:1 compiler"},
		},
		"Python: modules are added and import each other": {
			map[string]string{"m.py": "x = 1\n"},
			replaced("m.py", "x = 1", "from z import z; x: int = z") + added("y.py", "y = 1; import z; z.z") +
				added("z.py", "z = ''; import y; y.y"),
			[]string{"exit 1 complete", "m.py:1 Pyright"},
		},
		"TypeScript: modules are added and import each other": {
			map[string]string{"tsconfig.json": bundled, "m.ts": "export {};\n"},
			replaced("m.ts", "export {};", "import { z } from './z'; export const x: number = z;") +
				added("y.ts", "import { z } from './z'; export const y = z;") +
				added("z.ts", "import { y } from './y'; export const z: string = ''; export { y };"),
			[]string{"exit 1 complete", "m.ts:1 ts"},
		},
		"TypeScript 5: modules are added and import each other": {
			map[string]string{
				"tsconfig.json": bundled, "m.ts": "export {};\n",
				"package.json": `{"devDependencies": {"typescript": "5.9.3"}}`,
			},
			replaced("m.ts", "export {};", "import { z } from './z'; export const x: number = z;") +
				added("y.ts", "import { z } from './z'; export const y = z;") +
				added("z.ts", "import { y } from './y'; export const z: string = ''; export { y };"),
			[]string{"exit 1 complete", "m.ts:1 typescript"},
		},
		"shell: a script that another one sources": {
			map[string]string{
				"a.sh": "#!/bin/bash\nexport x=1\n", "b.sh": "#!/bin/bash\n. ./a.sh\necho \"$x\"\n",
			},
			"--- a/a.sh\n+++ b/a.sh\n@@ -2 +2 @@\n-export x=1\n+export y=1\n",
			[]string{"exit 0 complete", "b.sh:3 shellcheck (warning)"},
		},
		"Rust: a module is added": {
			map[string]string{
				"Cargo.toml": "[package]\nname = \"h\"\nversion = \"0.1.0\"\nedition = \"2024\"\n",
				"src/lib.rs": "pub fn f() {}\n",
			},
			replaced("src/lib.rs", "pub fn f() {}", "pub mod z; pub fn f() -> i32 { z::Z }") +
				added("src/z.rs", `pub const Z: &str = "z";`),
			[]string{"exit 1 complete", "src/lib.rs:1 rustc"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			dir := repository(t, tt.files)
			indextest.FailIfChanged(t, dir)
			e, err := server.New(server.Config{Root: dir}) // a trace holds one state of the files
			if err != nil {
				t.Fatal(err)
			}
			defer e.Close()
			all := false
			b := do(t, e, api.Request{Op: "diag", Options: api.Options{Patch: tt.patch, All: &all}})
			if d := cmp.Diff(tt.want, verdictOf(b)); d != "" {
				t.Errorf("(-want +got)\n%s\n%q", d, b.Evidence.Reasons)
			}
			if len(b.Snapshot.Overlaid) == 0 || b.Local.Root != dir {
				t.Errorf("it is not said to be hypothetical: %+v of %s", b.Snapshot, b.Local.Root)
			}
			if now := do(t, e, api.Request{Op: "diag"}); now.Meta.ExitCode != 0 {
				t.Errorf("the files on disk: %v", verdictOf(now))
			}
		})
	}
}

// Rewards are of what a patch does, also where servers would not see it over the files on disk.
func TestAPatchThatAddsOrRemovesAFileHasAReward(t *testing.T) {
	t.Parallel()
	indextest.Needs(t, "the server pyright")
	dir := repository(t, map[string]string{"helper.py": "X = 1\n", "m.py": "import helper\nprint(helper.X)\n"})
	e, err := server.New(server.Config{Root: dir})
	if err != nil {
		t.Fatal(err)
	}
	defer e.Close()
	for patch, want := range map[string]float64{
		added("z.py", "Z = 1") + "--- a/m.py\n+++ b/m.py\n@@ -2 +2,2 @@\n print(helper.X)\n+import z; z.Z\n": 0,
		removed("helper.py", "X = 1"): -0.5,
	} {
		b := do(t, e, api.Request{Op: "diag", Options: api.Options{Patch: patch, Reward: "pr-v2"}})
		if r := b.ProcessReward; r == nil || r.R == nil || *r.R != want {
			t.Errorf("%s\n%+v; want %v", patch, r, want)
		}
	}
}

// A check of a warm process has what became of files that are no sources and that sources depend on.
func TestEditsOfEmbeddedAndImportedDataAreNoticed(t *testing.T) {
	t.Parallel()
	indextest.Needs(t, "the servers gopls, typescript and rust-analyzer")
	type edit struct {
		file, content string // the file is removed if there is none
		want          []string
	}
	clean := []string{"exit 0 complete"}
	for name, tt := range map[string]struct {
		files map[string]string
		edits []edit
	}{
		"Go embeds a file": {
			map[string]string{
				"go.mod": goMod, "x.bin": "\x00",
				"a.go": "package h\n\nimport _ \"embed\"\n\n//go:embed x.bin\nvar X []byte\n",
			},
			[]edit{
				{"x.bin", "", []string{"exit 1 complete", "a.go:5 go list"}},
				{"x.bin", "\x01", clean},
			},
		},
		"TypeScript imports JSON": {
			map[string]string{
				"tsconfig.json": bundled, "data/d.json": "{\"a\": 1}\n",
				"a.ts": "import d from './data/d.json';\nexport const n: number = d.a;\n",
			},
			[]edit{
				{"data/d.json", "{\"a\": \"\"}\n", []string{"exit 1 complete", "a.ts:2 ts"}},
				{"data/d.json", "{\"a\": 2}\n", clean},
				{"data/d.json", "", []string{"exit 1 complete", "a.ts:1 ts"}},
			},
		},
		"Rust includes files": {
			map[string]string{
				"Cargo.toml": "[package]\nname = \"m\"\nversion = \"0.1.0\"\nedition = \"2021\"\n", "Cargo.lock": lock,
				"src/lib.rs": "pub const S: &str = include_str!(\"x.txt\");\n", "src/x.txt": "x\n",
			},
			[]edit{
				{"src/x.txt", "", []string{"exit 1 complete", "src/lib.rs:1 rustc"}},
				{"src/x.txt", "y\n", clean},
			},
		},
	} {
		t.Run(name, func(t *testing.T) {
			dir := repository(t, tt.files)
			e := thawed(t, dir)
			check := func() []string { return verdictOf(do(t, e, api.Request{Op: "diag"})) }
			if d := cmp.Diff(clean, check()); d != "" {
				t.Fatalf("at first (-want +got)\n%s", d)
			}
			for i, edit := range tt.edits {
				at := filepath.Join(dir, edit.file)
				err := os.Remove(at)
				if edit.content != "" {
					err = os.WriteFile(at, []byte(edit.content), 0o600)
				}
				if err != nil {
					t.Fatal(err)
				}
				if d := cmp.Diff(edit.want, check()); d != "" {
					t.Errorf("after edit %d (-want +got)\n%s", i+1, d)
				}
			}
		})
	}
}

// What servers read from the disk is checked as a patch makes it wherever the workspace lies: it may be a folder of a
// repository, whose other folders it needs, or be in none.
func TestAPatchOfDataIsCheckedInAnyWorkspace(t *testing.T) {
	indextest.Needs(t, "the servers gopls and typescript")
	embeds := map[string]string{
		"app/go.mod": "module example.com/app\n\ngo 1.25\n\nrequire example.com/lib v0.0.0\n\n" +
			"replace example.com/lib => ../lib\n",
		"app/a.go": "package app\n\nimport (\n\t_ \"embed\"\n\n\t\"example.com/lib\"\n)\n\n" +
			"//go:embed data/x.txt\nvar X string\n\nvar Y = lib.Y\n",
		"app/data/x.txt": "x\n",
		"lib/go.mod":     "module example.com/lib\n\ngo 1.25\n",
		"lib/lib.go":     "package lib\n\nconst Y = 1\n",
	}
	imports := map[string]string{
		"tsconfig.json": bundled, "d.json": "{\"a\": 1}\n", "node_modules/m/index.d.ts": "export const m: number\n",
		"node_modules/m/package.json": `{"name": "m", "types": "index.d.ts"}`,
		"a.ts": "import d from './d.json';\nimport { m } from 'm';\n" +
			"export const n: number = d.a + m;\n",
	}
	for name, tt := range map[string]struct {
		dir   string // the workspace
		patch string
		want  []string
	}{
		"a folder of a repository": {
			filepath.Join(repository(t, embeds), "app"), removed("data/x.txt", "x"),
			[]string{"exit 1 complete", "a.go:9 go list"},
		},
		"no repository, Go": {
			indextest.Files(t, map[string]string{
				"go.mod": goMod, "data/x.txt": "x\n",
				"a.go": "package h\n\nimport _ \"embed\"\n\n//go:embed data/x.txt\nvar X string\n",
			}),
			removed("data/x.txt", "x"),
			[]string{"exit 1 complete", "a.go:5 go list"},
		},
		"no repository, TypeScript": {
			indextest.Files(t, imports), replaced("d.json", `{"a": 1}`, `{"a": "1"}`),
			[]string{"exit 1 complete", "a.ts:3 ts"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			indextest.FailIfChanged(t, tt.dir)
			e, err := server.New(server.Config{Root: tt.dir}) // a trace holds one state of the files
			if err != nil {
				t.Fatal(err)
			}
			defer e.Close()
			if now := do(t, e, api.Request{Op: "diag"}); now.Meta.ExitCode != 0 {
				t.Errorf("the files on disk: %v %q", verdictOf(now), now.Evidence.Reasons)
			}
			b := do(t, e, api.Request{Op: "diag", Options: api.Options{Patch: tt.patch}})
			if d := cmp.Diff(tt.want, verdictOf(b)); d != "" {
				t.Errorf("(-want +got)\n%s\n%q", d, b.Evidence.Reasons)
			}
		})
	}
}

// A trace holds one state of the files: a check that would need another is doubted, and no other check is.
func TestARecordedPatchOfDataIsDoubted(t *testing.T) {
	indextest.Needs(t, "the servers gopls, typescript and clangd")
	for name, tt := range map[string]struct {
		files map[string]string
		patch string
		want  []string
		why   string
	}{
		"Go: an embedded file is removed": {
			map[string]string{
				"go.mod": goMod, "x.txt": "x\n",
				"a.go": "package h\n\nimport _ \"embed\"\n\n//go:embed x.txt\nvar X string\n",
			},
			removed("x.txt", "x"),
			[]string{"exit 66 partial"},
			"gopls reads x.txt from disk, and not as the change has it: check without --trace-file",
		},
		"Go: the text of an embedded file": {
			map[string]string{
				"go.mod": goMod, "x.txt": "x\n",
				"a.go": "package h\n\nimport _ \"embed\"\n\n//go:embed x.txt\nvar X string\n",
			},
			replaced("x.txt", "x", "y"),
			[]string{"exit 0 complete"},
			"",
		},
		"Go: a text that nothing embeds is removed": {
			map[string]string{"go.mod": goMod, "x.txt": "x\n", "a.go": "package h\n"},
			removed("x.txt", "x"),
			[]string{"exit 0 complete"},
			"",
		},
		"TypeScript: JSON that is imported": {
			map[string]string{
				"tsconfig.json": bundled, "d.json": "{\"a\": 1}\n",
				"a.ts": "import d from './d.json';\nexport const n: number = d.a;\n",
			},
			replaced("d.json", `{"a": 1}`, `{"a": "1"}`),
			[]string{"exit 66 partial"},
			"typescript reads d.json from disk, and not as the change has it: check without --trace-file",
		},
		"C: a table that is included": {
			map[string]string{
				"compile_flags.txt": "-DX\n", "t.def": "int x;\n",
				"a.c": "#include \"t.def\"\nint f(void) { return x; }\n",
			},
			replaced("t.def", "int x;", "int y;"),
			[]string{"exit 66 partial"},
			"clangd reads t.def from disk, and not as the change has it: check without --trace-file",
		},
	} {
		t.Run(name, func(t *testing.T) {
			dir := repository(t, tt.files)
			b := do(t, thawed(t, dir), api.Request{Op: "diag", Options: api.Options{Patch: tt.patch}})
			if d := cmp.Diff(tt.want, verdictOf(b)); d != "" {
				t.Errorf("(-want +got)\n%s\n%q", d, b.Evidence.Reasons)
			}
			if tt.why != "" && !slices.Contains(b.Evidence.Reasons, tt.why) {
				t.Errorf("the reasons lack %q: %q", tt.why, b.Evidence.Reasons)
			}
		})
	}
}

// Data that is staged is what a check of what is staged goes by, whatever has become of it on disk.
func TestStagedDataIsChecked(t *testing.T) {
	indextest.Needs(t, "the server typescript")
	dir := repository(t, map[string]string{
		"tsconfig.json": bundled, "d.json": "{\"a\": 1}\n",
		"a.ts": "import d from './d.json';\nexport const n: number = d.a;\n",
	})
	lay(t, dir, map[string]string{"d.json": "{\"a\": \"1\"}\n"})
	runGit(t, dir, "add", "d.json")
	lay(t, dir, map[string]string{"d.json": "{\"a\": 1}\n"})
	e, err := server.New(server.Config{Root: dir})
	if err != nil {
		t.Fatal(err)
	}
	defer e.Close()
	b := do(t, e, api.Request{Op: "diag", Options: api.Options{Staged: true}})
	if d := cmp.Diff([]string{"exit 1 complete", "a.ts:2 ts"}, verdictOf(b)); d != "" {
		t.Errorf("(-want +got)\n%s\n%q", d, b.Evidence.Reasons)
	}
}
