package catalogue

import (
	"go/token"
	"slices"
	"strings"

	"lanser/selectors"
	"lanser/selectors/lazyregexp"
	"lanser/selectors/text"
)

// Exports reports whether other packages, modules or files can use a declaration by its name, by the syntax of its
// language: in Go a capital letter at each name, in Python no underscore and a place in __all__ if there is one, in
// TypeScript and JavaScript export, in Rust pub, in Java and C# public, in C and C++ a header without static. known
// is false if the syntax of the file does not say it, as in CommonJS.
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

// exportKeyword matches a statement that exports something from a module of ECMAScript.
var exportKeyword = lazyregexp.New(`(?m)^\s*export\b`)

func exportedInScript(c *text.Content, d selectors.Decl) (exported, known bool) {
	if len(d.Names) > 1 {
		outer := header(c, d)
		return !strings.HasPrefix(d.Names[len(d.Names)-1], "#") && !strings.Contains(outer, "private ") &&
			!strings.Contains(outer, "protected "), exportKeyword.Match(c.Bytes())
	}
	if !exportKeyword.Match(c.Bytes()) {
		return true, false
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
