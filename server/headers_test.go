package server_test

import (
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"lanser/index/indextest"
	"lanser/server/api"
)

// The supertypes of a class of Python are the bases that its header names: not the module before a dot, not the
// metaclass, and an argument of a call only with a doubt.
func TestTheSupertypesOfAClassAreItsBases(t *testing.T) {
	t.Parallel()
	indextest.Needs(t, "the server pyright")
	dir := indextest.Files(t, map[string]string{
		"a.py": "import abc\nfrom typing import Generic, TypeVar\n\nT = TypeVar('T')\n\n\ndef deco(x): return x\n" +
			"class A(abc.ABC): pass\nclass B(A, metaclass=abc.ABCMeta): pass\nclass C(deco(B)): pass\n" +
			"class D(\n    B,\n    metaclass = abc.ABCMeta,\n): pass\nclass G(Generic[T]): pass\nclass H(G[B]): pass\n",
	})
	e := thawed(t, dir)
	for class, tt := range map[string]struct {
		want  []string
		state string
	}{
		"A": {[]string{"ABC"}, "complete"},
		"B": {[]string{"A"}, "complete"},
		"C": {[]string{"B"}, "partial"},
		"D": {[]string{"B"}, "complete"},
		"G": {[]string{"Generic"}, "complete"},
		"H": {[]string{"G"}, "complete"},
	} {
		b := do(t, e, api.Request{
			Op: "types", Selector: selector("py://a#" + class), Options: api.Options{Super: true},
		})
		var got []string
		for _, edge := range b.Facts.Types {
			got = append(got, edge.To.Name)
		}
		slices.Sort(got)
		if d := cmp.Diff(tt.want, got); d != "" || b.Evidence.State != tt.state {
			t.Errorf("%s: %s %v (-want +got)\n%s", class, b.Evidence.State, b.Evidence.Reasons, d)
		}
	}
}
