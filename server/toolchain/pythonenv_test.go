package toolchain

import (
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
