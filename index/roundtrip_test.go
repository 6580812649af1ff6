package index_test

import (
	"context"
	"testing"

	"github.com/google/go-cmp/cmp"

	"lanser/index"
	"lanser/index/corpus"
	"lanser/selectors"
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

func TestEverySymbolsCanonicalSelectorFindsExactlyThatSymbol(t *testing.T) {
	for name, copy := range map[string]func(testing.TB) string{"cobra": corpus.Cobra, "mailpkg": corpus.Mail, "rxjs": corpus.RxJS} {
		t.Run(name, func(t *testing.T) {
			_, s := snapshot(t, copy(t))
			n, ids := 0, map[string]selectors.Decl{}
			for _, p := range s.Paths() {
				for _, d := range s.FileDecls(p) {
					n++
					sel, err := selectors.Parse(d.Selector().String(), text.UTF16)
					if err != nil {
						t.Fatal(err)
					}
					target, err := selectors.Resolve(context.Background(), s, sel)
					if err != nil {
						t.Errorf("%s: %v", d.Selector(), err)
						continue
					}
					if diff := cmp.Diff(d, *target.Decl); diff != "" {
						t.Errorf("%s finds another symbol (-listed +found)\n%s", d.Selector(), diff)
					}
					if other, taken := ids[d.ID()]; taken {
						t.Errorf("%s and %s have one symbolId", d.Selector(), other.Selector())
					}
					ids[d.ID()] = d
				}
			}
			t.Logf("%s: %d symbols", name, n)
			if n < 700 {
				t.Errorf("only %d symbols", n)
			}
		})
	}
}
