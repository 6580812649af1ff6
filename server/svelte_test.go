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

// svelteProject is a project of Svelte 5 with mistakes in a script, in markup, in a style and in a module, and with a
// configuration that does nothing but to have TypeScript read.
func svelteProject(t testing.TB) string {
	dir := indextest.Files(t, map[string]string{
		"package.json": read(t, "testdata/svelte", "package.json"), ".gitignore": "node_modules\n",
		"package-lock.json": read(t, "testdata/svelte", "package-lock.json"),
		"svelte.config.js":  "const vitePreprocess = () => []\nexport default { preprocess: vitePreprocess() }\n",
		"tsconfig.json": `{"compilerOptions": {
	"strict": true, "module": "esnext", "moduleResolution": "bundler", "target": "esnext", "types": [],
	"verbatimModuleSyntax": true, "skipLibCheck": true, "lib": ["esnext", "dom"]
}, "include": ["src/**/*.ts", "src/**/*.svelte"]}`,
		"src/shout.ts": "export function shout(text: string): string {\n  return text.toUpperCase()\n}\n" +
			"export const wrong: number = shout('x')\n",
		"src/main.ts": "import { mount } from 'svelte'\nimport Hello from './Hello.svelte'\n" +
			"import { shout } from './shout'\n" +
			"const hello = mount(Hello, { target: document.body, props: { msg: shout('main') } })\n" +
			"hello.reset()\nhello.gone()\n",
		"src/Hello.svelte": `<script lang="ts">
  import { shout } from './shout'
  let { msg, size = 1 }: { msg: string; size?: number } = $props()
  export function reset(): void { count = 0 }
  let count = $state(0)
</script>

<!-- shout in a comment -->
<button onclick={() => count++}>shout {shout(msg)} {missing}</button>
{#snippet row(x: number)}<li>{shout(x)}</li>{/snippet}
{@render row(size)}
<style>
  .shout { color: red }
</style>
`,
		"src/App.svelte": `<script lang="ts">
  import Hello from './Hello.svelte'
  import { shout } from './shout'
  let hello: ReturnType<typeof Hello>
  const count: number = shout('one')
  $state.unknown(1)
</script>

<Hello msg={shout('two')} bind:this={hello} />
<Hello msg={3} nothing={1} />
<img src="x">
<p class="shout">shout {hello.reset()}</p>
`,
		// What only the compiler sees, with and without a language:
		"src/Broken.svelte": "<p>{#if true}</p>\n",
		"src/Typed.svelte":  "<script lang=\"ts\">\nlet a = 1\n</script>\n{#if}",
		"src/Rune.svelte":   "<script>\nfunction f() { $state(1) }\nf()\n</script>\n",
	})
	layFolder(t, filepath.Join(dir, "node_modules"),
		filepath.Join(indextest.NPMProject(t, "testdata/svelte"), "node_modules"))
	return dir
}

// A check has the errors and warnings of svelte-check, in components, of the compiler too, and in modules.
func TestSvelteIsCheckedLikeByItsOwnCommandLine(t *testing.T) {
	t.Parallel()
	indextest.Needs(t, "the servers svelte and typescript-svelte")
	dir := svelteProject(t)
	own := found(t, "svelte")
	want := commandLine(t, dir, `^\d+ ((?:ERROR|WARNING) "[^"]+") (\d+:\d+)`, own.Argv[0],
		filepath.Join(own.Dir, "node_modules/svelte-check/bin/svelte-check"),
		"--tsconfig", "tsconfig.json", "--output", "machine")
	b := do(t, engine(t, dir), api.Request{Op: "diag"})
	var got []string
	for _, d := range b.Facts.Diagnostics {
		if d.Severity == "error" || d.Severity == "warning" {
			level := strings.ToUpper(d.Severity)
			got = append(got, fmt.Sprintf("%s %q:%d:%d", level, d.URI, d.Range[0]+1, d.Range[1]+1))
		}
	}
	slices.Sort(got)
	if d := cmp.Diff(want, slices.Compact(got)); d != "" || len(want) < 9 || b.Evidence.State != bundle.Complete {
		t.Errorf("%d findings, evidence %v (-svelte-check +lanser)\n%s", len(want), b.Evidence, d)
	}
	for _, check := range b.Facts.Checks {
		for _, group := range check.Coverage {
			if group.State != bundle.CheckedState && len(group.Files) > 0 && group.Files[0] != "svelte.config.js" {
				t.Errorf("%s: %s: %s", group.Files, group.State, group.Reason)
			}
		}
	}
}

// The uses that the servers list for a minimal client, about published code, are those of the answer, which accounts
// for every word.
func TestUsesInSvelteAreThoseOfTheServers(t *testing.T) {
	t.Parallel()
	indextest.Needs(t, "the servers svelte and typescript-svelte")
	dir := npmCopy("svelte-sonner@1.2.1", "dist")(t)
	for _, name := range []string{"Icon", "Loader", "Toast", "Toaster"} { // the components themselves are asked about
		removeFile(t, filepath.Join(dir, "dist", name+".svelte.d.ts"))
	}
	indextest.Write(t, dir, "tsconfig.json", `{"compilerOptions": {"allowJs": true, "module": "esnext",
		"moduleResolution": "bundler", "target": "esnext"}, "include": ["dist"]}`)
	e := engine(t, dir)
	for _, tt := range []struct {
		server, file, word string
		least              int
	}{
		{"typescript-svelte", "dist/types.d.ts", "ToastT<T", 4},
		{"svelte", "dist/Toast.svelte", "isDocumentHidden =", 2},
		{"svelte", "dist/Toast.svelte", "toastState }", 5},
	} {
		srv, at := catalogue.Named(tt.server), found(t, tt.server)
		raw, err := json.Marshal(srv.Options)
		if err != nil {
			t.Fatal(err)
		}
		options := json.RawMessage(strings.ReplaceAll(string(raw), "{dir}", at.Dir))
		argv := []string{"env"}
		for name, value := range srv.UntrustedEnv {
			argv = append(argv, name+"="+value)
		}
		c := newRawClient(t, dir, t.TempDir(), append(argv, at.Argv...), nil, options, srv.LanguageID)
		c.open(tt.file)
		content := read(t, dir, tt.file)
		before := content[:strings.Index(content, tt.word)]
		line, char := strings.Count(before, "\n"), len(before)-strings.LastIndexByte(before, '\n')-1
		want := plainRaw(c.locations("textDocument/references", tt.file, rawPos{line, char}))
		sel := fmt.Sprintf("%s@L%d:C%d", tt.file, line+1, char+1)
		b := do(t, e, api.Request{Op: "refs", Selector: selector(sel)})
		isConfirmed := func(l bundle.Location) bool { return l.Confirmed }
		listed := slices.DeleteFunc(slices.Clone(b.Facts.References), isConfirmed)
		if d := cmp.Diff(want, places(listed)); d != "" || len(want) < tt.least {
			t.Errorf("%s: %d uses, evidence %v (-server +lanser)\n%s", sel, len(want), b.Evidence, d)
		}
	}
}

// After each edit of components and of modules, of files that nobody has open, servers that answered before give the
// bundles of fresh ones, and are still the same processes.
func TestEditsOfSvelteAreInTheNextAnswer(t *testing.T) {
	t.Parallel()
	indextest.Needs(t, "the servers svelte and typescript-svelte")
	dir := svelteProject(t)
	warm := thawed(t, dir)
	ask := func(name string) (uses int) {
		t.Helper()
		fresh, err := server.New(server.Config{Root: dir})
		if err != nil {
			t.Fatal(err)
		}
		defer fresh.Close()
		for _, q := range []api.Request{
			{Op: "refs", Selector: selector("src/Hello.svelte@L4:C19")},
			{Op: "diag", Paths: []string{"src/App.svelte", "src/main.ts"}},
		} {
			b, other := do(t, warm, q), do(t, fresh, q)
			if b.BundleID != other.BundleID {
				t.Errorf("%s: %s: (-fresh +warm)\n%s", name, q.Op, cmp.Diff(other.Facts, b.Facts))
			}
			if q.Op == "refs" {
				uses += len(b.Facts.References)
			}
		}
		return uses
	}
	pids := func() (out []int) {
		for _, p := range warm.Running() {
			out = append(out, p.PID)
		}
		slices.Sort(out)
		return out
	}
	before := ask("before")
	processes := pids()
	app := read(t, dir, "src/App.svelte")
	for _, tt := range []struct {
		name, file, content string
		more                int
	}{
		{"uses in markup and in a module", "src/App.svelte", app + "{hello.reset()}\n", 1},
		{
			"a new component", "src/New.svelte", "<script lang=\"ts\">\nimport Hello from './Hello.svelte'\n" +
				"let h: ReturnType<typeof Hello>\n</script>\n<Hello bind:this={h} />{h.reset()}\n", 2,
		},
		{"the component is gone", "src/New.svelte", "", 1},
	} {
		if tt.content == "" {
			removeFile(t, filepath.Join(dir, tt.file))
		} else {
			indextest.Write(t, dir, tt.file, tt.content)
		}
		if more := ask(tt.name) - before; more != tt.more {
			t.Errorf("%s: %d more uses, want %d", tt.name, more, tt.more)
		}
	}
	if now := pids(); !slices.Equal(now, processes) {
		t.Errorf("servers were started anew: %v, %v", processes, now)
	}
}

func removeFile(t *testing.T, file string) {
	t.Helper()
	if err := os.Remove(file); err != nil {
		t.Fatal(err)
	}
}
