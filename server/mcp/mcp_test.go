package mcp_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"os"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/jsonschema-go/jsonschema"
	sdk "github.com/modelcontextprotocol/go-sdk/mcp"

	"lanser/index/indextest"
	"lanser/selectors/fault"
	"lanser/server"
	"lanser/server/api"
	"lanser/server/bundle"
	"lanser/server/mcp"
	"lanser/server/sandbox"
)

func TestMain(m *testing.M) {
	sandbox.Main()
	os.Exit(m.Run())
}

// An agent can set every option that the command line and batches have, and learns about it from the tool's schema or
// from the list of rare options.
func TestEveryOptionOfAnOperationIsAParameterOfItsTool(t *testing.T) {
	options := reflect.TypeFor[api.Options]()
	for _, op := range api.Operations {
		tool := mcp.InputSchema(op)
		for i := range options.NumField() {
			name, _, _ := strings.Cut(options.Field(i).Tag.Get("json"), ",")
			told := tool.Properties[name] != nil || mcp.HiddenOptions()[name] != "" && op.Accepts(name)
			if told != op.Accepts(name) {
				t.Errorf("%s: %s is told of: %v, and is an option of the operation: %v", op.Name, name, told,
					op.Accepts(name))
			}
		}
	}
}

// Every conversation pays for the tools that a server lists, and for its instructions.
func TestTheDefaultToolsAreFewAndShort(t *testing.T) {
	const maxTools, maxInstructions = 6000, 1500 // bytes
	list := tools(t, connect(t, mcp.Options{Open: noDoor}))
	raw, err := json.Marshal(list)
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, tool := range list {
		names = append(names, tool.Name)
	}
	if want := slices.Sorted(slices.Values(mcp.DefaultTools)); !slices.Equal(names, want) {
		t.Errorf("the tools are %v, want %v", names, want)
	}
	if len(raw) > maxTools || len(mcp.Instructions) > maxInstructions {
		t.Errorf("the tools have %d bytes, and the instructions %d", len(raw), len(mcp.Instructions))
	}
}

func TestToolsAreChosenByName(t *testing.T) {
	for _, tt := range []struct {
		names, want []string
	}{
		{names: []string{"refs", "hover"}, want: []string{"hover", "references"}},
		{names: []string{"calls", mcp.AllTools}, want: nil},
	} {
		var names []string
		for _, tool := range tools(t, connect(t, mcp.Options{Open: noDoor, Tools: tt.names})) {
			names = append(names, tool.Name)
		}
		if tt.want != nil && !slices.Equal(names, tt.want) || tt.want == nil && len(names) != len(api.Operations) {
			t.Errorf("%v: the tools are %v", tt.names, names)
		}
	}
	if _, _, err := mcp.New(mcp.Options{Open: noDoor, Tools: []string{"grep"}}); !fault.Is(err, fault.Usage) {
		t.Errorf("an unknown tool: %v", err)
	}
}

// A model that knows a tool's name from elsewhere learns how its user can switch the tool on, and what it is called.
func TestAToolThatIsNotListedSaysHowToSwitchItOn(t *testing.T) {
	c := connect(t, mcp.Options{Open: noDoor, Tools: []string{"refs", "def"}})
	for name, want := range map[string]string{
		"hover": `unknown tool "hover": the tools are definition, references; ` +
			`'lanser serve --tools definition,references,hover' adds it, --tools all all of them`,
		"refs": `unknown tool "refs": it is called references`,
		"grep": `unknown tool "grep": the tools are definition, references`,
	} {
		_, err := c.CallTool(t.Context(), &sdk.CallToolParams{Name: name})
		if err == nil || !strings.HasSuffix(err.Error(), want) {
			t.Errorf("%s: %v, want %s", name, err, want)
		}
	}
}

// With structured content, each tool has the schema of a bundle in every conversation.
func TestOutputSchemasAreShort(t *testing.T) {
	list := tools(t, connect(t, mcp.Options{Open: noDoor, Tools: []string{mcp.AllTools}, Structured: true}))
	for _, tool := range list {
		raw, err := json.Marshal(tool.OutputSchema)
		if err != nil || len(raw) > 1000 {
			t.Errorf("%s: %d bytes (%v)", tool.Name, len(raw), err)
		}
	}
}

// Clients pass the schemas to models of many vendors, so no schema uses a feature that one of them rejects.
func TestEveryClientAcceptsTheToolSchemas(t *testing.T) {
	names := regexp.MustCompile(`^[a-zA-Z0-9_-]{1,64}$`)
	total := 0
	all := tools(t, connect(t, mcp.Options{Open: noDoor, Tools: []string{mcp.AllTools}}))
	for _, tool := range all {
		raw, err := json.Marshal(tool)
		if err != nil {
			t.Fatal(err)
		}
		total += len(raw)
		if !names.MatchString(tool.Name) || tool.Description == "" || tool.Annotations == nil ||
			!tool.Annotations.ReadOnlyHint ||
			!tool.Annotations.IdempotentHint {
			t.Errorf("%s: %+v", tool.Name, tool)
		}
		schema, _ := json.Marshal(tool.InputSchema)
		for _, why := range unusual(schema) {
			t.Errorf("%s: %s", tool.Name, why)
		}
	}
	if tokens := total / bundle.BytesPerToken; tokens > 240*len(all) {
		t.Errorf("%d tools cost %d tokens", len(all), tokens)
	}
	for _, bad := range []string{
		`{"type":"object","properties":{"a":{"type":["string","null"],"description":"d"}}}`,
		`{"type":"object","properties":{"a":{"anyOf":[{"type":"string"}],"description":"d"}}}`,
		`{"type":"object","properties":{"a":{"type":"object","description":"d"}}}`,
		`{"type":"object","properties":{"a":{"type":"string"}}}`,
		`{"type":"object","properties":{"a":{"type":"array","description":"d"}}}`,
		`{"type":"object","properties":{"a":{"type":"string","format":"uri","description":"d"}}}`,
		`{"type":"object","properties":{"a":{"$ref":"#/x","description":"d"}}}`,
		`{"type":"object","additionalProperties":{"type":"string"},"properties":{}}`,
		`{"type":"object","properties":{"a.b":{"type":"string","description":"d"}}}`,
		`{"type":"object","required":["b"],"properties":{"a":{"type":"string","description":"d"}}}`,
	} {
		if len(unusual([]byte(bad))) == 0 {
			t.Errorf("%s passes", bad)
		}
	}
}

// unusual says what a schema has that some clients do not take.
func unusual(raw []byte) (why []string) {
	var s struct {
		Type       string
		Properties map[string]map[string]any
		Required   []string
	}
	var all map[string]any
	if json.Unmarshal(raw, &all) != nil || json.Unmarshal(raw, &s) != nil || s.Type != "object" ||
		len(s.Properties) == 0 {
		return []string{"it is no object with properties: " + string(raw)}
	}
	for key := range all {
		if !slices.Contains([]string{"type", "properties", "required"}, key) {
			why = append(why, key)
		}
	}
	for _, r := range s.Required {
		if s.Properties[r] == nil {
			why = append(why, "it requires "+r+", which is none of its properties")
		}
	}
	key := regexp.MustCompile(`^[a-zA-Z0-9_-]{1,64}$`)
	for name, p := range s.Properties {
		kind, _ := p["type"].(string)
		if !key.MatchString(name) || !slices.Contains([]string{"string", "integer", "boolean", "array"}, kind) ||
			p["description"] == nil {
			why = append(why, fmt.Sprintf("%s: %v", name, p))
		}
		for k, v := range p {
			items, _ := v.(map[string]any)
			switch {
			case k == "type", k == "description":
			case k == "items" && kind == "array" && len(items) == 1 && items["type"] == "string":
			case k == "enum" && kind == "string":
			default:
				why = append(why, fmt.Sprintf("%s: %s", name, k))
			}
		}
		if kind == "array" && p["items"] == nil {
			why = append(why, name+" says not of what it is a list")
		}
	}
	return why
}

func noDoor(context.Context, string) (api.Door, error) { return nil, context.Canceled }

// connect is a client's session with a server in memory.
func connect(t *testing.T, o mcp.Options) *sdk.ClientSession {
	t.Helper()
	return connectAs(t, o, nil, nil)
}

func connectAs(
	t *testing.T,
	o mcp.Options,
	as *sdk.ClientOptions,
	session *sdk.ClientSessionOptions,
) *sdk.ClientSession {
	t.Helper()
	s, done, err := mcp.New(o)
	if err != nil {
		t.Fatal(err)
	}
	ours, theirs := sdk.NewInMemoryTransports()
	served, err := s.Connect(t.Context(), ours, nil)
	if err != nil {
		t.Fatal(err)
	}
	c, err := sdk.NewClient(&sdk.Implementation{Name: "test"}, as).Connect(t.Context(), theirs, session)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		c.Close()
		served.Wait()
		done()
	})
	return c
}

func tools(t *testing.T, c *sdk.ClientSession) (out []*sdk.Tool) {
	t.Helper()
	for tool, err := range c.Tools(t.Context(), nil) {
		if err != nil {
			t.Fatal(err)
		}
		out = append(out, tool)
	}
	return out
}

// goFiles is a workspace with one function of many uses, on an engine of its own.
func goFiles(t *testing.T) (mcp.Options, string) {
	t.Helper()
	files := map[string]string{
		"go.mod": "module ex.com/m\n\ngo 1.21\n",
		"a.go":   "package m\n\n// F does it.\nfunc F() {}\n",
	}
	for i := range 20 {
		files[fmt.Sprintf("u%02d.go", i)] = fmt.Sprintf("package m\n\nfunc U%02d() {\n\tF()\n\tF()\n}\n", i)
	}
	dir := indextest.Files(t, files)
	open := func(_ context.Context, at string) (api.Door, error) {
		if at == "" {
			at = dir
		}
		return server.New(server.Config{Root: at})
	}
	return mcp.Options{Version: "test", Tools: []string{mcp.AllTools}, Open: open}, dir
}

func call(t *testing.T, c *sdk.ClientSession, name string, args map[string]any) (*sdk.CallToolResult, string) {
	t.Helper()
	r, err := c.CallTool(t.Context(), &sdk.CallToolParams{Name: name, Arguments: args})
	if err != nil {
		t.Fatal(err)
	}
	return r, r.Content[0].(*sdk.TextContent).Text
}

// Each page of an answer fits the budget, and the pages together have each entry once.
func TestPagesOfABudgetAddUpToTheWholeAnswer(t *testing.T) {
	indextest.Needs(t, "the server gopls")
	o, _ := goFiles(t)
	c := connect(t, o)
	_, whole := call(t, c, "references", map[string]any{"selector": "go://*#F"})
	uses := regexp.MustCompile(`(?m)^(\S+\.go)$|^ .*?(\d[\d,]*): `)
	list := func(text string) (out []string) {
		file := ""
		for _, m := range uses.FindAllStringSubmatch(text, -1) {
			if m[1] != "" {
				file = m[1]
				continue
			}
			for line := range strings.SplitSeq(m[2], ",") {
				out = append(out, file+":"+line)
			}
		}
		return out
	}
	want := list(whole)
	if len(want) != 41 {
		t.Fatalf("%d uses:\n%s", len(want), whole)
	}
	var got []string
	args := map[string]any{"selector": "go://*#F", "budget": 100}
	for pages := 1; ; pages++ {
		r, page := call(t, c, "references", args)
		if r.IsError || len(page) > 100*bundle.BytesPerToken {
			t.Fatalf("%d bytes, error %v: %s", len(page), r.IsError, page)
		}
		got = append(got, list(page)...)
		m := regexp.MustCompile(`(\d+) more were cut; go on with cursor (\S+)`).FindStringSubmatch(page)
		if m == nil {
			if pages < 3 {
				t.Errorf("%d pages", pages)
			}
			break
		}
		if m[1] != fmt.Sprint(len(want)-len(got)) {
			t.Errorf("%s more are told of, after %d of %d", m[1], len(got), len(want))
		}
		args["cursor"] = m[2]
	}
	if !slices.Equal(got, want) {
		t.Errorf("pages %v, the whole %v", got, want)
	}
}

// A client that lists all parameters sends null for those that it does not use. Overlays are accepted as objects and
// as text.
func TestArgumentsAreAcceptedInTheFormsThatClientsSend(t *testing.T) {
	o, _ := goFiles(t)
	c := connect(t, o)
	for _, args := range []map[string]any{
		{"selector": "go://*#F", "budget": nil, "patch": nil, "format": nil},
		{"selector": "go://*#G", "overlay": map[string]any{"g.go": "package m\n\nfunc G() {}\n"}},
		{"selector": "go://*#G", "overlay": `{"g.go": "package m\n\nfunc G() {}\n"}`},
		{"selector": map[string]any{"kind": "cursor", "uri": "a.go", "line": 4, "col": 6, "indexing": "utf-16"}},
		{"selector": "go://*#F", "limit": 1, "timeout": "30s", "index-io": "utf-8", "require": "exact"},
	} {
		if r, text := call(t, c, "locate", args); r.IsError {
			t.Errorf("%v: %s", args, text)
		}
	}
	for why, args := range map[string]map[string]any{
		"overlay is not a JSON object":                       {"selector": "go://*#F", "overlay": "{"},
		"unknown format":                                     {"selector": "go://*#F", "format": "xml"},
		"budget must be a number":                            {"selector": "go://*#F", "budget": 0},
		`locate takes no argument "deep"; it takes budget, `: {"selector": "go://*#F", "deep": true},
		`locate takes no argument "name"`:                    {"name": "go://*#F"},
		"budget must be a whole number":                      {"selector": "go://*#F", "budget": "many"},
		"locate needs a selector":                            {},
		"Ask again with one of the sele": {"selector": "go://*#F?overload=0", "overlay": map[string]any{
			"x/a.go": "package x\n\nfunc F() {}\n",
		}},
	} {
		if r, text := call(t, c, "locate", args); !r.IsError || !strings.Contains(text, why) {
			t.Errorf("%v: error %v: %s, want %s", args, r.IsError, text, why)
		}
	}
}

// A string in place of a list is the list of it, and other values of a wrong type are refused in words of JSON.
func TestAStringInPlaceOfAListIsTheListOfIt(t *testing.T) {
	o, _ := goFiles(t)
	c := connect(t, o)
	if r, text := call(t, c, "symbols", map[string]any{"paths": "a.go"}); r.IsError || !strings.Contains(text, "F") {
		t.Errorf("%v: %s", r.IsError, text)
	}
	want := `E/USAGE: paths must be a list of strings, as in ["src/app.ts"]`
	if r, text := call(t, c, "symbols", map[string]any{"paths": 3}); !r.IsError || !strings.Contains(text, want) {
		t.Errorf("%v: %s, want %s", r.IsError, text, want)
	}
}

// With format json, the text is the bundle. With Structured, the bundle is the structured content, which matches the
// output schema.
func TestABundleIsReturnedOnRequest(t *testing.T) {
	indextest.Needs(t, "the server gopls")
	o, _ := goFiles(t)
	_, text := call(t, connect(t, o), "definition", map[string]any{"selector": "go://*#F", "format": "json"})
	var b bundle.Bundle
	if err := json.Unmarshal([]byte(text), &b); err != nil || len(b.Facts.Definitions) != 1 ||
		b.Facts.Definitions[0].URI != "a.go" {
		t.Errorf("%v: %s", err, text)
	}
	if ought, has, err := bundle.IDOf([]byte(text)); err != nil || ought != has {
		t.Errorf("its id is %s, and ought to be %s (%v)", has, ought, err)
	}
	o.Structured = true
	c := connect(t, o)
	all := tools(t, c)
	i := slices.IndexFunc(all, func(x *sdk.Tool) bool { return x.Name == "definition" })
	raw, _ := json.Marshal(all[i].OutputSchema)
	var schema jsonschema.Schema
	if err := json.Unmarshal(raw, &schema); err != nil {
		t.Fatal(err)
	}
	resolved, err := schema.Resolve(nil)
	if err != nil {
		t.Fatal(err)
	}
	for _, sel := range []string{"go://*#F", "go://*#Nowhere"} {
		r, _ := call(t, c, "definition", map[string]any{"selector": sel})
		if err := resolved.Validate(r.StructuredContent); err != nil {
			t.Errorf("%s: %v", sel, err)
		}
	}
}

// A client that subscribes to a resource is notified if a file changes, and then reads the new state.
func TestASubscriberIsNotifiedOfChanges(t *testing.T) {
	o, dir := goFiles(t)
	heard := make(chan string, 100)
	c := connectAs(
		t,
		o,
		&sdk.ClientOptions{
			ResourceUpdatedHandler: func(_ context.Context, r *sdk.ResourceUpdatedNotificationRequest) {
				heard <- r.Params.URI
			},
		},
		&sdk.ClientSessionOptions{
			ProtocolVersion: "2025-11-25",
		},
	) // with the newest, nothing tells when it has subscribed
	for _, uri := range []string{"lanser://outline/a.go", "lanser://outline/u00.go", "lanser://diagnostics"} {
		if err := c.Subscribe(t.Context(), &sdk.SubscribeParams{URI: uri}); err != nil {
			t.Fatal(err)
		}
	}
	indextest.Write(t, dir, "a.go", "package m\n\nfunc F() {}\n\nfunc New() {}\n")
	got := []string{<-heard, <-heard}
	slices.Sort(got)
	if !slices.Equal(got, []string{"lanser://diagnostics", "lanser://outline/a.go"}) {
		t.Errorf("heard of %v", got)
	}
	r, err := c.ReadResource(t.Context(), &sdk.ReadResourceParams{URI: "lanser://outline/a.go"})
	if err != nil || !strings.Contains(r.Contents[0].Text, "def New") {
		t.Errorf("%v, %v", r, err)
	}
}

// blind is a door whose first watch cannot begin.
type blind struct {
	api.Door
	watches *atomic.Int32
	lost    chan struct{} // closed when the connection of the second watch is lost
}

// Changes fails the first time. The next watch begins a second time, as after a lost connection, once lost is closed.
func (b blind) Changes(ctx context.Context, changed func(paths []string)) error {
	if b.watches.Add(1) == 1 {
		return errors.New("the folder cannot be read")
	}
	changed(nil)
	select {
	case <-b.lost:
		changed(nil)
	case <-ctx.Done():
		return ctx.Err()
	}
	return b.Door.Changes(ctx, func(paths []string) {
		if len(paths) > 0 {
			changed(paths)
		}
	})
}

// A watch that cannot begin fails the subscription, and nothing else: tools answer, and the next one begins a watch.
func TestAWatchThatCannotBeginFailsTheSubscription(t *testing.T) {
	o, dir := goFiles(t)
	watches, lost, open := new(atomic.Int32), make(chan struct{}), o.Open
	o.Open = func(ctx context.Context, at string) (api.Door, error) {
		door, err := open(ctx, at)
		return blind{Door: door, watches: watches, lost: lost}, err
	}
	heard := make(chan string, 100)
	c := connectAs(t, o, &sdk.ClientOptions{
		ResourceUpdatedHandler: func(_ context.Context, r *sdk.ResourceUpdatedNotificationRequest) {
			heard <- r.Params.URI
		},
	}, &sdk.ClientSessionOptions{ProtocolVersion: "2025-11-25"})
	outline := &sdk.SubscribeParams{URI: "lanser://outline/a.go"}
	if err := c.Subscribe(t.Context(), outline); err == nil || !strings.Contains(err.Error(), "cannot be read") {
		t.Errorf("the first subscription: %v", err)
	}
	call(t, c, "symbols", map[string]any{"paths": []string{"a.go"}})
	if err := c.Subscribe(t.Context(), outline); err != nil {
		t.Fatal(err)
	}
	indextest.Write(t, dir, "a.go", "package m\n\nfunc F() {}\n\nfunc New() {}\n")
	close(lost) // what has changed until the watch begins again is unknown
	if got := <-heard; got != outline.URI {
		t.Errorf("heard of %s", got)
	}
}

func TestPromptsContainTheFacts(t *testing.T) {
	indextest.Needs(t, "the server gopls")
	o, _ := goFiles(t)
	c := connect(t, o)
	for name, want := range map[string][]string{
		"explain_symbol": {"F does it.", "40 uses"},
		"review_impact":  {"41 references", "20 callers of go://ex.com/m#F"},
	} {
		r, err := c.GetPrompt(
			t.Context(),
			&sdk.GetPromptParams{Name: name, Arguments: map[string]string{"selector": "go://*#F"}},
		)
		if err != nil {
			t.Fatal(err)
		}
		text := r.Messages[0].Content.(*sdk.TextContent).Text
		for _, w := range want {
			if !strings.Contains(text, w) {
				t.Errorf("%s does not say %q: %s", name, w, text)
			}
		}
	}
	patch := "--- a/a.go\n+++ b/a.go\n@@ -1,4 +1,4 @@\n package m\n \n // F does it.\n-func F() {}\n+func F(x int) {}\n"
	r, err := c.GetPrompt(
		t.Context(),
		&sdk.GetPromptParams{Name: "check_patch", Arguments: map[string]string{"patch": patch}},
	)
	if err != nil {
		t.Fatal(err)
	}
	if text := r.Messages[0].Content.(*sdk.TextContent).Text; strings.Count(text, "not enough arguments") != 40 ||
		!strings.Contains(text, "pr-v1") {
		t.Error(text)
	}
	if _, err := c.GetPrompt(t.Context(), &sdk.GetPromptParams{Name: "explain_symbol"}); err == nil {
		t.Error("a prompt without its argument is given")
	}
}

func TestCompletionOfSelectorsUsesTheIndex(t *testing.T) {
	o, _ := goFiles(t)
	c := connect(t, o)
	for typed, want := range map[string][]string{
		"go://*#U0": {
			"go://ex.com/m#U00", "go://ex.com/m#U01", "go://ex.com/m#U02", "go://ex.com/m#U03", "go://ex.com/m#U04",
			"go://ex.com/m#U05", "go://ex.com/m#U06", "go://ex.com/m#U07", "go://ex.com/m#U08", "go://ex.com/m#U09",
		},
		"go://ex.com/m#F": {"go://ex.com/m#F"},
		"py://*#U0":       {},
		"go://":           {},
	} {
		r, err := c.Complete(t.Context(), &sdk.CompleteParams{
			Ref: &sdk.CompleteReference{
				Type: "ref/prompt",
				Name: "explain_symbol",
			}, Argument: sdk.CompleteParamsArgument{Name: "selector", Value: typed},
		})
		if err != nil {
			t.Fatal(err)
		}
		got := map[string]bool{}
		for _, v := range r.Completion.Values {
			got[v] = true
		}
		for _, w := range want {
			if !got[w] {
				t.Errorf("%s: %v, without %s", typed, slices.Sorted(maps.Keys(got)), w)
			}
		}
		if len(want) == 0 && len(got) > 0 {
			t.Errorf("%s: %v", typed, got)
		}
	}
}

// slow is a door that answers once it is let.
type slow struct {
	api.Door
	let chan struct{}
}

func (s slow) Do(ctx context.Context, req api.Request) (*bundle.Bundle, error) {
	select {
	case <-s.let:
	case <-ctx.Done():
	}
	return s.Door.Do(ctx, req)
}

// While a call takes long, a client that asked for progress is notified. A cancelled call has no answer, and the next
// call is answered.
func TestALongCallReportsProgressAndCanBeCancelled(t *testing.T) {
	o, _ := goFiles(t)
	inner, let := o.Open, make(chan struct{})
	o.Open = func(ctx context.Context, at string) (api.Door, error) {
		d, err := inner(ctx, at)
		return slow{d, let}, err
	}
	told := make(chan float64, 100)
	c := connectAs(
		t,
		o,
		&sdk.ClientOptions{
			ProgressNotificationHandler: func(_ context.Context, r *sdk.ProgressNotificationClientRequest) {
				told <- r.Params.Progress
			},
		},
		nil,
	)
	ctx, cancel := context.WithCancel(t.Context())
	go func() {
		<-told
		cancel()
	}()
	p := &sdk.CallToolParams{Name: "locate", Arguments: map[string]any{"selector": "go://*#F"}}
	p.SetProgressToken("t")
	if r, err := c.CallTool(ctx, p); err == nil {
		t.Errorf("a call that was cancelled is answered: %v", r)
	}
	close(let)
	if r, text := call(t, c, "locate", map[string]any{"selector": "go://*#F"}); r.IsError {
		t.Error(text)
	}
}

// Paths are completed one folder at a time, and only inside the workspace.
func TestPathsAreCompletedFolderByFolder(t *testing.T) {
	dir := indextest.Files(t, map[string]string{
		".hidden/x.go": "",
		".git/config":  "",
		"go.mod":       "module m\n",
		"src/app.go":   "",
		"src/apt/a.go": "",
		"src/b.go":     "",
		"srv.go":       "",
	})
	c := connect(t, mcp.Options{
		Version: "t",
		Open:    func(context.Context, string) (api.Door, error) { return server.New(server.Config{Root: dir}) },
	})
	for typed, want := range map[string][]string{
		"":      {"go.mod", "src/", "srv.go"},
		"sr":    {"src/", "srv.go"},
		"src/":  {"src/app.go", "src/apt/", "src/b.go"},
		"src/a": {"src/app.go", "src/apt/"},
		".":     {".hidden/"},
		"../":   {},
		"/":     {},
		"x/":    {},
	} {
		got, err := c.Complete(t.Context(), &sdk.CompleteParams{
			Ref:      &sdk.CompleteReference{Type: "ref/resource", URI: "lanser://outline/{+path}"},
			Argument: sdk.CompleteParamsArgument{Name: "path", Value: typed},
		})
		if err != nil {
			t.Fatal(err)
		}
		if d := cmp.Diff(want, got.Completion.Values); d != "" {
			t.Errorf("%q (-want +got)\n%s", typed, d)
		}
	}
}
