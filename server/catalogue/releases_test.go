package catalogue_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"lanser/server/catalogue"
)

// requiring is a package.json that requires a version of TypeScript.
func requiring(wanted string) string {
	return fmt.Sprintf(`{"devDependencies": {"typescript": %q}}`, wanted)
}

// The project of a file decides which release of TypeScript checks it: by its lock file, otherwise by what is
// installed, otherwise by the range in its manifest.
func TestTheProjectDecidesWhichReleaseChecksAFile(t *testing.T) {
	const native, five, six = "typescript", "typescript-language-server", "typescript-language-server-6"
	const four = "typescript-language-server-4"
	lockOf := func(version string) string {
		return `{"lockfileVersion": 3, "packages": {"": {}, "node_modules/typescript": {"version": "` + version + `"}}}`
	}
	for name, tt := range map[string]struct {
		files written
		want  map[string]string // of files: the first server, and the release
	}{
		"nothing requires it": {
			written{
				"a.ts": "", "package.json": `{"dependencies": {"react": "^18"}}`,
				"package-lock.json": lockOf("5.4.5"),
			},
			map[string]string{"a.ts": native + " "},
		},
		"no package.json": {written{"a.ts": "", "tsconfig.json": "{}"}, map[string]string{"a.ts": native + " "}},
		"npm": {
			written{
				"package.json": requiring("^5.0.0"), "package-lock.json": lockOf("5.4.5"), "src/a.ts": "",
				"b.js": "",
			},
			map[string]string{
				"src/a.ts": five + " 5.4.5 (package-lock.json)", "b.js": five + " 5.4.5 (package-lock.json)",
			},
		},
		"npm: a shrink-wrapped package comes before its lock": {
			written{
				"package.json": requiring("*"), "npm-shrinkwrap.json": lockOf("6.0.3"),
				"package-lock.json": lockOf("5.4.5"),
				"a.ts":              "",
			},
			map[string]string{"a.ts": six + " 6.0.3 (npm-shrinkwrap.json)"},
		},
		"npm: packages of one workspace with versions of their own": {
			written{
				"package.json": requiring("^7"), "a.ts": "",
				"package-lock.json": `{"packages": {"node_modules/typescript": {"version": "7.0.2"},
					"packages/five/node_modules/typescript": {"version": "5.9.2"},
					"node_modules/tool/node_modules/typescript": {"version": "3.9.10"}}}`,
				"packages/five/package.json": requiring("^5"), "packages/five/src/a.ts": "",
				"packages/same/package.json": requiring("^7"), "packages/same/a.ts": "",
				"packages/none/package.json": "{}", "packages/none/a.ts": "",
			},
			map[string]string{
				"a.ts":                   native + " 7.0.2 (package-lock.json)",
				"packages/five/src/a.ts": five + " 5.9.2 (package-lock.json)",
				"packages/same/a.ts":     native + " 7.0.2 (package-lock.json)",
				"packages/none/a.ts":     native + " 7.0.2 (package-lock.json)",
			},
		},
		"npm: the first version of the format": {
			written{
				"package.json":      requiring("^4"),
				"package-lock.json": `{"lockfileVersion": 1, "dependencies": {"typescript": {"version": "4.5.2"}}}`,
				"a.ts":              "",
			},
			map[string]string{"a.ts": four + " 4.5.2 (package-lock.json)"},
		},
		"pnpm": {
			written{
				"package.json": requiring("catalog:"), "a.ts": "", "packages/six/a.ts": "",
				"packages/six/package.json": requiring("~6.0.0"), "packages/up/a.ts": "",
				"packages/up/package.json": `{"peerDependencies": {"typescript": ">=5"}}`,
				"pnpm-lock.yaml": "lockfileVersion: '9.0'\n\ncatalogs:\n  default:\n    typescript:\n" +
					"      specifier: ^5.0.0\n      version: 5.8.3\n\nimporters:\n\n  .:\n    devDependencies:\n" +
					"      typescript:\n        specifier: 'catalog:'\n        version: 5.8.3\n\n  packages/six:\n" +
					"    devDependencies:\n      ts-node:\n        specifier: ^10\n" +
					"        version: 10.9.2(typescript@6.0.2)\n" +
					"      typescript:\n        specifier: ~6.0.0\n        version: 6.0.2(patch_hash=abc)\n\n" +
					"packages:\n\n  typescript@5.8.3: {}\n",
			},
			map[string]string{
				"a.ts": five + " 5.8.3 (pnpm-lock.yaml)", "packages/six/a.ts": six + " 6.0.2 (pnpm-lock.yaml)",
				"packages/up/a.ts": five + " 5.8.3 (pnpm-lock.yaml)",
			},
		},
		"pnpm: an earlier version of the format": {
			written{
				"package.json": requiring("^4"), "a.ts": "",
				"pnpm-lock.yaml": "lockfileVersion: 5.4\n\nspecifiers:\n  typescript: ^4\n\ndevDependencies:\n" +
					"  typescript: 4.9.5\n\npackages:\n\n  /typescript/4.9.5: {}\n",
			},
			map[string]string{"a.ts": four + " 4.9.5 (pnpm-lock.yaml)"},
		},
		"yarn 1": {
			written{
				"package.json": requiring("^5.0.0"), "a.ts": "",
				"yarn.lock": "# yarn lockfile v1\n\n\ntslib@^2:\n  version \"2.6.2\"\n\n" +
					"typescript@^3.0.0, typescript@~3.9.2:\n  version \"3.9.10\"\n  resolved \"x\"\n\n" +
					"\"typescript@>=4 <6\", typescript@^5.0.0:\n  version \"5.3.3\"\n  dependencies:\n    version \"1.0.0\"\n",
			},
			map[string]string{"a.ts": five + " 5.3.3 (yarn.lock)"},
		},
		"yarn 4": {
			written{
				"package.json": requiring("~6.0.0"), "a.ts": "",
				"yarn.lock": "__metadata:\n  version: 8\n\n" +
					"\"typescript@npm:~6.0.0\":\n  version: 6.0.3\n  resolution: x\n\n" +
					"\"typescript@patch:typescript@npm%3A~6.0.0#optional!builtin<compat/typescript>\":\n  version: 6.0.3\n",
			},
			map[string]string{"a.ts": six + " 6.0.3 (yarn.lock)"},
		},
		"yarn: the only version that is locked, where resolutions replace the range": {
			written{
				"package.json": requiring("^4.0.0"), "a.ts": "",
				"yarn.lock": "typescript@^5.1.0:\n  version \"5.1.6\"\n",
			},
			map[string]string{"a.ts": five + " 5.1.6 (yarn.lock)"},
		},
		"bun": {
			written{
				"package.json": requiring("^6"), "a.ts": "", "packages/a/package.json": requiring("^5"),
				"packages/a/a.ts": "",
				"bun.lock": `{"lockfileVersion": 1,
					"workspaces": {"": {"name": "root"}, "packages/a": {"name": "@x/a",}},
					"packages": {
						"typescript": ["typescript@6.0.3", "", {"bin": {}}, "sha512-x"], // the root's
						"@x/a/typescript": ["typescript@5.9.3", "", {}, "sha512-x"],
					},
				}`,
			},
			map[string]string{
				"a.ts": six + " 6.0.3 (bun.lock)", "packages/a/a.ts": five + " 5.9.3 (bun.lock)",
			},
		},
		"of several lock files that of the package manager counts": {
			written{
				"package.json": `{"packageManager": "yarn@4.1.0", "devDependencies": {"typescript": "^5"}}`, "a.ts": "",
				"package-lock.json": lockOf("6.0.3"), "yarn.lock": "\"typescript@npm:^5\":\n  version: 5.5.4\n",
			},
			map[string]string{"a.ts": five + " 5.5.4 (yarn.lock)"},
		},
		"what is installed": {
			written{
				"package.json": requiring("^5.0.0 || ^6.0.0"), "a.ts": "", "sub/package.json": requiring("next"),
				"sub/a.ts":                             "",
				"node_modules/typescript/package.json": `{"version": "5.2.2"}`,
			},
			map[string]string{
				"a.ts":     five + " 5.2.2 (node_modules/typescript/package.json)",
				"sub/a.ts": five + " 5.2.2 (node_modules/typescript/package.json)",
			},
		},
		"a range": {
			written{"package.json": requiring("~5.4.0"), "a.ts": ""},
			map[string]string{"a.ts": five + ` "~5.4.0" (package.json)`},
		},
		"a range that several releases are in": {
			written{"package.json": requiring(">=4.8.4 <7"), "a.ts": ""},
			map[string]string{"a.ts": six + ` ">=4.8.4 <7" (package.json)`},
		},
		"a range without an end": {
			written{"package.json": requiring(">=4.8.4"), "a.ts": ""},
			map[string]string{"a.ts": native + ` ">=4.8.4" (package.json)`},
		},
		"an exact version": {
			written{"package.json": requiring("5.4.5"), "a.ts": ""},
			map[string]string{"a.ts": five + " 5.4.5 (package.json)"},
		},
		"another name": {
			written{"package.json": requiring("npm:typescript@^6.0.1"), "a.ts": ""},
			map[string]string{"a.ts": six + ` "npm:typescript@^6.0.1" (package.json)`},
		},
		"older than all, and newer": {
			written{
				"old/package.json": requiring("3.9.10"), "old/a.ts": "", "new/package.json": requiring("9.1.0"),
				"new/a.ts": "",
			},
			map[string]string{
				"old/a.ts": four + " 3.9.10 (old/package.json)",
				"new/a.ts": native + " 9.1.0 (new/package.json)",
			},
		},
		"tags and files say nothing": {
			written{
				"a/package.json": requiring("latest"), "a/a.ts": "", "b/package.json": requiring("file:../ts"),
				"b/a.ts":         "",
				"c/package.json": requiring(strings.Repeat("1 || ", 1000) + "2"), "c/a.ts": "",
			},
			map[string]string{"a/a.ts": native + " ", "b/a.ts": native + " ", "c/a.ts": native + " "},
		},
		"lock files that cannot be read": {
			written{
				"package.json": requiring("6.0.3"), "a.ts": "", "package-lock.json": "{", "pnpm-lock.yaml": "\t:",
				"bun.lock": strings.Repeat("[", 1000), "yarn.lock": "\x00\n  version",
			},
			map[string]string{"a.ts": six + " 6.0.3 (package.json)"},
		},
		"another language": {
			written{"package.json": requiring("5.4.5"), "a.py": ""},
			map[string]string{"a.py": "pyright "},
		},
	} {
		releases := catalogue.NewReleases(tt.files)
		got := map[string]string{}
		for p := range tt.want {
			servers, release := releases.ServersFor(p)
			got[p] = servers[0].Name + " "
			if release.Version != "" {
				got[p] += release.String()
			}
		}
		if d := cmp.Diff(tt.want, got); d != "" {
			t.Errorf("%s: (-want +got)\n%s", name, d)
		}
	}
}

// Patch releases count as equal, minor ones are reported, and another major version lowers the evidence.
func TestADifferentReleaseThanTheProjectsIsReported(t *testing.T) {
	for _, tt := range []struct {
		server  string
		release catalogue.Release
		how     string
		apart   bool
	}{
		{"typescript", catalogue.Release{}, "", false},
		{"gopls", catalogue.Release{Version: "5.4.5", File: "yarn.lock"}, "", false},
		{"typescript-language-server", catalogue.Release{Version: "5.9.2", File: "yarn.lock"}, "", false},
		{
			"typescript-language-server",
			catalogue.Release{Version: "5.4.5", File: "yarn.lock"},
			"the project uses TypeScript 5.4.5 (yarn.lock), and 5.9.3 answers", false,
		},
		{
			"typescript-language-server-4",
			catalogue.Release{Version: "3.9.10", File: "a/package.json", Range: "~3.9.0"},
			`the project uses TypeScript "~3.9.0" (a/package.json), and 4.9.5 answers`, true,
		},
	} {
		how, apart := catalogue.Named(tt.server).Differs(tt.release)
		if how != tt.how || apart != tt.apart {
			t.Errorf("%s, %v: %q, %t", tt.server, tt.release, how, apart)
		}
	}
}

// Where a workspace has components of its own, their server is asked about its modules too, around the release of the
// compiler that the project uses; no server of components runs TypeScript 7, which has no plugins.
func TestComponentsDecideWhichServerIsAsked(t *testing.T) {
	for _, tt := range []struct {
		files       written
		module, own string
	}{
		{written{"a.ts": "", "a.vue": ""}, "vue", "vue"},
		{written{"a.ts": "", "a.vue": "", "package.json": requiring("5.4.5")}, "vue", "vue"},
		{written{"a.ts": "", "a.vue": "", "package.json": requiring("6.0.2")}, "vue-6", "vue-6"},
		{written{"a.ts": "", "a.vue": "", "package.json": requiring("7.0.2")}, "typescript", "vue-6"},
		{written{"a.ts": "", "testdata/a.vue": ""}, "typescript", "vue"},
		{written{"a.ts": "", "b.astro": ""}, "astro", "vue"},
		{written{"a.ts": "", "b.svelte": ""}, "typescript-svelte", "vue"},
		{written{"a.ts": "", "b.svelte": "", "package.json": requiring("6.0.2")}, "typescript-svelte-6", "vue-6"},
		{
			written{"a.ts": "", "a.vue": "", "tsconfig.json": `{"vueCompilerOptions": {"a": 1, "plugins": ["x"]}}`},
			"typescript", "vue",
		},
		{written{"a.ts": "", "a.vue": "", "tsconfig.json": `{"vueCompilerOptions": {"plugins": []}}`}, "vue", "vue"},
	} {
		of := func(file string) string {
			all, _ := catalogue.NewReleases(tt.files).ServersFor(file)
			return all[0].Name
		}
		if module, own := of("a.ts"), of("a.vue"); module != tt.module || own != tt.own {
			t.Errorf("%v: %s and %s, want %s and %s", tt.files, module, own, tt.module, tt.own)
		}
	}
}
