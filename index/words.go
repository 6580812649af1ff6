package index

import (
	"hash/maphash"
	"slices"

	"lanser/index/syntax"
	"lanser/selectors/text"
)

// words is the set of the identifiers of a file, or a few more: a Bloom filter (B. H.
// Bloom, Space/time trade-offs in hash coding with allowable errors, 1970). It spares
// the reading of files that do not hold a word; nil says nothing.
type words []uint64

const (
	// scansForWords is how often a file is looked through before its words are noted:
	// to note them takes longer than to look for one.
	scansForWords = 2
	bitsPerWord   = 12
	probes        = 6
)

var wordSeed = maphash.MakeSeed()

// wordsOf returns the set of the words of a file, see [text.WordAt] for also.
func wordsOf(src []byte, also string) words {
	var hashes []uint64
	for rest := src; len(rest) > 0; {
		n := text.WordLen(rest, also)
		if n > 0 {
			hashes = append(hashes, maphash.Bytes(wordSeed, rest[:n]))
		}
		rest = rest[max(n, 1):]
	}
	slices.Sort(hashes)
	hashes = slices.Compact(hashes)
	w := make(words, len(hashes)*bitsPerWord/64+1)
	for _, h := range hashes {
		w.eachBit(h, func(word *uint64, bit uint64) bool { *word |= bit; return true })
	}
	return w
}

// mayHold is false only if the file, in whose language also are word characters, does not hold
// the word.
func (w words) mayContain(word, also string) bool {
	return w == nil || !text.IsWord(word, also) ||
		w.eachBit(maphash.String(wordSeed, word), func(word *uint64, bit uint64) bool { return *word&bit != 0 })
}

// each calls is with the bits of a hash until it is false.
func (w words) eachBit(h uint64, is func(word *uint64, bit uint64) bool) bool {
	n := uint64(len(w)) * 64
	for step, i := h>>32|1, 0; i < probes; i++ {
		at := h % n
		if !is(&w[at/64], 1<<(at%64)) {
			return false
		}
		h += step
	}
	return true
}

// WordAt returns the word of a file at a byte offset, as the file's language delimits words, ""
// for none.
func WordAt(path string, c *text.Content, offset int) string {
	return c.Slice(text.WordAt(c.Bytes(), offset, syntax.WordChars(path)))
}
