package index_test

import (
	"context"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"lanser/index/indextest"
	"lanser/selectors"
	"lanser/selectors/text"
)

// A place is looked up in its file alone. The rest of its package is read only where the place is the name of a
// declaration, which is numbered within the package.
func TestAPlaceAtNoNameReadsOneFile(t *testing.T) {
	const method = "package m\n\nfunc (s Store) Get() int {\n\treturn 1\n}\n\nfunc init() {}\n"
	dir := indextest.Files(t, map[string]string{
		"go.mod":   "module ex.com/m\n",
		"get.go":   method,
		"init.go":  "package m\n\nfunc init() {}\n",
		"store.go": "package m\n\ntype Store struct{}\n",
	})
	for _, c := range []struct {
		place  string
		want   string // the selector of the declaration, "" for none
		parsed int
	}{
		{"get.go@L4:C2", "", 1},
		{"get.go@R(4,2->4,10)", "", 1},
		{"get.go@L3:C17", "go://ex.com/m#Store.Get", 3},
		{"get.go@R(7,1->7,15)", "go://ex.com/m#init?overload=0", 3},
	} {
		w, s := snapshot(t, dir)
		place, err := selectors.Parse(c.place, text.UTF16)
		if err != nil {
			t.Fatal(err)
		}
		target, err := selectors.Resolve(context.Background(), s, place)
		if err != nil {
			t.Fatalf("%s: %v", c.place, err)
		}
		got := ""
		if target.Decl != nil {
			got = target.Decl.Selector().String()
		}
		if got != c.want || w.Parsed() != c.parsed {
			t.Errorf("%s is %q after %d parsed files, want %q after %d",
				c.place, got, w.Parsed(), c.want, c.parsed)
		}
	}
}

// The declarations of a file alone are those that it has within its module, but for what other files say.
func TestLocalDeclarationsAreThoseOfTheModule(t *testing.T) {
	_, s := snapshot(t, indextest.Files(t, map[string]string{
		"go.mod":    "module ex.com/m\n",
		"a.go":      "package m\n\nfunc (s *Store) Get() (n int) {\n\tk := func() {}\n\treturn n\n}\n\nvar A, B = 1, 2",
		"b.go":      "package m\n\n// Store stores.\ntype Store struct{ N int }\n\nfunc init() {}\nfunc init() {}\n",
		"p/m.py":    "class C:\n    def m(self): ...\n    def m(self): ...\n",
		"p/m.pyi":   "class C:\n    def m(self) -> None: ...\n",
		"c.h":       "struct s { int n; };\nint f(struct s);\n",
		"c.c":       "#include \"c.h\"\nint f(struct s x) { return x.n; }\n",
		"s/util.ts": "export function f(a: string): void\nexport function f(a: any) {}\n",
	}))
	elsewhere := cmpopts.IgnoreFields(selectors.Decl{}, "Overload", "Overloads", "Symbol", "Main", "Container", "Kinds")
	n := 0
	for _, p := range s.Paths() {
		n += len(s.LocalDecls(p))
		if diff := cmp.Diff(s.FileDecls(p), s.LocalDecls(p), elsewhere, cmpopts.EquateEmpty()); diff != "" {
			t.Errorf("%s (-within its module +alone):\n%s", p, diff)
		}
	}
	if n != 18 {
		t.Errorf("%d declarations", n)
	}
}
