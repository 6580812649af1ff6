package api_test

import (
	"strings"
	"testing"

	"lanser/server/api"
)

func TestAWrongLineNamesTheCorrection(t *testing.T) {
	const fields = "; its fields are id, cmd, selector, selectors, paths, query and options"
	for line, want := range map[string]string{
		`{"op":"def"}`:                  `a request has no field "op"` + fields,
		`[1]`:                           "a request is a JSON object" + fields,
		`{"cmd":7}`:                     "the value of cmd is wrong; write a string",
		`{"cmd":"diag","paths":"a.go"}`: "the value of paths is wrong; write a list",
		`{"cmd":"diag","options":[]}`:   "the value of options is wrong; write an object",
		`{"cmd":"refs","selector":"a","options":{"in":1}}`: `refs takes no option "in"; it takes `,
		`{"cmd":"calls","options":{"in":"yes"}}`:           "the value of in is wrong; write true or false",
		`{"cmd":"calls","options":{"depth":"2"}}`:          "the value of depth is wrong; write a whole number",
		`{"cmd":"calls"} {}`:                               "more than one JSON value on the line",
		`{"cmd":`:                                          "unexpected EOF",
		`{"cmd":"call"}`:                                   `unknown operation "call"; one of locate, `,
	} {
		_, _, err := api.ParseLine([]byte(line))
		if err == nil || !strings.HasPrefix(err.Error(), "E/USAGE: "+want) {
			t.Errorf("%s: %v, want %s", line, err, want)
		}
	}
}
