// Package mcp owns the server for agents that speak the Model Context Protocol. It uses the official SDK,
// which speaks all revisions from 2024-11-05 to the newest.
//
//   - Tools: one for each operation of [Options].Tools, read-only and idempotent. A tool takes the operation's
//     selector (or paths, or query) and its options, under their names on the command line, in the plainest JSON
//     Schema. It answers with compact text (package report) within a budget of tokens; with format "json" it
//     answers with the bundle, and with [Options].Structured with both. An error is a result with isError, so that
//     the model reads it and can correct the call. Invisible characters in text of the repository are made visible
//     (package visible), and the text is marked as data.
//   - Resources: which language servers answer here, outlines and diagnostics of files (clients can subscribe to
//     them), recent bundles by id, the help pages, and the schemas.
//   - Prompts for common tasks.
//   - Completion of selectors from the index, and of paths; progress while an answer takes long; cancellation; log
//     messages; the workspace from the client's roots.
//
// No answer is longer than the budget, unless the requested thing is a single piece, and the number of
// omitted results is given. The package knows nothing of language servers.
package mcp

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/modelcontextprotocol/go-sdk/jsonrpc"
	"github.com/modelcontextprotocol/go-sdk/mcp"

	"lanser/selectors/fault"
	"lanser/selectors/text"
	"lanser/selectors/visible"
	"lanser/server/api"
	"lanser/server/bundle"
	"lanser/server/report"
)

// Budget is the maximum number of tokens of an answer if the caller gives none. Agents warn of results with
// more than 10,000, and pay for each.
const Budget = report.Budget

// Options configure a server.
type Options struct {
	Version string
	// Open opens a workspace; "" is the workspace that the process was started in.
	Open func(ctx context.Context, workspace string) (api.Door, error)
	// Fixed is true if the user has named the workspace on the command line: the client's roots are ignored.
	Fixed bool
	// Tools are the long or short names of the operations that are tools; ["all"] means all of them, and nil
	// [DefaultTools]. Every conversation pays for the description of each tool.
	Tools []string
	// Structured adds the bundle to every answer as structured content, in addition to the text.
	Structured bool
	// Doctor describes which language servers would answer in a workspace.
	Doctor func(ctx context.Context, workspace string) string
	// Pages are texts that agents can read as resources, by name: help pages and schemas.
	Pages map[string]Page
	// Budget is in tokens; 0 means [Budget].
	Budget int
}

// Page is a text with its description and its media type.
type Page struct {
	URI, Summary, Type string
	Text               string
}

// A process serves one client. Its calls run side by side: each gets the door to the workspace, which the first of them
// opens, makes a request of its arguments, and formats the bundles that the door returns. Everything that a model reads
// goes through package report or package visible, which make invisible characters visible.

// instance is the state of one server process, which serves one client.
type instance struct {
	Options
	mcp *mcp.Server

	mu        sync.Mutex // guards what follows, except bundles, which have a lock of their own
	door      api.Door   // nil before the first request, and after the client's roots have changed
	workspace string     // the workspace that door was opened with
	bundles   recentBundles
	watched   map[string]int // resource URI → number of subscriptions
	watch     *watch         // nil while nothing is watched
}

// New makes a server. closeAll releases everything that the server has opened. The lists of tools, prompts and
// resources stay as they are, so that no notifications of changes to them are declared. The error is Usage for a tool
// that does not exist.
func New(o Options) (s *mcp.Server, closeAll func(), err error) {
	in := &instance{Options: o, watched: map[string]int{}, bundles: recentBundles{byID: map[string]*bundle.Bundle{}}}
	if in.Budget == 0 {
		in.Budget = Budget
	}
	options := &mcp.ServerOptions{
		Instructions: Instructions, CompletionHandler: in.complete, SubscribeHandler: in.subscribe,
		UnsubscribeHandler: in.unsubscribe,
		Capabilities: &mcp.ServerCapabilities{
			Completions: &mcp.CompletionCapabilities{}, Tools: &mcp.ToolCapabilities{},
			Prompts:   &mcp.PromptCapabilities{},
			Resources: &mcp.ResourceCapabilities{Subscribe: true},
		},
	}
	in.addOlderFeatures(options)
	in.mcp = mcp.NewServer(&mcp.Implementation{Name: "lanser", Title: "Lanser", Version: o.Version}, options)
	if err := in.addTools(); err != nil {
		return nil, nil, err
	}
	in.addResources()
	in.addPrompts()
	return in.mcp, in.close, nil
}

// close ends the watch and closes the door.
func (in *instance) close() {
	in.mu.Lock()
	defer in.mu.Unlock()
	in.endWatch()
	if in.door != nil {
		in.door.Close()
	}
}

// open returns the door to the workspace of a session, and opens it the first time. A workspace that cannot be opened
// is tried again by the next request: the user may have removed the cause.
func (in *instance) open(ctx context.Context, s *mcp.ServerSession) (api.Door, error) {
	in.mu.Lock()
	defer in.mu.Unlock()
	if in.door != nil {
		return in.door, nil
	}
	in.workspace = in.root(ctx, s)
	door, err := in.Open(ctx, in.workspace)
	if err != nil {
		return nil, err
	}
	in.door = door
	if len(in.watched) > 0 { // subscriptions of before another workspace was opened
		in.beginWatch(door)
	}
	return door, nil
}

// reopen closes the door if the client's roots now require another workspace. The next request opens the new
// one.
func (in *instance) reopen(ctx context.Context, s *mcp.ServerSession) {
	want := in.root(ctx, s)
	in.mu.Lock()
	defer in.mu.Unlock()
	if in.door == nil || want == in.workspace {
		return
	}
	in.door.Close()
	in.door = nil
	in.endWatch()
}

// addTools adds a tool for each operation that the user has chosen. The annotations tell clients that they may call a
// tool without asking the user: it only reads, repeating it is harmless, and it does not reach outside of the
// machine.
func (in *instance) addTools() error {
	var output any // nil declares no output schema
	if in.Structured {
		schema, err := OutputSchema()
		if err != nil {
			return err
		}
		output = schema
	}
	closed, harmless := false, false
	operations, err := toolsNamed(in.Tools)
	if err != nil {
		return err
	}
	in.mcp.AddReceivingMiddleware(explainUnknown(operations))
	for _, op := range operations {
		in.mcp.AddTool(&mcp.Tool{
			Name: op.Name, Description: describe(op), InputSchema: InputSchema(op), OutputSchema: output,
			Annotations: &mcp.ToolAnnotations{
				ReadOnlyHint: true, IdempotentHint: true, DestructiveHint: &harmless, OpenWorldHint: &closed,
			},
		}, in.tool(op))
	}
	return nil
}

// explainUnknown returns a middleware that answers the call of a tool which is not among those of some operations: with
// how to switch it on if it is another operation.
func explainUnknown(operations []*api.Operation) mcp.Middleware {
	var names []string
	for _, op := range operations {
		names = append(names, op.Name)
	}
	return func(next mcp.MethodHandler) mcp.MethodHandler {
		return func(ctx context.Context, method string, req mcp.Request) (mcp.Result, error) {
			call, isCall := req.(*mcp.CallToolRequest)
			if !isCall || slices.Contains(names, call.Params.Name) {
				return next(ctx, method, req)
			}
			why := fmt.Sprintf("unknown tool %q: the tools are %s", fault.Quoted(call.Params.Name),
				strings.Join(names, ", "))
			if op := api.Lookup(call.Params.Name); op != nil && slices.Contains(names, op.Name) {
				why = fmt.Sprintf("unknown tool %q: it is called %s", call.Params.Name, op.Name)
			} else if op != nil {
				why += fmt.Sprintf("; 'lanser serve --tools %s,%s' adds it, --tools all all of them",
					strings.Join(names, ","), op.Name)
			}
			return nil, &jsonrpc.Error{Code: jsonrpc.CodeInvalidParams, Message: why}
		}
	}
}

// tool answers the calls of an operation's tool. Whatever is wrong with a call is in a bundle, and so in a result that
// the model reads: an error of the protocol would be shown to the user at best. A name that means a few symbols is
// answered about each of them, but as text alone ([api.Meanings]), because JSON and structured content hold one bundle.
func (in *instance) tool(op *api.Operation) mcp.ToolHandler {
	return func(ctx context.Context, call *mcp.CallToolRequest) (*mcp.CallToolResult, error) {
		door, err := in.open(ctx, call.Session)
		if err != nil {
			refusal := api.Refusal("", api.Platform(), op.Name, err)
			return in.result(outputOptions{budget: in.Budget}, refusal), nil
		}
		defer in.progress(ctx, call)()
		began := time.Now()
		req, how, err := in.request(op, call.Params.Arguments)
		var answers []*bundle.Bundle
		switch {
		case err != nil:
			answers = []*bundle.Bundle{door.Refuse(op.Name, err)}
		case how.json || in.Structured:
			b, err := door.Do(ctx, req)
			if b == nil {
				b = door.Refuse(op.Name, err)
			}
			answers = []*bundle.Bundle{b}
		default:
			answers = api.Meanings(ctx, door, req)
			if answers[0] == nil {
				answers[0] = door.Refuse(op.Name, errors.New("the connection to the engine was lost"))
			}
		}
		for _, b := range answers {
			in.log(call.Session, op, b, time.Since(began))
			in.bundles.add(b)
		}
		lines, done := report.Files(door.Root())
		defer done()
		how.lines, how.sites = lines, req.Options.Sites
		return in.result(how, answers...), nil
	}
}

// outputOptions say how an answer is formatted.
type outputOptions struct {
	budget int // tokens
	json   bool
	sites  bool
	lines  func(path string) *text.Content
}

// result returns answers as the result of a tool: several only as text. The bundles are without their local part, so
// that a result names no path of this machine, and equal answers have equal bytes.
func (in *instance) result(how outputOptions, answers ...*bundle.Bundle) *mcp.CallToolResult {
	r := &mcp.CallToolResult{}
	for i, b := range answers {
		answers[i] = b.Reproducible()
		r.IsError = r.IsError || b.Error != nil
	}
	output := ""
	if how.json {
		output = asJSON(answers[0])
	} else {
		output = report.CompactAll(answers, report.Layout{
			Max: how.budget * bundle.BytesPerToken, Sites: how.sites, Lines: how.lines,
		})
	}
	r.Content = []mcp.Content{&mcp.TextContent{Text: output}}
	if in.Structured {
		r.StructuredContent = answers[0]
	}
	return r
}

// asJSON returns a bundle as JSON with invisible characters made visible.
func asJSON(b *bundle.Bundle) string {
	raw, err := json.Marshal(b)
	if err != nil {
		return visible.Text(err.Error())
	}
	return visible.JSON(string(raw))
}

// request reads a tool's arguments like a line of the batch protocol, except that the options are among the
// other arguments: {"selector": "Server.Serve", "declaration": false, "budget": 2000} has the selector of the line, one
// option, and the number of tokens of the answer. The options are not limited to those in the tool's schema.
func (in *instance) request(op *api.Operation, raw json.RawMessage) (api.Request, outputOptions, error) {
	how := outputOptions{budget: in.Budget}
	args := map[string]json.RawMessage{}
	if len(raw) > 0 {
		if err := json.Unmarshal(raw, &args); err != nil {
			return api.Request{}, how, fault.Wrap(fault.Usage, err, "the arguments are not a JSON object").
				WithHint(`they look like {"selector": "Store.load"}`)
		}
	}
	var format string
	line := api.Line{Cmd: op.Name, Selector: args["selector"], Options: args}
	for name, into := range map[string]any{
		"selectors": &line.Selectors,
		"paths":     &line.Paths, "query": &line.Query, "format": &format, "budget": &how.budget,
	} {
		if v, ok := args[name]; ok && string(v) != "null" {
			if err := json.Unmarshal(listed(v, into), into); err != nil {
				return api.Request{}, how, fault.Wrap(fault.Usage, err, "%s must be %s", name, kindOf(into))
			}
		}
		delete(args, name)
	}
	delete(args, "selector")
	for name, v := range args { // some clients send null for every argument that is not used
		if string(v) == "null" {
			delete(args, name)
		}
	}
	if err := unquote(args, "overlay"); err != nil {
		return api.Request{}, how, err
	}
	if format != "" && format != "text" && format != "json" {
		return api.Request{}, how, fault.New(fault.Usage, "unknown format %q: want text or json", format)
	}
	if how.budget <= 0 {
		return api.Request{}, how, fault.New(fault.Usage, "budget must be a number of tokens, at least 1")
	}
	how.json = format == "json"
	if how.json || in.Structured { // the budget must apply to the bundle itself
		args["budget"] = json.RawMessage(fmt.Sprint(how.budget))
	}
	for _, name := range slices.Sorted(maps.Keys(args)) {
		if !op.Accepts(name) {
			known := slices.Sorted(maps.Keys(InputSchema(op).Properties))
			return api.Request{}, how, fault.New(fault.Usage, "%s takes no argument %q", op.Name, name).
				WithHint("it takes %s", strings.Join(known, ", "))
		}
	}
	req, err := line.Request()
	return req, how, err
}

// listed returns the JSON of a string as a list of it where a list is wanted: models write "paths": "a.go" by habit.
func listed(v json.RawMessage, into any) json.RawMessage {
	_, isPaths := into.(*[]string)
	_, isSelectors := into.(*[]json.RawMessage)
	if (isPaths || isSelectors) && json.Unmarshal(v, new(string)) == nil {
		return json.RawMessage("[" + string(v) + "]")
	}
	return v
}

// kindOf describes the values that an argument takes.
func kindOf(into any) string {
	switch into.(type) {
	case *[]string, *[]json.RawMessage:
		return `a list of strings, as in ["src/app.ts"]`
	case *int:
		return "a whole number"
	case *string:
		return "a string"
	}
	return "JSON of another type"
}

// unquote accepts an object that is given as JSON in a string: the plain schemas that every client accepts
// cannot describe objects with free names.
func unquote(args map[string]json.RawMessage, name string) error {
	var s string
	if v, ok := args[name]; !ok || json.Unmarshal(v, &s) != nil {
		return nil // absent, or an object
	}
	if !json.Valid([]byte(s)) {
		return fault.New(fault.Usage, "%s is not a JSON object", name).
			WithHint(`it looks like {"src/a.py": "the whole content"}`)
	}
	args[name] = json.RawMessage(s)
	return nil
}

// progressEvery is the interval between progress notifications.
const progressEvery = time.Second

// progress notifies the client that its call is running, until stop is called, if the client has asked for that with a
// progress token. The progress is the number of seconds so far, without a total, which nobody knows. stop returns when
// no further notification can come, because none may follow the answer.
func (in *instance) progress(ctx context.Context, call *mcp.CallToolRequest) (stop func()) {
	token := call.Params.GetProgressToken()
	if token == nil {
		return func() {}
	}
	ctx, cancel := context.WithCancel(ctx)
	done := make(chan struct{})
	go func() {
		defer close(done)
		tick := time.NewTicker(progressEvery)
		defer tick.Stop()
		for n := 1; ; n++ {
			select {
			case <-ctx.Done():
				return
			case <-tick.C:
			}
			_ = call.Session.NotifyProgress(ctx, &mcp.ProgressNotificationParams{
				ProgressToken: token, Progress: float64(n),
				Message: fmt.Sprintf(
					"%s: %ds; a server that must start first may take a minute", call.Params.Name, n,
				),
			})
		}
	}()
	return func() { cancel(); <-done }
}
