package selectors

import (
	"hash/fnv"
	"slices"
)

// Winnowing (Schleimer, Wilkerson and Aiken, "Winnowing: local algorithms for
// document fingerprinting", 2003) with the paper's k and w: of each window of
// winnowW consecutive k-grams, the one with the smallest hash is kept.
const (
	winnowK = 7 // tokens, or characters of an anchor, in a k-gram
	winnowW = 4 // k-grams in a window
)

// HashBytes is the hash of a token: 64-bit FNV-1a.
func HashBytes(b []byte) uint64 {
	h := fnv.New64a()
	h.Write(b) // never fails
	return h.Sum64()
}

// winnow is the set of kept k-gram hashes of a sequence, sorted. A sequence
// shorter than k is one gram.
func winnow(tokens []uint64, k, w int) []uint64 {
	if len(tokens) == 0 {
		return nil
	}
	k = min(k, len(tokens))
	grams := make([]uint64, len(tokens)-k+1)
	for i := range grams {
		h := uint64(14695981039346656037)
		for _, t := range tokens[i : i+k] {
			h = (h ^ t) * 1099511628211
			h ^= h >> 29
		}
		grams[i] = h
	}

	w = min(w, len(grams))
	var out []uint64
	for i := 0; i+w <= len(grams); i++ {
		out = append(out, slices.Min(grams[i:i+w]))
	}
	slices.Sort(out)
	return slices.Compact(out)
}

// common is the size of the intersection of two sorted sets.
func common(a, b []uint64) (n int) {
	for i, j := 0, 0; i < len(a) && j < len(b); {
		switch {
		case a[i] < b[j]:
			i++
		case a[i] > b[j]:
			j++
		default:
			n, i, j = n+1, i+1, j+1
		}
	}
	return n
}

// jaccard is the similarity of two sorted sets in [0,1]; two empty sets are
// equal.
func jaccard(a, b []uint64) float64 {
	both := common(a, b)
	if all := len(a) + len(b) - both; all > 0 {
		return float64(both) / float64(all)
	}
	return 1
}

// Fingerprint is what is compared to find a declaration again under another name
// or in another file: its code without its own name, comments and formatting
// (spec section 2, "body fingerprint").
type Fingerprint struct {
	Whole  uint64   // over all tokens
	Tokens int      // how many there are
	Grams  []uint64 // winnowed
}

// NewFingerprint is the fingerprint of a sequence of hashed tokens.
func NewFingerprint(tokens []uint64) Fingerprint {
	whole := winnow(tokens, max(1, len(tokens)), 1)
	f := Fingerprint{Tokens: len(tokens), Grams: winnow(tokens, winnowK, winnowW)}
	if len(whole) > 0 {
		f.Whole = whole[0]
	}
	return f
}

// Like is the similarity of two fingerprints in [0,1].
func (f Fingerprint) Like(o Fingerprint) float64 {
	if f.Whole == o.Whole && f.Tokens == o.Tokens {
		return 1
	}
	return jaccard(f.Grams, o.Grams)
}
