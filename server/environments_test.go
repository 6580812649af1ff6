package server_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"lanser/index/indextest"
	"lanser/server/api"
	"lanser/server/bundle"
)

// madeEnvironment is a virtual environment outside of the workspace with a module of that name.
func madeEnvironment(t *testing.T, module string) string {
	t.Helper()
	dir := filepath.Join(indextest.Files(t, nil), "env")
	if out, err := exec.Command("python3", "-m", "venv", "--without-pip", dir).CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	sites, err := filepath.Glob(filepath.Join(dir, "lib", "*", "site-packages"))
	if err != nil || len(sites) != 1 {
		t.Fatalf("%v, %v", sites, err)
	}
	if err := os.WriteFile(filepath.Join(sites[0], module+".py"), []byte("def f() -> int: ...\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	return dir
}

// The packages of an environment are used: of one that the user has activated as its own python finds
// them, of one in the workspace without running anything of it.
func TestThePackagesOfAVirtualEnvironmentAreUsed(t *testing.T) {
	indextest.Needs(t, "the server pyright")
	const config = "home = /nowhere/bin\nversion_info = 3.9.18.final.0\ninclude-system-site-packages = false\n"
	const site = ".venv/lib/python3.9/site-packages/"
	const module = "def f() -> int: ...\n"
	for name, tt := range map[string]struct {
		files  map[string]string
		active string // VIRTUAL_ENV; DIR is the workspace, and MADE an environment outside with the module made
		link   string // what .venv is a link to
		found  string // the modules that are found
		why    string // in the evidence
		state  string
		python string // version, if it is the environment's own
	}{
		"none": {found: "", state: bundle.Complete},
		"in the workspace": {
			files: map[string]string{".venv/pyvenv.cfg": config, site + "own.py": module},
			found: "own", python: "3.9.18",
			why: "packages are those of .venv, whose python is not run without --trust", state: bundle.Complete,
		},
		"in the workspace, with packages in development": {
			files: map[string]string{
				".venv/pyvenv.cfg": config, site + "own.py": module, "libs/dev/src/dev.py": module,
				site + "dev.pth": "# a comment\nimport os; os.abort()\n../../../../libs/dev/src\n",
			},
			found: "own dev", python: "3.9.18",
			why: "packages are those of .venv, whose python is not run without --trust", state: bundle.Complete,
		},
		"in the workspace, with packages outside in development": {
			files: map[string]string{".venv/pyvenv.cfg": config, site + "own.py": module, site + "dev.pth": "/etc\n"},
			found: "own", python: "3.9.18", state: bundle.Partial,
			why: site + "dev.pth leads out of the workspace, where servers may not read; LANSER_READ allows folders",
		},
		"another version of python beside its own": {
			files: map[string]string{
				".venv/pyvenv.cfg": config, site + "own.py": module,
				".venv/lib/python3.13/site-packages/other.py": module,
			},
			found: "own", python: "3.9.18",
			why: "packages are those of .venv, whose python is not run without --trust", state: bundle.Complete,
		},
		"activated, in the workspace": {
			files: map[string]string{
				"env/pyvenv.cfg": config, "env/lib/python3.9/site-packages/own.py": module,
				".venv/pyvenv.cfg": config, site + "other.py": module,
			},
			active: "DIR/env", found: "own", python: "3.9.18",
			why: "packages are those of env, whose python is not run without --trust", state: bundle.Complete,
		},
		"activated, outside": {
			files:  map[string]string{".venv/pyvenv.cfg": config, site + "other.py": module},
			active: "MADE", found: "made", why: "packages are those of VIRTUAL_ENV", state: bundle.Complete,
		},
		"activated, and gone": {
			active: "/nowhere/env", state: bundle.Partial,
			why: "VIRTUAL_ENV is not used: it has no bin/python that may be started; activate another environment, or none",
		},
		"without packages": {
			files: map[string]string{".venv/pyvenv.cfg": config}, state: bundle.Partial,
			why: ".venv is not used: it has no folder site-packages; create it again",
		},
		"a link to one outside": {
			link: "MADE", state: bundle.Partial,
			why: ".venv is not used: it lies outside of the workspace; activate it, or allow it with --trust",
		},
	} {
		t.Run(name, func(t *testing.T) {
			files := map[string]string{
				".gitignore": ".venv\nenv\n",
				"a.py":       "import own\nimport dev\nimport made\nimport other\n",
				"b.py":       "def g() -> int: ...\n",
			}
			for p, content := range tt.files {
				files[p] = content
			}
			dir := gitFiles(t, files)
			made := madeEnvironment(t, "made")
			named := strings.NewReplacer("DIR", dir, "MADE", made)
			t.Setenv("VIRTUAL_ENV", named.Replace(tt.active))
			if tt.link != "" {
				if err := os.Symlink(named.Replace(tt.link), filepath.Join(dir, ".venv")); err != nil {
					t.Fatal(err)
				}
			}
			e := engine(t, dir)
			var found []string
			for i, m := range []string{"own", "dev", "made", "other"} {
				sel := selector("a.py@L" + string(rune('1'+i)) + ":C8")
				b, err := e.Do(t.Context(), api.Request{Op: "def", Selector: sel})
				if err == nil && len(b.Facts.Definitions) > 0 {
					found = append(found, m)
				}
			}
			b := do(t, e, api.Request{Op: "hover", Selector: selector("py://b#g")})
			if d := cmp.Diff(tt.found, strings.Join(found, " ")); d != "" {
				t.Errorf("(-want +got)\n%s", d)
			}
			if tt.why != "" && !slices.Contains(b.Evidence.Reasons, tt.why) {
				t.Errorf("the evidence does not say %q: %q", tt.why, b.Evidence.Reasons)
			}
			if python := b.Environment.Interpreter; tt.python != "" && python.Version != tt.python {
				t.Errorf("python is %v, want %s", python, tt.python)
			}
			if b.Evidence.State != tt.state {
				t.Errorf("the answer is %s, want %s", b.Evidence.State, tt.state)
			}
		})
	}
}
