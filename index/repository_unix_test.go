//go:build unix

package index_test

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"lanser/index"
	"lanser/index/git"
	"lanser/index/indextest"
	"lanser/selectors/fault"
)

// give gives everything below dir to another user.
func give(t *testing.T, dir string) {
	t.Helper()
	if os.Getuid() != 0 {
		t.Skip("only root can give files away")
	}
	must(t, filepath.Walk(dir, func(p string, _ os.FileInfo, err error) error {
		must(t, err)
		return os.Lchown(p, 65534, 65534)
	}))
}

// A repository of another user is not used as the root of a workspace below it, unless this user has configured git
// to trust it.
func TestARepositoryOfAnotherUserIsNotUsedUnlessItIsTrusted(t *testing.T) {
	for name, spoil := range map[string]func(t *testing.T, top string){
		"all of it":      give,
		"its .git alone": func(t *testing.T, top string) { give(t, top+"/.git") },
		"the folder alone": func(t *testing.T, top string) {
			give(t, t.TempDir())
			must(t, os.Lchown(top, 65534, 65534))
		},
		"where .git leads": func(t *testing.T, top string) {
			to := filepath.Join(t.TempDir(), "git")
			must(t, os.Rename(top+"/.git", to))
			rewrite(t, top+"/.git", "gitdir: "+to+"\n")
			give(t, to)
		},
	} {
		t.Run(name, func(t *testing.T) {
			top := repository(t, map[string]string{
				"a.py":          "x = 1\n",
				"ignored.log":   "",
				".gitignore":    "*.log\n",
				"mine/m.py":     "y = 2\n",
				"mine/sub/n.py": "",
			})
			config := filepath.Join(t.TempDir(), "gitconfig")
			t.Setenv("GIT_CONFIG_GLOBAL", config)
			spoil(t, top)
			mine := filepath.Join(top, "mine")
			if root, reason, err := index.FindRoot(mine); root != mine || err != nil {
				t.Errorf("the root of a folder below is %s (%s), %v", root, reason, err)
			}
			if root, _, err := index.FindRoot(top); root != top || err != nil {
				t.Errorf("the root of its own folder is %s, %v", root, err)
			}
			for dir, files := range map[string]string{
				mine: "m.py sub/n.py", top: ".gitignore a.py mine/m.py mine/sub/n.py",
			} {
				w, s := snapshot(t, dir)
				refused := w.GitRefusal()
				if refused == nil ||
					!strings.Contains(fault.From(refused).Hint, "git config --global --add safe.directory ") {
					t.Errorf("in %s it is refused by %v", dir, refused)
				}
				if got := strings.Join(s.Paths(), " "); w.VCS(t.Context()) != nil || got != files {
					t.Errorf("in %s version control says %+v, and the files are %s", dir, w.VCS(t.Context()), got)
				}
				if _, err := w.Commit(t.Context(), "HEAD"); !fault.Is(err, fault.Usage) ||
					!strings.Contains(err.Error(), "dubious ownership") {
					t.Errorf("a commit: %v", err)
				}
				if _, err := s.At(t.Context(), "git:HEAD", ""); !fault.Is(err, fault.VersionSkew) ||
					!strings.Contains(err.Error(), "dubious ownership") {
					t.Errorf("a version: %v", err)
				}
				if git.Untracked(t.Context(), dir, filepath.Join(dir, "new")) ||
					git.Repository(t.Context(), dir) != "" {
					t.Error("it is used all the same")
				}
			}
			t.Setenv("SUDO_UID", "65534") // that user has called sudo
			if v := state(t, mine); v == nil || git.Repository(t.Context(), mine) != top {
				t.Errorf("for an administrator by sudo, version control says %+v", v)
			}
			must(t, os.Unsetenv("SUDO_UID"))
			rewrite(t, config, "[safe]\n\tdirectory = *\n")
			if root, _, err := index.FindRoot(mine); root != top || err != nil {
				t.Errorf("once it is trusted, the root is %s, %v", root, err)
			}
			if v := state(t, mine); v == nil || len(v.Head) != 40 {
				t.Errorf("once it is trusted, version control says %+v", v)
			}
		})
	}
}

// A folder that looks like a bare repository, which a clone may contain, is not taken for the repository of the
// workspace.
func TestABareRepositoryInTheWorkspaceIsNotUsed(t *testing.T) {
	h := newHostile(t)
	h.config("\tbare = false\n")
	for _, name := range []string{"HEAD", "config", "objects/x", "refs/x"} {
		h.append("fixture/"+name, "")
	}
	must(t, os.WriteFile(h.dir+"/fixture/HEAD", []byte("ref: refs/heads/main\n"), 0o644))
	must(
		t,
		os.WriteFile(h.dir+"/fixture/config",
			[]byte("[core]\n\tbare = false\n\tworktree = .\n\tfsmonitor = "+h.trap+"\n"), 0o644),
	)
	h.append("fixture/sub/c.py", "x = 1\n")
	for _, dir := range []string{"fixture", "fixture/sub"} {
		dir = filepath.Join(h.dir, dir)
		vcs := askAll(t, dir)
		w, s := snapshot(t, dir)
		if ran := h.ran(); ran != "" || vcs != nil || w.GitRefusal() == nil || len(s.Paths()) == 0 {
			t.Errorf("in %s: ran %q, version control says %+v, refused by %v", dir, ran, vcs, w.GitRefusal())
		}
	}
	if vcs := askAll(t, h.dir); vcs == nil || h.ran() != "" {
		t.Errorf("around it: %+v", vcs)
	}
	alone := filepath.Join(t.TempDir(), "alone") // without a repository around it
	must(t, os.CopyFS(alone, os.DirFS(filepath.Join(h.dir, "fixture"))))
	if vcs := askAll(t, alone); vcs != nil || h.ran() != "" {
		t.Errorf("alone: %+v", vcs)
	}
}

// Git may read files without end, such as a file that the configuration includes or an ignore file. It is killed
// then.
func TestGitIsKilledIfItDoesNotAnswer(t *testing.T) {
	for name, spoil := range map[string]func(t *testing.T, dir string){
		"an included file": func(t *testing.T, dir string) {
			fifo(t, dir+"/fifo")
			runGit(t, dir, "config", "core.pager", "cat")
			rewrite(t, dir+"/.git/config", "[include]\n\tpath = ../fifo\n")
		},
		"an ignore file": func(t *testing.T, dir string) {
			must(t, os.Remove(dir+"/.gitignore"))
			fifo(t, dir+"/.gitignore")
		},
		"a nested HEAD": func(t *testing.T, dir string) {
			must(t, os.MkdirAll(dir+"/inner/.git/objects", 0o755))
			must(t, os.MkdirAll(dir+"/inner/.git/refs", 0o755))
			fifo(t, dir+"/inner/.git/HEAD")
		},
	} {
		t.Run(name, func(t *testing.T) {
			dir := repository(t, map[string]string{"a.py": "x = 1\n", ".gitignore": "*.log\n"})
			spoil(t, dir)
			defer index.SetGitTime(300 * time.Millisecond)()
			w, err := index.Open(dir, index.Options{})
			must(t, err)
			defer w.Close()
			ended := make(chan error, 1)
			go func() {
				_, err := w.Snapshot(context.Background())
				w.VCS(context.Background())
				_, commitErr := w.Commit(context.Background(), "HEAD")
				if err == nil {
					err = commitErr
				}
				ended <- err
			}()
			select {
			case err := <-ended:
				if err != nil && !fault.Is(err, fault.Timeout) {
					t.Errorf("it ends with %v", err)
				}
			case <-time.After(time.Minute):
				t.Fatal("it does not end")
			}
		})
	}
}

// Without git on PATH, a repository is treated as a tree of files, and the reason is reported.
func TestWithoutGitARepositoryIsATreeOfFiles(t *testing.T) {
	dir := repository(t, map[string]string{"a.py": "x = 1\n"})
	evil := indextest.Files(t, map[string]string{"git": "#!/bin/sh\nexit 0\n"})
	must(t, os.Chmod(filepath.Join(evil, "git"), 0o755))
	must(t, os.Chmod(evil, 0o777)) // everybody can replace it
	t.Setenv("PATH", evil)
	w, s := snapshot(t, dir)
	if got := strings.Join(s.Paths(), " "); got != "a.py" || w.VCS(t.Context()) != nil {
		t.Errorf("the files are %s, version control says %+v", got, w.VCS(t.Context()))
	}
	for _, err := range []error{
		w.GitRefusal(), second(w.Commit(t.Context(), "HEAD")), second(s.At(t.Context(), "git:HEAD", "")),
	} {
		if err == nil || !strings.Contains(err.Error(), "no git program was found") ||
			!strings.Contains(err.Error(), "PATH") {
			t.Errorf("the reason is %v", err)
		}
	}
}

func second[T any](_ T, err error) error { return err }
