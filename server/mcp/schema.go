package mcp

import (
	"github.com/google/jsonschema-go/jsonschema" // the MCP SDK's type of schemas

	"lanser/server/api"
	"lanser/server/bundle"
)

// Clients pass tool schemas on to models, and models accept different subsets of JSON Schema. The schemas here
// use only what all of them accept: an object with named properties, each a string, integer, boolean or array
// of strings with a description and possibly an enum of strings; no references, unions, formats, defaults or
// objects with free names. A test enforces this, and a maximum size.

// OutputSchema returns a JSON Schema of a bundle that names its parts, and leaves out what is in them: MCP demands no
// output schema, every tool has one of its own, and the whole one has 16,000 bytes, for which every conversation would
// pay once for each tool. The resource lanser://schema/bundle is the whole one.
func OutputSchema() (*jsonschema.Schema, error) {
	s, err := jsonschema.For[bundle.Bundle](nil)
	if err != nil {
		return nil, err
	}
	for name, part := range s.Properties {
		s.Properties[name] = &jsonschema.Schema{Type: part.Type, Types: part.Types}
	}
	s.Description = "a bundle; resource lanser://schema/bundle"
	return s, nil
}

// described returns the schema of a string, of any or one of some values.
func described(description string, enum ...any) *jsonschema.Schema {
	return &jsonschema.Schema{Type: "string", Description: description, Enum: enum}
}

// property returns the schema of an option in a tool's arguments: an integer, a boolean, or else a string.
func property(row api.Option) *jsonschema.Schema {
	s := &jsonschema.Schema{Type: "string", Description: row.Tool}
	for _, v := range row.Values {
		s.Enum = append(s.Enum, v)
	}
	switch row.Field(&api.Options{}).(type) {
	case *int:
		s.Type = "integer"
	case *bool, **bool:
		s.Type = "boolean"
	}
	return s
}

// HiddenOptions returns the options that the tools' schemas omit to keep every conversation short: name →
// description. The tools accept them nevertheless.
func HiddenOptions() map[string]string {
	out := map[string]string{}
	for _, row := range api.Table {
		if !row.Shown {
			out[row.Name] = row.Tool
		}
	}
	return out
}

// selectorHelp shows a model the forms of selectors that it needs most: a schema is part of every conversation, so it
// must be short.
const selectorHelp = "Type.method, path#Name, path:line:col, go://pkg#Name"

// InputSchema returns the JSON Schema of an operation's arguments: what it is about (a selector; several for some
// operations; paths, or a query), the options that are shown, and the format. Only a selector can be required: where
// several arguments can say what is meant, the schemas have no means to demand one of them.
func InputSchema(op *api.Operation) *jsonschema.Schema {
	props := map[string]*jsonschema.Schema{
		"format": described("json for the whole bundle (default text)", "text", "json"),
	}
	for _, row := range api.Table {
		if row.Shown && op.Accepts(row.Name) {
			props[row.Name] = property(row)
		}
	}
	s := &jsonschema.Schema{Type: "object", Properties: props}
	if op.Takes == api.TakesSelector {
		props["selector"] = described(selectorHelp)
		if !op.Several {
			s.Required = []string{"selector"}
			return s
		}
		props["selectors"] = &jsonschema.Schema{
			Type: "array", Items: &jsonschema.Schema{Type: "string"},
			Description: "instead: several; or only patch: all that it changes",
		}
	} else {
		props["paths"] = &jsonschema.Schema{
			Type: "array", Items: &jsonschema.Schema{Type: "string"},
			Description: "files or folders, relative to the workspace",
		}
	}
	if op.Query {
		props["query"] = described("a name as people type one: letters in order, case aside; the best first")
	}
	return s
}
