package main

import (
	"context"
	"errors"

	"github.com/spf13/cobra"

	"lanser/selectors/fault"
	"lanser/selectors/visible"
	"lanser/server/schema"
	"lanser/server/wire"
)

// schema returns the commands that print the JSON Schemas and validate files. Package schema generates the schemas from
// the types that lanser itself reads and writes. A file that is not valid is an error with code Usage.
func (a *app) schema() *cobra.Command {
	cmd := &cobra.Command{
		Use: "schema", Short: "list and print the JSON Schemas, and validate files", Args: usage(cobra.NoArgs),
	}
	list := &cobra.Command{
		Use: "list", Short: "list the schemas with their versions", Args: usage(cobra.NoArgs),
		RunE: func(*cobra.Command, []string) error {
			for _, s := range schema.All {
				visible.Fprintf(a.out, "%s\t%s\t%s\n", s.Name, s.Version, s.About)
			}
			return nil
		},
	}
	export := &cobra.Command{
		Use: "export NAME", Short: "print a schema (JSON Schema 2020-12)", Args: usage(cobra.ExactArgs(1)),
		RunE: func(_ *cobra.Command, args []string) error {
			s, err := schema.ByName(args[0])
			if err != nil {
				return err
			}
			text, err := s.Text()
			if err != nil {
				return fault.From(err)
			}
			_, err = unguarded(a.out).Write(text)
			return err
		},
	}
	validate := &cobra.Command{
		Use: "validate NAME FILE", Short: "validate a file against a schema; - is standard input",
		Args: usage(cobra.ExactArgs(2)),
		RunE: func(cmd *cobra.Command, args []string) error {
			raw, err := a.readAll(cmd.Context(), args[1])
			if err != nil {
				return err
			}
			if err := schema.Validate(args[0], raw); err != nil {
				return err
			}
			visible.Fprintf(a.out, "%s is valid as %s\n", args[1], args[0])
			return nil
		},
	}
	cmd.AddCommand(list, export, validate, a.validateBatch())
	return cmd
}

// validateBatch returns the command that validates each line of a file, also after an invalid one.
func (a *app) validateBatch() *cobra.Command {
	return &cobra.Command{
		Use: "validate-batch NAME FILE", Short: "validate each line of a file: requests, answers, a report or a trace",
		Args: usage(cobra.ExactArgs(2)),
		RunE: func(cmd *cobra.Command, args []string) error {
			if _, err := schema.ByName(args[0]); err != nil {
				return err
			}
			return a.validateLines(cmd.Context(), args[0], args[1])
		},
	}
}

// validateLines validates each line of a file against the schema with the given name. Empty lines are valid. A line
// that is too long to be read is not valid, and the lines after it are still validated. Each invalid line is reported
// on standard output as "FILE:LINE: message", with a 1-based line, and the error counts them.
func (a *app) validateLines(ctx context.Context, name, file string) error {
	input, err := a.open(ctx, file)
	if err != nil {
		return fault.Wrap(fault.Usage, err, "%v", err)
	}
	defer input.Close()
	n, bad := 0, 0
	for line := range wire.Lines(input) {
		err := line.Err
		if err != nil && !errors.Is(err, wire.ErrLong) {
			return fault.Wrap(fault.Usage, err, "%v", err)
		}
		if err == nil {
			n++
		}
		if err == nil && len(line.Text) > 0 {
			err = schema.Validate(name, line.Text)
		}
		if err != nil {
			bad++
			visible.Fprintf(a.out, "%s:%d: %s\n", file, line.N, fault.From(err).Message)
		}
	}

	if bad > 0 {
		return fault.New(fault.Usage, "%d of %d lines of %s are not valid as %s", bad, n, file, name)
	}
	visible.Fprintf(a.out, "all %d lines of %s are valid as %s\n", n, file, name)
	return nil
}
