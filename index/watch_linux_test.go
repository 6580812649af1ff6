package index

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"golang.org/x/sys/unix"
	"pgregory.net/rapid"

	"lanser/index/indextest"
)

func everything(string) bool { return true }

// watchedWorkspace is a git repository that is being watched.
func watchedWorkspace(t *testing.T) (*Workspace, string) {
	t.Helper()
	defer TrustTimes()()
	dir := t.TempDir()
	write := func(name, content string) {
		p := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(p), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(p, []byte(content), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	write("a.go", "package a\n")
	write("sub/b.go", "package b\n")
	write("sub/deep/c.py", "c = 1\n")
	write(".gitignore", "*.log\nbuild/\n")
	write("noise.log", "x")
	for _, args := range [][]string{
		{"init", "-q"}, {"add", "."}, {"-c", "user.name=t", "-c", "user.email=t@t", "commit", "-qm", "one"},
	} {
		runGit(t, dir, args...)
	}
	w, err := Open(dir, Options{Watch: true})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(w.Close)
	for range 3 {
		s, err := w.Snapshot(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		s.Digest(everything)
	}
	if w.current() == nil {
		t.Fatal("the workspace is not watched: is the temporary folder on a local file system?")
	}
	return w, dir
}

func runGit(t *testing.T, dir string, args ...string) {
	t.Helper()
	cmd := exec.Command("git", args...)
	cmd.Dir = dir
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("git %v: %v\n%s", args, err, out)
	}
}

// The next snapshot has every change of a file or of the list of files.
func TestAWatchMissesNoChange(t *testing.T) {
	changes := map[string]func(t *testing.T, dir string) error{
		"written": func(_ *testing.T, d string) error {
			return os.WriteFile(
				d+"/a.go", []byte("package b\n"), 0o644,
			)
		},
		"of one size": func(_ *testing.T, d string) error {
			return os.WriteFile(
				d+"/sub/deep/c.py", []byte("c = 2\n"), 0o644,
			)
		},
		"renamed over": func(_ *testing.T, d string) error {
			_ = os.WriteFile(d+"/x.log", []byte("package x\n"), 0o644)
			return os.Rename(d+"/x.log", d+"/a.go")
		},
		"truncated": func(_ *testing.T, d string) error { return os.Truncate(d+"/a.go", 3) },
		"removed":   func(_ *testing.T, d string) error { return os.Remove(d + "/sub/b.go") },
		"created":   func(_ *testing.T, d string) error { return os.WriteFile(d+"/sub/new.go", nil, 0o644) },
		"in a new folder": func(_ *testing.T, d string) error {
			return errors.Join(os.MkdirAll(d+"/n/m", 0o755),
				os.WriteFile(d+"/n/m/new.go", []byte("package m\n"), 0o644))
		},
		"folder moved away": func(_ *testing.T, d string) error {
			return os.Rename(d+"/sub/deep", filepath.Join(t.TempDir(), "deep"))
		},
		"folder moved within": func(_ *testing.T, d string) error { return os.Rename(d+"/sub/deep", d+"/deep") },
		"made a link": func(_ *testing.T, d string) error {
			return errors.Join(os.Remove(d+"/a.go"), os.Symlink("sub/b.go", d+"/a.go"))
		},
		"ignored": func(_ *testing.T, d string) error { return os.WriteFile(d+"/.gitignore", []byte("*.py\n"), 0o644) },
		"tracked though ignored": func(t *testing.T, d string) error {
			runGit(t, d, "add", "-f", "noise.log")
			return nil
		},
		"through a memory map": func(_ *testing.T, d string) error {
			f, err := os.OpenFile(d+"/a.go", os.O_RDWR, 0)
			if err != nil {
				return err
			}
			defer f.Close()
			m, err := unix.Mmap(int(f.Fd()), 0, 9, unix.PROT_READ|unix.PROT_WRITE, unix.MAP_SHARED)
			if err != nil {
				return err
			}
			m[8] = 'z'
			return unix.Munmap(m)
		},
		"root replaced": func(_ *testing.T, d string) error {
			return errors.Join(os.Rename(d, d+"-was"), os.Mkdir(d, 0o755),
				os.WriteFile(d+"/a.go", []byte("package z\n"), 0o644))
		},
	}
	for name, change := range changes {
		t.Run(name, func(t *testing.T) {
			w, dir := watchedWorkspace(t)
			before := mustSnapshot(t, w)
			if err := change(t, dir); err != nil {
				t.Fatal(err)
			}
			if before.Current() {
				t.Error("the snapshot from before is taken for current")
			}
			if got, want := mustSnapshot(t, w).Digest(everything), fresh(t, dir); got != want {
				t.Errorf("the snapshot after it is %s, and a fresh one %s", got, want)
			}
		})
	}
}

// A change of a file through another name, in a folder that is not watched, is noticed too.
func TestAChangeThroughAHardLinkIsNoticed(t *testing.T) {
	w, dir := watchedWorkspace(t)
	other := filepath.Join(t.TempDir(), "other")
	if err := os.Link(filepath.Join(dir, "a.go"), other); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(
		filepath.Join(dir, "sub", "b.go"), []byte("package bb\n"), 0o644,
	); err != nil { // what has the link noticed
		t.Fatal(err)
	}
	mustSnapshot(t, w).Digest(everything)
	if err := os.WriteFile(other, []byte("package other\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	if got, want := mustSnapshot(t, w).Digest(everything), fresh(t, dir); got != want {
		t.Errorf("the snapshot is %s, and a fresh one %s", got, want)
	}
}

func TestSnapshotsShareTheirFilesUntilSomethingChanges(t *testing.T) {
	w, dir := watchedWorkspace(t)
	a := mustSnapshot(t, w)
	if err := os.WriteFile(filepath.Join(dir, "noise.log"), []byte("more"), 0o644); err != nil {
		t.Fatal(err)
	}
	if b := mustSnapshot(t, w); a.FilesVersion() != b.FilesVersion() || !a.Current() {
		t.Error("a file that is ignored made the workspace another")
	}
}

// If the kernel's queue overflows, the watch ends, and the next snapshot looks at all files.
func TestAnOverflowOfTheKernelsQueueLosesNoChange(t *testing.T) {
	indextest.Needs(t, "a queue of events that is full")
	w, dir := watchedWorkspace(t)
	raw, err := os.ReadFile("/proc/sys/fs/inotify/max_queued_events")
	if err != nil {
		t.Fatal(err)
	}
	var most int
	fmt.Sscan(string(raw), &most)
	for i := range most/2 + 10 { // each makes two events at least
		if err := os.WriteFile(filepath.Join(dir, fmt.Sprintf("f%d.log", i%2)), []byte("x"), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.WriteFile(filepath.Join(dir, "a.go"), []byte("package last\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	for range 3 {
		if got, want := mustSnapshot(t, w).Digest(everything), fresh(t, dir); got != want {
			t.Errorf("the snapshot is %s, and a fresh one %s", got, want)
		}
	}
}

// An answer of git is reused only as long as git would give the same answer.
func TestCachedAnswersOfGitAreNeverStale(t *testing.T) {
	w, dir := watchedWorkspace(t)
	defer TrustTimes()()
	steps := []func(){
		func() { os.WriteFile(dir+"/a.go", []byte("package changed\n"), 0o644) },
		func() { runGit(t, dir, "commit", "-qam", "two") },
		func() { runGit(t, dir, "checkout", "-qb", "other", "HEAD~1") },
		func() { runGit(t, dir, "checkout", "-q", "--detach") },
		func() { os.WriteFile(dir+"/untracked.go", nil, 0o644) },
		func() { os.Remove(dir + "/untracked.go") },
		func() { os.Chmod(dir+"/a.go", 0o755) },
		func() { runGit(t, dir, "config", "core.fileMode", "false") },
		func() { runGit(t, dir, "checkout", "-q", "other") },
		func() { runGit(t, dir, "commit", "-q", "--allow-empty", "-m", "three") },
		func() { runGit(t, dir, "pack-refs", "--all") },
		func() { runGit(t, dir, "update-ref", "refs/heads/other", "HEAD~1") },
	}
	t.Setenv("GIT_AUTHOR_NAME", "t")
	t.Setenv("GIT_AUTHOR_EMAIL", "t@t")
	t.Setenv("GIT_COMMITTER_NAME", "t")
	t.Setenv("GIT_COMMITTER_EMAIL", "t@t")
	remembered := 0
	for i, step := range steps {
		step()
		for range 3 {
			mustSnapshot(t, w).Digest(everything)
			if _, ok := w.cachedVCS(); ok {
				remembered++
			}
			got, want := w.VCS(t.Context()), w.askVCS(t.Context())
			if *got != *want {
				t.Errorf("step %d: %+v is told, and git says %+v", i, *got, *want)
			}
		}
	}
	if remembered == 0 {
		t.Error("git was asked each time")
	}
}

// However files are changed, a watched workspace and a fresh one have the same snapshot.
func TestAWatchedWorkspaceEqualsAFreshOne(t *testing.T) {
	w, dir := watchedWorkspace(t)
	rapid.Check(t, func(t *rapid.T) {
		names := rapid.SampledFrom(
			[]string{"a.go", "sub/b.go", "sub/deep/c.py", "new.go", "sub/n/e.go", "x.log", "build/y.go", ".gitignore"},
		)
		for range rapid.IntRange(1, 4).Draw(t, "changes") {
			p := filepath.Join(dir, names.Draw(t, "name"))
			switch rapid.SampledFrom([]string{"write", "append", "remove", "move"}).Draw(t, "how") {
			case "write":
				os.MkdirAll(filepath.Dir(p), 0o755)
				os.WriteFile(p, []byte(rapid.SampledFrom([]string{"x", "y", "*.py\n", "sub\n"}).Draw(t, "content")),
					0o644)
			case "append":
				if f, err := os.OpenFile(p, os.O_APPEND|os.O_WRONLY, 0); err == nil {
					f.WriteString("\n")
					f.Close()
				}
			case "remove":
				os.RemoveAll(p)
			case "move":
				os.Rename(p, filepath.Join(dir, names.Draw(t, "to")))
			}
		}
		s, err := w.Snapshot(context.Background())
		if err != nil {
			t.Fatal(err)
		}
		f, err := Open(dir, Options{})
		if err != nil {
			t.Fatal(err)
		}
		defer f.Close()
		want, err := f.Snapshot(context.Background())
		if err != nil {
			t.Fatal(err)
		}
		if got, want := s.Digest(everything), want.Digest(everything); got != want {
			t.Fatalf("%s, and a fresh one is %s", got, want)
		}
	})
}

func mustSnapshot(t *testing.T, w *Workspace) *Snapshot {
	t.Helper()
	s, err := w.Snapshot(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func fresh(t *testing.T, dir string) string {
	t.Helper()
	w, err := Open(dir, Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer w.Close()
	return mustSnapshot(t, w).Digest(everything)
}

// Every change of a source file that the ignore rules exclude changes UnlistedVersion. Changes of other ignored
// files, of listed files and of installed packages do not.
func TestChangesOfIgnoredSourcesChangeUnlistedVersion(t *testing.T) {
	w, dir := watchedWorkspace(t)
	write := func(name string) func() {
		return func() {
			p := filepath.Join(dir, name)
			if err := errors.Join(
				os.MkdirAll(filepath.Dir(p), 0o755), os.WriteFile(p, []byte("package x\n"), 0o644),
			); err != nil {
				t.Fatal(err)
			}
		}
	}
	settle := func() any {
		restore := TrustTimes()
		defer restore()
		for range 3 {
			mustSnapshot(t, w).Digest(everything)
		}
		return w.UnlistedVersion()
	}
	write("build/deep/a.go")()
	write("build/node_modules/m/a.js")()
	for _, step := range []struct {
		what  string
		do    func()
		stirs bool
	}{
		{"nothing", func() {}, false},
		{"an ignored source is written", write("build/deep/a.go"), true},
		{"another comes, in a new folder", write("build/new/deeper/b.go"), true},
		{"that is written", write("build/new/deeper/b.go"), true},
		{"an ignored source is removed", func() { os.Remove(filepath.Join(dir, "build/deep/a.go")) }, true},
		{"a log is written", write("noise.log"), false},
		{"an object is written", write("build/a.o"), false},
		{"a listed file is written", write("a.go"), false},
		{"a package is installed", write("build/node_modules/m/b.js"), false},
		{"an ignored folder is removed", func() { os.RemoveAll(filepath.Join(dir, "build/new")) }, true},
	} {
		before := settle()
		if before == nil {
			t.Fatalf("%s: it is not watched", step.what)
		}
		step.do()
		settle()
		if after := w.UnlistedVersion(); (after != before) != step.stirs {
			t.Errorf("%s: %v, and %v before", step.what, after, before)
		}
	}
}
