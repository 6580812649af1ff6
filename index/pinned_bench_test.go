package index

import (
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"lanser/index/indextest"
	"lanser/selectors"
	"lanser/selectors/text"
)

// pinnedFiles and pinnedSelectors are the sizes of BenchmarkPinnedSelectors, which are those of a
// batch that once took 100 seconds.
const (
	pinnedFiles     = 1900
	pinnedSelectors = 354
)

// Selectors that are pinned to one revision, a tenth of whose files have another name today, cost
// little more than what git takes to compare the revision with the files, or to read its blobs.
func BenchmarkPinnedSelectors(b *testing.B) {
	dir, questions := pinned(b)
	var ours, reading, comparing time.Duration
	for range b.N {
		w, err := Open(dir, Options{Cache: b.TempDir(), Watch: true})
		if err != nil {
			b.Fatal(err)
		}
		started := time.Now()
		for _, q := range questions {
			s, err := w.Snapshot(b.Context())
			if err != nil {
				b.Fatal(err)
			}
			if _, err := selectors.Resolve(b.Context(), s, q); err != nil {
				b.Fatalf("%s: %v", q, err)
			}
		}
		ours += time.Since(started)
		w.Close()
		reading += timeOf(b, dir, "git ls-tree -r HEAD~1 | cut -d ' ' -f 3 | cut -f 1 | git cat-file --batch")
		comparing += timeOf(b, dir, "git diff HEAD~1")
	}
	b.ReportMetric(float64(ours)/float64(comparing), "times-diff")
	b.ReportMetric(float64(ours)/float64(reading), "times-cat-file")
	b.ReportMetric(ours.Seconds()/float64(b.N), "s/batch")
	b.ReportMetric(comparing.Seconds()/float64(b.N), "s/diff")
}

// timeOf returns how long a shell command takes that prints something about every file.
func timeOf(b *testing.B, dir, command string) time.Duration {
	b.Helper()
	started := time.Now()
	cmd := exec.Command("sh", "-c", command)
	cmd.Dir = dir
	if out, err := cmd.Output(); err != nil || len(out) < pinnedFiles*100 {
		b.Fatalf("%s prints %d bytes (%v)", command, len(out), err)
	}
	return time.Since(started)
}

// pinned makes a repository of Go's own source in two commits, between which every file was edited
// and every tenth was renamed, and selectors for places of the first.
func pinned(b *testing.B) (dir string, questions []selectors.Selector) {
	root, err := exec.Command("go", "env", "GOROOT").Output()
	if err != nil {
		b.Fatal(err)
	}
	from := filepath.Join(strings.TrimSpace(string(root)), "src")
	dir = b.TempDir()
	indextest.Git(b, dir, "init", "-q")
	var paths []string
	contents := map[string]*text.Content{}
	err = filepath.WalkDir(from, func(p string, d fs.DirEntry, err error) error {
		isSource := filepath.Ext(p) == ".go" && !strings.Contains(p, "testdata")
		if err != nil || d.IsDir() || !isSource || len(paths) == pinnedFiles {
			return err
		}
		rel, err := filepath.Rel(from, p)
		if err != nil {
			return err
		}
		content, err := os.ReadFile(p)
		if err != nil || len(content) < 1000 {
			return err
		}
		to := filepath.Join(dir, rel)
		if err := os.MkdirAll(filepath.Dir(to), 0o700); err != nil {
			return err
		}
		paths = append(paths, filepath.ToSlash(rel))
		contents[filepath.ToSlash(rel)] = text.New(content)
		return os.WriteFile(to, content, 0o600)
	})
	if err != nil || len(paths) < pinnedFiles {
		b.Fatalf("%d files (%v)", len(paths), err)
	}
	indextest.Commit(b, dir, "first")
	for i, p := range paths {
		now := p
		if i%10 == 0 {
			now = strings.TrimSuffix(p, ".go") + "_renamed.go"
			if err := os.Remove(filepath.Join(dir, p)); err != nil {
				b.Fatal(err)
			}
		}
		content := append([]byte("// A line that was added.\n\n"), contents[p].Bytes()...)
		if err := os.WriteFile(filepath.Join(dir, now), content, 0o600); err != nil {
			b.Fatal(err)
		}
	}
	indextest.Commit(b, dir, "second")
	for i := range pinnedSelectors {
		p := paths[i*len(paths)/pinnedSelectors]
		c := contents[p]
		line := c.Lines() * (i % 7) / 7
		for strings.TrimSpace(c.Line(line)) == "" {
			line++
		}
		spelled := fmt.Sprintf("%s@L%d:C1?docVersion=git:HEAD~1", p, line+1)
		if i%2 == 0 {
			end := len([]rune(c.Line(line))) + 1
			spelled = fmt.Sprintf("%s@R(%d,1->%d,%d)?docVersion=git:HEAD~1", p, line+1, line+1, end)
		}
		q, err := selectors.Parse(spelled, text.CodePoint)
		if err != nil {
			b.Fatal(err)
		}
		questions = append(questions, q)
	}
	return dir, questions
}
