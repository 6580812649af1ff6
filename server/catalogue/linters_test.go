package catalogue

import "testing"

// A linter is asked about the files below the files by which the project configures it, and about no others.
func TestAProjectChoosesItsLinters(t *testing.T) {
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

func TestLintersAnswerNoQuestions(t *testing.T) {
	for _, s := range For("a.py") {
		if s.Linter != nil {
			t.Errorf("%s is asked about a.py", s.Name)
		}
	}
	for file, want := range map[string]int{"a.py": 1, "a.pyi": 1, "a.ipynb": 1, "a.go": 0} {
		if got := len(LintersFor(file)); got != want {
			t.Errorf("%s: %d linters, want %d", file, got, want)
		}
	}
}
