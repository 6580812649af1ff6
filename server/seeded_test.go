package server_test

import (
	"encoding/json"
	"fmt"
	"maps"
	"path"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"lanser/index/indextest"
	"lanser/server/api"
)

// faults are files with one fault each, of every kind that the native command line of a language finds. They lie in
// folders of their own where one fault would hide another.
var faults = []struct {
	language string
	files    map[string]string // that the faults need
	faults   map[string]string // by file
	native   []nativeCheck
}{
	{
		language: "Go",
		files:    map[string]string{"go.mod": goMod, "a.go": "package h\n"},
		native:   []nativeCheck{goVetEach},
		faults: map[string]string{
			"import/a.go":    "package a\n\nimport _ \"example.com/absent\"\n",
			"type/a.go":      "package a\n\nvar X int = \"\"\n",
			"unused/a.go":    "package a\n\nfunc f() {\n\tx := 1\n}\n",
			"dead/a.go":      "package a\n\nfunc F() int {\n\treturn 1\n\tprintln()\n\treturn 2\n}\n",
			"syntax/a.go":    "package a\n\nfunc f( {}\n",
			"embed/a.go":     "package a\n\nimport _ \"embed\"\n\n//go:embed absent\nvar X string\n",
			"locks/a.go":     "package a\n\nimport \"sync\"\n\nfunc F(m sync.Mutex) {}\n",
			"tag/a.go":       "package a\n\ntype T struct {\n\tX int `json:x`\n}\n",
			"printf/a.go":    "package a\n\nimport \"fmt\"\n\nfunc F() { fmt.Printf(\"%d\\n\", \"x\") }\n",
			"test/a_test.go": "package a\n\nfunc TestA(x int) {}\n",
		},
	},
	{
		language: "Python", files: map[string]string{"pyproject.toml": "[project]\nname = \"m\"\nversion = \"1\"\n"},
		native: []nativeCheck{pyrightProject},
		faults: map[string]string{
			"syntax.py": "def f(:\n    pass\n", "name.py": "x = missing\n", "type.py": "x: int = ''\n",
			"member.py": "''.missing()\n", "call.py": "len()\n", "argument.py": "abs('')\n",
			"returns.py": "def f() -> int:\n    pass\n", "optional.py": "import re\n\nre.match('', '').group()\n",
			"override.py": "class A:\n    def f(self, x: int): ...\n\n\nclass B(A):\n    def f(self): ...\n",
			"index.py":    "x = 1\nx[0]\n",
			"again.py":    "def f(x: int): ...\ndef f(x: str): ...\n",
			"abstract.py": "from abc import ABC, abstractmethod\n\n\n" +
				"class A(ABC):\n    @abstractmethod\n    def f(self): ...\n\n\nA()\n",
			"await.py":      "def f():\n    await g()\n\n\nasync def g(): ...\n",
			"key.py":        "from typing import TypedDict\n\n\nclass T(TypedDict):\n    a: int\n\n\nt: T = {}\n",
			"p/relative.py": "from . import absent\n", "operator.py": "1 + ''\n", "unbound.py": "del x\nx\n",
		},
	},
	{
		language: "TypeScript",
		files: map[string]string{"tsconfig.json": `{"compilerOptions": {
			"strict": true, "noEmit": true, "module": "esnext",
			"moduleResolution": "bundler",
			"types": [], "target": "esnext",
			"noUnusedLocals": true, "allowUnreachableCode": false, "noImplicitReturns": true, "jsx": "preserve"
		}}`, "package.json": `{"devDependencies": {"typescript": "7.0.2"}}`},
		native: []nativeCheck{pinnedTSC},
		faults: map[string]string{
			"type.ts": "export const a: number = '';\n", "name.ts": "export const a = missing;\n",
			"property.ts": "export const a = ''.missing;\n", "call.ts": "export const a = parseInt();\n",
			"module.ts": "export * from './absent';\n",
			"unused.ts": "const a = 1;\nexport {};\n", "any.ts": "export function f(x) { return x; }\n",
			"null.ts":       "export function f(x: string | null) { return x.length; }\n",
			"dead.ts":       "export function f() { return 1; f(); }\n",
			"again.ts":      "export let a = 1;\nexport let a = 2;\n",
			"return.ts":     "export function f(x: number) { if (x) { return 1; } }\n",
			"const.ts":      "const a = 1;\na = 2;\nexport { a };\n",
			"member.ts":     "import { b } from './type';\nexport const c = b;\n",
			"class.ts":      "export class A { x: number; }\n",
			"view.tsx":      "export const a = <p x={missing} />;\n",
			"implements.ts": "interface I { f(): void; }\nexport class A implements I {}\n",
		},
	},
	{
		language: "TypeScript, syntax", // of which the compiler reports nothing else
		files:    map[string]string{"tsconfig.json": `{"compilerOptions": {"types": []}}`},
		native:   []nativeCheck{pinnedTSC}, faults: map[string]string{"syntax.ts": "export const a = ;\n"},
	},
	{
		language: "C",
		native:   []nativeCheck{compilers("compile_commands.json")},
		files:    map[string]string{"ok.h": "struct s { int x; };\n"},
		faults: map[string]string{
			"name.c": "int f(void) { return missing; }\n", "syntax.c": "int f(void) { return 1 + ; }\n",
			"header.c": "#include \"absent.h\"\n", "arguments.c": "int g(int); int f(void) { return g(); }\n",
			"member.c":   "#include \"ok.h\"\nint f(struct s *s) { return s->y; }\n",
			"again.c":    "int f(void) { return 1; }\nint f(void) { return 2; }\n",
			"conflict.c": "int f(int);\nchar *f(int x) { return 0; }\n", "error.c": "#error no\n",
			"assign.c": "void f(void) { 1 = 2; }\n", "case.c": "void f(int x) { switch (x) { case 1: case 1: ; } }\n",
			"struct.c":     "struct t; struct t x;\n",
			"operator.c":   "#include \"ok.h\"\nint f(struct s s) { return s + 1; }\n",
			"function.h.c": "_Static_assert(0, \"no\");\n", "label.c": "void f(void) { goto end; }\n",
		},
	},
	{
		language: "C++", native: []nativeCheck{compilers("compile_commands.json")}, files: map[string]string{
			"ok.h": "#pragma once\nclass A { int x; public: A(const A &) = delete; A(); };\n",
		},
		faults: map[string]string{
			"name.cc": "int f() { return missing; }\n", "header.cc": "#include \"absent.h\"\n",
			"const.cc":     "void f() { const int x = 1; x = 2; }\n",
			"private.cc":   "#include \"ok.h\"\nint f(A &a) { return a.x; }\n",
			"deleted.cc":   "#include \"ok.h\"\nA f(A &a) { return a; }\n",
			"assert.cc":    "static_assert(false, \"no\");\n",
			"overload.cc":  "void g(int, int); void f() { g(\"\"); }\n",
			"member.cc":    "struct B {}; int f(B b) { return b.x; }\n",
			"template.cc":  "template <class T> int g(T t) { return t.x; }\nint f() { return g(1); }\n",
			"ambiguous.cc": "void g(long); void g(char); void f() { g(1.5); }\n",
			"syntax.cc":    "int f() { return ); }\n", "conversion.cc": "int *f() { return \"\"; }\n",
			"abstract.cc": "struct C { virtual void f() = 0; }; C c;\n",
		},
	},
	{
		language: "Rust", native: []nativeCheck{cargoKeepsGoing}, files: manifests(rustFaults), faults: rustFaults,
	},
	{
		language: "shell", native: []nativeCheck{shellcheckErrors},
		faults: map[string]string{
			"dialect.sh": "echo\n", "quotes.sh": "#!/bin/sh\nf $@\n", "syntax.sh": "#!/bin/sh\nif true; then\n",
			"exit.sh":    "#!/bin/sh\nexit bad\n",
			"assign.sh":  "#!/bin/sh\n$x=1\n",
			"space.sh":   "#!/bin/sh\nif [x = y ]; then :; fi\n",
			"shebang.sh": "#!/bin/perl\nprint;\n", "array.bash": "#!/bin/bash\na=(1)\nf ${a[@]}\n",
		},
	},
}

// rustFaults are crates with one fault each: the compiler does not come to check borrows where types are wrong.
var rustFaults = map[string]string{
	"type/src/lib.rs":   "pub fn f() -> u32 {\n    \"\"\n}\n",
	"moved/src/lib.rs":  "pub fn f() {\n    let s = String::new();\n    drop(s);\n    drop(s);\n}\n",
	"borrow/src/lib.rs": "pub fn f(v: &mut Vec<u8>) {\n    let x = &v[0];\n    v.push(1);\n    drop(x);\n}\n",
	"name/src/lib.rs":   "pub fn f() {\n    missing();\n}\n",
	"import/src/lib.rs": "use std::absent;\n",
	"arm/src/lib.rs":    "pub fn f(x: Option<u8>) {\n    match x {\n        None => (),\n    }\n}\n",
	"bound/src/lib.rs":  "pub fn f<T>(x: T) -> T {\n    x.clone()\n}\n",
	"mutate/src/lib.rs": "pub fn f() {\n    let x = 1;\n    x = 2;\n    drop(x);\n}\n",
	"life/src/lib.rs":   "pub fn f() -> &str {\n    \"\"\n}\n",
	"module/src/lib.rs": "mod absent;\n",
	"syntax/src/lib.rs": "pub fn f( {}\n",
	"tests/src/lib.rs":  "#[cfg(test)]\nmod tests {\n    #[test]\n    fn f() {\n        missing();\n    }\n}\n",
	"lint/src/lib.rs":   "#![deny(unused_variables)]\npub fn f() {\n    let x = 1;\n}\n",
}

// manifests are those of a workspace of crates whose code is given.
func manifests(code map[string]string) map[string]string {
	files := map[string]string{"Cargo.toml": "[workspace]\nresolver = \"2\"\nmembers = [\"*\"]\n"}
	for source := range code {
		name, _, _ := strings.Cut(source, "/")
		files[name+"/Cargo.toml"] = "[package]\nname = \"c-" + name + "\"\nversion = \"0.1.0\"\nedition = \"2021\"\n"
	}
	return files
}

// goVetEach is go vet for each package in a folder of its own: what cannot be imported ends a run about all.
var goVetEach = nativeCheck{
	nativeCommand: command("", "sh", "-c", "for dir in */; do go vet ./$dir; done"), read: goVet("").read,
}

// cargoKeepsGoing is cargo check for a workspace, which goes on after a crate with an error.
var cargoKeepsGoing = nativeCheck{
	nativeCommand: command("", append(slices.Clone(cargoProject.argv), "--keep-going")...), read: cargoProject.read,
}

// pinnedTSC is the pinned native compiler of TypeScript.
var pinnedTSC = typeScript("", "typescript")

// What the compiler of a C file only warns of is no error, whatever clang makes of it.
func TestWhatTheCompilerOfAFileOnlyWarnsOfIsNoError(t *testing.T) {
	t.Parallel()
	indextest.Needs(t, "the server clangd, and gcc")
	code := map[string]string{
		"implicit.c": "int f(void) { return g(); }\n", "int.c": "f(void) { return 1; }\n",
		"conversion.c": "char *f(void) { return 1; }\n", "pointers.c": "int *f(char *x) { return x; }\n",
		"return.c": "int f(void) { return; }\n", "name.c": "int f(void) { return missing; }\n",
	}
	for _, flags := range []string{"", "-std=c89", "-std=c99", "-std=gnu17", "-Werror=implicit-function-declaration"} {
		dir := indextest.Files(t, code)
		layCommands(t, dir, code, "gcc "+flags, "")
		native := (&judgedCode{native: []nativeCheck{compilers("compile_commands.json")}}).nativeVerdict(t, dir)
		b := do(t, engine(t, dir), api.Request{Op: "diag"})
		var own []string
		for _, d := range b.Facts.Diagnostics {
			if d.Severity == "error" {
				own = append(own, fmt.Sprintf("%s:%d", d.URI, d.Range[0]+1))
			}
		}
		if len(flags) > 0 && strings.HasPrefix(flags, "-Werror") {
			native.errors = append(native.errors, "implicit.c:1") // -w, which the other commands need, takes it back
			slices.Sort(native.errors)
		}
		if !slices.Equal(own, native.errors) {
			t.Errorf("%q: got %q, want %q", flags, own, native.errors)
		}
	}
}

// A file that the build compiles by several commands has what its compilers find by each of them.
func TestAFileOfCIsCompiledByEachOfItsCommands(t *testing.T) {
	t.Parallel()
	indextest.Needs(t, "the server clangd, and gcc")
	for _, tt := range []struct {
		name, code string
		commands   []string
		errors     []string
	}{
		{
			"by the second alone", "#ifdef B\nint x = zz;\n#endif\n",
			[]string{"gcc -DA", "gcc -DB"},
			[]string{"a.c:2"},
		},
		{
			"by the first alone", "#ifdef A\nint x = zz;\n#endif\n",
			[]string{"gcc -DA", "gcc -DB"},
			[]string{"a.c:2"},
		},
		{
			"by each another one", "#ifdef A\nint x = yy;\n#else\nint x = zz;\n#endif\nint y = ww;\n",
			[]string{"gcc -DA", "gcc -DB"},
			[]string{"a.c:2", "a.c:4", "a.c:6"},
		},
		{
			"a warning of the compiler that is an error of clang", "#ifdef B\nint f(void) { return g(); }\n#endif\n",
			[]string{"gcc -DA", "gcc -DB"},
			nil,
		},
		{
			"the same, and an error by the other command",
			"#ifdef B\nint f(void) { return g(); }\n#else\nint x = zz;\n#endif\n",
			[]string{"gcc -DA", "gcc -DB"},
			[]string{"a.c:4"},
		},
		{
			"warnings are errors by the second", "#ifdef B\nstatic int x;\n#endif\n",
			[]string{"gcc -Wall", "gcc -Wall -Werror -DB"},
			[]string{"a.c:2"},
		},
		{
			"warnings are errors by the first, which has none", "#ifdef B\nstatic int x;\n#endif\n",
			[]string{"gcc -Wall -Werror", "gcc -Wall -DB"},
			nil,
		},
		{
			"warnings that come after the file is read", "static int x;\nint f(void) {\n\tint y;\n\treturn y;\n}\n" +
				"static void g(void) {}\n",
			[]string{"gcc -Wall -Werror -O2"},
			[]string{"a.c:1", "a.c:4", "a.c:6"},
		},
		{
			"a warning of the second, which optimises", "static int t[2];\nint f(void) {\n\tint s = 0;\n" +
				"\tfor (int i = 0; i < 4; i++) s += t[i];\n\tt[0] = s;\n\treturn s;\n}\n",
			[]string{"gcc -Wall -Werror -O0", "gcc -Wall -Werror -O2"},
			[]string{"a.c:4", "a.c:4", "a.c:4"},
		},
		{
			"what clang cannot read",
			"int f(int n) {\n\tint g(void) { return n; }\n\treturn g();\n}\n#ifdef B\nint x = zz;\n#endif\n",
			[]string{"gcc -DA", "gcc -DB"},
			[]string{"a.c:6"},
		},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			dir := indextest.Files(t, map[string]string{"a.c": tt.code})
			var entries []map[string]string
			for _, command := range tt.commands {
				entries = append(entries, map[string]string{
					"directory": dir, "file": "a.c", "command": command + " -c a.c",
				})
			}
			raw, err := json.Marshal(entries)
			if err != nil {
				t.Fatal(err)
			}
			indextest.Write(t, dir, "compile_commands.json", string(raw))
			b := do(t, engine(t, dir), api.Request{Op: "diag"})
			var errors []string
			for _, d := range b.Facts.Diagnostics {
				if d.Severity == "error" {
					errors = append(errors, fmt.Sprintf("%s:%d", d.URI, d.Range[0]+1))
				}
			}
			exit := min(len(tt.errors), 1)
			if !slices.Equal(errors, tt.errors) || b.Meta.ExitCode != exit {
				t.Errorf("exit %d, %q, want %d and %q\n%+v", b.Meta.ExitCode, errors, exit, tt.errors, b.Evidence)
			}
		})
	}
}

// Compilers find some faults only after they have read a file, which clangd does not do.
func TestWhatCompilersFindAfterReadingIsFound(t *testing.T) {
	t.Parallel()
	indextest.Needs(t, "the server clangd, gcc, and a processor of x86")
	code := map[string]string{
		"error.c": "extern void no(void) __attribute__((error(\"no\")));\n" +
			"int f(int x) {\n\tif (sizeof x == 4) no();\n\treturn 1;\n}\n",
		"other.c": "extern void no(void) __attribute__((error(\"no\")));\n" +
			"int f(int x) {\n\tif (sizeof x != 4) no();\n\treturn 1;\n}\n",
		"check.h": "#define SAYS(m) __attribute__((noreturn, __error__(m)))\n" +
			"#define CHECK(c) \\\n\tdo { SAYS(\"no\") extern void no(void); if (!(c)) no(); } while (0)\n",
		"header.c": "#include \"check.h\"\nvoid f(void) { CHECK(sizeof(int) == 8); }\n",
		"list.c": "#include <stdarg.h>\nstatic inline __attribute__((always_inline)) int g(int n, ...)\n{\n" +
			"\tva_list a;\n\tva_start(a, n);\n\tva_end(a);\n\treturn n;\n}\nint f(int x) { return g(1, x); }\n",
		"body.c":     "__attribute__((always_inline)) inline int g(int n);\nint f(int x) { return g(x); }\n",
		"operand.c":  "void f(int x) { asm(\"mov %0, %%eax\" : : \"i\"(x)); }\n",
		"assembly.c": "void f(void) { __asm__ __volatile__(\"frobnicate\"); }\n",
		"named.c": "int f(int x) __asm__(\"named\");\n" +
			"int f(int x) { asm volatile(\"\" ::: \"memory\"); return x; }\n",
		"alias.c":  "int f(void) __attribute__((alias(\"gone\")));\n",
		"vector.c": "#include <immintrin.h>\nvoid f(__m256i *a) { *a = _mm256_add_epi32(*a, *a); }\n",
	}
	dir := indextest.Files(t, code)
	layCommands(t, dir, code, "gcc -O2", "")
	b := do(t, engine(t, dir), api.Request{Op: "diag"})
	var found []string
	for _, d := range b.Facts.Diagnostics {
		if d.Severity == "error" {
			found = append(found, fmt.Sprintf("%s:%d", path.Base(d.URI), d.Range[0]+1))
		}
	}
	want := []string{
		"alias.c:1", "assembly.c:1", "body.c:1", "check.h:3", "error.c:3", "list.c:2", "operand.c:1",
		"avx2intrin.h:119",
	}
	if d := cmp.Diff(want, found); d != "" {
		t.Errorf("(-want +got)\n%s", d)
	}
}

// layCommands writes a compilation database for files in C and C++.
func layCommands(t *testing.T, dir string, files map[string]string, c, cpp string) {
	t.Helper()
	var entries []map[string]string
	for _, name := range slices.Sorted(maps.Keys(files)) {
		compiler := map[string]string{".c": c, ".cc": cpp}[path.Ext(name)]
		if compiler != "" {
			entries = append(entries, map[string]string{
				"directory": dir, "file": name, "command": compiler + " -c " + name,
			})
		}
	}
	raw, err := json.Marshal(entries)
	if err != nil {
		t.Fatal(err)
	}
	indextest.Write(t, dir, "compile_commands.json", string(raw))
}

// Faults in files that nobody opens are found: one of each kind that the native command line of a language finds.
func TestFaultsOfEachKindAreFound(t *testing.T) {
	t.Parallel()
	indextest.Needs(t, "every language server, and the toolchains")
	for _, tt := range faults {
		t.Run(tt.language, func(t *testing.T) {
			dir := indextest.Files(t, tt.files)
			for name, content := range tt.faults {
				indextest.Write(t, dir, name, content)
			}
			if strings.HasPrefix(tt.language, "C") {
				layCommands(t, dir, tt.faults, "gcc -std=gnu17", "g++ -std=gnu++20")
			}
			code := judgedCode{native: tt.native}
			native := code.nativeVerdict(t, dir)
			b := do(t, engine(t, dir), api.Request{Op: "diag"})
			var own []string
			for _, d := range b.Facts.Diagnostics {
				if d.Severity == "error" {
					own = append(own, fmt.Sprintf("%s:%d", d.URI, d.Range[0]+1))
				}
			}
			for name := range tt.faults {
				isIn := func(at string) bool { return strings.HasPrefix(at, name+":") }
				if !slices.ContainsFunc(native.errors, isIn) {
					t.Errorf("the native command line finds nothing in %s", name)
				}
			}
			if missing := missingFrom(native.errors, own); len(missing) > 0 || len(native.errors) < len(tt.faults) {
				t.Errorf("only the native command line finds %q", missing)
			}
			if b.Meta.ExitCode != 1 {
				t.Errorf("exit %d: %q", b.Meta.ExitCode, b.Evidence.Reasons)
			}
			t.Logf("%d faults; the native command line has %d errors, Lanser %d",
				len(tt.faults),
				len(native.errors),
				len(own))
		})
	}
}
