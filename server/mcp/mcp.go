// Package mcp owns how the operations look to agents: one read-only tool an
// operation over the Model Context Protocol, with the official SDK.
//
// A tool takes the operation's selector (or paths, query) and its options by the
// names of the command line. It answers with the text form, whose first lines an
// agent can act on, and with the bundle as structured content. An error is a
// tool result with isError, for the model to read and mend.
//
// It knows nothing of language servers.
package mcp

import (
	"context"
	"encoding/json"
	"strings"

	"github.com/google/jsonschema-go/jsonschema"
	"github.com/modelcontextprotocol/go-sdk/mcp"

	"lanser/selectors/fault"
	"lanser/server"
	"lanser/server/bundle"
	"lanser/server/report"
)

const instructions = `Answers about this workspace come from real language servers; nothing is ever changed.
Name code by selector: go://import/path#Type.Method, py://pkg.mod#Class.method, ts://src/file#Class.method;
module * finds a name anywhere (go://*#Server.Serve); path@Lline:Ccol is a place (1-based, UTF-16 columns).
On E/AMBIGUOUS or E/NOT_FOUND, retry with one of the selectors that the error lists.
Trust an empty answer only where no "evidence:" line stands below it.`

// New makes the MCP server of an engine.
func New(e server.Door, version string) (*mcp.Server, error) {
	s := mcp.NewServer(&mcp.Implementation{Name: "lanser", Version: version}, &mcp.ServerOptions{Instructions: instructions})
	output, err := OutputSchema()
	if err != nil {
		return nil, err
	}
	closed, harmless := false, false
	for _, op := range server.Operations {
		s.AddTool(&mcp.Tool{
			Name: op.Name, Description: describe(op), InputSchema: InputSchema(op), OutputSchema: output,
			Annotations: &mcp.ToolAnnotations{
				Title: op.Name, ReadOnlyHint: true, IdempotentHint: true, DestructiveHint: &harmless, OpenWorldHint: &closed,
			},
		}, handler(e, op))
	}
	return s, nil
}

func describe(op *server.Operation) string {
	s := strings.ToUpper(op.Summary[:1]) + op.Summary[1:] + "."
	if op.Takes == server.TakesSelector {
		s += " Name it by selector, e.g. go://*#Server.Serve, py://pkg.mod#Class.method, ts://src/app#Store.load or src/app.py@L42:C7."
	}
	return s
}

// OutputSchema is the JSON Schema of a bundle.
func OutputSchema() (*jsonschema.Schema, error) { return jsonschema.For[bundle.Bundle](nil) }

// optionSchemas are the options by name, in the plainest JSON Schema, which every
// client accepts.
var optionSchemas = map[string]*jsonschema.Schema{
	"index-io":    {Type: "string", Enum: []any{"utf-16", "utf-8", "codepoint"}, Description: "unit of columns in the selector; utf-16 by default"},
	"timeout":     {Type: "string", Description: "how long the answer may take, as in 30s; by default 2m for a server to start, then 1m, 10m for diagnostics"},
	"require":     {Type: "string", Enum: []any{"complete", "exact"}, Description: "make anything less an error"},
	"limit":       {Type: "integer", Description: "at most this many entries; what is cut is counted"},
	"cursor":      {Type: "string", Description: "the cursor of an answer that was cut: go on after it"},
	"frozen":      {Type: "string", Description: "the snapshot.digest of an earlier answer: refuse to answer about anything else"},
	"reward":      {Type: "string", Enum: []any{"pr-v1", "pr-v2"}, Description: "with patch or overlay: also check without it, and tell the process reward of the change"},
	"rename":      {Type: "string", Description: "with reward: selector of what the change renames; it is safe only if the server says that it can be renamed"},
	"declaration": {Type: "boolean", Description: "include the declaration; true by default"},
	"preview":     {Type: "boolean", Description: "show the code"},
	"kind":        {Type: "string", Description: "only this kind: class, struct, interface, enum, def, method, field, var, const, type, module"},
	"depth":       {Type: "integer", Description: "at most this many levels: of nesting in an outline (all by default), of distance in a hierarchy (1 by default)"},
	"overlay":     {Type: "object", AdditionalProperties: &jsonschema.Schema{Type: "string"}, Description: "file contents by path to answer by instead of those on disk: what if"},
	"patch":       {Type: "string", Description: "a unified diff, applied in memory before answering: what if"},
	"in":          {Type: "boolean", Description: "only callers; both directions by default"},
	"out":         {Type: "boolean", Description: "only callees; both directions by default"},
	"super":       {Type: "boolean", Description: "only supertypes; both directions by default"},
	"sub":         {Type: "boolean", Description: "only subtypes; both directions by default"},
	"server":      {Type: "string", Description: "the language server to ask, NAME or NAME@VERSION; by default the first that is installed"},
	"fail-on":     {Type: "string", Enum: []any{"error", "warning", "information", "hint", "none"}, Description: "severity from which findings count as failure"},
}

// InputSchema is the JSON Schema of an operation's arguments.
func InputSchema(op *server.Operation) *jsonschema.Schema {
	props := map[string]*jsonschema.Schema{}
	for name, schema := range optionSchemas {
		if op.Heeds(name) {
			props[name] = schema
		}
	}
	s := &jsonschema.Schema{Type: "object", Properties: props}
	if op.Takes == server.TakesSelector {
		props["selector"] = &jsonschema.Schema{Type: "string", Description: "go://module#Name.path, py://…, ts://…; path@Lline:Ccol; anchor://path#\"text\"; ast://[module=m]/[def=f]; id:HEX; ?docVersion=git:REV pins it to a version"}
		s.Required = []string{"selector"}
	} else {
		props["paths"] = &jsonschema.Schema{
			Type: "array", Items: &jsonschema.Schema{Type: "string"}, Description: "files or folders, relative to the workspace; all of it by default",
		}
	}
	if op.Query {
		props["query"] = &jsonschema.Schema{Type: "string", Description: "a name as people type one: its letters in order, case aside; the best match comes first"}
	}
	return s
}

func handler(e server.Door, op *server.Operation) mcp.ToolHandler {
	return func(ctx context.Context, call *mcp.CallToolRequest) (*mcp.CallToolResult, error) {
		req, err := request(op, call.Params.Arguments)
		var b *bundle.Bundle
		if err != nil {
			b = e.Refuse(op.Name, err)
		} else {
			b, _ = e.Do(ctx, req) // the error is in the bundle
		}
		b.Local = nil
		var text strings.Builder
		report.Text(&text, &text, b)
		return &mcp.CallToolResult{
			Content:           []mcp.Content{&mcp.TextContent{Text: text.String()}},
			StructuredContent: b, IsError: b.Error != nil,
		}, nil
	}
}

// request reads a tool's arguments as a line of the batch protocol, whose options
// stand beside the rest.
func request(op *server.Operation, raw json.RawMessage) (server.Request, error) {
	args := map[string]json.RawMessage{}
	if len(raw) > 0 {
		if err := json.Unmarshal(raw, &args); err != nil {
			return server.Request{}, fault.Wrap(fault.Usage, err, "the arguments are no JSON object: %v", err)
		}
	}
	line := server.Line{Cmd: op.Name, Selector: args["selector"], Options: args}
	for name, into := range map[string]any{"paths": &line.Paths, "query": &line.Query} {
		if v, ok := args[name]; ok {
			if err := json.Unmarshal(v, into); err != nil {
				return server.Request{}, fault.Wrap(fault.Usage, err, "%s: %v", name, err)
			}
			delete(args, name)
		}
	}
	delete(args, "selector")
	return line.Request()
}
