package server_test

import (
	"bytes"
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"unicode/utf16"

	"github.com/google/go-cmp/cmp"

	"lanser/index/indextest"
	"lanser/selectors"
	"lanser/selectors/fault"
	"lanser/server"
	"lanser/server/api"
	"lanser/server/bundle"
	"lanser/server/trace"
)

var allLinted = flag.Bool("linted", false,
	"compare the findings of linters in every code base, not only in small ones")

// linted describes what a check says about the files that linters are responsible for.
func linted(b *bundle.Bundle) (findings, states []string) {
	for _, d := range b.Facts.Diagnostics {
		if bundle.Severity(d.Severity) <= bundle.Severity("warning") {
			findings = append(findings, fmt.Sprintf("%s:%d:%d %s %s %s",
				d.URI, d.Range[0]+1, d.Range[1]+1, d.Severity, d.Source, d.Code))
		}
	}
	for _, group := range b.Facts.Coverage() {
		if group.Linter == "" {
			continue
		}
		for _, uri := range group.Files {
			line := fmt.Sprintf("%s %s by %s", uri, group.State, group.Linter)
			if group.Reason != "" {
				line += ": " + group.Reason
			}
			states = append(states, line)
		}
	}
	slices.Sort(states)
	return findings, states
}

// A linter adds its findings where a project configures it, and its own command line decides what they weigh and
// which files it checks.
func TestLintersAddFindingsWhereTheProjectConfiguresThem(t *testing.T) {
	t.Parallel()
	indextest.Needs(t, "the servers pyright, ruff, typescript and oxlint")
	const unused = "import os\n"
	for name, tt := range map[string]struct {
		files    map[string]string
		options  api.Options
		exit     int
		findings []string
		states   []string
	}{
		"a project that has not chosen it": {
			files: map[string]string{"pyproject.toml": "[project]\nname = \"p\"\n", "a.py": unused},
		},
		"findings": {
			files: map[string]string{
				"pyproject.toml": "[tool.ruff]\nexclude = [\"gen\"]\n", "a.py": "x = 1\n", "b.py": unused,
				"gen/c.py": unused, "n.ipynb": "{}",
			},
			exit: 1, findings: []string{"b.py:1:8 error Ruff F401"},
			states: []string{
				"a.py checked by ruff", "b.py checked by ruff",
				"gen/c.py excluded by ruff: the configuration of ruff leaves them out",
				"n.ipynb unserved by ruff: lanser does not send such files to ruff",
			},
		},
		"a column after other characters": {
			files: map[string]string{"ruff.toml": "lint.select = [\"F\", \"I\"]\n", "a.py": "s = \"é𝄞\"; import os\n"},
			exit:  1, findings: []string{"a.py:1:12 error Ruff I001", "a.py:1:19 error Ruff F401"}, // in UTF-16 units
			states: []string{"a.py checked by ruff"},
		},
		"a part of the workspace": {
			files: map[string]string{"a/ruff.toml": "", "a/a.py": unused, "b/b.py": unused},
			exit:  1, findings: []string{"a/a.py:1:8 error Ruff F401"},
			states: []string{"a/a.py checked by ruff"},
		},
		"a patch": {
			files: map[string]string{"ruff.toml": "", "a.py": "import os\nx = os\n", "b.py": unused},
			options: api.Options{
				Patch: "--- a/a.py\n+++ b/a.py\n@@ -1,2 +1,2 @@\n import os\n-x = os\n+x = 1\n", All: new(bool),
			},
			exit: 1, findings: []string{"a.py:1:8 error Ruff F401"},
			states: []string{
				"a.py checked by ruff",
				"b.py excluded by ruff: the patch changes nothing that they depend on",
			},
		},
		"another version is required": {
			files: map[string]string{"ruff.toml": "required-version = \"==0.1.0\"\n", "a.py": unused},
			states: []string{
				"a.py unserved by ruff: the project requires another version of ruff than 0.17.6: its configuration " +
					"is for ==0.1.0",
			},
		},
		"it refuses its configuration": {
			files: map[string]string{"ruff.toml": "line-length = \"x\"\n", "a.py": unused},
			exit:  66,
			states: []string{
				"a.py unchecked by ruff: ruff does not list the files that it checks: exit status 2 ruff failed " +
					"Cause: Failed to load configuration `ruff.toml` Cause: Failed to parse ruff.toml " +
					"Cause: TOML parse error at line 1, column 15 | 1 | line-length = \"x\" | ^^^ " +
					"invalid type: string \"x\", expected i64",
			},
		},
		"Oxlint": {
			files: map[string]string{
				".oxlintrc.json": `{"rules":{"no-debugger":"error","no-var":"warn"},"ignorePatterns":["gen"]}`,
				"a.js":           "var a = 1;\ndebugger;\nexport default a;\n", "gen/b.js": "debugger;\n",
				"c/.oxlintrc.json": `{"jsPlugins":["./p.mjs"]}`, "c/c.js": "debugger;\n",
			},
			exit: 1, findings: []string{
				"a.js:1:1 warning oxc eslint(no-var)", "a.js:2:1 error oxc eslint(no-debugger)",
			},
			states: []string{
				"a.js checked by oxlint",
				"c/c.js unserved by oxlint: oxlint only uses the configuration in the workspace's folder, " +
					"and theirs is c/.oxlintrc.json",
				"gen/b.js excluded by oxlint: the configuration of oxlint leaves them out",
			},
		},
		"Oxlint, with plugins of the project": {
			files: map[string]string{".oxlintrc.json": `{"jsPlugins":["./p.mjs"]}`, "a.js": "export default 1;\n"},
			states: []string{
				"a.js unserved by oxlint: oxlint is not started, for the workspace is not trusted: .oxlintrc.json: " +
					"it has jsPlugins, by which Oxlint loads or runs code",
			},
		},
		"Biome": {
			files: map[string]string{
				"biome.json": `{"files":{"includes":["**","!gen"]},"linter":{"rules":{"style":{"useConst":"warn"}}}}`,
				"a.js":       "let a = 1; /* é𝄞 */ debugger;\nexport default a;\n", "gen/b.js": "debugger;\n",
				"p/biome.json": `{"root":false,"extends":"//","linter":{"rules":{"suspicious":{"noDebugger":"off"}}}}`,
				"p/c.js":       "debugger;\n", "d.json": `{"k":1,"k":2}`,
			},
			exit: 1, findings: []string{
				"a.js:1:1 warning biome lint/style/useConst", "a.js:1:22 error biome lint/suspicious/noDebugger",
				"d.json:1:2 error biome lint/suspicious/noDuplicateObjectKeys",
			},
			states: []string{
				"a.js checked by biome", "d.json checked by biome",
				"gen/b.js excluded by biome: the configuration of biome leaves them out", "p/c.js checked by biome",
			},
		},
		"Biome refuses its configuration": {
			files: map[string]string{"biome.json": `{"extends":["./missing.json"]}`, "a.js": "export default 1;\n"},
			exit:  66,
			states: []string{
				"a.js unchecked by biome: biome failed: exit status 1 missing.json configuration " +
					"No such file or directory (os error 2)",
			},
		},
		"Biome of another version": {
			files: map[string]string{
				"biome.json": `{"organizeImports":{"enabled":true}}`, "a.js": "export default 1;\n",
				"package.json": `{"devDependencies":{"@biomejs/biome":"1.9.4"}}`,
			},
			states: []string{
				"a.js unserved by biome: the project requires another version of biome than 2.6.8: 1.9.4 (package.json)",
			},
		},
		"Biome, a patch": {
			files: map[string]string{"biome.json": "{}", "a.js": "export default 1;\n", "b.js": "debugger;\n"},
			options: api.Options{
				Patch: "--- a/a.js\n+++ b/a.js\n@@ -1 +1,2 @@\n export default 1;\n+debugger;\n", All: new(bool),
			},
			exit: 1, findings: []string{"a.js:2:1 error biome lint/suspicious/noDebugger"},
			states: []string{"a.js checked by biome", "b.js checked by biome"},
		},
		"golangci-lint": {
			files: map[string]string{
				".golangci.yml": "version: \"2\"\nlinters:\n  default: none\n  enable: [errcheck]\n",
				"go.mod":        "module ex.com/m\n\ngo 1.24\n",
				"a.go":          "package m\n\nimport \"os\"\n\nfunc F() { /* é𝄞 */ os.Remove(\"\") }\n",
				"a_windows.go":  "package m\n", "sub/go.mod": "module ex.com/s\n\ngo 1.24\n",
				"sub/b.go": "package s\n\nimport \"os\"\n\nfunc F() { os.Remove(\"\") }\n",
			},
			exit: 1, findings: []string{
				"a.go:5:31 error golangci-lint errcheck", "sub/b.go:5:21 error golangci-lint errcheck",
			},
			states: []string{
				"a.go checked by golangci-lint",
				"sub/b.go checked by golangci-lint",
			},
		},
		"quick linters": {
			files: map[string]string{
				".golangci.yml": "version: \"2\"\nlinters:\n  default: none\n  enable: [errcheck]\n",
				"go.mod":        "module ex.com/m\n\ngo 1.24\n",
				"a.go":          "package m\n\nimport \"os\"\n\nfunc F() { os.Remove(\"\") }\n",
				"ruff.toml":     "", "b.py": "import os\n",
			},
			options:  api.Options{Linters: "quick"},
			exit:     1,
			findings: []string{"b.py:1:8 error Ruff F401"},
			states:   []string{"b.py checked by ruff"},
		},
		"no linters": {
			files:   map[string]string{"ruff.toml": "", "b.py": "import os\n"},
			options: api.Options{Linters: "none"},
		},
		"golangci-lint, tags": {
			files: map[string]string{
				".golangci.yml": "version: \"2\"\nrun: {build-tags: [x]}\n" +
					"linters: {default: none, enable: [errcheck]}\n",
				"go.mod": "module ex.com/m\n\ngo 1.24\n",
				"a.go":   "//go:build x\n\npackage m\n\nimport \"os\"\n\nfunc F() { os.Remove(\"\") }\n",
				"b.go":   "package m\n",
			},
			exit: 1, findings: []string{"a.go:7:21 error golangci-lint errcheck"},
			states: []string{"a.go checked by golangci-lint", "b.go checked by golangci-lint"},
		},
		"golangci-lint, errors of the compiler": {
			files: map[string]string{
				".golangci.yml": "version: \"2\"\nlinters:\n  default: none\n  enable: [errcheck]\n",
				"go.mod":        "module ex.com/m\n\ngo 1.24\n", "p/a.go": "package p\n\nfunc F() { x := 1 }\n",
			},
			exit: 1, findings: []string{"p/a.go:3:12 error compiler UnusedVar"},
			states: []string{"p/a.go checked by golangci-lint"},
		},
		"golangci-lint of another version": {
			files: map[string]string{
				".golangci.yml": "linters: {}\n", "go.mod": "module ex.com/m\n\ngo 1.24\n", "a.go": "package m\n",
			},
			states: []string{
				"a.go unserved by golangci-lint: the project requires another version of golangci-lint than v2.15.0: " +
					"its configuration is for 1",
			},
		},
		"golangci-lint, with a plugin": {
			files: map[string]string{
				".golangci.yml": "linters.settings.custom.x.path: x.so\n", "go.mod": "module ex.com/m\n\ngo 1.24\n",
				"a.go": "package m\n",
			},
			states: []string{
				"a.go unchecked by golangci-lint: golangci-lint is not started, for the workspace is not trusted: " +
					".golangci.yml: it names a plugin that golangci-lint loads",
			},
		},
		"ESLint, without trust": {
			files: map[string]string{
				"eslint.config.mjs": "throw 1;\n", "a.js": "export default 1;\n", "b.ts": "export default 1;\n",
			},
			states: []string{
				"a.js unchecked by eslint: " + untrustedESLint, "b.ts unchecked by eslint: " + untrustedESLint,
				"eslint.config.mjs unchecked by eslint: " + untrustedESLint,
			},
		},
		"another server is asked": {
			files:   map[string]string{"ruff.toml": "", "a.py": unused},
			options: api.Options{Server: "pyright"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			dir := indextest.Files(t, tt.files)
			b := do(t, engine(t, dir), api.Request{Op: "diag", Options: tt.options})
			findings, states := linted(b)
			got, want := []any{b.Meta.ExitCode, findings, states}, []any{tt.exit, tt.findings, tt.states}
			if d := cmp.Diff(want, got); d != "" {
				t.Errorf("exit, findings, states (-want +got)\n%s\n%q", d, b.Evidence.Reasons)
			}
		})
	}
}

const untrustedESLint = "eslint is not started, for the workspace is not trusted: eslint.config.mjs: " +
	"it is code that ESLint executes"

// fakeESLint prints reports as ESLint does: a finding for each line that has the word debugger, in files that it is
// given or that are in its folder.
const fakeESLint = `const fs = require('fs'), path = require('path');
const config = fs.readFileSync('eslint.config.js', 'utf8');
if (config.includes('broken')) { console.error('Oops! Something went wrong!'); process.exit(2); }
let named = process.argv.slice(2), separator = named.indexOf('--');
const files = separator < 0 ? fs.readdirSync('.').filter(f => f.endsWith('.js') && fs.lstatSync(f).isFile())
  : named.slice(separator + 1);
const report = files.filter(f => !f.startsWith('ignored')).map(f => {
  const messages = [], lines = fs.readFileSync(f, 'utf8').replace('\ufeff', '').split('\n');
  lines.forEach((text, i) => {
    const at = text.indexOf('debugger');
    const before = lines.slice(0, i).join('\n').length + (i > 0 ? 1 : 0) + at;
    if (at >= 0) messages.push({ruleId: 'no-debugger', severity: 2,
      message: 'Unexpected debugger in ' + path.resolve(f), line: i + 1, column: at + 1,
      endLine: i + 1, endColumn: at + 9,
      fix: {range: [before, before + 8], text: ''}});
  });
  return {filePath: path.resolve(f), messages};
});
console.log(JSON.stringify(report));
process.exit(report.some(r => r.messages.length) ? 1 : 0);
`

// withESLint adds the fake ESLint to a project.
func withESLint(files map[string]string) map[string]string {
	files = maps.Clone(files)
	files["node_modules/eslint/package.json"] = `{"name":"eslint","version":"9.1.0"}`
	files["node_modules/eslint/bin/eslint.js"] = fakeESLint
	files[".gitignore"] = "node_modules\n"
	return files
}

// In a trusted workspace, the ESLint of the project is run, on the disk or on a copy with what is proposed.
func TestTheProjectsOwnESLintIsRunIfTheWorkspaceIsTrusted(t *testing.T) {
	t.Parallel()
	indextest.Needs(t, "the server typescript, and node")
	project := map[string]string{
		"eslint.config.js": "export default [];\n", "a.js": "\ufeff/* é𝄞 */ debugger;\nexport {};\n",
		"b.js": "export {};\n", "ignored.js": "export {};\n", "p/eslint.config.js": "", "p/c.js": "export {};\n",
	}
	for name, tt := range map[string]struct {
		files    map[string]string
		paths    []string
		options  api.Options
		exit     int
		findings []string
		states   []string
	}{
		"on disk": {
			files: withESLint(project), exit: 1, findings: []string{"a.js:1:12 error eslint no-debugger"},
			states: []string{
				"a.js checked by eslint", "b.js checked by eslint", "eslint.config.js checked by eslint",
				"ignored.js excluded by eslint: the configuration of eslint leaves them out",
				"p/c.js checked by eslint", "p/eslint.config.js checked by eslint",
			},
		},
		"paths": {
			files: withESLint(project), paths: []string{"p", "b.js"},
			states: []string{
				"b.js checked by eslint", "p/c.js checked by eslint", "p/eslint.config.js checked by eslint",
			},
		},
		"a patch": {
			files: withESLint(project), exit: 1, findings: []string{"b.js:2:1 error eslint no-debugger"},
			options: api.Options{
				Patch: "--- a/b.js\n+++ b/b.js\n@@ -1 +1,2 @@\n export {};\n+debugger;\n", All: new(bool),
			},
			states: []string{
				"a.js checked by eslint", "b.js checked by eslint", "eslint.config.js checked by eslint",
				"ignored.js excluded by eslint: the configuration of eslint leaves them out",
				"p/c.js checked by eslint", "p/eslint.config.js checked by eslint",
			},
		},
		"it is not installed": {
			files: map[string]string{
				"eslint.config.js": "", "a.js": "export {};\n", "package-lock.json": "{}", "package.json": "{}",
			},
			states: []string{
				"a.js unserved by eslint: eslint is not installed in the project",
				"eslint.config.js unserved by eslint: eslint is not installed in the project",
			},
		},
		"it fails": {
			files: withESLint(map[string]string{"eslint.config.js": "// broken\n"}), exit: 66,
			states: []string{
				"eslint.config.js unchecked by eslint: eslint failed: exit status 2 Oops! Something went wrong!",
			},
		},
	} {
		t.Run(name, func(t *testing.T) {
			dir := indextest.Files(t, tt.files)
			indextest.FailIfChanged(t, dir)
			e, err := server.New(server.Config{Root: dir, Trust: true})
			if err != nil {
				t.Fatal(err)
			}
			defer e.Close()
			b := do(t, e, api.Request{Op: "diag", Paths: tt.paths, Options: tt.options})
			findings, states := linted(b)
			got, want := []any{b.Meta.ExitCode, findings, states}, []any{tt.exit, tt.findings, tt.states}
			if d := cmp.Diff(want, got); d != "" {
				t.Errorf("exit, findings, states (-want +got)\n%s\n%q", d, b.Evidence.Reasons)
			}
		})
	}
}

// The answer of a linter that is a command is the same each time, contains no path of the machine, has its fixes as
// diffs, and is replayed from a trace without the linter.
func TestAnswersOfLinterCommandsAreReplayed(t *testing.T) {
	t.Parallel()
	indextest.Needs(t, "the server typescript, and node")
	dir := indextest.Files(t, withESLint(map[string]string{
		"eslint.config.js": "", "a.js": "\ufeffexport {};\n/* 𝄞 */ debugger;\n",
	}))
	var tape bytes.Buffer
	e, err := server.New(server.Config{Root: dir, Trust: true, Trace: trace.NewRecorder(&tape, true)})
	if err != nil {
		t.Fatal(err)
	}
	request := api.Request{Op: "diag", Options: api.Options{Server: "eslint", Fixes: true}}
	first := do(t, e, request)
	if second := do(t, e, request); first.BundleID != second.BundleID {
		t.Errorf("%s, then %s", first.BundleID, second.BundleID)
	}
	e.Close()
	want := []bundle.Diagnostic{{
		URI: "a.js", Range: bundle.Range{1, 9, 1, 17}, Severity: "error", Source: "eslint", Code: "no-debugger",
		Message: "Unexpected debugger in a.js", Tags: []string{}, Related: []bundle.Related{},
		Text: "/* 𝄞 */ debugger;", Fingerprint: first.Facts.Diagnostics[0].Fingerprint,
		Fixes: []bundle.Fix{{
			Title: "Apply the fix of no-debugger", Preferred: true,
			Diff: "--- a/a.js\n+++ b/a.js\n@@ -1,2 +1,2 @@\n \ufeffexport {};\n-/* 𝄞 */ debugger;\n+/* 𝄞 */ ;\n",
		}},
	}}
	if d := cmp.Diff(want, first.Facts.Diagnostics); d != "" {
		t.Errorf("(-want +got)\n%s", d)
	}
	if tool := first.Environment.Server; tool == nil || *tool != (bundle.Tool{Name: "eslint", Version: "9.1.0"}) {
		t.Errorf("%+v", tool)
	}
	replayed := 0
	err = server.Replay(context.Background(), &tape, filepath.Join(dir, "elsewhere"), func(server.Replayed) error {
		replayed++
		return nil
	})
	if err != nil || replayed != 2 {
		t.Errorf("%d answers are replayed: %v", replayed, err)
	}
}

// A linter that is a command answers no other request, and its version is requested.
func TestALinterCommandOnlyReportsFindings(t *testing.T) {
	t.Parallel()
	indextest.Needs(t, "node")
	dir := indextest.Files(t, withESLint(map[string]string{"eslint.config.js": "", "a.js": "export function f() {}\n"}))
	e, err := server.New(server.Config{Root: dir, Trust: true})
	if err != nil {
		t.Fatal(err)
	}
	defer e.Close()
	for _, tt := range []struct {
		request api.Request
		want    fault.Code
	}{
		{
			api.Request{Op: "refs", Selector: selector("ts://a#f"), Options: api.Options{Server: "eslint"}},
			fault.Unsupported,
		},
		{api.Request{Op: "diag", Options: api.Options{Server: "eslint@8"}}, fault.VersionSkew},
		{api.Request{Op: "diag", Options: api.Options{Server: "eslint@9"}}, ""},
	} {
		_, err := e.Do(context.Background(), tt.request)
		if tt.want == "" && err != nil || tt.want != "" && !fault.Is(err, tt.want) {
			t.Errorf("%s %s: %v", tt.request.Op, tt.request.Options.Server, err)
		}
	}
}

// What a linter knows about other files is current, although it is not notified of their changes.
func TestALinterReadsChangedFilesAgain(t *testing.T) {
	t.Parallel()
	indextest.Needs(t, "the server oxlint")
	dir := indextest.Files(t, map[string]string{
		".oxlintrc.json": `{"plugins":["import"],"categories":{"correctness":"off"},"rules":{"import/named":"error"}}`,
		"a.js":           "import { x } from './b.js';\nexport const y = x;\n", "b.js": "export const x = 1;\n",
	})
	e := thawed(t, dir)
	for _, tt := range []struct {
		content string
		want    []string
	}{
		{"export const x = 1;\n", nil},
		{"export const z = 1;\n", []string{"a.js:1:10 error oxc import(named)"}},
		{"export const x = 2;\n", nil},
	} {
		indextest.Write(t, dir, "b.js", tt.content)
		findings, _ := linted(do(t, e, api.Request{Op: "diag", Options: api.Options{Server: "oxlint"}}))
		if d := cmp.Diff(tt.want, findings); d != "" {
			t.Errorf("%s (-want +got)\n%s", tt.content, d)
		}
	}
}

// A linter that a project configures and that is not installed is reported, and leaves the verdict to others unless it
// is required.
func TestALinterThatIsNotInstalledIsReported(t *testing.T) {
	indextest.Needs(t, "the server pyright")
	onlyServers(t, "pyright")
	e := engine(t, indextest.Files(t, map[string]string{"ruff.toml": "", "a.py": "import os\n"}))
	for _, tt := range []struct {
		options api.Options
		exit    int
	}{
		{options: api.Options{}, exit: 0},
		{options: api.Options{Required: []string{"ruff"}}, exit: 66},
		{options: api.Options{Strict: true}, exit: 66},
	} {
		b := do(t, e, api.Request{Op: "diag", Options: tt.options})
		findings, states := linted(b)
		got := []any{b.Meta.ExitCode, findings, states}
		want := []any{tt.exit, []string(nil), []string{"a.py unserved by ruff: ruff is not installed"}}
		if d := cmp.Diff(want, got); d != "" {
			t.Errorf("%+v (-want +got)\n%s", tt.options, d)
		}
	}
	_, err := e.Do(context.Background(),
		api.Request{Op: "diag", Options: api.Options{Required: []string{"rufus"}}})
	if !fault.Is(err, fault.Usage) || !strings.Contains(err.Error(), "biome, eslint or golangci-lint") {
		t.Error(err)
	}
}

// lintedCode is a code base in which a linter is compared with its own command line.
type lintedCode struct {
	name   string
	quick  bool
	copy   func(t testing.TB) string
	linter string
	// prepare installs what the project needs. With trust, the workspace is trusted.
	prepare []nativeCommand
	trust   bool
	native  nativeCommand
	read    func(t testing.TB, dir, out string) []string // findings as path:line:column rule
}

var lintedCodes = []lintedCode{
	{
		name: "ruff: itsdangerous", quick: true, linter: "ruff", native: ruffJSON, read: readRuff,
		copy: withFiles(
			pythonProject(
				"itsdangerous==2.2.0", "e0050c0b7da1eea53ffaf149c0cfbb5c6e2e2b69c4bef22c81fa6eb73e5f6173",
			),
			map[string]string{"ruff.toml": "exclude = [\"docs\"]\n[lint]\nselect = [\"ALL\"]\n"},
		),
	},
	{
		name: "ruff: click, as it is", linter: "ruff", native: ruffJSON, read: readRuff,
		copy: pythonProject("click==8.2.1", "27c491cc05d968d271d5a1db13e3b5a184636d9d930f148c50b038f0d0646202"),
	},
	{
		name: "ruff: attrs, as it is", linter: "ruff", native: ruffJSON, read: readRuff,
		copy: pythonProject("attrs==25.3.0", "75d7cefc7fb576747b2c81b4442d4d4a1ce0900973527c011d1030fd3bf4af1b"),
	},
	{
		name: "ruff: packaging, as it is", linter: "ruff", native: ruffJSON, read: readRuff,
		copy: pythonProject(
			"packaging==25.0", "d443872c98d677bf60f6a1f2f8c1cb748e8fe762d2bf9d3148b5599295b0fc4f",
		),
	},
	{
		name: "ruff: requests, all rules", linter: "ruff", native: ruffJSON, read: readRuff,
		copy: withFiles(
			pythonProject(
				"requests==2.32.3", "55365417734eb18255590a9ff9eb97e9e1da868d4ccd6402399eaf68af20a760",
			),
			map[string]string{"ruff.toml": "[lint]\nselect = [\"ALL\"]\n"},
		),
	},
	{
		name: "oxlint: table-core", quick: true, linter: "oxlint", native: oxlintJSON, read: readOxlint,
		copy: withFiles(npmCopy("@tanstack/table-core@8.20.5", "src"), oxlintRules),
	},
	{
		name: "oxlint: rxjs", linter: "oxlint", native: oxlintJSON, read: readOxlint,
		copy: withFiles(npmCopy("rxjs@7.8.2", "src"), oxlintRules),
	},
	{
		name: "oxlint: express", linter: "oxlint", native: oxlintJSON, read: readOxlint,
		copy: withFiles(npmCopy("express@4.21.2", "lib", "index.js"), oxlintRules),
	},
}

// The code bases of Biome, ESLint and golangci-lint are appended, because each has a command to prepare it or rules of
// its own.
func init() {
	eslint := func(name, versions string, code func(testing.TB) string, config map[string]string) {
		install := append([]string{
			"npm", "install", "--no-save", "--no-package-lock", "--ignore-scripts", "--no-audit", "--no-fund",
			"--force",
		}, strings.Fields(versions)...)
		lintedCodes = append(lintedCodes, lintedCode{
			name: "eslint: " + name, linter: "eslint", trust: true, prepare: []nativeCommand{command("", install...)},
			quick: name == "express", copy: withFiles(code, config),
			native: command("", "npx", "--no-install", "eslint", "--format", "json", "."), read: readESLint,
		})
	}
	rxjs, express := npmCopy("rxjs@7.8.2", "src", "tsconfig.json"), npmCopy("express@4.21.2", "lib", "index.js")
	eslint("express", "eslint@9.39.1 @eslint/js@9.39.1", express, map[string]string{
		"eslint.config.mjs": "import js from '@eslint/js';\n" +
			"export default [js.configs.all, {ignores: ['lib/router/**']}];\n",
	})
	versions := "eslint@9.39.1 typescript-eslint@8.46.4 typescript@5.9.3"
	eslint("rxjs, typescript-eslint", versions, rxjs, map[string]string{
		"eslint.config.mjs": "import ts from 'typescript-eslint';\nexport default ts.configs.strict;\n",
	})
	eslint("express, older configurations", "eslint@8.57.1", express, map[string]string{
		".eslintrc.json": `{"root": true, "extends": "eslint:all"}`, "lib/router/.eslintrc.cjs": "module.exports = " +
			"{rules: {indent: 'off', quotes: ['warn', 'double']}};\n",
	})
	biomes := map[string]func(testing.TB) string{
		"table-core": npmCopy("@tanstack/table-core@8.20.5", "src"), "rxjs": npmCopy("rxjs@7.8.2", "src"),
		"express": express,
	}
	for _, name := range slices.Sorted(maps.Keys(biomes)) {
		lintedCodes = append(lintedCodes, lintedCode{
			name: "biome: " + name, linter: "biome", quick: name == "table-core", read: readBiome,
			native: command("", "biome", "lint", "--reporter=json", "--max-diagnostics=none", "."),
			copy:   withFiles(biomes[name], biomeRules),
		})
	}
	modules := map[string]string{
		"cobra": "github.com/spf13/cobra@v1.10.2", "glow": "github.com/charmbracelet/glow/v2@v2.1.1",
	}
	for _, name := range slices.Sorted(maps.Keys(modules)) {
		lintedCodes = append(lintedCodes, lintedCode{
			name: "golangci-lint: " + name + ", as it is", linter: "golangci-lint", quick: name == "cobra",
			copy: goCopy(modules[name]), prepare: []nativeCommand{goDownload("")}, read: readGolangci,
			native: command(
				"", "golangci-lint", "run", "--output.json.path=stdout", "--output.text.path=stderr",
				"--show-stats=false", "--max-issues-per-linter=0", "--max-same-issues=0", "./...",
			),
		})
	}
}

// biomeRules are the rules that Biome has by default, for all files but some.
var biomeRules = map[string]string{"biome.json": `{"files": {"includes": ["**", "!**/ajax"]}}`}

// column returns the column in UTF-16 units, from 1, of a column of a file in another unit, from 1.
func column(t testing.TB, file string, line, column int, inBytes bool) int {
	t.Helper()
	if column == 0 {
		return 1
	}
	text := lineOf(t, file, line)
	if inBytes {
		return utf16Column(text[:min(column-1, len(text))])
	}
	runes := []rune(text)
	return utf16Column(string(runes[:min(column-1, len(runes))]))
}

func readESLint(t testing.TB, dir, out string) (findings []string) {
	t.Helper()
	var printed []struct {
		FilePath string
		Messages []struct {
			RuleID       string `json:"ruleId"`
			Line, Column int
		}
	}
	if err := json.Unmarshal([]byte(out), &printed); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	for _, file := range printed {
		for _, m := range file.Messages {
			findings = append(findings, fmt.Sprintf("%s:%d:%d %s",
				relative(t, dir, file.FilePath), m.Line, m.Column, m.RuleID))
		}
	}
	return findings
}

func readBiome(t testing.TB, dir, out string) (findings []string) {
	t.Helper()
	var printed struct {
		Diagnostics []struct {
			Category string
			Location struct {
				Path  string
				Start struct{ Line, Column int }
			}
		}
	}
	if err := json.Unmarshal([]byte(out), &printed); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	for _, d := range printed.Diagnostics {
		at := d.Location
		findings = append(findings, fmt.Sprintf("%s:%d:%d %s", at.Path, at.Start.Line,
			column(t, filepath.Join(dir, at.Path), at.Start.Line, at.Start.Column, false), d.Category))
	}
	return findings
}

func readGolangci(t testing.TB, dir, out string) (findings []string) {
	t.Helper()
	var printed struct {
		Issues []struct {
			FromLinter string
			Pos        struct {
				Filename     string
				Line, Column int
			}
		}
	}
	if err := json.NewDecoder(strings.NewReader(out)).Decode(&printed); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	for _, d := range printed.Issues {
		findings = append(findings, fmt.Sprintf("%s:%d:%d %s", d.Pos.Filename, d.Pos.Line,
			column(t, filepath.Join(dir, d.Pos.Filename), d.Pos.Line, d.Pos.Column, true), d.FromLinter))
	}
	return findings
}

// oxlintRules has nearly all rules of Oxlint. Those that are off have several places, of which its language server
// and its command line choose different ones.
var oxlintRules = map[string]string{
	".oxlintrc.json": `{
		"plugins": ["typescript", "unicorn", "oxc", "import", "promise"],
		"categories": {
			"correctness": "error", "suspicious": "warn", "pedantic": "warn", "style": "warn", "perf": "warn"
		},
		"rules": {"no-else-return": "off", "unicorn/consistent-function-scoping": "off"},
		"ignorePatterns": ["**/ajax/**"]
	}`,
}

// oxlintJSON is the command line of the pinned Oxlint.
var oxlintJSON = command("", "oxlint", "--format", "json")

func readOxlint(t testing.TB, dir, out string) (findings []string) {
	t.Helper()
	var printed struct {
		Diagnostics []struct {
			Filename, Code string
			Labels         []struct {
				Span struct{ Line, Column int }
			}
		}
	}
	if err := json.Unmarshal([]byte(out), &printed); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	for _, d := range printed.Diagnostics {
		line, col := 1, 1
		if len(d.Labels) > 0 {
			at := d.Labels[0].Span // its columns are in bytes
			before := lineOf(t, filepath.Join(dir, d.Filename), at.Line)[:at.Column-1]
			line, col = at.Line, utf16Column(before)
		}
		findings = append(findings, fmt.Sprintf("%s:%d:%d %s", d.Filename, line, col, d.Code))
	}
	return findings
}

// ruffJSON is the command line of the pinned Ruff.
var ruffJSON = command("", "ruff", "check", "--no-cache", "--output-format", "json")

func readRuff(t testing.TB, dir, out string) (findings []string) {
	t.Helper()
	var printed []struct {
		Filename, Code string
		Location       struct{ Row, Column int }
	}
	if err := json.Unmarshal([]byte(out), &printed); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	for _, d := range printed {
		if filepath.Ext(d.Filename) == ".ipynb" {
			continue // a check says that notebooks are not sent to Ruff
		}
		at := d.Location // its columns are in code points
		runes := []rune(lineOf(t, d.Filename, at.Row))
		before := runes[:min(at.Column-1, len(runes))]
		findings = append(findings, fmt.Sprintf("%s:%d:%d %s",
			relative(t, dir, d.Filename), at.Row, utf16Column(string(before)), d.Code))
	}
	return findings
}

// lineOf returns a line of a file by its number, which begins with 1; "" for the line after the last one.
func lineOf(t testing.TB, file string, number int) string {
	t.Helper()
	content, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	lines := strings.Split(string(content), "\n")
	if number > len(lines) {
		return ""
	}
	return lines[number-1]
}

// utf16Column returns the column, from 1, in UTF-16 units that follows a text.
func utf16Column(before string) int { return len(utf16.Encode([]rune(before))) + 1 }

// TestLintersFindWhatTheirCommandLinesFind compares the findings of linters, by path, line, column and rule, and
// whether they are errors, with those of the linters' own command lines:
//
//	go test ./server -run LintersFindWhatTheirCommandLinesFind -v -linted
func TestLintersFindWhatTheirCommandLinesFind(t *testing.T) {
	t.Parallel()
	indextest.Needs(t, "the linters, and the registries")
	for _, code := range lintedCodes {
		if !code.quick && !*allLinted {
			continue
		}
		t.Run(code.name, func(t *testing.T) {
			dir := code.copy(t)
			for _, c := range code.prepare {
				cmd := c.command(t, dir, nil)
				if out, err := cmd.CombinedOutput(); err != nil {
					t.Fatalf("%v: %v\n%s", cmd.Args, err, out)
				}
			}
			cmd := code.native.command(t, dir, nil)
			cmd.Env = os.Environ()
			out, err := cmd.Output()
			exit := 0
			if failed, ok := err.(*exec.ExitError); ok {
				exit = failed.ExitCode()
			} else if err != nil {
				t.Fatal(err)
			}
			native := code.read(t, dir, string(out))
			indextest.FailIfChanged(t, dir)
			e, err := server.New(server.Config{Root: dir, Trust: code.trust})
			if err != nil {
				t.Fatal(err)
			}
			defer e.Close()
			b, err := e.Do(context.Background(),
				api.Request{Op: "diag", Options: api.Options{Server: code.linter}})
			if err != nil {
				t.Fatal(err)
			}
			var own []string
			for _, d := range b.Facts.Diagnostics {
				file, col := selectors.UnescapePath(d.URI), d.Range[1]+1
				if b.Environment.PositionEncoding == "utf-8" {
					col = utf16Column(lineOf(t, filepath.Join(dir, file), d.Range[0]+1)[:d.Range[1]])
				}
				own = append(own, fmt.Sprintf("%s:%d:%d %s", file, d.Range[0]+1, col, d.Code))
			}
			slices.Sort(native)
			slices.Sort(own)
			if d := cmp.Diff(native, own); d != "" {
				t.Errorf("(-command line +lanser)\n%s", d)
			}
			if b.Meta.ExitCode != exit {
				t.Errorf("exit %d, and the command line %d", b.Meta.ExitCode, exit)
			}
			t.Logf("%d findings", len(own))
		})
	}
}
