package selectors

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/agnivade/levenshtein"

	"lanser/selectors/fault"
	"lanser/selectors/lazyregexp"
)

// Unread is the Details of a NotFound error if files with syntax errors may declare the name.
type Unread struct{ Files []string }

// notFound returns the error for a name that no declaration has. decls are those of the module, or of the modules that
// were searched: the error suggests the most similar names among them.
func (r resolver) notFound(s Symbolic, decls []Decl, partial []string) error {
	e := fault.New(fault.NotFound, "no symbol %s in %s", FormatNames(s.Names), where(s))
	addUnread(e, partial)
	elsewhere := decls
	if s.Module != Anywhere {
		found, _ := r.now.Search(r.ctx, s.Lang, s.Names[len(s.Names)-1])
		elsewhere = append(slices.Clone(decls), found...)
	}
	return r.suggest(e, s.Names, decls, elsewhere)
}

// exportedAs returns the declaration that a module of JavaScript exports as a whole, or a member of what it exports, if
// the names of a selector begin with default, exports or module.exports: those of Db for "db#default" and of Db.open
// for "db#default.open" where db.js has "module.exports = Db", and of run for "lib#default.run" where lib.js has
// "module.exports = { run() {} }". It is nil for other selectors.
func (r resolver) exportedAs(names []string, decls []Decl) *Decl {
	isWhole, rest := names[0] == "default" || names[0] == "exports", names[1:]
	if names[0] == "module" && len(rest) > 0 && rest[0] == "exports" {
		isWhole, rest = true, rest[1:]
	}
	isElsewhere := func(d Decl) bool { return d.Lang != "ts" || d.Path != decls[0].Path }
	if !isWhole || r.now.FormerNames() || len(decls) == 0 || slices.ContainsFunc(decls, isElsewhere) {
		return nil
	}
	wanted := rest
	if c, err := r.now.Content(decls[0].Path); err == nil {
		m := exportsByName.FindSubmatch(c.Bytes())
		if m != nil && !slices.Contains([]string{"async", "class", "function"}, string(m[1])) {
			wanted = append([]string{string(m[1])}, rest...)
		}
	}
	if len(wanted) == 0 {
		wanted = []string{"exports"} // the name of a function without one
	}
	i := slices.IndexFunc(decls, func(d Decl) bool {
		return d.Local == 0 && !d.Alias && slices.Equal(d.Names, wanted)
	})
	if i < 0 {
		return nil
	}
	return &decls[i]
}

// exportsByName matches how a module exports what it declares, with its name as the group.
var exportsByName = lazyregexp.New(`(?m)^[ \t]*(?:export\s+default|(?:\w+\s*=\s*)*module\.exports\s*=(?:\s*\w+\s*=)*)` +
	`\s*(?:(?:async|abstract|class|function)\b\s*\*?\s*)*([\pL_$][\pL\pN_$]*)`)

// addUnread adds to an error the files with syntax errors that may declare the name.
func addUnread(e *fault.Error, partial []string) {
	if len(partial) > 0 {
		e.Message += fmt.Sprintf(", but %s cannot be read cleanly and may hold it",
			strings.Join(partial[:min(len(partial), 3)], ", "))
		e.Details = Unread{Files: partial}
	}
}

// suggest adds to an error the declarations among same that have the last name, or otherwise those among decls with a
// similar name.
func (r resolver) suggest(e *fault.Error, names []string, decls, same []Decl) error {
	if d := r.exportedAs(names, decls); d != nil {
		return e.WithHint("did you mean %s?", d.Selector())
	}
	want := names[len(names)-1]
	var suggestions []string
	add := func(d Decl) {
		if sel := d.Selector().String(); len(suggestions) < 3 && !slices.Contains(suggestions, sel) {
			suggestions = append(suggestions, sel)
		}
	}

	isNamed := func(d Decl) bool { return d.Names[len(d.Names)-1] == want && d.Local == 0 && !d.Alias }
	for _, d := range same { // first those with the whole name path, which is only elsewhere
		isWhole := len(d.Names) >= len(names) && slices.Equal(d.Names[len(d.Names)-len(names):], names)
		if isNamed(d) && isWhole && !r.now.FormerSelectors() {
			add(d)
		}
	}
	if !r.now.FormerNames() {
		if len(suggestions) == 0 || len(names) == 1 {
			for _, d := range r.spelledOtherwise(names, slices.Concat(same, decls)) {
				add(d)
			}
		}
		same = nil
	}
	for _, d := range same {
		if isNamed(d) {
			add(d)
		}
	}

	if len(suggestions) == 0 {
		byName := map[string]Decl{}
		var known []string
		for _, d := range decls {
			n := strings.Join(d.Names, ".")
			isImport := d.Alias && !r.now.FormerNames()
			if _, seen := byName[n]; !seen && d.Local == 0 && !isImport {
				byName[n] = d
				known = append(known, n)
			}
		}
		for _, n := range r.nearestPaths(names, known) {
			add(byName[n])
		}
	}

	if len(suggestions) == 0 {
		return e.WithHint("list what there is with 'lanser symbols PATH'")
	}
	return e.WithHint("did you mean %s?", strings.Join(suggestions, " or "))
}

// spelledOtherwise returns the declarations whose name is the last of names, or differs from it only in upper and lower
// case and in what separates words: parse_recipe for parseRecipe. Those whose module and names end with all of names,
// so compared, come alone. Otherwise the more similar ones come first; tests and generated code come last, and one of
// the declarations of a symbol is enough.
func (r resolver) spelledOtherwise(names []string, decls []Decl) []Decl {
	type candidate struct {
		Decl
		distance int
		rank     int
	}
	want := folded(names)
	last := want[len(want)-1]
	var all []candidate
	isSeparator := func(c rune) bool { return c == '.' || c == '/' || c == ':' }
	for _, d := range decls {
		if d.Local > 0 || d.Alias || folded(d.Names[len(d.Names)-1:])[0] != last {
			continue
		}
		path := folded(append(strings.FieldsFunc(d.Module, isSeparator), d.Names...))
		path = path[max(0, len(path)-len(want)):]
		c := candidate{Decl: d, rank: len(d.Names)}
		c.distance = 2 * levenshtein.ComputeDistance(strings.Join(path, "."), strings.Join(want, "."))
		if d.Names[len(d.Names)-1] != names[len(names)-1] && c.distance > 0 {
			c.distance++
		}
		if r.now.Secondary(d) {
			c.rank += maxNames
		}
		all = append(all, c)
	}
	slices.SortStableFunc(all, func(a, b candidate) int {
		return cmp.Or(a.distance-b.distance, a.rank-b.rank, b.Main-a.Main)
	})
	var out []Decl
	seen := map[string]bool{}
	for _, c := range all {
		key := c.Selector().String()
		if c.Lang == "cpp" { // one of several declarations
			key = strings.Join(c.Names, ".")
		}
		if !seen[key] && (all[0].distance > 0 || c.distance == 0) {
			seen[key] = true
			out = append(out, c.Decl)
		}
	}
	return out
}

// folded returns names in lower case and without what separates words.
func folded(names []string) []string {
	out := make([]string, len(names))
	for i, n := range names {
		out[i] = strings.ToLower(strings.NewReplacer("_", "", "-", "").Replace(n))
		if out[i] == "" {
			out[i] = n
		}
	}
	return out
}

// nearestPaths returns at most three name paths that are similar to names: those with as many parts, or else those that
// are similar to names without the first one, which may be that of a package, as in tea.Programm; or else any. Those
// that are much less similar than the first are left out: Program.Quit, where Program.Run comes near Program.Runn.
func (r resolver) nearestPaths(names, known []string) (out []string) {
	whole := strings.Join(names, ".")
	if r.now.FormerSuggestions() {
		return Nearest(whole, known, 3)
	}
	withParts := func(n int) (out []string) {
		for _, k := range known {
			if strings.Count(k, ".")+1 == n {
				out = append(out, k)
			}
		}
		return out
	}
	near := similarNames(whole, withParts(len(names)))
	if len(near) == 0 && len(names) > 1 && !r.now.FormerNames() {
		near = similarEnds(names, known)
	}
	if len(near) == 0 && len(names) > 1 {
		near = similarNames(strings.Join(names[1:], "."), withParts(len(names)-1))
	}
	if len(near) == 0 {
		near = similarNames(whole, known)
	}
	for _, n := range near[:min(3, len(near))] {
		if n.d <= near[0].d+1 {
			out = append(out, n.name)
		}
	}
	return out
}

// similarEnds returns the name paths of which the last parts, as many as in names, are similar to names:
// YAML.Parser.next for Parser.nxt.
func similarEnds(names, known []string) []similar {
	byEnd := map[string][]string{}
	var ends []string
	for _, k := range known {
		parts := strings.Split(k, ".")
		if len(parts) <= len(names) {
			continue
		}
		end := strings.Join(parts[len(parts)-len(names):], ".")
		if byEnd[end] == nil {
			ends = append(ends, end)
		}
		byEnd[end] = append(byEnd[end], k)
	}
	var out []similar
	for _, n := range similarNames(strings.Join(names, "."), ends) {
		for _, k := range byEnd[n.name] {
			out = append(out, similar{name: k, d: n.d})
		}
	}
	return out
}

// where says for messages what was searched for a name.
func where(s Symbolic) string {
	if s.Module == Anywhere {
		return fmt.Sprintf("the %s files of the workspace", s.Lang)
	}
	return s.Module
}

// Nearest returns at most k of the names that are similar enough to be what was meant, the most similar first, and
// equally similar ones in order of name.
func Nearest(want string, names []string, k int) []string {
	near := similarNames(want, names)
	var out []string
	for _, s := range near[:min(k, len(near))] {
		out = append(out, s.name)
	}
	return out
}

// similar is a name with its distance from the one that was written.
type similar struct {
	name string
	d    int
}

// similarNames returns the names for [Nearest], all of them.
func similarNames(want string, names []string) (near []similar) {
	lower, most := strings.ToLower(want), max(2, len(want)/3)
	length := utf8.RuneCountInString(lower)
	for _, n := range names {
		name := strings.ToLower(n)
		if strings.HasSuffix(name, lower) {
			near = append(near, similar{name: n, d: 1}) // people often omit the first part
			continue
		}
		difference := utf8.RuneCountInString(name) - length
		if max(difference, -difference) > most { // the distance is at least that
			continue
		}
		if d := levenshtein.ComputeDistance(lower, name); d <= most {
			near = append(near, similar{name: n, d: d})
		}
	}

	slices.SortFunc(near, func(a, b similar) int {
		if a.d != b.d {
			return a.d - b.d
		}
		return strings.Compare(a.name, b.name)
	})
	return near
}
