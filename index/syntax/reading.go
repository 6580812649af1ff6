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

// maxReadings bounds the size in bytes of the texts of half of the readings that are remembered.
const maxReadings = 8 << 20

// readings remembers the readings of the files that were read last.
var readings recentReadings

// recentReadings remembers readings in two halves: when one is full, it takes the place of the older one.
type recentReadings struct {
	mu          sync.Mutex
	size        int // of the new half, in bytes
	recent, old map[readingOf]reading
}

// get returns a reading that is remembered.
func (s *recentReadings) get(of readingOf) (reading, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if r, ok := s.recent[of]; ok {
		return r, true
	}
	r, ok := s.old[of]
	if ok {
		s.add(of, r)
	}
	return r, ok
}

// put remembers a reading.
func (s *recentReadings) put(of readingOf, r reading) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if _, ok := s.recent[of]; !ok {
		s.add(of, r)
	}
}

// add remembers a reading in the new half. The caller holds s.mu.
func (s *recentReadings) add(of readingOf, r reading) {
	const entry = 256 // bytes, of a key and what the map takes for it
	s.size += entry + len(r.text)
	if s.size > maxReadings || s.recent == nil {
		s.size, s.old, s.recent = entry+len(r.text), s.recent, map[readingOf]reading{}
	}
	s.recent[of] = r
}
