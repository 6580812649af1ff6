package api

import (
	"slices"
	"strings"
)

// What an operation takes in addition to options.
const (
	TakesSelector = "a selector"
	TakesPaths    = "paths"
)

// Operation is a row of the table of operations.
type Operation struct {
	Name    string // the long name, which MCP tools have too
	Short   string // the command's name
	Summary string // one line
	Takes   string // TakesSelector or TakesPaths
	OnePath bool   // takes paths, of which there is one
	Query   bool   // takes a query instead of paths, too
	// Several is true for an operation that takes several selectors too, or only the option patch: then it is about
	// what the patch changes.
	Several bool
	// Capability is the server capability that answers it, by LSP's name; "" for an operation
	// that needs no language server.
	Capability string
	// Composed is an operation that is answered by asking others. Bundles do not list it among the capabilities of a
	// server.
	Composed bool
}

// Operations is the table from which commands, batch, MCP and schemas are generated, in the order
// of the help.
var Operations = []*Operation{
	{
		Name: "locate", Short: "locate", Takes: TakesSelector,
		Summary: "resolve a selector to a place, using syntax only",
	},
	{
		Name: "definition", Short: "def", Takes: TakesSelector, Capability: "definitionProvider",
		Summary: "where a symbol is defined",
	},
	{
		Name: "declaration", Short: "decl", Takes: TakesSelector, Capability: "declarationProvider",
		Summary: "where a symbol is declared",
	},
	{
		Name: "typeDefinition", Short: "typedef", Takes: TakesSelector, Capability: "typeDefinitionProvider",
		Summary: "where the type of a symbol is defined",
	},
	{
		Name: "implementation", Short: "impl", Takes: TakesSelector, Capability: "implementationProvider",
		Summary: "implementations of an interface or method",
	},
	{
		Name: "references", Short: "refs", Takes: TakesSelector, Capability: "referencesProvider",
		Summary: "every use of a symbol in the workspace",
	},
	{
		Name: "hover", Short: "hover", Takes: TakesSelector, Capability: "hoverProvider",
		Summary: "signature and documentation of a symbol",
	},
	{
		Name: "calls", Short: "calls", Takes: TakesSelector, Capability: "callHierarchyProvider",
		Summary: "callers and callees of a function, up to a depth",
	},
	{
		Name: "types", Short: "types", Takes: TakesSelector, Capability: "typeHierarchyProvider",
		Summary: "supertypes and subtypes of a type, up to a depth",
	},
	{
		Name: "symbols", Short: "symbols", Takes: TakesPaths, Query: true,
		Summary: "outline of files, or search for symbols of the workspace by name, using syntax only",
	},
	{
		Name: Diagnostics, Short: "diag", Takes: TakesPaths, Capability: "diagnosticProvider",
		Summary: "errors and warnings of the workspace or of paths",
	},
	{
		Name: "impact", Short: "impact", Takes: TakesSelector, Capability: "referencesProvider", Composed: true,
		Several: true,
		Summary: "what a change of symbols, or a patch, can break: users, their callers, overrides; tests apart",
	},
	{
		Name: "context", Short: "context", Takes: TakesPaths, OnePath: true, Capability: "definitionProvider",
		Composed: true,
		Summary:  "what a file uses of its own package and of others, with the declarations",
	},
	{
		Name: "api", Short: "api", Takes: TakesPaths, OnePath: true,
		Summary: "what a package, module or file exports, with signatures, using syntax only",
	},
	{
		Name: "rename", Short: "rename", Takes: TakesSelector, Capability: "renameProvider", Composed: true,
		Summary: "a diff that renames a symbol, which nothing applies; refused unless it is shown to be complete",
	},
	{
		Name: "overview", Short: "overview", Takes: TakesSelector, Capability: "definitionProvider",
		Summary: "a symbol at a glance: signature, documentation, members, uses and callers",
	},
}

// Lookup returns the operation with a long or short name; nil if there is none.
func Lookup(name string) *Operation {
	i := slices.IndexFunc(Operations, func(o *Operation) bool { return o.Name == name || o.Short == name })
	if i < 0 {
		return nil
	}
	return Operations[i]
}

// OperationNames lists the short names of all operations for a hint.
func OperationNames() string {
	var names []string
	for _, o := range Operations {
		names = append(names, o.Short)
	}
	return strings.Join(names, ", ")
}

// IsCheck reports whether the operation is [Diagnostics]: it has reports, can be compared with an earlier check, and
// follows lanser.toml. It is false for nil.
func (o *Operation) IsCheck() bool { return o != nil && o.Name == Diagnostics }

// TakesName reports whether the operation takes the new name of a symbol, Options.To.
func (o *Operation) TakesName() bool { return o.Accepts(optionTo) }

// Accepts reports whether the operation takes an option.
func (o *Operation) Accepts(option string) bool {
	row := OptionNamed(option)
	return row != nil && row.takenBy(o)
}

// Options lists the names of the options that the operation takes, in the order of the table.
func (o *Operation) Options() (names []string) {
	for _, row := range Table {
		if row.takenBy(o) {
			names = append(names, row.Name)
		}
	}
	return names
}
