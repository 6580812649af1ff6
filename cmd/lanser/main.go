// Lanser answers questions about code from real language servers, read-only.
//
// Command lanser owns the command line, output and exit codes. It connects the engine, in this
// process or in the daemon, to commands, to batch files, and to agents and editors on standard
// input and output. Answers go to standard output, everything else to standard error.
//
// # From a command line to an exit code
//
// [app.command] builds one command for each row of [api.Operations], with a flag for each of its options, and the
// commands that are not operations: batch, serve, hook, doctor, servers, …. The command of an
// operation opens a door to the workspace ([app.door]), sends one request, and prints the bundle that answers it:
// as JSON ([app.answer]), as text for people and models ([app.answerText]), or, for diag, as a report
// ([app.reportCheck]). An error that the engine reports is a bundle too, and the bundle has the exit code.
//
// A command returns nil for exit code 0, an exitError when its output says everything and only the exit code
// is left, or a [fault.Error], which [app.run] prints as one line and whose code has an exit code (spec section 3).
//
// # What it writes
//
// Nothing in the workspace, except for reports that the user asks for by name (outputFile). All other files that flags
// name for output must lie outside of it (outside). Text goes through package visible, because code, names and paths
// may hold what acts on a terminal or a CI system; formats that escape for themselves go around it (unguarded).
package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/signal"
	"strings"
	"syscall"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"lanser/selectors"
	"lanser/selectors/fault"
	"lanser/selectors/lazyregexp"
	"lanser/server/api"
	"lanser/server/bundle"
	"lanser/server/sandbox"
)

// main calls sandbox.Main first: the same program is also the launcher that confines a language server, and then
// sandbox.Main does not return.
func main() {
	sandbox.Main()
	os.Exit(run(os.Args[1:]))
}

// exitError is an exit code without a message: the output is already written. It is never 0. Commands return it
// for an answer whose bundle has an exit code, such as 1 for findings of diag.
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

// run runs a command line, without the name of the program, and returns its exit code. It prints the error of the
// command, if there is one. If the command succeeded and its output could not be written, that is the error. Errors of
// cobra are about flags and arguments, so they have code Usage.
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
		f = fault.New(fault.Usage, "%s", flagText(err)).
			WithHint("%ssee '%s --help'", similarFlag(executed, err), executed.CommandPath())
	}
	a.printError(f)
	if executed.Annotations[neverBlocks] != "" {
		return 1
	}
	return f.Code.Exit()
}

// numberError matches the part of an error of package strconv that is about Go rather than about the argument, and
// durationError the same of package time.
var (
	numberError   = lazyregexp.New(`strconv\.Parse\w+: parsing ".*": (invalid syntax|(value out of range))$`)
	durationError = lazyregexp.New(`time: (missing unit in|unknown unit .* in|invalid) duration ".*"$`)
)

// flagText returns the message of an error of cobra about a flag, on one line and without words about Go:
// `invalid argument "x" for "--limit" flag: strconv.ParseInt: parsing "x": invalid syntax` →
// `invalid argument "x" for "--limit" flag: it must be a number`.
func flagText(err error) string {
	message := bundle.Squeezed(err.Error())
	message = durationError.ReplaceAllString(message, "it must be a number with a unit, such as 30s or 2m")
	return numberError.ReplaceAllStringFunc(message, func(s string) string {
		if strings.HasSuffix(s, "out of range") {
			return "the number is too large"
		}
		return "it must be a number"
	})
}

// similarFlag is the beginning of a hint about a flag that a command does not have: it names the other commands that
// have it, or the flag that is most like it. It is empty for other errors, and if there is neither.
func similarFlag(cmd *cobra.Command, err error) string {
	var unknown *pflag.NotExistError
	if !errors.As(err, &unknown) {
		return ""
	}
	var takers []string
	for _, op := range api.Operations {
		if op.Accepts(unknown.GetSpecifiedName()) {
			takers = append(takers, op.Short)
		}
	}
	if len(takers) > 0 && len(takers) <= maxTakers {
		return fmt.Sprintf("--%s is a flag of %s; ", unknown.GetSpecifiedName(), strings.Join(takers, ", "))
	}
	var names []string
	cmd.Flags().VisitAll(func(f *pflag.Flag) {
		if !f.Hidden {
			names = append(names, f.Name)
		}
	})
	return similar(unknown.GetSpecifiedName(), names, "--")
}

// maxTakers is the number of commands up to which an error about a flag names those that have it.
const maxTakers = 4

// similar is the beginning of a hint that names the most similar of some names; it is empty if none is similar. A name
// that begins with want comes first: for "ref", that is refs and not def.
func similar(want string, names []string, prefix string) string {
	near := selectors.Nearest(want, names, 1)
	for _, n := range names {
		if want != "" && strings.HasPrefix(n, want) {
			near = []string{n}
			break
		}
	}
	if len(near) == 0 {
		return ""
	}
	return "did you mean " + prefix + near[0] + "? "
}

// availableCommands returns the names of the subcommands that help lists.
func availableCommands(cmd *cobra.Command) (names []string) {
	for _, c := range cmd.Commands() {
		if c.IsAvailableCommand() {
			names = append(names, c.Name())
		}
	}
	return names
}

// group makes a command that only has subcommands refuse other arguments. By itself, cobra prints the help and exits
// with 0.
func group(cmd *cobra.Command) {
	cmd.Args = func(cmd *cobra.Command, args []string) error {
		if len(args) == 0 {
			return nil
		}
		return fault.New(fault.Usage, "unknown command %q for %q", args[0], cmd.CommandPath()).
			WithHint("the commands are %s", strings.Join(availableCommands(cmd), ", "))
	}
	cmd.RunE = func(cmd *cobra.Command, _ []string) error { return cmd.Help() }
}

// countError matches the errors of cobra about the number of arguments.
var countError = lazyregexp.New(`^(?:accepts|requires at least) (\d+) arg`)

// argumentsText returns the message of an error of cobra about arguments, with the number of those that the command
// takes in words that everybody writes: "accepts 1 arg(s), received 0" → "lanser refs takes 1 argument, not 0".
func argumentsText(cmd *cobra.Command, err error, given int) string {
	m := countError.FindStringSubmatch(err.Error())
	if m == nil {
		return err.Error()
	}
	what := "arguments"
	if m[1] == "1" {
		what = "argument"
	}
	if strings.HasPrefix(m[0], "requires") {
		m[1] = "at least " + m[1]
	}
	return fmt.Sprintf("%s takes %s %s, not %d", cmd.CommandPath(), m[1], what, given)
}

// usage returns a check of arguments whose errors have code [fault.Usage] and a usage hint.
func usage(check cobra.PositionalArgs) cobra.PositionalArgs {
	return func(cmd *cobra.Command, args []string) error {
		if err := check(cmd, args); err != nil {
			if cmd.HasAvailableSubCommands() && len(args) > 0 {
				near := similar(args[0], availableCommands(cmd), "")
				return fault.New(fault.Usage, "%v", err).WithHint("%ssee '%s --help'", near, cmd.CommandPath())
			}
			return fault.New(fault.Usage, "%s", argumentsText(cmd, err, len(args))).WithHint("usage: %s", cmd.UseLine())
		}
		return nil
	}
}
