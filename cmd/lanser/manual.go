package main

import (
	_ "embed"
	"strings"

	"lanser/server/api"

	"github.com/spf13/cobra"
)

// manualPage is the manual page in the format of man(7).
//
//go:embed help/lanser.1
var manualPage []byte

// manual returns the command that prints the manual page. A test generates the page from the
// commands, so that the generator does not slow down the start of the program.
func (a *app) manual() *cobra.Command {
	return &cobra.Command{
		Use: "man", Short: "print the manual page; view it with: lanser man | man -l -", Args: usage(cobra.NoArgs),
		RunE: func(*cobra.Command, []string) error {
			_, err := unguarded(a.out).Write(manualPage)
			return err
		},
	}
}

// examples are command lines in the help of operations, by long name. A test runs each of them in a workspace that
// has these files and names.
var examples = map[string][]string{
	"locate": {
		`lanser locate 'py://pkg.mod#Class.method:sig' --preview`,
		`lanser locate 'src/app.py@L2:C9'`,
		`lanser locate 'anchor://src/app.py#"def%20load("'`,
	},
	"overview":       {`lanser overview 'go://*#Server.Serve'`},
	"definition":     {`lanser def 'go://*#Server.Serve'`, `lanser def src/app.py@L5:C1`},
	"declaration":    {`lanser decl 'py://pkg.mod#Class.method'`},
	"typeDefinition": {`lanser typedef 'go://*#Default'`},
	"implementation": {`lanser impl 'go://*#Server'`},
	"references":     {`lanser refs 'ts://src/app#Store.load' --json`, `lanser refs 'py://*#load' --declaration=false`},
	"impact": {
		`lanser impact 'go://*#Server.Serve' --depth 3`, `lanser impact 'go://*#Server.Serve' 'go://*#Default'`,
		`lanser impact --patch change.diff`,
	},
	"context": {`lanser context src/app.py`},
	"api":     {`lanser api src/app.ts`, `lanser api pkg.mod`},
	"rename":  {`lanser rename 'py://src/app#load' read`},
	"hover":   {`lanser hover 'py://pkg.mod#Class.method'`},
	"calls":   {`lanser calls 'go://*#run' --in --depth 2`},
	"types":   {`lanser types 'go://*#Server' --sub`},
	"symbols": {
		`lanser symbols src/app.ts`, `lanser symbols --query servserve`,
		`lanser symbols --query '^New.*Server$' --regex`,
	},
	"diagnostics": {
		`lanser diag src/app.ts`,
		`lanser diag --fail-on none`,
		`lanser diag --patch change.diff --reward pr-v1 src/app.ts`,
	},
}

// completed returns the selectors of symbols that complete what was typed. It is for the completion scripts of shells,
// which cobra generates. Only a selector with a scheme is completed with symbols: "go://net/http#Serve" asks for the
// name Serve, and "go://net" for net; anything else may be the beginning of a path, which the shell completes itself.
// The search is fuzzy, and the shell drops what does not begin with the typed text. Errors give no completions: there
// is no place to print one while the user types.
func (a *app) completed(
	cmd *cobra.Command, args []string, typed string,
) ([]cobra.Completion, cobra.ShellCompDirective) {
	if len(args) > 0 {
		return nil, cobra.ShellCompDirectiveNoFileComp
	}
	scheme, rest, symbolic := strings.Cut(typed, "://")
	if !symbolic || rest == "" {
		return nil, cobra.ShellCompDirectiveDefault // the beginning of a path
	}
	_, name, _ := strings.Cut(rest, "#")
	if name == "" {
		name = rest
	}

	door, err := a.door(cmd.Context())
	if err != nil {
		return nil, cobra.ShellCompDirectiveError
	}
	defer door.Close()
	b, err := door.Do(cmd.Context(), api.Request{Op: "symbols", Query: name, Options: api.Options{Limit: 200}})
	if err != nil {
		return nil, cobra.ShellCompDirectiveError
	}
	var out []cobra.Completion
	for _, s := range b.Facts.Symbols {
		if !strings.HasPrefix(s.Selector, scheme+"://") {
			continue
		}
		if rest[0] == '*' { // keep the module * that the user has typed: a shell only extends the text
			_, path, _ := strings.Cut(s.Selector, "#")
			out = append(out, scheme+"://*#"+path)
		} else {
			out = append(out, s.Selector)
		}
	}

	return out, cobra.ShellCompDirectiveNoFileComp
}
