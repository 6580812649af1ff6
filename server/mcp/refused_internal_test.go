package mcp

import (
	"bytes"
	"encoding/json"
	"testing"

	"lanser/server/api"
	"lanser/server/wire"
)

// What is refused is refused in words of JSON, and not in those of Go's types.
func TestRefusalsNameNoTypesOfGo(t *testing.T) {
	want := "a message is a JSON object, with jsonrpc, method and params"
	for _, sent := range []string{"[]", "[1, 2]", "null", `"x"`, " 7", "true"} {
		_, refused := parse(wire.Line{Text: []byte(sent)})
		if len(refused) == 0 {
			t.Errorf("%s: not refused", sent)
		}
		for _, r := range refused {
			if !bytes.Contains(r, []byte(want)) {
				t.Errorf("%s: %s, want %s", sent, r, want)
			}
		}
	}
	for _, sent := range []string{`"x"`, "7", "[]"} {
		_, _, err := (&instance{}).request(api.Lookup("references"), json.RawMessage(sent))
		want := `E/USAGE: the arguments are not a JSON object; they look like {"selector": "Store.load"}`
		if err == nil || err.Error() != want {
			t.Errorf("%s: %v, want %s", sent, err, want)
		}
	}
}
