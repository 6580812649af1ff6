package selectors

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strings"

	"lanser/selectors/fault"
	"lanser/selectors/text"
)

// PositionSpec is the JSON form of a selector (spec section 2). Kind decides
// which fields are set. Lines and columns are 1-based as in the string form;
// Qualname is "module:Name.path" with the string form's escapes.
type PositionSpec struct {
	Kind       string        `json:"kind" jsonschema:"cursor, range or symbol"`
	URI        string        `json:"uri,omitempty" jsonschema:"cursor, range: path relative to the workspace, or a file URI"`
	Line       int           `json:"line,omitempty" jsonschema:"cursor: 1-based line"`
	Col        int           `json:"col,omitempty" jsonschema:"cursor: 1-based column in units of indexing"`
	Start      *[2]int       `json:"start,omitempty" jsonschema:"range: 1-based line and column"`
	End        *[2]int       `json:"end,omitempty" jsonschema:"range: 1-based line and column, exclusive"`
	Indexing   text.Encoding `json:"indexing,omitempty" jsonschema:"cursor, range: utf-16, utf-8 or codepoint"`
	Lang       Lang          `json:"lang,omitempty" jsonschema:"symbol: go, py or ts"`
	Qualname   string        `json:"qualname,omitempty" jsonschema:"symbol: module:Name.path, module * for anywhere"`
	Role       Role          `json:"role,omitempty" jsonschema:"symbol: def, sig, body or doc"`
	Overload   *int          `json:"overload,omitempty" jsonschema:"symbol: 0-based declaration in source order"`
	DocVersion string        `json:"docVersion,omitempty" jsonschema:"git:REV or sha256:DIGEST"`
}

// Spec is the JSON form of s.
func Spec(s Selector) PositionSpec {
	switch s := s.(type) {
	case Cursor:
		return PositionSpec{Kind: "cursor", URI: s.Path, Line: s.Line, Col: s.Col, Indexing: s.Indexing, DocVersion: s.DocVersion}
	case Range:
		return PositionSpec{
			Kind: "range", URI: s.Path, Start: &[2]int{s.StartLine, s.StartCol}, End: &[2]int{s.EndLine, s.EndCol},
			Indexing: s.Indexing, DocVersion: s.DocVersion,
		}
	case Symbolic:
		return PositionSpec{
			Kind: "symbol", Lang: s.Lang, Qualname: escape(s.Module, pathReserved) + ":" + FormatNames(s.Names),
			Role: s.Role, Overload: s.Overload, DocVersion: s.DocVersion,
		}
	}
	panic(fmt.Sprintf("selectors: %T is outside the sum", s)) // impossible: the interface is sealed
}

// Selector is the value that the spec describes. It is read by way of the
// string form, so that both forms accept exactly the same values.
func (p PositionSpec) Selector(indexing text.Encoding) (Selector, error) {
	if p.Indexing != "" {
		enc, err := text.ParseEncoding(string(p.Indexing))
		if err != nil {
			return nil, fault.New(fault.Indexing, "%v", err)
		}
		indexing = enc
	}
	var canonical string
	switch p.Kind {
	case "cursor":
		canonical = Cursor{Path: p.URI, Line: p.Line, Col: p.Col, DocVersion: p.DocVersion}.String()
	case "range":
		if p.Start == nil || p.End == nil {
			return nil, fault.New(fault.BadSelector, "a range needs start and end, each [line, col]")
		}
		canonical = Range{
			Path: p.URI, StartLine: p.Start[0], StartCol: p.Start[1], EndLine: p.End[0], EndCol: p.End[1], DocVersion: p.DocVersion,
		}.String()
	case "symbol":
		module, names, ok := strings.Cut(p.Qualname, ":")
		if !ok {
			return nil, fault.New(fault.BadSelector, "qualname %q has no module: want module:Name.path", p.Qualname).
				WithHint("use *:%s for anywhere in the workspace", p.Qualname)
		}
		canonical = string(p.Lang) + "://" + module + "#" + names
		if p.Role != "" {
			canonical += ":" + string(p.Role)
		}
		canonical += params(p.Overload, p.DocVersion)
		if p.Role != "" && !isRole(string(p.Role)) {
			return nil, fault.New(fault.BadSelector, "unknown role %q: want def, sig, body or doc", p.Role)
		}
	default:
		return nil, fault.New(fault.BadSelector, "unknown selector kind %q: want cursor, range or symbol", p.Kind)
	}
	return Parse(canonical, indexing)
}

// FromJSON reads a selector from JSON: a string in any form, or a
// [PositionSpec] object without unknown fields.
func FromJSON(raw []byte, indexing text.Encoding) (Selector, error) {
	if raw = bytes.TrimSpace(raw); len(raw) > 0 && raw[0] == '"' {
		var s string
		if err := json.Unmarshal(raw, &s); err != nil {
			return nil, fault.Wrap(fault.BadSelector, err, "selector: %v", err)
		}
		return Parse(s, indexing)
	}
	dec := json.NewDecoder(bytes.NewReader(raw))
	dec.DisallowUnknownFields()
	var p PositionSpec
	if err := dec.Decode(&p); err != nil {
		return nil, fault.Wrap(fault.BadSelector, err, "selector is neither a string nor a PositionSpec: %v", err)
	}
	return p.Selector(indexing)
}
