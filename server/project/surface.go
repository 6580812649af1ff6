package project

import (
	"go/token"
	"path"
	"slices"
	"strings"

	"lanser/selectors"
	"lanser/selectors/lazyregexp"
	"lanser/selectors/text"
)

// Exports reports whether other packages, modules or files can use a declaration by its name, by the syntax of its
// language: in Go a capital letter at each name, in Python no underscore and a place in __all__ if there is one, in
// TypeScript and JavaScript export, in Rust pub, in Java and C# public, in C and C++ a header without static. known
// is false if the syntax of the file does not say it, as in CommonJS, unless the file has one assignment of an object
// of names to module.exports.
func Exports(v View, d selectors.Decl) (exported, known bool) {
	c, err := v.Content(d.Path)
	if err != nil {
		return false, true
	}
	name := d.Names[len(d.Names)-1]
	switch d.Lang {
	case "go":
		return !slices.ContainsFunc(d.Names, func(n string) bool { return !token.IsExported(n) }), true
	case "py":
		return exportedInPython(c, d), true
	case "ts":
		return exportedInScript(c, d)
	case "rs":
		return exportedInRust(c, d), true
	case "cpp":
		header := LanguageOf(d.Path)
		return header != nil && header.ID == "header" && !hasWord(c, d, "static"), true
	case "java", "cs":
		return len(d.Names) > 1 && inInterface(d) || hasWord(c, d, "public"), true
	}
	return !strings.HasPrefix(name, "_") && !hasWord(c, d, "private"), true
}

// allList matches the list of the names that a module of Python exports.
var allList = lazyregexp.New(`(?m)^__all__\s*(?::[^=]*)?=\s*[\[(]([^\])]*)[\])]`)

func exportedInPython(c *text.Content, d selectors.Decl) bool {
	for _, n := range d.Names {
		if strings.HasPrefix(n, "_") && n != "__init__" && n != "__call__" {
			return false
		}
	}
	m := allList.FindSubmatch(c.Bytes())
	if m == nil {
		return true
	}
	list := string(m[1])
	return strings.Contains(list, `"`+d.Names[0]+`"`) || strings.Contains(list, "'"+d.Names[0]+"'")
}

// OffersImport reports whether a module of Python offers a name that it imports: if the module lists it in __all__, or
// Has no such list and is the file of a package, and the name begins with no underscore.
func OffersImport(c *text.Content, file, name string) bool {
	m := allList.FindSubmatch(c.Bytes())
	if m == nil {
		return strings.HasPrefix(path.Base(file), "__init__.") && !strings.HasPrefix(name, "_")
	}
	list := string(m[1])
	return name == "*" || strings.Contains(list, `"`+name+`"`) || strings.Contains(list, "'"+name+"'")
}

// exportKeyword matches a statement that exports something from a module of ECMAScript.
var exportKeyword = lazyregexp.New(`(?m)^\s*export\b`)

func exportedInScript(c *text.Content, d selectors.Decl) (exported, known bool) {
	if len(d.Names) > 1 {
		outer := header(c, d)
		_, isListed := commonJSNames(c)
		return !strings.HasPrefix(d.Names[len(d.Names)-1], "#") && !strings.Contains(outer, "private ") &&
			!strings.Contains(outer, "protected "), isListed || exportKeyword.Match(c.Bytes())
	}
	if !exportKeyword.Match(c.Bytes()) {
		return exportedInCommonJS(c, d)
	}
	if strings.Contains(header(c, d), "export ") {
		return true, true
	}
	for _, list := range exportLists(c) {
		if slices.Contains(list, d.Names[0]) {
			return true, true
		}
	}
	return false, true
}

// These match parts of a module of CommonJS: the object of names that it exports, every word exports, and names that
// are imported from another module.
var (
	exportedObject = lazyregexp.New(`(?m)^\s*module\.exports\s*=\s*\{([\pL\pN_$,:\s]*)\}`)
	anyExports     = lazyregexp.New(`\bexports\b`)
	requiredNames  = lazyregexp.New(`(?m)^\s*(?:const|let|var)\s+(\{[^}]*\}|[\pL_$][\pL\pN_$]*)\s*=\s*require\s*\(`)
)

// exportedInCommonJS is exportedInScript for a declaration of a module without the keyword export. Names that are
// imported are not its own, and the names in the object that is exported are those of declarations before. What is
// assigned to a member, as in Store.prototype.load = function () {}, is taken for exported: the object may be reached
// by another name.
func exportedInCommonJS(c *text.Content, d selectors.Decl) (exported, known bool) {
	names, known := commonJSNames(c)
	for _, m := range requiredNames.FindAllSubmatchIndex(c.Bytes(), -1) {
		if m[2] <= d.Name.Start && d.Name.End <= m[3] {
			return false, known
		}
	}
	for _, m := range exportedObject.FindAllSubmatchIndex(c.Bytes(), -1) {
		if m[2] <= d.Name.Start && d.Name.End <= m[3] {
			rest := strings.TrimSpace(c.Slice(text.Span{Start: d.Name.End, End: m[3]}))
			return strings.HasPrefix(rest, ":"), known // a name of its own: { load: readFile }
		}
	}
	line, _ := c.LineSpan(c.LineOf(d.Name.Start))
	isMember := strings.HasSuffix(strings.TrimSpace(c.Slice(text.Span{Start: line.Start, End: d.Name.Start})), ".")
	return !known || isMember || slices.Contains(names, d.Names[0]), known
}

// commonJSNames returns the names of the declarations that a module of CommonJS exports. isListed is false if that is
// not known: the module does not have exactly one statement module.exports = { a, b: c }.
func commonJSNames(c *text.Content) (names []string, isListed bool) {
	m := exportedObject.FindSubmatch(c.Bytes())
	if m == nil || len(anyExports.FindAllSubmatchIndex(c.Bytes(), 2)) != 1 {
		return nil, false
	}
	for part := range strings.SplitSeq(string(m[1]), ",") {
		_, value, isPair := strings.Cut(part, ":")
		if !isPair {
			value = part
		}
		names = append(names, strings.TrimSpace(value))
	}
	return names, true
}

// exportList matches what export { a, b as c } and export default a name.
var exportList = lazyregexp.New(`(?s)^\s*export\s*(?:type\s*)?` +
	`(?:\{([^}]*)\}|default\s+([\pL_$][\pL\pN_$]*)|=\s*([\pL_$][\pL\pN_$]*))`)

// exportLists returns the names that each export statement without a declaration has.
func exportLists(c *text.Content) (out [][]string) {
	for n := range c.Lines() {
		line, _ := c.LineSpan(n)
		m := exportList.FindSubmatch(c.Bytes()[line.Start:])
		if m == nil {
			continue
		}
		var names []string
		for part := range strings.SplitSeq(string(m[1])+","+string(m[2])+","+string(m[3]), ",") {
			if fields := strings.Fields(part); len(fields) > 0 {
				names = append(names, fields[0])
			}
		}
		out = append(out, names)
	}
	return out
}

func exportedInRust(c *text.Content, d selectors.Decl) bool {
	if len(d.Kinds) > 1 {
		switch d.Kinds[len(d.Kinds)-2] {
		case selectors.KindInterface, selectors.KindEnum: // what a trait or an enum holds is as public as it is
			return true
		}
	}
	return strings.Contains(header(c, d), "pub ")
}

// inInterface reports whether a declaration is a member of an interface.
func inInterface(d selectors.Decl) bool { return d.Kinds[len(d.Kinds)-2] == selectors.KindInterface }

// header returns the text of a declaration's statement before its name. A declaration of ECMAScript is only a part of
// its statement.
func header(c *text.Content, d selectors.Decl) string {
	if d.Lang != "ts" {
		return c.Slice(text.Span{Start: d.Def.Start, End: d.Name.Start})
	}
	line, _ := c.LineSpan(c.LineOf(d.Def.Start))
	before := c.Slice(text.Span{Start: line.Start, End: d.Def.Start})
	before = before[strings.LastIndexAny(before, "{};")+1:]
	return before + c.Slice(text.Span{Start: d.Def.Start, End: d.Name.Start})
}

// hasWord reports whether a modifier is written before the name of a declaration.
func hasWord(c *text.Content, d selectors.Decl, word string) bool {
	return slices.Contains(strings.Fields(header(c, d)), word)
}
