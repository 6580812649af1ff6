package main

import (
	"os"

	"github.com/spf13/cobra"

	"lanser/selectors/fault"
	"lanser/selectors/visible"
	"lanser/server/bundle"
	"lanser/server/jsonl"
	"lanser/server/settings"
)

// batch returns the command that answers requests in JSON lines (spec section 7). Requests are read as a stream, so
// that a file of any length is answered with bounded memory, and an answer can be read before the next request is
// written. Package jsonl owns the protocol; this command owns the files and the exit code.
//
// The answers to a check follow lanser.toml, as those of diag do ([settings.Apply]). With --trace-file, one request is
// answered after the other.
func (a *app) batch() *cobra.Command {
	var in, out string
	var keepGoing bool
	cmd := &cobra.Command{
		Use: "batch", Short: "answer requests in JSON lines with bundles, in order", Args: usage(cobra.NoArgs),
		Long: `Reads requests, one JSON object per line:

  {"id":7,"cmd":"refs","selector":"go://*#Server.Serve","options":{"declaration":false}}

and writes {"id":…,"bundle":…} for each. The answers are in the order of the requests, and
each is written as soon as it is complete. An invalid line is answered with an error bundle
that contains the line number, and the other lines are answered normally. The exit code is
that of the worst line, or 0 with --keep-going.`,
	}
	cmd.Flags().StringVar(&in, "in", "-", "read requests from `FILE`; - is standard input")
	cmd.Flags().StringVar(&out, "out", "-",
		"write bundles to `FILE`, which must lie outside the workspace; - is standard output")
	cmd.Flags().BoolVar(&a.frozen, "frozen", false,
		"answer only as long as the workspace does not change after the start; later lines are errors")
	cmd.Flags().BoolVar(&keepGoing, "keep-going", false, "exit with 0 even if lines ended in errors")
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		door, err := a.door(cmd.Context())
		if err != nil {
			return err
		}
		defer door.Close()
		door = settings.Apply(door)
		requests, err := a.open(cmd.Context(), in)
		if err != nil {
			return fault.Wrap(fault.Usage, err, "--in: %v", err)
		}
		defer requests.Close()
		answers := unguarded(a.out)
		if out != "-" {
			if err := outside(door.Root(), out); err != nil {
				return err
			}
			f, err := os.Create(out)
			if err != nil {
				return fault.Wrap(fault.Permissions, err, "--out: %v", err)
			}
			defer f.Close()
			answers = f
		}

		counter := a.newCounter()
		worst, err := jsonl.Batch(cmd.Context(), door, requests, visible.JSONWriter(answers), jsonl.Options{
			Sequential:   a.traceFile != "", // a trace contains one request after the other
			Reproducible: a.reproducible,
			Step:         func(b *bundle.Bundle) { counter.step(b.Error != nil) },
		})
		counter.end()
		if err != nil {
			return err
		}
		if worst != 0 && !keepGoing {
			return exitError(worst)
		}
		return nil
	}

	return cmd
}
