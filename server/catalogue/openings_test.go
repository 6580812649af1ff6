package catalogue

import (
	"os"
	"testing"

	"github.com/google/go-cmp/cmp"

	"lanser/selectors/text"
)

func TestEveryProjectIsLoadedByOneOpenFile(t *testing.T) {
	for _, tt := range []struct {
		name   string
		paths  []string
		target string
		want   []string
	}{
		{
			"one project",
			[]string{"src/a.ts", "src/b.ts", "tsconfig.json"},
			"src/b.ts",
			[]string{"src/a.ts", "src/b.ts"},
		},
		{
			"projects and orphans",
			[]string{"a/tsconfig.json", "a/x.ts", "a/y.ts", "b/jsconfig.json", "b/z.js", "c/w.ts", "d.go"},
			"a/y.ts",
			[]string{"a/x.ts", "a/y.ts", "b/z.js", "c/w.ts"},
		},
		{"no target", []string{"x.ts", "y.ts"}, "", []string{"x.ts", "y.ts"}},
	} {
		got, short := typescript.Openings(listed(tt.paths), tt.target, nil, nil)
		if d := cmp.Diff(tt.want, got); d != "" || short != "" {
			t.Errorf("%s: %s (-want +got)\n%s", tt.name, short, d)
		}
	}
	if got, _ := gopls.Openings(listed{"go.mod", "a.go", "b.go"}, "b.go", nil, []string{"a.go"}); len(got) != 1 {
		t.Errorf("a server without projects opens %v", got)
	}
}

// listed is a view of which only the paths are asked.
type listed []string

func (l listed) Root() string                          { return "/nowhere" }
func (l listed) Paths() []string                       { return l }
func (l listed) Content(string) (*text.Content, error) { return nil, os.ErrNotExist }
func (l listed) FilesVersion() any                     { return nil }
func (l listed) Memoize(_ any, work func() any) any    { return work() }
func (l listed) Disk(string) (string, bool)            { return "", false }
func (l listed) ReadFile(string) ([]byte, error)       { return nil, os.ErrNotExist }
