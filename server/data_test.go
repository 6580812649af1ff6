package server_test

import (
	stdcmp "cmp"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"lanser/index/indextest"
	"lanser/selectors/fault"
	"lanser/server"
	"lanser/server/api"
	"lanser/server/bundle"
	"lanser/server/catalogue"
	"lanser/server/install"
	"lanser/server/project"
)

// dataServers are the servers of data and markup.
var dataServers = []string{"json", "css", "html", "yaml", "dockerfile", "toml"}

// faultyData has a fault in a file of each language of data and markup, and files that are right, though a stricter
// reader would refuse them.
var faultyData = map[string]string{
	"d/a.json": "{\"a\": 1,,}\n", "d/a.css": ".a{color:red\n", "d/a.yaml": "a: 1\na: 2\n",
	"d/a.toml":           "a = 1\na = 2\n",
	"d/Dockerfile":       "FROM x\nRUNN y\n",
	"d/a.html":           "<style>.a{color:red</style>\n",
	"tsconfig.base.json": "{// comments\n\"a\": 1,}\n", "d/tags.yaml": "a: !Ref b\n",
	"d/page.html":  "{{if .X}}<script>{{.Y}}\n",
	"d/chart.yaml": "{{- if .x }}\na: 1\n{{- end }}\n", "d/s.json": `{"$schema": "https://ex.com/s.json"}`,
	"vendor/a.css": ".a{", "node_modules/a/a.json": "{",
}

// dataFindings are the errors in these files.
var dataFindings = []string{
	"d/Dockerfile error", "d/a.css error", "d/a.html error", "d/a.json error", "d/a.toml error",
	"d/a.yaml error",
}

// dataProjects are projects in other languages, without a fault.
var dataProjects = map[string]map[string]string{
	"Go":          {"go.mod": goMod, "a.go": "package h\n"},
	"Python":      {"pyproject.toml": "[project]\nname = \"m\"\n", "a.py": "x: int = 1\n"},
	"no manifest": {"a.py": "x: int = 1\n"},
}

// with returns files with others.
func with(files, others map[string]string) map[string]string {
	out := map[string]string{}
	for _, m := range []map[string]string{files, others} {
		for name, content := range m {
			out[name] = content
		}
	}
	return out
}

// errorsIn lists the file and severity of each error.
func errorsIn(b *bundle.Bundle) (out []string) {
	for _, d := range b.Facts.Diagnostics {
		if d.Severity == "error" {
			out = append(out, d.URI+" "+d.Severity)
		}
	}
	slices.Sort(out)
	return out
}

// A project in Go or Python has not asked for a check of its data and markup: neither faults in these files, nor that
// their servers are missing, change the verdict or the report. With --strict it is the same, which means the files of
// programming languages.
func TestDataAndMarkupDoNotChangeTheVerdictOfAProject(t *testing.T) {
	indextest.Needs(t, "every language server")
	for _, installed := range []bool{true, false} {
		if !installed {
			onlyServers(t, "gopls", "pyright")
		}
		for name, files := range dataProjects {
			bare := engine(t, indextest.Files(t, files))
			full := engine(t, indextest.Files(t, with(files, faultyData)))
			for _, strict := range []bool{false, true} {
				options := api.Options{Strict: strict}
				want := do(t, bare, api.Request{Op: "diag", Options: options})
				got := do(t, full, api.Request{Op: "diag", Options: options})
				if want.Meta.ExitCode != 0 || got.Meta.ExitCode != 0 || got.Evidence.State != bundle.Complete {
					t.Errorf("%s, installed %t, strict %t: exit code %d, then %d, %v", name, installed, strict,
						want.Meta.ExitCode, got.Meta.ExitCode, got.Evidence)
				}
				if d := cmp.Diff(want.Facts.Checks, got.Facts.Checks); d != "" {
					t.Errorf("%s, installed %t, strict %t: (-without +with)\n%s", name, installed, strict, d)
				}
			}
		}
	}
}

// A check has the findings in data and markup where they are required, or named. A file that only looks faulty has no
// error, and one that the project did not write is not checked.
func TestDataAndMarkupAreCheckedWhereTheyAreAskedFor(t *testing.T) {
	t.Parallel()
	indextest.Needs(t, "every language server")
	manifest := map[string]string{"d/Cargo.toml": "[package]\nname = \"m\"\nfoo = 1\n"}
	e := engine(t, indextest.Files(t, with(with(dataProjects["Go"], faultyData), manifest)))
	b := do(t, e, api.Request{Op: "diag", Options: api.Options{Required: dataServers}})
	if d := cmp.Diff(dataFindings, errorsIn(b)); d != "" || b.Meta.ExitCode != 1 {
		t.Errorf("required: exit code %d (-want +got)\n%s", b.Meta.ExitCode, d)
	}
	var states []string
	for _, group := range b.Facts.Coverage() {
		for _, uri := range group.Files {
			if group.State != bundle.CheckedState {
				states = append(states, uri+" "+group.State)
			}
		}
	}
	slices.Sort(states)
	want := []string{
		"d/chart.yaml excluded", "d/page.html excluded", "node_modules/a/a.json excluded", "vendor/a.css excluded",
	}
	if d := cmp.Diff(want, states); d != "" {
		t.Errorf("(-want +got)\n%s", d)
	}
	for _, tt := range []struct {
		path string
		exit int
	}{
		{"d/a.css", 1},
		{"d/a.yaml", 1},
		{"d/a.json", 1},
		{"d/a.html", 1},
		{"d/Dockerfile", 1},
		{"d/a.toml", 1},
		{"d/Cargo.toml", 0},
		{"tsconfig.base.json", 0},
		{"d/tags.yaml", 0},
		{"d/s.json", 0},
		{"d/page.html", 66},
		{"d/chart.yaml", 66},
		{"d", 0},
	} {
		b, err := e.Do(t.Context(), api.Request{Op: "diag", Paths: []string{tt.path}})
		if exit := b.Meta.ExitCode; exit != tt.exit {
			t.Errorf("%s: exit code %d, want %d: %v %v", tt.path, exit, tt.exit, err, b.Evidence)
		}
	}
}

// Where the server that a project requires is not installed, a check says so.
func TestARequiredServerOfDataMustBeInstalled(t *testing.T) {
	indextest.Needs(t, "the server gopls")
	onlyServers(t, "gopls")
	e := engine(t, indextest.Files(t, with(dataProjects["Go"], faultyData)))
	b := do(t, e, api.Request{Op: "diag", Options: api.Options{Required: []string{"yaml"}}})
	if b.Meta.ExitCode != fault.Incomplete.Exit() {
		t.Errorf("exit code %d, %v", b.Meta.ExitCode, b.Evidence)
	}
}

// Every check has the changes since the last one: an edit, a new file, one that is gone, and a schema.
func TestChangesOfDataAreInTheNextCheck(t *testing.T) {
	t.Parallel()
	indextest.Needs(t, "every language server")
	for _, tt := range []struct{ server, file, right, wrong string }{
		{"json", "a.json", "{}\n", "{\n"},
		{"css", "a.css", ".a{}\n", ".a{\n"},
		{"css", "a.scss", "$a: 1;\n", "$a: ;\n"},
		{"html", "a.html", "<style>.a{}</style>\n", "<style>.a{</style>\n"},
		{"yaml", "a.yaml", "a: 1\n", "a: [\n"},
		{"toml", "a.toml", "a = 1\n", "a = \n"},
		{"dockerfile", "Dockerfile", "FROM a\n", "FROM a\nRUNN y\n"},
	} {
		t.Run(tt.server+" "+tt.file, func(t *testing.T) {
			t.Parallel()
			dir := indextest.Files(t, map[string]string{tt.file: tt.right})
			e := thawed(t, dir)
			check := func(when string, want ...string) {
				t.Helper()
				for range 2 {
					b := do(t, e, api.Request{Op: "diag", Options: api.Options{Required: []string{tt.server}}})
					got := slices.Compact(errorsIn(b))
					if d := cmp.Diff(want, got); d != "" || b.Evidence.State != bundle.Complete {
						t.Errorf("%s: %v (-want +got)\n%s", when, b.Evidence, d)
					}
				}
			}
			check("at first")
			for range 3 {
				indextest.Write(t, dir, tt.file, tt.wrong)
				check("after an edit", tt.file+" error")
				indextest.Write(t, dir, tt.file, tt.right)
				check("after it was undone")
			}
			indextest.Write(t, dir, "b/"+tt.file, tt.wrong)
			check("after a new file", "b/"+tt.file+" error")
			if err := os.Remove(filepath.Join(dir, "b", tt.file)); err != nil {
				t.Fatal(err)
			}
			check("after it is gone")
		})
	}
}

// withText is a schema that allows a text as the value of the key a.
const withText = `{"additionalProperties": true, "properties": {"a": {"type": "string"}}}`

// A schema in the workspace is read again after it has changed, without a new server.
func TestAChangedSchemaIsReadAgain(t *testing.T) {
	t.Parallel()
	indextest.Needs(t, "the servers json and yaml")
	for server, tt := range map[string]struct{ file, content string }{
		"json": {"a.json", `{"$schema": "./schema.json", "a": 1.5}`},
		"toml": {"a.toml", "#:schema ./schema.json\na = 1.5\n"},
		"yaml": {"a.yaml", "# yaml-language-server: $schema=./schema.json\na: 1.5\n"},
	} {
		dir := indextest.Files(t, map[string]string{
			tt.file: tt.content, "schema.json": `{"additionalProperties": true}`,
		})
		e := thawed(t, dir)
		pids := map[int]bool{}
		for _, step := range []struct {
			schema string // "" to remove it
			want   string // part of the one finding, in lower case; "" for none
		}{
			{`{"additionalProperties": true}`, ""},
			{withText, "expected"},
			{`{"additionalProperties": true, "properties": {"a": {"type": "number"}}}`, ""},
			{"", "schema"},
			{withText, "expected"},
		} {
			if step.schema != "" {
				indextest.Write(t, dir, "schema.json", step.schema)
			} else if err := os.Remove(filepath.Join(dir, "schema.json")); err != nil {
				t.Fatal(err)
			}
			b := do(t, e, api.Request{Op: "diag", Paths: []string{tt.file}})
			var got []string
			for _, d := range b.Facts.Diagnostics {
				got = append(got, strings.ToLower(d.Message))
			}
			isRight := len(got) == 1 && strings.Contains(got[0], step.want)
			if step.want == "" && len(got) > 0 || step.want != "" && !isRight {
				t.Errorf("%s with %q: %q, want %q", server, step.schema, got, step.want)
			}
			for _, running := range e.Running() {
				pids[running.PID] = true
			}
		}
		if len(pids) != 1 {
			t.Errorf("%s: %d servers were started", server, len(pids))
		}
	}
}

// A server that cannot compute its findings, and says so in its log alone, gives no verdict.
func TestACheckThatFailsInsideOfTheServerIsNotClean(t *testing.T) {
	t.Parallel()
	indextest.Needs(t, "the server json")
	dir := indextest.Files(t, map[string]string{"a.json": `{"$schema": "./s.json"}`, "s.json": "root:x\n"})
	b, _ := engine(t, dir).Do(t.Context(), api.Request{Op: "diag", Paths: []string{"a.json"}})
	told := slices.ContainsFunc(b.Facts.Diagnostics, func(d bundle.Diagnostic) bool {
		return strings.Contains(d.Message, "schema")
	})
	if b.Meta.ExitCode == 0 && !told {
		t.Errorf("exit code %d: %v", b.Meta.ExitCode, b.Evidence)
	}
}

// A name in another file may be the same to whom reads both: the answer does not claim to be complete.
func TestAServerThatReadsOneFileClaimsNothingAboutOthers(t *testing.T) {
	t.Parallel()
	indextest.Needs(t, "the server css")
	for _, tt := range []struct {
		files          map[string]string
		selector, want string
		refs           int
	}{
		{map[string]string{"a.scss": "$size: 1px;\n.a { width: $size; }\n"}, "a.scss@L2:C14", bundle.Partial, 2},
		{map[string]string{"a.css": ".btn{}\n.btn:hover{}\n"}, "a.css@L1:C2", bundle.Complete, 2},
		{
			map[string]string{"a.css": ".btn{}\n", "b.css": ".btn{}\n"}, "a.css@L1:C2", bundle.Partial, 1,
		},
	} {
		e := engine(t, indextest.Files(t, tt.files))
		b := do(t, e, api.Request{Op: "refs", Selector: selector(tt.selector)})
		if b.Evidence.State != tt.want || len(b.Facts.References) != tt.refs {
			t.Errorf("%v: %v, %v", tt.files, b.Evidence, b.Facts.References)
		}
	}
}

// The capabilities of the catalogue are those of the pinned version.
func TestTheCatalogueListsTheCapabilitiesOfServersOfData(t *testing.T) {
	t.Parallel()
	indextest.Needs(t, "every language server")
	for _, name := range dataServers {
		srv := catalogue.Named(name)
		c := newRawClient(t, t.TempDir(), t.TempDir(), found(t, name).Argv, srv.Settings, srv.Options, srv.LanguageID)
		var got []string
		for capability := range c.capabilities {
			known := []string{
				"definitionProvider", "declarationProvider", "typeDefinitionProvider", "implementationProvider",
				"referencesProvider", "hoverProvider", "callHierarchyProvider", "typeHierarchyProvider",
				"diagnosticProvider",
			}
			if slices.Contains(known, capability) {
				got = append(got, capability)
			}
		}
		slices.Sort(got)
		want := slices.Sorted(slices.Values(srv.Offers))
		if d := cmp.Diff(want, got); d != "" {
			t.Errorf("%s (-catalogue +server)\n%s", name, d)
		}
	}
}

// dataCode is real code of others in a language of data or markup, or of one that has no command line to compare with.
type dataCode struct {
	server string
	copy   func(t testing.TB) string
	least  int // findings that are compared
}

var dataCodes = []dataCode{
	{"css", packageCopy("bootstrap@5.3.3"), 30},
	{"html", packageCopy("html5-boilerplate@9.0.1"), 0},
	{"json", packageCopy("ajv@8.17.1"), 0},
	{"yaml", moduleCopy("github.com/docker/compose/v2@v2.29.7"), 0},
	{"toml", moduleCopy("github.com/BurntSushi/toml@v1.4.0"), 100},
	{"dockerfile", moduleCopy("github.com/docker/compose/v2@v2.29.7"), 0},
	{"intelephense", fastRoute, 30},
}

// packageCopy and moduleCopy return what copies a package of npm and a module of Go.
func packageCopy(version string) func(t testing.TB) string {
	return func(t testing.TB) string { return indextest.Copy(t, indextest.NPM(t, version)) }
}

func moduleCopy(version string) func(t testing.TB) string {
	return func(t testing.TB) string { return indextest.Copy(t, indextest.Module(t, version)) }
}

// pushed opens a file, and returns what the server pushes for it.
func (c *rawClient) pushed(rel string) (out []string) {
	c.t.Helper()
	c.open(rel)
	deadline := time.After(time.Minute)
	for {
		select {
		case note := <-c.notes:
			params, ok := strings.CutPrefix(note, "textDocument/publishDiagnostics ")
			var p struct {
				URI         string
				IsClear     bool // an empty list of intelephense, which has dropped a document
				Diagnostics []struct {
					Range   rawRange
					Message string
				}
			}
			if !ok || json.Unmarshal([]byte(params), &p) != nil || p.IsClear || pathOf(c.t, c.root, p.URI) != rel {
				continue
			}
			for _, d := range p.Diagnostics {
				out = append(out, fmt.Sprint(d.Range.Start, " ", d.Message))
			}
			slices.Sort(out)
			return slices.Compact(out)
		case <-deadline:
			c.t.Fatalf("nothing was pushed for %s", rel)
		}
	}
}

// In code of others, the findings, and at random identifiers the definitions and references, are exactly those of the
// server.
func TestAnswersAboutDataEqualTheServers(t *testing.T) {
	t.Parallel()
	for _, code := range dataCodes {
		t.Run(code.server, func(t *testing.T) {
			t.Parallel()
			dir := code.copy(t)
			srv := catalogue.Named(code.server)
			dirs, err := install.UserDirs("")
			if err != nil {
				t.Fatal(err)
			}
			c := newRawClient(t, dir, filepath.Join(dirs.Cache, code.server), found(t, code.server).Argv, srv.Settings,
				srv.Options, srv.LanguageID)
			e := engine(t, dir)
			first := sources(t, dir, code.server)[0]
			language := stdcmp.Or(project.DataLanguageOf(first), project.LanguageOf(first))
			b := do(t, e, api.Request{Op: "diag", Options: api.Options{
				Required: []string{language.ID}, Server: code.server,
			}})
			got, checked := map[string][]string{}, []string{}
			for _, group := range b.Facts.Coverage() {
				if group.State == bundle.CheckedState {
					checked = append(checked, group.Files...)
				}
			}
			for _, d := range b.Facts.Diagnostics {
				got[d.URI] = append(got[d.URI], fmt.Sprint(rawPos{d.Range[0], d.Range[1]}, " ", d.Message))
			}
			n := 0
			for _, file := range checked {
				var want []string
				if srv.Check == catalogue.CheckPush {
					want = c.pushed(file)
				} else {
					c.open(file)
					want = c.pulled(file)
				}
				slices.Sort(got[file])
				n += len(want)
				scrubbed := strings.NewReplacer("file://"+dir+"/", "", dir+"/", "", "No content", "lanser fetches none")
				for i := range want {
					want[i] = scrubbed.Replace(want[i])
				}
				if d := cmp.Diff(want, slices.Compact(got[file]), cmp.Transformer("empty", func(s []string) []string {
					return append([]string{}, s...)
				})); d != "" {
					t.Errorf("%s (-server +lanser)\n%s", file, d)
				}
			}
			t.Logf("%d files, %d findings", len(checked), n)
			if n < code.least || len(checked) == 0 {
				t.Errorf("%d findings in %d files, want %d", n, len(checked), code.least)
			}
			inTier := func(cb codebase) bool { return cb.server == code.server }
			if !slices.ContainsFunc(tier, inTier) { // those are asked by TestAnswersAtRandomIdentifiersEqualTheServers
				compareAtIdentifiers(t, e, c, dir, code.server, checked)
			}
		})
	}
}

// pulled asks for the findings of a file as [rawClient.pushed] lists them.
func (c *rawClient) pulled(rel string) (out []string) {
	c.t.Helper()
	var r struct {
		Items []struct {
			Range   rawRange
			Message string
		}
	}
	c.ask("textDocument/diagnostic", map[string]any{"textDocument": map[string]any{"uri": uriOf(c.root, rel)}}, &r)
	for _, d := range r.Items {
		out = append(out, fmt.Sprint(d.Range.Start, " ", d.Message))
	}
	slices.Sort(out)
	return slices.Compact(out)
}

// compareAtIdentifiers compares definitions and references at random identifiers of files with those of the server.
func compareAtIdentifiers(t *testing.T, e *server.Engine, c *rawClient, dir, name string, files []string) {
	t.Helper()
	compared := 0
	offers := catalogue.Named(name).Offers
	for _, at := range identifiers(t, dir, files, *identifiersAsked) {
		c.open(at.file)
		sel := selector(fmt.Sprintf("%s@L%d:C%d", at.file, at.pos.Line+1, at.pos.Character+1))
		for op, q := range map[string]struct{ method, capability string }{
			"def":  {"textDocument/definition", "definitionProvider"},
			"refs": {"textDocument/references", "referencesProvider"},
		} {
			if !slices.Contains(offers, q.capability) {
				continue
			}
			want, _ := c.tryLocations(q.method, at.file, at.pos)
			b, err := e.Do(t.Context(), api.Request{Op: op, Selector: sel, Options: api.Options{Server: name}})
			if err != nil && !fault.Is(err, fault.Incomplete) && !fault.Is(err, fault.NotFound) {
				t.Errorf("%s %s: %v", op, sel, err)
			}
			if b.Facts == nil {
				b.Facts = &bundle.Facts{}
			}
			got := places(listed(slices.Concat(b.Facts.Definitions, b.Facts.References)))
			compared += len(got)
			if d := cmp.Diff(plainRaw(want), got); d != "" {
				t.Errorf("%s %s (-server +lanser)\n%s", op, sel, d)
			}
		}
	}
	t.Logf("%d places", compared)
}

// hostileSettings are settings of editors that a workspace has, with names of files that would be loaded or fetched.
const hostileSettings = `{"json.schemas": [{"fileMatch": ["*"], "url": "https://127.0.0.1:9/s.json"}],
"css.customData": ["./evil.js", "/etc/passwd"], "html.customData": ["./evil.js"],
"yaml.schemas": {"https://127.0.0.1:9/s.json": "*"}, "yaml.customTags": ["!x"], "http.proxy": "http://127.0.0.1:9",
"docker.languageserver.diagnostics.deprecatedMaintainer": "ignore"}`

// dataHostiles are the hostile workspaces for the servers of data and markup.
var dataHostiles = []hostile{
	hostileData("json", "a.json@L1:C3", []string{"*.json", ".vscode", withNodeOptions}, map[string]string{
		"a.json": `{"$schema": "http://127.0.0.1:9/s.json", "x": {"$ref": "https://127.0.0.1:9/t.json"}}`,
		"b.json": `{"$schema": "file:///etc/passwd"}`, "c.json": `{"$schema": "../../../../../../etc/hostname"}`,
		"d.json": `{"$schema": "./evil.js"}`,
	}),
	hostileData("css", "a.css@L2:C2", []string{"*.css", ".vscode", withNodeOptions}, map[string]string{
		"a.css":  "@import url(http://127.0.0.1:9/a.css);\n.a { background: url(http://127.0.0.1:9/a.png); }\n",
		"a.scss": "@use './evil.js';\n@import 'file:///etc/passwd';\n",
	}),
	hostileData("html", "a.html@L1:C9", []string{"*.html", ".vscode", withNodeOptions}, map[string]string{
		"a.html": "<script src=\"http://127.0.0.1:9/a.js\">" +
			"require('child_process').execSync('touch CANARY')</script>\n" +
			"<link rel=stylesheet href=\"http://127.0.0.1:9/a.css\"><iframe src=\"file:///etc/passwd\"></iframe>\n",
	}),
	hostileData("yaml", "a.yaml@L2:C1", []string{"*.yaml (#", "*.yaml (tags)", withNodeOptions}, map[string]string{
		"a.yaml": "# yaml-language-server: $schema=http://127.0.0.1:9/s.json\na: !!js/function 'touch CANARY'\n",
		"b.yaml": "# yaml-language-server: $schema=/etc/passwd\na: !!python/object/apply:os.system ['touch CANARY']\n",
		"c.yaml": "# yaml-language-server: $schema=./evil.js\na: 1\n",
	}),
	hostileData("toml", "a.toml@L2:C1", []string{"tombi.toml", "Cargo.toml"}, map[string]string{
		"a.toml": "#:schema http://127.0.0.1:9/s.json\na = 1\n", "b.toml": "#:schema /etc/passwd\na = 1\n",
		"tombi.toml": "[[schemas]]\npath = \"https://127.0.0.1:9/s.json\"\ninclude = [\"*.toml\"]\n" +
			"[schema]\ncatalog = { paths = [\"https://127.0.0.1:9/catalog.json\"] }\n",
		"Cargo.toml": "[package]\nname = \"m\"\nbuild = \"build.rs\"\n[dependencies]\nserde = \"1\"\n",
		"build.rs":   "fn main() { std::fs::write(\"CANARY\", \"\").unwrap(); }\n",
		"bin/cargo":  evil, "bin/uv": evil, "bin/tombi": evil,
	}),
	hostileData("dockerfile", "Dockerfile@L1:C1", []string{"Dockerfile", withNodeOptions}, map[string]string{
		"Dockerfile": "FROM scratch\nRUN touch CANARY\nADD http://127.0.0.1:9/a /\n",
	}),
}

const withNodeOptions = "variables such as NODE_OPTIONS"

// hostileData is a workspace with files for a server of data or markup, and settings that would load others.
func hostileData(server, at string, covers []string, files map[string]string) hostile {
	return hostile{
		name: "settings, schemas, programs", server: server, selector: at, covers: covers,
		env: map[string]string{"NODE_OPTIONS": "--require DIR/evil.js"},
		files: with(files, map[string]string{
			".vscode/settings.json": hostileSettings, "evil.js": evilNode, "bin/node": evil,
			"node_modules/yaml/package.json":                       `{"name": "yaml", "main": "index.js"}`,
			"node_modules/yaml/index.js":                           evilNode,
			"node_modules/vscode-css-languageservice/package.json": `{"name": "v", "main": "index.js"}`,
			"node_modules/vscode-css-languageservice/index.js":     evilNode,
			"node_modules/prettier/package.json":                   `{"name": "prettier", "main": "index.js"}`,
			"node_modules/prettier/index.js":                       evilNode, ".prettierrc.js": evilNode,
		}),
	}
}

// A project that configures basedpyright by a table of its own is checked by it if it is installed, and fails on
// warnings where its command line does; every other project is checked by pyright.
func TestAProjectChoosesBasedPyright(t *testing.T) {
	t.Parallel()
	indextest.Needs(t, "the servers pyright and basedpyright")
	for _, tt := range []struct {
		files  map[string]string
		server string
		exit   int
	}{
		{map[string]string{"pyproject.toml": "[project]\nname = \"m\"\n"}, "pyright", 0},
		{map[string]string{"pyproject.toml": "[tool.pyright]\n"}, "pyright", 0},
		{map[string]string{"pyproject.toml": "[tool.basedpyright]\n"}, "basedpyright", 1},
		{map[string]string{"pyproject.toml": "[tool.basedpyright]\nfailOnWarnings = false\n"}, "basedpyright", 0},
		{
			map[string]string{"pyproject.toml": "[tool.basedpyright]\ntypeCheckingMode = \"standard\"\n"},
			"basedpyright", 0,
		},
		{
			map[string]string{"pyproject.toml": "[tool.basedpyright]\nexclude = [\"a.py\"]\n", "b.py": "x = 1\n"},
			"basedpyright", 0,
		},
	} {
		tt.files["a.py"] = "import os\n"
		b := do(t, engine(t, indextest.Files(t, tt.files)), api.Request{Op: "diag"})
		server := ""
		for _, c := range b.Facts.Checks {
			server += c.Server.Name
		}
		if server != tt.server || b.Meta.ExitCode != tt.exit {
			t.Errorf("%v: %s, exit code %d, want %s, %d: %v", tt.files, server, b.Meta.ExitCode, tt.server, tt.exit,
				b.Facts.Diagnostics)
		}
	}
}
