package store_test

import (
	"encoding/binary"
	"math"
	"testing"

	"lanser/index/store"
)

func TestADecoderReadsAppendedValues(t *testing.T) {
	var b []byte
	for _, n := range []int64{0, -1, 300, math.MinInt64, math.MaxInt64} {
		b = binary.AppendVarint(b, n)
	}
	b = binary.AppendUvarint(b, math.MaxUint64)
	b = append(b, "abc"...)
	d := store.NewDecoder(b)
	for _, want := range []int64{0, -1, 300, math.MinInt64, math.MaxInt64} {
		if got := d.Int(); got != want {
			t.Errorf("%d, want %d", got, want)
		}
	}
	if got := d.Uint(); got != math.MaxUint64 {
		t.Errorf("%d, want the largest number", got)
	}
	if got := string(d.Bytes(2)); got != "ab" || d.Len() != 1 || d.Failed() {
		t.Errorf("%q, %d bytes left, failed: %v", got, d.Len(), d.Failed())
	}
}

func TestADecoderIsEmptyAfterAMalformedPart(t *testing.T) {
	tooLong := []byte{0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 1}
	for name, tt := range map[string]struct {
		in   string
		read func(*store.Decoder)
	}{
		"no number":                       {"", func(d *store.Decoder) { d.Int() }},
		"a number without its end":        {"\x80", func(d *store.Decoder) { d.Int() }},
		"a number of more than 64 bits":   {string(tooLong), func(d *store.Decoder) { d.Int() }},
		"an unsigned one":                 {string(tooLong), func(d *store.Decoder) { d.Uint() }},
		"more bytes than there are":       {"ab", func(d *store.Decoder) { d.Bytes(3) }},
		"a negative length":               {"ab", func(d *store.Decoder) { d.Bytes(uint64(math.MaxUint64)) }},
		"the caller finds it to be wrong": {"ab", func(d *store.Decoder) { d.Fail() }},
	} {
		d := store.NewDecoder([]byte(tt.in))
		tt.read(d)
		if !d.Failed() || d.Len() != 0 || d.Int() != 0 || d.Uint() != 0 || d.Bytes(1) != nil {
			t.Errorf("%s: failed: %v, %d bytes left", name, d.Failed(), d.Len())
		}
	}
}
