package uses

import (
	"cmp"
	"context"
	"path"
	"slices"
	"strings"

	"lanser/index"
	"lanser/index/syntax"
	"lanser/selectors"
	"lanser/selectors/lazyregexp"
	"lanser/selectors/text"
	"lanser/server/catalogue"
	"lanser/server/ledger"
	"lanser/server/mention"
	"lanser/server/project"
	"lanser/server/trace"
	"lanser/server/words"
)

// A symbol is used under its own name and under others, all of which are looked for:
//
//	import { load as read } from "./m";    // read
//	export { load as open };               // open
//	from m import load as read             // read
//	import Load = Store.load;              // Load, a namespace's member
//	import read from "./loader";           // loader, of a default export
//	exports.open = load;                   // open, also in module.exports = { open: load }
//	const { load: read } = require("./m"); // read, also in const read = require("./m").load
//	@pytest.fixture(name="db")             // db, as tests have it as a parameter
//
// A name that a file makes has this file as its home. It may be passed on from there, so that it is looked for in all
// files of the language. But elsewhere an equal word usually is something else: there it is a use only if the server
// says so.

// names are the words of the workspace's text by which a symbol may be used.
type names struct {
	snap *index.Snapshot
	// areCut is true if the symbol has more names than are followed.
	areCut bool
	format trace.Format // [Question.Format]
	// exported are the places of names under which CommonJS modules export the symbol, or import it.
	exported map[ledger.Place]bool
	// given are the keys of objects that a component, which declares the symbol, may be given.
	given map[ledger.Place]bool
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

// has reports whether a word is one of the names: servers also name the places at which a macro is expanded.
func (n *names) has(snap *index.Snapshot, at ledger.Place) bool {
	c, err := snap.Content(at.Path)
	return n != nil && err == nil && slices.ContainsFunc(n.list, func(one name) bool {
		return one.occurrences.Word() == c.Slice(at.Span)
	})
}

// Bounds of the names of one symbol that are followed: of different ones, since the workspace is searched for each, and
// of the files that give it one. An answer says so if there are more.
const (
	maxNames   = 1000
	maxAliases = 1000
)

// alias matches what follows a name that is imported or exported under another: in Python, TypeScript
// and Rust alike.
var alias = lazyregexp.New(`^[ \t]+as[ \t]+([\pL_$][\pL\pN_$]*)`)

// maxAlias bounds the text after a name in which an alias is looked for, in bytes.
const maxAlias = 200

// addDefault adds the name of the module whose default export the symbol is. Files that no server reads, such as
// components with a script in them, import it under names of their own, and say where from: the last word in the path.
//
// What "export default name;" exports is also selected by the word default, as in m.default. TypeScript's server does
// not list that. It does for functions and classes that are exported where they are declared.
func (n *names) addDefault(ctx context.Context, sym project.Symbol) {
	word := mention.DefaultExport(n.snap, sym)
	if word != "" && n.format.Has(trace.AugmentedDefaults) {
		n.addImported(ctx, word)
	}
	if n.format.Has(trace.SelectedDefaults) && mention.ExportsByName(n.snap, sym) {
		n.addSelected(ctx, sym)
	}
	if word == "" || word == n.list[0].occurrences.Word() {
		return
	}
	importsDefault := func(p string, at text.Span) bool {
		c, err := n.snap.Content(p)
		if err != nil {
			return false
		}
		w := ledger.Word{Place: ledger.Place{Path: p, Span: at}}
		return mention.ImportsDefault(p, c, at) || n.loadsDefault(sym, w, c)
	}
	other := name{home: sym.Path, files: map[string]bool{}, means: importsDefault}
	other.occurrences = n.snap.Occurrences(ctx, word)
	for _, p := range other.occurrences.Files {
		other.files[p] = true
	}
	n.list = append(n.list, other)
	if n.format.Has(trace.IndexModules) && word != mention.Index {
		n.addIndex(ctx, sym, importsDefault)
	}
}

// addImported adds the names under which files of TypeScript import the default export of a module whose path ends with
// a word, if the workspace augments such a module (declare module "./word"): the native server of TypeScript finds no
// reference of its default export then.
func (n *names) addImported(ctx context.Context, word string) {
	files := n.snap.Occurrences(ctx, word).Files
	contentOf := func(p string) *text.Content {
		c, err := n.snap.Content(p)
		if lang, _ := n.snap.Lang(p); err != nil || lang != "ts" {
			return nil
		}
		return c
	}
	if !slices.ContainsFunc(files, func(p string) bool { return mention.Augments(contentOf(p), word) }) {
		return
	}
	for _, p := range files {
		for _, as := range mention.DefaultsOf(contentOf(p), word) {
			n.list = append(n.list, n.aliasOf(ctx, as, p))
		}
	}
}

// addIndex adds the word index in the files whose paths to the symbol's module, an index file, end with it.
func (n *names) addIndex(ctx context.Context, sym project.Symbol, imports func(p string, at text.Span) bool) {
	if !mention.IsIndex(sym) {
		return
	}
	names := func(p string, at text.Span) bool {
		c, err := n.snap.Content(p)
		return err == nil && mention.NamesIndex(sym, p, c, at) && imports(p, at)
	}
	other := name{home: sym.Path, files: map[string]bool{}, means: names}
	other.occurrences = n.snap.Occurrences(ctx, mention.Index)
	for _, p := range other.occurrences.Files {
		if c, err := n.snap.Content(p); err == nil && mention.MayNameIndex(sym, p, c) {
			other.files[p] = true
		}
	}
	if len(other.files) > 0 {
		n.list = append(n.list, other)
	}
}

// addSelected adds the word default in the files that select it as the member of a module.
func (n *names) addSelected(ctx context.Context, sym project.Symbol) {
	selects := func(p string, at text.Span) bool {
		c, err := n.snap.Content(p)
		return err == nil && mention.SelectsDefault(c, at)
	}
	other := name{files: map[string]bool{}, means: selects, occurrences: n.snap.Occurrences(ctx, "default")}
	for _, p := range other.occurrences.Files {
		c, err := n.snap.Content(p)
		lang, _ := n.snap.Lang(p)
		if err == nil && lang == "ts" && p != sym.Path && mention.MaySelectDefault(c) {
			other.files[p] = true
		}
	}
	if len(other.files) > 0 {
		n.list = append(n.list, other)
	}
}

// addFixture adds the name that tests of pytest have for the symbol, if it is a fixture with another name than its own.
func (n *names) addFixture(ctx context.Context, sym project.Symbol) {
	word := mention.FixtureName(n.snap, sym)
	if n.format.Has(trace.PassedFixtures) {
		word = mention.FixtureOf(n.snap, sym)
	}
	if word == "" || word == n.list[0].occurrences.Word() || !n.format.Has(trace.StringKeys) {
		return
	}
	isTaken := func(p string, at text.Span) bool {
		w := ledger.Word{Place: ledger.Place{Path: p, Span: at}}
		return n.takesFixture(sym, w) || n.holdsCode(sym, w)
	}
	n.list = append(n.list, name{
		home: sym.Path, occurrences: n.snap.Occurrences(ctx, word), means: isTaken,
	})
}

// addAliases adds the names under which words of the symbol are imported or exported, and reports whether there are new
// ones: the ledger is then taken again. Only words that are certainly the symbol count. "default" and "_" are no names.
func (n *names) addAliases(ctx context.Context, l *ledger.Ledger) (added bool) {
	known := map[string]bool{}
	for _, one := range n.list {
		word := one.occurrences.Word()
		known[one.home+" "+word] = true
		known[" "+word] = known[" "+word] || one.home == ""
	}
	different := map[string]bool{}
	for _, one := range n.list {
		different[one.occurrences.Word()] = true
	}
	for _, line := range l.Lines {
		if line.Entry != ledger.Reference && line.Entry != ledger.Confirmed {
			continue
		}
		c, err := n.snap.Content(line.Path)
		if err != nil {
			continue // it was read when the word was found
		}
		at, ok := n.aliasAt(c, line.Place)
		if !ok {
			continue
		}
		as := c.Slice(at)
		if known[line.Path+" "+as] || known[" "+as] || as == "default" || as == "_" {
			continue
		}
		if len(n.list) >= maxAliases || !different[as] && len(different) >= maxNames {
			n.areCut = true
			continue
		}
		known[line.Path+" "+as], different[as], added = true, true, true
		n.list = append(n.list, n.aliasOf(ctx, as, line.Path))
	}
	return added
}

// aliasAt returns the name that a file gives to the symbol at a place: after "as", and before the path of a namespace's
// member, as in "import Alias = Outer.Name". Names that CommonJS modules export or import are added to exported.
func (n *names) aliasAt(c *text.Content, at ledger.Place) (as text.Span, ok bool) {
	rest := c.Bytes()[at.Span.End:]
	isBeforeBlank := len(rest) > 0 && (rest[0] == ' ' || rest[0] == '\t') // few words are: the expression is not tried
	if isBeforeBlank {
		if as, ok := NameAfterAs(c, at.Span.End); ok {
			return as, n.importsAs(at, as)
		}
	}
	lang, _ := n.snap.Lang(at.Path)
	if lang == "ts" && n.format.Has(trace.Bounds) {
		as, ok := mention.ExportedAs(c, at.Span, n.format.Has(trace.ExportedAgain))
		if !ok {
			as, ok = mention.RequiredAs(c, at.Span)
		}
		if ok {
			if n.exported == nil {
				n.exported = map[ledger.Place]bool{}
			}
			n.exported[ledger.Place{Path: at.Path, Span: as}] = true
			return as, true
		}
	}
	if lang != "ts" || !n.format.Has(trace.StringKeys) {
		return as, false
	}
	start := max(0, at.Span.Start-maxAlias)
	m := importEquals.FindSubmatchIndex(c.Bytes()[start:at.Span.Start])
	if m == nil || dotted.Match(rest) {
		return as, false
	}
	return text.Span{Start: start + m[2], End: start + m[3]}, true
}

var (
	importEquals = lazyregexp.NewWith([]string{"import"},
		`\bimport\s+(?:type\s+)?([\pL_$][\pL\pN_$]*)\s*=\s*(?:[\pL_$][\pL\pN_$]*\s*\.\s*)*$`)
	dotted = lazyregexp.New(`^\s*\.`)
)

// NameAfterAs returns the name that a word gets by the keyword "as" right after it: the word ends at end.
func NameAfterAs(c *text.Content, end int) (as text.Span, ok bool) {
	rest := c.Bytes()[end:]
	m := alias.FindSubmatchIndex(rest[:min(len(rest), maxAlias)])
	if m == nil {
		return text.Span{}, false
	}
	return text.Span{Start: end + m[2], End: end + m[3]}, true
}

// importsAs reports whether the name after "as" is one under which the word at a place is imported or exported: not
// a type that a value is converted to, nor the variable of a with statement.
func (n *names) importsAs(at ledger.Place, as text.Span) bool {
	lang, _ := n.snap.Lang(at.Path)
	if lang == "ts" {
		return words.NamesIn(n.snap, at.Path).Imported[as]
	}
	c, err := n.snap.Content(at.Path)
	if err != nil {
		return false
	}
	before := c.Bytes()[:at.Span.Start]
	isComponent := slices.Contains(project.Hosts[path.Ext(at.Path)], "ts") && n.format.Has(trace.SvelteComponents)
	if isComponent && importsNames.Match(before[max(0, len(before)-maxImport):]) {
		return true
	}
	return mention.ImportsAs(lang, before)
}

// importsNames matches what is before a name in an import of a component, for which there is no grammar here.
var importsNames = lazyregexp.New(`\bimport\b[^;{}"'=]*\{[^{}"'=]*$`)

// maxImport bounds the text before a name in which the word import is looked for, in bytes.
const maxImport = 2000

// aliasOf returns a name that a file makes, with the files in which it may mean the symbol: the file itself, and the
// others of its language that hold the name, any of which could import it from there.
func (n *names) aliasOf(ctx context.Context, as, home string) name {
	lang, _ := n.snap.Lang(home)
	alias := name{home: home, files: map[string]bool{}}
	alias.occurrences = n.snap.Occurrences(ctx, as)
	for _, p := range alias.occurrences.Files {
		other, ok := n.snap.Lang(p)
		alias.files[p] = p == home || ok && other == lang
	}
	return alias
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

// readWords returns the words of the names with what syntax knows of them, in order and each once, and the files that
// cannot be read. Words that the server has named, and the names of the declarations, need no syntax: a file with no
// others is not parsed. Binary files hold no other words.
func (n *names) readWords(
	ctx context.Context, q *ledger.Question, sym project.Symbol, srv *catalogue.Server,
) (found []ledger.Word, unread []string) {
	known := map[ledger.Place]bool{}
	for _, p := range slices.Concat(q.References, q.Symbol) {
		known[p] = true
	}
	for _, one := range n.list {
		hits, _ := n.snap.Hits(ctx, one.occurrences, func(p string, at text.Span) bool {
			w := ledger.Word{Place: ledger.Place{Path: p, Span: at}}
			if known[w.Place] { // a file with nothing else is not parsed
				found = append(found, w)
			}
			return known[w.Place] || one.files != nil && !one.files[p] || one.means != nil && !one.means(p, at)
		})
		for _, h := range hits {
			if n.isBinary(h.Path) {
				continue
			}
			isMarkup := h.Class == syntax.Markup && n.format.Has(trace.MarkupText)
			w := ledger.Word{
				Place:   ledger.Place{Path: h.Path, Span: h.Span},
				NotCode: !h.InCode() || isMarkup || isProse(n.snap, n.format, h.Path),
				Text:    !h.InCode(),
			}
			if c, err := n.snap.Content(h.Path); err == nil && !w.NotCode {
				w.NotCode = mention.IsNoCode(srv, h.Path, sym, c, h.Span)
			}
			_, isArgument := n.callWith(sym, w.Place)
			if w.NotCode {
				w.NotCode = !isArgument && !n.holdsCode(sym, w)
			}
			if !w.NotCode && !isArgument {
				names := words.NamesIn(n.snap, h.Path)
				w.Declares, w.Imports = names.Declared[h.Span], names.Imported[h.Span]
				w.Declares = w.Declares && !n.takesFixture(sym, w) && !n.instantiates(w) && !n.bindsMember(sym, w) &&
					!n.isMocked(sym, w) && !n.givesProp(q, w) && !n.exported[w.Place]
			}
			found = append(found, w)
		}
		unread = append(unread, one.occurrences.Unread...)
	}
	slices.SortFunc(found, func(a, b ledger.Word) int {
		return cmp.Or(strings.Compare(a.Path, b.Path), a.Span.Start-b.Span.Start)
	})
	return slices.CompactFunc(found, func(a, b ledger.Word) bool { return a.Place == b.Place }), unread
}

// holdsCode reports whether a word in a comment, a string or prose may be a use all the same.
func (n *names) holdsCode(sym project.Symbol, w ledger.Word) bool {
	c, err := n.snap.Content(w.Path)
	if err != nil {
		return false
	}
	if n.format.Has(trace.PassedFixtures) {
		if passing := mention.PassesFixture(n.snap, sym, w.Path, c, w.Span); passing != mention.NoFixture {
			return passing > mention.NotPassed
		}
	}
	if n.format.Has(trace.CopiedFields) && mention.NamesCopiedField(sym, c, w.Span) {
		return true
	}
	isKey := n.format.Has(trace.KeysOfEnums) && (mention.IsKeyOfEnum(n.snap, sym, c, w.Span) ||
		mention.MayCopyField(n.snap, sym, c, w.Span))
	if isKey {
		return true
	}
	holds, why := mention.HoldsCode(n.snap, sym, w.Path, c, w.Span)
	if !holds && n.format.Has(trace.Aliased) && sym.Lang == "sh" && mention.IsAliased(n.snap, w.Path, c, w.Span) {
		return true
	}
	if !holds && (n.isInPython(sym, w, c) || n.loadsDefault(sym, w, c)) {
		return true
	}
	if n.format.Has(trace.RepeatedNames) && mention.RepeatsName(sym, w.Path, c, w.Span) {
		return true
	}
	if n.format.Has(trace.OtherNames) && !holds {
		why, _, _ = mention.HoldsImport(n.snap, sym, w.Path, c, w.Span)
		isConvention := n.format.Has(trace.Conventions) && (mention.GivesParameter(sym, w.Path, c, w.Span) ||
			mention.NamesByConvention(n.snap, sym, w.Path, c, w.Span) != "")
		isGenerated := n.format.Has(trace.Generators) && mention.NamesForGenerator(sym, w.Path, c, w.Span)
		isGiven := n.format.Has(trace.ExampleValues) && mention.IsGivenInExample(n.snap, sym, c, w.Span)
		return why != "" || isConvention || isGenerated || isGiven || n.selectsExport(sym, w, c)
	}
	isAsked := holds && why == "" && sym.Lang == "ts"
	return holds && (!isAsked || n.format.Has(trace.ComputedMembers))
}

// isInPython reports whether a word in a string or a comment of Python may be a use in code that the string holds.
func (n *names) isInPython(sym project.Symbol, w ledger.Word, c *text.Content) bool {
	return n.holdsType(sym, w, c) || n.holdsProgram(sym, w, c)
}

// holdsType reports whether a word is in a type that is written as a string or in a comment of Python.
func (n *names) holdsType(sym project.Symbol, w ledger.Word, c *text.Content) bool {
	isPython := project.SchemeOf(w.Path) == "py" && n.format.Has(trace.PythonInStrings)
	return isPython && mention.HoldsType(sym, c, w.Span)
}

// holdsProgram reports whether a word is in a string with code of Python that imports the symbol.
func (n *names) holdsProgram(sym project.Symbol, w ledger.Word, c *text.Content) bool {
	isPython := project.SchemeOf(w.Path) == "py" && n.format.Has(trace.PythonInStrings)
	return isPython && mention.HoldsProgram(sym, c, w.Span)
}

// loadsDefault reports whether a word names the module whose default export the symbol is in an expression that loads
// it.
func (n *names) loadsDefault(sym project.Symbol, w ledger.Word, c *text.Content) bool {
	return n.format.Has(trace.SelectedDefaults) && mention.LoadsDefault(n.snap, sym, w.Path, c, w.Span) ||
		n.format.Has(trace.RequiredInPlace) && mention.RequiresInPlace(n.snap, sym, w.Path, c, w.Span)
}

// selectsExport reports whether a word is a string that may select the symbol as what its module exports.
func (n *names) selectsExport(sym project.Symbol, w ledger.Word, c *text.Content) bool {
	return n.format.Has(trace.SelectedExports) && mention.SelectsExport(n.snap, sym, w.Path, c, w.Span)
}

// bindsMember reports whether a declared name may be bound to the symbol, and use it.
func (n *names) bindsMember(sym project.Symbol, w ledger.Word) bool {
	c, err := n.snap.Content(w.Path)
	if err != nil || !mention.MayBindMember(sym, c, w.Span) {
		return false
	}
	d := words.DeclarationAt(n.snap, w.Place)
	return d == nil || !words.IsMember(d)
}

// takesFixture reports whether a parameter may be given the symbol by its name.
func (n *names) takesFixture(sym project.Symbol, w ledger.Word) bool {
	c, err := n.snap.Content(w.Path)
	if err == nil && n.format.Has(trace.PassedFixtures) {
		return mention.PassesFixture(n.snap, sym, w.Path, c, w.Span) > mention.NotPassed
	}
	return err == nil && mention.TakesFixture(n.snap, sym, w.Path, c, w.Span) != ""
}

// isMocked reports whether a declared name is a member of an object that a test puts in the place of the symbol's
// module.
func (n *names) isMocked(sym project.Symbol, w ledger.Word) bool {
	c, err := n.snap.Content(w.Path)
	return err == nil && w.Declares && mention.IsMocked(sym, c, w.Span)
}

// givesProp reports whether a declared name is the key of an object that a component may be given, and notes it.
func (n *names) givesProp(q *ledger.Question, w ledger.Word) bool {
	c, err := n.snap.Content(w.Path)
	isKnown := err == nil && w.Declares && n.format.Has(trace.GivenProps) && len(q.Symbol) > 0
	if !isKnown || !mention.GivesProp(q.Symbol[0].Path, w.Path, c, w.Span) {
		return false
	}
	if n.given == nil {
		n.given = map[ledger.Place]bool{}
	}
	n.given[w.Place] = true
	return true
}

// instantiates reports whether a word names the template in an explicit instantiation of C++.
func (n *names) instantiates(w ledger.Word) bool {
	c, err := n.snap.Content(w.Path)
	return err == nil && w.Declares && mention.Instantiates(w.Path, c, w.Span)
}

func (n *names) isBinary(p string) bool {
	c, err := n.snap.Content(p)
	return err != nil || syntax.IsBinary(c.Bytes())
}

// prose are the languages that describe, and do not compute. A word in them is text, unless the language's rules say
// that it may be a use all the same ([mention.HoldsCode]).
var prose = map[selectors.Lang]bool{"md": true, "toml": true, "yaml": true, "css": true}

// isProse reports whether a file holds no code: words in it mean no symbol. A script whose name does not tell its
// language is code.
func isProse(snap *index.Snapshot, format trace.Format, p string) bool {
	lang, ok := snap.Lang(p)
	if ok {
		return prose[lang]
	}
	isCode := project.IsScript(snap, p) || format.Has(trace.RustInclusions) && mention.IsIncludedInRust(snap, p)
	return mention.IsProse(p) && !isCode
}
