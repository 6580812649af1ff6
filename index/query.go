package index

import (
	"context"
	"regexp"
	"slices"
	"strings"

	"github.com/sahilm/fuzzy"

	"lanser/index/parallel"
	"lanser/index/syntax"
	"lanser/selectors"
	"lanser/selectors/text"
)

// Match is a declaration that matches a query. A higher score is a better match.
type Match struct {
	Decl  selectors.Decl
	Score int
}

// Query lists the best declarations for a query, at most limit, and the number of all matches. Unless the query is
// exact or a pattern, it is read as people type it: the letters of the query must occur in the name in order, in
// any case. A complete name ranks before a prefix, and capitals and word beginnings rank before letters in the
// middle of words. A dot makes the query a path: the part before it must match the enclosing names. Locals and
// imports are left out; generated files and tests rank last. Ties are in order of position. Modules are only
// computed for the best matches; the others are known from their outlines.
func (s *Snapshot) Query(
	ctx context.Context,
	query NameQuery,
	limit int,
	keep func(path string) bool,
	kind selectors.Kind,
) (out []Match, total int, partial []string) {
	parts := strings.FieldsFunc(query.Text, func(r rune) bool { return strings.ContainsRune(".:#/ ", r) })
	if query.Pattern != nil {
		parts = []string{""} // it says nothing of scopes
	}
	if len(parts) == 0 {
		return nil, 0, nil
	}
	files := s.pathsWhere(func(p string) bool { return keep(p) && s.hasOutline(p) })
	found := make([][]hit, len(files))
	doubt := make([]bool, len(files))
	parallel.Do(len(files), 8, func(i int) {
		if ctx.Err() == nil {
			found[i], doubt[i] = s.rank(files[i], query, parts, kind)
		}
	})
	var all []hit
	for i, hits := range found {
		all = append(all, hits...)
		if doubt[i] {
			partial = append(partial, files[i])
		}
	}

	slices.SortStableFunc(all, func(a, b hit) int { return b.score - a.score }) // files are in order
	for _, h := range all[:min(limit, len(all))] {
		decls := s.FileDecls(h.path)
		isHit := func(d selectors.Decl) bool { return d.Name == h.name && d.Def == h.def }
		if i := slices.IndexFunc(decls, isHit); i >= 0 {
			out = append(out, Match{Decl: decls[i], Score: h.score})
		}
	}
	return out, len(all), partial
}

// NameQuery says which names a search for symbols finds.
type NameQuery struct {
	// Text is a name, which may follow names of what contains the symbol, separated by dots: "store.make".
	Text string
	// If Exact is true, only names that equal the query are found. Otherwise a name is found if it contains the
	// letters of the query in their order: "srv" finds Server.
	Exact bool
	// Pattern finds the names that match it, in place of Text; nil for none.
	Pattern *regexp.Regexp
}

// matches returns the names that the query finds. The name is the last one of its text.
func (q NameQuery) matches(name string, names []string) (out []fuzzy.Match) {
	if q.Pattern == nil && !q.Exact {
		return fuzzy.FindNoSort(name, names)
	}
	for i, n := range names {
		if q.Pattern != nil && q.Pattern.MatchString(n) || q.Pattern == nil && n == name {
			out = append(out, fuzzy.Match{Str: n, Index: i})
		}
	}
	return out
}

// hit is a symbol of an outline that matches a query.
type hit struct {
	path      string
	name, def text.Span // see [syntax.Symbol]
	score     int
}

// The parts of a score. A fuzzy match scores up to maxFuzzyScore; how well the name as a whole matches counts
// for more than any fuzzy match.
const (
	maxFuzzyScore    = 900
	equalScore       = 3000 // the name is the query
	equalFoldScore   = 2500 // the name is the query but for the case of letters
	prefixScore      = 1500 // the name begins with the query
	memberPenalty    = 10   // the symbol is a member of another
	testPenalty      = 200
	generatedPenalty = 300
)

// rank scores the symbols of a file; doubt is true if the file was not read without errors.
func (s *Snapshot) rank(
	file string, query NameQuery, parts []string, kind selectors.Kind,
) (out []hit, doubt bool) {
	o, err := s.Outline(file)
	if err != nil {
		return nil, true
	}

	name, scope := parts[len(parts)-1], parts[:len(parts)-1]
	candidates, names := queryable(o, kind)
	for _, m := range query.matches(name, names) {
		candidate := candidates[m.Index]
		if len(scope) > 0 && !containsInOrder(scope, strings.ToLower(qualifiedName(file, o, candidate))) {
			continue
		}
		sym := o.Symbols[candidate]
		score := min(m.Score, maxFuzzyScore) - len(m.Str) + nameScore(m.Str, name)
		if sym.Parent >= 0 {
			score -= memberPenalty
		}
		out = append(out, hit{path: file, name: sym.Name, def: sym.Def, score: score})
	}

	if len(out) > 0 { // otherwise the file need not be read for its penalty
		penalty := s.rankPenalty(file)
		for i := range out {
			out[i].score -= penalty
		}
	}
	return out, len(o.Errors) > 0 || o.Skipped != ""
}

// queryable returns the indexes and the names of the symbols that a query may find: those of the kind, or of
// any kind for "", without locals and imports.
func queryable(o *syntax.Outline, kind selectors.Kind) (indexes []int, names []string) {
	local := make([]bool, len(o.Symbols)) // inside a function; a parent comes before its members
	for i, sym := range o.Symbols {
		if sym.Parent >= 0 {
			local[i] = local[sym.Parent] || o.Symbols[sym.Parent].Function
		}
		if !local[i] && !sym.Alias && (kind == "" || sym.Kind == kind) {
			indexes = append(indexes, i)
			names = append(names, sym.Text)
		}
	}
	return indexes, names
}

// nameScore returns what a name scores for being the query, or for beginning with it.
func nameScore(name, query string) int {
	switch {
	case name == query:
		return equalScore
	case strings.EqualFold(name, query):
		return equalFoldScore
	case strings.HasPrefix(strings.ToLower(name), strings.ToLower(query)):
		return prefixScore
	}
	return 0
}

// qualifiedName returns the qualified name of a symbol's scope: the file, and the enclosing names from the
// outside in.
func qualifiedName(file string, o *syntax.Outline, i int) string {
	names := slices.Clone(o.Symbols[i].Owner)
	for p := o.Symbols[i].Parent; p >= 0; p = o.Symbols[p].Parent {
		names = slices.Concat(o.Symbols[p].Owner, []string{o.Symbols[p].Text}, names)
	}
	return strings.Join(append([]string{file}, names...), ".")
}

// containsInOrder reports whether s, which is in lower case, contains the parts in order, without overlaps.
func containsInOrder(parts []string, s string) bool {
	for _, p := range parts {
		i := strings.Index(s, strings.ToLower(p))
		if i < 0 {
			return false
		}
		s = s[i+len(p):]
	}
	return true
}

// rankPenalty returns how much the score of a file's symbols is lowered: tests and generated files rank last.
func (s *Snapshot) rankPenalty(path string) int {
	if selectors.IsTestFile(path) {
		return testPenalty
	}
	if s.generated(path) {
		return generatedPenalty
	}
	return 0
}

// generated reports whether a file says that it is generated, see [syntax.Generated].
func (s *Snapshot) generated(path string) bool {
	src, err := s.source(path)
	return err == nil && syntax.Generated(src)
}
