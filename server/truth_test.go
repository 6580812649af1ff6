package server_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"lanser/index/indextest"
	"lanser/server/catalogue"
)

// What is where in two versions of a code base, worked out without the code under
// test: declarations by the Go parser, or by the language server's own outline;
// lines by git's histogram diff, files by its detection of renames.

// spot is a line of a file, 1-based.
type spot struct {
	Path string
	Line int
}

// declared is a declaration by what it is called: folder or file of its package,
// and its name path.
type declared struct {
	Home, Names string
	// Twin is the file, for what is declared in several files of one package.
	Twin string
}

// truth is a version of a code base.
type truth struct {
	dir   string
	lines map[string][]string // by path
	at    map[declared][]spot
	named map[spot][]declared
}

func (v *truth) add(d declared, s spot) {
	v.at[d] = append(v.at[d], s)
	v.named[s] = append(v.named[s], d)
}

func readTruth(t *testing.T, dir string, outline func(t *testing.T, v *truth, files []string)) *truth {
	t.Helper()
	v := &truth{dir: dir, lines: map[string][]string{}, at: map[declared][]spot{}, named: map[spot][]declared{}}
	var files []string
	err := filepath.WalkDir(dir, func(p string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		rel, _ := filepath.Rel(dir, p)
		rel = filepath.ToSlash(rel)
		raw, err := os.ReadFile(p)
		v.lines[rel] = strings.Split(string(raw), "\n")
		files = append(files, rel)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	slices.Sort(files)
	outline(t, v, files)
	return v
}

// goOutline lists functions, methods, types, variables, constants, and the members
// of struct and interface types.
func goOutline(t *testing.T, v *truth, files []string) {
	fset := token.NewFileSet()
	for _, f := range files {
		if path.Ext(f) != ".go" {
			continue
		}
		file, err := parser.ParseFile(fset, filepath.Join(v.dir, f), nil, parser.SkipObjectResolution)
		if err != nil {
			continue // some modules ship files that are no Go
		}
		home := path.Dir(f)
		if strings.HasSuffix(file.Name.Name, "_test") {
			home += " test"
		}
		add := func(id *ast.Ident, parents ...string) {
			if id.Name != "_" {
				v.add(
					declared{Home: home, Names: strings.Join(append(parents, id.Name), ".")},
					spot{f, fset.Position(id.Pos()).Line},
				)
			}
		}
		for _, d := range file.Decls {
			switch d := d.(type) {
			case *ast.FuncDecl:
				if d.Recv != nil && len(d.Recv.List) > 0 {
					add(d.Name, receiverName(d.Recv.List[0].Type))
				} else {
					add(d.Name)
				}
			case *ast.GenDecl:
				for _, s := range d.Specs {
					switch s := s.(type) {
					case *ast.TypeSpec:
						add(s.Name)
						members(s.Type, func(id *ast.Ident) { add(id, s.Name.Name) })
					case *ast.ValueSpec:
						for _, id := range s.Names {
							add(id)
						}
					}
				}
			}
		}
	}
}

func receiverName(e ast.Expr) string {
	for {
		switch x := e.(type) {
		case *ast.StarExpr:
			e = x.X
		case *ast.ParenExpr:
			e = x.X
		case *ast.IndexExpr:
			e = x.X
		case *ast.IndexListExpr:
			e = x.X
		case *ast.Ident:
			return x.Name
		default:
			return "?"
		}
	}
}

func members(e ast.Expr, add func(*ast.Ident)) {
	var list *ast.FieldList
	switch x := e.(type) {
	case *ast.StructType:
		list = x.Fields
	case *ast.InterfaceType:
		list = x.Methods
	default:
		return
	}
	for _, f := range list.List {
		for _, id := range f.Names {
			add(id)
		}
	}
}

// tsOutline asks the native TypeScript server.
func tsOutline(t *testing.T, v *truth, files []string) {
	srv := catalogue.Named("typescript")
	c := newRawClient(t, v.dir, t.TempDir(), found(t, "typescript").Argv, srv.Settings, srv.Options, srv.LanguageID)
	defer c.stop()
	for _, f := range files {
		if srv.LanguageID(f) == "" {
			continue
		}
		c.open(f)
		var walk func(list []rawSymbol, parents []string)
		walk = func(list []rawSymbol, parents []string) {
			for _, s := range list {
				p := append(slices.Clone(parents), s.Name)
				v.add(declared{Home: f, Names: strings.Join(p, "\x00")}, spot{f, s.SelectionRange.Start.Line + 1})
				walk(s.Children, p)
			}
		}
		walk(c.symbols(f), nil)
	}
}

// changes is git's word on what became of the lines and files of one version.
type changes struct {
	renamed map[string]string
	line    map[string][]int // old path → new line of each old line, 1-based; 0 for none
	from    map[spot]spot    // the same, the other way round
}

var (
	hunk   = regexp.MustCompile(`^@@ -(\d+)(?:,(\d+))? \+(\d+)(?:,(\d+))? @@`)
	rename = regexp.MustCompile(`^R\d+$`)
)

func readChanges(t *testing.T, old, now *truth) changes {
	t.Helper()
	c := changes{renamed: map[string]string{}, line: map[string][]int{}, from: map[spot]spot{}}
	out := gitDiff(t, "--name-status", "-z", "-M50%", old.dir, now.dir)
	fields := strings.Split(out, "\x00")
	for i := 0; i+1 < len(fields); i += 2 {
		if rename.MatchString(fields[i]) {
			from, _ := filepath.Rel(old.dir, abs(fields[i+1]))
			to, _ := filepath.Rel(now.dir, abs(fields[i+2]))
			c.renamed[filepath.ToSlash(from)] = filepath.ToSlash(to)
			i++
		}
	}
	for p, lines := range old.lines {
		to := p
		if now.lines[p] == nil {
			to = c.renamed[p]
			if to == "" {
				continue
			}
		}
		m := make([]int, len(lines)+1)
		at, shift := 1, 0
		diff := gitDiff(t, "--histogram", "-U0", filepath.Join(old.dir, p), filepath.Join(now.dir, to))
		for _, l := range strings.Split(diff, "\n") {
			h := hunk.FindStringSubmatch(l)
			if h == nil {
				continue
			}
			start, gone := number(h[1], 0), number(h[2], 1)
			fresh := number(h[4], 1)
			if gone == 0 {
				start++ // "after line start"
			}
			for ; at < start; at++ {
				m[at] = at + shift
			}
			at += gone
			shift += fresh - gone
		}
		for ; at <= len(lines); at++ {
			m[at] = at + shift
		}
		c.line[p] = m
		for l, is := range m {
			if is > 0 {
				c.from[spot{to, is}] = spot{p, l}
			}
		}
	}
	return c
}

func abs(p string) string {
	if !filepath.IsAbs(p) {
		p = "/" + p
	}
	return p
}

func number(s string, otherwise int) int {
	if s == "" {
		return otherwise
	}
	n, _ := strconv.Atoi(s)
	return n
}

// gitDiff compares two paths; git exits with 1 where they differ.
func gitDiff(t *testing.T, args ...string) string {
	t.Helper()
	cmd := exec.Command("git", append([]string{"diff", "--no-index", "--no-ext-diff", "--no-color"}, args...)...)
	cmd.Dir = "/"
	out, err := cmd.Output()
	if exit, ok := err.(*exec.ExitError); err != nil && (!ok || exit.ExitCode() != 1) {
		t.Fatalf("git diff %v: %v", args, err)
	}
	return string(out)
}

// is says where an old line is now; ok is false where git sees no such line.
func (c changes) is(s spot) (spot, bool) {
	m := c.line[s.Path]
	if m == nil || s.Line >= len(m) || m[s.Line] == 0 {
		return spot{}, false
	}
	if to := c.renamed[s.Path]; to != "" {
		return spot{to, m[s.Line]}, true
	}
	return spot{s.Path, m[s.Line]}, true
}

// was says which old line, in which old file, a present line is; ok is false where git sees it as new.
func (c changes) was(s spot) (old spot, ok bool) {
	old, ok = c.from[s]
	return old, ok
}

// precedes matches comments, decorators and attributes at the left margin, which belong to the declaration below.
var precedes = regexp.MustCompile(`^(//|#[ !\[]|@\w|/?\*)`)

// container returns the declaration at the left margin in whose text a line lies, or which the comment that the
// line belongs to precedes; ok is false where there is none.
func (v *truth) container(s spot) (d declared, ok bool) {
	lines := v.lines[s.Path]
	at := s.Line
	for at >= 1 && at <= len(lines) && precedes.MatchString(lines[at-1]) {
		at++
	}
	for ; at >= 1; at-- {
		named := v.named[spot{s.Path, at}]
		if len(named) > 0 && indent(lines[at-1]) == 0 {
			return named[0], true
		}
	}
	return d, false
}

// alike is the share of words that two texts have in common, whatever their
// order, in [0,1].
func alike(a, b string) float64 {
	x, y := strings.FieldsFunc(a, notWord), strings.FieldsFunc(b, notWord)
	count := map[string]int{}
	for _, w := range x {
		count[w]++
	}
	both := 0
	for _, w := range y {
		if count[w] > 0 {
			count[w]--
			both++
		}
	}
	if len(x)+len(y) == 0 {
		return 1
	}
	return 2 * float64(both) / float64(len(x)+len(y))
}

func notWord(r rune) bool {
	return !(r == '_' || r >= '0' && r <= '9' || r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r > 127)
}

// block is the text from a line to the end of what it opens: the first later line
// that is indented no deeper, or the line itself.
func (v *truth) block(s spot) string {
	lines := v.lines[s.Path]
	if s.Line < 1 || s.Line > len(lines) {
		return ""
	}
	depth := indent(lines[s.Line-1])
	end := s.Line
	for end < len(lines) && end < s.Line+200 && (strings.TrimSpace(lines[end]) == "" || indent(lines[end]) > depth) {
		end++
	}
	return strings.Join(lines[s.Line-1:end], "\n")
}

func indent(s string) int { return len(s) - len(strings.TrimLeft(s, " \t")) }

// pair is two versions of a code base.
type pair struct {
	name, from, to string
	fetch          func(testing.TB, string) string
	outline        func(*testing.T, *truth, []string)
}

func goPair(module, from, to string) pair {
	return pair{
		fmt.Sprintf("%s %s→%s", path.Base(module), from, to),
		module + "@" + from,
		module + "@" + to,
		indextest.Module,
		goOutline,
	}
}

func tsPair(pkg, from, to string) pair {
	fetch := func(t testing.TB, version string) string { return filepath.Join(indextest.NPM(t, version), "src") }
	return pair{fmt.Sprintf("%s %s→%s", pkg, from, to), pkg + "@" + from, pkg + "@" + to, fetch, tsOutline}
}

// readPair reads MODULE@FROM..TO, npm:PACKAGE@FROM..TO or REPOSITORY@FROM..TO.
func readPair(t *testing.T, spelled string) pair {
	t.Helper()
	at := strings.LastIndex(spelled, "@")
	from, to, ok := strings.Cut(spelled[at+1:], "..")
	if at <= 0 || !ok {
		t.Fatalf("%q is no pair NAME@FROM..TO", spelled)
	}
	name := spelled[:at]
	if pkg, isNPM := strings.CutPrefix(name, "npm:"); isNPM {
		return tsPair(pkg, from, to)
	}
	if filepath.IsAbs(name) {
		return repositoryPair(name, from, to)
	}
	return goPair(name, from, to)
}

// repositoryPair is two revisions of a git repository.
func repositoryPair(repository, from, to string) pair {
	fetch := func(t testing.TB, revision string) string {
		dir := t.TempDir()
		archive := filepath.Join(t.TempDir(), "files.tar")
		for _, argv := range [][]string{
			{"git", "-C", repository, "archive", "--output=" + archive, revision},
			{"tar", "-x", "-C", dir, "-f", archive},
			{"find", dir, "-type", "l", "-delete"},
		} {
			if out, err := exec.Command(argv[0], argv[1:]...).CombinedOutput(); err != nil {
				t.Fatalf("%v: %v\n%s", argv, err, out)
			}
		}
		return dir
	}
	outline := func(t *testing.T, v *truth, files []string) {
		goOutline(t, v, files)
		ctagsOutline(t, v)
		pythonOutline(t, v, files)
	}
	name := strings.TrimSuffix(strings.TrimSuffix(repository, "/.git"), "/repo")
	return pair{fmt.Sprintf("%s %s→%s", path.Base(name), from, to), from, to, fetch, outline}
}

// ctagsLanguages are the languages of which ctagsOutline lists declarations, with the kinds that can be used from
// elsewhere.
const ctagsLanguages = "C,C++,Rust,TypeScript,JavaScript,Java"

// pythonOutline lists the functions, classes and variables of modules and classes that Python's own parser finds.
func pythonOutline(t *testing.T, v *truth, files []string) {
	t.Helper()
	const program = `
import ast, json, sys
def names(node):
    targets = node.targets if isinstance(node, ast.Assign) else [node.target]
    return [t.id for t in targets if isinstance(t, ast.Name)]
def walk(body, path, around):
    for node in body:
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
            print(json.dumps([path, around + [node.name], node.lineno]))
            walk(node.body if isinstance(node, ast.ClassDef) else [], path, around + [node.name])
        elif isinstance(node, (ast.Assign, ast.AnnAssign)):
            for name in names(node):
                print(json.dumps([path, around + [name], node.lineno]))
        for inner in ("body", "orelse", "finalbody"):
            if isinstance(node, (ast.If, ast.Try, ast.With)):
                walk(getattr(node, inner, []), path, around)
for path in sys.argv[1:]:
    try:
        walk(ast.parse(open(path, encoding="utf-8").read()).body, path, [])
    except (SyntaxError, ValueError):
        pass
`
	sources := slices.DeleteFunc(slices.Clone(files), func(p string) bool { return path.Ext(p) != ".py" })
	if len(sources) == 0 {
		return
	}
	cmd := exec.Command("python3", append([]string{"-c", program}, sources...)...)
	cmd.Dir = v.dir
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("the test needs python3 for repositories with Python: %v", err)
	}
	for line := range bytes.Lines(out) {
		var home string
		var names []string
		var at int
		if err := json.Unmarshal(line, &[]any{&home, &names, &at}); err != nil {
			t.Fatalf("%q: %v", line, err)
		}
		v.add(declared{Home: home, Names: strings.Join(names, "\x00")}, spot{home, at})
	}
}

// ctagsOutline lists the declarations of a folder that universal-ctags finds.
func ctagsOutline(t *testing.T, v *truth) {
	t.Helper()
	cmd := exec.Command("ctags", "-R", "--languages="+ctagsLanguages, "--output-format=json", "--fields=+nKs",
		"-f", "-", ".")
	cmd.Dir = v.dir
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("the test needs universal-ctags for repositories: %v", err)
	}
	for line := range bytes.Lines(out) {
		var tag struct {
			Name, Path, Scope string
			Line              int
		}
		if err := json.Unmarshal(line, &tag); err != nil {
			t.Fatalf("%q: %v", line, err)
		}
		if tag.Name == "" || strings.Contains(tag.Name+tag.Scope, "__anon") {
			continue
		}
		home := path.Clean(tag.Path)
		names := strings.TrimPrefix(tag.Scope+"\x00"+tag.Name, "\x00")
		v.add(declared{Home: home, Names: names}, spot{home, tag.Line})
	}
}
