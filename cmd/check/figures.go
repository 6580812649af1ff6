package main

import (
	"fmt"
	"go/ast"
	"go/token"
	"go/types"
	"io"
	"maps"
	"path/filepath"
	"reflect"
	"slices"
	"strconv"
	"strings"

	"golang.org/x/tools/go/packages"
)

// The figures show which part of the code needs work: packages with few comments, files that cannot be understood
// without each other, types with many methods, and options that are spelled outside of their table. No check enforces a
// number. The columns are:
//
//	comment%   lines with a comment, of all lines
//	stmts/ln   statements per line that is not a comment
//	no doc     exported names without a doc comment
//	mutual     pairs of files of which each uses names of the other

// figure holds the counts of a package, without its tests.
type figure struct {
	// comments counts lines with a comment, also at the end of a line of code. statements does not count blocks.
	files, lines, comments, statements int
	undocumented                       int                // exported names without a doc comment
	methods                            map[string]int     // by type
	uses                               map[[2]string]bool // {a, b}: file a uses a name that file b declares
}

// mutual returns the number of pairs of files that use names of each other. Each pair counts once. A reader must know
// both files to understand one.
func (f figure) mutual() (n int) {
	for pair := range f.uses {
		if pair[0] < pair[1] && f.uses[[2]string{pair[1], pair[0]}] {
			n++
		}
	}
	return n
}

// biggest returns the type with the most methods, and their number. Of several, it is the first by name.
func (f figure) biggest() (name string, most int) {
	for _, t := range slices.Sorted(maps.Keys(f.methods)) {
		if f.methods[t] > most {
			name, most = t, f.methods[t]
		}
	}
	return name, most
}

// figures prints the counts of each package of the module at root, and then the number of files
// that contain each option of a request as a string literal.
func figures(w io.Writer, root string) error {
	set, pkgs, err := loadPackages(root)
	if err != nil {
		return err
	}
	fmt.Fprintf(w, "%-20s %5s %6s %8s %8s %6s %6s  %s\n",
		"package", "files", "lines", "comment%", "stmts/ln", "no doc", "mutual", "most methods of one type")
	var options []string
	spelled := map[string]map[string]bool{}
	for _, p := range pkgs {
		f := count(set, p)
		name, most := f.biggest()
		fmt.Fprintf(w, "%-20s %5d %6d %8.1f %8.2f %6d %6d  %d %s\n", strings.TrimPrefix(p.PkgPath, "lanser/"),
			f.files, f.lines, 100*float64(f.comments)/float64(max(f.lines, 1)),
			float64(f.statements)/float64(max(f.lines-f.comments, 1)), f.undocumented, f.mutual(), most, name)
		if fields := optionNames(p.Types); fields != nil {
			options = fields
		}
		literals(set, p, spelled)
	}

	fmt.Fprintln(w, "\nfiles in which an option is spelled as a string literal:")
	for _, o := range options {
		fmt.Fprintf(w, "%-20s %d\n", o, len(spelled[o]))
	}
	return nil
}

// count returns the counts of a package. A use counts for the pair of files if the name is declared in another file of
// the same package, at package level or as a method.
func count(set *token.FileSet, p *packages.Package) figure {
	f := figure{methods: map[string]int{}, uses: map[[2]string]bool{}}
	for _, file := range p.Syntax {
		name := filepath.Base(set.Position(file.Package).Filename)
		f.files++
		f.lines += set.File(file.Package).LineCount()
		for _, group := range file.Comments {
			f.comments += set.Position(group.End()).Line - set.Position(group.Pos()).Line + 1
		}

		undocumented(file, func(*ast.Ident) { f.undocumented++ })
		for _, decl := range file.Decls {
			if fun, ok := decl.(*ast.FuncDecl); ok && fun.Recv != nil {
				f.methods[receiver(fun)]++
			}
		}

		ast.Inspect(file, func(n ast.Node) bool {
			switch n := n.(type) {
			case *ast.BlockStmt:
			case ast.Stmt:
				f.statements++
			case *ast.Ident:
				used := p.TypesInfo.Uses[n]
				if used == nil || used.Pkg() != p.Types || !topLevel(used) {
					break
				}
				if other := filepath.Base(set.Position(used.Pos()).Filename); other != name {
					f.uses[[2]string{name, other}] = true
				}
			}
			return true
		})
	}

	return f
}

// topLevel reports whether an object is declared at package level or is a method. Fields are not: a file that uses them
// uses their type, too.
func topLevel(o types.Object) bool {
	if f, ok := o.(*types.Func); ok {
		return f.Signature().Recv() != nil || o.Parent() == o.Pkg().Scope()
	}
	return o.Parent() == o.Pkg().Scope()
}

// optionNames returns the JSON names of the fields of the struct Options of package server/api,
// nil for other packages.
func optionNames(pkg *types.Package) (names []string) {
	if pkg.Path() != "lanser/server/api" {
		return nil
	}
	found, ok := pkg.Scope().Lookup("Options").(*types.TypeName)
	if !ok || found.IsAlias() {
		return nil
	}
	fields, ok := found.Type().Underlying().(*types.Struct)
	if !ok {
		return nil
	}
	for i := range fields.NumFields() {
		name, _, _ := strings.Cut(reflect.StructTag(fields.Tag(i)).Get("json"), ",")
		if name != "" && name != "-" {
			names = append(names, name)
		}
	}
	return names
}

// literals adds the string literals of a package to into, which maps their values, and the JSON
// names in struct tags, to the files that contain them.
func literals(set *token.FileSet, p *packages.Package, into map[string]map[string]bool) {
	add := func(value, file string) {
		if into[value] == nil {
			into[value] = map[string]bool{}
		}
		into[value][file] = true
	}

	for _, file := range p.Syntax {
		name := set.Position(file.Package).Filename
		ast.Inspect(file, func(n ast.Node) bool {
			lit, ok := n.(*ast.BasicLit)
			if !ok || lit.Kind != token.STRING {
				return true
			}
			value, err := strconv.Unquote(lit.Value)
			if err != nil {
				return true
			}
			add(value, name)
			if tag, _, _ := strings.Cut(reflect.StructTag(value).Get("json"), ","); tag != "" {
				add(tag, name)
			}
			return true
		})
	}
}
