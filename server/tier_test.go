package server_test

import (
	"context"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"lanser/index/indextest"
	"lanser/selectors/fault"
	"lanser/server/api"
	"lanser/server/bundle"
	"lanser/server/catalogue"
)

// The capabilities in the catalogue are those of the pinned version. A request that a server does not support names
// another server that does.
func TestTheCatalogueListsTheCapabilitiesOfServers(t *testing.T) {
	t.Parallel()
	indextest.Needs(t, "every language server")
	capabilities := map[string]string{
		"definition": "definitionProvider", "declaration": "declarationProvider",
		"typeDefinition": "typeDefinitionProvider", "implementation": "implementationProvider",
		"references": "referencesProvider", "hover": "hoverProvider", "calls": "callHierarchyProvider",
		"types": "typeHierarchyProvider", "diagnostics": "diagnosticProvider",
	}
	for _, p := range projects {
		t.Run(p.name, func(t *testing.T) {
			dir := p.made(t)
			b := do(
				t,
				engine(t, dir),
				api.Request{Op: "hover", Selector: selector(p.selector), Options: api.Options{Server: p.server}},
			)
			var got []string
			if b.Capabilities["overview"] != b.Capabilities["definition"] {
				t.Error("an overview needs what a definition needs")
			}
			for op, can := range b.Capabilities {
				if can && op != "overview" {
					got = append(got, capabilities[op])
				}
			}
			want := slices.Clone(catalogue.Named(p.server).Offers)
			slices.Sort(got)
			slices.Sort(want)
			if d := cmp.Diff(want, got); d != "" {
				t.Errorf("(-catalogue +server)\n%s", d)
			}
		})
	}
}

func TestTheErrorForAnUnsupportedRequestSaysWhatToAskInstead(t *testing.T) {
	t.Parallel()
	indextest.Needs(t, "the servers rust-analyzer and bash-language-server")
	dir := indextest.Files(t, map[string]string{
		"Cargo.toml": "[package]\nname = \"a\"\nversion = \"0.1.0\"\n", "src/lib.rs": "pub trait A {}\n",
		"a.sh": "f() { :; }\n",
	})
	e := engine(t, dir)
	for _, tt := range []struct{ sel, op, hint string }{
		{"rs://crate#A", "types", "ask for the implementations instead: lanser impl"},
		{"sh://a#f", "impl", "no server that is known for a.sh does"},
	} {
		_, err := e.Do(context.Background(), api.Request{Op: tt.op, Selector: selector(tt.sel)})
		if hint := fault.From(err).Hint; !fault.Is(err, fault.Unsupported) || hint != tt.hint {
			t.Errorf("%s %s: %v, hint %q", tt.op, tt.sel, err, hint)
		}
	}
}

func TestAPinnedVersionIsRequired(t *testing.T) {
	t.Parallel()
	indextest.Needs(t, "the server gopls")
	e := engine(t, indextest.Files(t, projects[0].files))
	for name, want := range map[string]fault.Code{
		"gopls@v0.23.0": "",
		"gopls@0.23.0":  "",
		"gopls@0.22":    fault.VersionSkew,
		"gopls@1":       fault.VersionSkew,
		"pyright":       fault.Usage,
		"nothing":       fault.Usage,
	} {
		_, err := e.Do(
			context.Background(),
			api.Request{Op: "hover", Selector: selector(projects[0].selector), Options: api.Options{Server: name}},
		)
		if want == "" && err != nil || want != "" && !fault.Is(err, want) {
			t.Errorf("--server %s: %v, want %q", name, err, want)
		}
	}
}

func TestAHierarchyWithCyclesEnds(t *testing.T) {
	t.Parallel()
	indextest.Needs(t, "the server gopls")
	dir := indextest.Files(t, map[string]string{
		"go.mod": "module ex.com/m\n\ngo 1.21\n",
		"a.go":   "package m\n\nfunc A() { B() }\n\nfunc B() { C(); B() }\n\nfunc C() { A() }\n\nfunc D() { A() }\n",
		"t.go": "package m\n\ntype I interface{ M() }\n\ntype J interface {\n\tI\n\tN()\n}\n\ntype S struct{}\n\n" +
			"func (S) M() {}\n",
	})
	e := engine(t, dir)
	edges := func(op, sel string, o api.Options) (out []string) {
		t.Helper()
		b := do(t, e, api.Request{Op: op, Selector: selector(sel), Options: o})
		for _, edge := range slices.Concat(b.Facts.Calls, b.Facts.Types) {
			out = append(out, fmt.Sprintf("%s %s %d", edge.From.Name, edge.To.Name, edge.Depth))
		}
		slices.Sort(out)
		return out
	}
	for _, tt := range []struct {
		op, sel string
		options api.Options
		want    []string
	}{
		{"calls", "go://ex.com/m#A", api.Options{Out: true}, []string{"A B 1"}},
		{"calls", "go://ex.com/m#A", api.Options{In: true}, []string{"C A 1", "D A 1"}},
		{"calls", "go://ex.com/m#A", api.Options{}, []string{"A B 1", "C A 1", "D A 1"}},
		{"calls", "go://ex.com/m#A", api.Options{Out: true, Depth: 10}, []string{"A B 1", "B B 2", "B C 2", "C A 3"}},
		{"calls", "go://ex.com/m#D", api.Options{In: true, Depth: 10}, nil},
		{"types", "go://ex.com/m#I", api.Options{Sub: true}, []string{"J I 1", "S I 1"}},
		{"types", "go://ex.com/m#S", api.Options{Super: true}, []string{"S I 1"}},
	} {
		if d := cmp.Diff(tt.want, edges(tt.op, tt.sel, tt.options)); d != "" {
			t.Errorf("%s %s %+v (-want +got)\n%s", tt.op, tt.sel, tt.options, d)
		}
	}
}

func TestFunctionsThatClangdConfusesLowerTheEvidence(t *testing.T) {
	t.Parallel()
	indextest.Needs(t, "the server clangd")
	dir := indextest.Files(
		t,
		map[string]string{
			"a.c": "int help(void) { return 0; }\nint main(void) { return 0; }\n",
			"b.c": "int help(void) { return 1; }\nint main(void) { return help(); }\n",
			"c.c": "int help(void);\nint one(void) { return help(); }\n",
		},
	)
	database(t, dir)
	e := engine(t, dir)
	for _, tt := range []struct{ op, selector, state, why string }{
		{"def", "cpp://a.c#main", bundle.Complete, ""},
		{"def", "b.c@L2:C25", bundle.Complete, ""},
		{"def", "c.c@L2:C25", bundle.Partial, "2 files define help, each for its own program"},
		{"calls", "cpp://c.c#one", bundle.Partial, "takes the functions help of 2 files for one"},
		{"def", "cpp://c.c#one", bundle.Complete, ""},
	} {
		b := do(t, e, api.Request{Op: tt.op, Selector: selector(tt.selector)})
		if b.Evidence.State != tt.state || !strings.Contains(strings.Join(b.Evidence.Reasons, " "), tt.why) {
			t.Errorf("%s %s: evidence %v", tt.op, tt.selector, b.Evidence)
		}
	}
}

// Without a compilation database, or with one that lacks files, the answers of clangd are incomplete, and say so.
func TestAMissingCompilationDatabaseLowersTheEvidence(t *testing.T) {
	t.Parallel()
	indextest.Needs(t, "the server clangd")
	dir := indextest.Files(
		t,
		map[string]string{
			"a.c":     "int f(void) { return 0; }\n",
			"b.c":     "int f(void);\nint g(void) { return f(); }\n",
			"sub/c.c": "int f(void);\nint h(void) { return f(); }\n",
		},
	)
	e := thawed(t, dir)
	refs := func() *bundle.Bundle {
		t.Helper()
		return do(t, e, api.Request{Op: "refs", Selector: selector("cpp://a.c#f")})
	}
	b := refs()
	if b.Evidence.State != bundle.Partial ||
		!strings.Contains(strings.Join(b.Evidence.Reasons, " "), "no compile_commands.json above") {
		t.Errorf("without: evidence %v", b.Evidence)
	}
	database(t, dir) // of the files at the top
	b = refs()
	var possible []string
	for _, u := range b.Evidence.Ledger.Uses {
		possible = append(possible, fmt.Sprint(u.URI, u.Range, u.Why))
	}
	const unlisted = "compile_commands.json does not list it"
	if d := cmp.Diff([]string{"sub/c.c[0 4 0 5]" + unlisted, "sub/c.c[1 21 1 22]" + unlisted}, possible); d != "" {
		t.Errorf("with a part: evidence %v (-want +got)\n%s", b.Evidence, d)
	}
	if err := os.RemoveAll(filepath.Join(dir, "sub")); err != nil {
		t.Fatal(err)
	}
	check := do(t, e, api.Request{Op: "diag"})
	if check.Evidence.State != bundle.Complete {
		t.Errorf("a check of the whole: evidence %v", check.Evidence)
	}
	indextest.Write(t, dir, "d.c", strings.Repeat("nothing known;\n", 50))
	database(t, dir)
	check = do(t, e, api.Request{Op: "diag"})
	if check.Evidence.State != bundle.Heuristic || check.Meta.ExitCode != 1 ||
		!strings.Contains(
			strings.Join(check.Evidence.Reasons, " "),
			"d.c was not checked: clangd stopped after too many errors",
		) {
		t.Errorf("a check of too many errors: evidence %v", check.Evidence)
	}
	if err := os.Remove(filepath.Join(dir, "d.c")); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, "compile_commands.json"), []byte("[]"), 0o644); err != nil {
		t.Fatal(err)
	}
	check = do(t, e, api.Request{Op: "diag"})
	if check.Evidence.State != bundle.Heuristic || check.Meta.ExitCode != 0 ||
		!strings.Contains(
			strings.Join(check.Evidence.Reasons, " "),
			"they were read with default flags, without an error",
		) {
		t.Errorf("a check without a list: exit code %d, evidence %v", check.Meta.ExitCode, check.Evidence)
	}
	c := filepath.Join(dir, "d.c")
	if err := os.WriteFile(c, []byte("#include <nowhere.h>\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	check = do(t, e, api.Request{Op: "diag"})
	if check.Evidence.State != bundle.Partial || check.Meta.ExitCode != fault.Incomplete.Exit() {
		t.Errorf("an error without a list: exit code %d, evidence %v", check.Meta.ExitCode, check.Evidence)
	}
	if err := os.Remove(c); err != nil {
		t.Fatal(err)
	}
	database(t, dir)
	b = refs()
	if b.Evidence.State != bundle.Complete || len(b.Facts.References) != 3 {
		t.Errorf("with the whole: evidence %v, %v", b.Evidence, b.Facts.References)
	}
}

// A configuration that names the folder of the compilation database has clangd look nowhere else: nobody waits for an
// index that is never built, and the answer says which file to look at.
func TestADatabaseThatClangdDoesNotUseIsNotWaitedFor(t *testing.T) {
	t.Parallel()
	indextest.Needs(t, "the server clangd")
	dir := indextest.Files(t, map[string]string{
		".clangd": "CompileFlags:\n  CompilationDatabase: out\n",
		"a.c":     "int f(void) { return 0; }\n", "b.c": "int f(void);\nint g(void) { return f(); }\n",
	})
	database(t, dir)
	e := thawed(t, dir)
	ask := func() *bundle.Bundle {
		t.Helper()
		return do(t, e, api.Request{
			Op: "refs", Selector: selector("cpp://a.c#f"),
			Options: api.Options{Timeout: api.Duration(100 * time.Second)},
		})
	}
	b := ask()
	if why := strings.Join(b.Evidence.Reasons, " "); b.Evidence.State != bundle.Partial ||
		!strings.Contains(why, ".clangd has clangd look for compile_commands.json in out alone, and none is there") {
		t.Errorf("evidence %v", b.Evidence)
	}
	out := filepath.Join(dir, "out", "build")
	if err := os.MkdirAll(out, 0o755); err != nil {
		t.Fatal(err)
	}
	const name = "compile_commands.json"
	if err := os.Rename(filepath.Join(dir, name), filepath.Join(out, name)); err != nil {
		t.Fatal(err)
	}
	b = ask()
	if b.Evidence.State != bundle.Complete || len(b.Facts.References) != 3 {
		t.Errorf("with the database in the folder: evidence %v, %v", b.Evidence, b.Facts.References)
	}
}

var soakQueries = flag.Int("soak", 400, "how many questions the soak asks")

// Many requests in one process, with edits between them: at the end, the process uses as much as half-way, apart from
// the servers themselves.
func TestASoakLeavesNothingBehind(t *testing.T) {
	indextest.Needs(t, "the server gopls")
	dir := indextest.Files(t, projects[0].files)
	for _, p := range projects[1:3] {
		for name, content := range p.files {
			if err := os.WriteFile(filepath.Join(dir, name), []byte(content), 0o644); err != nil {
				t.Fatal(err)
			}
		}
	}
	e := thawed(t, dir)
	held := func() (descriptors int, heap uint64) { return indextest.Descriptors(t), liveHeap() }
	var d0 int
	var h0 uint64
	for i := range *soakQueries {
		p := projects[i%3]
		if i%20 == 0 {
			content := p.files["c"+p.ext] + fmt.Sprintf(p.more, i)
			if err := os.WriteFile(filepath.Join(dir, "c"+p.ext), []byte(content), 0o644); err != nil {
				t.Fatal(err)
			}
		}
		op := []string{"refs", "def", "hover", "locate"}[i/3%4]
		b, err := e.Do(context.Background(), api.Request{Op: op, Selector: selector(p.selector)})
		if err != nil {
			t.Fatalf("question %d, %s %s: %v", i, op, p.selector, err)
		}
		if op == "refs" && len(b.Facts.References) != len(p.uses(t, dir)) {
			t.Fatalf("question %d: %d references, %d uses in the text", i, len(b.Facts.References), len(p.uses(t, dir)))
		}
		if i == *soakQueries/2 {
			d0, h0 = held()
		}
	}
	d1, h1 := held()
	t.Logf("%d questions: descriptors %d then %d, live heap %d then %d KiB", *soakQueries, d0, d1, h0>>10, h1>>10)
	if d1 > d0 || h1 > h0+h0/2+(8<<20) {
		t.Errorf("descriptors %d then %d, live heap %d then %d KiB", d0, d1, h0>>10, h1>>10)
	}
}

// liveHeap is what the collector has left, in bytes.
func liveHeap() uint64 {
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.HeapAlloc
}
