package server_test

import (
	"os/exec"
	"slices"
	"strings"
	"testing"

	"lanser/index/indextest"
	"lanser/server/api"
	"lanser/server/bundle"
)

// applied applies a diff with git in a copy of a folder, and returns the copy.
func applied(t *testing.T, dir, diff string) string {
	t.Helper()
	fixed := indextest.Copy(t, dir)
	apply := exec.Command("git", "apply", "--whitespace=nowarn", "-")
	apply.Dir, apply.Stdin = fixed, strings.NewReader(diff)
	if out, err := apply.CombinedOutput(); err != nil {
		t.Fatalf("git apply: %v\n%s\n%s", err, out, diff)
	}
	return fixed
}

// A fix of each server, applied by git, removes the finding that it is for, and no check writes anything.
func TestAFixRemovesItsFinding(t *testing.T) {
	t.Parallel()
	indextest.Needs(t, "every language server")
	for name, tt := range map[string]struct {
		files         map[string]string
		server        string
		message       string // a part of the finding's
		title, change string // of the first fix
	}{
		"gopls": {
			files: map[string]string{
				"go.mod": "module ex.com/m\n\ngo 1.21\n",
				"a.go":   "package m\n\nfunc G() int {\n\treturn 1, nil\n}\n",
			},
			message: "too many return values", title: "Fill in return values", change: "+\treturn 1\n",
		},
		"gopls, with the line ends of Windows": {
			files: map[string]string{
				"go.mod": "module ex.com/m\n\ngo 1.21\n",
				"a.go":   "package m\r\n\r\nfunc F() {\r\n\tx := 1\r\n}\r\n",
			},
			message: "declared and not used: x", title: "Remove variable x", change: "-\tx := 1\r\n",
		},
		"ruff": {
			files:   map[string]string{"ruff.toml": "", "a b/m.py": "import os\nimport sys\nprint(sys.argv)\n"},
			message: "`os` imported but unused", title: "Ruff (F401): Remove unused import: `os`",
			change: "-import os\n",
		},
		"typescript-language-server": {
			files: map[string]string{
				"tsconfig.json": tsconfig,
				"a.ts":          "const s = { count: 1 };\nconsole.log(s.coutn);\n",
			},
			server:  "typescript-language-server",
			message: "Property 'coutn' does not exist", title: "Change spelling to 'count'",
			change: "+console.log(s.count);\n",
		},
		"clangd": {
			files: map[string]string{
				"compile_flags.txt": "-std=c++17\n",
				"a.cc":              "int value() { return 1; }\nint main() { return valu(); }",
			},
			message: "undeclared identifier 'valu'", title: "change 'valu' to 'value'",
			change: "+int main() { return value(); }\n\\ No newline",
		},
		"rust-analyzer": {
			files: map[string]string{
				"Cargo.toml": "[package]\nname = \"r\"\nversion = \"0.1.0\"\nedition = \"2021\"\n",
				"Cargo.lock": "version = 4\n\n[[package]]\nname = \"r\"\nversion = \"0.1.0\"\n",
				"src/lib.rs": "pub struct P {\n    pub a: i32,\n    pub b: i32,\n}\n\n" +
					"pub fn g() -> P {\n    P { a: 1 }\n}\n",
			},
			message: "missing field `b`", title: "Fill struct fields", change: "+    P { a: 1, b: todo!() }\n",
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			dir := indextest.Files(t, tt.files)
			check := func(dir string) *bundle.Bundle {
				return do(t, engine(t, dir), api.Request{
					Op: "diag",
					Options: api.Options{
						Fixes: true, Server: tt.server, FailOn: "none", AllowIncomplete: true,
					},
				})
			}
			isIt := func(d bundle.Diagnostic) bool { return strings.Contains(d.Message, tt.message) }
			found := check(dir).Facts.Diagnostics
			i := slices.IndexFunc(found, isIt)
			if i < 0 || len(found[i].Fixes) == 0 {
				t.Fatalf("no fix of %q in %+v", tt.message, found)
			}
			fix := found[i].Fixes[0]
			if fix.Title != tt.title || !strings.Contains(fix.Diff, tt.change) {
				t.Errorf("%q, want %q:\n%s\nwant\n%s", fix.Title, tt.title, fix.Diff, tt.change)
			}
			if left := check(applied(t, dir, fix.Diff)).Facts.Diagnostics; slices.ContainsFunc(left, isIt) {
				t.Errorf("the finding is still there: %+v", left)
			}
		})
	}
}

func TestFixesAreOfTheTextThatWasChecked(t *testing.T) {
	t.Parallel()
	indextest.Needs(t, "the server clangd")
	dir := indextest.Files(t, map[string]string{
		"compile_flags.txt": "-std=c++17\n", "a.cc": "int value() { return 1; }\n",
	})
	e := engine(t, dir)
	patch := "--- a/a.cc\n+++ b/a.cc\n@@ -1 +1,2 @@\n int value() { return 1; }\n+int other() { return valu(); }\n"
	b := do(t, e, api.Request{Op: "diag", Options: api.Options{Patch: patch, Fixes: true, FailOn: "none"}})
	if len(b.Facts.Diagnostics) != 1 || len(b.Facts.Diagnostics[0].Fixes) != 1 {
		t.Fatalf("%+v", b.Facts.Diagnostics)
	}
	want := "--- a/a.cc\n+++ b/a.cc\n@@ -1,2 +1,2 @@\n int value() { return 1; }\n-int other() { return valu(); }\n" +
		"+int other() { return value(); }\n"
	if got := b.Facts.Diagnostics[0].Fixes[0].Diff; got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
	plain := do(t, e, api.Request{Op: "diag", Options: api.Options{Patch: patch, FailOn: "none"}})
	if fixes := plain.Facts.Diagnostics[0].Fixes; fixes != nil {
		t.Errorf("fixes that were not asked for: %v", fixes)
	}
}
