//go:build unix

package index_test

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"lanser/index"
)

// replaceWith puts a named pipe, or a link to a device without an end, in the place of a file of a repository.
func replaceWith(t *testing.T, file, what string) {
	t.Helper()
	must(t, os.MkdirAll(filepath.Dir(file), 0o755))
	must(t, os.RemoveAll(file))
	if what == "a pipe" {
		must(t, syscall.Mkfifo(file, 0o600))
	} else {
		must(t, os.Symlink("/dev/zero", file))
	}
}

// A repository whose own files git could not read to their end is a tree of files: git would wait, or take all memory.
func TestARepositoryWithOwnFilesThatHaveNoEndIsNotUsed(t *testing.T) {
	defer index.SetGitTime(time.Minute)()
	for _, name := range []string{
		"HEAD", "index", "config", "config.worktree", "commondir", "packed-refs", "shallow", "refs/heads/main",
		"info/exclude", "info/attributes", "info/grafts", "info/sparse-checkout", "objects/info/alternates",
		"objects/info/commit-graph", "other/info/alternates",
	} {
		for _, what := range []string{"a pipe", "a device"} {
			t.Run(name+" is "+what, func(t *testing.T) {
				dir := repository(t, map[string]string{"a.py": "x = 1\n", "sub/b.py": "y = 2\n"}, "-b", "main")
				if strings.HasPrefix(name, "other/") { // another store, from which objects are borrowed
					rewrite(t, dir+"/.git/objects/info/alternates", "../other\n")
				}
				replaceWith(t, filepath.Join(dir, ".git", name), what)
				if root, _, err := index.FindRoot(filepath.Join(dir, "sub")); err != nil || root == dir {
					t.Errorf("it is the root of what is below: %s, %v", root, err)
				}
				w, s := snapshot(t, dir)
				if got := strings.Join(s.Paths(), " "); got != "a.py sub/b.py" || w.VCS(t.Context()) != nil {
					t.Errorf("the files are %s, version control says %+v", got, w.VCS(t.Context()))
				}
				why := w.GitRefusal()
				if why == nil || !strings.Contains(why.Error(), filepath.Base(name)+" is not a file") {
					t.Errorf("it is not used because %v", why)
				}
			})
		}
	}
}

// A named pipe in the place of ignore rules or attributes ignores nothing, as without git, and nobody waits for it.
func TestNobodyWaitsForAPipeInThePlaceOfIgnoreRules(t *testing.T) {
	defer index.SetGitTime(time.Minute)()
	for name, inGit := range map[string]bool{
		".gitignore": true, "sub/new/.gitignore": true, "sub/.gitignore": false,
	} {
		t.Run(name, func(t *testing.T) {
			dir := repository(t, map[string]string{"a.py": "x = 1\n", "sub/b.py": "y = 2\n"})
			if !inGit {
				must(t, os.RemoveAll(dir+"/.git"))
			}
			replaceWith(t, filepath.Join(dir, name), "a pipe")
			start := time.Now()
			w, s := snapshot(t, dir)
			files := slices.DeleteFunc(s.Paths(), func(p string) bool { return p == name })
			if got := strings.Join(files, " "); got != "a.py sub/b.py" || w.VCS(t.Context()) != nil {
				t.Errorf("the files are %s, version control says %+v", got, w.VCS(t.Context()))
			}
			if took := time.Since(start); took > 50*time.Second {
				t.Errorf("it took %s", took)
			}
			must(t, os.Remove(filepath.Join(dir, name)))
			s, err := w.Snapshot(t.Context())
			must(t, err)
			if got := strings.Join(s.Paths(), " "); got != "a.py sub/b.py" || (w.VCS(t.Context()) != nil) != inGit {
				t.Errorf("without the pipe, the files are %s, version control says %+v", got, w.VCS(t.Context()))
			}
		})
	}
}
