package server_test

import (
	"context"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"lanser/index/indextest"
	"lanser/selectors/fault"
	"lanser/server"
	"lanser/server/api"
	"lanser/server/bundle"
)

// staging is a repository with one commit, what is done in it then, and the findings that a check of what is staged
// reports: "state path:line message".
type staging struct {
	was     map[string]string
	change  func(t *testing.T, dir string)
	options api.Options
	paths   []string
	below   string
	want    []string
	checked []string // files that servers were asked about, where the test says so
	exit    int
}

// stage writes files and adds them to the index.
func stage(t *testing.T, dir string, files map[string]string) {
	t.Helper()
	lay(t, dir, files)
	for p := range files {
		runGit(t, dir, "add", "-A", "--", p)
	}
}

const finePy = "def f() -> int:\n    return 1\n"

func TestStagedContentsAreCheckedAsTheyWouldBeCommitted(t *testing.T) {
	t.Parallel()
	indextest.Needs(t, "every language server")
	all, one := true, "error"
	for name, tt := range map[string]staging{
		"a new fault": {
			was:    map[string]string{"m.py": finePy, "n.py": finePy},
			change: func(t *testing.T, dir string) { stage(t, dir, map[string]string{"m.py": faultyPy}) },
			want:   []string{"new m.py:2 " + pyMessage}, checked: []string{"m.py", "n.py"}, exit: 1,
		},
		"a fault that is only on disk": {
			was: map[string]string{"m.py": finePy},
			change: func(t *testing.T, dir string) {
				lay(t, dir, map[string]string{"m.py": faultyPy})
			},
			want: []string{}, checked: []string{},
		},
		"a fault that is staged and no longer on disk": {
			was: map[string]string{"m.py": finePy},
			change: func(t *testing.T, dir string) {
				stage(t, dir, map[string]string{"m.py": faultyPy})
				lay(t, dir, map[string]string{"m.py": finePy})
			},
			want: []string{"new m.py:2 " + pyMessage}, exit: 1,
		},
		"a fault that goes": {
			was:    map[string]string{"m.py": faultyPy, "n.py": faultyPy},
			change: func(t *testing.T, dir string) { stage(t, dir, map[string]string{"m.py": finePy}) },
			want:   []string{"absent m.py:2 " + pyMessage},
		},
		"all findings": {
			was:     map[string]string{"m.py": finePy, "n.py": faultyPy},
			change:  func(t *testing.T, dir string) { stage(t, dir, map[string]string{"m.py": faultyPy}) },
			options: api.Options{All: &all},
			want:    []string{" m.py:2 " + pyMessage, " n.py:2 " + pyMessage}, exit: 1,
		},
		"a new file": {
			was: map[string]string{"m.py": finePy},
			change: func(t *testing.T, dir string) {
				stage(t, dir, map[string]string{"n.py": "import m\nx: str = m.f()\n"})
			},
			want: []string{
				`new n.py:2 Type "int" is not assignable to declared type "str" "int" is not assignable to "str"`,
			},
			exit: 1,
		},
		"a file that uses one which is not staged": {
			was: map[string]string{"a.go": "package h\n"},
			change: func(t *testing.T, dir string) {
				stage(t, dir, map[string]string{"a.go": "package h\n\nfunc A() int { return b() }\n"})
				lay(t, dir, map[string]string{"b.go": "package h\n\nfunc b() int { return 1 }\n"})
			},
			want: []string{"new a.go:3 undefined: b"}, exit: 1,
		},
		"a file that uses one which is only announced": {
			was: map[string]string{"a.go": "package h\n"},
			change: func(t *testing.T, dir string) {
				stage(t, dir, map[string]string{"a.go": "package h\n\nfunc A() int { return b() }\n"})
				lay(t, dir, map[string]string{"b.go": "package h\n\nfunc b() int { return 1 }\n"})
				runGit(t, dir, "add", "-N", "b.go")
			},
			want: []string{"new a.go:3 undefined: b"}, exit: 1,
		},
		"a removed file": {
			was: map[string]string{
				"a.go": "package h\n\nfunc A() int { return b() }\n",
				"b.go": "package h\n\nfunc b() int { return 1 }\n",
			},
			change: func(t *testing.T, dir string) { runGit(t, dir, "rm", "-q", "b.go") },
			want:   []string{"new a.go:3 undefined: b"}, exit: 1,
		},
		"data that code embeds and that is removed": {
			was: map[string]string{
				"a.go": "package h\n\nimport _ \"embed\"\n\n//go:embed data.txt\nvar Data string\n", "data.txt": "x\n",
			},
			change: func(t *testing.T, dir string) { runGit(t, dir, "rm", "-q", "data.txt") },
			want:   []string{"new a.go:5 pattern data.txt: no matching files found"}, exit: 1,
		},
		"data that code embeds and that is not staged": {
			was: map[string]string{"a.go": "package h\n"},
			change: func(t *testing.T, dir string) {
				stage(t, dir, map[string]string{
					"a.go": "package h\n\nimport _ \"embed\"\n\n//go:embed data.txt\nvar Data string\n",
				})
				lay(t, dir, map[string]string{"data.txt": "x\n"})
			},
			want: []string{"new a.go:5 pattern data.txt: no matching files found"}, exit: 1,
		},
		"a picture that nothing embeds": {
			was:    map[string]string{"a.go": "package h\n", "a.png": "x"},
			change: func(t *testing.T, dir string) { runGit(t, dir, "rm", "-q", "a.png") },
			want:   []string{}, checked: []string{},
		},
		"a renamed file": {
			was: map[string]string{"a.py": faultyPy},
			change: func(t *testing.T, dir string) {
				runGit(t, dir, "mv", "a.py", "c.py")
				stage(t, dir, map[string]string{"c.py": "x: str = 1\n" + faultyPy})
			},
			want: []string{
				`new c.py:1 Type "Literal[1]" is not assignable to declared type "str" ` +
					`"Literal[1]" is not assignable to "str"`,
			},
			exit: 1,
		},
		"a signature that another file depends on": {
			was: map[string]string{
				"a/a.go": "package a\n\nfunc A() int { return 1 }\n",
				"b/b.go": "package b\n\nimport \"ex.com/h/a\"\n\nvar B int = a.A()\n", "c/c.go": "package c\n",
			},
			change: func(t *testing.T, dir string) {
				stage(t, dir, map[string]string{"a/a.go": "package a\n\nfunc A() string { return \"\" }\n"})
			},
			want: []string{
				"new b/b.go:5 cannot use a.A() (value of type string) as int value in variable declaration",
			},
			checked: []string{"a/a.go", "b/b.go", "go.mod"}, exit: 1,
		},
		"changed lines alone": {
			was: map[string]string{"m.py": "import n\nx: int = n.v\n", "n.py": "v = 1\n"},
			change: func(t *testing.T, dir string) {
				stage(t, dir, map[string]string{"n.py": "v = \"\"\n"})
			},
			options: api.Options{Filter: api.FilterAdded}, want: []string{},
		},
		"a path of the request": {
			was: map[string]string{"m.py": finePy, "n.py": finePy},
			change: func(t *testing.T, dir string) {
				stage(t, dir, map[string]string{"m.py": faultyPy, "n.py": faultyPy, "new.py": faultyPy})
			},
			paths: []string{"n.py", "new.py"},
			want:  []string{"new n.py:2 " + pyMessage, "new new.py:2 " + pyMessage}, exit: 1,
		},
		"a folder of the repository": {
			was: map[string]string{"sub/m.py": finePy, "n.py": finePy},
			change: func(t *testing.T, dir string) {
				stage(t, dir, map[string]string{"sub/m.py": faultyPy, "n.py": faultyPy, "sub/new.py": faultyPy})
			},
			below: "sub",
			want:  []string{"new m.py:2 " + pyMessage, "new new.py:2 " + pyMessage}, exit: 1,
		},
		"a branch without a commit": {
			was: map[string]string{"m.py": faultyPy},
			change: func(t *testing.T, dir string) {
				runGit(t, dir, "checkout", "-q", "--orphan", "other")
				lay(t, dir, map[string]string{"untracked.py": faultyPy})
			},
			want: []string{"new m.py:2 " + pyMessage}, exit: 1,
		},
		"a submodule at another commit": {
			was: map[string]string{"m.py": "import lib.l\nx: int = lib.l.v\n"},
			change: func(t *testing.T, dir string) {
				other := repository(t, map[string]string{"l.py": "v = 1\n"}, map[string]string{"l.py": "v = \"\"\n"})
				runGit(t, dir, "-c", "protocol.file.allow=always", "submodule", "--quiet", "add", other, "lib")
				runGit(t, filepath.Join(dir, "lib"), "checkout", "-q", "HEAD~1")
				runGit(t, dir, "add", "-A")
				runGit(t, dir, "commit", "-q", "-m", "with an integer")
				runGit(t, filepath.Join(dir, "lib"), "checkout", "-q", "main")
				runGit(t, dir, "add", "-A")
				runGit(t, filepath.Join(dir, "lib"), "checkout", "-q", "HEAD~1")
			},
			want: []string{
				`new m.py:2 Type "str" is not assignable to declared type "int" "str" is not assignable to "int"`,
			},
			exit: 1,
		},
		"a baseline": {
			was:    map[string]string{"m.py": finePy},
			change: func(t *testing.T, dir string) { stage(t, dir, map[string]string{"m.py": faultyPy}) },
			options: api.Options{
				Baseline: `{"version":"2.1.0","runs":[{"tool":{"driver":{"name":"x"}},"results":[]}]}`,
			},
			want: []string{"new m.py:2 " + pyMessage}, exit: 1,
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			was := map[string]string{"go.mod": goMod}
			for p, content := range tt.was {
				if filepath.Ext(p) == ".py" {
					delete(was, "go.mod")
				}
				was[p] = content
			}
			dir := repository(t, was)
			tt.change(t, dir)
			options := tt.options
			options.Staged, options.FailOn = true, one
			e := remembering(t, filepath.Join(dir, tt.below))
			b, err := e.Do(t.Context(), api.Request{Op: "diag", Paths: tt.paths, Options: options})
			if err != nil {
				t.Fatal(err)
			}
			if got := states(b); !slices.Equal(got, tt.want) {
				t.Errorf("got\n\t%s\nwant\n\t%s", strings.Join(got, "\n\t"), strings.Join(tt.want, "\n\t"))
			}
			if b.Evidence.State != bundle.Complete || b.Meta.ExitCode != tt.exit {
				t.Errorf("evidence %s %q, exit %d, want %d",
					b.Evidence.State, b.Evidence.Reasons, b.Meta.ExitCode, tt.exit)
			}
			if got := checkedFiles(b); tt.checked != nil && !slices.Equal(got, tt.checked) {
				t.Errorf("checked %q, want %q", got, tt.checked)
			}
			again, err := e.Do(t.Context(), api.Request{Op: "diag", Paths: tt.paths, Options: options})
			if err != nil || again.BundleID != b.BundleID {
				t.Errorf("asked again: %v, %s, was %s", err, again.BundleID, b.BundleID)
			}
		})
	}
}

// checkedFiles lists the files that servers were asked about.
func checkedFiles(b *bundle.Bundle) []string {
	out := []string{}
	for _, c := range b.Facts.Checks {
		for _, group := range c.Coverage {
			if group.State == bundle.CheckedState {
				out = append(out, group.Files...)
			}
		}
	}
	slices.Sort(out)
	return out
}

func TestStagedIsRefusedIfItHasNoMeaning(t *testing.T) {
	t.Parallel()
	dir := repository(t, map[string]string{"m.py": finePy})
	for name, tt := range map[string]struct {
		e       *server.Engine
		options api.Options
		want    string
	}{
		"with a patch": {remembering(t, dir), api.Options{Patch: "x"}, "no patch or overlay is applied"},
		"with an overlay": {
			remembering(t, dir), api.Options{Overlay: map[string]*string{"m.py": nil}}, "no patch or overlay",
		},
		"with since":    {remembering(t, dir), api.Options{Since: "HEAD"}, "since with another commit"},
		"with a reward": {remembering(t, dir), api.Options{Reward: "pr-v1"}, "a reward is of the patch alone"},
		"with a trace":  {engine(t, dir), api.Options{}, "no trace and no SCIP index holds"},
		"without git":   {remembering(t, t.TempDir()), api.Options{}, "not in a git repository"},
	} {
		tt.options.Staged = true
		b, err := tt.e.Do(context.Background(), api.Request{Op: "diag", Options: tt.options})
		f := fault.From(err)
		good := strings.Contains(f.Message, tt.want) && f.Hint != "" && b.Meta.ExitCode == 2
		if !fault.Is(err, fault.Usage) || !good {
			t.Errorf("%s: %v, want %q", name, err, tt.want)
		}
	}
}
