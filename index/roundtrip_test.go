package index_test

import (
	"context"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"

	"lanser/index"
	"lanser/index/corpus"
	"lanser/selectors"
	"lanser/selectors/fault"
	"lanser/selectors/text"
)

func snapshot(t testing.TB, dir string) (*index.Workspace, *index.Snapshot) {
	t.Helper()
	w, err := index.Open(dir, index.Options{})
	if err != nil {
		t.Fatal(err)
	}
	s, err := w.Snapshot(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	return w, s
}

// codebases holds one that nobody here wrote for each of the first languages,
// with the least number of symbols that the language must have in it.
var codebases = []struct {
	name string
	lang selectors.Lang
	dir  func(testing.TB) string
	min  int
}{
	{"Go: cobra", "go", corpus.Cobra, 700},
	{"Python: email", "py", corpus.Mail, 2000},
	{"TypeScript: rxjs", "ts", corpus.RxJS, 4000},
	{"Rust: regex", "rs", debianPackage("librust-regex-dev=1.7.1-1"), 1200},
	{"C: zlib", "cpp", debian("zlib=1:1.2.13.dfsg-1"), 1500},
	{"C++: leveldb", "cpp", debian("leveldb=1.23-4"), 1500},
	{"Java: commons-io", "java", debian("commons-io=2.11.0-2"), 3000},
	{"C#: newtonsoft-json", "cs", debian("newtonsoft-json=6.0.8+dfsg-1.1"), 5000},
	{"PHP: php-parser", "php", debian("php-parser=4.15.4-1"), 1500},
	{"Ruby: rake", "rb", debianPackage("rake=13.0.6-3"), 300},
	{"Kotlin: coroutines", "kt", debian("kotlinx-coroutines=1.0.1-2"), 2000},
	{"Scala: scala", "scala", func(t testing.TB) string {
		return filepath.Join(corpus.Debian(t, "scala=2.11.12-5"), "src", "library")
	}, 5000},
	{"Swift: capacitor", "swift", func(t testing.TB) string { return corpus.NPM(t, "@capacitor/ios@7.4.3") }, 800},
	{"Lua: penlight", "lua", debianPackage("lua-penlight=1.13.1-3"), 400},
	{"Bash: bats", "sh", debianPackage("bats=1.8.2-1"), 50},
}

func debian(version string) func(testing.TB) string {
	return func(t testing.TB) string { return corpus.Debian(t, version) }
}

func debianPackage(version string) func(testing.TB) string {
	return func(t testing.TB) string { return corpus.DebianPackage(t, version) }
}

// Every symbol that is listed has exactly one canonical selector that finds it
// again, one symbolId, and an AST path that means it.
func TestEverySymbolsCanonicalSelectorFindsExactlyThatSymbol(t *testing.T) {
	for _, cb := range codebases {
		t.Run(cb.name, func(t *testing.T) {
			ctx := context.Background()
			_, s := snapshot(t, cb.dir(t))
			n, bad, paths := 0, 0, 0
			ids := map[string]selectors.Decl{}
			for _, p := range s.Paths() {
				for _, d := range s.FileDecls(p) {
					if d.Lang == cb.lang {
						n++
					}
					find := func(spelled string) (*selectors.Target, error) {
						sel, err := selectors.Parse(spelled, text.UTF16)
						if err != nil {
							t.Fatalf("%s: %v", spelled, err)
						}
						return selectors.Resolve(ctx, s, sel)
					}
					target, err := find(d.Selector().String())
					switch {
					case err != nil:
						bad++
						t.Errorf("%s: %v", d.Selector(), err)
					case cmp.Diff(d, *target.Decl) != "":
						bad++
						t.Errorf("%s finds another symbol (-listed +found)\n%s", d.Selector(), cmp.Diff(d, *target.Decl))
					}
					if d.Overloads == 1 {
						paths++
						target, err = find(d.AST().String())
						if err != nil && !fault.Is(err, fault.Ambiguous) || err == nil && (target.Decl.ID() != d.ID()) {
							bad++
							t.Errorf("%s: %v", d.AST(), err)
						}
					}
					if other, taken := ids[d.ID()]; taken {
						bad++
						t.Errorf("%s (%s) and %s (%s) have one symbolId", d.Selector(), d.Path, other.Selector(), other.Path)
					}
					ids[d.ID()] = d
					if bad > 20 {
						t.Fatal("and more")
					}
				}
			}
			t.Logf("%d symbols of %s, %d of all languages, %d AST paths", n, cb.lang, len(ids), paths)
			if n < cb.min {
				t.Errorf("only %d symbols", n)
			}
		})
	}
}
