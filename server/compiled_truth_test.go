package server_test

import (
	"bufio"
	"bytes"
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"lanser/index/indextest"
	"lanser/server"
)

var compiledAsked = flag.Int("compiled", quickCompiled,
	"how many symbols of each C, C++ and Rust code base are asked about")

const quickCompiled = 3

// debianPython is the interpreter that Debian's packages of Python modules are installed for.
const debianPython = "/usr/bin/python3"

// compiledCode is a C, C++ or Rust code base in which the uses of symbols are known from a compiler.
type compiledCode struct {
	name    string
	version string
	quick   bool
	copy    func(t testing.TB) string
	prepare []nativeCommand
	// declared lists the symbols, with the uses that are known without a change of the code.
	declared func(t testing.TB, dir string) []usedSymbol
	// language and database are arguments of rejected.py.
	language string
	database string
	// maxIdle bounds the answers, in percent, that are not complete although nothing is missing.
	maxIdle int
}

var compiledCodes = []compiledCode{
	// Much of the test library in cjson is macros that its own tests alone expand, which this build leaves out.
	cCode("C: cjson", "cjson=1.7.15-1+deb12u4", 20, "-DENABLE_CJSON_UTILS=ON"),
	cCode("C: libyaml", "libyaml=0.2.5-1", 10),
	cCode("C++: pugixml", "pugixml=1.13-0.2", 10, "-DPUGIXML_BUILD_TESTS=ON"),
	// What a member of a template's argument is depends on the argument.
	cCode("C++: fmt", "fmtlib=9.1.0+ds1-2", 35, "-DFMT_DOC=OFF", "-DFMT_TEST=OFF"),
	rustCode("Rust: roxmltree", "roxmltree@0.20.0", 10),
	rustCode("Rust: smallvec", "smallvec@1.13.2", 10),
}

func cCode(name, version string, maxIdle int, options ...string) compiledCode {
	return compiledCode{
		name: name, version: fmt.Sprint(version, options), quick: name == "C: libyaml",
		copy: debianCopy(version), prepare: cmakeDatabase(options...),
		declared: clangDeclared, language: "c", database: "build", maxIdle: maxIdle,
	}
}

func rustCode(name, version string, maxIdle int) compiledCode {
	return compiledCode{
		name: name, version: version, quick: name == "Rust: roxmltree", copy: crateCopy(version), prepare: cargoLock,
		declared: rustDeclared, language: "rust", maxIdle: maxIdle,
	}
}

// TestACompleteAnswerMissesNoUseOfCompiledCode compares answers about the uses of symbols in C and C++ with clang's
// syntax tree and with what clang rejects once the declaration has another name, and in Rust with what rustc rejects
// then (-compiled 60 for more symbols of more code bases). A place that the truth knows as a use of another symbol
// must not be in an answer.
func TestACompleteAnswerMissesNoUseOfCompiledCode(t *testing.T) {
	t.Parallel()
	for _, code := range compiledCodes {
		if !code.quick && *compiledAsked <= quickCompiled {
			continue
		}
		t.Run(code.name, func(t *testing.T) {
			dir := code.copy(t)
			runIn(t, dir, "git", "init", "-q")
			for _, c := range code.prepare {
				runIn(t, dir, c.argv...)
			}
			all := code.declared(t, dir)
			symbols := drawSymbols(all, *compiledAsked)
			symbols = addRejected(t, code, dir, symbols)
			owners := ownersOf(all)
			e, err := server.New(server.Config{Root: dir})
			if err != nil {
				t.Fatal(err)
			}
			defer e.Close()
			var sums usesSums
			for _, sym := range symbols {
				a := usesAnswered(t, e, dir, sym)
				a.extra = slices.DeleteFunc(a.extra, func(p usePlace) bool { return !isWord(t, dir, p, sym.Name) })
				for _, p := range a.extra {
					if sym.Kind == "macro" && isInCondition(t, dir, p) {
						continue // it asks about every macro of the name
					}
					if owner, known := owners[p]; known && owner != sym.At {
						t.Errorf("%s %s at %s: %s is a use of what is declared at %s",
							sym.Kind, sym.Name, sym.At, p, owner)
					}
				}
				sums.add(t, sym, a)
			}
			if len(symbols) == 0 {
				t.Error("nothing is known about any symbol")
			}
			t.Logf("%d answers, %d complete; %d complete that miss a use; %d idle doubts; %d with other places",
				len(symbols), sums.complete, sums.missed, sums.idle, sums.extra)
			if sums.idle*100 > code.maxIdle*len(symbols) {
				t.Errorf("%d of %d answers are not complete although nothing is missing, more than %d%%",
					sums.idle, len(symbols), code.maxIdle)
			}
		})
	}
}

// ownersOf maps uses to the declarations of their symbols, as far as each is the use of one.
func ownersOf(symbols []usedSymbol) map[usePlace]usePlace {
	owners, several := map[usePlace]usePlace{}, map[usePlace]bool{}
	for _, s := range symbols {
		for _, u := range s.Uses {
			_, known := owners[u]
			several[u] = known
			owners[u] = s.At
		}
	}
	for u, is := range several {
		if is {
			delete(owners, u)
		}
	}
	return owners
}

// isWord reports whether a name is written at a place: servers also name the places where a macro is expanded.
func isWord(t testing.TB, dir string, p usePlace, name string) bool {
	raw, err := os.ReadFile(filepath.Join(dir, p.path))
	if err != nil {
		t.Fatal(err)
	}
	return strings.HasPrefix(strings.Split(string(raw), "\n")[p.line][p.col:], name)
}

// isInCondition reports whether a place is in a directive of C that asks whether a macro is defined.
func isInCondition(t testing.TB, dir string, p usePlace) bool {
	raw, err := os.ReadFile(filepath.Join(dir, p.path))
	if err != nil {
		t.Fatal(err)
	}
	return regexp.MustCompile(`^\s*#\s*(?:if|elif)`).MatchString(strings.Split(string(raw), "\n")[p.line])
}

func runIn(t testing.TB, dir string, argv ...string) {
	t.Helper()
	cmd := exec.Command(argv[0], argv[1:]...)
	cmd.Dir = dir
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%v: %v\n%s", argv, err, out)
	}
}

// clangDeclared reads the symbols of the compilation database in build, and their uses, by clang's syntax tree.
func clangDeclared(t testing.TB, dir string) []usedSymbol {
	t.Helper()
	var found struct {
		Symbols []usedSymbol
		Read    []string
		Dark    []darkLine
	}
	script := []string{"testdata/truth/clang_uses.py", dir, filepath.Join(dir, "build")}
	runJSON(t, exec.Command(debianPython, script...), &found)
	read := map[string]bool{}
	for _, p := range found.Read {
		read[p] = true
	}
	dark := map[darkLine]bool{}
	for _, l := range found.Dark {
		dark[l] = true
	}
	for i := range found.Symbols {
		found.Symbols[i].read, found.Symbols[i].dark = read, dark
	}
	return found.Symbols
}

// darkLine is a line of a file that clang has read of which it knows nothing. Lines count from 0.
type darkLine struct {
	path string
	line int
}

func (l *darkLine) UnmarshalJSON(raw []byte) error {
	return json.Unmarshal(raw, &[]any{&l.path, &l.line})
}

// rustDeclared reads the symbols of a Rust crate by ctags. The lines of documentation are dark: cargo check compiles no
// examples.
func rustDeclared(t testing.TB, dir string) (out []usedSymbol) {
	t.Helper()
	cmd := exec.Command("ctags", "--languages=Rust", "--output-format=json", "--fields=+n", "-R", "-f", "-", "src")
	cmd.Dir = dir
	raw, err := cmd.Output()
	if err != nil {
		t.Fatal(err)
	}
	dark := map[darkLine]bool{}
	for line := range strings.Lines(string(raw)) {
		var tag struct {
			Name, Path, Kind string
			Line             int
		}
		if err := json.Unmarshal([]byte(line), &tag); err != nil {
			t.Fatal(err)
		}
		content, err := os.ReadFile(filepath.Join(dir, tag.Path))
		if err != nil {
			t.Fatal(err)
		}
		lines := strings.Split(string(content), "\n")
		for i, l := range lines {
			if comment := strings.TrimSpace(l); strings.HasPrefix(comment, "///") || strings.HasPrefix(comment, "//!") {
				dark[darkLine{path: tag.Path, line: i}] = true
			}
		}
		found := regexp.MustCompile(`\b` + tag.Name + `\b`).FindStringIndex(lines[tag.Line-1])
		if found == nil || tag.Kind == "implementation" || tag.Kind == "module" {
			continue
		}
		at := usePlace{path: tag.Path, line: tag.Line - 1, col: found[0]}
		out = append(out, usedSymbol{Name: tag.Name, Kind: tag.Kind, At: at, Also: []usePlace{at}, dark: dark})
	}
	return out
}

// rejectedUses is the output of rejected.py for one symbol: the places that the compiler rejects once the symbol has
// another name.
type rejectedUses struct {
	Uses     []usePlace // nil if the code does not compile in the end
	Rejected []usePlace // what the compiler rejected until then
}

// addRejected adds the uses of symbols that the compiler rejects once the declarations have another name. It removes
// no use. A symbol whose program does not compile even when everything that was rejected has the other name is left as
// it is, or left out where nothing else knows its uses; what was rejected then may be a use of it. What is found is
// kept for later runs: it takes longer than the answers.
func addRejected(t testing.TB, code compiledCode, dir string, symbols []usedSymbol) (known []usedSymbol) {
	t.Helper()
	found := make([]rejectedUses, len(symbols))
	var files []string // in which what is found is kept
	var asked []int
	for i, s := range symbols {
		files = append(files, indextest.Kept(t, rejectedKey(t, code, s)))
		raw, err := os.ReadFile(files[i])
		if err != nil || json.Unmarshal(raw, &found[i]) != nil {
			asked = append(asked, i)
		}
	}
	findRejected(t, code, dir, symbols, asked, func(i int, line []byte) {
		if err := json.Unmarshal(line, &found[i]); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(files[i], line, 0o644); err != nil {
			t.Fatal(err)
		}
	})
	for i, s := range symbols {
		if found[i].Uses != nil {
			s.Uses = found[i].Uses
		}
		s.rejected = map[usePlace]bool{}
		for _, p := range found[i].Rejected {
			s.rejected[p] = true
		}
		if found[i].Uses != nil || code.language != "rust" {
			known = append(known, s)
		}
	}
	return known
}

// rejectedKey tells all that the uses of a symbol that a compiler rejects depend on.
func rejectedKey(t testing.TB, code compiledCode, s usedSymbol) []byte {
	t.Helper()
	script, err := os.ReadFile(rejectedScript)
	if err != nil {
		t.Fatal(err)
	}
	compiler := []string{"clang", "--version"}
	if code.language == "rust" {
		compiler = []string{"cargo", "--version"}
	}
	version, err := exec.Command(compiler[0], compiler[1:]...).Output()
	if err != nil {
		t.Fatalf("%v: %v", compiler, err)
	}
	symbol, err := json.Marshal(s)
	if err != nil {
		t.Fatal(err)
	}
	return bytes.Join([][]byte{script, version, []byte(code.name + " " + code.version), symbol}, []byte("\n"))
}

const rejectedScript = "testdata/truth/rejected.py"

// findRejected runs rejected.py for the symbols with the given indexes, and passes on each line that it prints.
func findRejected(t testing.TB, code compiledCode, dir string, symbols []usedSymbol, indexes []int,
	yield func(i int, line []byte),
) {
	t.Helper()
	if len(indexes) == 0 {
		return
	}
	asked := make([]usedSymbol, len(indexes))
	for k, i := range indexes {
		asked[k] = symbols[i]
	}
	raw, err := json.Marshal(asked)
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(debianPython, rejectedScript, code.language, dir, filepath.Join(dir, code.database))
	cmd.Stdin = bytes.NewReader(raw)
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	lines := bufio.NewReader(out)
	for _, i := range indexes {
		line, err := lines.ReadBytes('\n')
		if err != nil {
			t.Fatalf("%v: %v\n%s", cmd.Args, err, &stderr)
		}
		yield(i, line)
	}
	if err := cmd.Wait(); err != nil {
		t.Fatalf("%v: %v\n%s", cmd.Args, err, &stderr)
	}
}
