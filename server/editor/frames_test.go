package editor_test

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"

	"lanser/server/api"
	"lanser/server/editor"
	"lanser/server/wire"
)

func frame(body string) string {
	return fmt.Sprintf("Content-Length: %d\r\n\r\n%s", len(body), body)
}

// answersTo serves a client that sends the bytes and leaves, and returns the responses as
// "id" or "id code".
func answersTo(t *testing.T, sent io.Reader) (got []string, err error) {
	t.Helper()
	answers, out := io.Pipe()
	done := make(chan error, 1)
	noDoor := func(context.Context, string) (api.Door, error) { return nil, errors.New("no workspace") }
	go func() {
		err := editor.Serve(t.Context(), sent, out, editor.Options{Open: noDoor, Log: io.Discard})
		out.Close()
		done <- err
	}()
	r := bufio.NewReader(answers)
	for {
		var size int
		if _, err := fmt.Fscanf(r, "Content-Length: %d\r\n\r\n", &size); err != nil {
			return got, <-done
		}
		body := make([]byte, size)
		if _, err := io.ReadFull(r, body); err != nil {
			t.Fatal(err)
		}
		got = append(got, summary(t, body)...)
	}
}

func summary(t *testing.T, body []byte) (out []string) {
	t.Helper()
	type response struct {
		ID    json.RawMessage
		Error *struct{ Code int }
	}
	var all []response
	if json.Unmarshal(body, &all) != nil {
		all = make([]response, 1)
		if err := json.Unmarshal(body, &all[0]); err != nil {
			t.Fatalf("%v: %s", err, body)
		}
	}
	for _, r := range all {
		one := string(r.ID)
		if r.Error != nil {
			one += fmt.Sprint(" ", r.Error.Code)
		}
		out = append(out, one)
	}
	return out
}

func TestABadFrameIsRefusedAndTheNextMessageAnswered(t *testing.T) {
	call := func(params string) string {
		return `{"jsonrpc":"2.0","id":7,"method":"textDocument/hover","params":` + params + `}`
	}
	good := frame(`{"jsonrpc":"2.0","id":"good","method":"shutdown"}`)
	const parse, invalid = "null -32700", "null -32600"
	for name, tt := range map[string]struct {
		sent string
		want []string // before the good one
	}{
		"nothing before":          {"", nil},
		"binary":                  {frame("\x00\x01\x02"), []string{parse}},
		"cut short":               {frame(`{"jsonrpc":"2.0","id":7,"met`), []string{parse}},
		"bytes that are no UTF-8": {frame(call(`"` + "\xff\xfe" + `"`)), []string{parse}},
		"deep arrays": {
			frame(call(strings.Repeat("[", 100_000) + strings.Repeat("]", 100_000))), []string{parse},
		},
		"deep objects": {
			frame(call(strings.Repeat(`{"a":`, 100_000) + "1" + strings.Repeat("}", 100_000))), []string{parse},
		},
		"a name twice":               {frame(`{"jsonrpc":"2.0","id":7,"id":8,"method":"shutdown"}`), []string{parse}},
		"a number":                   {frame("1e999"), []string{invalid}},
		"an object":                  {frame(`{"foo":1}`), []string{invalid}},
		"an empty batch":             {frame("[]"), []string{invalid}},
		"a batch of what is none":    {frame("[1]"), []string{parse}},
		"a negative length":          {"Content-Length: -5\r\n\r\n", []string{parse}},
		"length zero":                {"Content-Length: 0\r\n\r\n", []string{parse}},
		"a length beyond 64 bits":    {"Content-Length: 99999999999999999999\r\n\r\n", []string{parse}},
		"a huge length":              {"Content-Length: 2147483647\r\n\r\n", []string{parse}},
		"no number":                  {"Content-Length: many\r\n\r\n" + call("1"), []string{parse}},
		"no length":                  {"Content-Type: x\r\n\r\n" + call("1"), []string{parse}},
		"another protocol":           {"GET / HTTP/1.1\r\nHost: x\r\n\r\n", []string{parse}},
		"lines of JSON":              {call("1") + "\n" + call("2") + "\n", []string{parse}},
		"a body without a header":    {call("1"), []string{parse}},
		"a line that does not end":   {strings.Repeat("x", 1<<20), []string{parse}},
		"a body longer than may be":  {frame(`"` + strings.Repeat("a", wire.MaxMessage) + `"`), []string{parse}},
		"a length that is too small": {"Content-Length: 5\r\n\r\n" + call("1"), []string{parse, parse}},
	} {
		t.Run(name, func(t *testing.T) {
			got, err := answersTo(t, strings.NewReader(tt.sent+good+good))
			want := append(tt.want, `"good"`, `"good"`)
			if fmt.Sprint(got) != fmt.Sprint(want) || err != nil {
				t.Errorf("%v, %v; want %v", got, err, want)
			}
		})
	}
}

func TestAStreamThatEndsInsideAFrameIsAnError(t *testing.T) {
	for _, sent := range []string{"Content-Length: 50\r\n\r\n{", "Content-Length: 50\r\n", "Content-Le"} {
		if _, err := answersTo(t, strings.NewReader(sent)); !errors.Is(err, io.ErrUnexpectedEOF) {
			t.Errorf("%q: %v", sent, err)
		}
	}
}

// The output for any input consists of whole responses, and ends.
func FuzzFrames(f *testing.F) {
	for _, seed := range []string{
		frame("{}"), "Content-Length: 1\n\n{", "x: y\r\n\r\n", "Content-Length: 3\r\nContent-Length: 2\r\n\r\n[]",
		"{}Content-Length: 2\r\n\r\n{}", "{\xf1Content-Length:\r\n", "\xff\xff: Content-Length: 2\r\n\r\n{}",
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, sent string) { _, _ = answersTo(t, strings.NewReader(sent)) })
}
