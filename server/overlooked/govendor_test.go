package overlooked_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"lanser/server/overlooked"
	"lanser/server/project/projecttest"
)

func TestVendoredFilesAreThoseThatImportsReach(t *testing.T) {
	view := projecttest.Files{
		"go.mod": "module m\n", "a.go": "package m\n\nimport (\n\t\"fmt\"\n\t_ \"d.com/d\"\n)\n",
		"a_windows.go":       "package m\n\nimport _ \"d.com/w\"\n",
		"vendor/modules.txt": "", "vendor/d.com/d/d.go": "package d\n\nimport _ \"d.com/d/e\"\n",
		"vendor/d.com/d/d_test.go": "package d\n", "vendor/d.com/d/e/e.go": "package e\n\nimport _ \"d.com/d\"\n",
		"vendor/d.com/d/LICENSE": "", "vendor/d.com/f/f.go": "package f\n", "vendor/d.com/w/w.go": "package w\n",
		"sub/go.mod": "module s\n", "sub/vendor/modules.txt": "", "sub/s.go": "package s\n\nimport _ \"d.com/f\"\n",
		"sub/vendor/d.com/f/f.go": "package f\n", "none/go.mod": "module n\n",
	}
	isBuilt := func(p string) bool { return !strings.HasSuffix(p, "_windows.go") }
	got := overlooked.VendoredFor(view, []string{"a.go", "a_windows.go", "sub/s.go"}, isBuilt)
	want := []string{"sub/vendor/d.com/f/f.go", "vendor/d.com/d/d.go", "vendor/d.com/d/e/e.go"}
	if d := cmp.Diff(want, got); d != "" {
		t.Errorf("(-want +got)\n%s", d)
	}
}
