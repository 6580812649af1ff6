package server_test

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"lanser/index/indextest"
	"lanser/server/api"
	"lanser/server/bundle"
)

// A value that "go env -w" writes between two requests of one process applies to the second: to the server's answer,
// and to lanser's decision which files are built.
func TestASettingWrittenByGoEnvAppliesToTheNextRequest(t *testing.T) {
	indextest.Needs(t, "the server gopls")
	file := filepath.Join(t.TempDir(), "env")
	t.Setenv("GOENV", file)
	e := remembering(t, indextest.Files(t, map[string]string{
		"go.mod": "module ex.com/e\n\ngo 1.24\n",
		"e.go":   "package e\n\nfunc Shared() int { return 1 }\n",
		"i.go":   "//go:build integration\n\npackage e\n\nvar Wrong int = Shared() + missing\n",
	}))
	for i, step := range []struct {
		written string
		built   bool
	}{{"", false}, {"GOFLAGS=-tags=integration\n", true}, {"GOFLAGS=-tags=other\n", false}} {
		if err := os.WriteFile(file, []byte(step.written), 0o600); err != nil {
			t.Fatal(err)
		}
		b, err := e.Do(t.Context(), api.Request{Op: "diag"})
		if err != nil {
			t.Fatal(err)
		}
		states := map[string]string{}
		for _, k := range b.Facts.Checks {
			for _, group := range k.Coverage {
				for _, uri := range group.Files {
					states[uri] = group.State
				}
			}
		}
		want := map[bool]string{true: bundle.CheckedState, false: bundle.Excluded}[step.built]
		if found := len(b.Facts.Diagnostics) > 0; states["i.go"] != want || found != step.built {
			t.Errorf("step %d: i.go is %s, want %s; %v", i+1, states["i.go"], want, b.Facts.Diagnostics)
		}
	}
}

// Code that cgo generates is in the user's cache. Its place has a name that is the same for every user, and its line
// can be shown.
func TestCodeGeneratedByCgoHasTheSameNameForEveryUser(t *testing.T) {
	indextest.Needs(t, "the server gopls, and a C compiler")
	files := map[string]string{
		"go.mod":  "module ex.com/x\n\ngo 1.24\n",
		"main.go": "package main\n\n// static void run(void) {}\nimport \"C\"\n\nfunc main() { C.run() }\n",
	}
	var ids []string
	for range 2 {
		t.Setenv("XDG_CACHE_HOME", t.TempDir())
		b := do(t, engine(t, indextest.Files(t, files)), api.Request{Op: "def", Selector: sel("main.go@L6:C17")})
		ids = append(ids, b.BundleID)
		if d := b.Facts.Definitions; len(d) != 1 || !strings.HasPrefix(d[0].URI, "cache:///go-build/") ||
			!strings.HasPrefix(d[0].Text, "func _Cfunc_run()") {
			t.Errorf("%+v", d)
		}
	}
	if ids[0] != ids[1] {
		t.Errorf("with another cache folder the bundle is another: %v", ids)
	}
}

// The folders that PYTHONPATH lists are read. Their named roots have their numbers.
func TestTheFoldersOfPYTHONPATHAreNumbered(t *testing.T) {
	indextest.Needs(t, "the server pyright")
	var ids []string
	for range 2 {
		first, second := indextest.Files(t, map[string]string{"unused.py": "\n"}), indextest.Files(t, map[string]string{
			"helper.py": "def assist(n: int) -> int:\n    return n\n",
		})
		t.Setenv("PYTHONPATH", first+string(os.PathListSeparator)+second)
		e := engine(t, indextest.Files(t, map[string]string{"main.py": "from helper import assist\n\nassist(1)\n"}))
		b := do(t, e, api.Request{Op: "def", Selector: sel("main.py@L3:C1")})
		ids = append(ids, b.BundleID)
		want := []bundle.Location{
			{URI: "pythonpath:///1/helper.py", Range: bundle.Range{0, 4, 0, 10}, Text: "def assist(n: int) -> int:"},
		}
		got := b.Facts.Definitions
		for i := range got {
			got[i].FullRange = nil
		}
		if d := cmp.Diff(want, got); d != "" {
			t.Errorf("-want +got:\n%s", d)
		}
	}
	if ids[0] != ids[1] {
		t.Errorf("with other folders the bundle is another: %v", ids)
	}
}

func sel(s string) json.RawMessage {
	raw, _ := json.Marshal(s) // a string cannot fail
	return raw
}
