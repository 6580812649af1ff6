package index_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"lanser/index"
	"lanser/index/indextest"
	"lanser/selectors"
	"lanser/selectors/fault"
	"lanser/selectors/text"
)

func snapshot(t testing.TB, dir string) (*index.Workspace, *index.Snapshot) {
	t.Helper()
	return snapshotWith(t, dir, index.Options{})
}

// failer is a test, or a check of rapid.
type failer interface {
	Helper()
	Fatal(args ...any)
}

// snapshotWith opens the workspace in a folder and takes a snapshot of it.
func snapshotWith(t failer, dir string, options index.Options) (*index.Workspace, *index.Snapshot) {
	t.Helper()
	w, err := index.Open(dir, options)
	if err != nil {
		t.Fatal(err)
	}
	s, err := w.Snapshot(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	return w, s
}

// resolve resolves a selector by its string form.
func resolve(t testing.TB, s *index.Snapshot, spelled string) (*selectors.Target, error) {
	t.Helper()
	sel, err := selectors.Parse(spelled, text.UTF16)
	if err != nil {
		t.Fatalf("%s: %v", spelled, err)
	}
	return selectors.Resolve(context.Background(), s, sel)
}

// codebases holds one that nobody here wrote for each of the first languages,
// with the least number of symbols that the language must have in it.
var codebases = []struct {
	name string
	lang selectors.Lang
	dir  func(testing.TB) string
	min  int
}{
	{"Go: cobra", "go", indextest.Cobra, 700},
	{"Python: email", "py", indextest.Mail, 2000},
	{"TypeScript: rxjs", "ts", indextest.RxJS, 4000},
	{"Rust: regex", "rs", debianPackage("librust-regex-dev=1.7.1-1"), 1200},
	{"C: zlib", "cpp", debian("zlib=1:1.2.13.dfsg-1"), 1500},
	{"C++: leveldb", "cpp", debian("leveldb=1.23-4"), 1500},
	{"Java: commons-io", "java", debian("commons-io=2.11.0-2"), 3000},
	{"C#: newtonsoft-json", "cs", debian("newtonsoft-json=6.0.8+dfsg-1.1"), 5000},
	{"PHP: php-parser", "php", debian("php-parser=4.15.4-1"), 1500},
	{"Ruby: rake", "rb", debianPackage("rake=13.0.6-3"), 300},
	{"Kotlin: coroutines", "kt", debian("kotlinx-coroutines=1.0.1-2"), 2000},
	{"Scala: scala", "scala", func(t testing.TB) string {
		return filepath.Join(indextest.Debian(t, "scala=2.11.12-5"), "src", "library", "scala", "collection")
	}, 5000},
	{"Swift: capacitor", "swift", func(t testing.TB) string { return indextest.NPM(t, "@capacitor/ios@7.4.3") }, 800},
	{"Lua: penlight", "lua", debianPackage("lua-penlight=1.13.1-3"), 400},
	{"Bash: bats", "sh", debianPackage("bats=1.8.2-1"), 50},
}

func debian(version string) func(testing.TB) string {
	return func(t testing.TB) string { return indextest.Debian(t, version) }
}

func debianPackage(version string) func(testing.TB) string {
	return func(t testing.TB) string { return indextest.DebianPackage(t, version) }
}

// Every listed symbol has exactly one canonical selector, which finds it again, one symbolId, and an AST path that
// resolves to it.
func TestEverySymbolsCanonicalSelectorFindsExactlyThatSymbol(t *testing.T) {
	t.Parallel()
	for _, cb := range codebases {
		t.Run(cb.name, func(t *testing.T) {
			t.Parallel()
			_, s := snapshot(t, cb.dir(t))
			if n := roundTrip(t, s)[cb.lang]; n < cb.min {
				t.Errorf("only %d symbols", n)
			}
		})
	}
	t.Run("the fixtures of all languages", func(t *testing.T) {
		t.Parallel()
		fixtures, err := filepath.Glob("syntax/languages/*/fixture.*.txt")
		if err != nil {
			t.Fatal(err)
		}
		files := map[string]string{}
		for _, f := range fixtures {
			src, err := os.ReadFile(f)
			if err != nil {
				t.Fatal(err)
			}
			name := strings.TrimSuffix(filepath.Base(f), ".txt")
			if base, ok := strings.CutPrefix(name, "fixture.Docker"); ok {
				name = "Docker" + base
			}
			files[filepath.Base(filepath.Dir(f))+"/"+name] = string(src)
		}
		_, s := snapshot(t, indextest.Files(t, files))
		found := roundTrip(t, s)
		for _, l := range s.Langs() {
			if found[l] == 0 {
				t.Errorf("no symbol of %s", l)
			}
		}
	})
}

// roundTrip looks every symbol up by its own selector and AST path, and says how
// many each language has.
func roundTrip(t *testing.T, s *index.Snapshot) map[selectors.Lang]int {
	t.Helper()
	n, paths, bad := map[selectors.Lang]int{}, 0, 0
	ids := map[string]selectors.Decl{}
	wrong := func(format string, args ...any) {
		t.Helper()
		t.Errorf(format, args...)
		bad++
		if bad > 20 {
			t.Fatal("and more")
		}
	}
	for _, p := range s.Paths() {
		for _, d := range s.FileDecls(p) {
			n[d.Lang]++
			target, err := resolve(t, s, d.Selector().String())
			if err != nil {
				wrong("%s: %v", d.Selector(), err)
			} else if !reflect.DeepEqual(d, *target.Decl) {
				wrong("%s finds another symbol (-listed +found)\n%s", d.Selector(), cmp.Diff(d, *target.Decl))
			}
			if d.Overloads == 1 {
				paths++
				target, err = resolve(t, s, d.AST().String())
				if err != nil && !fault.Is(err, fault.Ambiguous) || err == nil && target.Decl.ID() != d.ID() {
					wrong("%s: %v", d.AST(), err)
				}
			}
			if other, taken := ids[d.ID()]; taken {
				wrong("%s (%s) and %s (%s) have one symbolId", d.Selector(), d.Path, other.Selector(), other.Path)
			}
			ids[d.ID()] = d
		}
	}
	t.Logf("%d symbols, %d AST paths: %v", len(ids), paths, n)
	return n
}

// Whole words are found with their class: code, comment or string. Files with syntax errors, in which classes are
// uncertain, are reported.
func TestHitsOfAWordAreClassified(t *testing.T) {
	_, s := snapshot(t, indextest.Files(t, map[string]string{
		"a.go": "package a\n\n// Word and Words.\nvar Word = \"Word\" + xWord\n", "b.txt": "Word WordWord\n",
		"c.go": "package a\n\nfunc {{{ Word\n", "d.py": "x = Word\n",
	}))
	hits, unsure := s.Hits(t.Context(), s.Occurrences(t.Context(), "Word"), nil)
	var got []string
	for _, h := range hits {
		got = append(got, fmt.Sprintf("%s:%d %s", h.Path, h.Span.Start, h.Class))
	}
	want := []string{"a.go:14 comment", "a.go:34 code", "a.go:42 string", "b.txt:0 code", "c.go:20 code", "d.py:4 code"}
	if d := cmp.Diff(want, got); d != "" {
		t.Errorf("(-want +got)\n%s", d)
	}
	if d := cmp.Diff([]string{"c.go"}, unsure); d != "" {
		t.Errorf("unsure (-want +got)\n%s", d)
	}
}

// If a file has changed when it is read a second time, that is an error: an answer never mixes two states.
func TestAFileThatChangesDuringARequestIsAnError(t *testing.T) {
	dir := indextest.Files(t, map[string]string{"a.go": "package a\n\nfunc F() {}\n"})
	_, s := snapshot(t, dir)
	all := func(string) bool { return true }
	s.Digest(all)
	if err := os.WriteFile(filepath.Join(dir, "a.go"), []byte("package a\n\nfunc G() {}\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	if s.Unchanged(all) {
		t.Error("the file is said to be as it was read")
	}
	if c, err := s.Content("a.go"); !fault.Is(err, fault.ContentModified) {
		t.Errorf("%v, %v", c, err)
	}
}
