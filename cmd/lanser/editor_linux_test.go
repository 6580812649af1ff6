package main

import (
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"

	"lanser/index/indextest"
)

// Neovim, with no more than its own client, gets definitions, references, hovers and
// findings in a Go and a Python file from one server, is answered about what it has not
// saved, and is refused a rename.
func TestNeovimIsServed(t *testing.T) {
	t.Parallel()
	indextest.Needs(t, "nvim")
	dir := indextest.Files(t, map[string]string{
		"go.mod": "module ex.com/m\n\ngo 1.21\n", "a.go": "package m\n\n// F does it.\nfunc F() {}\n",
		"b.go": "package m\n\nfunc G() {\n\t/* 𝔘 */ F()\n\tF(1)\n}\n",
		"p.py": "def f(x: int) -> int:\n    \"\"\"Says f.\"\"\"\n    return x\n",
		"q.py": "from p import f\n\nf(\"x\")\n",
	})
	before := indextest.TreeHash(t, dir)
	out := filepath.Join(t.TempDir(), "out.json")
	cmd := exec.Command("nvim", "--headless", "--clean", "-n", "-i", "NONE", "-c", "luafile testdata/editor.lua")
	cmd.Env = append(os.Environ(), "LANSER="+program(t), "WORKSPACE="+dir, "OUT="+out, "HOME="+t.TempDir(),
		"XDG_DATA_HOME="+dataHome(t))
	if said, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, said)
	}
	raw, err := os.ReadFile(out)
	if err != nil {
		t.Fatal(err)
	}
	var got map[string]any
	if err := json.Unmarshal(raw, &got); err != nil {
		t.Fatalf("%v: %s", err, raw)
	}
	want := map[string]any{
		"go definition": []any{"a.go:3:5"}, "go references": []any{"a.go:3:5", "b.go:3:10", "b.go:4:1"},
		"go hover": true, "go findings": []any{"b.go:4:3 too many arguments in call to F\n\thave (number)\n\twant ()"},
		"go unsaved":    []any{"a.go:3:5", "b.go:3:10", "b.go:4:1", "b.go:6:11"},
		"py definition": []any{"p.py:0:4"}, "py references": []any{"p.py:0:4", "q.py:0:14", "q.py:2:0"},
		"py hover": true, "py findings": 1.0,
		"rename":  "lanser is read-only: textDocument/rename is refused",
		"command": "lanser is read-only: workspace/executeCommand is refused",
		"located": "a.go:3:5", "symbols": []any{"F"}, "callers": []any{"G", "H"},
	}
	if d := cmp.Diff(want, got); d != "" {
		t.Errorf("(-want +got)\n%s", d)
	}
	if indextest.TreeHash(t, dir) != before {
		t.Error("the workspace is not as it was")
	}
}
