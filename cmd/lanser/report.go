package main

import (
	"github.com/spf13/cobra"

	"lanser/server/api"
	"lanser/server/compare"
)

// report returns the command about reports of checks that are finished.
func (a *app) report() *cobra.Command {
	cmd := &cobra.Command{
		Use: "report", Short: "put the reports of several checks together", Args: usage(cobra.NoArgs),
	}
	cmd.AddCommand(a.mergeReports())
	return cmd
}

// mergeReports returns the command that makes one report of those of all shards of a check. No server is asked.
func (a *app) mergeReports() *cobra.Command {
	v := &reportFlags{}
	cmd := &cobra.Command{
		Use: "merge FILE...", Short: "make one report of those of all shards of a check",
		Args: usage(cobra.MinimumNArgs(1)),
		Long: `Reads the bundles of the shards of one check, one in each file, and reports what they say
together. Findings, exit code and formats are those of a check of the whole workspace:

  lanser diag --shard 1/4 --output json=shard-1.json     # on each of four machines
  lanser report merge shard-*.json --format github --output sarif=report.sarif

A shard whose report is missing, or that ended with an error, was not checked: the exit code is
66, as for any check that did not finish.`,
	}
	v.add(cmd)
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		if err := a.readConfig(cmd.Context(), v, &api.Options{}); err != nil {
			return err
		}
		root, _, err := a.root()
		if err != nil {
			return err
		}
		var shards []compare.Shard
		for _, file := range args {
			b, err := a.onlyBundle(cmd.Context(), file)
			if err != nil {
				return err
			}
			shards = append(shards, compare.Shard{Name: file, Bundle: b})
		}
		b, err := compare.Merged(shards)
		if err != nil {
			return err
		}
		return a.reportCheck(b, v, root)
	}
	return cmd
}
