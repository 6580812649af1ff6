package index_test

import (
	"context"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// A copy of a commit contains what a checkout of that commit would: files that the sparse checkout leaves out today
// are in neither of the compared states.
func TestACopyOfACommitLeavesOutWhatTheSparseCheckoutDoes(t *testing.T) {
	all := []string{
		"apps/a/a.py",
		"apps/a/old.py",
		"apps/top.py",
		"gone/g.py",
		"lib/c.py",
		"lib/old.py",
		"lib/sub/s.py",
		"top.py",
	}
	without := func(gone ...string) []string {
		return slices.DeleteFunc(slices.Clone(all), func(p string) bool { return slices.Contains(gone, p) })
	}
	for name, tt := range map[string]struct {
		commands [][]string
		remove   string // from the disk
		want     []string
	}{
		"no sparse checkout": {want: all},
		"one folder": {
			commands: [][]string{{"sparse-checkout", "set", "--cone", "lib"}},
			want:     []string{"lib/c.py", "lib/old.py", "lib/sub/s.py", "top.py"},
		},
		"one folder of a sparse index": {
			commands: [][]string{{"sparse-checkout", "set", "--cone", "--sparse-index", "lib"}},
			want:     []string{"lib/c.py", "lib/old.py", "lib/sub/s.py", "top.py"},
		},
		"a folder in a folder": {
			commands: [][]string{{"sparse-checkout", "set", "--cone", "apps/a"}},
			want:     []string{"apps/a/a.py", "apps/a/old.py", "apps/top.py", "top.py"},
		},
		"patterns": {
			commands: [][]string{{"sparse-checkout", "set", "--no-cone", "/lib/"}},
			want:     []string{"lib/c.py", "lib/old.py", "lib/sub/s.py"},
		},
		"it was sparse": {
			commands: [][]string{{"sparse-checkout", "set", "--cone", "lib"}, {"sparse-checkout", "disable"}},
			want:     all,
		},
		"a file that is left out by hand": {
			commands: [][]string{{"update-index", "--skip-worktree", "lib/c.py"}}, remove: "lib/c.py",
			want: without("lib/c.py"),
		},
		"a file that git is not to look at": {
			commands: [][]string{{"update-index", "--skip-worktree", "lib/c.py"}}, want: all,
		},
	} {
		t.Run(name, func(t *testing.T) {
			files := map[string]string{}
			for _, p := range all {
				files[p] = "x = 1\n"
			}
			dir := repository(t, files)
			runGit(t, dir, "rm", "-q", "-r", "apps/a/old.py", "lib/old.py", "gone")
			runGit(t, dir, "commit", "-q", "-m", "two")
			for _, args := range tt.commands {
				runGit(t, dir, args...)
			}
			if tt.remove != "" {
				must(t, os.Remove(filepath.Join(dir, tt.remove)))
			}
			w, _ := snapshot(t, dir)
			commit, err := w.Commit(context.Background(), "HEAD~1")
			must(t, err)
			copied, err := w.Extract(context.Background(), commit, t.TempDir())
			must(t, err)
			if d := cmp.Diff(tt.want, copied.Listed); d != "" {
				t.Errorf("-want +got:\n%s", d)
			}
			for _, p := range all {
				_, err := os.Stat(filepath.Join(copied.Root, p))
				if exists := err == nil; exists != slices.Contains(tt.want, p) {
					t.Errorf("%s exists in the copy: %v", p, exists)
				}
			}
		})
	}
}
