package main

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// starts are functions that look for a program or start one, by the name of their first
// arguments.
var starts = []string{"Command", "CommandContext", "LookPath", "Look", "StartProcess", "Exec", "PathOf"}

// Only one file of lanser looks for git and starts it: there, everything that a repository could make git run is
// switched off. The command release asks git about this repository alone, whose code it compiles and therefore trusts,
// and indextest about repositories that tests have made.
func TestOnlyOneFileStartsGit(t *testing.T) {
	const place = "index/git/git.go"
	var found []string
	err := filepath.WalkDir("../..", func(p string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || !strings.HasSuffix(p, ".go") || strings.HasSuffix(p, "_test.go") {
			return err
		}
		for _, call := range gitCalls(t, p) {
			rel, _ := filepath.Rel("../..", p) // it lies below
			found = append(found, filepath.ToSlash(rel)+" "+call)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	want := []string{"cmd/release/describe.go CommandContext", place + " Look", "index/indextest/indextest.go Command"}
	if !slices.Equal(found, want) {
		t.Errorf("git is started or looked for in %q, want %q", found, want)
	}
}

// gitCalls lists the functions of starts that a file calls with a literal that names git.
func gitCalls(t *testing.T, file string) (names []string) {
	t.Helper()
	parsed, err := parser.ParseFile(token.NewFileSet(), file, nil, 0)
	if err != nil {
		t.Fatal(err)
	}
	ast.Inspect(parsed, func(n ast.Node) bool {
		call, ok := n.(*ast.CallExpr)
		if !ok {
			return true
		}
		name := ""
		switch f := call.Fun.(type) {
		case *ast.SelectorExpr:
			name = f.Sel.Name
		case *ast.Ident:
			name = f.Name
		}
		if slices.Contains(starts, name) && slices.ContainsFunc(call.Args, namesGit) {
			names = append(names, name)
		}
		return true
	})
	return names
}

func namesGit(arg ast.Expr) bool {
	literal, ok := arg.(*ast.BasicLit)
	if !ok || literal.Kind != token.STRING {
		return false
	}
	value, err := strconv.Unquote(literal.Value)
	return err == nil && (filepath.Base(value) == "git" || strings.HasPrefix(value, "git "))
}
