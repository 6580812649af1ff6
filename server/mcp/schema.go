package mcp

import (
	"github.com/google/jsonschema-go/jsonschema"

	"lanser/server"
	"lanser/server/bundle"
)

// Clients pass tool schemas on to models, and models differ in what they take: the
// schemas keep to what all of them do. An object with named properties, each a string,
// integer, boolean or array of strings with a description and at most an enum of
// strings; no references, unions, formats, defaults or objects with free names. A test
// holds them to it, and to a size.

// OutputSchema is the JSON Schema of a bundle.
func OutputSchema() (*jsonschema.Schema, error) { return jsonschema.For[bundle.Bundle](nil) }

func text(description string, enum ...any) *jsonschema.Schema {
	return &jsonschema.Schema{Type: "string", Description: description, Enum: enum}
}

func number(description string) *jsonschema.Schema {
	return &jsonschema.Schema{Type: "integer", Description: description}
}

func flag(description string) *jsonschema.Schema {
	return &jsonschema.Schema{Type: "boolean", Description: description}
}

// advertised are the options that the tools tell of. They take all others too, which are
// told of in one place, [Rare], lest every conversation pay for them.
var advertised = map[string]*jsonschema.Schema{
	"budget":      number("at most this many tokens (default 8000)"),
	"cursor":      text("go on after an answer that was cut"),
	"patch":       text("what if: answer as if this unified diff were applied; nothing is written"),
	"declaration": flag("include the declaration (default true)"),
	"preview":     flag("show the code"),
	"kind":        text("only class, struct, interface, enum, def, method, field, var, const, type or module"),
	"depth":       number("levels of nesting, or steps of the hierarchy"),
	"in":          flag("only callers"),
	"out":         flag("only callees"),
	"super":       flag("only supertypes"),
	"sub":         flag("only subtypes"),
	"since":       text("git revision: tell what is new since then, and what is gone"),
	"reward":      text("with patch: also tell what the change is worth", "pr-v1", "pr-v2"),
}

// Rare tells of the options that the schemas of tools leave out, by name.
var Rare = map[string]string{
	"index-io": "unit of columns in the selector: utf-16 (default), utf-8 or codepoint",
	"timeout":  "how long the answer may take, as in 30s",
	"require":  "complete or exact: make anything less an error",
	"limit":    "at most this many entries",
	"frozen":   "the snapshot digest of an earlier answer: fail if the workspace is another",
	"overlay":  "what if: JSON object, path to whole content, null for a file that is gone",
	"server":   "the language server to ask, NAME or NAME@VERSION",
	"rename":   "with reward: selector of what the patch renames",
	"fail-on":  "diagnostics: severity that counts as failure",

	"allow-incomplete": "diagnostics: exit code by the findings of a check that did not finish",
	"baseline":         "diagnostics: content of an earlier report, a bundle or SARIF: tell what is new",
	"jobs":             "diagnostics: servers asked at a time",
	"filter":           "diagnostics with since or patch: added, diff_context, file or nofilter",
	"exclude":          "diagnostics: list of patterns of files that are not checked",
	"severities":       "diagnostics: list of {path, source, code, severity}: what findings weigh",
}

const selectorHelp = "go://*#Type.Method, py://pkg.mod#Class.method, ts://src/file#f, path@Lline:Ccol, anchor://path#\"text\", id:HEX"

// InputSchema is the JSON Schema of an operation's arguments.
func InputSchema(op *server.Operation) *jsonschema.Schema {
	props := map[string]*jsonschema.Schema{"format": text("json for the whole bundle (default text)", "text", "json")}
	for name, schema := range advertised {
		if op.Heeds(name) {
			props[name] = schema
		}
	}
	s := &jsonschema.Schema{Type: "object", Properties: props}
	if op.Takes == server.TakesSelector {
		props["selector"] = text(selectorHelp)
		s.Required = []string{"selector"}
	} else {
		props["paths"] = &jsonschema.Schema{Type: "array", Items: &jsonschema.Schema{Type: "string"}, Description: "files or folders, relative to the workspace"}
	}
	if op.Query {
		props["query"] = text("a name as people type one: letters in order, case aside; the best first")
	}
	return s
}
