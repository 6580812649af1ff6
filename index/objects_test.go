package index

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"lanser/index/indextest"
)

// gitPrints returns what git prints in a folder, without the line end.
func gitPrints(t testing.TB, dir string, args ...string) string {
	t.Helper()
	cmd := exec.Command("git", args...)
	cmd.Dir = dir
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("git %v: %v", args, err)
	}
	return strings.TrimSpace(string(out))
}

func commitAll(t testing.TB, dir, message string) {
	t.Helper()
	gitPrints(t, dir, "add", "-A")
	identity := []string{"-c", "user.name=t", "-c", "user.email=t@example.com"}
	gitPrints(t, dir, append(identity, "commit", "-q", "--allow-empty", "-m", message)...)
}

// One git answers for all objects, and sees what the repository has become since it was started.
func TestOneGitReadsTheObjectsThatAreAskedFor(t *testing.T) {
	dir := indextest.Files(t, map[string]string{"a.py": "x = 1\n", "empty.py": ""})
	runGit(t, dir, "init", "-q", "-b", "main")
	commitAll(t, dir, "first")
	first := gitPrints(t, dir, "rev-parse", "HEAD")
	w, _ := opened(t, dir)
	r := w.objects
	for _, name := range []string{"a.py", "empty.py"} {
		want, err := os.ReadFile(filepath.Join(dir, name))
		if err != nil {
			t.Fatal(err)
		}
		got, err := r.blob(gitPrints(t, dir, "rev-parse", "HEAD:"+name))
		if err != nil || !bytes.Equal(got, want) {
			t.Errorf("%s holds %q (%v), want %q", name, got, err, want)
		}
	}
	if _, err := r.blob(strings.Repeat("0a", 20)); err == nil {
		t.Error("an object that is missing is read")
	}
	for _, rev := range []string{"none", "HEAD:a.py", "HEAD\nHEAD", "", "--all", "HEAD HEAD", first + " 1"} {
		if got, err := r.commit(rev); err == nil {
			t.Errorf("revision %q is %s", rev, got)
		}
	}
	commitAll(t, dir, "second")
	gitPrints(t, dir, "tag", "none", first)
	second := gitPrints(t, dir, "rev-parse", "HEAD")
	for rev, want := range map[string]string{
		"HEAD": second, "main": second, "HEAD~1": first, "none": first, second[:12]: second, "HEAD^{/first}": first,
	} {
		if got, err := r.commit(rev); err != nil || got != want {
			t.Errorf("revision %q is %s (%v), want %s", rev, got, err, want)
		}
	}
}

// What is kept of blobs is bounded, and the reader ends its git when it is closed.
func TestBlobsInMemoryAreBounded(t *testing.T) {
	r := newObjectReader(newGit(t.TempDir(), ""), t.TempDir())
	r.cache(cachedBlob{id: "first", content: make([]byte, maxCachedBlobs/2)})
	r.cache(cachedBlob{id: "second", content: make([]byte, maxCachedBlobs/2)})
	if _, err := r.blob("first"); err != nil {
		t.Fatal(err)
	}
	r.cache(cachedBlob{id: "third", content: make([]byte, maxCachedBlobs/2)})
	if r.blobs["first"] == nil || r.blobs["second"] != nil || r.blobs["third"] == nil || r.size != maxCachedBlobs {
		t.Errorf("kept are %d blobs of %d bytes", len(r.blobs), r.size)
	}
	process := r.start()
	r.close()
	select {
	case <-process.done:
	default:
		t.Error("git runs on")
	}
	if r.blobs != nil {
		t.Error("blobs are kept after the reader is closed")
	}
}

func TestARepositoryWithoutGitHasNoObjects(t *testing.T) {
	dir := indextest.Files(t, map[string]string{"a.py": "x = 1\n"})
	r := newObjectReader(newGit(dir, ""), dir)
	defer r.close()
	for range 2 {
		if got, err := r.commit("HEAD"); err == nil {
			t.Errorf("HEAD is %s", got)
		}
	}
}

// The files that a range of commits removed are found in the same commits, one by one and all at once.
func TestRemovedFilesAreFoundInTheHistory(t *testing.T) {
	dir := t.TempDir()
	runGit(t, dir, "init", "-q")
	write := func(name, content string) {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	const files = 3 * maxSingle
	content := func(i int) string { return strings.Repeat(fmt.Sprintf("line %d\n", i), 20) }
	for i := range files {
		write(fmt.Sprintf("old%d.py", i), content(i))
	}
	commitAll(t, dir, "first")
	first := gitPrints(t, dir, "rev-parse", "HEAD")
	want := map[string]string{}
	for i := range files {
		gitPrints(t, dir, "mv", fmt.Sprintf("old%d.py", i), fmt.Sprintf("new%d.py", i))
		commitAll(t, dir, fmt.Sprint("move ", i))
		want[fmt.Sprintf("old%d.py", i)] = gitPrints(t, dir, "rev-parse", "HEAD")
	}
	w, s := opened(t, dir)
	head := gitPrints(t, dir, "rev-parse", "HEAD")
	for _, since := range []string{first, head} {
		for range 2 {
			for file, commit := range want {
				got, err := w.renames.removalOf(t.Context(), w, since, head, file)
				if err != nil || string(got) != commit {
					t.Errorf("since %s: %s is removed by %q (%v), want %s", since, file, got, err, commit)
				}
			}
			if got, err := w.renames.removalOf(t.Context(), w, since, head, "never.py"); err != nil || got != nil {
				t.Errorf("since %s: never.py is removed by %q (%v)", since, got, err)
			}
		}
	}
	for _, most := range []int{files / 2, files, 2 * files} {
		removed, complete, err := w.runner.removals(t.Context(), dir, []string{"^" + first, "HEAD"}, most)
		if err != nil || complete != (most >= files) || len(removed) != min(most, files) {
			t.Errorf("of %d commits %d removals are read, complete %v (%v)", most, len(removed), complete, err)
		}
	}
	for i := range files {
		if got := s.Renames(t.Context(), "git:"+first, fmt.Sprintf("old%d.py", i)); len(got) != 1 ||
			got[0] != fmt.Sprintf("new%d.py", i) {
			t.Errorf("old%d.py is now %v", i, got)
		}
	}
}

// At most so many answers are kept, and no error is.
func TestTheLastAnswersAreKept(t *testing.T) {
	calls := 0
	var l answerCache[int, int]
	for range 2 {
		for i := range maxAnswers {
			if got, err := l.get(i, func() (int, error) { calls++; return 2 * i, nil }); err != nil || got != 2*i {
				t.Errorf("the answer for %d is %d (%v)", i, got, err)
			}
		}
	}
	if calls != maxAnswers {
		t.Errorf("%d answers were looked for, want %d", calls, maxAnswers)
	}
	_, err := l.get(-1, func() (int, error) { return 0, errors.New("failed") })
	if err == nil || len(l.kept) != maxAnswers {
		t.Errorf("an error is kept as an answer: %v", err)
	}
	_, err = l.get(maxAnswers, func() (int, error) { return 0, nil })
	if err != nil || len(l.kept) != maxAnswers || l.kept[0].key != 1 {
		t.Errorf("%d answers are kept, the first for %d", len(l.kept), l.kept[0].key)
	}
}

// A rename in git's index is seen although the same revision was asked about before.
func TestARenameInTheIndexIsSeenAtOnce(t *testing.T) {
	dir := indextest.Files(t, map[string]string{
		"a.py": strings.Repeat("x = 1\n", 20), "b.py": strings.Repeat("y = 2\n", 20),
	})
	runGit(t, dir, "init", "-q")
	commitAll(t, dir, "first")
	w, _ := opened(t, dir)
	for _, want := range []string{"c.py", "d.py"} {
		if got := w.renamedSince(t.Context(), "HEAD")["a.py"]; got == want {
			t.Errorf("a.py is %s before it is moved there", got)
		}
		from := "a.py"
		if want == "d.py" {
			from = "c.py"
		}
		gitPrints(t, dir, "mv", from, want)
		if got := w.renamedSince(t.Context(), "HEAD")["a.py"]; got != want {
			t.Errorf("a.py is %q, want %s", got, want)
		}
	}
}

func FuzzGitObject(f *testing.F) {
	id := strings.Repeat("0a", 20)
	for _, s := range []string{
		"", id + " blob 3\nabc\n", id + " commit 0\n\n", "HEAD missing\n",
		id + " blob 99999999999\nabc", id + " blob -1\n\n",
	} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, raw []byte) {
		r := bufio.NewReader(bytes.NewReader(raw))
		a, err := readObject(r)
		if err == nil && a.err == nil && (!isObjectID(a.id) || !bytes.Contains(raw, a.content)) {
			t.Errorf("an object %q of %q", a.id, raw)
		}
	})
}

// The versions of a file in the history are offered from the latest on, in a workspace below the repository's root
// too, and after the file was removed.
func TestTheEarlierVersionsOfAFileAreOffered(t *testing.T) {
	top := indextest.Files(t, map[string]string{"in side/a b.py": "x = 0\n", "other.py": ""})
	runGit(t, top, "init", "-q")
	file := filepath.Join(top, "in side", "a b.py")
	var commits []string
	for i := range maxEarlierVersions + 2 {
		if err := os.WriteFile(file, fmt.Appendf(nil, "x = %d\n", i), 0o600); err != nil {
			t.Fatal(err)
		}
		commitAll(t, top, "change")
		commits = append(commits, gitPrints(t, top, "rev-parse", "HEAD"))
		commitAll(t, top, "nothing")
	}
	_, s := opened(t, filepath.Join(top, "in side"))
	ask := func(s *Snapshot, path, content string) (docVersion string, offered int) {
		docVersion = s.EarlierVersion(t.Context(), path, func(b []byte) bool {
			offered++
			return string(b) == content
		})
		return docVersion, offered
	}
	last := len(commits) - 1
	for i, want := range []int{1, 2, 3} {
		got, offered := ask(s, "a b.py", fmt.Sprintf("x = %d\n", last-i))
		if got != "git:"+commits[last-i] || offered != want {
			t.Errorf("the version %d before the last is %s, the %d. that is offered", i, got, offered)
		}
	}
	if got, offered := ask(s, "a b.py", "x = 0\n"); got != "" || offered != maxEarlierVersions {
		t.Errorf("the oldest version is %q, and %d are offered", got, offered)
	}
	if got, offered := ask(s, "none.py", ""); got != "" || offered != 0 {
		t.Errorf("a file that never was has the version %q of %d", got, offered)
	}
	if err := os.Remove(file); err != nil {
		t.Fatal(err)
	}
	commitAll(t, top, "removed")
	if got, offered := ask(s, "a b.py", fmt.Sprintf("x = %d\n", last)); got != "git:"+commits[last] || offered != 1 {
		t.Errorf("after the file was removed its last version is %q, the %d. that is offered", got, offered)
	}
}
