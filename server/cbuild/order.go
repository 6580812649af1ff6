package cbuild

import (
	"path"
	"regexp"
	"slices"
	"strings"

	"lanser/selectors/lazyregexp"
	"lanser/selectors/text"
	"lanser/server/project"
)

// IsBeforeMacro reports whether a word in a condition of the preprocessor, in another file than the one that defines a
// macro of C, is read before the definition in every translation unit that has both: a header asks whether the macro is
// defined, and is never included after the definition.
func IsBeforeMacro(v project.View, sym project.Symbol, p string, c *text.Content, at text.Span) bool {
	together := filesTogether(v)
	isAsked := AsksMacro.MatchString(c.Line(FirstLine(c, at.Start)))
	if p == sym.Path || len(sym.Also) > 0 || together.byFlag || !isAsked {
		return false
	}
	m := regexp.MustCompile(Defines + regexp.QuoteMeta(sym.Name) + `\b`).FindIndex(project.ContentOf(v, sym.Path))
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

// AsksMacro matches a directive with a condition.
var AsksMacro = lazyregexp.New(`^\s*(?:#|%:|\?\?=)\s*(?:if|ifdef|ifndef|elif|elifdef|elifndef)\b`)

// mayFollow reports whether an offset of the file p may be read after one of the file d in the same translation unit,
// by the order of include directives, whatever their conditions.
func (i *inclusions) mayFollow(v project.View, d string, from int, p string, to int) bool {
	leadsTo := func(f, target string) bool { return project.Reach(i.of, f)[target] }
	for f := range i.unitsWith(v, p).files {
		if i.open[f] {
			return true
		}
		isBehind := false // the definition may have been read
		for _, at := range i.inclusionsOf(f, project.ContentOf(v, f)) {
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

// FirstLine returns the first of the lines, joined by backslashes at their ends, that an offset belongs to.
func FirstLine(c *text.Content, offset int) int {
	line := c.LineOf(offset)
	for line > 0 && IsContinued(c, line-1) {
		line--
	}
	return line
}

// IsContinued reports whether a line of C or C++ goes on in the next one.
func IsContinued(c *text.Content, line int) bool {
	return strings.HasSuffix(strings.TrimRight(c.Line(line), "\r\n"), "\\")
}
