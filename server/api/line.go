package api

import (
	"bytes"
	"encoding/json"
	"errors"
	"maps"
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

func badJSON(err error) error {
	var syntax *json.SyntaxError
	if errors.As(err, &syntax) {
		return fault.Wrap(fault.Usage, err, "not JSON at byte %d: %v", syntax.Offset, err)
	}
	return fault.Wrap(fault.Usage, err, "%v", strings.TrimPrefix(err.Error(), "json: "))
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
