package index_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"testing"
	"time"

	"lanser/index"
	"lanser/index/indextest"
)

// A workspace whose memory was released has the same files as before, does not parse them again, and notices what was
// edited meanwhile, also if size and times of the file are unchanged.
func TestReleasedMemoryIsFilledAgain(t *testing.T) {
	restore := index.TrustTimes()
	defer restore()
	files := map[string]string{"go.mod": "module ex.com/m\n\ngo 1.21\n"}
	for i := range 50 {
		files[fmt.Sprintf("f%d.go", i)] = fmt.Sprintf("package m\n\nfunc F%d() {}\n", i)
	}
	dir := indextest.Files(t, files)
	w, err := index.Open(dir, index.Options{Cache: t.TempDir(), Watch: true})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(w.Close)
	digest := func() string {
		t.Helper()
		s, err := w.Snapshot(context.Background())
		if err != nil {
			t.Fatal(err)
		}
		if err := s.Index(context.Background()); err != nil {
			t.Fatal(err)
		}
		return s.Digest(func(string) bool { return true })
	}
	for range 3 {
		digest() // from the second on, the workspace is watched
	}
	before, parsed := digest(), w.Parsed()

	w.ReleaseMemory()
	w.ReleaseMemory()
	if got := digest(); got != before || w.Parsed() != parsed {
		t.Errorf("%s after %d files were parsed, want %s after %d", got, w.Parsed(), before, parsed)
	}

	file := filepath.Join(dir, "f7.go")
	edit := func(text string) {
		t.Helper()
		info, err := os.Stat(file)
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
		if err := os.Chtimes(file, time.Time{}, info.ModTime()); err != nil {
			t.Fatal(err)
		}
	}
	digest()
	digest()
	edit("package m\n\nfunc G7() {}\n")
	w.ReleaseMemory()
	edited := digest()
	if edited == before {
		t.Error("an edit before the release was missed")
	}
	w.ReleaseMemory()
	tick(t)
	edit("package m\n\nfunc H7() {}\n")
	if got := digest(); got == before || got == edited {
		t.Error("an edit after the release was missed")
	}
}
