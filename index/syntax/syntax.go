//go:build cgo

// Package syntax parses source files. It is the only package that imports go-tree-sitter. [Parse] returns the
// declarations of a file with byte ranges; no part of the tree outlives the call.
//
// # Languages
//
// A language is a folder below languages/. Its language.json names the grammar of each kind of file and the
// meaning of the query's captures ([Language]), outline.scm is the query that captures declarations, and a
// fixture with its golden outline is the test. Four languages also need code in Go, for rules that a query
// cannot express (c.go, golang.go, python.go, typescript.go).
//
// A declaration belongs to the innermost declaration whose inner range (its body, type or initialiser) contains
// it.
//
// # Promises
//
// Any bytes can be parsed. If the grammar does not understand a part of a file, the outline contains the other
// parts, and Errors the ranges that were not understood. Such an error does not mean that the code is wrong,
// because grammars are older than the current versions of their languages. Constructs that are known to be newer are
// read around, where that leaves fewer errors (Unread).
//
// The work, the depth of nesting and the number of declarations are bounded; Skipped states what an outline lacks
// for that reason. A file that might overrun a buffer of a grammar's C code is not parsed at all (overflow.go).
//
// The functions are safe for concurrent use: each call makes its own parser, tree and cursors. The package does
// not read files.
package syntax

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	sitter "github.com/smacker/go-tree-sitter"

	"lanser/selectors"
	"lanser/selectors/lazyregexp"
	"lanser/selectors/text"
)

// Symbol is one declaration of a file.
type Symbol struct {
	Text string // the declared name; a synthetic one if the declaration has none
	Kind selectors.Kind
	// Name is the range of the name, whose position is sent to a language server. It is empty, at the start of
	// the declaration, if there is no name.
	Name text.Span
	// The ranges of the roles. Def is never empty; each of the others is empty if the declaration lacks the part.
	Def, Sig, Body, Doc text.Span
	Parent              int  // index of the enclosing symbol, or -1
	Function            bool // its inside is local to a function body
	Alias               bool // an import or re-export: names something declared elsewhere
	// Member is true for a field of the objects that a function makes, which is not local to the function: jobs in
	// function Queue() { this.jobs = [] }. So is a field of a class that a method declares.
	Member bool
	// Merge is a key: declarations with the same name and scope and the same key are one symbol in the language
	// (spec section 2), such as the overloads of a TypeScript function. "" merges with none.
	Merge string
	// Main ranks the declarations of one symbol. The one with the highest rank is the implementation.
	Main int
	// Owner is the path of the type or namespace that the declaration belongs to, relative to the parent. That
	// type may be declared in another file: a Go method's receiver, C++'s ns::Pool::get, Rust's impl.
	Owner []string
	// Link is a key that the prototypes of a function and its definition share, which may be in different
	// files. "" for a declaration without such a counterpart.
	Link string
}

// LinkInFile ends the Link of a declaration whose counterparts are all in its file.
const LinkInFile = " in its file"

// FeatureVersion is the version of the rules by which an outline is made from a file. Stored outlines of another
// version are not used.
//
//	1: the first that was stored
//	2: names without the white space before them
//	3: anonymous functions and classes are named where they are bound, keys without their quotes
//	4: the variables of a `var (…)` group in Go; `type (T int)` on one line is a group too
//	5: the name of a macro of C in capitals, whose value is a call
//	6: a header is C++ by its operators, and where only that grammar understands all of it
//	7: newer grammars of Go, Rust and C++: fields of C++ that have an initialiser; syntax that no grammar here reads
//	8: names and macros of C and C++ that the grammar stumbles over
//	9: what a namespace of C++ without a name declares belongs to its file
//	10: syntax of Go 1.26, TypeScript, Python, Rust, Java, C23, C++, C#, Kotlin, Lua, PHP and Bash that no grammar
//	   here reads, also if it is only read around near an error; the module that "global" extends
//	11: a function expression with a name that is assigned to a member is that member
//	12: a comment among the parameters of a function of C++ is no type
//	13: the name of a function of C++ that converts to a type ends before its parameters
//	14: members of classes that calls of Python's library make, such as namedtuple("Point", "x y")
//	15: members of types that are written out as the type of a member, in TypeScript
//	16: fields of JavaScript that assignments to this declare
//	17: types of JavaScript that documentation comments declare
//	18: { name: name } of JavaScript is one symbol with the variable name
//	19: an enumeration of C whose members a macro lists
//	20: export { name } of TypeScript is one symbol with what it names
const FeatureVersion = 20

// Outline lists the declarations of a file in source order, parents first.
type Outline struct {
	Symbols []Symbol
	Errors  []text.Span // the ranges that the grammar did not understand; at most MaxErrors
	// Skipped is the reason why the file was not parsed, or the part of it that is not listed; "" for a
	// complete outline.
	Skipped string
}

// MaxErrors bounds the ranges in Outline.Errors.
const MaxErrors = 20

// raw is a declaration before nesting.
type raw struct {
	Symbol
	node  *sitter.Node
	inner text.Span // the range in which further declarations belong to this one
	// scope is the node of the declaration that this one belongs to, if that is not the innermost around it; nil
	// otherwise.
	scope *sitter.Node
	typed bool // it has a type annotation (Python)
	// open is true if it declares nothing itself, such as Rust's impl: the declarations inside belong to the
	// parent, with its Owner.
	open bool
	top  bool // listed only outside functions
	gone bool // a local that is not listed: the declarations inside belong to the surrounding one
}

// match is one match of a language's query, by capture name.
type match struct {
	kind string                  // the name of the capture of the declaration
	node *sitter.Node            // of that capture
	part map[string]*sitter.Node // the other captures, by the names in parts
	src  []byte
	// grammar is the name of the grammar of the file.
	grammar string
	file    string // the name of the file
}

// parts are the captures of parts of a declaration. All other captures are of declarations.
var parts = []string{"name", "body", "inner", "pattern", "typed", "params"}

// Parse returns the outline of a file. The name determines the language. An error means that the language has no
// outlines, that ctx was cancelled, or [ErrStuck].
func Parse(ctx context.Context, file string, src []byte) (*Outline, error) {
	if why := Unparsable(src); why != "" && ByFile(file) != nil {
		return &Outline{Skipped: why}, nil
	}
	var out *Outline
	err := parseAs(ctx, file, src, func(ctx context.Context, l *Language, r reading, root *sitter.Node) error {
		out = &Outline{}
		if int(root.ChildCount()) > 4*maxDeclared {
			out.Skipped = tooMany
			return nil
		}
		out.Errors = errorSpans(root, MaxErrors)

		var rs []raw
		deep := nesting{left: map[uintptr]bool{}}
		if l.walk != nil {
			rs = l.walk(root, src)
		} else {
			q, err := l.query(r.grammar)
			if err != nil {
				return err
			}
			whole := &match{src: src, grammar: r.grammar, file: file}
			rs, err = collect(ctx, l, q, whole, root, &deep)
			if err != nil {
				return err
			}
		}

		inOrder(rs)
		if l.finish != nil {
			rs = l.finish(src, rs)
		}

		out.Symbols = nest(l, rs, deep.left)
		if len(deep.left) > 0 || r.isCut {
			out.Skipped = tooDeep
		}
		if len(out.Symbols) > maxDeclared {
			out.Symbols, out.Skipped = out.Symbols[:maxDeclared], tooMany
		}
		return nil
	})
	if errors.Is(err, errOverflow) {
		return &Outline{Skipped: unreadable}, nil
	}
	return out, err
}

// IsBinary reports whether content is not text. As git does, it looks for a byte 0 in the first 8,000 or so.
func IsBinary(src []byte) bool { return bytes.IndexByte(src[:min(len(src), 8<<10)], 0) >= 0 }

// Unparsable returns the reason why content is not parsed: "binary" or "minified"; "" if it is.
func Unparsable(src []byte) string {
	if IsBinary(src) {
		return "binary"
	}
	if len(src) >= 20<<10 && len(src)/(bytes.Count(src, []byte("\n"))+1) > 500 {
		return "minified"
	}
	return ""
}

// generatedMark matches a line that marks a file as generated, in the form of go.dev/s/generatedcode or with
// @generated, which many other tools use.
var generatedMark = lazyregexp.New(`(?m)^\W*(?:Code generated .* DO NOT EDIT\.?|.*@generated\b.*)$`)

// Generated reports whether a comment near the top of the file says that a program wrote it. Generated files are
// parsed like others, because other code refers to them.
func Generated(src []byte) bool { return generatedMark.Match(src[:min(len(src), 4<<10)]) }

// ErrStuck is returned for a file that the grammar does not finish within its budget of work (budget.go): there
// are inputs for which its recovery from errors does not end. Callers must not cache this result, because the
// budget is processor time, and the next attempt may succeed.
var ErrStuck = errors.New("the grammar does not come to an end with it")

// parse calls use with the tree of a file, which is valid during the call. The context of use ends when the budget
// of work is spent.
func parse(
	ctx context.Context,
	file string,
	src []byte,
	use func(ctx context.Context, l *Language, grammar string, root *sitter.Node) error,
) error {
	return parseAs(ctx, file, src, func(ctx context.Context, l *Language, r reading, root *sitter.Node) error {
		return use(ctx, l, r.grammar, root)
	})
}

// parseAs is parse, and tells use the reading that the tree has.
func parseAs(
	ctx context.Context,
	file string,
	src []byte,
	use func(context.Context, *Language, reading, *sitter.Node) error,
) error {
	l := ByFile(file)
	if l == nil {
		return fmt.Errorf("no grammar for %s", file)
	}
	if l.mayOverflow(src) {
		return errOverflow
	}
	grammar, other := of(l.Files, file), of(l.Else, file)

	bounded, release := withBudget(ctx, len(src))
	defer release()
	tree, r, err := l.treeOf(bounded, grammar, other, src)
	if err == nil {
		defer tree.Close()
		err = use(bounded, l, r, tree.RootNode())
	}

	if err == nil || bounded.Err() == nil {
		return err
	}
	if ctx.Err() == nil {
		return ErrStuck
	}
	return ctx.Err()
}

// parseBy returns the tree of a file by a grammar. The caller closes it.
func parseBy(ctx context.Context, grammar string, src []byte) (*sitter.Tree, error) {
	parser := sitter.NewParser()
	defer parser.Close()
	parser.SetLanguage(grammars[grammar]())
	return parser.ParseCtx(ctx, nil, src)
}

// cleaner returns the tree of a file by another grammar if that understands all of it, as a header of C++ that
// nothing marks as one; else the given tree, which has errors. It closes the tree that it does not return.
func cleaner(
	ctx context.Context, tree *sitter.Tree, grammar, other string, src []byte,
) (*sitter.Tree, string, error) {
	second, err := parseBy(ctx, other, src)
	if err != nil {
		tree.Close()
		return nil, "", err
	}
	if second.RootNode().HasError() {
		second.Close()
		return tree, grammar, nil
	}
	tree.Close()
	return second, other, nil
}

// withoutMacros returns src with blanks in place of what the language's macros match, except on lines that define
// macros.
func (l *Language) withoutMacros(src []byte) []byte {
	copied := false
	for _, re := range l.macros {
		for _, m := range re.FindAllSubmatchIndex(src, -1) {
			typ := 2 * max(re.SubexpIndex("type"), 0) // 0 is the whole match, which is no specifier
			if isDirective(src, m[0]) || specifier.Match(src[m[typ]:m[typ+1]]) {
				continue
			}
			if !copied {
				src, copied = bytes.Clone(src), true
			}
			for g := 2; g+1 < len(m); g += 2 {
				if g == typ {
					continue
				}
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

// specifier matches a word of C and C++ that precedes a type (C23, 6.7).
var specifier = lazyregexp.New(`^(?:static|extern|inline|const|constexpr|volatile|register|typedef|virtual|friend|` +
	`explicit|_Noreturn|_Thread_local|thread_local|return|else)$`)

// isDirective reports whether the line of an offset begins with "#", as the preprocessor's directives do.
func isDirective(src []byte, at int) bool {
	line := src[bytes.LastIndexByte(src[:at], '\n')+1:]
	return bytes.HasPrefix(bytes.TrimLeft(line, " \t\r\n"), []byte("#"))
}

// collect returns the declarations that a query finds, without those that are nested too deeply. whole is a match
// without nodes. The error is that of ctx.
func collect(
	ctx context.Context,
	l *Language,
	q *sitter.Query,
	whole *match,
	root *sitter.Node,
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
		qm = cur.FilterPredicates(qm, whole.src)
		if len(qm.Captures) == 0 {
			continue
		}
		m := &match{part: map[string]*sitter.Node{}, src: whole.src, grammar: whole.grammar, file: whole.file}
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

// span returns the range of a node in bytes, the empty one at 0 for nil.
func span(n *sitter.Node) text.Span {
	if n == nil {
		return text.Span{}
	}
	return text.Span{Start: int(n.StartByte()), End: int(n.EndByte())}
}

// isAny reports whether a node has one of the types; false for nil.
func isAny(n *sitter.Node, types ...string) bool {
	return n != nil && slices.Contains(types, n.Type())
}

// ancestor returns the nearest node above n that has one of the types.
func ancestor(n *sitter.Node, types ...string) *sitter.Node {
	for n = n.Parent(); n != nil && !isAny(n, types...); n = n.Parent() {
	}
	return n
}
