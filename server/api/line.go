package api

import (
	"bytes"
	"encoding/json"
	"errors"
	"maps"
	"reflect"
	"slices"
	"strings"

	"lanser/selectors/fault"
)

// Line is a line of the batch protocol (spec section 7).
type Line struct {
	ID        json.RawMessage            `json:"id"`
	Cmd       string                     `json:"cmd"`
	Selector  json.RawMessage            `json:"selector"`
	Selectors []json.RawMessage          `json:"selectors"`
	Paths     []string                   `json:"paths"`
	Query     string                     `json:"query"`
	Options   map[string]json.RawMessage `json:"options"`
}

// ParseLine reads a line of the batch protocol. If the line is not a valid request, it returns the
// id if that can be read.
func ParseLine(raw []byte) (Line, Request, error) {
	var l Line
	dec := json.NewDecoder(bytes.NewReader(raw))
	dec.DisallowUnknownFields()
	if err := dec.Decode(&l); err != nil {
		var id struct {
			ID json.RawMessage `json:"id"`
		}
		_ = json.Unmarshal(raw, &id) // The id only helps the client.
		return Line{ID: id.ID}, Request{}, badJSON(err)
	}
	if dec.More() {
		return l, Request{}, fault.New(fault.Usage, "more than one JSON value on the line")
	}
	req, err := l.Request()
	return l, req, err
}

// lineFields are the fields of [Line], for people.
const lineFields = "id, cmd, selector, selectors, paths, query and options"

// badJSON returns the error for a line that package json refuses with err.
func badJSON(err error) error {
	var syntax *json.SyntaxError
	var wrong *json.UnmarshalTypeError
	field, isUnknown := strings.CutPrefix(err.Error(), "json: unknown field ")
	switch {
	case errors.As(err, &syntax):
		return fault.Wrap(fault.Usage, err, "not JSON at byte %d: %v", syntax.Offset, err)
	case isUnknown:
		return fault.Wrap(fault.Usage, err, "a request has no field %s", field).
			WithHint("its fields are %s", lineFields)
	case errors.As(err, &wrong) && wrong.Field == "":
		return fault.Wrap(fault.Usage, err, "a request is a JSON object").WithHint("its fields are %s", lineFields)
	case errors.As(err, &wrong):
		return fault.Wrap(fault.Usage, err, "the value of %s is wrong", wrong.Field).
			WithHint("write %s", valueOf(wrong.Type))
	}
	return fault.Wrap(fault.Usage, err, "%v", strings.TrimPrefix(err.Error(), "json: "))
}

// valueOf describes the JSON values of a type.
func valueOf(t reflect.Type) string {
	switch t.Kind() {
	case reflect.Bool:
		return "true or false"
	case reflect.String:
		return "a string"
	case reflect.Slice:
		return "a list"
	case reflect.Struct, reflect.Map:
		return "an object"
	}
	return "a whole number"
}

// Request checks the line against the table of operations. An option that the operation does not
// take is an error, because the answer would not be the one that was asked for.
func (l Line) Request() (Request, error) {
	req := Request{Op: l.Cmd, Selector: l.Selector, Selectors: l.Selectors, Paths: l.Paths, Query: l.Query}
	op := Lookup(l.Cmd)
	if op == nil {
		return req, fault.New(fault.Usage, "unknown operation %q", l.Cmd).WithHint("one of %s", OperationNames())
	}
	for _, name := range slices.Sorted(maps.Keys(l.Options)) {
		if !op.Accepts(name) {
			return req, fault.New(fault.Usage, "%s takes no option %q", op.Short, name).
				WithHint("it takes %s", strings.Join(op.Options(), ", "))
		}
	}
	if (len(l.Paths) > 0 || l.Query != "") && op.Takes == TakesSelector {
		return req, fault.New(fault.Usage, "%s takes a selector, not paths or a query", op.Short)
	}
	if len(l.Selectors) > 0 && !op.Several {
		return req, fault.New(fault.Usage, "%s takes one selector, not several", op.Short)
	}
	if l.Query != "" && !op.Query {
		return req, fault.New(fault.Usage, "%s takes no query", op.Short)
	}
	raw, err := json.Marshal(l.Options)
	if err != nil {
		return req, badJSON(err)
	}
	if err := json.Unmarshal(raw, &req.Options); err != nil {
		return req, badJSON(err)
	}
	return req, nil
}
