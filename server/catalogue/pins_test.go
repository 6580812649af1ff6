package catalogue_test

import (
	"testing"

	"lanser/server/catalogue"
)

// The version of pyright that a project pins is found, so that doctor can report a difference.
func TestTheVersionOfACheckerThatAProjectPinsIsFound(t *testing.T) {
	own := catalogue.Named("pyright").Version
	for name, tt := range map[string]struct {
		files written
		want  string
	}{
		"none": {files: written{
			"pyproject.toml": "[project]\ndependencies = ['requests==2.0']\n[tool.pyright]\nstrict = []\n",
		}},
		"a requirement": {
			written{"requirements-dev.txt": "# pyright==1.0\nrequests\npyright==1.1.390  # types\n"},
			"1.1.390 (requirements-dev.txt)",
		},
		"an extra of it": {
			written{"pyproject.toml": "dev = [\n  \"pyright[nodejs]==1.1.390\",\n]\n"},
			"1.1.390 (pyproject.toml)",
		},
		"poetry": {written{"pyproject.toml": "[x]\npyright = \"1.1.391\"\n"}, "1.1.391 (pyproject.toml)"},
		"a range pins none": {files: written{
			"pyproject.toml": "dev = ['pyright>=1.1.390']\n[x]\npyright = \"^1.1.1\"\n",
		}},
		"another package": {files: written{"requirements.txt": "basedpyright==1.0.0\npyright-extra==2.0\n"}},
		"the same":        {files: written{"requirements.txt": "pyright==" + own + "\n"}},
		"package.json": {
			written{"package.json": `{"devDependencies": {"pyright": "1.1.389"}}`},
			"1.1.389 (package.json)",
		},
		"a lock file of node": {written{
			"package.json":      `{"devDependencies": {"pyright": "^1.1.300"}}`,
			"package-lock.json": `{"packages": {"node_modules/pyright": {"version": "1.1.388"}}}`,
		}, "1.1.388 (package-lock.json)"},
		"a lock file comes before a requirement, the root before folders": {written{
			"pyproject.toml": "dev = ['pyright==1.1.1']", "a/uv.lock": "",
			"uv.lock":         "[[package]]\nname = \"pyright\"\nversion = \"1.1.400\"\n",
			"sub/poetry.lock": "[[package]]\nname = \"pyright\"\nversion = \"1.1.401\"\n",
		}, "1.1.400 (uv.lock)"},
	} {
		got := ""
		if release := catalogue.Named("pyright").Pinned(tt.files); release.Version != "" {
			got = release.String()
		}
		if got != tt.want {
			t.Errorf("%s: %q, want %q", name, got, tt.want)
		}
	}
	if r := catalogue.Named("gopls").Pinned(written{"requirements.txt": "gopls==1.0.0\n"}); r.Version != "" {
		t.Errorf("gopls is pinned: %v", r)
	}
}
