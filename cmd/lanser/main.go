// Lanser answers questions about code from real language servers, read-only.
//
// Command lanser owns the command line, output and exit codes. It connects the engine, in this
// process or in the daemon, to commands, to batch files, and to agents and editors on standard
// input and output. Answers go to standard output, everything else to standard error.
package main

import (
	"cmp"
	"context"
	"errors"
	"io"
	"os"
	"os/signal"
	"sync"
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

// checkedWriter remembers the first error of a writer. Most of what is written to standard output does not
// look at errors, and an answer that is not there must not end with exit code 0.
type checkedWriter struct {
	to io.Writer

	mu  sync.Mutex
	err error // the first error
}

func (w *checkedWriter) Write(p []byte) (int, error) {
	n, err := w.to.Write(p)
	if err != nil {
		w.mu.Lock()
		defer w.mu.Unlock()
		w.err = cmp.Or(w.err, err)
	}
	return n, err
}

func (w *checkedWriter) failure() error {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.err
}

// run runs a command line and returns its exit code.
func (a *app) run(ctx context.Context, args []string) int {
	out := &checkedWriter{to: a.out}
	a.out = out
	cmd := a.command()
	cmd.SetArgs(args)
	err := cmd.ExecuteContext(ctx)
	var code exitError
	answered := err == nil || errors.As(err, &code)
	if lost := out.failure(); answered && lost != nil {
		err = fault.Wrap(fault.Permissions, lost, "cannot write the answer: %v", lost)
		answered = false
	}
	if answered {
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
