package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// layers are the packages from the bottom up, each with what it may import of
// this module. README draws the same map.
var layers = map[string][]string{
	"selectors/fault":   {},
	"selectors/text":    {},
	"selectors/visible": {},
	"selectors":         {"selectors/fault", "selectors/text"},
	"index/beneath":     {},
	"index/syntax":      {"selectors", "selectors/text"},
	"index/store":       {},
	"index":             {"selectors", "selectors/fault", "selectors/text", "index/beneath", "index/store", "index/syntax", "server/programs"},
	"index/indextest":   {},
	"server/sandbox":    {},
	"server/programs":   {},
	"server/trace":      {"selectors/fault", "selectors/text"},
	"server/catalogue":  {"selectors/text"},
	"server/lsp":        {"selectors/fault", "selectors/text", "server/catalogue", "server/sandbox", "server/trace"},
	"server/install":    {"selectors/fault", "server/catalogue", "server/programs"},
	"server/bundle":     {"selectors", "selectors/fault"},
	"server/api":        {"selectors/fault", "selectors/text", "server/bundle"},
	"server/toolchain":  {"selectors", "selectors/fault", "index", "index/beneath", "server/bundle", "server/catalogue", "server/install", "server/programs", "server/sandbox"},
	"server/pool":       {"selectors/fault", "index", "server/catalogue", "server/lsp", "server/sandbox", "server/toolchain", "server/trace"},
	"server/scip":       {"selectors", "selectors/fault", "selectors/text", "server/bundle"},
	"server/schema":     {"selectors", "selectors/fault", "server/api", "server/bundle", "server/report", "server/trace"},
	"server/compare":    {"selectors", "selectors/fault", "selectors/text", "server/api", "server/bundle"},
	"server/report":     {"selectors", "selectors/text", "selectors/visible", "server/api", "server/bundle", "server/compare"},
	"server": {
		"selectors", "selectors/fault", "selectors/text", "index", "index/beneath", "index/store", "server/api", "server/bundle", "server/catalogue", "server/compare", "server/install", "server/lsp", "server/pool", "server/report", "server/sandbox", "server/scip", "server/toolchain", "server/trace",
	},
	"server/settings": {"selectors/fault", "selectors/text", "index/beneath", "server/api", "server/bundle"},
	"server/wire":     {},
	"server/jsonl":    {"selectors/fault", "server/api", "server/bundle", "server/wire"},
	"server/daemon":   {"selectors/fault", "server", "server/api", "server/jsonl", "server/pool", "server/sandbox", "server/toolchain"},
	"server/mcp":      {"index/beneath", "selectors", "selectors/fault", "selectors/visible", "server/api", "server/bundle", "server/report", "server/wire"},
	"server/editor":   {"index/beneath", "selectors", "selectors/fault", "selectors/text", "selectors/visible", "server/api", "server/bundle", "server/lsp", "server/wire"},
	"cmd/lanser":      {"index", "index/beneath", "selectors/fault", "selectors/text", "selectors/visible", "server", "server/api", "server/bundle", "server/catalogue", "server/compare", "server/daemon", "server/editor", "server/install", "server/jsonl", "server/mcp", "server/programs", "server/report", "server/sandbox", "server/schema", "server/settings", "server/toolchain", "server/trace", "server/wire"},
	"cmd/check":       {"server/catalogue", "server/install", "server/programs"},
}

// foreign imports that only one package may have.
var owners = map[string]string{
	"github.com/smacker/go-tree-sitter": "index/syntax",
	"github.com/landlock-lsm":           "server/sandbox",
	"github.com/scip-code/scip":         "server/scip",
}

func TestNoPackageImportsAgainstTheLayers(t *testing.T) {
	cmd := exec.Command("go", "list", "-f", `{{.ImportPath}} {{join .Imports " "}}`, "./...")
	cmd.Dir = "../.."
	out, err := cmd.Output()
	if err != nil {
		t.Fatal(err)
	}
	seen := 0
	for line := range strings.Lines(string(out)) {
		fields := strings.Fields(line)
		pkg := strings.TrimPrefix(fields[0], "lanser/")
		allowed, known := layers[pkg]
		if !known {
			t.Errorf("package %s has no layer", pkg)
		}
		seen++
		for _, imp := range fields[1:] {
			if rel, ours := strings.CutPrefix(imp, "lanser/"); ours && !slices.Contains(allowed, rel) {
				t.Errorf("%s imports %s", pkg, rel)
			}
			for prefix, owner := range owners {
				if strings.HasPrefix(imp, prefix) && pkg != owner {
					t.Errorf("%s imports %s, which belongs to %s", pkg, imp, owner)
				}
			}
		}
	}
	if seen != len(layers) {
		t.Errorf("%d packages, and %d have a layer", seen, len(layers))
	}
}

// starters are the packages that may start programs, with what for: each finds them by
// package programs, or starts itself.
var starters = map[string]string{
	"server/programs":  "a version manager's stand-in, once, to ask what it stands for",
	"server/sandbox":   "itself, as the launcher of a confined program",
	"server/daemon":    "itself, as the warm process",
	"server/install":   "what installs a server, and a server to ask for its version",
	"server/toolchain": "go and python, to ask where libraries are",
	"index":            "git",
	"index/indextest":  "what fetches code bases for tests",
	"cmd/check":        "the gate's steps",
}

func TestOnlyFewPackagesStartPrograms(t *testing.T) {
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

func TestTheTopLevelHoldsOnlyWhatItMay(t *testing.T) {
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

// namesOfServers finds code that treats one language server differently by its name.
var namesOfServers = regexp.MustCompile(`\bcatalogue\.Named\("|\b\w*([sS]rv|[sS]erver)\.Name\s*[!=]=\s*"|switch \S*([sS]rv|[sS]erver)\.Name\b`)

// What differs between servers is a field of their descriptions: names occur in the
// catalogue, in commands and in tests.
func TestNoCodeTreatsAServerByItsName(t *testing.T) {
	for _, dir := range []string{"index", "selectors", "server"} {
		err := filepath.WalkDir(filepath.Join("../..", dir), func(file string, d os.DirEntry, err error) error {
			if err != nil || d.IsDir() || !strings.HasSuffix(file, ".go") || strings.HasSuffix(file, "_test.go") {
				return err
			}
			raw, err := os.ReadFile(file)
			if bad := namesOfServers.Find(raw); bad != nil {
				t.Errorf("%s has %q: make what differs a field of catalogue.Server", file, bad)
			}
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	}
}

// Text of others reaches people and models through package visible alone: fmt prints
// values as they are.
func TestWhatPeopleReadIsPrintedByPackageVisible(t *testing.T) {
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
