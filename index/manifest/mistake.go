package manifest

import (
	"bytes"
	"encoding"
	"errors"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"sort"
	"strings"

	"github.com/pelletier/go-toml/v2"
)

// This file says what is wrong with settings in words for their author: the library names types of Go, and for some
// mistakes no line.

// decodeStrict decodes settings; a key that into does not have is an error.
func decodeStrict(raw []byte, into any) error {
	return toml.NewDecoder(bytes.NewReader(raw)).DisallowUnknownFields().Decode(into)
}

// mistake returns the position of a mistake, ":line" or ":line:column", and what is wrong. err is the error of
// decoding raw into a value of into's type.
func mistake(raw []byte, into any, err error) (position, what string) {
	row, col := 1, 1 // what the library says where it does not know: of dates, and of the end of the file
	var bad *toml.DecodeError
	if errors.As(err, &bad) {
		row, col = bad.Position()
	}
	position = fmt.Sprintf(":%d:%d", row, col)
	if row == 1 && col == 1 {
		position = fmt.Sprintf(":%d", lineOf(raw, into, err))
	}

	var found map[string]any
	if toml.Unmarshal(raw, &found) == nil {
		what = wrongType("", found, reflect.TypeOf(into))
	}
	if what == "" {
		what = strings.TrimPrefix(err.Error(), "toml: ")
	}
	return position, what
}

// lineOf returns the number of the line with an error that has no position: the fewest first lines with which decoding
// fails in the same way. The library reads a file in order, so that all longer beginnings fail so, too.
func lineOf(raw []byte, into any, err error) int {
	lines := bytes.SplitAfter(raw, []byte("\n"))
	return 1 + sort.Search(len(lines)-1, func(i int) bool {
		beginning := bytes.Join(lines[:i+1], nil)
		got := decodeStrict(beginning, reflect.New(reflect.TypeOf(into).Elem()).Interface())
		return got != nil && got.Error() == err.Error()
	})
}

// textForm is implemented by types whose values are strings in TOML.
var textForm = reflect.TypeFor[encoding.TextUnmarshaler]()

// wrongType returns the first key below path whose value t cannot hold, and what to write instead; "" for none.
func wrongType(path string, value any, t reflect.Type) string {
	if t.Kind() == reflect.Pointer {
		return wrongType(path, value, t.Elem())
	}
	if reflect.PointerTo(t).Implements(textForm) {
		t = reflect.TypeFor[string]()
	}

	table, isTable := value.(map[string]any)
	list, isList := value.([]any)
	found := reflect.TypeOf(value).Kind()
	switch t.Kind() {
	case reflect.Struct:
		if !isTable {
			return wrongValue(path, found, "a table with keys")
		}
		for i := range t.NumField() {
			name := t.Field(i).Tag.Get("toml")
			if inner, ok := table[name]; ok {
				if what := wrongType(joined(path, name), inner, t.Field(i).Type); what != "" {
					return what
				}
			}
		}
	case reflect.Map:
		if !isTable {
			return wrongValue(path, found, `a table, as in { "…" = … }`)
		}
		for _, name := range slices.Sorted(maps.Keys(table)) {
			if what := wrongType(joined(path, name), table[name], t.Elem()); what != "" {
				return what
			}
		}
	case reflect.Slice:
		if !isList && t.Elem().Kind() == reflect.Struct {
			return wrongValue(path, found, "[["+path+"]] above its keys")
		}
		if !isList {
			return wrongValue(path, found, `a list, as in ["…"]`)
		}
		for _, inner := range list {
			if what := wrongType(path, inner, t.Elem()); what != "" {
				return what
			}
		}
	case reflect.String:
		if found != reflect.String {
			return wrongValue(path, found, `a string, as in "…"`)
		}
	case reflect.Bool:
		if found != reflect.Bool {
			return wrongValue(path, found, "true or false, without quotes")
		}
	case reflect.Int:
		if found != reflect.Int64 {
			return wrongValue(path, found, "a whole number")
		}
	}
	return ""
}

// joined returns the path of a key in the table at path.
func joined(path, key string) string { return strings.TrimPrefix(path+"."+key, ".") }

// wrongValue returns the message for a key whose value has the wrong type.
func wrongValue(path string, found reflect.Kind, correction string) string {
	names := map[reflect.Kind]string{
		reflect.Map: "a table", reflect.Slice: "a list", reflect.String: "a string", reflect.Bool: "true or false",
		reflect.Int64: "a number", reflect.Float64: "a number with a fraction",
	}
	name := names[found]
	if name == "" {
		name = "a date or time"
	}
	return fmt.Sprintf("%s: %s is wrong; write %s", path, name, correction)
}
