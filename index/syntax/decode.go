//go:build cgo

package syntax

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"reflect"
	"strings"
)

// decode reads the content of a language.json. Package json ignores three mistakes that it reports: a key that is
// there twice, of which the last one would count, further values after the object, and more than two strings in an
// entry of lexis.block. Errors begin with the file, and with the line where package json knows it.
func (l *Language) decode(file string, description []byte) error {
	dec := json.NewDecoder(bytes.NewReader(description))
	dec.DisallowUnknownFields()
	if err := dec.Decode(l); err != nil {
		return jsonMistake(file, description, err)
	}
	if _, err := dec.Token(); err != io.EOF {
		return fmt.Errorf("%s:%d: there is more after the first JSON object; leave it out",
			file, lineAt(description, dec.InputOffset()))
	}
	if key := duplicateKey(json.NewDecoder(bytes.NewReader(description)), ""); key != "" {
		return fmt.Errorf("%s: %s: the key is there twice; leave one of them out", file, key)
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
			return fmt.Errorf("%s: %w", file, mistake("lexis.block", strings.Join(pair, " "), correction))
		}
	}
	return nil
}

// jsonMistake returns the error, with the line, for a description that package json refuses with err.
func jsonMistake(file string, description []byte, err error) error {
	offset := int64(len(description)) // unless the error names another, the file ends too early
	what := err.Error() + "; correct the JSON"

	var wrongType *json.UnmarshalTypeError
	var wrongSyntax *json.SyntaxError
	key, isUnknown := strings.CutPrefix(err.Error(), "json: unknown field ")
	switch {
	case errors.As(err, &wrongType):
		offset = wrongType.Offset
		what = fmt.Sprintf("%s is wrong; write %s", jsonType(wrongType.Value), valueOf(wrongType.Type))
		if wrongType.Field != "" {
			what = wrongType.Field + ": " + what
		}
	case isUnknown:
		offset = int64(bytes.Index(description, []byte(key)) + 1)
		what = fmt.Sprintf("there is no key %s; correct it: 'go doc ./index/syntax Language' lists the keys", key)
	case errors.As(err, &wrongSyntax):
		offset = wrongSyntax.Offset
	}
	return fmt.Errorf("%s:%d: %s", file, lineAt(description, offset), what)
}

// lineAt returns the number of the line, from 1 on, in which the byte before an offset is.
func lineAt(src []byte, offset int64) int {
	before := src[:max(0, min(offset-1, int64(len(src))))]
	return bytes.Count(before, []byte("\n")) + 1
}

// jsonType returns the article and name of a type of JSON values, as package json names it: "number".
func jsonType(name string) string {
	switch {
	case strings.HasPrefix(name, "number"):
		return "a number"
	case name == "bool":
		return "true or false"
	case name == "array" || name == "object":
		return "an " + name
	default:
		return "a " + name
	}
}

// valueOf says in words which JSON values a type of Go holds: "a list of strings".
func valueOf(t reflect.Type) string {
	switch t.Kind() {
	case reflect.Bool:
		return "true or false"
	case reflect.Slice, reflect.Array:
		return "a list, as in [\"…\"]"
	case reflect.Map, reflect.Struct:
		return "an object, as in {\"…\": …}"
	default:
		return "a string, as in \"…\""
	}
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
