package overlooked

import (
	"bytes"
	"go/ast"
	"go/build/constraint"
	"go/parser"
	"go/token"
	"path"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"golang.org/x/mod/modfile"

	"lanser/server/compiler"
	"lanser/server/project"
)

// gopls and go vet check types, and the compiler (cmd/compile/internal/noder, Go 1.26) also checks what they do not
// look at: functions without a body, and directives. A package main without a function main fails in the linker.

// goFunctionDirectives are the directives that the compiler accepts only before a function.
var goFunctionDirectives = []string{
	"go:noescape", "go:norace", "go:nosplit", "go:noinline", "go:nocheckptr", "go:uintptrescapes",
}

// goRuntimeDirectives are the directives that the compiler accepts only in package runtime.
var goRuntimeDirectives = []string{
	"go:systemstack", "go:nowritebarrier", "go:nowritebarrierrec", "go:yeswritebarrierrec",
}

// ByGopls returns what 'go build' and 'go vet' find in a Go file and gopls does not. isBuilt reports whether a file
// belongs to the build that is checked.
func ByGopls(v project.View, file string, content []byte, isBuilt func(p string) bool) []compiler.Finding {
	if path.Base(file) == "go.mod" {
		return withoutModule(file, content)
	}
	if path.Ext(file) != ".go" {
		return nil
	}
	files := token.NewFileSet()
	parsed, err := parser.ParseFile(files, file, content, parser.SkipObjectResolution|parser.ParseComments)
	if err != nil {
		return nil // the server reports it
	}
	g := &goFile{isBuilt: isBuilt, view: v, path: file, content: content, files: files, parsed: parsed}
	g.wrongTestSignatures()
	g.directives()
	g.bodies()
	g.mainFunction()
	return g.found
}

// withoutModule reports a go.mod that names no module: the go command does nothing below it.
func withoutModule(file string, content []byte) []compiler.Finding {
	parsed, err := modfile.Parse(file, content, nil) // not ParseLax: it passes over directives that do not exist
	if err != nil || parsed.Module != nil {
		return nil // the server reports what is wrong with the file
	}
	return []compiler.Finding{{
		Severity: "error", Source: "go", At: compiler.Place{File: file},
		Message: "missing module declaration; to specify the module path: go mod edit -module=example.com/mod",
	}}
}

// GoList is the source of what the go command says about the packages that it loads.
const GoList = "go list"

// RefusedByGo reports what keeps the go command from loading a file: bytes that are not UTF-8, and a build constraint
// that is none.
func RefusedByGo(file string, content []byte) []compiler.Finding {
	if path.Ext(file) != ".go" {
		return nil
	}
	if !utf8.Valid(content) {
		return illegalBytes(file, content)
	}
	return wrongConstraint(file, content)
}

// wrongConstraint reports the first build constraint before the package clause that cannot be parsed.
func wrongConstraint(file string, content []byte) []compiler.Finding {
	n := 0
	for line := range bytes.Lines(content) {
		text := string(bytes.TrimSpace(line))
		if strings.HasPrefix(text, "package ") {
			break
		}
		_, err := constraint.Parse(text)
		if constraint.IsGoBuild(text) && err != nil {
			return []compiler.Finding{{
				Severity: "error", Source: GoList, Message: "parsing //go:build line: " + err.Error(),
				At: compiler.Place{File: file, Line: n, EndLine: n, EndColumn: len(text)},
			}}
		}
		n++
	}
	return nil
}

// illegalBytes reports the first byte of each line that is not UTF-8, as the compiler does (go/scanner).
func illegalBytes(file string, content []byte) (found []compiler.Finding) {
	message := "illegal UTF-8 encoding"
	if bytes.HasPrefix(content, []byte("\xff\xfe")) || bytes.HasPrefix(content, []byte("\xfe\xff")) {
		message += " (got UTF-16)"
	}
	n := 0
	for line := range bytes.Lines(content) {
		if column, isRefused := invalidAt(line); isRefused && len(found) < maxRefused {
			at := compiler.Place{File: file, Line: n, Column: column, EndLine: n, EndColumn: column + 1}
			found = append(found, compiler.Finding{Severity: "error", Source: "go build", Message: message, At: at})
		}
		n++
	}
	return found
}

// maxRefused bounds the findings about one file that is not UTF-8. The compiler stops at ten.
const maxRefused = 10

// invalidAt returns the offset of the first byte that is not UTF-8.
func invalidAt(line []byte) (offset int, ok bool) {
	for i := 0; i < len(line); {
		r, n := utf8.DecodeRune(line[i:])
		if r == utf8.RuneError && n == 1 {
			return i, true
		}
		i += n
	}
	return 0, false
}

// goFile is a Go file whose findings are collected.
type goFile struct {
	isBuilt func(p string) bool
	view    project.View
	path    string // relative to the root
	content []byte
	files   *token.FileSet
	parsed  *ast.File
	found   []compiler.Finding
}

// report adds a finding about a node.
func (g *goFile) report(at ast.Node, source, message string) {
	start, end := g.files.PositionFor(at.Pos(), false), g.files.PositionFor(at.End(), false)
	g.found = append(g.found, compiler.Finding{
		Severity: "error", Source: source, Message: message,
		At: compiler.Place{
			File: g.path, Line: start.Line - 1, Column: start.Column - 1,
			EndLine: end.Line - 1, EndColumn: end.Column - 1,
		},
	})
}

// directives reports the directives that the compiler refuses where they are.
func (g *goFile) directives() {
	for _, group := range g.parsed.Comments {
		for _, c := range group.List {
			text, ok := strings.CutPrefix(c.Text, "//")
			if ok && strings.HasPrefix(text, "go:") {
				g.directive(c, strings.TrimRight(text, "\r"))
			}
		}
	}
}

// directive reports a directive that the compiler refuses.
func (g *goFile) directive(c *ast.Comment, text string) {
	const misplaced = "misplaced compiler directive"
	refused := func(message string) { g.report(c, "go build", message) }
	verb, _, _ := strings.Cut(text, " ")
	switch fields := len(strings.Fields(text)); {
	case !g.isFirstInLine(c):
		refused(misplaced)
	case verb == "go:linkname" && text != verb && (fields < 2 || fields > 3):
		refused("usage: //go:linkname localname [linkname]")
	case verb == "go:linkname" && text != verb && !g.imports("unsafe"):
		refused(`//go:linkname only allowed in Go files that import "unsafe"`)
	case slices.Contains(goRuntimeDirectives, verb):
		refused("//" + verb + " only allowed in runtime")
	case verb == "go:uintptrkeepalive":
		refused("//" + verb + " is only allowed in the standard library")
	case slices.Contains(goFunctionDirectives, verb):
		f := g.functionAfter(c)
		if f == nil {
			refused(misplaced)
		} else if verb == "go:noescape" && f.Body != nil {
			g.report(f.Name, "go build", "can only use //go:noescape with external func implementations")
		}
	}
}

// isFirstInLine reports whether only blanks precede a comment in its line.
func (g *goFile) isFirstInLine(c *ast.Comment) bool {
	at := g.files.PositionFor(c.Pos(), false)
	return len(bytes.TrimLeft(g.content[at.Offset-at.Column+1:at.Offset], " \t\r\ufeff")) == 0
}

// imports reports whether the file imports a package.
func (g *goFile) imports(name string) bool {
	return slices.ContainsFunc(g.parsed.Imports, func(s *ast.ImportSpec) bool {
		imported, err := strconv.Unquote(s.Path.Value)
		return err == nil && imported == name
	})
}

// functionAfter returns the function to which the compiler applies a directive: the declaration that follows it, if
// that is a function. It is nil for a directive within a declaration, or before the package clause.
func (g *goFile) functionAfter(c *ast.Comment) *ast.FuncDecl {
	if c.Pos() < g.parsed.Package {
		return nil
	}
	for _, d := range g.parsed.Decls {
		start := d.Pos()
		if c.Pos() < start {
			f, _ := d.(*ast.FuncDecl)
			return f
		}
		if c.Pos() < d.End() {
			return nil
		}
	}
	return nil
}

// bodies reports functions without a body in packages that have nothing but Go, and so nothing that could hold them.
func (g *goFile) bodies() {
	for _, d := range g.parsed.Decls {
		f, ok := d.(*ast.FuncDecl)
		if !ok || f.Body != nil || f.Name.Name == "_" || f.Type.TypeParams.NumFields() > 0 ||
			f.Recv == nil && f.Name.Name == "init" { // the server reports init and generic functions
			continue
		}
		if g.hasOtherSources() {
			return
		}
		if f.Recv != nil || !g.isLinked(f.Name.Name) {
			g.report(f.Name, "go build", "missing function body")
		}
	}
}

// goOtherSources are the extensions of the sources that a Go package can have besides Go (go/build, Package).
var goOtherSources = []string{
	".s", ".S", ".sx", ".c", ".cc", ".cpp", ".cxx", ".m", ".f", ".F", ".for", ".f90", ".syso", ".swig", ".swigcxx",
}

// hasOtherSources reports whether the package has sources in another language, or code that cgo reads: then the
// compiler takes functions without a body to be there. The test package of a folder, NAME_test, has none.
func (g *goFile) hasOtherSources() bool {
	if strings.HasSuffix(g.path, "_test.go") && strings.HasSuffix(g.parsed.Name.Name, "_test") {
		return false
	}
	if g.imports("C") {
		return true
	}
	return slices.ContainsFunc(g.neighbours(), func(p string) bool {
		if !g.isBuilt(p) {
			return false
		}
		c, err := g.view.Content(p)
		isCgo := path.Ext(p) == ".go" && err == nil && project.ImportsC(c.Bytes())
		return isCgo || slices.Contains(goOtherSources, path.Ext(p))
	})
}

// neighbours returns the files in the folder of the file, in order.
func (g *goFile) neighbours() (out []string) { return filesIn(g.view, path.Dir(g.path)) }

// isLinked reports whether a directive //go:linkname in the folder gives a function a body of another package.
func (g *goFile) isLinked(name string) bool {
	return slices.ContainsFunc(g.neighbours(), func(p string) bool {
		c, err := g.view.Content(p)
		if path.Ext(p) != ".go" || err != nil {
			return false
		}
		for line := range bytes.Lines(c.Bytes()) {
			fields := bytes.Fields(line)
			if len(fields) > 1 && string(fields[0]) == "//go:linkname" && string(fields[1]) == name {
				return true
			}
		}
		return false
	})
}

// mainFunction reports a package main without a function main, in the first of its files. A package of nothing but
// tests is not linked.
func (g *goFile) mainFunction() {
	if g.parsed.Name.Name != "main" || strings.HasSuffix(g.path, "_test.go") {
		return
	}
	for _, p := range g.neighbours() {
		if path.Ext(p) != ".go" || strings.HasSuffix(p, "_test.go") || !g.isBuilt(p) {
			continue
		}
		if p < g.path {
			return // reported there
		}
		c, err := g.view.Content(p)
		if err != nil || declaresMain(p, c.Bytes()) {
			return
		}
	}
	g.report(g.parsed.Name, "go build", "function main is undeclared in the main package")
}

// declaresMain reports whether a Go file declares a function main, or may do so.
func declaresMain(file string, content []byte) bool {
	parsed, err := parser.ParseFile(token.NewFileSet(), file, content, parser.SkipObjectResolution)
	if err != nil {
		return true
	}
	return slices.ContainsFunc(parsed.Decls, func(d ast.Decl) bool {
		f, ok := d.(*ast.FuncDecl)
		return ok && f.Recv == nil && f.Name.Name == "main"
	})
}
