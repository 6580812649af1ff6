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

// The parameters of the filter: with 12 bits and 6 probes for each word, about one in 270 of the words that a
// file does not contain seems to be in it.
const (
	// scansForWords is the number of scans of a file after which its words are collected: collecting them
	// takes longer than searching for one.
	scansForWords = 2
	bitsPerWord   = 12
	probes        = 6
)

// wordSeed is the seed of all sets. It differs between runs, so sets are not stored.
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
		w.eachBit(h, func(word *uint64, bit uint64) bool {
			*word |= bit
			return true
		})
	}
	return w
}

// mayContain returns false only if the file certainly does not contain the word; also holds the additional
// word characters of the file's language.
func (w words) mayContain(word, also string) bool {
	return w == nil || !text.IsWord(word, also) ||
		w.eachBit(maphash.String(wordSeed, word), func(word *uint64, bit uint64) bool { return *word&bit != 0 })
}

// eachBit calls visit with the bits of a hash until it returns false, and reports whether it never did. The
// positions are an arithmetic progression, made of one hash (A. Kirsch and M. Mitzenmacher, Less hashing,
// same performance, 2006).
func (w words) eachBit(hash uint64, visit func(word *uint64, bit uint64) bool) bool {
	size := uint64(len(w)) * 64
	step := hash>>32 | 1
	for range probes {
		position := hash % size
		if !visit(&w[position/64], 1<<(position%64)) {
			return false
		}
		hash += step
	}
	return true
}

// WordAt returns the word of a file at a byte offset, as the file's language delimits words; "" if there is
// none.
func WordAt(path string, c *text.Content, offset int) string {
	return c.Slice(text.WordAt(c.Bytes(), offset, syntax.WordChars(path)))
}
