package syntax_test

import (
	stdcmp "cmp"
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"lanser/index/syntax"
	"lanser/selectors/text"
)

var (
	update = flag.Bool("update", false, "rewrite the golden outlines")
	tree   = flag.String("tree", "", "print the syntax tree of this `FILE`, for writing a query")
)

// TestMain reports a mistake in the description of a language before any test needs it.
func TestMain(m *testing.M) {
	if err := syntax.CheckDescriptions(); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	os.Exit(m.Run())
}

// fixtureName returns the name under which a fixture is parsed: "fixture.go" for fixture.go.txt, or "Dockerfile"
// for fixture.Dockerfile.txt. Other names are returned unchanged.
func fixtureName(file string) string {
	name := strings.TrimSuffix(file, ".txt")
	base := strings.TrimPrefix(filepath.Base(name), "fixture.")
	if !strings.Contains(base, ".") && syntax.ByFile(name) == nil {
		return base
	}
	return name
}

func TestTreeOfAFile(t *testing.T) {
	file, want := "a.go", `source_file
  package_clause
    package_identifier "a"
  var_declaration
    var_spec
      name: identifier "b"
      value: expression_list
        int_literal "1"
`
	src := []byte("package a\n\nvar b = 1\n")
	if *tree != "" {
		var err error
		src, err = os.ReadFile(*tree)
		if err != nil {
			t.Fatal(err)
		}
		file, want = fixtureName(*tree), ""
	}
	got, err := syntax.TreeOf(file, src)
	if err != nil {
		t.Fatal(err)
	}
	if *tree != "" {
		fmt.Print(got)
	} else if got != want {
		t.Errorf("is\n%s\nwant\n%s", got, want)
	}
}

// outline is an outline as text: a line a symbol, with its kind, name, and the
// code of its roles.
func outline(t testing.TB, file string, src []byte) string {
	t.Helper()
	o, err := syntax.Parse(context.Background(), file, src)
	if err != nil {
		t.Fatal(err)
	}
	c := text.New(src)
	show := func(s text.Span) string {
		code := strings.Join(strings.Fields(c.Slice(s)), " ")
		if r := []rune(code); len(r) > 50 {
			code = string(r[:50]) + "…"
		}
		return code
	}
	var b strings.Builder
	depth := make([]int, len(o.Symbols))
	for i, s := range o.Symbols {
		if s.Parent >= 0 {
			depth[i] = depth[s.Parent] + 1
		}
		at := c.PointOf(s.Name.Start, text.UTF8)
		fmt.Fprintf(&b, "%s%s %s %d:%d", strings.Repeat("  ", depth[i]), s.Kind, s.Text, at.Line+1, at.Col+1)
		if len(s.Owner) > 0 {
			fmt.Fprintf(&b, " on %s", strings.Join(s.Owner, "."))
		}
		for _, flag := range []struct {
			on   bool
			name string
		}{{s.Function, "function"}, {s.Alias, "alias"}, {s.Main > 0, "main"}} {
			if flag.on {
				b.WriteString(" " + flag.name)
			}
		}
		fmt.Fprintf(&b, " sig=%q", show(s.Sig))
		if s.Body.Len() > 0 {
			fmt.Fprintf(&b, " body=%q", show(s.Body))
		}
		if s.Doc.Len() > 0 {
			fmt.Fprintf(&b, " doc=%q", show(s.Doc))
		}
		b.WriteByte('\n')
	}
	for _, e := range o.Errors {
		at := c.PointOf(e.Start, text.UTF8)
		fmt.Fprintf(&b, "error %d:%d\n", at.Line+1, at.Col+1)
	}
	return b.String()
}

func TestOutlinesOfEveryConstruct(t *testing.T) {
	folders, err := filepath.Glob("languages/*")
	if err != nil {
		t.Fatal(err)
	}
	for _, dir := range folders {
		files, err := filepath.Glob(dir + "/fixture.*.txt")
		if err != nil || len(files) == 0 {
			t.Errorf("%s has no fixture: write code with every construct of the language into a file whose name is "+
				"fixture, the extension and .txt, such as fixture.go.txt", dir)
		}
		for _, f := range files {
			src, err := os.ReadFile(f)
			if err != nil {
				t.Fatal(err)
			}
			name := fixtureName(f)
			if folder := syntax.FolderOf(name); folder != filepath.Base(dir) {
				t.Errorf("%s is read as a file of the language %s, because of its name: name it after an entry of "+
					"\"files\" in %s/language.json, such as fixture.go.txt for \".go\"",
					f, stdcmp.Or(folder, "none"), dir)
				continue
			}
			var got string
			if !t.Run(filepath.Base(dir), func(t *testing.T) { got = outline(t, name, src) }) {
				continue
			}
			if got == "" {
				t.Errorf("the outline of %s is empty: write a pattern in %s/outline.scm for each kind of declaration "+
					"in it", f, dir)
				continue
			}
			golden := strings.TrimSuffix(f, ".txt") + ".golden"
			if *update {
				if err := os.WriteFile(golden, []byte(got), 0o644); err != nil {
					t.Fatal(err)
				}
			}
			want, err := os.ReadFile(golden)
			if err != nil {
				t.Errorf("%v: create it with 'go test ./index/syntax -run Outlines -update', and review it", err)
			} else if d := cmp.Diff(string(want), got); d != "" {
				t.Errorf("%s has another outline than %s. If this is meant, run 'go test ./index/syntax -run Outlines "+
					"-update' and review the difference (-want +got)\n%s", f, golden, d)
			}
		}
	}
	if len(folders) < 24 {
		t.Errorf("only %d languages", len(folders))
	}
}

// Laws of every outline: ranges nest, and every range lies in the file.
func check(t *testing.T, file string, src []byte) {
	t.Helper()
	o, err := syntax.Parse(context.Background(), file, src)
	if errors.Is(err, syntax.ErrStuck) {
		return // the grammar's limit, and said to be one
	}
	if err != nil {
		t.Fatal(err)
	}
	whole := text.Span{Start: 0, End: len(src)}
	for i, s := range o.Symbols {
		for _, r := range []text.Span{s.Def, s.Name, s.Sig, s.Body, s.Doc} {
			if !whole.Contains(r) || r.Start > r.End {
				t.Fatalf("%s: %s has the range %v in a file of %d bytes", file, s.Text, r, len(src))
			}
		}
		switch {
		case s.Text == "":
			t.Fatalf("%s: a symbol without a name at %v", file, s.Name)
		case s.Parent >= i:
			t.Fatalf("%s: %s stands before its parent", file, s.Text)
		case !s.Def.Contains(s.Name):
			t.Fatalf("%s: the name of %s lies outside its range", file, s.Text)
		}
	}
}

// eachFixture calls add with the extension and the content of each language's fixtures.
func eachFixture(f *testing.F, add func(ext string, src []byte)) {
	f.Helper()
	files, err := filepath.Glob("languages/*/fixture.*.txt")
	if err != nil || len(files) == 0 {
		f.Fatal(files, err)
	}
	for _, file := range files {
		src, err := os.ReadFile(file)
		if err != nil {
			f.Fatal(err)
		}
		add(filepath.Ext(strings.TrimSuffix(file, ".txt")), src)
	}
}

func FuzzParse(f *testing.F) {
	eachFixture(f, func(ext string, src []byte) {
		f.Add(ext, src)
		f.Add(".h", src)
	})
	f.Fuzz(func(t *testing.T, ext string, src []byte) {
		if _, ok := syntax.LangOf("a" + ext); ok {
			check(t, "a"+ext, src)
		}
	})
}
