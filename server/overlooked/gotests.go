package overlooked

import (
	"go/ast"
	"strings"
	"unicode"
	"unicode/utf8"
)

// testParameters are the prefixes of the names of test functions, and the types of package testing that their
// parameters point to (go help testfunc).
var testParameters = []struct{ prefix, parameter string }{{"Test", "T"}, {"Benchmark", "B"}, {"Fuzz", "F"}}

// wrongTestSignatures reports the functions of a test file that have the name of a test function and not its
// signature. The go command refuses to vet or test such a package (cmd/go/internal/load, checkTestFunc). gopls does
// not report it: to the type checker the function is one like any other.
func (g *goFile) wrongTestSignatures() {
	if !strings.HasSuffix(g.path, "_test.go") {
		return
	}
	for _, d := range g.parsed.Decls {
		f, ok := d.(*ast.FuncDecl)
		if !ok || f.Recv != nil {
			continue
		}
		parameter := testParameter(f)
		if parameter == "" || f.Type.TypeParams.NumFields() > 0 || hasOneParameter(f, parameter) {
			continue // the server reports type parameters
		}
		g.report(f.Name, "go vet", "wrong signature for "+f.Name.Name+", must be: func "+f.Name.Name+"("+
			strings.ToLower(parameter)+" *testing."+parameter+")")
	}
}

// testParameter returns the type of package testing that the parameter of a function must point to by the function's
// name; "" for a function that is no test.
func testParameter(f *ast.FuncDecl) string {
	name := f.Name.Name
	if name == "TestMain" && !hasOneParameter(f, "T") { // with a T it is a test like others
		return "M"
	}
	for _, kind := range testParameters {
		rest, ok := strings.CutPrefix(name, kind.prefix)
		if !ok {
			continue
		}
		if first, _ := utf8.DecodeRuneInString(rest); rest == "" || !unicode.IsLower(first) {
			return kind.parameter
		}
	}
	return ""
}

// hasOneParameter reports whether a function has no result and one parameter, a pointer to a type with a name. As in
// the go command, the package of the type is not looked at.
func hasOneParameter(f *ast.FuncDecl, name string) bool {
	parameters := f.Type.Params.List
	if f.Type.Results.NumFields() > 0 || len(parameters) != 1 || len(parameters[0].Names) > 1 {
		return false
	}
	pointer, ok := parameters[0].Type.(*ast.StarExpr)
	if !ok {
		return false
	}
	switch to := pointer.X.(type) {
	case *ast.Ident:
		return to.Name == name
	case *ast.SelectorExpr:
		return to.Sel.Name == name
	}
	return false
}
