package server_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"lanser/index/indextest"
	"lanser/selectors/fault"
	"lanser/server/api"
	"lanser/server/bundle"
)

// history is a repository of two commits, and how the findings of the second relate to
// those of the first: "state path:line message".
type history struct {
	name     string
	was, now map[string]string
	options  api.Options // Since is HEAD~1 where none is given
	paths    []string
	prepare  func(t *testing.T, dir string) // after the second commit
	below    string                         // the workspace, where it is a folder of the repository
	want     []string
	state    string // of the evidence, complete where it is not told
	exit     int
}

const tsconfig = `{"compilerOptions":{"strict":true,"noEmit":true,"types":[],"module":"nodenext"}}` + "\n"

const goMod = "module ex.com/h\n\ngo 1.26\n"

// gone and fine are Go functions with and without a fault.
func faultyFunc(name string) string {
	return "func " + name + "() int { return missing" + name + " }\n"
}

const (
	faultyPy  = "def f() -> int:\n    return \"a\"\n"
	pyMessage = `Type "Literal['a']" is not assignable to return type "int" "Literal['a']" is not assignable to "int"`
)

var histories = []history{
	{
		name: "nothing has changed", was: map[string]string{"a.go": "package h\n\n" + faultyFunc("A")},
		now:  map[string]string{"README": "x\n"},
		want: []string{"unchanged a.go:3 undefined: missingA"},
	},
	{
		name: "a fault is new", was: map[string]string{"a.go": "package h\n"},
		now:  map[string]string{"a.go": "package h\n\n" + faultyFunc("A")},
		want: []string{"new a.go:3 undefined: missingA"}, exit: 1,
	},
	{
		name: "a fault is mended", was: map[string]string{"a.go": "package h\n\n" + faultyFunc("A")},
		now:  map[string]string{"a.go": "package h\n"},
		want: []string{"absent a.go:3 undefined: missingA"},
	},
	{
		name: "one is mended and one is new",
		was: map[string]string{
			"a.go": "package h\n\n" + faultyFunc("A"),
		}, now: map[string]string{"a.go": "package h\n\n" + faultyFunc("B")},
		want: []string{"absent a.go:3 undefined: missingA", "new a.go:3 undefined: missingB"}, exit: 1,
	},
	{
		name: "lines are inserted above", was: map[string]string{"a.go": "package h\n\n" + faultyFunc("A")},
		now:  map[string]string{"a.go": "package h\n\n// one\n// two\n\n" + faultyFunc("A")},
		want: []string{"unchanged a.go:6 undefined: missingA"},
	},
	{
		name: "a faulty function moves below another",
		was: map[string]string{
			"a.go": "package h\n\n" + faultyFunc("A") + "\nfunc Fine() {}\n",
		}, now: map[string]string{"a.go": "package h\n\nfunc Fine() {}\n\n" + faultyFunc("A")},
		want: []string{"unchanged a.go:5 undefined: missingA"},
	},
	{
		name: "a faulty statement moves to another function",
		was: map[string]string{
			"a.go": "package h\n\nfunc A() {\n\tmissing()\n}\n\nfunc B() {}\n",
		}, now: map[string]string{"a.go": "package h\n\nfunc A() {}\n\nfunc B() {\n\tmissing()\n}\n"},
		want: []string{"unchanged a.go:6 undefined: missing"},
	},
	{
		name: "the function around it is renamed",
		was: map[string]string{
			"a.go": "package h\n\nfunc A() {\n\tmissing()\n}\n",
		}, now: map[string]string{"a.go": "package h\n\nfunc Another() {\n\tmissing()\n}\n"},
		want: []string{"unchanged a.go:4 undefined: missing"},
	},
	{
		name: "its line is indented anew",
		was: map[string]string{
			"a.go": "package h\n\nfunc A() {\n\tmissing()\n}\n",
		}, now: map[string]string{"a.go": "package h\n\nfunc A() {\n\tif true {\n\t\tmissing()\n\t}\n}\n"},
		want: []string{"unchanged a.go:5 undefined: missing"},
	},
	{
		name: "the ends of lines become CRLF",
		was: map[string]string{
			"a.go": "package h\n\nfunc A() {\n\tmissing()\n}\n",
		}, now: map[string]string{"a.go": "package h\r\n\r\nfunc A() {\r\n\tmissing()\r\n}\r\n"},
		want: []string{"unchanged a.go:4 undefined: missing"},
	},
	{
		name: "its line says more",
		was: map[string]string{
			"a.go": "package h\n\nfunc A() {\n\tmissing()\n}\n",
		}, now: map[string]string{"a.go": "package h\n\nfunc A() {\n\t_ = missing()\n}\n"},
		want: []string{"updated a.go:4 undefined: missing"},
	},
	{
		name: "its message says another thing of the same line",
		was: map[string]string{
			"a.go": "package h\n\nconst c = \"s\"\n\nfunc A() int {\n\treturn c\n}\n",
		}, now: map[string]string{"a.go": "package h\n\nconst c = \"t\"\n\nfunc A() int {\n\treturn c\n}\n"},
		want: []string{"updated a.go:6 cannot use c (untyped string constant \"t\") as int value in return statement"},
	},
	{
		name: "one of two equal faults is mended",
		was: map[string]string{
			"a.go": "package h\n\nfunc A() {\n\tmissing()\n\tmissing()\n}\n",
		}, now: map[string]string{"a.go": "package h\n\nfunc A() {\n\tmissing()\n}\n"},
		want: []string{"absent a.go:5 undefined: missing", "unchanged a.go:4 undefined: missing"},
	},
	{
		name: "a fault gets an equal one",
		was: map[string]string{
			"a.go": "package h\n\nfunc A() {\n\tmissing()\n}\n",
		}, now: map[string]string{"a.go": "package h\n\nfunc A() {\n\tmissing()\n\tmissing()\n}\n"},
		want: []string{"new a.go:5 undefined: missing", "unchanged a.go:4 undefined: missing"}, exit: 1,
	},
	{
		name: "a file is renamed",
		was:  map[string]string{"a.go": "package h\n\n" + faultyFunc("A") + "\n// one\n// two\n// three\n"},
		now:  map[string]string{"a.go": "", "b.go": "package h\n\n" + faultyFunc("A") + "\n// one\n// two\n// three\n"},
		want: []string{"unchanged b.go:3 undefined: missingA"},
	},
	{
		name: "a file is renamed and gets another fault",
		was: map[string]string{
			"a.go": "package h\n\n" + faultyFunc("A") + "\n// one\n// two\n// three\n// four\n// five\n",
		},
		now: map[string]string{
			"a.go": "",
			"b.go": "package h\n\n" + faultyFunc(
				"A",
			) + "\n// one\n// two\n// three\n// four\n// five\n\n" + faultyFunc(
				"B",
			),
		},
		want: []string{"new b.go:11 undefined: missingB", "unchanged b.go:3 undefined: missingA"}, exit: 1,
	},
	{
		name: "a file moves to another package",
		was:  map[string]string{"a/a.go": "package a\n\n" + faultyFunc("A") + "\n// one\n// two\n// three\n// four\n"},
		now: map[string]string{
			"a/a.go": "",
			"b/a.go": "package b\n\n" + faultyFunc("A") + "\n// one\n// two\n// three\n// four\n",
		},
		want: []string{"unchanged b/a.go:3 undefined: missingA"},
	},
	{
		name: "a file is taken apart",
		was:  map[string]string{"a.go": "package h\n\n" + faultyFunc("A") + faultyFunc("B")},
		now: map[string]string{
			"a.go": "",
			"b.go": "package h\n\n// of its own\n\n\n" + faultyFunc("A"),
			"c.go": "package h\n\n// too\n\n\n\n" + faultyFunc("B"),
		},
		want: []string{"unchanged b.go:6 undefined: missingA", "updated c.go:7 undefined: missingB"},
	},
	{
		name: "a faulty file is deleted",
		was:  map[string]string{"a.go": "package h\n\n" + faultyFunc("A"), "b.go": "package h\n"},
		now:  map[string]string{"a.go": ""},
		want: []string{"absent a.go:3 undefined: missingA"},
	},
	{
		name: "a changed type breaks a file that did not change",
		was: map[string]string{
			"a.go":   "package h\n\nfunc A() int { return 1 }\n",
			"b/b.go": "package b\n\nimport \"ex.com/h\"\n\nvar B int = h.A()\n",
		},
		now: map[string]string{"a.go": "package h\n\nfunc A() string { return \"\" }\n"},
		want: []string{
			"new b/b.go:5 cannot use h.A() (value of type string) as int value in variable declaration",
		}, exit: 1,
	},
	{
		name: "a changed type mends a file that did not change",
		was: map[string]string{
			"a.go":   "package h\n\nfunc A() string { return \"\" }\n",
			"b/b.go": "package b\n\nimport \"ex.com/h\"\n\nvar B int = h.A()\n",
		},
		now:  map[string]string{"a.go": "package h\n\nfunc A() int { return 1 }\n"},
		want: []string{"absent b/b.go:5 cannot use h.A() (value of type string) as int value in variable declaration"},
	},
	{
		name: "a package is missing in two languages",
		was:  map[string]string{"a.go": "package h\n\n" + faultyFunc("A"), "m.py": faultyPy},
		now:  map[string]string{"m.py": "\n\n" + faultyPy + "\n\ndef g() -> str:\n    return f()\n"},
		want: []string{
			"new m.py:8 Type \"int\" is not assignable to return type \"str\" \"int\" is not assignable to \"str\"",
			"unchanged a.go:3 undefined: missingA",
			"unchanged m.py:4 " + pyMessage,
		}, exit: 1,
	},
	{
		name: "the change is not committed yet", was: map[string]string{"m.py": faultyPy},
		now: map[string]string{"README": "x\n"}, options: api.Options{Since: "HEAD"},
		prepare: func(t *testing.T, dir string) {
			seed(t, filepath.Join(dir, "m.py"), "\n\ndef g() -> int:\n    return \"a\"\n")
		},
		want: []string{"new m.py:6 " + pyMessage, "unchanged m.py:2 " + pyMessage}, exit: 1,
	},
	{
		name: "only new findings from the threshold on fail",
		was:  map[string]string{"a.sh": "#!/bin/bash\necho hello\n"},
		now:  map[string]string{"a.sh": "#!/bin/bash\necho $1\n"},
		want: []string{"new a.sh:2 Double quote to prevent globbing and word splitting."},
	},
	{
		name: "a patch beside a revision", was: map[string]string{"m.py": faultyPy},
		now: map[string]string{"README": "x\n"},
		options: api.Options{
			Patch: "--- a/m.py\n+++ b/m.py\n@@ -1,2 +1,5 @@\n def f() -> int:\n     return \"a\"\n+\n" +
				"+def g() -> int:\n+    return \"a\"\n",
		},
		want: []string{"new m.py:5 " + pyMessage, "unchanged m.py:2 " + pyMessage}, exit: 1,
	},
	{
		name: "paths, one of them new", was: map[string]string{"a.py": faultyPy, "b.py": faultyPy},
		now: map[string]string{"c.py": faultyPy}, paths: []string{"a.py", "c.py"},
		want: []string{"new c.py:2 " + pyMessage, "unchanged a.py:2 " + pyMessage}, exit: 1,
	},
	{
		name: "a new path alone", was: map[string]string{"a.py": faultyPy}, now: map[string]string{"c.py": faultyPy},
		paths: []string{"c.py"},
		want:  []string{"new c.py:2 " + pyMessage}, exit: 1,
	},
	{
		name: "what the ignore rules leave out is there on both sides",
		was: map[string]string{
			".gitignore": "gen.go\n/lib/\n",
			"a.go":       "package h\n\nvar A = generated\n",
			"m.py":       "from lib.x import y\n\nz: int = y\n",
		},
		now: map[string]string{"a.go": "package h\n\nvar A = generated\n\n" + faultyFunc("B")},
		prepare: func(t *testing.T, dir string) {
			lay(
				t,
				dir,
				map[string]string{
					"gen.go":          "package h\n\nvar generated = 1\n",
					"lib/__init__.py": "# a package\n",
					"lib/x.py":        "y: str = \"\"\n",
				},
			)
		},
		want: []string{
			"new a.go:5 undefined: missingB",
			`unchanged m.py:3 Type "str" is not assignable to declared type "int" "str" is not assignable to "int"`,
		}, exit: 1,
	},
	{
		name: "tracked though the ignore rules would leave it out",
		was: map[string]string{
			".gitignore": "b.go\n",
			"a.go":       "package h\n\nvar A = B\n",
			"b.go":       "package h\n\nvar B = 1\n",
		},
		now: map[string]string{"b.go": "package h\n\nvar B int = \"\"\n"},
		want: []string{
			"new b.go:3 cannot use \"\" (untyped string constant) as int value in variable declaration",
		}, exit: 1,
	},
	{
		name: "packages that are installed",
		was: map[string]string{
			".gitignore":    "node_modules/\n",
			"tsconfig.json": tsconfig,
			"a.ts":          "import { dep } from 'dep';\nexport const a: string = dep;\n",
		},
		now: map[string]string{
			"b.ts": "import { dep } from 'dep';\nexport const b: string = dep;\nexport const c: number = dep;\n",
		},
		prepare: func(t *testing.T, dir string) {
			lay(
				t,
				dir,
				map[string]string{
					"node_modules/dep/package.json": `{"name":"dep","version":"1.0.0","types":"index.d.ts"}`,
					"node_modules/dep/index.d.ts":   "export declare const dep: number;\n",
				},
			)
		},
		want: []string{
			"new b.ts:2 Type 'number' is not assignable to type 'string'.",
			"unchanged a.ts:2 Type 'number' is not assignable to type 'string'.",
		}, exit: 1,
	},
	{
		name: "a compilation database that is not in git",
		was: map[string]string{
			".gitignore": "/build/\n",
			"a.c":        "int f(void) { return missing; }\n",
		}, now: map[string]string{"b.c": "int g(void) { return absent; }\n"},
		prepare: func(t *testing.T, dir string) {
			entry := func(f string) string {
				return fmt.Sprintf(
					`{"directory":%q,"file":%q,"arguments":["cc","-c",%q]}`,
					dir,
					filepath.Join(dir, f),
					f,
				)
			}
			lay(
				t,
				dir,
				map[string]string{
					"build/compile_commands.json": "[" + entry("a.c") + "," + entry("b.c") + "]",
					"build/a.o":                   "x",
				},
			)
		},
		want: []string{
			"new b.c:1 Use of undeclared identifier 'absent'",
			"unchanged a.c:1 Use of undeclared identifier 'missing'",
		}, exit: 1,
	},
	{
		name: "a workspace that is a folder of its repository, and needs another of its folders", below: "app",
		was: map[string]string{
			"lib/go.mod": "module ex.com/lib\n\ngo 1.26\n", "lib/lib.go": "package lib\n\nfunc F() int { return 1 }\n",
			"app/go.mod": "module ex.com/app\n\ngo 1.26\n\nrequire ex.com/lib v0.0.0\n\nreplace ex.com/lib => ../lib\n",
			"app/a.go":   "package app\n\nimport \"ex.com/lib\"\n\nvar A int = lib.F()\n",
		},
		now: map[string]string{"lib/lib.go": "package lib\n\nfunc F() string { return \"\" }\n"},
		want: []string{
			"new a.go:5 cannot use lib.F() (value of type string) as int value in variable declaration",
		}, exit: 1,
	},
	{
		name: "lines that were added", was: map[string]string{"a.go": "package h\n\nfunc A() {\n\tmissing()\n}\n"},
		options: api.Options{Filter: "added"},
		now:     map[string]string{"a.go": "package h\n\nfunc A() {\n\tmissing()\n}\n\nfunc B() {\n\tother()\n}\n"},
		want:    []string{"new a.go:8 undefined: other"}, exit: 1,
	},
	{
		name:    "lines near those that were added",
		was:     map[string]string{"a.go": "package h\n\nfunc Z() {\n\tfar()\n}\n\nfunc A() {\n\tmissing()\n}\n"},
		options: api.Options{Filter: "diff_context"},
		now: map[string]string{
			"a.go": "package h\n\nfunc Z() {\n\tfar()\n}\n\nfunc A() {\n\tmissing()\n}\n\nfunc B() {\n}\n",
		},
		want: []string{"unchanged a.go:8 undefined: missing"},
	},
	{
		name: "files that were changed",
		was: map[string]string{
			"a.go":   "package h\n\nfunc A() int { return 1 }\n\n" + faultyFunc("X"),
			"b/b.go": "package b\n\nimport \"ex.com/h\"\n\nvar B int = h.A()\n",
		}, options: api.Options{Filter: "file"},
		now:  map[string]string{"a.go": "package h\n\nfunc A() string { return \"\" }\n\n" + faultyFunc("X")},
		want: []string{"unchanged a.go:5 undefined: missingX"},
	},
	{
		name: "the state before was not checked whole",
		was:  map[string]string{"a.sh": "#!/bin/bash\necho $1\n", "x.c": "int f(void) { return no; }\n"},
		now:  map[string]string{"x.c": "", "b.sh": "#!/bin/bash\necho $1\n"},
		want: []string{
			"absent x.c:1 Use of undeclared identifier 'no'",
			"new b.sh:2 Double quote to prevent globbing and word splitting.",
			"unchanged a.sh:2 Double quote to prevent globbing and word splitting.",
		},
		state: bundle.Partial, exit: 66,
	},
}

// lay writes files; an empty content removes.
func lay(t testing.TB, dir string, files map[string]string) {
	t.Helper()
	for _, p := range slices.Sorted(maps.Keys(files)) {
		file := filepath.Join(dir, filepath.FromSlash(p))
		var err error
		if files[p] == "" {
			err = os.Remove(file)
		} else {
			err = os.MkdirAll(filepath.Dir(file), 0o755)
			if err == nil {
				err = os.WriteFile(file, []byte(files[p]), 0o644)
			}
		}
		if err != nil {
			t.Fatal(err)
		}
	}
}

// repository is a repository with a commit for each set of files.
func repository(t *testing.T, commits ...map[string]string) string {
	t.Helper()
	dir := t.TempDir()
	runGit(t, dir, "init", "-q", "-b", "main")
	runGit(t, dir, "config", "user.name", "nobody")
	runGit(t, dir, "config", "user.email", "nobody@localhost")
	for i, files := range commits {
		lay(t, dir, files)
		runGit(t, dir, "add", "-A", "-f")
		runGit(t, dir, "commit", "-q", "-m", fmt.Sprint("commit ", i))
	}
	return dir
}

// states tells how the findings of a bundle relate to the earlier ones.
func states(b *bundle.Bundle) []string {
	out := []string{}
	for _, d := range slices.Concat(b.Facts.Diagnostics, b.Facts.Absent) {
		out = append(out, fmt.Sprintf("%s %s:%d %s", d.BaselineState, d.URI, d.Range[0]+1, bundle.Squeezed(d.Message)))
	}
	slices.Sort(out)
	return out
}

func TestFindingsSinceARevisionAreExact(t *testing.T) {
	t.Parallel()
	indextest.Needs(t, "every language server")
	for _, h := range histories {
		t.Run(h.name, func(t *testing.T) {
			t.Parallel()
			was := maps.Clone(h.was)
			for p := range was {
				if filepath.Ext(p) == ".go" && h.below == "" {
					was["go.mod"] = goMod
				}
			}
			dir := repository(t, was, h.now)
			if h.prepare != nil {
				h.prepare(t, dir)
			}
			req := api.Request{Op: "diag", Paths: h.paths, Options: h.options}
			if req.Options.Since == "" {
				req.Options.Since = "HEAD~1"
			}
			e := remembering(t, filepath.Join(dir, h.below))
			b, err := e.Do(context.Background(), req)
			if err != nil {
				t.Fatal(err)
			}
			if got := states(b); !slices.Equal(got, h.want) {
				t.Errorf("got\n\t%s\nwant\n\t%s", strings.Join(got, "\n\t"), strings.Join(h.want, "\n\t"))
			}
			state := h.state
			if state == "" {
				state = bundle.Complete
			}
			if b.Evidence.State != state || b.Meta.ExitCode != h.exit {
				t.Errorf(
					"evidence %s %q, exit %d; want %s and %d",
					b.Evidence.State,
					b.Evidence.Reasons,
					b.Meta.ExitCode,
					state,
					h.exit,
				)
			}
			again, err := e.Do(context.Background(), req)
			if err != nil || again.BundleID != b.BundleID {
				t.Errorf("asked again: %v, %s, was %s", err, again.BundleID, b.BundleID)
			}
		})
	}
}

func TestAnUnknownRevisionIsAnError(t *testing.T) {
	t.Parallel()
	dir := repository(
		t,
		map[string]string{"m.py": faultyPy},
		map[string]string{"m.py": faultyPy + "\n"},
		map[string]string{"m.py": faultyPy + "\n\n"},
	)
	shallow := filepath.Join(t.TempDir(), "shallow")
	runGit(t, dir, "clone", "-q", "--depth", "1", "file://"+dir, shallow)
	for _, c := range []struct{ dir, rev, says, hint string }{
		{dir, "nope", "git knows no commit \"nope\"", "fetch-depth: 0"},
		{dir, "HEAD~5", "git knows no commit \"HEAD~5\"", "fetch-depth: 0"},
		{dir, "--upload-pack=x", "git knows no commit", ""},
		{dir, "HEAD~1..HEAD", "git knows no commit", ""},
		{shallow, "HEAD~1", "git knows no commit \"HEAD~1\"", "fetch-depth: 0"},
		{t.TempDir(), "HEAD", "not in a git repository", "--baseline"},
	} {
		b, err := remembering(
			t,
			c.dir,
		).Do(context.Background(), api.Request{Op: "diag", Options: api.Options{Since: c.rev}})
		f := fault.From(err)
		if !fault.Is(err, fault.Usage) || !strings.Contains(f.Message, c.says) || !strings.Contains(f.Hint, c.hint) ||
			b.Meta.ExitCode != 2 {
			t.Errorf("%s: exit %d, %v", c.rev, b.Meta.ExitCode, err)
		}
	}
}

func TestTheMergeBaseIsARevision(t *testing.T) {
	t.Parallel()
	indextest.Needs(t, "the server pyright")
	dir := repository(t, map[string]string{"m.py": faultyPy})
	runGit(t, dir, "checkout", "-q", "-b", "topic")
	lay(t, dir, map[string]string{"b.py": faultyPy})
	runGit(t, dir, "add", "-A")
	runGit(t, dir, "commit", "-q", "-m", "topic")
	runGit(t, dir, "checkout", "-q", "main")
	lay(t, dir, map[string]string{"m.py": "x = 1\n"})
	runGit(t, dir, "commit", "-q", "-a", "-m", "mended on main")
	runGit(t, dir, "checkout", "-q", "topic")
	e := remembering(t, dir)
	for rev, want := range map[string][]string{
		"main...": {"new b.py:2 " + pyMessage, "unchanged m.py:2 " + pyMessage},
		"main":    {"new b.py:2 " + pyMessage, "new m.py:2 " + pyMessage},
	} {
		b := do(t, e, api.Request{Op: "diag", Options: api.Options{Since: rev}})
		if got := states(b); !slices.Equal(got, want) {
			t.Errorf("%s: got %q, want %q", rev, got, want)
		}
	}
}

// In containers of many CI jobs, the checkout belongs to another user. It is compared if this user has configured git
// to trust it. Until then it is checked as a tree of files, and a comparison fails with git's own words and remedy.
func TestACheckoutOfAnotherUserIsComparedOnlyIfGitTrustsIt(t *testing.T) {
	indextest.Needs(t, "the server pyright")
	if os.Getuid() != 0 {
		t.Skip("only root can give files away")
	}
	dir := repository(t, map[string]string{"m.py": faultyPy}, map[string]string{"b.py": faultyPy})
	giveAway := func(p string, _ os.FileInfo, err error) error { return errors.Join(err, os.Lchown(p, 65534, 65534)) }
	if err := filepath.Walk(dir, giveAway); err != nil {
		t.Fatal(err)
	}
	t.Setenv("GIT_CONFIG_GLOBAL", filepath.Join(t.TempDir(), "gitconfig"))
	since := api.Request{Op: "diag", Options: api.Options{Since: "HEAD~1"}}
	_, err := remembering(t, dir).Do(context.Background(), since)
	f := fault.From(err)
	if !fault.Is(err, fault.Usage) || !strings.Contains(f.Message, "dubious ownership") ||
		!strings.Contains(f.Hint, "git config --global --add safe.directory "+dir) {
		t.Errorf("before it is trusted: %v", err)
	}
	if b, err := remembering(t, dir).Do(context.Background(), api.Request{Op: "diag"}); err != nil ||
		len(b.Facts.Diagnostics) != 2 ||
		b.Snapshot.VCS != nil {
		t.Errorf("a check alone: %v, %+v", err, b)
	}
	runGit(t, dir, "config", "--global", "--add", "safe.directory", dir)
	b := do(t, remembering(t, dir), since)
	if got, want := states(b), []string{"new b.py:2 " + pyMessage, "unchanged m.py:2 " + pyMessage}; !slices.Equal(
		got,
		want,
	) {
		t.Errorf("got %q, want %q", got, want)
	}
}

// Programs that the configuration of the repository names do not run while the workspace is compared.
func TestAComparisonRunsNoProgramOfTheRepository(t *testing.T) {
	t.Parallel()
	indextest.Needs(t, "the server pyright")
	dir := repository(
		t,
		map[string]string{"m.py": faultyPy, ".gitattributes": "*.py filter=evil diff=evil\n"},
		map[string]string{"m.py": "", "n.py": faultyPy + "\n"},
	)
	canary := filepath.Join(t.TempDir(), "canary")
	evil := filepath.Join(t.TempDir(), "evil")
	if err := os.WriteFile(evil, []byte("#!/bin/sh\ntouch "+canary+"\ncat\n"), 0o755); err != nil {
		t.Fatal(err)
	}
	for _, setting := range []string{
		"core.fsmonitor", "core.pager", "core.sshCommand", "core.alternateRefsCommand", "gpg.program", "diff.external",
		"diff.evil.textconv", "diff.evil.command", "filter.evil.clean", "filter.evil.smudge", "filter.evil.process",
		"uploadpack.packObjectsHook",
	} {
		runGit(t, dir, "config", setting, evil)
	}
	runGit(t, dir, "config", "log.showSignature", "true")
	if err := os.Remove(canary); err != nil && !errors.Is(err, os.ErrNotExist) {
		t.Fatal(err)
	}
	b := do(t, remembering(t, dir), api.Request{Op: "diag", Options: api.Options{Since: "HEAD~1", Filter: "nofilter"}})
	if got, want := states(b), []string{"unchanged n.py:2 " + pyMessage}; !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
	if _, err := os.Stat(canary); err == nil {
		t.Error("a program of the repository's configuration was run")
	}
}

// A comparison with an earlier report and a filter by a patch are computed again from the trace. A comparison with a
// revision is refused while recording.
func TestComparisonsAreReplayed(t *testing.T) {
	t.Parallel()
	indextest.Needs(t, "the server pyright")
	dir := repository(
		t,
		map[string]string{"m.py": faultyPy, "gone.py": faultyPy},
		map[string]string{"gone.py": "", "b.py": faultyPy},
	)
	first := do(t, remembering(t, dir), api.Request{Op: "diag", Paths: []string{"m.py"}})
	raw, err := json.Marshal(first)
	if err != nil {
		t.Fatal(err)
	}
	e := engine(t, dir)
	for _, c := range []struct {
		options api.Options
		want    []string
	}{
		{api.Options{Baseline: string(raw)}, []string{"new b.py:2 " + pyMessage, "unchanged m.py:2 " + pyMessage}},
		{
			api.Options{Filter: "added", Patch: "--- a/m.py\n+++ b/m.py\n@@ -1,2 +1,5 @@\n def f() -> int:\n" +
				"     return \"a\"\n+\n+def g() -> int:\n+    return \"a\"\n"},
			[]string{"new m.py:5 " + pyMessage},
		},
	} {
		b := do(t, e, api.Request{Op: "diag", Options: c.options})
		if got := states(b); !slices.Equal(got, c.want) {
			t.Errorf("got %q, want %q", got, c.want)
		}
	}
	if _, err := e.Do(context.Background(), api.Request{Op: "diag", Options: api.Options{Since: "HEAD"}}); !fault.Is(
		err,
		fault.Usage,
	) {
		t.Errorf("a revision where a trace is made: %v", err)
	}
}
