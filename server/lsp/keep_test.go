package lsp

import (
	"maps"
	"os"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"lanser/selectors/text"
)

// written is a view of files with their contents.
type written map[string]string

func (w written) Root() string                    { return "/nowhere" }
func (w written) Paths() []string                 { return slices.Sorted(maps.Keys(w)) }
func (w written) Files() any                      { return nil }
func (w written) Once(_ any, work func() any) any { return work() }
func (w written) Disk(string) (string, bool)      { return "", false }
func (w written) Content(p string) (*text.Content, error) {
	raw, err := w.ReadFile(p)
	return text.New(raw), err
}

func (w written) ReadFile(p string) ([]byte, error) {
	if s, ok := w[p]; ok {
		return []byte(s), nil
	}
	return nil, os.ErrNotExist
}

// What mentions a name is opened only where no open file loads its project.
func TestWhatAProjectHoldsNeedNotBeOpen(t *testing.T) {
	files := written{
		"tsconfig.json": `{"exclude": ["old"]}`, "old/a.ts": "", "src/a.ts": "", "src/b.ts": "", "src/b.d.ts": "", "src/c.tsx": "", "src/c.d.ts": "", "src/d.d.ts": "", "src/e.js": "", "src/f.ts": "\ufeff",
		"app/jsconfig.json": `{}`, "app/a.ts": "", "app/b.ts": "", "own/tsconfig.json": `{"extends": "../base.json"}`, "own/a.ts": "", "own/b.ts": "",
	}
	var mention []string
	for p := range files {
		if typescript.LanguageID(p) != "" {
			mention = append(mention, p)
		}
	}
	got, short := typescript.Openings(files, "src/b.ts", mention)
	want := []string{"app/a.ts", "app/b.ts", "old/a.ts", "own/a.ts", "own/b.ts", "src/a.ts", "src/b.d.ts", "src/b.ts", "src/c.d.ts", "src/e.js", "src/f.ts"}
	if d := cmp.Diff(want, got); d != "" || short != "" {
		t.Errorf("%s (-want +got)\n%s", short, d)
	}
}

func TestAProjectHoldsWhatItsConfigurationIncludes(t *testing.T) {
	for _, tt := range []struct {
		config, file string
		holds        bool
	}{
		{`{}`, "src/a.ts", true},
		{`{ /* all */ "compilerOptions": {"strict": true,}, }`, "a.ts", true},
		{`{}`, "node_modules/x/a.ts", false},
		{`{}`, "src/node_modules/x/a.ts", false},
		{`{}`, "src/.hidden/a.ts", false},
		{`{"compilerOptions": {"outDir": "./dist"}}`, "dist/a.ts", false},
		{`{"compilerOptions": {"outDir": "dist"}}`, "distant/a.ts", true},
		{`{"include": ["src"]}`, "src/deep/a.ts", true},
		{`{"include": ["src/**/*"]}`, "src/deep/a.ts", true},
		{`{"include": ["src/*"]}`, "src/a.ts", true},
		{`{"include": ["./src"]}`, "lib/a.ts", false},
		{`{"include": ["**/*.spec.ts"]}`, "src/deep/a.spec.ts", true},
		{`{"include": ["**/*.spec.ts"]}`, "src/deep/a.ts", false},
		{`{"include": ["src"], "exclude": ["src/old"]}`, "src/old/a.ts", false},
		{`{"include": ["src"], "exclude": ["**/*.test.ts"]}`, "src/a.test.ts", false},
		{`{"files": ["a.ts", "./lib/b.ts"]}`, "lib/b.ts", true},
		{`{"files": ["a.ts"]}`, "b.ts", false},
		{`{"files": []}`, "b.ts", false},
		{`{"extends": "./base.json"}`, "a.ts", false},
		{`{"extends": "./base.json", "include": ["src"], "exclude": []}`, "src/a.ts", true},
		{`not json`, "a.ts", false},
	} {
		c, ok := readTSConfig([]byte(tt.config))
		if got := ok && c.holds(tt.file); got != tt.holds {
			t.Errorf("%s holds %s: %v", tt.config, tt.file, got)
		}
	}
}
