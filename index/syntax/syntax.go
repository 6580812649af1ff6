// Package syntax owns parsing: it is the only importer of go-tree-sitter. A file
// goes in, plain declarations with byte ranges come out, and nothing of the tree
// survives the call.
//
// A language is a grammar, a query under queries/ that names declarations, and
// a naming rule beside it for what a query cannot say. Declarations nest by
// containment: a declaration belongs to the innermost one whose inner range
// (its body, type or initialiser) holds it.
//
// Parsing promises to survive any bytes. Where the grammar gives up, the
// outline holds what could be read and Errors says where it could not; the
// grammars are older than the languages, so an error here is not the user's
// fault, only the limit of this answer.
//
// Parsers, trees and cursors are not safe for concurrent use; they are made,
// used and closed within one call, so the package's functions are. It does not
// read files.
package syntax

import (
	"context"
	"embed"
	"fmt"
	"path"
	"slices"
	"sort"
	"strings"
	"sync"

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
	// Receiver is the type that a Go method hangs on, which may be declared in
	// another file; it stands in for the parent.
	Receiver string
}

// Outline is what a file declares, in source order, parents first.
type Outline struct {
	Symbols []Symbol
	Errors  []text.Span // where the grammar gave up; at most maxErrors
	Package string      // Go: the package clause's name
}

const maxErrors = 20

//go:embed queries/*.scm
var queries embed.FS

// language is one row of the table of languages.
type language struct {
	lang     selectors.Lang
	query    string
	grammars map[string]func() *sitter.Language // by file extension
	// read turns one query match into declarations.
	read func(m *match) []raw
	// finish settles what needs the whole file: scopes, merging.
	finish func(src []byte, rs []raw) []raw
	pkg    func(root *sitter.Node, src []byte) string
}

var languages = []*language{golang, python, typescript}

// LangOf is the language of a file by its name; ok is false for a file that
// has no outline.
func LangOf(file string) (lang selectors.Lang, ok bool) {
	l, _ := lookup(file)
	if l == nil {
		return "", false
	}
	return l.lang, true
}

func lookup(file string) (*language, *sitter.Language) {
	ext := strings.ToLower(path.Ext(file))
	for _, l := range languages {
		if g, ok := l.grammars[ext]; ok {
			return l, g()
		}
	}
	return nil, nil
}

// raw is a declaration before nesting.
type raw struct {
	Symbol
	node  *sitter.Node
	inner text.Span // holds the declarations inside
	scope *sitter.Node
	typed bool
}

// match is one match of a language's query, by capture name.
type match struct {
	kind string // the name of the capture that is no part
	node *sitter.Node
	part map[string]*sitter.Node
	src  []byte
}

var parts = []string{"name", "body", "inner", "pattern", "typed"}

var compiled sync.Map // grammar+query → *sitter.Query

func query(l *language, g *sitter.Language, file string) (*sitter.Query, error) {
	key := l.query + path.Ext(file)
	if q, ok := compiled.Load(key); ok {
		return q.(*sitter.Query), nil
	}
	src, err := queries.ReadFile("queries/" + l.query)
	if err != nil {
		return nil, err
	}
	q, err := sitter.NewQuery(src, g)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", l.query, err)
	}
	kept, _ := compiled.LoadOrStore(key, q)
	return kept.(*sitter.Query), nil
}

// Parse reads the outline of a file. The name chooses the language. The error
// is not nil only for a language that has no outline, or a cancelled ctx.
func Parse(ctx context.Context, file string, src []byte) (*Outline, error) {
	l, g := lookup(file)
	if l == nil {
		return nil, fmt.Errorf("no grammar for %s", file)
	}
	parser := sitter.NewParser()
	defer parser.Close()
	parser.SetLanguage(g)
	tree, err := parser.ParseCtx(ctx, nil, src)
	if err != nil {
		return nil, err
	}
	defer tree.Close()
	q, err := query(l, g, file)
	if err != nil {
		return nil, err
	}
	root := tree.RootNode()
	out := &Outline{Errors: errorSpans(root)}
	if l.pkg != nil {
		out.Package = l.pkg(root, src)
	}
	rs := l.finish(src, collect(l, q, root, src))
	out.Symbols = nest(rs)
	return out, nil
}

func collect(l *language, q *sitter.Query, root *sitter.Node, src []byte) []raw {
	cur := sitter.NewQueryCursor()
	defer cur.Close()
	cur.Exec(q, root)
	var out []raw
	for {
		qm, ok := cur.NextMatch()
		if !ok {
			break
		}
		m := &match{part: map[string]*sitter.Node{}, src: src}
		for _, c := range qm.Captures {
			if name := q.CaptureNameForId(c.Index); slices.Contains(parts, name) {
				m.part[name] = c.Node
			} else {
				m.kind, m.node = name, c.Node
			}
		}
		out = append(out, l.read(m)...)
	}
	sort.SliceStable(out, func(i, j int) bool {
		a, b := out[i], out[j]
		switch {
		case a.Def.Start != b.Def.Start:
			return a.Def.Start < b.Def.Start
		case a.Def.End != b.Def.End:
			return a.Def.End > b.Def.End
		}
		return a.Name.Start < b.Name.Start
	})
	return out
}

// nest sets parents by containment, except where the naming rule has set a
// scope (Python's self.x belongs to the class). What stands in a declaration but
// outside its inner range (the default of a parameter, an element of a pattern)
// is dropped, as the languages' own outlines do; so is a declaration without a
// name, which is only there to say so of its range.
func nest(rs []raw) []Symbol {
	out := make([]Symbol, 0, len(rs))
	placed := make([]int, len(rs)) // index in out, or -1
	index := map[uintptr]int{}
	var stack []int
	for i, r := range rs {
		for len(stack) > 0 && rs[stack[len(stack)-1]].Def.End <= r.Def.Start {
			stack = stack[:len(stack)-1]
		}
		parent, ok := -1, true
		if r.scope != nil {
			if p, found := index[r.scope.ID()]; found {
				parent = p
			}
		} else {
			parent, ok = enclosing(rs, placed, stack, r)
		}
		placed[i] = -1
		stack = append(stack, i)
		if !ok || r.Text == "" {
			continue
		}
		placed[i] = len(out)
		index[r.node.ID()] = len(out)
		r.Parent = parent
		out = append(out, r.Symbol)
	}
	return out
}

func enclosing(rs []raw, placed, stack []int, r raw) (parent int, ok bool) {
	for j := len(stack) - 1; j >= 0; j-- {
		switch around := rs[stack[j]]; {
		case around.inner.Contains(r.Def):
			return placed[stack[j]], placed[stack[j]] >= 0
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
func (r *raw) settle(src []byte, first *sitter.Node, comment func(string) bool) {
	r.Sig = r.Def
	if r.Body.Len() > 0 {
		r.Sig = trimEnd(src, text.Span{Start: r.Def.Start, End: r.Body.Start})
	}
	r.Doc = docAbove(src, first, comment)
}

func trimEnd(src []byte, s text.Span) text.Span {
	for s.End > s.Start && strings.IndexByte(" \t\r\n", src[s.End-1]) >= 0 {
		s.End--
	}
	return s
}

// docAbove is the run of comments that ends on the line before n, with no blank
// line between.
func docAbove(src []byte, n *sitter.Node, accept func(string) bool) text.Span {
	var out text.Span
	for at := n; ; {
		prev := at.PrevSibling()
		if prev == nil || prev.Type() != "comment" || !accept(prev.Content(src)) {
			return out
		}
		gap := string(src[prev.EndByte():at.StartByte()])
		if strings.Count(gap, "\n") > 1 || strings.TrimSpace(gap) != "" || !ownLine(src, int(prev.StartByte())) {
			return out
		}
		if out.End == 0 {
			out.End = int(prev.EndByte())
		}
		out.Start, at = int(prev.StartByte()), prev
	}
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
