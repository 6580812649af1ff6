package dangers_test

import (
	"path"
	"strings"
	"testing"

	"lanser/server/dangers"
	"lanser/server/dangers/dangerstest"
)

// memory is a workspace in memory.
type memory = dangerstest.Disk

func TestConfigurationOfRustThatRunsSomethingIsRefused(t *testing.T) {
	for _, tt := range []struct{ file, content string }{
		{".cargo/config.toml", "[build]\nrustflags = [\"-Zcodegen-backend=./libevil.so\"]"},
		{".cargo/config.toml", "[build]\nrustflags = [\"-Z\", \"codegen-backend=./libevil.so\"]"},
		{".cargo/config.toml", "build.rustflags = \"-D warnings -Zllvm-plugins=./evil.so\""},
		{".cargo/config.toml", "[target.x86_64-unknown-linux-gnu]\nrustflags = [\"--sysroot=evil\"]"},
		{".cargo/config.toml", "[target.'cfg(unix)']\nrustflags = [\"--sysroot\", \"evil\"]"},
		{".cargo/config.toml", "[build]\nrustflags = [\"@args\"]"},
		{".cargo/config.toml", "build = {\n  rustflags = [\"@args\"], # of TOML 1.1\n}\n"},
		{".cargo/config.toml", "[build]\nrustflags = [\"--extern\", \"evil=libevil.so\"]"},
		{".cargo/config.toml", "[build]\nrustflags = [\"-Cllvm-args=-load=./evil.so\"]"},
		{".cargo/config.toml", "[build]\nrustflags = [\"-C\", \"llvm-args=-load=./evil.so\"]"},
		{".cargo/config.toml", "[build]\nrustflags = [\"--codegen=llvm-args=x\"]"},
		{".cargo/config.toml", "[build]\nrustflags = 7"},
		{".cargo/config.toml", "[build]\nrustflags = [\"-L\", \"evil\"]"},
		{".cargo/config.toml", "[build]\nrustflags = [\"-Levil\"]"},
		{".cargo/config.toml", "[build]\nrustflags = \"-L dependency=evil\""},
		{".cargo/config.toml", "[build]\nrustflags = [\"-L\", \"crate=/home/u/ws/evil\"]"},
		{".cargo/config.toml", "[build]\nrustflags = [\"-Lall=evil\"]"},
		{".cargo/config.toml", "[build]\nrustflags = [\"-L\", \"/usr/lib/../../home/u/ws/evil\"]"},
		{".cargo/config.toml", "[build]\nrustflags = [\"-L\"]"},
		{".cargo/config.toml", "[build]\nrustflags = [\"-D\", \"warnings\", \"--edition\", \"2021\", \"-Levil\"]"},
		{".cargo/config.toml", "[target.x86_64-unknown-linux-gnu]\nrustflags = [\"-L\", \"evil\"]"},
		{".cargo/config.toml", "[target.x86_64-unknown-linux-gnu.z]\nrustc-flags = \"-L evil\""},
		{".cargo/config.toml", "[target.x86_64-unknown-linux-gnu.z]\nrustc-link-search = [\"evil\"]"},
		{".cargo/config.toml", "[target.x86_64-unknown-linux-gnu.linker]\nrustc-link-search = [\"evil\"]"},
		{".cargo/config.toml", "[target.x86_64-unknown-linux-gnu]\nnew-key = 1"},
		{".cargo/config.toml", "[build]\nrustc = \"./evil\""},
		{".cargo/config.toml", "[build]\ntarget = \"evil.json\""},
		{".cargo/config.toml", "[build]\ntarget = [\"x86_64-unknown-linux-gnu\", \"./evil\"]"},
		{".cargo/config.toml", "[env]\nRUSTC_BOOTSTRAP = \"1\""},
		{".cargo/config.toml", "[env]\nLD_PRELOAD = { value = \"libevil.so\", relative = true }"},
		{".cargo/config.toml", "env.ld_audit = \"./x.so\""},
		{".cargo/config.toml", "[host]\nlinker = \"./evil\""},
		{".cargo/config.toml", "include = [\"other.toml\"]"},
		{".cargo/config.toml", "[unstable]\nhost-config = true"},
		{".cargo/config.toml", "[profile.dev]\ncodegen-backend = \"./evil.so\""},
		{".cargo/config.toml", "[profile.dev.package.x]\nrustflags = [\"-Zx\"]"},
		{".cargo/config.toml", "[target.x86_64-unknown-linux-gnu.z.rustc-env]\nLD_PRELOAD = \"./evil.so\""},
		{".cargo/config.toml", "x = " + strings.Repeat("[", 100_000) + strings.Repeat("]", 100_000)},
		{".cargo/config.toml", "x = " + strings.Repeat("{ a = ", 100_000) + "1" + strings.Repeat("}", 100_000)},
		{".cargo/config.toml", "term." + strings.Repeat("a.", 100_000) + "a = 1"},
		{".cargo/config.toml", "[term." + strings.Repeat("a.", 100_000) + "a]\nx = 1"},
		{".cargo/config.toml", "# " + strings.Repeat("x", 2<<20)},
		{"rust-analyzer.toml", "x = " + strings.Repeat("[", 500_000) + strings.Repeat("]", 500_000)},
		{".cargo/config.toml", "no = toml = at all"},
		{".cargo/config.toml", "new-table.key = 1"},
		{".cargo/config", "[build]\nrustc = \"./evil\""},
		{"crates/a/.cargo/config.toml", "[build]\nrustc = \"./evil\""},
		{"ignored/.cargo/config.toml", "[build]\nrustc = \"./evil\""},
		{"../.cargo/config.toml", "[build]\nrustc = \"./evil\""},
		{"../../.cargo/config", "[build]\nrustc = \"./evil\""},
		{"rust-analyzer.toml", "checkOnSave = true"},
		{"rust-analyzer.toml", "[cargo.buildScripts]\nenable = true"},
		{"rust-analyzer.toml", "cargo.buildScripts.overrideCommand = [\"sh\", \"evil\"]"},
		{"rust-analyzer.toml", "[procMacro]\nenable = true"},
		{"rust-analyzer.toml", "[check]\noverrideCommand = [\"./evil\"]"},
		{"rust-analyzer.toml", "rust-analyzer.procMacro.server = \"./evil\""},
		{"rust-analyzer.toml", "[cargo]\nsysroot = \"evil\""},
		{"rust-analyzer.toml", "[cargo.extraEnv]\nRUSTC = \"./evil\""},
		{"crates/a/rust-analyzer.toml", "[rustfmt]\noverrideCommand = [\"./evil\"]"},
		{"rust-project.json", `{"sysroot":"evil","crates":[]}`},
		{"rust-project.json", `{"sysroot":"/home/u/ws/evil","crates":[]}`},
		{"rust-project.json", `{"sysroot":"/usr/lib/../../tmp/evil","crates":[]}`},
		{"rust-project.json", `{"sysroot_project":{"crates":[]},"crates":[]}`},
		{".rust-project.json", `{"sysroot":"evil"}`},
		{"ignored/rust-project.json", `{"sysroot":"evil"}`},
		{"rust-project.json", `{"sysroot":`},
		{"Cargo.toml", "cargo-features = [\"x\"]\n[profile.dev]\nrustflags = [\"-Zcodegen-backend=./e.so\"]"},
		{"crates/a/Cargo.toml", "[profile.dev.package.x]\nrustflags = [\"-Levil\"]"},
		{"Cargo.toml", "[profile.dev]\n\"rust\\u0066lags\" = [\"-L\", \"evil\"]"},
		{"Cargo.toml", "profile.dev.build-override.rustflags = [\"--sysroot=evil\"]"},
		{"Cargo.toml", "[profile.release]\ncodegen-backend = \"evil\""},
		{"Cargo.toml", "[package]\ndefault-target = \"evil.json\""},
		{"Cargo.toml", "[package]\nforced-target = \"./evil\""},
		{"Cargo.toml", "[profile.dev]\nrustflags = [\"-O\"]\nno TOML"},
	} {
		d := memory{"Cargo.toml": "", "crates/a/Cargo.toml": "", "crates/a/src/lib.rs": "", tt.file: tt.content}
		file, why := dangers.RefuseRust(d)
		if why == "" || path.Clean(file) != tt.file {
			t.Errorf("%s: %.200s: refused %q for %q", tt.file, tt.content, file, why)
		}
	}
}

func TestConfigurationOfRustThatRunsNothingIsAllowed(t *testing.T) {
	for _, tt := range []struct{ file, content string }{
		{".cargo/config.toml", ""},
		{
			".cargo/config.toml",
			"[alias]\nxtask = \"run --package xtask --\"\n[term]\ncolor = \"always\"\n[net]\ngit-fetch-with-cli = true",
		},
		{
			".cargo/config.toml",
			"[build]\nrustflags = [\"--cfg\", \"tokio_unstable\", \"-D\", \"warnings\", \"-Dunused\", " +
				"\"-C\", \"target-cpu=native\", \"-Ctarget-feature=+crt-static\"]",
		},
		{
			".cargo/config.toml",
			"[build]\nrustflags = [\"-L\", \"native=lib\", \"-Lframework=f\", \"-L\", \"/usr/lib/x\", \"-l\", \"z\", " +
				"\"--edition\", \"2021\"]\n[target.'cfg(unix)']\nrustdocflags = \"-Dwarnings\"\nar = \"ar\"",
		},
		{
			".cargo/config.toml",
			"[build]\nrustflags = \"--cfg tokio_unstable -Clink-arg=-fuse-ld=lld -Zshare-generics=y " +
				"--cap-lints warn\"\njobs = 4",
		},
		{
			".cargo/config.toml",
			"[build]\ntarget = \"wasm32-unknown-unknown\"\nrustc-wrapper = \"sccache\"\ntarget-dir = " +
				"\"out\"\nincremental = true",
		},
		{
			".cargo/config.toml",
			"[target.x86_64-unknown-linux-gnu]\nlinker = \"clang\"\nrunner = \"qemu\"\nrustflags = " +
				"[\"-C\", \"link-arg=-fuse-ld=mold\"]",
		},
		{".cargo/config.toml", "[env]\nCRATE_ROOT = { value = \"\", relative = true }\nMY_FLAG = \"1\""},
		{
			".cargo/config.toml",
			"[source.crates-io]\nreplace-with = \"vendored\"\n[source.vendored]\ndirectory = \"vendor\"\n" +
				"[registries.mine]\nindex = \"sparse+x\"",
		},
		{
			".cargo/config.toml",
			"[unstable]\nbuild-std = [\"core\", \"alloc\"]\n[profile.release]\nlto = \"thin\"\n" +
				"[patch.crates-io]\na = { path = \"a\" }",
		},
		{
			"rust-analyzer.toml",
			"[cargo]\nfeatures = \"all\"\n[imports.granularity]\ngroup = \"module\"\n[inlayHints]\nenable " +
				"= true\n[diagnostics]\ndisabled = [\"x\"]",
		},
		{
			"rust-analyzer.toml",
			"checkOnSave = false\ncargo.target = \"wasm32-unknown-unknown\"\n[check]\ncommand = \"clippy\"",
		},
		{
			"rust-project.json",
			`{"sysroot":"/usr/lib/rustlib","crates":[{"root_module":"a.rs","deps":[],"edition":"2021"}]}`,
		},
		{"rust-project.json", `{"sysroot_src":"lib","crates":[]}`},
		{"Cargo.toml", "[profile.dev]\nrustflags = [\"-C\", \"target-cpu=native\"]"},
		{"Cargo.toml", "[package]\ndefault-target = \"wasm32-wasip1\""},
		{"Cargo.toml", "[package.metadata.docs.rs]\nrustflags = [\"-Zx\"]\ndefault-target = \"./x\""},
		{"Cargo.toml", "[package]\ndescription = \"a\\\\b\""},
		{"crates/a/Cargo.toml", "no TOML"},
		{"docs/.cargo/config.tom", "[build]\nrustc = \"./evil\""},
	} {
		if file, why := dangers.RefuseRust(memory{"Cargo.toml": "", tt.file: tt.content}); why != "" {
			t.Errorf("%s: %s: refused: %s: %s", tt.file, tt.content, file, why)
		}
	}
}

const vueEvil = `{"vueCompilerOptions": {"plugins": ["./evil.cjs"]}}`

func TestServersThatLoadConfigurationAsCodeAreNotStarted(t *testing.T) {
	lua, emmylua, vue := dangers.RefuseLua, dangers.RefuseEmmyLua, dangers.RefuseVuePlugins
	for _, tt := range []struct {
		refuse  func(d dangers.Disk) (file, why string)
		disk    memory
		refused string
	}{
		{emmylua, memory{".emmyrc.json": `{"runtime":{"version":"Lua5.4"}}`}, ""},
		{emmylua, memory{".emmyrc.lua": "return {}"}, ".emmyrc.lua"},
		{emmylua, memory{".emmyrc.json": `{"format":{"externalTool":{"program":"./evil"}}}`}, ".emmyrc.json"},
		{emmylua, memory{".emmyrc.json": `{"format":{"external\u0054ool":{"program":"./evil"}}}`}, ".emmyrc.json"},
		{lua, memory{".luarc.json": `{"runtime.version":"5.4"}`}, ""},
		{lua, memory{".luarc.json": `{"runtime.plugin":"./p.lua"}`}, ".luarc.json"},
		{lua, memory{".luarc.jsonc": `{"runtime":{"plu\u0067in":"./p.lua"}}`}, ".luarc.jsonc"},
		{lua, memory{".luarc.json": `{"Lua.workspace.userThirdParty":["3rd"]}`}, ".luarc.json"},
		{vue, memory{"tsconfig.json": `{"vueCompilerOptions": {"strictTemplates": true, "plugins": []}}`}, ""},
		{vue, memory{"tsconfig.json": "{// \"vueCompilerOptions\": {\"plugins\": [\"a\"]}\n}"}, ""},
		{vue, memory{"tsconfig.json": `{"compilerOptions": {"plugins": [{"name": "next"}]}}`}, ""},
		{vue, memory{"tsconfig.json": vueEvil}, "tsconfig.json"},
		{vue, memory{"a.vue": "", "src/b.ts": "", "src/jsconfig.json": vueEvil}, "src/jsconfig.json"},
		{vue, memory{"tsconfig.json": `{"vueCompilerOptions": {"plugins": [{"name": "x"}]}}`}, "tsconfig.json"},
		{vue, memory{"tsconfig.json": `{"vue\u0043ompilerOptions": {"plugin\u0073": ["x"]}}`}, "tsconfig.json"},
		{
			vue,
			memory{"tsconfig.json": `{"vueCompilerOptions": {"plugins": ["x"], "plugins": []}}`},
			"tsconfig.json",
		},
		{
			vue,
			memory{"tsconfig.json": `{"vueCompilerOptions": {"plugins": ["x"]}, "vueCompilerOptions": {}}`},
			"tsconfig.json",
		},
		{vue, memory{"tsconfig.json": `{"vueCompilerOptions": {"plugins": ["x"]`}, "tsconfig.json"},
		{vue, memory{"tsconfig.json": `{"include": ["a"]`}, ""},
		{vue, memory{"tsconfig.json": `{"extends": "./b"}`, "b.json": vueEvil}, "b.json"},
		{vue, memory{"tsconfig.json": `{"extends": ["./c/d.json"]}`, "c/d.json": vueEvil}, "c/d.json"},
		{
			vue,
			memory{"tsconfig.json": `{"references": [{"path": "./app"}]}`, "app/tsconfig.json": vueEvil},
			"app/tsconfig.json",
		},
		{vue, memory{"tsconfig.json": `{"references": [{"path": "x.json"}]}`, "x.json": vueEvil}, "x.json"},
		{
			vue,
			memory{"tsconfig.json": `{"extends": "@s/p"}`, "node_modules/@s/p/tsconfig.json": vueEvil},
			"node_modules/@s/p/tsconfig.json",
		},
		{
			vue,
			memory{"a/tsconfig.json": `{"extends": "p/x.json"}`, "node_modules/p/x.json": vueEvil},
			"node_modules/p/x.json",
		},
		{vue, memory{
			"tsconfig.json":               `{"extends": "p/x"}`,
			"node_modules/p/package.json": `{"exports": {"./*": "./lib/*.json"}}`,
			"node_modules/p/lib/x.json":   vueEvil,
		}, "node_modules/p/lib/x.json"},
		{vue, memory{
			"tsconfig.json": `{"extends": "p"}`, "node_modules/p/package.json": `{"tsconfig": "base.json"}`,
			"node_modules/p/base.json": vueEvil,
		}, "node_modules/p/base.json"},
		{vue, memory{"tsconfig.json": `{"extends": "#x"}`}, "tsconfig.json"},
		{vue, memory{"tsconfig.json": `{"extends": "/etc/x.json"}`}, "tsconfig.json"},
		{vue, memory{"tsconfig.json": `{"extends": "p/../../x.json"}`}, "tsconfig.json"},
		{vue, memory{"other.json": vueEvil, "tsconfig.json": "{}"}, ""},
	} {
		if file, why := tt.refuse(tt.disk); file != tt.refused || (why == "") != (file == "") {
			t.Errorf("%v: refused %q, %s", tt.disk, file, why)
		}
	}
}
