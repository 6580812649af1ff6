package bundle_test

import (
	"encoding/json"
	"fmt"

	"lanser/server/bundle"
)

// A sealed bundle's lists are in canonical order, so that equal answers have equal ids however
// they came about, and a bundle that was changed is recognised.
func Example() {
	a := bundle.Location{URI: "a.go", Range: bundle.Range{3, 0, 3, 4}}
	b := bundle.Location{URI: "b.go", Range: bundle.Range{1, 0, 1, 4}}
	sealed := func(found ...bundle.Location) *bundle.Bundle {
		answer := &bundle.Bundle{
			Status:   "ok",
			Request:  bundle.Request{Cmd: "references"},
			Facts:    &bundle.Facts{References: found},
			Evidence: bundle.Evidence{State: bundle.Complete},
			Local:    &bundle.Local{Root: "/anywhere"}, // outside the hash
		}
		if err := answer.Seal(); err != nil {
			fmt.Println(err)
		}
		return answer
	}
	first, second := sealed(a, b), sealed(b, a, b)
	fmt.Println(len(second.Facts.References), "references, equal:", first.BundleID == second.BundleID)

	second.Facts.References[0].URI = "c.go"
	raw, err := json.Marshal(second)
	if err != nil {
		fmt.Println(err)
	}
	ought, has, err := bundle.IDOf(raw)
	fmt.Println("as it was sealed:", ought == has, err)
	// Output:
	// 2 references, equal: true
	// as it was sealed: false <nil>
}
