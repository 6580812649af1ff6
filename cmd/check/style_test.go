package main

import (
	"fmt"
	"go/ast"
	"go/importer"
	"go/parser"
	"go/token"
	"go/types"
	"slices"
	"strings"
	"testing"
)

// judged returns the findings in a source file as "line rule".
func judged(t *testing.T, name, code string) (out []string) {
	t.Helper()
	set := token.NewFileSet()
	file, err := parser.ParseFile(set, name, code, parser.ParseComments)
	if err != nil {
		t.Fatal(err)
	}
	info := &types.Info{Types: map[ast.Expr]types.TypeAndValue{}}
	config := types.Config{Importer: importer.ForCompiler(set, "source", nil)}
	if _, err := config.Check("lanser/x", set, []*ast.File{file}, info); err != nil {
		t.Fatal(err)
	}
	src := source{file: file, info: info, text: code, test: strings.HasSuffix(name, "_test.go")}
	for _, f := range src.findings(set) {
		out = append(out, fmt.Sprintf("%d %s", f.pos.Line, f.rule))
	}
	return out
}

func TestStyleReportsOnlyForbiddenConstructs(t *testing.T) {
	long := strings.Repeat("x", 130)
	for _, tt := range []struct {
		name, file, code string
		want             []string
	}{
		{
			name: "an own struct of three fields without their names",
			code: "type three struct{ a, b, c int }\nvar x = three{1, 2, 3}", want: []string{"3 unkeyed"},
		},
		{
			name: "elements of a list, whose type is left out",
			code: "type three struct{ a, b, c int }\nvar x = []*three{{1, 2, 3}, {a: 1}}", want: []string{"3 unkeyed"},
		},
		{name: "all fields named", code: "type three struct{ a, b, c int }\nvar x = three{a: 1, b: 2, c: 3}"},
		{name: "no value at all", code: "type three struct{ a, b, c int }\nvar x = three{}"},
		{name: "two fields", code: "type two struct{ a, b int }\nvar x = two{1, 2}"},
		{name: "an anonymous table", code: "var x = []struct{ a, b, c int }{{1, 2, 3}}"},
		{name: "a type of a function", code: "func f() {\n\ttype three struct{ a, b, c int }\n\t_ = three{1, 2, 3}\n}"},
		{name: "a test's literal", file: "x_test.go", code: "type three struct{ a, b, c int }\nvar x = three{1, 2, 3}"},
		{
			name: "an assignment in an if", code: "func f(x int) {\n\tif x = 2; x > 1 {\n\t}\n}",
			want: []string{"3 if-assign"},
		},
		{
			name: "an assignment in an else if",
			code: "func f(x int) {\n\tif x > 2 {\n\t} else if x += 2; x > 1 {\n\t}\n}",
			want: []string{"4 if-assign"},
		},
		{name: "a declaration in an if", code: "func f() {\n\tif x := 2; x > 1 {\n\t}\n}"},
		{
			name: "a switch of two cases", code: "func f(x int) {\n\tswitch {\n\tcase x > 1:\n\tdefault:\n\t}\n}",
			want: []string{"3 short-switch"},
		},
		{
			name: "a switch of three",
			code: "func f(x int) {\n\tswitch {\n\tcase x > 1:\n\tcase x < 0:\n\tdefault:\n\t}\n}",
		},
		{name: "a switch with a tag", code: "func f(x int) {\n\tswitch x {\n\tcase 1:\n\t}\n}"},
		{
			name: "a long line", code: "// xx " + long[:113] + " y\n// " + long[:110] + "\nfunc f() {}",
			want: []string{"2 long-line"},
		},
		{
			name: "a tab is four columns", code: "func f() {\n\t// x " + long[:112] + "\n\t// x " + long[:111] + "\n}",
			want: []string{"3 long-line"},
		},
		{name: "a literal alone", code: "var x = []string{\n\t\"" + long + "\",\n}"},
		{name: "an address alone", code: "// See\n// https://ex.com/" + long + "\nvar x int"},
		{name: "a tag", code: "type t struct {\n\tA int `json:\"a\" help:\"" + long + "\"`\n}"},
		{
			name: "exported names without a comment",
			code: "type T struct{}\n\nfunc (T) M() {}\n\nfunc F() {}\n\nvar V, w int\n\nconst C = 1",
			want: []string{"2 no-doc", "4 no-doc", "6 no-doc", "8 no-doc", "10 no-doc"},
		},
		{
			name: "comments above, beside and at a group",
			code: "// T is.\ntype T struct{}\n\n// V are.\nvar (\n\tV int\n\tW int\n)\n\nconst C = 1 // is\n\ntype u struct{}\n\nfunc (u) M() {}",
		},
		{
			name: "an expression that is compiled when the program starts",
			code: "import \"regexp\"\n\nvar (\n\tx = 1\n\ty = map[int]*regexp.Regexp{1: regexp.MustCompile(`a`)}\n)",
			want: []string{"6 eager-regexp"},
		},
		{
			name: "expressions that are compiled in functions",
			code: "import \"regexp\"\n\nvar f = func() { regexp.MustCompile(`a`) }\n\n" +
				"func g() { regexp.MustCompile(`a`) }",
		},
		{
			name: "an expression of a test", file: "x_test.go",
			code: "import \"regexp\"\n\nvar x = regexp.MustCompile(`a`)",
		},
		{name: "exported names of a test", file: "x_test.go", code: "func F() {}"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			file := tt.file
			if file == "" {
				file = "x.go"
			}
			if got := judged(t, file, "package x\n"+tt.code); !slices.Equal(got, tt.want) {
				t.Errorf("got %q, want %q", got, tt.want)
			}
		})
	}
}
