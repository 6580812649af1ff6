package main

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"lanser/selectors/fault"
	"lanser/server/bundle"
)

func (a *app) schema() *cobra.Command {
	cmd := &cobra.Command{Use: "schema", Short: "list and print the JSON Schemas", Args: usage(cobra.NoArgs)}
	names := slices.Sorted(maps.Keys(bundle.Schemas))
	list := &cobra.Command{
		Use: "list", Short: "list the schemas", Args: usage(cobra.NoArgs),
		RunE: func(*cobra.Command, []string) error {
			for _, n := range names {
				fmt.Fprintln(a.out, n)
			}
			return nil
		},
	}
	export := &cobra.Command{
		Use: "export NAME", Short: "print a schema (JSON Schema 2020-12)", Args: usage(cobra.ExactArgs(1)),
		RunE: func(_ *cobra.Command, args []string) error {
			draw := bundle.Schemas[args[0]]
			if draw == nil {
				return fault.New(fault.Usage, "unknown schema %q", args[0]).WithHint("one of %s", strings.Join(names, ", "))
			}
			s, err := draw()
			if err != nil {
				return fault.From(err)
			}
			enc := json.NewEncoder(a.out)
			enc.SetIndent("", "  ")
			enc.SetEscapeHTML(false)
			return enc.Encode(s)
		},
	}
	cmd.AddCommand(list, export)
	return cmd
}
