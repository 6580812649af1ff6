package wire

import (
	"bytes"
	"encoding/json"
	"io"
	"strings"
	"testing"
)

func TestCheckAcceptsOneValueOfBoundedDepth(t *testing.T) {
	deep := func(n int, open, inner, end string) string {
		return strings.Repeat(open, n) + inner + strings.Repeat(end, n)
	}
	for name, tt := range map[string]struct{ text, want string }{
		"an object":                  {`{"a":[1,"x",null]}`, ""},
		"spaces around":              {" {} \r\n", ""},
		"as deep as may be":          {deep(MaxDepth, "[", "", "]"), ""},
		"brackets in a string":       {`"` + strings.Repeat("[", 5000) + `"`, ""},
		"after an escaped quote":     {`"\"` + strings.Repeat("{", 5000) + `"`, ""},
		"a number beyond float64":    {`1e999`, ""},
		"a lone surrogate's escape":  {`"\ud800"`, ""},
		"one level too deep":         {deep(MaxDepth+1, "[", "", "]"), "nested"},
		"objects, not closed":        {strings.Repeat(`{"a":`, 100_000), "nested"},
		"arrays and objects in turn": {deep(100_000, `[{"a":`, "1", "}]"), "nested"},
		"empty":                      {"", "empty"},
		"binary":                     {"\x00\x01", "not JSON"},
		"cut short":                  {`{"a":"b`, "not JSON"},
		"bytes that are no UTF-8":    {"\"\xff\"", "UTF-8"},
		"an encoded surrogate":       {"\"\xed\xa0\x80\"", "UTF-8"},
		"two values":                 {`{}{}`, "more than one"},
		"one name twice":             {`{"a":1,"a":2}`, "two members"},
		"one name twice, inside":     {`[{"x":{"a":1,"\u0061":2}}]`, "two members"},
		"NaN":                        {`NaN`, "not JSON"},
	} {
		err := Check([]byte(tt.text))
		if (tt.want == "") != (err == nil) || err != nil && !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%s: %v, want %q", name, err, tt.want)
		}
	}
}

// endless is a line that does not end for n bytes, and then a short one.
func endless(n int64) io.Reader {
	return io.MultiReader(io.LimitReader(repeat('a'), n), strings.NewReader("\nnext\n"))
}

type repeat byte

func (b repeat) Read(p []byte) (int, error) {
	copy(p, bytes.Repeat([]byte{byte(b)}, len(p)))
	return len(p), nil
}

func TestATooLongLineIsSkippedAndTheNextIsRead(t *testing.T) {
	var got []Line
	for l := range Lines(endless(20 * MaxMessage)) {
		if cap(l.Text) > 2*MaxMessage {
			t.Errorf("%d bytes are held", cap(l.Text))
		}
		got = append(got, l)
	}
	if len(got) != 2 || got[0].Err != ErrLong || got[1].Err != nil || string(got[1].Text) != "next\n" || got[1].N != 2 {
		t.Errorf("%+v", got)
	}
}

// Accepted input is decoded without a syntax error, and without a deep stack.
func FuzzCheck(f *testing.F) {
	for _, seed := range []string{`{"id":1}`, `[[]]`, `"\ud800"`, `{"a":1,"a":1}`, "\xff", `1e999`, `{"a`} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, raw []byte) {
		if Check(raw) == nil && !json.Valid(raw) {
			t.Errorf("%q passes, and encoding/json does not read it", raw)
		}
	})
}
