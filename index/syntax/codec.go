//go:build cgo

package syntax

import (
	"encoding/binary"
	"errors"

	"lanser/selectors"
	"lanser/selectors/text"
)

// FormatVersion counts the changes of how an outline is written down.
//
//	1: varints; strings with their length, and equal ones by number
const FormatVersion = 1

// Append writes the outline down, to be read by [DecodeOutline].
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
			flags |= 1
		}
		if s.Alias {
			flags |= 2
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

type encoder struct {
	b    []byte
	seen map[string]uint64
}

func (w *encoder) num(n int) { w.b = binary.AppendVarint(w.b, int64(n)) }

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

func (w *encoder) span(s text.Span, from int) {
	w.num(s.Start - from)
	w.num(s.End - s.Start)
}

var errCodec = errors.New("not an outline")

// DecodeOutline reads what Append wrote. Anything else is an error, never a
// panic.
func DecodeOutline(b []byte) (*Outline, error) {
	r := decoder{b: b}
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
		if r.bad {
			break
		}
		s := Symbol{Text: r.str(), Kind: selectors.Kind(r.str()), Def: r.span(at)}
		at = s.Def.Start
		for _, part := range []*text.Span{&s.Name, &s.Sig, &s.Body, &s.Doc} {
			*part = r.span(at)
		}
		s.Parent = i - r.num()
		flags := r.num()
		s.Function, s.Alias, s.Main, s.Merge, s.Link = flags&1 != 0, flags&2 != 0, r.num(), r.str(), r.str()
		for range r.count() {
			s.Owner = append(s.Owner, r.str())
		}
		r.bad = r.bad || s.Parent < -1 || s.Parent >= i
		o.Symbols = append(o.Symbols, s)
	}
	if r.bad || len(r.b) > 0 {
		return nil, errCodec
	}
	return o, nil
}

type decoder struct {
	b    []byte
	seen []string
	bad  bool
}

func (r *decoder) num() int {
	n, size := binary.Varint(r.b)
	if size <= 0 {
		r.bad, r.b = true, nil
		return 0
	}
	r.b = r.b[size:]
	return int(n)
}

func (r *decoder) uint() uint64 {
	n, size := binary.Uvarint(r.b)
	if size <= 0 {
		r.bad, r.b = true, nil
		return 0
	}
	r.b = r.b[size:]
	return n
}

// count is a number of things that each take a byte at least.
func (r *decoder) count() int {
	n := r.num()
	if n < 0 || n > len(r.b) {
		r.bad = true
		return 0
	}
	return n
}

func (r *decoder) str() string {
	n := r.uint()
	if n == 0 {
		size := r.uint()
		if size > uint64(len(r.b)) {
			r.bad = true
			return ""
		}
		s := string(r.b[:size])
		r.b = r.b[size:]
		r.seen = append(r.seen, s)
		return s
	}
	if n <= uint64(len(r.seen)) {
		return r.seen[n-1]
	}
	r.bad = true
	return ""
}

func (r *decoder) span(from int) text.Span {
	start := from + r.num()
	s := text.Span{Start: start, End: start + r.num()}
	if s.Start < 0 || s.End < s.Start {
		r.bad = true
	}
	return s
}
