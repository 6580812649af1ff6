package main

import (
	"context"
	"errors"
	"io"

	sdk "github.com/modelcontextprotocol/go-sdk/mcp"
	"github.com/spf13/cobra"

	"lanser/selectors/fault"
	"lanser/server"
	"lanser/server/mcp"
)

// serve answers over standard input and output until the client leaves.
func (a *app) serve() *cobra.Command {
	return &cobra.Command{
		Use: "serve", Short: "answer agents over stdio, as an MCP server", Args: usage(cobra.NoArgs),
		Long: "Serves the operations as read-only MCP tools over standard input and output. Nothing but\nthe protocol is written to standard output.",
		RunE: func(cmd *cobra.Command, _ []string) error {
			e, err := a.door(cmd.Context())
			if err != nil {
				return err
			}
			defer e.Close()
			s, err := mcp.New(e, server.Version())
			if err != nil {
				return fault.From(err)
			}
			err = s.Run(cmd.Context(), &sdk.StdioTransport{})
			if err != nil && !errors.Is(err, context.Canceled) && !errors.Is(err, io.EOF) {
				return fault.Wrap(fault.Usage, err, "the MCP connection broke: %v", err)
			}
			return nil
		},
	}
}
