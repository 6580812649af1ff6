package patch

import (
	"maps"
	"path"
	"path/filepath"
	"slices"
	"testing"

	"lanser/selectors/fault"
	"lanser/selectors/text"
)

// memory is a workspace in memory.
type memory map[string]string

func (m memory) Paths() []string { return slices.Sorted(maps.Keys(m)) }

func (m memory) Has(p string) bool { _, ok := m[p]; return ok }

// IsLink takes what ends in .link for a link.
func (m memory) IsLink(p string) bool { return path.Ext(p) == ".link" }

func (m memory) Content(p string) (*text.Content, error) {
	c, ok := m[p]
	if !ok {
		return nil, fault.New(fault.NotFound, "no file %s in the workspace", p)
	}
	return text.New([]byte(c)), nil
}

// isCode reports whether a file should have text.
func isCode(p string) bool { return slices.Contains([]string{".go", ".py"}, path.Ext(p)) }

// Any patch applies or is refused, and names no file outside the workspace.
func FuzzPatch(f *testing.F) {
	for _, s := range []string{
		"--- a/a.go\n+++ b/a.go\n@@ -1,1 +1,1 @@\n-package a\n+package b\n",
		"diff --git a/a.go b/../x\nrename from a.go\nrename to ../x\n", "@@ -1,99999999 +1 @@\n",
		"diff --git a/x b/x\nnew file mode 100644\n--- /dev/null\n+++ b/x\n@@ -0,0 +1 @@\n+x\n",
		"diff --git a/x b/x\nGIT binary patch\nliteral 9999999\n",
		"Submodule ../x 1234567..89abcde:\n  > x\n", "diff --git a/x.link b/y\nrename from x.link\nrename to y\n",
	} {
		f.Add(s)
	}
	s := memory{"a.go": "package a\n"}
	f.Fuzz(func(t *testing.T, patch string) {
		out, err := Apply(s, patch, isCode)
		if err != nil && !fault.Is(err, fault.Usage) && !fault.Is(err, fault.VersionSkew) &&
			!fault.Is(err, fault.Permissions) {
			t.Error(err)
		}
		size := 0
		for p, b := range out.Contents {
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
