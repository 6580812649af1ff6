//go:build cgo

package syntax

import (
	"encoding/binary"
	"errors"

	"lanser/index/store"
	"lanser/selectors"
	"lanser/selectors/text"
)

// FormatVersion is the version of the format in which outlines are stored.
//
//	1: varints; a string has its length before it, and when it recurs is replaced by its number
const FormatVersion = 1

// Append appends the encoded outline to b. [DecodeOutline] reads it. Offsets are relative to the declaration before,
// so that most numbers take one byte.
func (o *Outline) Append(b []byte) []byte {
	w := encoder{b: b, seen: map[string]uint64{}}
	w.num(len(o.Errors))
	for _, s := range o.Errors {
		w.span(s, 0)
	}

	w.str(o.Skipped)
	w.num(len(o.Symbols))
	at := 0
	for i, s := range o.Symbols {
		w.str(s.Text)
		w.str(string(s.Kind))
		w.span(s.Def, at)
		at = s.Def.Start
		for _, part := range []text.Span{s.Name, s.Sig, s.Body, s.Doc} {
			w.span(part, at)
		}

		w.num(i - s.Parent)
		flags := 0
		if s.Function {
			flags |= flagFunction
		}
		if s.Alias {
			flags |= flagAlias
		}
		if s.Member {
			flags |= flagMember
		}
		w.num(flags)
		w.num(s.Main)
		w.str(s.Merge)
		w.str(s.Link)
		w.num(len(s.Owner))
		for _, part := range s.Owner {
			w.str(part)
		}
	}

	return w.b
}

// The bits of a symbol's flags.
const (
	flagFunction = 1 << iota
	flagAlias
	flagMember
)

// encoder writes an outline.
type encoder struct {
	b    []byte
	seen map[string]uint64 // string → its number, from 1 on in the order in which the strings first occurred
}

// num writes a number.
func (w *encoder) num(n int) { w.b = binary.AppendVarint(w.b, int64(n)) }

// str writes the number of a string that occurred before, or 0, its size in bytes and the bytes.
func (w *encoder) str(s string) {
	if n, ok := w.seen[s]; ok {
		w.b = binary.AppendUvarint(w.b, n)
		return
	}
	w.seen[s] = uint64(len(w.seen) + 1)
	w.b = binary.AppendUvarint(w.b, 0)
	w.b = binary.AppendUvarint(w.b, uint64(len(s)))
	w.b = append(w.b, s...)
}

// span writes the start of a span, relative to from, and its length.
func (w *encoder) span(s text.Span, from int) {
	w.num(s.Start - from)
	w.num(s.End - s.Start)
}

// errCodec is the error for bytes that no encoder wrote.
var errCodec = errors.New("not an outline")

// DecodeOutline decodes an outline that [Outline.Append] encoded. Other bytes are an error, never a panic.
func DecodeOutline(b []byte) (*Outline, error) {
	r := decoder{Decoder: store.NewDecoder(b)}
	o := &Outline{}
	for range r.count() {
		o.Errors = append(o.Errors, r.span(0))
	}

	o.Skipped = r.str()
	n := r.count()
	if n > 0 {
		o.Symbols = make([]Symbol, 0, n)
	}

	at := 0
	for i := range n {
		if r.Failed() {
			break
		}
		s := Symbol{Text: r.str(), Kind: selectors.Kind(r.str()), Def: r.span(at)}
		at = s.Def.Start
		for _, part := range []*text.Span{&s.Name, &s.Sig, &s.Body, &s.Doc} {
			*part = r.span(at)
		}

		s.Parent = i - r.num()
		flags := r.num()
		s.Function, s.Alias = flags&flagFunction != 0, flags&flagAlias != 0
		s.Member = flags&flagMember != 0
		s.Main, s.Merge, s.Link = r.num(), r.str(), r.str()
		for range r.count() {
			s.Owner = append(s.Owner, r.str())
		}

		if s.Parent < -1 || s.Parent >= i {
			r.Fail()
		}
		o.Symbols = append(o.Symbols, s)
	}

	if r.Failed() || r.Len() > 0 {
		return nil, errCodec
	}
	return o, nil
}

// decoder reads an outline that an encoder wrote.
type decoder struct {
	*store.Decoder
	seen []string // the strings so far, which the encoder replaces by their number when they recur
}

// num reads a number.
func (r *decoder) num() int { return int(r.Int()) }

// count reads the number of elements of a list. Each takes at least one byte, so a larger number is malformed;
// the check keeps a damaged entry from allocating memory.
func (r *decoder) count() int {
	n := r.num()
	if n < 0 || n > r.Len() {
		r.Fail()
		return 0
	}
	return n
}

// str reads a string that encoder.str wrote.
func (r *decoder) str() string {
	n := r.Uint()
	if n == 0 {
		s := string(r.Bytes(r.Uint()))
		r.seen = append(r.seen, s)
		return s
	}

	if n <= uint64(len(r.seen)) {
		return r.seen[n-1]
	}
	r.Fail()
	return ""
}

// span reads a span whose start is relative to from.
func (r *decoder) span(from int) text.Span {
	start := from + r.num()
	s := text.Span{Start: start, End: start + r.num()}
	if s.Start < 0 || s.End < s.Start {
		r.Fail()
	}
	return s
}
