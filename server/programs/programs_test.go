package programs_test

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"lanser/server/programs"
)

// folder makes a folder that only we can write, links resolved.
func folder(t *testing.T) string {
	t.Helper()
	dir, err := filepath.EvalSymlinks(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	return dir
}

func program(t *testing.T, file, script string) string {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(file, []byte("#!/bin/sh\n"+script+"\n"), 0o755); err != nil {
		t.Fatal(err)
	}
	return file
}

func link(t *testing.T, to, file string) string {
	t.Helper()
	if err := os.Symlink(to, file); err != nil {
		t.Fatal(err)
	}
	return file
}

func TestAProgramOfTheWorkspaceIsNeverFound(t *testing.T) {
	ws, user := folder(t), folder(t)
	program(t, filepath.Join(ws, "bin", "tool"), "")
	link(t, filepath.Join(ws, "bin"), filepath.Join(user, "linked"))
	if err := os.Mkdir(filepath.Join(user, "own"), 0o755); err != nil {
		t.Fatal(err)
	}
	link(t, filepath.Join(ws, "bin", "tool"), filepath.Join(user, "own", "tool"))
	alias := link(t, ws, filepath.Join(folder(t), "alias"))
	t.Chdir(ws)
	for name, path := range map[string]string{
		"a folder of it": filepath.Join(ws, "bin"),
		"by dots": filepath.Join(user, "..", filepath.Base(user)) + "/../" +
			filepath.Join(filepath.Base(ws), "bin"),
		"a link to its folder": filepath.Join(user, "linked"),
		"a link to it":         filepath.Join(user, "own"),
		"relative":             "bin",
		"the current folder":   ".",
		"an empty entry":       "",
		"another name of it":   filepath.Join(alias, "bin"),
	} {
		t.Setenv("PATH", path)
		for _, root := range []string{ws, alias} {
			if got := programs.For(root).Look("tool"); got != "" {
				t.Errorf("%s: found %s", name, got)
			}
		}
	}
	right := program(t, filepath.Join(folder(t), "tool"), "")
	t.Setenv("PATH", strings.Join([]string{filepath.Join(ws, "bin"), "rel", filepath.Dir(right)}, ":"))
	f := programs.For(ws)
	if got := f.Look("tool"); got != right {
		t.Errorf("found %q, want %s", got, right)
	}
	if got := f.Path(); got != filepath.Dir(right) {
		t.Errorf("PATH is %q", got)
	}
	for _, d := range f.Folders() {
		if (d.Dir == "") != (d.Skipped != "") {
			t.Errorf("%+v", d)
		}
	}
}

func TestAProgramWhereOthersCanWriteIsNeverFound(t *testing.T) {
	for name, spoil := range map[string]func(dir, file string) error{
		"everybody writes the folder": func(dir, _ string) error { return os.Chmod(dir, 0o777) },
		"everybody makes files in it": func(dir, _ string) error { return os.Chmod(dir, 0o777|os.ModeSticky) },
		"everybody writes the file":   func(_, file string) error { return os.Chmod(file, 0o777) },
		"everybody writes its parent": func(dir, _ string) error { return os.Chmod(filepath.Dir(dir), 0o777) },
		"it is a link to such a file": func(dir, file string) error { return viaLink(dir, file) },
		"it cannot be executed":       func(_, file string) error { return os.Chmod(file, 0o644) },
		"it is a folder":              func(_, file string) error { return replaceByFolder(file) },
		"it is a dangling link":       func(_, file string) error { return replaceByLink(file, "/nowhere/at/all") },
		"it is a link to itself":      func(_, file string) error { return replaceByLink(file, file) },
		"it is an endless device":     func(_, file string) error { return replaceByLink(file, "/dev/zero") },
	} {
		dir := filepath.Join(folder(t), "bin")
		file := program(t, filepath.Join(dir, "tool"), "")
		t.Setenv("PATH", dir)
		if got := programs.For(folder(t)).Look("tool"); got != file {
			t.Fatalf("before: %q", got)
		}
		if err := spoil(dir, file); err != nil {
			t.Fatal(err)
		}
		if got := programs.For(folder(t)).Look("tool"); got != "" {
			t.Errorf("%s: found %s", name, got)
		}
	}
}

func viaLink(dir, file string) error {
	open := filepath.Join(filepath.Dir(dir), "open")
	if err := os.Mkdir(open, 0o755); err != nil {
		return err
	}
	if err := os.Rename(file, filepath.Join(open, "tool")); err != nil {
		return err
	}
	if err := os.Chmod(open, 0o777); err != nil {
		return err
	}
	return os.Symlink(filepath.Join(open, "tool"), file)
}

func replaceByFolder(file string) error {
	if err := os.Remove(file); err != nil {
		return err
	}
	return os.Mkdir(file, 0o755)
}

func replaceByLink(file, to string) error {
	if err := os.Remove(file); err != nil {
		return err
	}
	return os.Symlink(to, file)
}

// A stand-in is asked outside the workspace, and what it stands for is found in its place.
func TestAStandInIsAskedOutsideTheWorkspace(t *testing.T) {
	ws, manager := folder(t), folder(t)
	real := program(t, filepath.Join(manager, "versions", "3", "bin", "python3"), "")
	evil := program(t, filepath.Join(ws, "evil", "python3"), "")
	shim := filepath.Join(manager, "shims", "python3")
	program(t, shim, `if [ -e "`+ws+`/used" ] || [ "$PWD" = "`+ws+`" ]; then echo "`+evil+`"; else echo "`+real+`"; fi`)
	t.Chdir(ws)
	t.Setenv("PATH", filepath.Dir(shim)+":/usr/bin:/bin")
	f := programs.For(ws)
	if got := f.Look("python3"); got != real {
		t.Errorf("found %q, want %s", got, real)
	}
	if got := f.Path(); strings.Contains(got, "shims") {
		t.Errorf("PATH holds stand-ins: %s", got)
	}
	if got := f.PathOf("python3"); got != filepath.Dir(real) {
		t.Errorf("the PATH for it is %s", got)
	}
	program(t, filepath.Join(manager, "shims", "git"), "exit 1") // nobody can ask what it stands for
	if got := programs.For(ws).Look("git"); strings.Contains(got, "shims") {
		t.Errorf("found the stand-in %s", got)
	}
}

// One whose answer lies in the workspace, or is another stand-in, is passed over.
func TestAStandInForAProgramOfTheWorkspaceIsPassedOver(t *testing.T) {
	for name, answer := range map[string]func(ws, manager string) string{
		"in the workspace":  func(ws, _ string) string { return filepath.Join(ws, "evil", "node") },
		"another stand-in":  func(_, manager string) string { return filepath.Join(manager, "shims", "other", "node") },
		"a relative path":   func(string, string) string { return "evil/node" },
		"nothing":           func(string, string) string { return "" },
		"a file not there":  func(string, string) string { return "/nowhere/node" },
		"two lines of text": func(ws, _ string) string { return "/bin/sh\n" + ws },
	} {
		ws, manager := folder(t), folder(t)
		program(t, filepath.Join(ws, "evil", "node"), "")
		program(t, filepath.Join(manager, "shims", "other", "node"), "")
		program(t, filepath.Join(manager, "shims", "node"), "printf '%s\\n' '"+answer(ws, manager)+"'")
		t.Chdir(ws)
		t.Setenv("PATH", filepath.Join(manager, "shims"))
		if got := programs.For(ws).Look("node"); got != "" {
			t.Errorf("%s: found %s", name, got)
		}
	}
}

func TestTheEnvironmentHoldsNothingOfTheWorkspace(t *testing.T) {
	ws := filepath.Join(folder(t), "a, b=c")
	program(t, filepath.Join(ws, "tools", "cc"), "")
	t.Setenv("HOME", "/home/u")
	t.Setenv("SECRET", "s3cret")
	for _, tt := range []struct{ name, value, want string }{
		{"CC", filepath.Join(ws, "tools", "cc"), ""},
		{"CC", "tools/cc", ""},
		{"CC", "./cc -O2", ""},
		{"CC", "gcc -O2", "gcc -O2"},
		{"GOFLAGS", "-toolexec=" + ws + "/tools/cc", ""},
		{"GOFLAGS", "-mod=mod -tags=a,b", "-mod=mod -tags=a,b"},
		{"PYTHONPATH", "/opt/lib:" + ws, ""},
		{"PYTHONPATH", "/opt/lib:.", ""},
		{"PYTHONPATH", "/opt/lib", "/opt/lib"},
		{"NODE_OPTIONS", "--require " + ws + "/.pnp.cjs --max-old-space-size=4096", "--max-old-space-size=4096"},
		{"NODE_OPTIONS", "--import=data:text/javascript,1", ""},
		{"CPATH", ws + "/include", ws + "/include"},
	} {
		t.Setenv(tt.name, tt.value)
		env := programs.For(ws).Environ(false, []string{tt.name}, map[string]string{"SET": "1"})
		want := tt.name + "=" + tt.value
		if tt.want != tt.value {
			want = tt.name + "=" + tt.want
		}
		if has := slices.Contains(env, want); has != (tt.want != "") {
			t.Errorf("%s=%s: %q", tt.name, tt.value, env)
		}
		if trusted := programs.For(ws).Environ(true, []string{tt.name}, nil); !slices.Contains(
			trusted,
			tt.name+"="+tt.value,
		) {
			t.Errorf("with trust, %s=%s: %q", tt.name, tt.value, trusted)
		}
		if over := programs.For(ws).PassedOver([]string{tt.name}); slices.Contains(
			over,
			tt.name,
		) != (tt.want != tt.value) {
			t.Errorf("%s=%s: passed over %q", tt.name, tt.value, over)
		}
		if !slices.Contains(env, "SET=1") ||
			slices.ContainsFunc(env, func(v string) bool { return strings.HasPrefix(v, "SECRET=") }) ||
			!slices.IsSorted(env) {
			t.Errorf("%q", env)
		}
		t.Setenv(tt.name, "")
	}
}
