package server_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"lanser/index/indextest"
	"lanser/server/api"
	"lanser/server/bundle"
	"lanser/server/report"
)

// Answers do not depend on earlier requests, although documents stay open: a file that the server would not load by
// itself is closed again.
func TestAnAnswerDoesNotDependOnEarlierRequests(t *testing.T) {
	t.Parallel()
	indextest.Needs(t, "gopls, pyright, clangd, bash-language-server and the server of TypeScript")
	for name, tt := range map[string]struct {
		files  map[string]string
		before []string // places that are asked about first
		about  string
	}{
		"go: another build, another module": {
			map[string]string{
				"go.mod": "module ex.com/m\n\ngo 1.21\n", "a.go": "package m\n\nfunc F() {}\n",
				"b.go":         "package m\n\nfunc G() { F() }\n",
				"c_windows.go": "package m\n\nfunc W() { F() }\n",
				"tagged.go":    "//go:build other\n\npackage m\n\nfunc T() { F() }\n",
				"sub/go.mod":   "module ex.com/sub\n\ngo 1.21\n\nrequire ex.com/m v0.0.0\n\nreplace ex.com/m => ../\n",
				"sub/s.go":     "package sub\n\nimport \"ex.com/m\"\n\nfunc S() { m.F() }\n",
			},
			[]string{"c_windows.go@L3:C12", "tagged.go@L5:C12", "sub/s.go@L5:C14", "b.go@L3:C12"},
			"go://ex.com/m#F",
		},
		"ts: excluded, not included, JavaScript, of no project": {
			map[string]string{
				"tsconfig.json": "{ \"include\": [\"src\"], \"exclude\": [\"src/old\"] } // jsonc\n",
				"src/a.ts":      "export function f() {}\n", "src/b.ts": "import { f } from './a';\nf();\n",
				"src/old/o.ts": "import { f } from '../a';\nf();\n",
				"extra/e.ts":   "import { f } from '../src/a';\nf();\n", "src/j.js": "import { f } from './a';\nf();\n",
			},
			[]string{"src/old/o.ts@L2:C1", "extra/e.ts@L2:C1", "src/j.js@L2:C1", "src/b.ts@L2:C1"},
			"ts://src/a#f",
		},
		"py: excluded": {
			map[string]string{
				"pyrightconfig.json": "{\"exclude\": [\"old\"]}\n", "a.py": "def f(): pass\n",
				"b.py": "from a import f\nf()\n", "old/o.py": "from a import f\nf()\n",
			},
			[]string{"old/o.py@L2:C1", "b.py@L2:C1"},
			"py://a#f",
		},
		"sh: names without an extension": {
			map[string]string{
				"lib.sh": "f() { :; }\n", "b.sh": ". ./lib.sh\nf\n",
				"bin/a": "#!/bin/bash\n. ./lib.sh\nf # f\necho 'f'\n",
			},
			[]string{"b.sh@L2:C1"},
			"sh://lib#f",
		},
		"c: no compilation database": {
			map[string]string{
				"a.h": "int f(int);\n", "a.c": "#include \"a.h\"\n// f returns x.\nint f(int x) { return x; }\n",
				"b.c": "#include \"a.h\"\nint g(void) { return f(1); }\n",
			},
			[]string{"a.c@L3:C5", "a.h@L1:C5"},
			"b.c@L2:C22",
		},
		"c++: no compilation database, a class": {
			map[string]string{
				"a.hpp": "struct S { int m(); };\n",
				"a.cpp": "#include \"a.hpp\"\n// m is one.\nint S::m() { return 1; }\n",
				"b.cpp": "#include \"a.hpp\"\nint g(S s) { return s.m(); }\n",
			},
			[]string{"a.cpp@L3:C8", "a.hpp@L1:C16"},
			"b.cpp@L2:C23",
		},
		"py: in a hidden folder": {
			map[string]string{
				"a.py": "def f(): pass\n", "b.py": "from a import f\nf()\n", ".tools/o.py": "from a import f\nf()\n",
			},
			[]string{".tools/o.py@L2:C1", "b.py@L2:C1"},
			"py://a#f",
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			dir := indextest.Files(t, tt.files)
			used, fresh := engine(t, dir), thawed(t, dir)
			_, _ = used.Do(t.Context(), api.Request{Op: "diag"}) // whatever it says
			for _, at := range tt.before {
				for _, op := range []string{"hover", "refs"} {
					_, _ = used.Do(t.Context(), api.Request{Op: op, Selector: selector(at)}) // whatever it says
				}
			}
			for _, op := range []string{"context", "def", "hover", "refs", "overview"} {
				req := api.Request{Op: op, Selector: selector(tt.about)}
				if file, _, ok := strings.Cut(tt.about, "@"); op == "context" {
					if !ok {
						continue
					}
					req = api.Request{Op: op, Paths: []string{file}}
				}
				got, _ := used.Do(t.Context(), req)
				want, _ := fresh.Do(t.Context(), req)
				if got.BundleID != want.BundleID {
					t.Errorf(
						"%s is not answered as freshly:\n%s\nfreshly\n%s",
						op,
						report.Compact(got, report.Layout{}),
						report.Compact(want, report.Layout{}),
					)
				}
			}
		})
	}
}

// A script whose name has no extension is followed through edits, as one is that the server finds itself: to a content
// in another language, and until it is gone.
func TestAScriptWithoutExtensionIsFollowedThroughEdits(t *testing.T) {
	t.Parallel()
	indextest.Needs(t, "bash-language-server")
	dir := indextest.Files(t, map[string]string{"lib.sh": "f() { :; }\n", "a": "#!/bin/sh\n. ./lib.sh\nf\n"})
	e := thawed(t, dir)
	for _, step := range []struct {
		content string // of a; "" if it is removed
		want    []string
	}{
		{"#!/bin/sh\n. ./lib.sh\nf\n", []string{"a:2", "lib.sh:0"}},
		{"#!/bin/sh\n. ./lib.sh\n\nf\n", []string{"a:3", "lib.sh:0"}},
		{"#!/usr/bin/awk -f\n\n\nf\n", []string{"lib.sh:0"}},
		{"#!/bin/sh\n. ./lib.sh\nf\n", []string{"a:2", "lib.sh:0"}},
		{"", []string{"lib.sh:0"}},
	} {
		if step.content == "" {
			if err := os.Remove(filepath.Join(dir, "a")); err != nil {
				t.Fatal(err)
			}
		} else {
			indextest.Write(t, dir, "a", step.content)
		}
		b := do(t, e, api.Request{Op: "refs", Selector: selector("sh://lib#f")})
		var got []string
		for _, r := range b.Facts.References {
			got = append(got, fmt.Sprintf("%s:%d", r.URI, r.Range[0]))
		}
		if d := cmp.Diff(step.want, got); d != "" || b.Evidence.State != bundle.Complete {
			t.Errorf("%q: %s, (-want +got)\n%s", step.content, b.Evidence.State, d)
		}
	}
}
