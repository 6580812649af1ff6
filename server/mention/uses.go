package mention

import (
	"bytes"
	"cmp"
	"path"
	"regexp"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"lanser/selectors"
	"lanser/selectors/lazyregexp"
	"lanser/selectors/text"
	"lanser/server/catalogue"
	"lanser/server/cbuild"
	"lanser/server/project"
)

// Uses reports whether a symbol can be used in a file that contains its name.
type Uses int

// The values of Uses.
const (
	MayUse    Uses = iota // and the server can be asked at the word
	CannotUse             // by the rules of the language
	NotRead               // it may be used there, and no server reads the file
)

// UsesIn applies the rules of the symbol's language to a file and its server. The reason is given for NotRead, and
// for files that the server leaves out of its search ([catalogue.Server.unseen]).
func UsesIn(srv *catalogue.Server, v project.View, sym project.Symbol, p string) (uses Uses, why string) {
	if !srv.Serves(v, p) && srv.Supplement(p) == nil {
		if f := foreignUseOf(v, sym, p); f != nil {
			return NotRead, f.why
		}
		return unserved(v, sym, p)
	}
	if rule := visibility[sym.Lang]; rule != nil && sym.Path != "" && !rule(v, sym, p) {
		return CannotUse, ""
	}
	isElsewhere := sym.Lang == "ts" && sym.Path != "" && p != sym.Path && !srv.Holds(v, p)
	isComponent := slices.Contains(srv.Components, path.Ext(p)) // its imports are read less well
	if isElsewhere && !sym.WithoutLinks && !project.ReachesSymbol(v, sym, p) &&
		!(isComponent && project.MayImportAny(v, p)) {
		return CannotUse, ""
	}
	if srv.Unseen == nil {
		return MayUse, ""
	}
	why = srv.Unseen(srv, v, cmp.Or(sym.Path, p))(p)
	if why != "" && srv.Remembers {
		return NotRead, why
	}
	return MayUse, why
}

// UsesAt reports whether a word of a file in which the symbol may be used can mean it, by the
// characters next to the word.
func UsesAt(v project.View, sym project.Symbol, p string, c *text.Content, at text.Span) bool {
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
			!(cbuild.IsAfterObject(src, at) && cbuild.IsScoped(v, sym))
	case "rs":
		return usesInRust(sym, before, after)
	}
	return true
}

// isElement reports whether a word is the name of an element of HTML in the tag of a component or page. Components
// that such files import have other names: the names of elements are taken.
func isElement(p string, src []byte, at text.Span) bool {
	holdsScript := slices.Contains(project.Hosts[strings.ToLower(path.Ext(p))], "ts")
	if !holdsScript || !htmlElements()[string(src[at.Start:at.End])] {
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
var htmlElements = project.NameSet(
	"a abbr address area article aside audio b base body button canvas caption cite code col data " +
		"details dialog div em embed fieldset figure footer form frame h1 h2 h3 h4 h5 h6 head header " +
		"html i iframe img input kbd label legend li link main map mark menu meta meter nav object ol " +
		"option output p param picture pre progress q s samp script search section select slot small " +
		"source span strong style sub summary sup svg table tbody td template textarea tfoot th thead " +
		"time title tr track u ul var video",
)

// isOfValue reports whether a symbol is declared as the member of an object that is a value of the program, and no
// module: in self.stop = function () {}. Computed values may be that object.
func isOfValue(sym project.Symbol) bool { return sym.Selected && sym.Object != "exports" }

// IsMemberOfValue reports whether a word is certainly the member of a computed value, such as
// f().name or self.name: what a module declares at its top level is no such member. A module that is
// loaded by an expression is not computed. Variables of functions are members of nothing, and neither is
// what a module of TypeScript or JavaScript does not export.
func IsMemberOfValue(v project.View, sym project.Symbol, c *text.Content, at text.Span) bool {
	if sym.Member {
		return false
	}
	left := bytes.TrimRight(c.Bytes()[:at.Start], " \t\r\n")
	if project.IsSelected(left) && !isMemberOfObject(v, sym) {
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
	return project.IsSelected(before) && len(before) > 1 &&
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
func MayBindMember(sym project.Symbol, c *text.Content, at text.Span) bool {
	if sym.Lang != "ts" || !sym.Member {
		return false
	}
	before := bytes.TrimRight(c.Bytes()[:at.Start], " \t\r\n")
	after := bytes.TrimLeft(c.Bytes()[at.End:], " \t\r\n")
	isIn := bytes.HasSuffix(before, []byte("{")) || bytes.HasSuffix(before, []byte(","))
	return isIn && len(after) > 0 && bytes.IndexByte([]byte("},="), after[0]) >= 0
}

// isMemberOfObject reports whether a symbol that belongs to no type may be reached as the member of an object
// all the same: of its module, of the global object, or of an object written as { name }.
func isMemberOfObject(v project.View, sym project.Symbol) bool {
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
	if sym.WordsOfProse {
		return !isCommonJS || exportsWord.Match(rest)
	}
	return !isCommonJS || exportsUse.Match(rest)
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
	// exportsUse matches the word exports in code, and not at the end of a sentence in a comment.
	exportsUse = lazyregexp.New(`\bexports(?:\s*\.[\pL_$]|\s*[\[=,;)}])|[=(,]\s*(?:module\s*\.\s*)?exports\b`)
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
var visibility = map[selectors.Lang]func(v project.View, sym project.Symbol, p string) bool{
	"cpp": cbuild.IsVisible,
	"go":  project.VisibleInGo,
	"rs":  visibleInRust,
	"ts":  visibleInTypeScript,
}

// visibleInTypeScript leaves out other files for what a module declares at its top level and does
// not export.
func visibleInTypeScript(v project.View, sym project.Symbol, p string) bool {
	if p == sym.Path || sym.Member || isOfValue(sym) && !sym.OfModule {
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

var interpreted = []selectors.Lang{"sh", "py", "ts"}

// unserved reports whether the symbol may be used in a file that its server does not serve.
func unserved(v project.View, sym project.Symbol, p string) (Uses, string) {
	ext := strings.ToLower(path.Ext(p))
	langs, known := project.Hosts[ext]
	if configured := path.Ext(strings.TrimSuffix(p, path.Ext(p))); ext == ".in" && configured != "" {
		langs = configuredLangs(configured)
	}
	if !known && project.TellsNoLanguage(p) {
		c, err := v.Content(p)
		if err != nil {
			return CannotUse, ""
		}
		first, _, _ := bytes.Cut(c.Bytes(), []byte("\n"))
		if m := project.Interpreters.FindSubmatch(first); m != nil {
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
	if sym.Lang == "rs" && !sym.WithoutInclusions && IsIncludedInRust(v, p) {
		return NotRead, "a file of Rust includes it"
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
	if cbuild.Languages[ext] != "" {
		return []selectors.Lang{"cpp"}
	}
	if ext == ".sh" || ext == ".bash" {
		return []selectors.Lang{"sh"}
	}
	return project.Hosts[ext]
}

// hostsGo narrows the use of Go symbols in other files: assembly belongs to the package of its
// folder, and templates see exported members alone.
func hostsGo(sym project.Symbol, p, ext string) bool {
	switch ext {
	case ".s", ".y", ".cgo", ".swig", ".swigcxx":
		return path.Dir(p) == path.Dir(sym.Path)
	case ".templ":
		return true
	}
	first, _ := utf8.DecodeRuneInString(sym.Name)
	return sym.Member && unicode.IsUpper(first)
}

// PassesOn reports whether a line imports or exports what it names.
func PassesOn(line string) bool { return passesOn.MatchString(line) }

var passesOn = lazyregexp.New(
	`\brequire\s*\(|\bimport\b|\bexport\b|\bmodule\.exports\b|\bexports\s*[.\[=]|^\s*(?:pub\b.*)?\buse\b|\busing\b`,
)

// IsProse reports whether a file that no grammar reads holds no code, by its name.
func IsProse(p string) bool {
	ext := strings.ToLower(path.Ext(p))
	_, host := project.Hosts[ext]
	return !host && ext != ""
}

// HasInHeader reports whether a file has a name in the header of a type, as far as the text tells: between a keyword
// that begins one, or that comes before the types that it is made from, and the body.
func HasInHeader(c *text.Content, name string) bool {
	type key struct{ name string }
	return c.Memoize(key{name}, func() any {
		header := `\b(?:class|extends|implements|interface|trait|impl|struct)\b[^{};]*?[^\pL\pN_$]` +
			regexp.QuoteMeta(name) + `(?:[^\pL\pN_$]|$)`
		return regexp.MustCompile(header).Match(c.Bytes())
	}).(bool)
}
