package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"

	"github.com/spf13/cobra"

	"lanser/selectors/fault"
	"lanser/selectors/visible"
	"lanser/server/bundle"
	"lanser/server/compare"
	"lanser/server/report"
)

// reward prints the rewards of the steps between checks.
func (a *app) reward() *cobra.Command {
	formula := compare.DefaultFormula()
	cmd := &cobra.Command{
		Use: "reward FILE...", Short: "process reward of the steps between checks, from their bundles", Args: usage(cobra.MinimumNArgs(1)),
		Long: `Reads the bundles of two checks or more ('lanser diag --json', or lines of a batch; - is
standard input), one after the other as the files hold them, and tells for each step from
one to the next what it is worth:

  pr-v1   α·(D_before − D_after) + β·S − γ·(1 − conf), the paper's formula
  pr-v2   the difference of the potential −α·D + β·S − γ·(1 − conf): the rewards of a
          trajectory add up, and going round in circles earns nothing

D counts the diagnostics, S is 1 where the safety checks pass, conf is the confidence of the
resolution. The reward is null, and the exit code 66, where a check did not finish.
'lanser diag --patch FILE --reward pr-v1' checks before and after in one go.`,
	}
	f := cmd.Flags()
	f.StringVar(&formula.Version, "formula", formula.Version, "the formula: pr-v1 or pr-v2")
	f.StringVar(&formula.Severity, "severity", formula.Severity, "count diagnostics from this `SEVERITY` on: error, warning, information or hint")
	f.Float64Var(&formula.Weights.Alpha, "alpha", formula.Weights.Alpha, "weight of a diagnostic")
	f.Float64Var(&formula.Weights.Beta, "beta", formula.Weights.Beta, "weight of safety")
	f.Float64Var(&formula.Weights.Gamma, "gamma", formula.Weights.Gamma, "weight of doubt about the target")
	cmd.RunE = func(_ *cobra.Command, args []string) error {
		if err := formula.Check(); err != nil {
			return err
		}
		var last *bundle.Bundle
		steps, unknown := 0, false
		for _, file := range args {
			err := a.bundles(file, func(b *bundle.Bundle) error {
				if last == nil {
					last = b
					return nil
				}
				r, err := compare.Reward(last, b, formula)
				if err != nil {
					return err
				}
				last = b
				steps++
				unknown = unknown || r.R == nil
				if a.json {
					return a.encode(r)
				}
				visible.Fprintln(a.out, report.Reward(r))
				return nil
			})
			if err != nil {
				return err
			}
		}
		if steps == 0 {
			return fault.New(fault.Usage, "a reward is of two bundles or more").WithHint("usage: %s", cmd.UseLine())
		}
		if unknown {
			return exitError(fault.Incomplete.Exit())
		}
		return nil
	}
	return cmd
}

// bundles yields the bundles of a file, which holds bundles or answers of a batch. The error is
// Usage for what is no bundle, or was changed after it was sealed.
func (a *app) bundles(file string, yield func(*bundle.Bundle) error) error {
	var r io.Reader = a.in
	if file != "-" {
		f, err := os.Open(file)
		if err != nil {
			return fault.Wrap(fault.Usage, err, "%v", err)
		}
		defer f.Close()
		r = f
	}
	dec := json.NewDecoder(r)
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
		var line struct {
			Bundle json.RawMessage `json:"bundle"`
		}
		if json.Unmarshal(raw, &line) == nil && line.Bundle != nil {
			raw = line.Bundle
		}
		ought, has, err := bundle.IDOf(raw)
		if err != nil {
			return bad("it is no bundle: %v", err)
		}
		if ought != has {
			return bad("it is not what was answered: its bundleId is %q, and ought to be %s", has, ought)
		}
		b := new(bundle.Bundle)
		if err := json.Unmarshal(raw, b); err != nil {
			return bad("it is no bundle: %v", err)
		}
		if err := yield(b); err != nil {
			return err
		}
	}
}
