//go:build cgo

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
// Parsing and listing are bounded in work, in depth of nesting and in number of
// declarations; Skipped says what an outline lacks for that. What might overrun a buffer of
// a grammar is not parsed at all (perils.go).
//
// Parsers, trees and cursors are not safe for concurrent use; they are made,
// used and closed within one call, so the package's functions are. It does not
// read files.
package syntax

import (
	"bytes"
	"context"
	"errors"
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
//	2: names without the white space before them
//	3: anonymous functions and classes are named where they are bound, keys without their quotes
//	4: the variables of a `var (…)` group in Go; `type (T int)` on one line is a group too
//	5: the name of a macro of C in capitals, whose value is a call
const FeatureVersion = 5

// Outline is what a file declares, in source order, parents first.
type Outline struct {
	Symbols []Symbol
	Errors  []text.Span // where the grammar gave up; at most maxErrors
	// Skipped says why the file was not parsed at all, or which part of it is not listed;
	// "" for one that is listed whole.
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
// is not nil only for a language that has no outline, a cancelled ctx, or
// [ErrStuck].
func Parse(ctx context.Context, file string, src []byte) (*Outline, error) {
	if why := Unparsable(src); why != "" && ByFile(file) != nil {
		return &Outline{Skipped: why}, nil
	}
	var out *Outline
	err := parse(ctx, file, src, func(ctx context.Context, l *Language, grammar string, root *sitter.Node) error {
		out = &Outline{}
		if int(root.ChildCount()) > 4*maxDeclared {
			out.Skipped = tooMany
			return nil
		}
		out.Errors = errorSpans(root)
		var rs []raw
		deep := nesting{left: map[uintptr]bool{}}
		if l.walk != nil {
			rs = l.walk(root, src)
		} else {
			q, err := l.query(grammar)
			if err != nil {
				return err
			}
			rs, err = collect(ctx, l, q, grammar, root, src, &deep)
			if err != nil {
				return err
			}
		}
		inOrder(rs)
		if l.finish != nil {
			rs = l.finish(src, rs)
		}
		out.Symbols = nest(l, rs, deep.left)
		if len(deep.left) > 0 {
			out.Skipped = tooDeep
		}
		if len(out.Symbols) > maxDeclared {
			out.Symbols, out.Skipped = out.Symbols[:maxDeclared], tooMany
		}
		return nil
	})
	if errors.Is(err, errPerilous) {
		return &Outline{Skipped: unreadable}, nil
	}
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

// ErrStuck is returned for a file that the grammar does not finish within its budget of work, see
// budget.go: there are bytes that its recovery from errors goes round in circles on. Callers must
// not keep it, for the budget is measured and not counted.
var ErrStuck = errors.New("the grammar does not come to an end with it")

// parse lends the tree of a file to use, whose ctx ends when the budget of work is spent.
func parse(
	ctx context.Context,
	file string,
	src []byte,
	use func(context.Context, *Language, string, *sitter.Node) error,
) error {
	l := ByFile(file)
	if l == nil {
		return fmt.Errorf("no grammar for %s", file)
	}
	if l.perilous(src) {
		return errPerilous
	}
	grammar := of(l.Files, file)
	if other := of(l.Else, file); other != "" && l.mark.Match(src) {
		grammar = other
	}
	parser := sitter.NewParser()
	defer parser.Close()
	parser.SetLanguage(grammars[grammar]())
	bounded, release := withBudget(ctx, len(src))
	defer release()
	tree, err := parser.ParseCtx(bounded, nil, l.withoutMacros(src))
	if err == nil {
		defer tree.Close()
		err = use(bounded, l, grammar, tree.RootNode())
	}
	if err == nil || bounded.Err() == nil {
		return err
	}
	if ctx.Err() == nil {
		return ErrStuck
	}
	return ctx.Err()
}

// withoutMacros is src with what the language's macros match blanked out, except on the lines that define
// macros.
func (l *Language) withoutMacros(src []byte) []byte {
	copied := false
	for _, re := range l.macros {
		for _, m := range re.FindAllSubmatchIndex(src, -1) {
			if isDirective(src, m[0]) {
				continue
			}
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

// isDirective reports whether the line of an offset begins with "#", as the preprocessor's directives do.
func isDirective(src []byte, at int) bool {
	line := src[bytes.LastIndexByte(src[:at], '\n')+1:]
	return bytes.HasPrefix(bytes.TrimLeft(line, " \t\r\n"), []byte("#"))
}

// collect reads the declarations that a query finds, but for those that are too deep. The
// error is that of ctx.
func collect(
	ctx context.Context,
	l *Language,
	q *sitter.Query,
	grammar string,
	root *sitter.Node,
	src []byte,
	deep *nesting,
) ([]raw, error) {
	cur := sitter.NewQueryCursor()
	defer cur.Close()
	cur.Exec(q, root)
	var out []raw
	for {
		qm, ok := cur.NextMatch()
		if !ok {
			break
		}
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		qm = cur.FilterPredicates(qm, src)
		if len(qm.Captures) == 0 {
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
		if m.node != nil && !deep.leaves(m.node) {
			out = append(out, l.read(m)...)
		}
		if len(out) > 2*maxDeclared { // several may name one
			break
		}
	}
	inOrder(out)
	if rules[l.folder].read == nil { // the first pattern that names a declaration wins
		out = slices.CompactFunc(out,
			func(a, b raw) bool { return a.Def == b.Def && a.Name == b.Name && a.open == b.open })
	}
	return out, nil
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
		for _, c := range children(n) {
			walk(c)
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

func isAny(n *sitter.Node, types ...string) bool {
	return n != nil && slices.Contains(types, n.Type())
}

// ancestor is the nearest node above n of one of the types.
func ancestor(n *sitter.Node, types ...string) *sitter.Node {
	for n = n.Parent(); n != nil && !isAny(n, types...); n = n.Parent() {
	}
	return n
}
