package states

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"lanser/index"
	"lanser/server/api"
)

// What a change touches are the declarations whose code differs, each by itself; comments and layout are no
// difference.
func TestAChangeTouchesTheDeclarationsWhoseCodeDiffers(t *testing.T) {
	gone := "gone"
	for name, tt := range map[string]struct {
		file, before, after string // after is gone for a file that is removed
		more                map[string]string
		want                string
	}{
		"statements in a block": {
			"a.js", "{\n  one();\n}\n", "{\n  two();\n}\n", nil, "a.js:2 code",
		},
		"an import of several lines": {
			"a.js", "import {\n  a,\n} from './b';\na();\n", "import {\n  a,\n  b,\n} from './b';\na();\n", nil, "",
		},
		"a body": {
			"a.go",
			"package a\n\nfunc F() int { return 1 }\n\nfunc G() {}\n",
			"package a\n\nfunc F() int { return 2 }\n\nfunc G() {}\n",
			nil, "F body",
		},
		"a signature": {
			"a.go", "package a\n\nfunc F() {}\n", "package a\n\nfunc F(n int) {}\n", nil, "F signature",
		},
		"only comments": {
			"a.go", "package a\n\n// F.\nfunc F() {}\n",
			"package a\n\n// F is F.\nfunc F() {\n\t// nothing\n}\n", nil, "",
		},
		"a field, not its struct": {
			"a.go",
			"package a\n\ntype S struct {\n\tA int\n\tB int\n}\n",
			"package a\n\ntype S struct {\n\tA int\n\tB string\n}\n",
			nil, "S.B declaration",
		},
		"a new field": {
			"a.go",
			"package a\n\ntype S struct {\n\tA int\n}\n",
			"package a\n\ntype S struct {\n\tA int\n\tB int\n}\n",
			nil, "S members, S.B added",
		},
		"a new method of an interface": {
			"a.go", "package a\n\ntype I interface{ A() }\n", "package a\n\ntype I interface{ A(); B() }\n", nil,
			"I members, I.B added",
		},
		"a new method of a class": {
			"a.py",
			"class C:\n    def a(self): ...\n",
			"class C:\n    def a(self): ...\n\n    def b(self): ...\n",
			nil,
			"C.b added",
		},
		"a method, not its class": {
			"a.py",
			"class C:\n    def a(self):\n        return 1\n",
			"class C:\n    def a(self):\n        return 2\n",
			nil, "C.a body",
		},
		"the bases of a class": {
			"a.py", "class C:\n    def a(self): ...\n", "class C(list):\n    def a(self): ...\n", nil, "C signature",
		},
		"a docstring": {
			"a.py",
			"def f():\n    \"\"\"One.\"\"\"\n    return 1\n",
			"def f():\n    \"\"\"Two.\"\"\"\n    return 1\n",
			nil,
			"",
		},
		"an import": {"a.py", "x = 1\n", "import os\nfrom os import (\n    path,\n)\nx = 1\n", nil, ""},
		"code outside of declarations": {
			"a.py", "import os\n\nos.chdir('a')\n", "import os\n\nos.chdir('b')\n", nil, "a.py:3 code",
		},
		"a removed function": {
			"a.ts", "export function f() {}\nexport function g() {}\n", "export function g() {}\n", nil,
			"f removed",
		},
		"a renamed function": {
			"a.ts", "export function f() {}\n", "export function g() {}\n", nil, "g added, f removed",
		},
		"imports of TypeScript": {
			"a.ts", "export const x = 1\n", "import {\n  a,\n  b,\n} from './b'\nexport const x = 1\n", nil, "",
		},
		"a function in a function": {
			"a.ts", "export function f() {\n  function g() { return 1 }\n  return g()\n}\n",
			"export function f() {\n  function g() { return 2 }\n  return g()\n}\n", nil, "f body",
		},
		"a removed file": {"a.py", "def f(): ...\nx = 1\n", gone, nil, "f removed, x removed"},
		"a function that moves within its package": {
			"a.go", "package a\n\nfunc F() {}\n\nfunc G() {}\n", "package a\n\nfunc G() {}\n",
			map[string]string{"b.go": "package a\n\n// F.\nfunc F() {}\n"},
			"",
		},
		"a file that has no symbols": {"a.txt", "a\n", "b\n", nil, "a.txt:1 file"},
		"a value of a constant": {
			"a.go", "package a\n\nconst C = 1\n", "package a\n\nconst C = 2\n", nil, "C declaration",
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			dir := t.TempDir()
			if err := os.WriteFile(filepath.Join(dir, tt.file), []byte(tt.before), 0o644); err != nil {
				t.Fatal(err)
			}
			w, err := index.Open(dir, index.Options{})
			if err != nil {
				t.Fatal(err)
			}
			defer w.Close()
			before, err := w.Snapshot(context.Background())
			if err != nil {
				t.Fatal(err)
			}
			o := api.Options{Overlay: map[string]*string{tt.file: &tt.after}}
			if tt.after == gone {
				o.Overlay[tt.file] = nil
			}
			for p, c := range tt.more {
				o.Overlay[p] = &c
			}
			after, err := Overlaid(before, &o)
			if err != nil {
				t.Fatal(err)
			}
			var got []string
			for _, c := range TouchedBy(before, after) {
				what := c.Path + ":" + string(rune('1'+c.Line))
				if c.Decl != nil {
					what = strings.Join(c.Decl.Names, ".")
				}
				got = append(got, what+" "+c.How)
			}
			if d := cmp.Diff(tt.want, strings.Join(got, ", ")); d != "" {
				t.Errorf("-want +got:\n%s", d)
			}
		})
	}
}
