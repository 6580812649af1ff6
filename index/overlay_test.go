package index_test

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"

	"lanser/index"
	"lanser/index/indextest"
)

// The same text over the same files gives the same snapshot, so that nothing is computed twice. Any other text gives
// another one.
func TestEqualOverlaysShareASnapshot(t *testing.T) {
	dir := indextest.Files(t, map[string]string{
		"go.mod": "module ex.com/m\n",
		"a.go":   "package m\n\nvar A = 1\n",
		"b.go":   "package m\n\nvar B = 1\n",
	})
	t.Cleanup(index.TrustTimes())
	ws, err := index.Open(dir, index.Options{Watch: true})
	if err != nil {
		t.Fatal(err)
	}
	defer ws.Close()
	type view struct {
		files  any
		names  []string
		digest string
	}
	under := func(over map[string][]byte) (v view) {
		t.Helper()
		s, err := ws.Snapshot(t.Context())
		if err == nil {
			s, err = s.Overlay(over)
		}
		if err != nil {
			t.Fatal(err)
		}
		for _, p := range s.Paths() {
			for _, d := range s.FileDecls(p) {
				v.names = append(v.names, p+" "+d.Names[0])
			}
		}
		v.files, v.digest = s.FilesVersion(), s.DigestOf("all", func(string) bool { return true })
		return v
	}
	edit := map[string][]byte{"a.go": []byte("package m\n\nvar A2 = 1\n")}
	for range 3 { // the folder is watched from here on
		under(edit)
	}
	was := under(edit)
	if d := cmp.Diff([]string{"a.go A2", "b.go B"}, was.names); d != "" {
		t.Errorf("(-want +got)\n%s", d)
	}
	if again := under(map[string][]byte{filepath.Join(dir, "a.go"): edit["a.go"]}); again.files != was.files ||
		again.digest != was.digest {
		t.Error("the same text is another view")
	}
	for name, over := range map[string]map[string][]byte{
		"another text": {"a.go": []byte("package m\n\nvar A3 = 1\n")},
		"a file more":  {"a.go": edit["a.go"], "c.go": []byte("package m\n")},
		"a file less":  {"a.go": edit["a.go"], "b.go": nil}, "a file that is gone": {"a.go": nil}, "none": {},
	} {
		if other := under(over); other.files == was.files || other.digest == was.digest {
			t.Errorf("%s is the same view", name)
		}
		if again := under(edit); again.digest != was.digest {
			t.Errorf("after %s: the digest is another", name)
		}
	}
	was = under(edit)
	if err := os.WriteFile(filepath.Join(dir, "b.go"), []byte("package m\n\nvar B9 = 1\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	other := under(edit)
	if d := cmp.Diff([]string{"a.go A2", "b.go B9"}, other.names); d != "" || other.files == was.files ||
		other.digest == was.digest {
		t.Errorf("an edit below the overlay (-want +got)\n%s", d)
	}
}

// After an edit, what was found in the other files is there: in a snapshot of the files on disk, and in one of an
// overlay.
func TestOnlyTheEditedFileIsReadAgain(t *testing.T) {
	dir := indextest.Files(t, map[string]string{"a.py": "a = 1\n", "b.py": "b = 1\n"})
	t.Cleanup(index.TrustTimes())
	ws, err := index.Open(dir, index.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer ws.Close()
	reads := 0
	type key struct{}
	read := func(over map[string][]byte, path string) {
		t.Helper()
		s, err := ws.Snapshot(t.Context())
		if err == nil {
			s, err = s.Overlay(over)
		}
		if err != nil {
			t.Fatal(err)
		}
		c, err := s.Content(path)
		if err != nil {
			t.Fatal(err)
		}
		c.Memoize(key{}, func() any { reads++; return nil })
	}
	read(nil, "b.py")
	if err := os.WriteFile(filepath.Join(dir, "a.py"), []byte("a = 22\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	read(nil, "b.py")
	read(map[string][]byte{"a.py": []byte("a = 333\n")}, "b.py")
	if reads != 1 {
		t.Errorf("b.py was read %d times, want once", reads)
	}
	read(map[string][]byte{"b.py": []byte("b = 333\n")}, "b.py")
	if reads != 2 {
		t.Errorf("b.py was read %d times after its own edit, want twice", reads)
	}
}
