package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/spf13/cobra"

	"lanser/index"
	"lanser/selectors/fault"
	"lanser/selectors/visible"
	"lanser/server"
	"lanser/server/api"
	"lanser/server/bundle"
	"lanser/server/report"
	"lanser/server/sandbox"
)

// app is one run of the command line.
type app struct {
	in       io.Reader
	out, err io.Writer // guarded by package visible, once command is called

	workspace     string
	json          bool
	reproducible  bool
	install       bool
	sandbox       string
	trust         bool
	maxMemory     int // MiB
	traceFile     string
	traceContents bool
	scip          string
	frozen        bool // of batch
	noDaemon      bool

	unconfined bool // it was said that servers are less confined than they should be
}

// unguarded returns what a guarded output writes to: for what is no text, as an index, for
// protocols and reports, which guard themselves, and for the line of a terminal.
func unguarded(w io.Writer) io.Writer {
	if g, ok := w.(*visible.Writer); ok {
		return g.Unwrap()
	}
	return w
}

// jsonOut is standard output for JSON.
func (a *app) jsonOut() io.Writer { return visible.JSONWriter(unguarded(a.out)) }

const long = `Lanser answers questions about code from real language servers, and never
changes a file. A place is named by a selector, such as

  go://net/http#Server.Serve    py://pkg.mod#Class.method    ts://src/app#Store.load
  go://*#Server.Serve           src/app.py@L42:C7?docVersion=git:HEAD

and 'lanser help selectors' tells them all. Answers are lines 'path:line:col: text'
(1-based), or with --json a bundle that says how far it can be trusted.`

func (a *app) command() *cobra.Command {
	a.out, a.err = visible.NewWriter(a.out), visible.NewWriter(a.err)
	root := &cobra.Command{
		Use: "lanser", Short: "Read-only code intelligence from real language servers", Long: long,
		SilenceErrors: true, SilenceUsage: true,
		Args: usage(cobra.NoArgs),
		RunE: func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	root.Version = server.Version()
	root.Flags().Bool("version", false, "print the version")
	root.SetOut(a.out)
	root.SetErr(a.err)
	f := root.PersistentFlags()
	f.StringVar(&a.workspace, "workspace", "", "the workspace `DIR` (default: the repository or project around the current folder)")
	f.BoolVar(&a.json, "json", false, "print the bundle as JSON")
	f.BoolVar(&a.reproducible, "reproducible", false, "leave out of the bundle what differs between two runs")
	f.BoolVar(&a.install, "install", false, "install a missing language server, pinned and outside the workspace, and go on")
	f.StringVar(&a.sandbox, "sandbox", "auto", "confine servers: auto, require or off")
	f.BoolVar(&a.trust, "trust", false, "let servers run what the workspace brings: its Python environment, Rust's build scripts and macros")
	f.IntVar(&a.maxMemory, "max-memory", 8192, "end a server that takes more than `MIB` MiB of memory; 0 sets no bound")
	f.StringVar(&a.scip, "from-scip", "", "answer from the SCIP index in `FILE` in place of language servers")
	f.StringVar(&a.traceFile, "trace-file", "", "record how the answers come about, in a new `FILE` outside the workspace: 'lanser trace'")
	f.BoolVar(&a.traceContents, "trace-contents", false, "record the contents of files too, so that a replay needs no workspace")
	f.BoolVar(&a.noDaemon, "no-daemon", false, "answer without the warm process that keeps language servers between commands")
	for _, op := range api.Operations {
		root.AddCommand(a.operation(op))
	}
	root.AddCommand(a.batch(), a.serve(), a.servers(), a.doctor(), a.schema(), a.trace(), a.reward(), a.index(), a.daemon(), a.setUp(), a.manual())
	root.AddCommand(topics()...)
	return root
}

// root is the workspace and the reason for it.
func (a *app) root() (dir, reason string, err error) {
	if a.workspace != "" {
		return a.workspace, "given with --workspace", nil
	}
	cwd, err := os.Getwd()
	if err != nil {
		return "", "", fault.Wrap(fault.Usage, err, "no current folder: %v", err).WithHint("name the workspace with --workspace")
	}
	dir, reason, err = index.FindRoot(cwd)
	if err != nil {
		return "", "", fault.Wrap(fault.Usage, err, "%v", err)
	}
	return dir, reason, nil
}

func (a *app) checkSandbox() error {
	switch a.sandbox {
	case "auto", "require", "off":
		return nil
	}
	return fault.New(fault.Usage, "unknown sandbox mode %q: want auto, require or off", a.sandbox)
}

// engine is an engine of our own.
func (a *app) engine() (*server.Engine, error) {
	if err := a.checkSandbox(); err != nil {
		return nil, err
	}
	dir, _, err := a.root()
	if err != nil {
		return nil, err
	}
	root, err := index.RealRoot(dir)
	if err != nil {
		return nil, err
	}
	recorder, err := a.record(root)
	if err != nil {
		return nil, err
	}
	return server.New(server.Config{
		Root: root, Install: a.install, Log: a.err, Sandbox: a.sandbox, Trust: a.trust, MaxMemory: int64(a.maxMemory) << 20, Trace: recorder, Frozen: a.frozen, SCIP: a.scip,
	})
}

// operation is the command of a row of the table.
func (a *app) operation(op *api.Operation) *cobra.Command {
	req := api.Request{Op: op.Name}
	cmd := &cobra.Command{Short: op.Summary}
	if op.Short != op.Name {
		cmd.Aliases = []string{op.Name}
	}
	switch op.Takes {
	case api.TakesSelector:
		cmd.Use, cmd.Args, cmd.ValidArgsFunction = op.Short+" SELECTOR", usage(cobra.ExactArgs(1)), a.completed
	case api.TakesPaths:
		cmd.Use, cmd.Args = op.Short+" [PATH...]", usage(cobra.ArbitraryArgs)
	}
	if lines := examples[op.Name]; lines != nil {
		cmd.Example = "  " + strings.Join(lines, "\n  ")
	}
	readOptions := a.addOptions(cmd, op, &req)
	var reports *view // of checks
	if op.Heeds("since") {
		cmd.Long = "Errors and warnings of the workspace or of paths, from the servers of all their languages.\n'lanser help ci' tells of reports, of what is new, and of lanser.toml."
		reports = &view{}
		reports.addView(cmd)
	}
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		if err := readOptions(cmd.Context()); err != nil {
			return err
		}
		if op.Takes == api.TakesSelector {
			raw, err := json.Marshal(args[0])
			if err != nil {
				return fault.From(err)
			}
			req.Selector = raw
			if strings.HasPrefix(strings.TrimSpace(args[0]), "{") {
				req.Selector = json.RawMessage(args[0])
			}
		} else if reports == nil || !reports.compare {
			paths, err := a.paths(args)
			if err != nil {
				return err
			}
			req.Paths = paths
		}
		if reports != nil {
			if err := a.prepareView(cmd.Context(), reports, &req.Options); err != nil {
				return err
			}
			if reports.compare {
				b, err := a.compared(args, req.Options.FailOn)
				if err != nil {
					return err
				}
				root, _, err := a.root()
				if err != nil {
					return err
				}
				return a.reportCheck(b, reports, root)
			}
		}
		e, err := a.door(cmd.Context())
		if err != nil {
			return err
		}
		defer e.Close()
		ctx, stop := cmd.Context(), func() {}
		if reports != nil {
			var tell func(api.Progress)
			tell, stop = showProgress(unguarded(a.err), isTerminal(a.err))
			ctx = api.WithProgress(ctx, tell)
		}
		b, _ := e.Do(ctx, req) // the error is in the bundle
		stop()
		if reports != nil {
			return a.reportCheck(b, reports, b.Local.Root)
		}
		return a.answer(b)
	}
	return cmd
}

// addOptions adds the flags of the options that the operation takes. Call finish after the flags are
// parsed: it reads the files that they name, as in --patch FILE, into the request.
func (a *app) addOptions(cmd *cobra.Command, op *api.Operation, req *api.Request) (finish func(context.Context) error) {
	f := cmd.Flags()
	if op.Query {
		f.StringVar(&req.Query, "query", "", "symbols of the workspace by name, as people type one: letters in order; the best first")
	}
	var later []func(context.Context) error
	for _, row := range api.Table {
		if row.Flag == "" || !op.Heeds(row.Name) {
			continue
		}
		switch field := row.Field(&req.Options).(type) {
		case *string:
			if !row.File {
				f.StringVar(field, row.Name, "", row.Flag)
				break
			}
			file := f.String(row.Name, "", row.Flag)
			later = append(later, func(ctx context.Context) (err error) {
				if *file != "" {
					*field, err = a.readFile(ctx, row.Name, *file, req.Options.Timeout)
				}
				return err
			})
		case *int:
			f.IntVar(field, row.Name, 0, row.Flag)
		case *bool:
			f.BoolVar(field, row.Name, false, row.Flag)
		case **bool:
			value := f.Bool(row.Name, row.Default, row.Flag)
			later = append(later, func(context.Context) error {
				if f.Changed(row.Name) {
					*field = value
				}
				return nil
			})
		case *[]string:
			f.StringArrayVar(field, row.Name, nil, row.Flag)
		case *api.Duration:
			f.Func(row.Name, row.Flag, func(s string) error { return field.UnmarshalText([]byte(s)) })
		default:
			panic(fmt.Sprintf("option %s has a flag, and no flag holds a %T", row.Name, field))
		}
	}
	return func(ctx context.Context) error {
		for _, fill := range later {
			if err := fill(ctx); err != nil {
				return err
			}
		}
		return nil
	}
}

// paths makes the arguments, which are relative to the current folder,
// absolute; the workspace decides whether it holds them.
func (a *app) paths(args []string) ([]string, error) {
	if a.workspace != "" {
		return args, nil // relative to the named workspace
	}
	cwd, err := os.Getwd()
	if err != nil {
		return nil, fault.From(err)
	}
	root, _, err := a.root()
	if err != nil {
		return nil, err
	}
	out := make([]string, len(args))
	for i, p := range args {
		out[i], err = relativeTo(root, cwd, p)
		if err != nil {
			return nil, fault.From(err)
		}
	}
	return out, nil
}

// answer prints a bundle and ends the program with its exit code.
func (a *app) answer(b *bundle.Bundle) error {
	if a.json {
		if err := a.writeJSON(b); err != nil {
			return fault.From(err)
		}
		if b.Error != nil {
			visible.Fprintf(a.err, "lanser: %s\n", report.Line(b.Error))
		}
	} else {
		report.Text(a.out, a.err, b)
	}
	if b.Local != nil {
		a.noteSandbox(b.Local.Sandbox)
	}
	if b.Meta.ExitCode != 0 {
		return exitError(b.Meta.ExitCode)
	}
	return nil
}

// noteSandbox says, once, that a server was less confined than was asked for.
func (a *app) noteSandbox(level string) {
	if a.unconfined || level != sandbox.Partial && level != sandbox.None {
		return // full, off as the user wishes, or no server was asked
	}
	a.unconfined = true
	visible.Fprintf(a.err, "lanser: the sandbox of this machine is %s: a language server could %s ('lanser doctor')\n",
		level, strings.Join(sandbox.Missing(), ", "))
}

func (a *app) writeJSON(b *bundle.Bundle) error {
	if a.reproducible {
		b = b.Reproducible()
	}
	return a.encode(b)
}

// encode prints a value as a line of JSON.
func (a *app) encode(v any) error {
	enc := json.NewEncoder(a.jsonOut())
	enc.SetEscapeHTML(false)
	return enc.Encode(v)
}

// complain writes an error as one line for a person.
func (a *app) complain(f *fault.Error) {
	visible.Fprintf(a.err, "lanser: %s\n", f)
}
