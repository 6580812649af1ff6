package main

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

func packagesOf(t *testing.T) []imported {
	t.Helper()
	all, err := listPackages("../..")
	if err != nil {
		t.Fatal(err)
	}
	return all
}

func TestPackagesImportOnlyLowerFloorsAndEarlierPackagesOfTheirFloor(t *testing.T) {
	place := map[string]int{} // in the order of floors, then of their packages
	for _, f := range floors {
		for _, p := range f.packages {
			place[p.name] = len(place) + 1
		}
	}
	all := packagesOf(t)
	for _, p := range all {
		if place[p.name] == 0 {
			t.Errorf("package %s has no row in the table of floors", p.name)
		}
		for _, imp := range p.imports {
			if place[imp] >= place[p.name] {
				t.Errorf("%s imports %s, which does not come before it in the table of floors", p.name, imp)
			}
		}
		for _, imp := range p.foreign {
			for prefix, owner := range owners {
				if strings.HasPrefix(imp, prefix) && p.name != owner {
					t.Errorf("%s imports %s, which belongs to %s", p.name, imp, owner)
				}
			}
		}
	}
	if len(all) != len(place) {
		t.Errorf("there are %d packages, and the table of floors has %d", len(all), len(place))
	}
}

func TestNoMorePackagesThanListedNeedACCompiler(t *testing.T) {
	var got []string
	for _, p := range packagesOf(t) {
		if p.reachesC {
			got = append(got, p.name)
		}
	}
	same(t, "need a C compiler", got, reachesC)
}

func same(t *testing.T, what string, got, listed []string) {
	t.Helper()
	for _, name := range got {
		if !slices.Contains(listed, name) {
			t.Errorf("%s is new among those that %s", name, what)
		}
	}
	for _, name := range listed {
		if !slices.Contains(got, name) {
			t.Errorf("%s is no longer among those that %s: take it off the list", name, what)
		}
	}
}

func TestTheMapInREADMEIsUpToDate(t *testing.T) {
	raw, err := os.ReadFile("../../README.md")
	if err != nil {
		t.Fatal(err)
	}
	if want, err := withMap(raw); err != nil || !bytes.Equal(raw, want) {
		t.Errorf("README's map is not current (%v): go run ./cmd/check map", err)
	}
}

// starters are the packages that may start programs, with what for: each finds them by
// package programs, or starts itself.
var starters = map[string]string{
	"server/programs":    "a version manager's stand-in, once, to ask what it stands for",
	"server/sandbox":     "itself, as the launcher of a confined program",
	"server/daemon":      "itself, as the warm process",
	"server/install":     "what installs a server, and a server to ask for its version",
	"server/toolchain":   "go and python, to ask where libraries are",
	"index/git":          "git",
	"index/indextest":    "what fetches code bases for tests",
	"server/lsp/lsptest": "a program that outlives the fake server, for tests",
	"cmd/check":          "the gate's steps",
	"cmd/release":        "go, with another C compiler, and git",
	"cmd/lanser":         "itself, to finish a check after a hook has answered",
}

func TestOnlyListedPackagesStartPrograms(t *testing.T) {
	cmd := exec.Command("go", "list", "-f", `{{.ImportPath}} {{join .Imports " "}}`, "./...")
	cmd.Dir = "../.."
	out, err := cmd.Output()
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(string(out)) {
		fields := strings.Fields(line)
		pkg := strings.TrimPrefix(fields[0], "lanser/")
		if starts := slices.Contains(fields[1:], "os/exec"); starts != (starters[pkg] != "") {
			t.Errorf("%s imports os/exec: %t", pkg, starts)
		}
	}
}

func TestTheTopLevelFolderHasNoOtherEntries(t *testing.T) {
	entries, err := os.ReadDir("../..")
	if err != nil {
		t.Fatal(err)
	}
	may := []string{"server", "index", "selectors", "cmd", "go.mod", "go.sum", "README.md"}
	for _, e := range entries {
		if name := e.Name(); !slices.Contains(may, name) && !strings.HasPrefix(name, ".") && name != "lanser" {
			t.Errorf("the top level holds %s", filepath.Base(name))
		}
	}
}

// Text that others wrote is printed for people and models by package visible, which escapes it; fmt does not.
func TestOnlyPackageVisiblePrintsUntrustedText(t *testing.T) {
	for _, dir := range []string{"cmd/lanser", "server/report", "server/mcp", "server/editor"} {
		files, err := filepath.Glob(filepath.Join("../..", dir, "*.go"))
		if err != nil || len(files) == 0 {
			t.Fatal(err, dir)
		}
		for _, file := range files {
			raw, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			bad := regexp.MustCompile(`\bfmt\.(Fp|P)rint\w*|\bos\.Std(out|err)\.Write`).Find(raw)
			if bad != nil && !strings.HasSuffix(file, "_test.go") {
				t.Errorf("%s prints by %s", file, bad)
			}
		}
	}
}
