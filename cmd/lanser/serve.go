package main

import (
	"context"
	"errors"
	"io"
	"os"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"lanser/selectors/fault"
	"lanser/selectors/visible"
	"lanser/server"
	"lanser/server/api"
	"lanser/server/editor"
	"lanser/server/jsonl"
	"lanser/server/mcp"
	"lanser/server/sandbox"
	"lanser/server/schema"
	"lanser/server/settings"
)

// serve returns the command that serves a protocol on standard input and output. It returns nil when the client
// disconnects. One process serves one client, which may open several workspaces (openAt). While it runs, all other
// output goes to standard error, because a single line between two messages would break the connection.
func (a *app) serve() *cobra.Command {
	var protocol string
	var structured bool
	var budget int
	var tools []string
	var announce time.Duration
	cmd := &cobra.Command{
		Use: "serve", Short: "serve agents and editors over stdio: MCP, JSON lines or LSP", Args: usage(cobra.NoArgs),
		Long: `Answers on standard input and output until the client disconnects. Standard output contains
nothing but the protocol.

  mcp    the operations as read-only tools, with resources and prompts ('lanser help agents')
  jsonl  the batch protocol as a stream ('lanser batch --help'): answers are written as soon
         as they are ready; {"cancel":ID} cancels a request, {"notify":true} subscribes to
         changes
  lsp    one language server in front of the servers of all languages in the workspace; it
         rejects requests that would change a file`,
	}
	f := cmd.Flags()
	f.StringVar(&protocol, "protocol", "mcp", "the protocol: mcp, jsonl or lsp")
	f.BoolVar(&structured, "structured", false,
		"mcp: add the bundle to each answer, as structured content")
	f.StringSliceVar(&tools, "tools", mcp.DefaultTools,
		"mcp: the operations that are tools, or all; every conversation pays for the description of each")
	f.IntVar(&budget, "budget", mcp.Budget, "mcp: at most `N` tokens per answer, unless the call sets a budget")
	f.DurationVar(&announce, "announce", 0,
		"lsp: publish that a document is not verified yet if its check takes longer than `TIME`; 0 for never")
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		if budget <= 0 {
			return fault.New(fault.Usage, "--budget is a number of tokens and must be at least 1")
		}
		in, out := a.in, underlying(a.out)
		a.out = a.err // nothing but the protocol may be written to standard output
		if a.sandbox != "off" {
			a.warnSandbox(sandbox.Level())
		}

		var err error
		switch protocol {
		case "mcp":
			err = a.serveMCP(cmd.Context(), in, out, mcp.Options{Structured: structured, Budget: budget, Tools: tools})
		case "jsonl":
			err = a.serveLines(cmd.Context(), in, out)
		case "lsp":
			err = editor.Serve(cmd.Context(), in, out, editor.Options{
				Open: a.openAt, Fixed: a.workspace != "", Version: server.Version(), Log: a.err, Announce: announce,
			})
		default:
			return fault.New(fault.Usage, "unknown protocol %q; the protocols are mcp, jsonl and lsp", protocol)
		}

		if errors.Is(err, editor.ErrNoShutdown) {
			return exitError(1)
		}
		// A session ends with the end of the input or with a signal. Any other error is one of the connection.
		var f *fault.Error
		if errors.As(err, &f) {
			return err
		}
		if err != nil && !errors.Is(err, context.Canceled) && !errors.Is(err, io.EOF) {
			return fault.Wrap(fault.Usage, err, "the connection failed: %v", err)
		}
		return nil
	}

	return cmd
}

// serveLines serves the batch protocol as a stream (spec section 7). When the input ends, the open requests are still
// answered: a client may write its requests, close the pipe, and read.
func (a *app) serveLines(ctx context.Context, in io.Reader, out io.Writer) error {
	door, err := a.door(ctx)
	if err != nil {
		return err
	}
	defer door.Close()
	return jsonl.Serve(ctx, settings.Apply(door), in, visible.JSONWriter(out), true, a.reproducible)
}

// openAt returns a door to a workspace that applies the workspace's settings; "" means the
// workspace of the command line. It may be called concurrently, since it changes a copy of the app. The caller must
// close the door.
func (a *app) openAt(ctx context.Context, workspace string) (api.Door, error) {
	at := *a
	if workspace != "" {
		at.workspace = workspace
	}
	door, err := at.door(ctx)
	if err != nil {
		return nil, err
	}
	return settings.Apply(door), nil
}

// serveMCP runs an MCP server. It adds to the options what package mcp cannot import: how to open and diagnose a
// workspace, and the help topics and schemas that agents can read. A client may choose the workspace unless the user
// has named one with --workspace.
func (a *app) serveMCP(ctx context.Context, in io.Reader, out io.Writer, o mcp.Options) error {
	o.Version, o.Open, o.Fixed, o.Pages = server.Version(), a.openAt, a.workspace != "", pages()
	o.Doctor = func(ctx context.Context, workspace string) string {
		var text strings.Builder
		at := *a
		at.workspace = workspace
		d, err := at.diagnose(ctx, nil)
		if err != nil {
			return visible.Text(fault.From(err).Error())
		}
		if err := writeDiagnosis(&text, d); err != nil {
			return visible.Text(fault.From(err).Error())
		}
		return visible.Guarded(text.String())
	}
	s, done, err := mcp.New(o)
	if err != nil {
		return fault.From(err)
	}
	defer done()
	return s.Run(ctx, &mcp.Transport{In: in, Out: writeCloser{Writer: out}})
}

// writeCloser is an output with a method Close.
type writeCloser struct{ io.Writer }

// Close closes the writer if it is a file, so that the client sees the end of the output.
func (w writeCloser) Close() error {
	if f, ok := w.Writer.(*os.File); ok {
		return f.Close()
	}
	return nil
}

// pages returns the help topics and schemas as resources for agents, by names such as "help selectors" and
// "schema NAME".
func pages() map[string]mcp.Page {
	out := map[string]mcp.Page{}
	for _, t := range topics() {
		out["help "+t.Name()] = mcp.Page{
			URI: "lanser://help/" + t.Name(), Summary: t.Short, Type: "text/plain", Text: t.Long,
		}
	}

	for _, s := range schema.All {
		raw, err := s.Text()
		if err != nil {
			continue
		}
		out["schema "+s.Name] = mcp.Page{
			URI: "lanser://schema/" + s.Name, Summary: "JSON Schema of " + s.About,
			Type: "application/schema+json", Text: string(raw),
		}
	}
	return out
}
