package catalogue

import (
	"testing"

	"lanser/server/compiler"

	"github.com/google/go-cmp/cmp"
)

// A linter that is a command is run in the folder in which people would run it.
func TestALinterRunsInTheFolderOfItsProject(t *testing.T) {
	for name, tt := range map[string]struct {
		linter string
		disk   files
		file   string
		want   string // "" for none
	}{
		"ESLint, flat, the nearest": {
			"eslint", files{"eslint.config.js": "", "p/eslint.config.mjs": "", "p/src/a.ts": ""}, "p/src/a.ts", "p",
		},
		"ESLint, older, the outermost": {
			"eslint", files{".eslintrc.json": "{}", "p/.eslintrc.js": "", "p/src/a.ts": ""}, "p/src/a.ts", ".",
		},
		"ESLint, flat above older": {
			"eslint", files{"eslint.config.js": "", "p/.eslintrc": "", "p/a.ts": ""}, "p/a.ts", ".",
		},
		"ESLint, both in one folder": {
			"eslint", files{".eslintrc": "", "p/.eslintrc": "", "p/eslint.config.ts": "", "p/a.ts": ""}, "p/a.ts", "p",
		},
		"ESLint, package.json": {
			"eslint", files{"package.json": `{"eslintConfig": {}}`, "a.js": ""}, "a.js", ".",
		},
		"ESLint, package.json without it": {"eslint", files{"package.json": `{"name": "p"}`, "a.js": ""}, "a.js", ""},
		"Biome, the outermost": {
			"biome", files{"biome.json": "", "p/biome.jsonc": "", "p/a.ts": ""}, "p/a.ts", ".",
		},
		"Biome, a part of the workspace": {"biome", files{"p/biome.json": "", "p/q/a.ts": ""}, "p/q/a.ts", "p"},
		"golangci-lint, the module": {
			"golangci-lint", files{".golangci.yml": "", "m/go.mod": "", "m/p/a.go": ""}, "m/p/a.go", "m",
		},
		"golangci-lint, below the module": {
			"golangci-lint", files{"go.mod": "", "p/.golangci.toml": "", "p/a.go": ""}, "p/a.go", "p",
		},
		"golangci-lint, no module": {"golangci-lint", files{".golangci.yml": "", "a.go": ""}, "a.go", ""},
	} {
		t.Run(name, func(t *testing.T) {
			if got, ok := Named(tt.linter).CommandFolder(tt.disk, tt.file); got != tt.want || ok != (tt.want != "") {
				t.Errorf("%q %v, want %q", got, ok, tt.want)
			}
		})
	}
}

// golangci-lint is not started if its configuration names a plugin, however that is written.
func TestAConfigurationOfGolangciLintThatNamesAPluginIsRefused(t *testing.T) {
	const names = "it names a plugin that golangci-lint loads"
	for name, tt := range map[string]struct {
		disk      memory
		file, why string
	}{
		"none": {
			disk: memory{".golangci.yml": "version: \"2\"\nlinters:\n  default: all\n", "go.mod": ""},
		},
		"another custom": {disk: memory{".golangci.yml": "formatters: {settings: {gci: {custom-order: true}}}\n"}},
		"a module plugin": {
			disk: memory{".golangci.yml": "linters: {settings: {custom: {x: {type: module}}}}\n"},
		},
		"a plugin": {
			memory{".golangci.yml": "linters:\n  settings:\n    custom:\n      x:\n        path: ./x.so\n"},
			".golangci.yml", names,
		},
		"of the first version": {
			memory{".golangci.yaml": "linters-settings: {custom: {x: {path: x.so}}}\n"}, ".golangci.yaml", names,
		},
		"capitals": {
			memory{".golangci.yml": "linters: {settings: {CUSTOM: {x: {Path: x}}}}\n"},
			".golangci.yml", names,
		},
		"a long s": {
			memory{".golangci.yml": "linters: {settings: {cu\u017ftom: {x: {path: x}}}}\n"},
			".golangci.yml", names,
		},
		"dots": {memory{".golangci.yml": "linters.settings.custom.x.path: x\n"}, ".golangci.yml", names},
		"an escape": {
			memory{".golangci.yml": `linters: {settings: {"\x63ustom": {x: {path: x}}}}`},
			".golangci.yml", names,
		},
		"other keys": {
			memory{".golangci.yml": "1: 2\nlinters.settings: {custom: {1: {path: x}}}\n"},
			".golangci.yml", names,
		},
		"an alias": {
			memory{".golangci.yml": "a: &a {x: {path: x}}\nlinters: {settings: {custom: *a}}\n"},
			".golangci.yml", names,
		},
		"TOML": {
			memory{".golangci.toml": "[linters.settings.custom.x]\npath = \"x\"\n"},
			".golangci.toml", names,
		},
		"JSON": {
			memory{".golangci.json": `{"linters": {"settings": {"\u0063ustom": {"x": {"path": ""}}}}}`},
			".golangci.json", names,
		},
		"above": {
			memory{"../.golangci.yml": "linters.settings.custom.x.path: x\n", "go.mod": ""},
			"../.golangci.yml", names,
		},
		"in a module": {
			memory{"m/.golangci.yml": "linters.settings.custom.x.path: x\n", "m/go.mod": ""},
			"m/.golangci.yml", names,
		},
		"no YAML": {
			memory{".golangci.yml": "custom: [\n"},
			".golangci.yml",
			"it cannot be judged (yaml: line 1: did not find expected node content), and may name a plugin that " +
				"golangci-lint loads",
		},
	} {
		t.Run(name, func(t *testing.T) {
			if file, why := refuseGolangci(tt.disk); file != tt.file || why != tt.why {
				t.Errorf("%q: %q, want %q: %q", file, why, tt.file, tt.why)
			}
		})
	}
}

// ESLint is always refused, with the file that a reader would look at first.
func TestESLintIsRefusedWithTheFileThatConfiguresIt(t *testing.T) {
	for name, tt := range map[string]struct {
		disk memory
		want string
	}{
		"flat":           {memory{"a/eslint.config.js": "", "eslint.config.mjs": ""}, "eslint.config.mjs"},
		"flat and older": {memory{".eslintrc": "", "a/eslint.config.js": ""}, "a/eslint.config.js"},
		"older":          {memory{"a/.eslintrc.cjs": "", "b.js": ""}, "a/.eslintrc.cjs"},
		"neither":        {memory{"b.js": ""}, "node_modules/eslint"},
	} {
		t.Run(name, func(t *testing.T) {
			if file, why := refuseESLint(tt.disk); file != tt.want || why == "" {
				t.Errorf("%q: %q, want %q", file, why, tt.want)
			}
		})
	}
}

// The output of linters is decoded to findings with 0-based lines and columns.
func TestReportsOfLintersAreDecoded(t *testing.T) {
	for name, tt := range map[string]struct {
		linter          string
		checked, listed string
		want            CommandReport
		fails           bool
	}{
		"ESLint": {
			linter: "eslint",
			checked: `[{"filePath": "/w/a.js", "messages": [
				{"ruleId": "semi", "severity": 2, "message": "Missing semicolon.", "line": 3, "column": 5,
				 "endLine": 4, "endColumn": 1, "fix": {"range": [9, 9], "text": ";"},
				 "suggestions": [{"desc": "Remove it.", "fix": {"range": [1, 2], "text": ""}}]},
				{"ruleId": null, "fatal": true, "severity": 2, "message": "Parsing error", "line": 1, "column": 2},
				{"ruleId": "x", "severity": 1, "message": "m"}]},
				{"filePath": "/w/b.js", "messages": []},
				{"filePath": "/w/c.js", "messages": [{"ruleId": null, "severity": 1,
				 "message": "File ignored because of a matching ignore pattern."}]}]`,
			want: CommandReport{
				Files: []string{"/w/a.js", "/w/b.js"},
				Findings: []compiler.Finding{
					{
						Severity: "error", Code: "semi", Message: "Missing semicolon.",
						At: compiler.Place{File: "/w/a.js", Line: 2, Column: 4, EndLine: 3},
						Fixes: []compiler.Fix{
							{Title: "Apply the fix of semi", Preferred: true, Start: 9, End: 9, Text: ";"},
							{Title: "Remove it.", Start: 1, End: 2},
						},
					},
					{
						Severity: "error", Message: "Parsing error",
						At: compiler.Place{File: "/w/a.js", Column: 1, EndColumn: 1},
					},
					{Severity: "warning", Code: "x", Message: "m", At: compiler.Place{File: "/w/a.js"}},
				},
			},
		},
		"ESLint, a crash": {linter: "eslint", checked: "Oops", fails: true},
		"Biome": {
			linter: "biome",
			checked: `{"diagnostics": [
				{"code": {"value": "lint/x/y"}, "message": "m", "severity": "WARNING", "location": {"path": "src/a.ts",
				 "range": {"start": {"line": 2, "column": 3}, "end": {"line": 2, "column": 5}}}},
				{"code": {"value": "parse"}, "message": "n", "severity": "ERROR", "location": {"path": "b.ts"}},
				{"code": {"value": "z"}, "message": "o", "severity": "INFO", "location": {"path": "b.ts"}}]}`,
			listed: " VERBOSE ━\n\n  i Files processed:\n  \n  - b.ts\n  - src/a - b.ts\n  \n\n" +
				" VERBOSE ━\n\n  i Files fixed:\n\n  - c.ts\n",
			want: CommandReport{
				Files: []string{"b.ts", "src/a - b.ts"},
				Findings: []compiler.Finding{
					{
						Severity: "warning", Code: "lint/x/y", Message: "m",
						At: compiler.Place{File: "src/a.ts", Line: 1, Column: 2, EndLine: 1, EndColumn: 4},
					},
					{Severity: "error", Code: "parse", Message: "n", At: compiler.Place{File: "b.ts"}},
					{Severity: "information", Code: "z", Message: "o", At: compiler.Place{File: "b.ts"}},
				},
			},
		},
		"Biome, no list":   {linter: "biome", checked: `{"diagnostics": []}`, listed: "Checked 1 file", fails: true},
		"Biome, no report": {linter: "biome", checked: "", listed: "Files processed:\n", fails: true},
		"golangci-lint": {
			linter: "golangci-lint",
			checked: "a.go:1:2: text, by the configuration\n" + `{"Issues":[
				{"FromLinter": "errcheck", "Text": "not checked", "Severity": "warning",
				 "Pos": {"Filename": "/w/a.go", "Line": 5, "Column": 19}},
				{"FromLinter": "typecheck",
				 "Text": ": # ex.com/m/p\np/b.go:6:21: declared and not used: x\np/b.go:7:2: y",
				 "Pos": {"Filename": "/w/p/b.go", "Line": 1, "Column": 0}}],"Report":{}}`,
			want: CommandReport{Findings: []compiler.Finding{
				{
					Severity: "error", Code: "errcheck", Message: "not checked",
					At: compiler.Place{File: "/w/a.go", Line: 4, Column: 18, EndLine: 4, EndColumn: 18},
				},
				{
					Severity: "error", Code: "typecheck", Message: "declared and not used: x",
					At: compiler.Place{File: "/w/p/b.go", Line: 5, Column: 20, EndLine: 5, EndColumn: 20},
				},
				{
					Severity: "error", Code: "typecheck", Message: "y",
					At: compiler.Place{File: "/w/p/b.go", Line: 6, Column: 1, EndLine: 6, EndColumn: 1},
				},
			}},
		},
		"golangci-lint, cut off": {linter: "golangci-lint", checked: `{"Issues":[`, fails: true},
	} {
		t.Run(name, func(t *testing.T) {
			got, err := Named(tt.linter).Linter.Command.ReadReport([]byte(tt.checked), []byte(tt.listed))
			if (err != nil) != tt.fails {
				t.Fatal(err)
			}
			if d := cmp.Diff(tt.want, got); d != "" && !tt.fails {
				t.Errorf("(-want +got)\n%s", d)
			}
		})
	}
}

// Decoding any output of a linter ends.
func FuzzLinterReports(f *testing.F) {
	f.Add([]byte(`[{"filePath":"a","messages":[{"line":-1,"fix":{}}]}]`), []byte("Files processed:\n  - a\n"))
	f.Add([]byte(`{"diagnostics":[{"location":{"range":{}}}]}`), []byte(""))
	f.Add([]byte(`{"Issues":[{"FromLinter":"typecheck","Text":": # m\na.go:1:2: x"}]}`), []byte(""))
	f.Fuzz(func(t *testing.T, checked, listed []byte) {
		for _, s := range Servers {
			if !s.IsCommand() {
				continue
			}
			report, _ := s.Linter.Command.ReadReport(checked, listed)
			for _, found := range report.Findings {
				if at := found.At; min(at.Line, at.Column, at.EndLine, at.EndColumn) < 0 {
					t.Errorf("%s: a negative place: %+v", s.Name, at)
				}
			}
		}
	})
}
