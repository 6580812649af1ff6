package selectors

import (
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/agnivade/levenshtein"

	"lanser/selectors/fault"
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
			if _, seen := byName[n]; !seen && d.Local == 0 {
				byName[n] = d
				known = append(known, n)
			}
		}
		near := nearestPaths(names, known)
		if r.now.FormerSuggestions() {
			near = Nearest(strings.Join(names, "."), known, 3)
		}
		for _, n := range near {
			add(byName[n])
		}
	}

	if len(suggestions) == 0 {
		return e.WithHint("list what there is with 'lanser symbols PATH'")
	}
	return e.WithHint("did you mean %s?", strings.Join(suggestions, " or "))
}

// nearestPaths returns at most three name paths that are similar to names: those with as many parts, or else those that
// are similar to names without the first one, which may be that of a package, as in tea.Programm; or else any. Those
// that are much less similar than the first are left out: Program.Quit, where Program.Run comes near Program.Runn.
func nearestPaths(names, known []string) (out []string) {
	withParts := func(n int) (out []string) {
		for _, k := range known {
			if strings.Count(k, ".")+1 == n {
				out = append(out, k)
			}
		}
		return out
	}
	whole := strings.Join(names, ".")
	near := similarNames(whole, withParts(len(names)))
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
