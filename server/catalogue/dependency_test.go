package catalogue_test

import (
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"

	"lanser/server/catalogue"
)

// A dependency that is not installed is distinguished from a mistake in the workspace itself.
func TestFindingsAboutAMissingDependencyAreRecognised(t *testing.T) {
	goFiles := written{
		"go.mod": "module example.com/m\n\nrequire (\n\texample.org/A/b v1.2.3\n\texample.org/A/b/c v1.0.0\n" +
			"\texample.org/moved v1.0.0\n\texample.org/near v1.0.0\n)\n\n" +
			"replace example.org/moved => example.org/fork v0.9.0\n\nreplace example.org/near => ../near\n",
		"go.sum":     "example.org/A/b v1.2.3 h1:x=\nexample.org/A/b/c v1.0.0 h1:x=\nexample.org/fork v0.9.0 h1:x=\n",
		"sub/go.mod": "module example.com/m/sub\n\nrequire example.org/v v1.0.0\n",
		"sub/go.sum": "example.org/v v1.0.0 h1:x=\n",
	}
	noSum := written{
		"go.mod": goFiles["go.mod"],
		"go.sum": "example.org/A/b v1.2.3/go.mod h1:x=\nexample.org/A/b/c v0.9.0 h1:x=\n",
	}
	vendored := written{"go.mod": goFiles["go.mod"], "vendor/modules.txt": ""}
	goError := func(pkg string) string {
		return "could not import " + pkg + ` (no required module provides package "` + pkg + `")`
	}
	node := written{
		"package.json": "{\n  \"workspaces\": [\"packages/*\"],\n  \"devDependencies\": {\n    \"vitest\": \"^1\",\n" +
			"    \"@types/node\": \"^20\",\n    \"@types/estree\": \"1\",\n    \"@types/babel__core\": \"7\"\n  }\n}\n",
		"packages/a/package.json": `{"name": "@x/a", "dependencies": {"react": "18", "@y/z": "1"}}`,
		"packages/c/package.json": `{"name": "@x/c", "exports": {"./deep": {"source": "./src/deep.ts"}}}`,
		"packages/b/package.json": `{"name": "@x/b", "peerDependencies": {"react": "18"}}`,
		"other/package.json":      `{"dependencies": {"react": "18"}}`, "other/pnpm-lock.yaml": "",
	}
	noModule := func(name string) string {
		return "Cannot find module '" + name + "' or its corresponding type declarations."
	}
	python := written{
		"pyproject.toml": "[project]\ndependencies = [\n  'Some_Lib >=1',\n]\n[project.optional-dependencies]\n" +
			"yaml = ['PyYAML']\n[dependency-groups]\ndev = ['testlib', {include-group = 'x'}]\n",
		"requirements-docs.txt": "# sphinxlib\nsphinxlib==1 # comment\n", "own/a.py": "", "src/lib/b.py": "",
		"bin/helper_script.py": "", "locked/uv.lock": "",
		"locked/sub/setup.py": "setup(install_requires=['deeplib'])\n",
	}
	unresolved := func(name string) string { return `Import "` + name + `" could not be resolved` }
	c := written{
		"src/a.c": "#include <zlib.h>\n#include \"gtest/gtest.h\"\n#include \"config.h\"\n#include \"src/gone.h\"\n",
	}
	for name, tt := range map[string]struct {
		server, file, code, message string
		files                       written
		want                        string // "Missing; Fix (File:Line)", "" for another finding
	}{
		"Go: a package of a required module": {
			"gopls", "a.go", "BrokenImport", goError("example.org/A/b/x"), goFiles,
			"the module example.org/A/b@v1.2.3 is not downloaded; go mod download (go.mod:4) " +
				"[{gomod example.org/!a/b@v1.2.3}]",
		},
		"Go: the nearest of two modules": {
			"gopls", "a.go", "BrokenImport", goError("example.org/A/b/c"), goFiles,
			"the module example.org/A/b/c@v1.0.0 is not downloaded; go mod download (go.mod:5) " +
				"[{gomod example.org/!a/b/c@v1.0.0}]",
		},
		"Go: a module that is replaced": {
			"gopls", "a.go", "BrokenImport", goError("example.org/moved"), goFiles,
			"the module example.org/fork@v0.9.0 is not downloaded; go mod download (go.mod:6) " +
				"[{gomod example.org/fork@v0.9.0}]",
		},
		"Go: a module that a folder replaces": {
			"gopls", "a.go", "BrokenImport", goError("example.org/near/x"), goFiles,
			"the folder ../near, which go.mod uses for the module example.org/near, does not exist; " +
				"put a copy of the module there, or remove the replace directive (go.mod:7) [{ ../near}]",
		},
		"Go: in a folder": {
			"gopls", "sub/a.go", "BrokenImport", goError("example.org/v"), goFiles,
			"the module example.org/v@v1.0.0 is not downloaded; cd sub && go mod download (sub/go.mod:3) " +
				"[{gomod example.org/v@v1.0.0}]",
		},
		"Go: go.sum has only the checksum of the module's go.mod": {
			"gopls", "a.go", "BrokenImport", goError("example.org/A/b/x"), noSum,
			"go.sum has no checksum of the module example.org/A/b@v1.2.3; go mod tidy (go.mod:4) []",
		},
		"Go: go.sum has another version": {
			"gopls", "a.go", "BrokenImport", goError("example.org/A/b/c"), noSum,
			"the module example.org/A/b/c@v1.0.0 is not downloaded; go mod download (go.mod:5) " +
				"[{gomod example.org/!a/b/c@v1.0.0}]",
		},
		"Go: vendored": {
			"gopls", "a.go", "BrokenImport", goError("example.org/A/b"), vendored,
			"the module example.org/A/b is not in the folder vendor; go mod vendor (go.mod:4) " +
				"[{ vendor/example.org/A/b}]",
		},
		"Go: a module that another one needs": {
			"gopls", "a.go", "", "error while importing example.org/there: open gomod:///cache/download/" +
				"example.org/!a/b/@v/v1.2.3.lock: permission denied", goFiles,
			"the module example.org/A/b@v1.2.3 is not downloaded; go mod download (go.mod:4) " +
				"[{gomod example.org/!a/b@v1.2.3}]",
		},
		"Go: a package of the module itself": {
			"gopls", "a.go", "BrokenImport", goError("example.com/m/gone"), goFiles, "",
		},
		"Go: a module that is not required": {
			"gopls", "a.go", "BrokenImport", goError("example.org/other"), goFiles, "",
		},
		"Go: a mistake in the name of a standard package": {
			"gopls", "a.go", "BrokenImport", goError("fmtt"), goFiles, "",
		},
		"Go: another finding":    {"gopls", "a.go", "UndeclaredName", "undefined: x", goFiles, ""},
		"Go: outside of modules": {"gopls", "a.go", "BrokenImport", goError("example.org/x"), written{}, ""},

		"TypeScript: a module of a package": {
			"typescript", "packages/a/x.ts", "2307", noModule("react/jsx-runtime"), node,
			"the package react is not installed; npm install (packages/a/package.json:1) " +
				"[{ packages/a/node_modules/react} { packages/node_modules/react} { node_modules/react}]",
		},
		"TypeScript: a scoped package": {
			"typescript", "packages/a/x.ts", "2307", noModule("@y/z/w"), node,
			"the package @y/z is not installed; npm install (packages/a/package.json:1) " +
				"[{ packages/a/node_modules/@y/z} { packages/node_modules/@y/z} { node_modules/@y/z}]",
		},
		"TypeScript: a package of the workspace": {
			"typescript", "packages/a/x.ts", "2307", noModule("@x/b"), node,
			"the package @x/b is not installed; npm install (packages/a/package.json:1) " +
				"[{ packages/a/node_modules/@x/b} { packages/node_modules/@x/b} { node_modules/@x/b}]",
		},
		"TypeScript: the package itself, which names its exports": {
			"typescript", "packages/c/x.ts", "2307", noModule("@x/c/deep"), node, "",
		},
		"TypeScript: the package itself, which names none": {
			"typescript", "packages/a/x.ts", "2307", noModule("@x/a"), node,
			"the package @x/a is not installed; npm install (packages/a/package.json:1) " +
				"[{ packages/a/node_modules/@x/a} { packages/node_modules/@x/a} { node_modules/@x/a}]",
		},
		"TypeScript: what the root declares for tests": {
			"typescript-language-server", "packages/b/x.test.ts", "2307", noModule("vitest"), node,
			"the package vitest is not installed; npm install (package.json:4) " +
				"[{ packages/b/node_modules/vitest} { packages/node_modules/vitest} { node_modules/vitest}]",
		},
		"TypeScript: types alone": {
			"typescript", "x.ts", "2307", noModule("estree"), node,
			"the package @types/estree is not installed; npm install (package.json:6) [{ node_modules/@types/estree}]",
		},
		"TypeScript: types of a scoped package": {
			"typescript", "x.ts", "7016", "Could not find a declaration file for module '@babel/core'. 'x' has", node,
			"the package @types/babel__core is not installed; npm install (package.json:7) " +
				"[{ node_modules/@types/babel__core}]",
		},
		"TypeScript: types in tsconfig.json": {
			"typescript", "tsconfig.json", "2688", "Cannot find type definition file for 'node'.", node,
			"the package @types/node is not installed; npm install (package.json:5) [{ node_modules/@types/node}]",
		},
		"TypeScript: a name of the runtime": {
			"typescript", "x.ts", "2591",
			"Cannot find name 'process'. Do you need to install type definitions " +
				"for node? Try `npm i --save-dev @types/node` and then add 'node' to the types field.", node,
			"the package @types/node is not installed; npm install (package.json:5) [{ node_modules/@types/node}]",
		},
		"TypeScript: options of the project": {
			"typescript", "packages/a/tsconfig.json", "6053", "File '@y/z/tsconfig.json' not found.", node,
			"the package @y/z is not installed; npm install (packages/a/package.json:1) " +
				"[{ packages/a/node_modules/@y/z} { packages/node_modules/@y/z} { node_modules/@y/z}]",
		},
		"TypeScript: options of a file": {
			"typescript", "tsconfig.json", "6053", "File '/x/gone.json' not found.", node, "",
		},
		"TypeScript: a module of node": {
			"typescript", "x.ts", "2307", noModule("node:fs/promises"), node,
			"the package @types/node is not installed; npm install (package.json:5) [{ node_modules/@types/node}]",
		},
		"TypeScript: a module of node, of which nobody declares the types": {
			"typescript", "x.ts", "2307", noModule("path"),
			written{"package.json": `{"dependencies": {"react": "18"}}`},
			"the package @types/node is not installed; npm install (package.json:1) " +
				"[{ node_modules/@types/node}], undeclared",
		},
		"TypeScript: another package manager": {
			"typescript", "other/x.ts", "2307", noModule("react"), node,
			"the package react is not installed; cd other && pnpm install (other/package.json:1) " +
				"[{ other/node_modules/react} { node_modules/react}]",
		},
		"TypeScript: a file":               {"typescript", "x.ts", "2307", noModule("./gone"), node, ""},
		"TypeScript: an alias of a folder": {"typescript", "x.ts", "2307", noModule("@/gone"), node, ""},
		"TypeScript: no module of node":    {"typescript", "x.ts", "2307", noModule("node:fss"), node, ""},
		"TypeScript: what nobody declares": {"typescript", "x.ts", "2307", noModule("fss"), node, ""},
		"TypeScript: declared elsewhere":   {"typescript", "x.ts", "2307", noModule("react"), node, ""},
		"TypeScript: without package.json": {"typescript", "x.ts", "2307", noModule("react"), written{}, ""},
		"TypeScript: types nobody declares": {
			"typescript", "x.ts", "2688", "Cannot find type definition file for 'jest'.", node, "",
		},

		"Python: declared": {
			"pyright", "own/b.py", "reportMissingImports", unresolved("some_lib.sub"), python,
			"the Python package some_lib is not installed; pip install -e . (pyproject.toml:3) " +
				"[{site some_lib} {site some_lib.py}]",
		},
		"Python: of an extra, with another name": {
			"pyright", "own/b.py", "reportMissingImports", unresolved("yaml"), python,
			"the Python package pyyaml is not installed; pip install -e '.[yaml]' (pyproject.toml:6) " +
				"[{site yaml} {site yaml.py}]",
		},
		"Python: of a group, for tests": {
			"pyright", "tests/test_b.py", "reportMissingImports", unresolved("testlib"), python,
			"the Python package testlib is not installed; pip install --group dev (pyproject.toml:8) " +
				"[{site testlib} {site testlib.py}]",
		},
		"Python: of a list of requirements": {
			"pyright", "docs/conf.py", "reportMissingImports", unresolved("sphinxlib"), python,
			"the Python package sphinxlib is not installed; pip install -r requirements-docs.txt " +
				"(requirements-docs.txt:2) [{site sphinxlib} {site sphinxlib.py}]",
		},
		"Python: locked": {
			"pyright", "locked/sub/x.py", "reportMissingImports", unresolved("deeplib"), python,
			"the Python package deeplib is not installed; cd locked && uv sync (locked/sub/setup.py:1) " +
				"[{site deeplib} {site deeplib.py}]",
		},
		"Python: nobody declares it": {
			"pyright", "own/b.py", "reportMissingImports", unresolved("sklearn.svm"), python,
			"the Python package scikit-learn is not installed; pip install scikit-learn (:1) " +
				"[{site sklearn} {site sklearn.py}]",
		},
		"Python: a module of a namespace": {
			"pyright", "own/b.py", "reportMissingImports", unresolved("google.cloud.storage.blob"), python,
			"the Python package google-cloud-storage is not installed; pip install google-cloud-storage (:1) " +
				"[{site google} {site google.py}]",
		},
		"Python: a declared module of a namespace": {
			"pyright", "own/b.py", "reportMissingImports", unresolved("zope.interface"),
			written{"pyproject.toml": "[project]\ndependencies = ['zope.interface']\n", "own/b.py": "import x\n"},
			"the Python package zope-interface is not installed; pip install -e . (pyproject.toml:2) " +
				"[{site zope} {site zope.py}]",
		},
		"Python: a script of another folder": {
			"pyright", "tests/test_b.py", "reportMissingImports", unresolved("helper_script"), python, "",
		},
		"Python: a module of Python 2": {
			"pyright", "own/b.py", "reportMissingImports", unresolved("BaseHTTPServer"), python, "",
		},
		"Python: another module of Python 2": {
			"pyright", "own/b.py", "reportMissingImports", unresolved("dircache"), python, "",
		},
		"Python: types without source": {
			"pyright", "own/b.py", "reportMissingModuleSource", unresolved("google.protobuf") + " from source", python,
			"the Python package protobuf is not installed; pip install protobuf (:1) []",
		},
		"Python: relative":             {"pyright", "b.py", "reportMissingImports", unresolved(".gone"), python, ""},
		"Python: of the workspace":     {"pyright", "x.py", "reportMissingImports", unresolved("own.gone"), python, ""},
		"Python: below src":            {"pyright", "x.py", "reportMissingImports", unresolved("lib.gone"), python, ""},
		"Python: a standard submodule": {"pyright", "x.py", "reportMissingImports", unresolved("os.pathh"), python, ""},
		"Python: a mistake":            {"pyright", "x.py", "reportMissingImports", unresolved("jsson"), python, ""},
		"Python: a module of newer versions": {
			"pyright", "x.py", "reportMissingImports", unresolved("annotationlib"), python, "",
		},
		"Python: a submodule of newer versions": {
			"pyright", "x.py", "reportMissingImports", unresolved("compression.zstd"), python, "",
		},
		"Python: a module of older versions": {
			"pyright", "x.py", "reportMissingImports", unresolved("binhex"), python, "",
		},
		"Python: a package that is almost a standard module": {
			"pyright", "own/b.py", "reportMissingImports", unresolved("httpx"), python,
			"the Python package httpx is not installed; pip install httpx (:1) [{site httpx} {site httpx.py}]",
		},
		"Python: a declared package that is almost a standard module": {
			"pyright", "own/b.py", "reportMissingImports", unresolved("jsonn"),
			written{"pyproject.toml": "[project]\ndependencies = ['jsonn']\n", "own/b.py": "import jsonn\n"},
			"the Python package jsonn is not installed; pip install -e . (pyproject.toml:2) " +
				"[{site jsonn} {site jsonn.py}]",
		},

		"C: a library": {
			"clangd", "src/a.c", "pp_file_not_found", "'zlib.h' file not found", c,
			"no library with the headers <zlib.h> is found; " +
				"install the library, or give the compiler its folder with -I (:1) []",
		},
		"C: a library in quotes": {
			"clangd", "src/a.c", "pp_file_not_found", "'gtest/gtest.h' file not found", c,
			"no library with the headers <gtest/…> is found; " +
				"install the library, or give the compiler its folder with -I (:1) []",
		},
		"C: through a header": {
			"clangd", "src/a.c", "pp_file_not_found", "In included file: 'openssl/ssl.h' file not found", c,
			"no library with the headers <openssl/…> is found; " +
				"install the library, or give the compiler its folder with -I (:1) []",
		},
		"C: a header of the project": {"clangd", "src/a.c", "pp_file_not_found", "'config.h' file not found", c, ""},
		"C: below a folder of it":    {"clangd", "src/a.c", "pp_file_not_found", "'src/gone.h' file not found", c, ""},
		"C: relative":                {"clangd", "src/a.c", "pp_file_not_found", "'../gone.h' file not found", c, ""},
		"C: a mistake":               {"clangd", "src/a.c", "pp_file_not_found", "'stdoi.h' file not found", c, ""},
		"C++: a mistake":             {"clangd", "src/a.cc", "pp_file_not_found", "'vectr' file not found", c, ""},
	} {
		t.Run(name, func(t *testing.T) {
			got := ""
			d := catalogue.Named(tt.server).Dependency(tt.files, tt.file, tt.code, tt.message)
			if d != nil {
				got = fmt.Sprintf("%s; %s (%s:%d) %v", d.Missing, d.Fix, d.File, d.Line+1, d.Places)
				if d.Undeclared {
					got += ", undeclared"
				}
			}
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Errorf("-want +got\n%s", diff)
			}
		})
	}
}
