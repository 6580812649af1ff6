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
	"strings"
	"sync"
	"syscall"

	"github.com/spf13/cobra"

	"lanser/selectors/fault"
	"lanser/selectors/lazyregexp"
	"lanser/server/bundle"
	"lanser/server/mcp"
	"lanser/server/sandbox"
)

func main() {
	sandbox.Main()
	os.Exit(run(os.Args[1:]))
}

// exitError is an exit code without a message: the output is already written.
type exitError int

// Error returns "".
func (exitError) Error() string { return "" }

// run runs a command line with the standard streams of the process. A signal that asks the process to exit ends the
// context of the request, so that language servers are stopped.
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

// Write writes to the writer below.
func (w *checkedWriter) Write(p []byte) (int, error) {
	n, err := w.to.Write(p)
	if err != nil {
		w.mu.Lock()
		defer w.mu.Unlock()
		w.err = cmp.Or(w.err, err)
	}
	return n, err
}

// failure returns the first error of the writer, nil for none.
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
	refuseUnknownTopics(cmd)
	cmd.SetArgs(args)

	executed, err := cmd.ExecuteContextC(ctx)
	var code exitError // 0 without an error
	answered := err == nil || errors.As(err, &code)
	if writeErr := out.failure(); answered && writeErr != nil {
		err = fault.Wrap(fault.Permissions, writeErr, "cannot write the answer: %v", writeErr)
		answered = false
	}
	if answered {
		return int(code)
	}

	var f *fault.Error
	if !errors.As(err, &f) { // an error of cobra about a flag or an argument
		f = fault.New(fault.Usage, "%s", flagText(err)).WithHint("see '%s --help'", executed.CommandPath())
	}
	a.printError(f)
	if executed.Annotations[neverBlocks] != "" {
		return 1
	}
	return f.Code.Exit()
}

// numberError matches the part of an error of package strconv that is about Go rather than about the argument.
var numberError = lazyregexp.New(`strconv\.Parse\w+: parsing ".*": (invalid syntax|(value out of range))$`)

// flagText returns the message of an error of cobra about a flag.
func flagText(err error) string {
	return numberError.ReplaceAllStringFunc(bundle.Squeezed(err.Error()), func(s string) string {
		if strings.HasSuffix(s, "out of range") {
			return "the number is too large"
		}
		return "it must be a number"
	})
}

// group makes a command that only has subcommands refuse other arguments. Without it, cobra prints the help and
// reports success.
func group(cmd *cobra.Command) {
	cmd.Args = func(cmd *cobra.Command, args []string) error {
		if len(args) == 0 {
			return nil
		}
		var names []string
		for _, c := range cmd.Commands() {
			if c.IsAvailableCommand() {
				names = append(names, c.Name())
			}
		}
		return fault.New(fault.Usage, "unknown command %q for %q", args[0], cmd.CommandPath()).
			WithHint("the commands are %s", strings.Join(names, ", "))
	}
	cmd.RunE = func(cmd *cobra.Command, _ []string) error { return cmd.Help() }
}

// refuseUnknownTopics makes the command help fail for a command or topic that does not exist.
func refuseUnknownTopics(root *cobra.Command) {
	root.InitDefaultHelpCmd()
	for _, c := range root.Commands() {
		if c.Name() != "help" {
			continue
		}
		addShortHelp(c)
		c.Args = func(_ *cobra.Command, args []string) error {
			if _, rest, err := root.Find(args); err != nil || len(rest) > 0 {
				return fault.New(fault.Usage, "there is no help on %q", strings.Join(args, " ")).
					WithHint("'lanser help' lists the commands and topics")
			}
			return nil
		}
	}
}

// addShortHelp adds the flag --short to the command help, for the topic that has a short form.
func addShortHelp(help *cobra.Command) {
	short := help.Flags().Bool("short", false, "of the topic agents: what a model needs, in 1,500 bytes")
	long := help.Run
	help.Run = nil
	help.RunE = func(cmd *cobra.Command, args []string) error {
		if !*short {
			long(cmd, args)
			return nil
		}
		if len(args) != 1 || args[0] != "agents" {
			return fault.New(fault.Usage, "only the help on agents has a short form").
				WithHint("lanser help agents --short")
		}
		_, err := io.WriteString(cmd.OutOrStdout(), mcp.Instructions)
		return err
	}
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
