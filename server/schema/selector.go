package schema

import (
	"slices"

	"github.com/google/jsonschema-go/jsonschema"

	"lanser/selectors"
)

// specFields lists the fields of each kind of [selectors.PositionSpec] (spec section 2). The Go type has the fields of
// all kinds in one struct, so that what belongs to which kind must be listed here.
var specFields = []struct {
	kind               string
	required, optional []string
}{
	{"cursor", []string{"uri", "line", "col"}, []string{"indexing", "docVersion"}},
	{"range", []string{"uri", "start", "end"}, []string{"indexing", "docVersion"}},
	{"symbol", []string{"lang", "qualname"}, []string{"role", "overload", "docVersion"}},
	{"ast", []string{"path"}, []string{"docVersion"}},
	{"anchor", []string{"uri", "snippet"}, []string{"ctx", "hash", "near", "docVersion"}},
	{"id", []string{"id"}, nil},
}

// selector generates the schema of a selector: its string form, or a PositionSpec of one of the kinds. The descriptions
// of the fields come from the Go type. Patterns and least values are those that the parser of selectors checks; lines
// and columns are 1-based, an overload and the index of a node are 0-based.
func selector() (*jsonschema.Schema, error) {
	all, err := jsonschema.For[selectors.PositionSpec](nil)
	if err != nil {
		return nil, err
	}
	number := func(least float64) *jsonschema.Schema { return &jsonschema.Schema{Type: "integer", Minimum: &least} }
	point := &jsonschema.Schema{
		Type:        "array",
		Items:       number(1),
		MinItems:    ptr(2),
		MaxItems:    ptr(2),
		Description: "1-based line and column",
	}
	step := &jsonschema.Schema{
		Type: "array", MinItems: ptr(2), MaxItems: ptr(2),
		PrefixItems: []*jsonschema.Schema{{Type: "string"}, {Types: []string{"string", "integer"}}},
		Description: "[kind, name], or [node kind or field, 0-based index]",
	}
	refined := map[string]*jsonschema.Schema{
		"line": number(1), "col": number(1), "ctx": number(1), "near": number(1), "overload": number(0),
		"start": point, "end": point,
		"indexing":   {Type: "string", Enum: []any{"utf-16", "utf-8", "codepoint"}},
		"role":       {Type: "string", Enum: []any{"def", "sig", "body", "doc"}},
		"path":       {Type: "array", Items: step, MinItems: ptr(1)},
		"hash":       {Type: "string", Pattern: "^sha1:[0-9a-f]{40}$"},
		"id":         {Type: "string", Pattern: "^id:[0-9a-f]{32}$"},
		"docVersion": {Type: "string", Pattern: "^(git:.+|sha256:[0-9a-f]{64})$"},
	}
	out := &jsonschema.Schema{
		Title: "Lanser selector",
		OneOf: []*jsonschema.Schema{
			{Type: "string", MinLength: ptr(1), Description: "the string form: 'lanser help selectors'"},
		},
	}
	for _, f := range specFields {
		var kind any = f.kind
		props := map[string]*jsonschema.Schema{"kind": {Const: &kind}}
		for _, name := range slices.Concat(f.required, f.optional) {
			props[name] = all.Properties[name].CloneSchemas()
			if r := refined[name]; r != nil {
				if r.Description == "" {
					r.Description = all.Properties[name].Description
				}
				props[name] = r.CloneSchemas()
			}
		}

		out.OneOf = append(out.OneOf, &jsonschema.Schema{
			Type: "object", Title: f.kind, Properties: props, Required: append([]string{"kind"}, f.required...),
			AdditionalProperties: &jsonschema.Schema{Not: &jsonschema.Schema{}},
		})
	}

	return out, nil
}

// ptr returns a pointer to n: optional numbers of a schema are pointers.
func ptr(n int) *int { return &n }
