package catalogue_test

import (
	"fmt"
	"maps"
	"runtime"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"lanser/server/catalogue"
	"lanser/server/project"
)

// standings lists what a server's rules say of each of its files.
func standings(t *testing.T, server string, files written) map[string]string {
	t.Helper()
	srv := catalogue.Named(server)
	standing := srv.Standings(files)
	out := map[string]string{}
	for _, p := range files.Paths() {
		if srv.LanguageID(p) == "" {
			continue
		}
		switch s := standing(p); {
		case s.With:
			out[p] = "with others"
		case s.State == "":
			out[p] = "asked"
		default:
			out[p] = s.State + ": " + s.Reason
			if s.Guessed {
				out[p] += " (guessed)"
			}
		}
	}
	return out
}

// Files that the project's own configuration excludes do not count as files that the server failed to check.
func TestFilesThatAProjectExcludesAreKnownWithoutAServer(t *testing.T) {
	const ofDeno = "unserved: they are code for Deno, whose modules and types no server of lanser knows"
	constraints := "excluded: build constraints leave them out of the build for " + runtime.GOOS + "/" + runtime.GOARCH
	ignored := "excluded: the go command takes no packages from testdata and vendor, " +
		"nor from names that begin with _ or a dot"
	const inOut = "unserved: .clangd has clangd look for compile_commands.json in out alone, " +
		"and none is there (guessed)"
	noDatabase := "unserved: no compile_commands.json or compile_flags.txt says how they are compiled (guessed)"
	byDefault := "excluded: unless it is configured, " +
		"pyright leaves out node_modules, __pycache__ and names that begin with a dot"
	const withoutFolder = "unchecked: compile_commands.json has a command without \"directory\", " +
		"so that clangd passes over all of it"
	compiled := func(files ...string) string {
		var entries []string
		for _, f := range files {
			entries = append(entries, fmt.Sprintf(`{"directory":"/nowhere","file":%q,"command":"cc"}`, f))
		}
		return "[" + strings.Join(entries, ",") + "]"
	}
	for name, tt := range map[string]struct {
		server string
		files  written
		want   map[string]string
	}{
		"Go: constraints, tags and folders that the go command passes over": {"gopls", written{
			"go.mod": "module m\n", "a.go": "package m\n", "old.go": "//go:build !go1.18\n\npackage m\n",
			"i_test.go": "//go:build integration\n\npackage m\n", "gen.go": "//go:build ignore\n\npackage main\n",
			"a_plan9.go": "package m\n", "testdata/x/a.go": "package x\n", "vendor/v/v.go": "package v\n",
			"_old/a.go": "package old\n", "sub/.hidden/a.go": "package h\n", "testdata/x/go.mod": "module x\n",
		}, map[string]string{
			"go.mod": "asked", "a.go": "asked", "old.go": constraints, "i_test.go": constraints, "gen.go": constraints,
			"a_plan9.go": constraints, "testdata/x/a.go": ignored, "vendor/v/v.go": ignored, "_old/a.go": ignored,
			"sub/.hidden/a.go": ignored, "testdata/x/go.mod": ignored,
		}},
		"Python: no configuration": {"pyright", written{
			"a.py": "", ".github/scripts/a.py": "", "sub/node_modules/x/a.py": "", "env/pyvenv.cfg": "",
			"env/lib/a.py": "",
		}, map[string]string{
			"a.py": "asked", ".github/scripts/a.py": byDefault, "sub/node_modules/x/a.py": byDefault,
			"env/lib/a.py": "excluded: they are in a virtual environment",
		}},
		"Python: include and exclude of pyproject.toml": {"pyright", written{
			"pyproject.toml": "[tool.pyright]\ninclude = ['src', 'tools/*.py']\n" +
				"exclude = ['**/gen', 'src/old_*']\nignore = ['src/ugly.py']\n",
			"src/a.py": "", "src/gen/b.py": "", "src/old_1/c.py": "", "tools/d.py": "",
			"tools/sub/e.py": "", "docs/conf.py": "",
			"src/.x/f.py": "", "srcs/g.py": "", "src/ugly.py": "",
		}, map[string]string{
			"src/a.py":       "asked",
			"src/gen/b.py":   "excluded: exclude of [tool.pyright] in pyproject.toml leaves them out",
			"src/old_1/c.py": "excluded: exclude of [tool.pyright] in pyproject.toml leaves them out",
			"tools/d.py":     "asked",
			"tools/sub/e.py": "excluded: include of [tool.pyright] in pyproject.toml leaves them out",
			"docs/conf.py":   "excluded: include of [tool.pyright] in pyproject.toml leaves them out",
			"src/.x/f.py":    "asked",
			"srcs/g.py":      "excluded: include of [tool.pyright] in pyproject.toml leaves them out",
			"src/ugly.py":    "excluded: ignore of [tool.pyright] in pyproject.toml suppresses their findings",
		}},
		"Python: pyrightconfig.json goes before pyproject.toml": {"pyright", written{
			"pyrightconfig.json": "// comment\n{\"exclude\": [\"a.py\",],}",
			"pyproject.toml":     "[tool.pyright]\nexclude = ['b.py']\n",
			"a.py":               "", "b.py": "", "sub/a.py": "",
		}, map[string]string{
			"a.py": "excluded: exclude of pyrightconfig.json leaves them out", "b.py": "asked", "sub/a.py": "asked",
		}},
		"Python: a configuration that extends one that does not exist": {"pyright", written{
			"pyrightconfig.json": `{"extends": "config/base.json"}`, "config/base.json": `{"extends": "./gone.json"}`,
			"a.py": "",
		}, map[string]string{
			"a.py": "unchecked: pyright cannot read config/gone.json, which its configuration extends, " +
				"and fails without it",
		}},
		"Python: a configuration of others": {"pyright", written{
			"pyproject.toml": "[tool.black]\nexclude = 'x'\n[tool.pyright]\nstrict = ['a']\n", "a.py": "",
		}, map[string]string{"a.py": "asked"}},
		"TypeScript: code for Deno": {"typescript", written{
			"deno.json": "{}", "a.ts": "", "web/package.json": "{}", "web/b.ts": "", "edge/deno.jsonc": "{}",
			"edge/x/c.ts": "", "both/deno.json": "{}", "both/tsconfig.json": "{}", "both/d.ts": "",
		}, map[string]string{
			"a.ts": ofDeno, "web/b.ts": "asked", "edge/x/c.ts": ofDeno, "both/d.ts": "asked",
		}},
		"C: no database": {"clangd", written{
			"a.c": "#include \"a.h\"\n", "a.h": "",
		}, map[string]string{"a.c": noDatabase, "a.h": "with others"}},
		"C: a database that its build has not finished": {"clangd", written{
			"build/compile_commands.json": `[{"directory":"/x","file":"a.c",`, "a.c": "#include \"a.h\"\n", "a.h": "",
			"fine/compile_commands.json": compiled("fine/c.c"), "fine/b.c": "",
		}, map[string]string{
			"a.c":      "unchecked: build/compile_commands.json is not a list of commands in JSON",
			"a.h":      "unchecked: build/compile_commands.json is not a list of commands in JSON",
			"fine/b.c": "excluded: fine/compile_commands.json does not list them",
		}},
		"C: a database whose last write has failed": {"clangd", written{
			"compile_commands.json": "[{", "a.c": "",
		}, map[string]string{"a.c": "unchecked: compile_commands.json is not a list of commands in JSON"}},
		"C: a database with an error of syntax": {"clangd", written{
			"compile_commands.json": `[{"directory":`, "a.c": "",
		}, map[string]string{"a.c": "unchecked: compile_commands.json is not a list of commands in JSON"}},
		"C: a database with a command that says not where it is run": {"clangd", written{
			"compile_commands.json": strings.TrimSuffix(compiled("a.c"), "]") + `,{"file":"b.c","command":"cc b.c"}]`,
			"a.c":                   "", "b.c": "", "fine/compile_commands.json": compiled("file"), "fine/file.c": "",
		}, map[string]string{
			"a.c":         withoutFolder,
			"b.c":         withoutFolder,
			"fine/file.c": "excluded: fine/compile_commands.json does not list them",
		}},
		"C: a database of another checkout": {"clangd", written{
			"compile_commands.json": `[{"directory": "/elsewhere/build", "file": "../a.c", "command": "cc -c ../a.c"}]`,
			"a.c":                   "",
		}, map[string]string{
			"a.c": "unchecked: compile_commands.json lists no file of the workspace: it was written for another folder",
		}},
		"C: a database, and headers": {"clangd", written{
			"compile_commands.json": compiled("src/a.c"), "src/a.c": "#include \"a.h\"\n # include <lib/b.h>\n",
			"src/a.h":         "#include \"../c.h\"",
			"include/lib/b.h": "", "c.h": "", "unused.h": "", "other/b.h": "", "examples/e.cc": "",
		}, map[string]string{
			"src/a.c": "asked", "src/a.h": "with others", "include/lib/b.h": "with others", "c.h": "with others",
			"unused.h":      "excluded: no file that compile_commands.json lists includes them",
			"other/b.h":     "excluded: no file that compile_commands.json lists includes them",
			"examples/e.cc": "excluded: compile_commands.json does not list them",
		}},
		"C: compile_flags.txt is a build": {"clangd", written{
			"flags/compile_flags.txt": "-DX\n", "flags/a.c": "", "flags/sub/b.c": "", "c.c": "",
		}, map[string]string{"flags/a.c": "asked", "flags/sub/b.c": "asked", "c.c": noDatabase}},
		"C: .clangd names the folder of the database": {"clangd", written{
			".clangd":                         "CompileFlags:\n  CompilationDatabase: out/debug\n",
			"out/debug/compile_commands.json": compiled("a.c"),
			"a.c":                             "", "b.c": "",
		}, map[string]string{"a.c": "asked", "b.c": "excluded: out/debug/compile_commands.json does not list them"}},
		"C: clangd looks in the folder that .clangd names alone": {"clangd", written{
			".clangd":               "CompileFlags:\n  CompilationDatabase: out\n",
			"compile_commands.json": compiled("a.c"), "a.c": "",
			"sub/compile_commands.json": compiled("sub/b.c"), "sub/b.c": "",
			"mine/.clangd":                     "CompileFlags:\n  CompilationDatabase: .\n",
			"mine/build/compile_commands.json": compiled("mine/c.c"), "mine/c.c": "",
			"none/.clangd":               "CompileFlags:\n  CompilationDatabase: None\n",
			"none/compile_commands.json": compiled("none/d.c"), "none/d.c": "",
			"up/.clangd":               "CompileFlags:\n  CompilationDatabase: Ancestors\n",
			"up/compile_commands.json": compiled("up/e.c"), "up/e.c": "",
			"some/.clangd":               "If:\n  PathMatch: x.c\nCompileFlags:\n  CompilationDatabase: x\n",
			"some/compile_commands.json": compiled("some/f.c"), "some/f.c": "",
		}, map[string]string{
			"a.c": inOut, "sub/b.c": inOut, "mine/c.c": "asked",
			"none/d.c": "unserved: none/.clangd has clangd use no compile_commands.json (guessed)",
			"up/e.c":   "asked", "some/f.c": "asked",
		}},
		"C: clangd looks for compile_flags.txt in the folder that .clangd names alone": {"clangd", written{
			"compile_flags.txt": "-DX\n", "out/compile_flags.txt": "-DY\n", "a.c": "",
			"none/.clangd": "CompileFlags:\n  CompilationDatabase: None\n", "none/b.c": "",
			"in/.clangd":               "CompileFlags:\n  CompilationDatabase: out\n",
			"in/out/compile_flags.txt": "-DZ\n", "in/c.c": "",
			"not/.clangd": "CompileFlags:\n  CompilationDatabase: out\n", "not/d.c": "",
			"not/up/.clangd": "CompileFlags:\n  CompilationDatabase: Ancestors\n", "not/up/e.c": "",
		}, map[string]string{
			"a.c": "asked", "in/c.c": "asked", "not/up/e.c": "asked",
			"none/b.c": "unserved: none/.clangd has clangd use no compile_commands.json (guessed)",
			"not/d.c": "unserved: not/.clangd has clangd look for compile_commands.json in out alone, and none is " +
				"there (guessed)",
		}},
	} {
		t.Run(name, func(t *testing.T) {
			if d := cmp.Diff(tt.want, standings(t, tt.server, tt.files)); d != "" {
				t.Errorf("(-want +got)\n%s", d)
			}
		})
	}
}

// A check owes the files below a manifest of their language.
func TestAProjectIsAFolderWithAManifest(t *testing.T) {
	for name, tt := range map[string]struct {
		files written
		want  []string // files in projects
		any   bool
	}{
		"no manifest": {written{"a.go": "", "b.py": ""}, nil, false},
		"below its own language's alone": {
			written{
				"go.mod": "", "a.go": "", "sub/b.go": "", "x.py": "", "run.sh": "", "web/package.json": "",
				"web/w.ts": "", "t.ts": "",
			},
			[]string{"a.go", "go.mod", "sub/b.go", "web/w.ts"},
			true,
		},
		"copies of others' code and input of tests are nobody's project": {
			written{
				"go.mod": "", "a.go": "", "testdata/package.json": "", "testdata/x.ts": "", "vendor/v/v.go": "",
				"fixtures/py/pyproject.toml": "", "fixtures/py/a.py": "",
			},
			[]string{"a.go", "go.mod"},
			true,
		},
		"a compilation database in a build folder": {
			written{"c/build/compile_commands.json": `[{"directory":"/c","file":"a.c"}]`, "c/a.c": "", "d/b.c": ""},
			[]string{"c/a.c"},
			true,
		},
		"requirements of many names": {
			written{"requirements-dev.txt": "", "a.py": "", "pom.xml": "", "A.java": ""}, []string{
				"A.java",
				"a.py",
			}, true,
		},
	} {
		t.Run(name, func(t *testing.T) {
			projects := catalogue.ProjectsOf(tt.files)
			var got []string
			for _, p := range slices.Sorted(maps.Keys(tt.files)) {
				if l := project.LanguageOf(p); l != nil && projects.Has(l, p) {
					got = append(got, p)
				}
			}
			if d := cmp.Diff(tt.want, got); d != "" || projects.Any() != tt.any {
				t.Errorf("any: %t, (-want +got)\n%s", projects.Any(), d)
			}
		})
	}
}

// Every file that a tested server serves has a language, so that checks count it.
func TestEveryFileOfATestedServerHasALanguage(t *testing.T) {
	for _, srv := range catalogue.Servers {
		for name := range srv.LanguageIDs {
			file := name
			if strings.HasPrefix(name, ".") {
				file = "x" + name
			}
			if !srv.Untested && project.LanguageOf(file) == nil && project.DataLanguageOf(file) == nil {
				t.Errorf("%s serves %s, which is in no language", srv.Name, file)
			}
		}
	}
}

func TestFindingsThatFailTheLanguagesOwnCommandAreErrors(t *testing.T) {
	gopls, pyright := catalogue.Named("gopls"), catalogue.Named("pyright")
	native, tsserver := catalogue.Named("typescript"), catalogue.Named("typescript-language-server")
	for _, tt := range []struct {
		srv                    *catalogue.Server
		source, severity, want string
	}{
		{gopls, "printf", "warning", "error"},
		{gopls, "unusedresult", "warning", "error"},
		{gopls, "compiler", "error", "error"},
		{gopls, "embed", "warning", "error"}, // the compiler's own rules for go:embed
		{gopls, "bloop", "warning", "hint"},
		{gopls, "nilness", "warning", "warning"},
		{gopls, "rangeint", "hint", "hint"},
		{pyright, "printf", "warning", "warning"},
		{native, "ts", "warning", "error"}, // noUnusedLocals and the like: tsc fails on them
		{native, "ts", "hint", "hint"},
		{tsserver, "typescript", "warning", "error"},
		{tsserver, "typescript", "hint", "hint"},
	} {
		if got := tt.srv.Weight(tt.source, "", "", tt.severity); got != tt.want {
			t.Errorf("%s: %s %s is %s, want %s", tt.srv.Name, tt.source, tt.severity, got, tt.want)
		}
	}
}

// The server would read files that no project includes with default options, which nobody has chosen.
func TestTypeScriptFilesOutsideOfAllProjectsAreKnown(t *testing.T) {
	view := written{
		"tsconfig.json": `{"files": [], "references": [{"path": "tsconfig.app.json"}]}`, "tsconfig.app.json": "{}",
		"tsconfig.test.json": "{}", "vite.config.ts": "", "src/a.ts": "", "src/a.test.ts": "",
		"packages/b/tsconfig.json": "{}", "packages/b/src/b.ts": "", "packages/b/test/b.ts": "", "packages/b/e.js": "",
		"loose.d/x.ts": "", "faulty/tsconfig.json": "[", "faulty/f.ts": "",
	}
	set := func(files ...string) map[string]bool {
		out := map[string]bool{}
		for _, f := range files {
			out[f] = true
		}
		return out
	}
	var files []string
	for _, p := range view.Paths() {
		if catalogue.Named("typescript").LanguageID(p) != "" {
			files = append(files, p)
		}
	}
	root := "tsconfig.json does not include them, nor does another project above them or one that is referred to"
	b := "packages/b/" + root
	for name, tt := range map[string]struct {
		members map[string]map[string]bool
		want    map[string]string
		lacking []string
	}{
		"only the package is known": {
			map[string]map[string]bool{
				"packages/b/tsconfig.json": set("packages/b/src/b.ts"),
				"faulty/tsconfig.json":     nil,
			},
			map[string]string{
				"vite.config.ts": root, "src/a.ts": root, "src/a.test.ts": root, "loose.d/x.ts": root,
				"packages/b/test/b.ts": b, "packages/b/e.js": b,
			},
			[]string{"tsconfig.app.json", "tsconfig.json"},
		},
		"a project above includes what the nearest leaves out": {
			map[string]map[string]bool{
				"tsconfig.json": {}, "tsconfig.app.json": set("src/a.ts", "packages/b/test/b.ts"),
				"packages/b/tsconfig.json": set("packages/b/src/b.ts"), "faulty/tsconfig.json": nil,
			},
			map[string]string{
				"vite.config.ts": root, "src/a.test.ts": root, "loose.d/x.ts": root, "packages/b/e.js": b,
			},
			nil,
		},
		"a project that cannot be listed may have any file": {
			map[string]map[string]bool{
				"tsconfig.json": {}, "tsconfig.app.json": nil, "packages/b/tsconfig.json": {},
				"faulty/tsconfig.json": {},
			},
			map[string]string{},
			nil,
		},
	} {
		t.Run(name, func(t *testing.T) {
			outside, lacking := catalogue.Named("typescript").OutsideProjects(view, files, tt.members)
			got := map[string]string{}
			for p, s := range outside {
				got[p] = s.Reason
			}
			if d := cmp.Diff(tt.want, got); d != "" || !slices.Equal(lacking, tt.lacking) {
				t.Errorf("lacking %q, want %q; (-want +got)\n%s", lacking, tt.lacking, d)
			}
		})
	}
	for name, tt := range map[string]struct {
		view written
		want []string
	}{
		"scripts of a repository with several packages": {
			written{"package.json": `{"workspaces": ["p/*"]}`, "s/a.ts": "", "b.js": "", "p/a/tsconfig.json": "{}"},
			[]string{"s/a.ts"},
		},
		"a package that has no project itself": {
			written{"package.json": "{}", "src/a.ts": "", "example/tsconfig.json": "{}"}, nil,
		},
		"a repository of pnpm": {
			written{"package.json": "{}", "pnpm-workspace.yaml": "", "a.ts": "", "p/a/tsconfig.json": "{}"},
			[]string{"a.ts"},
		},
		"no project at all": {written{"package.json": `{"workspaces": ["p/*"]}`, "a.ts": ""}, nil},
		"a project that lists the file": {
			written{"package.json": `{"workspaces": []}`, "shared/a.ts": "", "p/tsconfig.json": "{}"}, nil,
		},
	} {
		members := map[string]map[string]bool{"p/a/tsconfig.json": {}, "p/tsconfig.json": {"shared/a.ts": true}}
		var files []string
		for _, p := range tt.view.Paths() {
			if catalogue.Named("typescript").LanguageID(p) != "" {
				files = append(files, p)
			}
		}
		outside, _ := catalogue.Named("typescript").OutsideProjects(tt.view, files, members)
		if got := slices.Sorted(maps.Keys(outside)); !slices.Equal(got, tt.want) {
			t.Errorf("%s: %q, want %q", name, got, tt.want)
		}
	}
	none, _ := catalogue.Named("typescript").OutsideProjects(written{"a.ts": ""}, []string{"a.ts"}, nil)
	if len(none) > 0 {
		t.Errorf("a workspace without projects: %v", none)
	}
}

func TestTheCompilersListOfAProjectsFilesIsDecoded(t *testing.T) {
	check := catalogue.Named("typescript").ProjectCheck
	for out, want := range map[string][]string{
		"/opt/lib/lib.es5.d.ts\n/ws/a b.ts\r\n": {"/opt/lib/lib.es5.d.ts", "/ws/a b.ts"},
		"error TS1: a\n/opt/lib/lib.es5.d.ts\n": nil,
		"/ws/a.ts\n":                            nil, // without a library
	} {
		got, ok := check.Members([]byte(out))
		if !slices.Equal(got, want) || ok != (want != nil) {
			t.Errorf("%q: %q, %t", out, got, ok)
		}
	}
}

func TestAnExistingComponentIsNotAMissingModule(t *testing.T) {
	view := written{"src/main.ts": "", "src/App.vue": "", "lib/ui/Button.svelte": "", "x/Page.astro": ""}
	typescript, gopls, vue := catalogue.Named("typescript"), catalogue.Named("gopls"), catalogue.Named("vue")
	for _, tt := range []struct {
		srv           *catalogue.Server
		code, message string
		want          string
	}{
		{typescript, "2307", "Cannot find module './App.vue' or its corresponding type declarations.", "src/App.vue"},
		{vue, "2307", "Cannot find module './App.vue' or its corresponding type declarations.", ""},
		{vue, "2307", "Cannot find module '../x/Page.astro' or its corresponding", "x/Page.astro"},
		{typescript, "2307", "Cannot find module '../x/Page.astro' or its corresponding", "x/Page.astro"},
		{typescript, "2307", "Cannot find module '@/ui/Button.svelte' or its", "lib/ui/Button.svelte"},
		{typescript, "2307", "Cannot find module './Gone.vue' or its corresponding type declarations.", ""},
		{typescript, "2307", "Cannot find module './main.ts' or its corresponding type declarations.", ""},
		{typescript, "2307", "Cannot find module '../../App.vue' or its corresponding type declarations.", ""},
		{typescript, "2305", "Cannot find module './App.vue'", ""},
		{gopls, "2307", "Cannot find module './App.vue'", ""},
	} {
		if got := tt.srv.Component(view, "src/main.ts", tt.code, tt.message); got != tt.want {
			t.Errorf("%s %s: %q, want %q", tt.code, tt.message, got, tt.want)
		}
	}
}

func TestAScriptsLanguageIsThatOfTheProgramInItsFirstLine(t *testing.T) {
	for content, want := range map[string]string{
		"#!/bin/sh\necho\n": "shell", "#!/usr/bin/env bash": "shell", "#! /usr/bin/env -S python3 -u\n": "python",
		"#!/usr/bin/node\n": "javascript", "#!/usr/local/bin/perl -w\n": "",
		"#!/usr/bin/env\n": "", "#!\n": "", "": "", "echo": "", "#!/usr/bin/make -f\n": "", "\n#!/bin/sh\n": "",
	} {
		got := ""
		if l := catalogue.LanguageOfScript([]byte(content)); l != nil {
			got = l.ID
		}
		if got != want {
			t.Errorf("%q is %q, want %q", content, got, want)
		}
	}
}

// The user's own server of a language is asked where no tested one is installed.
func TestAServerOfTheUserIsAskedWhereNoTestedOneIsInstalled(t *testing.T) {
	mine, err := catalogue.ParseUserServers("servers.toml", []byte(`
[[server]]
name = "mine"
command = ["mine"]
languages = { ".yaml" = "yaml", ".lua" = "lua", ".py" = "python", ".unheard" = "elm" }
`))
	if err != nil {
		t.Fatal(err)
	}
	catalogue.SetUserServers(mine)
	defer catalogue.SetUserServers(nil)
	for file, want := range map[string][]string{
		"a.yaml": {"yaml", "mine"}, "a.lua": {"mine", "lua", "emmylua"}, "a.py": {"pyright", "basedpyright", "mine"},
		"a.unheard": {"mine"}, "a.json": {"json"},
	} {
		var got []string
		for _, srv := range catalogue.For(file) {
			got = append(got, srv.Name)
		}
		if d := cmp.Diff(want, got); d != "" {
			t.Errorf("%s (-want +got)\n%s", file, d)
		}
	}
}

// Files of JSON that their programs read with comments are sent as such.
func TestFilesHaveTheDialectThatTheirProgramsRead(t *testing.T) {
	json := catalogue.Named("json")
	for file, want := range map[string]string{
		"a.json": "json", "package.json": "json", "a.jsonc": "jsonc", "tsconfig.json": "jsonc",
		"web/tsconfig.base.json": "jsonc", ".vscode/settings.json": "jsonc", "settings.json": "json",
		".devcontainer/devcontainer.json": "jsonc", "tsconfig.js": "", "a.txt": "",
	} {
		if got := json.LanguageID(file); got != want {
			t.Errorf("%s is %q, want %q", file, got, want)
		}
	}
}

// What a server cannot know is no error of the file.
func TestFindingsThatSayNothingOfTheFileAreNoErrors(t *testing.T) {
	for _, tt := range []struct{ server, source, code, message, severity, want string }{
		{"yaml", "YAML", "0", "Unresolved tag: !Ref", "error", "information"},
		{"yaml", "YAML", "768", "Unable to load schema from 'https://ex.com': No content.", "error", "information"},
		{"yaml", "YAML", "0", "Map keys must be unique", "error", "error"},
		{"json", "json", "65536", "Unable to load schema from 'x'", "warning", "information"},
		{"json", "json", "519", "Trailing comma", "error", "error"},
		{"json", "jsonc", "519", "Trailing comma", "warning", "information"},
		{"toml", "Tombi", "expected-value", "expected value", "error", "error"},
		{"toml", "Tombi", "key-not-allowed", "\"foo\" is not allowed", "error", "warning"},
		{"toml", "Tombi", "deprecated", "deprecated", "hint", "hint"},
		{"clangd", "clangd", "unused-includes", "Included header a.h is not used directly", "warning", "hint"},
		{"clangd", "clang", "-Wunused-variable", "unused variable 'x'", "warning", "warning"},
		{"html", "javascript", "", "';' expected.", "error", "warning"},
		{"html", "css", "css-rcurlyexpected", "} expected", "error", "error"},
	} {
		if got := catalogue.Named(tt.server).Weight(tt.source, tt.code, tt.message, tt.severity); got != tt.want {
			t.Errorf("%s: %s is %s, want %s", tt.server, tt.message, got, tt.want)
		}
	}
}
