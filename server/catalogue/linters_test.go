package catalogue

import (
	"testing"
)

// A linter is only asked about files below the files by which the project configures it.
func TestAProjectsConfigurationChoosesItsLinters(t *testing.T) {
	for name, tt := range map[string]struct {
		disk files
		file string
		want string
	}{
		"ruff.toml": {files{"ruff.toml": "", "a/b.py": ""}, "a/b.py", "ruff.toml"},
		"the nearest": {
			files{"ruff.toml": "", "a/.ruff.toml": "", "a/b/c.py": ""}, "a/b/c.py", "a/.ruff.toml",
		},
		"a table": {files{"pyproject.toml": "[tool.ruff.lint]\nselect = []\n", "a.py": ""}, "a.py", "pyproject.toml"},
		"keys with dots": {
			files{"pyproject.toml": "tool.ruff.line-length = 100\n", "a.py": ""}, "a.py", "pyproject.toml",
		},
		"another tool's table": {files{"pyproject.toml": "[tool.ruffle]\n", "a.py": ""}, "a.py", ""},
		"a value":              {files{"pyproject.toml": "[tool]\nruff = 1\n", "a.py": ""}, "a.py", ""},
		"a file that cannot be read": {
			files{"pyproject.toml": "[tool.ruff]\nselect = [\n", "a.py": ""}, "a.py", "pyproject.toml",
		},
		"another folder": {files{"b/ruff.toml": "", "a/b.py": ""}, "a/b.py", ""},
		"installed packages": {
			files{"node_modules/p/ruff.toml": "", "node_modules/p/a.py": ""}, "node_modules/p/a.py", "",
		},
		"both": {
			files{"pyproject.toml": "[tool.ruff]\n", ".ruff.toml": "", "a.py": ""}, "a.py", ".ruff.toml",
		},
	} {
		t.Run(name, func(t *testing.T) {
			if got := Named("ruff").LinterConfigs(tt.disk)(tt.file); got != tt.want {
				t.Errorf("%q, want %q", got, tt.want)
			}
		})
	}
}

func TestLintersAnswerOnlyDiagnostics(t *testing.T) {
	for _, s := range For("a.py") {
		if s.Linter != nil {
			t.Errorf("%s is asked about a.py", s.Name)
		}
	}
	for file, want := range map[string]int{
		"a.py": 1, "a.pyi": 1, "a.ipynb": 1, "a.ts": 3, "a.vue": 2, "a.go": 1, "a.rs": 0,
	} {
		if got := len(LintersFor(file)); got != want {
			t.Errorf("%s: %d linters, want %d", file, got, want)
		}
	}
}

// Oxlint is not started if its configuration is code, or names code.
func TestAConfigurationOfOxlintThatRunsCodeIsRefused(t *testing.T) {
	const root = ".oxlintrc.json"
	for name, tt := range map[string]struct {
		disk      memory
		file, why string
	}{
		"rules": {disk: memory{root: `{"rules": {"no-debugger": "error"}} // jsPlugins` + "\n"}},
		"none":  {disk: memory{"a.js": ""}},
		"plugins": {
			memory{root: `{"jsPlugins": ["./p.mjs"]}`},
			root,
			"it has jsPlugins, by which Oxlint loads or runs code",
		},
		"plugins of an override": {
			memory{root: `{"overrides": [{"files": ["*"], "jsPlugins": ["p"]}]}`},
			root,
			"it has jsPlugins, by which Oxlint loads or runs code",
		},
		"plugins, escaped": {
			memory{root: `{"\u006asPlugins": ["./p.mjs"]}`},
			root,
			"it has jsPlugins, by which Oxlint loads or runs code",
		},
		"a program": {
			memory{root: `{"options": {"typeAware": true}}`},
			root,
			"it has typeAware, by which Oxlint loads or runs code",
		},
		"what it extends": {
			memory{
				root: `{"extends": ["c/base.json"]}`, "c/base.json": `{"extends": ["../d.jsonc"]}`,
				"d.jsonc": `{"jsPlugins": []}`,
			},
			"d.jsonc", "it has jsPlugins, by which Oxlint loads or runs code",
		},
		"it extends itself": {disk: memory{root: `{"extends": ["./.oxlintrc.json"]}`}},
		"it extends code": {
			memory{root: `{"extends": ["./a.mjs"]}`}, root, "it extends ./a.mjs, which may be code",
		},
		"it extends an object": {
			memory{root: `{"extends": [{"jsPlugins": []}]}`}, root, "it extends what is no file",
		},
		"code": {memory{"oxlint.config.ts": ""}, "oxlint.config.ts", "it is code that Oxlint executes"},
		"a second configuration": {
			memory{root: "{}", ".oxlintrc.jsonc": `{"jsPlugins": ["p"]}`},
			".oxlintrc.jsonc",
			"it has jsPlugins, by which Oxlint loads or runs code",
		},
		"no JSON":          {disk: memory{root: `{"rules": `}},
		"no JSON, plugins": {memory{root: `{"jsPlugins": `}, root, "it cannot be read, and has the word jsPlugins"},
		"another folder":   {disk: memory{root: "{}", "a/.oxlintrc.json": `{"jsPlugins": ["p"]}`}},
	} {
		t.Run(name, func(t *testing.T) {
			if file, why := refuseOxlint(tt.disk); file != tt.file || why != tt.why {
				t.Errorf("%q: %q, want %q: %q", file, why, tt.file, tt.why)
			}
		})
	}
}
