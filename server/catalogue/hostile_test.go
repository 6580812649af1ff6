package catalogue

import (
	"strings"
	"testing"

	"lanser/server/project"
	"lanser/server/project/projecttest"
)

func TestReadingAnyTypeScriptConfigurationEnds(t *testing.T) {
	for name, tt := range map[string]struct {
		raw  string
		want bool
	}{
		"plain": {`{"include": ["src/**/*"] // why not
		}`, true},
		"nested arrays":    {strings.Repeat("[", 1<<20), false},
		"nested objects":   {strings.Repeat(`{"a":`, 1<<18), false},
		"nested comments":  {strings.Repeat("/*", 1<<20), false},
		"extends itself":   {`{"extends": "./tsconfig.json"}`, false},
		"extends a chain":  {`{"extends": [` + strings.Repeat(`"./tsconfig.json",`, 1<<14) + `]}`, false},
		"many patterns":    {`{"include": [` + strings.Repeat(`"src/*",`, 1<<14) + `"src/**/*"]}`, false},
		"a long pattern":   {`{"include": ["` + strings.Repeat("*a", 1<<14) + `", "src/**/*"]}`, false},
		"stars":            {`{"include": ["` + strings.Repeat("*a", 400) + `b", "src/**/*"]}`, true},
		"folders of stars": {`{"include": ["` + strings.Repeat("**/", 300) + `b", "src/**/*"]}`, true},
	} {
		t.Run(name, func(t *testing.T) {
			c, ok := readTSConfig([]byte(tt.raw))
			if got := ok && c.holds("src/"+strings.Repeat("a", 200)+".ts"); got != tt.want {
				t.Errorf("%v, want %v", got, tt.want)
			}
		})
	}
}

// Reading any configuration ends, and so does matching files with it.
func FuzzTSConfig(f *testing.F) {
	for _, s := range []string{
		`{"include":["src/**/*"],"exclude":["**/*.spec.ts"]}`, "{/**/\"files\":[\"a.ts\",],}",
		`{"extends":[],"compilerOptions":{"outDir":"./x/.."}}`, "[[[[", "\ufeff{}", `{"include":["../*","/a","$x"]}`,
	} {
		f.Add([]byte(s), "src/a.ts")
	}
	f.Fuzz(func(t *testing.T, raw []byte, rel string) {
		if c, ok := readTSConfig(raw); ok {
			c.holds(rel)
		}
	})
}

// files is a view of files with their contents.
type files = projecttest.Files

// Any manifests of Go and Python are read or skipped.
func FuzzManifests(f *testing.F) {
	for _, s := range []string{
		"go 1.21\nuse (\n\t./a\n\t../b\n)\n", "use ./a", "[tool.pyright]\ninclude = ['a']\n", "{\"include\":[]}",
		"use (\n" + strings.Repeat("(", 100), "\x00",
	} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, raw []byte) {
		v := files{
			"go.work":            string(raw),
			"go.mod":             string(raw),
			"pyproject.toml":     string(raw),
			"pyrightconfig.json": string(raw),
			"a.go":               string(raw),
			"a.py":               "",
		}
		heldByPyright(nil, v, "a.py")
		heldByGopls(gopls, v, "a.go")
		if used, _ := project.GoWork(v); len(used) > len(raw) {
			t.Errorf("%d modules in %d bytes", len(used), len(raw))
		}
	})
}

// Any lock files and manifests are read or skipped, and give versions only.
func FuzzReleases(f *testing.F) {
	for _, s := range []string{
		`{"packages":{"node_modules/typescript":{"version":"5.4.5"}}}`,
		"importers:\n  .:\n    devDependencies:\n      typescript: 5\n",
		"typescript@^5:\n  version \"5.4.5\"\n", `{"packages":{"typescript":["typescript@5.4.5"]}}`,
		"a: &a [*a]\n", "a: &a\n  b: *a\n", strings.Repeat("- ", 1000), "typescript@\n  version:\n",
	} {
		f.Add([]byte(s), "^5")
	}
	f.Fuzz(func(t *testing.T, raw []byte, wanted string) {
		for _, lock := range project.LockFiles {
			read := lock.Read(raw, "typescript")
			read(".", wanted)
			read("packages/a", wanted)
		}
		if v := inRange(wanted, []string{"5.9.3"}); v != "" && !isVersion(v) {
			t.Errorf("%q is no version", v)
		}
	})
}
