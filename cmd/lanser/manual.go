package main

import (
	_ "embed"

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

// examples are command lines in the help of operations, by long name of the operation. A test runs each of them, so the
// files and names are those of its workspace (manual_test.go).
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
	"api":     {`lanser api src/app.ts`, `lanser api pkg.mod`, `lanser api net/http`},
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
