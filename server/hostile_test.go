package server_test

import (
	"context"
	"fmt"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"lanser/index/indextest"
	"lanser/selectors/fault"
	"lanser/server"
	"lanser/server/api"
	"lanser/server/bundle"
	"lanser/server/catalogue"
)

// hostile is a workspace that wants something of its own to be run: the files, with
// CANARY for a program's text that betrays it.
type hostile struct {
	name, server, selector string
	files                  map[string]string
	prepare                func(t *testing.T, dir, canary string)
	// covers are beginnings of [dangers.Danger].Files of the server that this workspace tries.
	covers []string
	// below is the folder of the workspace in the files; "" for all of them.
	below string
	// refused is the file for which the server must not be started; "" where it answers.
	refused string
	env     map[string]string // DIR stands for the workspace
}

const evil = "#!/bin/sh\necho \"$0 $*\" >>CANARY\n"

var hostiles = append(inAllReleases([]hostile{
	{
		name: "PATH entries, go.env, generators, cgo flags", server: "gopls", selector: "go://ex.com/m#F",
		covers: []string{"bin, node_modules/.bin", "*.go (#cgo", "*.go (go:generate)", "variables such as GOFLAGS"},
		env: map[string]string{
			"GOFLAGS":          "-toolexec=DIR/bin/evil",
			"CC":               "DIR/bin/gcc",
			"GOPACKAGESDRIVER": "DIR/bin/gopackagesdriver",
		},
		files: map[string]string{
			"go.mod": "module ex.com/m\n\ngo 1.21\n", "go.env": "GOFLAGS=-toolexec=./bin/evil\n",
			".env": "GOFLAGS=-toolexec=./bin/evil\n",
			"a.go": "package m\n\n//go:generate ./bin/evil\n\n// #cgo CFLAGS: -fplugin=./evil.so\n" +
				"// #cgo LDFLAGS: -Wl,-plugin=./evil.so\n// int f(void);\nimport \"C\"\n\nfunc F() { C.f() }\n",
			"bin/go": evil, "bin/gopls": evil, "bin/gopackagesdriver": evil, "bin/gcc": evil, "bin/git": evil,
			"bin/evil": evil,
		},
	},
	{
		name: "another version of Go", server: "gopls", selector: "go://ex.com/m#F",
		covers: []string{"go.mod, go.work"},
		files: map[string]string{
			"go.mod": "module ex.com/m\n\ngo 1.21\n\ntoolchain go1.99.9\n\ntool ex.com/m/cmd\n",
			"a.go":   "package m\n\nfunc F() {}\n", "cmd/main.go": "package main\n\nfunc main() {}\n",
			"bin/go1.99.9": evil, "go1.99.9": evil,
		},
	},
	{
		name: "virtual environment, modules named like the library's", server: "pyright", selector: "py://a#f",
		covers: []string{
			"json.py",
			".venv, venv (bin)",
			".venv, venv (lib)",
			"bin, .venv/bin",
			".python-version",
			"sitecustomize.py",
			"pyrightconfig.json",
			"variables such as NODE_OPTIONS",
		},
		env: map[string]string{
			"PYTHONPATH":    "DIR",
			"VIRTUAL_ENV":   "DIR/.venv",
			"NODE_OPTIONS":  "--require DIR/evil.js",
			"PYENV_VERSION": "DIR/.venv",
		},
		files: map[string]string{
			"a.py": "def f(): pass\n", "pyrightconfig.json": `{"venvPath":".","venv":".venv"}`, "bin/python": evil,
			"bin/python3": evil, "bin/node": evil, "bin/pyright-langserver": evil,
			".venv/bin/python": evil, ".venv/bin/python3": evil, ".venv/pyvenv.cfg": "home = ./bin\n",
			".venv/lib/python3.11/site-packages/x.pth":            "import os; os.system('touch CANARY')\n",
			".venv/lib/python3.11/site-packages/json/__init__.py": "import os\nos.system('touch CANARY')\n",
			".venv/lib/python3.11/site-packages/os.py":            "open('CANARY', 'w')\n",
			".venv/lib/python3.11/site-packages/sitecustomize.py": "open('CANARY', 'w')\n",
			".python-version": "../../..DIR/.venv\n", ".tool-versions": "python path:DIR/.venv\n", "evil.js": evilNode,
			"json.py":               "import os\nos.system('touch CANARY')\n",
			"sitecustomize.py":      "import os\nos.system('touch CANARY')\n",
			"usercustomize.py":      "import os\nos.system('touch CANARY')\n",
			"sys.py":                "import os\nos.system('touch CANARY')\n",
			"platform.py":           "import os\nos.system('touch CANARY')\n",
			"sysconfig.py":          "import os\nos.system('touch CANARY')\n",
			".vscode/settings.json": `{"python.defaultInterpreterPath":"./bin/python"}`,
		},
	},
	{
		name: "plugins of nested configurations", server: "oxlint", selector: "ts://a#f",
		covers: []string{"configurations in other folders", "variables such as NODE_OPTIONS"},
		env:    map[string]string{"NODE_OPTIONS": "--require DIR/evil.js"},
		files: map[string]string{
			".oxlintrc.json": `{"rules": {"no-debugger": "error"}}`, "a.js": "export function f() {}\n",
			"b/.oxlintrc.json": `{"jsPlugins": ["../evil.mjs"]}`, "b/b.js": "debugger;\n",
			".hidden/.oxlintrc.json": `{"jsPlugins": ["../evil.mjs"]}`, "c/oxlint.config.ts": "import '../evil.mjs';\n",
			"evil.js": evilNode, "evil.mjs": "import fs from 'node:fs';\nfs.writeFileSync('CANARY', '');\n",
			"bin/node": evil, "bin/oxlint": evil, "node_modules/.bin/oxlint": evil, "node_modules/.bin/tsgolint": evil,
			"node_modules/oxlint/bin/oxlint": "import '../../../evil.mjs';\n",
		},
	},
	{
		name: "plugins", server: "oxlint", selector: "ts://a#f", refused: ".oxlintrc.json",
		covers: []string{".oxlintrc.json, .oxlintrc.jsonc"},
		files: map[string]string{
			".oxlintrc.json": `{"jsPlugins": ["./evil.mjs"]}`, "a.js": "export function f() {}\n",
			"evil.mjs": "import fs from 'node:fs';\nfs.writeFileSync('CANARY', '');\n",
		},
	},
	{
		name: "code as configuration", server: "oxlint", selector: "ts://a#f", refused: "oxlint.config.ts",
		covers: []string{"oxlint.config.ts"},
		files: map[string]string{
			"oxlint.config.ts": "import fs from 'node:fs';\nfs.writeFileSync('CANARY', '');\nexport default {};\n",
			"a.js":             "export function f() {}\n",
		},
	},
	{
		name: "settings, programs", server: "biome", selector: "ts://a#f",
		covers: []string{"biome.json, biome.jsonc", "bin, node_modules/.bin"},
		env: map[string]string{
			"BIOME_BINARY": "DIR/bin/biome", "BIOME_CONFIG_PATH": "DIR/b", "BIOME_LOG_FILE": "DIR/log",
			"NODE_OPTIONS": "--require DIR/evil.js",
		},
		files: map[string]string{
			"biome.json": `{"extends": ["./b/biome.json", "evil"], ` +
				`"plugins": ["./evil.grit", "./evil.so", "./evil.js"], "vcs": {"enabled": true, "clientKind": "git", "useIgnoreFile": true}}`,
			"a.js": "export function f() {}\n", "b/biome.json": `{"root": false, "plugins": ["../evil.js"]}`,
			"evil.grit": "`f` where { register_diagnostic(span=$f, message=\"m\") }\n",
			"evil.so":   evil, "evil.js": evilNode,
			"node_modules/evil/package.json": `{"name": "evil", "exports": {"./biome": "./evil.js"}}`,
			"node_modules/evil/evil.js":      evilNode,
			"bin/biome":                      evil, "bin/git": evil, "node_modules/.bin/biome": evil,
			"node_modules/@biomejs/biome/bin/biome": evilNode, "node_modules/@biomejs/cli-linux-x64/biome": evil,
		},
	},
	{
		name: "a configuration that runs code, plugins, the program itself", server: "eslint", selector: "ts://a#f",
		refused: "eslint.config.js",
		covers:  []string{"eslint.config.js, .eslintrc.js"},
		files: map[string]string{
			"eslint.config.js": evilNode, ".eslintrc.js": evilNode, "evil.js": evilNode, "p/.eslintrc.cjs": evilNode,
			"package.json": `{"eslintConfig": {"parser": "./evil.js"}}`, "a.js": "export function f() {}\n",
			"node_modules/eslint/package.json":  `{"name": "eslint", "version": "9.0.0"}`,
			"node_modules/eslint/bin/eslint.js": evilNode, "node_modules/.bin/eslint": evil, "bin/eslint": evil,
			"bin/node": evil,
		},
	},
	{
		name: "code that older configurations name", server: "eslint", selector: "ts://a#f",
		refused: "p/.eslintrc.json",
		files: map[string]string{
			"p/.eslintrc.json": `{"parser": "./evil.js", "plugins": ["evil"]}`, "p/evil.js": evilNode,
			"a.js": "export function f() {}\n", "node_modules/eslint/package.json": `{"version": "8.0.0"}`,
			"node_modules/eslint/bin/eslint.js": evilNode, "node_modules/eslint-plugin-evil/index.js": evilNode,
		},
	},
	{
		name: "a plugin", server: "golangci-lint", selector: "go://ex.com/m#F", refused: ".golangci.yml",
		covers: []string{".golangci.yml, .golangci.yaml"},
		files: map[string]string{
			".golangci.yml": "version: \"2\"\nlinters: {enable: [x], settings: {custom: {x: {path: ./evil.so}}}}\n",
			"go.mod":        "module ex.com/m\n\ngo 1.21\n", "a.go": "package m\n\nfunc F() {}\n", "evil.so": evil,
		},
	},
	{
		name: "PATH entries, rules, generators, cgo flags", server: "golangci-lint", selector: "go://ex.com/m#F",
		covers: []string{
			"*.go (rules", "bin, node_modules/.bin", "*.go (#cgo", "*.go (go:generate)", "variables such as GOFLAGS",
		},
		env: map[string]string{
			"GOFLAGS": "-toolexec=DIR/bin/evil", "CC": "DIR/bin/gcc", "GOLANGCI_LINT_CACHE": "DIR/cache",
			"GOPACKAGESDRIVER": "DIR/bin/gopackagesdriver", "GOTOOLCHAIN": "auto",
		},
		files: map[string]string{
			".golangci.yml": "version: \"2\"\nlinters:\n  enable: [gocritic]\n  settings:\n    gocritic:\n" +
				"      enabled-checks: [ruleguard]\n      settings: {ruleguard: {rules: rules.go}}\n",
			"rules.go": "package gorules\n\nimport \"github.com/quasilyte/go-ruleguard/dsl\"\n\n" +
				"func r(m dsl.Matcher) {\n\tm.Match(`F()`).Where(m[\"x\"].Filter(f)).Report(`x`)\n}\n\n" +
				"func f(ctx *dsl.VarFilterContext) bool { os.WriteFile(\"CANARY\", nil, 0o600); return true }\n",
			"go.mod": "module ex.com/m\n\ngo 1.21\n", "go.env": "GOFLAGS=-toolexec=./bin/evil\n",
			"a.go": "package m\n\n//go:generate ./bin/evil\nfunc F() {}\n",
			"c/c.go": "package c\n\n// #cgo CFLAGS: -fplugin=./evil.so\n" +
				"// #cgo LDFLAGS: -Wl,-plugin=./evil.so\n// int f(void);\nimport \"C\"\n\nfunc F() { C.f() }\n",
			"bin/go": evil, "bin/golangci-lint": evil, "bin/gopackagesdriver": evil, "bin/gcc": evil, "bin/git": evil,
			"bin/evil": evil,
		},
	},
	{
		name: "another version of Go", server: "golangci-lint", selector: "go://ex.com/m#F",
		covers: []string{"go.mod, go.work"},
		files: map[string]string{
			".golangci.yml": "version: \"2\"\n",
			"go.mod":        "module ex.com/m\n\ngo 1.21\n\ntoolchain go1.99.9\n\ntool ex.com/m/cmd\n",
			"a.go":          "package m\n\nfunc F() {}\n", "cmd/main.go": "package main\n\nfunc main() {}\n",
			"bin/go1.99.9": evil, "go1.99.9": evil,
		},
	},
	{
		name: "settings, programs", server: "ruff", selector: "py://a#f",
		covers: []string{"*.py", "ruff.toml, .ruff.toml", "bin and other folders"},
		env:    map[string]string{"VIRTUAL_ENV": "DIR/.venv", "RUFF_CACHE_DIR": "DIR/c", "RUFF_OUTPUT_FILE": "DIR/o"},
		files: map[string]string{
			"a.py":     "import os\nos.system('touch CANARY')\ndef f(): pass\n",
			"conf.py":  "import os\nos.system('touch CANARY')\n",
			"bin/ruff": evil, "bin/python3": evil, ".venv/bin/ruff": evil, ".venv/bin/python": evil,
			"ruff.toml": "cache-dir = \"cache\"\nextend = \"base/ruff.toml\"\nsrc = [\"DIR/bin\"]\n",
			"base/ruff.toml": "cache-dir = \"DIR/cache\"\noutput-format = \"full\"\nfix = true\n" +
				"[lint]\nselect = [\"ALL\"]\nunsafe-fixes = true\n",
			".vscode/settings.json": `{"ruff.path":["DIR/bin/ruff"],"ruff.interpreter":["DIR/.venv/bin/python"]}`,
		},
	},
	{
		name:     "plugins, node_modules",
		server:   "typescript",
		selector: "ts://a#f",
		files:    hostileNode,
		covers:   []string{"*.js, package.json", "tsconfig.json", ".pnp.cjs"},
	},
	{
		name: "plugins, node_modules", server: "typescript-language-server", selector: "ts://a#f", files: hostileNode,
		covers: []string{
			"*.js, package.json",
			"tsconfig.json",
			"node_modules/typescript",
			".pnp.cjs",
		}, env: map[string]string{"NODE_OPTIONS": "--require DIR/.pnp.cjs"},
	},
	{
		name: "plugins, node_modules", server: "vue", selector: "ts://a#f", files: hostileVue,
		covers: []string{
			"*.js, package.json",
			"tsconfig.json (plugins)",
			"node_modules/typescript",
			".pnp.cjs",
		}, env: map[string]string{"NODE_OPTIONS": "--require DIR/.pnp.cjs"},
	},
	{
		name: "plugins, node_modules", server: "astro", selector: "ts://a#f", files: hostileAstro,
		covers: []string{
			"*.js, package.json",
			"tsconfig.json (plugins)",
			"node_modules/typescript",
			".pnp.cjs",
		}, env: map[string]string{"NODE_OPTIONS": "--require DIR/.pnp.cjs"},
	},
	{
		name: "plugins, node_modules", server: "typescript-svelte", selector: "ts://a#f", files: hostileSvelte,
		covers: []string{
			"*.js, package.json",
			"tsconfig.json (plugins)",
			"node_modules/typescript",
			".pnp.cjs",
			"node_modules/svelte",
		}, env: map[string]string{"NODE_OPTIONS": "--require DIR/.pnp.cjs"},
	},
	{
		name: "configurations, node_modules", server: "svelte", selector: "b.svelte@L2:C10", files: hostileSvelte,
		covers: []string{
			"svelte.config.*, vite.config.*",
			"node_modules (svelte, svelte-preprocess",
			"tsconfig.json (plugins)",
			".pnp.cjs",
		}, env: map[string]string{"NODE_OPTIONS": "--require DIR/.pnp.cjs"},
	},
	{
		name: "plugins of the compiler", server: "vue", selector: "ts://a#f", refused: "base.json",
		covers: []string{"tsconfig.json, and what it extends"},
		files: map[string]string{
			"tsconfig.json": `{"extends": "./base"}`, "base.json": `{"vueCompilerOptions": {"plugins": ["./evil.js"]}}`,
			"a.ts": "export function f() {}\n", "b.vue": "<template><p/></template>\n", "evil.js": evilNode,
		},
	},
	{
		name: "plugins of the compiler, of a package", server: "vue", selector: "a.ts@L2:C1",
		covers: []string{"node_modules (tsconfig.json of packages"},
		files: map[string]string{
			"tsconfig.json": "{}", "a.ts": "import { f } from 'evil'\nf()\n", "b.vue": "<template><p/></template>\n",
			"node_modules/evil/package.json": `{"name":"evil","version":"1.0.0","types":"index.d.ts"}`,
			"node_modules/evil/index.d.ts": "export declare function f(): void;\n" +
				"//# sourceMappingURL=index.d.ts.map\n",
			"node_modules/evil/index.d.ts.map": `{"version":3,"file":"index.d.ts","sourceRoot":"",` +
				`"sources":["src/index.ts"],"names":[],"mappings":"AAAA,wBAAgB,CAAC,IAAI,IAAI,CAAG"}`,
			"node_modules/evil/src/index.ts":  "export function f(): void {}\n",
			"node_modules/evil/tsconfig.json": `{"include":["src"],"vueCompilerOptions":{"plugins":["./evil.cjs"]}}`,
			"node_modules/evil/evil.cjs":      evilNode,
			".gitignore":                      "node_modules\n",
		},
	},
	{
		name: "compiler, plugins", server: "clangd", selector: "cpp://a.c#f",
		covers: []string{
			"compile_commands.json, compile_flags.txt",
			"compile_commands.json (the compiler)",
			".clangd (Index",
		},
		files: map[string]string{
			"a.c": "int f(void) { return 1; }\n",
			".clangd": "CompileFlags:\n  Compiler: ./bin/evil\n" +
				"  Add: [-fplugin=./evil.so, -Xclang, -load, -Xclang, ./evil.so, -mllvm, -load=./evil.so]\nIndex:\n" +
				"  External:\n    Server: 127.0.0.1:9\n    MountPoint: .\n",
			"bin/evil": evil, "bin/clangd-22": evil,
		},
		prepare: func(t *testing.T, dir, canary string) {
			src := fmt.Sprintf(
				"#include <stdlib.h>\n__attribute__((constructor)) static void f(void) { system(\"touch %s\"); }\n",
				canary,
			)
			build := exec.Command("gcc", "-shared", "-fPIC", "-x", "c", "-o", filepath.Join(dir, "evil.so"), "-")
			build.Stdin = strings.NewReader(src)
			if out, err := build.CombinedOutput(); err != nil {
				t.Fatalf("%v: %s", err, out)
			}
			db := fmt.Sprintf(
				`[{"directory":%q,"file":"a.c","arguments":["./bin/evil","-fplugin=%s/evil.so","-Xclang","-load","-Xclang","%s/evil.so","-mllvm","-load=%s/evil.so","-c","a.c"]}]`,
				dir,
				dir,
				dir,
				dir,
			)
			if err := os.WriteFile(filepath.Join(dir, "compile_commands.json"), []byte(db), 0o644); err != nil {
				t.Fatal(err)
			}
		},
	},
	{
		name: "a program that lists graphics processors", server: "clangd", selector: "cpp://a.c#f",
		refused: "compile_flags.txt",
		covers:  []string{"compile_commands.json, compile_flags.txt, .clangd (--amdgpu"},
		files: map[string]string{
			"a.c": "int f(void) { return 1; }\n", "bin/evil": evil, "bin/amdgpu-arch": evil, "bin/nvptx-arch": evil,
			"bin/offload-arch": evil,
			"compile_flags.txt": "-xhip\n--offload-arch=native\n-nogpulib\n-nogpuinc\n-BDIR/bin\n" +
				"--amdgpu-arch-tool=DIR/bin/evil\n--offload-arch-tool=DIR/bin/evil\n",
		},
	},
	{
		name: "a file of git's own as code", server: "clangd", selector: "cpp://a.c#f", refused: "b.h",
		covers: []string{"*.c, *.h and other sources"},
		files: map[string]string{
			"a.c": "#include \"b.h\"\nint f(void) { return 1; }\n",
			"b.h": "const char all[] = {\n#embed \".git/config\"\n};\n",
		},
	},
	{
		name: "programs of the repository around the workspace", server: "gopls", selector: "go://ex.com/m#F",
		below: "packages/m",
		files: map[string]string{
			".git/HEAD": "ref: refs/heads/main\n", ".git/objects/x": "", ".git/refs/x": "",
			"packages/m/go.mod": "module ex.com/m\n\ngo 1.21\n", "packages/m/a.go": "package m\n\nfunc F() {}\n",
			"bin/go": evil, "bin/gopls": evil, "bin/git": evil, "bin/gcc": evil, "bin/gopackagesdriver": evil,
			"node_modules/.bin/gopackagesdriver": evil,
		},
	},
	{
		name: "settings of the go command in a relative file", server: "gopls", selector: "go://ex.com/m#F",
		env: map[string]string{
			"GOENV": "go.env", "GOFLAGS": "'-toolexec=sh evil.sh'", "CC": "sh evil.sh", "CXX": "gcc -B.",
		},
		files: map[string]string{
			"go.mod": "module ex.com/m\n\ngo 1.21\n",
			"a.go":   "package m\n\n// int f(void);\nimport \"C\"\n\nfunc F() { C.f() }\n",
			"go.env": "GOFLAGS='-toolexec=sh DIR/evil.sh'\n", "evil.sh": evil, "cc1": evil, "as": evil,
		},
	},
	{
		name: "build scripts, macros, wrappers, toolchain", server: "rust-analyzer", selector: "rs://crate#f",
		covers: []string{
			".cargo/config.toml (rustc-wrapper",
			"rust-toolchain.toml",
			"build.rs",
			"procedural macros",
			"*.rs",
		},
		files: map[string]string{
			"Cargo.toml": "[package]\nname = \"m\"\nversion = \"0.1.0\"\nedition = \"2021\"\n" +
				"build = \"build.rs\"\n\n[dependencies]\nmacros = { path = \"macros\" }\n",
			"Cargo.lock": "version = 3\n\n[[package]]\nname = \"m\"\nversion = \"0.1.0\"\n" +
				"dependencies = [\"macros\"]\n\n[[package]]\nname = \"macros\"\nversion = \"0.1.0\"\n",
			"src/lib.rs": "macros::evil!();\npub fn f() {}\n",
			"build.rs":   "fn main() { std::process::Command::new(\"touch\").arg(\"CANARY\").status().unwrap(); }\n",
			"macros/Cargo.toml": "[package]\nname = \"macros\"\nversion = \"0.1.0\"\nedition = \"2021\"\n\n[lib]\n" +
				"proc-macro = true\n",
			"macros/src/lib.rs": "use proc_macro::TokenStream;\n#[proc_macro]\n" +
				"pub fn evil(_: TokenStream) -> TokenStream { " +
				"std::process::Command::new(\"touch\").arg(\"CANARY\").status().unwrap(); TokenStream::new() }\n",
			"bin/evil": evil, "bin/cargo": evil, "bin/rustc": evil, "tc/bin/cargo": evil, "tc/bin/rustc": evil,
			"tc/bin/rust-analyzer": evil,
			".cargo/config.toml": "[build]\nrustc-wrapper = \"./bin/evil\"\n" +
				"rustc-workspace-wrapper = \"./bin/evil\"\n[target.x86_64-unknown-linux-gnu]\n" +
				"runner = \"./bin/evil\"\nlinker = \"./bin/evil\"\n" +
				"[registry]\nglobal-credential-providers = [\"./bin/evil\"]\n[registries.x]\n" +
				"credential-provider = [\"./bin/evil\"]\nindex = \"sparse+https://127.0.0.1/\"\n",
			".vscode/settings.json": `{"rust-analyzer.server.path":"./bin/evil",` +
				`"rust-analyzer.check.overrideCommand":["./bin/evil"]}`,
		},
		env: map[string]string{"CARGO_HOME": "DIR/tc", "RUSTUP_HOME": "DIR/tc"},
		prepare: func(t *testing.T, dir, _ string) {
			toolchain := fmt.Sprintf("[toolchain]\npath = %q\n", filepath.Join(dir, "tc"))
			indextest.Write(t, dir, "rust-toolchain.toml", toolchain)
		},
	},
	{
		name: "flags and compilers of cargo", server: "rust-analyzer", selector: "rs://crate#f",
		refused: ".cargo/config.toml", covers: []string{".cargo/config.toml, .cargo/config"},
		files: map[string]string{
			"Cargo.toml": rustManifest, "src/lib.rs": "pub fn f() {}\n", "bin/evil": evil,
			".cargo/config.toml": "[build]\nrustc = \"./bin/evil\"\nrustflags = [\"-Zcodegen-backend=./evil.so\"]\n" +
				"[env]\nRUSTC_BOOTSTRAP = \"1\"\n",
		},
	},
	{
		name: "flags of profiles", server: "rust-analyzer", selector: "rs://crate#f",
		refused: "Cargo.toml", covers: []string{"Cargo.toml (profile.rustflags"},
		files: map[string]string{
			"Cargo.toml": "cargo-features = [\"profile-rustflags\"]\n\n" + rustManifest +
				"\n[profile.dev]\nrustflags = [\"-Zcodegen-backend=./evil.so\"]\n",
			"src/lib.rs": "pub fn f() {}\n",
		},
	},
	{
		name: "the toolchain of a project", server: "rust-analyzer", selector: "rs://*#f", refused: "rust-project.json",
		covers: []string{"rust-project.json"},
		files: map[string]string{
			"src/lib.rs": "pub fn f() {}\n", "tc/bin/cargo": evil, "tc/bin/rustc": evil,
			"rust-project.json": `{"sysroot":"tc","sysroot_src":"tc/lib",` +
				`"crates":[{"root_module":"src/lib.rs","edition":"2021","deps":[]}]}`,
		},
	},
	{
		name: "settings of the server", server: "rust-analyzer", selector: "rs://crate#f",
		refused: "rust-analyzer.toml", covers: []string{"rust-analyzer.toml"},
		files: map[string]string{
			"Cargo.toml": rustManifest, "src/lib.rs": "pub fn f() {}\n", "bin/evil": evil,
			"rust-analyzer.toml": "check.overrideCommand = [\"./bin/evil\"]\ncheckOnSave = true\n" +
				"cargo.buildScripts.enable = true\ncargo.buildScripts.overrideCommand = [\"./bin/evil\"]\n" +
				"rustfmt.overrideCommand = [\"./bin/evil\"]\nprocMacro.enable = true\n" +
				"procMacro.server = \"./bin/evil\"\n",
		},
	},
	{
		name: "configuration of the checker", server: "bash-language-server", selector: "sh://a#f",
		covers: []string{"*.sh", "bin and other", ".editorconfig"},
		files: map[string]string{
			"a.sh": "#!/bin/bash\nf() { :; }\nf\n", "bin/shellcheck": evil, "bin/bash": evil, "bin/node": evil,
			"node_modules/.bin/shellcheck": evil, "node_modules/.bin/bash-language-server": evil,
			".shellcheckrc": "external-sources=true\n", ".bash_profile": "touch CANARY\n", ".envrc": "touch CANARY\n",
		},
	},
	{
		name: "code, autoloaders, settings", server: "intelephense", selector: "a.php@L2:C10",
		covers: []string{"*.php", "composer.json", ".vscode/settings.json", "variables such as NODE_OPTIONS"},
		env:    map[string]string{"NODE_OPTIONS": "--require DIR/evil.js"},
		files: map[string]string{
			"a.php":         "<?php\nfunction f() { return new Loaded(); }\nexec('touch CANARY');\n",
			"composer.json": `{"autoload": {"files": ["evil.php"]}, "scripts": {"post-autoload-dump": "touch CANARY"}}`,
			"evil.php":      "<?php\ntouch('CANARY');\n", "vendor/autoload.php": "<?php\ntouch('CANARY');\n",
			"evil.js": evilNode, "bin/php": evil, "bin/composer": evil, "bin/node": evil,
			"php.ini": "extension=evil.so\n",
			"node_modules/intelephense/lib/intelephense.js": evilNode, ".user.ini": "auto_prepend_file=evil.php\n",
			".vscode/settings.json": `{"intelephense.environment.includePaths": ["/etc"], ` +
				`"intelephense.licenceKey": "./evil.php", "intelephense.runtime": "DIR/bin/node"}`,
		},
	},
	{
		name: "builds, projects and processors of Java", server: "jdtls", selector: "java://m#A.f",
		covers: []string{
			"pom.xml", "build.gradle", ".project", "META-INF/services",
			"variables such as JAVA_TOOL_OPTIONS",
		},
		env: map[string]string{
			"JAVA_TOOL_OPTIONS": "-XX:OnError=DIR/bin/evil -javaagent:DIR/evil.jar", "CLASSPATH": "DIR",
			"JDK_JAVA_OPTIONS": "@DIR/evil.args", "JAVA_HOME": "DIR", "MAVEN_OPTS": "-javaagent:DIR/evil.jar",
			"GRADLE_OPTS": "-javaagent:DIR/evil.jar",
		},
		files: map[string]string{
			"src/main/java/m/A.java": "package m;\n\npublic class A {\n\tvoid f() {\n\t\tf();\n\t}\n}\n",
			"pom.xml": "<project><modelVersion>4.0.0</modelVersion><groupId>m</groupId><artifactId>m</artifactId>" +
				"<version>1</version><build><extensions><extension>" +
				"<groupId>evil</groupId><artifactId>evil</artifactId>" +
				"<version>1</version></extension></extensions><plugins><plugin><groupId>org.codehaus.mojo</groupId>" +
				"<artifactId>exec-maven-plugin</artifactId><version>3.1.0</version><executions><execution>" +
				"<phase>generate-sources</phase><goals><goal>exec</goal></goals></execution></executions>" +
				"<configuration><executable>DIR/bin/evil</executable></configuration></plugin></plugins></build></project>",
			".mvn/extensions.xml": "<extensions><extension><groupId>evil</groupId><artifactId>evil</artifactId>" +
				"<version>1</version></extension></extensions>",
			".mvn/jvm.config":                       "-javaagent:DIR/evil.jar",
			".mvn/wrapper/maven-wrapper.properties": "distributionUrl=file:DIR/evil.jar",
			"mvnw":                                  evil, "gradlew": evil,
			"bin/java": evil, "bin/mvn": evil, "bin/gradle": evil, "bin/git": evil,
			"build.gradle":    "new File('CANARY').text = 'gradle'\n",
			"settings.gradle": "new File('CANARY').text = 'gradle'\n",
			"gradle/wrapper/gradle-wrapper.properties": "distributionUrl=file\\:DIR/evil.jar\n",
			".project": "<projectDescription><name>m</name><buildSpec><buildCommand>" +
				"<name>org.eclipse.ui.externaltools.ExternalToolBuilder</name><arguments><dictionary>" +
				"<key>LaunchConfigHandle</key><value>&lt;project&gt;/evil.launch</value></dictionary></arguments>" +
				"</buildCommand></buildSpec><natures><nature>org.eclipse.jdt.core.javanature</nature></natures>" +
				"<linkedResources><link><name>etc</name><type>2</type><location>/etc</location></link>" +
				"</linkedResources>" +
				"</projectDescription>",
			".classpath": "<classpath><classpathentry kind=\"src\" path=\"src/main/java\"/>" +
				"<classpathentry kind=\"lib\" path=\"evil.jar\"/><classpathentry kind=\"output\" path=\"bin\"/></classpath>",
			".factorypath": "<factorypath><factorypathentry kind=\"EXTJAR\" id=\"DIR/evil.jar\" enabled=\"true\" " +
				"runInBatchMode=\"true\"/></factorypath>",
			".settings/org.eclipse.jdt.apt.core.prefs": "org.eclipse.jdt.apt.aptEnabled=true\n",
			".settings/org.eclipse.jdt.core.prefs":     "org.eclipse.jdt.core.compiler.processAnnotations=enabled\n",
			"evil.launch": "<launchConfiguration type=" +
				"\"org.eclipse.ui.externaltools.ProgramBuilderLaunchConfigurationType\">" +
				"<stringAttribute key=\"org.eclipse.ui.externaltools.ATTR_LOCATION\" value=\"DIR/bin/evil\"/></launchConfiguration>",
			"META-INF/services/javax.annotation.processing.Processor":               "m.Evil\n",
			"src/main/java/META-INF/services/javax.annotation.processing.Processor": "m.Evil\n",
			"src/main/java/m/Evil.java": "package m;\n\nimport java.util.Set;\n" +
				"import javax.annotation.processing.*;\n" +
				"import javax.lang.model.element.TypeElement;\n\npublic class Evil extends AbstractProcessor {\n" +
				"\tstatic {\n\t\tnew java.io.File(\"CANARY\").mkdirs();\n\t}\n\n" +
				"\t@Override\n\tpublic boolean process(Set<? extends TypeElement> s, RoundEnvironment e) {\n" +
				"\t\treturn false;\n\t}\n}\n",
			".vscode/settings.json": `{"java.import.gradle.enabled": true, "java.import.maven.enabled": true, ` +
				`"java.jdt.ls.java.home": "DIR", "java.jdt.ls.vmargs": "-javaagent:DIR/evil.jar"}`,
			"evil.jar":  "PK\x05\x06" + strings.Repeat("\x00", 18),
			"evil.args": "-javaagent:DIR/evil.jar\n",
		},
	},
	{
		name: "tools", server: "cue", selector: "cue://a#f", covers: []string{"*_tool.cue", "cue.mod/module.cue"},
		files: map[string]string{
			"cue.mod/module.cue": "module: \"ex.com/m@v0\"\nlanguage: version: \"v0.9.0\"\n" +
				"deps: \"ex.com/x@v0\": v: \"v0.1.0\"\n",
			"a.cue": "package m\n\nf: 1\n",
			"a_tool.cue": "package m\n\nimport \"tool/exec\"\n\n" +
				"command: x: exec.Run & {cmd: \"touch CANARY\"}\n",
			"bin/cue": evil,
			"bin/git": evil,
		},
	},
	{
		name: "hooks, fsmonitor, filters, external diff of git", server: "gopls", selector: "go://ex.com/m#F",
		files: map[string]string{
			"go.mod":         "module ex.com/m\n\ngo 1.21\n",
			"a.go":           "package m\n\nfunc F() {}\n",
			"bin/evil":       evil,
			".gitattributes": "* filter=x diff=x\n",
		},
		prepare: func(t *testing.T, dir, _ string) {
			git := func(args ...string) {
				cmd := exec.Command(
					"git",
					append([]string{"-c", "user.name=t", "-c", "user.email=t@example.com", "-C", dir}, args...)...,
				)
				if out, err := cmd.CombinedOutput(); err != nil {
					t.Fatalf("git %v: %v: %s", args, err, out)
				}
			}
			git("init", "-q")
			git("add", "a.go", "go.mod")
			git("commit", "-qm", "x")
			program := filepath.Join(dir, "bin", "evil")
			for name, value := range map[string]string{
				"core.fsmonitor": program, "core.hooksPath": filepath.Join(dir, "bin"), "filter.x.clean": program,
				"filter.x.smudge": program, "filter.x.process": program,
				"diff.external": program, "diff.x.textconv": program, "diff.x.command": program, "core.pager": program,
				"core.sshCommand": program, "credential.helper": "!" + program, "gpg.program": program,
				"core.editor": program,
			} {
				git("config", name, value)
			}
			for _, hook := range []string{"post-index-change", "pre-commit", "post-checkout", "reference-transaction"} {
				if err := os.Symlink("evil", filepath.Join(dir, "bin", hook)); err != nil {
					t.Fatal(err)
				}
			}
			seed(t, filepath.Join(dir, "a.go"), "\n// changed\n")
		},
	},
}), dataHostiles...)

// inAllReleases returns the workspaces, those for typescript-language-server, vue and typescript-svelte also for the
// servers that are the same program around other releases of TypeScript, and those for pyright also for basedpyright.
func inAllReleases(all []hostile) []hostile {
	const name = "typescript-language-server"
	for _, h := range slices.Clone(all) {
		for _, s := range catalogue.Servers {
			isSame := h.server == name || h.server == "vue" || h.server == "typescript-svelte"
			isOther := s.Name != h.server && s.Install.Package == catalogue.Named(h.server).Install.Package
			if isSame && isOther || h.server == "pyright" && s.Name == "basedpyright" {
				other := h
				other.server = s.Name
				all = append(all, other)
			}
		}
	}
	return all
}

const rustManifest = "[package]\nname = \"m\"\nversion = \"0.1.0\"\nedition = \"2021\"\n"

var hostileNode = map[string]string{
	"tsconfig.json":              `{"compilerOptions":{"plugins":[{"name":"evil"},{"name":"./evil.js"}]}}`,
	"a.ts":                       "export function f() {}\n",
	"node_modules/evil/index.js": evilNode, "node_modules/evil/package.json": `{"name":"evil","main":"index.js"}`,
	"evil.js":                                   evilNode,
	"node_modules/typescript/package.json":      `{"name":"typescript","version":"5.9.3","main":"lib/typescript.js"}`,
	"node_modules/typescript/lib/tsserver.js":   evilNode,
	"node_modules/typescript/lib/typescript.js": evilNode, "node_modules/typescript/lib/tsc.js": evilNode,
	"node_modules/typescript/lib/_tsserver.js": evilNode,
	"node_modules/.bin/tsc":                    evil, "node_modules/.bin/tsserver": evil,
	"node_modules/.bin/typescript-language-server": evil, "bin/node": evil, "bin/npm": evil, "bin/tsc": evil,
	".pnp.cjs": evilNode, ".npmrc": "script-shell=./bin/evil\n",
	"package.json": `{"scripts":{"postinstall":"touch CANARY"},"packageManager":"npm@1.0.0"}`,
	".vscode/settings.json": `{"typescript.tsdk":"node_modules/typescript/lib",` +
		`"typescript.tsserver.pluginPaths":["./"]}`,
}

// hostileVue is hostileNode with a component, and with packages that Vue's plugin could look for.
var hostileVue = func() map[string]string {
	files := maps.Clone(hostileNode)
	files["b.vue"] = "<script setup lang=\"ts\">\nimport { f } from './a'\nf()\n</script>\n"
	for _, pkg := range []string{"vue", "@vue/typescript-plugin", "@vue/language-core", "@vue/language-plugin-pug"} {
		files["node_modules/"+pkg+"/index.js"] = evilNode
		files["node_modules/"+pkg+"/package.json"] = `{"name":"` + pkg + `","version":"3.5.13","main":"index.js"}`
	}
	return files
}()

// hostileAstro is hostileNode with a component, with packages that Astro's plugin could look for, and with code that
// Astro itself runs.
var hostileAstro = func() map[string]string {
	files := maps.Clone(hostileNode)
	files["b.astro"] = "---\nimport { f } from './a'\nf()\n---\n"
	files["astro.config.mjs"] = "import { execSync } from 'node:child_process'\nexecSync('touch CANARY')\n"
	for _, pkg := range []string{"astro", "@astrojs/ts-plugin", "@astrojs/compiler"} {
		files["node_modules/"+pkg+"/index.js"] = evilNode
		files["node_modules/"+pkg+"/package.json"] = `{"name":"` + pkg + `","version":"5.0.0","main":"index.js"}`
	}
	return files
}()

// hostileSvelte is hostileNode with a component, with packages that Svelte's servers could look for, and with the
// configurations that they know.
var hostileSvelte = func() map[string]string {
	files := maps.Clone(hostileNode)
	files["b.svelte"] = "<script lang=\"ts\">\nimport { f } from './a'\nf()\n</script>\n" +
		"<style lang=\"scss\">a{b{c:d}}</style>\n"
	for _, name := range []string{
		"svelte.config.js", "svelte.config.mjs", "svelte.config.cjs", "svelte.config.ts", "vite.config.js",
		"vite.config.ts", "vite.config.mjs", "web/svelte.config.js",
	} {
		files[name] = "import { execSync } from 'node:child_process'\nexecSync('touch CANARY')\nexport default {}\n"
	}
	files["svelte.config.cjs"], files["web/b.svelte"] = evilNode, files["b.svelte"]
	for _, pkg := range []string{
		"svelte", "svelte-preprocess", "prettier", "vite", "svelte2tsx", "typescript-svelte-plugin",
		"@sveltejs/load-config", "@sveltejs/vite-plugin-svelte",
	} {
		for _, name := range []string{"index.js", "compiler.js", "compiler.cjs", "compiler/index.js"} {
			files["node_modules/"+pkg+"/"+name] = evilNode
		}
		files["node_modules/"+pkg+"/package.json"] = `{"name":"` + pkg + `","version":"5.0.0","main":"index.js"}`
	}
	return files
}()

const evilNode = "require('child_process').execSync('touch CANARY');\n"

// trial is a hostile workspace on disk, with the environment that it wants.
type trial struct {
	hostile

	dir, canary string
	env         []string
}

// lay makes the workspace of a trial.
func (h hostile) lay(t *testing.T) trial {
	t.Helper()
	canary := filepath.Join(indextest.Files(t, nil), "canary")
	dir := indextest.Files(t, nil)
	for name, content := range h.files {
		mode := os.FileMode(0o644)
		if strings.HasPrefix(content, "#!") {
			mode = 0o755
		}
		file := filepath.Join(dir, filepath.FromSlash(name))
		content = strings.NewReplacer("CANARY", canary, "DIR", dir).Replace(content)
		if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file, []byte(content), mode); err != nil {
			t.Fatal(err)
		}
	}
	if h.prepare != nil {
		h.prepare(t, dir, canary)
	}
	folders := []string{
		filepath.Join(dir, "bin"), "bin", "node_modules/.bin", filepath.Join(dir, "node_modules", ".bin"),
		os.Getenv("PATH"),
	}
	env := []string{"PATH=" + strings.Join(folders, ":")}
	for name, value := range h.env {
		env = append(env, name+"="+strings.ReplaceAll(value, "DIR", dir))
	}
	return trial{hostile: h, dir: dir, canary: canary, env: env}
}

// askVar names the trial that a process of [trial.run] asks about.
const askVar = "LANSER_TEST_HOSTILE"

// run puts the questions of the trial to its server, in a process of its own: that runs in the folder of the workspace
// and has the environment of the trial, and others run at the same time. The process is started by the command before.
func (r trial) run(t *testing.T, sandbox string, before ...string) {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	argv := slices.Concat(before, []string{self, "-test.run=^TestAskedInAHostileWorkspace$", "-test.timeout=4m"})
	cmd := exec.Command(argv[0], argv[1:]...)
	cmd.Dir = r.dir
	cmd.Env = slices.Concat(os.Environ(), r.env, []string{
		"GORACE=atexit_sleep_ms=10", // a second for each process otherwise
		askVar + "=" + strings.Join([]string{r.server + ": " + r.name, r.dir, sandbox}, "\n"),
	})
	out, err := cmd.CombinedOutput()
	if err != nil || !strings.Contains(string(out), askedLine) {
		t.Errorf("%v: %s", err, out)
	}
}

// askedLine is printed by a process of [trial.run] that has put all its questions.
const askedLine = "every question was put"

// TestAskedInAHostileWorkspace is not a test of its own, but the process that [trial.run] starts.
func TestAskedInAHostileWorkspace(t *testing.T) {
	name, rest, ok := strings.Cut(os.Getenv(askVar), "\n")
	if !ok {
		t.Skip("it is run by TestWhatServersDoIsAudited and TestNothingOfTheWorkspaceRuns")
	}
	dir, sandbox, _ := strings.Cut(rest, "\n")
	for _, h := range hostiles {
		if h.server+": "+h.name == name {
			h.ask(t, dir, sandbox)
			fmt.Println(askedLine)
		}
	}
}

// ask puts questions to the server of a trial.
func (h hostile) ask(t *testing.T, dir, sandbox string) {
	t.Helper()
	e, err := server.New(server.Config{Root: filepath.Join(dir, filepath.FromSlash(h.below)), Sandbox: sandbox})
	if err != nil {
		t.Fatal(err)
	}
	defer e.Close()
	options := api.Options{Server: h.server, Timeout: api.Duration(time.Minute)}
	for _, q := range []api.Request{
		{Op: "refs", Selector: selector(h.selector), Options: options},
		{Op: "hover", Selector: selector(h.selector), Options: options},
		{Op: "diag", Options: options},
	} {
		if catalogue.Named(h.server).IsCommand() {
			q.Op, q.Selector = "diag", nil // it answers no other question
		}
		b, err := e.Do(context.Background(), q)
		refused := fault.Is(err, fault.Permissions) && strings.Contains(err.Error(), h.refused) &&
			strings.Contains(err.Error(), "--trust")
		isOwed := q.Op != "diag" || catalogue.Named(h.server).IsCommand()
		if h.refused != "" && !refused && isOwed {
			t.Errorf("%s: the server was started in spite of %s: %v", q.Op, h.refused, err)
		} else if h.refused == "" && err != nil && b.Evidence.State == "not_ready" {
			t.Errorf("%s: %v", q.Op, err)
		}
	}
}

// Nothing that is in a repository runs, even without the sandbox, which would limit the harm.
func TestNothingOfTheWorkspaceRuns(t *testing.T) {
	t.Parallel()
	indextest.Needs(t, "every language server")
	for _, h := range hostiles {
		t.Run(h.server+": "+h.name, func(t *testing.T) {
			t.Parallel()
			trial := h.lay(t)
			trial.run(t, "off")
			if ran, err := os.ReadFile(trial.canary); err == nil {
				t.Error("something of the workspace was run: " + string(ran))
			}
		})
	}
}

// A hostile workspace tries each danger that the description of a tested server names.
func TestEveryDangerIsTried(t *testing.T) {
	for _, s := range catalogue.Servers {
		for _, d := range s.Dangers {
			if !slices.ContainsFunc(hostiles, func(h hostile) bool {
				return h.server == s.Name &&
					slices.ContainsFunc(h.covers, func(c string) bool { return strings.HasPrefix(d.Files, c) })
			}) {
				t.Errorf("%s: no workspace tries %s", s.Name, d.Files)
			}
		}
	}
}

// Only if the user trusts the workspace, build scripts and the interpreter of a virtual environment run, in the
// sandbox. Packages of an environment are read without trust too.
func TestProgramsOfATrustedWorkspaceRun(t *testing.T) {
	t.Parallel()
	indextest.Needs(t, "the server pyright")
	for _, trust := range []bool{false, true} {
		dir := indextest.Files(t, map[string]string{
			"Cargo.toml": "[package]\nname = \"m\"\nversion = \"0.1.0\"\nedition = \"2021\"\nbuild = \"build.rs\"\n",
			"Cargo.lock": "version = 3\n\n[[package]]\nname = \"m\"\nversion = \"0.1.0\"\n",
			"build.rs":   "fn main() { println!(\"cargo:rustc-cfg=built\"); }\n",
			"src/lib.rs": "#[cfg(built)]\npub fn f() {}\n",
			"a.py":       "import onlyhere\nonlyhere.f()\n",
			".venv/lib/python3.11/site-packages/onlyhere.py": "def f(): pass\n",
		})
		python, err := exec.LookPath("python3")
		if err != nil {
			t.Fatal(err)
		}
		out, err := exec.Command(python, "-m", "venv", "--without-pip", filepath.Join(dir, ".venv")).CombinedOutput()
		if err != nil {
			t.Fatalf("%v: %s", err, out)
		}
		const printSite = "import sysconfig; print(sysconfig.get_path('purelib'), end='')"
		site, err := exec.Command(filepath.Join(dir, ".venv", "bin", "python"), "-c", printSite).Output()
		if err != nil {
			t.Fatal(err)
		}
		indextest.Write(t, string(site), "onlyhere.py", "def f(): pass\n")
		indextest.FailIfChanged(t, dir)
		e, err := server.New(server.Config{Root: dir, Trust: trust})
		if err != nil {
			t.Fatal(err)
		}
		b, err := e.Do(context.Background(), api.Request{Op: "diag", Paths: []string{"src/lib.rs"}})
		inactive := b.Facts != nil &&
			slices.ContainsFunc(
				b.Facts.Diagnostics,
				func(d bundle.Diagnostic) bool { return d.Code == "inactive-code" },
			)
		if err != nil || inactive == trust {
			t.Errorf(
				"trust %v: code that the build script switches on is inactive: %v, %v %v",
				trust,
				inactive,
				err,
				b.Evidence,
			)
		}
		b, err = e.Do(context.Background(), api.Request{Op: "diag", Paths: []string{"a.py"}})
		why := "packages are those of .venv, whose python is not run without --trust"
		if trust {
			why = "packages are those of .venv"
		}
		if err != nil || len(b.Facts.Diagnostics) > 0 || !slices.Contains(b.Evidence.Reasons, why) {
			t.Errorf("trust %v: an import from the virtual environment: %v %v %v", trust, err, b.Facts, b.Evidence)
		}
		e.Close()
	}
}
