//go:build cgo

package syntax

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"strings"
)

// decode reads the content of a language.json. Package json ignores three mistakes that it reports: a key that is
// there twice, of which the last one would count, further values after the object, and more than two strings in an
// entry of lexis.block.
func (l *Language) decode(description []byte) error {
	dec := json.NewDecoder(bytes.NewReader(description))
	dec.DisallowUnknownFields()
	if err := dec.Decode(l); err != nil {
		return fmt.Errorf("%w; correct the JSON: its keys are the fields of syntax.Language", err)
	}
	if _, err := dec.Token(); err != io.EOF {
		return fmt.Errorf("there is more after the first JSON object; leave it out")
	}
	if key := duplicateKey(json.NewDecoder(bytes.NewReader(description)), ""); key != "" {
		return fmt.Errorf("%s: the key is there twice; leave one of them out", key)
	}

	var pairs struct {
		Lexis struct {
			Block [][]string `json:"block"`
		} `json:"lexis"`
	}
	_ = json.Unmarshal(description, &pairs) // it is valid, because l was decoded from it
	for _, pair := range pairs.Lexis.Block {
		if len(pair) != 2 {
			const correction = `write the beginning and the end of a comment, as in ["/*", "*/"]`
			return mistake("lexis.block", strings.Join(pair, " "), correction)
		}
	}
	return nil
}

// duplicateKey returns the first key that one object of the next JSON value has twice, after the keys of the objects
// around it and a dot: "files..go"; "" if there is none.
func duplicateKey(dec *json.Decoder, path string) string {
	token, err := dec.Token()
	if err != nil || token != json.Delim('{') && token != json.Delim('[') {
		return ""
	}
	seen := map[string]bool{}
	for dec.More() {
		inner := path
		if token == json.Delim('{') {
			key, _ := dec.Token()
			inner = strings.TrimPrefix(fmt.Sprintf("%s.%s", path, key), ".")
			if seen[inner] {
				return inner
			}
			seen[inner] = true
		}
		if found := duplicateKey(dec, inner); found != "" {
			return found
		}
	}
	_, _ = dec.Token() // the closing bracket
	return ""
}
