package hierarchy

import (
	"testing"

	"lanser/selectors"
)

// A declaration has the selector that is made of its names, also if these are encoded in it, and no other's.
func TestADeclarationHasItsSelectorAndNoOther(t *testing.T) {
	var decls []selectors.Decl
	for _, names := range [][]string{
		{"load"},
		{"Store", "load"},
		{"Store", "loaded"},
		{"Store", "a b"},
		{"Store", "operator."},
		{"f/2"},
		{"été"},
		{"$"},
	} {
		decls = append(decls, selectors.Decl{Lang: "ts", Module: "src/app", Names: names})
	}
	for i := range decls {
		for k := range decls {
			if got := hasSelector(&decls[i], decls[k].Selector().String()); got != (i == k) {
				t.Errorf("%v has the selector of %v: %v", decls[i].Names, decls[k].Names, got)
			}
		}
		if hasSelector(&decls[i], "") {
			t.Errorf("%v has the empty selector", decls[i].Names)
		}
	}
}
