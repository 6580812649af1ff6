package report

import (
	"cmp"
	"path"
	"strings"

	"lanser/selectors"
	"lanser/selectors/visible"
	"lanser/server/bundle"
)

// uses writes the declarations that a file uses: those of its own folder, then those of others, then libraries'. It is
// the answer of the operation context. A title is only written for a part that has entries.
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
		var last bundle.Used
		for _, u := range list {
			if !part.in(u) || isSameLine(last, u) {
				continue
			}
			last = u
			if isFirst {
				visible.Fprintln(w, part.title)
				w.restart()
			}
			isFirst = false
			w.use(u)
		}
	}
}

// isSameLine reports whether two uses are of declarations on one line, such as those by several names or overloads.
func isSameLine(a, b bundle.Used) bool {
	return a.Symbol.URI == b.Symbol.URI && a.Symbol.SelectionRange[0] == b.Symbol.SelectionRange[0] &&
		a.Text == b.Text
}

// use writes a declaration that a file uses. Of a file, the heading says it.
func (w *compactor) use(u bundle.Used) {
	isModule := u.Symbol.SelectionRange[0] == 0 || u.Symbol.Kind == selectors.KindModule
	isFile := isModule && u.Symbol.Name == path.Base(unescaped(u.Symbol.URI))
	switch {
	case isFile:
		w.file(u.Symbol.URI, "")
	case u.Symbol.Selector != "":
		w.related(&related{symbol: u.Symbol, depth: 1}, true)
	default:
		w.file(u.Symbol.URI, "")
		header := strings.TrimRight(cmp.Or(u.Text, u.Symbol.Name), " {:")
		visible.Fprintf(w, "  %d: %s\n", u.Symbol.SelectionRange[0]+1, code(header))
	}
}

// isLibrary reports whether a declaration is outside of the workspace.
func isLibrary(u bundle.Used) bool { return strings.Contains(u.Symbol.URI, "://") }

// surface writes the answer of the operation api: declarations with their signatures, grouped by file. A declaration's
// name comes first where the signature does not contain all of it, as for a method of Python:
//
//	12: Store.load  def load(self)
//
// The signature of a method of Go contains its type.
func (w *compactor) surface(list []bundle.Symbol) {
	w.note(len(list), "exported symbols")
	for _, s := range list {
		w.file(s.URI, s.Selector)
		signature := code(s.Signature)
		name := beforeDeclaration(w.short(s.Selector), string(signature))
		visible.Fprintf(w, "  %d: %s%s\n", s.SelectionRange[0]+1, name, signature)
	}
}
