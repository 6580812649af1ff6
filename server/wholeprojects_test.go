package server_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"lanser/index/indextest"
	"lanser/server/api"
)

// packaged is a project with a package whose declarations have an error.
func packaged(config string) map[string]string {
	return map[string]string{
		".gitignore": "node_modules\n", "tsconfig.json": config, "package.json": `{"dependencies":{"p":"1"}}`,
		"node_modules/p/package.json": `{"name":"p","version":"1.0.0","types":"index.d.ts"}`,
		"node_modules/p/index.d.ts":   "export declare const p: Missing;\n",
		"a.ts":                        "export { p } from \"p\";\n",
	}
}

// A project that is compiled judges the files that it includes, though they have a project of their own, as 'tsc -p .'
// does: the nearest project may be less strict.
func TestAFileIsJudgedByTheCompiledProjectsFurtherUpToo(t *testing.T) {
	t.Parallel()
	indextest.Needs(t, "every language server")
	const (
		loose = `{"extends": "../tsconfig.json", "compilerOptions": {"strict": false}, "include": ["*.ts"],` +
			`"exclude": []}`
		unsafe = "export function f(a?: string): number { return a.length; }"
		wrong  = `export const n: number = "n";`
	)
	outer := func(config string) map[string]string {
		return map[string]string{"tsconfig.json": config, "legacy/tsconfig.json": loose, "legacy/a.ts": unsafe + "\n"}
	}
	with := func(files map[string]string, more map[string]string) map[string]string {
		for name, content := range more {
			files[name] = content
		}
		return files
	}
	found := []string{"exit 1 complete", "legacy/a.ts:1 ts"}
	clean := []string{"exit 0 complete"}
	for name, tt := range map[string]struct {
		files  map[string]string
		req    api.Request
		server string
		want   []string
	}{
		"it includes all files below it": {files: outer(bundled), want: found},
		"a file is asked about": {
			files: outer(bundled), req: api.Request{Paths: []string{"legacy/a.ts"}}, want: found,
		},
		"tsserver": {
			files: outer(bundled), server: "typescript-language-server",
			want: []string{"exit 1 complete", "legacy/a.ts:1 typescript"},
		},
		"both find the same": {
			files: with(outer(bundled), map[string]string{"legacy/a.ts": wrong + "\n"}),
			want:  []string{"exit 1 complete", "legacy/a.ts:1 ts"},
		},
		"it excludes the folder": {
			files: with(outer(`{"compilerOptions":{"strict":true,"noEmit":true},"exclude":["legacy"]}`),
				map[string]string{"b.ts": "export const b = 1;\n"}),
			want: clean,
		},
		"it refers to other projects, and has no files": {
			files: outer(`{"files":[],"references":[{"path":"./legacy"}],"compilerOptions":{"strict":true,` +
				`"composite":true,"types":[]}}`),
			want: clean,
		},
		"it holds options for packages": {
			files: with(outer(bundled), map[string]string{"package.json": "{}", "legacy/package.json": "{}"}),
			want:  clean,
		},
		"it includes packages": {
			files: with(outer(bundled[:len(bundled)-1]+`,"include":["legacy"]}`),
				map[string]string{"package.json": "{}", "legacy/package.json": "{}"}),
			want: found,
		},
		"a script compiles it, with packages below it": {
			files: with(outer(bundled), map[string]string{
				"package.json": `{"scripts":{"check":"eslint . && tsc --noEmit"}}`, "legacy/package.json": "{}",
			}),
			want: found,
		},
		"scripts compile other projects only": {
			files: with(outer(bundled), map[string]string{
				"package.json": `{"scripts":{"check":"tsc -p legacy/tsconfig.json","build":"tsc -b --force legacy"}}`,
			}),
			want: clean,
		},
		"an option that is gone in it, and no file is nearest to it": {
			files: outer(`{"compilerOptions":{"baseUrl":"."},"include":["legacy"]}`),
			want:  []string{"exit 1 complete", "legacy/tsconfig.json:1 ts", "tsconfig.json:1 ts"},
		},
		"a package has the sources of another one, which is less strict": {
			files: map[string]string{
				"a/tsconfig.json": strings.Replace(bundled, `"strict":true`, `"strict":false`, 1),
				"a/a.ts":          unsafe + "\n",
				"b/tsconfig.json": bundled, "b/b.ts": "export { f } from \"../a/a\";\n",
			},
			want: []string{"exit 1 complete", "a/a.ts:1 ts"},
		},
		"a package that nobody compiles has the sources of another one": {
			files: map[string]string{
				"a/tsconfig.json": strings.Replace(bundled, `"strict":true`, `"strict":false`, 1),
				"a/a.ts":          unsafe + "\n",
				"b/tsconfig.json": bundled, "b/b.ts": "export { f } from \"../a/a\";\n",
				"b/package.json": `{"scripts":{"check":"tsc -p tsconfig.build.json"}}`,
			},
			want: clean,
		},
		"a package has the sources of another one with the same options": {
			files: map[string]string{
				"a/tsconfig.json": bundled, "a/a.ts": wrong + "\n",
				"b/tsconfig.json": bundled, "b/b.ts": "export { n } from \"../a/a\";\n",
			},
			want: []string{"exit 1 complete", "a/a.ts:1 ts"},
		},
		"the declarations of a package": {
			files: packaged(bundled),
			want:  []string{"exit 1 complete", "node_modules/p/index.d.ts:1 ts"},
		},
		"the declarations of a package, in a project of another release of the compiler": {
			files: with(packaged(bundled), map[string]string{
				"package.json": `{"devDependencies":{"typescript":"5.4.5"}}`,
			}),
			want: clean,
		},
		"the declarations of a package, and a path": {
			files: packaged(bundled), req: api.Request{Paths: []string{"a.ts"}}, want: clean,
		},
		"the declarations of a package are not checked": {
			files: packaged(strings.Replace(bundled, `"strict"`, `"skipLibCheck":true,"strict"`, 1)), want: clean,
		},
		"a change makes it so": {
			files: with(outer(bundled), map[string]string{"legacy/a.ts": "export const a = 1;\n"}),
			req: api.Request{Options: api.Options{
				Patch: replaced("legacy/a.ts", "export const a = 1;", unsafe),
			}},
			want: found,
		},
		"a change adds a file": {
			files: with(outer(bundled), map[string]string{"legacy/b.ts": "export const a = 1;\n"}),
			req: api.Request{Options: api.Options{
				Patch: added("legacy/c.ts", unsafe),
			}},
			want: []string{"exit 1 complete", "legacy/c.ts:1 ts"},
		},
		"a change mends it": {
			files: outer(bundled),
			req: api.Request{Options: api.Options{
				Patch: replaced("legacy/a.ts", unsafe, "export const a = 1;"),
			}},
			want: clean,
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			tt.req.Op, tt.req.Options.Server = "diag", tt.server
			b := do(t, engine(t, indextest.Files(t, tt.files)), tt.req)
			if d := cmp.Diff(tt.want, verdictOf(b)); d != "" {
				t.Errorf("-want +got:\n%s\n%v", d, b.Evidence.Reasons)
			}
		})
	}
}
