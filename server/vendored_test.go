package server_test

import (
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"

	"lanser/index/indextest"
	"lanser/server/api"
)

// What vendored packages have is known after each edit, and as in a fresh process, though they are only asked about
// again when something has changed that they depend on.
func TestVendoredPackagesAreCompiledAgainAfterTheirEdits(t *testing.T) {
	t.Parallel()
	indextest.Needs(t, "the server gopls")
	const right, wrong = "package d\n\nfunc F() int { return 1 }\n", "package d\n\nfunc F() int { return \"\" }\n"
	dir := indextest.Files(t, map[string]string{
		"go.mod":                    "module ex.com/m\n\ngo 1.20\n\nrequire example.com/d v1.0.0\n",
		"vendor/modules.txt":        "# example.com/d v1.0.0\n## explicit; go 1.20\nexample.com/d\n",
		"vendor/example.com/d/d.go": wrong,
		"a.go":                      "package m\n\nimport \"example.com/d\"\n\nvar N = d.F()\n",
	})
	e := thawed(t, dir)
	for _, edit := range []struct {
		file, text string
		want       []string
	}{
		{"a.go", "package m\n\nimport \"example.com/d\"\n\nvar M = d.F()\n", []string{"vendor/example.com/d/d.go:3"}},
		{"vendor/example.com/d/d.go", right, nil},
		{"a.go", "package m\n\nimport \"example.com/d\"\n\nvar M = d.G()\n", []string{"a.go:5"}},
		{"vendor/example.com/d/d.go", wrong + "\nfunc G() int { return 2 }\n", []string{"vendor/example.com/d/d.go:3"}},
		{
			"go.mod", "module ex.com/m\n\ngo 1.20\n\nrequire example.com/d v1.0.0 // as before\n",
			[]string{"vendor/example.com/d/d.go:3"},
		},
	} {
		indextest.Write(t, dir, edit.file, edit.text)
		b, fresh := do(t, e, api.Request{Op: "diag"}), do(t, thawed(t, dir), api.Request{Op: "diag"})
		var got []string
		for _, d := range b.Facts.Diagnostics {
			got = append(got, fmt.Sprintf("%s:%d", d.URI, d.Range[0]+1))
		}
		if diff := cmp.Diff(edit.want, got); diff != "" {
			t.Errorf("after %s: -want +got\n%s%+v", edit.file, diff, b.Evidence)
		}
		if b.BundleID != fresh.BundleID {
			t.Errorf("after %s: a fresh process has another bundle: %s", edit.file, cmp.Diff(fresh, b))
		}
	}
}
