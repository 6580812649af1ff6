package catalogue

import (
	"path"
	"regexp"
	"slices"

	"lanser/selectors/lazyregexp"
	"lanser/selectors/text"
)

// IsBeforeMacro reports whether a word in a condition of the preprocessor, in another file than the one that defines a
// macro of C, is read before the definition in every translation unit that has both: a header asks whether the macro is
// defined, and is never included after the definition.
func IsBeforeMacro(v View, sym Symbol, p string, c *text.Content, at text.Span) bool {
	together := filesTogether(v)
	if p == sym.Path || len(sym.Also) > 0 || together.byFlag || !asksMacro.MatchString(c.Line(firstLine(c, at.Start))) {
		return false
	}
	m := regexp.MustCompile(defines + regexp.QuoteMeta(sym.Name) + `\b`).FindIndex(contentOf(v, sym.Path))
	if m == nil {
		return false
	}
	type key struct {
		defined, path string
		from, to      int
		databases     digest
	}
	k := key{defined: sym.Path, path: p, from: m[0], to: at.Start, databases: together.databases}
	return !v.Memoize(k, func() any { return together.mayFollow(v, sym.Path, m[0], p, at.Start) }).(bool)
}

// asksMacro matches a directive with a condition.
var asksMacro = lazyregexp.New(`^\s*(?:#|%:|\?\?=)\s*(?:if|ifdef|ifndef|elif|elifdef|elifndef)\b`)

// mayFollow reports whether an offset of the file p may be read after one of the file d in the same translation unit,
// by the order of include directives, whatever their conditions.
func (i *inclusions) mayFollow(v View, d string, from int, p string, to int) bool {
	leadsTo := func(f, target string) bool { return reach(i.of, f)[target] }
	for f := range i.unitsWith(v, p).files {
		if i.open[f] {
			return true
		}
		isBehind := false // the definition may have been read
		for _, at := range i.inclusionsOf(f, contentOf(v, f)) {
			if (isBehind || f == d && at.offset > from) && leadsTo(at.path, p) {
				return true
			}
			isBehind = isBehind || leadsTo(at.path, d)
			if isBehind && f == p && at.offset < to {
				return true
			}
		}
	}
	return false
}

// inclusionAt is a file that another one includes by a directive at an offset.
type inclusionAt struct {
	path   string
	offset int
}

// inclusionsOf returns the files that a file includes, in the order of its directives.
func (i *inclusions) inclusionsOf(f string, src []byte) (out []inclusionAt) {
	for _, m := range includeDirective.FindAllSubmatchIndex(src, -1) {
		for g := 2; g <= 4; g += 2 {
			if m[g] < 0 {
				continue
			}
			name := string(src[m[g]:m[g+1]])
			for _, p := range i.of[f] {
				if path.Base(p) == path.Base(name) {
					out = append(out, inclusionAt{path: p, offset: m[0]})
				}
			}
		}
	}
	slices.SortStableFunc(out, func(a, b inclusionAt) int { return a.offset - b.offset })
	return out
}
