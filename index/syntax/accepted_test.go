package syntax_test

import (
	"archive/zip"
	"bytes"
	"flag"
	"go/parser"
	"go/token"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"lanser/index/indextest"
	"lanser/index/syntax"
)

var accepted = flag.Bool("accepted", false, "count the files that parsers of languages accept and grammars do not read")

// The packages that contain parsers of languages.
const (
	typeScriptVersion = "typescript@5.9.3"
	pyodideVersion    = "pyodide@314.0.7" // Python 3.14
	prismVersion      = "@ruby/prism@1.9.0"
)

// acceptedCodebases are code bases of others. Unread is the number of files that the language's own parser accepts and
// the grammar does not read in full. All files count as accepted where accepts is nil.
var acceptedCodebases = []struct {
	name    string
	dir     func(testing.TB) string
	ext     []string
	accepts func(t testing.TB, files []string) []string
	unread  int
}{
	{
		"Go: golang.org/x/tools",
		func(t testing.TB) string { return indextest.Module(t, "golang.org/x/tools@v0.52.0") },
		[]string{".go"},
		acceptedByGo, 3,
	},
	{"Python 3.14: standard library", pythonLibrary, []string{".py"}, acceptedByPython, 0},
	{"TypeScript: effect", npm("effect@3.19.4"), []string{".ts"}, acceptedByTypeScript, 0},
	{"JavaScript: three", npm("three@0.180.0"), []string{".js"}, acceptedByTypeScript, 0},
	{"Rust: regex", debianPackage("librust-regex-dev=1.7.1-1"), []string{".rs"}, acceptedByRust, 0},
	{"Java: commons-io", debian("commons-io=2.11.0-2"), []string{".java"}, acceptedByJava, 0},
	{"C: zlib", debian("zlib=1:1.2.13.dfsg-1"), []string{".c", ".h"}, acceptedByC, 32},
	{"C++: leveldb", debian("leveldb=1.23-4"), []string{".cc", ".h"}, acceptedByCPP, 6},
	{"Bash: bats", debianPackage("bats=1.8.2-1"), []string{".bash", ".sh"}, acceptedByBash, 1},
	{"Ruby: rake", debianPackage("rake=13.0.6-3"), []string{".rb"}, acceptedByRuby, 0},
	{"PHP: php-parser", debian("php-parser=4.15.4-1"), []string{".php"}, nil, 0},
	{"C#: newtonsoft-json", debian("newtonsoft-json=6.0.8+dfsg-1.1"), []string{".cs"}, nil, 1},
	{"Kotlin: coroutines", debian("kotlinx-coroutines=1.0.1-2"), []string{".kt"}, nil, 12},
	{"Lua: penlight", debianPackage("lua-penlight=1.13.1-3"), []string{".lua"}, nil, 3},
}

// Few files that the parser of their language accepts are not read in full. The number of each code base is exact: one
// that is lower now has to be lowered here too.
func TestFilesThatParsersAcceptAreRead(t *testing.T) {
	if !*accepted {
		t.Skip("needs -accepted, and parsers of ten languages")
	}
	for _, cb := range acceptedCodebases {
		t.Run(cb.name, func(t *testing.T) {
			files := filesBelow(t, cb.dir(t), cb.ext)
			all := len(files)
			if cb.accepts != nil {
				files = cb.accepts(t, files)
			}
			if len(files) == 0 {
				t.Fatalf("the parser accepts none of %d files", all)
			}
			unread := 0
			for _, f := range files {
				if why := notRead(t, f); why != "" {
					t.Logf("%s: %s", f, why)
					unread++
				}
			}
			t.Logf("%d files, %d accepted, %d not read (%.2f %%)",
				all, len(files), unread, 100*float64(unread)/float64(len(files)))
			if unread != cb.unread {
				t.Errorf("%d files are not read, want %d", unread, cb.unread)
			}
		})
	}
}

// notRead returns what the outline of a file lacks, "" if nothing.
func notRead(t testing.TB, file string) string {
	t.Helper()
	src, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	o, err := syntax.Parse(t.Context(), file, src)
	if err != nil {
		return err.Error()
	}
	if len(o.Errors) == 0 {
		return o.Skipped
	}
	at := o.Errors[0]
	return "not understood: " + string(src[at.Start:min(at.End+20, at.Start+60, len(src))])
}

// filesBelow returns the files below a folder that have one of the extensions, and that are parsed at all.
func filesBelow(t testing.TB, dir string, ext []string) (files []string) {
	t.Helper()
	err := filepath.WalkDir(dir, func(p string, d fs.DirEntry, err error) error {
		if err != nil || !d.Type().IsRegular() || !slices.Contains(ext, filepath.Ext(p)) {
			return err
		}
		src, err := os.ReadFile(p)
		if syntax.Unparsable(src) == "" {
			files = append(files, p)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return files
}

// printed returns the paths that a program prints when it gets paths on its standard input.
func printed(t testing.TB, files []string, argv ...string) []string {
	t.Helper()
	cmd := exec.Command(argv[0], argv[1:]...)
	cmd.Stdin = strings.NewReader(strings.Join(files, "\n") + "\n")
	var failure bytes.Buffer
	cmd.Stderr = &failure
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("%v: %v\n%s", argv, err, failure.Bytes())
	}
	return strings.Fields(string(out))
}

// each returns the files for which a program succeeds whose arguments are made from the path. It reads the content of
// the file from its standard input.
func each(t testing.TB, files []string, argv func(file string) []string) (ok []string) {
	t.Helper()
	for _, f := range files {
		src, err := os.ReadFile(f)
		if err != nil {
			t.Fatal(err)
		}
		a := argv(f)
		cmd := exec.Command(a[0], a[1:]...)
		cmd.Stdin = bytes.NewReader(src)
		if cmd.Run() == nil {
			ok = append(ok, f)
		}
	}
	return ok
}

func acceptedByGo(_ testing.TB, files []string) (ok []string) {
	for _, f := range files {
		if _, err := parser.ParseFile(token.NewFileSet(), f, nil, parser.SkipObjectResolution); err == nil {
			ok = append(ok, f)
		}
	}
	return ok
}

func acceptedByPython(t testing.TB, files []string) []string {
	return printed(t, files, "node", "testdata/accepted/python.mjs", indextest.NPM(t, pyodideVersion))
}

func acceptedByTypeScript(t testing.TB, files []string) []string {
	return printed(t, files, "node", "testdata/accepted/typescript.cjs", indextest.NPM(t, typeScriptVersion))
}

func acceptedByRuby(t testing.TB, files []string) []string {
	return printed(t, files, "node", "testdata/accepted/ruby.mjs", indextest.NPM(t, prismVersion))
}

func acceptedByJava(t testing.TB, files []string) []string {
	return printed(t, files, "java", "testdata/accepted/Accepted.java")
}

// acceptedByRust reads standard input, because rustfmt also wants the modules that a file declares.
func acceptedByRust(t testing.TB, files []string) []string {
	return each(t, files, func(string) []string { return []string{"rustfmt", "--edition", "2021", "--emit", "stdout"} })
}

func acceptedByBash(t testing.TB, files []string) []string {
	return each(t, files, func(string) []string { return []string{"bash", "-n"} })
}

// acceptedByC leaves out the files whose headers the build generates.
func acceptedByC(t testing.TB, files []string) []string {
	return each(t, files, func(f string) []string {
		return []string{"clang", "-fsyntax-only", "-w", "-x", "c", "-std=gnu2x", "-I", filepath.Dir(f), f}
	})
}

func acceptedByCPP(t testing.TB, files []string) []string {
	return each(t, files, func(f string) []string {
		dir := filepath.Dir(f)
		return []string{
			"clang++", "-fsyntax-only", "-w", "-x", "c++", "-std=gnu++20", "-DLEVELDB_PLATFORM_POSIX",
			"-I", dir, "-I", filepath.Dir(dir), "-I", filepath.Join(filepath.Dir(dir), "include"),
			"-I", filepath.Dir(filepath.Dir(dir)), f,
		}
	})
}

func npm(version string) func(testing.TB) string {
	return func(t testing.TB) string { return indextest.NPM(t, version) }
}

func debian(version string) func(testing.TB) string {
	return func(t testing.TB) string { return indextest.Debian(t, version) }
}

func debianPackage(version string) func(testing.TB) string {
	return func(t testing.TB) string { return indextest.DebianPackage(t, version) }
}

// pythonLibrary returns a folder with the modules of Python's standard library.
func pythonLibrary(t testing.TB) string {
	t.Helper()
	archive, err := zip.OpenReader(filepath.Join(indextest.NPM(t, pyodideVersion), "python_stdlib.zip"))
	if err != nil {
		t.Fatal(err)
	}
	defer archive.Close()
	dir := t.TempDir()
	for _, f := range archive.File {
		if filepath.Ext(f.Name) != ".py" || !filepath.IsLocal(f.Name) {
			continue
		}
		r, err := f.Open()
		if err != nil {
			t.Fatal(err)
		}
		src, err := io.ReadAll(r)
		if err != nil {
			t.Fatal(err)
		}
		indextest.Write(t, dir, f.Name, string(src))
		r.Close()
	}
	return dir
}
