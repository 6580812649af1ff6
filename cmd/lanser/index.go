package main

import (
	"os"

	"github.com/spf13/cobra"

	"lanser/selectors/fault"
	"lanser/selectors/visible"
)

// index returns the commands about indexes.
func (a *app) index() *cobra.Command {
	cmd := &cobra.Command{
		Use: "index", Short: "export the workspace's symbols and references", Args: usage(cobra.NoArgs),
	}
	cmd.AddCommand(a.indexExport())
	return cmd
}

// maxListed is the largest number of symbols with incomplete references that are listed.
const maxListed = 10

// indexExport returns the command that exports the symbols and references of a workspace. An incomplete
// index is not written, unless the user allows it: an index carries no evidence, and its reader takes a missing
// reference for none. What it may lack nevertheless, because a check would leave the files out too, is counted on
// standard error. The daemon cannot make an index, so that an engine in this process does.
func (a *app) indexExport() *cobra.Command {
	var format, output string
	var incomplete bool
	cmd := &cobra.Command{
		Use: "export [PATH...]", Short: "write an index of symbols and references", Args: usage(cobra.ArbitraryArgs),
		Long: `Asks the language servers for all references of every symbol and writes them as a SCIP
index (github.com/scip-code/scip), which includes the text of the files. --from-scip FILE
answers requests from such an index instead of from language servers. If it is repeated, the
indexes answer as one: a symbol of one is followed into the others. A file that they describe
differently is an error, and so is a symbol that several of them define. The answer is partial
if they come from different tools, or name different versions of the symbol's package.

If the references of a symbol may be incomplete, no index is written and the exit code is
66, unless --allow-incomplete is given. Files that 'lanser diag' would leave out, such as
those of another platform, are counted: references in them may be missing from the index.`,
	}
	cmd.Flags().StringVar(&format, "format", "scip", "the format: scip")
	cmd.Flags().StringVar(&output, "output", "index.scip",
		"write to `FILE`, which must lie outside the workspace; - is standard output")
	cmd.Flags().BoolVar(&incomplete, "allow-incomplete", false, "write the index even if references may be missing")
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		if format != "scip" {
			return fault.New(fault.Usage, "unknown format %q; the only format is scip", format)
		}
		paths, err := a.paths(args)
		if err != nil {
			return err
		}
		e, err := a.engine()
		if err != nil {
			return err
		}
		defer e.Close()
		if output != "-" {
			if err := outside(e.Root(), output); err != nil {
				return err
			}
		}

		counter := a.newCounter()
		exported, err := e.ExportSCIP(cmd.Context(), paths, func(int, int) { counter.step(false) })
		counter.end()
		if err != nil {
			return err
		}
		for _, why := range exported.Short[:min(len(exported.Short), maxListed)] {
			visible.Fprintln(a.err, "lanser: references may be incomplete:", why)
		}
		if n := len(exported.Short); n > 0 && !incomplete {
			return fault.New(fault.Incomplete,
				"the references of %d symbols may be incomplete; no index was written", n).
				WithHint("write it anyway with --allow-incomplete")
		}

		if output == "-" {
			_, err = unguarded(a.out).Write(exported.Index)
		} else {
			err = os.WriteFile(output, exported.Index, 0o644)
		}
		if err != nil {
			return fault.Wrap(fault.Permissions, err, "cannot write the index: %v", err)
		}

		if exported.Left > 0 {
			visible.Fprintf(a.err, "lanser: %d files were skipped: no language server for them is installed\n",
				exported.Left)
		}
		if exported.Excluded > 0 {
			visible.Fprintf(a.err,
				"lanser: references in %d files that a check leaves out may be missing; %d are possible\n",
				exported.Excluded, exported.Possible)
		}
		visible.Fprintf(a.err, "lanser: %d documents, %d symbols, %d references\n",
			exported.Documents, exported.Symbols, exported.References)
		return nil
	}

	return cmd
}
