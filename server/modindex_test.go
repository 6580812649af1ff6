package server_test

import (
	"os"
	"path/filepath"
	"slices"
	"testing"

	"lanser/index/indextest"
	"lanser/server/api"
)

// gopls makes no index of the module cache, which takes minutes where that is large, and again for each module.
func TestGoplsDoesNotIndexTheModuleCache(t *testing.T) {
	indextest.Needs(t, "gopls")
	cache := t.TempDir()
	t.Setenv("XDG_CACHE_HOME", cache)
	t.Setenv("GOMODCACHE", indextest.Files(t, map[string]string{
		"ex.com/dep@v1.0.0/go.mod": "module ex.com/dep\n", "ex.com/dep@v1.0.0/dep.go": "package dep\n\nfunc F() {}\n",
	}))
	dir := indextest.Files(t, map[string]string{
		"a/go.mod": "module ex.com/a\n\ngo 1.21\n", "a/a.go": "package a\n\nfunc F() { dep.F() }\n",
		"a/b.go":   "package a\n\nvar b = strings.ToUpper(\"b\")\n",
		"b/go.mod": "module ex.com/b\n\ngo 1.21\n", "b/b.go": "package b\n",
	})
	for range 2 { // with the index of before, too
		e := untraced(t, dir)
		b := do(t, e, api.Request{Op: "diag", Options: api.Options{Fixes: true, FailOn: "none"}})
		e.Close()
		var fixes []string
		for _, d := range b.Facts.Diagnostics {
			for _, fix := range d.Fixes {
				fixes = append(fixes, d.URI+": "+fix.Title)
			}
		}
		want := []string{`a/b.go: Add import:  "strings"`} // and no module that only this machine has
		if len(b.Facts.Diagnostics) != 2 || !slices.Equal(fixes, want) {
			t.Errorf("the fixes are %q, want %q of two findings:\n%+v", fixes, want, b.Facts.Diagnostics)
		}
	}
	entries, err := os.ReadDir(filepath.Join(cache, "lanser", "gopls", "goimports"))
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, e := range entries {
		names = append(names, e.Name()[:min(len(e.Name()), len("index-name-0"))])
	}
	if want := []string{"index-0-empt", "index-name-0"}; !slices.Equal(names, want) {
		t.Errorf("the files of the index are %q, want %q", names, want)
	}
}
