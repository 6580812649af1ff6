package report

import (
	"fmt"
	"slices"
	"strings"

	"lanser/selectors"
	"lanser/selectors/text"
	"lanser/selectors/visible"
	"lanser/server/bundle"
)

// compactor writes results grouped by file and declaration. It embeds the builder, so that it is itself the writer of
// package visible's functions. The line of a file is written when its first entry is, and again when another file
// came between; entries are sorted by file, so that this is rare.
type compactor struct {
	*strings.Builder
	printer
	layout Layout
	// several are the URIs of files of which the bundle contains selectors with several common parts. A path and a
	// name may mean several declarations of such a file.
	several  map[string]bool
	contents map[string]*text.Content
	// unmarked is true if the sum of the ledger says enough about the entries that the server's list lacks.
	unmarked bool

	uri    string // of the file whose line was written last, "" for none
	prefix string // the part of the current file's selectors that names leave out, with "#"; "" if not known yet
}

// newCompactor returns a writer for one bundle. It first looks at all selectors of the bundle: a file in which
// several modules are selected, such as the nested modules of Rust, needs the whole selector on each line.
func newCompactor(out *strings.Builder, l Layout, b *bundle.Bundle) *compactor {
	w := &compactor{
		Builder: out, printer: printer{out: out, notes: out, flag: l.Flag}, layout: l,
		several: map[string]bool{}, contents: map[string]*text.Content{},
	}
	if b.Facts == nil {
		return w
	}
	isSummary := b.Facts.Overview != nil || b.Facts.Impact != nil
	w.printer.possible = func(uses []bundle.PossibleUse) { w.possible(uses, isSummary) }
	prefixes := map[string]string{}
	see := func(uri, selector string) {
		prefix, _, isSymbolic := strings.Cut(selector, "#")
		if known, ok := prefixes[uri]; isSymbolic && ok && known != prefix {
			w.several[uri] = true
		} else if isSymbolic {
			prefixes[uri] = prefix
		}
	}
	eachSelector(b.Facts, see)
	if l := b.Evidence.Ledger; l != nil {
		w.unmarked = l.Confirmed > maxConfirmed
		for _, u := range l.Uses {
			see(u.URI, u.Container)
		}
		for _, r := range l.Relatives {
			see(r.URI, r.Container)
		}
	}
	return w
}

// eachSelector calls see with each selector of facts that a text writes below the path of a file. Definitions are not
// among them, because they are written with their whole place.
func eachSelector(f *bundle.Facts, see func(uri, selector string)) {
	for _, list := range [][]bundle.Location{f.References, f.Implementations} {
		for _, l := range list {
			see(l.URI, l.Container)
		}
	}
	for _, s := range f.Symbols {
		see(s.URI, s.Selector)
	}
	for _, list := range [][]bundle.Edge{f.Calls, f.Types} {
		for _, e := range list {
			see(e.From.URI, e.From.Selector)
			see(e.To.URI, e.To.Selector)
		}
	}
	for _, u := range f.Uses {
		see(u.Symbol.URI, u.Symbol.Selector)
	}
	for _, c := range f.Changes {
		see(c.Symbol.URI, c.Symbol.Selector)
	}
	for _, a := range f.Impact {
		see(a.Symbol.URI, a.Symbol.Selector)
	}
	if o := f.Overview; o != nil {
		for _, s := range o.Members {
			see(s.URI, s.Selector)
		}
		for _, u := range o.Users {
			see(u.URI, u.Container)
		}
	}
}

// restart begins a new list of files: after a title, the next entry has the line of its file again.
func (w *compactor) restart() { w.uri, w.prefix = "", "" }

// topLevel stands for the declaration of what is outside of all declarations.
const topLevel = "(top level)"

// file starts the group of a file. The selector is that of a declaration in it, or "". It writes nothing if the file is
// the current one and the selector has the prefix of the group. The line has that prefix too if a reader cannot make a
// selector of path and name:
//
//	src/sync.rs  rs://crate::sync::pool#
//	  Pool.get 12: …
func (w *compactor) file(uri, selector string) {
	prefix, _, isSymbolic := strings.Cut(selector, "#")
	prefix += "#"
	if w.uri == uri && (!isSymbolic || w.prefix == prefix || w.prefix == "") {
		if isSymbolic {
			w.prefix = prefix
		}
		return
	}
	w.uri, w.prefix = uri, ""
	if isSymbolic {
		w.prefix = prefix
	}
	visible.Fprintf(w, "%s", heading(unescaped(uri)))
	if isSymbolic && (w.several[uri] || !namesSymbols(uri)) {
		visible.Fprintf(w, "  %s", visible.Address(prefix))
	}
	visible.Fprintf(w, "\n")
}

// namesSymbols reports whether a path and the name of a declaration, separated by "#", are a selector. A path outside
// of the workspace, or one that the selector language reads in another way ("a.py@L3"), is no part of one.
func namesSymbols(uri string) bool {
	if isPlain(uri) {
		return true
	}
	s, err := selectors.Parse(unescaped(uri)+"#x", text.UTF16)
	named, isNamed := s.(selectors.Named)
	return err == nil && isNamed && named.Module == unescaped(uri)
}

// isPlain reports whether a path has nothing that the selector language reads in another way: each of its names is of
// ASCII letters, digits, "_", "-" and ".", and begins with a letter and ends with a letter or digit, and no number
// follows a "-", as in a range of lines. Nearly all paths are plain, and to parse the first selector compiles twenty
// regular expressions, which took a third of the time of a command that the daemon answers.
func isPlain(path string) bool {
	before := byte('/')
	for i := range len(path) {
		c := path[i]
		isLetter := 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z'
		isDigit := '0' <= c && c <= '9'
		isMark := c == '_' || c == '-' || c == '.'
		endsName := c == '/' && before != '_' && before != '-' && before != '.'
		endsRange := isDigit && before == '-'
		if before == '/' && !isLetter || !isLetter && !isDigit && !isMark && !endsName || endsRange {
			return false
		}
		before = c
	}
	return !strings.ContainsRune("/_-.", rune(before))
}

// heading returns a path for a line of its own. If the path could be mistaken for one of lanser's
// messages, such as a file named "clean: no diagnostics", it gets the prefix "./".
func heading(p string) string {
	sentence := strings.Contains(p, ": ") || strings.HasSuffix(p, ":") ||
		strings.Contains(p, " ") && !strings.ContainsAny(p, "/.")
	if sentence && !strings.Contains(p, "://") || p != "" && strings.IndexByte(odd, p[0]) >= 0 {
		p = "./" + p
	}
	return visible.Path(p)
}

// short returns a selector without the part that the line of the file stands for.
func (w *compactor) short(selector string) string {
	if w.prefix != "" {
		if name, ok := strings.CutPrefix(selector, w.prefix); ok {
			return visible.Encoded(name)
		}
	}
	return visible.Encoded(selector)
}

// maxConfirmed is the number of confirmed entries up to which each is marked. They are as certain as the others: of
// more, a reader needs no more than the sum.
const maxConfirmed = 10

// mark is the function mark for an answer in which few entries are confirmed.
func (w *compactor) mark(confirmed, family bool) string {
	return mark(confirmed && !w.unmarked, family)
}

// alike reports whether two entries have the same mark.
func (w *compactor) alike(a, b bundle.Location) bool {
	return a.Family == b.Family && (w.unmarked || a.Confirmed == b.Confirmed)
}

// symbols writes an outline, or the symbols that a query found. A member of the declaration with the selector within,
// and a member that follows its container, are written with their own names only.
func (w *compactor) symbols(list []bundle.Symbol, within string) {
	var around []string // selectors of the declarations that contain the current one
	for _, s := range list {
		w.file(s.URI, s.Selector)
		around = around[:min(len(around), s.Depth)]
		name := w.short(s.Selector)
		n := len(around)
		if s.Container != "" && (s.Container == within || n > 0 && n == s.Depth && around[n-1] == s.Container) {
			name = strings.TrimPrefix(name, w.short(s.Container)+".")
		}
		visible.Fprintf(w, "  %s%d %s %s\n", strings.Repeat(" ", s.Depth), s.SelectionRange[0]+1, s.Kind, name)
		around = append(around, s.Selector)
	}
}

// maxPossibleCode is the number of possible uses that are written with their code. Who reads more of them looks at the
// files: further ones are the numbers of their lines.
const maxPossibleCode = 20

// possible writes words that may be uses, grouped by the reason why nobody can say, and by file. Where they are many,
// a summary has the numbers of their lines alone: an overview, or what a change can break, most of whose possible uses
// are those of symbols further away.
func (w *compactor) possible(uses []bundle.PossibleUse, isSummary bool) {
	written := 0
	if isSummary && len(uses) > maxPossibleCode {
		written = maxPossibleCode
	}
	for _, why := range reasons(uses) {
		visible.Fprintf(w, "possible uses: %s\n", visible.Text(why))
		w.restart()
		var places []bundle.Location
		for _, u := range uses {
			if u.Why == why {
				places = append(places, u.Location)
			}
		}
		n := min(len(places), maxPossibleCode-written)
		written += n
		w.locations(places[:n])
		w.lines(places[n:])
	}
}

// maxPossible is the number of places up to which the lines of all are written. Nobody looks at each of more: they
// are bounded by maxPossibleFiles, and in each file by maxPossibleLines.
const (
	maxPossible      = 200
	maxPossibleFiles = 20
	maxPossibleLines = 10
)

// lines writes the numbers of the lines of places, those of a file on one line: "src/app.ts: 12,15,40 and 7 more".
func (w *compactor) lines(list []bundle.Location) {
	isBounded := len(list) > maxPossible
	for files := 0; len(list) > 0; files++ {
		if isBounded && files == maxPossibleFiles {
			visible.Fprintf(w, "and %d more in other files\n", len(list))
			break
		}
		n := run(list, func(a, b bundle.Location) bool { return a.URI == b.URI })
		var numbers []string
		for _, l := range list[:n] {
			if number := fmt.Sprint(l.Range[0] + 1); !slices.Contains(numbers, number) {
				numbers = append(numbers, number)
			}
		}
		more := ""
		if n := len(numbers) - maxPossibleLines; isBounded && n > 0 {
			numbers, more = numbers[:maxPossibleLines], fmt.Sprintf(" and %d more", n)
		}
		visible.Fprintf(w, "%s: %s%s\n", heading(unescaped(list[0].URI)), strings.Join(numbers, ","), more)
		list = list[n:]
	}
	w.restart()
}

// family writes the places of a method's overrides and of what it overrides or implements: the lines of each by the
// declaration that contains them. Nothing is written if the answer lists them itself. A call through an interface may
// reach the symbol without naming it, which the reader must know although it is no reference (spec section 4, ledger).
func (w *compactor) family(b *bundle.Bundle) {
	l := b.Evidence.Ledger
	isListed := b.Request.Options[bundle.OptionFamily] == true || b.Facts.Impact != nil
	if l == nil || len(l.Relatives) == 0 || isListed {
		return
	}
	visible.Fprintf(w, "%s in overriding, overridden and interface methods (%sfamily includes them):\n",
		counted(l.Family, "place"), w.layout.Flag)
	w.restart()
	var lines []string
	for i, r := range l.Relatives {
		w.file(r.URI, r.Container)
		line := fmt.Sprint(r.Range[0] + 1)
		if !slices.Contains(lines, line) {
			lines = append(lines, line)
		}
		if i+1 < len(l.Relatives) && l.Relatives[i+1].URI == r.URI && l.Relatives[i+1].Container == r.Container {
			continue
		}
		name := topLevel
		if r.Container != "" {
			name = w.short(r.Container)
		}
		visible.Fprintf(w, "  %s: %s\n", strings.Join(lines, ","), name)
		lines = nil
	}
	if more := l.Family - len(l.Relatives); more > 0 {
		visible.Fprintf(w, "and %d more\n", more)
	}
}
