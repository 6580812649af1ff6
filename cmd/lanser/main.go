// Lanser answers questions about code from real language servers, read-only.
//
// Command lanser owns the command line, output and exit codes. It connects the engine, in this
// process or in the daemon, to commands, to batch files, and to agents and editors on standard
// input and output. Answers go to standard output, everything else to standard error.
package main

import (
	"context"
	"errors"
	"os"
	"os/signal"
	"syscall"

	"github.com/spf13/cobra"

	"lanser/selectors/fault"
	"lanser/server/bundle"
	"lanser/server/sandbox"
)

func main() {
	sandbox.Main()
	os.Exit(run(os.Args[1:]))
}

// exitError is an exit code without a message: the output is already written.
type exitError int

func (exitError) Error() string { return "" }

func run(args []string) int {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM, syscall.SIGHUP)
	defer stop()
	return (&app{in: os.Stdin, out: os.Stdout, err: os.Stderr}).run(ctx, args)
}

// run runs a command line and returns its exit code.
func (a *app) run(ctx context.Context, args []string) int {
	cmd := a.command()
	cmd.SetArgs(args)
	err := cmd.ExecuteContext(ctx)
	var code exitError
	if err == nil {
		return 0
	}
	if errors.As(err, &code) {
		return int(code)
	}
	var f *fault.Error
	if !errors.As(err, &f) { // an error of cobra about a flag or an argument
		f = fault.New(fault.Usage, "%s", bundle.Squeezed(err.Error())).WithHint("see 'lanser help'")
	}
	a.printError(f)
	return f.Code.Exit()
}

// usage returns a check of arguments whose errors have code [fault.Usage] and a usage hint.
func usage(check cobra.PositionalArgs) cobra.PositionalArgs {
	return func(cmd *cobra.Command, args []string) error {
		if err := check(cmd, args); err != nil {
			return fault.New(fault.Usage, "%v", err).WithHint("usage: %s", cmd.UseLine())
		}
		return nil
	}
}
