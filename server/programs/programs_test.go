package programs_test

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

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

// A shim is asked outside the workspace for the program that it starts, and that program is used instead.
func TestAVersionManagersShimRunsOutsideTheWorkspace(t *testing.T) {
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

// A shim whose program is in the workspace, or is another shim, is skipped.
func TestAShimForAProgramOfTheWorkspaceIsSkipped(t *testing.T) {
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

// The author of a repository can put a program anywhere in it, also above the package that is the workspace.
func TestAProgramOfTheRepositoryIsNeverFound(t *testing.T) {
	for name, tt := range map[string]struct{ marks, workspace, bin, boundary string }{
		"above the package":            {".git", "packages/a", "node_modules/.bin", "."},
		"beside the package":           {".git", "packages/a", "packages/b/bin", "."},
		"of a superproject":            {".git third_party/lib/.git", "third_party/lib", "bin", "."},
		"of the repository above that": {".hg sub/.git", "sub/pkg", "bin", "."},
		"of another version control":   {".jj", "a", "bin", "."},
		"beside the repository":        {"repo/.git", "repo/a", "bin", "repo"},
		"without a repository":         {"", "a", "bin", "a"},
	} {
		t.Run(name, func(t *testing.T) {
			top := folder(t)
			for mark := range strings.FieldsSeq(tt.marks) {
				if err := os.MkdirAll(filepath.Join(top, mark), 0o755); err != nil {
					t.Fatal(err)
				}
			}
			ws := filepath.Join(top, filepath.FromSlash(tt.workspace))
			if err := os.MkdirAll(ws, 0o755); err != nil {
				t.Fatal(err)
			}
			if got, want := programs.Boundary(ws), filepath.Join(top, tt.boundary); got != want {
				t.Errorf("the boundary is %s, want %s", got, want)
			}
			dir := filepath.Join(top, filepath.FromSlash(tt.bin))
			tool := program(t, filepath.Join(dir, "tool"), "")
			linked := link(t, tool, filepath.Join(folder(t), "linked"))
			t.Setenv("PATH", dir+":"+filepath.Dir(linked))
			outside := tt.boundary != "."
			f := programs.For(ws)
			if got := f.Look("tool"); (got == tool) != outside {
				t.Errorf("found %q", got)
			}
			if got := f.Look("linked"); (got == linked) != outside {
				t.Errorf("by a link, found %q", got)
			}
			t.Setenv("VIRTUAL_ENV", filepath.Join(top, "venv"))
			inRepository := !outside
			if over := f.PassedOver([]string{"VIRTUAL_ENV"}); slices.Contains(over, "VIRTUAL_ENV") != inRepository {
				t.Errorf("variables that are passed over: %q", over)
			}
		})
	}
}

// A copy of a workspace at another commit is checked with the user's PATH, which may name the original.
func TestAProgramOfTheCopiedWorkspaceIsNeverFound(t *testing.T) {
	ws, copied := folder(t), folder(t)
	program(t, filepath.Join(ws, "bin", "tool"), "")
	t.Setenv("PATH", filepath.Join(ws, "bin"))
	if got := programs.For(copied, ws).Look("tool"); got != "" {
		t.Errorf("found %s", got)
	}
	if got := programs.For("", "").Look("tool"); got != filepath.Join(ws, "bin", "tool") {
		t.Errorf("without a workspace, found %q", got)
	}
}

func TestTheEnvironmentHasNoPathsInTheWorkspace(t *testing.T) {
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
		{"RUSTFLAGS", "-D warnings --cfg tokio_unstable", "-D warnings --cfg tokio_unstable"},
		{"RUSTFLAGS", "-C target-cpu=native", "-C target-cpu=native"},
		{"RUSTFLAGS", "-Zcodegen-backend=evil.so", ""},
		{"RUSTFLAGS", "-Clinker=tools/cc", ""},
		{"CARGO_ENCODED_RUSTFLAGS", "-L\x1f" + ws, ""},
		{"CARGO_BUILD_TARGET", "thumbv8m.main-none-eabi", "thumbv8m.main-none-eabi"},
		{"CARGO_BUILD_TARGET", "own.json", ""},
		{"CGO_CFLAGS", "-I/opt/x/include -O2", "-I/opt/x/include -O2"},
		{"CGO_CFLAGS", "-O2 -specs=/usr/lib/hardened -DX=1.2", "-O2 -specs=/usr/lib/hardened -DX=1.2"},
		{"CGO_CFLAGS", "-specs=own", ""},
		{"CGO_CFLAGS", "-specs=tools", ""},
		{"CGO_CFLAGS", "@flags", ""},
		{"CGO_LDFLAGS", "-Wl,-Bsymbolic-functions -Wl,-z,relro -lm", "-Wl,-Bsymbolic-functions -Wl,-z,relro -lm"},
		{"CGO_LDFLAGS", "-Wl,-plugin,evil.so", ""},
		{"CGO_LDFLAGS", "-Wl,@flags", ""},
		{"CGO_CFLAGS", "-fplugin=x.so", ""},
		{"CGO_LDFLAGS", "-L" + ws, ""},
		{"PKG_CONFIG_PATH", "pc", ""},
		{"CPATH", ws + "/include", ws + "/include"},
		{"CC", "sh evil.sh", ""},
		{"CC", "ccache gcc -O2 -std=c11", "ccache gcc -O2 -std=c11"},
		{"CC", "gcc -B.", ""},
		{"CC", "gcc -Btools", ""},
		{"CC", "gcc -B/usr/lib/gold", "gcc -B/usr/lib/gold"},
		{"CC", "gcc -fplugin=evil", ""},
		{"CC", "gcc -fplugin=evil.so", ""},
		{"CC", "gcc @args", ""},
		{"CC", "gcc -specs=x", ""},
		{"CXX", "python3 tools", ""},
		{"PKG_CONFIG", "sh evil.sh", ""},
		{"GOFLAGS", "-toolexec=tools", ""},
		{"GOFLAGS", "'-toolexec=sh evil.sh'", ""},
		{"GOFLAGS", "-overlay=o.json", ""},
		{"GOFLAGS", "-modfile=x.mod", ""},
		{"GOFLAGS", "-mod=tools -tags=tools,a.b '-run=a.b c'", "-mod=tools -tags=tools,a.b '-run=a.b c'"},
		{"GOENV", "go.env", ""},
		{"GOENV", "off", "off"},
		{"GOWORK", "off", "off"},
		{"GOROOT", "tools", ""},
		{"CARGO_HOME", "tc", ""},
		{"RUSTUP_HOME", "tools", ""},
		{"PYTHONPATH", "lib", ""},
		{"PYTHONPATH", "/opt/lib:lib", ""},
		{"GIT_CONFIG_GLOBAL", "gitconfig", ""},
		{"GOOS", "tools", "tools"},
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

// A script needs the interpreter that it names, with every link on the way to it.

// A folder whose path begins with that of the workspace, and goes on in the same element, is outside of it.
func TestTheEnvironmentHasPathsNextToTheWorkspace(t *testing.T) {
	ws := folder(t)
	for _, tt := range []struct {
		name, value string
		isPassed    bool
	}{
		{"PYTHONPATH", ws + "-tools/lib", true},
		{"PYTHONPATH", ws + "2:" + ws + "é", true},
		{"PYTHONPATH", ws + "2:" + ws + ":/opt", false},
		{"XDG_CONFIG_HOME", ws + ".old", true},
		{"XDG_CONFIG_HOME", ws + "/.config", false},
		{"HOME", ws + "_home", true},
		{"HOME", ws, false},
		{"CC", "gcc -B" + ws + "-gcc", true},
		{"CC", "gcc -B" + ws, false},
		{"CC", "gcc -fplugin=" + ws + "/p.so", false},
	} {
		t.Setenv(tt.name, tt.value)
		if got, ok := programs.For(ws).Lookup(false, tt.name); ok != tt.isPassed || ok && got != tt.value {
			t.Errorf("%s=%s: %q, %v", tt.name, tt.value, got, ok)
		}
	}
}

func TestTheToolchainOfAScriptHasItsInterpreter(t *testing.T) {
	t.Setenv("HOME", t.TempDir())
	dir, err := filepath.EvalSymlinks(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	for _, d := range []string{"real/bin", "venv/bin", "script/bin"} {
		if err := os.MkdirAll(filepath.Join(dir, d), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	write := func(name, content string) {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(content), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	write("real/bin/python3", "\x7fELF")
	write("script/bin/server", "#!"+dir+"/venv/bin/python3 -I\nimport sys\n")
	write("script/bin/other", "#!/usr/bin/env python3\n")
	if err := os.Symlink("../../real/bin/python3", filepath.Join(dir, "venv/bin/python3")); err != nil {
		t.Fatal(err)
	}
	for script, want := range map[string][]string{
		"server": {"script", "venv", "real"},
		"other":  {"script"},
	} {
		var names []string
		for _, p := range programs.Toolchain(filepath.Join(dir, "script/bin", script)) {
			names = append(names, strings.TrimPrefix(p, dir+"/"))
		}
		if d := cmp.Diff(want, names); d != "" {
			t.Errorf("%s (-want +got)\n%s", script, d)
		}
	}
}

// Who runs shellcheck reads its output: options that choose another form of it are left out, also for a trusted
// workspace.
func TestOptionsOfShellcheckDoNotChooseItsFormat(t *testing.T) {
	ws := folder(t)
	for value, want := range map[string]string{
		"-e SC2086 -f gcc -x --color=always -C":        "-e SC2086 -x",
		"-S error --format=tty --rcfile=" + ws + "/rc": "-S error --rcfile=" + ws + "/rc",
		"-fgcc -W 3 --wiki-link-count=1 --format json": "",
	} {
		t.Setenv("SHELLCHECK_OPTS", value)
		for _, trust := range []bool{false, true} {
			if got, _ := programs.For(ws).Lookup(trust, "SHELLCHECK_OPTS"); got != want {
				t.Errorf("%q: %q, want %q", value, got, want)
			}
		}
		if over := programs.For(ws).PassedOver([]string{"SHELLCHECK_OPTS"}); len(over) > 0 {
			t.Errorf("%q is passed over", value)
		}
	}
}
