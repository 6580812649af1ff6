package cbuild

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"lanser/server/project/projecttest"
)

func TestACompilerOnlyWarnsOfWhatItsReleaseAndFlagsDoNotForbid(t *testing.T) {
	const implicit, pointers = "-Wimplicit-function-declaration", "-Wincompatible-pointer-types"
	const clangs = "-Wself-assign"
	for _, tt := range []struct {
		compiler, version, code string
		args                    []string
		want                    bool
	}{
		{"gcc", "12.2.0", implicit, nil, true},
		{"x86_64-linux-gnu-gcc-12", "12.2.0", pointers, nil, true},
		{"gcc", "14.1.1", implicit, nil, false},
		{"gcc", "12.2.0", implicit, []string{"-Wall", "-Werror"}, false},
		{"gcc", "12.2.0", implicit, []string{"-Werror=implicit-function-declaration"}, false},
		{"gcc", "12.2.0", pointers, []string{"-Werror=implicit-function-declaration"}, true},
		{"gcc", "12.2.0", implicit, []string{"-pedantic-errors"}, false},
		{"gcc", "", implicit, nil, false},
		{"gcc", "12.2.0", "undeclared_var_use", nil, false},
		{"clang", "14.0.6", implicit, nil, true},
		{"clang-16", "16.0.0", implicit, nil, false},
		{"clang", "19.1.0", pointers, nil, true},
		{"gcc", "14.1.1", clangs, []string{"-Wall", "-Werror"}, true},
		{"clang", "14.0.6", clangs, []string{"-Wall", "-Werror"}, false},
		{"gcc", "12.2.0", "-Wunused-variable", []string{"-Wall", "-Werror"}, false},
	} {
		c := Command{Argv: append([]string{tt.compiler}, tt.args...)}
		if got := c.OnlyWarns(tt.version, tt.code); got != tt.want {
			t.Errorf("%s %s %v only warns of %s: %v", tt.compiler, tt.version, tt.args, tt.code, got)
		}
	}
	for name, want := range map[string]bool{
		"cc": true, "gcc-12": true, "arm-none-eabi-gcc": true, "clang": true,
		"my script": false, "g++": false, "": false,
	} {
		if got := (Command{Argv: []string{name}}).AsksVersion(); got != want {
			t.Errorf("the version of %q is asked: %v", name, got)
		}
	}
}

func TestTheBuildsCompilerDecidesWhatFailsWhereClangCannot(t *testing.T) {
	for command, want := range map[string]bool{
		"gcc -Wall -Werror": true, "gcc -Wall -Werror=unused": true, "cc -pedantic-errors": true, "gcc -Wall": false,
		"g++ -fpermissive": true, "g++": false, "clang -Wall -Werror": false, "clang++-16 -fpermissive": false,
	} {
		if got := (Command{Argv: strings.Fields(command)}).Decides(); got != want {
			t.Errorf("%s decides: %v", command, got)
		}
	}
}

// A command is split as clang splits it, however it is written, and names its file from its folder.
func TestAConfigurationOfClangdSuppressesErrors(t *testing.T) {
	for config, want := range map[string]bool{
		"":                                    false,
		"Diagnostics:\n  Suppress: '*'\n":     true,
		"Diagnostics:\n  Suppress: [\"*\"]\n": true,
		"Diagnostics:\n  Suppress: [a, undeclared_var_use] # x\n":              true,
		"Diagnostics:\n  Suppress:\n    - unused-includes\n    - no_member\n":  true,
		"Diagnostics:\n  Suppress: [unused-includes, -Wunused, misc-x]\n":      false,
		"Diagnostics:\n  Suppress: [drv_unknown_argument]\n":                   false,
		"Diagnostics:\n  # Suppress: '*'\n  UnusedIncludes: None\n":            false,
		"Diagnostics:\n  Suppress: # none\nCompileFlags:\n  Remove: [a_b]\n":   false,
		"Diagnostics:\r\n  Suppress:\r\n    - a-b\r\n    - typecheck_bool\r\n": true,
	} {
		if got := suppressesErrors([]byte(config)); got != want {
			t.Errorf("%q suppresses errors: %v", config, got)
		}
	}
}

func TestCommandsOfADatabase(t *testing.T) {
	commands, ok := parseDatabase(projecttest.Files{}, "compile_commands.json", []byte(`[
		{"directory": "/nowhere/out", "file": "../a.c", "command": "\"/opt/my tools/gcc.exe\" '-DNAME=a b' -c ../a.c"},
		{"directory": "/nowhere", "file": "/nowhere/b.c", "arguments": ["clang", "-DNAME=a b", "b.c"]},
		{"directory": "/other", "file": "c.c", "command": "cc c.c"}]`))
	var got []string
	for _, c := range commands {
		got = append(got, fmt.Sprintf("%q in %s: %s %q", c.file, c.Dir, c.Compiler(), c.Argv[1:]))
	}
	want := []string{
		`"a.c" in /nowhere/out: gcc ["-DNAME=a b" "-c" "../a.c"]`,
		`"b.c" in /nowhere: clang ["-DNAME=a b" "b.c"]`,
		`"" in /other: cc ["c.c"]`,
	}
	if diff := cmp.Diff(want, got); !ok || diff != "" {
		t.Errorf("ok %v, commands (-want +got):\n%s", ok, diff)
	}
	if _, ok := parseDatabase(projecttest.Files{}, "compile_commands.json", []byte(`{"directory": "/nowhere"}`)); ok {
		t.Error("an object was read as a list of commands")
	}
}
