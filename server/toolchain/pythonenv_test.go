package toolchain

import (
	"encoding/json"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"lanser/index/indextest"
	"lanser/server/catalogue"
	"lanser/server/install"
)

// Doctor names the environment whose packages are read, and the reason if one is not used.
func TestDoctorNamesThePythonEnvironment(t *testing.T) {
	t.Setenv("LANSER_HOME", indextest.Files(t, nil))
	const config = "version = 3.12.1\n"
	for name, tt := range map[string]struct {
		files  map[string]string
		active string
		want   string
	}{
		"none": {},
		"in the workspace": {
			files: map[string]string{"venv/pyvenv.cfg": config, "venv/lib/python3.12/site-packages/a.py": ""},
			want:  "packages are those of venv, whose python is not run without --trust",
		},
		"on Windows": {
			files: map[string]string{".venv/pyvenv.cfg": config, ".venv/Lib/site-packages/a.py": ""},
			want:  "packages are those of .venv, whose python is not run without --trust",
		},
		"no environment of that name": {files: map[string]string{".venv/readme": ""}},
		"empty": {
			files: map[string]string{".venv/pyvenv.cfg": ""},
			want:  ".venv is not used: it has no folder site-packages; create it again",
		},
		"gone": {
			active: "/nowhere",
			want: "VIRTUAL_ENV is not used: it has no bin/python that may be started; " +
				"activate another environment, or none",
		},
		"gone, with one in the workspace": {
			files:  map[string]string{".venv/pyvenv.cfg": config, ".venv/lib/python3.12/site-packages/a.py": ""},
			active: "/nowhere",
			want: "packages are those of .venv, whose python is not run without --trust\n" +
				"VIRTUAL_ENV is not used: it has no bin/python that may be started; activate another environment, or none",
		},
	} {
		files := map[string]string{"a.py": ""}
		for p, content := range tt.files {
			files[p] = content
		}
		dir := indextest.Files(t, files)
		t.Setenv("VIRTUAL_ENV", tt.active)
		d, err := Diagnose(t.Context(), dir, false)
		if err != nil {
			t.Fatal(err)
		}
		if got := strings.Join(d.Servers[0].Notes, "\n"); got != tt.want {
			t.Errorf("%s: %q, want %q", name, got, tt.want)
		}
	}
}

// The script that replaces the interpreter of an environment runs code as that interpreter would, and nothing of the
// environment, whatever its modules and .pth files are called.
func TestTheReplacementOfPythonRunsNothingOfTheEnvironment(t *testing.T) {
	const evil = "raise SystemExit('the environment was run')\n"
	const site = ".venv/lib/python3.12/site-packages/"
	dir := indextest.Files(t, map[string]string{
		".venv/pyvenv.cfg": "version = 3.12.1\ninclude-system-site-packages = false\n", site + "json.py": evil,
		site + "os.py": evil, site + "sitecustomize.py": evil, site + "usercustomize.py": evil,
		site + "encodings.py": evil,
		site + "x.pth":        "import sys; raise SystemExit('the environment was run')\n",
		"json.py":             evil, "sys.py": evil,
		".venv/bin/python": "#!/bin/sh\necho the environment was run\n",
	})
	cache := indextest.Files(t, nil)
	m := New(Config{Root: dir, Dirs: install.Dirs{Data: cache, Cache: cache}, Top: func() string { return "" }})
	p := m.pythonPackages(catalogue.Named("pyright"))
	script, err := m.standIn(p)
	if err != nil {
		t.Fatal(err)
	}
	code := "import json, os, sys; print(sys.version_info[0:3], sys.prefix, sys.path[-1], json.dumps(os.getcwd()))"
	cmd := exec.Command(script, "-I", "-c", code)
	cmd.Dir = dir
	out, err := cmd.CombinedOutput()
	want := "(3, 12, 1) " + filepath.Join(dir, ".venv") + " " + filepath.Join(dir,
		filepath.FromSlash(site)) + " \"/\"\n"
	if err != nil || string(out) != want {
		t.Errorf("%v: %s, want %s", err, out, want)
	}
}

// A PYTHONPATH with folders of the workspace gets them to the server, in their order and before all others, with the
// environment that the user has activated, with that of the workspace, and without one. Their modules are not imported,
// neither when python starts nor for the code that it runs.
func TestTheReplacementOfPythonHasTheFoldersOfPYTHONPATH(t *testing.T) {
	const evil = "raise SystemExit('the workspace was run')\n"
	for name, environment := range map[string]map[string]string{
		"none": nil,
		"of the workspace": {
			".venv/pyvenv.cfg":                           "version = 3.12.1\n",
			".venv/lib/python3.12/site-packages/json.py": evil,
		},
	} {
		dir := indextest.Files(t, environment)
		evils := []string{"json.py", "sitecustomize.py", "usercustomize.py", "encodings.py", "platform.py"}
		for _, file := range evils {
			indextest.Write(t, dir, "lib/"+file, evil)
		}
		outside := t.TempDir()
		t.Setenv("PYTHONPATH", strings.Join([]string{"lib", outside, "", filepath.Join(dir, "src")}, ":"))
		cache := indextest.Files(t, nil)
		m := New(Config{Root: dir, Dirs: install.Dirs{Data: cache, Cache: cache}, Top: func() string { return "" }})
		script, err := m.standIn(m.pythonPackages(catalogue.Named("pyright")))
		if err != nil {
			t.Fatal(err)
		}
		code := "import json, os, sys\ntry: import platform\nexcept ImportError: pass\nprint(json.dumps(sys.path[:3]))"
		cmd := exec.Command(script, "-c", code)
		cmd.Dir = filepath.Join(dir, "lib")
		cmd.Env = m.programs.Environ(false, catalogue.Named("pyright").Env, nil)
		out, err := cmd.CombinedOutput()
		want, _ := json.Marshal([]string{filepath.Join(dir, "lib"), outside, filepath.Join(dir, "src")})
		if got := strings.ReplaceAll(strings.TrimSpace(string(out)), ", ", ","); err != nil || got != string(want) {
			t.Errorf("environment %s: %v: %s, want %s", name, err, out, want)
		}
	}
}
