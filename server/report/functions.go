package report

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"lanser/selectors"
	"lanser/selectors/lazyregexp"
	"lanser/selectors/visible"
	"lanser/server/bundle"
)

// A hierarchy of calls or types is a list of edges, each from one symbol to another with a depth: 1 next to the symbol
// of the request, 2 next to a symbol of depth 1, and so on. The text has each symbol once, in order of file and line
// rather than as a tree, since a function that many others lead to would be in a tree as often. A symbol further away
// ends with the symbols by way of which it belongs to the answer:
//
//	1 caller of go://app#Store.load, and 1 further away, by way of what follows ->
//	app/main.go
//	  12: func run() error
//	  30: func main()  -> run
//
// Where many belong by way of the same symbol, it is the title of their section:
//
//	-> run
//	app/main.go
//	  30: func main()

// relation says how the two directions of a hierarchy are written.
type relation struct {
	list       string    // what the answer is a list of
	directions [2]string // the options for what leads to the symbol, and for what it leads to
	nouns      [2]string // for the symbols in these directions
}

// The relations of the two hierarchies, with the words that LSP and the options have for their directions.
var (
	calls = relation{list: "calls", directions: [2]string{"in", "out"}, nouns: [2]string{"caller", "callee"}}
	types = relation{list: "types", directions: [2]string{"sub", "super"}, nouns: [2]string{"subtype", "supertype"}}
)

// related is a symbol of a hierarchy with the edges by which it belongs to it.
type related struct {
	symbol bundle.Symbol
	depth  int // the least of its edges
	edges  []bundle.Edge
	note   string // a remark, "" for none
	named  bool   // even next to the symbol: which symbol it belongs to
	quiet  bool   // which symbol it belongs to is in the heading
}

// hierarchy writes each symbol of a hierarchy once, grouped by direction and file.
func (w *compactor) hierarchy(b *bundle.Bundle, list []bundle.Edge, r relation) {
	w.note(len(list), r.list+" found")
	backward, forward := directed(b, list, r)
	for i, edges := range [][]bundle.Edge{backward, forward} {
		if len(edges) == 0 {
			continue
		}
		isFrom := i == 0
		found := relatives(edges, isFrom)
		near, further, isBrief := w.distances(found, isFrom)
		noun := r.nouns[i]
		if r.list == types.list && !isDeeper(b) {
			noun = "direct " + noun // there may be others below them
		}
		visible.Fprintf(w, "%s%s%s\n", counted(near, noun), target(b, "of"), further)
		w.sections(found, isFrom, isBrief)
	}
}

// isDeeper reports whether a hierarchy was asked for beyond the symbols next to that of the request.
func isDeeper(b *bundle.Bundle) bool {
	depth, isSet := b.Request.Options["depth"]
	return isSet && fmt.Sprint(depth) != "1"
}

// minSection is the number of symbols that belong to a hierarchy by way of the same symbol from which on they have a
// section of their own.
const minSection = 5

// sections writes symbols: first those whose line ends with the symbols by way of which they belong to the hierarchy,
// or that need no such remark, and then those that have sections. A brief section has names alone, by file.
func (w *compactor) sections(found []*related, isFrom, isBrief bool) {
	arrow := arrows[1]
	if isFrom {
		arrow = arrows[0]
	}
	bySymbol, titles := map[string][]*related{}, map[string]string{}
	var order []string
	for _, f := range found {
		if f.isMarked() {
			by := strings.Join(f.by(isFrom), ", ")
			if bySymbol[by] == nil {
				order = append(order, by)
				titles[by] = firstOf(f.by(isFrom))
			}
			bySymbol[by] = append(bySymbol[by], f)
		}
	}
	hasSection := func(f *related) bool {
		return f.isMarked() && len(bySymbol[strings.Join(f.by(isFrom), ", ")]) >= minSection
	}
	w.restart()
	for _, f := range found {
		if !hasSection(f) {
			w.related(f, isFrom)
		}
	}
	for _, by := range order {
		if len(bySymbol[by]) < minSection {
			continue
		}
		visible.Fprintf(w, "%s %s\n", arrow, titles[by])
		if isBrief {
			w.filesOf(bySymbol[by])
			continue
		}
		w.restart()
		for _, f := range bySymbol[by] {
			one := *f
			one.quiet = true
			w.related(&one, isFrom)
		}
	}
}

// isMarked reports whether it must be said by way of which other symbols a symbol belongs to the hierarchy.
func (r *related) isMarked() bool { return (r.depth > 1 || r.named) && !r.quiet }

// maxDeclaredFurther is the number of symbols further away up to which each is written with its declaration. Nobody
// reads the declarations of more: who goes on from one of them has its name.
const maxDeclaredFurther = 20

// distances counts the symbols next to that of the request, and returns the words about those further away, "" for
// none, and whether their sections are brief because they are many. If all of these belong to the hierarchy by way of
// one other symbol, and it is the only one next to the symbol that is listed, the words name it, and the symbols do
// not.
func (w *compactor) distances(found []*related, isFrom bool) (near int, further string, isBrief bool) {
	arrow := arrows[1]
	if isFrom {
		arrow = arrows[0]
	}
	var next, by []string
	for _, f := range found {
		if f.depth == 1 {
			near++
			next = append(next, withoutOverload(lastNames(f.symbol)))
			continue
		}
		for _, label := range f.by(isFrom) {
			if !slices.Contains(by, label) {
				by = append(by, label)
			}
		}
	}
	if near == len(found) {
		return near, "", false
	}
	far := len(found) - near
	isBrief = far > maxDeclaredFurther && !w.layout.Sites
	if isBrief || len(by) > 1 || near > 1 || near == 1 && next[0] != by[0] || far == 1 {
		return near, fmt.Sprintf(", and %d further away, by way of what follows %s", far, arrow), isBrief
	}
	for _, f := range found {
		f.quiet = true
	}
	return near, fmt.Sprintf(", and %d further away, by way of %s", far, by[0]), false
}

// by returns the names of the symbols by way of which a symbol belongs to a hierarchy, without the numbers of
// overloads.
func (r *related) by(isFrom bool) (out []string) {
	for _, e := range r.edges {
		other := e.From
		if isFrom {
			other = e.To
		}
		if label := withoutOverload(lastNames(other)); !slices.Contains(out, label) {
			out = append(out, label)
		}
	}
	return out
}

// maxBy is the number of symbols that a line names by way of which a symbol belongs to a hierarchy. All of them are in
// the list as well.
const maxBy = 4

// firstOf returns the first names of a list, and the number of the others: "a, b, c, d and 7 more".
func firstOf(names []string) string {
	more := len(names) - maxBy
	if more <= 1 {
		return strings.Join(names, ", ")
	}
	return fmt.Sprintf("%s and %d more", strings.Join(names[:maxBy], ", "), more)
}

// directed divides the edges of a hierarchy into those that lead to the symbol of the request and those that lead
// away from it. If the request is for one direction only, all edges are of that direction. Otherwise the edges are
// followed from the symbol outwards, one depth after the other, since an edge itself does not say why it is there.
func directed(b *bundle.Bundle, list []bundle.Edge, r relation) (backward, forward []bundle.Edge) {
	o := b.Request.Options
	isIn, isOut := o[r.directions[0]] == true, o[r.directions[1]] == true
	if isIn && !isOut {
		return list, nil
	}
	if isOut && !isIn {
		return nil, list
	}
	// A depth further away from the symbol, edges continue those of the depth before.
	byDepth := slices.Clone(list)
	slices.SortStableFunc(byDepth, func(a, b bundle.Edge) int { return cmp.Compare(a.Depth, b.Depth) })
	isTarget := func(s bundle.Symbol) bool {
		t := b.Resolution
		if t == nil || t.Resolved == nil {
			return false
		}
		return s.SymbolID != "" && s.SymbolID == t.Resolved.SymbolID ||
			s.Selector != "" && s.Selector == t.Resolved.Selector
	}
	leads, led := map[string]bool{}, map[string]bool{}
	for _, e := range byDepth {
		if e.Depth == 1 && isTarget(e.To) || e.Depth > 1 && leads[symbolKey(e.To)] {
			leads[symbolKey(e.From)] = true
		}
		if e.Depth == 1 && isTarget(e.From) || e.Depth > 1 && led[symbolKey(e.From)] {
			led[symbolKey(e.To)] = true
		}
	}
	for _, e := range list {
		if isTarget(e.To) || leads[symbolKey(e.To)] && leads[symbolKey(e.From)] {
			backward = append(backward, e)
		} else {
			forward = append(forward, e)
		}
	}
	return backward, forward
}

// symbolKey returns a key of a symbol in maps. A symbol outside of the workspace may have no selector, so it is the
// place.
func symbolKey(s bundle.Symbol) string { return fmt.Sprint(s.URI, s.SelectionRange, s.Name) }

// isTopLevel reports whether a symbol stands for what is outside of all declarations of a file.
func isTopLevel(s bundle.Symbol) bool {
	return s.Kind == selectors.KindModule && !strings.Contains(s.Selector, "#")
}

// relatives returns the symbols at one end of edges, each once, in order of file and line. What is outside of all
// declarations of a file is one symbol.
func relatives(edges []bundle.Edge, isFrom bool) []*related {
	byKey := map[string]*related{}
	var out []*related
	for _, e := range edges {
		s := e.To
		if isFrom {
			s = e.From
		}
		key := symbolKey(s)
		if isTopLevel(s) {
			key = s.URI // a server has one symbol for it, and each use that it left out has one of its own
		}
		r := byKey[key]
		if r == nil {
			r = &related{symbol: s, depth: e.Depth}
			byKey[key] = r
			out = append(out, r)
		}
		r.depth = min(r.depth, e.Depth)
		r.edges = append(r.edges, e)
	}
	slices.SortStableFunc(out, func(a, b *related) int {
		return cmp.Or(cmp.Compare(a.symbol.URI, b.symbol.URI), a.symbol.SelectionRange.Compare(b.symbol.SelectionRange))
	})
	return out
}

// related writes a symbol with its declaration, as in
//
//	12: Store.load  def load(self, name)  -> Store.get  (confirmed)
//
// What the declaration contains of the name is not repeated, see [beforeDeclaration]. What is outside of all
// declarations has the lines of the calls instead. For a symbol further away it adds which of the others it belongs to.
// A remark about the ledger is only written if it is true of all edges of the symbol.
func (w *compactor) related(r *related, isFrom bool) {
	s := r.symbol
	selector := s.Selector
	if !strings.Contains(selector, "#") {
		selector = "" // a place
	}
	w.file(s.URI, selector)
	name := s.Name
	if selector != "" {
		name = w.short(selector)
	} else if isTopLevel(s) {
		name = topLevel
	}
	declaration := w.declaration(s)
	lines := fmt.Sprint(s.SelectionRange[0] + 1)
	if isTopLevel(s) && isFrom && !w.layout.Sites {
		lines = cmp.Or(r.lines(), lines)
	}
	before := beforeDeclaration(name, string(declaration))
	if s.Kind == selectors.KindVar && s.SymbolID == "" && len(declaration) > 0 {
		before = s.Name + "  " // a parameter or local: the line may declare a function
	}
	visible.Fprintf(w, "  %s: %s%s", lines, before, declaration)
	if r.isMarked() {
		arrow := arrows[1]
		if isFrom {
			arrow = arrows[0]
		}
		visible.Fprintf(w, "  %s %s", arrow, firstOf(r.by(isFrom)))
	}
	if r.note != "" {
		visible.Fprintf(w, "  (%s)", r.note)
	}
	confirmed := len(r.edges) > 0 && !slices.ContainsFunc(r.edges, func(e bundle.Edge) bool { return !e.Confirmed })
	family := len(r.edges) > 0 && !slices.ContainsFunc(r.edges, func(e bundle.Edge) bool { return !e.Family })
	isNoted := strings.Contains(r.note, bundle.Family)
	visible.Fprintf(w, "%s\n", w.mark(confirmed, family && !isNoted))
	if w.layout.Sites {
		w.sites(r)
	}
}

// beforeDeclaration returns what is written before a declaration so that a reader finds the name path in the line: ""
// if the declaration contains the path, and only the container if the declaration begins with the name, as in
// "Bucket.tx *Tx" and "Store.load(name: string)". The number of an overload is left out: its line says which it is.
func beforeDeclaration(path, declaration string) string {
	if declaration == "" {
		return path
	}
	path = withoutOverload(path)
	if isIn(path, declaration) {
		return ""
	}
	at := strings.LastIndex(path, ".") + 1
	rest, begins := strings.CutPrefix(declaration, path[at:])
	if begins && at > 0 && at < len(path) && isWordEnd(rest) {
		return path[:at]
	}
	return path + "  "
}

// arrows stand before what a symbol further away belongs to the hierarchy by.
var arrows = [2]string{"->", "<-"}

// isIn reports whether a declaration contains a name path, so that a reader finds the name in it. Between two parts of
// the path there must be what joins them in the language, such as the parenthesis after the receiver's type in Go, or
// :: in C++: the name of a class may also be there as the type of what is declared. "Server.Serve" is in
// "func (s *Server) Serve() error" and in "void Server::Serve()", but not in "Server Serve()".
func isIn(path, declaration string) bool {
	parts := strings.Split(path, ".")
	name := parts[len(parts)-1]
	for at := 0; ; {
		i := strings.Index(declaration[at:], name)
		if i < 0 || name == "" {
			return false
		}
		at += i
		if !isWordEnd(declaration[at+len(name):]) || endsInWord(declaration[:at]) {
			at += len(name)
			continue
		}
		before, isPath := declaration[:at], true
		for _, part := range slices.Backward(parts[:len(parts)-1]) {
			before, isPath = strings.CutSuffix(beforeSeparator(before), part)
			if !isPath || endsInWord(before) {
				isPath = false
				break
			}
		}
		if isPath {
			return true
		}
		at += len(name)
	}
}

// beforeSeparator returns what is before the separator, and before type parameters, at the end of a part of a
// declaration; "" if there is no separator: "func (s *Stack[T]) " → "func (s *Stack", "void Pool<T>::" → "void Pool".
func beforeSeparator(s string) string {
	s = strings.TrimRight(s, " ")
	for _, separator := range []string{"::", ")", ".", ":"} {
		rest, found := strings.CutSuffix(s, separator)
		if !found {
			continue
		}
		for _, brackets := range []string{"[]", "<>"} {
			if strings.HasSuffix(rest, brackets[1:]) {
				rest = rest[:max(0, strings.LastIndex(rest, brackets[:1]))]
			}
		}
		return rest
	}
	return ""
}

// isWordRune reports whether a character can be a part of a name in one of the languages.
func isWordRune(r rune) bool {
	return r == '_' || r == '$' || unicode.IsLetter(r) || unicode.IsDigit(r)
}

// isWordEnd reports whether a word that stands before s ends there.
func isWordEnd(s string) bool {
	r, _ := utf8.DecodeRuneInString(s)
	return s == "" || !isWordRune(r)
}

// endsInWord reports whether a word that stands after s begins before its end.
func endsInWord(s string) bool {
	r, _ := utf8.DecodeLastRuneInString(s)
	return s != "" && isWordRune(r)
}

// lastNames returns the name path of a symbol, without its module.
func lastNames(s bundle.Symbol) string {
	_, names, ok := strings.Cut(s.Selector, "#")
	if !ok {
		return s.Name
	}
	return visible.Encoded(names)
}

// lines returns the lines of the calls in a symbol's file, as in "3,17".
func (r *related) lines() string {
	var at []int
	for _, e := range r.edges {
		for _, site := range e.Ranges {
			at = append(at, site[0]+1)
		}
	}
	slices.Sort(at)
	return strings.Trim(strings.ReplaceAll(fmt.Sprint(slices.Compact(at)), " ", ","), "[]")
}

// sites writes the lines of the calls of a symbol. Those in another file than the symbol's begin with its path.
func (w *compactor) sites(r *related) {
	type site struct {
		uri  string
		line int
	}
	var sites []site
	for _, e := range r.edges {
		for _, at := range e.Ranges {
			sites = append(sites, site{uri: e.From.URI, line: at[0]})
		}
	}
	slices.SortFunc(sites, func(a, b site) int {
		return cmp.Or(cmp.Compare(a.uri, b.uri), cmp.Compare(a.line, b.line))
	})
	for _, at := range slices.Compact(sites) {
		file := ""
		if at.uri != r.symbol.URI {
			file = visible.Path(unescaped(at.uri)) + ":"
		}
		visible.Fprintf(w, "    %s%d: %s\n", file, at.line+1, code(w.line(at.uri, at.line)))
	}
}

// line returns a 0-based line of a file of the workspace, "" if it cannot be read. Files are read once for each text,
// which the search for the number of entries writes several times.
func (w *compactor) line(uri string, n int) string {
	if w.layout.Lines == nil || strings.Contains(uri, "://") {
		return ""
	}
	c, known := w.contents[uri]
	if !known {
		c = w.layout.Lines(unescaped(uri))
		w.contents[uri] = c
	}
	if c == nil || n >= c.Lines() {
		return ""
	}
	return strings.ToValidUTF8(c.Line(n), "\ufffd")
}

// maxDeclaration is the number of lines of a declaration's header that are joined.
const maxDeclaration = 8

// declaration returns the header of a function's or type's declaration as one line, without what begins its body. It is
// "" if the file cannot be read or has changed. Further lines are joined as long as a parenthesis is open, up to
// [maxDeclaration]: the parameters of a function may be on lines of their own. Brackets in strings and comments are
// counted too, which at worst makes the header a little longer or shorter.
func (w *compactor) declaration(s bundle.Symbol) visible.Code {
	first := s.SelectionRange[0]
	header := strings.TrimSpace(w.line(s.URI, first))
	if s.Kind == selectors.KindModule || s.Name == "" || !strings.Contains(header, s.Name) {
		return ""
	}
	for n := first + 1; n < first+maxDeclaration && open(header) > 0; n++ {
		header += " " + strings.TrimSpace(w.line(s.URI, n))
	}
	header = strings.TrimRight(strings.TrimSpace(header), "{:;= \t")
	return code(withoutAlignment(header))
}

// withoutAlignment returns a declaration without the spaces that align it with its neighbours. Strings stay as they
// are.
func withoutAlignment(declaration string) string {
	end := strings.IndexAny(declaration, "\"'`")
	if end < 0 {
		end = len(declaration)
	}
	return alignment.ReplaceAllString(declaration[:end], " ") + declaration[end:]
}

var alignment = lazyregexp.New(`[ \t]{2,}`)

// open returns the number of parentheses of a text that are not closed in it, and of the brackets of type parameters if
// its last line ends in such a list. It is negative if more are closed than opened.
func open(s string) int {
	n := strings.Count(s, "(") - strings.Count(s, ")")
	if isInTypeParameters(s) {
		n++
	}
	return n
}

// arrowSigns are the signs with a bracket that belongs to no type parameters.
var arrowSigns = strings.NewReplacer("=>", "", "->", "", "<-", "", "<<", "", ">=", "", "<=", "")

// isInTypeParameters reports whether a text ends within a list of type parameters, as in
//
//	export class Context<
//	  E extends Env = any,
func isInTypeParameters(s string) bool {
	s = arrowSigns.Replace(s)
	return strings.HasSuffix(s, "<") || strings.HasSuffix(s, ",") && strings.Count(s, "<") > strings.Count(s, ">")
}
