package mention

import (
	"bytes"
	"regexp"
	"slices"
	"sort"
	"strings"

	"lanser/selectors"
	"lanser/selectors/lazyregexp"
	"lanser/selectors/text"
	"lanser/server/project"
)

// This file knows strings and comments of Python that hold code: types that are written as strings, and programs that
// are handed to exec, to eval or to another interpreter. And it knows expressions that are modules.

// pythonStrings returns the spans of what is between the quotes of the strings of a file of Python, in order. The
// expressions of an f-string belong to it.
func pythonStrings(c *text.Content) []text.Span {
	type key struct{}
	return c.Memoize(key{}, func() any {
		var found []text.Span
		src := c.Bytes()
		for i := 0; i < len(src); {
			switch src[i] {
			case '#':
				end := bytes.IndexByte(src[i:], '\n')
				if end < 0 {
					return found
				}
				i += end
			case '"', '\'':
				inner, end := pythonStringAt(src, i)
				found = append(found, inner)
				i = end
			default:
				i++
			}
		}
		return found
	}).([]text.Span)
}

// pythonStringAt returns the span between the quotes of the string whose first quote is at i, and the end of the
// string. One that is not closed ends with its line, and with the file if it has three quotes.
func pythonStringAt(src []byte, i int) (inner text.Span, end int) {
	quote := src[i : i+1]
	if triple := bytes.Repeat(quote, 3); bytes.HasPrefix(src[i:], triple) {
		quote = triple
	}
	start := i + len(quote)
	for end = start; end < len(src); end++ {
		isOver := len(quote) == 1 && src[end] == '\n'
		if isOver || bytes.HasPrefix(src[end:], quote) {
			return text.Span{Start: start, End: end}, min(len(src), end+len(quote))
		}
		if src[end] == '\\' {
			end++
		}
	}
	return text.Span{Start: start, End: len(src)}, len(src)
}

// pythonStringAround returns the span between the quotes of the string of Python that a word is in.
func pythonStringAround(c *text.Content, at text.Span) (inner text.Span, ok bool) {
	all := pythonStrings(c)
	i := sort.Search(len(all), func(i int) bool { return all[i].Start > at.Start }) - 1
	if i < 0 || !all[i].Contains(at) {
		return inner, false
	}
	return all[i], true
}

// HoldsType reports whether a word of Python is in a string or a comment that may be a type, and the symbol may name
// one:
//
//	def load(into: "Store | None") -> List["Store"]: ...
//	items = {}  # type: dict[str, Store]
func HoldsType(sym project.Symbol, c *text.Content, at text.Span) bool {
	mayBeType := sym.Kind.IsType() || sym.Kind == selectors.KindVar || sym.Kind == selectors.KindConst
	if sym.Lang != "py" || sym.Member || sym.Scope.Len() > 0 || !mayBeType {
		return false
	}
	src := c.Bytes()
	line, ok := c.LineSpan(c.LineOf(at.Start))
	if !ok {
		return false
	}
	inner, ok := pythonStringAround(c, at)
	if !ok {
		return typeComment.Match(src[line.Start:at.Start])
	}
	before := bytes.TrimRight(src[line.Start:max(line.Start, inner.Start)], `"'`)
	return typeExpression.Match(src[inner.Start:inner.End]) && beforeAnnotation.Match(before)
}

var (
	typeComment    = lazyregexp.New(`#\s*type:\s*[\w.\[\], |()*>-]*$`)
	typeExpression = lazyregexp.New(`^\s*[\w.]+\s*(?:[\[\],|]\s*(?:[\w.]+\s*)?)*$`)
	// beforeAnnotation matches the text before a string, on its line, that may be a type or a part of one.
	beforeAnnotation = lazyregexp.New(`(?:->|[\w)\]]\s*:|\w\[(?:[^\[\]]*,)?|\|)\s*$`)
)

// HoldsProgram reports whether a word of Python is in a string that is code which imports the symbol or its module, and
// is handed to a call, assigned or listed. The documentation of a function is none.
func HoldsProgram(sym project.Symbol, c *text.Content, at text.Span) bool {
	if sym.Lang != "py" || sym.Module == "" || sym.Scope.Len() > 0 {
		return false
	}
	inner, ok := pythonStringAround(c, at)
	if !ok {
		return false
	}
	src := c.Bytes()
	isValue := handedOver.Match(src[max(0, inner.Start-maxBeside):inner.Start])
	return isValue && importsModule(src[inner.Start:inner.End], sym.Module)
}

// handedOver matches text that ends with the opening quotes of a string that is a value.
var handedOver = lazyregexp.New(`[(,=\[]\s*[rRbBfFuU]{0,2}["']+$`)

// importsModule reports whether code of Python imports a module by its name, or what the module declares.
func importsModule(src []byte, module string) bool {
	if !bytes.Contains(src, []byte("import")) {
		return false
	}
	name := regexp.QuoteMeta(module)
	imports := `(?:^|[\n;])[ \t]*(?:from[ \t]+` + name + `[ \t]+import\b|import[ \t]+(?:[^;\n]*,[ \t]*)?` + name + `\b)`
	if i := strings.LastIndexByte(module, '.'); i >= 0 {
		imports += `|(?:^|[\n;])[ \t]*from[ \t]+` + regexp.QuoteMeta(module[:i]) + `[ \t]+import\b[^;\n]*\b` +
			regexp.QuoteMeta(module[i+1:]) + `\b`
	}
	return regexp.MustCompile(imports).Match(src)
}

// IsMemberOfModule reports whether a word of Python is the member of an expression that is a module: sys.modules[name],
// or a call of a function of the same file that imports the module which it returns.
func IsMemberOfModule(c *text.Content, at text.Span) bool {
	src := c.Bytes()
	before := src[max(0, at.Start-maxReceiver):at.Start]
	if ofModules.Match(before) {
		return true
	}
	m := ofCall.FindSubmatch(before)
	if m == nil {
		return false
	}
	declares := regexp.MustCompile(`\bdef\s+` + regexp.QuoteMeta(string(m[1])) + `\s*\(`)
	return slices.ContainsFunc(declares.FindAllIndex(src, -1), func(def []int) bool {
		body := src[def[1]:min(len(src), def[1]+maxSwitch)]
		if next := nextDef.FindIndex(body); next != nil {
			body = body[:next[0]]
		}
		return loadsByName.Match(body)
	})
}

var (
	ofModules   = lazyregexp.New(`\bsys\.modules\s*\[[^\[\]]*\]\.$`)
	ofCall      = lazyregexp.New(`([\pL_][\pL\pN_]*)\([^()\n]*\)\.$`)
	nextDef     = lazyregexp.New(`\n[^\s#)\]}]`) // a function of the module ends there
	loadsByName = lazyregexp.New(`\b(?:import_module|__import__)\s*\(|\bsys\.modules\b`)
)

// ReplacesSeveral reports whether a word of Python names the symbol as an argument by which a test replaces members of
// a module or a class: patch.multiple("pkg.mod", load=DEFAULT). A module that is not the symbol's by its name must
// import it: file and name are the place of the import, or none if the module imports all names of another one.
func ReplacesSeveral(
	v project.View, sym project.Symbol, c *text.Content, at text.Span,
) (isOne bool, file string, name text.Span) {
	src := c.Bytes()
	isArgument := assigned.Match(src[at.End:min(len(src), at.End+maxBeside)])
	if sym.Lang != "py" || sym.Scope.Len() > 0 || !isArgument {
		return false, "", name
	}
	m := patchesSeveral.FindSubmatch(src[max(0, at.Start-maxFields):at.Start])
	if m == nil {
		return false, "", name
	}
	module, imported := string(m[1])+string(m[2]), c.Slice(at)
	if sym.Member {
		ofOwner, isOf := strings.CutSuffix(module, sym.Owner)
		if !isOf {
			return false, "", name
		}
		module, imported = strings.TrimSuffix(ofOwner, "."), sym.Owner
	}
	last := func(module string) string { return module[strings.LastIndexByte(module, '.')+1:] }
	isExpression := len(m[2]) > 0
	if isExpression && (module == "" || last(module) == last(sym.Module) || !importsPlainly(c, last(module))) {
		return true, "", name // it may be any module
	}
	if module == sym.Module || strings.HasSuffix(module, "."+sym.Module) {
		return true, "", name
	}
	file = PythonFile(v, module)
	if file == "" {
		return false, "", name
	}
	f, err := v.Content(file)
	if err != nil {
		return false, "", name
	}
	name, isOne = ImportOf(sym.Lang, f, imported)
	if !isOne && importsAll.Match(f.Bytes()) {
		return true, "", name
	}
	return isOne, file, name
}

// importsPlainly reports whether a file of Python imports a module, or what a module has, under its own name.
func importsPlainly(c *text.Content, name string) bool {
	plain := `(?m)^[ \t]*(?:from[ \t]+[\w.]+[ \t]+)?import\b[^#\n]*[ \t.,(]` + name + `[ \t]*(?:[,)#\r]|$)`
	renamed := regexp.MustCompile(`\bas[ \t]+` + name + `\b`)
	return regexp.MustCompile(plain).Match(c.Bytes()) && !renamed.Match(c.Bytes())
}

// patchesSeveral matches text that ends before an argument of patch.multiple. Its groups are the path of what is
// patched, if that is a string, and the expression.
var patchesSeveral = lazyregexp.NewWith([]string{"multiple"},
	`\bpatch\.multiple\s*\(\s*(?:target\s*=\s*)?(?:["']([\w.]+)["']|([\w.]+))\s*,(?:[^()]|\((?:[^()]|\([^()]*\))*\))*$`)
