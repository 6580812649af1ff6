package catalogue

import (
	"strings"
	"testing"

	"lanser/server/project"
	"lanser/server/project/projecttest"
)

// A workspace's own files, what build tools print about them, and the words that servers copy from them into
// messages are all written by strangers. The targets below give each reader of them bytes of any kind: it
// returns, without a panic, and what it returns stays within the bytes that it was given.

// Any manifests and messages give a dependency with a line of its manifest, or none.
func FuzzDependencies(f *testing.F) {
	for _, seed := range [][2]string{
		{`{"workspaces":["packages/*"],"devDependencies":{"react":"18"}}`, "Cannot find module 'react'"},
		{
			"[project]\ndependencies = ['Some_Lib >=1']\n[dependency-groups]\ndev = [{include-group = 'x'}]\n",
			`Import "some_lib" could not be resolved`,
		},
		{"sphinxlib==1 # comment\n-r other.txt\n-e .\n", `Import "sphinxlib.a" could not be resolved`},
		{
			"module m\n\nrequire example.org/A/b v1.2.3\nreplace a => ../b\n",
			"could not import example.org/A/b/x (no required module)",
		},
		{"setup(install_requires=['deeplib'])\n", `Import "deeplib" could not be resolved`},
		{
			"[package]\nname = 'a'\n[dependencies]\nserde = '1'\n[workspace]\nmembers = ['*']\n",
			"unresolved import `serde`",
		},
		{"packages:\n  - 'packages/*'\n", "Cannot find module '@x/a/b'"},
		{"#include <zlib.h>\n#include \"b.h\"\n", "'zlib.h' file not found"},
		{`{"extends":["./tsconfig.json"],"references":[{"path":".."}],"files":["src/a.ts"]}`, "File '' not found"},
		{`{"include":["**/*"],"exclude":["["],"ignore":[1]}`, ""},
	} {
		for n := range uint8(10) {
			f.Add([]byte(seed[0]), seed[1], n)
		}
	}
	var codes []string
	for _, srv := range Servers {
		codes = append(codes, srv.Follows...)
	}
	codes = append(codes, "BrokenImport", "reportMissingImports", "reportMissingModuleSource", "2307", "7016", "2688",
		"pp_file_not_found", "unresolved-import", "E0432", "E0463", "")
	f.Fuzz(func(t *testing.T, raw []byte, message string, drawn uint8) {
		v := projecttest.WorkspaceOf(raw)
		srv, p := projecttest.Draw(Servers, drawn), projecttest.Draw(projecttest.Sources, drawn)
		code := projecttest.Draw(codes, drawn)
		srv.Standings(v)(p)
		srv.Imports(v, p)
		d := srv.Dependency(v, p, code, message)
		if d != nil && (d.Line < 0 || d.Line > strings.Count(string(raw), "\n")) {
			t.Errorf("%s: line %d of %q", srv.Name, d.Line, raw)
		}
		srv.ProjectsOf(v, projecttest.Sources)
		srv.extendedFiles(v)
		srv.Pinned(v)
		if affects := srv.Dependents(v, v, projecttest.Sources[:1]); affects != nil {
			affects(p)
		}
		project.NotOwnCode(v)(p)
	})
}

// Any configuration is either accepted or refused.
func FuzzDangers(f *testing.F) {
	for _, s := range []string{
		"[build]\nrustflags = ['-Zcodegen-backend=x']\n[env]\nRUSTC_BOOTSTRAP = '1'\n", `{"sysroot":"x","crates":[]}`,
		"[target.'cfg(all())']\nrunner = [['a']]\n", "a.b.c.d = 1\n" + strings.Repeat("[a.", 300),
		`[{"directory":"/","command":"cc -B. @file --config=x","file":"a.c"}]`,
		"CompileFlags:\n  Add: [-fplugin=x]\n---\n",
		"-fplugin=x\n", "-> /etc/passwd", "export default {}", "If:\n  PathMatch: .*\nCompileFlags: {Compiler: ./cc}\n",
	} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(_ *testing.T, raw []byte) {
		disk := memory{}
		for _, p := range append([]string{
			".cargo/config.toml", ".cargo/config", "../.cargo/config.toml", "rust-project.json", ".rust-project.json",
			"rust-analyzer.toml", "rust-toolchain.toml", "rust-toolchain", ".clangd", ".clang-tidy", "../.clangd",
			"svelte.config.js", ".luarc.json", "node_modules/typescript", ".vscode/settings.json",
		}, projecttest.Manifests...) {
			disk[p] = string(raw)
		}
		for _, srv := range Servers {
			srv.Refuses(disk)
			srv.Elsewhere(disk)
		}
	})
}

// Any output of a build tool or a compiler is decoded or an error.
func FuzzBuildTools(f *testing.F) {
	for _, s := range []string{
		`{"packages":[{"id":"a","targets":[{"kind":["lib"],"src_path":"/nowhere/a.rs"}]}],"workspace_members":["a"],` +
			`"resolve":{"nodes":[{"id":"a","deps":[{"pkg":"a"}]}]}}`,
		`{"reason":"compiler-message","message":{"message":"m","level":"error","spans":[{"line_start":0,"column_end":-1}]}}`,
		"src/a.ts(1,2): error TS2307: Cannot find module\n", `[{"file":"a","line":-1}]`, "{", "null\nnull\n",
	} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(_ *testing.T, raw []byte) {
		for _, srv := range Servers {
			if c := srv.BuildCheck; c != nil {
				_, _ = c.ReadDescription(raw)
				_, _ = c.Read(raw)
				c.Stale(raw)
				c.NotFetchedPhrase(string(raw))
			}
			if c := srv.ProjectCheck; c != nil {
				c.Read(raw)
				c.Members(raw)
			}
		}
	})
}
