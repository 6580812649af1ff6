package project

import (
	"bytes"
	"path"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/mod/modfile"

	"lanser/selectors"
	"lanser/selectors/lazyregexp"
	"lanser/selectors/text"
)

// Symbol is what the rules of a language need to know of a symbol whose uses are looked for.
type Symbol struct {
	Path   string // of the file that declares it; "" if it is not known
	Lang   selectors.Lang
	Module string
	Name   string
	Kind   selectors.Kind
	Owner  string   // the name of what is around its declaration: of the type that it is a member of
	Also   []string // further files that declare it
	Member bool     // it belongs to a type
	// Scope is the function that a local symbol belongs to, in bytes of its file; empty for others.
	Scope text.Span
	// Selected is true for one that is declared as the member of an object, as in object.name = function () {}.
	Selected bool
	// Object is the last name of that object: object, or exports.
	Object string
	// Assigned is true for a field that no class body lists, but a method assigns.
	Assigned bool
	// OfModule is true if what is assigned to a member of an object counts as a variable of its module.
	OfModule bool
	// WithoutLinks has no file left out because no import leads from it to the symbol.
	WithoutLinks bool
	// Internal is true for a function or variable of C or C++ that other translation units cannot use, being static or
	// in a namespace without a name.
	Internal bool
	// WithoutInclusions knows no file that is included as code of Rust.
	WithoutInclusions bool
	// AnyAttribute takes each string of an attribute of Rust for the path of an item.
	AnyAttribute bool
	// WithoutLookups knows no lookups of members of Go by names in variables.
	WithoutLookups bool
	// OnlyClassesAsType knows no variables of Python that strings in calls name as types.
	OnlyClassesAsType bool
	// WordsOfProse takes the word exports of a comment for code.
	WordsOfProse bool
}

// IsSelected reports whether the text before a word ends with the dot of a member, not with that of "...".
func IsSelected(left []byte) bool {
	return bytes.HasSuffix(left, []byte(".")) && !bytes.HasSuffix(left, []byte(".."))
}

// VisibleInGo applies the Go specification ("Exported identifiers", "Import declarations") and the
// go command's rules for modules and internal packages.
func VisibleInGo(v View, sym Symbol, p string) bool {
	if path.Ext(p) != ".go" {
		return false
	}
	home, dir := path.Dir(sym.Path), path.Dir(p)
	if !inBuildWith(v, sym, p) {
		return false
	}
	if dir == home {
		return true
	}
	first, _ := utf8.DecodeRuneInString(sym.Name)
	if !unicode.IsUpper(first) || strings.HasSuffix(sym.Path, "_test.go") {
		return false
	}
	// The go command leaves out folders such as testdata, but what it finds there is code of its own.
	if IgnoredByGo(p) && (sym.Module == "" || !importsGo(v, p, sym.Module)) {
		return false
	}
	if !internalAllows(home, dir) {
		return false
	}
	from, to := GoModule(v, p), GoModule(v, sym.Path)
	if from != to && to != "" && !requires(v, from, to) {
		return false
	}
	// A member can be used without its package being imported, as the field of a value of another's.
	return sym.Member || sym.Module == "" || importsGo(v, p, sym.Module)
}

// inBuildWith reports whether there is a build of a file and one of those that declare the symbol.
func inBuildWith(v View, sym Symbol, p string) bool {
	return slices.ContainsFunc(append([]string{sym.Path}, sym.Also...), func(f string) bool {
		return f == p || inOneBuild(v, f, p)
	})
}

// internalAllows reports whether files of dir may import the package in the folder home, by the
// go command's rule for internal packages.
func internalAllows(home, dir string) bool {
	parts := strings.Split(home, "/")
	for i := len(parts) - 1; i >= 0; i-- {
		if parts[i] == "internal" {
			parent := strings.Join(parts[:i], "/")
			return parent == "" || dir == parent || strings.HasPrefix(dir, parent+"/")
		}
	}
	return true
}

// requires reports whether the module in the folder from may import packages of that in the
// folder to: a go.mod must name it. In doubt it may.
func requires(v View, from, to string) bool {
	if from == "" {
		return false // a file outside of every module can import the standard library alone
	}
	type key struct{ from, to string }
	return v.Memoize(key{from, to}, func() any {
		if used, ok := GoWork(v); ok && used[from] && used[to] {
			return true // modules of one go.work need not require each other
		}
		a, b := ReadGoMod(v, from), ReadGoMod(v, to)
		if a == nil || b == nil || b.Module == nil {
			return true
		}
		for _, r := range a.Require {
			if r.Mod.Path == b.Module.Mod.Path {
				return true
			}
		}
		for _, r := range a.Replace {
			if r.New.Version == "" && path.Join(from, r.New.Path) == to {
				return true
			}
		}
		return false
	}).(bool)
}

// ReadGoMod parses the go.mod file of a folder; nil if there is none that can be parsed.
func ReadGoMod(v View, dir string) *modfile.File {
	c, err := v.Content(path.Join(dir, "go.mod"))
	if err != nil {
		return nil
	}
	f, err := modfile.ParseLax("go.mod", c.Bytes(), nil)
	if err != nil {
		return nil
	}
	return f
}

// importsGo reports whether a Go file imports a package. What looks like an import in a comment
// counts too: the answer may only be wrong in that direction.
func importsGo(v View, p, module string) bool {
	c, err := v.Content(p)
	if err != nil {
		return true
	}
	quoted := []byte(`"` + module + `"`)
	return bytes.Contains(c.Bytes(), quoted) || bytes.Contains(c.Bytes(), []byte("`"+module+"`"))
}

// Hosts maps the extensions of files that no server reads to the languages whose symbols people
// use in them.
var Hosts = map[string][]selectors.Lang{
	".vue": {"ts"}, ".svelte": {"ts"}, ".astro": {"ts"}, ".mdx": {"ts"}, ".marko": {"ts"}, ".riot": {"ts"},
	".html": {"ts", "go", "py"}, ".htm": {"ts", "go", "py"}, ".xhtml": {"ts"}, ".ejs": {"ts"}, ".hbs": {"ts"},
	".handlebars": {"ts"}, ".pug": {"ts"}, ".jade": {"ts"}, ".njk": {"ts"}, ".liquid": {"ts"},
	".coffee": {"ts"}, ".flow": {"ts"},
	".tmpl": {"go"}, ".gotmpl": {"go"}, ".gohtml": {"go"}, ".tpl": {"go", "py"}, ".templ": {"go"},
	".ipynb": {"py"}, ".jinja": {"py"}, ".jinja2": {"py"}, ".j2": {"py"}, ".mako": {"py"},
	".pyx": {"py", "cpp"}, ".pxd": {"py", "cpp"}, ".pxi": {"py", "cpp"}, ".pyw": {"py"}, ".xonsh": {"py"},
	".s": {"go", "cpp", "rs"}, ".asm": {"cpp", "rs"}, ".sx": {"cpp"},
	".y": {"cpp", "go"}, ".yy": {"cpp"}, ".l": {"cpp"}, ".ll": {"cpp"}, ".lex": {"cpp"}, ".m": {"cpp"}, ".mm": {"cpp"},
	".cu": {"cpp"}, ".cuh": {"cpp"}, ".i": {"cpp"}, ".swg": {"cpp"}, ".def": {"cpp"}, ".inc": {"cpp", "sh"},
	".tcc": {
		"cpp",
	}, ".tpp": {"cpp"}, ".c++": {"cpp"}, ".h++": {"cpp"}, ".ino": {"cpp"}, ".idl": {"cpp"}, ".in": {"cpp", "sh"},
	".bats": {"sh"}, ".ksh": {"sh"}, ".zsh": {"sh"}, ".envrc": {"sh"},
	".cgo": {"go"}, ".swig": {"go", "cpp"}, ".swigcxx": {"go", "cpp"},
}

// Interpreters maps the programs that the first line of a script names to languages.
var Interpreters = lazyregexp.New(
	`^#!\s*\S*?(?:/env\s+(?:-\S+\s+|\w+=\S*\s+)*|/busybox\s+)?\b(?:(bash|sh|dash|ksh|zsh|ash|bats)|` +
		`(python[\d.]*|pypy[\d.]*|uv)|(node|deno|bun|tsx|ts-node))\b`,
)
