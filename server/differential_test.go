package server_test

import (
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"lanser/index/indextest"
	"lanser/selectors"
	"lanser/selectors/fault"
	"lanser/server/api"
	"lanser/server/bundle"
	"lanser/server/catalogue"
)

// tier are the tested servers, each on a code base that nobody here wrote. The
// witness comes to its final answers by the server's own signals.
var tier = append(
	slices.Clone(codebases),
	codebase{"mailpkg", "basedpyright", indextest.Mail, func(c *rawClient, _ []string) { c.awaitLog("Found ") }},
	codebase{"rxjs", "typescript-language-server", indextest.RxJS, func(c *rawClient, files []string) {
		for _, f := range files {
			c.open(f)
		}
	}},
	codebase{"zlib", "clangd", zlib, func(c *rawClient, _ []string) {
		c.open("inflate.c")
		c.awaitNote("$/progress", `"kind":"end"`)
	}},
	codebase{"semver", "rust-analyzer", semver, func(c *rawClient, _ []string) {
		c.awaitNote("experimental/serverStatus", `"quiescent":true`)
	}},
	codebase{
		"bats",
		"bash-language-server",
		bats,
		func(c *rawClient, _ []string) { c.awaitNote("window/logMessage", "BackgroundAnalysis: Completed") },
	},
	codebase{
		"fastroute", "intelephense", fastRoute,
		func(c *rawClient, _ []string) { c.awaitNote("window/logMessage", "Indexing finished") },
	},
	codebase{"cue", "cue", cueSources, func(*rawClient, []string) {}},
)

// zlib is its sources with the compilation database that its build would write.
func zlib(t testing.TB) string {
	dir := indextest.Copy(t, indextest.Debian(t, "zlib=1:1.2.13.dfsg-1"))
	// The other folders are programs: clangd takes all functions main for one.
	for _, other := range []string{"contrib", "examples", "test", "old", "amiga", "msdos"} {
		if err := os.RemoveAll(filepath.Join(dir, other)); err != nil {
			t.Fatal(err)
		}
	}
	type entry struct {
		Directory string   `json:"directory"`
		File      string   `json:"file"`
		Arguments []string `json:"arguments"`
	}
	var entries []entry
	files, err := filepath.Glob(filepath.Join(dir, "*.c"))
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range files {
		entries = append(entries, entry{dir, f, []string{"cc", "-I" + dir, "-c", f}})
	}
	raw, err := json.Marshal(entries)
	if err == nil {
		err = os.WriteFile(filepath.Join(dir, "compile_commands.json"), raw, 0o644)
	}
	if err != nil {
		t.Fatal(err)
	}
	return dir
}

// semver is a crate without dependencies: the optional one is left out.
func semver(t testing.TB) string {
	dir := indextest.Copy(
		t,
		indextest.DebianPackage(t, "librust-semver-dev=1.0.14-1")+"/usr/share/cargo/registry/semver-1.0.14",
	)
	manifest := filepath.Join(dir, "Cargo.toml")
	raw, err := os.ReadFile(manifest)
	if err != nil {
		t.Fatal(err)
	}
	text := regexp.MustCompile(`(?s)\[dependencies\.serde\].*?\n\n`).ReplaceAllString(string(raw), "")
	if err := os.WriteFile(manifest, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
	return dir
}

func bats(t testing.TB) string {
	return indextest.Copy(t, filepath.Join(indextest.DebianPackage(t, "bats=1.8.2-1"), "usr", "lib"))
}

// fastRoute is a router of requests, in PHP.
func fastRoute(t testing.TB) string {
	installed := filepath.Join(indextest.DebianPackage(t, "php-nikic-fast-route=1.3.0-4"), "usr", "share", "php")
	return indextest.Copy(t, installed)
}

// cueSources are the CUE files of its own project's continuous integration.
func cueSources(t testing.TB) string {
	return indextest.Copy(t, filepath.Join(indextest.Module(t, "cuelang.org/go@v0.17.1"), "internal", "ci"))
}

var identifiersAsked = flag.Int("identifiers", 40, "how many identifiers each server is asked about")

var identifier = regexp.MustCompile(`[\pL_][\pL\pN_]{2,}`)

// spotIn is an identifier in a file.
type spotIn struct {
	file string
	pos  rawPos // 0-based; the line is ASCII, so that all units agree
}

// identifiers draws n of the identifiers of the files, the same ones each time.
func identifiers(t testing.TB, dir string, files []string, n int) []spotIn {
	t.Helper()
	var all []spotIn
	for _, f := range files {
		raw, err := os.ReadFile(filepath.Join(dir, f))
		if err != nil {
			t.Fatal(err)
		}
		for i, line := range strings.Split(string(raw), "\n") {
			trimmed := strings.TrimSpace(line)
			if strings.ContainsFunc(line, func(r rune) bool { return r > 126 }) || strings.HasPrefix(trimmed, "//") ||
				strings.HasPrefix(trimmed, "#") ||
				strings.HasPrefix(trimmed, "*") {
				continue
			}
			for _, at := range identifier.FindAllStringIndex(line, -1) {
				all = append(all, spotIn{f, rawPos{i, at[0]}})
			}
		}
	}
	r := rand.New(rand.NewPCG(1, 2))
	r.Shuffle(len(all), func(i, j int) { all[i], all[j] = all[j], all[i] })
	return all[:min(n, len(all))]
}

// isAt reports whether a list has one place only, which holds a position of a file.
func isAt(list []bundle.Location, file string, pos rawPos) bool {
	return len(list) == 1 && list[0].URI == file && list[0].Range[0] == pos.Line &&
		list[0].Range[1] <= pos.Character && pos.Character < list[0].Range[3]
}

// At random identifiers of a code base for each server (60 in the gate, -identifiers 200 for more), definition,
// references, hover, implementations and calls are exactly the server's own final answers. The first request goes to
// a cold server.
func TestAnswersAtRandomIdentifiersEqualTheServers(t *testing.T) {
	t.Parallel()
	out, err := exec.Command("go", "env", "GOROOT").Output()
	if err != nil {
		t.Fatal(err)
	}
	goroot := strings.TrimSpace(string(out))
	for _, cb := range tier {
		t.Run(cb.name+" "+cb.server, func(t *testing.T) {
			t.Parallel()
			witnessed, dir := cb.copy(t), cb.copy(t)
			files := sources(t, dir, cb.server)
			c := raw(t, cb, witnessed, sources(t, witnessed, cb.server))
			e := engine(t, dir)
			offers := catalogue.Named(cb.server).Offers
			asked, compared := 0, 0
			for _, at := range identifiers(t, dir, files, *identifiersAsked) {
				c.open(at.file)
				sel := selector(fmt.Sprintf("%s@L%d:C%d", at.file, at.pos.Line+1, at.pos.Character+1))
				ask := func(op string) *bundle.Bundle {
					asked++
					b, err := e.Do(
						context.Background(),
						api.Request{Op: op, Selector: sel, Options: api.Options{Server: cb.server}},
					)
					if err != nil && !fault.Is(err, fault.Incomplete) && !fault.Is(err, fault.NotFound) &&
						!fault.Is(err, fault.Unsupported) {
						t.Errorf("%s %s: %v", op, sel, err)
					}
					if b.Facts == nil {
						b.Facts = &bundle.Facts{}
					}
					return b
				}
				for op, q := range map[string]struct{ method, capability string }{
					"def":  {"textDocument/definition", "definitionProvider"},
					"refs": {"textDocument/references", "referencesProvider"},
					"impl": {"textDocument/implementation", "implementationProvider"},
				} {
					// The server takes every equal word of all scripts for one symbol: its definitions and
					// references are corrected by the rules of the shell (see package shell).
					isShell := cb.server == "bash-language-server"
					if isShell && op == "def" || !slices.Contains(offers, q.capability) {
						continue
					}
					want, _ := c.tryLocations(q.method, at.file, at.pos) // refused is none
					b := ask(op)
					got := places(
						listed(slices.Concat(b.Facts.Definitions, b.Facts.References, b.Facts.Implementations)),
					)
					compared += len(got)
					if catalogue.Named(cb.server).Toggles && isAt(b.Facts.Definitions, at.file, at.pos) {
						continue // asked at a definition, the server names the declaration
					}
					if cb.server == "intelephense" { // its definitions are whole declarations
						want = narrowed(plainRaw(want), got)
					}
					if cb.server == "clangd" && op == "refs" {
						// Headers are read as sources include them, and not alone as by the client: the ledger
						// confirms places in those that sources read differently, and there may be more.
						all := places(b.Facts.References)
						for _, place := range missingFrom(plainRaw(want), all) {
							t.Errorf("%s %s: lanser does not name %s", op, sel, place)
						}
						for _, place := range missingFrom(got, plainRaw(want)) {
							if file, _, _ := strings.Cut(place, "["); path.Ext(file) != ".h" {
								t.Errorf("%s %s: the server does not name %s", op, sel, place)
							}
						}
					} else if isShell {
						for _, place := range missingFrom(got, plainRaw(want)) {
							t.Errorf("%s %s: the server does not name %s", op, sel, place)
						}
					} else if d := cmp.Diff(plainRaw(want), got); d != "" {
						t.Errorf("%s %s (-server +lanser)\n%s", op, sel, d)
					}
				}
				portable := strings.NewReplacer(
					"file://"+witnessed+"/", "", witnessed+"/", "", "file://"+goroot+"/", "goroot:///",
				)
				want := portable.Replace(c.hover(at.file, at.pos))
				if got := hoverText(ask("hover")); got != want {
					t.Errorf("hover %s: %q, the server says %q", sel, got, want)
				}
				if slices.Contains(offers, "callHierarchyProvider") {
					if d := cmp.Diff(c.calls(at.file, at.pos), edgesOf(ask("calls").Facts.Calls)); d != "" {
						t.Errorf("calls %s (-server +lanser)\n%s", sel, d)
					}
				}
			}
			t.Logf("%d questions, %d places", asked, compared)
			if compared < 100 {
				t.Errorf("only %d places were compared", compared)
			}
		})
	}
}

// The type hierarchy of each declared type is exactly the server's own.
func TestTheHierarchyOfEveryTypeEqualsTheServers(t *testing.T) {
	t.Parallel()
	shapes := func(t testing.TB) string {
		dir := indextest.Files(t, map[string]string{
			"shape.h": "struct Shape { virtual ~Shape(); virtual double area() const = 0; };\n" +
				"struct Named { const char *name; };\n",
			"a.cc": "#include \"shape.h\"\nstruct Square : Shape, Named { double area() const override; };\n" +
				"double Square::area() const { return 1; }\nstruct Tile : Square {};\n",
			"b.cc": "#include \"shape.h\"\nstruct Circle : Shape { double area() const override { return 3; } };\n",
		})
		entries := []map[string]any{}
		for _, f := range []string{"a.cc", "b.cc"} {
			entries = append(
				entries,
				map[string]any{"directory": dir, "file": f, "arguments": []string{"c++", "-c", f}},
			)
		}
		raw, err := json.Marshal(entries)
		if err == nil {
			err = os.WriteFile(filepath.Join(dir, "compile_commands.json"), raw, 0o644)
		}
		if err != nil {
			t.Fatal(err)
		}
		return dir
	}
	for _, cb := range []codebase{
		{"cobra", "gopls", indextest.Cobra, func(*rawClient, []string) {}},
		{"shapes", "clangd", shapes, func(c *rawClient, _ []string) {
			c.open("a.cc")
			c.awaitNote("$/progress", `"kind":"end"`)
		}},
	} {
		t.Run(cb.name, func(t *testing.T) {
			witnessed, dir := cb.copy(t), cb.copy(t)
			c := raw(t, cb, witnessed, nil)
			e := engine(t, dir)
			outline := do(t, e, api.Request{Op: "symbols", Paths: []string{"."}, Options: api.Options{IndexIO: c.Enc}})
			asked, compared := 0, 0
			for _, s := range outline.Facts.Symbols {
				if !slices.Contains(
					[]selectors.Kind{
						selectors.KindInterface,
						selectors.KindStruct,
						selectors.KindClass,
						selectors.KindType,
					},
					s.Kind,
				) ||
					s.Depth > 0 {
					continue
				}
				asked++
				c.open(s.URI)
				b, err := e.Do(
					context.Background(),
					api.Request{Op: "types", Selector: selector(s.Selector), Options: api.Options{Server: cb.server}},
				)
				if err != nil && !fault.Is(err, fault.Incomplete) {
					t.Fatalf("%s: %v", s.Selector, err)
				}
				got := []string{}
				if b.Facts != nil {
					got = edgesOf(b.Facts.Types)
				}
				compared += len(got)
				if d := cmp.Diff(c.types(s.URI, rawPos{s.SelectionRange[0], s.SelectionRange[1]}), got); d != "" {
					t.Errorf("%s (-server +lanser)\n%s", s.Selector, d)
				}
			}
			t.Logf("%d types, %d edges", asked, compared)
			if compared < 5 {
				t.Errorf("only %d edges were compared", compared)
			}
		})
	}
}

// narrowed returns places, as plainRaw spells them, with each one that contains one of the others replaced by that.
func narrowed(places, others []string) []string {
	ends := func(place string) (file string, from, to [2]int) {
		file, at, _ := strings.Cut(place, "[")
		fmt.Sscanf(at, "%d %d %d %d]", &from[0], &from[1], &to[0], &to[1])
		return file, from, to
	}
	out := slices.Clone(places)
	for i, place := range places {
		file, from, to := ends(place)
		for _, other := range others {
			inFile, begin, end := ends(other)
			if inFile == file && slices.Compare(from[:], begin[:]) <= 0 && slices.Compare(end[:], to[:]) <= 0 {
				out[i] = other
			}
		}
	}
	return out
}

func hoverText(b *bundle.Bundle) string {
	if len(b.Facts.Hover) == 0 {
		return ""
	}
	return b.Facts.Hover[0].Contents
}

// edgesOf are edges in the raw client's spelling.
func edgesOf(list []bundle.Edge) []string {
	out := []string{}
	for _, e := range list {
		if e.Confirmed {
			continue
		}
		out = append(
			out,
			fmt.Sprint(
				plain(e.From.URI),
				e.From.SelectionRange,
				" ",
				plain(e.To.URI),
				e.To.SelectionRange,
				" ",
				e.Ranges,
			),
		)
	}
	slices.Sort(out)
	return out
}
