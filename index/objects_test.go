package index

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"lanser/index/indextest"
)

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
	indextest.Commit(t, dir, "first")
	first := indextest.Git(t, dir, "rev-parse", "HEAD")
	want := map[string]string{}
	for i := range files {
		indextest.Git(t, dir, "mv", fmt.Sprintf("old%d.py", i), fmt.Sprintf("new%d.py", i))
		indextest.Commit(t, dir, fmt.Sprint("move ", i))
		want[fmt.Sprintf("old%d.py", i)] = indextest.Git(t, dir, "rev-parse", "HEAD")
	}
	w, s := opened(t, dir)
	head := indextest.Git(t, dir, "rev-parse", "HEAD")
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
		removed, complete, err := w.runner.Removals(t.Context(), dir, []string{"^" + first, "HEAD"}, most)
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
	indextest.Commit(t, dir, "first")
	w, _ := opened(t, dir)
	for _, want := range []string{"c.py", "d.py"} {
		if got := w.renamedSince(t.Context(), "HEAD")["a.py"]; got == want {
			t.Errorf("a.py is %s before it is moved there", got)
		}
		from := "a.py"
		if want == "d.py" {
			from = "c.py"
		}
		indextest.Git(t, dir, "mv", from, want)
		if got := w.renamedSince(t.Context(), "HEAD")["a.py"]; got != want {
			t.Errorf("a.py is %q, want %s", got, want)
		}
	}
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
		indextest.Commit(t, top, "change")
		commits = append(commits, indextest.Git(t, top, "rev-parse", "HEAD"))
		indextest.Commit(t, top, "nothing")
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
	indextest.Commit(t, top, "removed")
	if got, offered := ask(s, "a b.py", fmt.Sprintf("x = %d\n", last)); got != "git:"+commits[last] || offered != 1 {
		t.Errorf("after the file was removed its last version is %q, the %d. that is offered", got, offered)
	}
}
