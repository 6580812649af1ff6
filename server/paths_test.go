package server_test

import (
	"testing"

	"lanser/index/indextest"
	"lanser/server"
	"lanser/server/api"
)

// Post-condition 5: requests that differ only in the spelling of paths have the same request in the bundle.
func TestPostCondition5PathsOfTheRequest(t *testing.T) {
	t.Parallel()
	root := indextest.Files(t, map[string]string{"a.go": "package m\n\nvar é = 1\n"})
	e, err := server.New(server.Config{Root: root})
	if err != nil {
		t.Fatal(err)
	}
	defer e.Close()
	root = e.Root()
	ids := map[string][]string{}
	for _, sel := range []string{"a.go@L3:C5", "./a.go@L3:C5", root + "/a.go@L3:C5", "file://" + root + "/a.go@L3:C5"} {
		b, err := e.Do(t.Context(), api.Request{Op: "locate", Selector: selector(sel)})
		if err != nil {
			t.Fatal(err)
		}
		ids[b.BundleID] = append(ids[b.BundleID], sel)
	}
	for _, p := range []string{"a.go", "./a.go", root + "/a.go"} {
		b, err := e.Do(t.Context(), api.Request{Op: "symbols", Paths: []string{p}})
		if err != nil {
			t.Fatal(err)
		}
		ids[b.BundleID] = append(ids[b.BundleID], p)
	}
	if len(ids) != 2 {
		t.Errorf("%v", ids)
	}
}
