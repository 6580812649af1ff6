package store

import "encoding/binary"

// Decoder reads the numbers and byte sequences that make up a value of the store. Values may have been
// damaged or written by another program, so reading never panics and never returns more bytes than there
// are. After the first malformed part the decoder is empty and [Decoder.Failed] reports true; the caller then
// treats the value as a miss.
type Decoder struct {
	rest   []byte
	failed bool
}

// NewDecoder returns a decoder of b, which must not change while the decoder or its results are in use.
func NewDecoder(b []byte) *Decoder { return &Decoder{rest: b} }

// Failed reports whether a part was malformed or missing.
func (d *Decoder) Failed() bool { return d.failed }

// Fail marks the value as malformed, for a caller that finds a part that cannot be right.
func (d *Decoder) Fail() { d.failed, d.rest = true, nil }

// Len returns the number of bytes that are still to be read.
func (d *Decoder) Len() int { return len(d.rest) }

// Int reads a number that [binary.AppendVarint] wrote; 0 if there is none.
func (d *Decoder) Int() int64 {
	n, size := binary.Varint(d.rest)
	d.skip(size)
	return n
}

// Uint reads a number that [binary.AppendUvarint] wrote; 0 if there is none.
func (d *Decoder) Uint() uint64 {
	n, size := binary.Uvarint(d.rest)
	d.skip(size)
	return n
}

// skip drops the size bytes of a number. encoding/binary reports a size of 0 or less for malformed ones.
func (d *Decoder) skip(size int) {
	if size <= 0 {
		d.Fail()
		return
	}
	d.rest = d.rest[size:]
}

// Bytes reads the next n bytes; nil if there are fewer.
func (d *Decoder) Bytes(n uint64) []byte {
	if n > uint64(len(d.rest)) {
		d.Fail()
		return nil
	}
	out := d.rest[:n:n]
	d.rest = d.rest[n:]
	return out
}
