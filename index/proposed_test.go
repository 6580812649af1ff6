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
	if !w.CanExtract() {
		t.Fatal("the workspace is a whole repository")
	}
	copied, err := w.ExtractSnapshot(t.Context(), over, t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	got := map[string]string{}
	err = filepath.WalkDir(copied.Root, func(p string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		rel, err := filepath.Rel(copied.Root, p)
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
	want := map[string]string{
		"a.py": "a = 2\n", "b/kept.bin": "\x00\x01", "c/added.py": "c\n", "new.py": "not yet added\n",
		"run.sh": "#!/bin/sh\nexecutable", ".gitignore": "out\n", "link.py": "link to a.py",
		"out": "link to " + filepath.Join(w.root, "out"),
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("the copy (-want +got)\n%s", diff)
	}
	sub, err := Open(filepath.Join(dir, "b"), Options{})
	if err != nil {
		t.Fatal(err)
	}
	if sub.CanExtract() {
		t.Error("a folder of a repository is no whole repository")
	}
}
