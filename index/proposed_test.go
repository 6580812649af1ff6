package index

import (
	"io/fs"
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestACopyOfAnOverlayHasItsFiles(t *testing.T) {
	dir := committed(t, map[string]string{
		"a.py": "a = 1\n", "b/gone.py": "x\n", "b/kept.bin": "\x00\x01", "run.sh": "#!/bin/sh\n", ".gitignore": "out\n",
	})
	put(t, dir, map[string]string{"out/made.py": "m\n", "new.py": "not yet added\n"})
	if err := os.Chmod(filepath.Join(dir, "run.sh"), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink("a.py", filepath.Join(dir, "link.py")); err != nil {
		t.Skip(err)
	}
	w, err := Open(dir, Options{})
	if err != nil {
		t.Fatal(err)
	}
	disk, err := w.Snapshot(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	over, err := disk.Overlay(map[string][]byte{
		"a.py": []byte("a = 2\n"), "b/gone.py": nil, "c/added.py": []byte("c\n"),
	})
	if err != nil {
		t.Fatal(err)
	}
	copied, err := w.ExtractSnapshot(t.Context(), over, nil, t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	got := filesIn(t, copied.Root)
	want := map[string]string{
		"a.py": "a = 2\n", "b/kept.bin": "\x00\x01", "c/added.py": "c\n", "new.py": "not yet added\n",
		"run.sh": "#!/bin/sh\nexecutable", ".gitignore": "out\n", "link.py": "link to a.py",
		"out": "link to " + filepath.Join(w.root, "out"),
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("the copy (-want +got)\n%s", diff)
	}
}

// filesIn returns the contents of the files in a folder, or where the links in it lead, by their paths.
func filesIn(t *testing.T, dir string) map[string]string {
	t.Helper()
	got := map[string]string{}
	err := filepath.WalkDir(dir, func(p string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		rel, err := filepath.Rel(dir, p)
		if target, notLink := os.Readlink(p); notLink == nil {
			got[filepath.ToSlash(rel)] = "link to " + target
			return err
		}
		raw, readErr := os.ReadFile(p)
		got[filepath.ToSlash(rel)] = string(raw)
		if info, _ := d.Info(); info != nil && info.Mode()&0o100 != 0 {
			got[filepath.ToSlash(rel)] += "executable"
		}
		return readErr
	})
	if err != nil {
		t.Fatal(err)
	}
	return got
}

// A copy of a workspace that is a folder of a repository has the other folders too, and one of a workspace in no
// repository has all that the folder has.
func TestACopyHasWhatIsAroundTheWorkspace(t *testing.T) {
	files := map[string]string{
		"app/a.py": "a = 1\n", "app/data/gone.txt": "x\n", "app/.gitignore": "out\n*.o\n",
		"lib/b.py": "b = 1\n", "c.toml": "c = 1\n",
	}
	ignored := map[string]string{"app/out/made.py": "m\n", "app/data/x.o": "\x00", "lib/new.py": "not yet added\n"}
	over := map[string][]byte{"a.py": []byte("a = 2\n"), "data/gone.txt": nil}
	copied := func(t *testing.T, dir string) (map[string]string, *Extracted, string) {
		t.Helper()
		w, err := Open(filepath.Join(dir, "app"), Options{})
		if err != nil {
			t.Fatal(err)
		}
		defer w.Close()
		disk, err := w.Snapshot(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		after, err := disk.Overlay(over)
		if err != nil {
			t.Fatal(err)
		}
		to := t.TempDir()
		x, err := w.ExtractSnapshot(t.Context(), after, nil, to)
		if err != nil {
			t.Fatal(err)
		}
		return filesIn(t, to), x, w.root
	}
	t.Run("a folder of a repository", func(t *testing.T) {
		dir := committed(t, files)
		put(t, dir, ignored)
		got, x, root := copied(t, dir)
		want := map[string]string{
			"app/a.py": "a = 2\n", "app/.gitignore": "out\n*.o\n", "lib/b.py": "b = 1\n", "c.toml": "c = 1\n",
			"lib/new.py": "not yet added\n", "app/out": "link to " + filepath.Join(root, "out"),
			"app/data/x.o": "link to " + filepath.Join(root, "data/x.o"),
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("the copy (-want +got)\n%s", diff)
		}
		if diff := cmp.Diff([]string{".gitignore", "a.py"}, x.Listed); diff != "" {
			t.Errorf("listed (-want +got)\n%s", diff)
		}
	})
	t.Run("no repository", func(t *testing.T) {
		dir := t.TempDir()
		put(t, dir, files)
		put(t, dir, ignored)
		got, _, root := copied(t, dir)
		want := map[string]string{
			"a.py": "a = 2\n", ".gitignore": "out\n*.o\n", "out": "link to " + filepath.Join(root, "out"),
			"data/x.o": "link to " + filepath.Join(root, "data/x.o"),
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("the copy (-want +got)\n%s", diff)
		}
	})
}
