package index_test

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"lanser/index"
	"lanser/index/indextest"
)

// However often files were searched, and whatever earlier searches cached about them, a word is found in exactly the
// files that contain it.
func TestAWordIsFoundAfterAnyNumberOfSearches(t *testing.T) {
	word := rapid.StringOfN(rapid.SampledFrom([]rune("abé_9")), 1, 3, -1)
	source := rapid.Custom(func(t *rapid.T) string {
		var b strings.Builder
		for _, w := range rapid.SliceOfN(word, 0, 40).Draw(t, "words") {
			b.WriteString(
				w + rapid.SampledFrom([]string{" ", ".", "\n", "-", "$", "\t\t", "\xff.", ""}).Draw(t, "between"),
			)
		}
		return b.String()
	})
	isWord := func(b byte) bool {
		return b >= 0x80 && b != 0xff || b == '_' || b >= '0' && b <= '9' || b >= 'a' && b <= 'z'
	}
	for seed := range 30 {
		files := map[string]string{}
		for i := range 3 {
			files[fmt.Sprintf("f%d.go", i)] = source.Example(10*seed + i)
		}
		_, s := snapshot(t, indextest.Files(t, files))
		for i := range 20 {
			w := word.Example(100*seed + i)
			var want []string
			for p, src := range files {
				for at := range src {
					end := at + len(w)
					if strings.HasPrefix(src[at:], w) && (at == 0 || !isWord(src[at-1])) &&
						(end == len(src) || !isWord(src[end])) {
						want = append(want, p)
						break
					}
				}
			}
			slices.Sort(want)
			for range 2 { // the second is remembered
				got := s.Occurrences(t.Context(), w)
				if d := cmp.Diff(want, got.Files); d != "" || got.Unread != nil {
					t.Errorf("%q in %q (-want +got)\n%s %v", w, files, d, got.Unread)
				}
			}
			if d := cmp.Diff(want, s.Containing(w, func(string) bool { return true })); d != "" {
				t.Errorf("files with %q (-want +got)\n%s", w, d)
			}
		}
	}
}

// Cached facts about a library's file are used only as long as the file is unchanged.
func TestAFileOfALibraryIsReadAgainIfItChanges(t *testing.T) {
	file := filepath.Join(t.TempDir(), "lib.go")
	old := time.Now().Add(-time.Hour)
	write := func(content string) {
		t.Helper()
		if err := os.WriteFile(file, []byte(content), 0o644); err != nil {
			t.Fatal(err)
		}
		if err := os.Chtimes(file, old, old); err != nil {
			t.Fatal(err)
		}
	}
	t.Cleanup(index.TrustTimes())
	ws, err := index.Open(indextest.Files(t, map[string]string{"a.go": ""}), index.Options{Watch: true})
	if err != nil {
		t.Fatal(err)
	}
	defer ws.Close()
	read := func() string {
		t.Helper()
		s, err := ws.Snapshot(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		c, err := s.OutsideContent(file, "")
		if err != nil {
			return "none"
		}
		return string(c.Bytes())
	}
	for _, content := range []string{"one", "two", "three", "one"} { // of the same size and time, too
		write(content)
		for range 2 {
			if got := read(); got != content {
				t.Errorf("%q, where the file holds %q", got, content)
			}
		}
	}
	if err := os.Remove(file); err != nil {
		t.Fatal(err)
	}
	if got := read(); got != "none" {
		t.Errorf("%q of a file that is gone", got)
	}
}
