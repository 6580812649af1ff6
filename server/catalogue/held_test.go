package catalogue_test

import (
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"lanser/index/indextest"
	"lanser/server/catalogue"
	"lanser/server/install"
	"lanser/server/programs"
	"lanser/server/project/projecttest"
	"lanser/server/trace"
)

// written is a view of files with their contents.
type written = projecttest.Files

// A file that mentions a name is only opened if no open file loads its project.
func TestFilesOfALoadedProjectNeedNotBeOpened(t *testing.T) {
	typescript := catalogue.Named("typescript")
	files := written{
		"tsconfig.json": `{"exclude": ["old"]}`, "old/a.ts": "", "src/a.ts": "", "src/b.ts": "", "src/b.d.ts": "",
		"src/c.tsx": "", "src/c.d.ts": "", "src/d.d.ts": "", "src/e.js": "", "src/f.ts": "\ufeff",
		"app/jsconfig.json": `{}`, "app/a.ts": "", "app/b.ts": "", "own/tsconfig.json": `{"extends": "../base.json"}`,
		"own/a.ts": "", "own/b.ts": "",
	}
	var mention []string
	for p := range files {
		if typescript.LanguageID(p) != "" {
			mention = append(mention, p)
		}
	}
	got, short := typescript.Openings(files, "src/b.ts", nil, mention)
	want := []string{
		"app/a.ts", "app/b.ts", "old/a.ts", "own/a.ts", "own/b.ts", "src/a.ts", "src/b.d.ts", "src/b.ts",
		"src/c.d.ts", "src/e.js", "src/f.ts",
	}
	if d := cmp.Diff(want, got); d != "" || short != "" {
		t.Errorf("%s (-want +got)\n%s", short, d)
	}
}

// Each file that is assumed to belong to a project is in the compiler's list of its files. The reverse only has to
// hold for the simplest configuration.
func TestHeldFilesAreThoseThatTheCompilerLists(t *testing.T) {
	indextest.Needs(t, "the server typescript")
	typescript := catalogue.Named("typescript")
	dirs, err := install.UserDirs("")
	if err != nil {
		t.Fatal(err)
	}
	found, err := install.Find(dirs, typescript, programs.For(""))
	if err != nil {
		t.Fatal(err)
	}
	files := []string{
		"a.ts", "a.d.ts", "b.tsx", "b.d.ts", "c.d.ts", "d.mts", "d.d.mts", "e.cts", "f.js", "g.ts", "g.tsx", ".h.ts",
		"src/a.ts", "src/b.spec.ts", "src/b.test.tsx", "src/deep/a.ts",
		"src/deep/er/a.ts", "src/v1.2/a.ts", "src/.hidden/a.ts", "src/node_modules/m/a.ts", "node_modules/m/a.ts",
		"lib/a.ts", "lib/x/a.ts", "dist/a.ts", "dist/a.d.ts", "old/a.ts",
		"distant/a.ts", "src/old/a.ts", "bower_components/a.ts", "sub/tsconfig.json", "sub/a.ts", "js/jsconfig.json",
		"js/a.ts", "a.min.ts",
	}
	for _, config := range []string{
		`{}`,
		`{"include": ["src"]}`, `{"include": ["./src/"]}`, `{"include": ["src/*"]}`, `{"include": ["src/**"]}`,
		`{"include": ["src/**/*"]}`, `{"include": ["**/*.spec.ts"]}`,
		`{"include": ["src/v1.2"]}`, `{"include": ["src/v1.2/*"]}`, `{"include": ["src", "lib/?"]}`,
		`{"include": ["lib/?.ts"]}`, `{"include": ["*"]}`, `{"include": ["**/a.ts"]}`,
		`{"include": ["."]}`, `{"include": ["./"]}`, `{"include": ["src/deep/../old"]}`, `{"include": ["s*c"]}`,
		`{"include": ["s*c/*"]}`, `{"include": ["**/deep"]}`, `{"include": ["*.ts"]}`,
		`{"include": ["${configDir}/src"]}`, `{"include": []}`, `{"include": ["src/*.ts"], "files": ["lib/a.ts"]}`,
		`{"exclude": ["src"]}`, `{"exclude": ["src/*"]}`, `{"exclude": ["**/old"]}`, `{"exclude": ["old"]}`,
		`{"exclude": ["**/*.spec.ts", "**/*.test.*"]}`, `{"exclude": []}`,
		`{"exclude": ["./src/deep/"]}`, `{"exclude": ["src/d*"]}`, `{"exclude": ["${configDir}/old"]}`,
		`{"exclude": ["**/a.ts"]}`, `{"exclude": ["dist"], "compilerOptions": {"outDir": "old"}}`,
		`{"compilerOptions": {"outDir": "dist"}}`,
		`{"compilerOptions": {"outDir": "./dist/", "declarationDir": "lib"}}`,
		`{"compilerOptions": {"outDir": "${configDir}/dist"}}`,
		`{"compilerOptions": {"outDir": "."}}`, `{"compilerOptions": {"allowJs": true}}`,
		`{"compilerOptions": {"rootDir": "src"}, "include": ["src"]}`,
		`{"files": ["a.ts", "./lib/a.ts"]}`, `{"files": []}`, `{"files": ["src/a.ts"], "exclude": ["src"]}`,
		`{"files": ["a.ts"], "include": ["src"]}`,
	} {
		v := written{"tsconfig.json": config}
		for _, f := range files {
			v[f] = "export {};\n"
		}
		v["sub/tsconfig.json"], v["js/jsconfig.json"] = `{}`, `{}`
		dir := indextest.Files(t, v)
		cmd := exec.Command(found.Argv[0], "--listFilesOnly", "--noLib", "--types", "", "-p", dir)
		cmd.Dir = dir
		out, _ := cmd.Output() // that there is nothing to compile is an error
		own := map[string]bool{}
		for line := range strings.Lines(string(out)) {
			if rel, err := filepath.Rel(dir, strings.TrimSpace(line)); err == nil {
				own[filepath.ToSlash(rel)] = true
			}
		}
		held := 0
		for _, p := range v.Paths() {
			if !typescript.Holds(v, p) || strings.HasPrefix(p, "sub/") { // which is of a project of its own
				continue
			}
			if held++; !own[p] {
				t.Errorf("%s: %s is held, and the compiler takes it for no part of the project", config, p)
			}
		}
		if config == `{}` && held < 12 || config == `{"include": ["src"]}` && held < 6 {
			t.Errorf("%s: only %d files are held", config, held)
		}
	}
}

// Which files need not be open for their findings: those that gopls loads by itself, for this build.
func TestClosedFilesAreCheckedThatTheServerHolds(t *testing.T) {
	files := written{
		"go.mod": "module ex.com/m\n", "a.go": "package m\n", "b_plan9.go": "package m\n", "c.go": "\ufeffpackage m\n",
		"testdata/d.go": "package d\n", "other/go.mod": "module ex.com/o\n", "other/e.go": "package e\n",
		"sub/f_test.go": "package sub\n", "tsconfig.json": "{}", "g.ts": "",
	}
	want := map[string][]string{"gopls": {"a.go", "sub/f_test.go"}, "typescript": nil, "pyright": nil}
	for name, closed := range want {
		var got []string
		for _, p := range files.Paths() {
			if catalogue.Named(name).ChecksClosed(files, p) {
				got = append(got, p)
			}
		}
		if d := cmp.Diff(closed, got); d != "" {
			t.Errorf("%s (-want +got)\n%s", name, d)
		}
	}
}

// A script that bash-language-server certainly reads at its start need not be closed after a question, except in traces
// before version 14 of the format.
func TestScriptsThatTheServerReadsAtItsStartAreHeld(t *testing.T) {
	bash := catalogue.Named("bash-language-server")
	files := written{
		"a.sh": "#!/bin/bash\n", "lib/b.bash": "f() { :; }\n", ".hidden/c.sh": "f\n", "d.sh": "#!/usr/bin/python3\n",
		"e.sh": "# shellcheck shell=bats\n", "f.sh": "\ufefff\n",
	}
	var held, before []string
	for _, p := range files.Paths() {
		if bash.Holds(files, p) {
			held = append(held, p)
		}
		if bash.AsOf(trace.OpenScripts-1).Holds(files, p) {
			before = append(before, p)
		}
	}
	if d := cmp.Diff([]string{"a.sh", "lib/b.bash"}, held); d != "" || before != nil {
		t.Errorf("before version 14 %q (-want +got)\n%s", before, d)
	}
}
