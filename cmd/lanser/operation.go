package main

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"lanser/selectors/fault"
	"lanser/server/api"
)

// Commands of operations are generated from [api.Operations] and [api.Table]. This file names no operation and no
// option, so that a row added to a table is a command or a flag without a change here. What a table does not hold is
// kept by name elsewhere: examples in manual.go, the reports of diag in diag.go.

// operation returns the command of an operation. Its name is the operation's short name. The long name, which MCP
// uses, is an alias: 'lanser def' and 'lanser definition' are one command.
//
// The arguments are one of SELECTOR, SELECTOR NEWNAME (rename), [SELECTOR...] (impact, which needs none with --patch),
// PATH (api, context) and [PATH...]. diag prints reports. The other operations print compact text, with --json the
// bundle, and with --format grep a line for each place. The diff of a rename has no places, so that --format grep
// prints text.
func (a *app) operation(op *api.Operation) *cobra.Command {
	req := api.Request{Op: op.Name}
	cmd := &cobra.Command{Short: op.Summary}
	if op.Short != op.Name {
		cmd.Aliases = []string{op.Name}
	}
	switch op.Takes {
	case api.TakesSelector:
		cmd.Use, cmd.Args = op.Short+" SELECTOR", usage(cobra.ExactArgs(1))
		cmd.ValidArgsFunction = a.completed
		if op.TakesName() {
			cmd.Use, cmd.Args = op.Short+" SELECTOR NEWNAME", usage(cobra.ExactArgs(2))
		}
		if op.Several {
			cmd.Use, cmd.Args = op.Short+" [SELECTOR...]", usage(cobra.ArbitraryArgs)
		}
	case api.TakesPaths:
		cmd.Use, cmd.Args = op.Short+" [PATH...]", usage(cobra.ArbitraryArgs)
		if op.OnePath {
			cmd.Use = op.Short + " PATH" // the engine says what is wrong with more
		}
	}
	if lines := examples[op.Name]; lines != nil {
		cmd.Example = "  " + strings.Join(lines, "\n  ")
	}

	readOptions := a.addOptions(cmd, op, &req)
	if op.IsCheck() { // its answers are printed as reports
		a.runCheck(cmd, &req, readOptions)
		return cmd
	}

	// A process runs one command line, so the flags are parsed into req itself.
	var form textFlags
	form.add(cmd)
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		err := readOptions(cmd.Context())
		if err == nil {
			err = form.check(a)
		}
		if err != nil {
			return err
		}
		if err := a.addArguments(&req, op, args); err != nil {
			return err
		}
		door, err := a.door(cmd.Context())
		if err != nil {
			return err
		}
		defer door.Close()
		// A bundle, and a list of places, answer one request. Compact text may join the answers to several.
		if a.json || form.format == "grep" && !op.TakesName() {
			b, _ := door.Do(cmd.Context(), req) // the error is in the bundle
			return a.answer(b)
		}
		form.budget, req.Options.Budget = req.Options.Budget, 0 // it limits the text; the bundle has all entries
		return a.answerText(door.Root(), api.Meanings(cmd.Context(), door, req), form, req.Options.Sites)
	}

	return cmd
}

// addArguments adds the arguments of an operation's command to the request. A single selector is always in
// req.Selector, so that the bundle is the same whether the operation takes several or not. None or several are in
// req.Selectors.
func (a *app) addArguments(req *api.Request, op *api.Operation, args []string) (err error) {
	switch {
	case op.Takes == api.TakesPaths:
		req.Paths, err = a.paths(args)
	case op.Several && len(args) != 1:
		for _, arg := range args {
			sel, err := selectorJSON(arg)
			if err != nil {
				return err
			}
			req.Selectors = append(req.Selectors, sel)
		}
	default:
		req.Selector, err = selectorJSON(args[0])
		if op.TakesName() {
			req.Options.To = args[1]
		}
	}
	return err
}

// selectorJSON converts a selector from the command line into the JSON value that a request contains. A
// selector in its JSON form ({"kind": …}) is returned unchanged; any other text becomes a JSON string.
func selectorJSON(selector string) (json.RawMessage, error) {
	if strings.HasPrefix(strings.TrimSpace(selector), "{") {
		return json.RawMessage(selector), nil
	}
	raw, err := json.Marshal(selector)
	if err != nil {
		return nil, fault.From(err)
	}
	return raw, nil
}

// addOptions adds the flags of the options that the operation takes. Most flags set the field of the option when they
// are parsed. The caller calls finish after that, for two kinds of options:
//
//   - The flag names a file, as in --patch FILE: finish reads the file into the field.
//   - The field is a *bool, which stays nil unless the flag is given, because bundles repeat only given options.
//
// A field of any other type is a mistake in the table: addOptions panics, which every test of a command finds.
func (a *app) addOptions(cmd *cobra.Command, op *api.Operation, req *api.Request) (finish func(context.Context) error) {
	f := cmd.Flags()
	if op.Query {
		f.StringVar(&req.Query, "query", "",
			"search symbols of the workspace by fuzzy name: letters in order, best matches first")
	}

	var later []func(context.Context) error
	for _, row := range api.Table {
		if row.Flag == "" || !op.Accepts(row.Name) {
			continue
		}
		switch field := row.Field(&req.Options).(type) {
		case *string:
			if !row.File {
				f.StringVar(field, row.Name, "", row.Flag)
				break
			}
			file := f.String(row.Name, "", row.Flag)
			later = append(later, func(ctx context.Context) (err error) {
				if *file != "" {
					*field, err = a.readFile(ctx, row.Name, *file, req.Options.Timeout)
				}
				return err
			})
		case *int:
			f.IntVar(field, row.Name, 0, row.Flag)
		case *bool:
			f.BoolVar(field, row.Name, false, row.Flag)
		case **bool:
			value := f.Bool(row.Name, row.Default, row.Flag)
			later = append(later, func(context.Context) error {
				if f.Changed(row.Name) {
					*field = value
				}
				return nil
			})
		case *[]string:
			f.StringArrayVar(field, row.Name, nil, row.Flag)
		case *api.Duration:
			f.Func(row.Name, row.Flag, func(s string) error { return field.UnmarshalText([]byte(s)) })
		default:
			panic(fmt.Sprintf("option %s has a flag, but flags cannot hold a %T", row.Name, field))
		}
	}

	return func(ctx context.Context) error {
		for _, step := range later {
			if err := step(ctx); err != nil {
				return err
			}
		}
		return nil
	}
}
