package catalogue

import (
	"slices"
	"strings"
	"testing"

	"lanser/server/dangers"
	"lanser/server/dangers/dangerstest"
)

// memory is a workspace in memory.
type memory = dangerstest.Disk

func TestFilesThatServersReadOutsideTheWorkspaceAreKnown(t *testing.T) {
	for _, tt := range []struct {
		srv  *Server
		disk memory
		want []dangers.Elsewhere
	}{
		{clangd, memory{
			"a.c": "",
			"build/compile_commands.json": `[
				{"directory":"/b","command":"cc -I../x -isystem /y -DA=/no -I'/q' a.c","file":"a.c"},
				{"directory":"/b","arguments":["cc","-include","z.h"],"file":"b.c"}
			]`,
		}, []dangers.Elsewhere{
			{Path: "/b/z.h", By: "build/compile_commands.json"},
			{Path: "/q", By: "build/compile_commands.json"},
			{Path: "/x", By: "build/compile_commands.json"},
			{Path: "/y", By: "build/compile_commands.json"},
		}},
		{clangd, memory{"a.c": "", "compile_commands.json": "no JSON"}, nil},
		{typescript, memory{
			"a.ts": "", "node_modules/x": "-> /elsewhere/x", "node_modules/y/index.js": "",
			"node_modules/@s/z": "-> /elsewhere/z", "p/package.json": "", "p/node_modules/w": "-> /w",
		}, []dangers.Elsewhere{
			{Path: "/elsewhere/x", By: "node_modules/x"},
			{Path: "/elsewhere/z", By: "node_modules/@s/z"},
			{Path: "/w", By: "p/node_modules/w"},
		}},
		{pyright, memory{
			".venv/lib/python3.11/site-packages/e.pth": "import os\n/src/e\nrelative\n",
			".venv/lib/python3.11/site-packages/l":     "-> /cache/l",
		}, []dangers.Elsewhere{
			{Path: "/cache/l", By: ".venv/lib/python3.11/site-packages/l"},
			{Path: "/src/e", By: ".venv/lib/python3.11/site-packages/e.pth"},
		}},
		{gopls, memory{"go.mod": "replace a => ../a"}, nil}, // gopls says itself that it cannot load it
	} {
		if got := tt.srv.Elsewhere(tt.disk); !slices.Equal(got, tt.want) {
			t.Errorf("%s: %v, want %v", tt.srv.Name, got, tt.want)
		}
	}
}

// Each danger names its countermeasure. A setting or variable that it names is one of the server's.
func TestEveryDangerOfATestedServerHasACountermeasure(t *testing.T) {
	for _, s := range Servers {
		if !s.Untested && len(s.Dangers) == 0 {
			t.Errorf("%s names no danger", s.Name)
		}
		refuses := false
		for _, d := range s.Dangers {
			if d.Files == "" || d.Could == "" || d.By == "" {
				t.Errorf("%s: %+v", s.Name, d)
			}
			refuses = refuses || d.Stop == dangers.StopRefusal
			if d.Stop == dangers.StopSetting && !hasSetting(s.Options, strings.Split(d.By, ".")) {
				t.Errorf("%s has no setting %s", s.Name, d.By)
			}
			for name := range strings.SplitSeq(d.By, ", ") {
				_, set := s.SetEnv[name]
				isSet := set || s.UntrustedEnv[name] != ""
				if d.Stop == dangers.StopEnv && strings.ToUpper(name) == name && !isSet {
					t.Errorf("%s sets no variable %s", s.Name, name)
				}
			}
		}
		if refuses != (s.refuse != nil) && !s.Untested {
			t.Errorf("%s: refuses is %t, and that is not what its dangers say", s.Name, s.refuse != nil)
		}
	}
}

func hasSetting(options map[string]any, key []string) bool {
	v, ok := options[key[0]]
	if !ok || len(key) == 1 {
		return ok
	}
	inner, _ := v.(map[string]any)
	return hasSetting(inner, key[1:])
}
