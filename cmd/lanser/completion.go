package main

import (
	"strings"

	"github.com/spf13/cobra"

	"lanser/server/api"
)

// Completion of selectors in a shell. Names of commands and flags are completed by cobra itself.

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
