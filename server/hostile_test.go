package server_test

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"lanser/index/corpus"
	"lanser/server"
	"lanser/server/bundle"
)

// hostile is a workspace that wants something of its own to be run: the files, with
// CANARY for a program's text that betrays it.
type hostile struct {
	name, server, selector string
	files                  map[string]string
	prepare                func(t *testing.T, dir, canary string)
}

const evil = "#!/bin/sh\ntouch CANARY\n"

var hostiles = []hostile{
	{
		name: "PATH entries, go.env, generators, cgo flags", server: "gopls", selector: "go://ex.com/m#F",
		files: map[string]string{
			"go.mod": "module ex.com/m\n\ngo 1.21\n", "go.env": "GOFLAGS=-toolexec=./bin/evil\n", ".env": "GOFLAGS=-toolexec=./bin/evil\n",
			"a.go":   "package m\n\n//go:generate ./bin/evil\n\n// #cgo CFLAGS: -fplugin=./evil.so\n// #cgo LDFLAGS: -Wl,-plugin=./evil.so\n// int f(void);\nimport \"C\"\n\nfunc F() { C.f() }\n",
			"bin/go": evil, "bin/gopls": evil, "bin/gopackagesdriver": evil, "bin/gcc": evil, "bin/git": evil, "bin/evil": evil,
		},
	},
	{
		name: "virtual environment, modules named like the library's", server: "pyright", selector: "py://a#f",
		files: map[string]string{
			"a.py": "def f(): pass\n", "pyrightconfig.json": `{"venvPath":".","venv":".venv"}`, "bin/python": evil, "bin/python3": evil, "bin/node": evil, "bin/pyright-langserver": evil,
			".venv/bin/python": evil, ".venv/bin/python3": evil, ".venv/pyvenv.cfg": "home = ./bin\n", ".venv/lib/python3.11/site-packages/x.pth": "import os; os.system('touch CANARY')\n",
			"json.py": "import os\nos.system('touch CANARY')\n", "sitecustomize.py": "import os\nos.system('touch CANARY')\n", "usercustomize.py": "import os\nos.system('touch CANARY')\n",
			"sys.py": "import os\nos.system('touch CANARY')\n", "platform.py": "import os\nos.system('touch CANARY')\n", "sysconfig.py": "import os\nos.system('touch CANARY')\n",
			".vscode/settings.json": `{"python.defaultInterpreterPath":"./bin/python"}`,
		},
	},
	{name: "plugins, node_modules", server: "typescript", selector: "ts://a#f", files: hostileNode},
	{name: "plugins, node_modules", server: "typescript-language-server", selector: "ts://a#f", files: hostileNode},
	{
		name: "compiler, plugins", server: "clangd", selector: "cpp://a.c#f",
		files: map[string]string{
			"a.c": "int f(void) { return 1; }\n", ".clangd": "CompileFlags:\n  Compiler: ./bin/evil\n  Add: [-fplugin=./evil.so, -Xclang, -load, -Xclang, ./evil.so]\n", "bin/evil": evil, "bin/clangd-22": evil,
		},
		prepare: func(t *testing.T, dir, canary string) {
			src := fmt.Sprintf("#include <stdlib.h>\n__attribute__((constructor)) static void f(void) { system(\"touch %s\"); }\n", canary)
			build := exec.Command("gcc", "-shared", "-fPIC", "-x", "c", "-o", filepath.Join(dir, "evil.so"), "-")
			build.Stdin = strings.NewReader(src)
			if out, err := build.CombinedOutput(); err != nil {
				t.Fatalf("%v: %s", err, out)
			}
			db := fmt.Sprintf(`[{"directory":%q,"file":"a.c","arguments":["./bin/evil","-fplugin=%s/evil.so","-Xclang","-load","-Xclang","%s/evil.so","-c","a.c"]}]`, dir, dir, dir)
			if err := os.WriteFile(filepath.Join(dir, "compile_commands.json"), []byte(db), 0o644); err != nil {
				t.Fatal(err)
			}
		},
	},
	{
		name: "build scripts, macros, wrappers, toolchain", server: "rust-analyzer", selector: "rs://crate#f",
		files: map[string]string{
			"Cargo.toml":   "[package]\nname = \"m\"\nversion = \"0.1.0\"\nedition = \"2021\"\nbuild = \"build.rs\"\n",
			"src/lib.rs":   "pub fn f() {}\n",
			"build.rs":     "fn main() { std::process::Command::new(\"touch\").arg(\"CANARY\").status().unwrap(); }\n",
			"bin/evil":     evil,
			"bin/cargo":    evil,
			"bin/rustc":    evil,
			"tc/bin/cargo": evil, "tc/bin/rustc": evil, "tc/bin/rust-analyzer": evil,
			".cargo/config.toml":    "[build]\nrustc = \"./bin/evil\"\nrustc-wrapper = \"./bin/evil\"\nrustc-workspace-wrapper = \"./bin/evil\"\n[target.x86_64-unknown-linux-gnu]\nrunner = \"./bin/evil\"\nlinker = \"./bin/evil\"\n",
			"rust-analyzer.toml":    "check.overrideCommand = [\"./bin/evil\"]\ncheckOnSave = true\ncargo.buildScripts.enable = true\ncargo.buildScripts.overrideCommand = [\"./bin/evil\"]\nrustfmt.overrideCommand = [\"./bin/evil\"]\nprocMacro.enable = true\nprocMacro.server = \"./bin/evil\"\n",
			".vscode/settings.json": `{"rust-analyzer.server.path":"./bin/evil","rust-analyzer.check.overrideCommand":["./bin/evil"]}`,
		},
		prepare: func(t *testing.T, dir, _ string) {
			if err := os.WriteFile(filepath.Join(dir, "rust-toolchain.toml"), fmt.Appendf(nil, "[toolchain]\npath = %q\n", filepath.Join(dir, "tc")), 0o644); err != nil {
				t.Fatal(err)
			}
		},
	},
	{
		name: "configuration of the checker", server: "bash-language-server", selector: "sh://a#f",
		files: map[string]string{
			"a.sh": "#!/bin/bash\nf() { :; }\nf\n", "bin/shellcheck": evil, "bin/bash": evil, "bin/node": evil, "node_modules/.bin/shellcheck": evil, "node_modules/.bin/bash-language-server": evil,
			".shellcheckrc": "external-sources=true\n", ".bash_profile": "touch CANARY\n", ".envrc": "touch CANARY\n",
		},
	},
	{
		name: "tools", server: "cue", selector: "cue://a#f",
		files: map[string]string{"a.cue": "package m\n\nf: 1\n", "a_tool.cue": "package m\n\nimport \"tool/exec\"\n\ncommand: x: exec.Run & {cmd: \"touch CANARY\"}\n", "bin/cue": evil, "bin/git": evil},
	},
	{
		name: "hooks, fsmonitor, filters, external diff of git", server: "gopls", selector: "go://ex.com/m#F",
		files: map[string]string{"go.mod": "module ex.com/m\n\ngo 1.21\n", "a.go": "package m\n\nfunc F() {}\n", "bin/evil": evil, ".gitattributes": "* filter=x diff=x\n"},
		prepare: func(t *testing.T, dir, _ string) {
			git := func(args ...string) {
				cmd := exec.Command("git", append([]string{"-c", "user.name=t", "-c", "user.email=t@example.com", "-C", dir}, args...)...)
				if out, err := cmd.CombinedOutput(); err != nil {
					t.Fatalf("git %v: %v: %s", args, err, out)
				}
			}
			git("init", "-q")
			git("add", "a.go", "go.mod")
			git("commit", "-qm", "x")
			program := filepath.Join(dir, "bin", "evil")
			for name, value := range map[string]string{
				"core.fsmonitor": program, "core.hooksPath": filepath.Join(dir, "bin"), "filter.x.clean": program, "filter.x.smudge": program, "filter.x.process": program,
				"diff.external": program, "diff.x.textconv": program, "diff.x.command": program, "core.pager": program, "core.sshCommand": program, "credential.helper": "!" + program, "gpg.program": program, "core.editor": program,
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
}

var hostileNode = map[string]string{
	"tsconfig.json": `{"compilerOptions":{"plugins":[{"name":"evil"},{"name":"./evil.js"}]}}`, "a.ts": "export function f() {}\n",
	"node_modules/evil/index.js": evilNode, "node_modules/evil/package.json": `{"name":"evil","main":"index.js"}`, "evil.js": evilNode,
	"node_modules/typescript/package.json": `{"name":"typescript","version":"5.9.3","main":"lib/typescript.js"}`, "node_modules/typescript/lib/tsserver.js": evilNode,
	"node_modules/typescript/lib/typescript.js": evilNode, "node_modules/typescript/lib/tsc.js": evilNode, "node_modules/typescript/lib/_tsserver.js": evilNode,
	"node_modules/.bin/tsc": evil, "node_modules/.bin/tsserver": evil, "node_modules/.bin/typescript-language-server": evil, "bin/node": evil, "bin/npm": evil, "bin/tsc": evil,
	".pnp.cjs": evilNode, ".npmrc": "script-shell=./bin/evil\n", "package.json": `{"scripts":{"postinstall":"touch CANARY"},"packageManager":"npm@1.0.0"}`,
	".vscode/settings.json": `{"typescript.tsdk":"node_modules/typescript/lib","typescript.tsserver.pluginPaths":["./"]}`,
}

const evilNode = "require('child_process').execSync('touch CANARY');\n"

// Nothing that a repository brings along is run, whatever it asks for: not even
// where the sandbox, which would keep the harm small, is switched off.
func TestNothingOfTheWorkspaceIsRun(t *testing.T) {
	for _, h := range hostiles {
		t.Run(h.server+": "+h.name, func(t *testing.T) {
			canary := filepath.Join(corpus.Files(t, nil), "canary")
			files := map[string]string{}
			for name, content := range h.files {
				files[name] = strings.ReplaceAll(content, "CANARY", canary)
			}
			dir := corpus.Files(t, files)
			for name, content := range files {
				if strings.HasPrefix(content, "#!") {
					if err := os.Chmod(filepath.Join(dir, name), 0o755); err != nil {
						t.Fatal(err)
					}
				}
			}
			if h.prepare != nil {
				h.prepare(t, dir, canary)
			}
			t.Setenv("PATH", strings.Join([]string{filepath.Join(dir, "bin"), "bin", "node_modules/.bin", filepath.Join(dir, "node_modules", ".bin"), os.Getenv("PATH")}, ":"))
			e, err := server.New(server.Config{Root: dir, Sandbox: "off"})
			if err != nil {
				t.Fatal(err)
			}
			options := server.Options{Server: h.server, Timeout: server.Duration(20 * time.Second)}
			for _, q := range []server.Request{
				{Op: "refs", Selector: selector(h.selector), Options: options}, {Op: "hover", Selector: selector(h.selector), Options: options}, {Op: "diag", Options: options},
			} {
				if b, err := e.Do(context.Background(), q); err != nil && b.Evidence.State == "not_ready" {
					t.Errorf("%s: %v", q.Op, err)
				}
			}
			e.Close()
			if _, err := os.Stat(canary); err == nil {
				t.Error("something of the workspace was run")
			}
		})
	}
}

// With the user's trust, and only then, build scripts run and a virtual environment
// is used, in the sandbox all the same.
func TestWhatATrustedWorkspaceBringsIsRun(t *testing.T) {
	for _, trust := range []bool{false, true} {
		dir := corpus.Files(t, map[string]string{
			"Cargo.toml": "[package]\nname = \"m\"\nversion = \"0.1.0\"\nedition = \"2021\"\nbuild = \"build.rs\"\n", "Cargo.lock": "version = 3\n\n[[package]]\nname = \"m\"\nversion = \"0.1.0\"\n",
			"build.rs": "fn main() { println!(\"cargo:rustc-cfg=built\"); }\n", "src/lib.rs": "#[cfg(built)]\npub fn f() {}\n",
			"a.py": "import onlyhere\nonlyhere.f()\n",
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
		site, err := exec.Command(filepath.Join(dir, ".venv", "bin", "python"), "-c", "import sysconfig; print(sysconfig.get_path('purelib'), end='')").Output()
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(string(site), "onlyhere.py"), []byte("def f(): pass\n"), 0o644); err != nil {
			t.Fatal(err)
		}
		corpus.Frozen(t, dir)
		e, err := server.New(server.Config{Root: dir, Trust: trust})
		if err != nil {
			t.Fatal(err)
		}
		b, err := e.Do(context.Background(), server.Request{Op: "diag", Paths: []string{"src/lib.rs"}})
		inactive := b.Facts != nil && slices.ContainsFunc(b.Facts.Diagnostics, func(d bundle.Diagnostic) bool { return d.Code == "inactive-code" })
		if err != nil || inactive == trust {
			t.Errorf("trust %v: code that the build script switches on is inactive: %v, %v %v", trust, inactive, err, b.Evidence)
		}
		b, err = e.Do(context.Background(), server.Request{Op: "diag", Paths: []string{"a.py"}})
		if err != nil || (len(b.Facts.Diagnostics) == 0) != trust {
			t.Errorf("trust %v: an import from the virtual environment: %v %v", trust, err, b.Facts)
		}
		e.Close()
	}
}
