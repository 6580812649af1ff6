package server_test

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"lanser/index/indextest"
	"lanser/server"
	"lanser/server/api"
	"lanser/server/bundle"
	"lanser/server/catalogue"
)

// vueProject is the project that create-vue writes, with the packages that its components need, a module that they use,
// and mistakes in a script, in a template and in a module.
func vueProject(t testing.TB) string {
	dir := createVue(t)
	for _, left := range []string{
		"env.d.ts", "vite.config.ts", "vitest.config.ts", "tsconfig.node.json", "tsconfig.vitest.json", "src/router",
		"src/views", "src/components/icons", "src/components/TheWelcome.vue", "src/components/WelcomeItem.vue",
		"src/components/__tests__",
	} {
		if err := os.RemoveAll(filepath.Join(dir, left)); err != nil {
			t.Fatal(err)
		}
	}
	layFolder(t, filepath.Join(dir, "node_modules"),
		filepath.Join(indextest.NPMProject(t, "testdata/vue"), "node_modules"))
	for _, name := range []string{"package.json", "package-lock.json"} {
		indextest.Write(t, dir, name, read(t, "testdata/vue", name))
	}
	indextest.Write(t, dir, ".gitignore", "node_modules\n")
	indextest.Write(t, dir, "tsconfig.json", `{"files": [], "references": [{"path": "./tsconfig.app.json"}]}`)
	indextest.Write(t, dir, "tsconfig.app.json", `{
	"extends": "@vue/tsconfig/tsconfig.dom.json",
	"include": ["src/**/*", "src/**/*.vue"], "exclude": ["src/**/__tests__/*"],
	"compilerOptions": {"composite": false, "paths": {"@/*": ["./src/*"]}}
}`)
	indextest.Write(t, dir, "src/main.ts", "import App from './App.vue'\nimport { shout } from './shout'\n"+
		"console.log(App, shout('main'))\n")
	indextest.Write(t, dir, "src/shout.ts", "export function shout(text: string): string {\n"+
		"  return text.toUpperCase()\n}\nexport const wrong: number = shout('x')\n")
	indextest.Write(t, dir, "src/App.vue", `<script setup lang="ts">
import HelloWorld from './components/HelloWorld.vue'
import { shout } from '@/shout'
const count: number = shout('one')
</script>

<template>
  <HelloWorld :msg="shout('two')" />
  <HelloWorld :msg="3" @click="shout(4)" />
  <p class="shout">shout {{ shout(count) }} {{ missing }}</p>
</template>
`)
	indextest.Write(t, dir, "docs/Outside.vue", "<script setup lang=\"ts\">\nconst x: number = ''\n</script>\n")
	return dir
}

// A check of a project with components has the findings of the command line that the project's own script runs, in
// components and in modules, around each release of TypeScript.
func TestComponentsAreCheckedLikeByTheirOwnCommandLine(t *testing.T) {
	t.Parallel()
	indextest.Needs(t, "the servers vue and vue-6")
	dir := vueProject(t)
	for _, name := range []string{"vue", "vue-6"} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			argv := found(t, name).Argv
			script := filepath.Join(found(t, name).Dir, "node_modules/vue-tsc/bin/vue-tsc.js")
			want := commandLine(t, dir, `^(\S+?)\((\d+),\d+\): error`,
				argv[0], script, "--noEmit", "--pretty", "false", "-p", "tsconfig.app.json")
			b := do(t, engine(t, dir), api.Request{Op: "diag", Options: api.Options{Server: name}})
			var got []string
			for _, d := range b.Facts.Diagnostics {
				if d.Severity == "error" {
					got = append(got, fmt.Sprintf("%s:%d", d.URI, d.Range[0]+1))
				}
			}
			slices.Sort(got)
			if d := cmp.Diff(want, slices.Compact(got)); d != "" || len(want) != 4 {
				t.Errorf("%d findings (-vue-tsc +lanser)\n%s", len(want), d)
			}
			states := map[string]string{}
			for _, group := range b.Facts.Checks[0].Coverage {
				for _, file := range group.Files {
					states[file] = group.State + ": " + group.Reason
				}
			}
			checked := "checked: "
			all := map[string]string{
				"src/App.vue": checked, "src/components/HelloWorld.vue": checked, "src/main.ts": checked,
				"src/shout.ts": checked, "docs/Outside.vue": "excluded: tsconfig.json does not include them, " +
					"nor does another project above them or one that is referred to",
			}
			if d := cmp.Diff(all, states); d != "" || b.Evidence.State != bundle.Complete {
				t.Errorf("evidence %v (-want +got)\n%s", b.Evidence, d)
			}
		})
	}
}

// The uses that Vue's server lists for a minimal client are those of the answer, which accounts for every word.
func TestUsesInComponentsAreThoseOfTheServer(t *testing.T) {
	t.Parallel()
	indextest.Needs(t, "the server vue")
	dir := vueProject(t)
	srv, at := catalogue.Named("vue"), found(t, "vue")
	raw, err := json.Marshal(srv.Options)
	if err != nil {
		t.Fatal(err)
	}
	options := json.RawMessage(strings.ReplaceAll(string(raw), "{dir}", at.Dir))
	c := newRawClient(t, dir, t.TempDir(), at.Argv, nil, options, srv.LanguageID)
	for _, f := range []string{"src/shout.ts", "src/App.vue", "src/main.ts", "src/components/HelloWorld.vue"} {
		c.open(f)
	}
	e := engine(t, dir)
	for _, tt := range []struct {
		file       string
		line, char int
		uses       int
	}{
		{"src/shout.ts", 0, 16, 9},
		{"src/App.vue", 9, 31, 9},
		{"src/components/HelloWorld.vue", 2, 2, 4},
	} {
		want := plainRaw(c.locations("textDocument/references", tt.file, rawPos{tt.line, tt.char}))
		sel := fmt.Sprintf("%s@L%d:C%d", tt.file, tt.line+1, tt.char+1)
		b := do(t, e, api.Request{Op: "refs", Selector: selector(sel)})
		if d := cmp.Diff(want, places(b.Facts.References)); d != "" || len(want) != tt.uses ||
			b.Evidence.State != bundle.Complete {
			t.Errorf("%s: %d uses, evidence %v (-server +lanser)\n%s", sel, len(want), b.Evidence, d)
		}
	}
}

// After each edit of components and of modules, of files that nobody has open, a server that answered before gives the
// bundle of a fresh one, and is still the same process.
func TestEditsOfComponentsAreInTheNextAnswer(t *testing.T) {
	t.Parallel()
	indextest.Needs(t, "the server vue")
	dir := vueProject(t)
	warm := thawed(t, dir)
	ask := func() (uses int) {
		t.Helper()
		fresh, err := server.New(server.Config{Root: dir})
		if err != nil {
			t.Fatal(err)
		}
		defer fresh.Close()
		for _, q := range []api.Request{
			{Op: "refs", Selector: selector("ts://src/shout#shout")}, {Op: "diag", Paths: []string{"src/App.vue"}},
		} {
			b, other := do(t, warm, q), do(t, fresh, q)
			if b.BundleID != other.BundleID {
				t.Errorf("%s: (-fresh +warm)\n%s", q.Op, cmp.Diff(other.Facts, b.Facts))
			}
			if q.Op == "refs" {
				uses = len(b.Facts.References)
			}
		}
		return uses
	}
	before := ask()
	process := warm.Running()[0].PID
	app := read(t, dir, "src/App.vue")
	component := "<script setup>\nimport { shout } from './shout'\nshout('')\n</script>\n"
	for _, tt := range []struct {
		name, file, content string
		more                int
	}{
		{"a use in a template", "src/App.vue", strings.Replace(app, "{{ missing }}", "{{ shout('new') }}", 1), 1},
		{"a type", "src/shout.ts", "export function shout(text: any): any {\n  return text\n}\n", 0},
		{"a new component", "src/New.vue", component, 2},
	} {
		indextest.Write(t, dir, tt.file, tt.content)
		if more := ask() - before; more != tt.more {
			t.Errorf("%s: %d more uses, want %d", tt.name, more, tt.more)
		}
	}
	if now := warm.Running(); len(now) != 1 || now[0].PID != process {
		t.Error("the server was started anew")
	}
}

// Where the package of the framework is not installed, that is one finding, with the command that installs it.
func TestAFrameworkThatIsNotInstalledIsOneFinding(t *testing.T) {
	t.Parallel()
	indextest.Needs(t, "the server vue")
	component := "<script setup lang=\"ts\">\nimport { ref } from 'vue'\nconst a = ref(1)\n</script>\n" +
		"<template><p>{{ a.nothing }}</p></template>\n"
	dir := indextest.Files(t, map[string]string{
		"package.json": `{"dependencies": {"vue": "3.5.13"}}`, "package-lock.json": "{}", "tsconfig.json": "{}",
		"a.vue": component, "b.vue": component, "c.vue": "<template><p>{{ nothing }}</p></template>\n",
		"d.ts": "export {}\n",
	})
	b := do(t, engine(t, dir), api.Request{Op: "diag"})
	var got []string
	for _, d := range b.Facts.Diagnostics {
		got = append(got, d.URI+": "+d.Message)
	}
	want := "package.json: the packages of package.json are not installed: there is no folder node_modules; npm ci"
	if !slices.Equal(got, []string{want}) || b.Evidence.State != bundle.Partial {
		t.Errorf("evidence %v, findings %q", b.Evidence, got)
	}
}

// Plugins of Vue's compiler are code of the workspace. A workspace that names one has another server asked about its
// modules; the server of components runs only if the user trusts it.
func TestPluginsOfComponentsAreNotLoaded(t *testing.T) {
	t.Parallel()
	indextest.Needs(t, "the servers vue and typescript")
	dir := indextest.Files(t, map[string]string{
		"tsconfig.json": `{"vueCompilerOptions": {"plugins": ["./evil.cjs"]}}`, "evil.cjs": evilNode,
		"a.ts":  "export function f() {}\n",
		"b.vue": "<script setup lang=\"ts\">\nimport { f } from './a'\n</script>\n",
	})
	b := do(t, engine(t, dir), api.Request{Op: "refs", Selector: selector("ts://a#f")})
	if b.Environment.Server.Name != "typescript" || b.Evidence.Ledger.Possible != 1 {
		t.Errorf("%s, ledger %v", b.Environment.Server.Name, b.Evidence.Ledger)
	}
}
