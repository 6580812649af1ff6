package main

import (
	"context"
	"errors"
	"io"
	"os"
	"strings"

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

// serve answers over standard input and output until the client leaves.
func (a *app) serve() *cobra.Command {
	var protocol string
	var structured bool
	var budget int
	cmd := &cobra.Command{
		Use: "serve", Short: "answer agents over stdio: MCP, JSON lines, or as a read-only language server", Args: usage(cobra.NoArgs),
		Long: `Answers over standard input and output until the client leaves. Nothing but the protocol
is written to standard output.

  mcp    the operations as read-only tools, with resources and prompts ('lanser help agents')
  jsonl  the batch protocol as a stream: answers as they are ready, {"cancel":ID} and
         {"notify":true} beside requests ('lanser batch --help')
  lsp    a language server in front of those of all languages of the workspace; what would
         change a file is refused`,
	}
	f := cmd.Flags()
	f.StringVar(&protocol, "protocol", "mcp", "what to speak: mcp, jsonl or lsp")
	f.BoolVar(&structured, "structured", false, "mcp: have answers carry their bundles as structured content, beside the text")
	f.IntVar(&budget, "budget", mcp.Budget, "mcp: at most `N` tokens an answer, where the call names no number")
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		if budget <= 0 {
			return fault.New(fault.Usage, "--budget is counted in tokens, from 1")
		}
		in, out := a.in, unguarded(a.out)
		a.out = a.err // nothing else may write there
		if a.sandbox != "off" {
			a.noteSandbox(sandbox.Level())
		}
		var err error
		switch protocol {
		case "mcp":
			err = a.serveMCP(cmd.Context(), in, out, structured, budget)
		case "jsonl":
			err = a.serveLines(cmd.Context(), in, out)
		case "lsp":
			err = editor.Serve(cmd.Context(), in, out, editor.Options{Open: a.openAt, Fixed: a.workspace != "", Version: server.Version(), Log: a.err})
		default:
			return fault.New(fault.Usage, "unknown protocol %q: want mcp, jsonl or lsp", protocol)
		}
		var f *fault.Error
		if errors.As(err, &f) {
			return err
		}
		if err != nil && !errors.Is(err, context.Canceled) && !errors.Is(err, io.EOF) {
			return fault.Wrap(fault.Usage, err, "the connection broke: %v", err)
		}
		return nil
	}
	return cmd
}

func (a *app) serveLines(ctx context.Context, in io.Reader, out io.Writer) error {
	door, err := a.door(ctx)
	if err != nil {
		return err
	}
	defer door.Close()
	return jsonl.Serve(ctx, settings.Heed(door), in, visible.JSONWriter(out), true, a.reproducible)
}

// openAt returns a door to a workspace, by whose settings it answers; "" is the workspace that the
// command line means.
func (a *app) openAt(ctx context.Context, workspace string) (api.Door, error) {
	at := *a
	if workspace != "" {
		at.workspace = workspace
	}
	door, err := at.door(ctx)
	if err != nil {
		return nil, err
	}
	return settings.Heed(door), nil
}

func (a *app) serveMCP(ctx context.Context, in io.Reader, out io.Writer, structured bool, budget int) error {
	s, done, err := mcp.New(mcp.Options{
		Version: server.Version(), Open: a.openAt, Fixed: a.workspace != "", Structured: structured, Budget: budget, Pages: pages(),
		Doctor: func(ctx context.Context, workspace string) string {
			var text strings.Builder
			at := *a
			at.workspace, at.json, at.out = workspace, false, &text
			if _, err := at.diagnose(ctx); err != nil {
				return visible.Text(fault.From(err).Error())
			}
			return visible.Guarded(text.String())
		},
	})
	if err != nil {
		return fault.From(err)
	}
	defer done()
	return s.Run(ctx, &mcp.Transport{In: in, Out: writeCloser{Writer: out}})
}

type writeCloser struct{ io.Writer }

// Close closes what is a file: a client that waits for the end sees it.
func (w writeCloser) Close() error {
	if f, ok := w.Writer.(*os.File); ok {
		return f.Close()
	}
	return nil
}

// pages are the help topics and schemas, for agents to read.
func pages() map[string]mcp.Page {
	out := map[string]mcp.Page{}
	for _, t := range topics() {
		out["help "+t.Name()] = mcp.Page{URI: "lanser://help/" + t.Name(), Summary: t.Short, Type: "text/plain", Text: t.Long}
	}
	for _, s := range schema.All {
		if raw, err := s.Text(); err == nil {
			out["schema "+s.Name] = mcp.Page{URI: "lanser://schema/" + s.Name, Summary: "JSON Schema of " + s.About, Type: "application/schema+json", Text: string(raw)}
		}
	}
	return out
}
