//go:build cgo

package syntax

import (
	"bytes"
	"context"
	"crypto/sha256"
	"sync"

	sitter "github.com/smacker/go-tree-sitter"
)

// reading is how the text of a file is given to a grammar, so that the tree has the fewest errors. To find it takes
// several trees and many searches; a file of which several questions are asked has the same reading for all.
type reading struct {
	grammar string
	// text is the file's text with blanks or other words in place of what the grammar cannot read; nil if nothing is
	// replaced.
	text []byte
	// isCut is true if what is nested deeper than maxDepth was replaced by blanks.
	isCut bool
}

// tree returns the tree of a file that has this reading. The caller closes it.
func (r reading) tree(ctx context.Context, src []byte) (*sitter.Tree, error) {
	if r.text != nil {
		src = r.text
	}
	return parseBy(ctx, r.grammar, src)
}

// treeOf returns the tree of a file by a grammar or by the other one, and its reading, from what is remembered if it
// can. The caller closes the tree.
func (l *Language) treeOf(ctx context.Context, grammar, other string, src []byte) (*sitter.Tree, reading, error) {
	key := readingOf{grammar: grammar, other: other, digest: sha256.Sum256(src)}
	var r reading
	isKnown := readings.use(key, func(known reading) { r = known })
	var tree *sitter.Tree
	if isKnown && trees.use(key, func(t *sitter.Tree) { tree = t.Copy() }) {
		return tree, r, nil
	}

	var err error
	if isKnown {
		tree, err = r.tree(ctx, src)
	} else {
		tree, r, err = l.firstTree(ctx, grammar, other, src)
	}
	if err != nil {
		return nil, reading{}, err
	}
	readings.put(key, r, len(r.text))
	trees.put(key, tree.Copy(), len(src))
	return tree, r, nil
}

// firstTree returns the tree of a file by a grammar, or by the other one if the file is marked as of that or has no
// errors then, and its reading. The caller closes the tree.
func (l *Language) firstTree(ctx context.Context, grammar, other string, src []byte) (*sitter.Tree, reading, error) {
	if other != "" && l.mark.Match(src) {
		grammar, other = other, ""
	}
	readable := l.withoutMacros(src)
	tree, err := parseBy(ctx, grammar, readable)
	if err == nil && other != "" && tree.RootNode().HasError() {
		tree, grammar, err = cleaner(ctx, tree, grammar, other, readable)
	}
	if err == nil && len(l.Unread) > 0 && tree.RootNode().HasError() {
		tree, readable, err = l.withUnread(ctx, tree, grammar, readable)
	}
	if err != nil {
		return nil, reading{}, err
	}
	r := reading{grammar: grammar}
	deep := deepSpans(tree.RootNode())
	if len(deep) > 0 {
		tree.Close()
		readable, r.isCut = blanked(readable, deep), true
		tree, err = parseBy(ctx, grammar, readable)
		if err != nil {
			return nil, reading{}, err
		}
	}
	if !bytes.Equal(readable, src) {
		r.text = readable
	}
	return tree, r, nil
}

// readingOf identifies a text, and the grammars by which it may be read.
type readingOf struct {
	grammar, other string
	digest         [sha256.Size]byte
}

// maxReadings and maxTrees bound, in bytes, the texts of half of the readings and the files of half of the trees that
// are remembered. A tree takes about 25 times as much as its file.
const (
	maxReadings = 8 << 20
	maxTrees    = 1 << 19
)

// readings and trees remember the readings and the trees of the files that were read last. Goroutines may read copies
// of one tree at the same time, so each question gets a copy.
var (
	readings = recent[reading]{max: maxReadings}
	trees    = recent[*sitter.Tree]{max: maxTrees, drop: (*sitter.Tree).Close}
)

// Forget drops the readings and the trees that are remembered. It is safe to call while files are read.
func Forget() {
	readings.forget()
	trees.forget()
}

// recent remembers what was computed of files, in two halves: when one is full, it takes the place of the older one.
type recent[T any] struct {
	max  int     // the bound of a half, in bytes
	drop func(T) // called for what is forgotten, if it is not nil

	mu       sync.Mutex
	size     int // of the new half, in bytes
	new, old map[readingOf]sized[T]
}

// sized is a value, and how much it counts in bytes.
type sized[T any] struct {
	value T
	size  int
}

// use calls f with what is remembered of a file, and reports whether something is. It is not dropped during the call.
func (r *recent[T]) use(of readingOf, f func(T)) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	v, ok := r.new[of]
	if !ok {
		v, ok = r.old[of]
		if !ok {
			return false
		}
		delete(r.old, of)
		r.add(of, v)
	}
	f(v.value)
	return true
}

// put remembers a value of a file, which counts size bytes. A value that is too large, and one of a file of which a
// value is remembered, is dropped.
func (r *recent[T]) put(of readingOf, value T, size int) {
	const entry = 256 // bytes, of a key and what the map takes for it
	size += entry
	r.mu.Lock()
	defer r.mu.Unlock()
	_, inNew := r.new[of]
	_, inOld := r.old[of]
	if size <= r.max && !inNew && !inOld {
		r.add(of, sized[T]{value: value, size: size})
	} else if r.drop != nil {
		r.drop(value)
	}
}

// add remembers a value in the new half. The caller holds r.mu.
func (r *recent[T]) add(of readingOf, v sized[T]) {
	r.size += v.size
	if r.size > r.max || r.new == nil {
		r.turn()
		r.size = v.size
	}
	r.new[of] = v
}

// turn makes the new half the old one, and drops the old one. The caller holds r.mu.
func (r *recent[T]) turn() {
	if r.drop != nil {
		for _, o := range r.old {
			r.drop(o.value)
		}
	}
	r.size, r.old, r.new = 0, r.new, map[readingOf]sized[T]{}
}

// forget drops all values.
func (r *recent[T]) forget() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.turn()
	r.turn()
}
