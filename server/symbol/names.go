package symbol

import (
	"cmp"
	"context"
	"slices"
	"strings"

	"lanser/index"
	"lanser/index/syntax"
	"lanser/selectors"
	"lanser/selectors/lazyregexp"
	"lanser/selectors/text"
	"lanser/server/catalogue"
	"lanser/server/ledger"
	"lanser/server/words"
)

// names are the words of the workspace's text by which a symbol may be used.
type names struct {
	list  []name   // the target's own first
	files []string // that the symbol's server serves and that hold the target's own name, in order
}

// name is a name of a symbol.
type name struct {
	occurrences *index.Occurrences
	home        string          // of an alias: the file that makes it
	files       map[string]bool // in which the name may mean the symbol; nil for all
	// means reports whether the name means the symbol at a place; nil for everywhere in the files.
	means func(p string, at text.Span) bool
}

// maxNames bounds the names of one symbol that are followed.
const maxNames = 20

// LookForNames finds the words of the target's name in every text file of the workspace.
func (a *Answer) LookForNames(ctx context.Context, srv *catalogue.Server) {
	word := index.WordAt(a.Target.Path, a.Target.Content, a.Target.At)
	if word == "" {
		return
	}
	o := a.Snap.Occurrences(ctx, word, "text", catalogue.IsText)
	a.names = &names{list: []name{{occurrences: o}}}
	var others []string
	for _, p := range o.Files {
		if srv.LanguageID(p) != "" {
			a.names.files = append(a.names.files, p)
		}
		if !srv.Concerns(p) {
			others = append(others, p)
		}
	}
	if len(others) > 0 {
		a.Scope = a.Scope.and(others, word)
	}
}

// HasWords reports whether the words of the target's name were looked for, and are accounted for.
func (a *Answer) HasWords() bool { return a.names != nil }

// Mentions returns the files that the symbol's server serves and that hold the target's own name, in order; nil if
// they were not looked for.
func (a *Answer) Mentions() []string {
	if a.names == nil {
		return nil
	}
	return a.names.files
}

// alias matches what follows a name that is imported or exported under another: in Python, TypeScript
// and Rust alike.
var alias = lazyregexp.New(`^[ \t]+as[ \t]+([\pL_$][\pL\pN_$]*)`)

// maxAlias bounds the text after a name in which an alias is looked for, in bytes.
const maxAlias = 200

// addDefault adds the name of the module whose default export the symbol is. Files that no server reads import it
// under names of their own, and say where from.
func (a *Answer) addDefault(ctx context.Context, sym catalogue.Symbol) {
	word := catalogue.DefaultExport(a.Snap, sym)
	if word == "" || word == a.names.list[0].occurrences.Word() {
		return
	}
	importsDefault := func(p string, at text.Span) bool {
		c, err := a.Snap.Content(p)
		return err == nil && catalogue.ImportsDefault(p, c, at)
	}
	n := name{home: sym.Path, files: map[string]bool{}, means: importsDefault}
	n.occurrences = a.Snap.Occurrences(ctx, word, "text", catalogue.IsText)
	for _, p := range n.occurrences.Files {
		n.files[p] = true
	}
	a.names.list = append(a.names.list, n)
}

// addAliases adds the names under which words of the symbol are imported or exported, and reports
// whether there are new ones.
func (a *Answer) addAliases(ctx context.Context, l *ledger.Ledger) (added bool) {
	known := map[string]bool{}
	for _, n := range a.names.list {
		known[n.home+" "+n.occurrences.Word()] = true
		known[" "+n.occurrences.Word()] = known[" "+n.occurrences.Word()] || n.home == ""
	}
	for _, line := range l.Lines {
		if line.Entry != ledger.Reference && line.Entry != ledger.Confirmed || len(a.names.list) >= maxNames {
			continue
		}
		c, err := a.Snap.Content(line.Path)
		if err != nil {
			continue // it was read when the word was found
		}
		rest := c.Bytes()[line.Span.End:]
		m := alias.FindSubmatch(rest[:min(len(rest), maxAlias)])
		if m == nil {
			continue
		}
		as := string(m[1])
		end := line.Span.End + len(m[0])
		if !a.importsAs(line.Place, text.Span{Start: end - len(as), End: end}) {
			continue
		}
		if known[line.Path+" "+as] || known[" "+as] || as == "default" || as == "_" {
			continue
		}
		known[line.Path+" "+as], added = true, true
		a.names.list = append(a.names.list, a.aliasOf(ctx, as, line.Path))
	}
	return added
}

// importsAs reports whether the name after "as" is one under which the word at a place is imported or exported: not
// a type that a value is converted to, nor the variable of a with statement.
func (a *Answer) importsAs(at ledger.Place, as text.Span) bool {
	lang, _ := a.Snap.Lang(at.Path)
	if lang == "ts" {
		return words.NamesIn(a.Snap, at.Path).Imported[as]
	}
	c, err := a.Snap.Content(at.Path)
	return err == nil && catalogue.ImportsAs(lang, c.Bytes()[:at.Span.Start])
}

// aliasOf is a name that a file makes, with the files of its language that could import it from there:
// those that hold the file's own name.
func (a *Answer) aliasOf(ctx context.Context, as, home string) name {
	lang, _ := a.Snap.Lang(home)
	n := name{home: home, files: map[string]bool{}}
	n.occurrences = a.Snap.Occurrences(ctx, as, "text", catalogue.IsText)
	for _, p := range n.occurrences.Files {
		other, ok := a.Snap.Lang(p)
		n.files[p] = p == home || ok && other == lang
	}
	return n
}

// isForeign reports whether a word is that of an alias in a file that does not make it: without a word
// of the server it means nothing there.
func (n *names) isForeign(w ledger.Word, c *text.Content) bool {
	word := c.Slice(w.Span)
	foreign := false
	for _, one := range n.list {
		if one.occurrences.Word() == word {
			if one.home == "" || one.home == w.Path {
				return false
			}
			foreign = true
		}
	}
	return foreign
}

// readWords are the words of the names with what syntax knows of them, in order, and the files
// that cannot be read.
func (ans *Answer) readWords(
	ctx context.Context, q *ledger.Question, sym catalogue.Symbol,
) (found []ledger.Word, unread []string) {
	known := map[ledger.Place]bool{}
	for _, p := range slices.Concat(q.References, q.Symbol) {
		known[p] = true
	}
	for _, n := range ans.names.list {
		hits, _ := ans.Snap.Hits(ctx, n.occurrences, func(p string, at text.Span) bool {
			w := ledger.Word{Place: ledger.Place{Path: p, Span: at}}
			if known[w.Place] { // a file with nothing else is not parsed
				found = append(found, w)
			}
			return known[w.Place] || n.files != nil && !n.files[p] || n.means != nil && !n.means(p, at)
		})
		for _, h := range hits {
			if ans.isBinary(h.Path) {
				continue
			}
			w := ledger.Word{Place: ledger.Place{Path: h.Path, Span: h.Span}, NotCode: !h.InCode() || isProse(h.Path)}
			if w.NotCode {
				w.NotCode = !ans.holdsCode(sym, w)
			}
			if !w.NotCode {
				names := words.NamesIn(ans.Snap, h.Path)
				w.Declares, w.Imports = names.Declared[h.Span], names.Imported[h.Span]
				w.Declares = w.Declares && !ans.takesFixture(sym, w) && !ans.instantiates(w)
			}
			found = append(found, w)
		}
		unread = append(unread, n.occurrences.Unread...)
	}
	slices.SortFunc(found, func(a, b ledger.Word) int {
		return cmp.Or(strings.Compare(a.Path, b.Path), a.Span.Start-b.Span.Start)
	})
	return slices.CompactFunc(found, func(a, b ledger.Word) bool { return a.Place == b.Place }), unread
}

// holdsCode reports whether a word in a comment, a string or prose may be a use all the same.
func (a *Answer) holdsCode(sym catalogue.Symbol, w ledger.Word) bool {
	c, err := a.Snap.Content(w.Path)
	if err != nil {
		return false
	}
	holds, _ := catalogue.HoldsCode(a.Snap, sym, w.Path, c, w.Span)
	return holds
}

// takesFixture reports whether a parameter may be given the symbol by its name.
func (a *Answer) takesFixture(sym catalogue.Symbol, w ledger.Word) bool {
	c, err := a.Snap.Content(w.Path)
	return err == nil && catalogue.TakesFixture(a.Snap, sym, w.Path, c, w.Span) != ""
}

// instantiates reports whether a word names the template in an explicit instantiation of C++.
func (a *Answer) instantiates(w ledger.Word) bool {
	c, err := a.Snap.Content(w.Path)
	return err == nil && w.Declares && catalogue.Instantiates(w.Path, c, w.Span)
}

func (a *Answer) isBinary(p string) bool {
	c, err := a.Snap.Content(p)
	return err != nil || syntax.Unparsable(c.Bytes()) == "binary"
}

// prose are the languages that describe, and do not compute.
var prose = map[selectors.Lang]bool{"md": true, "toml": true, "yaml": true, "css": true}

// isProse reports whether a file holds no code: words in it mean no symbol.
func isProse(p string) bool {
	lang, ok := syntax.LangOf(p)
	if ok {
		return prose[lang]
	}
	return catalogue.IsProse(p)
}
