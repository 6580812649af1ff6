package server_test

import (
	"bytes"
	"context"
	"encoding/json"
	"flag"
	"fmt"
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
	"lanser/server"
	"lanser/server/api"
	"lanser/server/bundle"
	"lanser/server/catalogue"
	"lanser/server/install"
	"lanser/server/programs"
	"lanser/server/project"
	"lanser/server/sandbox"
	"lanser/server/trace"
)

func TestMain(m *testing.M) {
	sandbox.Main()
	indextest.DebianRust()
	flag.Parse()
	if testing.Short() { // servers that happen to be installed are not asked
		os.Setenv("XDG_DATA_HOME", "/nowhere")
	}
	os.Exit(m.Run())
}

// codebase is a pinned code base with the server that speaks for it.
type codebase struct {
	name   string
	server string
	copy   func(testing.TB) string
	// whole brings the raw client to where its answers are final.
	whole func(c *rawClient, files []string)
}

var codebases = []codebase{
	{"cobra", "gopls", indextest.Cobra, func(*rawClient, []string) {}},
	{"mailpkg", "pyright", indextest.Mail, func(c *rawClient, _ []string) { c.awaitLog("Found ") }},
	{"rxjs", "typescript", indextest.RxJS, func(c *rawClient, files []string) {
		for _, f := range files {
			c.open(f)
		}
	}},
}

func found(t testing.TB, name string) install.Found {
	t.Helper()
	indextest.Needs(t, "the server "+name)
	dirs, err := install.UserDirs("")
	if err != nil {
		t.Fatal(err)
	}
	f, err := install.Find(dirs, catalogue.Named(name), programs.For("/nowhere"))
	if err != nil {
		t.Fatalf("the tests need the real server: %v", err)
	}
	if !f.Pinned {
		t.Fatalf("%s comes from PATH, and the tests need the pinned one: lanser servers install %s", name, name)
	}
	return f
}

func engine(t testing.TB, dir string) *server.Engine {
	t.Helper()
	indextest.FailIfChanged(t, dir)
	return thawed(t, dir)
}

// pinnedShellcheck returns the shellcheck that is installed with bash-language-server.
func pinnedShellcheck(t testing.TB) string {
	t.Helper()
	dirs, err := install.UserDirs("")
	if err != nil {
		t.Fatal(err)
	}
	program := install.Finder(dirs, "").Look("shellcheck")
	if !strings.HasPrefix(program, dirs.Programs(catalogue.Named("bash-language-server"))) {
		t.Fatalf("the tests need the pinned shellcheck, not %q: lanser servers install bash-language-server", program)
	}
	return program
}

// thawed is an engine on a workspace that the test itself edits. All its answers are
// recorded, and worked out again when the test is over, from the trace alone.
func thawed(t testing.TB, dir string) *server.Engine {
	t.Helper()
	var tape bytes.Buffer
	cfg := server.Config{Root: dir}
	if _, benchmark := t.(*testing.B); !benchmark {
		cfg.Trace = trace.NewRecorder(&tape, true)
	}
	e, err := server.New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		e.Close()
		if cfg.Trace != nil && !t.Failed() {
			replays(t, &tape)
		}
	})
	return e
}

// replays works a trace out again where there is nothing of the workspace.
func replays(t testing.TB, tape *bytes.Buffer) {
	t.Helper()
	recorded := bytes.Count(tape.Bytes(), []byte(`{"request":`))
	again := 0
	err := server.Replay(
		context.Background(),
		bytes.NewReader(tape.Bytes()),
		t.TempDir(),
		func(server.Replayed) error { again++; return nil },
	)
	if err != nil || again != recorded {
		kept := filepath.Join(os.TempDir(), "lanser-failed-"+filepath.Base(t.Name())+".trace")
		t.Errorf(
			"%d of %d answers are worked out again: %v; see %s (%v)",
			again,
			recorded,
			err,
			kept,
			os.WriteFile(kept, tape.Bytes(), 0o600),
		)
	}
}

func raw(t testing.TB, cb codebase, dir string, files []string) *rawClient {
	t.Helper()
	srv := catalogue.Named(cb.server)
	dirs, err := install.UserDirs("")
	if err != nil {
		t.Fatal(err)
	}
	c := newRawClient(
		t,
		dir,
		filepath.Join(dirs.Cache, cb.server),
		found(t, cb.server).Argv,
		srv.Settings,
		srv.Options,
		srv.LanguageID,
	)
	cb.whole(c, files)
	return c
}

func selector(s string) json.RawMessage {
	b, _ := json.Marshal(s)
	return b
}

func do(t testing.TB, e *server.Engine, req api.Request) *bundle.Bundle {
	t.Helper()
	b, err := e.Do(context.Background(), req)
	if err != nil {
		t.Fatalf("%s %s %v: %v", req.Op, req.Selector, req.Paths, err)
	}
	return b
}

// listed are the locations that the server itself has listed.
func listed(all []bundle.Location) (out []bundle.Location) {
	for _, l := range all {
		if !l.Confirmed {
			out = append(out, l)
		}
	}
	return out
}

// places are the locations of a bundle in the raw client's spelling.
func places(ls []bundle.Location) []string {
	var out []string
	for _, l := range ls {
		out = append(out, fmt.Sprint(plain(l.URI), l.Range))
	}
	slices.Sort(out)
	return out
}

// plain is a path within the workspace, or the base name of one outside it.
func plain(uri string) string {
	if strings.Contains(uri, "://") {
		return path.Base(uri)
	}
	return uri
}

func plainRaw(list []string) []string {
	list = slices.Clone(list)
	slices.Sort(list)
	var out []string
	for _, s := range slices.Compact(list) { // by whole paths: two files of a library may have one name
		if strings.HasPrefix(s, "/") {
			s = path.Base(s[:strings.LastIndexByte(s, '[')]) + s[strings.LastIndexByte(s, '['):]
		}
		out = append(out, s)
	}
	slices.Sort(out)
	return out
}

// sample takes n symbols spread over the outline of the files: what people ask
// about, not locals and imports.
func sample(all []bundle.Symbol, files []string, n int) []bundle.Symbol {
	var named []bundle.Symbol
	for _, s := range all {
		r := s.SelectionRange
		if slices.Contains(files, s.URI) && [2]int(r[:2]) != [2]int(r[2:]) && s.Depth < 2 &&
			s.Kind != selectors.KindVar {
			named = append(named, s)
		}
	}
	var out []bundle.Symbol
	for i := range n {
		out = append(out, named[i*len(named)/n])
	}
	return out
}

func sources(t testing.TB, dir, serverName string) []string {
	t.Helper()
	srv := catalogue.Named(serverName)
	var out []string
	filepath.WalkDir(dir, func(p string, d os.DirEntry, err error) error {
		if err == nil && !d.IsDir() && srv.LanguageID(p) != "" && !srv.IsConfig(p) {
			rel, _ := filepath.Rel(dir, p)
			out = append(out, filepath.ToSlash(rel))
		}
		return nil
	})
	return out
}

// At 40 places of each code base, definition, references and hover are exactly the server's own final answers there.
func TestAnswersEqualTheServersOwnFinalAnswers(t *testing.T) {
	t.Parallel()
	for _, cb := range codebases {
		t.Run(cb.name, func(t *testing.T) {
			dir := cb.copy(t)
			files := sources(t, dir, cb.server)
			c := raw(t, cb, dir, files)
			e := engine(t, dir)
			outline := do(t, e, api.Request{Op: "symbols", Paths: []string{"."}, Options: api.Options{IndexIO: c.Enc}})
			for _, s := range sample(outline.Facts.Symbols, files, 40) {
				pos := rawPos{s.SelectionRange[0], s.SelectionRange[1]}
				c.open(s.URI)
				refs := do(t, e, api.Request{Op: "refs", Selector: selector(s.Selector)})
				want := plainRaw(c.locations("textDocument/references", s.URI, pos))
				if d := cmp.Diff(want, places(listed(refs.Facts.References))); d != "" {
					t.Errorf("refs %s (-server +lanser)\n%s", s.Selector, d)
				}
				def := do(t, e, api.Request{Op: "def", Selector: selector(s.Selector)})
				want = plainRaw(c.locations("textDocument/definition", s.URI, pos))
				if d := cmp.Diff(want, places(def.Facts.Definitions)); d != "" {
					t.Errorf("def %s (-server +lanser)\n%s", s.Selector, d)
				}
				hover := do(t, e, api.Request{Op: "hover", Selector: selector(s.Selector)})
				text := ""
				if len(hover.Facts.Hover) > 0 {
					text = hover.Facts.Hover[0].Contents
				}
				// No path of this machine is in a bundle: links are relative.
				if want := strings.ReplaceAll(c.hover(s.URI, pos), "file://"+dir+"/", ""); text != want {
					t.Errorf("hover %s: %q, the server says %q", s.Selector, text, want)
				}
				for _, b := range []*bundle.Bundle{refs, def, hover} {
					possible := b == refs && b.Evidence.Ledger != nil && b.Evidence.Ledger.Possible > 0
					special := b == refs && regexp.MustCompile(`#\w+\.__\w+__$`).MatchString(s.Selector)
					if special && b.Evidence.State != bundle.Partial {
						t.Errorf("refs %s: Python calls it without its name, evidence %s", s.Selector, b.Evidence.State)
					}
					if b.Evidence.State != bundle.Complete && !possible && !special {
						t.Errorf(
							"%s %s: evidence %s %v",
							b.Request.Cmd,
							s.Selector,
							b.Evidence.State,
							b.Evidence.Reasons,
						)
					}
				}
			}
		})
	}
}

// The rarer operations give the same set as the server, or an error if the server refuses.
func TestRarerOperationsEqualTheServersOwnAnswers(t *testing.T) {
	t.Parallel()
	methods := map[string]string{
		"decl":    "textDocument/declaration",
		"typedef": "textDocument/typeDefinition",
		"impl":    "textDocument/implementation",
	}
	for _, cb := range codebases {
		t.Run(cb.name, func(t *testing.T) {
			dir := cb.copy(t)
			files := sources(t, dir, cb.server)
			c := raw(t, cb, dir, files)
			e := engine(t, dir)
			outline := do(t, e, api.Request{Op: "symbols", Paths: []string{"."}, Options: api.Options{IndexIO: c.Enc}})
			answered := map[string]int{}
			for _, s := range sample(outline.Facts.Symbols, files, 15) {
				c.open(s.URI)
				for op, method := range methods {
					want, refused := c.tryLocations(method, s.URI, rawPos{s.SelectionRange[0], s.SelectionRange[1]})
					b, err := e.Do(context.Background(), api.Request{Op: op, Selector: selector(s.Selector)})
					if refused != "" && op == "impl" && catalogue.Named(cb.server).BasesInHeaders {
						continue // lanser answers from the headers of types
					}
					if refused != "" || err != nil {
						if refused == "" || err == nil {
							t.Errorf("%s %s: %v, the server says %q", op, s.Selector, err, refused)
						}
						continue
					}
					got := places(slices.Concat(b.Facts.Declarations, b.Facts.TypeDefinitions, b.Facts.Implementations))
					if d := cmp.Diff(plainRaw(want), got); d != "" {
						t.Errorf("%s %s (-server +lanser)\n%s", op, s.Selector, d)
					}
					answered[op] += len(got)
				}
			}
			if len(answered) < 2 || answered["typedef"] == 0 {
				t.Errorf("places found: %v", answered)
			}
		})
	}
}

func TestDiagnosticsEqualTheServersOwnOfEveryFile(t *testing.T) {
	t.Parallel()
	severity := map[string]int{"error": 1, "warning": 2, "information": 3, "hint": 4}
	for _, cb := range codebases {
		t.Run(cb.name, func(t *testing.T) {
			dir := cb.copy(t)
			if cb.name == "cobra" { // a clean code base: break it in two files
				seed(t, filepath.Join(dir, "args.go"), "\nfunc broken() int { return undefinedName }\n")
				seed(t, filepath.Join(dir, "doc", "util.go"), "\nfunc unreachable() int { return 1; return 2 }\n")
			}
			files := sources(t, dir, cb.server)
			c := raw(t, cb, dir, files)
			e := engine(t, dir)
			b := do(t, e, api.Request{Op: "diag"})
			var got []string
			for _, d := range b.Facts.Diagnostics {
				if !slices.Contains(files, d.URI) {
					continue // a configuration file's, pushed
				}
				got = append(got, fmt.Sprint(d.URI, d.Range, severity[d.Severity], " ", d.Message))
			}
			var want []string
			for _, f := range files {
				c.open(f)
				want = append(want, c.diagnostics(f)...)
			}
			for i := range want { // go vet fails on it
				want[i] = strings.Replace(want[i], "] 2 unreachable code", "] 1 unreachable code", 1)
			}
			slices.Sort(got)
			slices.Sort(want)
			if d := cmp.Diff(slices.Compact(want), got); d != "" {
				t.Errorf("(-server +lanser)\n%s", d)
			}
			if b.Evidence.State != bundle.Complete || len(got) == 0 {
				t.Errorf("%d findings, evidence %s %v", len(got), b.Evidence.State, b.Evidence.Reasons)
			}
		})
	}
}

func seed(t testing.TB, file, more string) {
	t.Helper()
	f, err := os.OpenFile(file, os.O_APPEND|os.O_WRONLY, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if _, err := f.WriteString(more); err != nil {
		t.Fatal(err)
	}
}

func TestTheFirstAnswerIsAlreadyComplete(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		cb       codebase
		selector string
		want     int
	}{
		{codebases[2], "ts://src/internal/operators/OperatorSubscriber#createOperatorSubscriber", 141},
	} {
		e := engine(t, tt.cb.copy(t))
		b := do(t, e, api.Request{Op: "refs", Selector: selector(tt.selector)})
		if n := len(b.Facts.References); n != tt.want {
			t.Errorf("%s: %d references on first asking, want %d", tt.selector, n, tt.want)
		}
	}
}

// elsewhere returns the environment of a process like one of another user on another machine.
func elsewhere(t *testing.T, run int) []string {
	t.Helper()
	dirs, err := install.UserDirs("")
	if err != nil {
		t.Fatal(err)
	}
	home, err := os.UserHomeDir()
	if err != nil {
		t.Fatal(err)
	}
	env := os.Environ()
	keep := map[string]string{ // where things are, not who somebody is
		"XDG_DATA_HOME":  filepath.Dir(dirs.Data),
		"XDG_CACHE_HOME": filepath.Dir(dirs.Cache),
		"GOPATH":         filepath.Join(home, "go"),
		"GOCACHE":        filepath.Join(home, ".cache", "go-build"),
		"CARGO_HOME":     filepath.Join(home, ".cargo"),
		"RUSTUP_HOME":    filepath.Join(home, ".rustup"),
	}
	if file := project.GoEnvFile(); file != "" {
		keep["GOENV"] = file // the settings of go env -w are part of the question
	}
	for name, v := range keep {
		if os.Getenv(name) == "" {
			env = append(env, name+"="+v)
		}
	}
	if run%2 == 1 {
		env = append(env, "HOME="+t.TempDir())
	}
	return append(
		env,
		"TZ="+[]string{"UTC", "Asia/Tokyo"}[run%2],
		"LANG="+[]string{"C", "de_DE.UTF-8"}[run/2%2],
		"LC_ALL="+[]string{"", "fr_FR.UTF-8"}[run%2],
		"USER="+[]string{"one", "two"}[run/2%2],
		"GOMAXPROCS="+fmt.Sprint(1+run%2),
		"GORACE=atexit_sleep_ms=10", // a second for each process otherwise
	)
}

// remembering is an engine that remembers, on a workspace that nobody edits.
func remembering(t testing.TB, dir string) *server.Engine {
	t.Helper()
	indextest.FailIfChanged(t, dir)
	return untraced(t, dir)
}

var rounds = flag.Int("rounds", 2, "how often each question is put to each engine")

// tierQuestions are requests about the code bases of [tier], by name.
var tierQuestions = map[string][]api.Request{
	"cobra": {
		{Op: "refs", Selector: selector("go://*#Command.Execute")},
		{Op: "def", Selector: selector("go://*#Command.Execute")},
		{Op: "hover", Selector: selector("go://*#Command")},
		{Op: "impl", Selector: selector("go://*#SliceValue")},
		{Op: "diag"},
		{Op: "symbols", Paths: []string{"doc"}},
		{Op: "locate", Selector: selector("go://*#Command.Execute:body")},
		{Op: "decl", Selector: selector("go://*#Command.Execute")},
		{Op: "typedef", Selector: selector("go://*#Command.Execute")},
		{Op: "calls", Selector: selector("go://*#Command.Execute"), Options: api.Options{Depth: 2}},
		{Op: "types", Selector: selector("go://*#SliceValue")},
		{Op: "symbols", Query: "execute"},
	},
	"mailpkg": {
		{Op: "refs", Selector: selector("py://mailpkg.message#Message.get_payload")},
		{Op: "typedef", Selector: selector("py://mailpkg.policy#compat32")},
		{Op: "hover", Selector: selector("py://*#Message")},
		{Op: "decl", Selector: selector("py://mailpkg.message#Message.get_payload")},
		{Op: "calls", Selector: selector("py://mailpkg.message#Message.get_payload")},
		{Op: "diag"},
	},
	"rxjs": {
		{Op: "refs", Selector: selector("ts://*#createOperatorSubscriber")},
		{Op: "typedef", Selector: selector("ts://src/internal/Subject#Subject.observers")},
		{Op: "hover", Selector: selector("ts://*#Observable.subscribe")},
		{Op: "impl", Selector: selector("ts://*#Observable.subscribe")},
		{Op: "calls", Selector: selector("ts://*#Observable.subscribe"), Options: api.Options{In: true}},
		{Op: "diag", Paths: []string{"src/internal/util"}},
	},
	"zlib": {
		{Op: "refs", Selector: selector("cpp://inflate.c#inflateReset")},
		{Op: "def", Selector: selector("zlib.h@L959:C21")},
		{Op: "calls", Selector: selector("cpp://inflate.c#inflateReset")},
		{Op: "hover", Selector: selector("cpp://inflate.c#inflateReset")},
		{Op: "diag", Paths: []string{"inflate.c"}},
	},
	"semver": {
		{Op: "refs", Selector: selector("rs://*#Version.parse")},
		{Op: "hover", Selector: selector("rs://*#Version")},
		{Op: "calls", Selector: selector("rs://*#Version.parse")},
		{Op: "diag"},
	},
	"bats": {
		{Op: "refs", Selector: selector("sh://bats-core/tracing#bats_setup_tracing")},
		{Op: "hover", Selector: selector("sh://bats-core/tracing#bats_setup_tracing")},
		{Op: "diag", Paths: []string{"bats-core/tracing.bash"}},
	},
	"fastroute": {
		{Op: "refs", Selector: selector("php://*#RouteCollector.addRoute")},
		{Op: "hover", Selector: selector("php://*#RouteCollector.addRoute")},
		{Op: "diag"},
	},
	"cue": {
		{Op: "refs", Selector: selector("cue://base/github#bashWorkflow")},
		{Op: "hover", Selector: selector("cue://base/github#bashWorkflow")},
	},
}

// Each request is repeated in two folders, whose files were created in opposite orders, cold, warm and from the
// cache, for two users in two time zones, on one processor and on two.
func TestOneQuestionHasOneBundleID(t *testing.T) {
	t.Parallel()
	indextest.Needs(t, "every language server")
	for _, cb := range tier {
		t.Run(cb.name+" "+cb.server, func(t *testing.T) {
			t.Parallel()
			ids := map[int]map[string]bool{}
			first := cb.copy(t)
			reversed, again := indextest.CopyReversed(t, first), indextest.CopyReversed(t, first)
			runs := []string{first, reversed, first, again}
			for run, dir := range runs {
				t.Run(fmt.Sprint(run), func(t *testing.T) {
					visit := visitor{Dir: dir, Code: cb.name, Server: cb.server, Remembers: run%2 == 1}
					for i, id := range visit.bundleIDs(t, run) {
						i %= len(tierQuestions[cb.name])
						if ids[i] == nil {
							ids[i] = map[string]bool{}
						}
						ids[i][id] = true
					}
				})
			}
			for i, q := range tierQuestions[cb.name] {
				if len(ids[i]) != 1 {
					t.Errorf("%s %s: %d bundle ids in %d runs", q.Op, q.Selector, len(ids[i]), len(runs)**rounds)
				}
			}
		})
	}
}

// visitor is a user who asks [tierQuestions], in a process with an environment of its own.
type visitor struct {
	Dir, Code, Server string
	Remembers         bool // else each request is put to a server, because a trace is made
	Rounds            int
	Out               string // the file for the bundle ids
}

// visitorVar holds the visitor of a process that [visitor.bundleIDs] starts, as JSON.
const visitorVar = "LANSER_TEST_VISITOR"

// bundleIDs runs the visitor's process, and returns the bundle ids of all its answers in order: cold, then warm or
// remembered.
func (v visitor) bundleIDs(t *testing.T, run int) (ids []string) {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	v.Rounds, v.Out = max(2, *rounds), filepath.Join(t.TempDir(), "ids")
	raw, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(self, "-test.run=^TestAskedByAVisitor$", "-test.timeout=10m")
	cmd.Env = append(elsewhere(t, run), visitorVar+"="+string(raw))
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	raw, err = os.ReadFile(v.Out)
	if err == nil {
		err = json.Unmarshal(raw, &ids)
	}
	if want := v.Rounds * len(tierQuestions[v.Code]); err != nil || len(ids) != want {
		t.Fatalf("%d bundle ids, want %d: %v", len(ids), want, err)
	}
	return ids
}

// TestAskedByAVisitor is not a test of its own, but the process that [visitor.bundleIDs] starts.
func TestAskedByAVisitor(t *testing.T) {
	raw := os.Getenv(visitorVar)
	if raw == "" {
		t.Skip("it is run by TestOneQuestionHasOneBundleID")
	}
	var v visitor
	if err := json.Unmarshal([]byte(raw), &v); err != nil {
		t.Fatal(err)
	}
	start := engine
	if v.Remembers {
		start = remembering
	}
	e := start(t, v.Dir)
	var ids []string
	for range v.Rounds {
		for _, q := range tierQuestions[v.Code] {
			q.Options.Server = v.Server
			b, err := e.Do(context.Background(), q)
			if err != nil && q.Op != "typedef" && q.Op != "impl" && !fault.Is(err, fault.Incomplete) &&
				!fault.Is(err, fault.Unsupported) {
				t.Fatalf("%s %s: %v", q.Op, q.Selector, err)
			}
			ids = append(ids, b.BundleID)
		}
	}
	out, err := json.Marshal(ids)
	if err == nil {
		err = os.WriteFile(v.Out, out, 0o600)
	}
	if err != nil {
		t.Fatal(err)
	}
}

// rawPath is a server's symbol as our name path.
func rawPath(parents []string, name string) []string {
	if strings.HasPrefix(name, "(") { // gopls writes a method's receiver before it
		if recv, method, ok := strings.Cut(name, ")."); ok {
			recv = strings.Trim(recv, "(*)")
			if i := strings.IndexByte(recv, '['); i >= 0 {
				recv = recv[:i]
			}
			return []string{recv, method}
		}
	}
	return append(slices.Clone(parents), name)
}

// notDeclarations are what the native TypeScript server lists and this outline
// leaves out, because they declare nothing: uses in a spread ("...init"),
// assignments to a property of a function ("f.prototype = …"), and the second
// half of a destructuring assignment whose first half has defaults.
var notDeclarations = []string{
	"src/internal/ajax/ajax.ts [305 9 305 13] init", "src/internal/ajax/ajax.ts [385 9 385 15] config",
	"src/internal/ajax/errors.ts [99 23 99 32] prototype",
	"src/internal/observable/dom/WebSocketSubject.ts [172 42 172 66] DEFAULT_WEBSOCKET_CONFIG",
	"src/internal/observable/dom/fetch.ts [139 48 139 52] init",
	"src/internal/operators/shareReplay.ts [162 30 162 40] windowTime",
	"src/internal/util/applyMixins.ts [6 28 6 32] name", "src/internal/util/applyMixins.ts [6 6 6 17] derivedCtor",
	"src/internal/util/createErrorClass.ts [17 21 17 32] constructor",
}

// membersOfTypes are the members of literal types in the types of members: the outline of rxjs lists them, and the
// native TypeScript server does not.
var membersOfTypes = []string{
	"ts://src/internal/scheduler/animationFrameProvider#AnimationFrameProvider.delegate.cancelAnimationFrame",
	"ts://src/internal/scheduler/animationFrameProvider#AnimationFrameProvider.delegate.requestAnimationFrame",
	"ts://src/internal/scheduler/immediateProvider#ImmediateProvider.delegate.clearImmediate",
	"ts://src/internal/scheduler/immediateProvider#ImmediateProvider.delegate.setImmediate",
	"ts://src/internal/scheduler/intervalProvider#IntervalProvider.delegate.clearInterval",
	"ts://src/internal/scheduler/intervalProvider#IntervalProvider.delegate.setInterval",
	"ts://src/internal/scheduler/timeoutProvider#TimeoutProvider.delegate.clearTimeout",
	"ts://src/internal/scheduler/timeoutProvider#TimeoutProvider.delegate.setTimeout",
}

// The outline lists what the server's documentSymbol lists, by name and selection
// range. Beside notDeclarations two differences are known:
//   - pyright selects a whole parameter (with its star or default); the outline
//     selects the name, and the parameter is its range.
//   - the native TypeScript server selects nothing of a function without a name that is bound to a
//     member; the outline selects the member's name.
//   - pyright lists one declaration a symbol, and the native TypeScript server
//     folds members of an object literal into a declaration of the same name in
//     the same container; the outline lists all, so what it has beyond the server
//     must have a namesake there.
//   - the native TypeScript server does not list the members of the type that an
//     alias names, nor those of a literal type in the type of a member (membersOfTypes).
func TestOutlineEqualsTheServersDocumentSymbols(t *testing.T) {
	t.Parallel()
	for _, cb := range codebases {
		t.Run(cb.name, func(t *testing.T) {
			dir := cb.copy(t)
			files := sources(t, dir, cb.server)
			c := raw(t, cb, dir, nil)
			e := engine(t, dir)
			total, missing, unknown := 0, []string{}, []string{}
			outline := do(t, e, api.Request{Op: "symbols", Paths: []string{"."}, Options: api.Options{IndexIO: c.Enc}})
			byFile := map[string][]bundle.Symbol{}
			for _, s := range outline.Facts.Symbols {
				byFile[s.URI] = append(byFile[s.URI], s)
			}
			for _, f := range files {
				c.open(f)
				ours, paths := map[string]bool{}, map[string]bool{}
				for _, s := range byFile[f] {
					ours[fmt.Sprint(f, " ", s.SelectionRange, " ", s.Name)] = true
					if s.Kind == selectors.KindVar && cb.server == "pyright" {
						ours[fmt.Sprint(f, " ", s.Range, " ", s.Name)] = true
					}
				}
				var walk func(list []rawSymbol, parents []string)
				walk = func(list []rawSymbol, parents []string) {
					for _, s := range list {
						p := rawPath(parents, s.Name)
						total++
						paths[selectors.FormatNames(p)] = true
						at := s.SelectionRange.array()
						bound := func(o bundle.Symbol) bool {
							return o.Name == p[len(p)-1] && o.SelectionRange[0] <= at[0] && o.Range[2] >= at[2]
						}
						unnamed := at[0] == at[2] && at[1] == at[3] && slices.ContainsFunc(byFile[f], bound)
						if key := fmt.Sprint(f, " ", at, " ", p[len(p)-1]); !ours[key] && !unnamed {
							missing = append(missing, key)
						}
						walk(s.Children, p)
					}
				}
				walk(c.symbols(f), nil)
				aliases := map[string]bool{}
				for _, s := range byFile[f] {
					_, name, _ := strings.Cut(s.Selector, "#")
					name, _, _ = strings.Cut(name, "?")
					if s.Kind == selectors.KindType {
						aliases[s.Selector] = true
					}
					if !paths[name] && !aliases[s.Container] {
						unknown = append(unknown, s.Selector)
					}
				}
			}
			var want, wantUnknown []string
			if cb.name == "rxjs" {
				want, wantUnknown = slices.Clone(notDeclarations), membersOfTypes
			}
			slices.Sort(unknown)
			nilIsEmpty := cmp.Transformer("nil", func(s []string) string { return strings.Join(s, "\n") })
			if d := cmp.Diff(wantUnknown, unknown, nilIsEmpty); d != "" {
				t.Errorf("what the outline lists and the server does not know (-known +now)\n%s", d)
			}
			slices.Sort(missing)
			slices.Sort(want)
			if d := cmp.Diff(want, missing, nilIsEmpty); d != "" {
				t.Errorf("what the server lists and the outline does not (-known +now)\n%s", d)
			}
			t.Logf(
				"%s: %d symbols of the server, %d not in the outline (%.2f%%)",
				cb.name,
				total,
				len(missing),
				100*float64(len(missing))/float64(total),
			)
		})
	}
}
