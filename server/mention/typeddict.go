package mention

import (
	"bytes"
	"path"
	"regexp"
	"strings"

	"lanser/selectors"
	"lanser/selectors/lazyregexp"
	"lanser/selectors/text"
	"lanser/server/project"
)

// isKeyOf reports whether a word is a whole string that may be a key of a TypedDict with the field.
func isKeyOf(v project.View, sym project.Symbol, c *text.Content, at text.Span) bool {
	src := c.Bytes()
	isField := sym.Lang == "py" && sym.Member && sym.Kind != selectors.KindMethod && !sym.Assigned
	return isField && isWholeString(src, at) && isTypedDict(v, sym.Path, sym.Owner)
}

// isTypedDict reports whether a class that a file of Python declares is a TypedDict: by its bases, and theirs, as far
// as the workspace has them. A base of a library counts as none.
func isTypedDict(v project.View, file, class string) bool {
	type key struct{ file, class string }
	return v.Memoize(key{file, class}, func() any {
		known := map[string]bool{class: true}
		queue := basesIn(v, file, class)
		for len(queue) > 0 && len(known) < maxClasses {
			base := queue[0]
			queue = queue[1:]
			if base == "TypedDict" {
				return true
			}
			if known[base] {
				continue
			}
			known[base] = true
			queue = append(queue, basesOf(v, base)...)
		}
		return false
	}).(bool)
}

// maxClasses bounds the classes among the bases of one that are followed.
const maxClasses = 100

// basesOf returns the names of the bases of all classes of a name in the workspace.
func basesOf(v project.View, class string) []string {
	type key struct{ bases string }
	return v.Memoize(key{class}, func() any {
		var bases []string
		for _, p := range v.Paths() {
			if ext := path.Ext(p); ext == ".py" || ext == ".pyi" {
				bases = append(bases, basesIn(v, p, class)...)
			}
		}
		return bases
	}).([]string)
}

// basesIn returns the names of the bases of the classes of a name in a file, without the modules before them. An alias
// of an import in the file stands for the name that it imports.
func basesIn(v project.View, file, class string) (bases []string) {
	c, err := v.Content(file)
	if err != nil || class == "" || !bytes.Contains(c.Bytes(), []byte(class)) {
		return nil
	}
	header := regexp.MustCompile(strings.ReplaceAll(classHeader, "NAME", regexp.QuoteMeta(class)))
	for _, m := range header.FindAllSubmatch(c.Bytes(), -1) {
		list := m[1]
		if len(m[2]) > 0 {
			list = m[2] // a class that a call makes: Movie = TypedDict("Movie", …)
		}
		for _, one := range baseName.FindAllSubmatchIndex(list, -1) {
			if rest := list[one[1]:]; len(rest) == 0 || bytes.IndexByte([]byte("=(."), rest[0]) < 0 {
				bases = append(bases, importedName(c, string(list[one[2]:one[3]])))
			}
		}
	}
	return bases
}

// classHeader matches the header of the class NAME up to the end of its bases, and the call that makes it.
const classHeader = `(?m)^[ \t]*class[ \t]+NAME[ \t]*(?:\[[^\]]*\][ \t]*)?\(([^)]*)\)` +
	`|^[ \t]*NAME[ \t]*(?::[^=\n]*)?=[ \t]*(\w+(?:\.\w+)*)\(`

// baseName matches a base in the header of a class, and the spaces behind it; its group is the last name. What follows
// tells a base from metaclass=Meta and from what a call makes. The comma before the next base is no part of it.
var baseName = lazyregexp.New(`(?:^|,)\s*(?:#[^\n]*\n\s*)*(?:\w+\.)*(\w+)\s*`)

// importedName returns the name that a file imports under an alias, or the name itself.
func importedName(c *text.Content, alias string) string {
	re := regexp.MustCompile(`\b(\w+)[ \t]+as[ \t]+` + regexp.QuoteMeta(alias) + `\b`)
	if m := re.FindSubmatch(c.Bytes()); m != nil {
		return strings.TrimSpace(string(m[1]))
	}
	return alias
}
