//go:build cgo

package syntax

import (
	"context"
	"encoding/binary"
	"fmt"
	"math"
	"slices"
	"sort"
	"strings"
	"sync"

	sitter "github.com/smacker/go-tree-sitter"

	"lanser/index/store"
)

// Class distinguishes code from comments and text.
type Class string

// The classes.
const (
	Code    Class = "code"
	Comment Class = "comment"
	String  Class = "string"
	Markup  Class = "markup" // the text of an element, as in <p>text</p> of JSX
)

// ClassesVersion is the version of the content of [Classes] and of the format in which they are stored.
//
//	1: varints: gap, length and class of each stretch that is not code
//	2: macros between strings are code
//	3: C and C++ are classified without a tree
//	4: the text of elements of JSX
const ClassesVersion = 4

// Classes says of every byte of a file which class it has. The expressions that a string interpolates are code.
type Classes struct {
	stretches []stretch // the comments and texts, in order and disjoint; the rest is code
}

// stretch is a range of bytes of one class.
type stretch struct {
	start, end int // byte offsets
	class      Class
}

// Classify returns the classes of a file. The error is that of [Parse], or it says that the file must not be parsed.
func Classify(ctx context.Context, file string, src []byte) (c Classes, err error) {
	if l := ByFile(file); l != nil && l.Scheme == "cpp" {
		return Classes{stretches: classifyC(src)}, nil
	}
	err = parse(ctx, file, src, func(_ context.Context, _ *Language, grammar string, root *sitter.Node) error {
		q, err := classQuery(grammar)
		if err != nil {
			return err
		}
		c.stretches = flatten(classNodes(q, root))
		return nil
	})
	return c, err
}

// At returns the class of the byte at an offset.
func (c Classes) At(offset int) Class {
	i := sort.Search(len(c.stretches), func(i int) bool { return c.stretches[i].end > offset })
	if i < len(c.stretches) && c.stretches[i].start <= offset {
		return c.stretches[i].class
	}
	return Code
}

// classOf returns the class of the bytes in a node of the given type, "" if they have the class of the node around it.
// The grammars have no common names for comments and strings, but their names have common parts. The result is always
// the same for a type, so that a query can select the nodes.
func classOf(kind string) Class {
	has := func(parts ...string) bool {
		return slices.ContainsFunc(parts, func(p string) bool { return strings.Contains(kind, p) })
	}
	switch {
	case has("comment"):
		return Comment
	case has("interpolation", "substitution", "expansion"):
		return Code
	case kind == "jsx_text" || kind == "html_character_reference":
		return Markup
	case kind == "concatenated_string": // C has macros between the strings
		return Code
	case strings.HasSuffix(kind, "_type"): // the name of a type, not a string
	case has("string", "heredoc", "regex") || strings.HasPrefix(kind, "char"):
		return String
	}
	return ""
}

var classQueries sync.Map // grammar → func() (*sitter.Query, error)

// classQuery captures every node of a grammar that has a class.
func classQuery(grammar string) (*sitter.Query, error) {
	once, _ := classQueries.LoadOrStore(grammar, sync.OnceValues(func() (*sitter.Query, error) {
		lang := grammars[grammar]()
		var patterns []string
		for i := range lang.SymbolCount() {
			kind := lang.SymbolName(sitter.Symbol(i))
			if lang.SymbolType(sitter.Symbol(i)) != sitter.SymbolTypeRegular || classOf(kind) == "" {
				continue
			}
			p := fmt.Sprintf("(%s) @x\n", kind)
			q, err := sitter.NewQuery([]byte(p), lang) // fails for a kind that no tree contains
			if err == nil && !slices.Contains(patterns, p) {
				q.Close()
				patterns = append(patterns, p)
			}
		}
		return sitter.NewQuery([]byte(strings.Join(patterns, "")), lang)
	}))
	return once.(func() (*sitter.Query, error))()
}

// classNodes lists the nodes that have a class, outer ones first.
func classNodes(q *sitter.Query, root *sitter.Node) (out []stretch) {
	cur := sitter.NewQueryCursor()
	defer cur.Close()
	cur.Exec(q, root)
	for m, ok := cur.NextMatch(); ok; m, ok = cur.NextMatch() {
		for _, c := range m.Captures {
			s := span(c.Node)
			out = append(out, stretch{start: s.Start, end: s.End, class: classOf(c.Node.Type())})
		}
	}

	slices.SortStableFunc(out, func(a, b stretch) int {
		if a.start != b.start {
			return a.start - b.start
		}
		return b.end - a.end
	})
	return out
}

// flatten makes nested stretches disjoint: the innermost counts, but everything in a comment is comment. Stretches of
// code are left out. nested is sorted, outer ones first; the result is sorted.
func flatten(nested []stretch) (out []stretch) {
	var open []stretch // the stretches that contain the offset at, outer ones first
	at := 0
	emit := func(to int) {
		if n := len(open); n > 0 && to > at && open[n-1].class != Code {
			last := len(out) - 1
			if last >= 0 && out[last].end == at && out[last].class == open[n-1].class {
				out[last].end = to
			} else {
				out = append(out, stretch{start: at, end: to, class: open[n-1].class})
			}
		}
		at = max(at, to)
	}

	closeUntil := func(to int) {
		for len(open) > 0 && open[len(open)-1].end <= to {
			emit(open[len(open)-1].end)
			open = open[:len(open)-1]
		}
	}

	for _, s := range nested {
		closeUntil(s.start)
		emit(s.start)
		if n := len(open); n > 0 && open[n-1].class == Comment {
			s.class = Comment
		}
		open = append(open, s)
	}

	closeUntil(math.MaxInt)
	return out
}

// storedClasses are the classes of stretches, as they are stored.
var storedClasses = []Class{String, Comment, Markup}

// Append appends the encoded classes to b. [DecodeClasses] reads them. A stretch is two numbers: its distance
// from the end of the previous one, and its length in bytes, shifted by two bits for the class, an index of
// [storedClasses].
func (c Classes) Append(b []byte) []byte {
	at := 0
	for _, s := range c.stretches {
		b = binary.AppendUvarint(b, uint64(s.start-at))
		class := slices.Index(storedClasses, s.class)
		b = binary.AppendUvarint(b, uint64(s.end-s.start)<<2|uint64(class))
		at = s.end
	}
	return b
}

// DecodeClasses decodes what [Classes.Append] encoded. ok is false for other bytes.
func DecodeClasses(b []byte) (c Classes, ok bool) {
	const most = 1 << 40 // far larger than a file, and small enough that no sum overflows
	at := 0
	for d := store.NewDecoder(b); d.Len() > 0; {
		gap, size := d.Uint(), d.Uint()
		class := int(size & 3)
		if d.Failed() || gap > most || size > most || class >= len(storedClasses) {
			return c, false
		}
		s := stretch{start: at + int(gap), end: at + int(gap) + int(size>>2), class: storedClasses[class]}
		at = s.end
		c.stretches = append(c.stretches, s)
	}
	return c, true
}
