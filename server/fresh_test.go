package server_test

import (
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"lanser/index/indextest"
	"lanser/server"
	"lanser/server/api"
	"lanser/server/bundle"
)

// project is a small workspace in which every line that holds the word target in
// a file of the language is a reference to one symbol.
type editedProject struct {
	name, server, selector string
	ext                    string
	partial                bool              // the server has something to say against the workspace
	files                  map[string]string // as they are at first
	more                   string            // a further use, for the file that declares and for one that uses
	user                   string            // a file that uses it
	// needs lists the files that a build knows, where the language has such a list.
	needs func(t *testing.T, dir string)
	// restarts lists the changes for which the server is started again.
	restarts []string
}

// moves are the changes after which other files are there than before.
var moves = []string{"after a new file", "after a rename", "after 500 new files", "after 500 deletions"}

var projects = []editedProject{
	{
		name: "go", server: "gopls", selector: "go://ex.com/m#target", ext: ".go", more: "\nvar more%d = target\n",
		user: "package m\n\nvar %s = target\n",
		files: map[string]string{
			"go.mod": "module ex.com/m\n\ngo 1.21\n",
			"a.go":   "package m\n\nvar target = 1\n",
			"c.go":   "package m\n\nvar c = target\n",
		},
	},
	{
		name: "python", server: "pyright", selector: "py://a#target", ext: ".py", restarts: moves,
		more: "\n%[1]d; from a import target\n", user: "from a import target\n# %s\n",
		files: map[string]string{"a.py": "target = 1\n", "c.py": "from a import target\n"},
	},
	{
		name: "python, basedpyright", server: "basedpyright", selector: "py://a#target", ext: ".py", restarts: moves,
		more: "\n%[1]d; from a import target\n", user: "from a import target\n# %s\n",
		files: map[string]string{"a.py": "target = 1\n", "c.py": "from a import target\n"},
	},
	{
		name: "typescript", server: "typescript", selector: "ts://a#target", ext: ".ts",
		more: "\nexport const more%d = target;\n", user: "export { target as %s } from './a';\n",
		files: map[string]string{
			"tsconfig.json": "{}",
			"a.ts":          "export const target = 1;\n",
			"c.ts":          "import { target } from './a';\n",
		},
	},
	{
		name: "typescript without project file", server: "typescript", selector: "ts://a#target", ext: ".ts",
		more: "\nexport const more%d = target;\n", user: "export { target as %s } from './a';\n",
		files: map[string]string{"a.ts": "export const target = 1;\n", "c.ts": "import { target } from './a';\n"},
	},
	{
		name: "typescript-language-server", server: "typescript-language-server", selector: "ts://a#target", ext: ".ts",
		more: "\nexport const more%d = target;\n", user: "export { target as %s } from './a';\n",
		files: map[string]string{
			"tsconfig.json": "{}",
			"a.ts":          "export const target = 1;\n",
			"c.ts":          "import { target } from './a';\n",
		},
	},
	{
		name: "c", server: "clangd", selector: "cpp://a.c#target", ext: ".c",
		more:     "\nint more%d(void) { return target(); }\n",
		user:     "int target(void);\nint %s(void) { return target(); }\n",
		files:    map[string]string{"a.c": "int target(void) { return 1; }\n", "c.c": "int target(void);\n"},
		needs:    database,
		restarts: moves, // the compilation database is another one
	},
	{
		name: "rust", server: "rust-analyzer", selector: "rs://crate#target", ext: ".rs", partial: true,
		more: "\nfn more%d() { crate::target() }\n", user: "fn %s() { crate::target() }\n",
		files: map[string]string{
			"Cargo.toml": "[package]\nname = \"m\"\nversion = \"0.1.0\"\nedition = \"2021\"\n",
			"src/lib.rs": "pub fn target() {}\nmod c;\nmod b;\n",
			"src/c.rs":   "fn c() { crate::target() }\n",
		},
	},
	{
		name: "bash", server: "bash-language-server", selector: "sh://a#target", ext: ".sh", more: "\ntarget %d\n",
		user:     "#!/bin/bash\nsource ./a.sh\ntarget %s\n",
		restarts: moves, // it has no message for files that come or go
		files: map[string]string{
			"a.sh": "#!/bin/bash\ntarget() { :; }\n",
			"c.sh": "#!/bin/bash\nsource ./a.sh\ntarget\n",
		},
	},
	{
		name: "php", server: "intelephense", selector: "php://M#target", ext: ".php", more: "\n$more%d = target();\n",
		user: "<?php\nnamespace M;\n$%s = target();\n",
		files: map[string]string{
			"a.php": "<?php\nnamespace M;\nfunction target(): int { return 1; }\n",
			"c.php": "<?php\nnamespace M;\n$c = target();\n",
		},
	},
	{
		name: "java", server: "jdtls", selector: "java://*#A.target", ext: ".java", partial: true,
		more: "class More%[1]d { int m = A.target; }\n", user: "class New%[1]s { int u = A.target; }\n",
		files: map[string]string{
			"a.java": "class A { static int target = 1; }\n",
			"c.java": "class C { int c = A.target; }\n",
		},
	},
	{
		name: "cue", server: "cue", selector: "cue://a#target", ext: ".cue", more: "\nmore%d: target\n",
		user: "package m\n\n%s: target\n",
		files: map[string]string{
			"cue.mod/module.cue": "module: \"ex.com/m@v0\"\nlanguage: version: \"v0.17.0\"\n",
			"a.cue":              "package m\n\ntarget: 1\n",
			"c.cue":              "package m\n\nc: target\n",
		},
	},
}

// database writes the compilation database of all C files, as a build would.
func database(t *testing.T, dir string) {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(dir, "*.c"))
	if err != nil {
		t.Fatal(err)
	}
	entries := []map[string]any{}
	for _, f := range files {
		entries = append(entries, map[string]any{"directory": dir, "file": f, "arguments": []string{"cc", "-c", f}})
	}
	raw, err := json.Marshal(entries)
	if err == nil {
		err = os.WriteFile(filepath.Join(dir, "compile_commands.json"), raw, 0o644)
	}
	if err != nil {
		t.Fatal(err)
	}
}

// made is the project in a folder, with what its build makes.
func (p editedProject) made(t *testing.T) (dir string) {
	t.Helper()
	dir = indextest.Files(t, p.files)
	if p.needs != nil {
		p.needs(t, dir)
	}
	return dir
}

// refs asks for the uses, with an overlay if it is not nil; told are their places as
// uses spells them.
func (p editedProject) refs(
	t *testing.T, e *server.Engine, overlay map[string]*string,
) (told []string, b *bundle.Bundle) {
	t.Helper()
	b = do(
		t,
		e,
		api.Request{
			Op:       "refs",
			Selector: selector(p.selector),
			Options:  api.Options{Server: p.server, Overlay: overlay},
		},
	)
	for _, r := range b.Facts.References {
		told = append(told, fmt.Sprintf("%s:%d", r.URI, r.Range[0]))
	}
	slices.Sort(told)
	return slices.Compact(told), b
}

// uses lists the places of the word target in the sources, "file:line", sorted.
func (p editedProject) uses(t *testing.T, dir string) (out []string) {
	t.Helper()
	err := filepath.WalkDir(dir, func(file string, d os.DirEntry, err error) error {
		if err != nil || d.IsDir() || path.Ext(file) != p.ext {
			return err
		}
		raw, err := os.ReadFile(file)
		for i, line := range strings.Split(string(raw), "\n") {
			if strings.Contains(line, "target") {
				rel, _ := filepath.Rel(dir, file)
				out = append(out, fmt.Sprintf("%s:%d", filepath.ToSlash(rel), i))
			}
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	slices.Sort(out)
	return out
}

// Every answer has the changes that an agent made since the last request: for each server, an edit of the file that
// is asked about and of another one, a new file, a rename, a deletion, and hundreds of files at once, as in a
// checkout.
func TestChangesBeforeARequestAreInItsAnswer(t *testing.T) {
	t.Parallel()
	indextest.Needs(t, "every language server")
	for _, p := range projects {
		t.Run(p.name, func(t *testing.T) {
			t.Parallel()
			dir := indextest.Files(t, p.files)
			src := ""
			if _, ok := p.files["src/lib.rs"]; ok {
				src = "src/"
			}
			write := func(name, content string) {
				t.Helper()
				if err := os.WriteFile(filepath.Join(dir, src+name), []byte(content), 0o644); err != nil {
					t.Fatal(err)
				}
			}
			e := thawed(t, dir)
			var restarts []string
			process := 0
			agrees := func(when string) {
				t.Helper()
				if p.needs != nil {
					p.needs(t, dir)
				}
				got, b := p.refs(t, e, nil)
				if running := e.Running(); len(running) != 1 {
					t.Fatalf("%s: %v run", when, running)
				} else if pid := running[0].PID; pid != process {
					restarts = append(restarts, when)
					process = pid
				}
				if d := cmp.Diff(p.uses(t, dir), got); d != "" {
					t.Errorf("%s (-text +lanser)\n%s", when, d)
				}
				if s := b.Evidence.State; s != bundle.Complete && !p.partial {
					t.Errorf("%s: evidence %s %v", when, s, b.Evidence.Reasons)
				}
			}
			declares := "a" + p.ext
			if src != "" {
				declares = "lib" + p.ext
			}
			agrees("at first")
			seed(t, filepath.Join(dir, src+declares), fmt.Sprintf(p.more, 1))
			agrees("after an edit of the file")
			seed(t, filepath.Join(dir, src+"c"+p.ext), fmt.Sprintf(p.more, 2))
			agrees("after an edit of another file")
			write("b"+p.ext, fmt.Sprintf(p.user, "b"))
			agrees("after a new file")
			if src == "" { // Rust names its files
				if err := os.Rename(filepath.Join(dir, "b"+p.ext), filepath.Join(dir, "d"+p.ext)); err != nil {
					t.Fatal(err)
				}
				agrees("after a rename")
				for i := range 500 {
					write(fmt.Sprintf("n%d%s", i, p.ext), fmt.Sprintf(p.user, fmt.Sprintf("n%d", i)))
				}
				agrees("after 500 new files")
				for i := range 500 {
					if err := os.Remove(filepath.Join(dir, fmt.Sprintf("n%d%s", i, p.ext))); err != nil {
						t.Fatal(err)
					}
				}
				agrees("after 500 deletions")
			}
			write("c"+p.ext, strings.ReplaceAll(p.files[src+"c"+p.ext], "target", "nothing"))
			agrees("after an edit that takes the use away")
			if d := cmp.Diff(append([]string{"at first"}, p.restarts...), restarts); d != "" {
				t.Errorf("starts of the server (-want +got)\n%s", d)
			}
		})
	}
}

// Servers read generated code that git ignores. What a generator has changed is in the next answer of a warm session.
func TestChangesOfIgnoredGeneratedCodeAreInTheNextAnswer(t *testing.T) {
	t.Parallel()
	indextest.Needs(t, "the servers gopls, pyright and typescript")
	for name, tt := range map[string]struct {
		files  map[string]string
		gen    string // is ignored
		before string
		after  string
	}{
		"gopls, in a folder": {
			map[string]string{
				"go.mod": "module ex.com/m\n\ngo 1.21\n", ".gitignore": "gen/\n",
				"a.go": "package m\n\nimport \"ex.com/m/gen\"\n\nvar _ = gen.New\n",
			},
			"gen/g.go", "package gen\n\nvar Old int\n", "package gen\n\nvar New int\n",
		},
		"gopls, beside others": {
			map[string]string{
				"go.mod": "module ex.com/m\n\ngo 1.21\n", ".gitignore": "*.pb.go\n",
				"a.go": "package m\n\nvar _ = New\n",
			},
			"b.pb.go", "package m\n\nvar Old int\n", "package m\n\nvar New int\n",
		},
		"pyright": {
			map[string]string{".gitignore": "gen/\n", "a.py": "from gen.g import new\n\nnew(1)\n"},
			"gen/g.py", "def old(x: int): ...\n", "def new(x: int): ...\n",
		},
		"typescript": {
			map[string]string{
				"tsconfig.json": "{}", ".gitignore": "gen/\n", "a.ts": "import { now } from './gen/g';\nnow();\n",
			},
			"gen/g.ts", "export function old() {}\n", "export function now() {}\n",
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			dir := indextest.Files(t, tt.files)
			indextest.Write(t, dir, tt.gen, tt.before)
			e, err := server.New(server.Config{Root: dir})
			if err != nil {
				t.Fatal(err)
			}
			defer e.Close()
			errs := func() (n int) {
				for _, d := range do(t, e, api.Request{Op: "diag"}).Facts.Diagnostics {
					if d.Severity == "error" && strings.HasPrefix(d.URI, "a.") {
						n++
					}
				}
				return n
			}
			for _, step := range []struct {
				content string
				want    int
			}{{tt.before, 1}, {tt.after, 0}, {tt.before, 1}, {tt.before, 1}, {tt.after, 0}} {
				indextest.Write(t, dir, tt.gen, step.content)
				for range 2 {
					if got := errs(); got != step.want {
						t.Errorf("%d errors, want %d, with %q", got, step.want, step.content)
					}
				}
			}
		})
	}
}

// Packages that are installed into node_modules, which git ignores, or into a Python environment, are in the next
// answer of a warm session.
func TestNewlyInstalledPackagesAreInTheNextAnswer(t *testing.T) {
	t.Parallel()
	indextest.Needs(t, "the servers pyright and typescript")
	for name, tt := range map[string]struct {
		files   map[string]string
		install map[string]string // the last is what a manager writes last
	}{
		"typescript": {
			map[string]string{
				"package.json": `{"name":"m"}`, "tsconfig.json": `{"compilerOptions":{"module":"nodenext"}}`,
				".gitignore": "node_modules\n", "a.ts": "import { f } from 'lib';\nf(1);\n",
			},
			map[string]string{
				"node_modules/lib/package.json":   `{"name":"lib","version":"1.0.0","types":"index.d.ts"}`,
				"node_modules/lib/index.d.ts":     "export function f(x: number): void;\n",
				"node_modules/.package-lock.json": `{}`,
			},
		},
		"pyright": {
			map[string]string{"a.py": "import lib\nlib.f(1)\n", ".gitignore": ".venv\n"},
			map[string]string{"lib.py": "def f(x: int) -> None: ...\n"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			dir := indextest.Files(t, tt.files)
			into := dir
			if name == "pyright" {
				venv := exec.Command("python3", "-m", "venv", "--without-pip", filepath.Join(dir, ".venv"))
				if out, err := venv.CombinedOutput(); err != nil {
					t.Fatalf("%v: %s", err, out)
				}
				found, err := filepath.Glob(filepath.Join(dir, ".venv", "lib", "*", "site-packages"))
				if err != nil || len(found) != 1 {
					t.Fatal(found, err)
				}
				into = found[0]
			}
			e, err := server.New(server.Config{Root: dir, Trust: true})
			if err != nil {
				t.Fatal(err)
			}
			defer e.Close()
			ask := func() []bundle.Diagnostic {
				b, _ := e.Do(t.Context(), api.Request{Op: "diag"})
				if b.Error != nil {
					t.Fatal(b.Error)
				}
				return slices.DeleteFunc(
					b.Facts.Diagnostics,
					func(d bundle.Diagnostic) bool { return !strings.HasPrefix(d.URI, "a.") },
				)
			}
			for range 2 {
				if before := ask(); len(before) != 1 {
					t.Fatalf("before the package is installed: %v", before)
				}
			}
			for f, content := range tt.install {
				indextest.Write(t, into, f, content)
			}
			if after := ask(); len(after) != 0 {
				t.Errorf("after it: %v", after)
			}
		})
	}
}
