package main

import (
	"context"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"go/types"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"unicode/utf8"

	"lanser/selectors/lazyregexp"
)

// maxColumns is the longest line that is allowed; a tab counts as four columns.
const maxColumns = 120

// The rules, by the names that findings end with:
//
//   - if-assign: no assignment to an existing variable in the head of an if, where it is overlooked.
//   - short-switch: a switch without a tag has at least three cases; an if is shorter.
//   - unkeyed: a literal of a struct of this module with more than two fields names them.
//   - eager-regexp: a regular expression in a package variable is compiled when it is first used (package lazyregexp),
//     because every command would pay for compiling all of them at its start.
//   - no-doc: an exported name has a doc comment.
//   - long-line: a line has at most 120 columns.
//
// Tests need neither doc comments nor field names. There is no directive to silence a finding: a rule that needs
// exceptions states them itself, as unbreakable does for long lines.

// finding is a violation of one of the rules.
type finding struct {
	pos    token.Position
	rule   string
	advice string // how to correct it
}

// style checks the rules of this file in every Go file of the module. No existing linter has
// them; for example, the check composites of vet only covers types of other packages.
func style(context.Context) error {
	found, err := styleOf(".")
	if err != nil {
		return err
	}
	if len(found) == 0 {
		return nil
	}

	count := map[string]int{}
	for _, f := range found {
		count[f.rule]++
		fmt.Printf("%s:%d:%d: %s (%s)\n", f.pos.Filename, f.pos.Line, f.pos.Column, f.advice, f.rule)
	}

	var rules []string
	for _, rule := range slices.Sorted(maps.Keys(count)) {
		rules = append(rules, fmt.Sprintf("%d %s", count[rule], rule))
	}
	return fmt.Errorf("%d findings: %s", len(found), strings.Join(rules, ", "))
}

// styleOf returns the findings in the module at root, sorted by file and line. Tests and files for other systems are
// not among the loaded packages, so the files are listed from the folders. Those two kinds are checked without types.
func styleOf(root string) ([]finding, error) {
	root, err := filepath.Abs(root)
	if err != nil {
		return nil, err
	}
	set, pkgs, err := loadPackages(root)
	if err != nil {
		return nil, err
	}
	typed := map[string]source{}
	for _, p := range pkgs {
		for _, f := range p.Syntax {
			typed[set.Position(f.Package).Filename] = source{file: f, info: p.TypesInfo}
		}
	}

	files, err := goFiles(root)
	if err != nil {
		return nil, err
	}
	var all []finding
	for _, name := range files {
		src, err := sourceOf(set, name, typed[name])
		if err != nil {
			return nil, err
		}
		for _, f := range src.findings(set) {
			f.pos.Filename, _ = filepath.Rel(root, f.pos.Filename) // cannot fail: the file lies below root
			all = append(all, f)
		}
	}

	return all, nil
}

// goFiles lists the Go files below root, except those in testdata and hidden folders.
func goFiles(root string) (files []string, err error) {
	err = filepath.WalkDir(root, func(p string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		hidden := p != root && strings.HasPrefix(d.Name(), ".")
		if d.IsDir() && (hidden || d.Name() == "testdata") {
			return fs.SkipDir
		}
		if !d.IsDir() && strings.HasSuffix(p, ".go") {
			files = append(files, p)
		}
		return nil
	})
	return files, err
}

// source is a parsed file. Rules that need types skip a file without them.
type source struct {
	file *ast.File
	info *types.Info // nil for test files and for files of other systems, which are not type-checked
	text string      // the whole file, for rules about lines
	test bool        // the name ends in _test.go
}

// sourceOf returns a file with its text. A file that was not loaded with its package is parsed here.
func sourceOf(set *token.FileSet, name string, src source) (source, error) {
	raw, err := os.ReadFile(name)
	if err != nil {
		return src, err
	}
	src.text, src.test = string(raw), strings.HasSuffix(name, "_test.go")
	if src.file == nil {
		src.file, err = parser.ParseFile(set, name, raw, parser.ParseComments|parser.SkipObjectResolution)
	}
	return src, err
}

// findings applies every rule to one file and returns the findings in order of lines. Rules about one kind of node
// share a walk over the syntax.
func (s source) findings(set *token.FileSet) (all []finding) {
	report := func(pos token.Pos, rule, format string, args ...any) {
		all = append(all, finding{pos: set.Position(pos), rule: rule, advice: fmt.Sprintf(format, args...)})
	}
	ast.Inspect(s.file, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.IfStmt:
			if assign, ok := n.Init.(*ast.AssignStmt); ok && assign.Tok != token.DEFINE {
				report(assign.Pos(), "if-assign", "assign on a line of its own before the if")
			}
		case *ast.SwitchStmt:
			if n.Tag == nil && len(n.Body.List) < 3 {
				report(n.Pos(), "short-switch", "write an if: a switch without a tag has three cases or more")
			}
		case *ast.CompositeLit:
			if name := s.unkeyed(n); name != "" {
				report(n.Pos(), "unkeyed", "name the fields of %s: it has more than two", name)
			}
		}
		return true
	})
	if !s.test {
		s.eagerPatterns(func(call ast.Node) {
			report(call.Pos(), "eager-regexp", "use lazyregexp.New outside functions")
		})
		undocumented(s.file, func(name *ast.Ident) {
			report(name.Pos(), "no-doc", "write a doc comment that starts with %s", name.Name)
		})
	}

	start := set.File(s.file.Package)
	for i, line := range strings.Split(s.text, "\n") {
		if columns := width(line); columns > maxColumns && !unbreakable(line) {
			report(start.LineStart(i+1), "long-line", "break the line: %d columns, %d at most", columns, maxColumns)
		}
	}

	slices.SortStableFunc(all, func(a, b finding) int { return a.pos.Line - b.pos.Line })
	return all
}

// eagerPatterns calls report for each call of a function of package regexp that runs when the program starts:
// in the value of a package variable, outside of function literals.
func (s source) eagerPatterns(report func(call ast.Node)) {
	for _, decl := range s.file.Decls {
		if _, isFunction := decl.(*ast.FuncDecl); isFunction {
			continue
		}
		ast.Inspect(decl, func(n ast.Node) bool {
			if _, isFunction := n.(*ast.FuncLit); isFunction {
				return false
			}
			call, ok := n.(*ast.CallExpr)
			if !ok {
				return true
			}
			if f, ok := call.Fun.(*ast.SelectorExpr); ok {
				if p, ok := f.X.(*ast.Ident); ok && p.Name == "regexp" {
					report(call)
				}
			}
			return true
		})
	}
}

// unkeyed returns the name of the struct type if a composite literal must name its fields and
// does not, otherwise "". Types of other modules, types that a function declares, and structs
// of at most two fields need no names.
func (s source) unkeyed(lit *ast.CompositeLit) string {
	if s.test || s.info == nil || len(lit.Elts) == 0 {
		return ""
	}
	if _, keyed := lit.Elts[0].(*ast.KeyValueExpr); keyed {
		return ""
	}
	t := s.info.TypeOf(lit)
	if p, ok := t.(*types.Pointer); ok { // an element of []*T without &T
		t = p.Elem()
	}
	named, ok := types.Unalias(t).(*types.Named)
	if !ok || named.Obj().Pkg() == nil || named.Obj().Parent() != named.Obj().Pkg().Scope() {
		return ""
	}
	module, _, _ := strings.Cut(named.Obj().Pkg().Path(), "/")
	fields, ok := named.Underlying().(*types.Struct)
	if !ok || module != "lanser" || fields.NumFields() <= 2 {
		return ""
	}
	return named.Obj().Name()
}

// undocumented calls report for each exported name of the file that has no doc comment,
// including methods of exported types. The comment of a group counts, and so does one at the
// end of the line of a constant, variable or type.
func undocumented(file *ast.File, report func(*ast.Ident)) {
	for _, decl := range file.Decls {
		switch d := decl.(type) {
		case *ast.FuncDecl:
			if d.Name.IsExported() && d.Doc == nil && exportedReceiver(d) {
				report(d.Name)
			}
		case *ast.GenDecl:
			for _, spec := range d.Specs {
				undocumentedSpec(d, spec, report)
			}
		}
	}
}

// undocumentedSpec is undocumented for one spec of the declaration d.
func undocumentedSpec(d *ast.GenDecl, spec ast.Spec, report func(*ast.Ident)) {
	switch s := spec.(type) {
	case *ast.TypeSpec:
		if s.Name.IsExported() && d.Doc == nil && s.Doc == nil && s.Comment == nil {
			report(s.Name)
		}
	case *ast.ValueSpec:
		if d.Doc != nil || s.Doc != nil || s.Comment != nil {
			return
		}
		for _, name := range s.Names {
			if name.IsExported() {
				report(name)
			}
		}
	}
}

// exportedReceiver reports whether f is a function, or a method of an exported type.
func exportedReceiver(f *ast.FuncDecl) bool {
	if f.Recv == nil {
		return true
	}
	name := receiver(f)
	return ast.IsExported(name)
}

// receiver returns the name of the type that f is a method of, "" for a function: (s *Stack[T]) → Stack.
func receiver(f *ast.FuncDecl) string {
	if f.Recv == nil || len(f.Recv.List) == 0 {
		return ""
	}
	t := f.Recv.List[0].Type
	for {
		switch x := t.(type) {
		case *ast.StarExpr:
			t = x.X
		case *ast.IndexExpr:
			t = x.X
		case *ast.IndexListExpr:
			t = x.X
		case *ast.Ident:
			return x.Name
		default:
			return ""
		}
	}
}

// width returns the number of columns of a line. A tab counts as four.
func width(line string) int {
	return utf8.RuneCountInString(line) + 3*strings.Count(line, "\t")
}

// unbreakableLine matches lines that a break would not make easier to read: a single string
// literal, the tag of a struct field, a comment that is a URL, and directives.
var unbreakableLine = lazyregexp.New("^\\s*(\\w+: )?(\"(\\\\.|[^\"\\\\])*\"|`[^`]*`)[,)\\]}]*$" +
	"|`\\w+:\"[^`]*`(\\s*//.*)?$|^\\s*//\\s*\\S*https?://\\S+$|^//go:")

// unbreakable reports whether a long line is allowed.
func unbreakable(line string) bool { return unbreakableLine.MatchString(line) }
