package server_test

import (
	"fmt"
	"go/ast"
	"go/token"
	"go/types"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"golang.org/x/tools/go/packages"
)

// goLoaded is a Go module as the type checker reads it, with tests.
type goLoaded struct {
	dir      string
	builds   []string // the build tags of each build that is read
	packages []*packages.Package
	symbols  map[usePlace]*usedSymbol
	uses     map[usePlace]map[usePlace]bool
}

func loadGo(t testing.TB, dir string, builds []string, overlay map[string][]byte) *goLoaded {
	t.Helper()
	l := &goLoaded{
		dir: dir, builds: builds, symbols: map[usePlace]*usedSymbol{}, uses: map[usePlace]map[usePlace]bool{},
	}
	files := token.NewFileSet()
	for _, tags := range builds {
		cfg := &packages.Config{
			Dir: dir, Tests: true, Fset: files, Overlay: overlay, BuildFlags: []string{"-tags=" + tags},
			Mode: packages.NeedName | packages.NeedFiles | packages.NeedSyntax | packages.NeedTypes |
				packages.NeedTypesInfo | packages.NeedImports | packages.NeedDeps,
		}
		list, err := packages.Load(cfg, "./...")
		if err != nil {
			t.Fatal(err)
		}
		l.packages = append(l.packages, list...)
	}
	for _, p := range l.packages {
		readGoUses(dir, p, l.symbols, l.uses)
	}
	return l
}

// goAnswers works the answers out with the Go type checker, in one build for each of the lists of build tags.
func goAnswers(builds ...string) func(t testing.TB, dir string, questions []worthQuestion) []lineSet {
	return func(t testing.TB, dir string, questions []worthQuestion) []lineSet {
		t.Helper()
		return loadGo(t, dir, builds, nil).answers(t, questions)
	}
}

// answers returns the lines that answer each question.
func (l *goLoaded) answers(t testing.TB, questions []worthQuestion) (out []lineSet) {
	t.Helper()
	for _, q := range questions {
		obj := l.object(t, q)
		at := l.placeOf(obj)
		answer := lineSet{}
		switch q.kind {
		case askMethod, askCommon, askField:
			l.addUses(answer, at)
		case askFamily:
			for _, one := range l.family(obj) {
				l.addUses(answer, one)
			}
		case askCallers:
			for caller := range l.callers(at) {
				answer.add(caller.path, caller.line+1)
				for further := range l.callers(caller) {
					answer.add(further.path, further.line+1)
				}
			}
		case askSignature:
			l.addBroken(t, answer, at)
		case askTypes:
			for _, one := range l.implementers(obj) {
				answer.add(one.path, one.line+1)
			}
		}
		out = append(out, answer)
	}
	return out
}

func (l *goLoaded) fset() *token.FileSet { return l.packages[0].Fset }

func (l *goLoaded) place(pos token.Pos) usePlace {
	position := l.fset().Position(pos)
	rel, err := filepath.Rel(l.dir, position.Filename)
	if err != nil || !filepath.IsLocal(rel) {
		return usePlace{}
	}
	return usePlace{path: filepath.ToSlash(rel), line: position.Line - 1, col: position.Column - 1}
}

func (l *goLoaded) placeOf(obj types.Object) usePlace { return l.place(origin(obj).Pos()) }

// object returns what a question is about.
func (l *goLoaded) object(t testing.TB, q worthQuestion) types.Object {
	t.Helper()
	outer, _, isMember := strings.Cut(q.selector, ".")
	for _, p := range l.packages {
		obj := p.Types.Scope().Lookup(outer)
		if obj != nil && isMember {
			obj, _, _ = types.LookupFieldOrMethod(obj.Type(), true, p.Types, q.name)
		}
		if obj != nil && l.placeOf(obj).path == q.path {
			return obj
		}
	}
	t.Fatalf("no %s in %s", q.selector, q.path)
	return nil
}

// addUses adds the lines of a declaration and of its uses.
func (l *goLoaded) addUses(to lineSet, at usePlace) {
	to.add(at.path, at.line+1)
	for use := range l.uses[at] {
		to.add(use.path, use.line+1)
	}
}

// implementing calls with for each type of the module, other than interfaces, that implements an interface.
func (l *goLoaded) implementing(face types.Object, with func(p *packages.Package, one types.Object)) {
	for _, p := range l.packages {
		same := l.sameIn(p, face)
		if same == nil {
			continue
		}
		for _, name := range p.Types.Scope().Names() {
			one, isType := p.Types.Scope().Lookup(name).(*types.TypeName)
			if !isType || types.IsInterface(one.Type()) {
				continue
			}
			if types.Implements(one.Type(), same) || types.Implements(types.NewPointer(one.Type()), same) {
				with(p, one)
			}
		}
	}
}

// sameIn returns an interface as a package sees it; nil if the package does not know it. Packages and their tests
// are loaded several times, with types that differ.
func (l *goLoaded) sameIn(p *packages.Package, face types.Object) *types.Interface {
	candidates := []*packages.Package{p}
	for _, imported := range p.Imports {
		candidates = append(candidates, imported)
	}
	for _, c := range candidates {
		if c.Types == nil {
			continue
		}
		if obj := c.Types.Scope().Lookup(face.Name()); obj != nil && l.placeOf(obj) == l.placeOf(face) {
			same, _ := obj.Type().Underlying().(*types.Interface)
			return same
		}
	}
	return nil
}

func (l *goLoaded) implementers(face types.Object) (out []usePlace) {
	l.implementing(face, func(_ *packages.Package, one types.Object) { out = append(out, l.placeOf(one)) })
	return out
}

// family returns the declarations of a method of an interface, and of the methods that implement it.
func (l *goLoaded) family(method types.Object) []usePlace {
	out := []usePlace{l.placeOf(method)}
	named := method.(*types.Func).Signature().Recv().Type().(*types.Named)
	l.implementing(named.Obj(), func(p *packages.Package, one types.Object) {
		obj, _, _ := types.LookupFieldOrMethod(one.Type(), true, p.Types, method.Name())
		if at := l.placeOf(obj); at.path != "" && !slices.Contains(out, at) {
			out = append(out, at)
		}
	})
	return out
}

// callers returns the names of the functions that call a function.
func (l *goLoaded) callers(at usePlace) map[usePlace]bool {
	out := map[usePlace]bool{}
	l.functions(func(p *packages.Package, f *ast.FuncDecl) {
		ast.Inspect(f, func(n ast.Node) bool {
			call, isCall := n.(*ast.CallExpr)
			if !isCall {
				return true
			}
			var name *ast.Ident
			switch fun := ast.Unparen(call.Fun).(type) {
			case *ast.Ident:
				name = fun
			case *ast.SelectorExpr:
				name = fun.Sel
			}
			if name != nil && p.TypesInfo.Uses[name] != nil && l.placeOf(p.TypesInfo.Uses[name]) == at {
				out[l.place(f.Name.Pos())] = true
			}
			return true
		})
	})
	delete(out, at)
	return out
}

func (l *goLoaded) functions(with func(*packages.Package, *ast.FuncDecl)) {
	for _, p := range l.packages {
		for _, file := range p.Syntax {
			for _, d := range file.Decls {
				if f, isFunction := d.(*ast.FuncDecl); isFunction {
					with(p, f)
				}
			}
		}
	}
}

// addBroken adds the lines of the functions in which the type checker reports errors once a function has one more
// parameter.
func (l *goLoaded) addBroken(t testing.TB, to lineSet, at usePlace) {
	t.Helper()
	file := filepath.Join(l.dir, filepath.FromSlash(at.path))
	raw, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	var edits [][]byte
	l.functions(func(_ *packages.Package, f *ast.FuncDecl) {
		if l.place(f.Name.Pos()) == at {
			offset := l.fset().Position(f.Type.Params.Opening).Offset + 1
			edits = append(edits, slices.Concat(raw[:offset], []byte("_ int, "), raw[offset:]))
		}
	})
	// The package and its test have the same file.
	edited := loadGo(t, l.dir, l.builds, map[string][]byte{file: edits[0]})
	broken := map[string]bool{}
	for _, p := range edited.packages {
		for _, e := range p.Errors {
			position := strings.Split(e.Pos, ":")
			broken[fmt.Sprint(position[0], ":", position[1])] = true
		}
	}
	edited.functions(func(_ *packages.Package, f *ast.FuncDecl) {
		from, end := edited.fset().Position(f.Pos()), edited.fset().Position(f.End())
		for line := from.Line; line <= end.Line; line++ {
			if broken[fmt.Sprint(from.Filename, ":", line)] {
				name := edited.place(f.Name.Pos())
				to.add(name.path, name.line+1)
			}
		}
	})
}

// usesAsked returns the lines of the uses of the symbols that questions are about.
func usesAsked(t testing.TB, symbols []usedSymbol, questions []worthQuestion) (out []lineSet) {
	t.Helper()
	for _, q := range questions {
		answer := lineSet{}
		for _, s := range symbols {
			if s.Name == q.name && s.At.path == q.path && len(answer) == 0 {
				answer.add(s.At.path, s.At.line+1)
				for _, use := range s.Uses {
					answer.add(use.path, use.line+1)
				}
			}
		}
		out = append(out, answer)
	}
	return out
}

// scriptAnswers works answers about uses out with TypeScript's own language service.
func scriptAnswers(t testing.TB, dir string, questions []worthQuestion) []lineSet {
	t.Helper()
	symbols := slices.DeleteFunc(tsDeclared(t, dir), func(s usedSymbol) bool {
		isAsked := func(q worthQuestion) bool { return q.name == s.Name && q.path == s.At.path }
		return !slices.ContainsFunc(questions, isAsked)
	})
	tsUses(t, dir, symbols)
	return usesAsked(t, symbols, questions)
}

// pythonAnswers works answers about uses out with Python's parser.
func pythonAnswers(t testing.TB, dir string, questions []worthQuestion) []lineSet {
	t.Helper()
	return usesAsked(t, pythonUses(t, dir), questions)
}
