// Package syntax owns parsing: it is the only importer of go-tree-sitter. A file
// goes in, plain declarations with byte ranges come out, and nothing of the tree
// survives the call.
//
// # Languages
//
// A language is a folder below languages/: language.json says which grammar reads
// which files and what the captures of its query mean ([Language]), outline.scm
// is the query that names declarations, and a fixture with its golden outline
// shows what comes out. What a query cannot say is a rule in Go for three
// languages (golang.go, python.go, typescript.go).
//
// Declarations nest by containment: a declaration belongs to the innermost one
// whose inner range (its body, type or initialiser) holds it.
//
// # Promises
//
// Parsing survives any bytes. Where the grammar gives up, the outline holds what
// could be read and Errors says where it could not; the grammars are older than
// the languages, so an error here is not the user's fault, only the limit of
// this answer.
//
// Parsers, trees and cursors are not safe for concurrent use; they are made,
// used and closed within one call, so the package's functions are. It does not
// read files.
package syntax

import (
	"bytes"
	"cmp"
	"context"
	"fmt"
	"regexp"
	"slices"
	"strings"

	sitter "github.com/smacker/go-tree-sitter"

	"lanser/selectors"
	"lanser/selectors/text"
)

// Symbol is one declaration of a file.
type Symbol struct {
	Text string // the declared name; a synthetic one for what has none
	Kind selectors.Kind
	// Name is the range at which questions to a server are put; empty, at the
	// start of the declaration, for what has no name.
	Name text.Span
	// The ranges of the roles. Def is never empty; the others are where the
	// declaration lacks the part.
	Def, Sig, Body, Doc text.Span
	Parent              int  // index of the enclosing symbol, or -1
	Function            bool // its inside is local to a function body
	Alias               bool // an import or re-export: names something declared elsewhere
	// Merge is equal and not empty for declarations that the language makes one
	// symbol when they stand side by side in one scope under one name (spec
	// section 2).
	Merge string
	// Main ranks the declarations of one symbol: the highest is its
	// implementation.
	Main int
	// Owner is the path of the type or namespace that it hangs on, below the
	// parent, which may be declared in another file: a Go method's receiver, C++'s
	// ns::Pool::get, Rust's impl. It stands in for the parent.
	Owner []string
	// Link is equal and not empty for a function's prototypes and its
	// definition, which may stand in another file.
	Link string
}

// FeatureVersion counts the changes of what an outline holds for the same bytes:
// what was kept of an older one is parsed anew.
//
//	1: the first that was kept
const FeatureVersion = 1

// Outline is what a file declares, in source order, parents first.
type Outline struct {
	Symbols []Symbol
	Errors  []text.Span // where the grammar gave up; at most maxErrors
	// Skipped says why the file was not parsed at all; "" for one that was.
	Skipped string
}

const maxErrors = 20

// raw is a declaration before nesting.
type raw struct {
	Symbol
	node  *sitter.Node
	inner text.Span // holds the declarations inside
	scope *sitter.Node
	typed bool
	// open says that it declares nothing itself: what is inside belongs to the
	// parent, and hangs on Owner.
	open bool
	top  bool // listed only outside functions
	gone bool // a local that is not listed: what is inside belongs to what is around
}

// match is one match of a language's query, by capture name.
type match struct {
	kind string // the name of the capture that is no part
	node *sitter.Node
	part map[string]*sitter.Node
	src  []byte
	// grammar is the one that the file was read by.
	grammar string
}

var parts = []string{"name", "body", "inner", "pattern", "typed", "params"}

// Parse reads the outline of a file. The name chooses the language. The error
// is not nil only for a language that has no outline, or a cancelled ctx.
func Parse(ctx context.Context, file string, src []byte) (*Outline, error) {
	if why := Unparsable(src); why != "" && ByFile(file) != nil {
		return &Outline{Skipped: why}, nil
	}
	var out *Outline
	err := parse(ctx, file, src, func(l *Language, grammar string, root *sitter.Node) error {
		out = &Outline{Errors: errorSpans(root)}
		var rs []raw
		if l.walk != nil {
			rs = l.walk(root, src)
		} else {
			q, err := l.query(grammar)
			if err != nil {
				return err
			}
			rs = collect(l, q, grammar, root, src)
		}
		inOrder(rs)
		if l.finish != nil {
			rs = l.finish(src, rs)
		}
		out.Symbols = nest(l, rs)
		return nil
	})
	return out, err
}

// Unparsable says why content is no source that anybody wrote: "binary" or
// "minified"; "" for what is parsed.
func Unparsable(src []byte) string {
	if bytes.IndexByte(src[:min(len(src), 8<<10)], 0) >= 0 {
		return "binary"
	}
	if len(src) >= 20<<10 && len(src)/(bytes.Count(src, []byte("\n"))+1) > 500 {
		return "minified"
	}
	return ""
}

var generatedMark = regexp.MustCompile(`(?m)^\W*(?:Code generated .* DO NOT EDIT\.?|.*@generated\b.*)$`)

// Generated says whether the file says of itself that a program wrote it, near its
// top. Such a file is parsed like any other: other code refers to it.
func Generated(src []byte) bool { return generatedMark.Match(src[:min(len(src), 4<<10)]) }

// parse lends the tree of a file to use.
func parse(ctx context.Context, file string, src []byte, use func(*Language, string, *sitter.Node) error) error {
	l := ByFile(file)
	if l == nil {
		return fmt.Errorf("no grammar for %s", file)
	}
	grammar := of(l.Files, file)
	if other := of(l.Else, file); other != "" && l.mark.Match(src) {
		grammar = other
	}
	parser := sitter.NewParser()
	defer parser.Close()
	parser.SetLanguage(grammars[grammar]())
	tree, err := parser.ParseCtx(ctx, nil, l.withoutMacros(src))
	if err != nil {
		return err
	}
	defer tree.Close()
	return use(l, grammar, tree.RootNode())
}

// withoutMacros is src with what the language's macros match blanked out.
func (l *Language) withoutMacros(src []byte) []byte {
	copied := false
	for _, re := range l.macros {
		for _, m := range re.FindAllSubmatchIndex(src, -1) {
			if !copied {
				src, copied = bytes.Clone(src), true
			}
			for g := 2; g+1 < len(m); g += 2 {
				for i := m[g]; i >= 0 && i < m[g+1]; i++ {
					if src[i] != '\n' {
						src[i] = ' '
					}
				}
			}
		}
	}
	return src
}

func collect(l *Language, q *sitter.Query, grammar string, root *sitter.Node, src []byte) []raw {
	cur := sitter.NewQueryCursor()
	defer cur.Close()
	cur.Exec(q, root)
	var out []raw
	for {
		qm, ok := cur.NextMatch()
		if !ok {
			break
		}
		if qm = cur.FilterPredicates(qm, src); len(qm.Captures) == 0 {
			continue
		}
		m := &match{part: map[string]*sitter.Node{}, src: src, grammar: grammar}
		for _, c := range qm.Captures {
			if name := q.CaptureNameForId(c.Index); slices.Contains(parts, name) {
				m.part[name] = c.Node
			} else if !strings.HasPrefix(name, "_") { // those are for predicates
				m.kind, m.node = name, c.Node
			}
		}
		if m.node != nil {
			out = append(out, l.read(m)...)
		}
	}
	inOrder(out)
	if rules[l.folder].read == nil { // the first pattern that names a declaration wins
		out = slices.CompactFunc(out, func(a, b raw) bool { return a.Def == b.Def && a.Name == b.Name && a.open == b.open })
	}
	return out
}

// inOrder sorts by place, what is around before what is inside.
func inOrder(rs []raw) {
	slices.SortStableFunc(rs, func(a, b raw) int {
		return cmp.Or(a.Def.Start-b.Def.Start, b.Def.End-a.Def.End, a.Name.Start-b.Name.Start)
	})
}

// nest sets parents by containment, except where the naming rule has set a
// scope (Python's self.x belongs to the class). What stands in a declaration but
// outside its inner range (the default of a parameter, an element of a pattern)
// is dropped, as the languages' own outlines do; so is a declaration without a
// name, which is only there to say so of its range.
func nest(l *Language, rs []raw) []Symbol {
	out := make([]Symbol, 0, len(rs))
	placed := make([]int, len(rs)) // index in out, or -1
	index := map[uintptr]int{}
	var stack []int
	for i, r := range rs {
		for len(stack) > 0 && rs[stack[len(stack)-1]].Def.End <= r.Def.Start {
			stack = stack[:len(stack)-1]
		}
		parent, around, ok := -1, -1, true
		if r.scope != nil {
			if p, found := index[r.scope.ID()]; found {
				parent = p
			}
		} else if around, ok = enclosing(rs, stack, r); around >= 0 {
			parent = placed[around]
			ok = ok && (parent >= 0 || rs[around].open)
		}
		placed[i] = -1
		stack = append(stack, i)
		if around >= 0 && rs[around].open {
			r.Owner = slices.Concat(rs[around].Owner, r.Owner)
			rs[i].Owner = r.Owner
		}
		if r.open {
			placed[i] = parent // for what is inside
			continue
		}
		if r.top && slices.ContainsFunc(stack[:len(stack)-1], func(j int) bool { return rs[j].Function }) {
			rs[i].gone = true
			continue
		}
		if !ok || r.Text == "" {
			continue
		}
		if k, ok := l.Member[r.Kind]; ok && (around >= 0 && rs[around].open || parent >= 0 && isType(out[parent].Kind) || len(r.Owner) > 0) {
			r.Kind = k
		}
		placed[i] = len(out)
		index[r.node.ID()] = len(out)
		r.Parent = parent
		out = append(out, r.Symbol)
	}
	return out
}

func isType(k selectors.Kind) bool {
	switch k {
	case selectors.KindClass, selectors.KindStruct, selectors.KindInterface, selectors.KindEnum, selectors.KindType:
		return true
	}
	return false
}

// enclosing is the index of the innermost declaration of the stack that r stands
// in, -1 for none; ok is false where it stands in a part of one that holds no
// declarations.
func enclosing(rs []raw, stack []int, r raw) (index int, ok bool) {
	for j := len(stack) - 1; j >= 0; j-- {
		switch around := rs[stack[j]]; {
		case around.gone:
		case around.inner.Contains(r.Def):
			return stack[j], true
		case around.Def.Contains(r.Def) && around.Def != r.Def:
			return -1, false
		}
	}
	return -1, true
}

func errorSpans(root *sitter.Node) []text.Span {
	if !root.HasError() {
		return nil
	}
	var out []text.Span
	var walk func(n *sitter.Node)
	walk = func(n *sitter.Node) {
		if len(out) >= maxErrors || !n.HasError() && !n.IsMissing() {
			return
		}
		if n.IsError() || n.IsMissing() {
			out = append(out, span(n))
			return
		}
		for i := range int(n.ChildCount()) {
			walk(n.Child(i))
		}
	}
	walk(root)
	return out
}

func span(n *sitter.Node) text.Span {
	if n == nil {
		return text.Span{}
	}
	return text.Span{Start: int(n.StartByte()), End: int(n.EndByte())}
}

// declare reads a match by the language's data alone.
func (l *Language) declare(m *match) []raw {
	if m.part["body"] == nil {
		if body := m.node.ChildByFieldName("body"); body != nil {
			m.part["body"] = body
		}
	}
	kind, listed := l.Kinds[m.kind]
	if !listed {
		kind = selectors.Kind(m.kind)
	}
	name := m.part["name"]
	if name == nil {
		return nil
	}
	r := m.declare(kind, name)
	l.split(&r)
	if slices.Contains(l.Imports, m.kind) {
		r.Owner = nil // the name is declared here, without its path
	}
	if r.open = kind == ""; r.open {
		switch {
		case r.Text == "self": // Ruby's class << self
			r.Owner = nil
		case l.Unqualified:
			r.Owner = []string{r.Text}
		default:
			r.Owner = append(r.Owner, r.Text)
		}
		return []raw{r}
	}
	if r.Text == "" {
		return nil
	}
	r.Function = slices.Contains(l.Functions, m.kind)
	r.Alias = slices.Contains(l.Imports, m.kind)
	r.top = slices.Contains(l.Top, m.kind)
	l.unite(m, &r)
	first := m.node
	for isAny(first.Parent(), l.Outer...) {
		first = first.Parent()
	}
	r.Def = trimmed(m.src, span(first))
	r.settle(m.src, first, l.documents, l.Between...)
	if isType(kind) && m.part["inner"] == nil {
		r.inner = text.Span{Start: r.Name.End, End: r.Def.End} // what its head declares, too
	}
	if lift := l.Lift[m.kind]; lift != nil {
		r.scope = ancestor(m.node, lift...)
	}
	return []raw{r}
}

// split takes what is no part of the name from it, and its owner's path.
func (l *Language) split(r *raw) {
	whole := r.Text
	if whole == "" {
		return
	}
	for _, sep := range l.Separators {
		if strings.ContainsAny(r.Text[:1], `"'`) {
			break // a quoted name is one
		}
		if at := strings.LastIndex(withoutGenerics(r.Text), sep); at >= 0 && r.Text != sep {
			for _, part := range strings.Split(withoutGenerics(r.Text)[:at], sep) {
				if part = strings.TrimSpace(generics.ReplaceAllString(part, "")); part != "" {
					r.Owner = append(r.Owner, part)
				}
			}
			r.Text = r.Text[at+len(sep):]
		}
	}
	r.Name.Start += len(whole) - len(r.Text)
	if l.Trim != "" {
		left := strings.TrimLeft(r.Text, l.Trim)
		r.Name.Start += len(r.Text) - len(left)
		r.Text = strings.TrimRight(left, l.Trim)
		r.Name.End = r.Name.Start + len(r.Text)
	}
	if r.Kind == "" { // a type in any spelling: what it is called, without arguments
		plain := generics.ReplaceAllString(references.ReplaceAllString(r.Text, ""), "")
		if plain == "" {
			plain = strings.Join(strings.Fields(r.Text), " ")
		}
		r.Text = plain
	}
}

var (
	generics   = regexp.MustCompile(`(?s)[<\[(].*`)
	references = regexp.MustCompile(`^(?:&|'\w+\s*|mut\s+|dyn\s+)+`)
)

// cppOperator is an operator's name, whose signs are no brackets.
var cppOperator = regexp.MustCompile(`\boperator\b\s*[^\w.:\s]|\boperator\s+\w`)

// withoutGenerics is s with the same length, but nothing to split at inside angle
// brackets, and none in an operator's name.
func withoutGenerics(s string) string {
	if at := cppOperator.FindStringIndex(s); at != nil {
		at := at[0]
		return withoutGenerics(s[:at]) + strings.Repeat("_", len(s)-at)
	}
	depth, out := 0, []byte(s)
	for i, c := range out {
		switch c {
		case '<':
			depth++
		case '>':
			depth--
		default:
			if depth > 0 {
				out[i] = '_'
			}
		}
	}
	return string(out)
}

// unite notes which declarations are one symbol.
func (l *Language) unite(m *match, r *raw) {
	if r.Body.Len() > 0 {
		r.Main = 1
	}
	proto, def := slices.Contains(l.Prototypes, m.kind), slices.Contains(l.Definitions, m.kind)
	switch {
	case slices.Contains(l.Merge, m.kind):
		r.Merge = m.kind
	case proto || def:
		r.Link = "(" + parameterTypes(m.part["params"], m.src) + ")"
		r.Merge = r.Link
		if def {
			r.Main = 1
		}
	}
}

// parameterTypes is the text of a parameter list without names, defaults and
// white space.
func parameterTypes(params *sitter.Node, src []byte) string {
	if params == nil {
		return ""
	}
	var types []string
	for i := range int(params.NamedChildCount()) {
		var b strings.Builder
		typeText(params.NamedChild(i), src, &b)
		types = append(types, b.String())
	}
	return strings.Join(types, ",")
}

func typeText(n *sitter.Node, src []byte, b *strings.Builder) {
	if n.ChildCount() == 0 {
		b.WriteString(n.Content(src))
		return
	}
	value := n.ChildByFieldName("default_value")
	for i := range int(n.ChildCount()) {
		c := n.Child(i)
		if c.Type() == "identifier" && n.FieldNameForChild(i) == "declarator" || c.Type() == "=" || value != nil && c.Equal(value) || c.Type() == "comment" {
			continue
		}
		typeText(c, src, b)
		b.WriteByte(' ')
	}
}

// documents says whether a comment documents what follows it.
func (l *Language) documents(comment string) bool {
	return len(l.Docs) == 0 || slices.ContainsFunc(l.Docs, func(p string) bool { return strings.HasPrefix(comment, p) })
}

// declare makes a declaration of the match's node with the given name node.
func (m *match) declare(kind selectors.Kind, name *sitter.Node) raw {
	r := raw{node: m.node}
	r.Kind, r.Text, r.Name, r.Def = kind, name.Content(m.src), span(name), span(m.node)
	r.Body = span(m.part["body"])
	r.inner = r.Body
	if inner := m.part["inner"]; inner != nil {
		r.inner = span(inner)
	}
	return r
}

// settle derives the header from the declaration and its body, and the doc from
// the comments above first, which is def or what stands around it.
func (r *raw) settle(src []byte, first *sitter.Node, comment func(string) bool, between ...string) {
	r.Sig = r.Def
	if r.Body.Len() > 0 {
		r.Sig = trimEnd(src, text.Span{Start: r.Def.Start, End: r.Body.Start})
	}
	r.Doc = docAbove(src, first, comment, between...)
}

func trimmed(src []byte, s text.Span) text.Span {
	for s.Start < s.End && strings.IndexByte(" \t\r\n", src[s.Start]) >= 0 {
		s.Start++
	}
	return trimEnd(src, s)
}

func trimEnd(src []byte, s text.Span) text.Span {
	for s.End > s.Start && strings.IndexByte(" \t\r\n", src[s.End-1]) >= 0 {
		s.End--
	}
	return s
}

// docAbove is the run of comments that ends on the line before n, with no blank
// line between.
func docAbove(src []byte, n *sitter.Node, accept func(string) bool, between ...string) text.Span {
	if !commentAbove(src, int(n.StartByte())) && len(between) == 0 {
		return text.Span{}
	}
	var out text.Span
	for at := n; ; {
		prev := at.PrevSibling()
		if prev == nil || !adjoins(src, int(prev.EndByte()), int(at.StartByte())) {
			return out
		}
		if slices.Contains(between, prev.Type()) && out.End == 0 {
			at = prev
			continue
		}
		if !strings.Contains(prev.Type(), "comment") || !accept(prev.Content(src)) || !ownLine(src, int(prev.StartByte())) {
			return out
		}
		if out.End == 0 {
			out.End = int(prev.EndByte())
		}
		out.Start, at = int(prev.StartByte()), prev
	}
}

// docBefore is docAbove where the siblings before are at hand: to go back from one
// to the one before, the tree is searched from its start.
func docBefore(src []byte, above []*sitter.Node, at int) (out text.Span) {
	if !commentAbove(src, at) {
		return out
	}
	for _, prev := range slices.Backward(above) {
		start, end := int(prev.StartByte()), int(prev.EndByte())
		if !adjoins(src, end, at) || prev.Type() != "comment" || !ownLine(src, start) {
			if end <= at && prev.Type() == "\n" {
				continue // Go's grammar has a node for the end of a declaration
			}
			return out
		}
		if out.End == 0 {
			out.End = end
		}
		out.Start, at = start, start
	}
	return out
}

// adjoins says whether only white space, and one line break at most, stands
// between two offsets.
func adjoins(src []byte, end, start int) bool {
	gap := src[min(end, start):start]
	return bytes.Count(gap, []byte("\n")) <= 1 && len(bytes.TrimSpace(gap)) == 0
}

// commentAbove says whether the line above an offset may be the end of a comment:
// it is not empty, and does not end like code.
func commentAbove(src []byte, at int) bool {
	line := src[:at]
	i := bytes.LastIndexByte(line, '\n')
	if i < 0 {
		return len(bytes.TrimSpace(line)) > 0
	}
	if len(bytes.TrimSpace(line[i:])) > 0 {
		return true // something stands before it on its own line
	}
	line = line[:i]
	line = bytes.TrimSpace(line[bytes.LastIndexByte(line, '\n')+1:])
	return len(line) > 0 && line[len(line)-1] != '}' && line[len(line)-1] != ';' && line[len(line)-1] != '{' || bytes.HasPrefix(line, []byte("//")) || bytes.HasPrefix(line, []byte("#"))
}

func ownLine(src []byte, offset int) bool {
	for offset > 0 && src[offset-1] != '\n' {
		if offset--; src[offset] != ' ' && src[offset] != '\t' {
			return false
		}
	}
	return true
}

func isAny(n *sitter.Node, types ...string) bool {
	return n != nil && slices.Contains(types, n.Type())
}

// ancestor is the nearest node above n of one of the types.
func ancestor(n *sitter.Node, types ...string) *sitter.Node {
	for n = n.Parent(); n != nil && !isAny(n, types...); n = n.Parent() {
	}
	return n
}
