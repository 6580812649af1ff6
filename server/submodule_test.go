package server_test

import (
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"lanser/index/indextest"
	"lanser/server/api"
	"lanser/server/bundle"
)

// The code of a submodule is checked, compared with an earlier commit, and found by its name. A submodule
// that is not checked out is named.
func TestASubmoduleIsPartOfTheWorkspace(t *testing.T) {
	t.Parallel()
	indextest.Needs(t, "the server pyright")
	inner := repository(t, map[string]string{
		"helper.py": "def assist(n: int) -> int:\n    return n\n\n\ndef broken() -> int:\n    return \"x\"\n",
	})
	dir := repository(t, map[string]string{"main.py": "from lib.helper import assist\n\nassist(1)\n"})
	runGit(t, dir, "-c", "protocol.file.allow=always", "submodule", "--quiet", "add", inner, "lib")
	runGit(t, dir, "commit", "-qm", "lib")
	found := func(b *bundle.Bundle) (out []string) {
		for _, d := range b.Facts.Diagnostics {
			out = append(out, d.URI+" "+d.BaselineState)
		}
		return out
	}
	e := untraced(t, dir)
	b := do(t, e, api.Request{Op: "diag"})
	if d := cmp.Diff([]string{"lib/helper.py "}, found(b)); d != "" || b.Evidence.State != bundle.Complete {
		t.Errorf("evidence %v; -want +got:\n%s", b.Evidence, d)
	}
	b = do(t, e, api.Request{Op: "refs", Selector: sel("py://lib.helper#assist")})
	want := []string{"lib/helper.py[0 4 0 10]", "main.py[0 23 0 29]", "main.py[2 0 2 6]"}
	if d := cmp.Diff(want, places(b.Facts.References)); d != "" {
		t.Errorf("references, -want +got:\n%s", d)
	}
	b = do(t, e, api.Request{Op: "diag", Options: api.Options{Since: "HEAD"}})
	if d := cmp.Diff([]string{"lib/helper.py unchanged"}, found(b)); d != "" || b.Facts.Compared.Absent != 0 {
		t.Errorf("since HEAD: %+v; -want +got:\n%s", b.Facts.Compared, d)
	}
	runGit(t, dir, "submodule", "--quiet", "deinit", "-f", "lib")
	b = do(t, untraced(t, dir), api.Request{Op: "diag"})
	const reason = "not part of the workspace: the submodule lib is not checked out: git submodule update --init lib"
	if !slices.Contains(b.Evidence.Reasons, reason) {
		t.Errorf("evidence %v", b.Evidence)
	}
}
