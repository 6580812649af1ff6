package mention

import (
	"bytes"
	"path"
	"regexp"
	"slices"
	"strings"

	"lanser/selectors"
	"lanser/selectors/lazyregexp"
	"lanser/selectors/text"
	"lanser/server/project"
)

// foreignUse is a way in which files of one language use functions of another.
type foreignUse struct {
	from selectors.Lang // of the files that use them
	// file matches the text of such a file; before matches the text before a use in it. Nil matches everything.
	file, before *lazyregexp.Regexp
	// declared matches, with NAME in place of the function's name, its declaration in a file that offers it.
	// "" matches every function that is not the member of a type.
	declared string
	why      string
}

// foreignUses are the ways in which functions of each language are used from others. No server follows them.
var foreignUses = map[selectors.Lang][]foreignUse{
	"cpp": {
		{
			from: "go", file: cgoImport, before: lazyregexp.New(`(?:^|[^\w.])C\s*\.\s*$`),
			why: "Go code uses C through cgo",
		},
		{from: "rs", file: externC, why: "Rust code declares functions of C"},
		{from: "py", file: loadsC, before: lazyregexp.New(`\.\s*$`), why: "Python code can load libraries of C"},
	},
	"go": {{from: "cpp", declared: `(?m)^//export\s+NAME\b`, why: "cgo exports the function to C"}},
	"rs": {
		{from: "cpp", declared: rustAttribute(`no_mangle|export_name`), why: "the function is exported to C"},
		{
			from: "go", file: cgoImport, before: lazyregexp.New(`(?:^|[^\w.])C\s*\.\s*$`),
			declared: rustAttribute(`no_mangle|export_name`), why: "the function is exported to C",
		},
		{
			from: "py", file: loadsC, before: lazyregexp.New(`\.\s*$`),
			declared: rustAttribute(`no_mangle|export_name`), why: "the function is exported to C",
		},
		{from: "py", declared: rustAttribute(`py\w+`), why: "the function is exported to Python"},
		{from: "ts", declared: rustAttribute(`wasm_bindgen|napi`), why: "the function is exported to JavaScript"},
	},
}

var (
	cgoImport = lazyregexp.New(`(?m)^\s*(?:import\s+(?:\(\s*)?)?"C"`)
	externC   = lazyregexp.New(`\bextern\s+"C(?:-unwind)?"`)
	loadsC    = lazyregexp.New(`\b(?:ctypes|cffi)\b`)
)

// rustAttribute matches a function of Rust with one of the attributes.
func rustAttribute(names string) string {
	return `#\[[^\n]*\b(?:` + names + `)\b[^{};]*\bfn\s+NAME\b`
}

// IsTypeScript reports whether a file is one of TypeScript or JavaScript, by its name.
func IsTypeScript(p string) bool { return project.SchemeOf(p) == "ts" }

// foreignUseOf returns the way in which a symbol may be used in a file of another language, nil for none.
func foreignUseOf(v project.View, sym project.Symbol, p string) *foreignUse {
	lang := project.SchemeOf(p)
	if lang == "" || sym.Path == "" || sym.Member || sym.Scope.Len() > 0 {
		return nil
	}
	for i := range foreignUses[sym.Lang] {
		f := &foreignUses[sym.Lang][i]
		if f.from != lang {
			continue
		}
		c, err := v.Content(p)
		if err != nil || f.file != nil && !f.file.Match(c.Bytes()) {
			continue
		}
		if f.declared == "" || isDeclaredAs(v, sym, f.declared) {
			return f
		}
	}
	return nil
}

// isDeclaredAs reports whether the file of a symbol matches a pattern with the symbol's name for NAME.
func isDeclaredAs(v project.View, sym project.Symbol, pattern string) bool {
	type key struct{ path, name, pattern string }
	return v.Memoize(key{sym.Path, sym.Name, pattern}, func() any {
		c, err := v.Content(sym.Path)
		if err != nil {
			return false
		}
		re, err := regexp.Compile(strings.ReplaceAll(pattern, "NAME", regexp.QuoteMeta(sym.Name)))
		return err == nil && re.Match(c.Bytes())
	}).(bool)
}

// foreignUseAt reports whether a word in a file of another language can be a use by what is before it.
func foreignUseAt(v project.View, sym project.Symbol, p string, c *text.Content, at text.Span) bool {
	lang := project.SchemeOf(p)
	if lang == "" || lang == sym.Lang {
		return true
	}
	if isPreamble(v, p, at) {
		return true
	}
	for _, f := range foreignUses[sym.Lang] {
		if f.from == lang && f.before != nil {
			return f.before.Match(c.Bytes()[max(0, at.Start-maxReceiver):at.Start])
		}
	}
	return true
}

// HoldsCode reports whether a word may be a use though it is in a comment, a string or prose, and why no server can
// say so; why is "" where the server can be asked.
func HoldsCode(v project.View, sym project.Symbol, p string, c *text.Content, at text.Span) (holds bool, why string) {
	lang := project.SchemeOf(p)
	switch {
	case lang == "go" && isPreamble(v, p, at):
		if isKnownToC(v, sym) {
			return true, "cgo compiles the comment before import \"C\""
		}
	case lang == "go" && namesGoMember(sym, c, at):
		return true, "a string names the member for reflection or in a template"
	case lang == "go" && mayBeLookedUp(v, sym, c, at):
		return true, "a string has the name, and members are looked up by names in variables"
	case lang == "go":
		return IsLinked(sym, p, c, at) || ExportsToC(sym, p, c, at) || LinksItself(sym, p, c, at), ""
	case lang == "rs" && namesRustInAttribute(sym, c, at):
		return true, "a string of an attribute may spell its path"
	case lang == "rs" && isInRustExample(sym, c, at) && !isPrivateInRust(v, sym):
		return true, "rustdoc compiles the example"
	case sym.Lang == "py" && startsPrograms(p) && (namesPython(sym, c, at, false) || isInPythonCommand(sym, c, at)):
		return true, "a command may run it"
	case lang == "sh":
		isRun := evaluates.MatchString(c.Line(c.LineOf(at.Start))) || sym.Kind != selectors.KindVar &&
			(holdsCommand(c, at) && SetsCommand(v, c, at) || RunsHanded(c, sym.Name, at))
		return sym.Lang == "sh" && isRun, ""
	case lang == "cpp" && sym.Lang == "cpp" && !sym.Member && namesLinkerSymbol(c, at):
		return true, "assembly or an attribute may name the symbol in a string"
	case sym.Lang == "sh" && sourcesScript(v, sym, p):
		return true, "it runs commands after it has read " + path.Base(sym.Path)
	case lang == "ts" && isComputedMember(v, sym, p, c, at):
		return true, ""
	case lang == "ts" && namesMemberInCall(v, sym, p, c, at):
		if sym.Member {
			return true, ""
		}
		return true, "the string names a member of an object"
	case lang == "ts" && IsMocked(sym, c, at):
		return true, "a test replaces the module by an object with this member"
	case lang == "ts":
		return omitsKey(sym, c, at), "a type takes the key of this name away from the member's"
	case lang == "py" && isKeyOf(v, sym, c, at):
		return true, ""
	case lang == "py" && namesTypeInString(sym, c, at):
		return true, "the call around it takes the string for a type"
	case lang == "py" && (ListsOwnMember(sym, p, c, at) || exportsByName(sym, c, at)):
		return true, ""
	case lang == "py" && namesMemberInString(sym, c, at):
		return true, "the string names a member of an object"
	case lang == "py" && isUnpackedKey(sym, c, at):
		return true, "a call is given the dictionary's keys as names of its arguments"
	case lang == "py" && isInDoctest(sym, p, c, at):
		return true, "a doctest uses it"
	case lang == "py" && usesFixtures.MatchString(c.Line(c.LineOf(at.Start))) && c.Slice(at) == FixtureName(v, sym):
		return true, fixtureByName
	case lang == "py" || lang == "toml" || lang == "yaml" || lang == "json" ||
		slices.Contains([]string{".cfg", ".ini"}, path.Ext(p)):
		isData := lang != "py" && lang != "json"
		return namesPython(sym, c, at, isData), "a string spells the path of the symbol"
	}
	return false, ""
}

// isKnownToC reports whether C can use a symbol: one of its own, or one that its language exports to C.
func isKnownToC(v project.View, sym project.Symbol) bool {
	exports := foreignUses[sym.Lang]
	return sym.Lang == "cpp" ||
		len(exports) > 0 && exports[0].from == "cpp" && isDeclaredAs(v, sym, exports[0].declared)
}

// namesLinkerSymbol reports whether a word of C is in a string that names a symbol of the linker: in assembly, or in
// an attribute such as alias("name") (GCC's manual, "Common Function Attributes").
func namesLinkerSymbol(c *text.Content, at text.Span) bool {
	left := c.Bytes()[max(0, at.Start-maxAssembly):at.Start]
	if !bytes.Contains(left[bytes.LastIndexByte(left, '\n')+1:], []byte(`"`)) { // as for nearly all words
		return false
	}
	return opensAssembly.Match(left[bytes.LastIndexByte(left, ';')+1:]) || opensAssembly.Match(left)
}

// maxAssembly bounds the text before a word in which the beginning of a statement of assembly is looked for, in bytes.
const maxAssembly = 2000

// opensAssembly matches text that ends in a string of assembly or of an attribute that names a symbol.
var opensAssembly = lazyregexp.New(
	`\b(?:asm|__asm|__asm__|alias|__alias__|ifunc|__ifunc__|weakref|__weakref__)\s*` +
		`(?:(?:volatile|__volatile__|inline|goto)\s*)*\(\s*(?:"(?:[^"\\\n]|\\.)*"\s*)*"(?:[^"\\\n]|\\.)*$`,
)

// evaluates matches a line of a shell script on which a string is run as a command.
var evaluates = lazyregexp.New(`(?:^|[\s;&|(])(?:trap|eval|bind\s.*-\w*x|` +
	`(?:mapfile|readarray)\s.*-C|(?:ba|da|k|z)?sh\s+(?:-\w+\s+)*-\w*c)\s`)

// isPreamble reports whether a place of a Go file is in the comment before import "C", which cgo compiles as C.
func isPreamble(v project.View, p string, at text.Span) bool {
	if path.Ext(p) != ".go" {
		return false
	}
	preamble := preambleOf(v, p)
	return preamble.Start <= at.Start && at.Start < preamble.End
}

// preambleOf returns the part of a Go file before import "C" that begins with the nearest import or package clause
// above it. It is empty if the file does not use cgo.
func preambleOf(v project.View, p string) text.Span {
	type key struct{ path string }
	return v.Memoize(key{p}, func() any {
		c, err := v.Content(p)
		if err != nil {
			return text.Span{}
		}
		m := cgoImport.FindIndex(c.Bytes())
		if m == nil {
			return text.Span{}
		}
		before := c.Bytes()[:m[0]]
		start := max(bytes.LastIndex(before, []byte("\nimport")), bytes.LastIndex(before, []byte("\npackage"))) + 1
		return text.Span{Start: start, End: m[0]}
	}).(text.Span)
}

// IsLinked reports whether a word names the symbol in the directive //go:linkname local package.name, which
// gives a declaration in any package the body of the symbol.
func IsLinked(sym project.Symbol, p string, c *text.Content, at text.Span) bool {
	if path.Ext(p) != ".go" || sym.Lang != "go" {
		return false
	}
	m := linkname.FindStringSubmatch(c.Line(c.LineOf(at.Start)))
	return m != nil && m[2] == sym.Name && bytes.HasSuffix(c.Bytes()[:at.Start], []byte(m[1]+".")) &&
		(m[1] == sym.Module || m[1] == "main")
}

// LinksItself reports whether a word is the symbol's own name in the directive //go:linkname, which begins with the
// name of a function or variable of the same file ("go doc cmd/compile", "Compiler Directives").
func LinksItself(sym project.Symbol, p string, c *text.Content, at text.Span) bool {
	if sym.Lang != "go" || sym.Member || sym.Scope.Len() > 0 || p != sym.Path || sym.Kind.IsType() {
		return false
	}
	line, ok := c.LineSpan(c.LineOf(at.Start))
	return ok && c.Slice(text.Span{Start: line.Start, End: at.Start}) == "//go:linkname " && c.Slice(at) == sym.Name
}

var linkname = lazyregexp.New(`^//go:linkname\s+\S+\s+(\S+)\.([\pL_][\pL\pN_]*)\s*$`)

// namesPython reports whether a word is in a whole string or value that spells the path of a Python symbol:
// "pkg.mod.name" as mock.patch and Django's settings have it, or pkg.mod:name as entry points have it. In a file of
// data, whose values need no quotes, pkg.mod.name may be a whole value.
func namesPython(sym project.Symbol, c *text.Content, at text.Span, isData bool) bool {
	if sym.Lang != "py" || sym.Module == "" || sym.Scope.Len() > 0 {
		return false
	}
	src := c.Bytes()
	before := src[:at.Start]
	isEntryPoint := bytes.HasSuffix(before, []byte(":"))
	if !isEntryPoint && !bytes.HasSuffix(before, []byte(".")) {
		return false
	}
	before, found := before[:len(before)-1], true
	if sym.Member { // pkg.mod.Class.name, or pkg.mod:Class.name of an entry point
		before, found = bytes.CutSuffix(before, []byte(sym.Owner))
		isEntryPoint = bytes.HasSuffix(before, []byte(":"))
		if !found || !isEntryPoint && !bytes.HasSuffix(before, []byte(".")) {
			return false
		}
		before = before[:len(before)-1]
	}
	before, found = bytes.CutSuffix(before, []byte(sym.Module))
	if !found || len(before) == 0 {
		return false
	}
	rest := restOfPath.ReplaceAll(src[at.End:min(len(src), at.End+maxBeside)], nil)
	if quote := before[len(before)-1]; quote == '"' || quote == '\'' {
		return len(rest) > 0 && rest[0] == quote
	}
	isApart := bytes.ContainsAny(before[len(before)-1:], " \t=[")
	if !isEntryPoint {
		return isApart && isData && endsDatum.Match(rest)
	}
	return isApart && (len(rest) == 0 || bytes.ContainsAny(rest[:1], " \t\r\n["))
}

// HoldsImport reports whether a word of Python is in a string by which a symbol is reached through another module than
// its own, and why no server can say so: the path of a module that imports it, as mock.patch has it, and the table of a
// module whose __getattr__ imports it. For a path it returns the name in the import, which says what is imported.
func HoldsImport(
	v project.View, sym project.Symbol, p string, c *text.Content, at text.Span,
) (why, file string, name text.Span) {
	if sym.Lang != "py" || sym.Scope.Len() > 0 || project.SchemeOf(p) != "py" {
		return "", "", name
	}
	src := c.Bytes()
	if !sym.Member && IsString(c, at) && importsLazily.Match(src) {
		return "the module imports what its __getattr__ is asked for", "", name
	}
	m := pathInString.FindSubmatch(src[max(0, at.Start-maxImport):at.Start])
	rest := restOfPath.ReplaceAll(src[at.End:min(len(src), at.End+maxBeside)], nil)
	if m == nil || len(rest) == 0 || rest[0] != m[1][0] {
		return "", "", name
	}
	module, imported := string(m[2]), c.Slice(at)
	if sym.Member {
		outer, isOf := strings.CutSuffix(module, "."+sym.Owner)
		if !isOf {
			return "", "", name
		}
		module, imported = outer, sym.Owner
	}
	file = PythonFile(v, module)
	if file == "" || file == sym.Path {
		return "", "", name
	}
	f, err := v.Content(file)
	if err != nil {
		return "", "", name
	}
	name, ok := ImportOf(sym.Lang, f, imported)
	if !ok && !importsAll.Match(f.Bytes()) {
		return "", "", name
	}
	if !ok {
		file = ""
	}
	return "a string spells its path in a module that imports it", file, name
}

var (
	// pathInString matches the text before the last name of a path in a string: the quote, and the path.
	pathInString = lazyregexp.New(`(["'])([\pL_][\pL\pN_]*(?:\.[\pL_][\pL\pN_]*)*)\.$`)
	// importsLazily matches a module that imports what it is asked for (PEP 562, and the modules of transformers).
	importsLazily = lazyregexp.New(`(?m)^(?:def __getattr__\(|__getattr__\b[^=\n]*=|.*\b_LazyModule\()`)
	importsAll    = lazyregexp.New(`(?m)^[ \t]*from[ \t]+[\w.]+[ \t]+import[ \t]+\*`)
)

// PythonFile returns the file of the workspace that a module of Python is, wherever its packages begin; "" for none.
func PythonFile(v project.View, module string) string {
	type key struct{ module string }
	return v.Memoize(key{module}, func() any {
		stem := strings.ReplaceAll(module, ".", "/")
		for _, p := range v.Paths() {
			of := strings.TrimSuffix(strings.TrimSuffix(p, ".py"), "/__init__")
			if path.Ext(p) == ".py" && (of == stem || strings.HasSuffix(of, "/"+stem)) {
				return p
			}
		}
		return ""
	}).(string)
}

// endsDatum matches the text after a value of YAML or of a settings file.
var endsDatum = lazyregexp.New(`^[ \t]*(?:[\r\n,\]#]|$)`)

// restOfPath matches the members that follow a name in a path.
var restOfPath = lazyregexp.New(`^(?:\.[\pL_][\pL\pN_]*)+`)

// namesTypeInString reports whether a word is in a string that the call around it takes for a type: cast("Name", x),
// TypeVar("T", bound="Name"), and the relations of SQLAlchemy and Django. A variable may be a type too.
func namesTypeInString(sym project.Symbol, c *text.Content, at text.Span) bool {
	isVariable := (sym.Kind == selectors.KindVar || sym.Kind == selectors.KindConst) && !sym.Member
	mayBeType := sym.Kind.IsType() || isVariable && !sym.OnlyClassesAsType
	if sym.Lang != "py" || !mayBeType || sym.Scope.Len() > 0 {
		return false
	}
	line := c.LineOf(at.Start)
	span, ok := c.LineSpan(line)
	if !ok {
		return false
	}
	src := c.Bytes()
	return beforeType.Match(src[span.Start:at.Start]) && afterType.Match(src[at.End:span.End])
}

// IsBound reports whether a word of Python is in a string that bounds a type variable: TypeVar("T", bound="Name").
func IsBound(c *text.Content, at text.Span) bool {
	line, ok := c.LineSpan(c.LineOf(at.Start))
	return ok && beforeBound.Match(c.Bytes()[line.Start:at.Start]) && afterType.Match(c.Bytes()[at.End:line.End])
}

var beforeBound = lazyregexp.New(`\bbound\s*=\s*["'](?:[^"']*[^\w"'])?$`)

var (
	beforeType = lazyregexp.New(`(?:` +
		`\b(?:cast|ForwardRef|relationship|ForeignKey|OneToOneField|ManyToManyField)\s*\(\s*` +
		`|\b(?:NewType|TypeAliasType)\s*\(\s*["'][^"']*["']\s*,\s*|\bbound\s*=\s*|:\s*TypeAlias\s*=\s*)["'](?:[^"']*[^\w"'])?$`)
	afterType = lazyregexp.New(`^(?:\W[^"']*)?["']`)
)

// namesMemberInString reports whether a word is a whole string that names a member: the attribute that getattr and the
// like look up, a name in __match_args__ of the symbol's class, and a key of its Enum.
func namesMemberInString(sym project.Symbol, c *text.Content, at text.Span) bool {
	src := c.Bytes()
	if sym.Lang != "py" || sym.Scope.Len() > 0 || !isWholeString(src, at) {
		return false
	}
	before := src[max(0, at.Start-maxReceiver) : at.Start-1]
	if m := looksUpMember.FindSubmatch(before); m != nil {
		return sym.Member || !ownMember.Match(m[1])
	}
	if !sym.Member || sym.Owner == "" {
		return false
	}
	if bytes.HasSuffix(before, []byte(sym.Owner+"[")) {
		return true
	}
	class := classLine.FindAllSubmatch(src[:at.Start], -1)
	return listsMembers.Match(before) && len(class) > 0 && string(class[len(class)-1][1]) == sym.Owner
}

var (
	// looksUpMember matches a call up to the string that names a member. Its group is the object.
	looksUpMember = lazyregexp.New(`(?:\b(?:getattr|hasattr|setattr|delattr)\s*\(\s*` +
		`((?:[^,()]|\((?:[^()]|\([^()]*\))*\))+),\s*` +
		`|(?:\b(?:globals|locals|vars)\s*\([^()]*\)|\.__dict__)\s*(?:\[|\.get\()\s*` +
		`|\b(?:patch|monkeypatch|mocker\.patch)\.(?:object|setattr|delattr)\s*\(\s*([^,()]+),\s*` +
		`|\b(?:attrgetter|methodcaller)\s*\(\s*(?:(?:"[^"\n]*"|'[^'\n]*')\s*,\s*)*)$`)
	ownMember    = lazyregexp.New(`^\s*(?:self|cls)\b`)
	listsMembers = lazyregexp.New(`\b__match_args__\s*=\s*[(\[][^)\]]*$`)
	classLine    = lazyregexp.New(`(?m)^[ \t]*class[ \t]+(\w+)`)
)

// isUnpackedKey reports whether a word is a whole string that is a key of a dictionary which a call of the file is
// given as named arguments, so that it may name a field of a class or a parameter:
//
//	Config(**{"port": 1})
//	options = {"port": 1}
//	Config(**options)
func isUnpackedKey(sym project.Symbol, c *text.Content, at text.Span) bool {
	src := c.Bytes()
	isNamed := sym.Scope.Len() > 0 || sym.Member && sym.Kind != selectors.KindMethod && !sym.Kind.IsType()
	if sym.Lang != "py" || !isNamed || !isWholeString(src, at) || !followsKey.Match(src[at.End+1:]) {
		return false
	}
	m := opensDictionary.FindSubmatch(src[max(0, at.Start-maxDictionary) : at.Start-1])
	if m == nil || len(m[1]) == 0 {
		return m != nil
	}
	return regexp.MustCompile(`\*\*\s*` + regexp.QuoteMeta(string(m[1])) + `\b`).Match(src)
}

var (
	// opensDictionary matches text that ends between the keys of a dictionary. Its group is the variable or member
	// that the dictionary is assigned to; it is empty for one that is unpacked where it is written.
	opensDictionary = lazyregexp.New(`(?:\*\*\s*|\b([\pL_][\pL\pN_]*)\s*(?::[^={}\n]+)?\|?=\s*)` +
		`\{(?:[^{}]|\{[^{}]*\})*$`)
	followsKey = lazyregexp.New(`^\s*:`)
)

// maxDictionary bounds the text of a dictionary before a key, in bytes.
const maxDictionary = 4000

// isWholeString reports whether a word is a string without anything else.
func isWholeString(src []byte, at text.Span) bool {
	if at.Start == 0 || at.End == len(src) {
		return false
	}
	quote := src[at.Start-1]
	return (quote == '"' || quote == '\'') && src[at.End] == quote
}

// isInDoctest reports whether a word is on a line of a doctest that can use the symbol: one of its own module, or of a
// module that imports its name.
func isInDoctest(sym project.Symbol, p string, c *text.Content, at text.Span) bool {
	if sym.Lang != "py" || sym.Member || sym.Scope.Len() > 0 {
		return false
	}
	line := c.LineOf(at.Start)
	span, ok := c.LineSpan(line)
	if !ok || !doctestLine.Match(c.Bytes()[span.Start:at.Start]) {
		return false
	}
	if p == sym.Path || slices.Contains(sym.Also, p) {
		return true
	}
	imports := `(?m)^(?:\s*>>>)?[ \t]*from[ \t]+\S+[ \t]+import\b[^#\n]*\b` + regexp.QuoteMeta(sym.Name) + `\b`
	return regexp.MustCompile(imports).Match(c.Bytes())
}

// doctestLine matches a line of a doctest up to a word that is not the member of a value.
var doctestLine = lazyregexp.New(`^\s*(?:>>>|\.\.\.)\s(?:.*[^\w.])?$`)

const fixtureByName = "pytest passes a fixture to the parameter of its name"

var usesFixtures = lazyregexp.New(`\b(?:usefixtures|getfixturevalue)\s*\(`)

// FixtureName returns the name by which tests of pytest ask for a function of Python: its own, unless a decorator above
// it gives another; "" for a function that is no fixture.
func FixtureName(v project.View, sym project.Symbol) string {
	if sym.Lang != "py" || sym.Path == "" || sym.Member {
		return ""
	}
	type key struct{ path, name string }
	return v.Memoize(key{sym.Path, sym.Name}, func() any {
		c, err := v.Content(sym.Path)
		if err != nil {
			return ""
		}
		def := regexp.MustCompile(`(?m)^[ \t]*(?:async[ \t]+)?def[ \t]+` + regexp.QuoteMeta(sym.Name) + `\b`)
		for _, m := range def.FindAllIndex(c.Bytes(), -1) {
			for line := c.LineOf(m[0]) - 1; line >= 0 && !endsDecorators.MatchString(c.Line(line)); line-- {
				if !decoratesFixture.MatchString(c.Line(line)) {
					continue
				}
				if m := namesFixture.FindStringSubmatch(c.Line(line)); m != nil {
					return m[1]
				}
				return sym.Name
			}
		}
		return ""
	}).(string)
}

var (
	namesFixture     = lazyregexp.New(`\bname\s*=\s*["'](\w+)["']`)
	decoratesFixture = lazyregexp.New(`^\s*@(?:\w+\.)*fixture\b`)
	endsDecorators   = lazyregexp.New(`^\s*(?:$|(?:async|def|class|return|import|from)\b)`)
)

// TakesFixture reports whether a word is the parameter of a function to which pytest passes the symbol.
func TakesFixture(v project.View, sym project.Symbol, p string, c *text.Content, at text.Span) (why string) {
	base := path.Base(p)
	isTest := p == sym.Path || base == "conftest.py" || strings.HasPrefix(base, "test_") ||
		strings.HasSuffix(base, "_test.py")
	dir := path.Dir(sym.Path)
	isBelow := dir == "." || strings.HasPrefix(p, dir+"/") || path.Base(sym.Path) != "conftest.py"
	left := c.Bytes()[max(0, at.Start-maxImport):at.Start]
	if !isTest || !isBelow || FixtureName(v, sym) != c.Slice(at) || !inParameters.Match(left) {
		return ""
	}
	return fixtureByName
}

// inParameters matches the text between the name of a function of Python and one of its parameters.
var inParameters = lazyregexp.New(`\bdef\s+\w+\s*\((?:[^()]*,)?\s*$`)

// sourcesScript reports whether a file that is no shell script runs commands after it has read the script of the
// symbol: a makefile, a Dockerfile or the description of a pipeline that names the script.
func sourcesScript(v project.View, sym project.Symbol, p string) bool {
	if sym.Lang != "sh" || sym.Path == "" || !runsCommands(p) {
		return false
	}
	c, err := v.Content(p)
	return err == nil && bytes.Contains(c.Bytes(), []byte(path.Base(sym.Path)))
}

// startsPrograms reports whether a file holds commands: a script, a makefile, a Dockerfile, the description of a
// pipeline or of a service.
func startsPrograms(p string) bool {
	isScript := project.SchemeOf(p) == "sh" || path.Base(p) == "Procfile"
	return isScript || runsCommands(p) ||
		slices.Contains([]string{".service", ".conf", ".env", ".fish", ".ps1", ".bat", ".cmd"}, path.Ext(p))
}

// isInPythonCommand reports whether a word is on a line on which Python is given code that names the symbol's module.
func isInPythonCommand(sym project.Symbol, c *text.Content, at text.Span) bool {
	line := c.Line(c.LineOf(at.Start))
	isGlobal := sym.Module != "" && sym.Scope.Len() == 0
	return isGlobal && strings.Contains(line, sym.Module) && pythonCommand.MatchString(line)
}

// pythonCommand matches a command that gives Python code as an argument.
var pythonCommand = lazyregexp.New(`\bpython[\d.]*["',\s]+(?:-\w+["',\s]+)*-c\b`)

func runsCommands(p string) bool {
	base := path.Base(p)
	if slices.Contains([]string{"Makefile", "makefile", "GNUmakefile", "Justfile", "justfile"}, base) ||
		strings.HasPrefix(base, "Dockerfile") || strings.HasSuffix(base, ".Dockerfile") {
		return true
	}
	return slices.Contains([]string{".mk", ".yml", ".yaml"}, path.Ext(base))
}

// ImportsAs reports whether the text before a name makes it one that is imported or exported under another name
// by "as". In TypeScript the grammar tells.
func ImportsAs(lang selectors.Lang, before []byte) bool {
	re := importsAs[lang]
	return re != nil && re.Match(before[max(0, len(before)-maxImport):])
}

// maxImport bounds the text of an import before a name, in bytes.
const maxImport = 4000

var importsAs = map[selectors.Lang]*lazyregexp.Regexp{
	"py": lazyregexp.New(`(?:^|[\n;:])[ \t]*(?:from\s[^\n;()]*\bimport\b\s*\(?[^()]*|import\b[^\n;()]*)$`),
	"rs": lazyregexp.New(`(?:^|[\s;{}\])])(?:use\s[^;]*|extern\s+crate\s+)$`),
}

// ImportedFrom returns the module of an import, given the text before the imported name: ".slow" for the text
// "from .slow import ". ok is false for text that is no import, and for languages without [ImportsChoose].
func ImportedFrom(lang selectors.Lang, before []byte) (module string, ok bool) {
	re := importedFrom[lang]
	if re == nil {
		return "", false
	}
	before = before[max(0, len(before)-maxImport):]
	keyword := bytes.LastIndex(before, []byte("import"))
	if keyword < 0 || bytes.ContainsAny(before[keyword:], ").=:;\"'") { // most words are ruled out cheaply
		return "", false
	}
	m := re.FindSubmatch(before)
	if m == nil {
		return "", false
	}
	return string(m[1]), true
}

// ImportsChoose reports whether a name of the language can be imported from several modules by several statements, of
// which one is executed, and the others are taken for uses of what it imports.
func ImportsChoose(lang selectors.Lang) bool { return importedFrom[lang] != nil }

var importedFrom = map[selectors.Lang]*lazyregexp.Regexp{
	"py": lazyregexp.New(
		`(?:^|[\n;:])[ \t]*from[ \t]+(\.*[\w.]*)[ \t]+import\b(?:[ \t]*\([^()]*|(?:[^()\n;]|\\\r?\n)*)$`,
	),
}

// DefaultExport returns the word by which files that import the default export of a module name the module, if the
// symbol is that export: the last one in the module's path. "" for every other symbol.
func DefaultExport(v project.View, sym project.Symbol) (word string) {
	if sym.Lang != "ts" || sym.Path == "" || sym.Member {
		return ""
	}
	if sym.Name != "default" && (!mayHaveDefault(v, sym.Path) || !isDeclaredAs(v, sym, defaultExport)) {
		return ""
	}
	module := strings.TrimSuffix(sym.Path, path.Ext(sym.Path))
	if path.Base(module) == "index" {
		module = path.Dir(module)
	}
	return lastWord.FindString(strings.TrimSuffix(module, ".d"))
}

// mayHaveDefault reports whether a module holds words without which [defaultExport] matches nothing in it. It is found
// out once for each content, as most modules have no default export.
func mayHaveDefault(v project.View, p string) bool {
	type key struct{}
	c, err := v.Content(p)
	return err == nil && c.Memoize(key{}, func() any { return beginsDefault.Match(c.Bytes()) }).(bool)
}

var beginsDefault = lazyregexp.NewWith([]string{"default", "exports"},
	`\b(?:export|as)\s+default\b|\bmodule\.exports\b`)

// defaultExport matches the export of NAME as the default of its module.
const defaultExport = `\bexport\s+default\s+(?:(?:async|abstract|class|function)\b\s*\*?\s*)*NAME(?:[^\pL\pN_$]|$)` +
	`|\bexport\s*\{[^}]*\bNAME\s+as\s+default\b|\bmodule\.exports\s*=\s*(?:(?:async|class|function)\b\s*\*?\s*)*` +
	`NAME(?:[^\pL\pN_$]|$)`

var lastWord = lazyregexp.New(`[\pL\pN_$]+$`)

// ImportsDefault reports whether a word is the last one in the path of a module whose default export is imported
// there, in a file that no server reads.
func ImportsDefault(p string, c *text.Content, at text.Span) bool {
	if !slices.Contains(project.Hosts[strings.ToLower(path.Ext(p))], "ts") || !endOfModule.Match(c.Bytes()[at.End:]) {
		return false
	}
	m := importClause.FindSubmatch(c.Bytes()[max(0, at.Start-maxImport):at.Start])
	if m == nil {
		return false
	}
	clause := strings.TrimSpace(string(m[1]))
	return clause != "" && !strings.HasPrefix(clause, "{") || strings.Contains(clause, "default")
}

// Augments reports whether a file of TypeScript adds to a module whose path ends with a word: declare module "./word".
func Augments(c *text.Content, word string) bool {
	return c != nil && strings.Contains(c.Slice(text.Span{End: c.Len()}), word) &&
		slices.ContainsFunc(augments.FindAllSubmatch(c.Bytes(), -1), func(m [][]byte) bool {
			return endsWithModule(string(m[1]), word)
		})
}

// DefaultsOf returns the names under which a file of TypeScript imports the default export of modules whose path ends
// with a word.
func DefaultsOf(c *text.Content, word string) (names []string) {
	if c == nil {
		return nil
	}
	for _, m := range importsDefaultAs.FindAllSubmatch(c.Bytes(), -1) {
		if endsWithModule(string(m[2]), word) {
			names = append(names, string(m[1]))
		}
	}
	return names
}

// endsWithModule reports whether the path of a module ends with a word, but for an extension and a last "/index".
func endsWithModule(module, word string) bool {
	module = strings.TrimSuffix(module, path.Ext(module))
	return strings.HasSuffix(strings.TrimSuffix(module, "/"+Index), word)
}

var (
	augments = lazyregexp.NewWith([]string{"module"}, `\bdeclare\s+module\s+["']([^"'\n]+)["']`)
	// importsDefaultAs matches an import of a default export; its groups are the name and the module.
	importsDefaultAs = lazyregexp.NewWith([]string{"import"}, `\bimport\s+(?:type\s+)?([\pL_$][\pL\pN_$]*)\s*`+
		`(?:,\s*(?:\{[^}]*\}|\*\s*as\s+[\pL_$][\pL\pN_$]*))?\s*\bfrom\s*["']([^"'\n]+)["']`)
)

// Index is the name, without extension, of the file that JavaScript loads for a folder: "./pages" loads
// pages/index.js.
const Index = "index"

// IsIndex reports whether a symbol is in an index file.
func IsIndex(sym project.Symbol) bool { return path.Base(stemOf(sym.Path)) == Index }

// stemOf returns the path of a file of TypeScript without its extension.
func stemOf(p string) string { return strings.TrimSuffix(strings.TrimSuffix(p, path.Ext(p)), ".d") }

// NamesIndex reports whether a word is the last one in a path that leads to the symbol's module, an index file, through
// no other folders than those above the file: index in import("../index").
func NamesIndex(sym project.Symbol, p string, c *text.Content, at text.Span) bool {
	m := folderAbove.FindSubmatch(c.Bytes()[max(0, at.Start-maxReceiver):at.Start])
	return m != nil && c.Slice(at) == Index && path.Join(path.Dir(p), string(m[1]), Index) == stemOf(sym.Path)
}

// MayNameIndex reports whether there is such a word in a file.
func MayNameIndex(sym project.Symbol, p string, c *text.Content) bool {
	for _, m := range indexAbove.FindAllSubmatch(c.Bytes(), -1) {
		if path.Join(path.Dir(p), string(m[1]), Index) == stemOf(sym.Path) {
			return true
		}
	}
	return false
}

var (
	// folderAbove matches the text before the last part of such a path, and indexAbove the path.
	folderAbove = lazyregexp.New(`["'` + "`" + `]((?:\.\.?/)+)$`)
	indexAbove  = lazyregexp.NewWith([]string{"/index"}, `["'`+"`"+`]((?:\.\.?/)+)index\b`)
)

var (
	endOfModule  = lazyregexp.New(`^(?:/index)?(?:\.[cm]?[jt]sx?)?['"` + "`" + `]`)
	importClause = lazyregexp.New(`\bimport\b(?:\s+type\b)?([^;'"` + "`" + `]*)['"` + "`" + `][^'"` + "`" + `\s]*$`)
)

// ExportsDefaultOf reports whether a module exports again what is the default export of another, of whose path the last
// word is given.
func ExportsDefaultOf(c *text.Content, module string) bool {
	for _, m := range exportsFrom.FindAllSubmatch(c.Bytes(), -1) {
		from := string(m[2])
		isFolder := strings.HasSuffix(from, "/") || from == "." || strings.HasPrefix(from, "..")
		if isFolder || lastWord.FindString(strings.TrimSuffix(from, "/index")) == module {
			return true
		}
	}
	return false
}

var exportsFrom = lazyregexp.New(
	`\bexport\s*(?:type\s*)?\{([^}]*\bdefault\b[^}]*)\}\s*from\s*["']([^"'\n]*?)(?:\.[cm]?[jt]sx?)?["']`,
)

// ExportsByName reports whether a module exports the symbol as its default by name, apart from its declaration:
// export default name;
func ExportsByName(v project.View, sym project.Symbol) bool {
	if sym.Lang != "ts" || sym.Path == "" || sym.Member || sym.Scope.Len() > 0 {
		return false
	}
	return mayHaveDefault(v, sym.Path) && isDeclaredAs(v, sym, namedDefault)
}

// namedDefault matches the export of NAME as the default of its module, apart from the declaration.
const namedDefault = `\bexport\s+default\s+NAME\s*(?:[;\n]|$)`

// MaySelectDefault reports whether a file may select what a module exports as default by the word default.
func MaySelectDefault(c *text.Content) bool { return maySelectDefault.Match(c.Bytes()) }

// SelectsDefault reports whether the word default is the member of an object, or the key of a pattern:
//
//	page.default
//	const { default: Page } = await import("./Page");
func SelectsDefault(c *text.Content, at text.Span) bool {
	src := c.Bytes()
	before := bytes.TrimRight(src[max(0, at.Start-maxBeside):at.Start], " \t\r\n")
	if project.IsSelected(before) {
		return true
	}
	opens := bytes.HasSuffix(before, []byte("{")) || bytes.HasSuffix(before, []byte(","))
	return opens && bindsDefault.Match(src[at.End:min(len(src), at.End+maxReceiver)])
}

var (
	maySelectDefault = lazyregexp.NewWith([]string{"default"}, `\.\s*default\b|[{,]\s*default\s*:`)
	bindsDefault     = lazyregexp.New(
		`^\s*:\s*[\pL_$][\pL\pN_$]*\s*(?:=[^,{}]*)?(?:,[^{}]*)?\}\s*(?:=[^=]|\)\s*(?:=>|\{)|,[^{}]*\)\s*=>)`,
	)
)

// NamesModule reports whether the name in an import of TypeScript is that of a whole module: import * as name,
// export * as name, or import name = require(...).
func NamesModule(c *text.Content, at text.Span) bool {
	src := c.Bytes()
	return namesAll.Match(src[max(0, at.Start-maxBeside):at.Start]) ||
		assigned.Match(src[at.End:min(len(src), at.End+maxBeside)])
}

var namesAll = lazyregexp.New(`\*\s*as\s+$`)

// LoadsDefault reports whether a word is the last one in the path of a module whose default export the symbol is, in an
// expression that loads the module and selects nothing of it:
//
//	const Page = lazy(() => import("./Page"));
func LoadsDefault(v project.View, sym project.Symbol, p string, c *text.Content, at text.Span) bool {
	if sym.Lang != "ts" || sym.Scope.Len() > 0 || p == sym.Path || project.SchemeOf(p) != "ts" {
		return false
	}
	src := c.Bytes()
	rest := src[at.End:min(len(src), at.End+maxReceiver)]
	m := loadsHere.FindSubmatch(src[max(0, at.Start-maxReceiver):at.Start])
	if m == nil || !endOfModule.Match(rest) || !endsLoading.Match(rest) {
		return false
	}
	word := DefaultExport(v, sym)
	if word == "" || word != c.Slice(at) && !NamesIndex(sym, p, c, at) {
		return false
	}
	folder := string(m[1])
	if !strings.HasPrefix(folder, ".") {
		return true // an alias of a path
	}
	stem := strings.TrimSuffix(sym.Path, path.Ext(sym.Path))
	loaded := path.Join(path.Dir(p), folder+c.Slice(at))
	return loaded == stem || loaded == strings.TrimSuffix(stem, "/index")
}

// RequiresInPlace reports whether a word is the last one in the path of a CommonJS module that is the symbol, in an
// expression which uses the module without a variable for it:
//
//	new (require("./db"))()
//	require("./db").prototype
func RequiresInPlace(v project.View, sym project.Symbol, p string, c *text.Content, at text.Span) bool {
	if sym.Lang != "ts" || sym.Scope.Len() > 0 || p == sym.Path || project.SchemeOf(p) != "ts" {
		return false
	}
	src := c.Bytes()
	rest := src[at.End:min(len(src), at.End+maxReceiver)]
	m := requiresHere.FindSubmatch(src[max(0, at.Start-maxReceiver):at.Start])
	if m == nil || !usesRequired.Match(rest) && (len(m[1]) == 0 || !endOfModule.Match(rest)) {
		return false
	}
	if DefaultExport(v, sym) != c.Slice(at) || !isDeclaredAs(v, sym, commonExport) {
		return false
	}
	stem := strings.TrimSuffix(sym.Path, path.Ext(sym.Path))
	loaded := path.Join(path.Dir(p), string(m[2])+c.Slice(at))
	return loaded == stem || loaded == strings.TrimSuffix(stem, "/index")
}

// commonExport matches the assignment of NAME to what a CommonJS module exports.
const commonExport = `\bmodule\.exports\s*=\s*(?:(?:async|class|function)\b\s*\*?\s*)*NAME(?:[^\pL\pN_$]|$)`

var (
	// requiresHere matches the text before the last word of the path; the first group is not empty if what is loaded is
	// certainly given to no variable.
	requiresHere = lazyregexp.NewWith([]string{"require"},
		`(?:(=>|\breturn|\bnew|[:,(\[?])|(?:^|[^\w$.]))\s*\(?\s*require\s*\(\s*["'`+"`"+`](\.[^"'`+"`"+`\s]*)$`)
	// usesRequired matches what follows that word if a member of what is loaded is selected, or it is called.
	usesRequired = lazyregexp.New(`^(?:/index)?(?:\.[cm]?[jt]sx?)?["'` + "`" + `]\s*\)\s*\)*\s*(?:\??\.|[\[(])`)
)

var (
	loadsHere = lazyregexp.NewWith([]string{"import"},
		`(?:=>|\breturn)\s*(?:\(\s*)?import\s*\(\s*(?:/\*[^*]*\*/\s*)?["'`+"`"+`]([^"'`+"`"+`\s]*)$`)
	endsLoading = lazyregexp.New(`^[^"'` + "`" + `\n]*["'` + "`" + `]\s*,?\s*\)\s*(?:[^\s.]|$)`)
)
