package server_test

import (
	"context"
	"flag"
	"fmt"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"slices"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"lanser/index/indextest"
	"lanser/selectors/fault"
	"lanser/server/api"
	"lanser/server/bundle"
)

var coldRuns = flag.Int("cold-runs", 4, "how often each project with errors is checked from cold")

// faulty is a project with errors in files that nobody opens, and the language's
// own command line, which lists them as "file:line".
type faulty struct {
	server string
	files  map[string]string
	needs  func(t *testing.T, dir string)
	own    func(t *testing.T, dir string) []string
}

var faultyProjects = []faulty{
	{
		server: "gopls",
		files: map[string]string{
			"go.mod": "module ex.com/m\n\ngo 1.21\n", "a.go": "package m\n\nfunc A() int { return B() }\n",
			"b.go":          "package m\n\nfunc B() string { return \"\" }\n",
			"sub/c.go":      "package sub\n\nimport \"ex.com/m\"\n\nvar C string = m.A()\n",
			"sub/d_test.go": "package sub\n\nvar d = undefinedName\n",
			"cmd/x/main.go": "package main\n\nfunc main() { missing() }\n",
		},
		own: func(t *testing.T, dir string) []string {
			return commandLine(
				t,
				dir,
				`^(\S+?):(\d+):`,
				found(t, "gopls").Argv[0],
				"check",
				"a.go",
				"b.go",
				"sub/c.go",
				"sub/d_test.go",
				"cmd/x/main.go",
			)
		},
	},
	{
		server: "pyright",
		files: map[string]string{
			"a.py": "from b import f\nx: int = f()\n", "b.py": "def f() -> str:\n    return 1\n", "pkg/__init__.py": "",
			"pkg/c.py": "import os\nos.nothing\n",
			"pkg/d.py": "from pkg.c import gone\n",
		},
		own: func(t *testing.T, dir string) []string {
			argv := found(t, "pyright").Argv
			entry := filepath.Join(filepath.Dir(argv[1]), "index.js")
			return commandLine(t, dir, `^\s*(\S+?):(\d+):\d+ - error`, argv[0], entry)
		},
	},
	{
		server: "typescript", files: faultyTypeScript, own: tsc,
	},
	{
		server: "typescript-language-server", files: faultyTypeScript, own: tsc,
	},
	{
		server: "clangd",
		files: map[string]string{
			"a.h": "int f(int);\n", "a.c": "#include \"a.h\"\nint g(void) { return f(); }\n",
			"b.c": "int h(void) { return undefined_name; }\n", "c.c": "int i(void) { return 0 }\n",
		},
		needs: database,
		own: func(t *testing.T, dir string) []string {
			return commandLine(t, dir, `^(\S+?):(\d+):\d+: error`, "gcc", "-fsyntax-only", "a.c", "b.c", "c.c")
		},
	},
	{
		server: "bash-language-server",
		files: map[string]string{
			"a.sh": "#!/bin/bash\nif [ 1 -eq 1 ]; then\necho $x\n", "b.sh": "#!/bin/bash\ny=1\nz=2\necho \"$y\"\n",
			"sub/c.sh": "#!/bin/bash\ncd /nowhere\nrm -rf $1/*\n",
		},
		own: func(t *testing.T, dir string) []string {
			return commandLine(t, dir, `^(\S+?):(\d+):`, pinnedShellcheck(t), "-f", "gcc", "a.sh", "b.sh", "sub/c.sh")
		},
	},
	{
		server: "rust-analyzer",
		files: map[string]string{
			"Cargo.toml": "[package]\nname = \"m\"\nversion = \"0.1.0\"\nedition = \"2021\"\n",
			"src/lib.rs": "mod a;\npub fn f() -> u32 { a::g() }\n",
			"Cargo.lock": "version = 4\n\n[[package]]\nname = \"m\"\nversion = \"0.1.0\"\n",
			"src/a.rs": "pub fn g() -> u32 {\n    let s = vec![1];\n    let t = s;\n    drop(s);\n    drop(t);\n" +
				"    1\n}\n",
		},
		own: func(t *testing.T, dir string) []string {
			return commandLine(
				t,
				dir,
				`^\s*--> (\S+?):(\d+):`,
				"rustc",
				"--edition",
				"2021",
				"--crate-type",
				"lib",
				"--emit",
				"metadata",
				"-o",
				filepath.Join(t.TempDir(), "m"),
				"src/lib.rs",
			)
		},
	},
}

var faultyTypeScript = map[string]string{
	"tsconfig.json": `{"compilerOptions":{"strict":true,"noEmit":true}}`,
	"a.ts":          "import { b } from './b';\nexport const x: string = b;\n",
	"b.ts":          "export const b: number = 1;\n", "sub/c.ts": "import { gone } from '../b';\nlet y;\ny.z;\n",
	"sub/d.ts": "export function f(p) { return p }\n",
}

func tsc(t *testing.T, dir string) []string {
	argv := found(t, "typescript").Argv
	return commandLine(t, dir, `^(\S+?)\((\d+),`, argv[0], "-p", ".", "--pretty", "false")
}

// commandLine runs a program, which may fail, and lists what it prints as
// "file:line".
func commandLine(t *testing.T, dir, pattern string, argv ...string) (out []string) {
	t.Helper()
	cmd := exec.Command(argv[0], argv[1:]...)
	cmd.Dir = dir
	printed, _ := cmd.CombinedOutput() // its findings make it fail
	for _, m := range regexp.MustCompile("(?m)"+pattern).FindAllStringSubmatch(string(printed), -1) {
		file := m[1]
		if rel, err := filepath.Rel(dir, file); err == nil && filepath.IsAbs(file) {
			file = rel
		}
		out = append(out, filepath.ToSlash(file)+":"+m[2])
	}
	slices.Sort(out)
	out = slices.Compact(out)
	if len(out) < 1 {
		t.Fatalf("%v found nothing:\n%s", argv, printed)
	}
	return out
}

// No check whose evidence is complete or heuristic has fewer findings than the language's own command line. Each
// check starts cold, on a busy machine: its server shares the processors with the servers of other checks.
func TestNoCheckFromColdIsCleanTooEarly(t *testing.T) {
	t.Parallel()
	indextest.Needs(t, "the server bash-language-server")
	for _, p := range faultyProjects {
		t.Run(p.server, func(t *testing.T) {
			t.Parallel()
			dir := indextest.Files(t, p.files)
			if p.needs != nil {
				p.needs(t, dir)
			}
			want := p.own(t, dir)
			indextest.FailIfChanged(t, dir)
			answers, errs := coldChecks(t, dir, *coldRuns, api.Options{Server: p.server})
			whole := 0
			for i, b := range answers {
				if err := errs[i]; err != nil && !fault.Is(err, fault.Incomplete) {
					t.Fatal(err)
				}
				if s := b.Evidence.State; s != bundle.Complete && s != bundle.Heuristic {
					if b.Meta.ExitCode != fault.Incomplete.Exit() {
						t.Errorf("evidence %s, exit code %d", s, b.Meta.ExitCode)
					}
					continue
				}
				whole++
				got := map[string]bool{}
				for _, d := range b.Facts.Diagnostics {
					got[fmt.Sprintf("%s:%d", d.URI, d.Range[0]+1)] = true
				}
				for _, w := range want {
					if !got[w] {
						t.Errorf("said to be complete, without %s; it has %v", w, got)
					}
				}
			}
			if whole == 0 {
				t.Errorf("none of %d runs finished", *coldRuns)
			}
		})
	}
}

// coldChecks checks a workspace n times, each time with a server of its own. At most two checks per processor run at
// the same time, so that each waits for processors as it would on a busy machine.
func coldChecks(t *testing.T, dir string, n int, options api.Options) (answers []*bundle.Bundle, errs []error) {
	t.Helper()
	answers, errs = make([]*bundle.Bundle, n), make([]error, n)
	places := make(chan struct{}, 2*runtime.NumCPU())
	var running sync.WaitGroup
	for i := range n {
		places <- struct{}{}
		e := thawed(t, dir)
		running.Go(func() {
			answers[i], errs[i] = e.Do(context.Background(), api.Request{Op: "diag", Options: options})
			e.Close()
			<-places
		})
	}
	running.Wait()
	return answers, errs
}

// clangd reads a file with a line before it. The checks of clang-tidy, which a project may have turned into errors,
// find fault with that line too, and that is no finding of the file.
func TestFindingsAboutThePrefixOfAFileAreNotReported(t *testing.T) {
	t.Parallel()
	indextest.Needs(t, "the server clangd")
	dir := indextest.Files(t, map[string]string{
		"compile_flags.txt": "-std=c++17\n",
		".clang-tidy": "Checks: '-*,cppcoreguidelines-avoid-non-const-global-variables,llvmlibc-*'\n" +
			"WarningsAsErrors: '*'\n",
		"a.cc": "int n;\n",
		"b.cc": "static const int n = 1;\nint f() { return n; }\n",
	})
	b := do(t, thawed(t, dir), api.Request{Op: "diag"})
	var got []string
	for _, d := range b.Facts.Diagnostics {
		if d.Code != "llvmlibc-implementation-in-namespace" {
			got = append(got, d.URI+" "+d.Message)
		}
	}
	want := []string{"a.cc Variable 'n' is non-const and globally accessible, consider making it const"}
	if d := cmp.Diff(want, got); d != "" || b.Evidence.State != "complete" {
		t.Errorf("%s %v (-want +got)\n%s", b.Evidence.State, b.Evidence.Reasons, d)
	}
}
