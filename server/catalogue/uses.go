package catalogue

import (
	"bytes"
	"cmp"
	"path"
	"regexp"
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
	// WithoutLinks has no file left out because no import leads from it to the symbol.
	WithoutLinks bool
}

// Uses reports whether a symbol can be used in a file that contains its name.
type Uses int

// The values of Uses.
const (
	MayUse    Uses = iota // and the server can be asked at the word
	CannotUse             // by the rules of the language
	NotRead               // it may be used there, and no server reads the file
)

// Uses applies the rules of the symbol's language to a file. The reason is given for NotRead, and
// for files that the server leaves out of its search ([Server.unseen]).
func (srv *Server) Uses(v View, sym Symbol, p string) (uses Uses, why string) {
	if !srv.Serves(v, p) {
		if f := foreignUseOf(v, sym, p); f != nil {
			return NotRead, f.why
		}
		return unserved(v, sym, p)
	}
	if rule := visibility[sym.Lang]; rule != nil && sym.Path != "" && !rule(v, sym, p) {
		return CannotUse, ""
	}
	isElsewhere := sym.Lang == "ts" && sym.Path != "" && p != sym.Path && !srv.Holds(v, p)
	if isElsewhere && !sym.WithoutLinks && !reachesSymbol(v, sym, p) {
		return CannotUse, ""
	}
	if srv.unseen == nil {
		return MayUse, ""
	}
	why = srv.unseen(srv, v, cmp.Or(sym.Path, p))(p)
	if why != "" && srv.Remembers {
		return NotRead, why
	}
	return MayUse, why
}

// UsesAt reports whether a word of a file in which the symbol may be used can mean it, by the
// characters next to the word.
func UsesAt(v View, sym Symbol, p string, c *text.Content, at text.Span) bool {
	src := c.Bytes()
	before, after := neighbours(src, at)
	if !foreignUseAt(v, sym, p, c, at) {
		return false
	}
	if sym.Scope.Len() > 0 && (p != sym.Path || !sym.Scope.Contains(at)) {
		isInMacro := sym.Lang == "cpp" && MacroAround(c, at) != "" && !isMacroParameter(c, at)
		return isInMacro || namesArgument(sym.Lang, before, after)
	}
	if sym.Lang == "ts" && isElement(p, src, at) {
		return false
	}
	switch sym.Lang {
	case "go":
		isOfPackage := !sym.Member && sym.Scope.Len() == 0 && !sym.Kind.IsType()
		if isOfPackage && path.Ext(p) == ".go" {
			return mayQualify(v, sym, p, c, at)
		}
		return sym.Scope.Len() > 0 || !sym.Member || before == '.' ||
			sym.Kind != selectors.KindMethod && after == ':' ||
			strings.HasSuffix(p, ".s")
	case "py":
		if !namesArgument(sym.Lang, before, after) {
			return true
		}
		return sym.Member && sym.Kind != selectors.KindMethod && !sym.Assigned
	case "cpp":
		isOfMacro := asksOrForgets(c, at) && !IsMacro(v, sym)
		return !isMacroParameter(c, at) && !isDirective(c, at) && !isOfMacro &&
			!(isAfterObject(src, at) && isScoped(v, sym))
	case "rs":
		return usesInRust(sym, before, after)
	}
	return true
}

// isElement reports whether a word is the name of an element of HTML in the tag of a component or page. Components
// that such files import have other names: the names of elements are taken.
func isElement(p string, src []byte, at text.Span) bool {
	if !slices.Contains(hosts[strings.ToLower(path.Ext(p))], "ts") || !htmlElements()[string(src[at.Start:at.End])] {
		return false
	}
	before, after := src[max(0, at.Start-2):at.Start], src[at.End:min(len(src), at.End+1)]
	return opensTag.Match(before) && endsTagName.Match(after)
}

var (
	opensTag    = lazyregexp.New(`(?:^|[\s>])<$|</$`)
	endsTagName = lazyregexp.New(`^(?:$|[\s/>])`)
)

// htmlElements are the elements of HTML ("HTML Living Standard", section "Elements") whose names are also names that
// people give to functions and variables.
var htmlElements = nameSet(
	"a abbr address area article aside audio b base body button canvas caption cite code col data " +
		"details dialog div em embed fieldset figure footer form frame h1 h2 h3 h4 h5 h6 head header " +
		"html i iframe img input kbd label legend li link main map mark menu meta meter nav object ol " +
		"option output p param picture pre progress q s samp script search section select slot small " +
		"source span strong style sub summary sup svg table tbody td template textarea tfoot th thead " +
		"time title tr track u ul var video",
)

// isOfValue reports whether a symbol is declared as the member of an object that is a value of the program, and no
// module: in self.stop = function () {}. Computed values may be that object.
func isOfValue(sym Symbol) bool { return sym.Selected && sym.Object != "exports" }

// IsMemberOfValue reports whether a word is certainly the member of a computed value, such as
// f().name or self.name: what a module declares at its top level is no such member. A module that is
// loaded by an expression is not computed. Variables of functions are members of nothing, and neither is
// what a module of TypeScript or JavaScript does not export.
func IsMemberOfValue(v View, sym Symbol, c *text.Content, at text.Span) bool {
	if sym.Member {
		return false
	}
	left := bytes.TrimRight(c.Bytes()[:at.Start], " \t\r\n")
	if isSelected(left) && !isMemberOfObject(v, sym) {
		return true
	}
	if exportsMember.Match(left[max(0, len(left)-maxReceiver):]) && assigned.Match(c.Bytes()[at.End:]) {
		return true
	}
	receiver := memberOf.FindSubmatch(left[max(0, len(left)-maxReceiver):])
	if receiver == nil || isOfValue(sym) {
		return false
	}
	return !loadsModule.Match(receiver[0])
}

// maxReceiver bounds the text before a word that is looked at for its receiver, in bytes.
const maxReceiver = 200

var (
	memberOf = lazyregexp.New(`(?:[\w$]*\([^()\n]*\)|\]|\b(?:this|self|cls|super))\??\.$`)
	// exportsMember and assigned match what is around a name under which a CommonJS module exports a value.
	exportsMember = lazyregexp.New(`(?:^|[^\w$.])(?:module\s*\.\s*)?exports\s*\.$`)
	assigned      = lazyregexp.New(`^\s*=(?:[^=]|$)`)
	loadsModule   = lazyregexp.New(`\b(?:require|import|import_module|__import__)\(`)
)

// IsSelected reports whether a word is the member of an object: one that a dot is before.
func IsSelected(c *text.Content, at text.Span) bool {
	before := bytes.TrimRight(c.Bytes()[:at.Start], " \t\r\n")
	return isSelected(before) && len(before) > 1 &&
		!bytes.ContainsAny(before[len(before)-2:len(before)-1], "0123456789 \t\r\n/\"'")
}

// IsKeyOfObject reports whether a word is written as the key of an object of JavaScript that is followed by its value:
// load in { load: 1 }. So is that of a pattern, which binds another name.
func IsKeyOfObject(c *text.Content, at text.Span) bool {
	before := bytes.TrimRight(c.Bytes()[:at.Start], " \t\r\n\"'")
	after := bytes.TrimLeft(c.Bytes()[at.End:], " \t\r\n\"'")
	isFirst := bytes.HasSuffix(before, []byte("{")) || bytes.HasSuffix(before, []byte(","))
	return isFirst && bytes.HasPrefix(after, []byte(":"))
}

// MayBindMember reports whether a name that is declared may be bound to the member of an object with that name: load in
// const { load } = store.
func MayBindMember(sym Symbol, c *text.Content, at text.Span) bool {
	if sym.Lang != "ts" || !sym.Member {
		return false
	}
	before := bytes.TrimRight(c.Bytes()[:at.Start], " \t\r\n")
	after := bytes.TrimLeft(c.Bytes()[at.End:], " \t\r\n")
	isIn := bytes.HasSuffix(before, []byte("{")) || bytes.HasSuffix(before, []byte(","))
	return isIn && len(after) > 0 && bytes.IndexByte([]byte("},="), after[0]) >= 0
}

// isSelected reports whether the text before a word ends with the dot of a member, not with that of "...".
func isSelected(left []byte) bool {
	return bytes.HasSuffix(left, []byte(".")) && !bytes.HasSuffix(left, []byte(".."))
}

// isMemberOfObject reports whether a symbol that belongs to no type may be reached as the member of an object
// all the same: of its module, of the global object, or of an object written as { name }.
func isMemberOfObject(v View, sym Symbol) bool {
	if sym.Lang == "py" && sym.Scope.Len() > 0 {
		return false
	}
	c, err := v.Content(sym.Path)
	if err != nil || sym.Lang != "ts" || sym.Selected {
		return true
	}
	src := c.Bytes()
	if regexp.MustCompile(strings.ReplaceAll(shorthandOf, "NAME", regexp.QuoteMeta(sym.Name))).Match(src) {
		return true
	}
	if sym.Scope.Len() > 0 {
		return false
	}
	if isModule.Match(src) {
		return exportsName(src, sym.Name)
	}
	rest := otherExports.ReplaceAllFunc(src, func(export []byte) []byte {
		if m := otherExports.FindSubmatch(export); string(m[1]) == sym.Name {
			return export
		}
		return nil
	})
	isCommonJS := len(rest) < len(src)
	return !isCommonJS || exportsWord.Match(rest)
}

// shorthandOf matches NAME in an object that is written out, where it names both a member and its value.
const shorthandOf = `(?:^|[^$])\{(?:[^{}]*,)?\s*NAME\s*[,}]`

// RequiresModule reports whether a CommonJS module is assigned to a variable: name = require("...").
func RequiresModule(c *text.Content, name text.Span) bool { return requiredBy(c, name) != nil }

// RequiresFile reports whether that module is a file by its relative path.
func RequiresFile(c *text.Content, name text.Span) bool {
	m := requiredBy(c, name)
	return m != nil && bytes.HasPrefix(m[1], []byte("."))
}

func requiredBy(c *text.Content, name text.Span) [][]byte {
	rest := c.Bytes()[name.End:]
	return required.FindSubmatch(rest[:min(len(rest), maxRequired)])
}

// required matches what follows a variable, also one of several in a pattern, that a module is assigned to.
var required = lazyregexp.New(`^[^=;()]*=\s*require\(\s*["'` + "`" + `]([^"'` + "`" + `]*)`)

// maxRequired bounds the text after a name in which the module is looked for, in bytes.
const maxRequired = 1000

// otherExports matches the exports of CommonJS modules by which no variable becomes a member: module.exports =
// value, unless that is an object with its members, and exports.name = value with the name.
var (
	otherExports = lazyregexp.New(`(?:\bexports\s*=\s*)?(?:\bmodule\s*\.\s*exports\s*=\s*(?:[^={\s]|\{\s*\})|` +
		`(?:\bmodule\s*\.\s*)?\bexports\s*\.\s*([\pL_$][\pL\pN_$]*)\s*=[^=])`)
	exportsWord = lazyregexp.New(`\bexports\b`)
)

// namesArgument reports whether a word may name a parameter where a function is called.
func namesArgument(lang selectors.Lang, before, after byte) bool {
	return lang == "py" && (before == '(' || before == ',') && after == '='
}

// neighbours returns the nearest bytes on both sides of a word that are not white space, 0 for none. Two
// equals signs after it are returned as '2'.
func neighbours(src []byte, at text.Span) (before, after byte) {
	if left := bytes.TrimRight(src[:at.Start], " \t\r\n"); len(left) > 0 {
		before = left[len(left)-1]
	}
	right := bytes.TrimLeft(src[at.End:min(len(src), at.End+maxBeside)], " \t\r\n")
	if bytes.HasPrefix(right, []byte("==")) {
		return before, '2'
	}
	if len(right) > 0 {
		after = right[0]
	}
	return before, after
}

// maxBeside bounds the white space after a word that is passed over, in bytes.
const maxBeside = 200

// visibility reports, for each language, whether a symbol is visible in a file that its server
// serves. A language without a rule has no visibility that its files alone tell.
var visibility = map[selectors.Lang]func(v View, sym Symbol, p string) bool{
	"cpp": visibleInC,
	"go":  visibleInGo,
	"rs":  visibleInRust,
	"ts":  visibleInTypeScript,
}

// visibleInGo applies the Go specification ("Exported identifiers", "Import declarations") and the
// go command's rules for modules and internal packages.
func visibleInGo(v View, sym Symbol, p string) bool {
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
	if ignoredByGo(p) && (sym.Module == "" || !importsGo(v, p, sym.Module)) {
		return false
	}
	if !internalAllows(home, dir) {
		return false
	}
	from, to := goModule(v, p), goModule(v, sym.Path)
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
		if used, ok := goWork(v); ok && used[from] && used[to] {
			return true // modules of one go.work need not require each other
		}
		a, b := readGoMod(v, from), readGoMod(v, to)
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

func readGoMod(v View, dir string) *modfile.File {
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

// visibleInTypeScript leaves out other files for what a module declares at its top level and does
// not export.
func visibleInTypeScript(v View, sym Symbol, p string) bool {
	if p == sym.Path || sym.Member {
		return true
	}
	type key struct{ path, name string }
	return v.Memoize(key{sym.Path, sym.Name}, func() any {
		c, err := v.Content(sym.Path)
		if err != nil {
			return true
		}
		return sym.Name == "default" || !isModule.Match(c.Bytes()) || exportsName(c.Bytes(), sym.Name)
	}).(bool)
}

var isModule = lazyregexp.New(`(?m)^\s*(?:export|import)\b`)

// exportsName reports whether a module may export a name that it declares.
func exportsName(src []byte, name string) bool {
	return exportsAll.Match(src) ||
		regexp.MustCompile(strings.ReplaceAll(exportOf, "NAME", regexp.QuoteMeta(name))).Match(src)
}

// exportsAll matches exports whose names are not in the text.
var exportsAll = lazyregexp.New(`\bexport\s*=|\bmodule\.exports\b|\bexports\s*[.\[]|\bdeclare\s+global\b`)

// exportOf matches the export of NAME: before its declaration, among several variables or in a pattern,
// in a list, and as the default (ECMAScript, section "Exports").
const exportOf = `\bexport\s+(?:default\s+)?(?:(?:declare|async|abstract|const)\s+)*` +
	`(?:function\s*\*?|class|const|let|var|interface|type|enum|namespace|module)\s+NAME(?:[^\pL\pN_$]|$)` +
	`|\bexport\s+(?:const|let|var)\b[^;]*?[\s,{\[]NAME\s*[:=,}\]]` +
	`|\bexport\s*(?:type\s*)?\{[^}]*[\s,{]NAME[\s,}]` +
	`|\bexport\s+default\s+NAME(?:[^\pL\pN_$]|$)`

// hosts maps the extensions of files that no server reads to the languages whose symbols people
// use in them.
var hosts = map[string][]selectors.Lang{
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

// interpreters maps the programs that the first line of a script names to languages.
var interpreters = lazyregexp.New(
	`^#!\s*\S*?(?:/env\s+(?:-\S+\s+|\w+=\S*\s+)*|/busybox\s+)?\b(?:(bash|sh|dash|ksh|zsh|ash|bats)|` +
		`(python[\d.]*|pypy[\d.]*|uv)|(node|deno|bun|tsx|ts-node))\b`,
)

var interpreted = []selectors.Lang{"sh", "py", "ts"}

// unserved reports whether the symbol may be used in a file that its server does not serve.
func unserved(v View, sym Symbol, p string) (Uses, string) {
	ext := strings.ToLower(path.Ext(p))
	langs, known := hosts[ext]
	if configured := path.Ext(strings.TrimSuffix(p, path.Ext(p))); ext == ".in" && configured != "" {
		langs = configuredLangs(configured)
	}
	if !known && tellsNoLanguage(p) {
		c, err := v.Content(p)
		if err != nil {
			return CannotUse, ""
		}
		first, _, _ := bytes.Cut(c.Bytes(), []byte("\n"))
		if m := interpreters.FindSubmatch(first); m != nil {
			for i, lang := range interpreted {
				if len(m[i+1]) > 0 {
					langs = append(langs, lang)
				}
			}
		}
	}
	if sourcesScript(v, sym, p) {
		return NotRead, "it runs commands after it has read " + path.Base(sym.Path)
	}
	if !slices.Contains(langs, sym.Lang) {
		return CannotUse, ""
	}
	if sym.Lang == "go" && !hostsGo(sym, p, ext) ||
		sym.Lang == "ts" && sym.Path != "" && !visibleInTypeScript(v, sym, p) {
		return CannotUse, ""
	}
	if ext == "" {
		return NotRead, "no server reads scripts without an extension"
	}
	return NotRead, "no server reads " + ext + " files"
}

// configuredLangs returns the languages of the files that a build makes from templates, as config.h from config.h.in,
// by the extension of the file that is made.
func configuredLangs(ext string) []selectors.Lang {
	if clangLanguages[ext] != "" {
		return []selectors.Lang{"cpp"}
	}
	if ext == ".sh" || ext == ".bash" {
		return []selectors.Lang{"sh"}
	}
	return hosts[ext]
}

// hostsGo narrows the use of Go symbols in other files: assembly belongs to the package of its
// folder, and templates see exported members alone.
func hostsGo(sym Symbol, p, ext string) bool {
	switch ext {
	case ".s", ".y", ".cgo", ".swig", ".swigcxx":
		return path.Dir(p) == path.Dir(sym.Path)
	case ".templ":
		return true
	}
	first, _ := utf8.DecodeRuneInString(sym.Name)
	return sym.Member && unicode.IsUpper(first)
}

// Supplement returns the server that knows constructs in a file which this one does not; nil for none.
func (srv *Server) Supplement(p string) *Server {
	if !slices.Contains(srv.SupplementFor, path.Ext(p)) {
		return nil
	}
	return Named(srv.Supplementary)
}

// PassesOn reports whether a line imports or exports what it names.
func PassesOn(line string) bool { return passesOn.MatchString(line) }

var passesOn = lazyregexp.New(
	`\brequire\s*\(|\bimport\b|\bexport\b|\bmodule\.exports\b|\bexports\s*[.\[=]|^\s*(?:pub\b.*)?\buse\b|\busing\b`,
)

// MustOpen reports whether a file that holds the name of a symbol of target must be open for the
// server to answer about words in it.
func (srv *Server) MustOpen(v View, target, p string) bool {
	if !srv.AnswersClosed {
		return true
	}
	if srv.unseen != nil {
		return srv.unseen(srv, v, target)(p) != ""
	}
	return srv.held != nil && !srv.Holds(v, p)
}

// IsProse reports whether a file that no grammar reads holds no code, by its name.
func IsProse(p string) bool {
	ext := strings.ToLower(path.Ext(p))
	_, host := hosts[ext]
	return !host && ext != ""
}
