package server_test

import (
	"bytes"
	"encoding/json"
	"flag"
	"fmt"
	"go/token"
	"go/types"
	"maps"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"golang.org/x/tools/go/packages"

	"lanser/index/indextest"
	"lanser/selectors/fault"
	"lanser/selectors/text"
	"lanser/server"
	"lanser/server/api"
	"lanser/server/bundle"
)

var symbolsAsked = flag.Int("symbols", quickSymbols, "how many symbols of each code base are asked about")

var symbolsSeed = flag.Uint64("draw", 7, "the seed by which the symbols of each code base are drawn")

const quickSymbols = 8

// usedSymbol is a declaration and its uses, by another source than the server that Lanser asks.
type usedSymbol struct {
	Name string
	Kind string
	At   usePlace
	// Also are the names in all declarations of the symbol. They are no uses, and may be part of an answer.
	Also []usePlace
	Uses []usePlace
	// read holds the files that the truth was read from; nil for all. Lanser may doubt others.
	read map[string]bool
	// dark holds the lines of these files that the truth knows nothing about.
	dark map[darkLine]bool
	// rejected holds places that may mean the symbol, by the arguments of templates, and strings that may be its key:
	// Lanser may doubt them.
	rejected map[usePlace]bool
	// unbuilt is true for one that is not declared in the build that the server loads.
	unbuilt bool
}

// usePlace is the beginning of a name. Lines and columns count from 0, columns in bytes.
type usePlace struct {
	path      string
	line, col int
}

func (p *usePlace) UnmarshalJSON(raw []byte) error {
	return json.Unmarshal(raw, &[]any{&p.path, &p.line, &p.col})
}

func (p usePlace) MarshalJSON() ([]byte, error) { return json.Marshal([]any{p.path, p.line, p.col}) }

func (p usePlace) String() string { return fmt.Sprintf("%s:%d:%d", p.path, p.line+1, p.col+1) }

// usedCode is a code base in which the uses of symbols are known.
type usedCode struct {
	name string
	copy func(t testing.TB) string
	// declared lists the symbols. Those without uses are completed by uses.
	declared func(t testing.TB, dir string) []usedSymbol
	uses     func(t testing.TB, dir string, symbols []usedSymbol)
	// maxIdle bounds the answers, in percent, that are not complete although nothing is missing.
	maxIdle int
}

// quickCodes are asked about by default, all others with -symbols alone.
var quickCodes = []usedCode{
	{
		name: "Go: zerolog", maxIdle: 5, copy: goProject("github.com/rs/zerolog@v1.33.0"),
		declared: goUses("linux", "windows", "linux,binary_log"),
	},
	{
		name: "TypeScript: table-core", maxIdle: 5, declared: tsDeclared, uses: tsUses,
		copy: npmSources("@tanstack/table-core@8.20.5", "src", tsConfig),
	},
	{
		name: "JavaScript: commander", maxIdle: 15, declared: tsDeclared, uses: tsUses,
		copy: npmSources("commander@12.1.0", "lib", ""),
	},
	{
		name: "Python: itsdangerous", maxIdle: 15, declared: pythonUses,
		copy: pythonProject("itsdangerous==2.2.0", "e0050c0b7da1eea53ffaf149c0cfbb5c6e2e2b69c4bef22c81fa6eb73e5f6173"),
	},
}

var otherCodes = []usedCode{
	{
		name: "Go: pty", maxIdle: 5, copy: goProject("github.com/creack/pty@v1.1.24"),
		declared: goUses("linux", "windows", "darwin", "freebsd", "openbsd", "netbsd", "dragonfly", "solaris"),
	},
	{
		name: "TypeScript: form-core", maxIdle: 5, declared: tsDeclared, uses: tsUses,
		copy: npmSources(
			"@tanstack/form-core@0.40.0", "src", "", "@tanstack/store@0.6.0", "@standard-schema/spec@1.0.0-beta.3",
		),
	},
	{
		name: "JavaScript: express", maxIdle: 15, declared: tsDeclared, uses: tsUses,
		copy: npmSources("express@4.21.2", "lib", ""),
	},
	{
		name: "Python: click", maxIdle: 15, declared: pythonUses,
		copy: pythonProject("click==8.1.7", "ca9853ad459e787e2192211578cc907e7594e294c7ccc834310722b41b9ca6de"),
	},
}

const tsConfig = `{
	"compilerOptions": {"strict": true, "target": "esnext", "module": "esnext", "moduleResolution": "bundler"},
	"include": ["src"]
}`

// TestACompleteAnswerMissesNoUse compares answers about the uses of symbols with what the Go type checker,
// TypeScript's own language service and Python's parser say (8 symbols of four code bases, -symbols 80 for
// more of eight). An answer that is complete must have every use; one that is not complete must have a reason.
func TestACompleteAnswerMissesNoUse(t *testing.T) {
	t.Parallel()
	codes := quickCodes
	if *symbolsAsked > quickSymbols {
		codes = slices.Concat(codes, otherCodes)
	}
	for _, code := range codes {
		t.Run(code.name, func(t *testing.T) {
			t.Parallel()
			dir := code.copy(t)
			symbols := drawSymbols(code.declared(t, dir), *symbolsAsked)
			if code.uses != nil {
				code.uses(t, dir, symbols)
			}
			e, err := server.New(server.Config{Root: dir})
			if err != nil {
				t.Fatal(err)
			}
			defer e.Close()
			var sums usesSums
			for _, sym := range symbols {
				sums.add(t, sym, usesAnswered(t, e, dir, sym))
			}
			t.Logf("%d answers, %d complete; %d complete that miss a use; %d idle doubts; %d with other places",
				len(symbols), sums.complete, sums.missed, sums.idle, sums.extra)
			if sums.idle*100 > code.maxIdle*len(symbols) {
				t.Errorf("%d of %d answers are not complete although nothing is missing, more than %d%%",
					sums.idle, len(symbols), code.maxIdle)
			}
		})
	}
}

// usesSums counts answers.
type usesSums struct {
	complete, missed int
	idle             int // not complete although nothing is missing
	extra            int // with places that the truth does not have
}

func (sums *usesSums) add(t *testing.T, sym usedSymbol, a usesAnswer) {
	t.Helper()
	what := fmt.Sprintf("%s %s at %s", sym.Kind, sym.Name, sym.At)
	if len(a.extra) > 0 {
		sums.extra++
		t.Logf("%s: other places %v", what, a.extra)
	}
	if a.complete {
		sums.complete++
		if len(a.missing) > 0 {
			sums.missed++
			t.Errorf("%s: complete without %v", what, a.missing)
		}
		return
	}
	switch {
	case len(a.missing) > 0:
		t.Logf("%s: %s, %d of %d missing", what, a.state, len(a.missing), len(sym.Uses))
	case a.unread, sym.unbuilt:
		t.Logf("%s: %s, for code that the truth does not know: %v", what, a.state, a.possible)
	default:
		sums.idle++
		t.Logf("%s: %s, though nothing is missing: %v %v", what, a.state, a.reasons, a.possible)
	}
}

// usesAnswer is what Lanser answers about the uses of a symbol, compared with the truth.
type usesAnswer struct {
	state    string
	complete bool
	reasons  []string
	possible []string
	unread   bool // the truth does not know what the possible uses are
	missing  []usePlace
	extra    []usePlace
}

func usesAnswered(t *testing.T, e *server.Engine, dir string, sym usedSymbol) (a usesAnswer) {
	t.Helper()
	no := false
	at := fmt.Sprintf("%s@L%d:C%d", sym.At.path, sym.At.line+1, sym.At.col+1)
	req := api.Request{Op: "refs", Selector: selector(at)}
	req.Options.Declaration = &no
	b, err := e.Do(t.Context(), req)
	if err != nil && !fault.Is(err, fault.Incomplete) {
		t.Errorf("%s %s at %s: %v", sym.Kind, sym.Name, sym.At, err)
	}
	a.state, a.complete, a.reasons = string(b.Evidence.State), b.Evidence.State == bundle.Complete, b.Evidence.Reasons
	got, family := map[usePlace]bool{}, map[usePlace]bool{}
	add := func(to map[usePlace]bool, l bundle.Location) {
		if p, ok := usePlaceOf(dir, l, b.Environment.PositionEncoding); ok {
			to[p] = true
		}
	}
	if b.Facts != nil {
		for _, l := range b.Facts.References {
			add(got, l)
		}
	}
	if l := b.Evidence.Ledger; l != nil {
		for _, r := range l.Relatives {
			add(family, r)
		}
		a.unread = len(l.Uses) > 0 && (sym.read != nil || sym.rejected != nil)
		for _, u := range l.Uses {
			at, ok := usePlaceOf(dir, u.Location, b.Environment.PositionEncoding)
			isRead := sym.read == nil || sym.read[u.URI]
			isKnown := isRead && !sym.dark[darkLine{path: u.URI, line: u.Range[0]}] && !(ok && sym.rejected[at])
			a.unread = a.unread && !isKnown
			a.possible = append(a.possible, fmt.Sprintf("%s:%d %s", u.URI, u.Range[0]+1, u.Why))
		}
	}
	want := map[usePlace]bool{}
	for _, u := range sym.Uses {
		want[u] = true
		if !got[u] && !family[u] {
			a.missing = append(a.missing, u)
		}
	}
	for p := range got {
		if !want[p] && !slices.Contains(sym.Also, p) {
			a.extra = append(a.extra, p)
		}
	}
	sortPlaces(a.missing)
	sortPlaces(a.extra)
	return a
}

func sortPlaces(list []usePlace) {
	slices.SortFunc(list, func(a, b usePlace) int { return strings.Compare(a.String(), b.String()) })
}

// usePlaceOf is the beginning of a location; ok is false for one outside of the workspace.
func usePlaceOf(dir string, l bundle.Location, encoding string) (p usePlace, ok bool) {
	raw, err := os.ReadFile(filepath.Join(dir, filepath.FromSlash(l.URI)))
	if err != nil {
		return p, false
	}
	c := text.New(raw)
	offset, err := c.OffsetOf(text.Point{Line: l.Range[0], Col: l.Range[1]}, text.Encoding(encoding))
	if err != nil {
		return p, false
	}
	line, _ := c.LineSpan(l.Range[0])
	return usePlace{path: l.URI, line: l.Range[0], col: offset - line.Start}, true
}

// drawSymbols draws n symbols, the same ones each time: from each kind, and of names that one and of names that
// several symbols have, equally many as far as there are.
func drawSymbols(all []usedSymbol, n int) (out []usedSymbol) {
	count := map[string]int{}
	for _, s := range all {
		count[s.Name]++
	}
	groups := map[string][]usedSymbol{}
	for _, s := range all {
		group := fmt.Sprint(s.Kind, " ", count[s.Name] > 1)
		groups[group] = append(groups[group], s)
	}
	names := slices.Sorted(maps.Keys(groups))
	r := rand.New(rand.NewPCG(*symbolsSeed, 11))
	for _, name := range names {
		g := groups[name]
		slices.SortFunc(g, func(a, b usedSymbol) int { return strings.Compare(a.At.String(), b.At.String()) })
		r.Shuffle(len(g), func(i, j int) { g[i], g[j] = g[j], g[i] })
	}
	for round := 0; len(out) < min(n, len(all)); round++ {
		for _, name := range names {
			if round < len(groups[name]) && len(out) < n {
				out = append(out, groups[name][round])
			}
		}
	}
	return out
}

// goProject is a copy of a Go module, with its dependencies downloaded.
func goProject(version string) func(testing.TB) string {
	return func(t testing.TB) string {
		dir := indextest.Copy(t, indextest.Module(t, version))
		cmd := exec.Command("go", "mod", "download")
		cmd.Dir = dir
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Fatalf("go mod download: %v\n%s", err, out)
		}
		return dir
	}
}

// goUses reads the symbols of a module and their uses by the Go type checker, in several builds: each is an
// operating system, with tags after it.
func goUses(builds ...string) func(t testing.TB, dir string) []usedSymbol {
	return func(t testing.TB, dir string) (out []usedSymbol) {
		symbols := map[usePlace]*usedSymbol{}
		uses := map[usePlace]map[usePlace]bool{}
		read := map[string]bool{}
		for i, build := range builds {
			system, tags, _ := strings.Cut(build, ",")
			cfg := &packages.Config{
				Dir: dir, Tests: true, Fset: token.NewFileSet(), BuildFlags: []string{"-tags=" + tags},
				Mode: packages.NeedName | packages.NeedFiles | packages.NeedSyntax | packages.NeedTypes |
					packages.NeedTypesInfo | packages.NeedImports | packages.NeedDeps,
				Env: append(os.Environ(), "GOOS="+system, "CGO_ENABLED=0"),
			}
			loaded, err := packages.Load(cfg, "./...")
			if err != nil {
				t.Fatal(err)
			}
			for _, p := range loaded {
				readGoUses(dir, p, symbols, uses)
				for _, f := range p.GoFiles {
					if rel, err := filepath.Rel(dir, f); err == nil {
						read[filepath.ToSlash(rel)] = true
					}
				}
			}
			for _, s := range symbols {
				s.read, s.unbuilt = read, s.unbuilt || i > 0 && s.read == nil
			}
		}
		for at, s := range symbols {
			s.Uses = slices.Collect(maps.Keys(uses[at]))
			sortPlaces(s.Uses)
			out = append(out, *s)
		}
		return out
	}
}

func readGoUses(
	dir string, p *packages.Package, symbols map[usePlace]*usedSymbol, uses map[usePlace]map[usePlace]bool,
) {
	place := func(pos token.Pos) (at usePlace, ok bool) {
		position := p.Fset.Position(pos)
		rel, err := filepath.Rel(dir, position.Filename)
		if err != nil || !filepath.IsLocal(rel) {
			return at, false
		}
		return usePlace{path: filepath.ToSlash(rel), line: position.Line - 1, col: position.Column - 1}, true
	}
	for id, obj := range p.TypesInfo.Defs {
		at, ok := place(id.Pos())
		kind := goKind(obj)
		if ok && kind != "" && id.Name != "_" && symbols[at] == nil {
			symbols[at] = &usedSymbol{Name: id.Name, Kind: kind, At: at}
		}
	}
	for id, obj := range p.TypesInfo.Uses {
		at, ok := place(id.Pos())
		to, known := place(origin(obj).Pos())
		if ok && known {
			if uses[to] == nil {
				uses[to] = map[usePlace]bool{}
			}
			uses[to][at] = true
		}
	}
}

// origin is the declared object that an instance of a generic one stands for.
func origin(obj types.Object) types.Object {
	switch o := obj.(type) {
	case *types.Var:
		return o.Origin()
	case *types.Func:
		return o.Origin()
	}
	return obj
}

// goKind is the kind of a symbol; "" for those that are not asked about: embedded fields, type parameters and
// labels.
func goKind(obj types.Object) string {
	switch o := obj.(type) {
	case *types.Func:
		if o.Signature().Recv() != nil {
			return "method"
		}
		return "function"
	case *types.Const:
		return "constant"
	case *types.TypeName:
		if _, parameter := o.Type().(*types.TypeParam); !parameter {
			return "type"
		}
	case *types.Var:
		switch {
		case o.Embedded():
			return ""
		case o.IsField():
			return "field"
		case o.Parent() == o.Pkg().Scope():
			return "variable"
		}
		return "local"
	}
	return ""
}

// npmSources is a folder of an npm package, as a project with a tsconfig.json if one is given, and with
// packages that it depends on.
func npmSources(version, folder, config string, dependencies ...string) func(testing.TB) string {
	return func(t testing.TB) string {
		from := indextest.NPM(t, version)
		pkg, err := os.ReadFile(filepath.Join(from, "package.json"))
		if err != nil {
			t.Fatal(err)
		}
		dir := indextest.Files(t, map[string]string{"package.json": string(pkg)})
		folders := map[string]string{folder: filepath.Join(from, folder)}
		for _, d := range dependencies {
			folders[filepath.Join("node_modules", d[:strings.LastIndex(d, "@")])] = indextest.NPM(t, d)
		}
		for to, from := range folders {
			if err := os.CopyFS(filepath.Join(dir, to), os.DirFS(from)); err != nil {
				t.Fatal(err)
			}
		}
		if config != "" {
			indextest.Write(t, dir, "tsconfig.json", config)
		}
		return dir
	}
}

// tsDeclared reads the symbols of a project by TypeScript's compiler.
func tsDeclared(t testing.TB, dir string) (out []usedSymbol) {
	t.Helper()
	runTypeScript(t, dir, "declared", nil, &out)
	return out
}

// tsUses adds the uses, by TypeScript's language service.
func tsUses(t testing.TB, dir string, symbols []usedSymbol) {
	t.Helper()
	var at []usePlace
	for _, s := range symbols {
		at = append(at, s.At)
	}
	var found []struct{ Uses, Keys []usePlace }
	runTypeScript(t, dir, "uses", at, &found)
	for i := range symbols {
		symbols[i].Uses = found[i].Uses
		for _, key := range found[i].Keys {
			if symbols[i].rejected == nil {
				symbols[i].rejected = map[usePlace]bool{}
			}
			symbols[i].rejected[key] = true
		}
	}
}

// runTypeScript runs the compiler that the server typescript-language-server is installed with: an
// implementation of its own, in another language than the native one that Lanser asks.
func runTypeScript(t testing.TB, dir, what string, in, out any) {
	t.Helper()
	modules := found(t, "typescript-language-server").Argv
	var compiler string
	for _, arg := range modules {
		if at := strings.Index(filepath.ToSlash(arg), "/node_modules/"); at >= 0 {
			compiler = filepath.Join(arg[:at], "node_modules", "typescript")
		}
	}
	raw, err := json.Marshal(in)
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command("node", "testdata/truth/uses.js", compiler, dir, what)
	cmd.Stdin = bytes.NewReader(raw)
	runJSON(t, cmd, out)
}

// pythonProject is the unpacked source distribution of a Python project.
func pythonProject(version, sum string) func(testing.TB) string {
	return func(t testing.TB) string { return indextest.Copy(t, indextest.PyPI(t, version, sum)) }
}

// pythonUses reads the symbols of a Python project and their uses by Python's own parser.
func pythonUses(t testing.TB, dir string) (out []usedSymbol) {
	t.Helper()
	runJSON(t, exec.Command("python3", "testdata/truth/uses.py", dir), &out)
	return out
}

// runJSON runs a command and reads what it prints.
func runJSON(t testing.TB, cmd *exec.Cmd, out any) {
	t.Helper()
	raw, err := cmd.Output()
	if exit, ok := err.(*exec.ExitError); ok {
		t.Fatalf("%v: %v\n%s", cmd.Args, err, exit.Stderr)
	}
	if err == nil {
		err = json.Unmarshal(raw, out)
	}
	if err != nil {
		t.Fatalf("%v: %v", cmd.Args, err)
	}
}
