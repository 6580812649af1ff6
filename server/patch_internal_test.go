package server

import (
	"path/filepath"
	"testing"

	"lanser/index"
	"lanser/index/indextest"
	"lanser/selectors/fault"
)

func snapshotOf(t testing.TB, files map[string]string) *index.Snapshot {
	t.Helper()
	w, err := index.Open(indextest.Files(t, files), index.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(w.Close)
	s, err := w.Snapshot(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// Whatever the patch, it applies or is refused, and names no file outside the workspace.
func FuzzPatch(f *testing.F) {
	for _, s := range []string{
		"--- a/a.go\n+++ b/a.go\n@@ -1,1 +1,1 @@\n-package a\n+package b\n",
		"diff --git a/a.go b/../x\nrename from a.go\nrename to ../x\n", "@@ -1,99999999 +1 @@\n",
		"diff --git a/x b/x\nnew file mode 100644\n--- /dev/null\n+++ b/x\n@@ -0,0 +1 @@\n+x\n",
		"diff --git a/x b/x\nGIT binary patch\nliteral 9999999\n",
	} {
		f.Add(s)
	}
	s := snapshotOf(f, map[string]string{"a.go": "package a\n"})
	f.Fuzz(func(t *testing.T, patch string) {
		out, err := patched(s, patch)
		if err != nil && !fault.Is(err, fault.Usage) && !fault.Is(err, fault.VersionSkew) &&
			!fault.Is(err, fault.Permissions) {
			t.Error(err)
		}
		size := 0
		for p, b := range out {
			size += len(b)
			if !filepath.IsLocal(filepath.FromSlash(p)) {
				t.Errorf("it names %q", p)
			}
		}
		if err == nil && size > len(patch)+100 {
			t.Errorf("%d bytes come out of %d", size, len(patch))
		}
	})
}
