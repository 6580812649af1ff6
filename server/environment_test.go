package server_test

import (
	"encoding/json"
	"fmt"
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

// The variables with which a job builds count for a check as they count for the command lines of the languages: flags
// of compilers and linters, and folders of headers and modules, also those in the workspace.
func TestAVariableOfTheBuildDecidesTheVerdict(t *testing.T) {
	indextest.Needs(t, "servers, and their tools")
	headers := indextest.Files(t, map[string]string{"special.h": "#define SPECIAL 3\n"})
	compiled := map[string]string{"a.c": "#include <special.h>\nint f(void) { return SPECIAL; }\n"}
	crate := map[string]string{
		"Cargo.toml": "[package]\nname = \"r\"\nversion = \"0.1.0\"\nedition = \"2021\"\n",
		"Cargo.lock": "version = 3\n\n[[package]]\nname = \"r\"\nversion = \"0.1.0\"\n",
		"src/lib.rs": "pub fn f() { let x = 1; }\n",
	}
	for _, tt := range []struct {
		name, variable, value string
		files                 map[string]string
		without, with         []string // findings
	}{
		{
			name: "cargo", variable: "RUSTFLAGS", value: "-D warnings", files: crate,
			without: []string{"src/lib.rs:1 warning unused_variables"},
			with:    []string{"src/lib.rs:1 error unused_variables"},
		},
		{
			name: "shellcheck", variable: "SHELLCHECK_OPTS", value: "-e SC2086 -f gcc",
			files: map[string]string{"a.sh": "#!/bin/sh\necho $1\n"}, without: []string{"a.sh:2 information SC2086"},
		},
		{
			name: "headers", variable: "C_INCLUDE_PATH", value: headers, files: compiled,
			without: []string{"a.c:1 error pp_file_not_found"},
		},
		{
			name: "cgo", variable: "CGO_CFLAGS", value: "-I" + headers,
			files: map[string]string{
				"go.mod": "module ex.com/c\n\ngo 1.24\n",
				"a.go":   "package c\n\n// #include <special.h>\nimport \"C\"\n\nvar X int = C.SPECIAL\n",
			},
			without: []string{"a.go:3 error "},
		},
		{
			name: "modules of the workspace", variable: "PYTHONPATH", value: "lib",
			files: map[string]string{
				"app/a.py": "from own import f\n\nx: int = f()\n", "lib/own/__init__.py": "def f() -> int: return 1\n",
				"lib/sitecustomize.py": "raise SystemExit('the workspace was run')\n",
			},
			without: []string{"app/a.py:1 error reportMissingImports"},
		},
	} {
		t.Run(tt.name, func(t *testing.T) {
			dir := indextest.Files(t, tt.files)
			if _, isC := tt.files["a.c"]; isC {
				command := fmt.Sprintf(`[{"directory": %q, "file": "a.c", "arguments": ["gcc", "-c", "a.c"]}]`, dir)
				indextest.Write(t, dir, "compile_commands.json", command)
			}
			for value, want := range map[string][]string{"": tt.without, tt.value: tt.with} {
				t.Setenv(tt.variable, value)
				b, _ := engine(t, dir).Do(t.Context(), api.Request{Op: "diag"})
				var got []string
				for _, d := range b.Facts.Diagnostics {
					got = append(got, fmt.Sprintf("%s:%d %s %s", d.URI, d.Range[0]+1, d.Severity, d.Code))
				}
				if diff := cmp.Diff(want, got); diff != "" {
					t.Errorf("%s=%q: %s", tt.variable, value, diff)
				}
			}
		})
	}
}

func sel(s string) json.RawMessage {
	raw, _ := json.Marshal(s) // a string cannot fail
	return raw
}
