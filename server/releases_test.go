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

	"github.com/google/go-cmp/cmp"

	"lanser/index/indextest"
	"lanser/selectors/fault"
	"lanser/server/api"
	"lanser/server/bundle"
	"lanser/server/catalogue"
	"lanser/server/install"
)

// usingTypeScript are the files of a project in a folder that uses a release of TypeScript. Until
// TypeScript 6 the types of node_modules/@types are taken without a word in tsconfig.json, and before
// TypeScript 7 baseUrl is an option; importsNotUsedAsValues is gone since 5.5.
func usingTypeScript(folder, version string) map[string]string {
	return map[string]string{
		folder + "/package.json": `{"devDependencies": {"typescript": "*"}}`,
		folder + "/package-lock.json": `{"lockfileVersion": 3, "packages": {
			"node_modules/typescript": {"version": "` + version + `"}}}`,
		folder + "/tsconfig.json": `{"compilerOptions": {"baseUrl": "src", "module": "commonjs",
			"importsNotUsedAsValues": "error", "strict": true}, "include": ["src"]}`,
		folder + "/src/a.ts": "import { b } from \"b\";\nexport const a: number = ambient() + b;\n",
		folder + "/src/b.ts": "export const b: number = \"\";\n",
		folder + "/node_modules/@types/ambient/package.json": `{"name": "@types/ambient", "version": "1.0.0"}`,
		folder + "/node_modules/@types/ambient/index.d.ts":   "declare function ambient(): number;\n",
	}
}

// manyReleases is a workspace of projects that use different releases of TypeScript.
func manyReleases() map[string]string {
	files := map[string]string{".gitignore": "node_modules\n"}
	for folder, version := range map[string]string{
		"four": "4.9.4", "five": "5.4.5", "six": "6.0.3", "seven": "7.0.2", "three": "3.9.10",
	} {
		for name, content := range usingTypeScript(folder, version) {
			files[name] = content
		}
	}
	return files
}

// gitFiles returns a folder with files in a git repository, which ignores what .gitignore names.
func gitFiles(t *testing.T, files map[string]string) string {
	t.Helper()
	dir := indextest.Files(t, files)
	if out, err := exec.Command("git", "-C", dir, "init", "-q").CombinedOutput(); err != nil {
		t.Fatalf("git init: %v\n%s", err, out)
	}
	return dir
}

// Each file of a workspace is checked by the release of TypeScript that its project uses.
func TestEachProjectIsCheckedByItsReleaseOfTypeScript(t *testing.T) {
	t.Parallel()
	indextest.Needs(t, "the servers typescript and typescript-language-server in all releases")
	b := do(t, engine(t, gitFiles(t, manyReleases())), api.Request{Op: "diag"})
	var got []string
	for _, d := range b.Facts.Diagnostics {
		got = append(got, fmt.Sprintf("%s:%d %s %s", d.URI, d.Range[0]+1, d.Severity, d.Code))
	}
	want := []string{
		"five/src/b.ts:1 error 2322",
		"five/tsconfig.json:2 error 5102", // importsNotUsedAsValues is gone
		"four/src/b.ts:1 error 2322",
		"seven/src/a.ts:1 error 2307", // without baseUrl
		"seven/src/a.ts:2 error 2304", // without the types of node_modules/@types
		"seven/src/b.ts:1 error 2322",
		"seven/tsconfig.json:1 error 5102",
		"seven/tsconfig.json:2 error 5023",
		"six/src/a.ts:2 error 2304",
		"six/src/b.ts:1 error 2322",
		"six/tsconfig.json:1 error 5101",
		"six/tsconfig.json:2 error 5102",
		"three/src/b.ts:1 error 2322",
	}
	if d := cmp.Diff(want, got); d != "" {
		t.Errorf("(-want +got)\n%s", d)
	}
	var checks []string
	for _, c := range b.Facts.Checks {
		checks = append(checks, fmt.Sprintf("%s %s: %d files", c.Server.Name, c.State, c.Files))
	}
	wantChecks := []string{
		"typescript complete: 2 files", "typescript-language-server complete: 2 files",
		"typescript-language-server-6 complete: 2 files", "typescript-language-server-4 heuristic: 4 files",
	}
	if d := cmp.Diff(wantChecks, checks); d != "" {
		t.Errorf("(-want +got)\n%s", d)
	}
	interpreter := &bundle.Tool{Name: "typescript typescript typescript", Version: "5.9.3 6.0.3 4.9.5"}
	if d := cmp.Diff(interpreter, b.Environment.Interpreter); d != "" {
		t.Errorf("(-want +got)\n%s", d)
	}
	for _, why := range []string{
		"the project uses TypeScript 5.4.5 (five/package-lock.json), and 5.9.3 answers",
		"the project uses TypeScript 3.9.10 (three/package-lock.json), and 4.9.5 answers",
	} {
		if !slices.Contains(b.Evidence.Reasons, why) {
			t.Errorf("the evidence does not say %q: %q", why, b.Evidence.Reasons)
		}
	}
	if b.Evidence.State != bundle.Heuristic || b.Meta.ExitCode != 1 {
		t.Errorf("%s, exit code %d", b.Evidence.State, b.Meta.ExitCode)
	}
}

// A request goes to the release that the project of the symbol's file uses.
func TestARequestGoesToTheReleaseOfTheProject(t *testing.T) {
	t.Parallel()
	indextest.Needs(t, "the servers typescript and typescript-language-server in all releases")
	e := engine(t, gitFiles(t, manyReleases()))
	for folder, want := range map[string]string{
		"four": "typescript-language-server-4", "five": "typescript-language-server",
		"six": "typescript-language-server-6", "seven": "typescript",
	} {
		b := do(t, e, api.Request{Op: "refs", Selector: selector("ts://" + folder + "/src/b#b")})
		var uses []string
		for _, r := range b.Facts.References {
			uses = append(uses, fmt.Sprintf("%s:%d", r.URI, r.Range[0]+1))
		}
		all := []string{folder + "/src/a.ts:1", folder + "/src/a.ts:2", folder + "/src/b.ts:1"}
		if folder == "seven" { // baseUrl is gone: the import names no file
			all = all[2:]
		}
		if d := cmp.Diff(all, uses); d != "" || b.Environment.Server.Name != want {
			t.Errorf("%s answers for %s: (-want +got)\n%s", b.Environment.Server.Name, folder, d)
		}
	}
}

// onlyServers has a test's engines find no other installed servers than the named ones.
func onlyServers(t *testing.T, names ...string) {
	t.Helper()
	dirs, err := install.UserDirs("")
	if err != nil {
		t.Fatal(err)
	}
	home := t.TempDir()
	for _, name := range names {
		srv := catalogue.Named(name)
		own := install.Dirs{Data: filepath.Join(home, "data")}.Dir(srv)
		if err := os.MkdirAll(filepath.Dir(own), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.CopyFS(own, os.DirFS(dirs.Dir(srv))); err != nil {
			t.Fatal(err)
		}
	}
	t.Setenv("LANSER_HOME", home)
}

// If the project's release is not installed, another one gives no verdict. It answers other requests, with the
// difference as a reason.
func TestAnotherMajorReleaseGivesNoVerdict(t *testing.T) {
	indextest.Needs(t, "the server typescript")
	onlyServers(t, "typescript")
	files := usingTypeScript("five", "5.4.5")
	files[".gitignore"] = "node_modules\n"
	files["own/package.json"] = `{}`
	files["own/a.ts"] = "export const own: number = 1;\n"
	files["own/tsconfig.json"] = `{}`
	dir := gitFiles(t, files)
	b := do(t, engine(t, dir), api.Request{Op: "diag"})
	var states []string
	for _, c := range b.Facts.Checks {
		for _, g := range c.Coverage {
			states = append(states, fmt.Sprintf("%d %s %s: %s; %s", len(g.Files), g.Language, g.State, g.Reason,
				g.Fix))
		}
	}
	want := []string{
		"1 TypeScript file checked: ; ",
		"2 TypeScript file unserved: typescript-language-server 5.3.0 with TypeScript 5.9.3 is not installed, and " +
			"the project uses TypeScript 5.4.5 (five/package-lock.json); " +
			"install it with: lanser servers install typescript-language-server",
	}
	if d := cmp.Diff(want, states); d != "" || b.Meta.ExitCode != fault.Incomplete.Exit() {
		t.Errorf("exit code %d (-want +got)\n%s", b.Meta.ExitCode, d)
	}
	b = do(t, engine(t, dir), api.Request{Op: "def", Selector: selector("ts://five/src/b#b")})
	why := "the project uses TypeScript 5.4.5 (five/package-lock.json), and 7.0.2 answers: " +
		"lanser servers install typescript-language-server"
	if b.Environment.Server.Name != "typescript" || b.Evidence.State != bundle.Partial ||
		!slices.Contains(b.Evidence.Reasons, why) {
		t.Errorf("%v: %v", b.Environment.Server, b.Evidence)
	}
	if _, err := engine(t, dir).Do(context.Background(), api.Request{Op: "diag", Paths: []string{"five"}}); !fault.Is(
		err, fault.NoServer,
	) {
		t.Errorf("%v", err)
	}
}

// A check of a real project has the verdict of its own compiler, with the types of its packages.
func TestAProjectOfTypeScript5HasItsCompilersVerdict(t *testing.T) {
	t.Parallel()
	indextest.Needs(t, "the server typescript-language-server")
	dir := indextest.Copy(t, indextest.NPMProject(t, "testdata/typescript5"))
	if err := os.CopyFS(filepath.Join(dir, "src"), os.DirFS(filepath.Join(indextest.RxJS(t), "src"))); err != nil {
		t.Fatal(err)
	}
	for name, content := range map[string]string{
		".gitignore": "node_modules\n",
		"tsconfig.json": `{"compilerOptions": {"target": "es2019", "module": "commonjs", "strict": true, "noEmit": true,
			"moduleResolution": "node10", "baseUrl": "."}, "include": ["src/internal", "own.ts"]}`,
		"own.ts": "import { of } from \"src/internal/observable/of\";\nimport { readFileSync } from \"fs\";\n" +
			"export const n: number = readFileSync(\"a\");\nexport const s: string = process.env.HOME;\n" +
			"of(1).subscribe((v: string) => v);\n",
	} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(content), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	b := do(t, engine(t, dir), api.Request{Op: "diag"})
	var got []string
	for _, d := range b.Facts.Diagnostics {
		if d.Severity == "error" {
			got = append(got, fmt.Sprintf("%s:%d", d.URI, d.Range[0]+1))
		}
	}
	const compiler = "node_modules/typescript/lib/tsc.js"
	own := commandLine(t, dir, `^(\S+?)\((\d+),\d+\): error`, "node", compiler, "--pretty", "false")
	slices.Sort(got)
	got = slices.Compact(got)
	if len(own) < 3 || !strings.Contains(strings.Join(own, " "), "own.ts:3") {
		t.Errorf("the compiler itself finds %q", own)
	}
	if d := cmp.Diff(own, got); d != "" || b.Environment.Server.Name != "typescript-language-server" ||
		b.Evidence.State != bundle.Complete {
		t.Errorf("%v, %v (-compiler +lanser)\n%s", b.Environment.Server, b.Evidence, d)
	}
}
