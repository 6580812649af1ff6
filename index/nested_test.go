package index_test

import (
	"context"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"lanser/index"
	"lanser/index/indextest"
)

// submoduleTemplate is the folder that the repositories of withSubmodule are copies of, once it is made. The
// submodule's origin stays there.
var submoduleTemplate string

func TestMain(m *testing.M) {
	code := m.Run()
	os.RemoveAll(submoduleTemplate)
	os.Exit(code)
}

// withSubmodule returns a repository with the file main.py and the submodule mod, which has a.py and ignores
// the folder out. Git makes it once, with forty processes; each test has a copy.
func withSubmodule(t *testing.T) string {
	t.Helper()
	t.Setenv("GIT_CONFIG_GLOBAL", "/nowhere")
	if submoduleTemplate == "" {
		made, err := os.MkdirTemp("", "submodule-")
		must(t, err)
		inner, outer := filepath.Join(made, "inner"), filepath.Join(made, "outer")
		must(t, os.Rename(repository(t, map[string]string{"a.py": "x = 1\n", ".gitignore": "out\n"}), inner))
		must(t, os.Rename(repository(t, map[string]string{"main.py": "x = 1\n"}), outer))
		runGit(t, outer, "-c", "protocol.file.allow=always", "submodule", "--quiet", "add", inner, "mod")
		runGit(t, outer, "commit", "-q", "-m", "two")
		submoduleTemplate = made
	}
	dir := t.TempDir()
	must(t, os.CopyFS(dir, os.DirFS(filepath.Join(submoduleTemplate, "outer"))))
	return dir
}

func write(t *testing.T, dir, name, content string) {
	t.Helper()
	file := filepath.Join(dir, name)
	must(t, os.MkdirAll(filepath.Dir(file), 0o755))
	must(t, os.WriteFile(file, []byte(content), 0o600))
}

// A repository in a folder of the workspace lists its own files. What is left out is named.
func TestRepositoriesInTheWorkspaceArePartOfIt(t *testing.T) {
	submodule := []string{".gitmodules", "main.py", "mod/.gitignore", "mod/a.py"}
	for name, tt := range map[string]struct {
		make    func(t *testing.T) string
		want    []string
		leftOut []string
	}{
		"a submodule": {make: withSubmodule, want: submodule},
		"its own ignore rules count": {
			make: func(t *testing.T) string {
				dir := withSubmodule(t)
				write(t, dir, "mod/out/b.py", "")
				write(t, dir, "out/c.py", "")
				write(t, dir, "mod/new/d.py", "")
				return dir
			},
			want: append([]string{"mod/new/d.py", "out/c.py"}, submodule...),
		},
		"a submodule in a submodule": {
			make: func(t *testing.T) string {
				middle := withSubmodule(t)
				dir := repository(t, map[string]string{"top.py": ""})
				runGit(t, dir, "-c", "protocol.file.allow=always", "submodule", "--quiet", "add", middle, "sub")
				runGit(t, dir, "-c", "protocol.file.allow=always",
					"submodule", "--quiet", "update", "--init", "--recursive")
				return dir
			},
			want: []string{
				".gitmodules", "sub/.gitmodules", "sub/main.py", "sub/mod/.gitignore", "sub/mod/a.py", "top.py",
			},
		},
		"a submodule that is not checked out": {
			make: func(t *testing.T) string {
				dir := withSubmodule(t)
				runGit(t, dir, "submodule", "--quiet", "deinit", "-f", "mod")
				return dir
			},
			want:    []string{".gitmodules", "main.py"},
			leftOut: []string{"the submodule mod is not checked out: git submodule update --init mod"},
		},
		"a clone that is not a submodule": {
			make: func(t *testing.T) string {
				dir := repository(t, map[string]string{"main.py": ""})
				write(t, dir, "clones/one/a.py", "")
				runGit(t, filepath.Join(dir, "clones/one"), "init", "-q")
				return dir
			},
			want: []string{"clones/one/a.py", "main.py"},
		},
		"a clone that was added by mistake": {
			make: func(t *testing.T) string {
				dir := repository(t, map[string]string{"main.py": ""})
				write(t, dir, "one/a.py", "")
				runGit(t, filepath.Join(dir, "one"), "init", "-q")
				runGit(t, filepath.Join(dir, "one"), "add", ".")
				runGit(t, filepath.Join(dir, "one"), "commit", "-q", "-m", "x")
				runGit(t, dir, "add", ".")
				return dir
			},
			want: []string{"main.py", "one/a.py"},
		},
		"a clone that is ignored": {
			make: func(t *testing.T) string {
				dir := repository(t, map[string]string{"main.py": "", ".gitignore": "clones\n"})
				write(t, dir, "clones/one/a.py", "")
				runGit(t, filepath.Join(dir, "clones/one"), "init", "-q")
				return dir
			},
			want: []string{".gitignore", "main.py"},
		},
		"a further working tree": {
			make: func(t *testing.T) string {
				dir := repository(t, map[string]string{"main.py": ""})
				runGit(t, dir, "worktree", "add", "-q", "trees/one")
				return dir
			},
			want:    []string{"main.py"},
			leftOut: []string{"trees/one is a further working tree of a repository, and a workspace of its own"},
		},
		"a folder of repositories": {
			make: func(t *testing.T) string {
				dir := indextest.Files(t, map[string]string{"one/a.py": "", "two/b.py": "", "c.py": ""})
				runGit(t, filepath.Join(dir, "one"), "init", "-q")
				runGit(t, filepath.Join(dir, "two"), "init", "-q")
				return dir
			},
			want: []string{"c.py", "one/a.py", "two/b.py"},
		},
		"a link in the place of a submodule": {
			make: func(t *testing.T) string {
				dir, other := withSubmodule(t), repository(t, map[string]string{"secret.py": ""})
				must(t, os.RemoveAll(filepath.Join(dir, "mod")))
				must(t, os.Symlink(other, filepath.Join(dir, "mod")))
				return dir
			},
			want:    []string{".gitmodules", "main.py"},
			leftOut: []string{"the repository mod cannot be opened: open mod/.git: it is a link, or lies behind one"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			dir := tt.make(t)
			_, s := snapshot(t, dir)
			slices.Sort(tt.want)
			if d := cmp.Diff(tt.want, s.Paths()); d != "" {
				t.Errorf("files, -want +got:\n%s", d)
			}
			if d := cmp.Diff(tt.leftOut, s.LeftOut()); d != "" {
				t.Errorf("left out, -want +got:\n%s", d)
			}
		})
	}
}

// A file that is made, ignored or checked out in a submodule between two questions is seen, with and without
// a watch.
func TestChangesInASubmoduleAreSeen(t *testing.T) {
	for _, watch := range []bool{false, true} {
		dir := withSubmodule(t)
		w, err := index.Open(dir, index.Options{Watch: watch})
		must(t, err)
		t.Cleanup(w.Close)
		base := []string{".gitmodules", "main.py", "mod/.gitignore", "mod/a.py"}
		for i, step := range []struct {
			change func()
			more   []string
			less   string
		}{
			{func() {}, nil, ""},
			{func() {}, nil, ""},
			{func() { write(t, dir, "mod/new/deep/b.py", "") }, []string{"mod/new/deep/b.py"}, ""},
			{func() { write(t, dir, "mod/.gitignore", "out\nnew\n") }, nil, ""},
			{func() { runGit(t, dir, "submodule", "--quiet", "deinit", "-f", "mod") }, nil, "mod"},
		} {
			step.change()
			s, err := w.Snapshot(context.Background())
			must(t, err)
			want := slices.DeleteFunc(append(slices.Clone(base), step.more...), func(p string) bool {
				return step.less != "" && filepath.Dir(p) == step.less
			})
			slices.Sort(want)
			if d := cmp.Diff(want, s.Paths()); d != "" {
				t.Errorf("watch %v, step %d: -want +got:\n%s", watch, i+1, d)
			}
		}
	}
}

// The copy of a commit has the files of a submodule as they were at the commit that the outer repository
// named then.
func TestACopyOfACommitHasItsSubmodules(t *testing.T) {
	dir := withSubmodule(t)
	mod := filepath.Join(dir, "mod")
	write(t, dir, "mod/a.py", "x = 2\n")
	write(t, dir, "mod/later.py", "")
	runGit(t, mod, "add", ".")
	runGit(t, mod, "commit", "-q", "-m", "y")
	runGit(t, dir, "add", "mod")
	runGit(t, dir, "commit", "-q", "-m", "three")
	w, _ := snapshot(t, dir)
	for rev, want := range map[string]string{"HEAD": "x = 2\n", "HEAD~1": "x = 1\n", "HEAD~2": ""} {
		commit, err := w.Commit(context.Background(), rev)
		must(t, err)
		copied, err := w.Extract(context.Background(), commit, t.TempDir())
		must(t, err)
		listed := map[string][]string{
			"HEAD":   {".gitmodules", "main.py", "mod/.gitignore", "mod/a.py", "mod/later.py"},
			"HEAD~1": {".gitmodules", "main.py", "mod/.gitignore", "mod/a.py"},
			"HEAD~2": {"main.py"},
		}[rev]
		got, _ := os.ReadFile(filepath.Join(copied.Root, "mod", "a.py")) // none is empty
		if d := cmp.Diff(listed, copied.Listed); d != "" || string(got) != want || copied.Doubts != nil {
			t.Errorf("%s: %q, doubts %q; files, -want +got:\n%s", rev, got, copied.Doubts, d)
		}
	}
}
