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

// An array before the name, as that of the authors often is, does not end the table of a package.
func TestTheNameOfACrate(t *testing.T) {
	for manifest, want := range map[string]string{
		"[package]\nname = \"my-crate\"\n":                                "my_crate",
		"[package]\nauthors = [\"A <a@example.com>\"]\nname = \"b\"\n":    "b",
		"[package]\nkeywords = [\n  \"x\",\n]\nname = 'c'\n":              "c",
		"# [package]\n[workspace]\nmembers = [\"a\"]\n":                   "",
		"[package]\nversion = \"1\"\n\n[lib]\nname = \"other\"\n":         "",
		"[dependencies]\nname = \"1\"\n\n[ package ]\r\n\tname=\"d\"\r\n": "d",
		"[package]\nname.workspace = true\n":                              "",
	} {
		if got := crateName([]byte(manifest)); got != want {
			t.Errorf("%q: %q, want %q", manifest, got, want)
		}
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
