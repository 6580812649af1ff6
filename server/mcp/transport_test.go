package mcp_test

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"testing"

	"lanser/server/api"
	"lanser/server/mcp"
	"lanser/server/wire"
)

// talk serves a client that sends the lines, and returns the responses as "id" or
// "id code" up to the one with the id "good" and n others. Calls are answered side by
// side: the one with "good" may come before theirs.
func talk(t *testing.T, sent io.Reader, n int) (got []string) {
	t.Helper()
	return talkUntil(t, sent, func(got []string) bool { return slices.Contains(got, `"good"`) && len(got) > n })
}

// maxAnswer is more than any answer here needs, in bytes.
const maxAnswer = 6000

// talkUntil is talk up to where enough says so. An answer of more than maxAnswer is an error.
func talkUntil(t *testing.T, sent io.Reader, enough func(got []string) bool) (got []string) {
	t.Helper()
	in, client := io.Pipe()
	answers, out := io.Pipe()
	s, closeAll, err := mcp.New(
		mcp.Options{Open: func(context.Context, string) (api.Door, error) { return nil, errors.New("no workspace") }},
	)
	if err != nil {
		t.Fatal(err)
	}
	defer closeAll()
	done := make(chan error, 1)
	go func() { done <- s.Run(t.Context(), &mcp.Transport{In: in, Out: out}) }()
	go func() { _, _ = io.Copy(client, sent) }() // it ends with the pipe
	defer func() {
		client.Close()
		go io.Copy(io.Discard, answers)
		<-done // the end of input is an error or none
	}()
	r := bufio.NewReader(answers)
	for !enough(got) {
		line, err := r.ReadBytes('\n')
		if err != nil {
			t.Fatalf("%v after %v", err, got)
		}
		if len(line) > maxAnswer {
			t.Errorf("an answer of %d bytes: %s…", len(line), line[:80])
		}
		var m struct {
			ID    json.RawMessage
			Error *struct{ Code int }
		}
		if err := json.Unmarshal(line, &m); err != nil {
			t.Fatalf("%v: %s", err, line)
		}
		one := string(m.ID)
		if m.Error != nil {
			one += fmt.Sprint(" ", m.Error.Code)
		}
		got = append(got, one)
	}
	return got
}

const hail = `{"jsonrpc":"2.0","id":0,"method":"initialize","params":` +
	`{"protocolVersion":"2025-06-18","capabilities":{},"clientInfo":{"name":"t","version":"1"}}}` + "\n"

func TestABadLineIsRefusedAndTheNextCallAnswered(t *testing.T) {
	call := func(selector string) string {
		return `{"jsonrpc":"2.0","id":7,"method":"tools/call","params":` +
			`{"name":"locate","arguments":{"selector":` + selector + "}}}"
	}
	const parse, invalid = "null -32700", "null -32600"
	for name, tt := range map[string]struct{ sent, want string }{
		"binary":                  {"\x00\x01", parse},
		"cut short":               {call(`"py://a#f"`)[:60], parse},
		"bytes that are no UTF-8": {call("\"\xff\xed\xa0\x80\""), parse},
		"deep arrays":             {call(strings.Repeat("[", 100_000) + strings.Repeat("]", 100_000)), parse},
		"deep objects": {
			call(strings.Repeat(`{"a":`, 100_000) + "1" + strings.Repeat("}", 100_000)), parse,
		},
		"deep and not closed":      {strings.Repeat("[", 10_000_000), parse},
		"longer than may be":       {call(`"` + strings.Repeat("a", wire.MaxMessage) + `"`), parse},
		"a name twice":             {`{"jsonrpc":"2.0","id":7,"id":8,"method":"ping"}`, parse},
		"two messages":             {call("1") + call("2"), parse},
		"a number":                 {"1e999", invalid},
		"an id beyond all numbers": {`{"jsonrpc":"2.0","id":1e999,"method":"ping"}`, "1e999 -32600"},
		"null":                     {"null", invalid},
		"a string":                 {`"ping"`, invalid},
		"no version":               {`{"id":7,"method":"ping"}`, "7 -32600"},
		"an object as id":          {`{"jsonrpc":"2.0","id":{},"method":"ping"}`, invalid},
		"an empty batch":           {"[]", invalid},
		"a batch of what is none":  {`[1]`, invalid},
		"a batch, half of it bad":  {`[{"id":7},{"jsonrpc":"2.0","method":"notifications/initialized"}]`, "7 -32600"},
		"no such method":           {`{"jsonrpc":"2.0","id":7,"method":"nowhere"}`, "7 -32601"},
		"a URI with a control character": {
			`{"jsonrpc":"2.0","id":7,"method":"resources/read","params":{"uri":"lanser://outline/\u0000"}}`, "7 -32602",
		},
		"a notification of none": {`{"jsonrpc":"2.0","method":"nowhere"}`, ""},
		"an answer to nothing":   {`{"jsonrpc":"2.0","id":99,"result":{}}`, ""},
		"an empty line":          {"\r", ""},
	} {
		t.Run(name, func(t *testing.T) {
			good := `{"jsonrpc":"2.0","id":"good","method":"ping"}` + "\n"
			n := 1 // the answer to hail
			if tt.want != "" {
				n++
			}
			got := talk(t, io.MultiReader(strings.NewReader(hail+tt.sent+"\n"), strings.NewReader(good)), n)
			got = slices.DeleteFunc(got, func(s string) bool { return s == "0" || s == `"good"` })
			if strings.Join(got, ", ") != tt.want {
				t.Errorf("%v, want %q", got, tt.want)
			}
		})
	}
}

// An id can be used again after its answer was received, and not before.
func TestACallWithAnIDInUseIsRefused(t *testing.T) {
	var sent strings.Builder
	sent.WriteString(hail)
	for range 600 { // more than are answered at a time: none keeps its slot
		sent.WriteString(`{"jsonrpc":"2.0","id":5,"method":"ping"}` + "\n")
	}
	got := talkUntil(
		t,
		strings.NewReader(sent.String()),
		func(got []string) bool { return len(got) == 601 },
	) // each is answered
	for _, one := range got {
		if one != "0" && one != "5" && one != "5 -32600" {
			t.Errorf("the answer %s", one)
		}
	}
}

// What a client sends is not sent back to it, for which a model would pay again: talkUntil bounds each answer.
func TestErrorsDoNotRepeatLongRequests(t *testing.T) {
	long := strings.Repeat("x", 100_000)
	for _, line := range []string{
		`{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"` + long + `"}}`,
		`{"jsonrpc":"2.0","id":1,"method":"prompts/get","params":{"name":"` + long + `"}}`,
		`{"jsonrpc":"2.0","id":1,"method":"resources/read","params":{"uri":"lanser://` + long + `"}}`,
		`{"jsonrpc":"2.0","id":1,"method":"` + long + `"}`,
		`{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"definition","arguments":{"selector":"a b ` +
			long + `"}}}`,
		`{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"definition","arguments":{"` + long + `":1}}}`,
		long,
	} {
		talkUntil(t, strings.NewReader(hail+line+"\n"), func(got []string) bool { return len(got) == 2 })
	}
}
