package index

import (
	"maps"
	"slices"
	"testing"

	"lanser/index/syntax"
)

func TestEveryModuleRuleThatADescriptionMayNameIsThere(t *testing.T) {
	if have := slices.Sorted(maps.Keys(namingRules)); !slices.Equal(have, syntax.ModuleRules) {
		t.Errorf("index has the rules %v, and language.json may name %v", have, syntax.ModuleRules)
	}
}

// Whatever manifests hold, each file has a name, and is found by it.
func FuzzNaming(f *testing.F) {
	for _, s := range []string{
		"module example.com/m\n", "[package]\nname = \"a-b\"\n[workspace]\nmembers = [\"*\"]\n", "module \"../x\"\n",
		"module std",
		"package a.b;\nnamespace C\\D;\nmodule E", "[package]\nname = \"a\u2028b\"", "module .\n",
		"module /\nmodule //x\n",
	} {
		f.Add([]byte(s))
	}
	dir := f.TempDir()
	w, err := Open(dir, Options{})
	if err != nil {
		f.Fatal(err)
	}
	defer w.Close()
	empty, err := w.Snapshot(f.Context())
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, raw []byte) {
		over := map[string][]byte{}
		for _, p := range []string{
			"go.mod", "sub/go.mod", "Cargo.toml", "sub/Cargo.toml", "sub/pyproject.toml", "Package.swift",
			"composer.json",
			"sub/a.go", "sub/a_test.go", "sub/src/lib.rs", "src/main.rs", "src/a/__init__.py", "src/a.ts",
			"sub/A.java", "sub/a.php",
			"Sources/a/b.swift", "a.c",
		} {
			over[p] = raw
		}
		s, err := empty.Overlay(over)
		if err != nil {
			t.Fatal(err)
		}
		for _, l := range syntax.Languages() {
			table := s.table(l.Scheme)
			for file, name := range table.canonical {
				if !slices.Contains(table.named(table.moduleOf(file)), file) {
					t.Errorf("%s: its module %q does not name it", file, name)
				}
			}
		}
	})
}
