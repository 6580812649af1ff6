package schema_test

import (
	"bytes"
	"encoding/json"
	"flag"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"lanser/selectors/fault"
	"lanser/server/api"
	"lanser/server/schema"
)

var update = flag.Bool("update", false, "write the schemas")

// The embedded files equal the schemas that are generated from the types.
func TestTheEmbeddedSchemasAreUpToDate(t *testing.T) {
	for _, s := range schema.All {
		want, err := s.Generate()
		if err != nil {
			t.Fatal(err)
		}
		if *update {
			if err := os.WriteFile(s.Name+".json", want, 0o644); err != nil {
				t.Fatal(err)
			}
			released := filepath.Join("testdata", "released", s.Name+"-"+s.Version+".json")
			if _, err := os.Stat(released); os.IsNotExist(
				err,
			) { // a new version is released once, and never written again
				if err := os.WriteFile(released, want, 0o644); err != nil {
					t.Fatal(err)
				}
			}
			continue
		}
		if got, err := s.Text(); err != nil || !bytes.Equal(got, want) {
			t.Errorf("%s is not what the types are: go test ./server/schema -update (%v)", s.Name, err)
		}
	}
}

// A released version stays compatible: whoever writes requests or reads answers by it need not change.
func TestNoChangeOfASchemaBreaksItsVersion(t *testing.T) {
	for _, s := range schema.All {
		raw, err := os.ReadFile(filepath.Join("testdata", "released", s.Name+"-"+s.Version+".json"))
		if err != nil {
			t.Fatalf("%v: no version without a released file (-update)", err)
		}
		now, err := s.Generate()
		if err != nil {
			t.Fatal(err)
		}
		for _, why := range breaks("", parse(t, raw), parse(t, now), s.Read) {
			t.Errorf("%s %s: %s; step its version", s.Name, s.Version, why)
		}
	}
}

func TestABreakingChangeIsFound(t *testing.T) {
	object := func(required, a, b string) string {
		return `{"type":"object","required":[` + required + `],"properties":{"a":` + a + b + `}}`
	}
	const a, b = `{"type":"string","enum":["x","y"]}`, `,"b":{"type":"integer"}`
	old := object(`"a"`, a, b)
	for now, want := range map[string][2]bool{ // of what is read, of what is written
		old:                     {false, false},
		object(`"a"`, a, ""):    {true, true},
		object(`"a","b"`, a, b): {true, false},
		object("", a, b):        {false, true},
		object(`"a"`, a, b+`,"c":{"type":"integer"}`):              {false, false},
		object(`"a"`, a, `,"b":{"type":"string"}`):                 {true, true},
		object(`"a"`, `{"type":"string","enum":["x"]}`, b):         {true, false},
		object(`"a"`, `{"type":"string","enum":["x","y","z"]}`, b): {false, true},
	} {
		for i, read := range []bool{true, false} {
			if got := breaks("", parse(t, []byte(old)), parse(t, []byte(now)), read); len(got) > 0 != want[i] {
				t.Errorf("%s (read: %v): %v", now, read, got)
			}
		}
	}
}

func parse(t *testing.T, raw []byte) (v map[string]any) {
	t.Helper()
	if err := json.Unmarshal(raw, &v); err != nil {
		t.Fatal(err)
	}
	return v
}

// breaks lists what of a schema's changes breaks those who rely on the old one: who
// writes what is read, or reads what is written.
func breaks(at string, old, now map[string]any, read bool) (out []string) {
	strs := func(v any) (out []string) {
		list, ok := v.([]any)
		if !ok && v != nil {
			list = []any{v}
		}
		for _, e := range list {
			out = append(out, fmt.Sprint(e))
		}
		return out
	}
	within := func(a, b []string) bool {
		return !slices.ContainsFunc(a, func(s string) bool { return !slices.Contains(b, s) })
	}
	say := func(format string, args ...any) { out = append(out, "at "+at+"/: "+fmt.Sprintf(format, args...)) }
	a, b := strs(old["required"]), strs(now["required"])
	if read && !within(b, a) {
		say("more is required: %v, was %v", b, a)
	} else if !read && !within(a, b) {
		say("less is sure to be there: %v, was %v", b, a)
	}
	for _, key := range []string{"type", "types", "enum"} {
		a, b := strs(old[key]), strs(now[key])
		switch {
		case len(a) == 0 && len(b) == 0:
		case read && (len(b) > 0 && !within(a, b) || len(a) == 0):
			say("%s takes %v, took %v", key, b, a)
		case !read && (len(a) > 0 && !within(b, a) || len(b) == 0):
			say("%s gives %v, gave %v", key, b, a)
		}
	}
	for _, key := range []string{
		"const", "pattern", "minimum", "maximum", "minItems", "maxItems", "minLength", "maxLength", "not",
	} {
		if x, y := fmt.Sprint(old[key]), fmt.Sprint(now[key]); x != y {
			say("%s is %v, was %v", key, y, x)
		}
	}
	props, _ := old["properties"].(map[string]any)
	newProps, _ := now["properties"].(map[string]any)
	for _, name := range slices.Sorted(maps.Keys(props)) {
		x, _ := props[name].(map[string]any)
		y, ok := newProps[name].(map[string]any)
		if _, always := newProps[name].(bool); always {
			continue
		}
		if !ok && props[name] != true {
			say("%s is gone", name)
			continue
		}
		out = append(out, breaks(at+"/"+name, x, y, read)...)
	}
	for _, key := range []string{"items", "additionalProperties", "if", "then"} {
		x, had := old[key].(map[string]any)
		y, has := now[key].(map[string]any)
		if had && has {
			out = append(out, breaks(at+"/"+key, x, y, read)...)
		} else if had != has {
			say("%s is %v, was %v", key, now[key], old[key])
		}
	}
	for _, key := range []string{"oneOf", "allOf", "prefixItems"} {
		x, _ := old[key].([]any)
		y, _ := now[key].([]any)
		if len(y) < len(x) || key == "prefixItems" && len(y) != len(x) {
			say("%s has %d branches, had %d", key, len(y), len(x))
			continue
		}
		for i := range x {
			p, _ := x[i].(map[string]any)
			q, _ := y[i].(map[string]any)
			out = append(out, breaks(fmt.Sprintf("%s/%s/%d", at, key, i), p, q, read)...)
		}
	}
	return out
}

// The schema of requests and the reader of batch lines accept and refuse the same lines, and errors name the place.
func TestTheSchemaOfRequestsAcceptsWhatBatchAccepts(t *testing.T) {
	for line, place := range map[string]string{
		`{"id":1,"cmd":"refs","selector":"go://*#F","options":{"declaration":false}}`:                 "",
		`{"cmd":"references","selector":{"kind":"cursor","uri":"a.go","line":1,"col":1}}`:             "",
		`{"cmd":"diag","paths":["a.go"],"options":{"fail-on":"warning","patch":"x","timeout":"30s"}}`: "",
		`{"cmd":"symbols","query":"f","options":{"kind":"def","limit":3}}`:                            "",
		`{"cmd":"refs","selector":"go://*#F","options":{"overlay":{"a.go":null,"b.go":"package m"}}}`: "",
		`{"cmd":"refs"}`: "/: ",
		`{"cmd":"nothing","selector":"go://*#F"}`: "/cmd: ",
		`{"cmd":"refs","selector":"go://*#F","options":{"kind":"def"}}`: "/options: " +
			"additional properties 'kind'",
		`{"cmd":"refs","selector":"go://*#F","options":{"limit":"3"}}`: "/options/limit: ",
		`{"cmd":"refs","selector":"go://*#F","paths":["a.go"]}`:        "/paths: ",
		`{"cmd":"diag","query":"x"}`:                                   "/query: ",
		`{"cmd":"diag","more":1}`: "/: " +
			"additional properties 'more'",
		`{"selector":"go://*#F"}`: "/: ",
		`{"cmd":"refs","selector":{"kind":"cursor","uri":"a.go","line":"one","col":1}}`: "/selector/line: ",
	} {
		err := schema.Validate("request", []byte(line))
		if (err == nil) != (place == "") || err != nil && !strings.Contains(err.Error(), place) {
			t.Errorf("%s: %v, want %q", line, err, place)
		}
		l, req, readErr := api.ParseLine([]byte(line))
		if readErr == nil && len(l.Selector) > 0 && l.Selector[0] == '{' {
			continue // what is in it is read later
		}
		if place == "" && readErr != nil {
			t.Errorf("%s is not read: %v (%+v)", line, readErr, req)
		}
	}
}

func TestAnErrorOfValidationNamesThePlace(t *testing.T) {
	err := schema.Validate("bundle", []byte(`{"version":"1.0"}`))
	if !fault.Is(err, fault.Usage) || !strings.Contains(err.Error(), "/: Required properties 'status', ") ||
		strings.Contains(err.Error(), "null") {
		t.Errorf("%v", err)
	}
	if err := schema.Validate("bundle", []byte(`{`)); !fault.Is(err, fault.Usage) {
		t.Errorf("%v", err)
	}
}
