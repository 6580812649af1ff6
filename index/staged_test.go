package index

import (
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"lanser/selectors/fault"
)

// put writes files to a folder.
func put(t *testing.T, dir string, files map[string]string) {
	t.Helper()
	for p, content := range files {
		file := filepath.Join(dir, filepath.FromSlash(p))
		if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file, []byte(content), 0o644); err != nil {
			t.Fatal(err)
		}
	}
}

// committed makes a repository with one commit of some files.
func committed(t *testing.T, files map[string]string) string {
	t.Helper()
	dir := t.TempDir()
	runGit(t, dir, "init", "-q", "-b", "main")
	runGit(t, dir, "config", "user.name", "nobody")
	runGit(t, dir, "config", "user.email", "nobody@localhost")
	put(t, dir, files)
	runGit(t, dir, "add", "-A")
	runGit(t, dir, "commit", "-q", "--allow-empty", "-m", "one")
	return dir
}

// stagedState is what a test expects of [Staged]. The values of before and after are contents of changed files.
type stagedState struct {
	Before, After      map[string]string
	Edited, Submodules []string
}

func TestStagedContentsAreReadFromGitsIndex(t *testing.T) {
	files := map[string]string{"a.py": "a = 1\n", "b/b.py": "b = 1\n", ".gitignore": "*.tmp\n"}
	for name, tt := range map[string]struct {
		change func(dir string)
		below  string
		want   stagedState
	}{
		"nothing": {change: func(string) {}},
		"an edit": {
			change: func(dir string) {
				put(t, dir, map[string]string{"a.py": "a = 2\n"})
				runGit(t, dir, "add", "a.py")
			},
			want: stagedState{
				Before: map[string]string{"a.py": "a = 1\n"}, After: map[string]string{"a.py": "a = 2\n"},
			},
		},
		"an edit that is not staged": {
			change: func(dir string) { put(t, dir, map[string]string{"a.py": "a = 2\n"}) },
			want:   stagedState{Edited: []string{"a.py"}},
		},
		"half of an edit": {
			change: func(dir string) {
				put(t, dir, map[string]string{"a.py": "a = 2\n"})
				runGit(t, dir, "add", "a.py")
				put(t, dir, map[string]string{"a.py": "a = 3\n"})
			},
			want: stagedState{
				Before: map[string]string{"a.py": "a = 1\n"}, After: map[string]string{"a.py": "a = 2\n"},
				Edited: []string{"a.py"},
			},
		},
		"new and untracked files": {
			change: func(dir string) {
				put(t, dir, map[string]string{"new.py": "n\n", "untracked.py": "u\n", "ignored.tmp": "i\n"})
				runGit(t, dir, "add", "new.py")
			},
			want: stagedState{After: map[string]string{"new.py": "n\n"}, Edited: []string{"untracked.py"}},
		},
		"a file that is only announced": {
			change: func(dir string) {
				put(t, dir, map[string]string{"new.py": "n\n"})
				runGit(t, dir, "add", "-N", "new.py")
			},
			want: stagedState{Edited: []string{"new.py"}},
		},
		"a removed file": {
			change: func(dir string) { runGit(t, dir, "rm", "-q", "a.py") },
			want:   stagedState{Before: map[string]string{"a.py": "a = 1\n"}},
		},
		"a file that is removed from the index alone": {
			change: func(dir string) { runGit(t, dir, "rm", "-q", "--cached", "a.py") },
			want:   stagedState{Before: map[string]string{"a.py": "a = 1\n"}, Edited: []string{"a.py"}},
		},
		"a file that is removed from the disk alone": {
			change: func(dir string) { os.Remove(filepath.Join(dir, "a.py")) },
			want:   stagedState{Edited: []string{"a.py"}},
		},
		"a renamed file": {
			change: func(dir string) { runGit(t, dir, "mv", "a.py", "z.py") },
			want: stagedState{
				Before: map[string]string{"a.py": "a = 1\n"}, After: map[string]string{"z.py": "a = 1\n"},
			},
		},
		"in a folder of the repository": {
			change: func(dir string) {
				put(t, dir, map[string]string{"a.py": "a = 2\n", "b/b.py": "b = 2\n", "b/c.py": "c = 2\n"})
				runGit(t, dir, "add", "a.py", "b/b.py")
			},
			below: "b",
			want: stagedState{
				Before: map[string]string{"b.py": "b = 1\n"}, After: map[string]string{"b.py": "b = 2\n"},
				Edited: []string{"c.py"},
			},
		},
		"line ends that git converts": {
			change: func(dir string) {
				runGit(t, dir, "config", "core.autocrlf", "true")
				put(t, dir, map[string]string{"a.py": "a = 1\r\n"})
			},
		},
		"a file that git takes for unchanged": {
			change: func(dir string) {
				runGit(t, dir, "update-index", "--assume-unchanged", "a.py")
				put(t, dir, map[string]string{"a.py": "a = 2\n"})
			},
			want: stagedState{Edited: []string{"a.py"}},
		},
		"a file that git leaves out of the working tree": {
			change: func(dir string) {
				runGit(t, dir, "update-index", "--skip-worktree", "a.py")
				os.Remove(filepath.Join(dir, "a.py"))
			},
		},
		"a link in place of a file": {
			change: func(dir string) {
				os.Remove(filepath.Join(dir, "a.py"))
				if err := os.Symlink("b/b.py", filepath.Join(dir, "a.py")); err != nil {
					t.Fatal(err)
				}
				runGit(t, dir, "add", "a.py")
			},
			want: stagedState{Before: map[string]string{"a.py": "a = 1\n"}},
		},
		"a branch without a commit": {
			change: func(dir string) { runGit(t, dir, "checkout", "-q", "--orphan", "other") },
			want:   stagedState{After: map[string]string{"a.py": "a = 1\n", "b/b.py": "b = 1\n"}},
		},
		"a submodule": {
			change: func(dir string) {
				other := committed(t, map[string]string{"s.py": "s\n"})
				runGit(t, dir, "-c", "protocol.file.allow=always", "submodule", "--quiet", "add", other, "sub")
			},
			want: stagedState{Submodules: []string{"sub"}},
		},
		"a submodule at another commit than the staged one": {
			change: func(dir string) {
				other := committed(t, map[string]string{"s.py": "s\n"})
				runGit(t, dir, "-c", "protocol.file.allow=always", "submodule", "--quiet", "add", other, "sub")
				runGit(t, dir, "commit", "-q", "-m", "two")
				sub := filepath.Join(dir, "sub")
				runGit(t, sub, "config", "user.name", "nobody")
				runGit(t, sub, "config", "user.email", "nobody@localhost")
				runGit(t, sub, "commit", "-q", "--allow-empty", "-m", "three")
			},
			want: stagedState{Submodules: []string{"sub"}},
		},
	} {
		t.Run(name, func(t *testing.T) {
			dir := committed(t, files)
			tt.change(dir)
			w, disk := opened(t, filepath.Join(dir, tt.below))
			s, err := w.Staged(t.Context(), disk, "", func(p string) bool { return filepath.Ext(p) == ".py" })
			if err != nil {
				t.Fatal(err)
			}
			got := stagedState{Edited: s.Edited, Submodules: s.Submodules}
			for _, p := range s.Changed {
				for _, side := range []struct {
					of  *Snapshot
					out *map[string]string
				}{{s.Before, &got.Before}, {s.After, &got.After}} {
					if c, err := side.of.Content(p); err == nil {
						if *side.out == nil {
							*side.out = map[string]string{}
						}
						(*side.out)[p] = string(c.Bytes())
					}
				}
			}
			if d := cmp.Diff(tt.want, got); d != "" {
				t.Errorf("(-want +got)\n%s", d)
			}
		})
	}
}

func TestACopyOfTheIndexContainsOnlyStagedContents(t *testing.T) {
	dir := committed(t, map[string]string{
		"a.py": "a = 1\n", "b/b.py": "b = 1\n", "c.py": "c = 1\n", ".gitignore": "gen\n",
	})
	put(t, dir, map[string]string{"a.py": "a = 2\n", "new.py": "n\n", "untracked.py": "u\n", "gen": "g\n"})
	runGit(t, dir, "add", "a.py", "new.py")
	put(t, dir, map[string]string{"a.py": "a = 3\n"})
	runGit(t, dir, "mv", "c.py", "b/d.py")
	w, disk := opened(t, dir)
	s, err := w.Staged(t.Context(), disk, "", func(string) bool { return false })
	if err != nil {
		t.Fatal(err)
	}
	copied, err := s.Extract(t.Context(), t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	want := map[string]string{
		".gitignore": "gen\n", "a.py": "a = 2\n", "b/b.py": "b = 1\n", "b/d.py": "c = 1\n", "new.py": "n\n",
		"gen": "g\n",
	}
	got := map[string]string{}
	for p := range want {
		raw, err := os.ReadFile(filepath.Join(copied.Root, filepath.FromSlash(p)))
		if err != nil {
			t.Error(err)
		}
		got[p] = string(raw)
	}
	if d := cmp.Diff(want, got); d != "" {
		t.Errorf("(-want +got)\n%s", d)
	}
	delete(want, "gen") // ignored files are linked, and not listed
	if d := cmp.Diff(slices.Sorted(maps.Keys(want)), copied.Listed); d != "" {
		t.Errorf("listed (-want +got)\n%s", d)
	}
}

func TestUnmergedFilesAreRefused(t *testing.T) {
	conflict := func(n int) string {
		dir := committed(t, map[string]string{"a.py": "a = 1\n", "b.py": "b = 1\n"})
		edit := func(branch, value string) {
			runGit(t, dir, "checkout", "-q", "-B", branch, "main")
			for _, name := range []string{"a.py", "b.py"}[:n] {
				put(t, dir, map[string]string{name: value})
			}
			runGit(t, dir, "commit", "-q", "-a", "-m", branch)
		}
		edit("one", "x = 2\n")
		edit("two", "x = 3\n")
		merge := exec.Command("git", "merge", "-q", "one")
		merge.Dir = dir
		if merge.Run() == nil {
			t.Fatal("the branches have no conflict")
		}
		return dir
	}
	dir, other := committed(t, map[string]string{"a.py": "a = 1\n"}), filepath.Join(t.TempDir(), "index")
	for name, tt := range map[string]struct{ dir, file, want string }{
		"an index elsewhere": {dir, other, other + " is not an index of the repository"},
		"a conflict":         {conflict(1), "", "a merge has conflicts in a.py, so nothing can be committed"},
		"two conflicts":      {conflict(2), "", "a merge has conflicts in 2 files, such as a.py, so nothing"},
		"no repository":      {t.TempDir(), "", "nothing is staged: the workspace is not in a git repository"},
	} {
		w, disk := opened(t, tt.dir)
		_, err := w.Staged(t.Context(), disk, tt.file, func(string) bool { return true })
		if f := fault.From(err); !fault.Is(err, fault.Usage) || !strings.HasPrefix(f.Message, tt.want) || f.Hint == "" {
			t.Errorf("%s: %v, want %q", name, err, tt.want)
		}
	}
}

// For "git commit FILE", git gives hooks another index than the repository's, in GIT_INDEX_FILE.
func TestTheIndexThatGitShowsAHookIsUsed(t *testing.T) {
	dir := committed(t, map[string]string{"a.py": "a = 1\n", "b.py": "b = 1\n"})
	put(t, dir, map[string]string{"a.py": "a = 2\n", "b.py": "b = 2\n"})
	runGit(t, dir, "add", "b.py")
	kept := filepath.Join(dir, ".git", "kept")
	put(t, dir, map[string]string{
		".git/hooks/pre-commit": "#!/bin/sh\ncp \"$GIT_INDEX_FILE\" .git/kept\nexit 1\n",
	})
	if err := os.Chmod(filepath.Join(dir, ".git/hooks/pre-commit"), 0o755); err != nil {
		t.Fatal(err)
	}
	commit := exec.Command("git", "commit", "-q", "-m", "two", "a.py")
	commit.Dir = dir
	if out, err := commit.CombinedOutput(); err == nil {
		t.Fatalf("the hook did not run: %s", out)
	}
	w, disk := opened(t, dir)
	for file, want := range map[string][2][]string{"": {{"b.py"}, {"a.py"}}, kept: {{"a.py"}, {"b.py"}}} {
		s, err := w.Staged(t.Context(), disk, file, func(string) bool { return true })
		if err != nil {
			t.Fatal(err)
		}
		if d := cmp.Diff(want, [2][]string{s.Changed, s.Edited}); d != "" {
			t.Errorf("index %q (-want +got)\n%s", file, d)
		}
	}
}
