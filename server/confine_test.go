package server_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"lanser/index/indextest"
	"lanser/server"
	"lanser/server/api"
	"lanser/server/bundle"
)

// If a confined server may not read a folder that a link leads to, the answer names the link. It is complete after
// the user allows the folder.
func TestFilesThatAConfinedServerMayNotReadLowerTheEvidence(t *testing.T) {
	indextest.Needs(t, "the server typescript")
	elsewhere := indextest.Files(
		t,
		map[string]string{
			"index.d.ts":   "export declare function far(): void;\n",
			"package.json": `{"name":"far","types":"index.d.ts"}`,
		},
	)
	dir := indextest.Files(
		t,
		map[string]string{
			"a.ts":          "import { far } from 'far';\nexport function f() { far(); }\nf();\n",
			"tsconfig.json": "{}",
			"package.json":  "{}",
		},
	)
	if err := os.Mkdir(filepath.Join(dir, "node_modules"), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(elsewhere, filepath.Join(dir, "node_modules", "far")); err != nil {
		t.Fatal(err)
	}
	for _, allowed := range []bool{false, true} {
		t.Setenv("LANSER_READ", map[bool]string{true: "relative:" + elsewhere}[allowed])
		e, err := server.New(server.Config{Root: dir})
		if err != nil {
			t.Fatal(err)
		}
		b, err := e.Do(t.Context(), api.Request{Op: "diag", Options: api.Options{Server: "typescript"}})
		e.Close()
		if err != nil {
			t.Fatal(err)
		}
		told := strings.Contains(strings.Join(b.Evidence.Reasons, "\n"), "node_modules/far leads out of the workspace")
		if told == allowed || (b.Evidence.State == bundle.Complete) != allowed ||
			(len(b.Facts.Diagnostics) == 0) != allowed {
			t.Errorf("allowed %t: %+v, %d findings", allowed, b.Evidence, len(b.Facts.Diagnostics))
		}
	}
}

// A fully confined server answers completely, and its answer names the level of the sandbox.
func TestAFullyConfinedServerAnswersCompletely(t *testing.T) {
	t.Parallel()
	indextest.Needs(t, "the server gopls")
	dir := indextest.Files(
		t,
		map[string]string{"go.mod": "module ex.com/m\n\ngo 1.21\n", "a.go": "package m\n\nfunc F() {}\n"},
	)
	e, err := server.New(server.Config{Root: dir})
	if err != nil {
		t.Fatal(err)
	}
	defer e.Close()
	b, err := e.Do(t.Context(), api.Request{Op: "refs", Selector: selector("go://ex.com/m#F")})
	if err != nil || b.Evidence.State != bundle.Complete || b.Local.Sandbox != "full" {
		t.Errorf("%v: %+v, sandbox %q", err, b.Evidence, b.Local.Sandbox)
	}
}
