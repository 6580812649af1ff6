package index

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"lanser/index/git"
	"lanser/index/indextest"
	"lanser/selectors/fault"
)

// history makes a repository with n commits, without checking anything out. Each commit changes top.py; the other
// files stay the same.
func history(t *testing.T, n, files int) string {
	t.Helper()
	dir := t.TempDir()
	runGit(t, dir, "init", "-q")
	var in bytes.Buffer
	for i := range n {
		fmt.Fprintf(&in, "commit refs/heads/main\ncommitter t <t@example.com> %d +0000\ndata 1\nx\n", 1_000_000+i)
		fmt.Fprintf(&in, "M 100644 inline top.py\ndata <<.\ndef target():\n    return %d\n.\n\n", i)
		for f := range files {
			if i == 0 {
				fmt.Fprintf(&in,
					"M 100644 inline pkg%d/some/longer/path/module_number_%d.py\ndata <<.\ndef f_%d(): pass\n.\n\n",
					f%40, f, f)
			}
		}
	}
	cmd := exec.Command("git", "fast-import", "--quiet")
	cmd.Dir, cmd.Stdin = dir, &in
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	runGit(t, dir, "symbolic-ref", "HEAD", "refs/heads/main")
	return dir
}

func opened(t *testing.T, dir string) (*Workspace, *Snapshot) {
	t.Helper()
	w, err := Open(dir, Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(w.Close)
	s, err := w.Snapshot(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return w, s
}

func heap() int64 {
	var m runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&m)
	return int64(m.HeapAlloc)
}

// The memory of snapshots of revisions is bounded, however many are requested. A snapshot that is in use stays
// complete.
func TestTheMemoryOfRevisionsIsBounded(t *testing.T) {
	const commits, files = 60, 4000
	w, s := opened(t, history(t, commits, files))
	ctx := context.Background()
	inUse, err := s.At(ctx, "git:HEAD~1", "")
	if err != nil {
		t.Fatal(err)
	}
	before := heap()
	for i := range commits {
		v, err := s.At(ctx, fmt.Sprintf("git:HEAD~%d", i), "top.py")
		if err != nil {
			t.Fatal(err)
		}
		c, err := v.Content("top.py")
		if err != nil || !strings.Contains(string(c.Bytes()), fmt.Sprintf("return %d\n", commits-1-i)) {
			t.Fatalf("HEAD~%d: %v", i, err)
		}
		again, err := s.At(ctx, fmt.Sprintf("git:HEAD~%d", i), "top.py")
		if err != nil || again.Source != v.Source {
			t.Errorf("HEAD~%d was read twice", i)
		}
	}
	if grown := heap() - before; grown > 2*maxRevisions {
		t.Errorf("%d revisions hold %d MiB", commits, grown>>20)
	}
	if n := len(w.revisions.kept); n < 2 || n > 20 {
		t.Errorf("%d revisions are kept", n)
	}
	if c, err := inUse.Content("top.py"); err != nil ||
		!strings.Contains(string(c.Bytes()), fmt.Sprintf("return %d\n", commits-2)) {
		t.Errorf("the one in use: %v", err)
	}
}

// What is counted of a revision is no less than half of what it takes.
func TestTheCountedSizeOfARevisionIsAtLeastHalfOfItsMemory(t *testing.T) {
	w, s := opened(t, history(t, 1, 4000))
	before := heap()
	v, err := s.At(context.Background(), "git:HEAD", "top.py")
	if err != nil {
		t.Fatal(err)
	}
	took, counted := heap()-before, w.revisions.kept[0].size.Load()
	if took > 2*counted {
		t.Errorf("it takes %d bytes, and %d are counted", took, counted)
	}
	runtime.KeepAlive(v)
}

// While requests are recorded, a revision is looked up once, because a replay looks it up once.
func TestATracedRevisionIsRequestedOnce(t *testing.T) {
	w, err := Open(history(t, 12, 4000), Options{World: directWorld{}})
	if err != nil {
		t.Fatal(err)
	}
	defer w.Close()
	for i := range 12 {
		if _, err := w.revision(context.Background(), fmt.Sprintf("HEAD~%d", i)); err != nil {
			t.Fatal(err)
		}
	}
	if n := len(w.revisions.kept); n != 12 {
		t.Errorf("%d are kept", n)
	}
}

// huge commits a file of zeros that takes next to nothing in git.
func huge(t *testing.T, dir, name string, size int64) {
	t.Helper()
	file := filepath.Join(dir, name)
	f, err := os.Create(file)
	if err != nil {
		t.Fatal(err)
	}
	if err := f.Truncate(size); err != nil {
		t.Fatal(err)
	}
	f.Close()
	runGit(t, dir, "add", ".")
	runGit(t, dir, "-c", "user.name=t", "-c", "user.email=t@example.com", "commit", "-q", "-m", "huge")
}

// A file of a revision that is too large is not read, alone or together with others. The other files are read.
func TestATooLargeFileOfARevisionIsNotRead(t *testing.T) {
	indextest.Needs(t, "a repository of a large file")
	dir := indextest.Files(t, map[string]string{"a.py": "x = 1\n", "b.py": "y = 2\n"})
	runGit(t, dir, "init", "-q")
	huge(t, dir, "huge.py", 10*MaxFileSize)
	_, s := opened(t, dir)
	old, err := s.At(context.Background(), "git:HEAD", "")
	if err != nil {
		t.Fatal(err)
	}
	rev := old.Source.(*Snapshot)
	before := heap()
	rev.prefetch([]string{"a.py", "b.py", "huge.py"})
	for _, name := range []string{"a.py", "b.py"} {
		if rev.files[name].content == nil {
			t.Errorf("%s was not read with the others", name)
		}
	}
	_, err = rev.Content("huge.py")
	if !fault.Is(err, fault.Permissions) || !strings.Contains(err.Error(), "more than the 16777216 that are read") {
		t.Errorf("the large one: %v", err)
	}
	if grown := heap() - before; grown > MaxFileSize {
		t.Errorf("%d MiB are held", grown>>20)
	}
}

// A large file is streamed into a copy. One above the limit is left out, which is reported. Trees that name .git or a
// path outside the copy write neither.
func TestACopyOfACommitIsBounded(t *testing.T) {
	dir := indextest.Files(t, map[string]string{"a.py": "x = 1\n"})
	runGit(t, dir, "init", "-q")
	huge(t, dir, "huge.bin", 2*MaxFileSize)
	w, _ := opened(t, dir)
	commit, err := w.Commit(context.Background(), "HEAD")
	if err != nil {
		t.Fatal(err)
	}
	to := t.TempDir()
	copied, err := w.Extract(context.Background(), commit, to)
	if info, statErr := os.Stat(filepath.Join(to, "huge.bin")); err != nil || statErr != nil ||
		info.Size() != 2*MaxFileSize ||
		len(copied.Doubts) > 0 {
		t.Errorf("%v, %v, %+v", err, statErr, copied)
	}
	was := maxExtractedLarge
	maxExtractedLarge = 2*MaxFileSize - 1
	defer func() { maxExtractedLarge = was }()
	to = t.TempDir()
	copied, err = w.Extract(context.Background(), commit, to)
	if _, statErr := os.Stat(filepath.Join(to, "huge.bin")); err != nil || statErr == nil || len(copied.Doubts) != 1 ||
		!strings.Contains(copied.Doubts[0], "huge.bin") {
		t.Errorf("beyond the bound: %v, %v, %+v", err, statErr, copied)
	}
	if _, err := os.Stat(filepath.Join(to, "a.py")); err != nil {
		t.Error(err)
	}
}

func TestATreeThatGitWouldNotCheckOutIsSkipped(t *testing.T) {
	id := strings.Repeat("0a", 20)
	for p, want := range map[string]bool{
		"a.py": true, "sub/a.py": true, ".github/x": true, "x.git/config": true, "a b\n/c": true,
		".git/config": false, "sub/.GIT/hooks/x": false, ".git": false,
		"../x": false, "a/../../x": false, "/x": false, "a//b": false, ".": false, "": false, "./a": false,
	} {
		got := readTree([]byte("100644 blob " + id + "\t" + p + "\x00"))
		if len(got) == 1 != want {
			t.Errorf("%q: %v", p, got)
		}
	}
}

func FuzzGitTree(f *testing.F) {
	id := strings.Repeat("0a", 20)
	for _, s := range []string{
		"", "100644 blob " + id + "\ta\x00",
		"120000 blob " + id + "\tsub/.git/x\x00100755 blob " + id + "\tb\n\tc\x00",
	} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, raw []byte) {
		for _, e := range readTree(raw) {
			if !filepath.IsLocal(e.path) || !git.IsObjectID(e.id) || !bytes.Contains(raw, []byte(e.path)) {
				t.Errorf("%+v of %q", e, raw)
			}
		}
	})
}

func FuzzGitRenames(f *testing.F) {
	for _, s := range []string{"", "R100\x00a\x00b\x00", "R041\x00a\x00b\x00R100\x00c\x00", "R100\x00a"} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, raw []byte) {
		for from, to := range readRenames(raw, nil) {
			if !bytes.Contains(raw, []byte(from)) || !bytes.Contains(raw, []byte(to)) {
				t.Errorf("%q to %q", from, to)
			}
		}
	})
}
