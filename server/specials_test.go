package server_test

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"lanser/index/indextest"
	"lanser/server"
	"lanser/server/api"
)

// diffOf makes an edit in a repository, takes it back, and returns the output of git diff in between.
func diffOf(t *testing.T, dir, edit string, args ...string) string {
	t.Helper()
	cmd := exec.Command("sh", "-ec", edit)
	cmd.Dir = dir
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	runGit(t, dir, "add", "-A")
	diff := exec.Command("git", append([]string{"diff", "--cached"}, args...)...)
	diff.Dir = dir
	out, err := diff.Output()
	if err != nil {
		t.Fatal(err)
	}
	runGit(t, dir, "reset", "-q", "--hard")
	runGit(t, dir, "submodule", "--quiet", "update")
	return string(out)
}

// A patch of links and submodules is checked as what it makes of the workspace. Where that is not known, the check is
// not complete, and says why.
func TestAPatchOfLinksAndSubmodulesIsChecked(t *testing.T) {
	t.Parallel()
	indextest.Needs(t, "the server pyright")
	inner := repository(t, map[string]string{"__init__.py": "def f(n: int) -> int:\n    return n\n"})
	dir := repository(t, map[string]string{
		"main.py": "import lib\nfrom alias import n\n\nlib.f(n)\n",
		"real.py": "n: int = 1\n", "text.py": "n: str = \"\"\n",
		"README.md": "text\n", "pyproject.toml": "[project]\nname = \"a\"\nversion = \"1\"\n",
	})
	for from, to := range map[string]string{"alias.py": "real.py", "CLAUDE.md": "README.md"} {
		if err := os.Symlink(to, filepath.Join(dir, from)); err != nil {
			t.Skip(err)
		}
	}
	runGit(t, dir, "-c", "protocol.file.allow=always", "submodule", "--quiet", "add", inner, "lib")
	runGit(t, dir, "add", "-A")
	runGit(t, dir, "commit", "-qm", "links")
	const typed = "main.py:4 Pyright"
	const another = "cd lib; printf 'def f(n: str) -> int:\\n    return 1\\n' > __init__.py; " +
		"git -c user.name=a -c user.email=a@b commit -qam another"
	for name, tt := range map[string]struct {
		edit   string
		args   []string
		change func(patch string) string
		want   []string
	}{
		"a link that leads elsewhere": {edit: "ln -sf text.py alias.py", want: []string{"exit 1 complete", typed}},
		"a link that becomes a file": {
			edit: "rm alias.py; echo 'n = \"\"' > alias.py", want: []string{"exit 1 complete", typed},
		},
		"a file that becomes a link": {
			edit: "ln -sf text.py real.py", want: []string{"exit 1 complete", typed},
		},
		"a link that nothing uses": {edit: "ln -s text.py other.py", want: []string{"exit 0 complete"}},
		"a link that is renamed": {
			edit: "mv alias.py other.py; sed -i s/alias/other/ main.py", args: []string{"-M"},
			want: []string{"exit 0 complete"},
		},
		"a link of prose": {edit: "rm CLAUDE.md; echo more > CLAUDE.md", want: []string{"exit 0 complete"}},
		"a submodule":     {edit: another, want: []string{"exit 1 complete", typed}},
		"a submodule's summary": {
			edit: another, args: []string{"--submodule=log"}, want: []string{"exit 1 complete", typed},
		},
		"a commit that is not here": {
			edit: another, want: []string{"exit 66 partial"},
			change: func(patch string) string {
				before, _, _ := strings.Cut(patch, "+Subproject commit ")
				return before + "+Subproject commit " + strings.Repeat("1", 40) + "\n"
			},
		},
	} {
		t.Run(name, func(t *testing.T) {
			patch := diffOf(t, dir, tt.edit, tt.args...)
			if tt.change != nil {
				patch = tt.change(patch)
			}
			b := do(t, untraced(t, dir), api.Request{Op: "diag", Options: api.Options{Patch: patch}})
			if d := cmp.Diff(tt.want, verdictOf(b)); d != "" {
				t.Errorf("evidence %v; -want +got:\n%s\n%s", b.Evidence, d, patch)
			}
		})
	}
	patch := diffOf(t, dir, "ln -sf text.py alias.py; echo 'n: int = 2' > real.py")
	b := do(t, untraced(t, dir), api.Request{Op: "impact", Options: api.Options{Patch: patch}})
	if got := strings.Join(b.Evidence.Reasons, "\n"); !strings.Contains(got, "the symbolic link alias.py") {
		t.Errorf("impact: %v", b.Evidence)
	}
}

// An earlier commit is checked with the links that it had.
func TestAnEarlierCommitIsCheckedWithItsOwnLinks(t *testing.T) {
	t.Parallel()
	indextest.Needs(t, "the server pyright")
	dir := repository(t, map[string]string{
		"real.py": "n: int = \"\"\n", "pyproject.toml": "[project]\nname = \"a\"\nversion = \"1\"\n",
	})
	if err := os.Symlink("real.py", filepath.Join(dir, "alias.py")); err != nil {
		t.Skip(err)
	}
	runGit(t, dir, "add", "-A")
	runGit(t, dir, "commit", "-qm", "a link")
	compared := func(rev string) (out []string) {
		b := do(t, untraced(t, dir), api.Request{Op: "diag", Options: api.Options{Since: rev}})
		out = verdictOf(b)[:1]
		for _, d := range b.Facts.Diagnostics {
			out = append(out, d.URI+" "+d.BaselineState)
		}
		return append(out, fmt.Sprint(b.Facts.Compared.Absent, " gone"))
	}
	want := []string{"exit 1 complete", "alias.py new", "real.py unchanged", "0 gone"}
	if d := cmp.Diff(want, compared("HEAD~1")); d != "" {
		t.Errorf("the commit without the link, -want +got:\n%s", d)
	}
	if err := os.Remove(filepath.Join(dir, "alias.py")); err != nil {
		t.Fatal(err)
	}
	want = []string{"exit 0 complete", "real.py unchanged", "1 gone"}
	if d := cmp.Diff(want, compared("HEAD")); d != "" {
		t.Errorf("the commit with the link, -want +got:\n%s", d)
	}
}

// What lies around a workspace that is a folder of a repository, and where links lead, is part of what its findings
// depend on: of what is staged, of what has changed since a commit, and of answers that are remembered.
func TestFindingsDependOnLinksAndOnFilesAroundTheWorkspace(t *testing.T) {
	t.Parallel()
	indextest.Needs(t, "every language server")
	const was, is = "package p\n\nvar V int\n", "package p\n\nvar V string\n"
	dir := repository(t, map[string]string{
		"go.mod": goMod, "p/p.go": was, "README.md": "text\n",
		"r/r.go":           "package r\n\nimport \"ex.com/h/p\"\n\nfunc F() int { return p.V }\n",
		"ts/tsconfig.json": bundled, "p/a.ts": "export const v: number = 1;\n",
		"ts/b.ts":           "import { v } from \"../p/a\";\nexport const w: number = v;\n",
		"py/pyproject.toml": "[project]\nname = \"a\"\nversion = \"1\"\n", "py/one.py": "n: int = 1\n",
		"py/two.py": "n: str = \"\"\n", "py/main.py": "from link import n\n\nm: int = n\n",
	})
	if err := os.Symlink("one.py", filepath.Join(dir, "py/link.py")); err != nil {
		t.Skip(err)
	}
	runGit(t, dir, "add", "-A")
	runGit(t, dir, "commit", "-qm", "a link")
	checks := map[string]api.Options{
		"all": {}, "warm": {}, "affected": {Affected: "HEAD"}, "staged": {Staged: true},
	}
	warm := map[string]*server.Engine{
		"r": untraced(t, filepath.Join(dir, "r")), "ts": untraced(t, filepath.Join(dir, "ts")),
	}
	check := func(t *testing.T, sub string, want map[string]int) {
		t.Helper()
		for name, o := range checks {
			e := warm[sub]
			if name != "warm" || e == nil {
				e = untraced(t, filepath.Join(dir, sub))
			}
			b := do(t, e, api.Request{Op: "diag", Options: o})
			if b.Meta.ExitCode != want[name] {
				t.Errorf("%s, %s: exit %d, want %d: %v", sub, name, b.Meta.ExitCode, want[name], b.Evidence)
			}
		}
	}
	onDisk := map[string]int{"all": 1, "warm": 1, "affected": 1}
	found := map[string]int{"all": 1, "warm": 1, "affected": 1, "staged": 1}
	check(t, "r", nil)
	check(t, "ts", nil)
	lay(t, dir, map[string]string{"p/p.go": is, "p/a.ts": "export const v: string = \"\";\n"})
	check(t, "r", onDisk)
	check(t, "ts", onDisk)
	runGit(t, dir, "add", "-A")
	check(t, "r", found)
	lay(t, dir, map[string]string{"p/p.go": was})
	check(t, "r", map[string]int{"staged": 1})
	runGit(t, dir, "reset", "-q", "--hard")

	link := filepath.Join(dir, "py/link.py")
	if err := errors.Join(os.Remove(link), os.Symlink("two.py", link)); err != nil {
		t.Fatal(err)
	}
	check(t, "py", onDisk)
	runGit(t, dir, "add", "-A")
	check(t, "py", found)
}
