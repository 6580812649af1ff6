package mention

import (
	"bytes"
	"iter"
	"path"
	"regexp"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"lanser/selectors"
	"lanser/selectors/lazyregexp"
	"lanser/selectors/text"
	"lanser/server/project"
)

// This file knows the comments and strings of Go and Rust that name symbols of the program.

// namesGoMember reports whether a string of Go names an exported member: for reflection, or in a template.
func namesGoMember(sym project.Symbol, c *text.Content, at text.Span) bool {
	first, _ := utf8.DecodeRuneInString(sym.Name)
	if sym.Lang != "go" || !sym.Member || !unicode.IsUpper(first) {
		return false
	}
	left := c.Bytes()[max(0, at.Start-maxTemplateAction):at.Start]
	isComment := strings.HasPrefix(strings.TrimSpace(c.Line(c.LineOf(at.Start))), "//")
	return !isComment && (reflectsMember.Match(left) || selectsInTemplate.Match(left))
}

// maxTemplateAction bounds the text before a word in which the beginning of a template's action is looked for, in
// bytes.
const maxTemplateAction = 300

var (
	// reflectsMember matches text that ends before the name of a member in a call of package reflect.
	reflectsMember = lazyregexp.NewWith([]string{"ByName"}, "\\b(?:MethodByName|FieldByName)\\(\\s*[\"`]$")
	// selectsInTemplate matches text that ends before the name of a member in an action of a template.
	selectsInTemplate = lazyregexp.NewWith([]string{"{{"}, `\{\{(?:[^{}]|\}[^}])*\.$`)
)

// ExportsToC reports whether a word of Go is the function's name in the directive //export of cgo. The symbol is a
// function of the same file.
func ExportsToC(sym project.Symbol, p string, c *text.Content, at text.Span) bool {
	if sym.Lang != "go" || sym.Kind != selectors.KindDef || p != sym.Path {
		return false
	}
	return strings.TrimRight(c.Line(c.LineOf(at.Start)), " \t\r\n") == "//export "+sym.Name
}

// namesRustInAttribute reports whether a string of an attribute of Rust spells the path of a function or type, as
// in #[serde(default = "module::function")]. That of a member begins with its type, and what some arguments hold, as in
// #[arg(value_name = "depth")], is no path.
func namesRustInAttribute(sym project.Symbol, c *text.Content, at text.Span) bool {
	if sym.Lang != "rs" || sym.Scope.Len() > 0 || sym.Kind == selectors.KindField {
		return false
	}
	left := c.Bytes()[max(0, at.Start-maxAttribute):at.Start]
	m := opensRustAttribute.FindSubmatch(left)
	if m == nil || opensDocAttribute.Match(left) || !bytes.HasPrefix(c.Bytes()[at.End:], []byte(`"`)) {
		return false
	}
	mayBePath := !holdNoPath()[string(m[1])] && (!sym.Member || bytes.HasSuffix(left, []byte("::")))
	return mayBePath || sym.AnyAttribute
}

// holdNoPath are arguments of attributes of the language, and of widely used crates, whose strings are no paths.
var holdNoPath = project.NameSet(
	"about after_help alias aliases author before_help bin_name conflicts_with content default_value description " +
		"display_name env export_name feature group help help_heading id link_name long long_about long_help message " +
		"name note overrides_with path reason rename rename_all requires section short since tag target_arch " +
		"target_env target_family target_os title value_name version visible_alias",
)

// maxAttribute bounds the text of an attribute before a word, in bytes.
const maxAttribute = 500

var (
	opensRustAttribute = lazyregexp.New(`#!?\[[^\]]*\b(\w+)\s*=\s*"(?:\w+::)*$`)
	opensDocAttribute  = lazyregexp.New(`#!?\[\s*doc\b[^\]]*$`)
)

// isInRustExample reports whether a word is in the code of an example in a documentation comment of Rust, which
// rustdoc compiles, and may mean the symbol there: a member is selected, or follows the path of its type, in an
// example that names the type.
func isInRustExample(sym project.Symbol, c *text.Content, at text.Span) bool {
	example, ok := rustExample(sym, c, at)
	before, _ := neighbours(c.Bytes(), at)
	if !ok || !sym.Member {
		return ok && before != '.'
	}
	ofOwner := regexp.MustCompile(`\b` + regexp.QuoteMeta(sym.Owner) + `\b`)
	return (before == '.' || before == ':') && sym.Owner != "" && ofOwner.MatchString(example)
}

// rustExample returns the example of rustdoc that a word is in, from its beginning to the end of the word's line. ok is
// false for every other word, and for a symbol that no example can name.
func rustExample(sym project.Symbol, c *text.Content, at text.Span) (example string, ok bool) {
	line := c.LineOf(at.Start)
	if sym.Lang != "rs" || sym.Scope.Len() > 0 || !docComment.MatchString(c.Line(line)) {
		return "", false
	}
	start, fence := line, ""
	for start >= 0 && docComment.MatchString(c.Line(start)) {
		start--
	}
	var lines strings.Builder
	for l := start + 1; l < line; l++ {
		code := docComment.ReplaceAllString(strings.TrimSpace(c.Line(l)), "")
		m := docFence.FindStringSubmatch(code)
		if m == nil {
			lines.WriteString(code + "\n")
			continue
		}
		isOpen := fence != ""
		fence = "```" + m[1]
		if isOpen {
			fence = ""
		}
		lines.Reset()
	}
	if fence == "" || !isRustFence(strings.TrimPrefix(fence, "```")) {
		return "", false
	}
	lines.WriteString(c.Line(line))
	return lines.String(), true
}

// IsGivenInExample reports whether a word of Rust selects a member in an example of rustdoc that names a giver of the
// member's type: a function or a field whose declaration names the type, or another name of the type. In
//
//	/// let s = app::make(3);
//	/// assert_eq!(s.area(), 9);
//
// the type that area belongs to is not named.
func IsGivenInExample(v project.View, sym project.Symbol, c *text.Content, at text.Span) bool {
	before, _ := neighbours(c.Bytes(), at)
	if !sym.Member || sym.Owner == "" || before != '.' && before != ':' || isPrivateInRust(v, sym) {
		return false
	}
	example, ok := rustExample(sym, c, at)
	if !ok {
		return false
	}
	givers := rustGivers(v, sym.Owner)
	for _, name := range rustWord.FindAllString(strings.TrimSuffix(example, sym.Name), -1) {
		if name != sym.Name && givers[name] {
			return true
		}
	}
	return false
}

// rustGivers returns the names of what has a type of Rust in its declaration, and the other names of the type.
func rustGivers(v project.View, owner string) map[string]bool {
	type key struct{ owner string }
	return v.Memoize(key{owner}, func() any {
		names := map[string]bool{}
		giver := regexp.MustCompile(`\bfn\s+(\w+)[^{};]*\b` + regexp.QuoteMeta(owner) + `\b|` +
			`\b(\w+)\s*:[^:;={}()\n]*\b` + regexp.QuoteMeta(owner) + `\b|` +
			`\btype\s+(\w+)[^;]*\b` + regexp.QuoteMeta(owner) + `\b|` +
			`\b` + regexp.QuoteMeta(owner) + `\s+as\s+(\w+)`)
		for _, p := range v.Paths() {
			if path.Ext(p) != ".rs" {
				continue
			}
			c, err := v.Content(p)
			if err != nil || !bytes.Contains(c.Bytes(), []byte(owner)) {
				continue
			}
			for _, m := range giver.FindAllSubmatch(c.Bytes(), -1) {
				names[string(bytes.Join(m[1:], nil))] = true
			}
		}
		return names
	}).(map[string]bool)
}

// rustWord matches an identifier of Rust.
var rustWord = lazyregexp.New(`[\pL_][\pL\pN_]*`)

var (
	docComment = lazyregexp.New(`^\s*//[/!]`)
	docFence   = lazyregexp.New("^\\s*```(.*)$")
)

// isRustFence reports whether rustdoc compiles an example by what follows its fence (The rustdoc book, "Documentation
// tests"): every other word than those that it knows is the name of another language.
func isRustFence(info string) bool {
	isRust := true
	for _, word := range strings.FieldsFunc(info, func(r rune) bool { return strings.ContainsRune(", \t{}", r) }) {
		switch {
		case word == "ignore":
			return false
		case word == "rust":
			return true
		case !knownToRustdoc.MatchString(word):
			isRust = false
		}
	}
	return isRust
}

// knownToRustdoc matches the words that rustdoc knows after a fence.
var knownToRustdoc = lazyregexp.New(
	`^(?:should_panic|no_run|ignore-.*|compile_fail|edition\d{4}|test_harness|standalone(?:_crate)?|E\d{4}|[.:].*)$`,
)

// FollowsCrate reports whether a word of Rust is the symbol's name after the path $crate::module of its own module,
// which a macro spells from wherever it is expanded (The Rust Reference, "Metavariables", "$crate"). An exported macro
// is in the crate itself.
func FollowsCrate(v project.View, sym project.Symbol, p string, c *text.Content, at text.Span) bool {
	if sym.Lang != "rs" || sym.Member || sym.Scope.Len() > 0 || crateOf(v, p) != crateOf(v, sym.Path) {
		return false
	}
	m := afterCrate.FindSubmatch(c.Bytes()[max(0, at.Start-maxAttribute):at.Start])
	if m == nil {
		return false
	}
	isMacro := bytes.HasPrefix(c.Bytes()[at.End:], []byte("!"))
	return isMacro && len(m[1]) == 0 || !isMacro && "crate"+string(m[1]) == sym.Module
}

var afterCrate = lazyregexp.New(`\$crate((?:::\w+)*)::$`)

// MayBeKey reports whether a word of TypeScript is a whole string that may be the key of an object: not the module of
// an import.
func MayBeKey(c *text.Content, at text.Span) bool {
	return IsString(c, at) && !namesModule.Match(c.Bytes()[max(0, at.Start-maxReceiver):at.Start-1])
}

// TakesNames reports whether a file of TypeScript makes a type of the names that a module exports: keyof typeof m after
// import * as m, or keyof typeof import("./m").
func TakesNames(c *text.Content) bool {
	type key struct{}
	return c.Memoize(key{}, func() any {
		src := c.Bytes()
		for _, m := range namesOf.FindAllSubmatch(src, -1) {
			ofModule := regexp.MustCompile(`\*\s*as\s+` + regexp.QuoteMeta(string(m[1])) + `\s+from\b`)
			if string(m[1]) == "import" || ofModule.Match(src) {
				return true
			}
		}
		return false
	}).(bool)
}

var namesOf = lazyregexp.NewWith([]string{"keyof"}, `\bkeyof\s+typeof\s+([\pL_$][\pL\pN_$]*)`)

// IsPatternKey reports whether a word of TypeScript is a string that is the computed key of a pattern or an object, as
// in const { ["name"]: n } = user.
func IsPatternKey(c *text.Content, at text.Span) bool {
	src := c.Bytes()
	return IsString(c, at) && beforePatternKey.Match(src[max(0, at.Start-maxReceiver):at.Start-1]) &&
		afterPatternKey.Match(src[at.End+1:min(len(src), at.End+maxReceiver)])
}

var (
	beforePatternKey = lazyregexp.New(`[{,]\s*\[\s*$`)
	afterPatternKey  = lazyregexp.New(`^\s*\]\s*:`)
)

// IsString reports whether a word is all that is between two quotes.
func IsString(c *text.Content, at text.Span) bool {
	src := c.Bytes()
	return at.Start > 0 && at.End < len(src) && src[at.Start-1] == src[at.End] &&
		bytes.ContainsAny(src[at.End:at.End+1], "\"'`")
}

// namesModule matches the text before a string that is the module of an import or export.
var namesModule = lazyregexp.New(`\b(?:from|import|require)\s*\(?\s*$`)

// CasesAround returns the strings of the cases of a switch around a word that is one, if there are others: servers
// propose for a case only what the switch does not have yet.
func CasesAround(c *text.Content, at text.Span) (cases []string) {
	src := c.Bytes()
	if at.Start == 0 || !beginsCase.Match(src[max(0, at.Start-maxReceiver):at.Start-1]) {
		return nil
	}
	around := src[max(0, at.Start-maxSwitch):min(len(src), at.End+maxSwitch)]
	for _, m := range caseOfString.FindAllSubmatch(around, -1) {
		if s := string(m[1]); !slices.Contains(cases, s) {
			cases = append(cases, s)
		}
	}
	if len(cases) < 2 {
		return nil
	}
	return cases
}

// maxSwitch bounds the text around a case in which others are looked for, in bytes.
const maxSwitch = 2000

var (
	beginsCase   = lazyregexp.New(`\bcase\s*$`)
	caseOfString = lazyregexp.New("\\bcase\\s*[\"'`]([\\pL_$][\\pL\\pN_$]*)[\"'`]")
)

// omitsKey reports whether a word is a string among the type arguments of one of the types that take keys away from a
// type, and do not check that the type has them: Omit<Owner, "name">, Exclude<keyof Owner, "name">.
func omitsKey(sym project.Symbol, c *text.Content, at text.Span) bool {
	if sym.Lang != "ts" || !sym.Member || sym.Owner == "" || !MayBeKey(c, at) {
		return false
	}
	m := takesKeysAway.FindSubmatch(c.Bytes()[max(0, at.Start-maxReceiver):at.Start])
	return m != nil && string(m[1]) == sym.Owner
}

var takesKeysAway = lazyregexp.New(
	`\b(?:Omit|Exclude|Extract)\s*<\s*(?:keyof\s+)?([\pL_$][\pL\pN_$]*)(?:<[^;{}()]*>)?\s*,[^;{}()>]*$`,
)

// isComputedMember reports whether a word of TypeScript is a string by which a member is selected, as in user["age"],
// in a file that may know the member. Where the type of user is not known, servers know nothing of the string.
func isComputedMember(v project.View, sym project.Symbol, p string, c *text.Content, at text.Span) bool {
	src := c.Bytes()
	if sym.Lang != "ts" || !sym.Member || !isWholeString(src, at) || !endsElement.Match(src[at.End+1:]) {
		return false
	}
	return selectsElement.Match(src[max(0, at.Start-maxReceiver):at.Start-1]) && project.ReachesSymbol(v, sym, p)
}

// namesMemberInCall reports whether a word of TypeScript is a string that names a member for a function which is given
// the object before it, in a file that may know the symbol: jest.spyOn(store, "load"), store.hasOwnProperty("size").
func namesMemberInCall(v project.View, sym project.Symbol, p string, c *text.Content, at text.Span) bool {
	if _, ok := GivenWith(c, at); !ok || sym.Lang != "ts" || sym.Scope.Len() > 0 {
		return false
	}
	return project.ReachesSymbol(v, sym, p)
}

// GivenWith returns the last name of the object that a function is given together with a string of TypeScript that
// names a member of it. ok is false for every other string.
func GivenWith(c *text.Content, at text.Span) (object text.Span, ok bool) {
	src := c.Bytes()
	if !IsString(c, at) {
		return object, false
	}
	start := max(0, at.Start-maxReceiver)
	for _, before := range []*lazyregexp.Regexp{givenObject, givenModule, asksObject} {
		if m := before.FindSubmatchIndex(src[start : at.Start-1]); m != nil {
			return text.Span{Start: start + m[2], End: start + m[3]}, true
		}
	}
	return object, false
}

var (
	// givenObject matches the text before a string in a call of a function that takes an object and the name of a
	// member: those of Object and Reflect, of test doubles (Jest, Vitest, Jasmine, Sinon, node:test) and of Lodash.
	givenObject = lazyregexp.NewWith([]string{
		"spy", "Property", "stub", "hasOwn", "Reflect", "mock", "_.", "lodash",
	}, `(?:\b(?:spyOn|spyOnProperty|replaceProperty|stub|spy|hasOwn|defineProperty|`+
		`getOwnPropertyDescriptor)|\bReflect\.(?:get|set|has|deleteProperty)|\bmock\.(?:method|getter|setter)|`+
		`\b(?:_|lodash)\.(?:get|set|has|hasIn|unset|update|pick|omit|invoke|result|at))\s*(?:<[^<>(){};]*>)?\(`+
		`(?:[^"'`+"`"+`{};]*[^\pL\pN_$"'`+"`"+`{};])?([\pL_$][\pL\pN_$]*)(?:\([^()]*\))?\)?\s*,\s*`+
		`(?:\[[^\[\](){};]*)?$`)
	// givenModule matches the text before such a string if the object is a module of CommonJS.
	givenModule = lazyregexp.NewWith([]string{"require"},
		`\b(?:spyOn|stub|spy|replaceProperty)\(\s*(require)\(["'][^"'\n]*["']\)\s*,\s*$`)
	// asksObject matches the text before the argument of a method that an object answers about itself.
	asksObject = lazyregexp.NewWith([]string{"Property", "propertyIs", "__"},
		`([\pL_$][\pL\pN_$]*)\s*\??\.\s*(?:hasOwnProperty|propertyIsEnumerable|`+
			`__[gs]et__|__lookup[GS]etter__)\s*\(\s*$`)
)

var (
	selectsElement = lazyregexp.New(`[\pL\pN_$)\]]\s*(?:\?\.\s*)?\[\s*$`)
	endsElement    = lazyregexp.New(`^\s*\]`)
)

// GivesProp reports whether a word is a key of an object in a file of TypeScript that imports a component of Svelte or
// Vue: the object may be what the component is given, of which servers do not always know:
//
//	mount(Card, { target, props: { title } })
//	createApp(Card, { title })
func GivesProp(component, p string, c *text.Content, at text.Span) bool {
	isComponent := path.Ext(component) == ".svelte" || path.Ext(component) == ".vue"
	if !isComponent || project.SchemeOf(p) != "ts" || !isKey.Match(c.Bytes()[at.End:]) {
		return false
	}
	return bytes.Contains(c.Bytes(), []byte("/"+path.Base(component)))
}

// IsMocked reports whether a word is a key of the object by which a test of Jest or Vitest replaces the module of the
// symbol, as far as the last part of the module's path tells:
//
//	jest.mock("./api", () => ({ load: jest.fn() }))
func IsMocked(sym project.Symbol, c *text.Content, at text.Span) bool {
	src := c.Bytes()
	if sym.Lang != "ts" || sym.Member || sym.Scope.Len() > 0 || !endsKey.Match(src[at.End:]) {
		return false
	}
	before := src[max(0, at.Start-maxDictionary):at.Start]
	all := mocksModule.FindAllSubmatchIndex(before, -1)
	if len(all) == 0 {
		return false
	}
	m := all[len(all)-1]
	module := project.StemOf(string(before[m[2]:m[3]]))
	stem := project.StemOf(sym.Path)
	if module != stem && (stem != "index" || module != path.Base(path.Dir(sym.Path))) {
		return false
	}
	depth := bytes.Count(before[m[0]:m[1]], []byte("("))
	for _, b := range before[m[1]:] {
		switch b {
		case '(', '{', '[':
			depth++
		case ')', '}', ']':
			depth--
		}
		if depth == 0 {
			return false // the call has ended
		}
	}
	return true
}

var (
	// mocksModule matches the beginning of a call that replaces a module; its group is the module's path.
	mocksModule = lazyregexp.New("\\b(?:jest|vi|vitest)\\s*\\.\\s*(?:mock|doMock|unstable_mockModule|setMock)\\s*" +
		"(?:<[^()]*>)?\\(\\s*(?:import\\(\\s*)?[\"'`]([^\"'`\\n]+)[\"'`]")
	endsKey = lazyregexp.New(`^["']?\s*[:(]`)
	// isKey matches what follows a key of an object, which may be a variable too.
	isKey = lazyregexp.New(`^["']?\s*[:(,}]`)
)

// IsListedInAll reports whether a word of Python is an entry of __all__, the names that a module exports.
func IsListedInAll(c *text.Content, at text.Span) bool {
	return IsString(c, at) && listsAll.Match(c.Bytes()[max(0, at.Start-maxImport):at.Start-1])
}

var listsAll = lazyregexp.New(`(?m)^__all__\s*(?::[^=\n]*)?(?:\+?=|\.(?:extend|append)\s*\()\s*[^=:;]*$`)

// exportsByName reports whether a word is an entry of __all__ that may name the symbol.
func exportsByName(sym project.Symbol, c *text.Content, at text.Span) bool {
	return sym.Lang == "py" && !sym.Member && sym.Scope.Len() == 0 && IsListedInAll(c, at)
}

// ListsOwnName reports whether a word is an entry of __all__ in the module of the symbol, or of __match_args__ in its
// class.
func ListsOwnName(sym project.Symbol, p string, c *text.Content, at text.Span) bool {
	return p == sym.Path && exportsByName(sym, c, at) || ListsOwnMember(sym, p, c, at)
}

// ListsOwnMember reports whether a word is an entry of __match_args__ in the class of the symbol, which makes it a
// pattern's argument.
func ListsOwnMember(sym project.Symbol, p string, c *text.Content, at text.Span) bool {
	return p == sym.Path && namesMemberInString(sym, c, at) &&
		listsMembers.Match(c.Bytes()[max(0, at.Start-maxReceiver):at.Start-1])
}

// RepeatsName reports whether a word is the string by which a variable of a module of Python tells its name to what
// makes a type or a type variable: UserId in UserId = NewType("UserId", int). Type checkers reject another name.
func RepeatsName(sym project.Symbol, p string, c *text.Content, at text.Span) bool {
	if sym.Lang != "py" || sym.Member || sym.Scope.Len() > 0 || p != sym.Path || !IsString(c, at) {
		return false
	}
	m := makesType.FindSubmatch(c.Bytes()[max(0, at.Start-maxReceiver) : at.Start-1])
	return m != nil && string(m[1]) == sym.Name
}

var makesType = lazyregexp.New(`(?:^|\n)([\pL_][\pL\pN_]*)[ \t]*(?::[^=\n]*)?=\s*(?:[\w.]+\.)?` +
	`(?:NewType|TypeVar|TypeVarTuple|ParamSpec|TypeAliasType|` +
	`namedtuple|NamedTuple|TypedDict|Enum|IntEnum|StrEnum|Flag|IntFlag)\(\s*$`)

// Subscripted returns the last name of the object of which a string is the key, as in movie["title"], movie?.["title"]
// and movie.get("title").
func Subscripted(c *text.Content, at text.Span) (receiver text.Span, ok bool) {
	src := c.Bytes()
	if !IsString(c, at) {
		return receiver, false
	}
	start := max(0, at.Start-maxReceiver)
	m := subscripts.FindSubmatchIndex(src[start : at.Start-1])
	if m == nil {
		return receiver, false
	}
	return text.Span{Start: start + m[2], End: start + m[3]}, true
}

var subscripts = lazyregexp.New(`([\pL_$][\pL\pN_$]*)\s*(?:(?:\?\.\s*)?\[|\.\s*(?:get|pop|setdefault)\s*\()\s*$`)

// ImportOf returns the place at which a file imports a name from a module; ok is false if it does not.
func ImportOf(lang selectors.Lang, c *text.Content, name string) (at text.Span, ok bool) {
	for at := range ImportsOf(lang, c, name) {
		return at, true
	}
	return at, false
}

// ImportsOf yields the places at which a file imports a name from modules.
func ImportsOf(lang selectors.Lang, c *text.Content, name string) iter.Seq[text.Span] {
	return func(yield func(text.Span) bool) {
		for _, m := range regexp.MustCompile(`\b`+regexp.QuoteMeta(name)+`\b`).FindAllIndex(c.Bytes(), -1) {
			_, imported := ImportedFrom(lang, c.Bytes()[:m[0]])
			if imported && !yield(text.Span{Start: m[0], End: m[1]}) {
				return
			}
		}
	}
}

// ImportsAll reports whether a file of Python imports all names of a module.
func ImportsAll(c *text.Content) bool { return importsAll.Match(c.Bytes()) }
