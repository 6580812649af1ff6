package server_test

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"lanser/index/indextest"
	"lanser/server"
	"lanser/server/api"
	"lanser/server/bundle"
)

// Mistakes in a project file are findings of that file, as they are for the compiler.
func TestMistakesInAProjectFileAreFindings(t *testing.T) {
	t.Parallel()
	indextest.Needs(t, "the server typescript")
	const source = "export const a: number = 1;\n"
	for name, tt := range map[string]struct {
		files map[string]string
		paths []string
		want  []string
	}{
		"a clean project": {
			files: map[string]string{"tsconfig.json": `{"compilerOptions": {"strict": true}}`, "a.ts": source},
		},
		"no project file": {files: map[string]string{"a.ts": source}},
		"a syntax error": {
			files: map[string]string{"tsconfig.json": `{"include": ["a.ts" }`, "a.ts": source},
			want:  []string{"tsconfig.json[0 20 0 21] error ts 1005"},
		},
		"extends what is not there": {
			files: map[string]string{"tsconfig.json": "{\n  \"extends\": \"@gone/tsconfig\"\n}\n", "a.ts": source},
			want:  []string{"tsconfig.json[1 13 1 29] error ts 6053"},
		},
		"an option that is gone": {
			files: map[string]string{"tsconfig.json": `{"compilerOptions": {"baseUrl": "."}}`, "a.ts": source},
			want:  []string{"tsconfig.json[0 21 0 30] error ts 5102"},
		},
		"an unknown option": {
			files: map[string]string{"tsconfig.json": `{"compilerOptions": {"strickt": true}}`, "a.ts": source},
			want:  []string{"tsconfig.json[0 21 0 30] error ts 5023"},
		},
		"types that are not there, which names no place": {
			files: map[string]string{"tsconfig.json": `{"compilerOptions": {"types": ["gone"]}}`, "a.ts": source},
			want:  []string{"tsconfig.json[0 0 0 0] error ts 2688"},
		},
		"no file is included": {
			files: map[string]string{"tsconfig.json": `{"include": ["nothing"]}`, "a.ts": source},
			want:  []string{"tsconfig.json[0 0 0 0] error ts 18003"},
		},
		"no standard library": {
			files: map[string]string{"tsconfig.json": `{"compilerOptions": {"noLib": true}}`, "a.ts": source},
			want:  slices.Repeat([]string{"tsconfig.json[0 0 0 0] error ts 2318"}, 10),
		},
		"a file that is extended is to blame, of two projects": {
			files: map[string]string{
				"base.json": "{\n\"compilerOptions\": {\"foo\": 1}}", "a/a.ts": source, "b/b.ts": source,
				"a/tsconfig.json": `{"extends": "../base.json"}`, "b/tsconfig.json": `{"extends": "../base.json"}`,
			},
			want: []string{"base.json[1 20 1 25] error ts 5023"},
		},
		"a project that is referred to": {
			files: map[string]string{
				"tsconfig.json":     `{"files": [], "references": [{"path": "./tsconfig.app.json"}]}`,
				"tsconfig.app.json": `{"compilerOptions": {"composite": true, "baseUrl": "."}, "include": ["src"]}`,
				"src/a.ts":          source,
			},
			want: []string{"tsconfig.app.json[0 40 0 49] error ts 5102"},
		},
		"one that refers only to others, of which one does not exist": {
			files: map[string]string{
				"tsconfig.json":   `{"files": [], "references": [{"path": "./a"}, {"path": "./gone"}]}`,
				"a/tsconfig.json": `{"compilerOptions": {"composite": true}}`, "a/a.ts": source,
			},
			want: []string{"tsconfig.json[0 46 0 47] error ts 6053"},
		},
		"JavaScript that only the project's own run of the compiler would overwrite": {
			files: map[string]string{
				"package.json":  `{"scripts": {"check": "eslint . && tsc --noEmit -p ."}}`,
				"tsconfig.json": `{"compilerOptions": {"allowJs": true, "types": []}}`,
				"a.js":          "export const a = 1;\n", "b.ts": source,
			},
		},
		"JavaScript that a script has the compiler overwrite": {
			files: map[string]string{
				"package.json":  `{"scripts": {"check": "tsc --noEmit", "build": "tsc -p . && cp x y"}}`,
				"tsconfig.json": `{"compilerOptions": {"allowJs": true, "types": []}}`,
				"a.js":          "export const a = 1;\n", "b.ts": source,
			},
			want: []string{"tsconfig.json[0 0 0 0] error ts 5055"},
		},
		"a project that was not built is no fault": {
			files: map[string]string{
				"a/tsconfig.json": `{"compilerOptions": {"composite": true}}`, "a/a.ts": source,
				"b/tsconfig.json": `{"compilerOptions": {"composite": true}, "references": [{"path": "../a"}]}`,
				"b/b.ts":          "import { a } from \"../a/a\";\nexport const b = a;\n",
			},
		},
		"only the projects of the files that are asked for": {
			files: map[string]string{
				"a/tsconfig.json": `{"compilerOptions": {"strickt": true}}`, "a/a.ts": source,
				"b/tsconfig.json": `{}`, "b/b.ts": source,
			},
			paths: []string{"b/b.ts"},
		},
		"a column is in the units of the answer, which are bytes": {
			files: map[string]string{
				"tsconfig.json": `{/* 𝒳é */ "compilerOptions": {"ünknown": true}}`, "a.ts": source,
			},
			want: []string{"tsconfig.json[0 34 0 44] error ts 5023"},
		},
		"beside a finding in a source": {
			files: map[string]string{
				"tsconfig.json": `{"compilerOptions": {"baseUrl": "."}}`, "a.ts": "export const a: string = 1;\n",
			},
			want: []string{"a.ts[0 13 0 14] error ts 2322", "tsconfig.json[0 21 0 30] error ts 5102"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := do(t, engine(t, indextest.Files(t, tt.files)), api.Request{Op: "diag", Paths: tt.paths})
			var got []string
			for _, d := range b.Facts.Diagnostics {
				got = append(got, fmt.Sprintf("%s%v %s %s %s", d.URI, d.Range, d.Severity, d.Source, d.Code))
			}
			exit := min(len(tt.want), 1)
			if d := cmp.Diff(tt.want, got); d != "" || b.Meta.ExitCode != exit ||
				b.Evidence.State != bundle.Complete {
				t.Errorf("exit code %d, evidence %v; -want +got:\n%s", b.Meta.ExitCode, b.Evidence, d)
			}
		})
	}
}

// A configuration that a project's extends is read again if it has changed, whatever its name.
func TestAChangeOfAnExtendedConfigurationIsNoticed(t *testing.T) {
	t.Parallel()
	indextest.Needs(t, "the server typescript")
	dir := indextest.Files(t, map[string]string{
		"tsconfig.json":      `{"extends": "./config/strict", "include": ["*.ts"]}`,
		"config/strict.json": `{"extends": "./base.json"}`,
		"config/base.json":   `{"compilerOptions": {"noImplicitAny": false}}`,
		"a.ts":               "export function f(x) { return x; }\n",
	})
	e := untraced(t, dir)
	for i, step := range []struct {
		base string
		want []string
	}{
		{`{"compilerOptions": {"noImplicitAny": false}}`, []string{"a.ts hint 7044"}},
		{`{"compilerOptions": {"noImplicitAny": true}}`, []string{"a.ts error 7006"}},
		{`{"compilerOptions": {"strickt": true}}`, []string{"a.ts error 7006", "config/base.json error 5023"}},
	} {
		if err := os.WriteFile(filepath.Join(dir, "config", "base.json"), []byte(step.base), 0o600); err != nil {
			t.Fatal(err)
		}
		var got []string
		for _, d := range do(t, e, api.Request{Op: "diag"}).Facts.Diagnostics {
			got = append(got, fmt.Sprintf("%s %s %s", d.URI, d.Severity, d.Code))
		}
		if d := cmp.Diff(step.want, got); d != "" {
			t.Errorf("step %d: -want +got:\n%s", i+1, d)
		}
	}
}

// What is wrong with the configuration of clangd is a finding, whether the whole workspace is checked or one file.
func TestMistakesInTheConfigurationOfClangdAreFindings(t *testing.T) {
	t.Parallel()
	indextest.Needs(t, "the server clangd")
	for name, tt := range map[string]struct {
		config string
		want   []string
	}{
		"none":           {"CompileFlags:\n  Add: [-Wall]\n", nil},
		"a syntax error": {"CompileFlags:\n  Add: [-Wall\n", []string{".clangd[1 13 1 13] warning"}},
		"an unknown key": {"Nonsense: 1\n", []string{".clangd[0 0 0 8] warning"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			dir := indextest.Files(t, map[string]string{".clangd": tt.config, "a.c": "int a;\n"})
			database(t, dir)
			e := thawed(t, dir)
			for _, paths := range [][]string{nil, {"a.c"}} {
				var got []string
				for _, d := range do(t, e, api.Request{Op: "diag", Paths: paths}).Facts.Diagnostics {
					got = append(got, fmt.Sprintf("%s%v %s", d.URI, d.Range, d.Severity))
				}
				if d := cmp.Diff(tt.want, got); d != "" {
					t.Errorf("%v (-want +got)\n%s", paths, d)
				}
			}
		})
	}
}

// A file that a build compiles in two ways has the findings of both, and is asked about by its first command
// afterwards.
func TestAFileIsCheckedByEachCommandOfItsBuild(t *testing.T) {
	t.Parallel()
	indextest.Needs(t, "the server clangd")
	dir := indextest.Files(t, map[string]string{
		"a.c": "int f(void) {\n#ifdef TWO\n  return gone;\n#else\n  return other;\n#endif\n}\nint both = missing;\n",
		"b.c": "int b;\n",
	})
	entries := []map[string]any{}
	for _, command := range []string{"cc -c a.c -o 1.o", "cc -DTWO -c a.c -o 2.o", "cc -c b.c", "cc -fPIC -c b.c"} {
		file := strings.Fields(strings.TrimPrefix(command, "cc "))
		i := slices.IndexFunc(file, func(w string) bool { return filepath.Ext(w) == ".c" })
		entries = append(entries, map[string]any{"directory": dir, "file": file[i], "command": command})
	}
	raw, err := json.Marshal(entries)
	if err != nil {
		t.Fatal(err)
	}
	indextest.Write(t, dir, "compile_commands.json", string(raw))
	e := thawed(t, dir)
	for range 2 {
		var got []string
		for _, d := range do(t, e, api.Request{Op: "diag"}).Facts.Diagnostics {
			got = append(got, fmt.Sprintf("%s:%d %s", d.URI, d.Range[0], d.Severity))
		}
		if d := cmp.Diff([]string{"a.c:2 error", "a.c:4 error", "a.c:7 error"}, got); d != "" {
			t.Errorf("(-want +got)\n%s", d)
		}
		b, err := e.Do(t.Context(), api.Request{Op: "hover", Selector: selector("a.c@L1:C5")})
		if err != nil || b.Evidence.State != bundle.Complete {
			t.Errorf("%v %v", b.Evidence, err)
		}
		seed(t, filepath.Join(dir, "b.c"), "int c;\n")
	}
}

// What 'go mod tidy' would change in a go.mod is told by the first check and after an edit, of modules below the root
// too: gopls pushes it, later than it answers about sources, and while a source of the module is open.
func TestAManifestOfGoIsCheckedAfterEachChange(t *testing.T) {
	t.Parallel()
	indextest.Needs(t, "the server gopls")
	const (
		uses   = "package h\n\nimport _ \"example.org/x\"\n"
		module = "module example.org/%s\n\ngo 1.26\n\nrequire example.org/x v0.0.0\n\nreplace example.org/x => %s\n"
	)
	dir := indextest.Files(t, map[string]string{
		"go.mod": fmt.Sprintf(module, "h", "./x"), "h.go": uses, "z.go": "package h\n",
		"below/go.mod": fmt.Sprintf(module, "below", "../x"), "below/h.go": uses, "below/z.go": "package h\n",
		"x/go.mod": "module example.org/x\n\ngo 1.26\n", "x/x.go": "package x\n",
	})
	e := thawed(t, dir)
	told := func(e *server.Engine, paths ...string) (out []string) {
		for _, d := range do(t, e, api.Request{Op: "diag", Paths: paths}).Facts.Diagnostics {
			out = append(out, fmt.Sprintf("%s:%d %s", d.URI, d.Range[0]+1, d.Message))
		}
		return out
	}

	const unused = "go.mod:5 example.org/x is not used in this module"
	for _, step := range []struct {
		file, content string
		want          []string
	}{
		{"h.go", uses, nil},
		{"h.go", "package h\n", []string{unused}},
		{"below/h.go", "package h\n", []string{"below/" + unused, unused}},
		{"h.go", uses, []string{"below/" + unused}},
	} {
		indextest.Write(t, dir, step.file, step.content)
		if d := cmp.Diff(step.want, told(e)); d != "" {
			t.Errorf("after an edit of %s (-want +got)\n%s", step.file, d)
		}
		if d := cmp.Diff(step.want, told(thawed(t, dir))); d != "" {
			t.Errorf("by a server that starts with %s (-want +got)\n%s", step.file, d)
		}
	}
	if d := cmp.Diff([]string{"below/" + unused}, told(e, "below/go.mod")); d != "" {
		t.Errorf("of that file alone (-want +got)\n%s", d)
	}
}

// The compiler checks a file that a project includes only by a symbolic link, under the path of the link, and imports
// begin there.
func TestAFileThatAProjectIncludesByALinkIsChecked(t *testing.T) {
	t.Parallel()
	for version, server := range map[string]string{"7.0.2": "typescript", "5.9.3": "typescript-language-server"} {
		t.Run(server, func(t *testing.T) {
			t.Parallel()
			indextest.Needs(t, "the server "+server)
			dir := indextest.Files(t, map[string]string{
				"package.json":  fmt.Sprintf(`{"devDependencies": {"typescript": %q}}`, version),
				"tsconfig.json": `{"include": ["src"]}`, "src/y.ts": "export const y = 1;\n",
				"real/x.ts":  "import { y } from '../y';\nexport const x: string = y;\n",
				"apart/z.ts": "export const z: number = 'a';\n", "real/z.ts": "export const z: number = 1;\n",
				"one/a.ts": "export const a: number = '';\n",
			})
			for link, to := range map[string]string{"src/lib": "../real", "src/a.ts": "../one/a.ts"} {
				if err := os.Symlink(to, filepath.Join(dir, filepath.FromSlash(link))); err != nil {
					t.Fatal(err)
				}
			}
			b, err := thawed(t, dir).Do(t.Context(), api.Request{Op: "diag"})
			if b.Meta.ExitCode != 1 {
				t.Errorf("exit code %d, %v", b.Meta.ExitCode, err)
			}
			var found []string
			for _, d := range b.Facts.Diagnostics {
				found = append(found, fmt.Sprintf("%s:%d %s", d.URI, d.Range[0], d.Code))
			}
			if d := cmp.Diff([]string{"real/x.ts:1 2322", "src/a.ts:0 2322"}, found); d != "" {
				t.Errorf("findings (-want +got)\n%s", d)
			}
			states := map[string]string{}
			for _, c := range b.Facts.Checks[0].Coverage {
				for _, f := range c.Files {
					states[f] = c.State
				}
			}
			want := map[string]string{
				"src/y.ts": bundle.CheckedState, "real/x.ts": bundle.CheckedState, "real/z.ts": bundle.CheckedState,
				"src/a.ts": bundle.CheckedState, "one/a.ts": bundle.Excluded, "apart/z.ts": bundle.Excluded,
			}
			if d := cmp.Diff(want, states); d != "" {
				t.Errorf("(-want +got)\n%s", d)
			}
		})
	}
}
