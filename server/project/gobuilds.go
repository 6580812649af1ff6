package project

import (
	"bytes"
	"cmp"
	"go/ast"
	"go/build"
	"go/build/constraint"
	"go/parser"
	"go/token"
	"go/version"
	"path"
	"slices"
	"strings"

	"golang.org/x/mod/modfile"

	"lanser/selectors/lazyregexp"
)

// The operating systems and architectures that the go command knows, also those of other compilers
// (go/build, "knownOS" and "knownArch").
var (
	GoSystems = strings.Fields("aix android darwin dragonfly freebsd hurd illumos ios js linux nacl netbsd openbsd " +
		"plan9 solaris wasip1 windows zos")
	goUnix  = strings.Fields("aix android darwin dragonfly freebsd hurd illumos ios linux netbsd openbsd solaris")
	GoArchs = strings.Fields("386 amd64 amd64p32 arm armbe arm64 arm64be loong64 mips mipsle mips64 mips64le " +
		"mips64p32 mips64p32le ppc ppc64 ppc64le riscv riscv64 s390 s390x sparc sparc64 wasm")
)

// MaxFreeTags bounds the tags of two files that are tried in every combination.
const MaxFreeTags = 8

// inOneBuild reports whether there is a build that two Go files are both part of: a system, an architecture and
// tags that satisfy the constraints of both. In doubt there is.
func inOneBuild(v View, a, b string) bool {
	type key struct{ a, b string }
	return v.Memoize(key{a, b}, func() any {
		x, y := ConstraintOf(v, a), ConstraintOf(v, b)
		if x == nil {
			x = y
		} else if y != nil {
			x = &constraint.AndExpr{X: x, Y: y}
		}
		return x == nil || satisfiable(x, GoVersion(v, a))
	}).(bool)
}

// GoVersion is the Go version that the module of a file requires, as "go1.21"; "" for none.
func GoVersion(v View, p string) string {
	f := ReadGoMod(v, GoModule(v, p))
	if f == nil || f.Go == nil {
		return ""
	}
	return "go" + f.Go.Version
}

// satisfiable reports whether a build satisfies a constraint, for a module of a Go version.
func satisfiable(x constraint.Expr, least string) bool {
	free := FreeTags(x, least)
	if len(free) > MaxFreeTags {
		return true
	}
	for _, system := range GoSystems {
		for _, arch := range GoArchs {
			for set := range 1 << len(free) {
				ok := x.Eval(func(tag string) bool {
					if i := slices.Index(free, tag); i >= 0 {
						return set&(1<<i) != 0
					}
					return tag == arch || IsRelease(tag) || MatchesSystem(tag, system)
				})
				if ok {
					return true
				}
			}
		}
	}
	return false
}

// FreeTags are the tags that may be set or not on every system. The releases up to the version of the module
// are always set.
func FreeTags(x constraint.Expr, least string) (out []string) {
	switch x := x.(type) {
	case *constraint.AndExpr:
		out = append(FreeTags(x.X, least), FreeTags(x.Y, least)...)
	case *constraint.OrExpr:
		out = append(FreeTags(x.X, least), FreeTags(x.Y, least)...)
	case *constraint.NotExpr:
		out = FreeTags(x.X, least)
	case *constraint.TagExpr:
		known := x.Tag == "unix" || slices.Contains(GoSystems, x.Tag) || slices.Contains(GoArchs, x.Tag)
		always := IsRelease(x.Tag) && least != "" && version.Compare(x.Tag, least) <= 0
		if !known && !always {
			return []string{x.Tag}
		}
	}
	slices.Sort(out)
	return slices.Compact(out)
}

// IsRelease reports whether a tag stands for a release of Go, as in go1.21.
func IsRelease(tag string) bool { return strings.HasPrefix(tag, "go1.") && version.IsValid(tag) }

// MatchesSystem reports whether a tag stands for an operating system: for itself, or for unix.
func MatchesSystem(tag, system string) bool {
	if tag == system || tag == "unix" && slices.Contains(goUnix, system) {
		return true
	}
	return tag == "linux" && system == "android" || tag == "solaris" && system == "illumos" ||
		tag == "darwin" && system == "ios"
}

// ConstraintOf is what the name and the lines at the top of a Go file require of a build; nil for nothing.
func ConstraintOf(v View, p string) constraint.Expr {
	x := constraintOfName(p)
	c, err := v.Content(p)
	if err != nil {
		return x
	}
	var is, was constraint.Expr // by lines //go:build, and by the older lines // +build
	for line := range bytes.Lines(c.Bytes()) {
		trimmed := strings.TrimSpace(string(line))
		if strings.HasPrefix(trimmed, "package ") {
			break
		}
		isNew, isOld := constraint.IsGoBuild(trimmed), constraint.IsPlusBuild(trimmed)
		if !isNew && !isOld {
			continue
		}
		y, err := constraint.Parse(trimmed)
		switch {
		case err != nil:
		case isNew:
			is = and(is, y)
		default:
			was = and(was, y)
		}
	}
	if is == nil {
		is = was // go/build reads the older lines only in files without the newer one
	}
	return and(x, is)
}

func and(x, y constraint.Expr) constraint.Expr {
	if x == nil || y == nil {
		return cmp.Or(x, y)
	}
	return &constraint.AndExpr{X: x, Y: y}
}

// constraintOfName reads the suffixes _GOOS, _GOARCH and _GOOS_GOARCH (go help buildconstraint).
func constraintOfName(p string) (x constraint.Expr) {
	name := strings.TrimSuffix(strings.TrimSuffix(path.Base(p), ".go"), "_test")
	parts := strings.Split(name, "_")[1:]
	if n := len(parts); n > 0 && slices.Contains(GoArchs, parts[n-1]) {
		x = &constraint.TagExpr{Tag: parts[n-1]}
		parts = parts[:n-1]
	}
	if n := len(parts); n > 0 && slices.Contains(GoSystems, parts[n-1]) {
		x = and(x, &constraint.TagExpr{Tag: parts[n-1]})
	}
	return x
}

// OtherBuildOfGo is [catalogue.Server.otherBuild] of gopls. A member is reached through values, whose types a file that
// is left out of this build may choose: one that declares again what a file of the build declares, with another type,
// and names the type of the symbol there. Returned is the first such file; "" for none.
func OtherBuildOfGo(v View, sym Symbol, p string) string {
	if sym.Owner == "" || !strings.HasSuffix(p, ".go") {
		return ""
	}
	type key struct{ path, module, owner string }
	files := v.Memoize(key{sym.Path, sym.Module, sym.Owner}, func() any { return choosers(v, sym) }).([]string)
	for _, f := range files {
		if f != p && inOneBuild(v, f, p) && reaches(v, path.Dir(p), path.Dir(f)) {
			return f
		}
	}
	return ""
}

// OtherFilesOfGo returns the files of the package of a Go file that the build of gopls leaves out, and that some build
// has together with another file, which uses what they declare.
func OtherFilesOfGo(v View, file, user string) (out []string) {
	clause := ImportsOfGo(v, file)
	for _, p := range v.Paths() {
		isBeside := path.Ext(p) == ".go" && path.Dir(p) == path.Dir(file) && p != file
		if !isBeside || Built(v, p) || !inOneBuild(v, p, user) {
			continue
		}
		isTest := strings.HasSuffix(p, "_test.go") && !strings.HasSuffix(user, "_test.go")
		other := ImportsOfGo(v, p)
		if clause != nil && other != nil && clause.Name.Name == other.Name.Name && !isTest {
			out = append(out, p)
		}
	}
	return out
}

// choosers are the files left out of this build which give a name of the build another type: one that names the
// owner of the symbol.
func choosers(v View, sym Symbol) (out []string) {
	for _, f := range v.Paths() {
		if path.Ext(f) != ".go" || IgnoredByGo(f) || Built(v, f) || !inOneBuild(v, f, sym.Path) {
			continue
		}
		same := path.Dir(f) == path.Dir(sym.Path)
		if !same && !importsGo(v, f, sym.Module) {
			continue
		}
		chosen := declaredInGo(v, f)
		for _, twin := range v.Paths() {
			isTwin := path.Ext(twin) == ".go" && path.Dir(twin) == path.Dir(f) && Built(v, twin)
			if !isTwin || isTestPackage(v, twin) != isTestPackage(v, f) {
				continue
			}
			for name, here := range declaredInGo(v, twin) {
				if chosen[name] != here && mentions(chosen[name], sym, same) {
					out = append(out, f)
				}
			}
		}
	}
	return slices.Compact(out)
}

// isTestPackage reports whether a Go file belongs to the external test package of its folder, such as log_test.
func isTestPackage(v View, p string) bool {
	c, err := v.Content(p)
	if err != nil || !strings.HasSuffix(p, "_test.go") {
		return false
	}
	clause, _ := packageClause(c.Bytes())
	name, _, _ := strings.Cut(clause, "\n")
	return strings.HasSuffix(name, "_test")
}

// mentions reports whether the text of a declaration names the owner of a symbol, or leaves its type to a
// value. In another package than the symbol's the name of that package is enough.
func mentions(declaration string, sym Symbol, same bool) bool {
	if declaration == "" {
		return false
	}
	if slices.Contains(goWord.FindAllString(declaration, -1), sym.Owner) {
		return true
	}
	base := path.Base(sym.Module)
	if majorVersion.MatchString(base) {
		base = path.Base(path.Dir(sym.Module))
	}
	return same && strings.Contains(declaration, "(") && strings.HasPrefix(declaration, "=") ||
		!same && strings.Contains(declaration, base+".")
}

var (
	goWord       = lazyregexp.New(`[\pL_][\pL\pN_]*`)
	majorVersion = lazyregexp.New(`^v\d+$`)
)

// declaredInGo maps the names at the top level of a Go file to what their declarations say of their types: the
// parameters and results of a function, the specification of a type, a variable or a constant. That of a variable
// without a type begins with "=".
func declaredInGo(v View, p string) map[string]string {
	type key struct{}
	return ReadOnce(v, p, key{}, func(src []byte) map[string]string {
		out := map[string]string{}
		fset := token.NewFileSet()
		f, err := parser.ParseFile(fset, "", src, parser.SkipObjectResolution)
		if f == nil || err != nil {
			return out
		}
		between := func(from, to token.Pos) string {
			return string(src[fset.Position(from).Offset:fset.Position(to).Offset])
		}
		printed := func(n ast.Node) string { return between(n.Pos(), n.End()) }
		for _, d := range f.Decls {
			switch d := d.(type) {
			case *ast.FuncDecl:
				name := d.Name.Name
				if d.Recv != nil && len(d.Recv.List) > 0 {
					name = printed(d.Recv.List[0].Type) + "." + name
				}
				from := d.Type.Params.Pos()
				if d.Type.TypeParams != nil {
					from = d.Type.TypeParams.Pos()
				}
				out[name] = between(from, d.Type.End()) // without the receiver, which every file names alike
			case *ast.GenDecl:
				for _, s := range d.Specs {
					switch s := s.(type) {
					case *ast.TypeSpec:
						out[s.Name.Name] = printed(s.Type)
					case *ast.ValueSpec:
						what := printed(s)
						if s.Type == nil {
							what = "=" + what
						}
						for _, id := range s.Names {
							out[id.Name] = what
						}
					}
				}
			}
		}
		delete(out, "_")
		delete(out, "init")
		return out
	})
}

// reaches reports whether the package in the folder from is that in the folder to, or imports it, over others
// too.
func reaches(v View, from, to string) bool {
	seen := map[string]bool{from: true}
	for todo := []string{from}; len(todo) > 0; todo = todo[1:] {
		if todo[0] == to {
			return true
		}
		for _, dir := range importedFolders(v)[todo[0]] {
			if !seen[dir] {
				seen[dir] = true
				todo = append(todo, dir)
			}
		}
	}
	return false
}

// importedFolders maps the folders of Go files to those of the packages of the workspace that they import.
func importedFolders(v View) map[string][]string {
	type key struct{}
	return v.Memoize(key{}, func() any {
		folders, imports := map[string]string{}, map[string][]string{}
		for _, p := range v.Paths() {
			if path.Ext(p) != ".go" {
				continue
			}
			dir := path.Dir(p)
			module := GoModule(v, p)
			if f := ReadGoMod(v, module); f != nil && f.Module != nil {
				rel := strings.TrimPrefix(strings.TrimPrefix(dir, module), "/")
				if module == "." || module == "" {
					rel = strings.TrimPrefix(dir, ".")
				}
				folders[path.Join(f.Module.Mod.Path, rel)] = dir
			}
			f := ImportsOfGo(v, p)
			if f == nil {
				continue
			}
			for _, i := range f.Imports {
				imports[dir] = append(imports[dir], strings.Trim(i.Path.Value, "\"`"))
			}
		}
		out := map[string][]string{}
		for dir, list := range imports {
			for _, i := range list {
				if to, ok := folders[i]; ok {
					out[dir] = append(out[dir], to)
				}
			}
			slices.Sort(out[dir])
			out[dir] = slices.Compact(out[dir])
		}
		return out
	}).(map[string][]string)
}

// ImportsOfGo returns the package clause and the imports of a Go file; nil if they cannot be parsed.
func ImportsOfGo(v View, p string) *ast.File {
	type key struct{}
	return ReadOnce(v, p, key{}, func(src []byte) *ast.File {
		f, err := parser.ParseFile(token.NewFileSet(), "", src, parser.ImportsOnly)
		if err != nil {
			return nil
		}
		return f
	})
}

// Built reports whether the build constraints of a Go file include it in the build that gopls
// loads.
func Built(v View, p string) bool {
	type contextKey struct{ version string }
	type key struct{ version, built string }
	version := GoEnvVersion()
	return v.Memoize(key{version, p}, func() any {
		ctxt := v.Memoize(contextKey{version}, func() any { return GoContext(v.Root()) }).(build.Context)
		return InGoBuild(v, ctxt, p)
	}).(bool)
}

// IgnoredByGo reports whether a file belongs to no package by the go command's rules.
func IgnoredByGo(p string) bool {
	return slices.ContainsFunc(strings.Split(p, "/"), func(part string) bool {
		return part == "testdata" || part == "vendor" || strings.HasPrefix(part, "_") || strings.HasPrefix(part, ".")
	})
}

// GoWork returns the folders of the modules that the go.work files of the workspace use; ok is
// false if there is none that can be parsed.
func GoWork(v View) (used map[string]bool, ok bool) {
	type key struct{}
	used, _ = v.Memoize(key{}, func() any {
		var used map[string]bool
		for _, f := range v.Paths() {
			if path.Base(f) != "go.work" {
				continue
			}
			c, err := v.Content(f)
			if err != nil {
				continue
			}
			work, err := modfile.ParseWork(f, c.Bytes(), nil)
			if err != nil {
				continue
			}
			if used == nil {
				used = map[string]bool{}
			}
			for _, u := range work.Use {
				used[path.Join(path.Dir(f), u.Path)] = true
			}
		}
		return used
	}).(map[string]bool)
	return used, used != nil
}

// GoModule returns the folder of the module that a file belongs to, "" for none.
func GoModule(v View, p string) string {
	type key struct{}
	modules := v.Memoize(key{}, func() any {
		modules := map[string]string{}
		for _, f := range v.Paths() {
			if path.Base(f) == "go.mod" {
				modules[path.Dir(f)] = f
			}
		}
		return modules
	}).(map[string]string)
	dir, _ := NearestAbove(modules, p)
	return dir
}
