package catalogue

import (
	"path"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"lanser/selectors"
	"lanser/selectors/text"
)

// A workspace's own files, what build tools print about them, and the words that servers copy from them into
// messages are all written by strangers. The targets below give each reader of them bytes of any kind: it
// returns, without a panic, and what it returns stays within the bytes that it was given.

// manifests are the files from which dependencies, projects and coverage are read.
var manifests = []string{
	"package.json", "packages/a/package.json", "pnpm-workspace.yaml", "pnpm-lock.yaml", "tsconfig.json",
	"packages/a/tsconfig.json", "pyproject.toml", "requirements.txt", "requirements/dev.txt", "setup.py", "setup.cfg",
	"Pipfile", "uv.lock", "pyrightconfig.json", "go.mod", "go.work", "sub/go.mod", "Cargo.toml", "Cargo.lock",
	"a/Cargo.toml", "compile_commands.json", "build/compile_commands.json", "compile_flags.txt",
}

// sources are files of each language that is tested.
var sources = []string{
	"a.go",
	"sub/b.go",
	"a.py",
	"src/lib/b.py",
	"src/a.ts",
	"packages/a/c.vue",
	"a.c",
	"b.h",
	"a/src/lib.rs",
	"a.sh",
}

// otherFiles are files that no server of the tested languages reads.
var otherFiles = []string{"a.vue", "Makefile", "a.s", "README.md", "a.ipynb", "a.sql", "a.yaml"}

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
		v := workspaceOf(raw)
		srv, p, code := draw(Servers, drawn), draw(sources, drawn), draw(codes, drawn)
		srv.Standings(v)(p)
		srv.Imports(v, p)
		d := srv.Dependency(v, p, code, message)
		if d != nil && (d.Line < 0 || d.Line > strings.Count(string(raw), "\n")) {
			t.Errorf("%s: line %d of %q", srv.Name, d.Line, raw)
		}
		srv.ProjectsOf(v, sources)
		srv.extendedFiles(v)
		srv.Pinned(v)
		if affects := srv.Dependents(v, v, sources[:1]); affects != nil {
			affects(p)
		}
		NotOwnCode(v)(p)
	})
}

// draw returns one of several values, which a drawn number chooses.
func draw[T any](all []T, drawn uint8) T { return all[int(drawn)%len(all)] }

// workspaceOf returns a workspace in which all manifests and sources have the same content.
func workspaceOf(raw []byte) files {
	v := files{}
	for _, p := range slices.Concat(manifests, sources, otherFiles) {
		v[p] = string(raw)
	}
	return v
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
		disk := memoryDisk{}
		for _, p := range append([]string{
			".cargo/config.toml", ".cargo/config", "../.cargo/config.toml", "rust-project.json", ".rust-project.json",
			"rust-analyzer.toml", "rust-toolchain.toml", "rust-toolchain", ".clangd", ".clang-tidy", "../.clangd",
			"svelte.config.js", ".luarc.json", "node_modules/typescript", ".vscode/settings.json",
		}, manifests...) {
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

// The rules of each pair of languages end on any text around a word, and give a reason.
func FuzzWords(f *testing.F) {
	for _, s := range []string{
		"import \"C\"\nvar x = C.name(1)\n", "extern \"C\" { fn name(); }", "import ctypes\nlib.name()\n",
		"#[no_mangle]\npub extern fn name() {}\n", "@pytest.fixture\ndef name(): ...\ndef test(name): ...\n",
		"export default name\n", "import name from './a'\nrequire('./a').name\n", "trap name EXIT; . ./a.sh\n",
		"[project.scripts]\nx = 'a:name'\n", "#define M(name) name##name\n", "//export name\nfunc name() {}\n", "name",
	} {
		f.Add([]byte(s), "name", uint8(len(s)), uint8(len(s)/7))
	}
	f.Fuzz(func(t *testing.T, raw []byte, name string, drawn, other uint8) {
		at := strings.Index(string(raw), name)
		if name == "" || at < 0 || !utf8.ValidString(name) {
			return
		}
		span, c, v := text.Span{Start: at, End: at + len(name)}, text.New(raw), workspaceOf(raw)
		declared, p := draw(sources, drawn), draw(slices.Concat(sources, otherFiles, manifests), other)
		sym := Symbol{
			Path: declared, Lang: schemeOf(declared), Name: name, Module: strings.TrimSuffix(declared,
				path.Ext(declared)),
			Kind:  draw([]selectors.Kind{"function", "method", "class", "variable"}, drawn/16),
			Owner: "Owner", Member: drawn >= 128,
		}
		for _, srv := range For(declared) {
			if _, why := srv.Uses(v, sym, p); !utf8.ValidString(why) {
				t.Errorf("the reason %q", why)
			}
		}
		UsesAt(v, sym, p, c, span)
		HoldsCode(v, sym, p, c, span)
		HoldsImport(v, sym, p, c, span)
		IsLinked(sym, p, c, span)
		TakesFixture(v, sym, p, c, span)
		DefaultExport(v, sym)
		ImportsDefault(p, c, span)
		IsMemberOfValue(v, sym, c, span)
		RequiresModule(c, span)
		RequiresFile(c, span)
		MayBeKey(c, span)
		Subscripted(c, span)
		IsListedInAll(c, span)
		ImportOf(sym.Lang, c, name)
		CasesAround(c, span)
		TypedBy(c, span)
		LiteralUnion(c, span)
		ReadOf(c, span)
		RunTogether(v, declared, p)
	})
}

// Any contents of GOFLAGS and of the file of 'go env -w' give variables and tags.
func FuzzGoEnv(f *testing.F) {
	f.Add("GOFLAGS=-tags=a,b\n# c\nGOOS=linux\n")
	f.Add("=\n==\nGOFLAGS='-tags' \"x\n")
	f.Fuzz(func(t *testing.T, raw string) {
		for name := range parseGoEnvFile(raw) {
			if strings.Contains(name, "\n") {
				t.Errorf("the variable %q", name)
			}
		}
		tagsOf(raw)
	})
}
