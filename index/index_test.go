package index_test

import (
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"lanser/index"
	"lanser/index/indextest"
	"lanser/selectors/fault"
)

var tree = map[string]string{
	"go.mod": "module ex.com/m\n", "a.go": "package m\n", "sub/b.go": "package sub\n",
	"sub/b_test.go": "package sub_test\n\nfunc TestB() {}\n",
	".gitignore":    "*.log\n/build/\n!keep.log\n", "x.log": "", "keep.log": "", "build/out.go": "package out\n",
	"sub/.gitignore": "gen*.go\n", "sub/gen1.go": "package sub\n",
	"sub/build/in.go": "package in\n", "with space/é [x].py": "def f(): pass\n",
}

var listed = []string{
	".gitignore", "a.go", "go.mod", "keep.log", "sub/.gitignore", "sub/b.go", "sub/b_test.go", "sub/build/in.go",
	"with space/é [x].py",
}

func runGit(t *testing.T, dir string, args ...string) {
	t.Helper()
	settings := []string{
		"-c", "user.name=t", "-c", "user.email=t@example.com", "-c", "init.defaultBranch=main",
		"-c", "maintenance.auto=false", "-c", "core.fsync=none", // a commit is one process, and waits for no disk
	}
	cmd := exec.Command("git", append(settings, args...)...)
	cmd.Dir = dir
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("git %v: %v\n%s", args, err, out)
	}
}

func TestTheFilesAreTheSameWithAndWithoutGit(t *testing.T) {
	repo := indextest.Files(t, tree)
	runGit(t, repo, "init", "-q")
	// What one user or one clone ignores is no property of the tree.
	if err := os.WriteFile(filepath.Join(repo, ".git", "info", "exclude"), []byte("a.go\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	withoutGit := func(t *testing.T) { t.Setenv("PATH", "/nowhere") }
	for name, prepare := range map[string]func(t *testing.T) string{
		"repository":    func(*testing.T) string { return repo },
		"no repository": func(t *testing.T) string { return indextest.Files(t, tree) },
		"broken": func(t *testing.T) string {
			return indextest.Files(
				t, with(tree, ".git", "gitdir: /nowhere"),
			)
		},
		"no git command":             func(t *testing.T) string { withoutGit(t); return indextest.Files(t, tree) },
		"repository, no git command": func(t *testing.T) string { withoutGit(t); return repo },
	} {
		t.Run(name, func(t *testing.T) {
			dir := prepare(t)
			indextest.FailIfChanged(t, dir)
			_, s := snapshot(t, dir)
			if d := cmp.Diff(listed, s.Paths()); d != "" {
				t.Errorf("(-want +got)\n%s", d)
			}
		})
	}
}

func with(m map[string]string, key, value string) map[string]string {
	out := map[string]string{key: value}
	for k, v := range m {
		out[k] = v
	}
	return out
}

func TestVCSReportsHeadAndChangesAndWritesNothing(t *testing.T) {
	dir := indextest.Files(t, tree)
	runGit(t, dir, "init", "-q")
	runGit(t, dir, "config", "filter.evil.clean", "touch "+filepath.Join(dir, "PWNED"))
	runGit(t, dir, "add", ".")
	runGit(t, dir, "commit", "-q", "-m", "x")
	if err := os.WriteFile(filepath.Join(dir, ".gitattributes"), []byte("* filter=evil\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	later := time.Now().Add(time.Hour)
	if err := os.Chtimes(filepath.Join(dir, "a.go"), later, later); err != nil { // makes status look at the content
		t.Fatal(err)
	}
	indextest.FailIfChanged(t, dir)
	w, _ := snapshot(t, dir)
	vcs := w.VCS(context.Background())
	if vcs == nil || len(vcs.Head) != 40 || !vcs.Dirty {
		t.Errorf("got %+v", vcs)
	}
}

func TestModulesAreNamedAsTheirUsersWriteThem(t *testing.T) {
	dir := indextest.Files(t, map[string]string{
		"go.mod": "module ex.com/m\n", "a.go": "package m\n\nfunc A() {}\n", "sub/b.go": "package sub\n\nfunc B() {}\n",
		"sub/b_test.go": "package sub_test\n\nfunc TestB() {}\n", "tools/go.mod": "module ex.com/tools\n",
		"tools/t/t.go":    "package t\n\nfunc T() {}\n",
		".ci/run/h.go":    "package run\n\nfunc H() {}\n",
		"pkg/__init__.py": "def top(): pass\n", "pkg/mod.py": "def f(): pass\n", "src/lib/__init__.py": "",
		"src/lib/deep.py": "def d(): pass\n",
		"script.py":       "def s(): pass\n", "scripts/tool.py": "def t(): pass\n", "pkg/mod.pyi": "def f(): ...\n",
		"web/app.ts": "export const a = 1\n", "web/lib.ts": "export const l = 1\n",
		"web/lib.js": "export const l = 1\n", "web/types.d.ts": "export const t: number\n",
		"web/.ts": "export const e = 1\n",
	})
	_, s := snapshot(t, dir)
	for spelled, want := range map[string]string{
		"go://ex.com/m#A": "a.go", "go://.#A": "a.go", "go://ex.com/m/sub#B": "sub/b.go", "go://sub#B": "sub/b.go",
		"go://ex.com/m/sub_test#TestB": "sub/b_test.go",
		"go://ex.com/m/.ci/run#H":      ".ci/run/h.go", "go://.ci/run#H": ".ci/run/h.go",
		"go://ex.com/tools/t#T": "tools/t/t.go", "go://tools/t#T": "tools/t/t.go", "go://t#T": "tools/t/t.go",
		"py://pkg#top": "pkg/__init__.py", "py://lib.deep#d": "src/lib/deep.py",
		"py://src.lib.deep#d": "src/lib/deep.py", "py://script#s": "script.py",
		"py://scripts.tool#t": "scripts/tool.py", "py://pkg.mod#f?overload=0": "pkg/mod.py",
		"py://pkg.mod#f?overload=1": "pkg/mod.pyi", "py://pkg.mod#f": "pkg/mod.py",
		"ts://web/app#a": "web/app.ts", "ts://web/app.ts#a": "web/app.ts", "ts://web/lib.js#l": "web/lib.js",
		"ts://web/types#t": "web/types.d.ts", "ts://web/.ts#e": "web/.ts",
	} {
		target, err := resolve(t, s, spelled)
		if err != nil {
			t.Errorf("%s: %v", spelled, err)
			continue
		}
		if target.Path != want {
			t.Errorf("%s is in %s, want %s", spelled, target.Path, want)
		}
	}
	if target, err := resolve(t, s, "ts://web/lib#l"); !fault.Is(err, fault.Ambiguous) {
		t.Errorf("%+v, %v: one of two files was chosen", target, err)
	}
}

func TestAScriptIsKnownByItsFirstLineWhereItsNameTellsNothing(t *testing.T) {
	const script = "#!/bin/sh\nf() { :; }\n"
	w, s := snapshot(t, indextest.Files(t, map[string]string{
		"tool": script, "tool.sh": script, "bin/.functions": script, "tool-1.2": script, "text": "f() { :; }\n",
		"hook.sample": script,
	}))
	for sel, want := range map[string]string{
		"sh://tool#f": "tool", "sh://tool.sh#f": "tool.sh", "sh://bin/.functions#f": "bin/.functions",
		"sh://tool-1.2#f": "tool-1.2", "sh://text#f": "", "sh://hook.sample#f": "",
	} {
		got := ""
		if target, err := resolve(t, s, sel); err == nil {
			got = target.Path
		}
		if got != want {
			t.Errorf("%s: %q, want %q", sel, got, want)
		}
	}

	// A file that becomes a script, or is none any more, is another.
	indextest.Write(t, w.Root(), "text", script)
	indextest.Write(t, w.Root(), "tool", "f() { :; }\n")
	now, err := w.Snapshot(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if len(now.FileDecls("text")) != 1 || len(now.FileDecls("tool")) != 0 || len(s.FileDecls("text")) != 0 {
		t.Errorf("declarations: %v, %v", now.FileDecls("text"), now.FileDecls("tool"))
	}
}

func TestAnAmbiguousNameNeverResolvesSilently(t *testing.T) {
	dir := indextest.Files(t, map[string]string{
		"go.mod": "module ex.com/m\n", "a_linux.go": "package m\n\nfunc Twin() {}\n",
		"a_darwin.go": "package m\n\nfunc Twin() {}\n",
		"a.py": "import sys\nif sys.x:\n    def branch(): pass\nelse:\n    def branch(): pass\n\n" +
			"class C:\n    @property\n    def p(self): return 1\n    @p.setter\n    def p(self, v): pass\n\ndef outer(param):\n    local = 1\n",
		"a.ts": "export function over(a: number): void;\nexport function over(a: string): void;\n" +
			"export function over(a: any) {}\n" +
			"export class K { static m() {} m() {} get g() { return 1 } set g(v) {} }\nimport { over as alias } from './b';\n",
	})
	_, s := snapshot(t, dir)
	for _, spelled := range []string{"go://ex.com/m#Twin", "py://a#branch", "ts://a#K.m"} {
		if target, err := resolve(t, s, spelled); !fault.Is(err, fault.Ambiguous) {
			t.Errorf("%s: %+v, %v", spelled, target, err)
		}
	}
	for spelled, want := range map[string]string{ // one symbol: its implementation, the getter
		"ts://a#over": "export function over(a: any) {}", "py://a#C.p": "@property\n    def p(self): return 1",
		"ts://a#K.g": "get g() { return 1 }",
	} {
		target, err := resolve(t, s, spelled)
		if err != nil {
			t.Errorf("%s: %v", spelled, err)
			continue
		}
		if got := target.Content.Slice(target.Span); got != want || len(target.Overloads) < 2 {
			t.Errorf("%s is %q with %d overloads, want %q", spelled, got, len(target.Overloads), want)
		}
	}
	// Locals and imports are not found by a bare name, and are by their whole one.
	for _, spelled := range []string{"py://*#local", "py://*#param", "ts://*#alias"} {
		if target, err := resolve(t, s, spelled); !fault.Is(err, fault.NotFound) {
			t.Errorf("%s: %+v, %v", spelled, target, err)
		}
	}
	for _, spelled := range []string{"py://*#outer.local", "py://a#outer.param", "ts://a#alias"} {
		if _, err := resolve(t, s, spelled); err != nil {
			t.Errorf("%s: %v", spelled, err)
		}
	}
}

func TestAnEditThatKeepsSizeAndTimeIsNoticed(t *testing.T) {
	dir := indextest.Files(t, map[string]string{"a.go": "package a\n\nfunc F() {}\n"})
	w, s := snapshot(t, dir)
	all := func(string) bool { return true }
	before, file := s.Digest(all), filepath.Join(dir, "a.go")
	info, err := os.Stat(file)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(file, []byte("package a\n\nfunc G() {}\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	if err := os.Chtimes(file, info.ModTime(), info.ModTime()); err != nil {
		t.Fatal(err)
	}
	s, err = w.Snapshot(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	if s.Digest(all) == before || s.FileDecls("a.go")[0].Names[0] != "G" {
		t.Error("the edit was not seen")
	}
}

func TestTheRootIsTheRepositoryOrElseTheNearestProject(t *testing.T) {
	dir := indextest.Files(t, map[string]string{"p/pyproject.toml": "", "p/q/a.py": "", "r/a.txt": ""})
	for below, want := range map[string]string{"p/q": "p", "p": "p", "r": "r"} {
		root, reason, err := index.FindRoot(filepath.Join(dir, below))
		if err != nil || root != filepath.Join(dir, want) || reason == "" {
			t.Errorf("%s: %s (%s), %v", below, root, reason, err)
		}
	}
	runGit(t, dir, "init", "-q")
	if root, reason, _ := index.FindRoot(filepath.Join(dir, "p", "q")); root != dir ||
		!strings.Contains(reason, "p/q") {
		t.Errorf("in a repository: %s (%s)", root, reason)
	}
}

func TestPathsOutsideTheWorkspaceAreRefused(t *testing.T) {
	dir := indextest.Files(t, map[string]string{"ws/a.go": "package a\n", "secret.go": "package secret\n"})
	if err := os.Symlink("../secret.go", filepath.Join(dir, "ws", "link.go")); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(".", filepath.Join(dir, "ws", "loop")); err != nil {
		t.Fatal(err)
	}
	w, s := snapshot(t, filepath.Join(dir, "ws"))
	if !slices.Equal(s.Paths(), []string{"a.go"}) {
		t.Errorf("the snapshot has %v", s.Paths())
	}
	for _, p := range []string{"../secret.go", "link.go", filepath.Join(dir, "secret.go"), "loop/../../secret.go"} {
		if rel, err := w.Rel(p); !fault.Is(err, fault.Permissions) {
			t.Errorf("%s: %s, %v", p, rel, err)
		}
	}
}

// The error about a path outside the workspace shows the path that the user wrote, such as /proc/self/environ, and not
// the file behind it, /proc/1234/environ, which differs between two processes.
func TestAPathOutsideTheWorkspaceIsNamedAsItWasWritten(t *testing.T) {
	dir := indextest.Files(t, map[string]string{"ws/a.go": "package a\n", "out/secret.go": "package secret\n"})
	for name, to := range map[string]string{
		"link.go": "../out/secret.go", "out": "../out", "environ": "/proc/self/environ",
	} {
		if err := os.Symlink(to, filepath.Join(dir, "ws", name)); err != nil {
			t.Skip(err)
		}
	}
	w, _ := snapshot(t, filepath.Join(dir, "ws"))
	byLink := " is a symbolic link, or behind one, that leads outside the workspace"
	for written, want := range map[string]string{
		"../out/secret.go":                  "../out/secret.go is outside the workspace",
		"/dev/null":                         "/dev/null is outside the workspace",
		"link.go":                           "link.go" + byLink,
		"out/secret.go":                     "out/secret.go" + byLink,
		"out/new/file.go":                   "out/new/file.go" + byLink, // does not exist
		filepath.Join(dir, "ws", "link.go"): "link.go" + byLink,
	} {
		if _, err := w.Rel(written); !fault.Is(err, fault.Permissions) || fault.From(err).Message != want {
			t.Errorf("%s: %v, want %s", written, err, want)
		}
	}
	if runtime.GOOS == "linux" {
		if _, err := w.Rel("environ"); err == nil || fault.From(err).Message != "environ"+byLink {
			t.Errorf("environ: %v", err)
		}
	}
}

// No file can be made at a symbolic link or behind one, so contents in memory for such a path are refused.
func TestContentsBehindALinkAreRefused(t *testing.T) {
	dir := indextest.Files(t, map[string]string{
		"ws/a.go": "package a\n", "ws/d/b.go": "package d\n", "out/c.go": "package c\n",
	})
	for name, to := range map[string]string{
		"link.go": "a.go", "here": "d", "out": "../out", "nothing.go": "gone.go", "nowhere.go": "../gone.go",
	} {
		if err := os.Symlink(to, filepath.Join(dir, "ws", name)); err != nil {
			t.Skip(err)
		}
	}
	_, s := snapshot(t, filepath.Join(dir, "ws"))
	for path, want := range map[string]fault.Code{
		"link.go": fault.VersionSkew, "here/new.go": fault.VersionSkew, "out/new.go": fault.Permissions,
		"out/c.go": fault.Permissions, "d/new.go": "", "nothing.go": fault.VersionSkew, "nowhere.go": fault.Permissions,
		"nothing.go/new.go": fault.VersionSkew,
	} {
		over, err := s.Overlay(map[string][]byte{path: []byte("package x\n")})
		if want == "" && err == nil {
			if !over.Has(path) {
				t.Errorf("%s is not in %v", path, over.Paths())
			}
		} else if !fault.Is(err, want) {
			t.Errorf("%s: %v, want %s", path, err, want)
		}
	}
}

// The prototypes of a function and its definition are one symbol, whichever files they are in. Two definitions are
// two symbols, and so are static functions of different files.
func TestPrototypesAndTheirDefinitionAreOneSymbol(t *testing.T) {
	dir := indextest.Files(t, map[string]string{
		"pool.h": "namespace ns {\nclass Pool {\n public:\n" +
			"  static Pool* Make(int size);\n  int get(int i) const;\n  int get(double d) const;\n" +
			"  int room(bool force /* now? */)\n      LOCKED(mutex_);\n};\n}\nint twice(int);\n",
		"pool.cc": "#include \"pool.h\"\nns::Pool* ns::Pool::Make(int n) { return nullptr; }\n" +
			"int ns::Pool::get(int index) const { return 1; }\nint twice(int x) { return 2 * x; }\nint main() {}\n" +
			"int ns::Pool::room(bool force) { return 3; }\n",
		"b.c": "static int local(void);\nstatic int local(void) { return 1; }\nint main(void) { return local(); }\n",
		"c.c": "static int local(void) { return 2; }\n",
	})
	_, s := snapshot(t, dir)
	for spelled, want := range map[string]string{
		"cpp://*#Pool.Make": "pool.cc", "cpp://*#twice": "pool.cc", "cpp://b#local": "b.c",
		"cpp://pool.h#ns.Pool.Make": "pool.h",
		"cpp://*#Pool.room":         "pool.cc",
	} {
		if target, err := resolve(t, s, spelled); err != nil || target.Path != want {
			t.Errorf("%s: %+v, %v, want %s", spelled, target, err, want)
		}
	}
	for _, spelled := range []string{"cpp://*#Pool.get", "cpp://*#main", "cpp://*#local"} {
		if target, err := resolve(t, s, spelled); !fault.Is(err, fault.Ambiguous) {
			t.Errorf("%s: %+v, %v: one of several was chosen", spelled, target, err)
		}
	}
}

// If a file of the module has syntax errors, an AST path and a symbolId are as uncertain as a name: the file may
// contain another declaration that they match.
func TestSyntaxErrorsInTheModuleLowerTheEvidenceOfEverySelector(t *testing.T) {
	_, s := snapshot(t, indextest.Files(t, map[string]string{
		"go.mod": "module ex.com/m\n",
		"a.go":   "package m\n\nfunc F() {}\n",
		"b.go":   "package m\n\nfunc {{{\n",
	}))
	byName, err := resolve(t, s, "go://ex.com/m#F")
	if err != nil {
		t.Fatal(err)
	}
	for _, spelled := range []string{"go://ex.com/m#F", "ast://[module=ex.com/m]/[def=F]", byName.Decl.ID()} {
		if target, err := resolve(t, s, spelled); err != nil || !cmp.Equal(target.Partial, []string{"b.go"}) {
			t.Errorf("%s: %+v, %v", spelled, target, err)
		}
	}
}

func TestAFileIsNamedByItsPathOrByThatOfItsURI(t *testing.T) {
	dir := indextest.Files(t, map[string]string{"sub/a.go": "package sub\n"})
	w, err := index.Open(dir, index.Options{})
	if err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(dir, "sub", "a.go")
	slashed := filepath.ToSlash(file)
	for _, p := range []string{"sub/a.go", file, slashed, "/" + strings.TrimPrefix(slashed, "/")} {
		if got, err := w.Rel(p); got != "sub/a.go" || err != nil {
			t.Errorf("%s: got %q, %v", p, got, err)
		}
	}
}
