package server_test

import (
	"encoding/json"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"lanser/index/indextest"
	"lanser/server/api"
	"lanser/server/bundle"
)

// A check of a patch only asks about the files whose findings the patch can change.
func TestACheckOfAPatchSkipsFilesThatItCannotAffect(t *testing.T) {
	t.Parallel()
	indextest.Needs(t, "every language server")
	files := map[string]string{
		"go.mod":     "module ex.com/m\n\ngo 1.21\n",
		"a/a.go":     "package a\n\nfunc F() int { return 1 }\n",
		"b/b.go":     "package b\n\nimport \"ex.com/m/a\"\n\nfunc G() int { return a.F() }\n",
		"c/c.go":     "package c\n\nimport \"ex.com/m/b\"\n\nfunc H() int { return b.G() }\n",
		"a/a_tag.go": "//go:build other\n\npackage a\n",
		"d/d.go":     "package d\n\nfunc D() {}\n",
		"p.py":       "def f(): pass\n",
	}
	patch := func(file, from, to string) string {
		return "--- a/" + file + "\n+++ b/" + file + "\n@@ -1 +1 @@\n-" + from + "\n+" + to + "\n"
	}
	body := "--- a/a/a.go\n+++ b/a/a.go\n@@ -3 +3 @@\n-func F() int { return 1 }\n+func F() string { return \"\" }\n"
	for name, tt := range map[string]struct {
		patch, more string // more is another go.mod
		left, news  []string
	}{
		"of a package": {
			patch: body, left: []string{"d/d.go", "p.py"}, news: []string{"b/b.go"},
		},
		"of a package that nothing imports": {
			patch: "--- a/d/d.go\n+++ b/d/d.go\n@@ -3 +3 @@\n-func D() {}\n+func D() { x }\n",
			left:  []string{"a/a.go", "b/b.go", "c/c.go", "p.py"}, news: []string{"d/d.go"},
		},
		"of another language": {
			patch: patch("p.py", "def f(): pass", "def f(): return x"),
			left:  []string{"a/a.go", "b/b.go", "c/c.go", "d/d.go", "go.mod"}, news: []string{"p.py"},
		},
		"of a manifest": {patch: "--- a/go.mod\n+++ b/go.mod\n@@ -3 +3 @@\n-go 1.21\n+go 1.22\n"},
		"of a constraint": {
			patch: patch("a/a_tag.go", "//go:build other", "//go:build another"), left: []string{"p.py"},
		},
		"of a package's name": {
			patch: patch("d/d.go", "package d", "package e"), left: []string{"p.py"},
		},
		"with a new file": {
			patch: body + "--- /dev/null\n+++ b/n.go\n@@ -0,0 +1 @@\n+package m\n", news: []string{"b/b.go"},
		},
		"of a module under another name": {
			patch: body, more: "module ex.com/m\n\ngo 1.21\n\nreplace ex.com/other => ./d\n",
			left: []string{"p.py"}, news: []string{"b/b.go"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			dir := indextest.Files(t, files)
			if tt.more != "" {
				indextest.Write(t, dir, "go.mod", tt.more)
			}
			no := false
			b, err := thawed(t, dir).Do(t.Context(), api.Request{
				Op: "diag", Options: api.Options{Patch: tt.patch, All: &no, FailOn: "none"},
			})
			if err != nil {
				t.Fatal(err)
			}
			var left, news []string
			for _, k := range b.Facts.Checks {
				for _, group := range k.Coverage {
					if strings.HasPrefix(group.Reason, "the patch changes nothing") {
						left = append(left, group.Files...)
					}
				}
			}
			for _, d := range b.Facts.Diagnostics {
				if d.BaselineState == bundle.New && d.Severity == "error" {
					news = append(news, d.URI)
				}
			}
			slices.Sort(left)
			if !slices.Equal(left, tt.left) || !slices.Equal(slices.Compact(news), tt.news) {
				t.Errorf("left out %v, want %v; new in %v, want %v", left, tt.left, news, tt.news)
			}
		})
	}
}

// A module of one go.work imports another without requiring or replacing it.
func TestAPatchAffectsTheOtherModulesOfAGoWork(t *testing.T) {
	t.Parallel()
	indextest.Needs(t, "the server gopls")
	e := engine(t, indextest.Files(t, map[string]string{
		"go.work":  "go 1.21\n\nuse (\n\t./x\n\t./y\n\t./z\n)\n",
		"x/go.mod": "module ex.com/x\n\ngo 1.21\n", "x/a/a.go": "package a\n\nfunc F() int { return 1 }\n",
		"y/go.mod": "module ex.com/y\n\ngo 1.21\n",
		"y/y.go":   "package y\n\nimport \"ex.com/x/a\"\n\nvar V int = a.F()\n",
		"z/go.mod": "module ex.com/z\n\ngo 1.21\n", "z/z.go": "package z\n",
	}))
	no := false
	b, err := e.Do(t.Context(), api.Request{Op: "diag", Options: api.Options{
		Patch: "--- a/x/a/a.go\n+++ b/x/a/a.go\n@@ -3 +3 @@\n-func F() int { return 1 }\n" +
			"+func F() string { return \"\" }\n",
		All: &no, FailOn: "none",
	}})
	if err != nil {
		t.Fatal(err)
	}
	if len(b.Facts.Diagnostics) != 1 || b.Facts.Diagnostics[0].URI != "y/y.go" {
		t.Errorf("%v", b.Facts.Diagnostics)
	}
}

// --affected checks the files whose findings can have changed since a revision. If the change may concern every file,
// the check covers all files and says why.
func TestACheckOfWhatARevisionAffects(t *testing.T) {
	indextest.Needs(t, "gopls")
	files := map[string]string{
		"go.mod": "module ex.com/m\n\ngo 1.21\n",
		"a/a.go": "package a\n\nfunc F() int { return 1 }\n",
		"b/b.go": "package b\n\nimport \"ex.com/m/a\"\n\nvar B int = a.F()\n",
		"c/c.go": "package c\n\nvar C int = \"\"\n",
		// the package of a/a.go has another file
		"a/doc.go": "// Package a has a function.\npackage a\n",
	}
	embeds := map[string]string{
		"e/e.go": "package e\n\nimport \"embed\"\n\n//go:embed in\nvar E embed.FS\n", "e/in/in.go": "package in\n",
	}
	for name, tt := range map[string]struct {
		edits map[string]string // "" removes the file
		left  []string          // out
		found []string          // files with errors
		why   string            // for which all files are checked
	}{
		"nothing": {left: []string{"a/a.go", "a/doc.go", "b/b.go", "c/c.go", "go.mod"}},
		"a package": {
			edits: map[string]string{"a/a.go": "package a\n\nfunc F() string { return \"\" }\n"},
			left:  []string{"c/c.go"}, found: []string{"b/b.go"},
		},
		"an added file": {
			edits: map[string]string{"a/new.go": "package a\n\nvar New int = \"\"\n"},
			left:  []string{"c/c.go"}, found: []string{"a/new.go"},
		},
		"an added file that takes a name": {
			edits: map[string]string{"a/new.go": "package a\n\nconst F = 1\n"},
			left:  []string{"c/c.go"}, found: []string{"a/a.go", "a/new.go"},
		},
		"a removed file": {
			edits: map[string]string{"a/a.go": ""}, left: []string{"c/c.go"}, found: []string{"b/b.go"},
		},
		"an added folder": {
			edits: map[string]string{"d/d.go": "package d\n"}, found: []string{"c/c.go"},
			why: "all files are checked: d/d.go was added",
		},
		"a removed folder": {
			edits: map[string]string{"c/c.go": ""}, why: "all files are checked: c/c.go was removed",
		},
		"an added file below one that embeds": {
			edits: map[string]string{"e/in/new.go": "package in\n"}, found: []string{"c/c.go"},
			why: "all files are checked: e/in/new.go was added",
		},
		"an added file of another language": {
			edits: map[string]string{"a/new.ts": "export {};\n"}, found: []string{"c/c.go"},
			why: "all files are checked: a/new.ts was added",
		},
		"a manifest": {
			edits: map[string]string{"go.mod": "module ex.com/m\n\ngo 1.22\n"}, found: []string{"c/c.go"},
			why: "all files are checked: any file may depend on go.mod",
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			all := maps.Clone(files)
			if strings.Contains(name, "embeds") {
				maps.Copy(all, embeds)
			}
			dir := repository(t, all)
			for file, content := range tt.edits {
				if content != "" {
					indextest.Write(t, dir, file, content)
				} else if err := os.Remove(filepath.Join(dir, file)); err != nil {
					t.Fatal(err)
				}
			}
			options := api.Options{Affected: "HEAD", FailOn: "none"}
			b := do(t, remembering(t, dir), api.Request{Op: "diag", Options: options})
			var left, found []string
			for _, k := range b.Facts.Checks {
				for _, group := range k.Coverage {
					if group.Reason == "nothing that they depend on has changed since HEAD" {
						left = append(left, group.Files...)
					}
				}
			}
			for _, d := range b.Facts.Diagnostics {
				found = append(found, d.URI)
			}
			slices.Sort(left)
			isTold := tt.why == "" || slices.Contains(b.Evidence.Reasons, tt.why)
			if !slices.Equal(left, tt.left) || !slices.Equal(found, tt.found) || !isTold {
				t.Errorf("left out %v, want %v; found in %v, want %v; %v",
					left, tt.left, found, tt.found, b.Evidence.Reasons)
			}
			report, err := json.Marshal(do(t, remembering(t, dir), api.Request{Op: "diag"}))
			if err != nil {
				t.Fatal(err)
			}
			options.Baseline = string(report) // of the files as they are: nothing is new, and nothing gone
			known := do(t, remembering(t, dir), api.Request{Op: "diag", Options: options}).Facts.Compared
			if known.New != 0 || known.Absent != 0 || known.Unchanged != len(tt.found) {
				t.Errorf("compared with a report: %+v", known)
			}
			if b.Request.Options["affected"] != "HEAD" || b.Evidence.State != bundle.Complete {
				t.Errorf("options %v, evidence %v", b.Request.Options, b.Evidence)
			}
		})
	}
}

// A check of a patch of TypeScript asks about what imports the changed files, and about all files where a change may
// reach any: of the global scope, and of what a file imports, which decides about the files of a project.
func TestACheckOfAPatchOfTypeScriptSkipsWhatDoesNotImportIt(t *testing.T) {
	t.Parallel()
	indextest.Needs(t, "typescript")
	files := map[string]string{
		"tsconfig.json": "{\"compilerOptions\": {\"strict\": true, \"types\": []}, \"include\": [\"src\"]}\n",
		"src/low.ts":    "export const low = 1;\n",
		"src/mid.ts":    "export * from './low';\n",
		"src/top.ts":    "import { low } from './mid';\nexport const top: number = low;\n",
		"src/alone.ts":  "export const alone = 1;\n",
		"src/shared.ts": "var shared = 1;\n",
		"src/user.ts":   "export const user: number = shared;\n",
		"src/any.ts":    "export const any = (name: string): Promise<any> => import(name);\n",
		"lib/only.ts":   "export const only: number = '';\n",
		"src/needs.ts":  "export const needs = 1;\nexport {} from '../lib/only';\n",
	}
	others := []string{"lib/only.ts", "src/alone.ts", "src/needs.ts", "src/shared.ts", "src/user.ts"}
	patch := func(file, line, from, to string) string {
		return "--- a/" + file + "\n+++ b/" + file + "\n@@ -" + line + " +" + line + " @@\n-" + from + "\n+" + to + "\n"
	}
	for name, tt := range map[string]struct {
		patch      string
		left, news []string
	}{
		"of a module": {
			patch: patch("src/low.ts", "1", "export const low = 1;", "export const low = '';"),
			left:  others, news: []string{"src/top.ts"},
		},
		"of the global scope": {
			patch: patch("src/shared.ts", "1", "var shared = 1;", "var shared = '';"), news: []string{"src/user.ts"},
		},
		"of a module that comes to be in the global scope": {
			patch: patch("src/low.ts", "1", "export const low = 1;", "var shared = '';"),
			news:  []string{"src/mid.ts", "src/shared.ts", "src/top.ts", "src/user.ts"},
		},
		"of what is imported": {
			patch: patch("src/needs.ts", "2", "export {} from '../lib/only';", ""),
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			no := false
			b := do(t, thawed(t, indextest.Files(t, files)), api.Request{
				Op: "diag", Options: api.Options{Patch: tt.patch, All: &no, FailOn: "none"},
			})
			var left []string
			for _, k := range b.Facts.Checks {
				for _, group := range k.Coverage {
					if group.Reason == "the patch changes nothing that they depend on" {
						left = append(left, group.Files...)
					}
				}
			}
			var news []string
			for _, d := range b.Facts.Diagnostics {
				if d.Severity == "error" {
					news = append(news, d.URI)
				}
			}
			slices.Sort(left)
			if !slices.Equal(left, tt.left) || !slices.Equal(slices.Compact(news), tt.news) {
				t.Errorf("left out %v, want %v; new in %v, want %v", left, tt.left, news, tt.news)
			}
		})
	}
}
