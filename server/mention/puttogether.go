package mention

import (
	"bytes"
	"regexp"
	"strings"

	"lanser/selectors/lazyregexp"
	"lanser/selectors/text"
	"lanser/server/project"
)

// This file knows code of Python that puts together the name of a member which it looks up, so that no word of the name
// is written:
//
//	getattr(self, "visit_" + kind)
//	getattr(self, f"do_{method}", None)
//	Book.objects.filter(author__name="x")

// Lookup is a member whose name is put together.
type Lookup struct {
	At             int    // in bytes of the file
	Prefix, Suffix string // of the name
	OfSelf         bool   // the member is one of self or cls
}

// Fits reports whether a name may be that of the member.
func (l Lookup) Fits(name string) bool {
	return len(name) > len(l.Prefix)+len(l.Suffix) && strings.HasPrefix(name, l.Prefix) &&
		strings.HasSuffix(name, l.Suffix)
}

// Lookups returns the lookups in a file of Python whose names are put together from a beginning or an end that is
// written and something else. The string may be assigned to a variable before.
func Lookups(v project.View, p string) []Lookup {
	type key struct{ path string }
	return v.Memoize(key{p}, func() any {
		c, err := v.Content(p)
		if err != nil || project.SchemeOf(p) != "py" {
			return []Lookup(nil)
		}
		return lookupsIn(c.Bytes())
	}).([]Lookup)
}

func lookupsIn(src []byte) (found []Lookup) {
	for _, m := range looksUp.FindAllSubmatchIndex(src, -1) {
		object := strings.TrimSpace(string(src[m[2]:m[3]]))
		one := Lookup{At: m[0], OfSelf: object == "self" || object == "cls"}
		name := src[m[1]:min(len(src), m[1]+maxReceiver)]
		if v := nameAlone.FindSubmatch(name); v != nil {
			assigned := regexp.MustCompile(`\b` + string(v[1]) + `\s*=\s*`)
			before := src[max(0, m[0]-maxAssignedName):m[0]]
			all := assigned.FindAllIndex(before, -1)
			if len(all) == 0 {
				continue
			}
			name = before[all[len(all)-1][1]:]
		}
		var ok bool
		one.Prefix, one.Suffix, ok = partsOfName(name)
		if ok {
			found = append(found, one)
		}
	}
	return found
}

// partsOfName returns the written beginning and end of a name that an expression of Python puts together.
func partsOfName(expression []byte) (prefix, suffix string, ok bool) {
	line, _, _ := bytes.Cut(expression, []byte("\n"))
	if m := formatted.FindSubmatch(line); m != nil {
		prefix, suffix = string(m[1]), string(m[2])
	} else if m := added.FindSubmatch(line); m != nil {
		prefix = string(m[1])
	} else if m := ended.FindSubmatch(line); m != nil {
		suffix = string(m[1])
	}
	return prefix, suffix, len(prefix)+len(suffix) >= 2
}

// maxAssignedName bounds the text before a lookup in which the name is put together, in bytes.
const maxAssignedName = 500

var (
	looksUp = lazyregexp.New(`\b(?:getattr|hasattr|methodcaller)\s*\(\s*` +
		`((?:[^,()\n]|\((?:[^()\n]|\([^()\n]*\))*\))+),\s*`)
	nameAlone = lazyregexp.New(`^([\pL_][\pL\pN_]*)\s*[,)]`)
	// formatted matches an f-string with one expression, and a string with one place for format or %.
	formatted = lazyregexp.New(`^(?:[fF][rR]?|[rR][fF])?["']([\w]*)(?:\{[^{}]*\}|%s)([\w]*)["']`)
	added     = lazyregexp.New(`^["'](\w+)["']\s*\+`)
	ended     = lazyregexp.New(`^[\w.()]+(?:\[[^\]]*\])?\s*\+\s*["'](\w+)["']`)
)

// SelectsPutTogether returns the place of an expression of TypeScript that selects a member by a name which it puts
// together, and that may be the given one: this["on" + name], this[`on${name}`]. ok is false if the file has none.
func SelectsPutTogether(c *text.Content, name string) (at int, ok bool) {
	for _, m := range putsTogether.FindAllSubmatchIndex(c.Bytes(), -1) {
		var l Lookup
		for i, part := range []*string{&l.Prefix, &l.Prefix, &l.Suffix, &l.Suffix} {
			if g := 2 + 2*i; m[g] >= 0 {
				*part = string(c.Bytes()[m[g]:m[g+1]])
			}
		}
		if len(l.Prefix)+len(l.Suffix) >= 2 && l.Fits(name) {
			return m[0], true
		}
	}
	return 0, false
}

var putsTogether = lazyregexp.New(`[\pL\pN_$)]\s*(?:\?\.)?\[\s*(?:["'](\w+)["']\s*\+|` + "`" +
	`(\w*)\$\{[^{}]*\}(\w*)` + "`" + `\s*\]|[\w.()]+\s*\+\s*["'](\w+)["']\s*\])`)

// QueryWords are words of files of Django in which queries name fields.
var QueryWords = []string{
	"filter", "exclude", "order_by", "values_list", "values", "select_related", "prefetch_related", "annotate", "Q",
	"list_filter", "search_fields",
}

// LookupOf returns the place of a longer name with the name of a field in it, which a query of Django takes apart:
// author__name, name__startswith. ok is false if there is none in the text.
func LookupOf(c *text.Content, field string) (at text.Span, ok bool) {
	if !bytes.Contains(c.Bytes(), []byte("__"+field)) && !bytes.Contains(c.Bytes(), []byte(field+"__")) {
		return at, false
	}
	name := regexp.QuoteMeta(field)
	longer := `[(,\s"'-]((?:[a-z]\w*__)?` + name + `__[a-z]\w*|[a-z]\w*__` + name + `)(?:["']|\s*=[^=])`
	m := regexp.MustCompile(longer).FindSubmatchIndex(c.Bytes())
	if m == nil {
		return at, false
	}
	return text.Span{Start: m[2], End: m[3]}, true
}

// IsDerivedMember reports whether a symbol of Python is the member of a class with bases or decorators.
func IsDerivedMember(v project.View, sym project.Symbol) bool {
	return sym.Lang == "py" && sym.Member && sym.Path != "" && isDerived(v, sym)
}

// AreRelated reports whether a class of Python, which a file declares, is another or one of its bases, or the other way
// round, as far as the names of bases tell.
func AreRelated(v project.View, file, class, otherFile, other string) bool {
	return file == otherFile && class == other || hasBase(v, file, class, other) || hasBase(v, otherFile, other, class)
}

// hasBase reports whether a name is among the bases of a class, and their bases.
func hasBase(v project.View, file, class, base string) bool {
	type key struct{ file, class, base string }
	return v.Memoize(key{file, class, base}, func() any {
		known := map[string]bool{class: true}
		queue := basesIn(v, file, class)
		for len(queue) > 0 && len(known) < maxClasses {
			one := queue[0]
			queue = queue[1:]
			if one == base {
				return true
			}
			if !known[one] {
				known[one] = true
				queue = append(queue, basesOf(v, one)...)
			}
		}
		return false
	}).(bool)
}
