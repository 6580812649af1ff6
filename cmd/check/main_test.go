package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

func names(all []step) (out []string) {
	for _, s := range all {
		out = append(out, s.name)
	}
	return out
}

func TestChosenStepsRunInTheOrderOfTheList(t *testing.T) {
	for _, tt := range []struct {
		name string
		args []string
		want []string
		err  string
	}{
		{"all for no name", nil, names(steps), ""},
		{"the gate's order, whatever the order of names", []string{"tidy", "vet"}, []string{"vet", "tidy"}, ""},
		{"a name twice is one step", []string{"vet", "vet"}, []string{"vet"}, ""},
		{"a name that is no step", []string{"vet", "vte"}, nil, `unknown step "vte"`},
	} {
		t.Run(tt.name, func(t *testing.T) {
			got, err := choose(tt.args)
			if !slices.Equal(names(got), tt.want) {
				t.Errorf("%q, want %q", names(got), tt.want)
			}
			if (err != nil) != (tt.err != "") || err != nil && !strings.HasPrefix(err.Error(), tt.err) {
				t.Errorf("error %v, want %q", err, tt.err)
			}
		})
	}
}

func TestTheListNamesMissingRequirements(t *testing.T) {
	missing := func(names ...string) func() []string { return func() []string { return names } }
	var b strings.Builder
	printSteps(&b, []step{
		{name: "vet", does: "go vet"},
		{
			name: "servers", does: "installs servers", needs: "fetches them",
			missing: missing("gopls 0.23.0", "pyright 1.1.414"),
		},
		{name: "lint", does: "lints", needs: "fetches a tool", missing: missing()},
	})
	want := `vet        go vet
servers    installs servers (fetches them)
           missing: gopls 0.23.0, pyright 1.1.414
lint       lints (fetches a tool)
`
	if b.String() != want {
		t.Errorf("got\n%s\nwant\n%s", b.String(), want)
	}
}

func TestStepsThatCompileCNameAMissingCompiler(t *testing.T) {
	goTool, err := exec.LookPath("go")
	if err != nil {
		t.Fatal(err)
	}
	withCompiler, without := t.TempDir(), t.TempDir()
	for _, dir := range []string{withCompiler, without} {
		if err := os.Symlink(goTool, filepath.Join(dir, "go")); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.WriteFile(filepath.Join(withCompiler, "gcc"), []byte("#!/bin/sh\n"), 0o755); err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct {
		name, path, cc, cgo string
		want                string // the beginning
	}{
		{name: "nothing", path: withCompiler, cc: "gcc -O1", cgo: "1"},
		{name: "no compiler", path: without, cc: "gcc", want: "a C compiler (gcc is not installed"},
		{name: "another compiler", path: withCompiler, cc: "mycc -g", cgo: "1", want: "a C compiler (mycc "},
		{name: "cgo is off", path: withCompiler, cc: "gcc", cgo: "0", want: "CGO_ENABLED=1"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Setenv("PATH", tt.path)
			t.Setenv("CC", tt.cc)
			t.Setenv("CGO_ENABLED", tt.cgo)
			lack := findLackingCompiler()
			if (lack == "") != (tt.want == "") || !strings.HasPrefix(lack, tt.want) {
				t.Errorf("%q is missing, want %q", lack, tt.want)
			}
		})
	}
}

func TestListingRunsNoStep(t *testing.T) {
	t.Setenv("PATH", t.TempDir())
	got := missingWitnesses()
	if len(got) < len(witnessPackages) || !slices.Contains(got, "strace") {
		t.Errorf("with an empty PATH %q are missing, want all of %v", got, witnessPackages)
	}
	tool := missingModule("ex.com/tool@v1.0.0", "ex.com/tool")()
	if !slices.Equal(tool, []string{"ex.com/tool@v1.0.0"}) {
		t.Errorf("a tool that was never fetched: %q", tool)
	}
}

// Without a C compiler, the go command switches cgo off. It must then say what is missing in one message, not list
// what the library of the parsers lacks.
func TestABuildWithoutACCompilerSaysInOneLineThatOneIsNeeded(t *testing.T) {
	cmd := exec.CommandContext(t.Context(), "go", "build", "-o", os.DevNull, "./cmd/lanser")
	cmd.Dir = "../.."
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0")
	out, err := cmd.CombinedOutput()
	lines := strings.Split(strings.TrimSpace(string(out)), "\n")
	if err == nil || len(lines) != 1 || !strings.Contains(lines[0], "lanser needs a C compiler") {
		t.Errorf("%v\n%s", err, out)
	}
}
