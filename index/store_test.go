package index_test

import (
	"bytes"
	"context"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"lanser/index"
	"lanser/index/indextest"
	"lanser/selectors"
)

// listing is every declaration of a workspace, as a fresh process sees it with a
// store in the folder cache.
func listing(t *testing.T, dir, cache string) (decls []selectors.Decl, parsed int) {
	t.Helper()
	w, err := index.Open(dir, index.Options{Cache: cache})
	if err != nil {
		t.Fatal(err)
	}
	defer w.Close()
	s, err := w.Snapshot(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	for _, l := range s.Langs() {
		s.Each(context.Background(), l, func(d selectors.Decl) bool { decls = append(decls, d); return true })
	}
	return decls, w.Parsed()
}

// tick returns when the clock of the file system has moved on: what is changed from
// now on has another time than what was changed before.
func tick(t *testing.T) {
	t.Helper()
	file := filepath.Join(t.TempDir(), "clock")
	var first time.Time
	for {
		if err := os.WriteFile(file, nil, 0o600); err != nil {
			t.Fatal(err)
		}
		info, err := os.Stat(file)
		if err != nil {
			t.Fatal(err)
		}
		if first.IsZero() {
			first = info.ModTime()
		} else if info.ModTime().Sub(first) > 10*time.Millisecond {
			return
		}
	}
}

func TestASecondStartParsesNothingAndAnEditOneFile(t *testing.T) {
	dir, cache := indextest.Cobra(t), t.TempDir()
	first, parsed := listing(t, dir, cache)
	if parsed < 30 {
		t.Fatalf("%d files were parsed", parsed)
	}
	second, parsed := listing(t, dir, cache)
	if d := cmp.Diff(first, second); d != "" || parsed != 0 {
		t.Errorf("%d files were parsed (-first +second)\n%s", parsed, d)
	}
	file := filepath.Join(dir, "args.go")
	src, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(file, append(src, "\nfunc added() {}\n"...), 0o644); err != nil {
		t.Fatal(err)
	}
	third, parsed := listing(t, dir, cache)
	if parsed != 1 || len(third) != len(first)+1 {
		t.Errorf("after an edit: %d files were parsed, %d declarations, there were %d", parsed, len(third), len(first))
	}
	_, parsed = listing(t, indextest.Copy(t, dir), cache)
	if parsed != 0 {
		t.Errorf("a copy of the workspace elsewhere: %d files were parsed", parsed)
	}
}

// Answers are the same, whatever happens to the store.
func TestADamagedStoreChangesNoAnswer(t *testing.T) {
	dir := indextest.Cobra(t)
	want, _ := listing(t, dir, "")
	each := func(change func(file string, b []byte) []byte) func(t *testing.T, cache string) {
		return func(t *testing.T, cache string) {
			files, _ := filepath.Glob(filepath.Join(cache, "*.seg"))
			if len(files) == 0 {
				t.Fatal("nothing was kept")
			}
			for _, f := range files {
				b, err := os.ReadFile(f)
				if err == nil {
					err = os.WriteFile(f, change(f, b), 0o600)
				}
				if err != nil {
					t.Fatal(err)
				}
			}
		}
	}
	for name, damage := range map[string]func(t *testing.T, cache string){
		"truncated": each(func(_ string, b []byte) []byte { return b[:len(b)/2] }),
		"empty":     each(func(string, []byte) []byte { return nil }),
		"bytes wrong": each(func(_ string, b []byte) []byte {
			for i := 100; i < len(b); i += 997 {
				b[i] ^= 0xff
			}
			return b
		}),
		"older version": each(func(_ string, b []byte) []byte {
			return bytes.ReplaceAll(b, []byte("lanser-store-1"), []byte("lanser-store-0"))
		}),
		"gone":   func(t *testing.T, cache string) { os.RemoveAll(cache) },
		"a file": func(t *testing.T, cache string) { os.RemoveAll(cache); os.WriteFile(cache, []byte("x"), 0o600) },
	} {
		t.Run(name, func(t *testing.T) {
			cache := filepath.Join(t.TempDir(), "index")
			listing(t, dir, cache)
			damage(t, cache)
			for range 2 {
				got, _ := listing(t, dir, cache)
				if d := cmp.Diff(want, got); d != "" {
					t.Errorf("(-want +got)\n%s", d)
				}
			}
		})
	}
}

func TestConcurrentReadersOfOneStoreGetTheSameAnswers(t *testing.T) {
	dir, cache := indextest.Cobra(t), t.TempDir()
	want, _ := listing(t, dir, "")
	var wg sync.WaitGroup
	for range 10 {
		wg.Go(func() {
			if got, _ := listing(t, dir, cache); len(got) != len(want) {
				t.Errorf("%d declarations, want %d", len(got), len(want))
			}
		})
	}
	wg.Wait()
}

// The list of files is correct, both when it is reused because nothing that it depends on has changed, and after
// something has.
func TestACachedListOfFilesIsValidUntilSomethingChanges(t *testing.T) {
	defer index.TrustTimes()()
	for _, repo := range []bool{true, false} {
		dir := indextest.Files(t, map[string]string{
			".gitignore": "/out/\n*.tmp\n", "a.go": "package a\n", "sub/b.go": "package sub\n",
			"out/x.go": "package x\n", "deep/er/c.go": "package c\n",
		})
		if err := os.MkdirAll(filepath.Join(dir, "empty", "inside"), 0o755); err != nil {
			t.Fatal(err)
		}
		if repo {
			runGit(t, dir, "init", "-q")
			runGit(t, dir, "add", ".")
			runGit(t, dir, "commit", "-q", "-m", "x")
		}
		w, err := index.Open(dir, index.Options{})
		if err != nil {
			t.Fatal(err)
		}
		paths := func() string {
			t.Helper()
			tick(t)
			var last string
			lists := w.Lists()
			for range 4 {
				s, err := w.Snapshot(context.Background())
				if err != nil {
					t.Fatal(err)
				}
				last = strings.Join(s.Paths(), " ")
			}
			if n := w.Lists() - lists; n > 2 {
				t.Errorf("repository %v: the files were listed %d times for 4 questions", repo, n)
			}
			tick(t)
			return last
		}
		step := func(what, want string, change func()) {
			t.Helper()
			change()
			if got := paths(); got != want {
				t.Errorf("repository %v, %s: %s, want %s", repo, what, got, want)
			}
		}
		put := func(p, content string) func() {
			return func() {
				file := filepath.Join(dir, filepath.FromSlash(p))
				os.MkdirAll(filepath.Dir(file), 0o755)
				if err := os.WriteFile(file, []byte(content), 0o644); err != nil {
					t.Fatal(err)
				}
			}
		}
		step("at first", ".gitignore a.go deep/er/c.go sub/b.go", func() {})
		step(
			"a file in an empty folder",
			".gitignore a.go deep/er/c.go empty/inside/d.go sub/b.go",
			put("empty/inside/d.go", "package d\n"),
		)
		step("an ignored file", ".gitignore a.go deep/er/c.go empty/inside/d.go sub/b.go", put("sub/x.tmp", ""))
		step(
			"a file gone",
			".gitignore a.go empty/inside/d.go sub/b.go",
			func() { os.RemoveAll(filepath.Join(dir, "deep")) },
		)
		step("other rules", ".gitignore a.go empty/inside/d.go out/x.go sub/b.go sub/x.tmp", put(".gitignore", ""))
		step(
			"rules of a folder",
			".gitignore a.go empty/inside/d.go out/x.go sub/.gitignore sub/b.go",
			put("sub/.gitignore", "*.tmp\n"),
		)
	}
}
