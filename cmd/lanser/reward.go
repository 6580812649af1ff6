package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"

	"github.com/spf13/cobra"

	"lanser/selectors/fault"
	"lanser/selectors/visible"
	"lanser/server/bundle"
	"lanser/server/compare"
	"lanser/server/report"
)

// reward returns the command that computes the rewards of the steps between checks (spec section 6). It reads the
// bundles of all files as one sequence: three bundles have two rewards, one for each step from a bundle to the next. It
// prints each reward as soon as it is computed. The command goes on after a null reward. It needs no server and
// no workspace.
func (a *app) reward() *cobra.Command {
	formula := compare.DefaultFormula()
	cmd := &cobra.Command{
		Use: "reward FILE...", Short: "compute process rewards from the bundles of successive checks",
		Args: usage(cobra.MinimumNArgs(1)),
		Long: `Reads the bundles of two or more checks ('lanser diag --json', or answers of a batch; - is
standard input) in the order of the files, and computes the reward of each step from one
check to the next:

  pr-v1   α·(D_before − D_after) + β·S − γ·(1 − conf), the formula of the paper
  pr-v2   the difference of the potential −α·D + β·S − γ·(1 − conf), so that the rewards of
          a trajectory add up and a cycle has the reward 0; with --discount d, d times the
          potential after the step, less the potential before

D is the number of diagnostics, S is 1 if the safety checks pass and 0 otherwise, and conf is
the confidence of the resolution. If a check did not finish, the reward is null and the exit
code is 66. 'lanser diag --patch FILE --reward pr-v1' makes both checks in one command.`,
	}
	f := cmd.Flags()
	f.StringVar(&formula.Version, "formula", formula.Version, "the formula: pr-v1 or pr-v2")
	f.StringVar(&formula.Severity, "severity", formula.Severity,
		"count diagnostics from this `SEVERITY`: error, warning, information or hint")
	f.Float64Var(&formula.Weights.Alpha, "alpha", formula.Weights.Alpha, "weight of a diagnostic")
	f.Float64Var(&formula.Weights.Beta, "beta", formula.Weights.Beta, "weight of safety")
	f.Float64Var(&formula.Weights.Gamma, "gamma", formula.Weights.Gamma,
		"weight of the uncertainty of the resolution, 1 − conf")
	discount := f.Float64("discount", 1, "with pr-v2: factor of the potential after a step, above 0")
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		switch *discount {
		case 1: // as if it were not given
		case 0: // a bundle has 0 for no discount, so that Check needs another value to refuse
			formula.Weights.Discount = -1
		default:
			formula.Weights.Discount = *discount
		}
		if err := formula.Check(); err != nil {
			return err
		}
		var last *bundle.Bundle
		steps, unknown := 0, false // the rewards so far, and whether one of them is null
		step := func(b *bundle.Bundle) error {
			before := last
			last = b
			if before == nil {
				return nil // the first check
			}
			r, err := compare.Reward(before, b, formula)
			if err != nil {
				return err
			}
			steps++
			unknown = unknown || r.R == nil
			if a.json {
				return a.encode(r)
			}
			visible.Fprintln(a.out, report.Reward(r))
			return nil
		}
		for _, file := range args {
			if err := a.bundles(cmd.Context(), file, step); err != nil {
				return err
			}
		}

		if steps == 0 {
			return fault.New(fault.Usage, "a reward needs two or more bundles").WithHint("usage: %s", cmd.UseLine())
		}
		if unknown {
			return exitError(fault.Incomplete.Exit())
		}
		return nil
	}

	return cmd
}

// bundles calls yield for each bundle of a file, which contains bundles or answers of a batch, one after the other as
// in JSON lines. The error has code Usage if a value is not a bundle, or if its content does not match its bundleId: a
// reward must not be computed from an answer that was edited. It names the file and the number of the bundle, from 1.
func (a *app) bundles(ctx context.Context, file string, yield func(*bundle.Bundle) error) error {
	input, err := a.open(ctx, file)
	if err != nil {
		return fault.Wrap(fault.Usage, err, "%v", err)
	}
	defer input.Close()
	dec := json.NewDecoder(input)
	for n := 1; ; n++ {
		bad := func(format string, args ...any) error {
			return fault.New(fault.Usage, "%s, bundle %d: %s", file, n, fmt.Sprintf(format, args...))
		}
		var raw json.RawMessage
		if err := dec.Decode(&raw); errors.Is(err, io.EOF) {
			return nil
		} else if err != nil {
			return bad("%v, at byte %d", err, dec.InputOffset())
		}

		var answer struct { // a line of a batch; a bundle has no member with this name
			Bundle json.RawMessage `json:"bundle"`
		}
		if json.Unmarshal(raw, &answer) == nil && answer.Bundle != nil {
			raw = answer.Bundle
		}

		computed, stored, err := bundle.IDOf(raw)
		if err != nil {
			return bad("not a valid bundle: %v", err)
		}
		if computed != stored {
			return bad("the bundle was modified: its bundleId is %q, but its content has %s", stored, computed)
		}
		b := new(bundle.Bundle)
		if err := json.Unmarshal(raw, b); err != nil {
			return bad("not a valid bundle: %v", err)
		}
		if err := yield(b); err != nil {
			return err
		}
	}
}
