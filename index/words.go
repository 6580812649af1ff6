package index

import (
	"hash/maphash"
	"slices"

	"lanser/index/syntax"
	"lanser/selectors/text"
)

// words is a set that contains the identifiers of a file, and possibly a few others: a Bloom filter (B. H.
// Bloom, Space/time trade-offs in hash coding with allowable errors, 1970). With it, files that do not
// contain a word need not be read; a nil set may contain anything.
type words []uint64

const (
	// scansForWords is the number of scans of a file after which its words are collected: collecting them
	// takes longer than searching for one.
	scansForWords = 2
	bitsPerWord   = 12
	probes        = 6
)

var wordSeed = maphash.MakeSeed()

// wordsOf returns the set of the words of a file. also is explained at [text.WordAt].
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

// mayContain returns false only if the file certainly does not contain the word; also holds the additional
// word characters of the file's language.
func (w words) mayContain(word, also string) bool {
	return w == nil || !text.IsWord(word, also) ||
		w.eachBit(maphash.String(wordSeed, word), func(word *uint64, bit uint64) bool { return *word&bit != 0 })
}

// eachBit calls is with the bits of a hash until it returns false.
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

// WordAt returns the word of a file at a byte offset, as the file's language delimits words; "" if there is
// none.
func WordAt(path string, c *text.Content, offset int) string {
	return c.Slice(text.WordAt(c.Bytes(), offset, syntax.WordChars(path)))
}
