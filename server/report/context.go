package report

import (
	"cmp"
	"strings"

	"lanser/selectors/visible"
	"lanser/server/bundle"
)

// uses writes the declarations that a file uses: those of its own folder, then those of others, then libraries'.
func (w *compactor) uses(list []bundle.Used) {
	w.note(len(list), "uses of other files")
	for _, part := range []struct {
		title string
		in    func(u bundle.Used) bool
	}{
		{"of its own folder:", func(u bundle.Used) bool { return u.Own }},
		{"of other folders:", func(u bundle.Used) bool { return !u.Own && !isLibrary(u) }},
		{"of libraries:", isLibrary},
	} {
		isFirst := true
		for _, u := range list {
			if !part.in(u) {
				continue
			}
			if isFirst {
				visible.Fprintln(w, part.title)
				w.restart()
			}
			isFirst = false
			if u.Symbol.Selector != "" {
				w.related(&related{symbol: u.Symbol, depth: 1}, true)
				continue
			}
			w.file(u.Symbol.URI, "")
			header := strings.TrimRight(cmp.Or(u.Text, u.Symbol.Name), " {:")
			visible.Fprintf(w, "  %d: %s\n", u.Symbol.SelectionRange[0]+1, code(header))
		}
	}
}

// isLibrary reports whether a declaration is outside of the workspace.
func isLibrary(u bundle.Used) bool { return strings.Contains(u.Symbol.URI, "://") }

// surface writes declarations with their signatures, grouped by file. A name that its signature lacks is before it.
func (w *compactor) surface(list []bundle.Symbol) {
	w.note(len(list), "exported symbols")
	for _, s := range list {
		w.file(s.URI, s.Selector)
		name := w.short(s.Selector) + "  "
		if isIn(w.short(s.Selector), s.Signature) {
			name = ""
		}
		visible.Fprintf(w, "  %d: %s%s\n", s.SelectionRange[0]+1, name, code(s.Signature))
	}
}
