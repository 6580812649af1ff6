package selectors

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"reflect"
	"strings"

	"lanser/selectors/fault"
	"lanser/selectors/text"
)

// PositionSpec is the JSON form of a selector (spec section 2). Kind decides
// which fields are set. Lines and columns are 1-based as in the string form;
// Qualname is "module:Name.path" with the string form's escapes.
type PositionSpec struct {
	Kind       string        `json:"kind" jsonschema:"cursor, range, symbol, ast, anchor or id"`
	URI        string        `json:"uri,omitempty" jsonschema:"cursor, range, anchor: path relative to the workspace, or a file URI"`
	Line       int           `json:"line,omitempty" jsonschema:"cursor: 1-based line"`
	Col        int           `json:"col,omitempty" jsonschema:"cursor: 1-based column in units of indexing"`
	Start      *[2]int       `json:"start,omitempty" jsonschema:"range: 1-based line and column"`
	End        *[2]int       `json:"end,omitempty" jsonschema:"range: 1-based line and column, exclusive"`
	Indexing   text.Encoding `json:"indexing,omitempty" jsonschema:"cursor, range: utf-16, utf-8 or codepoint"`
	Lang       Lang          `json:"lang,omitempty" jsonschema:"symbol: go, py, ts, ..."`
	Qualname   string        `json:"qualname,omitempty" jsonschema:"symbol: module:Name.path, module * for anywhere"`
	Role       Role          `json:"role,omitempty" jsonschema:"symbol: def, sig, body or doc"`
	Overload   *int          `json:"overload,omitempty" jsonschema:"symbol: 0-based declaration in source order"`
	Path       [][]any       `json:"path,omitempty" jsonschema:"ast: steps, [kind, name] or [node kind or field, 0-based index]"`
	Snippet    string        `json:"snippet,omitempty" jsonschema:"anchor: the text"`
	Ctx        int           `json:"ctx,omitempty" jsonschema:"anchor: code points on either side that hash covers"`
	Hash       string        `json:"hash,omitempty" jsonschema:"anchor: sha1: and the digest of window and snippet"`
	Near       int           `json:"near,omitempty" jsonschema:"anchor: 1-based line where it was seen"`
	ID         string        `json:"id,omitempty" jsonschema:"id: a symbolId, id:HEX"`
	DocVersion string        `json:"docVersion,omitempty" jsonschema:"git:REV or sha256:DIGEST"`
}

// Spec returns the JSON form of s: the zero value for a form that people type, which has none before
// it is resolved (see [IsTyped]).
func Spec(s Selector) PositionSpec {
	switch s := s.(type) {
	case Cursor:
		return PositionSpec{
			Kind: "cursor", URI: s.Path, Line: s.Line, Col: s.Col, Indexing: s.Indexing, DocVersion: s.DocVersion,
		}
	case Range:
		return PositionSpec{
			Kind: "range", URI: s.Path, Start: &[2]int{s.StartLine, s.StartCol}, End: &[2]int{s.EndLine, s.EndCol},
			Indexing: s.Indexing, DocVersion: s.DocVersion,
		}
	case Symbolic:
		return PositionSpec{
			Kind: "symbol", Lang: s.Lang, Qualname: escapeModule(s.Module) + ":" + FormatNames(s.Names),
			Role: s.Role, Overload: s.Overload, DocVersion: s.DocVersion,
		}
	case AST:
		p := PositionSpec{Kind: "ast", DocVersion: s.DocVersion}
		for _, step := range s.Steps {
			if step.Name == "" {
				p.Path = append(p.Path, []any{step.Kind, step.Index})
			} else {
				p.Path = append(p.Path, []any{step.Kind, step.Name})
			}
		}
		return p
	case Anchor:
		return PositionSpec{
			Kind: "anchor", URI: s.Path, Snippet: s.Snippet, Ctx: s.Ctx, Hash: s.Hash, Near: s.Near,
			DocVersion: s.DocVersion,
		}
	case ID:
		return PositionSpec{Kind: "id", ID: s.String()}
	case Place, Named:
		return PositionSpec{}
	}

	panic(fmt.Sprintf("selectors: %T is outside the sum", s)) // impossible: the interface is sealed
}

// Selector returns the selector that the spec describes. It is converted to the string form and parsed, so that both
// forms accept exactly the same values.
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
			Path: p.URI, StartLine: p.Start[0], StartCol: p.Start[1], EndLine: p.End[0], EndCol: p.End[1],
			DocVersion: p.DocVersion,
		}.String()
	case "symbol":
		module, names, ok := cutQualname(p.Qualname)
		if !ok {
			return nil, fault.New(fault.BadSelector, "qualname %q has no module: want module:Name.path", p.Qualname).
				WithHint("use *:%s for anywhere in the workspace", p.Qualname)
		}
		canonical = string(p.Lang) + "://" + module + "#" + names
		if p.Role != "" {
			canonical += ":" + string(p.Role)
		}
		canonical += Symbolic{Overload: p.Overload, DocVersion: p.DocVersion}.params()
		if p.Role != "" && !isRole(string(p.Role)) {
			return nil, fault.New(fault.BadSelector, "unknown role %q: want def, sig, body or doc", p.Role)
		}
	case "ast":
		a := AST{DocVersion: p.DocVersion}
		for i, step := range p.Path {
			s, err := stepOf(step)
			if err != nil {
				return nil, fault.New(fault.BadSelector, "step %d of path: %v", i, err)
			}
			a.Steps = append(a.Steps, s)
		}
		canonical = a.String()
	case "anchor":
		if p.Ctx < 0 || p.Near < 0 {
			return nil, fault.New(fault.BadSelector, "ctx and near are counted from 1")
		}
		canonical = Anchor{
			Path: p.URI, Snippet: p.Snippet, Ctx: p.Ctx, Hash: p.Hash, Near: p.Near, DocVersion: p.DocVersion,
		}.String()
	case "id":
		canonical = p.ID
		if !strings.HasPrefix(canonical, "id:") {
			return nil, fault.New(fault.BadSelector, "id %q is no symbolId: want id:HEX", p.ID)
		}
	default:
		return nil, fault.New(fault.BadSelector,
			"unknown selector kind %q: want cursor, range, symbol, ast, anchor or id", p.Kind)
	}

	sel, err := Parse(canonical, indexing)
	if err != nil {
		return nil, err
	}
	if err := p.onlyWhat(Spec(sel)); err != nil {
		return nil, err
	}
	return sel, nil
}

// onlyWhat returns an error for fields that the selector's kind does not have. Ignoring them would answer another
// question.
func (p PositionSpec) onlyWhat(has PositionSpec) error {
	given, used := reflect.ValueOf(p), reflect.ValueOf(has)
	for i := range given.NumField() {
		if name, _, _ := strings.Cut(given.Type().Field(i).Tag.Get("json"), ","); !given.Field(i).IsZero() &&
			used.Field(i).IsZero() {
			return fault.New(fault.BadSelector, "a selector of kind %s has no %s", p.Kind, name)
		}
	}
	return nil
}

// cutQualname splits at the first ':' that is not doubled.
func cutQualname(q string) (module, names string, ok bool) {
	for i := 0; i < len(q); i++ {
		if strings.HasPrefix(q[i:], "::") {
			i++
		} else if q[i] == ':' {
			return q[:i], q[i+1:], true
		}
	}
	return q, "", false
}

// stepOf reads one step of an AST path.
func stepOf(step []any) (Step, error) {
	if len(step) != 2 {
		return Step{}, fmt.Errorf("want [kind, name] or [kind, index], got %d values", len(step))
	}
	kind, ok := step[0].(string)
	if !ok {
		return Step{}, fmt.Errorf("the kind is no string")
	}
	switch v := step[1].(type) {
	case string:
		if v != "" {
			return Step{Kind: kind, Name: v}, nil
		}
	case int:
		return Step{Kind: kind, Index: v}, nil
	case float64:
		if v == float64(int(v)) && v >= 0 {
			return Step{Kind: kind, Index: int(v)}, nil
		}
	}
	return Step{}, fmt.Errorf("%v is neither a name nor a 0-based index", step[1])
}

// FromJSON reads a selector from JSON: a string in any form, or a
// [PositionSpec] object without unknown fields.
func FromJSON(raw []byte, indexing text.Encoding) (Selector, error) {
	raw = bytes.TrimSpace(raw)
	if len(raw) > maxJSON {
		return nil, tooLong(string(raw), len(raw), maxJSON)
	}
	if len(raw) > 0 && raw[0] == '"' {
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
		why := err.Error()
		if wrong, ok := errors.AsType[*json.UnmarshalTypeError](err); ok && wrong.Field == "" {
			why = "it is a JSON " + wrong.Value
		} else if ok {
			why = wrong.Field + " is a JSON " + wrong.Value
		}
		return nil, fault.Wrap(fault.BadSelector, err, "selector is neither a string nor a PositionSpec: %s", why).
			WithHint("write a string, as in \"Store.load\"; see 'lanser help selectors'")
	}
	return p.Selector(indexing)
}
