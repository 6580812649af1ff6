package server_test

import (
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"

	"lanser/index/indextest"
	"lanser/server"
	"lanser/server/api"
	"lanser/server/bundle"
)

// Doctor names the files, reasons and fixes that a check would name if it cannot reach a verdict.
func TestDoctorPredictsWhatPreventsAVerdict(t *testing.T) {
	indextest.Needs(t, "the servers gopls, pyright, typescript, clangd and rust-analyzer")
	const code = "export const a = 1;\n"
	manifest := `{"dependencies": {"left-pad": "1.3.0"}}`
	for name, tt := range map[string]struct {
		files   map[string]string
		servers []string // the only ones that are installed; nil for all
		options api.Options
		want    []string
		exit    int
	}{
		"nothing is missing": {files: map[string]string{
			"go.mod": "module ex.com/m\n\ngo 1.21\n", "a.go": "package m\n", "package.json": "{}", "a.ts": code,
			"pyproject.toml": "[project]\nname = 'm'\n", "a.py": "import os\n",
		}},
		"a server": {
			files: map[string]string{
				"pyproject.toml": "", "a.py": "", "b.py": "", "package.json": "{}",
				"a.ts": code,
			},
			servers: []string{"typescript"}, exit: 66,
			want: []string{"2 Python file: pyright 1.1.414 is not installed; " +
				"install it with: lanser servers install pyright"},
		},
		"node_modules": {
			files: map[string]string{
				"package.json": manifest, "package-lock.json": "{}", "b.ts": "import 'left-pad';\n" + code,
				"a.ts":   "import x from 'left-pad';\nexport { x };\n",
				"c/c.ts": "import x = require(\"left-pad/x\");\nexport { x };\n",
			},
			exit: 66,
			want: []string{"2 TypeScript file: the packages of package.json are not installed: " +
				"there is no folder node_modules; npm ci"},
		},
		"a package": {
			files: map[string]string{
				"package.json": manifest, "a.js": "const x = require('left-pad');\nmodule.exports = x;\n",
				"node_modules/other/package.json": "{}", ".gitignore": "node_modules\n",
				"jsconfig.json": `{"compilerOptions": {"checkJs": true}}`,
			},
			exit: 66,
			want: []string{"1 JavaScript file: the package left-pad is not installed; npm install"},
		},
		"many packages have one cause, also if files need different ones": {
			files: map[string]string{
				"package.json": `{"dependencies": {"a": "1", "b": "1", "c": "1", "d": "1"}}`,
				"a.ts":         "import 'a';\nimport x from 'b';\nexport { x };\n",
				"b.ts":         "import x from 'c';\nexport { x };\n", "c.ts": "import x from 'd';\nexport { x };\n",
				"d.ts": "import x from 'a';\nexport { x };\n", "node_modules/other/package.json": "{}",
				".gitignore": "node_modules\n",
			},
			exit: 66,
			want: []string{"4 TypeScript file: 4 dependencies of package.json are not installed: a, b, c, " +
				"and 1 more; npm install"},
		},
		"declarations of JavaScript in no project": {files: map[string]string{
			"package.json": `{"devDependencies": {"typescript": "^5.0.0", "left-pad": "1"}}`,
			"lib/a.d.ts":   "import x from 'left-pad';\nexport { x };\n", "lib/a.js": "module.exports = 1;\n",
		}},
		"declarations next to TypeScript": {
			files: map[string]string{
				"package.json": `{"devDependencies": {"typescript": "^5.0.0", "left-pad": "1"}}`,
				"a.d.ts":       "import x from 'left-pad';\nexport { x };\n", "c.ts": "export { x } from './a';\n",
			},
			exit: 66,
			want: []string{"1 TypeScript file: the packages of package.json are not installed: " +
				"there is no folder node_modules; npm install"},
		},
		"an import that no manifest declares is an error of the project": {
			files: map[string]string{"package.json": "{}", "a.ts": "import x from 'left-pad';\nexport { x };\n"},
		},
		"a module": {
			files: map[string]string{
				"go.mod": "module ex.com/m\n\ngo 1.21\n\nrequire example.org/absent v1.0.0\n",
				"go.sum": "example.org/absent v1.0.0 h1:x=\n",
				"a.go": "package m\n\nimport (\n\t\"fmt\"\n\n" +
					"\t_ \"example.org/absent/x\" // for its effect\n)\n\nvar _ = fmt.Sprint\n",
				"b.go": "package m\n",
			},
			exit: 66,
			want: []string{"1 Go file: the module example.org/absent@v1.0.0 is not downloaded; go mod download"},
		},
		"a Python package": {
			files: map[string]string{
				"pyproject.toml": "[project]\nname = 'm'\ndependencies = ['absentpkg', 'pyyaml']\n",
				"a.py":           "import absentpkg.x\nfrom absentpkg import y\n",
				"b.py":           "import json\nimport yaml\nfrom . import a\n",
			},
			exit: 66,
			want: []string{"1 Python file: the Python package absentpkg is not installed; pip install -e ."},
		},
		"a crate": {
			files: map[string]string{
				"Cargo.toml": rustManifest + "[dependencies]\nabsent-crate = '1'\n", "src/lib.rs": "pub fn f() {}\n",
			},
			exit: 66,
			want: []string{"1 Rust file: not all that the packages depend on is fetched: cargo metadata failed: " +
				"no matching package named `absent-crate` found; cargo fetch"},
		},
		"trust": {
			files: map[string]string{
				"Cargo.toml": rustManifest, "Cargo.lock": lock, "src/lib.rs": "pub fn f() {}\n",
				"build.rs": "fn main() {}\n",
			},
			exit: 66,
			want: []string{"2 Rust file: the compiler was not run: it would execute the build script of m; " +
				"--trust allows that; "},
		},
		"nothing, in JavaScript that nobody checks, and in comments": {
			files: map[string]string{
				"package.json": manifest, "a.js": "const x = require('left-pad');\nmodule.exports = x;\n",
				"b.ts": "/**\n * const x = require('left-pad');\n */\n" +
					"// import x from 'left-pad';\nexport {};\n",
				"types/index.d.ts": "export const a: number;\n",
			},
		},
		"a package that JavaScript with a comment for the compiler imports": {
			files: map[string]string{
				"package.json": manifest,
				"a.js":         "// @ts-check\nimport x from 'left-pad';\nexport { x };\n",
			},
			exit: 66,
			want: []string{"1 JavaScript file: the packages of package.json are not installed: " +
				"there is no folder node_modules; npm install"},
		},
		"what is not owed does not count": {
			files: map[string]string{"go.mod": "module ex.com/m\n\ngo 1.21\n", "a.go": "package m\n", "App.vue": ""},
		},
		"what is owed by the options does": {
			files:   map[string]string{"go.mod": "module ex.com/m\n\ngo 1.21\n", "a.go": "package m\n", "a.rb": ""},
			options: api.Options{Required: []string{"ruby"}}, exit: 66,
			want: []string{"1 Ruby file: no language server is known for them; " +
				"describe one in servers.toml (lanser help servers), or leave them out with exclude in lanser.toml"},
		},
		"a release of TypeScript": {
			files: map[string]string{
				"package.json": `{"devDependencies": {"typescript": "6.0.3"}}`, "a.ts": code, "b/package.json": "{}",
				"go.mod": "module ex.com/m\n\ngo 1.21\n", "a.go": "package m\n",
			},
			servers: []string{"typescript", "gopls"}, exit: 66,
			want: []string{"1 TypeScript file: typescript-language-server-6 5.3.0 with TypeScript 6.0.3 is not " +
				"installed, and the project uses TypeScript 6.0.3 (package.json); " +
				"install it with: lanser servers install typescript-language-server-6"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Setenv("VIRTUAL_ENV", "")
			if tt.servers != nil {
				onlyServers(t, tt.servers...)
			}
			e, err := server.New(server.Config{Root: gitFiles(t, tt.files)})
			if err != nil {
				t.Fatal(err)
			}
			defer e.Close()
			gaps, err := e.Gaps(t.Context(), api.Request{Options: tt.options})
			if err != nil {
				t.Fatal(err)
			}
			var got, lacking []string
			for _, f := range gaps {
				if f.OnlyWithErrors {
					t.Errorf("%v counts only with errors", f.Files)
				}
				got = append(got, spellGroup(f.Coverage))
			}
			if d := cmp.Diff(tt.want, got); d != "" {
				t.Errorf("(-want +got)\n%s", d)
			}
			b := do(t, e, api.Request{Op: "diag", Options: tt.options})
			for _, group := range b.Facts.Coverage() {
				if group.Lacks() {
					lacking = append(lacking, spellGroup(group))
				}
			}
			if d := cmp.Diff(got, lacking); d != "" || tt.exit == 66 != (b.Meta.ExitCode == 66) {
				t.Errorf("exit code %d, (-gaps +checked)\n%s", b.Meta.ExitCode, d)
			}
		})
	}
}

func spellGroup(c bundle.Coverage) string {
	return fmt.Sprintf("%d %s: %s; %s", len(c.Files), c.Language, c.Reason, c.Fix)
}
