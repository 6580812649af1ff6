//go:build unix

package index_test

import (
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"lanser/index"
	"lanser/index/git"
	"lanser/index/indextest"
)

// repository is a committed repository, whose files are older than its index.
func repository(t *testing.T, files map[string]string, initArgs ...string) string {
	t.Helper()
	t.Setenv("GIT_CONFIG_GLOBAL", filepath.Join(t.TempDir(), "none"))
	dir := indextest.Files(t, files)
	old := time.Now().Add(-time.Hour)
	for name := range files {
		if err := os.Chtimes(filepath.Join(dir, name), old, old); err != nil {
			t.Fatal(err)
		}
	}
	runGit(t, dir, append([]string{"init", "-q"}, initArgs...)...)
	runGit(t, dir, "add", ".")
	runGit(t, dir, "commit", "-q", "-m", "one")
	return dir
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// state is what version control says of a workspace that is opened anew.
func state(t *testing.T, dir string) *git.State {
	t.Helper()
	w, _ := snapshot(t, dir)
	return w.VCS(context.Background())
}

// statusIsDirty is git's own word.
func statusIsDirty(t *testing.T, dir string) bool {
	t.Helper()
	cmd := exec.Command("git", "--no-optional-locks", "-c", "core.excludesFile=/dev/null", "status", "--porcelain",
		"--ignore-submodules=all", "--", ".")
	cmd.Dir = dir
	out, err := cmd.Output()
	must(t, err)
	return len(out) > 0
}

// changes are what can become of a checkout. Each is judged by git status too, but where
// it says so.
var changes = map[string]func(t *testing.T, dir string){
	"nothing": func(*testing.T, string) {},
	"other times": func(t *testing.T, d string) {
		must(t, os.Chtimes(d+"/a.py", time.Unix(9, 0), time.Unix(9, 0)))
	},
	"the same bytes anew": func(t *testing.T, d string) { rewrite(t, d+"/a.py", "x = 1\n") },
	"as many other bytes": func(t *testing.T, d string) { rewrite(t, d+"/a.py", "x = 2\n") },
	"other bytes with the old time": func(t *testing.T, d string) {
		info, err := os.Stat(d + "/a.py")
		must(t, err)
		must(t, os.WriteFile(d+"/a.py", []byte("x = 2\n"), 0o644))
		must(t, os.Chtimes(d+"/a.py", info.ModTime(), info.ModTime()))
	},
	"more bytes":    func(t *testing.T, d string) { rewrite(t, d+"/a.py", "x = 1\nmore\n") },
	"no bytes":      func(t *testing.T, d string) { rewrite(t, d+"/a.py", "") },
	"a file gone":   func(t *testing.T, d string) { must(t, os.Remove(d+"/a.py")) },
	"a folder gone": func(t *testing.T, d string) { must(t, os.RemoveAll(d+"/sub")) },
	"executable":    func(t *testing.T, d string) { must(t, os.Chmod(d+"/a.py", 0o755)) },
	"executable, and no matter": func(t *testing.T, d string) {
		runGit(t, d, "config", "core.fileMode", "no")
		must(t, os.Chmod(d+"/a.py", 0o755))
	},
	"a mode in the index alone": func(t *testing.T, d string) { runGit(t, d, "update-index", "--chmod=+x", "a.py") },
	"a link in place of a file": func(t *testing.T, d string) {
		must(t, os.Remove(d+"/a.py"))
		must(t, os.Symlink("c.txt", d+"/a.py"))
	},
	"a file in place of a link": func(t *testing.T, d string) {
		must(t, os.Remove(d+"/link"))
		rewrite(t, d+"/link", "a.py")
	},
	"a link elsewhere": func(t *testing.T, d string) {
		must(t, os.Remove(d+"/link"))
		must(t, os.Symlink("c.txt", d+"/link"))
	},
	"the same link anew": func(t *testing.T, d string) {
		must(t, os.Remove(d+"/link"))
		must(t, os.Symlink("a.py", d+"/link"))
	},
	"a FIFO in place of a file": func(t *testing.T, d string) { must(t, os.Remove(d+"/a.py")); fifo(t, d+"/a.py") },
	"a folder in place of a file": func(t *testing.T, d string) {
		must(t, os.Remove(d+"/a.py"))
		rewrite(t, d+"/a.py/b", "x")
	},
	"a link in place of a folder": func(t *testing.T, d string) {
		must(t, os.Rename(d+"/sub", d+"/.git/sub"))
		must(t, os.Symlink(".git/sub", d+"/sub"))
	},
	"a new file":             func(t *testing.T, d string) { rewrite(t, d+"/new.py", "") },
	"a new file that is hid": func(t *testing.T, d string) { rewrite(t, d+"/x.log", "") },
	"hid in this clone alone": func(t *testing.T, d string) {
		rewrite(t, d+"/.git/info/exclude", "new.py\n")
		rewrite(t, d+"/new.py", "")
	},
	"a new empty folder": func(t *testing.T, d string) { must(t, os.Mkdir(d+"/empty", 0o755)) },
	"a new file in the index": func(t *testing.T, d string) {
		rewrite(t, d+"/new.py", "")
		runGit(t, d, "add", "new.py")
	},
	"a file that is announced": func(t *testing.T, d string) {
		rewrite(t, d+"/new.py", "")
		runGit(t, d, "add", "-N", "new.py")
	},
	"announced, and gone": func(t *testing.T, d string) {
		rewrite(t, d+"/new.py", "")
		runGit(t, d, "add", "-N", "new.py")
		must(t, os.Remove(d+"/new.py"))
	},
	"removed from the index": func(t *testing.T, d string) { runGit(t, d, "rm", "-q", "--cached", "a.py") },
	"staged, and put back": func(t *testing.T, d string) {
		rewrite(t, d+"/a.py", "y\n")
		runGit(t, d, "add", "a.py")
		rewrite(t, d+"/a.py", "x = 1\n")
	},
	"assumed unchanged": func(t *testing.T, d string) {
		runGit(t, d, "update-index", "--assume-unchanged", "a.py")
		rewrite(t, d+"/a.py", "y\n")
	},
	"to be skipped": func(t *testing.T, d string) {
		runGit(t, d, "update-index", "--skip-worktree", "a.py")
		must(t, os.Remove(d+"/a.py"))
	},
	"another commit": func(t *testing.T, d string) { runGit(t, d, "commit", "-q", "--allow-empty", "-m", "two") },
	"unmerged": func(t *testing.T, d string) {
		runGit(t, d, "checkout", "-q", "-b", "side")
		rewrite(t, d+"/a.py", "side\n")
		runGit(t, d, "commit", "-qam", "side")
		runGit(t, d, "checkout", "-q", "main")
		rewrite(t, d+"/a.py", "main\n")
		runGit(t, d, "commit", "-qam", "main")
		exec.Command("git", "-C", d, "-c", "user.name=t", "-c", "user.email=t@e", "merge", "-q", "side").
			Run()
		// it fails
	},
	"CRLF": func(t *testing.T, d string) { rewrite(t, d+"/a.py", "x = 1\r\n") },
	"CRLF that git turns": func(t *testing.T, d string) {
		runGit(t, d, "config", "core.autocrlf", "true")
		crlf(t, d)
	},
	"CRLF that git takes": func(t *testing.T, d string) {
		runGit(t, d, "config", "core.autocrlf", "input")
		crlf(t, d)
	},
	"CRLF by an attribute":     func(t *testing.T, d string) { attributes(t, d, "*.py text\n"); crlf(t, d) },
	"CRLF by an old attribute": func(t *testing.T, d string) { attributes(t, d, "*.py crlf=input\n"); crlf(t, d) },
	"CRLF by eol":              func(t *testing.T, d string) { attributes(t, d, "*.py eol=crlf\n"); crlf(t, d) },
	"CRLF by guess":            func(t *testing.T, d string) { attributes(t, d, "* text=auto\n"); crlf(t, d) },
	"CRLF that git turned once": func(t *testing.T, d string) {
		attributes(t, d, "* text\n")
		crlf(t, d)
		attributes(t, d, "")
	},
	"CRLF that is to stay by now": func(t *testing.T, d string) {
		runGit(t, d, "config", "core.autocrlf", "true")
		crlf(t, d)
		attributes(t, d, "*.py -text\n")
	},
	"CRLF and another change": func(t *testing.T, d string) {
		runGit(t, d, "config", "core.autocrlf", "true")
		crlf(t, d)
		rewrite(t, d+"/a.py", "x = 2\r\n")
	},
	"CRLF and a binary file by now": func(t *testing.T, d string) {
		runGit(t, d, "config", "core.autocrlf", "true")
		crlf(t, d)
		rewrite(t, d+"/a.py", "x =\x001\r\n")
	},
	"an index of version 4": func(t *testing.T, d string) {
		runGit(t, d, "update-index", "--index-version", "4")
		rewrite(t, d+"/sub/b.py", "y\n")
	},
	"a split index": func(t *testing.T, d string) {
		runGit(t, d, "update-index", "--split-index")
		rewrite(t, d+"/sub/b.py", "y\n")
		runGit(t, d, "add", "sub")
		rewrite(t, d+"/sub/b.py", "b\n")
	},
	"a split index, untouched": func(t *testing.T, d string) { runGit(t, d, "update-index", "--split-index") },
	"an index without its hash": func(t *testing.T, d string) {
		runGit(t, d, "-c", "index.skipHash=true", "update-index", "--force-write-index")
	},
	"a sparse index": func(t *testing.T, d string) {
		runGit(t, d, "sparse-checkout", "set", "--cone", "--sparse-index", "other")
	},
	"a sparse index, and a change": func(t *testing.T, d string) {
		runGit(t, d, "sparse-checkout", "set", "--cone", "--sparse-index", "other")
		rewrite(t, d+"/a.py", "y\n")
	},
	"sparse, and yet there": func(t *testing.T, d string) {
		runGit(t, d, "sparse-checkout", "set", "--cone", "other")
		rewrite(t, d+"/sub/b.py", "y\n")
	},
	"no index": func(t *testing.T, d string) { must(t, os.Remove(d+"/.git/index")) },
	"a repository within": func(t *testing.T, d string) {
		runGit(t, d, "init", "-q", "inner")
		rewrite(t, d+"/inner/x", "")
	},
	"a name with a line end": func(t *testing.T, d string) {
		rewrite(t, d+"/odd\n? name\t", "x")
		runGit(t, d, "add", ".")
		runGit(t, d, "commit", "-q", "-m", "odd")
	},
}

// beyondStatus is a change that git status, as most build it, looks too coarsely to see.
const beyondStatus = "other bytes with the old time"

func rewrite(t *testing.T, file, content string) {
	t.Helper()
	must(t, os.MkdirAll(filepath.Dir(file), 0o755))
	must(t, os.WriteFile(file, []byte(content), 0o644))
}

// crlf gives a file CRLF, has git note its size, and then gives it times that git does not
// know.
func crlf(t *testing.T, dir string) {
	t.Helper()
	rewrite(t, dir+"/a.py", "x = 1\r\n")
	runGit(t, dir, "add", "a.py")
	must(t, os.Chtimes(dir+"/a.py", time.Unix(9, 0), time.Unix(9, 0)))
}

// attributes are set for this clone alone, so that no file changes.
func attributes(t *testing.T, dir, lines string) {
	t.Helper()
	rewrite(t, dir+"/.git/info/attributes", lines)
}

// Whether the workspace differs from its commit is computed without git reading files, and agrees with git status, in
// the repository's folder and in one below it.
func TestTheStateOfTheWorkingTreeAgreesWithGitStatus(t *testing.T) {
	indextest.Needs(t, "half a minute of git's time")
	files := map[string]string{
		"a.py":       "x = 1\n",
		"c.txt":      "c\n",
		"sub/b.py":   "b\n",
		"other/d.py": "d\n",
		".gitignore": "*.log\n",
	}
	for name, change := range changes {
		t.Run(name, func(t *testing.T) {
			dir := repository(t, files)
			must(t, os.Symlink("a.py", filepath.Join(dir, "link")))
			runGit(t, dir, "add", ".")
			runGit(t, dir, "commit", "-q", "-m", "link")
			change(t, dir)
			for _, at := range []string{dir, filepath.Join(dir, "sub"), filepath.Join(dir, "other")} {
				if info, err := os.Lstat(at); err != nil || !info.IsDir() {
					continue
				}
				before := indextest.TreeHash(t, dir)
				got, want := state(t, at), statusIsDirty(t, at) || at == dir && name == beyondStatus
				if got == nil || got.Dirty != want || len(got.Head) != 40 {
					t.Errorf("in %s: got %+v, git status finds changes: %v", filepath.Base(at), got, want)
				}
				if indextest.TreeHash(t, dir) != before {
					t.Error("something was written")
				}
			}
		})
	}
}

// A repository whose ids are SHA-256 is no other.
func TestTheStateOfARepositoryWithSHA256IsComputed(t *testing.T) {
	dir := repository(t, map[string]string{"a.py": "x = 1\n"}, "--object-format=sha256")
	rewrite(t, dir+"/a.py", "x = 1\n")
	if v := state(t, dir); v == nil || v.Dirty || len(v.Head) != 64 {
		t.Errorf("the same bytes: %+v", v)
	}
	rewrite(t, dir+"/a.py", "x = 2\n")
	if v := state(t, dir); v == nil || !v.Dirty {
		t.Errorf("others: %+v", v)
	}
}

// A file with the timestamp that the index recorded may still have changed, if the index is as recent.
func TestAFileAsRecentAsTheIndexIsRead(t *testing.T) {
	dir := repository(t, map[string]string{"a.py": "x = 1\n"})
	for range 20 {
		rewrite(t, dir+"/a.py", "x = 1\n")
		runGit(t, dir, "update-index", "--refresh")
		rewrite(t, dir+"/a.py", "x = 2\n")
		if v := state(t, dir); v == nil || !v.Dirty {
			t.Fatalf("%+v", v)
		}
	}
}

// Worktrees, submodules, a .git that is a link and a .git file that names a folder are read like other repositories,
// whatever core.worktree says.
func TestEveryKindOfRepositoryIsRead(t *testing.T) {
	files := map[string]string{"a.py": "x = 1\n", "ignored.log": "", ".gitignore": "*.log\n"}
	shapes := map[string]func(t *testing.T, dir string) string{
		"a worktree": func(t *testing.T, dir string) string {
			to := filepath.Join(t.TempDir(), "tree")
			runGit(t, dir, "worktree", "add", "-q", to)
			return to
		},
		"a submodule": func(t *testing.T, dir string) string {
			outer := repository(t, map[string]string{"o.py": ""})
			runGit(t, outer, "-c", "protocol.file.allow=always", "submodule", "--quiet", "add", dir, "mod")
			return filepath.Join(outer, "mod")
		},
		"a link": func(t *testing.T, dir string) string {
			to := filepath.Join(t.TempDir(), "git")
			must(t, os.Rename(dir+"/.git", to))
			must(t, os.Symlink(to, dir+"/.git"))
			return dir
		},
		"a file": func(t *testing.T, dir string) string {
			to := filepath.Join(t.TempDir(), "git")
			must(t, os.Rename(dir+"/.git", to))
			rewrite(t, dir+"/.git", "gitdir: "+to+"\n")
			return dir
		},
		"core.worktree elsewhere": func(t *testing.T, dir string) string {
			runGit(t, dir, "config", "core.worktree", indextest.Files(t, map[string]string{"secret.py": ""}))
			return dir
		},
		"core.bare": func(t *testing.T, dir string) string {
			runGit(t, dir, "config", "core.bare", "true")
			return dir
		},
	}
	for name, shape := range shapes {
		t.Run(name, func(t *testing.T) {
			dir := shape(t, repository(t, files))
			w, s := snapshot(t, dir)
			if got := strings.Join(s.Paths(), " "); got != ".gitignore a.py" {
				t.Errorf("the files are %s", got)
			}
			if v := w.VCS(context.Background()); v == nil || v.Dirty || w.GitRefusal() != nil {
				t.Errorf("%+v, %v", v, w.GitRefusal())
			}
			if root, _, err := index.FindRoot(dir); root != dir || err != nil {
				t.Errorf("the root is %s, %v", root, err)
			}
			rewrite(t, dir+"/a.py", "x = 2\n")
			if v := state(t, dir); v == nil || !v.Dirty {
				t.Errorf("after a change: %+v", v)
			}
		})
	}
}
